//! The network of the article: residual convolutions over time and pitch.
//!
//! A 3x3 convolution from eight planes to the filters, ten blocks of two 5x5 convolutions, and a 3x3
//! convolution to four maps, one per voice, with a softmax over the 128 pitches of each step. Every
//! convolution but the last is followed by batch normalisation, so none of those has a bias.
//! (L. Griswold, *Reducing Negative Log-Likelihood of Convolutional Music Compositions*, 2019. The
//! code beside that article feeds a block's second convolution from before the ReLU; we follow the
//! article's figure, in which every normalisation is followed by one.)
//!
//! Between the input and the output everything is channels-last, `[window, step, pitch, filter]`, as
//! our operations have it.

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{Stream, initial, ops};

use super::Logits;
use crate::families::chorale::config::ArticleArchitecture;
use crate::families::chorale::encoding::{ARTICLE_PITCHES, LOWEST, VOICES, Window, planes};

/// The network.
#[derive(Module, Debug)]
pub struct Article {
    stem: Layer,
    blocks: Vec<Block>,
    head: Convolution,
}

/// A convolution, its normalisation and a ReLU.
#[derive(Module, Debug)]
struct Layer {
    convolution: Convolution,
    norm: BatchNorm,
}

/// A convolution.
#[derive(Module, Debug)]
struct Convolution {
    /// `[output, input, step, pitch]`.
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
}

/// Two layers around which a connection skips.
#[derive(Module, Debug)]
struct Block {
    first: Layer,
    second: Layer,
}

impl Article {
    pub(super) fn new(architecture: &ArticleArchitecture, stream: &mut Stream) -> Article {
        let ArticleArchitecture {
            blocks,
            filters,
            kernel,
        } = *architecture;
        let mut layer = |input| {
            Layer::new(
                input,
                filters,
                if input == filters { kernel } else { 3 },
                stream,
            )
        };
        let stem = layer(2 * VOICES);
        let blocks = (0..blocks).map(|_| Block {
            first: layer(filters),
            second: layer(filters),
        });
        let blocks = blocks.collect();
        Article {
            stem,
            blocks,
            head: Convolution::new(filters, VOICES, 3, true, stream),
        }
    }

    /// Outputs are all 128 pitches; the network cannot say silence.
    pub(super) fn forward(&self, windows: &[Window]) -> Logits {
        let (batch, steps) = (windows.len(), windows[0].steps());
        let device = self.head.weight.val().device();
        let input: Vec<f32> = windows.iter().flat_map(planes).collect();
        let shape = [batch, 2 * VOICES, steps, ARTICLE_PITCHES];
        let input = Tensor::from_data(TensorData::new(input, shape), &device);
        let mut x = self.stem.forward(input.permute([0, 2, 3, 1]), None);
        for block in &self.blocks {
            let inner = block.first.forward(x.clone(), None);
            x = block.second.forward(inner, Some(x));
        }
        // [window, step, pitch, voice] to [window, step, voice, pitch]
        let maps = self.head.forward(x).permute([0, 1, 3, 2]);
        let pitches = log_softmax(maps, 3);
        Logits {
            outputs: pitches,
            lowest: vec![usize::from(LOWEST); batch],
            silence: None,
            strikes: None,
        }
    }
}

impl Layer {
    fn new(input: usize, output: usize, kernel: usize, stream: &mut Stream) -> Layer {
        Layer {
            convolution: Convolution::new(input, output, kernel, false, stream),
            norm: BatchNormConfig::new(output).init(&Device::flex()),
        }
    }

    /// `skip` is added before the ReLU.
    fn forward(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        if x.device().is_autodiff() {
            self.learn(x, skip)
        } else {
            self.predict(x, skip)
        }
    }

    /// Normalises by the statistics of the batch, and keeps them as burn's own layer does, which
    /// wants its channels first.
    fn learn(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        let (gamma, beta) = (self.norm.gamma.val(), self.norm.beta.val());
        #[expect(clippy::cast_possible_truncation, reason = "a setting of few digits")]
        let epsilon = self.norm.epsilon as f32;
        let x = self.convolution.forward(x);
        let normalized = ops::normalized_relu(x, gamma, beta, skip, epsilon);
        for (running, new) in [
            (&self.norm.running_mean, normalized.mean),
            (&self.norm.running_var, normalized.variance),
        ] {
            let old = running.value_sync().to_device(&new.device());
            let moved = old * (1.0 - self.norm.momentum) + new * self.norm.momentum;
            running.update(moved.detach());
        }
        normalized.outputs
    }

    /// Normalises by the running statistics, which are constants: they go into the weights.
    fn predict(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        let deviation = (self.norm.running_var.value() + self.norm.epsilon).sqrt();
        let slope = self.norm.gamma.val() / deviation;
        let bias = self.norm.beta.val() - self.norm.running_mean.value() * slope.clone();
        let weight = self.convolution.weight.val() * slope.reshape([-1, 1, 1, 1]);
        let x = ops::convolution(x, weight, Some(bias));
        relu(match skip {
            Some(skip) => x + skip,
            None => x,
        })
    }
}

impl Convolution {
    /// He's normal initial weights; a bias of zeros, if any.
    fn new(
        input: usize,
        output: usize,
        kernel: usize,
        bias: bool,
        stream: &mut Stream,
    ) -> Convolution {
        let device = Device::flex();
        #[expect(clippy::cast_precision_loss, reason = "a layer has few inputs")]
        let deviation = (2.0 / (input * kernel * kernel) as f32).sqrt();
        let shape = [output, input, kernel, kernel];
        Convolution {
            weight: initial::normal(shape, deviation, stream, &device),
            bias: bias.then(|| initial::zeros([output], &device)),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        ops::convolution(x, self.weight.val(), bias)
    }
}

#[cfg(test)]
mod tests {
    use consort_learn::{Seed, parameters};

    use super::*;
    use crate::families::chorale::encoding::{Attack, Grid, Moment};

    /// Where the running statistics are those of the batch, normalising by either is the same.
    #[test]
    fn predicts_as_it_learns() {
        let architecture = ArticleArchitecture {
            blocks: 2,
            filters: 16,
            kernel: 5,
        };
        let mut network = Article::new(&architecture, &mut Seed(1).stream("weights", 0));
        let blocks = network.blocks.iter_mut();
        let layers = blocks.flat_map(|block| [&mut block.first, &mut block.second]);
        for layer in layers.chain([&mut network.stem]) {
            layer.norm.momentum = 1.0;
        }
        let window = |first: u8| Window {
            grid: Grid::Eighth,
            classes: (first..first + 9)
                .map(|step| [step + 20, 15, 10, step])
                .collect(),
            attacks: vec![[Attack::Unknown; VOICES]; 9],
            tells_attacks: [false; VOICES],
            known: (0..9)
                .map(|step| [step % 2 == 0, true, step < 4, false])
                .collect(),
            moments: vec![Moment::default(); 9],
            centre: None,
        };
        let windows = [window(0), window(3)];
        let network = network.train();
        let learnt = parameters::values(network.forward(&windows).outputs.inner());
        let network = network.valid();
        let predicted = parameters::values(network.forward(&windows).outputs);
        assert_eq!(learnt.shape, [2, 9, VOICES, ARTICLE_PITCHES]);
        for (learnt, predicted) in learnt.data.iter().zip(&predicted.data) {
            assert!((learnt - predicted).abs() < 1e-2, "{learnt} {predicted}");
        }
    }
}

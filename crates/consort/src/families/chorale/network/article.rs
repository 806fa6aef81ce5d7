//! The network of the article: residual convolutions over time and pitch.
//!
//! A 3x3 convolution from eight planes to the filters, ten blocks of two 5x5 convolutions, and a 3x3
//! convolution to four maps, one per voice, with a softmax over the 128 pitches of each step. Every
//! convolution but the last is followed by batch normalisation, so none of those has a bias.
//! (L. Griswold, *Reducing Negative Log-Likelihood of Convolutional Music Compositions*, 2019. The
//! code beside that article feeds a block's second convolution from before the ReLU; we follow the
//! article's figure, in which every normalisation is followed by one.)

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{Stream, initial};

use super::Logits;
use crate::families::chorale::config::ArticleArchitecture;
use crate::families::chorale::encoding::{ARTICLE_PITCHES, LOWEST, VOICES, Window, planes};

/// The network.
#[derive(Module, Debug)]
pub struct Article {
    stem: Layer,
    blocks: Vec<Block>,
    head: Conv2d,
}

/// A convolution and its normalisation.
#[derive(Module, Debug)]
struct Layer {
    convolution: Conv2d,
    norm: BatchNorm,
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
            head: convolution(filters, VOICES, 3, true, stream),
        }
    }

    /// Outputs are all 128 pitches; the network cannot say silence.
    pub(super) fn forward(&self, windows: &[Window]) -> Logits {
        let (batch, steps) = (windows.len(), windows[0].steps());
        let device = self.head.weight.val().device();
        let input: Vec<f32> = windows.iter().flat_map(planes).collect();
        let shape = [batch, 2 * VOICES, steps, ARTICLE_PITCHES];
        let input = Tensor::from_data(TensorData::new(input, shape), &device);
        let mut x = relu(self.stem.forward(input));
        for block in &self.blocks {
            let inner = block.second.forward(relu(block.first.forward(x.clone())));
            x = relu(x + inner);
        }
        // [window, voice, step, pitch] to [window, step, voice, pitch]
        let pitches = log_softmax(self.head.forward(x).permute([0, 2, 1, 3]), 3);
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
            convolution: convolution(input, output, kernel, false, stream),
            norm: BatchNormConfig::new(output).init(&Device::flex()),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward(self.convolution.forward(x))
    }
}

/// A "same" convolution with He's normal initial weights.
fn convolution(
    input: usize,
    output: usize,
    kernel: usize,
    bias: bool,
    stream: &mut Stream,
) -> Conv2d {
    let device = Device::flex();
    let mut layer = Conv2dConfig::new([input, output], [kernel, kernel])
        .with_padding(PaddingConfig2d::Same)
        .with_bias(bias)
        .init(&device);
    #[expect(clippy::cast_precision_loss, reason = "a layer has few inputs")]
    let deviation = (2.0 / (input * kernel * kernel) as f32).sqrt();
    layer.weight = initial::normal([output, input, kernel, kernel], deviation, stream, &device);
    layer.bias = bias.then(|| initial::zeros([output], &device));
    layer
}

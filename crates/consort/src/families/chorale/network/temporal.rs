//! Our network: residual blocks of dilated convolutions over time.
//!
//! All voices of a step share one vector, so a convolution over time sees the whole chord at each of
//! its taps, and no weights are spent on sliding over pitch. Measured beside the article's network
//! it is far ahead after as long a training (README.md).

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::ops::{gelu, neighbours};
use consort_learn::{LayerNorm, Noise, Stream, initial};

use super::Logits;
use crate::families::chorale::config::TemporalArchitecture;
use crate::families::chorale::encoding::{
    CLASSES, DEGREES, FEATURES, ROWS, SILENT_DEGREE, VOICES, Window, centre, degree_of, tokens,
};

/// What the head gives for each voice: degrees, and the log-odds of striking.
const OUTPUTS: usize = DEGREES + 1;

/// Added to degrees that are no class, which takes them out of the softmax.
const NEVER: f32 = -1e9;

/// Share of numbers dropped inside a block in training (chosen on the validation fold; more did not help).
const DROPOUT: f32 = 0.1;

/// The network.
#[derive(Module, Debug)]
pub struct Temporal {
    /// One row for each thing that a step may say, `[row, width]`.
    table: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    head: Linear,
}

/// Norm, convolution of three taps, GELU, linear, added to what came in.
#[derive(Module, Debug)]
struct Block {
    norm: LayerNorm,
    /// The taps before, at and after a step side by side, `[3 width, width]`.
    taps: Linear,
    output: Linear,
    dilation: usize,
}

impl Temporal {
    /// A network with initial weights: variances are kept by every layer, and blocks begin close to
    /// doing nothing, as their last layer starts at a tenth of that.
    pub(super) fn new(architecture: &TemporalArchitecture, stream: &mut Stream) -> Temporal {
        let device = Device::flex();
        let width = architecture.width;
        let blocks = architecture.dilations.iter().map(|&dilation| Block {
            norm: LayerNorm::new(width, &device),
            taps: initial::linear(3 * width, width, std::f32::consts::SQRT_2, stream, &device),
            output: initial::linear(width, width, 0.1, stream, &device),
            dilation,
        });
        let blocks = blocks.collect();
        #[expect(clippy::cast_precision_loss, reason = "there are a few features")]
        let deviation = 1.0 / (FEATURES as f32).sqrt();
        Temporal {
            table: initial::normal([ROWS, width], deviation, stream, &device),
            blocks,
            norm: LayerNorm::new(width, &device),
            head: initial::linear(width, VOICES * OUTPUTS, 0.1, stream, &device),
        }
    }

    pub(super) fn forward(&self, windows: &[Window], noise: &mut Noise) -> Logits {
        let told: Vec<Vec<[u16; FEATURES]>> = windows.iter().map(tokens).collect();
        let excerpts: Vec<&[[u16; FEATURES]]> = told.iter().map(Vec::as_slice).collect();
        let lowest = windows
            .iter()
            .map(|window| degree_of(0, centre(window)))
            .collect();
        self.logits(&excerpts, lowest, noise)
    }

    /// How many steps on either side a step's output depends on, besides what its tokens say.
    pub(super) fn reach(&self) -> usize {
        self.blocks.iter().map(|block| block.dilation).sum()
    }

    /// Whether each block reaches twice as far as the one before it, so that [`Temporal::middles`]
    /// can be asked.
    pub(super) fn doubles(&self) -> bool {
        let dilations = self.blocks.iter().map(|block| block.dilation);
        dilations.eq((0..self.blocks.len()).map(|block| 1 << block))
    }

    /// The logits of the middle steps of excerpts, all of which reach as far as the network does on
    /// either side; steps outside of a piece are none. Of each block only those steps are computed
    /// on which the middle depends: half as many as of the block before.
    pub(super) fn middles(
        &self,
        excerpts: &[Vec<Option<&[u16; FEATURES]>>],
        lowest: Vec<usize>,
    ) -> Logits {
        let (batch, steps) = (excerpts.len(), excerpts[0].len());
        let table = self.table.val();
        let (width, device) = (table.dims()[1], table.device());
        let cells = excerpts.iter().flatten().copied();
        let inside = excerpts
            .iter()
            .flatten()
            .map(|token| f32::from(u8::from(token.is_some())));
        let inside = TensorData::new(inside.collect(), [batch, steps, 1]);
        let mut inside = Tensor::from_data(inside, &device);
        let mut x = Tensor::from_data(many_hot(cells), &device)
            .matmul(table)
            .reshape([batch, steps, width]);
        for block in &self.blocks {
            (x, inside) = block.halved(x, inside);
        }
        self.told(x.reshape([batch, width]), [batch, 1], lowest)
    }

    /// The logits of excerpts, all of one length, with the degree of the lowest class in each.
    pub(super) fn logits(
        &self,
        excerpts: &[&[[u16; FEATURES]]],
        lowest: Vec<usize>,
        noise: &mut Noise,
    ) -> Logits {
        let (batch, steps) = (excerpts.len(), excerpts[0].len());
        let table = self.table.val();
        let width = table.dims()[1];
        let cells = excerpts.iter().copied().flatten().map(Some);
        let mut x = Tensor::from_data(many_hot(cells), &table.device()).matmul(table);
        for block in &self.blocks {
            x = block.forward(x, [batch, steps, width], noise);
        }
        self.told(x, [batch, steps], lowest)
    }

    /// What the last block's `x`, `[window * step, width]`, says.
    fn told(&self, x: Tensor<2>, shape: [usize; 2], lowest: Vec<usize>) -> Logits {
        let [batch, steps] = shape;
        let outputs = self.head.forward(self.norm.forward(x));
        let outputs = outputs.reshape([batch, steps, VOICES, OUTPUTS]);
        let degrees =
            outputs.clone().narrow(3, 0, DEGREES) + out_of_reach(&lowest, &outputs.device());
        let strikes = outputs
            .narrow(3, DEGREES, 1)
            .reshape([batch, steps, VOICES]);
        Logits {
            outputs: log_softmax(degrees, 3),
            lowest,
            silence: Some(SILENT_DEGREE),
            strikes: Some(strikes),
        }
    }
}

/// [`NEVER`] for each degree of each window that is no class there, else 0; `[window, 1, 1, degree]`.
fn out_of_reach(lowest: &[usize], device: &Device) -> Tensor<4> {
    let mut never = vec![NEVER; lowest.len() * DEGREES];
    for (row, &lowest) in never.chunks_exact_mut(DEGREES).zip(lowest) {
        row[lowest..lowest + CLASSES - 1].fill(0.0);
        row[SILENT_DEGREE] = 0.0;
    }
    Tensor::from_data(
        TensorData::new(never, [lowest.len(), 1, 1, DEGREES]),
        device,
    )
}

/// What each step says as a row of zeros and ones, `[step, row]`: the sum of its rows of the table is
/// then one matrix product, and so is the gradient. A step that is none says nothing.
fn many_hot<'a>(told: impl Iterator<Item = Option<&'a [u16; FEATURES]>>) -> TensorData {
    let mut hot = Vec::new();
    for token in told {
        let start = hot.len();
        hot.resize(start + ROWS, 0.0_f32);
        for &index in token.into_iter().flatten() {
            hot[start + usize::from(index)] = 1.0;
        }
    }
    let steps = hot.len() / ROWS;
    TensorData::new(hot, [steps, ROWS])
}

impl Block {
    /// `x` is `[window * step, width]`; `shape` its windows, steps and width.
    fn forward(&self, x: Tensor<2>, shape: [usize; 3], noise: &mut Noise) -> Tensor<2> {
        let [batch, steps, width] = shape;
        let normed = self.norm.forward(x.clone()).reshape(shape);
        let taps = neighbours(normed, self.dilation).reshape([batch * steps, 3 * width]);
        let hidden = noise.dropout(gelu(self.taps.forward(taps)), DROPOUT);
        x + self.output.forward(hidden)
    }

    /// The block at every other step, from the second to the last but one, without dropout. Its taps
    /// are neighbours in `x`, `[window, 2 n + 1, width]`, whatever the dilation says; `inside` is 0
    /// at steps that are none, `[window, 2 n + 1, 1]`. Both come back for `n` steps.
    fn halved(&self, x: Tensor<3>, inside: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let [batch, steps, width] = x.dims();
        let kept = steps / 2;
        let pairs = |x: Tensor<3>, from: usize| {
            let width = x.dims()[2];
            x.narrow(1, from, 2 * kept)
                .reshape([batch, kept, 2 * width])
        };
        let normed = self.norm.forward(x.clone().reshape([batch * steps, width]));
        let normed = normed.reshape([batch, steps, width]) * inside.clone();
        let before = pairs(normed.clone(), 0).narrow(2, 0, width);
        let taps = Tensor::cat(vec![before, pairs(normed, 1)], 2);
        let hidden = gelu(self.taps.forward(taps));
        let x = pairs(x, 1).narrow(2, 0, width) + self.output.forward(hidden);
        (x, pairs(inside, 1).narrow(2, 0, 1))
    }
}

//! The networks of the article (V. Kalingeri and S. Grandhe, *Music Generation Using Deep Learning*, 2016): each hears
//! frames of Fourier transforms and says the next.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use consort_learn::{Direction, Lstm, LstmShape, Noise, Stream, initial};

use crate::families::spectral::config::{FourierShape, Layout};
use crate::families::spectral::encoding::{FOURIER_BINS, FOURIER_VALUES};

/// Filters over frequency, and how many frequencies each hears.
const FILTERS: usize = 12;
const REACH: usize = 3;

/// Frequencies of which the strongest answer of a filter is taken.
const POOLED: usize = 2;

/// Frames of a picture of [`Layout::Block`], three quarters of a second.
const BLOCK: usize = 3;

/// The network.
#[derive(Module, Debug)]
pub struct FourierNetwork {
    /// Filters, `[reach * channel, filter]`, one layer after the other.
    filters: Vec<Filter>,
    dense: Option<Linear>,
    /// One after the other, or for [`Layout::Bilinear`] side by side.
    layers: Vec<Lstm>,
    outward: Linear,
    #[module(skip)]
    shape: FourierShape,
}

/// A layer of filters.
#[derive(Module, Debug)]
struct Filter {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl FourierNetwork {
    pub(super) fn new(shape: &FourierShape, stream: &mut Stream) -> FourierNetwork {
        let device = Device::flex();
        let gain = 2.0_f32.sqrt();
        let channels: &[usize] = match shape.layout {
            Layout::Conv => &[1],
            // Two parts of each of the frames, then what the first filters say.
            Layout::Block => &[2 * BLOCK, FILTERS],
            _ => &[],
        };
        let filters = channels.iter().map(|channels| {
            let inputs = REACH * channels;
            #[expect(clippy::cast_precision_loss, reason = "a few channels")]
            let deviation = (2.0 / inputs as f32).sqrt();
            Filter {
                weight: initial::normal([inputs, FILTERS], deviation, stream, &device),
                bias: initial::zeros([FILTERS], &device),
            }
        });
        let filters: Vec<Filter> = filters.collect();
        let heard = match shape.layout {
            Layout::Conv => FILTERS * FOURIER_VALUES / POOLED,
            Layout::Block => FILTERS * FOURIER_BINS / POOLED / POOLED,
            _ => FOURIER_VALUES,
        };
        let units = shape.units;
        let has_dense = shape.layout != Layout::Baseline;
        let dense = has_dense.then(|| initial::linear(heard, units, gain, stream, &device));
        let count = match shape.layout {
            Layout::Stacked | Layout::Bilinear => 2,
            _ => 1,
        };
        let layer = |_| {
            let shape = LstmShape {
                inputs: if has_dense { units } else { heard },
                hidden: units,
                layers: 1,
                direction: Direction::Forward,
            };
            Lstm::new(shape, stream, &device)
        };
        let layers = (0..count).map(layer).collect();
        FourierNetwork {
            filters,
            dense,
            layers,
            outward: initial::linear(units, FOURIER_VALUES, 1.0, stream, &device),
            shape: shape.clone(),
        }
    }

    /// The frames that it expects after each, `[row * step, value]`, of frames that are standardised,
    /// `[row, step, value]`.
    pub(in crate::families::spectral) fn forward(
        &self,
        frames: Tensor<3>,
        noise: &mut Noise,
    ) -> Tensor<2> {
        let [rows, steps, values] = frames.dims();
        let heard = match self.shape.layout {
            Layout::Conv => self.filtered(frames.reshape([rows * steps, values, 1])),
            Layout::Block => self.filtered(pictures(frames)),
            _ => frames.reshape([rows * steps, values]),
        };
        let FourierShape {
            units,
            dense_dropout,
            memory_dropout,
            ..
        } = self.shape;
        let heard = match &self.dense {
            Some(dense) => noise.dropout(relu(dense.forward(heard)), dense_dropout),
            None => heard,
        };
        let inputs = heard.dims()[1];
        let mut recalled = heard.reshape([rows, steps, inputs]);
        if self.shape.layout == Layout::Bilinear {
            let sides = self
                .layers
                .iter()
                .map(|layer| layer.forward(recalled.clone(), None).0);
            let sum = sides.reduce(|a, b| a + b).expect("there are two");
            recalled = noise.dropout(sum, memory_dropout);
        } else {
            for layer in &self.layers {
                recalled = noise.dropout(layer.forward(recalled, None).0, memory_dropout);
            }
        }
        self.outward
            .forward(recalled.reshape([rows * steps, units]))
    }

    /// What the squares of the dense layers' weights count.
    pub(in crate::families::spectral) fn penalty(&self) -> Tensor<1> {
        let squares = |layer: &Linear| {
            let weight = layer.weight.val();
            (weight.clone() * weight).sum()
        };
        let mut sum = squares(&self.outward);
        if let Some(dense) = &self.dense {
            sum = sum + squares(dense);
        }
        sum * self.shape.l2
    }

    /// What the filters find, `[frame, number]`, in `[frame, frequency, channel]`.
    fn filtered(&self, mut picture: Tensor<3>) -> Tensor<2> {
        for filter in &self.filters {
            let [frames, frequencies, channels] = picture.dims();
            let device = picture.device();
            let edge = Tensor::<3>::zeros([frames, 1, channels], &device);
            let padded = Tensor::cat(vec![edge.clone(), picture, edge], 1);
            let shifted = (0..REACH).map(|shift| padded.clone().narrow(1, shift, frequencies));
            let near = Tensor::cat(shifted.collect(), 2);
            let near = near.reshape([frames * frequencies, REACH * channels]);
            let found = near.matmul(filter.weight.val()) + filter.bias.val().unsqueeze();
            let found = relu(found).reshape([frames, frequencies / POOLED, POOLED, FILTERS]);
            picture = found
                .max_dim(2)
                .reshape([frames, frequencies / POOLED, FILTERS]);
        }
        let [frames, frequencies, channels] = picture.dims();
        picture.reshape([frames, frequencies * channels])
    }
}

/// Pictures of the last frames up to each, `[row * step, frequency, part * frame]`; before the first there is nothing.
fn pictures(frames: Tensor<3>) -> Tensor<3> {
    let [rows, steps, values] = frames.dims();
    let before = Tensor::<3>::zeros([rows, BLOCK - 1, values], &frames.device());
    let padded = Tensor::cat(vec![before, frames], 1);
    let channel = |shift: usize| {
        let at = padded.clone().narrow(1, shift, steps);
        let parts = at.reshape([rows * steps, 2, FOURIER_BINS]);
        parts.swap_dims(1, 2)
    };
    Tensor::cat((0..BLOCK).map(channel).collect(), 2)
}

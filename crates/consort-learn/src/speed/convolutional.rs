//! The convolutional networks.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::noise;
use crate::convolution::{
    Convolution, ConvolutionShape, NormalizedConvolution, SeparableConvolution,
};
use crate::objective::{Loss, Noise, Objective};
use crate::seed::Stream;

/// Planes of an image that come in, and maps that go out.
pub(super) const PLANES: [usize; 2] = [8, 4];

/// Rows of an image.
pub(super) const HEIGHT: usize = 32;

/// Channels of the residual network and of the separable one.
pub(super) const CHANNELS: [usize; 2] = [64, 128];

/// Pairs of layers around which a connection skips, in either.
pub(super) const BLOCKS: [usize; 2] = [9, 24];

/// W1: convolutions 5x5.
#[derive(Module, Debug)]
pub(super) struct Residual {
    stem: NormalizedConvolution,
    blocks: Vec<[NormalizedConvolution; 2]>,
    head: Convolution,
}

/// W1b: convolutions of each channel on its own, and of each pixel.
#[derive(Module, Debug)]
pub(super) struct Separable {
    stem: Convolution,
    blocks: Vec<[SeparableConvolution; 2]>,
    head: Convolution,
}

/// What the networks learn: images, `[batch, height, width, plane]`, and the maps wanted.
pub(super) type Batch = Arc<[Tensor<4>; 2]>;

/// A batch of images with as many pixels in a row.
pub(super) fn batch(count: usize, width: usize) -> Batch {
    Arc::new(PLANES.map(|planes| noise([count, HEIGHT, width, planes])))
}

impl Residual {
    pub(super) fn new(stream: &mut Stream) -> Residual {
        let ([planes, maps], channels) = (PLANES, CHANNELS[0]);
        let mut layer = |inputs| {
            NormalizedConvolution::new(ConvolutionShape::dense(inputs, channels, 5), stream)
        };
        let stem = layer(planes);
        let blocks = (0..BLOCKS[0]).map(|_| [layer(channels), layer(channels)]);
        let blocks = blocks.collect();
        Residual {
            stem,
            blocks,
            head: Convolution::new(ConvolutionShape::dense(channels, maps, 5), false, stream),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut x = self.stem.forward(x, None);
        for [first, second] in &self.blocks {
            x = second.forward(first.forward(x.clone(), None), Some(x));
        }
        self.head.forward(x)
    }
}

impl Separable {
    pub(super) fn new(stream: &mut Stream) -> Separable {
        let ([planes, maps], channels) = (PLANES, CHANNELS[1]);
        let stem = Convolution::new(ConvolutionShape::dense(planes, channels, 3), false, stream);
        let mut layer = || SeparableConvolution::new(channels, channels, 3, stream);
        let blocks = (0..BLOCKS[1]).map(|_| [layer(), layer()]).collect();
        Separable {
            stem,
            blocks,
            head: Convolution::new(ConvolutionShape::dense(channels, maps, 1), false, stream),
        }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut x = self.stem.forward(x);
        for [first, second] in &self.blocks {
            x = second.forward(first.forward(x.clone(), None), Some(x));
        }
        self.head.forward(x)
    }
}

impl Objective for Residual {
    type Batch = Batch;

    fn loss(&self, batch: &Batch, _: &mut Noise) -> Loss {
        squared_error(batch, &self.head.device(), |x| self.forward(x))
    }
}

impl Objective for Separable {
    type Batch = Batch;

    fn loss(&self, batch: &Batch, _: &mut Noise) -> Loss {
        squared_error(batch, &self.head.device(), |x| self.forward(x))
    }
}

fn squared_error(
    batch: &Batch,
    device: &Device,
    forward: impl FnOnce(Tensor<4>) -> Tensor<4>,
) -> Loss {
    let [x, y] = batch
        .each_ref()
        .map(|tensor| tensor.clone().to_device(device));
    let error = forward(x) - y;
    let count = error.dims()[0];
    Loss {
        mean: (error.clone() * error).mean(),
        count,
    }
}

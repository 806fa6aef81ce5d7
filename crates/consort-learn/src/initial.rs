//! Layers with initial weights from a named stream.
//!
//! burn draws initial weights from one generator for the whole process; ours come from a [`Stream`],
//! so that a network depends on its seed alone.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};

use crate::seed::Stream;

/// A parameter of independent normal numbers with mean 0.
pub fn normal<const D: usize>(
    shape: [usize; D],
    deviation: f32,
    stream: &mut Stream,
    device: &Device,
) -> Param<Tensor<D>> {
    let count = shape.iter().product();
    let data: Vec<f32> = (0..count).map(|_| deviation * stream.normal()).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(data, shape), device))
}

/// A parameter of independent numbers between `-bound` and `bound`, all as likely.
pub fn uniform<const D: usize>(
    shape: [usize; D],
    bound: f32,
    stream: &mut Stream,
    device: &Device,
) -> Param<Tensor<D>> {
    let count = shape.iter().product();
    let number = |stream: &mut Stream| bound * (2.0 * stream.uniform() - 1.0);
    let data: Vec<f32> = (0..count).map(|_| number(stream)).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(data, shape), device))
}

/// A parameter of zeros.
pub fn zeros<const D: usize>(shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::zeros(shape, device))
}

/// A linear layer, weights `[input, output]` of variance `gain`^2 / `input` and no bias at first:
/// a gain of 1 keeps the variance of the input (LeCun et al. 1998), of sqrt 2 makes up for a ReLU
/// (He et al. 2015).
pub fn linear(
    input: usize,
    output: usize,
    gain: f32,
    stream: &mut Stream,
    device: &Device,
) -> Linear {
    #[expect(clippy::cast_precision_loss, reason = "widths of layers are small")]
    let deviation = gain / (input as f32).sqrt();
    Linear {
        weight: normal([input, output], deviation, stream, device),
        bias: Some(zeros([output], device)),
    }
}

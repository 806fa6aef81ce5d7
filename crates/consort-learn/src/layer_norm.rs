//! Layers of normalisation.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::{initial, ops};

/// Added to variances, as PyTorch does.
const EPSILON: f32 = 1e-5;

/// Layer normalisation (J. Ba et al., *Layer Normalization*, 2016).
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// `[width]`, at first 1.
    gamma: Param<Tensor<1>>,
    /// `[width]`, at first 0.
    beta: Param<Tensor<1>>,
}

impl LayerNorm {
    /// For rows of `width` numbers.
    pub fn new(width: usize, device: &Device) -> LayerNorm {
        LayerNorm {
            gamma: Param::from_tensor(Tensor::ones([width], device)),
            beta: initial::zeros([width], device),
        }
    }

    /// Normalises each row of `x`, `[row, width]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::layer_norm(x, self.gamma.val(), self.beta.val(), EPSILON)
    }
}

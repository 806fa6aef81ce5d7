//! Our own operations on tensors, with hand-written gradients.
//!
//! burn's CPU backend computes an activation as a chain of generic operations over scalar library
//! calls. Where that shows in a profile of training, the operation is here as one loop that the
//! compiler can vectorise.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;

mod gelu;

/// The operations, for the backends that have them.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Operations: burn::backend::Backend {
    /// See [`gelu`].
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The Gaussian error linear unit in its tanh form, x/2 (1 + tanh(sqrt(2/pi) (x + .044715 x^3)))
/// (Hendrycks and Gimpel 2016), to about seven digits.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::fused_gelu(x.into_dispatch()))
}

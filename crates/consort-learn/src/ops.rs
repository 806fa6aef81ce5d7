//! Our own operations on tensors, with hand-written gradients.
//!
//! burn's CPU backend computes an activation as a chain of generic operations over scalar library
//! calls, and a convolution as a product of matrices. Where that shows in a profile of training, the
//! operation is here: as one loop that the compiler can vectorise, or from `consort-kernels`.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor, TensorData};

mod convolution;
mod gelu;
mod normalization;

/// The operations, for the backends that have them.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Operations: burn::backend::Backend {
    /// See [`gelu`].
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`convolution`]; a bias of no numbers is none.
    fn channels_last_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// See [`normalized_relu`]; a skip of no numbers is none. Outputs, means and variances.
    fn fused_normalized_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        skip: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// The Gaussian error linear unit in its tanh form, x/2 (1 + tanh(sqrt(2/pi) (x + .044715 x^3)))
/// (Hendrycks and Gimpel 2016), to about seven digits.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::fused_gelu(x.into_dispatch()))
}

/// Convolves images, `[batch, height, width, input]`, with kernels, `[output, input, side, side]`
/// with sides of 3 or 5, into images of the same size, `[batch, height, width, output]`. Outside,
/// the images count as 0.
///
/// # Panics
/// If the shapes do not fit together, or a kernel has another size.
pub fn convolution(x: Tensor<4>, weights: Tensor<4>, bias: Option<Tensor<1>>) -> Tensor<4> {
    let bias = bias.unwrap_or_else(|| Tensor::zeros([0], &x.device()));
    Tensor::from_dispatch(Dispatch::channels_last_convolution(
        x.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// What [`normalized_relu`] gives.
#[derive(Clone, Debug)]
pub struct Normalized {
    /// In the shape of the inputs.
    pub outputs: Tensor<4>,
    /// The mean of each channel. No gradient flows from here.
    pub mean: Tensor<1>,
    /// The biased variance of each channel. No gradient flows from here.
    pub variance: Tensor<1>,
}

/// Batch normalisation of images, `[batch, height, width, channel]`, by their own means and
/// variances, with factors `gamma` and offsets `beta`, `[channel]`; then `skip` is added, in the shape
/// of the images, and what is negative becomes 0.
///
/// # Panics
/// If the shapes do not fit together.
pub fn normalized_relu(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    skip: Option<Tensor<4>>,
    epsilon: f32,
) -> Normalized {
    let skip = skip.unwrap_or_else(|| Tensor::zeros([0; 4], &x.device()));
    let (outputs, mean, variance) = Dispatch::fused_normalized_relu(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        skip.into_dispatch(),
        epsilon,
    );
    Normalized {
        outputs: Tensor::from_dispatch(outputs),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }
}

impl Operations for Flex {
    fn fused_gelu(x: Values) -> Values {
        gelu::forward(&x)
    }

    fn channels_last_convolution(x: Values, weights: Values, bias: Values) -> Values {
        convolution::forward(&x, &weights, &bias)
    }

    fn fused_normalized_relu(
        x: Values,
        gamma: Values,
        beta: Values,
        skip: Values,
        epsilon: f32,
    ) -> (Values, Values, Values) {
        let [outputs, mean, variance] = normalization::forward(&x, &gamma, &beta, &skip, epsilon);
        (outputs, mean, variance)
    }
}

/// A tensor whose gradient may be asked for.
type Tracked<C> = FloatTensor<Autodiff<Flex, C>>;

impl<C: CheckpointStrategy> Operations for Autodiff<Flex, C> {
    fn fused_gelu(x: Tracked<C>) -> Tracked<C> {
        gelu::tracked::<C>(&x)
    }

    fn channels_last_convolution(
        x: Tracked<C>,
        weights: Tracked<C>,
        bias: Tracked<C>,
    ) -> Tracked<C> {
        convolution::tracked::<C>(&x, &weights, &bias)
    }

    fn fused_normalized_relu(
        x: Tracked<C>,
        gamma: Tracked<C>,
        beta: Tracked<C>,
        skip: Tracked<C>,
        epsilon: f32,
    ) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
        normalization::tracked::<C>([&x, &gamma, &beta, &skip], epsilon)
    }
}

/// A tensor of the backend below autodiff.
type Values = FloatTensor<Flex>;

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Values {
    Values::from_data(TensorData::new(values, shape.into()))
}

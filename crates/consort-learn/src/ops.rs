//! Our own operations on tensors, with hand-written gradients.
//!
//! burn's CPU backend computes an activation as a chain of generic operations over scalar library
//! calls, a convolution as a product of matrices, and long short-term memory step by step. Where that
//! shows in a profile of training, the operation is here, from `consort-kernels`. On other devices each
//! is a composition of burn's own (`fallback`), with the same values.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor, TensorData};
use consort_kernels::Direction;

use crate::device::on_cpu;

mod convolution;
mod fallback;
mod gelu;
mod layer_normalization;
mod lstm;
mod neighbours;
mod normalization;

/// The operations, for the backends that have them. On any other a call panics, so that the functions
/// below ask first where their tensors lie.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Operations: burn::backend::Backend {
    /// See [`gelu`].
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`convolution`]; a bias of no numbers is none.
    fn channels_last_convolution(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        dilation: usize,
    ) -> FloatTensor<Self>;

    /// See [`convolution_relu`]; a bias or a skip of no numbers is none.
    fn channels_last_convolution_relu(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        skip: FloatTensor<Self>,
        dilation: usize,
    ) -> FloatTensor<Self>;

    /// See [`separable_relu`]; a skip of no numbers is none.
    fn channels_last_separable_relu(
        x: FloatTensor<Self>,
        kernels: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        skip: FloatTensor<Self>,
        dilation: usize,
    ) -> FloatTensor<Self>;

    /// See [`normalized_relu`]; a skip of no numbers is none. Outputs, means and variances.
    fn fused_normalized_relu(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        skip: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`layer_norm`].
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// See [`neighbours`].
    fn dilated_neighbours(x: FloatTensor<Self>, distance: usize) -> FloatTensor<Self>;

    /// See [`lstm`]; a state of no numbers is none. Outputs, and the outputs and cells at the end.
    fn lstm_sequence(
        x: FloatTensor<Self>,
        input: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        began_hidden: FloatTensor<Self>,
        began_cell: FloatTensor<Self>,
        direction: Direction,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// The Gaussian error linear unit in its tanh form, x/2 (1 + tanh(sqrt(2/pi) (x + .044715 x^3)))
/// (Hendrycks and Gimpel 2016), to about seven digits.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !on_cpu(&x) {
        return fallback::gelu(x);
    }
    Tensor::from_dispatch(Dispatch::fused_gelu(x.into_dispatch()))
}

/// Convolves images, `[batch, height, width, input]`, with kernels, `[output, input / groups, side,
/// side]` with an odd side, into images of the same size, `[batch, height, width, output]`. Outside,
/// the images count as 0. Pixels of a kernel are `dilation` apart.
///
/// # Panics
/// If the shapes do not fit together, or a side is even, or the dilation 0.
pub fn convolution(
    x: Tensor<4>,
    weights: Tensor<4>,
    bias: Option<Tensor<1>>,
    dilation: usize,
) -> Tensor<4> {
    if !on_cpu(&x) {
        return fallback::convolution(x, weights, bias, dilation);
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([0], &x.device()));
    Tensor::from_dispatch(Dispatch::channels_last_convolution(
        x.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
        dilation,
    ))
}

/// A [`convolution`], to which `skip` is added, in the shape of the outputs; then what is negative
/// becomes 0. Without gradients this takes hardly longer than the convolution alone.
///
/// # Panics
/// As [`convolution`].
pub fn convolution_relu(
    x: Tensor<4>,
    weights: Tensor<4>,
    bias: Option<Tensor<1>>,
    skip: Option<Tensor<4>>,
    dilation: usize,
) -> Tensor<4> {
    if !on_cpu(&x) {
        return fallback::convolution_relu(x, weights, bias, skip, dilation);
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([0], &x.device()));
    let skip = skip.unwrap_or_else(|| Tensor::zeros([0; 4], &x.device()));
    Tensor::from_dispatch(Dispatch::channels_last_convolution_relu(
        x.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
        skip.into_dispatch(),
        dilation,
    ))
}

/// A [`convolution`] of each channel with a kernel of its own, `[channel, 1, side, side]`, and a
/// [`convolution_relu`] of each pixel after it, with weights, `[output, channel, 1, 1]`, and a bias,
/// `[output]`. Without gradients, pixels stay in the cache between the two.
///
/// # Panics
/// As [`convolution`].
pub fn separable_relu(
    x: Tensor<4>,
    kernels: Tensor<4>,
    weights: Tensor<4>,
    bias: Tensor<1>,
    skip: Option<Tensor<4>>,
    dilation: usize,
) -> Tensor<4> {
    if !on_cpu(&x) {
        let between = convolution(x, kernels, None, dilation);
        return convolution_relu(between, weights, Some(bias), skip, 1);
    }
    let skip = skip.unwrap_or_else(|| Tensor::zeros([0; 4], &x.device()));
    Tensor::from_dispatch(Dispatch::channels_last_separable_relu(
        x.into_dispatch(),
        kernels.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
        skip.into_dispatch(),
        dilation,
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
    if !on_cpu(&x) {
        return fallback::normalized_relu(x, gamma, beta, skip, epsilon);
    }
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

/// Layer normalisation: each row of `x`, `[row, width]`, less its mean, divided by its standard
/// deviation with `epsilon` added to the variance, times `gamma` plus `beta`, `[width]`.
///
/// # Panics
/// If the shapes do not fit together.
pub fn layer_norm(x: Tensor<2>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f32) -> Tensor<2> {
    if !on_cpu(&x) {
        return fallback::layer_norm(x, gamma, beta, epsilon);
    }
    Tensor::from_dispatch(Dispatch::fused_layer_norm(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epsilon,
    ))
}

/// Each step of sequences, `[batch, step, width]`, between those `distance` before and after it,
/// `[batch, step, 3 width]`; where there is none, zeros. A linear layer over these is a convolution
/// over time.
pub fn neighbours(x: Tensor<3>, distance: usize) -> Tensor<3> {
    if !on_cpu(&x) {
        return fallback::neighbours(x, distance);
    }
    Tensor::from_dispatch(Dispatch::dilated_neighbours(x.into_dispatch(), distance))
}

/// The weights of an [`lstm`] layer, the gates in the order i, f, g, o.
#[derive(Clone, Debug)]
pub struct LstmWeights {
    /// What inputs are multiplied with, `[direction, input, gate * hidden]`.
    pub input: Tensor<3>,
    /// What the outputs of the step before are multiplied with, `[direction, hidden, gate * hidden]`.
    pub hidden: Tensor<3>,
    /// What is added, `[direction, gate * hidden]`.
    pub bias: Tensor<2>,
}

/// What an [`lstm`] layer remembers between two steps.
#[derive(Clone, Debug)]
pub struct LstmState {
    /// The outputs of the step before, `[direction, batch, hidden]`.
    pub hidden: Tensor<3>,
    /// The cells, `[direction, batch, hidden]`.
    pub cell: Tensor<3>,
}

/// Takes sequences, `[batch, step, input]`, through a layer of long short-term memory, beginning with
/// a state or with zeros. Gives the outputs, `[batch, step, direction * hidden]`, and the state at the
/// end, through which no gradient flows.
///
/// # Panics
/// If the shapes do not fit together.
pub fn lstm(
    x: Tensor<3>,
    weights: LstmWeights,
    began: Option<LstmState>,
    direction: Direction,
) -> (Tensor<3>, LstmState) {
    if !on_cpu(&x) {
        return fallback::lstm(x, weights, began, direction);
    }
    let began = began.unwrap_or_else(|| {
        let none = Tensor::zeros([0; 3], &x.device());
        LstmState {
            hidden: none.clone(),
            cell: none,
        }
    });
    let (outputs, hidden, cell) = Dispatch::lstm_sequence(
        x.into_dispatch(),
        weights.input.into_dispatch(),
        weights.hidden.into_dispatch(),
        weights.bias.into_dispatch(),
        began.hidden.into_dispatch(),
        began.cell.into_dispatch(),
        direction,
    );
    let [hidden, cell] = [hidden, cell].map(Tensor::from_dispatch);
    (Tensor::from_dispatch(outputs), LstmState { hidden, cell })
}

impl Operations for Flex {
    fn fused_gelu(x: Values) -> Values {
        gelu::forward(&x)
    }

    fn channels_last_convolution(
        x: Values,
        weights: Values,
        bias: Values,
        dilation: usize,
    ) -> Values {
        convolution::forward(&x, &weights, &bias, dilation)
    }

    fn channels_last_convolution_relu(
        x: Values,
        weights: Values,
        bias: Values,
        skip: Values,
        dilation: usize,
    ) -> Values {
        convolution::rectified(&x, &weights, &bias, &skip, dilation)
    }

    fn channels_last_separable_relu(
        x: Values,
        kernels: Values,
        weights: Values,
        bias: Values,
        skip: Values,
        dilation: usize,
    ) -> Values {
        convolution::separable_relu(&x, &kernels, &weights, &bias, &skip, dilation)
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

    fn fused_layer_norm(x: Values, gamma: Values, beta: Values, epsilon: f32) -> Values {
        layer_normalization::forward([&x, &gamma, &beta], epsilon)
    }

    fn dilated_neighbours(x: Values, distance: usize) -> Values {
        neighbours::forward(&x, distance)
    }

    fn lstm_sequence(
        x: Values,
        input: Values,
        hidden: Values,
        bias: Values,
        began_hidden: Values,
        began_cell: Values,
        direction: Direction,
    ) -> (Values, Values, Values) {
        let arguments = [x, input, hidden, bias, began_hidden, began_cell];
        let [outputs, hidden, cell] = lstm::forward(arguments, direction);
        (outputs, hidden, cell)
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
        dilation: usize,
    ) -> Tracked<C> {
        convolution::tracked::<C>(&x, &weights, &bias, dilation)
    }

    fn channels_last_convolution_relu(
        x: Tracked<C>,
        weights: Tracked<C>,
        bias: Tracked<C>,
        skip: Tracked<C>,
        dilation: usize,
    ) -> Tracked<C> {
        convolution::tracked_relu::<C>(&x, &weights, &bias, skip, dilation)
    }

    fn channels_last_separable_relu(
        x: Tracked<C>,
        kernels: Tracked<C>,
        weights: Tracked<C>,
        bias: Tracked<C>,
        skip: Tracked<C>,
        dilation: usize,
    ) -> Tracked<C> {
        let none = <Self as AutodiffBackend>::from_inner(tensor(Vec::new(), [0]));
        let between = convolution::tracked::<C>(&x, &kernels, &none, dilation);
        convolution::tracked_relu::<C>(&between, &weights, &bias, skip, 1)
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

    fn fused_layer_norm(
        x: Tracked<C>,
        gamma: Tracked<C>,
        beta: Tracked<C>,
        epsilon: f32,
    ) -> Tracked<C> {
        layer_normalization::tracked::<C>([&x, &gamma, &beta], epsilon)
    }

    fn dilated_neighbours(x: Tracked<C>, distance: usize) -> Tracked<C> {
        neighbours::tracked::<C>(&x, distance)
    }

    fn lstm_sequence(
        x: Tracked<C>,
        input: Tracked<C>,
        hidden: Tracked<C>,
        bias: Tracked<C>,
        began_hidden: Tracked<C>,
        began_cell: Tracked<C>,
        direction: Direction,
    ) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
        let arguments = [x, input, hidden, bias, began_hidden, began_cell];
        lstm::tracked::<C>(arguments, direction)
    }
}

/// A tensor of the backend below autodiff.
type Values = FloatTensor<Flex>;

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Values {
    Values::from_data(TensorData::new(values, shape.into()))
}

//! Convolutions over channels-last images, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::{ActivationOps, FloatTensorOps};
use burn::backend::{Autodiff, Flex, TensorMetadata};
use consort_kernels::{After, Convolution, Separable};

use super::{Tracked, Values, tensor};

const FITS: &str = "the shapes are those of the tensors";

/// See [`super::convolution`]; a bias of no numbers is none.
pub(super) fn forward(x: &Values, weights: &Values, bias: &Values, dilation: usize) -> Values {
    finished(x, weights, bias, None, dilation)
}

/// See [`super::convolution_relu`]; a bias or a skip of no numbers is none.
pub(super) fn rectified(
    x: &Values,
    weights: &Values,
    bias: &Values,
    skip: &Values,
    dilation: usize,
) -> Values {
    finished(x, weights, bias, Some(skip), dilation)
}

/// A convolution alone, or with the sum and the ReLU after it.
fn finished(
    x: &Values,
    weights: &Values,
    bias: &Values,
    skip: Option<&Values>,
    dilation: usize,
) -> Values {
    let layer = layer(x, weights, dilation);
    let [x, weights, bias] = [x, weights, bias].map(Values::to_contiguous);
    let added = skip.map(Values::to_contiguous);
    let after = After {
        bias: Some(bias.storage::<f32>()).filter(|bias| !bias.is_empty()),
        skip: added
            .as_ref()
            .map(Values::storage::<f32>)
            .filter(|skip| !skip.is_empty()),
        relu: skip.is_some(),
    };
    let outputs = layer.forward(x.storage::<f32>(), weights.storage::<f32>(), after);
    let shape = [layer.batch, layer.height, layer.width, layer.outputs];
    tensor(outputs.expect(FITS), shape)
}

/// See [`super::separable_relu`]; a skip of no numbers is none.
pub(super) fn separable_relu(
    x: &Values,
    kernels: &Values,
    weights: &Values,
    bias: &Values,
    skip: &Values,
    dilation: usize,
) -> Values {
    let depthwise = layer(x, kernels, dilation);
    let [outputs, _, _, _] = weights.shape().dims();
    let layer = Separable { depthwise, outputs };
    let values = [x, kernels, weights, bias, skip].map(Values::to_contiguous);
    let [x, kernels, weights, bias, skip] = values.each_ref().map(|values| values.storage::<f32>());
    let after = After {
        bias: Some(bias),
        skip: Some(skip).filter(|skip| !skip.is_empty()),
        relu: true,
    };
    let made = layer.forward(x, kernels, weights, after).expect(FITS);
    let Convolution {
        batch,
        height,
        width,
        ..
    } = depthwise;
    tensor(made, [batch, height, width, outputs])
}

/// [`forward`], remembering what the gradients need.
pub(super) fn tracked<C: CheckpointStrategy>(
    x: &Tracked<C>,
    weights: &Tracked<C>,
    bias: &Tracked<C>,
    dilation: usize,
) -> Tracked<C> {
    let outputs = forward(
        x.primitive(),
        weights.primitive(),
        bias.primitive(),
        dilation,
    );
    let nodes = [x.node(), weights.node(), bias.node()];
    match Convolve.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let state = (
                [x.primitive().clone(), weights.primitive().clone()],
                dilation,
            );
            step.finish(state, outputs)
        }
        OpsKind::UnTracked(step) => step.finish(outputs),
    }
}

/// [`rectified`], as a chain of operations with gradients.
pub(super) fn tracked_relu<C: CheckpointStrategy>(
    x: &Tracked<C>,
    weights: &Tracked<C>,
    bias: &Tracked<C>,
    skip: Tracked<C>,
    dilation: usize,
) -> Tracked<C> {
    let sums = tracked::<C>(x, weights, bias, dilation);
    let sums = match skip.primitive().shape().num_elements() {
        0 => sums,
        _ => Autodiff::<Flex, C>::float_add(sums, skip),
    };
    Autodiff::<Flex, C>::relu(sums)
}

#[derive(Debug)]
struct Convolve;

impl Backward<Flex, 3> for Convolve {
    /// The inputs, the weights and the dilation.
    type State = ([Values; 2], usize);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let above = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let (values, dilation) = ops.state;
        let [x, weights] = values.map(|values| values.to_contiguous());
        let layer = layer(&x, &weights, dilation);
        let above = above.storage::<f32>();
        let [of_x, of_weights, of_bias] = ops.parents;
        if let Some(node) = of_x {
            let below = layer.backward_inputs(above, weights.storage::<f32>());
            gradients.register::<Flex>(node.id, tensor(below.expect(FITS), x.shape()));
        }
        if let Some(node) = of_weights {
            let gradient = layer.backward_weights(x.storage::<f32>(), above);
            gradients.register::<Flex>(node.id, tensor(gradient.expect(FITS), weights.shape()));
        }
        if let Some(node) = of_bias {
            let mut sums = vec![0.0; layer.outputs];
            for pixel in above.chunks_exact(layer.outputs.max(1)) {
                sums.iter_mut()
                    .zip(pixel)
                    .for_each(|(sum, x)| *sum += f64::from(*x));
            }
            let sums = sums.into_iter().map(|sum| sum as f32).collect();
            gradients.register::<Flex>(node.id, tensor(sums, [layer.outputs]));
        }
    }
}

/// # Panics
/// If the tensors do not have four axes.
fn layer(x: &Values, weights: &Values, dilation: usize) -> Convolution {
    let [batch, height, width, inputs] = x.shape().dims();
    let [outputs, of_group, kernel, _] = weights.shape().dims();
    Convolution {
        batch,
        height,
        width,
        inputs,
        outputs,
        kernel,
        dilation,
        groups: inputs.checked_div(of_group).unwrap_or(1),
    }
}

#[cfg(test)]
mod tests;

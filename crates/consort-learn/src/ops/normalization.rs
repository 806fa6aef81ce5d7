//! Batch normalisation over channels-last images with the ReLU after it, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, AutodiffBackend, Flex, TensorMetadata};
use consort_kernels::{Normalization, Normalized};

use super::{Tracked, Values, tensor};

const FITS: &str = "the shapes are those of the tensors";

/// Outputs, means and variances: see [`super::normalized_relu`].
pub(super) fn forward(
    x: &Values,
    gamma: &Values,
    beta: &Values,
    skip: &Values,
    epsilon: f32,
) -> [Values; 3] {
    let layer = layer(x, epsilon);
    let [images, gamma, beta, skip] = [x, gamma, beta, skip].map(Values::to_contiguous);
    let skip = Some(skip.storage::<f32>()).filter(|skip| !skip.is_empty());
    let [images, gamma, beta] = [&images, &gamma, &beta].map(|values| values.storage::<f32>());
    let normalized = layer.forward(images, gamma, beta, skip).expect(FITS);
    [
        tensor(normalized.outputs, x.shape()),
        tensor(normalized.mean, [layer.channels]),
        tensor(normalized.variance, [layer.channels]),
    ]
}

/// [`forward`], remembering what the gradients need.
pub(super) fn tracked<C: CheckpointStrategy>(
    [x, gamma, beta, skip]: [&Tracked<C>; 4],
    epsilon: f32,
) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
    let [x_values, gamma_values, beta_values, skip_values] =
        [x, gamma, beta, skip].map(|tensor| tensor.primitive().clone());
    let normalized = forward(
        &x_values,
        &gamma_values,
        &beta_values,
        &skip_values,
        epsilon,
    );
    let [outputs, mean, variance] = normalized.clone();
    let nodes = [x.node(), gamma.node(), beta.node(), skip.node()];
    let outputs = match Normalize.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let state = State {
                x: x_values,
                gamma: gamma_values,
                normalized,
                epsilon,
            };
            step.finish(state, outputs)
        }
        OpsKind::UnTracked(step) => step.finish(outputs),
    };
    let constant = <Autodiff<Flex, C> as AutodiffBackend>::from_inner;
    (outputs, constant(mean), constant(variance))
}

#[derive(Debug)]
struct Normalize;

#[derive(Clone, Debug)]
struct State {
    x: Values,
    gamma: Values,
    /// Outputs, means and variances.
    normalized: [Values; 3],
    epsilon: f32,
}

impl Backward<Flex, 4> for Normalize {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let above = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let State {
            x,
            gamma,
            normalized,
            epsilon,
        } = ops.state;
        let layer = layer(&x, epsilon);
        let (shape, x, gamma) = (x.shape(), x.to_contiguous(), gamma.to_contiguous());
        let [outputs, mean, variance] = &normalized;
        let normalized = Normalized {
            outputs: outputs.storage::<f32>(),
            mean: mean.storage::<f32>(),
            variance: variance.storage::<f32>(),
        };
        let (x, gamma, above) = (
            x.storage::<f32>(),
            gamma.storage::<f32>(),
            above.storage::<f32>(),
        );
        let skips = ops.parents[3].is_some();
        let below = layer
            .backward(x, gamma, normalized, above, skips)
            .expect(FITS);

        let below = [
            (Some(below.inputs), shape.clone()),
            (Some(below.gamma), [layer.channels].into()),
            (Some(below.beta), [layer.channels].into()),
            (below.skip, shape),
        ];
        for (parent, (gradient, shape)) in ops.parents.into_iter().zip(below) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(node.id, tensor(gradient, shape));
            }
        }
    }
}

/// # Panics
/// If the tensor does not have four axes.
fn layer(x: &Values, epsilon: f32) -> Normalization {
    let [batch, height, width, channels] = x.shape().dims();
    Normalization {
        pixels: batch * height * width,
        channels,
        epsilon,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use crate::ops::{fallback, normalized_relu};
    use crate::parameters::values;
    use crate::{Seed, initial};

    /// Outputs, statistics, the gradients of a weighted sum of the outputs, and the same by burn.
    #[test]
    fn agrees_with_burn() {
        for skips in [false, true] {
            let device = Device::flex().autodiff();
            let mut stream = Seed(1).stream("test", u64::from(skips));
            let mut normal = |shape| initial::normal::<4>(shape, 1.0, &mut stream, &device).val();
            let images = [3, 9, 14, 7];
            let arguments = [images, [1, 1, 1, 7], [1, 1, 1, 7], images].map(&mut normal);
            let above = normal(images).detach();
            let results = |ours: bool| {
                let [x, gamma, beta, skip] = arguments
                    .each_ref()
                    .map(|tensor| tensor.clone().detach().require_grad());
                let (factors, offsets) = (gamma.clone().reshape([7]), beta.clone().reshape([7]));
                let added = skips.then(|| skip.clone());
                let layer = if ours {
                    normalized_relu
                } else {
                    fallback::normalized_relu
                };
                let normalized = layer(x.clone(), factors, offsets, added, 1e-5);
                let gradients = (normalized.outputs.clone() * above.clone())
                    .sum()
                    .backward();
                let of = |tensor: Tensor<4>| tensor.grad(&gradients).map(values);
                [
                    Some(values(normalized.outputs.inner())),
                    Some(values(normalized.mean.inner())),
                    Some(values(normalized.variance.inner())),
                    of(x),
                    of(gamma),
                    of(beta),
                    of(skip),
                ]
            };
            for (ours, burns) in results(true).into_iter().zip(results(false)) {
                let (Some(ours), Some(burns)) = (&ours, &burns) else {
                    assert!(!skips && ours.is_none() && burns.is_none());
                    continue;
                };
                assert_eq!(ours.shape, burns.shape);
                for (ours, burns) in ours.data.iter().zip(&burns.data) {
                    // Sums over 378 pixels in another order.
                    assert!((ours - burns).abs() < 1e-4, "{ours} {burns}");
                }
            }
        }
    }
}

//! Layer normalisation, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Flex, TensorMetadata};
use consort_kernels::LayerNormalization;

use super::{Tracked, Values, tensor};

const FITS: &str = "the shapes are those of the tensors";

/// See [`super::layer_norm`].
pub(super) fn forward([x, gamma, beta]: [&Values; 3], epsilon: f32) -> Values {
    let layer = layer(x, epsilon);
    let values = [x, gamma, beta].map(Values::to_contiguous);
    let [numbers, gamma, beta] = values.each_ref().map(|values| values.storage::<f32>());
    let outputs = layer.forward(numbers, gamma, beta);
    tensor(outputs.expect(FITS), x.shape())
}

/// [`forward`], remembering what the gradients need.
pub(super) fn tracked<C: CheckpointStrategy>(
    arguments: [&Tracked<C>; 3],
    epsilon: f32,
) -> Tracked<C> {
    let nodes = arguments.map(|tensor| tensor.node());
    let values = arguments.map(|tensor| tensor.primitive());
    let outputs = forward(values, epsilon);
    let [x, gamma, _] = values.map(Clone::clone);
    match Normalize.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish((x, gamma, epsilon), outputs),
        OpsKind::UnTracked(step) => step.finish(outputs),
    }
}

#[derive(Debug)]
struct Normalize;

impl Backward<Flex, 3> for Normalize {
    /// Inputs, factors and epsilon.
    type State = (Values, Values, f32);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let above = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let (x, gamma, epsilon) = ops.state;
        let (layer, shape, width) = (layer(&x, epsilon), x.shape(), gamma.shape());
        let values = [x, gamma].map(|values| values.to_contiguous());
        let [x, gamma] = values.each_ref().map(|values| values.storage::<f32>());
        let below = layer
            .backward(x, gamma, above.storage::<f32>())
            .expect(FITS);
        let below = [
            (below.inputs, shape),
            (below.gamma, width.clone()),
            (below.beta, width),
        ];
        for (parent, (gradient, shape)) in ops.parents.into_iter().zip(below) {
            if let Some(node) = parent {
                gradients.register::<Flex>(node.id, tensor(gradient, shape));
            }
        }
    }
}

/// # Panics
/// If the tensor does not have two axes.
fn layer(x: &Values, epsilon: f32) -> LayerNormalization {
    let [rows, width] = x.shape().dims();
    LayerNormalization {
        rows,
        width,
        epsilon,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use crate::ops::{fallback, layer_norm};
    use crate::parameters::values;
    use crate::{Seed, initial};

    #[test]
    fn agrees_with_burn() {
        let device = Device::flex().autodiff();
        let mut stream = Seed(1).stream("test", 0);
        let mut normal = |shape: [usize; 2]| {
            initial::normal(shape, 1.0, &mut stream, &device)
                .val()
                .detach()
        };
        let x = normal([21, 9]).transpose();
        let (gamma, beta, above) = (normal([1, 21]), normal([1, 21]), normal([9, 21]));
        type Layer = fn(Tensor<2>, Tensor<1>, Tensor<1>, f32) -> Tensor<2>;
        let results = |layer: Layer| {
            let asked = [&x, &gamma, &beta].map(|tensor| tensor.clone().detach().require_grad());
            let [x, gamma, beta] = asked.clone();
            let outputs = layer(x, gamma.reshape([21]), beta.reshape([21]), 1e-5);
            let gradients = (outputs.clone() * above.clone()).sum().backward();
            let of = |tensor: Tensor<2>| values(tensor.grad(&gradients).expect("asked for"));
            let [x, gamma, beta] = asked.map(of);
            [values(outputs.inner()), x, gamma, beta]
        };
        for (ours, burns) in results(layer_norm)
            .into_iter()
            .zip(results(fallback::layer_norm))
        {
            assert_eq!(ours.shape, burns.shape);
            for (ours, burns) in ours.data.iter().zip(&burns.data) {
                assert!((ours - burns).abs() < 1e-4, "{ours} {burns}");
            }
        }
    }
}

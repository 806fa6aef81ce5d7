//! The steps before and after each step beside it: what a dilated convolution over time multiplies.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Flex, TensorMetadata};

use super::{Tracked, Values, tensor};

/// See [`super::neighbours`].
pub(super) fn forward(x: &Values, distance: usize) -> Values {
    let [batch, steps, width] = x.shape().dims();
    let x = x.to_contiguous();
    let sequences = x.storage::<f32>().chunks_exact((steps * width).max(1));
    let mut together = Vec::with_capacity(3 * batch * steps * width);
    for x in sequences {
        let mut push = |step: Option<usize>| match step.filter(|step| *step < steps) {
            Some(step) => together.extend_from_slice(&x[step * width..][..width]),
            None => together.resize(together.len() + width, 0.0),
        };
        for step in 0..steps {
            push(step.checked_sub(distance));
            push(Some(step));
            push(step.checked_add(distance));
        }
    }
    tensor(together, [batch, steps, 3 * width])
}

/// [`forward`], remembering what the gradient needs.
pub(super) fn tracked<C: CheckpointStrategy>(x: &Tracked<C>, distance: usize) -> Tracked<C> {
    let together = forward(x.primitive(), distance);
    match Spread.prepare::<C>([x.node()]).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(distance, together),
        OpsKind::UnTracked(step) => step.finish(together),
    }
}

#[derive(Debug)]
struct Spread;

impl Backward<Flex, 1> for Spread {
    /// How far away the neighbours are.
    type State = usize;

    fn backward(self, ops: Ops<usize, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let above = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let [parent] = ops.parents;
        let Some(node) = parent else {
            return;
        };
        let (distance, [batch, steps, width]) = (ops.state, above.shape().dims());
        let width = width / 3;
        let sequences = above
            .storage::<f32>()
            .chunks_exact((steps * 3 * width).max(1));
        let mut below = Vec::with_capacity(batch * steps * width);
        for above in sequences {
            // A step was the one before, the one in the middle and the one after of three others.
            for step in 0..steps {
                let from = below.len();
                below.extend_from_slice(&above[(3 * step + 1) * width..][..width]);
                let others = [step.checked_add(distance), step.checked_sub(distance)];
                for (place, other) in [0, 2].into_iter().zip(others) {
                    if let Some(other) = other.filter(|other| *other < steps) {
                        let terms = &above[(3 * other + place) * width..][..width];
                        let sums = below[from..].iter_mut().zip(terms);
                        sums.for_each(|(sum, x)| *sum += x);
                    }
                }
            }
        }
        gradients.register::<Flex>(node.id, tensor(below, [batch, steps, width]));
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use crate::ops::{fallback, neighbours};
    use crate::parameters::values;
    use crate::{Seed, initial};

    #[test]
    fn agrees_with_burn() {
        let device = Device::flex().autodiff();
        let mut stream = Seed(1).stream("test", 0);
        for (steps, distance) in [(7, 2), (3, 3), (2, 5), (1, 1)] {
            let mut normal = |shape: [usize; 3]| {
                initial::normal(shape, 1.0, &mut stream, &device)
                    .val()
                    .detach()
            };
            let (x, above) = (normal([2, steps, 4]), normal([2, steps, 12]));
            let results = |op: fn(Tensor<3>, usize) -> Tensor<3>| {
                let x = x.clone().require_grad();
                let together = op(x.clone(), distance);
                let gradients = (together.clone() * above.clone()).sum().backward();
                let slope = x.grad(&gradients).expect("it was asked for");
                [values(together.inner()), values(slope)]
            };
            let (ours, burns) = (results(neighbours), results(fallback::neighbours));
            assert_eq!(ours[0], burns[0]);
            for (ours, burns) in ours[1].data.iter().zip(&burns[1].data) {
                assert!((ours - burns).abs() < 1e-5, "{ours} {burns}");
            }
        }
    }
}

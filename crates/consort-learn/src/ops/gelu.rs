//! GELU, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Flex, TensorMetadata};
use consort_kernels::gelu;

use super::{Tracked, Values, tensor};

/// See [`super::gelu`].
pub(super) fn forward(x: &Values) -> Values {
    let x = x.to_contiguous();
    tensor(gelu::forward(x.storage::<f32>()), x.shape())
}

/// [`forward`], remembering what the gradient needs.
pub(super) fn tracked<C: CheckpointStrategy>(x: &Tracked<C>) -> Tracked<C> {
    let values = x.primitive().clone();
    let y = forward(&values);
    match Gelu.prepare::<C>([x.node()]).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(values, y),
        OpsKind::UnTracked(step) => step.finish(y),
    }
}

#[derive(Debug)]
struct Gelu;

impl Backward<Flex, 1> for Gelu {
    /// What came in.
    type State = Values;

    fn backward(self, ops: Ops<Values, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [parent] = ops.parents;
        let above = gradients.consume::<Flex>(&ops.node);
        if let Some(node) = parent {
            let (above, x) = (above.to_contiguous(), ops.state.to_contiguous());
            let below = gelu::backward(x.storage::<f32>(), above.storage::<f32>());
            let below = below.expect("a gradient has the shape of its tensor");
            gradients.register::<Flex>(node.id, tensor(below, x.shape()));
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use crate::ops::fallback;

    /// PyTorch 2.15: fixtures/learn/gelu.py
    #[test]
    fn agrees_with_pytorch() {
        let x = [-10.0, -3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 8.0];
        let device = Device::flex().autodiff();
        let close = |ours: Tensor<1>, theirs: [f32; 8]| {
            let ours = crate::parameters::values(ours).data;
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert!((ours - theirs).abs() < 2e-6, "{ours} {theirs}");
            }
        };
        for gelu in [crate::ops::gelu, fallback::gelu] {
            let input = Tensor::<1>::from_floats(x, &device).require_grad();
            let output = gelu(input.clone());
            let gradients = output.clone().sum().backward();
            let slopes = input.grad(&gradients).expect("it was asked for");
            close(output.inner(), OUTPUTS);
            close(slopes, SLOPES);
        }
    }

    const OUTPUTS: [f32; 8] = [
        0.0,
        -0.003_637_433,
        -0.158_808,
        -0.046_017_25,
        0.0,
        0.345_714,
        1.954_597_7,
        8.0,
    ];
    const SLOPES: [f32; 8] = [
        0.0,
        -0.011_584_297,
        -0.082_964_09,
        0.420_478_2,
        0.5,
        0.867_369_9,
        1.086_099_3,
        1.0,
    ];

    #[test]
    fn works_on_views_and_nothing() {
        let device = Device::flex();
        let x = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
        let turned = crate::parameters::values(crate::ops::gelu(x.transpose())).data;
        // Of 3, by the definition in double precision.
        assert!((turned[1] - 2.996_362_7).abs() < 1e-6);
        let empty = Tensor::<2>::zeros([0, 3], &device);
        assert_eq!(crate::ops::gelu(empty).dims(), [0, 3]);
    }
}

//! GELU, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Flex, TensorMetadata};

use super::{Tracked, Values, tensor};

/// sqrt(2 / pi).
pub(super) const SCALE: f32 = 0.797_884_6;

/// The weight of the cube.
pub(super) const CUBE: f32 = 0.044_715;

/// See [`super::gelu`].
pub(super) fn forward(x: &Values) -> Values {
    map(x, gelu)
}

/// [`forward`], remembering what the gradient needs.
pub(super) fn tracked<C: CheckpointStrategy>(x: &Tracked<C>) -> Tracked<C> {
    let values = x.primitive().clone();
    let y = map(&values, gelu);
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
            let pairs = above.storage::<f32>().iter().zip(x.storage::<f32>());
            let below = pairs.map(|(&above, &x)| above * slope(x)).collect();
            gradients.register::<Flex>(node.id, tensor(below, x.shape()));
        }
    }
}

/// `f` of every number.
fn map(x: &Values, f: impl Fn(f32) -> f32) -> Values {
    let x = x.to_contiguous();
    tensor(
        x.storage::<f32>().iter().map(|&x| f(x)).collect(),
        x.shape(),
    )
}

fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + tanh(SCALE * (x + CUBE * x * x * x)))
}

/// The derivative of [`gelu`].
fn slope(x: f32) -> f32 {
    let t = tanh(SCALE * (x + CUBE * x * x * x));
    let inner = SCALE * (1.0 + 3.0 * CUBE * x * x);
    0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner
}

fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// e^x for |x| up to 87, beyond which it stays at its bounds; the relative error is below 3e-7 for
/// small x and grows to 1e-5.
///
/// Written without calls and branches, so that the loops above become vector code: x log2(e) is
/// split into the nearest whole number, which goes into the exponent, and a rest between -1/2 and
/// 1/2, for which the Taylor series of 2^x to the sixth power is exact to single precision.
fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 leaves no bits for the fraction: the sum holds the rounded number.
    const ROUND: f32 = 12_582_912.0;
    let scaled = x.clamp(-87.0, 87.0) * std::f32::consts::LOG2_E;
    let shifted = scaled + ROUND;
    let rest = (scaled - (shifted - ROUND)) * std::f32::consts::LN_2;
    let mut series = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * rest + factor;
    }
    let whole = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    series * f32::from_bits(whole.wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::ops::fallback;

    #[test]
    fn the_exponential_is_exact_to_single_precision() {
        for step in -8700..=8700 {
            let x = step as f32 / 100.0;
            let truth = f64::from(x).exp();
            let error = (f64::from(exp(x)) - truth).abs() / truth;
            // The roundings of x log2(e) and of its rest grow with x.
            assert!(error < 3e-7 + 1.2e-7 * f64::from(x).abs(), "e^{x}: {error}");
        }
    }

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
        assert!((turned[1] - gelu(3.0)).abs() < 1e-6);
        assert!(gelu(f32::NAN).is_nan());
        let empty = Tensor::<2>::zeros([0, 3], &device);
        assert_eq!(crate::ops::gelu(empty).dims(), [0, 3]);
    }
}

//! Convolutions over channels-last images, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Flex, TensorMetadata};
use consort_kernels::Convolution;

use super::{Tracked, Values, tensor};

const FITS: &str = "the shapes are those of the tensors";

/// See [`super::convolution`].
pub(super) fn forward(x: &Values, weights: &Values, bias: &Values) -> Values {
    let layer = layer(x, weights);
    let bias = bias.to_contiguous();
    let bias = Some(bias.storage::<f32>()).filter(|bias| !bias.is_empty());
    let (x, weights) = (x.to_contiguous(), weights.to_contiguous());
    let outputs = layer.forward(x.storage::<f32>(), weights.storage::<f32>(), bias);
    let shape = [layer.batch, layer.height, layer.width, layer.outputs];
    tensor(outputs.expect(FITS), shape)
}

/// [`forward`], remembering what the gradients need.
pub(super) fn tracked<C: CheckpointStrategy>(
    x: &Tracked<C>,
    weights: &Tracked<C>,
    bias: &Tracked<C>,
) -> Tracked<C> {
    let outputs = forward(x.primitive(), weights.primitive(), bias.primitive());
    let nodes = [x.node(), weights.node(), bias.node()];
    match Convolve.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let state = [x.primitive().clone(), weights.primitive().clone()];
            step.finish(state, outputs)
        }
        OpsKind::UnTracked(step) => step.finish(outputs),
    }
}

#[derive(Debug)]
struct Convolve;

impl Backward<Flex, 3> for Convolve {
    /// The inputs and the weights.
    type State = [Values; 2];

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let above = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let [x, weights] = ops.state.map(|values| values.to_contiguous());
        let layer = layer(&x, &weights);
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
fn layer(x: &Values, weights: &Values) -> Convolution {
    let [batch, height, width, inputs] = x.shape().dims();
    let [outputs, _, kernel, _] = weights.shape().dims();
    Convolution {
        batch,
        height,
        width,
        inputs,
        outputs,
        kernel,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;
    use burn::tensor::{Device, Tensor};

    use crate::ops::convolution;
    use crate::parameters::values;
    use crate::{Seed, initial};

    /// Outputs, the gradients of a weighted sum of them, and the same by burn.
    #[test]
    fn agrees_with_burn() {
        for (kernel, bias) in [(3, true), (5, false)] {
            let device = Device::flex().autodiff();
            let mut stream = Seed(1).stream("test", kernel as u64);
            let mut normal = |shape| initial::normal::<4>(shape, 1.0, &mut stream, &device).val();
            let x = normal([2, 9, 14, 3]);
            let weights = normal([7, 3, kernel, kernel]);
            let above = normal([2, 9, 14, 7]).detach();
            let offsets = normal([1, 1, 1, 7]);
            let gradients = |ours: bool| {
                let [x, weights, offsets] =
                    [&x, &weights, &offsets].map(|tensor| tensor.clone().detach().require_grad());
                let bias = bias.then(|| offsets.clone().reshape([7]));
                let y = if ours {
                    convolution(x.clone(), weights.clone(), bias)
                } else {
                    let margin = kernel / 2;
                    let options = ConvOptions::new([1, 1], [margin, margin], [1, 1], 1);
                    let channels_first = x.clone().permute([0, 3, 1, 2]);
                    conv2d(channels_first, weights.clone(), bias, options).permute([0, 2, 3, 1])
                };
                let gradients = (y.clone() * above.clone()).sum().backward();
                let of = |tensor: Tensor<4>| tensor.grad(&gradients).map(values);
                [Some(values(y.inner())), of(x), of(weights), of(offsets)]
            };
            for (ours, burns) in gradients(true).into_iter().zip(gradients(false)) {
                let (Some(ours), Some(burns)) = (&ours, &burns) else {
                    assert!(!bias && ours.is_none() && burns.is_none());
                    continue;
                };
                assert_eq!(ours.shape, burns.shape);
                for (ours, burns) in ours.data.iter().zip(&burns.data) {
                    // Sums of up to 252 products of normal numbers, by Winograd's algorithm.
                    assert!((ours - burns).abs() < 1e-3, "{ours} {burns}");
                }
            }
        }
    }
}

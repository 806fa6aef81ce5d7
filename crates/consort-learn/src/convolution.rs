//! Layers of convolutions over images, channels-last.

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::{Device, Tensor};

use crate::seed::Stream;
use crate::{initial, ops};

/// What shapes a [`Convolution`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvolutionShape {
    /// Channels that come in.
    pub inputs: usize,
    /// Channels that go out.
    pub outputs: usize,
    /// Rows and pixels of a kernel, odd.
    pub kernel: usize,
    /// How far the pixels of a kernel are apart.
    pub dilation: usize,
    /// Groups of channels that know nothing of one another; a divisor of both numbers of channels.
    pub groups: usize,
}

impl ConvolutionShape {
    /// Of neighbouring pixels, and all channels together.
    pub const fn dense(inputs: usize, outputs: usize, kernel: usize) -> ConvolutionShape {
        ConvolutionShape {
            inputs,
            outputs,
            kernel,
            dilation: 1,
            groups: 1,
        }
    }
}

/// A convolution whose outputs are as large as its inputs.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[output, input / groups, kernel, kernel]`.
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    dilation: usize,
}

/// A convolution, batch normalisation and a ReLU.
#[derive(Module, Debug)]
pub struct NormalizedConvolution {
    convolution: Convolution,
    norm: BatchNorm,
}

/// A convolution of each channel with a kernel of its own, one of each pixel after it, batch
/// normalisation and a ReLU (F. Chollet, *Xception*, 2016).
#[derive(Module, Debug)]
pub struct SeparableConvolution {
    depthwise: Convolution,
    pointwise: NormalizedConvolution,
}

impl Convolution {
    /// He's normal initial weights; a bias of zeros, if any.
    pub fn new(shape: ConvolutionShape, bias: bool, stream: &mut Stream) -> Convolution {
        let ConvolutionShape {
            inputs,
            outputs,
            kernel,
            dilation,
            groups,
        } = shape;
        let device = Device::flex();
        let inputs = inputs / groups;
        #[expect(clippy::cast_precision_loss, reason = "a layer has few inputs")]
        let deviation = (2.0 / (inputs * kernel * kernel) as f32).sqrt();
        let shape = [outputs, inputs, kernel, kernel];
        Convolution {
            weight: initial::normal(shape, deviation, stream, &device),
            bias: bias.then(|| initial::zeros([outputs], &device)),
            dilation,
        }
    }

    /// From `[batch, height, width, input]` to `[batch, height, width, output]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        ops::convolution(x, self.weight.val(), bias, self.dilation)
    }

    /// Where its weights are.
    pub fn device(&self) -> Device {
        self.weight.val().device()
    }
}

impl NormalizedConvolution {
    /// A convolution without a bias, since the normalisation has one.
    pub fn new(shape: ConvolutionShape, stream: &mut Stream) -> NormalizedConvolution {
        NormalizedConvolution {
            convolution: Convolution::new(shape, false, stream),
            norm: BatchNormConfig::new(shape.outputs).init(&Device::flex()),
        }
    }

    /// From `[batch, height, width, input]` to `[batch, height, width, output]`; `skip`, in the shape
    /// of the outputs, is added before the ReLU.
    pub fn forward(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        if x.device().is_autodiff() {
            self.learn(x, skip)
        } else {
            self.predict(x, skip)
        }
    }

    /// Normalises by the statistics of the batch, and keeps them as burn's own layer does, which
    /// wants its channels first.
    fn learn(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        let (gamma, beta) = (self.norm.gamma.val(), self.norm.beta.val());
        #[expect(clippy::cast_possible_truncation, reason = "a setting of few digits")]
        let epsilon = self.norm.epsilon as f32;
        let x = self.convolution.forward(x);
        let normalized = ops::normalized_relu(x, gamma, beta, skip, epsilon);
        for (running, new) in [
            (&self.norm.running_mean, normalized.mean),
            (&self.norm.running_var, normalized.variance),
        ] {
            let old = running.value_sync().to_device(&new.device());
            let moved = old * (1.0 - self.norm.momentum) + new * self.norm.momentum;
            running.update(moved.detach());
        }
        normalized.outputs
    }

    fn predict(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        let (weight, bias) = self.folded();
        ops::convolution_relu(x, weight, Some(bias), skip, self.convolution.dilation)
    }

    /// The weights and the bias of a convolution that normalises by the running statistics, which are
    /// constants, by itself.
    fn folded(&self) -> (Tensor<4>, Tensor<1>) {
        let deviation = (self.norm.running_var.value() + self.norm.epsilon).sqrt();
        let slope = self.norm.gamma.val() / deviation;
        let bias = self.norm.beta.val() - self.norm.running_mean.value() * slope.clone();
        let weight = self.convolution.weight.val() * slope.reshape([-1, 1, 1, 1]);
        (weight, bias)
    }
}

impl SeparableConvolution {
    /// A kernel for each channel, and a convolution of each pixel from `inputs` to `outputs` channels.
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stream: &mut Stream,
    ) -> SeparableConvolution {
        let depthwise = ConvolutionShape {
            groups: inputs,
            ..ConvolutionShape::dense(inputs, inputs, kernel)
        };
        let pointwise = ConvolutionShape::dense(inputs, outputs, 1);
        SeparableConvolution {
            depthwise: Convolution::new(depthwise, false, stream),
            pointwise: NormalizedConvolution::new(pointwise, stream),
        }
    }

    /// From `[batch, height, width, input]` to `[batch, height, width, output]`; `skip`, in the shape
    /// of the outputs, is added before the ReLU.
    pub fn forward(&self, x: Tensor<4>, skip: Option<Tensor<4>>) -> Tensor<4> {
        if x.device().is_autodiff() {
            return self.pointwise.forward(self.depthwise.forward(x), skip);
        }
        let (weight, bias) = self.pointwise.folded();
        let kernels = self.depthwise.weight.val();
        ops::separable_relu(x, kernels, weight, bias, skip, self.depthwise.dilation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, parameters};

    fn assert_same(learnt: Tensor<4>, predicted: Tensor<4>) {
        let learnt = parameters::values(learnt.inner());
        let predicted = parameters::values(predicted);
        assert_eq!(learnt.shape, predicted.shape);
        for (learnt, predicted) in learnt.data.iter().zip(&predicted.data) {
            assert!((learnt - predicted).abs() < 1e-4, "{learnt} {predicted}");
        }
    }

    fn images(stream: &mut Stream) -> [Tensor<4>; 2] {
        let x = initial::normal([2, 9, 11, 4], 1.0, stream, &Device::flex());
        let x = x.val().detach();
        [x.clone().to_device(&Device::flex().autodiff()), x]
    }

    /// Where the running statistics are those of the batch, normalising by either is the same.
    #[test]
    fn predicts_as_it_learns() {
        for (kernel, groups) in [(5, 1), (3, 4), (1, 1)] {
            let shape = ConvolutionShape {
                groups,
                ..ConvolutionShape::dense(4, 4, kernel)
            };
            let mut stream = Seed(1).stream("weights", 0);
            let mut layer = NormalizedConvolution::new(shape, &mut stream);
            layer.norm.momentum = 1.0;
            let [tracked, x] = images(&mut stream);
            let layer = layer.train();
            let learnt = layer.forward(tracked.clone(), Some(tracked));
            assert_same(learnt, layer.valid().forward(x.clone(), Some(x)));
        }
    }

    #[test]
    fn predicts_as_it_learns_in_two_parts() {
        let mut stream = Seed(1).stream("weights", 0);
        let mut layer = SeparableConvolution::new(4, 4, 3, &mut stream);
        layer.pointwise.norm.momentum = 1.0;
        let [tracked, x] = images(&mut stream);
        for skips in [true, false] {
            let layer = layer.clone().train();
            let learnt = layer.forward(tracked.clone(), skips.then(|| tracked.clone()));
            let predicted = layer.valid().forward(x.clone(), skips.then(|| x.clone()));
            assert_same(learnt, predicted);
        }
    }
}

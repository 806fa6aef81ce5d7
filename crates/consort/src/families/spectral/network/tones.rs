//! Our network: a frame of how strong frequencies are becomes a short code and back; a layer of long short-term memory
//! recalls the codes so far, and the numbers of the next are drawn one after another.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{log_sigmoid, log_softmax, relu};
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{Direction, Lstm, LstmShape, Noise, Stream, initial};

use crate::families::spectral::config::TonesShape;
use crate::families::spectral::encoding::{BANDS, BINS};

/// The least and the most of the logarithm of a scale.
pub(super) const LOG_SCALES: [f32; 2] = [-3.5, 1.5];

/// The network.
#[derive(Module, Debug)]
pub struct TonesNetwork {
    pub(super) listen: Linear,
    pub(super) encode: Linear,
    pub(super) decode: Linear,
    pub(super) colour: Linear,
    pub(super) sound: Linear,
    pub(super) memory: Lstm,
    pub(super) context: Linear,
    pub(super) expected: Linear,
    pub(super) inner: Linear,
    /// `[number, unit]`: what a unit hears of the numbers that are drawn already.
    pub(super) heard: Param<Tensor<2>>,
    /// `[unit, said of a number]`, and from the context.
    pub(super) outer: Param<Tensor<2>>,
    pub(super) said: Linear,
    #[module(skip)]
    shape: TonesShape,
}

impl TonesNetwork {
    pub(super) fn new(shape: &TonesShape, stream: &mut Stream) -> TonesNetwork {
        let device = Device::flex();
        let TonesShape {
            width,
            code,
            memory,
            context,
            masked,
            mixture,
            ..
        } = *shape;
        let gain = 2.0_f32.sqrt();
        let recalling = LstmShape {
            inputs: code,
            hidden: memory,
            layers: 1,
            direction: Direction::Forward,
        };
        let said = 3 * mixture * code;
        #[expect(clippy::cast_precision_loss, reason = "a few units")]
        let small = |inputs: usize| 0.5 / (inputs as f32).sqrt();
        TonesNetwork {
            listen: initial::linear(BANDS, width, gain, stream, &device),
            encode: initial::linear(width, code, 1.0, stream, &device),
            decode: initial::linear(code, width, gain, stream, &device),
            colour: initial::linear(width, width, gain, stream, &device),
            sound: initial::linear(width, BINS, 1.0, stream, &device),
            memory: Lstm::new(recalling, stream, &device),
            context: initial::linear(memory + code, context, gain, stream, &device),
            expected: initial::linear(context, BANDS, 0.1, stream, &device),
            inner: initial::linear(context, masked, 1.0, stream, &device),
            heard: initial::normal([code, masked], small(code), stream, &device),
            outer: initial::normal([masked, said], small(masked), stream, &device),
            said: initial::linear(context, said, 0.5, stream, &device),
            shape: shape.clone(),
        }
    }

    pub(in crate::families::spectral) fn device(&self) -> Device {
        self.expected.weight.val().device()
    }

    /// What shapes it.
    pub fn shape(&self) -> &TonesShape {
        &self.shape
    }

    /// The codes of frames, `[frame, number]`, from the means of their bands.
    pub(in crate::families::spectral) fn encoded(&self, bands: Tensor<2>) -> Tensor<2> {
        self.encode.forward(relu(self.listen.forward(bands)))
    }

    /// The frames of codes, `[frame, frequency]`.
    pub(in crate::families::spectral) fn decoded(&self, codes: Tensor<2>) -> Tensor<2> {
        let colour = relu(self.decode.forward(codes));
        let colour = relu(self.colour.forward(colour));
        self.sound.forward(colour)
    }

    /// What is known after each code of what follows, `[row * step, unit]`, from codes `[row * step, number]`.
    pub(in crate::families::spectral) fn contexts(
        &self,
        codes: Tensor<2>,
        rows: usize,
        noise: &mut Noise,
    ) -> Tensor<2> {
        let [count, numbers] = codes.dims();
        let steps = codes.clone().reshape([rows, count / rows, numbers]);
        let (recalled, _) = self.memory.forward(steps, None);
        let recalled = recalled.reshape([count, self.shape.memory]);
        let recalled = noise.dropout(recalled, self.shape.dropout);
        relu(self.context.forward(Tensor::cat(vec![recalled, codes], 1)))
    }

    /// The change of the bands' means that is to be expected, `[row * step, band]`.
    pub(in crate::families::spectral) fn expected(&self, contexts: Tensor<2>) -> Tensor<2> {
        self.expected.forward(contexts)
    }

    /// What each number of the codes that follow is drawn from, `[row * step * number, 3 * mixture]`, by the numbers
    /// before it: logits of shares, places, and logarithms of scales over 1/e.
    pub(super) fn said(&self, contexts: Tensor<2>, next: Tensor<2>) -> Tensor<2> {
        let TonesShape { code, mixture, .. } = self.shape;
        let count = next.dims()[0];
        let [heard, outer] = self.masks(&next.device());
        let units = self.inner.forward(contexts.clone()) + next.matmul(self.heard.val() * heard);
        let said = relu(units).matmul(self.outer.val() * outer) + self.said.forward(contexts);
        said.reshape([count * code, 3 * mixture])
    }

    /// The negative log-likelihood of the codes that follow, on the mean over their numbers, `[row * step]` in nats.
    pub(in crate::families::spectral) fn unlikelihood(
        &self,
        contexts: Tensor<2>,
        next: Tensor<2>,
    ) -> Tensor<1> {
        let TonesShape { code, mixture, .. } = self.shape;
        let count = next.dims()[0];
        let said = self.said(contexts, next.clone());
        let wanted = next.reshape([count * code, 1]);
        let shares = log_softmax(said.clone().narrow(1, 0, mixture), 1);
        let places = said.clone().narrow(1, mixture, mixture);
        let scales = said.narrow(1, 2 * mixture, mixture) - 1.0;
        let scales = scales.clamp(LOG_SCALES[0], LOG_SCALES[1]);
        let standard = (wanted - places) * scales.clone().neg().exp();
        let log = log_sigmoid(standard.clone()) + log_sigmoid(standard.neg()) - scales;
        let all = shares + log;
        let most = all.clone().detach().max_dim(1);
        let likelihood = (all - most.clone()).exp().sum_dim(1).log() + most;
        let means = likelihood.reshape([count, code]).mean_dim(1);
        means.neg().reshape([count])
    }

    /// Which numbers a unit may hear, and which units a number may (M. Germain et al., *MADE*, 2015).
    fn masks(&self, device: &Device) -> [Tensor<2>; 2] {
        let TonesShape {
            code,
            masked,
            mixture,
            ..
        } = self.shape;
        let hears = |number: usize, unit: usize| number < heard_by(unit, code);
        let flag = |is: bool| f32::from(u8::from(is));
        let heard =
            (0..code).flat_map(|number| (0..masked).map(move |unit| flag(hears(number, unit))));
        let heard = TensorData::new(heard.collect::<Vec<f32>>(), [code, masked]);
        let said = 3 * mixture * code;
        let outer = (0..masked).flat_map(|unit| {
            (0..said).map(move |place| flag(heard_by(unit, code) <= place / (3 * mixture)))
        });
        let outer = TensorData::new(outer.collect::<Vec<f32>>(), [masked, said]);
        [heard, outer].map(|mask| Tensor::from_data(mask, device))
    }
}

/// How many of the first numbers a masked unit hears: from 1 to all but the last.
pub(super) fn heard_by(unit: usize, code: usize) -> usize {
    1 + unit % (code - 1).max(1)
}

#[cfg(test)]
mod tests {
    use consort_learn::Seed;

    use super::*;

    #[test]
    fn likelihoods_of_all_codes_sum_to_one() {
        let shape = TonesShape {
            width: 8,
            code: 1,
            code_noise: 0.1,
            memory: 8,
            context: 8,
            masked: 8,
            mixture: 3,
            dropout: 0.0,
        };
        let network = TonesNetwork::new(&shape, &mut Seed(2).stream("weights", 0));
        let device = Device::flex();
        let count = 4000;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let codes: Vec<f32> = (0..count).map(|n| (n as f32 - 2000.0) / 100.0).collect();
        let codes = Tensor::<2>::from_data(TensorData::new(codes, [count, 1]), &device);
        let contexts = Tensor::<2>::full([count, 8], 0.3, &device);
        let unlikely = network.unlikelihood(contexts, codes).into_data();
        let sum: f32 = unlikely
            .iter::<f32>()
            .map(|nats| (-nats).exp() * 0.01)
            .sum();
        assert!((sum - 1.0).abs() < 0.02, "{sum}");
    }
}

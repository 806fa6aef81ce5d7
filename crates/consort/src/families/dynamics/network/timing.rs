//! A head for all styles that says when the notes of a page are played.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{log_sigmoid, log_softmax, relu};
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{Direction, Lstm, LstmShape, Stream, initial};

use crate::families::dynamics::encoding::{Pedal, TIMING_HISTORY, Timed};

/// Logistic distributions whose mixture a quantity is drawn from.
pub(super) const MIXTURE: usize = 3;

/// Quantities that are drawn: tempo, delay, length.
pub(super) const QUANTITIES: usize = 3;

/// Numbers that are said of a note.
const SAID: usize = 3 * MIXTURE * QUANTITIES + Pedal::ALL.len();

/// The least and the most of the logarithm of a scale.
pub(super) const LOG_SCALES: [f32; 2] = [-4.0, 1.5];

/// The head.
#[derive(Module, Debug)]
pub(super) struct Timing {
    pub(super) inward: Linear,
    pub(super) memory: Lstm,
    pub(super) said: Linear,
}

impl Timing {
    pub(super) fn new(seen: usize, units: usize, stream: &mut Stream) -> Timing {
        let device = Device::flex();
        let shape = LstmShape {
            inputs: units,
            hidden: units,
            layers: 1,
            direction: Direction::Forward,
        };
        let gain = 2.0_f32.sqrt();
        Timing {
            inward: initial::linear(seen + TIMING_HISTORY, units, gain, stream, &device),
            memory: Lstm::new(shape, stream, &device),
            said: initial::linear(2 * units, SAID, 0.5, stream, &device),
        }
    }

    /// What is said of each note, `[row * step, SAID]`: for each quantity logits of the shares, places and
    /// logarithms of scales, then logits of the pedal.
    fn say(&self, seen: Tensor<2>, history: Vec<f32>, rows: usize) -> Tensor<2> {
        let count = seen.dims()[0];
        let history = TensorData::new(history, [count, TIMING_HISTORY]);
        let history = Tensor::from_data(history, &seen.device());
        let read = relu(self.inward.forward(Tensor::cat(vec![seen, history], 1)));
        let units = read.dims()[1];
        let (recalled, _) = self
            .memory
            .forward(read.clone().reshape([rows, count / rows, units]), None);
        let recalled = recalled.reshape([count, units]);
        self.said.forward(Tensor::cat(vec![recalled, read], 1))
    }

    /// The mean over the notes of the negative log-likelihoods of all that is known of their timing, in nats.
    pub(super) fn loss(
        &self,
        seen: Tensor<2>,
        history: Vec<f32>,
        rows: usize,
        timed: &[Timed],
    ) -> Tensor<1> {
        let said = self.say(seen, history, rows);
        let device = said.device();
        let count = timed.len();
        let column = |numbers: Vec<f32>| {
            Tensor::<2>::from_data(TensorData::new(numbers, [count, 1]), &device)
        };
        let known = timed.iter().filter(|timed| timed.delay.is_some()).count();
        #[expect(clippy::cast_precision_loss, reason = "notes of a batch")]
        let share = 1.0 / known.max(1) as f32;
        let quantities: [fn(&Timed) -> Option<f32>; QUANTITIES] = [
            |timed| timed.tempo,
            |timed| timed.delay,
            |timed| timed.length,
        ];
        let mut sum = Tensor::zeros([1], &device);
        for (index, quantity) in quantities.into_iter().enumerate() {
            let wanted = column(timed.iter().map(|t| quantity(t).unwrap_or(0.0)).collect());
            let weight = |t: &Timed| quantity(t).map_or(0.0, |_| share);
            let weights = column(timed.iter().map(weight).collect());
            let of_quantity = said.clone().narrow(1, index * 3 * MIXTURE, 3 * MIXTURE);
            sum = sum + (density_loss(of_quantity, wanted) * weights).sum();
        }
        let logs = log_softmax(said.narrow(1, SAID - Pedal::ALL.len(), Pedal::ALL.len()), 1);
        let chosen = timed.iter().flat_map(|timed| {
            Pedal::ALL.map(|pedal| {
                if timed.pedal == Some(pedal) {
                    share
                } else {
                    0.0
                }
            })
        });
        let chosen = TensorData::new(chosen.collect::<Vec<f32>>(), [count, Pedal::ALL.len()]);
        sum - (logs * Tensor::from_data(chosen, &device)).sum()
    }
}

/// The negative logarithm of the density of a mixture of logistic distributions, `[note, 1]`.
fn density_loss(said: Tensor<2>, wanted: Tensor<2>) -> Tensor<2> {
    let shares = log_softmax(said.clone().narrow(1, 0, MIXTURE), 1);
    let places = said.clone().narrow(1, MIXTURE, MIXTURE);
    let log_scales = said
        .narrow(1, 2 * MIXTURE, MIXTURE)
        .clamp(LOG_SCALES[0], LOG_SCALES[1]);
    let standard = (wanted - places) * log_scales.clone().neg().exp();
    let log = log_sigmoid(standard.clone()) + log_sigmoid(standard.neg()) - log_scales;
    let all = shares + log;
    let most = all.clone().detach().max_dim(1);
    ((all - most.clone()).exp().sum_dim(1).log() + most).neg()
}

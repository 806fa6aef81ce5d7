//! A network over notes: readers, who look at all notes back and forth and say how hard each is to be expected, and
//! for each style a head, which draws velocities one after another, by how those before were struck.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{log_sigmoid, log_softmax, relu};
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{Direction, Lstm, LstmShape, Noise, Stream, initial};

use super::timing::Timing;
use crate::families::dynamics::config::NotesShape;
use crate::families::dynamics::encoding::{FEATURES, HISTORY, Level, Passage, Timed, tell};

/// Units between the memory of a head and what it says.
const SAYING: usize = 96;

/// The network.
#[derive(Module, Debug)]
pub struct NoteNetwork {
    readers: Vec<Reader>,
    /// One for each style.
    pub(super) heads: Vec<Head>,
    #[module(skip)]
    shape: NotesShape,
    /// Says when notes are played, if it knows.
    pub(super) timing: Option<Timing>,
    /// Whether the readers are left as they are.
    #[module(skip)]
    reads_as_before: bool,
    /// Whether nothing but timing is learnt.
    #[module(skip)]
    learns_timing_alone: bool,
}

/// Looks at all notes.
#[derive(Module, Debug)]
struct Reader {
    inward: Linear,
    deeper: Linear,
    first: Lstm,
    second: Lstm,
    outward: Linear,
}

/// What a style adds.
#[derive(Module, Debug)]
pub(super) struct Head {
    /// What each reader expects.
    expected: Vec<Linear>,
    /// How loud the piece is on the whole.
    level: Linear,
    pub(super) inward: Linear,
    pub(super) memory: Lstm,
    pub(super) saying: Linear,
    pub(super) said: Linear,
}

/// What readers say of the notes of a batch.
pub(in crate::families::dynamics) struct Read {
    /// `[row * step, reader * width]`.
    pub(in crate::families::dynamics) seen: Tensor<2>,
    /// What each of them expects, `[row * step, reader]`, in deviations from the mean.
    pub(in crate::families::dynamics) each: Tensor<2>,
    /// The mean of these, `[row * step, 1]`.
    pub(in crate::families::dynamics) expected: Tensor<2>,
}

impl NoteNetwork {
    /// A network with initial weights and heads for so many styles.
    pub(super) fn new(shape: &NotesShape, styles: usize, stream: &mut Stream) -> NoteNetwork {
        let device = Device::flex();
        let mut network = NoteNetwork {
            readers: (0..shape.readers)
                .map(|_| Reader::new(shape, stream, &device))
                .collect(),
            heads: Vec::new(),
            shape: shape.clone(),
            timing: None,
            reads_as_before: false,
            learns_timing_alone: false,
        };
        (0..styles).for_each(|_| network.add_head(stream));
        if shape.timing > 0 {
            network.add_timing(shape.timing, stream);
        }
        network
    }

    fn add_timing(&mut self, units: usize, stream: &mut Stream) {
        let seen = self.shape.readers * self.shape.width;
        self.timing = Some(Timing::new(seen, units, stream));
        self.shape.timing = units;
    }

    /// Adds the part that says when notes are played, and leaves all others as they are from now on.
    pub(super) fn learn_timing(&mut self, units: usize, stream: &mut Stream) {
        self.add_timing(units, stream);
        self.reads_as_before = true;
        self.learns_timing_alone = true;
    }

    /// Whether nothing but timing is learnt.
    pub(in crate::families::dynamics) fn learns_timing_alone(&self) -> bool {
        self.learns_timing_alone
    }

    /// Whether timing stays as it is, since a style is learnt.
    pub(in crate::families::dynamics) fn leaves_timing(&self) -> bool {
        self.reads_as_before && !self.learns_timing_alone
    }

    /// Whether it knows when notes are played.
    pub(in crate::families::dynamics) fn knows_timing(&self) -> bool {
        self.timing.is_some()
    }

    /// The loss of timing, in nats a note, if it knows of it: see [`Timing::loss`].
    pub(in crate::families::dynamics) fn timing_loss(
        &self,
        seen: Tensor<2>,
        history: Vec<f32>,
        rows: usize,
        timed: &[Timed],
    ) -> Option<Tensor<1>> {
        let timing = self.timing.as_ref()?;
        Some(timing.loss(seen, history, rows, timed))
    }

    fn add_head(&mut self, stream: &mut Stream) {
        self.heads
            .push(Head::new(&self.shape, stream, &Device::flex()));
    }

    /// Adds a head, and leaves the readers as they are from now on.
    pub(super) fn add_style(&mut self, stream: &mut Stream) {
        self.add_head(stream);
        self.reads_as_before = true;
    }

    fn device(&self) -> Device {
        self.readers[0].inward.weight.val().device()
    }

    /// Reads `[row][step][feature]`.
    pub(in crate::families::dynamics) fn read(
        &self,
        told: &[f32],
        rows: usize,
        style: usize,
        noise: &mut Noise,
    ) -> Read {
        let count = told.len() / FEATURES;
        let told = TensorData::new(told.to_vec(), [count, FEATURES]);
        let told = Tensor::<2>::from_data(told, &self.device());
        let head = &self.heads[style];
        let dropout = self.shape.dropout;
        let (mut seen, mut each) = (Vec::new(), Vec::new());
        for (reader, expected) in self.readers.iter().zip(&head.expected) {
            let read = reader.read(told.clone(), rows, dropout, noise);
            let read = if self.reads_as_before {
                read.detach()
            } else {
                read
            };
            each.push(expected.forward(read.clone()));
            seen.push(read);
        }
        let each = Tensor::cat(each, 1);
        Read {
            seen: Tensor::cat(seen, 1),
            expected: each.clone().mean_dim(1),
            each,
        }
    }

    /// How loud pieces are on the whole, as the numbers of [`Level::to_numbers`], `[row, 2]`, from what is
    /// seen of them.
    pub(in crate::families::dynamics) fn level(
        &self,
        seen: Tensor<2>,
        rows: usize,
        style: usize,
    ) -> Tensor<2> {
        let [count, width] = seen.dims();
        let seen = seen.reshape([rows, count / rows, width]).mean_dim(1);
        self.heads[style].level.forward(seen.reshape([rows, width]))
    }

    /// What velocities are drawn from, `[row * step, 3 * mixture]`: see [`Manner`].
    pub(in crate::families::dynamics) fn say(
        &self,
        told: Tensor<2>,
        rows: usize,
        style: usize,
    ) -> Tensor<2> {
        let head = &self.heads[style];
        let count = told.dims()[0];
        let read = relu(head.inward.forward(told));
        let width = read.dims()[1];
        let steps = read.clone().reshape([rows, count / rows, width]);
        let (recalled, _) = head.memory.forward(steps, None);
        let hidden = recalled.dims()[2];
        let recalled = recalled.reshape([count, hidden]);
        let all = Tensor::cat(vec![recalled, read], 1);
        head.said.forward(relu(head.saying.forward(all)))
    }

    /// Numbers that a head is told: what is seen, what is expected, what is recalled, and the level.
    pub(in crate::families::dynamics) fn told_to_head(
        read: &Read,
        history: Vec<f32>,
        levels: Vec<f32>,
    ) -> Tensor<2> {
        let count = read.seen.dims()[0];
        let device = read.seen.device();
        let history = TensorData::new(history, [count, HISTORY]);
        let levels = TensorData::new(levels, [count, 2]);
        let parts = vec![
            read.seen.clone(),
            read.expected.clone().detach(),
            Tensor::from_data(history, &device),
            Tensor::from_data(levels, &device),
        ];
        Tensor::cat(parts, 1)
    }
}

impl Reader {
    fn new(shape: &NotesShape, stream: &mut Stream, device: &Device) -> Reader {
        let NotesShape { width, hidden, .. } = *shape;
        let lstm = |inputs: usize, stream: &mut Stream| {
            let shape = LstmShape {
                inputs,
                hidden,
                layers: 1,
                direction: Direction::Both,
            };
            Lstm::new(shape, stream, device)
        };
        let gain = 2.0_f32.sqrt();
        Reader {
            inward: initial::linear(FEATURES, width, gain, stream, device),
            deeper: initial::linear(width, width, gain, stream, device),
            first: lstm(width, stream),
            second: lstm(2 * hidden, stream),
            outward: initial::linear(2 * hidden + width, width, gain, stream, device),
        }
    }

    /// What it sees of each note, `[row * step, width]`.
    fn read(&self, told: Tensor<2>, rows: usize, dropout: f32, noise: &mut Noise) -> Tensor<2> {
        let count = told.dims()[0];
        let read = relu(self.inward.forward(told));
        let read = noise.dropout(relu(self.deeper.forward(read)), dropout);
        let width = read.dims()[1];
        let steps = read.clone().reshape([rows, count / rows, width]);
        let (first, _) = self.first.forward(steps, None);
        let first = noise.dropout(first, dropout);
        let (second, _) = self.second.forward(first.clone(), None);
        let both = first + second;
        let hidden = both.dims()[2];
        let all = Tensor::cat(vec![both.reshape([count, hidden]), read], 1);
        noise.dropout(relu(self.outward.forward(all)), dropout)
    }
}

impl Head {
    fn new(shape: &NotesShape, stream: &mut Stream, device: &Device) -> Head {
        let NotesShape {
            readers,
            width,
            memory,
            mixture,
            ..
        } = *shape;
        let remembering = LstmShape {
            inputs: memory,
            hidden: memory,
            layers: 1,
            direction: Direction::Forward,
        };
        let seen = readers * width;
        let gain = 2.0_f32.sqrt();
        Head {
            expected: (0..readers)
                .map(|_| initial::linear(width, 1, 0.5, stream, device))
                .collect(),
            level: initial::linear(seen, 2, 0.1, stream, device),
            inward: initial::linear(seen + 1 + HISTORY + 2, memory, gain, stream, device),
            memory: Lstm::new(remembering, stream, device),
            saying: initial::linear(2 * memory, SAYING, gain, stream, device),
            said: initial::linear(SAYING, 3 * mixture, 1.0, stream, device),
        }
    }
}

/// The least and the most of the logarithm of a scale.
pub(super) const LOG_SCALES: [f32; 2] = [-4.0, 2.0];

/// The negative log-likelihood of velocities, `[note, 1]` in nats, where what is said of them is a mixture
/// of logistic distributions over standardised velocities, made discrete at the whole ones; the outermost
/// take the tails (T. Salimans et al., *PixelCNN++*, 2017).
///
/// `said` is `[note, 3 * mixture]`: logits of the shares, places in units of 2, and logarithms of scales
/// over 1/e.
pub(in crate::families::dynamics) fn drawn_loss(
    said: Tensor<2>,
    struck: &[f32],
    levels: &[Level],
) -> Tensor<2> {
    let [count, wide] = said.dims();
    let mixture = wide / 3;
    let device = said.device();
    let column =
        |numbers: Vec<f32>| Tensor::<2>::from_data(TensorData::new(numbers, [count, 1]), &device);
    #[expect(clippy::cast_possible_truncation, reason = "few digits matter")]
    let halves = levels.iter().map(|level| (0.5 / level.deviation) as f32);
    let half = column(halves.collect());
    let velocity = |(struck, level): (&f32, &Level)| level.velocity(*struck);
    let velocities: Vec<f64> = struck.iter().zip(levels).map(velocity).collect();
    let flags = |is: &dyn Fn(f64) -> bool| {
        column(
            velocities
                .iter()
                .map(|&v| f32::from(u8::from(is(v))))
                .collect(),
        )
    };
    let (top, bottom) = (flags(&|v| v > 126.5), flags(&|v| v < 1.5));
    let shares = log_softmax(said.clone().narrow(1, 0, mixture), 1);
    let places = said.clone().narrow(1, mixture, mixture) * 2.0;
    let log_scales = said.narrow(1, 2 * mixture, mixture) - 1.0;
    let scales = log_scales.clamp(LOG_SCALES[0], LOG_SCALES[1]).neg().exp();
    let from_place = column(struck.to_vec()) - places;
    let above = (from_place.clone() + half.clone()) * scales.clone();
    let below = (from_place - half.clone()) * scales.clone();
    let width = (half * 2.0 * scales).clamp_min(1e-3);
    let within = (width.neg().exp().neg() + 1.0).log();
    let up_to = log_sigmoid(above);
    let from = log_sigmoid(below.neg());
    let middle = top.clone().neg() - bottom.clone() + 1.0;
    let log = (up_to.clone() + from.clone() + within) * middle + from * top + up_to * bottom;
    let all = shares + log;
    let most = all.clone().detach().max_dim(1);
    ((all - most.clone()).exp().sum_dim(1).log() + most).neg()
}

/// What a whole passage is told, as one row.
pub(super) fn tell_all(passage: &Passage, beats: bool) -> Vec<f32> {
    tell(passage, 0..passage.events.len(), beats)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: [f32; 12] = [
        0.3, -0.2, 0.1, -0.4, 0.2, -0.3, // a row of two: shares, places, scales
        -1.0, 0.5, 0.6, 0.2, 1.1, -0.9,
    ];
    const LEVELS: [Level; 2] = [
        Level {
            mean: 60.0,
            deviation: 15.0,
        },
        Level {
            mean: 80.0,
            deviation: 9.0,
        },
    ];

    fn losses(said: &[f32], velocities: [f64; 2]) -> Vec<f64> {
        let struck: Vec<f32> = LEVELS
            .iter()
            .zip(velocities)
            .map(|(level, velocity)| level.standardized(velocity))
            .collect();
        let said = Tensor::from_data(TensorData::new(said.to_vec(), [2, 6]), &Device::flex());
        let losses = drawn_loss(said, &struck, &LEVELS).into_data();
        losses.iter::<f64>().collect()
    }

    #[test]
    fn probabilities_of_all_velocities_sum_to_one() {
        let mut sums = [0.0; 2];
        for velocity in 1..=127 {
            let losses = losses(&SAID, [f64::from(velocity); 2]);
            for (sum, loss) in sums.iter_mut().zip(losses) {
                *sum += (-loss).exp();
            }
        }
        for sum in sums {
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
    }

    #[test]
    fn gradients_are_those_of_small_changes() {
        let struck = [LEVELS[0].standardized(71.0), LEVELS[1].standardized(127.0)];
        let device = Device::flex().autodiff();
        let said = TensorData::new(SAID.to_vec(), [2, 6]);
        let said = Tensor::<2>::from_data(said, &device).require_grad();
        let loss = drawn_loss(said.clone(), &struck, &LEVELS).sum();
        let gradients = said
            .grad(&loss.backward())
            .expect("it depends on what is said");
        let gradients: Vec<f64> = gradients.into_data().iter::<f64>().collect();
        for (index, gradient) in gradients.iter().enumerate() {
            let moved = |by: f32| -> f64 {
                let mut said = SAID;
                said[index] += by;
                losses(&said, [71.0, 127.0]).iter().sum()
            };
            let expected = (moved(0.01) - moved(-0.01)) / 0.02;
            assert!(
                (gradient - expected).abs() < 2e-3,
                "{index}: {gradient}, {expected}"
            );
        }
    }
}

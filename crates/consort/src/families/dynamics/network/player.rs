//! A network that has read a passage and plays it note by note.

use burn::tensor::Tensor;
use consort_learn::stepper::{Dense, Precision, Stepper, dense};
use consort_learn::{Noise, Stream, draw};

use super::notes::{LOG_SCALES, NoteNetwork, Read, tell_all};
use super::timing::{LOG_SCALES as TIMING_SCALES, MIXTURE, QUANTITIES};
use crate::families::dynamics::encoding::{
    HISTORY, History, Level, Passage, Pedal, References, TIMING_HISTORY, Timed, TimingHistory,
    firsts, references,
};

const FITS: &str = "the layers fit each other";

/// Notes that are read at once; longer passages are read in parts that overlap.
const AT_ONCE: usize = 4096;

/// Notes on either side of a part that are read with it.
const MARGIN: usize = 512;

/// What readers say of a passage.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What each note is expected to be struck with, in deviations from the mean.
    pub expected: Vec<f32>,
    /// How loud the passage is expected to be on the whole.
    pub level: Level,
    /// What is seen of each note, `[note][width]`.
    seen: Vec<f32>,
    width: usize,
}

/// How a velocity may be drawn: a mixture of logistic distributions over deviations from the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// Logits of the shares.
    pub shares: Vec<f32>,
    /// Where each is centred.
    pub places: Vec<f32>,
    /// How wide each is.
    pub scales: Vec<f32>,
}

impl Manner {
    fn of(said: &[f32]) -> Manner {
        let mixture = said.len() / 3;
        let scale = |said: &f32| (said - 1.0).clamp(LOG_SCALES[0], LOG_SCALES[1]).exp();
        Manner {
            shares: said[..mixture].to_vec(),
            places: said[mixture..2 * mixture]
                .iter()
                .map(|place| place * 2.0)
                .collect(),
            scales: said[2 * mixture..].iter().map(scale).collect(),
        }
    }

    /// Draws from it; `temperature` widens shares and scales.
    pub fn draw(&self, temperature: f32, stream: &mut Stream) -> f32 {
        let which = draw::draw(&self.shares, temperature, stream).unwrap_or(0);
        let uniform = stream.uniform().clamp(1e-4, 1.0 - 1e-4);
        self.places[which] + temperature * self.scales[which] * (uniform / (1.0 - uniform)).ln()
    }
}

impl NoteNetwork {
    /// Reads a passage in a style.
    ///
    /// # Panics
    /// If there is no such style, or the passage has no notes.
    pub fn reading(&self, passage: &Passage, style: usize, beats: bool) -> Reading {
        let told = tell_all(passage, beats);
        let count = passage.events.len();
        let features = told.len() / count;
        let (mut seen, mut expected) = (Vec::new(), Vec::new());
        let (mut levels, mut width) = ([0.0; 2], 0);
        for from in (0..count).step_by(AT_ONCE) {
            let to = (from + AT_ONCE).min(count);
            let (begin, end) = (from.saturating_sub(MARGIN), (to + MARGIN).min(count));
            let part = &told[begin * features..end * features];
            let read = self.read(part, 1, style, &mut Noise::off());
            let Read {
                seen: of_part,
                expected: of_notes,
                ..
            } = read;
            let of_part = of_part.narrow(0, from - begin, to - from);
            let level = numbers(self.level(of_part.clone(), 1, style));
            width = of_part.dims()[1];
            seen.extend(numbers(of_part));
            expected.extend(numbers(of_notes.narrow(0, from - begin, to - from)));
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let share = (to - from) as f32 / count as f32;
            for (sum, level) in levels.iter_mut().zip(level) {
                *sum += share * level;
            }
        }
        Reading {
            expected,
            level: Level::of_numbers(levels),
            seen,
            width,
        }
    }
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .expect("it holds floats")
}

/// A head that plays.
#[derive(Clone, Debug)]
pub struct Player {
    inward: Dense,
    memory: Stepper,
    saying: Dense,
    said: Dense,
}

impl Player {
    /// Prepares the head of a style.
    ///
    /// # Panics
    /// If there is no such style.
    pub fn new(network: &NoteNetwork, style: usize, precision: Precision) -> Player {
        let head = &network.heads[style];
        Player {
            inward: dense(&head.inward, precision),
            memory: Stepper::new(&head.memory, precision),
            saying: dense(&head.saying, precision),
            said: dense(&head.said, precision),
        }
    }

    /// Plays a passage that was read, at a level: each velocity, in the order of the passage and in deviations
    /// from the mean, is what `choose` makes of how it may be drawn, as far as a whole velocity can be it.
    /// Nothing if `choose` gives up.
    pub fn play(
        &mut self,
        passage: &Passage,
        reading: &Reading,
        level: Level,
        mut choose: impl FnMut(usize, &Manner) -> Option<f32>,
    ) -> Option<Vec<f32>> {
        self.memory.restart();
        let references: Vec<References> = references(passage);
        let mut history = History::default();
        let mut told = vec![0.0; reading.width + 1 + HISTORY + 2];
        let mut hidden = vec![0.0; self.inward.outputs()];
        let mut saying = vec![0.0; self.saying.outputs()];
        let mut said = vec![0.0; self.said.outputs()];
        let at_level = level.to_numbers();
        let notes = references.iter().enumerate().map(|(note, references)| {
            let expected = reading.expected[note];
            told[..reading.width]
                .copy_from_slice(&reading.seen[note * reading.width..][..reading.width]);
            told[reading.width] = expected;
            let recalled = &mut told[reading.width + 1..][..HISTORY];
            history.tell(references, 0, recalled);
            told[reading.width + 1 + HISTORY..].copy_from_slice(&at_level);
            self.inward.forward(&told, &mut hidden).expect(FITS);
            rectify(&mut hidden);
            let mut all = self.memory.step(&hidden).to_vec();
            all.extend(&hidden);
            self.saying.forward(&all, &mut saying).expect(FITS);
            rectify(&mut saying);
            self.said.forward(&saying, &mut said).expect(FITS);
            let chosen = choose(note, &Manner::of(&said))?;
            // What sounds is a whole velocity.
            let velocity = level.velocity(chosen).round().clamp(1.0, 127.0);
            let chosen = level.standardized(velocity);
            history.push(chosen, expected);
            Some(chosen)
        });
        notes.collect()
    }
}

fn rectify(numbers: &mut [f32]) {
    numbers
        .iter_mut()
        .for_each(|number| *number = number.max(0.0));
}

/// The part that says when notes are played, at work.
#[derive(Clone, Debug)]
pub struct Timekeeper {
    inward: Dense,
    memory: Stepper,
    said: Dense,
}

impl Timekeeper {
    /// Prepares it, if the network knows of timing.
    pub fn new(network: &NoteNetwork, precision: Precision) -> Option<Timekeeper> {
        let timing = network.timing.as_ref()?;
        Some(Timekeeper {
            inward: dense(&timing.inward, precision),
            memory: Stepper::new(&timing.memory, precision),
            said: dense(&timing.said, precision),
        })
    }

    /// Draws when the notes of a passage are played. A lower `temperature` keeps nearer to the likeliest, except for
    /// the pedal: that is seldom the likeliest thing to press at any one chord, and would never be pressed at all.
    pub fn draw(
        &mut self,
        passage: &Passage,
        reading: &Reading,
        temperature: f32,
        stream: &mut Stream,
    ) -> Vec<Timed> {
        self.memory.restart();
        let mut history = TimingHistory::default();
        let mut told = vec![0.0; reading.width + TIMING_HISTORY];
        let mut hidden = vec![0.0; self.inward.outputs()];
        let mut said = vec![0.0; self.said.outputs()];
        let begins = firsts(passage);
        let of_pedal = if temperature > 0.0 { 1.0 } else { 0.0 };
        let notes = begins.into_iter().enumerate().map(|(note, firsts)| {
            let seen = &reading.seen[note * reading.width..][..reading.width];
            told[..reading.width].copy_from_slice(seen);
            history.tell(firsts, &mut told[reading.width..]);
            self.inward.forward(&told, &mut hidden).expect(FITS);
            rectify(&mut hidden);
            let mut all = self.memory.step(&hidden).to_vec();
            all.extend(&hidden);
            self.said.forward(&all, &mut said).expect(FITS);
            let mut quantities = said.chunks(3 * MIXTURE).take(QUANTITIES).map(|said| {
                let manner = Manner {
                    shares: said[..MIXTURE].to_vec(),
                    places: said[MIXTURE..2 * MIXTURE].to_vec(),
                    scales: said[2 * MIXTURE..]
                        .iter()
                        .map(|said| said.clamp(TIMING_SCALES[0], TIMING_SCALES[1]).exp())
                        .collect(),
                };
                manner.draw(temperature, stream).clamp(-3.0, 3.0)
            });
            let mut next = || quantities.next().unwrap_or_default();
            let [tempo, delay, length] = [next(), next(), next()];
            let pedal = &said[3 * MIXTURE * QUANTITIES..];
            let pedal = draw::draw(pedal, of_pedal, stream).unwrap_or(0);
            let timed = Timed {
                tempo: firsts[0].then_some(tempo),
                delay: Some(delay),
                length: Some(length),
                pedal: firsts[1].then_some(Pedal::ALL[pedal]),
            };
            history.push(timed, firsts[1]);
            timed
        });
        notes.collect()
    }
}

//! What the networks learn: excerpts of chorales with holes, and the likelihood of what is hidden.

use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Tensor, TensorData};
use consort_learn::{Batches, Loss, Noise, Objective, Seed, Split, Stream};

use super::config::{Curriculum, Excerpts, Transposition};
use super::encoding::{Attack, Grid, REST, VOICES, Window, centre};
use super::network::{Logits, Network};

mod hiding;

use hiding::hide;

/// How much a bit of the question "held or struck?" counts beside a note. It is easy and should not
/// take capacity from the notes.
const STRIKE_SHARE: f32 = 0.1;

impl Objective for Network {
    type Batch = Vec<Window>;

    /// The mean over windows of the mean negative log-likelihood of their hidden cells, in nats per
    /// cell; for networks that can say it, a tenth of that of how repeated notes begin is added in
    /// training.
    fn loss(&self, windows: &Vec<Window>, noise: &mut Noise) -> Loss {
        let logits = self.logits(windows, noise);
        let weights = wanted(windows, &logits);
        let mut mean = weighted_nll(logits.outputs, weights);
        if let Some(strikes) = logits.strikes.filter(|_| noise.is_on()) {
            mean = mean + strike_loss(strikes, windows) * STRIKE_SHARE;
        }
        Loss {
            mean,
            count: windows.len(),
        }
    }
}

/// The negative sum of the log-probabilities `[window, step, voice, output]`, weighted.
fn weighted_nll(log_probabilities: Tensor<4>, weights: Vec<f32>) -> Tensor<1> {
    let weights = TensorData::new(weights, log_probabilities.dims());
    let device = log_probabilities.device();
    (log_probabilities * Tensor::from_data(weights, &device))
        .sum()
        .neg()
}

/// The weight of each output of each cell, `[window][step][voice][output]`: for the truth of a hidden
/// cell, its share of a mean over the window and the windows; else 0. Silence counts only if the
/// network can say it.
fn wanted(windows: &[Window], logits: &Logits) -> Vec<f32> {
    let width = logits.outputs.dims()[3];
    let cells: usize = windows.iter().map(|window| window.steps() * VOICES).sum();
    let mut weights = vec![0.0; cells * width];
    let mut start = 0;
    for (window, lowest) in windows.iter().zip(&logits.lowest) {
        let output = |class: u8| match class {
            REST => logits.silence,
            class => Some(lowest + usize::from(class)),
        };
        let wanted: Vec<(usize, usize)> = cells_of(window)
            .filter(|&(_, step, voice)| !window.known[step][voice])
            .filter_map(|(cell, step, voice)| Some((cell, output(window.classes[step][voice])?)))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "cells of a batch")]
        let weight = 1.0 / (wanted.len().max(1) * windows.len()) as f32;
        for (cell, output) in wanted {
            weights[(start + cell) * width + output] = weight;
        }
        start += window.steps() * VOICES;
    }
    weights
}

/// All cells of a window with their places.
fn cells_of(window: &Window) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..window.steps() * VOICES).map(|cell| (cell, cell / VOICES, cell % VOICES))
}

/// The mean negative log-likelihood of how repeated notes begin, where the network was not told.
fn strike_loss(log_odds: Tensor<3>, windows: &[Window]) -> Tensor<1> {
    let mut signs = Vec::new();
    let mut asked = 0_u32;
    for window in windows {
        for (_, step, voice) in cells_of(window) {
            let repeats = step > 0
                && window.classes[step][voice] != REST
                && window.classes[step - 1][voice] == window.classes[step][voice];
            let asked_here = repeats && !window.tells_attack(step, voice);
            let sign = match window.attacks[step][voice] {
                Attack::Struck if asked_here => 1.0,
                Attack::Held if asked_here => -1.0,
                _ => 0.0_f32,
            };
            asked += u32::from(sign != 0.0);
            signs.push(sign);
        }
    }
    let (shape, device) = (log_odds.dims(), log_odds.device());
    let asked_at: Vec<f32> = signs.iter().map(|sign| sign.abs()).collect();
    let signs = Tensor::<3>::from_data(TensorData::new(signs, shape), &device);
    let asked_at = Tensor::<3>::from_data(TensorData::new(asked_at, shape), &device);
    #[expect(clippy::cast_precision_loss, reason = "cells of a batch")]
    let count = asked.max(1) as f32;
    (log_sigmoid(log_odds * signs) * asked_at).sum().neg() / count
}

/// Chorales to learn from.
pub struct Chorales {
    train: Vec<Window>,
    valid: Vec<Window>,
    curriculum: Curriculum,
}

impl Chorales {
    /// Whole pieces in sixteenths, all cells known.
    pub(super) fn new(train: Vec<Window>, valid: Vec<Window>, curriculum: Curriculum) -> Chorales {
        Chorales {
            train,
            valid,
            curriculum,
        }
    }

    /// The excerpts of batch `index` of `epoch`: which kind, and how many of them.
    fn excerpts(&self, stream: &mut Stream) -> Excerpts {
        let kinds = &self.curriculum.excerpts;
        let total: f32 = kinds.iter().map(|kind| kind.share).sum();
        let mut left = stream.uniform() * total;
        let chosen = kinds.iter().find(|kind| {
            left -= kind.share;
            left < 0.0
        });
        *chosen.unwrap_or(&kinds[0])
    }

    fn excerpt(&self, piece: &Window, kind: Excerpts, stream: &mut Stream) -> Window {
        let mut window = cut(piece, kind.grid, kind.steps, stream);
        window.transpose(shift(self.curriculum.transposition, window.room(), stream));
        window.centre = self.noisy_centre(&window, stream);
        forget(&mut window, self.curriculum.forget, stream);
        window
    }

    /// A wrong centre, now and then.
    fn noisy_centre(&self, window: &Window, stream: &mut Stream) -> Option<i8> {
        if !stream.chance(self.curriculum.centre_noise) {
            return None;
        }
        let by = if stream.chance(0.4) {
            i8::try_from(stream.below(12)).expect("0 to 11")
        } else if stream.chance(0.5) {
            7
        } else {
            5
        };
        Some((centre(window) + by + 5).rem_euclid(12) - 5)
    }
}

/// By how many semitones an excerpt moves that has room from `room.0` to `room.1`.
fn shift(transposition: Transposition, room: (i8, i8), stream: &mut Stream) -> i8 {
    let (low, high) = room;
    match transposition {
        Transposition::Uniform { most } => {
            let (low, high) = (low.max(-most), high.min(most));
            let choices = usize::try_from(high - low + 1).expect("a window has room to stay");
            low + i8::try_from(stream.below(choices)).expect("at most 46 choices")
        }
        Transposition::Normal { deviation } => {
            #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
            let by = (stream.normal() * deviation).round() as i8;
            by.clamp(low, high)
        }
    }
}

impl Batches for Chorales {
    type Batch = Vec<Window>;

    fn batches_per_epoch(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train.len().div_ceil(self.curriculum.windows_per_batch),
            _ => {
                self.valid.len().div_ceil(self.curriculum.windows_per_batch)
                    * self.curriculum.validation_rounds
            }
        }
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Vec<Window> {
        let per_batch = self.curriculum.windows_per_batch;
        if split == Split::Train {
            let mut order: Vec<usize> = (0..self.train.len()).collect();
            seed.stream("shuffle", epoch).shuffle(&mut order);
            let mut stream = seed.derive("train", epoch).stream("excerpts", index as u64);
            let kind = self.excerpts(&mut stream);
            let pieces = order
                .iter()
                .cycle()
                .skip(index * per_batch)
                .take(kind.windows(per_batch));
            let mut windows: Vec<Window> = pieces
                .map(|&piece| self.excerpt(&self.train[piece], kind, &mut stream))
                .collect();
            hide(&mut windows, &self.curriculum.hiding, &mut stream);
            return windows;
        }
        // Validation never changes during a run: the same excerpts with the same holes.
        let mut stream = seed.stream("valid", index as u64);
        let kind = self.curriculum.excerpts[0];
        let start = index * per_batch % self.valid.len();
        let pieces = self.valid.iter().skip(start).take(per_batch);
        let mut windows: Vec<Window> = pieces
            .map(|piece| cut(piece, kind.grid, kind.steps, &mut stream))
            .collect();
        hide(
            &mut windows,
            &self.curriculum.hiding.for_validation(),
            &mut stream,
        );
        windows
    }
}

/// A random excerpt of `steps` steps on `grid` that begins on a quarter.
pub(super) fn cut(piece: &Window, grid: Grid, steps: usize, stream: &mut Stream) -> Window {
    let span = (steps * grid.sixteenths()).min(piece.steps());
    let from = 4 * stream.below((piece.steps() - span) / 4 + 1);
    piece.crop(from, span).coarser(grid)
}

/// Takes away what a melody that somebody brings may not tell either: the metre, the fermatas, and
/// how the notes of a voice begin. A share of the windows keeps none of it, as where notes come from
/// a plain grid; in the rest each goes half as often by itself.
fn forget(window: &mut Window, share: f32, stream: &mut Stream) {
    let bare = stream.chance(share);
    let mut gone = || stream.chance(share / 2.0) || bare;
    let (metre, fermatas) = (gone(), gone());
    for moment in &mut window.moments {
        moment.in_measure = moment.in_measure.filter(|_| !metre);
        moment.fermata = moment.fermata.filter(|_| !fermatas);
    }
    for tells in &mut window.tells_attacks {
        *tells &= !gone();
    }
}

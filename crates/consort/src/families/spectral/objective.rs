//! What a network learns: the frame that follows.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use consort_corpus::Fold;
use consort_corpus::sound::Corpus;
use consort_learn::{Batches, Loss, Noise, Objective, Seed, Split, Stream};
use rayon::prelude::*;

use super::config::{Curriculum, Shape};
use super::encoding::{
    BANDS, BINS, Bands, FOURIER_FRAME, FOURIER_VALUES, Fourier, HOP, RATE, Spectrogram, Statistics,
    WINDOW,
};
use super::network::{FourierNetwork, Network, TonesNetwork};
use crate::error::Error;

/// What the squared distance of codes from zero counts, which keeps them from outgrowing their noise.
const CODE_SHARE: f32 = 0.01;

/// Frames over which levels are averaged for the coarser part of the loss.
const COARSE: usize = 4;

/// Frames of a row before the first that is foretold by which nothing is judged yet.
const RUN_UP: usize = 8;

/// Stretches of sound as standardised frames.
#[derive(Clone, Debug)]
pub struct Batch {
    rows: usize,
    /// `[row][step + 1][value]`.
    frames: Vec<f32>,
    statistics: Arc<Statistics>,
}

impl Objective for Network {
    type Batch = Batch;

    fn loss(&self, batch: &Batch, noise: &mut Noise) -> Loss {
        if noise.is_on() {
            self.remember(&batch.statistics);
        }
        match (&self.fourier, &self.tones) {
            (Some(network), _) => network.loss(batch, noise),
            (_, Some(network)) => network.loss(batch, noise),
            _ => unreachable!("a network is of one kind"),
        }
    }
}

impl FourierNetwork {
    /// The mean squared error of the standardised values of the frames that follow, and what weights count.
    fn loss(&self, batch: &Batch, noise: &mut Noise) -> Loss {
        let steps = batch.frames.len() / FOURIER_VALUES / batch.rows - 1;
        let device = self.penalty().device();
        let shape = [batch.rows, steps + 1, FOURIER_VALUES];
        let frames = Tensor::<3>::from_data(TensorData::new(batch.frames.clone(), shape), &device);
        let wanted = frames.clone().narrow(1, 1, steps);
        let said = self.forward(frames.narrow(1, 0, steps), noise);
        let error = said - wanted.reshape([batch.rows * steps, FOURIER_VALUES]);
        let mut mean = (error.clone() * error).mean();
        if noise.is_on() {
            mean = mean + self.penalty();
        }
        Loss {
            mean,
            count: batch.rows * steps,
        }
    }
}

impl TonesNetwork {
    /// The squared error of frames that were codes, of logarithms and of roots of magnitudes, and of the former over times; the negative
    /// log-likelihood of the codes that follow; and the squared error of the change that is to be expected.
    fn loss(&self, batch: &Batch, noise: &mut Noise) -> Loss {
        let rows = batch.rows;
        let count = batch.frames.len() / BINS;
        let steps = count / rows - 1;
        let device = self.device();
        let bands = Bands::default();
        let means: Vec<f32> = batch
            .frames
            .chunks(BINS)
            .flat_map(|frame| bands.means(frame))
            .collect();
        let means = Tensor::<2>::from_data(TensorData::new(means, [count, BANDS]), &device);
        let frames = TensorData::new(batch.frames.clone(), [count, BINS]);
        let frames = Tensor::<2>::from_data(frames, &device);
        let code = self.encoded(means.clone());
        let numbers = self.shape().code;
        let noisy =
            code.clone() + noise_like(count, numbers, self.shape().code_noise, noise, &device);

        let error = self.decoded(noisy.clone()) - frames.clone();
        let weights = TensorData::new(bands.weights(), [1, BINS]);
        let weights = Tensor::<2>::from_data(weights, &device);
        let fine = (error.clone() * error.clone() * weights.clone())
            .sum_dim(1)
            .mean();
        let strong = strong_error(&batch.statistics, frames, error.clone(), weights);
        let whole = count / rows / COARSE * COARSE;
        let coarse = error
            .reshape([rows, count / rows, BINS])
            .narrow(1, 0, whole);
        let coarse = coarse
            .reshape([rows * whole / COARSE, COARSE, BINS])
            .mean_dim(1);
        let coarse = (coarse.clone() * coarse).mean();
        let size = (code.clone() * code).mean();

        let codes = noisy.detach().reshape([rows, steps + 1, numbers]);
        let heard = codes
            .clone()
            .narrow(1, 0, steps)
            .reshape([rows * steps, numbers]);
        let next = codes.narrow(1, 1, steps).reshape([rows * steps, numbers]);
        let contexts = self.contexts(heard, rows, noise);
        let judged = |step: usize| {
            if step < RUN_UP.min(steps / 2) {
                0.0
            } else {
                1.0
            }
        };
        let judged: Vec<f32> = (0..rows * steps)
            .map(|place| judged(place % steps))
            .collect();
        let share = 1.0 / judged.iter().sum::<f32>().max(1.0);
        let judged = judged
            .iter()
            .map(|judged| judged * share)
            .collect::<Vec<f32>>();
        let judged = Tensor::<1>::from_data(TensorData::new(judged, [rows * steps]), &device);
        let unlikely = (self.unlikelihood(contexts.clone(), next) * judged.clone()).sum();
        let means = means.reshape([rows, steps + 1, BANDS]);
        let change = means.clone().narrow(1, 1, steps) - means.narrow(1, 0, steps);
        let off = self.expected(contexts) - change.reshape([rows * steps, BANDS]);
        let off = ((off.clone() * off).mean_dim(1).reshape([rows * steps]) * judged).sum();
        Loss {
            mean: fine + strong + coarse + size * CODE_SHARE + unlikely + off,
            count: rows * steps,
        }
    }
}

/// The squared error of the roots of magnitudes, by which what is strong counts more, as a share of their variance.
fn strong_error(
    statistics: &Statistics,
    frames: Tensor<2>,
    error: Tensor<2>,
    weights: Tensor<2>,
) -> Tensor<1> {
    let device = frames.device();
    let row = |numbers: &[f32]| {
        let halves: Vec<f32> = numbers.iter().map(|number| 0.5 * number).collect();
        Tensor::<2>::from_data(TensorData::new(halves, [1, BINS]), &device)
    };
    let (mean, deviation) = (row(&statistics.mean), row(&statistics.deviation));
    let root = |frames: Tensor<2>| {
        (frames * deviation.clone() + mean.clone())
            .clamp_max(0.5)
            .exp()
    };
    let wanted = root(frames.clone());
    let off = root(frames + error) - wanted.clone();
    let around = wanted.clone() - wanted.mean_dim(0);
    let variance = (around.clone() * around * weights.clone())
        .sum_dim(1)
        .mean();
    (off.clone() * off * weights).sum_dim(1).mean() / variance.clamp_min(1e-6)
}

/// Normal noise, or when nothing is learnt none.
fn noise_like(
    rows: usize,
    columns: usize,
    deviation: f32,
    noise: &mut Noise,
    device: &burn::tensor::Device,
) -> Tensor<2> {
    let numbers = noise.normal(rows * columns, deviation);
    Tensor::from_data(TensorData::new(numbers, [rows, columns]), device)
}

/// Recordings to learn from.
pub struct Recordings {
    corpus: Corpus,
    is_fourier: bool,
    curriculum: Curriculum,
    statistics: Arc<Statistics>,
    spectrogram: Spectrogram,
    fourier: Fourier,
    /// Stretches to validate on: a recording by index, and the sample each begins at.
    valid: Vec<(usize, usize)>,
    /// Of the recordings to learn from, sums of lengths up to each.
    train: Vec<(usize, usize)>,
}

/// Of how many stretches one validates.
const VALID_STRIDE: usize = 2;

impl Recordings {
    /// Recordings for a network.
    ///
    /// # Errors
    /// If all stretches of a fold are too short.
    pub fn new(corpus: Corpus, shape: &Shape, curriculum: Curriculum) -> Result<Recordings, Error> {
        let mut recordings = Recordings {
            corpus,
            is_fourier: matches!(shape, Shape::Fourier(_)),
            curriculum,
            statistics: Arc::new(Statistics {
                mean: Vec::new(),
                deviation: Vec::new(),
            }),
            spectrogram: Spectrogram::default(),
            fourier: Fourier::default(),
            valid: Vec::new(),
            train: Vec::new(),
        };
        let needed = recordings.samples_of_row();
        let mut sum = 0;
        for (index, stretch) in recordings.corpus.stretches.iter().enumerate() {
            let room = stretch.samples.len().saturating_sub(needed);
            match stretch.fold {
                Fold::Train if stretch.samples.len() >= needed => {
                    sum += room + 1;
                    recordings.train.push((index, sum));
                }
                Fold::Valid => {
                    let froms = (0..=room).step_by(needed * VALID_STRIDE);
                    recordings.valid.extend(froms.map(|from| (index, from)));
                }
                _ => {}
            }
        }
        if recordings.train.is_empty() || recordings.valid.is_empty() {
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            let seconds = needed as f64 / f64::from(RATE);
            return Err(Error::prompt(
                format!("no recording has the {seconds:.1} s that are learnt from at once"),
                "give longer ones, or set curriculum.steps lower",
            ));
        }
        recordings.statistics = Arc::new(recordings.measured());
        Ok(recordings)
    }

    /// Samples that the frames of a row cover.
    fn samples_of_row(&self) -> usize {
        let frames = self.curriculum.steps + 1;
        if self.is_fourier {
            frames * FOURIER_FRAME
        } else {
            (frames - 1) * HOP + WINDOW
        }
    }

    /// The frames of a stretch of samples.
    fn frames(&self, samples: &[f32]) -> Vec<f32> {
        if self.is_fourier {
            let frames = samples.chunks_exact(FOURIER_FRAME);
            frames
                .flat_map(|frame| self.fourier.values(frame))
                .collect()
        } else {
            let frames = (0..Spectrogram::frames_in(samples.len())).map(|frame| frame * HOP);
            frames
                .flat_map(|at| self.spectrogram.levels(&samples[at..at + WINDOW]))
                .collect()
        }
    }

    fn values(&self) -> usize {
        if self.is_fourier {
            FOURIER_VALUES
        } else {
            BINS
        }
    }

    /// Means and deviations over what is learnt from, of every eighth second.
    fn measured(&self) -> Statistics {
        let stretches = self.corpus.stretches.par_iter();
        let frames: Vec<Vec<f32>> = stretches
            .filter(|stretch| stretch.fold == Fold::Train)
            .map(|stretch| {
                let seconds = stretch.samples.chunks(16_000).step_by(SECONDS_BETWEEN);
                seconds.flat_map(|second| self.frames(second)).collect()
            })
            .collect();
        let all = frames
            .iter()
            .flat_map(|frames| frames.chunks(self.values()));
        Statistics::of(all, self.values())
    }

    fn batch_of(&self, rows: Vec<Vec<f32>>) -> Batch {
        let count = rows.len();
        let frames: Vec<Vec<f32>> = rows
            .into_par_iter()
            .map(|samples| {
                let mut frames = self.frames(&samples);
                for frame in frames.chunks_mut(self.values()) {
                    self.statistics.standardize(frame);
                }
                frames
            })
            .collect();
        Batch {
            rows: count,
            frames: frames.concat(),
            statistics: self.statistics.clone(),
        }
    }

    fn drawn(&self, mut stream: Stream) -> Batch {
        let needed = self.samples_of_row();
        let total = self.train.last().map_or(0, |&(_, sum)| sum);
        let row = |_| {
            let at = stream.below(total);
            let place = self.train.partition_point(|&(_, sum)| sum <= at);
            let (index, sum) = self.train[place];
            let samples = &self.corpus.stretches[index].samples;
            let room = samples.len() - needed;
            let from = room - (sum - 1 - at).min(room);
            let semitones = self.curriculum.speed * (2.0 * stream.uniform() - 1.0);
            at_speed(&samples[from..], needed, (semitones / 12.0).exp2())
        };
        self.batch_of((0..self.curriculum.rows).map(row).collect())
    }
}

/// Of how many seconds one is measured.
const SECONDS_BETWEEN: usize = 4;

/// So many samples of a sound that is played so many times as fast, or at its own speed if it is too short for that.
fn at_speed(samples: &[f32], count: usize, speed: f32) -> Vec<f32> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of sound"
    )]
    let place = |index: usize| {
        let at = index as f64 * f64::from(speed);
        (at as usize, at.fract() as f32)
    };
    let (last, _) = place(count);
    if (speed - 1.0).abs() < 1e-4 || last + 3 >= samples.len() {
        return samples[..count].to_vec();
    }
    let sample = |index: usize| {
        let (at, share) = place(index);
        let [a, b, c, d] = [
            samples[at.saturating_sub(1)],
            samples[at],
            samples[at + 1],
            samples[at + 2],
        ];
        // Catmull and Rom's curve through four samples.
        b + 0.5
            * share
            * (c - a + share * (2.0 * a - 5.0 * b + 4.0 * c - d + share * (3.0 * (b - c) + d - a)))
    };
    (0..count).map(sample).collect()
}

impl Batches for Recordings {
    type Batch = Batch;

    fn batches_per_epoch(&self, split: Split) -> usize {
        let rows = self.curriculum.rows;
        match split {
            Split::Train => {
                let samples = self.train.last().map_or(0, |&(_, sum)| sum);
                samples.div_ceil(rows * self.samples_of_row())
            }
            Split::Valid | Split::Test => self.valid.len().div_ceil(rows),
        }
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Batch {
        if split == Split::Train {
            return self.drawn(seed.derive("epoch", epoch).stream("batch", index as u64));
        }
        let needed = self.samples_of_row();
        let stretches = self.valid.chunks(self.curriculum.rows).nth(index);
        let rows = stretches
            .unwrap_or_default()
            .iter()
            .map(|&(stretch, from)| {
                let samples = &self.corpus.stretches[stretch].samples[from..];
                let mut row = samples[..needed.min(samples.len())].to_vec();
                row.resize(needed, 0.0);
                row
            });
        self.batch_of(rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn played_faster_a_sound_is_higher() {
        #[expect(clippy::cast_precision_loss, reason = "half a second")]
        let sine = |hertz: f32, index: usize| {
            (std::f32::consts::TAU * hertz * index as f32 / 16_000.0).sin()
        };
        let samples: Vec<f32> = (0..8000).map(|index| sine(440.0, index)).collect();
        for speed in [1.0, 1.25, 0.8] {
            let played = at_speed(&samples, 4000, speed);
            let worst = played.iter().enumerate().skip(1);
            let worst = worst.map(|(index, x)| (x - sine(440.0 * speed, index)).abs());
            assert!(worst.fold(0.0, f32::max) < 0.01, "{speed}");
        }
        // What is too short stays.
        assert_eq!(at_speed(&samples, 8000, 1.5), samples);
    }
}

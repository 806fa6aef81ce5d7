//! AdamW over plain numbers.
//!
//! The update runs on the host, one fused loop over each parameter, so that the state is a list of
//! vectors: it is saved, resumed and averaged without a record format, and its cost (a few
//! milliseconds for a million weights) does not depend on the device.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::parameters::{Parameters, Values};

/// The settings of AdamW (Loshchilov and Hutter 2019).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamW {
    /// How slowly the mean of the gradients moves, in [0, 1).
    pub beta_1: f32,
    /// How slowly the mean of their squares moves, in [0, 1).
    pub beta_2: f32,
    /// Added to the root of the mean square; above 0.
    pub epsilon: f32,
    /// The share of a weight taken off in a step, per unit of learning rate. Applies to parameters
    /// with two or more axes: biases and gains of normalisation are left alone.
    pub weight_decay: f32,
    /// The most that the norm of all gradients together may be; larger ones are scaled down
    /// (Pascanu et al. 2013).
    pub clip_norm: Option<f32>,
}

/// What AdamW remembers between steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    /// Means of the gradients.
    pub(crate) first: Parameters,
    /// Means of their squares.
    pub(crate) second: Parameters,
}

impl AdamW {
    /// Moves `parameters` against `gradients`; `step` counts from 1. Parameters without a gradient
    /// stay. Returns the norm of all gradients together before clipping.
    pub(crate) fn update(
        &self,
        parameters: &mut Parameters,
        gradients: &Parameters,
        moments: &mut Moments,
        learning_rate: f32,
        step: u64,
    ) -> f32 {
        let norm = norm(gradients);
        let scale = match self.clip_norm {
            Some(most) if norm > most => most / norm,
            _ => 1.0,
        };
        let exponent = i32::try_from(step).unwrap_or(i32::MAX);
        let correction_1 = 1.0 - self.beta_1.powi(exponent);
        let correction_2 = 1.0 - self.beta_2.powi(exponent);
        for (name, gradient) in gradients {
            let Some(parameter) = parameters.get_mut(name) else {
                continue;
            };
            let decay = if gradient.shape.len() > 1 {
                learning_rate * self.weight_decay
            } else {
                0.0
            };
            let first = entry(&mut moments.first, name, gradient);
            let second = entry(&mut moments.second, name, gradient);
            let update = |(((weight, &gradient), mean), square): (
                ((&mut f32, &f32), &mut f32),
                &mut f32,
            )| {
                let gradient = gradient * scale;
                *mean += (1.0 - self.beta_1) * (gradient - *mean);
                *square += (1.0 - self.beta_2) * (gradient * gradient - *square);
                let root = (*square / correction_2).sqrt() + self.epsilon;
                *weight -= decay * *weight + learning_rate * (*mean / correction_1) / root;
            };
            parameter
                .data
                .par_iter_mut()
                .with_min_len(1 << 15)
                .zip(&gradient.data)
                .zip(first)
                .zip(second)
                .for_each(update);
        }
        norm
    }
}

/// The Euclidean norm of all numbers together, summed in parts that do not depend on the number of
/// threads.
fn norm(gradients: &Parameters) -> f32 {
    const PART: usize = 1 << 16;
    let squares = |values: &Values| {
        let part = |part: &[f32]| part.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let parts: Vec<f64> = values.data.par_chunks(PART).map(part).collect();
        parts.into_iter().sum::<f64>()
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a norm needs no more digits"
    )]
    let norm = gradients.values().map(squares).sum::<f64>().sqrt() as f32;
    norm
}

fn entry<'a>(moments: &'a mut Parameters, name: &str, like: &Values) -> &'a mut Vec<f32> {
    let zeros = || Values {
        shape: like.shape.clone(),
        data: vec![0.0; like.data.len()],
    };
    &mut moments.entry(name.to_owned()).or_insert_with(zeros).data
}

/// The learning rate over the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The highest rate.
    pub peak: f32,
    /// Steps over which the rate rises linearly from 0.
    pub warmup_steps: u64,
    /// The share of the peak that is left at the last step; between, the rate follows half a cosine
    /// (Loshchilov and Hutter 2017). 1 keeps the rate constant.
    pub last_share: f32,
}

impl Schedule {
    /// The rate of `step` (from 1) of `steps`.
    pub fn rate(&self, step: u64, steps: u64) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a share of a run")]
        let share = |part: u64, whole: u64| part as f32 / whole.max(1) as f32;
        if step <= self.warmup_steps {
            return self.peak * share(step, self.warmup_steps);
        }
        let done = share(
            step - self.warmup_steps,
            steps.saturating_sub(self.warmup_steps),
        )
        .min(1.0);
        let cosine = 0.5 * (1.0 + (std::f32::consts::PI * done).cos());
        self.peak * (self.last_share + (1.0 - self.last_share) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, shape: Vec<usize>, data: Vec<f32>) -> Parameters {
        Parameters::from([(name.to_owned(), Values { shape, data })])
    }

    /// PyTorch 2.15: fixtures/learn/adamw.py
    #[test]
    fn agrees_with_pytorch() {
        let adamw = AdamW {
            beta_1: 0.9,
            beta_2: 0.98,
            epsilon: 1e-8,
            weight_decay: 0.01,
            clip_norm: Some(1.0),
        };
        let mut parameters = one("w", vec![1, 3], vec![1.0, -2.0, 0.5]);
        let mut moments = Moments::default();
        for step in 1..=3 {
            let gradient = vec![0.1 * step as f32, -3.0, 0.0];
            let gradients = one("w", vec![1, 3], gradient);
            adamw.update(&mut parameters, &gradients, &mut moments, 0.1, step);
        }
        let expected = PYTORCH;
        for (ours, theirs) in parameters["w"].data.iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-5, "{:?}", parameters["w"].data);
        }
    }
    const PYTORCH: [f32; 3] = [0.705_719_23, -1.694_322_2, 0.498_501_54];

    #[test]
    fn the_rate_rises_falls_and_ends() {
        let schedule = Schedule {
            peak: 1.0,
            warmup_steps: 10,
            last_share: 0.1,
        };
        assert!((schedule.rate(5, 110) - 0.5).abs() < 1e-6);
        assert!((schedule.rate(60, 110) - 0.55).abs() < 1e-6);
        assert!((schedule.rate(110, 110) - 0.1).abs() < 1e-6);
    }
}

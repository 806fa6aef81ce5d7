//! Sounds that the tests of measures are made with.

use std::f64::consts::TAU;

/// The sample rate of all of them.
pub(super) const RATE_HZ: u32 = 16_000;

/// A sine.
pub(super) fn sine(hertz: f64, amplitude: f64, seconds: f64) -> Vec<f32> {
    let sample = |index: u32| {
        let phase = TAU * hertz * f64::from(index) / f64::from(RATE_HZ);
        (amplitude * phase.sin()) as f32
    };
    let samples = (seconds * f64::from(RATE_HZ)) as u32;
    (0..samples).map(sample).collect()
}

/// White noise of equal chances from -`amplitude` to `amplitude`.
pub(super) fn noise(amplitude: f64, seconds: f64, seed: u64) -> Vec<f32> {
    let samples = (seconds * f64::from(RATE_HZ)) as usize;
    let uniform = Uniform(seed).map(|number| (amplitude * (2.0 * number - 1.0)) as f32);
    uniform.take(samples).collect()
}

/// The same sound, louder or softer.
pub(super) fn amplified(samples: &[f32], gain: f32) -> Vec<f32> {
    samples.iter().map(|sample| sample * gain).collect()
}

/// The sum of sounds of equal length.
pub(super) fn mixed(sounds: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; sounds[0].len()];
    for sound in sounds {
        sum.iter_mut().zip(sound).for_each(|(to, from)| *to += from);
    }
    sum
}

/// Numbers from 0 to 1, of a linear congruential generator with Knuth's constants for MMIX.
pub(super) struct Uniform(pub(super) u64);

impl Iterator for Uniform {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let (factor, term) = (6_364_136_223_846_793_005, 1_442_695_040_888_963_407);
        self.0 = self.0.wrapping_mul(factor).wrapping_add(term);
        Some((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

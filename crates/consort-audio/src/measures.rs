//! Measures of sound: how near two sounds are, and how one keeps its level, tone and smoothness.
//!
//! All take one channel of samples, where full scale is 1. A level in dBFS is 20 log10 of the root
//! mean square, so that a sine of amplitude 1 has -3 dBFS; silence is what lies below -60 dBFS. What
//! is too short, or silent, has no measure: the answer is `None` or has no entries.

mod distance;
mod embedding;
mod frechet;
mod level;
mod log_mel;
mod seams;
#[cfg(test)]
mod signals;
mod similarity;
mod tone;

pub use distance::{log_spectral_distance, multi_scale_spectral_loss};
pub use embedding::{EMBEDDING_SIZE, embedding};
pub use frechet::frechet_distance;
pub use level::{loudness_drift, loudness_range, silent_share};
pub use seams::seam_clicks;
pub use similarity::{COPY_FRAME_SIZE, copy_frames, nearest};
pub use tone::{chroma, flatness, pitch_class_stability};

/// The mean square below which sound is silent: -60 dBFS.
const SILENT_POWER: f64 = 1e-6;

/// Whether a stretch is silent; an empty one is.
fn is_silent(samples: &[f32]) -> bool {
    let squares = samples.iter().map(|&sample| f64::from(sample).powi(2));
    squares.sum::<f64>() < SILENT_POWER * samples.len().max(1) as f64
}

/// The samples in a part of a second, and no less than 1.
fn samples_in(seconds: f64, sample_rate_hz: u32) -> usize {
    ((seconds * f64::from(sample_rate_hz)).round() as usize).max(1)
}

/// The mean, or nothing for no numbers.
fn mean(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for number in numbers {
        sum += number;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

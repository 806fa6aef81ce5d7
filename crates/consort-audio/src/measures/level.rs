//! How loudness goes on.

use super::{is_silent, samples_in};
use crate::audio::Audio;
use crate::loudness::integrated_lufs;

/// What a silent stretch has: the loudness below which ITU-R BS.1770-5 counts nothing.
const SILENT_LUFS: f64 = -70.0;

/// The shortest stretch with a loudness: a block of ITU-R BS.1770-5.
const BLOCK_S: f64 = 0.4;

/// How much louder the last third of a sound is than the first, in dB: below 0 where it fades.
///
/// Loudness is the integrated one of ITU-R BS.1770-5, which is weighted by frequency and passes over
/// pauses; a silent third has -70 LUFS. Less than 1.2 s, or silence throughout, has no drift.
pub fn loudness_drift(samples: &[f32], sample_rate_hz: u32) -> Option<f64> {
    let third = samples.len() / 3;
    if third < samples_in(BLOCK_S, sample_rate_hz) {
        return None;
    }
    let ends = [&samples[..third], &samples[samples.len() - third..]];
    let [first, last] = ends.map(|end| loudness(end, sample_rate_hz));
    let drift = last.unwrap_or(SILENT_LUFS) - first.unwrap_or(SILENT_LUFS);
    first.or(last).map(|_| drift)
}

/// How much louder the loudest 5 s of a sound are than the softest, in dB, from 0.
///
/// The stretches follow each other from the beginning; what is left at the end does not count.
/// Loudness is as in [`loudness_drift`]. Less than two stretches, or silence throughout, has no
/// range. It is not the loudness range of EBU Tech 3342, which leaves out extremes.
pub fn loudness_range(samples: &[f32], sample_rate_hz: u32) -> Option<f64> {
    let stretches = samples.chunks_exact(samples_in(5.0, sample_rate_hz));
    let levels: Vec<Option<f64>> = stretches
        .map(|stretch| loudness(stretch, sample_rate_hz))
        .collect();
    if levels.len() < 2 || levels.iter().all(Option::is_none) {
        return None;
    }
    let levels = levels.iter().map(|level| level.unwrap_or(SILENT_LUFS));
    let largest = levels.clone().fold(f64::NEG_INFINITY, f64::max);
    Some(largest - levels.fold(f64::INFINITY, f64::min))
}

/// The share of a sound that is silent, from 0 to 1: of its stretches of 0.1 s, those whose root mean
/// square is below -60 dBFS.
///
/// What is left at the end does not count, but a sound of less than 0.1 s is one stretch. An empty
/// sound is silent.
pub fn silent_share(samples: &[f32], sample_rate_hz: u32) -> f64 {
    let length = samples_in(0.1, sample_rate_hz).min(samples.len().max(1));
    let stretches = samples.chunks_exact(length);
    let count = stretches.len();
    if count == 0 {
        return 1.0;
    }
    stretches.filter(|stretch| is_silent(stretch)).count() as f64 / count as f64
}

/// The loudness of a stretch, or nothing for silence.
fn loudness(samples: &[f32], sample_rate_hz: u32) -> Option<f64> {
    let audio = Audio::new(sample_rate_hz, vec![samples.to_vec()]).ok()?;
    integrated_lufs(&audio)
}

#[cfg(test)]
mod tests {
    use super::super::signals::{RATE_HZ, amplified, sine};
    use super::*;

    #[test]
    fn half_the_amplitude_is_six_decibels_less() {
        let sound = sine(440.0, 0.5, 6.0);
        let joined = [&sound[..], &amplified(&sound, 0.5)].concat();
        let drift = loudness_drift(&joined, RATE_HZ).unwrap();
        assert!((drift + 6.02).abs() < 0.01, "{drift}");
        let range = loudness_range(&joined, RATE_HZ);
        assert_eq!(range, loudness_range(&joined[..160_000], RATE_HZ));
        let steady = loudness_drift(&sound, RATE_HZ).unwrap();
        assert!(steady.abs() < 0.01, "{steady}");
    }

    #[test]
    fn the_range_is_from_the_softest_to_the_loudest() {
        let sound = sine(440.0, 0.5, 5.0);
        let parts = [0.5, 1.0, 0.25].map(|gain| amplified(&sound, gain));
        let range = loudness_range(&parts.concat(), RATE_HZ).unwrap();
        assert!((range - 12.04).abs() < 0.01, "{range}");
    }

    /// A sine of 997 Hz and full scale has -3.01 LUFS by the standard.
    #[test]
    fn silence_at_an_end_is_at_the_gate() {
        let mut sound = sine(997.0, 1.0, 6.0);
        sound.resize(3 * sound.len(), 0.0);
        let drift = loudness_drift(&sound, RATE_HZ).unwrap();
        assert!((drift + 66.99).abs() < 0.05, "{drift}");
        let range = loudness_range(&sound, RATE_HZ).unwrap();
        assert!((range - 66.99).abs() < 0.05, "{range}");
    }

    #[test]
    fn silence_and_what_is_short_have_neither() {
        for sound in [vec![], vec![0.5; 100], vec![0.0; 320_000]] {
            assert_eq!(loudness_drift(&sound, RATE_HZ), None);
            assert_eq!(loudness_range(&sound, RATE_HZ), None);
            assert_eq!(loudness_drift(&sound, 0), None);
        }
    }

    #[test]
    fn silence_is_counted_by_tenths_of_a_second() {
        let mut sound = sine(440.0, 0.5, 0.75);
        sound.resize(16_000, 0.0005);
        assert_eq!(silent_share(&sound, RATE_HZ), 0.2);
        assert_eq!(silent_share(&[0.5; 10], RATE_HZ), 0.0);
        assert_eq!(silent_share(&[0.0; 10], RATE_HZ), 1.0);
        assert_eq!(silent_share(&[], RATE_HZ), 1.0);
        assert_eq!(silent_share(&[0.5; 10], 0), 0.0);
    }
}

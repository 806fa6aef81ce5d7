//! Numbers that describe how a second of sound sounds.

use super::log_mel::{BANDS, LogMel, means};
use super::{mean, samples_in};

/// The bands over which changes are averaged.
const GROUP: usize = 4;

/// The numbers that [`embedding`] gives for each stretch.
pub const EMBEDDING_SIZE: usize = 2 * BANDS + BANDS / GROUP;

/// 72 numbers, all in dB, for each stretch of 1 s, which begin 0.5 s apart: what
/// [`frechet_distance`](super::frechet_distance) compares. They are fixed, so that distances of
/// different days can be held against each other; the sample rate should be the same too.
///
/// The stretch is seen through 32 mel bands from 50 Hz to 7.6 kHz in dB of a full-scale sine, not
/// below -80, in Hann windows of 1024 samples, 256 apart. The numbers are
///
/// - 32 means of the bands over the windows: the colour and the level,
/// - 32 standard deviations of the same (of the population): how much each moves,
/// - 8 mean changes without sign from one window to the next, each of four neighbouring bands: how
///   fast they move.
///
/// A stretch with less than two windows has none, which are 1280 samples.
pub fn embedding(samples: &[f32], sample_rate_hz: u32) -> Vec<Vec<f64>> {
    let log_mel = LogMel::new(sample_rate_hz);
    let stretches = samples
        .windows(samples_in(1.0, sample_rate_hz))
        .step_by(samples_in(0.5, sample_rate_hz));
    stretches
        .filter_map(|stretch| describe(&log_mel.frames(stretch)))
        .collect()
}

fn describe(frames: &[Vec<f64>]) -> Option<Vec<f64>> {
    let middles = means(frames)?;
    let changes: Vec<Vec<f64>> = frames
        .windows(2)
        .map(|pair| differences(&pair[0], &pair[1]).map(f64::abs).collect())
        .collect();
    let squares: Vec<Vec<f64>> = frames
        .iter()
        .map(|frame| differences(&middles, frame).map(|off| off * off).collect())
        .collect();
    let deviations = means(&squares)?.into_iter().map(f64::sqrt);
    let changes = means(&changes)?;
    let groups = changes.chunks_exact(GROUP);
    let grouped = groups.filter_map(|group| mean(group.iter().copied()));
    Some(
        middles
            .iter()
            .copied()
            .chain(deviations)
            .chain(grouped)
            .collect(),
    )
}

fn differences(from: &[f64], to: &[f64]) -> impl Iterator<Item = f64> {
    from.iter().zip(to).map(|(from, to)| to - from)
}

#[cfg(test)]
mod tests {
    use super::super::signals::{RATE_HZ, amplified, noise, sine};
    use super::*;

    #[test]
    fn stretches_begin_every_half_second() {
        for (seconds, rows) in [(0.9, 0), (1.0, 1), (1.4, 1), (1.5, 2), (4.0, 7)] {
            let embedding = embedding(&noise(0.5, seconds, 1), RATE_HZ);
            assert_eq!(embedding.len(), rows, "of {seconds} s");
            assert!(embedding.iter().all(|row| row.len() == EMBEDDING_SIZE));
        }
        assert_eq!(EMBEDDING_SIZE, 72);
        assert!(embedding(&[0.5; 4_000], 0).is_empty());
        assert!(embedding(&[0.5; 4_000], 1_000).is_empty());
    }

    #[test]
    fn silence_is_the_floor_and_does_not_move() {
        let row = &embedding(&vec![0.0; 16_000], RATE_HZ)[0];
        assert!(row[..32].iter().all(|&middle| middle == -80.0));
        assert!(row[32..].iter().all(|&moves| moves == 0.0));
    }

    #[test]
    fn a_gain_moves_the_means_alone() {
        let sound = noise(0.25, 1.0, 2);
        let (soft, loud) = (
            &embedding(&sound, RATE_HZ)[0],
            &embedding(&amplified(&sound, 2.0), RATE_HZ)[0],
        );
        for (index, (soft, loud)) in soft.iter().zip(loud).enumerate() {
            let expected = if index < 32 { 20.0 * 2f64.log10() } else { 0.0 };
            assert!((loud - soft - expected).abs() < 1e-3, "{index}");
        }
    }

    /// Two frames have half their difference as deviation, and all of it as change.
    #[test]
    fn deviations_and_changes_are_of_the_frames() {
        let frames = [vec![-20.0; BANDS], vec![-26.0; BANDS]];
        let row = describe(&frames).unwrap();
        assert_eq!(row[..32], [-23.0; 32]);
        assert_eq!(row[32..64], [3.0; 32]);
        assert_eq!(row[64..], [6.0; 8]);
    }

    #[test]
    fn a_tone_moves_less_than_noise() {
        let tone = &embedding(&sine(1_000.0, 0.5, 1.0), RATE_HZ)[0];
        let noise = &embedding(&noise(0.5, 1.0, 3), RATE_HZ)[0];
        let loudest = (0..32)
            .max_by(|&a, &b| tone[a].total_cmp(&tone[b]))
            .unwrap();
        assert!(tone[32 + loudest] < 0.1 && noise[32 + loudest] > 0.5);
    }
}

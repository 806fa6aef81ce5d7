//! Whether a sound copies one that is known.

use super::log_mel::{BANDS, LogMel, means};
use super::samples_in;

/// The parts of a stretch of which each has a mean.
const PARTS: usize = 4;

/// The numbers in each of the [`copy_frames`].
pub const COPY_FRAME_SIZE: usize = PARTS * BANDS;

/// 128 numbers for each stretch of 1 s, which begin 0.5 s apart: what [`nearest`] compares. They are
/// the means, over the windows within each quarter of the second in turn, of 32 mel bands from 50 Hz
/// to 7.6 kHz in dB of a full-scale sine, not below -80, in Hann windows of 1024 samples, 256 apart.
///
/// A copy may begin between the stretches of what it copies. To find it too, add the frames of the
/// known sound without its first eighth of a second, quarter and so on.
///
/// Where a quarter of a second is less than a window, there are none.
pub fn copy_frames(samples: &[f32], sample_rate_hz: u32) -> Vec<Vec<f32>> {
    let log_mel = LogMel::new(sample_rate_hz);
    let part = samples_in(1.0 / PARTS as f64, sample_rate_hz);
    let describe = |stretch: &[f32]| {
        let mut frame = Vec::with_capacity(COPY_FRAME_SIZE);
        for part in stretch.chunks_exact(part) {
            let bands = means(&log_mel.frames(part))?;
            frame.extend(bands.into_iter().map(|band| band as f32));
        }
        Some(frame)
    };
    let hop = samples_in(0.5, sample_rate_hz);
    let stretches = samples.windows(PARTS * part).step_by(hop);
    stretches.filter_map(describe).collect()
}

/// For each of the frames of a sound, which [`copy_frames`] makes, the root mean square difference
/// in dB from the nearest of the `corpus`: 0 for a copy. All frames should have as many numbers.
///
/// Level counts: a copy at another gain is as many dB away. Without a corpus there is no distance.
/// It takes time by the product of the two counts.
pub fn nearest(frames: &[Vec<f32>], corpus: &[Vec<f32>]) -> Vec<f64> {
    if corpus.is_empty() {
        return Vec::new();
    }
    let of_frame = |frame: &Vec<f32>| {
        let nearest = corpus.iter().fold(f32::INFINITY, |least, known| {
            squared_distance(frame, known, least).min(least)
        });
        (f64::from(nearest) / frame.len().max(1) as f64).sqrt()
    };
    frames.iter().map(of_frame).collect()
}

/// The squared distance, or something above `enough`, if it is.
fn squared_distance(a: &[f32], b: &[f32], enough: f32) -> f32 {
    let mut sum = 0.0;
    // Most are far away, which the first bands tell.
    for (a, b) in a.chunks(BANDS).zip(b.chunks(BANDS)) {
        let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
        sum += squares.sum::<f32>();
        if sum > enough {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::signals::{RATE_HZ, amplified, noise, sine};
    use super::*;

    fn known() -> Vec<f32> {
        let tones = (0..16).map(|index| sine(200.0 * 1.2f64.powi(index), 0.3, 0.3));
        tones.flatten().collect()
    }

    #[test]
    fn a_copied_stretch_is_near() {
        let known = known();
        let corpus = copy_frames(&known, RATE_HZ);
        let copied = [&noise(0.5, 1.0, 1)[..], &known[16_000..40_000]].concat();
        let distances = nearest(&copy_frames(&copied, RATE_HZ), &corpus);
        assert_eq!(distances.len(), 4);
        assert!(distances[0] > 10.0 && distances[1] > 5.0, "{distances:?}");
        assert_eq!(distances[2..], [0.0; 2]);
    }

    #[test]
    fn a_gain_is_its_own_distance() {
        let sound = noise(0.25, 2.0, 2);
        let (soft, loud) = (
            copy_frames(&sound, RATE_HZ),
            copy_frames(&amplified(&sound, 2.0), RATE_HZ),
        );
        let distances = nearest(&loud[..1], &soft[..1]);
        assert!((distances[0] - 6.02).abs() < 0.01, "{distances:?}");
    }

    #[test]
    fn the_nearest_is_that_of_all() {
        let (frames, corpus) = (
            copy_frames(&noise(0.3, 4.0, 3), RATE_HZ),
            copy_frames(&noise(0.3, 4.0, 4), RATE_HZ),
        );
        for (frame, found) in frames.iter().zip(nearest(&frames, &corpus)) {
            let distances = corpus.iter().map(|known| {
                let squares = frame
                    .iter()
                    .zip(known)
                    .map(|(a, b)| f64::from(a - b).powi(2));
                (squares.sum::<f64>() / 128.0).sqrt()
            });
            let expected = distances.fold(f64::INFINITY, f64::min);
            assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
        }
    }

    #[test]
    fn frames_are_whole() {
        let frames = copy_frames(&noise(0.5, 2.0, 5), RATE_HZ);
        assert_eq!(frames.len(), 3);
        assert!(frames.iter().all(|frame| frame.len() == COPY_FRAME_SIZE));
        assert!(copy_frames(&[0.5; 15_999], RATE_HZ).is_empty());
        assert!(copy_frames(&[0.5; 4_000], 0).is_empty());
        assert!(nearest(&frames, &[]).is_empty() && nearest(&[], &frames).is_empty());
        let silence = copy_frames(&[0.0; 16_000], RATE_HZ);
        assert_eq!(silence, [vec![-80.0; COPY_FRAME_SIZE]]);
    }
}

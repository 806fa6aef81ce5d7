//! Clicks where pieces of sound are joined.

use super::mean;

/// Samples on either side of a place: 32 together, which are 2 ms at 16 kHz.
const SIDE: usize = 16;

/// The energy of the second difference below which all is smooth: that which the rounding to 16 bits
/// makes by chance. A step of 2^-15 rounds with a variance of 2^-30 / 12, and the second difference
/// of independent samples has six times their variance.
const LEAST_ENERGY: f64 = (2 * SIDE) as f64 / (2.0 * (1_u64 << 30) as f64);

/// How much rougher a sound is at its seams than between them, in dB: 0 where seams are as smooth as
/// elsewhere, above where they click, below where they are smoother.
///
/// Roughness is the energy of the second difference, x\[n + 1\] - 2 x\[n\] + x\[n - 1\], over the 32
/// samples around a place, which are 2 ms at 16 kHz: a high-pass, which clicks excite. The measure is
/// 10 log10 of its mean over the seams by its mean over the places halfway between neighbouring
/// seams. Neither mean is taken as below that of the rounding to 16 bits.
///
/// The samples around a place are fewer than the period of a low tone. If such a tone lies alone and
/// its period divides the distance of the seams, all of them meet it at the same phase, and the
/// measure is off by as much as that phase is rougher or smoother than others.
///
/// A seam is the index of the first sample of a piece; order does not matter, and seams so near to
/// the ends that the samples around them are missing do not count. Places halfway count where seams
/// are 64 samples apart or more. Without a seam and a place halfway there is no measure.
pub fn seam_clicks(samples: &[f32], seams: &[usize]) -> Option<f64> {
    let mut seams = seams.to_vec();
    seams.sort_unstable();
    seams.dedup();
    let between = seams
        .windows(2)
        .filter(|pair| pair[1] - pair[0] >= 4 * SIDE)
        .map(|pair| pair[0] + (pair[1] - pair[0]) / 2);
    let elsewhere = mean(between.filter_map(|place| energy(samples, place)))?;
    let at_seams = mean(seams.iter().filter_map(|&seam| energy(samples, seam)))?;
    let ratio = at_seams.max(LEAST_ENERGY) / elsewhere.max(LEAST_ENERGY);
    Some(10.0 * ratio.log10())
}

/// The energy of the second difference over the samples from `SIDE` before a place on.
fn energy(samples: &[f32], place: usize) -> Option<f64> {
    let first = place.checked_sub(SIDE + 1)?;
    let around = samples.get(first..place.checked_add(SIDE + 1)?)?;
    let differences = around.windows(3).map(|three| {
        let [before, here, after] = [three[0], three[1], three[2]].map(f64::from);
        (after - 2.0 * here + before).powi(2)
    });
    Some(differences.sum())
}

#[cfg(test)]
mod tests {
    use super::super::signals::{noise, sine};
    use super::*;

    fn seams() -> Vec<usize> {
        (1..12).map(|index| index * 4_000).collect()
    }

    #[test]
    fn steps_click() {
        let mut sound = sine(443.0, 0.5, 3.0);
        for (index, sample) in sound.iter_mut().enumerate() {
            *sample += if index / 4_000 % 2 == 0 { 0.2 } else { -0.2 };
        }
        let clicks = seam_clicks(&sound, &seams()).unwrap();
        assert!(clicks > 10.0, "{clicks}");
        let early: Vec<usize> = seams().iter().map(|seam| seam - 500).collect();
        let elsewhere = seam_clicks(&sound, &early).unwrap();
        assert!(elsewhere.abs() < 1.0, "{elsewhere}");
    }

    #[test]
    fn what_is_smooth_does_not_click() {
        for hertz in [111.3, 440.0, 443.0, 2_000.0] {
            let clicks = seam_clicks(&sine(hertz, 0.5, 3.0), &seams()).unwrap();
            assert!(clicks.abs() < 1.0, "{clicks} at {hertz} Hz");
        }
        let clicks = seam_clicks(&noise(0.5, 3.0, 1), &seams()).unwrap();
        assert!(clicks.abs() < 1.5, "{clicks}");
        assert_eq!(seam_clicks(&[0.0; 48_000], &seams()), Some(0.0));
    }

    /// One step in silence has the second differences 1 and -1 times its height.
    #[test]
    fn a_step_in_silence_is_measured_from_the_rounding() {
        let mut sound = vec![0.0; 9_000];
        sound[4_000..].fill(0.25);
        let clicks = seam_clicks(&sound, &[4_000, 8_000]).unwrap();
        let expected = 10.0 * (2.0 * 0.25f64.powi(2) / 2.0 / LEAST_ENERGY).log10();
        assert!((clicks - expected).abs() < 1e-9, "{clicks}");
    }

    #[test]
    fn without_places_there_is_none() {
        let sound = sine(440.0, 0.5, 1.0);
        assert_eq!(seam_clicks(&sound, &[]), None);
        assert_eq!(seam_clicks(&sound, &[4_000]), None);
        assert_eq!(seam_clicks(&sound, &[4_000, 4_000, 4_030]), None);
        assert_eq!(seam_clicks(&sound, &[0, usize::MAX]), None);
        assert_eq!(seam_clicks(&[], &[0, 100]), None);
        assert!(seam_clicks(&sound, &[8_000, 0, 16_000]).is_some());
    }
}

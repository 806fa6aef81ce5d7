//! How far the spectra of two sounds are from each other.

use super::mean;
use crate::spectrum::Stft;

/// The power below which all is alike, by that of a sine of full scale: -100 dB.
const POWER_FLOOR: f64 = 1e-10;

/// The sizes of DDSP's loss.
const SIZES: [usize; 6] = [2_048, 1_024, 512, 256, 128, 64];

/// The least magnitude that DDSP takes the logarithm of.
const LEAST_MAGNITUDE: f32 = 1e-5;

/// The log-spectral distance of two sounds in dB, from 0 for equal ones; a gain of `g` dB has the
/// distance `g`.
///
/// Spectra are of Hann windows of 1024 samples, 256 apart, and their powers not below -100 dB of
/// that of a sine of full scale. The distance of two spectra is the root mean square over the bins
/// of the difference of 10 log10 of the powers; that of two sounds is the mean over the windows of
/// the length that both have. Less than a window has none. Phases do not count by
/// themselves, but two noises of the same colour are 7.9 dB apart, because their powers scatter.
pub fn log_spectral_distance(a: &[f32], b: &[f32]) -> Option<f64> {
    let stft = Stft::new(1_024, 256);
    let floor = POWER_FLOOR * stft.full_scale_power();
    let decibels = |power: f32| 10.0 * f64::from(power).max(floor).log10();
    let (a, b) = common(a, b);
    let frames = stft.powers(a).into_iter().zip(stft.powers(b));
    mean(frames.filter_map(|(a, b)| {
        let bins = a.iter().zip(&b);
        mean(bins.map(|(&a, &b)| (decibels(a) - decibels(b)).powi(2))).map(f64::sqrt)
    }))
}

/// The multi-scale spectral loss of two sounds, from 0 for equal ones, as Engel, Hantrakul, Gu and
/// Roberts define it ("DDSP: Differentiable Digital Signal Processing", ICLR 2020).
///
/// It is the sum over Hann windows of 2048, 1024, 512, 256, 128 and 64 samples, each a quarter of
/// its length after the one before, of the mean over all bins of |S - S'| and that of
/// |ln S - ln S'|, where S and S' are the magnitudes of the two without a factor. Within the
/// logarithm magnitudes are not below 1e-5; the authors' code puts that number in place of 0 alone,
/// and fills the last windows with zeros, which this does not. It is of the length that both
/// sounds have; less than 2048 samples have none.
pub fn multi_scale_spectral_loss(a: &[f32], b: &[f32]) -> Option<f64> {
    let (a, b) = common(a, b);
    let losses = SIZES.map(|size| {
        let stft = Stft::new(size, size / 4);
        let (a, b) = (stft.magnitudes(a), stft.magnitudes(b));
        mean(a.iter().flatten().zip(b.iter().flatten()).map(|(&a, &b)| {
            let ratio = f64::from(a.max(LEAST_MAGNITUDE)) / f64::from(b.max(LEAST_MAGNITUDE));
            (f64::from(a) - f64::from(b)).abs() + ratio.ln().abs()
        }))
    });
    losses.into_iter().sum()
}

/// The beginnings of the two, as long as both are.
fn common<'a>(a: &'a [f32], b: &'a [f32]) -> (&'a [f32], &'a [f32]) {
    let length = a.len().min(b.len());
    (&a[..length], &b[..length])
}

#[cfg(test)]
mod tests {
    use super::super::signals::{amplified, noise, sine};
    use super::*;

    #[test]
    fn equal_sounds_have_no_distance() {
        let sound = noise(0.5, 1.0, 1);
        assert_eq!(log_spectral_distance(&sound, &sound), Some(0.0));
        assert_eq!(multi_scale_spectral_loss(&sound, &sound), Some(0.0));
        let silence = vec![0.0; 4_096];
        assert_eq!(log_spectral_distance(&silence, &silence), Some(0.0));
        assert_eq!(multi_scale_spectral_loss(&silence, &silence), Some(0.0));
    }

    #[test]
    fn a_gain_is_its_own_distance() {
        let sound = noise(0.25, 2.0, 2);
        let distance = log_spectral_distance(&sound, &amplified(&sound, 2.0)).unwrap();
        assert!((distance - 6.02).abs() < 0.01, "{distance}");
        let back = log_spectral_distance(&amplified(&sound, 2.0), &sound).unwrap();
        assert!((distance - back).abs() < 1e-9);
    }

    /// Noise of equal colour has powers whose logarithms differ with a standard deviation of
    /// 10 / ln 10 times pi / the square root of 3, which is 7.88 dB.
    #[test]
    fn two_noises_are_eight_decibels_apart() {
        let distance = log_spectral_distance(&noise(0.5, 4.0, 1), &noise(0.5, 4.0, 2)).unwrap();
        assert!((distance - 7.88).abs() < 0.2, "{distance}");
    }

    #[test]
    fn below_the_floor_all_is_alike() {
        let (quiet, silence) = (noise(1e-8, 1.0, 3), vec![0.0; 16_000]);
        assert_eq!(log_spectral_distance(&quiet, &silence), Some(0.0));
    }

    /// Of a gain of 2 the logarithmic part is ln 2 at each of six sizes, and the linear one is the
    /// mean magnitude.
    #[test]
    fn the_loss_of_a_gain_is_known() {
        let sound = noise(0.25, 1.0, 4);
        let loss = multi_scale_spectral_loss(&sound, &amplified(&sound, 2.0)).unwrap();
        let linear: f64 = SIZES
            .iter()
            .filter_map(|&size| {
                let magnitudes = Stft::new(size, size / 4).magnitudes(&sound);
                mean(magnitudes.into_iter().flatten().map(f64::from))
            })
            .sum();
        let expected = linear + 6.0 * 2f64.ln();
        assert!((loss - expected).abs() < 1e-3, "{loss}, not {expected}");
    }

    #[test]
    fn what_is_short_has_none() {
        let sound = sine(440.0, 0.5, 1.0);
        assert_eq!(log_spectral_distance(&sound, &sound[..1_023]), None);
        assert_eq!(multi_scale_spectral_loss(&sound[..2_047], &sound), None);
        assert_eq!(log_spectral_distance(&[], &[]), None);
        assert!(log_spectral_distance(&sound, &sound[..1_024]).is_some());
    }
}

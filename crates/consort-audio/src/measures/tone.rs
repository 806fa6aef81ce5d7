//! Whether a sound is tone or noise, and of which pitches.

use super::{is_silent, mean, samples_in};
use crate::spectrum::Stft;

/// The power that a bin has at least, by that of a sine of full scale: -100 dB. It keeps the
/// geometric mean above 0.
const POWER_FLOOR: f64 = 1e-10;

/// The samples in the window of a flatness.
const FLATNESS_WINDOW: usize = 2_048;

/// The samples in the window of a chroma.
const CHROMA_WINDOW: usize = 4_096;

/// The seconds that the stability of pitch classes compares.
const STABILITY_S: usize = 4;

/// The spectral flatness of each second: near 0 for a tone, 0.56 for white noise, 1 for a spectrum
/// that is flat.
///
/// It is the geometric mean of the powers of the bins from 100 Hz to 5 kHz by their arithmetic mean,
/// in Hann windows of 2048 samples, 512 apart; then the mean over the windows within the second. The
/// powers of a single window of noise scatter, and so even white noise has e^-0.577. Powers are not
/// below -100 dB of that of a sine of full scale.
///
/// Windows below -60 dBFS are left out, and so is a second that has no others; what is left at the
/// end does not count.
pub fn flatness(samples: &[f32], sample_rate_hz: u32) -> Vec<f64> {
    let stft = Stft::new(FLATNESS_WINDOW, FLATNESS_WINDOW / 4);
    let floor = POWER_FLOOR * stft.full_scale_power();
    let bin_hz = f64::from(sample_rate_hz) / FLATNESS_WINDOW as f64;
    let inside = |bin: usize| (100.0..=5_000.0).contains(&(bin as f64 * bin_hz));
    let of_frame = |power: &[f32]| {
        let bins = power.iter().enumerate().filter(|(bin, _)| inside(*bin));
        let powers = bins.map(|(_, &power)| f64::from(power).max(floor));
        let geometric = mean(powers.clone().map(f64::ln))?.exp();
        Some(geometric / mean(powers)?)
    };
    samples
        .chunks_exact(samples_in(1.0, sample_rate_hz))
        .filter_map(|second| {
            let frames = loud_powers(&stft, second);
            mean(frames.iter().filter_map(|power| of_frame(power)))
        })
        .collect()
}

/// The share of each pitch class, from C up, in the energy of each second; the shares sum to 1.
///
/// It is of the bins from 55 Hz to 2 kHz in Hann windows of 4096 samples, 1024 apart. Each bin goes
/// to the class of the equally tempered pitch nearest to it, where A is at 440 Hz; each window is
/// brought to the sum 1, and the second has the mean of the windows within it. At 16 kHz the window
/// tells semitones apart from about 130 Hz up; a lower tone spreads over its neighbours.
///
/// Windows below -60 dBFS are left out, and a second that has no others has zeros; what is left at
/// the end does not count.
pub fn chroma(samples: &[f32], sample_rate_hz: u32) -> Vec<[f64; 12]> {
    let stft = Stft::new(CHROMA_WINDOW, CHROMA_WINDOW / 4);
    let bin_hz = f64::from(sample_rate_hz) / CHROMA_WINDOW as f64;
    let classes: Vec<Option<usize>> = (0..stft.bins())
        .map(|bin| pitch_class(bin as f64 * bin_hz))
        .collect();
    let of_frame = |power: &Vec<f32>| {
        let mut energy = [0.0; 12];
        for (&class, &power) in classes.iter().zip(power) {
            if let Some(class) = class {
                energy[class] += f64::from(power);
            }
        }
        with_sum_1(energy)
    };
    let of_second = |second: &[f32]| {
        let mut sum = [0.0; 12];
        for frame in loud_powers(&stft, second).iter().filter_map(of_frame) {
            add(&mut sum, &frame);
        }
        with_sum_1(sum).unwrap_or(sum)
    };
    let seconds = samples.chunks_exact(samples_in(1.0, sample_rate_hz));
    seconds.map(of_second).collect()
}

/// How much a sound stays with its pitch classes: the mean over neighbouring stretches of 4 s of the
/// cosine of the angle between their [`chroma`], from 0 where they share none to 1 where they have
/// the same.
///
/// Stretches follow each other from the beginning; pairs with a silent one do not count. Without a
/// pair there is no stability.
pub fn pitch_class_stability(samples: &[f32], sample_rate_hz: u32) -> Option<f64> {
    let seconds = chroma(samples, sample_rate_hz);
    let stretches: Vec<[f64; 12]> = seconds
        .chunks_exact(STABILITY_S)
        .map(|seconds| {
            let mut sum = [0.0; 12];
            seconds.iter().for_each(|second| add(&mut sum, second));
            sum
        })
        .collect();
    let pairs = stretches.windows(2);
    mean(pairs.filter_map(|pair| cosine(&pair[0], &pair[1])))
}

/// The powers of the windows that are not silent.
fn loud_powers(stft: &Stft, samples: &[f32]) -> Vec<Vec<f32>> {
    let windows = samples.windows(stft.window()).step_by(stft.hop());
    let powers = stft.powers(samples).into_iter().zip(windows);
    powers
        .filter(|(_, window)| !is_silent(window))
        .map(|(power, _)| power)
        .collect()
}

/// The class of the pitch nearest to a frequency, or nothing for what is too low or too high.
fn pitch_class(hertz: f64) -> Option<usize> {
    (55.0..=2_000.0).contains(&hertz).then(|| {
        // 69 is the pitch of 440 Hz, and pitches from 55 Hz up are above 0.
        let pitch = 69.0 + 12.0 * (hertz / 440.0).log2();
        pitch.round() as usize % 12
    })
}

fn add(sum: &mut [f64; 12], numbers: &[f64; 12]) {
    sum.iter_mut()
        .zip(numbers)
        .for_each(|(to, from)| *to += from);
}

/// The shares, or nothing if the sum is 0.
fn with_sum_1(numbers: [f64; 12]) -> Option<[f64; 12]> {
    let sum: f64 = numbers.iter().sum();
    (sum > 0.0).then(|| numbers.map(|number| number / sum))
}

/// The cosine of the angle between two vectors, or nothing if one has no direction.
fn cosine(a: &[f64; 12], b: &[f64; 12]) -> Option<f64> {
    let product =
        |a: &[f64; 12], b: &[f64; 12]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let lengths = (product(a, a) * product(b, b)).sqrt();
    (lengths > 0.0).then(|| product(a, b) / lengths)
}

#[cfg(test)]
mod tests {
    use super::super::signals::{RATE_HZ, mixed, noise, sine};
    use super::*;

    const A: usize = 9;
    const C_SHARP: usize = 1;
    const E: usize = 4;

    fn a_major(seconds: f64) -> Vec<f32> {
        mixed(&[440.0, 554.365, 659.255].map(|hertz| sine(hertz, 0.2, seconds)))
    }

    #[test]
    fn tones_are_not_flat_and_noise_is() {
        for hertz in [220.0, 443.0, 3_000.0] {
            let tone = flatness(&sine(hertz, 0.5, 2.5), RATE_HZ);
            assert_eq!(tone.len(), 2);
            assert!(tone.iter().all(|&flat| flat < 0.05), "{tone:?}");
        }
        let noise = flatness(&noise(0.5, 4.0, 1), RATE_HZ);
        assert!(noise.iter().all(|&flat| flat > 0.5), "{noise:?}");
        let mean = mean(noise).unwrap();
        assert!((mean - 0.561).abs() < 0.01, "{mean}");
    }

    #[test]
    fn an_impulse_is_flat() {
        let mut impulse = vec![0.0; 2_048];
        impulse[1_024] = 1.0;
        let flat = flatness(&impulse, 2_048);
        assert!((flat[0] - 1.0).abs() < 1e-4, "{flat:?}");
    }

    #[test]
    fn silence_has_no_flatness_and_no_chroma() {
        let mut sound = noise(0.5, 1.0, 1);
        sound.resize(3 * 16_000, 0.0);
        assert_eq!(flatness(&sound, RATE_HZ).len(), 1);
        let chroma = chroma(&sound, RATE_HZ);
        assert!(chroma.len() == 3 && chroma[1..] == [[0.0; 12]; 2]);
        assert!(flatness(&[0.5; 1_000], RATE_HZ).is_empty());
        assert!(flatness(&sound, 0).is_empty());
        assert_eq!(pitch_class_stability(&sound, RATE_HZ), None);
        assert_eq!(pitch_class_stability(&vec![0.0; 160_000], RATE_HZ), None);
    }

    #[test]
    fn a_triad_has_its_pitch_classes() {
        let chroma = chroma(&a_major(2.0), RATE_HZ);
        assert_eq!(chroma.len(), 2);
        for second in chroma {
            assert!((second.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            for (class, share) in second.into_iter().enumerate() {
                if [A, C_SHARP, E].contains(&class) {
                    assert!((share - 1.0 / 3.0).abs() < 0.03, "{share} at {class}");
                } else {
                    assert!(share < 0.02, "{share} at {class}");
                }
            }
        }
    }

    #[test]
    fn what_keeps_its_pitches_is_stable() {
        let steady = pitch_class_stability(&a_major(12.0), RATE_HZ).unwrap();
        assert!(steady > 0.999, "{steady}");
        let moving = [sine(440.0, 0.5, 4.0), sine(622.254, 0.5, 4.0)].concat();
        let moving = pitch_class_stability(&moving, RATE_HZ).unwrap();
        assert!(moving < 0.01, "{moving}");
    }
}

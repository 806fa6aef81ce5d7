//! Spectra over time, and mel bands of them.

use std::f64::consts::TAU;
use std::ops::Range;
use std::sync::Arc;

pub use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// A short-time Fourier transform: the spectra of overlapping windows of a sound. Copies share the
/// plan of the transform.
#[derive(Clone)]
pub struct Stft {
    window: Vec<f32>,
    hop: usize,
    transform: Arc<dyn RealToComplex<f32>>,
}

impl Stft {
    /// Periodic Hann windows of `window` samples, `hop` samples apart. Of either, 0 counts as 1.
    pub fn new(window: usize, hop: usize) -> Stft {
        let window = window.max(1);
        let hann = |index| 0.5 - 0.5 * (TAU * index as f64 / window as f64).cos();
        Stft {
            window: (0..window).map(|index| hann(index) as f32).collect(),
            hop: hop.max(1),
            transform: RealFftPlanner::new().plan_fft_forward(window),
        }
    }

    /// The samples in a window.
    pub fn window(&self) -> usize {
        self.window.len()
    }

    /// The samples from the beginning of a window to that of the next.
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// The numbers in a spectrum: half the window, and 1.
    pub fn bins(&self) -> usize {
        self.window() / 2 + 1
    }

    /// The largest power that a sine of amplitude 1 has in a bin, which it has at that bin's
    /// frequency: the square of half the sum of the window.
    pub fn full_scale_power(&self) -> f64 {
        let sum: f64 = self.window.iter().copied().map(f64::from).sum();
        (sum / 2.0).powi(2)
    }

    /// The spectrum of each window that lies within `samples`, as the forward transform gives it,
    /// without a factor. Bin `i` is at `i / window` of the sample rate. Less than a window of
    /// samples has no spectrum.
    pub fn frames(&self, samples: &[f32]) -> Vec<Vec<Complex32>> {
        self.each(samples, <[Complex32]>::to_vec)
    }

    /// The magnitudes of the same spectra.
    pub fn magnitudes(&self, samples: &[f32]) -> Vec<Vec<f32>> {
        self.each(samples, |frame| {
            frame.iter().map(|bin| bin.norm()).collect()
        })
    }

    /// The powers of the same spectra: the squares of the magnitudes.
    pub fn powers(&self, samples: &[f32]) -> Vec<Vec<f32>> {
        self.each(samples, |frame| {
            frame.iter().map(Complex32::norm_sqr).collect()
        })
    }

    fn each<T>(&self, samples: &[f32], make: impl Fn(&[Complex32]) -> T) -> Vec<T> {
        let mut input = self.transform.make_input_vec();
        let mut output = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let windows = samples.windows(self.window()).step_by(self.hop);
        windows
            .map(|samples| {
                for ((to, from), weight) in input.iter_mut().zip(samples).zip(&self.window) {
                    *to = from * weight;
                }
                self.transform
                    .process_with_scratch(&mut input, &mut output, &mut scratch)
                    .expect("the transform made the buffers itself");
                make(&output)
            })
            .collect()
    }
}

/// The mel of a frequency in hertz, as HTK has it: 2595 log10(1 + f / 700).
pub fn mel(hertz: f64) -> f64 {
    2_595.0 * (1.0 + hertz / 700.0).log10()
}

/// The frequency in hertz of a mel: the inverse of [`mel`].
pub fn hertz(mel: f64) -> f64 {
    700.0 * (10f64.powf(mel / 2_595.0) - 1.0)
}

/// Triangular bands, equally spaced in [`mel`]: each rises from 0 at the middle of the band below to
/// 1 at its own middle and falls to 0 at that of the band above, in straight lines over hertz.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    bands: Vec<Band>,
}

/// The bins in which a band is not 0.
#[derive(Clone, Debug, PartialEq)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl Bands {
    /// `count` bands over the frequencies `hertz`, for spectra of `bins` numbers from 0 to half the
    /// sample rate. A band that no bin falls into, because it is narrow or above half the sample
    /// rate, is always 0.
    pub fn new(count: usize, bins: usize, sample_rate_hz: u32, hertz: Range<f64>) -> Bands {
        let bin_hz = f64::from(sample_rate_hz) / 2.0 / bins.saturating_sub(1).max(1) as f64;
        let (low, high) = (mel(hertz.start), mel(hertz.end));
        let edge =
            |index: usize| self::hertz(low + (high - low) * index as f64 / (count as f64 + 1.0));
        let band = |index| {
            let (below, middle, above) = (edge(index), edge(index + 1), edge(index + 2));
            let weight = |bin: usize| {
                let at = bin as f64 * bin_hz;
                let rising = (at - below) / (middle - below);
                rising.min((above - at) / (above - middle)) as f32
            };
            let inside: Vec<usize> = (0..bins).filter(|&bin| weight(bin) > 0.0).collect();
            Band {
                first: inside.first().copied().unwrap_or(0),
                weights: inside.into_iter().map(weight).collect(),
            }
        };
        Bands {
            bands: (0..count).map(band).collect(),
        }
    }

    /// How many bands there are.
    pub fn count(&self) -> usize {
        self.bands.len()
    }

    /// The power in each band: the sum over the bins of `power`, each by its weight. Bins that are
    /// missing count as 0.
    pub fn apply(&self, power: &[f32]) -> Vec<f32> {
        let sum = |band: &Band| {
            let bins = power.iter().skip(band.first);
            bins.zip(&band.weights)
                .map(|(bin, weight)| bin * weight)
                .sum()
        };
        self.bands.iter().map(sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(bin: f64, window: usize, samples: usize) -> Vec<f32> {
        let phase = |index: usize| TAU * bin * index as f64 / window as f64;
        (0..samples)
            .map(|index| phase(index).sin() as f32)
            .collect()
    }

    #[test]
    fn only_whole_windows_have_spectra() {
        let stft = Stft::new(64, 16);
        for (samples, frames) in [(0, 0), (63, 0), (64, 1), (79, 1), (80, 2), (640, 37)] {
            let found = stft.frames(&vec![0.5; samples]);
            assert_eq!(found.len(), frames, "of {samples} samples");
            assert!(found.iter().all(|frame| frame.len() == 33));
        }
        assert_eq!(stft.bins(), 33);
        assert_eq!(Stft::new(0, 0).frames(&[1.0; 3]).len(), 3);
    }

    /// The transform of a Hann window has half, a quarter and no more in the bins beside the middle.
    #[test]
    fn a_full_scale_sine_has_the_full_scale_power() {
        let stft = Stft::new(256, 64);
        for power in stft.powers(&sine(20.0, 256, 1_024)) {
            let relative = |bin: usize| f64::from(power[bin]) / stft.full_scale_power();
            assert!((relative(20) - 1.0).abs() < 1e-4, "{}", relative(20));
            assert!((relative(19) - 0.25).abs() < 1e-4 && (relative(21) - 0.25).abs() < 1e-4);
            assert!(relative(18) < 1e-8 && relative(100) < 1e-8);
        }
    }

    #[test]
    fn the_transform_is_that_of_the_definition() {
        let samples = sine(1.7, 8, 8);
        let frame = &Stft::new(8, 8).frames(&samples)[0];
        for (bin, found) in frame.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (index, &sample) in samples.iter().enumerate() {
                let turn = TAU * index as f64 / 8.0;
                let weighted = f64::from(sample) * (0.5 - 0.5 * turn.cos());
                re += weighted * (turn * bin as f64).cos();
                im -= weighted * (turn * bin as f64).sin();
            }
            assert!((f64::from(found.re) - re).abs() < 1e-5, "{found} at {bin}");
            assert!((f64::from(found.im) - im).abs() < 1e-5, "{found} at {bin}");
        }
    }

    /// HTK's formula puts 1000 mel at 1000 Hz, nearly.
    #[test]
    fn mel_is_as_htk_has_it() {
        assert!((mel(1_000.0) - 1_000.0).abs() < 0.05);
        assert!((hertz(mel(440.0)) - 440.0).abs() < 1e-9);
    }

    #[test]
    fn bands_share_each_frequency_out() {
        let bands = Bands::new(32, 513, 16_000, 50.0..7_600.0);
        assert_eq!(bands.count(), 32);
        let edges = (
            hertz(mel(50.0) + (mel(7_600.0) - mel(50.0)) / 33.0),
            6_900.0,
        );
        for bin in 0..513 {
            let mut power = vec![0.0; 513];
            power[bin] = 2.0;
            let sum: f32 = bands.apply(&power).iter().sum();
            let at = bin as f64 * 15.625;
            if edges.0 <= at && at <= edges.1 {
                assert!((sum - 2.0).abs() < 1e-5, "{sum} at {at} Hz");
            }
            assert!(sum <= 2.0 + 1e-5 && (sum == 0.0) != (50.0..7_600.0).contains(&at));
        }
        assert_eq!(bands.apply(&[]), vec![0.0; 32]);
        assert_eq!(Bands::new(4, 0, 0, 50.0..100.0).apply(&[1.0]), vec![0.0; 4]);
    }
}

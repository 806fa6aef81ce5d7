//! Our frames: they overlap, and hold how strong each frequency is. What a frequency's phase is follows from the
//! frame before.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use consort_learn::Stream;

/// Samples of a window, 128 ms: long enough to tell a semitone from the next above 250 Hz.
pub const WINDOW: usize = 2048;

/// Samples from a frame to the next, 32 ms.
pub const HOP: usize = WINDOW / 4;

/// Frequencies of a frame, 7.8 Hz apart.
pub const BINS: usize = WINDOW / 2 + 1;

/// Logarithms of magnitudes are at least this: 80 dB below a sine of full scale.
pub const FLOOR: f32 = -9.21;

/// Bands of a frame.
pub const BANDS: usize = 192;

/// Bands that are one frequency each, up to 1 kHz; those above are the wider the higher they are.
const SINGLE: usize = 128;

/// Squares of four windows a hop apart sum to this.
const OVERLAP: f32 = 1.5;

fn hann() -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let at = |index: usize| 0.5 - 0.5 * (2.0 * PI * index as f32 / WINDOW as f32).cos();
    (0..WINDOW).map(at).collect()
}

/// A perceptual scale: the frequencies of each band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Where each begins, and where the last ends.
    begins: Vec<usize>,
}

impl Default for Bands {
    fn default() -> Bands {
        let wide = BANDS - SINGLE;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a thousand frequencies"
        )]
        let begin = |band: usize| {
            if band <= SINGLE {
                return band;
            }
            let share = (band - SINGLE) as f32 / wide as f32;
            let ratio = BINS as f32 / SINGLE as f32;
            (SINGLE as f32 * ratio.powf(share)).round() as usize
        };
        Bands {
            begins: (0..=BANDS).map(begin).collect(),
        }
    }
}

impl Bands {
    /// The mean of a frame's numbers in each band.
    pub fn means(&self, frame: &[f32]) -> Vec<f32> {
        let mean = |bounds: &[usize]| {
            #[expect(clippy::cast_precision_loss, reason = "a few frequencies")]
            let width = (bounds[1] - bounds[0]) as f32;
            frame[bounds[0]..bounds[1]].iter().sum::<f32>() / width
        };
        self.begins.windows(2).map(mean).collect()
    }

    /// What each frequency counts, so that all bands count alike, and together one.
    pub fn weights(&self) -> Vec<f32> {
        let mut weights = Vec::with_capacity(BINS);
        for bounds in self.begins.windows(2) {
            let width = bounds[1] - bounds[0];
            #[expect(clippy::cast_precision_loss, reason = "a few frequencies")]
            let weight = 1.0 / (width * BANDS) as f32;
            weights.extend(std::iter::repeat_n(weight, width));
        }
        weights
    }
}

/// Sound as frames.
#[derive(Clone)]
pub struct Spectrogram {
    forward: Arc<dyn RealToComplex<f32>>,
    window: Arc<[f32]>,
}

impl Default for Spectrogram {
    fn default() -> Spectrogram {
        Spectrogram {
            forward: RealFftPlanner::new().plan_fft_forward(WINDOW),
            window: hann().into(),
        }
    }
}

impl Spectrogram {
    /// How many whole frames so many samples have.
    pub fn frames_in(samples: usize) -> usize {
        samples.checked_sub(WINDOW).map_or(0, |rest| rest / HOP + 1)
    }

    /// The transform of a window of samples, its middle as the origin of time.
    pub fn transform(&self, samples: &[f32]) -> Vec<Complex32> {
        let windowed = samples.iter().zip(self.window.iter()).map(|(x, w)| x * w);
        let mut windowed: Vec<f32> = windowed.collect();
        let mut spectrum = self.forward.make_output_vec();
        self.forward
            .process(&mut windowed, &mut spectrum)
            .expect("the buffers fit");
        for number in spectrum.iter_mut().skip(1).step_by(2) {
            *number = -*number;
        }
        spectrum
    }

    /// The logarithm of how strong each frequency is, where a sine of full scale has 0.
    pub fn levels(&self, samples: &[f32]) -> Vec<f32> {
        let spectrum = self.transform(samples);
        spectrum.iter().map(|&number| level(number)).collect()
    }
}

fn level(number: Complex32) -> f32 {
    (number.norm() / LOUDEST).max(1e-9).ln().max(FLOOR)
}

/// The magnitude of a sine of full scale: the sum of the window over two.
const LOUDEST: f32 = (WINDOW / 4) as f32;

/// Frequencies on either side of a peak that belong to it: the main lobe of the window. What is farther is noise, whose
/// phases are as chance has them; if they were those of the peak, noise would beat once a frame.
const LOBE: usize = 2;

/// What lies between tones is lowered by, as the logarithm of a factor: what a network says there is raised by what it is unsure
/// of, which is heard as hiss.
const VALLEY: f32 = 0.5;

/// Frames as sound: magnitudes get phases that go on from those of the frame before at the frequency of the
/// nearest peak (G. Beauregard et al., *Single Pass Spectrogram Inversion*, 2015), and windows overlap.
#[derive(Clone)]
pub struct Synthesis {
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Arc<[f32]>,
    phases: Vec<f32>,
    /// Where phases come from that follow no peak.
    stream: Stream,
    /// What the windows so far sound in the samples that are not finished, oldest first.
    pending: Vec<f32>,
}

impl Synthesis {
    /// Goes on from the last windows of a sound, which must have one at least: what comes out first are the last
    /// [`WINDOW`] - [`HOP`] samples of it once more, fading into what follows.
    pub fn after(sound: &[f32], spectrogram: &Spectrogram, stream: Stream) -> Synthesis {
        let mut synthesis = Synthesis {
            inverse: RealFftPlanner::new().plan_fft_inverse(WINDOW),
            window: hann().into(),
            phases: vec![0.0; BINS],
            stream,
            pending: vec![0.0; WINDOW],
        };
        let windows = WINDOW / HOP;
        let begin = sound.len().saturating_sub(WINDOW + (windows - 1) * HOP);
        let sound = &sound[begin..];
        let first = (sound.len() - WINDOW) % HOP;
        for at in (first..=sound.len() - WINDOW).step_by(HOP) {
            let spectrum = spectrogram.transform(&sound[at..at + WINDOW]);
            for (phase, number) in synthesis.phases.iter_mut().zip(&spectrum) {
                *phase = number.arg();
            }
            synthesis.overlap(spectrum);
        }
        synthesis
    }

    /// Adds a frame of levels, and gives the [`HOP`] samples that are finished by it.
    pub fn next(&mut self, levels: &[f32]) -> Vec<f32> {
        let is_tone = self.go_on(levels);
        let frequencies = levels.iter().zip(&self.phases).zip(is_tone);
        let spectrum = frequencies.map(|((&level, &phase), is_tone)| {
            let level = if is_tone { level } else { level - VALLEY };
            let magnitude = if level <= FLOOR {
                0.0
            } else {
                level.exp() * LOUDEST
            };
            Complex32::from_polar(magnitude, phase)
        });
        let spectrum = spectrum.collect();
        self.overlap(spectrum)
    }

    /// Moves the phases on to those of a frame, and says which frequencies belong to a peak.
    fn go_on(&mut self, levels: &[f32]) -> Vec<bool> {
        let mut peaks: Vec<usize> = Vec::new();
        for bin in 1..BINS - 1 {
            if levels[bin] > levels[bin - 1] && levels[bin] >= levels[bin + 1] {
                peaks.push(bin);
            }
        }
        let (mut phases, mut is_tone) = (vec![0.0; BINS], vec![false; BINS]);
        let mut from = 0;
        for (index, &peak) in peaks.iter().enumerate() {
            // A region ends where the level between two peaks is least.
            let to = match peaks.get(index + 1) {
                Some(&next) => {
                    let valley = (peak..next).min_by(|&a, &b| levels[a].total_cmp(&levels[b]));
                    valley.unwrap_or(peak) + 1
                }
                None => BINS,
            };
            // Exact for a tone through a window of Hann (T. Grandke, 1983).
            let [left, here, right] = [levels[peak - 1], levels[peak], levels[peak + 1]];
            let ratio = (left.max(right) - here).exp();
            let offset = ((2.0 * ratio - 1.0) / (ratio + 1.0)).clamp(0.0, 0.5);
            let offset = if right > left { offset } else { -offset };
            #[expect(clippy::cast_precision_loss, reason = "a thousand frequencies")]
            let frequency = (peak as f32 + offset) / WINDOW as f32;
            #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
            let turned = self.phases[peak] + 2.0 * PI * frequency * HOP as f32;
            let phase = turned.rem_euclid(2.0 * PI);
            for (bin, placed) in phases.iter_mut().enumerate().take(to).skip(from) {
                *placed = if bin.abs_diff(peak) <= LOBE {
                    is_tone[bin] = true;
                    phase
                } else {
                    2.0 * PI * self.stream.uniform()
                };
            }
            from = to;
        }
        phases[0] = 0.0;
        phases[BINS - 1] = 0.0;
        self.phases = phases;
        is_tone
    }

    fn overlap(&mut self, mut spectrum: Vec<Complex32>) -> Vec<f32> {
        for number in spectrum.iter_mut().skip(1).step_by(2) {
            *number = -*number;
        }
        spectrum[0].im = 0.0;
        spectrum[BINS - 1].im = 0.0;
        let mut samples = self.inverse.make_output_vec();
        self.inverse
            .process(&mut spectrum, &mut samples)
            .expect("the buffers fit, and the ends are real");
        self.pending.drain(..HOP);
        self.pending.resize(WINDOW, 0.0);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let scale = 1.0 / (WINDOW as f32 * OVERLAP);
        let sounds = samples.iter().zip(self.window.iter());
        for (pending, (sample, window)) in self.pending.iter_mut().zip(sounds) {
            *pending += sample * window * scale;
        }
        self.pending[..HOP].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use consort_learn::Seed;

    use super::*;

    fn sine(frequency: f32, samples: usize) -> Vec<f32> {
        #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
        let at = |index: usize| 0.5 * (2.0 * PI * frequency * index as f32 / 16_000.0).sin();
        (0..samples).map(at).collect()
    }

    #[test]
    fn bands_cover_all_frequencies_once() {
        let bands = Bands::default();
        assert_eq!(bands.begins.last(), Some(&BINS));
        assert!(bands.begins.windows(2).all(|pair| pair[0] < pair[1]));
        let weights = bands.weights();
        assert_eq!(weights.len(), BINS);
        assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert_eq!(bands.means(&vec![2.0; BINS]), vec![2.0; BANDS]);
    }

    #[test]
    fn a_sine_has_its_level_and_goes_on_as_a_sine() {
        let spectrogram = Spectrogram::default();
        let sound = sine(440.0, 16_000);
        let levels = spectrogram.levels(&sound[..WINDOW]);
        let most = levels.iter().copied().fold(f32::MIN, f32::max);
        assert!((most - 0.5_f32.ln()).abs() < 0.15, "{most}");

        let known = 8000 / HOP * HOP;
        let mut synthesis =
            Synthesis::after(&sound[..known], &spectrogram, Seed(1).stream("phases", 0));
        let mut added = Vec::new();
        for frame in 0..12 {
            let at = known - WINDOW + (frame + 1) * HOP;
            added.extend(synthesis.next(&spectrogram.levels(&sound[at..at + WINDOW])));
        }
        let begin = known - (WINDOW - HOP);
        let wanted = &sound[begin..begin + added.len()];
        let error: f32 = added.iter().zip(wanted).map(|(a, b)| (a - b).powi(2)).sum();
        let power: f32 = wanted.iter().map(|x| x * x).sum();
        assert!(error / power < 0.02, "{}", error / power);
    }
}

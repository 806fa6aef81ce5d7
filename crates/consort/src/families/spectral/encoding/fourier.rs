//! The article's frames: a quarter of a second each, one after another, as real and imaginary parts.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Samples of a frame.
pub const FRAME: usize = 4000;

/// Frequencies of its transform, of which the upper half mirrors the lower.
pub const BINS: usize = FRAME;

/// Numbers of a frame: real parts, then imaginary ones.
pub const VALUES: usize = 2 * BINS;

/// The transform there and back.
#[derive(Clone)]
pub struct Fourier {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Default for Fourier {
    fn default() -> Fourier {
        let mut planner = RealFftPlanner::new();
        Fourier {
            forward: planner.plan_fft_forward(FRAME),
            inverse: planner.plan_fft_inverse(FRAME),
        }
    }
}

impl Fourier {
    /// The numbers of a frame of samples; what is missing of it is silence.
    pub fn values(&self, samples: &[f32]) -> Vec<f32> {
        let mut frame = vec![0.0; FRAME];
        let count = samples.len().min(FRAME);
        frame[..count].copy_from_slice(&samples[..count]);
        let mut spectrum = self.forward.make_output_vec();
        self.forward
            .process(&mut frame, &mut spectrum)
            .expect("the buffers fit");
        let mut values = vec![0.0; VALUES];
        for (bin, number) in spectrum.iter().enumerate() {
            values[bin] = number.re;
            values[BINS + bin] = number.im;
            let mirrored = (BINS - bin) % BINS;
            values[mirrored] = number.re;
            values[BINS + mirrored] = if mirrored == bin {
                number.im
            } else {
                -number.im
            };
        }
        values
    }

    /// The samples of a frame: the real part of the inverse transform, so that halves which do not mirror each
    /// other are averaged.
    pub fn samples(&self, values: &[f32]) -> Vec<f32> {
        let mut spectrum = self.inverse.make_input_vec();
        for (bin, number) in spectrum.iter_mut().enumerate() {
            let mirrored = (BINS - bin) % BINS;
            *number = Complex32::new(
                0.5 * (values[bin] + values[mirrored]),
                0.5 * (values[BINS + bin] - values[BINS + mirrored]),
            );
        }
        let mut samples = self.inverse.make_output_vec();
        self.inverse
            .process(&mut spectrum, &mut samples)
            .expect("the buffers fit, and what mirrors itself is real");
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let scale = 1.0 / FRAME as f32;
        samples.iter_mut().for_each(|sample| *sample *= scale);
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same() {
        let fourier = Fourier::default();
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / f64::from(u32::MAX) - 0.5
        };
        #[expect(clippy::cast_possible_truncation, reason = "noise")]
        let samples: Vec<f32> = (0..FRAME).map(|_| noise() as f32).collect();
        let values = fourier.values(&samples);
        let again = fourier.samples(&values);
        let worst = samples.iter().zip(&again).map(|(a, b)| (a - b).abs());
        assert!(worst.fold(0.0, f32::max) < 1e-5);
        // The halves mirror each other, as those of a complex transform do.
        assert_eq!(values[1], values[BINS - 1]);
        assert_eq!(values[BINS + 1], -values[VALUES - 1]);
    }
}

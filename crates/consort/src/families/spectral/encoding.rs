//! Sound as frames of numbers, and back. All sound is of one channel at [`RATE`].

mod fourier;
mod tones;

pub use fourier::{
    BINS as FOURIER_BINS, FRAME as FOURIER_FRAME, Fourier, VALUES as FOURIER_VALUES,
};
pub use tones::{BANDS, BINS, Bands, FLOOR, HOP, Spectrogram, Synthesis, WINDOW};

/// The name of the encoding. Its number rises when weights would no longer fit.
pub const ENCODING: &str = "spectral-frames/1";

/// Samples in a second.
pub const RATE: u32 = 16_000;

/// Means and deviations of the numbers of a frame, by which it is standardised.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The mean of each number.
    pub mean: Vec<f32>,
    /// Its standard deviation, above 0.
    pub deviation: Vec<f32>,
}

impl Statistics {
    /// Of frames.
    pub fn of<'a>(frames: impl Iterator<Item = &'a [f32]>, values: usize) -> Statistics {
        let (mut count, mut sums) = (0.0, vec![[0.0_f64; 2]; values]);
        for frame in frames {
            count += 1.0;
            for ([sum, squares], &x) in sums.iter_mut().zip(frame) {
                *sum += f64::from(x);
                *squares += f64::from(x) * f64::from(x);
            }
        }
        let count = f64::max(count, 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "few digits matter")]
        let of_value = |[sum, squares]: [f64; 2]| {
            let mean = sum / count;
            let variance = (squares / count - mean * mean).max(0.0);
            (mean as f32, (variance.sqrt() as f32).max(LEAST_DEVIATION))
        };
        let (mean, deviation) = sums.into_iter().map(of_value).unzip();
        Statistics { mean, deviation }
    }

    /// Standardises a frame.
    pub fn standardize(&self, frame: &mut [f32]) {
        for ((x, mean), deviation) in frame.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *x = (*x - mean) / deviation;
        }
    }

    /// The inverse of [`standardize`](Statistics::standardize).
    pub fn restore(&self, frame: &mut [f32]) {
        for ((x, mean), deviation) in frame.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *x = *x * deviation + mean;
        }
    }
}

/// What does not vary is not divided by less.
const LEAST_DEVIATION: f32 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardised_and_restored_is_the_same() {
        let frames = [[1.0, 5.0, 2.0], [3.0, 5.0, -2.0]];
        let statistics = Statistics::of(frames.iter().map(|frame| &frame[..]), 3);
        assert_eq!(statistics.mean, [2.0, 5.0, 0.0]);
        assert_eq!(statistics.deviation, [1.0, LEAST_DEVIATION, 2.0]);
        let mut frame = frames[0];
        statistics.standardize(&mut frame);
        assert_eq!(frame, [-1.0, 0.0, 1.0]);
        statistics.restore(&mut frame);
        assert_eq!(frame, frames[0]);
    }
}

//! Another sample rate, as a stream.

use std::collections::VecDeque;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

/// Samples in a block of what comes out.
pub(super) const BLOCK: usize = 4096;

/// The fewest samples in a step of the filter, at the lower of the two rates: the more there are,
/// the nearer to half of that rate it cuts.
const STEP: usize = 1024;

/// Makes sound of one sample rate from sound of another, without the delay of the filter.
pub(super) struct Resampler {
    /// Absent where both rates are the same.
    filter: Option<Fft<f32>>,
    from_hertz: u64,
    to_hertz: u64,
    /// Samples that the filter takes at a time.
    step: usize,
    /// How much of the filter's delay is still to come out.
    delay: usize,
    waiting: VecDeque<f32>,
    ready: VecDeque<f32>,
    taken: u64,
    given: u64,
    ended: bool,
}

impl Resampler {
    /// A resampler between two rates that are both above 0.
    ///
    /// # Errors
    /// Why there can be none.
    pub(super) fn new(from_hertz: u32, to_hertz: u32) -> Result<Resampler, String> {
        let (mut filter, mut step) = (None, BLOCK);
        if from_hertz != to_hertz {
            let (from, to) = (from_hertz as usize, to_hertz as usize);
            let common = greatest_common_divisor(from, to);
            // An even number of times, so that half a step, the delay, is a whole number of samples.
            let times = STEP.div_ceil(from.min(to) / common).next_multiple_of(2);
            step = times * (from / common);
            let window = WindowFunction::BlackmanHarris2;
            let fft = Fft::new_custom(from, to, step, 1, 1, window, FixedSync::Input)
                .map_err(|error| error.to_string())?;
            filter = Some(fft);
        }
        Ok(Resampler {
            delay: filter.as_ref().map_or(0, rubato::Resampler::output_delay),
            filter,
            from_hertz: from_hertz.into(),
            to_hertz: to_hertz.into(),
            step,
            waiting: VecDeque::new(),
            ready: VecDeque::new(),
            taken: 0,
            given: 0,
            ended: false,
        })
    }

    /// Takes one sample.
    pub(super) fn push(&mut self, sample: f32) {
        self.taken += 1;
        self.waiting.push_back(sample);
    }

    /// Says that no more samples come.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// The next block, or nothing where more samples are needed first or all have been given.
    ///
    /// # Errors
    /// Why the filter failed.
    pub(super) fn take(&mut self) -> Result<Option<Vec<f32>>, String> {
        let whole = self.length();
        while self.ready.len() < BLOCK {
            let full = self.waiting.len() >= self.step;
            let tail = self.ended && self.given < whole;
            if !full && !tail {
                break;
            }
            self.advance()?;
            if self.ended && self.given > whole {
                // What the filter still rings with belongs after the end.
                let beyond = usize::try_from(self.given - whole).unwrap_or(usize::MAX);
                self.ready.truncate(self.ready.len().saturating_sub(beyond));
                self.given = whole;
            }
        }
        let count = self.ready.len().min(BLOCK);
        let enough = count == BLOCK || (self.ended && count > 0);
        Ok(enough.then(|| self.ready.drain(..count).collect()))
    }

    /// How many samples all that was taken becomes, to the nearest.
    fn length(&self) -> u64 {
        let (from, to) = (u128::from(self.from_hertz), u128::from(self.to_hertz));
        let length = (u128::from(self.taken) * to * 2 + from) / (from * 2);
        u64::try_from(length).unwrap_or(u64::MAX)
    }

    /// Takes the filter one step further, with silence after the end.
    fn advance(&mut self) -> Result<(), String> {
        let count = self.waiting.len().min(self.step);
        let mut samples: Vec<f32> = self.waiting.drain(..count).collect();
        samples.resize(self.step, 0.0);
        if let Some(filter) = &mut self.filter {
            let input = InterleavedSlice::new(&samples, 1, self.step).map_err(|e| e.to_string())?;
            let output = filter.process(&input, None).map_err(|e| e.to_string())?;
            samples = output.take_data();
        }
        let delay = self.delay.min(samples.len());
        self.delay -= delay;
        self.given += (samples.len() - delay) as u64;
        self.ready.extend(&samples[delay..]);
        Ok(())
    }
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resample(samples: &[f32], from_hertz: u32, to_hertz: u32) -> Vec<f32> {
        let mut resampler = Resampler::new(from_hertz, to_hertz).unwrap();
        let mut result = Vec::new();
        for &sample in samples {
            resampler.push(sample);
            while let Some(block) = resampler.take().unwrap() {
                result.extend(block);
            }
        }
        resampler.end();
        while let Some(block) = resampler.take().unwrap() {
            result.extend(block);
        }
        assert!(resampler.waiting.len() < resampler.step && resampler.ready.is_empty());
        result
    }

    #[test]
    fn lengths_are_in_proportion_even_of_a_single_sample() {
        for (from, to) in [
            (44_100, 16_000),
            (8000, 16_000),
            (96_001, 16_000),
            (16_000, 16_000),
        ] {
            for frames in [0, 1, 5, 4096, 10_001] {
                let expected = (f64::from(frames) * f64::from(to) / f64::from(from)).round();
                let samples = vec![0.5; frames as usize];
                let length = resample(&samples, from, to).len();
                assert_eq!(length, expected as usize, "{frames} from {from} to {to}");
            }
        }
    }

    #[test]
    fn sound_stays_where_it_was() {
        for (from, to) in [(44_100, 16_000), (8000, 16_000), (22_050, 44_100)] {
            let sine = |frame: u32, rate: u32| {
                (std::f64::consts::TAU * 440.0 * f64::from(frame) / f64::from(rate)).sin() as f32
            };
            let samples: Vec<f32> = (0..from).map(|frame| sine(frame, from)).collect();
            let result = resample(&samples, from, to);
            // Away from the ends, where it starts and stops at once.
            for frame in to / 4..to / 4 * 3 {
                let difference = (result[frame as usize] - sine(frame, to)).abs();
                assert!(
                    difference < 1e-3,
                    "{difference} at {frame} from {from} to {to}"
                );
            }
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_removed() {
        let high: Vec<f32> = (0..44_100u32)
            .map(|frame| {
                (std::f64::consts::TAU * 9000.0 * f64::from(frame) / 44_100.0).sin() as f32
            })
            .collect();
        let result = resample(&high, 44_100, 16_000);
        let loudest = result[4000..12_000]
            .iter()
            .fold(0f32, |peak, s| peak.max(s.abs()));
        assert!(loudest < 1e-3, "{loudest}");
    }
}

//! Sampled sound.

use thiserror::Error;

/// Sampled sound: channels of equal length; full scale is 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    sample_rate_hz: u32,
    channels: Vec<Vec<f32>>,
}

/// The channels of a sound differ in length, or there are none, or time stands still.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "sound needs a sample rate above 0 and one or more channels of equal length, not {lengths:?} samples at {sample_rate_hz} Hz"
)]
pub struct UnequalChannels {
    /// The sample rate.
    pub sample_rate_hz: u32,
    /// The samples of each channel.
    pub lengths: Vec<usize>,
}

impl Audio {
    /// The sound of `channels`.
    ///
    /// # Errors
    /// If there is no channel, they differ in length, or the sample rate is 0.
    pub fn new(sample_rate_hz: u32, channels: Vec<Vec<f32>>) -> Result<Audio, UnequalChannels> {
        let equal = channels
            .windows(2)
            .all(|pair| pair[0].len() == pair[1].len());
        if sample_rate_hz > 0 && !channels.is_empty() && equal {
            return Ok(Audio {
                sample_rate_hz,
                channels,
            });
        }
        Err(UnequalChannels {
            sample_rate_hz,
            lengths: channels.iter().map(Vec::len).collect(),
        })
    }

    /// Samples in a second.
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// The samples of each channel.
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// How many samples each channel has.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// How long it is.
    pub fn seconds(&self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "2^53 samples are thousands of years"
        )]
        let frames = self.frames() as f64;
        frames / f64::from(self.sample_rate_hz)
    }

    /// The largest distance from silence.
    pub fn peak(&self) -> f32 {
        let samples = self.channels.iter().flatten();
        samples.fold(0.0, |peak, sample| sample.abs().max(peak))
    }

    pub(crate) fn channels_mut(&mut self) -> &mut [Vec<f32>] {
        &mut self.channels
    }

    /// Multiplies all samples.
    pub(crate) fn amplify(&mut self, gain: f32) {
        for channel in &mut self.channels {
            channel.iter_mut().for_each(|sample| *sample *= gain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_must_agree() {
        let error = Audio::new(44_100, vec![vec![0.0; 3], vec![0.0; 2]]).unwrap_err();
        assert_eq!(error.lengths, [3, 2]);
        assert!(Audio::new(0, vec![vec![]]).is_err() && Audio::new(8000, vec![]).is_err());
    }
}

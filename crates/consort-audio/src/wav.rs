//! WAV files.

use std::io::{Cursor, Seek, Write};

use hound::{SampleFormat, WavSpec, WavWriter};
use thiserror::Error;

use crate::audio::Audio;

/// How samples are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WavFormat {
    /// Whole numbers of 16 bits, rounded without dither, so that equal sound gives equal bytes.
    #[default]
    Int16,
    /// Whole numbers of 24 bits, rounded.
    Int24,
    /// Numbers of 32 bits with a point, as they are.
    Float32,
}

/// Why a WAV file could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WavError {
    /// The format counts bytes in 32 bits.
    #[error(
        "cannot write {seconds:.0} s of sound as WAV: it would take {bytes} bytes, and the format ends at 4 GiB; write fewer bits or shorter sound"
    )]
    TooLong {
        /// How long the sound is.
        seconds: f64,
        /// How long the file would be.
        bytes: u64,
    },
    /// The format counts channels in 16 bits.
    #[error("cannot write {channels} channels as WAV, which holds 65535 at most")]
    TooManyChannels {
        /// How many channels there are.
        channels: usize,
    },
    /// Writing failed.
    #[error("cannot write WAV: {0}")]
    Io(#[from] std::io::Error),
}

impl Audio {
    /// The sound as a WAV file.
    ///
    /// # Errors
    /// If the format cannot hold it.
    pub fn to_wav(&self, format: WavFormat) -> Result<Vec<u8>, WavError> {
        let mut bytes = Cursor::new(Vec::new());
        self.write_wav(&mut bytes, format)?;
        Ok(bytes.into_inner())
    }

    /// Writes the sound as a WAV file.
    ///
    /// # Errors
    /// If the format cannot hold it, or writing fails.
    pub fn write_wav(&self, out: impl Write + Seek, format: WavFormat) -> Result<(), WavError> {
        let (bits_per_sample, sample_format) = match format {
            WavFormat::Int16 => (16, SampleFormat::Int),
            WavFormat::Int24 => (24, SampleFormat::Int),
            WavFormat::Float32 => (32, SampleFormat::Float),
        };
        let count = self.channels().len();
        let channels =
            u16::try_from(count).map_err(|_| WavError::TooManyChannels { channels: count })?;
        let samples = (self.frames() as u64).saturating_mul(u64::from(channels));
        let bytes = samples.saturating_mul(u64::from(bits_per_sample) / 8) + 128;
        if bytes > u64::from(u32::MAX) {
            return Err(WavError::TooLong {
                seconds: self.seconds(),
                bytes,
            });
        }
        let spec = WavSpec {
            channels,
            sample_rate: self.sample_rate_hz(),
            bits_per_sample,
            sample_format,
        };
        let mut writer = WavWriter::new(out, spec).map_err(io_error)?;
        for frame in 0..self.frames() {
            for channel in self.channels() {
                let sample = channel[frame];
                match format {
                    WavFormat::Int16 => writer.write_sample(whole(sample, 32_767.0)),
                    WavFormat::Int24 => writer.write_sample(whole(sample, 8_388_607.0)),
                    WavFormat::Float32 => writer.write_sample(sample),
                }
                .map_err(io_error)?;
            }
        }
        writer.finalize().map_err(io_error)
    }
}

/// `sample` as a whole number of which `full` is full scale.
fn whole(sample: f32, full: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to 24 bits")]
    let number = (sample.clamp(-1.0, 1.0) * full).round() as i32;
    number
}

fn io_error(error: hound::Error) -> WavError {
    match error {
        hound::Error::IoError(error) => WavError::Io(error),
        other => WavError::Io(std::io::Error::other(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Audio {
        Audio::new(
            8000,
            vec![vec![0.0, 0.5, -1.0, 2.0], vec![1.0, -0.25, 0.1, f32::NAN]],
        )
        .unwrap()
    }

    #[test]
    fn whole_numbers_are_rounded_and_clipped_at_full_scale() {
        let bytes = sound().to_wav(WavFormat::Int16).unwrap();
        let mut reader = hound::WavReader::new(&bytes[..]).unwrap();
        assert_eq!(
            (reader.spec().channels, reader.spec().sample_rate),
            (2, 8000)
        );
        let samples: Vec<i32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(
            samples,
            [0, 32_767, 16_384, -8_192, -32_767, 3_277, 32_767, 0]
        );
    }

    #[test]
    fn floats_come_back_as_they_are() {
        let bytes = sound().to_wav(WavFormat::Float32).unwrap();
        let mut reader = hound::WavReader::new(&bytes[..]).unwrap();
        let samples: Vec<f32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples[..7], [0.0, 1.0, 0.5, -0.25, -1.0, 0.1, 2.0]);
    }

    #[test]
    fn twenty_four_bits_are_finer() {
        let bytes = sound().to_wav(WavFormat::Int24).unwrap();
        let mut reader = hound::WavReader::new(&bytes[..]).unwrap();
        let samples: Vec<i32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples[5], 838_861);
    }
}

//! WAV files.

mod stream;

use std::io::{Cursor, Seek, Write};
use std::path::PathBuf;

use hound::{SampleFormat, WavSpec, WavWriter};
use thiserror::Error;

pub use stream::WavStream;

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
    /// The format needs channels, and time that goes on.
    #[error(
        "cannot write {channels} channels at {sample_rate_hz} Hz as WAV; it needs one channel and a sample rate above 0"
    )]
    NoSound {
        /// How many channels there are.
        channels: u16,
        /// The sample rate.
        sample_rate_hz: u32,
    },
    /// Writing failed.
    #[error("cannot write WAV: {0}")]
    Io(#[from] std::io::Error),
    /// Writing a file failed, as on a full disk.
    #[error("cannot write {}: {source}; make room for it, or write it elsewhere", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
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
        let count = self.channels().len();
        let channels =
            u16::try_from(count).map_err(|_| WavError::TooManyChannels { channels: count })?;
        let frames = self.frames() as u64;
        let mut writer = SampleWriter::new(out, self.sample_rate_hz(), channels, format, frames)?;
        for frame in 0..self.frames() {
            for channel in self.channels() {
                writer.write(channel[frame])?;
            }
        }
        writer.finish()
    }
}

/// Writes samples one by one.
struct SampleWriter<W: Write + Seek> {
    writer: WavWriter<W>,
    format: WavFormat,
}

impl<W: Write + Seek> SampleWriter<W> {
    /// Writes the header, for sound of `frames` frames.
    fn new(
        out: W,
        sample_rate_hz: u32,
        channels: u16,
        format: WavFormat,
        frames: u64,
    ) -> Result<SampleWriter<W>, WavError> {
        check_length(sample_rate_hz, channels, format, frames)?;
        let spec = WavSpec {
            channels,
            sample_rate: sample_rate_hz,
            bits_per_sample: bits(format),
            sample_format: match format {
                WavFormat::Int16 | WavFormat::Int24 => SampleFormat::Int,
                WavFormat::Float32 => SampleFormat::Float,
            },
        };
        let writer = WavWriter::new(out, spec).map_err(io_error)?;
        Ok(SampleWriter { writer, format })
    }

    fn write(&mut self, sample: f32) -> Result<(), WavError> {
        match self.format {
            WavFormat::Int16 => self.writer.write_sample(whole(sample, 32_767.0)),
            WavFormat::Int24 => self.writer.write_sample(whole(sample, 8_388_607.0)),
            WavFormat::Float32 => self.writer.write_sample(sample),
        }
        .map_err(io_error)
    }

    /// Completes the header.
    fn finish(self) -> Result<(), WavError> {
        self.writer.finalize().map_err(io_error)
    }
}

fn bits(format: WavFormat) -> u16 {
    match format {
        WavFormat::Int16 => 16,
        WavFormat::Int24 => 24,
        WavFormat::Float32 => 32,
    }
}

/// Refuses what the format cannot hold.
fn check_length(
    sample_rate_hz: u32,
    channels: u16,
    format: WavFormat,
    frames: u64,
) -> Result<(), WavError> {
    if channels == 0 || sample_rate_hz == 0 {
        return Err(WavError::NoSound {
            channels,
            sample_rate_hz,
        });
    }
    let samples = frames.saturating_mul(channels.into());
    let bytes = samples
        .saturating_mul(u64::from(bits(format)) / 8)
        .saturating_add(128);
    if bytes <= u64::from(u32::MAX) {
        return Ok(());
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 samples are thousands of years"
    )]
    let seconds = frames as f64 / f64::from(sample_rate_hz);
    Err(WavError::TooLong { seconds, bytes })
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

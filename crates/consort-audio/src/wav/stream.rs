//! WAV files, written as a stream.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::{SampleWriter, WavError, WavFormat, check_length};

/// A WAV file that is being written. It gets its name only when it is whole: until then it is
/// beside it, with `.part` after the name, and dropping this removes it.
pub struct WavStream {
    target: PathBuf,
    part: PathBuf,
    /// The file, to see to it that it is stored.
    file: File,
    writer: Option<SampleWriter<BufWriter<File>>>,
    sample_rate_hz: u32,
    channels: u16,
    format: WavFormat,
    samples: u64,
}

impl WavStream {
    /// Begins the file at `path`, for `frames` samples in each of the `channels`. Fewer or more can
    /// be written, up to what the format holds.
    ///
    /// # Errors
    /// If the format cannot hold that many, there is no channel, the sample rate is 0, or the file
    /// cannot be made.
    pub fn create(
        path: &Path,
        sample_rate_hz: u32,
        channels: u16,
        format: WavFormat,
        frames: u64,
    ) -> Result<WavStream, WavError> {
        check_length(sample_rate_hz, channels, format, frames)?;
        let failed = |source| WavError::File {
            path: path.into(),
            source,
        };
        if path.is_dir() || path.file_name().is_none() {
            return Err(failed(std::io::ErrorKind::IsADirectory.into()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(failed)?;
        let mut stream = WavStream {
            target: path.into(),
            part,
            // From here on, dropping the stream removes the file.
            file: file.try_clone().map_err(failed)?,
            writer: None,
            sample_rate_hz,
            channels,
            format,
            samples: 0,
        };
        let out = BufWriter::new(file);
        let writer = SampleWriter::new(out, sample_rate_hz, channels, format, frames);
        stream.writer = Some(writer.map_err(|error| stream.named(error))?);
        Ok(stream)
    }

    /// Writes samples, frame after frame; a call may end within a frame. Full scale is 1: what is
    /// beyond becomes 1 or -1, and what is no number becomes 0.
    ///
    /// # Errors
    /// If the format cannot hold as much as has been written, or writing fails.
    pub fn write(&mut self, samples: &[f32]) -> Result<(), WavError> {
        let count = self.samples.saturating_add(samples.len() as u64);
        let frames = count.div_ceil(self.channels.into());
        check_length(self.sample_rate_hz, self.channels, self.format, frames)?;
        self.samples = count;
        for &sample in samples {
            let sample = if sample.is_nan() {
                0.0
            } else {
                sample.clamp(-1.0, 1.0)
            };
            let written = self.writer.as_mut().map_or(Ok(()), |w| w.write(sample));
            written.map_err(|error| self.named(error))?;
        }
        Ok(())
    }

    /// Completes the file and gives it its name, in place of what had it.
    ///
    /// # Errors
    /// If the last frame is incomplete, or storing the file fails. Then it is removed.
    pub fn finish(mut self) -> Result<(), WavError> {
        let writer = self.writer.take();
        let written = writer.map_or(Ok(()), SampleWriter::finish);
        written.map_err(|error| self.named(error))?;
        // Some systems tell only now that the disk is full.
        let stored = self.file.sync_all();
        let stored = stored.and_then(|()| std::fs::rename(&self.part, &self.target));
        stored.map_err(|error| self.named(WavError::Io(error)))
    }

    /// Says which file could not be written.
    fn named(&self, error: WavError) -> WavError {
        match error {
            WavError::Io(source) => WavError::File {
                path: self.target.clone(),
                source,
            },
            other => other,
        }
    }
}

impl Drop for WavStream {
    fn drop(&mut self) {
        // The writer completes the header when it is dropped; only then can the file go. After
        // `finish` it has another name, and there is nothing to remove.
        self.writer = None;
        let _ = std::fs::remove_file(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Audio;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_stream_gives_the_same_bytes_as_the_whole() {
        let left: Vec<f32> = (0..5000u32).map(|i| (i as f32 * 0.01).sin()).collect();
        let right: Vec<f32> = left.iter().map(|sample| -0.5 * sample).collect();
        let samples: Vec<f32> = left
            .iter()
            .zip(&right)
            .flat_map(|(a, b)| [*a, *b])
            .collect();
        let audio = Audio::new(44_100, vec![left, right]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        for format in [WavFormat::Int16, WavFormat::Int24, WavFormat::Float32] {
            let mut stream = WavStream::create(&path, 44_100, 2, format, 5000).unwrap();
            // Pieces that end within a frame.
            samples
                .chunks(333)
                .for_each(|piece| stream.write(piece).unwrap());
            assert!(names(folder.path()).contains(&"sound.wav.part".to_owned()));
            stream.finish().unwrap();
            assert_eq!(names(folder.path()), ["sound.wav"]);
            assert_eq!(std::fs::read(&path).unwrap(), audio.to_wav(format).unwrap());
        }
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        let mut stream = WavStream::create(&path, 8000, 1, WavFormat::Int16, 3).unwrap();
        stream.write(&[0.0; 3]).unwrap();
        drop(stream);
        assert!(names(folder.path()).is_empty());
        let mut stream = WavStream::create(&path, 8000, 2, WavFormat::Int16, 2).unwrap();
        stream.write(&[0.0; 3]).unwrap();
        assert!(stream.finish().is_err());
        assert!(names(folder.path()).is_empty());
        // What was there before stays.
        std::fs::write(&path, "old").unwrap();
        drop(WavStream::create(&path, 8000, 2, WavFormat::Int16, 2).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn too_much_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        let create = |rate, channels, frames| {
            WavStream::create(&path, rate, channels, WavFormat::Int16, frames)
        };
        let long = create(48_000, 2, 1 << 30);
        assert!(matches!(long, Err(WavError::TooLong { .. })));
        let endless = create(48_000, 2, u64::MAX);
        assert!(matches!(endless, Err(WavError::TooLong { .. })));
        let still = create(0, 2, 1);
        assert!(matches!(still, Err(WavError::NoSound { .. })));
        assert!(matches!(create(1, 0, 1), Err(WavError::NoSound { .. })));
        assert!(names(folder.path()).is_empty());
        let nowhere = folder.path().join("missing").join("sound.wav");
        let nowhere = WavStream::create(&nowhere, 8000, 1, WavFormat::Int16, 1);
        let message = nowhere.err().unwrap().to_string();
        assert!(message.contains("sound.wav"), "{message}");
        let folder = WavStream::create(folder.path(), 8000, 1, WavFormat::Int16, 1);
        assert!(matches!(folder, Err(WavError::File { .. })));
    }

    #[test]
    fn samples_are_clamped_and_no_numbers_are_silent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        let mut stream = WavStream::create(&path, 8000, 1, WavFormat::Float32, 4).unwrap();
        stream
            .write(&[2.0, f32::NEG_INFINITY, f32::NAN, 0.25])
            .unwrap();
        stream.finish().unwrap();
        let mut reader = hound::WavReader::open(&path).unwrap();
        let samples: Vec<f32> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1.0, -1.0, 0.0, 0.25]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error() {
        // A device that is always full; the temporary file cannot be there, so link to it.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sound.wav");
        let part = folder.path().join("sound.wav.part");
        std::os::unix::fs::symlink("/dev/full", part).unwrap();
        let written = WavStream::create(&path, 8000, 1, WavFormat::Int16, 100_000)
            .and_then(|mut stream| stream.write(&[0.1; 100_000]).and(Ok(stream)))
            .and_then(WavStream::finish);
        assert!(matches!(written, Err(WavError::File { .. })));
        assert!(!path.exists());
    }
}

//! Sound that is made while it is heard, so that its length costs no memory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use consort_audio::recording::Recording;
use consort_learn::{Observer, Progress};

use crate::error::Error;
use crate::files::FileError;

/// What takes sound: samples of one channel, from -1 to 1, block by block.
pub type Sink<'a> = dyn FnMut(&[f32]) -> Result<(), Error> + 'a;

/// Where sound comes from.
pub trait Source: Send + Sync {
    /// Hands all of it to `sink`, the same each time.
    ///
    /// # Errors
    /// If it cannot be read or made, the sink does not take it, or the observer stops the work.
    fn play(&self, sink: &mut Sink<'_>, observe: &mut Observer<'_>) -> Result<(), Error>;

    /// What had to be mended or guessed, as far as it was played.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Sound of one channel.
#[derive(Clone)]
pub struct Sound {
    rate_hz: u32,
    frames: u64,
    source: Arc<dyn Source>,
}

impl Sound {
    /// Sound from a source that gives about so many samples.
    pub fn new(rate_hz: u32, frames: u64, source: Arc<dyn Source>) -> Sound {
        Sound {
            rate_hz,
            frames,
            source,
        }
    }

    /// Sound that is there.
    pub fn of_samples(rate_hz: u32, samples: Vec<f32>) -> Sound {
        let frames = samples.len() as u64;
        Sound::new(rate_hz, frames, Arc::new(Samples(samples)))
    }

    /// The sound in a file (mp3, flac, ogg or wav), its channels mixed to one at `rate_hz`.
    ///
    /// # Errors
    /// If it is not there or no sound.
    pub fn of_file(path: &Path, rate_hz: u32) -> Result<Sound, FileError> {
        let recording = open(path, rate_hz)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a guess at a length"
        )]
        let frames = (recording.seconds().unwrap_or(0.0) * f64::from(rate_hz)) as u64;
        let path = path.to_owned();
        let file = File {
            path,
            rate_hz,
            warnings: Mutex::default(),
        };
        Ok(Sound::new(rate_hz, frames, Arc::new(file)))
    }

    /// Samples in a second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// About how many samples it has.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Hands all of it to `sink`.
    ///
    /// # Errors
    /// If it cannot be read or made, the sink does not take it, or the observer stops the work.
    pub fn play(&self, sink: &mut Sink<'_>, observe: &mut Observer<'_>) -> Result<(), Error> {
        self.source.play(sink, observe)
    }

    /// What had to be mended or guessed of it, known when it was played to its end.
    pub fn warnings(&self) -> Vec<String> {
        self.source.warnings()
    }

    /// All of it at once.
    ///
    /// # Errors
    /// As [`play`](Sound::play).
    pub fn samples(&self, observe: &mut Observer<'_>) -> Result<Vec<f32>, Error> {
        let mut samples = Vec::new();
        let mut sink = |block: &[f32]| {
            samples.extend_from_slice(block);
            Ok(())
        };
        self.play(&mut sink, observe)?;
        Ok(samples)
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sound = formatter.debug_struct("Sound");
        sound.field("rate_hz", &self.rate_hz);
        sound.field("frames", &self.frames).finish_non_exhaustive()
    }
}

/// Sounds are equal if what is heard is; what cannot be played equals nothing.
impl PartialEq for Sound {
    fn eq(&self, other: &Sound) -> bool {
        let samples = |sound: &Sound| sound.samples(&mut consort_learn::progress::unobserved).ok();
        let (Some(own), Some(others)) = (samples(self), samples(other)) else {
            return false;
        };
        self.rate_hz == other.rate_hz && own == others
    }
}

/// Tells `observe` that so many seconds of sound are done.
pub(crate) fn tell(observe: &mut Observer<'_>, done: u64, total: u64) -> Result<(), Error> {
    let progress = Progress {
        unit: "second",
        done,
        total: total.max(done),
        measure: None,
        held_out: false,
    };
    if observe(progress).is_break() {
        return Err(Error::Stopped);
    }
    Ok(())
}

struct Samples(Vec<f32>);

impl Source for Samples {
    fn play(&self, sink: &mut Sink<'_>, _: &mut Observer<'_>) -> Result<(), Error> {
        sink(&self.0)
    }
}

struct File {
    path: PathBuf,
    rate_hz: u32,
    warnings: Mutex<Vec<String>>,
}

impl Source for File {
    fn play(&self, sink: &mut Sink<'_>, observe: &mut Observer<'_>) -> Result<(), Error> {
        let mut recording = open(&self.path, self.rate_hz)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a guess at a length"
        )]
        let total = recording.seconds().unwrap_or(0.0) as u64;
        let (mut played, mut told) = (0, 0);
        while let Some(block) = recording.read().map_err(FileError::from)? {
            sink(&block)?;
            played += block.len() as u64;
            let seconds = played / u64::from(self.rate_hz);
            if seconds > told {
                tell(observe, seconds, total)?;
                told = seconds;
            }
        }
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        *warnings = recording.warnings().to_vec();
        Ok(())
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = self.warnings.lock();
        warnings.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn open(path: &Path, rate_hz: u32) -> Result<Recording, FileError> {
    Ok(Recording::open(path, rate_hz)?)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use consort_learn::progress;

    use super::*;

    #[test]
    fn sounds_are_what_is_heard() {
        let sound = |samples: &[f32]| Sound::of_samples(16_000, samples.to_vec());
        assert_eq!(sound(&[0.5, -0.5]), sound(&[0.5, -0.5]));
        assert_ne!(sound(&[0.5, -0.5]), sound(&[0.5, 0.5]));
        let mut observe = progress::unobserved;
        assert_eq!(sound(&[0.25]).samples(&mut observe).unwrap(), [0.25]);
    }

    #[test]
    fn a_file_is_played_in_one_channel_and_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stereo.wav");
        let channels = vec![vec![0.5; 96_000], vec![0.0; 96_000]];
        let audio = consort_audio::Audio::new(48_000, channels).unwrap();
        let wav = audio.to_wav(consort_audio::WavFormat::Int16).unwrap();
        std::fs::write(&path, wav).unwrap();
        let sound = Sound::of_file(&path, 16_000).unwrap();
        let samples = sound.samples(&mut progress::unobserved).unwrap();
        assert_eq!((samples.len(), sound.frames()), (32_000, 32_000));
        assert!((samples[16_000] - 0.25).abs() < 1e-3);
        assert!(sound.warnings().is_empty());
        let mut stop = |_: Progress| ControlFlow::Break(());
        assert!(matches!(sound.samples(&mut stop), Err(Error::Stopped)));
        assert!(Sound::of_file(&folder.path().join("none.wav"), 16_000).is_err());
    }
}

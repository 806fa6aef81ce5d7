//! Files of sound (mp3, flac, Ogg Vorbis and wav), read as a stream of one channel at any rate.
//!
//! A recording of an hour needs no more memory than one of a second:
//!
//! ```no_run
//! use std::path::Path;
//!
//! use consort_audio::recording::Recording;
//!
//! let mut recording = Recording::open(Path::new("song.mp3"), 16_000)?;
//! let mut energy = 0.0;
//! while let Some(samples) = recording.read()? {
//!     energy += samples.iter().map(|sample| sample * sample).sum::<f32>();
//! }
//! for warning in recording.warnings() {
//!     eprintln!("{warning}");
//! }
//! # Ok::<(), consort_audio::recording::RecordingError>(())
//! ```

mod resample;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use resample::Resampler;
use source::{Frames, Source};

/// The sample rates of files, and of what is made of them, in Hz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// The most channels in a file.
const CHANNELS: usize = 64;

/// The most that a sample can be; what is beyond is no sound, and would spread in the filter.
const LOUDEST: f32 = 1e6;

/// Of how many samples one may clip.
const CLIPPING: u64 = 1000;

/// Why a file of sound cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be opened, or reading it fails.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is a folder.
    #[error("{} is a folder; name a file of sound in it", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The bytes are no sound in a known form, whatever the name of the file says.
    #[error("{} is not audio in a known form; mp3, flac, Ogg Vorbis and wav are read", path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
    },
    /// The container is known, but not what is in it.
    #[error("cannot decode {}: it holds {codec}; convert it to wav, flac, mp3 or Ogg Vorbis", path.display())]
    Codec {
        /// The file.
        path: PathBuf,
        /// What it holds.
        codec: String,
    },
    /// The file is broken from the start, or in a way that cannot be skipped.
    #[error("cannot decode {}: {reason}; export or download it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no sound in the file, or it is 0 samples long.
    #[error("{} holds no sound; export or download it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The sample rate is not one that sound has.
    #[error("{} has {hertz} samples in a second; convert it to a sample rate from 1 to 768 kHz", path.display())]
    SampleRate {
        /// The file.
        path: PathBuf,
        /// Samples in a second.
        hertz: u32,
    },
    /// There are no channels, or too many.
    #[error("{} has {channels} channels; convert it to 1 to 64", path.display())]
    Channels {
        /// The file.
        path: PathBuf,
        /// How many channels it has.
        channels: usize,
    },
    /// The sample rate that was asked for is not one that sound has.
    #[error("cannot read sound at {hertz} samples in a second; ask for 1 to 768 kHz")]
    Rate {
        /// The rate that was asked for, in Hz.
        hertz: u32,
    },
    /// Changing the sample rate failed.
    #[error("cannot bring {} to another sample rate: {reason}; convert it to wav first", path.display())]
    Resampling {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The sound is longer than was asked for.
    #[error("{} is longer than {seconds_max} s; cut it into shorter files", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The longest that was allowed, in seconds.
        seconds_max: f64,
    },
}

impl RecordingError {
    fn unreadable(path: &Path, source: std::io::Error) -> RecordingError {
        RecordingError::Io {
            path: path.into(),
            source,
        }
    }
}

/// A file of sound that is being read as one channel: the mean of its channels; full scale is 1.
pub struct Recording {
    path: PathBuf,
    source: Source,
    resampler: Resampler,
    tally: Tally,
    ended: bool,
    warnings: Vec<String>,
}

/// What was odd about the samples so far.
#[derive(Default)]
struct Tally {
    samples: u64,
    no_numbers: u64,
    clipped: u64,
}

impl Recording {
    /// Opens the file at `path`, whatever its name says, to be read at `rate` Hz, which can be 1000
    /// to 768000. The start is decoded, so that a file that opens can be read.
    ///
    /// # Errors
    /// If the file cannot be read or decoded, has no sound, or if the rate is out of range.
    pub fn open(path: &Path, rate: u32) -> Result<Recording, RecordingError> {
        if !RATES_HZ.contains(&rate) {
            return Err(RecordingError::Rate { hertz: rate });
        }
        let source = Source::open(path)?;
        let resampler =
            Resampler::new(source.rate_hz, rate).map_err(|error| resampling(path, error))?;
        let mut recording = Recording {
            path: path.into(),
            source,
            resampler,
            tally: Tally::default(),
            ended: false,
            warnings: Vec::new(),
        };
        while !recording.source.decoded() {
            if recording.ended || recording.source.hopeless() {
                return Err(recording.source.nothing());
            }
            recording.advance()?;
        }
        Ok(recording)
    }

    /// The next samples, 4096 of them except at the end, or nothing when all were read.
    ///
    /// # Errors
    /// If reading fails, or the sample rate changes on the way. What is damaged is skipped, and
    /// named in [`Recording::warnings`].
    pub fn read(&mut self) -> Result<Option<Vec<f32>>, RecordingError> {
        loop {
            let block = self.resampler.take();
            if let Some(block) = block.map_err(|error| resampling(&self.path, error))? {
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            self.advance()?;
        }
    }

    /// How long the file is in seconds, if its header tells.
    pub fn seconds(&self) -> Option<f64> {
        self.source
            .told_frames
            .map(|frames| self.seconds_of(frames))
    }

    /// What a listener should know about the file, a line each; complete once
    /// [`Recording::read`] has returned nothing.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All samples of the file at `path` at `rate` Hz, and the warnings.
    ///
    /// # Errors
    /// As [`Recording::open`] and [`Recording::read`], and if the sound is longer than
    /// `seconds_max`, of which no more than that is kept.
    pub fn read_all(
        path: &Path,
        rate: u32,
        seconds_max: f64,
    ) -> Result<(Vec<f32>, Vec<String>), RecordingError> {
        let mut recording = Recording::open(path, rate)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what does not fit becomes the nearest, which is as good a limit"
        )]
        let most = (seconds_max * f64::from(rate)).round() as usize;
        let mut samples = Vec::new();
        while let Some(block) = recording.read()? {
            if samples.len() + block.len() > most {
                return Err(RecordingError::TooLong {
                    path: path.into(),
                    seconds_max,
                });
            }
            samples.extend(block);
        }
        Ok((samples, recording.warnings))
    }

    /// Reads one packet further.
    fn advance(&mut self) -> Result<(), RecordingError> {
        let full_scale = self.source.full_scale;
        if let Some(frames) = self.source.next()? {
            self.tally.add(&frames, full_scale, &mut self.resampler);
        } else {
            self.resampler.end();
            self.ended = true;
            self.warnings = self.list_warnings();
        }
        Ok(())
    }

    fn list_warnings(&self) -> Vec<String> {
        let (tally, source) = (&self.tally, &self.source);
        let mut warnings = Vec::new();
        if source.is_truncated() {
            let seconds = self.seconds_of(source.frames);
            warnings.push(match self.seconds() {
                Some(told) if told > seconds => format!(
                    "the file has {seconds:.2} s of sound, and its header tells {told:.2} s: it was cut short or lost a part"
                ),
                _ => format!(
                    "the file ends after {seconds:.2} s in the middle of the sound: it was cut short"
                ),
            });
        }
        if source.damaged > 0 {
            warnings.push(format!(
                "{} damaged packets were skipped; silence stands in their place where their length is known",
                source.damaged
            ));
        }
        if tally.no_numbers > 0 {
            warnings.push(format!(
                "{} samples were not finite numbers and became silence",
                tally.no_numbers
            ));
        }
        if tally.clipped * CLIPPING > tally.samples {
            warnings.push(format!(
                "{} of {} samples clip, so that the sound is distorted; record or export it at a lower level",
                tally.clipped, tally.samples
            ));
        }
        warnings
    }

    /// How long `frames` of the file are.
    fn seconds_of(&self, frames: u64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "2^53 samples are thousands of years"
        )]
        let frames = frames as f64;
        frames / f64::from(self.source.rate_hz)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("path", &self.path)
            .field("seconds", &self.seconds())
            .finish_non_exhaustive()
    }
}

impl Tally {
    /// Passes the means of `frames` on to `resampler`, and counts what is odd.
    fn add(&mut self, frames: &Frames<'_>, full_scale: f32, resampler: &mut Resampler) {
        self.samples += frames.samples.len() as u64;
        for frame in frames.samples.chunks_exact(frames.channels) {
            let mut sum = 0.0;
            for &sample in frame {
                let size = sample.abs();
                // Written so that it holds for what is not a number, too.
                if size <= LOUDEST {
                    sum += sample;
                    self.clipped += u64::from(size >= full_scale);
                } else {
                    self.no_numbers += 1;
                }
            }
            resampler.push(sum / frames.channels as f32);
        }
    }
}

fn resampling(path: &Path, reason: String) -> RecordingError {
    RecordingError::Resampling {
        path: path.into(),
        reason,
    }
}

fn check_rate(path: &Path, hertz: u32) -> Result<(), RecordingError> {
    if RATES_HZ.contains(&hertz) {
        return Ok(());
    }
    Err(RecordingError::SampleRate {
        path: path.into(),
        hertz,
    })
}

fn check_channels(path: &Path, channels: usize) -> Result<(), RecordingError> {
    if (1..=CHANNELS).contains(&channels) {
        return Ok(());
    }
    Err(RecordingError::Channels {
        path: path.into(),
        channels,
    })
}

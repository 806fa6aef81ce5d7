//! Scores, sound and pictures as files: what every front end reads and writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use consort_audio::recording::RecordingError;
use consort_audio::{
    Instruments, RenderError, RenderOptions, WavError, WavFormat, WavStream, render,
};
use consort_learn::Observer;
use consort_music::format::{self, Format, ReadError};
use consort_music::grid::TooLong;
use consort_music::midi::{self, Percussion};
use consort_music::{Reading, Resolution, Score, Ticks, Warning, abc, harmony};
use thiserror::Error;

use crate::error::Error;
use crate::pictures::{self, PictureFormat};
use crate::sound::Sound;

/// The largest file that is read: no score comes near it.
const BYTES_MAX: u64 = 64 << 20;

/// What a file holds, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A score.
    Score(Format),
    /// Its sound.
    Wav,
    /// Its piano roll.
    Picture(PictureFormat),
    /// Its notes and grids as NumPy's arrays.
    Arrays,
}

/// Why a file could not be read or made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is no score.
    #[error("{}: {source}", path.display())]
    NotAScore {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// It is no MIDI file, and something was said of its channels.
    #[error("{}: only MIDI files have channels; leave out --channel", path.display())]
    NoChannels {
        /// The file.
        path: PathBuf,
    },
    /// Its name does not say what it should hold.
    #[error("{}: the name must end with one of {endings}", path.display())]
    Ending {
        /// The file.
        path: PathBuf,
        /// What it may end with.
        endings: String,
    },
    /// The score cannot be played.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// It is no sound that can be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The sound cannot be written.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// Its steps would be finer than ticks can be.
    #[error("{steps_per_quarter} steps in a quarter note are too many, or none; 4 are sixteenths")]
    TooFine {
        /// The steps that were asked for.
        steps_per_quarter: u32,
    },
    /// It has too many steps for a table.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// It has no drums, or so few strokes that nothing follows another.
    #[error(
        "{}: no drums that follow each other; a pattern is that of a drum kit, which MIDI has on \
         channel 10",
        path.display()
    )]
    NoDrums {
        /// The file, or the folder without such a file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FileError {
    /// Whether the caller can mend it by other arguments or another input.
    pub fn is_callers(&self) -> bool {
        !matches!(self, FileError::Write { .. } | FileError::Wav(_))
    }
}

impl Kind {
    /// What a file of this name holds.
    ///
    /// # Errors
    /// [`FileError::Ending`] if the ending is none that is known.
    pub fn of(path: &Path) -> Result<Kind, FileError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let extension = extension.unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "wav" => Ok(Kind::Wav),
            "npz" => Ok(Kind::Arrays),
            "svg" => Ok(Kind::Picture(PictureFormat::Svg)),
            "png" => Ok(Kind::Picture(PictureFormat::Png)),
            _ => Format::of_extension(&extension)
                .map(Kind::Score)
                .ok_or_else(|| FileError::Ending {
                    path: path.to_owned(),
                    endings: endings(),
                }),
        }
    }

    /// Whether one file can hold several pieces.
    pub fn holds_several(self) -> bool {
        self == Kind::Score(Format::Abc)
    }
}

fn endings() -> String {
    let scores = Format::ALL.iter().flat_map(|format| format.extensions());
    let all: Vec<String> = scores
        .chain(&["wav", "svg", "png", "npz"])
        .map(|extension| format!(".{extension}"))
        .collect();
    all.join(", ")
}

/// What a file leaves open about the score in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which of several tunes, 1 first; else the first, with a warning that there are more.
    pub tune: Option<usize>,
    /// Which channels of a MIDI file are drums, if it is said.
    pub percussion: Percussion,
}

/// Reads the score in a file; of several tunes the one numbered `tune`, 1 first.
///
/// # Errors
/// If the file cannot be read or holds no score.
pub fn read_score(path: &Path, tune: Option<usize>) -> Result<Reading<Score>, FileError> {
    let options = ReadOptions {
        tune,
        ..ReadOptions::default()
    };
    read_score_with(path, &options)
}

/// Reads the score in a file in a way of one's choice.
///
/// # Errors
/// If the file cannot be read or holds no score, and [`FileError::NoChannels`] if channels are said of
/// another than a MIDI file.
pub fn read_score_with(path: &Path, options: &ReadOptions) -> Result<Reading<Score>, FileError> {
    let bytes = read(path)?;
    let has_channels = Format::of_bytes(&bytes).is_none_or(|format| format == Format::Midi);
    if !has_channels && options.percussion != Percussion::Detected {
        return Err(FileError::NoChannels {
            path: path.to_owned(),
        });
    }
    let percussion = options.percussion.clone();
    let reading = format::read_with(&bytes, options.tune, &midi::Options { percussion });
    reading.map_err(|source| FileError::NotAScore {
        path: path.to_owned(),
        source,
    })
}

/// A score as it lies in its file, for pieces in which nothing of it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    format: Format,
    bytes: Vec<u8>,
}

impl Original {
    /// The file's, unless it holds several tunes: then none of them is the file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(path: &Path) -> Result<Option<Original>, FileError> {
        let bytes = read(path)?;
        let alone = |format: &Format| {
            *format != Format::Abc || format::read_all(&bytes).is_ok_and(|all| all.value.len() == 1)
        };
        let format = Format::of_bytes(&bytes).filter(alone);
        Ok(format.map(|format| Original { format, bytes }))
    }

    /// The bytes, if they are a file of this kind.
    pub fn bytes(&self, kind: Kind) -> Option<&[u8]> {
        (kind == Kind::Score(self.format)).then_some(&self.bytes)
    }
}

/// Reads all scores in a file: one, or the tunes of an ABC file.
///
/// # Errors
/// If the file cannot be read or holds no score.
pub fn read_scores(path: &Path) -> Result<Reading<Vec<Score>>, FileError> {
    let bytes = read(path)?;
    format::read_all(&bytes).map_err(|source| FileError::NotAScore {
        path: path.to_owned(),
        source,
    })
}

/// All that a strict reader finds wrong in a file: see [`format::faults`].
///
/// # Errors
/// If the file cannot be read or holds no score.
pub fn faults(path: &Path) -> Result<Vec<Warning>, FileError> {
    format::faults(&read(path)?).map_err(|source| FileError::NotAScore {
        path: path.to_owned(),
        source,
    })
}

/// Reads a file of at most 64 MiB.
///
/// # Errors
/// If it is not there, no file, empty, too large, or not to be read.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let failed = |reason: String| FileError::Read {
        path: path.to_owned(),
        reason,
    };
    let about = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if about.is_dir() {
        return Err(failed("it is a folder; name a file in it".to_owned()));
    }
    if about.len() > BYTES_MAX {
        let megabytes = about.len() >> 20;
        return Err(failed(format!(
            "it has {megabytes} MiB, and no score has more than 64"
        )));
    }
    let bytes = fs::read(path).map_err(|error| failed(error.to_string()))?;
    if bytes.is_empty() {
        return Err(failed("it is empty".to_owned()));
    }
    Ok(bytes)
}

/// The file itself, or all MIDI files of a folder and the folders in it, in the order of their names.
///
/// # Errors
/// If a folder cannot be read.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |source: io::Error| FileError::Read {
        path: path.to_owned(),
        reason: source.to_string(),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Links to folders are not followed: they may lead back.
        if entry.file_type().map_err(failed)?.is_dir() {
            found.extend(files_of(&entry.path())?);
        } else if matches!(Kind::of(&entry.path()), Ok(Kind::Score(Format::Midi))) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The steps in a quarter note of the grids in [`Kind::Arrays`]: sixteenths.
pub const STEPS_PER_QUARTER: u32 = 4;

/// The bytes of a file of `kind` about `score`: the score itself, its sound with repeats played out and
/// the chords of a lead sheet strummed, its piano roll, or its arrays with grids of [`STEPS_PER_QUARTER`].
///
/// # Errors
/// If the score cannot be played, or is too long for a table.
pub fn bytes_of(
    score: &Score,
    kind: Kind,
    instruments: &Instruments,
) -> Result<Vec<u8>, FileError> {
    match kind {
        Kind::Score(format) => Ok(format::write(score, format)),
        Kind::Picture(format) => Ok(pictures::piano_roll(score, format)),
        Kind::Wav => {
            let score = harmony::with_accompaniment(score.clone());
            let audio = render(&score.unfolded(), instruments, &RenderOptions::STANDARD)?;
            Ok(audio.to_wav(WavFormat::Int16)?)
        }
        Kind::Arrays => arrays(score, STEPS_PER_QUARTER),
    }
}

/// A score in ABC with this reference number, as one of the tunes of a file.
pub fn numbered_tune(score: &Score, number: u64) -> String {
    let mut score = score.clone();
    let fields = &mut score.metadata.fields;
    fields.retain(|(name, _)| name != "X");
    fields.push(("X".to_owned(), number.to_string()));
    abc::write(&score)
}

/// The arrays of `score` as an `.npz` file with grids of so many steps in a quarter note, as
/// [`consort_music::grid::arrays`] lists them. Where the score's ticks are too coarse for that, the file
/// has finer ones.
///
/// # Errors
/// If the score is too long for a table, or no ticks are fine enough for the steps.
pub fn arrays(score: &Score, steps_per_quarter: u32) -> Result<Vec<u8>, FileError> {
    let (score, step) = in_steps(score, steps_per_quarter)?;
    Ok(consort_music::grid::arrays::to_npz(&score, step)?)
}

/// `score`, with finer ticks where its own are too coarse for so many steps in a quarter note, and the
/// ticks of a step.
///
/// # Errors
/// If no ticks are fine enough.
pub(crate) fn in_steps(score: &Score, steps_per_quarter: u32) -> Result<(Score, Ticks), FileError> {
    let too_fine = FileError::TooFine { steps_per_quarter };
    let steps = Resolution::new(steps_per_quarter);
    let common = steps.and_then(|steps| score.resolution.common(steps));
    let (Some(steps), Some(common)) = (steps, common) else {
        return Err(too_fine);
    };
    let score = score.at_resolution(common).ok_or(too_fine)?;
    let step = Ticks((common.quarter().0) / steps.quarter().0);
    Ok((score, step))
}

/// Writes all files or none: each is written beside its place, and they are moved there when all
/// are whole.
///
/// # Errors
/// If one cannot be written; then no place has changed, unless moving itself failed half-way.
pub fn write_all(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
    let mut beside: Vec<PathBuf> = Vec::new();
    let written = files.iter().try_for_each(|(path, bytes)| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        beside.push(path.with_file_name(name));
        let place = beside.last().expect("just pushed");
        fs::write(place, bytes).map_err(|source| FileError::Write {
            path: path.clone(),
            source,
        })
    });
    let moved = written.and_then(|()| {
        files
            .iter()
            .zip(&beside)
            .try_for_each(|((path, _), beside)| {
                fs::rename(beside, path).map_err(|source| FileError::Write {
                    path: path.clone(),
                    source,
                })
            })
    });
    if moved.is_err() {
        // What cannot be taken away was never there or is beyond reach; the first error says why.
        beside.iter().for_each(|path| drop(fs::remove_file(path)));
    }
    moved
}

/// Writes sound as WAV of 16 bits while it is made; at its end the file is moved to its place.
///
/// # Errors
/// If it cannot be made or written, or is too long for WAV; then nothing is at its place that was not there.
pub fn write_sound(path: &Path, sound: &Sound, observe: &mut Observer<'_>) -> Result<(), Error> {
    let rate = sound.rate_hz();
    let stream = WavStream::create(path, rate, 1, WavFormat::Int16, sound.frames());
    let mut stream = stream.map_err(FileError::from)?;
    let mut sink = |block: &[f32]| Ok(stream.write(block).map_err(FileError::from)?);
    sound.play(&mut sink, observe)?;
    Ok(stream.finish().map_err(FileError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_what_a_file_holds() {
        let kind = |name: &str| Kind::of(Path::new(name)).ok();
        assert_eq!(kind("a.MID"), Some(Kind::Score(Format::Midi)));
        assert_eq!(
            kind("a.b.mxl"),
            Some(Kind::Score(Format::CompressedMusicXml))
        );
        assert_eq!(kind("a.wav"), Some(Kind::Wav));
        assert_eq!(kind("a.png"), Some(Kind::Picture(PictureFormat::Png)));
        assert_eq!(kind("a"), None);
        let error = Kind::of(Path::new("a.mp3")).unwrap_err().to_string();
        assert!(
            error.contains("a.mp3") && error.contains(".musicxml"),
            "{error}"
        );
    }

    #[test]
    fn all_files_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.mid");
        let bad = folder.path().join("no such folder").join("bad.mid");
        let files = [(good.clone(), vec![1]), (bad, vec![2])];
        assert!(matches!(write_all(&files), Err(FileError::Write { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        write_all(&files[..1]).unwrap();
        assert_eq!(fs::read(good).unwrap(), [1]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let reason = |path: &Path| read_score(path, None).unwrap_err().to_string();
        assert!(reason(folder.path()).contains("folder"));
        assert!(reason(&folder.path().join("none.mid")).contains("none.mid"));
        let file = folder.path().join("file.mid");
        fs::write(&file, b"").unwrap();
        assert!(reason(&file).contains("empty"));
        fs::write(&file, b"Dear diary").unwrap();
        assert!(reason(&file).contains("MIDI, MusicXML"));
    }

    #[test]
    fn an_original_is_a_file_of_one_score_in_its_format() {
        let folder = tempfile::tempdir().unwrap();
        let tune = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\nCDEF|]\n";
        let path = folder.path().join("tune.txt");
        let original = |text: &str| {
            fs::write(&path, text).unwrap();
            Original::of(&path).unwrap()
        };
        let one = original(tune).unwrap();
        assert_eq!(one.bytes(Kind::Score(Format::Abc)), Some(tune.as_bytes()));
        assert_eq!(one.bytes(Kind::Score(Format::Midi)), None);
        assert_eq!(one.bytes(Kind::Wav), None);
        assert_eq!(original(&format!("{tune}\n{tune}")), None);
        assert_eq!(original("Dear diary"), None);
    }

    #[test]
    fn channels_of_a_midi_file_are_drums_if_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let tune = b"X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\nCDEF|]\n";
        let (abc, mid) = (folder.path().join("a.abc"), folder.path().join("a.mid"));
        fs::write(&abc, tune).unwrap();
        let score = read_score(&abc, None).unwrap().value;
        fs::write(&mid, midi::write(&score)).unwrap();
        let with = |path: &Path, channels: &[u8]| {
            let options = ReadOptions {
                percussion: Percussion::Channels(channels.to_vec()),
                ..ReadOptions::default()
            };
            read_score_with(path, &options)
        };
        let is_drums = |reading: Reading<Score>| reading.value.parts[0].instrument.percussion;
        assert!(!is_drums(read_score(&mid, None).unwrap()));
        assert!(is_drums(with(&mid, &[3, 1]).unwrap()));
        assert!(!is_drums(with(&mid, &[10]).unwrap()));
        let error = with(&abc, &[1]).unwrap_err();
        assert!(error.is_callers() && error.to_string().contains("--channel"));
    }
}

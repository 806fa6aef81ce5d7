//! Any of the three formats: told apart by content, read into one score, written by name.

use thiserror::Error;

use crate::abc::{self, AbcError};
use crate::inventory::{Feature, Inventory};
use crate::midi::{self, MidiError};
use crate::musicxml::{self, MusicXmlError};
use crate::reading::{Place, Reading, Warning};
use crate::score::Score;

/// A file format for scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A Standard MIDI File.
    Midi,
    /// MusicXML as text.
    MusicXml,
    /// MusicXML in its archive.
    CompressedMusicXml,
    /// ABC notation.
    Abc,
}

/// How much of a feature of scores a format holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// All: reading what was written gives as many again.
    All,
    /// Some: it depends on what they are, which the module of the format says.
    Some,
    /// None: they are left out.
    None,
}

/// Why bytes could not be read as a score.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// They are in none of the formats.
    #[error("this is not music in a known form: expected MIDI, MusicXML (plain or .mxl) or ABC")]
    Unknown,
    /// They are MIDI, but cannot be read.
    #[error(transparent)]
    Midi(#[from] MidiError),
    /// They are MusicXML, but cannot be read.
    #[error(transparent)]
    MusicXml(#[from] MusicXmlError),
    /// They are ABC, but cannot be read.
    #[error(transparent)]
    Abc(#[from] AbcError),
    /// A file of several tunes has not as many as were asked for.
    #[error("the file holds {held} tunes, there is no number {wanted}")]
    NoSuchTune {
        /// How many it holds.
        held: usize,
        /// Which was asked for, 1 first.
        wanted: usize,
    },
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 4] = [
        Format::Midi,
        Format::MusicXml,
        Format::CompressedMusicXml,
        Format::Abc,
    ];

    /// The endings of file names, the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Format::Midi => &["mid", "midi", "kar", "rmi"],
            Format::MusicXml => &["musicxml", "xml"],
            Format::CompressedMusicXml => &["mxl"],
            Format::Abc => &["abc"],
        }
    }

    /// How much of `feature` a file of this format holds.
    pub fn holds(self, feature: Feature) -> Holds {
        match self {
            Format::Midi => match feature {
                Feature::Syllable | Feature::Words => Holds::Some,
                Feature::GraceNote
                | Feature::Tie
                | Feature::Tuplet
                | Feature::Spelling
                | Feature::FurtherStaff
                | Feature::Timing
                | Feature::Fermata
                | Feature::Articulation
                | Feature::Ornament
                | Feature::Bowing
                | Feature::Slur
                | Feature::OtherMark
                | Feature::MarkedRest
                | Feature::Hairpin
                | Feature::Pedal
                | Feature::OctaveLine
                | Feature::OtherLine
                | Feature::PartKey
                | Feature::Clef
                | Feature::Repeat
                | Feature::Ending
                | Feature::Jump
                | Feature::Barline
                | Feature::Transposition => Holds::None,
                _ => Holds::All,
            },
            Format::MusicXml | Format::CompressedMusicXml => match feature {
                Feature::Controller | Feature::Field => Holds::Some,
                Feature::PitchBend
                | Feature::Pressure
                | Feature::Release
                | Feature::OtherMessage => Holds::None,
                _ => Holds::All,
            },
            Format::Abc => match feature {
                Feature::Tie
                | Feature::OtherMark
                | Feature::MarkedRest
                | Feature::RehearsalMark
                | Feature::Clef
                | Feature::Controller
                | Feature::ProgramChange
                | Feature::Transposition => Holds::Some,
                Feature::Velocity
                | Feature::Timing
                | Feature::PitchBend
                | Feature::Pressure
                | Feature::Release
                | Feature::OtherMessage => Holds::None,
                _ => Holds::All,
            },
        }
    }

    /// The format of file names that end so, in either case.
    pub fn of_extension(extension: &str) -> Option<Format> {
        let extension = extension.to_ascii_lowercase();
        Format::ALL
            .into_iter()
            .find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// The format that bytes look like. ABC has no signature: text counts as ABC if a line begins
    /// with `X:` or `K:`.
    pub fn of_bytes(bytes: &[u8]) -> Option<Format> {
        let starts = |signature: &[u8]| bytes.starts_with(signature);
        if starts(b"MThd") || (starts(b"RIFF") && bytes.get(8..12) == Some(b"RMID".as_slice())) {
            return Some(Format::Midi);
        }
        if starts(b"PK\x03\x04") {
            return Some(Format::CompressedMusicXml);
        }
        let text = bytes
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(bytes)
            .trim_ascii_start();
        let wide = starts(b"\xFF\xFE") || starts(b"\xFE\xFF");
        if text.starts_with(b"<") || wide {
            return Some(Format::MusicXml);
        }
        let mut lines = text.split(|&byte| byte == b'\n' || byte == b'\r');
        lines
            .any(|line| line.starts_with(b"X:") || line.starts_with(b"K:"))
            .then_some(Format::Abc)
    }
}

/// Reads a score in any format. Of an ABC file with several tunes the one numbered `tune` (1 first)
/// is read, or the first, with a warning that there are more.
///
/// # Errors
/// If the format is not known or the bytes cannot be read in it.
pub fn read(bytes: &[u8], tune: Option<usize>) -> Result<Reading<Score>, ReadError> {
    read_with(bytes, tune, &midi::Options::default())
}

/// Reads a score as [`read`] does, and if it is MIDI in a way of one's choice.
///
/// # Errors
/// As [`read`].
pub fn read_with(
    bytes: &[u8],
    tune: Option<usize>,
    options: &midi::Options,
) -> Result<Reading<Score>, ReadError> {
    let Reading {
        value: mut tunes,
        mut warnings,
    } = read_all_with(bytes, options)?;
    let (held, wanted) = (tunes.len(), tune.unwrap_or(1));
    if wanted == 0 || wanted > held {
        return Err(ReadError::NoSuchTune { held, wanted });
    }
    let value = tunes.swap_remove(wanted - 1);
    if held > 1 && tune.is_none() {
        let title = value.metadata.title.as_deref().unwrap_or("without a title");
        let message = format!("the file holds {held} tunes; the first, {title:?}, was read");
        warnings.push(Warning {
            place: Place::File,
            message,
        });
    }
    Ok(Reading { value, warnings })
}

/// Reads all scores of a file in any format: one, or the tunes of an ABC file.
///
/// # Errors
/// If the format is not known or the bytes cannot be read in it.
pub fn read_all(bytes: &[u8]) -> Result<Reading<Vec<Score>>, ReadError> {
    read_all_with(bytes, &midi::Options::default())
}

fn read_all_with(bytes: &[u8], options: &midi::Options) -> Result<Reading<Vec<Score>>, ReadError> {
    let one = |reading: Reading<Score>| Reading {
        value: vec![reading.value],
        warnings: reading.warnings,
    };
    match Format::of_bytes(bytes).ok_or(ReadError::Unknown)? {
        Format::Midi => Ok(one(midi::read_with(bytes, options)?)),
        Format::MusicXml | Format::CompressedMusicXml => Ok(one(musicxml::read(bytes)?)),
        Format::Abc => Ok(abc::read(bytes)?),
    }
}

/// All that a strict reader finds wrong in a file: whatever had to be guessed, mended or left out, and in
/// ABC also what [`abc::read_strict`] refuses.
///
/// # Errors
/// If the format is not known or the bytes cannot be read in it at all.
pub fn faults(bytes: &[u8]) -> Result<Vec<Warning>, ReadError> {
    if Format::of_bytes(bytes) != Some(Format::Abc) {
        return Ok(read_all(bytes)?.warnings);
    }
    match abc::read_strict(bytes) {
        Ok(_) => Ok(Vec::new()),
        Err(AbcError::Violations(violations)) => Ok(violations),
        Err(error) => Err(error.into()),
    }
}

/// The bytes of a file of `score`. Repeats are played out for MIDI, which has none.
pub fn write(score: &Score, format: Format) -> Vec<u8> {
    match format {
        Format::Midi => midi::write(&score.unfolded()),
        Format::MusicXml => musicxml::write(score).into_bytes(),
        Format::CompressedMusicXml => musicxml::write_compressed(score),
        Format::Abc => abc::write(score).into_bytes(),
    }
}

/// What is lost of `score` in a file of `format`, and how much of it, found by writing it and reading
/// it again. Repeats that are played out for MIDI are counted as they are played.
pub fn lost(score: &Score, format: Format) -> Vec<(Feature, usize)> {
    let Ok(again) = read(&write(score, format), Some(1)) else {
        // What was written has a score in it, so this is for completeness only.
        return Inventory::of(score).iter().collect();
    };
    let before = match format {
        Format::Midi => Inventory::of(&score.unfolded()),
        _ => Inventory::of(score),
    };
    let after = Inventory::of(&again.value);
    before.lacking_in(&after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_content() {
        let looks: [(&[u8], Option<Format>); 8] = [
            (b"MThd\0\0\0\x06", Some(Format::Midi)),
            (b"RIFF....RMID", Some(Format::Midi)),
            (b"RIFF....WAVE", None),
            (b"PK\x03\x04", Some(Format::CompressedMusicXml)),
            (b"\xEF\xBB\xBF <?xml", Some(Format::MusicXml)),
            (b"\xFF\xFE<\0", Some(Format::MusicXml)),
            (b"% tunes\nX:1\nK:C\n", Some(Format::Abc)),
            (b"Dear diary", None),
        ];
        for (bytes, format) in looks {
            assert_eq!(
                Format::of_bytes(bytes),
                format,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn faults_are_all_that_a_strict_reader_minds() {
        let said = |tune: &[u8]| faults(tune).expect("it is ABC").len();
        assert_eq!(said(b"X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|]\n"), 0);
        // A bar that does not add up, and a chord of an older ABC that readers take without a word.
        assert_eq!(
            said(b"X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|CDE|+CE+DEF|]\n"),
            2
        );
        assert!(faults(b"Dear diary").is_err());
    }

    #[test]
    fn a_tune_is_chosen_by_its_number() {
        let book = b"X:1\nT:One\nK:C\nC4|\n\nX:2\nT:Two\nK:C\nD4|\n";
        let title = |tune| read(book, tune).map(|reading| reading.value.metadata.title);
        assert_eq!(
            title(Some(2)).expect("there are two").as_deref(),
            Some("Two")
        );
        assert!(matches!(
            title(Some(3)),
            Err(ReadError::NoSuchTune { held: 2, wanted: 3 })
        ));
        let first = read(book, None).expect("there are two");
        assert!(
            first
                .warnings
                .iter()
                .any(|warning| warning.message.contains("2 tunes"))
        );
    }
}

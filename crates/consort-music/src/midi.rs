//! Standard MIDI files.
//!
//! [`read`] takes formats 0, 1 and 2, metrical and SMPTE timing, and RMID wrappers; [`write()`] gives
//! format 1. Both work on bytes. Broken files are read as far as they make sense, and what was cut,
//! hanging, overlapping or illegal is told in the warnings with its track and byte.
//!
//! # How a file becomes a score
//!
//! | in the file | in the score |
//! |---|---|
//! | a channel of a track | a [`Part`](crate::score::Part); channel 10 is percussion |
//! | track name, else instrument name | the part's name; the first track's name is the title |
//! | first program of the channel | [`Instrument::program`](crate::score::Instrument) |
//! | a later program | words with the General MIDI name of the program |
//! | note on, note off | a note; of equal pitches the first begun is the first ended |
//! | a note that ends where it begins | one tick long |
//! | tempo, key | as they are; impossible ones are left out with a warning |
//! | time signatures | measures; 4/4 where there are none |
//! | a first measure shorter than the metre that follows it | a pickup, measure `0` |
//! | a time signature within a measure | ends the measure there |
//! | lyrics, or the text of a karaoke track | syllables of the notes at that moment, else words |
//! | marker; cue point; text | rehearsal mark; words; a dynamic if it reads like one, else words |
//! | text at the start of the first track | [`Metadata::fields`](crate::score::Metadata), split at `name: ` |
//! | format 2 | the tracks one after another |
//! | SMPTE timing | a quarter note for each second, and the tempo that makes it so |
//!
//! Notes of a part that overlap go to different voices; notes with the same onset and end are a
//! chord of one voice. Controllers, pitch bends, pressure and system exclusive messages have no
//! place in a score: one warning counts them.
//!
//! A file that claims more measures than 4096 and its length in bytes has one unmeasured stretch
//! after them.
//!
//! The resolution is that of the file, or a multiple of it if a metre needs finer ticks.
//!
//! # What a file can hold of a score
//!
//! Reading what was written gives the score back but for these: ties are joined; grace notes become
//! short notes that take their time from the note they precede; every note has a velocity; voices
//! are numbered anew; tempos are rounded to whole microseconds and keys are major or minor; a
//! measure that is shorter or longer than its metre gets a metre of its own (a pickup keeps the
//! metre that follows); numbers of measures, repeats, marks, spellings, tuplets, staves, clefs and
//! transpositions are left out. Writing what was read and reading it again changes nothing.

mod events;
mod file;
pub mod general;
mod lyrics;
mod notes;
mod parts;
mod text;
mod timeline;
mod track;
mod writer;

use thiserror::Error;

use crate::reading::{Reading, Warnings};
use crate::score::Score;

/// Why bytes are not a MIDI file at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MidiError {
    /// There are no bytes.
    #[error("cannot read MIDI: the file is empty")]
    Empty,
    /// There is no header.
    #[error(
        "cannot read MIDI: no header chunk MThd; the file begins with {start}, so it is of another kind or damaged"
    )]
    NotMidi {
        /// The first bytes, readable.
        start: String,
    },
    /// The header chunk is incomplete.
    #[error(
        "cannot read MIDI: the header at byte {byte} needs 6 bytes and has {found}; the file was cut, get it again"
    )]
    HeaderCut {
        /// Where the header's content begins.
        byte: usize,
        /// The bytes that are there.
        found: usize,
    },
    /// A MIDI 2.0 clip, which is a format of its own.
    #[error(
        "cannot read MIDI: this is a MIDI 2.0 clip file (SMF2CLIP); export it as a Standard MIDI File 1.0"
    )]
    Midi2Clip,
}

/// Reads a Standard MIDI File.
///
/// # Memory
/// At most 300 bytes for each byte of `bytes`, and 1 MiB.
///
/// # Errors
/// If `bytes` hold no MIDI header; everything after it is mended with warnings.
pub fn read(bytes: &[u8]) -> Result<Reading<Score>, MidiError> {
    let mut warnings = Warnings::default();
    let file = file::File::read(bytes, &mut warnings)?;
    let score = parts::score(file, bytes.len(), &mut warnings);
    Ok(Reading {
        value: score,
        warnings: warnings.into_vec(),
    })
}

/// Writes a Standard MIDI File of format 1: a first track with title, tempos, metres and keys, then
/// a track for each part.
///
/// Repeats are not played out: unfold the score first if they should be. The ticks are those of the
/// score; a resolution beyond MIDI's 32767 ticks is made coarser, exactly where the score allows it
/// and else to the nearest tick. Parts beyond the 15 melodic channels go to further MIDI ports.
/// Times after 2^40 ticks are drawn back to that moment, and texts end after 65535 bytes.
pub fn write(score: &Score) -> Vec<u8> {
    writer::write(score)
}

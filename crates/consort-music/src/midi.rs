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
//! | a channel of a track | a [`Part`](crate::score::Part); see [`Percussion`] for which are drums |
//! | track name, else instrument name | the part's name; the first track's name is the title |
//! | the program in force at the first note | [`Instrument::program`](crate::score::Instrument) |
//! | note on, note off | a note; of equal pitches the first begun is the first ended |
//! | a note that ends where it begins | one tick long |
//! | controllers, pitch bends, pressure, later programs | [`Part::controls`](crate::score::Part), in their order |
//! | a controller that ends all notes (120, 123 to 127) | the ends of the notes, and a control |
//! | a release velocity other than 0 and 64, which say nothing | a control at the note's end, before others |
//! | system exclusive messages, bytes to be sent as they are | controls; packets stay apart |
//! | meta events that are not in this table (sequencer-specific, SMPTE offset, ...) | controls, with kind and content |
//! | tempo, key | as they are; impossible ones are left out with a warning; of several at a moment the last holds |
//! | time signatures | measures; 4/4 where there are none; how the metronome ticks is not kept |
//! | a first measure shorter than the metre that follows it | a pickup, measure `0` |
//! | a time signature within a measure | ends the measure there |
//! | lyrics, or the text of a karaoke track | syllables of the notes at that moment, else words |
//! | marker; cue point; text | rehearsal mark; words; a dynamic if it reads like one, else words |
//! | text at the start of the first track | [`Metadata::fields`](crate::score::Metadata), split at `name: ` |
//! | port | tells channels apart |
//! | channel prefix | left out with a warning |
//! | format 2 | the tracks one after another |
//! | SMPTE timing | a quarter note for each second, and the tempo that makes it so |
//!
//! Notes of a part that overlap go to different voices; notes with the same onset and end are a
//! chord of one voice.
//!
//! Messages to a channel without notes in their own track go to the first part that plays on it; those
//! to no channel go with the channel that their track spoke to last, else with the first part. What
//! then has no part is counted in a warning. The program before the first note is also a control
//! where it is not the only one, or not at the start, or followed there by a bank or a system
//! exclusive message.
//!
//! A file that claims more measures than 4096 and its notes together has one unmeasured stretch
//! after them.
//!
//! The resolution is that of the file, or a multiple of it if a metre needs finer ticks; where that is more
//! than a file can have, all times are rounded to 30240 ticks in a quarter note, with a warning.
//!
//! # What a file can hold of a score
//!
//! Reading what was written gives the score back but for these: the notes are as they are played
//! ([`performance::played`](crate::performance::played)), so that ties are joined, grace notes are
//! short notes, and the written timing is gone where it differs; every note has a velocity; where
//! notes of one pitch overlap in a part, the first begun is the first ended; voices are numbered anew;
//! tempos are rounded to whole microseconds and keys are major or minor; a measure that is shorter or
//! longer than its metre gets a metre of its own (a pickup keeps the metre that follows); numbers of
//! measures, repeats, marks, spellings, tuplets, staves, clefs, transpositions, spanners, rests with
//! signs and the keys of single parts are left out. So are a release where no note ends, and meta
//! events of kinds that mean something else. Writing what was read and reading it again changes
//! nothing.

mod bytes;
mod channels;
mod controls;
mod events;
mod file;
pub mod general;
mod instrument;
mod lyrics;
mod notes;
mod parts;
mod text;
mod timeline;
mod track;
mod voices;
mod writer;

use thiserror::Error;

use crate::reading::{Reading, Warnings};
use crate::score::Score;
use crate::time::Resolution;

/// The most ticks that a file can have in a quarter note.
const DIVISION_MAX: u32 = 0x7FFF;

/// The resolution of what MIDI cannot hold exactly: it divides by 2 to 32, 3, 9, 27, 5 and 7.
const COARSE: Resolution = Resolution::new(30_240).expect("a resolution within its range");

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

/// How a file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which channels are drums.
    pub percussion: Percussion,
}

/// Which channels are drums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Percussion {
    /// Channel 10, and those that choose a bank of drums before their first note: controller 0 at 120
    /// in General MIDI 2, or at 127 after the message "XG System On". At 121, General MIDI 2's bank of
    /// melodic instruments, channel 10 has no drums.
    #[default]
    Detected,
    /// These, from 1 to 16, and no others.
    Channels(Vec<u8>),
}

/// Reads a Standard MIDI File.
///
/// # Memory
/// At most 300 bytes for each byte of `bytes`, and 1 MiB.
///
/// # Errors
/// If `bytes` hold no MIDI header; everything after it is mended with warnings.
pub fn read(bytes: &[u8]) -> Result<Reading<Score>, MidiError> {
    read_with(bytes, &Options::default())
}

/// Reads a Standard MIDI File as [`read`] does, in a way of one's choice.
///
/// # Errors
/// As [`read`].
pub fn read_with(bytes: &[u8], options: &Options) -> Result<Reading<Score>, MidiError> {
    let mut warnings = Warnings::default();
    let file = file::File::read(bytes, &mut warnings)?;
    let score = parts::score(file, options, &mut warnings);
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
/// and else to the nearest tick. At one moment notes end first, then come controls and texts, then
/// notes begin. Drums are on channel 10; parts beyond the 15 melodic channels, and further drums, go
/// to further MIDI ports, and after 128 of these they share channels. Where the controls choose a
/// program up to the first note, [`Instrument::program`](crate::score::Instrument) takes the place of
/// the last of them; else it stands at the start.
/// Times after 2^40 ticks are drawn back to that moment, and texts end after 65535 bytes.
pub fn write(score: &Score) -> Vec<u8> {
    writer::write(score)
}

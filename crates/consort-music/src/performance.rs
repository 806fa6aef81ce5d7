//! How a score is played: the player's timing beside the written one, what is done besides striking
//! notes, and the notes as they come out.

use std::collections::BTreeMap;

use crate::score::{Note, Part, SoundingNote};
use crate::time::{Resolution, Ticks};
use crate::{Pitch, Velocity};

/// How a note is played, beside how it is written. Of tied heads the first speaks for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Played {
    /// How much later it begins than it is written; negative if it is early.
    pub delay: Ticks,
    /// How long it is held, 1 at least.
    pub duration: Ticks,
}

/// Something a player does besides striking notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// When.
    pub at: Ticks,
    /// What.
    pub message: Message,
}

/// What a [`Control`] does, in the terms of MIDI.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Message {
    /// A controller is moved: 64 is the sustain pedal, 7 the volume, 11 the expression.
    Controller {
        /// Which, 0 to 127.
        number: u8,
        /// Where to, 0 to 127.
        value: u8,
    },
    /// The pitch wheel is moved, -8192 to 8191.
    PitchBend(i16),
    /// All keys are pressed harder or less hard, 0 to 127.
    Pressure(u8),
    /// One key is.
    KeyPressure {
        /// Which key.
        pitch: Pitch,
        /// How hard, 0 to 127.
        value: u8,
    },
    /// Another General MIDI program is chosen, 0 to 127.
    Program(u8),
    /// The note of a pitch that ends here is let go at a speed, 0 to 127. Where no note ends it means
    /// nothing.
    Release {
        /// Which note.
        pitch: Pitch,
        /// How fast.
        velocity: u8,
    },
    /// A system exclusive message, without the bytes F0 and F7 around it.
    SystemExclusive(Box<[u8]>),
    /// Bytes to be sent as they are: a packet of a longer system exclusive message, a message to the
    /// whole system.
    Raw(Box<[u8]>),
    /// An event of a MIDI file that is for the program which wrote it, such as those specific to a
    /// sequencer.
    Meta {
        /// Its kind, 0 to 127.
        kind: u8,
        /// Its content.
        data: Box<[u8]>,
    },
}

/// A note as it is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedNote {
    /// When it begins.
    pub onset: Ticks,
    /// When it ends, after its onset.
    pub end: Ticks,
    /// How it sounds.
    pub pitch: Pitch,
    /// How hard it is struck.
    pub velocity: Velocity,
}

/// The notes of `part` as they are played, at least a tick long, in order of onset and end: by
/// [`Played`] where a note has it, else as they are written, and none before the start.
///
/// Grace notes sound from the onset of the note they precede, one after another, each a thirty-second
/// note long but all together no more than half of that note, which begins when they are over. Where
/// it is known when that note is played, they come just before it.
pub fn played(part: &Part, resolution: Resolution) -> Vec<PlayedNote> {
    let sounding = part.sounding();
    let mut played: Vec<PlayedNote> = sounding.iter().copied().map(PlayedNote::from).collect();
    let mut graces: BTreeMap<(Ticks, u8), Vec<&Note>> = BTreeMap::new();
    for note in part.notes.iter().filter(|note| note.is_grace()) {
        if note.played.is_some() {
            let (duration, pitch) = (note.duration, note.pitch);
            played.push(PlayedNote::of(
                note.onset,
                duration,
                note.played,
                pitch,
                note.velocity,
            ));
        } else {
            graces
                .entry((note.onset, note.voice))
                .or_default()
                .push(note);
        }
    }
    let mut mains: BTreeMap<(Ticks, u8), Vec<usize>> = BTreeMap::new();
    if !graces.is_empty() {
        for (index, note) in sounding.iter().enumerate() {
            mains
                .entry((note.onset, note.voice))
                .or_default()
                .push(index);
        }
    }
    let written = (resolution.quarter() / 8).max(Ticks(1));
    for ((onset, voice), group) in graces {
        let main = mains.get(&(onset, voice)).map_or(&[][..], Vec::as_slice);
        let places = group.iter().filter(|note| !joins(note)).count().max(1);
        let count = i64::try_from(places).unwrap_or(i64::MAX);
        let struck = main
            .iter()
            .filter(|&&index| sounding[index].played.is_some());
        let struck = struck.map(|&index| played[index].onset).min();
        let shortest = main.iter().map(|&index| played[index].end - onset).min();
        let share = shortest
            .filter(|_| struck.is_none())
            .map_or(written, |length| length / 2 / count);
        let each = written.min(share).max(Ticks(1));
        let mut at = struck.map_or(onset, |struck| (struck - each * count).max(Ticks::ZERO));
        let mut next = at;
        for note in group {
            if !joins(note) {
                at = next;
                next = at + each;
            }
            played.push(PlayedNote::of(at, each, None, note.pitch, note.velocity));
        }
        for &index in main
            .iter()
            .filter(|&&index| sounding[index].played.is_none())
        {
            // Of a note too short for its grace notes a tick is left.
            played[index].onset = next.min(played[index].end - Ticks(1));
        }
    }
    // Of equal pitches that begin together the first is the first to end in the file as well.
    played.sort_by_key(|note| (note.onset, note.end));
    played
}

/// Whether a grace note sounds together with the one before it.
fn joins(note: &Note) -> bool {
    note.grace.is_some_and(|grace| grace.chord)
}

impl From<SoundingNote> for PlayedNote {
    /// The note as it is played if no grace notes precede it.
    fn from(note: SoundingNote) -> PlayedNote {
        PlayedNote::of(
            note.onset,
            note.duration,
            note.played,
            note.pitch,
            note.velocity,
        )
    }
}

impl PlayedNote {
    fn of(
        onset: Ticks,
        duration: Ticks,
        played: Option<Played>,
        pitch: Pitch,
        velocity: Option<Velocity>,
    ) -> PlayedNote {
        let (onset, duration) = match played {
            Some(played) => (onset + played.delay, played.duration),
            None => (onset, duration),
        };
        let onset = onset.max(Ticks::ZERO);
        PlayedNote {
            onset,
            end: onset + duration.max(Ticks(1)),
            pitch,
            velocity: velocity.unwrap_or(Velocity::DEFAULT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Grace;

    #[test]
    fn grace_notes_take_their_time_from_the_next_note() {
        let pitch = |midi: u8| Pitch::try_from(midi).unwrap();
        let grace = |midi| Note {
            grace: Some(Grace::default()),
            ..Note::new(Ticks(480), Ticks(0), pitch(midi))
        };
        let part = Part {
            notes: vec![
                grace(62),
                grace(64),
                Note::new(Ticks(480), Ticks(480), pitch(65)),
            ],
            ..Part::default()
        };
        let times = |part: &Part| -> Vec<(i64, i64, u8)> {
            played(part, Resolution::MIDI)
                .iter()
                .map(|note| (note.onset.0, note.end.0, note.pitch.midi()))
                .collect()
        };
        assert_eq!(
            times(&part),
            [(480, 540, 62), (540, 600, 64), (600, 960, 65)]
        );
        let mut short = part.clone();
        short.notes[2].duration = Ticks(80);
        assert_eq!(
            times(&short),
            [(480, 500, 62), (500, 520, 64), (520, 560, 65)]
        );
    }

    #[test]
    fn notes_are_played_when_the_player_struck_them() {
        let note = |onset, delay, duration| Note {
            played: Some(Played {
                delay: Ticks(delay),
                duration: Ticks(duration),
            }),
            ..Note::new(Ticks(onset), Ticks(480), Pitch::MIDDLE_C)
        };
        let grace = Note {
            grace: Some(Grace::default()),
            ..Note::new(Ticks(480), Ticks(0), Pitch::MIDDLE_C)
        };
        let head = Note {
            tied_to: true,
            ..note(480, 20, 700)
        };
        let tail = Note {
            tied_from: true,
            ..Note::new(Ticks(960), Ticks(480), Pitch::MIDDLE_C)
        };
        let part = Part {
            notes: vec![note(0, -10, 300), grace, head, tail],
            ..Part::default()
        };
        let times: Vec<(i64, i64)> = played(&part, Resolution::MIDI)
            .iter()
            .map(|note| (note.onset.0, note.end.0))
            .collect();
        assert_eq!(times, [(0, 300), (440, 500), (500, 1200)]);
    }
}

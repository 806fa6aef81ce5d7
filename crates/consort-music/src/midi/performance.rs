//! A part as it is played: ties joined, grace notes given time.

use std::collections::BTreeMap;

use crate::score::Part;
use crate::time::{Resolution, Ticks};
use crate::{Pitch, Velocity};

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

/// The notes of `part` as they are played, at least a tick long, in order of onset and end.
///
/// Grace notes sound from the onset of the note they precede, one after another, each a thirty-second
/// note long but all together no more than half of that note, which begins when they are over.
pub fn played(part: &Part, resolution: Resolution) -> Vec<PlayedNote> {
    let mut played: Vec<PlayedNote> = part
        .sounding()
        .iter()
        .map(|note| PlayedNote {
            onset: note.onset,
            end: note.end().max(note.onset + Ticks(1)),
            pitch: note.pitch,
            velocity: note.velocity.unwrap_or(Velocity::DEFAULT),
        })
        .collect();
    let mut graces: BTreeMap<(Ticks, u8), Vec<(Pitch, Velocity)>> = BTreeMap::new();
    for note in part.notes.iter().filter(|note| note.grace) {
        let velocity = note.velocity.unwrap_or(Velocity::DEFAULT);
        graces
            .entry((note.onset, note.voice))
            .or_default()
            .push((note.pitch, velocity));
    }
    let mut mains: BTreeMap<(Ticks, u8), Vec<usize>> = BTreeMap::new();
    for (index, note) in part.sounding().iter().enumerate() {
        mains
            .entry((note.onset, note.voice))
            .or_default()
            .push(index);
    }
    let written = (resolution.quarter() / 8).max(Ticks(1));
    for ((onset, voice), group) in graces {
        let main = mains.get(&(onset, voice)).map_or(&[][..], Vec::as_slice);
        let shortest = main.iter().map(|&index| played[index].end - onset).min();
        let count = i64::try_from(group.len()).unwrap_or(i64::MAX);
        let share = shortest.map_or(written, |length| length / 2 / count);
        let each = written.min(share).max(Ticks(1));
        let mut at = onset;
        for (pitch, velocity) in group {
            played.push(PlayedNote {
                onset: at,
                end: at + each,
                pitch,
                velocity,
            });
            at += each;
        }
        for &index in main {
            // Of a note too short for its grace notes a tick is left.
            played[index].onset = at.min(played[index].end - Ticks(1));
        }
    }
    // Of equal pitches that begin together the first is the first to end in the file as well.
    played.sort_by_key(|note| (note.onset, note.end));
    played
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Note;

    #[test]
    fn grace_notes_take_their_time_from_the_next_note() {
        let pitch = |midi: u8| Pitch::try_from(midi).unwrap();
        let grace = |midi| Note {
            grace: true,
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
}

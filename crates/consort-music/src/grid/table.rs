//! All notes of a score as rows of numbers.

use crate::performance::PlayedNote;
use crate::pitch::{Pitch, Velocity};
use crate::score::Score;
use crate::time::Ticks;

/// A note with ties joined, and what is known of its player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// When it begins as it is written.
    pub onset: Ticks,
    /// How long it is written.
    pub duration: Ticks,
    /// When it begins as it is played.
    pub played_onset: Ticks,
    /// How long it is held.
    pub played_duration: Ticks,
    /// How it sounds.
    pub pitch: Pitch,
    /// How hard it is struck; [`Velocity::DEFAULT`] where nothing is known.
    pub velocity: Velocity,
    /// The index of the part.
    pub part: usize,
    /// The voice within the part, 1 first.
    pub voice: u8,
}

/// All notes but grace notes, in order of written onset, part, voice and pitch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteTable {
    /// The notes.
    pub rows: Vec<NoteRow>,
}

impl NoteTable {
    /// The notes of a score.
    pub fn of(score: &Score) -> NoteTable {
        let mut rows = Vec::new();
        for (part, content) in score.parts.iter().enumerate() {
            rows.extend(content.sounding().into_iter().map(|note| {
                let played = PlayedNote::from(note);
                NoteRow {
                    onset: note.onset,
                    duration: note.duration,
                    played_onset: played.onset,
                    played_duration: played.end - played.onset,
                    pitch: note.pitch,
                    velocity: played.velocity,
                    part,
                    voice: note.voice,
                }
            }));
        }
        rows.sort_by_key(|row| (row.onset, row.part, row.voice, row.pitch));
        NoteTable { rows }
    }

    /// Time, pitch, duration and velocity of each note, as written: the note representation of Dong
    /// et al., "MusPy" (2020).
    pub fn matrix(&self) -> Vec<[i64; 4]> {
        let row = |row: &NoteRow| {
            let (pitch, velocity) = (row.pitch.midi().into(), row.velocity.midi().into());
            [row.onset.0, pitch, row.duration.0, velocity]
        };
        self.rows.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::performance::Played;
    use crate::score::{Note, Part};
    use crate::time::Resolution;

    #[test]
    fn ties_are_joined_and_both_times_are_told() {
        let note = |onset, duration| Note::new(Ticks(onset), Ticks(duration), Pitch::MIDDLE_C);
        let head = Note {
            tied_to: true,
            played: Some(Played {
                delay: Ticks(3),
                duration: Ticks(5),
            }),
            velocity: Velocity::try_from(99).ok(),
            ..note(4, 4)
        };
        let tail = Note {
            tied_from: true,
            ..note(8, 4)
        };
        let mut score = Score::new(Resolution::new(4).unwrap());
        score.parts = vec![
            Part {
                notes: vec![head, tail],
                ..Part::default()
            },
            Part {
                notes: vec![note(0, 4)],
                ..Part::default()
            },
        ];
        let table = NoteTable::of(&score);
        assert_eq!(table.matrix(), [[0, 60, 4, 80], [4, 60, 8, 99]]);
        let played = (table.rows[1].played_onset, table.rows[1].played_duration);
        assert_eq!((played, table.rows[1].part), ((Ticks(7), Ticks(5)), 0));
    }
}

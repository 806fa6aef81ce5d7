//! The notes of a part, in as few voices as hold them.

use std::cmp::Reverse;
use std::ops::Range;

use super::notes::RawNote;
use crate::Pitch;
use crate::score::Note;
use crate::time::Ticks;

/// The notes of a channel, in the order that a part has them. Those with the same onset and end are
/// a chord of one voice; others that overlap are in different voices, the highest first.
pub(super) fn notes(raw: &mut [RawNote]) -> Vec<Note> {
    let mut voices = Voices::default();
    for beginning in raw.chunk_by_mut(|a, b| a.onset == b.onset) {
        if let [note] = beginning {
            note.voice = voices.take(note.onset, note.end);
        } else {
            voices.share_out(beginning);
        }
    }
    raw.iter().map(written).collect()
}

fn written(raw: &RawNote) -> Note {
    Note {
        voice: raw.voice,
        velocity: Some(raw.velocity),
        ..Note::new(raw.onset, raw.end - raw.onset, raw.pitch)
    }
}

#[derive(Default)]
struct Voices {
    /// When each voice has nothing more to do.
    free_from: Vec<Ticks>,
    /// The chords of one onset, as places among its notes, by their highest pitch.
    chords: Vec<(Reverse<Option<Pitch>>, Range<usize>)>,
}

impl Voices {
    /// The first voice that is free for a chord.
    #[inline]
    fn take(&mut self, onset: Ticks, end: Ticks) -> u8 {
        let free = self.free_from.iter().position(|&from| from <= onset);
        let voice = free.unwrap_or_else(|| {
            // More voices than can be numbered share the last one.
            if self.free_from.len() < usize::from(u8::MAX) {
                self.free_from.push(onset);
            }
            self.free_from.len() - 1
        });
        self.free_from[voice] = end.max(self.free_from[voice]);
        u8::try_from(voice + 1).unwrap_or(u8::MAX)
    }

    /// Gives voices to notes of one onset, and puts them in order of voice and pitch.
    fn share_out(&mut self, notes: &mut [RawNote]) {
        notes.sort_by_key(|note| note.end);
        let mut start = 0;
        self.chords.clear();
        for chord in notes.chunk_by(|a, b| a.end == b.end) {
            let top = chord.iter().map(|note| note.pitch).max();
            let span = start..start + chord.len();
            start = span.end;
            self.chords.push((Reverse(top), span));
        }
        self.chords.sort_by_key(|&(top, _)| top);
        for index in 0..self.chords.len() {
            let chord = &mut notes[self.chords[index].1.clone()];
            let voice = self.take(chord[0].onset, chord[0].end);
            chord.iter_mut().for_each(|note| note.voice = voice);
        }
        notes.sort_by_key(|note| (note.voice, note.pitch));
    }
}

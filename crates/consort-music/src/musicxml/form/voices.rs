//! Voices in which no two notes overlap unless they are a chord.

use std::collections::{BTreeMap, BTreeSet};

use crate::score::Note;
use crate::time::Ticks;

/// Moves notes that begin while their voice still sounds into a voice of their own. Of several
/// lengths that begin together the shortest stays. Once 255 voices are full, notes stay where
/// they are.
pub(super) fn separate(notes: &mut [Note]) {
    let own: BTreeSet<u8> = notes.iter().map(|note| note.voice).collect();
    let mut order: Vec<usize> = (0..notes.len())
        .filter(|&index| !notes[index].is_grace())
        .collect();
    order.sort_by_key(|&index| {
        let note = &notes[index];
        (note.onset, note.voice, note.duration)
    });
    let mut busy: BTreeMap<u8, Ticks> = BTreeMap::new();
    let mut added: Vec<(u8, u8)> = Vec::new();
    let chords = order.chunk_by(|&a, &b| {
        let key = |index: usize| {
            (
                notes[index].onset,
                notes[index].voice,
                notes[index].duration,
            )
        };
        key(a) == key(b)
    });
    let mut moves = Vec::new();
    for chord in chords {
        let Some(first) = chord.first().map(|&index| &notes[index]) else {
            continue;
        };
        let is_free = |voice: u8, busy: &BTreeMap<u8, Ticks>| {
            busy.get(&voice).is_none_or(|until| *until <= first.onset)
        };
        let mut voice = first.voice;
        if !is_free(voice, &busy) {
            let reused = added
                .iter()
                .find(|(voice, staff)| *staff == first.staff && is_free(*voice, &busy));
            let fresh = || (1..=u8::MAX).find(|v| !own.contains(v) && !busy.contains_key(v));
            if let Some(&(other, _)) = reused {
                voice = other;
            } else if let Some(other) = fresh() {
                added.push((other, first.staff));
                voice = other;
            }
            moves.extend(chord.iter().map(|&index| (index, voice)));
        }
        let until = busy.entry(voice).or_default();
        *until = (*until).max(first.end());
    }
    for (index, voice) in moves {
        notes[index].voice = voice;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pitch::Pitch;

    #[test]
    fn overlapping_notes_get_a_voice() {
        let note = |onset, duration| Note::new(Ticks(onset), Ticks(duration), Pitch::MIDDLE_C);
        let mut notes = [
            note(0, 4),
            note(0, 4),
            note(0, 8),
            note(4, 4),
            note(6, 4),
            note(10, 2),
        ];
        notes[5].voice = 2;
        separate(&mut notes);
        let voices: Vec<u8> = notes.iter().map(|note| note.voice).collect();
        assert_eq!(voices, [1, 1, 3, 1, 4, 2]);
        let before = notes.clone();
        separate(&mut notes);
        assert_eq!(notes, before);
    }
}

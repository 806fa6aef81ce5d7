//! How notes are played beside how they are written. MusicXML says how much later the first head of
//! a note begins and its last head ends; the score says it of the first head for the whole note.

use std::collections::{BTreeMap, VecDeque};

use crate::performance::Played;
use crate::pitch::Pitch;
use crate::score::Note;
use crate::time::Ticks;

/// How much later than it is written a note is played at most, and how long: what the reader reads of
/// any length.
pub(super) const SHIFT_MAX: Ticks = Ticks(1 << 39);

/// How much later a head begins and ends than it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift {
    /// The `attack`.
    pub(super) attack: Option<Ticks>,
    /// The `release`.
    pub(super) release: Option<Ticks>,
}

/// For each note, which is the first head of the notes that it continues: itself, if none.
/// The notes are in the order of a part.
pub(super) fn first_heads(notes: &[&Note]) -> Vec<usize> {
    let mut firsts: Vec<usize> = (0..notes.len()).collect();
    let mut open: BTreeMap<(Pitch, Ticks), VecDeque<usize>> = BTreeMap::new();
    for (index, note) in notes.iter().enumerate() {
        if note.is_grace() {
            continue;
        }
        if note.tied_from
            && let Some(waiting) = open.get_mut(&(note.pitch, note.onset))
            && let Some(held) = waiting.pop_front()
        {
            firsts[index] = firsts[held];
        }
        if note.tied_to {
            open.entry((note.pitch, note.end()))
                .or_default()
                .push_back(index);
        }
    }
    firsts
}

/// Tells the first heads how they are played, given the shifts of all heads in the order of a part.
pub(super) fn join(notes: &mut [(Note, Shift)]) {
    let is_plain = |(_, shift): &(Note, Shift)| *shift == Shift::default();
    if notes.iter().all(is_plain) {
        return;
    }
    let heads: Vec<&Note> = notes.iter().map(|(note, _)| note).collect();
    let firsts = first_heads(&heads);
    let mut whole: Vec<(Ticks, Shift)> = vec![(Ticks::ZERO, Shift::default()); notes.len()];
    for ((note, shift), &first) in notes.iter().zip(&firsts) {
        let (length, joined) = &mut whole[first];
        *length += note.duration;
        joined.attack = joined.attack.or(shift.attack);
        joined.release = shift.release.or(joined.release);
    }
    for ((note, _), (length, shift)) in notes.iter_mut().zip(whole) {
        if shift != Shift::default() {
            let delay = shift.attack.unwrap_or_default();
            let duration = length + shift.release.unwrap_or_default() - delay;
            note.played = Some(Played {
                delay,
                duration: duration.max(Ticks(1)),
            });
        }
    }
}

/// The shifts of all heads of a part.
pub(super) fn shifts(notes: &[Note]) -> Vec<Shift> {
    let mut shifts = vec![Shift::default(); notes.len()];
    if notes.iter().all(|note| note.played.is_none()) {
        return shifts;
    }
    let heads: Vec<&Note> = notes.iter().collect();
    let firsts = first_heads(&heads);
    let mut whole: Vec<(Ticks, usize)> = vec![(Ticks::ZERO, 0); notes.len()];
    for (index, (note, &first)) in notes.iter().zip(&firsts).enumerate() {
        let (length, last) = &mut whole[first];
        *length += note.duration;
        *last = index;
    }
    for (index, note) in notes.iter().enumerate() {
        if let Some(played) = note.played.filter(|_| firsts[index] == index) {
            let (length, last) = whole[index];
            shifts[index].attack = Some(played.delay);
            shifts[last].release = Some(played.delay + played.duration - length);
        }
    }
    shifts
}

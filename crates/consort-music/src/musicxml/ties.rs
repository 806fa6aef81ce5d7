//! Ties that some programs begin and never end.

use std::collections::BTreeMap;

use crate::pitch::Pitch;
use crate::score::Note;
use crate::time::Ticks;

/// Ends each tie that no note ends at the note of its pitch that begins where the tied one stops, if
/// there is one: in the same voice before others. Says how many these were.
pub(super) fn mend(notes: &mut [Note]) -> usize {
    let heads = |note: &&Note| !note.is_grace() && note.duration > Ticks::ZERO;
    let mut open: BTreeMap<(Ticks, Pitch), Vec<u8>> = BTreeMap::new();
    for note in notes.iter().filter(heads).filter(|note| note.tied_to) {
        open.entry((note.end(), note.pitch))
            .or_default()
            .push(note.voice);
    }
    for note in notes.iter().filter(heads).filter(|note| note.tied_from) {
        if let Some(voices) = open.get_mut(&(note.onset, note.pitch)) {
            let own = voices.iter().position(|&voice| voice == note.voice);
            if !voices.is_empty() {
                voices.swap_remove(own.unwrap_or(0));
            }
        }
    }
    open.retain(|_, voices| !voices.is_empty());
    if open.is_empty() {
        return 0;
    }
    let mut mended = 0;
    for any_voice in [false, true] {
        for note in notes
            .iter_mut()
            .filter(|note| !note.is_grace() && !note.tied_from)
        {
            let Some(voices) = open.get_mut(&(note.onset, note.pitch)) else {
                continue;
            };
            let own = voices
                .iter()
                .position(|&voice| any_voice || voice == note.voice);
            if let Some(place) = own {
                voices.swap_remove(place);
                note.tied_from = true;
                mended += 1;
            }
        }
    }
    mended
}

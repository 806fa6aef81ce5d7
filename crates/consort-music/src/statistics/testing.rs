//! Grids for tests.

use crate::grid::{Cell, VoiceGrid};
use crate::pitch::Pitch;

pub(super) fn pitch(midi: u8) -> Pitch {
    Pitch::try_from(midi).unwrap()
}

/// A grid from rows of MIDI numbers, the highest voice first; a number outside MIDI is a rest, and
/// a number that stays is held.
pub(super) fn grid<const VOICES: usize>(rows: &[[i64; VOICES]]) -> VoiceGrid {
    let mut grid = VoiceGrid::new(rows.len(), VOICES);
    for (step, row) in rows.iter().enumerate() {
        for (voice, &midi) in row.iter().enumerate() {
            let cell = Pitch::try_from(midi).map_or(Cell::Rest, Cell::Hold);
            grid.set(step, voice, cell);
        }
    }
    grid
}

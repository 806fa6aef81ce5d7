//! Grids for tests.

use proptest::prelude::*;

use crate::grid::{Cell, Drum, DrumGrid, Hit, VoiceGrid};
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

/// A grid of strokes, all as loud and in time.
pub(super) fn drum_grid(steps: usize, cells: impl IntoIterator<Item = (usize, Drum)>) -> DrumGrid {
    let hit = Hit {
        velocity: 100u8.try_into().unwrap(),
        offset: 0.0,
    };
    let mut grid = DrumGrid::new(steps);
    for (step, drum) in cells {
        grid.set(step, drum, Some(hit));
    }
    grid
}

/// Any grid of so many steps; about a stroke a step.
pub(super) fn drum_grids(steps: usize) -> impl Strategy<Value = DrumGrid> {
    let cell = (0..steps, prop::sample::select(Drum::ALL.to_vec()));
    prop::collection::vec(cell, 0..steps * 2).prop_map(move |cells| drum_grid(steps, cells))
}

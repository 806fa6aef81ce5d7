//! What onsets are placed over: measures as cells that note values divide.

use crate::score::{Measure, Metre, Score};
use crate::time::{Resolution, Ticks};

use super::grid::Grid;

/// More cells than this are not looked at together.
const CELLS_MAX: i64 = 64;

/// A stretch of music in which onsets are placed together: a measure, or four cells where there is
/// none or it is very long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it begins.
    pub(super) start: Ticks,
    /// Where it ends.
    pub(super) end: Ticks,
    /// Where its first cell begins: before the start if that cell is cut.
    pub(super) origin: Ticks,
    /// The length of a cell: an eighth note, or what the grid and the metre ask for.
    pub(super) cell: Ticks,
    /// The cell as a fraction of a whole note: 8 for an eighth.
    pub(super) unit: u32,
    /// Whether two cells are a beat, and two beats can be taken together.
    pub(super) pairs: bool,
    /// Whether four cells can only be taken together from every fourth on.
    pub(super) fours: bool,
}

impl Block {
    /// How many cells it has.
    pub(super) fn cells(&self) -> usize {
        let cells = (self.end - self.origin + self.cell - Ticks(1)).div_floor(self.cell);
        usize::try_from(cells).unwrap_or(0).max(1)
    }

    /// The cell that `at` falls in.
    pub(super) fn cell_at(&self, at: Ticks) -> usize {
        let cell = usize::try_from((at - self.origin).div_floor(self.cell)).unwrap_or(0);
        cell.min(self.cells() - 1)
    }
}

/// The measures, and the beats beyond them.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// Start, end, origin and metre of each measure that has a length, in order.
    stretches: Vec<Stretch>,
    resolution: Resolution,
    grid: Grid,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: Ticks,
    end: Ticks,
    origin: Ticks,
    metre: Option<Metre>,
}

impl Ground {
    /// The measures of `score`.
    pub(super) fn of(score: &Score, grid: Grid) -> Ground {
        let measured = score
            .measures
            .iter()
            .filter(|measure| measure.length > Ticks::ZERO)
            .enumerate()
            .map(|(index, measure)| stretch(measure, index == 0, score.resolution));
        Ground {
            stretches: measured.collect(),
            resolution: score.resolution,
            grid,
        }
    }

    /// Quarter notes from the start on, without measures.
    pub(super) fn unmeasured(resolution: Resolution, grid: Grid) -> Ground {
        Ground {
            stretches: Vec::new(),
            resolution,
            grid,
        }
    }

    /// The shortest plain note.
    pub(super) fn shortest(&self) -> Ticks {
        (self.resolution.quarter() * 4 / i64::from(self.grid.denominator())).max(Ticks(1))
    }

    /// The grid.
    pub(super) fn grid(&self) -> Grid {
        self.grid
    }

    /// The length of a quarter note.
    pub(super) fn quarter(&self) -> Ticks {
        self.resolution.quarter()
    }

    /// The block that `at` falls in.
    pub(super) fn block_at(&self, at: Ticks) -> Block {
        let after = self.stretches.partition_point(|s| s.start <= at);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.stretches.get(index));
        match before {
            Some(stretch) if at < stretch.end => self.block(*stretch, at),
            Some(stretch) => self.block(self.beyond(stretch.end), at),
            None => self.block(self.beyond(Ticks::ZERO), at),
        }
    }

    /// What lies between `from` and the next measure, or for ever.
    fn beyond(&self, from: Ticks) -> Stretch {
        let next = self.stretches.partition_point(|s| s.start < from);
        let end = self
            .stretches
            .get(next)
            .map_or(Ticks(i64::MAX), |s| s.start);
        Stretch {
            start: from,
            end,
            origin: from,
            metre: None,
        }
    }

    fn block(&self, stretch: Stretch, at: Ticks) -> Block {
        let metre = stretch.metre.unwrap_or(Metre::COMMON);
        let unit = self.grid.denominator().min(8).max(u32::from(metre.unit));
        let cell = self.resolution.quarter() * 4 / i64::from(unit);
        let cell = cell.max(Ticks(1));
        let quarters = i64::from(metre.beats) * 4 / i64::from(metre.unit.max(1));
        let block = Block {
            start: stretch.start,
            end: stretch.end,
            origin: stretch.origin,
            cell,
            unit,
            pairs: metre.unit <= 4 && unit <= 8,
            fours: quarters % 2 == 0,
        };
        let cells = (stretch.end - stretch.origin).div_floor(cell);
        if cells < CELLS_MAX && stretch.metre.is_some() {
            return block;
        }
        let four = cell * 4;
        let origin = stretch.origin + four * (at - stretch.origin).div_floor(four);
        Block {
            start: origin.max(stretch.start),
            end: (origin + four).min(stretch.end),
            origin,
            ..block
        }
    }
}

/// Of a first measure that is short only the last beats sound.
fn stretch(measure: &Measure, is_first: bool, resolution: Resolution) -> Stretch {
    let full = measure.metre.and_then(|metre| metre.length(resolution));
    let origin = match full {
        Some(full) if is_first && measure.length < full => measure.end() - full,
        _ => measure.start,
    };
    Stretch {
        start: measure.start,
        end: measure.end(),
        origin,
        metre: measure.metre,
    }
}

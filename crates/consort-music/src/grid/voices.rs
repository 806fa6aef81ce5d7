//! Voices in equal steps.

use crate::pitch::Pitch;
use crate::score::SoundingNote;
use crate::time::Ticks;

/// What a voice does during a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Silence.
    #[default]
    Rest,
    /// A note begins.
    Onset(Pitch),
    /// The note of the step before goes on.
    Hold(Pitch),
}

impl Cell {
    /// What sounds, if anything does.
    pub fn pitch(self) -> Option<Pitch> {
        match self {
            Cell::Rest => None,
            Cell::Onset(pitch) | Cell::Hold(pitch) => Some(pitch),
        }
    }
}

/// Voices in equal steps of time: `[step, voice]`, the highest voice first.
///
/// A [`Cell::Hold`] always follows a cell of the same pitch; [`VoiceGrid::set`] sees to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceGrid {
    voices: usize,
    cells: Vec<Cell>,
}

impl VoiceGrid {
    /// Silence.
    ///
    /// # Panics
    /// If `voices` is 0.
    pub fn new(steps: usize, voices: usize) -> VoiceGrid {
        assert!(voices > 0, "a grid without voices");
        VoiceGrid {
            voices,
            cells: vec![Cell::Rest; steps * voices],
        }
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.cells.len() / self.voices
    }

    /// How many voices it has.
    pub fn voices(&self) -> usize {
        self.voices
    }

    /// What `voice` does during `step`.
    pub fn cell(&self, step: usize, voice: usize) -> Cell {
        self.cells[step * self.voices + voice]
    }

    /// What `voice` sings during `step`, if anything.
    pub fn pitch(&self, step: usize, voice: usize) -> Option<Pitch> {
        self.cell(step, voice).pitch()
    }

    /// Whether a note of `voice` begins at `step`.
    pub fn is_onset(&self, step: usize, voice: usize) -> bool {
        matches!(self.cell(step, voice), Cell::Onset(_))
    }

    /// All voices during `step`.
    pub fn frame(&self, step: usize) -> &[Cell] {
        &self.cells[step * self.voices..][..self.voices]
    }

    /// Puts `cell` at `step` of `voice`. A hold that would continue another pitch becomes an onset,
    /// here and, where this change cuts a note in two, at the next step.
    pub fn set(&mut self, step: usize, voice: usize, cell: Cell) {
        self.cells[step * self.voices + voice] = cell;
        self.mend(step, voice);
        if step + 1 < self.steps() {
            self.mend(step + 1, voice);
        }
    }

    fn mend(&mut self, step: usize, voice: usize) {
        if let Cell::Hold(pitch) = self.cell(step, voice)
            && (step == 0 || self.pitch(step - 1, voice) != Some(pitch))
        {
            self.cells[step * self.voices + voice] = Cell::Onset(pitch);
        }
    }

    /// Whether any voice begins a note or falls silent at `step`: a new chord.
    pub fn changes_at(&self, step: usize) -> bool {
        step == 0
            || (0..self.voices).any(|voice| self.pitch(step, voice) != self.pitch(step - 1, voice))
    }

    /// The notes of a voice drawn on `steps` steps of `step` ticks from `origin`: onsets and ends
    /// go to the nearest step, but a note never shrinks below one step and never overlaps the next
    /// (the later note cuts the earlier; of two notes that begin together the higher stays).
    /// Returns how many notes moved or were cut.
    pub fn draw(
        &mut self,
        voice: usize,
        notes: &[SoundingNote],
        origin: Ticks,
        step: Ticks,
    ) -> usize {
        let steps = self.steps();
        let round = |at: Ticks| (at - origin + step / 2).div_floor(step);
        let mut inexact = 0;
        let mut in_order: Vec<&SoundingNote> = notes.iter().collect();
        in_order.sort_by_key(|note| (note.onset, note.pitch));
        for note in in_order {
            let (from, to) = (round(note.onset), round(note.end()));
            let to = to.max(from + 1);
            let exact = (note.onset - origin) % step == Ticks::ZERO
                && (note.end() - origin) % step == Ticks::ZERO;
            let clipped = |at: i64| usize::try_from(at.max(0)).map_or(steps, |at| at.min(steps));
            let (mut from, to) = (clipped(from), clipped(to));
            // A short last note may be nearest to the end of the grid: its step is the last.
            if from == steps && from > 0 && note.onset < origin + step * steps as i64 {
                from -= 1;
            }
            let overlaps = (from..to).any(|at| self.cell(at, voice) != Cell::Rest);
            inexact += usize::from(!exact || overlaps);
            for at in from..to {
                let cell = if at == from {
                    Cell::Onset(note.pitch)
                } else {
                    Cell::Hold(note.pitch)
                };
                self.cells[at * self.voices + voice] = cell;
            }
            // What is left of an earlier, longer note is cut off.
            for at in to..steps {
                if !matches!(self.cell(at, voice), Cell::Hold(_)) {
                    break;
                }
                self.cells[at * self.voices + voice] = Cell::Rest;
            }
        }
        inexact
    }

    /// The notes of `voice`, each step `step` ticks long, the first at `origin`.
    pub fn notes(&self, voice: usize, origin: Ticks, step: Ticks) -> Vec<SoundingNote> {
        let mut notes: Vec<SoundingNote> = Vec::new();
        let mut onset = origin;
        for at in 0..self.steps() {
            match (self.cell(at, voice), notes.last_mut()) {
                (Cell::Hold(_), Some(note)) => note.duration += step,
                (Cell::Rest, _) => {}
                (Cell::Onset(pitch) | Cell::Hold(pitch), _) => notes.push(SoundingNote {
                    onset,
                    duration: step,
                    pitch,
                    voice: 1,
                    velocity: None,
                    played: None,
                    fermata: false,
                }),
            }
            onset += step;
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounding(onset: i64, duration: i64, pitch: u8) -> SoundingNote {
        SoundingNote {
            onset: Ticks(onset),
            duration: Ticks(duration),
            pitch: Pitch::try_from(pitch).unwrap(),
            voice: 1,
            velocity: None,
            played: None,
            fermata: false,
        }
    }

    #[test]
    fn drawing_and_reading_back_is_identity() {
        let notes = [sounding(0, 2, 60), sounding(2, 2, 60), sounding(5, 3, 64)];
        let mut grid = VoiceGrid::new(8, 1);
        assert_eq!(grid.draw(0, &notes, Ticks(0), Ticks(1)), 0);
        assert_eq!(grid.notes(0, Ticks(0), Ticks(1)), notes);
    }

    #[test]
    fn a_short_last_note_is_not_lost() {
        let mut grid = VoiceGrid::new(2, 1);
        let notes = [sounding(0, 4, 60), sounding(7, 1, 64), sounding(8, 4, 65)];
        assert_eq!(grid.draw(0, &notes, Ticks(0), Ticks(4)), 1);
        let pitches: Vec<_> = (0..2)
            .map(|at| grid.pitch(at, 0).map(Pitch::midi))
            .collect();
        assert_eq!(pitches, [Some(60), Some(64)]);
    }

    #[test]
    fn a_later_note_cuts_an_earlier_one() {
        let mut grid = VoiceGrid::new(4, 1);
        assert_eq!(
            grid.draw(
                0,
                &[sounding(0, 4, 60), sounding(1, 1, 64)],
                Ticks(0),
                Ticks(1)
            ),
            1
        );
        let pitches: Vec<_> = (0..4)
            .map(|at| grid.pitch(at, 0).map(Pitch::midi))
            .collect();
        assert_eq!(pitches, [Some(60), Some(64), None, None]);
    }

    #[test]
    fn triplets_go_to_the_nearest_step() {
        let mut grid = VoiceGrid::new(4, 1);
        let notes = [sounding(0, 4, 60), sounding(4, 4, 62), sounding(8, 4, 64)];
        assert_eq!(grid.draw(0, &notes, Ticks(0), Ticks(3)), 3);
        let pitches: Vec<_> = (0..4)
            .map(|at| grid.pitch(at, 0).map(Pitch::midi))
            .collect();
        assert_eq!(pitches, [Some(60), Some(62), Some(62), Some(64)]);
    }

    #[test]
    fn a_cut_note_begins_again() {
        let mut grid = VoiceGrid::new(3, 1);
        grid.draw(0, &[sounding(0, 3, 60)], Ticks(0), Ticks(1));
        grid.set(1, 0, Cell::Onset(Pitch::try_from(62u8).unwrap()));
        assert!(grid.is_onset(2, 0));
    }
}

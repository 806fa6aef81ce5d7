//! Grids: a score cut into equal steps, for models that see music as a table.

use crate::pitch::Pitch;
use crate::score::{Part, Score, SoundingNote};
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

/// Where a step stands in its measure, and whether a phrase ends there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pulse {
    /// Ticks since the measure began, as if a pickup filled the end of a full measure.
    pub in_measure: Ticks,
    /// The length of a full measure in ticks; 0 where the music is unmeasured.
    pub measure: Ticks,
    /// The length of a beat in ticks: a quarter in 4/4, a dotted quarter in 6/8.
    pub beat: Ticks,
    /// Whether a fermata stands over a note that sounds here.
    pub fermata: bool,
}

impl Pulse {
    /// Whether a beat begins here.
    pub fn is_beat(self) -> bool {
        self.beat > Ticks::ZERO && self.in_measure % self.beat == Ticks::ZERO
    }

    /// Whether a measure begins here.
    pub fn is_downbeat(self) -> bool {
        self.in_measure == Ticks::ZERO
    }
}

impl Score {
    /// The pulse of `steps` steps of `step` ticks from `origin`; fermatas are those of any part.
    pub fn pulses(&self, origin: Ticks, step: Ticks, steps: usize) -> Vec<Pulse> {
        let quarter = self.resolution.quarter();
        let mut pulses = Vec::with_capacity(steps);
        let mut at = origin;
        for _ in 0..steps {
            let measure = self
                .measure_at(at)
                .map(|index| (index, &self.measures[index]));
            pulses.push(match measure {
                Some((index, measure)) => {
                    let full = measure
                        .metre
                        .and_then(|metre| metre.length(self.resolution));
                    let beat = measure.metre.and_then(|m| {
                        self.resolution
                            .whole_notes(m.units_per_beat().into(), m.unit.into())
                    });
                    let short = full.map_or(Ticks::ZERO, |full| full - measure.length);
                    // A short first measure is a pickup and fills the end of a full one. A short
                    // measure that follows a short one is its second half, as at a repeat.
                    let continues = index == 0
                        || self.measures[index - 1].length + measure.length
                            == full.unwrap_or_default();
                    let offset = if continues {
                        short.max(Ticks::ZERO)
                    } else {
                        Ticks::ZERO
                    };
                    Pulse {
                        in_measure: at - measure.start + offset,
                        measure: full.unwrap_or_default(),
                        beat: beat.unwrap_or(quarter),
                        fermata: false,
                    }
                }
                None => Pulse {
                    in_measure: at,
                    measure: Ticks::ZERO,
                    beat: quarter,
                    fermata: false,
                },
            });
            at += step;
        }
        let held = self
            .parts
            .iter()
            .flat_map(Part::sounding)
            .filter(|note| note.fermata);
        for note in held {
            let from = (note.onset - origin).div_floor(step).max(0);
            let to = (note.end() - origin - Ticks(1)).div_floor(step) + 1;
            for at in from..to {
                if let Some(pulse) = usize::try_from(at).ok().and_then(|at| pulses.get_mut(at)) {
                    pulse.fermata = true;
                }
            }
        }
        pulses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Mark, Measure, Metre, Note};
    use crate::time::Resolution;

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

    #[test]
    fn a_pickup_fills_the_end_of_a_measure() {
        let mut score = Score::new(Resolution::new(4).unwrap());
        let metre = Some(Metre::COMMON);
        score.measures = vec![
            Measure::new(Ticks(0), Ticks(4), metre, "0".into()),
            Measure::new(Ticks(4), Ticks(16), metre, "1".into()),
        ];
        let mut held = Note::new(Ticks(8), Ticks(4), Pitch::MIDDLE_C);
        held.marks.push(Mark::Fermata);
        score.parts = vec![Part {
            notes: vec![held],
            ..Part::default()
        }];
        let pulses = score.pulses(Ticks(0), Ticks(4), 5);
        let places: Vec<_> = pulses.iter().map(|pulse| pulse.in_measure.0).collect();
        assert_eq!(places, [12, 0, 4, 8, 12]);
        let fermatas: Vec<_> = pulses.iter().map(|pulse| pulse.fermata).collect();
        assert_eq!(fermatas, [false, false, true, false, false]);
    }
}

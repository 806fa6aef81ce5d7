//! Where the beats are.

use crate::score::{Part, Score};
use crate::time::Ticks;

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
    use crate::pitch::Pitch;
    use crate::score::{Mark, Measure, Metre, Note};
    use crate::time::Resolution;

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

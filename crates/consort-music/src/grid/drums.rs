//! Drums in equal steps.

use super::{TooLong, steps_to};
use crate::performance::played;
use crate::pitch::{Pitch, Velocity};
use crate::score::Score;
use crate::time::Ticks;

/// A part of the drum kit. These nine are the classes of Gillick et al., "Learning to Groove with
/// Inverse Sequence Transformations" (2019), in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drum {
    /// The bass drum.
    Kick,
    /// The snare drum, its rim, its cross stick, and the clap.
    Snare,
    /// The hi-hat, closed or shut by the pedal.
    ClosedHiHat,
    /// The hi-hat, open.
    OpenHiHat,
    /// The floor toms.
    LowTom,
    /// The middle toms.
    MidTom,
    /// The high toms.
    HighTom,
    /// Crash, splash and china cymbals.
    Crash,
    /// The ride cymbal and its bell.
    Ride,
}

impl Drum {
    /// All of them, in the order of a grid's columns.
    pub const ALL: [Drum; 9] = [
        Drum::Kick,
        Drum::Snare,
        Drum::ClosedHiHat,
        Drum::OpenHiHat,
        Drum::LowTom,
        Drum::MidTom,
        Drum::HighTom,
        Drum::Crash,
        Drum::Ride,
    ];

    /// What a key of the percussion map strikes: the kit of General MIDI, and the three keys outside
    /// of it that Roland's kits use for edges and rims (22, 26, 58), of which 58 is a vibraslap in
    /// General MIDI and a floor tom here. Other percussion is no part of the kit.
    pub fn of(pitch: Pitch) -> Option<Drum> {
        match pitch.midi() {
            35 | 36 => Some(Drum::Kick),
            37..=40 => Some(Drum::Snare),
            22 | 42 | 44 => Some(Drum::ClosedHiHat),
            26 | 46 => Some(Drum::OpenHiHat),
            41 | 43 | 58 => Some(Drum::LowTom),
            45 | 47 => Some(Drum::MidTom),
            48 | 50 => Some(Drum::HighTom),
            49 | 52 | 55 | 57 => Some(Drum::Crash),
            51 | 53 | 59 => Some(Drum::Ride),
            _ => None,
        }
    }

    /// What it is called, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Drum::Kick => "kick",
            Drum::Snare => "snare",
            Drum::ClosedHiHat => "closed hi-hat",
            Drum::OpenHiHat => "open hi-hat",
            Drum::LowTom => "low tom",
            Drum::MidTom => "middle tom",
            Drum::HighTom => "high tom",
            Drum::Crash => "crash",
            Drum::Ride => "ride",
        }
    }

    /// The key of General MIDI that stands for it.
    pub fn pitch(self) -> Pitch {
        let midi = match self {
            Drum::Kick => 36,
            Drum::Snare => 38,
            Drum::ClosedHiHat => 42,
            Drum::OpenHiHat => 46,
            Drum::LowTom => 43,
            Drum::MidTom => 47,
            Drum::HighTom => 50,
            Drum::Crash => 49,
            Drum::Ride => 51_u8,
        };
        Pitch::try_from(midi).expect("these are keys of MIDI")
    }
}

/// A stroke.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// How hard.
    pub velocity: Velocity,
    /// How much later than its step, in steps: from -0.5 to below 0.5.
    pub offset: f32,
}

/// Which drums are struck at each step: `[step, drum]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DrumGrid {
    hits: Vec<Option<Hit>>,
}

impl DrumGrid {
    /// Silence.
    pub fn new(steps: usize) -> DrumGrid {
        DrumGrid {
            hits: vec![None; steps * Drum::ALL.len()],
        }
    }

    /// All strokes of the percussion parts as they are played, in steps of `step` ticks from the
    /// start. Each goes to the nearest step; one that is nearest to the end of the grid goes to its
    /// last. Of several strokes of a drum in a step the loudest counts. The second value counts the
    /// strokes that are not in the grid for that, or because they are no part of the kit.
    ///
    /// # Errors
    /// If that makes more than [`STEPS_MAX`](super::STEPS_MAX) steps.
    ///
    /// # Panics
    /// If `step` is not positive.
    pub fn of(score: &Score, step: Ticks) -> Result<(DrumGrid, usize), TooLong> {
        let mut grid = DrumGrid::new(steps_to(score.end(), step)?);
        let (steps, mut left_out) = (grid.steps(), 0);
        let parts = score.parts.iter();
        for part in parts.filter(|part| part.instrument.percussion) {
            for note in played(part, score.resolution) {
                let nearest = (note.onset + step / 2).div_floor(step);
                let nearest = usize::try_from(nearest).map_or(0, |at| at.min(steps.max(1) - 1));
                let Some(drum) = Drum::of(note.pitch).filter(|_| steps > 0) else {
                    left_out += 1;
                    continue;
                };
                let velocity = note.velocity;
                let offset = offset(note.onset, nearest, step);
                let place = &mut grid.hits[nearest * Drum::ALL.len() + drum as usize];
                left_out += usize::from(place.is_some());
                if place.is_none_or(|hit| hit.velocity < velocity) {
                    *place = Some(Hit { velocity, offset });
                }
            }
        }
        Ok((grid, left_out))
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.hits.len() / Drum::ALL.len()
    }

    /// The stroke of `drum` at `step`, if there is one.
    pub fn hit(&self, step: usize, drum: Drum) -> Option<Hit> {
        self.hits[step * Drum::ALL.len() + drum as usize]
    }

    /// Puts a stroke, or silence, at `step` of `drum`.
    pub fn set(&mut self, step: usize, drum: Drum, hit: Option<Hit>) {
        self.hits[step * Drum::ALL.len() + drum as usize] = hit;
    }

    /// The strokes of a step, in the order of [`Drum::ALL`].
    pub fn frame(&self, step: usize) -> &[Option<Hit>] {
        &self.hits[step * Drum::ALL.len()..][..Drum::ALL.len()]
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "within a step, whose ticks are few"
)]
fn offset(onset: Ticks, at: usize, step: Ticks) -> f32 {
    let place = i64::try_from(at).map_or(Ticks(i64::MAX), |at| step * at);
    let steps = (onset - place).0 as f64 / step.0 as f64;
    // Strokes after the last step are drawn to it.
    steps.clamp(-0.5, 0.5 - f64::from(f32::EPSILON)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::performance::Played;
    use crate::score::{Instrument, Note, Part};
    use crate::time::Resolution;

    fn drums(notes: &[(i64, i64, u8, u8)]) -> Score {
        let note = |&(onset, delay, midi, velocity): &(i64, i64, u8, u8)| Note {
            velocity: Velocity::try_from(velocity).ok(),
            played: Some(Played {
                delay: Ticks(delay),
                duration: Ticks(10),
            }),
            ..Note::new(Ticks(onset), Ticks(120), Pitch::try_from(midi).unwrap())
        };
        let part = Part {
            instrument: Instrument {
                program: None,
                percussion: true,
            },
            notes: notes.iter().map(note).collect(),
            ..Part::default()
        };
        Score {
            parts: vec![part],
            ..Score::new(Resolution::MIDI)
        }
    }

    #[test]
    fn strokes_go_to_the_nearest_step_and_keep_their_moment() {
        let score = drums(&[(0, 0, 36, 100), (120, -30, 38, 90), (240, 12, 26, 60)]);
        let (grid, left_out) = DrumGrid::of(&score, Ticks(120)).unwrap();
        assert_eq!((grid.steps(), left_out), (3, 0));
        let hit = |step, drum| {
            grid.hit(step, drum)
                .map(|hit| (hit.velocity.midi(), hit.offset))
        };
        assert_eq!(hit(0, Drum::Kick), Some((100, 0.0)));
        assert_eq!(hit(1, Drum::Snare), Some((90, -0.25)));
        assert_eq!(hit(2, Drum::OpenHiHat), Some((60, 0.1)));
        assert_eq!(grid.frame(0).iter().flatten().count(), 1);
    }

    #[test]
    fn of_strokes_in_one_step_the_loudest_counts() {
        let score = drums(&[(0, 0, 38, 40), (0, 20, 40, 90), (0, 0, 56, 80)]);
        let (grid, left_out) = DrumGrid::of(&score, Ticks(120)).unwrap();
        assert_eq!(grid.hit(0, Drum::Snare).unwrap().velocity.midi(), 90);
        // A softer snare, and a cowbell.
        assert_eq!(left_out, 2);
    }

    #[test]
    fn each_drum_stands_for_itself() {
        for drum in Drum::ALL {
            assert_eq!(Drum::of(drum.pitch()), Some(drum));
        }
    }
}

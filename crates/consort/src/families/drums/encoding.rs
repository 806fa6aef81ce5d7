//! Drumming as numbers: strokes in steps of a grid, and what a listener knows before each step.
//!
//! A step is a sixteenth or a thirty-second note. A stroke stands in the step nearest to it and keeps how
//! far from it it is struck, so that triplets, swing and a drummer's own timing are all there, without a
//! grid that would distort them. Of a drum that is struck twice within a step (a flam, a drag, sextuplets)
//! the second, softer stroke is kept too.

use consort_music::grid::{Drum, Hit, STEPS_MAX};
use consort_music::performance::played;
use consort_music::{Metre, Score, Ticks};
use serde::{Deserialize, Serialize};

use super::styles::Style;
use crate::error::Error;

mod barred;
mod context;

pub(super) use barred::{Barred, RESOLUTION, counted};
pub use context::{Conditions, Context, FEATURES, STROKE_FEATURES, Stroked};

/// The version of the encoding.
pub const ENCODING: &str = "drums-grid/1";

/// The drums of the kit, [`Drum::ALL`].
pub const DRUMS: usize = 9;

/// Ways to strike some of the drums together, nothing among them.
pub const COMBINATIONS: usize = 1 << DRUMS;

/// The drums in the order of how often they are struck in the training fold of `groove-drums`: of the
/// article's networks, those of six or eight instruments know the first six or eight.
pub const BY_FREQUENCY: [Drum; DRUMS] = [
    Drum::Snare,
    Drum::ClosedHiHat,
    Drum::Kick,
    Drum::Ride,
    Drum::HighTom,
    Drum::OpenHiHat,
    Drum::LowTom,
    Drum::Crash,
    Drum::MidTom,
];

/// The steps of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grid {
    /// Four to a quarter note.
    Sixteenths,
    /// Eight to a quarter note.
    ThirtySeconds,
}

impl Grid {
    /// Steps in a quarter note.
    pub fn per_quarter(self) -> usize {
        match self {
            Grid::Sixteenths => 4,
            Grid::ThirtySeconds => 8,
        }
    }

    /// Steps in a bar of `metre`, one at least. A bar that is no whole number of steps is cut to one.
    pub fn per_bar(self, metre: Metre) -> usize {
        (self.per_quarter() * 4 * usize::from(metre.beats) / usize::from(metre.unit)).max(1)
    }
}

/// What is struck in a step: for each drum its loudest stroke, and a second one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Frame {
    /// The loudest stroke of each drum.
    pub strokes: [Option<Hit>; DRUMS],
    /// A second stroke of the same drum within the step.
    pub seconds: [Option<Hit>; DRUMS],
}

impl Frame {
    /// Which drums are struck, bit by bit in the order of [`Drum::ALL`].
    pub fn combination(&self) -> u16 {
        let drums = self.strokes.iter().enumerate();
        drums.fold(0, |bits, (drum, hit)| {
            bits | u16::from(hit.is_some()) << drum
        })
    }

    /// Adds a stroke. What is softer than two others of its drum is left out; gives whether that was so.
    fn strike(&mut self, drum: usize, hit: Hit) -> bool {
        let (first, second) = (&mut self.strokes[drum], &mut self.seconds[drum]);
        let softer = match first {
            Some(louder) if louder.velocity >= hit.velocity => hit,
            _ => match first.replace(hit) {
                Some(softer) => softer,
                None => return false,
            },
        };
        let was_full = second.is_some();
        if second.is_none_or(|other| other.velocity < softer.velocity) {
            *second = Some(softer);
        }
        was_full
    }
}

/// The drums of a combination.
pub fn drums_of(combination: u16) -> impl Iterator<Item = usize> {
    (0..DRUMS).filter(move |drum| combination >> drum & 1 == 1)
}

/// Drumming on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Groove {
    /// The steps.
    pub frames: Vec<Frame>,
    /// The grid.
    pub grid: Grid,
    /// The metre, the same throughout.
    pub metre: Metre,
    /// Quarter notes in a minute.
    pub tempo: f64,
    /// The style, where it is known.
    pub style: Option<Style>,
    /// Whether it is a fill and nothing else.
    pub is_fill: bool,
}

/// What of a score is not on its grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Strokes of percussion outside of the kit.
    pub outside: usize,
    /// Strokes that were softer than two others of their drum in their step.
    pub softer: usize,
}

impl Groove {
    /// The strokes of some parts of a score, as they are played, to the last one. What would be before the
    /// first step is in it.
    ///
    /// # Errors
    /// If that makes more steps than a grid may have.
    pub(super) fn of(barred: &Barred, parts: &[usize]) -> Result<(Groove, LeftOut), Error> {
        let score = &barred.score;
        let mut groove = Groove {
            frames: Vec::new(),
            grid: barred.grid,
            metre: barred.metre,
            tempo: tempo_of(score),
            style: None,
            is_fill: false,
        };
        let mut left_out = LeftOut::default();
        for part in parts.iter().filter_map(|&part| score.parts.get(part)) {
            for note in played(part, score.resolution) {
                let Some(drum) = Drum::of(note.pitch) else {
                    left_out.outside += 1;
                    continue;
                };
                let (at, offset) = barred.place(note.onset);
                if at >= STEPS_MAX {
                    return Err(Error::prompt(
                        format!("the drums go on for more than {STEPS_MAX} steps"),
                        "cut the score",
                    ));
                }
                if groove.frames.len() <= at {
                    groove.frames.resize(at + 1, Frame::default());
                }
                let velocity = note.velocity;
                let hit = Hit { velocity, offset };
                left_out.softer += usize::from(groove.frames[at].strike(drum as usize, hit));
            }
        }
        Ok((groove, left_out))
    }

    /// Steps in a bar.
    pub fn bar(&self) -> usize {
        self.grid.per_bar(self.metre)
    }

    /// Bars, the last of which may not be whole.
    pub fn bars(&self) -> usize {
        self.frames.len().div_ceil(self.bar())
    }

    /// The length of a step.
    #[expect(clippy::cast_precision_loss, reason = "4 or 8")]
    pub fn step_s(&self) -> f64 {
        60.0 / self.tempo / self.grid.per_quarter() as f64
    }
}

/// The tempo at the first measure, in quarter notes a minute.
pub(super) fn tempo_of(score: &Score) -> f64 {
    let first = score
        .tempos
        .iter()
        .take_while(|change| change.at <= Ticks::ZERO);
    let first = first.last().or(score.tempos.first());
    first.map_or(120.0, |change| change.tempo.quarters_per_minute())
}

/// The step nearest to `onset`, and how much later than it that is, in steps.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "within a step, whose ticks are few"
)]
pub(super) fn place(onset: Ticks, step: Ticks) -> (usize, f32) {
    let nearest = (onset + step / 2).div_floor(step).max(0);
    let offset = (onset - step * nearest).0 as f64 / step.0 as f64;
    let offset = offset.clamp(-0.5, 0.5 - f64::from(f32::EPSILON)) as f32;
    (usize::try_from(nearest).unwrap_or(usize::MAX), offset)
}

/// Numbers that a velocity is told apart in.
pub const VELOCITIES: usize = 32;

/// Numbers that a moment within a step is told apart in: at 120 quarter notes a minute a sixteenth has 32
/// of 3.9 ms.
pub const MOMENTS: usize = 32;

/// The number of a velocity: 0 for 1 to 4, 31 for 125 to 127.
pub fn velocity_class(hit: Hit) -> usize {
    usize::from(hit.velocity.midi().saturating_sub(1)) / 4
}

/// The middle of a class of velocities.
#[expect(clippy::cast_precision_loss, reason = "below 32")]
pub fn velocity_of_class(class: usize) -> f32 {
    (class as f32 * 4.0 + 2.5).min(127.0)
}

/// The number of a moment within a step: 0 half a step early, 16 on time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "offsets lie in [-0.5, 0.5)"
)]
pub fn moment_class(hit: Hit) -> usize {
    let classes = MOMENTS as f32;
    let class = ((hit.offset + 0.5) * classes + 0.5).floor().max(0.0) as usize;
    class.min(MOMENTS - 1)
}

/// The moment that a class stands for, in steps after the step.
#[expect(clippy::cast_precision_loss, reason = "below 32")]
pub fn moment_of_class(class: usize) -> f32 {
    class as f32 / MOMENTS as f32 - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_music::{Note, Part, Pitch, Resolution, Velocity};

    fn score(notes: &[(i64, u8, u8)]) -> Score {
        let note = |&(onset, key, velocity): &(i64, u8, u8)| Note {
            velocity: Velocity::try_from(velocity).ok(),
            ..Note::new(Ticks(onset), Ticks(10), Pitch::try_from(key).unwrap())
        };
        Score {
            parts: vec![Part {
                notes: notes.iter().map(note).collect(),
                ..Part::default()
            }],
            ..Score::new(Resolution::MIDI)
        }
    }

    #[test]
    fn a_sextuplet_keeps_all_its_strokes() {
        let onsets: Vec<i64> = (0..6).map(|n| n * 80).collect();
        let notes: Vec<_> = onsets.iter().map(|&at| (at, 38, 90)).collect();
        let score = score(&notes);
        let barred = Barred::of(&score, Grid::Sixteenths, Some(Metre::COMMON)).unwrap();
        let (groove, left_out) = Groove::of(&barred, &[0]).unwrap();
        assert_eq!(left_out, LeftOut::default());
        let mut back = Vec::new();
        for (step, frame) in (0_i64..).zip(&groove.frames) {
            for hit in [frame.strokes, frame.seconds].iter().flatten().flatten() {
                back.push(step * 120 + (hit.offset * 120.0).round() as i64);
            }
        }
        back.sort_unstable();
        assert_eq!(back, onsets);
    }

    #[test]
    fn of_three_strokes_in_a_step_the_softest_is_counted_out() {
        let score = score(&[(0, 38, 50), (10, 40, 90), (20, 37, 20), (0, 56, 80)]);
        let barred = Barred::of(&score, Grid::Sixteenths, Some(Metre::COMMON)).unwrap();
        let (groove, left_out) = Groove::of(&barred, &[0]).unwrap();
        let snare = Drum::Snare as usize;
        let frame = groove.frames[0];
        assert_eq!(frame.strokes[snare].unwrap().velocity.midi(), 90);
        assert_eq!(frame.seconds[snare].unwrap().velocity.midi(), 50);
        let expected = LeftOut {
            outside: 1,
            softer: 1,
        };
        assert_eq!((frame.combination(), left_out), (2, expected));
    }

    #[test]
    fn classes_stand_for_what_is_in_them() {
        for velocity in 1..=127 {
            let velocity = Velocity::try_from(velocity).unwrap();
            for offset in [-0.5, -0.333, -0.01, 0.0, 0.25, 0.49] {
                let hit = Hit { velocity, offset };
                let back = velocity_of_class(velocity_class(hit));
                assert!((back - f32::from(velocity.midi())).abs() <= 2.0);
                let back = moment_of_class(moment_class(hit));
                assert!((back - offset).abs() <= 0.5 / 16.0, "{offset} {back}");
            }
        }
    }

    #[test]
    fn bars_of_any_metre_have_steps() {
        let bar = |beats, unit| Grid::Sixteenths.per_bar(Metre::new(beats, unit).unwrap());
        assert_eq!(
            [bar(4, 4), bar(7, 8), bar(6, 8), bar(1, 32)],
            [16, 14, 12, 1]
        );
        assert_eq!(Grid::ThirtySeconds.per_bar(Metre::COMMON), 32);
    }
}

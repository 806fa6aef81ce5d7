//! Scores as tables, for models and for other programs.
//!
//! | table | shape | holds |
//! |---|---|---|
//! | [`VoiceGrid`] | `[step, voice]` | a rest, the beginning of a note, or one that goes on |
//! | [`PianoRoll`] | `[step, pitch]` | velocities, and which notes begin |
//! | [`DrumGrid`] | `[step, drum]` | hits with velocity and the moment within the step |
//! | [`NoteTable`] | `[note, column]` | all notes with exact times |
//!
//! [`drum_parts`] says which parts are drums where their instruments do not.
//!
//! [`arrays`] has them all in a file that NumPy opens.

use thiserror::Error;

use crate::time::Ticks;

pub mod arrays;
mod drums;
mod kit;
mod npz;
mod pulse;
mod roll;
mod table;
mod voices;

pub use drums::{Drum, DrumGrid, Hit};
pub use kit::{DrumEvidence, DrumPart, drum_parts};
pub use pulse::Pulse;
pub use roll::PianoRoll;
pub use table::{NoteRow, NoteTable};
pub use voices::{Cell, VoiceGrid};

/// The most steps of a grid that is made of a whole score: 16 384 measures of sixteen steps.
pub const STEPS_MAX: usize = 1 << 18;

/// A score has more steps than a grid may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the score ends at tick {end}, which is more than {STEPS_MAX} steps of {step} ticks; choose \
     longer steps or cut the score"
)]
pub struct TooLong {
    /// Where the score ends.
    pub end: Ticks,
    /// The length of a step.
    pub step: Ticks,
}

/// How many steps of `step` ticks it takes to get to `end`.
///
/// # Panics
/// If `step` is not positive.
fn steps_to(end: Ticks, step: Ticks) -> Result<usize, TooLong> {
    let steps = (end + step - Ticks(1)).div_floor(step);
    usize::try_from(steps.max(0))
        .ok()
        .filter(|&steps| steps <= STEPS_MAX)
        .ok_or(TooLong { end, step })
}

/// The steps from the one nearest to `onset` to before the one nearest to `end`, one at least, as far
/// as they lie before `steps`.
fn span(onset: Ticks, end: Ticks, step: Ticks, steps: usize) -> std::ops::Range<usize> {
    let nearest = |at: Ticks| (at + step / 2).div_floor(step);
    let from = nearest(onset);
    let to = nearest(end).max(from + 1);
    let clipped = |at: i64| usize::try_from(at.max(0)).map_or(steps, |at| at.min(steps));
    clipped(from).min(steps.saturating_sub(1))..clipped(to)
}

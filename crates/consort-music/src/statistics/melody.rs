//! What single voices do: repeated notes, off-beat changes, melodic intervals.

use std::ops::Range;

use super::motion::distance;
use super::{Share, additive};
use crate::grid::{Pulse, VoiceGrid};
use crate::time::Ticks;

/// How often voices stay, and where in time they move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repetition {
    /// Sounding cells, from the second step on, whose pitch is that of the step before, held or
    /// struck again.
    pub repeated: Share,
    /// Notes that begin on the pitch that their voice has just sung, of all notes that begin after
    /// the first step. A source that does not tell held from repeated notes, as the JSB chorales,
    /// has none.
    pub struck_again: Share,
    /// Sounding cells on steps between the eighths whose pitch is not that of the step before.
    pub off_beat: Share,
}

additive!(Repetition {
    repeated,
    struck_again,
    off_beat,
});

/// Counts how often `voices` stay. Off the beat is a step whose place in the measure is no multiple
/// of an eighth (half of `quarter`), so triplets and sixteenths after an eighth are; without
/// `pulses`, or with a quarter that has no half, no step is known to be.
///
/// Voices that the grid lacks are ignored.
pub fn repetition(
    grid: &VoiceGrid,
    pulses: &[Pulse],
    quarter: Ticks,
    voices: Range<usize>,
) -> Repetition {
    let eighth = Ticks(quarter.0 / 2);
    let mut counts = Repetition::default();
    for step in 1..grid.steps() {
        let off_beat = pulses
            .get(step)
            .is_some_and(|pulse| eighth > Ticks::ZERO && pulse.in_measure % eighth != Ticks::ZERO);
        for voice in voices.start..voices.end.min(grid.voices()) {
            if grid.pitch(step, voice).is_none() {
                continue;
            }
            let stays = grid.pitch(step, voice) == grid.pitch(step - 1, voice);
            counts.repeated.record(stays);
            if grid.is_onset(step, voice) {
                counts.struck_again.record(stays);
            }
            if off_beat {
                counts.off_beat.record(!stays);
            }
        }
    }
    counts
}

/// The intervals by which voices move, in semitones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MelodicIntervals {
    /// Moves from one pitch to another at the next step; repeated notes are none, nor is a rest
    /// between bridged.
    pub moves: u64,
    /// One or two semitones. An augmented second is enharmonic with a minor third and counts there.
    pub steps: u64,
    /// Three or four semitones: thirds.
    pub thirds: u64,
    /// Five semitones or more. What follows is among these.
    pub leaps: u64,
    /// Six semitones: an augmented fourth or diminished fifth, to be avoided (Aldwell and
    /// Schachter, "Procedures of Four-Part Writing").
    pub tritones: u64,
    /// Ten or eleven semitones: sevenths, to be avoided likewise.
    pub sevenths: u64,
    /// More than an octave.
    pub beyond_octave: u64,
}

additive!(MelodicIntervals {
    moves,
    steps,
    thirds,
    leaps,
    tritones,
    sevenths,
    beyond_octave,
});

/// Counts the melodic intervals of all voices.
pub fn melodic_intervals(grid: &VoiceGrid) -> MelodicIntervals {
    let mut counts = MelodicIntervals::default();
    for step in 1..grid.steps() {
        for voice in 0..grid.voices() {
            if let (Some(before), Some(after)) =
                (grid.pitch(step - 1, voice), grid.pitch(step, voice))
                && before != after
            {
                counts.record(distance(before, after));
            }
        }
    }
    counts
}

impl MelodicIntervals {
    fn record(&mut self, semitones: u8) {
        self.moves += 1;
        match semitones {
            0..=2 => self.steps += 1,
            3 | 4 => self.thirds += 1,
            _ => self.leaps += 1,
        }
        match semitones {
            6 => self.tritones += 1,
            10 | 11 => self.sevenths += 1,
            13.. => self.beyond_octave += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Cell;
    use crate::statistics::quarter_pulses;
    use crate::statistics::testing::{grid, pitch};

    #[test]
    fn held_and_struck_again_both_repeat() {
        let mut notes = grid(&[[60], [60], [60], [62], [-1], [62]]);
        notes.set(2, 0, Cell::Onset(pitch(60)));
        let counts = repetition(&notes, &[], Ticks(4), 0..1);
        assert_eq!(counts.repeated, Share { part: 2, whole: 4 });
        assert_eq!(counts.struck_again, Share { part: 1, whole: 3 });
        assert_eq!(counts.off_beat, Share::default());
    }

    #[test]
    fn off_beat_is_between_the_eighths() {
        let notes = grid(&[[60, 50], [62, 50], [64, 50], [64, 52], [65, 52]]);
        let pulses = quarter_pulses(5, 4);
        let counts = repetition(&notes, &pulses, Ticks(4), 0..2);
        assert_eq!(counts.off_beat, Share { part: 2, whole: 4 });
        let bass = repetition(&notes, &pulses, Ticks(4), 1..9);
        assert_eq!(bass.off_beat, Share { part: 1, whole: 2 });
        let eighths = repetition(&notes, &quarter_pulses(5, 2), Ticks(2), 0..2);
        assert_eq!(eighths.off_beat, Share::default());
        let quarters = repetition(&notes, &quarter_pulses(5, 1), Ticks(1), 0..2);
        assert_eq!(quarters.off_beat, Share::default());
    }

    #[test]
    fn intervals_fall_into_classes() {
        let notes = grid(&[
            [60],
            [60],
            [62],
            [65],
            [-1],
            [70],
            [64],
            [74],
            [60],
            [61],
            [72],
        ]);
        let counts = melodic_intervals(&notes);
        let expected = MelodicIntervals {
            moves: 7,
            steps: 2,
            thirds: 1,
            leaps: 4,
            tritones: 1,
            sevenths: 2,
            beyond_octave: 1,
        };
        assert_eq!(counts, expected);
    }
}

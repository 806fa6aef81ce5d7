//! The interval between what a transposing part writes and what sounds.

use crate::pitch::{Spelling, Step};

/// A directed interval: letters and semitones up, or down as negative numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Interval {
    /// Steps of the staff.
    pub(super) letters: i32,
    /// Semitones.
    pub(super) semitones: i32,
}

impl Interval {
    /// The usual interval of so many semitones: major, minor or perfect, and the augmented fourth.
    pub(super) fn of_semitones(semitones: i32) -> Interval {
        const LETTERS: [i32; 12] = [0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6];
        let size = usize::try_from(semitones.unsigned_abs() % 12)
            .expect("a remainder of 12 fits any integer");
        let octaves = semitones.abs() / 12;
        Interval {
            letters: (LETTERS[size] + 7 * octaves) * semitones.signum(),
            semitones,
        }
    }

    /// The same semitones over one letter more or less: the enharmonic twin.
    pub(super) fn with_letters(self, more: i32) -> Interval {
        Interval {
            letters: self.letters + more,
            ..self
        }
    }

    /// The way back.
    pub(super) fn inverse(self) -> Interval {
        Interval {
            letters: -self.letters,
            semitones: -self.semitones,
        }
    }

    /// How many fifths up a key signature moves.
    pub(super) fn fifths(self) -> i32 {
        7 * self.semitones - 12 * self.letters
    }

    /// The spelling that lies this interval above `spelling`, unless that needs more than three
    /// accidentals or an octave out of all range.
    pub(super) fn above(self, spelling: Spelling) -> Option<Spelling> {
        let place = i32::from(spelling.octave) * 7 + spelling.step as i32 + self.letters;
        let step = Step::ALL[usize::try_from(place.rem_euclid(7)).ok()?];
        let octave = place.div_euclid(7);
        let sounds = i32::from(spelling.octave) * 12
            + spelling.step.semitones()
            + i32::from(spelling.alter)
            + self.semitones;
        let alter = sounds - octave * 12 - step.semitones();
        (alter.abs() <= 3).then_some(Spelling {
            step,
            alter: i8::try_from(alter).ok()?,
            octave: i8::try_from(octave).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling(step: Step, alter: i8, octave: i8) -> Spelling {
        Spelling {
            step,
            alter,
            octave,
        }
    }

    #[test]
    fn a_clarinet_in_a_sounds_a_minor_third_lower() {
        let interval = Interval::of_semitones(-3);
        assert_eq!(interval.letters, -2);
        assert_eq!(interval.fifths(), 3);
        let c = spelling(Step::C, 0, 4);
        assert_eq!(interval.above(c), Some(spelling(Step::A, 0, 3)));
        assert_eq!(interval.inverse().above(c), Some(spelling(Step::E, -1, 4)));
    }

    #[test]
    fn intervals_and_their_inverses_meet() {
        for semitones in -40..=40 {
            let interval = Interval::of_semitones(semitones);
            for step in Step::ALL {
                let start = spelling(step, 0, 4);
                let there = interval.above(start).unwrap();
                let pitches = |s: Spelling| {
                    i32::from(s.octave) * 12 + s.step.semitones() + i32::from(s.alter)
                };
                assert_eq!(pitches(there) - pitches(start), semitones);
                assert_eq!(interval.inverse().above(there), Some(start));
            }
        }
    }

    #[test]
    fn too_many_accidentals_are_no_spelling() {
        let diminished = Interval::of_semitones(-2).with_letters(-1);
        assert_eq!(diminished.fifths(), 10);
        let flat = spelling(Step::C, -2, 4);
        assert_eq!(diminished.inverse().above(flat), None);
    }
}

//! Which notes of a measure show an accidental.

use std::collections::BTreeMap;

use crate::pitch::{Spelling, Step};

/// What the signs seen so far in a measure make of each place on the staff.
#[derive(Debug, Default)]
pub(super) struct Accidentals {
    /// Sharps of the key, or flats as negative numbers.
    fifths: i32,
    seen: BTreeMap<(u8, Step, i8), i8>,
}

impl Accidentals {
    /// The key signature alone.
    pub(super) fn in_key(fifths: i32) -> Accidentals {
        Accidentals {
            fifths,
            seen: BTreeMap::new(),
        }
    }

    /// The accidental that `written` shows on `staff`, if any.
    pub(super) fn shown(&mut self, staff: u8, written: Spelling) -> Option<&'static str> {
        let place = (staff, written.step, written.octave);
        let signature = in_signature(written.step, self.fifths);
        let before = self.seen.insert(place, written.alter).unwrap_or(signature);
        (before != written.alter).then(|| name(written.alter))
    }
}

/// What a key signature does to a letter.
fn in_signature(step: Step, fifths: i32) -> i8 {
    const SHARPS: [Step; 7] = [
        Step::F,
        Step::C,
        Step::G,
        Step::D,
        Step::A,
        Step::E,
        Step::B,
    ];
    let place = SHARPS
        .iter()
        .position(|sharp| *sharp == step)
        .unwrap_or_default();
    let place = i32::try_from(place).unwrap_or_default();
    if place < fifths {
        1
    } else if 6 - place < -fifths {
        -1
    } else {
        0
    }
}

fn name(alter: i8) -> &'static str {
    match alter {
        ..=-3 => "triple-flat",
        -2 => "flat-flat",
        -1 => "flat",
        0 => "natural",
        1 => "sharp",
        2 => "double-sharp",
        3.. => "triple-sharp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accidentals_last_until_the_barline() {
        let written = |step, alter, octave| Spelling {
            step,
            alter,
            octave,
        };
        let mut measure = Accidentals::in_key(2);
        assert_eq!(measure.shown(1, written(Step::F, 1, 4)), None);
        assert_eq!(measure.shown(1, written(Step::F, 0, 4)), Some("natural"));
        assert_eq!(measure.shown(1, written(Step::F, 0, 4)), None);
        assert_eq!(measure.shown(1, written(Step::F, 0, 5)), Some("natural"));
        assert_eq!(measure.shown(2, written(Step::F, 1, 4)), None);
        assert_eq!(measure.shown(1, written(Step::F, 1, 4)), Some("sharp"));
        let mut measure = Accidentals::in_key(-2);
        assert_eq!(measure.shown(1, written(Step::E, -1, 4)), None);
        assert_eq!(measure.shown(1, written(Step::A, -1, 4)), Some("flat"));
    }
}

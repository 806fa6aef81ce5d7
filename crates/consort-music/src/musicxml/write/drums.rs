//! The drums of General MIDI on the staff.

use crate::midi::general::percussion_name;
use crate::pitch::{Pitch, Step};

/// The name of a drum.
pub(super) fn name(drum: Pitch) -> &'static str {
    percussion_name(drum).unwrap_or("Percussion")
}

/// The place of a drum on a five-line staff, as if in the treble clef: the custom of drum-set
/// notation, and the middle line for what a drum set lacks.
pub(super) fn place(drum: Pitch) -> (Step, i8) {
    match drum.midi() {
        44 => (Step::D, 4),
        35 | 36 => (Step::F, 4),
        41 => (Step::G, 4),
        43 => (Step::A, 4),
        37..=40 => (Step::C, 5),
        45 | 47 => (Step::D, 5),
        48 | 50 => (Step::E, 5),
        51 | 53 | 59 => (Step::F, 5),
        42 | 46 => (Step::G, 5),
        49 | 52 | 55 | 57 => (Step::A, 5),
        _ => (Step::B, 4),
    }
}

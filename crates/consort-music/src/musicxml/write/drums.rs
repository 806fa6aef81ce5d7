//! The drums of General MIDI: their names, and where they stand on the staff.

use crate::pitch::{Pitch, Step};

/// The first drum of [`NAMES`].
const FIRST: u8 = 35;

/// The names of the General MIDI percussion map, from note 35 on.
const NAMES: [&str; 47] = [
    "Acoustic Bass Drum",
    "Bass Drum",
    "Side Stick",
    "Snare Drum",
    "Hand Clap",
    "Electric Snare",
    "Low Floor Tom",
    "Closed Hi-Hat",
    "High Floor Tom",
    "Pedal Hi-Hat",
    "Low Tom",
    "Open Hi-Hat",
    "Low-Mid Tom",
    "Hi-Mid Tom",
    "Crash Cymbal",
    "High Tom",
    "Ride Cymbal",
    "Chinese Cymbal",
    "Ride Bell",
    "Tambourine",
    "Splash Cymbal",
    "Cowbell",
    "Crash Cymbal 2",
    "Vibraslap",
    "Ride Cymbal 2",
    "High Bongo",
    "Low Bongo",
    "Mute High Conga",
    "Open High Conga",
    "Low Conga",
    "High Timbale",
    "Low Timbale",
    "High Agogo",
    "Low Agogo",
    "Cabasa",
    "Maracas",
    "Short Whistle",
    "Long Whistle",
    "Short Guiro",
    "Long Guiro",
    "Claves",
    "High Wood Block",
    "Low Wood Block",
    "Mute Cuica",
    "Open Cuica",
    "Mute Triangle",
    "Open Triangle",
];

/// The name of a drum.
pub(super) fn name(drum: Pitch) -> &'static str {
    let index = drum.midi().checked_sub(FIRST).map(usize::from);
    index
        .and_then(|index| NAMES.get(index))
        .copied()
        .unwrap_or("Percussion")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drums_have_their_names() {
        let named = |midi: u8| name(Pitch::try_from(midi).unwrap());
        assert_eq!(named(36), "Bass Drum");
        assert_eq!(named(42), "Closed Hi-Hat");
        assert_eq!(named(81), "Open Triangle");
        assert_eq!(named(82), "Percussion");
        assert_eq!(named(0), "Percussion");
    }
}

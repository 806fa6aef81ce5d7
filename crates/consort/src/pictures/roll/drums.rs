//! The names of drums.

/// What the key `pitch` strikes in the percussion map of General MIDI (level 1 for 35 to 81, level
/// 2 for the keys around them).
pub(super) fn name(pitch: u8) -> Option<&'static str> {
    let index = pitch.checked_sub(FIRST)?;
    NAMES.get(usize::from(index)).copied()
}

const FIRST: u8 = 27;

const NAMES: [&str; 61] = [
    "High Q",
    "Slap",
    "Scratch Push",
    "Scratch Pull",
    "Sticks",
    "Square Click",
    "Metronome Click",
    "Metronome Bell",
    "Acoustic Bass Drum",
    "Bass Drum",
    "Side Stick",
    "Snare",
    "Hand Clap",
    "Electric Snare",
    "Low Floor Tom",
    "Closed Hi-Hat",
    "High Floor Tom",
    "Pedal Hi-Hat",
    "Low Tom",
    "Open Hi-Hat",
    "Low-Mid Tom",
    "High-Mid Tom",
    "Crash",
    "High Tom",
    "Ride",
    "Chinese Cymbal",
    "Ride Bell",
    "Tambourine",
    "Splash",
    "Cowbell",
    "Crash 2",
    "Vibraslap",
    "Ride 2",
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
    "Shaker",
    "Jingle Bell",
    "Bell Tree",
    "Castanets",
    "Mute Surdo",
    "Open Surdo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_their_keys() {
        assert_eq!(name(36), Some("Bass Drum"));
        assert_eq!(name(42), Some("Closed Hi-Hat"));
        assert_eq!(name(49), Some("Crash"));
        assert_eq!(name(81), Some("Open Triangle"));
        assert_eq!((name(26), name(88)), (None, None));
    }
}

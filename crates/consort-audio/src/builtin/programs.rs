//! Which instrument plays which program of General MIDI.

use super::drums::Drum;
use super::struck::Struck;
use super::sustained::Sustained;

/// What plays a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Instrument {
    Sustained(Sustained),
    Struck(Struck),
    Drum(Drum),
}

/// The instrument of a program, or the drum of a pitch.
pub(super) fn instrument(program: u8, percussion: bool, pitch: u8) -> Instrument {
    use Instrument::{Struck as Dies, Sustained as Lasts};
    if percussion {
        return Instrument::Drum(Drum::of(pitch));
    }
    match program {
        0..=5 => Dies(Struck::Piano),
        6 | 7 => Dies(Struck::Harpsichord),
        8..=10 | 98 | 112 => Dies(Struck::Glockenspiel),
        11 => Dies(Struck::Vibraphone),
        12 | 13 | 108 | 115 => Dies(Struck::Marimba),
        14 | 113 => Dies(Struck::Bell),
        15 | 24..=31 | 104..=107 => Dies(Struck::Guitar),
        16..=20 => Lasts(Sustained::Organ),
        21..=23 | 109 => Lasts(Sustained::Accordion),
        32..=39 => Dies(Struck::Bass),
        40..=44 | 48..=51 | 55 | 89 | 90 | 92 | 95 | 110 => Lasts(Sustained::Strings),
        45 => Dies(Struck::Pizzicato),
        46 => Dies(Struck::Harp),
        47 | 116..=119 => Dies(Struck::Timpani),
        52..=54 | 85 | 91 | 94 | 101 | 102 => Lasts(Sustained::Choir),
        56..=63 => Lasts(Sustained::Brass),
        64..=67 | 71 => Lasts(Sustained::Clarinet),
        68..=70 | 111 => Lasts(Sustained::Oboe),
        72..=79 => Lasts(Sustained::Flute),
        114 => Dies(Struck::Vibraphone),
        80..=84 | 86..=88 | 93 | 96 | 97 | 99 | 100 | 103 => Lasts(Sustained::Synth),
        // Sound effects have no pitch of their own; wood is at least short.
        120.. => Dies(Struck::Marimba),
    }
}

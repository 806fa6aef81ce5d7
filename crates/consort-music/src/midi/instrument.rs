//! Instruments, as programs and banks choose them.
//!
//! The program of a part is the one in force at its first note. Where that is the only one until then
//! and stands at the very start, with nothing after it that would change its meaning, the instrument
//! alone says so, and [`program_place`] is where it is written again. Else it is among the controls.

use crate::performance::{Control, Message};
use crate::time::Ticks;

/// The controller that chooses a bank of programs.
const BANK: u8 = 0;

/// The fine part of the bank.
const BANK_FINE: u8 = 32;

/// The banks of drums and of melodic instruments in General MIDI 2 (RP-024, 3.3.1).
const GM2_DRUMS: u8 = 120;
const GM2_MELODIC: u8 = 121;

/// The bank of drums in XG, once the message "XG System On" was sent. In other systems it is melodic.
const XG_DRUMS: u8 = 127;

/// How the file numbers its banks.
pub(super) struct Banks {
    xg: bool,
}

impl Banks {
    /// The numbering of a file with these controls.
    pub(super) fn of<'a>(mut controls: impl Iterator<Item = &'a Control>) -> Banks {
        Banks {
            xg: controls.any(|control| is_xg_on(&control.message)),
        }
    }

    /// Whether a bank holds drums, where it says so.
    pub(super) fn is_drums(&self, bank: u8) -> Option<bool> {
        match bank {
            GM2_DRUMS => Some(true),
            GM2_MELODIC => Some(false),
            XG_DRUMS if self.xg => Some(true),
            _ => None,
        }
    }
}

/// Whether a message is Yamaha's "XG System On", for any device.
fn is_xg_on(message: &Message) -> bool {
    match message {
        Message::SystemExclusive(data) => {
            matches!(**data, [0x43, 0x10..=0x1F, 0x4C, 0, 0, 0x7E, 0])
        }
        _ => false,
    }
}

/// Whether a message chooses a program or a bank of them.
pub(super) fn chooses_sound(message: &Message) -> bool {
    matches!(
        message,
        Message::Program(_) | Message::Controller { number: BANK, .. }
    )
}

/// Whether a program change means something else before this message than after it.
fn bears_on_programs(message: &Message) -> bool {
    match message {
        Message::Controller { number, .. } => matches!(*number, BANK | BANK_FINE),
        Message::SystemExclusive(_) | Message::Raw(_) => true,
        _ => false,
    }
}

/// What `choose` finds last in the controls up to `first`, and where.
fn last_until<T>(
    controls: &[Control],
    first: Ticks,
    choose: impl Fn(&Message) -> Option<T>,
) -> Option<(usize, T)> {
    let until = controls.partition_point(|control| control.at <= first);
    let places = controls[..until].iter().enumerate().rev();
    places
        .filter_map(|(place, control)| Some((place, choose(&control.message)?)))
        .next()
}

fn program_of(message: &Message) -> Option<u8> {
    match *message {
        Message::Program(program) => Some(program),
        _ => None,
    }
}

/// Where among the controls the program in force at `first` is chosen.
pub(super) fn last_program(controls: &[Control], first: Ticks) -> Option<usize> {
    last_until(controls, first, program_of).map(|(place, _)| place)
}

/// The program in force at `first`.
pub(super) fn program(controls: &[Control], first: Ticks) -> Option<u8> {
    last_until(controls, first, program_of).map(|(_, program)| program)
}

/// The bank in force at `first`.
pub(super) fn bank(controls: &[Control], first: Ticks) -> Option<u8> {
    let bank = |message: &Message| match *message {
        Message::Controller {
            number: BANK,
            value,
        } => Some(value),
        _ => None,
    };
    last_until(controls, first, bank).map(|(_, bank)| bank)
}

/// The program in force at `first`, which leaves the controls if the instrument can speak for it.
pub(super) fn take_program(controls: &mut Vec<Control>, first: Ticks) -> Option<u8> {
    let (place, program) = last_until(controls, first, program_of)?;
    let only = !controls[..place]
        .iter()
        .any(|control| program_of(&control.message).is_some());
    if only && controls[place].at == Ticks::ZERO && place >= program_place(controls) {
        controls.remove(place);
    }
    Some(program)
}

/// Where among the controls the program of the instrument is put: at the start, after what bears on
/// it there.
pub(super) fn program_place(controls: &[Control]) -> usize {
    let at_start = controls.partition_point(|control| control.at <= Ticks::ZERO);
    let last = controls[..at_start]
        .iter()
        .rposition(|control| bears_on_programs(&control.message));
    last.map_or(0, |last| last + 1)
}

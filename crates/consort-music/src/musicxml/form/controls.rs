//! Controls that can be written.

use std::collections::BTreeMap;

use crate::musicxml::playback::{BANK_COARSE, BANK_FINE, PAN, VOLUME, pedal_name};
use crate::performance::{Control, Message};
use crate::time::Ticks;

/// The controls for which MusicXML has a word: volume, pan, banks, programs and pedals. A bank is
/// two controllers. Those that set up the part come first, and each of them once.
pub(super) fn controls(controls: &[Control]) -> Vec<Control> {
    let mut sorted: Vec<Control> = controls
        .iter()
        .filter_map(|control| {
            Some(Control {
                at: control.at.max(Ticks::ZERO),
                message: valid(&control.message)?,
            })
        })
        .collect();
    sorted.sort_by_key(|control| control.at);
    let mut written = whole_banks(&sorted);
    let start = written.partition_point(|control| control.at <= Ticks::ZERO);
    let later = written.split_off(start);
    let mut settings: BTreeMap<u8, Control> = BTreeMap::new();
    let mut others = Vec::new();
    for control in written {
        match setting(&control.message) {
            Some(rank) => drop(settings.insert(rank, control)),
            None => others.push(control),
        }
    }
    settings.into_values().chain(others).chain(later).collect()
}

/// The place of a control among those that set up a part.
pub(in crate::musicxml) fn setting(message: &Message) -> Option<u8> {
    match message {
        Message::Controller { number, .. } => [BANK_COARSE, BANK_FINE, VOLUME, PAN]
            .iter()
            .position(|known| known == number)
            .and_then(|rank| u8::try_from(rank).ok()),
        _ => None,
    }
}

fn valid(message: &Message) -> Option<Message> {
    match *message {
        Message::Controller { number, value } => {
            let is_known = setting(message).is_some() || pedal_name(number).is_some();
            let value = value.min(127);
            is_known.then_some(Message::Controller { number, value })
        }
        Message::Program(program) => Some(Message::Program(program.min(127))),
        _ => None,
    }
}

/// The controls with both controllers of a bank wherever there is one of them.
fn whole_banks(controls: &[Control]) -> Vec<Control> {
    let mut bank = (0, 0);
    let mut whole = Vec::with_capacity(controls.len());
    let mut controls = controls.iter().peekable();
    while let Some(control) = controls.next() {
        let Message::Controller { number, value } = control.message else {
            whole.push(control.clone());
            continue;
        };
        match number {
            BANK_COARSE => {
                bank.0 = value;
                let fine = controls.peek().filter(|next| next.at == control.at);
                if let Some(Message::Controller {
                    number: BANK_FINE,
                    value,
                }) = fine.map(|next| &next.message)
                {
                    bank.1 = *value;
                    controls.next();
                }
            }
            BANK_FINE => bank.1 = value,
            _ => {
                whole.push(control.clone());
                continue;
            }
        }
        for (number, value) in [(BANK_COARSE, bank.0), (BANK_FINE, bank.1)] {
            let message = Message::Controller { number, value };
            whole.push(Control {
                at: control.at,
                message,
            });
        }
    }
    whole
}

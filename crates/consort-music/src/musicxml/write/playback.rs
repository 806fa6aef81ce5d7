//! Volumes, banks, programs and pedals.

use crate::musicxml::form::setting;
use crate::musicxml::playback::{
    BANK_COARSE, BANK_FINE, PAN, VOLUME, degrees, pedal_name, percent,
};
use crate::musicxml::write::header::instrument_id;
use crate::musicxml::write::measure::PartWriter;
use crate::musicxml::write::xml::Xml;
use crate::performance::{Control, Message};
use crate::pitch::Pitch;
use crate::score::Part;
use crate::time::Ticks;

/// The controls of `part` that set it up, which the part list says.
pub(super) fn settings(part: &Part) -> &[Control] {
    let is_setting =
        |control: &Control| control.at == Ticks::ZERO && setting(&control.message).is_some();
    let count = part
        .controls
        .iter()
        .take_while(|control| is_setting(control));
    &part.controls[..count.count()]
}

/// Whether controls speak of an instrument of `part`.
pub(super) fn names_instrument(part: &Part) -> bool {
    let mut controls = part.controls.iter();
    controls.any(|control| is_of_instrument(&control.message))
}

fn is_of_instrument(message: &Message) -> bool {
    setting(message).is_some() || matches!(message, Message::Program(_))
}

/// The drum that the instrument of a part with drums is named after.
pub(super) fn first_drum(part: &Part) -> Option<Pitch> {
    let pitches = part.notes.iter().map(|note| note.pitch);
    pitches.min().filter(|_| part.instrument.percussion)
}

/// Writes the bank that `messages` choose.
pub(super) fn bank<'m>(xml: &mut Xml, messages: impl Iterator<Item = &'m Message>) {
    let mut bank = None;
    for message in messages {
        let (coarse, fine) = bank.unwrap_or_default();
        match *message {
            Message::Controller {
                number: BANK_COARSE,
                value,
            } => bank = Some((u16::from(value), fine)),
            Message::Controller {
                number: BANK_FINE,
                value,
            } => bank = Some((coarse, u16::from(value))),
            _ => {}
        }
    }
    if let Some((coarse, fine)) = bank {
        xml.number("midi-bank", coarse * 128 + fine + 1);
    }
}

/// Writes the volume and the place between left and right that `messages` choose.
pub(super) fn mix<'m>(xml: &mut Xml, messages: impl Iterator<Item = &'m Message> + Clone) {
    for wanted in [VOLUME, PAN] {
        for message in messages.clone() {
            if let Message::Controller { number, value } = *message
                && number == wanted
            {
                match wanted {
                    VOLUME => xml.leaf("volume", &percent(value)),
                    _ => xml.leaf("pan", &degrees(value)),
                }
            }
        }
    }
}

impl PartWriter<'_, '_> {
    /// Writes the control at `place` of the part, which stands `offset` after the cursor. The two
    /// controllers of a bank are written with the first of them.
    pub(super) fn control(&mut self, place: usize, offset: Ticks) {
        let part = self.part;
        let message = &part.controls[place].message;
        if let Message::Controller { number, value } = *message {
            if number == BANK_FINE {
                return;
            }
            if let Some(pedal) = pedal_name(number) {
                let value = match value {
                    0 => "no".to_owned(),
                    127 => "yes".to_owned(),
                    value => percent(value),
                };
                self.xml.open_with("sound", &[(pedal, &value)]);
                self.offset(offset);
                self.xml.close();
                return;
            }
        }
        let id = instrument_id(self.index, first_drum(part));
        let said = [
            Some(message),
            part.controls.get(place + 1).map(|next| &next.message),
        ];
        let said = said.into_iter().flatten().take(match message {
            Message::Controller {
                number: BANK_COARSE,
                ..
            } => 2,
            _ => 1,
        });
        self.xml.open("sound");
        self.xml.open_with("midi-instrument", &[("id", &id)]);
        bank(self.xml, said.clone());
        if let Message::Program(program) = message {
            self.xml.number("midi-program", u16::from(*program) + 1);
        }
        mix(self.xml, said);
        self.xml.close();
        self.offset(offset);
        self.xml.close();
    }
}

//! What the file says about how a part is played: volumes, sound banks, pedals.

use roxmltree::Node;

use crate::musicxml::playback::{
    BANK_COARSE, BANK_FINE, PAN, VOLUME, pan_of, pedal_of, seven_bits, volume_of,
};
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::At;
use crate::musicxml::read::{elements, text};
use crate::musicxml::report::{Report, short};
use crate::performance::Message;

/// Elements that set up a player rather than the music.
const PLAYERS: [&str; 6] = [
    "elevation",
    "instrument-sound",
    "midi-device",
    "player",
    "virtual-instrument",
    "virtual-library",
];

/// Reports `node`, which is about a player, unless it says nothing.
pub(super) fn unread_player(node: Node, report: &mut Report) {
    let name = node.tag_name().name();
    let says_nothing =
        matches!(name, "midi-device" | "elevation") && matches!(text(node), "" | "0" | "0.0");
    if PLAYERS.contains(&name) {
        if !says_nothing {
            report.warn(
                node,
                "settings of a player (devices, sound libraries, elevation) are left out",
            );
        }
    } else if !is_ignored(name) {
        report.left_out(node);
    }
}

/// The controls that an element of `midi-instrument` stands for; none if it is another element.
pub(super) fn settings(node: Node, report: &mut Report) -> Option<Vec<Message>> {
    let number = text(node).parse::<f64>().ok();
    let controller = |number, value| Message::Controller { number, value };
    let messages = match node.tag_name().name() {
        "volume" => number
            .and_then(volume_of)
            .map(|value| vec![controller(VOLUME, value)]),
        "pan" => number
            .and_then(pan_of)
            .map(|value| vec![controller(PAN, value)]),
        "midi-bank" => bank(text(node)).map(|(coarse, fine)| {
            vec![controller(BANK_COARSE, coarse), controller(BANK_FINE, fine)]
        }),
        _ => return None,
    };
    if messages.is_none() {
        let name = node.tag_name().name();
        let message = format!(
            "<{name}> is {:?}, out of its range; left out",
            short(text(node))
        );
        report.warn(node, message);
    }
    Some(messages.unwrap_or_default())
}

/// A bank from 1 to 16 384 as two controllers.
fn bank(text: &str) -> Option<(u8, u8)> {
    let bank = text.parse::<u16>().ok()?.checked_sub(1)?;
    let coarse = u8::try_from(bank / 128).ok()?;
    let fine = u8::try_from(bank % 128).ok()?;
    (coarse < 128).then_some((coarse, fine))
}

impl PartReader<'_, '_, '_> {
    /// Reads an attribute of `sound` that is a controller, or says that it is none.
    pub(super) fn played_by_attribute(
        &mut self,
        node: Node,
        name: &str,
        value: &str,
        at: At,
    ) -> bool {
        let value = value.trim();
        let number = || value.parse::<f64>().ok();
        let message = match (name, pedal_of(name)) {
            (_, Some(pedal)) => match value {
                "yes" => Some((pedal, 127)),
                "no" => Some((pedal, 0)),
                _ => number().and_then(volume_of).map(|value| (pedal, value)),
            },
            ("pan", _) => number().and_then(pan_of).map(|value| (PAN, value)),
            _ => return false,
        };
        match message {
            Some((number, value)) => {
                let message = Message::Controller { number, value };
                self.draft.controls.push((at, message));
            }
            None => {
                let message = format!("the sound {name:?} is {:?}; left out", short(value));
                self.report.warn(node, message);
            }
        }
        true
    }

    /// Reads a change of settings within the music.
    pub(super) fn instrument_change(&mut self, node: Node, at: At) {
        for element in elements(node) {
            if let Some(messages) = settings(element, self.report) {
                let messages = messages.into_iter().map(|message| (at, message));
                self.draft.controls.extend(messages);
                continue;
            }
            match element.tag_name().name() {
                "midi-program" => {
                    let program = text(element).parse().ok();
                    match seven_bits(program) {
                        Some(program) => {
                            let message = Message::Program(program);
                            self.draft.controls.push((at, message));
                        }
                        None => self
                            .report
                            .warn(element, "a program that is not 1 to 128 is left out"),
                    }
                }
                // The channel of a part is the writer's choice.
                "midi-channel" => {}
                _ => unread_player(element, self.report),
            }
        }
    }
}

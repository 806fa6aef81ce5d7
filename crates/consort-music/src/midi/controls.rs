//! The messages of a channel but for its notes, as a track is read.

use std::collections::BTreeMap;

use super::notes::RawNote;
use crate::Pitch;
use crate::performance::{Control, Message};
use crate::time::Ticks;

/// The messages of a channel, in order of time. The many short ones are kept small until their number
/// is known.
#[derive(Debug, Default)]
pub(super) struct RawControls {
    events: Vec<RawControl>,
    /// Messages that are more than two bytes.
    long: Vec<Message>,
    releases: usize,
}

/// A message, by the high half of its status: 0 stands for the next of the long ones.
#[derive(Clone, Copy, Debug)]
struct RawControl {
    at: Ticks,
    kind: u8,
    /// The first byte, which is a pitch or like one less than 128.
    first: Pitch,
    second: u8,
}

/// The kind of a note off, of which the release is kept.
const RELEASE: u8 = 0x8;

impl RawControls {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// A channel message of the kind 9 to E.
    #[inline]
    pub(super) fn short(&mut self, at: Ticks, kind: u8, first: Pitch, second: u8) {
        self.events.push(RawControl {
            at,
            kind,
            first,
            second,
        });
    }

    /// How a note of a pitch is let go.
    pub(super) fn release(&mut self, at: Ticks, pitch: Pitch, velocity: u8) {
        self.releases += 1;
        self.short(at, RELEASE, pitch, velocity);
    }

    /// Any other message.
    pub(super) fn long(&mut self, control: Control) {
        self.short(control.at, 0, Pitch::MIDDLE_C, 0);
        self.long.push(control.message);
    }

    /// Keeps of the releases those that stand where one of `notes` ends, each at an end of its own.
    pub(super) fn keep_releases(&mut self, notes: &[RawNote]) {
        let mut ends: BTreeMap<(Ticks, Pitch), usize> = BTreeMap::new();
        for note in notes {
            *ends.entry((note.end, note.pitch)).or_default() += 1;
        }
        self.events.retain(|event| {
            let left = ends.get_mut(&(event.at, event.first));
            let left = left.filter(|left| **left > 0);
            event.kind != RELEASE || left.map(|left| *left -= 1).is_some()
        });
    }

    /// The messages; releases by pitch before all others of their moment, as they are written.
    pub(super) fn take(&mut self) -> Vec<Control> {
        if std::mem::take(&mut self.releases) > 0 {
            for moment in self.events.chunk_by_mut(|a, b| a.at == b.at) {
                moment.sort_by_key(|event| {
                    let release = event.kind == RELEASE;
                    (!release, release.then_some(event.first))
                });
            }
        }
        let mut long = self.long.drain(..);
        let controls = self.events.drain(..).map(|event| Control {
            at: event.at,
            message: event.message(&mut long),
        });
        controls.collect()
    }
}

impl RawControl {
    #[inline]
    fn message(self, long: &mut impl Iterator<Item = Message>) -> Message {
        let (pitch, value) = (self.first, self.second);
        match self.kind {
            RELEASE => Message::Release {
                pitch,
                velocity: value,
            },
            0xA => Message::KeyPressure { pitch, value },
            0xB => Message::Controller {
                number: pitch.midi(),
                value,
            },
            0xC => Message::Program(pitch.midi()),
            0xD => Message::Pressure(pitch.midi()),
            0xE => Message::PitchBend(i16::from(pitch.midi()) + (i16::from(value) << 7) - 8192),
            _ => long.next().unwrap_or(Message::Raw(Box::default())),
        }
    }
}

//! What a track says, sorted by kind.

use super::controls::RawControls;
use super::events::{Event, EventKind, Events};
use super::notes::{CHANNELS, Pairing};
use super::text::decode;
use super::voices;
use crate::performance::{Control, Message};
use crate::reading::{Place, Warnings};
use crate::score::{Metre, Note, Tempo};
use crate::time::Ticks;
use crate::{Key, Mode, Pitch, Velocity};

/// The controllers that end all notes: all sound off, all notes off, and the four channel modes.
const NOTES_OFF: [u8; 6] = [120, 123, 124, 125, 126, 127];

/// Release velocities that keyboards without a sensor send.
const SAYS_NOTHING: [u8; 2] = [0, RELEASE];

/// The release velocity where none is known, which is also what note on with velocity 0 means.
pub(super) const RELEASE: u8 = 64;

/// What a track says.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) name: Option<String>,
    pub(super) instrument: Option<String>,
    pub(super) copyrights: Vec<String>,
    /// The cable that leads to its sixteen channels.
    pub(super) port: u8,
    /// The channels that have messages, in their order.
    pub(super) channels: Vec<Channel>,
    /// Messages for no channel in a track that speaks to none.
    pub(super) controls: Vec<Control>,
    pub(super) texts: Vec<Text>,
    pub(super) tempos: Vec<(Ticks, Tempo)>,
    pub(super) metres: Vec<(Ticks, Metre)>,
    pub(super) keys: Vec<(Ticks, Key)>,
    /// The end of its last event or note.
    pub(super) end: Ticks,
}

/// What a track says to a channel.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// Which, 0 first.
    pub(super) number: u8,
    pub(super) notes: Vec<Note>,
    pub(super) controls: Vec<Control>,
}

/// A text at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) at: Ticks,
    pub(super) kind: TextKind,
    pub(super) text: String,
}

/// What a text is, by its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextKind {
    Plain,
    Lyric,
    Marker,
    Cue,
}

impl Track {
    /// Moves everything to `numerator / denominator` of its time, to the nearest tick.
    pub(super) fn scale(&mut self, numerator: i64, denominator: i64) {
        let scaled = |at: Ticks| {
            let exact = i128::from(at.0) * i128::from(numerator);
            let half = i128::from(denominator / 2);
            Ticks(i64::try_from((exact + half).div_euclid(denominator.into())).unwrap_or(i64::MAX))
        };
        for channel in &mut self.channels {
            for note in &mut channel.notes {
                let end = scaled(note.onset + note.duration);
                note.duration = (end - scaled(note.onset)).max(Ticks(1));
            }
        }
        self.each_moment(|at| *at = scaled(*at));
    }

    /// Moves everything by `delay`.
    pub(super) fn delay(&mut self, delay: Ticks) {
        self.each_moment(|at| *at += delay);
    }

    fn text(&mut self, at: Ticks, kind: TextKind, bytes: &[u8]) {
        let text = decode(bytes);
        // An empty lyric keeps the place of a verse.
        if !text.trim().is_empty() || kind == TextKind::Lyric {
            self.texts.push(Text { at, kind, text });
        }
    }

    fn each_moment(&mut self, mut change: impl FnMut(&mut Ticks)) {
        for channel in &mut self.channels {
            channel
                .notes
                .iter_mut()
                .for_each(|note| change(&mut note.onset));
            channel
                .controls
                .iter_mut()
                .for_each(|control| change(&mut control.at));
        }
        self.controls
            .iter_mut()
            .for_each(|control| change(&mut control.at));
        self.texts
            .iter_mut()
            .for_each(|event| change(&mut event.at));
        self.tempos.iter_mut().for_each(|(at, _)| change(at));
        self.metres.iter_mut().for_each(|(at, _)| change(at));
        self.keys.iter_mut().for_each(|(at, _)| change(at));
        change(&mut self.end);
    }
}

/// Takes tracks apart, one after another.
#[derive(Default)]
pub(super) struct Collector {
    pairing: Pairing,
    /// The messages of the track for each channel, but for notes.
    controls: [RawControls; CHANNELS],
    /// The channel that the track spoke to last.
    current: Option<usize>,
    /// Events met so far that say to which channel the next meta event belongs.
    pub(super) prefixes: usize,
}

impl Collector {
    /// All that the events of a track say.
    pub(super) fn collect(&mut self, events: &mut Events<'_>, warnings: &mut Warnings) -> Track {
        let mut track = Track::default();
        while let Some(event) = events.next(warnings) {
            match event.kind {
                EventKind::Channel(status, data) => self.message(&mut track, &event, status, data),
                EventKind::Meta(kind, data) => {
                    let place = Place::Track {
                        track: events.track(),
                        byte: event.byte,
                    };
                    self.meta(&mut track, event.at, kind, data, place, warnings);
                }
                EventKind::Exclusive(data) => {
                    let message = match data.split_last() {
                        Some((0xF7, data)) => Message::SystemExclusive(data.into()),
                        // The first packet of several.
                        _ => Message::Raw([&[0xF0], data].concat().into()),
                    };
                    self.add(&mut track, event.at, message);
                }
                EventKind::Escape(data) => {
                    self.add(&mut track, event.at, Message::Raw(data.into()));
                }
            }
        }
        track.end = events.now();
        let moved = self.pairing.finish(events.track(), track.end, warnings);
        for number in 0..16 {
            let notes = self.pairing.notes(number);
            let controls = &mut self.controls[usize::from(number)];
            if notes.is_empty() && controls.is_empty() {
                continue;
            }
            let last = notes.iter().map(|note| note.end).max();
            track.end = track.end.max(last.unwrap_or_default());
            if moved {
                controls.keep_releases(notes);
            }
            track.channels.push(Channel {
                number,
                notes: voices::notes(notes),
                controls: controls.take(),
            });
        }
        self.pairing.clear();
        self.current = None;
        track
    }

    /// Keeps a message that is for no channel with those of the channel that was spoken to last, else
    /// of the first that will be.
    fn add(&mut self, track: &mut Track, at: Ticks, message: Message) {
        let control = Control { at, message };
        match self.current {
            Some(channel) => self.controls[channel].long(control),
            None => track.controls.push(control),
        }
    }

    #[inline]
    fn message(&mut self, track: &mut Track, event: &Event<'_>, status: u8, data: [u8; 2]) {
        let (at, byte) = (event.at, event.byte);
        let (kind, channel) = (status >> 4, status & 0xF);
        let controls = &mut self.controls[usize::from(channel)];
        if self.current.is_none() {
            track
                .controls
                .drain(..)
                .for_each(|early| controls.long(early));
        }
        self.current = Some(channel.into());
        let Ok(pitch) = Pitch::try_from(data[0]) else {
            return;
        };
        match (kind, Velocity::try_from(data[1])) {
            (0x9, Ok(velocity)) => self.pairing.on(at, channel, pitch, velocity, byte),
            (0x8 | 0x9, _) => {
                let ended = self.pairing.off(at, channel, pitch, byte);
                if kind == 0x8 && ended && !SAYS_NOTHING.contains(&data[1]) {
                    controls.release(at, pitch, data[1]);
                }
            }
            _ => {
                if kind == 0xB && NOTES_OFF.contains(&data[0]) {
                    self.pairing.all_off(at, channel, byte);
                }
                controls.short(at, kind, pitch, data[1]);
            }
        }
    }

    fn meta(
        &mut self,
        track: &mut Track,
        at: Ticks,
        kind: u8,
        data: &[u8],
        place: Place,
        warnings: &mut Warnings,
    ) {
        match (kind, data) {
            (0x01, _) => track.text(at, TextKind::Plain, data),
            (0x02, _) => track.copyrights.extend(label(data)),
            // A second name is a remark.
            (0x03, _) if track.name.is_some() => track.text(at, TextKind::Plain, data),
            (0x03, _) => track.name = label(data),
            (0x04, _) if track.instrument.is_some() => track.text(at, TextKind::Plain, data),
            (0x04, _) => track.instrument = label(data),
            (0x05, _) => track.text(at, TextKind::Lyric, data),
            (0x06, _) => track.text(at, TextKind::Marker, data),
            (0x07, _) => track.text(at, TextKind::Cue, data),
            (0x20, _) => self.prefixes += 1,
            (0x21, &[port, ..]) => track.port = port,
            (0x2F, _) => {}
            (0x51, &[high, middle, low, ..]) => {
                let micros = u32::from_be_bytes([0, high, middle, low]);
                match tempo(micros) {
                    Some(tempo) => track.tempos.push((at, tempo)),
                    None => {
                        let message = format!(
                            "a tempo of {micros} microseconds in a quarter note is impossible; it was left out"
                        );
                        warnings.push(place, message);
                    }
                }
            }
            (0x58, &[beats, power, ref clocks @ ..]) => {
                let unit = 1u8.checked_shl(power.into()).filter(|_| power < 8);
                match unit.and_then(|unit| Metre::new(beats, unit)) {
                    Some(metre) => track.metres.push((at, metre)),
                    None => {
                        let message = format!(
                            "a metre of {beats} units of 1/2^{power} is impossible; it was left out"
                        );
                        warnings.push(place, message);
                    }
                }
                if let Some(&notes) = clocks.get(1).filter(|&&notes| notes != 8) {
                    let message =
                        format!("a quarter note of {notes} thirty-seconds was read as one of 8");
                    warnings.push(place, message);
                }
            }
            (0x59, &[fifths, minor, ..]) => {
                let fifths = fifths.cast_signed();
                let mode = if minor != 0 { Mode::Minor } else { Mode::Major };
                if (-7..=7).contains(&fifths) {
                    track.keys.push((at, Key { fifths, mode }));
                } else {
                    let message =
                        format!("a key with {fifths} sharps is impossible; it was left out");
                    warnings.push(place, message);
                }
            }
            (0x21 | 0x51 | 0x58 | 0x59 | 0x80.., _) => {
                let message = format!(
                    "a meta event of kind {kind:02X} and length {} makes no sense; it was skipped",
                    data.len()
                );
                warnings.push(place, message);
            }
            _ => {
                let data = data.into();
                self.add(track, at, Message::Meta { kind, data });
            }
        }
    }
}

fn label(bytes: &[u8]) -> Option<String> {
    let text = decode(bytes);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The tempo of quarter notes of `micros` microseconds: of the tempos that round to them, the one
/// with the fewest decimals.
fn tempo(micros: u32) -> Option<Tempo> {
    let exact = 60e6 / f64::from(micros);
    [1.0, 10.0, 100.0, 1000.0]
        .into_iter()
        .map(|scale| (exact * scale).round() / scale)
        .find(|&rounded| micros_of(rounded) == Some(micros))
        .or(Some(exact))
        .and_then(Tempo::new)
}

/// The microseconds in a quarter note of a tempo, within what a tempo event can say.
pub(super) fn micros_of(quarters_per_minute: f64) -> Option<u32> {
    let micros = (60e6 / quarters_per_minute).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits in three bytes"
    )]
    (quarters_per_minute > 0.0).then(|| micros.clamp(1.0, 16_777_215.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempos_are_as_round_as_they_were_meant() {
        let quarters = |micros| tempo(micros).map(Tempo::quarters_per_minute);
        assert_eq!(quarters(857_143), Some(70.0));
        assert_eq!(quarters(500_000), Some(120.0));
        assert_eq!(quarters(0), None);
        assert_eq!(quarters(5_999), None);
        for micros in (6_000..16_777_216).step_by(4_999) {
            assert_eq!(quarters(micros).and_then(micros_of), Some(micros));
        }
    }
}

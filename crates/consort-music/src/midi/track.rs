//! What a track says, sorted by kind.

use midly::{MetaMessage, MidiMessage, TrackEventKind};

use super::events::{Event, Events};
use super::file::LeftOut;
use super::notes::{Pairing, RawNote};
use super::text::decode;
use crate::reading::{Place, Warnings};
use crate::score::{Metre, Tempo};
use crate::time::Ticks;
use crate::{Key, Mode};

/// The controllers that end all notes: all sound off, all notes off, and the four channel modes.
const NOTES_OFF: [u8; 6] = [120, 123, 124, 125, 126, 127];

/// What a track says.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) name: Option<String>,
    pub(super) instrument: Option<String>,
    pub(super) copyrights: Vec<String>,
    pub(super) notes: Vec<RawNote>,
    pub(super) programs: Vec<ProgramChange>,
    pub(super) texts: Vec<Text>,
    pub(super) tempos: Vec<(Ticks, Tempo)>,
    pub(super) metres: Vec<(Ticks, Metre)>,
    pub(super) keys: Vec<(Ticks, Key)>,
    pub(super) end: Ticks,
}

/// A change of program on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProgramChange {
    pub(super) at: Ticks,
    pub(super) channel: u8,
    pub(super) program: u8,
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
    /// Moves everything to `times` its time.
    pub(super) fn stretch(&mut self, times: i64) {
        self.each_time(|at| *at = *at * times);
    }

    /// Moves everything by `delay`.
    pub(super) fn delay(&mut self, delay: Ticks) {
        self.each_time(|at| *at += delay);
    }

    fn each_time(&mut self, mut change: impl FnMut(&mut Ticks)) {
        for note in &mut self.notes {
            change(&mut note.onset);
            change(&mut note.end);
        }
        self.programs
            .iter_mut()
            .for_each(|event| change(&mut event.at));
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
    /// Messages met so far that a score has no place for.
    pub(super) left_out: LeftOut,
}

impl Collector {
    /// All that the events of a track say.
    pub(super) fn collect(&mut self, events: &mut Events<'_>, warnings: &mut Warnings) -> Track {
        let mut track = Track::default();
        while let Some(event) = events.next(warnings) {
            match event.kind {
                TrackEventKind::Midi { channel, message } => {
                    self.message(&mut track, &event, channel.as_int(), message);
                }
                TrackEventKind::Meta(meta) => {
                    self.meta(&mut track, &event, meta, events.track(), warnings);
                }
                TrackEventKind::SysEx(_) | TrackEventKind::Escape(_) => {
                    self.left_out.exclusives += 1
                }
            }
        }
        track.end = events.now();
        track.notes = self.pairing.finish(events.track(), track.end, warnings);
        track
    }

    fn message(&mut self, track: &mut Track, event: &Event<'_>, channel: u8, message: MidiMessage) {
        let (at, byte) = (event.at, event.byte);
        match message {
            MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                self.pairing
                    .on(at, channel, key.as_int(), vel.as_int(), byte);
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                self.pairing.off(at, channel, key.as_int(), byte);
            }
            MidiMessage::ProgramChange { program } => track.programs.push(ProgramChange {
                at,
                channel,
                program: program.as_int(),
            }),
            MidiMessage::Controller { controller, .. } => {
                if NOTES_OFF.contains(&controller.as_int()) {
                    self.pairing.all_off(at, channel, byte);
                } else {
                    self.left_out.controllers += 1;
                }
            }
            // Many programs begin by setting the wheel to the middle, where it is.
            MidiMessage::PitchBend { bend } => {
                self.left_out.bends += usize::from(bend.as_int() != 0);
            }
            MidiMessage::Aftertouch { .. } | MidiMessage::ChannelAftertouch { .. } => {
                self.left_out.pressures += 1;
            }
        }
    }

    fn meta(
        &mut self,
        track: &mut Track,
        event: &Event<'_>,
        meta: MetaMessage<'_>,
        number: usize,
        warnings: &mut Warnings,
    ) {
        let at = event.at;
        let place = Place::Track {
            track: number,
            byte: event.byte,
        };
        let mut text = |kind, bytes| {
            let text = decode(bytes);
            // An empty lyric keeps the place of a verse.
            if !text.trim().is_empty() || kind == TextKind::Lyric {
                track.texts.push(Text { at, kind, text });
            }
        };
        match meta {
            MetaMessage::Text(bytes) => text(TextKind::Plain, bytes),
            MetaMessage::Lyric(bytes) => text(TextKind::Lyric, bytes),
            MetaMessage::Marker(bytes) => text(TextKind::Marker, bytes),
            MetaMessage::CuePoint(bytes) => text(TextKind::Cue, bytes),
            MetaMessage::Copyright(bytes) => track.copyrights.extend(label(bytes)),
            MetaMessage::TrackName(bytes) => match (&track.name, label(bytes)) {
                (None, name) => track.name = name,
                // A second name is a remark.
                (Some(_), Some(_)) => text(TextKind::Plain, bytes),
                (Some(_), None) => {}
            },
            MetaMessage::InstrumentName(bytes) => match (&track.instrument, label(bytes)) {
                (None, name) => track.instrument = name,
                (Some(_), Some(_)) => text(TextKind::Plain, bytes),
                (Some(_), None) => {}
            },
            MetaMessage::Tempo(micros) => match tempo(micros.as_int()) {
                Some(tempo) => track.tempos.push((at, tempo)),
                None => {
                    let message = format!(
                        "a tempo of {} microseconds in a quarter note is impossible; it was left out",
                        micros.as_int()
                    );
                    warnings.push(place, message);
                }
            },
            MetaMessage::TimeSignature(beats, power, ..) => {
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
            }
            MetaMessage::KeySignature(fifths @ -7..=7, minor) => {
                let mode = if minor { Mode::Minor } else { Mode::Major };
                track.keys.push((at, Key { fifths, mode }));
            }
            MetaMessage::KeySignature(fifths, _) => {
                let message = format!("a key with {fifths} sharps is impossible; it was left out");
                warnings.push(place, message);
            }
            MetaMessage::EndOfTrack | MetaMessage::MidiPort(_) => {}
            _ => self.left_out.others += 1,
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

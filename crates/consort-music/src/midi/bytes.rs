//! Events as the bytes of a file.

use super::text::encode;
use crate::performance::Message;
use crate::score::Metre;
use crate::{Key, Mode};

/// The longest time between two events, which is as much as four bytes of seven bits hold.
const DELTA_MAX: i64 = (1 << 28) - 1;

/// The longest content of an event, with room for the byte that ends a system exclusive message.
const LENGTH_MAX: usize = (1 << 28) - 2;

/// A message at a moment.
pub(super) struct Event<'a> {
    pub(super) at: i64,
    pub(super) kind: Kind<'a>,
}

/// A message; channels count from 0.
pub(super) enum Kind<'a> {
    Off {
        channel: u8,
        pitch: u8,
        release: u8,
    },
    On {
        channel: u8,
        pitch: u8,
        velocity: u8,
    },
    Program {
        channel: u8,
        program: u8,
    },
    Control {
        channel: u8,
        message: &'a Message,
    },
    Port(u8),
    Name(&'a str),
    Copyright(&'a str),
    Text(String),
    Lyric(String),
    Marker(&'a str),
    Cue(&'a str),
    Tempo(u32),
    Metre(Metre),
    Key(Key),
}

impl Kind<'_> {
    /// The place among the messages of one moment: notes end before others begin, and what bears
    /// on a note comes before it.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Kind::Off { .. } => 0,
            Kind::On { .. } => 2,
            _ => 1,
        }
    }
}

/// The kinds of meta events that this crate understands, which are written for what they mean.
pub(super) fn is_understood(kind: u8) -> bool {
    matches!(kind, 0x01..=0x07 | 0x20 | 0x21 | 0x2F | 0x51 | 0x58 | 0x59)
}

/// A file of format 1 whose tracks end at `end`; their events are in order of time.
pub(super) fn file(tracks: &[Vec<Event<'_>>], division: u16, end: i64) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\x01".to_vec();
    bytes.extend(
        u16::try_from(tracks.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    bytes.extend(division.to_be_bytes());
    for events in tracks {
        let mut track = Track::default();
        for event in events {
            track.event(event);
        }
        track.wait(end);
        track.meta(0x2F, &[]);
        bytes.extend(b"MTrk");
        bytes.extend(
            u32::try_from(track.bytes.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        bytes.extend(track.bytes);
    }
    bytes
}

/// The bytes of a track.
#[derive(Default)]
struct Track {
    bytes: Vec<u8>,
    now: i64,
    /// The status of the last channel message, unless another event came after it.
    running: Option<u8>,
}

impl Track {
    fn event(&mut self, event: &Event<'_>) {
        if let Kind::Control { message, .. } = event.kind
            && !is_written(message)
        {
            return;
        }
        self.wait(event.at);
        match event.kind {
            Kind::Off {
                channel,
                pitch,
                release,
            } => self.channel(0x80, channel, &[pitch, release]),
            Kind::On {
                channel,
                pitch,
                velocity,
            } => self.channel(0x90, channel, &[pitch, velocity]),
            Kind::Program { channel, program } => self.channel(0xC0, channel, &[program]),
            Kind::Control { channel, message } => self.control(channel, message),
            Kind::Port(port) => self.meta(0x21, &[port]),
            Kind::Name(name) => self.meta(0x03, encode(name).as_bytes()),
            Kind::Copyright(notice) => self.meta(0x02, encode(notice).as_bytes()),
            Kind::Text(ref words) => self.meta(0x01, encode(words).as_bytes()),
            Kind::Lyric(ref words) => self.meta(0x05, encode(words).as_bytes()),
            Kind::Marker(words) => self.meta(0x06, encode(words).as_bytes()),
            Kind::Cue(words) => self.meta(0x07, encode(words).as_bytes()),
            Kind::Tempo(micros) => self.meta(0x51, &micros.to_be_bytes()[1..]),
            Kind::Metre(metre) => self.meta(0x58, &time_signature(metre)),
            Kind::Key(key) => {
                let fifths = key.fifths.clamp(-7, 7).cast_unsigned();
                self.meta(0x59, &[fifths, u8::from(is_minor(key.mode))]);
            }
        }
    }

    fn control(&mut self, channel: u8, message: &Message) {
        match *message {
            Message::Controller { number, value } => self.channel(0xB0, channel, &[number, value]),
            Message::PitchBend(bend) => {
                let bend = bend.clamp(-8192, 8191).cast_unsigned().wrapping_add(8192);
                let [high, low] = (bend << 1).to_be_bytes();
                self.channel(0xE0, channel, &[low >> 1, high]);
            }
            Message::Pressure(value) => self.channel(0xD0, channel, &[value]),
            Message::KeyPressure { pitch, value } => {
                self.channel(0xA0, channel, &[pitch.midi(), value]);
            }
            Message::Program(program) => self.channel(0xC0, channel, &[program]),
            Message::Release { .. } => {}
            Message::SystemExclusive(ref data) => {
                let data = &data[..data.len().min(LENGTH_MAX)];
                self.counted(&[0xF0], &[data, &[0xF7]].concat());
            }
            Message::Raw(ref data) => self.counted(&[0xF7], data),
            Message::Meta { kind, ref data } => self.meta(kind, data),
        }
    }

    /// A channel message, of which the values are drawn into their range.
    fn channel(&mut self, kind: u8, channel: u8, data: &[u8]) {
        let status = kind | (channel & 0xF);
        if self.running != Some(status) {
            self.bytes.push(status);
            self.running = Some(status);
        }
        self.bytes.extend(data.iter().map(|&value| value.min(127)));
    }

    fn meta(&mut self, kind: u8, data: &[u8]) {
        self.counted(&[0xFF, kind], data);
    }

    fn counted(&mut self, start: &[u8], data: &[u8]) {
        let data = &data[..data.len().min(LENGTH_MAX + 1)];
        self.running = None;
        self.bytes.extend(start);
        self.number(i64::try_from(data.len()).unwrap_or_default());
        self.bytes.extend(data);
    }

    /// Lets the time pass until `at`; empty texts pass what one event cannot.
    fn wait(&mut self, at: i64) {
        while at - self.now > DELTA_MAX {
            self.number(DELTA_MAX);
            self.now += DELTA_MAX;
            self.meta(0x01, &[]);
        }
        self.number((at - self.now).max(0));
        self.now = self.now.max(at);
    }

    /// A number of 28 bits at most, seven to a byte, of which all but the last are marked.
    fn number(&mut self, value: i64) {
        let [.., a, b, c, d] = [21, 14, 7, 0].map(|shift| (value >> shift & 0x7F) as u8);
        let digits = [a | 0x80, b | 0x80, c | 0x80, d];
        let zeros = [a, b, c].iter().take_while(|&&digit| digit == 0).count();
        self.bytes.extend(&digits[zeros..]);
    }
}

/// Whether a control is an event of its own.
fn is_written(message: &Message) -> bool {
    match *message {
        Message::Release { .. } => false,
        Message::Meta { kind, .. } => kind < 0x80 && !is_understood(kind),
        _ => true,
    }
}

/// Whether the third of a mode is minor, which is all that MIDI knows of it.
fn is_minor(mode: Mode) -> bool {
    matches!(
        mode,
        Mode::Minor | Mode::Dorian | Mode::Phrygian | Mode::Locrian
    )
}

fn time_signature(metre: Metre) -> [u8; 4] {
    // MIDI clocks are 24 in a quarter note, and the metronome ticks once a beat.
    let clocks = 96 * u16::from(metre.units_per_beat()) / u16::from(metre.unit.max(1));
    let clocks = u8::try_from(clocks.max(1)).unwrap_or(u8::MAX);
    let power = u8::try_from(metre.unit.trailing_zeros()).unwrap_or(2);
    [metre.beats, power, clocks, 8]
}

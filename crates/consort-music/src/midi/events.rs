//! The events of one track, with the faults stepped over that a track can be read past.

use std::ops::Range;

use super::text::counted;
use crate::reading::{Place, Warnings};
use crate::time::Ticks;

/// How many bytes are tried as the start of an event after one that cannot be read. A fault is a
/// byte too many or too few, so the next event is near.
const RESYNC_BYTES: usize = 64;

/// The kind of meta event that ends a track.
const END_OF_TRACK: u8 = 0x2F;

/// The events of a track.
pub(super) struct Events<'a> {
    bytes: &'a [u8],
    at: usize,
    limit: usize,
    track: usize,
    now: Ticks,
    /// The status that a data byte continues, by the rules.
    running: Option<u8>,
    /// The last status of a channel message, which broken files continue against the rules.
    last_status: Option<u8>,
    resynced: bool,
    bridged: bool,
    /// An end mark was met, and all after it reads without a fault.
    passed_end: bool,
    ended: bool,
}

/// An event of a track.
pub(super) struct Event<'a> {
    /// When, from the start of the track.
    pub(super) at: Ticks,
    /// The byte of the file where it begins.
    pub(super) byte: usize,
    pub(super) kind: EventKind<'a>,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind<'a> {
    /// A channel message: its status, 80 to EF, and one or two bytes below 80.
    Channel(u8, [u8; 2]),
    /// A meta event: its kind and its content.
    Meta(u8, &'a [u8]),
    /// What follows F0: a system exclusive message or the start of one.
    Exclusive(&'a [u8]),
    /// What follows F7: bytes to be sent as they are.
    Escape(&'a [u8]),
}

impl EventKind<'_> {
    fn is_end(self) -> bool {
        matches!(self, EventKind::Meta(END_OF_TRACK, _))
    }
}

/// The event at the start of `raw`: its delta time, what it is, and how many bytes it takes; or
/// nothing if there is none. A content longer than `raw` ends with it.
#[inline]
fn parse(raw: &[u8], running: Option<u8>) -> Option<(u32, EventKind<'_>, usize)> {
    let (delta, mut used) = variable_length(raw);
    let mut status = *raw.get(used)?;
    if status < 0x80 {
        status = running?;
    } else {
        used += 1;
    }
    match status {
        0xC0..=0xDF => {
            let &data = raw.get(used).filter(|&&data| data < 0x80)?;
            Some((delta, EventKind::Channel(status, [data, 0]), used + 1))
        }
        0x80..=0xEF => {
            let &[first, second] = raw.get(used..)?.first_chunk()?;
            let event = EventKind::Channel(status, [first, second]);
            (first | second < 0x80).then_some((delta, event, used + 2))
        }
        0xFF => {
            let &kind = raw.get(used)?;
            let (data, end) = counted_bytes(raw, used + 1);
            Some((delta, EventKind::Meta(kind, data), end))
        }
        0xF0 | 0xF7 => {
            let (data, end) = counted_bytes(raw, used);
            let event = match status {
                0xF0 => EventKind::Exclusive(data),
                _ => EventKind::Escape(data),
            };
            Some((delta, event, end))
        }
        _ => None,
    }
}

/// The bytes that a length at `at` counts, or those that are there of them, and where they end.
fn counted_bytes(raw: &[u8], at: usize) -> (&[u8], usize) {
    let rest = raw.get(at..).unwrap_or_default();
    let (length, used) = variable_length(rest);
    let rest = rest.get(used..).unwrap_or_default();
    let length = usize::try_from(length).map_or(rest.len(), |length| length.min(rest.len()));
    (&rest[..length], at + used + length)
}

impl<'a> Events<'a> {
    /// The events in `span` of `bytes`, which is track number `track`.
    pub(super) fn new(bytes: &'a [u8], span: Range<usize>, track: usize) -> Events<'a> {
        Events {
            bytes,
            at: span.start,
            limit: span.end.min(bytes.len()),
            track,
            now: Ticks::ZERO,
            running: None,
            last_status: None,
            resynced: false,
            bridged: false,
            passed_end: false,
            ended: false,
        }
    }

    /// The track's number.
    pub(super) fn track(&self) -> usize {
        self.track
    }

    /// The first byte that was not read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The time of the last event.
    pub(super) fn now(&self) -> Ticks {
        self.now
    }

    /// Whether the last event is the end mark.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The next event, or nothing after the end mark or where the track cannot be read any further.
    #[inline]
    pub(super) fn next(&mut self, warnings: &mut Warnings) -> Option<Event<'a>> {
        while !self.ended && self.at < self.limit {
            let byte = self.at;
            let bytes = self.bytes;
            let Some((delta, kind, used)) = parse(&bytes[byte..self.limit], self.running) else {
                if self.step_over(warnings) {
                    continue;
                }
                self.limit = self.at;
                return None;
            };
            self.at += used;
            self.now += Ticks(i64::from(delta));
            if let EventKind::Channel(status, _) = kind {
                self.running = Some(status);
                self.last_status = self.running;
            } else {
                self.running = None;
                self.check(byte, kind, warnings);
            }
            let at = self.now;
            return Some(Event { at, byte, kind });
        }
        None
    }

    /// Looks whether an event that is no channel message, at `byte`, ends the track or is cut.
    fn check(&mut self, byte: usize, kind: EventKind<'_>, warnings: &mut Warnings) {
        if kind.is_end() {
            self.ended = !self.goes_on(warnings);
        }
        if self.at == self.limit {
            self.check_length(byte, warnings);
        }
    }

    /// Whether events follow an end mark within the length that the track declares.
    fn goes_on(&mut self, warnings: &mut Warnings) -> bool {
        let rest = &self.bytes[self.at..self.limit];
        if self.passed_end || rest.is_empty() || rest.starts_with(b"MTrk") {
            return self.passed_end && !rest.is_empty();
        }
        self.passed_end = reads_to_the_end(rest, false).is_some();
        if self.passed_end {
            let message = "an end mark stands within the track; the events after it were read";
            warnings.push(self.place(self.at), message);
        }
        self.passed_end
    }

    fn place(&self, byte: usize) -> Place {
        Place::Track {
            track: self.track,
            byte,
        }
    }

    /// Tells of an event with a length beyond the end of the track, which the parser shortens.
    fn check_length(&self, byte: usize, warnings: &mut Warnings) {
        let raw = &self.bytes[byte..self.limit];
        let after_delta = &raw[variable_length(raw).1.min(raw.len())..];
        let counted = match after_delta {
            [0xFF, _, rest @ ..] | [0xF0 | 0xF7, rest @ ..] => rest,
            _ => return,
        };
        let (declared, used) = variable_length(counted);
        let there = counted.len().saturating_sub(used);
        if counted.is_empty() {
            let message = "the last event of the track lacks its length; it was read as empty";
            warnings.push(self.place(byte), message);
        } else if usize::try_from(declared).unwrap_or(usize::MAX) > there {
            let message = format!(
                "an event declares a length of {declared} and the track has only {there} left; read these"
            );
            warnings.push(self.place(byte), message);
        }
    }

    /// Goes past what cannot be read, if there is a way.
    fn step_over(&mut self, warnings: &mut Warnings) -> bool {
        let raw = &self.bytes[self.at..self.limit];
        let (delta, used) = variable_length(raw);
        let Some(&status) = raw.get(used) else {
            let message = format!(
                "the track was cut within its last event; left out {}",
                counted(raw.len(), "byte")
            );
            warnings.push(self.place(self.at), message);
            return false;
        };
        let data = &raw[used + 1..];
        match status {
            0xF1..=0xF6 | 0xF8..=0xFE => {
                let expected = match status {
                    0xF1 | 0xF3 => 1,
                    0xF2 => 2,
                    _ => 0,
                };
                let data = data
                    .iter()
                    .take(expected)
                    .take_while(|&&byte| byte < 0x80)
                    .count();
                let message =
                    format!("the message {status:02X} is illegal in a file; it was skipped");
                warnings.push(self.place(self.at), message);
                self.now += Ticks(i64::from(delta));
                self.at += used + 1 + data;
                true
            }
            0xFF => {
                let message = "the track was cut within its last event";
                warnings.push(self.place(self.at), message);
                false
            }
            0x00..0x80 if self.running.is_none() && self.last_status.is_some() => {
                if !self.bridged {
                    let message = "the running status goes on after another event, which is \
                                   illegal; the status before it was used";
                    warnings.push(self.place(self.at), message);
                    self.bridged = true;
                }
                self.running = self.last_status;
                true
            }
            _ => self.resync(warnings),
        }
    }

    /// Looks for an event near by from which the rest of the track reads without a fault.
    fn resync(&mut self, warnings: &mut Warnings) -> bool {
        let place = self.place(self.at);
        let left = self.limit - self.at;
        if !self.resynced {
            self.resynced = true;
            let tried = self.at + 1..self.limit.min(self.at + RESYNC_BYTES);
            let reads = |&start: &usize| self.reads_from(start);
            if let Some(found) = tried.into_iter().find(reads) {
                let message = format!(
                    "skipped {} without an event; what follows may be early",
                    counted(found - self.at, "byte")
                );
                warnings.push(place, message);
                self.at = found;
                self.running = None;
                return true;
            }
        }
        let left = counted(left, "byte");
        let message = format!("left out the rest of the track, {left}, which makes no sense");
        warnings.push(place, message);
        false
    }

    /// Whether an event with a status begins at `start`, and all is well from there to the end mark.
    fn reads_from(&self, start: usize) -> bool {
        let raw = &self.bytes[start..self.limit];
        let (_, used) = variable_length(raw);
        let has_status = raw.get(used).is_some_and(|&status| status >= 0x80);
        has_status && reads_to_the_end(raw, true).is_some_and(EventKind::is_end)
    }
}

/// The last event of `raw`, if it holds events and nothing else; where `stop_at_end` none may follow
/// the first end mark.
fn reads_to_the_end(raw: &[u8], stop_at_end: bool) -> Option<EventKind<'_>> {
    let (mut at, mut running, mut last) = (0, None, None);
    while at < raw.len() {
        let (_, kind, used) = parse(&raw[at..], running)?;
        at += used;
        running = match kind {
            EventKind::Channel(status, _) => Some(status),
            _ => None,
        };
        last = Some(kind);
        if stop_at_end && kind.is_end() {
            break;
        }
    }
    last.filter(|_| at == raw.len())
}

/// A number of variable length at the start of `raw`, and how many bytes it takes: 4 at most.
#[inline]
fn variable_length(raw: &[u8]) -> (u32, usize) {
    match raw {
        &[byte, ..] if byte < 0x80 => (u32::from(byte), 1),
        _ => long_variable_length(raw),
    }
}

fn long_variable_length(raw: &[u8]) -> (u32, usize) {
    let mut value = 0;
    for (index, &byte) in raw.iter().take(4).enumerate() {
        value = value << 7 | u32::from(byte & 0x7F);
        if byte < 0x80 {
            return (value, index + 1);
        }
    }
    (value, raw.len().min(4))
}

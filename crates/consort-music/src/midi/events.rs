//! The events of one track, with the faults stepped over that a track can be read past.

use std::ops::Range;

use midly::{EventIter, MetaMessage, TrackEventKind};

use super::text::counted;
use crate::reading::{Place, Warnings};
use crate::time::Ticks;

/// How many bytes are tried as the start of an event after one that cannot be read. A fault is a
/// byte too many or too few, so the next event is near.
const RESYNC_BYTES: usize = 64;

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
    pub(super) kind: TrackEventKind<'a>,
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
    pub(super) fn next(&mut self, warnings: &mut Warnings) -> Option<Event<'a>> {
        while !self.ended && self.at < self.limit {
            let byte = self.at;
            let raw = &self.bytes[byte..self.limit];
            let mut events = EventIter::new(raw);
            *events.running_status_mut() = self.running;
            let Some(Ok(event)) = events.next() else {
                if self.step_over(warnings) {
                    continue;
                }
                self.limit = self.at;
                return None;
            };
            let left = events.unread().len();
            self.at = self.limit - left;
            self.running = events.running_status();
            self.last_status = self.running.or(self.last_status);
            self.now += Ticks(i64::from(event.delta.as_int()));
            if event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack) {
                self.ended = !self.goes_on(warnings);
            }
            if left == 0 {
                self.check_length(byte, warnings);
            }
            return Some(Event {
                at: self.now,
                byte,
                kind: event.kind,
            });
        }
        None
    }

    /// Whether events follow an end mark within the length that the track declares.
    fn goes_on(&mut self, warnings: &mut Warnings) -> bool {
        let rest = &self.bytes[self.at..self.limit];
        if self.passed_end || rest.is_empty() || rest.starts_with(b"MTrk") {
            return self.passed_end && !rest.is_empty();
        }
        let mut events = EventIter::new(rest);
        let mut last_left = rest.len();
        while events.next().is_some() {
            last_left = events.unread().len();
        }
        self.passed_end = last_left == 0;
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
            0xFF => self.step_over_meta(delta, used, data, warnings),
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

    fn step_over_meta(
        &mut self,
        delta: u32,
        used: usize,
        data: &[u8],
        warnings: &mut Warnings,
    ) -> bool {
        let [kind, rest @ ..] = data else {
            warnings.push(
                self.place(self.at),
                "the track was cut within its last event",
            );
            return false;
        };
        let (length, length_bytes) = variable_length(rest);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let message = format!(
            "a meta event of kind {kind:02X} and length {length} makes no sense; it was skipped"
        );
        warnings.push(self.place(self.at), message);
        self.now += Ticks(i64::from(delta));
        let end = (self.at + used + 2 + length_bytes).saturating_add(length);
        self.at = end.min(self.limit);
        self.running = None;
        true
    }

    /// Looks for an event near by from which the rest of the track reads without a fault.
    fn resync(&mut self, warnings: &mut Warnings) -> bool {
        let place = self.place(self.at);
        let left = self.limit - self.at;
        if !self.resynced {
            self.resynced = true;
            let tried = self.at + 1..self.limit.min(self.at + RESYNC_BYTES);
            if let Some(found) = tried
                .into_iter()
                .find(|&start| self.reads_to_the_end(start))
            {
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
    fn reads_to_the_end(&self, start: usize) -> bool {
        let raw = &self.bytes[start..self.limit];
        let (_, used) = variable_length(raw);
        if raw.get(used).is_none_or(|&status| status < 0x80) {
            return false;
        }
        let mut events = EventIter::new(raw);
        let mut last = None;
        for event in events.by_ref() {
            last = event.ok().map(|event| event.kind);
            if last == Some(TrackEventKind::Meta(MetaMessage::EndOfTrack)) {
                break;
            }
        }
        last == Some(TrackEventKind::Meta(MetaMessage::EndOfTrack)) && events.unread().is_empty()
    }
}

/// A number of variable length at the start of `raw`, and how many bytes it takes: 4 at most.
fn variable_length(raw: &[u8]) -> (u32, usize) {
    let mut value = 0;
    for (index, &byte) in raw.iter().take(4).enumerate() {
        value = value << 7 | u32::from(byte & 0x7F);
        if byte < 0x80 {
            return (value, index + 1);
        }
    }
    (value, raw.len().min(4))
}

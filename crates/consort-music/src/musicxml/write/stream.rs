//! One voice in one measure: what is written one after the other.

use crate::musicxml::metrics::Metrics;
use crate::musicxml::notated::Value;
use crate::score::{Measure, Note, Rest, Tuplet};
use crate::time::{Resolution, Ticks};

/// What fills a stretch of a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Silence; the place of the rest in the part if it bears signs.
    Rest(Option<usize>),
    /// Silence for the whole measure, likewise.
    MeasureRest(Option<usize>),
    /// Notes that begin together, by their place in the part.
    Chord(Vec<usize>),
    /// Grace notes in the order in which they are played, by their place in the part.
    Graces(Vec<usize>),
}

/// A stretch of a voice.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Where it begins.
    pub(super) start: Ticks,
    /// How long it is; 0 for grace notes.
    pub(super) length: Ticks,
    /// What it is.
    pub(super) content: Content,
    /// The tuplet it belongs to.
    pub(super) tuplet: Option<Tuplet>,
    /// Its note value, if it has one.
    pub(super) value: Option<Value>,
    /// The staff it stands on.
    pub(super) staff: u8,
}

impl Event {
    /// Where it ends.
    pub(super) fn end(&self) -> Ticks {
        self.start + self.length
    }
}

/// What a voice has in one measure, by the places in the part.
#[derive(Clone, Debug, Default)]
pub(super) struct Voice {
    /// Its notes.
    pub(super) notes: Vec<usize>,
    /// Its rests that bear signs.
    pub(super) rests: Vec<usize>,
}

/// What a voice is laid out over.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The notes of the part.
    pub(super) notes: &'a [Note],
    /// The rests of the part that bear signs.
    pub(super) rests: &'a [Rest],
    /// The measure.
    pub(super) measure: &'a Measure,
    /// Its beats.
    pub(super) metrics: &'a Metrics,
    /// The length of a tick.
    pub(super) resolution: Resolution,
}

impl Ground<'_> {
    /// The events of what a voice has, with rests from the start to the end of the measure in
    /// between. Those stand on the staff of the event before, or else on `staff`.
    pub(super) fn events(self, voice: &Voice, staff: u8) -> Vec<Event> {
        let mut known = self.chords(&voice.notes);
        known.extend(voice.rests.iter().map(|&place| self.rest(place)));
        known.sort_by_key(|event| (event.start, event.length));
        let mut staff = known.first().map_or(staff, |event| event.staff);
        if known.is_empty() {
            let content = Content::MeasureRest(None);
            return vec![self.measure_rest(content, staff)];
        }
        let mut events = Vec::new();
        let mut filled = self.measure.start;
        for event in known {
            events.extend(self.silence(filled, event.start, staff));
            filled = filled.max(event.end());
            staff = event.staff;
            events.push(event);
        }
        events.extend(self.silence(filled, self.measure.end(), staff));
        events
    }

    fn measure_rest(self, content: Content, staff: u8) -> Event {
        Event {
            start: self.measure.start,
            length: self.measure.length,
            content,
            tuplet: None,
            value: None,
            staff,
        }
    }

    /// The rest at `place` of the part.
    fn rest(self, place: usize) -> Event {
        let rest = &self.rests[place];
        let (start, length) = (rest.onset, rest.duration);
        if (start, length) == (self.measure.start, self.measure.length) {
            return self.measure_rest(Content::MeasureRest(Some(place)), rest.staff);
        }
        let plain = Value::of(length, None, self.resolution);
        let spans = || self.metrics.rests(start, start + length);
        let tuplet = match plain {
            Some(_) => None,
            None => spans().first().and_then(|span| span.tuplet),
        };
        Event {
            start,
            length,
            content: Content::Rest(Some(place)),
            tuplet,
            value: Value::of(length, tuplet, self.resolution),
            staff: rest.staff,
        }
    }

    /// The chords and grace notes of the notes at `places`.
    fn chords(self, places: &[usize]) -> Vec<Event> {
        let notes = self.notes;
        let mut events = Vec::new();
        let key = |place: usize| {
            let note = &notes[place];
            (note.onset, note.is_grace(), note.duration)
        };
        for group in places.chunk_by(|&a, &b| key(a) == key(b)) {
            let Some(first) = group.first().map(|&place| &notes[place]) else {
                continue;
            };
            events.push(Event {
                start: first.onset,
                length: first.duration,
                content: match first.is_grace() {
                    true => Content::Graces(group.to_vec()),
                    false => Content::Chord(group.to_vec()),
                },
                tuplet: first.tuplet,
                value: Value::of(first.duration, first.tuplet, self.resolution),
                staff: first.staff,
            });
        }
        events
    }

    fn silence(self, from: Ticks, to: Ticks, staff: u8) -> impl Iterator<Item = Event> {
        self.metrics
            .rests(from, to)
            .into_iter()
            .map(move |span| Event {
                start: span.start,
                length: span.length,
                content: Content::Rest(None),
                tuplet: span.tuplet,
                value: Value::of(span.length, span.tuplet, self.resolution),
                staff,
            })
    }
}

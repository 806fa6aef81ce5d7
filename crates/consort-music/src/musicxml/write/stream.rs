//! One voice in one measure: what is written one after the other.

use crate::musicxml::metrics::Metrics;
use crate::musicxml::notated::Value;
use crate::score::{Measure, Note, Tuplet};
use crate::time::{Resolution, Ticks};

/// What fills a stretch of a voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Silence.
    Rest,
    /// Silence for the whole measure.
    MeasureRest,
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

/// What a voice is laid out over.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The notes of the part.
    pub(super) notes: &'a [Note],
    /// The measure.
    pub(super) measure: &'a Measure,
    /// Its beats.
    pub(super) metrics: &'a Metrics,
    /// The length of a tick.
    pub(super) resolution: Resolution,
}

impl Ground<'_> {
    /// The events of the notes at `places`, with rests from the start to the end of the measure in
    /// between. Rests stand on the staff of the note before, or else on `staff`.
    pub(super) fn events(self, places: &[usize], staff: u8) -> Vec<Event> {
        let Ground { notes, measure, .. } = self;
        let Some(&first) = places.first() else {
            return vec![Event {
                start: measure.start,
                length: measure.length,
                content: Content::MeasureRest,
                tuplet: None,
                value: None,
                staff,
            }];
        };
        let mut events = Vec::new();
        let mut filled = measure.start;
        let mut staff = notes[first].staff;
        let key = |place: usize| {
            let note = &notes[place];
            (note.onset, note.is_grace(), note.duration)
        };
        for group in places.chunk_by(|&a, &b| key(a) == key(b)) {
            let Some(first) = group.first().map(|&place| &notes[place]) else {
                continue;
            };
            events.extend(self.rests(filled, first.onset, staff));
            staff = first.staff;
            events.push(Event {
                start: first.onset,
                length: first.duration,
                content: match first.is_grace() {
                    true => Content::Graces(group.to_vec()),
                    false => Content::Chord(group.to_vec()),
                },
                tuplet: first.tuplet,
                value: Value::of(first.duration, first.tuplet, self.resolution),
                staff,
            });
            filled = filled.max(first.end());
        }
        events.extend(self.rests(filled, measure.end(), staff));
        events
    }

    fn rests(self, from: Ticks, to: Ticks, staff: u8) -> impl Iterator<Item = Event> {
        self.metrics
            .rests(from, to)
            .into_iter()
            .map(move |span| Event {
                start: span.start,
                length: span.length,
                content: Content::Rest,
                tuplet: span.tuplet,
                value: Value::of(span.length, span.tuplet, self.resolution),
                staff,
            })
    }
}

//! Music as a network reads it: notes in an order, each with its place in time and in the metre.

use consort_corpus::piano::{Beats, Notated, Performance, matches};
use consort_music::{Pitch, Velocity};

mod features;
mod history;
mod metre;
mod timing;

pub use features::{FEATURES, tell};
pub use history::{HISTORY, History, REFERENCES, References, references};
pub use metre::{beats_of, seconds_of};
pub use timing::{
    DELAY_UNIT, LENGTH_UNIT, Pedal, TEMPO_UNIT, TIMING_HISTORY, Timed, TimingHistory, firsts,
    timings,
};

use metre::Bars;

/// The name of the encoding. Its number rises when weights would no longer fit.
pub const ENCODING: &str = "dynamics-notes/1";

/// Seconds within which notes are struck together, where they were played.
const TOGETHER: f64 = 0.03;

/// Beats within which notes are struck together, where they are read from a page.
const TOGETHER_ON_PAGE: f64 = 0.02;

/// Where the times of notes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// As somebody played them.
    Performed,
    /// As somebody played them, moved to the nearest sixteenth, at one tempo: what a roll of such steps
    /// holds.
    Grid,
    /// As they are written.
    Notated,
}

/// Where a note stands in the metre.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// The quarter of its beat that is nearest, 0 to 3.
    pub quarter: usize,
    /// How far behind that quarter it is, in quarters of a beat, -0.5 to 0.5.
    pub deviation: f64,
    /// Beats since its bar began.
    pub in_bar: f64,
    /// Beats of its bar.
    pub bar: f64,
    /// Seconds from beat to beat: of its own, of the four before and of the four after on the geometric
    /// mean.
    pub periods: [f64; 3],
}

/// A note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When it is struck, in seconds.
    pub onset: f64,
    /// When it is let go, in seconds, at least a hundredth later.
    pub end: f64,
    /// Its MIDI number.
    pub pitch: i32,
    /// The number of the chord it is struck in.
    pub chord: usize,
    /// How hard it is struck, where that is known.
    pub velocity: Option<Velocity>,
    /// Its place in the metre.
    pub place: Place,
    /// Which note of those that were given it is.
    pub source: usize,
}

/// Notes by chord and, within one, from the highest to the lowest.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The notes.
    pub events: Vec<Event>,
    /// Where their times come from.
    pub view: View,
    /// Seconds from beat to beat on the mean.
    pub period: f64,
}

/// A note that is to be put in its place.
#[derive(Clone, Copy, Debug)]
pub struct Struck {
    /// When it is struck, in seconds.
    pub onset: f64,
    /// When it is let go, in seconds.
    pub end: f64,
    /// Its pitch.
    pub pitch: Pitch,
    /// How hard it is struck, where that is known.
    pub velocity: Option<Velocity>,
}

impl Passage {
    /// A performance as it was played.
    pub fn performed(performance: &Performance) -> Passage {
        Passage::of(&struck(performance), &performance.beats, View::Performed)
    }

    /// A performance with its onsets and releases on sixteenths, at its mean tempo.
    pub fn on_grid(performance: &Performance) -> Passage {
        Passage::of(&struck(performance), &performance.beats, View::Grid)
    }

    /// What a performance was read from, at its mean tempo, each note with the velocity that it was
    /// played with, if it was.
    pub fn notated(performance: &Performance, notated: &Notated) -> Passage {
        let played = matches(performance, notated);
        let period = Bars::of(&performance.beats).period;
        let notes = notated
            .notes
            .iter()
            .zip(played)
            .map(|(note, played)| Struck {
                onset: note.onset * period,
                end: note.end * period,
                pitch: note.pitch,
                velocity: played.map(|index| performance.notes[index].velocity),
            });
        let count = u32::try_from(notated.beats.seconds.len()).unwrap_or(u32::MAX);
        let even = Beats {
            seconds: (0..count).map(|beat| f64::from(beat) * period).collect(),
            ..notated.beats.clone()
        };
        Passage::of(&notes.collect::<Vec<Struck>>(), &even, View::Notated)
    }

    /// Notes with beats.
    pub fn of(notes: &[Struck], beats: &Beats, view: View) -> Passage {
        let bars = Bars::of(beats);
        let events = notes.iter().enumerate().map(|(source, note)| {
            let position = beats.position(note.onset);
            let cell = (4.0 * position).round();
            let (onset, end, deviation) = match view {
                View::Performed | View::Notated => (note.onset, note.end, 4.0 * position - cell),
                View::Grid => {
                    let end = (4.0 * beats.position(note.end)).round().max(cell + 1.0);
                    let step = bars.period / 4.0;
                    (cell * step, end * step, 0.0)
                }
            };
            let place = bars.place(cell, deviation, view == View::Performed);
            Event {
                onset,
                end: end.max(onset + 0.01),
                pitch: i32::from(note.pitch.midi()),
                chord: 0,
                velocity: note.velocity,
                place,
                source,
            }
        });
        let mut events: Vec<Event> = events.collect();
        events.sort_by(|a, b| a.onset.total_cmp(&b.onset));
        let together = match view {
            View::Performed => TOGETHER,
            View::Grid => 0.0,
            View::Notated => TOGETHER_ON_PAGE * bars.period,
        };
        let (mut chord, mut began) = (0, events.first().map_or(0.0, |event| event.onset));
        for event in &mut events {
            // What lies on one cell is equal but for rounding.
            if event.onset - began > together + 1e-9 {
                (chord, began) = (chord + 1, event.onset);
            }
            event.chord = chord;
        }
        events.sort_by_key(|event| (event.chord, -event.pitch));
        Passage {
            events,
            view,
            period: bars.period,
        }
    }

    /// The same music `semitones` higher, `times` as long.
    #[must_use]
    pub fn moved(&self, semitones: i32, times: f64) -> Passage {
        let events = self.events.iter().map(|event| Event {
            onset: event.onset * times,
            end: event.end * times,
            pitch: (event.pitch + semitones).clamp(0, 127),
            place: Place {
                periods: event.place.periods.map(|period| period * times),
                ..event.place
            },
            ..*event
        });
        Passage {
            events: events.collect(),
            view: self.view,
            period: self.period * times,
        }
    }

    /// The mean of the velocities that are known and their standard deviation, or nothing if none is.
    pub fn level(&self) -> Option<Level> {
        let known = self.events.iter().filter_map(|event| event.velocity);
        Level::of(known.map(|velocity| f64::from(velocity.midi())))
    }
}

fn struck(performance: &Performance) -> Vec<Struck> {
    let notes = performance.notes.iter().map(|note| Struck {
        onset: note.onset,
        end: note.end,
        pitch: note.pitch,
        velocity: Some(note.velocity),
    });
    notes.collect()
}

/// How hard notes are struck on the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The mean of their velocities.
    pub mean: f64,
    /// The standard deviation, at least [`Level::LEAST`].
    pub deviation: f64,
}

impl Level {
    /// The least deviation that velocities are measured in.
    pub const LEAST: f64 = 4.0;

    /// Of some velocities, or nothing if there are none.
    pub fn of(velocities: impl Iterator<Item = f64>) -> Option<Level> {
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for velocity in velocities {
            count += 1.0;
            sum += velocity;
            squares += velocity * velocity;
        }
        let mean = sum / count;
        (count > 0.0).then(|| Level {
            mean,
            deviation: (squares / count - mean * mean)
                .max(0.0)
                .sqrt()
                .max(Level::LEAST),
        })
    }

    /// A level that numbers of about unit size stand for.
    #[expect(clippy::cast_possible_truncation, reason = "few digits matter")]
    pub fn to_numbers(self) -> [f32; 2] {
        [
            ((self.mean - 65.0) / 10.0) as f32,
            ((self.deviation - 15.0) / 4.0) as f32,
        ]
    }

    /// The inverse of [`to_numbers`](Level::to_numbers), within what can be played.
    pub fn of_numbers([mean, deviation]: [f32; 2]) -> Level {
        Level {
            mean: (f64::from(mean) * 10.0 + 65.0).clamp(20.0, 110.0),
            deviation: (f64::from(deviation) * 4.0 + 15.0).clamp(Level::LEAST, 30.0),
        }
    }

    /// A velocity in deviations from the mean.
    #[expect(clippy::cast_possible_truncation, reason = "few digits matter")]
    pub fn standardized(self, velocity: f64) -> f32 {
        ((velocity - self.mean) / self.deviation) as f32
    }

    /// The inverse of [`standardized`](Level::standardized).
    pub fn velocity(self, standardized: f32) -> f64 {
        self.mean + self.deviation * f64::from(standardized)
    }
}

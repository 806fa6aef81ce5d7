//! The score: parts of notes over one timeline of measures, keys and tempos.

use crate::pitch::Key;
use crate::time::{Resolution, Ticks};

mod measure;
mod note;
mod part;
mod sign;

pub use measure::{Barline, Measure, Metre, MetreError, MetreSymbol, Navigation};
pub use note::{Grace, Lyric, Mark, Note, Syllabic, Tuplet};
pub use part::{Clef, ClefChange, ClefSign, Instrument, Part, SoundingNote};
pub use sign::{ChordSymbol, Direction, DirectionKind, Rest, Spanner, SpannerKind};

/// A piece of music: parts over one timeline.
///
/// Lists are in order of time. [`Score::measures`] follow one another without a gap from tick 0 to
/// the end, repeats are kept as written ([`crate::unfold`] plays them out), and
/// rests are where a voice has no note.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Title, authors and the like.
    pub metadata: Metadata,
    /// The length of a tick.
    pub resolution: Resolution,
    /// The measures, contiguous from tick 0.
    pub measures: Vec<Measure>,
    /// Key signatures at concert pitch, in order of time; before the first, C major.
    pub keys: Vec<KeyChange>,
    /// Tempos in order of time; before the first, [`Tempo::DEFAULT`].
    pub tempos: Vec<TempoChange>,
    /// The parts, from the top of the page down.
    pub parts: Vec<Part>,
}

/// What a score says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The title, or nothing.
    pub title: Option<String>,
    /// The composer, or a tune's origin as its source gives it.
    pub composer: Option<String>,
    /// The author of the words.
    pub lyricist: Option<String>,
    /// The rights of the source.
    pub copyright: Option<String>,
    /// Other fields by name, in the order of the source (`software`, `X`, `R`, ...).
    pub fields: Vec<(String, String)>,
}

/// A key signature from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// From when.
    pub at: Ticks,
    /// The key.
    pub key: Key,
}

/// Quarter notes in a minute: above 0, at most 10 000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Tempo(f64);

impl Tempo {
    /// 120 quarter notes in a minute, MIDI's default.
    pub const DEFAULT: Tempo = Tempo(120.0);

    /// The tempo, or nothing unless 0 < `quarters_per_minute` <= 10 000.
    pub fn new(quarters_per_minute: f64) -> Option<Tempo> {
        (quarters_per_minute > 0.0 && quarters_per_minute <= 10_000.0)
            .then_some(Tempo(quarters_per_minute))
    }

    /// Quarter notes in a minute.
    pub fn quarters_per_minute(self) -> f64 {
        self.0
    }
}

/// A tempo from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoChange {
    /// From when.
    pub at: Ticks,
    /// The tempo.
    pub tempo: Tempo,
}

impl Score {
    /// A score without parts or measures.
    pub fn new(resolution: Resolution) -> Score {
        Score {
            metadata: Metadata::default(),
            resolution,
            measures: Vec::new(),
            keys: Vec::new(),
            tempos: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The end of the last measure or note, whichever is later.
    pub fn end(&self) -> Ticks {
        let measures = self.measures.last().map_or(Ticks::ZERO, Measure::end);
        let notes = self
            .parts
            .iter()
            .flat_map(|part| &part.notes)
            .map(Note::end)
            .max();
        measures.max(notes.unwrap_or_default())
    }

    /// The key in force at `at`.
    pub fn key_at(&self, at: Ticks) -> Key {
        self.keys
            .iter()
            .take_while(|change| change.at <= at)
            .last()
            .map_or_else(Key::default, |change| change.key)
    }

    /// The index of the measure that holds `at`, if any does.
    pub fn measure_at(&self, at: Ticks) -> Option<usize> {
        let after = self.measures.partition_point(|measure| measure.start <= at);
        let index = after.checked_sub(1)?;
        (at < self.measures[index].end()).then_some(index)
    }

    /// Seconds from the start to `at`, by the tempos.
    pub fn seconds_at(&self, at: Ticks) -> f64 {
        let quarter = f64::from(self.resolution.ticks_per_quarter());
        let length = |from: Ticks, to: Ticks, tempo: Tempo| {
            #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
            let quarters = (to - from).0 as f64 / quarter;
            quarters * 60.0 / tempo.quarters_per_minute()
        };
        let (mut seconds, mut from, mut tempo) = (0.0, Ticks::ZERO, Tempo::DEFAULT);
        for change in self.tempos.iter().take_while(|change| change.at < at) {
            seconds += length(from, change.at, tempo);
            (from, tempo) = (change.at, change.tempo);
        }
        seconds + length(from, at, tempo)
    }

    /// The same score in a finer resolution, or nothing unless `resolution` is a multiple of the
    /// present one.
    pub fn at_resolution(&self, resolution: Resolution) -> Option<Score> {
        let (new, old) = (
            resolution.ticks_per_quarter(),
            self.resolution.ticks_per_quarter(),
        );
        if !new.is_multiple_of(old) {
            return None;
        }
        let times = i64::from(new / old);
        let mut score = self.clone();
        score.resolution = resolution;
        score.for_each_time(|time| *time = *time * times);
        Some(score)
    }

    /// Hands every moment and every length of the score to `change`.
    pub(crate) fn for_each_time(&mut self, mut change: impl FnMut(&mut Ticks)) {
        for measure in &mut self.measures {
            change(&mut measure.start);
            change(&mut measure.length);
        }
        self.keys.iter_mut().for_each(|key| change(&mut key.at));
        self.tempos
            .iter_mut()
            .for_each(|tempo| change(&mut tempo.at));
        for part in &mut self.parts {
            part.keys.iter_mut().for_each(|key| change(&mut key.at));
            part.clefs.iter_mut().for_each(|clef| change(&mut clef.at));
            for note in &mut part.notes {
                change(&mut note.onset);
                change(&mut note.duration);
                if let Some(played) = &mut note.played {
                    change(&mut played.delay);
                    change(&mut played.duration);
                }
            }
            for rest in &mut part.rests {
                change(&mut rest.onset);
                change(&mut rest.duration);
            }
            part.chords
                .iter_mut()
                .for_each(|chord| change(&mut chord.at));
            for direction in &mut part.directions {
                change(&mut direction.at);
            }
            for spanner in &mut part.spanners {
                change(&mut spanner.from);
                change(&mut spanner.to);
            }
            part.controls
                .iter_mut()
                .for_each(|control| change(&mut control.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pitch::Pitch;

    fn note(onset: i64, duration: i64, pitch: u8) -> Note {
        Note::new(
            Ticks(onset),
            Ticks(duration),
            Pitch::try_from(pitch).unwrap(),
        )
    }

    #[test]
    fn ties_join_and_repeats_do_not() {
        let notes = vec![
            Note {
                tied_to: true,
                ..note(0, 4, 60)
            },
            Note {
                tied_from: true,
                tied_to: true,
                ..note(4, 4, 60)
            },
            Note {
                tied_from: true,
                ..note(8, 2, 60)
            },
            note(10, 2, 60),
            Note {
                tied_from: true,
                ..note(12, 2, 64)
            },
        ];
        let part = Part {
            notes,
            ..Part::default()
        };
        let lengths: Vec<_> = part
            .sounding()
            .iter()
            .map(|n| (n.onset.0, n.duration.0))
            .collect();
        assert_eq!(lengths, [(0, 10), (10, 2), (12, 2)]);
    }

    #[test]
    fn tempo_changes_add_up() {
        let mut score = Score::new(Resolution::new(4).unwrap());
        score.tempos = vec![
            TempoChange {
                at: Ticks(0),
                tempo: Tempo::new(60.0).unwrap(),
            },
            TempoChange {
                at: Ticks(8),
                tempo: Tempo::new(120.0).unwrap(),
            },
        ];
        assert!((score.seconds_at(Ticks(12)) - 2.5).abs() < 1e-12);
        assert_eq!(Tempo::new(0.0), None);
        assert_eq!(Tempo::new(f64::NAN), None);
    }

    #[test]
    fn a_finer_resolution_keeps_the_time() {
        let mut score = Score::new(Resolution::new(2).unwrap());
        score.parts = vec![Part {
            notes: vec![note(1, 1, 60)],
            ..Part::default()
        }];
        let finer = score.at_resolution(Resolution::new(6).unwrap()).unwrap();
        assert_eq!(finer.parts[0].notes[0].onset, Ticks(3));
        assert!(score.at_resolution(Resolution::new(3).unwrap()).is_none());
    }
}

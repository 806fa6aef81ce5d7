//! Repeats played out.
//!
//! The rules are those of the standard editions: the first ending on the first pass and so on;
//! after a jump (da capo, dal segno) no repeat is taken again and of several endings the last one
//! is played; `Fine` and `to coda` count only after a jump; a jump within a repeat is taken on its
//! last pass, and each jump once. A repeat without a start goes back to the end of the one before
//! it, or to the beginning. Where a tune of ABC gives an order of its labelled parts (`P:AABA`),
//! that order holds, with the repeats within each part and without its jumps.

use std::collections::BTreeSet;

use crate::performance::Control;
use crate::pitch::Key;
use crate::score::{
    Barline, ChordSymbol, ClefChange, Direction, KeyChange, Measure, Note, Part, Rest, Score,
    Spanner, Tempo, TempoChange,
};
use crate::time::Ticks;

mod order;

pub(crate) use order::repeats;

/// As often as a measure may be played in all, and as many jumps as are taken. A score that asks for
/// more is broken (or hostile), and is played once through as it is written.
pub const PLAYS_MAX: u32 = 64;

impl Score {
    /// The indices of the measures in the order in which they are played.
    ///
    /// No measure comes more than [`PLAYS_MAX`] times, and no more jumps are taken: where the signs
    /// ask for that, the order is that of the page.
    pub fn playback_order(&self) -> Vec<usize> {
        order::playback_order(self)
    }

    /// The score as it is played: without repeats, endings and jumps.
    ///
    /// Everything goes along with its measure; measures keep their numbers, notes their verses of
    /// lyrics. Where two measures meet that are not neighbours on the page, keys, tempos and clefs
    /// are stated again if they differ, ties between the two are undone, and notes that last
    /// beyond their measure end with it.
    pub fn unfolded(&self) -> Score {
        let mut unfolded = Score {
            metadata: self.metadata.clone(),
            ..Score::new(self.resolution)
        };
        let stretches = stretches(&self.playback_order());
        let mut placed = Vec::with_capacity(stretches.len());
        let mut to = Ticks::ZERO;
        for (from, end) in stretches {
            let stretch = self.stretch(from, end, to);
            for measure in self.measures.get(from..end).unwrap_or_default() {
                unfolded.measures.push(plain(measure, to));
                to += measure.length;
            }
            placed.push(stretch);
        }
        if let Some(last) = unfolded.measures.last_mut() {
            last.barline = self
                .measures
                .last()
                .map_or(last.barline, |measure| measure.barline);
        }
        let first_key = KeyChange {
            at: Ticks::ZERO,
            key: Key::default(),
        };
        unfolded.keys = restated(&self.keys, &placed, Some(first_key), |key| &mut key.at);
        let first_tempo = TempoChange {
            at: Ticks::ZERO,
            tempo: Tempo::DEFAULT,
        };
        unfolded.tempos = restated(&self.tempos, &placed, Some(first_tempo), |tempo| {
            &mut tempo.at
        });
        unfolded.parts = self
            .parts
            .iter()
            .map(|part| played(part, &placed))
            .collect();
        if self.measures.is_empty() {
            return self.clone();
        }
        unfolded
    }

    /// Measures `from..end` played from `to` on.
    fn stretch(&self, from: usize, end: usize, to: Ticks) -> Stretch {
        let at = |index: usize| self.measures.get(index).map(|measure| measure.start);
        let is_last = end >= self.measures.len();
        Stretch {
            from: at(from).unwrap_or_default(),
            // What stands after the last measure belongs to it.
            end: at(end).filter(|_| !is_last).unwrap_or(Ticks(i64::MAX)),
            to,
            follows: from > 0,
            leads_on: !is_last,
        }
    }
}

/// Neighbouring measures that are played one after the other.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: Ticks,
    end: Ticks,
    /// When it is played.
    to: Ticks,
    /// Whether something stands before it on the page.
    follows: bool,
    /// Whether something stands after it on the page.
    leads_on: bool,
}

impl Stretch {
    /// What it holds of a list in order of time.
    fn within<'a, T>(&self, list: &'a [T], at: impl Fn(&T) -> Ticks) -> &'a [T] {
        let from = match self.follows {
            true => list.partition_point(|entry| at(entry) < self.from),
            false => 0,
        };
        let end = list.partition_point(|entry| at(entry) < self.end);
        list.get(from..end).unwrap_or_default()
    }

    fn moved(&self, at: Ticks) -> Ticks {
        at - self.from + self.to
    }

    /// The signs that last, as far as they lie within.
    fn cut<'a>(&'a self, spanners: &'a [Spanner]) -> impl Iterator<Item = Spanner> + 'a {
        let touches = |spanner: &&Spanner| {
            let begins = spanner.from < self.end && (spanner.from >= self.from || !self.follows);
            begins || (spanner.from < self.from && spanner.to > self.from)
        };
        spanners.iter().filter(touches).map(|spanner| {
            let from = if self.follows {
                spanner.from.max(self.from)
            } else {
                spanner.from
            };
            Spanner {
                from: self.moved(from),
                to: self.moved(spanner.to.min(self.end)),
                ..*spanner
            }
        })
    }
}

/// Runs of neighbouring measures, each as its first measure and the one after its last.
fn stretches(order: &[usize]) -> Vec<(usize, usize)> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for &measure in order {
        match stretches.last_mut() {
            Some((_, end)) if *end == measure => *end += 1,
            _ => stretches.push((measure, measure + 1)),
        }
    }
    stretches
}

/// A measure without the signs that have been played out.
fn plain(measure: &Measure, start: Ticks) -> Measure {
    let mut plain = Measure::new(start, measure.length, measure.metre, measure.number.clone());
    plain.barline = match measure.barline {
        Barline::Final => Barline::Double,
        barline => barline,
    };
    plain
}

fn played(part: &Part, stretches: &[Stretch]) -> Part {
    let mut played = Part {
        name: part.name.clone(),
        instrument: part.instrument,
        transposition: part.transposition,
        ..Part::default()
    };
    for stretch in stretches {
        let notes = stretch.within(&part.notes, |note| note.onset);
        played
            .notes
            .extend(notes.iter().map(|note| moved(note, stretch)));
        let chords = stretch.within(&part.chords, |chord| chord.at);
        played.chords.extend(chords.iter().map(|chord| ChordSymbol {
            at: stretch.moved(chord.at),
            text: chord.text.clone(),
        }));
        let directions = stretch.within(&part.directions, |direction| direction.at);
        played
            .directions
            .extend(directions.iter().map(|direction| Direction {
                at: stretch.moved(direction.at),
                ..direction.clone()
            }));
    }
    for stretch in stretches {
        let rests = stretch.within(&part.rests, |rest| rest.onset);
        played.rests.extend(rests.iter().map(|rest| Rest {
            onset: stretch.moved(rest.onset),
            ..rest.clone()
        }));
        let controls = stretch.within(&part.controls, |control| control.at);
        played
            .controls
            .extend(controls.iter().map(|control| Control {
                at: stretch.moved(control.at),
                ..control.clone()
            }));
        played.spanners.extend(stretch.cut(&part.spanners));
    }
    played.keys = restated(&part.keys, stretches, None, |key| &mut key.at);
    let staves: BTreeSet<u8> = part.clefs.iter().map(|change| change.staff).collect();
    for staff in staves {
        let own = part.clefs.iter().filter(|change| change.staff == staff);
        let own: Vec<ClefChange> = own.copied().collect();
        played
            .clefs
            .append(&mut restated(&own, stretches, None, |clef| &mut clef.at));
    }
    played.clefs.sort_by_key(|change| (change.at, change.staff));
    played
}

fn moved(note: &Note, stretch: &Stretch) -> Note {
    let mut played = note.clone();
    played.onset = stretch.moved(note.onset);
    if stretch.follows && note.onset == stretch.from {
        played.tied_from = false;
    }
    if stretch.leads_on && note.end() >= stretch.end {
        played.tied_to = false;
        played.duration = stretch.end - note.onset;
        if note.is_grace() {
            played.duration = note.duration;
        }
    }
    played
}

/// Changes as they are played: where a stretch begins with another state than the one that holds,
/// its own is stated again. Before the first change `default` holds, or nothing.
fn restated<T: Copy + PartialEq>(
    changes: &[T],
    stretches: &[Stretch],
    default: Option<T>,
    time: fn(&mut T) -> &mut Ticks,
) -> Vec<T> {
    let placed = |mut change: T, at: Ticks| {
        *time(&mut change) = at;
        change
    };
    let at = |change: &T| *time(&mut change.clone());
    let mut played: Vec<T> = Vec::new();
    for stretch in stretches {
        let next = changes.partition_point(|change| at(change) < stretch.from);
        let before = changes.get(..next).unwrap_or_default().last().copied();
        let starts_anew = changes
            .get(next)
            .is_some_and(|change| at(change) == stretch.from);
        let held = played.last().copied().or(default);
        let held = held.map(|change| placed(change, stretch.to));
        let own = before.or(default).map(|change| placed(change, stretch.to));
        if !starts_anew && own != held {
            played.extend(own);
        }
        let within = stretch.within(changes, at);
        played.extend(
            within
                .iter()
                .map(|change| placed(*change, stretch.moved(at(change)))),
        );
    }
    played
}

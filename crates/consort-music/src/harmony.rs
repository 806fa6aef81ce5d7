//! Chords for a melody, as a folk guitarist would strum them.
//!
//! The candidates are the triads of the mode and the dominant with its seventh; one is chosen for each
//! bar, and for each half of a bar (each beat of 9/8) where the melody asks for it. A chain of chords is
//! worth what its chords fit the notes (by length, place in the bar, and whether a note is root, third
//! or fifth), how customary each is in the mode, how customary each step from chord to chord is, and
//! whether sections end with a cadence. The best chain is found by dynamic programming (Viterbi, 1967),
//! the same way in which Temperley (*The Cognition of Basic Musical Structures*, 2001, ch. 6) finds the
//! roots of given music.
//!
//! The weights were set by hand and adjusted on 52 tunes; `evaluations/folk/chords.md` has how often
//! the chords agree with an editor's.

use crate::line::highest;
use crate::pitch::{Key, Pitch, Spelling};
use crate::score::{ChordSymbol, Measure, Score};
use crate::sections::places;
use crate::statistics::{Chord, Quality};
use crate::time::Ticks;

mod accompaniment;
mod customs;
mod line;
#[cfg(test)]
mod tests;

pub use self::accompaniment::with_accompaniment;
use self::customs::{Candidate, Place, candidates};
use self::line::Tone;

/// Chord symbols for the first part of `score`, by its metres and keys: one at the start of each
/// measure but pickups, and one more wherever the chord changes within. Empty if the part has no notes.
///
/// Where several notes sound the highest counts. Chords that the part has are not looked at. Takes time
/// in proportion to the notes and measures, and of many keys to their number too.
pub fn chords(score: &Score) -> Vec<ChordSymbol> {
    let line = match score.parts.first() {
        Some(part) => highest(&part.sounding()),
        None => return Vec::new(),
    };
    if line.is_empty() {
        return Vec::new();
    }
    let slots = slots(score);
    let tones = line::by_slot(&line, &slots);
    let path = best_path(&slots, &tones);
    let mut symbols: Vec<ChordSymbol> = Vec::with_capacity(path.len());
    let mut before = None;
    for (slot, chord) in slots.iter().zip(path) {
        if !slot.place.within_bar || before != Some(chord) {
            symbols.push(ChordSymbol {
                at: slot.start,
                text: name(chord, slot.key),
            });
        }
        before = Some(chord);
    }
    symbols
}

/// The score with [`chords`] in its first part, in place of those that it had.
///
/// ```
/// use consort_music::{abc, harmony};
///
/// let tune = b"X:1\nT:Cadence\nM:2/4\nL:1/4\nK:G\n|:G/B/d/B/|c/e/g/c/|f/d/c/A/|G2:|\n";
/// let score = abc::read(tune)?.value.remove(0);
/// let chords = harmony::with_chords(score).parts.remove(0).chords;
/// let chords: Vec<&str> = chords.iter().map(|chord| chord.text.as_str()).collect();
/// assert_eq!(chords, ["G", "C", "D7", "G"]);
/// # Ok::<(), abc::AbcError>(())
/// ```
pub fn with_chords(mut score: Score) -> Score {
    let chords = chords(&score);
    if let Some(part) = score.parts.first_mut() {
        part.chords = chords;
    }
    score
}

/// A stretch of time that has one chord.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: Ticks,
    end: Ticks,
    /// The length of a full bar.
    bar: Ticks,
    /// The length of a beat.
    beat: Ticks,
    key: Key,
    place: Place,
}

/// The slots of all measures but pickups.
fn slots(score: &Score) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for (measure, section) in score.measures.iter().zip(places(score)) {
        if section.is_pickup {
            continue;
        }
        let count = slots_in(measure);
        let ends = (1..=count).map(|slot| match slot {
            slot if slot == count => measure.end(),
            slot => measure
                .end()
                .min(measure.start + section.full * slot / count),
        });
        let mut start = measure.start;
        for end in ends {
            if end <= start {
                continue;
            }
            slots.push(Slot {
                start,
                end,
                bar: section.full,
                beat: beat(measure, section.full),
                key: score.key_at(start),
                place: Place {
                    within_bar: start > measure.start,
                    bar: section.bar,
                    opens_section: section.opens && start == measure.start,
                    before_close: false,
                    closes_section: false,
                },
            });
            start = end;
        }
        if section.closes
            && let [.., before, last] = &mut slots[..]
        {
            before.place.before_close = true;
            last.place.closes_section = true;
        }
    }
    slots
}

/// How many chords a measure may have: two where its beats can be halved, one for each beat of 9/8.
fn slots_in(measure: &Measure) -> i64 {
    let Some(metre) = measure.metre else { return 1 };
    let beats = metre.beats / metre.units_per_beat();
    match (beats, metre.units_per_beat()) {
        (beats, _) if beats.is_multiple_of(2) => 2,
        (3, 3) => 3,
        _ => 1,
    }
}

fn beat(measure: &Measure, full: Ticks) -> Ticks {
    let beats = measure
        .metre
        .map_or(1, |metre| i64::from(metre.beats / metre.units_per_beat()));
    (full / beats.max(1)).max(Ticks(1))
}

/// The most valuable chain of chords, one for each slot.
fn best_path(slots: &[Slot], tones: &[Vec<Tone>]) -> Vec<Chord> {
    // For each slot and candidate the value of the best chain up to it, and the candidate before.
    let mut columns: Vec<Vec<(f64, usize)>> = Vec::with_capacity(slots.len());
    for (index, (slot, tones)) in slots.iter().zip(tones).enumerate() {
        let before = index.checked_sub(1).map(|before| {
            (
                &slots[before],
                candidates(slots[before].key.mode),
                &columns[before],
            )
        });
        let column = candidates(slot.key.mode).iter().map(|candidate| {
            let here = candidate.value(slot.place) + fit(candidate, slot, tones);
            let Some((slot_before, candidates, column)) = before else {
                return (here, 0);
            };
            let joined = slot_before.key == slot.key;
            let chains = candidates.iter().zip(column).map(|(from, (value, _))| {
                let step = if joined {
                    from.step_to(candidate, slot.place)
                } else {
                    0.0
                };
                value + step
            });
            let (best, value) = greatest(chains);
            (value + here, best)
        });
        columns.push(column.collect());
    }
    let mut chords = Vec::with_capacity(slots.len());
    let mut best = columns.last().map_or(0, |column| {
        greatest(column.iter().map(|&(value, _)| value)).0
    });
    for (slot, column) in slots.iter().zip(&columns).rev() {
        chords.push(candidates(slot.key.mode)[best].chord(slot.key));
        best = column[best].1;
    }
    chords.reverse();
    chords
}

/// The first of the greatest values, with its index.
fn greatest(values: impl Iterator<Item = f64>) -> (usize, f64) {
    values
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (index, value)| {
            if value > best.1 { (index, value) } else { best }
        })
}

/// How well a chord fits the notes of a slot.
fn fit(candidate: &Candidate, slot: &Slot, tones: &[Tone]) -> f64 {
    let tonic = slot.key.tonic_class();
    tones
        .iter()
        .map(|tone| tone.weight * candidate.fit(tone, (tone.pitch.class() + 12 - tonic) % 12))
        .sum()
}

/// The symbol of a chord, spelled in the key.
fn name(chord: Chord, key: Key) -> String {
    let root = Pitch::try_from(60 + chord.root % 12).unwrap_or(Pitch::MIDDLE_C);
    let Spelling { step, alter, .. } = Spelling::in_key(root, key);
    let accidental = if alter < 0 { "b" } else { "#" }.repeat(usize::from(alter.unsigned_abs()));
    let kind = match chord.quality {
        Quality::Minor => "m",
        Quality::Diminished => "dim",
        Quality::Dominant7 => "7",
        _ => "",
    };
    format!("{}{accidental}{kind}", step.letter())
}

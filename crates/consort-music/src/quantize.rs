//! From a performance to a score: note values, tuplets, voices, staves, key, spelling and metre.
//!
//! [`crate::midi::read`] gives notes as they were struck. [`Score::quantized`] puts them on a
//! stated [`Grid`] so that notation programs show them well, and keeps how they were played in
//! [`Note::played`], so that MIDI written afterwards sounds as before.
//!
//! ```
//! use consort_music::quantize::Quantization;
//! use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks};
//!
//! let mut score = Score::new(Resolution::MIDI);
//! let notes = [(3, 440), (492, 410), (955, 150), (1122, 140), (1277, 160), (1445, 470)];
//! let notes = notes.map(|(onset, length)| Note::new(Ticks(onset), Ticks(length), Pitch::MIDDLE_C));
//! score.parts = vec![Part { notes: notes.to_vec(), ..Part::default() }];
//! let quantized = score.quantized(&Quantization::default()).value;
//! let notes = &quantized.score.parts[0].notes;
//! let written: Vec<(i64, i64)> = notes.iter().map(|note| (note.onset.0, note.duration.0)).collect();
//! assert_eq!(written, [(0, 480), (480, 480), (960, 160), (1120, 160), (1280, 160), (1440, 480)]);
//! ```
//!
//! # How
//!
//! - **Onsets.** Part by part the most probable written onsets are found, among all ways to divide
//!   beats that the grid allows: see the source of `quantize/onsets.rs`. Notes struck within 30 ms
//!   are struck together. Notes that are faster than the grid become grace notes of the one that
//!   follows.
//! - **Lengths.** How detached a part is played is found from how much of the time to the next note
//!   is commonly held (the mode). Lengths are divided by it. A note then lasts to the next onset of
//!   its voice, unless a rest explains its length clearly better; a note that sounds into the next
//!   of its voice is cut there. Where the ends lie on the grid as they are, they are left as they
//!   are.
//! - **Staves and voices.** Keyboard parts are split into two hands by the cheapest path of a
//!   dividing pitch, and each staff into voices by the cheapest assignment of chords to voices,
//!   where leaps, crossings, rests and overlaps cost.
//! - **Key and spelling.** A key that is not there is found by
//!   [`key_of_classes`]; notes are spelled by
//!   [`Spelling::in_key`](crate::Spelling::in_key).
//! - **Metre.** If asked for, it is found from where in the measure music of each metre has its
//!   accents, and the measures are laid anew.
//!
//! The ticks must follow the beat, as they do in what was played to a click or entered step by step.
//! For free performances they do not; a warning says so. Where the beats are known,
//! [`Score::on_beats`] lays the ticks along them first.

mod beats;
mod division;
mod grid;
mod ground;
mod hands;
mod lengths;
mod metre;
mod onsets;
mod part;
mod voices;

use crate::Spelling;
use crate::reading::{Place, Reading, Warnings};
use crate::score::{KeyChange, Note, Part, Score};
use crate::statistics::key_of_classes;
use crate::time::{Resolution, Ticks, gcd};

pub use grid::{Grid, GridError};
use ground::Ground;

/// How to quantise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantization {
    /// The notes that may be written.
    pub grid: Grid,
    /// Whether the measures are kept or found from the notes.
    pub metre: Signature,
    /// Whether the keys are kept or one key is found from the notes. Where there is none to keep it
    /// is found as well.
    pub key: Signature,
    /// How notes that sound together are written.
    pub voices: Voices,
    /// Whether a keyboard part on one staff is split into two hands: one of the General MIDI
    /// programs 0 to 7 or of none, of whose notes a tenth lies below F3 and a tenth above G4.
    pub hands: bool,
    /// Whether [`Note::played`] keeps how the notes were struck.
    pub keep_performance: bool,
}

/// What becomes of a time or key signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    /// It is kept.
    #[default]
    Keep,
    /// It is found from the notes.
    Infer,
}

/// How notes that sound together are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voices {
    /// In the voices that they have.
    Keep,
    /// Notes of similar length as chords, and in at most so many voices on each staff (1 to 8).
    Chords(u8),
    /// Each note in a line of its own, as far as so many voices on each staff (1 to 8) suffice.
    Lines(u8),
}

impl Default for Quantization {
    /// Sixteenth notes and triplets, measures as they are, the key too if there is one, chords
    /// in two voices on each staff, and hands.
    fn default() -> Quantization {
        Quantization {
            grid: Grid::default(),
            metre: Signature::Keep,
            key: Signature::Keep,
            voices: Voices::Chords(2),
            hands: true,
            keep_performance: true,
        }
    }
}

/// A score that was quantised, and what that took.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// The score. Its resolution is a multiple of what it was.
    pub score: Score,
    /// How many notes there are.
    pub notes: usize,
    /// How many of them began elsewhere than they are written.
    pub moved: usize,
    /// How far these were from there on average, in quarter notes.
    pub mean_shift: f64,
    /// How many notes were faster than the grid and became grace notes.
    pub graces: usize,
    /// How many notes were cut by more than a quarter of their length, because the next note of
    /// their voice begins.
    pub cut: usize,
}

impl Score {
    /// The score as it would be written, its notes on a grid. Quantising the result again changes
    /// nothing.
    ///
    /// Every note stays: none is left out or doubled, but tied heads become one note. Signs move
    /// along with the notes at their place; tempos and controllers stay where they are.
    pub fn quantized(&self, quantization: &Quantization) -> Reading<Quantized> {
        let mut warnings = Warnings::default();
        let grid = quantization.grid;
        let mut score = refined(self, quantization, &mut warnings);
        if quantization.metre == Signature::Infer {
            infer_metre(&mut score, quantization, &mut warnings);
        }
        let ground = Ground::of(&score, grid);
        let tempos = score.clone();
        let mut counts = part::Counts::default();
        for part in &mut score.parts {
            part::quantize(part, &tempos, &ground, quantization, &mut counts);
        }
        spell(&mut score, quantization.key);
        if counts.loose * 2 > counts.notes {
            let message =
                "the notes lie far from any grid: the ticks do not seem to follow the beat";
            warnings.push(Place::File, message);
        }
        coarsen(&mut score, self.resolution);
        Reading {
            value: Quantized {
                score,
                notes: counts.notes,
                moved: counts.moved,
                mean_shift: counts.shift / (counts.moved.max(1) as f64),
                graces: counts.graces,
                cut: counts.cut,
            },
            warnings: warnings.into_vec(),
        }
    }
}

/// `score` in ticks that all of `grid` and the units of its metres lie on.
fn refined(score: &Score, quantization: &Quantization, warnings: &mut Warnings) -> Score {
    let grid = quantization.grid;
    let metres = score.measures.iter().filter_map(|measure| measure.metre);
    let kept = metres.filter(|_| quantization.metre == Signature::Keep);
    let unit = kept
        .map(|metre| u32::from(metre.unit))
        .max()
        .unwrap_or(8)
        .max(8);
    let binary = grid.denominator().max(unit.next_power_of_two().min(128)) / 4;
    let divisions = grid.divisions() / (grid.denominator() / 4) * binary;
    let needed = Resolution::new(divisions).unwrap_or(score.resolution);
    let exact = score.resolution.common(needed);
    if let Some(refined) = exact.and_then(|resolution| score.at_resolution(resolution)) {
        return refined;
    }
    let message = "the ticks were rounded, for the resolution and the grid have no common ticks";
    warnings.push(Place::File, message);
    let finest = Resolution::MAX / divisions * divisions;
    let (new, old) = (
        i128::from(finest),
        i128::from(score.resolution.ticks_per_quarter()),
    );
    let scaled = |time: Ticks| {
        let rounded = (i128::from(time.0) * new + old / 2).div_euclid(old);
        Ticks(i64::try_from(rounded).unwrap_or(i64::MAX))
    };
    let mut refined = score.clone();
    refined.resolution = Resolution::new(finest).unwrap_or(score.resolution);
    refined.for_each_time(|time| *time = scaled(*time));
    for (new, old) in refined.measures.iter_mut().zip(&score.measures) {
        new.length = scaled(old.end()) - new.start;
    }
    refined
}

/// Undoes as much of the refinement from `resolution` as nothing needs.
fn coarsen(score: &mut Score, resolution: Resolution) {
    let (new, old) = (
        score.resolution.ticks_per_quarter(),
        resolution.ticks_per_quarter(),
    );
    let factor = if new.is_multiple_of(old) {
        new / old
    } else {
        1
    };
    let mut common = factor;
    score.for_each_time(|time| {
        let rest = time.0.rem_euclid(i64::from(factor));
        common = gcd(common, u32::try_from(rest).unwrap_or(1));
    });
    let coarse = new.checked_div(common).and_then(Resolution::new);
    if let (true, Some(coarse)) = (common > 1, coarse) {
        score.resolution = coarse;
        score.for_each_time(|time| *time = *time / i64::from(common));
    }
}

/// Lays the measures anew.
fn infer_metre(score: &mut Score, quantization: &Quantization, warnings: &mut Warnings) {
    let ground = Ground::unmeasured(score.resolution, quantization.grid);
    let mut placed = Vec::new();
    for part in &score.parts {
        placed.extend(part::accents(part, score, &ground));
    }
    let end = placed.iter().map(|accent| accent.end).max();
    match metre::find(&placed, score.resolution) {
        Some(found) => {
            score.measures = metre::measures(found, end.unwrap_or_default(), score.resolution);
        }
        None => warnings.push(
            Place::File,
            "there are too few notes to find a metre from; the measures were kept",
        ),
    }
}

/// Finds the key if need be, and spells the notes that have no spelling of their own.
fn spell(score: &mut Score, key: Signature) {
    let pitched = || {
        score
            .parts
            .iter()
            .filter(|part| !part.instrument.percussion)
    };
    let has_own = pitched().any(|part| !part.keys.is_empty());
    if key == Signature::Infer || score.keys.is_empty() && !has_own {
        let mut classes = [0; 12];
        let quarter = score.resolution.quarter();
        for note in pitched().flat_map(|part| &part.notes) {
            // A pedal point says no more about the key than a few measures of it.
            let weight = note.duration.clamp(Ticks::ZERO, quarter * 4).0;
            classes[usize::from(note.pitch.class())] += weight.unsigned_abs();
        }
        if let Some(key) = key_of_classes(&classes) {
            score.keys = vec![KeyChange {
                at: Ticks::ZERO,
                key,
            }];
            score.parts.iter_mut().for_each(|part| part.keys.clear());
        }
    }
    let keys = &score.keys;
    for part in &mut score.parts {
        if part.instrument.percussion {
            continue;
        }
        let Part {
            keys: own, notes, ..
        } = part;
        let keys = if own.is_empty() { keys } else { &*own };
        for note in notes {
            spell_note(note, keys, key);
        }
    }
}

fn spell_note(note: &mut Note, keys: &[KeyChange], key: Signature) {
    let after = keys.partition_point(|change| change.at <= note.onset);
    let now = after.checked_sub(1).and_then(|index| keys.get(index));
    if note.spelling.is_none() || key == Signature::Infer {
        let now = now.map(|change| change.key).unwrap_or_default();
        note.spelling = Some(Spelling::in_key(note.pitch, now));
    }
}

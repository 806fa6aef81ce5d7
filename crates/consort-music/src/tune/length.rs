//! How long notes may be, and how that is spelled.
//!
//! Time within a tune text is counted in grains, 96 of which make an eighth note: all lengths down to
//! the sixty-fourth are whole numbers of them, and so are the notes of their triplets.

use crate::score::{Metre, Score};
use crate::time::Ticks;

/// A time or a length in grains.
pub(super) type Grains = u32;

/// Grains in an eighth note.
pub(super) const EIGHTH: Grains = 96;

/// How the lengths of notes and rests are spelled, the longest first, in units of an eighth note: those
/// that one head with at most two dots can have, and five and nine eighths, which collections write so.
pub(super) const SPELLINGS: &[(&str, Grains)] = &[
    ("12", 12 * EIGHTH),
    ("9", 9 * EIGHTH),
    ("8", 8 * EIGHTH),
    ("7", 7 * EIGHTH),
    ("6", 6 * EIGHTH),
    ("5", 5 * EIGHTH),
    ("4", 4 * EIGHTH),
    ("7/2", 7 * EIGHTH / 2),
    ("3", 3 * EIGHTH),
    ("2", 2 * EIGHTH),
    ("7/4", 7 * EIGHTH / 4),
    ("3/2", 3 * EIGHTH / 2),
    ("", EIGHTH),
    ("3/4", 3 * EIGHTH / 4),
    ("/", EIGHTH / 2),
    ("3/8", 3 * EIGHTH / 8),
    ("/4", EIGHTH / 4),
    ("/8", EIGHTH / 8),
];

/// The spelling of a length, if it has one.
pub(super) fn spelling(length: Grains) -> Option<&'static str> {
    let found = SPELLINGS.iter().find(|(_, grains)| *grains == length);
    found.map(|(spelling, _)| *spelling)
}

/// The longest length with a spelling that fits into `length`.
pub(super) fn longest_within(length: Grains) -> Option<Grains> {
    let mut lengths = SPELLINGS.iter().map(|(_, grains)| *grains);
    lengths.find(|grains| *grains <= length)
}

/// Whether a length is a whole number of the shortest one, and so no part of a triplet.
pub(super) fn is_plain(length: Grains) -> bool {
    length.is_multiple_of(EIGHTH / 8)
}

/// `ticks` of `score` in grains, if they are a whole number of them.
pub(super) fn grains(score: &Score, ticks: Ticks) -> Option<Grains> {
    let scaled = i128::from(ticks.0) * 2 * i128::from(EIGHTH);
    let quarter = i128::from(score.resolution.ticks_per_quarter());
    (scaled % quarter == 0).then(|| Grains::try_from(scaled / quarter).ok())?
}

/// The length of a full bar.
pub(super) fn of_bar(metre: Metre) -> Option<Grains> {
    let whole = 8 * EIGHTH * Grains::from(metre.beats);
    let unit = Grains::from(metre.unit);
    whole.is_multiple_of(unit).then(|| whole / unit)
}

/// The number of the measure that holds `at`.
pub(super) fn number_at(score: &Score, at: Ticks) -> String {
    let measure = score
        .measure_at(at)
        .and_then(|index| score.measures.get(index));
    measure.map_or_else(String::new, |measure| measure.number.clone())
}

/// The number of the measure that holds `at`.
pub(super) fn measure_number(score: &Score, at: Grains) -> String {
    let quarter = i64::from(score.resolution.ticks_per_quarter());
    number_at(
        score,
        Ticks(i64::from(at) * quarter / (2 * i64::from(EIGHTH))),
    )
}

/// The longest pickup of bars of this length: a quarter note is left for the bar that waits for it.
pub(super) fn longest_pickup(bar: Grains) -> Grains {
    bar.saturating_sub(2 * EIGHTH)
}

/// Whether a pickup to bars of length `bar` may be so long: whole eighth notes, and in bars of five beats
/// whole quarter notes. Others are rare, and abc2midi accompanies the short bars that wait for them with
/// chords that do not end.
pub(super) fn is_pickup(length: Grains, bar: Grains) -> bool {
    let unit = if bar == 10 * EIGHTH {
        2 * EIGHTH
    } else {
        EIGHTH
    };
    length.is_multiple_of(unit) && (1..=longest_pickup(bar)).contains(&length)
}

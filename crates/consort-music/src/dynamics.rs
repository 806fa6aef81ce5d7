//! Loudness as it is written: dynamics and hairpins as levels of velocity, and velocities as dynamics and
//! hairpins.
//!
//! ```
//! use consort_music::score::{Direction, DirectionKind, Spanner, SpannerKind};
//! use consort_music::{Part, Ticks};
//! use consort_music::dynamics::Levels;
//!
//! let sign = |at, text: &str| Direction {
//!     at: Ticks(at),
//!     text: text.to_owned(),
//!     kind: DirectionKind::Dynamic,
//! };
//! let part = Part {
//!     directions: vec![sign(0, "p"), sign(16, "f")],
//!     spanners: vec![Spanner {
//!         from: Ticks(8),
//!         to: Ticks(16),
//!         staff: 1,
//!         kind: SpannerKind::Crescendo,
//!     }],
//!     ..Part::default()
//! };
//! let levels = Levels::of_part(&part).expect("something is written");
//! assert_eq!([0, 8, 12, 16].map(|at| levels.level_at(Ticks(at))), [49.0, 49.0, 72.5, 96.0]);
//! ```

use crate::score::{Note, Score};
use crate::time::Ticks;

mod accents;
mod beats;
mod levels;
mod marking;

pub use levels::{Accent, Levels};
pub use marking::mark;

/// The velocity of `mf`, and of music where nothing is written yet.
const USUAL: u8 = 80;

/// Names of dynamics with their velocities, the defaults of MuseScore's playback (`dynList` in its
/// `dynamic.cpp`, versions 2 to 4); also what other programs took over from it.
const NAMES: [(&str, u8); 14] = [
    ("pppppp", 1),
    ("ppppp", 5),
    ("pppp", 10),
    ("ppp", 16),
    ("pp", 33),
    ("p", 49),
    ("mp", 64),
    ("mf", USUAL),
    ("f", 96),
    ("ff", 112),
    ("fff", 126),
    ("ffff", 127),
    ("fffff", 127),
    ("ffffff", 127),
];

/// The velocity that a dynamic asks for from its place on, by the defaults of MuseScore: `ppp` 16, `pp` 33,
/// `p` 49, `mp` 64, `mf` 80, `f` 96, `ff` 112, `fff` 126. Of several words the first that names a dynamic
/// counts (`sempre pp`). What holds for a note only, such as `sfz`, has none; `fp` has that of its `p`.
pub fn level_of(text: &str) -> Option<u8> {
    words(text).find_map(|word| named(after_accent(word).unwrap_or(word)))
}

/// Whether notes have velocities, and not all the same one.
pub fn varies(score: &Score) -> bool {
    let notes = score.parts.iter().flat_map(|part| &part.notes);
    let mut velocities = notes.filter(|note| is_struck(note)).map(|n| n.velocity);
    let Some(first) = velocities.next() else {
        return false;
    };
    velocities.any(|velocity| velocity != first)
}

/// Whether the note is struck at its onset, and known how hard.
fn is_struck(note: &Note) -> bool {
    note.velocity.is_some() && !note.tied_from && !note.is_grace() && note.duration > Ticks::ZERO
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
}

fn named(word: &str) -> Option<u8> {
    let found = NAMES.iter().find(|(name, _)| *name == word);
    found.map(|&(_, level)| level)
}

/// What follows an accent within one sign: `p` of `fp`, `sfp` and `sffp`.
fn after_accent(word: &str) -> Option<&str> {
    let loud = word.trim_end_matches('p');
    let is_accent = loud.ends_with('f') && loud != "mf" && loud.len() < word.len();
    is_accent.then(|| &word[loud.len()..])
}

/// The velocity of a sign that holds for a note only, by the same source: `sf` and its like 112, two or
/// more `f` after an `s` 126, and `fp` 96.
fn accent_of(text: &str) -> Option<u8> {
    words(text).find_map(|word| {
        let after = after_accent(word).unwrap_or_default();
        match &word[..word.len() - after.len()] {
            "f" if !after.is_empty() => Some(96),
            "sf" | "sfz" | "fz" | "rf" | "rfz" => Some(112),
            "sff" | "sffz" | "sfff" | "sfffz" => Some(126),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Part, Pitch, Resolution, Velocity};

    #[test]
    fn names_have_levels_and_accents_have_none() {
        let levels = ["ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"].map(level_of);
        assert_eq!(levels, [16, 33, 49, 64, 80, 96, 112, 126].map(Some));
        for accent in ["sf", "sfz", "rf", "rfz", "fz", "sffz"] {
            assert_eq!(level_of(accent), None, "{accent}");
            assert!(accent_of(accent).is_some(), "{accent}");
        }
        assert_eq!((level_of("fp"), accent_of("fp")), (Some(49), Some(96)));
        assert_eq!((level_of("sfpp"), accent_of("sfpp")), (Some(33), Some(112)));
        assert_eq!((level_of("mf"), accent_of("mf")), (Some(80), None));
        assert_eq!((level_of("f"), accent_of("f")), (Some(96), None));
        assert_eq!(level_of("sempre pp, dolce"), Some(33));
        assert_eq!((level_of("dolce"), level_of("")), (None, None));
    }

    #[test]
    fn velocities_vary_from_note_to_note() {
        let with = |velocities: &[Option<u8>]| {
            let note = |(at, velocity): (i64, &Option<u8>)| Note {
                velocity: velocity.and_then(|midi| Velocity::try_from(midi).ok()),
                ..Note::new(Ticks(at), Ticks(1), Pitch::MIDDLE_C)
            };
            let mut score = Score::new(Resolution::new(1).unwrap());
            score.parts = vec![Part {
                notes: (0..).zip(velocities).map(note).collect(),
                ..Part::default()
            }];
            score
        };
        assert!(varies(&with(&[Some(60), Some(60), Some(61)])));
        assert!(!varies(&with(&[Some(60), Some(60), None])));
        assert!(!varies(&with(&[None, None])));
        assert!(!varies(&with(&[])));
    }
}

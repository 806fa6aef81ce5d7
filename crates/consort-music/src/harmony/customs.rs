//! What is customary in the accompaniment of folk tunes, as values that add up over a chain of
//! chords. All were set by hand and then moved in coarse steps, one at a time, as long as that helped on
//! the tunes that `evaluations/folk/chords.md` names; where it made no difference they stayed.

use crate::pitch::{Key, Mode};
use crate::statistics::Chord;
use crate::statistics::Quality::{self, Diminished, Dominant7, Major, Minor};

use super::line::Tone;

/// How much more a note that begins with the chord weighs than one off the beat.
pub(super) const ON_CHORD: f64 = 1.6;
/// How much more a note on another beat weighs.
pub(super) const ON_BEAT: f64 = 1.3;

/// What a note is worth that lasts a bar off the beat: as root, third, fifth and seventh of its chord,
/// as a passing note, and as none of these. Thirds and fifths name a chord almost as well as roots do;
/// a seventh is a colour that the dominant may have.
const ROOT: f64 = 3.0;
const THIRD: f64 = 2.7;
const FIFTH: f64 = 2.7;
const SEVENTH: f64 = 1.0;
const PASSING: f64 = -2.0;
const FOREIGN: f64 = -3.5;

/// What a change of chord is worth by the way that the root goes: a fifth down (dominant to tonic,
/// tonic to subdominant) is the most usual step of all, thirds are rare.
const FIFTH_DOWN: f64 = 0.4;
const THIRD_EITHER_WAY: f64 = -0.5;
/// What it is worth that the dominant has its seventh when the tonic follows.
const RESOLVED_SEVENTH: f64 = 0.3;
/// What a change within a bar is worth beside that: strummers change with the bar.
const WITHIN_BAR: f64 = -1.0;

/// What the tonic is worth where a section begins, at the first chord of every four bars, and where a
/// section ends.
const OPENING_TONIC: f64 = 0.5;
const PHRASE_TONIC: f64 = 0.5;
const CLOSING_TONIC: f64 = 1.0;
/// What the dominant is worth in every fourth bar, where the first half of a tune likes to stop, and
/// right before the last chord of a section.
const HALF_CADENCE: f64 = 0.5;
const CADENCE: f64 = 0.5;

/// Where in the form a chord stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Whether its bar has another before it.
    pub(super) within_bar: bool,
    /// Its bar, counted from 0 in its section.
    pub(super) bar: usize,
    /// Whether it is the first of its section.
    pub(super) opens_section: bool,
    /// Whether it is the last but one.
    pub(super) before_close: bool,
    /// Whether it is the last of its section.
    pub(super) closes_section: bool,
}

/// A chord that may be chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Semitones from the tonic up to the root.
    degree: u8,
    quality: Quality,
    /// How customary it is.
    value: f64,
}

const fn candidate(degree: u8, quality: Quality, value: f64) -> Candidate {
    Candidate {
        degree,
        quality,
        value,
    }
}

/// The chords of each mode by degree, kind and how customary they are beside the tonic: in major
/// tonic, dominant and subdominant before the minor triads; in mixolydian and dorian the triad on the
/// lowered seventh degree does what the dominant does elsewhere; minor has both dominants, for tunes
/// with the leading tone and without. Diminished triads are almost never strummed.
const MAJOR: &[Candidate] = &[
    candidate(0, Major, 0.0),
    candidate(7, Major, -0.3),
    candidate(7, Dominant7, -0.5),
    candidate(5, Major, -0.3),
    candidate(2, Minor, -0.7),
    candidate(9, Minor, -0.7),
    candidate(4, Minor, -1.4),
    candidate(11, Diminished, -2.4),
];

const MIXOLYDIAN: &[Candidate] = &[
    candidate(0, Major, 0.0),
    candidate(10, Major, -0.3),
    candidate(5, Major, -0.3),
    candidate(7, Minor, -0.8),
    candidate(7, Major, -0.7),
    candidate(7, Dominant7, -0.9),
    candidate(2, Minor, -0.8),
    candidate(9, Minor, -1.0),
    candidate(4, Diminished, -2.4),
];

const LYDIAN: &[Candidate] = &[
    candidate(0, Major, 0.0),
    candidate(7, Major, -0.3),
    candidate(7, Dominant7, -0.5),
    candidate(2, Major, -0.6),
    candidate(9, Minor, -0.7),
    candidate(11, Minor, -1.4),
    candidate(4, Minor, -1.4),
    candidate(6, Diminished, -2.4),
];

const MINOR: &[Candidate] = &[
    candidate(0, Minor, 0.0),
    candidate(7, Major, -0.4),
    candidate(7, Dominant7, -0.6),
    candidate(5, Minor, -0.5),
    candidate(10, Major, -0.6),
    candidate(3, Major, -0.7),
    candidate(8, Major, -0.8),
    candidate(7, Minor, -1.0),
    candidate(2, Diminished, -2.4),
];

const DORIAN: &[Candidate] = &[
    candidate(0, Minor, 0.0),
    candidate(10, Major, -0.2),
    candidate(5, Major, -0.6),
    candidate(3, Major, -0.7),
    candidate(7, Minor, -0.7),
    candidate(2, Minor, -1.0),
    candidate(7, Major, -1.3),
    candidate(7, Dominant7, -1.5),
    candidate(9, Diminished, -2.4),
];

const PHRYGIAN: &[Candidate] = &[
    candidate(0, Minor, 0.0),
    candidate(1, Major, -0.3),
    candidate(10, Minor, -0.7),
    candidate(5, Minor, -0.7),
    candidate(3, Major, -0.7),
    candidate(8, Major, -0.8),
    candidate(7, Dominant7, -1.4),
    candidate(7, Diminished, -2.4),
];

const LOCRIAN: &[Candidate] = &[
    candidate(0, Diminished, 0.0),
    candidate(1, Major, -0.3),
    candidate(10, Minor, -0.7),
    candidate(5, Minor, -0.7),
    candidate(3, Minor, -0.7),
    candidate(8, Major, -0.8),
    candidate(6, Major, -0.8),
    candidate(7, Dominant7, -1.4),
];

/// The chords of a mode.
pub(super) fn candidates(mode: Mode) -> &'static [Candidate] {
    match mode {
        Mode::Major => MAJOR,
        Mode::Minor => MINOR,
        Mode::Dorian => DORIAN,
        Mode::Phrygian => PHRYGIAN,
        Mode::Lydian => LYDIAN,
        Mode::Mixolydian => MIXOLYDIAN,
        Mode::Locrian => LOCRIAN,
    }
}

impl Candidate {
    pub(super) fn chord(&self, key: Key) -> Chord {
        Chord {
            root: (key.tonic_class() + self.degree) % 12,
            quality: self.quality,
        }
    }

    /// What the chord is worth at a place, whatever sounds.
    pub(super) fn value(&self, place: Place) -> f64 {
        let bar_of_phrase = place.bar % 4;
        let customs: &[(bool, f64)] = match self.degree {
            0 => &[
                (place.opens_section, OPENING_TONIC),
                (bar_of_phrase == 0 && !place.within_bar, PHRASE_TONIC),
                (place.closes_section, CLOSING_TONIC),
            ],
            7 => &[
                (bar_of_phrase == 3 && !place.closes_section, HALF_CADENCE),
                (place.before_close, CADENCE),
            ],
            _ => &[],
        };
        let kept = customs.iter().filter(|(holds, _)| *holds);
        self.value + kept.map(|(_, value)| value).sum::<f64>()
    }

    /// What a step from this chord to `to` at a place is worth.
    pub(super) fn step_to(&self, to: &Candidate, place: Place) -> f64 {
        if (self.degree, self.quality) == (to.degree, to.quality) {
            return 0.0;
        }
        let motion = match (to.degree + 12 - self.degree) % 12 {
            5 => FIFTH_DOWN,
            3 | 4 | 8 | 9 => THIRD_EITHER_WAY,
            _ => 0.0,
        };
        let resolves = self.quality == Dominant7 && to.degree == 0;
        let seventh = if resolves { RESOLVED_SEVENTH } else { 0.0 };
        let within_bar = if place.within_bar { WITHIN_BAR } else { 0.0 };
        motion + seventh + within_bar
    }

    /// What a note so many semitones above the tonic is worth with this chord, if it lasts a bar.
    pub(super) fn fit(&self, tone: &Tone, above_tonic: u8) -> f64 {
        let above_root = (above_tonic + 12 - self.degree) % 12;
        let intervals = self.quality.intervals();
        match intervals
            .iter()
            .position(|&interval| interval == above_root)
        {
            _ if above_root == 0 => ROOT,
            Some(0) => THIRD,
            Some(1) => FIFTH,
            Some(_) => SEVENTH,
            None if tone.passes => PASSING,
            None => FOREIGN,
        }
    }
}

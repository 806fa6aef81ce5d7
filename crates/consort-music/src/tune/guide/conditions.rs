//! What a tune must be like.

use thiserror::Error;

use crate::pitch::{Key, Mode, Pitch};
use crate::score::Metre;

use super::super::{Form, RHYTHM_MAX, chord, layout, metres};

/// What a guided tune must be like. What is left open, the model chooses among what is legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Sections, bars and repeats.
    pub form: Option<Form>,
    /// The rhythm, in small letters: `jig`, `slip jig`; at most [`RHYTHM_MAX`] characters.
    pub rhythm: Option<String>,
    /// The metre, one of [`METRES`](super::super::METRES); common time and 2/2 count as 4/4.
    pub metre: Option<Metre>,
    /// The key.
    pub key: Option<Key>,
    /// Chord symbols.
    pub chords: Chords,
    /// Accidentals of the notes.
    pub accidentals: Accidentals,
    /// The lowest pitch: C3 at least. G3, a fiddle's lowest, if nothing else is said.
    pub lowest: Pitch,
    /// The highest pitch: B6 at most, an octave above the lowest at least. E6 if nothing else is said:
    /// three of 386 027 notes of the public-domain tune texts are higher.
    pub highest: Pitch,
}

/// The chord symbols of a guided tune.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Chords {
    /// Where the model wants them.
    #[default]
    Free,
    /// None.
    None,
    /// One at the beginning of each whole bar at least.
    EachBar,
    /// These, one at the beginning of each whole bar and none elsewhere, from the first on again when all
    /// have been used. A second ending has those of the first.
    Given(Vec<String>),
}

/// The accidentals of a guided tune. None of them is redundant, and those that undo an accidental of the
/// same bar go with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Accidentals {
    /// All, double ones too.
    #[default]
    Any,
    /// Those that are frequent in the mode, by degrees above the tonic: in major the raised fourth, fifth
    /// and first and the lowered seventh; in minor the raised seventh and sixth; in dorian the raised
    /// seventh and third; in mixolydian the raised seventh and the lowered third; in lydian the lowered
    /// fourth; in other modes none.
    ///
    /// Counted in the tune texts of O'Neill's, Ryan's and Aird's collections: of 2487 accidentals in major
    /// 2130 are these and 238 undo one, of 1361 in minor 1229 and 52.
    Customary,
    /// None: all notes are those of the signature.
    None,
}

/// Why conditions cannot be met.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// The metre is none that tune texts have.
    #[error("tunes in {metre} are not known: take one of {}", metres())]
    Metre {
        /// The metre.
        metre: Metre,
    },
    /// The signature has more than seven accidentals.
    #[error("a key with {} sharps or flats: take one with at most 7", fifths.unsigned_abs())]
    Key {
        /// Sharps, or flats as negative numbers.
        fifths: i8,
    },
    /// The rhythm is no name.
    #[error(
        "{rhythm:?} is no name of a rhythm: take at most {RHYTHM_MAX} small letters and single spaces, as in `slip jig`"
    )]
    Rhythm {
        /// The text.
        rhythm: String,
    },
    /// One of the chords is not known.
    #[error("{chord:?} is no chord: take names such as G, Am, F#m7, Bbmaj7, D/F#")]
    Chord {
        /// The text.
        chord: String,
    },
    /// There are no chords in the progression.
    #[error("a progression without chords: name one at least, or ask for no chords")]
    NoChords,
    /// The range is empty, too narrow, or beyond what tune texts hold.
    #[error("from {lowest} to {highest}: take a range of an octave at least between C3 and B6")]
    Range {
        /// The lowest pitch.
        lowest: Pitch,
        /// The highest pitch.
        highest: Pitch,
    },
}

impl Default for Conditions {
    fn default() -> Conditions {
        let upwards = |semitones| {
            Pitch::MIDDLE_C
                .transposed(semitones)
                .unwrap_or(Pitch::MIDDLE_C)
        };
        Conditions {
            form: None,
            rhythm: None,
            metre: None,
            key: None,
            chords: Chords::Free,
            accidentals: Accidentals::Any,
            lowest: upwards(-5),
            highest: upwards(28),
        }
    }
}

impl Conditions {
    /// The same conditions in the spelling of tune texts.
    pub(super) fn checked(mut self) -> Result<Conditions, ConditionError> {
        self.metre = self.metre.map(layout::plain);
        if let Some(metre) = self.metre.filter(|metre| !layout::is_metre(*metre)) {
            return Err(ConditionError::Metre { metre });
        }
        if let Some(Key { fifths, .. }) = self.key.filter(|key| !(-7..=7).contains(&key.fifths)) {
            return Err(ConditionError::Key { fifths });
        }
        if let Some(rhythm) = self.rhythm.clone().filter(|rhythm| !is_rhythm(rhythm)) {
            return Err(ConditionError::Rhythm { rhythm });
        }
        if let Chords::Given(chords) = &self.chords {
            if chords.is_empty() {
                return Err(ConditionError::NoChords);
            }
            if let Some(chord) = chords.iter().find(|chord| !chord::is_known(chord)) {
                let chord = chord.clone();
                return Err(ConditionError::Chord { chord });
            }
        }
        let (lowest, highest) = (self.lowest.midi(), self.highest.midi());
        if lowest < 48 || highest > 95 || highest < lowest.saturating_add(12) {
            return Err(ConditionError::Range {
                lowest: self.lowest,
                highest: self.highest,
            });
        }
        Ok(self)
    }
}

impl Accidentals {
    /// Whether the `degree` of a scale, 0 for the tonic, may be altered by `semitones` against the
    /// signature.
    pub(super) fn allow(self, mode: Mode, degree: u8, semitones: i8) -> bool {
        match self {
            Accidentals::Any => true,
            Accidentals::None => semitones == 0,
            Accidentals::Customary => {
                let customary: &[(u8, i8)] = match mode {
                    Mode::Major => &[(3, 1), (6, -1), (4, 1), (0, 1)],
                    Mode::Minor => &[(6, 1), (5, 1)],
                    Mode::Dorian => &[(6, 1), (2, 1)],
                    Mode::Mixolydian => &[(6, 1), (2, -1)],
                    Mode::Lydian => &[(3, -1)],
                    Mode::Phrygian | Mode::Locrian => &[],
                };
                semitones == 0 || customary.contains(&(degree, semitones))
            }
        }
    }
}

/// Whether `text` can be the name of a rhythm: words of small letters.
pub(super) fn is_rhythm(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase());
    text.len() <= RHYTHM_MAX && text.split(' ').all(is_word)
}

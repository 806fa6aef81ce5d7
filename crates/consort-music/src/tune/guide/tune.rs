//! What the header has settled for the music.

use crate::abc::key::Signature;
use crate::pitch::{Key, Spelling, Step};

use super::super::length::{EIGHTH, Grains};
use super::super::{Form, chord};
use super::typed::{Typed, completions};
use super::{CharSet, Chords, Conditions};

/// The frame of the music.
#[derive(Clone, Debug)]
pub(super) struct Tune {
    /// Nothing if the model is free to choose.
    pub(super) form: Option<Form>,
    /// The length of a full bar.
    pub(super) full: Grains,
    /// The length of a note without a length.
    pub(super) unit: Grains,
    /// The shortest length; all lengths are whole numbers of it.
    pub(super) grid: Grains,
    /// Whether spaces and line ends are allowed.
    pub(super) spaced: bool,
    key: Key,
    signature: Signature,
    pub(super) conditions: Conditions,
}

impl Tune {
    pub(super) fn new(
        form: Option<Form>,
        (full, unit): (Grains, Grains),
        spaced: bool,
        key: Key,
        conditions: &Conditions,
    ) -> Tune {
        Tune {
            form,
            full,
            unit,
            grid: unit.max(EIGHTH) / 8,
            spaced,
            key,
            signature: Signature::of(key),
            conditions: conditions.clone(),
        }
    }

    /// What the signature makes of a letter.
    pub(super) fn signature(&self, step: Step) -> i8 {
        self.signature.alter(step)
    }

    /// Whether a letter may have an accidental that makes it `alter`.
    pub(super) fn allows_accidental(&self, step: Step, alter: i8) -> bool {
        let place = i32::from(self.key.fifths) + i32::from(self.key.mode.tonic_fifths());
        // On the line of fifths C is 0 and G, four letters on, 1.
        let tonic = (4 * place).rem_euclid(7);
        let degree = (step as i32 - tonic).rem_euclid(7);
        let against = alter - self.signature(step);
        let rule = self.conditions.accidentals;
        u8::try_from(degree).is_ok_and(|degree| rule.allow(self.key.mode, degree, against))
    }

    /// Whether a note is within the range.
    pub(super) fn has(&self, step: Step, alter: i8, octave: i8) -> bool {
        let spelling = Spelling {
            step,
            alter,
            octave,
        };
        let range = self.conditions.lowest..=self.conditions.highest;
        spelling.pitch().is_some_and(|pitch| range.contains(&pitch))
    }

    /// Whether every whole bar begins with a chord symbol.
    pub(super) fn has_chord_in_each_bar(&self) -> bool {
        matches!(self.conditions.chords, Chords::EachBar | Chords::Given(_))
    }

    /// What may follow `typed` within a chord symbol; `bar` counts the bars of the tune from 0.
    pub(super) fn chord(&self, typed: &Typed, bar: usize) -> CharSet {
        let (mut next, is_one) = match &self.conditions.chords {
            Chords::None => (CharSet::EMPTY, false),
            Chords::Given(chords) => {
                let chord = chords.get(bar % chords.len().max(1));
                completions(typed.text(), chord.map(String::as_str))
            }
            Chords::Free | Chords::EachBar => chord::next(typed.text()),
        };
        if is_one {
            next.insert('"');
        }
        next
    }
}

//! How far an accidental holds.

use std::collections::BTreeMap;

use crate::pitch::Step;

use super::key::Signature;

/// Which later notes of the bar an accidental is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scope {
    /// None.
    Note,
    /// Those of the same letter and octave.
    Octave,
    /// Those of the same letter in all octaves: what ABC 2.1 prescribes where nothing is said.
    #[default]
    Letter,
}

/// The accidentals since the last bar line.
#[derive(Clone, Debug, Default)]
pub(super) struct Accidentals {
    pub(super) scope: Scope,
    since_bar: BTreeMap<(Step, Option<i32>), i8>,
}

impl Accidentals {
    pub(super) fn new(scope: Scope) -> Accidentals {
        Accidentals {
            scope,
            since_bar: BTreeMap::new(),
        }
    }

    /// The alteration of a note without an accidental of its own.
    pub(super) fn alter(&self, step: Step, octave: i32, signature: Signature) -> i8 {
        self.since_bar
            .get(&self.key(step, octave))
            .copied()
            .unwrap_or_else(|| signature.alter(step))
    }

    /// Notes an accidental written out.
    pub(super) fn set(&mut self, step: Step, octave: i32, alter: i8) {
        if self.scope != Scope::Note {
            self.since_bar.insert(self.key(step, octave), alter);
        }
    }

    /// A bar line.
    pub(super) fn clear(&mut self) {
        self.since_bar.clear();
    }

    fn key(&self, step: Step, octave: i32) -> (Step, Option<i32>) {
        (step, (self.scope == Scope::Octave).then_some(octave))
    }
}

//! Notes as text, and which accidentals a reader would supply by itself.

use std::collections::BTreeMap;

use crate::pitch::{Spelling, Step};
use crate::score::Clef;
use crate::time::Ticks;

use super::super::accidentals::{Accidentals, Scope};
use super::super::key::{self, Signature};
use super::clef_octave;
use super::stream::Head;

/// What a reader knows when it comes to a note, kept exactly as the reader keeps it.
pub(super) struct Speller {
    pub(super) signature: Signature,
    pub(super) clef: Option<Clef>,
    semitones: i32,
    accidentals: Accidentals,
    /// Ties that wait for their second note, by lane.
    open_ties: BTreeMap<usize, Vec<OpenTie>>,
}

#[derive(Clone, Copy)]
struct OpenTie {
    step: Step,
    octave: i8,
    alter: i8,
    end: Ticks,
}

impl Speller {
    pub(super) fn new(semitones: i32) -> Speller {
        Speller {
            signature: Signature::default(),
            clef: None,
            semitones,
            accidentals: Accidentals::new(Scope::Letter),
            open_ties: BTreeMap::new(),
        }
    }

    /// A bar line or an overlay.
    pub(super) fn clear(&mut self) {
        self.accidentals.clear();
    }

    /// A rest in `lane`.
    pub(super) fn rest(&mut self, lane: usize) {
        self.open_ties.remove(&lane);
    }

    /// The notes of `heads` as text without lengths, in order.
    pub(super) fn chord(&mut self, heads: &[Head], lane: usize) -> Vec<String> {
        let mut open = Vec::new();
        let mut names = Vec::with_capacity(heads.len());
        for head in heads {
            let written = self.written(head);
            names.push(self.note(written, head.onset, lane));
            if head.tied {
                open.push(OpenTie {
                    step: written.step,
                    octave: written.octave,
                    alter: written.alter,
                    end: head.end,
                });
            }
        }
        self.open_ties.insert(lane, open);
        names
    }

    /// A grace note as text.
    pub(super) fn grace(&mut self, head: &Head, lane: usize) -> String {
        let written = self.written(head);
        self.note(written, head.onset, lane)
    }

    /// The note as the staff shows it.
    fn written(&self, head: &Head) -> Spelling {
        let mut written = key::transposed(head.spelling, -self.semitones);
        if !(-2..=2).contains(&written.alter) {
            let pitch = head.pitch.transposed(-self.semitones).unwrap_or(head.pitch);
            written = Spelling::in_key(pitch, crate::pitch::Key::default());
        }
        written.octave = written.octave.saturating_add(clef_octave(self.clef));
        written
    }

    fn note(&mut self, written: Spelling, onset: Ticks, lane: usize) -> String {
        let Spelling {
            step,
            alter,
            octave,
        } = written;
        let mut open = self.open_ties.get(&lane).into_iter().flatten();
        let tied = open.find(|tie| (tie.step, tie.octave, tie.end) == (step, octave, onset));
        let implied = match tied {
            Some(tie) => tie.alter,
            None => self.accidentals.alter(step, octave.into(), self.signature),
        };
        let mut name = String::new();
        if implied != alter {
            self.accidentals.set(step, octave.into(), alter);
            name.push_str(match alter {
                2 => "^^",
                1 => "^",
                -1 => "_",
                -2 => "__",
                _ => "=",
            });
        }
        if octave >= 5 {
            name.push(step.letter().to_ascii_lowercase());
            (5..octave).for_each(|_| name.push('\''));
        } else {
            name.push(step.letter());
            (octave..4).for_each(|_| name.push(','));
        }
        name
    }
}

//! How a note sounds.

use crate::pitch::{Pitch, Spelling};
use crate::reading::Warnings;

use super::super::super::key;
use super::{Head, Voice};

impl Voice {
    /// How the note sounds, at concert pitch.
    pub(super) fn pitch(&mut self, head: &Head, warnings: &mut Warnings) -> (Spelling, Pitch) {
        let settings = self.settings;
        let mut open = self.open_ties.get(&self.lane).into_iter().flatten();
        let tied =
            open.find(|tie| (tie.step, tie.octave, tie.end) == (head.step, head.octave, self.time));
        self.accidentals.scope = settings.scope;
        let alter = match (head.accidental, tied) {
            (Some(alter), _) => {
                self.accidentals.set(head.step, head.octave, alter);
                alter
            }
            // A tie carries its accidental over the bar line.
            (None, Some(tie)) => tie.alter,
            (None, None) => self
                .accidentals
                .alter(head.step, head.octave, settings.signature),
        };
        self.first_transposition
            .get_or_insert(settings.transposition);
        let shift = i32::from(settings.octave) + i32::from(settings.clef_octave);
        let octave = head.octave.saturating_add(shift).clamp(-20, 30);
        let written = Spelling {
            step: head.step,
            alter,
            octave: i8::try_from(octave).unwrap_or_default(),
        };
        let sounding = key::transposed(written, settings.transposition.into());
        match sounding.pitch() {
            Some(pitch) => (sounding, pitch),
            None => {
                warnings.push(
                    head.place,
                    "a note beyond the range of MIDI: moved by octaves",
                );
                within_range(sounding)
            }
        }
    }

    pub(super) fn pitch_of(&self, index: usize) -> Pitch {
        self.sounded[index].note.pitch
    }

    /// The note as the staff shows it.
    pub(super) fn written(&self, sounding: Spelling) -> Spelling {
        let written = key::transposed(sounding, -i32::from(self.settings.transposition));
        let shift = self
            .settings
            .octave
            .saturating_add(self.settings.clef_octave);
        Spelling {
            octave: written.octave.saturating_sub(shift),
            ..written
        }
    }
}

/// `spelling` moved by octaves until MIDI has it.
fn within_range(spelling: Spelling) -> (Spelling, Pitch) {
    let octaves: &mut dyn Iterator<Item = i8> = if spelling.octave < 4 {
        &mut (-1..=9)
    } else {
        &mut (-1..=9).rev()
    };
    octaves
        .map(|octave| Spelling { octave, ..spelling })
        .find_map(|spelling| spelling.pitch().map(|pitch| (spelling, pitch)))
        .unwrap_or((spelling, Pitch::MIDDLE_C))
}

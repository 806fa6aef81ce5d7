//! The melody as chords hear it.

use crate::line::LineNote;
use crate::pitch::Pitch;
use crate::time::Ticks;

use super::Slot;
use super::customs::{ON_BEAT, ON_CHORD};

/// What a slot hears of a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tone {
    pub(super) pitch: Pitch,
    /// Its share of a full bar, more on the beat.
    pub(super) weight: f64,
    /// Whether it may be a passing or neighbour tone: off the beat and left by step.
    pub(super) passes: bool,
}

/// For each slot the notes within it. Slots and notes are in order of time.
pub(super) fn by_slot(line: &[LineNote], slots: &[Slot]) -> Vec<Vec<Tone>> {
    let mut first = 0;
    let tones = slots.iter().map(|slot| {
        while line.get(first).is_some_and(|note| note.end <= slot.start) {
            first += 1;
        }
        let mut tones = Vec::new();
        let mut rest = &line[first..];
        while let [note, following @ ..] = rest
            && note.onset < slot.end
        {
            tones.push(tone(note, following.first(), slot));
            rest = following;
        }
        tones
    });
    tones.collect()
}

fn tone(note: &LineNote, next: Option<&LineNote>, slot: &Slot) -> Tone {
    let length = note.end.min(slot.end) - note.onset.max(slot.start);
    #[expect(
        clippy::cast_precision_loss,
        reason = "bars have fewer than 2^53 ticks"
    )]
    let share = length.0 as f64 / slot.bar.0 as f64;
    let on_beat = note.onset >= slot.start && (note.onset - slot.start) % slot.beat == Ticks::ZERO;
    let stress = match note.onset {
        onset if onset == slot.start => ON_CHORD,
        _ if on_beat => ON_BEAT,
        _ => 1.0,
    };
    let left_by_step = next.is_some_and(|next| {
        let apart = note.pitch.midi().abs_diff(next.pitch.midi());
        note.end == next.onset && (1..=2).contains(&apart)
    });
    Tone {
        pitch: note.pitch,
        weight: share * stress,
        passes: left_by_step && !on_beat,
    }
}

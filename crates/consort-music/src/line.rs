//! The line that is heard as the melody.

use crate::pitch::Pitch;
use crate::score::SoundingNote;
use crate::time::Ticks;

/// A note of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineNote {
    pub(crate) onset: Ticks,
    pub(crate) end: Ticks,
    pub(crate) pitch: Pitch,
}

/// The highest line of notes in order of onset, each ended by the next.
pub(crate) fn highest(sounding: &[SoundingNote]) -> Vec<LineNote> {
    let mut line: Vec<LineNote> = Vec::with_capacity(sounding.len());
    for note in sounding {
        let note = LineNote {
            onset: note.onset,
            end: note.end(),
            pitch: note.pitch,
        };
        match line.last_mut() {
            Some(last) if last.onset == note.onset => {
                if note.pitch > last.pitch {
                    *last = note;
                }
                continue;
            }
            Some(last) => last.end = last.end.min(note.onset),
            None => {}
        }
        line.push(note);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abc;

    #[test]
    fn the_highest_note_of_a_chord_counts_until_the_next() {
        let score = abc::read(b"X:1\nL:1/4\nK:C\n[CE]2 [GB]-|B2 c2 & z2 d2|\n");
        let score = score.unwrap().value.remove(0);
        let line: Vec<_> = highest(&score.parts[0].sounding())
            .iter()
            .map(|note| (note.onset.0, note.end.0, note.pitch.midi()))
            .collect();
        assert_eq!(line, [(0, 2, 64), (2, 5, 71), (5, 7, 74)]);
    }
}

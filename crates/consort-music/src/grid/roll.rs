//! Pitches in equal steps.

use super::{TooLong, span, steps_to};
use crate::pitch::{Pitch, Velocity};
use crate::score::{Score, SoundingNote};
use crate::time::Ticks;

/// MIDI pitches.
const PITCHES: usize = 128;

/// Which pitches sound during each step, how hard they were struck, and which begin.
///
/// Of notes of one pitch that overlap the later cuts the earlier; of those that begin in one step the
/// last counts, and of those that begin together the loudest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PianoRoll {
    frames: Vec<u8>,
    onsets: Vec<bool>,
}

impl PianoRoll {
    /// Silence.
    pub fn new(steps: usize) -> PianoRoll {
        PianoRoll {
            frames: vec![0; steps * PITCHES],
            onsets: vec![false; steps * PITCHES],
        }
    }

    /// All notes of the parts that are not percussion, as they are written, in steps of `step` ticks
    /// from the start.
    ///
    /// # Errors
    /// If that makes more than [`STEPS_MAX`](super::STEPS_MAX) steps.
    ///
    /// # Panics
    /// If `step` is not positive.
    pub fn of(score: &Score, step: Ticks) -> Result<PianoRoll, TooLong> {
        let mut roll = PianoRoll::new(steps_to(score.end(), step)?);
        let parts = score.parts.iter();
        for part in parts.filter(|part| !part.instrument.percussion) {
            roll.draw(&part.sounding(), step);
        }
        Ok(roll)
    }

    /// Adds notes in steps of `step` ticks from tick 0: onsets and ends go to the nearest step, but
    /// a note never shrinks below one. Where a note has no velocity it gets [`Velocity::DEFAULT`].
    ///
    /// # Panics
    /// If `step` is not positive.
    pub fn draw(&mut self, notes: &[SoundingNote], step: Ticks) {
        let steps = self.steps();
        let mut in_order: Vec<&SoundingNote> = notes.iter().collect();
        in_order.sort_by_key(|note| (note.onset, note.pitch, note.velocity));
        for note in in_order.into_iter().filter(|note| note.end() > Ticks::ZERO) {
            let velocity = note.velocity.unwrap_or(Velocity::DEFAULT).midi();
            let places = span(note.onset, note.end(), step, steps);
            let place = |at: usize| at * PITCHES + usize::from(note.pitch.midi());
            let (Some(first), end) = (places.clone().next(), places.end) else {
                continue;
            };
            // What another part begins within this note hides the rest of it.
            let hidden = (first + 1..end).find(|&at| self.onsets[place(at)]);
            for at in first..hidden.unwrap_or(end) {
                self.frames[place(at)] = velocity;
            }
            self.onsets[place(first)] = true;
            // What is left of an earlier, longer note is cut off.
            let left = (end..steps).take_while(|_| hidden.is_none());
            for at in left {
                if self.onsets[place(at)] || self.frames[place(at)] == 0 {
                    break;
                }
                self.frames[place(at)] = 0;
            }
        }
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.frames.len() / PITCHES
    }

    /// How hard `pitch`, which sounds during `step`, was struck, or nothing where it is silent.
    pub fn velocity(&self, step: usize, pitch: Pitch) -> Option<Velocity> {
        Velocity::try_from(self.frames[step * PITCHES + usize::from(pitch.midi())]).ok()
    }

    /// Whether a note of `pitch` begins at `step`.
    pub fn is_onset(&self, step: usize, pitch: Pitch) -> bool {
        self.onsets[step * PITCHES + usize::from(pitch.midi())]
    }

    /// Velocities, 0 for silence, `[step, pitch]`.
    pub fn frames(&self) -> &[u8] {
        &self.frames
    }

    /// Which notes begin, `[step, pitch]`.
    pub fn onsets(&self) -> &[bool] {
        &self.onsets
    }

    /// Velocities, 0 for silence, `[pitch, step]`, as `pretty_midi` has them.
    pub fn transposed(&self) -> Vec<u8> {
        let steps = self.steps();
        let mut transposed = vec![0; self.frames.len()];
        for (at, frame) in self.frames.chunks_exact(PITCHES).enumerate() {
            for (pitch, &velocity) in frame.iter().enumerate() {
                transposed[pitch * steps + at] = velocity;
            }
        }
        transposed
    }

    /// The notes, each step `step` ticks long, in order of onset and pitch.
    pub fn notes(&self, step: Ticks) -> Vec<SoundingNote> {
        let mut notes: Vec<SoundingNote> = Vec::new();
        let mut open: [Option<usize>; PITCHES] = [None; PITCHES];
        let mut onset = Ticks::ZERO;
        let frames = self.frames.chunks_exact(PITCHES);
        for (frame, onsets) in frames.zip(self.onsets.chunks_exact(PITCHES)) {
            let pitches = (0..=127_u8).filter_map(|midi| Pitch::try_from(midi).ok());
            for ((pitch, open), (&velocity, &begins)) in
                pitches.zip(&mut open).zip(frame.iter().zip(onsets))
            {
                match (Velocity::try_from(velocity), *open) {
                    (Err(_), _) => *open = None,
                    (Ok(_), Some(index)) if !begins => notes[index].duration += step,
                    (Ok(velocity), _) => {
                        *open = Some(notes.len());
                        notes.push(SoundingNote {
                            onset,
                            duration: step,
                            pitch,
                            voice: 1,
                            velocity: Some(velocity),
                            played: None,
                            fermata: false,
                        });
                    }
                }
            }
            onset += step;
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Instrument, Note, Part};
    use crate::time::Resolution;

    fn note(onset: i64, duration: i64, midi: u8, velocity: u8) -> SoundingNote {
        SoundingNote {
            onset: Ticks(onset),
            duration: Ticks(duration),
            pitch: Pitch::try_from(midi).unwrap(),
            voice: 1,
            velocity: Velocity::try_from(velocity).ok(),
            played: None,
            fermata: false,
        }
    }

    #[test]
    fn drawing_and_reading_back_is_identity() {
        let notes = [
            note(0, 4, 60, 80),
            note(0, 8, 64, 70),
            note(4, 4, 60, 90),
            note(12, 4, 127, 1),
        ];
        let mut roll = PianoRoll::new(4);
        roll.draw(&notes, Ticks(4));
        assert_eq!(roll.notes(Ticks(4)), notes);
    }

    #[test]
    fn transposing_turns_the_table() {
        let mut roll = PianoRoll::new(3);
        roll.draw(&[note(4, 4, 60, 80)], Ticks(4));
        let turned = roll.transposed();
        assert_eq!((turned.len(), turned[60 * 3 + 1]), (3 * 128, 80));
        assert_eq!(turned.iter().filter(|&&velocity| velocity > 0).count(), 1);
    }

    #[test]
    fn a_note_that_is_struck_again_is_two() {
        for order in [[0, 1], [1, 0]] {
            let notes = [note(0, 16, 60, 80), note(8, 4, 60, 50)];
            let mut roll = PianoRoll::new(4);
            roll.draw(&order.map(|index| notes[index]), Ticks(4));
            let lengths: Vec<_> = roll.notes(Ticks(4)).iter().map(|n| n.onset.0).collect();
            assert_eq!(lengths, [0, 8]);
            assert_eq!(roll.velocity(2, Pitch::MIDDLE_C).unwrap().midi(), 50);
        }
    }

    #[test]
    fn drums_are_no_pitches_and_endless_scores_are_refused() {
        let mut score = Score::new(Resolution::new(4).unwrap());
        let drum = Part {
            instrument: Instrument {
                program: None,
                percussion: true,
            },
            notes: vec![Note::new(Ticks(0), Ticks(4), Pitch::MIDDLE_C)],
            ..Part::default()
        };
        score.parts = vec![drum];
        assert!(
            PianoRoll::of(&score, Ticks(1))
                .unwrap()
                .notes(Ticks(1))
                .is_empty()
        );
        score.parts[0].notes[0].onset = Ticks(i64::MAX - 10);
        assert!(PianoRoll::of(&score, Ticks(1)).is_err());
    }
}

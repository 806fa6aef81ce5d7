//! Chord symbols as a guitarist strums them: basses and chords in turn.

use crate::pitch::{Pitch, Velocity};
use crate::score::{Instrument, Measure, Note, Part, Score};
use crate::time::{Resolution, Ticks};

/// The General MIDI program of a steel-string guitar.
const GUITAR: u8 = 25;

/// The lowest bass, a guitar's E2, and the lowest note of a chord, G3.
const BASS: u8 = 40;
const CHORD: u8 = 55;

/// Basses and chords are softer than a melody, which has 80 where nothing is said.
const BASS_VELOCITY: u8 = 58;
const CHORD_VELOCITY: u8 = 46;

/// Steps in a quarter note that the units of all usual metres are, down to thirty-seconds.
const UNITS: u32 = 8;

/// A lead sheet with its chord symbols strummed by a guitar in a part of its own: on each beat a bass or a
/// chord in turn, of three beats the first a bass; in compound metres both on each beat. A pickup is left to
/// the melody, and so are bars before the first symbol.
///
/// The score as it is if it has no chord symbols, or notes in more than one part, which are its harmony
/// then.
pub fn with_accompaniment(score: Score) -> Score {
    let units = Resolution::new(UNITS).and_then(|units| score.resolution.common(units));
    let fine = units.and_then(|units| score.at_resolution(units));
    let Some(mut fine) = fine else {
        return score;
    };
    match part(&fine) {
        Some(part) => {
            fine.parts.push(part);
            fine
        }
        None => score,
    }
}

/// The part, if there is anything to play.
fn part(score: &Score) -> Option<Part> {
    let mut with_notes = score.parts.iter().filter(|part| !part.notes.is_empty());
    let lead = with_notes.next()?;
    if with_notes.next().is_some() {
        return None;
    }
    let chords = lead.chords.iter();
    let chords: Vec<(Ticks, Option<Sound>)> = chords
        .map(|symbol| (symbol.at, Sound::of(&symbol.text)))
        .collect();
    let mut notes = Vec::new();
    for (index, measure) in score.measures.iter().enumerate() {
        let is_pickup =
            index == 0 && full(score, measure).is_some_and(|full| measure.length < full);
        if !is_pickup {
            strum(score, measure, &chords, &mut notes);
        }
    }
    (!notes.is_empty()).then(|| Part {
        name: "Chords".to_owned(),
        instrument: Instrument {
            program: Some(GUITAR),
            percussion: false,
        },
        notes,
        ..Part::default()
    })
}

/// The length of a whole measure in its metre.
fn full(score: &Score, measure: &Measure) -> Option<Ticks> {
    measure.metre?.length(score.resolution)
}

/// The notes of one measure.
fn strum(
    score: &Score,
    measure: &Measure,
    chords: &[(Ticks, Option<Sound>)],
    notes: &mut Vec<Note>,
) {
    let Some((metre, full)) = measure.metre.zip(full(score, measure)) else {
        return;
    };
    let unit = full / i64::from(metre.beats.max(1));
    let in_beat = i64::from(metre.units_per_beat());
    let beats = i64::from(metre.beats) / in_beat;
    let mut strike = |from: Ticks, length: Ticks, bass: bool| {
        let place = chords.partition_point(|&(at, _)| at <= from);
        let sound = place.checked_sub(1).and_then(|last| chords[last].1);
        let length = length.min(measure.end() - from);
        let Some(sound) = sound.filter(|_| length > Ticks::ZERO) else {
            return;
        };
        let (pitches, velocity) = if bass {
            (vec![above(BASS, sound.bass)], BASS_VELOCITY)
        } else {
            (sound.chord(), CHORD_VELOCITY)
        };
        let of_pitch = |pitch: u8| {
            let mut note = Note::new(from, length, Pitch::try_from(pitch).ok()?);
            note.velocity = Velocity::try_from(velocity).ok();
            Some(note)
        };
        notes.extend(pitches.into_iter().filter_map(of_pitch));
    };
    for beat in 0..beats {
        let from = measure.start + unit * (beat * in_beat);
        if in_beat == 3 {
            strike(from, unit * 2, true);
            strike(from + unit * 2, unit, false);
        } else {
            let bass = if beats == 3 { beat == 0 } else { beat % 2 == 0 };
            strike(from, unit, bass);
        }
    }
}

/// The pitch of a class at or above `lowest`, by less than an octave.
fn above(lowest: u8, class: u8) -> u8 {
    lowest + (class + 12 - lowest % 12) % 12
}

/// What a chord symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sound {
    /// The pitch class of the bass.
    bass: u8,
    /// The pitch class of the root.
    root: u8,
    /// Semitones above the root.
    notes: &'static [u8],
}

impl Sound {
    /// Nothing if the text begins with no note name.
    fn of(text: &str) -> Option<Sound> {
        let (chord, bass) = text.split_once('/').unwrap_or((text, ""));
        let (root, kind) = class(chord)?;
        let notes: &[u8] = match kind {
            "m" | "min" | "-" => &[0, 3, 7],
            "7" | "9" => &[0, 4, 7, 10],
            "m7" => &[0, 3, 7, 10],
            "maj7" => &[0, 4, 7, 11],
            "dim" | "o" => &[0, 3, 6],
            "dim7" | "o7" => &[0, 3, 6, 9],
            "aug" | "+" => &[0, 4, 8],
            "aug7" => &[0, 4, 8, 10],
            "6" => &[0, 4, 7, 9],
            "m6" => &[0, 3, 7, 9],
            "sus2" => &[0, 2, 7],
            "sus4" => &[0, 5, 7],
            "7sus4" => &[0, 5, 7, 10],
            _ => &[0, 4, 7],
        };
        Some(Sound {
            bass: class(bass).map_or(root, |(bass, _)| bass),
            root,
            notes,
        })
    }

    /// The chord in close position.
    fn chord(self) -> Vec<u8> {
        let classes = self.notes.iter().map(|note| (self.root + note) % 12);
        let mut pitches: Vec<u8> = classes.map(|class| above(CHORD, class)).collect();
        pitches.sort_unstable();
        pitches
    }
}

/// The pitch class of the note name at the start of `text`, and what follows it.
fn class(text: &str) -> Option<(u8, &str)> {
    let letter = text.chars().next()?;
    let natural = match letter {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = &text[1..];
    Some(match rest.chars().next() {
        Some('#') => ((natural + 1) % 12, &rest[1..]),
        Some('b') => ((natural + 11) % 12, &rest[1..]),
        _ => (natural, rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abc;

    /// Onsets in eighths and MIDI numbers.
    fn strummed(tune: &str) -> Vec<(i64, u8)> {
        let score = abc::read(tune.as_bytes()).unwrap().value.remove(0);
        let parts = score.parts.len();
        let score = with_accompaniment(score);
        let eighth = score.resolution.quarter().0 / 2;
        let notes = score.parts.iter().skip(parts).flat_map(|part| &part.notes);
        notes
            .map(|note| (note.onset.0 / eighth, note.pitch.midi()))
            .collect()
    }

    #[test]
    fn basses_and_chords_take_turns() {
        let reel = strummed("X:1\nM:4/4\nL:1/8\nK:G\nD2|\"G\"G4 \"D7/F#\"A4|\n");
        let (g, d7) = ([55, 59, 62], [57, 60, 62, 66]);
        let chord =
            |at: i64, pitches: &[u8]| pitches.iter().map(move |&p| (at, p)).collect::<Vec<_>>();
        let expected = [vec![(2, 43)], chord(4, &g), vec![(6, 42)], chord(8, &d7)].concat();
        assert_eq!(reel, expected);
        let waltz = strummed("X:1\nM:3/4\nL:1/8\nK:C\n\"Am\"A6|\n");
        assert_eq!(
            waltz,
            [
                (0, 45),
                (2, 57),
                (2, 60),
                (2, 64),
                (4, 57),
                (4, 60),
                (4, 64)
            ]
        );
        let jig = strummed("X:1\nM:6/8\nL:1/8\nK:C\n\"C\"c6|\n");
        let c = [55, 60, 64];
        assert_eq!(
            jig,
            [vec![(0, 48)], chord(2, &c), vec![(3, 48)], chord(5, &c)].concat()
        );
    }

    #[test]
    fn there_is_something_to_play_or_nothing() {
        assert!(
            strummed("X:1\nM:4/4\nL:1/8\nK:G\nG8|\n").is_empty(),
            "no symbols"
        );
        assert!(
            strummed("X:1\nM:4/4\nL:1/8\nK:G\n\"N.C.\"G8|\n").is_empty(),
            "no chord"
        );
        let two = "X:1\nM:4/4\nL:1/8\nK:G\nV:1\n\"G\"G8|\nV:2\nB8|\n";
        assert!(strummed(two).is_empty(), "a harmony of its own");
    }
}

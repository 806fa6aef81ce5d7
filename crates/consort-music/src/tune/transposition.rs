//! Tunes in other keys.

use crate::abc::key::Signature;
use crate::pitch::{Key, Spelling, Step};
use crate::score::{Part, Score};

/// The lowest and the highest pitch, G3 and D6, between which tunes are kept where they can be: the
/// range of a fiddle in first position, and a flute.
const RANGE: (i32, i32) = (55, 86);

/// `score` in the key with the signature `fifths` (sharps, or flats as negative numbers) and the mode
/// that it has.
///
/// Notes move by letters, so that an accidental stays what it is to the signature, and up or down to where
/// most of the tune, at best all, lies between G3 and D6, by less than an octave if that is as good. Chord
/// symbols move along. Nothing if `fifths` is not -7 to 7, the key changes, or a note would need more than
/// two accidentals.
pub fn transposed(score: &Score, fifths: i8) -> Option<Score> {
    if !(-7..=7).contains(&fifths) {
        return None;
    }
    let first = score
        .keys
        .first()
        .map(|change| change.key)
        .unwrap_or_default();
    let is_first = |key: Key| key == first;
    let mut keys = score
        .keys
        .iter()
        .chain(score.parts.iter().flat_map(|part| &part.keys));
    if !keys.all(|change| is_first(change.key)) {
        return None;
    }
    let to = Key { fifths, ..first };
    let mut moved = score.clone();
    for change in &mut moved.keys {
        change.key = to;
    }
    if moved.keys.is_empty() {
        let at = crate::time::Ticks::ZERO;
        moved.keys.push(crate::score::KeyChange { at, key: to });
    }
    let shift = Shift::between(first, to);
    let octaves = shift.octaves(score)?;
    for part in &mut moved.parts {
        part.keys.clear();
        part_moved(part, first, shift, octaves)?;
    }
    Some(moved)
}

fn part_moved(part: &mut Part, from: Key, shift: Shift, octaves: i32) -> Option<()> {
    for note in &mut part.notes {
        let own = note
            .spelling
            .filter(|spelling| spelling.pitch() == Some(note.pitch));
        let spelling = shift.spelling(own.unwrap_or_else(|| Spelling::in_key(note.pitch, from)))?;
        let octave = i8::try_from(i32::from(spelling.octave) + octaves).ok()?;
        let spelling = Spelling { octave, ..spelling };
        note.pitch = spelling.pitch()?;
        note.spelling = Some(spelling);
    }
    for chord in &mut part.chords {
        let (above, bass) = match chord.text.split_once('/') {
            Some((above, bass)) => (above, Some(bass)),
            None => (chord.text.as_str(), None),
        };
        chord.text = match bass {
            None => shift.name(above),
            Some(bass) => format!("{}/{}", shift.name(above), shift.name(bass)),
        };
    }
    Some(())
}

/// The way from one key to another.
#[derive(Clone, Copy, Debug)]
struct Shift {
    /// By how many letters up, 0 to 6.
    letters: i32,
    from: Signature,
    to: Signature,
}

impl Shift {
    fn between(from: Key, to: Key) -> Shift {
        // A fifth is four letters.
        let letters = (4 * (i32::from(to.fifths) - i32::from(from.fifths))).rem_euclid(7);
        Shift {
            letters,
            from: Signature::of(from),
            to: Signature::of(to),
        }
    }

    /// `spelling` moved upwards.
    fn spelling(self, spelling: Spelling) -> Option<Spelling> {
        let place = spelling.step as i32 + self.letters;
        let step = Step::ALL[usize::try_from(place.rem_euclid(7)).ok()?];
        let alter = spelling.alter - self.from.alter(spelling.step) + self.to.alter(step);
        let octave = i32::from(spelling.octave) + place.div_euclid(7);
        (-2..=2).contains(&alter).then_some(Spelling {
            step,
            alter,
            octave: i8::try_from(octave).ok()?,
        })
    }

    /// By how many octaves more the notes move, so that they lie within [`RANGE`].
    fn octaves(self, score: &Score) -> Option<i32> {
        let notes = score.parts.iter().flat_map(|part| &part.notes);
        let pitches: Vec<i32> = notes.map(|note| i32::from(note.pitch.midi())).collect();
        let tonic =
            |signature: Signature, step: Step| step.semitones() + i32::from(signature.alter(step));
        let to = Step::ALL[usize::try_from(self.letters).ok()?];
        let up = tonic(self.to, to) - tonic(self.from, Step::C);
        let outside = |octaves: &i32| -> i32 {
            let beyond = |pitch: &i32| {
                let pitch = pitch + up + 12 * octaves;
                (RANGE.0 - pitch).max(pitch - RANGE.1).max(0)
            };
            pitches.iter().map(beyond).sum()
        };
        (-3..=2).min_by_key(|octaves| (outside(octaves), (up + 12 * octaves).abs()))
    }

    /// The name at the start of a chord symbol moved, and what follows it as it is.
    fn name(self, text: &str) -> String {
        let moved = || {
            let step = Step::from_letter(text.chars().next()?)?;
            let rest = text.get(1..)?;
            let (alter, rest) = match rest.chars().next() {
                Some('#') => (1, rest.get(1..)?),
                Some('b') => (-1, rest.get(1..)?),
                _ => (0, rest),
            };
            let octave = 4;
            let name = self.spelling(Spelling {
                step,
                alter,
                octave,
            })?;
            // A chord of two accidentals is named by its enharmonic.
            let name = match name.alter {
                -1..=1 => name,
                _ => Spelling::in_key(name.pitch()?, Key::default()),
            };
            let accidental = ["b", "", "#"][usize::try_from(name.alter + 1).ok()?];
            Some(format!("{}{accidental}{rest}", name.step.letter()))
        };
        moved().unwrap_or_else(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abc;
    use crate::tune::{ChordSymbols, text};

    fn moved(tune: &str, fifths: i8) -> String {
        let score = &abc::read(tune.as_bytes()).unwrap().value[0];
        text(&transposed(score, fifths).unwrap(), ChordSymbols::Kept).unwrap()
    }

    #[test]
    fn accidentals_stay_what_they_are_to_the_signature() {
        let tune = "X:1\nM:4/4\nL:1/8\nK:Am\n\"Am\"A2c2\"E7/G#\"e2^g2|a8|]\n";
        let music = |text: String| {
            text.split_once("K:")
                .map(|(_, music)| music.to_owned())
                .unwrap()
        };
        assert_eq!(music(moved(tune, 1)), "Em\n\"Em\"E2G2\"B7/D#\"B2^d2|e8|]\n");
        assert_eq!(
            music(moved(tune, -3)),
            "Cm\n\"Cm\"c2e2\"G7/B\"g2=b2|c'8|]\n"
        );
        assert_eq!(
            music(moved(tune, 5)),
            "G#m\n\"G#m\"G2B2\"D#7/G\"d2^^f2|g8|]\n"
        );
    }

    #[test]
    fn there_and_back_is_the_same_tune_in_some_octave() {
        let tune = "X:1\nM:6/8\nL:1/8\nK:Ador\n|:e|\"Am\"A2B^c=cB|\"G\"G3_B2:|\n";
        let score = &abc::read(tune.as_bytes()).unwrap().value[0];
        let original = text(score, ChordSymbols::Kept).unwrap();
        for fifths in -5..=6 {
            let there = transposed(score, fifths).unwrap();
            let pitches = there.parts[0].notes.iter().map(|note| note.pitch.midi());
            assert!(pitches.clone().all(|pitch| (55..=86).contains(&pitch)));
            let back = transposed(&there, 1).unwrap();
            let back = text(&back, ChordSymbols::Kept).unwrap();
            let letters = |text: &str| text.replace([',', '\''], "").to_ascii_lowercase();
            assert_eq!(letters(&back), letters(&original));
        }
        assert_eq!(transposed(score, 8), None);
    }
}

//! Keys as ABC writes them, and the accidentals they put on the staff.

use crate::pitch::{Key, Mode, Spelling, Step};

/// The accidental of each letter at the start of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    alters: [i8; 7],
}

impl Signature {
    pub(crate) fn of(key: Key) -> Signature {
        let mut signature = Signature::default();
        for step in Step::ALL {
            let place = line_of_fifths(step, 0);
            let alter = (i32::from(key.fifths) - place + 5).div_euclid(7);
            signature.alters[step as usize] = i8::try_from(alter).unwrap_or_default();
        }
        signature
    }

    pub(crate) fn alter(self, step: Step) -> i8 {
        self.alters[step as usize]
    }

    fn set(&mut self, step: Step, alter: i8) {
        self.alters[step as usize] = alter;
    }
}

/// What the text of a `K:` field says of the key; the rest speaks of clefs and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyField<'a> {
    /// The key, or nothing for `K:none`; absent if the field names none at all.
    pub(super) key: Option<Option<Key>>,
    pub(super) signature: Signature,
    /// What could not be understood or kept, for a warning.
    pub(super) complaints: Vec<String>,
    /// The text after the key.
    pub(super) rest: &'a str,
}

impl<'a> KeyField<'a> {
    pub(super) fn parse(text: &'a str) -> KeyField<'a> {
        let text = text.trim();
        let mut field = KeyField {
            key: None,
            signature: Signature::default(),
            complaints: Vec::new(),
            rest: text,
        };
        let word = text.split_whitespace().next().unwrap_or_default();
        if text.is_empty() || word.eq_ignore_ascii_case("none") {
            field.key = Some(None);
            field.rest = text.get(word.len()..).unwrap_or_default();
        } else if word == "HP" || word == "Hp" {
            // The highland pipes play A mixolydian; `HP` merely leaves the sharps unprinted.
            field.set_key(Key {
                fifths: 2,
                mode: Mode::Mixolydian,
            });
            field.rest = text.get(2..).unwrap_or_default();
        } else {
            field.tonic();
        }
        field.accidentals();
        field
    }

    fn set_key(&mut self, key: Key) {
        self.key = Some(Some(key));
        self.signature = Signature::of(key);
    }

    /// Reads `F#m`, `Bb`, `E Minor`, `Ddor`, ...
    fn tonic(&mut self) {
        let text = self.rest;
        let Some(step @ 'A'..='G') = text.chars().next() else {
            return;
        };
        let Some(step) = Step::from_letter(step) else {
            return;
        };
        let after = text.get(1..).unwrap_or_default();
        let (alter, after) = match after.chars().next() {
            Some('#' | '♯') => (1, after.trim_start_matches(['#', '♯'])),
            Some(flat @ ('b' | '♭')) => (-1, after.get(flat.len_utf8()..).unwrap_or_default()),
            _ => (0, after),
        };
        let trimmed = after.trim_start();
        let letters = trimmed
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(trimmed.len());
        let (word, behind) = trimmed.split_at(letters);
        // `G m=d` names a note of the staff; `Gm=d` is G minor with a D natural.
        let is_property = word == "m" && trimmed.len() < after.len() && behind.starts_with('=');
        let mode = mode_of(word).filter(|_| !is_property);
        let (mode, rest) = match mode {
            Some(mode) => (mode, behind),
            None => (Mode::Major, after),
        };
        self.rest = rest;
        let fifths = line_of_fifths(step, alter) - i32::from(mode.tonic_fifths());
        let key = Key {
            fifths: i8::try_from(fifths).unwrap_or_default(),
            mode,
        };
        self.set_key(key);
        if !(-7..=7).contains(&fifths) {
            let folded = if fifths > 7 { fifths - 12 } else { fifths + 12 };
            let folded = i8::try_from(folded).unwrap_or_default();
            self.key = Some(Some(Key {
                fifths: folded,
                mode,
            }));
            self.complaints.push(format!(
                "the key has {} accidentals, more than a signature holds: noted as its enharmonic",
                fifths.abs()
            ));
        }
    }

    /// Reads `^f _b =c`, with or without spaces, and `exp` before it.
    fn accidentals(&mut self) {
        let mut explicit = false;
        let mut changed = false;
        loop {
            let text = self.rest.trim_start();
            if let Some(rest) = text.strip_prefix("exp")
                && !rest.starts_with(|c: char| c.is_ascii_alphabetic())
            {
                explicit = true;
                self.signature = Signature::default();
                self.rest = rest;
                continue;
            }
            let marks = text
                .find(|c| !matches!(c, '^' | '_' | '='))
                .unwrap_or(text.len());
            let (accidental, after) = text.split_at(marks);
            let step = after.chars().next().filter(|_| marks > 0);
            let (Some(alter), Some(step)) =
                (alter_of(accidental), step.and_then(Step::from_letter))
            else {
                break;
            };
            self.signature.set(step, alter);
            changed = true;
            self.rest = after.get(1..).unwrap_or_default();
        }
        let named = self.key.flatten();
        if !(explicit || changed) || named.map(Signature::of) == Some(self.signature) {
            return;
        }
        let (key, exact) = nearest_key(self.signature, named);
        if explicit || named.is_none() {
            self.key = Some(Some(key));
        }
        if !(exact && (explicit || named.is_none())) {
            self.complaints.push(
                "a key with accidentals of its own: they are put on the notes instead".to_owned(),
            );
        }
    }
}

/// The key as text: `F#m`, `Ddor`; `none` for none.
pub(crate) fn name(key: Option<Key>) -> String {
    let Some(key) = key else {
        return "none".to_owned();
    };
    let place = i32::from(key.fifths) + i32::from(key.mode.tonic_fifths());
    let (step, alter) = letter_at(place);
    let accidental = if alter < 0 { "b" } else { "#" };
    let mode = match key.mode {
        Mode::Major => "",
        Mode::Minor => "m",
        Mode::Dorian => "dor",
        Mode::Phrygian => "phr",
        Mode::Lydian => "lyd",
        Mode::Mixolydian => "mix",
        Mode::Locrian => "loc",
    };
    let accidentals = accidental.repeat(usize::try_from(alter.unsigned_abs()).unwrap_or_default());
    format!("{}{accidentals}{mode}", step.letter())
}

/// `spelling` moved by `semitones` along the shortest way round the circle of fifths, so that
/// moving back gives the same spelling.
pub(super) fn transposed(spelling: Spelling, semitones: i32) -> Spelling {
    let place = line_of_fifths(spelling.step, spelling.alter) + fifths_of(semitones);
    let (step, alter) = letter_at(place);
    let from =
        i32::from(spelling.octave) * 12 + spelling.step.semitones() + i32::from(spelling.alter);
    let octave = (from + semitones - step.semitones() - alter).div_euclid(12);
    Spelling {
        step,
        alter: i8::try_from(alter).unwrap_or_default(),
        octave: i8::try_from(octave).unwrap_or_default(),
    }
}

/// `key` moved like [`transposed`] moves notes, where a signature can hold it.
pub(super) fn key_transposed(key: Key, semitones: i32) -> Key {
    let fifths = i32::from(key.fifths) + fifths_of(semitones);
    match i8::try_from(fifths) {
        Ok(fifths @ -7..=7) => Key { fifths, ..key },
        _ => key.transposed(semitones),
    }
}

/// The accidental that a run of signs writes: `^^` is 2.
pub(super) fn alter_of(signs: &str) -> Option<i8> {
    match signs {
        "^" => Some(1),
        "^^" => Some(2),
        "_" => Some(-1),
        "__" => Some(-2),
        "=" => Some(0),
        _ => None,
    }
}

fn mode_of(word: &str) -> Option<Mode> {
    let lower = word.to_ascii_lowercase();
    if lower == "m" {
        return Some(Mode::Minor);
    }
    match lower.get(..3)? {
        "maj" | "ion" => Some(Mode::Major),
        "min" | "aeo" => Some(Mode::Minor),
        "dor" => Some(Mode::Dorian),
        "phr" => Some(Mode::Phrygian),
        "lyd" => Some(Mode::Lydian),
        "mix" => Some(Mode::Mixolydian),
        "loc" => Some(Mode::Locrian),
        _ => None,
    }
}

/// The place of a letter with an accidental on the line of fifths, on which C is 0 and G is 1.
fn line_of_fifths(step: Step, alter: i8) -> i32 {
    let natural = match step {
        Step::F => -1,
        Step::C => 0,
        Step::G => 1,
        Step::D => 2,
        Step::A => 3,
        Step::E => 4,
        Step::B => 5,
    };
    natural + 7 * i32::from(alter)
}

fn letter_at(place: i32) -> (Step, i32) {
    let step = match (place + 1).rem_euclid(7) {
        0 => Step::F,
        1 => Step::C,
        2 => Step::G,
        3 => Step::D,
        4 => Step::A,
        5 => Step::E,
        _ => Step::B,
    };
    (step, (place + 1).div_euclid(7))
}

fn fifths_of(semitones: i32) -> i32 {
    // -5 to 6 for steps up and the mirror image for steps down, so that there and back cancel.
    let up = |semitones: i32| (semitones * 7 + 5).rem_euclid(12) - 5;
    if semitones < 0 {
        -up(-semitones)
    } else {
        up(semitones)
    }
}

/// The key whose signature is `signature` or comes nearest, on the tonic of `named` if one of the
/// modes has it, and whether its signature is the same.
fn nearest_key(signature: Signature, named: Option<Key>) -> (Key, bool) {
    let tonic = named.map_or(0, |key| {
        i32::from(key.fifths) + i32::from(key.mode.tonic_fifths())
    });
    let sum: i32 = signature.alters.iter().map(|&alter| i32::from(alter)).sum();
    let fifths = sum.clamp(-7, 7);
    let modes = [
        Mode::Major,
        Mode::Minor,
        Mode::Mixolydian,
        Mode::Dorian,
        Mode::Lydian,
        Mode::Phrygian,
        Mode::Locrian,
    ];
    let mode = modes
        .into_iter()
        .find(|mode| fifths + i32::from(mode.tonic_fifths()) == tonic)
        .unwrap_or_default();
    let key = Key {
        fifths: i8::try_from(fifths).unwrap_or_default(),
        mode,
    };
    (key, Signature::of(key) == signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<Key> {
        KeyField::parse(text).key.flatten()
    }

    #[test]
    fn all_keys_are_read_as_written() {
        for fifths in -7..=7 {
            for mode in [
                Mode::Major,
                Mode::Minor,
                Mode::Dorian,
                Mode::Phrygian,
                Mode::Lydian,
                Mode::Mixolydian,
                Mode::Locrian,
            ] {
                let written = Key { fifths, mode };
                let tonic = i32::from(fifths) + i32::from(mode.tonic_fifths());
                assert_eq!(key(&name(Some(written))), Some(written), "{tonic}");
            }
        }
    }

    #[test]
    fn spellings_of_a_key() {
        let e_minor = Some(Key {
            fifths: 1,
            mode: Mode::Minor,
        });
        for text in ["Em", "E Minor", "Emin", "EM", "E aeolian", " Em clef=bass"] {
            assert_eq!(key(text), e_minor, "{text}");
        }
        assert_eq!(KeyField::parse("none").key, Some(None));
        assert_eq!(KeyField::parse("clef=bass").key, None);
        assert_eq!(KeyField::parse("bass").key, None);
        assert_eq!(KeyField::parse("G treble").rest.trim(), "treble");
        assert_eq!(KeyField::parse("G middle=d").rest.trim(), "middle=d");
    }

    #[test]
    fn accidentals_of_its_own() {
        let field = KeyField::parse("Dmix=c");
        assert_eq!(field.key.flatten().map(|key| key.fifths), Some(1));
        assert_eq!(field.signature, Signature::of(key("G").unwrap()));
        let field = KeyField::parse("D Phr ^f");
        assert_eq!(field.signature.alter(Step::F), 1);
        assert_eq!(field.signature.alter(Step::B), -1);
        assert_eq!(field.complaints.len(), 1);
        let field = KeyField::parse("D exp ^f^c clef=alto");
        assert_eq!(field.key.flatten(), key("D"));
        assert!(field.complaints.is_empty());
        assert_eq!(field.rest.trim(), "clef=alto");
        let pipes = KeyField::parse("HP").signature;
        assert_eq!((pipes.alter(Step::F), pipes.alter(Step::C)), (1, 1));
    }

    #[test]
    fn transposing_there_and_back_is_identity() {
        for step in Step::ALL {
            for alter in -2..=2 {
                let spelling = Spelling {
                    step,
                    alter,
                    octave: 4,
                };
                for semitones in -25..=25 {
                    let there = transposed(spelling, semitones);
                    assert_eq!(transposed(there, -semitones), spelling);
                    let sounding = |s: Spelling| s.pitch().map(|pitch| i32::from(pitch.midi()));
                    assert_eq!(
                        sounding(there),
                        sounding(spelling).map(|midi| midi + semitones)
                    );
                }
            }
        }
    }
}

//! Notes and rests, character by character.

use crate::pitch::Step;

use super::super::length::{EIGHTH, Grains, SPELLINGS};
use super::CharSet;
use super::tune::Tune;
use super::typed::Typed;

/// How a note is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) step: Step,
    pub(super) alter: i8,
    pub(super) octave: i8,
}

/// What the notes of a bar have been through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pitches {
    /// The accidental of each letter since the bar line.
    since_bar: [Option<i8>; 7],
    /// The note that the next one continues.
    pub(super) tied: Option<Sound>,
}

impl Sound {
    /// The octaves of a letter: that of the letter alone first, then the one with a mark.
    fn octaves(letter: char) -> [i8; 2] {
        if letter.is_ascii_lowercase() {
            [5, 6]
        } else {
            [4, 3]
        }
    }

    /// The same letter an octave farther from the middle, by the mark for it, if there is one.
    pub(super) fn shifted(self) -> Option<(char, Sound)> {
        let (mark, octave) = match self.octave {
            4 => (',', 3),
            5 => ('\'', 6),
            _ => return None,
        };
        Some((mark, Sound { octave, ..self }))
    }
}

impl Pitches {
    /// What a letter without an accidental is.
    fn in_force(&self, tune: &Tune, step: Step) -> i8 {
        self.since_bar[step as usize].unwrap_or_else(|| tune.signature(step))
    }

    /// Whether the note may come; `alter` is that of its own accidental, if it has one.
    pub(super) fn allows(&self, tune: &Tune, sound: Sound) -> bool {
        match self.tied {
            Some(tied) => tied == sound,
            None => tune.has(sound.step, sound.alter, sound.octave),
        }
    }

    /// Whether a note of the letter may come in one of its octaves.
    fn allows_letter(&self, tune: &Tune, letter: char, alter: i8) -> bool {
        let Some(step) = Step::from_letter(letter) else {
            return false;
        };
        Sound::octaves(letter).into_iter().any(|octave| {
            let sound = Sound {
                step,
                alter,
                octave,
            };
            self.allows(tune, sound)
        })
    }

    /// Whether the letter may have an accidental that makes it `alter` here.
    fn allows_accidental(&self, tune: &Tune, step: Step, alter: i8) -> bool {
        let undoes = alter == tune.signature(step);
        let is_tied = self.tied.is_some();
        alter != self.in_force(tune, step)
            && (undoes || is_tied || tune.allows_accidental(step, alter))
    }

    /// The letters that may follow an accidental, or none.
    pub(super) fn letters(&self, tune: &Tune, accidental: Option<i8>) -> CharSet {
        let mut letters = CharSet::EMPTY;
        for letter in "CDEFGABcdefgab".chars() {
            let Some(step) = Step::from_letter(letter) else {
                continue;
            };
            let alter = match accidental {
                None => self.in_force(tune, step),
                Some(alter) if self.allows_accidental(tune, step, alter) => alter,
                Some(_) => continue,
            };
            if self.allows_letter(tune, letter, alter) {
                letters.insert(letter);
            }
        }
        letters
    }

    /// The letters and accidentals with which a note may begin.
    pub(super) fn beginnings(&self, tune: &Tune) -> CharSet {
        let mut next = self.letters(tune, None);
        for (sign, alters) in [('^', [1, 2]), ('_', [-1, -2]), ('=', [0, 0])] {
            let mut alters = alters.into_iter();
            if alters.any(|alter| !self.letters(tune, Some(alter)).is_empty()) {
                next.insert(sign);
            }
        }
        next
    }

    /// What may follow accidental signs that make `alter`.
    pub(super) fn after_signs(&self, tune: &Tune, alter: i8) -> CharSet {
        let mut next = self.letters(tune, Some(alter));
        let doubled = match alter {
            1 => Some(('^', 2)),
            -1 => Some(('_', -2)),
            _ => None,
        };
        if let Some((sign, double)) = doubled
            && !self.letters(tune, Some(double)).is_empty()
        {
            next.insert(sign);
        }
        next
    }

    /// The note that begins with a letter after an accidental, or none.
    pub(super) fn sound(&self, tune: &Tune, letter: char, accidental: Option<i8>) -> Option<Sound> {
        let step = Step::from_letter(letter)?;
        let [octave, _] = Sound::octaves(letter);
        let alter = accidental.unwrap_or_else(|| self.in_force(tune, step));
        Some(Sound {
            step,
            alter,
            octave,
        })
    }

    /// A note is over, or a rest: its accidental holds, and the tie to it has come to its end.
    pub(super) fn pass(&mut self, tune: &Tune, sound: Option<Sound>) {
        self.tied = None;
        if let Some(sound) = sound
            && self.in_force(tune, sound.step) != sound.alter
        {
            self.since_bar[sound.step as usize] = Some(sound.alter);
        }
    }

    /// A bar line.
    pub(super) fn clear(&mut self) {
        self.since_bar = [None; 7];
    }
}

/// What may follow `typed` in the spelling of a length for which `fits` holds, and the length that `typed`
/// is, if it is one.
pub(super) fn lengths(
    tune: &Tune,
    typed: &Typed,
    fits: impl Fn(Grains) -> bool,
) -> (CharSet, Option<Grains>) {
    // Collections write a half so as well.
    const HALF: (&str, Grains) = ("/2", EIGHTH / 2);
    let (mut next, mut own) = (CharSet::EMPTY, None);
    for (spelling, length) in SPELLINGS.iter().copied().chain([HALF]) {
        let Some(rest) = spelling.strip_prefix(typed.text()) else {
            continue;
        };
        let length = length * tune.unit / EIGHTH;
        if !length.is_multiple_of(tune.grid) || !fits(length) {
            continue;
        }
        match rest.chars().next() {
            Some(c) => next.insert(c),
            None => own = Some(length),
        }
    }
    (next, own)
}

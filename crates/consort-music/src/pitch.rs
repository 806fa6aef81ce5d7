//! Pitch as it sounds and as it is spelled, keys, and velocity.

use std::fmt;

use thiserror::Error;

/// A number outside the range of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{what} {value} is outside {low} to {high}")]
pub struct OutOfRange {
    /// What the number stands for.
    pub what: &'static str,
    /// The number.
    pub value: i64,
    /// The lowest number allowed.
    pub low: i64,
    /// The highest number allowed.
    pub high: i64,
}

/// A sounding pitch as a MIDI note number, 0 to 127; 60 is middle C, 69 the A of 440 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pitch(u8);

impl Pitch {
    /// Middle C.
    pub const MIDDLE_C: Pitch = Pitch(60);

    /// The MIDI note number, 0 to 127.
    pub fn midi(self) -> u8 {
        self.0
    }

    /// The pitch class, 0 for C to 11 for B.
    pub fn class(self) -> u8 {
        self.0 % 12
    }

    /// The pitch `semitones` higher, if MIDI has it.
    pub fn transposed(self, semitones: i32) -> Option<Pitch> {
        Pitch::try_from(i64::from(self.0) + i64::from(semitones)).ok()
    }

    /// The frequency in hertz, in equal temperament with A4 at 440 Hz.
    pub fn hertz(self) -> f64 {
        440.0 * 2.0_f64.powf((f64::from(self.0) - 69.0) / 12.0)
    }
}

impl TryFrom<i64> for Pitch {
    type Error = OutOfRange;
    fn try_from(value: i64) -> Result<Pitch, OutOfRange> {
        match u8::try_from(value) {
            Ok(midi @ 0..=127) => Ok(Pitch(midi)),
            _ => Err(OutOfRange {
                what: "pitch",
                value,
                low: 0,
                high: 127,
            }),
        }
    }
}

impl TryFrom<u8> for Pitch {
    type Error = OutOfRange;
    fn try_from(value: u8) -> Result<Pitch, OutOfRange> {
        Pitch::try_from(i64::from(value))
    }
}

/// The scientific name in sharps: `C4` is middle C.
impl fmt::Display for Pitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 12] = [
            "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
        ];
        write!(
            f,
            "{}{}",
            NAMES[usize::from(self.class())],
            i32::from(self.0) / 12 - 1
        )
    }
}

/// A letter of the staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// C
    C,
    /// D
    D,
    /// E
    E,
    /// F
    F,
    /// G
    G,
    /// A
    A,
    /// B
    B,
}

impl Step {
    /// All letters, from C upwards.
    pub const ALL: [Step; 7] = [
        Step::C,
        Step::D,
        Step::E,
        Step::F,
        Step::G,
        Step::A,
        Step::B,
    ];

    /// Semitones above C.
    pub fn semitones(self) -> i32 {
        [0, 2, 4, 5, 7, 9, 11][self as usize]
    }

    /// The letter `c` names, in either case.
    pub fn from_letter(c: char) -> Option<Step> {
        Step::ALL
            .into_iter()
            .find(|step| step.letter() == c.to_ascii_uppercase())
    }

    /// The capital letter.
    pub fn letter(self) -> char {
        ['C', 'D', 'E', 'F', 'G', 'A', 'B'][self as usize]
    }
}

/// How a pitch is written: letter, accidental, octave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spelling {
    /// The letter.
    pub step: Step,
    /// Semitones above the letter: 1 for a sharp, -1 for a flat.
    pub alter: i8,
    /// The octave of the letter; middle C begins octave 4.
    pub octave: i8,
}

impl Spelling {
    /// The pitch that sounds, if MIDI has it.
    pub fn pitch(self) -> Option<Pitch> {
        let midi = (i64::from(self.octave) + 1) * 12
            + i64::from(self.step.semitones())
            + i64::from(self.alter);
        Pitch::try_from(midi).ok()
    }

    /// The usual spelling of `pitch` in `key`: the one within a window of twelve places on the line
    /// of fifths that holds the scale and leans to the sharp side, so that C major has F#, C#, G#
    /// and Bb, Eb, and A minor, whose sixth and seventh degrees are often raised, D# for Eb.
    /// (Temperley, *The Cognition of Basic Musical Structures*, ch. 5, spells by such a window.)
    pub fn in_key(pitch: Pitch, key: Key) -> Spelling {
        // On the line of fifths F = -1, C = 0, G = 1, ...; a pitch class stands at every twelfth
        // place. The major scale of `fifths` covers fifths-1 ..= fifths+5. In minor the raised
        // sixth and seventh degrees are the common chromatic notes, so the window moves up.
        let low = match key.mode {
            Mode::Minor => i32::from(key.fifths) - 2,
            _ => i32::from(key.fifths) - 3,
        };
        let class = i32::from(pitch.class());
        let line = (low..low + 12)
            .find(|line| (line * 7).rem_euclid(12) == class)
            .expect("twelve neighbours on the line of fifths hold every pitch class");
        let step = [
            Step::F,
            Step::C,
            Step::G,
            Step::D,
            Step::A,
            Step::E,
            Step::B,
        ][usize::try_from((line + 1).rem_euclid(7)).expect("a remainder of 7")];
        let alter = (line + 1).div_euclid(7);
        let octave = (i32::from(pitch.midi()) - alter - step.semitones()).div_euclid(12) - 1;
        Spelling {
            step,
            alter: i8::try_from(alter).expect("at most two accidentals within the window"),
            octave: i8::try_from(octave).expect("MIDI spans eleven octaves"),
        }
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accidental = if self.alter < 0 { "b" } else { "#" };
        let count = usize::from(self.alter.unsigned_abs());
        write!(
            f,
            "{}{}{}",
            self.step.letter(),
            accidental.repeat(count),
            self.octave
        )
    }
}

/// A mode of the diatonic scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Ionian.
    #[default]
    Major,
    /// Aeolian, harmonic or melodic.
    Minor,
    /// On the second degree.
    Dorian,
    /// On the third degree.
    Phrygian,
    /// On the fourth degree.
    Lydian,
    /// On the fifth degree.
    Mixolydian,
    /// On the seventh degree.
    Locrian,
}

impl Mode {
    /// How many fifths above the tonic of the relative major the tonic lies.
    pub fn tonic_fifths(self) -> i8 {
        match self {
            Mode::Lydian => -1,
            Mode::Major => 0,
            Mode::Mixolydian => 1,
            Mode::Dorian => 2,
            Mode::Minor => 3,
            Mode::Phrygian => 4,
            Mode::Locrian => 5,
        }
    }
}

/// The name in small letters: `major`, `dorian`.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Major => "major",
            Mode::Minor => "minor",
            Mode::Dorian => "dorian",
            Mode::Phrygian => "phrygian",
            Mode::Lydian => "lydian",
            Mode::Mixolydian => "mixolydian",
            Mode::Locrian => "locrian",
        })
    }
}

/// A key signature and the mode it is meant in. Concert pitch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Sharps, or flats as negative numbers: -7 to 7.
    pub fifths: i8,
    /// The mode.
    pub mode: Mode,
}

impl Key {
    /// The pitch class of the tonic, 0 for C to 11 for B.
    pub fn tonic_class(self) -> u8 {
        let fifths = i32::from(self.fifths) + i32::from(self.mode.tonic_fifths());
        u8::try_from((fifths * 7).rem_euclid(12)).expect("a remainder of 12")
    }

    /// The key of everything moved by `semitones`, with at most six accidentals.
    pub fn transposed(self, semitones: i32) -> Key {
        let fifths = (i32::from(self.fifths) + semitones * 7 + 5).rem_euclid(12) - 5;
        Key {
            fifths: i8::try_from(fifths).expect("within -5 to 6"),
            mode: self.mode,
        }
    }
}

/// Tonic and mode: `Bb major`, `F# dorian`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // On the line of fifths F = -1, C = 0, G = 1, ...
        let line = i32::from(self.fifths) + i32::from(self.mode.tonic_fifths());
        let letter = ['F', 'C', 'G', 'D', 'A', 'E', 'B'][(line + 1).rem_euclid(7) as usize];
        let alter = (line + 1).div_euclid(7);
        let accidental = if alter < 0 { "b" } else { "#" };
        let accidentals = accidental.repeat(alter.unsigned_abs() as usize);
        write!(f, "{letter}{accidentals} {}", self.mode)
    }
}

/// How hard a note is struck, 1 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Velocity(u8);

impl Velocity {
    /// What is played where a score says nothing: mezzo-forte.
    pub const DEFAULT: Velocity = Velocity(80);

    /// The MIDI velocity, 1 to 127.
    pub fn midi(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Velocity {
    type Error = OutOfRange;
    fn try_from(value: u8) -> Result<Velocity, OutOfRange> {
        if (1..=127).contains(&value) {
            Ok(Velocity(value))
        } else {
            Err(OutOfRange {
                what: "velocity",
                value: i64::from(value),
                low: 1,
                high: 127,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(midi: u8, fifths: i8, mode: Mode) -> String {
        Spelling::in_key(Pitch::try_from(midi).unwrap(), Key { fifths, mode }).to_string()
    }

    #[test]
    fn spelling_sounds_as_written() {
        for midi in 0..=127u8 {
            for fifths in -7..=7 {
                for mode in [Mode::Major, Mode::Minor] {
                    let pitch = Pitch::try_from(midi).unwrap();
                    let spelling = Spelling::in_key(pitch, Key { fifths, mode });
                    assert_eq!(
                        spelling.pitch(),
                        Some(pitch),
                        "{spelling} in {fifths} {mode:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn spells_as_musicians_do() {
        assert_eq!(spelled(66, 0, Mode::Major), "F#4");
        assert_eq!(spelled(70, 0, Mode::Major), "Bb4");
        assert_eq!(spelled(68, 0, Mode::Minor), "G#4");
        assert_eq!(spelled(61, -1, Mode::Minor), "C#4");
        assert_eq!(spelled(61, -4, Mode::Major), "Db4");
        assert_eq!(spelled(59, -6, Mode::Major), "Cb4");
        assert_eq!(spelled(60, 6, Mode::Major), "B#3");
    }

    #[test]
    fn keys_have_names() {
        let name = |fifths, mode| Key { fifths, mode }.to_string();
        assert_eq!(name(0, Mode::Major), "C major");
        assert_eq!(name(-3, Mode::Minor), "C minor");
        assert_eq!(name(-2, Mode::Major), "Bb major");
        assert_eq!(name(6, Mode::Dorian), "G# dorian");
        assert_eq!(name(-7, Mode::Lydian), "Fb lydian");
    }

    #[test]
    fn keys_move_by_fifths() {
        let d_minor = Key {
            fifths: -1,
            mode: Mode::Minor,
        };
        assert_eq!(d_minor.tonic_class(), 2);
        assert_eq!(d_minor.transposed(2).fifths, 1);
        assert_eq!(d_minor.transposed(-12), d_minor);
    }

    #[test]
    fn refuses_what_midi_lacks() {
        assert!(Pitch::try_from(128u8).is_err());
        assert!(Velocity::try_from(0).is_err());
        assert_eq!(
            Pitch::try_from(-1i64).unwrap_err().to_string(),
            "pitch -1 is outside 0 to 127"
        );
    }
}

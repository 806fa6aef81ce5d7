//! The guide of tune texts: whatever it lets through is a tune, and it lets through all tune texts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consort_music::abc::{self, AbcError};
use consort_music::tune::{
    self, Accidentals, ChordSymbols, Chords, ConditionError, Conditions, Form, Guide,
};
use consort_music::{Key, Metre, Mode, Pitch, Score};

/// Numbers that look random and are the same every time (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn one_of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())].clone()
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }
}

/// A tune of which every character is drawn uniformly from those that may come.
fn drawn(mut guide: Guide, dice: &mut Dice, begins: &str) -> String {
    let mut text = String::new();
    while !guide.is_complete() {
        let allowed: Vec<char> = guide.allowed().iter().collect();
        let c = match begins.chars().nth(text.len()) {
            Some(c) => c,
            None => dice.one_of(&allowed),
        };
        guide
            .push(c)
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        text.push(c);
        assert!(text.len() <= Guide::CHARACTERS_MAX);
    }
    text
}

fn conditions(dice: &mut Dice) -> Conditions {
    let form = ["8:8:", "4.4:8.", "2:", "1.", "3:1.2:", "4.4.", "1:1:", "5."];
    let form: Form = dice.one_of(&form).parse().unwrap();
    let (beats, unit) = dice.one_of(tune::METRES);
    let modes = [
        Mode::Major,
        Mode::Minor,
        Mode::Dorian,
        Mode::Mixolydian,
        Mode::Phrygian,
    ];
    let key = Key {
        fifths: dice.below(15) as i8 - 7,
        mode: dice.one_of(&modes),
    };
    let rhythm = dice.one_of(&["jig", "slip jig", "reel"]).to_owned();
    let given = ["G", "Am7", "D7/F#"].map(str::to_owned).to_vec();
    let chords = [
        Chords::Free,
        Chords::None,
        Chords::EachBar,
        Chords::Given(given),
    ];
    let lowest = 48 + dice.below(24) as u8;
    Conditions {
        form: dice.maybe(form),
        rhythm: dice.maybe(rhythm),
        metre: dice.maybe(Metre::new(beats, unit).unwrap()),
        key: dice.maybe(key),
        chords: dice.one_of(&chords),
        accidentals: dice.one_of(&[Accidentals::Any, Accidentals::Customary, Accidentals::None]),
        lowest: Pitch::try_from(lowest).unwrap(),
        highest: Pitch::try_from(lowest + 12 + dice.below(12) as u8).unwrap(),
    }
}

/// The bars of a tune text's music: how long each is in eighth notes, by another way than the guide's.
fn strictly_read(text: &str) -> Score {
    let tune = tune::abc(text, 1, "Drawn");
    match abc::read_strict(tune.as_bytes()) {
        Ok(mut scores) => scores.remove(0),
        Err(AbcError::Violations(violations)) => panic!("{}\n{tune}", violations[0]),
        Err(error) => panic!("{error}\n{tune}"),
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))
}

#[test]
fn tunes_at_random_keep_to_their_conditions() {
    let mut dice = Dice(0x5eed_0001);
    for _ in 0..2000 {
        let conditions = conditions(&mut dice);
        let guide = Guide::new(conditions.clone()).unwrap();
        let text = drawn(guide, &mut dice, "");
        let score = strictly_read(&text);
        if let Ok(path) = std::env::var("DUMP") {
            use std::io::Write;
            let mut f = fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .unwrap();
            writeln!(f, "{}", tune::abc(&text, 1, "x")).unwrap();
        }
        let _ = (score, field(&text, "N:"));
    }
}

/// The tune texts of the public collections, if they lie beside the project.
fn collections() -> Vec<String> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [
        "folk-public-domain/airdsAirs",
        "folk-public-domain/oneills1850",
        "folk-public-domain/ryansMammoth",
        "folk-nottingham/ABC_cleaned",
    ] {
        if let Ok(entries) = fs::read_dir(data.join(folder)) {
            files.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        if let Ok(reading) = abc::read(&fs::read(file).unwrap()) {
            texts.extend(
                reading
                    .value
                    .iter()
                    .filter_map(|score| tune::text(score, ChordSymbols::Kept).ok()),
            );
        }
    }
    texts
}

#[test]
fn all_tune_texts_are_let_through() {
    let texts = collections();
    if texts.is_empty() {
        println!("skipped: the folk tunes are not in ../shared/data");
    }
    let wide = Conditions {
        lowest: Pitch::try_from(48_u8).unwrap(),
        highest: Pitch::try_from(95_u8).unwrap(),
        ..Conditions::default()
    };
    let mut bad = 0;
    for text in &texts {
        let mut guide = Guide::new(wide.clone()).unwrap();
        for (at, c) in text.char_indices() {
            if let Err(error) = guide.push(c) {
                bad += 1;
                if bad < 12 {
                    println!("{error}\n{}<HERE>{}", &text[..at], &text[at..]);
                }
                break;
            }
        }
    }
    println!("{} texts", texts.len());
    assert_eq!(bad, 0, "of {}", texts.len());
}

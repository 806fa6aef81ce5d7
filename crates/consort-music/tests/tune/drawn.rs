//! Whatever is drawn from what the guide allows is a tune and meets its conditions.

use std::fs;
use std::process::Command;

use consort_music::tune::{self, Accidentals, Chords, Conditions, Form, Guide, Section};
use consort_music::{Key, Mode, Score, Ticks};

use crate::dice::{Dice, PROGRESSION};
use crate::{assert_adds_up, strictly_read};

#[test]
fn tunes_at_random_are_tunes_and_keep_to_their_conditions() {
    let mut dice = Dice(0x5eed_0001);
    let mut book = String::new();
    for number in 1..=2000 {
        let conditions = dice.conditions();
        let guide = Guide::new(conditions.clone()).unwrap();
        // Every other one in the order of tune texts.
        let begins = if number % 2 == 0 { "N" } else { "" };
        let text = dice.tune(guide, begins);
        let score = strictly_read(&text);
        assert_adds_up(&score, &text);
        assert_meets(&conditions, &text, &score);
        book.push_str(&tune::abc(&text, number, "Drawn"));
        book.push('\n');
    }
    assert_satisfies_abc2midi(&book, 2000);
}

/// abc2midi finds no error in the tunes of `book`.
fn assert_satisfies_abc2midi(book: &str, tunes: usize) {
    if Command::new("abc2midi").arg("-ver").output().is_err() {
        println!("skipped: abc2midi is not installed");
        return;
    }
    let folder = std::env::temp_dir().join(format!("consort-tune-guide-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("book.abc"), book).unwrap();
    let output = Command::new("abc2midi")
        .arg("book.abc")
        .current_dir(&folder)
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("Error"))
        .collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(said.matches("writing MIDI file").count(), tunes);
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// What is between the bar lines of a tune text, and the line behind each.
fn bars(text: &str) -> Vec<(String, &'static str)> {
    const LINES: [&str; 7] = [":|2", ":|", "||", "|]", "|1", "|:", "|"];
    let after = text.split_once("\nK:").unwrap().1;
    let mut music = after.split_once('\n').unwrap().1.trim_start();
    let (mut bars, mut bar) = (Vec::new(), String::new());
    while let Some(c) = music.chars().next() {
        let line = LINES.into_iter().find(|line| music.starts_with(line));
        let taken = line.map_or(1, str::len);
        match line {
            Some(line) => bars.push((std::mem::take(&mut bar), line)),
            None if c.is_whitespace() => {}
            None => bar.push(c),
        }
        music = &music[taken..];
    }
    assert_eq!(bar, "");
    bars
}

/// The sections of a text with signs for all repeats, told from its bar lines and lengths.
fn sections(text: &str, score: &Score) -> Vec<Section> {
    let full = score.measures[0]
        .metre
        .unwrap()
        .length(score.resolution)
        .unwrap();
    let mut measures = score.measures.iter();
    let (mut sections, mut count, mut repeated, mut is_second) = (Vec::new(), 0, false, false);
    let mut is_start = true;
    for (bar, line) in bars(text) {
        if !bar.is_empty() {
            let is_pickup = measures.next().unwrap().length < full && is_start && line != ":|";
            let is_pickup = is_pickup && (line == "|" || sections.is_empty() && line == "|:");
            count += u8::from(!is_pickup && !is_second);
            is_start = false;
        }
        let ends = matches!(line, ":|" | "||" | "|]") || line == "|:" && count > 0;
        is_second |= line == ":|2";
        repeated |= matches!(line, ":|" | ":|2");
        if ends {
            sections.push(Section {
                bars: std::mem::take(&mut count),
                repeated: std::mem::take(&mut repeated),
            });
            (is_second, is_start) = (false, true);
        }
        is_start |= line == "|:";
    }
    sections
}

fn assert_meets(conditions: &Conditions, text: &str, score: &Score) {
    if let Some(key) = conditions.key {
        assert_eq!(score.key_at(Ticks::ZERO), key, "{text}");
    }
    if let Some(metre) = conditions.metre {
        let own = score.measures[0].metre.unwrap();
        assert_eq!((own.beats, own.unit), (metre.beats, metre.unit), "{text}");
    }
    if let Some(rhythm) = &conditions.rhythm {
        assert_eq!(field(text, "R:"), Some(rhythm.as_str()), "{text}");
    }
    let written = field(text, "N:").map(|form| form.parse::<Form>().unwrap());
    if let Some(form) = conditions.form.as_ref().or(written.as_ref()) {
        assert_eq!(sections(text, score), form.sections(), "{text}");
    } else {
        assert!(score.measures.len() <= 192);
    }
    assert_has_chords(conditions, text, score);
    for note in &score.parts[0].notes {
        assert!(
            (conditions.lowest..=conditions.highest).contains(&note.pitch),
            "{text}"
        );
    }
    let key = score.key_at(Ticks::ZERO);
    for note in &score.parts[0].notes {
        let degree = semitones_above_tonic(note.pitch.class(), key);
        let is_usual = match conditions.accidentals {
            Accidentals::Any => true,
            Accidentals::Customary => usual(key.mode).contains(&degree),
            Accidentals::None => scale(key.mode).contains(&degree),
        };
        assert!(is_usual, "{degree} semitones above the tonic: {text}");
    }
}

fn semitones_above_tonic(class: u8, key: Key) -> u8 {
    (class + 12 - key.tonic_class()) % 12
}

/// The degrees of the modes that conditions ask for, in semitones.
fn scale(mode: Mode) -> &'static [u8] {
    match mode {
        Mode::Major => &[0, 2, 4, 5, 7, 9, 11],
        Mode::Minor => &[0, 2, 3, 5, 7, 8, 10],
        Mode::Dorian => &[0, 2, 3, 5, 7, 9, 10],
        Mode::Mixolydian => &[0, 2, 4, 5, 7, 9, 10],
        Mode::Phrygian => &[0, 1, 3, 5, 7, 8, 10],
        Mode::Lydian => &[0, 2, 4, 6, 7, 9, 11],
        Mode::Locrian => &[0, 1, 3, 5, 6, 8, 10],
    }
}

/// The same with those that are customary beside them.
fn usual(mode: Mode) -> &'static [u8] {
    match mode {
        Mode::Major => &[0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11],
        Mode::Minor => &[0, 2, 3, 5, 7, 8, 9, 10, 11],
        Mode::Dorian => &[0, 2, 3, 4, 5, 7, 9, 10, 11],
        Mode::Mixolydian => &[0, 2, 3, 4, 5, 7, 9, 10, 11],
        Mode::Lydian => &[0, 2, 4, 5, 6, 7, 9, 11],
        other => scale(other),
    }
}

fn assert_has_chords(conditions: &Conditions, text: &str, score: &Score) {
    let full = score.measures[0]
        .metre
        .unwrap()
        .length(score.resolution)
        .unwrap();
    let mut whole = 0;
    let bars: Vec<_> = bars(text)
        .into_iter()
        .filter(|(bar, _)| !bar.is_empty())
        .collect();
    for (index, (measure, (bar, line))) in score.measures.iter().zip(&bars).enumerate() {
        let quotes = bar.matches('"').count();
        let before = index.checked_sub(1).map_or("", |before| bars[before].1);
        let is_pickup = measure.length < full
            && match index {
                0 => ["|", "|:"].contains(line),
                _ => [":|", "||", "|:", "|]"].contains(&before) && *line == "|",
            };
        match &conditions.chords {
            Chords::None => assert_eq!(quotes, 0, "{text}"),
            Chords::EachBar if !is_pickup => assert!(bar.starts_with('"'), "{bar}: {text}"),
            Chords::Given(_) if is_pickup => assert_eq!(quotes, 0, "{bar}: {text}"),
            Chords::Given(_) => {
                assert_eq!(quotes, 2, "{bar}: {text}");
                let named = bar.split('"').nth(1).unwrap();
                assert!(PROGRESSION.contains(&named));
                let has_endings = text.contains(":|2");
                assert!(
                    has_endings || named == PROGRESSION[whole % 3],
                    "{bar}: {text}"
                );
            }
            Chords::EachBar | Chords::Free => {}
        }
        whole += usize::from(!is_pickup);
    }
}

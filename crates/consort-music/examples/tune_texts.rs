//! Tune texts of the tunes of ABC files, for training and for counting.
//!
//! ```text
//! tune_texts texts|tunes|count|reasons|check FILES
//! ```
//!
//! - `texts` prints the tune texts, each after a line `# FILE X`.
//! - `tunes` prints them as ABC tunes, numbered.
//! - `reasons` prints for each tune that has none why.
//! - `check` reads what it has written, and says where notes, lengths or the text itself have changed, and
//!   what a strict reader says.
//! - `count` prints how many tunes have one and why the others have none.

use std::collections::BTreeMap;
use std::{env, fs};

use consort_music::tune::{self, ChordSymbols};
use consort_music::{Score, abc};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mode = arguments
        .next()
        .ok_or("usage: tune_texts texts|tunes|count|reasons|check FILES")?;
    let (mut tunes, mut texts) = (0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for name in arguments {
        for score in abc::read(&fs::read(&name)?).map_or(Vec::new(), |reading| reading.value) {
            tunes += 1;
            let mut fields = score.metadata.fields.iter();
            let number = fields.find(|(name, _)| name == "X");
            let number = number.map_or("", |(_, number)| number.as_str());
            match tune::text(&score, ChordSymbols::Kept) {
                Ok(text) => {
                    texts += 1;
                    match mode.as_str() {
                        "texts" => print!("# {name} {number}\n{text}"),
                        "tunes" => {
                            println!("{}", tune::abc(&text, texts, &format!("{name} {number}")))
                        }
                        "check" => check(&format!("{name} {number}"), &score, &text),
                        _ => {}
                    }
                }
                Err(reason) => {
                    if mode == "reasons" {
                        println!("{name} {number}: {reason}");
                    }
                    let reason = reason.to_string();
                    let general = match reason.split_once([':', ' ']) {
                        Some(("bar", rest)) => rest.trim_start_matches(|c: char| c != ' ').trim(),
                        _ => &reason,
                    };
                    *reasons.entry(general.to_owned()).or_default() += 1;
                }
            }
        }
    }
    if mode != "texts" && mode != "tunes" {
        println!("{texts} of {tunes} tunes have a tune text");
        for (reason, count) in reasons {
            println!("{count:5} {reason}");
        }
    }
    Ok(())
}

fn check(name: &str, score: &Score, text: &str) {
    let tune = tune::abc(text, 1, name);
    match abc::read_strict(tune.as_bytes()) {
        Err(error) => println!("{name}: {error}"),
        Ok(scores) => {
            let again = &scores[0];
            if tune::text(again, ChordSymbols::Kept).as_deref() != Ok(text) {
                println!("{name}: the text has changed");
            }
            if notes(again) != notes(score) {
                println!("{name}: the notes have changed");
            }
        }
    }
}

/// Pitches and lengths of the notes that sound, of chords the highest.
fn notes(score: &Score) -> Vec<(u8, i64)> {
    let quarter = score.resolution.quarter().0;
    let mut notes: Vec<(i64, u8, i64)> = Vec::new();
    for note in score.parts.iter().flat_map(|part| part.sounding()) {
        let (onset, pitch) = (note.onset.0, note.pitch.midi());
        let length = note.duration.0 * 192 / quarter;
        match notes.last_mut() {
            Some(last) if last.0 == onset => *last = (onset, pitch.max(last.1), length.max(last.2)),
            _ => notes.push((onset, pitch, length)),
        }
    }
    notes
        .into_iter()
        .map(|(_, pitch, length)| (pitch, length))
        .collect()
}

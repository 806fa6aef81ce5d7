//! Digests of what MIDI files say, for `evaluations/scores/midi.py`, which makes the same from other
//! readers.
//!
//!     cargo run --release --example midi_digest -- FOLDER
//!
//! One line for each file: its path, ticks in a quarter note, whether writing and reading it again
//! gave the same score, and for each kind of event the count and the digest of its rows. The digest is
//! the sum of what `mix` makes of the rows, so that their order does not matter.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use consort_music::performance::Message;
use consort_music::score::Metre;
use consort_music::{Score, midi};

fn main() -> io::Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_default());
    let mut files = Vec::new();
    list(&root, &mut files)?;
    files.sort();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).display();
        let Ok(reading) = midi::read(&fs::read(&file)?) else {
            println!("{name}\trefused");
            continue;
        };
        let score = reading.value;
        let again = midi::read(&midi::write(&score)).map(|reading| reading.value);
        let same = if again.as_ref() == Ok(&score) {
            "same"
        } else {
            "other"
        };
        let mut digests = Digests::default();
        digests.score(&score);
        let digests = digests.0.iter();
        let digests: Vec<String> = digests
            .map(|(kind, (count, sum))| format!("{kind}={count}:{sum:016x}"))
            .collect();
        let resolution = score.resolution.ticks_per_quarter();
        println!("{name}\t{resolution}\t{same}\t{}", digests.join("\t"));
    }
    Ok(())
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            list(&entry?.path(), files)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "mid") {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Count and digest of the rows of each kind.
#[derive(Default)]
struct Digests(BTreeMap<&'static str, (usize, u64)>);

impl Digests {
    fn add(&mut self, kind: &'static str, row: &[i64]) {
        let (count, sum) = self.0.entry(kind).or_default();
        *count += 1;
        let mixed = row.iter().fold(0, |mixed, value| mix(mixed, *value));
        *sum = sum.wrapping_add(mixed);
    }

    fn score(&mut self, score: &Score) {
        let with_notes = score.parts.iter().filter(|part| !part.notes.is_empty());
        for (index, part) in (0..).zip(with_notes) {
            for note in &part.notes {
                let velocity = note.velocity.map_or(0, |velocity| velocity.midi());
                let pitch = note.pitch.midi();
                let (onset, duration) = (note.onset.0, note.duration.0);
                let row = [onset, duration, pitch.into(), velocity.into()];
                self.add("notes", &row);
                self.add("parts", &[&row[..], &[index]].concat());
            }
        }
        for part in &score.parts {
            let first = part.notes.first().map_or(i64::MAX, |note| note.onset.0);
            let mut chosen = part.controls.iter().take_while(|c| c.at.0 <= first);
            let chosen = chosen.any(|control| matches!(control.message, Message::Program(_)));
            if let Some(program) = part.instrument.program.filter(|_| !chosen) {
                self.add("programs", &[0, program.into()]);
            }
            for control in &part.controls {
                self.message(control.at.0, &control.message);
            }
        }
        for change in &score.tempos {
            #[expect(clippy::cast_possible_truncation, reason = "of a few millions")]
            let micros = (60e6 / change.tempo.quarters_per_minute()).round() as i64;
            self.add("tempos", &[change.at.0, micros]);
        }
        for change in &score.keys {
            let minor = change.key.mode == consort_music::Mode::Minor;
            self.add(
                "keys",
                &[change.at.0, change.key.fifths.into(), minor.into()],
            );
        }
        let mut metre = Some(Metre::COMMON);
        for measure in &score.measures {
            if let Some(changed) = measure.metre.filter(|_| measure.metre != metre) {
                let (beats, unit) = (changed.beats.into(), changed.unit.into());
                self.add("metres", &[measure.start.0, beats, unit]);
                metre = measure.metre;
            }
        }
    }

    fn message(&mut self, at: i64, message: &Message) {
        match *message {
            Message::Controller { number, value } => {
                self.add("controllers", &[at, number.into(), value.into()]);
            }
            Message::PitchBend(bend) => self.add("bends", &[at, bend.into()]),
            Message::Pressure(value) => self.add("pressures", &[at, value.into()]),
            Message::KeyPressure { pitch, value } => {
                self.add("key pressures", &[at, pitch.midi().into(), value.into()]);
            }
            Message::Program(program) => self.add("programs", &[at, program.into()]),
            Message::Release { pitch, velocity } => {
                self.add("releases", &[at, pitch.midi().into(), velocity.into()]);
            }
            Message::SystemExclusive(ref data) => {
                let data = data.iter().map(|&byte| i64::from(byte));
                let row: Vec<i64> = std::iter::once(at).chain(data).collect();
                self.add("exclusives", &row);
            }
            _ => {}
        }
    }
}

/// A value mixed into what came before it: one step of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(before: u64, value: i64) -> u64 {
    let mut mixed = (before ^ value.cast_unsigned()).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

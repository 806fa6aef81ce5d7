//! Files of the data sets: the notes that mido reads in them, and what writing keeps.

use std::fs;
use std::path::Path;

use consort_music::Score;
use consort_music::midi;

use crate::data;

fn digests() -> Vec<(String, String, String)> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/midi/digests.txt");
    let text = fs::read_to_string(&list).unwrap();
    let line = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut next = || fields.next().unwrap();
        (next(), next(), next())
    };
    text.lines().map(line).collect()
}

/// The digest that `fixtures/midi/digest.py` describes.
pub(crate) fn digest(score: &Score) -> (usize, String) {
    let mut rows = Vec::new();
    let with_notes = score.parts.iter().filter(|part| !part.notes.is_empty());
    for (part, notes) in with_notes.map(|part| &part.notes).enumerate() {
        rows.extend(notes.iter().map(|note| {
            let velocity = note.velocity.unwrap().midi();
            (
                note.onset.0,
                note.duration.0,
                note.pitch.midi(),
                velocity,
                part,
            )
        }));
    }
    rows.sort_unstable();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (onset, duration, pitch, velocity, part) in &rows {
        for byte in format!("{onset},{duration},{pitch},{velocity},{part}\n").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    (rows.len(), format!("{hash:016x}"))
}

#[test]
fn reads_the_notes_that_mido_reads() {
    if !data().is_dir() {
        eprintln!("skipped: no data at {}", data().display());
        return;
    }
    for (name, count, expected) in digests() {
        let path = data().join(&name);
        if !path.is_file() {
            eprintln!("skipped: no {name}");
            continue;
        }
        let read = midi::read(&fs::read(path).unwrap());
        if count == "refused" {
            // What mido refuses is read with a warning, or refused as well.
            if let Ok(read) = read {
                assert!(!read.warnings.is_empty(), "{name}");
            }
            continue;
        }
        let (found, hash) = digest(&read.unwrap().value);
        assert_eq!((found.to_string(), hash), (count, expected), "{name}");
    }
}

#[test]
fn what_was_read_survives_writing() {
    if !data().is_dir() {
        eprintln!("skipped: no data at {}", data().display());
        return;
    }
    for (name, ..) in digests().iter().step_by(3) {
        let Ok(bytes) = fs::read(data().join(name)) else {
            continue;
        };
        let Ok(first) = midi::read(&bytes) else {
            continue;
        };
        let second = midi::read(&midi::write(&first.value)).unwrap();
        assert_eq!(digest(&second.value), digest(&first.value), "{name}");
        let third = midi::read(&midi::write(&second.value)).unwrap();
        assert_eq!(third.value, second.value, "{name}");
    }
}

//! Files: collections of tunes where they are at hand, and our own sample.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use consort_music::Score;
use consort_music::abc;
use proptest::prelude::*;

use crate::{read, sounding};

pub(crate) fn shared() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("skipped: no data at {}", data.display());
    None
}

fn fixture(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/abc");
    fs::read_to_string(fixtures.join(name)).unwrap()
}

/// FNV-1a of what sounds with repeats played out, as `fixtures/abc/oracle.py` computes it.
fn digest(score: &Score) -> String {
    let mut score = score.clone();
    // abc2midi does not jump.
    for measure in &mut score.measures {
        measure.navigation.clear();
    }
    let notes = sounding(&score.unfolded());
    let hash = notes
        .join(" ")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
    format!("{}\t{hash:016x}", notes.len())
}

#[test]
fn sounds_as_in_abc2midi() {
    let Some(data) = shared() else { return };
    let (expected, differences) = (fixture("abc2midi.txt"), fixture("differences.txt"));
    let mut expected_by_file: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut path = "";
    for line in expected.lines() {
        match line.strip_prefix("# ") {
            Some(file) => path = file,
            None => expected_by_file.entry(path).or_default().push(line),
        }
    }
    let different: Vec<(&str, usize)> = differences
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split('\t');
            (
                fields.next().unwrap(),
                fields.next().unwrap().parse().unwrap(),
            )
        })
        .collect();
    let mut tunes = 0;
    for (path, expected) in expected_by_file {
        let scores = abc::read(&fs::read(data.join(path)).unwrap())
            .unwrap()
            .value;
        assert_eq!(scores.len(), expected.len(), "{path}");
        for (index, (score, expected)) in scores.iter().zip(expected).enumerate() {
            let known = different.contains(&(path, index));
            assert_eq!(digest(score) != expected, known, "{path}, tune {index}");
            tunes += 1;
        }
    }
    assert_eq!(tunes, 5282);
}

#[test]
fn every_tune_of_the_collections_reads_back_equal() {
    let Some(data) = shared() else { return };
    let mut tunes = 0;
    for folder in ["folk-nottingham", "folk-public-domain", "robustness"] {
        for path in files_below(&data.join(folder), &["abc"]) {
            let Ok(reading) = abc::read(&fs::read(&path).unwrap()) else {
                panic!("{} holds no tune", path.display());
            };
            tunes += reading.value.len();
            for score in &reading.value {
                let again = read(&abc::write(score));
                assert_eq!(again, std::slice::from_ref(score), "{}", path.display());
            }
        }
    }
    assert!(tunes > 5282, "{tunes}");
}

/// The files below a folder whose names end in one of `endings`.
pub(crate) fn files_below(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.append(&mut files_below(&path, endings));
        } else if path
            .extension()
            .is_some_and(|own| endings.iter().any(|ending| own == *ending))
        {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn the_sample_is_written_in_the_canonical_form() {
    let reading = abc::read(fixture("sample.abc").as_bytes()).unwrap();
    assert_eq!(reading.value.len(), 4);
    let messages: Vec<String> = reading.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(messages.join("\n") + "\n", fixture("sample.warnings.txt"));
    let written = abc::write_all(&reading.value);
    assert_eq!(written, fixture("sample.canonical.abc"));
    assert_eq!(read(&written), reading.value);
}

#[test]
fn a_file_cut_at_any_byte_is_read() {
    let sample = fixture("sample.abc");
    for end in 0..sample.len() {
        if let Ok(reading) = abc::read(&sample.as_bytes()[..end]) {
            for score in &reading.value {
                score.unfolded();
                abc::write(score);
            }
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(4_000))]
    #[test]
    fn a_file_with_wrong_bytes_is_read(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
    ) {
        let mut bytes = fixture("sample.abc").into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(reading) = abc::read(&bytes) {
            for score in &reading.value {
                score.unfolded();
                let written = abc::write(score);
                let normal = read(&written);
                prop_assert_eq!(normal.len(), 1);
                prop_assert_eq!(&abc::write(&normal[0]), &written);
            }
        }
    }
}

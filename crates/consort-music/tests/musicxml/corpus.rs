//! Real files: the 410 Bach movements of the music21 corpus, and other projects' test files.

use std::fs;
use std::path::{Path, PathBuf};

use consort_music::{Score, musicxml};

use super::digest;

/// A folder of the data sets, unless it is not there.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(folder);
    if !path.is_dir() {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

/// The MusicXML files below a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if matches!(extension, Some("mxl" | "xml" | "musicxml")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

/// Warnings that are faults of the files, or settings that the model does not hold.
const EXPLAINED: [&str; 3] = [
    "settings of a player (devices, sound libraries, elevation) are left out",
    // The oboes of bwv171.6 rest for three beats where the choir has a pickup of one.
    "has silence beyond the notes of the other parts, which decide",
    // And in its part names there is a carriage return.
    "is shorter than in other parts, which decide",
];

#[test]
fn bach_chorales_read_and_write_alike() {
    let Some(folder) = data("bach-chorales-music21") else {
        return;
    };
    let files = files(&folder);
    assert_eq!(files.len(), 410);
    for file in files {
        let reading = musicxml::read(&fs::read(&file).unwrap()).unwrap();
        for warning in &reading.warnings {
            let explained = EXPLAINED
                .iter()
                .any(|known| warning.message.contains(known));
            assert!(explained, "{}: {warning}", name(&file));
        }
        // These files are notated as they should be: nothing needs another form.
        let again = musicxml::read(musicxml::write(&reading.value).as_bytes()).unwrap();
        assert!(again.value == reading.value, "{} changes", name(&file));
        assert_eq!(again.warnings, [], "{}", name(&file));
    }
}

/// The line that `fixtures/musicxml/music21_notes.py` prints for a file.
fn line(file: &str, score: &Score) -> String {
    let lines = digest::lines(score);
    let count = |kind: &str| {
        let of_kind = lines
            .iter()
            .filter(|line| line.split(' ').nth(1) == Some(kind));
        of_kind.count()
    };
    let hash = lines
        .join("\n")
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        });
    let (parts, notes, fermatas) = (score.parts.len(), count("note"), count("fermata"));
    format!("{file} {parts} {notes} {fermatas} {hash:016x}")
}

#[test]
fn bach_chorales_hold_the_notes_that_music21_finds() {
    let Some(folder) = data("bach-chorales-music21") else {
        return;
    };
    let expected = include_str!("../../../../fixtures/musicxml/music21_notes.txt");
    let expected: Vec<&str> = expected
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let read: Vec<String> = expected
        .iter()
        .map(|line_expected| {
            let file = line_expected.split(' ').next().unwrap();
            let bytes = fs::read(folder.join(file)).unwrap();
            line(file, &musicxml::read(&bytes).unwrap().value)
        })
        .collect();
    let differ = expected
        .iter()
        .zip(&read)
        .filter(|(expected, read)| expected != read);
    let differ: Vec<_> = differ.collect();
    assert!(
        differ.is_empty(),
        "{} files differ: {differ:#?}",
        differ.len()
    );
}

#[test]
fn test_files_of_other_projects_are_read() {
    let Some(folder) = data("robustness") else {
        return;
    };
    let files = files(&folder);
    assert!(!files.is_empty());
    for file in files {
        let read = musicxml::read(&fs::read(&file).unwrap());
        let score = read
            .unwrap_or_else(|error| panic!("{}: {error}", name(&file)))
            .value;
        let again = musicxml::read(musicxml::write(&score).as_bytes()).unwrap();
        assert!(
            again.value == musicxml::as_written(&score),
            "{} changes",
            name(&file)
        );
    }
}

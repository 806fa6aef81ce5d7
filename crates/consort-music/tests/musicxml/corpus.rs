//! Real files: the 410 Bach movements of the music21 corpus, and other projects' test files.

use std::fs;
use std::path::{Path, PathBuf};

use consort_music::{Score, Ticks, musicxml};

/// A folder of the data sets, unless it is not there.
fn data(folder: &str) -> Option<PathBuf> {
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
fn files(folder: &Path) -> Vec<PathBuf> {
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
const EXPLAINED: [&str; 4] = [
    "settings of a player (devices, banks, volume, pan, sound libraries) are left out",
    // bwv4.8, bwv62.6 and bwv244.15 give the soprano another key signature than the rest.
    "has a key signature of its own; the keys of the part",
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

/// A length in quarter notes as a reduced fraction.
fn quarters(length: Ticks, score: &Score) -> String {
    let (mut a, mut b) = (length.0, score.resolution.quarter().0);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    format!("{}/{}", length.0 / a, score.resolution.quarter().0 / a)
}

/// The line that `fixtures/musicxml/music21_notes.py` prints for a file.
fn line(file: &str, score: &Score) -> String {
    let place = |at: Ticks| {
        let measure = score.measure_at(at).unwrap();
        format!(
            "{measure} {}",
            quarters(at - score.measures[measure].start, score)
        )
    };
    let (mut lines, mut notes, mut fermatas) = (Vec::new(), 0, 0);
    for (index, part) in score.parts.iter().enumerate() {
        let mut part_lines: Vec<String> = part
            .notes
            .iter()
            .map(|note| {
                let tie = match (note.tied_from, note.tied_to) {
                    (false, false) => "none",
                    (false, true) => "start",
                    (true, false) => "stop",
                    (true, true) => "continue",
                };
                let duration = quarters(note.duration, score);
                format!(
                    "note {} {duration} {} {tie}",
                    place(note.onset),
                    note.pitch.midi()
                )
            })
            .collect();
        part_lines.sort_unstable();
        notes += part_lines.len();
        let part_fermatas = part.notes.iter().filter(|note| note.has_fermata()).count();
        fermatas += part_fermatas;
        lines.push(format!("part {index}"));
        lines.extend(part_lines);
        lines.push(format!("fermatas {part_fermatas}"));
    }
    let mut keys: Vec<String> = score
        .keys
        .iter()
        .map(|change| format!("key {} {}", place(change.at), change.key.fifths))
        .collect();
    keys.sort_unstable();
    lines.extend(keys);
    let mut last = None;
    for (index, measure) in score.measures.iter().enumerate() {
        let metre = measure.metre.map(|metre| (metre.beats, metre.unit));
        if let Some((beats, unit)) = metre.filter(|_| metre != last) {
            lines.push(format!("metre {index} {beats}/{unit}"));
        }
        last = metre;
    }
    let hash = lines
        .join("\n")
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        });
    let (parts, measures) = (score.parts.len(), score.measures.len());
    format!("{file} {parts} {measures} {notes} {fermatas} {hash:016x}")
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

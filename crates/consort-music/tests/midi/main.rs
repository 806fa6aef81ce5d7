//! MIDI against other readers, against itself, and against broken bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod chance;
mod channels;
mod conventions;
mod faults;
mod recorded;
mod written;

use std::path::{Path, PathBuf};

use consort_music::Score;
use consort_music::midi;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

fn file(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let count = u8::try_from(tracks.len()).unwrap();
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.extend([format, 0, count, division[0], division[1]]);
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend(u32::try_from(track.len()).unwrap().to_be_bytes());
        bytes.extend(*track);
    }
    bytes
}

/// Middle C for `length` ticks on channel 1, and the end mark.
fn middle_c(length: u8) -> Vec<u8> {
    vec![0, 0x90, 60, 80, length, 0x80, 60, 64, 0, 0xFF, 0x2F, 0]
}

fn read(bytes: &[u8]) -> (Score, Vec<String>) {
    let reading = midi::read(bytes).unwrap();
    let warnings = reading.warnings.iter().map(ToString::to_string);
    (reading.value, warnings.collect())
}

fn times(score: &Score) -> Vec<(i64, i64)> {
    let notes = score.parts.iter().flat_map(|part| &part.notes);
    notes.map(|note| (note.onset.0, note.duration.0)).collect()
}

#[track_caller]
fn assert_warned(warnings: &[String], part: &str) {
    assert!(
        warnings.iter().any(|warning| warning.contains(part)),
        "{part} in {warnings:?}"
    );
}

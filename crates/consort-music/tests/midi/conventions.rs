//! What the conventions of files make of their events.

use consort_music::score::{Instrument, Syllabic};

use crate::{assert_warned, file, middle_c, read, times};

#[test]
fn an_rmid_wrapper_is_opened() {
    let inner = file(0, [0, 96], &[&middle_c(96)]);
    let mut bytes = b"RIFF\0\0\0\0RMIDLIST\x03\0\0\0abc\0data".to_vec();
    bytes.extend(u32::try_from(inner.len()).unwrap().to_le_bytes());
    bytes.extend(&inner);
    let (score, warnings) = read(&bytes);
    assert_eq!(times(&score), [(0, 96)]);
    assert_warned(
        &warnings,
        "byte 12: the chunk \"LIST\" of the RIFF file was skipped",
    );
}

#[test]
fn format_2_plays_its_tracks_in_turn() {
    let fast = [&[0, 0xFF, 0x51, 3, 3, 0xD0, 0x90][..], &middle_c(96)].concat();
    let (score, warnings) = read(&file(2, [0, 96], &[&fast, &middle_c(50)]));
    assert_eq!(times(&score), [(0, 96), (96, 50)]);
    let tempos: Vec<f64> = score
        .tempos
        .iter()
        .map(|c| c.tempo.quarters_per_minute())
        .collect();
    assert_eq!(tempos, [240.0, 120.0]);
    assert_warned(&warnings, "one after another");
}

#[test]
fn channels_are_parts_and_the_tenth_is_drums() {
    let track = [
        &[
            0, 0xFF, 3, 3, b'T', b'r', b'y', 0, 0xC3, 73, 0, 0x93, 60, 1, 0, 0x99, 36, 127,
        ][..],
        &[96, 0x83, 60, 0, 0, 0x89, 36, 0, 0, 0xFF, 0x2F, 0],
    ];
    let (score, _) = read(&file(0, [0, 96], &[&track.concat()]));
    let flute = Instrument {
        program: Some(73),
        percussion: false,
    };
    let drums = Instrument {
        program: None,
        percussion: true,
    };
    let instruments: Vec<Instrument> = score.parts.iter().map(|part| part.instrument).collect();
    assert_eq!(instruments, [flute, drums]);
    assert_eq!(score.metadata.title.as_deref(), Some("Try"));
}

#[test]
fn karaoke_texts_are_sung() {
    let words: &[u8] = b"\0\xFF\x01\x05@TSol\0\xFF\x01\x03\\Do\x60\xFF\x01\x03re \0\xFF\x2F\0";
    let tune = [
        &middle_c(96)[..8],
        &[0, 0x90, 62, 80, 96, 0x80, 62, 0, 0, 0xFF, 0x2F, 0],
    ]
    .concat();
    let empty: &[u8] = &[0, 0xFF, 0x2F, 0];
    let (score, _) = read(&file(1, [0, 96], &[empty, words, &tune]));
    assert_eq!(score.metadata.title.as_deref(), Some("Sol"));
    let lyrics = score.parts[0].notes.iter().flat_map(|note| &note.lyrics);
    let sung: Vec<(&str, Syllabic)> = lyrics.map(|l| (l.text.as_str(), l.syllabic)).collect();
    assert_eq!(sung, [("Do", Syllabic::Begin), ("re", Syllabic::End)]);
}

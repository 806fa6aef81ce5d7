//! Broken files.

use std::fs;

use consort_music::midi::{self, MidiError};
use consort_music::performance::{Control, Message};
use consort_music::score::Metre;
use consort_music::{Pitch, Resolution, Ticks};

use crate::written::example;
use crate::{assert_warned, data, file, middle_c, read, times};

#[test]
fn bytes_without_a_header_are_refused() {
    assert_eq!(midi::read(b"").unwrap_err(), MidiError::Empty);
    let error = midi::read(b"%PDF-1.7").unwrap_err();
    assert!(
        error.to_string().contains("begins with \"%PDF-1.7\""),
        "{error}"
    );
    let error = midi::read(b"MThd\0\0\0\x06\0\x01\0").unwrap_err();
    assert_eq!(error, MidiError::HeaderCut { byte: 8, found: 3 });
    assert_eq!(midi::read(b"SMF2CLIP").unwrap_err(), MidiError::Midi2Clip);
}

#[test]
fn a_plain_file_has_no_warnings_but_for_its_metre() {
    let (score, warnings) = read(&file(0, [0, 96], &[&middle_c(96)]));
    assert_eq!(times(&score), [(0, 96)]);
    assert_eq!(warnings, ["there is no time signature; 4/4 was assumed"]);
    assert_eq!(score.measures.len(), 1);
}

#[test]
fn smpte_time_keeps_its_seconds() {
    // 25 frames of 40 ticks: a tick is a millisecond.
    let (score, warnings) = read(&file(0, [0xE7, 40], &[&middle_c(100)]));
    assert!((score.seconds_at(Ticks(100)) - 0.1).abs() < 1e-12);
    assert_warned(&warnings, "SMPTE");
    // 29 stands for 30 frames in 1.001 seconds.
    let (score, _) = read(&file(0, [0xE3, 10], &[&middle_c(100)]));
    assert!((score.seconds_at(Ticks(300)) - 1.001).abs() < 1e-9);
}

#[test]
fn impossible_timing_is_mended() {
    let (score, warnings) = read(&file(0, [0, 0], &[&middle_c(96)]));
    assert_eq!(score.resolution, Resolution::MIDI);
    assert_warned(&warnings, "byte 12: a quarter note of 0 ticks");
    let (_, warnings) = read(&file(0, [0xFF, 0xFF], &[&middle_c(96)]));
    assert_warned(&warnings, "SMPTE timing with 1 frames");
}

#[test]
fn impossible_tempos_and_metres_are_left_out() {
    let track = [
        &[0, 0xFF, 0x51, 3, 0, 0, 0, 0, 0xFF, 0x58, 4, 0, 2, 24, 8][..],
        &[0, 0xFF, 0x58, 4, 4, 9, 24, 8, 0, 0xFF, 0x59, 2, 9, 0],
        &middle_c(96),
    ];
    let (score, warnings) = read(&file(0, [0, 96], &[&track.concat()]));
    assert!(score.tempos.is_empty() && score.keys.is_empty());
    assert_eq!(score.measures[0].metre, Some(Metre::COMMON));
    for part in [
        "track 0, byte 22: a tempo of 0 microseconds",
        "a metre of 0 units",
        "a metre of 4 units of 1/2^9",
        "a key with 9 sharps",
    ] {
        assert_warned(&warnings, part);
    }
}

#[test]
fn a_metre_finer_than_the_ticks_refines_them() {
    let track = [&[0, 0xFF, 0x58, 4, 3, 3, 24, 8][..], &middle_c(2)].concat();
    let (score, _) = read(&file(0, [0, 1], &[&track]));
    assert_eq!(score.resolution, Resolution::new(2).unwrap());
    assert_eq!(
        (times(&score), score.measures[0].length),
        (vec![(0, 4)], Ticks(3))
    );
}

#[test]
fn metres_finer_than_a_file_can_say_round_all_times() {
    // 3/8 needs half a tick where a quarter note has 26979, and 53958 are more than a file can have.
    let track = [&[0, 0xFF, 0x58, 4, 3, 3, 24, 8][..], &middle_c(100)].concat();
    let (score, warnings) = read(&file(0, [0x69, 0x63], &[&track]));
    assert_eq!(score.resolution, Resolution::new(30_240).unwrap());
    assert_eq!(times(&score), [(0, 112)]);
    assert!(
        warnings.iter().any(|warning| warning.contains("53958")),
        "{warnings:?}"
    );
    let again = midi::read(&midi::write(&score)).unwrap().value;
    assert_eq!(again, score);
}

#[test]
fn wrong_lengths_do_not_lose_a_track() {
    let right = file(1, [0, 96], &[&middle_c(10), &middle_c(20)]);
    for length in [0u32, 5, 11, 13, 40, 1000, u32::MAX] {
        let mut bytes = right.clone();
        bytes[18..22].copy_from_slice(&length.to_be_bytes());
        let (score, warnings) = read(&bytes);
        assert_eq!(times(&score), [(0, 10), (0, 20)], "declared {length}");
        assert!(
            warnings
                .iter()
                .any(|warning| warning.starts_with("track 0")),
            "{warnings:?}"
        );
    }
}

#[test]
fn what_stands_between_and_after_tracks_is_told() {
    let mut bytes = file(1, [0, 96], &[&middle_c(10)]);
    bytes.extend(b"XFIH\0\0\0\x02ab?");
    bytes.extend(&file(1, [0, 96], &[&middle_c(20)])[14..]);
    bytes.extend(b"\x1a");
    let (score, warnings) = read(&bytes);
    assert_eq!(times(&score), [(0, 10), (0, 20)]);
    assert_warned(
        &warnings,
        "a chunk \"XFIH\", which is not a track, was skipped",
    );
    assert_warned(&warnings, "skipped 1 byte outside of any chunk");
    assert_warned(&warnings, "the header declares 1 track and the file has 2");
}

#[test]
fn a_track_without_its_end_is_read_to_where_it_goes() {
    let whole = middle_c(96);
    let (score, warnings) = read(&file(0, [0, 96], &[&whole[..8]]));
    assert_eq!(times(&score), [(0, 96)]);
    assert_warned(&warnings, "no end mark");
    let (score, warnings) = read(&file(
        0,
        [0, 96],
        &[&[&whole[..4], &[50, 0x90, 62]].concat()],
    ));
    assert_eq!(times(&score), [(0, 1)]);
    assert_warned(&warnings, "left out the rest of the track, 3 bytes");
    assert_warned(&warnings, "track 0, byte 22: 1 hanging note; held until");
}

#[test]
fn events_after_an_end_mark_are_read_if_they_are_events() {
    let whole = middle_c(96);
    let (score, warnings) = read(&file(0, [0, 96], &[&[&whole[..], &whole].concat()]));
    assert_eq!(times(&score), [(0, 96), (96, 96)]);
    assert_warned(
        &warnings,
        "track 0, byte 34: an end mark stands within the track",
    );
    let (score, warnings) = read(&file(0, [0, 96], &[&[&whole[..], &[0; 9]].concat()]));
    assert_eq!(times(&score), [(0, 96)]);
    assert_warned(&warnings, "left out 9 bytes after the end mark");
}

#[test]
fn faults_within_a_track_are_stepped_over() {
    // A byte too many after a note, a system message, and running status after a text.
    let faults: [&[u8]; 3] = [
        &[0, 0x90, 60, 80, 96, 0x80, 60, 64, 0x40],
        &[0, 0x90, 60, 80, 0, 0xF3, 1, 96, 0x80, 60, 64],
        &[0, 0x90, 60, 80, 0, 0xFF, 1, 1, b'a', 96, 60, 0],
    ];
    for (fault, told) in faults
        .iter()
        .zip(["without an event", "F3 is illegal", "running status"])
    {
        let track = [
            fault,
            &[0, 0x90, 64, 80, 10, 0x80, 64, 64, 0, 0xFF, 0x2F, 0][..],
        ]
        .concat();
        let (score, warnings) = read(&file(0, [0, 96], &[&track]));
        assert_eq!(score.parts[0].notes.len(), 2, "{told}");
        assert_eq!(times(&score)[0], (0, 96), "{told}");
        assert_warned(&warnings, told);
    }
}

#[test]
fn every_truncation_and_many_flips_are_survived() {
    let bytes = midi::write(&example());
    for length in 0..bytes.len() {
        if let Ok(reading) = midi::read(&bytes[..length]) {
            assert!(!reading.warnings.is_empty(), "at {length}");
        }
    }
    for byte in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 1 << bit;
            if let Ok(reading) = midi::read(&flipped) {
                midi::write(&reading.value);
            }
        }
    }
}

#[test]
fn a_small_file_cannot_claim_much_memory() {
    // A quarter note of one tick, and the longest silence that an event can claim, 100 times.
    let silence = [0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 1, 0].repeat(100);
    let track = [&silence[..], &middle_c(1)].concat();
    let bytes = file(0, [0, 1], &[&track]);
    let (score, warnings) = read(&bytes);
    assert!(score.measures.len() < 5000 + bytes.len());
    assert_eq!(score.measures.last().unwrap().end(), score.end());
    assert_warned(&warnings, "unmeasured");
}

#[test]
fn a_flood_of_faults_ends_in_few_warnings() {
    let track = [0, 0xF4].repeat(50_000);
    let reading = midi::read(&file(0, [0, 96], &[&track])).unwrap();
    assert_eq!(reading.warnings.len(), 1001);
}

/// Pseudo-random numbers, the same in every run: SplitMix64 (Steele, Lea and Flood, 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % end
    }

    /// Changes, takes out, doubles or inserts a few bytes.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..1 + self.below(4) {
            let at = self.below(damaged.len().max(1)).min(damaged.len());
            let end = (at + 1 + self.below(8)).min(damaged.len());
            match self.below(4) {
                0 if at < damaged.len() => damaged[at] = u8::try_from(self.below(256)).unwrap(),
                1 => drop(damaged.drain(at..end)),
                2 => {
                    let again = damaged[at..end].to_vec();
                    damaged.splice(at..at, again);
                }
                _ => damaged.insert(at, [0, 0x7F, 0x80, 0xF0, 0xF7, 0xFF][self.below(6)]),
            }
        }
        damaged
    }
}

/// Reads, writes and reads again, which must change nothing.
fn assert_stable(bytes: &[u8], name: &str) {
    if let Ok(reading) = midi::read(bytes) {
        let first = reading.value;
        let again = midi::read(&midi::write(&first)).unwrap().value;
        assert_eq!(again, first, "{name}: {bytes:02X?}");
    }
}

#[test]
fn damaged_files_are_read_to_something_that_can_be_written() {
    let folder = data().join("robustness");
    if !folder.is_dir() {
        eprintln!("skipped: no data at {}", folder.display());
        return;
    }
    let mut folders = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "mid") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut chance = Chance(1);
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let name = path.display().to_string();
        // Of long files a few places are enough for a test.
        let step = 1 + bytes.len() / 100;
        for length in (0..bytes.len()).step_by(step) {
            assert_stable(&bytes[..length], &name);
        }
        for _ in 0..200_000 / (bytes.len() + 1000) {
            assert_stable(&chance.damage(&bytes), &name);
        }
    }
}

#[test]
fn damaged_messages_are_read_to_something_that_can_be_written() {
    let mut score = example();
    let pitch = Pitch::MIDDLE_C;
    let messages = [
        Message::SystemExclusive([0x7E, 0x7F, 9, 1].into()),
        Message::Controller {
            number: 0,
            value: 120,
        },
        Message::Program(3),
        Message::PitchBend(-5),
        Message::Pressure(9),
        Message::KeyPressure { pitch, value: 9 },
        Message::Release { pitch, velocity: 9 },
        Message::Raw([0xF0, 1].into()),
        Message::Meta {
            kind: 0x7F,
            data: [1].into(),
        },
    ];
    for (at, message) in (0..).step_by(160).zip(messages) {
        let at = Ticks(at);
        score.parts[0].controls.push(Control { at, message });
    }
    let bytes = midi::write(&score);
    assert_stable(&bytes, "whole");
    for byte in 0..bytes.len() {
        assert_stable(&bytes[..byte], "cut");
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 1 << bit;
            assert_stable(&flipped, "flipped");
        }
    }
    let mut chance = Chance(2);
    for _ in 0..3000 {
        assert_stable(&chance.damage(&bytes), "damaged");
    }
}

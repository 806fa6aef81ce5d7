//! MIDI against mido, against itself, and against broken bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};

use consort_music::midi::{self, MidiError};
use consort_music::score::{
    ChordSymbol, Direction, DirectionKind, Grace, Instrument, KeyChange, Lyric, Measure, Metre,
    Note, Part, Score, SoundingNote, Syllabic, TempoChange,
};
use consort_music::{Key, Mode, Pitch, Resolution, Tempo, Ticks, Velocity};
use proptest::prelude::*;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

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
fn digest(score: &Score) -> (usize, String) {
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

// Files made by hand.

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
fn a_second_program_becomes_words_and_is_written_again() {
    let track = [
        0, 0xC0, 48, 0, 0x90, 60, 80, 96, 0x80, 60, 64, 0, 0xC0, 45, 0, 0x90, 62, 80,
    ];
    let track = [&track[..], &[96, 0x80, 62, 64, 0, 0xFF, 0x2F, 0]].concat();
    let (score, _) = read(&file(0, [0, 96], &[&track]));
    let words = Direction {
        at: Ticks(96),
        text: "Pizzicato Strings".into(),
        kind: DirectionKind::Words,
    };
    assert_eq!(score.parts[0].directions, [words]);
    let written = midi::write(&score);
    assert!(written.windows(3).any(|window| window == [0, 0xC0, 45]));
    assert_eq!(midi::read(&written).unwrap().value.parts, score.parts);
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

// Scores made by hand and by chance.

fn example() -> Score {
    let mut score = Score::new(Resolution::MIDI);
    score.metadata.title = Some("Übung".into());
    score.metadata.composer = Some("Anon.".into());
    score.metadata.fields = vec![("R".into(), "hornpipe".into())];
    let pickup = Measure::new(Ticks(0), Ticks(480), Metre::new(3, 4), "0".into());
    let first = Measure::new(Ticks(480), Ticks(1440), Metre::new(3, 4), "1".into());
    score.measures = vec![pickup, first];
    let key = Key {
        fifths: -3,
        mode: Mode::Minor,
    };
    score.keys = vec![KeyChange { at: Ticks(0), key }];
    let tempo = Tempo::new(72.0).unwrap();
    score.tempos = vec![TempoChange {
        at: Ticks(0),
        tempo,
    }];
    for (name, program, midi) in [("Soprano", 52, 72), ("Bass", 52, 48)] {
        let mut notes = vec![
            note(0, 480, midi),
            note(480, 720, midi + 2),
            note(1200, 720, midi),
        ];
        notes[0].lyrics = vec![lyric("Ky", Syllabic::Begin), lyric("ri", Syllabic::End)];
        notes[0].lyrics[1].verse = 2;
        score.parts.push(Part {
            name: name.into(),
            instrument: Instrument {
                program: Some(program),
                percussion: false,
            },
            notes,
            chords: vec![ChordSymbol {
                at: Ticks(480),
                text: "Cm".into(),
            }],
            directions: vec![Direction {
                at: Ticks(0),
                text: "mf".into(),
                kind: DirectionKind::Dynamic,
            }],
            ..Part::default()
        });
    }
    score
}

fn note(onset: i64, duration: i64, midi: u8) -> Note {
    Note {
        velocity: Some(Velocity::DEFAULT),
        ..Note::new(
            Ticks(onset),
            Ticks(duration),
            Pitch::try_from(midi).unwrap(),
        )
    }
}

fn lyric(text: &str, syllabic: Syllabic) -> Lyric {
    Lyric {
        verse: 1,
        text: text.into(),
        syllabic,
        extend: false,
    }
}

#[test]
fn a_written_score_is_read_back_whole() {
    let mut expected = example();
    // A second verse without a hyphen before it stands alone.
    for part in &mut expected.parts {
        part.notes[0].lyrics[1].syllabic = Syllabic::Single;
    }
    let reading = midi::read(&midi::write(&example())).unwrap();
    assert_eq!(reading.value, expected);
    assert_eq!(reading.warnings, []);
}

#[test]
fn ties_and_grace_notes_are_played() {
    let mut score = example();
    score.parts.truncate(1);
    let mut tied = [note(480, 480, 60), note(960, 480, 60)];
    (tied[0].tied_to, tied[1].tied_from) = (true, true);
    let grace = Note {
        grace: Some(Grace::default()),
        ..note(480, 0, 62)
    };
    score.parts[0].notes = vec![grace, tied[0].clone(), tied[1].clone()];
    let back = midi::read(&midi::write(&score)).unwrap().value;
    assert_eq!(times(&back), [(480, 60), (540, 900)]);
}

#[test]
fn forty_parts_find_room() {
    let mut score = example();
    score.parts = (0..40)
        .map(|index| Part {
            name: format!("{index}"),
            instrument: Instrument {
                program: Some(index),
                percussion: index % 10 == 9,
            },
            notes: vec![note(0, 480, 60)],
            ..Part::default()
        })
        .collect();
    let reading = midi::read(&midi::write(&score)).unwrap();
    assert_eq!(reading.value.parts, score.parts);
    assert_eq!(reading.warnings, []);
}

#[test]
fn a_fine_resolution_is_made_coarser() {
    let mut score = Score::new(Resolution::new(480 * 7 * 100).unwrap());
    let unit = i64::from(score.resolution.ticks_per_quarter()) / 7;
    score.parts = vec![Part {
        notes: vec![note(unit, unit, 60)],
        ..Part::default()
    }];
    let back = midi::read(&midi::write(&score)).unwrap().value;
    assert_eq!(back.resolution, Resolution::new(7).unwrap());
    assert_eq!(times(&back), [(1, 1)]);
    score.parts[0].notes[0].onset = Ticks(unit + 1);
    let back = midi::read(&midi::write(&score)).unwrap().value;
    assert_eq!(back.resolution, Resolution::new(30_240).unwrap());
    assert_eq!(times(&back), [(4320, 4320)]);
}

#[test]
fn extreme_scores_are_written() {
    let mut score = Score::new(Resolution::new(1).unwrap());
    let mut notes = vec![
        note(-5, 3, 60),
        note(i64::MAX - 1, i64::MAX, 60),
        note(7, -3, 61),
    ];
    notes[2].grace = Some(Grace::default());
    score.parts = vec![Part {
        notes,
        ..Part::default()
    }];
    score.tempos = vec![TempoChange {
        at: Ticks(i64::MIN),
        tempo: Tempo::new(1e-300).unwrap(),
    }];
    score.measures = vec![Measure::new(Ticks(9), Ticks(-9), None, String::new())];
    let back = midi::read(&midi::write(&score)).unwrap().value;
    assert_eq!(back.parts[0].notes.len(), 3);
}

fn text() -> impl Strategy<Value = String> {
    // A slash begins a line of karaoke.
    "[A-Za-zäöü0-9 ,.:_-]{0,12}"
}

prop_compose! {
    fn any_note()(
        onset in 0i64..2000, duration in 1i64..1000, midi in 55u8..70, voice in 1u8..4,
        velocity in proptest::option::of(1u8..=127), grace in prop::bool::weighted(0.1),
        ties in any::<(bool, bool)>(), lyrics in prop::collection::vec((text(), 0u8..4, 0u8..3, any::<bool>()), 0..2),
    ) -> Note {
        let syllabics = [Syllabic::Single, Syllabic::Begin, Syllabic::Middle, Syllabic::End];
        Note {
            voice,
            velocity: velocity.map(|v| Velocity::try_from(v).unwrap()),
            grace: grace.then(Grace::default),
            tied_from: ties.0,
            tied_to: ties.1,
            lyrics: lyrics.into_iter().map(|(text, syllabic, verse, extend)| Lyric {
                verse, text, syllabic: syllabics[usize::from(syllabic)], extend,
            }).collect(),
            ..Note::new(Ticks(onset), Ticks(if grace { 0 } else { duration }), Pitch::try_from(midi).unwrap())
        }
    }
}

prop_compose! {
    fn any_part()(
        name in text(), program in proptest::option::of(0u8..128), percussion in any::<bool>(),
        notes in prop::collection::vec(any_note(), 0..12),
        directions in prop::collection::vec((0i64..3000, prop_oneof![text(), Just("mf".into()), Just("Violin".into())], 0u8..3), 0..4),
        chords in prop::collection::vec((0i64..3000, text()), 0..3),
    ) -> Part {
        let kinds = [DirectionKind::Dynamic, DirectionKind::Words, DirectionKind::Rehearsal];
        let mut part = Part {
            name,
            instrument: Instrument { program, percussion },
            notes,
            directions: directions.into_iter().map(|(at, text, kind)| Direction {
                at: Ticks(at), text, kind: kinds[usize::from(kind)],
            }).collect(),
            chords: chords.into_iter().map(|(at, text)| ChordSymbol { at: Ticks(at), text }).collect(),
            ..Part::default()
        };
        part.sort();
        part
    }
}

prop_compose! {
    fn any_score()(
        resolution in prop_oneof![Just(480u32), Just(16), Just(7), Just(96), Just(10_080), Just(40_320)],
        measures in prop::collection::vec((1i64..500, proptest::option::of((1u8..13, 0u32..6)), any::<bool>()), 0..6),
        keys in prop::collection::vec((0i64..3000, -7i8..=7, 0u8..3), 0..3),
        tempos in prop::collection::vec((0i64..3000, 4.0f64..2000.0), 0..4),
        parts in prop::collection::vec(any_part(), 0..5),
        title in proptest::option::of(text()), composer in proptest::option::of(text()),
        fields in prop::collection::vec((text(), text()), 0..3),
    ) -> Score {
        let mut score = Score::new(Resolution::new(resolution).unwrap());
        let mut at = Ticks(0);
        for (length, metre, full) in measures {
            let metre = metre.and_then(|(beats, power)| Metre::new(beats, 1 << power));
            let whole = metre.and_then(|m| m.length(score.resolution)).filter(|_| full);
            let length = whole.unwrap_or(Ticks(length));
            score.measures.push(Measure::new(at, length, metre, String::new()));
            at += length;
        }
        let modes = [Mode::Major, Mode::Minor, Mode::Dorian];
        score.keys = keys.into_iter().map(|(at, fifths, mode)| KeyChange {
            at: Ticks(at), key: Key { fifths, mode: modes[usize::from(mode)] },
        }).collect();
        score.tempos = tempos.into_iter().map(|(at, quarters)| TempoChange {
            at: Ticks(at), tempo: Tempo::new(quarters).unwrap(),
        }).collect();
        score.keys.sort_by_key(|change| change.at);
        score.tempos.sort_by_key(|change| change.at);
        score.metadata.title = title;
        score.metadata.composer = composer;
        score.metadata.fields = fields;
        score.parts = parts;
        score
    }
}

/// Onsets and ends by part and pitch, which survive even where notes of one pitch overlap.
fn ends(score: &Score) -> Vec<(usize, u8, Vec<i64>, Vec<i64>)> {
    let mut found = Vec::new();
    let parts = score.parts.iter().filter(|part| !part.notes.is_empty());
    for (index, part) in parts.enumerate() {
        let sounding = part.sounding();
        for midi in 0..128 {
            let of_pitch = || {
                sounding
                    .iter()
                    .filter(move |note| note.pitch.midi() == midi)
            };
            let mut onsets: Vec<i64> = of_pitch().map(|note| note.onset.0).collect();
            let length = |note: &SoundingNote| note.onset.0 + note.duration.0.max(1);
            let mut ends: Vec<i64> = of_pitch().map(length).collect();
            onsets.sort_unstable();
            ends.sort_unstable();
            if !onsets.is_empty() {
                found.push((index, midi, onsets, ends));
            }
        }
    }
    found
}

proptest! {
    // What fails is printed whole; the tests of a library leave no files behind.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_back_is_stable(score in any_score()) {
        let first = midi::read(&midi::write(&score)).unwrap();
        for warning in &first.warnings {
            prop_assert!(!warning.message.contains("left out"), "{warning}");
        }
        let second = midi::read(&midi::write(&first.value)).unwrap();
        prop_assert_eq!(second.value, first.value);
    }

    #[test]
    fn reading_back_keeps_what_sounds(mut score in any_score()) {
        score.resolution = Resolution::MIDI;
        score.measures.clear();
        for part in &mut score.parts {
            part.notes.retain(|note| !note.is_grace());
        }
        let back = midi::read(&midi::write(&score)).unwrap().value;
        prop_assert_eq!(ends(&back), ends(&score));
        for at in [Ticks(0), Ticks(1000), Ticks(5000)] {
            let (a, b) = (back.seconds_at(at), score.seconds_at(at));
            prop_assert!((a - b).abs() <= 1e-4 * (1.0 + b), "{a} for {b} at {at}");
            prop_assert_eq!(back.key_at(at).fifths, score.key_at(at).fifths);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), format in 0u8..3) {
        let bytes = file(format, [0, 96], &[&bytes]);
        let reading = midi::read(&bytes).unwrap();
        let again = midi::read(&midi::write(&reading.value)).unwrap();
        prop_assert_eq!(digest(&again.value).0, digest(&reading.value).0);
    }
}

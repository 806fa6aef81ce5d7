//! MusicXML as its users see it: what is written reads back, what others wrote reads as they meant.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "musicxml/arbitrary.rs"]
mod arbitrary;
#[path = "musicxml/corpus.rs"]
mod corpus;
#[path = "musicxml/digest.rs"]
mod digest;
#[path = "musicxml/document.rs"]
mod document;
#[path = "musicxml/hostile.rs"]
mod hostile;
#[path = "musicxml/reading.rs"]
mod reading;
#[path = "musicxml/signs.rs"]
mod signs;
#[path = "musicxml/writing.rs"]
mod writing;

use consort_music::musicxml::MusicXmlError;
use consort_music::{Place, Score, musicxml};
use proptest::prelude::*;

/// Every note as it sounds, part by part, in an order that voices do not disturb.
fn sound(score: &Score) -> Vec<Vec<(i64, i64, u8, bool)>> {
    let part = |part: &consort_music::Part| {
        let mut notes: Vec<_> = part
            .sounding()
            .iter()
            .map(|note| {
                (
                    note.onset.0,
                    note.duration.0,
                    note.pitch.midi(),
                    note.fermata,
                )
            })
            .collect();
        notes.sort_unstable();
        notes
    };
    score.parts.iter().map(part).collect()
}

/// What differs first between two scores, in few words.
fn difference(a: &Score, b: &Score) -> Option<String> {
    fn first<T: PartialEq + std::fmt::Debug>(what: &str, a: &[T], b: &[T]) -> Option<String> {
        let longest = a.len().max(b.len());
        let place = (0..longest).find(|&index| a.get(index) != b.get(index))?;
        Some(format!(
            "{what} {place}:\n{:?}\n{:?}",
            a.get(place),
            b.get(place)
        ))
    }
    let parts = a.parts.iter().zip(&b.parts).find_map(|(a, b)| {
        first("clef", &a.clefs, &b.clefs)
            .or_else(|| first("chord symbol", &a.chords, &b.chords))
            .or_else(|| first("direction", &a.directions, &b.directions))
            .or_else(|| first("note", &a.notes, &b.notes))
            .or_else(|| first("rest", &a.rests, &b.rests))
            .or_else(|| first("spanner", &a.spanners, &b.spanners))
            .or_else(|| first("control", &a.controls, &b.controls))
            .or_else(|| first("key of a part", &a.keys, &b.keys))
    });
    first("metadata", &[&a.metadata], &[&b.metadata])
        .or_else(|| first("resolution", &[a.resolution], &[b.resolution]))
        .or_else(|| first("measure", &a.measures, &b.measures))
        .or_else(|| first("key", &a.keys, &b.keys))
        .or_else(|| first("tempo", &a.tempos, &b.tempos))
        .or(parts)
        .or_else(|| first("part", &a.parts, &b.parts))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_reads_back(score in arbitrary::score()) {
        let written = musicxml::as_written(&score);
        let read = musicxml::read(musicxml::write(&score).as_bytes()).unwrap();
        prop_assert_eq!(difference(&read.value, &written), None);
        prop_assert_eq!(read.warnings, vec![]);
        prop_assert_eq!(difference(&musicxml::as_written(&written), &written), None);
    }

    #[test]
    fn writing_changes_no_sound(score in arbitrary::plain_score()) {
        prop_assert_eq!(sound(&musicxml::as_written(&score)), sound(&score));
    }
}

/// A score with a bit of everything, and with a document type.
const SMALL: &str = include_str!("../../../fixtures/musicxml/small.musicxml");

/// The same music, measure by measure.
const TIMEWISE: &str = include_str!("../../../fixtures/musicxml/timewise.musicxml");

#[test]
fn timewise_is_partwise() {
    let partwise = musicxml::read(SMALL.as_bytes()).unwrap();
    let timewise = musicxml::read(TIMEWISE.as_bytes()).unwrap();
    assert_eq!(partwise.warnings, []);
    assert_eq!(timewise.warnings, []);
    assert_eq!(difference(&partwise.value, &timewise.value), None);
}

#[test]
fn an_archive_holds_the_same_score() {
    let score = musicxml::read(SMALL.as_bytes()).unwrap().value;
    let packed = musicxml::write_compressed(&score);
    let unpacked = musicxml::read(&packed).unwrap();
    assert_eq!(unpacked.warnings, []);
    assert_eq!(
        difference(&unpacked.value, &musicxml::as_written(&score)),
        None
    );
    assert_eq!(packed, musicxml::write_compressed(&score));
}

#[test]
fn errors_say_where_and_what_to_do() {
    let message = |bytes: &[u8]| musicxml::read(bytes).unwrap_err().to_string();
    assert_eq!(
        message(b""),
        "reading MusicXML: the input is empty; export the score again"
    );
    assert_eq!(message(b" \n"), message(b""));
    assert_eq!(
        message(b"<html/>"),
        "reading MusicXML: line 1, column 1: the root element is <html>, expected \
         <score-partwise> or <score-timewise>; export the score as MusicXML"
    );
    assert_eq!(
        message(b"\n<score-partwise>\n</part>"),
        "reading MusicXML: line 3, column 1: expected 'score-partwise' tag, not 'part'; if the \
         file was cut short, export it again"
    );
    assert_eq!(
        message(b"<score-partwise/>"),
        "reading MusicXML: line 1, column 1: the score holds no part with a measure; export it \
         again with its music"
    );
    let error = musicxml::read(b"<!DOCTYPE a [\n <!ENTITY b \"b\">]>\n<a>&b;</a>").unwrap_err();
    let place = Place::Line { line: 2, column: 2 };
    assert_eq!(error, MusicXmlError::Entities { place });
    assert!(matches!(
        musicxml::read(b"PK\x03\x04 and nothing more"),
        Err(MusicXmlError::Archive { .. })
    ));
    assert!(matches!(
        musicxml::read(b"MThd"),
        Err(MusicXmlError::Xml { .. })
    ));
}

#[test]
fn a_file_cut_anywhere_is_an_error_with_a_place() {
    let end = SMALL.trim_end().len();
    for length in 1..end {
        match musicxml::read(&SMALL.as_bytes()[..length]) {
            Err(MusicXmlError::Xml { place, .. }) => assert_ne!(place, Place::File),
            other => panic!("cut after {length} bytes: {other:?}"),
        }
    }
    let packed = musicxml::write_compressed(&musicxml::read(SMALL.as_bytes()).unwrap().value);
    for length in 4..packed.len() {
        assert!(
            musicxml::read(&packed[..length]).is_err(),
            "cut after {length} bytes"
        );
    }
}

/// Calls `check` with copies of `bytes` that each differ in one place: a digit becomes another,
/// anything else has a bit flipped.
fn mutated(bytes: &[u8], copies: u32, mut check: impl FnMut(&[u8])) {
    let mut state = 1_u64;
    for _ in 0..copies {
        // Knuth's multiplier for linear congruential generators of 64 bits.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let draw = usize::try_from(state >> 33).unwrap();
        let (place, change) = (draw / 8 % bytes.len(), draw % 8);
        let mut copy = bytes.to_vec();
        copy[place] = match copy[place] {
            digit @ b'0'..=b'9' => b'0' + (digit - b'0' + 1 + u8::try_from(change).unwrap()) % 10,
            other => other ^ (1 << change),
        };
        check(&copy);
    }
}

#[test]
fn mutations_never_panic() {
    let mut read = 0;
    mutated(SMALL.as_bytes(), 5000, |bytes| {
        if let Ok(reading) = musicxml::read(bytes) {
            read += 1;
            musicxml::write(&reading.value);
        }
    });
    assert!(
        read > 500,
        "too few of the mutated files are well-formed: {read}"
    );
    let packed = musicxml::write_compressed(&musicxml::read(SMALL.as_bytes()).unwrap().value);
    mutated(&packed, 1000, |bytes| drop(musicxml::read(bytes)));
}

#[test]
fn deep_and_wide_documents_are_bounded() {
    let deep = "<a>".repeat(200_000);
    assert!(musicxml::read(deep.as_bytes()).is_err());
    let nested = format!(
        "{}{}",
        "<score-partwise>".repeat(50_000),
        "</score-partwise>".repeat(50_000)
    );
    assert!(matches!(
        musicxml::read(nested.as_bytes()),
        Err(MusicXmlError::NoParts { .. })
    ));
    let huge = document::document(&document::first(&format!(
        "<note><rest/><duration>999999999</duration></note>{}<backup><duration>999999999</duration>\
         </backup>{}",
        document::note("C4", 999_999_999, ""),
        document::note(
            "C4",
            1,
            "<time-modification><actual-notes>255</actual-notes>\
                                <normal-notes>1</normal-notes></time-modification>"
        )
    )));
    let score = musicxml::read(huge.as_bytes()).unwrap().value;
    assert!(musicxml::write(&score).len() < 20_000);
    let many = document::document(&document::first(&"<listening/>".repeat(5000)));
    assert_eq!(musicxml::read(many.as_bytes()).unwrap().warnings.len(), 1);
}

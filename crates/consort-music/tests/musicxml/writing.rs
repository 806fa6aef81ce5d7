//! What is written, as notation programs need it.

use consort_music::score::{KeyChange, Mark};
use consort_music::{
    Key, Measure, Metre, Note, Part, Pitch, Resolution, Score, Tempo, Ticks, musicxml,
};
use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::arbitrary;

/// A score of one part at four ticks to the quarter note, in measures of `beats`/4.
fn score(beats: u8, notes: &[(i64, i64, u8)]) -> Score {
    let mut score = Score::new(Resolution::new(4).unwrap());
    let length = Ticks(i64::from(beats) * 4);
    score.measures = vec![Measure::new(
        Ticks::ZERO,
        length,
        Metre::new(beats, 4),
        "1".to_owned(),
    )];
    let note = |&(onset, duration, pitch): &(i64, i64, u8)| {
        Note::new(
            Ticks(onset),
            Ticks(duration),
            Pitch::try_from(pitch).unwrap(),
        )
    };
    score.parts = vec![Part {
        notes: notes.iter().map(note).collect(),
        ..Part::default()
    }];
    score
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children()
        .find(|child| child.has_tag_name(name))
        .and_then(|child| child.text())
}

/// The notes and rests of a document in few words: `C4 quarter.` or `rest half`, with `~` for a
/// tie that starts, and the accidental in brackets.
fn heads(score: &Score) -> Vec<String> {
    let written = musicxml::write(score);
    let document = Document::parse_with_options(
        &written,
        roxmltree::ParsingOptions {
            allow_dtd: true,
            ..Default::default()
        },
    )
    .unwrap();
    let show = |note: Node| {
        let pitch = note.children().find(|child| child.has_tag_name("pitch"));
        let name = pitch.map_or("rest".to_owned(), |pitch| {
            let part = |name| text(pitch, name).unwrap_or_default();
            format!("{}{}{}", part("step"), part("alter"), part("octave"))
        });
        let dots = note
            .children()
            .filter(|child| child.has_tag_name("dot"))
            .count();
        let starts =
            |child: &Node| child.has_tag_name("tie") && child.attribute("type") == Some("start");
        let tie = if note.children().any(|child| starts(&child)) {
            "~"
        } else {
            ""
        };
        let sign = text(note, "accidental").map_or(String::new(), |sign| format!(" [{sign}]"));
        let value = text(note, "type").unwrap_or("measure");
        format!("{name} {value}{}{tie}{sign}", ".".repeat(dots))
    };
    document
        .descendants()
        .filter(|node| node.has_tag_name("note"))
        .map(show)
        .collect()
}

#[test]
fn rests_fill_what_is_silent() {
    assert_eq!(
        heads(&score(4, &[(6, 2, 60)])),
        ["rest quarter", "rest eighth", "C4 eighth", "rest half"]
    );
    assert_eq!(heads(&score(3, &[])), ["rest measure"]);
}

#[test]
fn notes_are_tied_over_barlines_and_beats() {
    assert_eq!(
        heads(&score(4, &[(0, 2, 60), (2, 18, 62)])),
        [
            "C4 eighth",
            "D4 quarter.~",
            "D4 half~",
            "D4 quarter",
            "rest quarter",
            "rest half"
        ]
    );
    assert_eq!(
        heads(&score(4, &[(4, 12, 60)])),
        ["rest quarter", "C4 half."]
    );
}

#[test]
fn accidentals_are_shown_where_the_key_does_not_say_them() {
    let mut score = score(4, &[(0, 4, 66), (4, 4, 65), (8, 4, 65), (12, 4, 73)]);
    score.keys = vec![KeyChange {
        at: Ticks::ZERO,
        key: Key {
            fifths: 1,
            ..Key::default()
        },
    }];
    assert_eq!(
        heads(&score),
        [
            "F14 quarter",
            "F4 quarter [natural]",
            "F4 quarter",
            "C15 quarter [sharp]"
        ]
    );
}

#[test]
fn a_slur_and_a_fermata_go_with_the_right_heads() {
    let mut score = score(4, &[(0, 20, 60)]);
    score.parts[0].notes[0].marks = vec![Mark::Fermata, Mark::SlurStart, Mark::SlurStop];
    let written = musicxml::as_written(&score);
    let marks: Vec<_> = written.parts[0]
        .notes
        .iter()
        .map(|note| note.marks.clone())
        .collect();
    assert_eq!(
        marks,
        [vec![Mark::SlurStart], vec![Mark::Fermata, Mark::SlurStop]]
    );
}

#[test]
fn nothing_is_added_about_who_wrote_it() {
    let written = musicxml::write(&score(4, &[]));
    assert!(!written.contains("software") && !written.contains("encoding-date"));
}

#[test]
fn tempos_keep_every_digit() {
    let mut score = score(4, &[]);
    let tempo = Tempo::new(100.0 / 3.0).unwrap();
    score.tempos = vec![consort_music::score::TempoChange {
        at: Ticks(5),
        tempo,
    }];
    let read = musicxml::read(musicxml::write(&score).as_bytes())
        .unwrap()
        .value;
    assert_eq!(read.tempos, score.tempos);
}

#[test]
fn no_time_is_too_long_or_too_early() {
    for (onset, duration) in [
        (i64::MAX - 1, 4),
        (0, i64::MAX),
        (i64::MIN, 8),
        (4, i64::MIN),
    ] {
        let score = score(4, &[(onset, duration, 60)]);
        let written = musicxml::write(&score);
        assert!(
            written.len() < 20_000 && written.contains("<note>"),
            "{onset} {duration}"
        );
    }
}

/// The order in which the schema wants the elements of a note.
const NOTE_ORDER: [&str; 15] = [
    "grace",
    "chord",
    "pitch",
    "unpitched",
    "rest",
    "duration",
    "tie",
    "instrument",
    "voice",
    "type",
    "dot",
    "accidental",
    "time-modification",
    "staff",
    "beam",
];

/// What notation programs rely on in one measure of one part.
fn check_measure(measure: Node, length: i64) -> Result<(), TestCaseError> {
    let (mut cursor, mut end, mut voice_ends) = (0_i64, 0, std::collections::BTreeMap::new());
    let mut open_beams = std::collections::BTreeMap::new();
    for element in measure.children().filter(Node::is_element) {
        let duration: i64 = text(element, "duration").map_or(0, |text| text.parse().unwrap());
        match element.tag_name().name() {
            "backup" => cursor -= duration,
            "forward" => cursor += duration,
            "note" => {
                let place = |child: &Node| {
                    NOTE_ORDER
                        .iter()
                        .position(|name| *name == child.tag_name().name())
                };
                let places: Vec<usize> = element
                    .children()
                    .filter(Node::is_element)
                    .filter_map(|c| place(&c))
                    .collect();
                prop_assert!(places.is_sorted(), "elements out of order");
                let voice = text(element, "voice").unwrap().to_owned();
                let in_chord = text(element, "chord").is_some()
                    || element.children().any(|child| child.has_tag_name("chord"));
                if !in_chord {
                    let free = voice_ends.get(&voice).copied().unwrap_or_default();
                    prop_assert!(cursor >= free || duration == 0, "voice {voice} overlaps");
                    cursor += duration;
                    voice_ends.insert(voice.clone(), cursor.max(free));
                }
                for beam in element
                    .children()
                    .filter(|child| child.has_tag_name("beam"))
                {
                    let level = (voice.clone(), beam.attribute("number").unwrap().to_owned());
                    let is_open = open_beams.contains_key(&level);
                    match beam.text().unwrap() {
                        "begin" => {
                            prop_assert!(!is_open);
                            open_beams.insert(level, ());
                        }
                        "continue" => prop_assert!(is_open),
                        "end" => prop_assert!(open_beams.remove(&level).is_some()),
                        _ => prop_assert!(!is_open),
                    }
                }
            }
            _ => {}
        }
        prop_assert!(cursor >= 0 && cursor <= length, "{cursor} of {length}");
        end = end.max(cursor);
    }
    prop_assert!(open_beams.is_empty(), "a beam does not end");
    prop_assert_eq!(end, length, "the measure is not full");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn measures_are_full_and_voices_do_not_overlap(score in arbitrary::score()) {
        let form = musicxml::as_written(&score);
        let written = musicxml::write(&score);
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = Document::parse_with_options(&written, options).unwrap();
        for part in document.descendants().filter(|node| node.has_tag_name("part")) {
            let measures = part.children().filter(|node| node.has_tag_name("measure"));
            let mut count = 0;
            for (measure, shape) in measures.zip(&form.measures) {
                check_measure(measure, shape.length.0)?;
                count += 1;
            }
            prop_assert_eq!(count, form.measures.len());
        }
    }
}

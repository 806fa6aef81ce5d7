//! Bar lines, repeats and signs.

use consort_music::abc;
use consort_music::score::{Barline, Navigation};
use consort_music::{Measure, Place, Score};

use crate::tune;

fn shown(score: &Score) -> Vec<String> {
    let show = |measure: &Measure| {
        let mut text = measure.number.clone();
        if measure.repeat_start {
            text.push_str(" start");
        }
        if !measure.ending_start.is_empty() {
            text.push_str(&format!(" {:?}", measure.ending_start));
        }
        if measure.ending_stop {
            text.push_str(" stop");
        }
        if let Some(times) = measure.repeat_end {
            text.push_str(&format!(" x{times}"));
        }
        if measure.barline != Barline::Regular {
            text.push_str(&format!(" {:?}", measure.barline));
        }
        text
    };
    score.measures.iter().map(show).collect()
}

#[test]
fn repeats_and_endings_of_all_spellings() {
    for music in [
        "|:c4|[1d4:|[2e4||f4|]",
        "|:c4|1 d4:|2 e4||f4|]",
        "|: c4 | [1 d4 :| [2 e4 || f4 |]",
        "c4|1d4:|2e4||f4|]",
        "c4|1d4|2e4||f4|]",
    ] {
        let expected = ["1 start", "2 [1] stop x2", "3 [2] stop Double", "4 Final"];
        assert_eq!(shown(&tune(music)), expected, "{music}");
    }
    assert_eq!(shown(&tune("c4::d4:|")), ["1 start x2", "2 start x2"]);
    assert_eq!(shown(&tune("c4:||:d4:|")), ["1 start x2", "2 start x2"]);
    assert_eq!(shown(&tune("|::c4::|")), ["1 start x3"]);
    assert_eq!(
        shown(&tune("|:c4|[1,3d4:|[2e4:|[4-5f4|]")),
        [
            "1 start",
            "2 [1, 3] stop x2",
            "3 [2] stop x2",
            "4 [4, 5] stop Final"
        ]
    );
}

#[test]
fn a_missing_start_is_found() {
    // Four measures and a double line make a strain; two do not.
    let strain = "c4|c4|c4|c4";
    assert_eq!(shown(&tune(&format!("{strain}||{strain}:|")))[4], "5 start");
    assert_eq!(shown(&tune("c4|c4||c4|c4:|"))[0], "1 start");
    assert_eq!(
        shown(&tune(&format!("{strain}:|\nP:B\n{strain}|c4:|")))[4],
        "5 start"
    );
}

#[test]
fn a_second_ending_without_a_line_is_as_long_as_the_first() {
    let strain = "c4|c4|c4|c4";
    let score = tune(&format!("{strain}|1 d4:|2 e4|{strain}:|"));
    assert_eq!(shown(&score)[6], "7 start");
}

#[test]
fn pickups_and_halves_have_numbers_of_their_own() {
    let score = tune("c|d4|e3:|f|g4|]");
    assert_eq!(shown(&score), ["0 start", "1", "2 x2", "X1", "3 Final"]);
    assert!(
        abc::read(abc::write(&score).as_bytes())
            .unwrap()
            .warnings
            .is_empty()
    );
}

#[test]
fn bars_that_do_not_add_up_are_named() {
    let reading = abc::read(b"X:1\nM:4/4\nL:1/4\nK:C\nc4|d5|e4|]\n").unwrap();
    assert_eq!(reading.warnings.len(), 1);
    assert_eq!(
        reading.warnings[0].place,
        Place::Line { line: 5, column: 6 }
    );
    assert_eq!(
        reading.warnings[0].message,
        "this bar lasts 5/4 of a whole note and its metre 1/1: kept"
    );
}

#[test]
fn thin_thick_and_no_lines() {
    assert_eq!(
        shown(&tune("c4||d4|]e4[|]f4[|g4.|a4")),
        ["1 Double", "2 Final", "3 Invisible", "4 Double", "5", "6"]
    );
}

#[test]
fn signs_and_jumps() {
    let score = tune("c4|!segno!d4|e4!dacoda!|f4 !fine!|S!D.S.!g4|!coda!a4|]");
    let signs: Vec<_> = score
        .measures
        .iter()
        .map(|m| m.navigation.clone())
        .collect();
    use Navigation::{Coda, DalSegno, Fine, Segno, ToCoda};
    assert_eq!(signs[1], [Segno]);
    assert_eq!(signs[2], [ToCoda]);
    assert_eq!(signs[3], [Fine]);
    assert_eq!(signs[4], [Segno, DalSegno]);
    assert_eq!(signs[5], [Coda]);
}

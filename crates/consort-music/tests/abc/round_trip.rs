//! Writing and reading back.

use std::collections::BTreeMap;

use consort_music::abc;
use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks};
use proptest::prelude::*;

use crate::dice::Dice;
use crate::{difference, read, sounding, tune};

proptest! {
    #![proptest_config(crate::cases(4_000))]

    #[test]
    fn what_is_written_reads_back_equal(seed in any::<u64>()) {
        let score = Dice(seed).score();
        let written = abc::write(&score);
        let mut read = read(&written);
        prop_assert_eq!(read.len(), 1);
        let mut read = read.remove(0);
        for (read, measure) in read.measures.iter_mut().zip(&score.measures) {
            read.number.clone_from(&measure.number);
        }
        let read = read.at_resolution(score.resolution);
        let read = read.unwrap_or(Score::new(score.resolution));
        prop_assert!(read == score, "{}\n{}", difference(&read, &score), written);
    }

    #[test]
    fn a_soup_of_signs_settles_after_one_writing(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 1..60),
    ) {
        let text = format!("X:1\nM:6/8\nK:D\n{}\n", pieces.concat());
        for score in read(&text) {
            let written = abc::write(&score);
            let mut again = read(&written);
            prop_assert_eq!(again.len(), 1, "{}", written);
            let again = again.remove(0);
            let common = score.resolution.common(again.resolution).unwrap();
            let (heard, meant) = (heard_in_all(&again, common), heard_in_all(&score, common));
            prop_assert_eq!(heard, meant, "\n{}\n{}", text, written);
            let twice = abc::write(&again);
            let third = read(&twice).remove(0);
            let message = difference(&third, &again);
            prop_assert!(third == again, "{}\n{}\n{}\n{}", message, text, written, twice);
        }
    }
}

/// Found by fuzzing.
#[test]
fn odd_tunes_settle_after_one_writing() {
    for text in [
        // Lengths with more digits than a million has.
        "X:1\nK:C\na/1048576 z2621441/1048576 (5:4:2b/2a524283/4194304|(3abc z8|\n",
        // Longer than a thousand whole notes.
        "X:1\nK:C\nV:1\nz8002|\nV:2\nb2 a8000!ped-up!|\n",
        // Longer than ten million.
        "X:1\nK:C\na70000000 b20000000>c20000000 {d}c|e\n",
        // Rests that the file may not have any more.
        "X:1\nK:C\nZ22222TZe\n",
        // Words before the music, and a brace that turns the voices round.
        "X:1\nV:RH2\nw:\n%%score {RH1 RH2}\nK:Cm\nV:RH1\ng\n",
        "X:1\nK:F\nV:LH\nK:\n%%score {RH1 LH}\nV:RH1\ng\n",
        // A key of a part alone that begins later.
        "X:1\nK:\n=\nK:D\nV:H\nC\nK:\n",
        // Pedals of two voices on a staff.
        "X:1\n%%score {(RH1 RH2}\nK:C\nV:RH1\n!ped!f\nV:RH2\n!ped!C\n",
        // A second ending twice, and parts that begin with endings.
        "X:1\nK:C\n|:[1b:|[2f|B|c\nP:B\n[2e\n",
        "X:1\nK:C\nc:|[2d\nP:B\n[2f\nP:B\n[4e\n",
        // Labels before repeats.
        "X:1\nK:C\n|:c:|d\nT:\nP:B\n|:B:|D|\n",
    ] {
        let written = abc::write(&read(text)[0]);
        assert_eq!(abc::write(&read(&written)[0]), written, "{text}");
    }
}

#[test]
fn lengths_are_exact_however_long_or_fine() {
    let text = "X:1\nT:\nM:none\nL:1/8\nK:none\nz40000 a20000 c2621441/1048576 z/8388608 |\n";
    assert_eq!(abc::write(&read(text)[0]), text);
}

#[test]
fn the_label_of_a_part_stands_before_the_repeat_that_begins_it() {
    let text = "X:1\nT:\nM:2/4\nL:1/8\nK:C\n[P:A] |: c4 :| [P:B] |: d4 :|\n";
    assert_eq!(abc::write(&read(text)[0]), text);
    let within = text.replace("[P:B] |:", "|: [P:B]");
    assert_eq!(read(&within), read(text));
}

/// When notes of each pitch begin, and how long they last together. Ties of voices in unison may be
/// joined in more than one way.
fn heard_in_all(score: &Score, resolution: Resolution) -> BTreeMap<u8, (Vec<Ticks>, Ticks)> {
    let mut heard: BTreeMap<u8, (Vec<Ticks>, Ticks)> = BTreeMap::new();
    let score = score.at_resolution(resolution).unwrap();
    for note in score.parts.iter().flat_map(Part::sounding) {
        let (onsets, sum) = heard.entry(note.pitch.midi()).or_default();
        onsets.push(note.onset);
        *sum += note.duration;
    }
    heard
        .values_mut()
        .for_each(|(onsets, _)| onsets.sort_unstable());
    heard
}

/// Whatever may stand in a tune.
const PIECES: &[&str] = &[
    "A",
    "^c",
    "_e'",
    "=F,",
    "B2",
    "c/",
    "d3/2",
    "(3",
    "(3:2:2",
    "(5:4",
    "-",
    ">",
    "<<",
    "(",
    ")",
    "{g}",
    "{/ab}",
    "[CE]",
    "[c-e]2",
    "z",
    "z3",
    "x2",
    "Z2",
    "y",
    "|",
    "||",
    "|]",
    "[|]",
    "|:",
    ":|",
    "::",
    "|1 ",
    ":|2 ",
    "[1 ",
    "[2,3 ",
    "&",
    "\"Am\"",
    "\"^up\"",
    "\"Fine\"",
    "!f!",
    "!trill!",
    "!segno!",
    "!D.C.!",
    "!coda!",
    "!fine!",
    ".",
    "~",
    "H",
    "T",
    "S",
    "[K:Gm]",
    "[K:clef=bass]",
    "[M:3/4]",
    "[M:none]",
    "[L:1/16]",
    "[Q:1/4=90]",
    "[P:A]",
    "[V:2]",
    "[V:1]",
    "\n",
    "\nK:Eb\n",
    "\nP:B\n",
    "\nw:la-la la_ *|la\n",
    "\nw:\n",
    "\ns:!p! * \"G\"\n",
    "\nV:3 transpose=2\n",
    "\n%%MIDI program 9\n",
    "\nT:more\n",
    "\nN:note\n",
    "\nW:words\n",
    " ",
    "  ",
    ":",
    "]",
    "}",
    "+CE+",
    "\"\\u0041\"",
    "\\\n",
    "k",
    "9",
    "K:A\n",
    "c11",
    "c//",
    "^^g",
    "__b",
    "\n%%score {1 2}\n",
];

#[test]
fn numbers_of_tunes_are_distinct() {
    let scores = [
        tune("c|"),
        tune("d|"),
        read("X:7\nK:C\ne|\n").remove(0),
        tune("f|"),
    ];
    let written = abc::write_all(&scores);
    let numbers: Vec<&str> = written
        .lines()
        .filter_map(|l| l.strip_prefix("X:"))
        .collect();
    assert_eq!(numbers, ["1", "2", "7", "8"]);
    assert_eq!(read(&written).len(), 4);
}

#[test]
fn notes_over_a_bar_line_are_cut_and_tied() {
    let mut score = tune("c4|d4|");
    let quarter = score.resolution.quarter();
    score.parts[0].notes.truncate(1);
    score.parts[0].notes[0].duration = quarter * 6;
    let again = read(&abc::write(&score)).remove(0);
    assert_eq!(sounding(&again), sounding(&score));
    assert_eq!(again.parts[0].notes.len(), 2);
}

#[test]
fn notes_that_overlap_in_a_voice_all_sound() {
    let mut score = tune("c4|");
    let quarter = score.resolution.quarter();
    let mut second = Note::new(quarter, quarter * 2, Pitch::MIDDLE_C);
    second.spelling = None;
    score.parts[0].notes.push(second);
    let again = read(&abc::write(&score)).remove(0);
    assert_eq!(sounding(&again), sounding(&score));
    assert_eq!(again.parts[0].notes[1].voice, 2);
    assert!(again.parts[0].notes[1].spelling.is_some());
}

#[test]
fn parts_without_music_stay() {
    let score = read("X:1\nL:1/8\nK:C\nV:1 name=\"S\"\nV:2 name=\"A\"\n").remove(0);
    assert_eq!((score.parts.len(), score.measures.len()), (2, 0));
    assert_eq!(read(&abc::write(&score)), [score]);
}

#[test]
fn a_score_without_measures_is_written() {
    let mut score = Score::new(Resolution::new(1).unwrap());
    assert_eq!(read(&abc::write(&score)).len(), 1);
    score.parts.push(Part {
        notes: vec![Note::new(Ticks(3), Ticks(2), Pitch::MIDDLE_C)],
        ..Part::default()
    });
    let again = read(&abc::write(&score)).remove(0);
    assert_eq!(sounding(&again), sounding(&score));
}

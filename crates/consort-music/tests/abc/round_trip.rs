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

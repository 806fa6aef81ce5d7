//! Repeats played out: which measures are played when, and what goes along with them.

use consort_music::format::{self, Format};
use consort_music::score::{Clef, ClefChange, Navigation};
use consort_music::unfold::PLAYS_MAX;
use consort_music::{Measure, Metre, Note, Part, Pitch, Resolution, Score, Ticks, abc, midi};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A tune in 4/4 and C major with the unit length 1/4.
fn tune(music: &str) -> Score {
    let text = format!("X:1\nM:4/4\nL:1/4\nK:C\n{music}\n");
    let mut tunes = abc::read(text.as_bytes()).expect("it has a key").value;
    tunes.remove(0)
}

/// The sounding notes of `score`, one letter each.
fn letters(score: &Score) -> String {
    let notes = score.parts.iter().flat_map(Part::sounding);
    notes
        .map(|note| char::from(b"c.d.ef.g.a.b"[usize::from(note.pitch.midi() % 12)]))
        .collect()
}

/// What is heard of music in which each measure is one note.
fn heard(music: &str) -> String {
    letters(&tune(music).unfolded())
}

#[test]
fn repeats_and_endings() {
    assert_eq!(heard("|:c4|d4:|e4|]"), "cdcde");
    assert_eq!(heard("|:c4|d4::e4:|f4|]"), "cdcdeef");
    assert_eq!(heard("|:c4|[1d4:|[2e4||f4|]"), "cdcef");
    assert_eq!(heard("|:c4|[1d4|e4:|[2f4|g4|]"), "cdecfg");
    assert_eq!(heard("|:c4|[1,3d4:|[2e4:|[4f4|]"), "cdcecdcf");
    assert_eq!(heard("|::c4|d4::|e4|]"), "cdcdcde");
}

#[test]
fn a_repeat_without_a_start_goes_back_to_the_last_one_or_the_beginning() {
    assert_eq!(heard("c4|d4:|e4|]"), "cdcde");
    assert_eq!(heard("c4|d4:|e4|f4:|"), "cdcdefef");
}

#[test]
fn repeats_within_repeats_are_played_one_after_the_other() {
    let mut score = tune("c4|d4|e4|f4|g4|");
    for (start, end) in [(0, 3), (1, 2)] {
        score.measures[start].repeat_start = true;
        score.measures[end].repeat_end = Some(2);
    }
    assert_eq!(letters(&score.unfolded()), "cdedeffg");
}

#[test]
fn a_repeat_that_never_ends_is_played_once() {
    let mut score = tune("c4|d4|e4|");
    score.measures[1].repeat_start = true;
    assert_eq!(letters(&score.unfolded()), "cde");
}

#[test]
fn jumps() {
    assert_eq!(heard("c4|d4 !fine!|e4|f4 !D.C.!|]"), "cdefcd");
    assert_eq!(heard("c4|!segno!d4 !fine!|e4|f4 !D.S.!|]"), "cdefd");
    assert_eq!(
        heard("c4|!segno!d4|e4 !dacoda!|f4 !D.S.!|!coda!g4|]"),
        "cdefdeg"
    );
    // Each jump once, and without a fine to the end.
    assert_eq!(heard("c4|d4 !D.C.!|e4|]"), "cdcde");
}

#[test]
fn after_a_jump_no_repeat_is_taken_and_the_last_ending_played() {
    assert_eq!(heard("|:c4:|d4 !fine!|e4 !D.C.!|]"), "ccdecd");
    assert_eq!(heard("|:c4|[1d4:|[2e4||f4 !D.C.!|g4|]"), "cdcefcefg");
    // A jump within a repeat waits for its last pass.
    assert_eq!(heard("|:c4 !fine!|d4 !D.C.!:|"), "cdcdc");
    // What follows the coda is new.
    assert_eq!(heard("c4 !dacoda!|d4 !D.C.!|!coda!|:e4:|"), "cdcee",);
}

#[test]
fn labelled_parts_are_played_in_their_order() {
    let score = |order: &str| {
        let text =
            format!("X:1\nP:{order}\nM:4/4\nL:1/4\nK:C\ng4||\nP:A\nc4|d4|]\nP:B\n|:e4|f4:|\n");
        abc::read(text.as_bytes()).unwrap().value.remove(0)
    };
    assert_eq!(letters(&score("ABA").unfolded()), "gcdefefcd");
    assert_eq!(letters(&score("(AB)2").unfolded()), "gcdefefcdefef");
    assert_eq!(letters(&score("XY").unfolded()), "gcdefef");
}

#[test]
fn a_score_that_asks_for_too_much_is_played_as_it_stands() {
    let mut score = tune("c4|d4|e4|");
    score.measures[0].repeat_start = true;
    score.measures[1].repeat_end = Some(64);
    assert_eq!(score.playback_order().len(), 2 * 64 + 1);
    score.measures[1].repeat_end = Some(65);
    assert_eq!(score.playback_order(), [0, 1, 2]);
    let many = format!("X:1\nP:(A{})9\nK:C\nP:A\nc8|\n", "9".repeat(40));
    let many = abc::read(many.as_bytes()).unwrap().value.remove(0);
    assert_eq!(many.playback_order(), [0]);
    let jumps = tune(&"S!D.S.!c4|".repeat(100_000));
    assert_eq!(jumps.playback_order().len(), 100_000);
}

#[test]
fn playing_out_takes_linear_time() {
    // Each measure changes key, tempo and chord, and is a stretch of its own.
    let score = tune(&"|:[K:D][Q:1/4=90]\"D\"d4:||:[K:C][K:clef=bass]c4:|".repeat(10_000));
    let played = score.unfolded();
    assert_eq!(played.measures.len(), 40_000);
    assert_eq!(played.keys.len(), 40_000);
    assert_eq!(played.parts[0].chords.len(), 20_000);
}

#[test]
fn a_pickup_and_its_measure_add_up() {
    // The last measure of the repeat waits for the pickup.
    let score = tune("|:g|c4|d3:|");
    let played = score.unfolded();
    let quarter = score.resolution.quarter();
    assert_eq!(letters(&played), "gcdgcd");
    assert_eq!(played.end(), quarter * 16);
    let starts: Vec<i64> = played
        .measures
        .iter()
        .map(|m| m.start.0 / quarter.0)
        .collect();
    assert_eq!(starts, [0, 1, 5, 8, 9, 13]);
    let numbers: Vec<&str> = played.measures.iter().map(|m| m.number.as_str()).collect();
    assert_eq!(numbers, ["0", "1", "2", "0", "1", "2"]);
}

#[test]
fn a_tie_holds_within_a_pass_and_not_from_one_pass_to_the_next() {
    // Into the first ending it holds; the second one begins anew.
    let score = tune("|:c4-|[1c4:|[2c4|]");
    let quarter = score.resolution.quarter();
    let lengths: Vec<i64> = score.unfolded().parts[0]
        .sounding()
        .iter()
        .map(|note| note.duration.0 / quarter.0)
        .collect();
    assert_eq!(lengths, [8, 4, 4]);
    // A note that lasts beyond the line ends with it where the music goes back, not where it goes on.
    let mut score = tune("|:c4:|d4|");
    score.parts[0].notes[0].duration = quarter * 8;
    let ends: Vec<Ticks> = score.unfolded().parts[0]
        .notes
        .iter()
        .map(Note::end)
        .collect();
    assert_eq!(ends, [quarter * 4, quarter * 12, quarter * 12]);
}

#[test]
fn keys_tempos_and_clefs_are_stated_again_where_the_music_goes_back() {
    let score = tune("|:[Q:1/4=60][K:clef=treble]c4|[K:A][Q:1/4=90][K:clef=bass]d4:|");
    let played = score.unfolded();
    let fifths: Vec<i8> = played.keys.iter().map(|change| change.key.fifths).collect();
    assert_eq!(fifths, [0, 3, 0, 3]);
    let tempos: Vec<f64> = played
        .tempos
        .iter()
        .map(|change| change.tempo.quarters_per_minute())
        .collect();
    assert_eq!(tempos, [60.0, 90.0, 60.0, 90.0]);
    let clefs: Vec<Clef> = played.parts[0]
        .clefs
        .iter()
        .map(|change| change.clef)
        .collect();
    assert_eq!(clefs, [Clef::TREBLE, Clef::BASS, Clef::TREBLE, Clef::BASS]);
}

#[test]
fn all_verses_stay_with_their_notes() {
    let score = tune("|:c4|d4:|\nw: one two\nw: three four");
    let played = score.unfolded();
    let sung: Vec<Vec<&str>> = played.parts[0]
        .notes
        .iter()
        .map(|note| {
            note.lyrics
                .iter()
                .map(|lyric| lyric.text.as_str())
                .collect()
        })
        .collect();
    let (first, second) = (vec!["one", "three"], vec!["two", "four"]);
    assert_eq!(sung, [first.clone(), second.clone(), first, second]);
}

#[test]
fn a_midi_file_sounds_the_repeat() {
    let score = tune("|:c4|[1d4:|[2e4|]");
    let bytes = format::write(&score, Format::Midi);
    let again = midi::read(&bytes).unwrap().value;
    assert_eq!(letters(&again), "cdce");
    let quarter = again.resolution.quarter();
    let onsets: Vec<i64> = again.parts[0]
        .notes
        .iter()
        .map(|note| note.onset.0 / quarter.0)
        .collect();
    assert_eq!(onsets, [0, 4, 8, 12]);
    // MusicXML and ABC have signs for it.
    let bytes = format::write(&score, Format::MusicXml);
    let again = format::read(&bytes, None).unwrap().value;
    assert_eq!(again.playback_order(), score.playback_order());
    assert_eq!(letters(&again), "cde");
}

fn signs() -> impl Strategy<Value = Vec<Navigation>> {
    use Navigation::{Coda, DaCapo, DalSegno, Fine, Segno, ToCoda};
    let all = prop::sample::select(vec![Segno, Coda, ToCoda, Fine, DaCapo, DalSegno]);
    prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(all, 1..3)]
}

/// A measure of 1 to 4 ticks with any signs.
fn measure() -> impl Strategy<Value = Measure> {
    let ends = prop_oneof![3 => Just(None), 1 => (2_u8..5).prop_map(Some)];
    let endings = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(1_u8..5, 1..3)];
    (
        1_i64..5,
        any::<bool>(),
        ends,
        endings,
        any::<bool>(),
        signs(),
    )
        .prop_map(
            |(length, repeat_start, repeat_end, ending_start, ending_stop, navigation)| Measure {
                repeat_start,
                repeat_end,
                ending_start,
                ending_stop,
                navigation,
                ..Measure::new(Ticks::ZERO, Ticks(length), Metre::new(4, 4), String::new())
            },
        )
}

/// Measures one after the other, a note in each, and clefs that change here and there.
fn score(measures: Vec<Measure>, clefs: &[bool]) -> Score {
    let mut score = Score::new(Resolution::new(1).expect("one tick"));
    let mut part = Part::default();
    let mut start = Ticks::ZERO;
    for (index, mut measure) in measures.into_iter().enumerate() {
        measure.start = start;
        let pitch = u8::try_from(index).map(Pitch::try_from);
        let pitch = pitch.expect("few measures").expect("low pitches");
        part.notes.push(Note::new(start, measure.length, pitch));
        if clefs.get(index) == Some(&true) {
            let clef = [Clef::BASS, Clef::ALTO, Clef::TREBLE][index % 3];
            part.clefs.push(ClefChange {
                at: start,
                staff: 1,
                clef,
            });
        }
        start = measure.end();
        score.measures.push(measure);
    }
    score.parts.push(part);
    score
}

fn clef_at(part: &Part, at: Ticks) -> Option<Clef> {
    let before = part.clefs.iter().take_while(|change| change.at <= at);
    before.last().map(|change| change.clef)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(2_000)
    })]

    #[test]
    fn whatever_the_signs_say_the_lengths_add_up(
        measures in prop::collection::vec(measure(), 1..12),
        clefs in prop::collection::vec(any::<bool>(), 12),
    ) {
        let score = score(measures, &clefs);
        let order = score.playback_order();
        let plays = |index: usize| order.iter().filter(|played| **played == index).count();
        let most = (0..score.measures.len()).map(plays).max().unwrap();
        prop_assert!(most <= PLAYS_MAX as usize);
        let played = score.unfolded();
        prop_assert_eq!(played.measures.len(), order.len());
        prop_assert_eq!(played.playback_order(), (0..order.len()).collect::<Vec<_>>());
        let mut to = Ticks::ZERO;
        for (index, measure) in order.iter().zip(&played.measures) {
            let from = &score.measures[*index];
            prop_assert_eq!((measure.start, measure.length), (to, from.length));
            let note = &played.parts[0].notes[played.parts[0].notes.partition_point(|note| note.onset < to)];
            prop_assert_eq!((note.onset, usize::from(note.pitch.midi())), (to, *index));
            prop_assert_eq!(note.duration, from.length);
            let written = clef_at(&score.parts[0], from.start);
            prop_assert!(written.is_none() || clef_at(&played.parts[0], to) == written);
            to = measure.end();
        }
        prop_assert_eq!(played.end(), to);
        let notes = order.len();
        prop_assert_eq!(played.parts[0].notes.len(), notes);
        prop_assert_eq!(&played.unfolded(), &played);
    }
}

//! What stands at notes and rests, and what lasts: in the model and back.

use consort_music::abc;
use consort_music::score::{Grace, Mark, Rest, SpannerKind};
use consort_music::{Key, Message, Mode, Note, Part, Score, Ticks};

use crate::{heard, read, tune, warnings};

/// What is read, after it has been written and read again.
fn settled(music: &str) -> Score {
    let score = tune(music);
    let written = abc::write(&score);
    assert_eq!(read(&written), std::slice::from_ref(&score), "{written}");
    score
}

#[test]
fn grace_notes_with_strokes_and_in_chords() {
    let score = settled("{/g}c {/ga[ce]}d {g}{/a}e");
    let graces = score.parts[0].notes.iter().filter_map(|note| note.grace);
    let shown: Vec<(bool, bool)> = graces.map(|grace| (grace.slash, grace.chord)).collect();
    let (slash, chord) = (true, true);
    assert_eq!(
        shown,
        [
            (slash, false),
            (slash, false),
            (slash, false),
            (slash, false),
            (slash, chord),
            (false, false),
            (slash, false)
        ]
    );
    assert_eq!(
        warnings("{g2a}c")[0],
        "line 5, column 2: the length of a grace note: left out"
    );
}

#[test]
fn a_crossed_stem_between_plain_ones_is_kept() {
    let mut score = tune("c");
    let main = score.parts[0].notes[0].clone();
    let grace = |slash| Note {
        duration: Ticks::ZERO,
        grace: Some(Grace {
            slash,
            chord: false,
        }),
        ..main.clone()
    };
    let graces = [grace(false), grace(true), grace(false)];
    score.parts[0].notes.splice(0..0, graces);
    let written = abc::write(&score);
    assert!(written.contains("{c}{/c}{c}c"), "{written}");
    assert_eq!(read(&written), [score]);
}

#[test]
fn rests_bear_marks() {
    let score = settled("c Hz d2|!breath!z>e z2|HZ|");
    let quarter = score.resolution.quarter();
    let rest = |onset, length, mark: Mark| Rest {
        onset: quarter * onset,
        duration: length,
        voice: 1,
        staff: 1,
        marks: vec![mark],
        lyrics: Vec::new(),
    };
    let expected = [
        rest(1, quarter, Mark::Fermata),
        rest(4, Ticks(quarter.0 * 3 / 2), Mark::Breath),
        rest(8, quarter * 4, Mark::Fermata),
    ];
    assert_eq!(score.parts[0].rests, expected);
    assert!(warnings("c Hz d2|!breath!z>e z2|HZ|").is_empty());
}

#[test]
fn a_fermata_over_a_bar_line_holds_the_rest_before_it() {
    let score = settled("c2 z2 H| c4|");
    assert_eq!(score.parts[0].rests[0].marks, [Mark::Fermata]);
    assert_eq!(
        warnings("c2 z2 H|"),
        ["line 5, column 8: a fermata over a bar line: put on the note or rest before it"]
    );
}

#[test]
fn signs_that_last() {
    let shown = |music: &str| -> Vec<(SpannerKind, i64, i64)> {
        let score = settled(music);
        let quarter = score.resolution.quarter().0;
        let spanners = score.parts[0].spanners.iter();
        spanners
            .map(|s| (s.kind, s.from.0 / quarter, s.to.0 / quarter))
            .collect()
    };
    use SpannerKind::{Crescendo, Diminuendo, Octaves, Pedal, Trill};
    assert_eq!(shown("!<(!cd!<)!ef"), [(Crescendo, 0, 2)]);
    assert_eq!(
        shown("c!crescendo(!d!crescendo)!!>(!e|f4!diminuendo)!|]"),
        [(Crescendo, 1, 2), (Diminuendo, 2, 7)]
    );
    assert_eq!(shown("!trill(!c4|c4!trill)!|"), [(Trill, 0, 8)]);
    assert_eq!(
        shown("!8va(!c'2!8va)!c2|!15mb(!C4|!15mb)!z4|"),
        [(Octaves(1), 0, 2), (Octaves(-2), 4, 8)]
    );
    assert_eq!(
        shown("!ped!cd!ped!ef!ped-up!|"),
        [(Pedal, 0, 2), (Pedal, 2, 4)]
    );
    assert_eq!(shown("c>!<(!d e2!<)!|"), [(Crescendo, 1, 4)]);
    assert_eq!(shown("cdef|\ns: * !<(! !<)! *"), [(Crescendo, 1, 3)]);
    assert_eq!(
        warnings("c!<)!d !>(!e"),
        [
            "line 5, column 2: the end of a sign that never began: left out",
            "line 5, column 8: a sign that never ends: taken to the end of its voice"
        ]
    );
}

#[test]
fn a_key_in_one_voice_is_that_of_its_part() {
    let score = settled("V:1\nV:2\n[V:1]f4|f4|\n[V:2]f4|[K:D]f4|");
    let key = |fifths| Key {
        fifths,
        mode: Mode::Major,
    };
    let keys: Vec<Key> = score.keys.iter().map(|change| change.key).collect();
    assert_eq!(keys, [key(0)]);
    assert!(score.parts[0].keys.is_empty());
    let own: Vec<Key> = score.parts[1].keys.iter().map(|c| c.key).collect();
    assert_eq!(own, [key(0), key(2)]);
    let everywhere = settled("V:1\nV:2\n[V:1]f4|[K:D]f4|\n[V:2]f4|[K:D]f4|");
    assert!(everywhere.parts.iter().all(|part| part.keys.is_empty()));
    // A part that reads in another key sounds in the same one.
    let horn = settled("V:1\nV:2 transpose=-7\n[V:1]f4|\n[V:2][K:G]f4|");
    assert!(horn.parts.iter().all(|part| part.keys.is_empty()));
}

#[test]
fn keys_that_differ_within_a_part_are_told() {
    let text = "%%score {1 2}\nV:1\nV:2\n[V:1]f4|f4|\n[V:2]f4|[K:D]f4|";
    assert_eq!(
        warnings(text),
        [
            "line 9, column 9: voice 2 has a key of its own within its part: its notes sound \
          right, the part keeps that of its first voice"
        ]
    );
}

#[test]
fn programs_and_controllers_within_the_music() {
    let score = settled("%%MIDI program 40\nc4|[I:MIDI program 52]c2 [I:MIDI control 64 127]c2|");
    let part: &Part = &score.parts[0];
    assert_eq!(part.instrument.program, Some(40));
    let quarter = score.resolution.quarter();
    let shown: Vec<_> = part.controls.iter().map(|c| (c.at, &c.message)).collect();
    let pedal = Message::Controller {
        number: 64,
        value: 127,
    };
    assert_eq!(
        shown,
        [(quarter * 4, &Message::Program(52)), (quarter * 6, &pedal)]
    );
}

#[test]
fn macros_stand_for_their_notes() {
    let music = "m:~G2 = G/{A}G/{F}G\nm:~n2 = n/{o}n/{m}n\n~G2 ~c2|\"~G2\"c4|";
    assert_eq!(heard(music), heard("G/{A}G/{F}G c/{d}c/{B}c|c4|"));
    assert!(warnings(music).is_empty());
    let hostile = format!("m:c={}\n{}", "d".repeat(200), "c".repeat(10_000));
    let notes = tune(&hostile).parts[0].notes.len();
    assert!(notes < 50_000, "{notes}");
    assert!(warnings(&hostile)[0].contains("macros that make the file too long"));
}

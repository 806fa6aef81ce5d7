//! What sounds.

use consort_music::Ticks;
use consort_music::score::{DirectionKind, Mark, Navigation, Tuplet};

use crate::{heard, tune, warnings};

#[test]
fn lengths_and_octaves() {
    assert_eq!(
        heard("C,, c'' C2 c/ d// e3/2 f/4"),
        "C2=1 C7=1 C4=2 C5=1/2 D5=1/4 E5=3/2 F5=1/4"
    );
    assert_eq!(heard("c2' D0"), "C6=2 D4=1");
}

#[test]
fn accidentals_hold_for_their_bar_in_all_octaves() {
    assert_eq!(heard("^F f =F f | F"), "F#4=1 F#5=1 F4=1 F5=1 F4=1");
    assert_eq!(heard("__B ^^c"), "A4=1 D5=1");
    let octave = "%%propagate-accidentals octave\n^F f F";
    assert_eq!(heard(octave), "F#4=1 F5=1 F#4=1");
    assert_eq!(heard("%%propagate-accidentals not\n^F F"), "F#4=1 F4=1");
}

#[test]
fn ties_in_any_position() {
    for music in [
        "c4-|c2",
        "c4 -|c2",
        "c4|-c2",
        "c4- | c2",
        "c4-|\nc2",
        "(c4-)|(c2)",
    ] {
        assert_eq!(heard(music), "C5=6", "{music}");
    }
    assert_eq!(heard("^c4-|c2 c"), "C#5=6 C5=1");
    assert_eq!(heard("[ce]2-[ce]"), "C5=3 E5=3");
    assert_eq!(heard("[c-e]2[ce]"), "C5=3 E5=2 E5=1");
    assert_eq!(heard("c2 c2"), "C5=2 C5=2");
    let score = tune("c-c d-e");
    let ties: Vec<_> = score.parts[0]
        .notes
        .iter()
        .map(|n| (n.tied_from, n.tied_to))
        .collect();
    assert_eq!(
        ties,
        [(false, true), (true, false), (false, false), (false, false)]
    );
    assert_eq!(
        warnings("d-e"),
        ["line 5, column 2: a tie to a note that does not follow: let go"]
    );
}

#[test]
fn broken_rhythm_with_things_between() {
    assert_eq!(heard("c>d"), "C5=3/2 D5=1/2");
    assert_eq!(heard("c<<d"), "C5=1/4 D5=7/4");
    assert_eq!(heard("c > d"), "C5=3/2 D5=1/2");
    for between in ["\"D\"", ".", "{g}", "(", "!trill!"] {
        assert_eq!(
            heard(&format!("c>{between}d)")),
            "C5=3/2 D5=1/2",
            "{between}"
        );
    }
    let score = tune("c>\"D\"{g}d c");
    let at = score.resolution.quarter().0 * 3 / 2;
    assert_eq!(score.parts[0].chords[0].at, Ticks(at));
    assert_eq!(score.parts[0].notes[1].onset, Ticks(at));
    assert_eq!(heard("[ce]>z c"), "C5=3/2 E5=3/2 C5=1");
    assert_eq!(heard("c>|d"), "C5=3/2 D5=1/2");
    assert_eq!(heard("c>d/"), "C5=1 D5=1/2");
    assert_eq!(warnings("c>d/").len(), 1);
}

#[test]
fn tuplets_by_number_and_metre() {
    assert_eq!(heard("(3cde f"), "C5=2/3 D5=2/3 E5=2/3 F5=1");
    assert_eq!(heard("(3:2:2c2d f"), "C5=4/3 D5=2/3 F5=1");
    assert_eq!(heard("(3z[ce]d f"), "C5=2/3 E5=2/3 D5=2/3 F5=1");
    assert_eq!(heard("(5cdefg"), "C5=2/5 D5=2/5 E5=2/5 F5=2/5 G5=2/5");
    assert_eq!(
        heard("[M:6/8](2cd (5cdefg").split(' ').nth(2),
        Some("C5=3/5")
    );
    let score = tune("((3cde) f");
    let first = &score.parts[0].notes[0];
    assert_eq!(
        first.tuplet,
        Some(Tuplet {
            actual: 3,
            normal: 2
        })
    );
    assert_eq!(first.marks, [Mark::SlurStart]);
    assert_eq!(score.parts[0].notes[3].tuplet, None);
}

#[test]
fn chords_old_and_new() {
    assert_eq!(heard("[CEG]2 [C/E/]"), "C4=2 E4=2 G4=2 C4=1/2 E4=1/2");
    assert_eq!(heard("+CEG+2 d"), "C4=2 E4=2 G4=2 D5=1");
    assert_eq!(heard("[C2E] d"), "C4=2 E4=1 D5=1");
    assert_eq!(heard("[CE2] d"), "C4=1 E4=1 D5=1");
    assert_eq!(heard("[e2c2(3A/B/c/|"), "C5=2 E5=2 A4=1/3 B4=1/3 C5=1/3");
}

#[test]
fn rests_spacers_and_measures_of_rest() {
    let score = tune("c z x y2 d|Z3|e4|");
    let onsets: Vec<i64> = score.parts[0]
        .notes
        .iter()
        .map(|note| note.onset.0)
        .collect();
    let quarter = score.resolution.quarter().0;
    assert_eq!(onsets, [0, 3 * quarter, 16 * quarter]);
    assert_eq!(score.measures.len(), 5);
    assert_eq!(tune("Z99999999999").measures.len(), 10_000);
}

#[test]
fn grace_notes_take_no_time_and_keep_their_order() {
    let score = tune("{/bag}[ce] {d}");
    let notes = &score.parts[0].notes;
    let shown: Vec<_> = notes
        .iter()
        .map(|n| (n.pitch.to_string(), n.is_grace()))
        .collect();
    let expected = [
        ("B5", true),
        ("A5", true),
        ("G5", true),
        ("C5", false),
        ("E5", false),
        ("D5", true),
    ];
    assert_eq!(
        shown,
        expected.map(|(name, grace)| (name.to_owned(), grace))
    );
    let slashes: Vec<_> = notes
        .iter()
        .filter_map(|n| n.grace)
        .map(|grace| grace.slash)
        .collect();
    assert_eq!(slashes, [true, true, true, false]);
    assert!(
        notes
            .iter()
            .filter(|n| n.is_grace())
            .all(|n| n.duration == Ticks::ZERO)
    );
}

#[test]
fn overlays_sound_together() {
    let score = tune("c2 d2 & e4 | f4");
    assert_eq!(heard("c2 d2 & e4 | f4"), "C5=2 E5=4 D5=2 F5=4");
    let voices: Vec<u8> = score.parts[0].notes.iter().map(|note| note.voice).collect();
    assert_eq!(voices, [1, 2, 1, 1]);
    assert_eq!(score.measures.len(), 2);
}

#[test]
fn decorations_are_marks() {
    let score = tune(".c ~d He !trill!uf | Jg !+!a");
    let marks: Vec<Vec<Mark>> = score.parts[0]
        .notes
        .iter()
        .map(|n| n.marks.clone())
        .collect();
    assert_eq!(marks[0], [Mark::Staccato]);
    assert_eq!(marks[1], [Mark::Other("roll".into())]);
    assert_eq!(marks[2], [Mark::Fermata]);
    assert_eq!(marks[3], [Mark::Trill, Mark::UpBow]);
    assert_eq!(marks[5], [Mark::Other("+".into())]);
    let score = tune("U:W = !wedge!\nU:T=!nil!\nWc");
    assert_eq!(score.parts[0].notes[0].marks, [Mark::Staccatissimo]);
    let held = tune("c2 d2 H|");
    assert!(held.parts[0].notes[1].has_fermata());
}

#[test]
fn strings_are_chords_jumps_dynamics_or_words() {
    let score = tune("\"Am7\"c \"^dolce\"!pp!d \"Slow\"e \"D/f+\"f|\"D.C.\"c4|]");
    let part = &score.parts[0];
    let chords: Vec<&str> = part
        .chords
        .iter()
        .map(|chord| chord.text.as_str())
        .collect();
    assert_eq!(chords, ["Am7", "D/F#"]);
    let kinds: Vec<_> = part
        .directions
        .iter()
        .map(|d| (d.text.as_str(), d.kind))
        .collect();
    let expected = [
        ("dolce", DirectionKind::Words),
        ("pp", DirectionKind::Dynamic),
        ("Slow", DirectionKind::Words),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(score.measures[1].navigation, [Navigation::DaCapo]);
}

#[test]
fn signs_of_symbol_lines() {
    let score = tune("c d e f|g4|\ns: \"C\" * !trill! | !f!");
    let part = &score.parts[0];
    assert_eq!(part.chords[0].text, "C");
    assert_eq!(part.notes[2].marks, [Mark::Trill]);
    assert_eq!(part.directions[0].at, part.notes[4].onset);
}

//! Information fields and directives.

use consort_music::Metre;
use consort_music::abc;
use consort_music::score::Clef;

use crate::{read, sounding, tune};

#[test]
fn keys() {
    let key = |text: &str| {
        let score = read(&format!("X:1\nL:1/4\nK:{text}\nFGABcdef|\n")).remove(0);
        (
            score.keys.first().map(|change| change.key.fifths),
            sounding(&score).join(" "),
        )
    };
    let (fifths, pipes) = key("HP");
    assert_eq!(fifths, Some(2));
    assert_eq!(pipes, key("D").1);
    assert_eq!(key("E Minor"), key("G"));
    assert_eq!(key("none").0, None);
    assert_eq!(key("Am ^f").1, key("G").1);
    assert_eq!(key("C bass").1, key("C").1);
    assert!(key("C treble-8").1.starts_with("0:53:"));
    assert!(key("C transpose=-2").1.starts_with("0:63:"));
    assert!(key("C\n%%MIDI transpose -12").1.starts_with("0:53:"));
    assert!(key("C octave=1").1.starts_with("0:77:"));
}

#[test]
fn unit_length_follows_from_the_metre() {
    let length = |metre: &str| {
        let score = read(&format!("X:1\n{metre}K:C\nc|\n")).remove(0);
        sounding(&score).remove(0)
    };
    assert_eq!(length("M:2/4\n"), "0:72:120");
    assert_eq!(length("M:6/8\n"), "0:72:240");
    assert_eq!(length("M:C|\n"), "0:72:240");
    assert_eq!(length(""), "0:72:240");
    assert_eq!(length("M:2/4\nL:1/2\n"), "0:72:960");
}

#[test]
fn the_file_header_holds_for_all_tunes() {
    let scores = read("M:3/4\nL:1/4\nC:Trad.\n\nX:1\nK:C\nc|\n\nX:2\nC:me\nK:C\nd|\n");
    for score in &scores {
        assert_eq!(score.measures[0].metre, Metre::new(3, 4));
        assert_eq!(score.metadata.composer.as_deref(), Some("Trad."));
        assert_eq!(sounding(score)[0].rsplit(':').next(), Some("480"));
    }
    assert_eq!(
        scores[1].metadata.fields,
        [("X".into(), "2".into()), ("C".into(), "me".into())]
    );
}

#[test]
fn changes_within_the_music() {
    let score = tune("c4|[K:D]f4|[M:3/4][L:1/8]f6|[Q:1/4=60]c6|\nK:F\nb6|");
    let fifths: Vec<i8> = score.keys.iter().map(|change| change.key.fifths).collect();
    assert_eq!(fifths, [0, 2, -1]);
    assert_eq!(score.measures[2].metre, Metre::new(3, 4));
    assert_eq!(score.tempos.len(), 1);
    assert_eq!(score.tempos[0].at, score.measures[3].start);
    let pitches: Vec<u8> = score.parts[0]
        .notes
        .iter()
        .map(|n| n.pitch.midi())
        .collect();
    assert_eq!(pitches, [72, 78, 78, 73, 82]);
}

#[test]
fn without_a_tempo_there_is_none() {
    assert!(tune("c4|").tempos.is_empty());
}

#[test]
fn latin_1_and_carriage_returns() {
    let reading = abc::read(b"X:1\r\nT:\xc9tude\r\nK:C\r\nc|\r\n").unwrap();
    assert_eq!(reading.value[0].metadata.title.as_deref(), Some("Étude"));
    assert!(reading.warnings.is_empty());
}

#[test]
fn voices_staves_and_instruments() {
    let text = "X:1\nM:4/4\nL:1/4\n%%score T {1 2}\nV:T name=\"Tenor\" clef=treble-8\nK:C\n\
                V:T\n%%MIDI program 52\nc4|\n[V:1] e4|\n[V:2 clef=bass] C,4|\n[V:1] f4|\n";
    let score = read(text).remove(0);
    assert_eq!(score.parts.len(), 2);
    let tenor = &score.parts[0];
    assert_eq!(
        (tenor.name.as_str(), tenor.instrument.program),
        ("Tenor", Some(52))
    );
    assert_eq!(tenor.clefs[0].clef, Clef::TREBLE_OCTAVE_DOWN);
    assert_eq!(tenor.notes[0].pitch.midi(), 60);
    let piano = &score.parts[1];
    let staves: Vec<_> = piano.notes.iter().map(|n| (n.staff, n.voice)).collect();
    assert_eq!(staves, [(1, 1), (2, 2), (1, 1)]);
    assert_eq!(score.measures.len(), 2);
}

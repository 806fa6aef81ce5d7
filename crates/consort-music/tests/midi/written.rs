//! Scores made by hand, written and read again.

use consort_music::midi;
use consort_music::score::{
    ChordSymbol, Direction, DirectionKind, Grace, Instrument, KeyChange, Lyric, Measure, Metre,
    Note, Part, Score, Syllabic, TempoChange,
};
use consort_music::{Key, Mode, Pitch, Resolution, Tempo, Ticks, Velocity};

use crate::times;

pub(crate) fn example() -> Score {
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

pub(crate) fn note(onset: i64, duration: i64, midi: u8) -> Note {
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

//! Scores in four parts: what a harmonised chorale is written as, and the Bach chorales.

use std::collections::BTreeSet;
use std::fs;

use consort_music::score::{Barline, KeyChange, Lyric, Mark, Metadata, Syllabic, TempoChange};
use consort_music::{
    Key, Measure, Metre, Mode, Note, Part, Resolution, Score, Spelling, Step, Tempo, Ticks, abc,
    musicxml,
};

use crate::data::{files_below, shared};
use crate::{difference, read, sounding};

/// A pickup and four measures, the third in 3/2 and D major, with a rest in the alto, a tie over the
/// bar line in the tenor, a fermata in all parts, and two verses in the soprano.
fn chorale() -> Score {
    const QUARTER: i64 = 2;
    let mut score = Score::new(Resolution::new(2).unwrap());
    score.metadata = Metadata {
        title: Some("Wach auf, mein Herz".to_owned()),
        composer: Some("nobody".to_owned()),
        fields: vec![("X".to_owned(), "7".to_owned())],
        ..Metadata::default()
    };
    let metres = [(1, 4, 4), (4, 4, 4), (6, 3, 2), (4, 4, 4), (3, 4, 4)];
    let mut start = Ticks::ZERO;
    for (number, (quarters, beats, unit)) in metres.into_iter().enumerate() {
        let length = Ticks(quarters * QUARTER);
        let metre = Metre::new(beats, unit);
        let measure = Measure::new(start, length, metre, number.to_string());
        start = measure.end();
        score.measures.push(measure);
    }
    score.measures[4].barline = Barline::Final;
    let key = |fifths, mode| Key { fifths, mode };
    score.keys = vec![
        KeyChange {
            at: Ticks::ZERO,
            key: key(-1, Mode::Minor),
        },
        KeyChange {
            at: score.measures[2].start,
            key: key(2, Mode::Major),
        },
    ];
    score.tempos = vec![TempoChange {
        at: Ticks::ZERO,
        tempo: Tempo::new(66.0).unwrap(),
    }];
    let chords: [[&str; 4]; 14] = [
        ["A4", "F4", "D4", "D3"],
        ["A4", "E4", "C#4", "A3"],
        ["Bb4", "D4", "D4", "G3"],
        ["A4", "", "E4", "C#3"],
        ["F4", "D4", "A3", "D3"],
        ["F#4", "D4", "A3", "D3"],
        ["E4", "C#4", "A3", "A2"],
        ["D4", "B3", "F#3", "B2"],
        ["A4", "E4", "C#4", "A3"],
        ["G4", "E4", "B3", "E3"],
        ["F#4", "D4", "A3", "D3"],
        ["E4", "C#4", "A3", "A2"],
        ["D4", "A3", "F#3", "D3"],
        ["D4", "B3", "F#3", "B2"],
    ];
    // In quarters; the three halves of the third measure, the last chord of three.
    let lengths = [1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 2, 1];
    for (voice, name) in ["Soprano", "Alto", "Tenor", "Bass"].into_iter().enumerate() {
        let mut part = Part {
            name: name.to_owned(),
            ..Part::default()
        };
        part.instrument.program = Some(52);
        let mut onset = Ticks::ZERO;
        for (chord, quarters) in chords.iter().zip(lengths) {
            let duration = Ticks(quarters * QUARTER);
            if !chord[voice].is_empty() {
                let spelling = spelling(chord[voice]);
                let mut note = Note::new(onset, duration, spelling.pitch().unwrap());
                note.spelling = Some(spelling);
                part.notes.push(note);
            }
            onset += duration;
        }
        assert_eq!(onset, score.end());
        let held = part.notes.len() - 2;
        part.notes[held].marks.push(Mark::Fermata);
        score.parts.push(part);
    }
    let tenor = &mut score.parts[2].notes;
    (tenor[5].tied_to, tenor[6].tied_from) = (true, true);
    let words = [
        (0, 1, "Wach", Syllabic::Single),
        (1, 1, "auf,", Syllabic::Single),
        (2, 1, "mein", Syllabic::Single),
        (3, 1, "Her", Syllabic::Begin),
        (4, 1, "ze", Syllabic::End),
        (0, 2, "Dem", Syllabic::Single),
        (1, 2, "Schöp-fer", Syllabic::Single),
        (3, 2, "al*ler_|~", Syllabic::Single),
    ];
    for (note, verse, text, syllabic) in words {
        score.parts[0].notes[note].lyrics.push(Lyric {
            verse,
            text: text.to_owned(),
            syllabic,
            extend: (note, verse) == (4, 1),
        });
    }
    score
}

fn spelling(name: &str) -> Spelling {
    let mut letters = name.chars();
    let step = Step::from_letter(letters.next().unwrap()).unwrap();
    let rest = letters.as_str();
    let (alter, octave) = match rest.split_at(rest.len() - 1) {
        ("#", octave) => (1, octave),
        ("b", octave) => (-1, octave),
        (_, octave) => (0, octave),
    };
    Spelling {
        step,
        alter,
        octave: octave.parse().unwrap(),
    }
}

#[test]
fn a_chorale_reads_back_equal() {
    let score = chorale();
    let written = abc::write(&score);
    let reading = abc::read(written.as_bytes()).unwrap();
    assert_eq!(reading.warnings, []);
    let again = reading.value[0].at_resolution(score.resolution).unwrap();
    assert!(again == score, "{}\n{written}", difference(&again, &score));
}

#[test]
fn a_chorale_is_written_as_four_voices_that_take_turns() {
    let written = abc::write(&chorale());
    let lines: Vec<&str> = written.lines().collect();
    let voices = |tag: &str| lines.iter().filter(|line| line.starts_with(tag)).count();
    assert_eq!(voices("V:1 name=\"Soprano\""), 1, "{written}");
    for voice in 1..=4 {
        assert_eq!(voices(&format!("[V:{voice}]")), 2, "{written}");
    }
    // Two verses, and the last syllable of the first one drawn out over the second line.
    assert_eq!(voices("w:"), 3, "{written}");
}

/// All but what ABC cannot say, in one form.
fn normal(score: &Score) -> Score {
    let mut score = score.clone();
    // A tune has a number, and a repeat a sign where it begins.
    score.metadata.fields.retain(|(name, _)| name != "X");
    for measure in &mut score.measures {
        measure.repeat_start = false;
        measure.number.clear();
    }
    // Which of several keys is the score's and which are of parts alone is a matter of taste.
    for part in &mut score.parts {
        if part.keys.is_empty() {
            part.keys.clone_from(&score.keys);
        }
    }
    score.keys.clear();
    for part in &mut score.parts {
        // What the writer of ABC does not say yet.
        part.controls.clear();
        part.keys.clear();
        part.rests.clear();
        part.spanners.clear();
        for note in &mut part.notes {
            note.grace = note.grace.map(|_| consort_music::score::Grace::default());
        }
        // Voices are counted from 1 without a gap.
        let voices: BTreeSet<(u8, u8)> = part
            .notes
            .iter()
            .map(|note| (note.staff, note.voice))
            .collect();
        for note in &mut part.notes {
            let before = voices.range(..(note.staff, note.voice)).count();
            note.voice = u8::try_from(before + 1).unwrap();
            // Some sources begin words that they never end.
            for lyric in &mut note.lyrics {
                lyric.syllabic = Syllabic::Single;
            }
        }
    }
    score
}

#[test]
fn bachs_chorales_pass_through() {
    let Some(data) = shared() else { return };
    let mut ties_let_go = Vec::new();
    let files: Vec<_> = files_below(&data.join("bach-chorales-music21"), &["mxl", "xml"]);
    assert_eq!(files.len(), 410);
    for path in files {
        let score = musicxml::read(&fs::read(&path).unwrap()).unwrap().value;
        let again = read(&abc::write(&score)).remove(0);
        let common = score.resolution.common(again.resolution).unwrap();
        let score = score.at_resolution(common).unwrap();
        let again = again.at_resolution(common).unwrap();
        assert_eq!(sounding(&again), sounding(&score), "{}", path.display());
        assert_eq!(
            again.playback_order(),
            score.playback_order(),
            "{}",
            path.display()
        );
        let (again, score) = (normal(&again), normal(&score));
        if again != score {
            ties_let_go.push(format!("{}", path.display()));
            let shown = difference(&again, &score);
            assert!(
                shown.contains("tied_to: true"),
                "{}: {shown}",
                path.display()
            );
        }
    }
    // One source ties a note to one that does not follow.
    assert_eq!(ties_let_go.len(), 1, "{ties_let_go:?}");
}

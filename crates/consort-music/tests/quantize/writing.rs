//! What musicians would write.

use consort_music::quantize::{Grid, Quantization, Signature, Voices};
use consort_music::score::{Instrument, KeyChange};
use consort_music::{Key, Metre, Mode, Note, Part, Pitch, Resolution, Score, Ticks, abc, musicxml};

fn score(notes: &[(i64, i64, u8)]) -> Score {
    let note = |&(onset, length, pitch): &(i64, i64, u8)| {
        let pitch = Pitch::try_from(pitch).expect("a pitch of MIDI");
        Note::new(Ticks(onset), Ticks(length), pitch)
    };
    let mut score = Score::new(Resolution::MIDI);
    score.parts = vec![Part {
        notes: notes.iter().map(note).collect(),
        ..Part::default()
    }];
    score
}

/// Onset, duration, voice, staff and tuplet, in ticks of a 480th of a quarter note.
fn written(score: &Score) -> Vec<(i64, i64, u8, u8, Option<u8>)> {
    assert_eq!(score.resolution, Resolution::MIDI);
    let notes = score.parts.iter().flat_map(|part| &part.notes);
    notes
        .map(|note| {
            let tuplet = note.tuplet.map(|tuplet| tuplet.actual);
            (
                note.onset.0,
                note.duration.0,
                note.voice,
                note.staff,
                tuplet,
            )
        })
        .collect()
}

#[test]
fn triplets_and_eighths_are_told_apart() {
    let played = [
        (10, 150, 60),
        (150, 160, 62),
        (330, 140, 64),
        (470, 230, 65),
        (730, 220, 64),
        (950, 470, 60),
    ];
    let found = score(&played)
        .quantized(&Quantization::default())
        .value
        .score;
    let expected = [
        (0, 160, 1, 1, Some(3)),
        (160, 160, 1, 1, Some(3)),
        (320, 160, 1, 1, Some(3)),
        (480, 240, 1, 1, None),
        (720, 240, 1, 1, None),
        (960, 480, 1, 1, None),
    ];
    assert_eq!(written(&found), expected);
    let plain = Quantization {
        grid: Grid::plain(16),
        ..Quantization::default()
    };
    let found = score(&played).quantized(&plain).value.score;
    assert!(
        written(&found)
            .iter()
            .all(|note| note.0 % 120 == 0 && note.4.is_none())
    );
}

#[test]
fn short_notes_are_no_clouds_of_rests() {
    let staccato: Vec<_> = (0..16)
        .map(|index| (index * 240 + index % 3 * 4, 118 + index % 5 * 3, 60))
        .collect();
    let found = score(&staccato)
        .quantized(&Quantization::default())
        .value
        .score;
    assert!(written(&found)[..15].iter().all(|note| note.1 == 240));
    // But a rest among notes that are held is one.
    let mut held: Vec<_> = (0..16)
        .map(|index| (index * 240 + index % 3 * 4, 214 + index % 5 * 3, 60))
        .collect();
    held.remove(6);
    let found = score(&held).quantized(&Quantization::default()).value.score;
    assert_eq!(written(&found)[5].1, 240);
    assert!(written(&found)[..14].iter().all(|note| note.1 == 240));
}

#[test]
fn chords_stand_together_and_lines_apart() {
    let played = [
        (3, 900, 48),
        (0, 460, 64),
        (12, 450, 67),
        (485, 440, 65),
        (478, 455, 69),
        (958, 930, 43),
        (962, 455, 62),
        (955, 460, 67),
        (1445, 450, 64),
        (1440, 460, 67),
    ];
    let mut sorted = played;
    sorted.sort_unstable();
    let quantization = Quantization {
        hands: false,
        ..Quantization::default()
    };
    let found = score(&sorted).quantized(&quantization).value.score;
    for note in &found.parts[0].notes {
        let low = note.pitch.midi() < 50;
        assert_eq!(
            (note.voice, note.duration.0),
            if low { (2, 960) } else { (1, 480) }
        );
    }
    let lines = Quantization {
        voices: Voices::Lines(3),
        ..quantization
    };
    let found = score(&sorted).quantized(&lines).value.score;
    let of = |voice: u8| -> Vec<u8> {
        let notes = found.parts[0]
            .notes
            .iter()
            .filter(|note| note.voice == voice);
        notes.map(|note| note.pitch.midi()).collect()
    };
    assert_eq!(
        (of(1), of(2), of(3)),
        (vec![67, 69, 67, 67], vec![64, 65, 62, 64], vec![48, 43])
    );
}

#[test]
fn a_piano_has_two_staves() {
    let both: Vec<_> = (0..16)
        .flat_map(|beat| {
            let at = beat * 480;
            [
                (at, 470, 40 + (beat % 4) as u8),
                (at, 470, 47),
                (at, 230, 72),
                (at + 240, 230, 76),
            ]
        })
        .collect();
    let mut piano = score(&both);
    piano.parts[0].instrument = Instrument {
        program: Some(0),
        percussion: false,
    };
    let found = piano.quantized(&Quantization::default()).value.score;
    for note in &found.parts[0].notes {
        assert_eq!(note.staff, if note.pitch.midi() < 60 { 2 } else { 1 });
        assert_eq!(note.voice, if note.staff == 2 { 3 } else { 1 });
    }
    piano.parts[0].instrument.program = Some(40);
    let violin = piano.quantized(&Quantization::default()).value.score;
    assert!(violin.parts[0].notes.iter().all(|note| note.staff == 1));
}

#[test]
fn what_is_faster_than_the_grid_is_a_grace_note() {
    let played = [
        (0, 470, 60),
        (440, 38, 62),
        (480, 470, 64),
        (960, 480, 60),
        (1440, 480, 60),
    ];
    let found = score(&played).quantized(&Quantization::default()).value;
    assert_eq!(found.graces, 1);
    let grace = &found.score.parts[0].notes[1];
    assert!(grace.is_grace() && grace.onset == Ticks(480) && grace.pitch.midi() == 62);
    assert_eq!(grace.played.unwrap().delay, Ticks(-40));
    assert_eq!(found.score.parts[0].notes[0].duration, Ticks(480));
}

#[test]
fn pitches_are_spelled_from_the_key() {
    let scale: Vec<_> = [60_u8, 62, 63, 65, 67, 68, 70, 72, 67, 63, 60, 66]
        .iter()
        .zip(0..)
        .map(|(&pitch, index)| (index * 480, 480, pitch))
        .collect();
    let found = score(&scale)
        .quantized(&Quantization::default())
        .value
        .score;
    let c_minor = Key {
        fifths: -3,
        mode: Mode::Minor,
    };
    assert_eq!(
        found.keys,
        [KeyChange {
            at: Ticks(0),
            key: c_minor
        }]
    );
    let names: Vec<String> = found.parts[0]
        .notes
        .iter()
        .map(|note| note.spelling.unwrap().to_string())
        .collect();
    assert_eq!(names[2], "Eb4");
    assert_eq!(names[11], "F#4");
    let mut stated = score(&scale);
    stated.keys = vec![KeyChange {
        at: Ticks(0),
        key: Key {
            fifths: 4,
            mode: Mode::Major,
        },
    }];
    let found = stated.quantized(&Quantization::default()).value.score;
    assert_eq!(found.parts[0].notes[2].spelling.unwrap().to_string(), "D#4");
}

#[test]
fn a_waltz_with_a_pickup_is_one() {
    let mut notes = vec![(0, 480, 67)];
    for bar in 0..12_i64 {
        let at = 480 + bar * 1440;
        let root = [48, 43, 41, 43][(bar % 4) as usize];
        notes.extend([
            (at, 480, root),
            (at, 960, root + 28),
            (at + 480, 480, 64),
            (at + 960, 480, 64),
            (at + 960, 480, root + 26),
        ]);
    }
    let quantization = Quantization {
        metre: Signature::Infer,
        ..Quantization::default()
    };
    let found = score(&notes).quantized(&quantization).value.score;
    assert_eq!(found.measures[0].length, Ticks(480));
    assert_eq!(found.measures[0].number, "0");
    assert!(
        found
            .measures
            .iter()
            .all(|measure| measure.metre == Metre::new(3, 4))
    );
    assert_eq!(found.measures[1].length, Ticks(1440));
}

#[test]
fn free_playing_is_told() {
    let mut at = 0;
    let free: Vec<_> = (0..200_i64)
        .map(|index| {
            at += 300 + index * index * 131 % 577;
            (at, 250, 60)
        })
        .collect();
    let warnings = score(&free).quantized(&Quantization::default()).warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.message.contains("follow the beat")),
        "{warnings:?}"
    );
}

#[test]
fn writers_take_it_as_it_is() {
    let played = [
        (10, 150, 60),
        (150, 160, 62),
        (330, 140, 64),
        (470, 480, 65),
        (965, 950, 64),
        (1925, 1400, 60),
    ];
    let mut score = score(&played);
    score.measures = (0..2_i64)
        .map(|index| {
            let start = Ticks(index * 1920);
            consort_music::Measure::new(
                start,
                Ticks(1920),
                Some(Metre::COMMON),
                (index + 1).to_string(),
            )
        })
        .collect();
    let mut found = score.quantized(&Quantization::default()).value.score;
    found.parts[0]
        .notes
        .iter_mut()
        .for_each(|note| note.played = None);
    let heads = musicxml::as_written(&found);
    assert_eq!(heads.parts[0].notes, found.parts[0].notes);
    let text = abc::write(&found);
    assert!(text.contains("(3"), "{text}");
}

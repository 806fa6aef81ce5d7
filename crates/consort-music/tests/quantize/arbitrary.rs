//! What holds for all input.

use consort_music::performance::played;
use consort_music::quantize::{Grid, Quantization, Quantized, Signature, Voices};
use consort_music::score::{Grace, Instrument};
use consort_music::{
    Measure, Metre, Note, Part, Pitch, Played, Resolution, Score, Tempo, Ticks, midi,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn note() -> impl Strategy<Value = Note> {
    let times = (0..4000_i64, 0..1500_i64);
    let played = proptest::option::weighted(0.2, (-60..60_i64, 1..900_i64));
    (times, 36..90_u8, 1..4_u8, played, 0..20_u8).prop_map(
        |((onset, length), pitch, voice, played, kind)| {
            let pitch = Pitch::try_from(pitch).expect("a pitch of MIDI");
            let played = played.map(|(delay, duration)| Played {
                delay: Ticks(delay),
                duration: Ticks(duration),
            });
            Note {
                voice,
                played,
                tied_to: kind == 1,
                tied_from: kind == 2,
                grace: (kind == 3).then(Grace::default),
                ..Note::new(
                    Ticks(onset),
                    Ticks(if kind == 3 { 0 } else { length }),
                    pitch,
                )
            }
        },
    )
}

fn score() -> impl Strategy<Value = Score> {
    let resolutions = prop_oneof![
        Just(1_u32),
        Just(2),
        Just(24),
        Just(96),
        Just(480),
        Just(1 << 24),
        Just(16_777_213),
        1..2000_u32
    ];
    let metres = prop_oneof![
        Just(None),
        Just(Metre::new(4, 4)),
        Just(Metre::new(3, 4)),
        Just(Metre::new(6, 8)),
        Just(Metre::new(7, 8)),
        Just(Metre::new(2, 2)),
        Just(Metre::new(5, 16)),
    ];
    let parts = proptest::collection::vec(
        (
            proptest::collection::vec(note(), 0..40),
            any::<bool>(),
            0..3_u8,
        ),
        0..3,
    );
    (resolutions, metres, 0..3000_i64, parts, any::<bool>()).prop_map(
        |(resolution, metre, pickup, parts, scaled)| {
            let resolution = Resolution::new(resolution).expect("within range");
            let mut score = Score::new(resolution);
            // Either ticks as they come or as fractions of a quarter note.
            let quarter = resolution.quarter().0;
            let scale = |time: i64| if scaled { time * quarter / 480 } else { time };
            for (mut notes, percussion, program) in parts {
                for note in &mut notes {
                    note.onset = Ticks(scale(note.onset.0));
                    note.duration = Ticks(scale(note.duration.0));
                }
                let mut part = Part {
                    notes,
                    ..Part::default()
                };
                part.instrument = Instrument {
                    program: Some(program * 20),
                    percussion,
                };
                part.sort();
                score.parts.push(part);
            }
            let full = metre.and_then(|metre| metre.length(resolution));
            let length = full.unwrap_or(Ticks(quarter * 4));
            let first = Ticks(pickup).min(length);
            let mut at = Ticks::ZERO;
            for number in 0..6 {
                let length = if number == 0 { first } else { length };
                score
                    .measures
                    .push(Measure::new(at, length, metre, number.to_string()));
                at += length;
            }
            score
        },
    )
}

fn quantization() -> impl Strategy<Value = Quantization> {
    let grid = (0..5_usize, 0..8_u8).prop_map(|(shortest, bits)| Grid {
        shortest: [4, 8, 16, 32, 64][shortest],
        triplets: bits & 1 > 0,
        quintuplets: bits & 2 > 0,
        septuplets: bits & 4 > 0,
    });
    let signature = || prop_oneof![Just(Signature::Keep), Just(Signature::Infer)];
    let voices = prop_oneof![
        Just(Voices::Keep),
        (0..10_u8).prop_map(Voices::Chords),
        (0..10_u8).prop_map(Voices::Lines),
    ];
    let rest = (voices, any::<bool>(), any::<bool>());
    (grid, signature(), signature(), rest).prop_map(
        |(grid, metre, key, (voices, hands, keep_performance))| Quantization {
            grid,
            metre,
            key,
            voices,
            hands,
            keep_performance,
        },
    )
}

/// What sounds, in ticks of `resolution`, of notes that are no grace notes without a time.
fn sounding(score: &Score, resolution: Resolution) -> Vec<Vec<(i64, i64, u8)>> {
    let times = i64::from(resolution.ticks_per_quarter() / score.resolution.ticks_per_quarter());
    let of_part = |part: &Part| {
        let mut notes: Vec<(i64, i64, u8)> = played(part, score.resolution)
            .iter()
            .map(|note| (note.onset.0 * times, note.end.0 * times, note.pitch.midi()))
            .collect();
        notes.sort_unstable();
        notes
    };
    score.parts.iter().map(of_part).collect()
}

/// How many heads there are, tied ones counted once.
fn heads(score: &Score) -> usize {
    let graces = |part: &Part| {
        part.notes
            .iter()
            .filter(|note| note.is_grace() || note.duration <= Ticks::ZERO)
            .count()
    };
    score
        .parts
        .iter()
        .map(|part| part.sounding().len() + graces(part))
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_note_is_lost(score in score(), quantization in quantization()) {
        let Quantized { score: found, notes, graces, .. } = score.quantized(&quantization).value;
        prop_assert_eq!(heads(&found), heads(&score));
        prop_assert_eq!(notes, heads(&score));
        prop_assert!(graces <= notes);
        let pitches = |score: &Score| -> Vec<usize> {
            (0..128).map(|pitch| {
                let parts = score.parts.iter();
                let notes = parts.flat_map(|part| part.sounding()).filter(|note| note.pitch.midi() == pitch);
                notes.count()
            }).collect()
        };
        if graces == 0 && score.parts.iter().flat_map(|part| &part.notes).all(|note| !note.is_grace()) {
            prop_assert_eq!(pitches(&found), pitches(&score));
        }
    }

    #[test]
    fn quantising_again_changes_nothing(score in score(), quantization in quantization()) {
        let quantization = Quantization { keep_performance: true, ..quantization };
        let once = score.quantized(&quantization).value.score;
        let twice = once.quantized(&quantization).value.score;
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn it_sounds_as_before(mut score in score(), quantization in quantization()) {
        let quantization = Quantization { keep_performance: true, ..quantization };
        // When grace notes without a time of their own sound is the writer's choice.
        for part in &mut score.parts {
            part.notes.retain(|note| !note.is_grace() || note.played.is_some());
        }
        let found = score.quantized(&quantization).value.score;
        if found.resolution.ticks_per_quarter().is_multiple_of(score.resolution.ticks_per_quarter()) {
            prop_assert_eq!(sounding(&found, found.resolution), sounding(&score, found.resolution));
        }
    }

    #[test]
    fn every_note_is_on_the_grid(score in score(), quantization in quantization()) {
        let quantization = Quantization { metre: Signature::Keep, ..quantization };
        let found = score.quantized(&quantization).value.score;
        let quarter = found.resolution.quarter();
        let grid = quantization.grid;
        let tuplets = [(grid.triplets, 3), (grid.quintuplets, 5), (grid.septuplets, 7)];
        let plain = i64::from(grid.shortest.max(8)) / 4;
        for note in found.parts.iter().flat_map(|part| &part.notes) {
            let length = note.duration > Ticks::ZERO;
            for time in [Some(note.onset), length.then_some(note.end())].into_iter().flatten() {
                let measure = found.measures.iter().rev().find(|measure| measure.start <= time && measure.length > Ticks::ZERO);
                let (start, end, unit) = measure.map_or((Ticks::ZERO, Ticks::ZERO, 4), |measure| {
                    (measure.start, measure.end(), measure.metre.map_or(4, |metre| metre.unit))
                });
                // A first measure that is short is counted from its end.
                let origins = [start, end];
                let parts = plain.max(i64::from(unit) / 4);
                let on = |parts: i64| origins.iter().any(|&origin| (time - origin).0.abs() * parts % quarter.0 == 0);
                let on_grid = on(parts) || tuplets.iter().any(|&(allowed, times)| allowed && on(parts * times));
                prop_assert!(on_grid, "{time} from {start} of {quarter} with {grid}");
            }
        }
    }

    #[test]
    fn what_is_written_exactly_stays(steps in proptest::collection::vec((1..5_i64, 1..5_i64, 48..80_u8), 1..60)) {
        let mut score = Score::new(Resolution::new(4).unwrap());
        let mut at = 0;
        let mut part = Part::default();
        for (length, rest, pitch) in steps {
            part.notes.push(Note::new(Ticks(at), Ticks(length), Pitch::try_from(pitch).unwrap()));
            at += length + if rest == 1 { 2 } else { 0 };
        }
        score.parts.push(part);
        let found = score.quantized(&Quantization { hands: false, ..Quantization::default() }).value;
        prop_assert_eq!(found.moved, 0);
        prop_assert_eq!(found.score.resolution, score.resolution);
        for (own, other) in score.parts[0].notes.iter().zip(&found.score.parts[0].notes) {
            prop_assert_eq!((own.onset, own.duration, own.pitch), (other.onset, other.duration, other.pitch));
            prop_assert_eq!((other.voice, other.played, other.tuplet), (1, None, None));
        }
    }

    #[test]
    fn beats_keep_the_time(score in score(), gaps in proptest::collection::vec(0.2..1.5_f64, 2..20)) {
        let mut at = 0.0;
        let beats: Vec<f64> = gaps.iter().map(|gap| { at += gap; at }).collect();
        let mut score = score;
        score.parts.iter_mut().flat_map(|part| &mut part.notes).for_each(|note| note.played = None);
        let laid = score.on_beats(&beats).unwrap();
        let seconds = |score: &Score| -> Vec<f64> {
            let notes = score.parts.iter().flat_map(|part| &part.notes);
            notes.map(|note| score.seconds_at(note.onset)).collect()
        };
        // Everything moves by as much as the music begins earlier than before.
        let (own, found) = (seconds(&score), seconds(&laid));
        if let (Some(a), Some(b)) = (own.first(), found.first()) {
            let shift = b - a;
            for (own, found) in own.iter().zip(&found) {
                prop_assert!((found - own - shift).abs() < 0.01, "{own} {found} {shift}");
            }
        }
    }
}

#[test]
fn extremes_come_to_an_end() {
    let quantize = |score: &Score| {
        for metre in [Signature::Keep, Signature::Infer] {
            let quantization = Quantization {
                metre,
                ..Quantization::default()
            };
            let found = score.quantized(&quantization).value;
            assert_eq!(found.notes, heads(score));
        }
    };
    quantize(&Score::new(Resolution::MIDI));
    let with = |notes: Vec<Note>| {
        let mut score = Score::new(Resolution::MIDI);
        score.parts = vec![Part {
            notes,
            ..Part::default()
        }];
        score.parts[0].sort();
        score
    };
    let pitch = |index: i64| Pitch::try_from(index.rem_euclid(128)).unwrap();
    quantize(&with(
        (0..100_000)
            .map(|index| Note::new(Ticks(7), Ticks(index), pitch(index)))
            .collect(),
    ));
    quantize(&with(
        (0..100_000)
            .map(|index| Note::new(Ticks(index), Ticks(3), pitch(index)))
            .collect(),
    ));
    quantize(&with(vec![
        Note::new(Ticks(0), Ticks(1 << 60), Pitch::MIDDLE_C),
        Note::new(Ticks(1 << 58), Ticks(1), Pitch::MIDDLE_C),
    ]));
    let mut unmeasured = with(vec![Note::new(Ticks(1 << 40), Ticks(480), Pitch::MIDDLE_C)]);
    unmeasured.measures = vec![Measure::new(Ticks(0), Ticks(1 << 50), None, String::new())];
    quantize(&unmeasured);
    unmeasured.measures[0].metre = Metre::new(255, 128);
    quantize(&unmeasured);
}

#[test]
fn midi_written_after_is_the_performance() {
    let mut score = Score::new(Resolution::MIDI);
    let notes = (0..64).map(|index| {
        let late = index * 37 % 41 - 20;
        let onset = Ticks((index * 240 + late).max(0));
        Note::new(
            onset,
            Ticks(190 + index % 7 * 3),
            Pitch::try_from(60 + index % 5).unwrap(),
        )
    });
    score.parts = vec![Part {
        notes: notes.collect(),
        ..Part::default()
    }];
    score.tempos = vec![consort_music::score::TempoChange {
        at: Ticks(0),
        tempo: Tempo::DEFAULT,
    }];
    let found = score.quantized(&Quantization::default()).value;
    assert_eq!(found.moved, 62, "all but those that were on time");
    let written = midi::read(&midi::write(&found.score)).unwrap().value;
    assert_eq!(
        sounding(&written, found.score.resolution),
        sounding(&score, found.score.resolution)
    );
}

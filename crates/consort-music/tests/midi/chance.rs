//! Scores and bytes made by chance.

use consort_music::midi;
use consort_music::performance::{Control, Message, Played};
use consort_music::score::{
    ChordSymbol, Direction, DirectionKind, Grace, Instrument, KeyChange, Lyric, Measure, Metre,
    Note, Part, Score, SoundingNote, Syllabic, TempoChange,
};
use consort_music::{Key, Mode, Pitch, Resolution, Tempo, Ticks, Velocity};
use proptest::prelude::*;

use crate::file;
use crate::recorded::digest;

fn text() -> impl Strategy<Value = String> {
    // A slash begins a line of karaoke.
    "[A-Za-zäöü0-9 ,.:_-]{0,12}"
}

fn any_message() -> impl Strategy<Value = Message> {
    let pitch = (55u8..70).prop_map(|midi| Pitch::try_from(midi).unwrap());
    let bytes = || prop::collection::vec(any::<u8>(), 0..4).prop_map(Box::from);
    let number = prop_oneof![Just(0u8), Just(32), Just(64), Just(123), 0u8..128];
    let bank = prop_oneof![Just(120u8), Just(121), Just(127), 0u8..128];
    prop_oneof![
        (number, bank).prop_map(|(number, value)| Message::Controller { number, value }),
        (-8192i16..8192).prop_map(Message::PitchBend),
        (0u8..128).prop_map(Message::Pressure),
        (pitch.clone(), 0u8..128).prop_map(|(pitch, value)| Message::KeyPressure { pitch, value }),
        (0u8..128).prop_map(Message::Program),
        (pitch, 0u8..128).prop_map(|(pitch, velocity)| Message::Release { pitch, velocity }),
        bytes().prop_map(Message::SystemExclusive),
        Just(Message::SystemExclusive(
            [0x43, 0x10, 0x4C, 0, 0, 0x7E, 0].into()
        )),
        bytes().prop_map(Message::Raw),
        (any::<u8>(), bytes()).prop_map(|(kind, data)| Message::Meta { kind, data }),
    ]
}

prop_compose! {
    fn any_note()(
        onset in 0i64..2000, duration in 1i64..1000, midi in 55u8..70, voice in 1u8..4,
        velocity in proptest::option::of(1u8..=127), grace in prop::bool::weighted(0.1),
        ties in any::<(bool, bool)>(), played in proptest::option::of((-50i64..50, 1i64..500)), lyrics in prop::collection::vec((text(), 0u8..4, 0u8..3, any::<bool>()), 0..2),
    ) -> Note {
        let syllabics = [Syllabic::Single, Syllabic::Begin, Syllabic::Middle, Syllabic::End];
        Note {
            voice,
            velocity: velocity.map(|v| Velocity::try_from(v).unwrap()),
            grace: grace.then(Grace::default),
            played: played.map(|(delay, duration)| Played {
                delay: Ticks(delay), duration: Ticks(duration),
            }),
            tied_from: ties.0,
            tied_to: ties.1,
            lyrics: lyrics.into_iter().map(|(text, syllabic, verse, extend)| Lyric {
                verse, text, syllabic: syllabics[usize::from(syllabic)], extend,
            }).collect(),
            ..Note::new(Ticks(onset), Ticks(if grace { 0 } else { duration }), Pitch::try_from(midi).unwrap())
        }
    }
}

prop_compose! {
    fn any_part()(
        name in text(), program in proptest::option::of(0u8..128), percussion in any::<bool>(),
        notes in prop::collection::vec(any_note(), 0..12),
        directions in prop::collection::vec((0i64..3000, prop_oneof![text(), Just("mf".into()), Just("Violin".into())], 0u8..3), 0..4),
        chords in prop::collection::vec((0i64..3000, text()), 0..3),
        mut controls in prop::collection::vec((prop_oneof![Just(0i64), 0i64..3000], any_message()), 0..8),
    ) -> Part {
        controls.sort_by_key(|&(at, _)| at);
        let kinds = [DirectionKind::Dynamic, DirectionKind::Words, DirectionKind::Rehearsal];
        let mut part = Part {
            name,
            instrument: Instrument { program, percussion },
            notes,
            directions: directions.into_iter().map(|(at, text, kind)| Direction {
                at: Ticks(at), text, kind: kinds[usize::from(kind)],
            }).collect(),
            controls: controls.into_iter().map(|(at, message)| Control { at: Ticks(at), message }).collect(),
            chords: chords.into_iter().map(|(at, text)| ChordSymbol { at: Ticks(at), text }).collect(),
            ..Part::default()
        };
        part.sort();
        part
    }
}

prop_compose! {
    fn any_score()(
        resolution in prop_oneof![Just(480u32), Just(16), Just(7), Just(96), Just(10_080), Just(40_320)],
        measures in prop::collection::vec((1i64..500, proptest::option::of((1u8..13, 0u32..6)), any::<bool>()), 0..6),
        keys in prop::collection::vec((0i64..3000, -7i8..=7, 0u8..3), 0..3),
        tempos in prop::collection::vec((0i64..3000, 4.0f64..2000.0), 0..4),
        parts in prop::collection::vec(any_part(), 0..5),
        title in proptest::option::of(text()), composer in proptest::option::of(text()),
        fields in prop::collection::vec((text(), text()), 0..3),
    ) -> Score {
        let mut score = Score::new(Resolution::new(resolution).unwrap());
        let mut at = Ticks(0);
        for (length, metre, full) in measures {
            let metre = metre.and_then(|(beats, power)| Metre::new(beats, 1 << power));
            let whole = metre.and_then(|m| m.length(score.resolution)).filter(|_| full);
            let length = whole.unwrap_or(Ticks(length));
            score.measures.push(Measure::new(at, length, metre, String::new()));
            at += length;
        }
        let modes = [Mode::Major, Mode::Minor, Mode::Dorian];
        score.keys = keys.into_iter().map(|(at, fifths, mode)| KeyChange {
            at: Ticks(at), key: Key { fifths, mode: modes[usize::from(mode)] },
        }).collect();
        score.tempos = tempos.into_iter().map(|(at, quarters)| TempoChange {
            at: Ticks(at), tempo: Tempo::new(quarters).unwrap(),
        }).collect();
        score.keys.sort_by_key(|change| change.at);
        score.tempos.sort_by_key(|change| change.at);
        score.metadata.title = title;
        score.metadata.composer = composer;
        score.metadata.fields = fields;
        score.parts = parts;
        score
    }
}

/// Onsets and ends by part and pitch, which survive even where notes of one pitch overlap.
fn ends(score: &Score) -> Vec<(usize, u8, Vec<i64>, Vec<i64>)> {
    let mut found = Vec::new();
    let parts = score.parts.iter().filter(|part| !part.notes.is_empty());
    for (index, part) in parts.enumerate() {
        let sounding = part.sounding();
        for midi in 0..128 {
            let of_pitch = || {
                sounding
                    .iter()
                    .filter(move |note| note.pitch.midi() == midi)
            };
            let mut onsets: Vec<i64> = of_pitch().map(|note| note.onset.0).collect();
            let length = |note: &SoundingNote| note.onset.0 + note.duration.0.max(1);
            let mut ends: Vec<i64> = of_pitch().map(length).collect();
            onsets.sort_unstable();
            ends.sort_unstable();
            if !onsets.is_empty() {
                found.push((index, midi, onsets, ends));
            }
        }
    }
    found
}

#[test]
fn a_last_measure_that_rounding_leaves_nothing_of_has_no_metre() {
    let mut score = Score::new(Resolution::new(40_320).unwrap());
    let measure =
        |start, length, metre| Measure::new(Ticks(start), Ticks(length), metre, String::new());
    score.measures = vec![
        measure(0, 161_280, Metre::new(1, 1)),
        measure(161_280, 1, Metre::new(1, 2)),
    ];
    let reading = midi::read(&midi::write(&score)).unwrap();
    assert_eq!(
        (reading.value.measures.len(), reading.warnings.as_slice()),
        (1, &[][..])
    );
}

proptest! {
    // What fails is printed whole; the tests of a library leave no files behind.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn reading_back_is_stable(score in any_score()) {
        let first = midi::read(&midi::write(&score)).unwrap();
        for warning in &first.warnings {
            // A message that ends all notes takes it from their own ends, and one to all channels
            // makes no part by itself.
            let allowed = ["stray note off", "no part plays"];
            let allowed = allowed.iter().any(|part| warning.message.contains(part));
            prop_assert!(allowed || !warning.message.contains("left out"), "{warning}");
        }
        let second = midi::read(&midi::write(&first.value)).unwrap();
        prop_assert_eq!(second.value, first.value);
    }

    #[test]
    fn reading_back_keeps_what_sounds(mut score in any_score()) {
        score.resolution = Resolution::MIDI;
        score.measures.clear();
        for part in &mut score.parts {
            part.notes.retain(|note| !note.is_grace());
            part.notes.iter_mut().for_each(|note| note.played = None);
            // One that ends all notes would end these.
            part.controls.clear();
        }
        let back = midi::read(&midi::write(&score)).unwrap().value;
        prop_assert_eq!(ends(&back), ends(&score));
        for at in [Ticks(0), Ticks(1000), Ticks(5000)] {
            let (a, b) = (back.seconds_at(at), score.seconds_at(at));
            prop_assert!((a - b).abs() <= 1e-4 * (1.0 + b), "{a} for {b} at {at}");
            prop_assert_eq!(back.key_at(at).fifths, score.key_at(at).fifths);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), format in 0u8..3) {
        let bytes = file(format, [0, 96], &[&bytes]);
        let reading = midi::read(&bytes).unwrap();
        let again = midi::read(&midi::write(&reading.value)).unwrap();
        prop_assert_eq!(digest(&again.value).0, digest(&reading.value).0);
    }
}

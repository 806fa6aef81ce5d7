//! `consort drum` as a user meets it: the executable, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/place.rs"]
mod place;

#[path = "drum/asked.rs"]
mod asked;
#[path = "drum/given.rs"]
mod given;

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use consort_music::grid::Drum;
use consort_music::performance::played;
use consort_music::score::{Instrument, TempoChange};
use consort_music::{
    Measure, Metre, Note, Part, Pitch, Resolution, Score, Tempo, Ticks, Velocity, midi,
};
use place::{Place, heard, text};

/// Ticks of a sixteenth and of a bar of 4/4 in all files here: those that are written have the same.
const SIXTEENTH: i64 = 120;
const BEAT: i64 = 4 * SIXTEENTH;
const BAR: i64 = 4 * BEAT;

/// When a key is struck, which, and how hard.
type Stroke = (i64, u8, u8);

const KICK: u8 = 36;
const SNARE: u8 = 38;
const HAT: u8 = 42;
const LOW_TOM: u8 = 43;
const HIGH_TOM: u8 = 50;
const RIDE: u8 = 51;

/// Strokes of sixteenths: for each key the places of a bar where it is struck.
fn bars(count: i64, keys: &[(u8, &[i64])]) -> Vec<Stroke> {
    let places = |bar: i64| {
        let places = keys
            .iter()
            .flat_map(|&(key, places)| places.iter().map(move |&at| (at, key)));
        places.map(move |(at, key)| (bar * BAR + at * SIXTEENTH, key, 90))
    };
    let mut strokes: Vec<Stroke> = (0..count).flat_map(places).collect();
    strokes.sort_unstable();
    strokes
}

/// A beat that every drummer knows.
fn rock(count: i64) -> Vec<Stroke> {
    bars(
        count,
        &[
            (KICK, &[0, 8, 10]),
            (SNARE, &[4, 12]),
            (HAT, &[0, 2, 4, 6, 8, 10, 12, 14]),
        ],
    )
}

/// The same as a drummer would play it, neither on the grid nor all at one velocity.
fn human(count: i64) -> Vec<Stroke> {
    let strokes = rock(count).into_iter().zip(0_u32..);
    let human = strokes.map(|((at, key, _), number)| {
        let late = i64::from(number * 7 % 11);
        let louder = u8::try_from(number * 13 % 50).unwrap();
        (at + late, key, 60 + louder)
    });
    let mut human: Vec<Stroke> = human.collect();
    human.sort_unstable();
    human
}

fn part(name: &str, percussion: bool, strokes: &[Stroke]) -> Part {
    let note = |&(at, key, velocity): &Stroke| Note {
        velocity: Velocity::try_from(velocity).ok(),
        ..Note::new(Ticks(at), Ticks(60), Pitch::try_from(key).unwrap())
    };
    Part {
        name: name.to_owned(),
        instrument: Instrument {
            program: None,
            percussion,
        },
        notes: strokes.iter().map(note).collect(),
        ..Part::default()
    }
}

/// Measures of the lengths, in sixteenths, that are given with their metres, at a tempo.
fn score(measures: &[(i64, (u8, u8))], bpm: f64, parts: Vec<Part>) -> Score {
    let mut score = Score {
        parts,
        ..Score::new(Resolution::MIDI)
    };
    let mut start = Ticks::ZERO;
    for &(sixteenths, (beats, unit)) in measures {
        let metre = Metre::new(beats, unit);
        let length = Ticks(sixteenths * SIXTEENTH);
        let number = score.measures.len().to_string();
        score
            .measures
            .push(Measure::new(start, length, metre, number));
        start += length;
    }
    score.tempos = vec![change(0, bpm)];
    score
}

fn change(at: i64, bpm: f64) -> TempoChange {
    TempoChange {
        at: Ticks(at),
        tempo: Tempo::new(bpm).unwrap(),
    }
}

/// Bars of 4/4.
fn common(bars: usize) -> Vec<(i64, (u8, u8))> {
    vec![(16, (4, 4)); bars]
}

/// A file with a drum track on channel 10 and nothing else.
fn drums(bars: usize, strokes: &[Stroke]) -> Vec<u8> {
    let parts = vec![part("Drums", true, strokes)];
    midi::write(&score(&common(bars), 120.0, parts))
}

/// A walking bass, of quarters, over measures.
fn bass(measures: &[(i64, (u8, u8))]) -> Vec<Stroke> {
    let sixteenths: i64 = measures.iter().map(|(length, _)| length).sum();
    let notes = (0..sixteenths / 4).zip([28, 31, 33, 35].into_iter().cycle());
    notes.map(|(beat, key)| (beat * BEAT, key, 80)).collect()
}

/// When the notes of a part are struck, which, and how hard; in order.
fn struck(score: &Score, part: &Part) -> Vec<Stroke> {
    let scale = i64::from(score.resolution.ticks_per_quarter()) / BEAT;
    let notes = played(part, score.resolution).into_iter();
    let mut strokes: Vec<Stroke> = notes
        .map(|note| {
            (
                note.onset.0 / scale,
                note.pitch.midi(),
                note.velocity.midi(),
            )
        })
        .collect();
    strokes.sort_unstable();
    strokes
}

/// The strokes of a file that is to have a part of percussion and no other, all on the kit.
fn strokes(place: &Place, name: &str) -> Vec<Stroke> {
    let score = place.score(name);
    assert_eq!(score.parts.len(), 1, "{name} has other parts");
    assert!(score.parts[0].instrument.percussion, "{name}");
    let strokes = struck(&score, &score.parts[0]);
    assert!(
        strokes.iter().all(|&(_, key, _)| drum(key).is_some()),
        "{name} leaves the kit: {strokes:?}"
    );
    strokes
}

fn drum(key: u8) -> Option<Drum> {
    Drum::of(Pitch::try_from(key).unwrap())
}

/// The strokes of a bar of 4/4: sixteenths, and the drums.
fn bar(strokes: &[Stroke], number: i64) -> BTreeSet<(i64, Option<Drum>)> {
    let on_grid = strokes
        .iter()
        .map(|&(at, key, _)| ((at + SIXTEENTH / 2).div_euclid(SIXTEENTH), drum(key)));
    let of_bar = on_grid.filter(|(at, _)| at.div_euclid(16) == number);
    of_bar.map(|(at, drum)| (at % 16, drum)).collect()
}

/// What two bars share of what is in either.
fn alike(one: &BTreeSet<(i64, Option<Drum>)>, other: &BTreeSet<(i64, Option<Drum>)>) -> f64 {
    let either = one.union(other).count().max(1);
    one.intersection(other).count() as f64 / either as f64
}

fn mean(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let numbers: Vec<f64> = numbers.into_iter().collect();
    assert!(!numbers.is_empty());
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Runs what must succeed, and gives what was noted.
fn noted(place: &Place, arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = place.run(&[&["drum"], arguments].concat());
    let said = text(&stderr);
    assert!(status.success(), "{arguments:?}: {said}");
    said
}

/// The names that several samples get.
fn samples(count: usize, name: &str) -> Vec<String> {
    (1..=count)
        .map(|number| format!("{name}-{number}.mid"))
        .collect()
}

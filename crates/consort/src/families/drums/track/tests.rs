//! Scores to steps and back.

use consort_music::grid::{Drum, Hit};
use consort_music::score::KeyChange;
use consort_music::{Measure, Note, Pitch, Ticks, Velocity};

use super::writing::{FLAT, drum_part, struck, swung};
use super::*;
use crate::families::drums::encoding::RESOLUTION;

const QUARTER: i64 = 480;

/// A score of measures of so many quarter notes each, with strokes at these moments in quarters.
fn score(measures: &[i64], strokes: &[(f64, u8)]) -> Score {
    let mut score = Score::new(RESOLUTION);
    let mut start = Ticks::ZERO;
    for (number, &quarters) in measures.iter().enumerate() {
        let length = Ticks(QUARTER * quarters);
        let metre = (number == 0).then_some(Metre::COMMON);
        let number = (number + 1).to_string();
        score
            .measures
            .push(Measure::new(start, length, metre, number));
        start += length;
    }
    let note = |&(at, key): &(f64, u8)| {
        let at = Ticks((at * 480.0).round() as i64);
        Note {
            velocity: Some(Velocity::try_from(90).unwrap()),
            ..Note::new(at, Ticks(60), Pitch::try_from(key).unwrap())
        }
    };
    score.parts.push(Part {
        notes: strokes.iter().map(note).collect(),
        ..drum_part()
    });
    score
}

fn barred(measures: &[i64]) -> Barred {
    Barred::of(&score(measures, &[]), Grid::Sixteenths, None).unwrap()
}

fn frame(drum: Drum, velocity: u8, offset: f32) -> Frame {
    let mut frame = Frame::default();
    frame.strokes[drum as usize] = Some(Hit {
        velocity: Velocity::try_from(velocity).unwrap(),
        offset,
    });
    frame
}

const PLAIN: Writing = Writing {
    swing: None,
    flat: false,
};

#[test]
fn every_step_that_sounds_has_a_place_of_its_own() {
    // A pickup of a quarter, a bar that is cut, one of six quarters, and what goes on after the end.
    for measures in [&[4, 4][..], &[1, 4, 3, 4], &[4, 6, 4], &[]] {
        let barred = barred(measures);
        let mut last = Ticks(-1);
        for step in (0..96).filter(|&step| barred.sounds(step)) {
            let at = barred.at(step);
            assert!(at > last, "{measures:?} {step}");
            last = at;
            assert_eq!(barred.place(at), (step, 0.0), "{measures:?} {step}");
            let late = at + barred.step / 4;
            assert_eq!(barred.place(late), (step, 0.25), "{measures:?} {step}");
        }
    }
}

#[test]
fn a_pickup_is_the_end_of_a_bar_and_a_short_measure_its_beginning() {
    let barred = barred(&[1, 4, 3, 4]);
    let sounding = (0..64).filter(|&step| barred.sounds(step));
    let expected = (12..32).chain(32..44).chain(48..64);
    assert!(sounding.eq(expected));
    // Just before a bar line is the first step of the next bar, though some are missing between.
    let (step, offset) = barred.place(Ticks(8 * QUARTER - 30));
    assert_eq!((step, offset), (48, -0.25));
    assert_eq!(barred.notices.len(), 1, "{:?}", barred.notices);
}

#[test]
fn the_metre_is_that_of_most_measures() {
    let mut waltz = score(&[4, 3, 3, 3], &[]);
    waltz.measures[1].metre = Metre::new(3, 4);
    let barred = Barred::of(&waltz, Grid::Sixteenths, None).unwrap();
    assert_eq!(
        (barred.metre.to_string().as_str(), barred.bar()),
        ("3/4", 12)
    );
    // Four quarters are a bar of three and one that is cut.
    assert_eq!(barred.bars.len(), 5);
}

#[test]
fn what_is_given_stays_and_goes_on() {
    let mut given = score(&[4], &[(0.0, 36), (1.02, 37), (3.9, 44)]);
    given.keys.push(KeyChange {
        at: Ticks::ZERO,
        key: consort_music::Key::default(),
    });
    let given = Given::of(&given, "it", Grid::Sixteenths, None).unwrap();
    assert_eq!(given.groove.frames.len(), 16);
    let written = continued(&given, &[frame(Drum::Snare, 70, 0.0)], PLAIN);
    let notes = &written.parts[0].notes;
    let quarter = written.resolution.quarter().0 as f64;
    let played = notes.iter().map(|note| {
        let place = struck(note).0 as f64 / quarter;
        ((place * 1000.0).round() / 1000.0, note.pitch.midi())
    });
    let expected = [(0.0, 36), (1.021, 37), (3.9, 44), (4.0, 38)];
    assert_eq!(played.collect::<Vec<_>>(), expected);
    assert_eq!((written.measures.len(), written.parts.len()), (2, 1));
}

#[test]
fn triplets_are_written_as_such_and_played_as_they_were() {
    let third = 1.0 / 3.0;
    let frames = [
        frame(Drum::Ride, 90, 0.02),
        frame(Drum::Ride, 90, third),
        Frame::default(),
        frame(Drum::Ride, 90, -third),
    ];
    let blank = || blank(Grid::Sixteenths, Metre::COMMON, 1, &[120.0]).unwrap();
    let score = with_drums(blank(), &frames, 0, PLAIN);
    let quarter = score.resolution.quarter();
    let onsets: Vec<Ticks> = score.parts[0].notes.iter().map(|note| note.onset).collect();
    assert_eq!(onsets, [Ticks::ZERO, quarter / 3, quarter / 3 * 2]);
    let first = struck(&score.parts[0].notes[0]).0 as f64 / quarter.0 as f64;
    assert!((first - 0.005).abs() < 0.002, "{first}");
    let flat = Writing {
        flat: true,
        ..PLAIN
    };
    let score = with_drums(blank(), &frames, 0, flat);
    for note in &score.parts[0].notes {
        assert_eq!((struck(note), note.velocity), (note.onset, Some(FLAT)));
    }
}

#[test]
fn a_swung_eighth_comes_when_it_is_asked_to() {
    let beat = Ticks(480);
    let place = |at| swung(Ticks(at), beat, 2.0 / 3.0).0;
    assert_eq!([place(0), place(240), place(480 + 240)], [0, 320, 800]);
    // What was a triplet is one still, and sixteenths stay in order.
    assert_eq!(place(320), 320);
    assert!(place(120) > 0 && place(120) < 320 && place(360) > 320 && place(360) < 480);
    assert_eq!(swung(Ticks(240), beat, 0.5), Ticks(240));
}

#[test]
fn no_stroke_sounds_into_the_next_on_its_key() {
    let frames = [frame(Drum::Kick, 90, 0.45), frame(Drum::Kick, 80, -0.45)];
    let blank = blank(Grid::Sixteenths, Metre::COMMON, 1, &[120.0]).unwrap();
    let score = with_drums(blank, &frames, 0, PLAIN);
    let notes = &score.parts[0].notes;
    let first = notes[0].played.unwrap();
    assert!(struck(&notes[0]) + first.duration <= struck(&notes[1]));
}

#[test]
fn strokes_are_played_anew_and_none_is_lost() {
    // A flam, a rim shot that is a snare too, and a cowbell.
    let strokes = [(0.0, 36), (1.0, 38), (1.03, 37), (2.0, 56)];
    let given = score(&[4], &strokes);
    let given = Given::of(&given, "it", Grid::Sixteenths, None).unwrap();
    let mut frames = given.groove.frames.clone();
    for frame in &mut frames {
        for hit in frame.strokes.iter_mut().chain(&mut frame.seconds).flatten() {
            hit.velocity = Velocity::try_from(33).unwrap();
            hit.offset += 0.1;
        }
    }
    let played = played_as(&given, &frames);
    let notes = &played.parts[0].notes;
    let keys: Vec<u8> = notes.iter().map(|note| note.pitch.midi()).collect();
    assert_eq!(keys, [36, 38, 37, 56]);
    let moved: Vec<i64> = notes
        .iter()
        .map(|note| struck(note).0 - note.onset.0)
        .collect();
    assert_eq!(moved, [12, 12, 12, 0]);
    let velocities: Vec<_> = notes
        .iter()
        .map(|note| note.velocity.unwrap().midi())
        .collect();
    assert_eq!(velocities, [33, 33, 33, 90]);
}

#[test]
fn a_bass_is_preferred_to_play_along_with() {
    let mut song = score(&[4], &[(0.0, 36)]);
    let part = |name: &str, pitch: u8, at: i64| Part {
        name: name.to_owned(),
        notes: vec![Note::new(
            Ticks(at),
            Ticks(60),
            Pitch::try_from(pitch).unwrap(),
        )],
        ..Part::default()
    };
    song.parts.push(part("Organ", 30, 0));
    song.parts.push(part("E-Bass", 40, QUARTER));
    let along = Along::of(&song, "it", Grid::Sixteenths).unwrap();
    let begins: Vec<usize> = (0..along.line.len()).filter(|&at| along.line[at]).collect();
    assert_eq!(begins, [4]);
    song.parts.truncate(1);
    let message = Along::of(&song, "it", Grid::Sixteenths)
        .unwrap_err()
        .to_string();
    assert!(message.contains("no notes to play along with"), "{message}");
}

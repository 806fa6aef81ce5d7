//! `consort drum` as a user meets it: the executable, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/place.rs"]
mod place;

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
    let strokes = rock(count).into_iter().zip(0_u8..);
    let human = strokes.map(|((at, key, _), number)| {
        let late = i64::from(number * 7 % 11);
        (at + late, key, 60 + number * 13 % 50)
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

#[test]
fn a_groove_comes_from_nothing() {
    let place = Place::new();
    let said = place.does(&["drum"]);
    let expected = ["new-drums.mid", "new-drums.png", "new-drums.wav"];
    assert_eq!(place.names(), expected);
    assert!(expected.iter().all(|name| said.contains(name)), "{said}");
    heard(&place.path("new-drums.wav"));
    let picture = fs::read(place.path("new-drums.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let score = place.score("new-drums.mid");
    assert_eq!(score.measures.len(), 16);
    assert_eq!(score.measures[0].metre, Some(Metre::COMMON));
    let strokes = strokes(&place, "new-drums.mid");
    assert!(strokes.len() > 16 * 4, "{} strokes", strokes.len());
    assert!(strokes.iter().all(|&(at, ..)| (0..16 * BAR).contains(&at)));
    assert!(strokes.iter().any(|&(at, ..)| at >= 15 * BAR));
    let velocities: BTreeSet<u8> = strokes.iter().map(|&(.., velocity)| velocity).collect();
    assert!(velocities.len() > 10, "{velocities:?}");
    let off = strokes.iter().filter(|&&(at, ..)| at % SIXTEENTH != 0);
    assert!(off.count() > strokes.len() / 4, "{strokes:?}");
}

#[test]
fn the_same_request_gives_the_same_bytes_and_another_seed_others() {
    let place = Place::new();
    let run = |seed: &str, name: &str| {
        place.does(&["drum", "--bars", "4", "--seed", seed, "-o", name]);
        fs::read(place.path(name)).unwrap()
    };
    assert_eq!(run("1", "a.mid"), run("1", "b.mid"));
    assert_ne!(run("1", "a.mid"), run("2", "c.mid"));
    assert_eq!(run("1", "a.wav"), run("1", "b.wav"));
}

#[test]
fn a_groove_can_be_written_down() {
    let place = Place::new();
    let names = ["out.mid", "out.musicxml", "out.abc"];
    let outputs = names.map(|name| ["-o", name]).concat();
    for (seed, style) in [("1", "rock"), ("2", "jazz/swing"), ("3", "jazz/swing")] {
        for how in [&["--bars", "6"][..], &["--bars", "6", "--quantize"]] {
            let asked = [how, &["--style", style, "--seed", seed]].concat();
            noted(&place, &[&asked[..], &outputs].concat());
            let sounding = |score: &Score| score.parts[0].sounding().len();
            let count = sounding(&place.score("out.mid"));
            for name in &names[1..] {
                let score = place.score(name);
                assert_eq!(score.measures.len(), 6, "{name} {asked:?}");
                for measure in &score.measures {
                    assert_eq!(measure.metre, Some(Metre::COMMON), "{name}");
                    assert_eq!(measure.length, score.resolution.quarter() * 4, "{name}");
                }
                let graces = score.parts[0].notes.iter().filter(|note| note.is_grace());
                let written = sounding(&score) + graces.count();
                assert_eq!(written, count, "{name} {asked:?}");
            }
        }
    }
    // What was written down is gone on with as well.
    noted(&place, &["out.musicxml", "--bars", "1", "-o", "on.mid"]);
    assert_eq!(place.score("on.mid").measures.len(), 7);
}

#[test]
fn a_groove_is_gone_on_with() {
    let place = Place::new();
    let given = human(4);
    place.write("mine.mid", drums(4, &given));
    for (seed, bars) in [("1", 3), ("2", 8)] {
        let (count, name) = (bars.to_string(), format!("{seed}.mid"));
        noted(
            &place,
            &["mine.mid", "--bars", &count, "--seed", seed, "-o", &name],
        );
        assert_eq!(place.score(&name).measures.len(), 4 + bars);
        let all = strokes(&place, &name);
        let (old, new): (Vec<Stroke>, _) = all.iter().partition(|stroke| given.contains(stroke));
        assert_eq!(old, given);
        // A drummer may be early on a bar line.
        let earliest = 4 * BAR - SIXTEENTH / 2;
        assert!(new.len() > 4 * bars, "{new:?}");
        assert!(new.iter().all(|&(at, ..)| at >= earliest), "{new:?}");
        let last = i64::try_from(4 + bars).unwrap() * BAR;
        assert!(new.iter().all(|&(at, ..)| at < last), "{new:?}");
        assert!(new.iter().any(|&(at, ..)| at > last - BAR), "{new:?}");
    }
    let one = fs::read(place.path("1.mid")).unwrap();
    assert_ne!(one, fs::read(place.path("2.mid")).unwrap());
    // Nothing else is said, and sixteen bars are added.
    place.does(&["drum", "mine.mid"]);
    assert_eq!(place.score("mine-drums.mid").measures.len(), 20);
    heard(&place.path("mine-drums.wav"));
}

#[test]
fn drums_are_found_by_channel_name_or_pitches_and_it_is_said_how() {
    let place = Place::new();
    let (given, low) = (human(2), bass(&common(2)));
    let two = |name: &str, percussion: bool| {
        let parts = vec![part("Bass", false, &low), part(name, percussion, &given)];
        midi::write(&score(&common(2), 120.0, parts))
    };
    let alone = vec![part("", false, &given)];
    place
        .write("ten.mid", two("Kurt", true))
        .write("named.mid", two("My drum kit", false))
        .write("second.mid", two("Kurt", false))
        .write("alone.mid", midi::write(&score(&common(2), 120.0, alone)));
    for (arguments, said) in [
        (&["ten.mid"][..], &["part 2", "by its channel"][..]),
        (
            &["named.mid"],
            &["part 2", "by its name", "\"My drum kit\""],
        ),
        (
            &["second.mid", "--channel", "2"],
            &["part 2", "by its channel"],
        ),
        (&["alone.mid"], &["part 1", "keys of a drum kit"]),
    ] {
        let more = ["--bars", "1", "-o", "out.mid"];
        let notes = noted(&place, &[arguments, &more].concat());
        for said in said {
            assert!(notes.contains(said), "{arguments:?}: {notes}");
        }
        let all = strokes(&place, "out.mid");
        assert!(given.iter().all(|stroke| all.contains(stroke)));
        assert!(
            all.len() > given.len(),
            "{arguments:?}: nothing was added to {}",
            given.len()
        );
    }
    place.refuses(
        &["drum", "second.mid", "-o", "out.mid"],
        &["no drums", "\"Bass\", \"Kurt\"", "--channel"],
    );
}

#[test]
fn what_follows_begins_after_the_last_bar_that_is_struck() {
    let place = Place::new();
    let given = human(2);
    let piece = |bars: usize, mut drums: Part, low: &[Stroke]| {
        drums.notes.last_mut().unwrap().duration = Ticks(if bars == 3 { 4 * BEAT } else { 60 });
        let parts = vec![drums, part("Bass", false, low)];
        midi::write(&score(&common(bars), 120.0, parts))
    };
    let kit = || part("Drums", true, &given);
    place
        // The last stroke is held over the bar line.
        .write("held.mid", piece(3, kit(), &[]))
        // A bar of silence belongs to it.
        .write("rest.mid", piece(4, kit(), &[]))
        // The drums are over long before the piece.
        .write("long.mid", piece(9, kit(), &bass(&common(9))));
    for (name, from) in [("held.mid", 2), ("rest.mid", 3), ("long.mid", 3)] {
        noted(&place, &[name, "--bars", "2", "-o", "out.mid"]);
        let measures = place.score("out.mid").measures.len();
        let all = strokes(&place, "out.mid");
        let (old, new): (Vec<Stroke>, _) = all.iter().partition(|stroke| given.contains(stroke));
        assert_eq!(old, given, "{name}");
        for number in 0..from + 2 {
            let silent = bar(&new, number).is_empty();
            assert_eq!(silent, number < from, "{name}, bar {number}");
        }
        assert_eq!(i64::try_from(measures).unwrap(), from + 2, "{name}");
    }
    // Several drum tracks are one kit.
    let (low, high): (Vec<Stroke>, _) = given.iter().partition(|&&(_, key, _)| key == KICK);
    let parts = vec![part("Kick", true, &low), part("Others", true, &high)];
    place.write("two.mid", midi::write(&score(&common(2), 120.0, parts)));
    let notes = noted(&place, &["two.mid", "--bars", "1", "-o", "out.mid"]);
    assert!(
        notes.contains("part 1") && notes.contains("part 2"),
        "{notes}"
    );
    let all = strokes(&place, "out.mid");
    assert_eq!(all[..given.len()], given);
}

#[test]
fn what_is_no_stroke_on_the_kit_stays() {
    let place = Place::new();
    let mut given = human(2);
    given.insert(3, (BEAT, 56, 77));
    given.sort_unstable();
    place.write("cowbell.mid", drums(2, &given));
    let notes = noted(&place, &["cowbell.mid", "--bars", "1", "-o", "out.mid"]);
    assert!(notes.contains("of percussion outside"), "{notes}");
    let score = place.score("out.mid");
    let all = struck(&score, &score.parts[0]);
    assert!(given.iter().all(|stroke| all.contains(stroke)));
}

#[test]
fn tempo_and_metre_are_those_asked_for() {
    let place = Place::new();
    for (metre, (beats, unit), sixteenths) in [("3/4", (3, 4), 12), ("7/8", (7, 8), 14)] {
        let arguments = [
            "--meter", metre, "--bpm", "93", "--bars", "5", "-o", "out.mid",
        ];
        let notes = noted(&place, &arguments);
        assert!(notes.contains(metre), "{notes}");
        let score = place.score("out.mid");
        assert_eq!(score.measures.len(), 5, "{metre}");
        assert_eq!(score.measures[0].metre, Metre::new(beats, unit));
        let length = Ticks(sixteenths * SIXTEENTH);
        assert!(
            score
                .measures
                .iter()
                .all(|measure| measure.length == length)
        );
        assert_eq!(score.tempos.len(), 1);
        let bpm = score.tempos[0].tempo.quarters_per_minute();
        assert!((bpm - 93.0).abs() < 0.01, "{bpm}");
        assert!(strokes(&place, "out.mid").len() > 15);
    }
    // Nothing said leaves the usual tempo of the style, and a given pattern its own.
    let bpm = |name: &str| {
        let tempos = place.score(name).tempos;
        assert_eq!(tempos.len(), 1, "{tempos:?}");
        tempos[0].tempo.quarters_per_minute().round()
    };
    let short = ["--bars", "1", "-o", "out.mid"];
    noted(&place, &[&["--style", "reggae"][..], &short].concat());
    assert!(bpm("out.mid") < 100.0);
    let parts = vec![part("Drums", true, &rock(2))];
    let given = midi::write(&score(&common(2), 141.0, parts));
    place.write("given.mid", given);
    noted(&place, &[&["given.mid"][..], &short].concat());
    assert_eq!(bpm("out.mid"), 141.0);
    noted(
        &place,
        &[&["given.mid", "--bpm", "75"][..], &short].concat(),
    );
    assert_eq!(bpm("out.mid"), 75.0);
}

#[test]
fn a_pattern_is_counted_in_the_metre_that_is_said() {
    let place = Place::new();
    // Three bars of 4/4 are four of 3/4.
    let given = human(3);
    place.write("given.mid", drums(3, &given));
    noted(
        &place,
        &[
            "given.mid",
            "--meter",
            "3/4",
            "--bars",
            "2",
            "-o",
            "out.mid",
        ],
    );
    let score = place.score("out.mid");
    assert_eq!(score.measures.len(), 6);
    let starts: Vec<i64> = score
        .measures
        .iter()
        .map(|measure| measure.start.0)
        .collect();
    let expected: Vec<i64> = (0..6).map(|bar| bar * 3 * BEAT).collect();
    assert_eq!(starts, expected);
    let all = strokes(&place, "out.mid");
    assert_eq!(all[..given.len()], given);
    assert!(all[given.len()..].iter().all(|&(at, ..)| at > 3 * BAR - 60));
}

#[test]
fn styles_are_known_by_name() {
    let place = Place::new();
    let run = |style: &str| {
        let name = format!("{}.mid", style.replace('/', "-"));
        let arguments = ["--style", style, "--bpm", "110", "--bars", "4", "-o", &name];
        noted(&place, &arguments);
        strokes(&place, &name)
    };
    let (rock, swing) = (run("rock"), run("jazz/swing"));
    assert_ne!(rock, swing);
    assert_eq!(run("Jazz/Swing"), swing);
    place.refuses(
        &["drum", "--style", "polka", "-o", "out.mid"],
        &["polka", "rock", "jazz/swing", "latin/samba"],
    );
}

#[test]
fn draws_are_as_wild_as_it_is_said() {
    let place = Place::new();
    let run = |arguments: &[&str]| {
        let more = ["--bars", "6", "--density", "18", "--fill-every", "0"];
        let notes = noted(&place, &[arguments, &more, &["-o", "out.mid"]].concat());
        (strokes(&place, "out.mid"), notes)
    };
    // The likeliest is the same for all seeds.
    let (one, _) = run(&["--temperature", "0", "--seed", "1"]);
    let (other, _) = run(&["--temperature", "0", "--seed", "2"]);
    assert!(!one.is_empty());
    assert_eq!(one, other);
    // Every drum has some chance, and only the opening is drawn.
    let (all, notes) = run(&["--threshold", "0"]);
    assert!(notes.contains("first 2 bars are drawn"), "{notes}");
    for number in 2..6 {
        assert_eq!(bar(&all, number).len(), 9 * 16, "bar {number}");
    }
    let count = |threshold: &str| run(&["--threshold", threshold]).0.len();
    let (few, many) = (count("0.9"), count("0.2"));
    assert!(few < many, "{few} strokes are likelier than {many}");
    // After a pattern nothing is drawn but how strokes are played.
    place.write("given.mid", drums(2, &rock(2)));
    let (_, notes) = run(&["given.mid", "--threshold", "0.4"]);
    assert!(!notes.contains("are drawn"), "{notes}");
}

#[test]
fn a_groove_is_as_busy_as_it_is_said() {
    let place = Place::new();
    let density = |asked: &str| {
        noted(
            &place,
            &[
                "--density",
                asked,
                "--bars",
                "8",
                "--samples",
                "8",
                "-o",
                "out.mid",
            ],
        );
        let names = samples(8, "out");
        mean(
            names
                .iter()
                .map(|name| strokes(&place, name).len() as f64 / 8.0),
        )
    };
    let (sparse, busy) = (density("12"), density("26"));
    assert!(
        busy > sparse + 3.0,
        "{sparse} and {busy} where 12 and 26 were asked for"
    );
}

#[test]
fn fills_come_where_they_are_asked_for() {
    let place = Place::new();
    noted(
        &place,
        &[
            "--fill-every",
            "4",
            "--bars",
            "16",
            "--samples",
            "8",
            "--style",
            "rock",
            "-o",
            "out.mid",
        ],
    );
    // How like the bar before them bars are, those after a fill left aside.
    let (mut fills, mut others) = (Vec::new(), Vec::new());
    for name in samples(8, "out") {
        let strokes = strokes(&place, &name);
        for number in (1..16).filter(|number| number % 4 != 0) {
            let alike = alike(&bar(&strokes, number - 1), &bar(&strokes, number));
            match number % 4 {
                3 => fills.push(alike),
                _ => others.push(alike),
            }
        }
    }
    let (fills, others) = (mean(fills), mean(others));
    assert!(fills + 0.1 < others, "{fills} and {others}");
}

#[test]
fn off_beats_are_where_the_swing_puts_them() {
    let place = Place::new();
    for style in ["rock", "jazz/swing"] {
        for (swing, share) in [("0.5", 0.5), ("0.6", 0.6), ("0.667", 0.667)] {
            let arguments = ["--style", style, "--swing", swing, "--bpm", "110"];
            let more = ["--samples", "4", "-o", "out.mid"];
            noted(&place, &[&arguments[..], &more].concat());
            let names = samples(4, "out").into_iter();
            let strokes = names.flat_map(|name| strokes(&place, &name));
            let places = strokes.map(|(at, ..)| (at % BEAT) as f64 / BEAT as f64);
            let mut near: Vec<f64> = places
                .filter(|place| (place - share).abs() < 0.09)
                .collect();
            near.sort_by(f64::total_cmp);
            assert!(near.len() > 40, "{style} {swing}: {} off-beats", near.len());
            let median = near[near.len() / 2];
            assert!(
                (median - share).abs() < 0.04,
                "{style} {swing}: off-beats are at {median}"
            );
        }
    }
}

#[test]
fn quantised_strokes_are_on_the_grid_at_one_velocity() {
    let place = Place::new();
    for style in ["rock", "jazz/swing"] {
        noted(&place, &["--quantize", "--style", style, "-o", "out.mid"]);
        let strokes = strokes(&place, "out.mid");
        assert!(strokes.len() > 64);
        let velocities: BTreeSet<u8> = strokes.iter().map(|&(.., velocity)| velocity).collect();
        assert_eq!(velocities.len(), 1, "{velocities:?}");
        let sixteenths_and_triplets = [SIXTEENTH, BEAT / 6];
        let is_off = |at: i64| sixteenths_and_triplets.iter().all(|unit| at % unit != 0);
        let off: Vec<&Stroke> = strokes.iter().filter(|stroke| is_off(stroke.0)).collect();
        assert!(off.is_empty(), "{style}: {off:?}");
    }
}

#[test]
fn drums_go_along_with_a_track() {
    let place = Place::new();
    let line = bass(&common(6));
    let high: Vec<Stroke> = (0..12).map(|half| (half * 2 * BEAT, 72, 70)).collect();
    let parts = vec![part("Flute", false, &high), part("Bass", false, &line)];
    place.write(
        "track.mid",
        midi::write(&score(&common(6), 133.0, parts.clone())),
    );
    let notes = noted(&place, &["--with", "track.mid", "-o", "out.mid"]);
    assert!(
        notes.contains("\"Bass\"") && notes.contains("track.mid"),
        "{notes}"
    );
    let out = place.score("out.mid");
    assert_eq!((out.parts.len(), out.measures.len()), (3, 6));
    assert_eq!(out.tempos.len(), 1);
    assert_eq!(out.tempos[0].tempo.quarters_per_minute().round(), 133.0);
    assert_eq!(struck(&out, &out.parts[0]), high);
    assert_eq!(struck(&out, &out.parts[1]), line);
    assert!(out.parts[2].instrument.percussion);
    let new = struck(&out, &out.parts[2]);
    for number in 0..6 {
        assert!(!bar(&new, number).is_empty(), "bar {number} is silent");
    }
    assert!(new.iter().all(|&(at, ..)| at < 6 * BAR));
    // Another line is gone along with in another way.
    let sparse: Vec<Stroke> = (0..6)
        .map(|bar| (bar * BAR + 6 * SIXTEENTH, 28, 80))
        .collect();
    let other = vec![part("Bass", false, &sparse)];
    place.write("other.mid", midi::write(&score(&common(6), 133.0, other)));
    noted(&place, &["--with", "other.mid", "-o", "out.mid"]);
    let out = place.score("out.mid");
    assert_ne!(struck(&out, &out.parts[1]), new);
    // As many bars as it is said, of which the track has some.
    noted(
        &place,
        &["--with", "track.mid", "--bars", "2", "-o", "out.mid"],
    );
    let out = place.score("out.mid");
    assert_eq!(struck(&out, &out.parts[1]), line);
    assert!(
        struck(&out, &out.parts[2])
            .iter()
            .all(|&(at, ..)| at < 2 * BAR)
    );
}

#[test]
fn pickups_and_other_metres_of_a_track_are_counted() {
    let place = Place::new();
    let mut measures = vec![(4, (4, 4))];
    measures.extend(common(3));
    measures.push((12, (3, 4)));
    measures.extend(common(3));
    let line = bass(&measures);
    let track = score(&measures, 100.0, vec![part("Bass", false, &line)]);
    place.write("track.mid", midi::write(&track));
    let notes = noted(&place, &["--with", "track.mid", "-o", "out.mid"]);
    assert!(notes.contains("not of 4/4"), "{notes}");
    let (track, out) = (place.score("track.mid"), place.score("out.mid"));
    assert_eq!(track.measures.len(), 8);
    assert_eq!(out.measures, track.measures);
    assert_eq!(struck(&out, &out.parts[0]), line);
    let new = struck(&out, &out.parts[1]);
    let end = track.end().0;
    assert!(new.iter().all(|&(at, ..)| (0..end).contains(&at)));
    for measure in &track.measures[1..] {
        let (from, to) = (measure.start.0 - 60, measure.end().0 - 60);
        assert!(
            new.iter().any(|&(at, ..)| (from..to).contains(&at)),
            "measure {} is silent",
            measure.number
        );
    }
}

#[test]
fn one_groove_leads_to_another() {
    let place = Place::new();
    let from = bars(
        2,
        &[
            (HAT, &[0, 2, 4, 6, 8, 10, 12, 14]),
            (KICK, &[0, 8]),
            (SNARE, &[4, 12]),
        ],
    );
    let to = bars(
        2,
        &[
            (RIDE, &[0, 3, 4, 7, 8, 11, 12, 15]),
            (HIGH_TOM, &[2, 6, 10]),
            (LOW_TOM, &[1, 9, 14]),
        ],
    );
    place
        .write("a.mid", drums(2, &from))
        .write("b.mid", drums(2, &to));
    noted(
        &place,
        &[
            "--between",
            "a.mid",
            "b.mid",
            "--bars",
            "8",
            "--samples",
            "6",
            "-o",
            "out.mid",
        ],
    );
    let (from, to) = (bar(&from, 0), bar(&to, 0));
    let names = samples(6, "out");
    let all: Vec<Vec<Stroke>> = names.iter().map(|name| strokes(&place, name)).collect();
    let near = |number: i64, pattern| mean(all.iter().map(|all| alike(&bar(all, number), pattern)));
    let (first, last) = (
        (near(0, &from), near(0, &to)),
        (near(7, &from), near(7, &to)),
    );
    assert!(first.0 > first.1, "the first bar: {first:?}");
    assert!(last.1 > last.0, "the last bar: {last:?}");
    assert_eq!(place.score("out-1.mid").measures.len(), 8);
    // The tempo goes along.
    let slow = vec![part("Drums", true, &rock(2))];
    place.write("slow.mid", midi::write(&score(&common(2), 80.0, slow)));
    let arguments = ["--between", "slow.mid", "b.mid", "--bars", "5"];
    noted(&place, &[&arguments[..], &["-o", "out.mid"]].concat());
    let tempos = place.score("out.mid").tempos;
    let tempos: Vec<f64> = tempos
        .iter()
        .map(|change| change.tempo.quarters_per_minute().round())
        .collect();
    assert_eq!(tempos, [80.0, 90.0, 100.0, 110.0, 120.0]);
    let waltz = vec![part("Drums", true, &[(0, KICK, 90), (BEAT, SNARE, 80)])];
    let waltz = score(&[(12, (3, 4)); 2], 120.0, waltz);
    place.write("waltz.mid", midi::write(&waltz));
    place.refuses(
        &["drum", "--between", "waltz.mid", "b.mid", "-o", "no.mid"],
        &["waltz.mid", "3/4", "4/4"],
    );
}

#[test]
fn a_stiff_track_gets_a_drummer() {
    let place = Place::new();
    // With sixteenths and a fill, so that strokes on a key come close to each other.
    let mut stiff = rock(3);
    stiff.extend(
        bars(
            1,
            &[
                (SNARE, &[0, 1, 2, 3, 4, 5, 6, 7]),
                (LOW_TOM, &[8, 9, 10, 12]),
                (KICK, &[0, 8, 14]),
            ],
        )
        .into_iter()
        .map(|(at, key, velocity)| (at + 3 * BAR, key, velocity)),
    );
    // Before it a piano, which stays as it is.
    let chords: Vec<Stroke> = (0..4).map(|bar| (bar * BAR, 60, 70)).collect();
    let parts = vec![part("Piano", false, &chords), part("Drums", true, &stiff)];
    place.write("stiff.mid", midi::write(&score(&common(4), 120.0, parts)));
    noted(&place, &["--humanize", "stiff.mid", "-o", "out.mid"]);
    let out = place.score("out.mid");
    assert_eq!((out.parts.len(), out.measures.len()), (2, 4));
    assert_eq!(struck(&out, &out.parts[0]), chords);
    let human = struck(&out, &out.parts[1]);
    assert_eq!(human.len(), stiff.len());
    let of_key = |strokes: &[Stroke], key: u8| -> Vec<Stroke> {
        let of_key = strokes.iter().filter(|&&(_, other, _)| other == key);
        of_key.copied().collect()
    };
    let keys: BTreeSet<u8> = stiff.iter().map(|&(_, key, _)| key).collect();
    for key in keys {
        let (stiff, human) = (of_key(&stiff, key), of_key(&human, key));
        assert_eq!(stiff.len(), human.len(), "key {key}");
        for (&(was, ..), &(is, ..)) in stiff.iter().zip(&human) {
            let ms = (is - was) as f64 / BEAT as f64 * 500.0;
            assert!(ms.abs() <= 30.0, "key {key} at {was} moved by {ms} ms");
        }
    }
    let velocities: BTreeSet<u8> = human.iter().map(|&(.., velocity)| velocity).collect();
    assert!(velocities.len() > 5, "{velocities:?}");
    let moved = human.iter().filter(|&&(at, ..)| at % SIXTEENTH != 0);
    assert!(moved.count() > human.len() / 3);
}

#[test]
fn a_guided_drummer_says_what_is_expected_of_a_pattern() {
    let place = Place::new();
    let given = rock(5);
    place.write("given.mid", drums(5, &given));
    let run = |arguments: &[&str]| {
        let guided = ["given.mid", "--mode", "guided", "-o", "out.mid"];
        noted(&place, &[&guided[..], arguments].concat());
        assert_eq!(place.score("out.mid").measures.len(), 5);
        strokes(&place, "out.mid")
    };
    let drawn = run(&[]);
    assert!(drawn.len() > 20);
    assert!(drawn.iter().all(|&(at, ..)| at < 5 * BAR));
    assert_ne!(drawn, given);
    // What it is sure of is the pattern, once it has heard that.
    let sure = run(&["--temperature", "0"]);
    let last = mean((3..5).map(|number| alike(&bar(&sure, number), &bar(&given, number))));
    assert!(last > 0.7, "{last}");
}

#[test]
fn a_silent_bar_and_other_tempos_and_metres_are_no_end() {
    let place = Place::new();
    let mut given = human(1);
    given.extend(
        human(1)
            .into_iter()
            .map(|(at, key, velocity)| (at + 2 * BAR, key, velocity)),
    );
    let mut piece = score(&common(3), 120.0, vec![part("Drums", true, &given)]);
    place.write("silent.mid", midi::write(&piece));
    piece.tempos.push(change(2 * BAR, 97.0));
    place.write("tempos.mid", midi::write(&piece));
    for name in ["silent.mid", "tempos.mid"] {
        let notes = noted(&place, &[name, "--bars", "2", "-o", "out.mid"]);
        let changes = notes.contains("the tempo changes");
        assert_eq!(changes, name == "tempos.mid", "{notes}");
        let score = place.score("out.mid");
        assert_eq!(score.measures.len(), 5, "{name}");
        let all = strokes(&place, "out.mid");
        let (old, new): (Vec<Stroke>, _) = all.iter().partition(|stroke| given.contains(stroke));
        assert_eq!(old, given, "{name}");
        assert!(
            new.len() > 4 && new.iter().all(|&(at, ..)| at >= 3 * BAR - SIXTEENTH / 2),
            "{name}: {new:?}"
        );
        let tempos = score.tempos.iter();
        let tempos: Vec<f64> = tempos
            .map(|change| change.tempo.quarters_per_minute().round())
            .collect();
        let expected: &[f64] = if changes { &[120.0, 97.0] } else { &[120.0] };
        assert_eq!(tempos, expected, "{name}");
    }
    // Most measures say what is gone on in.
    let measures = [(16, (4, 4)), (16, (4, 4)), (12, (3, 4))];
    let parts = vec![part("Drums", true, &human(2))];
    place.write("last.mid", midi::write(&score(&measures, 120.0, parts)));
    let notes = noted(&place, &["last.mid", "--bars", "2", "-o", "out.mid"]);
    assert!(notes.contains("not of 4/4"), "{notes}");
    let lengths = place.score("out.mid").measures;
    let lengths: Vec<i64> = lengths.iter().map(|measure| measure.length.0).collect();
    assert_eq!(lengths, [BAR, BAR, 3 * BEAT, BAR, BAR]);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let place = Place::new();
    let low = bass(&common(2));
    let melodic = vec![part("Piano", false, &low), part("Viola", false, &low)];
    place
        .write("groove.mid", drums(2, &rock(2)))
        .write("bongos.mid", drums(1, &[(0, 60, 90), (BEAT, 61, 80)]))
        .write("silent.mid", drums(2, &[]))
        .write("piano.mid", midi::write(&score(&common(2), 120.0, melodic)))
        .write("empty.mid", "")
        .write("cut.mid", "MThd");
    for (arguments, said) in [
        (&["--bars", "0"][..], &["bars", "1 to 1024"][..]),
        (&["--bars", "10000"], &["bars", "1 to 1024"]),
        (&["--bpm", "5"], &["bpm", "20 to 400"]),
        (&["--meter", "4/0"], &["--meter", "4/0"]),
        (&["--meter", "waltz"], &["--meter", "waltz", "3/4"]),
        (&["--meter", "5/32"], &["5/32"]),
        (&["--meter", "60/4"], &["60/4"]),
        (&["--swing", "0.9"], &["swing", "0.5 to 0.75"]),
        (&["--density", "100"], &["density", "1 to 48"]),
        (&["--temperature", "-1"], &["temperature", "0 to 5"]),
        (&["--threshold", "2"], &["threshold", "0 to 1"]),
        (&["--mode", "sideways"], &["recursive", "guided"]),
        (&["--channel", "2"], &["--channel"]),
        (&["none.mid"], &["none.mid"]),
        (&["empty.mid"], &["empty.mid", "empty"]),
        (&["cut.mid"], &["cut.mid"]),
        (
            &["piano.mid"],
            &[
                "the score has no drums",
                "\"Piano\", \"Viola\"",
                "--channel",
            ],
        ),
        (&["silent.mid"], &["no drums", "no notes"]),
        (&["bongos.mid"], &["never struck", "kit"]),
        (&["--with", "none.mid"], &["none.mid"]),
        (&["--with", "empty.mid"], &["empty.mid"]),
        (&["--with", "groove.mid"], &["groove.mid", "no notes"]),
        (&["--humanize", "piano.mid"], &["piano.mid", "no drums"]),
        (&["--between", "groove.mid"], &["--between A.mid B.mid"]),
        (
            &["--between", "piano.mid", "groove.mid"],
            &["piano.mid", "no drums"],
        ),
        (&["--mode", "guided"], &["--mode guided", "pattern"]),
        (&["groove.mid", "--with", "piano.mid"], &["two scores"]),
        (&["groove.mid", "--humanize", "groove.mid"], &["two scores"]),
        (
            &["--threshold", "0.5", "--temperature", "0.9"],
            &["--threshold", "--temperature"],
        ),
        (
            &["--with", "piano.mid", "--meter", "3/4"],
            &["--with", "--meter"],
        ),
        (
            &["--with", "piano.mid", "--bpm", "90"],
            &["--with", "--bpm"],
        ),
        (
            &["--with", "piano.mid", "--humanize", "groove.mid"],
            &["--with", "--humanize"],
        ),
        (
            &["groove.mid", "--between", "groove.mid", "--density", "20"],
            &["--between", "--density"],
        ),
        (
            &["--humanize", "groove.mid", "--bars", "4"],
            &["--humanize", "--bars"],
        ),
        (
            &["--humanize", "groove.mid", "--swing", "0.6"],
            &["--humanize", "--swing"],
        ),
        (
            &["groove.mid", "--mode", "guided", "--bars", "4"],
            &["--mode", "--bars"],
        ),
        (
            &["groove.mid", "--mode", "guided", "--density", "20"],
            &["--mode", "--density"],
        ),
        (
            &["groove.mid", "--mode", "guided", "--fill-every", "4"],
            &["--mode", "--fill-every"],
        ),
    ] {
        place.refuses(&[&["drum", "-o", "out.mid"][..], arguments].concat(), said);
    }
    place.refuses(
        &["drum", "groove.mid", "-o", "groove.mid"],
        &["is the input"],
    );
}

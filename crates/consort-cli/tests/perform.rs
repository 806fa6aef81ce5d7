//! `consort perform` as a user meets it: the executable, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/place.rs"]
mod place;

use std::collections::BTreeSet;
use std::fs;

use consort_music::score::Instrument;
use consort_music::{Message, Note, Part, Pitch, Resolution, Score, Ticks, Velocity, midi};
use place::{Place, heard};

const TUNE: &str = "X:1\nT:Tune\nM:4/4\nL:1/8\nQ:1/4=100\nK:G\n\
    GABc d2B2|c2A2 B2G2|ABcA F2D2|G2B2 G4|gfed e2c2|d2B2 c2A2|B2G2 A2F2|G8|]\n";

/// A scale of quarter notes on each of some parts, at one velocity.
fn flat(parts: usize, notes: u8) -> Score {
    let mut score = Score::new(Resolution::MIDI);
    for part in 0..parts {
        let note = |index: u8| Note {
            velocity: Velocity::try_from(64).ok(),
            ..Note::new(
                Ticks(480 * i64::from(index)),
                Ticks(480),
                Pitch::try_from(40 + 5 * (index % 10)).unwrap(),
            )
        };
        score.parts.push(Part {
            name: format!("Part {part}"),
            notes: (0..notes).map(note).collect(),
            ..Part::default()
        });
    }
    score
}

/// A note without its velocity: its part, onset, duration and pitch.
type Bare = (usize, Ticks, Ticks, Pitch);

/// The notes of a score without their velocities, and the velocities.
fn apart(score: &Score) -> (Vec<Bare>, Vec<u8>) {
    let notes = score.parts.iter().enumerate().flat_map(|(part, music)| {
        let notes = music.notes.iter();
        notes.map(move |note| ((part, note.onset, note.duration, note.pitch), note.velocity))
    });
    let mut notes: Vec<_> = notes.collect();
    notes.sort();
    let velocity = |velocity: Option<Velocity>| velocity.map_or(0, Velocity::midi);
    notes
        .into_iter()
        .map(|(note, of_note)| (note, velocity(of_note)))
        .unzip()
}

#[test]
fn without_a_file_it_plays_an_example_in_four_files() {
    let place = Place::new();
    let said = place.does(&["perform"]);
    let names =
        ["musicxml", "mid", "wav", "png"].map(|ending| format!("example-dynamics.{ending}"));
    assert_eq!(said.lines().collect::<Vec<_>>(), names);
    let (_, velocities) = apart(&place.score("example-dynamics.mid"));
    let distinct: BTreeSet<u8> = velocities.iter().copied().collect();
    assert!(distinct.len() > 10, "{distinct:?}");
    heard(&place.path("example-dynamics.wav"));
    let page = fs::read_to_string(place.path("example-dynamics.musicxml")).unwrap();
    assert!(
        page.contains("<dynamics"),
        "there are no dynamics on the page"
    );
}

#[test]
fn no_strength_gives_the_file_back() {
    let place = Place::new();
    place
        .write("tune.abc", TUNE)
        .write("song.mid", midi::write(&flat(2, 40)));
    place.does(&["convert", "tune.abc", "tune.musicxml"]);
    for (name, same) in [
        ("tune.abc", "same.abc"),
        ("song.mid", "same.mid"),
        ("tune.musicxml", "same.musicxml"),
    ] {
        place.does(&["perform", name, "--strength", "0", "-o", same]);
        let [given, made] = [name, same].map(|name| fs::read(place.path(name)).unwrap());
        assert_eq!(given, made, "{name}");
    }
}

#[test]
fn strength_leads_from_the_given_velocities_to_the_players() {
    let place = Place::new();
    place.write("song.mid", midi::write(&flat(1, 60)));
    let velocities = |strength: &str| {
        place.does(&[
            "perform",
            "song.mid",
            "--strength",
            strength,
            "-o",
            "out.mid",
        ]);
        let (notes, velocities) = apart(&place.score("out.mid"));
        assert_eq!(notes, apart(&place.score("song.mid")).0);
        velocities
    };
    let (half, whole) = (velocities("0.5"), velocities("1"));
    for (half, whole) in half.iter().zip(&whole) {
        let expected = f64::midpoint(64.0, f64::from(*whole));
        assert!(
            (f64::from(*half) - expected).abs() <= 1.0,
            "{half} of {whole}"
        );
    }
}

#[test]
fn whatever_is_played_keeps_its_notes() {
    let place = Place::new();
    let mut drums = flat(2, 20);
    drums.parts[1].instrument = Instrument {
        program: None,
        percussion: true,
    };
    let mut overlapping = flat(1, 8);
    for index in 0..8 {
        let note = overlapping.parts[0].notes[index].clone();
        let later = note.onset + Ticks(240);
        overlapping.parts[0].notes.push(Note {
            onset: later,
            ..note
        });
    }
    overlapping.parts[0].sort();
    let mut low = flat(1, 12);
    for note in &mut low.parts[0].notes {
        note.pitch = Pitch::try_from(note.pitch.midi() % 20).unwrap();
    }
    for (name, score, notice) in [
        ("drums.mid", drums, "drums are left as they are"),
        ("overlapping.mid", overlapping, ""),
        ("many.mid", flat(16, 10), "as if one pianist had them all"),
        ("low.mid", low, "beyond the keys of a piano"),
        ("single.mid", flat(1, 1), ""),
    ] {
        place.write(name, midi::write(&score));
        let output = place.run(&["perform", name, "-o", "out.mid"]);
        let said = place::text(&output.stderr);
        assert!(
            output.status.success() && said.contains(notice),
            "{name}: {said}"
        );
        let [given, made] = [name, "out.mid"].map(|name| apart(&place.score(name)).0);
        assert_eq!(given, made, "{name}");
    }
}

#[test]
fn styles_are_played_side_by_side_and_unknown_ones_refused() {
    let place = Place::new();
    place.write("tune.abc", TUNE);
    let styles = ["--style", "classical", "--style", "jazz"];
    let said = place.does(
        &[
            &["perform", "tune.abc", "-o", "out.mid", "-o", "out.png"],
            &styles[..],
        ]
        .concat(),
    );
    assert_eq!(said.lines().count(), 3, "{said}");
    let [classical, jazz] =
        ["out-classical.mid", "out-jazz.mid"].map(|name| apart(&place.score(name)));
    assert_eq!(classical.0, jazz.0);
    assert_ne!(classical.1, jazz.1);
    place.refuses(
        &["perform", "tune.abc", "--style", "kazoo", "-o", "no.mid"],
        &["kazoo", "classical", "jazz"],
    );
}

#[test]
fn timing_and_pedal_lie_beside_what_is_written() {
    let place = Place::new();
    place.write("song.mid", midi::write(&flat(1, 64)));
    place.does(&[
        "perform",
        "song.mid",
        "--timing",
        "1",
        "--pedal",
        "-o",
        "out.musicxml",
        "-o",
        "out.mid",
    ]);
    let page = place.score("out.musicxml");
    let pitches = |score: &Score| {
        apart(score)
            .0
            .into_iter()
            .map(|note| note.3)
            .collect::<Vec<_>>()
    };
    let given = place.score("song.mid");
    assert_eq!(pitches(&page), pitches(&given));
    let played = place.score("out.mid");
    assert_eq!(pitches(&played), pitches(&given));
    assert!(played.tempos.len() > 8, "{} tempos", played.tempos.len());
    let late = apart(&played)
        .0
        .iter()
        .filter(|note| note.1 % Ticks(480) != Ticks(0))
        .count();
    assert!(late > 16, "{late} notes off the beat");
    let pedal = played
        .parts
        .iter()
        .flat_map(|part| &part.controls)
        .filter(|control| matches!(control.message, Message::Controller { number: 64, .. }));
    assert!(pedal.count() > 2);
}

#[test]
fn written_dynamics_are_followed_or_kept() {
    let place = Place::new();
    let marked = TUNE
        .replace("GABc d2B2", "!pp!GABc d2B2")
        .replace("gfed", "!ff!gfed");
    place.write("tune.abc", marked);
    let means = |marks: &str| {
        place.does(&["perform", "tune.abc", "--marks", marks, "-o", "out.mid"]);
        let score = place.score("out.mid");
        let middle = Ticks(4 * 4 * i64::from(score.resolution.ticks_per_quarter()));
        let (notes, velocities) = apart(&score);
        let half = |loud: bool| {
            let of_half = notes.iter().zip(&velocities);
            let of_half = of_half.filter(|(note, _)| (note.1 >= middle) == loud);
            let of_half: Vec<f64> = of_half.map(|(_, &velocity)| f64::from(velocity)).collect();
            of_half.iter().sum::<f64>() / of_half.len() as f64
        };
        [half(false), half(true)]
    };
    let [soft, loud] = means("follow");
    assert!(soft < 50.0 && loud > 95.0, "{soft} and {loud}");
    let [soft, loud] = means("ignore");
    assert!((soft - loud).abs() < 30.0, "{soft} and {loud}");
    assert_eq!(means("keep"), [80.0, 80.0]);
}

#[test]
fn scores_without_anything_to_play_are_refused() {
    let place = Place::new();
    let mut drums = flat(1, 4);
    drums.parts[0].instrument.percussion = true;
    place
        .write("drums.mid", midi::write(&drums))
        .write("none.mid", midi::write(&flat(1, 0)));
    for name in ["drums.mid", "none.mid"] {
        place.refuses(
            &["perform", name, "-o", "out.mid"],
            &["no notes to play", "piano"],
        );
    }
}

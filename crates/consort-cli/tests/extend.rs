//! `consort extend` as a user meets it: the executable, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/place.rs"]
mod place;

use consort_audio::{Audio, Recording, WavFormat};
use place::{Place, heard};

/// A chord that dies away and is struck again, so many samples in a second.
fn chord(rate: u32, seconds: usize) -> Vec<f32> {
    let count = seconds * rate as usize;
    let sample = |index: usize| {
        let time = index as f32 / rate as f32;
        let tones =
            [220.0, 277.2, 329.6].map(|hertz: f32| (std::f32::consts::TAU * hertz * time).sin());
        0.2 * (-2.0 * time.fract()).exp() * tones.iter().sum::<f32>()
    };
    (0..count).map(sample).collect()
}

fn wav(rate: u32, channels: Vec<Vec<f32>>) -> Vec<u8> {
    Audio::new(rate, channels)
        .unwrap()
        .to_wav(WavFormat::Int16)
        .unwrap()
}

fn samples(place: &Place, name: &str) -> Vec<f32> {
    let (samples, warnings) = Recording::read_all(&place.path(name), 16_000, 60.0).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    samples
}

#[test]
fn without_a_file_it_goes_on_from_an_example() {
    let place = Place::new();
    let said = place.does(&["extend", "--seconds", "5"]);
    assert_eq!(said.trim(), "example-spectral.wav");
    heard(&place.path("example-spectral.wav"));
    assert_eq!(samples(&place, "example-spectral.wav").len(), 10 * 16_000);
}

#[test]
fn a_recording_stays_and_goes_on_without_a_click() {
    let place = Place::new();
    let left = chord(44_100, 3);
    let right: Vec<f32> = left.iter().map(|x| 0.5 * x).collect();
    place.write("in.wav", wav(44_100, vec![left, right]));
    place.does(&["extend", "in.wav", "--seconds", "2", "-o", "out.wav"]);
    let (given, longer) = (samples(&place, "in.wav"), samples(&place, "out.wav"));
    assert_eq!(longer.len(), given.len() + 2 * 16_000);
    // All but the end, where it fades into what follows.
    let kept = given.len() - 1536;
    let worst = given[..kept]
        .iter()
        .zip(&longer)
        .map(|(a, b)| (a - b).abs());
    assert!(worst.fold(0.0, f32::max) < 1e-3);
    let steps = |samples: &[f32]| -> f32 {
        samples
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f32::max)
    };
    let usual = steps(&given);
    assert!(steps(&longer[kept - 100..given.len() + 100]) < 2.0 * usual);
    let power = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32;
    assert!(
        power(&longer[given.len()..]) > 1e-6,
        "what follows is silent"
    );

    place.does(&[
        "extend",
        "in.wav",
        "--seconds",
        "2",
        "--only-new",
        "-o",
        "new.wav",
    ]);
    assert_eq!(samples(&place, "new.wav"), longer[given.len()..]);
    place.does(&[
        "extend",
        "in.wav",
        "--seconds",
        "2",
        "--only-new",
        "--seed",
        "2",
        "-o",
        "other.wav",
    ]);
    assert_ne!(samples(&place, "other.wav"), samples(&place, "new.wav"));
}

#[test]
fn what_cannot_be_gone_on_from_is_refused_and_leaves_no_file() {
    let place = Place::new();
    place
        .write("text.wav", "this is no sound")
        .write("empty.wav", "")
        .write(
            "short.wav",
            wav(16_000, vec![chord(16_000, 1)[..1600].to_vec()]),
        )
        .write("silent.wav", wav(16_000, vec![vec![0.0; 32_000]]))
        .write("good.wav", wav(16_000, vec![chord(16_000, 2)]))
        .write("tune.abc", "X:1\nT:Tune\nK:C\nCDEF|]\n");
    for (name, word) in [
        ("text.wav", "text.wav"),
        ("empty.wav", "empty.wav"),
        ("short.wav", "0.10 s"),
        ("silent.wav", "silent"),
        ("nowhere.wav", "nowhere.wav"),
        ("tune.abc", "tune.abc"),
    ] {
        place.refuses(&["extend", name, "-o", "out.wav"], &[word]);
        assert!(!place.path("out.wav").exists(), "{name}");
    }
    place.refuses(
        &["extend", "good.wav", "-o", "out.mid"],
        &["out.mid", ".wav"],
    );
    place.refuses(
        &["extend", "good.wav", "-o", "out.wav", "-o", "out.mid"],
        &["out.mid"],
    );
    place.refuses(&["extend", "good.wav", "-o", "good.wav"], &["good.wav"]);
    place.refuses(&["harmonize", "good.wav"], &["good.wav"]);
}

#[test]
fn what_consort_plays_it_can_go_on_from() {
    let place = Place::new();
    place.does(&["compose", "--bars", "8", "-o", "tune.mid", "-o", "tune.wav"]);
    assert!(place.score("tune.mid").parts[0].notes.len() > 8);
    place.does(&["extend", "tune.wav", "--seconds", "3", "-o", "longer.wav"]);
    let (tune, longer) = (samples(&place, "tune.wav"), samples(&place, "longer.wav"));
    assert_eq!(longer.len(), tune.len() + 3 * 16_000);
}

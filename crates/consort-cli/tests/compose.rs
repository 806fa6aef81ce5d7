//! `consort compose` as a user meets it: the executable, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/place.rs"]
mod place;

use std::fs;

use consort_music::{abc, tune};
use place::{Place, heard};

/// The tunes of an ABC file, which must be as the standard wants them.
fn tunes(place: &Place, name: &str) -> Vec<consort_music::Score> {
    abc::read_strict(&fs::read(place.path(name)).unwrap()).unwrap()
}

#[test]
fn a_tune_comes_from_nothing() {
    let place = Place::new();
    let said = place.does(&["compose"]);
    let expected = [
        "new-folk.abc",
        "new-folk.mid",
        "new-folk.musicxml",
        "new-folk.png",
        "new-folk.wav",
    ];
    assert_eq!(place.names(), expected);
    assert!(expected.iter().all(|name| said.contains(name)), "{said}");
    heard(&place.path("new-folk.wav"));
    let tune = &tunes(&place, "new-folk.abc")[0];
    assert!(tune.parts[0].notes.len() > 15);
    let from_xml = place.score("new-folk.musicxml");
    assert_eq!(
        from_xml.parts[0].sounding().len(),
        tune.parts[0].sounding().len()
    );
}

#[test]
fn what_is_asked_for_is_kept() {
    let place = Place::new();
    let asked = [
        "--key", "Edor", "--meter", "9/8", "--rhythm", "slip jig", "--form", "AABBCC", "--bars",
        "12", "--chords", "Em D",
    ];
    for seed in ["1", "2", "3"] {
        place.does(&[&["compose", "-o", "tune.abc", "--seed", seed][..], &asked].concat());
        let text = fs::read_to_string(place.path("tune.abc")).unwrap();
        for line in ["\nK:Edor", "\nM:9/8", "\nR:slip jig"] {
            assert!(text.contains(line), "{line:?} is not in {text}");
        }
        let tune = &tunes(&place, "tune.abc")[0];
        let plain = tune::text(tune, tune::ChordSymbols::Kept).unwrap();
        assert!(plain.starts_with("N:4:4:4:\n"), "{plain}");
        // A bar with a chord each, second endings with that of the first.
        let music = plain.lines().last().unwrap();
        let bars: Vec<&str> = music.split('|').filter(|bar| bar.contains('"')).collect();
        assert!(bars.len() >= 12, "{plain}");
        let chord = |bar: &str| bar.split('"').nth(1).unwrap().to_owned();
        let first: Vec<String> = bars[..3].iter().map(|bar| chord(bar)).collect();
        assert_eq!(first, ["Em", "D", "Em"], "{plain}");
        assert!(
            bars.iter()
                .all(|bar| ["Em", "D"].contains(&chord(bar).as_str())),
            "{plain}"
        );
    }
}

#[test]
fn one_file_holds_all_tunes_of_a_call() {
    let place = Place::new();
    place.does(&[
        "compose",
        "--count",
        "5",
        "-o",
        "tunes.abc",
        "-o",
        "tune.mid",
        "--bars",
        "8",
    ]);
    let numbered = (1..=5).map(|number| format!("tune-{number}.mid"));
    let expected: Vec<String> = numbered.chain(["tunes.abc".to_owned()]).collect();
    assert_eq!(place.names(), expected);
    let tunes = tunes(&place, "tunes.abc");
    assert_eq!(tunes.len(), 5);
    let text = fs::read_to_string(place.path("tunes.abc")).unwrap();
    assert!(
        (1..=5).all(|number| text.contains(&format!("X:{number}\n"))),
        "{text}"
    );
    place.does(&["compose", "-o", "one.abc", "--bars", "8"]);
    let one = abc::read_strict(&fs::read(place.path("one.abc")).unwrap()).unwrap();
    assert_eq!(
        one[0].parts, tunes[0].parts,
        "the first is what one alone would be"
    );
}

#[test]
fn a_beginning_is_gone_on_with() {
    let place = Place::new();
    place.write(
        "first.abc",
        "X:1\nT:Mine\nR:jig\nM:6/8\nL:1/8\nK:G\nD|GBd gdB|c2A\n",
    );
    place.does(&["compose", "first.abc", "-o", "whole.abc"]);
    let (first, whole) = (place.score("first.abc"), place.score("whole.abc"));
    let notes = |score: &consort_music::Score| -> Vec<(i64, u8)> {
        let notes = score.parts[0].notes.iter();
        notes
            .map(|note| (note.onset.0, note.pitch.midi()))
            .collect()
    };
    let (first, all) = (notes(&first), notes(&whole));
    assert_eq!(all[..first.len()], first);
    assert!(all.len() > 2 * first.len());
    assert_eq!(whole.metadata.title.as_deref(), Some("Mine"));
    tunes(&place, "whole.abc");
}

#[test]
fn the_same_request_gives_the_same_bytes_and_another_seed_others() {
    let place = Place::new();
    let run = |seed: &str, name: &str| {
        place.does(&["compose", "--seed", seed, "-o", name]);
        fs::read(place.path(name)).unwrap()
    };
    assert_eq!(run("1", "a.abc"), run("1", "b.abc"));
    assert_ne!(run("1", "a.abc"), run("2", "c.abc"));
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let place = Place::new();
    place
        .write("empty.abc", "")
        .write("prose.abc", "Dear diary, today I practised.\n")
        .write("two.abc", "X:1\nT:A\nK:C\nCDEF|\n\nX:2\nT:B\nK:C\nCDEF|\n")
        .write("in-d.abc", "X:1\nT:A\nM:4/4\nL:1/8\nK:D\nd2f2 a2f2|\n")
        .write("done.abc", "X:1\nT:A\nM:4/4\nL:1/8\nK:D\nd2f2 a2f2|d8|]\n")
        .write(
            "rich.abc",
            "X:1\nT:A\nM:4/4\nL:1/8\nK:D\nd8|\n[M:3/4]d6|d6|\n",
        )
        .write(
            "long.abc",
            format!("X:1\nT:A\nM:4/4\nL:1/8\nK:D\n{}\n", "d8|".repeat(300_000)),
        );
    for (arguments, said) in [
        (&["--key", "H"][..], &["--key", "\"H\""][..]),
        (&["--meter", "4/0"], &["--meter", "4/0"]),
        (&["--meter", "17/16"], &["17/16"]),
        (&["--bars", "0"], &["bars", "1 to 64"]),
        (&["--form", "AAB", "--bars", "7"], &["AAB", "7"]),
        (&["--form", "?!"], &["form"]),
        (&["--chords", "Hmm"], &["Hmm"]),
        (&["--temperature", "-1"], &["temperature", "0 to 5"]),
        (&["--temperature", "NaN"], &["temperature"]),
        (&["--count", "0"], &["0"]),
        (&["--count", "10001"], &["10000"]),
        (&["none.abc"], &["none.abc"]),
        (&["empty.abc"], &["empty"]),
        (&["prose.abc"], &["prose.abc"]),
        (&["two.abc"], &["2 tunes", "metre"]),
        (&["in-d.abc", "--key", "G"], &["--key", "D"]),
        (&["done.abc"], &["--bars"]),
        (&["rich.abc"], &["metre"]),
        (&["long.abc"], &["64"]),
        (&["--like", "none.abc"], &["none.abc"]),
        (
            &["--sampler", "free", "--key", "D"],
            &["--sampler", "--key"],
        ),
        (&["in-d.abc", "--sampler", "free"], &["--sampler", "given"]),
    ] {
        place.refuses(
            &[&["compose", "-o", "out.abc"][..], arguments].concat(),
            said,
        );
    }
}

#[test]
fn a_style_is_learnt_from_a_folder() {
    let place = Place::new();
    fs::create_dir(place.path("tunes")).unwrap();
    for number in 1..=24 {
        // A march of its own for each number.
        let bar = |place: usize| {
            let note =
                |note: usize| char::from(b"CDEFGAB"[(number * (place + 2) + note * place) % 7]);
            format!("{}2{}{}", note(0), note(1), note(3))
        };
        let music: Vec<String> = (0..7).map(bar).collect();
        let music = music.join("|");
        let tune = format!("X:1\nT:{number}\nR:march\nM:2/4\nL:1/8\nK:C\n|:{music}|C4:|\n");
        place.write(&format!("tunes/{number}.abc"), tune);
    }
    place.does(&[
        "train",
        "folk",
        "--preset",
        "tiny",
        "--data",
        "tunes",
        "--set",
        "recipe.steps=30",
        "--run",
        "run",
        "-o",
        "mine.safetensors",
    ]);
    let said = place.does(&[
        "compose",
        "--weights",
        "mine.safetensors",
        "--novelty",
        "64",
        "-o",
        "out.abc",
        "--json",
    ]);
    assert!(said.contains("\"weights\": \"mine\""), "{said}");
    tunes(&place, "out.abc");
}

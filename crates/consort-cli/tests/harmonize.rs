//! `consort harmonize` as a user meets it: the executable, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/place.rs"]
mod place;

use std::fs;
use std::path::Path;

use consort_music::{Note, Score};
use place::{Place, heard, text};

const MELODY: &str = "X:1\nT:Melody\nM:4/4\nL:1/4\nK:G\nG A B c|d2 B2|c B A G|HG4|]\n";

/// Few passes are enough to see that everything goes its way.
const QUICK: [&str; 2] = ["--steps", "4"];

#[test]
fn the_example_makes_a_score_sound_and_a_picture() {
    let place = Place::new();
    let said = place.does(&["harmonize"]);
    let expected = [
        "example-chorale.mid",
        "example-chorale.musicxml",
        "example-chorale.png",
        "example-chorale.wav",
    ];
    assert_eq!(place.names(), expected);
    assert!(expected.iter().all(|name| said.contains(name)), "{said}");
    let score = place.score("example-chorale.musicxml");
    assert_eq!(score.parts.len(), 4);
    for part in &score.parts {
        assert!(part.notes.len() > 20, "{} is nearly empty", part.name);
    }
    heard(&place.path("example-chorale.wav"));
}

#[test]
fn the_same_request_gives_the_same_bytes_and_another_seed_others() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    let run = |seed: &str, name: &str| {
        let arguments = ["harmonize", "melody.abc", "--seed", seed, "-o", name];
        place.does(&[&arguments[..], &QUICK].concat());
        fs::read(place.path(name)).unwrap()
    };
    assert_eq!(run("1", "a.musicxml"), run("1", "b.musicxml"));
    assert_ne!(run("1", "a.musicxml"), run("2", "c.musicxml"));
    assert_eq!(run("1", "a.wav"), run("1", "b.wav"));
}

/// Onsets, lengths and pitches in quarters.
fn sung(score: &Score, part: usize) -> Vec<(f64, f64, u8)> {
    let quarter = f64::from(score.resolution.ticks_per_quarter());
    let notes = score.parts[part].sounding();
    notes
        .iter()
        .map(|n| {
            (
                n.onset.0 as f64 / quarter,
                n.duration.0 as f64 / quarter,
                n.pitch.midi(),
            )
        })
        .collect()
}

#[test]
fn the_melody_is_unchanged_from_and_to_every_format() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    place.does(&["convert", "melody.abc", "melody.mid"]);
    place.does(&["convert", "melody.abc", "melody.mxl"]);
    let melody = sung(&place.score("melody.abc"), 0);
    assert_eq!(melody.len(), 11);
    for from in ["melody.abc", "melody.mid", "melody.mxl"] {
        for to in ["out.musicxml", "out.mid", "out.abc", "out.mxl"] {
            place.does(&[&["harmonize", from, "-o", to][..], &QUICK].concat());
            assert_eq!(sung(&place.score(to), 0), melody, "{from} to {to}");
            assert_eq!(place.score(to).parts.len(), 4, "{from} to {to}");
        }
    }
}

#[test]
fn several_samples_are_numbered() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    place.does(
        &[
            &["harmonize", "melody.abc", "--samples", "3", "-o", "out.mid"][..],
            &QUICK,
        ]
        .concat(),
    );
    let out: Vec<_> = (1..=3)
        .map(|n| fs::read(place.path(&format!("out-{n}.mid"))).unwrap())
        .collect();
    assert!(out[0] != out[1] && out[1] != out[2]);
    place.does(&[&["harmonize", "melody.abc", "-o", "one.mid"][..], &QUICK].concat());
    assert_eq!(fs::read(place.path("one.mid")).unwrap(), out[0]);
}

#[test]
fn a_region_is_made_anew_and_the_rest_stays() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    place.does(
        &[
            &["harmonize", "melody.abc", "-o", "whole.musicxml"][..],
            &QUICK,
        ]
        .concat(),
    );
    let again = [
        "harmonize",
        "whole.musicxml",
        "--bars",
        "2-3",
        "--seed",
        "9",
        "-o",
        "again.musicxml",
    ];
    place.does(&[&again[..], &QUICK].concat());
    let (whole, again) = (place.score("whole.musicxml"), place.score("again.musicxml"));
    let outside = |score: &Score| -> Vec<Note> {
        let quarter = score.resolution.quarter();
        let notes = score.parts.iter().flat_map(|part| part.notes.clone());
        notes
            .filter(|note| note.onset < quarter * 4 || note.onset >= quarter * 12)
            .collect()
    };
    assert_eq!(outside(&whole), outside(&again));
    assert_ne!(whole.parts[2].notes, again.parts[2].notes);
    assert_eq!(whole.parts[0].notes, again.parts[0].notes);
}

#[test]
fn json_reports_what_was_made_and_how() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    let said = place.does(
        &[
            &["harmonize", "melody.abc", "-o", "out.mid", "--json"][..],
            &QUICK,
        ]
        .concat(),
    );
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["family"], "chorale");
    assert_eq!(report["options"]["steps"], "4");
    assert_eq!(report["pieces"][0]["files"][0], "out.mid");
    assert_eq!(report["pieces"][0]["seed"], 1);
    assert!(report["pieces"][0]["facts"]["parallel fifths"].is_number());
}

#[test]
fn a_trace_is_written_as_data_and_picture() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    place.does(
        &[
            &["harmonize", "melody.abc", "-o", "out.mid", "--trace"][..],
            &QUICK,
        ]
        .concat(),
    );
    let csv = fs::read_to_string(place.path("out.trace.csv")).unwrap();
    assert_eq!(csv.lines().count(), 5, "{csv}");
    assert!(
        fs::read_to_string(place.path("out.trace.svg"))
            .unwrap()
            .contains("<svg")
    );
    place.does(&["plot", "out.trace.csv", "-o", "curve.png"]);
    assert!(
        fs::read(place.path("curve.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
}

#[test]
fn the_article_s_sampler_works_too() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    place.does(&[
        "harmonize",
        "melody.abc",
        "-o",
        "out.musicxml",
        "--sampler",
        "gibbs",
        "--steps",
        "12",
    ]);
    assert_eq!(place.score("out.musicxml").parts.len(), 4);
}

#[test]
fn files_that_are_no_melody_are_refused() {
    let place = Place::new();
    place
        .write("empty.mid", "")
        .write("diary.txt", "Dear diary")
        .write("cut.mid", b"MThd\0\0\0\x06\0\x01");
    place.write("silent.abc", "X:1\nM:4/4\nL:1/4\nK:C\nz4|]\n");
    place.write(
        "five.abc",
        "X:1\nM:4/4\nL:1/4\nK:C\nV:1\nCDEF|\nV:2\nCDEF|\nV:3\nCDEF|\nV:4\nCDEF|\nV:5\nCDEF|\n",
    );
    place.write("wide.abc", "X:1\nM:4/4\nL:1/4\nK:C\nC,,, c''' C c|\n");
    fs::create_dir(place.path("folder.mid")).unwrap();
    let refuses = |name: &str, parts: &[&str]| place.refuses(&["harmonize", name], parts);
    refuses("empty.mid", &["empty.mid", "empty"]);
    refuses("diary.txt", &["diary.txt", "MIDI, MusicXML"]);
    refuses("cut.mid", &["cut.mid"]);
    refuses("silent.abc", &["no notes"]);
    refuses("five.abc", &["5 voices", "--part"]);
    refuses("wide.abc", &["84 semitones"]);
    refuses("folder.mid", &["folder.mid", "folder"]);
    refuses("none.mid", &["none.mid"]);
}

#[test]
fn an_error_is_told_once() {
    let place = Place::new();
    place.write("cut.mid", "MThd");
    let said = text(&place.run(&["harmonize", "cut.mid"]).stderr);
    assert_eq!(said.matches("cannot read MIDI").count(), 1, "{said}");
}

#[test]
fn a_polyphonic_melody_says_what_was_taken() {
    let place = Place::new();
    place.write("chords.abc", "X:1\nM:4/4\nL:1/4\nK:C\n[CEG][DFA]EF|\n");
    let output = place.run(&[&["harmonize", "chords.abc", "-o", "out.mid"][..], &QUICK].concat());
    assert!(output.status.success());
    let said = text(&output.stderr);
    assert!(
        said.contains("the highest were taken") && said.contains("--part"),
        "{said}"
    );
}

#[test]
fn wrong_arguments_are_refused() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    let refuses = |arguments: &[&str], parts: &[&str]| {
        place.refuses(&[&["harmonize", "melody.abc"], arguments].concat(), parts);
    };
    refuses(&["--temperature", "9"], &["temperature", "0 to 5"]);
    refuses(&["--steps", "0"], &["steps", "from 1"]);
    refuses(&["--grid", "32nd"], &["16th, 8th, quarter"]);
    refuses(&["--keep", "viola"], &["soprano"]);
    refuses(&["--bars", "4-2"], &["4-2"]);
    refuses(&["-o", "out.mp3"], &["out.mp3", ".musicxml"]);
    refuses(&["-o", "melody.abc"], &["is the input"]);
    refuses(&["--part", "oboe"], &["oboe"]);
    refuses(&["--seed", "x"], &["--seed"]);
    refuses(&["--soundfont", "none.sf2"], &["none.sf2"]);
    assert_eq!(place.run(&["sing"]).status.code(), Some(2));
}

#[test]
fn wrong_weights_are_refused() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    let released =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights/chorale-1.safetensors");
    let bytes = fs::read(released).unwrap();
    place
        .write("half.safetensors", &bytes[..bytes.len() / 2])
        .write("junk.safetensors", "junk");
    // Names of the same length keep the header whole.
    let text = String::from_utf8_lossy(&bytes[..4000]).into_owned();
    let other = text.replace(
        "\\\"family\\\":\\\"chorale\\\"",
        "\\\"family\\\":\\\"kazooos\\\"",
    );
    assert_ne!(text, other);
    let mut forged = bytes.clone();
    let start = text.find("\\\"family\\\"").unwrap();
    forged[start..start + 24].copy_from_slice(&other.as_bytes()[start..start + 24]);
    place.write("other.safetensors", &forged);
    for (name, parts) in [
        ("half.safetensors", ["half.safetensors", "whole"]),
        ("junk.safetensors", ["junk.safetensors", "whole"]),
        ("other.safetensors", ["kazooos", "--weights"]),
        ("none.safetensors", ["none.safetensors", "cannot read"]),
    ] {
        place.refuses(&["harmonize", "melody.abc", "--weights", name], &parts);
    }
}

#[test]
fn a_released_network_is_chosen_by_name() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    let refuses = |arguments: &[&str], parts: &[&str]| {
        place.refuses(&[&["harmonize", "melody.abc"], arguments].concat(), parts);
    };
    refuses(&["--network", "kazoo"], &["kazoo", "default, article"]);
    refuses(
        &["--network", "article"],
        &["--weights weights/chorale-article-1.safetensors"],
    );
    let both = ["--network", "default", "--weights", "x.safetensors"];
    refuses(&both, &["--network", "--weights"]);
    let melody = ["harmonize", "melody.abc", "--steps", "2", "-o"];
    place.does(&[&melody[..], &["a.mid"]].concat());
    place.does(&[&melody[..], &["b.mid", "--network", "default"]].concat());
    let bytes = |name| fs::read(place.path(name)).unwrap();
    assert_eq!(bytes("a.mid"), bytes("b.mid"));
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let place = Place::new();
    place.write("melody.abc", MELODY);
    let arguments = [
        "harmonize",
        "melody.abc",
        "-o",
        "good.mid",
        "-o",
        "no/such/folder/bad.mid",
    ];
    let output = place.run(&[&arguments[..], &QUICK].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("bad.mid"));
    assert_eq!(place.names(), ["melody.abc"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("secret.abc", MELODY);
    fs::set_permissions(place.path("secret.abc"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(place.path("secret.abc")).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    place.refuses(&["harmonize", "secret.abc"], &["secret.abc"]);
}

#[test]
fn strange_metres_tempos_and_lengths_are_sung() {
    let place = Place::new();
    place.write(
        "odd.abc",
        "X:1\nM:5/8\nL:1/8\nK:D\nDEFGA|[M:3/4]A2G2F2|[M:7/8]E2D2E3|[M:C]D8|]\n",
    );
    place.write("pickup.abc", "X:1\nM:3/4\nL:1/4\nK:F\nC|F2G|A2B|c3-|c2|]\n");
    place.write("fast.mid", midi_with_tempo(0));
    place.write(
        "long.abc",
        format!(
            "X:1\nM:4/4\nL:1/4\nQ:1/4=100\nK:C\n{}",
            "CDEF|GFED|\n".repeat(250)
        ),
    );
    for name in ["odd.abc", "pickup.abc", "fast.mid", "long.abc"] {
        let melody = sung(&place.score(name), 0);
        place.does(&["harmonize", name, "-o", "out.musicxml", "--steps", "2"]);
        assert_eq!(sung(&place.score("out.musicxml"), 0), melody, "{name}");
    }
}

/// Four quarters at a tempo in microseconds a quarter.
fn midi_with_tempo(tempo: u32) -> Vec<u8> {
    let mut track = vec![0, 0xFF, 0x51, 3];
    track.extend(&tempo.to_be_bytes()[1..]);
    for pitch in [67, 69, 71, 72] {
        track.extend([0, 0x90, pitch, 80, 0x60, 0x80, pitch, 0]);
    }
    track.extend([0, 0xFF, 0x2F, 0]);
    let mut file = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
    file.extend(u32::try_from(track.len()).unwrap().to_be_bytes());
    file.extend(track);
    file
}

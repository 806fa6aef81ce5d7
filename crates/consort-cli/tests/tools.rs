//! The commands around the families, as a user meets them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks, abc, midi};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consort"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("CONSORT_SOUNDFONT");
    command
        .env("XDG_DATA_HOME", folder)
        .env_remove("CONSORT_DATA")
        .output()
        .unwrap()
}

fn does(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

const TUNE: &str = "X:1\nT:Tune\nM:6/8\nL:1/8\nK:D\n|:DFA d2A|1 BGB A3:|2 BGE D3|]\n";

#[test]
fn a_tune_becomes_sound_pictures_and_other_formats() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    does(folder.path(), &["render", "tune.abc"]);
    does(folder.path(), &["plot", "tune.abc", "-o", "tune.svg"]);
    does(folder.path(), &["plot", "tune.abc"]);
    does(folder.path(), &["convert", "tune.abc", "tune.musicxml"]);
    does(folder.path(), &["convert", "tune.musicxml", "tune.mid"]);
    let starts = |name: &str, with: &[u8]| {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        assert!(bytes.starts_with(with), "{name}");
    };
    starts("tune.wav", b"RIFF");
    starts("tune.svg", b"<svg");
    starts("tune.png", b"\x89PNG");
    starts("tune.musicxml", b"<?xml");
    starts("tune.mid", b"MThd");
}

#[test]
fn channels_are_drums_if_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    does(folder.path(), &["convert", "tune.abc", "tune.mid"]);
    let plotted = |channels: &[&str]| {
        let plot = ["plot", "tune.mid", "-o", "tune.svg"];
        does(folder.path(), &[&plot[..], channels].concat());
        fs::read(folder.path().join("tune.svg")).unwrap()
    };
    let melody = plotted(&[]);
    assert_eq!(plotted(&["--channel", "10"]), melody);
    assert_ne!(plotted(&["--channel", "10", "--channel", "1"]), melody);
    for (arguments, part) in [
        (["plot", "tune.abc", "--channel", "1"], "MIDI"),
        (["plot", "tune.mid", "--channel", "17"], "1..=16"),
        (["harmonize", "tune.abc", "--channel", "1"], "MIDI"),
    ] {
        let output = run(folder.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_score_is_inspected_and_its_repeats_are_played_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    let page = does(folder.path(), &["inspect", "tune.abc"]);
    for part in [
        "Tune",
        "3 measures (4 with repeats)",
        "6/8",
        "D major",
        "D4 to D5",
        "add up",
    ] {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
    does(
        folder.path(),
        &["convert", "tune.abc", "long.abc", "--unfold"],
    );
    let report = does(folder.path(), &["inspect", "long.abc", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let score = &report["scores"][0];
    assert_eq!(
        (&score["measures"], &score["parts"][0]["notes"]),
        (&4.into(), &18.into())
    );
    assert_eq!(score["counts"].get("repeats"), None);
    assert_eq!(report["warnings"], serde_json::json!([]));
}

#[test]
fn a_collection_is_listed_and_stays_whole_in_abc() {
    let folder = tempfile::tempdir().unwrap();
    let book = format!("{TUNE}\n{}", TUNE.replace("X:1\nT:Tune", "X:7\nT:Other"));
    fs::write(folder.path().join("book.abc"), book).unwrap();
    let list = does(folder.path(), &["inspect", "book.abc"]);
    assert!(
        list.starts_with("2 tunes") && list.contains("Other"),
        "{list}"
    );
    does(folder.path(), &["convert", "book.abc", "clean.abc"]);
    let clean = fs::read_to_string(folder.path().join("clean.abc")).unwrap();
    assert!(
        clean.contains("X:1\n") && clean.contains("X:7\n"),
        "{clean}"
    );
    does(
        folder.path(),
        &["convert", "book.abc", "other.abc", "--tune", "2"],
    );
    let other = fs::read_to_string(folder.path().join("other.abc")).unwrap();
    assert!(
        other.contains("T:Other") && !other.contains("T:Tune"),
        "{other}"
    );
}

#[test]
fn what_a_conversion_leaves_out_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("tune.abc"),
        TUNE.replace("BGB", "H.B(GB)"),
    )
    .unwrap();
    let output = run(folder.path(), &["convert", "tune.abc", "tune.mid"]);
    let said = String::from_utf8(output.stderr).unwrap();
    for part in [
        "tune.mid does not hold",
        "1 fermata",
        "1 articulation",
        "1 slur",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let report = does(
        folder.path(),
        &["convert", "tune.abc", "tune.mxl", "--json"],
    );
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["left_out"], serde_json::json!([]));
}

#[test]
fn a_score_becomes_arrays() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    does(folder.path(), &["convert", "tune.abc", "tune.npz"]);
    let archive = fs::read(folder.path().join("tune.npz")).unwrap();
    assert!(archive.starts_with(b"PK"));
    for name in ["notes.npy", "roll.npy", "voices.npy", "drums.npy"] {
        let found = archive
            .windows(name.len())
            .any(|bytes| bytes == name.as_bytes());
        assert!(found, "{name}");
    }
}

#[test]
fn a_performance_becomes_a_score() {
    let folder = tempfile::tempdir().unwrap();
    let note = |index: i64| {
        let pitch = Pitch::try_from(60 + index % 7).unwrap();
        // Quarter notes, each a little early or late and let go before the next.
        Note::new(Ticks(480 * index + index * 37 % 19), Ticks(420), pitch)
    };
    let mut score = Score::new(Resolution::MIDI);
    score.parts = vec![Part {
        notes: (0..16).map(note).collect(),
        ..Part::default()
    }];
    fs::write(folder.path().join("take.mid"), midi::write(&score)).unwrap();
    does(
        folder.path(),
        &[
            "convert",
            "take.mid",
            "take.abc",
            "--quantize",
            "16+3",
            "--infer-metre",
        ],
    );
    let tune = fs::read_to_string(folder.path().join("take.abc")).unwrap();
    let read = &abc::read(tune.as_bytes()).unwrap().value[0];
    let (quarter, notes) = (read.resolution.quarter(), &read.parts[0].notes);
    assert!(notes.iter().all(|note| note.duration == quarter), "{tune}");
    assert_eq!(notes.len(), 16, "{tune}");
    let output = run(
        folder.path(),
        &["convert", "take.mid", "take.abc", "--quantize", "12"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("16+3"));
}

/// A kick and a snare in turn, so many ticks of 480 in a quarter apart.
fn beat(ticks: i64) -> Vec<u8> {
    let note = |index: i64| {
        let pitch = Pitch::try_from([36u8, 38][usize::from(index % 2 == 1)]).unwrap();
        Note::new(Ticks(ticks * index), Ticks(60), pitch)
    };
    let mut score = Score::new(Resolution::MIDI);
    let mut part = Part {
        notes: (0..16).map(note).collect(),
        ..Part::default()
    };
    part.instrument.percussion = true;
    score.parts = vec![part];
    midi::write(&score)
}

#[test]
fn velocities_are_drawn_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut score = abc::read(TUNE.as_bytes()).unwrap().value.remove(0);
    for (name, first) in [("soft.mid", 30u8), ("loud.mid", 90)] {
        for (velocity, note) in (first..).zip(&mut score.parts[0].notes) {
            note.velocity = velocity.try_into().ok();
        }
        fs::write(folder.path().join(name), midi::write(&score)).unwrap();
    }
    let said = does(folder.path(), &["plot", "--velocity", "soft.mid"]);
    assert_eq!(said, "soft.velocity.png\n");
    let png = fs::read(folder.path().join("soft.velocity.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let both = ["plot", "soft.mid", "loud.mid", "--velocity", "-o", "a.svg"];
    does(folder.path(), &both);
    let text = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    assert!(text.contains("soft") && text.contains("loud") && text.contains("velocity"));
    let output = run(
        folder.path(),
        &["plot", "--velocity", "--pattern", "soft.mid"],
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn drums_are_drawn_by_their_patterns() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("real.mid"), beat(480)).unwrap();
    fs::write(folder.path().join("made.mid"), beat(240)).unwrap();
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let said = does(folder.path(), &["plot", "real.mid", "--pattern"]);
    assert_eq!(said, "real.pattern.png\nreal.pattern.csv\n");
    let table = text("real.pattern.csv");
    assert!(
        table.starts_with("first,then,lag_32nds,share\nkick,kick,1,0\n"),
        "{table}"
    );

    let both = [
        "plot",
        "real.mid",
        "made.mid",
        "--pattern",
        "-o",
        "both.svg",
    ];
    does(folder.path(), &both);
    assert!(text("both.svg").contains("generated: made"));
    let header = "first,then,lag_32nds,share,share_2,residual\n";
    assert!(text("both.csv").starts_with(header));

    // A folder is all of its files, however deep.
    let takes = folder.path().join("takes/deep");
    fs::create_dir_all(&takes).unwrap();
    fs::copy(folder.path().join("real.mid"), takes.join("1.mid")).unwrap();
    fs::copy(folder.path().join("real.mid"), takes.join("../2.mid")).unwrap();
    fs::write(takes.join("notes.txt"), "no score").unwrap();
    does(folder.path(), &["plot", "takes", "--pattern"]);
    assert_eq!(text("takes.pattern.csv"), table);

    fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    for (inputs, says) in [
        (&["tune.abc"][..], "channel 10"),
        (&["real.mid", "made.mid", "takes"], "folder"),
    ] {
        let output = run(folder.path(), &[&["plot", "--pattern"], inputs].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn a_faulty_file_is_refused_when_one_is_strict() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("tune.abc"),
        TUNE.replace("BGB A3", "BGB A2"),
    )
    .unwrap();
    for arguments in [
        &["convert", "tune.abc", "tune.mid", "--strict"][..],
        &["inspect", "tune.abc", "--strict"],
    ] {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("line 6") && said.contains("5/8"), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    does(folder.path(), &["convert", "tune.abc", "tune.mid"]);
}

#[test]
fn a_machine_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let asked = ["bench", "w4s", "w1i46", "--seconds", "0.01"];
    let said = does(folder.path(), &[&asked[..], &["--json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(report["peak"]["flops"].as_f64().unwrap() > 1e6);
    assert!(report["peak"]["bytes"].as_f64().unwrap() > 1e6);
    let workloads = report["workloads"].as_array().unwrap();
    let names: Vec<&str> = workloads
        .iter()
        .map(|w| w["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["w1i46", "w4s"]);
    for workload in workloads {
        let [median, best] = ["median_s", "best_s"].map(|key| workload[key].as_f64().unwrap());
        assert!(0.0 < best && best <= median);
        assert!(workload["iterations"].as_u64().unwrap() >= 3);
    }
    let said = does(folder.path(), &asked);
    assert!(said.contains("GFLOP/s") && said.contains("w4s") && !said.contains("w5t"));

    for wrong in [
        &["bench", "w9"][..],
        &["bench", "--seconds=-1"],
        &["bench", "--seconds", "nan"],
    ] {
        let output = run(folder.path(), wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_device_that_is_not_there_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |device: &str, says: &str| {
        let output = run(folder.path(), &["harmonize", "--device", device]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    };
    refused("abacus", "cpu and gpu");
    if !cfg!(feature = "gpu") {
        refused("gpu", "--features gpu");
    }
}

#[test]
fn conversions_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tune.abc"), TUNE).unwrap();
    for arguments in [
        ["convert", "tune.abc", "tune.abc"],
        ["convert", "tune.abc", "tune.docx"],
        ["convert", "none.abc", "tune.mid"],
        ["render", "tune.abc", "-o=tune.mid"],
        ["plot", "tune.abc", "-o=tune.mid"],
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn models_and_their_cards_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let page = does(folder.path(), &["models"]);
    assert!(page.contains("chorale-1 (default)"), "{page}");
    assert!(page.contains("network: nottingham"), "{page}");
    assert!(does(folder.path(), &["models", "chorale-1"]).starts_with("# chorale-1"));
    let list: serde_json::Value =
        serde_json::from_str(&does(folder.path(), &["models", "--json"])).unwrap();
    assert_eq!(list[0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(list[0]["network"], "default");
    assert_eq!(
        run(folder.path(), &["models", "kazoo-1"]).status.code(),
        Some(2)
    );
}

#[test]
fn training_without_data_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        folder.path(),
        &["train", "chorale", "--preset", "tiny", "--data", "."],
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("consort data get bach-chorales-music21"),
        "{said}"
    );
}

#[test]
fn corpora_with_names_are_for_families_that_take_them() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "x=y"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for (data, part) in [
        (
            &["jazz=a", "folk=b"][..],
            "not from corpora with names (jazz, folk)",
        ),
        (&["jazz=a"], "give --data DIR once"),
        (&["jazz=a", "b"], "with a name and without"),
        (&["a", "b"], "give each folder a name"),
        (&["Jazz=a"], "\"Jazz\""),
        (&["jazz=a", "jazz=b"], "\"jazz\""),
        (&["jazz=nowhere"], "cannot read nowhere"),
        // A folder that is there.
        (&["x=y"], "is not in x=y"),
    ] {
        let mut arguments = vec!["train", "chorale", "--preset", "tiny"];
        data.iter()
            .for_each(|data| arguments.extend(["--data", data]));
        let output = run(folder.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{data:?}: {said}");
        assert!(said.contains(part), "{data:?}: {said}");
    }
    // Other commands have one folder.
    let evaluate = ["evaluate", "chorale", "--data", "a", "--data", "b"];
    assert_eq!(run(folder.path(), &evaluate).status.code(), Some(2));
}

#[test]
fn training_writes_weights_that_harmonise_and_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let train = |more: &[&str]| {
        let base = [
            "train",
            "chorale",
            "--preset",
            "tiny",
            "--example-data",
            "--run",
            "run",
        ];
        let set = [
            "--set",
            "recipe.steps=20",
            "--set",
            "recipe.validate_every=10",
        ];
        does(folder.path(), &[&base[..], &set, more].concat())
    };
    let said = train(&[]);
    assert!(said.contains("20 steps"), "{said}");
    let weights = folder.path().join("run/weights.safetensors");
    let first = fs::read(&weights).unwrap();
    // The run is over: going on changes nothing.
    train(&[]);
    assert_eq!(fs::read(&weights).unwrap(), first);
    let arguments = [
        "harmonize",
        "--weights",
        "run/weights.safetensors",
        "-o",
        "out.mid",
        "--steps",
        "2",
    ];
    does(folder.path(), &arguments);
    let evaluate = [
        "evaluate",
        "chorale",
        "--weights",
        "run/weights.safetensors",
        "--part",
        "kazoo",
    ];
    assert_eq!(run(folder.path(), &evaluate).status.code(), Some(2));
}

//! What is played from nothing, as it is asked for.

use super::*;

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

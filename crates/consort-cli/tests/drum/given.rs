//! What is played of what is given.

use super::*;

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
    // A threshold holds from the first bar on, and no drum is likelier than certain.
    let guided = [
        "given.mid",
        "--mode",
        "guided",
        "--threshold",
        "1",
        "-o",
        "none.mid",
    ];
    noted(&place, &guided);
    let notes = place
        .score("none.mid")
        .parts
        .iter()
        .map(|part| part.notes.len())
        .sum::<usize>();
    assert_eq!(notes, 0);
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

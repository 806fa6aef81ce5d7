//! Pictures of velocities.

use super::*;
use consort_music::Velocity;

/// A tune whose notes are struck so.
fn struck(body: &str, velocity: impl Fn(usize) -> u8) -> Score {
    let mut score = tune(body);
    for (index, note) in score.parts[0].notes.iter_mut().enumerate() {
        note.velocity = Velocity::try_from(velocity(index)).ok();
    }
    score
}

fn drawn(performances: &[Performance<'_>]) -> String {
    String::from_utf8(velocities("Title", performances, PictureFormat::Svg)).unwrap()
}

fn numbers(node: Node<'_, '_>, names: [&str; 2]) -> (f64, f64) {
    let [x, y] = names.map(|name| node.attribute(name).unwrap().parse().unwrap());
    (x, y)
}

fn dots(svg: &str) -> Vec<(f64, f64)> {
    let document = Document::parse(svg).unwrap();
    let circles = document
        .descendants()
        .filter(|it| it.has_tag_name("circle"));
    circles
        .map(|circle| numbers(circle, ["cx", "cy"]))
        .collect()
}

/// The lines of each performance, light edges left out, from the first to the last point.
fn lines(svg: &str) -> Vec<Vec<(f64, f64)>> {
    let document = Document::parse(svg).unwrap();
    let in_group = |node: &Node<'_, '_>| {
        let class = node.parent().and_then(|parent| parent.attribute("class"));
        class == Some("performance") && node.has_tag_name("polyline")
    };
    let coloured = |node: &Node<'_, '_>| !node.attribute("stroke").unwrap().contains("ffffff");
    let points = |node: Node<'_, '_>| {
        let text = node.attribute("points").unwrap();
        let pairs = text.split_whitespace().map(|pair| {
            let (x, y) = pair.split_once(',').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        });
        pairs.collect()
    };
    document
        .descendants()
        .filter(in_group)
        .filter(coloured)
        .map(points)
        .collect()
}

#[test]
fn harder_is_higher_and_later_is_further_right() {
    let score = struck("CDEF|GABc|]", |index| 40 + 8 * index as u8);
    let text = drawn(&[Performance {
        name: "alone",
        score: &score,
    }]);
    let dots = dots(&text);
    assert_eq!(dots.len(), 8);
    for pair in dots.windows(2) {
        assert!(pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1, "{pair:?}");
    }
    // One voice has no bass.
    let lines = lines(&text);
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1),
        "{lines:?}"
    );
    assert!(text.contains("alone: highest notes") && !text.contains("lowest"));
    assert!(text.contains(">bar<") && text.contains(">mf<"), "{text}");
}

#[test]
fn chords_have_a_melody_and_a_bass() {
    let score = struck("[C,c][D,d][E,e][F,f]|]", |index| {
        40 + 40 * (index % 2) as u8
    });
    let performance = Performance {
        name: "",
        score: &score,
    };
    let [bass, melody] = lines(&drawn(&[performance])).try_into().unwrap();
    assert!(
        melody[0].1 < bass[0].1,
        "the melody is louder: {melody:?}, {bass:?}"
    );
    // With two of them there are two melodies.
    let text = drawn(&[
        performance,
        Performance {
            name: "softer",
            ..performance
        },
    ]);
    assert_eq!(lines(&text).len(), 2);
    assert!(text.contains("softer") && !text.contains("lowest"));
}

#[test]
fn performances_lie_over_each_other() {
    let loud = struck("CDEF|GABc|]", |_| 100);
    let soft = struck("CDEF|GABc|]", |_| 30);
    let of = |name, score| Performance { name, score };
    let both = lines(&drawn(&[of("loud", &loud), of("soft", &soft)]));
    assert_eq!((both.len(), both[0].len()), (2, 8));
    for (upper, lower) in both[0].iter().zip(&both[1]) {
        assert!(upper.0 == lower.0 && upper.1 < lower.1);
    }
}

#[test]
fn without_measures_time_is_in_seconds() {
    let mut score = struck("CDEF|GABc|]", |_| 100);
    score.measures.clear();
    let text = drawn(&[Performance {
        name: "",
        score: &score,
    }]);
    assert!(text.contains(">seconds<") && !text.contains(">bar<"));
}

#[test]
fn no_velocities_are_said() {
    for performances in [
        &[][..],
        &[Performance {
            name: "",
            score: &tune("CDEF|]"),
        }],
    ] {
        assert!(drawn(performances).contains("No velocities to draw"));
    }
    let rolls = [VelocityRoll {
        name: "",
        touch: Touch::Steps(&[]),
    }];
    for rolls in [&rolls[..], &[]] {
        let svg = velocity_rolls("Title", rolls, PictureFormat::Svg);
        let text = String::from_utf8(svg).unwrap();
        assert_eq!(text.contains("No velocities to draw"), !rolls.is_empty());
    }
}

/// The cells of each panel: left edge, width, and colour.
fn panel_cells(svg: &str) -> Vec<Vec<(f64, f64, String)>> {
    let document = Document::parse(svg).unwrap();
    let panels = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("panel"));
    // Rows are 8 units high; the others of their height are grey and as wide as the panel.
    let cells = |panel: Node<'_, '_>| {
        let rectangles = panel.children().filter(|node| node.has_tag_name("rect"));
        let cells = rectangles.filter(|node| node.attribute("height") == Some("8"));
        let cells = cells.map(|node| {
            let (x, width) = numbers(node, ["x", "width"]);
            (x, width, node.attribute("fill").unwrap().to_owned())
        });
        cells.filter(|cell| cell.2 != "#f4f6f8").collect()
    };
    panels.map(cells).collect()
}

#[test]
fn a_roll_is_the_same_from_a_score_and_from_its_steps() {
    let score = struck("C2 E2|]", |index| [40, 120][index]);
    let mut steps = [[None; KEYS]; 16];
    for (step, keys) in steps.iter_mut().enumerate() {
        let (key, velocity) = if step < 8 { (39, 40.0) } else { (43, 120.0) };
        keys[key] = Some(velocity);
    }
    let rolls = [
        ("human", Touch::Score(&score)),
        ("network", Touch::Steps(&steps)),
    ]
    .map(|(name, touch)| VelocityRoll { name, touch });
    let text = String::from_utf8(velocity_rolls("", &rolls, PictureFormat::Svg)).unwrap();
    let panels = panel_cells(&text);
    assert_eq!(panels.len(), 2);
    assert_eq!(panels[0], panels[1]);
    let [first, second] = &panels[0][..] else {
        panic!("two notes: {:?}", panels[0]);
    };
    assert_eq!((first.1, first.0 + first.1), (second.1, second.0));
    assert_ne!(first.2, second.2);
    assert!(text.contains("human") && text.contains("network"));
    let png = || velocity_rolls("", &rolls, PictureFormat::Png);
    assert_eq!(png(), png());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_velocities_are_drawn_within_their_picture(
        notes in prop::collection::vec((0..2000_i64, 1..500_i64, 0..128_u8, 0..128_u8), 0..40),
        bars in 0..4_usize,
    ) {
        let mut score = tune(&"CDEF|".repeat(bars.max(1)));
        score.measures.truncate(bars);
        for (onset, duration, pitch, velocity) in notes {
            let pitch = Pitch::try_from(pitch).unwrap();
            let note = Note::new(Ticks(onset), Ticks(duration), pitch);
            score.parts[0].notes.push(Note { velocity: velocity.try_into().ok(), ..note });
        }
        score.parts.iter_mut().for_each(Part::sort);
        let text = drawn(&[Performance { name: "", score: &score }]);
        let document = Document::parse(&text).unwrap();
        let (width, height) = numbers(document.root_element(), ["width", "height"]);
        for (x, y) in dots(&text).into_iter().chain(lines(&text).into_iter().flatten()) {
            prop_assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{x}, {y}");
        }
        let rolls = [VelocityRoll { name: "", touch: Touch::Score(&score) }];
        let text = String::from_utf8(velocity_rolls("", &rolls, PictureFormat::Svg)).unwrap();
        for (x, cell, _) in panel_cells(&text).into_iter().flatten() {
            prop_assert!(x >= 0.0 && cell > 0.0 && x < 5000.0);
        }
    }
}

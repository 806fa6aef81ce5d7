//! Whole pictures.

use consort_music::grid::{DrumGrid, Hit};
use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks, abc};
use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;

mod velocity;

fn tune(body: &str) -> Score {
    let text = format!("X:1\nT:A <Tune> & more\nM:4/4\nL:1/4\nK:C\n{body}\n");
    let tunes = abc::read(text.as_bytes()).expect("it is ABC");
    tunes.value.into_iter().next().expect("there is one tune")
}

fn svg(score: &Score) -> String {
    String::from_utf8(piano_roll(score, PictureFormat::Svg)).expect("SVG is text")
}

/// The bars of each part: left edge, width and top.
fn blocks(svg: &str) -> Vec<Vec<(f64, f64, f64)>> {
    let document = Document::parse(svg).expect("SVG is XML");
    let number = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse().unwrap();
    let parts = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("part"));
    let rectangles = |part: Node<'_, '_>| {
        let found = part.children().filter(|node| node.has_tag_name("rect"));
        found
            .map(|r| (number(r, "x"), number(r, "width"), number(r, "y")))
            .collect()
    };
    parts.map(rectangles).collect()
}

#[test]
fn notes_lie_where_they_sound() {
    let drawn = blocks(&svg(&tune("C E G- G|c4|]")));
    assert_eq!(drawn.len(), 1);
    let notes = &drawn[0];
    assert_eq!(notes.len(), 4, "the tied notes are one bar: {notes:?}");
    for pair in notes.windows(2) {
        assert!(
            pair[0].0 < pair[1].0 && pair[0].2 > pair[1].2,
            "later and higher: {pair:?}"
        );
    }
    let quarter = notes[1].0 - notes[0].0;
    assert!((notes[3].0 - notes[0].0 - 4.0 * quarter).abs() < 0.02);
    assert!(
        notes[2].1 > notes[0].1 * 1.5,
        "two quarters are longer than one"
    );
}

#[test]
fn every_part_has_its_name_and_its_colour() {
    let mut score = tune("CDEF|]");
    let mut second = score.parts[0].clone();
    second.name = "Bass & more".to_owned();
    second
        .notes
        .iter_mut()
        .for_each(|n| n.pitch = n.pitch.transposed(-24).unwrap());
    score.parts.push(second);
    let text = svg(&score);
    assert_eq!(blocks(&text).len(), 2);
    let document = Document::parse(&text).unwrap();
    let words: Vec<&str> = document
        .descendants()
        .filter_map(|node| node.text())
        .collect();
    assert!(
        words.contains(&"Bass & more") && words.contains(&"A <Tune> & more"),
        "{words:?}"
    );
    let fill = |part: usize| {
        let groups = document
            .descendants()
            .filter(|n| n.attribute("class") == Some("part"));
        let rectangle = groups
            .skip(part)
            .flat_map(|g| g.children().collect::<Vec<_>>());
        rectangle
            .filter_map(|n| n.attribute("fill"))
            .next()
            .unwrap()
            .to_owned()
    };
    assert_ne!(fill(0), fill(1));
}

#[test]
fn both_formats_show_the_same_on_every_run() {
    let score = tune("C E G c|HG4|]");
    let text = svg(&score);
    assert_eq!(text, svg(&score));
    let document = Document::parse(&text).unwrap();
    let size = |name: &str| {
        document
            .root_element()
            .attribute(name)
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    let bytes = piano_roll(&score, PictureFormat::Png);
    let decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
    let mut reader = decoder.read_info().expect("it is a PNG");
    let (width, height) = (reader.info().width, reader.info().height);
    assert_eq!(f64::from(width), (size("width") * 2.0).ceil());
    assert_eq!(f64::from(height), (size("height") * 2.0).ceil());
    let mut pixels = vec![0; reader.output_buffer_size().expect("it fits into memory")];
    reader.next_frame(&mut pixels).expect("it has a frame");
    let blank = pixels.iter().filter(|&&byte| byte == 255).count();
    assert!(blank < pixels.len() * 99 / 100, "the picture is blank");
}

#[test]
fn nothing_to_draw_is_said() {
    assert!(svg(&Score::new(Resolution::new(4).unwrap())).contains("No notes to draw"));
    assert!(svg(&tune("z4|]")).contains("No notes to draw"));
    let empty = curves("Title", "x", "y", &[], PictureFormat::Svg);
    assert!(
        String::from_utf8(empty)
            .unwrap()
            .contains("No values to draw")
    );
    let silence = Pattern {
        name: "",
        histogram: &PatternHistogram::default(),
    };
    for second in [None, Some(silence)] {
        let empty = patterns("Title", silence, second, PictureFormat::Svg);
        assert!(
            String::from_utf8(empty)
                .unwrap()
                .contains("No drums to draw")
        );
    }
}

#[test]
fn a_long_piece_is_compressed() {
    let text = svg(&tune(&"CDEF|".repeat(1000)));
    let document = Document::parse(&text).unwrap();
    let width: f64 = document
        .root_element()
        .attribute("width")
        .unwrap()
        .parse()
        .unwrap();
    assert!((5000.0..=6000.0).contains(&width), "{width}");
    assert_eq!(blocks(&text)[0].len(), 4000);
}

#[test]
fn curves_leave_out_what_has_no_value() {
    let series = Series {
        name: "loss".to_owned(),
        points: vec![
            (0.0, 1.0),
            (1.0, 2.0),
            (2.0, f64::NAN),
            (3.0, 1.0),
            (4.0, 2.0),
            (f64::NAN, 0.0),
        ],
    };
    let text = curves("Loss", "step", "nats", &[series], PictureFormat::Svg);
    let text = String::from_utf8(text).unwrap();
    let document = Document::parse(&text).unwrap();
    let lines = document.descendants().filter(|node| {
        let within = node.parent().and_then(|parent| parent.attribute("class"));
        within == Some("series") && node.has_tag_name("polyline")
    });
    assert_eq!(
        lines.count(),
        2,
        "the line is broken where a value is missing"
    );
    assert!(text.contains("left out") && text.contains("loss") && text.contains("nats"));
}

/// Strokes in 32nds.
fn drumming(cells: &[(usize, Drum)]) -> PatternHistogram {
    let mut grid = DrumGrid::new(256);
    let hit = Hit {
        velocity: 100u8.try_into().unwrap(),
        offset: 0.0,
    };
    for &(step, drum) in cells {
        grid.set(step, drum, Some(hit));
    }
    PatternHistogram::of(&grid)
}

/// Where a cell is, and its colour.
type Cell = (f64, f64, String);

/// The panels of a picture: after which drum, and the left edge, the top and the colour of its cells.
fn panels(svg: &str) -> Vec<(String, Vec<Cell>)> {
    let document = Document::parse(svg).expect("SVG is XML");
    let groups = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("panel"));
    let cells = |panel: Node<'_, '_>| {
        let rectangles = panel.children().filter(|node| node.has_tag_name("rect"));
        // Rows are 12 units high; lines are higher or lower.
        let cells = rectangles.filter(|node| node.attribute("height") == Some("12"));
        cells
            .map(|cell| {
                let number = |name: &str| cell.attribute(name).unwrap().parse().unwrap();
                let fill = cell.attribute("fill").unwrap().to_owned();
                (number("x"), number("y"), fill)
            })
            .collect()
    };
    groups
        .map(|panel| {
            let title = panel.children().find(|node| node.has_tag_name("title"));
            let drum = title.and_then(|title| title.text()).unwrap();
            (drum.to_owned(), cells(panel))
        })
        .collect()
}

#[test]
fn what_follows_later_lies_further_right() {
    let histogram = drumming(&[(0, Drum::Kick), (8, Drum::Snare), (24, Drum::Snare)]);
    let only = Pattern {
        name: "take 1",
        histogram: &histogram,
    };
    let text = String::from_utf8(patterns("", only, None, PictureFormat::Svg)).unwrap();
    let panels = panels(&text);
    let drums: Vec<&str> = panels.iter().map(|(drum, _)| drum.as_str()).collect();
    assert_eq!(
        drums,
        ["kick", "snare"],
        "a panel for each drum that is first"
    );
    let [first, second] = panels[0].1.as_slice() else {
        panic!("the snare follows the kick twice: {:?}", panels[0].1);
    };
    assert_eq!((first.1, &first.2), (second.1, &second.2));
    // Sixteen lags of 6 units.
    assert!((second.0 - first.0 - 96.0).abs() < 0.02);
    assert!(
        text.contains("take 1") && text.contains("darkest 50.00 %"),
        "{text}"
    );
}

#[test]
fn two_patterns_are_drawn_with_their_difference() {
    let real = drumming(&[(0, Drum::Kick), (8, Drum::Kick)]);
    let generated = drumming(&[(0, Drum::Kick), (16, Drum::Kick), (20, Drum::Crash)]);
    let [real, generated] = [("real", &real), ("generated", &generated)]
        .map(|(name, histogram)| Pattern { name, histogram });
    let draw = |format| patterns("Drums", real, Some(generated), format);
    let text = String::from_utf8(draw(PictureFormat::Svg)).unwrap();
    let panels = panels(&text);
    assert_eq!(panels.len(), 3, "nothing follows the crash");
    let [real, generated, residual] = [0, 1, 2].map(|column: usize| &panels[column].1);
    assert_eq!((real.len(), generated.len(), residual.len()), (1, 3, 4));
    let mut colours: Vec<&String> = residual.iter().map(|(_, _, fill)| fill).collect();
    colours.sort();
    colours.dedup();
    assert_eq!(colours.len(), 2, "less and more differ: {colours:?}");
    assert!(text.contains("distance 2.000 of 2"), "{text}");
    assert_eq!(draw(PictureFormat::Png), draw(PictureFormat::Png));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_score_is_drawn_within_its_picture(
        notes in prop::collection::vec((0..2000_i64, 1..500_i64, 0..128_u8, 0..3_usize), 0..40),
    ) {
        let mut score = Score::new(Resolution::new(12).unwrap());
        score.parts = (0..3).map(|_| Part::default()).collect();
        for (onset, duration, pitch, part) in notes {
            let pitch = Pitch::try_from(pitch).unwrap();
            score.parts[part].notes.push(Note::new(Ticks(onset), Ticks(duration), pitch));
        }
        score.parts.iter_mut().for_each(Part::sort);
        let text = svg(&score);
        let document = Document::parse(&text).unwrap();
        let size = |name: &str| -> f64 { document.root_element().attribute(name).unwrap().parse().unwrap() };
        for (x, width, y) in blocks(&text).into_iter().flatten() {
            prop_assert!(x >= 0.0 && width > 0.0 && x + width <= size("width"));
            prop_assert!(y >= 0.0 && y < size("height"));
        }
    }

    #[test]
    fn any_curve_is_drawn(points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..50)) {
        let series = Series { name: String::new(), points };
        for format in PictureFormat::ALL {
            prop_assert!(!curves("", "", "", std::slice::from_ref(&series), format).is_empty());
        }
    }
}

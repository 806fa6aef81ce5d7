//! Text: how wide it is, what can be shown of it, and its outlines.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::drawing::{Point, Segment};

/// How bold text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    SemiBold,
}

/// The family that the bundled files belong to, and what a browser without it may take: all are
/// about as wide or narrower, so nothing overlaps.
pub(crate) const FAMILIES: &str = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/// Capitals reach this share of the font size above the baseline: half of it centres a line.
pub(crate) const CAPITAL_HEIGHT: f64 = 0.727;

/// No text in a picture is longer, in characters.
const CHARACTERS_MAX: usize = 200;

static REGULAR: LazyLock<Face<'static>> =
    LazyLock::new(|| parsed(include_bytes!("font/Inter-Regular.otf")));
static SEMI_BOLD: LazyLock<Face<'static>> =
    LazyLock::new(|| parsed(include_bytes!("font/Inter-SemiBold.otf")));

/// `text` in one line that XML can hold: no control characters, no double spaces, not too long.
pub(crate) fn clean(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words
        .join(" ")
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    shortened(&line, CHARACTERS_MAX)
}

/// How wide `text` is at a font size of `size`.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let face = face(weight);
    let units: u32 = text
        .chars()
        .map(|c| u32::from(face.glyph_hor_advance(glyph(face, c)).unwrap_or(0)))
        .sum();
    f64::from(units) * size / f64::from(face.units_per_em())
}

/// As much of `text`, cleaned, as fits into `room`; an ellipsis stands for the rest.
pub(crate) fn fitted(text: &str, size: f64, weight: Weight, room: f64) -> String {
    let text = clean(text);
    if width(&text, size, weight) <= room {
        return text;
    }
    let length = text.chars().count();
    (1..length)
        .rev()
        .map(|kept| shortened(&text, kept))
        .find(|text| width(text, size, weight) <= room)
        .unwrap_or_default()
}

/// The outlines of `text` with its baseline on y = 0, from x = 0 to the right.
pub(crate) fn outline(text: &str, size: f64, weight: Weight) -> Vec<Segment> {
    let face = face(weight);
    let scale = size / f64::from(face.units_per_em());
    let mut pen = Pen {
        x: 0.0,
        scale,
        segments: Vec::new(),
    };
    for c in text.chars() {
        let glyph = glyph(face, c);
        // A glyph without an outline is a space.
        let _ = face.outline_glyph(glyph, &mut pen);
        pen.x += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
    }
    pen.segments
}

/// Collects outlines in the units of the picture, whose y grows downwards.
struct Pen {
    x: f64,
    scale: f64,
    segments: Vec<Segment>,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> Point {
        (
            self.x + f64::from(x) * self.scale,
            -f64::from(y) * self.scale,
        )
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.segments.push(Segment::Move(self.at(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.segments.push(Segment::Line(self.at(x, y)));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.segments
            .push(Segment::Quadratic(self.at(x1, y1), self.at(x, y)));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.segments.push(Segment::Cubic(
            self.at(x1, y1),
            self.at(x2, y2),
            self.at(x, y),
        ));
    }

    fn close(&mut self) {
        self.segments.push(Segment::Close);
    }
}

fn shortened(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text
                .chars()
                .take(characters_max.saturating_sub(1))
                .collect();
            format!("{}…", kept.trim_end())
        }
    }
}

fn face(weight: Weight) -> &'static Face<'static> {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::SemiBold => &SEMI_BOLD,
    }
}

/// The glyph of `c`; glyph 0, an empty box, stands for what the font lacks.
fn glyph(face: &Face<'_>, c: char) -> GlyphId {
    face.glyph_index(c).unwrap_or(GlyphId(0))
}

fn parsed(font: &'static [u8]) -> Face<'static> {
    Face::parse(font, 0).expect("the bundled font is whole, as a test reads it")
}

//! The names of the colours.

use super::drawing::{Anchor, Area, Drawing, Font, Point};
use super::lettering::{self, CAPITAL_HEIGHT, Weight};
use super::theme::{self, Colour};

/// A colour with its name.
pub(crate) struct Entry {
    pub(crate) colour: Colour,
    pub(crate) name: String,
}

/// How a colour is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Swatch {
    /// As a bar, like a note.
    Bar,
    /// As a line.
    Line,
}

/// How many colours are named; of the rest only the number is.
const ENTRIES_MAX: usize = 32;

const NAME_WIDTH_MAX: f64 = 220.0;
const LINE_HEIGHT: f64 = 20.0;
/// Between a colour and its name, and between a name and the next colour.
const GAPS: (f64, f64) = (7.0, 20.0);

/// Draws the entries from `at`, the top left corner, in as many lines as the width needs; says how
/// high they are in all.
pub(crate) fn draw(drawing: &mut Drawing, at: Point, entries: &[Entry], swatch: Swatch) -> f64 {
    if entries.is_empty() {
        return 0.0;
    }
    let font = Font {
        size: theme::TEXT,
        weight: Weight::Regular,
        colour: theme::INK,
    };
    let right = drawing.width() - theme::MARGIN;
    let (mut x, mut y) = at;
    let left_out = entries.len().saturating_sub(ENTRIES_MAX);
    let rest = (left_out > 0).then(|| format!("and {left_out} more"));
    let named = entries
        .iter()
        .take(ENTRIES_MAX)
        .map(|entry| (Some(entry.colour), &entry.name));
    for (colour, name) in named.chain(rest.iter().map(|rest| (None, rest))) {
        let name = lettering::fitted(name, font.size, font.weight, NAME_WIDTH_MAX);
        let swatch_width = if colour.is_some() {
            swatch.width() + GAPS.0
        } else {
            0.0
        };
        let width = swatch_width + lettering::width(&name, font.size, font.weight);
        if x + width > right && x > at.0 {
            (x, y) = (at.0, y + LINE_HEIGHT);
        }
        let middle = y + LINE_HEIGHT / 2.0;
        if let Some(colour) = colour {
            swatch.draw(drawing, (x, middle), colour);
        }
        let baseline = middle + font.size * CAPITAL_HEIGHT / 2.0;
        drawing.text((x + swatch_width, baseline), Anchor::Start, font, &name);
        x += width + GAPS.1;
    }
    y + LINE_HEIGHT - at.1
}

impl Swatch {
    fn width(self) -> f64 {
        match self {
            Swatch::Bar => 16.0,
            Swatch::Line => 18.0,
        }
    }

    /// Draws it to the right of `at`, centred on its height.
    fn draw(self, drawing: &mut Drawing, at: Point, colour: Colour) {
        let (height, radius) = match self {
            Swatch::Bar => (10.0, 2.5),
            Swatch::Line => (3.0, 1.5),
        };
        let area = Area {
            x: at.0,
            y: at.1 - height / 2.0,
            width: self.width(),
            height,
        };
        drawing.rectangle(area, radius, colour);
    }
}

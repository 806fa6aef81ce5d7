//! What drums follow each other after how long, as heat maps.

use consort_music::grid::Drum;
use consort_music::statistics::PatternHistogram;
use consort_music::statistics::pattern::{LAGS, STEPS_PER_QUARTER};

use super::Pattern;
use super::drawing::{Anchor, Area, Drawing, Font};
use super::lettering::{self, CAPITAL_HEIGHT, Weight};
use super::theme::{self, Colour, MARGIN};

/// How wide a lag is where there is one column, and where there are three.
const LAG_WIDTHS: (f64, f64) = (6.0, 3.0);
const ROW_HEIGHT: f64 = 13.0;
/// Between two columns, and below the marks of a panel.
const GAPS: (f64, f64) = (20.0, 10.0);
/// The lines above a panel and below it.
const HEADING_HEIGHT: f64 = 20.0;
const MARKS_HEIGHT: f64 = 18.0;
const EMPTY_SIZE: (f64, f64) = (560.0, 150.0);

const LAGS_PER_BEAT: usize = STEPS_PER_QUARTER as usize;
/// Every so many beats the mark is stronger and has its number.
const BEATS_PER_LABEL: usize = 4;

/// The bar that explains the colours.
const SCALE_WIDTH: f64 = 100.0;
const SCALE_LEVELS: u8 = 20;

/// The picture.
pub(super) fn draw(title: &str, real: Pattern<'_>, generated: Option<Pattern<'_>>) -> Drawing {
    let description = if title.is_empty() {
        "Patterns of drums"
    } else {
        title
    };
    let histograms: Vec<&PatternHistogram> = std::iter::once(&real)
        .chain(&generated)
        .map(|pattern| pattern.histogram)
        .collect();
    let firsts = super::drums_before(&histograms);
    if firsts.is_empty() {
        return empty(description, title);
    }
    let page = Page::new(&histograms);
    let mut drawing = Drawing::new(description, page.right() + MARGIN, 0.0);
    let mut y = header(&mut drawing, title);
    y = explain(&mut drawing, y, generated.is_some());
    let names = match generated {
        None => vec![real.name.to_owned()],
        Some(generated) => vec![
            real.name.to_owned(),
            generated.name.to_owned(),
            "second \u{2212} first".to_owned(),
        ],
    };
    page.head(&mut drawing, y, &names);
    y += HEADING_HEIGHT;
    for first in firsts {
        y = page.draw_first(&mut drawing, y, first, &histograms);
    }
    drawing.cut(y - GAPS.1 + MARGIN);
    drawing
}

/// Where things lie across the picture.
struct Page {
    /// The drums that follow, a row for each.
    thens: Vec<Drum>,
    left: f64,
    columns: usize,
    lag_width: f64,
}

impl Page {
    fn new(histograms: &[&PatternHistogram]) -> Page {
        let thens = super::drums_after(histograms);
        let widths = thens
            .iter()
            .map(|drum| lettering::width(drum.name(), theme::LABEL, Weight::Regular));
        let (columns, lag_width) = match histograms {
            [_] => (1, LAG_WIDTHS.0),
            _ => (3, LAG_WIDTHS.1),
        };
        Page {
            left: MARGIN + widths.fold(0.0, f64::max) + 8.0,
            thens,
            columns,
            lag_width,
        }
    }

    fn panel_width(&self) -> f64 {
        LAGS as f64 * self.lag_width
    }

    fn column(&self, index: usize) -> f64 {
        self.left + index as f64 * (self.panel_width() + GAPS.0)
    }

    fn right(&self) -> f64 {
        self.column(self.columns - 1) + self.panel_width()
    }

    /// The names of the columns.
    fn head(&self, drawing: &mut Drawing, y: f64, names: &[String]) {
        let font = font(theme::TEXT, Weight::SemiBold, theme::INK);
        for (index, name) in names.iter().enumerate() {
            let name = lettering::fitted(name, font.size, font.weight, self.panel_width());
            let at = (self.column(index), y + font.size * CAPITAL_HEIGHT);
            drawing.text(at, Anchor::Start, font, &name);
        }
    }

    /// The panels of what follows `first`, below `top`; says where the next thing may begin.
    fn draw_first(
        &self,
        drawing: &mut Drawing,
        top: f64,
        first: Drum,
        histograms: &[&PatternHistogram],
    ) -> f64 {
        let mut tables: Vec<Option<Vec<f64>>> = histograms
            .iter()
            .map(|histogram| histogram.shares(first))
            .collect();
        let shares = tables.iter().flatten().flatten();
        let greatest = shares.fold(0.0, |greatest, &share| f64::max(greatest, share));
        let y = top + HEADING_HEIGHT;
        let small = font(theme::SMALL, Weight::Regular, theme::INK_SOFT);
        let baseline = y - 6.0;
        let bold = font(theme::SMALL, Weight::SemiBold, theme::INK);
        let name = format!("After the {}", first.name());
        drawing.text((self.left, baseline), Anchor::Start, bold, &name);
        let darkest = format!("darkest {:.2} %", greatest * 100.0);
        let end = self.left + self.panel_width();
        drawing.text((end, baseline), Anchor::End, small, &darkest);
        if let [real, generated] = histograms {
            tables.push(real.residual(generated, first));
            if let Some(distance) = real.distance(generated, first) {
                let text = format!("distance {distance:.3} of 2");
                drawing.text((self.right(), baseline), Anchor::End, small, &text);
            }
        }
        self.name_rows(drawing, y);
        let height = self.thens.len() as f64 * ROW_HEIGHT;
        for (index, table) in tables.iter().enumerate() {
            let area = Area {
                x: self.column(index),
                y,
                width: self.panel_width(),
                height,
            };
            drawing.open("panel", first.name());
            self.draw_panel(drawing, area, table.as_deref(), greatest);
            drawing.close();
        }
        y + height + MARKS_HEIGHT + GAPS.1
    }

    fn name_rows(&self, drawing: &mut Drawing, top: f64) {
        let font = font(theme::LABEL, Weight::Regular, theme::INK_SOFT);
        for (row, drum) in self.thens.iter().enumerate() {
            let middle = top + (row as f64 + 0.5) * ROW_HEIGHT;
            let baseline = middle + font.size * CAPITAL_HEIGHT / 2.0;
            drawing.text((self.left - 8.0, baseline), Anchor::End, font, drum.name());
        }
    }

    /// A heat map of `table`, `[then, lag]`, whose colour is full at `greatest`.
    fn draw_panel(&self, drawing: &mut Drawing, area: Area, table: Option<&[f64]>, greatest: f64) {
        self.draw_marks(drawing, area);
        let Some(table) = table else {
            let middle = (area.x + area.width / 2.0, area.y + area.height / 2.0 + 4.0);
            let font = font(theme::SMALL, Weight::Regular, theme::INK_SOFT);
            drawing.text(middle, Anchor::Middle, font, "Nothing follows it here");
            return;
        };
        for (row, &then) in self.thens.iter().enumerate() {
            let values = &table[then as usize * LAGS..][..LAGS];
            let levels: Vec<i8> = values.iter().map(|value| level(value / greatest)).collect();
            let mut lag = 0;
            // Neighbours of one colour are one rectangle.
            for run in levels.chunk_by(|a, b| a == b) {
                let cell = Area {
                    x: area.x + lag as f64 * self.lag_width,
                    y: area.y + row as f64 * ROW_HEIGHT + 0.5,
                    width: run.len() as f64 * self.lag_width,
                    height: ROW_HEIGHT - 1.0,
                };
                if let Some(colour) = theme::heat(run[0]) {
                    drawing.rectangle(cell, 0.0, colour);
                }
                lag += run.len();
            }
        }
    }

    /// The frame of a panel, and the beats in it and below it.
    fn draw_marks(&self, drawing: &mut Drawing, area: Area) {
        let font = font(theme::TINY, Weight::Regular, theme::INK_SOFT);
        let bottom = area.bottom();
        for beat in 1..=LAGS / LAGS_PER_BEAT {
            let x = area.x + ((beat * LAGS_PER_BEAT) as f64 - 0.5) * self.lag_width;
            let labelled = beat % BEATS_PER_LABEL == 0;
            let (colour, length) = if labelled {
                (theme::LINE, 5.0)
            } else {
                (theme::LINE_FAINT, 3.0)
            };
            drawing.vertical(x, area.y, bottom, 1.0, colour);
            drawing.vertical(x, bottom, bottom + length, 1.0, theme::LINE);
            if labelled {
                let last = beat * LAGS_PER_BEAT == LAGS;
                let text = if last {
                    format!("{beat} beats later")
                } else {
                    beat.to_string()
                };
                let (x, anchor) = if last {
                    (area.right(), Anchor::End)
                } else {
                    (x, Anchor::Middle)
                };
                drawing.text((x, bottom + 15.0), anchor, font, &text);
            }
        }
        drawing.horizontal(area.y, area.x, area.right(), 1.0, theme::LINE);
        drawing.horizontal(bottom, area.x, area.right(), 1.0, theme::LINE);
    }
}

/// A share of the full colour as one of the levels of [`theme::heat`]. It is the root that is shown,
/// so that what is rare beside the ridges can still be seen.
fn level(share: f64) -> i8 {
    (share.abs().sqrt().min(1.0) * 100.0)
        .round()
        .copysign(share) as i8
}

/// The title; says where the next thing may begin.
fn header(drawing: &mut Drawing, title: &str) -> f64 {
    let font = font(theme::TITLE, Weight::SemiBold, theme::INK);
    let room = drawing.width() - 2.0 * MARGIN;
    let title = lettering::fitted(title, font.size, font.weight, room);
    if title.is_empty() {
        return MARGIN;
    }
    let baseline = MARGIN + font.size * CAPITAL_HEIGHT;
    drawing.text((MARGIN, baseline), Anchor::Start, font, &title);
    MARGIN + 30.0
}

/// What the colours mean; says where the next thing may begin.
fn explain(drawing: &mut Drawing, y: f64, with_difference: bool) -> f64 {
    let font = font(theme::SMALL, Weight::Regular, theme::INK_SOFT);
    let baseline = y + 10.0;
    let text = |drawing: &mut Drawing, x: f64, text: &str| {
        drawing.text((x, baseline), Anchor::Start, font, text);
        x + lettering::width(text, font.size, font.weight)
    };
    // From `low` to 1, in shares of the full colour.
    let scale = |drawing: &mut Drawing, x: f64, low: f64| {
        let width = SCALE_WIDTH / f64::from(SCALE_LEVELS);
        for step in 0..SCALE_LEVELS {
            let place = f64::from(step) / f64::from(SCALE_LEVELS - 1);
            let area = Area {
                x: x + f64::from(step) * width,
                y: y + 1.0,
                width,
                height: 10.0,
            };
            if let Some(colour) = theme::heat(level(low + (1.0 - low) * place)) {
                drawing.rectangle(area, 0.0, colour);
            }
        }
        x + SCALE_WIDTH
    };
    let mut x = text(drawing, MARGIN, "never") + 6.0;
    x = scale(drawing, x, 0.0) + 6.0;
    x = text(drawing, x, "most frequent after this drum");
    if with_difference {
        x = text(drawing, x + 32.0, "less often") + 6.0;
        x = scale(drawing, x, -1.0) + 6.0;
        text(drawing, x, "more often in the second");
    }
    y + 32.0
}

fn empty(description: &str, title: &str) -> Drawing {
    let (width, height) = EMPTY_SIZE;
    let mut drawing = Drawing::new(description, width, height);
    let top = header(&mut drawing, title);
    let frame = Area {
        x: MARGIN,
        y: top,
        width: width - 2.0 * MARGIN,
        height: height - MARGIN - top,
    };
    drawing.rectangle(frame, 4.0, theme::ROW_SHADE);
    let font = font(theme::TEXT, Weight::Regular, theme::INK_SOFT);
    let middle = (
        width / 2.0,
        frame.y + (frame.height + font.size * CAPITAL_HEIGHT) / 2.0,
    );
    drawing.text(middle, Anchor::Middle, font, "No drums to draw");
    drawing
}

fn font(size: f64, weight: Weight, colour: Colour) -> Font {
    Font {
        size,
        weight,
        colour,
    }
}

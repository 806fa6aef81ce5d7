//! Lines over a common quantity.

use super::Series;
use super::axis::{Axis, MAGNITUDE_MAX};
use super::drawing::{Anchor, Area, Drawing, Font, Point};
use super::legend::{self, Entry, Swatch};
use super::lettering::{self, CAPITAL_HEIGHT, Weight};
use super::theme::{self, MARGIN};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 540.0;

const LINE_WIDTH: f64 = 2.0;
/// Columns in a unit of width; more points than these can show are thinned out.
const COLUMNS_PER_UNIT: f64 = 2.0;

/// The picture.
pub(super) fn draw(title: &str, x_label: &str, y_label: &str, series: &[Series]) -> Drawing {
    let mut drawing = Drawing::new(
        if title.is_empty() { "Curves" } else { title },
        WIDTH,
        HEIGHT,
    );
    let top = header(&mut drawing, title, y_label, &names(series));
    let (lines, left_out) = sorted(series);
    let bottom = footer(&mut drawing, x_label, left_out);
    let area = Area {
        x: MARGIN,
        y: top,
        width: WIDTH - 2.0 * MARGIN,
        height: bottom - top,
    };
    match Axes::of(&lines, area) {
        Some(axes) => {
            axes.draw(&mut drawing);
            for (index, (line, series)) in lines.iter().zip(series).enumerate() {
                drawing.open("series", &series.name);
                for run in axes.runs(line) {
                    drawing.polyline(run, LINE_WIDTH, theme::series(index));
                }
                drawing.close();
            }
        }
        None => {
            let middle = (area.x + area.width / 2.0, area.y + area.height / 2.0);
            drawing.horizontal(area.bottom(), area.x, area.right(), 1.0, theme::LINE);
            drawing.text(
                middle,
                Anchor::Middle,
                font(theme::TEXT),
                "No values to draw",
            );
        }
    }
    drawing
}

/// The names of the lines that have one.
fn names(series: &[Series]) -> Vec<Entry> {
    series
        .iter()
        .enumerate()
        .filter(|(_, series)| series.name.chars().any(|c| !c.is_whitespace()))
        .map(|(index, series)| Entry {
            colour: theme::series(index),
            name: series.name.clone(),
        })
        .collect()
}

/// Title, legend and the name of the upward axis; says where the plot may begin.
pub(super) fn header(drawing: &mut Drawing, title: &str, y_label: &str, entries: &[Entry]) -> f64 {
    let mut y = MARGIN;
    let bold = Font {
        size: theme::TITLE,
        weight: Weight::SemiBold,
        colour: theme::INK,
    };
    let room = drawing.width() - 2.0 * MARGIN;
    let title = lettering::fitted(title, bold.size, bold.weight, room);
    if !title.is_empty() {
        drawing.text(
            (MARGIN, y + bold.size * CAPITAL_HEIGHT),
            Anchor::Start,
            bold,
            &title,
        );
        y += 26.0;
    }
    y += legend::draw(drawing, (MARGIN, y), entries, Swatch::Line);
    let label = lettering::fitted(y_label, theme::SMALL, Weight::Regular, room);
    drawing.text(
        (MARGIN, y + 18.0),
        Anchor::Start,
        font(theme::SMALL),
        &label,
    );
    y + 34.0
}

/// The name of the axis to the right and what was left out; says where the plot must end.
fn footer(drawing: &mut Drawing, x_label: &str, left_out: usize) -> f64 {
    let mut y = HEIGHT - MARGIN;
    if left_out > 0 {
        let points = if left_out == 1 { "point" } else { "points" };
        let note = format!("{left_out} {points} without a finite value left out");
        drawing.text((MARGIN, y), Anchor::Start, font(theme::TINY), &note);
        y -= 18.0;
    }
    let label = lettering::fitted(x_label, theme::SMALL, Weight::Regular, WIDTH / 2.0);
    drawing.text((WIDTH - MARGIN, y), Anchor::End, font(theme::SMALL), &label);
    y - 36.0
}

pub(super) fn font(size: f64) -> Font {
    Font {
        size,
        weight: Weight::Regular,
        colour: theme::INK_SOFT,
    }
}

/// Points in order of x; one that stands for a break has no y.
type Line = Vec<(f64, Option<f64>)>;

/// The lines of each series, and how many points will not be seen.
fn sorted(series: &[Series]) -> (Vec<Line>, usize) {
    let finite = |value: f64| (value.abs() <= MAGNITUDE_MAX).then_some(value);
    let mut left_out = 0;
    let line = |series: &Series| {
        let places = series
            .points
            .iter()
            .filter_map(|&(x, y)| Some((finite(x)?, finite(y))));
        let mut line: Line = places.collect();
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        let seen = line.iter().filter(|(_, y)| y.is_some()).count();
        left_out += series.points.len() - seen;
        line
    };
    (series.iter().map(line).collect(), left_out)
}

/// The two axes and where they lie.
struct Axes {
    x: Axis,
    y: Axis,
    area: Area,
}

impl Axes {
    /// Axes within `room` that hold all points, or nothing if there are none.
    fn of(lines: &[Line], room: Area) -> Option<Axes> {
        let points = || lines.iter().flatten().filter_map(|&(x, y)| Some((x, y?)));
        let (left, right) = extent(points().map(|(x, _)| x))?;
        let (low, high) = extent(points().map(|(_, y)| y))?;
        let whole = points().all(|(x, _)| x.fract() == 0.0);
        // Counts begin at nothing, if that costs little room.
        let left = if left > 0.0 && left <= right * 0.1 {
            0.0
        } else {
            left
        };
        let low = if low > 0.0 && low <= high * 0.35 {
            0.0
        } else {
            low
        };
        let y = Axis::rounded(low, high, 6);
        let labels = y.marks().into_iter();
        let widths =
            labels.map(|(_, label)| lettering::width(&label, theme::SMALL, Weight::Regular));
        let gutter = widths.fold(0.0, f64::max) + 10.0;
        let area = Area {
            x: room.x + gutter,
            width: room.width - gutter - 8.0,
            ..room
        };
        Some(Axes {
            x: Axis::exact(left, right, 10, whole),
            y,
            area,
        })
    }

    fn draw(&self, drawing: &mut Drawing) {
        let Area { x: left, .. } = self.area;
        let (right, bottom) = (self.area.right(), self.area.bottom());
        let font = font(theme::SMALL);
        for (value, label) in self.y.marks() {
            let y = self.point(0.0, value).1;
            let lowest = y > bottom - 0.5;
            let colour = if lowest {
                theme::LINE
            } else {
                theme::LINE_FAINT
            };
            drawing.horizontal(y, left, right, 1.0, colour);
            let baseline = y + font.size * CAPITAL_HEIGHT / 2.0;
            drawing.text((left - 10.0, baseline), Anchor::End, font, &label);
        }
        for (value, label) in self.x.marks() {
            let x = self.point(value, 0.0).0;
            drawing.vertical(x, bottom, bottom + 5.0, 1.0, theme::LINE);
            drawing.text((x, bottom + 18.0), Anchor::Middle, font, &label);
        }
    }

    fn point(&self, x: f64, y: f64) -> Point {
        let x = self.area.x + self.x.share(x) * self.area.width;
        (x, self.area.bottom() - self.y.share(y) * self.area.height)
    }

    /// The line as it lies on the page, in pieces where it is broken. Of the points in one column
    /// the first, the last and the outermost are kept, and a break narrower than a column is none.
    fn runs(&self, line: &[(f64, Option<f64>)]) -> Vec<Vec<Point>> {
        let column = |x: f64| (self.x.share(x) * self.area.width * COLUMNS_PER_UNIT).floor();
        let mut runs = vec![Vec::new()];
        for points in line.chunk_by(|a, b| column(a.0) == column(b.0)) {
            let seen: Vec<(f64, f64)> = points.iter().filter_map(|&(x, y)| Some((x, y?))).collect();
            let kept = outermost(&seen);
            match runs.last_mut() {
                Some(run) if !kept.is_empty() => {
                    run.extend(kept.into_iter().map(|(x, y)| self.point(x, y)));
                }
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }
}

/// The first, the last, the lowest and the highest point, in their order.
fn outermost(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let by_height = |a: &usize, b: &usize| points[*a].1.total_cmp(&points[*b].1);
    let indices = || 0..points.len();
    let mut kept: Vec<usize> = [
        indices().next(),
        indices().min_by(by_height),
        indices().max_by(by_height),
        indices().next_back(),
    ]
    .into_iter()
    .flatten()
    .collect();
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|index| points[index]).collect()
}

/// The least and the greatest of some numbers.
fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |extent, value| {
        let (low, high) = extent.unwrap_or((value, value));
        Some((f64::min(low, value), f64::max(high, value)))
    })
}

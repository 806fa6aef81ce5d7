//! Velocities as colours, over time and pitch.

use consort_music::{Score, SoundingNote, Ticks};

use super::axis::Axis;
use super::curve::font;
use super::drawing::{Anchor, Area, Drawing, Font};
use super::lettering::{self, CAPITAL_HEIGHT, Weight};
use super::theme::{self, MARGIN};
use super::{KEYS, Touch, VelocityRoll};

/// The pitch of the first key.
const LOWEST: i64 = 21;
/// Fewer keys are not drawn.
const KEYS_MIN: usize = 13;
/// A panel is about so high, and a row between these.
const PANEL_HEIGHT: f64 = 220.0;
const ROW_HEIGHTS: (f64, f64) = (3.0, 8.0);
/// The width of a step, and the least and greatest of all.
const STEP_WIDTH: f64 = 6.0;
const WIDTHS: (f64, f64) = (640.0, 2400.0);
const GUTTER: f64 = 30.0;
/// The line above a panel, and the space below it.
const NAME_HEIGHT: f64 = 20.0;
const GAP: f64 = 14.0;
/// The bar that explains the colours.
const SCALE_SIZE: (f64, f64) = (160.0, 10.0);
const SCALE_LEVELS: u8 = 64;
const STEPS_PER_QUARTER: f64 = 4.0;
const VELOCITY_MAX: f64 = 127.0;

/// A key held down.
struct Cell {
    from: f64,
    to: f64,
    key: usize,
    velocity: f64,
}

/// The picture.
pub(super) fn draw(title: &str, rolls: &[VelocityRoll<'_>]) -> Drawing {
    let cells: Vec<Vec<Cell>> = rolls.iter().map(|roll| cells(&roll.touch)).collect();
    let ends = rolls
        .iter()
        .zip(&cells)
        .map(|(roll, cells)| match roll.touch {
            Touch::Steps(steps) => steps.len() as f64,
            Touch::Score(_) => cells.iter().fold(0.0, |end, cell| f64::max(end, cell.to)),
        });
    let steps = ends.fold(1.0, f64::max);
    let width = (steps * STEP_WIDTH).clamp(WIDTHS.0, WIDTHS.1).round();
    let page = Page {
        time: Axis::exact(0.0, steps, 12, true),
        keys: keys(cells.iter().flatten()),
        width,
    };
    let description = if title.is_empty() {
        "Velocities"
    } else {
        title
    };
    let mut drawing = Drawing::new(description, 2.0 * MARGIN + GUTTER + width, 0.0);
    let mut y = header(&mut drawing, title);
    for (roll, cells) in rolls.iter().zip(&cells) {
        let bold = Font {
            weight: Weight::SemiBold,
            colour: theme::INK,
            ..font(theme::TEXT)
        };
        let name = lettering::fitted(roll.name, bold.size, bold.weight, width);
        let at = (MARGIN + GUTTER, y + bold.size * CAPITAL_HEIGHT);
        drawing.text(at, Anchor::Start, bold, &name);
        let area = page.area(y + NAME_HEIGHT);
        drawing.open("panel", roll.name);
        page.draw_panel(&mut drawing, area, cells);
        drawing.close();
        y = area.bottom() + GAP;
    }
    let bottom = page.draw_time(&mut drawing, y - GAP);
    drawing.cut(bottom + MARGIN);
    drawing
}

fn cells(touch: &Touch<'_>) -> Vec<Cell> {
    match touch {
        Touch::Score(score) => of_score(score),
        Touch::Steps(steps) => (0..KEYS).flat_map(|key| of_key(steps, key)).collect(),
    }
}

fn of_score(score: &Score) -> Vec<Cell> {
    let step = f64::from(score.resolution.ticks_per_quarter()) / STEPS_PER_QUARTER;
    let parts = score.parts.iter();
    let parts = parts.filter(|part| !part.instrument.percussion);
    let notes = parts.flat_map(|part| part.sounding());
    let cell = |note: SoundingNote| {
        let key = usize::try_from(i64::from(note.pitch.midi()) - LOWEST).ok()?;
        let time = |ticks: Ticks| ticks.0.max(0) as f64 / step;
        (key < KEYS).then_some(Cell {
            from: time(note.onset),
            to: time(note.end()),
            key,
            velocity: note.velocity?.midi().into(),
        })
    };
    notes.filter_map(cell).collect()
}

/// The cells of one key; neighbours of one velocity are one.
fn of_key(steps: &[[Option<f32>; KEYS]], key: usize) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (step, keys) in steps.iter().enumerate() {
        let Some(velocity) = keys[key].filter(|velocity| velocity.is_finite()) else {
            continue;
        };
        let (from, velocity) = (step as f64, f64::from(velocity));
        match cells.last_mut() {
            Some(last) if last.to == from && last.velocity == velocity => last.to += 1.0,
            _ => cells.push(Cell {
                from,
                to: from + 1.0,
                key,
                velocity,
            }),
        }
    }
    cells
}

/// The lowest key that is drawn, and how many are.
fn keys<'a>(cells: impl Iterator<Item = &'a Cell>) -> (usize, usize) {
    let range = cells.fold(None, |range, cell| {
        let (low, high) = range.unwrap_or((cell.key, cell.key));
        Some((low.min(cell.key), high.max(cell.key)))
    });
    let (low, high) = range.unwrap_or((39, 39));
    let low = low.saturating_sub(1);
    let count = (high + 2 - low).clamp(KEYS_MIN, KEYS);
    (low.min(KEYS - count), count)
}

/// Where things lie across the picture.
struct Page {
    time: Axis,
    /// The lowest key, and how many.
    keys: (usize, usize),
    width: f64,
}

impl Page {
    fn row_height(&self) -> f64 {
        (PANEL_HEIGHT / self.keys.1 as f64)
            .floor()
            .clamp(ROW_HEIGHTS.0, ROW_HEIGHTS.1)
    }

    fn area(&self, y: f64) -> Area {
        Area {
            x: MARGIN + GUTTER,
            y,
            width: self.width,
            height: self.keys.1 as f64 * self.row_height(),
        }
    }

    fn x(&self, step: f64) -> f64 {
        MARGIN + GUTTER + self.time.share(step) * self.width
    }

    fn draw_panel(&self, drawing: &mut Drawing, area: Area, cells: &[Cell]) {
        let height = self.row_height();
        let top = |key: usize| area.bottom() - (key - self.keys.0 + 1) as f64 * height;
        for key in self.keys.0..self.keys.0 + self.keys.1 {
            let row = Area {
                y: top(key),
                height,
                ..area
            };
            match (key as i64 + LOWEST) % 12 {
                1 | 3 | 6 | 8 | 10 => drawing.rectangle(row, 0.0, theme::ROW_SHADE),
                0 => {
                    let font = font(theme::TINY);
                    drawing.horizontal(row.bottom(), row.x, row.right(), 1.0, theme::LINE_FAINT);
                    let name = format!("C{}", (key as i64 + LOWEST) / 12 - 1);
                    let baseline = row.bottom() - height / 2.0 + font.size * CAPITAL_HEIGHT / 2.0;
                    drawing.text((area.x - 6.0, baseline), Anchor::End, font, &name);
                }
                _ => {}
            }
        }
        for (step, _) in self.time.marks() {
            drawing.vertical(self.x(step), area.y, area.bottom(), 1.0, theme::LINE_FAINT);
        }
        for cell in cells {
            let (from, to) = (self.x(cell.from), self.x(cell.to));
            let place = Area {
                x: from,
                y: top(cell.key),
                width: (to - from).max(0.5),
                height,
            };
            drawing.rectangle(place, 0.0, theme::scale(cell.velocity / VELOCITY_MAX));
        }
        drawing.horizontal(area.y, area.x, area.right(), 1.0, theme::LINE);
        drawing.horizontal(area.bottom(), area.x, area.right(), 1.0, theme::LINE);
        if cells.is_empty() {
            let middle = (area.x + area.width / 2.0, area.y + area.height / 2.0);
            drawing.text(
                middle,
                Anchor::Middle,
                font(theme::TEXT),
                "No velocities to draw",
            );
        }
    }

    /// The steps, below `y`; says how far down they reach.
    fn draw_time(&self, drawing: &mut Drawing, y: f64) -> f64 {
        let font = font(theme::SMALL);
        for (step, label) in self.time.marks() {
            let x = self.x(step);
            drawing.vertical(x, y, y + 5.0, 1.0, theme::LINE);
            drawing.text((x, y + 18.0), Anchor::Middle, font, &label);
        }
        let right = drawing.width() - MARGIN;
        drawing.text((right, y + 36.0), Anchor::End, font, "step");
        y + 36.0
    }
}

/// The title and the scale; says where the first panel may begin.
fn header(drawing: &mut Drawing, title: &str) -> f64 {
    let mut y = MARGIN;
    let bold = Font {
        size: theme::TITLE,
        weight: Weight::SemiBold,
        colour: theme::INK,
    };
    let room = drawing.width() - 2.0 * MARGIN;
    let title = lettering::fitted(title, bold.size, bold.weight, room);
    if !title.is_empty() {
        let baseline = y + bold.size * CAPITAL_HEIGHT;
        drawing.text((MARGIN, baseline), Anchor::Start, bold, &title);
        y += 28.0;
    }
    let small = font(theme::SMALL);
    let baseline = y + SCALE_SIZE.1 / 2.0 + small.size * CAPITAL_HEIGHT / 2.0;
    let words = "velocity 0";
    drawing.text((MARGIN, baseline), Anchor::Start, small, words);
    let left = MARGIN + lettering::width(words, small.size, small.weight) + 6.0;
    let width = SCALE_SIZE.0 / f64::from(SCALE_LEVELS);
    for level in 0..SCALE_LEVELS {
        let area = Area {
            x: left + f64::from(level) * width,
            y,
            width,
            height: SCALE_SIZE.1,
        };
        let share = f64::from(level) / f64::from(SCALE_LEVELS - 1);
        drawing.rectangle(area, 0.0, theme::scale(share));
    }
    let end = left + SCALE_SIZE.0 + 6.0;
    drawing.text((end, baseline), Anchor::Start, small, "127");
    y + SCALE_SIZE.1 + 20.0
}

//! Notes over time.

use consort_music::Score;

use super::drawing::{Anchor, Area, Drawing, Font};
use super::legend::{self, Entry, Swatch};
use super::lettering::{self, CAPITAL_HEIGHT, Weight};
use super::theme::{self, MARGIN};

use self::blocks::Block;
use self::rows::Rows;
use self::timeline::Timeline;

mod blocks;
mod rows;
mod signs;
mod timeline;

/// The picture of an empty score.
const EMPTY_SIZE: (f64, f64) = (560.0, 150.0);

/// The picture.
pub(super) fn draw(score: &Score) -> Drawing {
    let title = score.metadata.title.as_deref().unwrap_or_default();
    let description = if title.is_empty() {
        "Piano roll".to_owned()
    } else {
        format!("Piano roll: {title}")
    };
    let blocks = blocks::of(score);
    if blocks.is_empty() {
        return empty(score, &description);
    }
    let mut rows = Rows::of(&blocks);
    let left = MARGIN + rows.gutter();
    let time = Timeline::new(score, left);
    let mut drawing = Drawing::new(&description, time.right() + MARGIN, 0.0);
    let y = header(&mut drawing, score);
    let signs_top = y + legend::draw(&mut drawing, (MARGIN, y), &names(score), Swatch::Bar) + 8.0;
    let fermatas = blocks::fermatas(&blocks);
    let top = signs_top + signs::height(score, &fermatas);
    rows.place(top);

    rows.draw(&mut drawing, &time);
    for panel in rows.areas(&time) {
        signs::bands(&mut drawing, &time, panel, &fermatas);
        time.draw_grid(&mut drawing, score, panel);
    }
    signs::draw(&mut drawing, &time, score, signs_top, &fermatas);
    for of_part in blocks.chunk_by(|a, b| a.part == b.part) {
        let name = of_part
            .first()
            .and_then(|block| score.parts.get(block.part));
        drawing.open("part", name.map_or("", |part| &part.name));
        for block in of_part {
            draw_block(&mut drawing, &rows, &time, block);
        }
        drawing.close();
    }
    drawing.cut(rows.bottom() + MARGIN);
    drawing
}

/// Title and composer; says where the next thing may begin.
fn header(drawing: &mut Drawing, score: &Score) -> f64 {
    let room = drawing.width() - 2.0 * MARGIN;
    let title = score.metadata.title.as_deref().unwrap_or_default();
    let composer = score.metadata.composer.as_deref().unwrap_or_default();
    let bold = Font {
        size: theme::TITLE,
        weight: Weight::SemiBold,
        colour: theme::INK,
    };
    let soft = Font {
        size: theme::TEXT,
        weight: Weight::Regular,
        colour: theme::INK_SOFT,
    };
    let title = lettering::fitted(title, bold.size, bold.weight, room);
    let baseline = MARGIN + bold.size * CAPITAL_HEIGHT;
    drawing.text((MARGIN, baseline), Anchor::Start, bold, &title);
    let used = match lettering::width(&title, bold.size, bold.weight) {
        0.0 => 0.0,
        width => width + 12.0,
    };
    let composer = lettering::fitted(composer, soft.size, soft.weight, room - used);
    drawing.text((MARGIN + used, baseline), Anchor::Start, soft, &composer);
    if title.is_empty() && composer.is_empty() {
        MARGIN
    } else {
        MARGIN + 26.0
    }
}

/// The parts' names; a single part without one needs no legend.
fn names(score: &Score) -> Vec<Entry> {
    let nameless = |name: &str| name.chars().all(char::is_whitespace);
    if score.parts.iter().all(|part| nameless(&part.name)) && score.parts.len() == 1 {
        return Vec::new();
    }
    let entry = |(index, name): (usize, &String)| Entry {
        colour: theme::series(index),
        name: if nameless(name) {
            format!("Part {}", index + 1)
        } else {
            name.clone()
        },
    };
    score
        .parts
        .iter()
        .map(|part| &part.name)
        .enumerate()
        .map(entry)
        .collect()
}

fn draw_block(drawing: &mut Drawing, rows: &Rows, time: &Timeline, block: &Block) {
    let row = rows.row(block);
    let (from, to) = (time.x(block.from), time.x(block.to));
    // The gap that tells a repeated note from a held one; short notes give up less for it.
    let gap = ((to - from) * 0.2).min(2.0);
    let lane = row.height / block.lanes as f64;
    let area = Area {
        x: from,
        y: row.y + lane * block.lane as f64 + 0.5,
        width: (to - from - gap).max(1.0),
        height: (lane - 1.0).max(1.0),
    };
    let radius = (area.height.min(area.width) * 0.3).min(3.0);
    drawing.rectangle(area, radius, theme::series(block.part));
}

fn empty(score: &Score, description: &str) -> Drawing {
    let (width, height) = EMPTY_SIZE;
    let mut drawing = Drawing::new(description, width, height);
    let top = header(&mut drawing, score);
    let frame = Area {
        x: MARGIN,
        y: top,
        width: width - 2.0 * MARGIN,
        height: height - MARGIN - top,
    };
    drawing.rectangle(frame, 4.0, theme::ROW_SHADE);
    let font = Font {
        size: theme::TEXT,
        weight: Weight::Regular,
        colour: theme::INK_SOFT,
    };
    let baseline = frame.y + (frame.height + font.size * CAPITAL_HEIGHT) / 2.0;
    drawing.text(
        (width / 2.0, baseline),
        Anchor::Middle,
        font,
        "No notes to draw",
    );
    drawing
}

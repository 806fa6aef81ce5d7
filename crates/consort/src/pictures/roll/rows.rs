//! Which height a pitch has: a row for each key of a keyboard, and below it one for each drum.

use std::collections::BTreeSet;

use consort_music::Pitch;
use consort_music::midi::general::percussion_name;

use super::blocks::Block;
use super::timeline::Timeline;
use crate::pictures::drawing::{Anchor, Area, Drawing, Font};
use crate::pictures::lettering::{self, CAPITAL_HEIGHT, Weight};
use crate::pictures::theme;

/// Keys have rows of 5 to 14 units, as many as make the keyboard about this high.
const KEYS_HEIGHT: f64 = 400.0;
const KEY_HEIGHTS: (f64, f64) = (5.0, 14.0);
/// Fewer keys are not drawn, for the notes to be seen among others.
const KEYS_MIN: u8 = 13;
const DRUM_HEIGHT: f64 = 15.0;
const DRUM_NAME_WIDTH_MAX: f64 = 130.0;
/// Between keys and drums.
const PANEL_GAP: f64 = 14.0;

/// The drawn keyboard, and the room for its labels.
const KEYBOARD_WIDTH: f64 = 26.0;
const LABEL_WIDTH: f64 = 26.0;

/// The rows of a picture.
pub(super) struct Rows {
    keys: Option<Keys>,
    /// From the top down.
    drums: Vec<u8>,
    top: f64,
}

struct Keys {
    low: u8,
    high: u8,
    row_height: f64,
}

/// A row's place in height.
pub(super) struct Row {
    pub(super) y: f64,
    pub(super) height: f64,
}

impl Rows {
    /// Rows for all of `blocks`.
    pub(super) fn of(blocks: &[Block]) -> Rows {
        let pitches = |drum: bool| {
            let of_kind = blocks.iter().filter(move |block| block.drum == drum);
            of_kind.map(|block| block.pitch).collect::<BTreeSet<u8>>()
        };
        let (keys, drums) = (pitches(false), pitches(true));
        let keys = keys
            .first()
            .zip(keys.last())
            .map(|(low, high)| Keys::holding(*low, *high));
        Rows {
            keys,
            drums: drums.into_iter().rev().collect(),
            top: 0.0,
        }
    }

    /// How much room is needed to the left of the notes.
    pub(super) fn gutter(&self) -> f64 {
        let keys = self
            .keys
            .as_ref()
            .map_or(0.0, |_| LABEL_WIDTH + KEYBOARD_WIDTH);
        let names = self
            .drums
            .iter()
            .map(|&drum| lettering::width(&drum_name(drum), theme::LABEL, Weight::Regular) + 8.0);
        names.fold(keys, f64::max)
    }

    /// Puts the rows below `top`.
    pub(super) fn place(&mut self, top: f64) {
        self.top = top;
    }

    pub(super) fn bottom(&self) -> f64 {
        self.drums_top() + self.drums.len() as f64 * DRUM_HEIGHT
    }

    /// The row of a note.
    pub(super) fn row(&self, block: &Block) -> Row {
        match &self.keys {
            Some(keys) if !block.drum => {
                let above = f64::from(keys.high.saturating_sub(block.pitch));
                Row {
                    y: self.top + above * keys.row_height,
                    height: keys.row_height,
                }
            }
            _ => {
                let above = self
                    .drums
                    .iter()
                    .take_while(|&&drum| drum > block.pitch)
                    .count();
                Row {
                    y: self.drums_top() + above as f64 * DRUM_HEIGHT,
                    height: DRUM_HEIGHT,
                }
            }
        }
    }

    /// Where the notes lie: the area of the keys, that of the drums, or both.
    pub(super) fn areas(&self, time: &Timeline) -> Vec<Area> {
        let area = |y: f64, height: f64| Area {
            x: time.left(),
            y,
            width: time.width(),
            height,
        };
        let keys = self.keys.as_ref().map(|keys| area(self.top, keys.height()));
        let drums = !self.drums.is_empty();
        let drums = drums.then(|| area(self.drums_top(), self.bottom() - self.drums_top()));
        keys.into_iter().chain(drums).collect()
    }

    /// Draws the rows themselves, with their names.
    pub(super) fn draw(&self, drawing: &mut Drawing, time: &Timeline) {
        if let Some(keys) = &self.keys {
            keys.draw(drawing, time, self.top);
        }
        let font = Font {
            size: theme::LABEL,
            weight: Weight::Regular,
            colour: theme::INK_SOFT,
        };
        for (index, &drum) in self.drums.iter().enumerate() {
            let y = self.drums_top() + index as f64 * DRUM_HEIGHT;
            if index % 2 == 1 {
                let area = Area {
                    x: time.left(),
                    y,
                    width: time.width(),
                    height: DRUM_HEIGHT,
                };
                drawing.rectangle(area, 0.0, theme::ROW_SHADE);
            }
            let baseline = y + (DRUM_HEIGHT + font.size * CAPITAL_HEIGHT) / 2.0;
            drawing.text(
                (time.left() - 8.0, baseline),
                Anchor::End,
                font,
                &drum_name(drum),
            );
        }
        for area in self.areas(time) {
            drawing.horizontal(area.y, area.x, area.right(), 1.0, theme::LINE);
            drawing.horizontal(area.bottom(), area.x, area.right(), 1.0, theme::LINE);
        }
    }

    fn drums_top(&self) -> f64 {
        match &self.keys {
            None => self.top,
            Some(keys) if self.drums.is_empty() => self.top + keys.height(),
            Some(keys) => self.top + keys.height() + PANEL_GAP,
        }
    }
}

impl Keys {
    /// A keyboard with the keys from `low` to `high` and at least one more on each side.
    fn holding(low: u8, high: u8) -> Keys {
        let (mut low, mut high) = (low.saturating_sub(1), (high + 1).min(127));
        while high - low + 1 < KEYS_MIN {
            (low, high) = (low.saturating_sub(1), (high + 1).min(127));
        }
        let count = f64::from(high - low + 1);
        let row_height = (KEYS_HEIGHT / count)
            .floor()
            .clamp(KEY_HEIGHTS.0, KEY_HEIGHTS.1);
        Keys {
            low,
            high,
            row_height,
        }
    }

    fn height(&self) -> f64 {
        f64::from(self.high - self.low + 1) * self.row_height
    }

    fn draw(&self, drawing: &mut Drawing, time: &Timeline, top: f64) {
        let keyboard_left = time.left() - KEYBOARD_WIDTH;
        let font = Font {
            size: theme::LABEL,
            weight: Weight::Regular,
            colour: theme::INK_SOFT,
        };
        let width = time.width();
        for (index, pitch) in (self.low..=self.high).rev().enumerate() {
            let y = top + index as f64 * self.row_height;
            let row = Area {
                x: time.left(),
                y,
                width,
                height: self.row_height,
            };
            match pitch % 12 {
                1 | 3 | 6 | 8 | 10 => {
                    drawing.rectangle(row, 0.0, theme::ROW_SHADE);
                    let (x, width) = (keyboard_left, KEYBOARD_WIDTH * 0.6);
                    drawing.rectangle(Area { x, width, ..row }, 0.0, theme::KEY_BLACK);
                    let middle = y + self.row_height / 2.0;
                    drawing.horizontal(middle, x + width, time.left(), 1.0, theme::LINE_FAINT);
                }
                // No black key parts these from the white key below.
                0 | 5 if pitch > self.low => {
                    let from = if pitch % 12 == 0 {
                        row.right()
                    } else {
                        time.left()
                    };
                    drawing.horizontal(row.bottom(), keyboard_left, from, 1.0, theme::LINE_FAINT);
                }
                _ => {}
            }
            if let (0, Ok(name)) = (pitch % 12, Pitch::try_from(pitch)) {
                let baseline = y + (self.row_height + font.size * CAPITAL_HEIGHT) / 2.0;
                let at = (keyboard_left - 6.0, baseline);
                drawing.text(at, Anchor::End, font, &name.to_string());
            }
        }
        let bottom = top + self.height();
        drawing.vertical(keyboard_left, top, bottom, 1.0, theme::LINE);
        drawing.horizontal(top, keyboard_left, time.left(), 1.0, theme::LINE);
        drawing.horizontal(bottom, keyboard_left, time.left(), 1.0, theme::LINE);
    }
}

/// The name of a drum's row, short enough for the gutter.
fn drum_name(drum: u8) -> String {
    let known = Pitch::try_from(drum).ok().and_then(percussion_name);
    let name = known.map_or_else(|| format!("Key {drum}"), str::to_owned);
    lettering::fitted(&name, theme::LABEL, Weight::Regular, DRUM_NAME_WIDTH_MAX)
}

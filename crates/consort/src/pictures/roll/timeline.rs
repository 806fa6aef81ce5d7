//! Where a moment lies, and the bars and beats behind the notes.

use consort_music::score::Barline;
use consort_music::{Measure, Score, Ticks};

use crate::pictures::drawing::{Area, Drawing};
use crate::pictures::theme::{self, MARGIN};

/// The usual width of a quarter note.
const QUARTER_WIDTH: f64 = 28.0;
/// The least width of the notes, for pieces of a bar or two.
const NOTES_WIDTH_MIN: f64 = 640.0;
/// The greatest width of a picture; a longer piece is compressed into it.
const PICTURE_WIDTH_MAX: f64 = 6000.0;

/// Lines nearer than this are left out.
const BAR_WIDTH_MIN: f64 = 4.0;
const BEAT_WIDTH_MIN: f64 = 9.0;

/// Time along the width of the picture.
pub(super) struct Timeline {
    left: f64,
    width: f64,
    ticks: f64,
}

impl Timeline {
    /// The time of `score`, which lasts, from `left`.
    pub(super) fn new(score: &Score, left: f64) -> Timeline {
        let ticks = score.end().0.max(1) as f64;
        let quarters = ticks / f64::from(score.resolution.ticks_per_quarter());
        let width_max = PICTURE_WIDTH_MAX - MARGIN - left;
        let width = (quarters * QUARTER_WIDTH)
            .clamp(NOTES_WIDTH_MIN, width_max)
            .round();
        Timeline { left, width, ticks }
    }

    pub(super) fn left(&self) -> f64 {
        self.left
    }

    pub(super) fn width(&self) -> f64 {
        self.width
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Where `at` lies.
    pub(super) fn x(&self, at: Ticks) -> f64 {
        self.left + self.length(at.0.max(0) as f64).min(self.width)
    }

    /// How wide `ticks` are.
    pub(super) fn length(&self, ticks: f64) -> f64 {
        ticks / self.ticks * self.width
    }

    /// Draws beats and bar lines over `area`.
    pub(super) fn draw_grid(&self, drawing: &mut Drawing, score: &Score, area: Area) {
        let (top, bottom) = (area.y, area.bottom());
        for (index, measure) in score.measures.iter().enumerate() {
            for x in self.beats(score, index, measure) {
                drawing.vertical(x, top + 1.0, bottom, 1.0, theme::LINE_FAINT);
            }
        }
        let mut last = f64::NEG_INFINITY;
        for measure in &score.measures {
            let x = self.x(measure.start);
            if x - last >= BAR_WIDTH_MIN {
                drawing.vertical(x, top, bottom, 1.0, theme::LINE);
                last = x;
            }
        }
        drawing.vertical(self.right(), top, bottom + 1.0, 1.0, theme::LINE);
        let (mut last_start, mut last_end) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for measure in &score.measures {
            let (start, end) = (self.x(measure.start), self.x(measure.end()));
            if start - last_start >= BAR_WIDTH_MIN && measure.repeat_start {
                draw_lines(drawing, area, [(start, 3.0), (start + 4.0, 1.0)]);
                last_start = start;
            }
            if end - last_end >= BAR_WIDTH_MIN {
                let ends = measure.repeat_end.is_some() || measure.barline == Barline::Final;
                if ends {
                    draw_lines(drawing, area, [(end, 3.0), (end - 4.0, 1.0)]);
                } else if measure.barline == Barline::Double {
                    draw_lines(drawing, area, [(end, 1.0), (end - 3.0, 1.0)]);
                }
                last_end = end;
            }
        }
    }

    /// Where the beats within a measure lie, its first one not among them. A pickup is counted from
    /// its end.
    fn beats(&self, score: &Score, index: usize, measure: &Measure) -> Vec<f64> {
        let Some(metre) = measure.metre else {
            return Vec::new();
        };
        let quarter = f64::from(score.resolution.ticks_per_quarter());
        let units = f64::from(metre.units_per_beat());
        let beat = self.length(quarter * 4.0 * units / f64::from(metre.unit.max(1)));
        let (start, end) = (self.x(measure.start), self.x(measure.end()));
        if beat < BEAT_WIDTH_MIN {
            return Vec::new();
        }
        let places = (1..=u8::MAX).map(|count| f64::from(count) * beat);
        let places = places.map(|place| {
            if index == 0 {
                end - place
            } else {
                start + place
            }
        });
        places
            .take_while(|&x| x > start + 1.0 && x < end - 1.0)
            .collect()
    }
}

/// Draws the two lines of a repeat or of the end of a section, each with its place and width.
fn draw_lines(drawing: &mut Drawing, area: Area, lines: [(f64, f64); 2]) {
    for (x, width) in lines {
        drawing.vertical(x, area.y, area.bottom() + 1.0, width, theme::INK_SOFT);
    }
}

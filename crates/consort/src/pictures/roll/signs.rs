//! What stands above the notes: numbers of bars, metres, endings, jumps and fermatas.

use consort_music::score::Navigation;
use consort_music::{Measure, Score};

use super::blocks::Hold;
use super::timeline::Timeline;
use crate::pictures::drawing::{Anchor, Area, Drawing, Font, Point, Segment};
use crate::pictures::lettering::{self, Weight};
use crate::pictures::theme;

/// The heights of the lines of signs, from the top: endings and jumps, numbers, fermatas.
const JUMPS_HEIGHT: f64 = 17.0;
const NUMBERS_HEIGHT: f64 = 18.0;
const FERMATAS_HEIGHT: f64 = 14.0;

/// The least distance between the numbers of two bars that both have one.
const NUMBERS_APART: f64 = 30.0;
const NUMBER_WIDTH_MAX: f64 = 60.0;
/// How far the sign of a repeat reaches to its side.
const REPEAT_WIDTH: f64 = 10.0;
const FERMATA_RADIUS: f64 = 6.5;

/// How much room the signs need.
pub(super) fn height(score: &Score, fermatas: &[Hold]) -> f64 {
    let jumps = if has_jumps(score) { JUMPS_HEIGHT } else { 0.0 };
    let fermatas = if fermatas.is_empty() {
        0.0
    } else {
        FERMATAS_HEIGHT
    };
    jumps + NUMBERS_HEIGHT + fermatas
}

/// Draws the signs below `top`.
pub(super) fn draw(
    drawing: &mut Drawing,
    time: &Timeline,
    score: &Score,
    top: f64,
    fermatas: &[Hold],
) {
    let numbers_top = if has_jumps(score) {
        draw_endings(drawing, time, score, top);
        draw_jumps(drawing, time, score, top + JUMPS_HEIGHT - 5.0);
        top + JUMPS_HEIGHT
    } else {
        top
    };
    draw_repeats(drawing, time, score, numbers_top);
    draw_numbers(drawing, time, score, numbers_top + NUMBERS_HEIGHT - 6.0);
    let mut last = f64::NEG_INFINITY;
    for hold in fermatas {
        let x = (time.x(hold.from) + time.x(hold.to)) / 2.0;
        if x - last >= 2.0 * FERMATA_RADIUS {
            draw_fermata(
                drawing,
                (x, numbers_top + NUMBERS_HEIGHT + FERMATAS_HEIGHT - 4.0),
            );
            last = x;
        }
    }
}

/// Draws the bands under fermatas over `area`.
pub(super) fn bands(drawing: &mut Drawing, time: &Timeline, area: Area, fermatas: &[Hold]) {
    for hold in fermatas {
        let (x, right) = (time.x(hold.from), time.x(hold.to));
        drawing.rectangle(
            Area {
                x,
                width: (right - x).max(1.0),
                ..area
            },
            0.0,
            theme::BAND,
        );
    }
}

fn has_jumps(score: &Score) -> bool {
    score
        .measures
        .iter()
        .any(|measure| !measure.ending_start.is_empty() || !measure.navigation.is_empty())
}

/// Numbers at the beginnings of bars: of all, or where there is no room, of every so many. A metre
/// follows the number of the first bar of its own that has room for it.
fn draw_numbers(drawing: &mut Drawing, time: &Timeline, score: &Score, baseline: f64) {
    let font = Font {
        size: theme::SMALL,
        weight: Weight::Regular,
        colour: theme::INK_SOFT,
    };
    let strong = Font {
        weight: Weight::SemiBold,
        ..font
    };
    let every = numbered_every(time, score);
    let (mut free_from, mut metre) = (f64::NEG_INFINITY, None);
    for measure in &score.measures {
        let past_repeat = if measure.repeat_start {
            REPEAT_WIDTH
        } else {
            0.0
        };
        let mut x = time.x(measure.start) + 5.0 + past_repeat;
        // Where every bar is numbered none takes the place of the next one's.
        let end = if every == 1 {
            time.x(measure.end())
        } else {
            f64::INFINITY
        };
        let number = lettering::fitted(&measure.number, font.size, font.weight, NUMBER_WIDTH_MAX);
        let number_right = x + lettering::width(&number, font.size, font.weight);
        if x >= free_from && number_right <= end && is_numbered(measure, every) {
            drawing.text((x, baseline), Anchor::Start, font, &number);
            x = number_right + 5.0;
            free_from = x;
        }
        let text = measure
            .metre
            .map(|metre| format!("{}/{}", metre.beats, metre.unit));
        let text = text.unwrap_or_default();
        let metre_right = x + lettering::width(&text, strong.size, strong.weight);
        if measure.metre != metre && x >= free_from && metre_right <= end {
            metre = measure.metre;
            drawing.text((x, baseline), Anchor::Start, strong, &text);
            free_from = metre_right + 5.0;
        }
    }
}

/// Whether a bar's number is among those drawn when one in `every` is.
fn is_numbered(measure: &Measure, every: u32) -> bool {
    let counted = measure.number.parse::<u32>().ok();
    every == 1 || counted.is_some_and(|number| number == 1 || number.is_multiple_of(every))
}

/// The dots of repeats, beside their lines where these reach up among the numbers.
fn draw_repeats(drawing: &mut Drawing, time: &Timeline, score: &Score, top: f64) {
    let middle = top + NUMBERS_HEIGHT / 2.0 - 1.0;
    let (from, to) = (middle - 6.0, middle + 6.0);
    let mut sign = |x: f64, side: f64| {
        drawing.vertical(x, from, to, 3.0, theme::INK_SOFT);
        drawing.vertical(x + side * 4.0, from, to, 1.0, theme::INK_SOFT);
        for y in [middle - 2.5, middle + 2.5] {
            drawing.circle((x + side * 8.0, y), 1.4, theme::INK_SOFT);
        }
    };
    let (mut last_start, mut last_end) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for measure in &score.measures {
        let (start, end) = (time.x(measure.start), time.x(measure.end()));
        if measure.repeat_start && start - last_start >= REPEAT_WIDTH {
            sign(start, 1.0);
            last_start = start;
        }
        if measure.repeat_end.is_some() && end - last_end >= REPEAT_WIDTH {
            sign(end, -1.0);
            last_end = end;
        }
    }
}

/// One bar in how many has its number: 1, 2, 5, 10, 20, 50, ...
fn numbered_every(time: &Timeline, score: &Score) -> u32 {
    let bars = score.measures.len().max(1) as f64;
    let span = score
        .measures
        .last()
        .map_or(0.0, |last| time.x(last.end()) - time.left());
    let bar_width = span / bars;
    let steps = (0..7).flat_map(|power| [1, 2, 5].map(|multiple| multiple * 10_u32.pow(power)));
    let fits = |&step: &u32| f64::from(step) * bar_width >= NUMBERS_APART;
    steps.into_iter().find(fits).unwrap_or(10_000_000)
}

/// Brackets over first and second endings.
fn draw_endings(drawing: &mut Drawing, time: &Timeline, score: &Score, top: f64) {
    let font = Font {
        size: theme::TINY,
        weight: Weight::Regular,
        colour: theme::INK_SOFT,
    };
    let mut measures = score.measures.iter().peekable();
    while let Some(first) = measures.next() {
        if first.ending_start.is_empty() {
            continue;
        }
        let mut last = first;
        while let Some(next) =
            measures.next_if(|next| !last.ending_stop && next.ending_start.is_empty())
        {
            last = next;
        }
        let (left, right) = (time.x(first.start), time.x(last.end()) - 3.0);
        if right - left < 12.0 {
            continue;
        }
        drawing.vertical(
            left,
            top + 1.0,
            top + JUMPS_HEIGHT - 3.0,
            1.0,
            theme::INK_SOFT,
        );
        drawing.horizontal(top + 1.0, left, right, 1.0, theme::INK_SOFT);
        let passes: Vec<String> = first
            .ending_start
            .iter()
            .map(|pass| format!("{pass}."))
            .collect();
        let passes = lettering::fitted(
            &passes.join(" "),
            font.size,
            font.weight,
            right - left - 4.0,
        );
        drawing.text(
            (left + 4.0, top + JUMPS_HEIGHT - 5.0),
            Anchor::Start,
            font,
            &passes,
        );
    }
}

/// The words of jumps and their targets, where there is room.
fn draw_jumps(drawing: &mut Drawing, time: &Timeline, score: &Score, baseline: f64) {
    let font = Font {
        size: theme::TINY,
        weight: Weight::SemiBold,
        colour: theme::INK,
    };
    let mut free_from = f64::NEG_INFINITY;
    for measure in &score.measures {
        for (at_start, x, anchor) in [
            (true, time.x(measure.start) + 3.0, Anchor::Start),
            (false, time.x(measure.end()) - 5.0, Anchor::End),
        ] {
            let text = words(measure, at_start);
            let width = lettering::width(&text, font.size, font.weight);
            let left = if at_start { x } else { x - width };
            // The pass of an ending stands at the start of its bar.
            let taken = at_start && !measure.ending_start.is_empty();
            let left = if taken { left + 20.0 } else { left };
            if !text.is_empty() && left >= free_from {
                let x = if taken { left } else { x };
                drawing.text((x, baseline), anchor, font, &text);
                free_from = left + width + 6.0;
            }
        }
    }
}

/// What stands at the start of a measure, or at its end.
fn words(measure: &Measure, at_start: bool) -> String {
    let words = measure
        .navigation
        .iter()
        .filter_map(|navigation| match navigation {
            Navigation::Segno if at_start => Some("Segno"),
            Navigation::Coda if at_start => Some("Coda"),
            Navigation::ToCoda if !at_start => Some("to Coda"),
            Navigation::Fine if !at_start => Some("Fine"),
            Navigation::DaCapo if !at_start => Some("D.C."),
            Navigation::DalSegno if !at_start => Some("D.S."),
            _ => None,
        });
    words.collect::<Vec<_>>().join(", ")
}

/// The sign: an arch over a dot, standing on `at`.
fn draw_fermata(drawing: &mut Drawing, at: Point) {
    let (x, y) = at;
    let arch = |radius: f64, height: f64, sign: f64| {
        // Control points of a quarter of an ellipse.
        let (across, up) = (radius * 0.552, height * 0.552);
        [
            Segment::Cubic(
                (x - sign * radius, y - up),
                (x - sign * across, y - height),
                (x, y - height),
            ),
            Segment::Cubic(
                (x + sign * across, y - height),
                (x + sign * radius, y - up),
                (x + sign * radius, y),
            ),
        ]
    };
    let inner = FERMATA_RADIUS - 0.9;
    let mut segments = vec![Segment::Move((x - FERMATA_RADIUS, y))];
    segments.extend(arch(FERMATA_RADIUS, FERMATA_RADIUS + 0.5, 1.0));
    segments.push(Segment::Line((x + inner, y)));
    segments.extend(arch(inner, FERMATA_RADIUS - 1.4, -1.0));
    segments.push(Segment::Close);
    drawing.outline(segments, theme::INK);
    drawing.circle((x, y - 1.2), 1.3, theme::INK);
}

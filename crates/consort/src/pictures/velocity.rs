//! How hard notes are struck over time.

use std::collections::BTreeSet;

use consort_music::{Pitch, Score, SoundingNote, Ticks, dynamics};

use super::Performance;
use super::axis::Axis;
use super::curve::{self, font};
use super::drawing::{Anchor, Area, Drawing, Font, Point};
use super::legend::Entry;
use super::lettering::CAPITAL_HEIGHT;
use super::theme::{self, Colour, MARGIN};

const HEIGHT: f64 = 540.0;
/// The least and the greatest width of the plot, and that of a bar or of two seconds between.
const WIDTHS: (f64, f64) = (860.0, 2400.0);
const BAR_WIDTH: f64 = 20.0;
/// The names of the dynamics on the right.
const NAMES_WIDTH: f64 = 26.0;

const DOT_RADIUS: f64 = 1.8;
/// How opaque the dots of the lowest and of the highest key are.
const DOT_ALPHAS: (f64, f64) = (50.0, 170.0);
const LINE_WIDTH: f64 = 2.4;

/// The spread of the smoothing, in bars and in seconds: within twice as much to each side lies nearly all
/// of it.
const SPREAD: (f64, f64) = (0.5, 1.0);
/// A line is broken where nothing is struck for so many spreads.
const BREAK: f64 = 6.0;

/// The dynamics whose levels are named.
const DYNAMICS: [&str; 8] = ["ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"];

/// The picture.
pub(super) fn draw(title: &str, performances: &[Performance<'_>]) -> Drawing {
    let clock = Clock::of(performances);
    let lines: Vec<Strikes> = performances
        .iter()
        .map(|performance| Strikes::of(performance.score, clock))
        .collect();
    let entries = names(performances, &lines);
    let times = lines.iter().flat_map(|line| &line.dots);
    let (first, last) = (clock.start(performances), clock.end(performances));
    let last = times.fold(last, |last, dot| last.max(dot.time));
    let width = ((last - first) / clock.unit() * BAR_WIDTH).clamp(WIDTHS.0, WIDTHS.1);
    let description = if title.is_empty() {
        "Velocities"
    } else {
        title
    };
    let mut drawing = Drawing::new(description, width.round() + 100.0, HEIGHT);
    let top = curve::header(&mut drawing, title, "velocity", &entries);
    let right = drawing.width() - MARGIN - NAMES_WIDTH;
    let area = Area {
        x: MARGIN + 30.0,
        y: top,
        width: right - MARGIN - 30.0,
        height: HEIGHT - MARGIN - 36.0 - top,
    };
    let plot = Plot {
        time: Axis::exact(first, last, 12, clock == Clock::Bars),
        velocity: Axis::exact(0.0, 127.0, 7, true),
        area,
    };
    plot.draw_axes(&mut drawing);
    footer(&mut drawing, clock);
    if lines.iter().all(|line| line.dots.is_empty()) {
        let middle = (area.x + area.width / 2.0, area.y + area.height / 2.0);
        let font = font(theme::TEXT);
        drawing.text(middle, Anchor::Middle, font, "No velocities to draw");
        return drawing;
    }
    for (index, line) in lines.iter().enumerate() {
        plot.draw_dots(&mut drawing, &line.dots, theme::series(index));
    }
    for (index, (line, performance)) in lines.iter().zip(performances).enumerate() {
        drawing.open("performance", performance.name);
        if lines.len() == 1 {
            plot.draw_line(&mut drawing, &line.bass, clock, theme::series(1));
        }
        plot.draw_line(&mut drawing, &line.melody, clock, theme::series(index));
        drawing.close();
    }
    drawing
}

/// What the colours mean.
fn names(performances: &[Performance<'_>], lines: &[Strikes]) -> Vec<Entry> {
    let entry = |index: usize, name: String| Entry {
        colour: theme::series(index),
        name,
    };
    if let ([performance], [line]) = (performances, lines) {
        let name = match performance.name {
            "" => String::new(),
            name => format!("{name}: "),
        };
        let melody = entry(0, format!("{name}highest notes"));
        let bass = (!line.bass.is_empty()).then(|| entry(1, "lowest notes".to_owned()));
        return std::iter::once(melody).chain(bass).collect();
    }
    let names = performances.iter().enumerate();
    names
        .map(|(index, performance)| entry(index, performance.name.to_owned()))
        .collect()
}

fn footer(drawing: &mut Drawing, clock: Clock) {
    let font = font(theme::SMALL);
    let baseline = HEIGHT - MARGIN;
    let right = drawing.width() - MARGIN;
    let (label, over) = match clock {
        Clock::Bars => ("bar", "a bar"),
        Clock::Seconds => ("seconds", "two seconds"),
    };
    drawing.text((right, baseline), Anchor::End, font, label);
    let note = format!("dots are notes, the stronger the higher; lines are smoothed over {over}");
    drawing.text((MARGIN, baseline), Anchor::Start, font, &note);
}

/// How time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// In measures, the first of which has its own number if that is 0, else 1.
    Bars,
    /// In seconds.
    Seconds,
}

impl Clock {
    fn of(performances: &[Performance<'_>]) -> Clock {
        let measured = |performance: &Performance<'_>| {
            let measures = &performance.score.measures;
            measures.iter().any(|measure| measure.metre.is_some())
        };
        if performances.iter().all(measured) {
            Clock::Bars
        } else {
            Clock::Seconds
        }
    }

    /// What has the width of a bar.
    fn unit(self) -> f64 {
        match self {
            Clock::Bars => 1.0,
            Clock::Seconds => 2.0,
        }
    }

    fn spread(self) -> f64 {
        match self {
            Clock::Bars => SPREAD.0,
            Clock::Seconds => SPREAD.1,
        }
    }

    fn start(self, performances: &[Performance<'_>]) -> f64 {
        let starts = performances
            .iter()
            .map(|it| self.time(it.score, Ticks::ZERO));
        starts.reduce(f64::min).unwrap_or_default()
    }

    fn end(self, performances: &[Performance<'_>]) -> f64 {
        let ends = performances
            .iter()
            .map(|it| self.time(it.score, it.score.end()));
        ends.reduce(f64::max).unwrap_or(1.0)
    }

    fn time(self, score: &Score, at: Ticks) -> f64 {
        match self {
            Clock::Seconds => score.seconds_at(at),
            Clock::Bars => {
                let after = score
                    .measures
                    .partition_point(|measure| measure.start <= at);
                let Some((index, measure)) = after
                    .checked_sub(1)
                    .map(|index| (index, &score.measures[index]))
                else {
                    return 1.0;
                };
                let is_pickup = score.measures[0].number == "0";
                let first = if is_pickup { 0.0 } else { 1.0 };
                let length = measure.length.0.max(1) as f64;
                first + index as f64 + (at - measure.start).0 as f64 / length
            }
        }
    }
}

/// A note, or the mean of some.
#[derive(Clone, Copy)]
struct Dot {
    time: f64,
    velocity: f64,
    /// 0 for the lowest key of a piano, 1 for the highest.
    height: f64,
}

/// What is struck, and the lowest and highest of it.
struct Strikes {
    dots: Vec<Dot>,
    melody: Vec<Dot>,
    bass: Vec<Dot>,
}

impl Strikes {
    fn of(score: &Score, clock: Clock) -> Strikes {
        let only_drums = score.parts.iter().all(|part| part.instrument.percussion);
        let parts = score.parts.iter();
        let parts = parts.filter(|part| only_drums || !part.instrument.percussion);
        let mut notes: Vec<SoundingNote> = parts.flat_map(|part| part.sounding()).collect();
        notes.sort_by_key(|note| (note.onset, note.pitch));
        let dot = |note: &SoundingNote| {
            let velocity = f64::from(note.velocity?.midi());
            Some(Dot {
                time: clock.time(score, note.onset),
                velocity,
                height: ((f64::from(note.pitch.midi()) - 21.0) / 87.0).clamp(0.0, 1.0),
            })
        };
        let of = |notes: Vec<&SoundingNote>| notes.into_iter().filter_map(dot).collect();
        let (low, high) = outer_voices(&notes);
        Strikes {
            dots: of(notes.iter().collect()),
            melody: of(high),
            bass: of(low),
        }
    }
}

/// The notes below which, and those above which nothing sounds when they are struck; a note that is both is a melody.
fn outer_voices(notes: &[SoundingNote]) -> (Vec<&SoundingNote>, Vec<&SoundingNote>) {
    let (mut low, mut high) = (Vec::new(), Vec::new());
    let mut sounding: Vec<(Ticks, Pitch)> = Vec::new();
    for together in notes.chunk_by(|a, b| a.onset == b.onset) {
        let (lowest, highest) = (&together[0], &together[together.len() - 1]);
        sounding.retain(|&(end, _)| end > lowest.onset);
        let is_above = sounding.iter().all(|&(_, pitch)| pitch <= highest.pitch);
        let is_below = sounding.iter().all(|&(_, pitch)| pitch >= lowest.pitch);
        if is_above {
            high.push(highest);
        }
        if is_below && (!is_above || together.len() > 1) {
            low.push(lowest);
        }
        sounding.extend(together.iter().map(|note| (note.end(), note.pitch)));
    }
    (low, high)
}

/// The two axes and where they lie.
struct Plot {
    time: Axis,
    velocity: Axis,
    area: Area,
}

impl Plot {
    fn point(&self, time: f64, velocity: f64) -> Point {
        let x = self.area.x + self.time.share(time) * self.area.width;
        let y = self.area.bottom() - self.velocity.share(velocity) * self.area.height;
        (x, y)
    }

    fn draw_axes(&self, drawing: &mut Drawing) {
        let (left, right, bottom) = (self.area.x, self.area.right(), self.area.bottom());
        let font = font(theme::SMALL);
        let centred = |y: f64, font: Font| y + font.size * CAPITAL_HEIGHT / 2.0;
        for (value, label) in self.velocity.marks() {
            let y = self.point(0.0, value).1;
            let colour = if y > bottom - 0.5 {
                theme::LINE
            } else {
                theme::LINE_FAINT
            };
            drawing.horizontal(y, left, right, 1.0, colour);
            drawing.text((left - 10.0, centred(y, font)), Anchor::End, font, &label);
        }
        for (value, label) in self.time.marks() {
            let x = self.point(value, 0.0).0;
            drawing.vertical(x, self.area.y, bottom, 1.0, theme::LINE_FAINT);
            drawing.vertical(x, bottom, bottom + 5.0, 1.0, theme::LINE);
            drawing.text((x, bottom + 18.0), Anchor::Middle, font, &label);
        }
        for name in DYNAMICS {
            let level = dynamics::level_of(name).map_or(0.0, f64::from);
            let y = self.point(0.0, level).1;
            drawing.horizontal(y, right, right + 5.0, 1.0, theme::LINE);
            drawing.text((right + 9.0, centred(y, font)), Anchor::Start, font, name);
        }
    }

    /// Draws notes; of several in one place one is enough.
    fn draw_dots(&self, drawing: &mut Drawing, dots: &[Dot], colour: Colour) {
        let mut taken = BTreeSet::new();
        for dot in dots {
            let (x, y) = self.point(dot.time, dot.velocity);
            if taken.insert(((x * 2.0).round() as i64, (y * 2.0).round() as i64)) {
                let alpha = DOT_ALPHAS.0 + (DOT_ALPHAS.1 - DOT_ALPHAS.0) * dot.height;
                drawing.circle((x, y), DOT_RADIUS, colour.with_alpha(alpha as u8));
            }
        }
    }

    /// Draws a line, with a light edge that lifts it off the dots.
    fn draw_line(&self, drawing: &mut Drawing, dots: &[Dot], clock: Clock, colour: Colour) {
        let spread = clock.spread();
        for run in dots.chunk_by(|a, b| b.time - a.time <= spread * BREAK) {
            let mut points: Vec<Point> = Vec::new();
            for (time, velocity) in smoothed(run, spread) {
                let point = self.point(time, velocity);
                if points.last().is_none_or(|last| point.0 - last.0 >= 0.5) {
                    points.push(point);
                }
            }
            let edge = theme::PAPER.with_alpha(200);
            drawing.polyline(points.clone(), LINE_WIDTH + 2.0, edge);
            drawing.polyline(points, LINE_WIDTH, colour);
        }
    }
}

/// The mean velocity around each note, by a bell of this spread.
fn smoothed(dots: &[Dot], spread: f64) -> Vec<(f64, f64)> {
    let reach = 3.0 * spread;
    let mut first = 0;
    let mean = |dot: &Dot| {
        let before = dots[first..].iter();
        first += before.take_while(|it| it.time < dot.time - reach).count();
        let around = dots[first..].iter();
        let around = around.take_while(|it| it.time <= dot.time + reach);
        let (sum, weights) = around.fold((0.0, 0.0), |(sum, weights), it| {
            let distance = (it.time - dot.time) / spread;
            let weight = (-0.5 * distance * distance).exp();
            (sum + weight * it.velocity, weights + weight)
        });
        (dot.time, sum / weights)
    };
    dots.iter().map(mean).collect()
}

//! From velocities to signs.
//!
//! The signs are those that explain the velocities best for what they cost: a chain of dynamics and
//! hairpins over the beats of a part, found by dynamic programming (Viterbi, 1967), whose cost is the
//! squared distance between the levels it says and the velocities, and a price for each sign. The prices
//! keep a level that lies between two dynamics from going to and fro.

use super::accents;
use super::beats::{self, Beat};
use crate::score::{Direction, DirectionKind, Mark, Part, Score, Spanner, SpannerKind};
use crate::time::Ticks;

/// The dynamics that are written.
const LEVELS: [(&str, f64); CLASSES] = [
    ("ppp", 16.0),
    ("pp", 33.0),
    ("p", 49.0),
    ("mp", 64.0),
    ("mf", 80.0),
    ("f", 96.0),
    ("ff", 112.0),
    ("fff", 126.0),
];
const CLASSES: usize = 8;

/// The usual distance of a beat's mean velocity from the level it is played in; half the distance between
/// two dynamics.
const SPREAD: f64 = 8.0;
/// What a new dynamic costs, in squares of [`SPREAD`]: a change of one dynamic must last for two bars,
/// and one of several for one, to be worth it.
const DYNAMIC_COST: f64 = 12.0;
/// What it costs more if it does not stand at the beginning of a bar.
const OFFBEAT_COST: f64 = 6.0;
/// What a hairpin costs, with the dynamic at its end.
const HAIRPIN_COST: f64 = 14.0;
/// What it costs more for each end that is not at the beginning of a bar.
const HAIRPIN_OFFBEAT_COST: f64 = 1.0;
/// The longest hairpin, in bars and, where bars have many beats, in beats; longer ones are cut by
/// dynamics.
const HAIRPIN_BARS: i64 = 4;
const HAIRPIN_BEATS: i64 = 48;

/// Writes dynamics, hairpins and accents into each part of which velocities are known, so that the signs
/// say what the velocities do; the dynamics and hairpins that were there are replaced.
///
/// A beat is as loud as the mean of what is struck in it, where the highest note of each chord counts twice
/// and notes that stand out do not count. A dynamic holds for a bar at least, except the first and those
/// where a hairpin ends; a hairpin lasts from one bar to four, and begins and ends with a note. What [`Levels`](super::Levels)
/// reads from the signs is close to the mean velocity of each beat. A note that is louder by
/// 20 or more than the median of the loudest notes of the beats around it, four to each side,
/// gets an accent, if it has none. All staves of a part have one set of signs.
pub fn mark(score: &mut Score) {
    for index in 0..score.parts.len() {
        let beats = beats::of(score, &score.parts[index]);
        if !beats.is_empty() {
            mark_part(&mut score.parts[index], &beats);
        }
    }
}

fn mark_part(part: &mut Part, beats: &[Beat]) {
    let accents = accents::of(beats);
    let is_hairpin = |kind| matches!(kind, SpannerKind::Crescendo | SpannerKind::Diminuendo);
    part.directions
        .retain(|it| it.kind != DirectionKind::Dynamic);
    part.spanners.retain(|spanner| !is_hairpin(spanner.kind));
    let mut last = 0;
    for sign in signs(&levels(beats, &accents)) {
        let at = beats[sign.beat].at();
        if let Some(from) = sign.hairpin_from {
            let opens = last < sign.class;
            part.spanners.push(hairpin(beats[from].at(), at, opens));
        }
        part.directions.push(Direction {
            at,
            text: LEVELS[sign.class].0.to_owned(),
            kind: DirectionKind::Dynamic,
        });
        last = sign.class;
    }
    part.directions.sort_by_key(|direction| direction.at);
    part.spanners.sort_by_key(|spanner| spanner.from);
    for (beat, numbers) in beats.iter().zip(&accents) {
        for &number in numbers {
            let marks = &mut part.notes[beat.onsets[number].loudest.1].marks;
            if !marks
                .iter()
                .any(|mark| matches!(mark, Mark::Accent | Mark::Marcato))
            {
                marks.push(Mark::Accent);
            }
        }
    }
}

fn hairpin(from: Ticks, to: Ticks, opens: bool) -> Spanner {
    let kind = if opens {
        SpannerKind::Crescendo
    } else {
        SpannerKind::Diminuendo
    };
    Spanner {
        from,
        to,
        staff: 1,
        kind,
    }
}

/// How loud a beat is.
struct Level {
    /// When it begins, in beats.
    time: f64,
    value: f64,
    is_first: bool,
    per_bar: i64,
}

fn levels(beats: &[Beat], accents: &[Vec<usize>]) -> Vec<Level> {
    // A beat of accents alone says nothing of its own about the level.
    let plain = |beat: &Beat, accents: &[usize]| {
        let onsets = beat.onsets.iter().enumerate();
        let plain = onsets.filter(|(number, _)| !accents.contains(number));
        let plain: Vec<f64> = plain.map(|(_, onset)| onset.level).collect();
        (!plain.is_empty()).then(|| plain.iter().sum::<f64>() / plain.len() as f64)
    };
    let values: Vec<Option<f64>> = beats
        .iter()
        .zip(accents)
        .map(|(beat, accents)| plain(beat, accents))
        .collect();
    let mut last = values.iter().find_map(|value| *value).unwrap_or_default();
    let level = |(beat, value): (&Beat, Option<f64>)| {
        last = value.unwrap_or(last);
        Level {
            time: beat.index as f64,
            value: last,
            is_first: beat.is_first,
            per_bar: beat.per_bar,
        }
    };
    beats.iter().zip(values).map(level).collect()
}

/// A dynamic of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sign {
    beat: usize,
    class: usize,
    /// Where the hairpin begins that leads to it from the dynamic before it, if one does.
    hairpin_from: Option<usize>,
}

/// What was done last on the way to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    /// Nothing comes before.
    Begin,
    /// The level stayed for a beat.
    Stay,
    /// A dynamic, and the level stayed for a bar; it was `from` before, at beat `at`.
    Jump { at: usize, from: usize },
    /// A hairpin from `from` at beat `at`.
    Hairpin { at: usize, from: usize },
}

/// The cheapest way to a state.
#[derive(Clone, Copy, Debug)]
struct Way {
    cost: f64,
    last: Move,
    /// Whether the state before is one in which a sign has just been written.
    from_fresh: bool,
}

const NO_WAY: Way = Way {
    cost: f64::INFINITY,
    last: Move::Begin,
    from_fresh: false,
};

/// The ways to all levels before a beat. In a `fresh` state there is a dynamic at this very beat, after
/// which the level stays or a hairpin begins; in a `free` one a new dynamic may come.
#[derive(Clone, Copy)]
struct States {
    fresh: [Way; CLASSES],
    free: [Way; CLASSES],
}

impl States {
    fn way(&mut self, fresh: bool, class: usize) -> &mut Way {
        if fresh {
            &mut self.fresh[class]
        } else {
            &mut self.free[class]
        }
    }

    /// The cheaper way to `class`, whether it is the fresh one, and its cost.
    fn best(&self, class: usize) -> (bool, f64) {
        let (fresh, free) = (self.fresh[class].cost, self.free[class].cost);
        if fresh < free {
            (true, fresh)
        } else {
            (false, free)
        }
    }

    /// The class to which the cheapest free way leads, if any does.
    fn cheapest(&self) -> Option<usize> {
        let ways = (0..CLASSES).filter(|&class| self.free[class].cost.is_finite());
        ways.min_by(|&a, &b| self.free[a].cost.total_cmp(&self.free[b].cost))
    }
}

/// The signs that explain the levels of beats at the least cost.
fn signs(levels: &[Level]) -> Vec<Sign> {
    let none = States {
        fresh: [NO_WAY; CLASSES],
        free: [NO_WAY; CLASSES],
    };
    let mut states = vec![none; levels.len() + 1];
    states[0].fresh.iter_mut().for_each(|way| way.cost = 0.0);
    let mut chain = Chain {
        levels,
        sums: Sums::of(levels),
        states,
    };
    for at in 0..levels.len() {
        chain.stay(at);
        chain.jump(at);
        chain.swell(at);
    }
    trace(&mut chain.states)
}

/// The search, from left to right.
struct Chain<'a> {
    levels: &'a [Level],
    sums: Sums,
    states: Vec<States>,
}

impl Chain<'_> {
    fn offer(&mut self, to: usize, fresh: bool, class: usize, way: Way) {
        let known = self.states[to].way(fresh, class);
        if way.cost < known.cost {
            *known = way;
        }
    }

    /// The ways that stay where they are for the beat `at`.
    fn stay(&mut self, at: usize) {
        for (class, (_, level)) in LEVELS.into_iter().enumerate() {
            let (from_fresh, before) = self.states[at].best(class);
            let way = Way {
                cost: before + self.sums.constant(at, at + 1, level),
                last: Move::Stay,
                from_fresh,
            };
            self.offer(at + 1, false, class, way);
        }
    }

    /// The ways with a new dynamic at `at`, which hold for a bar.
    fn jump(&mut self, at: usize) {
        let Some(from) = self.states[at].cheapest() else {
            return;
        };
        let start = &self.levels[at];
        let bar = until(self.levels, at, start.per_bar);
        let offbeat = if start.is_first { 0.0 } else { OFFBEAT_COST };
        let price = self.states[at].free[from].cost + DYNAMIC_COST + offbeat;
        for (class, (_, level)) in LEVELS.into_iter().enumerate() {
            let way = Way {
                cost: price + self.sums.constant(at, bar, level),
                last: Move::Jump { at, from },
                from_fresh: false,
            };
            if class != from {
                self.offer(bar, false, class, way);
            }
        }
    }

    /// The ways with a hairpin from `at`.
    fn swell(&mut self, at: usize) {
        let start = &self.levels[at];
        let longest = (start.per_bar * HAIRPIN_BARS).min(HAIRPIN_BEATS) as f64;
        let first = until(self.levels, at, start.per_bar.max(2));
        let ends = self.levels[first..].iter();
        let ends = ends.take_while(|end| end.time - start.time <= longest);
        for to in first..first + ends.count() {
            let offbeats = [at, to].map(|end| !self.levels[end].is_first);
            let offbeats = offbeats.into_iter().filter(|&offbeat| offbeat).count();
            let price = HAIRPIN_COST + HAIRPIN_OFFBEAT_COST * offbeats as f64;
            for (from, (_, low)) in LEVELS.into_iter().enumerate() {
                let (from_fresh, before) = self.states[at].best(from);
                for (class, (_, high)) in LEVELS.into_iter().enumerate() {
                    let way = Way {
                        cost: before + price + self.sums.ramp(at, to, low, high),
                        last: Move::Hairpin { at, from },
                        from_fresh,
                    };
                    if class != from {
                        self.offer(to, true, class, way);
                    }
                }
            }
        }
    }
}

/// The first beat at or after `count` beats from `at`.
fn until(levels: &[Level], at: usize, count: i64) -> usize {
    let end = levels[at].time + count as f64;
    let within = levels[at..].iter().take_while(|level| level.time < end);
    at + within.count()
}

/// The signs on the way to the cheapest last state.
fn trace(states: &mut [States]) -> Vec<Sign> {
    let mut at = states.len() - 1;
    let Some(mut class) = states[at].cheapest() else {
        return Vec::new();
    };
    let mut signs = Vec::new();
    let mut fresh = false;
    loop {
        let way = *states[at].way(fresh, class);
        match way.last {
            Move::Begin => {
                signs.push(Sign {
                    beat: 0,
                    class,
                    hairpin_from: None,
                });
                break;
            }
            Move::Stay => at -= 1,
            Move::Jump { at: start, from } => {
                signs.push(Sign {
                    beat: start,
                    class,
                    hairpin_from: None,
                });
                (at, class) = (start, from);
            }
            Move::Hairpin { at: start, from } => {
                signs.push(Sign {
                    beat: at,
                    class,
                    hairpin_from: Some(start),
                });
                (at, class) = (start, from);
            }
        }
        fresh = way.from_fresh;
    }
    signs.reverse();
    signs
}

/// Sums over the beats before each, so that the distance to any line is had at once. Times are counted
/// from the first beat, levels from the middle of all.
struct Sums {
    /// Count, times, their squares, levels, their squares, and products of both.
    before: Vec<[f64; 6]>,
    times: Vec<f64>,
}

const MIDDLE: f64 = 64.0;

impl Sums {
    fn of(levels: &[Level]) -> Sums {
        let origin = levels.first().map_or(0.0, |level| level.time);
        let mut sum = [0.0; 6];
        let mut before = vec![sum];
        for level in levels {
            // What is struck in a beat is struck in its middle, more or less.
            let (t, y) = (level.time - origin + 0.5, level.value - MIDDLE);
            let terms = [1.0, t, t * t, y, y * y, t * y];
            sum.iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term);
            before.push(sum);
        }
        Sums {
            before,
            times: levels.iter().map(|level| level.time - origin).collect(),
        }
    }

    /// The squared distance of the beats from `from` to before `to` from one level.
    fn constant(&self, from: usize, to: usize, level: f64) -> f64 {
        self.line(from, to, level - MIDDLE, 0.0)
    }

    /// The squared distance from the line between two levels, from the start of beat `from` to that of
    /// beat `to`.
    fn ramp(&self, from: usize, to: usize, low: f64, high: f64) -> f64 {
        let slope = (high - low) / (self.times[to] - self.times[from]);
        self.line(from, to, low - MIDDLE - slope * self.times[from], slope)
    }

    fn line(&self, from: usize, to: usize, offset: f64, slope: f64) -> f64 {
        let [count, t, tt, y, yy, ty] =
            std::array::from_fn(|term| self.before[to][term] - self.before[from][term]);
        let squares = yy + offset * offset * count + slope * slope * tt;
        let products = offset * slope * t - offset * y - slope * ty;
        // Rounding may leave a little less than nothing.
        (squares + 2.0 * products).max(0.0) / (SPREAD * SPREAD)
    }
}

#[cfg(test)]
mod tests;

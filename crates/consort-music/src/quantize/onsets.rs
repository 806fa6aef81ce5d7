//! Where notes are written to begin.
//!
//! Every stretch of one, two or four cells is divided in one of the ways that the grid allows, and
//! each onset goes to a point of its division. Of all ways to do so the cheapest is found exactly,
//! by dynamic programming (Viterbi) over the cells of a measure, where onsets cost the squared
//! distance over twice a variance, points cost the more the weaker they are in the metre, and
//! divisions cost the more the rarer they are, as in Cemgil, Desain and Kappen, "Rhythm
//! Quantization for Transcription", *Computer Music Journal* 24 (2000): the most probable score
//! under normally distributed deviations. How large the deviations are is found from the music: of
//! a few sizes the one is taken under which the whole part is most probable.

use crate::score::Tuplet;
use crate::time::Ticks;

use super::division::{Division, Kind, change, divisions};
use super::ground::{Block, Ground};

/// The standard deviations of onsets that are tried, in quarter notes: from music that lies on the
/// grid to 55 ms at 120 quarter notes a minute.
const DEVIATIONS: [f64; 8] = [0.0005, 0.005, 0.01, 0.02, 0.035, 0.055, 0.08, 0.11];

/// What an onset costs at most, whatever its distance: some are slips, or faster than the grid.
const SLIP: f64 = 5.0;

/// What each cell of distance costs beyond that, so that the nearer place is still the better one.
const BEYOND: f64 = 4.0;

/// What it costs to write two onsets at one place, if the notes go on together and if they do not.
const MEETING: [f64; 2] = [0.3, 4.0];

/// A tuplet where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bracket {
    /// Where it begins.
    pub(super) from: Ticks,
    /// Where it ends.
    pub(super) to: Ticks,
    /// What it is.
    pub(super) tuplet: Tuplet,
    /// How many parts it has been divided into.
    pub(super) parts: i64,
}

/// Where onsets go.
#[derive(Clone, Debug, Default)]
pub(super) struct Placing {
    /// For each onset where it is written.
    pub(super) at: Vec<Ticks>,
    /// The tuplets used, in order.
    pub(super) brackets: Vec<Bracket>,
    /// The standard deviation that was found, in quarter notes.
    pub(super) deviation: f64,
}

impl Placing {
    /// The tuplet in force at `at`.
    pub(super) fn bracket_at(&self, at: Ticks) -> Option<Bracket> {
        let after = self.brackets.partition_point(|bracket| bracket.from <= at);
        let bracket = *self.brackets.get(after.checked_sub(1)?)?;
        (at < bracket.to).then_some(bracket)
    }
}

/// When something is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Onset {
    /// When.
    pub(super) at: Ticks,
    /// Whether it was struck well after what was before, which is over by then.
    pub(super) follows: bool,
}

/// Places `onsets`, which are in order and different, on the grid of `ground`.
pub(super) fn place(onsets: &[Onset], ground: &Ground) -> Placing {
    let mut blocks: Vec<Stretch> = Vec::new();
    let mut from = 0;
    while let Some(&first) = onsets.get(from) {
        let block = ground.block_at(first.at);
        let within = |onset: &Onset| onset.at < block.end;
        let count = onsets[from..].partition_point(within).max(1);
        blocks.push(Stretch::new(block, &onsets[from..from + count], ground));
        from += count;
    }
    let mut best: Option<(f64, f64)> = None;
    for deviation in DEVIATIONS {
        let mut from = State::start();
        let mut cost = 0.0;
        let mut end = Ticks::ZERO;
        for stretch in &blocks {
            from.taken &= stretch.block.start == end;
            let path = stretch.path(deviation, from);
            cost += path.cost;
            (from, end) = (path.last, stretch.block.end);
        }
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, deviation));
        }
    }
    let mut placing = Placing {
        deviation: best.map_or(0.0, |(_, deviation)| deviation),
        ..Placing::default()
    };
    let (mut from, mut end) = (State::start(), Ticks::ZERO);
    for stretch in &blocks {
        from.taken &= stretch.block.start == end;
        let path = stretch.path(placing.deviation, from);
        stretch.draw(&path, placing.deviation, &mut placing);
        (from, end) = (path.last, stretch.block.end);
    }
    // An early onset may have passed the one before it, whose block ends later than it begins.
    for index in 1..placing.at.len() {
        placing.at[index] = placing.at[index].max(placing.at[index - 1]);
    }
    placing
}

/// What a path has behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    kind: Kind,
    /// Whether an onset is written at the end of the last division.
    taken: bool,
}

impl State {
    const COUNT: usize = 2 * Kind::ALL.len();

    fn start() -> State {
        State {
            kind: Kind::Plain,
            taken: false,
        }
    }

    fn index(self) -> usize {
        self.kind as usize * 2 + usize::from(self.taken)
    }

    fn of_index(index: usize) -> State {
        State {
            kind: Kind::ALL[index / 2 % Kind::ALL.len()],
            taken: index % 2 == 1,
        }
    }
}

/// A block and its onsets.
struct Stretch {
    block: Block,
    divisions: Vec<Division>,
    /// The onsets in cells from the origin, and what it costs to meet the one before.
    onsets: Vec<(f64, f64)>,
    /// For each cell, and once more after the last, how many onsets come before it.
    before: Vec<usize>,
    /// A cell in quarter notes.
    cell: f64,
}

/// The cheapest way through a block.
struct Path {
    cost: f64,
    last: State,
    /// The first cell, the place of the division, and whether its start was taken before.
    steps: Vec<(usize, usize, bool)>,
}

/// How a path came to a cell.
#[derive(Clone, Copy)]
struct Arrival {
    cost: f64,
    division: usize,
    from: usize,
}

impl Stretch {
    fn new(block: Block, onsets: &[Onset], ground: &Ground) -> Stretch {
        let cells = block.cells();
        let length = block.cell.0 as f64;
        let mut before = vec![0; cells + 1];
        for onset in onsets {
            before[block.cell_at(onset.at) + 1] += 1;
        }
        for cell in 0..cells {
            before[cell + 1] += before[cell];
        }
        Stretch {
            divisions: divisions(ground.grid(), &block),
            onsets: onsets
                .iter()
                .map(|onset| {
                    let meeting = MEETING[usize::from(onset.follows)];
                    ((onset.at - block.origin).0 as f64 / length, meeting)
                })
                .collect(),
            before,
            cell: length / ground.quarter().0 as f64,
            block,
        }
    }

    /// Whether `division` may begin at `cell`.
    fn fits(&self, division: &Division, cell: usize) -> bool {
        let alignment = match division.cells {
            4 if self.block.fours => 4,
            4 => 2,
            cells => cells,
        };
        let place = |cells: usize| self.block.origin + self.block.cell * to_i64(cells);
        let whole =
            place(cell) >= self.block.start && place(cell + division.cells) <= self.block.end;
        cell.is_multiple_of(alignment)
            && cell + division.cells < self.before.len()
            && (whole || division.cells == 1 && division.tuplet.is_none())
    }

    /// The points of `division` from `cell` on that the onsets there go to, and what it costs.
    fn assign(
        &self,
        division: &Division,
        cell: usize,
        deviation: f64,
        taken: bool,
        mut found: impl FnMut(usize),
    ) -> (f64, bool) {
        let deviation_in_cells = deviation / self.cell;
        let normal = deviation.ln();
        let base = to_f64(cell);
        let mut cost = division.fee;
        let mut last = taken.then_some(0);
        let even = if self.block.pairs && cell % 2 == 1 {
            0.3
        } else {
            0.0
        };
        let onsets = &self.onsets[self.before[cell]..self.before[cell + division.cells]];
        for &(onset, meeting) in onsets {
            let mut least = (f64::INFINITY, 0);
            for (index, point) in division.points.iter().enumerate().skip(last.unwrap_or(0)) {
                let apart = (onset - base - point.at) / deviation_in_cells;
                let miss = (apart * apart / 2.0 + normal).min(SLIP);
                let slope = (onset - base - point.at).abs() * BEYOND;
                let meeting = if last == Some(index) { meeting } else { 0.0 };
                let weak = if index == 0 { even } else { 0.0 };
                let sum = miss + slope + point.cost + meeting + weak;
                if sum < least.0 {
                    least = (sum, index);
                }
            }
            cost += least.0;
            last = Some(least.1);
            found(least.1);
        }
        let at_end = last == Some(division.points.len() - 1);
        (cost, at_end)
    }

    fn path(&self, deviation: f64, from: State) -> Path {
        let cells = self.before.len() - 1;
        let mut best: Vec<[Option<Arrival>; State::COUNT]> = vec![[None; State::COUNT]; cells + 1];
        best[0][from.index()] = Some(Arrival {
            cost: 0.0,
            division: 0,
            from: 0,
        });
        for cell in 0..cells {
            let here = best[cell];
            for (place, division) in self.divisions.iter().enumerate() {
                if !self.fits(division, cell) {
                    continue;
                }
                let to = cell + division.cells;
                let empty = self.before[cell] == self.before[to];
                // Silence is not divided.
                if empty && place > 0 {
                    continue;
                }
                for taken in [false, true] {
                    let arrivals = Kind::ALL.map(|kind| State { kind, taken });
                    if arrivals.iter().all(|state| here[state.index()].is_none()) {
                        continue;
                    }
                    let (own, at_end) = match empty {
                        true => (0.0, false),
                        false => self.assign(division, cell, deviation, taken, |_| ()),
                    };
                    for state in arrivals {
                        let Some(arrival) = here[state.index()] else {
                            continue;
                        };
                        let (changing, kind) = match empty {
                            true => (0.0, state.kind),
                            false => (change(state.kind, division.kind), division.kind),
                        };
                        let cost = arrival.cost + own + changing;
                        let slot = &mut best[to][State {
                            kind,
                            taken: at_end,
                        }
                        .index()];
                        if slot.is_none_or(|known| cost < known.cost) {
                            *slot = Some(Arrival {
                                cost,
                                division: place,
                                from: state.index(),
                            });
                        }
                    }
                }
            }
        }
        self.trace(&best)
    }

    fn trace(&self, best: &[[Option<Arrival>; State::COUNT]]) -> Path {
        let cells = best.len() - 1;
        let costs = best[cells].iter().enumerate();
        let end = costs
            .filter_map(|(index, arrival)| Some((index, (*arrival)?.cost)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let (mut state, cost) = end.unwrap_or((State::start().index(), 0.0));
        let last = State::of_index(state);
        let mut steps = Vec::new();
        let mut cell = cells;
        while cell > 0 {
            let Some(arrival) = best[cell][state] else {
                break;
            };
            let Some(division) = self.divisions.get(arrival.division) else {
                break;
            };
            cell = cell.saturating_sub(division.cells);
            state = arrival.from;
            steps.push((cell, arrival.division, State::of_index(state).taken));
        }
        steps.reverse();
        Path { cost, last, steps }
    }

    /// Writes down where `path` leads.
    fn draw(&self, path: &Path, deviation: f64, placing: &mut Placing) {
        let Block {
            start,
            end,
            origin,
            cell: length,
            ..
        } = self.block;
        for &(cell, place, taken) in &path.steps {
            let division = &self.divisions[place];
            if self.before[cell] == self.before[cell + division.cells] {
                continue;
            }
            let from = origin + length * to_i64(cell);
            let whole = length * to_i64(division.cells);
            let at = &mut placing.at;
            self.assign(division, cell, deviation, taken, |index| {
                let point = division.points[index];
                let offset = whole * point.numerator / point.denominator;
                at.push((from + offset).clamp(start, end));
            });
            if let Some(tuplet) = division.tuplet {
                let parts = division.points.iter().map(|point| point.denominator);
                placing.brackets.push(Bracket {
                    from,
                    to: from + whole,
                    tuplet,
                    parts: parts
                        .filter(|parts| parts % i64::from(tuplet.actual) == 0)
                        .max()
                        .unwrap_or(1),
                });
            }
        }
    }
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn to_f64(count: usize) -> f64 {
    count as f64
}

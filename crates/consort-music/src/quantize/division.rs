//! The ways to divide a stretch of cells, and what each costs.

use crate::score::Tuplet;

use super::grid::Grid;
use super::ground::Block;

/// A way to divide one, two or four cells.
#[derive(Clone, Debug)]
pub(super) struct Division {
    /// How many cells it takes.
    pub(super) cells: usize,
    /// What kind of notes it makes.
    pub(super) kind: Kind,
    /// What it costs to choose it.
    pub(super) fee: f64,
    /// The tuplet of the points that are not plain.
    pub(super) tuplet: Option<Tuplet>,
    /// Where notes may begin, in order from the first to the end, which is the next one's first.
    pub(super) points: Vec<Point>,
}

/// The kinds of divisions between which a player does not change at every beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Halves of halves.
    Plain,
    /// Triplets.
    Triplet,
    /// Other tuplets.
    Other,
}

impl Kind {
    /// All kinds.
    pub(super) const ALL: [Kind; 3] = [Kind::Plain, Kind::Triplet, Kind::Other];
}

/// A place of a division where notes may begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// How far from the start, as a fraction of the division.
    pub(super) numerator: i64,
    /// What the numerator counts.
    pub(super) denominator: i64,
    /// How far from the start, in cells.
    pub(super) at: f64,
    /// What it costs to begin a note there.
    pub(super) cost: f64,
}

/// What a kind costs after another: most changes lead into a tuplet.
pub(super) fn change(from: Kind, to: Kind) -> f64 {
    match (from, to) {
        (Kind::Plain, Kind::Plain) => 0.0,
        (_, Kind::Plain) => 0.7,
        (Kind::Triplet, Kind::Triplet) => 0.5,
        (_, Kind::Triplet) => 3.5,
        (Kind::Other, Kind::Other) => 1.5,
        (_, Kind::Other) => 6.0,
    }
}

/// All divisions of the cells of `block` that `grid` allows.
pub(super) fn divisions(grid: Grid, block: &Block) -> Vec<Division> {
    let mut all = Vec::new();
    let finest = i64::from(grid.denominator());
    let unit = i64::from(block.unit);
    // How many of the shortest values a cell holds, and so on for longer stretches.
    let per_cell = (finest / unit).max(1);
    let mut parts = 1;
    while parts <= per_cell {
        all.push(plain(parts));
        parts *= 2;
    }
    let spans: &[usize] = match (block.pairs, unit) {
        (true, 8..) => &[1, 2, 4],
        (true, _) => &[2],
        (false, _) => &[1],
    };
    for &cells in spans {
        let span = i64::try_from(cells).unwrap_or(1);
        // The values that the stretch holds at most.
        let values = span * per_cell;
        for tuplet in grid.tuplets() {
            let (actual, normal) = (i64::from(tuplet.actual), i64::from(tuplet.normal));
            let mut times = 1;
            while normal * times <= values && times <= 4 {
                all.push(division(cells, tuplet, &[actual * times]));
                times *= 2;
            }
            // Triplets against eighths or sixteenths, as in music for two hands.
            if actual == 3 && cells == 2 {
                [2, 4]
                    .into_iter()
                    .filter(|&parts| parts <= values)
                    .for_each(|parts| {
                        all.push(division(cells, tuplet, &[actual, parts]));
                    });
            }
        }
    }
    all
}

/// A cell in so many equal parts, a power of two.
fn plain(parts: i64) -> Division {
    let points = (0..=parts).map(|numerator| {
        let level = match numerator % parts {
            0 => 0,
            inner => parts.ilog2() - inner.trailing_zeros(),
        };
        Point {
            numerator,
            denominator: parts,
            at: fraction(numerator, parts),
            cost: [0.0, 1.2, 6.0, 8.0][level.min(3) as usize],
        }
    });
    Division {
        cells: 1,
        kind: Kind::Plain,
        fee: 0.1 * f64::from(parts.ilog2()),
        tuplet: None,
        points: points.collect(),
    }
}

/// Some cells under a tuplet, divided in each of these ways at once.
fn division(cells: usize, tuplet: Tuplet, ways: &[i64]) -> Division {
    let mut points: Vec<Point> = Vec::new();
    for (place, &parts) in ways.iter().enumerate() {
        for numerator in 0..=parts {
            let at = fraction(numerator, parts);
            let inner = numerator % parts != 0;
            // The notes of the tuplet itself are what it was chosen for.
            let own = place == 0 && numerator * i64::from(tuplet.actual) % parts == 0;
            let cost = match (inner, own) {
                (false, _) => 0.0,
                (true, true) => 0.2,
                (true, false) => 1.2,
            };
            if points.iter().all(|point| (point.at - at).abs() > 1e-9) {
                points.push(Point {
                    numerator,
                    denominator: parts,
                    at,
                    cost,
                });
            }
        }
    }
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    let scale = fraction(i64::try_from(cells).unwrap_or(1), 1);
    points.iter_mut().for_each(|point| point.at *= scale);
    let first = ways.first().copied().unwrap_or(1);
    let subdivided = first > i64::from(tuplet.actual);
    Division {
        cells,
        kind: match tuplet.actual {
            3 => Kind::Triplet,
            _ => Kind::Other,
        },
        fee: [0.7, 0.0, 1.5][cells.ilog2().min(2) as usize]
            + if subdivided { 2.0 } else { 0.0 }
            + if ways.len() > 1 { 1.5 } else { 0.0 },
        tuplet: Some(tuplet),
        points,
    }
}

fn fraction(numerator: i64, denominator: i64) -> f64 {
    // Both are small.
    numerator as f64 / denominator as f64
}

//! Pattern histograms of the article: which drums sound how long after each other, performance by
//! performance.

use consort_corpus::Fold;
use consort_learn::Observer;
use consort_music::grid::{Drum, DrumGrid};
use consort_music::statistics::PatternHistogram;
use rayon::prelude::*;

use super::alone::{BARS, above, pieces};
use super::{Item, Study};
use crate::error::Error;
use crate::families::drums::config::Decision;
use crate::families::drums::encoding::{Grid, Groove};
use crate::families::protocol::tell;
use crate::report::{Figure, Table};

/// The drums whose strokes things follow.
const FIRST: [Drum; 2] = [Drum::Kick, Drum::Snare];

pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    tell(observe, "set", 0, 2)?;
    let grids = |items: Vec<Item<'_>>| -> Vec<DrumGrid> {
        items
            .iter()
            .map(|item| on_thirty_seconds(item.groove))
            .collect()
    };
    let beats = |fold| grids(study.items(fold, |performance| !performance.is_fill));
    let learnt = of_all(&grids(study.items(Fold::Train, |_| true)));
    let drummers: Vec<DrumGrid> = beats(Fold::Test).into_iter().filter(is_long).collect();
    let beginnings: Vec<DrumGrid> = drummers
        .iter()
        .map(|grid| cut(grid, 0, BARS * 32))
        .collect();
    let knows = study.network.has_expression();
    let played = pieces(study, Decision::DEFAULT, knows);
    let played: Vec<DrumGrid> = played.iter().map(on_thirty_seconds).collect();
    let likeliest = pieces(study, above(0.5, if knows { 2 } else { 0 }), false);
    let likeliest: Vec<DrumGrid> = likeliest.iter().map(on_thirty_seconds).collect();
    let mut table = Table::new(
        "Pattern histograms, performance by performance",
        &[
            "",
            "pieces",
            "two halves: after a kick",
            "snare",
            "from what was learnt: kick",
            "snare",
        ],
    );
    for (name, grids) in [
        ("drummers, test files of 16 bars or more", &drummers),
        ("drummers, the first 16 bars of these", &beginnings),
        ("the network, as it plays if nothing is said", &played),
        ("the network, threshold .5", &likeliest),
    ] {
        let mut figures = vec![Figure::Quoted(grids.len().to_string())];
        for of in [halves, from] {
            for first in FIRST {
                let distances: Vec<f64> = grids
                    .par_iter()
                    .filter_map(|grid| of(grid, &learnt, first))
                    .collect();
                figures.push(if distances.is_empty() {
                    Figure::Absent(())
                } else {
                    #[expect(clippy::cast_precision_loss, reason = "pieces")]
                    let mean = distances.iter().sum::<f64>() / distances.len() as f64;
                    Figure::measured(mean, 3)
                });
            }
        }
        table.row(name, figures);
    }
    table.notes.push(format!(
        "Shares of drums and lags of 1 to 128 thirty-seconds after each stroke of the kick or snare, as the \
         sum of absolute differences (0 to 2): between the first and the second half of a piece, and between \
         a piece and the whole training fold; means over pieces. Pieces of the network have {BARS} bars. \
         Pooled histograms cannot tell a sampler without memory from people, so nearer is not better: what \
         counts is to be as far as people are."
    ));
    tell(observe, "set", 2, 2)?;
    Ok(vec![table])
}

fn is_long(grid: &DrumGrid) -> bool {
    grid.steps() > (BARS - 1) * 32
}

fn halves(grid: &DrumGrid, _: &PatternHistogram, first: Drum) -> Option<f64> {
    let middle = grid.steps() / 2;
    let half = |from: usize, to: usize| PatternHistogram::of(&cut(grid, from, to));
    half(0, middle).distance(&half(middle, grid.steps()), first)
}

/// The steps of a grid from one to before another, as far as there are such.
fn cut(grid: &DrumGrid, from: usize, to: usize) -> DrumGrid {
    let to = to.min(grid.steps());
    let mut part = DrumGrid::new(to - from);
    for step in from..to {
        for drum in Drum::ALL {
            part.set(step - from, drum, grid.hit(step, drum));
        }
    }
    part
}

fn from(grid: &DrumGrid, learnt: &PatternHistogram, first: Drum) -> Option<f64> {
    PatternHistogram::of(grid).distance(learnt, first)
}

fn of_all(grids: &[DrumGrid]) -> PatternHistogram {
    let mut all = PatternHistogram::default();
    grids
        .iter()
        .for_each(|grid| all += &PatternHistogram::of(grid));
    all
}

/// The strokes on the nearest thirty-seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "steps of a piece"
)]
fn on_thirty_seconds(groove: &Groove) -> DrumGrid {
    let finer = Grid::ThirtySeconds.per_quarter() / groove.grid.per_quarter();
    let mut grid = DrumGrid::new(groove.frames.len() * finer);
    for (step, frame) in groove.frames.iter().enumerate() {
        for hits in [frame.seconds, frame.strokes] {
            for (drum, hit) in Drum::ALL.into_iter().zip(hits) {
                let Some(hit) = hit else { continue };
                let at = ((step as f32 + hit.offset) * finer as f32 + 0.5)
                    .floor()
                    .max(0.0);
                let at = (at as usize).min(grid.steps() - 1);
                grid.set(at, drum, Some(hit));
            }
        }
    }
    grid
}

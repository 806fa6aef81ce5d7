//! How the drummers of the Groove MIDI Dataset play, against figures computed by another program.
//!
//! The figures are those from which this project set out. Their program rounded the half of a step to
//! the even one, where grids here round up; that moves some of them by a thousandth.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};

use consort_music::grid::{Drum, DrumGrid};
use consort_music::midi;
use consort_music::statistics::groove::bars;
use consort_music::statistics::{Behaviour, PatternHistogram};

/// A performance of the official split.
struct Take {
    /// Whether it is one of the ten grooves that four drummers were asked to play.
    evaluation: bool,
    file: PathBuf,
}

/// The performances of a fold that `wanted` picks by the fields of their line, or nothing, said
/// aloud, without the data.
fn takes(fold: &str, wanted: impl Fn(&[&str]) -> bool) -> Option<Vec<Take>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/groove-drums");
    let Ok(table) = fs::read_to_string(folder.join("info.csv")) else {
        eprintln!("skipped: no data at {}", folder.display());
        return None;
    };
    let mut lines = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|&column| column == name).unwrap();
    let (split, file, session) = (column("split"), column("midi_filename"), column("session"));
    let of_fold = lines.filter(|fields| fields[split] == fold && wanted(fields));
    let takes = of_fold.map(|fields| Take {
        evaluation: fields[session].ends_with("eval_session"),
        file: folder.join(fields[file]),
    });
    Some(takes.collect())
}

fn grid(file: &Path, steps_per_quarter: i64) -> DrumGrid {
    let score = midi::read(&fs::read(file).unwrap()).unwrap().value;
    let quarter = score.resolution.quarter();
    assert_eq!(quarter.0 % steps_per_quarter, 0);
    DrumGrid::of(&score, quarter / steps_per_quarter).unwrap().0
}

/// The steps up to the last stroke.
fn played(grid: &DrumGrid) -> usize {
    let struck = |&step: &usize| grid.frame(step).iter().any(Option::is_some);
    (0..grid.steps()).rfind(struck).map_or(0, |last| last + 1)
}

/// The steps `from..to` of a grid.
fn cut(grid: &DrumGrid, from: usize, to: usize) -> DrumGrid {
    let mut part = DrumGrid::new(to - from);
    for step in from..to {
        for drum in Drum::ALL {
            part.set(step - from, drum, grid.hit(step, drum));
        }
    }
    part
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The value below which `share` of the values lie, between two of them in proportion.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() - 1) as f64 * share;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

/// A row of the table: the mean, and the tenth and the ninetieth percentile where they are known; then
/// within what they hold.
type Row = (f64, Option<(f64, f64)>, f64);

/// All performances of 16 bars or more, 64 of them, in the order of [`Behaviour::measures`].
const ALL: [Row; 9] = [
    (0.119, Some((0.0, 0.53)), 0.01),
    (0.672, Some((0.43, 0.96)), 0.01),
    (0.774, Some((0.48, 0.99)), 0.01),
    (0.187, None, 0.0),
    (0.087, None, 0.0),
    (0.218, None, 0.0),
    (0.098, None, 0.0),
    (18.2, Some((12.9, 24.9)), 0.06),
    (10.8, Some((3.0, 16.0)), 0.06),
];

/// Those without the ten grooves that four drummers were asked to play, 24 of them.
const OF_THEIR_OWN: [Row; 9] = [
    (0.043, Some((0.0, 0.15)), 0.01),
    (0.534, Some((0.41, 0.75)), 0.01),
    (0.564, Some((0.33, 0.72)), 0.01),
    (0.373, None, 0.0),
    (0.174, None, 0.0),
    (0.415, None, 0.0),
    (0.198, None, 0.0),
    (19.6, Some((13.0, 25.2)), 0.06),
    (14.3, Some((12.3, 16.0)), 0.06),
];

#[test]
fn drummers_behave_as_measured() {
    let Some(takes) = takes("test", |_| true) else {
        return;
    };
    let measured: Vec<(bool, Behaviour)> = takes
        .iter()
        .map(|take| (take, grid(&take.file, 4)))
        .filter(|(_, grid)| played(grid) > 15 * 16)
        .map(|(take, grid)| (take.evaluation, Behaviour::of(&grid, 16)))
        .collect();
    let own = measured.iter().filter(|(evaluation, _)| !evaluation);
    let own: Vec<Behaviour> = own.map(|(_, behaviour)| *behaviour).collect();
    let all: Vec<Behaviour> = measured.iter().map(|(_, behaviour)| *behaviour).collect();
    assert_eq!((all.len(), own.len()), (64, 24));
    for (behaviours, rows) in [(all, ALL), (own, OF_THEIR_OWN)] {
        for (index, (expected, range, slack)) in rows.into_iter().enumerate() {
            let name = behaviours[0].measures()[index].0;
            let values = behaviours
                .iter()
                .map(|behaviour| behaviour.measures()[index].1);
            let values: Vec<f64> = values.map(Option::unwrap).collect();
            let (low, high) = (quantile(&values, 0.1), quantile(&values, 0.9));
            println!("{name}: {:.3} [{low:.3}, {high:.3}]", mean(&values));
            let near = |a: f64, b: f64, within: f64| (a - b).abs() < within;
            assert!(near(mean(&values), expected, slack.max(0.0016)), "{name}");
            if let Some(range) = range {
                assert!(
                    near(low, range.0, slack) && near(high, range.1, slack),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn patterns_of_drummers_differ_as_measured() {
    let in_four = |fields: &[&str]| fields.contains(&"4-4") && fields.contains(&"beat");
    let (Some(test), Some(train)) = (takes("test", |_| true), takes("train", in_four)) else {
        return;
    };
    let mut pool = PatternHistogram::default();
    for take in &train {
        pool += &PatternHistogram::of(&grid(&take.file, 8));
    }
    let long: Vec<DrumGrid> = test
        .iter()
        .map(|take| grid(&take.file, 8))
        .map(|grid| cut(&grid, 0, played(&grid)))
        .filter(|grid| grid.steps() > 15 * 32)
        .collect();
    assert!(bars(&long[0], 32).len() >= 16 && long.len() == 64);
    for (drum, within, from_all) in [(Drum::Kick, 0.397, 0.895), (Drum::Snare, 0.391, 0.908)] {
        let mut halves = Vec::new();
        let mut distances = Vec::new();
        for grid in &long {
            let half = grid.steps() / 2;
            let [first, second] = [(0, half), (half, grid.steps())]
                .map(|(from, to)| PatternHistogram::of(&cut(grid, from, to)));
            halves.push(first.distance(&second, drum).unwrap());
            distances.push(PatternHistogram::of(grid).distance(&pool, drum).unwrap());
        }
        println!("{drum:?}: {:.4}, {:.4}", mean(&halves), mean(&distances));
        assert!((mean(&halves) - within).abs() < 0.0016);
        assert!((mean(&distances) - from_all).abs() < 0.0016);
    }
}

//! Boosted trees on the same data, as `evaluations/drums/boosted_trees.py` measured them: what a network must
//! be better than.

use serde_json::Value;

use crate::families::drums::encoding::Grid;
use crate::report::Figure;

/// The findings of the script.
const FINDINGS: &str = include_str!("../../../../../../evaluations/drums/boosted_trees.json");

/// What the trees were fitted on, as the counts are.
const FITTED: &str = "fitted on beats in 4/4";

/// The models of steps: their rows, and the script's names.
const STEPS: [(&str, &str); 2] = [
    (
        "boosted trees: last 32 steps and place",
        "last 32 steps and place",
    ),
    (
        "boosted trees: and the running mean",
        "last 32 steps and place and running mean",
    ),
];

/// The models of how strokes are played.
const MANNER: [(&str, &str); 2] = [
    (
        "boosted trees, from the steps before",
        "from the steps before",
    ),
    (
        "boosted trees, told the other strokes of the step too",
        "told the other strokes of the step too",
    ),
];

/// Rows for what comes next in a set of performances: cross-entropies of nine and of six drums, and F1.
pub(super) fn steps(grid: Grid, set: &str) -> Vec<(&'static str, [Figure; 3])> {
    let findings = findings();
    let grid = match grid {
        Grid::Sixteenths => "sixteenths",
        Grid::ThirtySeconds => "thirty-seconds",
    };
    let rows = STEPS.iter().filter_map(|(row, model)| {
        let found = &findings[grid]["boosted"][format!("{model}; {FITTED}")]["sets"][scripts(set)];
        let figure = |name: &str| Some(quoted(found[name].as_f64()?, 4));
        Some((*row, [figure("nats_9")?, figure("nats_6")?, figure("f1")?]))
    });
    rows.collect()
}

/// Rows for how strokes are played on sixteenths: velocity and ms, set by set.
pub(super) fn manner(grid: Grid, sets: &[&str]) -> Vec<(&'static str, Vec<Figure>)> {
    if grid != Grid::Sixteenths {
        return Vec::new();
    }
    let findings = findings();
    let rows = MANNER.iter().map(|(row, model)| {
        let found = &findings["manner"]["boosted"][format!("{model}; {FITTED}")]["sets"];
        let figures = sets.iter().flat_map(|set| {
            let found = &found[scripts(set)];
            ["velocity_mae", "offset_mae_ms"].map(|name| match found[name].as_f64() {
                Some(value) => quoted(value, 2),
                None => Figure::Absent(()),
            })
        });
        (*row, figures.collect())
    });
    rows.collect()
}

fn findings() -> Value {
    serde_json::from_str(FINDINGS).expect("the script writes JSON")
}

/// The script's name of a set of performances.
fn scripts(set: &str) -> String {
    set.replace('`', "").replace("valid,", "validation,")
}

fn quoted(value: f64, digits: usize) -> Figure {
    Figure::Quoted(format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_its_trees() {
        for set in super::super::foretold::SETS.iter().map(|set| set.name) {
            assert_eq!(steps(Grid::Sixteenths, set).len(), 2, "{set}");
        }
        let sets: Vec<&str> = vec!["test, all files", "test, `eval_session`"];
        let rows = manner(Grid::Sixteenths, &sets);
        let known = |figures: &[Figure]| figures.iter().all(|figure| *figure != Figure::Absent(()));
        assert!(
            rows.iter()
                .all(|(_, figures)| figures.len() == 4 && known(figures))
        );
    }
}

//! Boosted trees on the same data, as `evaluations/dynamics/boosted_trees.py` measured them: what a network
//! must be better than.

use serde_json::Value;

use crate::report::Figure;

/// The findings of the script.
const FINDINGS: &str = include_str!("../../../../../../evaluations/dynamics/boosted_trees.json");

/// The rows of the table, and the script's names.
const ROWS: [(&str, &str); 3] = [
    ("boosted trees, grid", "grid"),
    ("boosted trees, performed timing", "performed"),
    (
        "boosted trees, performed timing and beats",
        "performed-and-beats",
    ),
];

/// Rows for a set of performances: MAE, RMSE, r, r by piece, the spread and the human one.
pub(super) fn rows(set: &str) -> Vec<(&'static str, Vec<Figure>)> {
    let Some(set) = set.strip_prefix("classical, ") else {
        return Vec::new();
    };
    let findings: Value = serde_json::from_str(FINDINGS).expect("the script writes JSON");
    let rows = ROWS.iter().filter_map(|(row, model)| {
        let found = &findings["boosted"][model]["sets"][set];
        let figure = |name: &str, digits: usize| {
            Some(Figure::Quoted(format!(
                "{:.digits$}",
                found[name].as_f64()?
            )))
        };
        let figures = [
            figure("mae", 2)?,
            figure("rmse", 2)?,
            figure("r", 3)?,
            figure("r_by_piece", 3)?,
            figure("spread", 1)?,
            figure("spread_human", 1)?,
        ];
        Some((*row, figures.into()))
    });
    rows.collect()
}

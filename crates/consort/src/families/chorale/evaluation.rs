//! How good the networks and samplers are: the protocols of the article and of the literature, ours,
//! and the measures of voice leading beside Bach's own.
//!
//! Each part of the protocol is a table, and each table says what its figures mean.

use consort_corpus::chorales::{self, Chorale as Piece};
use consort_corpus::{DataFolder, Fold};
use consort_learn::{Observer, Seed};

use super::encoding::{Grid, Window};
use super::network::Network;
use super::window_of;
use crate::error::Error;
use crate::families::EvaluationRequest;
use crate::families::protocol::{require_known, tell};
use crate::report::{Report, Table};

mod article;
mod framewise;
mod likelihood;
mod music;
mod samplers;

/// The folds that are reported, with their names.
const FOLDS: [(Fold, &str); 2] = [(Fold::Valid, "valid"), (Fold::Test, "test")];

/// A part of the protocol.
struct Part {
    name: &'static str,
    run: fn(&Study<'_>, &mut Observer<'_>) -> Result<Vec<Table>, Error>,
}

/// The parts, the quickest first.
const PARTS: [Part; 6] = [
    Part {
        name: "masks",
        run: likelihood::masks,
    },
    Part {
        name: "notes",
        run: likelihood::notes,
    },
    Part {
        name: "article",
        run: article::tables,
    },
    Part {
        name: "music",
        run: music::tables,
    },
    Part {
        name: "samplers",
        run: samplers::tables,
    },
    Part {
        name: "frames",
        run: framewise::tables,
    },
];

/// What is studied, and on what.
struct Study<'a> {
    network: &'a Network,
    data: &'a DataFolder,
    seed: Seed,
    share: f64,
}

/// Runs the parts that are asked for.
pub(super) fn evaluate(
    network: &Network,
    request: &EvaluationRequest<'_>,
    observe: &mut Observer<'_>,
) -> Result<Report, Error> {
    let study = Study {
        network,
        data: request.data,
        seed: request.seed,
        share: request.share,
    };
    require_known(request.parts, &PARTS.map(|part| part.name))?;
    let mut report = Report {
        title: "Evaluation of chorale".to_owned(),
        ..Report::default()
    };
    for part in PARTS {
        if request.parts.is_empty() || request.parts.iter().any(|name| name == part.name) {
            report.tables.extend((part.run)(&study, observe)?);
        }
    }
    Ok(report)
}

impl Study<'_> {
    /// The pieces of a fold, or the first of them if only a share is asked for.
    fn pieces(&self, fold: Fold) -> Result<Vec<Piece>, Error> {
        let mut pieces = chorales::jsb(self.data, fold)?.chorales;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of some dozens"
        )]
        let kept = (pieces.len() as f64 * self.share).ceil() as usize;
        pieces.truncate(kept.max(1));
        Ok(pieces)
    }

    /// The same as windows on a grid, all known.
    fn windows(&self, fold: Fold, grid: Grid) -> Result<Vec<Window>, Error> {
        let pieces = self.pieces(fold)?;
        Ok(pieces
            .iter()
            .map(|piece| window_of(piece).coarser(grid))
            .collect())
    }
}

/// A mean and its standard error, as if the numbers were independent.
fn mean_and_error(numbers: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "numbers of measurements")]
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, (squares / (count - 1.0).max(1.0) / count).sqrt())
}

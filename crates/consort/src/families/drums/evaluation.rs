//! How good the networks are: what drummers play next, how they play it, and what the networks play alone.
//!
//! Each part of the protocol is a table or several, and each table says what its figures mean.

use std::sync::OnceLock;

use consort_corpus::Fold;
use consort_corpus::groove::{Corpus, Performance};
use consort_learn::{Header, Observer, Seed};
use consort_music::Metre;
use rayon::prelude::*;

use super::encoding::{Grid, Groove};
use super::network::Network;
use super::{corpus, groove_of};
use crate::error::Error;
use crate::families::EvaluationRequest;
use crate::families::protocol::require_known;
use crate::report::{Report, Table};

mod alone;
mod asked;
mod counts;
mod expression;
mod foretold;
mod histograms;
mod trees;

/// A part of the protocol.
struct Part {
    name: &'static str,
    run: fn(&Study<'_>, &mut Observer<'_>) -> Result<Vec<Table>, Error>,
}

/// The parts, the quickest first.
const PARTS: [Part; 5] = [
    Part {
        name: "steps",
        run: foretold::tables,
    },
    Part {
        name: "expression",
        run: expression::tables,
    },
    Part {
        name: "alone",
        run: alone::tables,
    },
    Part {
        name: "asked",
        run: asked::tables,
    },
    Part {
        name: "histograms",
        run: histograms::tables,
    },
];

/// What is studied, and on what.
struct Study<'a> {
    network: &'a Network,
    corpus: Corpus,
    seed: Seed,
    share: f64,
    /// The performances on the grid of the network, in the order of the corpus.
    grooves: OnceLock<Vec<Groove>>,
}

/// Runs the parts that are asked for.
pub(super) fn evaluate(
    _: &Header,
    network: &Network,
    request: &EvaluationRequest<'_>,
    observe: &mut Observer<'_>,
) -> Result<Report, Error> {
    require_known(request.parts, &PARTS.map(|part| part.name))?;
    let study = Study {
        network,
        corpus: corpus(request.data)?,
        seed: request.seed,
        share: request.share,
        grooves: OnceLock::new(),
    };
    let mut report = Report {
        title: "Evaluation of drums".to_owned(),
        ..Report::default()
    };
    for part in PARTS {
        if request.parts.is_empty() || request.parts.iter().any(|name| name == part.name) {
            report.tables.extend((part.run)(&study, observe)?);
        }
    }
    Ok(report)
}

/// A performance as it was published and on the grid.
#[derive(Clone, Copy)]
struct Item<'a> {
    performance: &'a Performance,
    groove: &'a Groove,
}

impl Study<'_> {
    /// All performances on the network's grid.
    fn grooves(&self) -> &[Groove] {
        self.grooves
            .get_or_init(|| self.on_grid(self.network.grid()))
    }

    /// All performances on a grid. Those that are too long for any are as if they were empty.
    fn on_grid(&self, grid: Grid) -> Vec<Groove> {
        let performances = self.corpus.performances.par_iter();
        performances
            .map(|performance| {
                groove_of(performance, grid).unwrap_or(Groove {
                    frames: Vec::new(),
                    grid,
                    metre: performance.metre,
                    tempo: performance.tempo,
                    style: None,
                    is_fill: performance.is_fill,
                })
            })
            .collect()
    }

    /// The performances of a fold of which `wanted` is true; only the first of them if a share is asked
    /// for, but for those that are learnt from.
    fn items(&self, fold: Fold, wanted: impl Fn(&Performance) -> bool) -> Vec<Item<'_>> {
        let all = self.corpus.performances.iter().zip(self.grooves());
        let mut items: Vec<Item<'_>> = all
            .map(|(performance, groove)| Item {
                performance,
                groove,
            })
            .filter(|item| item.performance.fold == fold && wanted(item.performance))
            .collect();
        if fold != Fold::Train {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of some hundreds"
            )]
            let kept = (items.len() as f64 * self.share).ceil() as usize;
            items.truncate(kept.max(1));
        }
        items
    }
}

/// Whether it is a beat in 4/4.
fn is_common_beat(performance: &Performance) -> bool {
    !performance.is_fill && performance.metre == Metre::COMMON
}

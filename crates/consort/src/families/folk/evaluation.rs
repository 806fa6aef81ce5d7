//! How good the networks are: held-out tunes, foretold character by character, and what they write.
//!
//! Each part of the protocol is a table, and each table says what its figures mean.

use consort_corpus::Fold;
use consort_corpus::folk::SAME_BARS;
use consort_learn::{Header, Observer, Seed};
use consort_music::novelty::Index;

use super::encoding::character_of;
use super::network::Network;
use super::texts::{Text, Texts};
use crate::error::Error;
use crate::families::EvaluationRequest;
use crate::families::protocol::{require_known, tell};
use crate::report::{Report, Table};

mod likelihood;
mod ngram;
mod profile;
mod tunes;

/// A part of the protocol.
struct Part {
    name: &'static str,
    run: fn(&Study<'_>, &mut Observer<'_>) -> Result<Vec<Table>, Error>,
}

/// The parts, the quickest first.
const PARTS: [Part; 2] = [
    Part {
        name: "characters",
        run: likelihood::tables,
    },
    Part {
        name: "tunes",
        run: tunes::tables,
    },
];

/// What is studied, and on what.
struct Study<'a> {
    network: &'a Network,
    texts: Texts,
    /// The bars of the tunes that were learnt.
    learnt: Index,
    seed: Seed,
    share: f64,
}

/// Runs the parts that are asked for, on the corpus that the weights learnt from.
pub(super) fn evaluate(
    weights: &Header,
    network: &Network,
    request: &EvaluationRequest<'_>,
    observe: &mut Observer<'_>,
) -> Result<Report, Error> {
    require_known(request.parts, &PARTS.map(|part| part.name))?;
    let texts = Texts::behind(weights, request.data)?;
    let learnt = texts.of_fold(Fold::Train).map(|tune| tune.bars.clone());
    let study = Study {
        network,
        learnt: Index::new(learnt),
        texts,
        seed: request.seed,
        share: request.share,
    };
    let mut report = Report {
        title: "Evaluation of folk".to_owned(),
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
    /// The texts of the tunes of a fold, each in the version of its own key with this number, or the
    /// first of them if only a share is asked for.
    fn texts(&self, fold: Fold, version: usize) -> Vec<String> {
        self.texts_of(fold, version, |_| true)
    }

    /// The same of those whose melody has no version among those that were learnt.
    fn new_texts(&self, fold: Fold, version: usize) -> Vec<String> {
        let run = |tune: &Text| self.learnt.longest_run(&tune.bars, |_| true);
        self.texts_of(fold, version, |tune| {
            run(tune).is_none_or(|run| run.bars < SAME_BARS)
        })
    }

    fn texts_of(&self, fold: Fold, version: usize, wanted: impl Fn(&Text) -> bool) -> Vec<String> {
        let tunes = self.texts.of_fold(fold).filter(|tune| wanted(tune));
        let symbols = tunes.filter_map(|tune| tune.versions.own.get(version));
        let text = |symbols: &Vec<u8>| symbols.iter().map(|&symbol| character_of(symbol)).collect();
        let mut texts: Vec<String> = symbols.map(text).collect();
        if fold != Fold::Train {
            texts.truncate(self.share_of(texts.len()));
        }
        texts
    }

    /// A share of so many, at least one.
    fn share_of(&self, all: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of some hundreds"
        )]
        let kept = (all as f64 * self.share).ceil() as usize;
        kept.max(1)
    }
}

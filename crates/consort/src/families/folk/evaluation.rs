//! How good the networks are: held-out tunes, foretold character by character.
//!
//! Each part of the protocol is a table, and each table says what its figures mean.

use consort_corpus::Fold;
use consort_corpus::folk::Corpus;
use consort_learn::{Header, Observer, Progress};

use super::network::Network;
use crate::error::Error;
use crate::families::EvaluationRequest;
use crate::report::{Report, Table};

mod likelihood;

/// A part of the protocol.
struct Part {
    name: &'static str,
    run: fn(&Study<'_>, &mut Observer<'_>) -> Result<Vec<Table>, Error>,
}

/// The parts, the quickest first.
const PARTS: [Part; 1] = [Part {
    name: "characters",
    run: likelihood::tables,
}];

/// What is studied, and on what.
struct Study<'a> {
    network: &'a Network,
    corpus: Corpus,
    share: f64,
}

/// Runs the parts that are asked for, on the corpus that the weights learnt from.
pub(super) fn evaluate(
    weights: &Header,
    network: &Network,
    request: &EvaluationRequest<'_>,
    observe: &mut Observer<'_>,
) -> Result<Report, Error> {
    let unknown = request
        .parts
        .iter()
        .find(|name| PARTS.iter().all(|part| part.name != **name));
    if let Some(name) = unknown {
        let known = PARTS.map(|part| part.name).join(", ");
        return Err(Error::Unknown {
            kind: "part",
            name: name.clone(),
            known,
        });
    }
    let study = Study {
        network,
        corpus: super::corpus_of(weights, request.data)?,
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
    /// The name of the corpus.
    fn corpus_name(&self) -> &str {
        self.corpus.stamp.name
    }

    /// The texts of the tunes of `folds`.
    fn texts(&self, folds: &[Fold]) -> Vec<String> {
        let tunes = self.corpus.tunes.iter();
        let of_folds = tunes.filter(|tune| folds.contains(&tune.fold));
        of_folds.map(|tune| tune.text.clone()).collect()
    }

    /// All of them, or the first if only a share is asked for.
    fn share_of(&self, mut texts: Vec<String>) -> Vec<String> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of some hundreds"
        )]
        let kept = (texts.len() as f64 * self.share).ceil() as usize;
        texts.truncate(kept.max(1));
        texts
    }
}

/// Tells `observe` that `done` of `total` `unit`s are done.
fn tell(
    observe: &mut Observer<'_>,
    unit: &'static str,
    done: usize,
    total: usize,
) -> Result<(), Error> {
    let progress = Progress {
        unit,
        done: done as u64,
        total: total as u64,
        measure: None,
        held_out: false,
    };
    if observe(progress).is_break() {
        Err(Error::Stopped)
    } else {
        Ok(())
    }
}

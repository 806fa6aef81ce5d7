//! How good the networks are: how near what they expect is to what follows, and what a minute of what they play is like.

use consort_corpus::sound::{self, Corpus, Stretch};
use consort_corpus::{CorpusError, Fold};
use consort_learn::{Header, Observer, Seed};

use super::network::Network;
use crate::error::Error;
use crate::families::EvaluationRequest;
use crate::families::protocol::require_known;
use crate::report::{Report, Table};

mod continued;
mod expected;
mod quarter;

/// A part of the protocol.
struct Part {
    name: &'static str,
    run: fn(&Study<'_>, &mut Observer<'_>) -> Result<Vec<Table>, Error>,
}

const PARTS: [Part; 3] = [
    Part {
        name: "expected",
        run: expected::tables,
    },
    Part {
        name: "quarter",
        run: quarter::tables,
    },
    Part {
        name: "continued",
        run: continued::tables,
    },
];

/// What is studied, and on what.
struct Study<'a> {
    network: &'a Network,
    corpus: Corpus,
    seed: Seed,
    share: f64,
}

/// Runs the parts that are asked for.
pub(super) fn evaluate(
    _: &Header,
    network: &Network,
    request: &EvaluationRequest<'_>,
    observe: &mut Observer<'_>,
) -> Result<Report, Error> {
    require_known(request.parts, &PARTS.map(|part| part.name))?;
    let corpus = sound::folder(request.data)?;
    if corpus.of(Fold::Test).next().is_none() {
        return Err(Error::Corpus(CorpusError::Nothing {
            path: request.data.root().to_owned(),
            what: "recordings to test on",
        }));
    }
    let study = Study {
        network,
        corpus,
        seed: request.seed,
        share: request.share,
    };
    let mut report = Report {
        title: "Evaluation of spectral".to_owned(),
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
    /// What is tested on.
    fn test(&self) -> Vec<&Stretch> {
        let mut test: Vec<&Stretch> = self.corpus.of(Fold::Test).collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of some recordings"
        )]
        let kept = (test.len() as f64 * self.share).ceil() as usize;
        test.truncate(kept.max(1));
        test
    }
}

fn mean(numbers: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let count = numbers.len().max(1) as f64;
    numbers.iter().sum::<f64>() / count
}

/// Squared errors, and how many there are.
#[derive(Clone, Copy, Debug, Default)]
struct SquaredError {
    sum: f64,
    count: f64,
}

impl SquaredError {
    fn add(&mut self, said: &[f32], wanted: &[f32]) {
        for (said, wanted) in said.iter().zip(wanted) {
            self.sum += f64::from(said - wanted).powi(2);
            self.count += 1.0;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

//! Everything a run needs to go on as if it had never stopped.

use std::fmt::Write;
use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::fit::{Recipe, Record};
use crate::optimizer::Moments;
use crate::parameters::Parameters;
use crate::seed::Seed;
use crate::weights::{Precision, WeightsError, read_tensors, write_tensors};

/// The version of the file.
const FORMAT: &str = "consort-checkpoint/1";

/// The state of a run between two steps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) recipe: Recipe,
    pub(crate) seed: Seed,
    pub(crate) step: u64,
    pub(crate) history: Vec<Record>,
    pub(crate) parameters: Parameters,
    pub(crate) moments: Moments,
    pub(crate) average: Parameters,
    pub(crate) best: Option<Best>,
}

/// The weights that validated best so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Best {
    /// How many records there were with it.
    pub(crate) record: usize,
    pub(crate) parameters: Parameters,
}

/// Why a checkpoint cannot be continued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It cannot be read.
    #[error("{0}")]
    Read(io::Error),
    /// It is damaged.
    #[error(transparent)]
    Damaged(#[from] WeightsError),
    /// Its description is damaged or of another version.
    #[error("its description is not understood ({0}); start a new run in another folder")]
    Description(String),
    /// It belongs to another run.
    #[error("it belongs to a run with another {0}; use the same settings or another folder")]
    OtherRun(&'static str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    format: String,
    recipe: Recipe,
    seed: Seed,
    step: u64,
    history: Vec<Record>,
    best_record: Option<usize>,
}

impl Checkpoint {
    /// The state before the first step.
    pub(crate) fn start(recipe: Recipe, seed: Seed, parameters: Parameters) -> Checkpoint {
        Checkpoint {
            recipe,
            seed,
            step: 0,
            history: Vec::new(),
            parameters,
            moments: Moments::default(),
            average: Parameters::new(),
            best: None,
        }
    }

    /// Adds a record; if it is the best so far, keeps `parameters` with it.
    pub(crate) fn record(&mut self, record: Record, parameters: impl FnOnce() -> Parameters) {
        let best = self
            .best
            .as_ref()
            .map(|best| self.history[best.record - 1].valid);
        self.history.push(record);
        if best.is_none_or(|best| record.valid < best) {
            self.best = Some(Best {
                record: self.history.len(),
                parameters: parameters(),
            });
        }
    }

    /// The records as comma-separated values.
    pub(crate) fn log(&self) -> String {
        let mut log = "step,train,valid\n".to_owned();
        for record in &self.history {
            writeln!(log, "{},{},{}", record.step, record.train, record.valid)
                .expect("a string takes any text");
        }
        log
    }

    /// The state saved in `bytes`, which must be of the same run as `self`.
    pub(crate) fn successor(&self, bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
        let (tensors, _, description) = read_tensors(bytes)?;
        let description: Description = serde_json::from_str(&description)
            .map_err(|error| CheckpointError::Description(error.to_string()))?;
        if description.format != FORMAT {
            return Err(CheckpointError::Description(format!(
                "format {:?}",
                description.format
            )));
        }
        if description.seed != self.seed {
            return Err(CheckpointError::OtherRun("seed"));
        }
        if description.recipe != self.recipe {
            return Err(CheckpointError::OtherRun("recipe"));
        }
        let part = |prefix: &str| -> Parameters {
            let named = tensors.iter().filter_map(|(name, values)| {
                Some((name.strip_prefix(prefix)?.to_owned(), values.clone()))
            });
            named.collect()
        };
        let parameters = part("network/");
        let same = |other: &Parameters| {
            other.iter().all(|(name, values)| {
                self.parameters
                    .get(name)
                    .is_some_and(|mine| mine.shape == values.shape)
            })
        };
        let moments = Moments {
            first: part("first/"),
            second: part("second/"),
        };
        let (average, best) = (part("average/"), part("best/"));
        let whole = parameters.len() == self.parameters.len()
            && [
                &parameters,
                &moments.first,
                &moments.second,
                &average,
                &best,
            ]
            .into_iter()
            .all(same)
            && description
                .best_record
                .is_none_or(|best| (1..=description.history.len()).contains(&best));
        if !whole {
            return Err(CheckpointError::OtherRun("network"));
        }
        Ok(Checkpoint {
            recipe: description.recipe,
            seed: description.seed,
            step: description.step,
            history: description.history,
            parameters,
            moments,
            average,
            best: description.best_record.map(|record| Best {
                record,
                parameters: best,
            }),
        })
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let description = Description {
            format: FORMAT.to_owned(),
            recipe: self.recipe.clone(),
            seed: self.seed,
            step: self.step,
            history: self.history.clone(),
            best_record: self.best.as_ref().map(|best| best.record),
        };
        let none = Parameters::new();
        let best = self.best.as_ref().map_or(&none, |best| &best.parameters);
        let parts = [
            ("network/", &self.parameters),
            ("first/", &self.moments.first),
            ("second/", &self.moments.second),
            ("average/", &self.average),
            ("best/", best),
        ];
        let tensors = parts.into_iter().flat_map(|(prefix, parameters)| {
            parameters
                .iter()
                .map(move |(name, values)| (format!("{prefix}{name}"), values.clone()))
        });
        let description = serde_json::to_string(&description).expect("a description is plain data");
        write_tensors(&tensors.collect(), &[], Precision::F32, description)
    }
}

//! What joins a family's parts into training and loading: written once for all of them.

use consort_learn::weights::FORMAT;
use consort_learn::{Header, Observer, Recipe, Seed, Weights, WeightsError, fit};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::families::{EvaluationRequest, Model, Trained, TrainingRequest};
use crate::report::Report;

/// A preset, read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings<A, C> {
    /// What shapes the weights.
    architecture: A,
    /// How batches are made.
    curriculum: C,
    /// How the weights are found.
    recipe: Recipe,
}

/// Trains a family as `request` says.
pub(crate) fn train<M: Model>(
    model: &M,
    request: &TrainingRequest,
    observe: &mut Observer<'_>,
) -> Result<Trained, Error> {
    let settings: Settings<M::Architecture, M::Curriculum> = settings(model, request)?;
    let architecture = json(&settings.architecture);
    let (network, steps_before, mut fingerprints) = match &request.from {
        Some(weights) => {
            let before = weights.header.clone();
            let fingerprints = weights.fingerprints.clone();
            let (_, network) = network_of(model, weights.clone())?;
            if before.architecture != architecture {
                let reason =
                    "the preset's architecture differs from that of the weights to start from";
                return Err(Error::Preset {
                    name: request.preset.clone(),
                    reason: reason.into(),
                });
            }
            (network, before.steps, fingerprints)
        }
        None => {
            let network = model.network(&settings.architecture, request.seed);
            (network, 0, Vec::new())
        }
    };
    let network = request.device.place(network)?;
    let material = model.data(&settings.architecture, &settings.curriculum, &request.data)?;
    let folder = request.run.as_deref();
    let fitted = fit(
        network,
        &material.data,
        &settings.recipe,
        request.seed,
        folder,
        observe,
    )?;
    let best = fitted
        .history
        .iter()
        .map(|record| record.valid)
        .reduce(f64::min);
    let header = Header {
        format: FORMAT.to_owned(),
        name: request.name.clone(),
        family: M::ID.to_owned(),
        encoding: M::ENCODING.to_owned(),
        architecture,
        corpora: material.corpora,
        split: material.split.to_owned(),
        seed: request.seed,
        commit: request.commit.clone(),
        steps: steps_before + fitted.steps,
        measures: best
            .map(|best| ("validation-loss".to_owned(), best))
            .into_iter()
            .collect(),
        licence: material.licence.to_owned(),
    };
    fingerprints.extend(material.fingerprints);
    let mut weights = Weights::of(&fitted.network, header);
    weights.fingerprints = fingerprints;
    Ok(Trained {
        weights,
        history: fitted.history,
        stopped: fitted.stopped,
    })
}

/// The network that `weights` hold.
pub(crate) fn network_of<M: Model>(
    model: &M,
    weights: Weights,
) -> Result<(M::Architecture, M::Network), Error> {
    let name = weights.header.name.clone();
    let read = || -> Result<_, WeightsError> {
        weights.require(M::ID, M::ENCODING)?;
        let architecture = weights.header.architecture.clone();
        let architecture: M::Architecture = serde_json::from_value(architecture)
            .map_err(|error| WeightsError::Architecture(error.to_string()))?;
        // The initial weights are all replaced, so their seed is of no consequence.
        let network = model.network(&architecture, Seed(0));
        Ok((architecture, weights.into_network(network)?))
    };
    read().map_err(|source| Error::Weights { name, source })
}

/// Says under which conditions a report was made.
pub(crate) fn add_conditions(
    report: &mut Report,
    header: &Header,
    request: &EvaluationRequest<'_>,
) {
    let mut condition = |name: &str, value: String| {
        report.conditions.insert(name.to_owned(), value);
    };
    condition(
        "weights",
        format!("{}, {} steps", header.name, header.steps),
    );
    condition("weights trained by commit", header.commit.clone());
    condition("weights trained on", corpora(header));
    condition("seed of the evaluation", request.seed.0.to_string());
    condition("share of the pieces", request.share.to_string());
    condition("device", request.device.to_string());
}

fn corpora(header: &Header) -> String {
    let named = header
        .corpora
        .iter()
        .map(|corpus| format!("{} ({})", corpus.name, &corpus.sha256));
    format!(
        "{}, split {}",
        named.collect::<Vec<_>>().join(", "),
        header.split
    )
}

fn settings<M: Model>(
    model: &M,
    request: &TrainingRequest,
) -> Result<Settings<M::Architecture, M::Curriculum>, Error> {
    let preset = |reason: String| Error::Preset {
        name: request.preset.clone(),
        reason,
    };
    let presets = model.presets();
    let found = presets.iter().find(|preset| preset.name == request.preset);
    let found = found.ok_or_else(|| Error::Unknown {
        kind: "preset",
        name: request.preset.clone(),
        known: presets
            .iter()
            .map(|preset| preset.name)
            .collect::<Vec<_>>()
            .join(", "),
    })?;
    let parse = |text: &str| toml::from_str::<toml::Table>(text).map_err(|e| preset(e.to_string()));
    let mut table = parse(found.toml)?;
    merge(&mut table, parse(&request.changes)?);
    toml::Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| preset(error.to_string()))
}

/// Puts `changes` over `table`, table by table and key by key.
fn merge(table: &mut toml::Table, changes: toml::Table) {
    for (key, change) in changes {
        match (table.get_mut(&key), change) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(change)) => merge(inner, change),
            (_, change) => drop(table.insert(key, change)),
        }
    }
}

fn json<T: Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).expect("settings are plain data with text keys")
}

//! What joins a family's parts into training and loading: written once for all of them.

use std::collections::BTreeMap;
use std::fs;

use consort_corpus::DataFolder;
use consort_learn::weights::FORMAT;
use consort_learn::{
    CorpusStamp, FitError, Header, Observer, Precision, Recipe, Seed, Weights, WeightsError,
    fit_with_snapshots,
};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::families::{EvaluationRequest, Model, Trained, TrainingRequest};
use crate::report::Report;

/// What stands for a licence that is not known.
const UNKNOWN: &str = "unknown";

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
    check_names(model, &request.data)?;
    let settings: Settings<M::Architecture, M::Curriculum> = settings(model, request)?;
    let begun = match &request.from {
        Some(weights) => Some(network_of(model, weights.clone())?),
        None => None,
    };
    let from = begun.as_ref().map(|(architecture, _)| architecture);
    let wanted = model.architecture_for(settings.architecture, &request.data, from);
    let architecture = json(&wanted);
    let before = request.from.as_ref();
    let network = match begun {
        Some((from, network)) if json(&from) == architecture => network,
        Some((_, network)) => {
            let grown = model.grown(network, &wanted, request.seed);
            grown.ok_or_else(|| Error::Preset {
                name: request.preset.clone(),
                reason: "the preset's architecture differs from that of the weights to start from"
                    .into(),
            })?
        }
        None => model.network(&wanted, request.seed),
    };
    let network = request.device.place(network)?;
    let material = model.data(&wanted, &settings.curriculum, &request.data)?;
    let folder = request.run.as_deref();
    let licensed = |licence: String| match &request.licence {
        Some(known) if licence == UNKNOWN => known.clone(),
        _ => licence,
    };
    let corpora = material.corpora.into_iter().map(|corpus| CorpusStamp {
        licence: licensed(corpus.licence),
        ..corpus
    });
    let mut header = Header {
        format: FORMAT.to_owned(),
        name: request.name.clone(),
        family: M::ID.to_owned(),
        encoding: M::ENCODING.to_owned(),
        architecture,
        corpora: corpora.collect(),
        split: material.split.to_owned(),
        seed: request.seed,
        commit: request.commit.clone(),
        steps: 0,
        measures: BTreeMap::new(),
        licence: licensed(material.licence.to_owned()),
    };
    let mut fingerprints = material.fingerprints;
    if let Some(before) = before {
        inherit(&mut header, &mut fingerprints, before);
    }
    let weights_of = |network: &M::Network, steps: u64, validated: Option<f64>| {
        let mut header = header.clone();
        header.steps += steps;
        header
            .measures
            .extend(validated.map(|loss| ("validation-loss".to_owned(), loss)));
        let mut weights = Weights::of(network, header);
        weights.fingerprints.clone_from(&fingerprints);
        weights
    };
    let mut keep = |step: u64, network: &M::Network| {
        let Some(folder) = folder else {
            return Ok(());
        };
        let path = folder.join(format!("step-{step}.safetensors"));
        let bytes = weights_of(network, step, None).to_bytes(Precision::F16);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|source| FitError::Write { path, source })
    };
    let fitted = fit_with_snapshots(
        network,
        &material.data,
        &settings.recipe,
        request.seed,
        folder,
        observe,
        &mut keep,
    )?;
    let best = fitted
        .history
        .iter()
        .map(|record| record.valid)
        .reduce(f64::min);
    Ok(Trained {
        weights: weights_of(&fitted.network, fitted.steps, best),
        history: fitted.history,
        stopped: fitted.stopped,
    })
}

/// Refuses corpora with names where a family knows nothing of such.
fn check_names<M: Model>(model: &M, data: &DataFolder) -> Result<(), Error> {
    if data.named().is_empty() || model.takes_named_corpora() {
        return Ok(());
    }
    let names: Vec<&str> = data.named().iter().map(|(name, _)| name.as_str()).collect();
    let (family, names) = (M::ID, names.join(", "));
    Err(Error::prompt(
        format!(
            "the family {family} learns from one folder, not from corpora with names ({names})"
        ),
        "give --data DIR once, without a name",
    ))
}

/// Adds to what weights say of themselves what those that they began with say: steps, and the corpora
/// that they knew with their licence and fingerprints.
fn inherit(header: &mut Header, fingerprints: &mut Vec<u32>, before: &Weights) {
    header.steps += before.header.steps;
    let known = before.header.corpora.iter();
    let known: Vec<_> = known
        .filter(|corpus| !header.corpora.contains(corpus))
        .cloned()
        .collect();
    if known.is_empty() {
        return;
    }
    header.corpora.splice(0..0, known);
    fingerprints.splice(0..0, before.fingerprints.iter().copied());
    if header.licence != before.header.licence {
        header.licence = format!("{} AND {}", before.header.licence, header.licence);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(corpus: &str, licence: &str, marks: &[u32]) -> Weights {
        let header = Header {
            format: FORMAT.to_owned(),
            name: "test-1".to_owned(),
            family: "test".to_owned(),
            encoding: "test/1".to_owned(),
            architecture: serde_json::Value::Null,
            corpora: vec![CorpusStamp {
                name: corpus.to_owned(),
                sha256: corpus.to_owned(),
                licence: licence.to_owned(),
            }],
            split: "none".to_owned(),
            seed: Seed(1),
            commit: "unknown".to_owned(),
            steps: 10,
            measures: BTreeMap::new(),
            licence: licence.to_owned(),
        };
        Weights {
            header,
            parameters: BTreeMap::new(),
            fingerprints: marks.to_vec(),
        }
    }

    #[test]
    fn what_was_known_before_is_not_forgotten() {
        let before = weights("old", "A", &[1, 2]);
        let Weights {
            mut header,
            mut fingerprints,
            ..
        } = weights("new", "B", &[3]);
        inherit(&mut header, &mut fingerprints, &before);
        let names: Vec<&str> = header.corpora.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["old", "new"]);
        assert_eq!((header.steps, header.licence.as_str()), (20, "A AND B"));
        assert_eq!(fingerprints, [1, 2, 3]);
    }

    #[test]
    fn the_same_corpus_again_is_named_once() {
        let before = weights("old", "A", &[1, 2]);
        let mut again = before.clone();
        inherit(&mut again.header, &mut again.fingerprints, &before);
        assert_eq!((again.header.corpora.len(), again.header.steps), (1, 20));
        assert_eq!(
            (again.header.licence.as_str(), again.fingerprints.len()),
            ("A", 2)
        );
    }
}

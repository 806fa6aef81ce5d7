//! `drums`: grooves, a step at a time.

use std::io;
use std::path::Path;

use consort_corpus::groove::{GROOVE, Performance};
use consort_corpus::{CorpusError, DataFolder, Fold, groove};
use consort_learn::{CorpusStamp, Header, Observer, Seed};

use crate::error::Error;
use crate::families::{EvaluationRequest, Material, Model, Piecewise, Preset};
use crate::options::OptionSpec;
use crate::piece::Prompt;
use crate::report::Report;

pub mod band;
pub mod config;
pub mod encoding;
mod evaluation;
mod example_data;
mod generator;
pub mod network;
pub mod objective;
mod plan;
pub mod sampler;
pub mod styles;
mod track;

use config::{Architecture, Curriculum};
use encoding::{Barred, Grid, Groove};
use network::Network;
use objective::Grooves;
use styles::Style;

/// The family.
#[derive(Debug)]
pub struct Drums;

impl Model for Drums {
    type Architecture = Architecture;
    type Curriculum = Curriculum;
    type Network = Network;
    type Data = Grooves;

    const ID: &'static str = "drums";
    const VERB: &'static str = "drum";
    const SUMMARY: &'static str = "Play drums: alone, on from a pattern, or along with a track";
    const ENCODING: &'static str = encoding::ENCODING;

    fn options(&self) -> &'static [OptionSpec] {
        config::OPTIONS
    }

    fn presets(&self) -> &'static [Preset] {
        &[
            Preset {
                name: "default",
                toml: include_str!("drums/presets/default.toml"),
            },
            Preset {
                name: "thirty-seconds",
                toml: include_str!("drums/presets/thirty-seconds.toml"),
            },
            Preset {
                name: "article-lstm",
                toml: include_str!("drums/presets/article-lstm.toml"),
            },
            Preset {
                name: "article-cnn",
                toml: include_str!("drums/presets/article-cnn.toml"),
            },
            Preset {
                name: "combinations",
                toml: include_str!("drums/presets/combinations.toml"),
            },
            Preset {
                name: "tiny",
                toml: include_str!("drums/presets/tiny.toml"),
            },
        ]
    }

    fn example(&self) -> Prompt {
        Prompt::Nothing
    }

    fn endings(&self) -> &'static [&'static str] {
        &["mid", "wav", "png"]
    }

    fn write_example_data(&self, folder: &Path) -> io::Result<()> {
        example_data::write(folder)
    }

    fn network(&self, architecture: &Architecture, seed: Seed) -> Network {
        Network::new(architecture, seed)
    }

    fn data(
        &self,
        architecture: &Architecture,
        curriculum: &Curriculum,
        folder: &DataFolder,
    ) -> Result<Material<Grooves>, Error> {
        let corpus = corpus(folder)?;
        let of = |fold| {
            let performances = corpus.performances.iter().filter(move |p| p.fold == fold);
            performances
                .map(|performance| groove_of(performance, architecture.grid))
                .collect::<Result<Vec<Groove>, Error>>()
        };
        let (train, valid) = (of(Fold::Train)?, of(Fold::Valid)?);
        Ok(Material {
            data: Grooves::new(train, valid, architecture, curriculum.clone()),
            corpora: vec![CorpusStamp {
                name: corpus.stamp.name.to_owned(),
                sha256: corpus.stamp.sha256.clone(),
                licence: corpus.stamp.licence.to_owned(),
            }],
            split: if corpus.stamp.name == GROOVE {
                "groove-official/1"
            } else {
                "groove-twentieth/1"
            },
            licence: if corpus.stamp.name == GROOVE {
                "CC-BY-4.0"
            } else {
                "unknown"
            },
            fingerprints: Vec::new(),
        })
    }

    fn generator(&self, _: Architecture, network: Network, _: Vec<u32>) -> Box<dyn Piecewise> {
        Box::new(generator::Drummer::new(&network))
    }

    fn evaluate(
        &self,
        weights: &Header,
        network: &Network,
        request: &EvaluationRequest<'_>,
        observe: &mut Observer<'_>,
    ) -> Result<Report, Error> {
        evaluation::evaluate(weights, network, request, observe)
    }
}

/// The Groove MIDI Dataset, or the drums that are in the folder itself where there is no such set.
fn corpus(folder: &DataFolder) -> Result<groove::Corpus, Error> {
    match groove::groove(folder) {
        Err(CorpusError::Missing { .. }) => {
            let found = groove::groove(folder);
            Ok(groove::folder(folder.root()).or(found)?)
        }
        found => Ok(found?),
    }
}

/// A performance on a grid.
fn groove_of(performance: &Performance, grid: Grid) -> Result<Groove, Error> {
    let score = &performance.score;
    let parts: Vec<usize> = (0..score.parts.len())
        .filter(|&part| score.parts[part].instrument.percussion)
        .collect();
    let barred = Barred::of(score, grid, Some(performance.metre))?;
    let (groove, _) = Groove::of(&barred, &parts)?;
    Ok(Groove {
        tempo: performance.tempo,
        style: Style::of(&performance.style),
        is_fill: performance.is_fill,
        ..groove
    })
}

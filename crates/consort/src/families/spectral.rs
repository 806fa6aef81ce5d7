//! `spectral`: a recording continued.

use std::io;
use std::path::Path;

use consort_corpus::{DataFolder, sound};
use consort_learn::{CorpusStamp, Header, Observer, Seed};

use crate::error::Error;
use crate::families::{EvaluationRequest, Material, Model, Piecewise, Preset};
use crate::options::OptionSpec;
use crate::piece::Prompt;
use crate::report::Report;

pub mod config;
pub mod encoding;
mod evaluation;
mod example_data;
mod generator;
pub mod network;
pub mod objective;
pub mod sampler;

use config::{Architecture, Curriculum};
use network::Network;
use objective::Recordings;

/// The family.
#[derive(Debug)]
pub struct Spectral;

/// The presets, but for their texts.
macro_rules! presets {
    ($($name:literal),*) => {
        &[$(Preset {
            name: $name,
            toml: include_str!(concat!("spectral/presets/", $name, ".toml")),
        }),*]
    };
}

impl Model for Spectral {
    type Architecture = Architecture;
    type Curriculum = Curriculum;
    type Network = Network;
    type Data = Recordings;

    const ID: &'static str = "spectral";
    const VERB: &'static str = "extend";
    const SUMMARY: &'static str = "Continue a recording in its own sound";
    const ENCODING: &'static str = encoding::ENCODING;

    fn options(&self) -> &'static [OptionSpec] {
        config::OPTIONS
    }

    fn presets(&self) -> &'static [Preset] {
        presets!(
            "default", "baseline", "fc", "conv", "stacked", "bilinear", "block", "article", "tiny"
        )
    }

    fn example(&self) -> Prompt {
        generator::example()
    }

    fn endings(&self) -> &'static [&'static str] {
        &["wav"]
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
    ) -> Result<Material<Recordings>, Error> {
        let corpus = sound::folder(folder)?;
        let stamp = CorpusStamp {
            name: corpus.stamp.name.to_owned(),
            sha256: corpus.stamp.sha256.clone(),
            licence: corpus.stamp.licence.to_owned(),
        };
        let data = Recordings::new(corpus, &architecture.network, curriculum.clone())?;
        Ok(Material {
            data,
            corpora: vec![stamp],
            split: "recordings/1",
            licence: "unknown",
            fingerprints: Vec::new(),
        })
    }

    fn generator(&self, _: Architecture, network: Network, _: Vec<u32>) -> Box<dyn Piecewise> {
        Box::new(generator::Continuer::new(network))
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

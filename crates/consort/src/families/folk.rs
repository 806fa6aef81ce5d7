//! `folk`: tunes, a character at a time.

use std::io;
use std::path::Path;

use consort_corpus::folk::{self, Nottingham};
use consort_corpus::{CorpusError, DataFolder, Fold};
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

use config::{Architecture, Corpus, Curriculum};
use encoding::symbols;
use network::Network;
use objective::Tunes;

/// The family.
#[derive(Debug)]
pub struct Folk;

impl Model for Folk {
    type Architecture = Architecture;
    type Curriculum = Curriculum;
    type Network = Network;
    type Data = Tunes;

    const ID: &'static str = "folk";
    const VERB: &'static str = "compose";
    const SUMMARY: &'static str = "Write folk tunes, or complete one";
    const ENCODING: &'static str = encoding::ENCODING;

    fn options(&self) -> &'static [OptionSpec] {
        config::OPTIONS
    }

    fn presets(&self) -> &'static [Preset] {
        &[
            Preset {
                name: "default",
                toml: include_str!("folk/presets/default.toml"),
            },
            Preset {
                name: "nottingham",
                toml: include_str!("folk/presets/nottingham.toml"),
            },
            Preset {
                name: "article",
                toml: include_str!("folk/presets/article.toml"),
            },
            Preset {
                name: "tiny",
                toml: include_str!("folk/presets/tiny.toml"),
            },
        ]
    }

    fn example(&self) -> Prompt {
        Prompt::Nothing
    }

    fn endings(&self) -> &'static [&'static str] {
        &["abc", "mid", "wav", "musicxml", "png"]
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
    ) -> Result<Material<Tunes>, Error> {
        let corpus = corpus(curriculum.corpus, folder)?;
        let of = |fold| {
            let tunes = corpus.tunes.iter().filter(|tune| tune.fold == fold);
            tunes.map(|tune| vec![symbols(&tune.text).0]).collect()
        };
        Ok(Material {
            corpora: vec![CorpusStamp {
                name: corpus.stamp.name.to_owned(),
                sha256: corpus.stamp.sha256.clone(),
                licence: corpus.stamp.licence.to_owned(),
            }],
            split: "folk-tenth/1",
            licence: licence_of(&corpus),
            fingerprints: Vec::new(),
            data: Tunes::new(
                of(Fold::Train),
                of(Fold::Valid),
                architecture.told,
                curriculum.clone(),
            ),
        })
    }

    fn generator(&self, _: Architecture, network: Network, _: Vec<u32>) -> Box<dyn Piecewise> {
        Box::new(generator::Composer::new(&network))
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

/// The tunes of a corpus, or, where the folder does not have it but ABC files, those.
fn corpus(which: Corpus, folder: &DataFolder) -> Result<folk::Corpus, Error> {
    let found = match which {
        Corpus::Jigs => folk::nottingham(folder, Nottingham::Jigs),
        Corpus::Nottingham => folk::nottingham(folder, Nottingham::All),
        Corpus::PublicDomain => folk::public_domain(folder),
    };
    match found {
        Err(CorpusError::Missing { .. }) => folk::folder(folder.root()).or(found),
        found => found,
    }
    .map_err(Error::from)
}

/// The corpus that weights learnt from.
fn corpus_of(weights: &Header, folder: &DataFolder) -> Result<folk::Corpus, Error> {
    let all = [Corpus::Jigs, Corpus::Nottingham, Corpus::PublicDomain];
    let learnt = |corpus: &folk::Corpus| {
        let mut stamps = weights.corpora.iter();
        stamps.any(|stamp| stamp.sha256 == corpus.stamp.sha256)
    };
    let found = all
        .into_iter()
        .filter_map(|which| corpus(which, folder).ok());
    found.into_iter().find(learnt).ok_or_else(|| {
        Error::prompt(
            "the data folder does not have what these weights learnt from",
            "name the folder that has it with --data",
        )
    })
}

/// What weights that learnt from the corpus may be used for.
fn licence_of(corpus: &folk::Corpus) -> &'static str {
    match corpus.stamp.name {
        folk::NOTTINGHAM => "GPL-3.0-only",
        // Whatever is ours in them is dedicated to the public domain, as the tunes are; the encodings
        // are distributed by permission of their encoders.
        folk::PUBLIC_DOMAIN => "CC0-1.0 AND LicenseRef-music21-corpus",
        _ => "that of the tunes",
    }
}

//! `dynamics`: how hard each note of a score is struck.

use std::io;
use std::path::Path;

use consort_corpus::piano::{self, CLASSICAL, Corpus, JAZZ};
use consort_corpus::{CorpusError, DataFolder};
use consort_learn::{CorpusStamp, Header, Observer, Seed};

use crate::error::Error;
use crate::families::{EvaluationRequest, Material, Model, Picture, Piecewise, Preset};
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

pub mod roll;
pub mod sampler;
#[cfg(test)]
mod tests;
mod touch;

use config::{Architecture, Curriculum};
use network::Network;
use objective::Performances;

/// The family.
#[derive(Debug)]
pub struct Dynamics;

impl Model for Dynamics {
    type Architecture = Architecture;
    type Curriculum = Curriculum;
    type Network = Network;
    type Data = Performances;

    const ID: &'static str = "dynamics";
    const VERB: &'static str = "perform";
    const SUMMARY: &'static str = "Play a score with the dynamics of a pianist";
    const ENCODING: &'static str = encoding::ENCODING;

    fn options(&self) -> &'static [OptionSpec] {
        config::OPTIONS
    }

    fn presets(&self) -> &'static [Preset] {
        &[
            Preset {
                name: "default",
                toml: include_str!("dynamics/presets/default.toml"),
            },
            Preset {
                name: "timing",
                toml: include_str!("dynamics/presets/timing.toml"),
            },
            Preset {
                name: "article",
                toml: include_str!("dynamics/presets/article.toml"),
            },
            Preset {
                name: "tiny",
                toml: include_str!("dynamics/presets/tiny.toml"),
            },
        ]
    }

    fn example(&self) -> Prompt {
        generator::example()
    }

    fn picture(&self) -> Picture {
        Picture::Velocities
    }

    fn takes_named_corpora(&self) -> bool {
        true
    }

    fn write_example_data(&self, folder: &Path) -> io::Result<()> {
        example_data::write(folder)
    }

    fn network(&self, architecture: &Architecture, seed: Seed) -> Network {
        Network::new(architecture, seed)
    }

    fn architecture_for(
        &self,
        mut architecture: Architecture,
        data: &DataFolder,
        from: Option<&Architecture>,
    ) -> Architecture {
        let named = data.named().iter().map(|(name, _)| name);
        if data.named().is_empty() {
            return architecture;
        }
        if let Some(from) = from {
            architecture = from.clone();
        } else {
            architecture.styles.clear();
        }
        for name in named {
            if !architecture.styles.contains(name) {
                architecture.styles.push(name.clone());
            }
        }
        architecture
    }

    fn grown(&self, network: Network, architecture: &Architecture, seed: Seed) -> Option<Network> {
        network.grown(architecture, seed)
    }

    fn data(
        &self,
        architecture: &Architecture,
        curriculum: &Curriculum,
        folder: &DataFolder,
    ) -> Result<Material<Performances>, Error> {
        let corpora = corpora(&architecture.styles, folder)?;
        let stamps = corpora.iter().map(|(_, corpus)| CorpusStamp {
            name: corpus.stamp.name.to_owned(),
            sha256: corpus.stamp.sha256.clone(),
            licence: corpus.stamp.licence.to_owned(),
        });
        let stamps: Vec<CorpusStamp> = stamps.collect();
        let licence = if stamps.iter().any(|stamp| stamp.licence.contains("NC-SA")) {
            "CC-BY-NC-SA-4.0"
        } else {
            "unknown"
        };
        Ok(Material {
            data: Performances::new(corpora, &architecture.network, curriculum.clone()),
            corpora: stamps,
            split: "works-sha256/1",
            licence,
            fingerprints: Vec::new(),
        })
    }

    fn generator(&self, _: Architecture, network: Network, _: Vec<u32>) -> Box<dyn Piecewise> {
        Box::new(generator::Performer::new(network))
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

/// The corpora of styles with the styles' numbers: those that have names, or for `classical` the ASAP
/// dataset and for `jazz` the piano rolls.
fn corpora(styles: &[String], folder: &DataFolder) -> Result<Vec<(usize, Corpus)>, Error> {
    let number = |name: &str| styles.iter().position(|style| style == name);
    if !folder.named().is_empty() {
        let named = folder.named().iter();
        let with_numbers = named.filter_map(|(name, path)| Some((number(name)?, path)));
        return with_numbers
            .map(|(number, path)| Ok((number, piano::folder(path)?)))
            .collect();
    }
    let mut corpora = Vec::new();
    for (number, style) in styles.iter().enumerate() {
        let found = match style.as_str() {
            CLASSICAL => piano::asap(folder),
            JAZZ => piano::rolls(folder),
            other => {
                return Err(Error::prompt(
                    format!("there is no data set for the style {other:?}"),
                    format!("say where it is: --data {other}=FOLDER"),
                ));
            }
        };
        match found {
            Ok(corpus) => corpora.push((number, corpus)),
            // Files of one's own that lie there without a name are of the first style.
            Err(CorpusError::Missing { .. }) if number == 0 && styles.len() == 1 => {
                let own = piano::folder(folder.root());
                corpora.push((number, own.or(found)?));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(corpora)
}

//! `folk`: tunes, a character at a time.

use std::io;
use std::path::Path;

use consort_corpus::{DataFolder, Fold, folk};
use consort_learn::{CorpusStamp, Header, Observer, Seed};
use consort_music::novelty::Index;

use crate::error::Error;
use crate::families::{EvaluationRequest, Material, Model, Piecewise, Preset};
use crate::options::OptionSpec;
use crate::piece::Prompt;
use crate::report::Report;

mod beginning;
pub mod config;
pub mod encoding;
mod evaluation;
mod example_data;
mod generator;
pub mod network;
pub mod objective;
pub mod sampler;
mod texts;

use config::{Architecture, Curriculum};
use network::Network;
use objective::Tunes;
use texts::Texts;

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
                name: "style",
                toml: include_str!("folk/presets/style.toml"),
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
        let texts = Texts::of(curriculum.corpus, folder)?;
        let of = |fold| {
            let tunes = texts.of_fold(fold);
            tunes.map(|tune| tune.versions.clone()).collect()
        };
        let learnt = texts.of_fold(Fold::Train).map(|tune| tune.bars.clone());
        Ok(Material {
            corpora: vec![CorpusStamp {
                name: texts.stamp.name.to_owned(),
                sha256: texts.stamp.sha256.clone(),
                licence: texts.stamp.licence.to_owned(),
            }],
            split: curriculum.corpus.split(),
            licence: licence_of(texts.stamp.name),
            fingerprints: Index::new(learnt).stream().to_vec(),
            data: Tunes::new(
                of(Fold::Train),
                of(Fold::Valid),
                architecture.told,
                curriculum.clone(),
            ),
        })
    }

    fn generator(
        &self,
        _: Architecture,
        network: Network,
        fingerprints: Vec<u32>,
    ) -> Box<dyn Piecewise> {
        Box::new(generator::Composer::new(&network, fingerprints))
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

/// What weights that learnt from a corpus may be used for.
fn licence_of(corpus: &str) -> &'static str {
    match corpus {
        folk::NOTTINGHAM => "GPL-3.0-only",
        // Whatever is ours in them is dedicated to the public domain, as the tunes are; the encodings
        // are distributed by permission of their encoders.
        folk::PUBLIC_DOMAIN => "CC0-1.0 AND LicenseRef-music21-corpus",
        _ => "that of the tunes",
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use consort_learn::{Device, Precision, Progress, progress};

    use super::*;
    use crate::families::{Family, Trained, TrainingRequest};

    #[test]
    fn a_stream_goes_on_after_a_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        Model::write_example_data(&Folk, folder.path()).unwrap();
        let small = "architecture.embedding = 8\narchitecture.hidden = 12\narchitecture.layers = 1\n\
                     recipe.steps = 12\nrecipe.validate_every = 4";
        let request = |run: Option<&str>| TrainingRequest {
            preset: "article".to_owned(),
            changes: small.to_owned(),
            data: DataFolder::new(folder.path()),
            seed: Seed(5),
            device: Device::Cpu,
            run: run.map(|run| folder.path().join(run)),
            from: None,
            name: "test-1".to_owned(),
            licence: None,
            commit: "unknown".to_owned(),
        };
        let mut stop = |progress: Progress| match progress.done {
            4 if progress.held_out => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let stopped = Folk.train(&request(Some("run")), &mut stop).unwrap();
        assert!(stopped.stopped);
        let resumed = Folk.train(&request(Some("run")), &mut progress::unobserved);
        let whole = Folk.train(&request(None), &mut progress::unobserved);
        let bytes = |trained: Trained| trained.weights.to_bytes(Precision::F32);
        assert!(bytes(resumed.unwrap()) == bytes(whole.unwrap()));
    }

    #[test]
    fn weights_say_what_they_learnt_from() {
        let folder = tempfile::tempdir().unwrap();
        Model::write_example_data(&Folk, folder.path()).unwrap();
        let data = DataFolder::new(folder.path());
        let all = Texts::of(config::Corpus::PublicDomain, &data).unwrap();
        assert_eq!((all.tunes.len(), all.left_out), (60, 0));
        assert!(all.tunes.iter().all(|tune| tune.versions.own.len() == 2));
        assert!(all.tunes.iter().all(|tune| tune.versions.moved.len() == 12));
        let jigs = Texts::of(config::Corpus::Jigs, &data).unwrap();
        assert!(!jigs.are_plain && jigs.tunes[0].versions.moved.is_empty());
        let nothing = DataFolder::new(folder.path().join("nowhere"));
        let error = Texts::of(config::Corpus::PublicDomain, &nothing).unwrap_err();
        assert!(error.to_string().contains("consort data get"), "{error}");
    }
}

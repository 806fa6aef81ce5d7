//! The registry of families, and the two traits between which all shared work is done once.
//!
//! A family's folder implements [`Model`], which is typed; front ends see [`Family`], which is not.
//! One blanket implementation joins them, so that presets, training, weights headers and loading are
//! written once.

use std::io;
use std::path::{Path, PathBuf};

use consort_corpus::DataFolder;
use consort_learn::{Batches, CorpusStamp, Device, Header, Objective, Observer, Seed, Weights};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::options::{OptionSpec, Options};
use crate::piece::{MadeBy, Piece, Prompt};
use crate::report::Report;
use crate::training;

pub mod chorale;
pub mod drums;
pub mod dynamics;
pub mod folk;
pub mod spectral;

mod protocol;

#[cfg(test)]
mod conformance;

/// Every family. A sixth is a folder and a line here.
pub static FAMILIES: &[&dyn Family] = &[
    &chorale::Chorale,
    &folk::Folk,
    &drums::Drums,
    &dynamics::Dynamics,
    &spectral::Spectral,
];

/// The family called `id`.
///
/// # Errors
/// [`Error::Unknown`] names those that there are.
pub fn family(id: &str) -> Result<&'static dyn Family, Error> {
    FAMILIES
        .iter()
        .copied()
        .find(|family| family.id() == id)
        .ok_or_else(|| Error::Unknown {
            kind: "family",
            name: id.to_owned(),
            known: FAMILIES
                .iter()
                .map(|family| family.id())
                .collect::<Vec<_>>()
                .join(", "),
        })
}

/// What a family's folder provides.
pub trait Model: Sync {
    /// What shapes the weights and is stored with them.
    type Architecture: Serialize + DeserializeOwned;
    /// How batches are made from the data: sizes, augmentation, what is hidden.
    type Curriculum: Serialize + DeserializeOwned;
    /// The network and what it is trained to lower.
    type Network: Objective;
    /// The data, ready to be learnt from.
    type Data: Batches<Batch = <Self::Network as Objective>::Batch>;

    /// The name in file formats and commands; never changes.
    const ID: &'static str;
    /// The command that makes a piece.
    const VERB: &'static str;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// How music becomes numbers, with a version that rises when weights would no longer fit.
    const ENCODING: &'static str;

    /// What a request may set.
    fn options(&self) -> &'static [OptionSpec];

    /// The settings that come with it.
    fn presets(&self) -> &'static [Preset];

    /// A prompt to try it with.
    fn example(&self) -> Prompt;

    /// The endings of the files that are written of a piece when nothing is said.
    fn endings(&self) -> &'static [&'static str] {
        &["musicxml", "mid", "wav", "png"]
    }

    /// What a picture of its pieces shows.
    fn picture(&self) -> Picture {
        Picture::PianoRoll
    }

    /// Writes a small corpus of our own making in the layout of the real sets, so that training can
    /// be tried, and is tested, without them.
    ///
    /// # Errors
    /// If the folder cannot be written.
    fn write_example_data(&self, folder: &Path) -> io::Result<()>;

    /// Whether [`data`](Model::data) takes corpora with names ([`DataFolder::named`]); else they are refused
    /// before it is asked.
    fn takes_named_corpora(&self) -> bool {
        false
    }

    /// A network with initial weights.
    fn network(&self, architecture: &Self::Architecture, seed: Seed) -> Self::Network;

    /// The architecture for `data`, where that has a say in it, such as how many corpora there are; `from` is
    /// that of the weights to start from.
    fn architecture_for(
        &self,
        architecture: Self::Architecture,
        _data: &DataFolder,
        _from: Option<&Self::Architecture>,
    ) -> Self::Architecture {
        architecture
    }

    /// A trained network made to fit another architecture, or nothing if that cannot be.
    fn grown(
        &self,
        _network: Self::Network,
        _architecture: &Self::Architecture,
        _seed: Seed,
    ) -> Option<Self::Network> {
        None
    }

    /// The data in `folder`, and what it is.
    ///
    /// # Errors
    /// If the data is not there or cannot be read.
    fn data(
        &self,
        architecture: &Self::Architecture,
        curriculum: &Self::Curriculum,
        folder: &DataFolder,
    ) -> Result<Material<Self::Data>, Error>;

    /// A generator of pieces; `fingerprints` are those of what the network learnt from.
    fn generator(
        &self,
        architecture: Self::Architecture,
        network: Self::Network,
        fingerprints: Vec<u32>,
    ) -> Box<dyn Piecewise>;

    /// The protocol of the family's article and ours, on the data in `folder`; `weights` says what the
    /// network was trained on.
    ///
    /// # Errors
    /// If the data is not there, or the observer stops the work.
    fn evaluate(
        &self,
        weights: &Header,
        network: &Self::Network,
        request: &EvaluationRequest<'_>,
        observe: &mut Observer<'_>,
    ) -> Result<Report, Error>;
}

/// What a picture of a family's pieces shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Picture {
    /// The notes of one piece: [`piano_roll`](crate::pictures::piano_roll).
    #[default]
    PianoRoll,
    /// How hard the notes are struck in all pieces that were made of one prompt, beside the prompt's own
    /// velocities: [`velocities`](crate::pictures::velocities).
    Velocities,
}

/// Data to learn from, and what weights that learnt from it must say.
pub struct Material<D> {
    /// The data.
    pub data: D,
    /// What it is made of.
    pub corpora: Vec<CorpusStamp>,
    /// How it is split.
    pub split: &'static str,
    /// The licence of weights trained on it.
    pub licence: &'static str,
    /// Marks of its pieces by which a copy can be told, if the family has such.
    pub fingerprints: Vec<u32>,
}

/// A named set of settings: the text of a TOML file with the tables `architecture`, `curriculum`
/// and `recipe`.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub toml: &'static str,
}

/// Makes pieces with a network.
pub trait Piecewise: Send + Sync {
    /// See [`Generator::generate`].
    ///
    /// # Errors
    /// If the prompt or an option does not fit, or the observer stops the work.
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error>;
}

/// A family as front ends see it.
pub trait Family: Sync {
    /// The name in file formats and commands.
    fn id(&self) -> &'static str;
    /// The command that makes a piece.
    fn verb(&self) -> &'static str;
    /// What it does, in one line.
    fn summary(&self) -> &'static str;
    /// How music becomes numbers, with a version.
    fn encoding(&self) -> &'static str;
    /// What a request may set.
    fn options(&self) -> &'static [OptionSpec];
    /// The settings that come with it.
    fn presets(&self) -> &'static [Preset];
    /// A prompt to try it with.
    fn example(&self) -> Prompt;
    /// The endings of the files that are written of a piece when nothing is said.
    fn endings(&self) -> &'static [&'static str];
    /// What a picture of its pieces shows.
    fn picture(&self) -> Picture;

    /// Writes a small corpus of our own making in the layout of the real sets, so that training can
    /// be tried without them.
    ///
    /// # Errors
    /// If the folder cannot be written.
    fn write_example_data(&self, folder: &Path) -> io::Result<()>;

    /// Makes a generator of `weights` that computes on `device`.
    ///
    /// # Errors
    /// If they are not this family's, or the device cannot be used.
    fn load(&self, weights: Weights, device: Device) -> Result<Generator, Error>;

    /// Trains weights.
    ///
    /// # Errors
    /// If the settings or the data do not fit, the device cannot be used, or training fails.
    fn train(
        &self,
        request: &TrainingRequest,
        observe: &mut Observer<'_>,
    ) -> Result<Trained, Error>;

    /// Measures `weights` by the family's protocol.
    ///
    /// # Errors
    /// If they are not this family's, the data is not there, the device cannot be used, or the
    /// observer stops the work.
    fn evaluate(
        &self,
        weights: Weights,
        request: &EvaluationRequest<'_>,
        observe: &mut Observer<'_>,
    ) -> Result<Report, Error>;
}

/// A family with weights in it.
pub struct Generator {
    header: Header,
    inner: Box<dyn Piecewise>,
}

impl Generator {
    /// What the weights are.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Makes a piece, and signs it, unless nothing of the prompt was changed
    /// ([`Piece::is_unchanged`]). The same prompt, options and seed give the same piece on the same device.
    ///
    /// # Errors
    /// If the prompt or an option does not fit, or the observer stops the work.
    pub fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let mut piece = self.inner.generate(prompt, options, seed, observe)?;
        let settings = options
            .changed()
            .map(|(name, value)| (name.to_owned(), value.to_string()));
        let made_by = MadeBy {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            family: self.header.family.clone(),
            weights: self.header.name.clone(),
            options: settings.collect(),
            seed,
        };
        if !piece.is_unchanged(prompt) {
            piece.music.sign(&made_by);
        }
        piece.made_by = Some(made_by);
        Ok(piece)
    }
}

/// What to train, on what, and where to.
#[derive(Clone, Debug)]
pub struct TrainingRequest {
    /// The preset.
    pub preset: String,
    /// TOML that goes over the preset's, table by table and key by key.
    pub changes: String,
    /// Where the data is.
    pub data: DataFolder,
    /// The seed of initial weights, batches and noise.
    pub seed: Seed,
    /// Where the network computes. A run may go on on another device, to a result that is close.
    pub device: Device,
    /// The folder of checkpoints; a run that is found there is continued.
    pub run: Option<PathBuf>,
    /// Weights to start from in place of random ones.
    pub from: Option<Weights>,
    /// The name for the new weights.
    pub name: String,
    /// The licence of data whose licence is not known, such as files of one's own.
    pub licence: Option<String>,
    /// The commit of the code, for the header.
    pub commit: String,
}

/// What training made.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weights that validated best.
    pub weights: Weights,
    /// Every validation.
    pub history: Vec<consort_learn::Record>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// How to evaluate.
#[derive(Clone, Copy, Debug)]
pub struct EvaluationRequest<'a> {
    /// Where the data is.
    pub data: &'a DataFolder,
    /// The seed of all draws.
    pub seed: Seed,
    /// Where the network computes.
    pub device: Device,
    /// How much of the protocol: 1 is all of it, less takes that share of pieces, for a quick look.
    pub share: f64,
    /// The parts of the protocol to run, by name; all if empty.
    pub parts: &'a [String],
}

impl<M: Model> Family for M {
    fn id(&self) -> &'static str {
        M::ID
    }

    fn verb(&self) -> &'static str {
        M::VERB
    }

    fn summary(&self) -> &'static str {
        M::SUMMARY
    }

    fn encoding(&self) -> &'static str {
        M::ENCODING
    }

    fn options(&self) -> &'static [OptionSpec] {
        Model::options(self)
    }

    fn presets(&self) -> &'static [Preset] {
        Model::presets(self)
    }

    fn example(&self) -> Prompt {
        Model::example(self)
    }

    fn endings(&self) -> &'static [&'static str] {
        Model::endings(self)
    }

    fn picture(&self) -> Picture {
        Model::picture(self)
    }

    fn write_example_data(&self, folder: &Path) -> io::Result<()> {
        Model::write_example_data(self, folder)
    }

    fn load(&self, weights: Weights, device: Device) -> Result<Generator, Error> {
        let header = weights.header.clone();
        let fingerprints = weights.fingerprints.clone();
        let (architecture, network) = training::network_of(self, weights)?;
        let network = device.place(network)?;
        Ok(Generator {
            header,
            inner: self.generator(architecture, network, fingerprints),
        })
    }

    fn train(
        &self,
        request: &TrainingRequest,
        observe: &mut Observer<'_>,
    ) -> Result<Trained, Error> {
        training::train(self, request, observe)
    }

    fn evaluate(
        &self,
        weights: Weights,
        request: &EvaluationRequest<'_>,
        observe: &mut Observer<'_>,
    ) -> Result<Report, Error> {
        let header = weights.header.clone();
        let (_, network) = training::network_of(self, weights)?;
        let network = request.device.place(network)?;
        let mut report = Model::evaluate(self, &header, &network, request, observe)?;
        training::add_conditions(&mut report, &header, request);
        Ok(report)
    }
}

/// The path of a run folder, by what is trained.
pub fn run_folder(under: &Path, family: &str, preset: &str, seed: Seed) -> PathBuf {
    under.join(format!("{family}-{preset}-{}", seed.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use consort_learn::{progress, weights};
    use consort_music::{Score, abc};

    use super::*;
    use crate::piece::Music;

    /// Gives back the prompt, louder if the option says so.
    struct Echo;

    const OPTIONS: &[OptionSpec] = &[OptionSpec {
        name: "louder",
        value_name: "",
        kind: crate::options::OptionKind::Switch,
        help: "",
    }];

    impl Piecewise for Echo {
        fn generate(
            &self,
            prompt: &Prompt,
            options: &Options,
            _: Seed,
            _: &mut Observer<'_>,
        ) -> Result<Piece, Error> {
            let Prompt::Score(score) = prompt else {
                return Err(Error::prompt("there is nothing", "shout"));
            };
            let mut score = score.clone();
            if options.switch("louder") {
                score.parts[0].notes[0].velocity = 127u8.try_into().ok();
            }
            Ok(Piece {
                music: Music::Score(score),
                made_by: None,
                notices: Vec::new(),
                facts: BTreeMap::new(),
                trace: Vec::new(),
            })
        }
    }

    #[test]
    fn only_what_was_changed_is_signed() {
        let header = Header {
            format: weights::FORMAT.to_owned(),
            name: "echo-1".to_owned(),
            family: "echo".to_owned(),
            encoding: "echo/1".to_owned(),
            architecture: serde_json::Value::Null,
            corpora: Vec::new(),
            split: String::new(),
            seed: Seed(1),
            commit: String::new(),
            steps: 0,
            measures: BTreeMap::new(),
            licence: String::new(),
        };
        let generator = Generator {
            header,
            inner: Box::new(Echo),
        };
        let text = b"X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\nCDEF|]\n";
        let given = abc::read(text).unwrap().value.remove(0);
        let made = |louder: &str| -> (Score, Option<MadeBy>) {
            let mut options = Options::new(OPTIONS);
            options.set("louder", louder).unwrap();
            let prompt = Prompt::Score(given.clone());
            let piece = generator.generate(&prompt, &options, Seed(1), &mut progress::unobserved);
            let piece = piece.unwrap();
            let Music::Score(score) = piece.music else {
                panic!("it was a score");
            };
            (score, piece.made_by)
        };
        let (same, made_by) = made("off");
        assert_eq!(same, given);
        assert!(made_by.is_some());
        let (louder, _) = made("on");
        let signature = louder
            .metadata
            .fields
            .iter()
            .find(|field| field.0 == "consort");
        assert!(signature.is_some_and(|(_, text)| text.contains("echo-1")));
    }
}

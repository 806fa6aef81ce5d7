//! `chorale`: four voices around the notes that you give.

use std::io;
use std::path::Path;

use consort_corpus::chorales::{self, Chorale as Piece, Corpus};
use consort_corpus::{DataFolder, Fold};
use consort_learn::{CorpusStamp, Header, Observer, Seed};
use consort_music::abc;

use crate::error::Error;
use crate::families::{EvaluationRequest, Material, Model, Piecewise, Preset};
use crate::options::OptionSpec;
use crate::piece::Prompt;
use crate::report::Report;

mod arrangement;
pub mod config;
pub mod encoding;
mod evaluation;
mod example_data;
mod generator;
pub mod network;
pub mod objective;
pub mod rules;
pub mod sampler;

use config::{Architecture, Curriculum, Pieces};
use encoding::{Grid, Moment, Window};
use network::Network;
use objective::Chorales;

/// The family.
#[derive(Debug)]
pub struct Chorale;

impl Model for Chorale {
    type Architecture = Architecture;
    type Curriculum = Curriculum;
    type Network = Network;
    type Data = Chorales;

    const ID: &'static str = "chorale";
    const VERB: &'static str = "harmonize";
    const SUMMARY: &'static str = "Harmonise a melody in four voices";
    const ENCODING: &'static str = encoding::ENCODING;

    fn options(&self) -> &'static [OptionSpec] {
        config::OPTIONS
    }

    fn presets(&self) -> &'static [Preset] {
        &[
            Preset {
                name: "default",
                toml: include_str!("chorale/presets/default.toml"),
            },
            Preset {
                name: "article",
                toml: include_str!("chorale/presets/article.toml"),
            },
            Preset {
                name: "tiny",
                toml: include_str!("chorale/presets/tiny.toml"),
            },
        ]
    }

    fn example(&self) -> Prompt {
        let tunes = abc::read(include_bytes!("chorale/example.abc"));
        let tune = tunes.ok().and_then(|mut tunes| tunes.value.pop());
        Prompt::Score(tune.expect("the example is a tune"))
    }

    fn write_example_data(&self, folder: &Path) -> io::Result<()> {
        example_data::write(folder)
    }

    fn network(&self, architecture: &Architecture, seed: Seed) -> Network {
        Network::new(architecture, seed)
    }

    fn data(
        &self,
        _: &Architecture,
        curriculum: &Curriculum,
        folder: &DataFolder,
    ) -> Result<Material<Chorales>, Error> {
        let train = training_pieces(folder, curriculum.pieces)?;
        let valid = chorales::jsb(folder, Fold::Valid)?;
        let windows = |corpus: &Corpus| corpus.chorales.iter().map(window_of).collect();
        let stamp = |corpus: &Corpus| CorpusStamp {
            name: corpus.stamp.name.to_owned(),
            sha256: corpus.stamp.sha256.clone(),
            licence: corpus.stamp.licence.to_owned(),
        };
        Ok(Material {
            corpora: vec![stamp(&train)],
            data: Chorales::new(windows(&train), windows(&valid), curriculum.clone()),
            split: match curriculum.pieces {
                Pieces::TrainingFold => "jsb-fold/1",
                Pieces::OwnMelodies | Pieces::CommonTime => "jsb-fold-own-melodies/1",
            },
            licence: WEIGHTS_LICENCE,
            fingerprints: Vec::new(),
        })
    }

    fn generator(&self, _: Architecture, network: Network, _: Vec<u32>) -> Box<dyn Piecewise> {
        Box::new(network)
    }

    fn evaluate(
        &self,
        _: &Header,
        network: &Network,
        request: &EvaluationRequest<'_>,
        observe: &mut Observer<'_>,
    ) -> Result<Report, Error> {
        evaluation::evaluate(network, request, observe)
    }
}

/// What weights that learnt from the music21 corpus may be used for: whatever is ours in them is
/// dedicated to the public domain, as Bach's music is; the encodings are distributed by permission
/// of their encoders (CORPUS_LICENSE.txt of the set).
const WEIGHTS_LICENCE: &str = "CC0-1.0 AND LicenseRef-music21-corpus";

fn training_pieces(folder: &DataFolder, pieces: Pieces) -> Result<Corpus, Error> {
    let mut corpus = chorales::bach(folder, |place| {
        place.fold == Fold::Train && (pieces == Pieces::TrainingFold || !place.melody_is_held_out)
    })?;
    if pieces == Pieces::CommonTime {
        corpus.chorales.retain(is_in_common_time);
    }
    Ok(corpus)
}

fn is_in_common_time(piece: &Piece) -> bool {
    piece
        .pulses
        .iter()
        .all(|pulse| pulse.measure == pulse.beat * 4)
}

/// A piece as the networks see it: sixteenths, all known.
fn window_of(piece: &Piece) -> Window {
    // The benchmark knows no measures, but its pieces begin on a beat.
    let unknown = |step: usize| Moment {
        in_beat: u8::try_from(step % 4).expect("a remainder of 4"),
        ..Moment::default()
    };
    // A pulse is in the ticks of its score, in which the step of the grid is a sixteenth: the beat
    // of simple metres has four of them, that of compound ones six.
    let moments = if piece.pulses.is_empty() {
        (0..piece.grid.steps()).map(unknown).collect()
    } else {
        let quarter = piece.sixteenth * 4;
        piece
            .pulses
            .iter()
            .map(|&pulse| Moment::of(pulse, quarter, true))
            .collect()
    };
    Window::of(&piece.grid, piece.knows_onsets, moments, Grid::Sixteenth)
}

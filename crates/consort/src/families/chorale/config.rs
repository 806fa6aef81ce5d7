//! The settings of the chorale family: what shapes its weights, how its batches are made, and what a
//! request may set.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::arrangement::kept_voices;
use super::encoding::{Grid, VOICES};
use crate::error::Error;
use crate::options::{OptionKind, OptionSpec, Options};

/// What shapes the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Architecture {
    /// The network of the article: two-dimensional convolutions over time and pitch.
    Article(ArticleArchitecture),
    /// Ours: dilated convolutions over time, with all voices of a step in one vector.
    Temporal(TemporalArchitecture),
}

/// The network of the article (Griswold, *Reducing Negative Log-Likelihood of Convolutional Music
/// Compositions*, 2019).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArticleArchitecture {
    /// Blocks of two convolutions with a skip connection; 10 in the article.
    pub blocks: usize,
    /// Filters in each convolution; 64 in the article.
    pub filters: usize,
    /// Steps and pitches that a filter spans, 3 or 5; 5 in the article.
    #[serde(deserialize_with = "three_or_five")]
    pub kernel: usize,
}

/// A size of filters that there are operations for.
fn three_or_five<'de, D: Deserializer<'de>>(source: D) -> Result<usize, D::Error> {
    match usize::deserialize(source)? {
        kernel @ (3 | 5) => Ok(kernel),
        other => Err(D::Error::custom(format!(
            "a filter spans 3 or 5 steps and pitches, not {other}"
        ))),
    }
}

/// Our network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemporalArchitecture {
    /// Numbers that describe a step between two blocks.
    pub width: usize,
    /// Steps between the taps of each block's convolution, a block each.
    pub dilations: Vec<usize>,
}

/// How batches are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// Which pieces are learnt from.
    pub pieces: Pieces,
    /// What excerpts are cut, each kind in its share of the batches; the first is validated on.
    pub excerpts: Vec<Excerpts>,
    /// Excerpts of 64 steps in a batch; of shorter ones accordingly more.
    pub windows_per_batch: usize,
    /// How excerpts are moved up and down, within the range of the classes.
    pub transposition: Transposition,
    /// The share of excerpts whose tonal centre is moved by a fifth or, in two of five of them, to
    /// anywhere, so that the network does not trust it more than it deserves.
    pub centre_noise: f32,
    /// The share of excerpts that lose their metre, their fermatas, and how notes begin.
    pub forget: f32,
    /// Which cells are hidden.
    pub hiding: Hiding,
    /// How often the validation fold is gone through, with other excerpts and holes each time.
    pub validation_rounds: usize,
}

/// How excerpts are moved up and down.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Transposition {
    /// By any whole number of semitones up to `most`, each as likely.
    Uniform {
        /// The most, above 0.
        most: i8,
    },
    /// By a normally distributed number with deviation `deviation`, rounded.
    Normal {
        /// In semitones.
        deviation: f32,
    },
}

/// Which scores are learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pieces {
    /// Those of the benchmark's training fold whose melody no other fold has.
    OwnMelodies,
    /// All of the benchmark's training fold, as the literature does; 46 of them harmonise a melody
    /// that the validation or test fold holds, too.
    TrainingFold,
    /// Those of the training fold with a melody of their own that are in 4/4 throughout, as the
    /// article takes them.
    CommonTime,
}

/// A kind of excerpt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excerpts {
    /// How long a step is.
    pub grid: Grid,
    /// How many steps it has.
    pub steps: usize,
    /// Its share of the batches, against the sum of all shares.
    pub share: f32,
}

impl Excerpts {
    /// How many fill a batch that holds `windows_per_batch` of 64 steps.
    pub(super) fn windows(self, windows_per_batch: usize) -> usize {
        (windows_per_batch * 64 / self.steps).max(1)
    }
}

/// Which cells are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cells", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Hiding {
    /// As the article does: in each voice `fewest` to `most` random steps, the same in all windows
    /// of a batch.
    Article {
        /// The fewest steps.
        fewest: usize,
        /// The most steps.
        most: usize,
    },
    /// A uniformly drawn number of random cells; in a share `whole_voices` of the windows, whole
    /// voices are given and cells of the others hidden.
    OrderAgnostic {
        /// The share, 0 to 1.
        whole_voices: f32,
    },
}

impl Hiding {
    /// What is hidden in validation: the same without structure, so that the loss is the measure
    /// that reports show.
    pub(super) fn for_validation(self) -> Hiding {
        match self {
            Hiding::OrderAgnostic { .. } => Hiding::OrderAgnostic { whole_voices: 0.0 },
            article => article,
        }
    }
}

/// What a request may set.
pub static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "steps",
        value_name: "PASSES",
        kind: OptionKind::Whole {
            low: 1,
            high: 100_000,
            default: None,
        },
        help: "Passes of the network; more take longer and sound more settled [default: 48; for the sampler gibbs four per step of the grid]",
    },
    OptionSpec {
        name: "temperature",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 5.0,
            default: Some(0.99),
        },
        help: "How adventurous the draws are: 0 takes the likeliest, 1 is as learnt",
    },
    OptionSpec {
        name: "grid",
        value_name: "GRID",
        kind: OptionKind::Choice {
            among: &["16th", "8th", "quarter"],
            default: "16th",
        },
        help: "The shortest note that the new voices may have",
    },
    OptionSpec {
        name: "keep",
        value_name: "VOICES",
        kind: OptionKind::Text { default: None },
        help: "Which voices are yours: soprano, alto, tenor, bass, several with commas, or none [default: soprano]",
    },
    OptionSpec {
        name: "part",
        value_name: "PART",
        kind: OptionKind::Text { default: None },
        help: "Which part of a score with other than one or four voices is the melody: its number or name",
    },
    OptionSpec {
        name: "bars",
        value_name: "A-B",
        kind: OptionKind::Text { default: None },
        help: "Make only these bars anew, and keep the rest of a score of four voices",
    },
    OptionSpec {
        name: "sampler",
        value_name: "SAMPLER",
        kind: OptionKind::Choice {
            among: &["ruled", "gibbs"],
            default: "ruled",
        },
        help: "ruled obeys the rules of voice leading as it draws; gibbs is the article's",
    },
];

/// The voices, highest first: their short and full names.
pub(super) const VOICE_NAMES: [(&str, &str); VOICES] = [
    ("s", "Soprano"),
    ("a", "Alto"),
    ("t", "Tenor"),
    ("b", "Bass"),
];

/// What one request asks for: the options, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    /// Passes of the network, if they are set.
    pub(super) passes: Option<usize>,
    /// By how much log-probabilities are divided.
    pub(super) temperature: f32,
    /// The length of a step.
    pub(super) grid: Grid,
    /// Which voices are the user's, if it is said.
    pub(super) keep: Option<[bool; VOICES]>,
    /// Which part is the melody, if it is said.
    pub(super) part: Option<String>,
    /// The bars to make anew, if not all.
    pub(super) bars: Option<(usize, usize)>,
    /// Whether to sample as the article does.
    pub(super) gibbs: bool,
}

impl Request {
    /// Reads `options`.
    pub(super) fn of(options: &Options) -> Result<Request, Error> {
        let grid = options.text("grid").unwrap_or_default();
        let grid = Grid::ALL.into_iter().find(|known| known.name() == grid);
        #[expect(clippy::cast_possible_truncation, reason = "a temperature of 0 to 5")]
        let temperature = options.real("temperature").unwrap_or(1.0) as f32;
        Ok(Request {
            passes: options
                .whole("steps")
                .and_then(|passes| usize::try_from(passes).ok()),
            temperature,
            grid: grid.unwrap_or(Grid::Sixteenth),
            keep: options.text("keep").map(kept_voices).transpose()?,
            part: options.text("part").map(str::to_owned),
            bars: options.text("bars").map(bars).transpose()?,
            gibbs: options.text("sampler") == Some("gibbs"),
        })
    }
}

/// Reads the value of `--bars`: `A-B`, or one bar.
fn bars(text: &str) -> Result<(usize, usize), Error> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
        _ => Err(Error::prompt(
            format!("--bars is {text:?}"),
            "give two bar numbers, such as 5-8",
        )),
    }
}

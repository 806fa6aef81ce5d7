//! The settings of the drums family: what shapes its weights, how its batches are made, and what a request
//! may set.

use std::path::PathBuf;

use consort_music::Metre;
use serde::{Deserialize, Serialize};

use super::encoding::Grid;
use super::styles::Style;
use crate::error::Error;
use crate::options::{OptionKind, OptionSpec, Options};

/// What shapes the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// The steps.
    pub grid: Grid,
    /// The network.
    pub network: Shape,
}

/// What shapes a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    /// Hears a piece from its start.
    Stream(StreamShape),
    /// Hears the last few steps, always anew: the networks of the article.
    Window(WindowShape),
}

/// What shapes a network that hears a piece from its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamShape {
    /// What it is told before a step.
    pub told: Told,
    /// Numbers into which what is told is folded; 0 leaves it as it is.
    pub embedding: usize,
    /// Units of each layer of long short-term memory.
    pub hidden: usize,
    /// How many of these there are, one after another; 0 leaves it to what is told to remember.
    pub layers: usize,
    /// Units of a dense layer after all these; 0 for none.
    pub dense: usize,
    /// Whether each layer of memory but the first adds to what it reads, and what is told reaches the output
    /// past all layers.
    pub shortcuts: bool,
    /// How the drums of a step hang together.
    pub output: Output,
    /// Units of the layer that says how strokes are played; 0 for a network that knows only which there
    /// are.
    pub expression: usize,
    /// The share of what is told that is hidden while learning, in [0, 1).
    pub input_dropout: f32,
    /// The share of each layer's outputs that is hidden while learning, in [0, 1).
    pub dropout: f32,
}

/// What a network is told before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// What a listener knows: see [`Context`](super::encoding::Context).
    Context,
    /// The combination of drums just struck and six bits that count steps, as `drums_rnn` is told.
    Combination,
}

/// How the drums of a step hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// The log-odds of a combination are a sum over its drums and over its pairs of drums.
    Pairs,
    /// Each drum has its own odds.
    Apart,
    /// Each combination has its own odds.
    Free,
}

/// What shapes a network of the article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowShape {
    /// The layers.
    pub layers: Layers,
    /// Steps that it hears: 32 or 128 in the article.
    pub steps: usize,
    /// Drums that it knows, the first of [`BY_FREQUENCY`](super::encoding::BY_FREQUENCY): 6 or 8.
    pub drums: usize,
    /// How a step is written.
    pub symbols: Symbols,
    /// Units of a layer, or filters of the convolution.
    pub hidden: usize,
    /// The share of outputs that is hidden while learning, in [0, 1).
    pub dropout: f32,
}

/// The layers of a network of the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layers {
    /// Three of long short-term memory.
    Lstm,
    /// A convolution over time, the larger of each two steps, and a dense layer.
    Cnn,
}

/// How a step is written for a network of the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symbols {
    /// A number a drum: whether it is struck.
    Drums,
    /// A number for each combination of drums: whether it is this one.
    Combinations,
}

/// How batches are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// Sequences, or windows, in a batch.
    pub rows: usize,
    /// Steps of the longest sequence; longer performances are cut. Of no meaning for windows.
    pub steps: usize,
    /// Every which step a window ends, 1 for all. Of no meaning for sequences.
    pub stride: usize,
    /// How much a nat of how strokes are played counts beside one of which there are.
    pub expression_share: f32,
    /// The share of sequences that begin as if nothing had been before, in [0, 1].
    pub fresh_share: f32,
    /// The share of performances in which a drum other than the kick and the snare is silenced, for each,
    /// in [0, 1].
    pub silenced_share: f32,
    /// The share of sequences in which strokes are missing or added in what is heard, while what is to be
    /// foretold is as it was played, in [0, 1].
    pub misheard_share: f32,
    /// How far velocities are scaled, as a share: 0.2 for 80 to 125 per cent.
    pub velocity_range: f32,
}

/// The most bars of a request.
pub const BARS_MAX: u64 = 1024;

/// What a request may set.
pub static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "bars",
        value_name: "N",
        kind: OptionKind::Whole {
            low: 1,
            high: BARS_MAX,
            default: None,
        },
        help: "Bars to write, after those of a pattern that is given [default: 16, or as long as the track of --with]",
    },
    OptionSpec {
        name: "style",
        value_name: "STYLE",
        kind: OptionKind::Text { default: None },
        help: "The style: rock, funk, jazz, latin, hiphop, soul, jazz/swing, latin/samba, ... [default: left to the network]",
    },
    OptionSpec {
        name: "meter",
        value_name: "METER",
        kind: OptionKind::Text { default: None },
        help: "The metre [default: that of what is given, else 4/4]",
    },
    OptionSpec {
        name: "bpm",
        value_name: "B",
        kind: OptionKind::Real {
            low: 20.0,
            high: 400.0,
            default: None,
        },
        help: "Quarter notes in a minute [default: those of what is given, else usual ones of the style]",
    },
    OptionSpec {
        name: "mode",
        value_name: "MODE",
        kind: OptionKind::Choice {
            among: &["recursive", "guided"],
            default: "recursive",
        },
        help: "recursive hears its own strokes and goes on; guided hears those of the given pattern and says for each step what it expects",
    },
    OptionSpec {
        name: "temperature",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 5.0,
            default: Some(1.0),
        },
        help: "How adventurous the draws are: 0 takes the likeliest, 1 is as learnt",
    },
    OptionSpec {
        name: "top-p",
        value_name: "P",
        kind: OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: Some(1.0),
        },
        help: "Draw only among the likeliest combinations of drums that together have this probability",
    },
    OptionSpec {
        name: "threshold",
        value_name: "X",
        kind: OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: None,
        },
        help: "Strike every drum that is likelier than this and draw nothing, as the article does with 0.5 and 0.4",
    },
    OptionSpec {
        name: "density",
        value_name: "D",
        kind: OptionKind::Real {
            low: 1.0,
            high: 48.0,
            default: None,
        },
        help: "Strokes in a bar of 4/4, each drum counted; drummers play 13 to 25 [default: left to the network]",
    },
    OptionSpec {
        name: "fill-every",
        value_name: "N",
        kind: OptionKind::Whole {
            low: 0,
            high: BARS_MAX,
            default: None,
        },
        help: "Play a fill in every Nth bar and in no other; 0 for none [default: left to the network]",
    },
    OptionSpec {
        name: "swing",
        value_name: "S",
        kind: OptionKind::Real {
            low: 0.5,
            high: 0.75,
            default: None,
        },
        help: "The share of a beat before its second eighth: .5 is straight, .667 triplets [default: as played]",
    },
    OptionSpec {
        name: "with",
        value_name: "TRACK",
        kind: OptionKind::Text { default: None },
        help: "A score whose bass or melody to play along with: its metre, tempo and length are taken",
    },
    OptionSpec {
        name: "between",
        value_name: "FILE",
        kind: OptionKind::Text { default: None },
        help: "A pattern to come from: the bars lead from it to the pattern that is given",
    },
    OptionSpec {
        name: "humanize",
        value_name: "FILE",
        kind: OptionKind::Text { default: None },
        help: "A stiff drum track that gets a drummer's velocities and timing; its strokes stay",
    },
    OptionSpec {
        name: "quantize",
        value_name: "",
        kind: OptionKind::Switch,
        help: "Put every stroke on the grid, of sixteenths or triplets beat by beat, at one velocity",
    },
];

/// How steps are decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// By what log-probabilities are divided; 0 takes the likeliest.
    pub temperature: f32,
    /// Only the likeliest combinations that together have this probability are drawn among; 1 is all.
    pub top_p: f32,
    /// After the opening nothing is drawn, but every drum struck that is likelier than this.
    pub threshold: Option<f32>,
    /// How many bars, from the first, are the opening, which is drawn at [`OPENING`] of the temperature. A
    /// drummer who begins has decided on a groove; a network that hears nothing yet has not, and what it
    /// happens to strike would be all that it goes by.
    pub opening_bars: usize,
}

/// The share of the temperature in the bars that open a piece.
pub const OPENING: f32 = 0.8;

impl Decision {
    /// Drawn as learnt, after an opening of two bars.
    pub const DEFAULT: Decision = Decision {
        temperature: 1.0,
        top_p: 1.0,
        threshold: None,
        opening_bars: 2,
    };

    /// The same after bars that were heard, with which a piece has opened already.
    #[must_use]
    pub const fn after(self, bars: usize) -> Decision {
        Decision {
            opening_bars: self.opening_bars.saturating_sub(bars),
            ..self
        }
    }
}

/// What one request asks for: the options, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) bars: Option<usize>,
    pub(super) style: Option<Style>,
    pub(super) metre: Option<Metre>,
    pub(super) tempo: Option<f64>,
    pub(super) guided: bool,
    pub(super) decision: Decision,
    /// Strokes in a quarter note.
    pub(super) density: Option<f64>,
    pub(super) fill_every: Option<usize>,
    pub(super) swing: Option<f64>,
    pub(super) with: Option<PathBuf>,
    pub(super) between: Option<PathBuf>,
    pub(super) humanize: Option<PathBuf>,
    pub(super) quantize: bool,
}

impl Request {
    /// Reads `options`.
    ///
    /// # Errors
    /// If one of them has no meaning, or they do not go together.
    pub(super) fn of(options: &Options) -> Result<Request, Error> {
        let whole = |name: &str| options.whole(name).and_then(|n| usize::try_from(n).ok());
        let path = |name: &str| options.text(name).map(PathBuf::from);
        #[expect(clippy::cast_possible_truncation, reason = "settings of few digits")]
        let real = |name: &str| options.real(name).map(|number| number as f32);
        let decision = Decision {
            temperature: real("temperature").unwrap_or(Decision::DEFAULT.temperature),
            top_p: real("top-p").unwrap_or(Decision::DEFAULT.top_p),
            threshold: real("threshold"),
            ..Decision::DEFAULT
        };
        let request = Request {
            bars: whole("bars"),
            style: options.text("style").map(Style::named).transpose()?,
            metre: options.text("meter").map(metre).transpose()?,
            tempo: options.real("bpm"),
            guided: options.text("mode") == Some("guided"),
            decision,
            density: options.real("density").map(|strokes| strokes / 4.0),
            fill_every: whole("fill-every"),
            swing: options.real("swing"),
            with: path("with"),
            between: path("between"),
            humanize: path("humanize"),
            quantize: options.switch("quantize"),
        };
        request.refuse_clashes(options)?;
        Ok(request)
    }

    /// Refuses options that mean nothing together.
    fn refuse_clashes(&self, options: &Options) -> Result<(), Error> {
        let is_set = |name: &str| options.changed().any(|(changed, _)| changed == name);
        let clashes: [(&str, &[&str]); 5] = [
            ("threshold", &["temperature", "top-p"]),
            ("with", &["meter", "bpm", "between", "humanize"]),
            ("between", &["humanize", "fill-every", "density"]),
            (
                "humanize",
                &[
                    "bars",
                    "density",
                    "fill-every",
                    "threshold",
                    "top-p",
                    "swing",
                    "quantize",
                    "meter",
                    "bpm",
                ],
            ),
            (
                "mode",
                &[
                    "bars",
                    "with",
                    "between",
                    "humanize",
                    "density",
                    "fill-every",
                ],
            ),
        ];
        for (name, others) in clashes {
            let clash = others.iter().find(|other| is_set(name) && is_set(other));
            if let Some(other) = clash {
                return Err(Error::prompt(
                    format!("--{name} leaves nothing for --{other} to say"),
                    "leave one of them out",
                ));
            }
        }
        Ok(())
    }
}

/// Reads the value of `--meter`.
fn metre(text: &str) -> Result<Metre, Error> {
    let read = text.parse::<Metre>().ok();
    let fits = read.filter(|metre| {
        let steps = 16 * usize::from(metre.beats);
        steps.is_multiple_of(usize::from(metre.unit)) && steps / usize::from(metre.unit) <= 64
    });
    fits.ok_or_else(|| {
        Error::prompt(
            format!("--meter is {text:?}"),
            "give a metre such as 4/4, 3/4 or 7/8, of whole sixteenths and at most four whole notes",
        )
    })
}

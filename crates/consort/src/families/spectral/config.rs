//! The settings of the spectral family: what shapes its weights, how its batches are made, and what a
//! request may set.

use serde::{Deserialize, Serialize};

use crate::options::{OptionKind, OptionSpec};

/// What shapes the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// The network.
    pub network: Shape,
}

/// What shapes a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    /// Hears frames of a quarter of a second as Fourier transforms, and says the next: the article's.
    Fourier(FourierShape),
    /// Hears overlapping frames as magnitudes, and draws the next.
    Tones(TonesShape),
}

/// The networks of the article, in its numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// (1) A layer of long short-term memory, then a linear layer.
    Baseline,
    /// (2) A dense layer before it.
    Fc,
    /// (3) Filters over frequency, and the dense layer.
    Conv,
    /// (4) The dense layer, and two layers of memory one after the other.
    Stacked,
    /// (5) The dense layer, two layers of memory side by side whose outputs are summed, and a dense layer.
    Bilinear,
    /// (6) Several frames a step, real and imaginary parts as two channels of a picture, and filters over it.
    Block,
}

/// What shapes a network of the article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FourierShape {
    /// Which of them.
    pub layout: Layout,
    /// Units of each layer of memory and of each dense layer.
    pub units: usize,
    /// The share of what the dense layers say that is hidden while learning, in [0, 1).
    pub dense_dropout: f32,
    /// The same of the layers of memory.
    pub memory_dropout: f32,
    /// What the squares of the weights of the dense layers count beside the error.
    pub l2: f32,
}

/// What shapes our own network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TonesShape {
    /// Units of the dense layers between a frame and its code.
    pub width: usize,
    /// Numbers of a code.
    pub code: usize,
    /// The deviation of the noise that codes bear while learning; their own is about 1.
    pub code_noise: f32,
    /// Units of the layer of memory.
    pub memory: usize,
    /// Units of what is drawn from.
    pub context: usize,
    /// Units of the masked layer between the numbers of a code that are drawn and the next.
    pub masked: usize,
    /// Logistic distributions whose mixture each number is drawn from.
    pub mixture: usize,
    /// The share of what is recalled that is hidden while learning, in [0, 1).
    pub dropout: f32,
}

/// How batches are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// Stretches of sound in a batch.
    pub rows: usize,
    /// Frames of each that are foretold.
    pub steps: usize,
    /// Semitones up or down at most that sound is moved by playing it faster or slower.
    pub speed: f32,
}

/// What a request may set.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "seconds",
        value_name: "N",
        kind: OptionKind::Real {
            low: 0.25,
            high: 86_400.0,
            default: Some(20.0),
        },
        help: "How much is added, in seconds",
    },
    OptionSpec {
        name: "temperature",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 2.0,
            default: Some(1.0),
        },
        help: "How freely it is drawn what comes next; 0 takes the likeliest. The article's networks do not draw",
    },
    OptionSpec {
        name: "only-new",
        value_name: "",
        kind: OptionKind::Switch,
        help: "Leave the recording out, and write only what is added to it",
    },
];

//! The settings of the dynamics family: what shapes its weights, how its batches are made, and what a
//! request may set.

use serde::{Deserialize, Serialize};

use crate::options::{OptionKind, OptionSpec};

/// What shapes the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// The styles, by name, in the order of their heads.
    pub styles: Vec<String>,
    /// The network.
    pub network: Shape,
}

/// What shapes a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    /// Reads notes, and draws their velocities one after another.
    Notes(NotesShape),
    /// Reads sixteenths of 4/4, and says the velocities of all keys at once: the network of the article.
    Rolls(RollsShape),
}

/// What shapes a network over notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotesShape {
    /// Networks that read the notes side by side; what they expect is averaged.
    pub readers: usize,
    /// Units of each dense layer of a reader.
    pub width: usize,
    /// Units of each of its two layers of long short-term memory, in either direction.
    pub hidden: usize,
    /// Units of the layer that remembers how notes were struck.
    pub memory: usize,
    /// Logistic distributions whose mixture a velocity is drawn from.
    pub mixture: usize,
    /// The share of each layer's outputs that is hidden while learning, in [0, 1).
    pub dropout: f32,
    /// Units of the layer that says when notes are played; 0 for a network that knows nothing of it.
    #[serde(default)]
    pub timing: usize,
}

/// What shapes the network of the article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollsShape {
    /// Units of each layer, in either direction.
    pub units: usize,
    /// Layers of each style.
    pub layers: usize,
    /// The share of each layer's inputs that is hidden while learning, in [0, 1).
    pub dropout: f32,
}

/// How batches are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// Whether batches take turns among the styles; else a style is drawn the more often the more notes it
    /// has.
    pub alternating: bool,
    /// Windows in a batch.
    pub rows: usize,
    /// Notes, or sixteenths, in a window.
    pub steps: usize,
    /// Windows taken from a performance that is drawn.
    pub windows_per_draw: usize,
    /// The share of draws whose notes lie on sixteenths.
    pub grid_share: f32,
    /// The share of draws that are read from the page, where there is one.
    pub notated_share: f32,
    /// The share of draws that are told no beats.
    pub beatless_share: f32,
    /// Semitones up or down at most.
    pub transposition: usize,
    /// The logarithm of how much slower or faster at most.
    pub stretch: f32,
    /// How much performances of a work share its weight: 0 not at all, 1 all works count alike but for
    /// their length.
    pub work_share: f64,
    /// How much a nat of how velocities are drawn counts beside the squared error of the expected one.
    pub drawn_share: f32,
    /// How much the squared error of the level counts beside it.
    pub level_share: f32,
}

/// What a request may set.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "style",
        value_name: "STYLE",
        kind: OptionKind::Each { default: None },
        help: "How to play: a style of the weights, such as classical or jazz; given several times, a piece is made in each [default: the first of the weights]",
    },
    OptionSpec {
        name: "strength",
        value_name: "S",
        kind: OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: Some(1.0),
        },
        help: "How far velocities move from those that are given to those of the player; 0 leaves the score as it is",
    },
    OptionSpec {
        name: "timing",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: Some(0.0),
        },
        help: "How far tempo, onsets and lengths of notes move to those of a pianist; what is written stays beside it",
    },
    OptionSpec {
        name: "pedal",
        value_name: "",
        kind: OptionKind::Switch,
        help: "Add a pianist's sustain pedal",
    },
    OptionSpec {
        name: "temperature",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 2.0,
            default: Some(1.0),
        },
        help: "How freely velocities are drawn; 0 plays what is to be expected, the same for every seed",
    },
    OptionSpec {
        name: "marks",
        value_name: "WHAT",
        kind: OptionKind::Choice {
            among: &["follow", "keep", "ignore"],
            default: "follow",
        },
        help: "What to do about written dynamics and hairpins: follow them, keep the given velocities where they stand, or ignore them",
    },
    OptionSpec {
        name: "keep-accents",
        value_name: "",
        kind: OptionKind::Switch,
        help: "Keep written accents, and how far given velocities stand out from those around them",
    },
    OptionSpec {
        name: "loudness",
        value_name: "V",
        kind: OptionKind::Real {
            low: 20.0,
            high: 110.0,
            default: None,
        },
        help: "The mean velocity to aim at [default: left to the player]",
    },
    OptionSpec {
        name: "range",
        value_name: "V",
        kind: OptionKind::Real {
            low: 4.0,
            high: 30.0,
            default: None,
        },
        help: "The standard deviation of velocities to aim at; pianists have about 15 [default: left to the player]",
    },
];

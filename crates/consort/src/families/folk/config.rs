//! The settings of the folk family: what shapes its weights, how its batches are made, and what a
//! request may set.

use serde::{Deserialize, Serialize};

use crate::options::{OptionKind, OptionSpec};

/// What shapes the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// What the network is told at a character.
    pub told: Told,
    /// Numbers that describe what is told.
    pub embedding: usize,
    /// Units of each layer of long short-term memory.
    pub hidden: usize,
    /// How many layers there are, one after another.
    pub layers: usize,
    /// Whether each layer but the first adds to what it reads, and what is told reaches the output past
    /// all layers.
    pub shortcuts: bool,
    /// The share of what is told that is hidden from the layers while learning, in [0, 1).
    pub input_dropout: f32,
    /// The share of each layer's outputs that is hidden while learning, in [0, 1).
    pub dropout: f32,
    /// Rows of a batch of which the network remembers how the last batch ended, so that the next can
    /// go on from there; 0 if it always begins with nothing.
    pub carried_rows: usize,
}

/// What a network is told at a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// The character.
    Character,
    /// The character counted from the tonic, and what is known of its place:
    /// see [`Context`](super::encoding::Context).
    Context,
}

/// How batches are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// What is learnt from. Where the data folder has no such set, but ABC files of the user's own, those
    /// are.
    pub corpus: Corpus,
    /// How tunes become sequences.
    pub sequences: Sequences,
    /// Sequences in a batch.
    pub rows: usize,
    /// Characters of the longest sequence; longer tunes are cut.
    pub characters: usize,
}

/// What is learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corpus {
    /// The jigs of the Nottingham collection, as published: the article's corpus.
    Jigs,
    /// The whole Nottingham collection, as published.
    Nottingham,
    /// Collections in the public domain, as plain tune texts.
    PublicDomain,
}

impl Corpus {
    /// How tunes of it are split, and in what form they are learnt.
    pub(super) fn split(self) -> &'static str {
        match self {
            Corpus::Jigs | Corpus::Nottingham => "folk-tenth/1",
            Corpus::PublicDomain => "folk-tenth-melodies/1",
        }
    }
}

/// How tunes become sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequences {
    /// All text is cut into as many rows as a batch has, and each batch goes on where the last one
    /// ended.
    Stream,
    /// A row is a tune from its beginning, with tunes of about the same length.
    Tunes,
}

/// What a request may set.
pub static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "temperature",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 5.0,
            default: 0.9,
        },
        help: "How adventurous the draws are: 0 takes the likeliest, 1 is as learnt",
    },
    OptionSpec {
        name: "top-p",
        value_name: "P",
        kind: OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: 1.0,
        },
        help: "Draw only among the likeliest characters that together have this probability",
    },
];

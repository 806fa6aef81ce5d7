//! What a family is asked with and what it answers.

use std::collections::BTreeMap;

use consort_learn::Seed;
use consort_music::Score;
use serde::Serialize;

/// What a family is given to go on from.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a program has few prompts at a time"
)]
pub enum Prompt {
    /// Nothing: the family begins by itself.
    Nothing,
    /// A score, whole or with holes.
    Score(Score),
}

/// What a family made.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The music.
    pub music: Music,
    /// How it was made, so that it can be made again; the [`Generator`](crate::Generator) fills it
    /// in and writes it into the music.
    pub made_by: Option<MadeBy>,
    /// What the user should know: what was guessed, what could not be kept.
    pub notices: Vec<String>,
    /// Facts about the making, by name: measures of the result and of the work.
    pub facts: BTreeMap<&'static str, f64>,
    /// How the measure that the sampler watches went, pass by pass.
    pub trace: Vec<TracePoint>,
}

/// Music in the form in which a family makes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Music {
    /// A score.
    Score(Score),
}

/// All that is needed to make a piece again, beside its prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeBy {
    /// The version of the program.
    pub version: String,
    /// The family.
    pub family: String,
    /// The weights.
    pub weights: String,
    /// Everything that was set to something other than the default of this version, by name.
    pub options: BTreeMap<String, String>,
    /// The seed.
    pub seed: Seed,
}

impl Music {
    /// Writes into the music's own metadata how it was made.
    pub(crate) fn sign(&mut self, made_by: &MadeBy) {
        let Music::Score(score) = self;
        let text = serde_json::to_string(made_by).expect("a signature is plain data");
        score.metadata.fields.retain(|(name, _)| name != "consort");
        score.metadata.fields.push(("consort".to_owned(), text));
    }
}

/// One pass of a sampler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePoint {
    /// The pass, 1 first.
    pub pass: u32,
    /// The share of the free cells that the pass drew.
    pub drawn: f32,
    /// The mean negative log-likelihood of what it drew, in nats per cell.
    pub nll: f32,
}

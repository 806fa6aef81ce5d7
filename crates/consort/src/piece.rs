//! What a family is asked with and what it answers.

use std::collections::BTreeMap;

use consort_learn::Seed;
use consort_music::Score;
use serde::Serialize;

use crate::sound::Sound;

/// What a family is given to go on from.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// Nothing: the family begins by itself.
    Nothing,
    /// A score, whole or with holes.
    Score(Score),
    /// A recording.
    Sound(Sound),
}

/// What a family made.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The music.
    pub music: Music,
    /// How it was made, so that it can be made again; the [`Generator`](crate::Generator) fills it
    /// in and writes it into the music, unless that is unchanged.
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
    /// Sound, which is made while it is heard.
    Sound(Sound),
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

impl Piece {
    /// Whether the music is the prompt's score, apart from signatures in their metadata: then there is no
    /// new music, and a file of it should be the prompt's own, bit for bit.
    pub fn is_unchanged(&self, prompt: &Prompt) -> bool {
        let (Music::Score(made), Prompt::Score(given)) = (&self.music, prompt) else {
            return false;
        };
        fn fields(score: &Score) -> impl Iterator<Item = &(String, String)> {
            let fields = score.metadata.fields.iter();
            fields.filter(|(name, _)| name != SIGNATURE)
        }
        if made.parts != given.parts || !fields(made).eq(fields(given)) {
            return false;
        }
        let without = |score: &Score| {
            let mut metadata = score.metadata.clone();
            metadata.fields.clear();
            Score {
                metadata,
                parts: Vec::new(),
                resolution: score.resolution,
                measures: score.measures.clone(),
                keys: score.keys.clone(),
                tempos: score.tempos.clone(),
            }
        };
        without(made) == without(given)
    }
}

/// The field of a score's metadata that says how it was made.
const SIGNATURE: &str = "consort";

impl Music {
    /// Writes into the music's own metadata how it was made.
    pub(crate) fn sign(&mut self, made_by: &MadeBy) {
        // Sound bears no signature: what is streamed has no place for one.
        let Music::Score(score) = self else {
            return;
        };
        let text = serde_json::to_string(made_by).expect("a signature is plain data");
        score.metadata.fields.retain(|(name, _)| name != SIGNATURE);
        score.metadata.fields.push((SIGNATURE.to_owned(), text));
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

#[cfg(test)]
mod tests {
    use consort_music::abc;

    use super::*;

    fn tune(text: &str) -> Score {
        let text = format!("X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n{text}\n");
        abc::read(text.as_bytes()).unwrap().value.remove(0)
    }

    fn piece(score: Score) -> Piece {
        Piece {
            music: Music::Score(score),
            made_by: None,
            notices: Vec::new(),
            facts: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    fn made_by() -> MadeBy {
        MadeBy {
            version: "1".to_owned(),
            family: "test".to_owned(),
            weights: "test-1".to_owned(),
            options: BTreeMap::new(),
            seed: Seed(1),
        }
    }

    #[test]
    fn a_signature_is_no_change_and_all_else_is() {
        let given = tune("CDEF|]");
        let prompt = Prompt::Score(given.clone());
        assert!(piece(given.clone()).is_unchanged(&prompt));
        assert!(!piece(given.clone()).is_unchanged(&Prompt::Nothing));

        let mut signed = Music::Score(given.clone());
        signed.sign(&made_by());
        let Music::Score(signed) = signed else {
            panic!("it was a score");
        };
        assert_ne!(signed, given);
        assert!(piece(signed.clone()).is_unchanged(&prompt));
        assert!(piece(given.clone()).is_unchanged(&Prompt::Score(signed)));

        let changes: [fn(&mut Score); 4] = [
            |score| score.parts[0].notes[0].velocity = 1u8.try_into().ok(),
            |score| score.metadata.title = None,
            |score| score.metadata.fields.clear(),
            |score| score.measures[0].number = "2".to_owned(),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut changed = given.clone();
            change(&mut changed);
            assert!(!piece(changed).is_unchanged(&prompt), "{index}");
        }
    }
}

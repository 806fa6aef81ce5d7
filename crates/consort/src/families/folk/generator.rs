//! Answers a prompt.

use std::collections::BTreeMap;

use consort_learn::stepper::Precision;
use consort_learn::{Observer, Seed};
use consort_music::abc;

use super::network::{Network, Speaker};
use super::sampler::{Drawing, write_freely};
use crate::error::Error;
use crate::families::Piecewise;
use crate::options::Options;
use crate::piece::{Music, Piece, Prompt};

/// A network that is ready to write.
pub(super) struct Composer {
    speaker: Speaker,
}

impl Composer {
    /// Prepares `network`.
    pub(super) fn new(network: &Network) -> Composer {
        Composer {
            speaker: Speaker::new(network, Precision::BFloat16),
        }
    }
}

impl Piecewise for Composer {
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        if *prompt != Prompt::Nothing {
            return Err(Error::prompt(
                "a tune to go on from cannot be used yet",
                "leave it out",
            ));
        }
        #[expect(clippy::cast_possible_truncation, reason = "settings of few digits")]
        let drawing = Drawing {
            temperature: options.real("temperature").unwrap_or(1.0) as f32,
            top_p: options.real("top-p").unwrap_or(1.0) as f32,
        };
        let mut speaker = self.speaker.clone();
        let mut stream = seed.stream("folk", 0);
        let written = write_freely(&mut speaker, drawing, &mut stream, observe)?;
        let reading = abc::read(written.text.as_bytes()).ok();
        let tune = reading.and_then(|reading| reading.value.into_iter().next());
        let tune =
            tune.ok_or_else(|| Error::prompt("what was drawn holds no tune", "try another seed"))?;
        Ok(Piece {
            music: Music::Score(tune),
            made_by: None,
            notices: Vec::new(),
            facts: BTreeMap::from([("nats", written.nats)]),
            trace: written.trace,
        })
    }
}

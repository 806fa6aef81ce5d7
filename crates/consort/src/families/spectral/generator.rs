//! A recording in, the same and more out.

use std::collections::BTreeMap;
use std::sync::Arc;

use consort_learn::{Observer, Seed};

use super::encoding::RATE;
use super::network::Network;
use super::sampler::{CONTEXT, Continuation, LEAST};
use crate::error::Error;
use crate::families::Piecewise;
use crate::options::Options;
use crate::piece::{Music, Piece, Prompt};
use crate::sound::{Sink, Sound, Source, tell};

/// Silence is what has less than this at its loudest: 60 dB below full scale.
const SILENT: f32 = 0.001;

/// A few seconds of a piano, to go on from: 16 bits a sample.
const EXAMPLE: &[u8] = include_bytes!("example.raw");

/// The prompt to try it with.
pub(super) fn example() -> Prompt {
    let samples = EXAMPLE
        .chunks_exact(2)
        .map(|bytes| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0);
    Prompt::Sound(Sound::of_samples(RATE, samples.collect()))
}

/// A network that is ready to go on.
pub(super) struct Continuer {
    network: Arc<Network>,
}

impl Continuer {
    /// Prepares `network`.
    pub(super) fn new(network: Network) -> Continuer {
        Continuer {
            network: Arc::new(network),
        }
    }
}

impl Piecewise for Continuer {
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let Prompt::Sound(sound) = prompt else {
            return Err(Error::prompt(
                "there is no recording to go on from",
                "give one as mp3, flac, ogg or wav",
            ));
        };
        let heard = Heard::of(sound, observe)?;
        let seconds = options.real("seconds").unwrap_or(20.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a day at most"
        )]
        let added = (seconds * f64::from(RATE)).round() as u64;
        #[expect(clippy::cast_possible_truncation, reason = "a setting of few digits")]
        let temperature = options.real("temperature").unwrap_or(1.0) as f32;
        let only_new = options.switch("only-new");
        let longer = Longer {
            network: self.network.clone(),
            sound: sound.clone(),
            heard: heard.frames,
            tail: heard.tail,
            added,
            temperature,
            seed,
            only_new,
        };
        let frames = if only_new {
            added
        } else {
            heard.frames + added
        };
        #[expect(clippy::cast_precision_loss, reason = "hours")]
        let given = heard.frames as f64 / f64::from(RATE);
        Ok(Piece {
            music: Music::Sound(Sound::new(RATE, frames, Arc::new(longer))),
            made_by: None,
            notices: sound.warnings(),
            facts: BTreeMap::from([("seconds given", given), ("seconds added", seconds)]),
            trace: Vec::new(),
        })
    }
}

/// A recording, heard to its end.
struct Heard {
    frames: u64,
    /// Its last samples.
    tail: Vec<f32>,
}

impl Heard {
    fn of(sound: &Sound, observe: &mut Observer<'_>) -> Result<Heard, Error> {
        let mut heard = Heard {
            frames: 0,
            tail: Vec::new(),
        };
        let total = sound.frames() / u64::from(RATE);
        tell(observe, 0, total)?;
        let mut sink = |block: &[f32]| {
            heard.frames += block.len() as u64;
            heard.tail.extend_from_slice(block);
            if heard.tail.len() > 2 * CONTEXT {
                heard.tail.drain(..heard.tail.len() - CONTEXT);
            }
            Ok(())
        };
        sound.play(&mut sink, observe)?;
        tell(observe, heard.frames / u64::from(RATE), total)?;
        let excess = heard.tail.len().saturating_sub(CONTEXT);
        heard.tail.drain(..excess);
        if heard.tail.len() < LEAST {
            #[expect(clippy::cast_precision_loss, reason = "less than a second")]
            let seconds = heard.frames as f64 / f64::from(RATE);
            return Err(Error::prompt(
                format!("the recording has {seconds:.2} s"),
                "give half a second at least to go on from",
            ));
        }
        let loudest = heard.tail.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        if loudest < SILENT {
            return Err(Error::prompt(
                "the end of the recording is silent",
                "cut the silence off: there is nothing in it to go on from",
            ));
        }
        Ok(heard)
    }
}

/// A recording and what follows it.
struct Longer {
    network: Arc<Network>,
    sound: Sound,
    heard: u64,
    tail: Vec<f32>,
    added: u64,
    temperature: f32,
    seed: Seed,
    only_new: bool,
}

impl Source for Longer {
    fn play(&self, sink: &mut Sink<'_>, observe: &mut Observer<'_>) -> Result<(), Error> {
        let mut continuation =
            Continuation::after(&self.network, &self.tail, self.temperature, self.seed);
        let replaced = continuation.replaced() as u64;
        if !self.only_new {
            let mut left = self.heard - replaced;
            let mut whole = |block: &[f32]| {
                let count = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
                left -= count as u64;
                sink(&block[..count])
            };
            self.sound.play(&mut whole, observe)?;
        }
        let (mut skipped, mut left) = if self.only_new {
            (replaced, self.added)
        } else {
            (0, self.added + replaced)
        };
        let total = self.added / u64::from(RATE);
        let mut told = u64::MAX;
        while left > 0 {
            let second = total.saturating_sub(left / u64::from(RATE));
            if second != told {
                tell(observe, second, total)?;
                told = second;
            }
            let block = continuation.block();
            let begin = usize::try_from(skipped).unwrap_or(0).min(block.len());
            skipped -= begin as u64;
            let end = usize::try_from(left).unwrap_or(usize::MAX);
            let end = begin.saturating_add(end).min(block.len());
            left -= (end - begin) as u64;
            sink(&block[begin..end])?;
        }
        Ok(())
    }
}

//! Answers a prompt: arrange, fill, write down.

use std::collections::BTreeMap;

use consort_learn::{Observer, Seed};
use consort_music::statistics::voice_leading;
use consort_music::{Cell, VoiceGrid};

use super::arrangement::Arrangement;
use super::config::Request;
use super::encoding::{Attack, VOICES, Window, pitch_of};
use super::network::Network;
use super::rules::Rules;
use super::sampler::{Method, Sampling, fill};
use crate::error::Error;
use crate::families::Piecewise;
use crate::options::Options;
use crate::piece::{Music, Piece, Prompt};

impl Piecewise for Network {
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let Prompt::Score(score) = prompt else {
            return Err(Error::prompt(
                "there is nothing to harmonise",
                "give a score with a melody",
            ));
        };
        let request = Request::of(options)?;
        let mut arrangement = Arrangement::of(score, &request)?;
        let sampling = sampling(&request, arrangement.window.steps());
        let mut stream = seed.stream("chorale", 0);
        let trace = fill(
            self,
            &mut arrangement.window,
            &sampling,
            &mut stream,
            observe,
        )?;
        let mut facts = facts(&arrangement.window);
        facts.insert(
            "passes",
            f64::from(u32::try_from(sampling.passes).unwrap_or(u32::MAX)),
        );
        let (score, notices) = arrangement.into_score();
        Ok(Piece {
            music: Music::Score(score),
            made_by: None,
            notices,
            facts,
            trace,
        })
    }
}

/// How a request is sampled.
pub(super) fn sampling(request: &Request, steps: usize) -> Sampling {
    let (method, passes) = if request.gibbs {
        (Method::ARTICLE, VOICES * steps)
    } else {
        (Method::DEFAULT, DEFAULT_PASSES)
    };
    Sampling {
        method,
        passes: request.passes.unwrap_or(passes),
        temperature: request.temperature,
    }
}

/// Passes of our sampler. More take longer and change the measures of voice leading little, fewer
/// leave more leaps (the table of samplers in the evaluation).
pub(super) const DEFAULT_PASSES: usize = 48;

impl Method {
    /// The article's settings.
    pub const ARTICLE: Method = Method::Gibbs {
        high: 0.9,
        low: 0.03,
        eta: 0.85,
    };

    /// Ours.
    pub const DEFAULT: Method = Method::Ruled {
        rules: Rules::DEFAULT,
        heat: 2.0,
        mending: 0.5,
        redrawn: (0.5, 0.05),
    };

    /// The same with other rules; the article's method knows none.
    pub(super) fn with_rules(self, rules: Rules) -> Method {
        match self {
            Method::Ruled {
                heat,
                mending,
                redrawn,
                ..
            } => Method::Ruled {
                rules,
                heat,
                mending,
                redrawn,
            },
            gibbs @ Method::Gibbs { .. } => gibbs,
        }
    }
}

/// Measures of a filled window that a user may want to see.
fn facts(window: &Window) -> BTreeMap<&'static str, f64> {
    let grid = grid_of(window);
    let counts = voice_leading(&grid);
    let fact = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    BTreeMap::from([
        ("steps", fact(window.steps() as u64)),
        ("parallel fifths", fact(counts.parallel_fifths)),
        ("parallel octaves", fact(counts.parallel_octaves)),
    ])
}

/// A window as a grid: what is not known to be held is struck.
pub(super) fn grid_of(window: &Window) -> VoiceGrid {
    let mut grid = VoiceGrid::new(window.steps(), VOICES);
    for (step, (classes, attacks)) in window.classes.iter().zip(&window.attacks).enumerate() {
        for voice in 0..VOICES {
            let cell = match (pitch_of(classes[voice]), attacks[voice]) {
                (None, _) => Cell::Rest,
                (Some(pitch), Attack::Struck) => Cell::Onset(pitch),
                (Some(pitch), Attack::Held | Attack::Unknown) => Cell::Hold(pitch),
            };
            grid.set(step, voice, cell);
        }
    }
    grid
}

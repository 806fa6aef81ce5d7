//! Answers a prompt: find the notes, read them, play them, and write down how hard each is struck.

use std::collections::BTreeMap;

use consort_learn::{Observer, Seed};
use consort_music::dynamics::{self, Levels};
use consort_music::{Resolution, Score, abc};

use super::encoding::{Level, View};
use super::network::Network;
use super::sampler::{Intent, play};
use super::touch::Touches;
use crate::error::Error;
use crate::families::Piecewise;
use crate::options::Options;
use crate::piece::{Music, Piece, Prompt};

/// A prompt to try it with: a minuet by Christian Petzold.
pub(super) fn example() -> Prompt {
    let tunes = abc::read(include_bytes!("example.abc"));
    let tune = tunes.ok().and_then(|mut tunes| tunes.value.pop());
    Prompt::Score(tune.expect("the example is a tune"))
}

/// A network that is ready to play.
pub(super) struct Performer {
    network: Network,
}

/// The most that draws of timing are freed: what a network is unsure of would be heard as a stumble.
pub(super) const TIMING_TEMPERATURE: f32 = 0.7;

/// Ticks in a quarter note at least, for timing to be told.
const FINE: u32 = 480;

/// The same score in ticks fine enough for timing.
fn fine(score: &Score) -> Score {
    let ticks = score.resolution.ticks_per_quarter();
    let finer = Resolution::new(ticks.saturating_mul(FINE.div_ceil(ticks)));
    let finer = finer.and_then(|finer| score.at_resolution(finer));
    finer.unwrap_or_else(|| score.clone())
}

/// What is done about written dynamics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    Follow,
    Keep,
    Ignore,
}

impl Performer {
    /// Prepares `network`.
    pub(super) fn new(network: Network) -> Performer {
        Performer { network }
    }

    /// The number of the style that is asked for.
    fn style(&self, options: &Options) -> Result<usize, Error> {
        let styles = self.network.styles();
        let Some(name) = options.text("style") else {
            return Ok(0);
        };
        let found = styles.iter().position(|style| style == name);
        found.ok_or_else(|| Error::Unknown {
            kind: "style",
            name: name.to_owned(),
            known: styles.join(", "),
        })
    }
}

impl Piecewise for Performer {
    fn generate(
        &self,
        prompt: &Prompt,
        options: &Options,
        seed: Seed,
        observe: &mut Observer<'_>,
    ) -> Result<Piece, Error> {
        let style = self.style(options)?;
        let Prompt::Score(score) = prompt else {
            return Err(Error::prompt("there is no score to play", "give one"));
        };
        let strength = options.real("strength").unwrap_or(1.0);
        let timing = options.real("timing").unwrap_or(0.0);
        let pedal = options.switch("pedal");
        let finer = (timing > 0.0 || pedal).then(|| fine(score));
        let score = finer.as_ref().unwrap_or(score);
        let touches = Touches::of(score);
        if touches.len() == 0 {
            return Err(Error::prompt(
                "the score has no notes to play, or none but drums",
                "give one with notes for a piano",
            ));
        }
        let mut notices = notices(score);
        let is_roll = self.network.rolls.is_some();
        let on_grid = touches.are_on_grid();
        if !on_grid {
            notices.push(
                "the notes lie on no grid, so they are taken as somebody's playing, whose beats are not \
                 known"
                    .to_owned(),
            );
        }
        if finer.is_some() && !on_grid {
            return Err(Error::prompt(
                "the notes are timed by somebody's playing already",
                "leave out --timing and --pedal, or quantize them first: consort convert --quantize 16",
            ));
        }
        let view = match (is_roll, on_grid) {
            (true, _) => View::Grid,
            (false, true) => View::Notated,
            (false, false) => View::Performed,
        };
        let passage = touches.passage(view);
        #[expect(clippy::cast_possible_truncation, reason = "settings of few digits")]
        let temperature = options.real("temperature").unwrap_or(1.0) as f32;
        let intent = Intent {
            style,
            beats: view != View::Performed,
            temperature,
            timing: finer
                .is_some()
                .then_some(temperature.min(TIMING_TEMPERATURE)),
            loudness: options.real("loudness"),
            range: options.real("range"),
        };
        let mut stream = seed.stream("dynamics", 0);
        let played = play(&self.network, &passage, intent, &mut stream, observe)?;
        let mut velocities = vec![0.0; touches.len()];
        for (event, &velocity) in passage.events.iter().zip(&played.velocities) {
            velocities[event.source] = velocity;
        }
        let marks = match options.text("marks") {
            Some("keep") => Marks::Keep,
            Some("ignore") => Marks::Ignore,
            _ => Marks::Follow,
        };
        let written = Levels::of(score);
        match (marks, &written) {
            (Marks::Follow, Some(levels)) => touches.follow(levels, &mut velocities),
            (Marks::Keep, Some(_)) => touches.keep(score, &mut velocities),
            _ => {}
        }
        if options.switch("keep-accents") {
            touches.accent(score, &mut velocities);
        }
        let mut music = score.clone();
        if strength > 0.0 && touches.write(&mut music, &velocities, strength) {
            let are_left = marks != Marks::Ignore && written.is_some();
            if !are_left {
                dynamics::mark(&mut music);
            }
        }
        if timing > 0.0 {
            touches.time(&mut music, &passage, &played.timed, timing);
        }
        if pedal && !touches.pedal(&mut music, &passage, &played.timed) {
            notices.push("the score has a pedal of its own, which stays".to_owned());
        }
        let sounding = Level::of(velocities.iter().copied());
        let facts = sounding.map_or_else(BTreeMap::new, |level| {
            #[expect(clippy::cast_precision_loss, reason = "a count of notes")]
            let notes = touches.len() as f64;
            BTreeMap::from([
                ("notes", notes),
                ("mean velocity", level.mean),
                ("deviation of velocity", level.deviation),
            ])
        });
        Ok(Piece {
            music: Music::Score(music),
            made_by: None,
            notices,
            facts,
            trace: Vec::new(),
        })
    }
}

/// What the user should know of a score.
fn notices(score: &Score) -> Vec<String> {
    let mut notices = Vec::new();
    let drums = score.parts.iter().filter(|part| part.instrument.percussion);
    let drums = drums.filter(|part| !part.notes.is_empty()).count();
    if drums > 0 {
        notices.push(format!("drums are left as they are ({drums} parts)"));
    }
    let others = score
        .parts
        .iter()
        .filter(|part| !part.instrument.percussion);
    let parts = others.clone().filter(|part| !part.notes.is_empty()).count();
    if parts > 2 {
        notices.push(format!(
            "{parts} parts are played as if one pianist had them all"
        ));
    }
    let is_beyond = |midi: u8| !(21..=108).contains(&midi);
    let beyond = others
        .flat_map(|part| &part.notes)
        .filter(|note| is_beyond(note.pitch.midi()));
    let beyond = beyond.count();
    if beyond > 0 {
        notices.push(format!(
            "{beyond} notes are beyond the keys of a piano, and played all the same"
        ));
    }
    notices
}

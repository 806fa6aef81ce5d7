//! A network at the piano: from notes to velocities.

use consort_learn::stepper::Precision;
use consort_learn::{Noise, Observer, Progress, Stream};

use super::encoding::{Level, Passage, Timed};
use super::network::{Network, NoteNetwork, Player, Timekeeper};
use super::roll::Roll;
use crate::error::Error;

/// The precision of weights in which velocities are drawn.
const DRAWING: Precision = Precision::BFloat16;

/// Notes after which the observer is told.
const TELL_EVERY: usize = 64;

/// How a passage is to be played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intent {
    /// The number of the style.
    pub style: usize,
    /// Whether the beats are known.
    pub beats: bool,
    /// How freely velocities are drawn; 0 takes what is to be expected.
    pub temperature: f32,
    /// How freely it is drawn when notes are played, if that is asked for.
    pub timing: Option<f32>,
    /// The mean velocity to aim at.
    pub loudness: Option<f64>,
    /// The standard deviation to aim at.
    pub range: Option<f64>,
}

/// How a passage is played.
#[derive(Clone, Debug, PartialEq)]
pub struct Interpretation {
    /// The velocity of each note, in the order of the passage, from 1 to 127.
    pub velocities: Vec<f64>,
    /// When each is played, where that was asked for.
    pub timed: Vec<Timed>,
}

/// Plays a passage.
///
/// The network of the article plays nothing but what is on a grid, and always the same.
///
/// # Errors
/// If the observer stops the work, the passage is too long for a roll, or the network knows nothing of timing
/// that is asked for.
pub fn play(
    network: &Network,
    passage: &Passage,
    intent: Intent,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Interpretation, Error> {
    let total = passage.events.len() as u64;
    let mut tell = |done: usize| {
        let progress = Progress {
            unit: "note",
            done: done as u64,
            total,
            measure: None,
            held_out: false,
        };
        observe(progress).is_continue()
    };
    if !tell(0) {
        return Err(Error::Stopped);
    }
    let knows_timing = network
        .notes
        .as_ref()
        .is_some_and(NoteNetwork::knows_timing);
    if intent.timing.is_some() && !knows_timing {
        return Err(Error::prompt(
            "these weights know nothing of --timing and --pedal",
            "leave them out, or use the default weights",
        ));
    }
    if let Some(rolls) = &network.rolls {
        let roll = Roll::of(passage).ok_or_else(|| {
            Error::prompt(
                "the score is too long for a roll of sixteenths",
                "give a part of it, or use the default weights",
            )
        })?;
        let said = rolls.forward(&roll.sounds, 1, intent.style, &mut Noise::off());
        if !tell(passage.events.len()) {
            return Err(Error::Stopped);
        }
        let said = said.into_data().convert::<f32>();
        let said = said.try_to_vec::<f32>().expect("it holds floats");
        return Ok(Interpretation {
            velocities: at_keys(&roll, &said),
            timed: Vec::new(),
        });
    }
    let notes = network.notes.as_ref().expect("a network is of one kind");
    let reading = notes.reading(passage, intent.style, intent.beats);
    let level = Level {
        mean: intent.loudness.unwrap_or(reading.level.mean),
        deviation: intent.range.unwrap_or(reading.level.deviation),
    };
    let chosen = if intent.temperature <= 0.0 {
        tell(passage.events.len()).then(|| reading.expected.clone())
    } else {
        let mut player = Player::new(notes, intent.style, DRAWING);
        player.play(passage, &reading, level, |note, manner| {
            let goes_on = !note.is_multiple_of(TELL_EVERY) || tell(note);
            goes_on.then(|| manner.draw(intent.temperature, stream))
        })
    };
    let chosen = chosen.ok_or(Error::Stopped)?;
    let velocities = chosen
        .into_iter()
        .map(|chosen| level.velocity(chosen).clamp(1.0, 127.0));
    let timed = intent.timing.and_then(|temperature| {
        let mut timekeeper = Timekeeper::new(notes, DRAWING)?;
        Some(timekeeper.draw(passage, &reading, temperature, stream))
    });
    Ok(Interpretation {
        velocities: velocities.collect(),
        timed: timed.unwrap_or_default(),
    })
}

/// What a roll says of its notes. Those that no key plays get the mean of the others.
fn at_keys(roll: &Roll, said: &[f32]) -> Vec<f64> {
    let keys = roll.sounds[0].len();
    let said = roll.places.iter().map(|place| {
        place.map(|(step, key)| f64::from(said[step * keys + key] * 127.0).clamp(1.0, 127.0))
    });
    let said: Vec<Option<f64>> = said.collect();
    let known = Level::of(said.iter().copied().flatten());
    let mean = known.map_or(64.0, |level| level.mean);
    said.into_iter()
        .map(|velocity| velocity.unwrap_or(mean))
        .collect()
}

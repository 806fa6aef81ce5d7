//! Music as the article reads it: what each key of a piano does at each sixteenth.

use super::encoding::{Passage, View};

/// Keys of a piano, from A0 on.
pub const KEYS: usize = 88;

/// The MIDI number of the lowest.
const LOWEST: i32 = 21;

/// Sixteenths of a roll at most: more than nine hours at 120.
const STEPS_MAX: usize = 1 << 18;

/// What a key does at a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing.
    #[default]
    Off,
    /// It is struck.
    On,
    /// It sounds on.
    Sustained,
}

impl State {
    /// The two numbers that a network is told.
    pub fn numbers(self) -> [f32; 2] {
        match self {
            State::On => [1.0, 1.0],
            State::Sustained => [0.0, 1.0],
            State::Off => [0.0, 0.0],
        }
    }
}

/// A piece step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Roll {
    /// What sounds, `[step][key]`.
    pub sounds: Vec<[State; KEYS]>,
    /// Velocities from 0 to 1 of what sounds, as far as they are known, else 0, `[step][key]`.
    pub velocities: Vec<[f32; KEYS]>,
    /// The step and the key of each note of the passage, in its order; nothing for one that no key plays.
    pub places: Vec<Option<(usize, usize)>>,
}

impl Roll {
    /// The roll of a passage, from its first note on; nothing if it is longer than any roll.
    ///
    /// Where notes meet on a key the later one cuts the earlier short, and of two that are struck together
    /// the first of the passage stands.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what does not fit is cut"
    )]
    pub fn of(passage: &Passage) -> Option<Roll> {
        debug_assert_ne!(
            passage.view,
            View::Performed,
            "what was played is on no grid"
        );
        let step = passage.period / 4.0;
        let first = passage.events.first()?.onset;
        let at = |seconds: f64| ((seconds - first) / step).round().max(0.0) as usize;
        let steps = passage
            .events
            .iter()
            .map(|event| at(event.end))
            .max()?
            .max(1);
        if steps > STEPS_MAX {
            return None;
        }
        let mut roll = Roll {
            sounds: vec![[State::Off; KEYS]; steps],
            velocities: vec![[0.0; KEYS]; steps],
            places: Vec::with_capacity(passage.events.len()),
        };
        for event in &passage.events {
            let key = usize::try_from(event.pitch - LOWEST)
                .ok()
                .filter(|&key| key < KEYS);
            let from = at(event.onset).min(steps - 1);
            roll.places.push(key.map(|key| (from, key)));
            let Some(key) = key.filter(|&key| roll.sounds[from][key] != State::On) else {
                continue;
            };
            let velocity = event
                .velocity
                .map_or(0.0, |velocity| f32::from(velocity.midi()) / 127.0);
            for step in from..at(event.end).clamp(from + 1, steps) {
                let is_first = step == from;
                roll.sounds[step][key] = if is_first {
                    State::On
                } else {
                    State::Sustained
                };
                roll.velocities[step][key] = velocity;
            }
            // A note before may have lasted longer.
            let behind = at(event.end).clamp(from + 1, steps);
            for step in behind..steps {
                if roll.sounds[step][key] != State::Sustained {
                    break;
                }
                roll.sounds[step][key] = State::Off;
                roll.velocities[step][key] = 0.0;
            }
        }
        Some(roll)
    }
}

//! What the network of the article learns.

use burn::tensor::{Tensor, TensorData};
use consort_learn::{Loss, Noise};

use crate::families::dynamics::network::StyleNet;
use crate::families::dynamics::roll::{KEYS, Roll, State};

/// Windows of steps, all of one style.
#[derive(Clone, Debug, PartialEq)]
pub struct RollBatch {
    /// The style, by its number.
    pub style: usize,
    /// How many windows there are.
    pub rows: usize,
    /// What sounds, `[row][step][key]`; behind the end of a row, nothing.
    pub sounds: Vec<[State; KEYS]>,
    /// Velocities over 127, likewise.
    pub velocities: Vec<[f32; KEYS]>,
}

impl RollBatch {
    /// Rows of silence.
    pub(super) fn empty(style: usize, rows: usize, steps: usize) -> RollBatch {
        RollBatch {
            style,
            rows,
            sounds: vec![[State::Off; KEYS]; rows * steps],
            velocities: vec![[0.0; KEYS]; rows * steps],
        }
    }

    /// Fills a row with a roll from a step on.
    pub(super) fn fill(&mut self, row: usize, roll: &Roll, from: usize) {
        let steps = self.sounds.len() / self.rows;
        let to = (from + steps).min(roll.sounds.len());
        let at = row * steps;
        self.sounds[at..at + to - from].copy_from_slice(&roll.sounds[from..to]);
        self.velocities[at..at + to - from].copy_from_slice(&roll.velocities[from..to]);
    }
}

impl StyleNet {
    /// The mean squared error of velocities over 127, over all cells: silent ones and padding too, as the
    /// article has it.
    pub(super) fn loss(&self, batch: &RollBatch, noise: &mut Noise) -> Loss {
        let said = self.forward(&batch.sounds, batch.rows, batch.style, noise);
        let wanted: Vec<f32> = batch.velocities.iter().flatten().copied().collect();
        let wanted = TensorData::new(wanted, said.dims());
        let error = said.clone() - Tensor::from_data(wanted, &said.device());
        Loss {
            mean: (error.clone() * error).mean(),
            count: batch.sounds.len() * KEYS,
        }
    }
}

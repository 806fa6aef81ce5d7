//! Long short-term memory over whole sequences (S. Hochreiter and J. Schmidhuber, 1997, with the
//! forget gate of F. Gers et al., 2000), forward and backward through time.
//!
//! The inputs of all steps are multiplied with their weights in one product, and so are all the
//! gradients of weights; only what must follow step by step does. There, rows of the batch are
//! independent of one another, and so are the two directions: these are shared out among threads.

use std::ops::Range;

use rayon::prelude::*;

use crate::matrix::{Matrix, multiply_on_all_threads};
use crate::shape::{ShapeError, check};

mod gates;
mod time;

use time::{BackwardRows, ForwardRows};

/// Gates of a unit.
pub(crate) const GATES: usize = 4;

/// Which way a layer goes through a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first step to the last.
    Forward,
    /// From the last step to the first.
    Backward,
    /// Both, with weights of their own; the outputs stand side by side, those of the forward
    /// direction first.
    Both,
}

impl Direction {
    /// How many sets of weights there are.
    pub const fn count(self) -> usize {
        match self {
            Direction::Forward | Direction::Backward => 1,
            Direction::Both => 2,
        }
    }

    /// Whether set `index` of the weights goes backward.
    pub const fn is_reversed(self, index: usize) -> bool {
        match self {
            Direction::Forward => false,
            Direction::Backward => true,
            Direction::Both => index == 1,
        }
    }
}

/// A layer of LSTM units and the sequences it goes through.
///
/// The gates of a unit are i, f, g and o, in this order, as PyTorch has them: c' = f c + i g and
/// h = o tanh(c'), where i, f and o are sigmoids and g the hyperbolic tangent of their sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// Sequences.
    pub batch: usize,
    /// Steps of a sequence.
    pub steps: usize,
    /// Numbers that come in at a step.
    pub inputs: usize,
    /// Units.
    pub hidden: usize,
    /// Which way it goes.
    pub direction: Direction,
}

/// The weights of a layer, or their gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmWeights<N> {
    /// What inputs are multiplied with, `[direction, input, gate * hidden]`.
    pub input: N,
    /// What the outputs of the step before are multiplied with, `[direction, hidden, gate * hidden]`.
    pub hidden: N,
    /// What is added, `[direction, gate * hidden]`. PyTorch keeps two such, of which this is the sum.
    pub bias: N,
}

/// What a layer remembers between two steps, or its gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmState<N> {
    /// The last outputs, `[direction, batch, hidden]`.
    pub hidden: N,
    /// The cells, `[direction, batch, hidden]`.
    pub cell: N,
}

/// What a layer gives.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmOutputs {
    /// `[batch, step, direction * hidden]`.
    pub outputs: Vec<f32>,
    /// What each direction remembers at its end.
    pub state: LstmState<Vec<f32>>,
    /// What the gradients need.
    pub tape: LstmTape,
}

/// What happened inside of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmTape {
    /// The gates, `[direction, batch, step, gate * hidden]`.
    pub gates: Vec<f32>,
    /// The cells after each step, `[direction, batch, step, hidden]`.
    pub cells: Vec<f32>,
}

/// Gradients inside of a layer, from which those of its inputs and weights follow.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmBelow {
    /// Of the sums that the gates are functions of, `[direction, batch, step, gate * hidden]`.
    pub sums: Vec<f32>,
    /// Of the state that it began with.
    pub state: LstmState<Vec<f32>>,
}

impl Lstm {
    /// Takes `inputs`, `[batch, step, input]`, through all steps, beginning with `state`, or with
    /// zeros.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn forward(
        &self,
        inputs: &[f32],
        weights: LstmWeights<&[f32]>,
        state: Option<LstmState<&[f32]>>,
    ) -> Result<LstmOutputs, ShapeError> {
        let (ways, rows, sums) = (self.direction.count(), self.rows(), self.sums());
        check("the inputs", inputs, &[rows, self.inputs])?;
        check(INPUT_WEIGHTS, weights.input, &[ways, self.inputs, sums])?;
        check(HIDDEN_WEIGHTS, weights.hidden, &[ways, self.hidden, sums])?;
        check("the biases", weights.bias, &[ways, sums])?;
        let mut state = self.state_or_zeros(state)?;
        let mut gates = vec![0.0; ways * rows * sums];
        let mut cells = vec![0.0; ways * rows * self.hidden];
        let mut outputs = vec![0.0; ways * rows * self.hidden];

        let each = parts(&mut gates, ways)
            .zip(parts(&mut cells, ways))
            .zip(parts(&mut outputs, ways))
            .zip(parts(&mut state.hidden, ways))
            .zip(parts(&mut state.cell, ways));
        each.enumerate()
            .for_each(|(way, ((((gates, cells), outputs), hidden), cell))| {
                let of_inputs = Matrix::new(part(weights.input, way, ways), self.inputs, sums);
                let inputs = Matrix::new(inputs, rows, self.inputs);
                multiply_on_all_threads(inputs, of_inputs, gates, false);
                let rows = ForwardRows {
                    gates,
                    cells,
                    outputs,
                    hidden,
                    cell,
                };
                let bias = part(weights.bias, way, ways);
                self.forward_through_time(way, part(weights.hidden, way, ways), bias, rows);
            });
        Ok(LstmOutputs {
            outputs: self.side_by_side(outputs),
            state,
            tape: LstmTape { gates, cells },
        })
    }

    /// The gradients inside of a layer, given the weights of its outputs, `[direction, hidden,
    /// gate * hidden]`, the state that it began with, what happened, and the gradient of its outputs.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn backward(
        &self,
        weights: &[f32],
        state: Option<LstmState<&[f32]>>,
        tape: LstmTape,
        above: &[f32],
    ) -> Result<LstmBelow, ShapeError> {
        let (ways, rows, sums) = (self.direction.count(), self.rows(), self.sums());
        let LstmTape { mut gates, cells } = tape;
        check(HIDDEN_WEIGHTS, weights, &[ways, self.hidden, sums])?;
        check("the gates", &gates, &[ways, rows, sums])?;
        check("the cells", &cells, &[ways, rows, self.hidden])?;
        check("the gradients", above, &[rows, ways, self.hidden])?;
        let began = self.state_or_zeros(state)?;
        let mut state = self.state_or_zeros(None)?;

        let each = parts(&mut gates, ways)
            .zip(parts(&mut state.hidden, ways))
            .zip(parts(&mut state.cell, ways));
        each.enumerate().for_each(|(way, ((gates, hidden), cell))| {
            let rows = BackwardRows {
                gates,
                hidden,
                cell,
            };
            let (weights, cells) = (part(weights, way, ways), part(&cells, way, ways));
            let began = part(&began.cell, way, ways);
            self.backward_through_time(way, weights, began, cells, above, rows);
        });
        Ok(LstmBelow { sums: gates, state })
    }

    /// The gradient of the inputs, `[batch, step, input]`, given the gradients of the sums and the
    /// weights of the inputs.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn backward_inputs(&self, sums: &[f32], weights: &[f32]) -> Result<Vec<f32>, ShapeError> {
        let ways = self.direction.count();
        check(INPUT_WEIGHTS, weights, &[ways, self.inputs, self.sums()])?;
        check(SUMS, sums, &[ways, self.rows(), self.sums()])?;
        let mut inputs = vec![0.0; self.rows() * self.inputs];
        for way in 0..ways {
            let sums = Matrix::new(part(sums, way, ways), self.rows(), self.sums());
            let weights = Matrix::new(part(weights, way, ways), self.inputs, self.sums());
            multiply_on_all_threads(sums, weights.transposed(), &mut inputs, way > 0);
        }
        Ok(inputs)
    }

    /// The gradients of the weights, given the inputs, the outputs, the state that the layer began
    /// with and the gradients of the sums.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn backward_weights(
        &self,
        inputs: &[f32],
        outputs: &[f32],
        state: Option<LstmState<&[f32]>>,
        sums: &[f32],
    ) -> Result<LstmWeights<Vec<f32>>, ShapeError> {
        let (ways, rows) = (self.direction.count(), self.rows());
        check("the inputs", inputs, &[rows, self.inputs])?;
        check("the outputs", outputs, &[rows, ways, self.hidden])?;
        check(SUMS, sums, &[ways, rows, self.sums()])?;
        let state = self.state_or_zeros(state)?;
        let mut gradients = LstmWeights {
            input: vec![0.0; ways * self.inputs * self.sums()],
            hidden: vec![0.0; ways * self.hidden * self.sums()],
            bias: vec![0.0; ways * self.sums()],
        };
        let each = parts(&mut gradients.input, ways)
            .zip(parts(&mut gradients.hidden, ways))
            .zip(parts(&mut gradients.bias, ways));
        each.enumerate()
            .for_each(|(way, ((of_inputs, of_hidden), of_bias))| {
                let numbers = part(sums, way, ways);
                let sums = Matrix::new(numbers, rows, self.sums());
                let inputs = Matrix::new(inputs, rows, self.inputs).transposed();
                multiply_on_all_threads(inputs, sums, of_inputs, false);
                let before = self.outputs_before(way, outputs, part(&state.hidden, way, ways));
                let before = Matrix::new(&before, rows, self.hidden).transposed();
                multiply_on_all_threads(before, sums, of_hidden, false);
                sum_rows(numbers, of_bias);
            });
        Ok(gradients)
    }

    /// Steps of all sequences.
    fn rows(&self) -> usize {
        self.batch * self.steps
    }

    /// Sums of a step: one for each gate of each unit.
    fn sums(&self) -> usize {
        GATES * self.hidden
    }

    /// A copy of the state.
    fn state_or_zeros(
        &self,
        state: Option<LstmState<&[f32]>>,
    ) -> Result<LstmState<Vec<f32>>, ShapeError> {
        let shape = [self.direction.count(), self.batch, self.hidden];
        let zeros = || vec![0.0; shape.iter().product()];
        let Some(LstmState { hidden, cell }) = state else {
            return Ok(LstmState {
                hidden: zeros(),
                cell: zeros(),
            });
        };
        check("the state's outputs", hidden, &shape)?;
        check("the state's cells", cell, &shape)?;
        Ok(LstmState {
            hidden: hidden.to_vec(),
            cell: cell.to_vec(),
        })
    }

    /// Outputs of the directions one after another, `[direction, batch, step, hidden]`, as one,
    /// `[batch, step, direction * hidden]`.
    fn side_by_side(&self, outputs: Vec<f32>) -> Vec<f32> {
        let ways = self.direction.count();
        if ways == 1 {
            return outputs;
        }
        let mut together = vec![0.0; outputs.len()];
        for way in 0..ways {
            let from = part(&outputs, way, ways).chunks_exact(self.hidden.max(1));
            let to = together.chunks_exact_mut((ways * self.hidden).max(1));
            for (from, to) in from.zip(to) {
                part_mut(to, way, ways).copy_from_slice(from);
            }
        }
        together
    }

    /// What each step was given by the step before it, `[batch, step, hidden]`.
    fn outputs_before(&self, way: usize, outputs: &[f32], began: &[f32]) -> Vec<f32> {
        let ways = self.direction.count();
        let mut before = vec![0.0; self.rows() * self.hidden];
        let size = self.hidden.max(1);
        let sequences = before
            .chunks_exact_mut((self.steps * size).max(1))
            .enumerate();
        for (row, before) in sequences {
            let mut given = &began[row * self.hidden..][..self.hidden];
            for step in self.order(way, false) {
                before[step * size..][..self.hidden].copy_from_slice(given);
                let at = (row * self.steps + step) * ways * self.hidden;
                given = part(&outputs[at..][..ways * self.hidden], way, ways);
            }
        }
        before
    }

    /// The steps in the order in which a direction goes through them, or in the reverse of it.
    fn order(&self, way: usize, reverse: bool) -> impl Iterator<Item = usize> + use<> {
        let backward = self.direction.is_reversed(way) != reverse;
        let steps = self.steps;
        (0..steps).map(move |step| if backward { steps - 1 - step } else { step })
    }
}

const INPUT_WEIGHTS: &str = "the weights of the inputs";
const HIDDEN_WEIGHTS: &str = "the weights of the outputs";
const SUMS: &str = "the gradients of the sums";

/// Where one of `count` equal parts of `length` numbers is.
fn range(length: usize, index: usize, count: usize) -> Range<usize> {
    let size = length / count;
    index * size..(index + 1) * size
}

fn part(numbers: &[f32], index: usize, count: usize) -> &[f32] {
    &numbers[range(numbers.len(), index, count)]
}

fn part_mut(numbers: &mut [f32], index: usize, count: usize) -> &mut [f32] {
    let range = range(numbers.len(), index, count);
    &mut numbers[range]
}

/// `count` equal parts, even if they are empty.
fn parts(numbers: &mut [f32], count: usize) -> rayon::vec::IntoIter<&mut [f32]> {
    let size = numbers.len() / count;
    let mut rest = numbers;
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        let (part, others) = rest.split_at_mut(size);
        parts.push(part);
        rest = others;
    }
    parts.into_par_iter()
}

/// Adds up rows as wide as `sums`, in blocks first, which keeps more digits of long sums.
fn sum_rows(rows: &[f32], sums: &mut [f32]) {
    const BLOCK: usize = 64;
    let width = sums.len().max(1);
    let blocks = rows.par_chunks(BLOCK * width).map(|block| {
        let mut sums = vec![0.0; width];
        for row in block.chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        sums
    });
    let blocks: Vec<Vec<f32>> = blocks.collect();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
    }
}

#[cfg(test)]
mod tests;

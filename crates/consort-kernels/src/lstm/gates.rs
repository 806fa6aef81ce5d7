//! What happens to the numbers of one step between the products.

use pulp::{Simd, WithSimd};

use super::GATES;
use crate::activation::{sigmoid, tanh};

/// One step forward, for some sequences.
pub(super) struct Forward<'a> {
    pub(super) hidden_units: usize,
    pub(super) steps: usize,
    pub(super) step: usize,
    /// `[gate * hidden]`.
    pub(super) bias: &'a [f32],
    /// Sums without the bias at `step`; the gates take their place. `[sequence, step, gate * hidden]`
    pub(super) gates: &'a mut [f32],
    /// `[sequence, step, hidden]`
    pub(super) cells: &'a mut [f32],
    /// `[sequence, step, hidden]`
    pub(super) outputs: &'a mut [f32],
    /// The outputs of the step before, then of this one, `[sequence, hidden]`.
    pub(super) hidden: &'a mut [f32],
    /// The cells of the step before, then of this one, `[sequence, hidden]`.
    pub(super) cell: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let units = self.hidden_units;
        let sequences = self
            .hidden
            .chunks_exact_mut(units)
            .zip(self.cell.chunks_exact_mut(units));
        for (sequence, (hidden, cell)) in sequences.enumerate() {
            let at = sequence * self.steps + self.step;
            let gates = &mut self.gates[at * GATES * units..][..GATES * units];
            forward_units(gates, self.bias, hidden, cell);
            self.cells[at * units..][..units].copy_from_slice(cell);
            self.outputs[at * units..][..units].copy_from_slice(hidden);
        }
    }
}

/// Units of one sequence. That the arguments are slices of their own tells the compiler that they do
/// not overlap, without which it makes no vectors.
#[inline(always)]
fn forward_units(gates: &mut [f32], bias: &[f32], hidden: &mut [f32], cell: &mut [f32]) {
    let units = hidden.len();
    activate(&mut gates[..2 * units], &bias[..2 * units], sigmoid);
    activate(
        &mut gates[2 * units..3 * units],
        &bias[2 * units..3 * units],
        tanh,
    );
    activate(&mut gates[3 * units..], &bias[3 * units..], sigmoid);
    let (input, rest) = gates.split_at(units);
    let (forget, rest) = rest.split_at(units);
    let (new, output) = rest.split_at(units);
    let changes = input.iter().zip(new).zip(forget);
    for (cell, ((input, new), forget)) in cell.iter_mut().zip(changes) {
        *cell = forget * *cell + input * new;
    }
    for ((hidden, cell), output) in hidden.iter_mut().zip(cell).zip(output) {
        *hidden = output * tanh(*cell);
    }
}

#[inline(always)]
fn activate(sums: &mut [f32], bias: &[f32], function: impl Fn(f32) -> f32) {
    for (sum, bias) in sums.iter_mut().zip(bias) {
        *sum = function(*sum + bias);
    }
}

/// One step back, for some sequences.
pub(super) struct Backward<'a> {
    pub(super) hidden_units: usize,
    pub(super) steps: usize,
    pub(super) step: usize,
    /// The step that `step` followed, if it was not the first.
    pub(super) before: Option<usize>,
    /// The gates at `step`; the gradients of their sums take their place. `[sequence, step, gate *
    /// hidden]`
    pub(super) gates: &'a mut [f32],
    /// `[sequence, step, hidden]`
    pub(super) cells: &'a [f32],
    /// The cells in the beginning, `[sequence, hidden]`.
    pub(super) began: &'a [f32],
    /// The gradient of the outputs; those of other directions stand between them.
    pub(super) above: &'a [f32],
    /// Where in `above` the first number is, and how far the steps are apart.
    pub(super) place: [usize; 2],
    /// The gradient that the step after gave the outputs, `[sequence, hidden]`.
    pub(super) hidden: &'a mut [f32],
    /// The gradient of the cells: of this step, then of the step before, `[sequence, hidden]`.
    pub(super) cell: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let units = self.hidden_units;
        let [first, distance] = self.place;
        let sequences = self
            .hidden
            .chunks_exact_mut(units)
            .zip(self.cell.chunks_exact_mut(units));
        for (sequence, (hidden, cell)) in sequences.enumerate() {
            let at = sequence * self.steps + self.step;
            let before = match self.before {
                Some(step) => &self.cells[(sequence * self.steps + step) * units..][..units],
                None => &self.began[sequence * units..][..units],
            };
            let above = &self.above[first + at * distance..][..units];
            hidden.iter_mut().zip(above).for_each(|(sum, x)| *sum += x);
            let gates = &mut self.gates[at * GATES * units..][..GATES * units];
            let cells = [&self.cells[at * units..][..units], before];
            backward_units(gates, cells, hidden, cell);
        }
    }
}

/// Units of one sequence, given the cells after and before the step.
#[inline(always)]
fn backward_units(
    gates: &mut [f32],
    [after, before]: [&[f32]; 2],
    hidden: &[f32],
    cell: &mut [f32],
) {
    let units = hidden.len();
    let (input, rest) = gates.split_at_mut(units);
    let (forget, rest) = rest.split_at_mut(units);
    let (new, output) = rest.split_at_mut(units);
    let outputs = output.iter_mut().zip(after);
    for (((output, after), hidden), cell) in outputs.zip(hidden).zip(cell.iter_mut()) {
        let squashed = tanh(*after);
        *cell += hidden * *output * (1.0 - squashed * squashed);
        *output = hidden * squashed * *output * (1.0 - *output);
    }
    for ((input, new), cell) in input.iter_mut().zip(new).zip(cell.iter()) {
        let (gate, value) = (*input, *new);
        *input = cell * value * gate * (1.0 - gate);
        *new = cell * gate * (1.0 - value * value);
    }
    for ((forget, before), cell) in forget.iter_mut().zip(before).zip(cell) {
        let gate = *forget;
        *forget = *cell * before * gate * (1.0 - gate);
        *cell *= gate;
    }
}

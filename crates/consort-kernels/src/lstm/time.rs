//! Through time: what must be done step by step.

use pulp::Arch;
use rayon::prelude::*;

use super::Lstm;
use super::gates::{Backward, Forward};
use crate::panels::{Panels, Rows};

/// Sequences that one thread takes through all steps: so many that the weights, which it reads at
/// every step, serve for several.
const SEQUENCES: usize = 8;

/// What one direction makes of some sequences.
pub(super) struct ForwardRows<'a> {
    /// The products of the inputs; the gates take their place. `[sequence, step, gate * hidden]`
    pub(super) gates: &'a mut [f32],
    /// `[sequence, step, hidden]`
    pub(super) cells: &'a mut [f32],
    /// `[sequence, step, hidden]`
    pub(super) outputs: &'a mut [f32],
    /// The outputs of the step before, `[sequence, hidden]`.
    pub(super) hidden: &'a mut [f32],
    /// The cells of the step before, `[sequence, hidden]`.
    pub(super) cell: &'a mut [f32],
}

/// The gradients that one direction leaves in some sequences.
pub(super) struct BackwardRows<'a> {
    /// The gates; the gradients of their sums take their place. `[sequence, step, gate * hidden]`
    pub(super) gates: &'a mut [f32],
    /// Of the state: zeros at first, `[sequence, hidden]`.
    pub(super) hidden: &'a mut [f32],
    /// See `hidden`.
    pub(super) cell: &'a mut [f32],
}

impl Lstm {
    pub(super) fn forward_through_time(
        &self,
        way: usize,
        weights: &[f32],
        bias: &[f32],
        rows: ForwardRows<'_>,
    ) {
        let (units, sums) = (self.hidden, self.sums());
        let weights = Panels::pack(units, sums, |row, column| weights[row * sums + column]);
        let each = (rows.gates.par_chunks_mut(self.chunk(self.steps * sums)))
            .zip(rows.cells.par_chunks_mut(self.chunk(self.steps * units)))
            .zip(rows.outputs.par_chunks_mut(self.chunk(self.steps * units)))
            .zip(rows.hidden.par_chunks_mut(self.chunk(units)))
            .zip(rows.cell.par_chunks_mut(self.chunk(units)));
        each.for_each(|((((gates, cells), outputs), hidden), cell)| {
            let mut room = Vec::new();
            for step in self.order(way, false) {
                let rows = Rows {
                    numbers: hidden,
                    stride: units,
                };
                let to = (&mut gates[step * sums..], self.steps * sums);
                self.add_product(&weights, rows, hidden.len() / units, to, &mut room);
                Arch::new().dispatch(Forward {
                    hidden_units: units,
                    steps: self.steps,
                    step,
                    bias,
                    gates,
                    cells,
                    outputs,
                    hidden,
                    cell,
                });
            }
        });
    }

    pub(super) fn backward_through_time(
        &self,
        way: usize,
        weights: &[f32],
        began: &[f32],
        cells: &[f32],
        above: &[f32],
        rows: BackwardRows<'_>,
    ) {
        let (units, sums) = (self.hidden, self.sums());
        let weights = Panels::pack(sums, units, |row, column| weights[column * sums + row]);
        let distance = self.direction.count() * units;
        let each = (rows.gates.par_chunks_mut(self.chunk(self.steps * sums)))
            .zip(cells.par_chunks(self.chunk(self.steps * units)))
            .zip(above.par_chunks(self.chunk(self.steps * distance)))
            .zip(began.par_chunks(self.chunk(units)))
            .zip(rows.hidden.par_chunks_mut(self.chunk(units)))
            .zip(rows.cell.par_chunks_mut(self.chunk(units)));
        each.for_each(|(((((gates, cells), above), began), hidden), cell)| {
            let mut room = Vec::new();
            let mut steps = self.order(way, true).peekable();
            while let Some(step) = steps.next() {
                Arch::new().dispatch(Backward {
                    hidden_units: units,
                    steps: self.steps,
                    step,
                    before: steps.peek().copied(),
                    gates,
                    cells,
                    began,
                    above,
                    place: [way * units, distance],
                    hidden,
                    cell,
                });
                hidden.fill(0.0);
                let rows = Rows {
                    numbers: &gates[step * sums..],
                    stride: self.steps * sums,
                };
                let count = hidden.len() / units;
                self.add_product(&weights, rows, count, (hidden, units), &mut room);
            }
        });
    }

    /// Adds the products of `count` rows to `sums`. Where there are too few sequences to occupy the
    /// threads, they share the product out.
    fn add_product(
        &self,
        weights: &Panels,
        rows: Rows<'_>,
        count: usize,
        sums: (&mut [f32], usize),
        room: &mut Vec<f32>,
    ) {
        if self.direction.count() == 1 && self.batch <= SEQUENCES {
            weights.add_product_on_all_threads(rows, count, sums, room);
        } else {
            weights.add_product(rows, count, sums);
        }
    }

    /// Numbers of the sequences that one thread works on, with so many each.
    fn chunk(&self, sequence: usize) -> usize {
        (SEQUENCES * sequence).max(1)
    }
}

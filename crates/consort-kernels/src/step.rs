//! One step of a long short-term memory for one sequence (S. Hochreiter and J. Schmidhuber, *Long
//! Short-Term Memory*, 1997; with the forget gate of F. Gers et al., *Learning to Forget*, 2000), as a
//! sampler takes it, which must see what came out before it knows what comes in next.
//!
//! On a thread of a rayon pool, the pool's threads share the units of a large layer: whoever takes many
//! steps takes them all within one [`rayon::ThreadPool::install`].

use pulp::{Arch, Simd, WithSimd};

use crate::activation::{sigmoid, tanh};
use crate::lstm::{GATES, LstmWeights};
use crate::packed::{COLUMNS, PackedMatrix, Precision, Vector};
use crate::shape::{ShapeError, check};

mod dense;

pub use dense::Dense;

/// Units whose gates are computed together.
const UNITS: usize = COLUMNS / GATES;

/// Bytes of weights that are worth a thread of their own: reading them takes a few microseconds, and
/// so does waking a thread.
const SHARE: usize = 1 << 17;

/// Threads that may share a step. A caller outside of rayon's threads would wait longer for them to
/// wake, layer by layer, than it would gain.
fn threads() -> usize {
    rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads())
}

/// What one layer remembers of a sequence.
#[derive(Clone, Debug)]
pub struct LstmCellState {
    hidden: Vec<f32>,
    cell: Vec<f32>,
    /// Where the next step's hidden values go while this one's are read.
    next: Vec<f32>,
}

impl LstmCellState {
    /// The state of a layer of `units` before a sequence: zeros.
    pub fn new(units: usize) -> Self {
        let zeros = vec![0.0; units];
        Self {
            hidden: zeros.clone(),
            cell: zeros.clone(),
            next: zeros,
        }
    }

    /// The layer's output, `[unit]`.
    pub fn hidden(&self) -> &[f32] {
        &self.hidden
    }

    /// The cells' values, `[unit]`.
    pub fn cell(&self) -> &[f32] {
        &self.cell
    }
}

/// A layer whose inputs are vectors.
#[derive(Clone, Debug)]
pub struct LstmCell {
    input: PackedMatrix,
    recurrence: Recurrence,
    bias: Vec<[f32; COLUMNS]>,
}

/// A layer whose inputs are rows of a table, such as the embeddings of symbols: their products with
/// the input weights are computed beforehand.
#[derive(Clone, Debug)]
pub struct TabledLstmCell {
    recurrence: Recurrence,
    symbols: usize,
    /// `[symbol, unit / UNITS]`: products and bias.
    rows: Vec<[f32; COLUMNS]>,
}

impl LstmCell {
    /// Packs the weights of a layer of as many inputs and units.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn new(
        inputs: usize,
        units: usize,
        weights: LstmWeights<&[f32]>,
        precision: Precision,
    ) -> Result<Self, ShapeError> {
        check("the input weights", weights.input, &[inputs, GATES, units])?;
        check("the biases", weights.bias, &[GATES, units])?;
        Ok(Self {
            input: pack(inputs, units, weights.input, precision),
            recurrence: Recurrence::new(units, weights.hidden, precision)?,
            bias: grouped(units, weights.bias),
        })
    }

    /// Bytes that a step reads, but for inputs and state.
    pub fn bytes(&self) -> usize {
        self.input.bytes() + self.recurrence.hidden.bytes() + size_of_val(&*self.bias)
    }

    /// Takes one step with `x`, `[input]`.
    ///
    /// # Errors
    /// If `x` or the state do not have their shapes.
    pub fn step(&self, x: &[f32], state: &mut LstmCellState) -> Result<(), ShapeError> {
        check("the inputs", x, &[self.input.inputs()])?;
        let input = Some((&self.input, Vector::new(x)));
        self.recurrence.step(&self.bias, input, state)
    }
}

impl TabledLstmCell {
    /// Packs the weights of a layer of as many inputs and units, and multiplies the rows of `table`,
    /// `[symbol, input]`, with its input weights.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn new(
        inputs: usize,
        units: usize,
        weights: LstmWeights<&[f32]>,
        table: &[f32],
        precision: Precision,
    ) -> Result<Self, ShapeError> {
        check("the input weights", weights.input, &[inputs, GATES, units])?;
        check("the biases", weights.bias, &[GATES, units])?;
        let symbols = table.len() / inputs.max(1);
        check("the table", table, &[symbols, inputs])?;
        let gates = GATES * units;
        let single = Precision::F32;
        let input = Dense::new(inputs, gates, weights.input, weights.bias, single)?;
        let mut products = vec![0.0; gates];
        let mut rows = Vec::with_capacity(symbols * units.div_ceil(UNITS));
        for x in table.chunks_exact(inputs.max(1)) {
            input.forward(x, &mut products)?;
            rows.extend(grouped(units, &products));
        }
        Ok(Self {
            recurrence: Recurrence::new(units, weights.hidden, precision)?,
            symbols,
            rows,
        })
    }

    /// Bytes that a step reads, but for the state.
    pub fn bytes(&self) -> usize {
        let row = size_of_val(&*self.rows) / self.symbols.max(1);
        self.recurrence.hidden.bytes() + row
    }

    /// Takes one step with a row of the table.
    ///
    /// # Errors
    /// If there is no such row, or the state does not have its shape.
    pub fn step(&self, symbol: usize, state: &mut LstmCellState) -> Result<(), ShapeError> {
        let symbols = self.symbols;
        if symbol >= symbols {
            return Err(ShapeError::Symbol { symbol, symbols });
        }
        let groups = self.rows.len() / symbols;
        let row = &self.rows[symbol * groups..][..groups];
        self.recurrence.step(row, None, state)
    }
}

/// What all layers have.
#[derive(Clone, Debug)]
struct Recurrence {
    units: usize,
    hidden: PackedMatrix,
}

impl Recurrence {
    fn new(units: usize, weights: &[f32], precision: Precision) -> Result<Self, ShapeError> {
        check("the hidden weights", weights, &[units, GATES, units])?;
        let hidden = pack(units, units, weights, precision);
        Ok(Self { units, hidden })
    }

    /// Takes a step from `sums` of the gates and products that are still to be added.
    fn step(
        &self,
        sums: &[[f32; COLUMNS]],
        input: Option<(&PackedMatrix, Vector<'_>)>,
        state: &mut LstmCellState,
    ) -> Result<(), ShapeError> {
        check("the state", &state.hidden, &[self.units])?;
        let LstmCellState { hidden, cell, next } = state;
        let bytes = self.hidden.bytes() + input.map_or(0, |(matrix, _)| matrix.bytes());
        Step {
            input,
            hidden: (&self.hidden, Vector::new(hidden)),
            first: 0,
            sums,
            cell,
            next,
        }
        .on_threads((bytes / SHARE).min(threads()));
        std::mem::swap(hidden, next);
        Ok(())
    }
}

/// Packs weights so that the gates of each group of units lie together.
fn pack(inputs: usize, units: usize, weights: &[f32], precision: Precision) -> PackedMatrix {
    PackedMatrix::new(inputs, weights, &columns(units), precision)
}

/// Numbers of gates, `[4 units]`, as [`pack`] orders them.
fn grouped(units: usize, numbers: &[f32]) -> Vec<[f32; COLUMNS]> {
    let columns = columns(units);
    let groups = columns.as_chunks::<COLUMNS>().0.iter();
    let number = |column: Option<usize>| column.map_or(0.0, |column| numbers[column]);
    groups.map(|columns| columns.map(number)).collect()
}

/// Which column of `[4 units]` is where, `[unit / UNITS, gate, UNITS]`.
fn columns(units: usize) -> Vec<Option<usize>> {
    let place = |at: usize| {
        let (group, gate, unit) = (at / COLUMNS, at / UNITS % GATES, at % UNITS);
        let unit = group * UNITS + unit;
        (unit < units).then_some(gate * units + unit)
    };
    (0..units.div_ceil(UNITS) * COLUMNS).map(place).collect()
}

/// A step of some units.
struct Step<'a> {
    input: Option<(&'a PackedMatrix, Vector<'a>)>,
    hidden: (&'a PackedMatrix, Vector<'a>),
    /// The first of the groups of units.
    first: usize,
    sums: &'a [[f32; COLUMNS]],
    cell: &'a mut [f32],
    next: &'a mut [f32],
}

impl Step<'_> {
    /// Shares the units out among threads. They do not depend on one another, so this changes no bit.
    fn on_threads(self, threads: usize) {
        if threads < 2 || self.sums.len() < 2 {
            Arch::new().dispatch(self);
            return;
        }
        let half = self.sums.len() / 2;
        let (sums, other_sums) = self.sums.split_at(half);
        let (cell, other_cell) = self.cell.split_at_mut(half * UNITS);
        let (next, other_next) = self.next.split_at_mut(half * UNITS);
        let others = Step {
            first: self.first + half,
            sums: other_sums,
            cell: other_cell,
            next: other_next,
            ..self
        };
        let ours = Step {
            sums,
            cell,
            next,
            ..self
        };
        let threads_of_ours = threads / 2;
        rayon::join(
            || ours.on_threads(threads_of_ours),
            || others.on_threads(threads - threads_of_ours),
        );
    }
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let units = self.cell.chunks_mut(UNITS).zip(self.next.chunks_mut(UNITS));
        for (group, (sums, (cell, next))) in (self.first..).zip(self.sums.iter().zip(units)) {
            let mut sums = *sums;
            if let Some((matrix, x)) = self.input {
                matrix.add_products(simd, group, x, &mut sums);
            }
            let (matrix, hidden) = self.hidden;
            matrix.add_products(simd, group, hidden, &mut sums);
            activate(&sums, cell, next);
        }
    }
}

/// New cells and hidden values of up to [`UNITS`] units.
#[inline(always)]
fn activate(sums: &[f32; COLUMNS], cells: &mut [f32], hidden: &mut [f32]) {
    let mut before = [0.0; UNITS];
    before[..cells.len()].copy_from_slice(cells);
    let mut after = [0.0; UNITS];
    let mut output = [0.0; UNITS];
    for unit in 0..UNITS {
        let gate = |gate: usize| sums[gate * UNITS + unit];
        after[unit] = sigmoid(gate(1)) * before[unit] + sigmoid(gate(0)) * tanh(gate(2));
        output[unit] = sigmoid(gate(3)) * tanh(after[unit]);
    }
    cells.copy_from_slice(&after[..cells.len()]);
    hidden.copy_from_slice(&output[..hidden.len()]);
}

#[cfg(test)]
mod tests;

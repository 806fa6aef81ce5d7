//! One step at a time: what a sampler asks, which must know one draw before it can make the next.
//!
//! The cells are made of a network's own weights, so that it is written once.
//!
//! A step is bound by reading weights, so fewer bits are faster, and cost little: a network of three
//! layers of 256 that had learnt a text of 446 kB for 1200 steps said a held-out tenth of it in
//! 1.6911 bits per character with weights of 32 bits, 1.6912 with 16 and 1.6914 with 8 (the example
//! `characters` measures this).

use burn::nn::Linear;
use burn::tensor::Tensor;
pub use consort_kernels::{Dense, Precision};
use consort_kernels::{LstmCell, LstmCellState, LstmWeights, TabledLstmCell};

use crate::lstm::Lstm;
use crate::parameters::values;

const FITS: &str = "the cells have the shapes of the layers";

/// The layers of an [`Lstm`] for one sequence, and what they remember of it.
///
/// Large layers are shared out among threads, without a change to the bits, where steps are taken on
/// one of rayon's threads: within `rayon::scope`, say.
#[derive(Clone, Debug)]
pub struct Stepper {
    first: First,
    rest: Vec<LstmCell>,
    states: Vec<LstmCellState>,
}

/// The layer that reads what comes in.
#[derive(Clone, Debug)]
enum First {
    Vectors(LstmCell),
    Symbols(TabledLstmCell),
}

impl Stepper {
    /// Layers that go forward over vectors.
    ///
    /// # Panics
    /// If the layers go another way, or there are none.
    pub fn new(layers: &Lstm, precision: Precision) -> Stepper {
        Stepper::with_first(layers, precision, |inputs, units, weights| {
            First::Vectors(LstmCell::new(inputs, units, weights, precision).expect(FITS))
        })
    }

    /// Layers that go forward over the rows of `embeddings`, `[symbol, input]`, whose products with the
    /// weights of the first layer are computed here, once.
    ///
    /// # Panics
    /// If the layers go another way, there are none, or the embeddings are no inputs of theirs.
    pub fn over_symbols(layers: &Lstm, embeddings: Tensor<2>, precision: Precision) -> Stepper {
        let table = values(embeddings).data;
        Stepper::with_first(layers, precision, |inputs, units, weights| {
            let cell = TabledLstmCell::new(inputs, units, weights, &table, precision);
            First::Symbols(cell.expect(FITS))
        })
    }

    fn with_first(
        layers: &Lstm,
        precision: Precision,
        first: impl FnOnce(usize, usize, LstmWeights<&[f32]>) -> First,
    ) -> Stepper {
        let mut layers = layers.forward_layers().into_iter();
        let [input, hidden, bias] = layers.next().expect("there is a layer");
        let size = |input: &crate::parameters::Values| (input.shape[1], input.shape[2] / 4);
        let (inputs, units) = size(&input);
        let weights = LstmWeights {
            input: &*input.data,
            hidden: &*hidden.data,
            bias: &*bias.data,
        };
        let first = first(inputs, units, weights);
        let rest = layers.map(|[input, hidden, bias]| {
            let (inputs, units) = size(&input);
            let weights = LstmWeights {
                input: &*input.data,
                hidden: &*hidden.data,
                bias: &*bias.data,
            };
            LstmCell::new(inputs, units, weights, precision).expect(FITS)
        });
        let rest: Vec<LstmCell> = rest.collect();
        let states = vec![LstmCellState::new(units); rest.len() + 1];
        Stepper {
            first,
            rest,
            states,
        }
    }

    /// Forgets the sequence.
    pub fn restart(&mut self) {
        for state in &mut self.states {
            *state = LstmCellState::new(state.hidden().len());
        }
    }

    /// Takes one step with `x`, `[input]`, and gives the outputs of the last layer, `[hidden]`.
    ///
    /// # Panics
    /// If `x` does not have as many numbers as the layers have inputs, or they are over symbols.
    pub fn step(&mut self, x: &[f32]) -> &[f32] {
        let First::Vectors(cell) = &self.first else {
            panic!("these layers are over symbols");
        };
        let done = cell.step(x, &mut self.states[0]);
        done.unwrap_or_else(|error| panic!("a step cannot be taken: {error}"));
        self.pass_on()
    }

    /// Takes one step with a symbol, and gives the outputs of the last layer, `[hidden]`.
    ///
    /// # Panics
    /// If there is no such symbol, or the layers are over vectors.
    pub fn step_symbol(&mut self, symbol: usize) -> &[f32] {
        let First::Symbols(cell) = &self.first else {
            panic!("these layers are over vectors");
        };
        let done = cell.step(symbol, &mut self.states[0]);
        done.unwrap_or_else(|error| panic!("a step cannot be taken: {error}"));
        self.pass_on()
    }

    /// Takes the layers after the first through the step.
    fn pass_on(&mut self) -> &[f32] {
        for (index, cell) in self.rest.iter().enumerate() {
            let (before, after) = self.states.split_at_mut(index + 1);
            cell.step(before[index].hidden(), &mut after[0])
                .expect(FITS);
        }
        self.states[self.rest.len()].hidden()
    }

    /// Bytes that a step reads, but for inputs and states.
    pub fn bytes(&self) -> usize {
        let first = match &self.first {
            First::Vectors(cell) => cell.bytes(),
            First::Symbols(cell) => cell.bytes(),
        };
        first + self.rest.iter().map(LstmCell::bytes).sum::<usize>()
    }
}

/// A linear layer for one vector at a time.
pub fn dense(layer: &Linear, precision: Precision) -> Dense {
    let weights = values(layer.weight.val());
    let bias = match &layer.bias {
        Some(bias) => values(bias.val()).data,
        None => vec![0.0; weights.shape[1]],
    };
    let [inputs, outputs] = [weights.shape[0], weights.shape[1]];
    Dense::new(inputs, outputs, &weights.data, &bias, precision).expect(FITS)
}

/// [`ops::gelu`](crate::ops::gelu) for one vector.
pub fn gelu(x: &[f32]) -> Vec<f32> {
    consort_kernels::gelu::forward(x)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::lstm::{Direction, LstmShape};
    use crate::{Seed, initial};

    fn layers(inputs: usize) -> (Lstm, crate::Stream) {
        let mut stream = Seed(1).stream("weights", 0);
        let shape = LstmShape {
            inputs,
            hidden: 37,
            layers: 3,
            direction: Direction::Forward,
        };
        (Lstm::new(shape, &mut stream, &Device::flex()), stream)
    }

    #[test]
    fn steps_are_those_of_the_sequence() {
        let (layers, mut stream) = layers(5);
        let x = initial::normal([1, 9, 5], 1.0, &mut stream, &Device::flex()).val();
        let whole = values(layers.forward(x.clone(), None).0).data;
        let x = values(x).data;
        for (precision, tolerance) in [
            (Precision::F32, 1e-6),
            (Precision::BFloat16, 3e-3),
            (Precision::Int8, 3e-3),
        ] {
            let mut stepper = Stepper::new(&layers, precision);
            for _ in 0..2 {
                for (x, whole) in x.chunks(5).zip(whole.chunks(37)) {
                    for (ours, whole) in stepper.step(x).iter().zip(whole) {
                        assert!(
                            (ours - whole).abs() < tolerance,
                            "{precision:?} {ours} {whole}"
                        );
                    }
                }
                stepper.restart();
            }
        }
    }

    #[test]
    fn a_symbol_is_its_row_of_the_table() {
        let (layers, mut stream) = layers(6);
        let table = initial::normal([4, 6], 1.0, &mut stream, &Device::flex()).val();
        let rows = values(table.clone()).data;
        let mut symbols = Stepper::over_symbols(&layers, table, Precision::F32);
        let mut vectors = Stepper::new(&layers, Precision::F32);
        for symbol in [0, 3, 3, 1, 2] {
            let x = &rows[symbol * 6..][..6];
            for (a, b) in symbols.step_symbol(symbol).iter().zip(vectors.step(x)) {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }
        assert!(symbols.bytes() < vectors.bytes());
    }

    #[test]
    fn a_linear_layer_is_the_same_for_one_vector() {
        let mut stream = Seed(1).stream("weights", 0);
        let layer = initial::linear(7, 5, 1.0, &mut stream, &Device::flex());
        let x = initial::normal([1, 7], 1.0, &mut stream, &Device::flex()).val();
        let whole = values(layer.forward(x.clone())).data;
        let mut ours = vec![0.0; 5];
        let one = dense(&layer, Precision::F32);
        one.forward(&values(x).data, &mut ours).unwrap();
        for (ours, whole) in ours.iter().zip(whole) {
            assert!((ours - whole).abs() < 1e-6, "{ours} {whole}");
        }
    }
}

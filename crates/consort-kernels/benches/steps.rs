//! How long one step of a sampler's network takes, for one sequence: `cargo bench -p consort-kernels
//! --bench steps`. Bytes are those of the weights, which each step reads once.

use consort_kernels::{Dense, LstmCell, LstmCellState, LstmWeights, Precision, TabledLstmCell};
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::BFloat16, Precision::Int8];

const THREADS: [usize; 2] = [1, 2];

/// Steps that are timed together, as a sampler takes them.
const STEPS: usize = 200;

/// Numbers between -.1 and .1.
fn numbers(count: usize) -> Vec<f32> {
    let number = |index: usize| (index * 7919 % 199) as f32 / 995.0 - 0.1;
    (0..count).map(number).collect()
}

/// Layers one after the other, and a dense one.
struct Network {
    first: First,
    others: Vec<LstmCell>,
    dense: Dense,
}

enum First {
    Tabled(TabledLstmCell),
    Dense(LstmCell),
}

impl Network {
    /// Of `layers` of as many units.
    fn new([symbols, inputs, units, layers, outputs]: [usize; 5], precision: Precision) -> Self {
        let (input, between) = (numbers(inputs * 4 * units), numbers(units * 4 * units));
        let bias = numbers(4 * units);
        let weights = LstmWeights {
            input: &*input,
            hidden: &*between,
            bias: &*bias,
        };
        let first = if symbols > 0 {
            let table = numbers(symbols * inputs);
            let cell = TabledLstmCell::new(inputs, units, weights, &table, precision);
            First::Tabled(cell.expect("they fit"))
        } else {
            let cell = LstmCell::new(inputs, units, weights, precision);
            First::Dense(cell.expect("they fit"))
        };
        let weights = LstmWeights {
            input: &*between,
            ..weights
        };
        let other = || LstmCell::new(units, units, weights, precision);
        let dense = numbers(units * outputs);
        let dense = Dense::new(units, outputs, &dense, &bias[..outputs], precision);
        Self {
            first,
            others: (1..layers).map(|_| other().expect("they fit")).collect(),
            dense: dense.expect("they fit"),
        }
    }

    fn bytes(&self) -> usize {
        let first = match &self.first {
            First::Tabled(cell) => cell.bytes(),
            First::Dense(cell) => cell.bytes(),
        };
        let others: usize = self.others.iter().map(LstmCell::bytes).sum();
        first + others + self.dense.bytes()
    }

    fn step(&self, states: &mut [LstmCellState], outputs: &mut [f32]) {
        let Some((first, states)) = states.split_first_mut() else {
            return;
        };
        match &self.first {
            First::Tabled(cell) => {
                let best = (0..outputs.len()).max_by(|a, b| outputs[*a].total_cmp(&outputs[*b]));
                cell.step(best.unwrap_or(0), first)
            }
            First::Dense(cell) => cell.step(outputs, first),
        }
        .expect("it fits");
        let mut below = first;
        for (cell, state) in self.others.iter().zip(states) {
            cell.step(below.hidden(), state).expect("it fits");
            below = state;
        }
        self.dense
            .forward(below.hidden(), outputs)
            .expect("it fits");
    }
}

fn bench(bencher: divan::Bencher<'_, '_>, threads: usize, network: &Network, units: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let mut states = vec![LstmCellState::new(units); network.others.len() + 1];
    let mut outputs = vec![0.0; network.dense.outputs()];
    bencher
        .counter(BytesCount::new(network.bytes() * STEPS))
        .bench_local(|| {
            pool.as_ref().expect("threads").install(|| {
                for _ in 0..STEPS {
                    network.step(&mut states, &mut outputs);
                }
            });
        });
}

/// Characters: a vocabulary of 96, embedded in 512 numbers, three layers of 256.
#[divan::bench(args = PRECISIONS, consts = THREADS, sample_count = 20)]
fn characters_200<const N: usize>(bencher: divan::Bencher<'_, '_>, precision: Precision) {
    let network = Network::new([96, 512, 256, 3, 96], precision);
    bench(bencher, N, &network, 256);
}

/// Drums: eight of them, two layers of 128.
#[divan::bench(args = PRECISIONS, consts = THREADS, sample_count = 20)]
fn drums_200<const N: usize>(bencher: divan::Bencher<'_, '_>, precision: Precision) {
    let network = Network::new([0, 8, 128, 2, 8], precision);
    bench(bencher, N, &network, 128);
}

//! The workloads themselves.

use std::sync::Arc;
use std::time::Duration;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use consort_kernels::Precision;

use super::convolutional::{self, BLOCKS, CHANNELS, HEIGHT, PLANES, Residual, Separable};
use super::recurrent::{Frames, Spectra, Symbols, Vectors};
use super::{Cost, Workload, noise, time, time_training};
use crate::lstm::{Direction, LstmShape};
use crate::seed::{Seed, Stream};
use crate::stepper::{Stepper, dense};

/// Pixels of a row, few and many.
const WIDTHS: [usize; 2] = [46, 128];

/// Images of a training step.
const IMAGES: usize = 16;

/// Steps that are sampled between two looks at the clock.
const STEPS: usize = 100;

/// Symbols, embedding, units and layers of W2, and the sequences and steps that it learns at once.
const SYMBOLS: [usize; 4] = [96, 512, 256, 3];
const SYMBOL_BATCH: [usize; 2] = [16, 64];

/// W3.
const BOTH_WAYS: LstmShape = LstmShape {
    inputs: 176,
    hidden: 176,
    layers: 3,
    direction: Direction::Both,
};
const BOTH_WAYS_OUTPUTS: usize = 88;
const BOTH_WAYS_BATCH: [usize; 2] = [4, 512];

/// W4.
const SWITCHES: LstmShape = LstmShape {
    inputs: 8,
    hidden: 128,
    layers: 2,
    direction: Direction::Forward,
};
const SWITCH_OUTPUTS: usize = 8;
const SWITCH_BATCH: [usize; 2] = [64, 128];

/// Points and units of W5.
const SPECTRA: [usize; 2] = [8000, 1024];
const SPECTRUM_BATCH: [usize; 2] = [4, 40];

/// All of them.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "w1i46",
        about: "20 convolutions 5x5 of 64 channels, one image of 32x46",
        cost: residual(1, WIDTHS[0]),
        run: |budget| ask_residual(WIDTHS[0], budget),
    },
    Workload {
        name: "w1i128",
        about: "the same, one image of 32x128",
        cost: residual(1, WIDTHS[1]),
        run: |budget| ask_residual(WIDTHS[1], budget),
    },
    Workload {
        name: "w1t46",
        about: "the same, learning from 16 images of 32x46",
        cost: residual(IMAGES, WIDTHS[0]).learning(residual_weights()),
        run: |budget| {
            let batch = convolutional::batch(IMAGES, WIDTHS[0]);
            time_training(Residual::new(&mut weights()), batch, budget)
        },
    },
    Workload {
        name: "w1bi46",
        about: "48 separable convolutions 3x3 of 128 channels, one image of 32x46",
        cost: separable(1, WIDTHS[0]),
        run: |budget| ask_separable(WIDTHS[0], budget),
    },
    Workload {
        name: "w1bi128",
        about: "the same, one image of 32x128",
        cost: separable(1, WIDTHS[1]),
        run: |budget| ask_separable(WIDTHS[1], budget),
    },
    Workload {
        name: "w1bt46",
        about: "the same, learning from 16 images of 32x46",
        cost: separable(IMAGES, WIDTHS[0]).learning(separable_weights()),
        run: |budget| {
            let batch = convolutional::batch(IMAGES, WIDTHS[0]);
            time_training(Separable::new(&mut weights()), batch, budget)
        },
    },
    Workload {
        name: "w2s",
        about: "3 LSTM of 256 over 96 symbols, one symbol drawn, 16-bit weights",
        cost: symbols([1, 1], true, 2),
        run: |budget| sample_symbols(Precision::BFloat16, budget),
    },
    Workload {
        name: "w2s-f32",
        about: "the same, 32-bit weights",
        cost: symbols([1, 1], true, 4),
        run: |budget| sample_symbols(Precision::F32, budget),
    },
    Workload {
        name: "w2s-int8",
        about: "the same, 8-bit weights",
        cost: symbols([1, 1], true, 1),
        run: |budget| sample_symbols(Precision::Int8, budget),
    },
    Workload {
        name: "w2t",
        about: "the same, learning from 16 sequences of 64",
        cost: symbols(SYMBOL_BATCH, false, 4).learning(symbol_weights()),
        run: learn_symbols,
    },
    Workload {
        name: "w3i",
        about: "3 LSTM of 176 in both directions, 4 sequences of 512",
        cost: frames(BOTH_WAYS, BOTH_WAYS_OUTPUTS, BOTH_WAYS_BATCH, 4),
        run: |budget| {
            let network = Frames::new(BOTH_WAYS, BOTH_WAYS_OUTPUTS, &mut weights());
            let [x, _] = &*vectors(BOTH_WAYS_BATCH, [BOTH_WAYS.inputs, BOTH_WAYS_OUTPUTS]);
            time(budget, 1, || drop(network.forward(x.clone())))
        },
    },
    Workload {
        name: "w3t",
        about: "the same, learning",
        cost: frames(BOTH_WAYS, BOTH_WAYS_OUTPUTS, BOTH_WAYS_BATCH, 4)
            .learning(frame_weights(BOTH_WAYS, BOTH_WAYS_OUTPUTS)),
        run: |budget| {
            let batch = vectors(BOTH_WAYS_BATCH, [BOTH_WAYS.inputs, BOTH_WAYS_OUTPUTS]);
            let network = Frames::new(BOTH_WAYS, BOTH_WAYS_OUTPUTS, &mut weights());
            time_training(network, batch, budget)
        },
    },
    Workload {
        name: "w4s",
        about: "2 LSTM of 128 over 8 switches, one step, 16-bit weights",
        cost: frames(SWITCHES, SWITCH_OUTPUTS, [1, 1], 2),
        run: |budget| sample_switches(Precision::BFloat16, budget),
    },
    Workload {
        name: "w4s-f32",
        about: "the same, 32-bit weights",
        cost: frames(SWITCHES, SWITCH_OUTPUTS, [1, 1], 4),
        run: |budget| sample_switches(Precision::F32, budget),
    },
    Workload {
        name: "w4t",
        about: "the same, learning from 64 sequences of 128",
        cost: frames(SWITCHES, SWITCH_OUTPUTS, SWITCH_BATCH, 4)
            .learning(frame_weights(SWITCHES, SWITCH_OUTPUTS)),
        run: |budget| {
            let [x, y] = &*vectors(SWITCH_BATCH, [SWITCHES.inputs, SWITCH_OUTPUTS]);
            let switches = [x, y].map(|x| x.clone().greater_elem(0.0).float());
            let network = Frames::new(SWITCHES, SWITCH_OUTPUTS, &mut weights());
            time_training(network, Arc::new(switches), budget)
        },
    },
    Workload {
        name: "w5i",
        about: "2 LSTM of 1024 between 8000 points, 4 sequences of 40",
        cost: spectra(),
        run: |budget| {
            let network = Spectra::new(SPECTRA[0], SPECTRA[1], &mut weights());
            let [x, _] = &*vectors(SPECTRUM_BATCH, [SPECTRA[0]; 2]);
            time(budget, 1, || drop(network.forward(x.clone())))
        },
    },
    Workload {
        name: "w5t",
        about: "the same, learning",
        cost: spectra().learning(spectrum_weights()),
        run: |budget| {
            let batch = vectors(SPECTRUM_BATCH, [SPECTRA[0]; 2]);
            time_training(
                Spectra::new(SPECTRA[0], SPECTRA[1], &mut weights()),
                batch,
                budget,
            )
        },
    },
];

fn weights() -> Stream {
    Seed(1).stream("weights", 0)
}

fn vectors([batch, steps]: [usize; 2], numbers: [usize; 2]) -> Vectors {
    Arc::new(numbers.map(|numbers| noise([batch, steps, numbers])))
}

fn ask_residual(width: usize, budget: Duration) -> Vec<f64> {
    let network = Residual::new(&mut weights()).valid();
    let [x, _] = &*convolutional::batch(1, width);
    time(budget, 1, || drop(network.forward(x.clone())))
}

fn ask_separable(width: usize, budget: Duration) -> Vec<f64> {
    let network = Separable::new(&mut weights()).valid();
    let [x, _] = &*convolutional::batch(1, width);
    time(budget, 1, || drop(network.forward(x.clone())))
}

fn symbol_network() -> Symbols {
    let [symbols, embedding, hidden, layers] = SYMBOLS;
    Symbols::new(symbols, embedding, [hidden, layers], &mut weights())
}

fn learn_symbols(budget: Duration) -> Vec<f64> {
    let [batch, steps] = SYMBOL_BATCH;
    let mut stream = Seed(1).stream("noise", 0);
    let mut drawn = || {
        let symbols = (0..batch * steps).map(|_| stream.below(SYMBOLS[0]) as i64);
        let data = TensorData::new(symbols.collect(), [batch, steps]);
        Tensor::<2, Int>::from_data(data, &Device::flex())
    };
    let batch = Arc::new([drawn(), drawn()]);
    time_training(symbol_network(), batch, budget)
}

fn sample_symbols(precision: Precision, budget: Duration) -> Vec<f64> {
    let network = symbol_network();
    let embeddings = network.embeddings.val();
    let mut layers = Stepper::over_symbols(&network.layers, embeddings, precision);
    let head = dense(&network.head, precision);
    let mut said = vec![0.0; SYMBOLS[0]];
    let mut symbol = 0;
    time(budget, STEPS, || {
        let hidden = layers.step_symbol(symbol);
        head.forward(hidden, &mut said)
            .expect("it has the layers' outputs");
        symbol = likeliest(&said);
    })
}

fn likeliest(said: &[f32]) -> usize {
    let most = said.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    most.map_or(0, |(index, _)| index)
}

fn sample_switches(precision: Precision, budget: Duration) -> Vec<f64> {
    let network = Frames::new(SWITCHES, SWITCH_OUTPUTS, &mut weights());
    let mut layers = Stepper::new(&network.layers, precision);
    let head = dense(&network.head, precision);
    let mut switches = [0.0; SWITCH_OUTPUTS];
    let mut step = || {
        let hidden = layers.step(&switches);
        let mut said = [0.0; SWITCH_OUTPUTS];
        head.forward(hidden, &mut said)
            .expect("it has the layers' outputs");
        // More likely than not.
        switches = said.map(|said| if said > 0.0 { 1.0 } else { 0.0 });
    };
    time(budget, STEPS, &mut step)
}

/// Bytes of a number of single precision.
const F32: usize = 4;

#[expect(clippy::cast_precision_loss, reason = "round figures")]
const fn cost(products: usize, numbers: usize) -> Cost {
    Cost {
        flops: 2.0 * products as f64,
        bytes: (F32 * numbers) as f64,
    }
}

impl Cost {
    /// Of a training step: gradients take two products for each one of the forward pass and read and
    /// write as much again twice; the optimiser reads weights, gradients and two moments, and writes
    /// all but the gradients.
    #[expect(clippy::cast_precision_loss, reason = "round figures")]
    const fn learning(self, weights: usize) -> Cost {
        Cost {
            flops: 3.0 * self.flops,
            bytes: 3.0 * self.bytes + (7 * F32 * weights) as f64,
        }
    }
}

const fn residual_weights() -> usize {
    let ([planes, maps], channels) = (PLANES, CHANNELS[0]);
    25 * channels * (planes + 2 * BLOCKS[0] * channels + maps)
}

const fn residual(images: usize, width: usize) -> Cost {
    let ([planes, maps], channels) = (PLANES, CHANNELS[0]);
    let pixels = images * HEIGHT * width;
    let layers = 2 * BLOCKS[0] + 1;
    let numbers = pixels * (planes + 2 * layers * channels + maps) + residual_weights();
    cost(pixels * residual_weights(), numbers)
}

const fn separable_weights() -> usize {
    let ([planes, maps], channels) = (PLANES, CHANNELS[1]);
    channels * (9 * planes + 2 * BLOCKS[1] * (9 + channels) + maps)
}

const fn separable(images: usize, width: usize) -> Cost {
    let ([planes, maps], channels) = (PLANES, CHANNELS[1]);
    let pixels = images * HEIGHT * width;
    let layers = 4 * BLOCKS[1] + 1;
    let numbers = pixels * (planes + 2 * layers * channels + maps) + separable_weights();
    cost(pixels * separable_weights(), numbers)
}

const fn symbol_weights() -> usize {
    let [symbols, embedding, hidden, layers] = SYMBOLS;
    let first = 4 * hidden * (embedding + hidden + 1);
    let others = (layers - 1) * 4 * hidden * (2 * hidden + 1);
    symbols * embedding + first + others + symbols * (hidden + 1)
}

/// With the products of the embeddings tabled, weights of `bytes` each.
const fn symbols([batch, steps]: [usize; 2], tabled: bool, bytes: usize) -> Cost {
    let [symbols, embedding, hidden, layers] = SYMBOLS;
    let first = if tabled { 0 } else { embedding };
    let recurrent = layers * 4 * hidden * hidden;
    let others = 4 * hidden * (first + (layers - 1) * hidden) + symbols * hidden;
    sequences([batch, steps], recurrent, others, bytes)
}

const fn frame_weights(shape: LstmShape, outputs: usize) -> usize {
    let width = shape.direction.count() * shape.hidden;
    let gates = 4 * width;
    let first = gates * (shape.inputs + shape.hidden + 1);
    let others = (shape.layers - 1) * gates * (width + shape.hidden + 1);
    first + others + outputs * (width + 1)
}

const fn frames(shape: LstmShape, outputs: usize, batch: [usize; 2], bytes: usize) -> Cost {
    let width = shape.direction.count() * shape.hidden;
    let recurrent = shape.layers * 4 * width * shape.hidden;
    let inputs = shape.inputs + (shape.layers - 1) * width;
    sequences(
        batch,
        recurrent,
        4 * width * inputs + outputs * width,
        bytes,
    )
}

const fn spectrum_weights() -> usize {
    let [points, hidden] = SPECTRA;
    2 * points * hidden + points + hidden + 2 * 4 * hidden * (2 * hidden + 1)
}

const fn spectra() -> Cost {
    let [points, hidden] = SPECTRA;
    let recurrent = 2 * 4 * hidden * hidden;
    sequences(
        SPECTRUM_BATCH,
        recurrent,
        recurrent + 2 * points * hidden,
        F32,
    )
}

/// Of so many weights for each step, the recurrent ones read at every step and the others once.
#[expect(clippy::cast_precision_loss, reason = "round figures")]
const fn sequences(
    [batch, steps]: [usize; 2],
    recurrent: usize,
    others: usize,
    bytes: usize,
) -> Cost {
    Cost {
        flops: (2 * batch * steps * (recurrent + others)) as f64,
        bytes: (bytes * (steps * recurrent + others)) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::collect;

    /// Numbers that are learnt, of normalisations aside, which the costs leave out.
    fn learnt(network: &impl Module) -> usize {
        let parameters = collect(network);
        let counted = parameters.iter().filter(|(name, _)| !name.contains("norm"));
        counted.map(|(_, values)| values.data.len()).sum()
    }

    #[test]
    fn costs_count_the_weights_that_there_are() {
        let stream = &mut weights();
        assert_eq!(learnt(&Residual::new(stream)), residual_weights());
        assert_eq!(learnt(&Separable::new(stream)), separable_weights());
        assert_eq!(learnt(&symbol_network()), symbol_weights());
        for (shape, outputs) in [(BOTH_WAYS, BOTH_WAYS_OUTPUTS), (SWITCHES, SWITCH_OUTPUTS)] {
            let network = Frames::new(shape, outputs, stream);
            assert_eq!(learnt(&network), frame_weights(shape, outputs));
        }
        let network = Spectra::new(SPECTRA[0], SPECTRA[1], stream);
        assert_eq!(learnt(&network), spectrum_weights());
    }

    #[test]
    fn every_workload_has_a_name_of_its_own() {
        for (index, workload) in WORKLOADS.iter().enumerate() {
            assert!(
                WORKLOADS[..index]
                    .iter()
                    .all(|other| other.name != workload.name)
            );
            assert!(workload.cost.flops > 0.0 && workload.cost.bytes > 0.0);
        }
    }
}

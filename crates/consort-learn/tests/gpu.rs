//! A graphics card beside the CPU: the same losses, gradients and statistics.
//!
//! Where there is none, nor software in its place, the test says so and passes.

#![cfg(feature = "gpu")]
#![recursion_limit = "256"]

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device as Backend, Tensor, TensorData};
use consort_learn::convolution::{Convolution, ConvolutionShape, NormalizedConvolution};
use consort_learn::{
    AdamW, Batches, Device, Direction, Fitted, LayerNorm, Loss, Lstm, LstmShape, Noise, Objective,
    Recipe, Schedule, Seed, Split, fit, initial, ops, parameters, progress,
};

/// All operations of our own, dropout, and running statistics.
#[derive(Module, Debug)]
struct Network {
    stem: NormalizedConvolution,
    skipped: NormalizedConvolution,
    sparse: Convolution,
    norm: LayerNorm,
    memory: Lstm,
    output: Linear,
}

impl Network {
    fn new() -> Network {
        let device = Backend::flex();
        let mut stream = Seed(3).stream("weights", 0);
        let shape = |inputs, kernel, dilation, groups| ConvolutionShape {
            inputs,
            outputs: 6,
            kernel,
            dilation,
            groups,
        };
        let memory = LstmShape {
            inputs: 6,
            hidden: 4,
            layers: 2,
            direction: Direction::Both,
        };
        Network {
            stem: NormalizedConvolution::new(shape(2, 3, 1, 1), &mut stream),
            skipped: NormalizedConvolution::new(shape(6, 5, 1, 1), &mut stream),
            sparse: Convolution::new(shape(6, 3, 2, 3), true, &mut stream),
            norm: LayerNorm::new(6, &device),
            memory: Lstm::new(memory, &mut stream, &device),
            output: initial::linear(8, 1, 1.0, &mut stream, &device),
        }
    }
}

impl Objective for Network {
    type Batch = Vec<f32>;

    /// The mean square of what comes out of images, `[3, 7, 9, 2]`, whose rows are read in sequence.
    fn loss(&self, batch: &Vec<f32>, noise: &mut Noise) -> Loss {
        let images = TensorData::new(batch.clone(), [3, 7, 9, 2]);
        let x = Tensor::from_data(images, &self.sparse.device());
        let x = self.stem.forward(x, None);
        let x = self.skipped.forward(x.clone(), Some(x));
        let x = self.sparse.forward(x).reshape([3 * 7 * 9, 6]);
        let x = ops::gelu(self.norm.forward(x));
        let rows = noise.dropout(x, 0.1).reshape([3 * 7, 9, 6]);
        let (x, _) = self.memory.forward(rows, None);
        let y = self.output.forward(x);
        Loss {
            mean: (y.clone() * y).mean(),
            count: 3,
        }
    }
}

struct Images;

impl Batches for Images {
    type Batch = Vec<f32>;

    fn batches_per_epoch(&self, _: Split) -> usize {
        4
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Vec<f32> {
        let mut stream = seed.stream(split.name(), epoch * 4 + index as u64);
        (0..3 * 7 * 9 * 2).map(|_| stream.normal()).collect()
    }
}

/// An optimiser without memory and with an epsilon that is large beside every gradient takes a step
/// that is the gradient, nearly: equal weights then say that all gradients were equal.
const DESCENT: Recipe = Recipe {
    steps: 3,
    batches_per_step: 2,
    schedule: Schedule {
        peak: 10.0,
        warmup_steps: 0,
        last_share: 1.0,
    },
    optimizer: AdamW {
        beta_1: 0.0,
        beta_2: 0.0,
        epsilon: 100.0,
        weight_decay: 0.0,
        clip_norm: None,
    },
    average: None,
    validate_every: 1,
    patience: None,
    snapshots: Vec::new(),
};

fn trained(network: Network) -> Fitted<Network> {
    let result = fit(
        network,
        &Images,
        &DESCENT,
        Seed(3),
        None,
        &mut progress::unobserved,
    );
    result.expect("nothing stops it")
}

#[test]
fn steps_are_those_of_the_cpu() {
    let network = match Device::Gpu.place(Network::new()) {
        Ok(network) => network,
        Err(error) => return println!("skipped: {error}"),
    };
    let before = parameters::collect(&network);
    assert_eq!(
        before,
        parameters::collect(&Network::new()),
        "moving changes nothing"
    );
    let (ours, cpus) = (trained(network), trained(Network::new()));
    let close = |a: f64, b: f64| (a - b).abs() < 1e-3 * b.abs();
    for (ours, cpus) in ours.history.iter().zip(&cpus.history) {
        assert!(close(ours.train, cpus.train), "{ours:?} {cpus:?}");
        assert!(close(ours.valid, cpus.valid), "{ours:?} {cpus:?}");
    }
    let ours = parameters::collect(&ours.network);
    for (name, cpus) in parameters::collect(&cpus.network) {
        let (ours, before) = (&ours[&name], &before[&name]);
        for ((ours, cpus), before) in ours.data.iter().zip(&cpus.data).zip(&before.data) {
            let (of_ours, of_cpus) = (ours - before, cpus - before);
            assert!(
                (of_ours - of_cpus).abs() < 1e-4,
                "{name}: {of_ours} {of_cpus}"
            );
        }
        assert!(ours != before, "{name} stays");
    }
}

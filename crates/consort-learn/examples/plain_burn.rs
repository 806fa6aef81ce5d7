//! The networks of `consort bench` made of burn's own layers, under the same training loop, to hold
//! ours against: `cargo run --release -p consort-learn --example plain_burn w2t`.
//!
//! Prints a line of JSON for each workload named, with the median and the best time in seconds.
#![recursion_limit = "256"]

use std::sync::Arc;
use std::time::Duration;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, BiLstm, BiLstmConfig, Embedding, EmbeddingConfig, Linear,
    LinearConfig, Lstm, LstmConfig, PaddingConfig2d,
};
use burn::tensor::activation::{log_softmax, relu, sigmoid};
use burn::tensor::{Device, Int, Tensor};
use consort_learn::speed::{noise, time, time_training};
use consort_learn::{Loss, Noise, Objective};

fn main() {
    let budget = Duration::from_secs(2);
    for name in std::env::args().skip(1) {
        let Some(mut times) = measure(&name, budget) else {
            eprintln!("{name} is not a workload here");
            std::process::exit(2);
        };
        times.sort_by(f64::total_cmp);
        let (median, best) = (times[times.len() / 2], times[0]);
        println!("{{\"name\":\"{name}\",\"median_s\":{median},\"best_s\":{best}}}");
    }
}

fn measure(name: &str, budget: Duration) -> Option<Vec<f64>> {
    let device = Device::flex();
    let images = |count: usize, width: usize| {
        Arc::new([noise([count, 8, 32, width]), noise([count, 4, 32, width])])
    };
    let ask = |network: &Images, width: usize| {
        let x = noise([1, 8, 32, width]);
        time(budget, 1, || drop(network.forward(x.clone())))
    };
    let frames = |[batch, steps]: [usize; 2], [inputs, outputs]: [usize; 2]| {
        Arc::new([
            noise([batch, steps, inputs]),
            noise([batch, steps, outputs]),
        ])
    };
    Some(match name {
        "w1i46" => ask(&Images::residual(&device), 46),
        "w1i128" => ask(&Images::residual(&device), 128),
        "w1bi46" => ask(&Images::separable(&device), 46),
        "w1bi128" => ask(&Images::separable(&device), 128),
        "w1t46" => time_training(Images::residual(&device), images(16, 46), budget),
        "w1bt46" => time_training(Images::separable(&device), images(16, 46), budget),
        "w2s" => sample_symbols(&Symbols::new(&device), budget),
        "w2t" => {
            let numbers = noise([16, 64]).abs() * 30.0;
            let symbols: Tensor<2, Int> = numbers.int().clamp(0, 95);
            time_training(Symbols::new(&device), Arc::new(symbols), budget)
        }
        "w3i" => {
            let (network, x) = (Piano::new(&device), noise([4, 512, 176]));
            time(budget, 1, || drop(network.forward(x.clone())))
        }
        "w3t" => time_training(Piano::new(&device), frames([4, 512], [176, 88]), budget),
        "w4s" => sample_switches(&Drums::new(&device), budget),
        "w4t" => time_training(Drums::new(&device), frames([64, 128], [8, 8]), budget),
        "w5i" => {
            let (network, x) = (Spectra::new(&device), noise([4, 40, 8000]));
            time(budget, 1, || drop(network.forward(x.clone())))
        }
        "w5t" => time_training(Spectra::new(&device), frames([4, 40], [8000, 8000]), budget),
        _ => return None,
    })
}

/// W1 and W1b.
#[derive(Module, Debug)]
struct Images {
    stem: Vec<Layer>,
    blocks: Vec<[Layer; 2]>,
    head: Conv2d,
}

#[derive(Module, Debug)]
struct Layer {
    convolutions: Vec<Conv2d>,
    norm: Option<BatchNorm>,
}

fn convolution(
    [inputs, outputs]: [usize; 2],
    side: usize,
    groups: usize,
    device: &Device,
) -> Conv2d {
    Conv2dConfig::new([inputs, outputs], [side, side])
        .with_padding(PaddingConfig2d::Same)
        .with_groups(groups)
        .with_bias(false)
        .init(device)
}

impl Images {
    fn residual(device: &Device) -> Images {
        let layer = |inputs| Layer {
            convolutions: vec![convolution([inputs, 64], 5, 1, device)],
            norm: Some(BatchNormConfig::new(64).init(device)),
        };
        Images {
            stem: vec![layer(8)],
            blocks: (0..9).map(|_| [layer(64), layer(64)]).collect(),
            head: convolution([64, 4], 5, 1, device),
        }
    }

    fn separable(device: &Device) -> Images {
        let layer = || Layer {
            convolutions: vec![
                convolution([128, 128], 3, 128, device),
                convolution([128, 128], 1, 1, device),
            ],
            norm: Some(BatchNormConfig::new(128).init(device)),
        };
        let stem = Layer {
            convolutions: vec![convolution([8, 128], 3, 1, device)],
            norm: None,
        };
        Images {
            stem: vec![stem],
            blocks: (0..24).map(|_| [layer(), layer()]).collect(),
            head: convolution([128, 4], 1, 1, device),
        }
    }

    fn forward(&self, mut x: Tensor<4>) -> Tensor<4> {
        for layer in &self.stem {
            x = layer.forward(x);
            if layer.norm.is_some() {
                x = relu(x);
            }
        }
        for [first, second] in &self.blocks {
            x = relu(second.forward(relu(first.forward(x.clone()))) + x);
        }
        self.head.forward(x)
    }
}

impl Layer {
    fn forward(&self, mut x: Tensor<4>) -> Tensor<4> {
        for convolution in &self.convolutions {
            x = convolution.forward(x);
        }
        match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }
}

impl Objective for Images {
    type Batch = Arc<[Tensor<4>; 2]>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let device = self.head.weight.val().device();
        let [x, y] = batch
            .each_ref()
            .map(|images| images.clone().to_device(&device));
        let error = self.forward(x) - y;
        squared(error)
    }
}

fn squared<const D: usize>(error: Tensor<D>) -> Loss {
    Loss {
        mean: (error.clone() * error).mean(),
        count: 1,
    }
}

/// W2.
#[derive(Module, Debug)]
struct Symbols {
    embeddings: Embedding,
    layers: Vec<Lstm>,
    head: Linear,
}

impl Symbols {
    fn new(device: &Device) -> Symbols {
        let layer = |inputs| LstmConfig::new(inputs, 256, true).init(device);
        Symbols {
            embeddings: EmbeddingConfig::new(96, 512).init(device),
            layers: vec![layer(512), layer(256), layer(256)],
            head: LinearConfig::new(256, 96).init(device),
        }
    }
}

impl Objective for Symbols {
    type Batch = Arc<Tensor<2, Int>>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let device = self.head.weight.val().device();
        let symbols = Tensor::clone(batch).to_device(&device);
        let mut x = self.embeddings.forward(symbols.clone());
        for layer in &self.layers {
            x = layer.forward(x, None).0;
        }
        let said = log_softmax(self.head.forward(x.reshape([-1, 256])), 1);
        let count = said.dims()[0];
        Loss {
            mean: -said.gather(1, symbols.reshape([count, 1])).mean(),
            count,
        }
    }
}

fn sample_symbols(network: &Symbols, budget: Duration) -> Vec<f64> {
    let mut states = vec![None; network.layers.len()];
    let mut symbol = Tensor::<2, Int>::zeros([1, 1], &Device::flex());
    time(budget, 100, || {
        let mut x = network.embeddings.forward(symbol.clone());
        for (layer, state) in network.layers.iter().zip(&mut states) {
            let (outputs, after) = layer.forward(x.clone(), state.take());
            x = outputs;
            *state = Some(after);
        }
        let said = network.head.forward(x.reshape([1, 256]));
        symbol = said.argmax(1).reshape([1, 1]);
    })
}

/// W3.
#[derive(Module, Debug)]
struct Piano {
    layers: Vec<BiLstm>,
    head: Linear,
}

impl Piano {
    fn new(device: &Device) -> Piano {
        let layer = |inputs| BiLstmConfig::new(inputs, 176, true).init(device);
        Piano {
            layers: vec![layer(176), layer(352), layer(352)],
            head: LinearConfig::new(352, 88).init(device),
        }
    }

    fn forward(&self, mut x: Tensor<3>) -> Tensor<2> {
        for layer in &self.layers {
            x = layer.forward(x, None).0;
        }
        self.head.forward(x.reshape([-1, 352]))
    }
}

impl Objective for Piano {
    type Batch = Arc<[Tensor<3>; 2]>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let device = self.head.weight.val().device();
        let [x, y] = batch
            .each_ref()
            .map(|frames| frames.clone().to_device(&device));
        squared(self.forward(x) - y.reshape([-1, 88]))
    }
}

/// W4.
#[derive(Module, Debug)]
struct Drums {
    layers: Vec<Lstm>,
    head: Linear,
}

impl Drums {
    fn new(device: &Device) -> Drums {
        let layer = |inputs| LstmConfig::new(inputs, 128, true).init(device);
        Drums {
            layers: vec![layer(8), layer(128)],
            head: LinearConfig::new(128, 8).init(device),
        }
    }
}

impl Objective for Drums {
    type Batch = Arc<[Tensor<3>; 2]>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let device = self.head.weight.val().device();
        let [mut x, y] = batch
            .each_ref()
            .map(|frames| frames.clone().to_device(&device));
        for layer in &self.layers {
            x = layer.forward(x, None).0;
        }
        let said = sigmoid(self.head.forward(x.reshape([-1, 128])));
        let wanted = y.greater_elem(0.0).float().reshape([-1, 8]);
        let off = (-wanted.clone() + 1.0) * (-said.clone() + 1.0 + 1e-6).log();
        Loss {
            mean: -(wanted * (said + 1e-6).log() + off).mean(),
            count: 1,
        }
    }
}

fn sample_switches(network: &Drums, budget: Duration) -> Vec<f64> {
    let mut states = vec![None; network.layers.len()];
    let mut switches = Tensor::<3>::zeros([1, 1, 8], &Device::flex());
    time(budget, 100, || {
        let mut x = switches.clone();
        for (layer, state) in network.layers.iter().zip(&mut states) {
            let (outputs, after) = layer.forward(x.clone(), state.take());
            x = outputs;
            *state = Some(after);
        }
        let said = network.head.forward(x.reshape([1, 128]));
        switches = said.greater_elem(0.0).float().reshape([1, 1, 8]);
    })
}

/// W5.
#[derive(Module, Debug)]
struct Spectra {
    tail: Linear,
    layers: [Lstm; 2],
    head: Linear,
}

impl Spectra {
    fn new(device: &Device) -> Spectra {
        let layer = || LstmConfig::new(1024, 1024, true).init(device);
        Spectra {
            tail: LinearConfig::new(8000, 1024).init(device),
            layers: [layer(), layer()],
            head: LinearConfig::new(1024, 8000).init(device),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [batch, steps, points] = x.dims();
        let x = self.tail.forward(x.reshape([batch * steps, points]));
        let x = x.reshape([batch, steps, 1024]);
        let [a, b] = self
            .layers
            .each_ref()
            .map(|layer| layer.forward(x.clone(), None).0);
        self.head.forward((a + b).reshape([batch * steps, 1024]))
    }
}

impl Objective for Spectra {
    type Batch = Arc<[Tensor<3>; 2]>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let device = self.head.weight.val().device();
        let [x, y] = batch
            .each_ref()
            .map(|frames| frames.clone().to_device(&device));
        let y = y.reshape([-1, 8000]);
        squared(self.forward(x) - y)
    }
}

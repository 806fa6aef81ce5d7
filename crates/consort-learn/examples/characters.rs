//! Teaches a network which character follows, and asks it one character at a time with weights of 32,
//! 16 and 8 bits, to see what fewer bits cost:
//!
//! ```sh
//! cargo run --release -p consort-learn --example characters -- 600 tunes/*.abc
//! ```
//!
//! The last tenth of the text is not learnt from. Prints its cross entropy in bits per character.
#![recursion_limit = "256"]

use std::ops::ControlFlow;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use consort_learn::stepper::{Precision, Stepper, dense};
use consort_learn::{
    AdamW, Batches, Direction, Loss, Lstm, LstmShape, Noise, Objective, Recipe, Schedule, Seed,
    Split, evaluate, fit, initial,
};

/// Sequences of a batch and characters of a sequence.
const BATCH: [usize; 2] = [16, 64];

const EMBEDDING: usize = 512;
const UNITS: usize = 256;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let steps = arguments
        .next()
        .ok_or("how many steps, then files")?
        .parse()?;
    let mut text = String::new();
    for path in arguments {
        text.push_str(&std::fs::read_to_string(path)?);
    }
    let text = Text::new(&text);
    let network = Network::new(text.alphabet.len(), Seed(1));
    let recipe = Recipe {
        steps,
        batches_per_step: 1,
        schedule: Schedule {
            peak: 3e-3,
            warmup_steps: 50,
            last_share: 0.05,
        },
        optimizer: AdamW {
            beta_1: 0.9,
            beta_2: 0.98,
            epsilon: 1e-8,
            weight_decay: 0.01,
            clip_norm: Some(1.0),
        },
        average: None,
        validate_every: 100,
        patience: None,
        snapshots: Vec::new(),
    };
    let mut observe = |progress: consort_learn::Progress| {
        if progress.held_out {
            let loss = progress.measure.unwrap_or(f64::NAN);
            println!("step {}: {:.4} bits", progress.done, bits(loss));
        }
        ControlFlow::Continue(())
    };
    let fitted = fit(network, &text, &recipe, Seed(1), None, &mut observe)?;
    let whole = evaluate(&fitted.network, &text, Split::Valid, Seed(1));
    println!(
        "sequences of {} from nothing: {:.4} bits",
        BATCH[1],
        bits(whole)
    );
    for precision in [Precision::F32, Precision::BFloat16, Precision::Int8] {
        let loss = rayon::scope(|_| fitted.network.listen(text.split(Split::Valid), precision));
        println!("one by one, {precision:?}: {:.5} bits", bits(loss));
    }
    Ok(())
}

fn bits(nats: f64) -> f64 {
    nats / std::f64::consts::LN_2
}

/// Characters as numbers.
struct Text {
    alphabet: Vec<char>,
    symbols: Vec<usize>,
}

impl Text {
    fn new(text: &str) -> Text {
        let mut alphabet: Vec<char> = text.chars().collect();
        alphabet.sort_unstable();
        alphabet.dedup();
        let symbol = |c: char| alphabet.binary_search(&c).unwrap_or_default();
        let symbols = text.chars().map(symbol).collect();
        Text { alphabet, symbols }
    }

    fn split(&self, split: Split) -> &[usize] {
        let (learnt, held_out) = self.symbols.split_at(self.symbols.len() / 10 * 9);
        if split == Split::Train {
            learnt
        } else {
            held_out
        }
    }
}

impl Batches for Text {
    /// Sequences of one character more than a network reads.
    type Batch = Vec<Vec<usize>>;

    fn batches_per_epoch(&self, split: Split) -> usize {
        self.split(split).len() / (BATCH[0] * (BATCH[1] + 1))
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Self::Batch {
        let text = self.split(split);
        let length = BATCH[1] + 1;
        let mut stream = seed.stream("batch", (epoch << 32) + index as u64);
        let sequence = |row: usize| {
            let from = match split {
                Split::Train => stream.below(text.len() - length),
                Split::Valid | Split::Test => (index * BATCH[0] + row) * length,
            };
            text[from..][..length].to_vec()
        };
        (0..BATCH[0]).map(sequence).collect()
    }
}

#[derive(Module, Debug)]
struct Network {
    embeddings: Param<Tensor<2>>,
    layers: Lstm,
    head: Linear,
}

impl Network {
    fn new(symbols: usize, seed: Seed) -> Network {
        let (device, mut stream) = (Device::flex(), seed.stream("weights", 0));
        let shape = LstmShape {
            inputs: EMBEDDING,
            hidden: UNITS,
            layers: 3,
            direction: Direction::Forward,
        };
        Network {
            embeddings: initial::normal([symbols, EMBEDDING], 1.0, &mut stream, &device),
            layers: Lstm::new(shape, &mut stream, &device),
            head: initial::linear(UNITS, symbols, 1.0, &mut stream, &device),
        }
    }

    /// The mean loss over a text that is read one character after another, in nats.
    fn listen(&self, text: &[usize], precision: Precision) -> f64 {
        let mut layers = Stepper::over_symbols(&self.layers, self.embeddings.val(), precision);
        let head = dense(&self.head, precision);
        let mut said = vec![0.0; head.outputs()];
        let mut sum = 0.0;
        for pair in text.windows(2) {
            let hidden = layers.step_symbol(pair[0]);
            head.forward(hidden, &mut said)
                .expect("the head fits the layers");
            let total: f64 = said.iter().map(|x| f64::from(*x).exp()).sum();
            sum += total.ln() - f64::from(said[pair[1]]);
        }
        sum / (text.len() - 1) as f64
    }
}

impl Objective for Network {
    type Batch = Vec<Vec<usize>>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let embeddings = self.embeddings.val();
        let device = embeddings.device();
        let [count, steps] = [batch.len(), batch[0].len() - 1];
        let symbols = |from: usize| {
            let rows = batch.iter().flat_map(|row| &row[from..from + steps]);
            let data = TensorData::new(rows.map(|&x| x as i64).collect(), [count * steps]);
            Tensor::<1, Int>::from_data(data, &device)
        };
        let x = embeddings.select(0, symbols(0));
        let x = x.reshape([count, steps, EMBEDDING]);
        let (x, _) = self.layers.forward(x, None);
        let said = log_softmax(self.head.forward(x.reshape([count * steps, UNITS])), 1);
        let wanted = symbols(1).reshape([count * steps, 1]);
        Loss {
            mean: -said.gather(1, wanted).mean(),
            count: count * steps,
        }
    }
}

//! The network: what is told of a character, layers of long short-term memory, and how likely each
//! character is to come next.
//!
//! The article's is told the character alone and has nothing but layers one after another; ours is told
//! what a reader of the tune knows of its place ([`Context`](super::encoding::Context)), and has shortcuts.

use burn::module::{Module, Param, RunningState};
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use consort_learn::ops::LstmState;
use consort_learn::{Direction, Lstm, LstmShape, Noise, Seed, Stream, initial};

use super::config::{Architecture, Told};
use super::encoding::{SYMBOLS, TABLES};
use super::objective::Batch;

mod speaker;

pub use speaker::{Speaker, WRITING};

/// The network.
#[derive(Module, Debug)]
pub struct Network {
    /// `[value of a feature, embedding]`, the features' tables one after another.
    embeddings: Param<Tensor<2>>,
    layers: Vec<Lstm>,
    /// From the last layer, and with shortcuts from what is told, to symbols.
    head: Linear,
    /// `[layer, row, unit]` and again: how the last batch ended, hidden values and cells.
    carried: Option<[RunningState<Tensor<3>>; 2]>,
    #[module(skip)]
    architecture: Architecture,
}

/// The rows of the embeddings at which each feature begins.
fn tables(told: Told) -> Vec<usize> {
    let sizes: &[usize] = match told {
        Told::Character => &[SYMBOLS],
        Told::Context => &TABLES,
    };
    let mut end = 0;
    let begins = sizes.iter().map(|size| {
        end += size;
        end - size
    });
    let mut begins: Vec<usize> = begins.collect();
    begins.push(end);
    begins
}

impl Network {
    /// A network with initial weights.
    pub fn new(architecture: &Architecture, seed: Seed) -> Network {
        let (device, mut stream) = (Device::flex(), seed.stream("weights", 0));
        let Architecture {
            told,
            embedding,
            hidden,
            layers,
            shortcuts,
            carried_rows,
            ..
        } = *architecture;
        let begins = tables(told);
        let [features, rows] = [begins.len() - 1, begins[begins.len() - 1]];
        // What is told together should be of about the size of 1/2.
        #[expect(clippy::cast_precision_loss, reason = "few features")]
        let deviation = 0.5 / (features as f32).sqrt();
        let layer = |index: usize, stream: &mut Stream| {
            let shape = LstmShape {
                inputs: if index == 0 { embedding } else { hidden },
                hidden,
                layers: 1,
                direction: Direction::Forward,
            };
            Lstm::new(shape, stream, &device)
        };
        let zeros = || RunningState::new(Tensor::zeros([layers, carried_rows, hidden], &device));
        let past = if shortcuts { embedding } else { 0 };
        Network {
            embeddings: initial::normal([rows, embedding], deviation, &mut stream, &device),
            layers: (0..layers).map(|index| layer(index, &mut stream)).collect(),
            head: initial::linear(hidden + past, SYMBOLS, 1.0, &mut stream, &device),
            carried: (carried_rows > 0).then(|| [zeros(), zeros()]),
            architecture: architecture.clone(),
        }
    }

    /// Whether it reads tunes one after another, and goes on from the one before.
    pub fn carries(&self) -> bool {
        self.carried.is_some()
    }

    /// The log-probabilities of what follows each character of a batch, `[row * step, symbol]`.
    pub(super) fn forward(&self, batch: &Batch, noise: &mut Noise) -> Tensor<2> {
        let Architecture {
            embedding,
            hidden,
            shortcuts,
            input_dropout,
            dropout,
            ..
        } = self.architecture;
        let [rows, steps] = [batch.rows, batch.steps()];
        let x = noise.dropout(self.embed(batch), input_dropout);
        let began = self.began(batch, noise);
        let mut ended = Vec::with_capacity(self.layers.len());
        let mut y = x.clone().reshape([rows, steps, embedding]);
        for (index, layer) in self.layers.iter().enumerate() {
            let began = began.as_ref().map(|began| vec![began[index].clone()]);
            let (outputs, mut state) = layer.forward(y.clone(), began);
            ended.append(&mut state);
            let outputs = noise.dropout(outputs, dropout);
            y = if shortcuts && index > 0 {
                outputs + y
            } else {
                outputs
            };
        }
        self.carry(ended, noise);
        let y = y.reshape([rows * steps, hidden]);
        let y = if shortcuts {
            Tensor::cat(vec![y, x], 1)
        } else {
            y
        };
        log_softmax(self.head.forward(y), 1)
    }

    /// What is told at each character as numbers, `[row * step, embedding]`: the sum of its features'.
    fn embed(&self, batch: &Batch) -> Tensor<2> {
        let begins = tables(self.architecture.told);
        let features = begins.len() - 1;
        let places = batch.told.len() / features;
        let rows = batch.told.iter().enumerate().map(|(place, &value)| {
            let begin = begins[place % features];
            (begin + usize::from(value)) as i64
        });
        let device = self.embeddings.val().device();
        let rows = TensorData::new(rows.collect::<Vec<i64>>(), [places * features]);
        let rows = Tensor::<1, Int>::from_data(rows, &device);
        let embedded = self.embeddings.val().select(0, rows);
        if features == 1 {
            return embedded;
        }
        let embedding = self.architecture.embedding;
        let sum = embedded.reshape([places, features, embedding]).sum_dim(1);
        sum.reshape([places, embedding])
    }

    /// How the layers begin: where the last batch ended, if this one goes on from it.
    fn began(&self, batch: &Batch, noise: &Noise) -> Option<Vec<LstmState>> {
        let carried = self.carried.as_ref()?;
        if !(noise.is_on() && batch.goes_on) {
            return None;
        }
        let device = self.embeddings.val().device();
        let [hidden, cell] = carried
            .each_ref()
            .map(|state| state.value_sync().to_device(&device));
        let layers = 0..self.layers.len();
        let of = |state: &Tensor<3>, layer| state.clone().narrow(0, layer, 1);
        let state = |layer| LstmState {
            hidden: of(&hidden, layer),
            cell: of(&cell, layer),
        };
        Some(layers.map(state).collect())
    }

    /// Keeps how a batch that is learnt from ended.
    fn carry(&self, ended: Vec<LstmState>, noise: &Noise) {
        let Some([hidden, cell]) = self.carried.as_ref().filter(|_| noise.is_on()) else {
            return;
        };
        let (hiddens, cells) = ended
            .into_iter()
            .map(|state| (state.hidden.detach(), state.cell.detach()))
            .unzip();
        hidden.update(Tensor::cat(hiddens, 0));
        cell.update(Tensor::cat(cells, 0));
    }
}

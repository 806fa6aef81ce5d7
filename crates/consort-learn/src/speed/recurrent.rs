//! The recurrent networks.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};

use crate::initial;
use crate::lstm::{Direction, Lstm, LstmShape};
use crate::objective::{Loss, Noise, Objective};
use crate::seed::Stream;

/// W2: layers of LSTM over the embeddings of symbols, and what symbol follows.
#[derive(Module, Debug)]
pub(super) struct Symbols {
    /// `[symbol, embedding]`.
    pub(super) embeddings: Param<Tensor<2>>,
    pub(super) layers: Lstm,
    pub(super) head: Linear,
}

/// W3 and W4: layers of LSTM, and a linear one.
#[derive(Module, Debug)]
pub(super) struct Frames {
    pub(super) layers: Lstm,
    pub(super) head: Linear,
    /// Whether it learns which of its outputs are on, or else numbers.
    switches: bool,
}

/// W5: two layers of LSTM side by side between linear ones.
#[derive(Module, Debug)]
pub(super) struct Spectra {
    tail: Linear,
    layers: [Lstm; 2],
    head: Linear,
}

/// What the networks over vectors learn: sequences, `[batch, step, number]`, and those wanted.
pub(super) type Vectors = Arc<[Tensor<3>; 2]>;

impl Symbols {
    pub(super) fn new(
        symbols: usize,
        embedding: usize,
        [hidden, layers]: [usize; 2],
        stream: &mut Stream,
    ) -> Symbols {
        let device = Device::flex();
        let shape = LstmShape {
            inputs: embedding,
            hidden,
            layers,
            direction: Direction::Forward,
        };
        Symbols {
            embeddings: initial::normal([symbols, embedding], 1.0, stream, &device),
            layers: Lstm::new(shape, stream, &device),
            head: initial::linear(hidden, symbols, 1.0, stream, &device),
        }
    }

    /// From `[batch, step]` to what follows each, `[batch * step, symbol]`.
    fn forward(&self, symbols: Tensor<2, Int>) -> Tensor<2> {
        let [batch, steps] = symbols.dims();
        let embeddings = self.embeddings.val();
        let width = embeddings.dims()[1];
        let x = embeddings.select(0, symbols.reshape([batch * steps]));
        let (x, _) = self.layers.forward(x.reshape([batch, steps, width]), None);
        self.head.forward(flat(x))
    }
}

impl Objective for Symbols {
    /// Symbols, `[batch, step]`, and those that follow.
    type Batch = Arc<[Tensor<2, Int>; 2]>;

    fn loss(&self, batch: &Self::Batch, _: &mut Noise) -> Loss {
        let device = self.embeddings.val().device();
        let [x, y] = batch
            .each_ref()
            .map(|symbols| symbols.clone().to_device(&device));
        let said = log_softmax(self.forward(x), 1);
        let count = said.dims()[0];
        Loss {
            mean: -said.gather(1, y.reshape([count, 1])).mean(),
            count,
        }
    }
}

impl Frames {
    pub(super) fn new(shape: LstmShape, outputs: usize, stream: &mut Stream) -> Frames {
        let device = Device::flex();
        let width = shape.direction.count() * shape.hidden;
        Frames {
            layers: Lstm::new(shape, stream, &device),
            head: initial::linear(width, outputs, 1.0, stream, &device),
            switches: shape.direction == Direction::Forward,
        }
    }

    /// From `[batch, step, number]` to `[batch * step, output]`.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let (x, _) = self.layers.forward(x, None);
        self.head.forward(flat(x))
    }
}

impl Objective for Frames {
    type Batch = Vectors;

    fn loss(&self, batch: &Vectors, _: &mut Noise) -> Loss {
        let [x, y] = on_device(batch, &self.head);
        let said = self.forward(x);
        let count = said.dims()[0];
        let y = flat(y);
        let mean = if self.switches {
            // -log of a sigmoid, without its overflow.
            let rest = (-said.clone().abs()).exp().log1p();
            (said.clone().clamp_min(0.0) - said * y + rest).mean()
        } else {
            let error = said - y;
            (error.clone() * error).mean()
        };
        Loss { mean, count }
    }
}

impl Spectra {
    pub(super) fn new(points: usize, hidden: usize, stream: &mut Stream) -> Spectra {
        let device = Device::flex();
        let shape = LstmShape {
            inputs: hidden,
            hidden,
            layers: 1,
            direction: Direction::Forward,
        };
        Spectra {
            tail: initial::linear(points, hidden, 1.0, stream, &device),
            layers: [(); 2].map(|()| Lstm::new(shape, stream, &device)),
            head: initial::linear(hidden, points, 1.0, stream, &device),
        }
    }

    /// From `[batch, step, point]` to `[batch * step, point]`.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [batch, steps, _] = x.dims();
        let x = self.tail.forward(flat(x));
        let x = x.reshape([batch as isize, steps as isize, -1]);
        let [a, b] = self
            .layers
            .each_ref()
            .map(|layer| layer.forward(x.clone(), None).0);
        self.head.forward(flat(a + b))
    }
}

impl Objective for Spectra {
    type Batch = Vectors;

    fn loss(&self, batch: &Vectors, _: &mut Noise) -> Loss {
        let [x, y] = on_device(batch, &self.head);
        let error = self.forward(x) - flat(y);
        let count = error.dims()[0];
        Loss {
            mean: (error.clone() * error).mean(),
            count,
        }
    }
}

/// Steps of all sequences as rows: a linear layer is then one product.
fn flat(x: Tensor<3>) -> Tensor<2> {
    let [batch, steps, width] = x.dims();
    x.reshape([batch * steps, width])
}

fn on_device(batch: &Vectors, layer: &Linear) -> [Tensor<3>; 2] {
    let device = layer.weight.val().device();
    batch.each_ref().map(|x| x.clone().to_device(&device))
}

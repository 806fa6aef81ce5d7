//! A network that hears a piece from its start: layers of long short-term memory over what is told.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use consort_learn::ops::gelu;
use consort_learn::{Direction, Loss, Lstm, LstmShape, Noise, Stream, initial};

use super::{combined, home, mean_of_wanted, outputs};
use crate::families::drums::config::{StreamShape, Told};
use crate::families::drums::encoding::{
    COMBINATIONS, DRUMS, FEATURES, MOMENTS, STROKE_FEATURES, VELOCITIES,
};
use crate::families::drums::objective::{PADDING, Sequences};

/// Bits that count steps for [`Told::Combination`].
pub const COUNTER_BITS: usize = 6;

/// What is said of a stroke: its velocity, its moment, and whether a second one follows in the step.
pub(super) const SAID_OF_STROKE: usize = VELOCITIES + MOMENTS + 1;

/// The network.
#[derive(Module, Debug)]
pub struct Listener {
    /// From what is told to what the layers read.
    pub(super) inward: Option<Linear>,
    pub(super) layers: Vec<Lstm>,
    /// From the last layer of memory and what the first reads.
    pub(super) dense: Option<Linear>,
    /// From all this, and with shortcuts from what is told, to the drums.
    pub(super) drums: Linear,
    /// How strokes are played.
    pub(super) manner: Option<Touch>,
    #[module(skip)]
    pub(super) shape: StreamShape,
}

/// Two dense layers that say how a stroke is played.
#[derive(Module, Debug)]
pub(super) struct Touch {
    pub(super) inner: Linear,
    pub(super) outer: Linear,
}

impl Told {
    /// Numbers that are told of a step.
    pub fn features(self) -> usize {
        match self {
            Told::Context => FEATURES,
            Told::Combination => COMBINATIONS + COUNTER_BITS,
        }
    }
}

impl Listener {
    /// A network with initial weights.
    pub(super) fn new(shape: &StreamShape, stream: &mut Stream) -> Listener {
        let device = home();
        let features = shape.told.features();
        let StreamShape {
            embedding, hidden, ..
        } = *shape;
        let inward =
            (embedding > 0).then(|| initial::linear(features, embedding, 1.4, stream, &device));
        let read = if embedding > 0 { embedding } else { features };
        let layer = |index: usize, stream: &mut Stream| {
            let shape = LstmShape {
                inputs: if index == 0 { read } else { hidden },
                hidden,
                layers: 1,
                direction: Direction::Forward,
            };
            Lstm::new(shape, stream, &device)
        };
        let layers = (0..shape.layers)
            .map(|index| layer(index, stream))
            .collect();
        let mut heard = read + if shape.layers > 0 { hidden } else { 0 };
        let dense =
            (shape.dense > 0).then(|| initial::linear(heard, shape.dense, 1.4, stream, &device));
        if shape.dense > 0 {
            heard = shape.dense;
        }
        let past = if shape.shortcuts { features } else { 0 };
        let said = outputs(shape.output, DRUMS);
        let drums = initial::linear(heard + past, said, 0.5, stream, &device);
        let of_stroke = heard + STROKE_FEATURES;
        let manner = (shape.expression > 0).then(|| Touch {
            inner: initial::linear(of_stroke, shape.expression, 1.4, stream, &device),
            outer: initial::linear(shape.expression, SAID_OF_STROKE, 0.5, stream, &device),
        });
        Listener {
            inward,
            layers,
            dense,
            drums,
            manner,
            shape: shape.clone(),
        }
    }

    /// Whether it says how strokes are played.
    pub fn has_expression(&self) -> bool {
        self.manner.is_some()
    }

    /// What the layers make of what is told, `[row * step, unit]`, and what the drums are read from.
    fn hear(&self, batch: &Sequences, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let StreamShape {
            hidden,
            shortcuts,
            input_dropout,
            dropout,
            ..
        } = self.shape;
        let (rows, steps) = (batch.rows, batch.steps());
        let places = rows * steps;
        let features = self.shape.told.features();
        let told = TensorData::new(batch.told.clone(), [places, features]);
        let told = Tensor::<2>::from_data(told, &self.drums.weight.val().device());
        let told = noise.dropout(told, input_dropout);
        let read = match &self.inward {
            Some(inward) => noise.dropout(gelu(inward.forward(told.clone())), dropout),
            None => told.clone(),
        };
        let mut heard = read.clone();
        if !self.layers.is_empty() {
            let width = read.dims()[1];
            let mut y = read.reshape([rows, steps, width]);
            for (index, layer) in self.layers.iter().enumerate() {
                let (outputs, _) = layer.forward(y.clone(), None);
                let outputs = noise.dropout(outputs, dropout);
                y = if shortcuts && index > 0 {
                    outputs + y
                } else {
                    outputs
                };
            }
            heard = Tensor::cat(vec![y.reshape([places, hidden]), heard], 1);
        }
        if let Some(dense) = &self.dense {
            heard = noise.dropout(gelu(dense.forward(heard)), dropout);
        }
        let all = if shortcuts {
            Tensor::cat(vec![heard.clone(), told], 1)
        } else {
            heard.clone()
        };
        (heard, all)
    }

    /// See [`Network`](super::Network)'s loss.
    pub(super) fn loss(&self, batch: &Sequences, noise: &mut Noise) -> Loss {
        let (heard, all) = self.hear(batch, noise);
        let said = combined(self.drums.forward(all), self.shape.output, DRUMS);
        let count = batch
            .follows
            .iter()
            .filter(|&&next| next != PADDING)
            .count();
        #[expect(clippy::cast_precision_loss, reason = "steps of a batch")]
        let share = 1.0 / count.max(1) as f32;
        let wanted = batch.follows.iter().map(|&next| match next {
            PADDING => (0, 0.0),
            next => (i64::from(next), share),
        });
        let (wanted, weights) = wanted.unzip();
        let mut mean = mean_of_wanted(said, wanted, weights);
        if let Some(manner) = &self.manner {
            let weight = share * batch.expression_share;
            if !batch.strokes.is_empty() && weight > 0.0 {
                mean = mean + manner.loss(heard, batch, weight, noise, self.shape.dropout);
            }
        }
        Loss { mean, count }
    }
}

impl Touch {
    /// The sum of the negative log-likelihoods of how strokes are played, each times `weight`.
    fn loss(
        &self,
        heard: Tensor<2>,
        batch: &Sequences,
        weight: f32,
        noise: &mut Noise,
        dropout: f32,
    ) -> Tensor<1> {
        let device = heard.device();
        let strokes = &batch.strokes;
        let count = strokes.len();
        let at = strokes.iter().map(|stroke| stroke.at as i64);
        let at = TensorData::new(at.collect::<Vec<i64>>(), [count]);
        let heard = heard.select(0, Tensor::<1, Int>::from_data(at, &device));
        let told = TensorData::new(batch.strokes_told.clone(), [count, STROKE_FEATURES]);
        let told = Tensor::<2>::from_data(told, &device);
        let inner = gelu(self.inner.forward(Tensor::cat(vec![heard, told], 1)));
        let said = self.outer.forward(noise.dropout(inner, dropout));
        let said_of = |from: usize, length: usize| said.clone().narrow(1, from, length);
        let weights = || vec![weight; count];
        let velocities = strokes.iter().map(|stroke| i64::from(stroke.velocity));
        let velocities = mean_of_wanted(
            log_softmax(said_of(0, VELOCITIES), 1),
            velocities.collect(),
            weights(),
        );
        let moments = strokes.iter().map(|stroke| i64::from(stroke.moment));
        let moments = mean_of_wanted(
            log_softmax(said_of(VELOCITIES, MOMENTS), 1),
            moments.collect(),
            weights(),
        );
        // Whether a second stroke follows is asked of first ones only: log-odds beside 0.
        let again = said_of(VELOCITIES + MOMENTS, 1);
        let never = Tensor::zeros([count, 1], &device);
        let again = log_softmax(Tensor::cat(vec![never, again], 1), 1);
        let asked = strokes.iter().map(|stroke| match stroke.again {
            Some(again) => (i64::from(again), weight),
            None => (0, 0.0),
        });
        let (wanted, asked) = asked.unzip();
        velocities + moments + mean_of_wanted(again, wanted, asked)
    }
}

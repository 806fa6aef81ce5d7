//! Layers of long short-term memory.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
pub use consort_kernels::Direction;

use crate::initial;
use crate::ops::{self, LstmState};
use crate::parameters::{Values, values};
use crate::seed::Stream;

/// What shapes an [`Lstm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LstmShape {
    /// Numbers that come in at a step.
    pub inputs: usize,
    /// Units of a layer and direction.
    pub hidden: usize,
    /// Layers, each of which reads the outputs of the one before it.
    pub layers: usize,
    /// Which way all layers go.
    pub direction: Direction,
}

/// Layers of long short-term memory, one after another.
#[derive(Module, Debug)]
pub struct Lstm {
    layers: Vec<Layer>,
    #[module(skip)]
    direction: Direction,
}

/// One layer.
#[derive(Module, Debug)]
struct Layer {
    /// `[direction, input, gate * hidden]`, the gates in the order i, f, g, o.
    input: Param<Tensor<3>>,
    /// `[direction, hidden, gate * hidden]`.
    hidden: Param<Tensor<3>>,
    /// `[direction, gate * hidden]`.
    bias: Param<Tensor<2>>,
}

impl Lstm {
    /// Layers with initial weights between -1 and 1 over the root of `hidden`, as PyTorch draws them,
    /// and biases of 0, but 1 for the forget gates, which lets gradients through from the start (R.
    /// Jozefowicz et al., *An Empirical Exploration of Recurrent Network Architectures*, 2015).
    pub fn new(shape: LstmShape, stream: &mut Stream, device: &Device) -> Lstm {
        let LstmShape {
            inputs,
            hidden,
            layers,
            direction,
        } = shape;
        let ways = direction.count();
        #[expect(clippy::cast_precision_loss, reason = "layers have few units")]
        let bound = 1.0 / (hidden as f32).sqrt();
        let layer = |index: usize| {
            let inputs = if index == 0 { inputs } else { ways * hidden };
            let forget = Tensor::ones([ways, hidden], device);
            let others = |count: usize| Tensor::zeros([ways, count * hidden], device);
            Layer {
                input: initial::uniform([ways, inputs, 4 * hidden], bound, stream, device),
                hidden: initial::uniform([ways, hidden, 4 * hidden], bound, stream, device),
                bias: Param::from_tensor(Tensor::cat(vec![others(1), forget, others(2)], 1)),
            }
        };
        Lstm {
            layers: (0..layers).map(layer).collect(),
            direction,
        }
    }

    /// Takes `x`, `[batch, step, input]`, through all layers, which begin with the states of `began`,
    /// one for each, or with zeros. Gives the outputs of the last layer, `[batch, step, direction *
    /// hidden]`, and the states at the end. No gradient flows through these: a sequence that is
    /// learnt in pieces is learnt from one piece at a time.
    ///
    /// # Panics
    /// If the shapes do not fit together.
    pub fn forward(
        &self,
        x: Tensor<3>,
        began: Option<Vec<LstmState>>,
    ) -> (Tensor<3>, Vec<LstmState>) {
        let count = self.layers.len();
        let began = began.map_or_else(
            || vec![None; count],
            |states| states.into_iter().map(Some).collect(),
        );
        assert_eq!(began.len(), count, "states and layers");
        let mut x = x;
        let mut ended = Vec::with_capacity(count);
        for (layer, began) in self.layers.iter().zip(began) {
            let weights = ops::LstmWeights {
                input: layer.input.val(),
                hidden: layer.hidden.val(),
                bias: layer.bias.val(),
            };
            let (outputs, state) = ops::lstm(x, weights, began, self.direction);
            x = outputs;
            ended.push(state);
        }
        (x, ended)
    }

    /// The weights of the inputs and of the outputs, and the biases, of layers that go forward.
    ///
    /// # Panics
    /// If they go another way.
    pub(crate) fn forward_layers(&self) -> Vec<[Values; 3]> {
        assert_eq!(
            self.direction,
            Direction::Forward,
            "steps are taken forward"
        );
        let layers = self.layers.iter();
        let of_layer = |layer: &Layer| {
            let cubes = [&layer.input, &layer.hidden].map(|weights| values(weights.val()));
            let [input, hidden] = cubes;
            [input, hidden, values(layer.bias.val())]
        };
        layers.map(of_layer).collect()
    }
}

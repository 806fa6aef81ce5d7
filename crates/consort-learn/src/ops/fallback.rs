//! The operations of our own as compositions of burn's, for every device but the CPU.

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::{batch_norm_train, conv2d};
use burn::tensor::ops::ConvOptions;
use consort_kernels::Direction;
use consort_kernels::gelu::{CUBE, SCALE};

use super::{LstmState, LstmWeights, Normalized};

/// See [`super::gelu`]. The cube is two products because a power of a negative number is not a
/// number in some shader languages.
pub(super) fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let cube = x.clone() * x.clone() * x.clone();
    let tanh = ((x.clone() + cube * CUBE) * SCALE).tanh();
    x * (tanh + 1.0) * 0.5
}

/// See [`super::convolution`].
pub(super) fn convolution(
    x: Tensor<4>,
    weights: Tensor<4>,
    bias: Option<Tensor<1>>,
    dilation: usize,
) -> Tensor<4> {
    let [_, _, _, inputs] = x.dims();
    let [_, of_group, side, _] = weights.dims();
    let margin = side / 2 * dilation;
    let groups = inputs / of_group.max(1);
    let options = ConvOptions::new([1, 1], [margin, margin], [dilation, dilation], groups);
    let channels_first = x.permute([0, 3, 1, 2]);
    conv2d(channels_first, weights, bias, options).permute([0, 2, 3, 1])
}

/// See [`super::convolution_relu`].
pub(super) fn convolution_relu(
    x: Tensor<4>,
    weights: Tensor<4>,
    bias: Option<Tensor<1>>,
    skip: Option<Tensor<4>>,
    dilation: usize,
) -> Tensor<4> {
    let sums = convolution(x, weights, bias, dilation);
    relu(match skip {
        Some(skip) => sums + skip,
        None => sums,
    })
}

/// See [`super::normalized_relu`].
pub(super) fn normalized_relu(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    skip: Option<Tensor<4>>,
    epsilon: f32,
) -> Normalized {
    let channels_first = x.permute([0, 3, 1, 2]);
    let normalized = batch_norm_train(channels_first, gamma, beta, f64::from(epsilon));
    let outputs = normalized.output.permute([0, 2, 3, 1]);
    Normalized {
        outputs: relu(match skip {
            Some(skip) => outputs + skip,
            None => outputs,
        }),
        mean: normalized.mean,
        variance: normalized.variance,
    }
}

/// See [`super::layer_norm`].
pub(super) fn layer_norm(
    x: Tensor<2>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f32,
) -> Tensor<2> {
    let moved = x.clone() - x.mean_dim(1);
    let variance = (moved.clone() * moved.clone()).mean_dim(1);
    moved / (variance + epsilon).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
}

/// See [`super::neighbours`].
pub(super) fn neighbours(x: Tensor<3>, distance: usize) -> Tensor<3> {
    let [batch, steps, width] = x.dims();
    // As far away as that there is nothing, wherever one stands.
    let distance = distance.min(steps);
    let pad = Tensor::zeros([batch, distance, width], &x.device());
    let padded = Tensor::cat(vec![pad.clone(), x.clone(), pad], 1);
    let before = padded.clone().narrow(1, 0, steps);
    let after = padded.narrow(1, 2 * distance, steps);
    Tensor::cat(vec![before, x, after], 2)
}

/// See [`super::lstm`]. The inputs of all steps are multiplied at once; steps follow one another.
pub(super) fn lstm(
    x: Tensor<3>,
    weights: LstmWeights,
    began: Option<LstmState>,
    direction: Direction,
) -> (Tensor<3>, LstmState) {
    let LstmWeights {
        input,
        hidden,
        bias,
    } = weights;
    let [batch, steps, _] = x.dims();
    let [ways, units, _] = hidden.dims();
    let zeros = || Tensor::zeros([ways, batch, units], &x.device());
    let began = began.unwrap_or_else(|| LstmState {
        hidden: zeros(),
        cell: zeros(),
    });
    let one_way = |way: usize| {
        let set = |all: &Tensor<3>| all.clone().narrow(0, way, 1).squeeze_dim::<2>(0);
        let sums = x.clone().matmul(input.clone().narrow(0, way, 1));
        let sums = sums + bias.clone().narrow(0, way, 1).unsqueeze_dim::<3>(1);
        let (mut h, mut c) = (set(&began.hidden), set(&began.cell));
        let of_hidden = set(&hidden);
        let mut outputs = Vec::with_capacity(steps);
        for step in 0..steps {
            let step = if direction.is_reversed(way) {
                steps - 1 - step
            } else {
                step
            };
            let sums = sums.clone().narrow(1, step, 1).squeeze_dim::<2>(1);
            let sums = sums + h.matmul(of_hidden.clone());
            let gate = |which: usize| sums.clone().narrow(1, which * units, units);
            c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * gate(2).tanh();
            h = sigmoid(gate(3)) * c.clone().tanh();
            outputs.push(h.clone());
        }
        if direction.is_reversed(way) {
            outputs.reverse();
        }
        let outputs: Tensor<3> = match outputs.is_empty() {
            true => Tensor::zeros([batch, 0, units], &x.device()),
            false => Tensor::stack(outputs, 1),
        };
        (outputs, h.detach(), c.detach())
    };
    let (mut outputs, mut last_hidden, mut last_cell) = (Vec::new(), Vec::new(), Vec::new());
    for way in 0..ways {
        let (of_way, h, c) = one_way(way);
        outputs.push(of_way);
        last_hidden.push(h);
        last_cell.push(c);
    }
    let state = LstmState {
        hidden: Tensor::stack(last_hidden, 0),
        cell: Tensor::stack(last_cell, 0),
    };
    (Tensor::cat(outputs, 2), state)
}

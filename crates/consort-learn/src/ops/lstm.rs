//! Long short-term memory over whole sequences, forward and backward.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, AutodiffBackend, Flex, TensorMetadata};
use consort_kernels::{Direction, Lstm, LstmState, LstmTape, LstmWeights};

use super::{Tracked, Values, tensor};

const FITS: &str = "the shapes are those of the tensors";

/// What comes in: inputs, weights of the inputs, of the outputs, biases, and the state's outputs and
/// cells, which are empty where there is no state.
type Arguments<T> = [T; 6];

/// Outputs, and the state at the end, as its outputs and its cells: see [`super::lstm`].
pub(super) fn forward(arguments: Arguments<Values>, direction: Direction) -> [Values; 3] {
    let (results, _) = run(arguments, direction);
    results
}

/// [`forward`], remembering what the gradients need.
pub(super) fn tracked<C: CheckpointStrategy>(
    arguments: Arguments<Tracked<C>>,
    direction: Direction,
) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
    let values = arguments
        .each_ref()
        .map(|tensor| tensor.primitive().clone());
    let nodes = arguments.each_ref().map(|tensor| tensor.node());
    let ([outputs, hidden, cell], state) = run(values, direction);
    let outputs = match Remember.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(state, outputs),
        OpsKind::UnTracked(step) => step.finish(outputs),
    };
    let constant = <Autodiff<Flex, C> as AutodiffBackend>::from_inner;
    (outputs, constant(hidden), constant(cell))
}

#[derive(Debug)]
struct Remember;

/// What the gradients need.
#[derive(Clone, Debug)]
struct State {
    layer: Lstm,
    /// Contiguous.
    arguments: Arguments<Values>,
    outputs: Values,
    /// Gates and cells.
    tape: [Values; 2],
}

impl Backward<Flex, 6> for Remember {
    type State = State;

    fn backward(self, ops: Ops<State, 6>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let above = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let State {
            layer,
            arguments,
            outputs,
            tape,
        } = ops.state;
        let shapes = arguments.each_ref().map(|values| values.shape());
        let [x, input, hidden, _, began_hidden, began_cell] =
            arguments.each_ref().map(|values| values.storage::<f32>());
        let began = state_of(began_hidden, began_cell);
        // Nobody else has these, so that this copies nothing.
        let [gates, cells] = tape.map(numbers);
        let tape = LstmTape { gates, cells };
        let below = layer
            .backward(hidden, began, tape, above.storage::<f32>())
            .expect(FITS);

        let [
            of_x,
            of_input,
            of_hidden,
            of_bias,
            of_began_hidden,
            of_began_cell,
        ] = ops.parents;
        let mut weights = [of_input.is_some(), of_hidden.is_some(), of_bias.is_some()]
            .contains(&true)
            .then(|| {
                let outputs = outputs.storage::<f32>();
                let weights = layer.backward_weights(x, outputs, began, &below.sums);
                let LstmWeights {
                    input,
                    hidden,
                    bias,
                } = weights.expect(FITS);
                [input, hidden, bias]
            });
        let mut weight = |which: usize| {
            let all = weights.as_mut().expect("they were asked for");
            std::mem::take(&mut all[which])
        };
        let LstmState { hidden, cell } = below.state;
        let [
            shape_x,
            shape_input,
            shape_hidden,
            shape_bias,
            shape_state,
            _,
        ] = shapes;
        if let Some(node) = of_x {
            let gradient = layer.backward_inputs(&below.sums, input).expect(FITS);
            gradients.register::<Flex>(node.id, tensor(gradient, shape_x));
        }
        if let Some(node) = of_input {
            gradients.register::<Flex>(node.id, tensor(weight(0), shape_input));
        }
        if let Some(node) = of_hidden {
            gradients.register::<Flex>(node.id, tensor(weight(1), shape_hidden));
        }
        if let Some(node) = of_bias {
            gradients.register::<Flex>(node.id, tensor(weight(2), shape_bias));
        }
        if let (Some(node), Some(_)) = (of_began_hidden, began) {
            gradients.register::<Flex>(node.id, tensor(hidden, shape_state.clone()));
        }
        if let (Some(node), Some(_)) = (of_began_cell, began) {
            gradients.register::<Flex>(node.id, tensor(cell, shape_state));
        }
    }
}

/// # Panics
/// If the shapes do not fit together.
fn run(arguments: Arguments<Values>, direction: Direction) -> ([Values; 3], State) {
    let arguments = arguments.map(|values| values.to_contiguous());
    let [batch, steps, inputs] = arguments[0].shape().dims();
    let [ways, hidden, _] = arguments[2].shape().dims();
    assert_eq!(ways, direction.count(), "sets of weights and directions");
    let layer = Lstm {
        batch,
        steps,
        inputs,
        hidden,
        direction,
    };
    let given = arguments.each_ref().map(|values| values.storage::<f32>());
    let [x, of_inputs, of_hidden, bias, began_hidden, began_cell] = given;
    let weights = LstmWeights {
        input: of_inputs,
        hidden: of_hidden,
        bias,
    };
    let done = layer.forward(x, weights, state_of(began_hidden, began_cell));
    let done = done.unwrap_or_else(|error| panic!("an LSTM's arguments do not fit: {error}"));
    let outputs = tensor(done.outputs, [batch, steps, ways * hidden]);
    let state = [done.state.hidden, done.state.cell];
    let [last_hidden, last_cell] = state.map(|values| tensor(values, [ways, batch, hidden]));
    let tape = [
        tensor(done.tape.gates, [ways, batch * steps, 4 * hidden]),
        tensor(done.tape.cells, [ways, batch * steps, hidden]),
    ];
    let state = State {
        layer,
        arguments,
        outputs: outputs.clone(),
        tape,
    };
    ([outputs, last_hidden, last_cell], state)
}

/// # Panics
/// If the numbers are not of single precision.
fn numbers(values: Values) -> Vec<f32> {
    let data = values.into_data().try_into_vec();
    data.expect("kernels are in single precision")
}

/// The state, where there is one.
fn state_of<'a>(hidden: &'a [f32], cell: &'a [f32]) -> Option<LstmState<&'a [f32]>> {
    (!hidden.is_empty()).then_some(LstmState { hidden, cell })
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use consort_kernels::Direction;
    use serde::Deserialize;

    use crate::ops::{LstmState, LstmWeights, fallback, lstm};
    use crate::parameters::values;
    use crate::{Seed, initial};

    /// A layer's arguments: inputs, weights, biases and, maybe, a state.
    struct Given {
        x: Tensor<3>,
        input: Tensor<3>,
        hidden: Tensor<3>,
        bias: Tensor<2>,
        state: Option<[Tensor<3>; 2]>,
        above: Tensor<3>,
        direction: Direction,
    }

    type Layer = fn(Tensor<3>, LstmWeights, Option<LstmState>, Direction) -> (Tensor<3>, LstmState);

    /// Outputs and states, and the gradients of everything that has one.
    fn results(given: &Given, layer: Layer) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        let asked = |tensor: &Tensor<3>| tensor.clone().detach().require_grad();
        let (x, input, hidden) = (asked(&given.x), asked(&given.input), asked(&given.hidden));
        let bias = given.bias.clone().detach().require_grad();
        let state = given
            .state
            .as_ref()
            .map(|state| state.each_ref().map(asked));
        let weights = LstmWeights {
            input: input.clone(),
            hidden: hidden.clone(),
            bias: bias.clone(),
        };
        let began = state
            .clone()
            .map(|[hidden, cell]| LstmState { hidden, cell });
        let (outputs, ended) = layer(x.clone(), weights, began, given.direction);
        let gradients = (outputs.clone() * given.above.clone()).sum().backward();
        let numbers = |tensor: Tensor<3>| values(tensor).data;
        let of = |tensor: Tensor<3>| numbers(tensor.grad(&gradients).expect("it was asked for"));
        let mut all = vec![of(x), of(input), of(hidden)];
        all.push(values(bias.grad(&gradients).expect("it was asked for")).data);
        all.extend(state.into_iter().flatten().map(of));
        let outputs = [outputs, ended.hidden, ended.cell].map(|tensor| numbers(tensor.inner()));
        (outputs.to_vec(), all)
    }

    fn assert_close(ours: &[Vec<f32>], theirs: &[Vec<f32>], tolerance: f32) {
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert!((ours - theirs).abs() < tolerance, "{ours} {theirs}");
            }
        }
    }

    /// A case of fixtures/learn/lstm.json.
    #[derive(Deserialize)]
    struct Case {
        name: String,
        shape: [usize; 4],
        both: bool,
        state: Option<[Vec<f32>; 2]>,
        x: Vec<f32>,
        above: Vec<f32>,
        input: Vec<f32>,
        hidden: Vec<f32>,
        bias: Vec<f32>,
        outputs: Vec<f32>,
        ended: [Vec<f32>; 2],
        gradients: CaseGradients,
    }

    #[derive(Deserialize)]
    struct CaseGradients {
        x: Vec<f32>,
        input: Vec<f32>,
        hidden: Vec<f32>,
        bias: Vec<f32>,
        state: Option<[Vec<f32>; 2]>,
    }

    /// PyTorch 2.15: fixtures/learn/lstm.py
    #[test]
    fn agrees_with_pytorch() {
        let text = include_str!("../../../../fixtures/learn/lstm.json");
        let cases: Vec<Case> = serde_json::from_str(text).expect("it is JSON");
        let device = Device::flex().autodiff();
        for case in cases {
            let [batch, steps, inputs, units] = case.shape;
            let direction = if case.both {
                Direction::Both
            } else {
                Direction::Forward
            };
            let ways = direction.count();
            let cube = |data: Vec<f32>, shape: [usize; 3]| {
                Tensor::<3>::from_data(TensorData::new(data, shape), &device)
            };
            let bias = TensorData::new(case.bias, [ways, 4 * units]);
            let state = |data| cube(data, [ways, batch, units]);
            let given = Given {
                x: cube(case.x, [batch, steps, inputs]),
                input: cube(case.input, [ways, inputs, 4 * units]),
                hidden: cube(case.hidden, [ways, units, 4 * units]),
                bias: Tensor::from_data(bias, &device),
                state: case.state.map(|both| both.map(state)),
                above: cube(case.above, [batch, steps, ways * units]),
                direction,
            };
            println!("{}", case.name);
            let (outputs, gradients) = results(&given, lstm);
            let [hidden, cell] = case.ended;
            assert_close(&outputs, &[case.outputs, hidden, cell], 1e-5);
            let theirs = case.gradients;
            let mut all = vec![theirs.x, theirs.input, theirs.hidden, theirs.bias];
            all.extend(theirs.state.into_iter().flatten());
            assert_close(&gradients, &all, 1e-4);
        }
    }

    /// Views included: the inputs are a transposed tensor.
    #[test]
    fn agrees_with_the_fallback() {
        let device = Device::flex().autodiff();
        for direction in [Direction::Forward, Direction::Backward, Direction::Both] {
            for has_state in [false, true] {
                let ways = direction.count();
                let mut stream = Seed(1).stream("test", u64::from(has_state));
                let mut normal = |shape: [usize; 3]| {
                    initial::normal(shape, 0.5, &mut stream, &device)
                        .val()
                        .detach()
                };
                let given = Given {
                    x: normal([7, 2, 3]).swap_dims(0, 1),
                    input: normal([ways, 3, 20]),
                    hidden: normal([ways, 5, 20]),
                    bias: normal([1, ways, 20]).reshape([ways, 20]),
                    state: has_state.then(|| [normal([ways, 2, 5]), normal([ways, 2, 5])]),
                    above: normal([2, 7, ways * 5]),
                    direction,
                };
                let (outputs, gradients) = results(&given, lstm);
                let (theirs, slopes) = results(&given, fallback::lstm);
                assert_close(&outputs, &theirs, 1e-5);
                assert_close(&gradients, &slopes, 1e-4);
            }
        }
    }

    #[test]
    #[should_panic(expected = "the weights of the inputs should be 48 numbers and are 36")]
    fn what_does_not_fit_is_said() {
        let zeros = |shape: [usize; 3]| Tensor::<3>::zeros(shape, &Device::flex());
        let weights = LstmWeights {
            input: zeros([1, 3, 12]),
            hidden: zeros([1, 3, 12]),
            bias: Tensor::zeros([1, 12], &Device::flex()),
        };
        lstm(zeros([1, 1, 4]), weights, None, Direction::Forward);
    }
}

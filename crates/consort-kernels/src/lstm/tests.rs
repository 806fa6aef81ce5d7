//! The layer beside its definition in double precision, and its gradients beside differences.

use proptest::prelude::*;

use super::*;
use crate::noise::noise;

/// Weights, inputs and a state for a layer.
struct Given {
    layer: Lstm,
    inputs: Vec<f32>,
    input: Vec<f32>,
    hidden: Vec<f32>,
    bias: Vec<f32>,
    began: Option<[Vec<f32>; 2]>,
}

impl Given {
    fn new(layer: Lstm, has_state: bool) -> Given {
        let ways = layer.direction.count();
        let state = ways * layer.batch * layer.hidden;
        Given {
            layer,
            inputs: noise(1, layer.rows() * layer.inputs),
            input: noise(2, ways * layer.inputs * layer.sums()),
            hidden: noise(3, ways * layer.hidden * layer.sums()),
            bias: noise(4, ways * layer.sums()),
            began: has_state.then(|| [noise(5, state), noise(6, state)]),
        }
    }

    fn weights(&self) -> LstmWeights<&[f32]> {
        LstmWeights {
            input: &self.input,
            hidden: &self.hidden,
            bias: &self.bias,
        }
    }

    fn state(&self) -> Option<LstmState<&[f32]>> {
        let [hidden, cell] = self.began.as_ref()?;
        Some(LstmState { hidden, cell })
    }

    fn forward(&self) -> LstmOutputs {
        let outputs = self
            .layer
            .forward(&self.inputs, self.weights(), self.state());
        outputs.expect("the shapes fit")
    }

    /// Gradients of the inputs, of the weights and of the state, given that of the outputs.
    fn gradients(&self, above: &[f32]) -> (Vec<f32>, LstmWeights<Vec<f32>>, LstmState<Vec<f32>>) {
        let LstmOutputs { outputs, tape, .. } = self.forward();
        let layer = &self.layer;
        let below = layer.backward(&self.hidden, self.state(), tape, above);
        let LstmBelow { sums, state } = below.expect("the shapes fit");
        let inputs = layer.backward_inputs(&sums, &self.input);
        let weights = layer.backward_weights(&self.inputs, &outputs, self.state(), &sums);
        let (inputs, weights) = (inputs.expect("they fit"), weights.expect("they fit"));
        (inputs, weights, state)
    }

    /// The outputs by the definition.
    fn defined(&self) -> Vec<f64> {
        let Lstm {
            batch,
            steps,
            inputs,
            hidden: units,
            direction,
        } = self.layer;
        let ways = direction.count();
        let wide = |x: f32| f64::from(x);
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut outputs = vec![0.0; self.layer.rows() * ways * units];
        for (way, row) in (0..ways).flat_map(|way| (0..batch).map(move |row| (way, row))) {
            let began = |which: usize| -> Vec<f64> {
                let at = (way * batch + row) * units;
                let zeros = || vec![0.0; units];
                self.began.as_ref().map_or_else(zeros, |began| {
                    began[which][at..][..units]
                        .iter()
                        .copied()
                        .map(wide)
                        .collect()
                })
            };
            let (mut hidden, mut cell) = (began(0), began(1));
            for step in self.layer.order(way, false) {
                let x = &self.inputs[(row * steps + step) * inputs..][..inputs];
                let sum = |gate: usize, unit: usize| {
                    let column = gate * units + unit;
                    let weight = |weights: &[f32], row: usize, rows: usize| {
                        wide(weights[(way * rows + row) * 4 * units + column])
                    };
                    let of_inputs = (x.iter().enumerate())
                        .map(|(index, x)| wide(*x) * weight(&self.input, index, inputs));
                    let of_hidden = (hidden.iter().enumerate())
                        .map(|(index, h)| h * weight(&self.hidden, index, units));
                    let bias = wide(self.bias[way * 4 * units + column]);
                    of_inputs.sum::<f64>() + of_hidden.sum::<f64>() + bias
                };
                let next = |unit: usize| {
                    let [i, f, g, o] = [0, 1, 2, 3].map(|gate| sum(gate, unit));
                    let cell = sigmoid(f) * cell[unit] + sigmoid(i) * g.tanh();
                    (sigmoid(o) * cell.tanh(), cell)
                };
                (hidden, cell) = (0..units).map(next).unzip();
                let at = ((row * steps + step) * ways + way) * units;
                outputs[at..][..units].copy_from_slice(&hidden);
            }
        }
        outputs
    }

    /// The weighted sum of the outputs by the definition.
    fn loss(&self, above: &[f32]) -> f64 {
        let outputs = self.defined();
        let terms = outputs
            .iter()
            .zip(above)
            .map(|(x, above)| x * f64::from(*above));
        terms.sum()
    }

    /// Every set of numbers that a gradient is taken of, in the order of [`Given::flat`].
    fn sets(&mut self) -> Vec<&mut Vec<f32>> {
        let mut sets = vec![
            &mut self.inputs,
            &mut self.input,
            &mut self.hidden,
            &mut self.bias,
        ];
        sets.extend(self.began.iter_mut().flatten());
        sets
    }

    /// The gradients of each set.
    fn flat(&self, above: &[f32]) -> Vec<Vec<f32>> {
        let (inputs, weights, state) = self.gradients(above);
        let mut all = vec![inputs, weights.input, weights.hidden, weights.bias];
        if self.began.is_some() {
            all.extend([state.hidden, state.cell]);
        }
        all
    }
}

fn layer() -> impl Strategy<Value = Lstm> {
    let direction = prop_oneof![
        Just(Direction::Forward),
        Just(Direction::Backward),
        Just(Direction::Both)
    ];
    let hidden = prop_oneof![0..4_usize, Just(17), Just(33)];
    (0..20_usize, 0..5_usize, 0..8_usize, hidden, direction).prop_map(
        |(batch, steps, inputs, hidden, direction)| Lstm {
            batch,
            steps,
            inputs,
            hidden,
            direction,
        },
    )
}

proptest! {
    #[test]
    fn outputs_are_those_of_the_definition(layer in layer(), has_state in any::<bool>()) {
        let given = Given::new(layer, has_state);
        let LstmOutputs { outputs, state, .. } = given.forward();
        for (ours, truth) in outputs.iter().zip(given.defined()) {
            prop_assert!((f64::from(*ours) - truth).abs() < 1e-5, "{ours} {truth}");
        }
        // What a direction remembers is what it gave last.
        let ways = layer.direction.count();
        let last = |way, row: usize| {
            let step = layer.order(way, true).next()?;
            let at = (row * layer.steps + step) * ways * layer.hidden;
            Some(part(&outputs[at..][..ways * layer.hidden], way, ways))
        };
        for way in 0..ways {
            for (row, hidden) in part(&state.hidden, way, ways).chunks(layer.hidden.max(1)).enumerate() {
                prop_assert!(last(way, row).is_none_or(|outputs| outputs == hidden));
            }
        }
    }
}

#[test]
fn gradients_are_those_of_differences() {
    for direction in [Direction::Forward, Direction::Backward, Direction::Both] {
        for has_state in [false, true] {
            let layer = Lstm {
                batch: 2,
                steps: 3,
                inputs: 3,
                hidden: 4,
                direction,
            };
            let mut given = Given::new(layer, has_state);
            let above = noise(7, layer.rows() * direction.count() * layer.hidden);
            let ours = given.flat(&above);
            for (set, ours) in ours.into_iter().enumerate() {
                for (index, ours) in ours.into_iter().enumerate() {
                    let kept = given.sets()[set][index];
                    let mut at = |moved: f32| {
                        given.sets()[set][index] = moved;
                        given.loss(&above)
                    };
                    let [higher, lower] = [kept + 1e-3, kept - 1e-3];
                    let slope = (at(higher) - at(lower)) / f64::from(higher - lower);
                    at(kept);
                    assert!(
                        (f64::from(ours) - slope).abs() < 1e-5,
                        "{set}: {ours} {slope}"
                    );
                }
            }
        }
    }
}

/// Sequences beyond those that one thread takes, and products that threads share out.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (batch, hidden) in [(19, 24), (3, 200)] {
        for direction in [Direction::Forward, Direction::Both] {
            let layer = Lstm {
                batch,
                steps: 5,
                inputs: 70,
                hidden,
                direction,
            };
            let given = Given::new(layer, true);
            let above = noise(7, layer.rows() * direction.count() * hidden);
            let results = |threads: usize| {
                let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let run = || (given.forward(), given.flat(&above));
                threads.expect("threads").install(run)
            };
            let one = results(1);
            assert!((2..5).all(|threads| results(threads) == one));
        }
    }
}

/// Two halves of a sequence, the second of which begins with what the first remembers.
#[test]
fn a_sequence_can_be_continued() {
    let layer = Lstm {
        batch: 1,
        steps: 6,
        inputs: 3,
        hidden: 5,
        direction: Direction::Forward,
    };
    let given = Given::new(layer, false);
    let whole = given.forward();
    let half = Lstm { steps: 3, ..layer };
    let first = half
        .forward(&given.inputs[..9], given.weights(), None)
        .unwrap();
    let state = LstmState {
        hidden: &*first.state.hidden,
        cell: &*first.state.cell,
    };
    let second = half
        .forward(&given.inputs[9..], given.weights(), Some(state))
        .unwrap();
    assert_eq!([first.outputs, second.outputs].concat(), whole.outputs);
    assert_eq!(second.state, whole.state);
}

#[test]
fn what_is_no_number_is_seen_afterwards_only() {
    let layer = Lstm {
        batch: 2,
        steps: 3,
        inputs: 2,
        hidden: 17,
        direction: Direction::Forward,
    };
    let mut given = Given::new(layer, false);
    given.inputs[2] = f32::NAN;
    let outputs = given.forward().outputs;
    let nan = |steps: Range<usize>| {
        outputs[steps.start * 17..steps.end * 17]
            .iter()
            .map(|x| x.is_nan())
    };
    assert!(nan(1..3).all(|nan| nan));
    assert!(!nan(0..1).chain(nan(3..6)).any(|nan| nan));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let layer = Lstm {
        batch: 1,
        steps: 2,
        inputs: 2,
        hidden: 3,
        direction: Direction::Both,
    };
    let mut given = Given::new(layer, false);
    given.bias.pop();
    let error = layer
        .forward(&given.inputs, given.weights(), None)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the biases should be 24 numbers and are 23"
    );
}

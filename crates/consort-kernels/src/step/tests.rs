//! Steps beside their definition.

use super::*;
use crate::lstm::{Direction, Lstm};
use crate::noise::noise;

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::BFloat16, Precision::Int8];

/// The weights of a layer as numbers of its own.
fn layer(inputs: usize, units: usize) -> LstmWeights<Vec<f32>> {
    // Sums of as many products as an ordinary layer has, which its gates can tell apart.
    let size = 1.0 / (units.max(1) as f32).sqrt();
    let scaled = |seed, count| noise(seed, count).iter().map(|x| x * size).collect();
    LstmWeights {
        input: scaled(1, inputs * GATES * units),
        hidden: scaled(2, units * GATES * units),
        bias: scaled(3, GATES * units),
    }
}

fn slices(weights: &LstmWeights<Vec<f32>>) -> LstmWeights<&[f32]> {
    LstmWeights {
        input: &weights.input,
        hidden: &weights.hidden,
        bias: &weights.bias,
    }
}

/// What comes in at each step.
fn inputs(count: usize) -> Vec<Vec<f32>> {
    (0..STEPS)
        .map(|step| noise(10 + step as u64, count))
        .collect()
}

const STEPS: usize = 9;

/// The definition in double precision: hidden values and cells after all steps.
fn definition(units: usize, weights: LstmWeights<&[f32]>, inputs: &[Vec<f32>]) -> [Vec<f64>; 2] {
    let [mut hidden, mut cell] = [vec![0.0; units], vec![0.0; units]];
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    for x in inputs {
        let sum = |column: usize| {
            let weight =
                |weights: &[f32], row: usize| f64::from(weights[row * GATES * units + column]);
            let below = (0..x.len()).map(|row| f64::from(x[row]) * weight(weights.input, row));
            let before = (0..units).map(|row| hidden[row] * weight(weights.hidden, row));
            f64::from(weights.bias[column]) + below.sum::<f64>() + before.sum::<f64>()
        };
        let sums: Vec<f64> = (0..GATES * units).map(sum).collect();
        for unit in 0..units {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| sums[gate * units + unit]);
            cell[unit] = sigmoid(f) * cell[unit] + sigmoid(i) * g.tanh();
            hidden[unit] = sigmoid(o) * cell[unit].tanh();
        }
    }
    [hidden, cell]
}

/// The weights that a packed layer works with.
fn unpacked(weights: &LstmWeights<Vec<f32>>, precision: Precision) -> LstmWeights<Vec<f32>> {
    let outputs = weights.bias.len();
    let each = |weights: &[f32]| {
        let inputs = weights.len() / outputs;
        let bias = vec![0.0; outputs];
        let layer = Dense::new(inputs, outputs, weights, &bias, precision).unwrap();
        let row = |row: usize| {
            let (mut unit, mut products) = (vec![0.0; inputs], vec![0.0; outputs]);
            unit[row] = 1.0;
            layer.forward(&unit, &mut products).unwrap();
            products
        };
        (0..inputs).flat_map(row).collect()
    };
    LstmWeights {
        input: each(&weights.input),
        hidden: each(&weights.hidden),
        bias: weights.bias.clone(),
    }
}

fn assert_close(state: &LstmCellState, truth: &[Vec<f64>; 2], tolerance: f64, what: &str) {
    for (ours, truth) in [state.hidden(), state.cell()].into_iter().zip(truth) {
        assert_eq!(ours.len(), truth.len());
        for (ours, truth) in ours.iter().zip(truth) {
            let error = (f64::from(*ours) - truth).abs();
            assert!(error < tolerance, "{what}: {ours} for {truth}");
        }
    }
}

fn run(cell: &LstmCell, units: usize, inputs: &[Vec<f32>]) -> LstmCellState {
    let mut state = LstmCellState::new(units);
    for x in inputs {
        cell.step(x, &mut state).unwrap();
    }
    state
}

#[test]
fn agrees_with_the_definition() {
    for units in [1, 5, 17, 128, 130] {
        for count in [0, 1, 7] {
            for precision in PRECISIONS {
                let (weights, inputs) = (layer(count, units), inputs(count));
                let cell = LstmCell::new(count, units, slices(&weights), precision).unwrap();
                let stored = unpacked(&weights, precision);
                let truth = definition(units, slices(&stored), &inputs);
                let tolerance = if precision == Precision::Int8 {
                    1e-4
                } else {
                    1e-5
                };
                let what = format!("{units} {count} {precision:?}");
                assert_close(&run(&cell, units, &inputs), &truth, tolerance, &what);
            }
        }
    }
}

/// What is trained over whole sequences is what is sampled from.
#[test]
fn steps_make_a_sequence() {
    let (count, units) = (7, 21);
    let (weights, inputs) = (layer(count, units), inputs(count));
    let whole = Lstm {
        batch: 1,
        steps: STEPS,
        inputs: count,
        hidden: units,
        direction: Direction::Forward,
    };
    let truth = whole.forward(&inputs.concat(), slices(&weights), None);
    let truth = truth.unwrap().state;
    let cell = LstmCell::new(count, units, slices(&weights), Precision::F32).unwrap();
    let widened = |numbers: Vec<f32>| numbers.into_iter().map(f64::from).collect();
    let truth = [truth.hidden, truth.cell].map(widened);
    assert_close(&run(&cell, units, &inputs), &truth, 1e-5, "a sequence");
}

/// As large as a sampler's layers are: what is lost by fewer bits.
#[test]
fn fewer_bits_change_little() {
    let (weights, inputs) = (layer(256, 256), inputs(256));
    let truth = definition(256, slices(&weights), &inputs);
    for (precision, tolerance) in PRECISIONS.into_iter().zip([1e-5, 2e-3, 5e-3]) {
        let cell = LstmCell::new(256, 256, slices(&weights), precision).unwrap();
        let state = run(&cell, 256, &inputs);
        assert_close(&state, &truth, tolerance, &format!("{precision:?}"));
    }
}

#[test]
fn a_table_is_its_rows() {
    let (count, units) = (7, 21);
    let (weights, inputs) = (layer(count, units), inputs(count));
    let table = inputs.concat();
    for precision in PRECISIONS {
        let tabled =
            TabledLstmCell::new(count, units, slices(&weights), &table, precision).unwrap();
        let mut state = LstmCellState::new(units);
        for symbol in 0..STEPS {
            tabled.step(symbol, &mut state).unwrap();
        }
        // The products of the table are made in single precision.
        let stored = LstmWeights {
            input: weights.input.clone(),
            ..unpacked(&weights, precision)
        };
        let truth = definition(units, slices(&stored), &inputs);
        assert_close(&state, &truth, 1e-4, &format!("{precision:?}"));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (weights, inputs) = (layer(256, 250), inputs(256));
    for precision in PRECISIONS {
        let cell = LstmCell::new(256, 250, slices(&weights), precision).unwrap();
        assert!(cell.bytes() > 3 * SHARE, "too small to be shared out");
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let state = pool.build().unwrap().install(|| run(&cell, 250, &inputs));
            [state.hidden().to_vec(), state.cell().to_vec()]
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(3));
    }
}

#[test]
fn every_kind_of_vector_agrees() {
    let (weights, x) = (layer(7, 21), noise(10, 7));
    let sums = grouped(21, &weights.bias);
    for precision in PRECISIONS {
        let cell = LstmCell::new(7, 21, slices(&weights), precision).unwrap();
        let zeros = vec![0.0; 21];
        let after = |dispatch: &dyn Fn(Step<'_>)| {
            let [mut cells, mut next] = [zeros.clone(), vec![f32::NAN; 21]];
            dispatch(Step {
                input: Some((&cell.input, Vector::new(&x))),
                hidden: (&cell.recurrence.hidden, Vector::new(&zeros)),
                first: 0,
                sums: &sums,
                cell: &mut cells,
                next: &mut next,
            });
            next
        };
        let scalar = after(&|step| pulp::Scalar.vectorize(step));
        let close = |ours: Vec<f32>| {
            for (ours, scalar) in ours.iter().zip(&scalar) {
                assert!((ours - scalar).abs() < 1e-5, "{ours} for {scalar}");
            }
        };
        close(after(&|step| Arch::new().dispatch(step)));
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            close(after(&|step| Simd::vectorize(simd, step)));
        }
    }
}

#[test]
fn what_is_no_number_stays_none() {
    for precision in PRECISIONS {
        let weights = layer(7, 17);
        let cell = LstmCell::new(7, 17, slices(&weights), precision).unwrap();
        let mut state = LstmCellState::new(17);
        let mut x = noise(10, 7);
        x[3] = f32::NAN;
        cell.step(&x, &mut state).unwrap();
        assert!(
            state
                .hidden()
                .iter()
                .chain(state.cell())
                .all(|x| x.is_nan())
        );
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let weights = layer(3, 5);
    let slices = slices(&weights);
    let new = |weights| LstmCell::new(3, 5, weights, Precision::F32);
    for short in [
        LstmWeights {
            input: &slices.input[1..],
            ..slices
        },
        LstmWeights {
            hidden: &slices.hidden[1..],
            ..slices
        },
        LstmWeights {
            bias: &slices.bias[1..],
            ..slices
        },
    ] {
        assert!(new(short).is_err());
        assert!(TabledLstmCell::new(3, 5, short, &[0.0; 6], Precision::F32).is_err());
    }
    let cell = new(slices).unwrap();
    assert!(cell.step(&[0.0; 2], &mut LstmCellState::new(5)).is_err());
    let error = cell
        .step(&[0.0; 3], &mut LstmCellState::new(4))
        .unwrap_err();
    assert_eq!(error.to_string(), "the state should be 5 numbers and are 4");

    let tabled = |table: &[f32]| TabledLstmCell::new(3, 5, slices, table, Precision::F32);
    assert!(tabled(&[0.0; 7]).is_err());
    let error = tabled(&[0.0; 6])
        .unwrap()
        .step(2, &mut LstmCellState::new(5));
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "there is no symbol 2 in a table of 2");
}

#[test]
fn a_layer_of_nothing_does_nothing() {
    let weights = layer(3, 0);
    let cell = LstmCell::new(3, 0, slices(&weights), Precision::Int8).unwrap();
    let mut state = LstmCellState::new(0);
    cell.step(&[1.0; 3], &mut state).unwrap();
    assert!(state.hidden().is_empty());
    let table = [0.0; 6];
    let tabled = TabledLstmCell::new(3, 0, slices(&weights), &table, Precision::Int8).unwrap();
    tabled.step(1, &mut state).unwrap();
    assert!(tabled.step(2, &mut state).is_err());
}

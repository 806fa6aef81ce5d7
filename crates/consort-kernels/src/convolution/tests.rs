//! Convolutions beside their definition.

use proptest::prelude::*;

use super::*;
use crate::noise::noise;

/// The definition, in double precision: calls `product` with the places of the input, the output and
/// the weight of every product.
fn products(shape: &Convolution, mut product: impl FnMut(usize, usize, usize)) {
    let Convolution {
        batch,
        height,
        width,
        inputs,
        outputs,
        kernel,
    } = *shape;
    let margin = kernel / 2;
    for image in 0..batch {
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            for (a, b) in (0..kernel).flat_map(|a| (0..kernel).map(move |b| (a, b))) {
                let (y_in, x_in) = (y + a, x + b);
                let within = |at, size| (margin..size + margin).contains(&at);
                if !within(y_in, height) || !within(x_in, width) {
                    continue;
                }
                let from = (image * height + y_in - margin) * width + x_in - margin;
                let to = (image * height + y) * width + x;
                for (i, o) in (0..inputs).flat_map(|i| (0..outputs).map(move |o| (i, o))) {
                    let weight = ((o * inputs + i) * kernel + a) * kernel + b;
                    product(from * inputs + i, to * outputs + o, weight);
                }
            }
        }
    }
}

/// Whether `ours` are sums of `terms` products of numbers up to 1, as `truth` says.
///
/// A sum of n such products in single precision is wrong by about 6e-8 sqrt(n), as roundings are
/// random. The transforms multiply and divide by factors up to 5.25 twice each, which costs a digit
/// here and two in the worst pixel of a tile: over these tests, the root of the mean square was
/// measured as 9e-7 sqrt(n), the largest of 2.5 million as 1.5e-5 sqrt(n).
fn assert_close(ours: &[f32], truth: &[f64], terms: usize) {
    assert_eq!(ours.len(), truth.len());
    let terms = terms.max(1) as f64;
    let errors = ours
        .iter()
        .zip(truth)
        .map(|(ours, truth)| (f64::from(*ours) - truth).abs() / terms.sqrt());
    let worst = errors.clone().fold(0.0, f64::max);
    assert!(worst < 5e-5, "{worst}");
    let squares: f64 = errors.map(|error| error * error).sum();
    let typical = (squares / ours.len().max(1) as f64).sqrt();
    assert!(typical < 5e-6, "{typical}");
}

fn widened(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}

/// Compares all three with the definition.
fn check_against_the_definition(shape: Convolution) {
    let pixels = shape.batch * shape.height * shape.width;
    let taps = shape.kernel * shape.kernel;
    let x = noise(1, pixels * shape.inputs);
    let weights = noise(2, shape.outputs * shape.inputs * taps);
    let bias = noise(3, shape.outputs);
    let above = noise(4, pixels * shape.outputs);

    let mut outputs: Vec<f64> = widened(&bias).repeat(pixels);
    let mut below = vec![0.0; x.len()];
    let mut gradient = vec![0.0; weights.len()];
    let (wide_x, wide_weights, wide_above) = (widened(&x), widened(&weights), widened(&above));
    products(&shape, |input, output, weight| {
        outputs[output] += wide_x[input] * wide_weights[weight];
        below[input] += wide_above[output] * wide_weights[weight];
        gradient[weight] += wide_above[output] * wide_x[input];
    });

    let ours = shape.forward(&x, &weights, Some(&bias)).unwrap();
    assert_close(&ours, &outputs, taps * shape.inputs);
    let ours = shape.backward_inputs(&above, &weights).unwrap();
    assert_close(&ours, &below, taps * shape.outputs);
    let ours = shape.backward_weights(&x, &above).unwrap();
    assert_close(&ours, &gradient, pixels);
}

fn shape() -> impl Strategy<Value = Convolution> {
    let channels = || prop_oneof![Just(1), Just(16), 1..40_usize];
    let kernel = prop_oneof![Just(3), Just(5)];
    (
        1..4_usize,
        1..20_usize,
        1..30_usize,
        channels(),
        channels(),
        kernel,
    )
        .prop_map(
            |(batch, height, width, inputs, outputs, kernel)| Convolution {
                batch,
                height,
                width,
                inputs,
                outputs,
                kernel,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn agrees_with_the_definition(shape in shape()) {
        check_against_the_definition(shape);
    }
}

const ARTICLE: Convolution = Convolution {
    batch: 2,
    height: 32,
    width: 128,
    inputs: 64,
    outputs: 64,
    kernel: 5,
};

/// As the chorale network has it: many blocks and parts.
#[test]
fn agrees_with_the_definition_on_a_large_image() {
    check_against_the_definition(ARTICLE);
    check_against_the_definition(Convolution {
        inputs: 8,
        kernel: 3,
        ..ARTICLE
    });
    check_against_the_definition(Convolution {
        width: 700,
        height: 9,
        inputs: 3,
        outputs: 2,
        ..ARTICLE
    });
}

#[test]
fn a_kernel_of_one_tap_moves_the_image() {
    let shape = Convolution {
        batch: 1,
        height: 7,
        width: 9,
        inputs: 1,
        outputs: 1,
        kernel: 5,
    };
    let x: Vec<f32> = (0..63_u8).map(f32::from).collect();
    let mut weights = [0.0; 25];
    weights[5 + 4] = 2.0; // one row up, two pixels to the right
    let moved = shape.forward(&x, &weights, None).unwrap();
    for (index, moved) in moved.iter().enumerate() {
        let (y, x) = (index / 9, index % 9);
        let there = if y >= 1 && x + 2 < 9 {
            2.0 * ((y - 1) * 9 + x + 2) as f32
        } else {
            0.0
        };
        assert!((moved - there).abs() < 1e-2, "{y} {x}: {moved}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let x = noise(1, 2 * 32 * 128 * 64);
    let weights = noise(2, 64 * 64 * 25);
    let all = || {
        [
            ARTICLE.forward(&x, &weights, None).unwrap(),
            ARTICLE.backward_inputs(&x, &weights).unwrap(),
            ARTICLE.backward_weights(&x, &x).unwrap(),
        ]
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(all)
    };
    let alone = with(1);
    assert_eq!(alone, with(2));
    assert_eq!(alone, with(5));
}

/// What a machine does for which pulp has no vectors.
#[test]
fn numbers_one_at_a_time_give_the_same() {
    let shape = Convolution {
        batch: 1,
        height: 4,
        width: 10,
        inputs: 20,
        outputs: 3,
        kernel: 5,
    };
    let (x, weights) = (noise(1, 800), noise(2, 1500));
    let tiling = Tiling::new(shape, 4);
    let points = shape.lift_weights::<5>(&weights, false);
    let mut outputs = vec![0.0; 120];
    pulp::Scalar::new().vectorize(Convolve::<4> {
        tiling,
        bands: tiling.bands(),
        inputs: &x,
        weights: &points,
        bias: None,
        outputs: &mut outputs,
        stride: 32,
        room: &mut vec![0.0; (POINTS * 4 + ROWS) * 32],
    });
    let vectors = shape.forward(&x, &weights, None).unwrap();
    let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
    assert!(outputs.iter().zip(&vectors).all(close));
}

#[test]
fn nothing_gives_nothing() {
    for (batch, height, width) in [(0, 4, 4), (1, 0, 4), (1, 4, 0)] {
        let shape = Convolution {
            batch,
            height,
            width,
            inputs: 2,
            outputs: 3,
            kernel: 3,
        };
        let weights = noise(1, 54);
        assert!(
            shape
                .forward(&[], &weights, Some(&[1.0; 3]))
                .unwrap()
                .is_empty()
        );
        assert!(shape.backward_inputs(&[], &weights).unwrap().is_empty());
        assert_eq!(shape.backward_weights(&[], &[]).unwrap(), vec![0.0; 54]);
    }
    let shape = Convolution {
        batch: 1,
        height: 1,
        width: 2,
        inputs: 0,
        outputs: 2,
        kernel: 3,
    };
    assert_eq!(
        shape.forward(&[], &[], Some(&[1.0, 2.0])).unwrap(),
        [1.0, 2.0, 1.0, 2.0]
    );
}

#[test]
fn what_does_not_fit_is_an_error() {
    let shape = Convolution {
        batch: 1,
        height: 2,
        width: 2,
        inputs: 1,
        outputs: 1,
        kernel: 3,
    };
    let error = shape.forward(&[0.0; 4], &[0.0; 8], None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights should be 9 numbers and are 8"
    );
    assert!(shape.forward(&[0.0; 3], &[0.0; 9], None).is_err());
    assert!(shape.forward(&[0.0; 4], &[0.0; 9], Some(&[])).is_err());
    assert!(shape.backward_inputs(&[0.0; 5], &[0.0; 9]).is_err());
    assert!(shape.backward_weights(&[0.0; 4], &[0.0; 5]).is_err());
    let seven = Convolution { kernel: 7, ..shape };
    let error = seven.forward(&[0.0; 4], &[0.0; 49], None).unwrap_err();
    assert_eq!(error, ShapeError::Kernel(7));
    let huge = Convolution {
        height: usize::MAX,
        width: usize::MAX,
        ..shape
    };
    assert!(huge.backward_weights(&[0.0; 4], &[0.0; 4]).is_err());
}

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
        dilation,
        groups,
    } = *shape;
    let margin = kernel / 2 * dilation;
    let (ins, outs) = (inputs / groups, outputs / groups);
    for image in 0..batch {
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            for (a, b) in (0..kernel).flat_map(|a| (0..kernel).map(move |b| (a, b))) {
                let (y_in, x_in) = (y + a * dilation, x + b * dilation);
                let within = |at, size| (margin..size + margin).contains(&at);
                if !within(y_in, height) || !within(x_in, width) {
                    continue;
                }
                let from = (image * height + y_in - margin) * width + x_in - margin;
                let to = (image * height + y) * width + x;
                for (i, o) in (0..ins).flat_map(|i| (0..outputs).map(move |o| (i, o))) {
                    let weight = ((o * ins + i) * kernel + a) * kernel + b;
                    product(from * inputs + o / outs * ins + i, to * outputs + o, weight);
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
    let [ins, outs] = shape.channels();
    let x = noise(1, pixels * shape.inputs);
    let weights = noise(2, shape.outputs * ins * taps);
    let above = noise(4, pixels * shape.outputs);

    let mut outputs = vec![0.0; above.len()];
    let mut below = vec![0.0; x.len()];
    let mut gradient = vec![0.0; weights.len()];
    let (wide_x, wide_weights, wide_above) = (widened(&x), widened(&weights), widened(&above));
    products(&shape, |input, output, weight| {
        outputs[output] += wide_x[input] * wide_weights[weight];
        below[input] += wide_above[output] * wide_weights[weight];
        gradient[weight] += wide_above[output] * wide_x[input];
    });

    let alone = shape.forward(&x, &weights, After::default()).unwrap();
    assert_close(&alone, &outputs, taps * ins);
    let ours = shape.backward_inputs(&above, &weights).unwrap();
    assert_close(&ours, &below, taps * outs);
    let ours = shape.backward_weights(&x, &above).unwrap();
    assert_close(&ours, &gradient, pixels);
    check_what_comes_after(shape, &alone, &x, &weights);
}

/// What comes after the convolution is exact, given the convolution alone.
fn check_what_comes_after(shape: Convolution, alone: &[f32], x: &[f32], weights: &[f32]) {
    let (bias, skip) = (noise(3, shape.outputs), noise(5, alone.len()));
    for (with_bias, with_skip, relu) in [
        (true, false, false),
        (false, true, false),
        (false, false, true),
        (true, true, true),
    ] {
        let after = After {
            bias: with_bias.then_some(&bias),
            skip: with_skip.then_some(&skip),
            relu,
        };
        let ours = shape.forward(x, weights, after).unwrap();
        for (index, (ours, alone)) in ours.iter().zip(alone).enumerate() {
            let mut expected = *alone;
            if with_bias {
                expected += bias[index % shape.outputs];
            }
            if with_skip {
                expected += skip[index];
            }
            if relu {
                expected = expected.max(0.0);
            }
            assert_eq!(*ours, expected, "{after:?}");
        }
    }
}

fn shape() -> impl Strategy<Value = Convolution> {
    let size = (0..4_usize, 0..20_usize, 0..30_usize);
    let channels = || prop_oneof![Just(1), Just(16), 1..20_usize];
    let kernel = prop_oneof![Just(1), Just(3), Just(5), Just(7)];
    // As many groups as channels, all channels in one group, or something between.
    let groups = prop_oneof![
        (channels(), channels()).prop_map(|(ins, outs)| (1, ins, outs)),
        (1..40_usize).prop_map(|groups| (groups, 1, 1)),
        (2..5_usize, 1..5_usize, 1..5_usize),
    ];
    (size, groups, kernel, 1..4_usize).prop_map(
        |((batch, height, width), (groups, ins, outs), kernel, dilation)| Convolution {
            batch,
            height,
            width,
            inputs: groups * ins,
            outputs: groups * outs,
            kernel,
            dilation,
            groups,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

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
    dilation: 1,
    groups: 1,
};

/// One small image of one channel.
const SMALL: Convolution = Convolution {
    batch: 1,
    height: 2,
    width: 2,
    inputs: 1,
    outputs: 1,
    kernel: 3,
    dilation: 1,
    groups: 1,
};

/// Each algorithm: Winograd's with both kernels, one channel at a time, and patches for the rest.
fn all_algorithms(shape: Convolution) -> [Convolution; 6] {
    let Convolution { inputs, .. } = shape;
    [
        shape,
        Convolution { kernel: 3, ..shape },
        Convolution {
            groups: inputs,
            ..shape
        },
        Convolution { kernel: 1, ..shape },
        Convolution {
            dilation: 2,
            ..shape
        },
        Convolution {
            groups: 2,
            kernel: 7,
            ..shape
        },
    ]
}

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
        ..SMALL
    };
    let x: Vec<f32> = (0..63_u8).map(f32::from).collect();
    let mut weights = [0.0; 25];
    weights[5 + 4] = 2.0; // one row up, two pixels to the right
    let moved = shape.forward(&x, &weights, After::default()).unwrap();
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
fn a_dilated_kernel_of_one_tap_moves_the_image_further() {
    let shape = Convolution {
        height: 7,
        width: 9,
        dilation: 3,
        ..SMALL
    };
    let x: Vec<f32> = (0..63_u8).map(f32::from).collect();
    let mut weights = [0.0; 9];
    weights[5] = 1.0; // one to the right
    let moved = shape.forward(&x, &weights, After::default()).unwrap();
    for (index, moved) in moved.iter().enumerate() {
        let there = if index % 9 + 3 < 9 { x[index + 3] } else { 0.0 };
        assert_eq!(*moved, there);
    }
}

#[test]
fn agrees_with_the_definition_on_an_image_of_many_parts() {
    let image = Convolution {
        height: 19,
        width: 46,
        inputs: 32,
        outputs: 32,
        ..ARTICLE
    };
    for shape in all_algorithms(image) {
        check_against_the_definition(shape);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let image = Convolution {
        inputs: 32,
        outputs: 32,
        ..ARTICLE
    };
    let x = noise(1, image.pixels() * 32);
    for shape in all_algorithms(image) {
        let weights = noise(2, shape.kernels().iter().product());
        let all = || {
            [
                shape.forward(&x, &weights, After::default()).unwrap(),
                shape.backward_inputs(&x, &weights).unwrap(),
                shape.backward_weights(&x, &x).unwrap(),
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
        assert_eq!(alone, with(3));
    }
}

/// A number that is none reaches every output that a kernel connects with it, also through the ReLU.
#[test]
fn what_is_no_number_stays_none() {
    let image = Convolution {
        height: 21,
        width: 23,
        inputs: 4,
        outputs: 4,
        kernel: 5,
        ..SMALL
    };
    for shape in all_algorithms(image) {
        let mut x = noise(1, shape.pixels() * 4);
        let place = (11 * 23 + 12) * 4 + 1;
        x[place] = f32::NAN;
        let weights = noise(2, shape.kernels().iter().product());
        let after = After {
            relu: true,
            ..After::default()
        };
        let outputs = shape.forward(&x, &weights, after).unwrap();
        products(&shape, |input, output, _| {
            assert!(
                input != place || outputs[output].is_nan(),
                "{shape:?} {output}"
            );
        });
    }
}

#[test]
fn nothing_gives_nothing() {
    for (batch, height, width) in [(0, 4, 4), (1, 0, 4), (1, 4, 0)] {
        let image = Convolution {
            batch,
            height,
            width,
            inputs: 4,
            outputs: 4,
            ..SMALL
        };
        for shape in all_algorithms(image) {
            let weights = noise(1, shape.kernels().iter().product());
            let after = After {
                bias: Some(&[1.0; 4]),
                ..After::default()
            };
            assert!(shape.forward(&[], &weights, after).unwrap().is_empty());
            assert!(shape.backward_inputs(&[], &weights).unwrap().is_empty());
            let gradient = shape.backward_weights(&[], &[]).unwrap();
            assert_eq!(gradient, vec![0.0; weights.len()]);
        }
    }
    let shape = Convolution {
        height: 1,
        inputs: 0,
        outputs: 2,
        ..SMALL
    };
    let after = After {
        bias: Some(&[1.0, -2.0]),
        relu: true,
        ..After::default()
    };
    assert_eq!(
        shape.forward(&[], &[], after).unwrap(),
        [1.0, 0.0, 1.0, 0.0]
    );
    assert!(shape.backward_inputs(&[0.0; 4], &[]).unwrap().is_empty());
    assert!(shape.backward_weights(&[], &[0.0; 4]).unwrap().is_empty());
}

#[test]
fn what_does_not_fit_is_an_error() {
    let shape = SMALL;
    let none = After::default();
    let error = shape.forward(&[0.0; 4], &[0.0; 8], none).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights should be 9 numbers and are 8"
    );
    let few = |bias, skip| After {
        bias,
        skip,
        relu: false,
    };
    assert!(shape.forward(&[0.0; 3], &[0.0; 9], none).is_err());
    assert!(
        shape
            .forward(&[0.0; 4], &[0.0; 9], few(Some(&[]), None))
            .is_err()
    );
    assert!(
        shape
            .forward(&[0.0; 4], &[0.0; 9], few(None, Some(&[0.0])))
            .is_err()
    );
    assert!(shape.backward_inputs(&[0.0; 5], &[0.0; 9]).is_err());
    assert!(shape.backward_weights(&[0.0; 4], &[0.0; 5]).is_err());
    let huge = Convolution {
        height: usize::MAX,
        width: usize::MAX,
        ..shape
    };
    assert!(huge.backward_weights(&[0.0; 4], &[0.0; 4]).is_err());
}

#[test]
fn there_are_kernels_that_cannot_be() {
    for (kernel, dilation, groups, error) in [
        (4, 1, 1, ShapeError::Kernel(4)),
        (0, 1, 1, ShapeError::Kernel(0)),
        (3, 0, 1, ShapeError::Dilation),
        (
            3,
            1,
            0,
            ShapeError::Groups {
                groups: 0,
                inputs: 1,
                outputs: 1,
            },
        ),
        (
            3,
            1,
            2,
            ShapeError::Groups {
                groups: 2,
                inputs: 1,
                outputs: 1,
            },
        ),
    ] {
        let shape = Convolution {
            kernel,
            dilation,
            groups,
            ..SMALL
        };
        let weights = vec![0.0; kernel * kernel];
        let forward = shape.forward(&[0.0; 4], &weights, After::default());
        assert_eq!(forward, Err(error.clone()));
        assert_eq!(
            shape.backward_inputs(&[0.0; 4], &weights),
            Err(error.clone())
        );
        assert_eq!(shape.backward_weights(&[0.0; 4], &[0.0; 4]), Err(error));
    }
}

#[test]
fn of_a_dilation_beyond_the_image_only_the_middle_is_left() {
    let shape = Convolution {
        dilation: usize::MAX,
        ..SMALL
    };
    let x = [1.0, 2.0, 3.0, 4.0];
    let outputs = shape.forward(&x, &[2.0; 9], After::default()).unwrap();
    assert_eq!(outputs, [2.0, 4.0, 6.0, 8.0]);
}

//! Dense layers beside their definition.

use pulp::Scalar;

use super::*;
use crate::noise::noise;

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::BFloat16, Precision::Int8];

/// Inputs and outputs: none, fewer than are packed together, and more by some.
const SIZES: [[usize; 2]; 8] = [
    [0, 3],
    [1, 1],
    [7, 17],
    [4, 64],
    [130, 65],
    [5, 0],
    [256, 130],
    [513, 5],
];

fn packed([inputs, outputs]: [usize; 2], precision: Precision) -> Dense {
    let (weights, bias) = (noise(1, inputs * outputs), noise(2, outputs));
    Dense::new(inputs, outputs, &weights, &bias, precision).unwrap()
}

fn product(layer: &Dense, x: &[f32]) -> Vec<f32> {
    let mut products = vec![f32::NAN; layer.outputs()];
    layer.forward(x, &mut products).unwrap();
    products
}

/// The weights that a layer without bias works with, `[input, output]`.
fn unpacked([inputs, outputs]: [usize; 2], weights: &[f32], precision: Precision) -> Vec<f32> {
    let bias = vec![0.0; outputs];
    let layer = Dense::new(inputs, outputs, weights, &bias, precision).unwrap();
    let unit = |input| {
        let mut unit = vec![0.0; inputs];
        unit[input] = 1.0;
        unit
    };
    (0..inputs)
        .flat_map(|input| product(&layer, &unit(input)))
        .collect()
}

/// How far `ours` are from the definition in double precision.
fn error(ours: &[f32], [inputs, outputs]: [usize; 2], weights: &[f32], x: &[f32]) -> f64 {
    assert_eq!(ours.len(), outputs);
    let errors = ours.iter().zip(noise(2, outputs)).enumerate();
    let errors = errors.map(|(output, (ours, bias))| {
        let product =
            |input: usize| f64::from(x[input]) * f64::from(weights[input * outputs + output]);
        let truth = f64::from(bias) + (0..inputs).map(product).sum::<f64>();
        (f64::from(*ours) - truth).abs()
    });
    errors.fold(0.0, f64::max)
}

#[test]
fn agrees_with_the_definition() {
    for (size, precision) in SIZES
        .into_iter()
        .flat_map(|size| PRECISIONS.map(|p| (size, p)))
    {
        let weights = unpacked(size, &noise(1, size[0] * size[1]), precision);
        let x = noise(3, size[0]);
        let error = error(&product(&packed(size, precision), &x), size, &weights, &x);
        // Half of the weights of 8 bits are sums of 256 and more: a step of theirs, which is 8e-3
        // here, keeps its second digit.
        let bound = match precision {
            Precision::F32 | Precision::BFloat16 => 1e-5,
            Precision::Int8 => 4e-3,
        };
        assert!(error < bound, "{size:?} {precision:?}: {error}");
    }
}

/// The worst that there is for weights of 8 bits: all numbers of a sign.
#[test]
fn sums_of_one_sign_keep_their_digits() {
    let size = [512, 64];
    let weights = unpacked(size, &noise(1, 512 * 64), Precision::Int8);
    let x = vec![1.0; 512];
    let ours = product(&packed(size, Precision::Int8), &x);
    let error = error(&ours, size, &weights, &x);
    // Rounding 512 weights to steps of 1/127 changes their sum by .05.
    assert!(error < 1e-4, "{error}");
}

#[test]
fn reduced_weights_are_the_nearest() {
    for size in SIZES {
        let weights = noise(1, size[0] * size[1]);
        let pairs = |precision| weights.iter().zip(unpacked(size, &weights, precision));
        for (weight, ours) in pairs(Precision::BFloat16) {
            let error = (weight - ours).abs();
            assert!(error <= weight.abs() / 256.0, "{ours} for {weight}");
        }
        for (at, (weight, ours)) in pairs(Precision::Int8).enumerate() {
            let column = weights.iter().skip(at % size[1]).step_by(size[1]);
            let scale = column.fold(0.0_f32, |scale, weight| scale.max(weight.abs()));
            let error = (weight - ours).abs();
            assert!(error <= scale * (0.5 / 127.0 + 1e-6), "{ours} for {weight}");
        }
    }
}

/// Weights of which one half of a word could leak into the other, or none be left.
#[test]
fn reduced_weights_of_any_size_are_kept() {
    let weights = [0.0, -0.0, 1e-38, -1.5, 1e-30, -1e30, 0.0, 1.0];
    let ours = unpacked([8, 1], &weights, Precision::BFloat16);
    for (weight, ours) in weights.into_iter().zip(&ours) {
        let error = (weight - ours).abs();
        assert!(error <= weight.abs() / 256.0 + 2e-38, "{ours} for {weight}");
    }
    assert_eq!(unpacked([3, 1], &[0.0; 3], Precision::Int8), [0.0; 3]);
}

#[test]
fn fewer_bits_take_fewer_bytes() {
    let [single, half, quarter] = PRECISIONS.map(|p| packed([512, 1024], p).bytes());
    assert!(half * 100 < single * 51 && quarter * 100 < single * 26);
}

#[test]
fn every_kind_of_vector_agrees() {
    for (size, precision) in SIZES
        .into_iter()
        .flat_map(|size| PRECISIONS.map(|p| (size, p)))
    {
        let (layer, x) = (packed(size, precision), noise(3, size[0]));
        let widest = product(&layer, &x);
        let close = |name, ours: &[f32]| {
            for (ours, widest) in ours.iter().zip(&widest) {
                let error = (ours - widest).abs();
                assert!(error < 4e-3, "{name} {size:?} {precision:?}: {error}");
            }
        };
        let by = |dispatch: &dyn Fn(AddProducts<'_>)| {
            let mut outputs = layer.bias.clone();
            dispatch(AddProducts {
                matrix: &layer.matrix,
                x: Vector::new(&x),
                outputs: &mut outputs,
            });
            outputs
        };
        close("scalar", &by(&|add| Scalar.vectorize(add)));
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            close("AVX2", &by(&|add| Simd::vectorize(simd, add)));
        }
    }
}

#[test]
fn what_is_no_number_stays_none() {
    for precision in PRECISIONS {
        let layer = packed([9, 70], precision);
        let mut x = noise(3, 9);
        x[8] = f32::NAN;
        assert!(product(&layer, &x).iter().all(|x| x.is_nan()));

        // In the first column, and only there.
        for row in 0..4 {
            let mut weights = noise(1, 4 * 2);
            weights[row * 2] = f32::NAN;
            let layer = Dense::new(4, 2, &weights, &[0.0; 2], precision).unwrap();
            let products = product(&layer, &[1.0; 4]);
            assert!(products[0].is_nan(), "{precision:?} {row}");
            assert!(products[1].is_finite(), "{precision:?} {row}");
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let new = |weights: &[f32], bias: &[f32]| Dense::new(2, 3, weights, bias, Precision::Int8);
    assert!(new(&[0.0; 5], &[0.0; 3]).is_err());
    assert!(new(&[0.0; 6], &[0.0; 2]).is_err());
    let layer = new(&[0.0; 6], &[0.0; 3]).unwrap();
    assert!(layer.forward(&[0.0; 3], &mut [0.0; 3]).is_err());
    let error = layer.forward(&[0.0; 2], &mut [0.0; 2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the outputs should be 3 numbers and are 2"
    );
}

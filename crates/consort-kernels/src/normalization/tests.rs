//! Normalisations beside their definition.

use super::*;
use crate::noise::noise;

const LAYER: Normalization = Normalization {
    pixels: 700,
    channels: 5,
    epsilon: 1e-3,
};

/// Inputs, factors, offsets and what is added.
fn arguments(layer: Normalization) -> [Vec<f32>; 4] {
    let size = layer.pixels * layer.channels;
    let spread = noise(1, size).into_iter().enumerate();
    [
        // Means far from 0, and different deviations.
        spread.map(|(i, x)| x * (i % 5 + 1) as f32 + 20.0).collect(),
        noise(2, layer.channels),
        noise(3, layer.channels),
        noise(4, size),
    ]
}

fn widened(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}

/// The definition in double precision: outputs, means and variances.
fn definition(layer: Normalization, arguments: &[Vec<f64>; 4]) -> [Vec<f64>; 3] {
    let [inputs, gamma, beta, skip] = arguments;
    let mean_of = |channel: usize, number: &dyn Fn(f64) -> f64| {
        let numbers = inputs.iter().skip(channel).step_by(layer.channels);
        numbers.map(|x| number(*x)).sum::<f64>() / layer.pixels as f64
    };
    let channels = 0..layer.channels;
    let mean: Vec<f64> = channels.clone().map(|c| mean_of(c, &|x| x)).collect();
    let square = |c: usize| mean_of(c, &|x| (x - mean[c]).powi(2));
    let variance: Vec<f64> = channels.map(square).collect();
    let output = |(index, x): (usize, &f64)| {
        let c = index % layer.channels;
        let normal = (x - mean[c]) / (variance[c] + f64::from(layer.epsilon)).sqrt();
        (gamma[c] * normal + beta[c] + skip[index]).max(0.0)
    };
    let outputs = inputs.iter().enumerate().map(output).collect();
    [outputs, mean, variance]
}

fn assert_close(ours: &[f32], truth: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), truth.len());
    for (ours, truth) in ours.iter().zip(truth) {
        let error = (f64::from(*ours) - truth).abs();
        assert!(error <= tolerance, "{ours} for {truth}");
    }
}

#[test]
fn agrees_with_the_definition() {
    let arguments = arguments(LAYER);
    let [inputs, gamma, beta, skip] = &arguments;
    for skips in [false, true] {
        let mut wide = arguments.each_ref().map(|numbers| widened(numbers));
        if !skips {
            wide[3].fill(0.0);
        }
        let skip = skips.then_some(&**skip);
        let ours = LAYER.forward(inputs, gamma, beta, skip).unwrap();
        let [outputs, mean, variance] = definition(LAYER, &wide);
        // Sums of 256 numbers of about 20 keep six digits; the smallest deviation is .6.
        assert_close(&ours.mean, &mean, 2e-5);
        assert_close(&ours.outputs, &outputs, 5e-5);
        assert_close(&ours.variance, &variance, 5e-5);
    }
}

/// Moves each kind of argument in a random direction, and compares how a weighted sum of the
/// outputs, by the definition, changes with what the gradients say.
#[test]
fn gradients_are_differences() {
    let arguments = arguments(LAYER);
    let [inputs, gamma, beta, skip] = &arguments;
    let above = noise(5, inputs.len());
    let normalized = LAYER.forward(inputs, gamma, beta, Some(skip)).unwrap();
    let slices = normalized.as_slices();
    let ours = LAYER.backward(inputs, gamma, slices, &above, true).unwrap();
    let direction = |which: usize| widened(&noise(6, arguments[which].len()));
    let sum = |which: usize, by: f64| {
        let mut moved = arguments.each_ref().map(|numbers| widened(numbers));
        let numbers = moved[which].iter_mut().zip(direction(which));
        numbers.for_each(|(x, direction)| *x += by * direction);
        let [outputs, ..] = definition(LAYER, &moved);
        let products = outputs.iter().zip(&above);
        products
            .map(|(y, above)| y * f64::from(*above))
            .sum::<f64>()
    };
    let skip = ours.skip.expect("it was asked for");
    let gradients = [ours.inputs, ours.gamma, ours.beta, skip];
    for (which, gradient) in gradients.iter().enumerate() {
        // So small that no output crosses 0 within it.
        let step = 1e-7;
        let difference = (sum(which, step) - sum(which, -step)) / (2.0 * step);
        let slopes = gradient.iter().zip(direction(which));
        let said: f64 = slopes.map(|(slope, along)| f64::from(*slope) * along).sum();
        let error = (difference - said).abs();
        assert!(error < 1e-3, "{which}: {difference} {said}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let layer = Normalization {
        pixels: 10_000,
        channels: 64,
        ..LAYER
    };
    let [inputs, gamma, beta, skip] = arguments(layer);
    let all = || {
        let normalized = layer.forward(&inputs, &gamma, &beta, Some(&skip)).unwrap();
        let gradients = layer.backward(&inputs, &gamma, normalized.as_slices(), &skip, true);
        (gradients.unwrap(), normalized)
    };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(all)
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn nothing_gives_nothing_and_what_does_not_fit_is_an_error() {
    let none = Normalization { pixels: 0, ..LAYER };
    let normalized = none.forward(&[], &[1.0; 5], &[0.0; 5], None).unwrap();
    assert!(normalized.outputs.is_empty());
    assert_eq!(normalized.variance, [0.0; 5]);
    let (inputs, ones) = ([0.0; 3500], [1.0; 5]);
    let error = LAYER.forward(&inputs, &ones[1..], &ones, None);
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "the factors should be 5 numbers and are 4");
    assert!(LAYER.forward(&inputs[1..], &ones, &ones, None).is_err());
    assert!(LAYER.forward(&inputs, &ones, &ones, Some(&[])).is_err());
    let normalized = LAYER.forward(&inputs, &ones, &ones, None).unwrap();
    let gradients = LAYER.backward(&inputs, &ones, normalized.as_slices(), &[], true);
    assert!(gradients.is_err());
}

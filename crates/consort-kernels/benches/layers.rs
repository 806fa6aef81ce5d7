//! How long the layers of the chorale article's network take, a batch of twenty on all cores:
//! `cargo bench -p consort-kernels`.

use consort_kernels::{Convolution, Normalization};

fn main() {
    divan::main();
}

/// Four bars in eighths by 128 pitches, 64 filters.
const LAYER: Convolution = Convolution {
    batch: 20,
    height: 32,
    width: 128,
    inputs: 64,
    outputs: 64,
    kernel: 5,
};

/// Numbers without a pattern that matters: no algorithm here depends on them.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|index| (index % 97) as f32 / 97.0).collect()
}

fn image() -> Vec<f32> {
    numbers(LAYER.batch * LAYER.height * LAYER.width * LAYER.inputs)
}

fn weights(kernel: usize) -> Vec<f32> {
    numbers(LAYER.outputs * LAYER.inputs * kernel * kernel)
}

#[divan::bench(args = [3, 5], sample_count = 20)]
fn forward(bencher: divan::Bencher<'_, '_>, kernel: usize) {
    let (x, weights) = (image(), weights(kernel));
    let layer = Convolution { kernel, ..LAYER };
    bencher.bench_local(|| layer.forward(&x, &weights, None).expect("they fit"));
}

#[divan::bench(args = [3, 5], sample_count = 20)]
fn backward_inputs(bencher: divan::Bencher<'_, '_>, kernel: usize) {
    let (above, weights) = (image(), weights(kernel));
    let layer = Convolution { kernel, ..LAYER };
    bencher.bench_local(|| layer.backward_inputs(&above, &weights).expect("they fit"));
}

#[divan::bench(args = [3, 5], sample_count = 20)]
fn backward_weights(bencher: divan::Bencher<'_, '_>, kernel: usize) {
    let (x, above) = (image(), image());
    let layer = Convolution { kernel, ..LAYER };
    bencher.bench_local(|| layer.backward_weights(&x, &above).expect("they fit"));
}

const NORMALIZATION: Normalization = Normalization {
    pixels: LAYER.batch * LAYER.height * LAYER.width,
    channels: LAYER.outputs,
    epsilon: 1e-5,
};

#[divan::bench(sample_count = 20)]
fn normalize(bencher: divan::Bencher<'_, '_>) {
    let (x, channel) = (image(), numbers(LAYER.outputs));
    bencher.bench_local(|| {
        let normalized = NORMALIZATION.forward(&x, &channel, &channel, Some(&x));
        normalized.expect("they fit")
    });
}

#[divan::bench(sample_count = 20)]
fn normalize_backward(bencher: divan::Bencher<'_, '_>) {
    let (x, channel) = (image(), numbers(LAYER.outputs));
    let normalized = NORMALIZATION.forward(&x, &channel, &channel, Some(&x));
    let normalized = normalized.expect("they fit");
    bencher.bench_local(|| {
        let gradients = NORMALIZATION.backward(&x, &channel, normalized.as_slices(), &x);
        gradients.expect("they fit")
    });
}

//! How long the layers of small convolutional networks take on all cores:
//! `cargo bench -p consort-kernels`.

use consort_kernels::{After, Convolution, Normalization};

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
    dilation: 1,
    groups: 1,
};

/// The layers of small networks over four bars: a wide kernel, and one per channel with the mixing of
/// channels after it.
const KINDS: [(&str, Convolution); 6] = [
    ("5x5", LAYER),
    ("stem", Convolution { inputs: 8, ..LAYER }),
    (
        "head",
        Convolution {
            outputs: 4,
            ..LAYER
        },
    ),
    (
        "dilated",
        Convolution {
            kernel: 3,
            dilation: 2,
            ..LAYER
        },
    ),
    (
        "depthwise",
        Convolution {
            inputs: 128,
            outputs: 128,
            kernel: 3,
            groups: 128,
            ..LAYER
        },
    ),
    (
        "1x1",
        Convolution {
            inputs: 128,
            outputs: 128,
            kernel: 1,
            ..LAYER
        },
    ),
];

/// One image in 46 pitches, as when a network answers: each layer by its name.
#[divan::bench(args = KINDS.map(|(name, _)| name), sample_count = 100)]
fn predict(bencher: divan::Bencher<'_, '_>, name: &str) {
    let layer = Convolution {
        batch: 1,
        width: 46,
        ..kind(name)
    };
    let (x, weights) = (images(layer, layer.inputs), weights(layer));
    let (bias, skip) = (numbers(layer.outputs), images(layer, layer.outputs));
    let after = After {
        bias: Some(&bias),
        skip: Some(&skip),
        relu: true,
    };
    bencher.bench_local(|| layer.forward(&x, &weights, after).expect("they fit"));
}

/// Sixteen images in 46 pitches, as when it learns: forward and both gradients.
#[divan::bench(args = KINDS.map(|(name, _)| name), sample_count = 20)]
fn learn(bencher: divan::Bencher<'_, '_>, name: &str) {
    let layer = Convolution {
        batch: 16,
        width: 46,
        ..kind(name)
    };
    let (x, weights) = (images(layer, layer.inputs), weights(layer));
    let above = images(layer, layer.outputs);
    bencher.bench_local(|| {
        let forward = layer.forward(&x, &weights, After::default());
        let below = layer.backward_inputs(&above, &weights);
        let gradient = layer.backward_weights(&x, &above);
        [forward, below, gradient].map(|numbers| numbers.expect("they fit"))
    });
}

fn kind(name: &str) -> Convolution {
    let mut kinds = KINDS.into_iter();
    let (_, layer) = kinds
        .find(|(other, _)| *other == name)
        .expect("in the table");
    layer
}

/// Numbers without a pattern that matters: no algorithm here depends on them.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|index| (index % 97) as f32 / 97.0).collect()
}

fn images(layer: Convolution, channels: usize) -> Vec<f32> {
    numbers(layer.batch * layer.height * layer.width * channels)
}

fn weights(layer: Convolution) -> Vec<f32> {
    numbers(layer.outputs * layer.inputs / layer.groups * layer.kernel * layer.kernel)
}

const NORMALIZATION: Normalization = Normalization {
    pixels: LAYER.batch * LAYER.height * LAYER.width,
    channels: LAYER.outputs,
    epsilon: 1e-5,
};

#[divan::bench(sample_count = 20)]
fn normalize(bencher: divan::Bencher<'_, '_>) {
    let (x, channel) = (images(LAYER, LAYER.outputs), numbers(LAYER.outputs));
    bencher.bench_local(|| {
        let normalized = NORMALIZATION.forward(&x, &channel, &channel, Some(&x));
        normalized.expect("they fit")
    });
}

#[divan::bench(sample_count = 20)]
fn normalize_backward(bencher: divan::Bencher<'_, '_>) {
    let (x, channel) = (images(LAYER, LAYER.outputs), numbers(LAYER.outputs));
    let normalized = NORMALIZATION.forward(&x, &channel, &channel, Some(&x));
    let normalized = normalized.expect("they fit");
    bencher.bench_local(|| {
        let gradients = NORMALIZATION.backward(&x, &channel, normalized.as_slices(), &x, false);
        gradients.expect("they fit")
    });
}

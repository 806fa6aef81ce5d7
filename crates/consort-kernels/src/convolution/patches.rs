//! Convolutions as products of matrices: what the kernels see of the images, a row for each output
//! pixel, by the weights. A kernel of one tap sees a pixel, so that the images themselves are the
//! matrix.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::{After, Convolution, PARTS, Weights, total};
use crate::matrix::{Matrix, multiply};

/// Output pixels that are worked on together at most: so many that packing the weights for each
/// product takes little of its time, so few that cores share one image of 46x32 evenly.
pub(super) const PIXELS: usize = 368;

/// Numbers of the patches that are made together at most: 1 MiB, so that they stay in a core's cache.
const NUMBERS: usize = 1 << 18;

/// Writes the outputs.
pub(super) fn convolve(
    shape: &Convolution,
    inputs: &[f32],
    weights: Weights<'_>,
    after: After<'_>,
    outputs: &mut [f32],
) {
    let [ins, outs] = shape.channels();
    let depth = shape.taps() * ins;
    let weights = in_order_of_patches(shape, weights);
    let pixels = block(shape);
    let blocks = outputs.par_chunks_mut(pixels * shape.outputs).enumerate();
    blocks.for_each_init(
        Default::default,
        |(room, products): &mut (Vec<f32>, Vec<f32>), (block, outputs)| {
            let first = block * pixels;
            let count = outputs.len() / shape.outputs;
            let patches = patches(shape, inputs, first..first + count, room);
            let patches = Matrix::new(patches, count, shape.groups * depth);
            for (group, weights) in weights.chunks_exact(depth * outs).enumerate() {
                let patches = patches.columns(group * depth, depth);
                let weights = Matrix::new(weights, outs, depth).transposed();
                if shape.groups == 1 {
                    multiply(patches, weights, outputs, false);
                } else {
                    products.resize(count * outs, 0.0);
                    multiply(patches, weights, products, false);
                    let pixels = outputs.chunks_exact_mut(shape.outputs);
                    for (outputs, products) in pixels.zip(products.chunks_exact(outs)) {
                        outputs[group * outs..][..outs].copy_from_slice(products);
                    }
                }
            }
            after.finish(outputs, first, shape.outputs);
        },
    );
}

/// The weights as `[group, output, tap, input]`.
fn in_order_of_patches<'a>(shape: &Convolution, weights: Weights<'a>) -> Cow<'a, [f32]> {
    if shape.taps() == 1 && !weights.mirrored {
        return Cow::Borrowed(weights.numbers);
    }
    let [ins, outs] = shape.channels();
    let depth = shape.taps() * ins;
    let mut ordered = vec![0.0; weights.numbers.len()];
    let outputs = ordered.par_chunks_exact_mut(depth).enumerate();
    outputs.for_each(|(output, ordered)| {
        let (group, output) = (output / outs, output % outs);
        for (tap, ordered) in ordered.chunks_exact_mut(ins).enumerate() {
            for (input, weight) in ordered.iter_mut().enumerate() {
                let first = weights.place(shape, group, tap, input);
                *weight = weights.numbers[first + output * weights.step(shape)];
            }
        }
    });
    Cow::Owned(ordered)
}

/// The gradient of the weights, `[output, input / groups, kernel, kernel]`.
pub(super) fn correlate(shape: &Convolution, inputs: &[f32], above: &[f32]) -> Vec<f32> {
    let [ins, outs] = shape.channels();
    let (taps, depth) = (shape.taps(), shape.taps() * ins);
    let part = shape.pixels().div_ceil(PARTS).max(PIXELS);
    let sum = |(part, above): (usize, &[f32])| {
        // [group, tap, input, output]
        let mut sums = vec![0.0; shape.groups * depth * outs];
        let mut room = Vec::new();
        let size = block(shape);
        for (index, above) in above.chunks(size * shape.outputs).enumerate() {
            let (first, count) = (part + index * size, above.len() / shape.outputs);
            let patches = patches(shape, inputs, first..first + count, &mut room);
            let patches = Matrix::new(patches, count, shape.groups * depth);
            let above = Matrix::new(above, count, shape.outputs);
            for (group, sums) in sums.chunks_exact_mut(depth * outs).enumerate() {
                let patches = patches.columns(group * depth, depth).transposed();
                multiply(patches, above.columns(group * outs, outs), sums, true);
            }
        }
        sums
    };
    let parts = above.par_chunks(part * shape.outputs).enumerate();
    let parts: Vec<Vec<f32>> = parts
        .map(|(index, above)| sum((index * part, above)))
        .collect();
    let sums = total(&parts, shape.outputs * depth);

    let mut weights = vec![0.0; shape.outputs * depth];
    let kernels = weights.par_chunks_exact_mut(depth).enumerate();
    kernels.for_each(|(output, weights)| {
        let sums = &sums[output / outs * depth * outs + output % outs..];
        for (index, weight) in weights.iter_mut().enumerate() {
            let (input, tap) = (index / taps, index % taps);
            *weight = sums[(tap * ins + input) * outs];
        }
    });
    weights
}

/// How many pixels are worked on together.
fn block(shape: &Convolution) -> usize {
    match shape.taps() {
        1 => PIXELS,
        taps => (NUMBERS / (taps * shape.inputs)).clamp(1, PIXELS),
    }
}

/// What the kernels of some output pixels see, `[pixel, group, tap, input]`, made in `room` if it is
/// not in the images.
fn patches<'a>(
    shape: &Convolution,
    inputs: &'a [f32],
    pixels: Range<usize>,
    room: &'a mut Vec<f32>,
) -> &'a [f32] {
    if shape.taps() == 1 {
        return &inputs[pixels.start * shape.inputs..pixels.end * shape.inputs];
    }
    let [ins, _] = shape.channels();
    let Convolution {
        height,
        width,
        kernel,
        ..
    } = *shape;
    room.clear();
    for pixel in pixels {
        let (row, x) = (pixel / width, pixel % width);
        let (first, y) = (row - row % height, row % height);
        for from in (0..shape.inputs).step_by(ins) {
            for (a, b) in (0..kernel).flat_map(|a| (0..kernel).map(move |b| (a, b))) {
                let there = (shape.reach(y, a, height), shape.reach(x, b, width));
                if let (Some(y), Some(x)) = there {
                    let from = ((first + y) * width + x) * shape.inputs + from;
                    room.extend_from_slice(&inputs[from..][..ins]);
                } else {
                    room.resize(room.len() + ins, 0.0);
                }
            }
        }
    }
    room
}

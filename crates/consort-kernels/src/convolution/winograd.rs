//! Winograd's algorithm for kernels of 3x3 and 5x5 (A. Lavin and S. Gray, *Fast Algorithms for
//! Convolutional Neural Networks*, 2015, arXiv:1509.09308).
//!
//! A tile of 8x8 inputs gives a tile of outputs: 6x6 with a 3x3 kernel, 4x4 with a 5x5 one, F(6x6,
//! 3x3) and F(4x4, 5x5) as the article writes it. Inputs and weights are transformed to 64 points
//! each; at each point the channels of many tiles are multiplied with the weights as one matrix with
//! another; the products are transformed back. That is 64 multiplications for each tile and pair of
//! channels, against 324 or 400 of the definition.
//!
//! The gradient of the inputs is the convolution of the gradient of the outputs with the weights
//! mirrored. The gradient of the weights is the algorithm transposed: the products at each point are
//! summed over the tiles and transformed back once.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::product::{Correlate, Multiply, ROWS, Strips};
use super::tiling::{CHANNELS, Tiling, padded};
use super::transform::{
    Evaluate, Interpolate, Lift, Lower, POINTS, Pixels, PixelsMut, Place, SIDE, scale,
};
use crate::aligned::Aligned;

use super::{After, Convolution, PARTS, Weights, total};

/// Tiles that are transformed before they are multiplied: so many that the weights at a point serve
/// for long, so few that all their points (768 KiB for 64 channels) stay in a core's cache.
const TILES: usize = 48;

/// The same for gradients of weights, which have the points of two images at once.
const TILES_OF_GRADIENT: usize = 32;

/// Writes the outputs.
pub(super) fn convolve(
    shape: &Convolution,
    inputs: &[f32],
    weights: Weights<'_>,
    after: After<'_>,
    outputs: &mut [f32],
) {
    match shape.kernel {
        3 => convolve_tiles::<6>(shape, inputs, &lift::<3>(shape, weights), after, outputs),
        _ => convolve_tiles::<4>(shape, inputs, &lift::<5>(shape, weights), after, outputs),
    }
}

/// The gradient of the weights, `[output, input, kernel, kernel]`.
pub(super) fn correlate(shape: &Convolution, inputs: &[f32], above: &[f32]) -> Vec<f32> {
    match shape.kernel {
        3 => lower_weights::<3>(shape, correlate_tiles::<6>(shape, inputs, above)),
        _ => lower_weights::<5>(shape, correlate_tiles::<4>(shape, inputs, above)),
    }
}

/// The weights at each point, `[strip, point, input, output]`, with channels added; a strip has
/// [`CHANNELS`] inputs.
fn lift<const K: usize>(shape: &Convolution, weights: Weights<'_>) -> Aligned {
    let (inputs, outputs) = (padded(shape.inputs), padded(shape.outputs));
    let plane = spaced(CHANNELS * outputs);
    let mut points = Aligned::zeros(POINTS * inputs / CHANNELS * plane);
    let strips = points.par_chunks_exact_mut(POINTS * plane).enumerate();
    strips.for_each(|(strip, points)| {
        let mut taps = Aligned::zeros(K * K * outputs);
        let first = strip * CHANNELS;
        for input in first..(first + CHANNELS).min(shape.inputs) {
            for (tap, taps) in taps.chunks_exact_mut(outputs).enumerate() {
                let from = &weights.numbers[weights.place(shape, 0, tap, input)..];
                let from = from.iter().step_by(weights.step(shape));
                let taps = taps[..shape.outputs].iter_mut();
                taps.zip(from).for_each(|(tap, weight)| *tap = *weight);
            }
            let pixels = Pixels {
                numbers: &taps,
                row: K * outputs,
                pixel: outputs,
            };
            Arch::new().dispatch(Lift::<_, K> {
                transform: Evaluate,
                pixels,
                channels: outputs,
                points,
                place: Place {
                    plane,
                    at: (input - first) * outputs,
                },
            });
        }
        scale(points, plane);
    });
    points
}

/// In tiles of `M`x`M` outputs.
fn convolve_tiles<const M: usize>(
    shape: &Convolution,
    inputs: &[f32],
    weights: &[f32],
    after: After<'_>,
    outputs: &mut [f32],
) {
    let tiling = Tiling::new(*shape, M);
    let bands = tiling.bands_with(TILES);
    let mut parts = Vec::new();
    let mut rest = outputs;
    let mut first = 0;
    for part in parts_of(tiling.bands(), bands) {
        let pixels: usize = part.clone().map(|band| tiling.pixels(band)).sum();
        let (outputs, others) = rest.split_at_mut(pixels * shape.outputs);
        parts.push((part, first, outputs));
        rest = others;
        first += pixels;
    }
    let stride = padded(shape.inputs).max(padded(shape.outputs));
    let room =
        POINTS * spaced(bands * tiling.tiles * stride) + (POINTS + ROWS) * padded(shape.inputs);
    parts.into_par_iter().for_each_init(
        || Aligned::zeros(room),
        |room, (bands, first, outputs)| {
            Arch::new().dispatch(Convolve::<M> {
                tiling,
                bands,
                inputs,
                weights,
                outputs,
                stride,
                room,
            });
            after.finish(outputs, first, shape.outputs);
        },
    );
}

/// The gradient of the weights at each point, `[point, input, output]`, in tiles of `M`x`M` outputs.
fn correlate_tiles<const M: usize>(shape: &Convolution, inputs: &[f32], above: &[f32]) -> Vec<f32> {
    let tiling = Tiling::new(*shape, M);
    let bands = tiling.bands_with(TILES_OF_GRADIENT);
    let (ins, outs) = (padded(shape.inputs), padded(shape.outputs));
    let tiles = bands * tiling.tiles;
    let blocks: Vec<Range<usize>> = parts_of(tiling.bands(), bands).collect();
    let sum = |blocks: &[Range<usize>]| {
        let mut sums = Aligned::zeros(POINTS * ins * outs);
        let mut room =
            Aligned::zeros(POINTS * (spaced(tiles * ins) + spaced(tiles * outs) + ins.max(outs)));
        for bands in blocks {
            Arch::new().dispatch(Sum::<M> {
                tiling,
                bands: bands.clone(),
                inputs,
                above,
                sums: &mut sums,
                room: &mut room,
            });
        }
        sums
    };
    let parts = blocks
        .par_chunks(blocks.len().div_ceil(PARTS).max(1))
        .map(sum);
    let parts: Vec<Aligned> = parts.collect();
    total(&parts, POINTS * ins * outs)
}

/// The gradients of the weights from their gradients at each point.
fn lower_weights<const K: usize>(shape: &Convolution, mut points: Vec<f32>) -> Vec<f32> {
    let (inputs, outputs) = (padded(shape.inputs), padded(shape.outputs));
    scale(&mut points, inputs * outputs);
    // [input, tap, output]
    let mut taps = vec![0.0; shape.inputs * K * K * outputs];
    let kernels = taps.par_chunks_exact_mut(K * K * outputs).enumerate();
    kernels.for_each(|(input, taps)| {
        let pixels = PixelsMut {
            numbers: taps,
            row: K * outputs,
            pixel: outputs,
            size: [K, K],
        };
        Arch::new().dispatch(Lower::<K> {
            points: &points,
            place: Place {
                plane: inputs * outputs,
                at: input * outputs,
            },
            channels: outputs,
            pixels,
        });
    });
    let mut weights = vec![0.0; shape.outputs * shape.inputs * K * K];
    let kernels = weights.par_chunks_exact_mut(shape.inputs * K * K);
    kernels.enumerate().for_each(|(output, weights)| {
        let taps = taps[output..].iter().step_by(outputs);
        weights
            .iter_mut()
            .zip(taps)
            .for_each(|(weight, tap)| *weight = *tap);
    });
    weights
}

/// From the numbers of a point to those of the next, where there are `count`. Points a multiple of
/// 4 KiB apart would all go to the same few places of a core's first cache; a line more spreads them.
fn spaced(count: usize) -> usize {
    count + CHANNELS
}

/// `all` in parts of `size`, the last one maybe shorter.
fn parts_of(all: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let end = all.end;
    all.step_by(size)
        .map(move |from| from..(from + size).min(end))
}

/// The outputs of some bands.
struct Convolve<'a, const M: usize> {
    tiling: Tiling,
    bands: Range<usize>,
    inputs: &'a [f32],
    weights: &'a [f32],
    /// Of these bands alone.
    outputs: &'a mut [f32],
    /// Channels of a tile at a point, inputs or outputs.
    stride: usize,
    room: &'a mut [f32],
}

impl<const M: usize> WithSimd for Convolve<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Convolve {
            tiling,
            bands,
            inputs,
            weights,
            outputs,
            stride,
            room,
        } = self;
        let shape = tiling.shape;
        let [ins, outs] = [padded(shape.inputs), padded(shape.outputs)];
        let numbers = bands.len() * tiling.tiles * stride;
        let plane = spaced(numbers);
        let place = |index| Place {
            plane,
            at: index * stride,
        };
        let (points, room) = room.split_at_mut(POINTS * plane);
        let (patch, strip) = room.split_at_mut(POINTS * ins);
        // `vectorize` makes each part a function of its own: the compiler does better with one loop
        // at a time.
        for (index, (band, tile)) in tiling.tiles_of(bands.clone()).enumerate() {
            simd.vectorize(Lift::<_, SIDE> {
                transform: Interpolate,
                pixels: tiling.inputs(inputs, tiling.band(band), tile, patch),
                channels: ins,
                points,
                place: place(index),
            });
        }
        for (point, values) in points.chunks_exact_mut(plane).enumerate() {
            simd.vectorize(Multiply {
                values: &mut values[..numbers],
                stride,
                weights: Strips {
                    numbers: weights,
                    strip: POINTS * spaced(CHANNELS * outs),
                    at: point * spaced(CHANNELS * outs),
                },
                inputs: ins,
                outputs: outs,
                strip,
            });
        }
        let first = bands.start;
        for (index, (band, tile)) in tiling.tiles_of(bands).enumerate() {
            let before: usize = (first..band).map(|band| tiling.pixels(band)).sum();
            let pixels = PixelsMut {
                numbers: &mut outputs[(before + tile * M) * shape.outputs..],
                row: shape.width * shape.outputs,
                pixel: shape.outputs,
                size: [tiling.band(band).height, M.min(shape.width - tile * M)],
            };
            simd.vectorize(Lower::<M> {
                points,
                place: place(index),
                channels: shape.outputs,
                pixels,
            });
        }
    }
}

/// The gradients of the weights at each point, summed over some bands.
struct Sum<'a, const M: usize> {
    tiling: Tiling,
    bands: Range<usize>,
    inputs: &'a [f32],
    above: &'a [f32],
    sums: &'a mut [f32],
    room: &'a mut [f32],
}

impl<const M: usize> WithSimd for Sum<'_, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Sum {
            tiling,
            bands,
            inputs,
            above,
            sums,
            room,
        } = self;
        let [ins, outs] = [padded(tiling.shape.inputs), padded(tiling.shape.outputs)];
        let count = bands.len() * tiling.tiles;
        let place = |channels, index| Place {
            plane: spaced(count * channels),
            at: index * channels,
        };
        let (values, room) = room.split_at_mut(POINTS * spaced(count * ins));
        let (gradients, patch) = room.split_at_mut(POINTS * spaced(count * outs));
        for (index, (band, tile)) in tiling.tiles_of(bands).enumerate() {
            let band = tiling.band(band);
            simd.vectorize(Lift::<_, SIDE> {
                transform: Interpolate,
                pixels: tiling.inputs(inputs, band, tile, patch),
                channels: ins,
                points: values,
                place: place(ins, index),
            });
            simd.vectorize(Lift::<_, M> {
                transform: Evaluate,
                pixels: tiling.outputs(above, band, tile, patch),
                channels: outs,
                points: gradients,
                place: place(outs, index),
            });
        }
        let planes = values
            .chunks_exact(spaced(count * ins))
            .zip(gradients.chunks_exact(spaced(count * outs)));
        for ((values, above), sums) in planes.zip(sums.chunks_exact_mut(ins * outs)) {
            simd.vectorize(Correlate {
                values: &values[..count * ins],
                inputs: ins,
                above: &above[..count * outs],
                outputs: outs,
                sums,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::noise;

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
            dilation: 1,
            groups: 1,
        };
        let (x, numbers) = (noise(1, 800), noise(2, 1500));
        let weights = Weights {
            numbers: &numbers,
            mirrored: false,
        };
        let tiling = Tiling::new(shape, 4);
        let mut outputs = vec![0.0; 120];
        pulp::Scalar::new().vectorize(Convolve::<4> {
            tiling,
            bands: tiling.bands(),
            inputs: &x,
            weights: &lift::<5>(&shape, weights),
            outputs: &mut outputs,
            stride: 32,
            room: &mut vec![0.0; POINTS * spaced(3 * 32) + (POINTS + ROWS) * 32],
        });
        let mut vectors = vec![0.0; 120];
        convolve(&shape, &x, weights, After::default(), &mut vectors);
        let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
        assert!(outputs.iter().zip(&vectors).all(close));
    }
}

//! Convolutions of each channel with a kernel of its own: sums of moved images, vectors of channels
//! at a time, as fast as the images are read.

use std::borrow::Cow;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::tiling::padded;
use super::{After, Convolution, PARTS, Weights, total};
use crate::aligned::Aligned;

/// Rows of pixels that are worked on together: few, so that cores share one image evenly.
const ROWS: usize = 4;

/// Writes the outputs.
pub(super) fn convolve(
    shape: &Convolution,
    inputs: &[f32],
    weights: Weights<'_>,
    after: After<'_>,
    outputs: &mut [f32],
) {
    let layer = Layer::with_weights(shape, inputs, weights);
    let parts = outputs.par_chunks_mut(ROWS * shape.width * shape.outputs);
    parts.enumerate().for_each(|(part, outputs)| {
        layer.convolve(part * ROWS, outputs);
        after.finish(outputs, part * ROWS * shape.width, shape.outputs);
    });
}

/// Images and kernels in whole vectors.
pub(super) struct Layer<'a> {
    shape: Convolution,
    /// With channels of zeros.
    inputs: Cow<'a, [f32]>,
    /// `[tap, channel]`, with channels of zeros.
    taps: Aligned,
}

impl<'a> Layer<'a> {
    /// Of images, `[batch, height, width, channel]`, and kernels, `[channel, 1, kernel, kernel]`.
    pub(super) fn new(shape: &Convolution, inputs: &'a [f32], kernels: &[f32]) -> Layer<'a> {
        let weights = Weights {
            numbers: kernels,
            mirrored: false,
        };
        Layer::with_weights(shape, inputs, weights)
    }

    fn with_weights(shape: &Convolution, inputs: &'a [f32], weights: Weights<'_>) -> Layer<'a> {
        let channels = shape.outputs;
        let all = padded(channels);
        let mut taps = Aligned::zeros(shape.taps() * all);
        for (tap, taps) in taps.chunks_exact_mut(all).enumerate() {
            for (channel, weight) in taps[..channels].iter_mut().enumerate() {
                *weight = weights.numbers[weights.place(shape, channel, tap, 0)];
            }
        }
        Layer {
            shape: *shape,
            inputs: with_channels_added(inputs, channels),
            taps,
        }
    }

    /// Writes the rows of pixels from `first` on, counted over all images.
    pub(super) fn convolve(&self, first: usize, outputs: &mut [f32]) {
        let channels = self.shape.outputs;
        let all = padded(channels);
        let rows = Rows {
            shape: self.shape,
            inputs: &self.inputs,
            first,
        };
        if channels == all {
            Arch::new().dispatch(Convolve {
                rows,
                taps: &self.taps,
                outputs,
            });
            return;
        }
        let mut sums = vec![0.0; outputs.len() / channels * all];
        Arch::new().dispatch(Convolve {
            rows,
            taps: &self.taps,
            outputs: &mut sums,
        });
        let pixels = outputs.chunks_exact_mut(channels);
        for (outputs, sums) in pixels.zip(sums.chunks_exact(all)) {
            outputs.copy_from_slice(&sums[..channels]);
        }
    }
}

/// The gradient of the weights, `[channel, 1, kernel, kernel]`.
pub(super) fn correlate(shape: &Convolution, inputs: &[f32], above: &[f32]) -> Vec<f32> {
    let channels = shape.outputs;
    let all = padded(channels);
    let inputs = with_channels_added(inputs, channels);
    let above = with_channels_added(above, channels);
    let rows = (shape.batch * shape.height).div_ceil(PARTS);
    let parts = above.par_chunks(rows * shape.width * all).enumerate();
    let parts = parts.map(|(part, above)| {
        let mut sums = vec![0.0; shape.taps() * all];
        let rows = Rows {
            shape: *shape,
            inputs: &inputs,
            first: part * rows,
        };
        Arch::new().dispatch(Correlate {
            rows,
            above,
            sums: &mut sums,
        });
        sums
    });
    let parts: Vec<Vec<f32>> = parts.collect();
    let sums = total(&parts, shape.taps() * all);
    let weight = |index: usize| sums[index % shape.taps() * all + index / shape.taps()];
    (0..channels * shape.taps()).map(weight).collect()
}

/// The images with channels of zeros, so that all are in whole vectors.
fn with_channels_added(images: &[f32], channels: usize) -> Cow<'_, [f32]> {
    let all = padded(channels);
    if all == channels {
        return Cow::Borrowed(images);
    }
    let mut whole = vec![0.0; images.len() / channels * all];
    for (to, from) in whole
        .chunks_exact_mut(all)
        .zip(images.chunks_exact(channels))
    {
        to[..channels].copy_from_slice(from);
    }
    Cow::Owned(whole)
}

/// Some rows of pixels, counted over all images. Channels are padded.
#[derive(Clone, Copy)]
struct Rows<'a> {
    shape: Convolution,
    inputs: &'a [f32],
    first: usize,
}

impl Rows<'_> {
    /// The input pixels before those that a row of a kernel sees at a row of outputs, counted over
    /// all images.
    #[inline(always)]
    fn before(&self, row: usize, tap: usize) -> Option<usize> {
        let Convolution { height, width, .. } = self.shape;
        let row = self.first + row;
        let (image, y) = (row - row % height, row % height);
        Some((image + self.shape.reach(y, tap, height)?) * width)
    }
}

/// Pixels, or taps, in the machine's vectors.
type Vectors<'a, S> = &'a [<S as Simd>::f32s];

/// The outputs of some rows.
struct Convolve<'a> {
    rows: Rows<'a>,
    /// `[tap, channel]`.
    taps: &'a [f32],
    outputs: &'a mut [f32],
}

impl WithSimd for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Convolve {
            rows,
            taps,
            outputs,
        } = self;
        let Convolution {
            width,
            outputs: channels,
            kernel,
            dilation,
            ..
        } = rows.shape;
        let margin = kernel / 2 * dilation;
        let vectors = padded(channels) / S::F32_LANES;
        let (inputs, taps) = (S::as_simd_f32s(rows.inputs).0, S::as_simd_f32s(taps).0);
        let outputs = S::as_mut_simd_f32s(outputs).0;
        let count = outputs.len() / (width * vectors);
        // The rows of taps that are inside at each row of outputs, and the input pixels before them.
        let inside = |row| {
            let taps = taps.chunks_exact(kernel * vectors).enumerate();
            taps.filter_map(move |(a, taps)| Some((rows.before(row, a)?, taps)))
                .collect()
        };
        let inside: Vec<Vec<(usize, Vectors<'_, S>)>> = (0..count).map(inside).collect();
        let mut seen = Vec::with_capacity(kernel * kernel);
        let mut x = 0;
        while x < width {
            // Pixels from here on of which no tap, or the same taps, are outside.
            let alike = if x < margin {
                1
            } else {
                (width - x).saturating_sub(margin)
            };
            let pixels = match alike {
                8.. => 8,
                4.. => 4,
                _ => 1,
            };
            // The same pixels of all rows before the next ones: then most of what they see is still
            // in the first cache.
            for (row, inside) in inside.iter().enumerate() {
                seen.clear();
                for (before, taps) in inside {
                    for (b, taps) in taps.chunks_exact(vectors).enumerate() {
                        if let Some(x) = rows.shape.reach(x, b, width) {
                            seen.push((&inputs[(before + x) * vectors..], taps));
                        }
                    }
                }
                let outputs = &mut outputs[(row * width + x) * vectors..];
                match pixels {
                    8 => convolve_pixels::<S, 8>(simd, &seen, vectors, outputs),
                    4 => convolve_pixels::<S, 4>(simd, &seen, vectors, outputs),
                    _ => convolve_pixels::<S, 1>(simd, &seen, vectors, outputs),
                }
            }
            x += pixels;
        }
    }
}

/// Writes the sums of `P` pixels side by side. What is `seen` is, for each
/// tap, the input pixels from the first on, and the weights.
#[inline(always)]
fn convolve_pixels<S: Simd, const P: usize>(
    simd: S,
    seen: &[(Vectors<'_, S>, Vectors<'_, S>)],
    vectors: usize,
    outputs: &mut [S::f32s],
) {
    for vector in 0..vectors {
        let mut sums = [simd.splat_f32s(0.0); P];
        for (pixels, weights) in seen {
            let weight = weights[vector];
            for (pixel, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add_f32s(pixels[pixel * vectors + vector], weight, *sum);
            }
        }
        for (pixel, sum) in sums.into_iter().enumerate() {
            outputs[pixel * vectors + vector] = sum;
        }
    }
}

/// Adds the gradients of the weights, `[tap, channel]`, over some rows.
struct Correlate<'a> {
    rows: Rows<'a>,
    above: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Correlate { rows, above, sums } = self;
        let Convolution {
            width,
            outputs: channels,
            kernel,
            ..
        } = rows.shape;
        let vectors = padded(channels) / S::F32_LANES;
        let inputs = S::as_simd_f32s(rows.inputs).0;
        let (above, sums) = (S::as_simd_f32s(above).0, S::as_mut_simd_f32s(sums).0);
        for (row, above) in above.chunks_exact(width * vectors).enumerate() {
            for (tap, sums) in sums.chunks_exact_mut(vectors).enumerate() {
                let Some(before) = rows.before(row, tap / kernel) else {
                    continue;
                };
                let seen = |x| rows.shape.reach(x, tap % kernel, width);
                let Some((first, x)) = (0..width).find_map(|at| Some((at, seen(at)?))) else {
                    continue;
                };
                // One of both rows of pixels ends first.
                let inputs = &inputs[(before + x) * vectors..(before + width) * vectors];
                let above = &above[first * vectors..];
                let mut vector = 0;
                while vector < vectors {
                    vector += match vectors - vector {
                        4.. => correlate_row::<S, 4>(simd, inputs, above, vector, sums),
                        2.. => correlate_row::<S, 2>(simd, inputs, above, vector, sums),
                        _ => correlate_row::<S, 1>(simd, inputs, above, vector, sums),
                    };
                }
            }
        }
    }
}

/// Adds the products of two rows of pixels to `N` vectors of sums, and says how many those were.
#[inline(always)]
fn correlate_row<S: Simd, const N: usize>(
    simd: S,
    inputs: &[S::f32s],
    above: &[S::f32s],
    first: usize,
    totals: &mut [S::f32s],
) -> usize {
    let vectors = totals.len();
    let totals = &mut totals[first..][..N];
    let mut sums = [simd.splat_f32s(0.0); N];
    for (inputs, above) in inputs
        .chunks_exact(vectors)
        .zip(above.chunks_exact(vectors))
    {
        let (inputs, above) = (&inputs[first..][..N], &above[first..][..N]);
        for ((sum, input), above) in sums.iter_mut().zip(inputs).zip(above) {
            *sum = simd.mul_add_f32s(*input, *above, *sum);
        }
    }
    for (total, sum) in totals.iter_mut().zip(sums) {
        *total = simd.add_f32s(*total, sum);
    }
    N
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
            width: 13,
            inputs: 16,
            outputs: 16,
            kernel: 3,
            dilation: 1,
            groups: 16,
        };
        let (x, above, taps) = (noise(1, 832), noise(2, 832), noise(3, 144));
        let rows = Rows {
            shape,
            inputs: &x,
            first: 0,
        };
        let results = |vectors: bool| {
            let (mut outputs, mut sums) = (vec![0.0; 832], vec![0.0; 144]);
            let convolve = Convolve {
                rows,
                taps: &taps,
                outputs: &mut outputs,
            };
            let correlate = Correlate {
                rows,
                above: &above,
                sums: &mut sums,
            };
            if vectors {
                Arch::new().dispatch(convolve);
                Arch::new().dispatch(correlate);
            } else {
                pulp::Scalar::new().vectorize(convolve);
                pulp::Scalar::new().vectorize(correlate);
            }
            outputs.into_iter().chain(sums)
        };
        for (one, many) in results(false).zip(results(true)) {
            assert!((one - many).abs() < 1e-5, "{one} {many}");
        }
    }
}

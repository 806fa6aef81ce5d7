//! Two-dimensional convolutions by Winograd's algorithm (A. Lavin and S. Gray, *Fast Algorithms for
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

use crate::shape::{ShapeError, check};

mod product;
mod tiling;
mod transform;

use product::{Correlate, Multiply, ROWS};
use tiling::{Tiling, padded};
use transform::{
    Evaluate, Interpolate, Lift, Lower, POINTS, Pixels, PixelsMut, Place, SIDE, scale,
};

/// Tiles that are transformed before they are multiplied: so many that the weights at a point serve
/// for long, so few that all their points (768 KiB for 64 channels) stay in a core's cache.
const TILES: usize = 48;

/// The same for gradients of weights, which have the points of two images at once.
const TILES_OF_GRADIENT: usize = 32;

/// Parts of a batch whose gradients of weights are summed on their own, side by side. Each takes
/// the memory of 64 numbers for every pair of channels.
const PARTS: usize = 8;

/// A convolution of stride 1 whose outputs are as large as its inputs, which count as 0 outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Images.
    pub batch: usize,
    /// Rows of an image.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Channels of the inputs.
    pub inputs: usize,
    /// Channels of the outputs.
    pub outputs: usize,
    /// Rows and pixels that a kernel spans, 3 or 5.
    pub kernel: usize,
}

impl Convolution {
    /// The outputs, `[batch, height, width, output]`, of `inputs`, `[batch, height, width, input]`,
    /// `weights`, `[output, input, kernel, kernel]`, and `bias`, `[output]`.
    ///
    /// Errors are about ten times those of sums of products in single precision, from the transforms.
    ///
    /// # Errors
    /// See [`ShapeError`].
    pub fn forward(
        &self,
        inputs: &[f32],
        weights: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Vec<f32>, ShapeError> {
        check("the inputs", inputs, &self.images(self.inputs))?;
        check("the weights", weights, &self.kernels())?;
        if let Some(bias) = bias {
            check("the biases", bias, &[self.outputs])?;
        }
        match self.kernel {
            3 => Ok(self.convolve::<3, 6>(inputs, &self.lift_weights::<3>(weights, false), bias)),
            5 => Ok(self.convolve::<5, 4>(inputs, &self.lift_weights::<5>(weights, false), bias)),
            other => Err(ShapeError::Kernel(other)),
        }
    }

    /// The gradient of the inputs, given that of the outputs.
    ///
    /// # Errors
    /// See [`ShapeError`].
    pub fn backward_inputs(&self, above: &[f32], weights: &[f32]) -> Result<Vec<f32>, ShapeError> {
        check("the gradients", above, &self.images(self.outputs))?;
        check("the weights", weights, &self.kernels())?;
        let mirrored = Convolution {
            inputs: self.outputs,
            outputs: self.inputs,
            ..*self
        };
        match self.kernel {
            3 => Ok(mirrored.convolve::<3, 6>(
                above,
                &mirrored.lift_weights::<3>(weights, true),
                None,
            )),
            5 => Ok(mirrored.convolve::<5, 4>(
                above,
                &mirrored.lift_weights::<5>(weights, true),
                None,
            )),
            other => Err(ShapeError::Kernel(other)),
        }
    }

    /// The gradient of the weights, given the inputs and the gradient of the outputs.
    ///
    /// # Errors
    /// See [`ShapeError`].
    pub fn backward_weights(&self, inputs: &[f32], above: &[f32]) -> Result<Vec<f32>, ShapeError> {
        check("the inputs", inputs, &self.images(self.inputs))?;
        check("the gradients", above, &self.images(self.outputs))?;
        match self.kernel {
            3 => Ok(self.correlate::<3, 6>(inputs, above)),
            5 => Ok(self.correlate::<5, 4>(inputs, above)),
            other => Err(ShapeError::Kernel(other)),
        }
    }

    fn images(&self, channels: usize) -> [usize; 4] {
        [self.batch, self.height, self.width, channels]
    }

    fn kernels(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }

    /// Where the kernel from `input` to `output` begins among the weights. Mirrored weights are
    /// those of the convolution whose inputs are our outputs.
    fn kernel_at(&self, input: usize, output: usize, mirrored: bool) -> usize {
        let index = if mirrored {
            input * self.outputs + output
        } else {
            output * self.inputs + input
        };
        index * self.kernel * self.kernel
    }

    /// The weights at each point, `[point, input, output]` with channels added.
    fn lift_weights<const K: usize>(&self, weights: &[f32], mirrored: bool) -> Vec<f32> {
        let (inputs, outputs) = (padded(self.inputs), padded(self.outputs));
        let mut points = vec![0.0; POINTS * inputs * outputs];
        let mut taps = vec![0.0; K * K * outputs];
        for input in 0..self.inputs {
            for output in 0..self.outputs {
                let kernel = &weights[self.kernel_at(input, output, mirrored)..][..K * K];
                for (tap, weight) in kernel.iter().enumerate() {
                    let tap = if mirrored { K * K - 1 - tap } else { tap };
                    taps[tap * outputs + output] = *weight;
                }
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
                points: &mut points,
                place: Place {
                    plane: inputs * outputs,
                    at: input * outputs,
                },
            });
        }
        scale(&mut points, inputs * outputs);
        points
    }

    /// Convolves with `K`x`K` kernels, whose points are given, in tiles of `M`x`M` outputs.
    fn convolve<const K: usize, const M: usize>(
        &self,
        inputs: &[f32],
        weights: &[f32],
        bias: Option<&[f32]>,
    ) -> Vec<f32> {
        let tiling = Tiling::new(*self, M);
        let bands = tiling.bands_with(TILES);
        let mut outputs = vec![0.0; self.batch * self.height * self.width * self.outputs];
        let mut parts = Vec::new();
        let mut rest = outputs.as_mut_slice();
        for part in parts_of(tiling.bands(), bands) {
            let pixels: usize = part.clone().map(|band| tiling.pixels(band)).sum();
            let (outputs, others) = rest.split_at_mut(pixels * self.outputs);
            parts.push((part, outputs));
            rest = others;
        }
        let stride = padded(self.inputs).max(padded(self.outputs));
        let room = POINTS * bands * tiling.tiles * stride + (POINTS + ROWS) * padded(self.inputs);
        parts.into_par_iter().for_each_init(
            || vec![0.0; room],
            |room, (bands, outputs)| {
                Arch::new().dispatch(Convolve::<M> {
                    tiling,
                    bands,
                    inputs,
                    weights,
                    bias,
                    outputs,
                    stride,
                    room,
                });
            },
        );
        outputs
    }

    /// The gradient of `K`x`K` kernels, in tiles of `M`x`M` outputs.
    fn correlate<const K: usize, const M: usize>(&self, inputs: &[f32], above: &[f32]) -> Vec<f32> {
        let tiling = Tiling::new(*self, M);
        let bands = tiling.bands_with(TILES_OF_GRADIENT);
        let (ins, outs) = (padded(self.inputs), padded(self.outputs));
        let tiles = bands * tiling.tiles;
        let blocks: Vec<Range<usize>> = parts_of(tiling.bands(), bands).collect();
        let sum = |blocks: &[Range<usize>]| {
            let mut sums = vec![0.0; POINTS * ins * outs];
            let mut room = vec![0.0; POINTS * (tiles * (ins + outs) + ins.max(outs))];
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
        let parts: Vec<Vec<f32>> = parts.collect();
        let mut total = vec![0.0; POINTS * ins * outs];
        let planes = total.par_chunks_mut(ins * outs).enumerate();
        planes.for_each(|(plane, total)| {
            for part in &parts {
                let part = &part[plane * ins * outs..];
                total
                    .iter_mut()
                    .zip(part)
                    .for_each(|(total, part)| *total += part);
            }
        });
        self.lower_weights::<K>(total)
    }

    /// The gradients of the weights from their gradients at each point.
    fn lower_weights<const K: usize>(&self, mut points: Vec<f32>) -> Vec<f32> {
        let (inputs, outputs) = (padded(self.inputs), padded(self.outputs));
        scale(&mut points, inputs * outputs);
        let mut weights = vec![0.0; self.outputs * self.inputs * K * K];
        let mut taps = vec![0.0; K * K * outputs];
        for input in 0..self.inputs {
            let pixels = PixelsMut {
                numbers: &mut taps,
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
                bias: None,
                channels: outputs,
                pixels,
            });
            for output in 0..self.outputs {
                let kernel = &mut weights[self.kernel_at(input, output, false)..][..K * K];
                for (tap, weight) in kernel.iter_mut().enumerate() {
                    *weight = taps[tap * outputs + output];
                }
            }
        }
        weights
    }
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
    bias: Option<&'a [f32]>,
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
            bias,
            outputs,
            stride,
            room,
        } = self;
        let shape = tiling.shape;
        let [ins, outs] = [padded(shape.inputs), padded(shape.outputs)];
        let plane = bands.len() * tiling.tiles * stride;
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
        for (values, weights) in points
            .chunks_exact_mut(plane)
            .zip(weights.chunks_exact(ins * outs))
        {
            simd.vectorize(Multiply {
                values,
                stride,
                weights,
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
                bias,
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
            plane: count * channels,
            at: index * channels,
        };
        let (values, room) = room.split_at_mut(POINTS * count * ins);
        let (gradients, patch) = room.split_at_mut(POINTS * count * outs);
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
            .chunks_exact(count * ins)
            .zip(gradients.chunks_exact(count * outs));
        for ((values, above), sums) in planes.zip(sums.chunks_exact_mut(ins * outs)) {
            simd.vectorize(Correlate {
                values,
                inputs: ins,
                above,
                outputs: outs,
                sums,
            });
        }
    }
}

#[cfg(test)]
mod tests;

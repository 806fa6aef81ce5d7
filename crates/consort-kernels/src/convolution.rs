//! Two-dimensional convolutions, forward and backward.
//!
//! Three algorithms share the work. Winograd's takes kernels of 3x3 and 5x5 between all channels;
//! kernels of one channel each are sums of moved images; all others are products of matrices. In each,
//! the gradient of the inputs is the convolution of the gradient of the outputs with the weights
//! mirrored.

use std::ops::Deref;

use pulp::Arch;
use rayon::prelude::*;

use crate::shape::{ShapeError, check};

mod depthwise;
mod patches;
mod product;
mod separable;
mod tiling;
mod transform;
mod winograd;

pub use separable::Separable;

/// Parts of a batch whose gradients of weights are summed on their own, side by side. Each takes the
/// memory of the weights, and with Winograd's algorithm of 64 numbers for every pair of channels.
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
    /// Rows and pixels of a kernel, odd.
    pub kernel: usize,
    /// Pixels from one pixel of a kernel to the next, 1 where they are neighbours.
    pub dilation: usize,
    /// Groups of as many channels each, inputs and outputs, between which there are no weights.
    pub groups: usize,
}

/// What becomes of the outputs before they leave the cache, in this order.
#[derive(Clone, Copy, Debug, Default)]
pub struct After<'a> {
    /// This is added to each pixel, `[output]`.
    pub bias: Option<&'a [f32]>,
    /// This is added, `[batch, height, width, output]`.
    pub skip: Option<&'a [f32]>,
    /// What is negative becomes 0.
    pub relu: bool,
}

/// A way to compute a convolution.
enum Algorithm {
    Winograd,
    Depthwise,
    Patches,
}

impl Convolution {
    /// The outputs, `[batch, height, width, output]`, of `inputs`, `[batch, height, width, input]`,
    /// and `weights`, `[output, input / groups, kernel, kernel]`.
    ///
    /// Errors of 3x3 and 5x5 kernels are about ten times those of sums of products in single
    /// precision, from Winograd's transforms.
    ///
    /// # Errors
    /// See [`ShapeError`].
    pub fn forward(
        &self,
        inputs: &[f32],
        weights: &[f32],
        after: After<'_>,
    ) -> Result<Vec<f32>, ShapeError> {
        self.check_kernels()?;
        check("the inputs", inputs, &self.images(self.inputs))?;
        check("the weights", weights, &self.kernels())?;
        after.check(self.images(self.outputs))?;
        Ok(self.convolve(inputs, weights, false, after))
    }

    /// The gradient of the inputs, given that of the outputs before anything [`After`] them.
    ///
    /// # Errors
    /// See [`ShapeError`].
    pub fn backward_inputs(&self, above: &[f32], weights: &[f32]) -> Result<Vec<f32>, ShapeError> {
        self.check_kernels()?;
        check("the gradients", above, &self.images(self.outputs))?;
        check("the weights", weights, &self.kernels())?;
        let mirrored = Convolution {
            inputs: self.outputs,
            outputs: self.inputs,
            ..*self
        };
        Ok(mirrored.convolve(above, weights, true, After::default()))
    }

    /// The gradient of the weights, given the inputs and the gradient of the outputs.
    ///
    /// # Errors
    /// See [`ShapeError`].
    pub fn backward_weights(&self, inputs: &[f32], above: &[f32]) -> Result<Vec<f32>, ShapeError> {
        self.check_kernels()?;
        check("the inputs", inputs, &self.images(self.inputs))?;
        check("the gradients", above, &self.images(self.outputs))?;
        let count = self
            .kernels()
            .iter()
            .fold(1, |all: usize, axis| all.saturating_mul(*axis));
        if count == 0 {
            return Ok(Vec::new());
        }
        if self.pixels() == 0 {
            return Ok(vec![0.0; count]);
        }
        let shape = self.clipped();
        Ok(match shape.algorithm() {
            Algorithm::Winograd => winograd::correlate(&shape, inputs, above),
            Algorithm::Depthwise => depthwise::correlate(&shape, inputs, above),
            Algorithm::Patches => patches::correlate(&shape, inputs, above),
        })
    }

    /// The outputs, with weights that are mirrored if they are those of the convolution whose inputs
    /// are our outputs.
    fn convolve(
        &self,
        inputs: &[f32],
        weights: &[f32],
        mirrored: bool,
        after: After<'_>,
    ) -> Vec<f32> {
        let mut outputs = vec![0.0; self.pixels() * self.outputs];
        let shape = self.clipped();
        if weights.is_empty() || outputs.is_empty() {
            after.finish(&mut outputs, 0, self.outputs);
            return outputs;
        }
        let weights = Weights {
            numbers: weights,
            mirrored,
        };
        let convolve = match shape.algorithm() {
            Algorithm::Winograd => winograd::convolve,
            Algorithm::Depthwise => depthwise::convolve,
            Algorithm::Patches => patches::convolve,
        };
        convolve(&shape, inputs, weights, after, &mut outputs);
        outputs
    }

    /// Winograd's algorithm also where there are few channels, 8 inputs or 4 outputs, which it pads to
    /// 16: with 64 of the others it takes half the time of patches, and a fifth, for 5x5 kernels, and as
    /// long for 8 to 128 and 3x3.
    fn algorithm(&self) -> Algorithm {
        if self.groups > 1 && self.groups == self.inputs && self.groups == self.outputs {
            Algorithm::Depthwise
        } else if matches!(self.kernel, 3 | 5) && self.dilation == 1 && self.groups == 1 {
            Algorithm::Winograd
        } else {
            Algorithm::Patches
        }
    }

    /// The same convolution with a dilation that is no larger than the images: of larger ones only
    /// the middle of a kernel meets them.
    fn clipped(&self) -> Convolution {
        let dilation = self.dilation.min(self.height.max(self.width)).max(1);
        Convolution { dilation, ..*self }
    }

    fn check_kernels(&self) -> Result<(), ShapeError> {
        let Convolution {
            kernel,
            dilation,
            groups,
            inputs,
            outputs,
            ..
        } = *self;
        if kernel.is_multiple_of(2) {
            return Err(ShapeError::Kernel(kernel));
        }
        if dilation == 0 {
            return Err(ShapeError::Dilation);
        }
        if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(ShapeError::Groups {
                groups,
                inputs,
                outputs,
            });
        }
        Ok(())
    }

    fn images(&self, channels: usize) -> [usize; 4] {
        [self.batch, self.height, self.width, channels]
    }

    fn kernels(&self) -> [usize; 4] {
        [
            self.outputs,
            self.inputs / self.groups,
            self.kernel,
            self.kernel,
        ]
    }

    /// Pixels of all images.
    fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    /// Inputs and outputs of a group.
    fn channels(&self) -> [usize; 2] {
        [self.inputs / self.groups, self.outputs / self.groups]
    }

    /// How many taps a kernel has.
    fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Where a tap reaches in a row, or in a column, of `size` pixels, from an output pixel at `at`.
    #[inline(always)]
    fn reach(&self, at: usize, tap: usize, size: usize) -> Option<usize> {
        let margin = self.kernel / 2 * self.dilation;
        let at = (at + tap * self.dilation).checked_sub(margin)?;
        (at < size).then_some(at)
    }
}

/// The weights of a convolution, or those that it mirrors.
#[derive(Clone, Copy)]
struct Weights<'a> {
    numbers: &'a [f32],
    mirrored: bool,
}

impl Weights<'_> {
    /// Where the weight of a tap lies, from an input of a group to its first output.
    fn place(&self, shape: &Convolution, group: usize, tap: usize, input: usize) -> usize {
        let ([inputs, outputs], taps) = (shape.channels(), shape.taps());
        if self.mirrored {
            (group * inputs + input) * outputs * taps + taps - 1 - tap
        } else {
            (group * outputs * inputs + input) * taps + tap
        }
    }

    /// How far it is from there to the next output's.
    fn step(&self, shape: &Convolution) -> usize {
        let [inputs, _] = shape.channels();
        shape.taps() * if self.mirrored { 1 } else { inputs }
    }
}

impl After<'_> {
    /// Whether it fits outputs of this shape.
    fn check(&self, images: [usize; 4]) -> Result<(), ShapeError> {
        if let Some(bias) = self.bias {
            check("the biases", bias, &images[3..])?;
        }
        match self.skip {
            Some(skip) => check("what is added", skip, &images),
            None => Ok(()),
        }
    }

    /// Makes outputs of sums, those of the pixels from `first` on.
    fn finish(&self, outputs: &mut [f32], first: usize, channels: usize) {
        if self.bias.is_none() && self.skip.is_none() && !self.relu {
            return;
        }
        Arch::new().dispatch(|| {
            for (pixel, outputs) in outputs.chunks_exact_mut(channels.max(1)).enumerate() {
                if let Some(bias) = self.bias {
                    add(outputs, bias);
                }
                if let Some(skip) = self.skip {
                    add(outputs, &skip[(first + pixel) * channels..]);
                }
                if self.relu {
                    // Unlike `max`, this keeps what is not a number.
                    outputs
                        .iter_mut()
                        .for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x });
                }
            }
        });
    }
}

#[inline(always)]
fn add(sums: &mut [f32], terms: &[f32]) {
    sums.iter_mut()
        .zip(terms)
        .for_each(|(sum, term)| *sum += term);
}

/// The sums of parts, number by number, in their order.
fn total(parts: &[impl Deref<Target = [f32]> + Sync], count: usize) -> Vec<f32> {
    /// Numbers that are summed together.
    const SIZE: usize = 1 << 14;

    let mut total = vec![0.0; count];
    let chunks = total.par_chunks_mut(SIZE).enumerate();
    chunks.for_each(|(chunk, total)| {
        for part in parts {
            add(total, &part[chunk * SIZE..]);
        }
    });
    total
}

#[cfg(test)]
mod tests;

//! Batch normalisation with what follows it in a residual network, in one go: the connection that
//! skips is added and negative sums become 0.
//!
//! (S. Ioffe and C. Szegedy, *Batch Normalization*, 2015; K. He et al., *Deep Residual Learning for
//! Image Recognition*, 2015.) A layer's numbers do not fit into any cache, so its time is that of
//! reading and writing them: operation by operation they would be read twenty times.

use pulp::Arch;
use rayon::prelude::*;

use crate::shape::{ShapeError, check};

/// Pixels whose statistics are computed on their own: few enough that they stay in the cache while
/// they are gone through twice, and that single precision holds their sums.
const PIXELS: usize = 256;

/// Normalisation over all pixels of a batch, for each channel on its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalization {
    /// Pixels of all images.
    pub pixels: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// What is added to each variance.
    pub epsilon: f32,
}

/// What a normalisation gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalized<N = Vec<f32>> {
    /// max(0, gamma (x - mean) / sqrt(variance + epsilon) + beta + skip), `[pixel, channel]`.
    pub outputs: N,
    /// The mean of each channel.
    pub mean: N,
    /// The variance of each channel, biased: the mean squared distance from the mean.
    pub variance: N,
}

/// The gradients of a normalisation's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// Of its inputs, `[pixel, channel]`.
    pub inputs: Vec<f32>,
    /// Of the factors, `[channel]`.
    pub gamma: Vec<f32>,
    /// Of the offsets, `[channel]`.
    pub beta: Vec<f32>,
    /// Of what was added, `[pixel, channel]`, if it was asked for.
    pub skip: Option<Vec<f32>>,
}

impl Normalized {
    /// The same without a copy.
    pub fn as_slices(&self) -> Normalized<&[f32]> {
        Normalized {
            outputs: &self.outputs,
            mean: &self.mean,
            variance: &self.variance,
        }
    }
}

impl Normalization {
    /// Normalises `inputs`, `[pixel, channel]`, by their own statistics, with `gamma` and `beta`,
    /// `[channel]`, adds `skip`, `[pixel, channel]`, and sets what is negative to 0.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn forward(
        &self,
        inputs: &[f32],
        gamma: &[f32],
        beta: &[f32],
        skip: Option<&[f32]>,
    ) -> Result<Normalized, ShapeError> {
        let images = [self.pixels, self.channels];
        check("the inputs", inputs, &images)?;
        check("the factors", gamma, &[self.channels])?;
        check("the offsets", beta, &[self.channels])?;
        if let Some(skip) = skip {
            check("what is added", skip, &images)?;
        }
        let (mean, variance) = self.statistics(inputs);
        let slopes: Vec<f32> = self
            .deviations(&variance)
            .zip(gamma)
            .map(|(d, gamma)| gamma / d)
            .collect();
        let lines = slopes.iter().zip(&mean).zip(beta);
        let heights: Vec<f32> = lines
            .map(|((slope, mean), beta)| beta - mean * slope)
            .collect();
        let mut outputs = vec![0.0; inputs.len()];
        let size = self.part();
        let parts = outputs
            .par_chunks_mut(size)
            .zip(inputs.par_chunks(size))
            .enumerate();
        parts.for_each(|(part, (outputs, inputs))| {
            if let Some(skip) = skip {
                outputs.copy_from_slice(&skip[part * size..][..outputs.len()]);
            }
            Arch::new().dispatch(|| {
                for (outputs, inputs) in self.rows_mut(outputs).zip(self.rows(inputs)) {
                    rectify(outputs, inputs, &slopes, &heights);
                }
            });
        });
        Ok(Normalized {
            outputs,
            mean,
            variance,
        })
    }

    /// The gradients, given the arguments of [`Normalization::forward`], what it made of them, the
    /// gradient of its outputs, and whether something was added whose gradient is wanted.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn backward(
        &self,
        inputs: &[f32],
        gamma: &[f32],
        normalized: Normalized<&[f32]>,
        above: &[f32],
        skips: bool,
    ) -> Result<Gradients, ShapeError> {
        let Normalized {
            outputs,
            mean,
            variance,
        } = normalized;
        let images = [self.pixels, self.channels];
        check("the inputs", inputs, &images)?;
        check("the factors", gamma, &[self.channels])?;
        check("the outputs", outputs, &images)?;
        check("the means", mean, &[self.channels])?;
        check("the variances", variance, &[self.channels])?;
        check("the gradients", above, &images)?;

        let scales: Vec<f32> = self.deviations(variance).map(f32::recip).collect();
        let size = self.part();
        let parts =
            (inputs.par_chunks(size).zip(outputs.par_chunks(size))).zip(above.par_chunks(size));
        let sums = parts.map(|((inputs, outputs), above)| {
            let mut sums = [vec![0.0; self.channels], vec![0.0; self.channels]];
            let [offsets, factors] = &mut sums;
            Arch::new().dispatch(|| {
                let rows = self.rows(inputs).zip(self.rows(outputs));
                for ((inputs, outputs), above) in rows.zip(self.rows(above)) {
                    add_gradients(offsets, factors, mean, [inputs, outputs, above]);
                }
            });
            sums
        });
        let sums: Vec<[Vec<f32>; 2]> = sums.collect();
        let total = |which: usize| self.total(sums.iter().map(|sums| &*sums[which]));
        let beta: Vec<f32> = total(0).map(|sum| sum as f32).collect();
        let gamma_gradient: Vec<f32> = total(1)
            .zip(&scales)
            .map(|(sum, scale)| sum as f32 * scale)
            .collect();

        let pixels = self.pixels.max(1) as f32;
        // The gradient of an input is slope (gradient - offset - (x - mean) factor).
        let lines: Vec<[f32; 3]> = (0..self.channels)
            .map(|channel| {
                let factor = gamma_gradient[channel] * scales[channel] / pixels;
                let offset = beta[channel] / pixels - mean[channel] * factor;
                let slope = gamma[channel] * scales[channel];
                [slope, slope * offset, slope * factor]
            })
            .collect();
        let column = |which: usize| lines.iter().map(|line| line[which]).collect::<Vec<f32>>();
        let columns = [column(0), column(1), column(2)];
        let columns = columns.each_ref().map(Vec::as_slice);
        let mut below = vec![0.0; inputs.len()];
        let parts = below.par_chunks_mut(size).zip(inputs.par_chunks(size));
        let parts = parts
            .zip(outputs.par_chunks(size))
            .zip(above.par_chunks(size));
        parts.for_each(|(((below, inputs), outputs), above)| {
            Arch::new().dispatch(|| {
                let rows = self.rows_mut(below).zip(self.rows(inputs));
                let rows = rows.zip(self.rows(outputs)).zip(self.rows(above));
                for (((below, inputs), outputs), above) in rows {
                    descend(below, columns, [inputs, outputs, above]);
                }
            });
        });
        Ok(Gradients {
            inputs: below,
            gamma: gamma_gradient,
            beta,
            skip: skips.then(|| passed(outputs, above)),
        })
    }

    /// Numbers of a part.
    fn part(&self) -> usize {
        PIXELS * self.channels.max(1)
    }

    fn rows<'a>(&self, numbers: &'a [f32]) -> std::slice::ChunksExact<'a, f32> {
        numbers.chunks_exact(self.channels.max(1))
    }

    fn rows_mut<'a>(&self, numbers: &'a mut [f32]) -> std::slice::ChunksExactMut<'a, f32> {
        numbers.chunks_exact_mut(self.channels.max(1))
    }

    /// What the channels are divided by.
    fn deviations<'a>(&self, variance: &'a [f32]) -> impl Iterator<Item = f32> + use<'a> {
        let epsilon = self.epsilon;
        variance
            .iter()
            .map(move |variance| (variance + epsilon).sqrt())
    }

    /// The sums of parts, channel by channel.
    fn total<'a>(&self, parts: impl Iterator<Item = &'a [f32]>) -> std::vec::IntoIter<f64> {
        let mut total = vec![0.0; self.channels];
        for part in parts {
            total
                .iter_mut()
                .zip(part)
                .for_each(|(sum, x)| *sum += f64::from(*x));
        }
        total.into_iter()
    }

    /// Means and variances. Squares are summed of the distances from each part's own mean, and the
    /// parts put together by T. Chan et al., *Updating Formulae and a Pairwise Algorithm for Computing
    /// Sample Variances*, 1979: squares of the numbers themselves would lose all digits where the
    /// mean is large.
    fn statistics(&self, inputs: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let of_part = |inputs: &[f32]| {
            let pixels = (inputs.len() / self.channels.max(1)) as f32;
            let (mut means, mut squares) = (vec![0.0; self.channels], vec![0.0; self.channels]);
            Arch::new().dispatch(|| {
                for row in self.rows(inputs) {
                    add(&mut means, row);
                }
                means.iter_mut().for_each(|mean| *mean /= pixels);
                for row in self.rows(inputs) {
                    add_squares(&mut squares, &means, row);
                }
            });
            (pixels, means, squares)
        };
        let parts: Vec<(f32, Vec<f32>, Vec<f32>)> =
            inputs.par_chunks(self.part()).map(of_part).collect();
        let channel = |channel: usize| {
            let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
            for (pixels, means, part) in &parts {
                let pixels = f64::from(*pixels);
                let distance = f64::from(means[channel]) - mean;
                squares += f64::from(part[channel])
                    + distance * distance * count * pixels / (count + pixels);
                mean += distance * pixels / (count + pixels);
                count += pixels;
            }
            (mean as f32, (squares / count.max(1.0)) as f32)
        };
        (0..self.channels).map(channel).unzip()
    }
}

// What is done to a pixel. That the arguments are slices of their own tells the compiler that they do
// not overlap, without which it makes no vectors.

#[inline(always)]
fn add(sums: &mut [f32], pixel: &[f32]) {
    sums.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
}

#[inline(always)]
fn add_squares(sums: &mut [f32], means: &[f32], pixel: &[f32]) {
    for ((sum, mean), x) in sums.iter_mut().zip(means).zip(pixel) {
        *sum += (x - mean) * (x - mean);
    }
}

/// Outputs are what was added at first.
#[inline(always)]
fn rectify(outputs: &mut [f32], inputs: &[f32], slopes: &[f32], heights: &[f32]) {
    let lines = slopes.iter().zip(heights);
    for ((output, input), (slope, height)) in outputs.iter_mut().zip(inputs).zip(lines) {
        let sum = *output + (input * slope + height);
        // Unlike `max`, this keeps what is not a number.
        *output = if sum < 0.0 { 0.0 } else { sum };
    }
}

/// The gradient before the ReLU.
#[inline(always)]
fn masked(output: f32, above: f32) -> f32 {
    if output > 0.0 { above } else { 0.0 }
}

#[inline(always)]
fn add_gradients(
    offsets: &mut [f32],
    factors: &mut [f32],
    means: &[f32],
    [inputs, outputs, above]: [&[f32]; 3],
) {
    let sums = offsets.iter_mut().zip(factors).zip(means);
    let pixel = inputs.iter().zip(outputs).zip(above);
    for (((offset, factor), mean), ((x, output), above)) in sums.zip(pixel) {
        let gradient = masked(*output, *above);
        *offset += gradient;
        *factor += gradient * (x - mean);
    }
}

#[inline(always)]
fn descend(
    below: &mut [f32],
    [slopes, offsets, factors]: [&[f32]; 3],
    [inputs, outputs, above]: [&[f32]; 3],
) {
    let lines = slopes.iter().zip(offsets).zip(factors);
    let pixel = below.iter_mut().zip(inputs).zip(outputs).zip(above);
    for ((((below, x), output), above), ((slope, offset), factor)) in pixel.zip(lines) {
        *below = slope * masked(*output, *above) - offset - x * factor;
    }
}

/// The gradient of what was added.
fn passed(outputs: &[f32], above: &[f32]) -> Vec<f32> {
    const PART: usize = 1 << 14;
    let mut passed = vec![0.0; above.len()];
    let parts = passed.par_chunks_mut(PART).zip(outputs.par_chunks(PART));
    parts
        .zip(above.par_chunks(PART))
        .for_each(|((passed, outputs), above)| {
            Arch::new().dispatch(|| {
                for ((passed, output), above) in passed.iter_mut().zip(outputs).zip(above) {
                    *passed = masked(*output, *above);
                }
            });
        });
    passed
}

#[cfg(test)]
mod tests;

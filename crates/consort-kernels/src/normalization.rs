//! Batch normalisation with what follows it in a residual network, in one go: the connection that
//! skips is added and negative sums become 0.
//!
//! (S. Ioffe and C. Szegedy, *Batch Normalization*, 2015; K. He et al., *Deep Residual Learning for
//! Image Recognition*, 2015.) A layer's numbers do not fit into any cache, so its time is that of
//! reading and writing them: operation by operation they would be read twenty times.

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
    /// Of what was added, `[pixel, channel]`.
    pub skip: Vec<f32>,
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
            for (outputs, inputs) in self.rows_mut(outputs).zip(self.rows(inputs)) {
                let lines = slopes.iter().zip(&heights);
                for ((output, input), (slope, height)) in outputs.iter_mut().zip(inputs).zip(lines)
                {
                    let sum = *output + (input * slope + height);
                    // Unlike `max`, this keeps what is not a number.
                    *output = if sum < 0.0 { 0.0 } else { sum };
                }
            }
        });
        Ok(Normalized {
            outputs,
            mean,
            variance,
        })
    }

    /// The gradients, given the arguments of [`Normalization::forward`], what it made of them, and
    /// the gradient of its outputs.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn backward(
        &self,
        inputs: &[f32],
        gamma: &[f32],
        normalized: Normalized<&[f32]>,
        above: &[f32],
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
        let mut skip = vec![0.0; inputs.len()];
        let size = self.part();
        let parts = skip
            .par_chunks_mut(size)
            .zip(above.par_chunks(size))
            .enumerate();
        let sums = parts.map(|(part, (skip, above))| {
            let (inputs, outputs) = (&inputs[part * size..], &outputs[part * size..]);
            for ((skip, above), output) in skip.iter_mut().zip(above).zip(outputs) {
                *skip = if *output > 0.0 { *above } else { 0.0 };
            }
            let mut sums = [vec![0.0; self.channels], vec![0.0; self.channels]];
            let [offsets, factors] = &mut sums;
            for (inputs, gradients) in self.rows(inputs).zip(self.rows(skip)) {
                let sums = offsets.iter_mut().zip(factors.iter_mut()).zip(mean);
                for (((offset, factor), mean), (x, gradient)) in
                    sums.zip(inputs.iter().zip(gradients))
                {
                    *offset += gradient;
                    *factor += gradient * (x - mean);
                }
            }
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
        let (slopes, offsets, factors) = (column(0), column(1), column(2));
        let mut below = vec![0.0; inputs.len()];
        let parts = below
            .par_chunks_mut(size)
            .zip(inputs.par_chunks(size))
            .zip(skip.par_chunks(size));
        parts.for_each(|((below, inputs), gradients)| {
            let rows = self
                .rows_mut(below)
                .zip(self.rows(inputs))
                .zip(self.rows(gradients));
            for ((below, inputs), gradients) in rows {
                let lines = slopes.iter().zip(&offsets).zip(&factors);
                let numbers = below.iter_mut().zip(inputs).zip(gradients);
                for (((below, x), gradient), ((slope, offset), factor)) in numbers.zip(lines) {
                    *below = slope * gradient - offset - x * factor;
                }
            }
        });
        Ok(Gradients {
            inputs: below,
            gamma: gamma_gradient,
            beta,
            skip,
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
            let mut means = vec![0.0; self.channels];
            for row in self.rows(inputs) {
                means.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            let pixels = (inputs.len() / self.channels.max(1)) as f32;
            means.iter_mut().for_each(|mean| *mean /= pixels);
            let mut squares = vec![0.0; self.channels];
            for row in self.rows(inputs) {
                let sums = squares.iter_mut().zip(&means);
                sums.zip(row)
                    .for_each(|((sum, mean), x)| *sum += (x - mean) * (x - mean));
            }
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

#[cfg(test)]
mod tests;

//! Layer normalisation (J. Ba et al., *Layer Normalization*, 2016), forward and backward, each in one
//! go over the numbers: they fit into no cache, so that passes are what takes the time.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::shape::{ShapeError, check};

/// Rows that are worked on together, and whose sums for the gains are made on their own.
const ROWS: usize = 64;

/// Normalisation of each row on its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNormalization {
    /// How many rows.
    pub rows: usize,
    /// Numbers of a row.
    pub width: usize,
    /// What is added to each variance.
    pub epsilon: f32,
}

/// The gradients of a layer normalisation's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerGradients {
    /// Of its inputs, `[row, width]`.
    pub inputs: Vec<f32>,
    /// Of the factors, `[width]`.
    pub gamma: Vec<f32>,
    /// Of the offsets, `[width]`.
    pub beta: Vec<f32>,
}

impl LayerNormalization {
    /// gamma (x - mean) / sqrt(variance + epsilon) + beta for each row of `inputs`, `[row, width]`,
    /// with factors and offsets, `[width]`.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn forward(
        &self,
        inputs: &[f32],
        gamma: &[f32],
        beta: &[f32],
    ) -> Result<Vec<f32>, ShapeError> {
        check("the inputs", inputs, &[self.rows, self.width])?;
        check("the factors", gamma, &[self.width])?;
        check("the offsets", beta, &[self.width])?;
        let mut outputs = vec![0.0; inputs.len()];
        let each = outputs
            .par_chunks_mut(self.part())
            .zip(inputs.par_chunks(self.part()));
        each.for_each(|(outputs, inputs)| {
            Arch::new().dispatch(Forward {
                layer: *self,
                inputs,
                gamma,
                beta,
                outputs,
            });
        });
        Ok(outputs)
    }

    /// The gradients, given the inputs, the factors and the gradient of the outputs.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn backward(
        &self,
        inputs: &[f32],
        gamma: &[f32],
        above: &[f32],
    ) -> Result<LayerGradients, ShapeError> {
        check("the inputs", inputs, &[self.rows, self.width])?;
        check("the factors", gamma, &[self.width])?;
        check("the gradients", above, &[self.rows, self.width])?;
        let mut below = vec![0.0; inputs.len()];
        let each = (below
            .par_chunks_mut(self.part())
            .zip(inputs.par_chunks(self.part())))
        .zip(above.par_chunks(self.part()));
        let sums = each.map(|((below, inputs), above)| {
            let mut sums = [vec![0.0; self.width], vec![0.0; self.width]];
            let [of_gamma, of_beta] = &mut sums;
            Arch::new().dispatch(Backward {
                layer: *self,
                inputs,
                gamma,
                above,
                below,
                of_gamma,
                of_beta,
            });
            sums
        });
        let sums: Vec<[Vec<f32>; 2]> = sums.collect();
        let total = |which: usize| {
            let mut total = vec![0.0; self.width];
            for sums in &sums {
                let terms = total.iter_mut().zip(&sums[which]);
                terms.for_each(|(sum, x)| *sum += x);
            }
            total
        };
        let [gamma, beta] = [total(0), total(1)];
        Ok(LayerGradients {
            inputs: below,
            gamma,
            beta,
        })
    }

    /// Numbers of the rows that are worked on together.
    fn part(&self) -> usize {
        (ROWS * self.width).max(1)
    }
}

/// Numbers that are summed side by side.
const LANES: usize = 16;

/// The sum of a function of each pair of numbers.
#[inline(always)]
fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += term(*a, *b);
        }
    }
    let rest = rest_a.iter().zip(rest_b).map(|(a, b)| term(*a, *b));
    lanes.into_iter().chain(rest).sum()
}

/// The mean of a row, and what its distances from there are multiplied with.
#[inline(always)]
fn statistics(row: &[f32], epsilon: f32) -> [f32; 2] {
    let count = row.len() as f32;
    let mean = sum(row, row, |x, _| x) / count;
    let squares = sum(row, row, |x, _| (x - mean) * (x - mean));
    [mean, (squares / count + epsilon).sqrt().recip()]
}

/// Some rows, forward.
struct Forward<'a> {
    layer: LayerNormalization,
    inputs: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    outputs: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let LayerNormalization { width, epsilon, .. } = self.layer;
        let rows = self.inputs.chunks_exact(width);
        for (row, outputs) in rows.zip(self.outputs.chunks_exact_mut(width)) {
            let [mean, scale] = statistics(row, epsilon);
            let lines = self.gamma.iter().zip(self.beta);
            for ((output, x), (gamma, beta)) in outputs.iter_mut().zip(row).zip(lines) {
                *output = (x - mean) * scale * gamma + beta;
            }
        }
    }
}

/// Some rows, backward.
struct Backward<'a> {
    layer: LayerNormalization,
    inputs: &'a [f32],
    gamma: &'a [f32],
    above: &'a [f32],
    below: &'a mut [f32],
    of_gamma: &'a mut [f32],
    of_beta: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let LayerNormalization { width, epsilon, .. } = self.layer;
        let rows = self
            .inputs
            .chunks_exact(width)
            .zip(self.above.chunks_exact(width));
        for ((row, above), below) in rows.zip(self.below.chunks_exact_mut(width)) {
            let [mean, scale] = statistics(row, epsilon);
            // With n the normalised row and g the gradient times gamma, the gradient of an input is
            // scale (g - mean of g - n times the mean of g n).
            for ((below, above), gamma) in below.iter_mut().zip(above).zip(self.gamma) {
                *below = above * gamma;
            }
            let count = width as f32;
            let offset = sum(below, row, |g, _| g) / count;
            let factor = sum(below, row, |g, x| g * (x - mean)) * scale * scale / count;
            for (below, x) in below.iter_mut().zip(row) {
                *below = (*below - offset - (x - mean) * factor) * scale;
            }
            for ((sum, above), x) in self.of_gamma.iter_mut().zip(above).zip(row) {
                *sum += above * (x - mean) * scale;
            }
            for (sum, above) in self.of_beta.iter_mut().zip(above) {
                *sum += above;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::noise::noise;

    /// The definition in double precision.
    fn defined(layer: LayerNormalization, x: &[f32], gamma: &[f32], beta: &[f32]) -> Vec<f64> {
        let rows = x.chunks(layer.width.max(1)).flat_map(|row| {
            let count = row.len() as f64;
            let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
            let square = |x: &f32| (f64::from(*x) - mean).powi(2);
            let variance = row.iter().map(square).sum::<f64>() / count;
            let deviation = (variance + f64::from(layer.epsilon)).sqrt();
            let lines = gamma.iter().zip(beta);
            row.iter().zip(lines).map(move |(x, (gamma, beta))| {
                (f64::from(*x) - mean) / deviation * f64::from(*gamma) + f64::from(*beta)
            })
        });
        rows.collect()
    }

    proptest! {
        #[test]
        fn outputs_are_those_of_the_definition(rows in 0..140_usize, width in 0..70_usize) {
            let layer = LayerNormalization { rows, width, epsilon: 1e-5 };
            let (x, gamma, beta) = (noise(1, rows * width), noise(2, width), noise(3, width));
            let ours = layer.forward(&x, &gamma, &beta).unwrap();
            for (ours, truth) in ours.iter().zip(defined(layer, &x, &gamma, &beta)) {
                prop_assert!((f64::from(*ours) - truth).abs() < 1e-5, "{ours} {truth}");
            }
        }
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let layer = LayerNormalization {
            rows: 3,
            width: 19,
            epsilon: 1e-5,
        };
        let mut sets = [noise(1, 57), noise(2, 19), noise(3, 19)];
        let above = noise(4, 57);
        let ours = layer.backward(&sets[0], &sets[1], &above).unwrap();
        let loss = |[x, gamma, beta]: &[Vec<f32>; 3]| -> f64 {
            let outputs = defined(layer, x, gamma, beta);
            outputs
                .iter()
                .zip(&above)
                .map(|(y, a)| y * f64::from(*a))
                .sum()
        };
        for (set, ours) in [ours.inputs, ours.gamma, ours.beta].iter().enumerate() {
            for (index, ours) in ours.iter().enumerate() {
                let kept = sets[set][index];
                let mut at = |moved: f32| {
                    sets[set][index] = moved;
                    loss(&sets)
                };
                let [higher, lower] = [kept + 1e-3, kept - 1e-3];
                let slope = (at(higher) - at(lower)) / f64::from(higher - lower);
                at(kept);
                assert!(
                    (f64::from(*ours) - slope).abs() < 1e-4,
                    "{set}: {ours} {slope}"
                );
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let layer = LayerNormalization {
            rows: 300,
            width: 40,
            epsilon: 1e-5,
        };
        let (x, gamma, above) = (noise(1, 12_000), noise(2, 40), noise(3, 12_000));
        let results = |threads: usize| {
            let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let run = || {
                (
                    layer.forward(&x, &gamma, &gamma),
                    layer.backward(&x, &gamma, &above),
                )
            };
            threads.expect("threads").install(run)
        };
        let one = results(1);
        assert!((2..5).all(|threads| results(threads) == one));
    }

    #[test]
    fn what_is_no_number_stays_in_its_row() {
        let layer = LayerNormalization {
            rows: 2,
            width: 3,
            epsilon: 1e-5,
        };
        let x = [1.0, f32::NAN, 2.0, 1.0, 2.0, 3.0];
        let outputs = layer.forward(&x, &[1.0; 3], &[0.0; 3]).unwrap();
        let nan: Vec<bool> = outputs.iter().map(|x| x.is_nan()).collect();
        assert_eq!(nan, [true, true, true, false, false, false]);
    }
}

//! A convolution of each channel with a kernel of its own and one of each pixel after it, in one pass:
//! between the two, pixels stay in the cache.

use rayon::prelude::*;

use super::patches::PIXELS;
use super::{After, Convolution, depthwise};
use crate::matrix::{Matrix, multiply};
use crate::shape::{ShapeError, check};

/// A separable convolution (F. Chollet, *Xception: Deep Learning with Depthwise Separable
/// Convolutions*, 2016), for inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separable {
    /// Of each channel on its own: as many groups and outputs as inputs.
    pub depthwise: Convolution,
    /// Channels that go out.
    pub outputs: usize,
}

impl Separable {
    /// The outputs, `[batch, height, width, output]`, of `inputs`, `[batch, height, width, channel]`,
    /// kernels, `[channel, 1, kernel, kernel]`, and `weights`, `[output, channel]`.
    ///
    /// # Errors
    /// See [`ShapeError`]. A first convolution that is not of each channel on its own has the wrong
    /// groups.
    pub fn forward(
        &self,
        inputs: &[f32],
        kernels: &[f32],
        weights: &[f32],
        after: After<'_>,
    ) -> Result<Vec<f32>, ShapeError> {
        let shape = &self.depthwise;
        shape.check_kernels()?;
        let channels = shape.inputs;
        if shape.groups != channels || shape.outputs != channels {
            return Err(ShapeError::Groups {
                groups: shape.groups,
                inputs: channels,
                outputs: shape.outputs,
            });
        }
        check("the inputs", inputs, &shape.images(channels))?;
        check("the kernels", kernels, &shape.kernels())?;
        check("the weights", weights, &[self.outputs, channels])?;
        after.check(shape.images(self.outputs))?;
        let mut outputs = vec![0.0; shape.pixels() * self.outputs];
        if outputs.is_empty() {
            after.finish(&mut outputs, 0, self.outputs);
            return Ok(outputs);
        }
        let shape = shape.clipped();
        let layer = depthwise::Layer::new(&shape, inputs, kernels);
        let weights = Matrix::new(weights, self.outputs, channels).transposed();
        // Whole rows, of as many pixels as a product of them alone would take.
        let rows = PIXELS.div_ceil(shape.width);
        let blocks = outputs.par_chunks_mut(rows * shape.width * self.outputs);
        blocks
            .enumerate()
            .for_each_init(Vec::new, |room, (block, outputs)| {
                let count = outputs.len() / self.outputs;
                room.resize(count * channels, 0.0);
                layer.convolve(block * rows, room);
                multiply(Matrix::new(room, count, channels), weights, outputs, false);
                after.finish(outputs, block * rows * shape.width, self.outputs);
            });
        Ok(outputs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::noise::noise;

    proptest! {
        #[test]
        fn is_one_convolution_after_the_other(
            [batch, height, width] in [0..3_usize, 0..12_usize, 0..50_usize],
            channels in prop_oneof![0..20_usize, Just(32)],
            outputs in 0..20_usize,
            (half, dilation) in (0..3_usize, 1..3_usize),
            [bias, skip, relu] in any::<[bool; 3]>(),
        ) {
            let kernel = 2 * half + 1;
            let depthwise = Convolution {
                batch, height, width, inputs: channels, outputs: channels, kernel, dilation,
                groups: channels.max(1),
            };
            let pixels = batch * height * width;
            let x = noise(1, pixels * channels);
            let kernels = noise(2, channels * kernel * kernel);
            let weights = noise(3, outputs * channels);
            let (bias_numbers, skip_numbers) = (noise(4, outputs), noise(5, pixels * outputs));
            let after = After {
                bias: bias.then_some(&*bias_numbers),
                skip: skip.then_some(&*skip_numbers),
                relu,
            };
            let layer = Separable { depthwise, outputs };
            let pointwise = Convolution {
                kernel: 1, dilation: 1, groups: 1, inputs: channels, outputs, ..depthwise
            };
            if channels == 0 {
                // There are no groups of no channels.
                prop_assert!(layer.forward(&x, &kernels, &weights, after).is_err());
                return Ok(());
            }
            let ours = layer.forward(&x, &kernels, &weights, after).unwrap();
            let between = depthwise.forward(&x, &kernels, After::default()).unwrap();
            let both = pointwise.forward(&between, &weights, after).unwrap();
            prop_assert_eq!(ours.len(), both.len());
            for (ours, both) in ours.iter().zip(both) {
                prop_assert!((ours - both).abs() < 1e-4, "{ours} {both}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let depthwise = Convolution {
            batch: 1,
            height: 2,
            width: 2,
            inputs: 4,
            outputs: 4,
            kernel: 3,
            dilation: 1,
            groups: 2,
        };
        let layer = Separable {
            depthwise,
            outputs: 3,
        };
        let forward = |layer: Separable, weights: usize| {
            layer.forward(
                &[0.0; 16],
                &[0.0; 36],
                &vec![0.0; weights],
                After::default(),
            )
        };
        assert!(matches!(forward(layer, 12), Err(ShapeError::Groups { .. })));
        let layer = Separable {
            depthwise: Convolution {
                groups: 4,
                ..depthwise
            },
            ..layer
        };
        assert_eq!(forward(layer, 12).unwrap(), [0.0; 12]);
        let error = forward(layer, 13).unwrap_err().to_string();
        assert_eq!(error, "the weights should be 12 numbers and are 13");
    }
}

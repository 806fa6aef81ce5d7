//! The Gaussian error linear unit in its tanh form (D. Hendrycks and K. Gimpel, *Gaussian Error Linear
//! Units*, 2016).

use pulp::Arch;
use rayon::prelude::*;

use crate::activation::tanh;
use crate::shape::{ShapeError, check};

/// sqrt(2 / pi).
pub const SCALE: f32 = 0.797_884_6;

/// The weight of the cube.
pub const CUBE: f32 = 0.044_715;

/// Numbers that are worked on together.
const PART: usize = 1 << 14;

/// x/2 (1 + tanh(sqrt(2/pi) (x + .044715 x^3))) for each number of `x`.
pub fn forward(x: &[f32]) -> Vec<f32> {
    let mut outputs = x.to_vec();
    outputs.par_chunks_mut(PART).for_each(|part| {
        Arch::new().dispatch(|| part.iter_mut().for_each(|x| *x = gelu(*x)));
    });
    outputs
}

/// The gradient of `x`, given that of the outputs.
///
/// # Errors
/// If there are not as many of the one as of the other.
pub fn backward(x: &[f32], above: &[f32]) -> Result<Vec<f32>, ShapeError> {
    check("the gradients", above, &[x.len()])?;
    let mut below = above.to_vec();
    let parts = below.par_chunks_mut(PART).zip(x.par_chunks(PART));
    parts.for_each(|(below, x)| {
        Arch::new().dispatch(|| {
            let pairs = below.iter_mut().zip(x);
            pairs.for_each(|(below, x)| *below *= slope(*x));
        });
    });
    Ok(below)
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + tanh(SCALE * (x + CUBE * x * x * x)))
}

/// The derivative of [`gelu`].
#[inline(always)]
fn slope(x: f32) -> f32 {
    let t = tanh(SCALE * (x + CUBE * x * x * x));
    let inner = SCALE * (1.0 + 3.0 * CUBE * x * x);
    0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::noise;

    #[test]
    fn it_is_its_definition() {
        let x: Vec<f32> = noise(1, 40_001).iter().map(|x| 12.0 * x).collect();
        let above = noise(2, x.len());
        let (outputs, below) = (forward(&x), backward(&x, &above).unwrap());
        let defined = |x: f64| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        };
        for (index, x) in x.iter().enumerate() {
            let x = f64::from(*x);
            assert!((f64::from(outputs[index]) - defined(x)).abs() < 5e-6, "{x}");
            let slope = (defined(x + 1e-5) - defined(x - 1e-5)) / 2e-5;
            let truth = slope * f64::from(above[index]);
            assert!((f64::from(below[index]) - truth).abs() < 5e-6, "{x}");
        }
    }

    #[test]
    fn nothing_and_what_is_no_number() {
        assert!(forward(&[]).is_empty());
        assert!(forward(&[f32::NAN])[0].is_nan());
        assert!(backward(&[1.0], &[]).is_err());
    }
}

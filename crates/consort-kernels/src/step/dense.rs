//! A layer of sums.

use pulp::{Arch, Simd, WithSimd};

use crate::packed::{COLUMNS, PackedMatrix, Precision, Vector};
use crate::shape::{ShapeError, check};

/// A dense layer: the product of a matrix with one vector, and what is added to it.
#[derive(Clone, Debug)]
pub struct Dense {
    matrix: PackedMatrix,
    bias: Vec<f32>,
}

impl Dense {
    /// Packs `weights`, `[input, output]`, and `bias`, `[output]`.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn new(
        inputs: usize,
        outputs: usize,
        weights: &[f32],
        bias: &[f32],
        precision: Precision,
    ) -> Result<Self, ShapeError> {
        check("the weights", weights, &[inputs, outputs])?;
        check("the biases", bias, &[outputs])?;
        let columns: Vec<Option<usize>> = (0..outputs).map(Some).collect();
        Ok(Self {
            matrix: PackedMatrix::new(inputs, weights, &columns, precision),
            bias: bias.to_vec(),
        })
    }

    /// How many numbers come in.
    pub fn inputs(&self) -> usize {
        self.matrix.inputs()
    }

    /// How many come out.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Bytes of weights that [`Dense::forward`] reads.
    pub fn bytes(&self) -> usize {
        self.matrix.bytes() + size_of_val(&*self.bias)
    }

    /// Sets `outputs`, `[output]`, to the product with `x`, `[input]`, plus the bias.
    ///
    /// # Errors
    /// If a slice does not have its shape.
    pub fn forward(&self, x: &[f32], outputs: &mut [f32]) -> Result<(), ShapeError> {
        check("the inputs", x, &[self.inputs()])?;
        check("the outputs", outputs, &[self.outputs()])?;
        outputs.copy_from_slice(&self.bias);
        Arch::new().dispatch(AddProducts {
            matrix: &self.matrix,
            x: Vector::new(x),
            outputs,
        });
        Ok(())
    }
}

/// Adds the products to the outputs.
struct AddProducts<'a> {
    matrix: &'a PackedMatrix,
    x: Vector<'a>,
    outputs: &'a mut [f32],
}

impl WithSimd for AddProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (group, outputs) in self.outputs.chunks_mut(COLUMNS).enumerate() {
            let mut sums = [0.0; COLUMNS];
            sums[..outputs.len()].copy_from_slice(outputs);
            self.matrix.add_products(simd, group, self.x, &mut sums);
            outputs.copy_from_slice(&sums[..outputs.len()]);
        }
    }
}

#[cfg(test)]
mod tests;

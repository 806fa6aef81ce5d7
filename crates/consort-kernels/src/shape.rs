//! Whether slices are what they are said to be.

use thiserror::Error;

/// Why a layer cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// There is no algorithm for this kernel.
    #[error("a kernel is 3x3 or 5x5, not {0}x{0}")]
    Kernel(usize),
    /// A slice does not have the shape that it should.
    #[error("{what} should be {expected} numbers and are {found}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// How many numbers the shape has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// Whether there are as many numbers as a shape has.
pub(crate) fn check(what: &'static str, found: &[f32], shape: &[usize]) -> Result<(), ShapeError> {
    let product = |all: usize, axis: &usize| all.saturating_mul(*axis);
    let (found, expected) = (found.len(), shape.iter().fold(1, product));
    if found == expected {
        return Ok(());
    }
    Err(ShapeError::Length {
        what,
        expected,
        found,
    })
}

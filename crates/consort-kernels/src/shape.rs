//! Whether slices are what they are said to be.

use thiserror::Error;

/// Why a layer cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A kernel has no pixel in its middle.
    #[error("a kernel has an odd number of rows, not {0}")]
    Kernel(usize),
    /// A kernel has all its pixels at one place.
    #[error("a dilation is 1 or more, not 0")]
    Dilation,
    /// The channels cannot be grouped so.
    #[error("{inputs} inputs and {outputs} outputs do not make {groups} groups")]
    Groups {
        /// How many groups.
        groups: usize,
        /// Channels of the inputs.
        inputs: usize,
        /// Channels of the outputs.
        outputs: usize,
    },
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
    /// A table has no such row.
    #[error("there is no symbol {symbol} in a table of {symbols}")]
    Symbol {
        /// The row that was asked for.
        symbol: usize,
        /// How many there are.
        symbols: usize,
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

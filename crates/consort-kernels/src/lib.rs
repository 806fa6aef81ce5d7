//! Layers of convolutional networks on a CPU, forward and backward, over plain slices.
//!
//! Images are channels-last, `[batch, height, width, channel]` in row-major order: then every step
//! of every algorithm works on whole vectors of channels, whatever the machine's vectors are.
//!
//! Work is cut into parts that do not depend on the number of threads, and sums are made in a fixed
//! order, so results are the same bits at any number of threads. Vectors come from
//! [pulp](https://docs.rs/pulp), which picks the widest that the machine has when it runs.

mod convolution;
mod normalization;
mod shape;

pub use convolution::Convolution;
pub use normalization::{Gradients, Normalization, Normalized};
pub use shape::ShapeError;

#[cfg(test)]
mod noise;

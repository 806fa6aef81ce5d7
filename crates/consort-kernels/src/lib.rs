//! Layers of networks on a CPU, forward and backward, over plain slices: convolutions over images,
//! batch normalisation, long short-term memory over sequences and, for samplers, in single steps.
//!
//! Images are channels-last, `[batch, height, width, channel]` in row-major order: then every step
//! of every algorithm works on whole vectors of channels, whatever the machine's vectors are.
//! Sequences are `[batch, step, unit]`.
//!
//! Work is cut into parts that do not depend on the number of threads, or share no sum, and sums are
//! made in a fixed order, so results are the same bits at any number of threads. Vectors come from
//! [pulp](https://docs.rs/pulp), which picks the widest that the machine has when it runs, and large
//! products of matrices from [gemm](https://docs.rs/gemm).

mod activation;
mod aligned;
mod convolution;
pub mod gelu;
mod layer_normalization;
mod lstm;
pub mod machine;
mod matrix;
mod normalization;
mod packed;
mod panels;
mod registers;
mod shape;
mod step;

pub use convolution::{After, Convolution, Separable};
pub use layer_normalization::{LayerGradients, LayerNormalization};
pub use lstm::{Direction, Lstm, LstmBelow, LstmOutputs, LstmState, LstmTape, LstmWeights};
pub use normalization::{Gradients, Normalization, Normalized};
pub use packed::Precision;
pub use shape::ShapeError;
pub use step::{Dense, LstmCell, LstmCellState, TabledLstmCell};

#[cfg(test)]
mod noise;

//! Quantisation: what holds for all input, and what musicians would write.

mod arbitrary;
mod writing;

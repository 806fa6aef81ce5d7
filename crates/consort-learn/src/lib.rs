//! Training and weights: what every family of networks shares and none should write again.
//!
//! The seam is a number: an [`Objective`] turns a batch into a [`Loss`] to lower, and [`fit()`] lowers
//! it. This crate wraps burn and knows nothing of music; it prints nothing.

// burn's dispatch over backends nests types deeper than the compiler's default allows.
#![recursion_limit = "256"]

pub mod convolution;
pub mod draw;
pub mod fit;
pub mod initial;
pub mod layer_norm;
pub mod lstm;
pub mod objective;
pub mod ops;
pub mod optimizer;
pub mod parameters;
pub mod progress;
pub mod seed;
pub mod speed;
pub mod stepper;
pub mod weights;

mod checkpoint;
mod device;

pub use checkpoint::CheckpointError;
pub use device::{Device, DeviceError};
pub use fit::{FitError, Fitted, Recipe, Record, evaluate, fit, fit_with_snapshots};
pub use layer_norm::LayerNorm;
pub use lstm::{Direction, Lstm, LstmShape};
pub use objective::{Batches, Loss, Noise, Objective, Split};
pub use optimizer::{AdamW, Schedule};
pub use progress::{Observer, Progress};
pub use seed::{Seed, Stream};
pub use weights::{CorpusStamp, Header, Precision, Weights, WeightsError};

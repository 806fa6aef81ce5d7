//! Consort: neural musicians that run offline on a CPU.
//!
//! Each family is found in [`families::FAMILIES`], gets weights, and answers a [`Prompt`] with a
//! [`Piece`]. See `examples/` for a few lines that make something one can hear.

// burn's dispatch over backends nests types deeper than the compiler's default allows.
#![recursion_limit = "256"]

pub mod error;
pub mod families;
pub mod files;
pub mod models;
pub mod options;
pub mod pattern;
pub mod pictures;
pub mod piece;
pub mod report;
pub mod sound;
pub mod trace;

mod training;

pub use error::Error;
pub use families::{Family, Generator};
pub use options::{OptionSpec, Options};
pub use piece::{MadeBy, Music, Piece, Prompt, TracePoint};

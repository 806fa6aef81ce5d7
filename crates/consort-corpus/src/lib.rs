//! Data sets of music: where they come from, what they may be used for, and how they become pieces
//! with stable splits.
//!
//! The project never contains a data set. A [`DataFolder`] holds those that the user has, one folder
//! each, laid out as they were published.

pub mod chorales;
#[cfg(feature = "download")]
pub mod download;
mod files;
mod fold;
pub mod folder;
pub mod folk;
pub mod groove;
pub mod piano;
pub mod set;
pub mod sound;

pub use chorales::Chorale;
#[cfg(feature = "download")]
pub use download::DownloadError;
pub use fold::Fold;
pub use folder::{CorpusError, DataFolder, Stamp};
pub use set::{SETS, Set, Source, Verified, default_root, verify};

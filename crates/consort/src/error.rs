//! What can go wrong between a request and a piece.

use consort_corpus::CorpusError;
use consort_learn::{DeviceError, FitError, WeightsError};
use thiserror::Error;

use crate::files::FileError;
use crate::options::OptionError;

/// Why a family could not do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given cannot be worked on.
    #[error("{what}; {remedy}")]
    Prompt {
        /// What is wrong and where.
        what: String,
        /// What to do about it.
        remedy: String,
    },
    /// A setting does not fit.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A preset does not exist or its text is wrong.
    #[error("preset {name:?}: {reason}")]
    Preset {
        /// The preset.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// There is nothing called so.
    #[error("there is no {kind} {name:?}; there are {known}")]
    Unknown {
        /// Of what kind.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A weights file cannot be used.
    #[error("cannot use the weights {name}: {source}")]
    Weights {
        /// Their name or file.
        name: String,
        /// Why.
        source: WeightsError,
    },
    /// Released weights are not in the binary.
    #[error("the weights {name} are not in this program; use --weights weights/{file}")]
    NotEmbedded {
        /// Their name.
        name: String,
        /// The file in the repository's folder `weights/`.
        file: String,
    },
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The data cannot be used.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// Training failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A file cannot be read or made.
    #[error(transparent)]
    File(#[from] FileError),
    /// The observer stopped the work.
    #[error("stopped before the end; nothing was kept")]
    Stopped,
}

impl Error {
    /// A prompt that cannot be worked on.
    pub(crate) fn prompt(what: impl Into<String>, remedy: impl Into<String>) -> Error {
        Error::Prompt {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// A recording where a score is needed.
    pub(crate) fn not_a_score() -> Error {
        Error::prompt(
            "a recording is no score",
            "give a MIDI, MusicXML or ABC file",
        )
    }

    /// Whether the caller can mend it by other arguments or another input, so that a program should
    /// exit with status 2 and not 1.
    pub fn is_callers(&self) -> bool {
        match self {
            Error::Prompt { .. }
            | Error::Option(_)
            | Error::Preset { .. }
            | Error::Unknown { .. }
            | Error::Weights { .. }
            | Error::NotEmbedded { .. }
            | Error::Device(_)
            | Error::Corpus(_) => true,
            Error::File(error) => error.is_callers(),
            Error::Fit(_) | Error::Stopped => false,
        }
    }
}

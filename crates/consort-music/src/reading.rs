//! What a reader returns: the score, and everything it had to guess, mend or leave out.

use std::fmt;

/// Something read, with what was noticed on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading<T> {
    /// What was read.
    pub value: T,
    /// What was guessed, mended or left out, in the order of the source.
    pub warnings: Vec<Warning>,
}

impl<T> Reading<T> {
    /// What was read, if nothing in the source had to be guessed, mended or left out.
    ///
    /// # Errors
    /// All that had to be, in the order of the source.
    pub fn strict(self) -> Result<T, Vec<Warning>> {
        if self.warnings.is_empty() {
            Ok(self.value)
        } else {
            Err(self.warnings)
        }
    }
}

/// Something in a file that was guessed, mended or left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where in the file.
    pub place: Place,
    /// What was found and what was done about it; no full stop.
    pub message: String,
}

impl Warning {
    /// The most warnings that a reader returns; after that a last one says that more were left
    /// out, so that a hostile file cannot fill the memory with complaints.
    pub const MAX: usize = 1000;
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::File => self.message.fmt(f),
            place => write!(f, "{place}: {}", self.message),
        }
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    File,
    /// A byte of the file, 0 first.
    Byte(usize),
    /// A byte within a track of a MIDI file; both count from 0.
    Track {
        /// The track.
        track: usize,
        /// The byte from the start of the file.
        byte: usize,
    },
    /// A character of a text file; both count from 1.
    Line {
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File => f.write_str("file"),
            Place::Byte(byte) => write!(f, "byte {byte}"),
            Place::Track { track, byte } => write!(f, "track {track}, byte {byte}"),
            Place::Line { line, column } => write!(f, "line {line}, column {column}"),
        }
    }
}

/// Collects warnings up to [`Warning::MAX`].
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    left_out: usize,
    strict: bool,
}

impl Warnings {
    /// For a reader that also names what it understands well though its format forbids it.
    pub(crate) fn strict() -> Warnings {
        Warnings {
            strict: true,
            ..Warnings::default()
        }
    }

    /// Notes something that is understood well though its format forbids it.
    pub(crate) fn forbid(&mut self, place: Place, message: impl Into<String>) {
        if self.strict {
            self.push(place, message);
        }
    }

    /// Notes `message` at `place`.
    pub(crate) fn push(&mut self, place: Place, message: impl Into<String>) {
        if self.kept.len() < Warning::MAX {
            self.kept.push(Warning {
                place,
                message: message.into(),
            });
        } else {
            self.left_out += 1;
        }
    }

    /// All that were kept, and a last one that counts the rest.
    pub(crate) fn into_vec(self) -> Vec<Warning> {
        let mut warnings = self.kept;
        if self.left_out > 0 {
            let message = format!("{} more warnings were left out", self.left_out);
            warnings.push(Warning {
                place: Place::File,
                message,
            });
        }
        warnings
    }
}

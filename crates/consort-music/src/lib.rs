//! Scores: one model for MIDI, MusicXML and ABC, grids for models, and measures of voice leading.
//!
//! This crate knows notes and nothing else: no tensors, no audio, no files, no randomness. Readers
//! take bytes and return a [`Score`] with the [`Warning`]s of what they had to guess; writers
//! return bytes.

pub mod abc;
pub mod format;
pub mod grid;
pub mod inventory;
pub mod midi;
pub mod musicxml;
pub mod performance;
pub mod pitch;
pub mod quantize;
pub mod reading;
pub mod score;
pub mod statistics;
pub mod summary;
pub mod time;
pub mod unfold;

pub use grid::{Cell, Pulse, VoiceGrid};
pub use performance::{Control, Message, Played};
pub use pitch::{Key, Mode, OutOfRange, Pitch, Spelling, Step, Velocity};
pub use reading::{Place, Reading, Warning};
pub use score::{Measure, Metre, Note, Part, Score, SoundingNote, Tempo};
pub use time::{Resolution, Ticks};

//! One model of scores for MIDI, MusicXML and ABC. The page of the crate:
#![doc = ""]
#![doc = include_str!("../README.md")]

pub mod abc;
pub mod beats;
pub mod dynamics;
pub mod format;
pub mod grid;
pub mod harmony;
pub mod inventory;
mod line;
pub mod midi;
pub mod musicxml;
pub mod novelty;
pub mod performance;
pub mod pitch;
pub mod quantize;
pub mod reading;
pub mod score;
mod sections;
pub mod statistics;
pub mod summary;
pub mod time;
pub mod tune;
pub mod unfold;

pub use grid::{Cell, Pulse, VoiceGrid};
pub use performance::{Control, Message, Played};
pub use pitch::{Key, Mode, OutOfRange, Pitch, Spelling, Step, Velocity};
pub use reading::{Place, Reading, Warning};
pub use score::{Measure, Metre, Note, Part, Score, SoundingNote, Tempo};
pub use time::{Resolution, Ticks};

//! Sound from scores: SoundFonts, built-in instruments, loudness and WAV; and measures of sound.
//! Sound from scores: SoundFonts, built-in instruments, loudness and WAV. And sound from files.
//!
//! [`render`] plays a [`Score`](consort_music::Score) with [`Instruments`]: those of a SoundFont,
//! which [`soundfont::find`] looks for in the usual places, or the built-in ones, which need no
//! file. What comes out has a stated loudness and never clips; [`Audio::to_wav`] makes a file of
//! it. The same score, instruments and options give the same bytes, on any number of threads.
//!
//! ```
//! use consort_audio::{Instruments, RenderOptions, WavFormat, render};
//! use consort_music::{Note, Part, Pitch, Resolution, Score, Ticks};
//!
//! let mut score = Score::new(Resolution::new(1).expect("above 0"));
//! let note = Note::new(Ticks(0), Ticks(2), Pitch::MIDDLE_C);
//! score.parts.push(Part { notes: vec![note], ..Part::default() });
//! let audio = render(&score, &Instruments::BuiltIn, &RenderOptions::STANDARD)?;
//! let wav = audio.to_wav(WavFormat::Int16)?;
//! # assert!(audio.peak() < 1.0 && wav.len() > 44);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`measures`] says how near two sounds are and how one keeps its level, tone and smoothness, from
//! the spectra of [`spectrum`].
//! [`Recording`] reads mp3, flac, Ogg Vorbis and wav, and [`WavStream`] writes
//! WAV, both of any length.
//!
//! This crate knows neither devices nor tensors.

mod audio;
mod builtin;
mod loudness;
pub mod measures;
mod performance;
pub mod recording;
mod render;
pub mod soundfont;
pub mod spectrum;
mod wav;

pub use audio::{Audio, UnequalChannels};
pub use loudness::loudness_lufs;
pub use recording::{Recording, RecordingError};
pub use render::{Instruments, RenderError, RenderOptions, render};
pub use soundfont::{SoundFont, SoundFontError};
pub use wav::{WavError, WavFormat, WavStream};

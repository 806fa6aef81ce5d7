//! From a score to sound.

use consort_music::Score;
use thiserror::Error;

use crate::audio::Audio;
use crate::performance::Performance;
use crate::soundfont::SoundFont;
use crate::{builtin, loudness};

/// The longest piece that is rendered, in seconds: an hour, which takes 1.3 GB at 44.1 kHz.
const LENGTH_MAX_S: f64 = 3600.0;

/// How much softer than the peak the end must be to be cut off.
const TAIL_DB: f32 = -66.0;

/// The last moment, in which what is left fades.
const FADE_S: f64 = 0.03;

/// What plays a score.
#[derive(Clone, Debug, Default)]
pub enum Instruments {
    /// Choir, organ, strings, winds, piano, plucked strings, bells and drums made of sines, waves
    /// and noise: one for each General MIDI program, and no file needed.
    #[default]
    BuiltIn,
    /// The instruments of a SoundFont.
    SoundFont(SoundFont),
}

/// How a score is rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RenderOptions {
    /// Samples in a second: 16000 to 192000.
    pub sample_rate_hz: u32,
    /// Whether the last quarter of a note under a fermata lasts three quarters longer. Otherwise
    /// time passes as the tempos say.
    pub hold_fermatas: bool,
}

impl RenderOptions {
    /// 44.1 kHz, in strict time.
    pub const STANDARD: RenderOptions = RenderOptions {
        sample_rate_hz: 44_100,
        hold_fermatas: false,
    };
}

/// Why a score could not be rendered.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum RenderError {
    /// There is nothing to play.
    #[error("cannot render the score: it has no notes")]
    NoNotes,
    /// It would take too much memory.
    #[error(
        "cannot render the score: it lasts {seconds:.0} s, and {limit:.0} s is the most; render a part of it"
    )]
    TooLong {
        /// How long the score is, in seconds.
        seconds: f64,
        /// How long it may be, in seconds.
        limit: f64,
    },
    /// The sample rate is unusual beyond use.
    #[error("cannot render at {sample_rate_hz} Hz; choose from 16000 to 192000 Hz")]
    SampleRate {
        /// The sample rate asked for.
        sample_rate_hz: u32,
    },
    /// The SoundFont has no sound for the notes.
    #[error(
        "cannot render the score: the SoundFont {font} is silent on all its notes; choose another"
    )]
    Silent {
        /// The name of the font.
        font: String,
    },
    /// The SoundFont is broken in a way that shows only when it is played.
    #[error("cannot render the score: the SoundFont {font} is broken ({reason}); choose another")]
    BrokenFont {
        /// The name of the font.
        font: String,
        /// What went wrong.
        reason: String,
    },
}

/// Plays a score, in stereo.
///
/// Ties are joined, grace notes take their time from the note that follows, and repeats are not
/// played out: unfold the score first if they should be. Parts stand from left to right in their
/// order. A part without a program plays the instrument that its name says in General MIDI, sings
/// if its name or its words say so, and is a piano otherwise; words that name an instrument of
/// General MIDI change it.
///
/// The loudness is -18 LUFS by ITU-R BS.1770, or less where a peak would pass -1 dBFS: the whole is
/// made louder or softer, and nothing is clipped. After the last measure the sound dies away for at
/// most six seconds.
///
/// # Errors
/// If there is nothing to play, or more than an hour, or a SoundFont is silent or broken.
pub fn render(
    score: &Score,
    instruments: &Instruments,
    options: &RenderOptions,
) -> Result<Audio, RenderError> {
    let sample_rate_hz = options.sample_rate_hz;
    if !(16_000..=192_000).contains(&sample_rate_hz) {
        return Err(RenderError::SampleRate { sample_rate_hz });
    }
    let performance = Performance::of(score, options.hold_fermatas);
    let last_end = performance.last_end().ok_or(RenderError::NoNotes)?;
    let seconds = performance.seconds.max(last_end);
    if seconds > LENGTH_MAX_S {
        return Err(RenderError::TooLong {
            seconds,
            limit: LENGTH_MAX_S,
        });
    }
    let [left, right] = match instruments {
        Instruments::BuiltIn => builtin::play(&performance, seconds, sample_rate_hz),
        Instruments::SoundFont(font) => font.play(&performance, seconds, sample_rate_hz)?,
    };
    let mut audio = Audio::new(sample_rate_hz, vec![left, right])
        .expect("both sides have the same length and the rate is above 0");
    end_softly(&mut audio, seconds);
    loudness::normalise(&mut audio);
    Ok(audio)
}

/// The sample at `seconds`.
pub(crate) fn frame_at(seconds: f64, sample_rate_hz: u32) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths are bounded, and a negative time is the start"
    )]
    let frame = (seconds * f64::from(sample_rate_hz)).round() as usize;
    frame
}

/// Cuts off what is too soft to hear after `seconds`, and fades the end.
fn end_softly(audio: &mut Audio, seconds: f64) {
    let rate = audio.sample_rate_hz();
    let audible = audio.peak() * 10f32.powf(TAIL_DB / 20.0);
    let is_audible = |sample: &f32| sample.abs() > audible;
    let last = audio
        .channels()
        .iter()
        .filter_map(|channel| channel.iter().rposition(is_audible));
    let heard = last.max().map_or(0, |last| last + 1);
    let fade = frame_at(FADE_S, rate);
    let end = (heard.max(frame_at(seconds, rate)) + fade).min(audio.frames());
    for channel in audio.channels_mut() {
        channel.truncate(end);
        for (left, sample) in channel.iter_mut().rev().take(fade).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a fade has few samples")]
            let gain = left as f32 / fade as f32;
            *sample *= gain;
        }
    }
}

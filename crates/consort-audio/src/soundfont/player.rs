//! A performance played with a SoundFont.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rustysynth_ext::{Synthesizer, SynthesizerSettings};

use super::SoundFont;
use crate::performance::{Performance, PlayedPart};
use crate::render::{RenderError, frame_at};

/// How long the sound may die away.
const TAIL_S: f64 = 6.0;

/// How many samples of a font sound at once in fifteen parts; more take the place of the oldest.
const POLYPHONY: usize = 256;

/// Softer than this, nothing is heard.
const SILENCE: f32 = 1e-6;

const DRUMS: i32 = 9;
const CHANNELS: usize = 15;

/// Messages of MIDI.
const NOTE_OFF: i32 = 0x80;
const NOTE_ON: i32 = 0x90;
const CONTROLLER: i32 = 0xB0;
const PROGRAM: i32 = 0xC0;
const PAN: i32 = 10;

/// A message to the engine; ends come before programs, and programs before onsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    frame: usize,
    rank: u8,
    channel: i32,
    command: i32,
    data: [i32; 2],
}

impl SoundFont {
    /// The sound of a performance that ends after `seconds`.
    pub(crate) fn play(
        &self,
        performance: &Performance,
        seconds: f64,
        sample_rate_hz: u32,
    ) -> Result<[Vec<f32>; 2], RenderError> {
        let broken = |reason: &str| RenderError::BrokenFont {
            font: self.name.clone(),
            reason: reason.to_owned(),
        };
        let frames = frame_at(seconds + TAIL_S, sample_rate_hz);
        let mut mix = [vec![0.0; frames], vec![0.0; frames]];
        // An engine has fifteen melodic channels, so more parts take more engines.
        for messages in ensembles(performance, sample_rate_hz) {
            let played = catch_unwind(AssertUnwindSafe(|| {
                self.play_messages(&messages, sample_rate_hz, &mut mix)
            }));
            played.map_err(|_| broken("the engine gave up on it"))??;
        }
        let samples = || mix.iter().flatten();
        if !samples().all(|sample| sample.is_finite()) {
            return Err(broken("it makes samples that are no numbers"));
        }
        if samples().all(|&sample| sample == 0.0) {
            return Err(RenderError::Silent {
                font: self.name.clone(),
            });
        }
        Ok(mix)
    }

    fn play_messages(
        &self,
        messages: &[Message],
        sample_rate_hz: u32,
        mix: &mut [Vec<f32>; 2],
    ) -> Result<(), RenderError> {
        let wrong_rate = |_| RenderError::SampleRate { sample_rate_hz };
        let rate = i32::try_from(sample_rate_hz).unwrap_or(i32::MAX);
        let mut settings = SynthesizerSettings::new(rate);
        settings.maximum_polyphony = POLYPHONY;
        let mut engine = Synthesizer::new(&self.font, &settings).map_err(wrong_rate)?;
        let mut block = [vec![0.0; 4096], vec![0.0; 4096]];
        let frames = mix[0].len();
        let mut at = 0;
        for message in messages.iter().map(Some).chain([None]) {
            let end = message.map_or(frames, |message| message.frame.min(frames));
            let is_last = message.is_none();
            while at < end {
                let length = (end - at).min(block[0].len());
                let [left, right] = &mut block;
                engine.render(&mut left[..length], &mut right[..length]);
                for (side, block) in mix.iter_mut().zip(&block) {
                    let target = &mut side[at..at + length];
                    target
                        .iter_mut()
                        .zip(block)
                        .for_each(|(sum, sample)| *sum += sample);
                }
                at += length;
                // After the last message there is no more to come than what dies away.
                let is_quiet = |side: &Vec<f32>| side[..length].iter().all(|s| s.abs() < SILENCE);
                if is_last && block.iter().all(is_quiet) {
                    return Ok(());
                }
            }
            if let Some(&Message {
                channel,
                command,
                data,
                ..
            }) = message
            {
                engine.process_midi_message(channel, command, data[0], data[1]);
            }
        }
        Ok(())
    }
}

/// The messages for each engine, in order of time.
fn ensembles(performance: &Performance, sample_rate_hz: u32) -> Vec<Vec<Message>> {
    let with_notes = || {
        performance
            .parts
            .iter()
            .filter(|part| !part.notes.is_empty())
    };
    let melodic: Vec<&PlayedPart> = with_notes().filter(|part| !part.percussion).collect();
    let mut ensembles: Vec<Vec<Message>> = melodic
        .chunks(CHANNELS)
        .map(|parts| {
            let channels = (0..).filter(|&channel| channel != DRUMS);
            let parts = channels.zip(parts);
            parts
                .flat_map(|(channel, part)| messages(part, channel, sample_rate_hz))
                .collect()
        })
        .collect();
    let drums = with_notes().filter(|part| part.percussion);
    let drums = drums.flat_map(|part| messages(part, DRUMS, sample_rate_hz));
    match ensembles.first_mut() {
        Some(first) => first.extend(drums),
        None => ensembles.push(drums.collect()),
    }
    ensembles
        .iter_mut()
        .for_each(|messages| messages.sort_unstable());
    ensembles
}

fn messages(part: &PlayedPart, channel: i32, sample_rate_hz: u32) -> Vec<Message> {
    let message = |seconds: f64, rank: u8, command: i32, data: [i32; 2]| Message {
        frame: frame_at(seconds, sample_rate_hz),
        rank,
        channel,
        command,
        data,
    };
    #[expect(clippy::cast_possible_truncation, reason = "within 0 to 127")]
    let pan = (64.0 + 63.0 * part.pan).round() as i32;
    let mut messages = vec![message(0.0, 1, CONTROLLER, [PAN, pan])];
    let programs = part.programs.iter();
    messages.extend(programs.map(|&(at, program)| message(at, 1, PROGRAM, [program.into(), 0])));
    for note in &part.notes {
        let pitch = i32::from(note.pitch);
        messages.push(message(
            note.onset,
            2,
            NOTE_ON,
            [pitch, note.velocity.into()],
        ));
        messages.push(message(note.end, 0, NOTE_OFF, [pitch, 0]));
    }
    messages
}

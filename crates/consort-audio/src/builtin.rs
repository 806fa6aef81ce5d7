//! Instruments that need no file: waves, sines and noise of the DSP library, shaped by envelopes.

mod drums;
mod programs;
mod room;
mod struck;
mod sustained;

use std::collections::BTreeSet;

use fundsp::prelude32::{AudioUnit, BufferVec};

use crate::performance::{Performance, Tone};
use crate::render::frame_at;
use programs::{Instrument, instrument};

/// How long the sound may die away.
const TAIL_S: f64 = 4.0;

/// How many notes sound at once; more end the one that began first.
const POLYPHONY: usize = 160;

/// Samples that are made at once, which is as many as the DSP library takes.
const BLOCK: usize = 64;

/// The velocity that plays at an instrument's own level.
const VELOCITY: f32 = 80.0;

/// The sound of a performance that ends after `seconds`.
pub(crate) fn play(performance: &Performance, seconds: f64, sample_rate_hz: u32) -> [Vec<f32>; 2] {
    let frames = frame_at(seconds + TAIL_S, sample_rate_hz);
    let mut mix = Mix {
        sides: [vec![0.0; frames], vec![0.0; frames]],
        sample_rate_hz,
    };
    let mut strokes = strokes(performance);
    limit_polyphony(&mut strokes);
    for (index, stroke) in strokes.iter().enumerate() {
        if stroke.tone.end <= stroke.tone.onset {
            continue;
        }
        match stroke.instrument {
            Instrument::Sustained(timbre) => timbre.sound(stroke, index, &mut mix),
            Instrument::Struck(timbre) => timbre.sound(stroke, index, &mut mix),
            Instrument::Drum(drum) => drum.sound(stroke, index, &mut mix),
        }
    }
    room::reverberate(&mut mix);
    mix.sides
}

/// A note with what plays it.
#[derive(Clone, Copy)]
struct Stroke {
    tone: Tone,
    pan: f32,
    instrument: Instrument,
}

impl Stroke {
    fn hertz(&self) -> f64 {
        440.0 * 2f64.powf((f64::from(self.tone.pitch) - 69.0) / 12.0)
    }

    /// How hard it is struck, 1 at the usual velocity.
    fn force(&self) -> f32 {
        f32::from(self.tone.velocity) / VELOCITY
    }

    /// Its loudness as an amplitude. Twice the velocity sounds about twice as loud.
    fn gain(&self) -> f32 {
        self.force().powf(1.6)
    }
}

/// All notes in order of onset.
fn strokes(performance: &Performance) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for part in &performance.parts {
        let first = strokes.len();
        for tone in &part.notes {
            let after = part.programs.partition_point(|&(at, _)| at <= tone.onset);
            let program = part
                .programs
                .get(after.saturating_sub(1))
                .map_or(0, |&(_, program)| program);
            let instrument = instrument(program, part.percussion, tone.pitch);
            let mut tone = *tone;
            if let Instrument::Drum(drum) = instrument {
                // A drum is struck; how long the stick stays says nothing.
                tone.end = tone.onset + drum.seconds();
            }
            strokes.push(Stroke {
                tone,
                pan: part.pan,
                instrument,
            });
        }
        drums::choke(&mut strokes[first..]);
    }
    strokes.sort_by(|a, b| a.tone.onset.total_cmp(&b.tone.onset));
    strokes
}

/// Ends notes early so that no more than [`POLYPHONY`] sound at once.
fn limit_polyphony(strokes: &mut [Stroke]) {
    // Times are at most hours, so their bits order them.
    let key = |seconds: f64| seconds.max(0.0).to_bits();
    let mut by_end: BTreeSet<(u64, usize)> = BTreeSet::new();
    let mut by_onset: BTreeSet<usize> = BTreeSet::new();
    for index in 0..strokes.len() {
        let onset = strokes[index].tone.onset;
        while let Some(&(end, ended)) = by_end.first().filter(|(end, _)| *end <= key(onset)) {
            by_end.remove(&(end, ended));
            by_onset.remove(&ended);
        }
        if by_onset.len() >= POLYPHONY
            && let Some(oldest) = by_onset.pop_first()
        {
            let tone = &mut strokes[oldest].tone;
            by_end.remove(&(key(tone.end), oldest));
            tone.end = onset;
        }
        by_onset.insert(index);
        by_end.insert((key(strokes[index].tone.end), index));
    }
}

/// The sum of all sounds.
struct Mix {
    sides: [Vec<f32>; 2],
    sample_rate_hz: u32,
}

impl Mix {
    /// Adds what `source` makes from `from` seconds on for `seconds`, at `pan`. `shape` gives the
    /// samples of each block their gains; it learns at which sample of the sound the block begins.
    fn add(
        &mut self,
        source: &mut dyn AudioUnit,
        from: f64,
        seconds: f64,
        pan: f32,
        mut shape: impl FnMut(usize, &mut [f32]),
    ) {
        source.set_sample_rate(f64::from(self.sample_rate_hz));
        let input = BufferVec::new(0);
        let mut output = BufferVec::new(1);
        self.add_blocks(from, seconds, pan, |frame, block| {
            source.process(block.len(), &input.buffer_ref(), &mut output.buffer_mut());
            block.copy_from_slice(&output.channel_f32(0)[..block.len()]);
            shape(frame, block);
        });
    }

    /// Adds what `make` writes into blocks of up to [`BLOCK`] samples.
    fn add_blocks(
        &mut self,
        from: f64,
        seconds: f64,
        pan: f32,
        mut make: impl FnMut(usize, &mut [f32]),
    ) {
        let start = frame_at(from, self.sample_rate_hz);
        let end = frame_at(from + seconds, self.sample_rate_hz).min(self.sides[0].len());
        // The powers of both sides add up to the same everywhere.
        let angle = (pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
        let gains = [angle.cos(), angle.sin()];
        let mut block = [0.0; BLOCK];
        let mut at = start;
        while at < end {
            let block = &mut block[..BLOCK.min(end - at)];
            make(at - start, block);
            for (side, gain) in self.sides.iter_mut().zip(gains) {
                let target = &mut side[at..at + block.len()];
                target
                    .iter_mut()
                    .zip(&*block)
                    .for_each(|(sum, sample)| *sum += gain * sample);
            }
            at += block.len();
        }
    }
}

/// From 0 to 1 with level ends.
fn smooth(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// A phase for the `index`-th sound: the multiples of the golden ratio are spread evenly.
fn phase(index: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "the remainder is small")]
    let index = (index % 4096) as f32;
    (index * 0.618_034).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_note_gives_way() {
        let stroke = |onset: f64, end: f64| Stroke {
            tone: Tone {
                onset,
                end,
                pitch: 60,
                velocity: 80,
            },
            pan: 0.0,
            instrument: instrument(0, false, 60),
        };
        let mut strokes: Vec<Stroke> = (0..POLYPHONY).map(|_| stroke(0.0, 9.0)).collect();
        strokes[3].tone.end = 0.5;
        strokes.push(stroke(1.0, 2.0));
        strokes.push(stroke(1.5, 2.0));
        limit_polyphony(&mut strokes);
        let ends: Vec<f64> = strokes
            .iter()
            .take(4)
            .map(|stroke| stroke.tone.end)
            .collect();
        assert_eq!(ends, [1.5, 9.0, 9.0, 0.5]);
    }
}

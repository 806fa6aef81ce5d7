//! Recordings of our own making: strings that are plucked, in chords and figures.
//!
//! They stand in for recordings of the user's own: enough to see a network learn.

use std::f32::consts::TAU;
use std::fs;
use std::io;
use std::path::Path;

use consort_audio::{Audio, WavFormat};
use consort_learn::{Seed, Stream};

use super::encoding::RATE;

/// Recordings, and seconds of each.
const COUNT: usize = 3;
const SECONDS: usize = 24;

/// Samples from a note to the next.
const STEP: usize = 4000;

/// Semitones above the lowest note.
const SCALE: [f32; 8] = [0.0, 3.0, 5.0, 7.0, 10.0, 12.0, 15.0, 17.0];

/// Writes the folder `sounds`.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let folder = folder.join("sounds");
    fs::create_dir_all(&folder)?;
    for number in 0..COUNT {
        let mut stream = Seed(1).stream("example data", number as u64);
        let samples = plucked(&mut stream);
        let audio = Audio::new(RATE, vec![samples]).map_err(io::Error::other)?;
        let bytes = audio.to_wav(WavFormat::Int16).map_err(io::Error::other)?;
        fs::write(folder.join(format!("strings-{number}.wav")), bytes)?;
    }
    Ok(())
}

fn plucked(stream: &mut Stream) -> Vec<f32> {
    let count = SECONDS * 16_000;
    let mut samples = vec![0.0; count];
    for begin in (0..count).step_by(STEP) {
        let semitones = SCALE[stream.below(SCALE.len())];
        let frequency = 196.0 * (semitones / 12.0).exp2();
        let strength = 0.1 + 0.1 * stream.uniform();
        for (index, sample) in samples[begin..].iter_mut().take(16_000).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a second")]
            let seconds = index as f32 / 16_000.0;
            for harmonic in [1.0, 2.0, 3.0] {
                let phase = TAU * frequency * harmonic * seconds;
                *sample += strength / harmonic * (-4.0 * harmonic * seconds).exp() * phase.sin();
            }
        }
    }
    samples
}

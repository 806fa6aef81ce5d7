//! Writes what listeners are to rate from 1 to 5: after ten seconds of each recording of a test fold twenty more, as
//! recorded and as weights of the spectral family continue them, all equally loud and under names that say nothing. Which is
//! which stands in `key.csv`.
//!
//! `cargo run --release -p consort --example stimuli -- RECORDINGS FOLDER WEIGHTS...`

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use consort::families::spectral::encoding::RATE;
use consort::families::spectral::network::Network;
use consort::families::spectral::sampler::Continuation;
use consort_audio::{Audio, WavFormat, loudness_lufs};
use consort_corpus::{DataFolder, Fold, sound};
use consort_learn::{Seed, Weights};

/// Seconds that are heard, and that follow.
const HEARD: usize = 10;
const FOLLOWS: usize = 20;

/// Loudness of each file, low enough that none clips.
const LUFS: f64 = -26.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [recordings, folder, weights @ ..] = arguments.as_slice() else {
        return Err("expected RECORDINGS FOLDER WEIGHTS...".into());
    };
    let mut networks = Vec::new();
    for path in weights {
        let weights = Weights::from_bytes(&fs::read(path)?)?;
        let name = weights.header.name.clone();
        let architecture = serde_json::from_value(weights.header.architecture.clone())?;
        networks.push((
            name,
            weights.into_network(Network::new(&architecture, Seed(0)))?,
        ));
    }
    let corpus = sound::folder(&DataFolder::new(recordings))?;
    let second = RATE as usize;
    let mut stimuli = Vec::new();
    for stretch in corpus.of(Fold::Test) {
        let Some(whole) = stretch.samples.get(..(HEARD + FOLLOWS) * second) else {
            continue;
        };
        stimuli.push(("recording", &stretch.name, whole.to_vec()));
        for (name, network) in &networks {
            let seed = Seed(1).derive(&stretch.name, 0);
            let heard = &whole[..HEARD * second];
            let mut continuation = Continuation::after(network, heard, 1.0, seed);
            let mut samples = heard[..heard.len() - continuation.replaced()].to_vec();
            while samples.len() < whole.len() {
                samples.extend(continuation.block());
            }
            samples.truncate(whole.len());
            stimuli.push((name, &stretch.name, samples));
        }
    }
    Seed(1).stream("order", 0).shuffle(&mut stimuli);
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let mut key = "file,system,recording\n".to_owned();
    for (number, (system, recording, mut samples)) in stimuli.into_iter().enumerate() {
        #[expect(clippy::cast_possible_truncation, reason = "a gain needs few digits")]
        let gain = match loudness_lufs(&samples, RATE) {
            Some(loudness) => (10.0_f64.powf((LUFS - loudness) / 20.0)) as f32,
            None => 1.0,
        };
        samples.iter_mut().for_each(|sample| *sample *= gain);
        let audio = Audio::new(RATE, vec![samples])?;
        let name = format!("{:03}.wav", number + 1);
        fs::write(folder.join(&name), audio.to_wav(WavFormat::Int16)?)?;
        writeln!(key, "{name},{system},{recording}")?;
    }
    fs::write(folder.join("key.csv"), key)?;
    Ok(())
}

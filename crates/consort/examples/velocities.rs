//! Writes the velocities that weights of the dynamics family give the notes of the ASAP test fold, one file a
//! performance, in the form that `evaluations/dynamics/turing_test.py` judges.
//!
//! `cargo run --release -p consort --example velocities -- DATA WEIGHTS grid|performed TEMPERATURE FOLDER`

use std::error::Error;
use std::fs;
use std::path::Path;

use consort::families::dynamics::encoding::Passage;
use consort::families::dynamics::network::Network;
use consort::families::dynamics::sampler::{Intent, play};
use consort_corpus::piano::{Performance, asap};
use consort_corpus::{DataFolder, Fold};
use consort_learn::{Seed, Weights, progress};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, weights, view, temperature, folder] = arguments.as_slice() else {
        return Err("expected DATA WEIGHTS grid|performed TEMPERATURE FOLDER".into());
    };
    let weights = Weights::from_bytes(&fs::read(weights)?)?;
    let architecture = serde_json::from_value(weights.header.architecture.clone())?;
    let network = weights.into_network(Network::new(&architecture, Seed(0)))?;
    let corpus = asap(&DataFolder::new(data))?;
    let temperature: f32 = temperature.parse()?;
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let test: Vec<&Performance> = corpus.of(Fold::Test).collect();
    let written: Result<Vec<()>, String> = test
        .par_iter()
        .map(|performance| {
            let passage = match view.as_str() {
                "grid" => Passage::on_grid(performance),
                _ => Passage::performed(performance),
            };
            let intent = Intent {
                style: 0,
                beats: true,
                temperature,
                timing: None,
                loudness: None,
                range: None,
            };
            let mut stream = Seed(1).stream(&performance.id, 0);
            let said = play(
                &network,
                &passage,
                intent,
                &mut stream,
                &mut progress::unobserved,
            );
            let said = said.map_err(|error| error.to_string())?.velocities;
            let mut velocities = vec![0.0; said.len()];
            for (event, said) in passage.events.iter().zip(said) {
                velocities[event.source] = said;
            }
            let text = serde_json::json!({ "path": performance.id, "velocities": velocities });
            let name = format!("{}.json", performance.id.replace('/', "__"));
            fs::write(folder.join(name), text.to_string()).map_err(|error| error.to_string())
        })
        .collect();
    written?;
    Ok(())
}

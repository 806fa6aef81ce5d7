//! Draws how weights of the dynamics family strike the keys of a performance of the ASAP dataset, one below the
//! other, beneath the pianist: the picture by which the article watches its training.
//!
//! `cargo run --release -p consort --example velocity_rolls -- DATA PERFORMANCE STEPS PICTURE WEIGHTS...`, where
//! PERFORMANCE is the path of its MIDI file in the set, and STEPS how many sixteenths are drawn.

use std::error::Error;
use std::fs;
use std::path::Path;

use consort::families::dynamics::encoding::Passage;
use consort::families::dynamics::network::Network;
use consort::families::dynamics::roll::{KEYS, Roll, State};
use consort::families::dynamics::sampler::{Intent, play};
use consort::files::Kind;
use consort::pictures::{Touch, VelocityRoll, velocity_rolls};
use consort_corpus::DataFolder;
use consort_corpus::piano::asap;
use consort_learn::{Seed, Weights, progress};

type Steps = Vec<[Option<f32>; KEYS]>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, id, steps, picture, weights @ ..] = arguments.as_slice() else {
        return Err("expected DATA PERFORMANCE STEPS PICTURE WEIGHTS...".into());
    };
    let corpus = asap(&DataFolder::new(data))?;
    let mut performances = corpus.performances.iter();
    let performance = performances.find(|one| one.id == *id);
    let passage = Passage::on_grid(performance.ok_or("there is no such performance")?);
    let steps: usize = steps.parse()?;
    let mut rolls: Vec<(String, Steps)> = vec![("pianist".to_owned(), touched(&passage, steps))];
    for path in weights {
        let name = Path::new(path).file_stem().unwrap_or_default();
        let weights = Weights::from_bytes(&fs::read(path)?)?;
        let name = match weights.header.steps {
            0 => name.to_string_lossy().into_owned(),
            steps => format!("{}, {steps} steps", weights.header.name),
        };
        rolls.push((name, touched(&played(weights, &passage)?, steps)));
    }
    let rolls: Vec<VelocityRoll<'_>> = rolls
        .iter()
        .map(|(name, steps)| VelocityRoll {
            name,
            touch: Touch::Steps(steps),
        })
        .collect();
    let Kind::Picture(format) = Kind::of(Path::new(picture))? else {
        return Err("the picture must end with .png or .svg".into());
    };
    fs::write(picture, velocity_rolls(id, &rolls, format))?;
    Ok(())
}

/// The passage with the velocities that are to be expected.
fn played(weights: Weights, passage: &Passage) -> Result<Passage, Box<dyn Error>> {
    let architecture = serde_json::from_value(weights.header.architecture.clone())?;
    let network = weights.into_network(Network::new(&architecture, Seed(0)))?;
    let intent = Intent {
        style: 0,
        beats: true,
        temperature: 0.0,
        timing: None,
        loudness: None,
        range: None,
    };
    let mut stream = Seed(1).stream("dynamics", 0);
    let said = play(
        &network,
        passage,
        intent,
        &mut stream,
        &mut progress::unobserved,
    )?;
    let mut passage = passage.clone();
    for (event, said) in passage.events.iter_mut().zip(said.velocities) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "1 to 127"
        )]
        let velocity = said.round() as u8;
        event.velocity = velocity.try_into().ok();
    }
    Ok(passage)
}

/// The velocity of each key in the first steps, while it sounds.
fn touched(passage: &Passage, steps: usize) -> Steps {
    let roll = Roll::of(passage).expect("performances are short enough");
    let velocities = roll.velocities.iter().zip(&roll.sounds).take(steps);
    let step = |(velocities, sounds): (&[f32; KEYS], &[State; KEYS])| {
        std::array::from_fn(|key| (sounds[key] != State::Off).then_some(127.0 * velocities[key]))
    };
    velocities.map(step).collect()
}

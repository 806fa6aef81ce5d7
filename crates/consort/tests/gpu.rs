//! What every family must do on a graphics card: what it does on the CPU, to a few digits.
//!
//! Where there is none, nor software in its place, the tests say so and pass.

#![cfg(feature = "gpu")]

use std::path::Path;

use consort::Error;
use consort::families::{FAMILIES, Family, Trained, TrainingRequest};
use consort::options::Options;
use consort_corpus::DataFolder;
use consort_learn::{Device, Seed, progress};

/// Trains for some steps; nothing if there is no card.
fn trained(family: &dyn Family, data: &Path, device: Device, steps: u64) -> Option<Trained> {
    let request = TrainingRequest {
        preset: "tiny".to_owned(),
        changes: format!("recipe.steps = {steps}\nrecipe.validate_every = 1"),
        data: DataFolder::new(data),
        seed: Seed(5),
        device,
        run: None,
        from: None,
        name: "test-1".to_owned(),
        licence: None,
        commit: "none".to_owned(),
    };
    match family.train(&request, &mut progress::unobserved) {
        Ok(trained) => Some(trained),
        Err(Error::Device(error)) => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{}: {error}", family.id()),
    }
}

#[test]
fn a_step_is_that_of_the_cpu_and_moves_every_parameter() {
    let data = tempfile::tempdir().expect("a place for temporary files");
    for family in FAMILIES {
        family
            .write_example_data(data.path())
            .expect("it can be written");
        let train = |device, steps| trained(*family, data.path(), device, steps);
        let Some(after) = train(Device::Gpu, 1) else {
            return;
        };
        let of_cpu = train(Device::Cpu, 1).expect("there is always a CPU");
        let close = |a: f64, b: f64| (a - b).abs() < 1e-3 * b.abs();
        let [ours, theirs] = [&after, &of_cpu].map(|trained| trained.history[0]);
        assert!(
            close(ours.train, theirs.train) && close(ours.valid, theirs.valid),
            "{}: {ours:?} {theirs:?}",
            family.id()
        );
        let before = train(Device::Gpu, 0).expect("it was there a moment ago");
        for (name, values) in &after.weights.parameters {
            let moved = before.weights.parameters[name] != *values;
            assert!(moved, "{}: {name} stays", family.id());
        }
    }
}

#[test]
fn pieces_are_the_same_every_time() {
    let data = tempfile::tempdir().expect("a place for temporary files");
    for family in FAMILIES {
        family
            .write_example_data(data.path())
            .expect("it can be written");
        let Some(trained) = trained(*family, data.path(), Device::Gpu, 2) else {
            return;
        };
        let piece = || {
            let generator = family.load(trained.weights.clone(), Device::Gpu).unwrap();
            let options = Options::new(family.options());
            let made = generator.generate(
                &family.example(),
                &options,
                Seed(1),
                &mut progress::unobserved,
            );
            made.unwrap()
        };
        assert_eq!(piece(), piece(), "{}", family.id());
    }
}

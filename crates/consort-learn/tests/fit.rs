//! Training: it learns, is reproducible at any number of threads, and resumes exactly.

#![recursion_limit = "256"]

use std::ops::ControlFlow;

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, Linear};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{
    AdamW, Batches, CheckpointError, FitError, Loss, Noise, Objective, Progress, Recipe, Schedule,
    Seed, Split, fit, fit_with_snapshots, initial, parameters, progress,
};

/// Two layers with all that makes resuming hard: dropout, and running statistics.
#[derive(Module, Debug)]
struct Network {
    hidden: Linear,
    norm: BatchNorm,
    output: Linear,
}

impl Network {
    fn new(seed: Seed) -> Network {
        let device = Device::flex();
        let mut stream = seed.stream("weights", 0);
        Network {
            hidden: initial::linear(2, 16, 1.4, &mut stream, &device),
            norm: BatchNormConfig::new(16).init(&device),
            output: initial::linear(16, 1, 1.0, &mut stream, &device),
        }
    }
}

impl Objective for Network {
    type Batch = Vec<[f32; 2]>;

    /// The squared error of the product of two numbers.
    fn loss(&self, batch: &Self::Batch, noise: &mut Noise) -> Loss {
        let device = self.hidden.weight.val().device();
        let input: Vec<f32> = batch.iter().flatten().copied().collect();
        let target: Vec<f32> = batch.iter().map(|[a, b]| a * b).collect();
        let x = Tensor::<2>::from_data(TensorData::new(input, [batch.len(), 2]), &device);
        let y = Tensor::<2>::from_data(TensorData::new(target, [batch.len(), 1]), &device);
        let hidden = relu(self.norm.forward(self.hidden.forward(x)));
        let error = self.output.forward(noise.dropout(hidden, 0.1)) - y;
        Loss {
            mean: (error.clone() * error).mean(),
            count: batch.len(),
        }
    }
}

struct Products;

impl Batches for Products {
    type Batch = Vec<[f32; 2]>;

    fn batches_per_epoch(&self, _: Split) -> usize {
        5
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Self::Batch {
        let mut stream = seed.stream(split.name(), epoch * 5 + index as u64);
        // Unequal sizes, so that only weighting by the count gives the right mean.
        (0..24 + 8 * index)
            .map(|_| [stream.normal(), stream.normal()])
            .collect()
    }
}

fn recipe(steps: u64) -> Recipe {
    Recipe {
        steps,
        batches_per_step: 2,
        schedule: Schedule {
            peak: 0.02,
            warmup_steps: 5,
            last_share: 0.1,
        },
        optimizer: AdamW {
            beta_1: 0.9,
            beta_2: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.01,
            clip_norm: Some(1.0),
        },
        average: Some(0.9),
        validate_every: 10,
        patience: None,
        snapshots: Vec::new(),
    }
}

fn trained(steps: u64) -> consort_learn::Fitted<Network> {
    let network = Network::new(Seed(3));
    fit(
        network,
        &Products,
        &recipe(steps),
        Seed(3),
        None,
        &mut progress::unobserved,
    )
    .expect("nothing stops it")
}

#[test]
fn training_lowers_the_loss() {
    let fitted = trained(300);
    let first = fitted.history.first().unwrap().valid;
    let last = fitted.history.last().unwrap().valid;
    assert!(
        first > 0.5 && last < 0.2,
        "validation loss went from {first} to {last}"
    );
}

#[test]
fn the_same_seed_gives_the_same_weights_at_any_number_of_threads() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| trained(20))
    };
    let (one, three) = (with_threads(1), with_threads(3));
    assert_eq!(one.history, three.history);
    assert_eq!(
        parameters::collect(&one.network),
        parameters::collect(&three.network)
    );
}

#[test]
fn snapshots_are_what_a_shorter_run_ends_with() {
    let mut recipe = recipe(20);
    recipe.schedule.last_share = 1.0;
    recipe.snapshots = vec![10];
    let mut kept = Vec::new();
    let mut keep = |step, network: &Network| {
        kept.push((step, parameters::collect(network)));
        Ok(())
    };
    let run = |recipe: &Recipe, keep: &mut dyn FnMut(u64, &Network) -> Result<(), FitError>| {
        let observe = &mut progress::unobserved;
        let network = Network::new(Seed(3));
        fit_with_snapshots(network, &Products, recipe, Seed(3), None, observe, keep).unwrap()
    };
    run(&recipe, &mut keep);
    recipe.steps = 10;
    recipe.snapshots.clear();
    let shorter = run(&recipe, &mut |_, _| Ok(()));
    assert_eq!(kept, [(10, parameters::collect(&shorter.network))]);
}

#[test]
fn resuming_equals_never_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let path = Some(folder.path());
    let mut stop_at_20 = |progress: Progress| {
        if progress.done == 20 && progress.held_out {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let recipe = recipe(40);
    let first = fit(
        Network::new(Seed(3)),
        &Products,
        &recipe,
        Seed(3),
        path,
        &mut stop_at_20,
    );
    assert!(first.unwrap().stopped);
    // The weights that the second run starts from must not matter: the checkpoint has them all.
    let network = Network::new(Seed(99));
    let resumed = fit(
        network,
        &Products,
        &recipe,
        Seed(3),
        path,
        &mut progress::unobserved,
    )
    .unwrap();
    let whole = trained(40);
    assert_eq!(resumed.history, whole.history);
    assert_eq!(
        parameters::collect(&resumed.network),
        parameters::collect(&whole.network)
    );
}

#[test]
fn a_checkpoint_of_another_run_or_a_broken_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = Some(folder.path());
    let run = |recipe: &Recipe, seed| {
        fit(
            Network::new(Seed(3)),
            &Products,
            recipe,
            seed,
            path,
            &mut progress::unobserved,
        )
    };
    run(&recipe(10), Seed(3)).unwrap();
    let refused = |result: Result<_, FitError>| match result {
        Err(FitError::Checkpoint { source, .. }) => source,
        other => panic!("{:?}", other.map(|_: consort_learn::Fitted<Network>| ())),
    };
    let other_recipe = refused(run(&recipe(20), Seed(3)));
    assert!(matches!(other_recipe, CheckpointError::OtherRun("recipe")));
    let other_seed = refused(run(&recipe(10), Seed(4)));
    assert!(matches!(other_seed, CheckpointError::OtherRun("seed")));
    let file = folder.path().join("checkpoint.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(
        refused(run(&recipe(10), Seed(3))),
        CheckpointError::Damaged(_)
    ));
}

#[test]
fn patience_ends_a_run_that_gains_nothing() {
    let mut recipe = recipe(1000);
    recipe.schedule.peak = 0.0;
    recipe.patience = Some(3);
    recipe.average = None;
    let network = Network::new(Seed(3));
    let fitted = fit(
        network,
        &Products,
        &recipe,
        Seed(3),
        None,
        &mut progress::unobserved,
    )
    .unwrap();
    assert!(fitted.steps < 1000 && fitted.history.len() > 3);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run() {
    let mut recipe = recipe(100);
    recipe.schedule.peak = f32::INFINITY;
    let network = Network::new(Seed(3));
    let result = fit(
        network,
        &Products,
        &recipe,
        Seed(3),
        None,
        &mut progress::unobserved,
    );
    assert!(matches!(result, Err(FitError::Diverged { .. })));
}

/// Two outputs, of which a batch asks for one.
#[derive(Module, Debug)]
struct Heads {
    first: Linear,
    second: Linear,
}

impl Objective for Heads {
    type Batch = bool;

    /// How far the output that is asked for is from 1.
    fn loss(&self, batch: &bool, _: &mut Noise) -> Loss {
        let head = if *batch { &self.first } else { &self.second };
        let x = Tensor::<2>::from_data(TensorData::new(vec![1.0f32, 1.0], [1, 2]), &Device::flex());
        let x = x.to_device(&head.weight.val().device());
        let error = head.forward(x) - 1.0;
        Loss {
            mean: (error.clone() * error).mean(),
            count: 1,
        }
    }
}

struct Turns;

impl Batches for Turns {
    type Batch = bool;

    fn batches_per_epoch(&self, _: Split) -> usize {
        2
    }

    fn batch(&self, _: Split, _: u64, index: usize, _: Seed) -> bool {
        index == 0
    }
}

/// What one batch of a step does not touch was taken for a running statistic, and shrank.
#[test]
fn parts_that_only_some_batches_touch_are_learnt() {
    let mut stream = Seed(1).stream("weights", 0);
    let mut head = || initial::linear(2, 1, 1.0, &mut stream, &Device::flex());
    let network = Heads {
        first: head(),
        second: head(),
    };
    let mut recipe = recipe(200);
    recipe.optimizer.weight_decay = 0.0;
    let fitted = fit(
        network,
        &Turns,
        &recipe,
        Seed(1),
        None,
        &mut progress::unobserved,
    );
    let valid = fitted
        .expect("nothing stops it")
        .history
        .last()
        .unwrap()
        .valid;
    assert!(valid < 1e-3, "{valid}");
}

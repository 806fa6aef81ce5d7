//! The training loop.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use burn::module::{ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::objective::{Batches, Noise, Objective, Split};
use crate::optimizer::{AdamW, Schedule};
use crate::parameters::{self, Parameters};
use crate::progress::{Observer, Progress};
use crate::seed::Seed;

/// How a network is trained. What shapes the network is not here, nor where its data comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Updates of the weights.
    pub steps: u64,
    /// Batches whose gradients make one update. They are computed side by side, so two or more use
    /// as many cores; the result does not depend on how many there are.
    pub batches_per_step: usize,
    /// The learning rate.
    pub schedule: Schedule,
    /// The optimiser.
    pub optimizer: AdamW,
    /// How slowly the average of the weights moves that is validated and kept in place of the
    /// last ones, in [0, 1); absent, the weights themselves are kept (Polyak and Juditsky 1992).
    pub average: Option<f32>,
    /// Steps between validations, at least 1.
    pub validate_every: u64,
    /// Validations without a gain after which training stops; absent, it runs to its last step.
    pub patience: Option<u64>,
    /// Steps after which the network is handed over as it is then, to look at how it learns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<u64>,
}

/// A trained network.
#[derive(Debug)]
pub struct Fitted<N> {
    /// The network with the weights that validated best.
    pub network: N,
    /// Every validation.
    pub history: Vec<Record>,
    /// Steps done.
    pub steps: u64,
    /// Whether the observer stopped it before its end.
    pub stopped: bool,
}

/// One line of a run's log.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// After which step.
    pub step: u64,
    /// The mean training loss since the last record.
    pub train: f64,
    /// The validation loss.
    pub valid: f64,
}

/// Why a run failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FitError {
    /// The run folder cannot be used.
    #[error("cannot write {path}: {source}")]
    Write {
        /// What was being written.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The checkpoint cannot be continued.
    #[error("cannot continue from {path}: {source}")]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        source: CheckpointError,
    },
    /// The loss is no number any more.
    #[error("the loss is not finite at step {step}; lower the learning rate or clip the gradients")]
    Diverged {
        /// At which step.
        step: u64,
    },
    /// There is nothing to train or validate on.
    #[error("the {split} split has no batches; give it more pieces")]
    NoData {
        /// Which split.
        split: &'static str,
    },
}

/// Trains `network` on `batches` as `recipe` says.
///
/// With a `folder`, a checkpoint and a log are written there at every validation, and a run that is
/// found there is continued: the result is the same as if it had never stopped.
///
/// # Errors
/// See [`FitError`].
pub fn fit<N, B>(
    network: N,
    batches: &B,
    recipe: &Recipe,
    seed: Seed,
    folder: Option<&Path>,
    observe: &mut Observer<'_>,
) -> Result<Fitted<N>, FitError>
where
    N: Objective,
    B: Batches<Batch = N::Batch>,
{
    let mut forget = |_, _: &N| Ok(());
    fit_with_snapshots(network, batches, recipe, seed, folder, observe, &mut forget)
}

/// As [`fit()`], and hands over the network after each of [`Recipe::snapshots`].
///
/// # Errors
/// See [`FitError`], and what `keep` returns.
pub fn fit_with_snapshots<N, B>(
    network: N,
    batches: &B,
    recipe: &Recipe,
    seed: Seed,
    folder: Option<&Path>,
    observe: &mut Observer<'_>,
    keep: &mut dyn FnMut(u64, &N) -> Result<(), FitError>,
) -> Result<Fitted<N>, FitError>
where
    N: Objective,
    B: Batches<Batch = N::Batch>,
{
    for split in [Split::Train, Split::Valid] {
        if batches.batches_per_epoch(split) == 0 {
            return Err(FitError::NoData {
                split: split.name(),
            });
        }
    }
    let mut run = Run::open(network, recipe, seed, folder)?;
    while run.state.step < recipe.steps && !run.out_of_patience() {
        let loss = run.step(batches)?;
        let progress = |measure, held_out, step| Progress {
            unit: "step",
            done: step,
            total: recipe.steps,
            measure: Some(measure),
            held_out,
        };
        let mut flow = observe(progress(loss, false, run.state.step));
        if recipe.snapshots.contains(&run.state.step) {
            keep(run.state.step, &run.kept())?;
        }
        if run.state.step.is_multiple_of(recipe.validate_every) || run.state.step == recipe.steps {
            let valid = run.validate(batches)?;
            if flow.is_continue() {
                flow = observe(progress(valid, true, run.state.step));
            }
        }
        if let ControlFlow::Break(()) = flow {
            return Ok(run.finish(true));
        }
    }
    Ok(run.finish(false))
}

/// The loss of `network` on a split, weighted by how much each batch predicts.
pub fn evaluate<N, B>(network: &N, batches: &B, split: Split, seed: Seed) -> f64
where
    N: Objective,
    B: Batches<Batch = N::Batch>,
{
    let losses: Vec<(f64, usize)> = (0..batches.batches_per_epoch(split))
        .into_par_iter()
        .map(|index| {
            let loss = network.loss(&batches.batch(split, 0, index, seed), &mut Noise::off());
            (f64::from(loss.mean.into_scalar::<f32>()), loss.count)
        })
        .collect();
    weighted_mean(&losses)
}

fn weighted_mean(losses: &[(f64, usize)]) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of predictions in a batch"
    )]
    let sum: f64 = losses
        .iter()
        .map(|&(loss, count)| loss * count as f64)
        .sum();
    let count: usize = losses.iter().map(|&(_, count)| count).sum();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of predictions in a batch"
    )]
    let mean = sum / count.max(1) as f64;
    mean
}

/// A run under way. The weights live twice: as numbers, which the optimiser moves, and in the
/// network, which is rebuilt from them.
struct Run<'a, N> {
    network: N,
    recipe: &'a Recipe,
    seed: Seed,
    folder: Option<&'a Path>,
    state: Checkpoint,
    since: Vec<(f64, usize)>,
}

impl<'a, N: Objective> Run<'a, N> {
    fn open(
        network: N,
        recipe: &'a Recipe,
        seed: Seed,
        folder: Option<&'a Path>,
    ) -> Result<Run<'a, N>, FitError> {
        let parameters = parameters::collect(&network);
        let mut run = Run {
            network,
            recipe,
            seed,
            folder,
            state: Checkpoint::start(recipe.clone(), seed, parameters),
            since: Vec::new(),
        };
        if let Some(path) = folder.map(checkpoint_path).filter(|path| path.exists()) {
            let bytes = fs::read(&path).map_err(CheckpointError::Read);
            let found = bytes.and_then(|bytes| run.state.successor(&bytes));
            run.state = found.map_err(|source| FitError::Checkpoint { path, source })?;
            run.network = parameters::replace(&run.network, run.state.parameters.clone());
        }
        Ok(run)
    }

    fn out_of_patience(&self) -> bool {
        let Some(patience) = self.recipe.patience else {
            return false;
        };
        let best = self.state.best.as_ref().map_or(0, |best| best.record);
        self.state.history.len() as u64 > best as u64 + patience
    }

    fn step<B: Batches<Batch = N::Batch>>(&mut self, batches: &B) -> Result<f64, FitError> {
        let step = self.state.step + 1;
        let (seed, per_step) = (self.seed, self.recipe.batches_per_step.max(1));
        let per_epoch = batches.batches_per_epoch(Split::Train) as u64;
        let network = &self.network;
        let shard = |shard: usize| {
            let batch = (step - 1) * per_step as u64 + shard as u64;
            let (epoch, index) = (batch / per_epoch, batch % per_epoch);
            let batch = batches.batch(Split::Train, epoch, index as usize, seed);
            let noise = seed.stream("noise", epoch * per_epoch + index);
            Shard::of(network, &batch, Noise::from_stream(noise))
        };
        // On a thread of the pool, so that operations share their work out from there: from any other
        // thread, each would wait for one to wake.
        let shards: Vec<Shard> =
            rayon::scope(|_| (0..per_step).into_par_iter().map(shard).collect());
        let loss = weighted_mean(
            &shards
                .iter()
                .map(|shard| (shard.loss, shard.count))
                .collect::<Vec<_>>(),
        );
        if !loss.is_finite() {
            return Err(FitError::Diverged { step });
        }
        let count = shards.iter().map(|shard| shard.count).sum();
        let (gradients, buffers) = combine(shards, count);
        let rate = self.recipe.schedule.rate(step, self.recipe.steps);
        let state = &mut self.state;
        state.parameters.extend(buffers);
        self.recipe.optimizer.update(
            &mut state.parameters,
            &gradients,
            &mut state.moments,
            rate,
            step,
        );
        if let Some(decay) = self.recipe.average {
            average(&mut state.average, &state.parameters, decay, step);
        }
        state.step = step;
        self.network = parameters::replace(&self.network, state.parameters.clone());
        self.since.push((loss, count));
        Ok(loss)
    }

    /// What would be kept if it ended here.
    fn kept(&self) -> N {
        match self.recipe.average {
            Some(_) => parameters::replace(&self.network, self.state.average.clone()),
            None => self.network.clone(),
        }
    }

    fn validate<B: Batches<Batch = N::Batch>>(&mut self, batches: &B) -> Result<f64, FitError> {
        let kept = self.kept();
        let valid = evaluate(&kept, batches, Split::Valid, self.seed);
        let train = weighted_mean(&std::mem::take(&mut self.since));
        self.state.record(
            Record {
                step: self.state.step,
                train,
                valid,
            },
            || parameters::collect(&kept),
        );
        if let Some(folder) = self.folder {
            write(folder, &checkpoint_path(folder), &self.state.to_bytes())?;
            write(folder, &folder.join("log.csv"), self.state.log().as_bytes())?;
        }
        Ok(valid)
    }

    fn finish(self, stopped: bool) -> Fitted<N> {
        let Checkpoint {
            step,
            history,
            best,
            ..
        } = self.state;
        let network = match best {
            Some(best) => parameters::replace(&self.network, best.parameters),
            None => self.network,
        };
        Fitted {
            network,
            history,
            steps: step,
            stopped,
        }
    }
}

fn checkpoint_path(folder: &Path) -> PathBuf {
    folder.join("checkpoint.safetensors")
}

/// Writes beside and renames, so that a run killed while writing leaves the last checkpoint whole.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), FitError> {
    let beside = path.with_extension("tmp");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&beside, bytes))
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|source| FitError::Write {
            path: path.to_owned(),
            source,
        })
}

/// What one batch says.
struct Shard {
    loss: f64,
    count: usize,
    gradients: Parameters,
    /// What the network changed while looking: running statistics.
    buffers: Parameters,
}

impl Shard {
    fn of<N: Objective>(network: &N, batch: &N::Batch, mut noise: Noise) -> Shard {
        let network = network.clone().train();
        let loss = network.loss(batch, &mut noise);
        let gradients = loss.mean.backward();
        let mut visitor = GradientVisitor {
            gradients: &gradients,
            path: Vec::new(),
            found: Parameters::new(),
        };
        network.visit(&mut visitor);
        let gradients = visitor.found;
        // Leaving training mode settles the running statistics that the forward pass moved.
        let buffers =
            parameters::collect_if(&network.valid(), |name| !gradients.contains_key(name));
        Shard {
            loss: f64::from(loss.mean.into_scalar::<f32>()),
            count: loss.count,
            gradients,
            buffers,
        }
    }
}

struct GradientVisitor<'a> {
    gradients: &'a Gradients,
    path: Vec<String>,
    found: Parameters,
}

impl ModuleVisitor for GradientVisitor<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.gradients) {
            self.found
                .insert(self.path.join("."), parameters::values(gradient));
        }
    }
}

/// The mean of the shards, weighted by their counts and summed in their order. What any of them has a
/// gradient for is learnt, and not a statistic, even if others do not touch it.
fn combine(shards: Vec<Shard>, count: usize) -> (Parameters, Parameters) {
    let mut gradients = Parameters::new();
    let mut buffers = Parameters::new();
    for shard in shards {
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of predictions in a batch"
        )]
        let share = shard.count as f32 / count.max(1) as f32;
        add(&mut gradients, shard.gradients, share);
        add(&mut buffers, shard.buffers, share);
    }
    buffers.retain(|name, _| !gradients.contains_key(name));
    (gradients, buffers)
}

fn add(sums: &mut Parameters, terms: Parameters, share: f32) {
    for (name, mut term) in terms {
        if share != 1.0 {
            term.data.iter_mut().for_each(|x| *x *= share);
        }
        match sums.get_mut(&name) {
            Some(sum) => sum
                .data
                .iter_mut()
                .zip(&term.data)
                .for_each(|(sum, x)| *sum += x),
            None => drop(sums.insert(name, term)),
        }
    }
}

/// Moves `average` towards `parameters`. Early on it moves faster, so that the initial weights are
/// forgotten as soon as there is something better.
fn average(average: &mut Parameters, parameters: &Parameters, decay: f32, step: u64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "only the first thousands of steps matter"
    )]
    let decay = decay.min((1 + step) as f32 / (10 + step) as f32);
    for (name, values) in parameters {
        match average.get_mut(name) {
            Some(mean) => {
                let numbers = mean.data.iter_mut().zip(&values.data);
                numbers.for_each(|(mean, x)| *mean += (1.0 - decay) * (x - *mean));
            }
            None => drop(average.insert(name.clone(), values.clone())),
        }
    }
}

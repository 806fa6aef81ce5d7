//! How fast a machine trains networks and asks them: five of the kinds that the families are, in the
//! sizes of the articles they come from.
//!
//! A training step is one of [`fit()`]: forward, backward, optimiser, and the network with its new
//! weights. Inference is a forward pass over a whole input; sampling is one step at batch 1, with the
//! draw of the most likely symbol, from cells that are made of the network's own weights.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};
use consort_kernels::machine;
use serde::Serialize;

use crate::fit::{Recipe, fit};
use crate::initial;
use crate::objective::{Batches, Objective, Split};
use crate::optimizer::{AdamW, Schedule};
use crate::progress::Progress;
use crate::seed::Seed;

mod convolutional;
mod recurrent;
mod workloads;

pub use workloads::WORKLOADS;

/// Something that takes time.
#[derive(Clone, Copy)]
pub struct Workload {
    /// A short name, such as `w2t`: the network, and i for inference, s for a sampled step, t for a
    /// training step.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What one iteration costs at least.
    pub cost: Cost,
    /// Times iterations until the time given is over, and a few at least, in seconds each.
    pub(crate) run: fn(Duration) -> Vec<f64>,
}

/// What one iteration costs by its definition.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Additions and multiplications. An algorithm that saves some (Winograd's for convolutions) can
    /// be faster than the machine's peak would allow.
    pub flops: f64,
    /// Bytes that must be read and written at least: weights, each as often as a step needs it, what
    /// goes in and out of layers, and the optimiser's numbers.
    pub bytes: f64,
}

/// What the machine can do at most, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Peak {
    /// Additions and multiplications per second, on all threads.
    pub flops: f64,
    /// Bytes read from memory per second, on all threads.
    pub bytes: f64,
    /// Threads.
    pub threads: usize,
}

/// How long a workload took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// See [`Workload::name`].
    pub name: &'static str,
    /// The median, in seconds an iteration.
    pub median_s: f64,
    /// The shortest.
    pub best_s: f64,
    /// How many iterations were timed.
    pub iterations: usize,
    /// See [`Workload::cost`].
    pub cost: Cost,
}

/// What a workload's time goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Computing: it comes closer to the machine's peak there than at reading.
    Arithmetic,
    /// Reading and writing.
    Memory,
}

impl Workload {
    /// Runs it for about as long as `budget`, and three times at least.
    pub fn measure(&self, budget: Duration) -> Measurement {
        let mut times = (self.run)(budget);
        times.sort_by(f64::total_cmp);
        Measurement {
            name: self.name,
            median_s: times[times.len() / 2],
            best_s: times[0],
            iterations: times.len(),
            cost: self.cost,
        }
    }
}

impl Measurement {
    /// The shares of the machine's peak: of its arithmetic, and of its memory. Above 1, the algorithm
    /// saves operations, or caches serve what memory could not.
    pub fn shares(&self, peak: &Peak) -> [f64; 2] {
        let per_second = |work: f64| work / self.median_s;
        [
            per_second(self.cost.flops) / peak.flops,
            per_second(self.cost.bytes) / peak.bytes,
        ]
    }

    /// What limits it, by the larger share.
    pub fn limit(&self, peak: &Peak) -> Limit {
        let [arithmetic, memory] = self.shares(peak);
        if arithmetic >= memory {
            Limit::Arithmetic
        } else {
            Limit::Memory
        }
    }
}

impl Peak {
    /// Measures the machine, which takes about a second.
    pub fn measure() -> Peak {
        Peak {
            flops: machine::flops_per_second(),
            bytes: machine::bytes_per_second(),
            threads: rayon::current_num_threads(),
        }
    }
}

/// Iterations at least, however long they take.
const FEWEST: usize = 3;

/// Iterations at most.
const MOST: usize = 1000;

/// Times `iteration`, which is done `at_once` times between two looks at the clock: seconds each.
pub fn time(budget: Duration, at_once: usize, iteration: impl FnMut() + Send) -> Vec<f64> {
    // On a thread of the pool, from which work is shared out without waiting for one to wake.
    rayon::scope(|_| time_here(budget, at_once, iteration))
}

fn time_here(budget: Duration, at_once: usize, mut iteration: impl FnMut()) -> Vec<f64> {
    // The first ones find caches and memory as they are never again.
    (0..2 * at_once).for_each(|_| iteration());
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < FEWEST || (times.len() < MOST && start.elapsed() < budget) {
        let start = Instant::now();
        (0..at_once).for_each(|_| iteration());
        #[expect(clippy::cast_precision_loss, reason = "a hundred or so")]
        times.push(start.elapsed().as_secs_f64() / at_once as f64);
    }
    times
}

/// Times steps of training `network` on one batch again and again: seconds each.
pub fn time_training<N: Objective>(network: N, batch: N::Batch, budget: Duration) -> Vec<f64>
where
    N::Batch: Clone,
{
    let recipe = Recipe {
        steps: MOST as u64 + 2,
        batches_per_step: 1,
        schedule: Schedule {
            peak: 1e-5,
            warmup_steps: 0,
            last_share: 1.0,
        },
        optimizer: AdamW {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clip_norm: None,
        },
        average: None,
        validate_every: u64::MAX,
        patience: None,
        snapshots: Vec::new(),
    };
    let begun = Instant::now();
    let (mut last, mut times) = (begun, Vec::new());
    let mut observe = |progress: Progress| {
        if progress.held_out {
            return ControlFlow::Break(());
        }
        times.push(last.elapsed().as_secs_f64());
        last = Instant::now();
        // The first two are not counted.
        if times.len() < FEWEST + 2 || begun.elapsed() < budget {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    fit(network, &Same(batch), &recipe, Seed(1), None, &mut observe)
        .expect("small steps on a batch of noise neither diverge nor touch a disk");
    times.split_off(2)
}

/// One batch for every step.
struct Same<B>(B);

impl<B: Clone + Send + Sync> Batches for Same<B> {
    type Batch = B;

    fn batches_per_epoch(&self, _: Split) -> usize {
        1
    }

    fn batch(&self, _: Split, _: u64, _: usize, _: Seed) -> B {
        self.0.clone()
    }
}

/// Normal numbers in some shape, the same each time.
pub fn noise<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    let mut stream = Seed(1).stream("noise", D as u64);
    initial::normal(shape, 1.0, &mut stream, &Device::flex())
        .val()
        .detach()
}

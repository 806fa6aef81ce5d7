//! The networks: what is told before a step, layers that remember, and how likely each combination of drums
//! is to be struck.
//!
//! All of them say the probability of each of the 512 combinations, so that whoever asks need not know which
//! network it is; one that knows fewer drums says that the others are silent.

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use consort_learn::{Loss, Noise, Objective, Seed};

use super::config::{Architecture, Output, Shape};
use super::encoding::{COMBINATIONS, DRUMS, Grid};
use super::objective::Batch;

mod listener;
mod player;
mod window;

pub use listener::{COUNTER_BITS, Listener};
pub use player::{Manner, Player, WRITING};
pub use window::Window;

/// A network of one kind or the other.
#[derive(Module, Debug)]
pub struct Network {
    listener: Option<Listener>,
    window: Option<Window>,
    #[module(skip)]
    grid: Grid,
}

impl Network {
    /// A network with initial weights.
    pub fn new(architecture: &Architecture, seed: Seed) -> Network {
        let mut stream = seed.stream("weights", 0);
        let (listener, window) = match &architecture.network {
            Shape::Stream(shape) => (Some(Listener::new(shape, &mut stream)), None),
            Shape::Window(shape) => (None, Some(Window::new(shape, &mut stream))),
        };
        Network {
            listener,
            window,
            grid: architecture.grid,
        }
    }

    /// The steps that it knows.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Whether it says how strokes are played.
    pub fn has_expression(&self) -> bool {
        self.listener.as_ref().is_some_and(Listener::has_expression)
    }
}

impl Objective for Network {
    type Batch = Batch;

    /// The mean negative log-likelihood of a step in nats, all drums together, and the share that the
    /// curriculum gives to how they are played.
    fn loss(&self, batch: &Batch, noise: &mut Noise) -> Loss {
        match (batch, &self.listener, &self.window) {
            (Batch::Sequences(batch), Some(listener), _) => listener.loss(batch, noise),
            (Batch::Windows(batch), _, Some(window)) => window.loss(batch, noise),
            _ => panic!("batches are made for the architecture of the network"),
        }
    }
}

/// How many numbers a network says of a step whose combinations are of so many drums.
fn outputs(output: Output, drums: usize) -> usize {
    match output {
        Output::Apart => drums,
        Output::Pairs => drums + drums * (drums - 1) / 2,
        Output::Free => 1 << drums,
    }
}

/// What each number that a network says adds to the log-odds of each combination, `[number, combination]`:
/// that of a drum to those in which it is struck, that of a pair to those in which both are.
///
/// With pairs this is a fully visible Boltzmann machine (D. Ackley, G. Hinton and T. Sejnowski, 1985) whose
/// fields and couplings the network says anew at each step; nine drums have few enough combinations to
/// count them all, so its probabilities are exact.
fn contributions(output: Output, drums: usize) -> Vec<f32> {
    let combinations = 1_usize << drums;
    let struck = |drum: usize, combination: usize| combination >> drum & 1 == 1;
    let mut rows = Vec::with_capacity(outputs(output, drums) * combinations);
    let mut row = |of: &dyn Fn(usize) -> bool| {
        rows.extend((0..combinations).map(|c| f32::from(u8::from(of(c)))));
    };
    match output {
        Output::Free => (0..combinations).for_each(|own| row(&|c| c == own)),
        Output::Apart | Output::Pairs => {
            (0..drums).for_each(|drum| row(&|c| struck(drum, c)));
            if output == Output::Pairs {
                for a in 0..drums {
                    (0..a).for_each(|b| row(&|c| struck(a, c) && struck(b, c)));
                }
            }
        }
    }
    rows
}

/// The log-probability of each combination of `drums`, `[place, combination]`, by what the network says.
fn combined(said: Tensor<2>, output: Output, drums: usize) -> Tensor<2> {
    if output == Output::Free {
        return log_softmax(said, 1);
    }
    let shape = [outputs(output, drums), 1 << drums];
    let rows = TensorData::new(contributions(output, drums), shape);
    let rows = Tensor::<2>::from_data(rows, &said.device());
    log_softmax(said.matmul(rows), 1)
}

/// The mean of the log-probabilities of what is wanted, `[place, symbol]`, in nats below 0; a weight of 0
/// leaves a place out.
fn mean_of_wanted(said: Tensor<2>, wanted: Vec<i64>, weights: Vec<f32>) -> Tensor<1> {
    let places = wanted.len();
    let device = said.device();
    let wanted = Tensor::<2, Int>::from_data(TensorData::new(wanted, [places, 1]), &device);
    let weights = Tensor::<2>::from_data(TensorData::new(weights, [places, 1]), &device);
    (said.gather(1, wanted) * weights).sum().neg()
}

/// How likely each drum is to be struck, by the log-probabilities of all combinations.
pub fn marginals(next: &[f32]) -> [f32; DRUMS] {
    let mut sums = [0.0; DRUMS];
    for (combination, log) in next.iter().enumerate().take(COMBINATIONS) {
        let probability = log.exp();
        for (drum, sum) in sums.iter_mut().enumerate() {
            if combination >> drum & 1 == 1 {
                *sum += probability;
            }
        }
    }
    sums
}

/// Where new tensors are made.
fn home() -> Device {
    Device::flex()
}

//! The networks: those of the article, which say the next frame of a Fourier transform, and ours, which draws the
//! next frame of how strong frequencies are.

use burn::module::{Module, RunningState};
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::Seed;

use super::config::{Architecture, Shape};
use super::encoding::{BINS, FOURIER_VALUES, Statistics};

mod fourier;
mod listener;
mod tones;

pub use fourier::FourierNetwork;
pub use listener::{Draw, Listener};
pub use tones::TonesNetwork;

/// The network: one of the two kinds.
#[derive(Module, Debug)]
pub struct Network {
    /// The article's.
    pub fourier: Option<FourierNetwork>,
    /// Ours.
    pub tones: Option<TonesNetwork>,
    standard: Standard,
}

/// What frames are standardised by: learnt from the data in one go, and stored with the weights.
#[derive(Module, Debug)]
struct Standard {
    mean: RunningState<Tensor<1>>,
    deviation: RunningState<Tensor<1>>,
}

impl Network {
    /// A network with initial weights.
    pub fn new(architecture: &Architecture, seed: Seed) -> Network {
        let (device, mut stream) = (Device::flex(), seed.stream("weights", 0));
        let (fourier, tones, values) = match &architecture.network {
            Shape::Fourier(shape) => {
                let network = FourierNetwork::new(shape, &mut stream);
                (Some(network), None, FOURIER_VALUES)
            }
            Shape::Tones(shape) => (None, Some(TonesNetwork::new(shape, &mut stream)), BINS),
        };
        Network {
            fourier,
            tones,
            standard: Standard {
                mean: RunningState::new(Tensor::zeros([values], &device)),
                deviation: RunningState::new(Tensor::ones([values], &device)),
            },
        }
    }

    /// What it standardises frames by.
    pub fn statistics(&self) -> Statistics {
        let numbers = |state: &RunningState<Tensor<1>>| {
            let data = state.value_sync().into_data().convert::<f32>();
            data.try_to_vec::<f32>().expect("it holds floats")
        };
        Statistics {
            mean: numbers(&self.standard.mean),
            deviation: numbers(&self.standard.deviation),
        }
    }

    /// Keeps what frames are standardised by.
    pub(super) fn remember(&self, statistics: &Statistics) {
        let device = self.standard.mean.value_sync().device();
        let tensor = |numbers: &[f32]| {
            let count = numbers.len();
            Tensor::from_data(TensorData::new(numbers.to_vec(), [count]), &device)
        };
        self.standard.mean.update(tensor(&statistics.mean));
        self.standard
            .deviation
            .update(tensor(&statistics.deviation));
    }
}

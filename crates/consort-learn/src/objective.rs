//! What can be learnt: a network that turns a batch into a loss, and where batches come from.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use crate::seed::{Seed, Stream};

/// A network and the number it is trained to lower.
pub trait Objective: Module + Sync {
    /// What one loss is computed from: plain data, without tensors.
    type Batch: Send + Sync;

    /// The loss of `batch`. All randomness within (dropout) comes from `noise`.
    fn loss(&self, batch: &Self::Batch, noise: &mut Noise) -> Loss;
}

/// A loss, and how much it stands for.
pub struct Loss {
    /// The mean over what was predicted, in nats unless the objective says otherwise; shape `[1]`.
    pub mean: Tensor<1>,
    /// How many predictions the mean is over, so that batches of unequal size average correctly.
    pub count: usize,
}

/// Which part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// What is learnt from.
    Train,
    /// What choices are made by.
    Valid,
    /// What is reported, and looked at last.
    Test,
}

impl Split {
    /// The name in reports and file formats.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }
}

/// Where batches come from. A batch depends on its arguments and on nothing else, so that resuming
/// a run equals never stopping it.
pub trait Batches: Sync {
    /// See [`Objective::Batch`].
    type Batch: Send + Sync;

    /// How many batches an epoch of `split` has.
    fn batches_per_epoch(&self, split: Split) -> usize;

    /// Batch `index` of `epoch`.
    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Self::Batch;
}

/// The source of dropout: silent when evaluating.
///
/// burn draws dropout from one generator for the whole process, which threads race for; masks from
/// a named stream are the same at any number of threads.
#[derive(Debug)]
pub struct Noise(Option<Stream>);

impl Noise {
    /// No noise: for validation and inference.
    pub fn off() -> Noise {
        Noise(None)
    }

    /// Noise from `stream`: for training.
    pub fn from_stream(stream: Stream) -> Noise {
        Noise(Some(stream))
    }

    /// Whether there is any.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// So many independent normal numbers of mean 0; zeros if there is no noise.
    pub fn normal(&mut self, count: usize, deviation: f32) -> Vec<f32> {
        match &mut self.0 {
            Some(stream) => (0..count).map(|_| deviation * stream.normal()).collect(),
            None => vec![0.0; count],
        }
    }

    /// Sets a share `p` of the numbers to zero and scales the rest so that the mean stays
    /// (Srivastava et al. 2014). `p` is rounded to a 256th.
    pub fn dropout<const D: usize>(&mut self, x: Tensor<D>, p: f32) -> Tensor<D> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 256"
        )]
        let dropped = (p.clamp(0.0, 1.0) * 256.0).round() as u16;
        let Some(stream) = self.0.as_mut().filter(|_| dropped > 0) else {
            return x;
        };
        let scale = 256.0 / f32::from(256 - dropped).max(1.0);
        let mut bytes = vec![0; x.shape().num_elements()];
        stream.fill(&mut bytes);
        let keep = bytes.iter().map(|&byte| {
            if u16::from(byte) < dropped {
                0.0
            } else {
                scale
            }
        });
        let mask = TensorData::new(keep.collect::<Vec<f32>>(), x.dims());
        x.clone() * Tensor::from_data(mask, &x.device())
    }
}

//! The networks of the article: the last steps, always heard anew, and what follows them.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use consort_learn::{Direction, Loss, Lstm, LstmShape, Noise, Stream, initial};

use super::{combined, home, mean_of_wanted};
use crate::families::drums::config::{Layers, Output, Symbols, WindowShape};
use crate::families::drums::encoding::{BY_FREQUENCY, DRUMS};
use crate::families::drums::objective::Windows;

/// Steps that a filter of the convolution spans.
pub(super) const TAPS: usize = 32;

/// Units of the dense layer after the convolution.
const DENSE: usize = 16;

/// Layers of long short-term memory.
const LSTMS: usize = 3;

/// The network.
#[derive(Module, Debug)]
pub struct Window {
    pub(super) lstms: Vec<Lstm>,
    /// From [`TAPS`] steps to the filters.
    pub(super) filters: Option<Linear>,
    /// From what is left of all steps.
    pub(super) dense: Option<Linear>,
    pub(super) head: Linear,
    #[module(skip)]
    pub(super) shape: WindowShape,
}

impl WindowShape {
    /// Numbers that write a step.
    pub fn symbols(&self) -> usize {
        match self.symbols {
            Symbols::Drums => self.drums,
            Symbols::Combinations => 1 << self.drums,
        }
    }

    /// How what it says makes combinations.
    pub fn output(&self) -> Output {
        match self.symbols {
            Symbols::Drums => Output::Apart,
            Symbols::Combinations => Output::Free,
        }
    }

    /// A combination of the nine drums as one of those it knows, in the order of [`BY_FREQUENCY`].
    pub fn known(&self, combination: u16) -> u16 {
        let known = BY_FREQUENCY.iter().take(self.drums).enumerate();
        known.fold(0, |bits, (own, &drum)| {
            bits | (combination >> drum as usize & 1) << own
        })
    }

    /// The other way: one of those it knows as a combination of the nine.
    pub fn of_all(&self, known: u16) -> u16 {
        let drums = BY_FREQUENCY.iter().take(self.drums).enumerate();
        drums.fold(0, |bits, (own, &drum)| {
            bits | (known >> own & 1) << drum as usize
        })
    }

    /// Writes a known combination as numbers.
    pub fn write(&self, known: u16, numbers: &mut [f32]) {
        match self.symbols {
            Symbols::Combinations => numbers[usize::from(known)] = 1.0,
            Symbols::Drums => {
                for (drum, number) in numbers.iter_mut().enumerate() {
                    *number = f32::from(known >> drum & 1);
                }
            }
        }
    }
}

impl Window {
    /// A network with initial weights.
    pub(super) fn new(shape: &WindowShape, stream: &mut Stream) -> Window {
        let device = home();
        assert!(shape.drums <= DRUMS, "there are {DRUMS} drums");
        let said = super::outputs(shape.output(), shape.drums);
        let hidden = shape.hidden;
        let (mut lstms, mut filters, mut dense) = (Vec::new(), None, None);
        let last = match shape.layers {
            Layers::Lstm => {
                for index in 0..LSTMS {
                    let shape = LstmShape {
                        inputs: if index == 0 { shape.symbols() } else { hidden },
                        hidden,
                        layers: 1,
                        direction: Direction::Forward,
                    };
                    lstms.push(Lstm::new(shape, stream, &device));
                }
                hidden
            }
            Layers::Cnn => {
                let taps = TAPS * shape.symbols();
                filters = Some(initial::linear(taps, hidden, 1.4, stream, &device));
                let left = shape.steps / 2 * hidden;
                dense = Some(initial::linear(left, DENSE, 1.4, stream, &device));
                DENSE
            }
        };
        Window {
            lstms,
            filters,
            dense,
            head: initial::linear(last, said, 1.0, stream, &device),
            shape: shape.clone(),
        }
    }

    /// See [`Network`](super::Network)'s loss.
    pub(super) fn loss(&self, batch: &Windows, noise: &mut Noise) -> Loss {
        let rows = batch.follows.len();
        let last = match self.shape.layers {
            Layers::Lstm => self.remember(batch, noise),
            Layers::Cnn => self.convolve(batch, noise),
        };
        let said = self.head.forward(noise.dropout(last, self.shape.dropout));
        let said = combined(said, self.shape.output(), self.shape.drums);
        let wanted = batch.follows.iter().map(|&next| i64::from(next)).collect();
        #[expect(clippy::cast_precision_loss, reason = "windows of a batch")]
        let share = 1.0 / rows.max(1) as f32;
        Loss {
            mean: mean_of_wanted(said, wanted, vec![share; rows]),
            count: rows,
        }
    }

    /// What the layers of long short-term memory remember of each window, `[row, hidden]`.
    fn remember(&self, batch: &Windows, noise: &mut Noise) -> Tensor<2> {
        let (rows, steps, symbols) = (batch.follows.len(), self.shape.steps, self.shape.symbols());
        let mut told = vec![0.0; rows * steps * symbols];
        for (&heard, told) in batch.heard.iter().zip(told.chunks_mut(symbols)) {
            self.shape.write(heard, told);
        }
        let told = TensorData::new(told, [rows, steps, symbols]);
        let mut y = Tensor::<3>::from_data(told, &self.head.weight.val().device());
        for (index, layer) in self.lstms.iter().enumerate() {
            if index > 0 {
                y = noise.dropout(y, self.shape.dropout);
            }
            y = layer.forward(y, None).0;
        }
        y.narrow(1, steps - 1, 1).reshape([rows, self.shape.hidden])
    }

    /// What the filters find in each window, `[row, 16]`.
    fn convolve(&self, batch: &Windows, noise: &mut Noise) -> Tensor<2> {
        const CNN: &str = "a convolutional network has these layers";
        let (rows, steps, symbols) = (batch.follows.len(), self.shape.steps, self.shape.symbols());
        let hidden = self.shape.hidden;
        let width = TAPS * symbols;
        let mut patches = vec![0.0; rows * steps * width];
        let windows = batch
            .heard
            .chunks(steps)
            .zip(patches.chunks_mut(steps * width));
        windows.for_each(|(heard, patches)| write_patches(&self.shape, heard, patches));
        let patches = TensorData::new(patches, [rows * steps, width]);
        let patches = Tensor::<2>::from_data(patches, &self.head.weight.val().device());
        let found = relu(self.filters.as_ref().expect(CNN).forward(patches));
        let pairs = found.reshape([rows, steps / 2, 2, hidden]);
        let larger = pairs.max_dim(2).reshape([rows, steps / 2 * hidden]);
        let larger = noise.dropout(larger, self.shape.dropout);
        relu(self.dense.as_ref().expect(CNN).forward(larger))
    }
}

/// Writes the steps around each step of a window, as far as they are in it, for filters that begin 15 steps
/// before it: `[step, tap, symbol]`.
pub(super) fn write_patches(shape: &WindowShape, heard: &[u16], patches: &mut [f32]) {
    let symbols = shape.symbols();
    for (step, patch) in patches.chunks_mut(TAPS * symbols).enumerate() {
        for (tap, numbers) in patch.chunks_mut(symbols).enumerate() {
            let at = (step + tap).checked_sub(TAPS / 2 - 1);
            if let Some(&known) = at.and_then(|at| heard.get(at)) {
                shape.write(known, numbers);
            }
        }
    }
}

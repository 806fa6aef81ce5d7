//! The network of the article (I. Malik and C. H. Ek, *Neural Translation of Musical Style*, 2017): what
//! sounds at each sixteenth goes through a layer that all styles share, then through a GenreNet of its
//! style, which says the velocity of every key.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use consort_learn::{Direction, Lstm, LstmShape, Noise, Stream, initial};

use crate::families::dynamics::config::RollsShape;
use crate::families::dynamics::roll::{KEYS, State};

/// The article's StyleNet; with one style, its GenreNet behind one more layer.
#[derive(Module, Debug)]
pub struct StyleNet {
    interpretation: Lstm,
    genres: Vec<GenreNet>,
    #[module(skip)]
    shape: RollsShape,
    /// Whether the shared layer is left as it is.
    #[module(skip)]
    interprets_as_before: bool,
}

/// The part of a style.
#[derive(Module, Debug)]
struct GenreNet {
    layers: Vec<Lstm>,
    velocities: Linear,
}

impl StyleNet {
    pub(super) fn new(shape: &RollsShape, styles: usize, stream: &mut Stream) -> StyleNet {
        let interpretation = LstmShape {
            inputs: 2 * KEYS,
            hidden: shape.units,
            layers: 1,
            direction: Direction::Forward,
        };
        let mut network = StyleNet {
            interpretation: Lstm::new(interpretation, stream, &Device::flex()),
            genres: Vec::new(),
            shape: shape.clone(),
            interprets_as_before: false,
        };
        (0..styles).for_each(|_| network.add_genre(stream));
        network
    }

    fn add_genre(&mut self, stream: &mut Stream) {
        let RollsShape { units, layers, .. } = self.shape;
        let device = Device::flex();
        let layer = |index: usize| {
            let shape = LstmShape {
                inputs: if index == 0 { units } else { 2 * units },
                hidden: units,
                layers: 1,
                direction: Direction::Both,
            };
            Lstm::new(shape, stream, &device)
        };
        let layers = (0..layers).map(layer).collect();
        self.genres.push(GenreNet {
            layers,
            velocities: initial::linear(2 * units, KEYS, 0.5, stream, &device),
        });
    }

    /// Adds a style, and leaves the shared layer as it is from now on.
    pub(super) fn add_style(&mut self, stream: &mut Stream) {
        self.add_genre(stream);
        self.interprets_as_before = true;
    }

    /// Velocities over 127 of all keys, `[row * step, key]`, for what sounds, `[row][step][key]`.
    pub(in crate::families::dynamics) fn forward(
        &self,
        sounds: &[[State; KEYS]],
        rows: usize,
        style: usize,
        noise: &mut Noise,
    ) -> Tensor<2> {
        let steps = sounds.len() / rows;
        let genre = &self.genres[style];
        let device = genre.velocities.weight.val().device();
        let told = sounds.iter().flatten().flat_map(|state| state.numbers());
        let told = TensorData::new(told.collect::<Vec<f32>>(), [rows, steps, 2 * KEYS]);
        let (mut x, _) = self
            .interpretation
            .forward(Tensor::<3>::from_data(told, &device), None);
        if self.interprets_as_before {
            x = x.detach();
        }
        for layer in &genre.layers {
            x = noise.dropout(x, self.shape.dropout);
            (x, _) = layer.forward(x, None);
        }
        let wide = x.dims()[2];
        genre.velocities.forward(x.reshape([rows * steps, wide]))
    }
}

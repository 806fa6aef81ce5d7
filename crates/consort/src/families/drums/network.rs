//! The networks: what is told before a step, layers that remember, and how likely each combination of drums
//! is to be struck.
//!
//! All of them say the probability of each of the 512 combinations, so that whoever asks need not know which
//! network it is; one that knows fewer drums says that the others are silent.

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use consort_learn::{Loss, Noise, Objective, Seed};
use consort_music::grid::Drum;

use super::config::{Architecture, Output, Shape};
use super::encoding::{BY_FREQUENCY, COMBINATIONS, DRUMS, Grid};
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

    /// The drums that it knows; of the others it says that they are silent.
    pub fn drums(&self) -> &'static [Drum] {
        match &self.window {
            Some(window) => &BY_FREQUENCY[..window.shape.drums],
            None => &Drum::ALL,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::drums::config::{
        Curriculum, Layers, StreamShape, Symbols, Told, WindowShape,
    };
    use crate::families::drums::encoding::{Conditions, Frame, Groove};
    use crate::families::drums::objective::Grooves;
    use consort_learn::stepper::Precision;
    use consort_learn::{Batches, Split, Stream};
    use consort_music::grid::Hit;
    use consort_music::{Metre, Velocity};

    /// Three bars, now and then with two strokes of a drum in a step.
    fn groove(grid: Grid) -> Groove {
        let mut stream = Seed(3).stream("groove", 0);
        let hit = |stream: &mut Stream| Hit {
            velocity: Velocity::try_from(1 + stream.below(127) as u8).unwrap(),
            offset: stream.uniform() - 0.5,
        };
        let frame = |_| {
            let mut frame = Frame::default();
            for drum in 0..DRUMS {
                frame.strokes[drum] = stream.chance(0.3).then(|| hit(&mut stream));
                let again = frame.strokes[drum].is_some() && stream.chance(0.2);
                frame.seconds[drum] = again.then(|| hit(&mut stream));
            }
            frame
        };
        Groove {
            frames: (0..3 * grid.per_bar(Metre::COMMON)).map(frame).collect(),
            grid,
            metre: Metre::COMMON,
            tempo: 97.0,
            style: None,
            is_fill: false,
        }
    }

    fn stream_shape(told: Told, output: Output, layers: usize, dense: usize) -> Shape {
        let knows = told == Told::Context;
        Shape::Stream(StreamShape {
            told,
            embedding: if knows { 12 } else { 0 },
            hidden: 8,
            layers,
            dense,
            shortcuts: knows,
            output,
            expression: if knows { 10 } else { 0 },
            input_dropout: 0.0,
            dropout: 0.0,
        })
    }

    fn window_shape(layers: Layers, symbols: Symbols) -> Shape {
        Shape::Window(WindowShape {
            layers,
            steps: 32,
            drums: 6,
            symbols,
            hidden: 8,
            dropout: 0.0,
        })
    }

    fn curriculum() -> Curriculum {
        Curriculum {
            rows: 16,
            steps: 4096,
            stride: 1,
            expression_share: 0.5,
            fresh_share: 0.0,
            silenced_share: 0.0,
            misheard_share: 0.0,
            velocity_range: 0.0,
        }
    }

    /// The loss of a piece and what a player says of it, step by step.
    fn both(shape: Shape) -> (f32, f32) {
        let architecture = Architecture {
            grid: Grid::ThirtySeconds,
            network: shape,
        };
        let network = Network::new(&architecture, Seed(1));
        let groove = groove(architecture.grid);
        let grooves = vec![groove.clone()];
        let grooves = Grooves::new(grooves.clone(), grooves, &architecture, curriculum());
        let (mut sum, mut count) = (0.0, 0);
        for index in 0..grooves.batches_per_epoch(Split::Valid) {
            let batch = grooves.batch(Split::Valid, 0, index, Seed(1));
            let loss = network.loss(&batch, &mut Noise::off());
            sum += loss.mean.into_scalar::<f32>() * loss.count as f32;
            count += loss.count;
        }
        let mut player = Player::new(&network, Precision::F32);
        let tempo = Some(groove.tempo);
        player.begin(
            groove.metre,
            Conditions {
                tempo,
                ..Conditions::default()
            },
        );
        let mut said = 0.0;
        for &frame in &groove.frames {
            let combination = known(&architecture.network, frame.combination());
            said -= player.next()[usize::from(combination)];
            said += 0.5 * cost_of_strokes(&player, frame);
            player.hear(frame);
        }
        assert_eq!(count, groove.frames.len());
        (sum / count as f32, said / count as f32)
    }

    fn known(shape: &Shape, combination: u16) -> u16 {
        match shape {
            Shape::Stream(_) => combination,
            Shape::Window(shape) => shape.of_all(shape.known(combination)),
        }
    }

    fn cost_of_strokes(player: &Player, frame: Frame) -> f32 {
        use crate::families::drums::encoding::{Stroked, moment_class, velocity_class};
        let (mut known, mut cost) = (Frame::default(), 0.0);
        let combination = frame.combination();
        for drum in 0..DRUMS {
            let hits = [frame.strokes[drum], frame.seconds[drum]];
            for (nth, hit) in hits.into_iter().enumerate() {
                let Some(hit) = hit else { continue };
                let stroked = Stroked {
                    combination,
                    known: &known,
                    drum,
                    second: nth == 1,
                };
                let Some(manner) = player.manner(stroked) else {
                    return 0.0;
                };
                cost -= manner.velocities[velocity_class(hit)];
                cost -= manner.moments[moment_class(hit)];
                if nth == 0 {
                    let again = if hits[1].is_some() {
                        manner.again
                    } else {
                        1.0 - manner.again
                    };
                    cost -= again.ln();
                    known.strokes[drum] = Some(hit);
                }
            }
        }
        cost
    }

    #[test]
    fn the_loss_is_what_a_player_says() {
        let shapes = [
            stream_shape(Told::Context, Output::Pairs, 1, 9),
            stream_shape(Told::Context, Output::Apart, 2, 0),
            stream_shape(Told::Context, Output::Pairs, 0, 9),
            stream_shape(Told::Combination, Output::Free, 2, 0),
            window_shape(Layers::Lstm, Symbols::Drums),
            window_shape(Layers::Lstm, Symbols::Combinations),
            window_shape(Layers::Cnn, Symbols::Drums),
            window_shape(Layers::Cnn, Symbols::Combinations),
        ];
        for shape in shapes {
            let (loss, said) = both(shape.clone());
            assert!((loss - said).abs() < 2e-3, "{shape:?}: {loss} {said}");
        }
    }

    #[test]
    fn pairs_without_couplings_are_drums_apart() {
        let fields = [0.3, -1.2, 0.0, 2.0, -0.5, 0.7, -2.0, 0.1, 1.0_f32];
        let device = home();
        let with = |output: Output| {
            let mut said = fields.to_vec();
            said.resize(outputs(output, DRUMS), 0.0);
            let shape = [1, said.len()];
            let said = Tensor::<2>::from_data(TensorData::new(said, shape), &device);
            let logs = combined(said, output, DRUMS);
            consort_learn::parameters::values(logs).data
        };
        let (pairs, apart) = (with(Output::Pairs), with(Output::Apart));
        assert!(pairs.iter().zip(&apart).all(|(a, b)| (a - b).abs() < 1e-5));
        // Then each is struck by its own odds alone.
        for (marginal, field) in marginals(&apart).into_iter().zip(fields) {
            assert!((marginal - 1.0 / (1.0 + (-field).exp())).abs() < 1e-5);
        }
    }

    #[test]
    fn a_coupling_raises_what_has_both() {
        let rows = contributions(Output::Pairs, 3);
        // Three drums, then the pairs 1-0, 2-0, 2-1; combinations 0 to 7.
        assert_eq!(rows.len(), 6 * 8);
        assert_eq!(rows[3 * 8..4 * 8], [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(rows[5 * 8..], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_known_combination_stands_for_its_drums() {
        let Shape::Window(shape) = window_shape(Layers::Cnn, Symbols::Drums) else {
            unreachable!("it is a window")
        };
        for combination in 0..COMBINATIONS as u16 {
            let back = shape.of_all(shape.known(combination));
            // The mid tom, the low tom and the crash are not among the six.
            assert_eq!(back, combination & !(1 << 4 | 1 << 5 | 1 << 7));
        }
    }
}

//! The two networks of the family, and what both answer.

use burn::module::Module;
use burn::tensor::Tensor;
use consort_learn::{Noise, Seed, parameters};
use rayon::prelude::*;

use super::config::Architecture;
use super::encoding::{CLASSES, FEATURES, VOICES, Window, centre, degree_of, tokens};

pub mod article;
pub mod temporal;

/// A network that fills holes.
#[derive(Module, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a program has few networks, and their weights are elsewhere"
)]
pub enum Network {
    /// See [`article::Article`].
    Article(article::Article),
    /// See [`temporal::Temporal`].
    Temporal(temporal::Temporal),
}

/// What a forward pass gives.
pub(crate) struct Logits {
    /// Log-probabilities, `[window, step, voice, output]`.
    pub(crate) outputs: Tensor<4>,
    /// Which output is the lowest class, for each window; the other pitches follow it.
    pub(crate) lowest: Vec<usize>,
    /// Which output is silence, if the network can say it.
    pub(crate) silence: Option<usize>,
    /// How likely a repeated pitch is struck anew, as log-odds, `[window, step, voice]`; the
    /// article's network does not say.
    pub(crate) strikes: Option<Tensor<3>>,
}

/// What a network thinks of one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Log-probabilities, `[step][voice][class]` in row-major order. Those of the article's network
    /// sum to less than one, since it also considers pitches that are no classes.
    pub classes: Vec<f32>,
    /// Log-odds that a repeated pitch is struck anew, `[step][voice]` in row-major order.
    pub strikes: Option<Vec<f32>>,
}

impl Prediction {
    /// The log-probabilities of one cell.
    pub fn cell(&self, step: usize, voice: usize) -> &[f32] {
        &self.classes[(step * VOICES + voice) * CLASSES..][..CLASSES]
    }
}

/// One step of a window, for measures that ask for one cell at a time.
#[derive(Clone, Debug)]
pub struct Query {
    /// The whole window.
    pub window: Window,
    /// The step that is asked for.
    pub step: usize,
}

/// Something that predicts hidden cells: a network, several, or a table in a test.
pub trait Predict: Sync {
    /// A prediction for each window. All windows must have as many steps.
    fn predict(&self, windows: &[Window]) -> Vec<Prediction>;

    /// The log-probabilities at the step of each query, `[voice][class]`. The windows may differ in
    /// length.
    fn ask(&self, queries: &[Query]) -> Vec<Vec<f32>> {
        one_by_one(self, queries)
    }
}

/// Asks for single steps by predicting whole windows.
fn one_by_one<P: Predict + ?Sized>(predictor: &P, queries: &[Query]) -> Vec<Vec<f32>> {
    let ask = |query: &Query| {
        let prediction = predictor
            .predict(std::slice::from_ref(&query.window))
            .swap_remove(0);
        prediction.classes[query.step * VOICES * CLASSES..][..VOICES * CLASSES].to_vec()
    };
    queries.par_iter().map(ask).collect()
}

/// How many windows one core works on at once: the layers are too small to share among cores. The
/// chunks do not depend on the number of cores, so neither does the result.
const TOGETHER: usize = 4;

/// How many queries one core works on at once.
const ASKED_TOGETHER: usize = 32;

impl Network {
    /// A network with initial weights.
    pub fn new(architecture: &Architecture, seed: Seed) -> Network {
        let mut stream = seed.stream("weights", 0);
        match architecture {
            Architecture::Article(a) => Network::Article(article::Article::new(a, &mut stream)),
            Architecture::Temporal(a) => Network::Temporal(temporal::Temporal::new(a, &mut stream)),
        }
    }

    /// The logits of windows with as many steps each.
    pub(crate) fn logits(&self, windows: &[Window], noise: &mut Noise) -> Logits {
        match self {
            Network::Article(network) => network.forward(windows),
            Network::Temporal(network) => network.forward(windows, noise),
        }
    }
}

impl Predict for Network {
    fn predict(&self, windows: &[Window]) -> Vec<Prediction> {
        let together = |chunk: &[Window]| {
            let logits = self.logits(chunk, &mut Noise::off());
            logits.into_predictions()
        };
        // On a thread of the pool, from which operations share their work out without waiting.
        rayon::scope(|_| windows.par_chunks(TOGETHER).flat_map(together).collect())
    }

    fn ask(&self, queries: &[Query]) -> Vec<Vec<f32>> {
        match self {
            Network::Temporal(network) if network.doubles() => queries
                .par_chunks(ASKED_TOGETHER)
                .flat_map(|chunk| ask_together(network, chunk))
                .collect(),
            Network::Temporal(_) | Network::Article(_) => one_by_one(self, queries),
        }
    }
}

/// Asks for single steps: each needs only as many steps around it as the network reaches.
fn ask_together(network: &temporal::Temporal, queries: &[Query]) -> Vec<Vec<f32>> {
    let reach = network.reach();
    let told: Vec<Vec<[u16; FEATURES]>> =
        queries.iter().map(|query| tokens(&query.window)).collect();
    let excerpts: Vec<_> = queries
        .iter()
        .zip(&told)
        .map(|(query, told)| excerpt(told, query.step, reach))
        .collect();
    let lowest = queries
        .iter()
        .map(|query| degree_of(0, centre(&query.window)));
    let logits = network.middles(&excerpts, lowest.collect());
    let predictions = logits.into_predictions().into_iter();
    predictions.map(|prediction| prediction.classes).collect()
}

/// What is told around a step, as far as the network reaches and the piece goes.
fn excerpt(told: &[[u16; FEATURES]], step: usize, reach: usize) -> Vec<Option<&[u16; FEATURES]>> {
    let from = step.wrapping_sub(reach);
    (0..=2 * reach)
        .map(|at| told.get(from.wrapping_add(at)))
        .collect()
}

impl Logits {
    fn into_predictions(self) -> Vec<Prediction> {
        let [windows, steps, _, width] = self.outputs.dims();
        let cells = steps * VOICES;
        let outputs = parameters::values(self.outputs).data;
        let strikes = self.strikes.map(|strikes| parameters::values(strikes).data);
        let of_window = |window: usize| {
            let lowest = self.lowest[window];
            let mut classes = Vec::with_capacity(cells * CLASSES);
            for cell in outputs[window * cells * width..]
                .chunks_exact(width)
                .take(cells)
            {
                classes.extend_from_slice(&cell[lowest..lowest + CLASSES - 1]);
                classes.push(
                    self.silence
                        .map_or(f32::NEG_INFINITY, |silence| cell[silence]),
                );
            }
            let strikes = strikes
                .as_ref()
                .map(|all| all[window * cells..][..cells].to_vec());
            Prediction { classes, strikes }
        };
        (0..windows).map(of_window).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::chorale::config::TemporalArchitecture;
    use crate::families::chorale::encoding::{Attack, Grid, Moment};

    /// Twelve steps, of which those before `step` and the lower voices at `step` are known.
    fn window(step: usize) -> Window {
        Window {
            grid: Grid::Sixteenth,
            classes: (0..12).map(|at| [30 + at, 25, 18 + at % 3, 5]).collect(),
            attacks: vec![[Attack::Unknown; VOICES]; 12],
            tells_attacks: [false; VOICES],
            known: (0..12)
                .map(|at| [at < step, at < step, at <= step, at != 7])
                .collect(),
            moments: vec![Moment::default(); 12],
            centre: None,
        }
    }

    #[test]
    fn a_step_that_is_asked_for_is_that_of_the_whole() {
        for dilations in [vec![1, 2, 4], vec![1, 3]] {
            let architecture = TemporalArchitecture {
                width: 16,
                dilations,
            };
            let network = Network::new(&Architecture::Temporal(architecture), Seed(1));
            let queries: Vec<Query> = (0..12)
                .map(|step| Query {
                    window: window(step),
                    step,
                })
                .collect();
            let asked = network.ask(&queries);
            for (asked, whole) in asked.iter().zip(one_by_one(&network, &queries)) {
                assert_eq!(asked.len(), whole.len());
                for (a, b) in asked.iter().zip(whole) {
                    assert!((a - b).abs() < 1e-4 || (*a < -1e8 && b < -1e8), "{a} {b}");
                }
            }
        }
    }
}

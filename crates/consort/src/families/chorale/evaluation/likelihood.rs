//! How likely the networks find what Bach wrote, note by note.

use consort_learn::{Observer, Seed, Stream};

use super::{FOLDS, Study, mean_and_error, tell};
use crate::error::Error;
use crate::families::chorale::encoding::{CLASSES, Grid, REST, VOICES, Window, centre};
use crate::families::chorale::network::{Network, Predict, Query};
use crate::families::chorale::objective::cut;
use crate::report::{Figure, Table};

/// Steps of a crop.
const CROP: usize = 64;

/// Crops of each piece, each with its own mask of each kind.
const ROUNDS: usize = 8;

/// A way of hiding cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mask {
    /// k uniform in 1..=4T, k random cells hidden.
    OrderAgnostic,
    /// The soprano known, of the rest k uniform in 1..=3T random cells hidden.
    Chain,
    /// The soprano known, all else hidden.
    OneShot,
}

impl Mask {
    const ALL: [Mask; 3] = [Mask::OrderAgnostic, Mask::Chain, Mask::OneShot];

    fn name(self) -> &'static str {
        ["order-agnostic", "chain", "one-shot"][self as usize]
    }

    /// Hides cells; `place`, 0 to 1, says where among the numbers of cells to hide this window is.
    fn hide(self, window: &mut Window, place: f64, stream: &mut Stream) {
        let steps = window.steps();
        let first_voice = usize::from(self != Mask::OrderAgnostic);
        let voices = VOICES - first_voice;
        let cells = voices * steps;
        let hidden = match self {
            Mask::OneShot => cells,
            _ => share_of(cells, place),
        };
        for cell in stream.choose(hidden, cells) {
            window.known[cell / voices][first_voice + cell % voices] = false;
        }
    }
}

/// A number of 1 to `count`, each for as large a share of the places between 0 and 1.
fn share_of(count: usize, place: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a window has some hundreds of cells"
    )]
    let before = (count as f64 * place) as usize;
    (1 + before).min(count)
}

/// Places between 0 and 1 for `count` windows, one in each of as many equal strata, in random order.
/// Most of a crop's cost is how much of it is hidden, so this measures what independent draws would,
/// with a fraction of their error.
fn strata(count: usize, stream: &mut Stream) -> Vec<f64> {
    let mut order: Vec<usize> = (0..count).collect();
    stream.shuffle(&mut order);
    let place = |stratum: usize| {
        #[expect(clippy::cast_precision_loss, reason = "some hundreds of crops")]
        let (stratum, count) = (stratum as f64, count as f64);
        (stratum + f64::from(stream.uniform())) / count
    };
    order.into_iter().map(place).collect()
}

/// Order-agnostic, chain and one-shot likelihood on crops.
pub(super) fn masks(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let mut table = Table::new(
        "Likelihood of hidden notes in crops",
        &["grid, fold", "order-agnostic", "chain", "one-shot"],
    );
    table.notes = vec![
        format!(
            "Nats per note, lower is better. Crops of {CROP} steps (or the whole piece where it is \
             shorter), {ROUNDS} of each piece, each with one mask of each kind; the mean over the \
             hidden notes of a crop, then over crops, with its standard error over crops, which is \
             too large, since the numbers of hidden cells are drawn one from each of as many strata \
             as there are crops. Rests are not scored. Metre, fermatas and repeated notes are not \
             known in this data."
        ),
        "Order-agnostic: k uniform in 1..4T, k random cells hidden. Chain: soprano given, of the \
         other three voices k uniform in 1..3T cells hidden, which is the mean cost of a note when \
         they are revealed one by one in random order with the truth. One-shot: soprano given, \
         everything else hidden at once."
            .to_owned(),
        "Count model (nearest visible neighbours and distances), 16ths, valid: 1.145 order-agnostic. \
         PyTorch networks that ours grew from, 16ths, valid, trained on all 229 \
         pieces of the training fold: 900 s on one core .498 / .452 / 1.88, test .508 / .463 / 1.83; \
         the article's network after 75 s 1.134 / 1.272 / 3.75."
            .to_owned(),
    ];
    for (row, (grid, (fold, name))) in Grid::ALL
        .into_iter()
        .flat_map(|grid| FOLDS.map(|fold| (grid, fold)))
        .enumerate()
    {
        tell(observe, "fold", row, Grid::ALL.len() * FOLDS.len())?;
        let pieces = study.windows(fold, Grid::Sixteenth)?;
        let mut figures = Vec::new();
        for mask in Mask::ALL {
            let mut stream = study.seed.stream(mask.name(), grid as u64);
            let mut windows = Vec::new();
            let places = strata(pieces.len() * ROUNDS, &mut stream);
            for (piece, place) in pieces.iter().cycle().zip(places) {
                let mut window = cut(piece, grid, CROP, &mut stream);
                mask.hide(&mut window, place, &mut stream);
                windows.push(window);
            }
            let (mean, error) = mean_and_error(&crop_losses(study.network, &windows));
            figures.push(Figure::estimated(mean, error, 3));
        }
        table.row(format!("{}, {name}", grid.name()), figures);
    }
    Ok(vec![table])
}

/// The mean negative log-likelihood of the hidden notes of each window that has any.
fn crop_losses(network: &Network, windows: &[Window]) -> Vec<f64> {
    // Windows of one length are predicted together.
    let mut losses = vec![0.0; windows.len()];
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by_key(|&index| windows[index].steps());
    for group in order.chunk_by(|&a, &b| windows[a].steps() == windows[b].steps()) {
        for chunk in group.chunks(64) {
            let together: Vec<Window> = chunk.iter().map(|&index| windows[index].clone()).collect();
            for (&index, prediction) in chunk.iter().zip(network.predict(&together)) {
                losses[index] = mean_nll(&windows[index], &prediction.classes);
            }
        }
    }
    losses.retain(|loss| loss.is_finite());
    losses
}

/// The mean negative log-likelihood of hidden notes under log-probabilities `[step][voice][class]`.
fn mean_nll(window: &Window, log_probabilities: &[f32]) -> f64 {
    let cells = (0..window.steps()).flat_map(|step| (0..VOICES).map(move |voice| (step, voice)));
    let hidden = cells
        .filter(|&(step, voice)| !window.known[step][voice] && window.classes[step][voice] != REST);
    let nll: Vec<f64> = hidden
        .map(|(step, voice)| {
            let class = usize::from(window.classes[step][voice]);
            -f64::from(log_probabilities[(step * VOICES + voice) * CLASSES + class])
        })
        .collect();
    mean_and_error(&nll).0
}

/// The chain measure of one piece, with [`ROUNDS`] masks.
pub(super) fn chain_cost(network: &Network, window: &Window, seed: Seed) -> f64 {
    let mut stream = seed.stream("masks", 0);
    let places = strata(ROUNDS, &mut stream).into_iter();
    let masked: Vec<Window> = places
        .map(|place| {
            let mut window = window.clone();
            window.known.fill([true; VOICES]);
            Mask::Chain.hide(&mut window, place, &mut stream);
            window
        })
        .collect();
    mean_and_error(&crop_losses(network, &masked)).0
}

/// Leave-one-out and teacher-forced chronological likelihood of every note.
pub(super) fn notes(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let mut table = Table::new(
        "Likelihood of every note",
        &[
            "grid, fold",
            "leave-one-out",
            "floor",
            "chronological",
            "floor ",
        ],
    );
    table.notes = vec![
        "Nats per note over all notes of the fold (rests are not scored). Leave-one-out: every other \
         cell of the piece is known. Chronological, teacher-forced: all earlier steps are known, and \
         of the step itself the voices above. Floors are count models fitted on the training fold: \
         both neighbours in time; the note before and the voice above."
            .to_owned(),
    ];
    const FLOORS: [[(f64, f64); 2]; 3] = [
        [(0.337, 0.839), (0.362, 0.886)],
        [(0.888, 1.334), (0.948, 1.395)],
        [(1.838, 1.821), (1.917, 1.880)],
    ];
    let mut done = 0;
    for grid in Grid::ALL {
        for (place, (fold, name)) in FOLDS.into_iter().enumerate() {
            let (mut alone, mut forced) = (Sum::default(), Sum::default());
            for window in study.windows(fold, grid)? {
                alone.add(&window, &leave_one_out(study.network, &window));
                forced.add(&window, &chronological(study.network, &window));
                tell(observe, "piece", done, 3 * 153)?;
                done += 1;
            }
            let floor = FLOORS[grid as usize][place];
            let quoted = |floor: f64| Figure::Quoted(format!("{floor:.3}"));
            let figures = vec![
                Figure::measured(alone.mean(), 3),
                quoted(floor.0),
                Figure::measured(forced.mean(), 3),
                quoted(floor.1),
            ];
            table.row(format!("{}, {name}", grid.name()), figures);
        }
    }
    Ok(vec![table])
}

/// A sum of log-likelihoods over notes.
#[derive(Default)]
struct Sum {
    nats: f64,
    notes: u32,
}

impl Sum {
    /// Adds the notes of `window`, given what each costs, `[step][voice]`.
    fn add(&mut self, window: &Window, costs: &[[f64; VOICES]]) {
        for (classes, costs) in window.classes.iter().zip(costs) {
            for voice in (0..VOICES).filter(|&voice| classes[voice] != REST) {
                self.nats += costs[voice];
                self.notes += 1;
            }
        }
    }

    fn mean(&self) -> f64 {
        self.nats / f64::from(self.notes)
    }
}

/// What each cell costs when all others are known.
fn leave_one_out(network: &Network, window: &Window) -> Vec<[f64; VOICES]> {
    // One note more or less does not move the tonal centre of a piece.
    let window = Window {
        centre: Some(centre(window)),
        ..window.clone()
    };
    let mut costs = vec![[0.0; VOICES]; window.steps()];
    for voice in 0..VOICES {
        let hide = |step: usize| {
            let mut window = window.clone();
            window.known[step][voice] = false;
            Query { window, step }
        };
        let queries: Vec<Query> = (0..window.steps()).map(hide).collect();
        for ((step, answer), costs) in network.ask(&queries).iter().enumerate().zip(&mut costs) {
            costs[voice] = cost(&window, step, voice, answer);
        }
    }
    costs
}

/// What each cell costs when all earlier steps and the voices above are known.
fn chronological(network: &Network, window: &Window) -> Vec<[f64; VOICES]> {
    let mut costs = vec![[0.0; VOICES]; window.steps()];
    for voice in 0..VOICES {
        let hide = |step: usize| {
            let mut window = window.clone();
            window.known[step][voice..].fill(false);
            window.known[step + 1..].fill([false; VOICES]);
            Query { window, step }
        };
        let queries: Vec<Query> = (0..window.steps()).map(hide).collect();
        for ((step, answer), costs) in network.ask(&queries).iter().enumerate().zip(&mut costs) {
            costs[voice] = cost(window, step, voice, answer);
        }
    }
    costs
}

fn cost(window: &Window, step: usize, voice: usize, answer: &[f32]) -> f64 {
    -f64::from(answer[voice * CLASSES + usize::from(window.classes[step][voice])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::chorale::encoding::{Attack, Moment};
    use crate::families::chorale::network::Prediction;

    fn window(steps: usize) -> Window {
        Window {
            grid: Grid::Sixteenth,
            classes: (0..steps)
                .map(|step| [30, 20, 10, (step % 10) as u8])
                .collect(),
            attacks: vec![[Attack::Unknown; VOICES]; steps],
            tells_attacks: [false; VOICES],
            known: vec![[true; VOICES]; steps],
            moments: vec![Moment::default(); steps],
            centre: None,
        }
    }

    #[test]
    fn masks_hide_what_they_say() {
        let mut stream = Seed(1).stream("test", 0);
        for _ in 0..50 {
            for mask in Mask::ALL {
                let mut window = window(8);
                mask.hide(&mut window, f64::from(stream.uniform()), &mut stream);
                let soprano_known = window.known.iter().all(|known| known[0]);
                assert!(soprano_known || mask == Mask::OrderAgnostic);
                assert!(window.hidden() > 0);
                if mask == Mask::OneShot {
                    assert_eq!(window.hidden(), 24);
                }
            }
        }
    }

    #[test]
    fn every_number_of_hidden_cells_is_as_likely() {
        let mut stream = Seed(1).stream("test", 0);
        let mut counts = [0; 12];
        for place in strata(1200, &mut stream) {
            counts[share_of(12, place) - 1] += 1;
        }
        assert_eq!(counts, [100; 12]);
        assert_eq!((share_of(12, 0.0), share_of(12, 1.0)), (1, 12));
    }

    #[test]
    fn a_uniform_guess_costs_the_logarithm_of_the_choices() {
        struct Uniform;
        impl Predict for Uniform {
            fn predict(&self, windows: &[Window]) -> Vec<Prediction> {
                let even = -(CLASSES as f32).ln();
                let of = |window: &Window| Prediction {
                    classes: vec![even; window.steps() * VOICES * CLASSES],
                    strikes: None,
                };
                windows.iter().map(of).collect()
            }
        }
        let mut window = window(4);
        window.known[2] = [true, false, false, true];
        let prediction = Uniform
            .predict(std::slice::from_ref(&window))
            .swap_remove(0);
        assert!((mean_nll(&window, &prediction.classes) - (CLASSES as f64).ln()).abs() < 1e-5);
        // A rest is not scored.
        window.classes[2][1] = REST;
        assert!((mean_nll(&window, &prediction.classes) - (CLASSES as f64).ln()).abs() < 1e-5);
    }
}

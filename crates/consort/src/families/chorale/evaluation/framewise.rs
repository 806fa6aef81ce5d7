//! The framewise likelihood of Coconet (Huang et al. 2017), after the code that was released with it.

use consort_learn::{Observer, Stream};

use super::{FOLDS, Study, tell};
use crate::error::Error;
use crate::families::chorale::encoding::{CLASSES, Grid, REST, VOICES, Window};
use crate::families::chorale::network::{Predict, Query};
use crate::report::{Figure, Table};

/// Orderings that are combined for each frame.
const ORDERINGS: usize = 5;

/// Published figures for sixteenth, eighth and quarter grids, as recalled from Coconet's table 1:
/// random order and chronological.
const PUBLISHED: [(&str, &str); 3] = [("0.57", "2.22"), ("1.84", "4.21"), ("5.03", "7.79")];

/// The framewise likelihood in random and chronological order.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let mut table = Table::new(
        "Framewise likelihood (Coconet's protocol)",
        &[
            "grid, fold",
            "random",
            "published",
            "random, one ordering",
            "chronological",
            "published ",
        ],
    );
    table.notes = vec![
        format!(
            "Nats per frame of four voices. Frames are revealed in random or chronological order \
             with the truth; inside a frame the four voices come in random order, and each is \
             revealed as the network's likeliest pitch, not the truth, before the next is asked. \
             The likelihoods of {ORDERINGS} orderings are averaged per frame as probabilities, and \
             the negative logarithms over all frames. Rests cost nothing (411 of 73,632 cells of \
             the validation fold, 284 of 75,600 of the test fold)."
        ),
        "Averaging over orderings rewards, for each frame, the ordering that had seen most around \
         it, and a frame's voices are not scored with the truth, so this is no joint likelihood: it \
         is here to be compared with the published figures (Coconet, table 1, recalled and not \
         re-read: 64 layers of 128 filters; which fold is not stated). The column with one ordering \
         is the mean without that effect."
            .to_owned(),
    ];
    let mut done = 0;
    for grid in Grid::ALL {
        for (fold, name) in FOLDS {
            let (mut random, mut chronological) = (Frames::default(), Frames::default());
            for (index, window) in study.windows(fold, grid)?.iter().enumerate() {
                let mut stream = study.seed.stream("framewise", index as u64);
                random.add(study, window, true, &mut stream);
                chronological.add(study, window, false, &mut stream);
                tell(observe, "piece", done, 3 * 153)?;
                done += 1;
            }
            let published = PUBLISHED[grid as usize];
            let figures = vec![
                random.combined(),
                Figure::Quoted(published.0.to_owned()),
                random.alone(),
                chronological.combined(),
                Figure::Quoted(published.1.to_owned()),
            ];
            table.row(format!("{}, {name}", grid.name()), figures);
        }
    }
    Ok(vec![table])
}

/// Log-likelihoods of frames, each under every ordering.
#[derive(Default)]
struct Frames {
    combined: Vec<f64>,
    alone: Vec<f64>,
}

impl Frames {
    fn add(&mut self, study: &Study<'_>, window: &Window, random: bool, stream: &mut Stream) {
        let orderings: Vec<Vec<f64>> = (0..ORDERINGS)
            .map(|_| log_likelihoods(study, window, random, stream))
            .collect();
        for step in 0..window.steps() {
            let frame: Vec<f64> = orderings.iter().map(|ordering| ordering[step]).collect();
            let best = frame.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = frame.iter().map(|nats| (nats - best).exp()).sum();
            #[expect(clippy::cast_precision_loss, reason = "five orderings")]
            let mean = sum / frame.len() as f64;
            self.combined.push(-(best + mean.ln()));
            self.alone.extend(frame.iter().map(|nats| -nats));
        }
    }

    fn combined(&self) -> Figure {
        let (mean, error) = super::mean_and_error(&self.combined);
        Figure::estimated(mean, error, 3)
    }

    fn alone(&self) -> Figure {
        Figure::measured(super::mean_and_error(&self.alone).0, 3)
    }
}

/// The log-likelihood of each frame under one ordering.
fn log_likelihoods(
    study: &Study<'_>,
    window: &Window,
    random: bool,
    stream: &mut Stream,
) -> Vec<f64> {
    let steps = window.steps();
    let mut order: Vec<usize> = (0..steps).collect();
    if random {
        stream.shuffle(&mut order);
    }
    let mut rank = vec![0; steps];
    order
        .iter()
        .enumerate()
        .for_each(|(place, &step)| rank[step] = place);
    let mut queries: Vec<Query> = (0..steps)
        .map(|step| frame_query(window, &rank, step))
        .collect();
    let voices: Vec<[usize; VOICES]> = (0..steps)
        .map(|_| {
            let mut voices = [0, 1, 2, 3];
            stream.shuffle(&mut voices);
            voices
        })
        .collect();
    let mut sums = vec![0.0; steps];
    for turn in 0..VOICES {
        let answers = study.network.ask(&queries);
        for (step, (answer, order)) in answers.iter().zip(&voices).enumerate() {
            let voice = order[turn];
            let cell = &answer[voice * CLASSES..][..CLASSES];
            let truth = window.classes[step][voice];
            let query = &mut queries[step].window;
            query.known[step][voice] = true;
            if truth == REST {
                continue;
            }
            sums[step] += f64::from(cell[usize::from(truth)]);
            let likeliest =
                (0..REST).max_by(|&a, &b| cell[usize::from(a)].total_cmp(&cell[usize::from(b)]));
            query.classes[step][voice] = likeliest.expect("there are 46 pitches");
        }
    }
    sums
}

/// The piece with the frames known that come before `step` in the order.
fn frame_query(window: &Window, rank: &[usize], step: usize) -> Query {
    let mut window = window.clone();
    for (at, known) in window.known.iter_mut().enumerate() {
        *known = [rank[at] < rank[step]; VOICES];
    }
    Query { window, step }
}

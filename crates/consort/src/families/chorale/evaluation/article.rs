//! The measure that the article reports.

use consort_corpus::Fold;
use consort_corpus::chorales;
use consort_learn::draw::draw;
use consort_learn::{Observer, Stream};

use super::{FOLDS, Study, mean_and_error, tell};
use crate::error::Error;
use crate::families::chorale::encoding::{CLASSES, Grid, REST, VOICES, Window};
use crate::families::chorale::network::Predict;
use crate::families::chorale::{is_in_common_time, window_of};
use crate::report::{Figure, Table};

/// Windows of each fold and grid; the article's code takes 20.
const WINDOWS: usize = 200;

/// The article's own figures by grid: self-sampled, on windows of all its pieces.
const PUBLISHED: [&str; 2] = ["1.03", "1.6"];

/// The article's self-sampled likelihood, and that of the truth under the same mask.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let mut table = Table::new(
        "The article's validation figure",
        &["grid, fold", "self-sampled", "published", "true notes"],
    );
    table.notes = vec![format!(
        "Nats per note over {WINDOWS} random windows of four bars of 4/4 (the article's code takes \
         20 windows of all its pieces, those it was trained on included; these are held out). The \
         melody is known and one block of 20/32 to 28/32 of the steps of the other three voices is \
         hidden at once. Self-sampled, as the article's code computes it: minus the log-probability \
         of the pitch that was drawn, averaged; it measures how unsure the network is, not whether \
         it is right. True notes: of the pitch that Bach wrote, under the same mask. Mean over \
         windows with its standard error."
    )];
    for (row, (grid, (fold, name))) in [Grid::Sixteenth, Grid::Eighth]
        .into_iter()
        .flat_map(|grid| FOLDS.map(|fold| (grid, fold)))
        .enumerate()
    {
        tell(observe, "fold", row, 4)?;
        let mut stream = study.seed.stream("article", grid as u64);
        let windows = windows(study, fold, grid, &mut stream)?;
        let (mut drawn, mut true_notes) = (Vec::new(), Vec::new());
        for chunk in windows.chunks(16) {
            for (window, prediction) in chunk.iter().zip(study.network.predict(chunk)) {
                let (a, b) = figures(window, &prediction.classes, &mut stream);
                drawn.push(a);
                true_notes.push(b);
            }
        }
        let estimated = |numbers: &[f64]| {
            let (mean, error) = mean_and_error(numbers);
            Figure::estimated(mean, error, 3)
        };
        let published = Figure::Quoted(PUBLISHED[grid as usize].to_owned());
        let figures = vec![estimated(&drawn), published, estimated(&true_notes)];
        table.row(format!("{}, {name}", grid.name()), figures);
    }
    Ok(vec![table])
}

/// Four bars of 4/4 with a block of three voices hidden.
fn windows(
    study: &Study<'_>,
    fold: Fold,
    grid: Grid,
    stream: &mut Stream,
) -> Result<Vec<Window>, Error> {
    let mut pieces = chorales::bach(study.data, |place| place.fold == fold)?.chorales;
    pieces.retain(|piece| is_in_common_time(piece) && piece.grid.steps() >= 64);
    let mut windows = Vec::with_capacity(WINDOWS);
    for _ in 0..WINDOWS {
        let piece = &pieces[stream.below(pieces.len())];
        let whole = window_of(piece);
        // Windows begin on bars; the first full bar is where the place in the measure is 0.
        let first = piece
            .pulses
            .iter()
            .position(|pulse| pulse.is_downbeat())
            .unwrap_or(0);
        let bars = (piece.grid.steps() - first) / 16;
        let start = first + 16 * stream.below(bars.saturating_sub(4) + 1);
        let start = start.min(piece.grid.steps() - 64);
        let mut window = whole.crop(start, 64).coarser(grid);
        let steps = window.steps();
        let length = (steps * 20 + stream.below(steps * 8 + 1)) / 32;
        let from = stream.below(steps - length + 1);
        for known in &mut window.known[from..from + length] {
            *known = [true, false, false, false];
        }
        windows.push(window);
    }
    Ok(windows)
}

/// The mean cost of what is drawn and of what is true, over the hidden notes.
fn figures(window: &Window, log_probabilities: &[f32], stream: &mut Stream) -> (f64, f64) {
    let (mut drawn, mut true_notes) = (Vec::new(), Vec::new());
    for (step, known) in window.known.iter().enumerate() {
        for voice in (0..VOICES).filter(|&voice| !known[voice]) {
            let cell = &log_probabilities[(step * VOICES + voice) * CLASSES..][..CLASSES];
            let choice = draw(cell, 1.0, stream).unwrap_or(0);
            drawn.push(-f64::from(cell[choice]));
            let class = window.classes[step][voice];
            if class != REST {
                true_notes.push(-f64::from(cell[usize::from(class)]));
            }
        }
    }
    (mean_and_error(&drawn).0, mean_and_error(&true_notes).0)
}

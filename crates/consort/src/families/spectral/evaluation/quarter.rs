//! The next quarter of a second as sound, the same for all networks.

use consort_audio::measures::{log_spectral_distance, multi_scale_spectral_loss};
use consort_learn::Observer;
use rayon::prelude::*;

use super::{SquaredError, Study, mean};
use crate::error::Error;
use crate::families::protocol::tell;
use crate::families::spectral::encoding::{
    FOURIER_FRAME, FOURIER_VALUES, Fourier, RATE, Statistics,
};
use crate::families::spectral::sampler::Continuation;
use crate::report::{Figure, Table};

/// Seconds that are heard, and from one place that is foretold to the next.
const HEARD: usize = 10;
const EVERY: usize = 5;

/// What is measured of a way to go on.
#[derive(Debug, Default)]
struct Found {
    distances: Vec<f64>,
    losses: Vec<f64>,
    error: SquaredError,
}

/// The table.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    tell(observe, "recording", 0, 1)?;
    let second = RATE as usize;
    let mut places: Vec<&[f32]> = Vec::new();
    for stretch in study.test() {
        let length = (HEARD + 1) * second;
        let froms = (0..stretch.samples.len().saturating_sub(length)).step_by(EVERY * second);
        places.extend(froms.map(|from| &stretch.samples[from..from + length]));
    }
    let fourier = Fourier::default();
    // By what the article's numbers are standardised here: the recordings that are tested on.
    let frames: Vec<Vec<f32>> = study
        .test()
        .iter()
        .flat_map(|stretch| stretch.samples.chunks_exact(FOURIER_FRAME))
        .map(|frame| fourier.values(frame))
        .collect();
    let statistics = Statistics::of(frames.iter().map(Vec::as_slice), FOURIER_VALUES);
    let rows = ["network", "the last quarter once more", "silence"];
    let said: Vec<[Vec<f32>; 4]> = places
        .par_iter()
        .map(|place| {
            let (heard, follows) = place.split_at(HEARD * second);
            let wanted = follows[..FOURIER_FRAME].to_vec();
            let last = heard[heard.len() - FOURIER_FRAME..].to_vec();
            [
                foretold(study, heard),
                last,
                vec![0.0; FOURIER_FRAME],
                wanted,
            ]
        })
        .collect();
    let mut found: [Found; 3] = Default::default();
    for [network, last, silence, wanted] in &said {
        let standard = |samples: &[f32]| {
            let mut values = fourier.values(samples);
            statistics.standardize(&mut values);
            values
        };
        for (found, said) in found.iter_mut().zip([network, last, silence]) {
            found.distances.extend(log_spectral_distance(said, wanted));
            found.losses.extend(multi_scale_spectral_loss(said, wanted));
            found.error.add(&standard(said), &standard(wanted));
        }
    }
    let mut table = Table::new(
        "The next quarter of a second, as sound",
        &[
            "sound",
            "log-spectral distance, dB",
            "multi-scale spectral loss",
            "MSE in the article's numbers",
        ],
    );
    for (name, found) in rows.into_iter().zip(&found) {
        table.row(
            name,
            vec![
                Figure::measured(mean(&found.distances), 2),
                Figure::measured(mean(&found.losses), 2),
                Figure::measured(found.error.mean(), 3),
            ],
        );
    }
    table.notes.push(format!(
        "{} places, {HEARD} s heard at each; temperature 0. The log-spectral distance is over windows of 1,024 \
         samples, floored at -100 dB; the multi-scale loss that of DDSP (Engel et al. 2020). The article's numbers are \
         standardised over the recordings that are tested on.",
        said.len()
    ));
    Ok(vec![table])
}

/// A quarter of a second after what was heard.
fn foretold(study: &Study<'_>, heard: &[f32]) -> Vec<f32> {
    let mut continuation = Continuation::after(study.network, heard, 0.0, study.seed);
    let skipped = continuation.replaced();
    let mut said = Vec::new();
    while said.len() < skipped + FOURIER_FRAME {
        said.extend(continuation.block());
    }
    said[skipped..skipped + FOURIER_FRAME].to_vec()
}

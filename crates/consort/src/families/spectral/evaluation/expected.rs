//! The squared error of the frame that is expected next, in the network's own frames, each told all those before it.

use consort_learn::Observer;
use consort_learn::stepper::Precision;

use super::{SquaredError, Study};
use crate::error::Error;
use crate::families::protocol::tell;
use crate::families::spectral::encoding::{
    BANDS, FOURIER_FRAME, FOURIER_VALUES, Fourier, HOP, Spectrogram, WINDOW,
};
use crate::families::spectral::network::{FourierNetwork, Listener};
use crate::families::spectral::sampler::expectations;
use crate::report::{Figure, Table};

/// Frames of a stretch that the article's networks are told one after another: ten seconds.
const STEPS: usize = 40;

/// Errors of the network, of the mean of what was learnt, and of the last frame once more.
#[derive(Clone, Copy, Debug, Default)]
struct Errors {
    network: SquaredError,
    mean: SquaredError,
    last: SquaredError,
}

/// The table.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let test = study.test();
    let mut errors = Errors::default();
    for (done, stretch) in test.iter().enumerate() {
        tell(observe, "recording", done, test.len())?;
        match &study.network.fourier {
            Some(network) => of_fourier(study, network, &stretch.samples, &mut errors),
            None => of_tones(study, &stretch.samples, &mut errors),
        }
    }
    let mut table = Table::new("The next frame, expected", &["frame", "MSE"]);
    let rows = [
        ("network", errors.network),
        ("mean of what was learnt", errors.mean),
        ("the last frame once more", errors.last),
    ];
    for (name, error) in rows {
        table.row(name, vec![Figure::measured(error.mean(), 4)]);
    }
    let frames = if study.network.fourier.is_some() {
        "Frames of 0.25 s as 4,000 real and 4,000 imaginary parts, each standardised over what was learnt; told up to \
         ten seconds."
    } else {
        "Frames of 0.128 s every 0.032 s as logarithms of magnitudes, each standardised over what was learnt, and \
         averaged in 192 bands; told all of the recording so far."
    };
    let seconds: usize = test.iter().map(|one| one.samples.len() / 16_000).sum();
    table.notes.push(format!(
        "{} recordings, {seconds} s. {frames} Frames differ between the networks of the article and ours, so that these \
         errors are not to be compared across them.",
        test.len()
    ));
    Ok(vec![table])
}

fn of_fourier(study: &Study<'_>, network: &FourierNetwork, samples: &[f32], errors: &mut Errors) {
    let (fourier, statistics) = (Fourier::default(), study.network.statistics());
    let silent = vec![0.0; FOURIER_VALUES];
    let frames = samples.chunks_exact(FOURIER_FRAME).map(|frame| {
        let mut values = fourier.values(frame);
        statistics.standardize(&mut values);
        values
    });
    let frames: Vec<Vec<f32>> = frames.collect();
    for stretch in frames.chunks(STEPS + 1).filter(|stretch| stretch.len() > 1) {
        let told = &stretch[..stretch.len() - 1];
        let said = expectations(network, told);
        for (step, wanted) in stretch[1..].iter().enumerate() {
            errors.network.add(&said[step], wanted);
            errors.mean.add(&silent, wanted);
            errors.last.add(&told[step], wanted);
        }
    }
}

fn of_tones(study: &Study<'_>, samples: &[f32], errors: &mut Errors) {
    let listener = Listener::new(study.network, Precision::F32);
    let mut listener = listener.expect("a network is of one kind");
    let spectrogram = Spectrogram::default();
    let silent = vec![0.0; BANDS];
    let mut last: Option<Vec<f32>> = None;
    for at in (0..samples.len().saturating_sub(WINDOW)).step_by(HOP) {
        let levels = spectrogram.levels(&samples[at..at + WINDOW]);
        let bands = listener.standardized(&levels);
        if let Some(last) = last {
            let change = listener.expected();
            let said: Vec<f32> = last
                .iter()
                .zip(&change)
                .map(|(last, by)| last + by)
                .collect();
            errors.network.add(&said, &bands);
            errors.mean.add(&silent, &bands);
            errors.last.add(&last, &bands);
        }
        listener.hear(&levels);
        last = Some(bands);
    }
}

//! A minute of what is played, beside a minute of the recordings.

use consort_audio::measures::{
    copy_frames, embedding, flatness, frechet_distance, loudness_drift, loudness_range, nearest,
    pitch_class_stability, seam_clicks, silent_share,
};
use consort_corpus::Fold;
use consort_learn::Observer;
use rayon::prelude::*;

use super::{Study, mean};
use crate::error::Error;
use crate::families::protocol::tell;
use crate::families::spectral::encoding::{FOURIER_FRAME, HOP, RATE};
use crate::families::spectral::sampler::{Continuation, recoded};
use crate::report::{Figure, Table};

/// Seconds that are heard before, and that are played.
const HEARD: usize = 10;
const PLAYED: usize = 60;

/// How freely it is drawn.
const TEMPERATURES: [f32; 3] = [0.8, 0.9, 1.0];

/// What is measured of minutes.
#[derive(Debug, Default)]
struct Found {
    clicks: Vec<f64>,
    drifts: Vec<f64>,
    ranges: Vec<f64>,
    silent: Vec<f64>,
    flatness: Vec<f64>,
    last_flatness: Vec<f64>,
    stability: Vec<f64>,
    copies: Vec<f64>,
    embeddings: Vec<Vec<Vec<f64>>>,
}

impl Found {
    fn of(minutes: &[Vec<f32>], seam: usize, learnt: &[Vec<f32>]) -> Found {
        let mut found = Found::default();
        for minute in minutes {
            let seams: Vec<usize> = (seam..minute.len() - seam).step_by(seam).collect();
            found.clicks.extend(seam_clicks(minute, &seams));
            found
                .drifts
                .extend(loudness_drift(minute, RATE).map(f64::abs));
            found.ranges.extend(loudness_range(minute, RATE));
            found.silent.push(silent_share(minute, RATE));
            let of_seconds = flatness(minute, RATE);
            found.flatness.push(mean(&of_seconds));
            let last = of_seconds.len().saturating_sub(10);
            found.last_flatness.push(mean(&of_seconds[last..]));
            found.stability.extend(pitch_class_stability(minute, RATE));
            found
                .copies
                .extend(nearest(&copy_frames(minute, RATE), learnt));
            found.embeddings.push(embedding(minute, RATE));
        }
        found
    }

    /// The mean distance of each minute to each of the other recordings.
    fn distance(&self, recordings: &[Vec<Vec<f64>>]) -> Option<f64> {
        let mut distances = Vec::new();
        for (index, minute) in self.embeddings.iter().enumerate() {
            let others = recordings
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            distances.extend(others.filter_map(|(_, other)| frechet_distance(minute, other)));
        }
        (!distances.is_empty()).then(|| mean(&distances))
    }

    fn figures(&self, recordings: &[Vec<Vec<f64>>]) -> Vec<Figure> {
        let most = |numbers: &[f64]| numbers.iter().copied().fold(0.0, f64::max);
        vec![
            Figure::measured(mean(&self.clicks), 2),
            Figure::measured(mean(&self.drifts), 1),
            Figure::measured(most(&self.drifts), 1),
            Figure::measured(mean(&self.ranges), 1),
            Figure::measured(mean(&self.silent), 3),
            Figure::measured(mean(&self.flatness), 3),
            Figure::measured(mean(&self.last_flatness), 3),
            Figure::measured(mean(&self.stability), 3),
            Figure::measured(mean(&self.copies), 1),
            match self.distance(recordings) {
                Some(distance) => Figure::measured(distance, 0),
                None => Figure::Absent(()),
            },
        ]
    }
}

/// The table.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    tell(observe, "recording", 0, 1)?;
    let second = RATE as usize;
    let test = study.test();
    let places: Vec<&[f32]> = test
        .iter()
        .filter(|stretch| stretch.samples.len() >= (HEARD + PLAYED) * second)
        .map(|stretch| &stretch.samples[..(HEARD + PLAYED) * second])
        .collect();
    let learnt = study.corpus.of(Fold::Train).collect::<Vec<_>>();
    let learnt = learnt
        .par_iter()
        .map(|stretch| copy_frames(&stretch.samples, RATE));
    let learnt = learnt.collect::<Vec<_>>().concat();
    let recordings = test
        .par_iter()
        .map(|stretch| embedding(&stretch.samples, RATE));
    let recordings: Vec<Vec<Vec<f64>>> = recordings.collect();
    let is_fourier = study.network.fourier.is_some();
    let seam = if is_fourier { FOURIER_FRAME } else { HOP };
    let mut table = Table::new(
        "A minute that follows",
        &[
            "sound",
            "seams, dB",
            "loudness drift, LU",
            "the most",
            "loudness range, LU",
            "silent",
            "flatness",
            "at the end",
            "pitch classes stay",
            "nearest learnt, dB",
            "distance to other recordings",
        ],
    );
    let true_ones = places.iter().map(|place| place[HEARD * second..].to_vec());
    let true_ones: Vec<Vec<f32>> = true_ones.collect();
    let found = Found::of(&true_ones, seam, &learnt);
    table.row("as recorded", found.figures(&recordings));
    let copies = places.par_iter();
    let copies = copies.map(|place| {
        recoded(
            study.network,
            &place[HEARD * second..],
            study.seed.stream("phases", 0),
        )
    });
    if let Some(minutes) = copies.collect::<Option<Vec<_>>>() {
        let found = Found::of(&minutes, seam, &learnt);
        table.row("as recorded, through codes", found.figures(&recordings));
    }
    let temperatures: &[f32] = if is_fourier { &[0.0] } else { &TEMPERATURES };
    for (done, &temperature) in temperatures.iter().enumerate() {
        tell(observe, "temperature", done, temperatures.len())?;
        let minutes: Vec<Vec<f32>> = places
            .par_iter()
            .enumerate()
            .map(|(index, place)| {
                let seed = study.seed.derive("continued", index as u64);
                let heard = &place[..HEARD * second];
                let mut continuation = Continuation::after(study.network, heard, temperature, seed);
                let skipped = continuation.replaced();
                let mut said = Vec::new();
                while said.len() < skipped + PLAYED * second {
                    said.extend(continuation.block());
                }
                said[skipped..skipped + PLAYED * second].to_vec()
            })
            .collect();
        let found = Found::of(&minutes, seam, &learnt);
        let name = if is_fourier {
            "network".to_owned()
        } else {
            format!("network, temperature {temperature}")
        };
        table.row(name, found.figures(&recordings));
    }
    table.notes.push(format!(
        "{} places, the first {HEARD} s of each recording heard, {PLAYED} s played. Seams: the energy of second \
         differences in the 2 ms around the borders of frames ({seam} samples apart) over that halfway between. Drift: the \
         loudness of the last third against the first, without its sign. Silent: the share of tenths of a second below \
         -60 dBFS. Flatness: the geometric over the arithmetic mean of the power from 100 Hz to 5 kHz, 0 a tone, .56 \
         white noise; at the end, the last ten seconds. Pitch classes: the likeness of the chroma of neighbouring four \
         seconds. Nearest: the distance of a second's log-mel bands to the nearest second that was learnt, 0 a copy. \
         Distance: Frechet's, over log-mel bands (consort_audio::measures::embedding), on the mean over minutes and \
         recordings of other pieces.",
        places.len()
    ));
    Ok(vec![table])
}

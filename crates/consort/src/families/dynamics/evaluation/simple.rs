//! Predictors that need no learning, or next to none.

use consort_corpus::Fold;
use consort_corpus::piano::Performance;

use super::{Comparison, Set, human, mean};
use crate::report::Figure;

/// Notes before a note among which the nearest pitch is looked for.
const NEAR: usize = 8;

/// Says the velocities of the notes of a performance.
type Predictor<'a> = &'a dyn Fn(&Performance) -> Vec<f64>;

/// Rows of a set; what is fitted, is fitted on the performances of the style that are learnt from.
pub(super) fn rows(set: &Set<'_>) -> Vec<(&'static str, Vec<Figure>)> {
    let train: Vec<(f64, f64)> = set.corpus.of(Fold::Train).flat_map(notes).collect();
    let all = mean(
        &train
            .iter()
            .map(|&(_, velocity)| velocity)
            .collect::<Vec<_>>(),
    );
    let cubic = fitted(&train);
    let predict: [(&str, Predictor<'_>); 5] = [
        ("mean of all", &|one| vec![all; one.notes.len()]),
        ("mean of the performance, told", &|one| {
            vec![mean(&human(one)); one.notes.len()]
        }),
        ("cubic on pitch", &|one| {
            notes(one)
                .map(|(pitch, _)| powers(pitch).iter().zip(cubic).map(|(p, c)| p * c).sum())
                .collect()
        }),
        ("note before, told", &|one| {
            let played = human(one);
            (0..played.len())
                .map(|note| note.checked_sub(1).map_or(all, |before| played[before]))
                .collect()
        }),
        ("nearest pitch of the last 8, told", &|one| {
            nearest(one, all)
        }),
    ];
    let rows = predict.map(|(name, predict)| {
        let mut comparison = Comparison::default();
        for one in &set.performances {
            comparison.add(&one.work, &predict(one), &human(one));
        }
        (name, comparison.figures())
    });
    rows.into()
}

fn notes(performance: &Performance) -> impl Iterator<Item = (f64, f64)> {
    let notes = performance.notes.iter();
    notes.map(|note| {
        (
            f64::from(note.pitch.midi()),
            f64::from(note.velocity.midi()),
        )
    })
}

/// The velocity of the nearest pitch of the notes before, the latest of several.
fn nearest(performance: &Performance, otherwise: f64) -> Vec<f64> {
    let played = human(performance);
    let pitches: Vec<f64> = notes(performance).map(|(pitch, _)| pitch).collect();
    let of_note = |note: usize| {
        let before = (note.saturating_sub(NEAR)..note).rev();
        let distance = |other: usize| (pitches[other] - pitches[note]).abs();
        let near = before.min_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        near.map_or(otherwise, |near| played[near])
    };
    (0..played.len()).map(of_note).collect()
}

fn powers(pitch: f64) -> [f64; 4] {
    let x = (pitch - 60.0) / 20.0;
    [1.0, x, x * x, x * x * x]
}

/// The coefficients of the least squares.
fn fitted(notes: &[(f64, f64)]) -> [f64; 4] {
    let mut system = [[0.0; 5]; 4];
    for &(pitch, velocity) in notes {
        let powers = powers(pitch);
        for (row, a) in system.iter_mut().zip(powers) {
            for (cell, b) in row.iter_mut().zip(powers.into_iter().chain([velocity])) {
                *cell += a * b;
            }
        }
    }
    for pivot in 0..4 {
        // Where there are too few pitches to tell, a coefficient stays at 0.
        let scale = system[pivot][pivot];
        if scale.abs() < 1e-9 {
            continue;
        }
        system[pivot].iter_mut().for_each(|cell| *cell /= scale);
        let pivot_row = system[pivot];
        for (index, row) in system.iter_mut().enumerate() {
            if index != pivot {
                let times = row[pivot];
                row.iter_mut()
                    .zip(pivot_row)
                    .for_each(|(cell, by)| *cell -= times * by);
            }
        }
    }
    system.map(|row| row[4])
}

//! How good the networks are: how near their velocities are to those of pianists.

use std::collections::BTreeMap;

use consort_corpus::Fold;
use consort_corpus::piano::{Corpus, Performance};
use consort_learn::{Header, Observer, Seed};

use super::encoding::{Level, Passage};
use super::network::Network;
use super::objective::is_articles;
use super::roll::Roll;
use super::sampler::{Intent, play};
use crate::error::Error;
use crate::families::EvaluationRequest;
use crate::families::protocol::require_known;
use crate::report::{Figure, Report, Table};

mod simple;
mod timing;
mod trees;

/// A part of the protocol.
struct Part {
    name: &'static str,
    run: fn(&Study<'_>, &mut Observer<'_>) -> Result<Vec<Table>, Error>,
}

const PARTS: [Part; 4] = [
    Part {
        name: "velocities",
        run: velocities,
    },
    Part {
        name: "drawn",
        run: drawn,
    },
    Part {
        name: "timing",
        run: timing::tables,
    },
    Part {
        name: "cells",
        run: cells,
    },
];

/// What is studied, and on what.
struct Study<'a> {
    network: &'a Network,
    /// The corpora of the styles, with the styles' numbers.
    corpora: Vec<(usize, Corpus)>,
    seed: Seed,
    share: f64,
}

/// Runs the parts that are asked for.
pub(super) fn evaluate(
    _: &Header,
    network: &Network,
    request: &EvaluationRequest<'_>,
    observe: &mut Observer<'_>,
) -> Result<Report, Error> {
    require_known(request.parts, &PARTS.map(|part| part.name))?;
    let study = Study {
        network,
        corpora: super::corpora(network.styles(), request.data)?,
        seed: request.seed,
        share: request.share,
    };
    let mut report = Report {
        title: "Evaluation of dynamics".to_owned(),
        ..Report::default()
    };
    for part in PARTS {
        if request.parts.is_empty() || request.parts.iter().any(|name| name == part.name) {
            report.tables.extend((part.run)(&study, observe)?);
        }
    }
    Ok(report)
}

/// A set of performances to be judged by.
struct Set<'a> {
    style: usize,
    name: String,
    corpus: &'a Corpus,
    performances: Vec<&'a Performance>,
}

/// What is given of a performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Grid,
    Performed,
    PerformedWithoutBeats,
}

impl Given {
    fn name(self) -> &'static str {
        match self {
            Given::Grid => "grid",
            Given::Performed => "performed timing and beats",
            Given::PerformedWithoutBeats => "performed timing",
        }
    }

    fn passage(self, performance: &Performance) -> Passage {
        match self {
            Given::Grid => Passage::on_grid(performance),
            Given::Performed | Given::PerformedWithoutBeats => Passage::performed(performance),
        }
    }
}

/// Velocities beside those of a pianist.
#[derive(Clone, Debug, Default)]
struct Comparison {
    absolute: f64,
    squared: f64,
    notes: f64,
    /// Correlations of performances, by work.
    correlations: BTreeMap<String, Vec<f64>>,
    spreads: Vec<[f64; 2]>,
}

impl Comparison {
    fn add(&mut self, work: &str, said: &[f64], played: &[f64]) {
        for (said, played) in said.iter().zip(played) {
            self.absolute += (said - played).abs();
            self.squared += (said - played).powi(2);
            self.notes += 1.0;
        }
        let correlation = correlation(said, played);
        self.correlations
            .entry(work.to_owned())
            .or_default()
            .push(correlation);
        self.spreads.push([deviation(said), deviation(played)]);
    }

    /// MAE, RMSE, r, r by piece with its standard error, the spread, and the human one.
    fn figures(&self) -> Vec<Figure> {
        let all: Vec<f64> = self.correlations.values().flatten().copied().collect();
        let pieces: Vec<f64> = self
            .correlations
            .values()
            .map(|of_piece| mean(of_piece))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "a few pieces")]
        let error = deviation(&pieces) / (pieces.len().max(2) as f64 - 1.0).sqrt();
        let spread =
            |index: usize| mean(&self.spreads.iter().map(|s| s[index]).collect::<Vec<_>>());
        vec![
            Figure::measured(self.absolute / self.notes, 2),
            Figure::measured((self.squared / self.notes).sqrt(), 2),
            Figure::measured(mean(&all), 3),
            Figure::estimated(mean(&pieces), error, 3),
            Figure::measured(spread(0), 1),
            Figure::measured(spread(1), 1),
        ]
    }
}

const COLUMNS: [&str; 7] = [
    "velocities",
    "MAE",
    "RMSE",
    "r",
    "r by piece",
    "spread",
    "human spread",
];

const DEFINITIONS: &str = "MAE and RMSE in MIDI velocity over all notes; r is Pearson's within a \
    performance, on the mean over performances, and over pieces of the mean over a piece's (with the \
    standard error over pieces); something constant counts 0. The spread is the standard deviation within \
    a performance, on the mean. Performed timing tells of the player, so rows of it and of the grid are \
    not to be compared. Boosted trees as in evaluations/dynamics.";

impl Study<'_> {
    fn sets(&self) -> Vec<Set<'_>> {
        let mut sets = Vec::new();
        for (style, corpus) in &self.corpora {
            let name = &self.network.styles()[*style];
            let test: Vec<&Performance> = self.some(corpus.of(Fold::Test).collect());
            let common = test.iter().copied().filter(|one| one.only_four_four());
            let candidates = [
                ("test", test.clone()),
                ("test, only 4/4", common.collect()),
                ("reserved", corpus.reserved().collect()),
            ];
            for (set, performances) in candidates {
                if !performances.is_empty() {
                    let name = format!("{name}, {set}");
                    sets.push(Set {
                        style: *style,
                        name,
                        corpus,
                        performances,
                    });
                }
            }
        }
        sets
    }

    fn some<'a>(&self, mut performances: Vec<&'a Performance>) -> Vec<&'a Performance> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of some hundreds"
        )]
        let kept = (performances.len() as f64 * self.share).ceil() as usize;
        performances.truncate(kept.max(1));
        performances
    }

    /// What the network plays of the notes of a performance, in their order.
    fn played(
        &self,
        style: usize,
        performance: &Performance,
        given: Given,
        temperature: f32,
        observe: &mut Observer<'_>,
    ) -> Result<Vec<f64>, Error> {
        let passage = given.passage(performance);
        let intent = Intent {
            style,
            beats: given != Given::PerformedWithoutBeats,
            temperature,
            timing: None,
            loudness: None,
            range: None,
        };
        let mut stream = self.seed.stream(&performance.id, 0);
        let said = play(self.network, &passage, intent, &mut stream, observe)?.velocities;
        let mut velocities = vec![0.0; said.len()];
        for (event, said) in passage.events.iter().zip(said) {
            velocities[event.source] = said;
        }
        Ok(velocities)
    }

    fn givens(&self) -> &'static [Given] {
        if self.network.rolls.is_some() {
            &[Given::Grid]
        } else {
            &[Given::Grid, Given::PerformedWithoutBeats, Given::Performed]
        }
    }
}

fn human(performance: &Performance) -> Vec<f64> {
    let notes = performance.notes.iter();
    notes.map(|note| f64::from(note.velocity.midi())).collect()
}

/// What is to be expected, beside simple predictors and boosted trees.
fn velocities(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let mut tables = Vec::new();
    for set in study.sets() {
        let mut table = Table::new(format!("Expected velocities: {}", set.name), &COLUMNS);
        for (name, figures) in simple::rows(&set) {
            table.row(name, figures);
        }
        for (name, figures) in trees::rows(&set.name) {
            table.row(name, figures);
        }
        for &given in study.givens() {
            let mut comparison = Comparison::default();
            for one in &set.performances {
                let said = study.played(set.style, one, given, 0.0, observe)?;
                comparison.add(&one.work, &said, &human(one));
            }
            table.row(format!("network, {}", given.name()), comparison.figures());
        }
        table.notes.push(size_of(&set));
        table.notes.push(DEFINITIONS.to_owned());
        tables.push(table);
    }
    Ok(tables)
}

fn size_of(set: &Set<'_>) -> String {
    let notes: usize = set.performances.iter().map(|one| one.notes.len()).sum();
    let mut works: Vec<&str> = set
        .performances
        .iter()
        .map(|one| one.work.as_str())
        .collect();
    works.sort_unstable();
    works.dedup();
    let (performances, works) = (set.performances.len(), works.len());
    format!("{performances} performances of {works} pieces, {notes} notes.")
}

/// One interpretation of each performance.
fn drawn(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    if study.network.rolls.is_some() {
        return Ok(Vec::new());
    }
    let mut table = Table::new("Velocities as drawn", &COLUMNS);
    for set in study.sets() {
        for &given in study.givens() {
            let mut comparison = Comparison::default();
            for one in &set.performances {
                let said = study.played(set.style, one, given, 1.0, observe)?;
                let said: Vec<f64> = said.into_iter().map(f64::round).collect();
                comparison.add(&one.work, &said, &human(one));
            }
            table.row(
                format!("{}: {}", set.name, given.name()),
                comparison.figures(),
            );
        }
    }
    table.notes.push(
        "One draw of each performance at temperature 1, with the level that the network finds for itself."
            .to_owned(),
    );
    table.notes.push(DEFINITIONS.to_owned());
    Ok(vec![table])
}

/// The article's own measure.
fn cells(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let columns = [
        "velocities",
        "MSE over all cells",
        "MSE over sounding cells",
    ];
    let mut table = Table::new("The article's error", &columns);
    for set in study.sets() {
        let articles = set
            .performances
            .iter()
            .copied()
            .filter(|one| is_articles(one));
        let articles: Vec<&Performance> = articles.collect();
        let mut ours = CellError::default();
        let mut flat = CellError::default();
        let mut silent = CellError::default();
        for one in &articles {
            let passage = Passage::on_grid(one);
            let Some(wanted) = Roll::of(&passage) else {
                continue;
            };
            let said = study.played(set.style, one, Given::Grid, 0.0, observe)?;
            let level = Level::of(human(one).into_iter()).map_or(64.0, |level| level.mean);
            ours.add(&passage, &wanted, |note| said[note]);
            flat.add(&passage, &wanted, |_| level);
            silent.add(&passage, &wanted, |_| 0.0);
        }
        let rows = [
            ("network", ours),
            ("mean of the performance", flat),
            ("silence", silent),
        ];
        for (name, error) in rows {
            let name = format!("{}: {name}", set.name);
            table.row(name, error.figures());
        }
        table.notes.push(format!(
            "{}: of {} performances {} are in 4/4 throughout with at least 20 velocities.",
            set.name,
            set.performances.len(),
            articles.len()
        ));
    }
    table.notes.push(
        "Velocities over 127 on sixteenths, 88 keys, a note's velocity in each cell that it sounds in; \
         silent cells are 0 on both sides, which is why errors over all cells are small."
            .to_owned(),
    );
    Ok(vec![table])
}

#[derive(Clone, Copy, Debug, Default)]
struct CellError {
    squared: f64,
    cells: f64,
    sounding: f64,
}

impl CellError {
    fn add(&mut self, passage: &Passage, wanted: &Roll, said: impl Fn(usize) -> f64) {
        let mut passage = passage.clone();
        for event in &mut passage.events {
            event.velocity = None;
        }
        let mut by_place: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for (event, place) in passage.events.iter().zip(&wanted.places) {
            if let Some(place) = place {
                by_place
                    .entry(*place)
                    .or_insert_with(|| said(event.source) / 127.0);
            }
        }
        let mut held = vec![0.0; super::roll::KEYS];
        for (step, (sounds, velocities)) in wanted.sounds.iter().zip(&wanted.velocities).enumerate()
        {
            for (key, (state, velocity)) in sounds.iter().zip(velocities).enumerate() {
                self.cells += 1.0;
                if state.numbers()[1] == 0.0 {
                    continue;
                }
                if let Some(&struck) = by_place.get(&(step, key)) {
                    held[key] = struck;
                }
                self.sounding += 1.0;
                self.squared += (held[key] - f64::from(*velocity)).powi(2);
            }
        }
    }

    fn figures(&self) -> Vec<Figure> {
        if self.cells == 0.0 {
            return vec![Figure::Absent(()), Figure::Absent(())];
        }
        vec![
            Figure::measured(self.squared / self.cells, 6),
            Figure::measured(self.squared / self.sounding.max(1.0), 5),
        ]
    }
}

fn mean(numbers: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let count = numbers.len().max(1) as f64;
    numbers.iter().sum::<f64>() / count
}

fn deviation(numbers: &[f64]) -> f64 {
    let middle = mean(numbers);
    mean(
        &numbers
            .iter()
            .map(|x| (x - middle).powi(2))
            .collect::<Vec<_>>(),
    )
    .sqrt()
}

/// Pearson's correlation; 0 where one side does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b));
    let scale = deviation(a) * deviation(b);
    if scale < 1e-9 {
        return 0.0;
    }
    mean(&product.collect::<Vec<_>>()) / scale
}

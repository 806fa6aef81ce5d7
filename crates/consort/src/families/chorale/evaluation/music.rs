//! Generated harmonisations beside Bach's own of the same melodies, by the textbook's measures.

use consort_corpus::Fold;
use consort_corpus::chorales::{self, Chorale as Piece};
use consort_learn::{Observer, progress};
use consort_music::statistics::{
    CHORAL_RANGES, ChoraleStatistics, Setting, estimate_key, quarter_pulses,
};
use consort_music::{Ticks, VoiceGrid};
use rayon::prelude::*;

use super::likelihood::chain_cost;
use super::{Study, mean_and_error, tell};
use crate::error::Error;
use crate::families::chorale::generator::{DEFAULT_PASSES, grid_of};
use crate::families::chorale::rules::Rules;
use crate::families::chorale::sampler::{Method, Sampling, fill};
use crate::families::chorale::window_of;
use crate::report::{Figure, Table};

/// Who harmonises.
#[derive(Clone, Copy)]
pub(super) enum Author {
    /// Bach himself.
    Bach,
    /// The network, sampled so.
    Sampler(&'static str, Sampling),
}

impl Author {
    pub(super) fn name(self) -> String {
        match self {
            Author::Bach => "Bach".to_owned(),
            Author::Sampler(name, sampling) => format!("{name}, {} passes", sampling.passes),
        }
    }
}

/// Our sampler as it is used when nothing is said.
pub(super) const OURS: Sampling = Sampling {
    method: Method::DEFAULT,
    passes: DEFAULT_PASSES,
    temperature: 0.99,
};

/// The article's, with as many passes as a window of two bars gets there.
pub(super) const GIBBS: Sampling = Sampling {
    method: Method::ARTICLE,
    passes: 128,
    temperature: 0.99,
};

/// Ours without rules.
pub(super) fn without_rules() -> Sampling {
    with_rules(Rules::NONE)
}

/// Ours with other rules.
pub(super) fn with_rules(rules: Rules) -> Sampling {
    Sampling {
        method: OURS.method.with_rules(rules),
        ..OURS
    }
}

fn authors() -> [Author; 4] {
    [
        Author::Bach,
        Author::Sampler("ruled", OURS),
        Author::Sampler("the same without rules", without_rules()),
        Author::Sampler("the article's Gibbs", GIBBS),
    ]
}

/// The measures on the melodies of the test fold, from the benchmark and from the scores.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let plain = study.pieces(Fold::Test)?;
    let mut scores = chorales::bach(study.data, |place| place.fold == Fold::Test)?.chorales;
    scores.truncate(plain.len());
    Ok(vec![
        table(
            study,
            &plain,
            "Chorales on the melodies of the test fold",
            observe,
        )?,
        table(
            study,
            &scores,
            "The same with metre and fermatas, from the scores",
            observe,
        )?,
    ])
}

fn table(
    study: &Study<'_>,
    pieces: &[Piece],
    title: &str,
    observe: &mut Observer<'_>,
) -> Result<Table, Error> {
    let authors = authors();
    let names: Vec<String> = authors.iter().map(|author| author.name()).collect();
    let columns: Vec<&str> = std::iter::once("measure")
        .chain(names.iter().map(String::as_str))
        .collect();
    let mut table = Table::new(
        format!("{title} ({} pieces, 16ths)", pieces.len()),
        &columns,
    );
    table.notes = vec![
        "The soprano is given, the other voices are made; temperature .99; one harmonisation of \
         each melody. Measures are defined in consort_music::statistics. Cost: the mean negative \
         log-likelihood in nats per note of alto, tenor and bass under the same network, with the \
         soprano known and a uniformly drawn number of the rest hidden (the chain measure): the \
         network judges its own, so it is no proof that one is better, but a sampler far from \
         Bach's figure is off."
            .to_owned(),
    ];
    let mut measured = Vec::new();
    for (done, &author) in authors.iter().enumerate() {
        tell(observe, "sampler", done, authors.len())?;
        measured.push(Measured::of(study, pieces, author));
    }
    let costs = measured.iter().map(Measured::cost).collect();
    table.row("cost, nats per note", costs);
    for (row, (name, _)) in measured[0].rates.iter().enumerate() {
        let figures = measured.iter().map(|author| figure(author.rates[row].1));
        table.row(*name, figures.collect());
    }
    Ok(table)
}

/// A rate, which is not a number where nothing could be counted.
pub(super) fn figure(rate: f64) -> Figure {
    if rate.is_nan() {
        Figure::Absent(())
    } else {
        Figure::measured(rate, 2)
    }
}

/// What one author's harmonisations of several melodies are like.
pub(super) struct Measured {
    /// Mean cost in nats per note, and its standard error.
    cost: (f64, f64),
    /// See [`ChoraleStatistics::rates`].
    rates: Vec<(&'static str, f64)>,
}

impl Measured {
    /// One harmonisation of each melody.
    pub(super) fn of(study: &Study<'_>, pieces: &[Piece], author: Author) -> Measured {
        let written: Vec<(ChoraleStatistics, f64)> = pieces
            .par_iter()
            .enumerate()
            .map(|(index, piece)| harmonised(study, piece, author, index))
            .collect();
        let mut statistics = ChoraleStatistics::default();
        written.iter().for_each(|(counts, _)| statistics += *counts);
        let nats: Vec<f64> = written.iter().map(|(_, cost)| *cost).collect();
        Measured {
            cost: mean_and_error(&nats),
            rates: statistics.rates(),
        }
    }

    pub(super) fn cost(&self) -> Figure {
        Figure::estimated(self.cost.0, self.cost.1, 3)
    }

    /// The rate of that name.
    pub(super) fn rate(&self, name: &str) -> Figure {
        let found = self.rates.iter().find(|(known, _)| *known == name);
        found.map_or(Figure::Absent(()), |(_, rate)| figure(*rate))
    }
}

/// One harmonisation, counted, and what it costs.
fn harmonised(
    study: &Study<'_>,
    piece: &Piece,
    author: Author,
    index: usize,
) -> (ChoraleStatistics, f64) {
    let mut window = window_of(piece);
    if let Author::Sampler(_, sampling) = author {
        window
            .known
            .iter_mut()
            .for_each(|known| *known = [true, false, false, false]);
        window.tells_attacks = [true, false, false, false];
        let mut stream = study.seed.stream("music", index as u64);
        fill(
            study.network,
            &mut window,
            &sampling,
            &mut stream,
            &mut progress::unobserved,
        )
        .expect("nobody stops it");
    }
    let seed = study.seed.derive("chain", index as u64);
    let cost = chain_cost(study.network, &window, seed);
    let grid = if matches!(author, Author::Bach) {
        piece.grid.clone()
    } else {
        grid_of(&window)
    };
    (counted(piece, &grid), cost)
}

/// The measures of `grid` in the setting of `piece`: its metre, fermatas and key.
fn counted(piece: &Piece, grid: &VoiceGrid) -> ChoraleStatistics {
    let key = piece
        .key
        .or_else(|| estimate_key(&piece.grid))
        .unwrap_or_default();
    let quarters = quarter_pulses(grid.steps(), 4);
    let (pulses, quarter) = if piece.pulses.is_empty() {
        (&quarters, Ticks(4))
    } else {
        (&piece.pulses, piece.sixteenth * 4)
    };
    ChoraleStatistics::of(
        grid,
        &Setting {
            pulses,
            quarter,
            key,
            ranges: &CHORAL_RANGES,
        },
    )
}

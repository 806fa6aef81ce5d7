//! What the networks play alone: sixteen bars of many styles, beside what drummers do.

use consort_corpus::Fold;
use consort_corpus::groove::Performance;
use consort_learn::{Observer, Seed, progress};
use consort_music::Metre;
use consort_music::statistics::groove::Behaviour;
use rayon::prelude::*;

use super::{Item, Study};
use crate::error::Error;
use crate::families::drums::band::Band;
use crate::families::drums::config::Decision;
use crate::families::drums::encoding::{Conditions, Frame, Grid, Groove};
use crate::families::drums::network::{Player, WRITING};
use crate::families::drums::objective::grid_of;
use crate::families::drums::plan;
use crate::families::drums::sampler::play;
use crate::families::drums::styles::{GENRES, Style};
use crate::families::drums::track::plain_beat;
use crate::families::protocol::tell;
use crate::report::{Figure, Table};

/// Bars of a piece, and the fewest of a performance to compare with.
pub(super) const BARS: usize = 16;

/// Pieces of each style.
const SEEDS: u64 = 12;

/// A way to play.
struct Way {
    name: &'static str,
    decision: Decision,
    /// Whether density and fills are decided first, as drummers have them.
    planned: bool,
}

const fn drawn(temperature: f32, top_p: f32, opening_bars: usize) -> Decision {
    Decision {
        temperature,
        top_p,
        threshold: None,
        opening_bars,
    }
}

/// Drums that are likelier than `threshold` after an opening that is drawn.
pub(super) const fn above(threshold: f32, opening_bars: usize) -> Decision {
    Decision {
        threshold: Some(threshold),
        opening_bars,
        ..Decision::DEFAULT
    }
}

/// Ways for networks that know of plans, the first as the command plays if nothing is said.
const WAYS: [Way; 9] = [
    Way {
        name: "planned, temperature 1 after two cooler bars",
        decision: drawn(1.0, 1.0, 2),
        planned: true,
    },
    Way {
        name: "planned, temperature 1",
        decision: drawn(1.0, 1.0, 0),
        planned: true,
    },
    Way {
        name: "planned, temperature .9",
        decision: drawn(0.9, 1.0, 0),
        planned: true,
    },
    Way {
        name: "temperature 1",
        decision: drawn(1.0, 1.0, 0),
        planned: false,
    },
    Way {
        name: "temperature 1 after two cooler bars",
        decision: drawn(1.0, 1.0, 2),
        planned: false,
    },
    Way {
        name: "temperature .9",
        decision: drawn(0.9, 1.0, 0),
        planned: false,
    },
    Way {
        name: "temperature .8",
        decision: drawn(0.8, 1.0, 0),
        planned: false,
    },
    Way {
        name: "the likeliest 95 %",
        decision: drawn(1.0, 0.95, 0),
        planned: false,
    },
    Way {
        name: "threshold .5 after two bars that are drawn",
        decision: above(0.5, 2),
        planned: false,
    },
];

/// Ways of the article.
const ARTICLE: [Way; 4] = [
    Way {
        name: "threshold .5",
        decision: above(0.5, 0),
        planned: false,
    },
    Way {
        name: "threshold .4",
        decision: above(0.4, 0),
        planned: false,
    },
    Way {
        name: "drawn",
        decision: drawn(1.0, 1.0, 0),
        planned: false,
    },
    Way {
        name: "drawn at temperature .8",
        decision: drawn(0.8, 1.0, 0),
        planned: false,
    },
];

pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let drummers = |fold, wanted: fn(&Performance) -> bool| -> Vec<Behaviour> {
        let items = study.items(fold, wanted);
        let long = items.iter().map(behaviour);
        long.filter(|behaviour| behaviour.bars >= BARS).collect()
    };
    let others = |performance: &Performance| !performance.is_eval_session();
    let mut columns = vec!["".to_owned(), "pieces".to_owned()];
    let names = Behaviour::default().measures().map(|(name, _)| name);
    columns.extend(names.map(str::to_owned));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("What is played alone, bar by bar", &columns);
    let range = drummers(Fold::Test, others);
    table.row(
        "drummers, all test files",
        figures(&drummers(Fold::Test, |_| true), None),
    );
    table.row("drummers, without `eval_session`", figures(&range, None));
    table.row(
        "drummers, training fold",
        figures(&drummers(Fold::Train, |_| true), None),
    );
    let ways: &[Way] = if study.network.has_expression() {
        &WAYS
    } else {
        &ARTICLE
    };
    for (done, way) in ways.iter().enumerate() {
        tell(observe, "way", done, ways.len())?;
        let pieces = pieces(study, way.decision, way.planned);
        let behaviours: Vec<Behaviour> = pieces.iter().map(of_groove).collect();
        table.row(way.name, figures(&behaviours, Some(&range)));
    }
    table.notes.push(note());
    Ok(vec![table])
}

fn note() -> String {
    format!(
        "Means and, in brackets, from the tenth to the ninetieth of a hundred. Of drummers, files of {BARS} \
         bars or more; of the network {BARS} bars of 4/4 in each of {} styles at its usual tempo, {SEEDS} \
         seeds each, from nothing (networks that know no style: {} seeds, after four bars of a plain beat). \
         Planned: density and fills are decided first, drawn as drummers of the training fold have them. A star marks means that lie in \
         the range of drummers without `eval_session`. A fill is a bar whose Jaccard distance from the \
         median bar exceeds the piece's median of that distance by .2.",
        GENRES.len(),
        SEEDS * GENRES.len() as u64
    )
}

/// Pieces of all styles.
pub(super) fn pieces(study: &Study<'_>, decision: Decision, planned: bool) -> Vec<Groove> {
    let player = Player::new(study.network, WRITING);
    let grid = study.network.grid();
    let knows = study.network.has_expression();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a dozen"
    )]
    let seeds = (SEEDS as f64 * study.share).ceil() as u64;
    let wanted: Vec<(usize, u64)> = (0..GENRES.len())
        .flat_map(|genre| (0..seeds.max(1)).map(move |seed| (genre, seed)))
        .collect();
    let of = |&(genre, number): &(usize, u64)| {
        let (name, tempo) = GENRES[genre];
        let style = Style::of(name).filter(|_| knows);
        let seed: Seed = study.seed.derive(name, number);
        let mut stream = seed.stream("drums", 0);
        let mut conditions = Conditions {
            style,
            tempo: Some(tempo),
            ..Conditions::default()
        };
        if planned {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "strokes of a step"
            )]
            let density = (plan::density(&mut stream) / grid.per_quarter() as f64) as f32;
            conditions.density = Some(density);
            conditions.fills = Some(plan::fills(0, BARS, None, &mut stream));
        }
        let mut band = Band::begin(&player, Metre::COMMON, conditions);
        if !knows {
            let beat = plain_beat(grid, 4);
            beat.into_iter().for_each(|frame| band.hear(frame));
        }
        let bar = grid.per_bar(Metre::COMMON);
        let played = play(
            &mut band,
            &vec![true; BARS * bar],
            decision,
            &mut stream,
            &mut progress::unobserved,
        );
        Groove {
            frames: played.map(|played| played.frames).unwrap_or_default(),
            grid,
            metre: Metre::COMMON,
            tempo,
            style,
            is_fill: false,
        }
    };
    wanted.par_iter().map(of).collect()
}

fn behaviour(item: &Item<'_>) -> Behaviour {
    of_groove(item.groove)
}

/// The behaviour of a groove on sixteenths: of thirty-seconds every two are one step.
fn of_groove(groove: &Groove) -> Behaviour {
    let per_step = groove.grid.per_quarter() / Grid::Sixteenths.per_quarter();
    let frames = groove.frames.chunks(per_step).map(|frames| {
        let mut all = frames[0];
        for frame in &frames[1..] {
            let both = all.strokes.iter_mut().zip(frame.strokes);
            both.for_each(|(stroke, later)| *stroke = stroke.or(later));
        }
        all
    });
    let frames: Vec<Frame> = frames.collect();
    Behaviour::of(&grid_of(&frames), Grid::Sixteenths.per_bar(groove.metre))
}

/// The mean and the range of each measure; with the range of drummers a star where the mean lies in it.
fn figures(behaviours: &[Behaviour], range: Option<&[Behaviour]>) -> Vec<Figure> {
    let mut figures = vec![Figure::Quoted(behaviours.len().to_string())];
    let measures = Behaviour::default().measures().len();
    for measure in 0..measures {
        let of = |behaviours: &[Behaviour]| -> Vec<f64> {
            let values = behaviours.iter().filter_map(|b| b.measures()[measure].1);
            let mut values: Vec<f64> = values.collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let values = of(behaviours);
        if values.is_empty() {
            figures.push(Figure::Absent(()));
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "pieces")]
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (low, high) = (at(&values, 0.1), at(&values, 0.9));
        let inside = range.is_some_and(|range| {
            let human = of(range);
            !human.is_empty() && (at(&human, 0.1)..=at(&human, 0.9)).contains(&mean)
        });
        let star = if inside { " *" } else { "" };
        figures.push(Figure::Quoted(format!(
            "{mean:.3} [{low:.2}, {high:.2}]{star}"
        )));
    }
    figures
}

/// A quantile of sorted values, between two of them where it falls there.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places in a list"
)]
fn at(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, rest) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] * (1.0 - rest) + sorted[above] * rest
}

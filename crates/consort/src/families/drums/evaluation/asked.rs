//! Whether what is asked of a piece is played: density, fills, a line to go along with, and the way from one
//! groove to another.

use consort_corpus::Fold;
use consort_learn::{Observer, Seed, progress};
use consort_music::Metre;
use consort_music::grid::Drum;
use consort_music::statistics::groove::{Bar, bars, fills};
use rayon::prelude::*;

use super::alone::BARS;
use super::{Item, Study, is_common_beat};
use crate::error::Error;
use crate::families::drums::band::Band;
use crate::families::drums::config::Decision;
use crate::families::drums::encoding::{Conditions, Frame, Grid};
use crate::families::drums::network::{Player, WRITING};
use crate::families::drums::objective::{conditions_of, grid_of};
use crate::families::drums::plan;
use crate::families::drums::sampler::{lead, play};
use crate::families::drums::styles::{GENRES, Style};
use crate::families::protocol::tell;
use crate::report::{Figure, Table};

/// Pieces of each style and question.
const SEEDS: u64 = 6;

/// Bars of the patterns between which a piece leads, and of the piece.
const PATTERN: usize = 4;
const WAY: usize = 9;

pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    if !study.network.has_expression() || study.network.grid() != Grid::Sixteenths {
        return Ok(Vec::new());
    }
    let player = Player::new(study.network, WRITING);
    let mut tables = Vec::new();
    for (done, part) in [plans, lines, ways].into_iter().enumerate() {
        tell(observe, "question", done, 3)?;
        tables.push(part(study, &player));
    }
    tell(observe, "question", 3, 3)?;
    Ok(tables)
}

/// A question: its name, a density and fills, if these are asked for.
type Question = (&'static str, Option<f32>, Option<usize>);

/// Density and fills.
fn plans(study: &Study<'_>, player: &Player) -> Table {
    const QUESTIONS: [Question; 7] = [
        ("nothing", None, None),
        ("12 strokes a bar", Some(12.0), None),
        ("18 strokes a bar", Some(18.0), None),
        ("24 strokes a bar", Some(24.0), None),
        ("a fill every fourth bar", None, Some(4)),
        ("a fill every eighth bar", None, Some(8)),
        ("no fills", None, Some(0)),
    ];
    let mut table = Table::new(
        "What is asked for: density and fills",
        &[
            "asked",
            "strokes a bar",
            "fills at every fourth bar",
            "at every eighth",
            "at others",
        ],
    );
    for (name, density, every) in QUESTIONS {
        let of = |&(genre, number): &(usize, u64)| {
            let (style, tempo) = GENRES[genre];
            let mut stream = study.seed.derive(style, number).stream("asked", 0);
            let conditions = Conditions {
                style: Style::of(style),
                tempo: Some(tempo),
                density: density.map(|strokes| strokes / 16.0),
                fills: every.map(|every| plan::fills(0, BARS, Some(every), &mut stream)),
                ..Conditions::default()
            };
            let mut band = Band::begin(player, Metre::COMMON, conditions);
            frames(&mut band, BARS, &study.seed.derive(style, number))
        };
        let pieces: Vec<Vec<Frame>> = wanted().par_iter().map(of).collect();
        let strokes: u32 = pieces
            .iter()
            .flatten()
            .map(|frame| frame.combination().count_ones())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "bars of some pieces")]
        let strokes = f64::from(strokes) / (pieces.len() * BARS) as f64;
        let flags: Vec<Vec<bool>> = pieces
            .iter()
            .map(|piece| fills(&grid_of(piece), 16))
            .collect();
        let share = |at: fn(usize) -> bool| {
            let bars = flags.iter().flat_map(|flags| (1..).zip(flags));
            let bars: Vec<bool> = bars
                .filter(|(bar, _)| at(*bar))
                .map(|(_, &fill)| fill)
                .collect();
            mean(bars.iter().map(|&fill| f64::from(u8::from(fill))))
        };
        table.row(
            name,
            vec![
                Figure::measured(strokes, 1),
                Figure::measured(share(|bar| bar % 4 == 0), 3),
                Figure::measured(share(|bar| bar % 8 == 0), 3),
                Figure::measured(share(|bar| bar % 4 != 0 && bar > 2), 3),
            ],
        );
    }
    table.notes.push(format!(
        "{BARS} bars from nothing in each of {} styles, {SEEDS} seeds each. A fill as in the table of what is \
         played alone; the first two bars, in which a groove is found, are not among the others.",
        GENRES.len()
    ));
    table
}

/// A line to play along with: the kick of drummers that the network has not heard.
fn lines(study: &Study<'_>, player: &Player) -> Table {
    let items = study.items(Fold::Test, |p| is_common_beat(p) && !p.is_eval_session());
    let items: Vec<Item<'_>> = items
        .into_iter()
        .filter(|item| item.groove.bars() >= BARS)
        .collect();
    let mut table = Table::new(
        "What is asked for: playing along",
        &[
            "",
            "notes of the line with a kick",
            "kicks on notes of the line",
        ],
    );
    for (name, told) in [("told of the line", true), ("not told", false)] {
        let counts = items.par_iter().enumerate().map(|(number, item)| {
            let kick = |frame: &Frame| frame.strokes[Drum::Kick as usize].is_some();
            let line: Vec<bool> = item
                .groove
                .frames
                .iter()
                .take(16 * BARS)
                .map(kick)
                .collect();
            let conditions = Conditions {
                line: told.then(|| line.clone()),
                ..conditions_of(item.groove)
            };
            let mut band = Band::begin(player, Metre::COMMON, conditions);
            let seed = study.seed.derive("line", number as u64);
            let kicks: Vec<bool> = frames(&mut band, BARS, &seed).iter().map(kick).collect();
            let both = kicks
                .iter()
                .zip(&line)
                .filter(|(kick, note)| **kick && **note);
            let count = |of: &[bool]| of.iter().filter(|&&is| is).count() as f64;
            (both.count() as f64, count(&line), count(&kicks))
        });
        let counts: Vec<(f64, f64, f64)> = counts.collect();
        let sum = |of: fn(&(f64, f64, f64)) -> f64| counts.iter().map(of).sum::<f64>();
        let both = sum(|counts| counts.0);
        table.row(
            name,
            vec![
                Figure::measured(both / sum(|counts| counts.1).max(1.0), 3),
                Figure::measured(both / sum(|counts| counts.2).max(1.0), 3),
            ],
        );
    }
    table.notes.push(format!(
        "{BARS} bars from nothing at the style and tempo of each of {} test performances of other sessions than \
         `eval_session`, whose kick is the line. Real lines are not kicks: no data of drums together with \
         other instruments is at hand.",
        items.len()
    ));
    table
}

/// From one groove to another.
fn ways(study: &Study<'_>, player: &Player) -> Table {
    let items = study.items(Fold::Test, is_common_beat);
    let patterns: Vec<&[Frame]> = items
        .iter()
        .filter_map(|item| item.groove.frames.get(4 * 16..(4 + PATTERN) * 16))
        .collect();
    let pairs: Vec<(usize, usize)> = (0..patterns.len())
        .map(|from| (from, (from * 7 + 11) % patterns.len()))
        .filter(|(from, to)| from != to)
        .collect();
    let likeness = pairs.par_iter().map(|&(from, to)| {
        let primed = [from, to].map(|which| {
            let mut player = player.clone();
            player.begin(Metre::COMMON, Conditions::default());
            patterns[which].iter().for_each(|&frame| player.hear(frame));
            player
        });
        let mut stream = study.seed.derive("way", from as u64).stream("asked", 0);
        let silent = &mut progress::unobserved;
        let played = lead(&primed, WAY, Decision::DEFAULT, &mut stream, silent);
        let frames = played.map(|played| played.frames).unwrap_or_default();
        let medians = [from, to].map(|which| Bar::median(&bars(&grid_of(patterns[which]), 16)));
        let one = |bar: &[Frame]| {
            // A bar alone, filled up so that it counts.
            let bar = bars(&grid_of(bar), 16);
            let bar = bar.first().cloned().unwrap_or_else(|| Bar::median(&[]));
            medians.each_ref().map(|median| bar.jaccard(median))
        };
        frames.chunks(16).map(one).collect::<Vec<[f64; 2]>>()
    });
    let likeness: Vec<Vec<[f64; 2]>> = likeness.collect();
    let mut columns = vec!["".to_owned()];
    columns.extend((1..=WAY).map(|bar| format!("bar {bar}")));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("What is asked for: from one groove to another", &columns);
    for (which, name) in ["Jaccard to where it comes from", "to where it goes"]
        .iter()
        .enumerate()
    {
        let figures = (0..WAY).map(|bar| {
            let of = likeness.iter().filter_map(|bars| bars.get(bar));
            Figure::measured(mean(of.map(|both| both[which])), 3)
        });
        table.row(*name, figures.collect());
    }
    table.notes.push(format!(
        "{} pairs of four bars (the fifth to the eighth) of test performances; each of {WAY} bars against the \
         median bar of either.",
        pairs.len()
    ));
    table
}

/// All styles and seeds.
fn wanted() -> Vec<(usize, u64)> {
    let genres = 0..GENRES.len();
    genres
        .flat_map(|genre| (0..SEEDS).map(move |seed| (genre, seed)))
        .collect()
}

fn frames(band: &mut Band, bars: usize, seed: &Seed) -> Vec<Frame> {
    let mut stream = seed.stream("drums", 0);
    let sounds = vec![true; 16 * bars];
    let silent = &mut progress::unobserved;
    let played = play(band, &sounds, Decision::DEFAULT, &mut stream, silent);
    played.map(|played| played.frames).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "bars of some pieces")]
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

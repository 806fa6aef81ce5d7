//! What a network learns: how hard notes are struck.

use std::collections::BTreeMap;

use consort_corpus::Fold;
use consort_corpus::piano::{Corpus, Performance};
use consort_learn::{Batches, Loss, Noise, Objective, Seed, Split, Stream};

use super::config::{Curriculum, Shape};
use super::encoding::{Passage, Timed, View, timings};
use super::network::Network;
use super::roll::Roll;

mod notes;
mod rolls;

pub use notes::NoteBatch;
pub use rolls::RollBatch;

/// What a network learns from at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// For ours.
    Notes(NoteBatch),
    /// For that of the article.
    Rolls(RollBatch),
}

impl Objective for Network {
    type Batch = Batch;

    fn loss(&self, batch: &Batch, noise: &mut Noise) -> Loss {
        match (batch, &self.notes, &self.rolls) {
            (Batch::Notes(batch), Some(network), _) => network.loss(batch, noise),
            (Batch::Rolls(batch), _, Some(network)) => network.loss(batch, noise),
            _ => unreachable!("batches are made for the network"),
        }
    }
}

/// The distinct velocities that the article asks for of a performance.
pub const DISTINCT: usize = 20;

/// Whether the article would use a performance: in 4/4 throughout, with enough velocities.
pub fn is_articles(performance: &Performance) -> bool {
    performance.only_four_four() && performance.distinct_velocities() >= DISTINCT
}

/// Performances to learn from.
#[derive(Debug)]
pub struct Performances {
    styles: Vec<Style>,
    is_roll: bool,
    curriculum: Curriculum,
}

/// Those of a style.
#[derive(Debug)]
struct Style {
    /// Its number in the network.
    number: usize,
    corpus: Corpus,
    /// Performances to learn from, by index, and sums of their weights up to each.
    train: Vec<(usize, f64)>,
    /// Windows to validate on.
    valid: Vec<Window>,
    /// Notes to learn from.
    notes: usize,
}

/// A part of a performance.
#[derive(Clone, Copy, Debug)]
struct Window {
    performance: usize,
    view: View,
    from: usize,
}

/// Of how many windows one validates.
const VALID_STRIDE: usize = 4;

impl Performances {
    /// Performances of styles by number.
    pub fn new(
        corpora: Vec<(usize, Corpus)>,
        shape: &Shape,
        curriculum: Curriculum,
    ) -> Performances {
        let is_roll = matches!(shape, Shape::Rolls(_));
        let views: &[View] = match shape {
            Shape::Rolls(_) => &[View::Grid],
            Shape::Notes(_) if curriculum.notated_share >= 1.0 => &[View::Notated],
            Shape::Notes(_) => &[View::Performed, View::Grid],
        };
        let of_style = |(number, corpus)| Style::new(number, corpus, views, &curriculum);
        let mut styles: Vec<Style> = corpora.into_iter().map(of_style).collect();
        styles.retain(|style| !style.train.is_empty());
        Performances {
            styles,
            is_roll,
            curriculum,
        }
    }

    /// The style of a batch: in turns, or the likelier the more notes it has, by their root, so that a
    /// small one is not forgotten.
    fn style(&self, index: usize, stream: &mut Stream) -> &Style {
        if self.curriculum.alternating {
            return &self.styles[index % self.styles.len()];
        }
        #[expect(clippy::cast_precision_loss, reason = "a weight")]
        let weight = |style: &Style| (style.notes as f32).sqrt();
        let sum: f32 = self.styles.iter().map(weight).sum();
        let mut left = stream.uniform() * sum;
        let chosen = self.styles.iter().find(|style| {
            left -= weight(style);
            left < 0.0
        });
        chosen.unwrap_or(&self.styles[0])
    }

    fn drawn(&self, index: usize, mut stream: Stream) -> Batch {
        let style = self.style(index, &mut stream);
        if self.is_roll {
            Batch::Rolls(self.drawn_rolls(style, &mut stream))
        } else {
            Batch::Notes(self.drawn_notes(style, &mut stream))
        }
    }

    fn drawn_notes(&self, style: &Style, stream: &mut Stream) -> NoteBatch {
        let Curriculum {
            rows,
            steps,
            windows_per_draw,
            ..
        } = self.curriculum;
        let mut batch = NoteBatch::empty(style.number, rows, &self.curriculum);
        let mut row = 0;
        while row < rows {
            let (passage, timed, beats) = self.passage(style, style.draw(stream), stream);
            let room = passage.events.len().saturating_sub(steps);
            let windows = windows_per_draw.clamp(1, rows - row);
            let froms: Vec<usize> = (0..windows).map(|_| stream.below(room + 1)).collect();
            batch.fill(row, &passage, &timed, &froms, beats);
            row += windows;
        }
        batch
    }

    fn drawn_rolls(&self, style: &Style, stream: &mut Stream) -> RollBatch {
        let Curriculum { rows, steps, .. } = self.curriculum;
        let mut batch = RollBatch::empty(style.number, rows, steps);
        for row in 0..rows {
            let performance = &style.corpus.performances[style.draw(stream)];
            if let Some(roll) = Roll::of(&Passage::on_grid(performance)) {
                let room = roll.sounds.len().saturating_sub(steps);
                batch.fill(row, &roll, stream.below(room + 1));
            }
        }
        batch
    }

    /// A performance in a view, moved a little, when its notes are played if it is read from the page, and
    /// whether its beats are told.
    fn passage(
        &self,
        style: &Style,
        index: usize,
        stream: &mut Stream,
    ) -> (Passage, Vec<Timed>, bool) {
        let performance = &style.corpus.performances[index];
        let Curriculum {
            grid_share,
            notated_share,
            beatless_share,
            transposition,
            stretch,
            ..
        } = self.curriculum;
        let which = stream.uniform();
        let mut timed = Vec::new();
        let score = style.corpus.score_of(performance);
        let passage = match score.filter(|_| performance.matches_score) {
            Some(score) if which >= 1.0 - notated_share => {
                let passage = Passage::notated(performance, score);
                timed = timings(&passage, performance, score);
                passage
            }
            _ if which < grid_share => Passage::on_grid(performance),
            _ => Passage::performed(performance),
        };
        let up = stream.below(2 * transposition + 1);
        let semitones = i32::try_from(up).unwrap_or(0) - i32::try_from(transposition).unwrap_or(0);
        let times = f64::from(stretch * (2.0 * stream.uniform() - 1.0)).exp();
        let beats = !stream.chance(beatless_share);
        (passage.moved(semitones, times), timed, beats)
    }

    /// A validation batch.
    fn valid(&self, index: usize) -> Batch {
        let Curriculum { rows, steps, .. } = self.curriculum;
        let mut left = index;
        for style in &self.styles {
            let batches = style.valid.len().div_ceil(rows);
            if left >= batches {
                left -= batches;
                continue;
            }
            let windows = style.valid.chunks(rows).nth(left).unwrap_or_default();
            let performance = |window: &Window| &style.corpus.performances[window.performance];
            if self.is_roll {
                let mut batch = RollBatch::empty(style.number, windows.len(), steps);
                for (row, window) in windows.iter().enumerate() {
                    if let Some(roll) = Roll::of(&Passage::on_grid(performance(window))) {
                        batch.fill(row, &roll, window.from);
                    }
                }
                return Batch::Rolls(batch);
            }
            let mut batch = NoteBatch::empty(style.number, windows.len(), &self.curriculum);
            for (row, window) in windows.iter().enumerate() {
                let performance = performance(window);
                let score = style.corpus.score_of(performance);
                let (passage, timed) = match (window.view, score) {
                    (View::Notated, Some(score)) => {
                        let passage = Passage::notated(performance, score);
                        let timed = timings(&passage, performance, score);
                        (passage, timed)
                    }
                    (View::Grid, _) => (Passage::on_grid(performance), Vec::new()),
                    _ => (Passage::performed(performance), Vec::new()),
                };
                batch.fill(row, &passage, &timed, &[window.from], true);
            }
            return Batch::Notes(batch);
        }
        unreachable!("there are as many batches as were told")
    }
}

impl Style {
    fn new(number: usize, corpus: Corpus, views: &[View], curriculum: &Curriculum) -> Style {
        let is_roll = views == [View::Grid];
        let from_page = views == [View::Notated];
        let usable = |fold: Fold| {
            let performances = corpus.performances.iter().enumerate();
            performances.filter(move |(_, one)| {
                let is_fit = !one.is_misannotated() && !one.is_duplicate();
                let is_on_page = one.score.is_some() && one.matches_score;
                one.fold == fold
                    && !one.reserved
                    && is_fit
                    && (!is_roll || is_articles(one))
                    && (!from_page || is_on_page)
            })
        };
        let mut takes: BTreeMap<&str, f64> = BTreeMap::new();
        for (_, one) in usable(Fold::Train) {
            *takes.entry(&one.work).or_default() += 1.0;
        }
        let mut sum = 0.0;
        let train = usable(Fold::Train).map(|(index, one)| {
            #[expect(clippy::cast_precision_loss, reason = "a weight")]
            let notes = one.notes.len() as f64;
            sum += notes.powf(0.75) / takes[one.work.as_str()].powf(curriculum.work_share);
            (index, sum)
        });
        let train: Vec<(usize, f64)> = train.collect();
        let stride = curriculum.steps.max(1) * VALID_STRIDE;
        let mut valid = Vec::new();
        for &view in views {
            for (performance, one) in usable(Fold::Valid) {
                let length = if is_roll {
                    Roll::of(&Passage::on_grid(one)).map_or(0, |roll| roll.sounds.len())
                } else if let (View::Notated, Some(score)) = (view, corpus.score_of(one)) {
                    score.notes.len()
                } else {
                    one.notes.len()
                };
                let froms = (0..length).step_by(stride);
                valid.extend(froms.map(|from| Window {
                    performance,
                    view,
                    from,
                }));
            }
        }
        let notes = usable(Fold::Train).map(|(_, one)| one.notes.len()).sum();
        Style {
            number,
            train,
            valid,
            notes,
            corpus,
        }
    }

    /// A performance, by index.
    fn draw(&self, stream: &mut Stream) -> usize {
        let sum = self.train.last().map_or(0.0, |&(_, sum)| sum);
        let at = f64::from(stream.uniform()) * sum;
        let place = self.train.partition_point(|&(_, up_to)| up_to <= at);
        self.train[place.min(self.train.len() - 1)].0
    }
}

impl Batches for Performances {
    type Batch = Batch;

    fn batches_per_epoch(&self, split: Split) -> usize {
        let Curriculum { rows, steps, .. } = self.curriculum;
        match split {
            Split::Train => {
                let notes: usize = self.styles.iter().map(|style| style.notes).sum();
                notes.div_ceil(rows * steps)
            }
            Split::Valid | Split::Test => {
                let batches = |style: &Style| style.valid.len().div_ceil(rows);
                self.styles.iter().map(batches).sum()
            }
        }
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Batch {
        match split {
            Split::Train => {
                let stream = seed.derive("epoch", epoch).stream("batch", index as u64);
                self.drawn(index, stream)
            }
            Split::Valid | Split::Test => self.valid(index),
        }
    }
}

//! Held-out drumming, foretold step by step: which drums are struck next.

use consort_corpus::Fold;
use consort_corpus::groove::Performance;
use consort_learn::Observer;
use consort_learn::stepper::Precision;
use consort_music::Metre;
use consort_music::grid::Drum;
use rayon::prelude::*;

use super::counts::{Counts, Foretold};
use super::{Item, Study, is_common_beat, trees};
use crate::error::Error;
use crate::families::drums::encoding::{BY_FREQUENCY, Conditions, DRUMS, Grid, Groove};
use crate::families::drums::network::{Player, WRITING, marginals};
use crate::families::drums::objective::conditions_of;
use crate::families::protocol::tell;
use crate::report::{Figure, Table};

/// Probabilities are kept this far from 0 and 1.
const EDGE: f64 = 1e-6;

/// What was foretold, against what was played.
#[derive(Clone, Debug, Default)]
struct Tally {
    steps: f64,
    /// Nats of each drum.
    nats: [f64; DRUMS],
    /// Nats of the combinations, for models that know of them.
    joint: f64,
    right: [f64; DRUMS],
    wrong: [f64; DRUMS],
    missed: [f64; DRUMS],
}

impl Tally {
    fn add(&mut self, foretold: &[f64; DRUMS], combination: u16) {
        self.steps += 1.0;
        for (drum, p) in foretold.iter().enumerate() {
            let struck = combination >> drum & 1 == 1;
            let p = p.clamp(EDGE, 1.0 - EDGE);
            self.nats[drum] -= if struck { p.ln() } else { (1.0 - p).ln() };
            match (p > 0.5, struck) {
                (true, true) => self.right[drum] += 1.0,
                (true, false) => self.wrong[drum] += 1.0,
                (false, true) => self.missed[drum] += 1.0,
                (false, false) => {}
            }
        }
    }

    fn and(mut self, other: Tally) -> Tally {
        self.steps += other.steps;
        self.joint += other.joint;
        for drum in 0..DRUMS {
            self.nats[drum] += other.nats[drum];
            self.right[drum] += other.right[drum];
            self.wrong[drum] += other.wrong[drum];
            self.missed[drum] += other.missed[drum];
        }
        self
    }

    /// Nats per step, summed over some of the drums.
    fn cross_entropy(&self, drums: &[Drum]) -> f64 {
        let nats = drums.iter().map(|&drum| self.nats[drum as usize]);
        nats.sum::<f64>() / self.steps.max(1.0)
    }

    /// The harmonic mean of precision and recall of strokes likelier than not, over some of the drums.
    fn f1(&self, drums: &[Drum]) -> f64 {
        let sum = |of: &[f64; DRUMS]| drums.iter().map(|&drum| of[drum as usize]).sum::<f64>();
        let right = 2.0 * sum(&self.right);
        right / (right + sum(&self.wrong) + sum(&self.missed)).max(1.0)
    }
}

/// The six drums that are struck most.
fn six() -> &'static [Drum] {
    &BY_FREQUENCY[..6]
}

/// A set of performances that is reported on.
pub(super) struct Set {
    pub(super) name: &'static str,
    fold: Fold,
    wanted: fn(&Performance) -> bool,
}

pub(super) const SETS: [Set; 5] = [
    Set {
        name: "test, beats in 4/4",
        fold: Fold::Test,
        wanted: is_common_beat,
    },
    Set {
        name: "test, all files",
        fold: Fold::Test,
        wanted: |_| true,
    },
    Set {
        name: "test, `eval_session`",
        fold: Fold::Test,
        wanted: Performance::is_eval_session,
    },
    Set {
        name: "test, beats in 4/4 of other sessions",
        fold: Fold::Test,
        wanted: |performance| is_common_beat(performance) && !performance.is_eval_session(),
    },
    Set {
        name: "valid, beats in 4/4",
        fold: Fold::Valid,
        wanted: is_common_beat,
    },
];

pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let grid = study.network.grid();
    let learnt = study.items(Fold::Train, is_common_beat);
    let bar = grid.per_bar(Metre::COMMON);
    let counts = Counts::of(learnt.iter().map(|item| item.groove), bar);
    let player = Player::new(study.network, Precision::F32);
    let mut tables = Vec::new();
    for (done, set) in SETS.iter().enumerate() {
        tell(observe, "set", done, SETS.len())?;
        let items = study.items(set.fold, set.wanted);
        tables.push(of_set(study, set, &items, &counts, &player));
    }
    tell(observe, "set", SETS.len(), SETS.len())?;
    Ok(tables)
}

/// A model that counted.
type Model = fn(&Counts, &Groove) -> Foretold;

/// The table of a set of performances.
fn of_set(
    study: &Study<'_>,
    set: &Set,
    items: &[Item<'_>],
    counts: &Counts,
    player: &Player,
) -> Table {
    let steps: usize = items.iter().map(|item| item.groove.frames.len()).sum();
    let grid = match study.network.grid() {
        Grid::Sixteenths => "sixteenths",
        Grid::ThirtySeconds => "thirty-seconds",
    };
    let title = format!(
        "What comes next: {}, {} performances, {steps} {grid}",
        set.name,
        items.len()
    );
    let mut columns = vec!["", "nine drums", "six drums", "combination", "F1"];
    columns.extend(DRUM_NAMES);
    let mut table = Table::new(title, &columns);
    if !counts.is_empty() {
        let models: [(&str, Model); 4] = [
            ("each drum as often as ever", Counts::marginal),
            ("by place in the bar", Counts::by_place),
            ("by the bar before and place", Counts::copy),
            (
                "mean of past bars at the place, which forgets",
                Counts::running,
            ),
        ];
        for (name, model) in models {
            let tally = items.par_iter().map(|item| {
                let mut tally = Tally::default();
                let steps = model(counts, item.groove)
                    .into_iter()
                    .zip(&item.groove.frames);
                steps.for_each(|(foretold, frame)| tally.add(&foretold, frame.combination()));
                tally
            });
            let tally = sum(tally);
            table.row(name, figures(&tally, &Drum::ALL, false));
        }
    }
    for (name, [nine, six, f1]) in trees::steps(study.network.grid(), set.name) {
        table.row(name, vec![nine, six, Figure::Absent(()), f1]);
    }
    let network = |player: &Player, told: bool| {
        let of = |item: &Item<'_>| foretell(player, item, told);
        sum(items.par_iter().map(of))
    };
    table.row(
        "the network",
        figures(&network(player, true), study.network.drums(), true),
    );
    if study.network.has_expression() {
        let tally = network(player, false);
        table.row(
            "the network, not told style and tempo",
            figures(&tally, &Drum::ALL, true),
        );
        let small = Player::new(study.network, WRITING);
        let tally = network(&small, true);
        table.row(
            "the network with the weights it plays with",
            figures(&tally, &Drum::ALL, true),
        );
    }
    table.notes.push(
        "Cross-entropy in nats per step, summed over the drums, each foretold from all steps before; steps \
         from the first to the last stroke, the loudest stroke of a drum in a step. Combination: the nats of \
         all nine drums together. F1: strokes likelier than not, all drums that a model knows in one count, then drum by drum. \
         Counts and trees are fitted on the beats in 4/4 of the training fold; the trees are those of \
         `evaluations/drums/boosted_trees.json`. The network is told style and tempo \
         unless said otherwise."
            .to_owned(),
    );
    table
}

const DRUM_NAMES: [&str; DRUMS] = [
    "F1 kick",
    "snare",
    "closed hat",
    "open hat",
    "low tom",
    "mid tom",
    "high tom",
    "crash",
    "ride",
];

/// What a network says of a performance.
fn foretell(player: &Player, item: &Item<'_>, told: bool) -> Tally {
    let mut player = player.clone();
    let conditions = if told {
        conditions_of(item.groove)
    } else {
        Conditions::default()
    };
    player.begin(item.groove.metre, conditions);
    let mut tally = Tally::default();
    for &frame in &item.groove.frames {
        let combination = frame.combination();
        let next = player.next();
        tally.add(&marginals(next).map(f64::from), combination);
        tally.joint -= f64::from(next[usize::from(combination)]).max(EDGE.ln());
        player.hear(frame);
    }
    tally
}

fn sum(tallies: impl IndexedParallelIterator<Item = Tally>) -> Tally {
    let all: Vec<Tally> = tallies.collect();
    all.into_iter().fold(Tally::default(), Tally::and)
}

/// The figures of a model that knows some of the drums, and perhaps their combinations.
fn figures(tally: &Tally, known: &[Drum], knows_combinations: bool) -> Vec<Figure> {
    let knows_all = known.len() == DRUMS;
    let only = |condition: bool, value: f64| {
        if condition {
            Figure::measured(value, 4)
        } else {
            Figure::Absent(())
        }
    };
    let joint = tally.joint / tally.steps.max(1.0);
    let mut figures = vec![
        only(knows_all, tally.cross_entropy(&Drum::ALL)),
        Figure::measured(tally.cross_entropy(six()), 4),
        only(knows_all && knows_combinations, joint),
        Figure::measured(tally.f1(known), 4),
    ];
    let of_drum = |drum| match known.contains(&drum) {
        true => Figure::measured(tally.f1(&[drum]), 3),
        false => Figure::Absent(()),
    };
    figures.extend(Drum::ALL.map(of_drum));
    figures
}

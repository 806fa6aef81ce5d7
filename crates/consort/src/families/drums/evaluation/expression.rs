//! How strokes are played: their velocities and moments, where it is known which there are.

use consort_corpus::Fold;
use consort_learn::Observer;
use consort_learn::stepper::Precision;
use consort_music::Metre;
use consort_music::grid::Hit;
use rayon::prelude::*;

use super::{Item, Study, is_common_beat, trees};
use crate::error::Error;
use crate::families::drums::encoding::{
    DRUMS, Frame, Stroked, drums_of, moment_of_class, velocity_of_class,
};
use crate::families::drums::network::Player;
use crate::families::drums::objective::conditions_of;
use crate::families::protocol::tell;
use crate::report::{Figure, Table};

/// Errors of a model: sums of absolute differences.
#[derive(Clone, Copy, Debug, Default)]
struct Errors {
    strokes: f64,
    velocity: f64,
    /// In ms.
    moment: f64,
}

impl Errors {
    fn add(&mut self, velocity: f64, offset: f64, hit: Hit, step_s: f64) {
        self.strokes += 1.0;
        self.velocity += (velocity - f64::from(hit.velocity.midi())).abs();
        self.moment += (offset - f64::from(hit.offset)).abs() * step_s * 1000.0;
    }

    fn and(mut self, other: Errors) -> Errors {
        self.strokes += other.strokes;
        self.velocity += other.velocity;
        self.moment += other.moment;
        self
    }

    fn figures(&self) -> Vec<Figure> {
        let mean = |sum: f64| Figure::measured(sum / self.strokes.max(1.0), 2);
        vec![mean(self.velocity), mean(self.moment)]
    }
}

/// Mean velocities and moments of a training fold, by drum and by place and drum.
struct Means {
    /// `[place][drum]`: strokes, velocity, offset.
    places: Vec<[[f64; 3]; DRUMS]>,
    drums: [[f64; 3]; DRUMS],
}

impl Means {
    fn of(items: &[Item<'_>], bar: usize) -> Means {
        let mut means = Means {
            places: vec![[[0.0; 3]; DRUMS]; bar],
            drums: [[0.0; 3]; DRUMS],
        };
        for item in items {
            for (at, frame) in item.groove.frames.iter().enumerate() {
                for (drum, hit) in frame.strokes.iter().enumerate() {
                    let Some(hit) = hit else { continue };
                    let played = [1.0, f64::from(hit.velocity.midi()), f64::from(hit.offset)];
                    for sums in [&mut means.places[at % bar][drum], &mut means.drums[drum]] {
                        sums.iter_mut().zip(played).for_each(|(sum, x)| *sum += x);
                    }
                }
            }
        }
        means
    }

    /// The mean of a drum, and of a drum at a place, where it has been struck.
    fn told(sums: [f64; 3]) -> Option<(f64, f64)> {
        (sums[0] > 0.0).then(|| (sums[1] / sums[0], sums[2] / sums[0]))
    }

    fn of_drum(&self, drum: usize) -> (f64, f64) {
        Means::told(self.drums[drum]).unwrap_or((80.0, 0.0))
    }

    fn at(&self, place: usize, drum: usize) -> (f64, f64) {
        let place = self.places[place % self.places.len()][drum];
        Means::told(place).unwrap_or_else(|| self.of_drum(drum))
    }
}

pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    if !study.network.has_expression() {
        return Ok(Vec::new());
    }
    tell(observe, "set", 0, 2)?;
    let bar = study.network.grid().per_bar(Metre::COMMON);
    let means = Means::of(&study.items(Fold::Train, is_common_beat), bar);
    let sets = [
        ("beats in 4/4", study.items(Fold::Test, is_common_beat)),
        ("all files", study.items(Fold::Test, |_| true)),
        (
            "`eval_session`",
            study.items(Fold::Test, |p| p.is_eval_session()),
        ),
        (
            "beats in 4/4 of other sessions",
            study.items(Fold::Test, |p| is_common_beat(p) && !p.is_eval_session()),
        ),
    ];
    let mut columns = vec!["".to_owned()];
    for (name, _) in &sets {
        columns.push(format!("{name}: velocity"));
        columns.push("ms".to_owned());
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new(
        "How strokes are played, test fold: mean absolute errors",
        &columns,
    );
    let player = Player::new(study.network, Precision::F32);
    type Model<'a> = dyn Fn(&Item<'_>) -> Errors + Sync + 'a;
    let of_drum = |item: &Item<'_>| by(item, |_, drum| means.of_drum(drum));
    let on_time = |item: &Item<'_>| by(item, |_, drum| (means.of_drum(drum).0, 0.0));
    let at_place = |item: &Item<'_>| by(item, |at, drum| means.at(at % item.groove.bar(), drum));
    let last_bar = |item: &Item<'_>| {
        by(item, |at, drum| {
            let then = at.checked_sub(item.groove.bar());
            let hit = then.and_then(|then| item.groove.frames[then].strokes[drum]);
            let last = hit.map(|hit| (f64::from(hit.velocity.midi()), f64::from(hit.offset)));
            last.unwrap_or_else(|| means.at(at % item.groove.bar(), drum))
        })
    };
    let apart = |item: &Item<'_>| by_network(&player, item, false);
    let together = |item: &Item<'_>| by_network(&player, item, true);
    let models: [(&str, &Model<'_>); 6] = [
        ("mean of the drum, on time", &on_time),
        ("mean of the drum", &of_drum),
        ("mean of the drum at the place", &at_place),
        ("as in the last bar, where it was struck", &last_bar),
        ("the network, from the steps before", &apart),
        (
            "the network, told the other strokes of the step too",
            &together,
        ),
    ];
    for (name, model) in models {
        let mut figures = Vec::new();
        for (_, items) in &sets {
            let all: Vec<Errors> = items.par_iter().map(model).collect();
            let sum = all.into_iter().fold(Errors::default(), Errors::and);
            figures.extend(sum.figures());
        }
        table.row(name, figures);
    }
    let names = sets.each_ref().map(|(name, _)| format!("test, {name}"));
    let names = names.each_ref().map(String::as_str);
    for (name, figures) in trees::manner(study.network.grid(), &names) {
        table.row(name, figures);
    }
    table.notes.push(
        "Velocity in units of MIDI, moments in ms, of the loudest stroke of a drum in a step, each foretold \
         from the true steps before and from which drums the step has. The network's figure is the median of \
         what it says. With \"told the other strokes\" it knows how the drums before this one in the order of \
         the kit are struck in the same step, as when it plays. Means are those of the beats in 4/4 of the \
         training fold."
            .to_owned(),
    );
    Ok(vec![table])
}

/// The errors of a model that says velocity and offset by step and drum.
fn by(item: &Item<'_>, says: impl Fn(usize, usize) -> (f64, f64)) -> Errors {
    let mut errors = Errors::default();
    for (at, frame) in item.groove.frames.iter().enumerate() {
        for (drum, hit) in frame.strokes.iter().enumerate() {
            if let Some(hit) = hit {
                let (velocity, offset) = says(at, drum);
                errors.add(velocity, offset, *hit, item.groove.step_s());
            }
        }
    }
    errors
}

fn by_network(player: &Player, item: &Item<'_>, together: bool) -> Errors {
    let mut player = player.clone();
    player.begin(item.groove.metre, conditions_of(item.groove));
    let mut errors = Errors::default();
    for &frame in &item.groove.frames {
        let combination = frame.combination();
        let mut known = Frame::default();
        for drum in drums_of(combination) {
            let Some(hit) = frame.strokes[drum] else {
                continue;
            };
            let stroked = Stroked {
                combination,
                known: &known,
                drum,
                second: false,
            };
            let manner = player.manner(stroked).expect("the network has expression");
            let velocity = velocity_of_class(median(&manner.velocities));
            let offset = moment_of_class(median(&manner.moments));
            errors.add(
                f64::from(velocity),
                f64::from(offset),
                hit,
                item.groove.step_s(),
            );
            if together {
                known.strokes[drum] = Some(hit);
            }
        }
        player.hear(frame);
    }
    errors
}

/// The class at which half of the probability is reached.
fn median(logs: &[f32]) -> usize {
    let mut sum = 0.0;
    let reached = logs.iter().position(|log| {
        sum += log.exp();
        sum >= 0.5
    });
    reached.unwrap_or(logs.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_has_half_on_either_side() {
        assert_eq!(median(&[0.2_f32, 0.2, 0.5, 0.1].map(f32::ln)), 2);
        assert_eq!(median(&[1.0_f32, 0.0].map(f32::ln)), 0);
    }
}

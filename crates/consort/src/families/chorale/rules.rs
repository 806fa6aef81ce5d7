//! The rules of voice leading as a cost on each draw.
//!
//! Drawing cells side by side, ours writes twenty times Bach's parallel fifths and more, although each
//! draw for itself is likely. So each draw looks at what is already there: a candidate loses some of
//! its log-probability for every rule that it would break with visible neighbours. Nothing is
//! forbidden, and where the network is sure, as Bach sometimes was, it has its way.

use consort_music::Pitch;
use consort_music::statistics::motion::{
    Perfect, antiparallel_perfect, crosses, distance, hidden_perfect, overlaps, parallel_perfect,
};

use super::encoding::{Grid, VOICES, Window, pitch_of};

/// What breaking each rule costs, in nats of log-probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Parallel fifths, octaves or unisons between any two voices.
    pub parallel: f32,
    /// The same by contrary motion.
    pub antiparallel: f32,
    /// A fifth or octave between soprano and bass, reached from the same direction with a leap of
    /// the soprano.
    pub hidden: f32,
    /// A voice above its upper neighbour.
    pub crossing: f32,
    /// A voice moving past the pitch that its neighbour has just left.
    pub overlap: f32,
    /// More than an octave between neighbours of the upper three voices.
    pub spacing: f32,
    /// A change of pitch on a sixteenth that no eighth begins with.
    pub off_beat: f32,
    /// A leap of a tritone, a seventh or more than an octave.
    pub leap: f32,
    /// Silence while another voice sings.
    pub silence: f32,
}

impl Rules {
    /// What our sampler obeys (the table of samplers in the evaluation shows what each
    /// costs and saves).
    pub const DEFAULT: Rules = Rules {
        parallel: 14.0,
        antiparallel: 4.0,
        hidden: 1.0,
        crossing: 0.3,
        overlap: 0.5,
        spacing: 1.0,
        off_beat: 3.0,
        leap: 1.0,
        silence: 8.0,
    };

    /// What costs nothing: the network alone.
    pub const NONE: Rules = Rules {
        parallel: 0.0,
        antiparallel: 0.0,
        hidden: 0.0,
        crossing: 0.0,
        overlap: 0.0,
        spacing: 0.0,
        off_beat: 0.0,
        leap: 0.0,
        silence: 0.0,
    };

    /// What each class would cost at a cell, against the cells of `window` that are known.
    pub fn costs(&self, window: &Window, step: usize, voice: usize, costs: &mut [f32]) {
        let scene = Scene::of(window, step, voice);
        for (class, cost) in costs.iter_mut().enumerate() {
            let class = u8::try_from(class).expect("there are 47 classes");
            *cost = match pitch_of(class) {
                Some(pitch) => self.cost(&scene, pitch),
                None if scene.others.iter().any(|other| other.now.is_some()) => self.silence,
                None => 0.0,
            };
        }
    }

    fn cost(&self, scene: &Scene, pitch: Pitch) -> f32 {
        let mut cost = 0.0;
        for (other, moment) in scene.others.iter().enumerate() {
            let Some(beside) = moment.now.filter(|_| other != scene.voice) else {
                continue;
            };
            let neighbours = other.abs_diff(scene.voice) == 1;
            let pair = |mine: Pitch, theirs: Pitch| {
                if other < scene.voice {
                    (mine, theirs)
                } else {
                    (theirs, mine)
                }
            };
            let (lower, upper) = pair(pitch, beside);
            if crosses(lower, upper) {
                cost += self.crossing;
            }
            let upper_voices = scene.voice.max(other) < VOICES - 1;
            if neighbours && upper_voices && distance(lower, upper) > 12 {
                cost += self.spacing;
            }
            let outer = scene.voice.min(other) == 0 && scene.voice.max(other) == VOICES - 1;
            if let (Some(mine), Some(theirs)) = (scene.before, moment.before) {
                cost += self.motion(pair(mine, theirs), (lower, upper), neighbours, outer);
            }
            if let (Some(mine), Some(theirs)) = (scene.after, moment.after) {
                cost += self.motion((lower, upper), pair(mine, theirs), neighbours, outer);
            }
        }
        let leaps = [scene.before, scene.after].into_iter().flatten();
        let awkward = leaps
            .map(|other| distance(pitch, other))
            .filter(|&d| matches!(d, 6 | 10 | 11) || d > 12);
        cost += self.leap * f32::from(u8::try_from(awkward.count()).expect("two at most"));
        let changes_off_beat = (scene.is_off_beat
            && scene.before.is_some_and(|before| before != pitch))
            || (scene.next_is_off_beat && scene.after.is_some_and(|after| after != pitch));
        if changes_off_beat {
            cost + self.off_beat
        } else {
            cost
        }
    }

    /// What a pair of voices costs between two moments, `(lower, upper)` each.
    fn motion(
        &self,
        before: (Pitch, Pitch),
        after: (Pitch, Pitch),
        neighbours: bool,
        outer: bool,
    ) -> f32 {
        let mut cost = 0.0;
        let broken = |found: Option<Perfect>, price: f32| if found.is_some() { price } else { 0.0 };
        cost += broken(
            parallel_perfect(before.0, before.1, after.0, after.1),
            self.parallel,
        );
        cost += broken(
            antiparallel_perfect(before.0, before.1, after.0, after.1),
            self.antiparallel,
        );
        if outer {
            cost += broken(
                hidden_perfect(before.0, before.1, after.0, after.1),
                self.hidden,
            );
        }
        if neighbours && overlaps(before.0, before.1, after.0, after.1) {
            cost += self.overlap;
        }
        cost
    }
}

/// What stands around a cell, as far as it is known.
struct Scene {
    voice: usize,
    before: Option<Pitch>,
    after: Option<Pitch>,
    others: [Beside; VOICES],
    is_off_beat: bool,
    next_is_off_beat: bool,
}

/// What another voice does around a cell, as far as it is known.
#[derive(Clone, Copy, Default)]
struct Beside {
    before: Option<Pitch>,
    now: Option<Pitch>,
    after: Option<Pitch>,
}

impl Scene {
    fn of(window: &Window, step: usize, voice: usize) -> Scene {
        let known = |step: Option<usize>, voice: usize| {
            let step = step.filter(|&step| step < window.steps())?;
            pitch_of(window.classes[step][voice]).filter(|_| window.known[step][voice])
        };
        let (before, after) = (step.checked_sub(1), Some(step + 1));
        let off_beat = |step: usize| {
            window.grid == Grid::Sixteenth
                && window
                    .moments
                    .get(step)
                    .is_some_and(|moment| moment.in_beat % 2 == 1)
        };
        Scene {
            voice,
            before: known(before, voice),
            after: known(after, voice),
            others: std::array::from_fn(|other| Beside {
                before: known(before, other),
                now: known(Some(step), other),
                after: known(after, other),
            }),
            is_off_beat: off_beat(step),
            next_is_off_beat: off_beat(step + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::chorale::encoding::{Attack, CLASSES, LOWEST, Moment, REST};

    /// Columns of soprano, alto, tenor, bass as MIDI numbers; 0 is hidden.
    fn window(columns: &[[u8; VOICES]]) -> Window {
        let class = |midi: u8| if midi == 0 { REST } else { midi - LOWEST };
        Window {
            grid: Grid::Sixteenth,
            classes: columns.iter().map(|column| column.map(class)).collect(),
            attacks: vec![[Attack::Unknown; VOICES]; columns.len()],
            tells_attacks: [false; VOICES],
            known: columns
                .iter()
                .map(|column| column.map(|midi| midi > 0))
                .collect(),
            moments: (0..columns.len())
                .map(|step| Moment {
                    in_beat: (step % 4) as u8,
                    ..Moment::default()
                })
                .collect(),
            centre: None,
        }
    }

    fn cost(rules: Rules, window: &Window, step: usize, voice: usize, midi: u8) -> f32 {
        let mut costs = [0.0; CLASSES];
        rules.costs(window, step, voice, &mut costs);
        costs[usize::from(midi - LOWEST)]
    }

    #[test]
    fn parallels_cost_on_either_side() {
        let rules = Rules {
            parallel: 8.0,
            ..Rules::NONE
        };
        // Bass C to D; a tenor on G would move in fifths to A.
        let after = window(&[[0, 0, 55, 48], [0, 0, 0, 50]]);
        assert_eq!(cost(rules, &after, 1, 2, 57), 8.0);
        assert_eq!(cost(rules, &after, 1, 2, 55), 0.0);
        let before = window(&[[0, 0, 0, 48], [0, 0, 57, 50]]);
        assert_eq!(cost(rules, &before, 0, 2, 55), 8.0);
        // What is hidden costs nothing.
        let hidden = window(&[[0, 0, 55, 48], [0, 0, 0, 0]]);
        assert_eq!(cost(rules, &hidden, 1, 2, 57), 0.0);
    }

    #[test]
    fn crossings_and_wide_spacing_cost() {
        let rules = Rules {
            crossing: 1.0,
            spacing: 2.0,
            ..Rules::NONE
        };
        let window = window(&[[72, 0, 55, 40]]);
        assert_eq!(cost(rules, &window, 0, 1, 74), 1.0 + 2.0);
        assert_eq!(cost(rules, &window, 0, 1, 54), 1.0 + 2.0);
        assert_eq!(cost(rules, &window, 0, 1, 64), 0.0);
    }

    #[test]
    fn changes_between_eighths_cost() {
        let rules = Rules {
            off_beat: 1.0,
            ..Rules::NONE
        };
        let window = window(&[[0, 60, 0, 0], [0, 0, 0, 0], [0, 62, 0, 0]]);
        assert_eq!(cost(rules, &window, 1, 1, 60), 0.0);
        assert_eq!(cost(rules, &window, 1, 1, 62), 1.0);
    }

    #[test]
    fn voices_are_silent_together() {
        let rules = Rules {
            silence: 5.0,
            ..Rules::NONE
        };
        let window = window(&[[67, 0, 0, 0], [0, 0, 0, 0]]);
        let mut costs = [0.0; CLASSES];
        rules.costs(&window, 0, 2, &mut costs);
        assert_eq!((costs[usize::from(REST)], costs[10]), (5.0, 0.0));
        rules.costs(&window, 1, 2, &mut costs);
        assert_eq!(costs[usize::from(REST)], 0.0);
    }

    #[test]
    fn the_outer_voices_may_not_leap_into_a_hidden_octave() {
        let rules = Rules {
            hidden: 3.0,
            ..Rules::NONE
        };
        let window = window(&[[67, 0, 0, 48], [72, 0, 0, 0]]);
        assert_eq!(cost(rules, &window, 1, 3, 60), 3.0);
        assert_eq!(cost(rules, &window, 1, 3, 45), 0.0);
    }
}

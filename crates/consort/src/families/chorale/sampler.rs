//! From holes to notes: the article's annealed Gibbs sampling, and ours with the rules of voice
//! leading inside every draw.

use std::ops::ControlFlow;

use consort_learn::draw::draw;
use consort_learn::{Observer, Progress, Stream};

use super::encoding::{Attack, CLASSES, REST, VOICES, Window};
use super::network::{Predict, Prediction};
use super::rules::Rules;
use crate::error::Error;
use crate::piece::TracePoint;

/// How holes are filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Annealed blocked Gibbs sampling (Yao et al. 2014, as the article uses it): in pass n of N each
    /// free cell is hidden with probability max(low, high - n (high - low) / (eta N)) and all hidden
    /// cells are drawn at once, each for itself.
    Gibbs {
        /// The probability in the first pass; .9 in the article.
        high: f32,
        /// The lowest probability; .03 in the article.
        low: f32,
        /// The share of the passes after which it is reached; .85 in the article.
        eta: f32,
    },
    /// The surest cells first, then some passes of Gibbs sampling that mend what does not fit; every
    /// draw sees the draws before it and pays for the rules that it breaks with them.
    Ruled {
        /// The rules.
        rules: Rules,
        /// How much chance has a say in which cells are surest, as the scale of Gumbel noise in the
        /// first pass; it falls to nothing in the last (Chang et al. 2022).
        heat: f32,
        /// The share of the passes that mend.
        mending: f32,
        /// The probabilities of being redrawn in the first and the last pass that mends.
        redrawn: (f32, f32),
    },
}

/// How a window is filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// The method.
    pub method: Method,
    /// Passes of the network.
    pub passes: usize,
    /// By how much log-probabilities are divided before a draw; 1 is as learnt.
    pub temperature: f32,
}

/// Fills the hidden cells of `window`, which are the free ones: those that are known at first never
/// change. Returns the course of the draws.
///
/// # Errors
/// [`Error::Stopped`] if the observer stops it.
pub fn fill(
    predictor: &dyn Predict,
    window: &mut Window,
    sampling: &Sampling,
    stream: &mut Stream,
    observe: &mut Observer<'_>,
) -> Result<Vec<TracePoint>, Error> {
    let free: Vec<(usize, usize)> = hidden_cells(window);
    let mut work = Work {
        predictor,
        window,
        free,
        sampling,
        stream,
        trace: Vec::new(),
    };
    for pass in 0..sampling.passes {
        match sampling.method {
            Method::Gibbs { high, low, eta } => {
                let rules = Rules::NONE;
                let slope = (high - low) / (eta * real(sampling.passes));
                let p = (high - real(pass) * slope).max(low);
                work.redraw(if pass == 0 { 1.0 } else { p }, rules);
            }
            Method::Ruled {
                rules,
                heat,
                mending,
                redrawn: (first, last),
            } => {
                let mends = (real(sampling.passes) * mending).round() as usize;
                let reveals = sampling.passes - mends.min(sampling.passes - 1);
                if pass < reveals {
                    work.reveal(pass, reveals, heat, rules);
                } else {
                    let share = real(pass - reveals) / real(mends.saturating_sub(1).max(1));
                    work.redraw(first + (last - first) * share, rules);
                }
            }
        }
        let nll = work.trace.last().map(|point| f64::from(point.nll));
        let progress = Progress {
            unit: "pass",
            done: pass as u64 + 1,
            total: sampling.passes as u64,
            measure: nll,
            held_out: false,
        };
        if let ControlFlow::Break(()) = observe(progress) {
            return Err(Error::Stopped);
        }
    }
    work.strike();
    Ok(work.trace)
}

/// Cells that are not known, in order of time.
fn hidden_cells(window: &Window) -> Vec<(usize, usize)> {
    let cells = (0..window.steps()).flat_map(|step| (0..VOICES).map(move |voice| (step, voice)));
    cells
        .filter(|&(step, voice)| !window.known[step][voice])
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "passes and cells are few against 2^24"
)]
fn real(count: usize) -> f32 {
    count as f32
}

/// A window being filled.
struct Work<'a> {
    predictor: &'a dyn Predict,
    window: &'a mut Window,
    free: Vec<(usize, usize)>,
    sampling: &'a Sampling,
    stream: &'a mut Stream,
    trace: Vec<TracePoint>,
}

/// A draw and how likely the network thought it.
#[derive(Clone, Copy)]
struct Drawn {
    step: usize,
    voice: usize,
    class: u8,
    log_probability: f32,
    cost: f32,
}

impl Work<'_> {
    fn predict(&self) -> Prediction {
        let windows = std::slice::from_ref(&*self.window);
        self.predictor
            .predict(windows)
            .pop()
            .expect("a prediction for each window")
    }

    /// Draws one cell as things stand.
    fn draw(&mut self, prediction: &Prediction, cell: (usize, usize), rules: Rules) -> Drawn {
        let (step, voice) = cell;
        let log_probabilities = prediction.cell(step, voice);
        let mut costs = [0.0; CLASSES];
        if rules != Rules::NONE {
            rules.costs(self.window, step, voice, &mut costs);
        }
        let mut priced = [0.0; CLASSES];
        for ((priced, log_probability), cost) in
            priced.iter_mut().zip(log_probabilities).zip(&costs)
        {
            *priced = log_probability - cost;
        }
        let class =
            draw(&priced, self.sampling.temperature, self.stream).unwrap_or(usize::from(REST));
        Drawn {
            step,
            voice,
            class: u8::try_from(class).expect("there are 47 classes"),
            log_probability: log_probabilities[class],
            cost: costs[class],
        }
    }

    fn put(&mut self, drawn: Drawn) {
        self.window.classes[drawn.step][drawn.voice] = drawn.class;
        self.window.known[drawn.step][drawn.voice] = true;
    }

    /// Hides each free cell with probability `p` and draws the hidden ones anew, in random order,
    /// each with an eye on those before it.
    fn redraw(&mut self, p: f32, rules: Rules) {
        let mut hidden: Vec<(usize, usize)> = Vec::new();
        for &(step, voice) in &self.free {
            if self.stream.chance(p) {
                self.window.known[step][voice] = false;
                hidden.push((step, voice));
            }
        }
        let prediction = self.predict();
        self.stream.shuffle(&mut hidden);
        let mut drawn = Vec::with_capacity(hidden.len());
        for cell in hidden {
            let one = self.draw(&prediction, cell, rules);
            self.put(one);
            drawn.push(one);
        }
        self.note(&drawn);
    }

    /// Draws every cell that is still hidden and keeps the surest, so that as many stay hidden as a
    /// straight line to none at the last pass allows.
    fn reveal(&mut self, pass: usize, passes: usize, heat: f32, rules: Rules) {
        let hidden = hidden_cells(self.window);
        let prediction = self.predict();
        let chance = heat * (1.0 - real(pass + 1) / real(passes));
        let mut ranked: Vec<(f32, Drawn)> = Vec::with_capacity(hidden.len());
        for cell in hidden {
            let drawn = self.draw(&prediction, cell, rules);
            let sureness = drawn.log_probability - drawn.cost + chance * self.stream.gumbel();
            ranked.push((sureness, drawn));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let stay = self.free.len() * (passes - pass - 1) / passes;
        ranked.truncate(ranked.len().saturating_sub(stay));
        let mut kept = Vec::with_capacity(ranked.len());
        for (_, mut drawn) in ranked {
            // What was revealed a moment ago may have made this draw break a rule.
            let mut costs = [0.0; CLASSES];
            rules.costs(self.window, drawn.step, drawn.voice, &mut costs);
            if costs[usize::from(drawn.class)] > drawn.cost {
                drawn = self.draw(&prediction, (drawn.step, drawn.voice), rules);
            }
            self.put(drawn);
            kept.push(drawn);
        }
        self.note(&kept);
    }

    fn note(&mut self, drawn: &[Drawn]) {
        let sum: f32 = drawn.iter().map(|drawn| -drawn.log_probability).sum();
        self.trace.push(TracePoint {
            pass: u32::try_from(self.trace.len() + 1).unwrap_or(u32::MAX),
            drawn: real(drawn.len()) / real(self.free.len()).max(1.0),
            nll: if drawn.is_empty() {
                0.0
            } else {
                sum / real(drawn.len())
            },
        });
    }

    /// Decides for each free cell that repeats a pitch whether it is held or struck anew.
    fn strike(&mut self) {
        let strikes = self.predict().strikes;
        for &(step, voice) in &self.free {
            let class = self.window.classes[step][voice];
            let repeats = step > 0 && self.window.classes[step - 1][voice] == class;
            let log_odds = strikes
                .as_ref()
                .map_or(f32::NEG_INFINITY, |all| all[step * VOICES + voice]);
            let log_odds = log_odds / self.sampling.temperature.max(f32::MIN_POSITIVE);
            let again = self.stream.uniform() < 1.0 / (1.0 + (-log_odds).exp());
            let attack = if repeats && !again {
                Attack::Held
            } else {
                Attack::Struck
            };
            self.window.attacks[step][voice] = if class == REST {
                Attack::Unknown
            } else {
                attack
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use consort_learn::{Seed, progress};

    use super::*;
    use crate::families::chorale::encoding::{Grid, Moment};

    /// Thinks every cell should be class `voice * 10`, with odds of e^4 against each other class.
    struct Certain;

    impl Predict for Certain {
        fn predict(&self, windows: &[Window]) -> Vec<Prediction> {
            let cell = |voice: usize| {
                let mut logits = vec![-4.0; CLASSES];
                logits[voice * 10] = 0.0;
                consort_learn::draw::log_softmax(&mut logits);
                logits
            };
            let of = |window: &Window| Prediction {
                classes: (0..window.steps())
                    .flat_map(|_| (0..VOICES).flat_map(cell))
                    .collect(),
                strikes: Some(vec![-20.0; window.steps() * VOICES]),
            };
            windows.iter().map(of).collect()
        }
    }

    fn window(steps: usize) -> Window {
        let mut known = vec![[false; VOICES]; steps];
        known[1][0] = true;
        Window {
            grid: Grid::Sixteenth,
            classes: vec![[33; VOICES]; steps],
            attacks: vec![[Attack::Unknown; VOICES]; steps],
            tells_attacks: [false; VOICES],
            known,
            moments: vec![Moment::default(); steps],
            centre: None,
        }
    }

    const GIBBS: Sampling = Sampling {
        method: Method::Gibbs {
            high: 0.9,
            low: 0.03,
            eta: 0.85,
        },
        passes: 12,
        temperature: 1.0,
    };
    const RULED: Sampling = Sampling {
        method: Method::Ruled {
            rules: Rules::NONE,
            heat: 2.0,
            mending: 0.4,
            redrawn: (0.25, 0.1),
        },
        ..GIBBS
    };

    fn filled(sampling: &Sampling, seed: u64) -> (Window, Vec<TracePoint>) {
        let mut window = window(16);
        let mut stream = Seed(seed).stream("test", 0);
        let trace = fill(
            &Certain,
            &mut window,
            sampling,
            &mut stream,
            &mut progress::unobserved,
        );
        (window, trace.expect("nothing stops it"))
    }

    #[test]
    fn everything_is_filled_and_what_is_given_stays() {
        for sampling in [GIBBS, RULED] {
            let (window, trace) = filled(&sampling, 1);
            assert_eq!(window.hidden(), 0);
            assert_eq!(window.classes[1][0], 33);
            let right = (0..16)
                .filter(|&step| window.classes[step][2] == 20)
                .count();
            assert!(right > 4, "{right} of 16 are what the network was sure of");
            assert_eq!(trace.len(), 12);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_and_another_another() {
        for sampling in [GIBBS, RULED] {
            assert_eq!(filled(&sampling, 1), filled(&sampling, 1));
            assert_ne!(filled(&sampling, 1).0, filled(&sampling, 2).0);
        }
    }

    #[test]
    fn gibbs_hides_less_and_less() {
        let (_, trace) = filled(&GIBBS, 1);
        assert_eq!(trace[0].drawn, 1.0);
        let half: f32 = trace[1..6].iter().map(|point| point.drawn).sum::<f32>() / 5.0;
        let end: f32 = trace[9..].iter().map(|point| point.drawn).sum::<f32>() / 3.0;
        assert!(half > 0.4 && end < 0.25, "{half} then {end}");
    }

    #[test]
    fn no_heat_gives_the_likeliest() {
        let (window, _) = filled(
            &Sampling {
                temperature: 0.0,
                ..RULED
            },
            1,
        );
        assert!(
            window
                .classes
                .iter()
                .all(|classes| classes[1..] == [10, 20, 30])
        );
    }

    #[test]
    fn an_observer_can_stop_it() {
        let mut stream = Seed(1).stream("test", 0);
        let mut stop = |_: Progress| ControlFlow::Break(());
        let result = fill(&Certain, &mut window(4), &GIBBS, &mut stream, &mut stop);
        assert!(matches!(result, Err(Error::Stopped)));
    }
}

//! What counting foretells: the models of which a network must be better to be worth its name.
//!
//! All are fitted on the beats in 4/4 of the training fold. They are those of the table of baselines that the
//! project began with; where that leaves a detail open, the page of the model says what it is here.

use crate::families::drums::encoding::{DRUMS, Groove, drums_of};

/// How likely each drum is struck at each step.
pub(super) type Foretold = Vec<[f64; DRUMS]>;

/// Counts of a training fold.
pub(super) struct Counts {
    steps: f64,
    marginal: [f64; DRUMS],
    /// By place in the bar.
    places: Vec<[f64; DRUMS]>,
    /// By place in the bar, and by what stood there in the bar before: nothing, a stroke, or no bar.
    copies: Vec<[[f64; 3]; DRUMS]>,
}

/// What has less weight than this many bars is smoothed towards what is usual at the place.
const SMOOTH: f64 = 0.6;

/// The share of a mean over bars that is left after a bar.
const KEPT: f64 = 0.87;

impl Counts {
    /// Counts over `grooves`, all in bars of `bar` steps.
    pub(super) fn of<'a>(grooves: impl IntoIterator<Item = &'a Groove>, bar: usize) -> Counts {
        let mut strokes = vec![[0.0; DRUMS]; bar];
        let mut times = vec![0.0; bar];
        let mut copied = vec![[[0.0; 3]; DRUMS]; bar];
        let mut copies = vec![[[0.0; 3]; DRUMS]; bar];
        for groove in grooves {
            let steps = groove.frames.len();
            for at in 0..steps {
                let place = at % bar;
                times[place] += 1.0;
                let combination = groove.frames[at].combination();
                for drum in 0..DRUMS {
                    let struck = f64::from(combination >> drum & 1);
                    strokes[place][drum] += struck;
                    let before = before(groove, at, bar, drum);
                    copies[place][drum][before] += struck;
                    copied[place][drum][before] += 1.0;
                }
            }
        }
        let steps: f64 = times.iter().sum();
        let mut marginal = [0.0; DRUMS];
        for strokes in &strokes {
            let both = marginal.iter_mut().zip(strokes);
            both.for_each(|(sum, count)| *sum += count / steps.max(1.0));
        }
        for (place, strokes) in strokes.iter_mut().enumerate() {
            for (drum, count) in strokes.iter_mut().enumerate() {
                *count = (*count + marginal[drum]) / (times[place] + 1.0);
                for before in 0..3 {
                    let copies = &mut copies[place][drum][before];
                    *copies = (*copies + *count) / (copied[place][drum][before] + 1.0);
                }
            }
        }
        Counts {
            steps,
            marginal,
            places: strokes,
            copies,
        }
    }

    /// Whether there was anything to count.
    pub(super) fn is_empty(&self) -> bool {
        self.steps < 1.0
    }

    /// Each drum as often as ever.
    pub(super) fn marginal(&self, groove: &Groove) -> Foretold {
        vec![self.marginal; groove.frames.len()]
    }

    /// Each drum as often as at this place of a bar.
    pub(super) fn by_place(&self, groove: &Groove) -> Foretold {
        let places = self.places.iter().cycle();
        places.take(groove.frames.len()).copied().collect()
    }

    /// Each drum as often as at this place where the bar before had it, or had it not.
    pub(super) fn copy(&self, groove: &Groove) -> Foretold {
        let bar = self.places.len();
        let step = |at: usize| {
            let place = &self.copies[at % bar];
            std::array::from_fn(|drum| place[drum][before(groove, at, bar, drum)])
        };
        (0..groove.frames.len()).map(step).collect()
    }

    /// Each drum as often as it stood at this place in the bars so far, of which those long ago count
    /// less: a bar [`KEPT`] of the next.
    pub(super) fn running(&self, groove: &Groove) -> Foretold {
        let bar = self.places.len();
        let mut sums = vec![[0.0; DRUMS]; bar];
        let mut weights = vec![0.0; bar];
        let mut foretold = Vec::with_capacity(groove.frames.len());
        for (at, frame) in groove.frames.iter().enumerate() {
            let place = at % bar;
            let usual = &self.places[place];
            foretold.push(std::array::from_fn(|drum| {
                (sums[place][drum] + SMOOTH * usual[drum]) / (weights[place] + SMOOTH)
            }));
            sums[place].iter_mut().for_each(|sum| *sum *= KEPT);
            weights[place] = weights[place] * KEPT + 1.0;
            drums_of(frame.combination()).for_each(|drum| sums[place][drum] += 1.0);
        }
        foretold
    }
}

/// What stood at the place in the bar before: 0 nothing, 1 a stroke, 2 there was no bar.
fn before(groove: &Groove, at: usize, bar: usize, drum: usize) -> usize {
    match at.checked_sub(bar) {
        Some(then) => usize::from(groove.frames[then].strokes[drum].is_some()),
        None => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::drums::encoding::{Frame, Grid};
    use consort_music::grid::Hit;
    use consort_music::{Metre, Velocity};

    /// A groove of bars of two steps, as combinations.
    fn groove(combinations: &[u16]) -> Groove {
        let frame = |&combination: &u16| {
            let mut frame = Frame::default();
            for drum in drums_of(combination) {
                frame.strokes[drum] = Some(Hit {
                    velocity: Velocity::DEFAULT,
                    offset: 0.0,
                });
            }
            frame
        };
        Groove {
            frames: combinations.iter().map(frame).collect(),
            grid: Grid::Sixteenths,
            metre: Metre::new(1, 8).unwrap(),
            tempo: 120.0,
            style: None,
            is_fill: false,
        }
    }

    #[test]
    fn counts_say_what_they_saw() {
        // The first drum always on the first step, the second every other time on the second.
        let bars = [1, 2, 1, 0].repeat(50);
        let learnt = groove(&bars);
        let counts = Counts::of([&learnt], 2);
        assert!(!counts.is_empty());
        assert!((counts.marginal(&learnt)[0][0] - 0.5).abs() < 0.01);
        let by_place = counts.by_place(&learnt);
        assert!(by_place[0][0] > 0.98 && by_place[1][0] < 0.02);
        assert!((by_place[1][1] - 0.5).abs() < 0.02);
        // After a bar with it there is none, and after one without there is.
        let copy = counts.copy(&learnt);
        assert!(copy[3][1] < 0.05 && copy[5][1] > 0.95, "{:?}", &copy[..6]);
        let running = counts.running(&groove(&[0; 40]));
        assert!(running[38][0] < 0.1 && running[38][0] < running[0][0]);
    }
}

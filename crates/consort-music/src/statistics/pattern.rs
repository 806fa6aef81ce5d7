//! What drums follow each other, and after how long: the pattern histogram.
//!
//! For each drum, after each of its strokes, it is counted which drums sound how many steps later, up
//! to four bars of four quarters. Beats, bars and backbeats show as ridges at their lags. The measure
//! is for one performance against another: pooled over many, a sampler without any memory comes as
//! close to people as people to each other.

use std::ops::AddAssign;

use super::groove::struck;
use crate::grid::{Drum, DrumGrid};

/// The steps in a quarter note of the grids that are meant here: 32nds.
pub const STEPS_PER_QUARTER: u32 = 8;

/// The furthest lag, in steps.
pub const LAGS: usize = 128;

const DRUMS: usize = Drum::ALL.len();

/// How often each drum sounds so many steps after each other: counts `[first, then, lag]`. They add
/// up over performances.
///
/// ```
/// use consort_music::grid::{Drum, DrumGrid, Hit};
/// use consort_music::statistics::PatternHistogram;
///
/// let mut grid = DrumGrid::new(64);
/// let hit = Hit { velocity: 100u8.try_into()?, offset: 0.0 };
/// for beat in 0..8 {
///     let drum = if beat % 2 == 0 { Drum::Kick } else { Drum::Snare };
///     grid.set(beat * 8, drum, Some(hit));
/// }
/// let pattern = PatternHistogram::of(&grid);
/// assert_eq!(pattern.count(Drum::Kick, Drum::Snare, 8), 4);
/// assert_eq!(pattern.count(Drum::Kick, Drum::Kick, 16), 3);
/// assert_eq!(pattern.count(Drum::Kick, Drum::Kick, 8), 0);
/// # Ok::<(), consort_music::OutOfRange>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternHistogram {
    /// Lag 1 first.
    counts: Vec<u64>,
}

impl Default for PatternHistogram {
    fn default() -> PatternHistogram {
        PatternHistogram {
            counts: vec![0; DRUMS * DRUMS * LAGS],
        }
    }
}

impl PatternHistogram {
    /// Counts one performance, on a grid of [`STEPS_PER_QUARTER`] for the lags to be 32nds. Takes time
    /// linear in the steps.
    pub fn of(grid: &DrumGrid) -> PatternHistogram {
        let steps: Vec<u16> = (0..grid.steps())
            .map(|step| struck(grid.frame(step)))
            .collect();
        let mut histogram = PatternHistogram::default();
        for (step, &now) in steps.iter().enumerate().filter(|(_, now)| **now != 0) {
            for (lag, &later) in steps[step + 1..].iter().take(LAGS).enumerate() {
                for first in drums(now) {
                    for then in drums(later) {
                        histogram.counts[(first * DRUMS + then) * LAGS + lag] += 1;
                    }
                }
            }
        }
        histogram
    }

    /// How often `then` sounds `lag` steps after a stroke of `first`.
    ///
    /// # Panics
    /// If `lag` is not from 1 to [`LAGS`].
    pub fn count(&self, first: Drum, then: Drum, lag: usize) -> u64 {
        assert!((1..=LAGS).contains(&lag), "a lag is from 1 to {LAGS}");
        self.after(first)[then as usize * LAGS + lag - 1]
    }

    /// How many strokes follow those of `first`, over all drums and lags.
    pub fn total(&self, first: Drum) -> u64 {
        self.after(first).iter().sum()
    }

    /// Whether nothing follows anything.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// The counts after `first` as shares of their total: `[then, lag]` with lag 1 first, 1 in sum.
    /// Nothing where nothing follows `first`.
    pub fn shares(&self, first: Drum) -> Option<Vec<f64>> {
        let total = self.total(first);
        let share = |&count: &u64| count as f64 / total as f64;
        (total > 0).then(|| self.after(first).iter().map(share).collect())
    }

    /// By how much the shares of `other` after `first` exceed those of this one: `[then, lag]`, 0 in
    /// sum. Nothing where one of the two has none.
    pub fn residual(&self, other: &PatternHistogram, first: Drum) -> Option<Vec<f64>> {
        let (ours, theirs) = (self.shares(first)?, other.shares(first)?);
        Some(ours.iter().zip(theirs).map(|(a, b)| b - a).collect())
    }

    /// How different the shares after `first` are, as the sum of their absolute differences: from 0 to
    /// 2, which those have that share nothing. Nothing where one of the two has none.
    pub fn distance(&self, other: &PatternHistogram, first: Drum) -> Option<f64> {
        let residual = self.residual(other, first)?;
        Some(residual.into_iter().map(f64::abs).sum())
    }

    /// `[then, lag]`
    fn after(&self, first: Drum) -> &[u64] {
        &self.counts[first as usize * DRUMS * LAGS..][..DRUMS * LAGS]
    }
}

impl AddAssign<&PatternHistogram> for PatternHistogram {
    fn add_assign(&mut self, other: &PatternHistogram) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }
}

/// The numbers of the drums in a set of bits.
fn drums(bits: u16) -> impl Iterator<Item = usize> {
    (0..DRUMS).filter(move |drum| bits >> drum & 1 == 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::testing::{drum_grid, drum_grids};

    #[test]
    fn lags_are_counted_from_every_stroke() {
        let cells = [
            (0, Drum::Kick),
            (0, Drum::Ride),
            (2, Drum::Snare),
            (3, Drum::Kick),
            (131, Drum::Snare),
            (132, Drum::Snare),
        ];
        let pattern = PatternHistogram::of(&drum_grid(140, cells));
        let after_kick = |then, lag| pattern.count(Drum::Kick, then, lag);
        assert_eq!(after_kick(Drum::Snare, 2), 1);
        assert_eq!(after_kick(Drum::Kick, 3), 1);
        assert_eq!(after_kick(Drum::Snare, 128), 1);
        assert_eq!(pattern.count(Drum::Snare, Drum::Kick, 1), 1);
        // What sounds together follows nothing, and what is 129 steps or more away is too far.
        assert_eq!(pattern.total(Drum::Kick), 3);
        assert_eq!(pattern.total(Drum::Ride), 2);
        assert_eq!(pattern.total(Drum::Crash), 0);
        assert_eq!(pattern.shares(Drum::Crash), None);
    }

    #[test]
    fn patterns_without_anything_in_common_are_two_apart() {
        let swing = PatternHistogram::of(&drum_grid(9, [(0, Drum::Kick), (6, Drum::Kick)]));
        let straight = PatternHistogram::of(&drum_grid(9, [(0, Drum::Kick), (8, Drum::Kick)]));
        assert_eq!(swing.distance(&straight, Drum::Kick), Some(2.0));
        assert_eq!(swing.distance(&swing, Drum::Kick), Some(0.0));
        assert_eq!(swing.distance(&straight, Drum::Snare), None);
        let residual = swing.residual(&straight, Drum::Kick).unwrap();
        assert_eq!((residual[5], residual[7]), (-1.0, 1.0));
    }

    /// `first`, so much silence, then `second`.
    fn joined(first: &DrumGrid, silence: usize, second: &DrumGrid) -> DrumGrid {
        let mut grid = DrumGrid::new(first.steps() + silence + second.steps());
        for (part, begin) in [(first, 0), (second, first.steps() + silence)] {
            for step in 0..part.steps() {
                for drum in Drum::ALL {
                    grid.set(begin + step, drum, part.hit(step, drum));
                }
            }
        }
        grid
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn performances_far_apart_add_up(first in drum_grids(150), second in drum_grids(90)) {
            let mut sum = PatternHistogram::of(&first);
            sum += &PatternHistogram::of(&second);
            prop_assert_eq!(PatternHistogram::of(&joined(&first, LAGS, &second)), sum);
        }

        #[test]
        fn every_pair_within_reach_counts_once(grid in drum_grids(200), lag in 1..=LAGS) {
            let pattern = PatternHistogram::of(&grid);
            for first in Drum::ALL {
                for then in Drum::ALL {
                    let pairs = (lag..grid.steps()).filter(|&step| {
                        grid.hit(step - lag, first).is_some() && grid.hit(step, then).is_some()
                    });
                    prop_assert_eq!(pattern.count(first, then, lag), pairs.count() as u64);
                }
            }
        }

        #[test]
        fn the_distance_is_a_metric(grids in prop::collection::vec(drum_grids(100), 3)) {
            let patterns: Vec<_> = grids.iter().map(PatternHistogram::of).collect();
            for drum in Drum::ALL {
                let between = |a: usize, b: usize| patterns[a].distance(&patterns[b], drum);
                prop_assert_eq!(between(0, 1), between(1, 0));
                if let (Some(ab), Some(bc), Some(ac)) = (between(0, 1), between(1, 2), between(0, 2)) {
                    prop_assert!((0.0..=2.0 + 1e-9).contains(&ab));
                    prop_assert!(ac <= ab + bc + 1e-9);
                }
                let shares = patterns[0].shares(drum);
                prop_assert!(shares.is_none_or(|shares| (shares.iter().sum::<f64>() - 1.0).abs() < 1e-9));
            }
        }
    }
}

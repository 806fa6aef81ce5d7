//! How drumming behaves from bar to bar: how much it repeats, and where its fills are.
//!
//! A bar is the set of its cells that are struck, a cell being a step in the bar and a drum; how hard
//! and how early or late plays no part. Drummers vary widely in all of these measures, so the range
//! over their performances, not its mean, is what an imitation is held to.

use std::collections::BTreeSet;

use crate::grid::{Drum, DrumGrid, Hit};

/// The bars among which distinct ones are counted.
const DISTINCT_OF: usize = 16;

/// By how much a fill is further from the median bar than the median of all bars is, as a Jaccard
/// distance.
const FILL_EXCESS: f64 = 0.2;

/// The cells of a bar that are struck.
///
/// ```
/// use consort_music::grid::{Drum, DrumGrid, Hit};
/// use consort_music::statistics::groove::bars;
///
/// let mut grid = DrumGrid::new(32);
/// let hit = Hit { velocity: 100u8.try_into()?, offset: 0.0 };
/// for (step, drum) in [(0, Drum::Kick), (8, Drum::Snare), (16, Drum::Kick), (28, Drum::Snare)] {
///     grid.set(step, drum, Some(hit));
/// }
/// let bars = bars(&grid, 16);
/// assert!(bars[0].strikes(8, Drum::Snare));
/// // One of three cells in common.
/// assert_eq!(bars[0].jaccard(&bars[1]), 1.0 / 3.0);
/// # Ok::<(), consort_music::OutOfRange>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bar {
    /// For each step the drums struck, as [`struck`] has them.
    steps: Vec<u16>,
}

impl Bar {
    /// Whether `drum` is struck at `step` of the bar, from 0.
    pub fn strikes(&self, step: usize, drum: Drum) -> bool {
        self.steps
            .get(step)
            .is_some_and(|drums| drums & bit(drum) != 0)
    }

    /// How many cells are struck.
    pub fn hits(&self) -> usize {
        count(self.steps.iter().copied())
    }

    /// The cells that both bars strike, of those that either does: from 0 to 1, which two silent bars
    /// have as well.
    pub fn jaccard(&self, other: &Bar) -> f64 {
        let length = self.steps.len().max(other.steps.len());
        let at = |bar: &Bar, step: usize| bar.steps.get(step).copied().unwrap_or_default();
        let both = count((0..length).map(|step| at(self, step) & at(other, step)));
        let either = count((0..length).map(|step| at(self, step) | at(other, step)));
        if either == 0 {
            1.0
        } else {
            share(both, either)
        }
    }

    /// The cells that half of `bars` or more strike.
    pub fn median(bars: &[Bar]) -> Bar {
        let length = bars.iter().map(|bar| bar.steps.len()).max().unwrap_or(0);
        let is_usual = |step: usize, drum: Drum| {
            let strike = bars.iter().filter(|bar| bar.strikes(step, drum)).count();
            strike * 2 >= bars.len()
        };
        let usual = |step: usize| {
            let drums = Drum::ALL.into_iter().filter(|&drum| is_usual(step, drum));
            drums.fold(0, |drums, drum| drums | bit(drum))
        };
        Bar {
            steps: (0..length).map(usual).collect(),
        }
    }
}

/// The bars of a grid, from its first step to its last stroke. The last bar counts if the last stroke
/// is in its second half: the stroke that ends a performance, or a cut in the midst of the first
/// beats, is no bar.
///
/// # Panics
/// If `steps_per_bar` is 0.
pub fn bars(grid: &DrumGrid, steps_per_bar: usize) -> Vec<Bar> {
    assert!(steps_per_bar > 0, "a bar has a step at least");
    let mut steps: Vec<u16> = (0..grid.steps())
        .map(|step| struck(grid.frame(step)))
        .collect();
    let last = steps.iter().rposition(|&drums| drums != 0);
    let length = last.map_or(0, |last| last + 1);
    let (whole, rest) = (length / steps_per_bar, length % steps_per_bar);
    let count = whole + usize::from(rest > steps_per_bar - rest);
    steps.resize(count * steps_per_bar, 0);
    steps
        .chunks(steps_per_bar)
        .map(|steps| Bar {
            steps: steps.to_vec(),
        })
        .collect()
}

/// Which of the [`bars`] of a grid are fills: those whose Jaccard distance from the median bar exceeds
/// the median of these distances by more than .2. `[bar]`.
///
/// # Panics
/// If `steps_per_bar` is 0.
pub fn fills(grid: &DrumGrid, steps_per_bar: usize) -> Vec<bool> {
    fills_among(&bars(grid, steps_per_bar))
}

fn fills_among(bars: &[Bar]) -> Vec<bool> {
    let usual = Bar::median(bars);
    let distances: Vec<f64> = bars.iter().map(|bar| 1.0 - bar.jaccard(&usual)).collect();
    let Some(median) = median(&distances) else {
        return Vec::new();
    };
    distances
        .into_iter()
        .map(|distance| distance > median + FILL_EXCESS)
        .collect()
}

/// What a performance does from bar to bar. A measure is missing where there are too few bars for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Behaviour {
    /// How many [`bars`] there are.
    pub bars: usize,
    /// The share of bars that equal the one before, of those that have one before.
    pub repeated: Option<f64>,
    /// The mean of [`Bar::jaccard`] with the bar before.
    pub like_last: Option<f64>,
    /// The mean of [`Bar::jaccard`] with the bar four bars before.
    pub like_fourth_last: Option<f64>,
    /// The share of [`fills`] among every fourth bar: the fourth, the eighth, and so on.
    pub fills_at_fourths: Option<f64>,
    /// The share of fills among the bars other than every fourth.
    pub fills_off_fourths: Option<f64>,
    /// The share of fills among every eighth bar.
    pub fills_at_eighths: Option<f64>,
    /// The share of fills among the bars other than every eighth.
    pub fills_off_eighths: Option<f64>,
    /// The mean of [`Bar::hits`].
    pub hits: Option<f64>,
    /// How many distinct bars 16 have: the mean over the first 16, the second 16, and so on, as many
    /// as are whole. From 1 to 16.
    pub distinct: Option<f64>,
}

impl Behaviour {
    /// Measures the [`bars`] of a grid.
    ///
    /// # Panics
    /// If `steps_per_bar` is 0.
    pub fn of(grid: &DrumGrid, steps_per_bar: usize) -> Behaviour {
        let bars = bars(grid, steps_per_bar);
        let fills = fills_among(&bars);
        let before = |distance: usize| bars.iter().zip(bars.iter().skip(distance));
        let likeness = |distance: usize| mean(before(distance).map(|(a, b)| a.jaccard(b)));
        let fills_where = |period: usize, at: bool| {
            let counted = (1..).zip(&fills);
            let chosen = counted.filter(|(bar, _)| (bar % period == 0) == at);
            mean(chosen.map(|(_, &fill)| f64::from(u8::from(fill))))
        };
        let distinct = |bars: &[Bar]| bars.iter().collect::<BTreeSet<_>>().len() as f64;
        Behaviour {
            bars: bars.len(),
            repeated: mean(before(1).map(|(a, b)| f64::from(u8::from(a == b)))),
            like_last: likeness(1),
            like_fourth_last: likeness(4),
            fills_at_fourths: fills_where(4, true),
            fills_off_fourths: fills_where(4, false),
            fills_at_eighths: fills_where(8, true),
            fills_off_eighths: fills_where(8, false),
            hits: mean(bars.iter().map(|bar| bar.hits() as f64)),
            distinct: mean(bars.chunks_exact(DISTINCT_OF).map(distinct)),
        }
    }

    /// All measures with their names, for reports.
    pub fn measures(&self) -> [(&'static str, Option<f64>); 9] {
        [
            ("bar equals the one before", self.repeated),
            ("Jaccard to the bar before", self.like_last),
            ("Jaccard to four bars back", self.like_fourth_last),
            ("fill at every fourth bar", self.fills_at_fourths),
            (
                "fill at bars other than every fourth",
                self.fills_off_fourths,
            ),
            ("fill at every eighth bar", self.fills_at_eighths),
            (
                "fill at bars other than every eighth",
                self.fills_off_eighths,
            ),
            ("hits per bar", self.hits),
            ("distinct bars in 16", self.distinct),
        ]
    }
}

/// The drums that a frame of a grid strikes, a bit for each in the order of [`Drum::ALL`].
pub(super) fn struck(frame: &[Option<Hit>]) -> u16 {
    let struck = Drum::ALL
        .into_iter()
        .zip(frame)
        .filter(|(_, hit)| hit.is_some());
    struck.fold(0, |drums, (drum, _)| drums | bit(drum))
}

fn bit(drum: Drum) -> u16 {
    1 << drum as u16
}

fn count(steps: impl Iterator<Item = u16>) -> usize {
    steps.map(|drums| drums.count_ones() as usize).sum()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// The value in the middle, or the mean of the two there.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (below, above) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some(f64::midpoint(sorted[below], sorted[above]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::testing::{drum_grid, drum_grids};

    /// A kick on the one, then whatever else.
    fn bars_of(extra: &[&[(usize, Drum)]]) -> DrumGrid {
        let cells = extra.iter().enumerate().flat_map(|(bar, cells)| {
            let at = move |&(step, drum): &(usize, Drum)| (bar * 4 + step, drum);
            std::iter::once((bar * 4, Drum::Kick)).chain(cells.iter().map(at))
        });
        let mut grid = drum_grid(extra.len() * 4, cells);
        // The last bar is whole whatever it strikes.
        grid.set(extra.len() * 4 - 1, Drum::Ride, grid.hit(0, Drum::Kick));
        grid
    }

    #[test]
    fn a_bar_is_a_set_of_cells() {
        let grid = drum_grid(
            8,
            [
                (0, Drum::Kick),
                (0, Drum::Ride),
                (2, Drum::Snare),
                (4, Drum::Kick),
                (6, Drum::Snare),
                (7, Drum::Snare),
            ],
        );
        let bars = bars(&grid, 4);
        assert_eq!([bars[0].hits(), bars[1].hits()], [3, 3]);
        assert!(bars[0].strikes(0, Drum::Ride) && !bars[0].strikes(1, Drum::Ride));
        assert!(!bars[0].strikes(4, Drum::Kick), "that is the next bar's");
        assert!((bars[0].jaccard(&bars[1]) - 0.5).abs() < 1e-12);
        // Each cell is in one of the two bars at least.
        assert_eq!(Bar::median(&bars).hits(), 4);
    }

    #[test]
    fn the_last_bar_counts_if_its_second_half_is_played() {
        let count = |last: usize| bars(&drum_grid(64, [(last, Drum::Kick)]), 16).len();
        assert_eq!([count(15), count(16), count(23)], [1, 1, 1]);
        assert_eq!([count(24), count(31), count(32)], [2, 2, 2]);
        assert_eq!(count(0), 0);
        assert!(bars(&DrumGrid::new(64), 16).is_empty());
        // Three steps: the second is the middle.
        let of_three = |last: usize| bars(&drum_grid(9, [(last, Drum::Kick)]), 3).len();
        assert_eq!([of_three(3), of_three(4), of_three(5)], [1, 2, 2]);
    }

    #[test]
    fn what_departs_from_the_usual_is_a_fill() {
        let usual = [(2, Drum::Snare)];
        let roll = [(1, Drum::Snare), (2, Drum::HighTom), (3, Drum::LowTom)];
        let grid = bars_of(&[
            &usual, &usual, &usual, &roll, &usual, &usual, &usual, &usual,
        ]);
        let expected = [false, false, false, true, false, false, false, true];
        // The ride that bars_of adds to the last bar makes it one as well: two of three cells.
        assert_eq!(fills(&grid, 4), expected);
        let behaviour = Behaviour::of(&grid, 4);
        assert_eq!(behaviour.bars, 8);
        assert_eq!(behaviour.fills_at_fourths, Some(1.0));
        assert_eq!(behaviour.fills_off_fourths, Some(0.0));
        assert_eq!(behaviour.fills_at_eighths, Some(1.0));
        assert_eq!(behaviour.fills_off_eighths, Some(1.0 / 7.0));
        assert_eq!(behaviour.repeated, Some(4.0 / 7.0));
        assert_eq!(behaviour.hits, Some(19.0 / 8.0));
        assert_eq!(behaviour.distinct, None, "there are no sixteen bars");
    }

    #[test]
    fn too_few_bars_have_no_measures() {
        assert_eq!(Behaviour::of(&DrumGrid::new(0), 16), Behaviour::default());
        let one = Behaviour::of(&drum_grid(16, [(0, Drum::Kick), (12, Drum::Snare)]), 16);
        assert_eq!((one.bars, one.hits), (1, Some(2.0)));
        assert_eq!((one.repeated, one.like_last), (None, None));
        assert_eq!(
            (one.fills_at_fourths, one.fills_off_fourths),
            (None, Some(0.0))
        );
    }

    #[test]
    fn distinct_bars_are_counted_by_sixteens() {
        // Sixteen of a kind, then eight pairs, then three bars that are beyond the last sixteen.
        let cells = (0..35usize).map(|bar| {
            let kind = if bar < 16 { 0 } else { bar / 2 % 8 };
            (bar * 16 + 15 - kind, Drum::Snare)
        });
        let behaviour = Behaviour::of(&drum_grid(35 * 16, cells), 16);
        assert_eq!(behaviour.bars, 35);
        assert_eq!(behaviour.distinct, Some(4.5));
    }

    proptest! {
        #[test]
        fn a_repeated_bar_is_the_median_and_no_fill(grid in drum_grids(16), times in 5..20usize) {
            let mut grid = grid;
            grid.set(15, Drum::Kick, drum_grid(1, [(0, Drum::Kick)]).hit(0, Drum::Kick));
            let cells = (0..times * 16).flat_map(|step| {
                let at = Drum::ALL.into_iter().filter(|&drum| grid.hit(step % 16, drum).is_some());
                at.map(|drum| (step, drum)).collect::<Vec<_>>()
            });
            let grid = drum_grid(times * 16, cells);
            let all = bars(&grid, 16);
            prop_assert_eq!(&Bar::median(&all), &all[0]);
            let behaviour = Behaviour::of(&grid, 16);
            prop_assert_eq!(behaviour.repeated, Some(1.0));
            prop_assert_eq!(behaviour.like_fourth_last, Some(1.0));
            prop_assert!(!fills(&grid, 16).contains(&true));
            prop_assert!(behaviour.distinct.is_none_or(|distinct| distinct == 1.0));
        }

        #[test]
        fn measures_stay_in_their_ranges(grid in drum_grids(200), steps_per_bar in 1..20usize) {
            let behaviour = Behaviour::of(&grid, steps_per_bar);
            prop_assert_eq!(fills(&grid, steps_per_bar).len(), behaviour.bars);
            for (name, value) in behaviour.measures() {
                let highest = match name {
                    "hits per bar" => (9 * steps_per_bar) as f64,
                    "distinct bars in 16" => 16.0,
                    _ => 1.0,
                };
                prop_assert!(value.is_none_or(|value| (0.0..=highest).contains(&value)), "{}", name);
            }
            let bars = bars(&grid, steps_per_bar);
            for (a, b) in bars.iter().zip(bars.iter().skip(1)) {
                prop_assert_eq!(a.jaccard(b), b.jaccard(a));
                prop_assert_eq!(a.jaccard(b) == 1.0, a == b);
            }
        }
    }
}

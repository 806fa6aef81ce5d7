//! Scores whose time is counted in steps.

use consort_music::{Measure, Metre, Resolution, Score, Ticks};

use super::{Grid, place};
use crate::error::Error;

/// The least resolution of scores that are counted: a multiple of 32nds and of triplets of sixteenths.
pub(in crate::families::drums) const RESOLUTION: Resolution = Resolution::MIDI;

/// A score whose time is counted in steps of bars of one metre.
///
/// Measures that are shorter than a bar are bars that are cut: a pickup at its beginning, others at their
/// end. Their missing steps are counted but do not sound, so that a step of a number always stands at the
/// same place of a bar. Longer measures are several bars.
#[derive(Clone, Debug)]
pub(in crate::families::drums) struct Barred {
    /// The score, repeats played out, in ticks of which a step is a whole number.
    pub(in crate::families::drums) score: Score,
    /// The steps.
    pub(in crate::families::drums) grid: Grid,
    /// The metre.
    pub(in crate::families::drums) metre: Metre,
    /// The length of a step.
    pub(in crate::families::drums) step: Ticks,
    pub(in crate::families::drums) bars: Vec<Bar>,
    /// What the user should know.
    pub(in crate::families::drums) notices: Vec<String>,
}

/// A bar that has a place in the score.
#[derive(Clone, Copy, Debug)]
pub(in crate::families::drums) struct Bar {
    /// Where its first step that sounds is.
    start: Ticks,
    /// The steps that sound.
    from: usize,
    to: usize,
}

impl Barred {
    /// Counts `score` in bars of the metre `asked` for, from the start on, or else in its own measures.
    ///
    /// # Errors
    /// If a bar of the metre is no whole number of steps, or the ticks are too fine.
    pub(in crate::families::drums) fn of(
        score: &Score,
        grid: Grid,
        asked: Option<Metre>,
    ) -> Result<Barred, Error> {
        let score = score.unfolded();
        let metre = asked.unwrap_or_else(|| usual_metre(&score));
        let steps = 4 * grid.per_quarter() * usize::from(metre.beats);
        if !steps.is_multiple_of(usize::from(metre.unit)) {
            return Err(Error::prompt(
                format!("a bar of {metre} is no whole number of steps"),
                "say with --meter which metre to count in",
            ));
        }
        let common = score.resolution.common(RESOLUTION);
        let score = common.and_then(|common| score.at_resolution(common));
        let score = score.ok_or_else(|| {
            Error::prompt(
                "the ticks of the score are too fine",
                "give it with fewer ticks a beat",
            )
        })?;
        let per_quarter = i64::try_from(grid.per_quarter()).unwrap_or(4);
        let mut barred = Barred {
            step: score.resolution.quarter() / per_quarter,
            bars: Vec::new(),
            notices: Vec::new(),
            score,
            grid,
            metre,
        };
        if asked.is_none() {
            barred.count();
        }
        Ok(barred)
    }

    /// Makes bars of the measures.
    fn count(&mut self) {
        let bar = self.bar();
        let mut odd = 0;
        for (number, measure) in self.score.measures.iter().enumerate() {
            let length = (measure.length + self.step / 2).div_floor(self.step);
            let mut left = usize::try_from(length).unwrap_or(0);
            let mut start = measure.start;
            odd += usize::from(left != bar && number > 0);
            while left > 0 {
                let steps = left.min(bar);
                let is_pickup = number == 0 && steps == left && steps < bar;
                let from = if is_pickup { bar - steps } else { 0 };
                let to = from + steps;
                self.bars.push(Bar { start, from, to });
                start += self.step * i64::try_from(steps).unwrap_or(0);
                left -= steps;
            }
        }
        if odd > 0 {
            let measures = counted(odd, "measure is", "measures are");
            let metre = self.metre;
            self.notices.push(format!(
                "{measures} not of {metre}; such are played as bars that are cut, or as several"
            ));
        }
    }

    /// Steps in a bar.
    pub(in crate::families::drums) fn bar(&self) -> usize {
        self.grid.per_bar(self.metre)
    }

    /// Where the bars that have a place end.
    pub(in crate::families::drums) fn end(&self) -> Ticks {
        self.bars.last().map_or(Ticks::ZERO, |bar| {
            bar.start + self.step * i64::try_from(bar.to - bar.from).unwrap_or(0)
        })
    }

    /// The step nearest to a moment, and how far it is off, in steps.
    pub(in crate::families::drums) fn place(&self, at: Ticks) -> (usize, f32) {
        let bar = self.bar();
        let after = self.bars.partition_point(|bar| bar.start <= at);
        if at >= self.end() {
            let (step, offset) = place(at - self.end(), self.step);
            return (self.bars.len() * bar + step, offset);
        }
        let number = after.saturating_sub(1);
        let Bar { start, from, to } = self.bars[number];
        let (step, offset) = place(at - start, self.step);
        let step = from + step;
        // What is nearest to the next bar line belongs to the next bar.
        let step = if step < to {
            number * bar + step
        } else {
            (number + 1) * bar
        };
        (step + self.lead(number + 1, step), offset)
    }

    /// Steps that are missing at the beginning of a bar, if `step` is that bar's first.
    fn lead(&self, number: usize, step: usize) -> usize {
        let next = self
            .bars
            .get(number)
            .filter(|_| step == number * self.bar());
        next.map_or(0, |bar| bar.from)
    }

    /// Where a step is.
    pub(in crate::families::drums) fn at(&self, step: usize) -> Ticks {
        let (number, place) = (step / self.bar(), step % self.bar());
        let steps = |count: usize| self.step * i64::try_from(count).unwrap_or(0);
        match self.bars.get(number) {
            Some(bar) => bar.start + steps(place) - steps(bar.from),
            None => self.end() + steps(step - self.bars.len() * self.bar()),
        }
    }

    /// Whether a step sounds: it is not cut.
    pub(in crate::families::drums) fn sounds(&self, step: usize) -> bool {
        let place = step % self.bar();
        let bar = self.bars.get(step / self.bar());
        bar.is_none_or(|bar| (bar.from..bar.to).contains(&place))
    }

    /// Bars up to the end of the score.
    pub(in crate::families::drums) fn count_bars(&self) -> usize {
        let (last, _) = self.place(self.score.end());
        last.div_ceil(self.bar()).max(self.bars.len())
    }

    /// Quarter notes in a minute at the end.
    pub(in crate::families::drums) fn last_tempo(&self) -> Option<f64> {
        let last = self.score.tempos.last();
        last.map(|change| change.tempo.quarters_per_minute())
    }

    /// Adds measures until there are so many bars.
    pub(in crate::families::drums) fn extend(&mut self, bars: usize) {
        let bar = self.bar();
        if self.bars.is_empty() {
            // Those that there are were not counted, since another metre was asked for.
            self.score.measures.clear();
        }
        while self.bars.len() < bars {
            let start = self.end();
            let length = self.step * i64::try_from(bar).unwrap_or(0);
            let number = self.score.measures.len() + 1;
            let metre = Some(self.metre);
            self.score
                .measures
                .push(Measure::new(start, length, metre, number.to_string()));
            let (from, to) = (0, bar);
            self.bars.push(Bar { start, from, to });
        }
    }
}

/// The metre of most measures.
fn usual_metre(score: &Score) -> Metre {
    let mut metre = Metre::COMMON;
    let mut counts: Vec<(Metre, usize)> = Vec::new();
    for measure in &score.measures {
        if let Some(new) = measure
            .metre
            .and_then(|new| Metre::new(new.beats, new.unit))
        {
            metre = new;
        }
        match counts.iter_mut().find(|(known, _)| *known == metre) {
            Some((_, count)) => *count += 1,
            None => counts.push((metre, 1)),
        }
    }
    // Of equals the first.
    let most = counts.iter().map(|(_, count)| *count).max();
    let usual = counts.iter().find(|(_, count)| Some(*count) == most);
    usual.map_or(Metre::COMMON, |(metre, _)| *metre)
}

/// A number with its word.
pub(in crate::families::drums) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

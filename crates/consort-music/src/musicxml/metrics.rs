//! Where the beats of a measure are, and how durations divide along them.

use crate::musicxml::notated::{Value, tuplets_of};
use crate::score::{Measure, Metre, Tuplet};
use crate::time::{Resolution, Ticks};

/// Longer notes and rests than so many quarter notes in one measure are not divided.
const UNDIVIDED_QUARTERS: i64 = 1024;

/// How often a beat is halved.
const HALVINGS_MAX: usize = 8;

/// A stretch of time within a measure that one note head or rest can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Where it begins.
    pub(super) start: Ticks,
    /// How long it is.
    pub(super) length: Ticks,
    /// The tuplet that makes it a note value.
    pub(super) tuplet: Option<Tuplet>,
}

/// The beats of one measure.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    resolution: Resolution,
    /// Where the first beat would be: before the measure, if it is a pickup.
    origin: Ticks,
    /// The lengths of beats and their parts, the longest first.
    units: Vec<Ticks>,
    /// The place of the beat in `units`.
    beat: usize,
    /// How long a group of beamed notes is.
    beam: Ticks,
}

impl Metrics {
    /// The beats of `measure`; of a first measure that is short only the last ones sound.
    pub(super) fn of(measure: &Measure, is_first: bool, resolution: Resolution) -> Metrics {
        let quarter = resolution.quarter();
        let full = measure.metre.and_then(|metre| metre.length(resolution));
        let origin = match full {
            Some(full) if is_first && measure.length < full => measure.end() - full,
            _ => measure.start,
        };
        let (above, beat) = match measure.metre.and_then(|metre| beats(metre, resolution)) {
            Some(beats) => beats,
            None => (vec![quarter * 4, quarter * 2], quarter),
        };
        let mut units = above;
        let place = units.len();
        units.push(beat);
        // A beat of three units divides into them, and only then in halves.
        let unit = measure
            .metre
            .and_then(|metre| resolution.whole_notes(1, i64::from(metre.unit)))
            .filter(|unit| *unit < beat);
        units.extend(unit);
        let mut half = unit.unwrap_or(beat);
        for _ in 0..HALVINGS_MAX {
            if half.0 % 2 != 0 || half.0 == 0 {
                break;
            }
            half = half / 2;
            units.push(half);
        }
        let beam = match measure.metre {
            Some(Metre { beats: 3, unit, .. }) if unit >= 8 => full.unwrap_or(beat),
            _ => beat.max(quarter),
        };
        Metrics {
            resolution,
            origin,
            units,
            beat: place,
            beam,
        }
    }

    /// The group of beamed notes that `at` falls in.
    pub(super) fn beam_group(&self, at: Ticks) -> i64 {
        (at - self.origin).div_floor(self.beam)
    }

    /// The note heads, to be tied, that `start` to `end` takes: one if its length is a note value,
    /// otherwise as many as its beats ask for.
    pub(super) fn heads(&self, start: Ticks, end: Ticks) -> Vec<Span> {
        match self.is_plain(end - start) {
            true => vec![whole(start, end, None)],
            false => self.heads_of_rest(start, end),
        }
    }

    /// The note heads of what a barline leaves of a note. As they are ours to choose, two dots are
    /// kept for notes on a beat that is strong enough for them.
    pub(super) fn heads_of_rest(&self, start: Ticks, end: Ticks) -> Vec<Span> {
        let mut spans = Vec::new();
        if end - start > self.resolution.quarter() * UNDIVIDED_QUARTERS {
            spans.push(whole(start, end, None));
        } else {
            self.divide(start, end, &mut spans);
        }
        spans
    }

    fn divide(&self, start: Ticks, end: Ticks, spans: &mut Vec<Span>) {
        let length = end - start;
        if let Some(value) = Value::of(length, None, self.resolution) {
            let undotted = length * 4 / 7;
            if value.dots < 2 || (start - self.origin) % undotted == Ticks::ZERO {
                spans.push(whole(start, end, None));
                return;
            }
        }
        let aligned = tuplets_of(length, self.resolution).find(|tuplet| {
            let group = length * i64::from(tuplet.actual);
            (start - self.origin) % group % length == Ticks::ZERO
        });
        if aligned.is_some() {
            spans.push(whole(start, end, aligned));
            return;
        }
        let (beats, parts) = self.units.split_at(self.beat + 1);
        let at_beat = beats.iter().find_map(|&unit| self.cut(start, end, unit));
        let cut = at_beat.or_else(|| {
            let in_tuplet = tuplets_of(length, self.resolution).next().is_some();
            let part = || parts.iter().find_map(|&unit| self.cut(start, end, unit));
            if in_tuplet { None } else { part() }
        });
        match cut {
            Some(cut) => {
                self.divide(start, cut, spans);
                self.divide(cut, end, spans);
            }
            None => {
                let tuplet = tuplets_of(length, self.resolution).next();
                spans.push(whole(start, end, tuplet));
            }
        }
    }

    /// Where to cut between `start` and `end` at a multiple of `unit`, if there is one. A stretch
    /// that begins on the unit keeps the longest note value it can.
    fn cut(&self, start: Ticks, end: Ticks, unit: Ticks) -> Option<Ticks> {
        let past = (start - self.origin) % unit;
        if past > Ticks::ZERO {
            return Some(start + unit - past).filter(|cut| *cut < end);
        }
        let fit = (end - start).div_floor(unit);
        let power = 1_i64.checked_shl(fit.checked_ilog2()?)?;
        let values = [power / 2 * 3, power, power / 2];
        values
            .into_iter()
            .filter(|&times| times > 0 && times <= fit)
            .map(|times| unit * times)
            .find(|&length| self.is_plain(length) && start + length < end)
            .map(|length| start + length)
    }

    /// The rests that fill `start` to `end`: none crosses a stronger beat than it begins on.
    pub(super) fn rests(&self, start: Ticks, end: Ticks) -> Vec<Span> {
        let mut spans = Vec::new();
        if end - start > self.resolution.quarter() * UNDIVIDED_QUARTERS {
            spans.push(whole(start, end, None));
            return spans;
        }
        let mut at = start;
        while at < end {
            let span = self.rest(at, end);
            at += span.length;
            spans.push(span);
        }
        spans
    }

    fn rest(&self, start: Ticks, end: Ticks) -> Span {
        let (beats, parts) = self.units.split_at(self.beat + 1);
        let fits = |unit: &&Ticks| {
            (start - self.origin) % **unit == Ticks::ZERO
                && start + **unit <= end
                && self.is_plain(**unit)
        };
        if let Some(&unit) = beats.iter().find(fits) {
            return whole(start, start + unit, None);
        }
        let beat = self.units[self.beat];
        let next_beat = start + beat - (start - self.origin) % beat;
        let end_in_beat = next_beat.min(end);
        let length = end_in_beat - start;
        let tuplet = tuplets_of(length, self.resolution).next();
        if tuplet.is_some() && !self.is_plain(length) {
            return whole(start, end_in_beat, tuplet);
        }
        match parts.iter().find(fits) {
            Some(&unit) => whole(start, start + unit, None),
            None => whole(start, end_in_beat, None),
        }
    }

    fn is_plain(&self, length: Ticks) -> bool {
        Value::of(length, None, self.resolution).is_some()
    }
}

fn whole(start: Ticks, end: Ticks, tuplet: Option<Tuplet>) -> Span {
    Span {
        start,
        length: end - start,
        tuplet,
    }
}

/// The beat of a metre, and before it the half measures that are stronger than the beat.
fn beats(metre: Metre, resolution: Resolution) -> Option<(Vec<Ticks>, Ticks)> {
    let per_beat = metre.units_per_beat();
    let beat = resolution.whole_notes(i64::from(per_beat), i64::from(metre.unit))?;
    let count = metre.beats / per_beat;
    let half = (count > 2 && count.is_power_of_two()).then(|| beat * i64::from(count / 2));
    Some((half.into_iter().collect(), beat))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(beats: u8, unit: u8) -> Metrics {
        let resolution = Resolution::new(12).unwrap();
        let metre = Metre::new(beats, unit).unwrap();
        let length = metre.length(resolution).unwrap();
        let measure = Measure::new(Ticks::ZERO, length, Some(metre), String::new());
        Metrics::of(&measure, true, resolution)
    }

    fn shown(spans: Vec<Span>) -> Vec<(i64, Option<(u8, u8)>)> {
        let show = |span: Span| (span.length.0, span.tuplet.map(|t| (t.actual, t.normal)));
        spans.into_iter().map(show).collect()
    }

    #[test]
    fn notes_divide_at_the_strongest_beat() {
        let (four, six) = (metrics(4, 4), metrics(6, 8));
        let heads = |metrics: &Metrics, start, end| shown(metrics.heads(Ticks(start), Ticks(end)));
        assert_eq!(heads(&four, 6, 42), [(36, None)]);
        assert_eq!(heads(&four, 6, 36), [(18, None), (12, None)]);
        assert_eq!(heads(&four, 0, 30), [(24, None), (6, None)]);
        assert_eq!(heads(&four, 0, 8), [(8, Some((3, 2)))]);
        assert_eq!(heads(&four, 8, 24), [(4, Some((3, 2))), (12, None)]);
        assert_eq!(heads(&six, 6, 36), [(12, None), (18, None)]);
        assert_eq!(heads(&four, 0, 5), [(3, None), (2, Some((3, 2)))]);
        assert_eq!(heads(&four, 6, 48), [(42, None)]);
        let rest = four.heads_of_rest(Ticks(6), Ticks(48));
        assert_eq!(shown(rest), [(18, None), (24, None)]);
    }

    #[test]
    fn rests_do_not_cross_beats() {
        let (four, three, six) = (metrics(4, 4), metrics(3, 4), metrics(6, 8));
        let rests = |metrics: &Metrics, start, end| shown(metrics.rests(Ticks(start), Ticks(end)));
        assert_eq!(rests(&four, 0, 48), [(24, None), (24, None)]);
        assert_eq!(rests(&four, 12, 48), [(12, None), (24, None)]);
        assert_eq!(rests(&four, 6, 30), [(6, None), (12, None), (6, None)]);
        assert_eq!(rests(&three, 12, 36), [(12, None), (12, None)]);
        assert_eq!(rests(&six, 0, 30), [(18, None), (6, None), (6, None)]);
        assert_eq!(rests(&four, 4, 12), [(8, Some((3, 2)))]);
        assert_eq!(rests(&four, 0, 8), [(8, Some((3, 2)))]);
    }

    #[test]
    fn a_pickup_holds_the_last_beats() {
        let resolution = Resolution::new(12).unwrap();
        let pickup = Measure::new(Ticks::ZERO, Ticks(12), Some(Metre::COMMON), String::new());
        assert_eq!(
            Metrics::of(&pickup, true, resolution).beam_group(Ticks::ZERO),
            3
        );
        assert_eq!(
            Metrics::of(&pickup, false, resolution).beam_group(Ticks::ZERO),
            0
        );
    }
}

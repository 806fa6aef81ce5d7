//! Beams and tuplet brackets.

use crate::musicxml::metrics::Metrics;
use crate::musicxml::write::stream::{Content, Event};
use crate::time::{Resolution, Ticks};

/// The part of a beam that a note has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beam {
    /// It starts here.
    Begin,
    /// It goes through.
    Continue,
    /// It ends here.
    End,
    /// A stub to the right.
    ForwardHook,
    /// A stub to the left.
    BackwardHook,
}

impl Beam {
    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Beam::Begin => "begin",
            Beam::Continue => "continue",
            Beam::End => "end",
            Beam::ForwardHook => "forward hook",
            Beam::BackwardHook => "backward hook",
        }
    }
}

/// The beams of each event, the uppermost first: eighths and shorter notes that follow one another
/// within a beat are beamed.
pub(super) fn beams(events: &[Event], metrics: &Metrics) -> Vec<Vec<Beam>> {
    let flags = |event: &Event| match (&event.content, event.value) {
        (Content::Chord(_), Some(value)) => value.beams(),
        _ => 0,
    };
    let mut beams = vec![Vec::new(); events.len()];
    let mut start = 0;
    let group = |event: &Event| metrics.beam_group(event.start);
    let joined = |a: &Event, b: &Event| {
        flags(a) > 0 && flags(b) > 0 && a.end() == b.start && group(a) == group(b)
    };
    for run in events.chunk_by(joined) {
        let run_flags: Vec<u8> = run.iter().map(flags).collect();
        let most = run_flags.iter().copied().max().unwrap_or_default();
        if run.len() > 1 {
            for level in 1..=most {
                level_beams(&run_flags, level, &mut beams[start..start + run.len()]);
            }
        }
        start += run.len();
    }
    beams
}

fn level_beams(flags: &[u8], level: u8, beams: &mut [Vec<Beam>]) {
    let mut start = 0;
    for run in flags.chunk_by(|a, b| (*a >= level) == (*b >= level)) {
        let end = start + run.len();
        for index in start..end {
            if flags[index] < level {
                continue;
            }
            let beam = match (index == start, index + 1 == end) {
                (true, true) if index == 0 => Beam::ForwardHook,
                (true, true) => Beam::BackwardHook,
                (true, false) => Beam::Begin,
                (false, false) => Beam::Continue,
                (false, true) => Beam::End,
            };
            beams[index].push(beam);
        }
        start = end;
    }
}

/// Whether a tuplet bracket begins and ends at each event: from the first event of a tuplet until
/// the time is again a plain note value's.
pub(super) fn brackets(events: &[Event], resolution: Resolution) -> Vec<(bool, bool)> {
    let mut brackets = vec![(false, false); events.len()];
    let mut open: Option<(usize, Ticks)> = None;
    for (index, event) in events.iter().enumerate() {
        if event.length == Ticks::ZERO {
            continue;
        }
        let goes_on = open.filter(|&(start, _)| events[start].tuplet == event.tuplet);
        if event.tuplet.is_none() || goes_on.is_none() {
            close(&mut brackets, open, index, events);
            open = event.tuplet.map(|_| (index, event.start));
        }
        if let Some((start, from)) = open
            && is_plain_time(event.end() - from, resolution)
        {
            close(&mut brackets, Some((start, from)), index + 1, events);
            open = None;
        }
    }
    close(&mut brackets, open, events.len(), events);
    brackets
}

/// Closes a bracket before the event at `end`, unless it would hold a single event.
fn close(
    brackets: &mut [(bool, bool)],
    open: Option<(usize, Ticks)>,
    end: usize,
    events: &[Event],
) {
    let Some((start, _)) = open else {
        return;
    };
    let last = (start..end)
        .rev()
        .find(|&index| events[index].length > Ticks::ZERO);
    if let Some(last) = last.filter(|&last| last > start) {
        brackets[start].0 = true;
        brackets[last].1 = true;
    }
}

/// Whether `time` divides a whole note in halves only.
fn is_plain_time(time: Ticks, resolution: Resolution) -> bool {
    let whole = resolution.quarter().0 * 4;
    let (mut a, mut b) = (whole, time.0);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (whole / a.max(1)).unsigned_abs().is_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::musicxml::notated::Value;
    use crate::score::{Measure, Metre, Tuplet};

    /// Chords of those lengths one after the other, at 12 ticks to the quarter.
    fn chords(lengths: &[(i64, Option<Tuplet>)]) -> Vec<Event> {
        let resolution = Resolution::new(12).unwrap();
        let mut start = Ticks::ZERO;
        let event = |&(length, tuplet): &(i64, Option<Tuplet>)| {
            let event = Event {
                start,
                length: Ticks(length),
                content: Content::Chord(Vec::new()),
                tuplet,
                value: Value::of(Ticks(length), tuplet, resolution),
                staff: 1,
            };
            start = event.end();
            event
        };
        lengths.iter().map(event).collect()
    }

    #[test]
    fn notes_within_a_beat_are_beamed() {
        let resolution = Resolution::new(12).unwrap();
        let measure = Measure::new(Ticks(0), Ticks(48), Some(Metre::COMMON), String::new());
        let metrics = Metrics::of(&measure, true, resolution);
        let plain = [6, 3, 3, 9, 3, 12].map(|length| (length, None));
        let words: Vec<String> = beams(&chords(&plain), &metrics)
            .iter()
            .map(|beams| {
                beams
                    .iter()
                    .map(|beam| beam.name())
                    .collect::<Vec<_>>()
                    .join(",")
            })
            .collect();
        assert_eq!(
            words,
            [
                "begin",
                "continue,begin",
                "end,end",
                "begin",
                "end,backward hook",
                ""
            ]
        );
    }

    #[test]
    fn brackets_close_when_the_time_is_plain_again() {
        let triplet = Some(Tuplet {
            actual: 3,
            normal: 2,
        });
        let events = chords(&[
            (4, triplet),
            (4, triplet),
            (4, triplet),
            (8, triplet),
            (4, triplet),
        ]);
        let found = brackets(&events, Resolution::new(12).unwrap());
        let (no, start, stop) = ((false, false), (true, false), (false, true));
        assert_eq!(found, [start, no, stop, start, stop]);
    }
}

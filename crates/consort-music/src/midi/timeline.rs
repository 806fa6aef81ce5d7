//! Tempos, keys and measures.

use super::file::Timing;
use super::text::counted;
use super::track::Track;
use crate::reading::{Place, Warnings};
use crate::score::{KeyChange, Measure, Metre, MetreSymbol, Score, TempoChange};
use crate::time::{Resolution, Ticks};

/// How many measures are drawn however few notes there are; there may be one more for each note. A
/// single event can claim centuries of silence.
const MEASURES_MIN: usize = 4096;

/// By how much the ticks must be divided so that every metre is a whole number of them: a power of
/// two.
pub(super) fn refinement(tracks: &[Track], resolution: Resolution) -> i64 {
    let metres = tracks.iter().flat_map(|track| &track.metres);
    let needed = metres.map(|&(_, metre)| {
        let whole = 4 * i64::from(resolution.ticks_per_quarter()) * i64::from(metre.beats);
        let unit = i64::from(metre.unit);
        let fits = |&factor: &i64| whole * factor % unit == 0;
        [1, 2, 4, 8, 16, 32].into_iter().find(fits).unwrap_or(1)
    });
    needed.max().unwrap_or(1)
}

/// Puts the tempos, keys and measures of all tracks into `score`, which has its notes.
pub(super) fn lay(score: &mut Score, tracks: &[Track], timing: Timing, warnings: &mut Warnings) {
    score.tempos = tempos(tracks, timing, warnings);
    let keys = merged(tracks.iter().map(|track| track.keys.as_slice()));
    score.keys = keys
        .into_iter()
        .map(|(at, key)| KeyChange { at, key })
        .collect();
    let end = tracks
        .iter()
        .map(|track| track.end)
        .max()
        .unwrap_or_default();
    let metres = merged(tracks.iter().map(|track| track.metres.as_slice()));
    if metres.is_empty() && end > Ticks::ZERO {
        warnings.push(Place::File, "there is no time signature; 4/4 was assumed");
    }
    let after = metres.iter().filter(|&&(at, _)| at >= end).count();
    if after > 0 && end > Ticks::ZERO {
        let message = format!("left out {} after the end", counted(after, "metre"));
        warnings.push(Place::File, message);
    }
    let notes: usize = score.parts.iter().map(|part| part.notes.len()).sum();
    let limit = MEASURES_MIN.saturating_add(notes);
    score.measures = measures(&metres, score.resolution, end, limit, warnings);
}

fn tempos(tracks: &[Track], timing: Timing, warnings: &mut Warnings) -> Vec<TempoChange> {
    let found = merged(tracks.iter().map(|track| track.tempos.as_slice()));
    let Some(tempo) = timing.fixed else {
        return found
            .into_iter()
            .map(|(at, tempo)| TempoChange { at, tempo })
            .collect();
    };
    if !found.is_empty() {
        let message = "tempos mean nothing where the time is in SMPTE frames; they were left out";
        warnings.push(Place::File, message);
    }
    vec![TempoChange {
        at: Ticks::ZERO,
        tempo,
    }]
}

/// The changes of all tracks in order; of those at one moment the last holds.
fn merged<'a, T: Copy + 'a>(tracks: impl Iterator<Item = &'a [(Ticks, T)]>) -> Vec<(Ticks, T)> {
    let mut all: Vec<(Ticks, T)> = tracks.flatten().copied().collect();
    all.sort_by_key(|&(at, _)| at);
    let mut kept: Vec<(Ticks, T)> = Vec::new();
    for (at, value) in all {
        match kept.last_mut() {
            Some(last) if last.0 == at => last.1 = value,
            _ => kept.push((at, value)),
        }
    }
    kept
}

fn measures(
    metres: &[(Ticks, Metre)],
    resolution: Resolution,
    end: Ticks,
    limit: usize,
    warnings: &mut Warnings,
) -> Vec<Measure> {
    let mut measures: Vec<Measure> = Vec::new();
    // What stands after the end has no measure to hold for.
    let mut changes = metres
        .iter()
        .copied()
        .filter(|&(from, _)| from < end)
        .peekable();
    let (mut at, mut metre) = (Ticks::ZERO, Metre::COMMON);
    let mut cut = 0;
    while at < end {
        if let Some((_, next)) = changes.next_if(|&(from, _)| from <= at) {
            metre = next;
            continue;
        }
        if measures.len() == limit {
            let message =
                format!("from tick {at} on the music was left unmeasured: it is too long");
            warnings.push(Place::File, message);
            let number = (limit + 1).to_string();
            measures.push(Measure::new(at, end - at, None, number));
            break;
        }
        let full = metre.length(resolution).unwrap_or(resolution.quarter() * 4);
        let room = changes.peek().map_or(full, |&(from, _)| from - at);
        let length = full.min(room);
        let actual = metre_of_length(length, metre, resolution).unwrap_or(metre);
        cut += usize::from(length < full);
        measures.push(Measure::new(at, length, Some(actual), String::new()));
        at += length;
    }
    if cut > 0 {
        let message = format!(
            "cut {} short, for the metre changes within",
            counted(cut, "measure")
        );
        warnings.push(Place::File, message);
    }
    number(&mut measures, resolution);
    measures
}

/// Numbers the measures, from 0 if the first is a pickup, which gets the metre that it leads to.
fn number(measures: &mut [Measure], resolution: Resolution) {
    let full = |measure: &Measure| measure.metre.and_then(|metre| metre.length(resolution));
    let pickup = match measures {
        // Where the metre changes again at once, the first change was one as well.
        [first, second, rest @ ..]
            if Some(first.length) < full(second)
                && first.metre != second.metre
                && rest.first().is_none_or(|third| third.metre == second.metre) =>
        {
            first.metre = second.metre;
            true
        }
        [first, ..] => Some(first.length) < full(first),
        [] => false,
    };
    let first = usize::from(!pickup);
    for (index, measure) in measures.iter_mut().enumerate() {
        measure.number = (index + first).to_string();
    }
}

/// The metre of a measure of `length`: `metre` if it fits, else in its unit or the next finer one
/// that does.
pub(super) fn metre_of_length(
    length: Ticks,
    metre: Metre,
    resolution: Resolution,
) -> Option<Metre> {
    if metre.length(resolution) == Some(length) {
        return Some(metre);
    }
    let mut unit = metre.unit;
    loop {
        let unit_length = resolution.whole_notes(1, unit.into())?;
        if unit_length > Ticks::ZERO && length % unit_length == Ticks::ZERO {
            let beats = u8::try_from(length.0 / unit_length.0).ok()?;
            return Metre::new(beats, unit);
        }
        unit = unit.checked_mul(2).filter(|&unit| unit <= 128)?;
    }
}

/// The time signatures that make [`lay`] draw these measures again.
pub(super) fn signatures(measures: &[Measure], resolution: Resolution) -> Vec<(Ticks, Metre)> {
    let mut signatures = Vec::new();
    let mut current: Option<Metre> = None;
    let mut aligned = true;
    for measure in measures {
        let metre = measure.metre.or(current).unwrap_or(Metre::COMMON);
        let metre = metre_of_length(measure.length, metre, resolution).unwrap_or(metre);
        let metre = Metre {
            symbol: MetreSymbol::Numbers,
            ..metre
        };
        if current != Some(metre) || !aligned {
            signatures.push((measure.start, metre));
            current = Some(metre);
        }
        aligned = metre.length(resolution) == Some(measure.length);
    }
    signatures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(metres: &[(i64, u8, u8)], end: i64) -> Vec<(i64, String, String)> {
        let metres: Vec<_> = metres
            .iter()
            .map(|&(at, beats, unit)| (Ticks(at), Metre::new(beats, unit).unwrap()))
            .collect();
        let resolution = Resolution::new(4).unwrap();
        let mut warnings = Warnings::default();
        measures(&metres, resolution, Ticks(end), 100, &mut warnings)
            .iter()
            .map(|measure| {
                let metre = measure
                    .metre
                    .map_or("none".into(), |m| format!("{}/{}", m.beats, m.unit));
                (measure.length.0, metre, measure.number.clone())
            })
            .collect()
    }

    fn expected(measures: &[(i64, &str, &str)]) -> Vec<(i64, String, String)> {
        let owned =
            |&(length, metre, number): &(i64, &str, &str)| (length, metre.into(), number.into());
        measures.iter().map(owned).collect()
    }

    #[test]
    fn a_short_first_measure_is_a_pickup() {
        let found = laid(&[(0, 1, 4), (4, 4, 4)], 30);
        assert_eq!(
            found,
            expected(&[(4, "4/4", "0"), (16, "4/4", "1"), (16, "4/4", "2")])
        );
    }

    #[test]
    fn metres_change() {
        let found = laid(&[(0, 3, 4), (24, 6, 8)], 36);
        assert_eq!(
            found,
            expected(&[(12, "3/4", "1"), (12, "3/4", "2"), (12, "6/8", "3")])
        );
    }

    #[test]
    fn a_metre_within_a_measure_cuts_it() {
        let found = laid(&[(0, 4, 4), (22, 3, 4)], 34);
        assert_eq!(
            found,
            expected(&[(16, "4/4", "1"), (6, "3/8", "2"), (12, "3/4", "3")])
        );
    }

    #[test]
    fn endless_silence_is_unmeasured() {
        let found = laid(&[], 16_000);
        assert_eq!(found.len(), 101);
        assert_eq!(found[100], (16_000 - 1600, "none".into(), "101".into()));
    }
}

//! Measures: one after the other, and as many as the music needs.

use crate::musicxml::text::one_line;
use crate::score::{Barline, Measure, Metre, Navigation, Score};
use crate::time::Ticks;

/// Music that goes on for more measures than this after the last is put in one long measure.
const ADDED_MAX: i64 = 1 << 16;

/// The measures of `score`, and more of the last kind where its music goes beyond them.
pub(super) fn measures(score: &Score) -> Vec<Measure> {
    let mut measures: Vec<Measure> = Vec::with_capacity(score.measures.len());
    let mut start = Ticks::ZERO;
    for measure in score
        .measures
        .iter()
        .filter(|measure| measure.length > Ticks::ZERO)
    {
        let mut measure = valid(measure);
        measure.start = start;
        start = measure.end();
        measures.push(measure);
    }
    let end = end_of_everything(score);
    let metre = match measures.last() {
        Some(last) => last.metre,
        None => Some(Metre::COMMON),
    };
    let full = metre
        .and_then(|metre| metre.length(score.resolution))
        .filter(|length| *length > Ticks::ZERO)
        .unwrap_or(score.resolution.quarter() * 4);
    let missing = (end - start + full - Ticks(1))
        .div_floor(full)
        .max(i64::from(measures.is_empty()));
    let (count, length) = match missing {
        ..=ADDED_MAX => (missing, full),
        _ => (1, end - start),
    };
    for _ in 0..count.max(0) {
        let after = measures
            .last()
            .and_then(|last| last.number.parse::<u64>().ok());
        let number = match after.and_then(|number| number.checked_add(1)) {
            Some(number) => number.to_string(),
            None => (measures.len() + 1).to_string(),
        };
        measures.push(Measure::new(start, length, metre, number));
        start += length;
    }
    measures
}

fn end_of_everything(score: &Score) -> Ticks {
    let parts = score.parts.iter().flat_map(|part| {
        let notes = part.notes.iter().map(|note| note.end().max(note.onset));
        let clefs = part.clefs.iter().map(|clef| clef.at);
        let chords = part.chords.iter().map(|chord| chord.at);
        let directions = part.directions.iter().map(|direction| direction.at);
        let keys = part.keys.iter().map(|key| key.at);
        let rests = part.rests.iter().map(|rest| rest.onset + rest.duration);
        let spanners = part.spanners.iter();
        let spanners = spanners.map(|spanner| spanner.from.max(spanner.to));
        let controls = part.controls.iter().map(|control| control.at);
        let signs = clefs.chain(chords).chain(directions).chain(keys);
        notes
            .chain(rests)
            .chain(spanners)
            .chain(controls)
            .chain(signs)
    });
    let keys = score.keys.iter().map(|key| key.at);
    let tempos = score.tempos.iter().map(|tempo| tempo.at);
    parts.chain(keys).chain(tempos).max().unwrap_or_default()
}

fn valid(measure: &Measure) -> Measure {
    let mut valid = measure.clone();
    valid.metre = measure
        .metre
        .filter(|metre| Metre::new(metre.beats, metre.unit).is_some());
    valid.number = one_line(&measure.number);
    valid.repeat_end = measure.repeat_end.map(|times| times.max(2));
    if valid.repeat_end.is_some() {
        valid.barline = Barline::Regular;
    }
    valid.ending_start.retain(|&pass| pass > 0);
    valid.ending_start.sort_unstable();
    valid.ending_start.dedup();
    valid.navigation.sort_unstable();
    valid.navigation.dedup();
    valid
}

/// Adds a sign that stands at `at`.
pub(super) fn add_sign(measures: &mut [Measure], at: Ticks, sign: Navigation) {
    let after = measures.partition_point(|measure| measure.start <= at);
    if let Some(measure) = after
        .checked_sub(1)
        .and_then(|index| measures.get_mut(index))
        && let Err(free) = measure.navigation.binary_search(&sign)
    {
        measure.navigation.insert(free, sign);
    }
}

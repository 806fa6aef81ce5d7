//! A score as lines that `fixtures/musicxml/music21_digest.py` writes of what music21 reads.

use std::collections::BTreeSet;

use consort_music::{Part, Score, Ticks};

/// Notes and ties, places with a fermata, and changes of key and metre of each part, by their measures
/// and the quarter notes from its start.
pub(crate) fn lines(score: &Score) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, part) in score.parts.iter().enumerate() {
        let own = part_lines(part, score);
        lines.extend(own.into_iter().map(|line| format!("{index} {line}")));
    }
    lines.push(format!("measures {}", score.measures.len()));
    lines
}

fn part_lines(part: &Part, score: &Score) -> Vec<String> {
    let mut lines = Vec::new();
    let mut fermatas = BTreeSet::new();
    for note in &part.notes {
        let place = place(note.onset, score);
        if note.has_fermata() {
            fermatas.insert(format!("fermata {place}"));
        }
        let length = match note.is_grace() {
            true => "grace".to_owned(),
            false => quarters(note.duration, score),
        };
        let pitch = match part.instrument.percussion {
            true => "drum".to_owned(),
            false => note.pitch.midi().to_string(),
        };
        let tie = match (note.tied_from, note.tied_to) {
            (false, false) => None,
            (false, true) => Some("start"),
            (true, false) => Some("stop"),
            (true, true) => Some("continue"),
        };
        lines.extend(tie.map(|tie| format!("tie {place} {pitch} {tie}")));
        lines.push(format!("note {place} {length} {pitch}"));
    }
    lines.sort_unstable();
    for rest in &part.rests {
        if rest.marks.contains(&consort_music::score::Mark::Fermata) {
            fermatas.insert(format!("fermata {}", place(rest.onset, score)));
        }
    }
    lines.extend(fermatas);
    let keys = match part.keys.as_slice() {
        [] => &score.keys,
        own => own,
    };
    let mut last = None;
    for change in keys {
        let fifths = change.key.fifths;
        if last.replace(fifths) != Some(fifths) {
            lines.push(format!("key {} {fifths}", place(change.at, score)));
        }
    }
    let mut last = None;
    for (index, measure) in score.measures.iter().enumerate() {
        let metre = measure.metre.map(|metre| (metre.beats, metre.unit));
        if let Some((beats, unit)) = metre.filter(|_| metre != last) {
            lines.push(format!("metre {index} {beats}/{unit}"));
            last = metre;
        }
    }
    lines
}

/// The measure that holds `at`, counted from 0, and how far it is from its start.
fn place(at: Ticks, score: &Score) -> String {
    let last = score.measures.len().saturating_sub(1);
    let index = score.measure_at(at).unwrap_or(last);
    let start = score.measures.get(index).map_or(Ticks::ZERO, |m| m.start);
    format!("{index} {}", quarters(at - start, score))
}

/// A length in quarter notes as a reduced fraction.
fn quarters(length: Ticks, score: &Score) -> String {
    let quarter = score.resolution.quarter().0;
    let (mut a, mut b) = (length.0.abs(), quarter);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    format!("{}/{}", length.0 / a.max(1), quarter / a.max(1))
}

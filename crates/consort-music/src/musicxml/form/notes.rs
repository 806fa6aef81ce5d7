//! Notes that one head each can stand for.

use crate::musicxml::metrics::{Metrics, Span};
use crate::musicxml::notated::Value;
use crate::musicxml::played::{SHIFT_MAX, first_heads};
use crate::musicxml::read::{ELISION, in_order};
use crate::musicxml::text::clean;
use crate::musicxml::ties;
use crate::performance::Played;
use crate::score::{Lyric, Mark, Measure, Note, Tuplet};
use crate::time::{Resolution, Ticks};

use super::voices::separate;

/// The notes as heads within their measures, in the order of a part.
pub(super) fn heads(notes: &[Note], measures: &[Measure], resolution: Resolution) -> Vec<Note> {
    let mut valid: Vec<Note> = notes.iter().map(valid).collect();
    in_order(&mut valid);
    separate(&mut valid);
    let metrics: Vec<Metrics> = measures
        .iter()
        .enumerate()
        .map(|(index, measure)| Metrics::of(measure, index == 0, resolution))
        .collect();
    valid.sort_by_key(|note| (note.onset, note.voice, note.duration));
    let mut heads = Vec::with_capacity(valid.len());
    let together =
        |a: &Note, b: &Note| (a.onset, a.voice, a.duration) == (b.onset, b.voice, b.duration);
    for chord in valid.chunk_by(together) {
        let tuplet = chord.iter().find_map(|note| note.tuplet);
        let spans = chord
            .first()
            .map(|note| spans(note, tuplet, measures, &metrics, resolution))
            .unwrap_or_default();
        for note in chord {
            match note.is_grace() {
                true => heads.push(note.clone()),
                false => divide(note, &spans, &mut heads),
            }
        }
    }
    in_order(&mut heads);
    ties::mend(&mut heads);
    first_heads_speak(&mut heads);
    heads
}

/// Leaves what is played to the first heads, which speak for those that are tied to them.
fn first_heads_speak(heads: &mut [Note]) {
    let all: Vec<&Note> = heads.iter().collect();
    let firsts = first_heads(&all);
    for (index, head) in heads.iter_mut().enumerate() {
        head.played = head.played.filter(|_| firsts[index] == index);
    }
}

fn valid(note: &Note) -> Note {
    let mut valid = note.clone();
    valid.onset = note.onset.max(Ticks::ZERO);
    if note.is_grace() || note.duration <= Ticks::ZERO {
        valid.grace = Some(note.grace.unwrap_or_default());
        valid.duration = Ticks::ZERO;
        valid.tuplet = None;
    }
    valid.tuplet = valid
        .tuplet
        .filter(|tuplet| tuplet.actual > 0 && tuplet.normal > 0);
    valid.voice = note.voice.max(1);
    valid.staff = note.staff.max(1);
    valid.marks = valid_marks(&note.marks);
    valid.lyrics = valid_lyrics(&note.lyrics);
    valid.played = note.played.map(|played| Played {
        delay: played.delay.clamp(-SHIFT_MAX, SHIFT_MAX),
        duration: played.duration.clamp(Ticks(1), SHIFT_MAX),
    });
    valid
}

/// Marks that have a name, sorted.
pub(super) fn valid_marks(marks: &[Mark]) -> Vec<Mark> {
    let mut valid: Vec<Mark> = marks.iter().filter_map(valid_mark).collect();
    valid.sort_unstable();
    valid
}

/// Syllables that have a text.
pub(super) fn valid_lyrics(lyrics: &[Lyric]) -> Vec<Lyric> {
    lyrics.iter().filter_map(valid_lyric).collect()
}

fn valid_mark(mark: &Mark) -> Option<Mark> {
    match mark {
        Mark::Other(name) => {
            let name = clean(name);
            (!name.is_empty()).then_some(Mark::Other(name))
        }
        known => Some(known.clone()),
    }
}

fn valid_lyric(lyric: &Lyric) -> Option<Lyric> {
    let syllables: Vec<String> = clean(&lyric.text).split(ELISION).map(clean).collect();
    let text = clean(&syllables.join(&ELISION.to_string()));
    (!text.is_empty()).then(|| Lyric {
        verse: lyric.verse.max(1),
        text,
        ..lyric.clone()
    })
}

/// The stretches that a note takes, measure by measure. A note that is one value as it stands
/// stays so.
fn spans(
    note: &Note,
    tuplet: Option<Tuplet>,
    measures: &[Measure],
    metrics: &[Metrics],
    resolution: Resolution,
) -> Vec<Span> {
    let mut spans = Vec::new();
    let after = measures.partition_point(|measure| measure.start <= note.onset);
    let first = after.saturating_sub(1);
    for (measure, metrics) in measures.iter().zip(metrics).skip(first) {
        let start = note.onset.max(measure.start);
        let end = note.end().min(measure.end());
        if start >= end {
            break;
        }
        match tuplet {
            Some(_) if Value::of(end - start, tuplet, resolution).is_some() => {
                spans.push(Span {
                    start,
                    length: end - start,
                    tuplet,
                });
            }
            _ if (start, end) == (note.onset, note.end()) => {
                spans.extend(metrics.heads(start, end));
            }
            _ => spans.extend(metrics.heads_of_rest(start, end)),
        }
    }
    spans
}

/// Cuts a note into tied heads. What begins a note stays with the first of them, what ends it goes
/// with the last.
fn divide(note: &Note, spans: &[Span], heads: &mut Vec<Note>) {
    let last = spans.len().saturating_sub(1);
    for (index, span) in spans.iter().enumerate() {
        let mut head = note.clone();
        head.onset = span.start;
        head.duration = span.length;
        head.tuplet = span.tuplet;
        head.tied_from = index > 0 || note.tied_from;
        head.tied_to = index < last || note.tied_to;
        head.marks.retain(|mark| {
            let ends = matches!(mark, Mark::Fermata | Mark::SlurStop | Mark::Breath);
            if ends { index == last } else { index == 0 }
        });
        if index > 0 {
            head.lyrics.clear();
            head.velocity = None;
            head.played = None;
        }
        heads.push(head);
    }
}

//! Rests that bear signs, as rests that can be written.

use std::collections::BTreeMap;

use crate::musicxml::metrics::Metrics;
use crate::musicxml::notated::Value;
use crate::score::{Mark, Measure, Note, Rest};
use crate::time::{Resolution, Ticks};

use super::notes::{valid_lyrics, valid_marks};

/// The rests, each within its measure and of one value, in a voice that is silent there. What stands
/// on a rest stays with the first of the rests that it becomes, or goes with the last, as on notes;
/// those that are left without signs are not listed.
pub(super) fn rests(
    rests: &[Rest],
    notes: &[Note],
    measures: &[Measure],
    resolution: Resolution,
) -> Vec<Rest> {
    let mut silence = Silence::around(notes);
    let mut valid: Vec<Rest> = rests.iter().filter_map(valid).collect();
    valid.sort_by_key(|rest| (rest.onset, rest.voice));
    let mut written = Vec::new();
    for rest in valid {
        let pieces = pieces(&rest, measures, resolution);
        for piece in bearing(&rest, &pieces) {
            written.extend(silence.place(piece));
        }
    }
    written.sort_by_key(|rest| (rest.onset, rest.voice));
    written
}

fn valid(rest: &Rest) -> Option<Rest> {
    let onset = rest.onset.max(Ticks::ZERO);
    let valid = Rest {
        onset,
        duration: rest.duration,
        voice: rest.voice.max(1),
        staff: rest.staff.max(1),
        marks: valid_marks(&rest.marks),
        lyrics: valid_lyrics(&rest.lyrics),
    };
    let bears = !valid.marks.is_empty() || !valid.lyrics.is_empty();
    (bears && valid.duration > Ticks::ZERO).then_some(valid)
}

/// The stretches that a rest takes: whole measures, values, or else what its beats ask for.
fn pieces(rest: &Rest, measures: &[Measure], resolution: Resolution) -> Vec<(Ticks, Ticks)> {
    let end = rest.onset + rest.duration;
    let after = measures.partition_point(|measure| measure.start <= rest.onset);
    let first = after.saturating_sub(1);
    let mut pieces = Vec::new();
    for (index, measure) in measures.iter().enumerate().skip(first) {
        let (from, to) = (rest.onset.max(measure.start), end.min(measure.end()));
        if from >= to {
            break;
        }
        let is_whole = (from, to) == (measure.start, measure.end());
        if is_whole || Value::of(to - from, None, resolution).is_some() {
            pieces.push((from, to - from));
            continue;
        }
        let spans = Metrics::of(measure, index == 0, resolution).rests(from, to);
        pieces.extend(spans.iter().map(|span| (span.start, span.length)));
    }
    pieces
}

/// Those of the pieces of a rest on which its signs stand.
fn bearing(rest: &Rest, pieces: &[(Ticks, Ticks)]) -> Vec<Rest> {
    let last = pieces.len().saturating_sub(1);
    let piece = |(index, &(onset, duration)): (usize, &(Ticks, Ticks))| {
        let mut piece = Rest {
            onset,
            duration,
            ..rest.clone()
        };
        piece.marks.retain(|mark| match mark {
            Mark::Fermata | Mark::SlurStop | Mark::Breath => index == last,
            _ => index == 0,
        });
        if index > 0 {
            piece.lyrics.clear();
        }
        piece
    };
    let bears = |piece: &Rest| !piece.marks.is_empty() || !piece.lyrics.is_empty();
    pieces.iter().enumerate().map(piece).filter(bears).collect()
}

/// When each voice sounds, or rests with signs.
struct Silence {
    busy: BTreeMap<u8, BTreeMap<Ticks, Ticks>>,
}

impl Silence {
    fn around(notes: &[Note]) -> Silence {
        let mut busy: BTreeMap<u8, BTreeMap<Ticks, Ticks>> = BTreeMap::new();
        for note in notes.iter().filter(|note| !note.is_grace()) {
            let end = busy.entry(note.voice).or_default().entry(note.onset);
            let end = end.or_insert(note.end());
            *end = (*end).max(note.end());
        }
        Silence { busy }
    }

    fn is_free(&self, voice: u8, rest: &Rest) -> bool {
        let end = rest.onset + rest.duration;
        let before = |busy: &BTreeMap<Ticks, Ticks>| {
            busy.range(..end)
                .next_back()
                .is_none_or(|(_, until)| *until <= rest.onset)
        };
        self.busy.get(&voice).is_none_or(before)
    }

    /// Puts a rest in its voice, or else in the first that is free; nowhere if none is.
    fn place(&mut self, rest: Rest) -> Option<Rest> {
        let mut voices = std::iter::once(rest.voice).chain(1..=u8::MAX);
        let voice = voices.find(|&voice| self.is_free(voice, &rest))?;
        let busy = self.busy.entry(voice).or_default();
        busy.insert(rest.onset, rest.onset + rest.duration);
        Some(Rest { voice, ..rest })
    }
}

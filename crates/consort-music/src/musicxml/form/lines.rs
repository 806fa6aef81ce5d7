//! Spanners that can be written.

use std::collections::BTreeSet;

use crate::musicxml::lines::numbers;
use crate::score::{Note, Spanner, SpannerKind};
use crate::time::Ticks;

/// The most octaves of an octave line.
const OCTAVES_MAX: i8 = 3;

/// The lines that can be told apart, on the staves of a part that has so many: from a note to the end
/// of a note for trills, which hang on the notes.
pub(super) fn spanners(spanners: &[Spanner], notes: &[Note], staves: u8) -> Vec<Spanner> {
    let mut valid: Vec<Spanner> = spanners
        .iter()
        .filter_map(|spanner| valid(spanner, notes, staves))
        .collect();
    valid.sort_unstable();
    let numbers = numbers(&valid);
    let numbered = valid.into_iter().zip(numbers);
    numbered
        .filter_map(|(spanner, number)| number.map(|_| spanner))
        .collect()
}

fn valid(spanner: &Spanner, notes: &[Note], staves: u8) -> Option<Spanner> {
    let from = spanner.from.max(Ticks::ZERO);
    let valid = Spanner {
        from,
        to: spanner.to.max(from),
        staff: spanner.staff.clamp(1, staves),
        kind: match spanner.kind {
            SpannerKind::Octaves(0) => return None,
            SpannerKind::Octaves(octaves) => {
                SpannerKind::Octaves(octaves.clamp(-OCTAVES_MAX, OCTAVES_MAX))
            }
            kind => kind,
        },
    };
    match valid.kind {
        SpannerKind::Trill => on_notes(valid, notes),
        _ => Some(valid),
    }
}

/// A line from the note that sounds or has begun last to the end of the note that ends next; none
/// without notes on its staff.
fn on_notes(spanner: Spanner, notes: &[Note]) -> Option<Spanner> {
    let heads = || {
        let heads = notes.iter().filter(|note| note.staff == spanner.staff);
        heads.filter(|note| !note.is_grace())
    };
    let onsets: BTreeSet<Ticks> = heads().map(|note| note.onset).collect();
    let ends: BTreeSet<Ticks> = heads().map(Note::end).collect();
    let from = onsets
        .range(..=spanner.from)
        .next_back()
        .or_else(|| onsets.first())
        .copied()?;
    let to = ends
        .range(spanner.to.max(from + Ticks(1))..)
        .next()
        .or_else(|| ends.last())
        .copied()?;
    Some(Spanner {
        from,
        to,
        ..spanner
    })
}

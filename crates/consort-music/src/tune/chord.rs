//! The chord symbols of tune texts.

use super::guide::CharSet;
use super::guide::typed::completions;

/// What may follow the root of a chord: kinds of chords by their usual abbreviations, which are those of
/// the Nottingham collection and the commonest others.
pub(super) const KINDS: &[&str] = &[
    "", "m", "7", "m7", "maj7", "dim", "dim7", "aug", "aug7", "6", "m6", "9", "sus2", "sus4",
    "7sus4",
];

/// Whether `text` is a root, one of [`KINDS`] and perhaps a bass.
pub(super) fn is_known(text: &str) -> bool {
    let (chord, bass) = match text.split_once('/') {
        Some((chord, bass)) => (chord, Some(bass)),
        None => (text, None),
    };
    let has_kind = after_root(chord).is_some_and(|kind| KINDS.contains(&kind));
    has_kind && bass.is_none_or(|bass| after_root(bass) == Some(""))
}

/// What follows the note name at the start of `text`.
pub(super) fn after_root(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(|c: char| matches!(c, 'A'..='G'))?;
    Some(rest.strip_prefix(['#', 'b']).unwrap_or(rest))
}

/// What may follow `typed`, the beginning of a chord symbol, and whether it is one as it stands.
pub(super) fn next(typed: &str) -> (CharSet, bool) {
    const LETTERS: CharSet = CharSet::of("ABCDEFG");
    const ACCIDENTALS: CharSet = CharSet::of("#b");
    let (above, bass) = match typed.split_once('/') {
        Some((above, bass)) => (above, Some(bass)),
        None => (typed, None),
    };
    if let Some(bass) = bass {
        return match bass.len() {
            0 => (LETTERS, false),
            1 => (ACCIDENTALS, true),
            _ => (CharSet::EMPTY, true),
        };
    }
    let Some(kind) = after_root(above) else {
        return (LETTERS, false);
    };
    let (mut next, is_one) = completions(kind, KINDS.iter().copied());
    if above.len() == 1 {
        next = next.union(ACCIDENTALS);
    }
    if is_one {
        next.insert('/');
    }
    (next, is_one)
}

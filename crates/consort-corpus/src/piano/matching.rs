//! Which note of a performance is which on the page.

use std::ops::Range;

use super::{Notated, Performance};

/// How far apart the two may be, in beats.
const REACH: f64 = 0.5;

/// How many notes of its pitch a note is compared with at most.
const COMPARED_MAX: usize = 64;

const PITCHES: usize = 128;

/// For each note of a score the index of the note of a performance that it is, if it was played.
///
/// Both are laid on beats, the first beat of the one on the first of the other. Notes of a pitch that
/// are at most half a beat apart are matched one to one and in their order, such that as many are as
/// can be, and close ones before distant ones. Tell of
/// [`matches_score`](Performance::matches_score) first: where it is false, beats do not stand for the
/// same music.
pub fn matches(performance: &Performance, notated: &Notated) -> Vec<Option<usize>> {
    let played = performance.notes.iter();
    let played = played.map(|note| (note.pitch.midi(), performance.beats.position(note.onset)));
    let played = by_pitch(played);
    let written = notated.notes.iter();
    let written = by_pitch(written.map(|note| (note.pitch.midi(), note.onset)));
    let mut matches = vec![None; notated.notes.len()];
    for (written, played) in written.iter().zip(&played) {
        for (index, other) in pairs(written, played) {
            matches[written[index].0] = Some(played[other].0);
        }
    }
    matches
}

/// The notes of a pitch: which of all they are, and where, in this order.
type Line = Vec<(usize, f64)>;

fn by_pitch(notes: impl Iterator<Item = (u8, f64)>) -> Vec<Line> {
    let mut lines = vec![Line::new(); PITCHES];
    for (index, (pitch, position)) in notes.enumerate() {
        lines[usize::from(pitch)].push((index, position));
    }
    lines
}

/// What is best done with two notes, of all that is done with those before them.
#[derive(Clone, Copy)]
enum Step {
    LeaveWritten,
    LeavePlayed,
    Match,
}

/// The pairs of two lines, the last first: those in rising order of both whose worth is greatest, where
/// a pair is worth 1 less the distance.
fn pairs(written: &Line, played: &Line) -> Vec<(usize, usize)> {
    // For each written note a row: what its notes up to it are worth with the played ones up to the
    // start of its range, and then up to each within.
    let ranges = ranges(written, played);
    let mut steps: Vec<Vec<Step>> = Vec::with_capacity(written.len());
    let (mut before, mut row) = ((0, vec![0.0]), Vec::new());
    for (&(_, position), range) in written.iter().zip(&ranges) {
        let worth_before = |end: usize| {
            let (start, row): &(usize, Vec<f64>) = &before;
            row[end.saturating_sub(*start).min(row.len() - 1)]
        };
        let mut worth: f64 = worth_before(range.start);
        row.clear();
        row.push(worth);
        let mut taken = Vec::with_capacity(range.len());
        for other in range.clone() {
            let distance = (played[other].1 - position).abs();
            let with = worth_before(other) + 1.0 - distance;
            let without = worth_before(other + 1);
            let step = if with > without && with > worth {
                Step::Match
            } else if without >= worth {
                Step::LeaveWritten
            } else {
                Step::LeavePlayed
            };
            worth = worth.max(with).max(without);
            row.push(worth);
            taken.push(step);
        }
        steps.push(taken);
        before = (range.start, std::mem::take(&mut row));
        row = Vec::new();
    }
    let (mut pairs, mut end) = (Vec::new(), played.len());
    for index in (0..written.len()).rev() {
        let range = &ranges[index];
        end = end.min(range.end);
        while end > range.start {
            match steps[index][end - 1 - range.start] {
                Step::LeavePlayed => end -= 1,
                Step::LeaveWritten => break,
                Step::Match => {
                    end -= 1;
                    pairs.push((index, end));
                    break;
                }
            }
        }
    }
    pairs
}

/// For each written note the played ones within reach; both ends of the ranges rise.
fn ranges(written: &Line, played: &Line) -> Vec<Range<usize>> {
    let written = written.iter();
    let range = written.map(|&(_, position)| {
        let start = played.partition_point(|&(_, other)| other < position - REACH);
        let middle = played.partition_point(|&(_, other)| other < position);
        let end = played.partition_point(|&(_, other)| other <= position + REACH);
        let half = COMPARED_MAX / 2;
        start.max(middle.saturating_sub(half))..end.min(middle + half)
    });
    range.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(positions: &[f64]) -> Line {
        positions.iter().copied().enumerate().collect()
    }

    /// The pairs of two lines in order.
    fn matched(written: &[f64], played: &[f64]) -> Vec<(usize, usize)> {
        let mut pairs = pairs(&line(written), &line(played));
        pairs.reverse();
        pairs
    }

    #[test]
    fn notes_are_matched_in_order_and_once() {
        assert_eq!(matched(&[0.0, 1.0], &[0.1, 1.2]), [(0, 0), (1, 1)]);
        // The nearest would leave the first one alone.
        assert_eq!(matched(&[0.0, 0.3], &[0.25, 0.5]), [(0, 0), (1, 1)]);
        assert_eq!(matched(&[0.0], &[-0.4, 0.1, 0.3]), [(0, 1)]);
        assert_eq!(matched(&[0.0, 0.25, 0.5], &[0.26]), [(1, 0)]);
    }

    #[test]
    fn what_is_half_a_beat_away_is_another_note() {
        assert_eq!(matched(&[0.0, 4.0], &[0.5, 3.49]), [(0, 0)]);
        assert_eq!(matched(&[], &[0.5]), []);
        assert_eq!(matched(&[0.5], &[]), []);
    }

    #[test]
    fn the_match_is_the_best_of_all() {
        // All ways to match, tried.
        fn best(written: &[f64], played: &[f64]) -> f64 {
            let (Some((one, written)), Some((other, rest))) =
                (written.split_first(), played.split_first())
            else {
                return 0.0;
            };
            let distance = (one - other).abs();
            let with = if distance <= REACH {
                1.0 - distance + best(written, rest)
            } else {
                0.0
            };
            let without = best(written, played);
            let whole = std::iter::once(*one).chain(written.iter().copied());
            with.max(without)
                .max(best(&whole.collect::<Vec<_>>(), rest))
        }
        // Positions between 0 and 3 beats from a generator of the simplest kind.
        let mut state = 1_u32;
        let mut position = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 16) / 65_536.0 * 3.0
        };
        for _ in 0..200 {
            let mut draw = || {
                let mut positions = [0.0; 6].map(|_: f64| position());
                positions.sort_by(f64::total_cmp);
                positions
            };
            let (written, played) = (draw(), draw());
            let pairs = matched(&written, &played);
            let worth = |&(one, other): &(usize, usize)| 1.0 - (written[one] - played[other]).abs();
            let found: f64 = pairs.iter().map(worth).sum();
            assert!(
                (found - best(&written, &played)).abs() < 1e-9,
                "{written:?} {played:?}"
            );
            assert!(
                pairs
                    .windows(2)
                    .all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1)
            );
        }
    }

    #[test]
    fn thousands_of_notes_at_once_do_not_take_for_ever() {
        let many = vec![0.0; 20_000];
        assert!(matched(&many, &many).len() >= COMPARED_MAX / 2);
    }
}

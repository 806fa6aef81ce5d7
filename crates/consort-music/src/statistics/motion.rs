//! How two voices move together: the rules themselves, on four pitches at a time.
//!
//! Everything here takes the pitches of one voice pair before and after a change, the voice that is
//! lower on the page first. What counts is what sounds: an interval is measured from the lower
//! sounding pitch to the higher one even where the voices are crossed.

use std::cmp::Ordering;

use crate::pitch::Pitch;

/// An interval that the rules forbid two voices to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Perfect {
    /// A perfect fifth, or a fifth and octaves.
    Fifth,
    /// A unison, an octave, or several octaves.
    Octave,
}

impl Perfect {
    /// The perfect interval between two pitches, in either order, if it is one.
    pub fn between(a: Pitch, b: Pitch) -> Option<Perfect> {
        match distance(a, b) % 12 {
            0 => Some(Perfect::Octave),
            7 => Some(Perfect::Fifth),
            _ => None,
        }
    }
}

/// Parallel fifths or octaves: both voices move in the same direction from one perfect interval to
/// another of the same kind. Octaves include unisons, and compound intervals count as simple ones,
/// so a fifth followed by a twelfth in the same direction is a parallel. A repeated interval, where
/// neither voice moves, is none.
///
/// Fux, *Gradus ad Parnassum*, book 2: from one perfect consonance to another one proceeds by
/// contrary or oblique motion; Aldwell and Schachter, *Harmony and Voice Leading*, "Procedures of
/// Four-Part Writing".
pub fn parallel_perfect(
    lower_before: Pitch,
    upper_before: Pitch,
    lower_after: Pitch,
    upper_after: Pitch,
) -> Option<Perfect> {
    let interval = Perfect::between(lower_before, upper_before)?;
    (Perfect::between(lower_after, upper_after) == Some(interval)
        && moves_similarly(lower_before, upper_before, lower_after, upper_after))
    .then_some(interval)
}

/// Fifths or octaves by contrary motion ("antiparallels"): as [`parallel_perfect`], but the voices
/// move in opposite directions, as from a fifth to a twelfth.
///
/// Aldwell and Schachter forbid them as well, with exceptions in more than four voices; Bach allows
/// himself the fifths at cadences. They are counted apart for that reason.
pub fn antiparallel_perfect(
    lower_before: Pitch,
    upper_before: Pitch,
    lower_after: Pitch,
    upper_after: Pitch,
) -> Option<Perfect> {
    let interval = Perfect::between(lower_before, upper_before)?;
    let opposed = match lower_after.cmp(&lower_before) {
        Ordering::Equal => false,
        lower => upper_after.cmp(&upper_before) == lower.reverse(),
    };
    (opposed && Perfect::between(lower_after, upper_after) == Some(interval)).then_some(interval)
}

/// Hidden (direct) fifths or octaves: both voices move in the same direction into a perfect
/// interval from an interval of another kind, the upper voice by more than a whole tone. Where the
/// upper voice moves by step they are harmless and not counted. A diminished fifth before a perfect
/// one is "another kind".
///
/// The rule concerns the outer voices: Aldwell and Schachter, "Procedures of Four-Part Writing";
/// Piston, *Harmony*, "The Harmonization of a Given Part".
pub fn hidden_perfect(
    lower_before: Pitch,
    upper_before: Pitch,
    lower_after: Pitch,
    upper_after: Pitch,
) -> Option<Perfect> {
    let interval = Perfect::between(lower_after, upper_after)?;
    (Perfect::between(lower_before, upper_before) != Some(interval)
        && !is_step(upper_before, upper_after)
        && moves_similarly(lower_before, upper_before, lower_after, upper_after))
    .then_some(interval)
}

/// Whether both voices move, and in the same direction.
pub fn moves_similarly(
    lower_before: Pitch,
    upper_before: Pitch,
    lower_after: Pitch,
    upper_after: Pitch,
) -> bool {
    let lower = lower_after.cmp(&lower_before);
    lower != Ordering::Equal && lower == upper_after.cmp(&upper_before)
}

/// Whether the lower voice sounds above the upper one; a unison is no crossing.
pub fn crosses(lower: Pitch, upper: Pitch) -> bool {
    lower > upper
}

/// Whether voices overlap: one moves past the pitch that its neighbour has just left, the lower
/// voice above it or the upper voice below it, while neither moment is a crossing. A move to that
/// very pitch is no overlap. (Aldwell and Schachter, "Procedures of Four-Part Writing".)
pub fn overlaps(
    lower_before: Pitch,
    upper_before: Pitch,
    lower_after: Pitch,
    upper_after: Pitch,
) -> bool {
    !crosses(lower_before, upper_before)
        && !crosses(lower_after, upper_after)
        && (lower_after > upper_before || upper_after < lower_before)
}

/// Semitones between two pitches.
pub fn distance(a: Pitch, b: Pitch) -> u8 {
    a.midi().abs_diff(b.midi())
}

/// Whether a voice moves by a semitone or a whole tone.
pub fn is_step(before: Pitch, after: Pitch) -> bool {
    matches!(distance(before, after), 1 | 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::pitch;

    type Rule = fn(Pitch, Pitch, Pitch, Pitch) -> Option<Perfect>;

    fn apply(rule: Rule, before: (u8, u8), after: (u8, u8)) -> Option<Perfect> {
        rule(
            pitch(before.0),
            pitch(before.1),
            pitch(after.0),
            pitch(after.1),
        )
    }

    #[test]
    fn parallels_need_both_voices_to_move_the_same_way() {
        let parallel = |before, after| apply(parallel_perfect, before, after);
        assert_eq!(parallel((48, 55), (50, 57)), Some(Perfect::Fifth));
        assert_eq!(parallel((48, 67), (46, 65)), Some(Perfect::Fifth));
        assert_eq!(parallel((48, 55), (50, 69)), Some(Perfect::Fifth));
        assert_eq!(parallel((48, 72), (50, 74)), Some(Perfect::Octave));
        assert_eq!(parallel((60, 60), (62, 62)), Some(Perfect::Octave));
        assert_eq!(parallel((48, 55), (48, 55)), None, "a repeated fifth");
        assert_eq!(parallel((48, 55), (43, 62)), None, "contrary motion");
        assert_eq!(parallel((48, 55), (48, 67)), None, "oblique motion");
        assert_eq!(parallel((47, 53), (48, 55)), None, "diminished to perfect");
        assert_eq!(parallel((48, 53), (50, 55)), None, "fourths");
    }

    #[test]
    fn crossed_voices_are_heard_as_they_sound() {
        let parallel = |before, after| apply(parallel_perfect, before, after);
        assert_eq!(
            parallel((67, 60), (69, 62)),
            Some(Perfect::Fifth),
            "both crossed"
        );
        assert_eq!(
            parallel((60, 67), (76, 69)),
            Some(Perfect::Fifth),
            "crossing between"
        );
        assert_eq!(
            parallel((65, 60), (67, 62)),
            None,
            "crossed fourths are no fifths"
        );
    }

    #[test]
    fn antiparallels_move_apart_or_together() {
        let antiparallel = |before, after| apply(antiparallel_perfect, before, after);
        assert_eq!(antiparallel((48, 55), (43, 62)), Some(Perfect::Fifth));
        assert_eq!(antiparallel((48, 60), (55, 55)), Some(Perfect::Octave));
        assert_eq!(antiparallel((48, 55), (50, 57)), None);
        assert_eq!(antiparallel((48, 55), (48, 67)), None);
        assert_eq!(antiparallel((48, 55), (48, 55)), None);
    }

    #[test]
    fn hidden_fifths_need_a_leap_above() {
        let hidden = |before, after| apply(hidden_perfect, before, after);
        assert_eq!(hidden((48, 64), (50, 69)), Some(Perfect::Fifth));
        assert_eq!(hidden((48, 67), (53, 77)), Some(Perfect::Octave));
        assert_eq!(
            hidden((48, 67), (53, 72)),
            None,
            "from one fifth to another is parallel"
        );
        assert_eq!(hidden((55, 71), (60, 72)), None, "the soprano steps");
        assert_eq!(hidden((48, 64), (45, 69)), None, "contrary motion");
        assert_eq!(hidden((50, 64), (50, 69)), None, "oblique motion");
    }

    #[test]
    fn overlap_passes_the_neighbours_last_pitch() {
        let overlap = |before: (u8, u8), after: (u8, u8)| {
            overlaps(
                pitch(before.0),
                pitch(before.1),
                pitch(after.0),
                pitch(after.1),
            )
        };
        assert!(overlap((60, 64), (65, 69)));
        assert!(overlap((60, 64), (55, 59)));
        assert!(!overlap((60, 64), (64, 67)), "to the pitch itself");
        assert!(!overlap((60, 64), (62, 65)));
        assert!(!overlap((60, 64), (65, 62)), "that is a crossing");
        assert!(!crosses(pitch(60), pitch(60)));
        assert!(crosses(pitch(61), pitch(60)));
    }
}

//! Voice leading and texture of a whole grid.

use std::ops::RangeInclusive;

use super::motion::{
    Perfect, antiparallel_perfect, crosses, distance, hidden_perfect, overlaps, parallel_perfect,
};
use super::{Share, additive};
use crate::grid::VoiceGrid;
use crate::pitch::Pitch;

/// The lowest and highest pitch of soprano, alto, tenor and bass in Bach's chorales, as MIDI
/// numbers: the extremes of the 229 training pieces of the JSB chorales. Textbooks draw them
/// narrower (Piston: C4-G5, G3-C5, C3-G4, E2-C4).
pub const CHORAL_RANGES: [RangeInclusive<u8>; 4] = [60..=81, 52..=74, 46..=69, 36..=66];

/// What voices do from one chord to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceLeading {
    /// Steps at which any voice has another pitch than at the step before, entering and falling
    /// silent included. What follows is counted at these steps, between the voices that sound at
    /// both, so a chord that is repeated or held is never a fault.
    pub chord_changes: u64,
    /// Voice pairs in parallel fifths: [`parallel_perfect`].
    pub parallel_fifths: u64,
    /// Voice pairs in parallel octaves or unisons.
    pub parallel_octaves: u64,
    /// Voice pairs in fifths by contrary motion: [`antiparallel_perfect`].
    pub antiparallel_fifths: u64,
    /// Voice pairs in octaves or unisons by contrary motion.
    pub antiparallel_octaves: u64,
    /// Hidden fifths between the first and the last voice: [`hidden_perfect`].
    pub hidden_fifths: u64,
    /// Hidden octaves or unisons between the first and the last voice.
    pub hidden_octaves: u64,
    /// Pairs of neighbouring voices that overlap: [`overlaps`].
    pub overlaps: u64,
}

additive!(VoiceLeading {
    chord_changes,
    parallel_fifths,
    parallel_octaves,
    antiparallel_fifths,
    antiparallel_octaves,
    hidden_fifths,
    hidden_octaves,
    overlaps,
});

/// Counts what voices do from one chord to the next. A grid of one step has no chord change.
pub fn voice_leading(grid: &VoiceGrid) -> VoiceLeading {
    let mut counts = VoiceLeading::default();
    for step in (1..grid.steps()).filter(|&step| grid.changes_at(step)) {
        counts.chord_changes += 1;
        for lower in 1..grid.voices() {
            for upper in 0..lower {
                count_pair(grid, step, lower, upper, &mut counts);
            }
        }
    }
    counts
}

fn count_pair(
    grid: &VoiceGrid,
    step: usize,
    lower: usize,
    upper: usize,
    counts: &mut VoiceLeading,
) {
    let (Some(lower_before), Some(upper_before), Some(lower_after), Some(upper_after)) = (
        grid.pitch(step - 1, lower),
        grid.pitch(step - 1, upper),
        grid.pitch(step, lower),
        grid.pitch(step, upper),
    ) else {
        return;
    };
    let (fifths, octaves) = (Some(Perfect::Fifth), Some(Perfect::Octave));
    let parallel = parallel_perfect(lower_before, upper_before, lower_after, upper_after);
    counts.parallel_fifths += u64::from(parallel == fifths);
    counts.parallel_octaves += u64::from(parallel == octaves);
    let contrary = antiparallel_perfect(lower_before, upper_before, lower_after, upper_after);
    counts.antiparallel_fifths += u64::from(contrary == fifths);
    counts.antiparallel_octaves += u64::from(contrary == octaves);
    if upper == 0 && lower + 1 == grid.voices() {
        let hidden = hidden_perfect(lower_before, upper_before, lower_after, upper_after);
        counts.hidden_fifths += u64::from(hidden == fifths);
        counts.hidden_octaves += u64::from(hidden == octaves);
    }
    if upper + 1 == lower {
        let overlap = overlaps(lower_before, upper_before, lower_after, upper_after);
        counts.overlaps += u64::from(overlap);
    }
}

/// How voices lie above one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Texture {
    /// Steps with a crossing, of those at which two voices or more sound: some voice sounds above
    /// the next higher voice that sounds.
    pub crossed: Share,
    /// Neighbouring voices more than an octave apart, of those that sound together, the lowest
    /// voice of the grid left out. (Aldwell and Schachter, "Procedures of Four-Part Writing": no
    /// more than an octave between soprano and alto, and alto and tenor.)
    pub wide_above: Share,
    /// The lowest voice more than two octaves below its neighbour, of the steps at which both
    /// sound. Textbooks set no limit here; beyond two octaves the bass comes apart from the rest.
    pub wide_below: Share,
    /// Sounding cells outside the range of their voice, of those that have one.
    pub out_of_range: Share,
}

additive!(Texture {
    crossed,
    wide_above,
    wide_below,
    out_of_range,
});

/// Counts how voices lie above one another. `ranges` are MIDI numbers, the highest voice first;
/// voices beyond the list have no range. [`CHORAL_RANGES`] suits a choir.
pub fn texture(grid: &VoiceGrid, ranges: &[RangeInclusive<u8>]) -> Texture {
    let mut counts = Texture::default();
    for step in 0..grid.steps() {
        let frame = grid.frame(step);
        let sounding = || frame.iter().filter_map(|cell| cell.pitch());
        if sounding().nth(1).is_some() {
            let mut pairs = sounding().zip(sounding().skip(1));
            counts
                .crossed
                .record(pairs.any(|(upper, lower)| crosses(lower, upper)));
        }
        for (upper, pair) in frame.windows(2).enumerate() {
            if let [Some(above), Some(below)] = [pair[0].pitch(), pair[1].pitch()] {
                count_spacing(&mut counts, above, below, upper + 2 == grid.voices());
            }
        }
        for (cell, range) in frame.iter().zip(ranges) {
            if let Some(pitch) = cell.pitch() {
                counts.out_of_range.record(!range.contains(&pitch.midi()));
            }
        }
    }
    counts
}

fn count_spacing(counts: &mut Texture, above: Pitch, below: Pitch, lowest: bool) {
    if lowest {
        counts.wide_below.record(distance(above, below) > 24);
    } else {
        counts.wide_above.record(distance(above, below) > 12);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::testing::grid;

    #[test]
    fn parallels_are_counted_per_pair_and_per_change() {
        let counts = voice_leading(&grid(&[
            [67, 64, 55, 48],
            [67, 64, 55, 48],
            [69, 65, 57, 50],
            [69, 65, 57, 50],
        ]));
        assert_eq!(counts.chord_changes, 1);
        // Soprano and bass, and tenor and bass, in fifths; soprano and tenor in octaves.
        assert_eq!(counts.parallel_fifths, 2);
        assert_eq!(counts.parallel_octaves, 1);
        assert_eq!(counts.hidden_fifths, 0);
    }

    #[test]
    fn a_rest_between_hides_a_parallel() {
        let counts = voice_leading(&grid(&[
            [67, -1, -1, 48],
            [-1, -1, -1, 50],
            [69, -1, -1, 50],
        ]));
        assert_eq!(counts.parallel_fifths, 0);
        assert_eq!(counts.chord_changes, 2);
    }

    #[test]
    fn hidden_intervals_concern_the_outer_voices() {
        let outer = voice_leading(&grid(&[[64, -1, -1, 48], [69, -1, -1, 50]]));
        assert_eq!((outer.hidden_fifths, outer.hidden_octaves), (1, 0));
        let inner = voice_leading(&grid(&[[-1, 64, 48, -1], [-1, 69, 50, -1]]));
        assert_eq!(inner.hidden_fifths, 0);
    }

    #[test]
    fn crossing_skips_resting_voices() {
        let counts = texture(
            &grid(&[
                [72, 67, 64, 48],
                [60, -1, 64, 48],
                [60, 60, 60, 60],
                [72, -1, -1, -1],
            ]),
            &[],
        );
        assert_eq!(counts.crossed, Share { part: 1, whole: 3 });
    }

    #[test]
    fn spacing_allows_the_bass_two_octaves() {
        let counts = texture(
            &grid(&[[79, 66, 60, 36], [78, 66, 61, 36], [-1, 66, 61, -1]]),
            &[],
        );
        assert_eq!(counts.wide_above, Share { part: 1, whole: 5 });
        assert_eq!(counts.wide_below, Share { part: 1, whole: 2 });
    }

    #[test]
    fn ranges_include_their_ends() {
        let counts = texture(&grid(&[[60, 74, 46, 66], [59, 75, -1, 67]]), &CHORAL_RANGES);
        assert_eq!(counts.out_of_range, Share { part: 3, whole: 7 });
    }
}

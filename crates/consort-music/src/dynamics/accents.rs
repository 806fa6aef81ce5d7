//! Notes that stand out.

use super::beats::Beat;

/// How much louder than its neighbourhood a note must be: more than from one dynamic to the next.
const EXCESS: f64 = 20.0;
/// The neighbourhood, in beats to each side.
const REACH: i64 = 4;
/// With fewer beats than these there is no neighbourhood to stand out from.
const NEIGHBOURS_MIN: usize = 4;

/// For each beat the onsets that stand out, by their number in it: at least [`EXCESS`] louder than the
/// median of what is loudest in each beat around. So a melody is compared with itself and not with what
/// accompanies it, and neither a new dynamic nor a crescendo is an accent.
pub(super) fn of(beats: &[Beat]) -> Vec<Vec<usize>> {
    let mut first = 0;
    let accents = beats.iter().map(|beat| {
        first += beats[first..]
            .iter()
            .take_while(|other| beat.index - other.index > REACH)
            .count();
        let around = beats[first..]
            .iter()
            .take_while(|other| other.index - beat.index <= REACH);
        let mut around: Vec<u8> = around.map(Beat::loudest).collect();
        if around.len() <= NEIGHBOURS_MIN {
            return Vec::new();
        }
        around.sort_unstable();
        let half = around.len() / 2;
        let median = if around.len().is_multiple_of(2) {
            f64::midpoint(around[half - 1].into(), around[half].into())
        } else {
            around[half].into()
        };
        let onsets = beat.onsets.iter().enumerate();
        let loud = onsets.filter(|(_, onset)| f64::from(onset.loudest.0) >= median + EXCESS);
        loud.map(|(number, _)| number).collect()
    });
    accents.collect()
}

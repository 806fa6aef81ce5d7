//! Pattern histograms of scores, and as tables.

use std::fmt::Write;

use consort_music::Score;
use consort_music::grid::{DrumGrid, drum_parts};
use consort_music::statistics::PatternHistogram;
use consort_music::statistics::pattern::{LAGS, STEPS_PER_QUARTER};

use crate::files::{FileError, in_steps};
use crate::pictures::{drums_after, drums_before};

/// What the drums of a score, as [`drum_parts`] finds them, do after each other, with repeats played out,
/// in 32nds.
///
/// # Errors
/// If the score is too long for a table, or no ticks are fine enough for 32nds.
pub fn histogram_of(score: &Score) -> Result<PatternHistogram, FileError> {
    let mut score = score.unfolded();
    for part in drum_parts(&score) {
        score.parts[part.index].instrument.percussion = true;
    }
    let (score, step) = in_steps(&score, STEPS_PER_QUARTER)?;
    let (grid, _) = DrumGrid::of(&score, step)?;
    Ok(PatternHistogram::of(&grid))
}

/// What [`patterns`](crate::pictures::patterns) shows, as comma-separated values: the drum, the one
/// that follows, after how many 32nds, and the share of all that follows the first within 128; with a
/// second histogram also its share, and by how much it exceeds the other. A drum after which nothing
/// sounds has no shares.
pub fn to_csv(real: &PatternHistogram, generated: Option<&PatternHistogram>) -> String {
    let mut csv = "first,then,lag_32nds,share".to_owned();
    csv.push_str(generated.map_or("\n", |_| ",share_2,residual\n"));
    let both: Vec<&PatternHistogram> = std::iter::once(real).chain(generated).collect();
    for first in drums_before(&both) {
        let mut tables: Vec<Option<Vec<f64>>> = both.iter().map(|one| one.shares(first)).collect();
        tables.extend(generated.map(|generated| real.residual(generated, first)));
        for then in drums_after(&both) {
            for lag in 1..=LAGS {
                write!(csv, "{},{},{lag}", first.name(), then.name()).expect(ANY_TEXT);
                for table in &tables {
                    csv.push(',');
                    if let Some(table) = table {
                        let value = table[then as usize * LAGS + lag - 1];
                        write!(csv, "{value}").expect(ANY_TEXT);
                    }
                }
                csv.push('\n');
            }
        }
    }
    csv
}

const ANY_TEXT: &str = "a string takes any text";

#[cfg(test)]
mod tests {
    use consort_music::grid::{Drum, Hit};

    use super::*;

    fn histogram(cells: &[(usize, Drum)]) -> PatternHistogram {
        let mut grid = DrumGrid::new(64);
        let hit = Hit {
            velocity: 100u8.try_into().unwrap(),
            offset: 0.0,
        };
        for &(step, drum) in cells {
            grid.set(step, drum, Some(hit));
        }
        PatternHistogram::of(&grid)
    }

    #[test]
    fn a_table_has_what_sounds_and_no_more() {
        let kicks = histogram(&[(0, Drum::Kick), (8, Drum::Kick)]);
        let table = to_csv(&kicks, None);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 1 + LAGS);
        assert_eq!((lines[1], lines[8]), ("kick,kick,1,0", "kick,kick,8,1"));

        let snares = histogram(&[(0, Drum::Kick), (4, Drum::Kick), (8, Drum::Snare)]);
        let table = to_csv(&kicks, Some(&snares));
        assert!(table.starts_with("first,then,lag_32nds,share,share_2,residual\n"));
        let third = 1.0 / 3.0;
        assert!(table.contains(&format!("kick,kick,4,0,{third},{third}\n")));
        assert!(!table.contains("snare,kick"), "nothing follows the snare");
        let swapped = to_csv(
            &histogram(&[(0, Drum::Ride), (8, Drum::Ride)]),
            Some(&kicks),
        );
        assert!(swapped.contains("kick,kick,8,,1,\n"), "{swapped}");
    }
}

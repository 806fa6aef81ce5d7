//! Bach's own figures, on the standard folds of the JSB chorales.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::motion::moves_similarly;
use super::testing::grid;
use super::{
    CHORAL_RANGES, Cadence, ChoraleStatistics, Setting, Share, estimate_key, quarter_pulses,
};
use crate::grid::VoiceGrid;
use crate::pitch::Pitch;
use crate::time::Ticks;

/// The pieces of a fold on the grid of sixteenths, or nothing, said aloud, without the data.
pub(super) fn chorales(fold: &str) -> Option<Vec<VoiceGrid>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/jsb-chorales/Jsb16thSeparated.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let folds: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pieces = folds[fold].as_array().unwrap();
    let row = |row: &serde_json::Value| -> [i64; 4] {
        std::array::from_fn(|voice| row[voice].as_i64().unwrap())
    };
    let rows = |piece: &serde_json::Value| -> Vec<[i64; 4]> {
        piece.as_array().unwrap().iter().map(row).collect()
    };
    Some(pieces.iter().map(|piece| grid(&rows(piece))).collect())
}

/// Pooled over `pieces`. The source has no fermatas: one is put on the last chord.
fn pooled(pieces: &[VoiceGrid]) -> ChoraleStatistics {
    let mut sum = ChoraleStatistics::default();
    for grid in pieces {
        let mut pulses = quarter_pulses(grid.steps(), 4);
        let last = (1..grid.steps()).rfind(|&step| grid.changes_at(step));
        for pulse in &mut pulses[last.unwrap()..] {
            pulse.fermata = true;
        }
        let setting = Setting {
            pulses: &pulses,
            quarter: Ticks(4),
            key: estimate_key(grid).unwrap(),
            ranges: &CHORAL_RANGES,
        };
        sum += ChoraleStatistics::of(grid, &setting);
    }
    sum
}

/// The steps `from..to` of a grid.
fn cut(grid: &VoiceGrid, from: usize, to: usize) -> VoiceGrid {
    let mut part = VoiceGrid::new(to - from, grid.voices());
    for step in from..to {
        for voice in 0..grid.voices() {
            part.set(step - from, voice, grid.cell(step, voice));
        }
    }
    part
}

/// The definition behind the baseline of .23 parallel fifths and .08 octaves per 100 chord changes
/// that this project set out from: intervals from the lower voice of the page to the upper one,
/// modulo the octave, so that crossed fourths count as fifths and crossed fifths do not; steps at
/// which all voices sound. Returns fifths, octaves and chord changes.
fn parallels_by_page(pieces: &[VoiceGrid]) -> [u32; 3] {
    let mut counts = [0; 3];
    for grid in pieces {
        let frame = |step: usize| -> Option<Vec<Pitch>> {
            (0..grid.voices())
                .map(|voice| grid.pitch(step, voice))
                .collect()
        };
        for step in 1..grid.steps() {
            let (Some(before), Some(after)) = (frame(step - 1), frame(step)) else {
                continue;
            };
            counts[2] += u32::from(before != after);
            for lower in 1..grid.voices() {
                for upper in 0..lower {
                    let class = |frame: &[Pitch]| {
                        (i32::from(frame[upper].midi()) - i32::from(frame[lower].midi()))
                            .rem_euclid(12)
                    };
                    let similar =
                        moves_similarly(before[lower], before[upper], after[lower], after[upper]);
                    if similar && class(&before) == class(&after) {
                        counts[0] += u32::from(class(&before) == 7);
                        counts[1] += u32::from(class(&before) == 0);
                    }
                }
            }
        }
    }
    counts
}

#[test]
fn the_baseline_of_the_test_fold() {
    let Some(pieces) = chorales("test") else {
        return;
    };
    // 16 / 7068 = .226 % and 6 / 7068 = .085 %.
    assert_eq!(parallels_by_page(&pieces), [16, 6, 7068]);
    let ours = pooled(&pieces).voice_leading;
    assert_eq!(
        (
            ours.parallel_fifths,
            ours.parallel_octaves,
            ours.chord_changes
        ),
        (15, 6, 7113)
    );
}

/// The baseline's row of Bach: 20 test melodies of 64 steps (the first whose openings have no rest)
/// with .763 of the notes below the melody repeated, .65 parallel fifths and .22 octaves per 100
/// chord changes, 1.6 % of the steps crossed, and .9 % of the cells below the melody between the
/// eighths changed.
#[test]
fn the_baselines_row_of_the_openings() {
    let Some(pieces) = chorales("test") else {
        return;
    };
    let sounds = |grid: &VoiceGrid| {
        (0..64).all(|step| grid.frame(step).iter().all(|cell| cell.pitch().is_some()))
    };
    let openings: Vec<VoiceGrid> = pieces
        .iter()
        .filter(|grid| sounds(grid))
        .take(20)
        .map(|grid| cut(grid, 0, 64))
        .collect();
    assert_eq!(parallels_by_page(&openings), [3, 1, 463]);
    let ours = pooled(&openings);
    assert_eq!(
        ours.repetition_below.repeated,
        Share {
            part: 2886,
            whole: 3780
        }
    );
    assert_eq!(
        ours.texture.crossed,
        Share {
            part: 20,
            whole: 1280
        }
    );
    assert_eq!(
        ours.repetition_below.off_beat,
        Share {
            part: 17,
            whole: 1920
        }
    );
}

/// `fixtures/statistics/bach-rates.tsv` is what these functions say of Bach; `UPDATE=1` rewrites
/// it.
#[test]
fn bachs_rates_are_on_record() {
    let (Some(valid), Some(test)) = (chorales("valid"), chorales("test")) else {
        return;
    };
    let mut table = "rate\tvalid\ttest\n".to_owned();
    let rates = pooled(&valid)
        .rates()
        .into_iter()
        .zip(pooled(&test).rates());
    for ((name, valid), (_, test)) in rates {
        writeln!(table, "{name}\t{valid:.3}\t{test:.3}").unwrap();
    }
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/statistics/bach-rates.tsv");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), table);
}

#[test]
fn chorales_end_with_authentic_cadences_in_their_key() {
    let (Some(valid), Some(test)) = (chorales("valid"), chorales("test")) else {
        return;
    };
    let pieces: Vec<VoiceGrid> = valid.into_iter().chain(test).collect();
    let ends_on_tonic = |grid: &&VoiceGrid| {
        let bass = (0..grid.steps()).rev().find_map(|step| grid.pitch(step, 3));
        bass.map(Pitch::class) == estimate_key(grid).map(|key| key.tonic_class())
    };
    let on_tonic = pieces.iter().filter(ends_on_tonic).count();
    assert_eq!((on_tonic, pieces.len()), (137, 153));
    let kinds = pooled(&pieces).cadences.kinds;
    assert_eq!(kinds.total(), 153);
    let perfect = kinds.0[Cadence::PerfectAuthentic as usize];
    assert_eq!(perfect, 126, "{kinds:?}");
}

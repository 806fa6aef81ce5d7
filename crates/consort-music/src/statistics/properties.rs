//! What must hold for any grid at all.

use proptest::prelude::*;

use super::testing::pitch;
use super::{ChoraleStatistics, Setting, Share, estimate_key, melodic_intervals, voice_leading};
use crate::grid::{Cell, Pulse, VoiceGrid};
use crate::pitch::{Key, Mode, Pitch};
use crate::time::Ticks;

const MODES: [Mode; 7] = [
    Mode::Major,
    Mode::Minor,
    Mode::Dorian,
    Mode::Phrygian,
    Mode::Lydian,
    Mode::Mixolydian,
    Mode::Locrian,
];

/// Rows of MIDI numbers; a small alphabet, so that chords, repeats and faults are frequent.
fn grids(low: u8, high: u8) -> impl Strategy<Value = VoiceGrid> {
    let cell = prop_oneof![
        1 => Just(Cell::Rest),
        4 => (low..=high).prop_map(|midi| Cell::Hold(pitch(midi))),
        2 => (low..=high).prop_map(|midi| Cell::Onset(pitch(midi))),
    ];
    // Each drawn cell lasts one to four steps.
    let voice = prop::collection::vec((cell, 1..5usize), 0..24);
    (1..6usize, 0..32usize)
        .prop_flat_map(move |(voices, steps)| {
            (Just(steps), prop::collection::vec(voice.clone(), voices))
        })
        .prop_map(|(steps, voices)| {
            let mut grid = VoiceGrid::new(steps, voices.len());
            for (voice, cells) in voices.into_iter().enumerate() {
                let drawn = cells
                    .into_iter()
                    .flat_map(|(cell, length)| std::iter::repeat_n(cell, length));
                for (step, cell) in drawn.take(steps).enumerate() {
                    grid.set(step, voice, cell);
                }
            }
            grid
        })
}

/// Sane pulses and insane ones, and perhaps not as many as there are steps.
fn pulses() -> impl Strategy<Value = Vec<Pulse>> {
    let sane = (0..32i64, Just(16i64), Just(4i64));
    let insane = (any::<i64>(), any::<i64>(), any::<i64>());
    let pulse = (
        prop_oneof![4 => sane, 1 => insane],
        prop::bool::weighted(0.2),
    )
        .prop_map(|((in_measure, measure, beat), fermata)| Pulse {
            in_measure: Ticks(in_measure),
            measure: Ticks(measure),
            beat: Ticks(beat),
            fermata,
        });
    prop::collection::vec(pulse, 0..40)
}

fn keys() -> impl Strategy<Value = Key> {
    (any::<i8>(), 0..MODES.len()).prop_map(|(fifths, mode)| Key {
        fifths,
        mode: MODES[mode],
    })
}

fn transposed(grid: &VoiceGrid, semitones: i32) -> VoiceGrid {
    let moved = |pitch: Pitch| pitch.transposed(semitones).unwrap();
    let mut other = VoiceGrid::new(grid.steps(), grid.voices());
    for step in 0..grid.steps() {
        for voice in 0..grid.voices() {
            let cell = match grid.cell(step, voice) {
                Cell::Rest => Cell::Rest,
                Cell::Onset(pitch) => Cell::Onset(moved(pitch)),
                Cell::Hold(pitch) => Cell::Hold(moved(pitch)),
            };
            other.set(step, voice, cell);
        }
    }
    other
}

/// One after the other, with a silent step between.
fn joined(first: &VoiceGrid, second: &VoiceGrid) -> VoiceGrid {
    let mut grid = VoiceGrid::new(first.steps() + 1 + second.steps(), first.voices());
    for (part, begin) in [(first, 0), (second, first.steps() + 1)] {
        for step in 0..part.steps() {
            for voice in 0..part.voices().min(grid.voices()) {
                grid.set(begin + step, voice, part.cell(step, voice));
            }
        }
    }
    grid
}

fn bits(statistics: &ChoraleStatistics) -> Vec<u64> {
    let rates = statistics.rates().into_iter();
    rates.map(|(_, rate)| rate.to_bits()).collect()
}

proptest! {
    #[test]
    fn nothing_panics_and_no_part_exceeds_its_whole(
        grid in grids(0, 127),
        pulses in pulses(),
        key in keys(),
        quarter in any::<i64>(),
        ranges in prop::collection::vec((any::<u8>(), any::<u8>()), 0..6),
    ) {
        let ranges: Vec<_> = ranges.into_iter().map(|(low, high)| low..=high).collect();
        let quarter = Ticks(quarter);
        let setting = Setting { pulses: &pulses, quarter, key, ranges: &ranges };
        let statistics = ChoraleStatistics::of(&grid, &setting);
        for (name, rate) in statistics.rates() {
            prop_assert!(rate.is_nan() || rate >= 0.0, "{name}: {rate}");
            if name.contains('%') {
                prop_assert!(rate.is_nan() || rate <= 100.0, "{name}: {rate}");
            }
        }
        prop_assert_eq!(estimate_key(&grid).is_none(), statistics.degrees.total() == 0);
    }

    #[test]
    fn transposition_changes_nothing(
        grid in grids(54, 66),
        pulses in pulses(),
        key in keys(),
        semitones in -24..=24i32,
        low in 40u8..60,
    ) {
        let moved = transposed(&grid, semitones);
        let up = |midi: u8| u8::try_from(i32::from(midi) + semitones).unwrap();
        let (ranges, moved_ranges) = ([low..=60, 50..=62], [up(low)..=up(60), up(50)..=up(62)]);
        let quarter = Ticks(4);
        let here = Setting { pulses: &pulses, quarter, key, ranges: &ranges };
        let moved_key = key.transposed(semitones);
        let there = Setting { pulses: &pulses, quarter, key: moved_key, ranges: &moved_ranges };
        prop_assert_eq!(
            ChoraleStatistics::of(&grid, &here),
            ChoraleStatistics::of(&moved, &there)
        );
        let expected = estimate_key(&grid).map(|key| key.transposed(semitones));
        prop_assert_eq!(estimate_key(&moved), expected);
    }

    #[test]
    fn counts_add_up(
        grids in prop::collection::vec(grids(54, 66), 2),
        pulses in pulses(),
        key in keys(),
    ) {
        let setting = Setting { pulses: &pulses, quarter: Ticks(4), key, ranges: &[50..=60] };
        let [first, second] = [0, 1].map(|piece| ChoraleStatistics::of(&grids[piece], &setting));
        let mut sum = first;
        sum += second;
        let mut other_way = second;
        other_way += first;
        prop_assert_eq!(sum, other_way);
        prop_assert_eq!(sum.pieces, 2);
        let Share { part, whole } = sum.texture.out_of_range;
        prop_assert_eq!(part, first.texture.out_of_range.part + second.texture.out_of_range.part);
        prop_assert!(part <= whole);
        let mut twice = first;
        twice += first;
        prop_assert_eq!(bits(&twice), bits(&first));
    }

    #[test]
    fn pieces_played_in_a_row_have_the_faults_of_both(
        first in grids(54, 66),
        second in grids(54, 66),
    ) {
        let narrow = joined(&VoiceGrid::new(0, first.voices()), &second);
        let both = joined(&first, &second);
        let mut intervals = melodic_intervals(&first);
        intervals += melodic_intervals(&narrow);
        prop_assert_eq!(melodic_intervals(&both), intervals);
        let mut faults = voice_leading(&first);
        faults += voice_leading(&narrow);
        // To fall silent is a change of chord of its own.
        faults.chord_changes = voice_leading(&both).chord_changes;
        prop_assert_eq!(voice_leading(&both), faults);
    }
}

//! ABC: what is read, what is written, and what others read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use consort_music::abc;
use consort_music::{Part, Score, Ticks};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

mod bars;
mod chorales;
mod data;
mod dice;
mod faults;
mod fields;
mod notes;
mod round_trip;
mod signs;
mod strict;

fn read(text: &str) -> Vec<Score> {
    abc::read(text.as_bytes()).unwrap().value
}

/// A tune in 4/4 and C major with the unit length 1/4.
fn tune(music: &str) -> Score {
    read(&format!("X:1\nM:4/4\nL:1/4\nK:C\n{music}\n")).remove(0)
}

fn warnings(music: &str) -> Vec<String> {
    let text = format!("X:1\nM:4/4\nL:1/4\nK:C\n{music}\n");
    let reading = abc::read(text.as_bytes()).unwrap();
    let shown = reading.warnings.iter().map(ToString::to_string);
    shown
        .filter(|warning| !warning.contains("this bar lasts"))
        .collect()
}

/// What sounds, as `onset:pitch:duration` in ticks of 1/480 quarter, in order.
fn sounding(score: &Score) -> Vec<String> {
    let quarter = i128::from(score.resolution.ticks_per_quarter());
    let ticks = |at: Ticks| (i128::from(at.0) * 960 + quarter).div_euclid(2 * quarter);
    let mut notes: Vec<(i128, u8, i128)> = score
        .parts
        .iter()
        .flat_map(Part::sounding)
        .map(|note| {
            let onset = ticks(note.onset);
            (onset, note.pitch.midi(), ticks(note.end()) - onset)
        })
        .collect();
    notes.sort_unstable();
    let shown = notes
        .iter()
        .map(|(onset, pitch, length)| format!("{onset}:{pitch}:{length}"));
    shown.collect()
}

/// The sounding notes of `music`, as pitch and length in quarters.
fn heard(music: &str) -> String {
    let score = tune(music);
    let quarter = score.resolution.quarter();
    let length = |ticks: Ticks| {
        let (mut over, mut under) = (ticks.0, quarter.0);
        while under % 2 == 0 && over % 2 == 0 {
            (over, under) = (over / 2, under / 2);
        }
        match (over % under, under) {
            (0, _) => (over / under).to_string(),
            _ => format!("{over}/{under}"),
        }
    };
    let notes = score.parts.iter().flat_map(Part::sounding);
    let shown: Vec<String> = notes
        .map(|note| format!("{}={}", note.pitch, length(note.duration)))
        .collect();
    shown.join(" ")
}

/// So many cases, the same in every run; a failing one is shown and not kept beside the tests.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(count)
    }
}

/// Where two scores first differ, line by line of their `Debug` form.
fn difference(left: &Score, right: &Score) -> String {
    let (left, right) = (format!("{left:#?}"), format!("{right:#?}"));
    let (left, right): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    let same = left
        .iter()
        .zip(&right)
        .take_while(|(left, right)| left == right)
        .count();
    let near =
        |lines: &[&str]| lines[same.saturating_sub(12)..(same + 6).min(lines.len())].join("\n");
    format!("{}\n-- but --\n{}", near(&left), near(&right))
}

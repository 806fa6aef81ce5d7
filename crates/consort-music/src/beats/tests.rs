//! Beats found in clicks of many kinds.

use super::*;

/// Numbers from 0 to 1 of a generator of the simplest kind.
fn random() -> impl FnMut() -> f64 {
    let mut state = 7_u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    }
}

/// The greatest distance from a beat to the click with its index.
fn error(beats: &[f64], clicks: &[f64]) -> f64 {
    assert_eq!(beats.len(), clicks.len(), "{beats:?}");
    let distances = beats
        .iter()
        .zip(clicks)
        .map(|(beat, click)| (beat - click).abs());
    distances.fold(0.0, f64::max)
}

fn weighted(clicks: &[f64]) -> Vec<(f64, f64)> {
    clicks.iter().map(|&click| (click, 1.0)).collect()
}

#[test]
fn a_click_is_found_click_by_click() {
    for tempo in [70.0, 96.0, 120.0, 150.0] {
        let mut random = random();
        let click = |index: i32| 3.0 + f64::from(index) * 60.0 / tempo + 0.02 * (random() - 0.5);
        let clicks: Vec<f64> = (0..64).map(click).collect();
        let beats = track(&weighted(&clicks)).unwrap();
        assert!(error(&beats, &clicks) < 1e-9, "{tempo}");
    }
}

#[test]
fn a_tempo_that_drifts_is_followed() {
    let (mut clicks, mut at) = (Vec::new(), 0.0);
    for index in 0..200 {
        clicks.push(at);
        // From 100 to 160 in a minute and back.
        at += 60.0 / (130.0 - 30.0 * (f64::from(index) * TAU / 200.0).cos());
    }
    let beats = track(&weighted(&clicks)).unwrap();
    assert!(error(&beats, &clicks) < 1e-9);
}

#[test]
fn eighths_between_beats_are_told_by_their_weight() {
    let clicks: Vec<f64> = (0..80).map(|index| f64::from(index) * 0.25).collect();
    let weight = |index: usize| if index.is_multiple_of(2) { 1.0 } else { 0.4 };
    let onsets: Vec<(f64, f64)> = clicks
        .iter()
        .enumerate()
        .map(|(index, &at)| (at, weight(index)))
        .collect();
    let beats = track(&onsets).unwrap();
    let heavy: Vec<f64> = clicks.iter().copied().step_by(2).collect();
    assert!(error(&beats, &heavy) < 1e-9);
}

#[test]
fn beats_go_on_where_nobody_plays() {
    let clicks: Vec<f64> = (0..60).map(|index| f64::from(index) * 0.5).collect();
    let held = |index: usize| (20..24).contains(&index);
    let onsets: Vec<(f64, f64)> = weighted(&clicks)
        .into_iter()
        .enumerate()
        .filter(|&(index, _)| !held(index))
        .map(|(_, onset)| onset)
        .collect();
    let beats = track(&onsets).unwrap();
    assert!(error(&beats, &clicks) < 0.02);
}

#[test]
fn the_order_of_the_notes_does_not_matter() {
    let mut onsets = weighted(&[0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    let beats = track(&onsets);
    onsets.reverse();
    assert_eq!(track(&onsets), beats);
}

#[test]
fn what_has_no_beats_has_none() {
    assert_eq!(track(&[]), None);
    assert_eq!(track(&[(1.0, 1.0)]), None);
    assert_eq!(track(&[(1.0, 1.0), (1.0, 0.5)]), None);
    assert_eq!(
        track(&[
            (1.0, 1.0),
            (2.0, 0.0),
            (3.0, f64::NAN),
            (f64::INFINITY, 1.0)
        ]),
        None
    );
    assert_eq!(track(&[(0.0, 1.0), (1e9, 1.0)]), None);
}

#[test]
fn two_notes_have_two_beats_at_least() {
    for gap in [0.001, 0.3, 0.7, 5.0, 3600.0] {
        let beats = track(&[(10.0, 1.0), (10.0 + gap, 1.0)]);
        if let Some(beats) = beats {
            assert!(
                beats.len() >= 2 && beats.windows(2).all(|pair| pair[0] < pair[1]),
                "{gap}"
            );
        }
    }
}

#[test]
fn the_bass_tells_where_bars_begin() {
    let beats: Vec<f64> = (0..32).map(|beat| f64::from(beat) * 0.5).collect();
    let bass = |first: usize| -> Vec<(f64, f64)> {
        let heavy = beats
            .iter()
            .skip(first)
            .step_by(4)
            .map(|&beat| (beat + 0.02, 1.0));
        let light = beats.iter().map(|&beat| (beat, 0.3));
        heavy.chain(light).chain([(0.2, 50.0)]).collect()
    };
    for first in 0..4 {
        assert_eq!(bar_phase(&beats, &bass(first), 4), first);
    }
    assert_eq!(bar_phase(&beats, &[], 4), 0);
    assert_eq!(bar_phase(&[], &[(0.0, 1.0)], 4), 0);
    assert_eq!(bar_phase(&beats, &bass(2), 0), 0);
}

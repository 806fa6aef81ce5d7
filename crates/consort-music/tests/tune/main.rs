//! Tune texts, and the guide that lets through nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use consort_music::abc::{self, AbcError};
use consort_music::tune::{self, Conditions, Guide};
use consort_music::{Score, Ticks};

mod collections;
mod conditions;
mod dice;
mod drawn;
mod guided;
mod written;

fn strictly_read(text: &str) -> Score {
    let tune = tune::abc(text, 1, "Drawn");
    match abc::read_strict(tune.as_bytes()) {
        Ok(mut scores) => scores.remove(0),
        Err(AbcError::Violations(violations)) => panic!("{}\n{tune}", violations[0]),
        Err(error) => panic!("{error}\n{tune}"),
    }
}

/// Played with its repeats, only the first measure is short, and others where they make a full one with
/// the next: a pickup with the bar that waits for it.
fn assert_adds_up(score: &Score, text: &str) {
    let played = score.unfolded();
    let full = played.measures[0]
        .metre
        .unwrap()
        .length(played.resolution)
        .unwrap();
    let mut open = Ticks::ZERO;
    for (index, measure) in played.measures.iter().enumerate() {
        assert!(measure.length <= full, "{text}");
        match measure.length {
            length if index == 0 && length < full => {}
            _ if open > Ticks::ZERO => {
                let at = &measure.number;
                assert_eq!(open + measure.length, full, "bar {at} of {text}");
                open = Ticks::ZERO;
            }
            length if length < full => open = length,
            _ => {}
        }
    }
}

/// Pushes a whole text, and says where the guide minds.
fn follow(conditions: Conditions, text: &str) -> Result<Guide, String> {
    let mut guide = Guide::new(conditions).unwrap();
    for (at, c) in text.char_indices() {
        guide
            .push(c)
            .map_err(|error| format!("{}<>{}: {error}", &text[..at], &text[at..]))?;
    }
    Ok(guide)
}

//! Metres and keys.

use std::collections::BTreeMap;
use std::fs;

use consort_music::quantize::{Quantization, Signature};
use consort_music::{Metre, Score};

use crate::data::{Piece, Sets};
use crate::timing::{Playing, play};

/// The first metre, where its first full measure begins in quarter notes, and nothing if the metre
/// changes or is none of those that are looked for.
fn true_metre(score: &Score) -> Option<(Metre, f64)> {
    let quarter = score.resolution.quarter().0 as f64;
    let first = score.measures.first()?;
    let metre = first.metre?;
    let all_same = score
        .measures
        .iter()
        .all(|measure| measure.metre.map(shape) == Some(shape(metre)));
    let full = metre.length(score.resolution)?;
    let start = if first.length < full {
        first.length
    } else {
        first.start
    };
    let known = matches!(
        shape(metre),
        (2, 4) | (3, 4) | (4, 4) | (6, 8) | (9, 8) | (12, 8)
    );
    (all_same && known).then_some((metre, start.0 as f64 / quarter))
}

/// Beats and unit.
type Shape = (u8, u8);

fn shape(metre: Metre) -> Shape {
    match (metre.beats, metre.unit) {
        (2, 2) => (4, 4),
        shape => shape,
    }
}

/// Two or three units to the measure and to the beat, as far as they can be heard: 2/4 and 4/4 are
/// one class, 6/8 and 12/8 too.
fn class((beats, unit): Shape) -> u8 {
    match (beats, unit) {
        (2 | 4, 4) => 0,
        (3, 4) => 1,
        (6 | 12, 8) => 2,
        _ => 3,
    }
}

/// Metres found in scores without measures.
pub(crate) fn metres(sets: &Sets) {
    println!(
        "\n## Metre\n\n| set | played | pieces | metre | class | class and phase |\n|---|---|---|---|---|---|"
    );
    let mut confusion: BTreeMap<(Shape, Shape), usize> = BTreeMap::new();
    for (name, pieces) in sets.each() {
        for (how, deviation, held) in [("exactly", 0.0, 1.0), ("20 ms, held 0.9", 0.02, 0.9)] {
            let (mut count, mut same, mut classes, mut phases) = (0, 0, 0, 0);
            for (seed, piece) in (1..).zip(pieces) {
                let truth = true_metre(&piece.score);
                let played = play(&piece.score, Playing { deviation, held }, seed);
                let (Some((metre, first)), Some(played)) = (truth, played) else {
                    continue;
                };
                let quantization = Quantization {
                    metre: Signature::Infer,
                    ..Quantization::default()
                };
                let found = played.score.quantized(&quantization).value.score;
                let Some((other, start)) = true_metre(&found) else {
                    count += 1;
                    continue;
                };
                let (metre, other) = (shape(metre), shape(other));
                count += 1;
                same += usize::from(metre == other);
                *confusion.entry((metre, other)).or_default() += 1;
                if class(metre) == class(other) {
                    classes += 1;
                    let bar = f64::from(metre.0.min(other.0)) * 4.0 / f64::from(metre.1);
                    let apart = (first - start).rem_euclid(bar);
                    phases += usize::from(apart < 1e-6 || bar - apart < 1e-6);
                }
            }
            let percent = |part: usize| 100.0 * part as f64 / f64::from(count.max(1));
            println!(
                "| {name} | {how} | {count} | {:.1} | {:.1} | {:.1} |",
                percent(same),
                percent(classes),
                percent(phases)
            );
        }
    }
    println!("\nTrue and found, in both ways of playing:");
    for ((metre, other), count) in confusion {
        println!(
            "  {}/{} as {}/{}: {count}",
            metre.0, metre.1, other.0, other.1
        );
    }
}

/// The number of sharps at the start, if the key does not change.
fn true_fifths(piece: &Piece) -> Option<i8> {
    if piece.path.extension().is_some_and(|ending| ending == "mid") {
        let notes =
            fs::read_to_string(piece.path.with_file_name("midi_score_annotations.txt")).ok()?;
        let labels = notes.lines().filter_map(|line| line.split('\t').nth(2));
        let mut fifths =
            labels.filter_map(|label| label.split(',').nth(2)?.trim().parse::<i8>().ok());
        let first = fifths.next()?;
        return fifths.all(|other| other == first).then_some(first);
    }
    let first = piece.score.keys.first()?.key.fifths;
    piece
        .score
        .keys
        .iter()
        .all(|change| change.key.fifths == first)
        .then_some(first)
}

/// Keys found in scores without.
pub(crate) fn keys(sets: &Sets) {
    println!("\n## Key\n\n| set | pieces | signature | and mode |\n|---|---|---|---|");
    for (name, pieces) in sets.each() {
        let (mut count, mut right, mut modes) = (0, 0, 0);
        for piece in pieces {
            let Some(fifths) = true_fifths(piece) else {
                continue;
            };
            let quantization = Quantization {
                key: Signature::Infer,
                ..Quantization::default()
            };
            let found = piece.score.quantized(&quantization).value.score;
            let key = found
                .keys
                .first()
                .map(|change| change.key)
                .unwrap_or_default();
            count += 1;
            right += usize::from(key.fifths == fifths);
            let own = piece.score.keys.first().map(|change| change.key);
            modes += usize::from(own == Some(key));
        }
        let percent = |part: usize| 100.0 * part as f64 / f64::from(count.max(1));
        println!(
            "| {name} | {count} | {:.1} | {:.1} |",
            percent(right),
            percent(modes)
        );
    }
}

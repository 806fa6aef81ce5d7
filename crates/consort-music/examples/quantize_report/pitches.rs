//! Voices and spelling.

use std::collections::BTreeMap;

use consort_music::quantize::{Quantization, Signature, Voices};
use consort_music::{Part, Score};

use crate::data::Sets;
use crate::timing::{Playing, play, struck};

/// The four parts of chorales as one, split into voices again.
pub(crate) fn voices(sets: &Sets) {
    println!("\n## Voices of Bach's chorales\n");
    println!("| played | pairs kept | voice consistency |\n|---|---|---|");
    for (how, deviation, held) in [("exactly", 0.0, 1.0), ("20 ms, held 0.9", 0.02, 0.9)] {
        let (mut pairs, mut kept) = (0_usize, 0_usize);
        let (mut notes, mut consistent) = (0_usize, 0_usize);
        for (seed, piece) in (1..).zip(&sets.bach) {
            let merged = merge(&piece.score);
            let Some(played) = play(&merged, Playing { deviation, held }, seed) else {
                continue;
            };
            // The voice that each note is of, by when it was struck.
            let mut truth: BTreeMap<(i64, i64, u8), Vec<u8>> = BTreeMap::new();
            for note in &played.score.parts[0].notes {
                let key = (note.onset.0, note.end().0, note.pitch.midi());
                truth.entry(key).or_default().push(note.voice);
            }
            let quantization = Quantization {
                voices: Voices::Lines(4),
                hands: false,
                ..Quantization::default()
            };
            let found = played.score.quantized(&quantization).value.score;
            let times = found.resolution.quarter().0 / played.score.resolution.quarter().0;
            let mut lines: BTreeMap<u8, Vec<(i64, u8)>> = BTreeMap::new();
            let mut table: BTreeMap<(u8, u8), usize> = BTreeMap::new();
            for note in &found.parts[0].notes {
                let onset = struck(note).0 / times;
                let length = note
                    .played
                    .map_or(note.duration, |played| played.duration)
                    .0
                    / times;
                let key = (onset, onset + length, note.pitch.midi());
                // Of unisons that begin and end together the higher voice comes first in both.
                let unison = truth.get_mut(&key).filter(|voices| !voices.is_empty());
                let Some(own) = unison.map(|voices| voices.remove(0)) else {
                    continue;
                };
                lines.entry(own).or_default().push((onset, note.voice));
                *table.entry((own, note.voice)).or_default() += 1;
            }
            for line in lines.values_mut() {
                line.sort_unstable();
                pairs += line.len() - 1;
                kept += line
                    .windows(2)
                    .filter(|pair| pair[0].1 == pair[1].1)
                    .count();
            }
            for own in 1..=4 {
                let counts: Vec<usize> = (1..=8)
                    .map(|voice| table.get(&(own, voice)).copied().unwrap_or(0))
                    .collect();
                notes += counts.iter().sum::<usize>();
                consistent += counts.iter().max().copied().unwrap_or(0);
            }
        }
        println!(
            "| {how} | {:.2} | {:.2} |",
            100.0 * kept as f64 / pairs.max(1) as f64,
            100.0 * consistent as f64 / notes.max(1) as f64
        );
    }
}

/// All parts in one, each in a voice of its own.
fn merge(score: &Score) -> Score {
    let mut merged = score.clone();
    let mut whole = Part::default();
    for (voice, part) in (1..).zip(&score.parts) {
        whole
            .notes
            .extend(part.notes.iter().cloned().map(|mut note| {
                note.voice = voice;
                note
            }));
    }
    whole.sort();
    merged.parts = vec![whole];
    merged
}

/// Notes without their spelling, spelled again.
pub(crate) fn spelling(sets: &Sets) {
    println!("\n## Spelling\n\n| set | key | notes | as in the source |\n|---|---|---|---|");
    for (name, pieces) in sets.each() {
        for (how, key) in [("kept", Signature::Keep), ("inferred", Signature::Infer)] {
            let (mut notes, mut right) = (0_usize, 0_usize);
            for piece in pieces {
                let mut bare = piece.score.clone();
                for note in bare.parts.iter_mut().flat_map(|part| &mut part.notes) {
                    note.spelling = None;
                }
                let quantization = Quantization {
                    key,
                    voices: Voices::Keep,
                    hands: false,
                    ..Quantization::default()
                };
                let found = bare.quantized(&quantization).value.score;
                for (own, other) in piece.score.parts.iter().zip(&found.parts) {
                    for (own, other) in own.notes.iter().zip(&other.notes) {
                        if own.spelling.is_some() && own.pitch == other.pitch {
                            notes += 1;
                            right += usize::from(own.spelling == other.spelling);
                        }
                    }
                }
            }
            if notes > 0 {
                let share = 100.0 * right as f64 / notes as f64;
                println!("| {name} | {how} | {notes} | {share:.2} |");
            }
        }
    }
}

//! Performances by pianists, laid along the beats that were annotated.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use consort_music::quantize::Quantization;
use consort_music::{Score, midi};

use crate::data::{Sets, files};
use crate::timing::struck;

/// The beats of an annotation file, in seconds.
fn beats(path: &Path) -> Option<Vec<f64>> {
    let text = fs::read_to_string(path).ok()?;
    text.lines()
        .map(|line| line.split('\t').next()?.parse().ok())
        .collect()
}

/// For each beat and pitch where in the beat notes begin, in 48ths, as written.
type Places = BTreeMap<(i64, u8), Vec<i64>>;

fn places(score: &Score, place: impl Fn(&consort_music::Note) -> i64) -> Places {
    let quarter = score.resolution.quarter().0;
    let mut places = Places::new();
    for note in score.parts.iter().flat_map(|part| &part.notes) {
        // What was played a little before a beat belongs to it.
        let beat = (place(note) + quarter / 8).div_euclid(quarter);
        let offset = (place(note) - beat * quarter) * 48 / quarter;
        places
            .entry((beat, note.pitch.midi()))
            .or_default()
            .push(offset);
    }
    places
}

/// How many onsets of performances are written where the score has them. Score and performance are
/// compared beat by beat: notes of one pitch that occurs once in a beat of both.
pub(crate) fn performances(sets: &Sets) {
    println!("\n## Pianists\n\n| by | performances | notes | onset |\n|---|---|---|---|");
    let mut count = 0;
    let (mut notes, mut right, mut sixteenths, mut triplets) = (0_usize, 0, 0, 0);
    for piece in &sets.asap {
        let Some(folder) = piece.path.parent() else {
            continue;
        };
        let Some(of_score) = beats(&folder.join("midi_score_annotations.txt")) else {
            continue;
        };
        let Some(score) = piece.score.on_beats(&of_score) else {
            continue;
        };
        let grid = Quantization {
            hands: false,
            ..Quantization::default()
        };
        let score = score.quantized(&Quantization {
            grid: "64+3+5+7".parse().unwrap_or_default(),
            ..grid
        });
        let score = score.value.score;
        // The onsets as written; the lead of the beats is the same for all files after this.
        let truth = places(&score, |note| note.onset.0);
        let first = lead(&of_score);
        for path in files(folder, "mid").into_iter().take(4) {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name == "midi_score" {
                continue;
            }
            let Some(of_playing) = beats(&folder.join(format!("{name}_annotations.txt"))) else {
                continue;
            };
            if of_playing.len() != of_score.len() {
                continue;
            }
            let playing = fs::read(&path)
                .ok()
                .and_then(|bytes| midi::read(&bytes).ok());
            let Some(playing) = playing.and_then(|reading| reading.value.on_beats(&of_playing))
            else {
                continue;
            };
            count += 1;
            let shift = lead(&of_playing) - first;
            let quantized = playing.quantized(&grid).value.score;
            let ticks = quantized.resolution.quarter().0;
            let round = |time: i64, parts: i64| {
                (time * parts * 2 + ticks).div_euclid(2 * ticks) * ticks / parts
            };
            // Each note by its beat as struck, so that all three are compared on the same notes.
            let mut found: BTreeMap<(i64, u8), Vec<[i64; 3]>> = BTreeMap::new();
            for note in quantized.parts.iter().flat_map(|part| &part.notes) {
                let struck = struck(note).0;
                let beat = (struck + ticks / 8).div_euclid(ticks);
                let within = |time: i64| (time - beat * ticks) * 48 / ticks;
                let three = [note.onset.0, round(struck, 4), round(struck, 12)].map(within);
                found
                    .entry((beat - shift, note.pitch.midi()))
                    .or_default()
                    .push(three);
            }
            for (key, offsets) in &found {
                if let ([offset], Some([own])) = (&offsets[..], truth.get(key).map(Vec::as_slice)) {
                    notes += 1;
                    right += usize::from(offset[0] == *own);
                    sixteenths += usize::from(offset[1] == *own);
                    triplets += usize::from(offset[2] == *own);
                }
            }
        }
    }
    let rows = [
        ("16+3 (default)", right),
        ("rounding to 16ths", sixteenths),
        ("rounding to 12ths", triplets),
    ];
    for (by, right) in rows {
        let share = 100.0 * right as f64 / notes.max(1) as f64;
        println!("| {by} | {count} | {notes} | {share:.1} |");
    }
}

/// How many beats come before the first of `beats`.
fn lead(beats: &[f64]) -> i64 {
    (beats[0] / (beats[1] - beats[0])).ceil().max(0.0) as i64
}

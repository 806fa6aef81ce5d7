//! Onsets and durations of scores that were played exactly, and less exactly.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use consort_music::quantize::Quantization;
use consort_music::score::{Mark, TempoChange};
use consort_music::{Note, Resolution, Score, Tempo, Ticks, midi};

use crate::data::{Piece, Sets};

/// How a score is played.
#[derive(Clone, Copy)]
pub(crate) struct Playing {
    /// The standard deviation of onsets, and of ends, in seconds.
    pub(crate) deviation: f64,
    /// Which share of its length a note is held.
    pub(crate) held: f64,
}

/// What is right.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Right {
    notes: usize,
    onsets: usize,
    durations: usize,
    both: usize,
    tuplets: usize,
    tuplets_right: usize,
}

impl Right {
    fn add(&mut self, truth: (i64, i64), found: (i64, i64), quarter: i64) {
        let plain = |time: i64| time * 16 % quarter == 0;
        let (onset, duration) = (truth.0 == found.0, truth.1 == found.1);
        self.notes += 1;
        self.onsets += usize::from(onset);
        self.durations += usize::from(duration);
        self.both += usize::from(onset && duration);
        if !plain(truth.0) || !plain(truth.0 + truth.1) {
            self.tuplets += 1;
            self.tuplets_right += usize::from(onset && duration);
        }
    }

    fn cells(&self) -> String {
        let percent = |part: usize, of: usize| match of {
            0 => "-".to_owned(),
            _ => format!("{:.1}", 100.0 * part as f64 / of as f64),
        };
        format!(
            "{} | {} | {} | {}",
            percent(self.onsets, self.notes),
            percent(self.durations, self.notes),
            percent(self.both, self.notes),
            percent(self.tuplets_right, self.tuplets)
        )
    }
}

/// Random numbers: SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// The written (onset, duration) of notes by when they were struck and pitch.
type Truth = BTreeMap<(i64, u8), Vec<(i64, i64)>>;

/// A score in fine ticks, as it is played, with the written onset and duration of each note.
pub(crate) struct Played {
    pub(crate) score: Score,
    /// For each part the written (onset, duration) by pitch and time struck.
    truth: Vec<Truth>,
}

pub(crate) fn play(score: &Score, playing: Playing, seed: u64) -> Option<Played> {
    let finer = score.resolution.common(Resolution::new(960)?)?;
    let written = score.at_resolution(finer)?;
    let quarter = finer.quarter().0 as f64;
    let mut dice = Dice(seed);
    let mut played = written.clone();
    let mut truth = Vec::new();
    for part in &mut played.parts {
        let mut of_part: Truth = BTreeMap::new();
        for note in &mut part.notes {
            let before = |at: &&TempoChange| at.at <= note.onset;
            let tempo = written.tempos.iter().take_while(before).last();
            let tempo = tempo.map_or(Tempo::DEFAULT, |change| change.tempo);
            let ticks = playing.deviation * tempo.quarters_per_minute() / 60.0 * quarter;
            let was = (note.onset.0, note.duration.0);
            if playing.deviation > 0.0 || playing.held < 1.0 {
                let end = was.0 as f64 + was.1 as f64 * playing.held + dice.normal() * ticks;
                let onset = (was.0 as f64 + dice.normal() * ticks).round().max(0.0);
                note.onset = Ticks(onset as i64);
                note.duration = Ticks(((end - onset).round() as i64).max(1));
                note.played = None;
            }
            if note.marks.contains(&Mark::Trill) {
                continue;
            }
            of_part
                .entry((note.onset.0, note.pitch.midi()))
                .or_default()
                .push(was);
        }
        part.sort();
        truth.push(of_part);
    }
    Some(Played {
        score: played,
        truth,
    })
}

impl Played {
    /// How much of `written`, whose notes say when they were struck, is right.
    fn compare(&self, written: &Score, right: &mut Right) {
        let quarter = self.score.resolution.quarter().0;
        let times = written.resolution.quarter().0;
        for (part, truth) in written.parts.iter().zip(&self.truth) {
            let mut used: BTreeMap<(i64, u8), usize> = BTreeMap::new();
            for note in &part.notes {
                let delay = note.played.map_or(Ticks::ZERO, |played| played.delay);
                // The resolution of the result is a multiple.
                let fine = |time: Ticks| time.0 * quarter;
                let key = (fine(note.onset + delay) / times, note.pitch.midi());
                let Some(candidates) = truth.get(&key) else {
                    continue;
                };
                let place = used.entry(key).or_default();
                let was = candidates[(*place).min(candidates.len() - 1)];
                *place += 1;
                let was = (was.0 * times, was.1 * times);
                let found = (fine(note.onset), fine(note.duration));
                right.add(was, found, quarter * times);
            }
        }
    }

    /// Onsets and ends to the nearest multiple of a quarter note's `scale`-th part.
    fn rounded(&self, scale: i64, right: &mut Right) {
        let quarter = self.score.resolution.quarter().0;
        let round = |time: i64| (time * scale * 2 + quarter).div_euclid(2 * quarter) * quarter;
        for (part, truth) in self.score.parts.iter().zip(&self.truth) {
            let mut used: BTreeMap<(i64, u8), usize> = BTreeMap::new();
            for note in &part.notes {
                let key = (note.onset.0, note.pitch.midi());
                let Some(candidates) = truth.get(&key) else {
                    continue;
                };
                let place = used.entry(key).or_default();
                let was = candidates[(*place).min(candidates.len() - 1)];
                *place += 1;
                let was = (was.0 * scale, was.1 * scale);
                let onset = round(note.onset.0);
                let duration = (round(note.end().0) - onset).max(quarter);
                right.add(was, (onset, duration), quarter * scale);
            }
        }
    }
}

fn measure(pieces: &[Piece], playing: Playing, grid: &str) -> [Right; 3] {
    let quantization = Quantization {
        grid: grid.parse().unwrap_or_default(),
        ..Quantization::default()
    };
    let mut right = [Right::default(); 3];
    for (seed, piece) in (1..).zip(pieces) {
        let Some(played) = play(&piece.score, playing, seed) else {
            continue;
        };
        let written = played.score.quantized(&quantization).value.score;
        played.compare(&written, &mut right[0]);
        played.rounded(4, &mut right[1]);
        played.rounded(24, &mut right[2]);
    }
    right
}

/// Scores played exactly as they are written.
pub(crate) fn exact(sets: &Sets) {
    println!("\n## Exact\n\n| set | grid | notes | onset | duration | both | tuplets |");
    println!("|---|---|---|---|---|---|---|");
    let playing = Playing {
        deviation: 0.0,
        held: 1.0,
    };
    for (name, pieces) in sets.each() {
        for grid in ["16", "16+3", "32+3", "64+3+5+7"] {
            let [right, ..] = measure(pieces, playing, grid);
            println!("| {name} | {grid} | {} | {} |", right.notes, right.cells());
        }
    }
}

/// Scores played with deviations.
pub(crate) fn jitter(sets: &Sets) {
    println!("\n## Deviations\n\n| set | held | ms | by | onset | duration | both | tuplets |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, pieces) in sets.each() {
        for held in [0.9, 0.5] {
            for ms in [5, 10, 20, 30] {
                let playing = Playing {
                    deviation: f64::from(ms) / 1000.0,
                    held,
                };
                let found = measure(pieces, playing, "16+3");
                let finer = measure(pieces, playing, "32+3")[0];
                let rows = [
                    ("16+3 (default)", found[0]),
                    ("32+3", finer),
                    ("rounding to 16ths", found[1]),
                    ("rounding to 24ths of a quarter", found[2]),
                ];
                for (by, right) in rows {
                    println!("| {name} | {held} | {ms} | {by} | {} |", right.cells());
                }
            }
        }
    }
}

/// Writes MIDI files played with deviations, and beside each the notes as they are written.
pub(crate) fn export(sets: &Sets, folder: &Path) {
    for (name, pieces) in sets.each() {
        for ms in [0, 5, 10, 20, 30] {
            for (seed, piece) in (1..).zip(pieces.iter().take(40)) {
                let playing = Playing {
                    deviation: f64::from(ms) / 1000.0,
                    held: if ms == 0 { 1.0 } else { 0.9 },
                };
                let Some(played) = play(&piece.score, playing, seed) else {
                    continue;
                };
                let place = folder.join(format!("{name}-{ms}-{seed}"));
                let mut lines = String::new();
                let quarter = played.score.resolution.quarter().0;
                for (index, truth) in played.truth.iter().enumerate() {
                    for ((_, pitch), notes) in truth {
                        for (onset, duration) in notes {
                            let _ =
                                writeln!(lines, "{index}\t{pitch}\t{onset}\t{duration}\t{quarter}");
                        }
                    }
                }
                let written =
                    std::fs::write(place.with_extension("mid"), midi::write(&played.score))
                        .and_then(|()| std::fs::write(place.with_extension("tsv"), lines));
                if let Err(error) = written {
                    eprintln!("{}: {error}", place.display());
                }
            }
        }
    }
}

/// A note as played and written, for those that measure otherwise.
pub(crate) fn struck(note: &Note) -> Ticks {
    note.onset + note.played.map_or(Ticks::ZERO, |played| played.delay)
}

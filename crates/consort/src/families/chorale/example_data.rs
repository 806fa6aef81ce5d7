//! A small corpus of our own making: plain chord progressions in four voices, some with a repeated
//! note or a passing one, in several keys.
//!
//! It stands in for the real sets where they are absent: enough to see a network learn, not to make
//! a musician of it.

use std::fs;
use std::io;
use std::path::Path;

use consort_corpus::Fold;
use consort_corpus::chorales::{BACH, JSB, folds};
use consort_learn::{Seed, Stream};
use consort_music::score::{KeyChange, Mark};
use consort_music::{
    Key, Measure, Metre, Mode, Note, Part, Pitch, Resolution, Score, Ticks, musicxml,
};

use super::config::VOICE_NAMES;
use super::encoding::VOICES;

/// Scores in the corpus.
const SCORES: usize = 12;

/// Pieces in each fold of the benchmark.
const PIECES: usize = 4;

/// Quarters in a piece: eight bars.
const QUARTERS: usize = 32;

/// Chords in C major as soprano, alto, tenor, bass, close enough to each other to follow in any
/// order: I, IV, V, vi, ii.
const CHORDS: [[u8; VOICES]; 5] = [
    [72, 67, 64, 48],
    [72, 69, 65, 53],
    [71, 67, 62, 55],
    [72, 64, 60, 57],
    [74, 65, 62, 50],
];

/// Which chords may follow a chord.
const NEXT: [&[usize]; 5] = [&[1, 2, 3, 4], &[0, 2, 4], &[0, 3], &[1, 4], &[2]];

/// Writes both sets.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let mut stream = Seed(1).stream("example data", 0);
    let (scores, benchmark) = (folder.join(BACH), folder.join(JSB));
    fs::create_dir_all(&scores)?;
    fs::create_dir_all(&benchmark)?;
    let places = folds();
    let names = places
        .iter()
        .filter(|(_, place)| place.fold == Fold::Train && !place.melody_is_held_out)
        .map(|(name, _)| name);
    for name in names.take(SCORES) {
        let piece = piece(&mut stream);
        fs::write(
            scores.join(format!("{name}.xml")),
            musicxml::write(&score(&piece)),
        )?;
    }
    let fold = |stream: &mut Stream| -> Vec<Vec<[u8; VOICES]>> {
        (0..PIECES).map(|_| piece(stream).sixteenths()).collect()
    };
    let folds = serde_json::json!({
        "train": fold(&mut stream),
        "valid": fold(&mut stream),
        "test": fold(&mut stream),
    });
    fs::write(benchmark.join("Jsb16thSeparated.json"), folds.to_string())
}

/// Chords, a quarter each, and how far above C major they are.
struct Piece {
    chords: Vec<usize>,
    up: u8,
    /// Quarters whose soprano passes to the next through the step between, as eighths.
    passing: Vec<bool>,
}

fn piece(stream: &mut Stream) -> Piece {
    let mut chords = vec![0];
    while chords.len() < QUARTERS - 2 {
        let next = NEXT[chords[chords.len() - 1]];
        chords.push(next[stream.below(next.len())]);
    }
    chords.extend([2, 0]);
    let up = u8::try_from(stream.below(6)).expect("under 6");
    Piece {
        passing: chords.iter().map(|_| stream.chance(0.2)).collect(),
        chords,
        up,
    }
}

impl Piece {
    /// The notes of a voice as (eighths, pitch).
    fn notes(&self, voice: usize) -> Vec<(i64, u8)> {
        let mut notes = Vec::new();
        for (at, &chord) in self.chords.iter().enumerate() {
            let pitch = CHORDS[chord][voice] + self.up;
            let next = self
                .chords
                .get(at + 1)
                .map(|&next| CHORDS[next][voice] + self.up);
            match next.filter(|next| voice == 0 && self.passing[at] && next.abs_diff(pitch) == 2) {
                Some(next) => notes.extend([(1, pitch), (1, pitch.midpoint(next))]),
                None => notes.push((2, pitch)),
            }
        }
        notes
    }

    /// Rows of sixteenths.
    fn sixteenths(&self) -> Vec<[u8; VOICES]> {
        let voice = |voice: usize| -> Vec<u8> {
            let notes = self.notes(voice).into_iter();
            notes
                .flat_map(|(eighths, pitch)| [pitch, pitch].repeat(eighths as usize))
                .collect()
        };
        let voices: [Vec<u8>; VOICES] = std::array::from_fn(voice);
        (0..QUARTERS * 4)
            .map(|at| std::array::from_fn(|voice| voices[voice][at]))
            .collect()
    }
}

fn score(piece: &Piece) -> Score {
    let resolution = Resolution::new(2).expect("above 0");
    let mut score = Score::new(resolution);
    let key = Key {
        fifths: 0,
        mode: Mode::Major,
    }
    .transposed(i32::from(piece.up));
    score.keys = vec![KeyChange {
        at: Ticks::ZERO,
        key,
    }];
    score.measures = (0..QUARTERS as i64 / 4)
        .map(|bar| {
            Measure::new(
                Ticks(bar * 8),
                Ticks(8),
                Some(Metre::COMMON),
                (bar + 1).to_string(),
            )
        })
        .collect();
    for (voice, (_, name)) in VOICE_NAMES.iter().enumerate() {
        let mut part = Part {
            name: (*name).to_owned(),
            ..Part::default()
        };
        let mut at = Ticks::ZERO;
        for (eighths, pitch) in piece.notes(voice) {
            let pitch = Pitch::try_from(pitch).expect("well within a choir");
            let mut note = Note::new(at, Ticks(eighths), pitch);
            at += Ticks(eighths);
            if at.0 % 32 == 0 {
                note.marks.push(Mark::Fermata);
            }
            part.notes.push(note);
        }
        score.parts.push(part);
    }
    score
}

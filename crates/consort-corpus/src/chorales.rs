//! Bach's chorales: the benchmark in four rows of numbers, and the scores with metre and fermatas.
//!
//! Both sets hold the same pieces. Training on the one and testing on the other leaks unless the
//! folds are matched, so [`folds`] says for each four-part score which fold of the benchmark it
//! belongs to, and which folds hold another harmonisation of its melody.

use std::collections::BTreeMap;

use consort_music::{Cell, Key, Pitch, Pulse, Resolution, Score, Ticks, VoiceGrid, musicxml};

use crate::fold::Fold;
use crate::folder::{CorpusError, DataFolder, Stamp, Stamper, read};

/// The name of the benchmark.
pub const JSB: &str = "jsb-chorales";

/// The name of the set of scores.
pub const BACH: &str = "bach-chorales-music21";

/// A chorale on the grid of sixteenths.
#[derive(Clone, Debug, PartialEq)]
pub struct Chorale {
    /// `bwv269`, or the fold and index in the benchmark.
    pub name: String,
    /// Soprano, alto, tenor, bass.
    pub grid: VoiceGrid,
    /// Whether the grid tells repeated notes from held ones. Where it does not, every step that
    /// repeats the pitch before is a hold.
    pub knows_onsets: bool,
    /// The length of a step in the ticks of the pulses.
    pub sixteenth: Ticks,
    /// Place in the measure and fermatas; none in the benchmark, which lacks both.
    pub pulses: Vec<Pulse>,
    /// The key signature at the start; none in the benchmark.
    pub key: Option<Key>,
}

/// Pieces and what they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// The pieces, in the order of the set.
    pub chorales: Vec<Chorale>,
    /// Files left out, and why.
    pub left_out: Vec<(String, String)>,
    /// The files.
    pub stamp: Stamp,
}

/// What the fold map says of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its fold.
    pub fold: Fold,
    /// Its index in the fold.
    pub index: usize,
    /// Whether the validation or test fold holds a harmonisation of the same melody.
    pub melody_is_held_out: bool,
}

/// The fold of each four-part score of [`BACH`] by its file name without extension: matched to the
/// benchmark by transposition-invariant four-voice 7-grams.
pub fn folds() -> BTreeMap<&'static str, Place> {
    let table = include_str!("chorales/folds.tsv");
    table.lines().filter_map(place).collect()
}

fn place(line: &'static str) -> Option<(&'static str, Place)> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let fold = match columns.next()? {
        "train" => Fold::Train,
        "valid" => Fold::Valid,
        "test" => Fold::Test,
        _ => return None,
    };
    let index = columns.next()?.parse().ok()?;
    let melody = columns.next()?;
    let melody_is_held_out = melody.contains("valid") || melody.contains("test");
    Some((
        name,
        Place {
            fold,
            index,
            melody_is_held_out,
        },
    ))
}

/// A fold of the benchmark of Boulanger-Lewandowski (2012), from `Jsb16thSeparated.json`: 229, 76 and
/// 77 pieces.
///
/// # Errors
/// If the set is not there or the file is not what it should be.
pub fn jsb(folder: &DataFolder, fold: Fold) -> Result<Corpus, CorpusError> {
    let path = folder.set(JSB)?.join("Jsb16thSeparated.json");
    let bytes = read(&path)?;
    let wrong = |reason: String| CorpusError::Content {
        path: path.clone(),
        reason,
    };
    let mut folds: BTreeMap<String, Vec<Vec<[i16; 4]>>> =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let name = match fold {
        Fold::Train => "train",
        Fold::Valid => "valid",
        Fold::Test => "test",
    };
    let pieces = folds
        .remove(name)
        .ok_or_else(|| wrong(format!("it has no fold {name:?}")))?;
    let chorales = pieces.iter().enumerate().map(|(index, rows)| Chorale {
        name: format!("{name}-{index}"),
        grid: grid_of_rows(rows),
        knows_onsets: false,
        sixteenth: Ticks(1),
        pulses: Vec::new(),
        key: None,
    });
    let mut stamper = Stamper::new();
    stamper.add("Jsb16thSeparated.json", &bytes);
    Ok(Corpus {
        chorales: chorales.collect(),
        left_out: Vec::new(),
        stamp: stamper.stamp(JSB, "unknown"),
    })
}

/// A grid of rows of pitches, negative where a voice is silent; a pitch that repeats is held.
fn grid_of_rows(rows: &[[i16; 4]]) -> VoiceGrid {
    let mut grid = VoiceGrid::new(rows.len(), 4);
    for (step, row) in rows.iter().enumerate() {
        for (voice, &midi) in row.iter().enumerate() {
            if let Ok(pitch) = Pitch::try_from(i64::from(midi)) {
                // A hold after another pitch becomes an onset.
                grid.set(step, voice, Cell::Hold(pitch));
            }
        }
    }
    grid
}

/// The four-part scores whose place in the fold map is wanted.
///
/// # Errors
/// If the set is not there or cannot be listed. Scores that cannot be used are listed as left out.
pub fn bach(folder: &DataFolder, wanted: impl Fn(Place) -> bool) -> Result<Corpus, CorpusError> {
    let set = folder.set(BACH)?;
    let (mut chorales, mut left_out, mut stamper) = (Vec::new(), Vec::new(), Stamper::new());
    for (name, _) in folds().into_iter().filter(|&(_, place)| wanted(place)) {
        let paths = ["mxl", "xml"].map(|extension| set.join(format!("{name}.{extension}")));
        let Some(path) = paths.iter().find(|path| path.is_file()) else {
            left_out.push((name.to_owned(), "not there as MusicXML".to_owned()));
            continue;
        };
        let bytes = read(path)?;
        let read = musicxml::read(&bytes).map_err(|error| error.to_string());
        match read.and_then(|reading| chorale(name, &reading.value)) {
            Ok(chorale) => {
                stamper.add(name, &bytes);
                chorales.push(chorale);
            }
            Err(reason) => left_out.push((name.to_owned(), reason)),
        }
    }
    let stamp = stamper.stamp(
        BACH,
        "by permission of the encoders; the music is public domain",
    );
    Ok(Corpus {
        chorales,
        left_out,
        stamp,
    })
}

/// The chorale in a four-part score.
fn chorale(name: &str, score: &Score) -> Result<Chorale, String> {
    if score.parts.len() != 4 {
        return Err(format!("{} parts instead of four", score.parts.len()));
    }
    // Sixteenths must be whole ticks; the resolution of a score with quarters only is 1.
    let fine = Resolution::new(4)
        .and_then(|four| four.common(score.resolution))
        .and_then(|resolution| score.at_resolution(resolution))
        .ok_or("its divisions are too fine")?;
    let sixteenth = fine.resolution.quarter() / 4;
    let steps = (fine.end() + sixteenth - Ticks(1)).div_floor(sixteenth);
    let steps = usize::try_from(steps).map_err(|_| "it is empty".to_owned())?;
    let mut grid = VoiceGrid::new(steps, 4);
    for (voice, part) in fine.parts.iter().enumerate() {
        let sounding = part.sounding();
        if sounding.is_empty() {
            return Err(format!("part {:?} has no notes", part.name));
        }
        grid.draw(voice, &sounding, Ticks::ZERO, sixteenth);
    }
    Ok(Chorale {
        name: name.to_owned(),
        grid,
        knows_onsets: true,
        sixteenth,
        pulses: fine.pulses(Ticks::ZERO, sixteenth, steps),
        key: Some(fine.key_at(Ticks::ZERO)),
    })
}

//! Performances on the piano: the ASAP dataset, piano rolls of the jazz age, and files of the user's
//! own.
//!
//! A performance is kept as it was played, in seconds and without a [`Score`](consort_music::Score):
//! there are millions of notes. What lies beside it are its beats, which tell where a moment stands in
//! the music, and, where there is one, what was read from the page.

use std::collections::BTreeSet;
use std::path::Path;

use consort_music::{Metre, Pitch, Velocity};

use crate::fold::Fold;
use crate::folder::{CorpusError, DataFolder, Stamp};

mod annotations;
mod asap;
mod beats;
mod key;
mod matching;
mod midi;
mod own;
mod rolls;
mod table;

pub use self::beats::Beats;
pub use self::matching::matches;
pub use self::own::FOLDER_MAX;
pub use self::rolls::{JAZZ_ROLLS, Roll};

/// The name of the ASAP dataset.
pub const ASAP: &str = "piano-asap";

/// The name of the set of piano rolls.
pub const ROLLS: &str = "piano-rolls";

/// The style of what [`asap`] reads.
pub const CLASSICAL: &str = "classical";

/// The style of what [`rolls`] reads.
pub const JAZZ: &str = "jazz";

/// What stands where a file of the user's own does not tell.
const UNKNOWN: &str = "unknown";

/// A note as it was played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PianoNote {
    /// When it was struck, in seconds.
    pub onset: f64,
    /// When its key was let go, in seconds; the pedal may have held it longer.
    pub end: f64,
    /// Its pitch.
    pub pitch: Pitch,
    /// How hard it was struck.
    pub velocity: Velocity,
}

/// A piece as somebody played it.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// The path of its file from the folder on, with `/` on every system.
    pub id: String,
    /// Who wrote the piece, or `unknown`.
    pub composer: String,
    /// What the piece is called; of a file of the user's own its path.
    pub title: String,
    /// What decides about the fold: performances of one work are never in two of them.
    pub work: String,
    /// [`CLASSICAL`] or [`JAZZ`]; of a file of the user's own the folder it lies in at the top, or
    /// `unknown` if there is none.
    pub style: String,
    /// What it is for, unless it is reserved.
    pub fold: Fold,
    /// Whether its work is kept out of all folds, to be reported apart.
    pub reserved: bool,
    /// The notes by onset and pitch, one at least.
    pub notes: Vec<PianoNote>,
    /// The moves of the sustain pedal in order of time: seconds, and where to, 0 to 127. A move to
    /// where it stands is left out.
    pub pedal: Vec<(f64, u8)>,
    /// The beats.
    pub beats: Beats,
    /// Which of [`Corpus::scores`] was played, if it is there.
    pub score: Option<usize>,
    /// Whether that score has as many beats, so that beat is beat. Where it has not, beats after a
    /// repeat or a jump stand for others, and what is matched there is chance.
    pub matches_score: bool,
}

impl Performance {
    /// Whether its metre is 4/4 from the first beat to the last.
    pub fn only_four_four(&self) -> bool {
        let is_common = |metre: Metre| (metre.beats, metre.unit) == (4, 4);
        let metres = &self.beats.metres;
        !metres.is_empty() && metres.iter().all(|&(_, metre)| is_common(metre))
    }

    /// How many velocities its notes have.
    pub fn distinct_velocities(&self) -> usize {
        let velocities = self.notes.iter().map(|note| note.velocity);
        velocities.collect::<BTreeSet<_>>().len()
    }

    /// Whether the ASAP dataset has it a second time: its `Beethoven/18-2/Schmitt01`.
    pub fn is_duplicate(&self) -> bool {
        self.style == CLASSICAL && self.id.ends_with("/18-2/Schmitt01.mid")
    }

    /// Whether its beats are probably wrong: those of `Liszt/Ballade_2/KIM_J04` in the ASAP dataset.
    pub fn is_misannotated(&self) -> bool {
        self.style == CLASSICAL && self.id == "Liszt/Ballade_2/KIM_J04.mid"
    }
}

/// A note on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotatedNote {
    /// When it begins, in beats; the first beat of the score is 0.
    pub onset: f64,
    /// When it ends, in beats.
    pub end: f64,
    /// Its pitch.
    pub pitch: Pitch,
}

/// What a performance was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Notated {
    /// The path of its file from the folder on, with `/` on every system.
    pub id: String,
    /// The notes by onset and pitch, repeats played out.
    pub notes: Vec<NotatedNote>,
    /// The beats, in seconds of its file.
    pub beats: Beats,
}

/// Performances and what they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// The performances, in the order of the set or of their names.
    pub performances: Vec<Performance>,
    /// What they were read from, each once.
    pub scores: Vec<Notated>,
    /// Files left out, and why.
    pub left_out: Vec<(String, String)>,
    /// The files.
    pub stamp: Stamp,
}

impl Corpus {
    /// The performances of a fold, without the reserved.
    pub fn of(&self, fold: Fold) -> impl Iterator<Item = &Performance> {
        let performances = self.performances.iter();
        performances.filter(move |one| one.fold == fold && !one.reserved)
    }

    /// The performances that are kept out of all folds.
    pub fn reserved(&self) -> impl Iterator<Item = &Performance> {
        self.performances.iter().filter(|one| one.reserved)
    }

    /// What a performance was read from, if it is there.
    pub fn score_of(&self, performance: &Performance) -> Option<&Notated> {
        self.scores.get(performance.score?)
    }
}

/// The ASAP dataset, in the order of its `metadata.csv`: 1,067 performances of 16 composers, with the
/// beats as annotated.
///
/// # Folds
/// The work is `composer/title`, without `_repeat` or `_no_repeat` at the end of the title, and its
/// SHA-256 as one number decides: where 10 divides it, it is for testing, where the remainder is 1, for
/// validation, else to learn from. Chopin's second ballade and étude op. 10 no. 3 are reserved.
///
/// # Faults
/// All performances are kept. [`Performance::is_duplicate`], [`Performance::is_misannotated`] and
/// [`Performance::matches_score`] say which ones to be careful with. What the headers of the MIDI files
/// say about metre and tempo means nothing and is not looked at.
///
/// # Errors
/// If the set is not there, `metadata.csv` is not what it should be, or none of its files can be used.
/// Those that cannot are listed as left out; a performance whose score cannot be used has none.
pub fn asap(folder: &DataFolder) -> Result<Corpus, CorpusError> {
    asap::read_set(&folder.set(ASAP)?, ASAP, "CC-BY-NC-SA-4.0")
}

/// [`JAZZ_ROLLS`]: fox-trots, one-steps and show tunes from reproducing piano rolls, with beats as
/// estimated and in 4/4.
///
/// The velocities are an emulation of the mechanism that a roll drives, so that notes which begin
/// together tend to share one. The folds go by the work as in [`asap`]: 11 rolls to learn from, two to
/// validate and two to test.
///
/// # Errors
/// If the set is not there, its catalogue is not what it should be, or none of the rolls can be used.
/// Those that cannot are listed as left out.
pub fn rolls(folder: &DataFolder) -> Result<Corpus, CorpusError> {
    rolls::read_set(&folder.set(ROLLS)?)
}

/// A folder of the user's own. If it has a `metadata.csv` and is laid out as the ASAP dataset, or an
/// `output/catalog.json` and is laid out as the set of piano rolls, it is read as that is; of a folder of
/// rolls all those are taken whose kind has dynamics. Else every
/// `.mid` and `.midi` file at or below it is a performance, in the order of the names.
///
/// Of files that are just there, notes on channel 10 are left out. Where the others lie on the grid of
/// the file's own metres and tempos, these give the beats, else the beats are estimated and taken to be in 4/4.
/// Files without notes, or whose notes all have the same velocity, are left out.
/// Of every twenty performances two are for testing and one for validation; fewer than 20 are too few
/// to test on, and of these every fifth is for validation.
///
/// # Errors
/// If the folder cannot be listed, has no performance, or more than [`FOLDER_MAX`] bytes of files.
pub fn folder(path: &Path) -> Result<Corpus, CorpusError> {
    if path.join(table::FILE).is_file() {
        return asap::read_set(path, own::NAME, UNKNOWN);
    }
    if path.join(rolls::CATALOGUE).is_file() {
        return rolls::read_folder(path);
    }
    own::read_folder(path)
}

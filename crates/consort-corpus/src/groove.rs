//! Drum performances: the Groove MIDI Dataset, and files of the user's own.
//!
//! A performance comes as it was played, unquantised: the onsets, lengths and velocities of its notes
//! are those of the drummer, measured on the grid of the click that was played to.

use std::path::Path;

use consort_music::{Metre, Score, Tempo, midi};

use crate::files::{Kind, for_each_file};
use crate::fold::Fold;
use crate::folder::{CorpusError, DataFolder, Stamp, Stamper, read};

mod table;

use self::table::Row;

/// The name of the set.
pub const GROOVE: &str = "groove-drums";

/// The most bytes of MIDI files that [`folder`] takes.
pub const FOLDER_MAX: u64 = 64_000_000;

/// What stands where a file of the user's own does not tell.
const UNKNOWN: &str = "unknown";

const MIDI: Kind = Kind {
    name: "MIDI files",
    extensions: &["mid", "midi"],
    limit: FOLDER_MAX,
};

/// What a drummer played at one go.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// Its name, which no other has: `drummer1/session1/1`, or the path of a file of the user's own
    /// from the folder on, with `/` on every system.
    pub id: String,
    /// Who played (`drummer1`), or `unknown`.
    pub drummer: String,
    /// Who played and when (`drummer1/eval_session`), or `unknown`.
    pub session: String,
    /// The genre, and often a style within it (`funk/groove1`), as published; of a file of the user's
    /// own the folder it lies in at the top, or `unknown` if there is none.
    pub style: String,
    /// Quarter notes in a minute: above 0, at most 10 000.
    pub tempo: f64,
    /// Whether it is a fill rather than a beat.
    pub is_fill: bool,
    /// The metre, of which there is one throughout.
    pub metre: Metre,
    /// What it is for.
    pub fold: Fold,
    /// The music: the percussion parts that have notes, one at least. The pitches are those of the
    /// drum kit that was played, and the notes are not quantised.
    pub score: Score,
}

impl Performance {
    /// The style up to the first `/`: `funk` of `funk/groove1`.
    pub fn genre(&self) -> &str {
        let style = self.style.as_str();
        style.split_once('/').map_or(style, |(genre, _)| genre)
    }

    /// Whether it is one of the ten grooves that four drummers play, each at a tempo of its own.
    pub fn is_eval_session(&self) -> bool {
        self.session.ends_with("/eval_session")
    }
}

/// Performances and what they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// The performances, in the order of the set.
    pub performances: Vec<Performance>,
    /// Files left out, and why.
    pub left_out: Vec<(String, String)>,
    /// The files.
    pub stamp: Stamp,
}

/// The Groove MIDI Dataset, in the order of its `info.csv` and with the folds that this gives: 897
/// performances to learn from, 124 to validate and 129 to test.
///
/// # Errors
/// If the set is not there, or `info.csv` or a file that it names is not what it should be. Files
/// without drums are listed as left out.
pub fn groove(folder: &DataFolder) -> Result<Corpus, CorpusError> {
    let set = folder.set(GROOVE)?;
    let list = set.join("info.csv");
    let bytes = read(&list)?;
    let wrong = |reason: String| CorpusError::Content {
        path: list.clone(),
        reason,
    };
    let (mut performances, mut left_out, mut stamper) = (Vec::new(), Vec::new(), Stamper::new());
    stamper.add("info.csv", &bytes);
    for row in table::rows(&bytes).map_err(wrong)? {
        let path = set.join(&row.file);
        if !path.is_file() {
            let reason = format!("line {} names {:?}, which is not there", row.line, row.file);
            return Err(wrong(reason));
        }
        let bytes = read(&path)?;
        let score = midi::read(&bytes)
            .map_err(|error| CorpusError::Content {
                path,
                reason: error.to_string(),
            })?
            .value;
        match drums_alone(score) {
            Ok(score) => {
                stamper.add(&row.file, &bytes);
                performances.push(published(row, score));
            }
            Err(reason) => left_out.push((row.file, reason)),
        }
    }
    if performances.is_empty() {
        return Err(wrong("it names no performance".to_owned()));
    }
    Ok(Corpus {
        performances,
        left_out,
        stamp: stamper.stamp(GROOVE, "CC-BY-4.0"),
    })
}

/// Every `.mid` and `.midi` file at or below `path` that has drums, in the order of the names. Links
/// to folders are not followed.
///
/// Tempo and metre are the first of the file, or what MIDI assumes without: 120 and 4/4. Of every
/// twenty performances two are for testing and one for validation; fewer than 20 are too few to test
/// on, and of these every fifth is for validation.
///
/// # Errors
/// If the folder cannot be listed, has no drums, or more than [`FOLDER_MAX`] bytes of files. Files and
/// folders below that cannot be read are listed as left out, and so are files without drums.
pub fn folder(path: &Path) -> Result<Corpus, CorpusError> {
    let (mut performances, mut stamper) = (Vec::new(), Stamper::new());
    let left_out = for_each_file(path, MIDI, |name, bytes| {
        let reading = midi::read(bytes).map_err(|error| error.to_string())?;
        performances.push(own(name, drums_alone(reading.value)?));
        stamper.add(name, bytes);
        Ok(())
    })?;
    if performances.is_empty() {
        return Err(CorpusError::Nothing {
            path: path.to_owned(),
            what: "drums in MIDI files",
        });
    }
    let fold = Fold::of_own(performances.len());
    for (index, performance) in performances.iter_mut().enumerate() {
        performance.fold = fold(index);
    }
    Ok(Corpus {
        performances,
        left_out,
        stamp: stamper.stamp("own files", UNKNOWN),
    })
}

/// The score with nothing but the percussion parts that have notes, or why it is none of drums. The
/// other parts of a whole song would take many times the memory.
fn drums_alone(mut score: Score) -> Result<Score, String> {
    score
        .parts
        .retain(|part| part.instrument.percussion && !part.notes.is_empty());
    if score.parts.is_empty() {
        return Err("it has no drums: no notes on channel 10".to_owned());
    }
    Ok(score)
}

/// The performance of a row of the table.
fn published(row: Row, score: Score) -> Performance {
    Performance {
        id: row.id,
        drummer: row.drummer,
        session: row.session,
        style: row.style,
        tempo: row.tempo.quarters_per_minute(),
        is_fill: row.is_fill,
        metre: row.metre,
        fold: row.fold,
        score,
    }
}

/// The performance in a file of the user's own; its fold follows from its place.
fn own(name: &str, score: Score) -> Performance {
    let tempo = score.tempos.first().map_or(Tempo::DEFAULT, |at| at.tempo);
    let metre = score.measures.iter().find_map(|measure| measure.metre);
    let style = name.split_once('/').map_or(UNKNOWN, |(folder, _)| folder);
    Performance {
        id: name.to_owned(),
        drummer: UNKNOWN.to_owned(),
        session: UNKNOWN.to_owned(),
        style: style.to_owned(),
        tempo: tempo.quarters_per_minute(),
        is_fill: false,
        metre: metre.unwrap_or(Metre::COMMON),
        fold: Fold::Train,
        score,
    }
}

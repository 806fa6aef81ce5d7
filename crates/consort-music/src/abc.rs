//! ABC notation, version 2.1 and the dialects found in collections of tunes.
//!
//! [`read`] never gives up on a tune: what cannot be understood is left out or mended, and a
//! [`Warning`](crate::Warning) says where. [`write()`] puts a score into one canonical form that
//! reads back equal.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::reading::{Place, Reading, Warning, Warnings};
use crate::score::Score;

use self::source::{Line, Sections};

mod accidentals;
mod chord;
mod decoration;
mod field;
mod fraction;
mod key;
mod reader;
mod source;
mod text;
mod writer;

/// Why a file could not be read as ABC at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AbcError {
    /// There is no tune in it.
    #[error(
        "found no ABC tune in {length} bytes: expected a line such as `X:1` and, after it, a key \
         such as `K:G`; check that the file is ABC text"
    )]
    NoTune {
        /// How many bytes there were.
        length: usize,
    },
    /// It is ABC, but not as the standard wants it; only [`read_strict`] minds.
    #[error("not as ABC 2.1 wants it: {}", first_of(.0))]
    Violations(Vec<Warning>),
}

fn first_of(violations: &[Warning]) -> String {
    match violations {
        [] => "no fault".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

/// Reads all tunes of a file, each as a score.
///
/// Takes time in proportion to the length of the file, and memory of at most 1000 times that length
/// (a letter becomes a note with all that a note can bear) and 16 MB.
///
/// # Errors
/// If the file holds no tune.
pub fn read(bytes: &[u8]) -> Result<Reading<Vec<Score>>, AbcError> {
    read_with(bytes, Warnings::default())
}

/// Reads all tunes of a file that keeps to ABC 2.1 and of which nothing has to be left out.
///
/// Refused is whatever gives [`read`] a warning, bars that do not add up among it, and what [`read`]
/// takes without one though the standard forbids it or calls it outdated:
///
/// - text in no encoding but Latin-1; fields of the header that are indented; a first field that is
///   not `X:` with a number of its own above 0, a second that is not `T:`, no `K:`; a history that goes
///   on without `+:`; `E:`; tempos without the length of a beat;
/// - chords and decorations between plus signs, single exclamation marks, the reserved characters
///   `# * ; ? @`, octave signs behind lengths, bar lines that the standard does not list, spaces
///   before the number of an ending;
/// - slurs without a beginning or an end, and voices that end before the others.
///
/// # Errors
/// [`AbcError::Violations`] with all of these, by line and column, the first first, at most
/// [`Warning::MAX`]; [`AbcError::NoTune`] if there is no tune.
pub fn read_strict(bytes: &[u8]) -> Result<Vec<Score>, AbcError> {
    read_with(bytes, Warnings::strict())?
        .strict()
        .map_err(AbcError::Violations)
}

fn read_with(bytes: &[u8], mut warnings: Warnings) -> Result<Reading<Vec<Score>>, AbcError> {
    let text = source::decode(bytes, &mut warnings);
    let sections = source::sections(&text, &mut warnings);
    let header = inherited(&sections, text.len(), &mut warnings);
    let mut allowance = Allowance::of(&text);
    let value: Vec<Score> = sections
        .tunes
        .iter()
        .map(|lines| reader::read_tune(header, lines, &mut allowance, &mut warnings))
        .collect();
    if value.is_empty() {
        return Err(AbcError::NoTune {
            length: bytes.len(),
        });
    }
    let mut warnings = warnings.into_vec();
    // Some faults show only at the end of a tune.
    warnings.sort_by_key(|warning| match warning.place {
        Place::Line { line, column } => (line, column),
        _ => (usize::MAX, 0),
    });
    Ok(Reading { value, warnings })
}

/// The file header, unless handing it to every tune would multiply the file beyond measure.
fn inherited<'a>(
    sections: &'a Sections<'a>,
    length: usize,
    warnings: &mut Warnings,
) -> &'a [Line<'a>] {
    const TIMES_MAX: usize = 64;
    let header: usize = sections.header.iter().map(|line| line.text.len() + 1).sum();
    if header.saturating_mul(sections.tunes.len()) <= length.saturating_mul(TIMES_MAX) {
        return &sections.header;
    }
    let first = sections
        .header
        .first()
        .map_or(Place::File, |line| line.place(0));
    warnings.push(
        first,
        "a file header too long for so many tunes: its fields are left out",
    );
    &[]
}

/// Writes a score as one tune.
pub fn write(score: &Score) -> String {
    writer::tune(score, reference_number(score).unwrap_or("1"))
}

/// Writes scores as the tunes of one file, each with a reference number of its own: its `X` field
/// where that is a number that no tune before it has, or else the next free one.
pub fn write_all(scores: &[Score]) -> String {
    let mut used: BTreeSet<u64> = BTreeSet::new();
    let mut tunes = Vec::with_capacity(scores.len());
    for score in scores {
        let own = reference_number(score).and_then(|number| number.parse::<u64>().ok());
        let next = used.last().map_or(1, |last| last.saturating_add(1));
        let number = own.filter(|number| !used.contains(number)).unwrap_or(next);
        used.insert(number);
        tunes.push(writer::tune(score, &number.to_string()));
    }
    tunes.join("\n")
}

fn reference_number(score: &Score) -> Option<&str> {
    let fields = &score.metadata.fields;
    let (_, number) = fields.iter().find(|(name, _)| name == "X")?;
    Some(number.trim()).filter(|number| !number.is_empty())
}

/// What the tunes of a file share, so that a few bytes cannot fill the memory.
#[derive(Debug)]
struct Allowance {
    /// Measures of rest that `Z` may still ask for.
    rests: u32,
    /// Bytes that macros may still stand for.
    expansions: usize,
    /// Reference numbers of the tunes so far.
    numbers: BTreeSet<u64>,
}

impl Allowance {
    fn of(text: &str) -> Allowance {
        Allowance {
            rests: 10_000,
            expansions: text.len().saturating_add(10_000),
            numbers: BTreeSet::new(),
        }
    }
}

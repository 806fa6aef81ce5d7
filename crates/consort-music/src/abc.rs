//! ABC notation, version 2.1 and the dialects found in collections of tunes.
//!
//! [`read`] never gives up on a tune: what cannot be understood is left out or mended, and a
//! [`Warning`] says where. [`read_strict`] refuses what the standard does. [`write()`] puts a score
//! into one canonical form that reads back equal.
//!
//! ```
//! use consort_music::abc;
//!
//! let reading = abc::read(b"X:1\nT:Two bars\nM:2/4\nK:D\nd2 f2|g2 f2|]\n")?;
//! assert!(reading.warnings.is_empty());
//! assert_eq!(abc::write(&reading.value[0]), "X:1\nT:Two bars\nM:2/4\nL:1/8\nK:D\ndf | gf |]\n");
//! # Ok::<(), abc::AbcError>(())
//! ```
//!
//! # What is read
//!
//! *Kept*: read, and written again. *Read*: read into the score, and written in one fixed way.
//! *Told*: left out or simplified with a warning. *Passed over*: left out without one, because it is
//! about the looks of a page or means nothing for the music.
//!
//! | in the file | |
//! |---|---|
//! | UTF-8, UTF-16 with a mark, Latin-1; line ends of all systems; `\'e`, `&eacute;`, `\u00e9` | read; written in UTF-8 |
//! | several tunes, the file header they inherit, tunes without `X:` or `K:` | read, the latter told; each is written with all its fields |
//! | comments, `r:` remarks | passed over |
//! | text between tunes, `%%begintext` | told |
//! | `X:` `T:` `C:` | kept; further titles and composers as fields; a title within the music becomes words |
//! | `A:` `B:` `D:` `E:` `F:` `G:` `H:` `I:` `N:` `O:` `R:` `S:` `W:` `Y:` `Z:`, `P:` of the header (the order of parts) | kept as fields, also where `+:` or, for `H:`, a line without a letter goes on |
//! | `M:`: numbers, `C`, `C\|`, `none` | kept; sums such as `(2+3)/8` become 5/8 and are told |
//! | `L:` | read; written as 1/8 |
//! | `Q:` with beats and words, and the outdated `Q:120`, `Q:C=120` | read; written as `1/4=`; words become words above the staff |
//! | `K:`: all tonics and modes, `none` | kept, also where voices differ; `HP` and `Hp` become A mixolydian |
//! | `K:` with accidentals of its own, `exp` | kept where a mode has them, else put on the notes and told |
//! | `clef=`, `octave=`, `transpose=` in `K:` and `V:`, `%%MIDI transpose` | clefs and transposition kept, octaves read; a transposition that changes is told |
//! | `V:` with `name=` or `nm=` | kept |
//! | `stem=`, `middle=`, `stafflines=`, `sname=` and other looks of a staff | passed over; properties that are none of these are told |
//! | `%%score`, `%%staves` | braces join voices to parts; brackets and the order on the page are passed over |
//! | `P:` within the music | kept as rehearsal marks; no repeat goes back beyond one |
//! | `U:` symbols, `m:` macros (of notes, and of any note `n`) | read as what they stand for |
//! | `w:` with hyphens, holds, verses, bars; `s:` | kept; `s:` is written as decorations |
//! | `I:` | kept as fields, `I:MIDI` and the like read as directives |
//! | `%%MIDI program`, `channel`, `control` | kept as instrument, drums and controls |
//! | `%%propagate-accidentals`, `%%abc-copyright` | read |
//! | other directives (`%%MIDI drum`, `gchord`; `%%scale`, ...) | kept as fields: they do not change the notes |
//! | notes, octaves, lengths, accidentals and how long they hold, chords, `+CEG+` | kept; written in brackets |
//! | microtones `^/` | told, rounded to semitones |
//! | rests `z` `x` `Z` `X` and what hangs on them; spacers `y` | kept as gaps, and as rests where they bear signs; `x` becomes `z`; `y` is passed over |
//! | broken rhythm, `(p:q:r` | read as lengths and tuplets; between unequal notes, or not full, told |
//! | ties, slurs; dotted ones | kept; dots are passed over |
//! | grace notes, `{/g}`, chords of them | kept; their lengths are told |
//! | `&` overlays | kept as voices of the part; over several measures, `(& &)`, told |
//! | decorations of the standard, `!nonsense!` | kept as [`Mark`](crate::score::Mark)s, dynamics, jumps and [`Spanner`](crate::score::Spanner)s (`!<(!`, `!trill(!`, `!8va(!`, `!ped!`); `emphasis` becomes an accent, an inverted fermata a fermata |
//! | decorations before a bar line | a fermata is moved to the note or rest before it and told; others are told |
//! | chord symbols, annotations | kept, chords in one spelling (`D/f+` becomes `D/F#`); places such as `^` and `@` are passed over; `"f"` is a dynamic, `"D.C."` a jump |
//! | bar lines, repeats for any number of passes, endings `[1,3`, `:\|2` | kept; dotted lines are told; signs that a file leaves out are put in, and told where it must be guessed |
//! | line breaks: ends of lines, `\`, `!`, `$`; reserved characters, back quotes | passed over |
//! | bars that do not add up, voices that do not line up, anything else | told |
//!
//! # What is written
//!
//! Notes that cross a bar line are cut and tied; notes that overlap in a voice move to an overlay, and
//! are of another voice when read again. Signs of repeat that do nothing are left out, and those that
//! are understood are put in. Of two signs of a kind that last, the one that begins first ends first.
//! Measures are counted anew. Not written, because ABC has no word for it: how notes are played
//! ([`Note::played`](crate::Note::played), velocities, controls but programs and controllers),
//! syllables under rests, slurs and ties of rests and grace notes, octave lines over more than three.

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
pub(crate) mod key;
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

/// The tunes of a file as texts, each with the fields of the file header before it, so that [`read`]
/// makes the same score of the text as of the tune in its file. Lines end with `\n`; what belongs to
/// no tune is left out. Takes memory of at most 300 times the length of the file.
///
/// ```
/// let tunes = consort_music::abc::split(b"M:3/4\n\nX:1\nK:C\nc3|\n\nX:2\nK:D\nd3|\n");
/// assert_eq!(tunes, ["M:3/4\n\nX:1\nK:C\nc3|\n", "M:3/4\n\nX:2\nK:D\nd3|\n"]);
/// ```
pub fn split(bytes: &[u8]) -> Vec<String> {
    let mut warnings = Warnings::default();
    let text = source::decode(bytes, &mut warnings);
    let sections = source::sections(&text, &mut warnings);
    let is_comment = |line: &str| line.starts_with('%') && !line.starts_with("%%");
    let mut header: String = inherited(&sections, text.len(), &mut warnings)
        .iter()
        .filter(|line| !is_comment(line.text))
        .flat_map(|line| [line.text, "\n"])
        .collect();
    if !header.is_empty() {
        header.push('\n');
    }
    let tune = |lines: &Vec<Line<'_>>| {
        let lines = lines.iter().flat_map(|line| [line.text, "\n"]);
        [header.as_str()].into_iter().chain(lines).collect()
    };
    sections.tunes.iter().map(tune).collect()
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

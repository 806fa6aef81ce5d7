//! MusicXML, plain and as `.mxl` archives.
//!
//! ```
//! use consort_music::musicxml;
//!
//! let text = "<score-partwise><part-list><score-part id='P1'><part-name>Flute</part-name>\
//!     </score-part></part-list><part id='P1'><measure number='1'><attributes><divisions>1\
//!     </divisions><time><beats>2</beats><beat-type>4</beat-type></time></attributes><note>\
//!     <pitch><step>A</step><octave>4</octave></pitch><duration>2</duration></note></measure>\
//!     </part></score-partwise>";
//! let reading = musicxml::read(text.as_bytes())?;
//! assert!(reading.warnings.is_empty());
//! let mut score = reading.value;
//! score.metadata.title = Some("One note".to_owned());
//! assert!(musicxml::write(&score).contains("<work-title>One note</work-title>"));
//! # Ok::<(), musicxml::MusicXmlError>(())
//! ```
//!
//! # What is read
//!
//! *Kept*: read, and written again. *Read*: read into the score, and written in one fixed way.
//! *Told*: left out with a warning. *Passed over*: left out without one, because it is about the
//! looks of a page or said elsewhere too.
//!
//! | in the file | |
//! |---|---|
//! | partwise and timewise scores, UTF-8, UTF-16 and Latin-1, `.mxl` | read; written partwise in UTF-8 |
//! | pitches with their spelling, durations, voices, staves, chords, ties | kept |
//! | durations that a program rounded to its divisions (triplets of 85, 86, 85) | read as the note values they stand for, told |
//! | grace notes, with strokes and chords | kept in their order; how much time they take is passed over |
//! | tuplets | the ratio of each note is kept; brackets are read, the looks of nested ones are not |
//! | rests | read as gaps; those with signs or syllables are kept |
//! | keys with modes | kept: what most parts have is the score's, the others keep theirs; a key of one staff is told, of drums passed over |
//! | metres with symbols, unmeasured music | kept; sums such as 3+2/8 become 5/8 and are told, and so are metres of one part |
//! | pickups, measure numbers, measures of irregular length | kept |
//! | clefs | kept: G, F, C and tablature on any line, up to two octaves off, percussion; others are told |
//! | transposing parts | kept as they sound, with the transposition |
//! | repeats, endings, segno, coda, D.C., D.S., Fine; single, double, final and invisible barlines | kept; other barlines are told |
//! | tempos: what is played, else the metronome mark | kept |
//! | fermatas, articulations, ornaments, bowings, fingerings, arpeggios, slurs | kept as [`Mark`](crate::score::Mark)s, and so are accidentals above a note; other signs and lines between notes are told |
//! | lyrics with verses, syllables, elisions and extensions | kept |
//! | chord symbols | kept as text |
//! | dynamics, words, rehearsal marks | kept; other directions are told |
//! | hairpins, pedals, octave lines, lines of trills, dashes, brackets | kept as [`Spanner`](crate::score::Spanner)s; their shapes are passed over; sostenuto pedals, and ends that are missing, are told |
//! | names of parts, General MIDI programs, drums | kept |
//! | volume, pan, banks, changes of program, pedals as they sound | kept as [`Control`](crate::Control)s; other settings of players are told |
//! | velocities, and how much earlier or later notes are played | kept |
//! | titles, authors, rights, software, miscellaneous fields | kept |
//! | cue notes (they are not played), repeats of measures by a sign, figured bass, microtones (rounded), key signatures of other kinds | told |
//! | beams, stems, printed accidentals, layout, credits, part groups, abbreviations | passed over; beams and accidentals are written anew |
//!
//! # What is written
//!
//! MusicXML 4.0, valid by its schema for all pitches from C0 to B9 as they are written (MIDI goes
//! on below and transposing parts beyond, and so do we). [`as_written`] says in which form: [`read`] of [`write()`] of a score is
//! [`as_written`] of it, and for a score that is notated well already that is the score itself.
//! Notes at the end of a measure that are played before the next one stand in the next.

mod archive;
mod error;
mod form;
mod harmony;
mod interval;
mod keys;
mod lines;
mod marks;
mod metrics;
mod navigation;
mod notated;
mod playback;
mod played;
mod read;
mod report;
mod source;
mod text;
mod ties;
mod write;

use std::borrow::Cow;

use roxmltree::{Document, ParsingOptions};

use crate::reading::{Place, Reading};
use crate::score::Score;

pub use error::MusicXmlError;
use report::Report;

/// Reads a score: plain XML, or an `.mxl` archive, which is known by its first bytes.
///
/// What had to be guessed, mended or left out comes back as warnings; the same remark on many
/// elements is one warning at the first of them. Nothing is ever fetched, entities are never
/// expanded, and an archive may unpack to 200 times its size, 64 MiB at most. Memory stays below
/// 64 times the size of the XML: 43 times was the most that files made to take much did take.
///
/// # Errors
/// If the bytes are not well-formed XML, not a score, or an archive that is broken or too large;
/// [`MusicXmlError`] says where.
pub fn read(bytes: &[u8]) -> Result<Reading<Score>, MusicXmlError> {
    let mut report = Report::default();
    let bytes = if archive::is_archive(bytes) {
        let (score, remark) = archive::unpack(bytes)?;
        remark.into_iter().for_each(|remark| report.file(remark));
        Cow::Owned(score)
    } else {
        Cow::Borrowed(bytes)
    };
    let source = source::decode(&bytes)?;
    source
        .remark
        .iter()
        .for_each(|remark| report.file(remark.as_str()));
    source::refuse_entities(&source)?;
    source::refuse_excess(&source)?;
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&source.text, options)
        .map_err(|error| malformed(&error, &source))?;
    let root = document.root_element();
    let place = source::place_in(&source.text, root.range().start, source.lines_before);
    let value = read::score(root, place, &mut report)?;
    let warnings = report.into_warnings(&source.text, source.lines_before);
    Ok(Reading { value, warnings })
}

/// Writes `score` as MusicXML 4.0, partwise, in the form of [`as_written`].
pub fn write(score: &Score) -> String {
    write::score(&as_written(score))
}

/// Writes `score` as an `.mxl` archive; the same score gives the same bytes.
pub fn write_compressed(score: &Score) -> Vec<u8> {
    archive::pack(&write(score))
}

/// The form in which [`write()`] writes a score: the same music, as notation can hold it.
///
/// - Notes that cross a barline, or whose length is no note value with at most two dots (in a
///   tuplet, if need be), become tied heads along the beats. A note that one head can stand for is
///   left alone. Syllables and most signs stay with the first head; fermatas, breaths and the ends
///   of slurs go with the last.
/// - Notes that overlap in a voice without being a chord move to a voice of their own. Marks are
///   sorted. Grace notes have no length, and notes without length are grace notes.
/// - A tie that no note ends is ended by the note of its pitch that begins where the tied one stops, if
///   there is one.
/// - Every note is spelled, every staff has a clef from the start, and transposing parts have a
///   key from the start. Drums have no spelling, no transposition and no keys beside other parts. Keys
///   that most parts have are those of the score.
/// - A rest with signs is one rest within a measure, or several, as with notes; it is in a voice that
///   is silent there. Lines of trills go from a note of their staff to the end of one; of more than
///   sixteen lines of one kind at once the others are left out.
/// - Controls are volume, pan, whole banks, programs and pedals; the others, for which MusicXML has
///   no word, are left out. Of tied heads the first says how they are played.
/// - Measures follow one another and reach to the end of the music. There is at least one, and at
///   least one part. A repeat implies its barline.
/// - Of two keys, tempos or clefs at one moment the last counts, and nothing stands before the
///   start. Directions whose words are a jump ("D.C. al Fine") become the jump.
/// - Texts have no control characters and no white space around them; what is empty then is left
///   out. The fields of the metadata are in the order of the format.
pub fn as_written(score: &Score) -> Score {
    form::as_written(score)
}

fn malformed(error: &roxmltree::Error, source: &source::Decoded) -> MusicXmlError {
    let at_end = matches!(
        error,
        roxmltree::Error::UnexpectedEndOfStream | roxmltree::Error::UnclosedRootNode
    );
    let place = if at_end {
        source::place_in(&source.text, source.text.len(), source.lines_before)
    } else {
        let position = error.pos();
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Place::Line {
            line: number(position.row).saturating_add(source.lines_before),
            column: number(position.col),
        }
    };
    let told = error.to_string();
    let reason = match told.rsplit_once(" at ") {
        Some((reason, _)) => reason.to_owned(),
        None => told,
    };
    MusicXmlError::Xml { place, reason }
}

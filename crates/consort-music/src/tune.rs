//! Tunes as plain text of one form, for networks that read and write character by character.
//!
//! [`text()`] writes a score as a *tune text*, [`abc()`] makes an ABC tune of one, which
//! [`crate::abc::read`] turns into a score again. [`Guide`] says which characters may come next, so that
//! whatever draws them writes a tune. [`transposed`] has a tune in other keys, to learn from.
//!
//! ```
//! use consort_music::abc;
//! use consort_music::tune::{self, ChordSymbols};
//!
//! let reading = abc::read(b"X:1\nT:A bit\nR:Jig\nM:6/8\nK:D\nA | d>ed {g}fed | e2A A2 :|\n")?;
//! let text = tune::text(&reading.value[0], ChordSymbols::Kept)?;
//! assert_eq!(text, "N:2:\nR:jig\nM:6/8\nL:1/8\nK:D\n|:A|d3/2e/dfed|e2AA2:|\n");
//! assert!(abc::read_strict(tune::abc(&text, 1, "A bit").as_bytes()).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The tune text
//!
//! ASCII, lines ended by `\n`:
//!
//! | line | |
//! |---|---|
//! | `N:8:8:` | the [`Form`] |
//! | `R:jig` | the rhythm in small letters; left out if it is not known |
//! | `M:6/8` | the metre; common time and its halves are `4/4` |
//! | `L:1/8` | always |
//! | `K:D` | the key |
//! | <code>\|:A\|"D"d2efed\|...\|d3d2:\|</code> | the music without spaces |
//!
//! - Repeated sections stand between <code>\|:</code> and <code>:\|</code>. Others end in <code>\|\|</code>, the last
//!   of the tune in <code>\|]</code>, and one before a repeated one where that begins, in <code>\|:</code>.
//! - First and second endings, <code>...\|1...:\|2...\|\|</code>, have as many bars as each other.
//! - A tune may have pickups, all of one length. The first section may begin with one; another one does
//!   if, and only if, the bar before it is shorter by as much. The last bar of a section, or of its first
//!   ending, from which the music goes back to a pickup, is shorter by as much, and so may be the last bar
//!   of another section, a second ending or the tune. All other bars are full, so that music adds up on
//!   the page and with its repeats.
//! - A pickup before the first repeat that is not repeated stands before its sign: <code>A\|:d2...</code>.
//! - Lengths, of notes and of rests `z`, are those of one head, and five and nine eighths; others are tied.
//! - Triplets `(3abc` are three heads of one length.
//! - Chord symbols `"Am7"` stand before notes and rests.
//!
//! # What a tune text leaves out
//!
//! Grace notes, slurs, decorations, words, tempos, jumps, titles and all other fields; of chords all notes
//! but the highest; chord symbols that [`ChordSymbols::Kept`] does not take or that begin within a note or a
//! triplet;
//! ties across the end of a section or into an ending; double bars within repeats and less than four bars
//! from another.
//!
//! Where the bars of a page do not add up at the lines between sections, it is mended if no note and no
//! length of one has to change: a pickup moves into a repeat or out of it, or a rest is put in.

use std::ops::Range;
use std::slice;

use thiserror::Error;

use crate::abc::key;
use crate::pitch::Key;
use crate::score::{Metre, Part, Score};
use crate::time::Ticks;

use self::layout::{Layout, Pickup};
use self::length::Grains;
use self::melody::Element;
use self::writing::Writer;

mod chord;
mod form;
mod guide;
mod layout;
mod length;
mod melody;
mod transposition;
mod writing;

pub use form::{Form, FormError, Section};
pub use guide::{Accidentals, CharSet, Chords, ConditionError, Conditions, Guide, NotAllowed};
pub use transposition::transposed;

/// The metres that tune texts have, as their numbers.
pub const METRES: &[(u8, u8)] = &[
    (2, 4),
    (3, 4),
    (4, 4),
    (5, 4),
    (6, 4),
    (3, 2),
    (3, 8),
    (6, 8),
    (9, 8),
    (12, 8),
];

/// Why a score has no tune text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TooRich {
    /// It has no notes.
    #[error("a score without notes is no tune")]
    Empty,
    /// Several notes sound at once that are no chord.
    #[error("bar {bar}: several voices; a tune has one")]
    Voices {
        /// The number of the measure.
        bar: String,
    },
    /// The music is unmeasured.
    #[error("no metre; a tune has one")]
    NoMetre,
    /// The metre is none of [`METRES`].
    #[error("tunes in {metre} are not known; {} are", metres())]
    Metre {
        /// The metre.
        metre: Metre,
    },
    /// The metre changes.
    #[error("bar {bar}: another metre; a tune keeps to one")]
    MetreChange {
        /// The number of the measure.
        bar: String,
    },
    /// The key changes.
    #[error("bar {bar}: another key; a tune keeps to one")]
    KeyChange {
        /// The number of the measure.
        bar: String,
    },
    /// A measure within a section is shorter or longer than its metre.
    #[error("bar {bar} does not add up to its metre")]
    Bar {
        /// The number of the measure.
        bar: String,
    },
    /// The last bar of a section and the pickup of it or of the next make no full bar.
    #[error("bar {bar}: the section ends in a bar that does not go with the pickups")]
    Section {
        /// The number of the measure.
        bar: String,
    },
    /// More than two passes, or endings that are not a first and a second one.
    #[error("bar {bar}: repeated other than once, or with other than two endings")]
    Repeats {
        /// The number of the measure.
        bar: String,
    },
    /// The endings of a repeat are not of one length.
    #[error("bar {bar}: endings of different lengths")]
    Endings {
        /// The number of the measure.
        bar: String,
    },
    /// A length that tune texts cannot spell: shorter than a sixty-fourth, or of a tuplet other than a
    /// triplet.
    #[error("bar {bar}: a length that a tune text cannot spell")]
    Length {
        /// The number of the measure.
        bar: String,
    },
    /// A note below C3 or above B6.
    #[error("bar {bar}: a note below C3 or above B6")]
    Pitch {
        /// The number of the measure.
        bar: String,
    },
    /// There are more than [`Form::BARS_MAX`] bars.
    #[error("{bars} bars on the page; a tune has at most {}", Form::BARS_MAX)]
    TooLong {
        /// How many.
        bars: usize,
    },
}

fn metres() -> String {
    let names: Vec<String> = METRES
        .iter()
        .map(|(beats, unit)| format!("{beats}/{unit}"))
        .collect();
    names.join(", ")
}

/// What becomes of the chord symbols of a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChordSymbols {
    /// Those that begin with a note or rest are kept.
    #[default]
    Kept,
    /// All are left out.
    LeftOut,
}

/// The tune text of `score`.
///
/// # Errors
/// If the score is more than a tune text can say; what is left out silently, the page of the module
/// lists.
pub fn text(score: &Score, chords: ChordSymbols) -> Result<String, TooRich> {
    let mut parts = score.parts.iter().filter(|part| !part.notes.is_empty());
    let part = parts.next().ok_or(TooRich::Empty)?;
    if let Some(note) = parts.next().and_then(|part| part.notes.first()) {
        return Err(TooRich::Voices {
            bar: length::number_at(score, note.onset),
        });
    }
    let layout = Layout::of(score)?;
    let form = layout.form()?;
    let key = key_of(score, part)?;
    let notes = melody::notes(score, part)?;
    let chords = match chords {
        ChordSymbols::Kept => chord_symbols(score, part),
        ChordSymbols::LeftOut => Vec::new(),
    };
    let mut writer = Writer::new(key, &chords);
    header(score, &form, &layout, key, &mut writer.out);
    music(score, &layout, &notes, &mut writer)?;
    Ok(writer.out)
}

/// The ABC tune that a tune text is: with a number and a title before it, and without its `N:` line.
///
/// Characters that would end the title or begin a comment are left out of it. Fields `X:` and `T:` that
/// the text itself has are left out as well.
pub fn abc(text: &str, number: u32, title: &str) -> String {
    let title: String = title
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '%' | '\\'))
        .collect();
    let mut tune = format!("X:{number}\nT:{title}\n");
    let mut in_header = true;
    for line in text.lines() {
        let replaced = ["N:", "X:", "T:"]
            .iter()
            .any(|field| line.starts_with(field));
        if !(in_header && replaced) {
            tune.push_str(line);
            tune.push('\n');
        }
        in_header &= !line.starts_with("K:");
    }
    tune
}

/// The key of `part`, if there is but one.
fn key_of(score: &Score, part: &Part) -> Result<Key, TooRich> {
    let changes = match part.keys.as_slice() {
        [] => &score.keys,
        own => own,
    };
    let first = changes
        .iter()
        .take_while(|change| change.at == Ticks::ZERO)
        .last();
    let key = first.map_or_else(Key::default, |change| change.key);
    let end = score.end();
    match changes
        .iter()
        .find(|change| change.at > Ticks::ZERO && change.at < end && change.key != key)
    {
        Some(other) => Err(TooRich::KeyChange {
            bar: length::number_at(score, other.at),
        }),
        None => Ok(key),
    }
}

/// The chord symbols of known kinds, one at a time.
fn chord_symbols(score: &Score, part: &Part) -> Vec<(Grains, String)> {
    let mut chords: Vec<(Grains, String)> = part
        .chords
        .iter()
        .filter(|chord| chord::is_known(&chord.text))
        .filter_map(|chord| Some((length::grains(score, chord.at)?, chord.text.clone())))
        .collect();
    chords.dedup_by_key(|(at, _)| *at);
    chords
}

fn header(score: &Score, form: &Form, layout: &Layout, key: Key, out: &mut String) {
    out.push_str(&format!("N:{form}\n"));
    if let Some(rhythm) = rhythm(score) {
        out.push_str(&format!("R:{rhythm}\n"));
    }
    let key = key::name(Some(key));
    out.push_str(&format!("M:{}\nL:1/8\nK:{key}\n", layout.metre));
}

/// The rhythm of a tune by its usual name, which is what its `R:` field says in small letters.
///
/// Nothing if that field is absent, empty, longer than [`RHYTHM_MAX`] or no words.
pub fn rhythm(score: &Score) -> Option<String> {
    let (_, rhythm) = score.metadata.fields.iter().find(|(name, _)| name == "R")?;
    let words: Vec<String> = rhythm
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    let words = words.join(" ");
    let is_word = |c: char| c.is_ascii_lowercase() || c == ' ';
    let rhythm = match words.as_str() {
        "slipjig" => "slip jig",
        "double jig" => "jig",
        "fling" => "highland fling",
        other => other,
    };
    let is_name = !rhythm.is_empty() && rhythm.len() <= RHYTHM_MAX && rhythm.chars().all(is_word);
    is_name.then(|| rhythm.to_owned())
}

/// The most characters that the name of a rhythm has in a tune text.
pub const RHYTHM_MAX: usize = 24;

fn music(
    score: &Score,
    layout: &Layout,
    notes: &[Element],
    writer: &mut Writer<'_>,
) -> Result<(), TooRich> {
    // Ties lead on and nothing is filled up where the music goes straight on.
    let bars = |bars: &[Range<Grains>], fill: Option<Grains>, writer: &mut Writer<'_>| {
        for (index, bar) in bars.iter().enumerate() {
            if index > 0 {
                writer.out.push('|');
            }
            let mut elements = melody::within(notes, bar.clone());
            if let (true, Some(fill)) = (index + 1 == bars.len(), fill) {
                if let Some(sound) = elements.last_mut().and_then(|last| last.sound.as_mut()) {
                    sound.tied = false;
                }
                match elements.last_mut() {
                    Some(rest) if rest.sound.is_none() => rest.end += fill,
                    _ if fill == 0 => {}
                    _ => elements.push(Element::rest(bar.end, bar.end + fill)),
                }
            }
            writer.bar(&elements).ok_or_else(|| TooRich::Length {
                bar: length::measure_number(score, bar.start),
            })?;
        }
        Ok(())
    };
    let mut strains = layout.strains.iter().peekable();
    while let Some(strain) = strains.next() {
        if let Some(Pickup::Before(pickup)) = &strain.pickup {
            bars(slice::from_ref(pickup), Some(0), writer)?;
        }
        writer.out.push_str(if strain.repeated { "|:" } else { "" });
        match &strain.pickup {
            Some(Pickup::Within(pickup)) => bars(slice::from_ref(pickup), None, writer)?,
            Some(Pickup::Rest(length)) => {
                let rest = Element::rest(0, *length);
                writer.bar(&[rest]).ok_or(TooRich::Empty)?;
            }
            Some(Pickup::Before(_)) | None => {}
        }
        if strain.pickup() > 0 {
            writer.out.push('|');
        }
        match &strain.endings {
            None => bars(&strain.bars, Some(strain.fill), writer)?,
            Some([first, second]) => {
                bars(&strain.bars, Some(0), writer)?;
                writer.out.push_str("|1");
                bars(first, Some(0), writer)?;
                writer.out.push_str(":|2");
                bars(second, Some(strain.fill), writer)?;
            }
        }
        let is_open = strain.endings.is_some() || !strain.repeated;
        writer.out.push_str(match strains.peek() {
            _ if !is_open => ":|",
            None => "|]",
            Some(next) if next.repeated => "",
            Some(_) => "||",
        });
    }
    writer.out.push('\n');
    Ok(())
}

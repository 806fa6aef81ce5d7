//! The settings of the folk family: what shapes its weights, how its batches are made, and what a
//! request may set.

use std::path::PathBuf;

use consort_music::tune::{Accidentals, Chords, Conditions, Form};
use consort_music::{Key, Metre, abc};
use serde::{Deserialize, Serialize};

use super::sampler::Drawing;
use crate::error::Error;
use crate::options::{OptionKind, OptionSpec, Options};

/// What shapes the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// What the network is told at a character.
    pub told: Told,
    /// Numbers that describe what is told.
    pub embedding: usize,
    /// Units of each layer of long short-term memory.
    pub hidden: usize,
    /// How many layers there are, one after another.
    pub layers: usize,
    /// Whether each layer but the first adds to what it reads, and what is told reaches the output past
    /// all layers.
    pub shortcuts: bool,
    /// The share of what is told that is hidden from the layers while learning, in [0, 1).
    pub input_dropout: f32,
    /// The share of each layer's outputs that is hidden while learning, in [0, 1).
    pub dropout: f32,
    /// Rows of a batch of which the network remembers how the last batch ended, so that the next can
    /// go on from there; 0 if it always begins with nothing.
    pub carried_rows: usize,
}

/// What a network is told at a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// The character.
    Character,
    /// The character counted from the tonic, and what is known of its place:
    /// see [`Context`](super::encoding::Context).
    Context,
}

/// How batches are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// What is learnt from. Where the data folder has no such set, but ABC files of the user's own, those
    /// are.
    pub corpus: Corpus,
    /// How tunes become sequences.
    pub sequences: Sequences,
    /// Sequences in a batch.
    pub rows: usize,
    /// Characters of the longest sequence; longer tunes are cut.
    pub characters: usize,
}

/// What is learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corpus {
    /// The jigs of the Nottingham collection, as published: the article's corpus.
    Jigs,
    /// The whole Nottingham collection, as published.
    Nottingham,
    /// Collections in the public domain, as plain tune texts.
    PublicDomain,
}

impl Corpus {
    /// How tunes of it are split, and in what form they are learnt.
    pub(super) fn split(self) -> &'static str {
        match self {
            Corpus::Jigs | Corpus::Nottingham => "folk-tenth/1",
            Corpus::PublicDomain => "folk-tenth-melodies/1",
        }
    }
}

/// How tunes become sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequences {
    /// All text is cut into as many rows as a batch has, and each batch goes on where the last one
    /// ended.
    Stream,
    /// A row is a tune from its beginning, with tunes of about the same length.
    Tunes,
}

/// What a request may set.
pub static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "key",
        value_name: "KEY",
        kind: OptionKind::Text { default: None },
        help: "The key, as ABC spells it: D, Em, Ador, Bb [default: that of the beginning, else drawn]",
    },
    OptionSpec {
        name: "meter",
        value_name: "METER",
        kind: OptionKind::Text { default: None },
        help: "The metre, such as 6/8 [default: that of the beginning, else drawn]",
    },
    OptionSpec {
        name: "rhythm",
        value_name: "RHYTHM",
        kind: OptionKind::Text { default: None },
        help: "The kind of tune: jig, reel, hornpipe, waltz, ... [default: drawn]",
    },
    OptionSpec {
        name: "bars",
        value_name: "N",
        kind: OptionKind::Whole {
            low: 1,
            high: Form::BARS_MAX as u64,
            default: None,
        },
        help: "Bars on the page, repeats not counted again [default: drawn; with --form 16]",
    },
    OptionSpec {
        name: "form",
        value_name: "FORM",
        kind: OptionKind::Text { default: None },
        help: "The sections: AABB for two that are repeated, or their bars, as in 8:8: (: repeats, . does not) \
               [default: drawn; with --bars AABB if they are even, else A]",
    },
    OptionSpec {
        name: "chords",
        value_name: "CHORDS",
        kind: OptionKind::Text { default: None },
        help: "Chord symbols: off, on, or a progression, a chord a bar, which comes round: \"D G A D\" \
               [default: on; where a tune is given, as it has them]",
    },
    OptionSpec {
        name: "accidentals",
        value_name: "WHICH",
        kind: OptionKind::Choice {
            among: &["none", "customary", "any"],
            default: "customary",
        },
        help: "Notes outside the key: none, those that such tunes have, or any",
    },
    OptionSpec {
        name: "temperature",
        value_name: "T",
        kind: OptionKind::Real {
            low: 0.0,
            high: 5.0,
            default: Some(0.9),
        },
        help: "How adventurous the draws are: 0 takes the likeliest, 1 is as learnt",
    },
    OptionSpec {
        name: "top-p",
        value_name: "P",
        kind: OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: Some(1.0),
        },
        help: "Draw only among the likeliest characters that together have this probability",
    },
    OptionSpec {
        name: "novelty",
        value_name: "BARS",
        kind: OptionKind::Whole {
            low: 1,
            high: Form::BARS_MAX as u64,
            default: Some(6),
        },
        help: "Refuse tunes that have more bars in a row from a tune that was learnt from, in any key; 64 allows all",
    },
    OptionSpec {
        name: "like",
        value_name: "FILE",
        kind: OptionKind::Text { default: None },
        help: "A tune to write others like: of its metre, key, rhythm and form, unless these are set, and out of its motifs",
    },
    OptionSpec {
        name: "sampler",
        value_name: "SAMPLER",
        kind: OptionKind::Choice {
            among: &["guided", "free"],
            default: "guided",
        },
        help: "guided writes only what is a tune; free is the article's: 1024 characters from a random one, whatever they are",
    },
];

/// What one request asks for: the options, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    /// What the guide is to keep to.
    pub(super) conditions: Conditions,
    /// Whether something is said about chords.
    pub(super) says_chords: bool,
    /// How characters are drawn.
    pub(super) drawing: Drawing,
    /// The most bars in a row that a tune may have from one that was learnt.
    pub(super) novelty: usize,
    /// A tune to write others like.
    pub(super) like: Option<PathBuf>,
    /// Whether to write as the article does.
    pub(super) free: bool,
}

impl Request {
    /// Reads `options`.
    ///
    /// # Errors
    /// If one of them has no meaning, or they do not go together.
    pub(super) fn of(options: &Options) -> Result<Request, Error> {
        #[expect(clippy::cast_possible_truncation, reason = "settings of few digits")]
        let real = |name: &str| options.real(name).unwrap_or(1.0) as f32;
        let whole = |name: &str| options.whole(name).and_then(|n| usize::try_from(n).ok());
        let accidentals = match options.text("accidentals") {
            Some("none") => Accidentals::None,
            Some("any") => Accidentals::Any,
            _ => Accidentals::Customary,
        };
        let conditions = Conditions {
            key: options.text("key").map(key).transpose()?,
            metre: options.text("meter").map(metre).transpose()?,
            rhythm: options.text("rhythm").map(str::to_ascii_lowercase),
            form: form(options.text("form"), whole("bars"))?,
            chords: chords(options.text("chords").unwrap_or("on")),
            accidentals,
            ..Conditions::default()
        };
        Ok(Request {
            conditions,
            says_chords: options.text("chords").is_some(),
            drawing: Drawing {
                temperature: real("temperature"),
                top_p: real("top-p"),
            },
            novelty: whole("novelty").unwrap_or(usize::MAX),
            like: options.text("like").map(PathBuf::from),
            free: options.text("sampler") == Some("free"),
        })
    }
}

/// Reads the value of `--key` as ABC's `K:` does.
fn key(text: &str) -> Result<Key, Error> {
    let tune = format!("X:1\nT:\nM:4/4\nL:1/8\nK:{}\nC8|]\n", text.trim());
    let read = abc::read_strict(tune.as_bytes()).ok();
    let key = read.and_then(|scores| Some(scores.first()?.keys.first()?.key));
    key.ok_or_else(|| {
        Error::prompt(
            format!("--key is {text:?}"),
            "give a key as ABC spells it: D, Em, Ador, Bb, F#m, Gmix",
        )
    })
}

/// Reads the value of `--meter`.
fn metre(text: &str) -> Result<Metre, Error> {
    text.parse().map_err(|_| {
        Error::prompt(
            format!("--meter is {text:?}"),
            "give a metre such as 6/8 or 4/4",
        )
    })
}

/// Bars of a tune of which only the letters of the form are said.
const BARS: usize = 16;

/// Bars of a section, as a rule.
const SECTION: usize = 8;

/// Reads `--form` and `--bars` together.
fn form(form: Option<&str>, bars: Option<usize>) -> Result<Option<Form>, Error> {
    match (form, bars) {
        (None, None) => Ok(None),
        (None, Some(bars)) => {
            let letters = match bars {
                even if even > SECTION && even % 2 == 0 => "AABB",
                _ => "A",
            };
            Form::of_letters(letters, bars).map(Some).map_err(refused)
        }
        (Some(text), bars) => match (text.parse::<Form>(), bars) {
            (Ok(form), Some(bars)) if form.bars() != bars => Err(Error::prompt(
                format!(
                    "--form {text} has {} bars and --bars asks for {bars}",
                    form.bars()
                ),
                "leave one of them out",
            )),
            (Ok(form), _) => Ok(Some(form)),
            (Err(error), bars) => {
                let is_letters = text.chars().all(|c| c.is_ascii_alphabetic());
                if !is_letters {
                    return Err(refused(error));
                }
                let form = Form::of_letters(text, bars.unwrap_or(BARS)).map_err(refused)?;
                Ok(Some(form))
            }
        },
    }
}

/// An error of the score crate that says what is wrong, and after a colon what to do.
pub(super) fn refused(error: impl ToString) -> Error {
    let text = error.to_string();
    let (what, remedy) = text
        .split_once(": ")
        .unwrap_or((&text, "ask for something else"));
    Error::prompt(what, remedy)
}

/// Reads the value of `--chords`.
fn chords(text: &str) -> Chords {
    match text.trim() {
        "off" => Chords::None,
        "on" => Chords::EachBar,
        progression => {
            let separated = |c: char| c.is_whitespace() || c == '|' || c == ',';
            let chords = progression
                .split(separated)
                .filter(|chord| !chord.is_empty());
            Chords::Given(chords.map(str::to_owned).collect())
        }
    }
}

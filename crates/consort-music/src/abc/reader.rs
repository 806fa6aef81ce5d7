//! Reading: lines of a tune to voices, and voices to a score.

use std::collections::BTreeMap;

use crate::pitch::Key;
use crate::reading::{Place, Warnings};
use crate::score::{Clef, Instrument, Metadata, Score, Tempo};

use super::accidentals::Scope;
use super::field::{self, Properties, TempoField};
use super::fraction::{Fraction, Grid};
use super::key::Signature;
use super::source::Line;
use super::{Allowance, text};

use self::macros::Macro;
use self::voice::{Settings, Voice};

mod align;
mod assemble;
mod cursor;
mod fields;
mod macros;
mod measures;
mod music;
mod spanners;
mod voice;

pub(super) use self::music::default_normal;

/// Reads one tune: `header` holds what the file says of all its tunes.
///
/// `allowance` is what the file may still ask for.
pub(super) fn read_tune(
    header: &[Line<'_>],
    lines: &[Line<'_>],
    allowance: &mut Allowance,
    warnings: &mut Warnings,
) -> Score {
    let mut reader = TuneReader::new(allowance, warnings);
    reader.has_key = lines
        .iter()
        .filter_map(|line| field::split(line.text.trim_start()))
        .any(|(letter, _)| letter == 'K');
    for &line in header {
        let inherited =
            field::split(line.text).is_none_or(|(letter, _)| INHERITED.contains(letter));
        if inherited {
            reader.line(line);
        }
    }
    reader.own_fields = Some(0);
    for &line in lines {
        reader.line(line);
    }
    let end = lines
        .last()
        .map_or(Place::File, |line| line.place(line.text.len()));
    reader.finish(end)
}

/// Fields that a tune takes over from the file header.
const INHERITED: &str = "ABCDFGHILMmNOQRrSUZ";

/// As many voices as a tune may have.
const VOICES_MAX: usize = 256;

struct TuneReader<'w> {
    warnings: &'w mut Warnings,
    allowance: &'w mut Allowance,
    metadata: Metadata,
    /// What voices start with.
    settings: Settings,
    unit: Option<Fraction>,
    key: Option<Key>,
    /// Where the `K:` field of the header stands.
    key_place: Place,
    clef: Option<Clef>,
    instrument: Instrument,
    /// `Q:` fields of the header, until the unit length is known.
    tempo_fields: Vec<(String, Place)>,
    tempos: Vec<Tempo>,
    tempo_words: Vec<String>,
    has_key: bool,
    in_body: bool,
    voices: Vec<Declared>,
    indices: BTreeMap<String, usize>,
    current: Option<usize>,
    /// Braces of `%%score`: the voices of each staff of each part that has several.
    braces: Vec<Vec<Vec<String>>>,
    letters: BTreeMap<char, Option<String>>,
    grid: Grid,
    /// The field that `+:` continues.
    last_field: char,
    /// Whether the last `w:` line ended in a backslash.
    words_continue: bool,
    in_typeset_text: bool,
    macros: Vec<Macro>,
    /// How many fields of its own the tune has had, once they begin.
    own_fields: Option<usize>,
}

/// A voice and the properties that its `V:` field gave it in the header.
#[derive(Debug)]
struct Declared {
    voice: Voice,
    properties: Properties,
}

impl<'w> TuneReader<'w> {
    fn new(allowance: &'w mut Allowance, warnings: &'w mut Warnings) -> TuneReader<'w> {
        TuneReader {
            warnings,
            allowance,
            metadata: Metadata::default(),
            settings: Settings {
                signature: Signature::default(),
                unit: Fraction::new(1, 8),
                metre: None,
                octave: 0,
                clef_octave: 0,
                transposition: 0,
                scope: Scope::default(),
            },
            unit: None,
            key: None,
            key_place: Place::File,
            clef: None,
            instrument: Instrument::default(),
            tempo_fields: Vec::new(),
            tempos: Vec::new(),
            tempo_words: Vec::new(),
            has_key: true,
            in_body: false,
            voices: Vec::new(),
            indices: BTreeMap::new(),
            current: None,
            braces: Vec::new(),
            letters: BTreeMap::new(),
            grid: Grid::new(),
            last_field: ' ',
            words_continue: false,
            in_typeset_text: false,
            macros: Vec::new(),
            own_fields: None,
        }
    }

    fn line(&mut self, line: Line<'_>) {
        if self.in_typeset_text {
            self.in_typeset_text = !line.text.starts_with("%%endtext");
            return;
        }
        if let Some(directive) = line.text.strip_prefix("%%") {
            self.directive(directive, line.place(0));
            return;
        }
        let text = text::without_comment(line.text);
        let outdented = if self.in_body {
            text
        } else {
            text.trim_start()
        };
        if let Some((letter, value)) = field::split(outdented) {
            if outdented.len() < text.len() {
                self.forbid(line.place(0), "a field that is indented: read all the same");
            }
            self.check_order(letter, line.place(0));
            self.field(letter, value.trim(), line.place(0));
        } else if text.trim().is_empty() {
            // A comment.
        } else if self.in_body {
            self.music(line, text);
        } else if self.last_field == 'H' {
            // History ran on to the next field once.
            self.forbid(line.place(0), "a history that goes on without `+:`");
            self.continue_text(text.trim());
        } else if !self.has_key {
            self.warn(line.place(0), "music before any K: field: taken as C major");
            self.start_body();
            self.music(line, text);
        } else {
            self.warn(
                line.place(0),
                "a line of the header that is no field: left out",
            );
        }
    }

    /// A tune begins with its number and its title.
    fn check_order(&mut self, letter: char, place: Place) {
        let Some(before) = &mut self.own_fields else {
            return;
        };
        let index = *before;
        *before += 1;
        match (index, letter) {
            (0, 'X') | (1, 'T') | (2.., _) => {}
            (0, _) => self.forbid(place, "the first field of a tune is its number, X:"),
            (_, _) => self.forbid(place, "the second field of a tune is its title, T:"),
        }
    }

    fn title(&mut self, title: String) {
        if self.metadata.title.is_none() && !title.is_empty() {
            self.metadata.title = Some(title);
        } else if !title.is_empty() {
            self.keep("T".to_owned(), title);
        }
    }

    fn composer(&mut self, composer: String) {
        if self.metadata.composer.is_none() && !composer.is_empty() {
            self.metadata.composer = Some(composer);
        } else if !composer.is_empty() {
            self.keep("C".to_owned(), composer);
        }
    }

    fn keep(&mut self, name: String, value: String) {
        self.metadata.fields.push((name, value));
    }

    /// Adds `text` to the field before it.
    fn continue_text(&mut self, text: &str) {
        let letter = self.last_field.to_string();
        let field = match self.metadata.fields.last_mut() {
            Some((name, value)) if *name == letter => Some(value),
            _ if letter == "T" => self.metadata.title.as_mut(),
            _ if letter == "C" => self.metadata.composer.as_mut(),
            _ => None,
        };
        if let Some(field) = field {
            field.push(' ');
            field.push_str(&text::decode(text));
        }
    }

    /// The music begins: what the header left open is settled.
    fn start_body(&mut self) {
        self.in_body = true;
        if self.unit.is_none() {
            self.settings.unit = field::default_unit(self.settings.metre);
        }
        for (value, place) in std::mem::take(&mut self.tempo_fields) {
            let field = TempoField::parse(&value, self.settings.unit);
            self.tempos.extend(field.tempo);
            self.tempo_words.extend(field.words);
            if field.outdated {
                self.forbid(place, "a tempo without the length of its beat: outdated");
            }
            if field.broken {
                self.warn(place, format!("Q:{value} is no tempo: left out"));
            }
        }
    }

    fn declare(&mut self, id: String) -> usize {
        self.indices.insert(id.clone(), self.voices.len());
        self.voices.push(Declared {
            voice: Voice::new(id, self.settings),
            properties: Properties::default(),
        });
        self.voices.len() - 1
    }

    /// Whether fields now belong to one voice rather than to the whole tune.
    fn in_voice(&self) -> bool {
        self.in_body
            && match self.current {
                Some(_) => true,
                None => self.voices.iter().any(|declared| declared.voice.started),
            }
    }

    /// The voice that is being written to, started if need be.
    fn voice(&mut self) -> &mut Voice {
        let index = match self.current {
            Some(index) => index,
            None if self.voices.is_empty() => self.declare(String::new()),
            None => 0,
        };
        self.current = Some(index);
        if !self.voices[index].voice.started {
            self.start_voice(index);
        }
        &mut self.voices[index].voice
    }

    fn start_voice(&mut self, index: usize) {
        let Declared { voice, properties } = &mut self.voices[index];
        voice.started = true;
        voice.settings = self.settings;
        apply(properties, &mut voice.settings);
        voice.name = properties.name.take();
        voice.keys.extend(
            self.key
                .map(|key| (Fraction::ZERO, Some(key), self.key_place)),
        );
        let clef = match properties.clef {
            Some(property) => property.clef,
            None => self.clef,
        };
        voice.clefs.extend(clef.map(|clef| (Fraction::ZERO, clef)));
        if voice.instrument == Instrument::default() {
            voice.instrument = self.instrument;
        }
    }

    fn apply_to_voice(&mut self, properties: &Properties, place: Place) {
        let voice = self.voice();
        let before = voice.settings.transposition;
        apply(properties, &mut voice.settings);
        let changes = voice.has_notes() && voice.settings.transposition != before;
        if let Some(name) = &properties.name {
            voice.name = Some(name.clone());
        }
        match properties.clef.map(|property| property.clef) {
            Some(Some(clef)) if voice.clefs.last().is_none_or(|(_, last)| *last != clef) => {
                voice.clefs.push((voice.time(), clef));
            }
            Some(None) => {
                self.warn(
                    place,
                    "a clef that the score has no name for: left to the writer",
                );
            }
            Some(Some(_)) | None => {}
        }
        if changes {
            self.warn(
                place,
                "a transposition that changes: notes sound right, the part keeps the first",
            );
        }
    }

    fn instrument(&mut self) -> &mut Instrument {
        match self.current {
            Some(index) if self.in_body => &mut self.voices[index].voice.instrument,
            _ => &mut self.instrument,
        }
    }

    /// The voice with what its methods need beside it.
    fn playing(&mut self) -> (&mut Voice, &mut Grid, &mut Warnings) {
        self.voice();
        let index = self.current.unwrap_or_default();
        (&mut self.voices[index].voice, &mut self.grid, self.warnings)
    }

    fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.push(place, message);
    }

    fn forbid(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.forbid(place, message);
    }
}

impl Properties {
    /// Takes over what `newer` says.
    fn update(&mut self, newer: Properties) {
        self.clef = newer.clef.or(self.clef);
        self.name = newer.name.or(self.name.take());
        self.octave = newer.octave.or(self.octave);
        self.transpose = newer.transpose.or(self.transpose);
    }
}

fn apply(properties: &Properties, settings: &mut Settings) {
    if let Some(clef) = properties.clef {
        settings.clef_octave = clef.octave;
    }
    settings.octave = properties.octave.unwrap_or(settings.octave);
    settings.transposition = properties.transpose.unwrap_or(settings.transposition);
}

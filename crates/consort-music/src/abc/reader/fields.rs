//! Fields and directives.

use crate::performance::Message;
use crate::reading::Place;
use crate::score::DirectionKind;

use super::super::accidentals::Scope;
use super::super::chord::Quoted;
use super::super::decoration::Decoration;
use super::super::field::{self, Properties, TempoField};
use super::super::fraction::Fraction;
use super::super::key::KeyField;
use super::super::text;
use super::voice::{Bar, EndAt};
use super::{TuneReader, VOICES_MAX, align, apply};

impl TuneReader<'_> {
    /// A field on a line of its own or within the music.
    pub(super) fn field(&mut self, letter: char, value: &str, place: Place) {
        let value = value.trim();
        if self.in_voice() {
            let (voice, grid, warnings) = self.playing();
            voice.settle_broken(grid, warnings);
        }
        match letter {
            'K' => self.key_field(value, place),
            'L' => match field::unit(value) {
                Some(unit) if self.in_voice() => self.voice().settings.unit = unit,
                Some(unit) => {
                    self.unit = Some(unit);
                    self.settings.unit = unit;
                }
                None => self.warn(place, format!("L:{value} is no length: left out")),
            },
            'M' => self.metre_field(value, place),
            'P' if self.in_body => self.part_field(value, place),
            'Q' => self.tempo_field(value, place),
            'T' if self.in_body => {
                let voice = self.voice();
                let at = voice.time();
                voice
                    .directions
                    .push((at, text::decode(value), DirectionKind::Words));
            }
            'T' => self.title(text::decode(value)),
            'C' => self.composer(text::decode(value)),
            'U' => self.letter_field(value, place),
            'V' => self.voice_field(value, place),
            'w' => self.words_field(value, place),
            's' => self.symbols_field(value, place),
            'I' => self.instruction(value, place),
            '+' => {
                if self.last_field == 'w' {
                    self.words_continue = true;
                    self.words_field(value, place);
                } else {
                    self.continue_text(value);
                }
                return;
            }
            'r' => {}
            'm' => self.macro_field(value, place),
            'E' => {
                self.forbid(place, "E: is outdated: kept");
                self.keep("E".to_owned(), text::decode(value));
            }
            'X' if self.metadata.fields.iter().any(|(name, _)| name == "X") => {
                self.warn(place, "a second number of the tune: left out");
            }
            'X' => {
                match value.parse::<u64>() {
                    Ok(number @ 1..) => {
                        if !self.allowance.numbers.insert(number) {
                            let message = format!("another tune has the number {number} too");
                            self.forbid(place, message);
                        }
                    }
                    _ => self.forbid(place, "the number of a tune is a whole one above 0"),
                }
                // Before what the file header had to say.
                let number = ("X".to_owned(), text::decode(value));
                self.metadata.fields.insert(0, number);
            }
            letter if field::is_kept(letter.encode_utf8(&mut [0; 4])) => {
                self.keep(letter.to_string(), text::decode(value));
            }
            _ => self.warn(
                place,
                format!("the field {letter}: is none of ABC's: left out"),
            ),
        }
        self.last_field = letter;
    }

    fn key_field(&mut self, value: &str, place: Place) {
        let key = KeyField::parse(value);
        for complaint in &key.complaints {
            self.warn(place, complaint.as_str());
        }
        let properties = Properties::parse(key.rest);
        for unknown in &properties.unknown {
            self.warn(
                place,
                format!("{unknown} in a key field means nothing: left out"),
            );
        }
        if !self.in_voice() {
            if let Some(named) = key.key {
                self.key = named;
                self.key_place = place;
                self.settings.signature = key.signature;
            }
            apply(&properties, &mut self.settings);
            let clef = properties.clef.map(|property| property.clef);
            self.clef = clef.unwrap_or(self.clef);
            if clef == Some(None) {
                self.warn(
                    place,
                    "a clef that the score has no name for: left to the writer",
                );
            }
            if !self.in_body {
                self.start_body();
            }
            return;
        }
        let voice = self.voice();
        if let Some(named) = key.key {
            voice.settings.signature = key.signature;
            voice.keys.push((voice.time(), named, place));
        }
        self.apply_to_voice(&properties, place);
    }

    fn metre_field(&mut self, value: &str, place: Place) {
        if value.contains('+') {
            self.warn(place, "a metre of several groups: noted as their sum");
        }
        let Some(metre) = field::metre(value) else {
            self.warn(place, format!("M:{value} is no metre: left out"));
            return;
        };
        if self.in_voice() {
            let voice = self.voice();
            voice.settings.metre = metre;
            voice.metres.push((voice.time(), metre));
        } else {
            self.settings.metre = metre;
        }
    }

    fn part_field(&mut self, value: &str, place: Place) {
        let label = text::decode(value);
        if label.is_empty() {
            return;
        }
        let (voice, grid, warnings) = self.playing();
        let cut = Bar::cut(voice.time(), place);
        voice.bar(Bar { part: true, ..cut }, grid, warnings);
        voice
            .directions
            .push((voice.time(), label, DirectionKind::Rehearsal));
    }

    fn tempo_field(&mut self, value: &str, place: Place) {
        if !self.in_body {
            self.tempo_fields.push((value.to_owned(), place));
            return;
        }
        let voice = self.voice();
        let (at, unit) = (voice.time(), voice.settings.unit);
        let field = TempoField::parse(value, unit);
        voice.tempos.extend(field.tempo.map(|tempo| (at, tempo)));
        let words = field.words.map(|words| (at, words, DirectionKind::Words));
        voice.directions.extend(words);
        if field.outdated {
            self.forbid(place, "a tempo without the length of its beat: outdated");
        }
        if field.broken {
            self.warn(place, format!("Q:{value} is no tempo: left out"));
        }
    }

    fn letter_field(&mut self, value: &str, place: Place) {
        let Some((letter, meaning)) = value.split_once('=') else {
            self.warn(place, "a U: field without an equals sign: left out");
            return;
        };
        let mut letters = letter.trim().chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else {
            self.warn(place, "a U: field for more than one character: left out");
            return;
        };
        let meaning = meaning.trim();
        let name = match meaning.chars().next() {
            Some('"') => meaning,
            _ => meaning.trim_matches(['!', '+']),
        };
        let none = matches!(name, "" | "nil" | "none");
        self.letters
            .insert(letter, (!none).then(|| name.to_owned()));
    }

    /// What a letter stands for in the music.
    pub(super) fn letter_name(&self, letter: char) -> Option<String> {
        match self.letters.get(&letter) {
            Some(defined) => defined.clone(),
            None => Decoration::letter(letter).map(str::to_owned),
        }
    }

    fn voice_field(&mut self, value: &str, place: Place) {
        let id = value.split_whitespace().next().unwrap_or_default();
        if id.is_empty() {
            self.warn(place, "a V: field that names no voice: left out");
            return;
        }
        let properties = Properties::parse(value.get(id.len()..).unwrap_or_default());
        for unknown in &properties.unknown {
            self.warn(
                place,
                format!("{unknown} in a voice field means nothing: left out"),
            );
        }
        let index = match self.indices.get(id) {
            Some(&index) => index,
            None if self.voices.len() >= VOICES_MAX => {
                self.warn(place, "more than 256 voices: its notes go to the last one");
                VOICES_MAX - 1
            }
            None => self.declare(id.to_owned()),
        };
        if !self.in_body {
            self.voices[index].properties = properties;
            return;
        }
        self.current = Some(index);
        let declared = &mut self.voices[index];
        if declared.voice.started {
            self.apply_to_voice(&properties, place);
        } else {
            declared.properties.update(properties);
            self.voice();
        }
    }

    fn words_field(&mut self, value: &str, place: Place) {
        if !self.in_body {
            self.warn(place, "words before any note: left out");
            return;
        }
        let (value, continues) = match value.strip_suffix('\\') {
            Some(value) if !value.ends_with('\\') => (value, true),
            _ => (value, false),
        };
        let continued = std::mem::replace(&mut self.words_continue, continues);
        let voice = self.voice();
        let left_over = voice.alignment.words(value, continued, &mut voice.sounded);
        if left_over > 0 {
            self.warn(
                place,
                format!("{left_over} syllables have no note: left out"),
            );
        }
    }

    fn symbols_field(&mut self, value: &str, place: Place) {
        if !self.in_body {
            self.warn(place, "symbols before any note: left out");
            return;
        }
        let voice = self.voice();
        let (symbols, left_over) = voice.alignment.symbols(value);
        for (note, symbol) in symbols {
            self.symbol(note, symbol, place);
        }
        if left_over > 0 {
            self.warn(place, format!("{left_over} symbols have no note: left out"));
        }
    }

    /// Puts a symbol of an `s:` line on the note it is counted off against.
    fn symbol(&mut self, note: usize, symbol: align::Symbol<'_>, place: Place) {
        let voice = self.voice();
        let Some(sounded) = voice.sounded.get_mut(note) else {
            return;
        };
        let at = sounded.onset;
        match symbol {
            align::Symbol::Decoration(name) => match Decoration::named(name) {
                Decoration::Mark(mark) => sounded.note.marks.push(mark),
                Decoration::End(end) => {
                    // What ends at a note lasts as long as it does.
                    let at = if end.begins { at } else { sounded.end() };
                    voice.ends.push(EndAt { at, end, place });
                }
                Decoration::Dynamic(name) => {
                    voice.directions.push((at, name, DirectionKind::Dynamic));
                }
                Decoration::Navigation(navigation) => voice.signs.push((at, true, navigation)),
            },
            align::Symbol::Quoted(text) => match Quoted::of(text) {
                Quoted::Chord(chord) => voice.chords.push((at, chord)),
                Quoted::Dynamic(name) => voice.directions.push((at, name, DirectionKind::Dynamic)),
                Quoted::Words(words) => voice.directions.push((at, words, DirectionKind::Words)),
                Quoted::Navigation(signs) => {
                    voice
                        .signs
                        .extend(signs.into_iter().map(|sign| (at, true, sign)));
                }
            },
        }
    }

    fn instruction(&mut self, value: &str, place: Place) {
        if field::is_directive(value) {
            self.directive(value, place);
        } else {
            self.keep("I".to_owned(), text::decode(value));
        }
    }

    /// The program of a part, or another one from here on.
    fn program(&mut self, program: u8) {
        if self.in_voice() && self.voice().time() > Fraction::ZERO {
            self.control(Message::Program(program));
        } else {
            self.instrument().program = Some(program);
        }
    }

    /// What `transpose=` does too.
    fn transpose(&mut self, semitones: i8, place: Place) {
        let properties = Properties {
            transpose: Some(semitones),
            ..Properties::default()
        };
        if self.in_voice() {
            self.apply_to_voice(&properties, place);
        } else {
            apply(&properties, &mut self.settings);
        }
    }

    fn control(&mut self, message: Message) {
        let voice = self.voice();
        let at = voice.time();
        voice.controls.push((at, message));
    }

    /// A `%%` line without its percent signs.
    pub(super) fn directive(&mut self, directive: &str, place: Place) {
        let end = directive
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(directive.len());
        let (name, rest) = directive.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return;
        }
        let value = text::without_comment(rest).trim();
        let mut words = value.split_whitespace();
        match (name, words.next()) {
            ("begintext", _) => {
                self.in_typeset_text = true;
                self.warn(place, "text for the page: left out");
            }
            ("propagate-accidentals", Some(scope)) => {
                let scope = match scope {
                    "not" => Scope::Note,
                    "octave" => Scope::Octave,
                    _ => Scope::Letter,
                };
                self.settings.scope = scope;
                for declared in &mut self.voices {
                    declared.voice.settings.scope = scope;
                }
            }
            ("score" | "staves", Some(_)) => {
                self.braces = braces(value);
            }
            ("MIDI", Some("program")) => match words.next_back().map(str::parse) {
                Some(Ok(program @ 0..=127)) => self.program(program),
                _ => self.warn(place, "a MIDI program that is none of 0 to 127: left out"),
            },
            ("MIDI", Some("channel")) => {
                self.instrument().percussion = words.next() == Some("10");
            }
            ("MIDI", Some("transpose")) => match words.next().map(str::parse) {
                Some(Ok(semitones @ -60..=60)) => self.transpose(semitones, place),
                _ => self.warn(place, "a transposition of more than five octaves: left out"),
            },
            ("MIDI", Some("control")) if self.in_voice() => {
                let mut numbers = words.map(|word| word.parse().ok().filter(|n| *n <= 127));
                match (numbers.next().flatten(), numbers.next().flatten()) {
                    (Some(number), Some(value)) => {
                        self.control(Message::Controller { number, value });
                    }
                    _ => self.warn(place, "a MIDI controller beyond 0 to 127: left out"),
                }
            }
            ("abc-copyright", _) if self.metadata.copyright.is_none() => {
                self.metadata.copyright = Some(text::decode(value)).filter(|text| !text.is_empty());
            }
            ("lyricist", _) if self.metadata.lyricist.is_none() => {
                self.metadata.lyricist = Some(text::decode(value)).filter(|text| !text.is_empty());
            }
            // The name of a field would be taken for one.
            _ if field::is_kept(name) => self.keep(format!("x-{name}"), text::decode(value)),
            _ => self.keep(name.to_owned(), text::decode(value)),
        }
        self.last_field = '%';
    }
}

/// The braces of a `%%score` line with two voices or more: their staves, each with its voices.
fn braces(score: &str) -> Vec<Vec<Vec<String>>> {
    let mut found: Vec<Vec<Vec<String>>> = Vec::new();
    let mut open: Option<Vec<Vec<String>>> = None;
    let mut in_staff = false;
    let spaced: String = score
        .chars()
        .flat_map(|c| match c {
            '{' | '}' | '(' | ')' | '[' | ']' | '|' | '*' => [' ', c, ' '],
            c => [c, '\0', '\0'],
        })
        .filter(|c| *c != '\0')
        .collect();
    for word in spaced.split_whitespace() {
        match word {
            "{" => open = Some(Vec::new()),
            "}" => found.extend(open.take()),
            "(" => {
                in_staff = true;
                if let Some(staves) = &mut open {
                    staves.push(Vec::new());
                }
            }
            ")" => in_staff = false,
            "[" | "]" | "|" | "*" => {}
            voice => {
                if let Some(staves) = &mut open {
                    match staves.last_mut() {
                        Some(staff) if in_staff => staff.push(voice.to_owned()),
                        _ => staves.push(vec![voice.to_owned()]),
                    }
                }
            }
        }
    }
    found.retain(|staves| staves.iter().map(Vec::len).sum::<usize>() > 1);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_hold_the_staves_of_a_part() {
        let staves = |ids: &[&[&str]]| -> Vec<Vec<String>> {
            let staff = |ids: &&[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            ids.iter().map(staff).collect()
        };
        assert_eq!(braces("{1 2}"), [staves(&[&["1"], &["2"]])]);
        assert_eq!(
            braces("[(S A) (T B)] {(RH1 RH2) | LH}"),
            [staves(&[&["RH1", "RH2"], &["LH"]])]
        );
        assert_eq!(braces("{1} 2"), Vec::<Vec<Vec<String>>>::new());
    }
}

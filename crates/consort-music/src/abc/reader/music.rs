//! Lines of music.

use crate::pitch::Step;
use crate::reading::Place;
use crate::score::{DirectionKind, Mark, Tuplet};

use super::super::chord::Quoted;
use super::super::decoration::{self, Decoration};
use super::super::fraction::Fraction;
use super::super::key;
use super::super::source::Line;
use super::TuneReader;
use super::cursor::{Cursor, Length};
use super::voice::Head;

use self::bars::is_named_ending;

mod bars;

impl TuneReader<'_> {
    /// Reads a line of music.
    pub(super) fn music(&mut self, line: Line<'_>, text: &str) {
        let mut cursor = Cursor::new(line, text.trim_end());
        while let Some(c) = cursor.peek() {
            if !self.play_macro(&mut cursor) {
                self.token(&mut cursor, c);
            }
        }
        if self.voice().in_grace() {
            let place = cursor.place();
            self.warn(
                place,
                "grace notes without a closing brace: they end with the line",
            );
            self.voice().grace_end();
        }
    }

    pub(super) fn token(&mut self, cursor: &mut Cursor, c: char) {
        match c {
            ' ' | '\t' | '\r' | '`' => {
                cursor.next();
            }
            'A'..='G' | 'a'..='g' | '^' | '_' | '=' => self.note(cursor),
            '|' => self.bar(cursor),
            '[' => self.bracket(cursor),
            ':' if matches!(cursor.byte(1), b'|' | b':') => self.bar(cursor),
            ':' => self.lone_colon(cursor),
            '.' if cursor.byte(1) == b'|' => {
                let place = cursor.place();
                cursor.next();
                self.bar(cursor);
                self.warn(place, "a dotted bar line: taken as a plain one");
            }
            // Dotted slurs and ties are slurs and ties.
            '.' if matches!(cursor.byte(1), b'(' | b'-') => {
                cursor.next();
            }
            '"' => self.quoted(cursor),
            '(' if cursor.byte(1).is_ascii_digit() => self.tuplet(cursor),
            '(' if cursor.byte(1) == b'&' => {
                let place = cursor.place();
                cursor.next();
                self.warn(
                    place,
                    "an overlay of several measures: taken as one of each",
                );
            }
            '(' => {
                let place = cursor.place();
                cursor.next();
                self.voice().slur_start(place);
            }
            ')' => {
                let place = cursor.place();
                cursor.next();
                let (voice, _, warnings) = self.playing();
                voice.slur_stop(place, warnings);
            }
            '-' => {
                let place = cursor.place();
                cursor.next();
                let (voice, _, warnings) = self.playing();
                voice.tie(place, warnings);
            }
            '>' | '<' => self.broken_rhythm(cursor, c),
            '{' => self.grace(cursor),
            '}' => {
                let place = cursor.place();
                cursor.next();
                if !self.voice().grace_end() {
                    self.warn(place, "a closing brace without an opening one: left out");
                }
            }
            'z' | 'x' => self.rest(cursor),
            'Z' | 'X' => self.measures_of_rest(cursor),
            'y' => {
                cursor.next();
                cursor.length();
            }
            '!' => self.exclamation(cursor),
            '+' => self.plus(cursor),
            '&' if cursor.byte(1) == b')' => cursor.skip(2),
            '&' => {
                let place = cursor.place();
                cursor.next();
                let (voice, _, warnings) = self.playing();
                voice.overlay(place, warnings);
            }
            '\\' if cursor.rest() == "\\" => {
                cursor.next();
            }
            // Reserved or for the page only: ABC 2.1 wants them passed over.
            '$' => {
                cursor.next();
            }
            '*' | ';' | '@' | '?' | '#' => {
                let place = cursor.place();
                cursor.next();
                self.forbid(
                    place,
                    format!("{c} is reserved by the standard: passed over"),
                );
            }
            _ => self.letter_or_junk(cursor, c),
        }
    }

    fn note(&mut self, cursor: &mut Cursor) {
        let before = cursor.place();
        if let Some(head) = self.head(cursor) {
            let (voice, grid, warnings) = self.playing();
            let mut heads = vec![head];
            voice.sound(&mut heads, Fraction::ONE, grid, warnings);
        } else {
            self.warn(before, "an accidental without a note: left out");
        }
    }

    /// A note up to its length, without tie; nothing, past the accidental, if no note follows it.
    fn head(&mut self, cursor: &mut Cursor) -> Option<Head> {
        let place = cursor.place();
        let signs = cursor.take_while(|c| matches!(c, '^' | '_' | '='));
        let part = match cursor.byte(0) {
            b'/' | b'0'..=b'9' if !signs.is_empty() => Some(cursor.length().value),
            _ => None,
        };
        let letter = cursor
            .peek()
            .filter(|c| matches!(c, 'A'..='G' | 'a'..='g'))?;
        let step = Step::from_letter(letter)?;
        cursor.next();
        let accidental = self.accidental(signs, part, place);
        let mut octave = if letter.is_ascii_lowercase() { 5 } else { 4 };
        octave += octave_marks(cursor);
        let length = self.length(cursor);
        let misplaced = cursor.byte(0);
        if matches!(misplaced, b'\'' | b',') {
            // Some write the octave behind the length.
            let place = cursor.place();
            octave += octave_marks(cursor);
            self.forbid(place, "an octave sign behind a length: read all the same");
        }
        Some(Head {
            step,
            octave,
            accidental,
            length,
            marks: Vec::new(),
            tie: None,
            place,
        })
    }

    /// The accidental of `signs`, of which a microtone takes but a `part`.
    fn accidental(&mut self, signs: &str, part: Option<Fraction>, place: Place) -> Option<i8> {
        let accidental = key::alter_of(signs);
        if accidental.is_none() && !signs.is_empty() {
            self.warn(place, format!("{signs} is no accidental: left out"));
        }
        match part {
            None => accidental,
            Some(part) => {
                self.warn(place, "a microtone: rounded to the nearest semitone");
                if part > Fraction::new(1, 2) {
                    accidental
                } else {
                    Some(0)
                }
            }
        }
    }

    fn length(&mut self, cursor: &mut Cursor) -> Fraction {
        if !matches!(cursor.byte(0), b'0'..=b'9' | b'/') {
            return Fraction::ONE;
        }
        let place = cursor.place();
        let Length { value, cut } = cursor.length();
        if cut {
            self.warn(
                place,
                "a length of nothing or beyond all measure: changed to one within",
            );
        }
        value
    }

    /// `[`: a chord, an inline field, the start of an ending, or a thick bar line.
    fn bracket(&mut self, cursor: &mut Cursor) {
        let (next, after) = (cursor.byte(1), cursor.byte(2));
        if next == b'|' || next == b']' {
            self.bar(cursor);
        } else if next.is_ascii_alphabetic()
            && after == b':'
            && !matches!(cursor.byte(3), b'|' | b':')
        {
            self.inline_field(cursor);
        } else if next.is_ascii_digit() {
            self.ending(cursor);
        } else if next == b'"' && is_named_ending(cursor.rest()) {
            self.named_ending(cursor);
        } else {
            self.chord(cursor);
        }
    }

    fn inline_field(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        let rest = cursor.rest();
        let Some(end) = rest.find(']') else {
            self.warn(place, "an inline field without a closing bracket: left out");
            cursor.skip(rest.len());
            return;
        };
        let letter = rest.chars().nth(1).unwrap_or_default();
        let value = rest.get(3..end).unwrap_or_default();
        cursor.skip(end + 1);
        if letter == 'I' {
            // What it says is for this voice, though it may be the first that is heard of it.
            self.voice();
        }
        self.field(letter, value, place);
    }

    fn chord(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let mut heads: Vec<Head> = Vec::new();
        let mut marks = Vec::new();
        let mut closed = false;
        while let Some(c) = cursor.peek() {
            let here = cursor.place();
            match c {
                ']' => {
                    cursor.next();
                    closed = true;
                    break;
                }
                '|' | '[' => break,
                '(' if cursor.byte(1).is_ascii_digit() => break,
                'A'..='G' | 'a'..='g' | '^' | '_' | '=' => match self.head(cursor) {
                    Some(mut head) => {
                        head.marks.append(&mut marks);
                        heads.push(head);
                    }
                    None => self.warn(here, "an accidental without a note: left out"),
                },
                '-' => {
                    cursor.next();
                    if let Some(head) = heads.last_mut() {
                        head.tie = Some(here);
                    }
                }
                '(' => {
                    cursor.next();
                    marks.push(Mark::SlurStart);
                    self.voice().open_slur(here);
                }
                ')' => {
                    cursor.next();
                    let (voice, _, warnings) = self.playing();
                    voice.close_slur(here, warnings);
                    match heads.last_mut() {
                        Some(head) => head.marks.push(Mark::SlurStop),
                        None => self.warn(here, "a slur that ends on no note: its end is left out"),
                    }
                }
                '"' => self.quoted(cursor),
                'z' | 'x' => {
                    cursor.next();
                    self.length(cursor);
                    self.warn(here, "a rest within a chord: left out");
                }
                c if c.is_whitespace() => {
                    cursor.next();
                }
                _ => self.chord_mark(cursor, &mut marks),
            }
        }
        if !closed {
            self.warn(place, "a chord without a closing bracket: it ends here");
        }
        let outer = self.length(cursor);
        if heads.is_empty() {
            self.warn(place, "a chord without notes: left out");
        }
        let (voice, grid, warnings) = self.playing();
        voice.sound(&mut heads, outer, grid, warnings);
    }

    /// A decoration of one note of a chord.
    fn chord_mark(&mut self, cursor: &mut Cursor, marks: &mut Vec<Mark>) {
        let place = cursor.place();
        let name = match cursor.next() {
            Some('!') => match cursor.rest().split_once('!') {
                Some((name, _)) if decoration::is_name(name) => {
                    cursor.skip(name.len() + 1);
                    Some(name.to_owned())
                }
                _ => None,
            },
            Some(letter) => self.letter_name(letter),
            None => None,
        };
        match name.as_deref().map(Decoration::named) {
            Some(Decoration::Mark(mark)) => marks.push(mark),
            Some(other) => self.decorate(other, place),
            None => self.warn(place, "a character that means nothing in a chord: left out"),
        }
    }

    /// `"..."`: a chord symbol or an annotation.
    fn quoted(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let rest = cursor.rest();
        let text = match rest.find('"') {
            Some(end) => {
                cursor.skip(end + 1);
                rest.get(..end).unwrap_or_default()
            }
            None => {
                self.warn(
                    place,
                    "a quotation mark that is never closed: taken up to the next space",
                );
                cursor.take_while(|c| !c.is_whitespace() && c != '|')
            }
        };
        self.quote(text);
    }

    /// Puts what a quoted string says at the present time.
    pub(super) fn quote(&mut self, text: &str) {
        let voice = self.voice();
        let at = voice.time();
        match Quoted::of(text) {
            Quoted::Chord(chord) => voice.chords.push((at, chord)),
            Quoted::Navigation(signs) => {
                for sign in signs {
                    voice.sign(sign);
                }
            }
            Quoted::Dynamic(name) => voice.directions.push((at, name, DirectionKind::Dynamic)),
            Quoted::Words(words) if words.is_empty() => {}
            Quoted::Words(words) => voice.directions.push((at, words, DirectionKind::Words)),
        }
    }

    fn tuplet(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let actual = cursor.number().unwrap_or_default();
        let mut normal = None;
        let mut count = None;
        if cursor.byte(0) == b':' && matches!(cursor.byte(1), b'0'..=b'9' | b':') {
            cursor.next();
            normal = cursor.number();
            if cursor.eat(':') {
                count = cursor.number();
            }
        }
        let is_compound = self
            .voice()
            .settings
            .metre
            .is_some_and(|metre| metre.units_per_beat() == 3);
        let normal = normal.unwrap_or(default_normal(actual, is_compound));
        let numbers = (u8::try_from(actual), u8::try_from(normal));
        let (Ok(actual @ 1..), Ok(normal @ 1..)) = numbers else {
            self.warn(
                place,
                "a tuplet of nothing or of more than 255: its notes keep their length",
            );
            return;
        };
        let count = count.unwrap_or(actual.into());
        let (voice, _, warnings) = self.playing();
        voice.start_tuplet(Tuplet { actual, normal }, count, place, warnings);
    }

    fn broken_rhythm(&mut self, cursor: &mut Cursor, sign: char) {
        const DOTS_MAX: u32 = 8;
        let place = cursor.place();
        let signs = cursor.take_while(|c| c == sign).len();
        let dots = u32::try_from(signs).unwrap_or(DOTS_MAX);
        if dots > DOTS_MAX {
            self.warn(place, "a broken rhythm of more than 8 signs: taken as 8");
        }
        let part = 1_i64 << dots.min(DOTS_MAX);
        let (long, short) = (Fraction::new(2 * part - 1, part), Fraction::new(1, part));
        let (before, after) = if sign == '>' {
            (long, short)
        } else {
            (short, long)
        };
        let (voice, _, warnings) = self.playing();
        voice.break_rhythm(before, after, place, warnings);
    }

    fn grace(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        if self.voice().in_grace() {
            self.warn(place, "a brace within grace notes: left out");
            return;
        }
        let slash = cursor.eat('/');
        self.voice().grace_start(slash);
    }

    fn rest(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let length = self.length(cursor);
        let (voice, grid, warnings) = self.playing();
        voice.rest(length, place, grid, warnings);
    }

    fn measures_of_rest(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let wanted = cursor.number().unwrap_or(1).max(1);
        let count = wanted.min(self.allowance.rests);
        if count < wanted {
            self.warn(
                place,
                "more measures of rest than a file may ask for: left out",
            );
        }
        self.allowance.rests -= count;
        let (voice, grid, warnings) = self.playing();
        voice.measures_of_rest(count, place, grid, warnings);
    }

    /// `!`: a decoration, or the line break of old files.
    fn exclamation(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let within = cursor.rest().bytes().take(decoration::NAME_LENGTH_MAX + 1);
        let name = within
            .clone()
            .position(|byte| byte == b'!')
            .and_then(|end| cursor.rest().get(..end))
            .filter(|name| decoration::is_name(name));
        if let Some(name) = name {
            cursor.skip(name.len() + 1);
            self.decorate(Decoration::named(name), place);
        } else {
            self.forbid(
                place,
                "an exclamation mark that begins no decoration: taken as a line break",
            );
        }
    }

    /// `+`: a decoration as of ABC 2.0, or a chord as of ABC 1.
    fn plus(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        let rest = cursor.rest().get(1..).unwrap_or_default();
        let inside = rest.split_once('+').map(|(inside, _)| inside);
        match inside {
            Some(name) if is_known(name) => {
                cursor.skip(name.len() + 2);
                self.old_decoration(name, place);
            }
            Some(notes) if !notes.is_empty() && notes.chars().all(is_chord_character) => {
                cursor.next();
                let mut heads = Vec::new();
                while let Some(c) = cursor.peek().filter(|c| *c != '+') {
                    let here = cursor.place();
                    match self.head(cursor) {
                        Some(head) => heads.push(head),
                        None => {
                            // The cursor is past an accidental, but not past anything else.
                            if !matches!(c, '^' | '_' | '=') {
                                cursor.next();
                            }
                            self.warn(here, format!("{c} is no note of a chord: left out"));
                        }
                    }
                }
                cursor.eat('+');
                self.forbid(place, "a chord between plus signs: brackets replaced them");
                let outer = self.length(cursor);
                let (voice, grid, warnings) = self.playing();
                voice.sound(&mut heads, outer, grid, warnings);
            }
            Some(name) if decoration::is_name(name) => {
                cursor.skip(name.len() + 2);
                self.old_decoration(name, place);
            }
            _ => {
                cursor.next();
                self.warn(place, "a plus sign that begins nothing: left out");
            }
        }
    }

    /// A decoration between plus signs.
    fn old_decoration(&mut self, name: &str, place: Place) {
        self.forbid(
            place,
            "a decoration between plus signs: exclamation marks replaced them",
        );
        self.decorate(Decoration::named(name), place);
    }

    pub(super) fn decorate(&mut self, decoration: Decoration, place: Place) {
        let voice = self.voice();
        match decoration {
            Decoration::Mark(mark) => voice.mark(mark),
            Decoration::End(end) => voice.end(end, place),
            Decoration::Dynamic(name) => {
                voice
                    .directions
                    .push((voice.time(), name, DirectionKind::Dynamic));
            }
            Decoration::Navigation(navigation) => voice.sign(navigation),
        }
    }

    fn letter_or_junk(&mut self, cursor: &mut Cursor, c: char) {
        let place = cursor.place();
        if let Some(name) = self.letter_name(c) {
            cursor.next();
            self.decorate_by_name(&name, place);
            return;
        }
        if c.is_ascii_digit() && self.voice().at_measure_start() {
            self.warn(
                place,
                "a number where a measure begins: taken as that of an ending",
            );
            let ending = self.passes(cursor);
            self.start_ending(ending, place);
            return;
        }
        if c == 'k' {
            cursor.next();
            self.warn(
                place,
                "k is not defined: taken for an accent, as John Chambers writes it",
            );
            self.decorate(Decoration::Mark(Mark::Accent), place);
            return;
        }
        if c.is_ascii_alphabetic() {
            cursor.next();
            self.warn(place, format!("{c} stands for nothing here: left out"));
            return;
        }
        let junk = cursor.take_while(|c| !is_token(c));
        if junk.is_empty() {
            cursor.next();
        }
        let shown: String = if junk.is_empty() {
            c.to_string()
        } else {
            junk.chars().take(20).collect()
        };
        self.warn(place, format!("{shown:?} is no music: left out"));
    }

    /// `name` as a `U:` field gives it: a decoration or an annotation.
    fn decorate_by_name(&mut self, name: &str, place: Place) {
        match name.strip_prefix('"') {
            Some(text) => self.quote(text.trim_end_matches('"')),
            None => self.decorate(Decoration::named(name), place),
        }
    }
}

/// How many notes `(p` stands in the time of, by the standard's table.
pub(in super::super) fn default_normal(actual: u32, is_compound: bool) -> u32 {
    match actual {
        2 | 4 | 8 => 3,
        3 | 6 => 2,
        _ if is_compound => 3,
        _ => 2,
    }
}

fn octave_marks(cursor: &mut Cursor) -> i32 {
    let marks = cursor.take_while(|c| matches!(c, '\'' | ',' | '’'));
    marks
        .chars()
        .take(100)
        .map(|c| if c == ',' { -1 } else { 1 })
        .sum()
}

fn is_known(name: &str) -> bool {
    decoration::is_name(name)
        && !matches!(Decoration::named(name), Decoration::Mark(Mark::Other(_)))
}

fn is_chord_character(c: char) -> bool {
    matches!(c, 'A'..='G' | 'a'..='g' | '^' | '_' | '=' | ',' | '\'' | '/' | '0'..='9')
}

/// Whether `c` may begin something in a line of music.
fn is_token(c: char) -> bool {
    c.is_ascii_alphabetic() || c.is_whitespace() || "|[:.\"()->< {}!+&\\^_=~$*;@?#`".contains(c)
}

//! Where a reader of ABC is in a tune, and what it knows there.

use super::plan::{LEFT_MAX, Plan};
use super::recall::Recall;
use super::{LINE_END, SYMBOLS, character_of, symbol_of};

/// Features of a place: see [`TABLES`].
pub const FEATURES: usize = 12;

/// How many values each feature has:
///
/// - the character before, and what followed when the tune last had the same 4 characters, the same 6,
///   and the same as for longest: characters, the last three with one value for "none";
/// - for how many characters what was remembered has come true, up to 31;
/// - the place in the bar in 32nds, up to 47, and the number of bars before it, up to 47, both with one
///   value for "not in the music";
/// - the character at this place of the bar one, two, four and eight bars ago, with one value for "none";
/// - how many bars the section has left, 1 to 16, and the same again in the last section, and one value for
///   "nobody knows": the form of a plain tune text says it.
pub const TABLES: [usize; FEATURES] = [
    SYMBOLS,
    SYMBOLS + 1,
    SYMBOLS + 1,
    SYMBOLS + 1,
    32,
    49,
    49,
    SYMBOLS + 1,
    SYMBOLS + 1,
    SYMBOLS + 1,
    SYMBOLS + 1,
    1 + 2 * LEFT_MAX,
];

/// Bars back to which the features look.
const BARS_BACK: [usize; 4] = [1, 2, 4, 8];

/// Ticks in a quarter note: what all usual tuplets of 32nds divide.
const QUARTER: i32 = 480;
const THIRTY_SECOND: i32 = QUARTER / 8;

/// Letters of the two octaves that ABC spells without marks, low to high.
const LETTERS: &[u8; 14] = b"CDEFGABcdefgab";

/// Fields that a line can begin with.
const FIELDS: &[u8] = b"ABCDFGHIKLMNOPQRSTWXYZmrsuw";

/// What has been read of a tune.
///
/// Notes and chords count from the tonic: in K:D, `D` is read as what `C` is in K:C. So tunes in all keys
/// are one to a network, and as many letters go out as come in.
#[derive(Clone, Debug)]
pub struct Context {
    /// What has been read, counted from the tonic.
    read: Vec<u8>,
    line: Line,
    /// Steps from C to the tonic of the key, 0 to 6.
    tonic: usize,
    /// Ticks of a note without a length.
    unit: i32,
    unit_is_set: bool,
    quoted: Quoted,
    note: Option<Length>,
    tuplet: Tuplet,
    /// Ticks since the bar line.
    at: i32,
    /// For each bar that has ended, and the one that has not, where its characters begin, by ticks.
    bars: Vec<Vec<(i32, u32)>>,
    /// Where the form of the tune, if it is said, has led.
    plan: Plan,
    recalls: [Recall; 3],
    /// Where what is remembered would go on, and for how long it has come true.
    remembered: Option<usize>,
    true_for: usize,
}

/// What kind of line it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// Nothing of it has been read.
    New,
    /// A letter that a colon would make a field.
    Letter(u8),
    /// A field with its text so far, or a comment, whose letter is `%`.
    Field(u8, String),
    /// Music.
    Music,
}

/// Whether text stands between quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoted {
    No,
    /// Where a chord or its bass begins.
    Root,
    Rest,
}

/// The length of a note as far as it has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Length {
    over: i32,
    slashes: u32,
    under: i32,
}

/// How many notes are still in a tuplet, and what their lengths are multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tuplet {
    opened: bool,
    left: u8,
    factor: (i32, i32),
}

impl Default for Context {
    fn default() -> Self {
        Context::new()
    }
}

impl Context {
    /// Before the first character of a tune.
    pub fn new() -> Context {
        Context {
            read: Vec::new(),
            line: Line::New,
            tonic: 0,
            unit: QUARTER / 2,
            unit_is_set: false,
            quoted: Quoted::No,
            note: None,
            tuplet: Tuplet {
                opened: false,
                left: 0,
                factor: (1, 1),
            },
            at: 0,
            bars: vec![Vec::new()],
            plan: Plan::default(),
            recalls: [4, 6, 10].map(Recall::new),
            remembered: None,
            true_for: 0,
        }
    }

    /// Before the first character of another tune, in which what has been read of this one is remembered.
    pub fn again(&self) -> Context {
        Context {
            read: self.read.clone(),
            recalls: self.recalls.clone(),
            ..Context::new()
        }
    }

    /// What `symbol`, if it came next, would be counted from the tonic: letters of notes and chords move
    /// round and round in those that there are, so that no two symbols become one.
    pub fn relative(&self, symbol: u8) -> u8 {
        if matches!(self.line, Line::Field(..)) || self.quoted == Quoted::Rest || self.tonic == 0 {
            return symbol;
        }
        let letter = |c: char| LETTERS.iter().position(|&l| char::from(l) == c);
        let Some(place) = letter(character_of(symbol)) else {
            return symbol;
        };
        let moved = match self.quoted {
            Quoted::Root if place < 7 => (place + 7 - self.tonic) % 7,
            Quoted::Root => place,
            _ => (place + LETTERS.len() - self.tonic) % LETTERS.len(),
        };
        symbol_of(char::from(LETTERS[moved])).unwrap_or(symbol)
    }

    /// What is known at this place, each below its number in [`TABLES`].
    pub fn features(&self) -> [u16; FEATURES] {
        let none = SYMBOLS as u16;
        let read = |place: Option<usize>| {
            let symbol = place.and_then(|place| self.read.get(place));
            symbol.map_or(none, |&symbol| u16::from(symbol))
        };
        let [four, six, _] = &self.recalls;
        let last = self.read.last().copied().unwrap_or(LINE_END);
        let mut features = [none; FEATURES];
        features[0] = u16::from(last);
        features[1] = read(four.find(&self.read));
        features[2] = read(six.find(&self.read));
        features[3] = read(self.expected());
        features[4] = self.true_for.min(31) as u16;
        features[5] = 48;
        features[6] = 48;
        features[11] = self.plan.left();
        if !matches!(self.line, Line::Field(..)) {
            let at = self.now();
            features[5] = ((at + THIRTY_SECOND / 2) / THIRTY_SECOND).clamp(0, 47) as u16;
            features[6] = (self.bars.len() - 1).min(47) as u16;
            for (feature, back) in features[7..11].iter_mut().zip(BARS_BACK) {
                let bar = self.bars.len().checked_sub(back + 1);
                let place = bar.and_then(|bar| begins(&self.bars[bar], at));
                *feature = read(place);
            }
        }
        features
    }

    /// Where the tune would go on if it went on as it did before.
    fn expected(&self) -> Option<usize> {
        let [_, six, ten] = &self.recalls;
        self.remembered
            .or_else(|| ten.find(&self.read))
            .or_else(|| six.find(&self.read))
    }

    /// Ticks since the bar line, the note that may still grow included.
    fn now(&self) -> i32 {
        self.at + self.note.map_or(0, |length| self.ticks(length))
    }

    fn ticks(&self, length: Length) -> i32 {
        let over = if length.over == 0 { 1 } else { length.over };
        let under = match (length.slashes, length.under) {
            (0, _) => 1,
            (slashes, 0) => 1 << slashes.min(6),
            (_, under) => under,
        };
        let (times, of) = if self.tuplet.left > 0 {
            self.tuplet.factor
        } else {
            (1, 1)
        };
        // All factors are small, but texts may hold any digits.
        self.unit.saturating_mul(over).saturating_mul(times) / (under * of)
    }

    /// Reads the next symbol.
    pub fn read(&mut self, symbol: u8) {
        let relative = self.relative(symbol);
        self.recall(relative);
        match (character_of(symbol), &mut self.line) {
            ('\n', _) => self.end_line(),
            ('%', Line::New) => self.line = Line::Field(b'%', String::new()),
            (character, Line::New) => {
                let letter = u8::try_from(character).ok();
                self.line = match letter.filter(|letter| FIELDS.contains(letter)) {
                    Some(letter) => Line::Letter(letter),
                    None => Line::Music,
                };
                self.read_music(character);
            }
            (':', Line::Letter(letter)) => {
                self.line = Line::Field(*letter, String::new());
                self.note = None;
            }
            (character, Line::Field(_, text)) => text.push(character),
            (character, Line::Letter(_) | Line::Music) => {
                self.line = Line::Music;
                self.read_music(character);
            }
        }
    }

    /// Keeps what was read, and whether it came as remembered.
    fn recall(&mut self, relative: u8) {
        if !matches!(self.line, Line::Field(..)) {
            let place = u32::try_from(self.read.len()).unwrap_or(u32::MAX);
            let at = self.now();
            let bar = self.bars.last_mut().expect("there is always one");
            if bar.last().is_none_or(|&(last, _)| last < at) {
                bar.push((at, place));
            }
        }
        let expected = self.expected();
        self.recalls
            .iter_mut()
            .for_each(|recall| recall.remember(&self.read));
        let came_true = expected.is_some_and(|place| self.read[place] == relative);
        self.remembered = expected.filter(|_| came_true).map(|place| place + 1);
        self.true_for = if came_true { self.true_for + 1 } else { 0 };
        self.read.push(relative);
    }

    fn end_line(&mut self) {
        match std::mem::replace(&mut self.line, Line::New) {
            Line::Field(b'K', text) => {
                let tonic = text.trim_start().bytes().next();
                let place = tonic.and_then(|tonic| LETTERS[..7].iter().position(|&l| l == tonic));
                self.tonic = place.unwrap_or(self.tonic);
            }
            Line::Field(b'M', text) => {
                let metre = fraction(&text);
                self.plan.full = metre.map_or(0, |(over, under)| 4 * QUARTER * over / under);
                if !self.unit_is_set {
                    // The standard's rule, where a tune has no L:.
                    let short = metre.is_some_and(|(over, under)| over * 4 < under * 3);
                    self.unit = if short { QUARTER / 4 } else { QUARTER / 2 };
                }
            }
            Line::Field(b'N', text) => self.plan.form = text.parse().ok(),
            Line::Field(b'L', text) => {
                if let Some((over, under)) = fraction(&text) {
                    self.unit = 4 * QUARTER * over / under;
                    self.unit_is_set = true;
                }
            }
            _ => self.end_note(),
        }
        self.quoted = Quoted::No;
    }

    fn read_music(&mut self, character: char) {
        match (self.quoted, character) {
            (Quoted::No, '"') => {
                self.end_note();
                self.quoted = Quoted::Root;
                return;
            }
            (_, '"') => {
                self.quoted = Quoted::No;
                return;
            }
            (Quoted::No, _) => {}
            (_, '/') => {
                self.quoted = Quoted::Root;
                return;
            }
            _ => {
                self.quoted = Quoted::Rest;
                return;
            }
        }
        self.plan.read(character, self.now());
        let digit = character
            .to_digit(10)
            .and_then(|digit| i32::try_from(digit).ok());
        match (character, digit) {
            ('A'..='G' | 'a'..='g' | 'z' | 'x', _) => {
                self.end_note();
                self.note = Some(Length::default());
            }
            ('/', _) => {
                if let Some(length) = &mut self.note {
                    length.slashes += 1;
                }
            }
            (_, Some(digit)) => self.read_digit(digit),
            ('(', _) => {
                self.end_note();
                self.tuplet.opened = true;
            }
            (',' | '\'', _) => {}
            ('|' | ':', _) => {
                self.end_note();
                if self.at > 0 {
                    self.bars.push(Vec::new());
                }
                self.at = 0;
            }
            _ => self.end_note(),
        }
        if !matches!(character, '(') {
            self.tuplet.opened = false;
        }
    }

    fn read_digit(&mut self, digit: i32) {
        if let Some(length) = &mut self.note {
            let number = if length.slashes == 0 {
                &mut length.over
            } else {
                &mut length.under
            };
            *number = (*number * 10 + digit).min(99);
        } else if self.tuplet.opened {
            self.tuplet.left = u8::try_from(digit).unwrap_or(0);
            self.tuplet.factor = match digit {
                2 => (3, 2),
                3 => (2, 3),
                4 => (3, 4),
                6 => (1, 3),
                _ => (1, 1),
            };
        }
    }

    fn end_note(&mut self) {
        if let Some(length) = self.note.take() {
            self.at = self.at.saturating_add(self.ticks(length));
            self.tuplet.left = self.tuplet.left.saturating_sub(1);
        }
    }
}

/// The first character at `at` ticks in a bar.
fn begins(bar: &[(i32, u32)], at: i32) -> Option<usize> {
    let place = bar.binary_search_by_key(&at, |&(ticks, _)| ticks).ok()?;
    Some(bar[place].1 as usize)
}

/// `6/8` in a field's text, if both are numbers above 0 and below 100.
fn fraction(text: &str) -> Option<(i32, i32)> {
    let (over, under) = text.trim().split_once('/')?;
    let number = |text: &str| {
        let number = text.trim().parse().ok();
        number.filter(|number| (1..100).contains(number))
    };
    Some((number(over)?, number(under)?))
}

#[cfg(test)]
mod tests {
    use super::super::{character_of, symbols};
    use super::*;

    fn after(text: &str) -> Context {
        let mut context = Context::new();
        symbols(text)
            .into_iter()
            .for_each(|symbol| context.read(symbol));
        context
    }

    fn counted(text: &str) -> String {
        after(text)
            .read
            .iter()
            .map(|&symbol| character_of(symbol))
            .collect()
    }

    #[test]
    fn notes_count_from_the_tonic() {
        let in_d = counted("K:D\n\"D\"d^f|\"A7/C#\"Ad|]\n");
        let in_c = counted("K:C\n\"C\"c^e|\"G7/B#\"Gc|]\n");
        assert_eq!(in_d[4..], in_c[4..]);
        assert_eq!(
            counted("T:A Bag\nK:Gmaj\nP:B\nG|\n"),
            "T:A Bag\nK:Gmaj\nP:B\nC|\n"
        );
        assert_eq!(
            counted("K:G\n\"Gadd\"D\n"),
            "K:G\n\"Cadd\"g\n",
            "round and round"
        );
    }

    #[test]
    fn no_two_symbols_become_one() {
        for text in [
            "",
            "K:G\n",
            "K:B\nab",
            "K:F\n\"",
            "K:F\n\"Dm/",
            "K:E\n\"x",
            "K:D\nK",
        ] {
            let context = after(text);
            let mut all: Vec<u8> = (0..SYMBOLS as u8)
                .map(|symbol| context.relative(symbol))
                .collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), SYMBOLS, "{text:?}");
        }
    }

    #[test]
    fn places_are_those_of_the_metre() {
        let at = |text: &str| after(text).features()[5..7].to_vec();
        let head = "M:6/8\nL:1/8\nK:G\n";
        for (music, thirty_seconds, bars) in [
            ("", 0, 0),
            ("G", 4, 0),
            ("G2", 8, 0),
            ("G3/2", 6, 0),
            ("G/", 2, 0),
            ("GAB", 12, 0),
            ("(3GAB", 8, 0),
            ("GAB c2d|", 0, 1),
            ("GAB c2d|:\"G\"z", 4, 1),
            ("GAB c2d|\nP:A\nG", 4, 1),
        ] {
            assert_eq!(
                at(&format!("{head}{music}")),
                [thirty_seconds, bars],
                "{music}"
            );
        }
        assert_eq!(
            at("M:2/4\nK:G\nG"),
            [2, 0],
            "sixteenths, since the metre is short"
        );
        assert_eq!(at("M:6/8\nK:"), [48, 48], "not in the music");
    }

    #[test]
    fn bars_are_counted_down() {
        let left =
            |music: &str| after(&format!("N:2:3.\nM:2/4\nL:1/8\nK:C\n{music}")).features()[11];
        let last = |left: u16| 16 + left;
        for (music, expected) in [
            ("", 2),
            ("|:G|", 2),
            ("|:G|C2D2", 2),
            ("|:G|C2D2|", 1),
            ("|:G|C2D2|C3:|", last(3)),
            ("|:G|C2D2|C3:||:", last(3)),
            ("|:G|C2D2|1C3:|", last(3)),
            ("|:G|C2D2|1C3:|2", 1),
            ("|:G|C2D2|1C3:|2C3||", last(3)),
            ("|:G|C2D2|C3:|G|", last(3)),
            ("|:G|C2D2|C3:|G|\"C\"C4|(3CCCC2|", last(1)),
            ("G|:C2D2|", 1),
        ] {
            assert_eq!(left(music), expected, "{music}");
        }
        assert_eq!(after("M:2/4\nK:C\nC2|").features()[11], 0, "nobody knows");
    }

    #[test]
    fn what_came_before_is_remembered() {
        let features = after("K:C\ncdefgabc|cdefgabc|cdef").features();
        let g = u16::from(symbol_of('g').unwrap());
        assert_eq!(features[1..4], [g; 3]);
        assert_eq!(features[7..9], [g; 2], "one and two bars ago");
        assert_eq!(features[9], SYMBOLS as u16, "there are no four bars");
        assert!(features[4] > 4);
    }

    #[test]
    fn a_tune_is_remembered_in_the_next() {
        let first = after("K:C\ncdefgabc|\n");
        let mut next = first.again();
        assert_eq!(next.features()[5..7], Context::new().features()[5..7]);
        symbols("K:D\nefg")
            .into_iter()
            .for_each(|symbol| next.read(symbol));
        assert_eq!(next.features()[1], SYMBOLS as u16);
        next.read(symbol_of('a').unwrap());
        assert_eq!(
            next.features()[1],
            u16::from(symbol_of('a').unwrap()),
            "defg goes on with a in C"
        );
    }

    #[test]
    fn anything_can_be_read() {
        let mut stream = consort_learn::Seed(1).stream("test", 0);
        for _ in 0..200 {
            let mut context = Context::new();
            for _ in 0..400 {
                let symbol = match stream.below(3) {
                    0 => stream.below(SYMBOLS),
                    _ => usize::from(symbols("/9(:|\"AKM\n")[stream.below(10)]),
                };
                context.read(u8::try_from(symbol).unwrap());
                let features = context.features();
                assert!(
                    features
                        .iter()
                        .zip(TABLES)
                        .all(|(&value, size)| usize::from(value) < size)
                );
            }
        }
    }
}

//! Lines that go along with the notes before them: `w:` lyrics and `s:` symbols.

use crate::score::{Lyric, Syllabic};

use super::super::text;
use super::voice::Sounded;

/// Something a syllable or symbol may be counted off against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// A note, by its index among the notes of the voice; of a chord the lowest one.
    Note(usize),
    Bar,
}

/// The notes of a voice in the order of the text, and how far lyrics and symbols have come.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    slots: Vec<Slot>,
    words: Track,
    symbols: Track,
    verses: Vec<Verse>,
}

/// Lines of one kind: they start where the music began that follows the last such line.
#[derive(Clone, Copy, Debug, Default)]
struct Track {
    start: usize,
    end: usize,
    /// The next slot of the present line.
    next: usize,
    verse: usize,
}

/// What the next syllable of a verse has to know of the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Verse {
    /// The last syllable, as the index of its note and of it among the note's lyrics.
    last: Option<(usize, usize)>,
    within_word: bool,
}

/// A token of a `w:` line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Syllable {
    Text {
        raw: String,
        hyphen: bool,
    },
    /// `_`: the last syllable goes on.
    Extend,
    /// `*`: a note without a syllable.
    Skip,
    /// A hyphen of its own: the word goes on, but not on this note.
    HyphenSkip,
    /// `|`: on to the next bar.
    Bar,
}

/// What an `s:` line puts on a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symbol<'a> {
    Decoration(&'a str),
    Quoted(&'a str),
}

impl Alignment {
    pub(super) fn note(&mut self, index: usize) {
        self.slots.push(Slot::Note(index));
    }

    pub(super) fn bar(&mut self) {
        if self.slots.last() != Some(&Slot::Bar) {
            self.slots.push(Slot::Bar);
        }
    }

    /// Sets a `w:` line to its notes; `continues` if the line before ended in a backslash. Returns
    /// how many syllables found no note.
    pub(super) fn words(&mut self, line: &str, continues: bool, notes: &mut [Sounded]) -> usize {
        if !continues {
            self.words.new_line(self.slots.len());
        }
        let verse = self.words.verse.max(1);
        if self.verses.len() < verse {
            self.verses.resize(verse, Verse::default());
        }
        let mut left_over = 0;
        for syllable in syllables(line) {
            if syllable == Syllable::Bar {
                self.words.skip_bar(&self.slots);
                continue;
            }
            let Some(note) = self.words.next_note(&self.slots) else {
                left_over += usize::from(matches!(syllable, Syllable::Text { .. }));
                continue;
            };
            let number = u8::try_from(verse).unwrap_or(u8::MAX);
            self.verses[verse - 1].set(syllable, number, note, notes);
        }
        left_over
    }

    /// Counts an `s:` line off against its notes; the symbols that found one, with its index.
    pub(super) fn symbols<'a>(&mut self, line: &'a str) -> (Vec<(usize, Symbol<'a>)>, usize) {
        self.symbols.new_line(self.slots.len());
        let mut found = Vec::new();
        let mut left_over = 0;
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let body = rest.get(first.len_utf8()..).unwrap_or_default();
            let (symbol, after) = match first {
                '!' | '"' | '+' => match body.split_once(first) {
                    Some((inside, after)) if first == '"' => (Some(Symbol::Quoted(inside)), after),
                    Some((inside, after)) => (Some(Symbol::Decoration(inside)), after),
                    None => (None, ""),
                },
                _ => (None, body),
            };
            rest = after.trim_start();
            match (first, symbol) {
                ('|', _) => self.symbols.skip_bar(&self.slots),
                (_, Some(symbol)) => match self.symbols.next_note(&self.slots) {
                    Some(note) => found.push((note, symbol)),
                    None => left_over += 1,
                },
                ('*', None) => {
                    self.symbols.next_note(&self.slots);
                }
                _ => left_over += 1,
            }
        }
        (found, left_over)
    }
}

impl Track {
    /// Moves on to the music since the last line, or, if there is none, back to the start of the
    /// same music as a further verse.
    fn new_line(&mut self, slots: usize) {
        if slots > self.end {
            self.start = self.end;
            self.end = slots;
            self.verse = 1;
        } else {
            self.verse += 1;
        }
        self.next = self.start;
    }

    fn next_note(&mut self, slots: &[Slot]) -> Option<usize> {
        while self.next < self.end {
            let slot = slots.get(self.next);
            self.next += 1;
            if let Some(Slot::Note(note)) = slot {
                return Some(*note);
            }
        }
        None
    }

    fn skip_bar(&mut self, slots: &[Slot]) {
        while self.next < self.end {
            self.next += 1;
            if slots.get(self.next - 1) == Some(&Slot::Bar) {
                return;
            }
        }
    }
}

impl Verse {
    fn set(&mut self, syllable: Syllable, verse: u8, note: usize, notes: &mut [Sounded]) {
        match syllable {
            Syllable::Text { raw, hyphen } => {
                let text = text::decode(&raw);
                if text.is_empty() {
                    // `~` of its own: a blank, which nobody sings.
                    return;
                }
                let Some(sounded) = notes.get_mut(note) else {
                    return;
                };
                sounded.note.lyrics.push(Lyric {
                    verse,
                    text,
                    syllabic: match (self.within_word, hyphen) {
                        (false, false) => Syllabic::Single,
                        (false, true) => Syllabic::Begin,
                        (true, true) => Syllabic::Middle,
                        (true, false) => Syllabic::End,
                    },
                    extend: false,
                });
                self.last = Some((note, sounded.note.lyrics.len() - 1));
                self.within_word = hyphen;
            }
            Syllable::Extend => {
                if let Some(lyric) = self.last(notes) {
                    lyric.extend = true;
                }
            }
            Syllable::HyphenSkip => {
                if let Some(lyric) = self.last(notes) {
                    lyric.syllabic = match lyric.syllabic {
                        Syllabic::Single | Syllabic::Begin => Syllabic::Begin,
                        Syllabic::Middle | Syllabic::End => Syllabic::Middle,
                    };
                    self.within_word = true;
                }
            }
            Syllable::Skip | Syllable::Bar => {}
        }
    }

    fn last<'a>(&self, notes: &'a mut [Sounded]) -> Option<&'a mut Lyric> {
        let (note, lyric) = self.last?;
        notes.get_mut(note)?.note.lyrics.get_mut(lyric)
    }
}

fn syllables(line: &str) -> Vec<Syllable> {
    let mut found = Vec::new();
    let mut raw = String::new();
    let mut chars = line.chars();
    let finish = |raw: &mut String, hyphen: bool, found: &mut Vec<Syllable>| {
        if !raw.is_empty() {
            let raw = std::mem::take(raw);
            found.push(Syllable::Text { raw, hyphen });
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                raw.push(c);
                raw.extend(chars.next());
            }
            '~' => raw.push(' '),
            '-' if raw.is_empty() => found.push(Syllable::HyphenSkip),
            '-' => finish(&mut raw, true, &mut found),
            ' ' | '\t' | '\u{a0}' => finish(&mut raw, false, &mut found),
            '_' | '*' | '|' => {
                finish(&mut raw, false, &mut found);
                found.push(match c {
                    '_' => Syllable::Extend,
                    '*' => Syllable::Skip,
                    _ => Syllable::Bar,
                });
            }
            c => raw.push(c),
        }
    }
    finish(&mut raw, false, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pitch::Pitch;
    use crate::score::Note;
    use crate::time::Ticks;

    use super::super::super::fraction::Fraction;

    fn sung(bars: &[usize], lines: &[&str]) -> Vec<Vec<String>> {
        let mut alignment = Alignment::default();
        let mut notes = Vec::new();
        for &count in bars {
            for _ in 0..count {
                alignment.note(notes.len());
                notes.push(Sounded {
                    onset: Fraction::ZERO,
                    duration: Fraction::ZERO,
                    note: Note::new(Ticks(0), Ticks(1), Pitch::MIDDLE_C),
                });
            }
            alignment.bar();
        }
        for line in lines {
            alignment.words(line, false, &mut notes);
        }
        let shown = |lyric: &Lyric| {
            let after = match lyric.syllabic {
                Syllabic::Begin | Syllabic::Middle => "-",
                Syllabic::Single | Syllabic::End => "",
            };
            let extend = if lyric.extend { "_" } else { "" };
            format!("{}{after}{extend}", lyric.text)
        };
        notes
            .iter()
            .map(|sounded| sounded.note.lyrics.iter().map(shown).collect())
            .collect()
    }

    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(sung(&[3], &["syll-a-ble"]), [["syll-"], ["a-"], ["ble"]]);
        let four = sung(&[4], &["syll-a--ble"]);
        assert_eq!(four, [vec!["syll-"], vec!["a-"], vec![], vec!["ble"]]);
        assert_eq!(sung(&[4], &["syll-a -ble"]), four);
        assert_eq!(sung(&[3], &["time__"]), [vec!["time_"], vec![], vec![]]);
        assert_eq!(sung(&[1], &["of~the~day"]), [["of the day"]]);
        assert_eq!(sung(&[1], &[r"twen\-ty"]), [["twen-ty"]]);
        assert_eq!(sung(&[2], &["~ la"]), [vec![], vec!["la"]]);
    }

    #[test]
    fn bars_and_verses() {
        let sung = sung(&[3, 1], &["one | two", "* uno dos tres"]);
        assert_eq!(sung[0], ["one"]);
        assert_eq!(sung[1], ["uno"]);
        assert_eq!(sung[2], ["dos"]);
        assert_eq!(sung[3], ["two", "tres"]);
    }
}

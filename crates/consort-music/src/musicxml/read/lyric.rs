//! Syllables.

use roxmltree::Node;

use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::{elements, text};
use crate::musicxml::report::short;
use crate::musicxml::text::clean;
use crate::score::{Lyric, Syllabic};

/// The tie that joins two syllables on one note.
pub(in crate::musicxml) const ELISION: char = '\u{203F}';

impl PartReader<'_, '_, '_> {
    /// Reads a `lyric` element, given how many stand before it on the note. Syllables that are
    /// sung to one note become one.
    pub(super) fn lyric(&mut self, node: Node, earlier: usize) -> Option<Lyric> {
        let mut lyric = Lyric {
            verse: self.verse(node, earlier),
            text: String::new(),
            syllabic: Syllabic::Single,
            extend: false,
        };
        let mut syllabic = Syllabic::Single;
        let mut syllables = 0;
        for element in elements(node) {
            match element.tag_name().name() {
                "syllabic" => syllabic = self.syllabic(element),
                "text" => {
                    lyric.text.push_str(text(element));
                    lyric.syllabic = match syllables {
                        0 => syllabic,
                        _ => joined(lyric.syllabic, syllabic),
                    };
                    syllables += 1;
                }
                "elision" => match element.text() {
                    Some(sign) if !sign.is_empty() => lyric.text.push_str(sign),
                    _ => lyric.text.push(ELISION),
                },
                "extend" => lyric.extend = true,
                "end-line" | "end-paragraph" => {}
                name if is_ignored(name) => {}
                _ => self.report.left_out(element),
            }
        }
        lyric.text = clean(&lyric.text);
        // A line that goes on without a syllable was announced by the one before.
        (!lyric.text.is_empty()).then_some(lyric)
    }

    fn verse(&mut self, node: Node, earlier: usize) -> u8 {
        let next = u8::try_from(earlier + 1).unwrap_or(u8::MAX);
        let Some(number) = node.attribute("number") else {
            return next;
        };
        // Some programs name verses "part1verse2" or "chorus".
        let digits = number
            .rsplit(|c: char| !c.is_ascii_digit())
            .find(|run| !run.is_empty());
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(verse @ 1..) => verse,
            _ => {
                let message = format!("verse {:?} was read by its place", short(number));
                self.report.warn(node, message);
                next
            }
        }
    }

    fn syllabic(&mut self, node: Node) -> Syllabic {
        match text(node) {
            "single" => Syllabic::Single,
            "begin" => Syllabic::Begin,
            "middle" => Syllabic::Middle,
            "end" => Syllabic::End,
            other => {
                let message = format!("a syllable {:?} was read as a word", short(other));
                self.report.warn(node, message);
                Syllabic::Single
            }
        }
    }
}

/// The place in their words of two syllables that are sung as one.
fn joined(first: Syllabic, last: Syllabic) -> Syllabic {
    let begins = matches!(first, Syllabic::Single | Syllabic::Begin);
    let ends = matches!(last, Syllabic::Single | Syllabic::End);
    match (begins, ends) {
        (true, true) => Syllabic::Single,
        (true, false) => Syllabic::Begin,
        (false, false) => Syllabic::Middle,
        (false, true) => Syllabic::End,
    }
}

//! Bars of a tune as text.

use crate::abc::key::Signature;
use crate::pitch::{Key, Spelling};

use super::length::{self, Grains};
use super::melody::Element;

/// Writes the bars of a tune one after another.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    signature: Signature,
    /// Chord symbols and when they stand, in order of time.
    chords: &'a [(Grains, String)],
    /// The accidental of each letter since the bar line.
    since_bar: [Option<i8>; 7],
    pub(super) out: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(key: Key, chords: &'a [(Grains, String)]) -> Writer<'a> {
        Writer {
            signature: Signature::of(key),
            chords,
            since_bar: [None; 7],
            out: String::new(),
        }
    }

    /// Writes the elements of a bar. Nothing if there is a length among them that cannot be spelled.
    pub(super) fn bar(&mut self, elements: &[Element]) -> Option<()> {
        self.since_bar = [None; 7];
        let mut queue: Vec<Element> = elements.iter().rev().copied().collect();
        while let Some(element) = queue.pop() {
            self.chord(element.start);
            if length::is_plain(element.length()) {
                self.element(&element)?;
                continue;
            }
            if let Some(head) = plain_head(&element, queue.last()) {
                let (one, other) = cut(&element, head);
                queue.push(other);
                self.element(&one)?;
                continue;
            }
            queue.push(element);
            self.triplet(&mut queue)?;
        }
        Some(())
    }

    /// Writes a note or rest of a plain length, as several if one head cannot be so long.
    fn element(&mut self, element: &Element) -> Option<()> {
        let fits = length::longest_within(element.length())?;
        if fits < element.length() {
            let (one, other) = cut(element, element.start + fits);
            self.head(&one, one.length())?;
            return self.element(&other);
        }
        self.head(element, fits)
    }

    /// Writes the triplet that the last elements of `queue` begin: three heads of one length, of
    /// which a longer note takes two, tied.
    fn triplet(&mut self, queue: &mut Vec<Element>) -> Option<()> {
        /// More elements than a triplet of any sense has.
        const ELEMENTS_MAX: usize = 3;
        let mut taken: Vec<Element> = Vec::new();
        while taken.len() < ELEMENTS_MAX {
            let mut element = queue.pop()?;
            let start = taken.first().map_or(element.start, |first| first.start);
            if let (None, Some(shortest)) = (element.sound, taken.iter().map(Element::length).min())
            {
                // A rest may last beyond the triplet that it fills.
                let end = start + 3 * shortest;
                if (element.start + 1..element.end).contains(&end) {
                    let (one, other) = cut(&element, end);
                    queue.push(other);
                    element = one;
                }
            }
            taken.push(element);
            let whole = element.end - start;
            let each = whole / 3;
            let is_even = whole.is_multiple_of(3)
                && taken
                    .iter()
                    .all(|element| (element.end - start).is_multiple_of(each));
            let written = each * 3 / 2;
            if taken.len() > 1 && is_even && length::is_plain(whole) && each.is_multiple_of(2) {
                length::spelling(written)?;
                self.out.push_str("(3");
                for element in &taken {
                    let mut rest = *element;
                    while rest.length() > each {
                        let (one, other) = cut(&rest, rest.start + each);
                        self.head(&one, written)?;
                        rest = other;
                    }
                    self.head(&rest, written)?;
                }
                return Some(());
            }
        }
        None
    }

    /// Writes one head, `written` long.
    fn head(&mut self, element: &Element, written: Grains) -> Option<()> {
        match element.sound {
            None => self.out.push('z'),
            Some(sound) => self.pitch(sound.spelling),
        }
        self.out.push_str(length::spelling(written)?);
        if element.sound.is_some_and(|sound| sound.tied) {
            self.out.push('-');
        }
        Some(())
    }

    fn pitch(&mut self, spelling: Spelling) {
        let Spelling {
            step,
            alter,
            octave,
        } = spelling;
        let own = &mut self.since_bar[step as usize];
        if own.unwrap_or(self.signature.alter(step)) != alter {
            *own = Some(alter);
            self.out.push_str(accidental(alter));
        }
        let letter = step.letter();
        if octave >= 5 {
            self.out.push(letter.to_ascii_lowercase());
            (5..octave).for_each(|_| self.out.push('\''));
        } else {
            self.out.push(letter);
            (octave..4).for_each(|_| self.out.push(','));
        }
    }

    /// Writes the chord symbol that stands at `at`, if one does.
    fn chord(&mut self, at: Grains) {
        if let Ok(index) = self.chords.binary_search_by_key(&at, |chord| chord.0) {
            let (_, chord) = &self.chords[index];
            self.out.push('"');
            self.out.push_str(chord);
            self.out.push('"');
        }
    }
}

/// The sign of an accidental.
pub(super) fn accidental(alter: i8) -> &'static str {
    match alter {
        2 => "^^",
        1 => "^",
        -1 => "_",
        -2 => "__",
        _ => "=",
    }
}

/// Where a rest stops being plain because a triplet begins with its end: its head up to there.
fn plain_head(element: &Element, next: Option<&Element>) -> Option<Grains> {
    let unit = next.filter(|_| element.sound.is_none())?.length();
    let head = |units| {
        element
            .length()
            .checked_sub(units * unit)
            .filter(|head| *head > 0)
    };
    let mut heads = [head(1), head(2)].into_iter().flatten();
    let plain = heads.find(|head| length::is_plain(*head))?;
    Some(element.start + plain)
}

/// Cuts an element in two that are tied.
fn cut(element: &Element, at: Grains) -> (Element, Element) {
    let (mut one, mut other) = (*element, *element);
    (one.end, other.start) = (at, at);
    if let Some(sound) = &mut one.sound {
        sound.tied = true;
    }
    (one, other)
}

//! A place in a line of music.

use crate::reading::Place;

use super::super::fraction::Fraction;
use super::super::source::Line;

/// Walks over a line of music; all reading is by character and never fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    line: usize,
    text: &'a str,
    at: usize,
    /// A byte whose column is known, so that counting columns takes linear time in all.
    known: (usize, usize),
    /// Where the text stands that this one replaces.
    stand_in: Option<Place>,
}

impl<'a> Cursor<'a> {
    /// Over `text`, the start of `line`.
    pub(super) fn new(line: Line<'a>, text: &'a str) -> Cursor<'a> {
        Cursor {
            line: line.number,
            text,
            at: 0,
            known: (0, 1),
            stand_in: None,
        }
    }

    /// Over `text` in the place of something at `place`.
    pub(super) fn standing_in(text: &'a str, place: Place) -> Cursor<'a> {
        Cursor {
            line: 0,
            text,
            at: 0,
            known: (0, 1),
            stand_in: Some(place),
        }
    }

    /// The place of the next character.
    pub(super) fn place(&mut self) -> Place {
        if let Some(place) = self.stand_in {
            return place;
        }
        let (byte, column) = self.known;
        let between = self.text.get(byte..self.at).unwrap_or_default();
        let column = column + between.chars().count();
        self.known = (self.at, column);
        Place::Line {
            line: self.line,
            column,
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        // Nearly all music is ASCII.
        match self.text.as_bytes().get(self.at) {
            Some(&byte) if byte.is_ascii() => Some(char::from(byte)),
            Some(_) => self.rest().chars().next(),
            None => None,
        }
    }

    /// The byte `ahead` of the next one.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        let bytes = self.text.as_bytes();
        bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// What follows as long as `wanted` holds.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// A number, if there is one; too large a one is the largest that counts.
    pub(super) fn number(&mut self) -> Option<u32> {
        let number = self.digits()?;
        Some(u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn digits(&mut self) -> Option<i64> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        let value = digits.bytes().fold(0_i64, |value, digit| {
            value
                .saturating_mul(10)
                .saturating_add(i64::from(digit - b'0'))
        });
        (!digits.is_empty()).then_some(value)
    }

    /// The multiple of the unit length behind a note: `2`, `/`, `//`, `3/2`.
    pub(super) fn length(&mut self) -> Length {
        /// The longest voice in ticks of the finest grid, in a tuplet of 255, needs no more.
        const LARGEST: i64 = 1 << 60;
        let numerator = self.digits();
        let mut denominator: i64 = 1;
        let mut cut = numerator > Some(LARGEST);
        while self.eat('/') {
            let divisor = match self.digits() {
                None => 2,
                Some(divisor) => divisor.max(1),
            };
            let product = denominator.saturating_mul(divisor);
            cut |= product > LARGEST;
            denominator = product.min(LARGEST);
        }
        let numerator = numerator.unwrap_or(1);
        cut |= numerator == 0;
        let value = Fraction::new(numerator.clamp(1, LARGEST), denominator);
        Length { value, cut }
    }
}

/// A length as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    pub(super) value: Fraction,
    /// Whether it was 0 or out of all proportion and had to be changed.
    pub(super) cut: bool,
}

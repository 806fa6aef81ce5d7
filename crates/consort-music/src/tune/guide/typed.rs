//! Texts of a few characters that are being typed.

use super::CharSet;

/// The longest text: a chord symbol, whose bounds are `F#7sus4/G#` and the like.
const LENGTH_MAX: usize = 14;

/// The first characters of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    bytes: [u8; LENGTH_MAX],
    length: u8,
}

impl Typed {
    /// Nothing but `c`.
    pub(super) fn of(c: char) -> Typed {
        let mut typed = Typed::default();
        typed.push(c);
        typed
    }

    /// Adds an ASCII character.
    pub(super) fn push(&mut self, c: char) {
        if let (Some(place), Ok(byte)) = (
            self.bytes.get_mut(usize::from(self.length)),
            u8::try_from(c),
        ) {
            *place = byte;
            self.length += 1;
        }
    }

    pub(super) fn text(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// The characters that lead on from `typed` to one of `options`, and whether it is one of them.
pub(in super::super) fn completions<'a>(
    typed: &str,
    options: impl IntoIterator<Item = &'a str>,
) -> (CharSet, bool) {
    let (mut next, mut is_one) = (CharSet::EMPTY, false);
    for option in options {
        if let Some(rest) = option.strip_prefix(typed) {
            match rest.chars().next() {
                Some(c) => next.insert(c),
                None => is_one = true,
            }
        }
    }
    (next, is_one)
}

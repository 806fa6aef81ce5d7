//! Sets of ASCII characters.

use std::fmt;

/// A set of ASCII characters.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CharSet(pub(super) u128);

impl CharSet {
    /// No character.
    pub const EMPTY: CharSet = CharSet(0);

    /// The characters of `text`; those that are not ASCII are left out.
    pub const fn of(text: &str) -> CharSet {
        let (bytes, mut set, mut index) = (text.as_bytes(), 0, 0);
        while index < bytes.len() {
            if bytes[index] < 128 {
                set |= 1 << bytes[index];
            }
            index += 1;
        }
        CharSet(set)
    }

    /// Whether `c` is in the set.
    pub fn contains(self, c: char) -> bool {
        c.is_ascii() && self.0 >> u32::from(c) & 1 == 1
    }

    /// The characters of both.
    #[must_use]
    pub const fn union(self, other: CharSet) -> CharSet {
        CharSet(self.0 | other.0)
    }

    /// The characters that are not in `other`.
    #[must_use]
    pub const fn without(self, other: CharSet) -> CharSet {
        CharSet(self.0 & !other.0)
    }

    /// Adds `c`, if it is ASCII.
    pub fn insert(&mut self, c: char) {
        if c.is_ascii() {
            self.0 |= 1 << u32::from(c);
        }
    }

    /// Whether there is no character.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many characters there are.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The characters in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = char> {
        (0..128_u8)
            .map(char::from)
            .filter(move |c| self.contains(*c))
    }

    /// The set as bits: the character with code `n` is bit `n`.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Debug for CharSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut set = CharSet::of("a|\n\u{e9}");
        set.insert('~');
        set.insert('\u{e9}');
        assert_eq!(set.iter().collect::<String>(), "\na|~");
        assert_eq!(set.len(), 4);
        assert!(set.contains('|') && !set.contains('\u{e9}') && !set.contains('b'));
        let rest = set.without(CharSet::of("a~"));
        assert_eq!(rest, CharSet::of("\n|"));
        assert!(set.without(set).is_empty());
    }
}

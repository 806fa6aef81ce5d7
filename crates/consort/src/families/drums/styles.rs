//! The styles that the default network has learnt: those of the Groove MIDI Dataset.

use crate::error::Error;

/// A style: a genre, and a kind of it where one is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    genre: usize,
    kind: Option<usize>,
}

/// The genres, and a tempo that is usual in each: the median of its performances in the training fold, in
/// quarter notes a minute.
pub const GENRES: [(&str, f64); 18] = [
    ("afrobeat", 100.5),
    ("afrocuban", 110.0),
    ("blues", 123.0),
    ("country", 114.0),
    ("dance", 137.0),
    ("funk", 101.0),
    ("gospel", 120.0),
    ("highlife", 126.0),
    ("hiphop", 90.0),
    ("jazz", 120.0),
    ("latin", 101.0),
    ("middleeastern", 126.0),
    ("neworleans", 93.0),
    ("pop", 83.0),
    ("punk", 128.0),
    ("reggae", 78.0),
    ("rock", 110.0),
    ("soul", 105.0),
];

/// Kinds of genres that are told apart: those of at least ten performances to learn from.
pub const KINDS: [(&str, f64); 13] = [
    ("afrocuban/bembe", 122.0),
    ("afrocuban/rhumba", 110.0),
    ("funk/fast", 125.0),
    ("funk/purdieshuffle", 130.0),
    ("funk/rock", 92.0),
    ("jazz/funk", 116.0),
    ("jazz/swing", 215.0),
    ("latin/brazilian-baiao", 95.0),
    ("latin/samba", 116.0),
    ("neworleans/funk", 93.0),
    ("pop/soft", 83.0),
    ("rock/halftime", 140.0),
    ("soul/motown", 148.0),
];

impl Style {
    /// The style that a data set calls `name`, such as `funk/groove1`: its genre, and its kind if that is
    /// told apart. Nothing if the genre is none of [`GENRES`].
    pub fn of(name: &str) -> Option<Style> {
        let genre = name.split('/').next().unwrap_or(name);
        Some(Style {
            genre: GENRES.iter().position(|(known, _)| *known == genre)?,
            kind: KINDS.iter().position(|(known, _)| *known == name),
        })
    }

    /// The style that a user calls `name`.
    ///
    /// # Errors
    /// If it is neither a genre nor a kind of one; the error lists them.
    pub fn named(name: &str) -> Result<Style, Error> {
        let name = name.trim().to_ascii_lowercase();
        let known = || GENRES.iter().chain(&KINDS).map(|(known, _)| *known);
        if known().any(|known| known == name) {
            Ok(Style::of(&name).expect("kinds are of genres"))
        } else {
            Err(Error::Unknown {
                kind: "style",
                name,
                known: known().collect::<Vec<_>>().join(", "),
            })
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self.kind {
            Some(kind) => KINDS[kind].0,
            None => GENRES[self.genre].0,
        }
    }

    /// A usual tempo, in quarter notes a minute.
    pub fn tempo(self) -> f64 {
        match self.kind {
            Some(kind) => KINDS[kind].1,
            None => GENRES[self.genre].1,
        }
    }

    /// The number of its genre in [`GENRES`].
    pub fn genre(self) -> usize {
        self.genre
    }

    /// The number of its kind in [`KINDS`].
    pub fn kind(self) -> Option<usize> {
        self.kind
    }

    /// The style without its kind.
    #[must_use]
    pub fn without_kind(self) -> Style {
        Style { kind: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_found_by_name() {
        let groove = Style::of("funk/groove1").unwrap();
        assert_eq!((groove.name(), groove.kind()), ("funk", None));
        assert_eq!(Style::named(" Jazz/Swing").unwrap().name(), "jazz/swing");
        assert_eq!(Style::of("polka"), None);
        let message = Style::named("polka").unwrap_err().to_string();
        assert!(message.contains("rock, soul"), "{message}");
        for (kind, _) in KINDS {
            assert_eq!(Style::of(kind).unwrap().name(), kind);
        }
    }
}

//! Texts of MIDI files: their bytes, and what the conventions make of them.

use crate::score::{Metadata, Score};

/// The names of dynamics, so that a text can be told to be one.
const DYNAMICS: [&str; 21] = [
    "pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "fp", "sf", "sfz", "sffz",
    "sfp", "sfpp", "rf", "rfz", "fz", "n", "pf",
];

/// What marks a text as a chord symbol.
const CHORD: &str = "chord: ";

/// The longest text written, in bytes.
const LENGTH_MAX: usize = 65_535;

/// `bytes` as text: UTF-8 where they are, else Latin-1, which every sequence of bytes is.
pub(super) fn decode(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    text.replace('\0', "")
}

/// `text` as it is written, within the length that is written.
pub(super) fn encode(text: &str) -> &str {
    &text[..text.floor_char_boundary(LENGTH_MAX)]
}

/// `count` of what `noun` names, as a message says it.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Whether `text` names a dynamic.
pub(super) fn is_dynamic(text: &str) -> bool {
    DYNAMICS.contains(&text)
}

/// The chord symbol that `text` stands for, if it does.
pub(super) fn as_chord(text: &str) -> Option<&str> {
    text.strip_prefix(CHORD)
}

/// Whether `text` is more than words: a dynamic or a chord symbol.
pub(super) fn has_meaning(text: &str) -> bool {
    is_dynamic(text.trim()) || as_chord(text.trim()).is_some()
}

/// The text that stands for the chord symbol `name`.
pub(super) fn of_chord(name: &str) -> String {
    format!("{CHORD}{name}")
}

/// `name` and value of a text such as `composer: Anon.`, if the name is short and plain.
fn split_field(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | ' ');
    let is_name = (1..=32).contains(&name.len()) && name.trim() == name && name.chars().all(plain);
    let is_value = value.is_empty() || value.starts_with(char::is_whitespace);
    (is_name && is_value).then(|| (name, value.trim()))
}

/// Puts a text that describes the piece where it belongs.
pub(super) fn into_metadata(text: &str, metadata: &mut Metadata) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    match (split_field(text), text.strip_prefix("@T")) {
        (Some(("composer", value)), _) if metadata.composer.is_none() && !value.is_empty() => {
            metadata.composer = Some(value.to_owned());
        }
        (Some(("lyricist", value)), _) if metadata.lyricist.is_none() && !value.is_empty() => {
            metadata.lyricist = Some(value.to_owned());
        }
        (Some((name, value)), _) => metadata.fields.push((name.to_owned(), value.to_owned())),
        // The title in karaoke files.
        (None, Some(title)) if metadata.title.is_none() && !title.trim().is_empty() => {
            metadata.title = Some(title.trim().to_owned());
        }
        (None, _) => metadata.fields.push(("text".to_owned(), text.to_owned())),
    }
}

/// The texts from which [`into_metadata`] makes the metadata again, but for title and copyright.
pub(super) fn of_metadata(score: &Score) -> Vec<String> {
    let metadata = &score.metadata;
    let people = [
        ("composer", &metadata.composer),
        ("lyricist", &metadata.lyricist),
    ];
    let people = people
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)));
    let fields = metadata.fields.iter().map(|(name, value)| {
        if name == "text" && split_field(value.trim()).is_none() {
            value.clone()
        } else {
            format!("{name}: {value}")
        }
    });
    people.chain(fields).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_latin1() {
        assert_eq!(decode(b"F\xfcr Elise\0"), "Für Elise");
        assert_eq!(decode("Für Elise".as_bytes()), "Für Elise");
    }

    #[test]
    fn fields_have_plain_names() {
        assert_eq!(
            split_field("@ROLL_TYPE:\twelte-red"),
            Some(("@ROLL_TYPE", "welte-red"))
        );
        assert_eq!(split_field("http://example.org"), None);
        assert_eq!(split_field("Allegro, ma non troppo"), None);
    }

    #[test]
    fn long_texts_end_between_characters() {
        let long = "ü".repeat(40_000);
        assert_eq!(encode(&long).len(), 65_534);
    }
}

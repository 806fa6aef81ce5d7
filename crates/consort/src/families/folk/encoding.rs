//! Tunes as numbers: characters, and what has been read of a tune.
//!
//! No tensors, and no judgement about whether a tune is right: whatever comes is read, a character at a
//! time, and what is known of a place depends on the characters before it alone.

mod context;
mod plan;
mod recall;

pub use context::{Context, FEATURES, TABLES};

/// How music becomes numbers: characters of ASCII, and the features of [`Context`].
pub const ENCODING: &str = "folk-abc/1";

/// Symbols: the end of a line and the 95 characters that ASCII prints.
pub const SYMBOLS: usize = 96;

/// The symbol of the end of a line, which also stands before the first character of a tune.
pub const LINE_END: u8 = 0;

/// What a character that is none of ours becomes.
const STAND_IN: u8 = b'?';

/// The symbol of a character; none if there is none.
pub fn symbol_of(character: char) -> Option<u8> {
    match character {
        '\n' => Some(LINE_END),
        ' '..='~' => u8::try_from(u32::from(character) - 31).ok(),
        _ => None,
    }
}

/// The character of a symbol.
pub fn character_of(symbol: u8) -> char {
    if symbol == LINE_END {
        '\n'
    } else {
        char::from(symbol + 31)
    }
}

/// The symbols of a text. Characters that have none become question marks, ends of lines of all systems
/// are one, and tabs are spaces.
pub fn symbols(text: &str) -> Vec<u8> {
    let mut symbols = Vec::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let character = match character {
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\r' => '\n',
            '\t' => ' ',
            other => other,
        };
        symbols.push(symbol_of(character).unwrap_or(STAND_IN - 31));
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_a_character() {
        for symbol in 0..u8::try_from(SYMBOLS).unwrap() {
            assert_eq!(symbol_of(character_of(symbol)), Some(symbol));
        }
        assert_eq!(symbol_of('é'), None);
        assert_eq!(symbol_of('\u{7f}'), None);
    }

    #[test]
    fn texts_of_all_systems_are_read() {
        let text = |symbols: &[u8]| symbols.iter().map(|&s| character_of(s)).collect::<String>();
        let read = symbols("X:1\r\nT:Sí\rK:\tG\n");
        assert_eq!(text(&read), "X:1\nT:S?\nK: G\n");
    }
}

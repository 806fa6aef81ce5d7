//! From bytes to text: encodings, and what of the prolog is refused.

use std::borrow::Cow;

use crate::musicxml::error::MusicXmlError;
use crate::reading::Place;

/// Text, and a remark if it had to be guessed.
pub(super) struct Decoded<'a> {
    /// The text, from the first character that is not white space.
    pub(super) text: Cow<'a, str>,
    /// The lines of white space left out before it.
    pub(super) lines_before: usize,
    /// What was guessed about the encoding.
    pub(super) remark: Option<String>,
}

/// The text of an XML file in UTF-8, UTF-16, Latin-1 or Windows-1252. It has at most three bytes
/// for each byte of the input.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, MusicXmlError> {
    let unsupported = |name: &str| MusicXmlError::Encoding {
        name: name.to_owned(),
    };
    let (text, remark) = match bytes {
        [] => return Err(MusicXmlError::Empty),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, b'<', ..] => {
            return Err(unsupported("UTF-32"));
        }
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => eight_bits(rest)?,
        _ => eight_bits(bytes)?,
    };
    let trimmed = text.trim_start();
    if trimmed.is_empty() {
        return Err(MusicXmlError::Empty);
    }
    let skipped = text.len() - trimmed.len();
    let lines_before = text[..skipped].matches('\n').count();
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[skipped..]),
        Cow::Owned(mut text) => {
            text.drain(..skipped);
            Cow::Owned(text)
        }
    };
    Ok(Decoded {
        text,
        lines_before,
        remark,
    })
}

type Guessed<'a> = (Cow<'a, str>, Option<String>);

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Guessed<'_> {
    let pairs = bytes.chunks_exact(2);
    let mut broken = usize::from(!pairs.remainder().is_empty());
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units)
        .map(|decoded| {
            decoded.unwrap_or_else(|_| {
                broken += 1;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    let remark =
        (broken > 0).then(|| format!("{broken} characters were not valid UTF-16 and are lost"));
    (Cow::Owned(text), remark)
}

fn eight_bits(bytes: &[u8]) -> Result<Guessed<'_>, MusicXmlError> {
    let declared = declared_encoding(bytes).unwrap_or_default();
    if is_latin(&declared) {
        return Ok((Cow::Owned(latin(bytes)), None));
    }
    let known = matches!(
        declared.as_str(),
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16"
    );
    match std::str::from_utf8(bytes) {
        Ok(text) if known => Ok((Cow::Borrowed(text), None)),
        Ok(text) => {
            let remark = format!("the encoding {declared:?} is not known; read as UTF-8");
            Ok((Cow::Borrowed(text), Some(remark)))
        }
        Err(error) if known => {
            let remark = format!(
                "not valid UTF-8 from byte {}; read as Latin-1",
                error.valid_up_to()
            );
            Ok((Cow::Owned(latin(bytes)), Some(remark)))
        }
        Err(_) => Err(MusicXmlError::Encoding { name: declared }),
    }
}

fn is_latin(encoding: &str) -> bool {
    matches!(
        encoding,
        "iso-8859-1"
            | "iso8859-1"
            | "iso_8859-1"
            | "latin1"
            | "latin-1"
            | "windows-1252"
            | "cp1252"
    )
}

/// The encoding of the XML declaration in lower case.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let declaration = bytes.get(start..)?.strip_prefix(b"<?xml")?;
    let end = declaration
        .iter()
        .take(200)
        .position(|&byte| byte == b'?')?;
    let declaration = String::from_utf8_lossy(&declaration[..end]).to_ascii_lowercase();
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..]
        .split(quote)
        .next()
        .map(|name| name.trim().to_owned())
}

/// Latin-1 as it is met in practice: with the punctuation of Windows-1252 in place of the control
/// characters.
fn latin(bytes: &[u8]) -> String {
    const PUNCTUATION: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    bytes
        .iter()
        .map(|&byte| match byte {
            0x80..=0x9F => PUNCTUATION[usize::from(byte - 0x80)],
            _ => char::from(byte),
        })
        .collect()
}

/// Refuses a document type that declares entities. The XML parser never fetches anything and
/// bounds the depth of expansion, but a score has no use for entities at all.
pub(super) fn refuse_entities(source: &Decoded) -> Result<(), MusicXmlError> {
    let text = source.text.as_ref();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += found;
        let rest = &text[at..];
        let past = |end: &str| rest.find(end).map(|found| found + end.len());
        let length = if rest.starts_with("<?") {
            past("?>")
        } else if rest.starts_with("<!--") {
            past("-->")
        } else if rest.starts_with("<!DOCTYPE") {
            let length = doctype_length(rest);
            if let Some(entity) = rest[..length].find("<!ENTITY") {
                return Err(MusicXmlError::Entities {
                    place: place_in(text, at + entity, source.lines_before),
                });
            }
            Some(length)
        } else {
            None
        };
        match length {
            Some(length) => at += length,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// The most attributes of one element.
const ATTRIBUTES_MAX: usize = 500;

/// The most namespace declarations.
const NAMESPACES_MAX: usize = 500;

/// Refuses elements with very many attributes and documents with very many namespaces: the time
/// that the XML parser takes grows with the square of either.
pub(super) fn refuse_excess(source: &Decoded) -> Result<(), MusicXmlError> {
    let text = source.text.as_ref();
    let excessive = |byte, what, limit| MusicXmlError::Excessive {
        place: place_in(text, byte, source.lines_before),
        what,
        limit,
    };
    if let Some((byte, _)) = text.match_indices("xmlns").nth(NAMESPACES_MAX) {
        return Err(excessive(byte, "namespaces", NAMESPACES_MAX));
    }
    // A tag has no `<` within, so only what is long until the next one can have many attributes.
    let mut opened: Option<usize> = None;
    let ends = text
        .match_indices('<')
        .map(|(byte, _)| byte)
        .chain([text.len()]);
    for end in ends {
        if let Some(start) = opened
            && end - start > 4 * ATTRIBUTES_MAX
            && attributes(&text[start..end]) > ATTRIBUTES_MAX
        {
            return Err(excessive(start, "attributes of an element", ATTRIBUTES_MAX));
        }
        opened = Some(end);
    }
    Ok(())
}

/// How many attributes the tag has that `text` begins with; a comment has none.
fn attributes(text: &str) -> usize {
    if text.starts_with("<!") {
        return 0;
    }
    let (mut quote, mut count) = (None, 0);
    for byte in text.bytes() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => {
                quote = Some(byte);
                count += 1;
            }
            (None, b'>') => break,
            _ => {}
        }
    }
    count
}

/// The length of the document type declaration that `text` begins with.
fn doctype_length(text: &str) -> usize {
    let (mut quote, mut brackets) = (None, 0_i64);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            // Within the brackets an apostrophe may stand in a comment, where it quotes nothing.
            (None, '"' | '\'') if brackets == 0 => quote = Some(c),
            (None, '[') => brackets += 1,
            (None, ']') => brackets -= 1,
            (None, '>') if brackets <= 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The line and column of a byte of `text`, which has `lines_before` lines before it.
pub(super) fn place_in(text: &str, byte: usize, lines_before: usize) -> Place {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place::Line {
        line: lines_before + before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORE: &str = "<?xml version=\"1.0\" encoding=\"ENCODING\"?>\n<é>\u{2019}</é>";

    fn decoded(bytes: &[u8]) -> String {
        decode(bytes).unwrap().text.into_owned()
    }

    #[test]
    fn reads_every_encoding_that_notation_programs_write() {
        let wide = |unit: fn(u16) -> [u8; 2], bom: &[u8]| -> Vec<u8> {
            let units = SCORE.encode_utf16().flat_map(unit);
            bom.iter().copied().chain(units).collect()
        };
        for bytes in [
            SCORE.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF\n".as_slice(), SCORE.as_bytes()].concat(),
            wide(u16::to_le_bytes, b"\xFF\xFE"),
            wide(u16::to_be_bytes, b"\xFE\xFF"),
            wide(u16::to_le_bytes, b""),
        ] {
            assert_eq!(decoded(&bytes), SCORE, "{:?}", &bytes[..4]);
        }
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><\xE9>\x92</\xE9>";
        assert!(decoded(latin).ends_with("<é>’</é>"));
    }

    #[test]
    fn guesses_aloud() {
        let bytes = b"<?xml version='1.0'?><\xE9/>";
        let guess = decode(bytes).unwrap();
        assert!(guess.text.ends_with("<é/>"));
        assert_eq!(
            guess.remark.as_deref(),
            Some("not valid UTF-8 from byte 22; read as Latin-1")
        );
        let error = decode(b"<?xml version='1.0' encoding='Shift_JIS'?><\xE9/>").err();
        assert!(matches!(error, Some(MusicXmlError::Encoding { name }) if name == "shift_jis"));
    }

    #[test]
    fn entities_are_refused_wherever_they_are_declared() {
        let refused = |text: &str| refuse_entities(&decode(text.as_bytes()).unwrap()).is_err();
        assert!(refused("<!DOCTYPE a [\n<!ENTITY b 'c'>]><a>&b;</a>"));
        assert!(refused(
            "<?xml version='1.0'?><!-- x --><!DOCTYPE a [<!ENTITY % b SYSTEM 'c'>]><a/>"
        ));
        assert!(!refused(
            "<!DOCTYPE a PUBLIC \"-//x>[//\" 'y'><a><!-- <!ENTITY --></a>"
        ));
    }

    #[test]
    fn crowds_of_attributes_and_namespaces_are_refused() {
        let refused = |text: String| refuse_excess(&decode(text.as_bytes()).unwrap()).is_err();
        let many = |count: usize| -> String { (0..count).map(|n| format!(" a{n}='>'")).collect() };
        assert!(refused(format!("<a><b{}/></a>", many(501))));
        assert!(!refused(format!("<a><b{}/>{}</a>", many(400), many(600))));
        assert!(!refused(format!("<a><!-- {} --></a>", many(600))));
        assert!(refused(format!("<a>{}</a>", "<b xmlns='c'/>".repeat(501))));
    }
}

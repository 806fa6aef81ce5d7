//! Text strings: backslash mnemonics, entities and `\u` escapes.

/// Letters with a mark, as `(mark in TeX's manner, base, composed)`.
const ACCENTED: &[(&str, char, char)] = &[
    ("`", 'A', 'À'),
    ("`", 'E', 'È'),
    ("`", 'I', 'Ì'),
    ("`", 'O', 'Ò'),
    ("`", 'U', 'Ù'),
    ("`", 'a', 'à'),
    ("`", 'e', 'è'),
    ("`", 'i', 'ì'),
    ("`", 'o', 'ò'),
    ("`", 'u', 'ù'),
    ("'", 'A', 'Á'),
    ("'", 'E', 'É'),
    ("'", 'I', 'Í'),
    ("'", 'O', 'Ó'),
    ("'", 'U', 'Ú'),
    ("'", 'Y', 'Ý'),
    ("'", 'a', 'á'),
    ("'", 'e', 'é'),
    ("'", 'i', 'í'),
    ("'", 'o', 'ó'),
    ("'", 'u', 'ú'),
    ("'", 'y', 'ý'),
    ("^", 'A', 'Â'),
    ("^", 'E', 'Ê'),
    ("^", 'I', 'Î'),
    ("^", 'O', 'Ô'),
    ("^", 'U', 'Û'),
    ("^", 'Y', 'Ŷ'),
    ("^", 'a', 'â'),
    ("^", 'e', 'ê'),
    ("^", 'i', 'î'),
    ("^", 'o', 'ô'),
    ("^", 'u', 'û'),
    ("^", 'y', 'ŷ'),
    ("~", 'A', 'Ã'),
    ("~", 'N', 'Ñ'),
    ("~", 'O', 'Õ'),
    ("~", 'a', 'ã'),
    ("~", 'n', 'ñ'),
    ("~", 'o', 'õ'),
    ("\"", 'A', 'Ä'),
    ("\"", 'E', 'Ë'),
    ("\"", 'I', 'Ï'),
    ("\"", 'O', 'Ö'),
    ("\"", 'U', 'Ü'),
    ("\"", 'Y', 'Ÿ'),
    ("\"", 'a', 'ä'),
    ("\"", 'e', 'ë'),
    ("\"", 'i', 'ï'),
    ("\"", 'o', 'ö'),
    ("\"", 'u', 'ü'),
    ("\"", 'y', 'ÿ'),
    ("c", 'C', 'Ç'),
    ("c", 'c', 'ç'),
    ("A", 'A', 'Å'),
    ("a", 'a', 'å'),
    ("/", 'O', 'Ø'),
    ("/", 'o', 'ø'),
    ("u", 'A', 'Ă'),
    ("u", 'E', 'Ĕ'),
    ("u", 'a', 'ă'),
    ("u", 'e', 'ĕ'),
    ("v", 'C', 'Č'),
    ("v", 'S', 'Š'),
    ("v", 'Z', 'Ž'),
    ("v", 'c', 'č'),
    ("v", 's', 'š'),
    ("v", 'z', 'ž'),
    ("H", 'O', 'Ő'),
    ("H", 'U', 'Ű'),
    ("H", 'o', 'ő'),
    ("H", 'u', 'ű'),
    ("D", 'H', 'Ð'),
    ("d", 'h', 'ð'),
    ("T", 'H', 'Þ'),
    ("t", 'h', 'þ'),
    ("A", 'E', 'Æ'),
    ("a", 'e', 'æ'),
    ("O", 'E', 'Œ'),
    ("o", 'e', 'œ'),
    ("s", 's', 'ß'),
];

/// The marks of [`ACCENTED`] as the names of entities end: `&eacute;`.
const ENTITY_MARKS: &[(&str, &str)] = &[
    ("grave", "`"),
    ("acute", "'"),
    ("circ", "^"),
    ("tilde", "~"),
    ("uml", "\""),
    ("cedil", "c"),
    ("slash", "/"),
    ("breve", "u"),
    ("caron", "v"),
];

/// Entities that are no letter with a mark.
const ENTITIES: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("nbsp", '\u{a0}'),
    ("copy", '©'),
    ("Aring", 'Å'),
    ("aring", 'å'),
    ("AElig", 'Æ'),
    ("aelig", 'æ'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("szlig", 'ß'),
    ("ETH", 'Ð'),
    ("eth", 'ð'),
    ("THORN", 'Þ'),
    ("thorn", 'þ'),
];

/// What a string of a file says, without spaces at its ends; tabs and the like become spaces.
pub(super) fn decode(raw: &str) -> String {
    let raw = raw.trim();
    if raw.contains(char::is_control) {
        return decode(&raw.replace(char::is_control, " "));
    }
    if !raw.contains(['\\', '&']) {
        return raw.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(next) = rest.chars().next() {
        let (taken, c) = match next {
            '\\' => escape(rest),
            '&' => entity(rest),
            _ => None,
        }
        .unwrap_or((next.len_utf8(), next));
        text.push(if c.is_control() { ' ' } else { c });
        rest = rest.get(taken..).unwrap_or_default();
    }
    // What was escaped may be a space as well.
    match text.trim() {
        trimmed if trimmed.len() == text.len() => text,
        trimmed => trimmed.to_owned(),
    }
}

/// `text` so that [`decode`] gives it back, with the characters of `special` and controls out of
/// the way of whatever surrounds the string.
pub(super) fn encode(text: &str, special: &[char]) -> String {
    encode_within(text.trim(), special)
}

/// Like [`encode`], for a piece of text that keeps the spaces at its ends.
pub(super) fn encode_within(text: &str, special: &[char]) -> String {
    let mut raw = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\\' => raw.push_str("\\\\"),
            '%' => raw.push_str("\\%"),
            '&' if entity(text.get(at..).unwrap_or_default()).is_some() => {
                raw.push_str("\\&");
            }
            c if c.is_control() => raw.push(' '),
            c if special.contains(&c) => raw.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => raw.push(c),
        }
    }
    raw
}

/// The line without its comment: what follows a `%` that no backslash protects.
pub(super) fn without_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'%' => return line.get(..at).unwrap_or(line),
            _ => at += 1,
        }
    }
    line
}

/// The length and meaning of the escape at the start of `raw`.
fn escape(raw: &str) -> Option<(usize, char)> {
    let mut chars = raw.chars().skip(1);
    let (first, second) = (chars.next()?, chars.next());
    if first == 'u'
        && let Some(digits) = raw.get(2..6)
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        && let Some(c) = u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
    {
        return Some((6, c));
    }
    if let Some(second) = second
        && let Some(&(.., composed)) = ACCENTED
            .iter()
            .find(|(mark, base, _)| mark.starts_with(first) && *base == second)
    {
        return Some((1 + first.len_utf8() + second.len_utf8(), composed));
    }
    matches!(first, '\\' | '%' | '&' | '-').then_some((2, first))
}

/// The length and meaning of the entity at the start of `raw`.
fn entity(raw: &str) -> Option<(usize, char)> {
    let end = raw.bytes().take(12).position(|byte| byte == b';')?;
    let name = raw.get(1..end)?;
    let plain = ENTITIES.iter().find(|(entity, _)| *entity == name);
    let found = match plain {
        Some(&(_, c)) => c,
        None => {
            let base = name.chars().next()?;
            let suffix = name.get(base.len_utf8()..)?;
            let (_, mark) = ENTITY_MARKS.iter().find(|(name, _)| *name == suffix)?;
            ACCENTED
                .iter()
                .find(|(accent, letter, _)| accent == mark && *letter == base)?
                .2
        }
    };
    Some((end + 1, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnemonics_entities_and_code_points() {
        assert_eq!(decode(r"caf\'e caf&eacute; caf\u00e9"), "café café café");
        assert_eq!(decode(r"Bj\/orn \AAse \AEgir \ssa"), "Bjørn Åse Ægir ßa");
        assert_eq!(
            decode(r"100 \% \\ Tom & Jerry &c."),
            r"100 % \ Tom & Jerry &c."
        );
        assert_eq!(decode(r"\q \u12"), r"\q \u12");
        assert_eq!(decode(r"&nbsp;a\u0007b\u0020"), "a b");
    }

    #[test]
    fn comments_end_a_line_unless_protected() {
        assert_eq!(without_comment("T:a % b"), "T:a ");
        assert_eq!(without_comment(r"T:a \% b % c"), r"T:a \% b ");
        assert_eq!(without_comment("abc\\"), "abc\\");
    }

    #[test]
    fn text_survives_its_encoding() {
        for text in [
            r"a\b%c&amp;d",
            "\\'e",
            "\"quoted\" [x]",
            "ünïcode 𝄞",
            r"\u0041",
            "tail\\",
            "&&eacute;",
        ] {
            assert_eq!(decode(&encode(text, &['"', ']'])), text);
            assert_eq!(without_comment(&encode(text, &[])), encode(text, &[]));
        }
    }
}

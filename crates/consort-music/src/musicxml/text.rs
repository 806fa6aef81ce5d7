//! Text as XML can hold it.

/// `text` without the characters that XML refuses and without white space around it. Lines end as
/// they do in XML.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut after_return = false;
    for c in text.chars() {
        match c {
            '\r' => clean.push('\n'),
            '\n' if after_return => {}
            '\t' | '\n' => clean.push(c),
            '\u{FFFE}' | '\u{FFFF}' | '\0'..='\u{1F}' => {}
            _ => clean.push(c),
        }
        after_return = c == '\r';
    }
    clean.trim().to_owned()
}

/// The words of `text` on one line.
pub(super) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_fit_for_xml() {
        assert_eq!(clean(" a\r\nb\rc\u{1}\u{FFFF} "), "a\nb\nc");
        assert_eq!(one_line("Alto\rViola \t 2"), "Alto Viola 2");
    }
}

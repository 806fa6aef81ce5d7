//! Quoted strings: which are chord symbols, which are jumps, and which are words.

use crate::score::Navigation;

use super::decoration::DYNAMICS;

/// What a quoted string above the staff is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    /// A chord symbol in its usual spelling.
    Chord(String),
    /// A sign or jump such as `Segno` or `D.C.`.
    Navigation(Vec<Navigation>),
    /// A dynamic.
    Dynamic(String),
    /// Anything else.
    Words(String),
}

impl Quoted {
    /// Sorts `raw`, the text between the quotation marks, before its escapes are read: a writer
    /// that escapes a letter so keeps words from being taken for something else.
    pub(super) fn of(raw: &str) -> Quoted {
        let placed = raw.strip_prefix(['^', '_', '<', '>', '@']);
        // `D/C` is a chord and no da capo.
        let is_chord = placed.is_none() && chord(&super::text::decode(raw)).is_some();
        if let Some(signs) = navigation(placed.unwrap_or(raw)).filter(|_| !is_chord) {
            return Quoted::Navigation(signs);
        }
        let plain = placed.unwrap_or(raw).trim();
        if DYNAMICS.contains(&plain) {
            return Quoted::Dynamic(plain.to_owned());
        }
        match placed {
            // `>` and `<` alone are hairpins and accents of old transcriptions.
            Some(words) if !words.trim().is_empty() => {
                let words = match words.split_once(',') {
                    // `@x,y` is followed by a place on the page.
                    Some(_) if raw.starts_with('@') => words.trim_start_matches(|c: char| {
                        c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+')
                    }),
                    _ => words,
                };
                Quoted::Words(super::text::decode(words))
            }
            _ => {
                let text = super::text::decode(raw);
                match chord(&text) {
                    Some(chord) => Quoted::Chord(chord),
                    None => Quoted::Words(text),
                }
            }
        }
    }
}

/// The usual spelling of a chord symbol, if `text` is one.
///
/// Dialects are brought to one form: a bass in lower case or with `+` for a sharp (`D/f+` is
/// `D/F#`), and the kinds `d` and `a` of the Nottingham collection (`dim` and `aug`).
pub(super) fn chord(text: &str) -> Option<String> {
    let text: String = text.split_whitespace().collect();
    let (above, bass) = match text.rsplit_once('/') {
        // `C6/9` has no bass.
        Some((above, bass)) if !bass.starts_with(|c: char| c.is_ascii_digit()) => {
            (above, Some(bass))
        }
        _ => (text.as_str(), None),
    };
    let (root, kind) = note_name(above, false)?;
    let kind = match kind {
        "d" => "dim",
        "d7" => "dim7",
        "a" => "aug",
        "a7" => "aug7",
        kind => kind,
    };
    if !is_kind(kind) {
        return None;
    }
    match bass {
        None => Some(format!("{root}{kind}")),
        Some(bass) => {
            let (bass, rest) = note_name(bass, true)?;
            rest.is_empty().then(|| format!("{root}{kind}/{bass}"))
        }
    }
}

/// The note at the start of `text` and what follows it.
fn note_name(text: &str, as_bass: bool) -> Option<(String, &str)> {
    let letter = text.chars().next()?;
    let allowed = matches!(letter, 'A'..='G') || as_bass && matches!(letter, 'a'..='g');
    if !allowed {
        return None;
    }
    let mut name = letter.to_ascii_uppercase().to_string();
    let rest = text.get(1..)?;
    let accidental = match rest.chars().next() {
        Some('#' | '♯') => Some('#'),
        Some('+') if as_bass => Some('#'),
        Some('b' | '♭') => Some('b'),
        Some('=') => None,
        _ => return Some((name, rest)),
    };
    name.extend(accidental);
    let taken = rest.chars().next().map_or(0, char::len_utf8);
    Some((name, rest.get(taken..)?))
}

/// Whether `kind` is made of the pieces of which names of chords are made.
fn is_kind(mut kind: &str) -> bool {
    const PIECES: &[&str] = &[
        "maj", "min", "dim", "aug", "sus", "add", "omit", "alt", "no", "dom", "ma", "mi", "M", "m",
        "°", "ø", "Δ", "o", "+", "-", "#", "b", "♯", "♭", "(", ")", ",", "/",
    ];
    while !kind.is_empty() {
        let digits = kind.len() - kind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let taken = PIECES
            .iter()
            .find(|piece| kind.starts_with(**piece))
            .map_or(digits, |piece| piece.len());
        if taken == 0 {
            return false;
        }
        kind = kind.get(taken..).unwrap_or_default();
    }
    true
}

/// The signs and jumps that `text` names, if it is nothing but such a name.
fn navigation(text: &str) -> Option<Vec<Navigation>> {
    use Navigation::{Coda, DaCapo, DalSegno, Fine, Segno, ToCoda};
    let plain: String = text
        .chars()
        .filter(|c| c.is_alphabetic())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // Longer phrases would be remarks about a jump and not the jump itself.
    Some(match plain.as_str() {
        "segno" | "sign" => vec![Segno],
        "coda" => vec![Coda],
        "fine" | "end" | "fin" => vec![Fine],
        "tocoda" | "dacoda" | "alcoda" => vec![ToCoda],
        "dc" | "dacapo" | "dcalfine" | "dacapoalfine" | "dcalcoda" | "dacapoalcoda" => {
            vec![DaCapo]
        }
        "ds" | "dalsegno" | "dsalfine" | "dalsegnoalfine" | "dsalcoda" | "dalsegnoalcoda" => {
            vec![DalSegno]
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_in_their_usual_spelling() {
        for (text, expected) in [
            ("G", "G"),
            ("F#m7b5", "F#m7b5"),
            ("D/f+", "D/F#"),
            ("Gm/bb", "Gm/Bb"),
            ("Gd", "Gdim"),
            ("Fa7", "Faug7"),
            (" Em", "Em"),
            ("D m", "Dm"),
            ("E7(b9)", "E7(b9)"),
            ("C6/9", "C6/9"),
            ("Bbmaj7/D", "Bbmaj7/D"),
        ] {
            assert_eq!(chord(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "", "Slow", "4", "DANCE", "Fmaster", "e", "(E7)", "A MINOR", "G/", "G/x",
        ] {
            assert_eq!(chord(text), None, "{text}");
        }
    }

    #[test]
    fn a_chord_is_its_own_usual_spelling() {
        for text in ["Gd", "Fa7", "A7/c+", "D m"] {
            let usual = chord(text).unwrap();
            assert_eq!(chord(&usual), Some(usual));
        }
    }

    #[test]
    fn jumps_and_words() {
        let jump = |raw| Quoted::of(raw);
        assert_eq!(
            jump("^D.C. al Fine"),
            Quoted::Navigation(vec![Navigation::DaCapo])
        );
        assert_eq!(jump("   Fine"), Quoted::Navigation(vec![Navigation::Fine]));
        assert_eq!(
            jump("DC al (S) slowly"),
            Quoted::Words("DC al (S) slowly".into())
        );
        assert_eq!(jump(r"^\u0046ine"), Quoted::Words("Fine".into()));
        assert_eq!(jump("D/C#"), Quoted::Chord("D/C#".into()));
        assert_eq!(jump("_mf"), Quoted::Dynamic("mf".into()));
        assert_eq!(jump("@10,-5there"), Quoted::Words("there".into()));
        assert_eq!(jump(">"), Quoted::Words(">".into()));
    }
}

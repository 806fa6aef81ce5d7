//! Chord symbols: between the one text of the score and the elements of `harmony`.

use std::fmt::Write;

use crate::pitch::Step;

/// A letter with its accidental.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// The letter.
    pub(super) step: Step,
    /// Semitones above the letter.
    pub(super) alter: i8,
}

/// What a degree does to the chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is added.
    Add,
    /// It is raised or lowered.
    Alter,
    /// It is left out.
    Subtract,
}

/// A degree that the kind of the chord does not have as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Degree {
    /// Counted from the root.
    pub(super) value: u8,
    /// Semitones.
    pub(super) alter: i8,
    /// What happens to it.
    pub(super) change: Change,
}

/// A chord symbol in its elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Harmony {
    /// The root, unless none is printed.
    pub(super) root: Option<Root>,
    /// The kind in the words of MusicXML.
    pub(super) kind: String,
    /// How the kind is printed, where that is said.
    pub(super) kind_text: Option<String>,
    /// Further degrees.
    pub(super) degrees: Vec<Degree>,
    /// The bass, if it is not the root.
    pub(super) bass: Option<Root>,
}

/// The kinds and how they are printed; the first text of a kind is the one we choose.
const KINDS: [(&str, &str); 58] = [
    ("", "major"),
    ("maj", "major"),
    ("M", "major"),
    ("m", "minor"),
    ("mi", "minor"),
    ("min", "minor"),
    ("-", "minor"),
    ("+", "augmented"),
    ("aug", "augmented"),
    ("dim", "diminished"),
    ("o", "diminished"),
    ("°", "diminished"),
    ("7", "dominant"),
    ("maj7", "major-seventh"),
    ("Maj7", "major-seventh"),
    ("ma7", "major-seventh"),
    ("M7", "major-seventh"),
    ("m7", "minor-seventh"),
    ("mi7", "minor-seventh"),
    ("min7", "minor-seventh"),
    ("-7", "minor-seventh"),
    ("dim7", "diminished-seventh"),
    ("o7", "diminished-seventh"),
    ("°7", "diminished-seventh"),
    ("7+", "augmented-seventh"),
    ("+7", "augmented-seventh"),
    ("aug7", "augmented-seventh"),
    ("m7b5", "half-diminished"),
    ("mi7b5", "half-diminished"),
    ("ø", "half-diminished"),
    ("ø7", "half-diminished"),
    ("mMaj7", "major-minor"),
    ("mmaj7", "major-minor"),
    ("mM7", "major-minor"),
    ("m(maj7)", "major-minor"),
    ("6", "major-sixth"),
    ("m6", "minor-sixth"),
    ("9", "dominant-ninth"),
    ("maj9", "major-ninth"),
    ("Maj9", "major-ninth"),
    ("m9", "minor-ninth"),
    ("11", "dominant-11th"),
    ("maj11", "major-11th"),
    ("Maj11", "major-11th"),
    ("m11", "minor-11th"),
    ("13", "dominant-13th"),
    ("maj13", "major-13th"),
    ("Maj13", "major-13th"),
    ("m13", "minor-13th"),
    ("sus2", "suspended-second"),
    ("sus", "suspended-fourth"),
    ("sus4", "suspended-fourth"),
    ("5", "power"),
    ("N6", "Neapolitan"),
    ("It+6", "Italian"),
    ("Fr+6", "French"),
    ("Ger+6", "German"),
    ("Tristan", "Tristan"),
];

const NO_CHORD: &str = "N.C.";

impl Harmony {
    /// The elements of `text`. What is not understood is kept in words: [`Harmony::text`] gives
    /// back `text` whatever it is.
    pub(super) fn parse(text: &str) -> Harmony {
        let Some((root, suffix)) = Root::parse(text) else {
            let kind = if text == NO_CHORD { "none" } else { "other" };
            return Harmony {
                root: None,
                kind: kind.to_owned(),
                kind_text: Some(text.to_owned()),
                degrees: Vec::new(),
                bass: None,
            };
        };
        let over = suffix.rsplit_once('/').and_then(|(suffix, bass)| {
            let (bass, rest) = Root::parse(bass)?;
            rest.is_empty().then_some((suffix, bass))
        });
        let (suffix, bass) = over.map_or((suffix, None), |(suffix, bass)| (suffix, Some(bass)));
        let (kind, kind_text, degrees) =
            parse_kind(suffix).unwrap_or(("other", suffix, Vec::new()));
        Harmony {
            root: Some(root),
            kind: kind.to_owned(),
            kind_text: Some(kind_text.to_owned()),
            degrees,
            bass,
        }
    }

    /// The chord symbol as it is printed.
    pub(super) fn text(&self) -> String {
        let chosen = || KINDS.iter().find(|(_, kind)| *kind == self.kind);
        let kind = match (&self.kind_text, self.kind.as_str()) {
            (Some(text), "major" | "other") => text.as_str(),
            (Some(text), _) if !text.is_empty() => text.as_str(),
            (_, "none") => NO_CHORD,
            _ => chosen().map_or("", |(text, _)| text),
        };
        let mut text = self.root.map_or_else(String::new, |root| root.text());
        text.push_str(kind);
        // Programs differ in whether the printed kind already says the degrees.
        if parse_kind(kind).is_some_and(|(.., degrees)| degrees.is_empty()) {
            self.degrees
                .iter()
                .for_each(|degree| text.push_str(&degree.text()));
        }
        if let Some(bass) = self.bass {
            text.push('/');
            text.push_str(&bass.text());
        }
        text
    }
}

impl Root {
    fn parse(text: &str) -> Option<(Root, &str)> {
        let letter = text.chars().next().filter(char::is_ascii_uppercase)?;
        let step = Step::from_letter(letter)?;
        let rest = &text[1..];
        let (alter, rest) = [("##", 2), ("#", 1), ("bb", -2), ("b", -1)]
            .into_iter()
            .find_map(|(sign, alter)| Some((alter, rest.strip_prefix(sign)?)))
            .unwrap_or((0, rest));
        Some((Root { step, alter }, rest))
    }

    fn text(self) -> String {
        format!("{}{}", self.step.letter(), accidental(self.alter))
    }
}

impl Degree {
    fn text(self) -> String {
        let (sign, value) = (accidental(self.alter), self.value);
        match self.change {
            Change::Add if self.alter != 0 && value >= 9 => format!("{sign}{value}"),
            Change::Add => format!("add{sign}{value}"),
            Change::Alter if self.alter != 0 => format!("{sign}{value}"),
            Change::Alter => format!("alt{value}"),
            Change::Subtract => format!("no{value}"),
        }
    }

    /// A degree printed at the start of `text` exactly as [`Degree::text`] prints it, and the rest.
    fn parse(text: &str) -> Option<(Degree, &str)> {
        let (word, rest) = ["add", "no"]
            .into_iter()
            .find_map(|word| Some((word, text.strip_prefix(word)?)))
            .unwrap_or(("", text));
        let (alter, rest) = [("#", 1), ("b", -1)]
            .into_iter()
            .find_map(|(sign, alter)| Some((alter, rest.strip_prefix(sign)?)))
            .unwrap_or((0, rest));
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let value = rest[..digits].parse().ok()?;
        let change = match word {
            "add" => Change::Add,
            "no" => Change::Subtract,
            _ if value >= 9 => Change::Add,
            _ => Change::Alter,
        };
        let degree = Degree {
            value,
            alter,
            change,
        };
        let printed = degree.text();
        Some((degree, text.strip_prefix(printed.as_str())?))
    }
}

fn accidental(alter: i8) -> String {
    let sign = if alter < 0 { "b" } else { "#" };
    sign.repeat(usize::from(alter.unsigned_abs()))
}

/// The kind that `suffix` names, the part of it that does, and the degrees after that.
fn parse_kind(suffix: &str) -> Option<(&'static str, &str, Vec<Degree>)> {
    if let Some((_, kind)) = KINDS.iter().find(|(text, _)| *text == suffix) {
        return Some((kind, suffix, Vec::new()));
    }
    let starts = KINDS.iter().filter(|(text, _)| suffix.starts_with(text));
    starts
        .filter_map(|(text, kind)| {
            let (name, mut rest) = suffix.split_at(text.len());
            let mut degrees = Vec::new();
            while !rest.is_empty() {
                let (degree, after) = Degree::parse(rest)?;
                degrees.push(degree);
                rest = after;
            }
            Some((*kind, name, degrees))
        })
        .max_by_key(|(_, name, _)| name.len())
}

/// The word MusicXML has for a change, and back.
const CHANGES: [(Change, &str); 3] = [
    (Change::Add, "add"),
    (Change::Alter, "alter"),
    (Change::Subtract, "subtract"),
];

impl Change {
    /// The change that `word` names.
    pub(super) fn from_name(word: &str) -> Option<Change> {
        CHANGES
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(change, _)| *change)
    }

    /// The word.
    pub(super) fn name(self) -> &'static str {
        match self {
            Change::Add => "add",
            Change::Alter => "alter",
            Change::Subtract => "subtract",
        }
    }
}

/// A summary for messages and tests: root, kind, degrees and bass.
impl std::fmt::Display for Harmony {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut degrees = String::new();
        for degree in &self.degrees {
            write!(degrees, " {}", degree.text())?;
        }
        let root = self.root.map_or_else(String::new, Root::text);
        let bass = self
            .bass
            .map_or_else(String::new, |bass| format!(" over {}", bass.text()));
        write!(f, "{root} {}{degrees}{bass}", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chord_symbols_are_understood() {
        for (text, meant) in [
            ("F#m7/C#", "F# minor-seventh over C#"),
            ("Bb", "Bb major"),
            ("C7b9#11", "C dominant b9 #11"),
            ("Dm7b5", "D half-diminished"),
            ("Gadd9", "G major add9"),
            ("A5", "A power"),
            ("C6/9", "C other"),
            ("Esus4/B", "E suspended-fourth over B"),
            ("N.C.", " none"),
            ("ostinato", " other"),
        ] {
            assert_eq!(Harmony::parse(text).to_string(), meant, "{text}");
        }
    }

    #[test]
    fn a_kind_without_text_is_printed_in_our_words() {
        let mut harmony = Harmony::parse("Ami7");
        harmony.kind_text = None;
        assert_eq!(harmony.text(), "Am7");
        harmony.kind = "none".to_owned();
        harmony.root = None;
        assert_eq!(harmony.text(), "N.C.");
    }

    #[test]
    fn degrees_that_the_printed_kind_says_are_not_said_twice() {
        let mut harmony = Harmony::parse("C7b9");
        assert_eq!(harmony.kind_text.as_deref(), Some("7"));
        harmony.kind_text = Some("7b9".to_owned());
        assert_eq!(harmony.text(), "C7b9");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "[A-G][b#]{0,3}[a-zA-Z0-9#+(/]{0,8}|.{1,12}") {
            prop_assert_eq!(Harmony::parse(&text).text(), text);
        }
    }
}

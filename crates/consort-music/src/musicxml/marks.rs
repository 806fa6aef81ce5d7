//! The names that MusicXML has for signs on a note.

use crate::score::Mark;

/// The element below `notations` that holds a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// Trills, turns and mordents.
    Ornaments,
    /// How the instrument is played.
    Technical,
    /// How the note is begun and left.
    Articulations,
    /// `notations` itself.
    Notations,
}

impl Holder {
    /// The name of the element.
    pub(super) fn name(self) -> &'static str {
        match self {
            Holder::Ornaments => "ornaments",
            Holder::Technical => "technical",
            Holder::Articulations => "articulations",
            Holder::Notations => "notations",
        }
    }
}

/// Signs that have their own [`Mark`].
const MARKS: [(Holder, &str, Mark); 12] = [
    (Holder::Articulations, "staccato", Mark::Staccato),
    (Holder::Articulations, "staccatissimo", Mark::Staccatissimo),
    (Holder::Articulations, "tenuto", Mark::Tenuto),
    (Holder::Articulations, "accent", Mark::Accent),
    (Holder::Articulations, "strong-accent", Mark::Marcato),
    (Holder::Articulations, "breath-mark", Mark::Breath),
    (Holder::Ornaments, "trill-mark", Mark::Trill),
    (Holder::Ornaments, "mordent", Mark::Mordent),
    (Holder::Ornaments, "inverted-mordent", Mark::InvertedMordent),
    (Holder::Ornaments, "turn", Mark::Turn),
    (Holder::Technical, "down-bow", Mark::DownBow),
    (Holder::Technical, "up-bow", Mark::UpBow),
];

/// Signs that are kept by their name.
const NAMED: [(Holder, &str); 33] = [
    (Holder::Articulations, "detached-legato"),
    (Holder::Articulations, "spiccato"),
    (Holder::Articulations, "scoop"),
    (Holder::Articulations, "plop"),
    (Holder::Articulations, "doit"),
    (Holder::Articulations, "falloff"),
    (Holder::Articulations, "caesura"),
    (Holder::Articulations, "stress"),
    (Holder::Articulations, "unstress"),
    (Holder::Articulations, "soft-accent"),
    (Holder::Ornaments, "delayed-turn"),
    (Holder::Ornaments, "inverted-turn"),
    (Holder::Ornaments, "delayed-inverted-turn"),
    (Holder::Ornaments, "vertical-turn"),
    (Holder::Ornaments, "inverted-vertical-turn"),
    (Holder::Ornaments, "shake"),
    (Holder::Ornaments, "schleifer"),
    (Holder::Ornaments, "haydn"),
    (Holder::Technical, "open-string"),
    (Holder::Technical, "thumb-position"),
    (Holder::Technical, "double-tongue"),
    (Holder::Technical, "triple-tongue"),
    (Holder::Technical, "stopped"),
    (Holder::Technical, "snap-pizzicato"),
    (Holder::Technical, "fingernails"),
    (Holder::Technical, "harmonic"),
    (Holder::Technical, "brass-bend"),
    (Holder::Technical, "flip"),
    (Holder::Technical, "smear"),
    (Holder::Technical, "open"),
    (Holder::Technical, "golpe"),
    (Holder::Notations, "arpeggiate"),
    (Holder::Notations, "non-arpeggiate"),
];

/// What the names of accidentals above a note begin with, which editors add.
const ACCIDENTAL: &str = "accidental-mark-";

/// The accidentals that stand above a note.
const ACCIDENTALS: [&str; 12] = [
    "sharp",
    "natural",
    "flat",
    "double-sharp",
    "sharp-sharp",
    "flat-flat",
    "natural-sharp",
    "natural-flat",
    "quarter-flat",
    "quarter-sharp",
    "three-quarters-flat",
    "three-quarters-sharp",
];

/// The most strokes of a tremolo.
const STROKES_MAX: u8 = 8;

/// How a sign is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sign<'a> {
    /// The element it stands in.
    pub(super) holder: Holder,
    /// Its own element.
    pub(super) name: &'static str,
    /// The text within it; none for an empty element.
    pub(super) text: Option<&'a str>,
}

/// The mark that an element of `holder` stands for, given its text; none if it is not modelled.
pub(super) fn mark_of(holder: Holder, name: &str, text: &str) -> Option<Mark> {
    if let Some((.., mark)) = MARKS.iter().find(|(h, n, _)| (*h, *n) == (holder, name)) {
        return Some(mark.clone());
    }
    let kept = || Some(Mark::Other(text.to_owned())).filter(|_| !text.is_empty());
    match (holder, name) {
        (Holder::Technical, "fingering") => kept().filter(|_| is_finger(text)),
        (Holder::Ornaments, "tremolo") => {
            let strokes = text
                .parse::<u8>()
                .ok()
                .filter(|&strokes| strokes <= STROKES_MAX)?;
            Some(Mark::Other(format!("tremolo-{strokes}")))
        }
        (Holder::Ornaments | Holder::Notations, "accidental-mark") => ACCIDENTALS
            .contains(&text)
            .then(|| Mark::Other(format!("{ACCIDENTAL}{text}"))),
        (_, "other-articulation" | "other-ornament" | "other-technical" | "other-notation") => {
            kept()
        }
        _ => NAMED
            .contains(&(holder, known_name(name)?))
            .then(|| Mark::Other(name.to_owned())),
    }
}

fn known_name(name: &str) -> Option<&'static str> {
    NAMED
        .iter()
        .map(|(_, known)| *known)
        .find(|known| *known == name)
}

fn is_finger(text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'5'])
}

/// How `mark` is written. Fermatas and slurs have elements of their own and give none here.
pub(super) fn sign_of(mark: &Mark) -> Option<Sign<'_>> {
    let empty = |holder, name| {
        let text = None;
        Some(Sign { holder, name, text })
    };
    if let Some((holder, name, _)) = MARKS.iter().find(|(.., known)| known == mark) {
        return empty(*holder, *name);
    }
    let Mark::Other(other) = mark else {
        return None;
    };
    if let Some((holder, name)) = NAMED.iter().find(|(_, known)| known == other) {
        return empty(*holder, *name);
    }
    let accidental = other
        .strip_prefix(ACCIDENTAL)
        .filter(|accidental| ACCIDENTALS.contains(accidental));
    if accidental.is_some() {
        return Some(Sign {
            holder: Holder::Notations,
            name: "accidental-mark",
            text: accidental,
        });
    }
    let strokes = other
        .strip_prefix("tremolo-")
        .filter(|strokes| matches!(strokes.as_bytes(), [b'0'..=b'8']));
    Some(match strokes {
        Some(strokes) => Sign {
            holder: Holder::Ornaments,
            name: "tremolo",
            text: Some(strokes),
        },
        None if is_finger(other) => Sign {
            holder: Holder::Technical,
            name: "fingering",
            text: Some(other),
        },
        None => Sign {
            holder: Holder::Articulations,
            name: "other-articulation",
            text: Some(other),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_read_as_it_is_written() {
        let others = [
            "roll",
            "3",
            "6",
            "tremolo-3",
            "tremolo-9",
            "arpeggiate",
            "golpe",
            "accidental-mark-natural",
            "accidental-mark-odd",
        ];
        let marks = MARKS.iter().map(|(.., mark)| mark.clone());
        for mark in marks.chain(others.map(|name| Mark::Other(name.to_owned()))) {
            let sign = sign_of(&mark).unwrap();
            let read = mark_of(sign.holder, sign.name, sign.text.unwrap_or_default());
            assert_eq!(read.as_ref(), Some(&mark), "{sign:?}");
        }
        assert_eq!(sign_of(&Mark::Fermata), None);
    }

    #[test]
    fn what_has_no_mark_is_not_guessed() {
        assert_eq!(mark_of(Holder::Ornaments, "staccato", ""), None);
        assert_eq!(mark_of(Holder::Technical, "string", "2"), None);
        assert_eq!(mark_of(Holder::Ornaments, "tremolo", "99"), None);
    }
}

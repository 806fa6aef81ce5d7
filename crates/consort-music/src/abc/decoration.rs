//! Decorations: the names between `!` and the letters that stand for them.

use crate::score::{Mark, Navigation, SpannerKind};

/// What a decoration is in a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decoration {
    /// A sign on the note that follows.
    Mark(Mark),
    /// A dynamic.
    Dynamic(String),
    /// A sign or jump between measures.
    Navigation(Navigation),
    /// One end of a sign that lasts.
    End(End),
}

/// One end of a sign that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) kind: SpannerKind,
    /// Whether it is the end where the sign begins.
    pub(super) begins: bool,
}

impl End {
    fn named(name: &str) -> Option<End> {
        let (base, begins) = match name {
            // A pedal is lifted by a name of its own.
            "ped" => ("ped", true),
            "ped-up" => ("ped", false),
            _ => match name.strip_suffix('(') {
                Some(base) => (base, true),
                None => (name.strip_suffix(')')?, false),
            },
        };
        let kind = match base {
            "crescendo" | "<" | "cresc" => SpannerKind::Crescendo,
            "diminuendo" | ">" | "dim" | "decrescendo" => SpannerKind::Diminuendo,
            "trill" => SpannerKind::Trill,
            "ped" => SpannerKind::Pedal,
            "8va" => SpannerKind::Octaves(1),
            "8vb" => SpannerKind::Octaves(-1),
            "15ma" => SpannerKind::Octaves(2),
            "15mb" => SpannerKind::Octaves(-2),
            "22ma" => SpannerKind::Octaves(3),
            "22mb" => SpannerKind::Octaves(-3),
            "dashes" => SpannerKind::Dashes,
            "bracket" => SpannerKind::Bracket,
            _ => return None,
        };
        Some(End { kind, begins })
    }

    /// The text of one end; an octave line of no octave, or of more than three, has none.
    pub(super) fn text(self) -> Option<String> {
        let base = match self.kind {
            SpannerKind::Crescendo => "<",
            SpannerKind::Diminuendo => ">",
            SpannerKind::Trill => "trill",
            SpannerKind::Pedal if self.begins => return Some("!ped!".to_owned()),
            SpannerKind::Pedal => return Some("!ped-up!".to_owned()),
            SpannerKind::Octaves(1) => "8va",
            SpannerKind::Octaves(-1) => "8vb",
            SpannerKind::Octaves(2) => "15ma",
            SpannerKind::Octaves(-2) => "15mb",
            SpannerKind::Octaves(3) => "22ma",
            SpannerKind::Octaves(-3) => "22mb",
            SpannerKind::Octaves(_) => return None,
            SpannerKind::Dashes => "dashes",
            SpannerKind::Bracket => "bracket",
        };
        let bracket = if self.begins { '(' } else { ')' };
        Some(format!("!{base}{bracket}!"))
    }
}

impl Decoration {
    /// The decoration of that name; a name nobody has defined is a mark of its own.
    pub(super) fn named(name: &str) -> Decoration {
        if DYNAMICS.contains(&name) {
            return Decoration::Dynamic(name.to_owned());
        }
        if let Some(end) = End::named(name) {
            return Decoration::End(end);
        }
        let navigation = match name {
            "segno" | "Segno" => Some(Navigation::Segno),
            "coda" | "Coda" => Some(Navigation::Coda),
            "fine" | "Fine" => Some(Navigation::Fine),
            "dacoda" | "tocoda" => Some(Navigation::ToCoda),
            "D.C." | "dacapo" | "D.C.alfine" | "D.C.alcoda" => Some(Navigation::DaCapo),
            "D.S." | "dalsegno" | "D.S.alfine" | "D.S.alcoda" => Some(Navigation::DalSegno),
            _ => None,
        };
        if let Some(navigation) = navigation {
            return Decoration::Navigation(navigation);
        }
        Decoration::Mark(match name {
            "fermata" | "invertedfermata" | "fermat:a" => Mark::Fermata,
            "staccato" | "." => Mark::Staccato,
            "wedge" | "staccatissimo" => Mark::Staccatissimo,
            "tenuto" => Mark::Tenuto,
            "accent" | ">" | "emphasis" => Mark::Accent,
            "marcato" | "^" => Mark::Marcato,
            "trill" => Mark::Trill,
            "mordent" | "lowermordent" => Mark::Mordent,
            "uppermordent" | "pralltriller" => Mark::InvertedMordent,
            "turn" => Mark::Turn,
            "breath" => Mark::Breath,
            "downbow" => Mark::DownBow,
            "upbow" => Mark::UpBow,
            _ => Mark::Other(name.to_owned()),
        })
    }

    /// What a letter stands for unless a `U:` field says otherwise: its name, or nothing for a
    /// letter that the file would have to define.
    pub(super) fn letter(letter: char) -> Option<&'static str> {
        Some(match letter {
            '.' => "staccato",
            '~' => "roll",
            'H' => "fermata",
            'L' => "accent",
            'M' => "lowermordent",
            'O' => "coda",
            'P' => "uppermordent",
            'S' => "segno",
            'T' => "trill",
            'u' => "upbow",
            'v' => "downbow",
            _ => return None,
        })
    }
}

/// The text of a mark before its note; slurs are not among them.
pub(super) fn text(mark: &Mark) -> String {
    match mark {
        Mark::Fermata => "H",
        Mark::Staccato => ".",
        Mark::Staccatissimo => "!wedge!",
        Mark::Tenuto => "!tenuto!",
        Mark::Accent => "L",
        Mark::Marcato => "!marcato!",
        Mark::Trill => "T",
        Mark::Mordent => "M",
        Mark::InvertedMordent => "P",
        Mark::Turn => "!turn!",
        Mark::Breath => "!breath!",
        Mark::DownBow => "v",
        Mark::UpBow => "u",
        Mark::SlurStart | Mark::SlurStop => "",
        Mark::Other(name) if name == "roll" => "~",
        Mark::Other(name) => return format!("!{}!", plain_name(name)),
    }
    .to_owned()
}

/// The text of a sign or jump.
pub(super) fn navigation_text(navigation: Navigation) -> &'static str {
    match navigation {
        Navigation::Segno => "!segno!",
        Navigation::Coda => "!coda!",
        Navigation::ToCoda => "!dacoda!",
        Navigation::Fine => "!fine!",
        Navigation::DaCapo => "!D.C.!",
        Navigation::DalSegno => "!D.S.!",
    }
}

/// The names that are dynamics.
pub(super) const DYNAMICS: &[&str] = &[
    "pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sf", "sfz", "sffz", "sfp",
    "fp", "fz", "ffz", "rf", "rfz",
];

/// The longest name between exclamation marks; what is longer is no decoration.
pub(super) const NAME_LENGTH_MAX: usize = 40;

/// Whether `name` may stand between exclamation marks.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && !name.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '!' | '|' | '%' | '\\' | '"')
        })
}

/// `name` without what cannot stand between exclamation marks.
fn plain_name(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        if plain.len() + c.len_utf8() > NAME_LENGTH_MAX {
            break;
        }
        plain.push(if is_name(&c.to_string()) { c } else { '-' });
    }
    if plain.is_empty() {
        "-".to_owned()
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_what_lasts_read_back() {
        let octaves = (-3..=3).filter(|octaves| *octaves != 0);
        let kinds = octaves.map(SpannerKind::Octaves).chain([
            SpannerKind::Crescendo,
            SpannerKind::Diminuendo,
            SpannerKind::Pedal,
            SpannerKind::Trill,
            SpannerKind::Dashes,
            SpannerKind::Bracket,
        ]);
        for kind in kinds {
            for begins in [true, false] {
                let end = End { kind, begins };
                let text = end.text().unwrap();
                let name = text.trim_matches('!');
                assert_eq!(Decoration::named(name), Decoration::End(end));
            }
        }
        let begins = true;
        let kind = SpannerKind::Octaves(4);
        assert_eq!(End { kind, begins }.text(), None);
    }

    #[test]
    fn every_mark_reads_back() {
        for mark in [
            Mark::Fermata,
            Mark::Staccato,
            Mark::Staccatissimo,
            Mark::Tenuto,
            Mark::Accent,
            Mark::Marcato,
            Mark::Trill,
            Mark::Mordent,
            Mark::InvertedMordent,
            Mark::Turn,
            Mark::Breath,
            Mark::DownBow,
            Mark::UpBow,
            Mark::Other("roll".into()),
            Mark::Other("4".into()),
            Mark::Other("open string".into()),
        ] {
            let text = text(&mark);
            let name = match text.strip_prefix('!') {
                Some(name) => name.trim_end_matches('!'),
                None => Decoration::letter(text.chars().next().unwrap()).unwrap(),
            };
            let expected = match mark {
                Mark::Other(name) => Mark::Other(name.replace(' ', "-")),
                mark => mark,
            };
            assert_eq!(Decoration::named(name), Decoration::Mark(expected));
        }
    }
}

//! Information fields with a grammar of their own: metre, unit length, tempo, voice properties.

use crate::score::{Clef, ClefSign, Metre, MetreSymbol, Tempo};

use super::fraction::Fraction;

/// The letter and value of `line` if it is a field such as `K:G`.
///
/// `A:|` and `e::` are music that ends in a repeat.
pub(super) fn split(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let letter = chars.next()?;
    let is_field = (letter.is_ascii_alphabetic() || letter == '+') && chars.next() == Some(':');
    let value = line.get(2..)?;
    let is_music = value.starts_with(['|', ':']) && letter != 'I';
    (is_field && !is_music).then_some((letter, value))
}

/// Whether `name` is the letter of a field that says something about the tune as a whole, and so is
/// metadata; other metadata stands in directives.
pub(super) fn is_kept(name: &str) -> bool {
    matches!(
        name.as_bytes(),
        [b'A'..=b'J' | b'N'..=b'P' | b'R'..=b'T' | b'W'..=b'Z']
    )
}

/// Whether an `I:` field says what a directive would.
pub(super) fn is_directive(instruction: &str) -> bool {
    let name = instruction.split_whitespace().next().unwrap_or_default();
    matches!(
        name,
        "propagate-accidentals" | "abc-copyright" | "score" | "staves" | "MIDI"
    )
}

/// The metre of an `M:` field: `None` within for free metre, `None` if it cannot be read.
pub(super) fn metre(value: &str) -> Option<Option<Metre>> {
    let value = value.trim();
    match value {
        "C" | "c" => {
            return Some(Some(Metre {
                symbol: MetreSymbol::Common,
                ..Metre::COMMON
            }));
        }
        "C|" | "c|" => {
            return Some(Some(Metre {
                beats: 2,
                unit: 2,
                symbol: MetreSymbol::Cut,
            }));
        }
        "" | "none" | "None" | "NONE" => return Some(None),
        _ => {}
    }
    // `(2+3+2)/8` says how its beats group; the model keeps their number.
    let first = value
        .split_once(char::is_whitespace)
        .map_or(value, |(first, rest)| {
            if first.contains('/') && !rest.trim_start().starts_with(['/', '+']) {
                first
            } else {
                value
            }
        });
    let (beats, unit) = first.split_once('/')?;
    let unit: u8 = unit.trim().parse().ok()?;
    let beats = beats
        .trim()
        .trim_matches(['(', ')'])
        .split('+')
        .try_fold(0_u8, |sum, group| {
            sum.checked_add(group.trim().trim_matches(['(', ')']).parse().ok()?)
        })?;
    Metre::new(beats, unit).map(Some)
}

/// The length that a note without a number has when no `L:` field says so.
pub(super) fn default_unit(metre: Option<Metre>) -> Fraction {
    let three_quarters = Fraction::new(3, 4);
    match metre {
        Some(metre) if length(metre) < three_quarters => Fraction::new(1, 16),
        _ => Fraction::new(1, 8),
    }
}

/// A full measure as a fraction of a whole note.
pub(super) fn length(metre: Metre) -> Fraction {
    Fraction::new(metre.beats.into(), metre.unit.into())
}

/// The unit length of an `L:` field.
pub(super) fn unit(value: &str) -> Option<Fraction> {
    let value = value.trim();
    let (numerator, denominator) = value.split_once('/').unwrap_or((value, "1"));
    let numerator: i64 = numerator.trim().parse().ok()?;
    let denominator: i64 = denominator.trim().parse().ok()?;
    let in_range = (1..=64).contains(&numerator) && (1..=1024).contains(&denominator);
    in_range.then(|| Fraction::new(numerator, denominator))
}

/// What a `Q:` field says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TempoField {
    pub(super) words: Option<String>,
    pub(super) tempo: Option<Tempo>,
    /// Whether something in it could not be read.
    pub(super) broken: bool,
    /// Whether it counts unit lengths.
    pub(super) outdated: bool,
}

impl TempoField {
    /// Reads `1/4=120`, `"Allegro" 1/4=120`, `3/8=60 "Slow"`, `1/4 3/8=40`, and the outdated
    /// `120`, `C=120` and `C3=40`, which count unit lengths.
    pub(super) fn parse(value: &str, unit: Fraction) -> TempoField {
        let mut field = TempoField::default();
        let mut rest = String::new();
        for (index, piece) in value.split('"').enumerate() {
            if index % 2 == 0 {
                rest.push_str(piece);
                rest.push(' ');
            } else if field.words.is_none() && !piece.trim().is_empty() {
                field.words = Some(super::text::decode(piece));
            }
        }
        let rest = rest.trim();
        if rest.is_empty() {
            return field;
        }
        field.outdated = !rest.starts_with(|c: char| c.is_ascii_digit()) || !rest.contains('=');
        let (beat, rate) = match rest.split_once('=') {
            Some((beat, rate)) => (beats(beat, unit), rate),
            None => (Some(unit), rest),
        };
        let rate = rate
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()
            .and_then(|rate| rate.parse::<f64>().ok());
        field.tempo = beat.zip(rate).and_then(|(beat, rate)| {
            let quarters = beat.times(Fraction::new(4, 1));
            #[expect(clippy::cast_precision_loss, reason = "a beat is a small fraction")]
            let ratio = quarters.numerator() as f64 / quarters.denominator() as f64;
            Tempo::new(rate * ratio)
        });
        field.broken = field.tempo.is_none();
        field
    }
}

/// The beat before the `=` of a tempo: a sum of fractions, or `C` and a number of unit lengths.
fn beats(text: &str, unit: Fraction) -> Option<Fraction> {
    let text = text.trim();
    if let Some(units) = text.strip_prefix(['C', 'c']) {
        let units = if units.trim().is_empty() {
            Fraction::ONE
        } else {
            self::unit(units)?
        };
        return Some(units.times(unit));
    }
    let mut sum = Fraction::ZERO;
    for beat in text.split_whitespace().take(64) {
        sum = sum.plus(self::unit(beat)?);
    }
    (sum > Fraction::ZERO).then_some(sum)
}

/// Properties that `V:` and `K:` fields carry beside their subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    pub(super) clef: Option<ClefProperty>,
    pub(super) name: Option<String>,
    /// Octaves added to what is written.
    pub(super) octave: Option<i8>,
    /// Semitones added to what is written.
    pub(super) transpose: Option<i8>,
    /// What was not understood.
    pub(super) unknown: Vec<String>,
}

/// A clef as a file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClefProperty {
    /// The clef, where the model has it.
    pub(super) clef: Option<Clef>,
    /// Octaves that notes sound above the staff, for `treble-8` and the like.
    pub(super) octave: i8,
}

impl Properties {
    pub(super) fn parse(text: &str) -> Properties {
        let mut properties = Properties::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (word, after) = word(rest);
            rest = after.trim_start();
            properties.set(word);
        }
        properties
    }

    fn set(&mut self, word: &str) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim().trim_matches('"')),
            None => ("", word),
        };
        match name {
            "clef" | "" if clef(value).is_some() => self.clef = clef(value),
            "name" | "nm" => self.name = Some(super::text::decode(value)),
            "octave" | "oct" => match value.parse::<i8>() {
                Ok(octave @ -9..=9) => self.octave = Some(octave),
                _ => self.unknown.push(word.to_owned()),
            },
            "transpose" | "t" => match value.parse::<i8>() {
                Ok(semitones @ -60..=60) => self.transpose = Some(semitones),
                _ => self.unknown.push(word.to_owned()),
            },
            // How the page looks is not kept.
            "sname" | "snm" | "subname" | "stem" | "stems" | "middle" | "m" | "stafflines"
            | "staffscale" | "style" | "gstem" | "gchord" | "dyn" | "lyrics" | "cue" | "space"
            | "brace" | "bracket" | "staff" => {}
            "" if matches!(value, "up" | "down" | "merge" | "auto") => {}
            _ => self.unknown.push(word.to_owned()),
        }
    }
}

/// The first word of `text`, in which quotation marks hold spaces together, and the rest.
fn word(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    let end = text.find(|c: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return true,
            _ => {}
        }
        false
    });
    text.split_at(end.unwrap_or(text.len()))
}

/// The clef of a name such as `treble-8`, `alto`, `bass3` or `G2`.
fn clef(text: &str) -> Option<ClefProperty> {
    let split = text.find(['+', '-', '^', '_']).unwrap_or(text.len());
    let (name, shift) = text.split_at(split);
    let octave = match shift {
        "" => 0,
        "-8" | "_8" => -1,
        "+8" | "^8" => 1,
        "-15" | "_15" => -2,
        "+15" | "^15" => 2,
        _ => return None,
    };
    let (sign, line) = match name {
        "treble" | "treble2" | "G" | "G2" => (ClefSign::G, 2),
        "treble1" | "G1" => (ClefSign::G, 1),
        "bass" | "bass4" | "F" | "F4" => (ClefSign::F, 4),
        "baritone" | "bass3" | "F3" => (ClefSign::F, 3),
        "subbass" | "bass5" | "F5" => (ClefSign::F, 5),
        "alto" | "alto3" | "C" | "C3" => (ClefSign::C, 3),
        "tenor" | "tenor4" | "alto4" | "C4" => (ClefSign::C, 4),
        "soprano" | "alto1" | "C1" => (ClefSign::C, 1),
        "mezzosoprano" | "mezzo" | "alto2" | "C2" => (ClefSign::C, 2),
        "C5" | "alto5" => (ClefSign::C, 5),
        "perc" | "percussion" | "P" => (ClefSign::Percussion, 3),
        "tab" => (ClefSign::Tablature, 5),
        "none" | "auto" => {
            return Some(ClefProperty { clef: None, octave });
        }
        _ => return None,
    };
    let clef = Some(Clef::new(sign, line, octave));
    Some(ClefProperty { clef, octave })
}

/// The name of a clef, as [`Properties`] reads it.
pub(super) fn clef_name(clef: Clef) -> String {
    let line = clef.line.to_string();
    let (name, usual) = match clef.sign {
        ClefSign::G => ("treble", 2),
        ClefSign::F => ("bass", 4),
        ClefSign::C => ("alto", 3),
        ClefSign::Percussion => ("perc", clef.line),
        ClefSign::Tablature => ("tab", clef.line),
    };
    let line = if clef.line == usual { "" } else { &line };
    let name = match clef {
        Clef {
            sign: ClefSign::C,
            line: 4,
            ..
        } => "tenor",
        _ => name,
    };
    let line = if name == "tenor" { "" } else { line };
    let shift = match clef.octave {
        ..=-2 => "-15",
        -1 => "-8",
        0 => "",
        1 => "+8",
        2.. => "+15",
    };
    format!("{name}{line}{shift}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_music_that_looks_like_one() {
        assert_eq!(split("K:G"), Some(('K', "G")));
        assert_eq!(split("+:more"), Some(('+', "more")));
        assert_eq!(split("A:|"), None);
        assert_eq!(split("e::f"), None);
        assert_eq!(split("AB|"), None);
    }

    #[test]
    fn metres() {
        let numbers = |text| metre(text).flatten().map(|m| (m.beats, m.unit));
        assert_eq!(numbers(" 6/8 "), Some((6, 8)));
        assert_eq!(numbers("(2+3+2)/8"), Some((7, 8)));
        assert_eq!(numbers("2 + 3/8"), Some((5, 8)));
        assert_eq!(numbers("C|"), Some((2, 2)));
        assert_eq!(numbers("6/8 3/4"), Some((6, 8)));
        assert_eq!(metre("none"), Some(None));
        assert_eq!(metre("4/3"), None);
        assert_eq!(metre("waltz"), None);
    }

    #[test]
    fn the_unit_follows_from_the_metre() {
        let of = |text| default_unit(metre(text).flatten());
        assert_eq!(of("2/4"), Fraction::new(1, 16));
        assert_eq!(of("3/4"), Fraction::new(1, 8));
        assert_eq!(of("none"), Fraction::new(1, 8));
    }

    #[test]
    fn tempos_of_all_ages() {
        let quarters = |text| {
            TempoField::parse(text, Fraction::new(1, 8))
                .tempo
                .map(Tempo::quarters_per_minute)
        };
        assert_eq!(quarters("1/4=120"), Some(120.0));
        assert_eq!(quarters("\"Slow\" 3/8=60"), Some(90.0));
        assert_eq!(quarters("120"), Some(60.0));
        assert_eq!(quarters("C=120"), Some(60.0));
        assert_eq!(quarters("C3=40"), Some(60.0));
        assert_eq!(quarters("1/4 3/8 1/4 3/8=40"), Some(200.0));
        assert_eq!(quarters("1/4=ca.66.5"), Some(66.5));
        assert_eq!(quarters("1/4=0"), None);
        let words = TempoField::parse("\"Andante\"", Fraction::ONE);
        assert_eq!(
            (words.words.as_deref(), words.broken),
            (Some("Andante"), false)
        );
        assert!(TempoField::parse("fast", Fraction::ONE).broken);
    }

    #[test]
    fn properties_of_voices() {
        let text = r#"clef=treble-8 name="Tenor \u0022I\u0022" transpose=-2 stem=up odd=1"#;
        let properties = Properties::parse(text);
        assert_eq!(
            properties.clef,
            Some(ClefProperty {
                clef: Some(Clef::TREBLE_OCTAVE_DOWN),
                octave: -1
            })
        );
        assert_eq!(properties.name.as_deref(), Some("Tenor \"I\""));
        assert_eq!(properties.transpose, Some(-2));
        assert_eq!(properties.unknown, ["odd=1"]);
        assert_eq!(
            Properties::parse("bass").clef.and_then(|c| c.clef),
            Some(Clef::BASS)
        );
    }
}

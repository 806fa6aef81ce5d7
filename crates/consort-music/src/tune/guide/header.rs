//! The fields before the music.

use crate::abc::key as key_name;
use crate::pitch::{Key, Mode};
use crate::score::Metre;

use super::super::length::{self, EIGHTH, Grains};
use super::super::{Form, METRES, RHYTHM_MAX, Section};
use super::tune::Tune;
use super::typed::completions;
use super::{CharSet, Plan};

/// Fields whose text means nothing for the music, and comments.
const TEXTS: CharSet = CharSet::of("ABCDFGHOSTYZ%");

/// What texts are made of: printable ASCII without the characters that begin comments and escapes.
const PRINTABLE: CharSet = CharSet(((1 << 127) - (1 << 32)) & !(1 << b'%') & !(1 << b'\\'));

const DIGITS: CharSet = CharSet::of("0123456789");
const SMALL: CharSet = CharSet::of("abcdefghijklmnopqrstuvwxyz");
const END: CharSet = CharSet::of("\n");

/// As long as a text may be.
const TEXT_MAX: usize = 60;

/// The digits of the largest reference number.
const NUMBER_MAX: usize = 6;

/// Units of length of texts as collections have them.
const UNITS: &[(&str, Grains)] = &[("1/4", 2 * EIGHTH), ("1/8", EIGHTH), ("1/16", EIGHTH / 2)];

/// The rhythm that players swing, and the metres in which programs that do so take it: abc2midi refuses
/// others.
const SWUNG: &str = "hornpipe";
const SWUNG_METRES: [(u8, u8); 2] = [(2, 4), (4, 4)];

/// The lines before the music.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// The present line.
    line: String,
    /// The letters of the fields so far, and of the last one.
    seen: CharSet,
    last: Option<char>,
    /// Whether it began as files of collections do.
    is_raw: bool,
    form: Option<Form>,
    /// Whether the rhythm is [`SWUNG`].
    is_swung: bool,
    metre: Option<Metre>,
    unit: Option<Grains>,
}

/// The keys of all names, or only `key`.
pub(super) fn keys(key: Option<Key>) -> Vec<(String, Key)> {
    const MODES: [Mode; 7] = [
        Mode::Major,
        Mode::Minor,
        Mode::Dorian,
        Mode::Phrygian,
        Mode::Lydian,
        Mode::Mixolydian,
        Mode::Locrian,
    ];
    let all = MODES
        .into_iter()
        .flat_map(|mode| (-7..=7).map(move |fifths| Key { fifths, mode }));
    all.filter(|one| key.is_none_or(|key| key == *one))
        .map(|key| (key_name::name(Some(key)), key))
        .collect()
}

impl Header {
    pub(super) fn allowed(&self, plan: &Plan) -> CharSet {
        let mut typed = self.line.chars();
        let Some(field) = typed.next() else {
            return self.fields(plan);
        };
        if field == '%' {
            // Two of them would begin a directive.
            return Header::text(typed.as_str());
        }
        if typed.next().is_none() {
            return CharSet::of(":");
        }
        let space = CharSet::of(" ");
        let is_raw = self.is_raw || self.last.is_none() && is_raw_field(field);
        match typed.as_str() {
            "" if is_raw => self.value(field, "", plan).union(space),
            value => self.value(field, value.strip_prefix(' ').unwrap_or(value), plan),
        }
    }

    /// The first letters of the fields that may come.
    fn fields(&self, plan: &Plan) -> CharSet {
        let conditions = &plan.conditions;
        let rhythm_first = conditions.rhythm.is_some() && !self.seen.contains('R');
        let rhythm = if rhythm_first { "R" } else { "RM" };
        match self.last {
            None => {
                let form = CharSet::of(if conditions.form.is_some() {
                    "N"
                } else {
                    rhythm
                });
                TEXTS.union(CharSet::of("XN")).union(form)
            }
            Some('X') => CharSet::of("T"),
            _ if self.is_raw => {
                let is_ready = self.seen.contains('M') && !rhythm_first;
                let key = CharSet::of(if is_ready { "K" } else { "" });
                let others = TEXTS.union(CharSet::of("RML"));
                others.without(self.seen).union(key)
            }
            Some('N') => CharSet::of(rhythm),
            Some('R') => CharSet::of("M"),
            Some('M') => CharSet::of("L"),
            Some(_) => CharSet::of("K"),
        }
    }

    /// What may follow `value`, the text of a field so far.
    fn value(&self, field: char, value: &str, plan: &Plan) -> CharSet {
        let conditions = &plan.conditions;
        let one_of = |options: &mut dyn Iterator<Item = &str>| {
            let (next, is_one) = completions(value, options);
            if is_one { next.union(END) } else { next }
        };
        match field {
            'N' => match &conditions.form {
                Some(form) => one_of(&mut [form.to_string().as_str()].into_iter()),
                None => form(value),
            },
            'R' => match &conditions.rhythm {
                Some(rhythm) => one_of(&mut [rhythm.as_str()].into_iter()),
                None => self.rhythm(value),
            },
            'M' => {
                let metres = METRES.iter().filter(|(beats, unit)| {
                    let is_it = |metre: Metre| (metre.beats, metre.unit) == (*beats, *unit);
                    match conditions.metre {
                        Some(metre) => is_it(metre),
                        None => !self.is_swung || SWUNG_METRES.contains(&(*beats, *unit)),
                    }
                });
                let names: Vec<String> = metres
                    .map(|(beats, unit)| format!("{beats}/{unit}"))
                    .collect();
                let signs: &[&str] = match conditions.metre {
                    None if self.is_raw => &["C", "C|"],
                    _ => &[],
                };
                one_of(
                    &mut names
                        .iter()
                        .map(String::as_str)
                        .chain(signs.iter().copied()),
                )
            }
            'L' => one_of(&mut units(self.is_raw).iter().map(|(name, _)| *name)),
            'K' => one_of(&mut plan.keys.iter().map(|(name, _)| name.as_str())),
            'X' => number(value),
            // A line that begins like `F:|` is music to a reader.
            _ if value.is_empty() => Header::text(value).without(CharSet::of("|:")),
            _ => Header::text(value),
        }
    }

    fn text(value: &str) -> CharSet {
        if value.len() < TEXT_MAX {
            PRINTABLE.union(END)
        } else {
            END
        }
    }

    fn rhythm(&self, value: &str) -> CharSet {
        const CAPITALS: CharSet = CharSet::of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if value.len() >= RHYTHM_MAX {
            return END;
        }
        let letters = if self.is_raw {
            SMALL.union(CAPITALS)
        } else {
            SMALL
        };
        if value.is_empty() || value.ends_with(' ') {
            return letters;
        }
        let goes_on = value.len() + 1 < RHYTHM_MAX;
        let swings = |metre: Metre| SWUNG_METRES.contains(&(metre.beats, metre.unit));
        let last = self.metre.filter(|&metre| !swings(metre)).and_then(|_| {
            let (last, before) = SWUNG.as_bytes().split_last()?;
            value
                .as_bytes()
                .eq_ignore_ascii_case(before)
                .then_some(*last)
        });
        let last = last.map_or(CharSet::EMPTY, |last| {
            let last = char::from(last);
            let mut both = CharSet::EMPTY;
            both.insert(last);
            both.insert(last.to_ascii_uppercase());
            both
        });
        letters
            .without(last)
            .union(END)
            .union(CharSet::of(if goes_on { " " } else { "" }))
    }

    /// Takes a character that is allowed; the frame of the music once the header has ended.
    pub(super) fn push(&mut self, c: char, plan: &Plan) -> Option<Tune> {
        if c != '\n' {
            self.line.push(c);
            return None;
        }
        let line = std::mem::take(&mut self.line);
        let field = line.chars().next()?;
        let value = line.get(2..).unwrap_or_default();
        let value = value.strip_prefix(' ').unwrap_or(value);
        self.is_raw |= self.last.is_none() && is_raw_field(field);
        self.seen.insert(field);
        self.last = Some(field);
        match field {
            'N' => self.form = value.parse().ok(),
            'R' => {
                let start = value.as_bytes().get(..SWUNG.len());
                self.is_swung =
                    start.is_some_and(|start| start.eq_ignore_ascii_case(SWUNG.as_bytes()));
            }
            'M' => self.metre = metre(value),
            'L' => {
                let unit = UNITS.iter().find(|(name, _)| *name == value);
                self.unit = unit.map(|(_, unit)| *unit);
            }
            'K' => {
                let (_, key) = plan.keys.iter().find(|(name, _)| name == value)?;
                return self.tune(*key, plan);
            }
            _ => {}
        }
        None
    }

    fn tune(&mut self, key: Key, plan: &Plan) -> Option<Tune> {
        let full = length::of_bar(self.metre?)?;
        // ABC takes sixteenth notes for the unit of metres shorter than three quarters.
        let default = if full < 6 * EIGHTH {
            EIGHTH / 2
        } else {
            EIGHTH
        };
        let unit = self.unit.unwrap_or(default);
        let spaced = !self.seen.contains('N');
        let form = self.form.take().or_else(|| plan.conditions.form.clone());
        Some(Tune::new(form, (full, unit), spaced, key, &plan.conditions))
    }
}

/// Whether no tune text has the field.
fn is_raw_field(field: char) -> bool {
    field == 'X' || TEXTS.contains(field)
}

fn units(is_raw: bool) -> &'static [(&'static str, Grains)] {
    if is_raw { UNITS } else { &UNITS[1..2] }
}

fn metre(value: &str) -> Option<Metre> {
    if value.starts_with('C') {
        return Some(Metre::COMMON);
    }
    let (beats, unit) = value.split_once('/')?;
    Metre::new(beats.parse().ok()?, unit.parse().ok()?)
}

/// What may follow `value` in a reference number.
fn number(value: &str) -> CharSet {
    match value.len() {
        0 => DIGITS.without(CharSet::of("0")),
        1..NUMBER_MAX => DIGITS.union(END),
        _ => END,
    }
}

/// What may follow `value` in a form.
fn form(value: &str) -> CharSet {
    let digits = value.len() - value.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, number) = value.split_at(value.len() - digits);
    let sections: Vec<Section> = match before.parse::<Form>() {
        Ok(form) => form.sections().to_vec(),
        Err(_) => Vec::new(),
    };
    let done: u32 = sections.iter().map(|section| u32::from(section.bars)).sum();
    let number: u32 = number.parse().unwrap_or(0);
    let mut next = CharSet::EMPTY;
    for digit in 0..10_u32 {
        let bars = number * 10 + digit;
        if bars > 0 && done + bars <= u32::from(Form::BARS_MAX) {
            next = next.union(CharSet(1 << (u32::from(b'0') + digit)));
        }
    }
    if number > 0 {
        next = next.union(CharSet::of(":."));
    } else if !sections.is_empty() {
        next = next.union(END);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::super::{Conditions, Guide};
    use super::*;

    fn after(conditions: Conditions, text: &str) -> CharSet {
        let mut guide = Guide::new(conditions).unwrap();
        text.chars().for_each(|c| guide.push(c).unwrap());
        guide.allowed()
    }

    #[test]
    fn hornpipes_are_swung_in_two_or_four() {
        let any = Conditions::default;
        assert_eq!(after(any(), "R:hornpipe\nM:"), CharSet::of("24"));
        assert!(after(any(), "R:hornpip\nM:").contains('6'));
        assert!(!after(any(), "X:1\nT:a\nM:6/8\nR:Hornpip").contains('e'));
        assert!(after(any(), "X:1\nT:a\nM:4/4\nR:Hornpip").contains('e'));
        let asked = Conditions {
            metre: Metre::new(3, 2),
            ..any()
        };
        assert_eq!(
            after(asked, "R:hornpipe\nM:"),
            CharSet::of("3"),
            "who asks gets"
        );
    }
}

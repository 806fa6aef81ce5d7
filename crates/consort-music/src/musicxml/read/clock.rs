//! Durations: from the divisions of each part to the ticks of the score.

use std::collections::BTreeSet;

use roxmltree::Node;

use crate::musicxml::read::nominal::Quarters;
use crate::musicxml::read::{PartSource, child_text, elements, text};
use crate::musicxml::report::Report;
use crate::time::{Resolution, Ticks};

/// The longest measure that is read, and so the longest length: 16 384 whole notes in the finest
/// resolution. A file of any size that fits in memory then ends before time overflows.
pub(super) const TICKS_MAX: Ticks = Ticks(1 << 40);

/// A number with at most nine digits after its decimal point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    digits: i64,
    /// The power of ten that `digits` are divided by.
    scale: i64,
}

impl Decimal {
    const ONE: Decimal = Decimal {
        digits: 1,
        scale: 1,
    };

    fn parse(text: &str) -> Option<Decimal> {
        const DECIMALS_MAX: usize = 9;
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (-1, unsigned),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DECIMALS_MAX {
            return None;
        }
        let number = |digits: &str| -> Option<i64> {
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            match digits {
                "" => Some(0),
                _ => digits.parse().ok().filter(|_| is_number),
            }
        };
        let scale = 10_i64.pow(u32::try_from(fraction.len()).ok()?);
        let digits = number(whole)?.checked_mul(scale)?;
        Some(Decimal {
            digits: sign * digits.checked_add(number(fraction)?)?,
            scale,
        })
    }
}

/// Turns durations into ticks by the divisions in force.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    resolution: Resolution,
    divisions: Decimal,
    /// The ticks of one division, where they are whole.
    ticks_per_division: Option<i64>,
}

impl Clock {
    /// One division to the quarter note, until [`Clock::set_divisions`] says otherwise.
    pub(super) fn new(resolution: Resolution) -> Clock {
        Clock {
            resolution,
            divisions: Decimal::ONE,
            ticks_per_division: Some(resolution.quarter().0),
        }
    }

    /// Sets the divisions of a quarter note, or says that `text` gives none.
    #[must_use]
    pub(super) fn set_divisions(&mut self, text: &str) -> bool {
        let Some(divisions) = Decimal::parse(text).filter(|decimal| decimal.digits > 0) else {
            return false;
        };
        self.divisions = divisions;
        let quarter = self.resolution.quarter().0.saturating_mul(divisions.scale);
        self.ticks_per_division =
            (quarter % divisions.digits == 0).then(|| quarter / divisions.digits);
        true
    }

    /// The ticks that `text` divisions last, and whether that is exact.
    pub(super) fn ticks(&self, text: &str) -> Option<(Ticks, bool)> {
        let length = Decimal::parse(text)?;
        if let (Some(ticks), 1) = (self.ticks_per_division, length.scale) {
            let ticks = i128::from(length.digits) * i128::from(ticks);
            return Some((bounded(ticks), true));
        }
        let (numerator, denominator) = self.quarters(length);
        let ticks = numerator * i128::from(self.resolution.quarter().0);
        let rounded = (2 * ticks + denominator).div_euclid(2 * denominator);
        Some((bounded(rounded), ticks % denominator == 0))
    }

    /// What `note` is meant to last, if `text` is that rounded to whole divisions.
    pub(super) fn meant(&self, note: Node, text: &str) -> Option<Quarters> {
        let meant = Quarters::of(note)?;
        let rounded = self.quarters(Decimal::parse(text)?);
        let divisions = (self.divisions.digits.into(), self.divisions.scale.into());
        meant.was_rounded_to(rounded, divisions).then_some(meant)
    }

    /// The length in ticks, if it is whole.
    pub(super) fn exact(&self, length: Quarters) -> Option<Ticks> {
        length.ticks(self.resolution)
    }

    /// `length` divisions in quarter notes, as numerator and denominator.
    fn quarters(&self, length: Decimal) -> (i128, i128) {
        (
            i128::from(length.digits) * i128::from(self.divisions.scale),
            i128::from(length.scale) * i128::from(self.divisions.digits),
        )
    }
}

fn bounded(ticks: i128) -> Ticks {
    let limit = i128::from(TICKS_MAX.0);
    Ticks(i64::try_from(ticks.clamp(-limit, limit)).expect("clamped to 40 bits"))
}

/// The coarsest resolution in which a division of every part is whole, and so is what notes are
/// meant to last whose duration was rounded. Where that would be finer than [`Resolution::MAX`]
/// the lengths that occur decide, and what still does not fit is rounded.
pub(super) fn resolution_of(parts: &[PartSource], report: &mut Report) -> Resolution {
    let mut divisions = BTreeSet::new();
    let mut lengths = BTreeSet::new();
    let mut meant = BTreeSet::new();
    each_length(parts, &mut |clock, length| match length {
        Length::Division => drop(divisions.insert(denominator(clock.quarters(Decimal::ONE)))),
        Length::Duration(length) if length.scale > 1 => {
            lengths.insert(denominator(clock.quarters(length)));
        }
        Length::Duration(_) => {}
        Length::Meant(length) => {
            let quarters = (length.numerator.into(), length.denominator.into());
            meant.insert(denominator(quarters));
        }
    });
    let one = Resolution::new(1).expect("1 is in range");
    let whole = divisions
        .iter()
        .try_fold(one, |all, &more| refine(all, more));
    let start = whole.unwrap_or_else(|| {
        each_length(parts, &mut |clock, length| {
            if let Length::Duration(length) = length {
                lengths.insert(denominator(clock.quarters(length)));
            }
        });
        one
    });
    lengths.iter().chain(&meant).fold(start, |all, &more| {
        refine(all, more).unwrap_or_else(|| {
            report.file("some lengths are too fine for any common unit of time and are rounded");
            all
        })
    })
}

fn refine(resolution: Resolution, denominator: i128) -> Option<Resolution> {
    resolution.common(Resolution::new(u32::try_from(denominator).ok()?)?)
}

fn denominator((numerator, denominator): (i128, i128)) -> i128 {
    let (mut a, mut b) = (numerator.abs(), denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    denominator / a.max(1)
}

/// A length that a document states.
enum Length {
    /// One division of a quarter note.
    Division,
    /// So many divisions.
    Duration(Decimal),
    /// What a note is meant to last.
    Meant(Quarters),
}

/// Calls `visit` for every length with the clock in force.
fn each_length(parts: &[PartSource], visit: &mut dyn FnMut(&Clock, Length)) {
    let one = Resolution::new(1).expect("1 is in range");
    for part in parts {
        let mut clock = Clock::new(one);
        for element in part.measures.iter().flat_map(|m| elements(m.content)) {
            if element.has_tag_name("attributes") {
                let divisions = elements(element).filter(|node| node.has_tag_name("divisions"));
                for node in divisions {
                    if clock.set_divisions(text(node)) {
                        visit(&clock, Length::Division);
                    }
                }
            } else if let Some(text) = length_of(element) {
                if let Some(meant) = clock.meant(element, text) {
                    visit(&clock, Length::Meant(meant));
                }
                if let Some(length) = Decimal::parse(text) {
                    visit(&clock, Length::Duration(length));
                }
            }
        }
    }
}

/// The text of the length that an element of a measure has.
fn length_of<'a>(element: Node<'a, '_>) -> Option<&'a str> {
    match element.tag_name().name() {
        "note" | "backup" | "forward" => child_text(element, "duration"),
        "direction" | "harmony" | "sound" => child_text(element, "offset"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let decimal = |digits, scale| Some(Decimal { digits, scale });
        assert_eq!(Decimal::parse("12"), decimal(12, 1));
        assert_eq!(Decimal::parse("-1.50"), decimal(-15, 10));
        assert_eq!(Decimal::parse(".25"), decimal(25, 100));
        assert_eq!(Decimal::parse("1."), decimal(1, 1));
        for nonsense in [
            "",
            ".",
            "-",
            "--1",
            "1e3",
            "0x1",
            "1.2.3",
            "1.+5",
            "9999999999999999999",
        ] {
            assert_eq!(Decimal::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_rounded_and_told() {
        let mut clock = Clock::new(Resolution::new(4).unwrap());
        assert!(clock.set_divisions("6"));
        assert_eq!(clock.ticks("3"), Some((Ticks(2), true)));
        assert_eq!(clock.ticks("1"), Some((Ticks(1), false)));
        assert_eq!(clock.ticks("-1.5"), Some((Ticks(-1), true)));
        assert!(!clock.set_divisions("0"));
        assert_eq!(clock.ticks("999999999").unwrap().0, Ticks(666_666_666));
    }
}

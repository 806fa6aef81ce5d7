//! Note values: which durations one note head can have.

use crate::score::Tuplet;
use crate::time::{Resolution, Ticks};

/// The values from eight whole notes down to the 1024th of one, as MusicXML names them.
const NAMES: [&str; 14] = [
    "maxima", "long", "breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th",
    "128th", "256th", "512th", "1024th",
];

/// The place of the whole note in [`NAMES`].
const WHOLE: i32 = 3;

/// The place of the quarter note in [`NAMES`].
const QUARTER: i32 = 5;

/// The most dots that are written; more are written as ties.
const DOTS_MAX: u8 = 2;

/// The tuplets that are tried for a length that is no plain value, the commonest first.
const TUPLETS: [Tuplet; 10] = [
    tuplet(3, 2),
    tuplet(5, 4),
    tuplet(7, 4),
    tuplet(2, 3),
    tuplet(4, 3),
    tuplet(9, 8),
    tuplet(11, 8),
    tuplet(13, 8),
    tuplet(15, 8),
    tuplet(7, 8),
];

const fn tuplet(actual: u8, normal: u8) -> Tuplet {
    Tuplet { actual, normal }
}

/// A note value with dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// The place in [`NAMES`].
    index: u8,
    /// The dots after it.
    pub(super) dots: u8,
}

impl Value {
    /// An eighth note.
    pub(super) const EIGHTH: Value = Value { index: 6, dots: 0 };

    /// A sixteenth note.
    pub(super) const SIXTEENTH: Value = Value { index: 7, dots: 0 };

    /// The value that lasts `duration` ticks, or whose `tuplet` does.
    pub(super) fn of(
        duration: Ticks,
        tuplet: Option<Tuplet>,
        resolution: Resolution,
    ) -> Option<Value> {
        let (actual, normal) =
            tuplet.map_or((1, 1), |t| (i128::from(t.actual), i128::from(t.normal)));
        let numerator = i128::from(duration.0).checked_mul(actual)?;
        let denominator = i128::from(resolution.quarter().0) * 4 * normal;
        if numerator <= 0 || denominator <= 0 {
            return None;
        }
        let divisor = gcd(numerator, denominator);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        if !denominator.unsigned_abs().is_power_of_two() {
            return None;
        }
        // One, three and seven units are a value without, with one, and with two dots: the value
        // itself is the unit doubled once per dot.
        let doublings = numerator.trailing_zeros();
        let dots = match numerator >> doublings {
            1 => 0,
            3 => 1,
            7 => DOTS_MAX,
            _ => return None,
        };
        let power =
            i32::try_from(doublings).ok()? - i32::try_from(denominator.trailing_zeros()).ok()?;
        let index = u8::try_from(WHOLE - power - i32::from(dots)).ok()?;
        (usize::from(index) < NAMES.len()).then_some(Value { index, dots })
    }

    /// The name of the value without its dots.
    pub(super) fn name(self) -> &'static str {
        NAMES[usize::from(self.index)]
    }

    /// The beams or flags it has: 1 for an eighth.
    pub(super) fn beams(self) -> u8 {
        self.index.saturating_sub(5)
    }

    /// The length of the value of a name in quarter notes, as numerator and denominator.
    pub(super) fn quarters_of(name: &str) -> Option<(i64, i64)> {
        let index = NAMES.iter().position(|known| *known == name)?;
        let power = QUARTER - i32::try_from(index).ok()?;
        Some(match power {
            0.. => (1 << power, 1),
            _ => (1, 1 << -power),
        })
    }
}

/// The tuplets in which `duration` is a plain value with no dot, the commonest first.
pub(super) fn tuplets_of(duration: Ticks, resolution: Resolution) -> impl Iterator<Item = Tuplet> {
    TUPLETS.into_iter().filter(move |tuplet| {
        Value::of(duration, Some(*tuplet), resolution).is_some_and(|value| value.dots == 0)
    })
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(duration: i64, tuplet: Option<Tuplet>) -> Option<String> {
        let resolution = Resolution::new(24).unwrap();
        let value = Value::of(Ticks(duration), tuplet, resolution)?;
        Some(format!(
            "{}{}",
            value.name(),
            ".".repeat(usize::from(value.dots))
        ))
    }

    #[test]
    fn durations_have_the_names_musicians_give_them() {
        for (duration, name) in [
            (24, Some("quarter")),
            (36, Some("quarter.")),
            (42, Some("quarter..")),
            (45, None),
            (12, Some("eighth")),
            (96, Some("whole")),
            (192, Some("breve")),
            (3, Some("32nd")),
            (16, None),
            (0, None),
            (120, None),
        ] {
            assert_eq!(named(duration, None).as_deref(), name, "{duration}");
        }
        assert_eq!(named(8, Some(tuplet(3, 2))).as_deref(), Some("eighth"));
        assert_eq!(named(24, Some(tuplet(3, 2))).as_deref(), Some("quarter."));
    }

    #[test]
    fn odd_lengths_are_found_in_a_tuplet() {
        let of = |duration, resolution| {
            tuplets_of(Ticks(duration), Resolution::new(resolution).unwrap()).next()
        };
        assert_eq!(of(16, 24), Some(tuplet(3, 2)));
        assert_eq!(of(2, 5), Some(tuplet(5, 4)));
        assert_eq!(of(3, 4), Some(tuplet(2, 3)));
        assert_eq!(of(1, 17), None);
    }

    #[test]
    fn names_have_lengths() {
        assert_eq!(Value::quarters_of("half"), Some((2, 1)));
        assert_eq!(Value::quarters_of("32nd"), Some((1, 8)));
        assert_eq!(Value::quarters_of("minim"), None);
    }
}

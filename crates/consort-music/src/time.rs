//! Musical time as whole ticks, and how many of them make a quarter note.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Rem, Sub, SubAssign};

/// A moment or a length in ticks; [`Resolution`] says how long a tick is.
///
/// Lengths and moments are signed so that differences need no care; a score itself starts at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub i64);

impl Ticks {
    /// The start of a piece, and the length of a grace note.
    pub const ZERO: Ticks = Ticks(0);

    /// The whole steps of `step` that fit, rounding towards minus infinity.
    ///
    /// # Panics
    /// If `step` is not positive.
    pub fn div_floor(self, step: Ticks) -> i64 {
        assert!(step.0 > 0, "a step of {step} ticks");
        self.0.div_euclid(step.0)
    }
}

impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_add(other.0))
    }
}

impl Sub for Ticks {
    type Output = Ticks;
    fn sub(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Ticks {
    fn add_assign(&mut self, other: Ticks) {
        *self = *self + other;
    }
}

impl SubAssign for Ticks {
    fn sub_assign(&mut self, other: Ticks) {
        *self = *self - other;
    }
}

impl Neg for Ticks {
    type Output = Ticks;
    fn neg(self) -> Ticks {
        Ticks(self.0.saturating_neg())
    }
}

impl Mul<i64> for Ticks {
    type Output = Ticks;
    fn mul(self, times: i64) -> Ticks {
        Ticks(self.0.saturating_mul(times))
    }
}

impl Div<i64> for Ticks {
    type Output = Ticks;
    fn div(self, parts: i64) -> Ticks {
        Ticks(self.0 / parts)
    }
}

impl Rem for Ticks {
    type Output = Ticks;
    fn rem(self, step: Ticks) -> Ticks {
        Ticks(self.0.rem_euclid(step.0))
    }
}

impl Sum for Ticks {
    fn sum<I: Iterator<Item = Ticks>>(ticks: I) -> Ticks {
        ticks.fold(Ticks::ZERO, Add::add)
    }
}

/// Ticks in a quarter note: from 1 to [`Resolution::MAX`].
///
/// Readers choose the smallest resolution in which every length of the file is a whole number, so
/// tuplets stay exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolution(u32);

impl Resolution {
    /// The finest resolution, 2^24 ticks in a quarter note. It holds the products of all divisions
    /// met in practice (480, 10080, ...) and leaves room in an `i64` for 10^12 quarter notes.
    pub const MAX: u32 = 1 << 24;

    /// 480 ticks in a quarter note, the custom of MIDI sequencers.
    pub const MIDI: Resolution = Resolution(480);

    /// The resolution of `ticks_per_quarter`, or nothing outside 1 to [`Resolution::MAX`].
    pub const fn new(ticks_per_quarter: u32) -> Option<Resolution> {
        match ticks_per_quarter {
            1..=Resolution::MAX => Some(Resolution(ticks_per_quarter)),
            _ => None,
        }
    }

    /// Ticks in a quarter note.
    pub fn ticks_per_quarter(self) -> u32 {
        self.0
    }

    /// A quarter note.
    pub fn quarter(self) -> Ticks {
        Ticks(i64::from(self.0))
    }

    /// `numerator / denominator` of a whole note, where that is a whole number of ticks.
    pub fn whole_notes(self, numerator: i64, denominator: i64) -> Option<Ticks> {
        let ticks = numerator.checked_mul(4)?.checked_mul(i64::from(self.0))?;
        (denominator > 0 && ticks % denominator == 0).then(|| Ticks(ticks / denominator))
    }

    /// The coarsest resolution in which the ticks of both are whole, unless it is finer than
    /// [`Resolution::MAX`].
    pub fn common(self, other: Resolution) -> Option<Resolution> {
        let multiple = u64::from(self.0) / u64::from(gcd(self.0, other.0)) * u64::from(other.0);
        Resolution::new(u32::try_from(multiple).ok()?)
    }
}

/// The greatest common divisor.
pub(crate) fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_share_the_least_common_multiple() {
        let (a, b) = (Resolution::new(480).unwrap(), Resolution::new(36).unwrap());
        assert_eq!(a.common(b), Resolution::new(1440));
        let (a, b) = (
            Resolution::new(16_777_213).unwrap(),
            Resolution::new(7).unwrap(),
        );
        assert_eq!(a.common(b), None);
    }

    #[test]
    fn a_length_is_exact_or_absent() {
        let resolution = Resolution::new(4).unwrap();
        assert_eq!(resolution.whole_notes(1, 16), Some(Ticks(1)));
        assert_eq!(resolution.whole_notes(1, 12), None);
    }

    #[test]
    fn floors_below_zero() {
        assert_eq!(Ticks(-1).div_floor(Ticks(4)), -1);
        assert_eq!(Ticks(-1) % Ticks(4), Ticks(3));
    }
}

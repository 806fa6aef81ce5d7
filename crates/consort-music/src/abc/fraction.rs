//! Exact time while reading: fractions of a whole note.

use std::cmp::Ordering;

use crate::time::{Resolution, Ticks};

/// A fraction in lowest terms with a positive denominator.
///
/// Arithmetic goes through 128 bits and saturates, so that no file can make it overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    numerator: i64,
    denominator: i64,
}

impl Fraction {
    pub(super) const ZERO: Fraction = Fraction {
        numerator: 0,
        denominator: 1,
    };
    pub(super) const ONE: Fraction = Fraction {
        numerator: 1,
        denominator: 1,
    };

    /// A whole number.
    pub(super) const fn whole(number: i64) -> Fraction {
        Fraction {
            numerator: number,
            denominator: 1,
        }
    }

    /// `numerator / denominator`; a denominator below 1 counts as 1.
    pub(super) fn new(numerator: i64, denominator: i64) -> Fraction {
        Fraction::reduced(i128::from(numerator), i128::from(denominator.max(1)))
    }

    pub(super) fn numerator(self) -> i64 {
        self.numerator
    }

    pub(super) fn denominator(self) -> i64 {
        self.denominator
    }

    pub(super) fn plus(self, other: Fraction) -> Fraction {
        if self.denominator == other.denominator {
            let sum = i128::from(self.numerator) + i128::from(other.numerator);
            return Fraction::reduced(sum, i128::from(self.denominator));
        }
        Fraction::reduced(
            i128::from(self.numerator) * i128::from(other.denominator)
                + i128::from(other.numerator) * i128::from(self.denominator),
            i128::from(self.denominator) * i128::from(other.denominator),
        )
    }

    pub(super) fn minus(self, other: Fraction) -> Fraction {
        self.plus(Fraction {
            numerator: other.numerator.saturating_neg(),
            denominator: other.denominator,
        })
    }

    pub(super) fn times(self, other: Fraction) -> Fraction {
        Fraction::reduced(
            i128::from(self.numerator) * i128::from(other.numerator),
            i128::from(self.denominator) * i128::from(other.denominator),
        )
    }

    /// Whether the denominator is a power of two, as that of a plain or dotted note is.
    pub(super) fn is_dyadic(self) -> bool {
        self.denominator.count_ones() == 1
    }

    fn reduced(mut numerator: i128, mut denominator: i128) -> Fraction {
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        // Almost all numbers are small, and so is the work then.
        if let (Ok(numerator), Ok(denominator), Ok(divisor @ 1..)) = (
            i64::try_from(numerator),
            i64::try_from(denominator),
            i64::try_from(divisor),
        ) {
            return Fraction {
                numerator: numerator / divisor,
                denominator: (denominator / divisor).max(1),
            };
        }
        if let Ok(divisor @ 2..) = i128::try_from(divisor) {
            numerator /= divisor;
            denominator /= divisor;
        }
        // Both halves lose precision together, so that the value stays near.
        while denominator > i128::from(i64::MAX) {
            numerator /= 2;
            denominator /= 2;
        }
        let low = i128::from(i64::MIN);
        let high = i128::from(i64::MAX);
        Fraction {
            numerator: i64::try_from(numerator.clamp(low, high)).unwrap_or_default(),
            denominator: i64::try_from(denominator).unwrap_or(1).max(1),
        }
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Fraction) -> Ordering {
        if self.denominator == other.denominator {
            return self.numerator.cmp(&other.numerator);
        }
        let left = i128::from(self.numerator) * i128::from(other.denominator);
        let right = i128::from(other.numerator) * i128::from(self.denominator);
        left.cmp(&right)
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Fraction) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The coarsest grid on which all lengths seen so far lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Steps in a whole note; a multiple of four, as there is no tick longer than a quarter.
    steps: i64,
}

impl Grid {
    const STEPS_MAX: i64 = 4 * Resolution::MAX as i64;

    pub(super) fn new() -> Grid {
        Grid { steps: 4 }
    }

    /// `length` on the grid, which is refined for it as far as [`Resolution::MAX`] allows, and
    /// whether it had to be changed.
    pub(super) fn fit(&mut self, length: Fraction) -> (Fraction, bool) {
        let step = length.denominator;
        if self.steps % step != 0 {
            let refined = least_common_multiple(self.steps, step);
            match refined {
                Some(refined) if refined <= Grid::STEPS_MAX => self.steps = refined,
                _ => return (self.nearest(length), true),
            }
        }
        (length, false)
    }

    pub(super) fn resolution(self) -> Resolution {
        u32::try_from(self.steps / 4)
            .ok()
            .and_then(Resolution::new)
            .unwrap_or(Resolution::MIDI)
    }

    fn nearest(self, length: Fraction) -> Fraction {
        let scaled = i128::from(length.numerator) * i128::from(self.steps);
        let denominator = i128::from(length.denominator);
        let steps = (scaled + denominator / 2) / denominator;
        Fraction::reduced(steps.max(1), i128::from(self.steps))
    }
}

impl Resolution {
    /// A fraction of a whole note in ticks; what is finer than a tick is cut off.
    pub(super) fn ticks(self, time: Fraction) -> Ticks {
        let per_whole = i64::from(self.ticks_per_quarter()) * 4;
        if let Some(ticks) = time.numerator.checked_mul(per_whole) {
            return Ticks(ticks / time.denominator);
        }
        let per_whole = i128::from(per_whole);
        let ticks = i128::from(time.numerator) * per_whole / i128::from(time.denominator);
        Ticks(i64::try_from(ticks).unwrap_or(i64::MAX))
    }

    /// Ticks as a fraction of a whole note.
    pub(super) fn fraction(self, ticks: Ticks) -> Fraction {
        Fraction::new(ticks.0, i64::from(self.ticks_per_quarter()) * 4)
    }
}

fn least_common_multiple(a: i64, b: i64) -> Option<i64> {
    let divisor = greatest_common_divisor(a.unsigned_abs().into(), b.unsigned_abs().into());
    let divisor = i64::try_from(divisor).ok()?;
    (a / divisor.max(1)).checked_mul(b)
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    // Almost all numbers are small, and division of 64 bits is several times faster.
    if let (Ok(mut a), Ok(mut b)) = (u64::try_from(a), u64::try_from(b)) {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        return a.into();
    }
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_exact_and_reduced() {
        let third = Fraction::new(1, 3);
        assert_eq!(third.plus(Fraction::new(1, 6)), Fraction::new(1, 2));
        assert_eq!(third.times(Fraction::new(3, 4)), Fraction::new(1, 4));
        assert_eq!(third.minus(third), Fraction::ZERO);
        assert!(third < Fraction::new(3, 8));
    }

    #[test]
    fn extremes_saturate() {
        let huge = Fraction::new(i64::MAX, 1);
        assert_eq!(huge.plus(huge), huge);
        assert_eq!(huge.times(huge), huge);
        let tiny = Fraction::new(1, i64::MAX);
        assert!(tiny.times(tiny) < Fraction::new(1, 1_000_000));
    }

    #[test]
    fn the_grid_refines_and_then_rounds() {
        let mut grid = Grid::new();
        assert_eq!(
            grid.fit(Fraction::new(1, 12)),
            (Fraction::new(1, 12), false)
        );
        assert_eq!(grid.resolution().ticks_per_quarter(), 3);
        let (rounded, changed) = grid.fit(Fraction::new(1, 1_000_000_007));
        assert!(changed);
        assert_eq!(rounded, Fraction::new(1, 12));
    }
}

//! A range of numbers with round marks on it.

/// Beyond this a number is not drawn; within it, differences and quotients stay finite.
pub(crate) const MAGNITUDE_MAX: f64 = 1.0e100;
/// Differences below this count as none.
const DIFFERENCE_MIN: f64 = 1.0e-90;

/// A range and the distance between its marks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    step: Step,
}

/// `multiple` (1, 2 or 5) times ten to the `exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    multiple: u8,
    exponent: i32,
}

impl Axis {
    /// From `low` to `high`, with about `marks` marks; `whole` if fractions mean nothing here.
    pub(crate) fn exact(low: f64, high: f64, marks: u8, whole: bool) -> Axis {
        let (low, high) = apart(low, high);
        let step = Step::dividing(high - low, marks);
        let step = if whole && step.exponent < 0 {
            Step {
                multiple: 1,
                exponent: 0,
            }
        } else {
            step
        };
        Axis { low, high, step }
    }

    /// As [`Axis::exact`], widened to the next marks.
    pub(crate) fn rounded(low: f64, high: f64, marks: u8) -> Axis {
        let Axis { low, high, step } = Axis::exact(low, high, marks, false);
        let (first, last) = (step.count(low).floor(), step.count(high).ceil());
        Axis {
            low: step.times(first),
            high: step.times(last),
            step,
        }
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end.
    pub(crate) fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// The marks within the range, with their labels.
    pub(crate) fn marks(&self) -> Vec<(f64, String)> {
        // A mark that rounding puts just outside the range is still one of it.
        let slack = 1.0e-9;
        let first = (self.step.count(self.low) - slack).ceil();
        let last = (self.step.count(self.high) + slack).floor();
        let count = (last - first).clamp(0.0, 100.0) as u8;
        (0..=count)
            .map(|index| self.step.times(first + f64::from(index)))
            .map(|value| (value, self.label(value)))
            .collect()
    }

    fn label(&self, value: f64) -> String {
        let greatest = self.low.abs().max(self.high.abs());
        let exponent = self.step.exponent;
        let text = if value == 0.0 {
            "0".to_owned()
        } else if greatest >= 1.0e7 || exponent < -5 {
            let digits = greatest.log10().floor() as i32 - exponent;
            let digits = usize::try_from(digits).unwrap_or(0).min(12);
            format!("{value:.digits$e}")
        } else {
            let decimals = usize::try_from(-exponent).unwrap_or(0);
            grouped(&format!("{value:.decimals$}"))
        };
        text.replace('-', "\u{2212}")
    }
}

impl Step {
    /// The smallest step that divides `length` into at most `parts`.
    fn dividing(length: f64, parts: u8) -> Step {
        let least = length / f64::from(parts.max(1));
        let exponent = least.log10().floor() as i32;
        let multiples = [1, 2, 5].map(|multiple| Step { multiple, exponent });
        let fits = |step: &Step| step.times(1.0) >= least * (1.0 - 1.0e-9);
        let next = Step {
            multiple: 1,
            exponent: exponent + 1,
        };
        multiples.into_iter().find(fits).unwrap_or(next)
    }

    /// `count` steps. Dividing by a whole power of ten gives 0.3 where multiplying by a tenth
    /// would give 0.30000000000000004.
    fn times(self, count: f64) -> f64 {
        let whole = count * f64::from(self.multiple);
        if self.exponent < 0 {
            whole / 10.0_f64.powi(-self.exponent)
        } else {
            whole * 10.0_f64.powi(self.exponent)
        }
    }

    fn count(self, value: f64) -> f64 {
        value / self.times(1.0)
    }
}

/// The range, or some room around it if it is but a point.
fn apart(low: f64, high: f64) -> (f64, f64) {
    let greatest = low.abs().max(high.abs());
    if high - low > (greatest * 1.0e-9).max(DIFFERENCE_MIN) {
        return (low, high);
    }
    let room = if greatest < DIFFERENCE_MIN {
        1.0
    } else {
        greatest * 0.1
    };
    (low - room, high + room)
}

/// A number with a space between thousands if it has more than four digits before the point.
fn grouped(number: &str) -> String {
    let start = number.len() - number.trim_start_matches('-').len();
    let point = number.find('.').unwrap_or(number.len());
    if point - start <= 4 {
        return number.to_owned();
    }
    let characters = number.chars().enumerate().flat_map(|(place, digit)| {
        let between = place > start && place < point && (point - place).is_multiple_of(3);
        between.then_some(' ').into_iter().chain([digit])
    });
    characters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis) -> Vec<String> {
        axis.marks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn marks_are_round_numbers() {
        assert_eq!(
            labels(Axis::exact(0.0, 1.0, 5, false)),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(Axis::exact(1.0, 3.0, 8, true)), ["1", "2", "3"]);
        assert_eq!(
            labels(Axis::exact(-30.0, 30.0, 4, false)),
            ["−20", "0", "20"]
        );
        assert_eq!(
            labels(Axis::rounded(0.31, 0.48, 4)),
            ["0.30", "0.35", "0.40", "0.45", "0.50"]
        );
    }

    #[test]
    fn large_numbers_stay_readable() {
        let labels_of = |high| labels(Axis::exact(0.0, high, 2, false));
        assert_eq!(labels_of(2_000.0), ["0", "1000", "2000"]);
        assert_eq!(labels_of(20_000.0), ["0", "10 000", "20 000"]);
        assert_eq!(labels_of(2.0e8), ["0", "1e8", "2e8"]);
        assert_eq!(labels_of(2.0e-8), ["0", "1e−8", "2e−8"]);
    }

    #[test]
    fn a_point_gets_room_on_both_sides() {
        for value in [0.0, 2.5, -1.0e-95, MAGNITUDE_MAX, -MAGNITUDE_MAX, 1.0e-80] {
            let axis = Axis::rounded(value, value, 6);
            assert!(
                (0.0..=1.0).contains(&axis.share(value)),
                "{value}: {axis:?}"
            );
            assert!((1..20).contains(&axis.marks().len()), "{value}: {axis:?}");
        }
    }

    #[test]
    fn every_range_has_a_few_marks() {
        for exponent in -89..=100 {
            for (low, high) in [(0.0, 1.0), (-1.0, 0.37), (0.991, 1.0), (-0.2, 0.9)] {
                let scale = 10.0_f64.powi(exponent);
                for axis in [
                    Axis::exact(low * scale, high * scale, 6, false),
                    Axis::rounded(low * scale, high * scale, 6),
                ] {
                    assert!((2..=9).contains(&axis.marks().len()), "{axis:?}");
                }
            }
        }
    }
}

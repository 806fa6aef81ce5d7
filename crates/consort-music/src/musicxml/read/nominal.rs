//! What a note is meant to last, where its duration was rounded.
//!
//! Some programs count 256 divisions to the quarter note whatever the music, and write triplets of
//! 85, 86 and 85. The head of such a note and its tuplet say what it is.

use roxmltree::Node;

use crate::musicxml::notated::Value;
use crate::musicxml::read::{child_text, elements, text};
use crate::time::{Resolution, Ticks};

/// A length in quarter notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quarters {
    pub(super) numerator: i64,
    pub(super) denominator: i64,
}

impl Quarters {
    /// The length that the head, dots and tuplet of a note say.
    pub(super) fn of(note: Node) -> Option<Quarters> {
        let mut value = None;
        let mut dots = 0_u32;
        let mut tuplet = (1_i64, 1_i64);
        for element in elements(note) {
            match element.tag_name().name() {
                "type" => value = Some(Value::quarters_of(text(element))?),
                "dot" => dots += 1,
                "time-modification" => {
                    let number = |name| -> Option<i64> {
                        let number: u8 = child_text(element, name)?.parse().ok()?;
                        (number > 0).then(|| i64::from(number))
                    };
                    tuplet = (number("actual-notes")?, number("normal-notes")?);
                }
                _ => {}
            }
        }
        let (numerator, denominator) = value?;
        let doubled = (dots <= 4).then(|| 1_i64 << dots)?;
        Some(Quarters {
            numerator: numerator * (2 * doubled - 1) * tuplet.1,
            denominator: denominator * doubled * tuplet.0,
        })
    }

    /// The length in ticks, if it is whole.
    pub(super) fn ticks(self, resolution: Resolution) -> Option<Ticks> {
        let ticks = self.numerator.checked_mul(resolution.quarter().0)?;
        (ticks % self.denominator == 0).then(|| Ticks(ticks / self.denominator))
    }

    /// Whether `numerator / denominator` quarter notes is this length rounded to `divisions` of a
    /// quarter note: off by less than one of them, and by half of the length at most.
    pub(super) fn was_rounded_to(self, rounded: (i128, i128), divisions: (i128, i128)) -> bool {
        let (n, d) = (i128::from(self.numerator), i128::from(self.denominator));
        let compared = || -> Option<bool> {
            let own = n.checked_mul(rounded.1)?;
            let difference = rounded.0.checked_mul(d)?.checked_sub(own)?.abs();
            // The difference is `difference / (rounded.1 * d)` of a quarter note, and a division
            // is `divisions.1 / divisions.0`.
            let division = rounded.1.checked_mul(d)?.checked_mul(divisions.1)?;
            let within_a_division = difference.checked_mul(divisions.0)? < division;
            Some(difference > 0 && within_a_division && difference.checked_mul(2)? <= own)
        };
        compared().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(note: &str) -> Option<Quarters> {
        Quarters::of(roxmltree::Document::parse(note).unwrap().root_element())
    }

    #[test]
    fn a_head_says_its_length() {
        let triplet = "<time-modification><actual-notes>3</actual-notes>\
                       <normal-notes>2</normal-notes></time-modification>";
        for (note, numerator, denominator) in [
            ("<note><type>half</type><dot/></note>".to_owned(), 6, 2),
            (format!("<note><type>eighth</type>{triplet}</note>"), 2, 6),
        ] {
            let expected = Quarters {
                numerator,
                denominator,
            };
            assert_eq!(quarters(&note), Some(expected));
        }
        assert_eq!(quarters("<note><dot/></note>"), None);
    }

    #[test]
    fn rounding_is_told_from_another_length() {
        let third = Quarters {
            numerator: 1,
            denominator: 3,
        };
        let rounded = |duration| third.was_rounded_to((duration, 256), (256, 1));
        assert!(rounded(85) && rounded(86));
        assert!(!rounded(84) && !rounded(87));
        let eighth = Quarters {
            numerator: 1,
            denominator: 2,
        };
        assert!(!eighth.was_rounded_to((1, 1), (1, 1)));
        assert!(!eighth.was_rounded_to((1, 2), (2, 1)));
    }
}

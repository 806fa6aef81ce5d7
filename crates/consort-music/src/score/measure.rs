//! Measures, metres, and the signs that lead from one to another.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::time::{Resolution, Ticks};

/// One measure of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Where it begins.
    pub start: Ticks,
    /// How long it is in fact; a pickup is shorter than its metre.
    pub length: Ticks,
    /// The metre in force, or nothing where the music is unmeasured.
    pub metre: Option<Metre>,
    /// The number as printed (`0`, `12`, `X1`).
    pub number: String,
    /// Whether a repeat begins here.
    pub repeat_start: bool,
    /// How often the music up to the end of this measure is played in all, 2 at least, if a repeat
    /// ends here.
    pub repeat_end: Option<u8>,
    /// The passes (1, 2, ...) on which the ending that begins here is played.
    pub ending_start: Vec<u8>,
    /// Whether an ending stops with this measure.
    pub ending_stop: bool,
    /// The line on its right.
    pub barline: Barline,
    /// Signs and jumps within it.
    pub navigation: Vec<Navigation>,
}

impl Measure {
    /// A plain measure.
    pub fn new(start: Ticks, length: Ticks, metre: Option<Metre>, number: String) -> Measure {
        Measure {
            start,
            length,
            metre,
            number,
            repeat_start: false,
            repeat_end: None,
            ending_start: Vec::new(),
            ending_stop: false,
            barline: Barline::Regular,
            navigation: Vec::new(),
        }
    }

    /// Where it ends.
    pub fn end(&self) -> Ticks {
        self.start + self.length
    }
}

/// The line that closes a measure. Repeats have their own fields and imply their line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Barline {
    /// One thin line.
    #[default]
    Regular,
    /// Two thin lines: the end of a section.
    Double,
    /// Thin and thick: the end.
    Final,
    /// None is drawn.
    Invisible,
}

/// A sign for, or a jump to, another measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Navigation {
    /// The sign that "dal segno" returns to; stands at the start of the measure.
    Segno,
    /// The start of the coda; stands at the start of the measure.
    Coda,
    /// Where a jump "al coda" leaves; stands at the end of the measure.
    ToCoda,
    /// Where the piece ends after a jump; stands at the end of the measure.
    Fine,
    /// Back to the beginning, at the end of the measure.
    DaCapo,
    /// Back to the segno, at the end of the measure.
    DalSegno,
}

/// A time signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metre {
    /// Units in a measure, 1 to 255.
    pub beats: u8,
    /// The unit as a fraction of a whole note: 4 for quarters; a power of two up to 128.
    pub unit: u8,
    /// How it is printed.
    pub symbol: MetreSymbol,
}

/// How a metre is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetreSymbol {
    /// As two numbers.
    #[default]
    Numbers,
    /// C, for 4/4.
    Common,
    /// C with a stroke, for 2/2.
    Cut,
}

/// As two numbers: `6/8`.
impl fmt::Display for Metre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.beats, self.unit)
    }
}

/// Why a text is no [`Metre`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no metre; give one such as 4/4 or 6/8")]
pub struct MetreError(String);

/// From two numbers, `6/8`, or `C` and `C|` for 4/4 and 2/2.
impl FromStr for Metre {
    type Err = MetreError;

    fn from_str(text: &str) -> Result<Metre, MetreError> {
        let numbers = text.split_once('/').and_then(|(beats, unit)| {
            Metre::new(beats.trim().parse().ok()?, unit.trim().parse().ok()?)
        });
        let common = match text.trim() {
            "C" | "c" => Metre::new(4, 4),
            "C|" | "c|" => Metre::new(2, 2),
            _ => None,
        };
        let metre = numbers.or(common);
        metre.ok_or_else(|| MetreError(text.to_owned()))
    }
}

impl Metre {
    /// 4/4, what is assumed where nothing is said.
    pub const COMMON: Metre = Metre {
        beats: 4,
        unit: 4,
        symbol: MetreSymbol::Numbers,
    };

    /// `beats`/`unit` in numbers, or nothing if there are no beats or the unit is not a power of
    /// two up to 128.
    pub fn new(beats: u8, unit: u8) -> Option<Metre> {
        (beats > 0 && unit.is_power_of_two() && unit <= 128).then_some(Metre {
            beats,
            unit,
            symbol: MetreSymbol::Numbers,
        })
    }

    /// The length of a full measure, where `resolution` can express it.
    pub fn length(self, resolution: Resolution) -> Option<Ticks> {
        resolution.whole_notes(i64::from(self.beats), i64::from(self.unit))
    }

    /// Units in a beat as it is counted: three in compound metres (6/8, 9/8, 12/8, ...), else one.
    pub fn units_per_beat(self) -> u8 {
        if self.unit >= 8 && self.beats > 3 && self.beats.is_multiple_of(3) {
            3
        } else {
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metre_is_read_as_it_is_written() {
        for text in ["4/4", "6/8", "15/16", "3/2"] {
            assert_eq!(text.parse::<Metre>().unwrap().to_string(), text);
        }
        assert_eq!("C".parse(), Ok(Metre::COMMON));
        assert_eq!("C|".parse::<Metre>().unwrap().to_string(), "2/2");
        for text in ["", "4", "4/3", "0/4", "4/4/4", "300/4", "-3/4"] {
            let message = text.parse::<Metre>().unwrap_err().to_string();
            assert!(message.contains(&format!("{text:?}")), "{message}");
        }
    }
}

//! Measures, metres, and the signs that lead from one to another.

use std::fmt;

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

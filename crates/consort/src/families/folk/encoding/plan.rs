//! Where a tune is in its form, as far as that is said.

use consort_music::tune::Form;

/// The most bars left that are told apart.
pub(super) const LEFT_MAX: usize = 16;

/// The form of a tune, and where in it the music is.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) form: Option<Form>,
    /// Ticks of a full bar.
    pub(super) full: i32,
    section: usize,
    /// Whether a bar of the section, or its pickup, has ended.
    begun: bool,
    /// Full bars of the section that have ended.
    bars: usize,
    /// How many of these stand before the endings.
    before_endings: usize,
    sign: Sign,
}

/// What the last character was part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sign {
    #[default]
    Other,
    /// A bar line, so far.
    Bar,
    /// What ends a section.
    End,
}

impl Plan {
    /// Reads a character of the music that is not between quotation marks, after so many ticks of a bar.
    pub(super) fn read(&mut self, character: char, ticks: i32) {
        self.sign = match (character, self.sign) {
            ('|' | ':', _) if ticks > 0 => {
                self.bars += usize::from(self.begun || ticks >= self.full);
                self.begun = true;
                Sign::Bar
            }
            ('|' | ':', Sign::Bar) if self.bars > 0 => {
                self.section += 1;
                self.bars = 0;
                self.begun = false;
                Sign::End
            }
            ('|' | ':', sign) => sign,
            ('1', Sign::Bar) => {
                self.before_endings = self.bars;
                Sign::Other
            }
            ('2', Sign::End) => {
                self.section -= 1;
                self.bars = self.before_endings;
                self.begun = true;
                Sign::Other
            }
            _ => Sign::Other,
        };
    }

    /// How many bars the section has left as a feature: see [`TABLES`](super::TABLES).
    pub(super) fn left(&self) -> u16 {
        let sections = self.form.as_ref().map_or(&[][..], Form::sections);
        let Some(section) = sections.get(self.section) else {
            return 0;
        };
        let left = usize::from(section.bars).saturating_sub(self.bars);
        let left = left.clamp(1, LEFT_MAX);
        let last = self.section + 1 == sections.len();
        u16::try_from(left + if last { LEFT_MAX } else { 0 }).unwrap_or(0)
    }
}

//! Where in the form a tune is, and which bar lines may come.

use super::super::length::{self, Grains};
use super::super::{Form, Section};
use super::Guide;
use super::tune::Tune;

/// What comes between bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Plain,
    /// The end of a repeat.
    Repeat,
    /// The end of a section that is not repeated, before another one.
    Double,
    /// The end of the tune.
    Final,
    /// The beginning of a repeat, where no other line is.
    Begin,
    /// The first ending begins.
    First,
    /// The first ending ends and the second begins.
    Second,
}

impl Line {
    pub(super) const ALL: [Line; 7] = [
        Line::Plain,
        Line::Repeat,
        Line::Double,
        Line::Final,
        Line::Begin,
        Line::First,
        Line::Second,
    ];

    pub(super) fn text(self) -> &'static str {
        match self {
            Line::Plain => "|",
            Line::Repeat => ":|",
            Line::Double => "||",
            Line::Final => "|]",
            Line::Begin => "|:",
            Line::First => "|1",
            Line::Second => ":|2",
        }
    }
}

/// A set of bar lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines(u8);

impl Lines {
    fn of(lines: &[Line]) -> Lines {
        Lines(lines.iter().fold(0, |set, line| set | 1 << *line as u8))
    }

    fn when(is_so: bool, lines: &[Line]) -> Lines {
        if is_so { Lines::of(lines) } else { Lines(0) }
    }

    fn and(self, other: Lines) -> Lines {
        Lines(self.0 | other.0)
    }

    pub(super) fn only(self, line: Line) -> Lines {
        Lines(self.0 & 1 << line as u8)
    }

    pub(super) fn contains(self, line: Line) -> bool {
        self.0 >> line as u8 & 1 == 1
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Line> {
        Line::ALL
            .into_iter()
            .filter(move |line| self.contains(*line))
    }
}

/// What comes after a bar line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The next bar.
    Bar,
    /// A section of which the sign has still to come, or may.
    Section,
    /// Nothing.
    End,
}

/// What kind of bar it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bar {
    /// The first of the tune: a pickup if it ends early.
    First,
    /// A pickup before the sign of the first repeat.
    Before,
    /// A pickup that completes the bar before.
    Pickup,
    Whole,
}

/// Whether a section is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    Yes,
    No,
    /// It will be if it ends so.
    Open,
}

/// Which part of a section it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// All up to the first ending.
    Body,
    /// The first ending after so many bars.
    First { body: u8 },
    /// The second ending after so many bars, as long as the first.
    Second { body: u8, first: u8 },
}

/// The place of the present bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    section: u8,
    /// Bars of the sections before.
    before: u8,
    /// Whole bars of this part that are over.
    done: u8,
    part: Part,
    repeated: Repeated,
    /// Whether all readers take a repeat without a sign back to the beginning of this section: not behind a
    /// double line.
    is_clear: bool,
    bar: Bar,
    /// Whether the first bar of the tune is known to be whole, because it has a chord symbol.
    is_whole: bool,
    /// The pickup of the section that its repeat goes back to.
    pickup: Grains,
    /// What the tune began with before its first whole bar.
    upbeat: Grains,
}

impl Place {
    pub(super) fn new(tune: &Tune) -> Place {
        Place {
            section: 0,
            before: 0,
            done: 0,
            part: Part::Body,
            repeated: match form(tune, 0) {
                None => Repeated::Open,
                Some(section) if section.repeated => Repeated::Yes,
                Some(_) => Repeated::No,
            },
            is_clear: true,
            bar: Bar::First,
            is_whole: false,
            pickup: 0,
            upbeat: 0,
        }
    }

    pub(super) fn section(&self) -> usize {
        self.section.into()
    }

    /// Whole bars of the section that are over; a second ending counts like the first.
    pub(super) fn bar(&self) -> usize {
        let before = match self.part {
            Part::Body => 0,
            Part::First { body } | Part::Second { body, .. } => body,
        };
        usize::from(before + self.done)
    }

    /// Bars of the tune before this one; a second ending counts like the first.
    pub(super) fn index(&self) -> usize {
        usize::from(self.before) + self.bar()
    }

    pub(super) fn bars_left(&self, tune: &Tune) -> Option<usize> {
        match self.part {
            Part::Second { first, .. } => Some(usize::from(first - self.done)),
            _ => Some(usize::from(form(tune, self.section)?.bars) - self.bar()),
        }
    }

    /// How much of a whole bar is missing before this one.
    pub(super) fn missing(&self, tune: &Tune) -> Grains {
        match self.bar {
            Bar::Pickup => tune.full - self.pickup,
            _ => 0,
        }
    }

    /// Whether a whole bar begins, or, if it is the first of the tune, may.
    pub(super) fn is_whole_bar(&self) -> bool {
        self.bar == Bar::Whole || self.bar == Bar::First && self.is_whole
    }

    pub(super) fn may_be_whole_bar(&self) -> bool {
        matches!(self.bar, Bar::Whole | Bar::First)
    }

    /// The first bar of the tune is a whole one.
    pub(super) fn set_whole(&mut self) {
        self.is_whole = true;
    }

    /// At the beginning of a section: whether its sign may come, and whether notes may. Behind a double
    /// line the sign needs a gap.
    pub(super) fn may_begin(&self, tune: &Tune, is_apart: bool) -> (bool, bool) {
        match form(tune, self.section) {
            Some(section) => (section.repeated, !section.repeated || self.section == 0),
            None => {
                let has_room = self.before < Form::BARS_MAX;
                let after_repeat = self.section == 0 || self.repeated == Repeated::Yes;
                let is_apart = is_apart && self.section > 0;
                (has_room && (after_repeat || is_apart), has_room)
            }
        }
    }

    /// The sign of a repeat has come.
    pub(super) fn begin(&mut self) {
        self.repeated = Repeated::Yes;
    }

    /// Notes have come instead.
    pub(super) fn begin_without_sign(&mut self, tune: &Tune) {
        match form(tune, self.section) {
            Some(section) if section.repeated => self.bar = Bar::Before,
            Some(_) => self.repeated = Repeated::No,
            None => self.repeated = Repeated::Open,
        }
    }

    /// Whether a note of one letter may be all of a bar before the end of a repeat.
    pub(super) fn may_be_one_letter(&self, tune: &Tune) -> bool {
        self.pickup + tune.unit == tune.full
    }

    /// The bar lines that may come when so much of the bar is over.
    pub(super) fn lines(&self, tune: &Tune, elapsed: Grains) -> Lines {
        let is_full = elapsed == tune.full;
        match self.bar {
            _ if elapsed == 0 => Lines::default(),
            Bar::Before => Lines::when(length::is_pickup(elapsed, tune.full), &[Line::Begin]),
            Bar::Pickup => Lines::when(elapsed == self.pickup, &[Line::Plain]),
            Bar::First if !is_full => {
                let is_open = self.repeated == Repeated::Open;
                let may_end = !self.is_whole && length::is_pickup(elapsed, tune.full);
                Lines::when(may_end, &[Line::Plain])
                    .and(Lines::when(may_end && is_open, &[Line::Begin]))
            }
            Bar::First | Bar::Whole => self.whole_lines(tune, elapsed),
        }
    }

    fn whole_lines(&self, tune: &Tune, elapsed: Grains) -> Lines {
        let is_full = elapsed == tune.full;
        let goes_back = elapsed + self.pickup == tune.full;
        let goes_on = is_full || self.upbeat > 0 && elapsed + self.upbeat == tune.full;
        let done = self.done + 1;
        let plain = Lines::when(is_full, &[Line::Plain]);
        let first = Lines::when(is_full, &[Line::First]);
        let second = Lines::when(goes_back, &[Line::Second]);
        let section = form(tune, self.section);
        match (self.part, section) {
            (Part::Second { body, first }, _) if done == first => {
                self.ends(tune, body + first, goes_on)
            }
            (Part::Second { .. }, _) => plain,
            (Part::First { body }, Some(section)) if body + done == section.bars => second,
            (Part::First { .. }, Some(_)) => plain,
            (Part::First { body }, None) if body + done < self.room() => plain.and(second),
            (Part::First { .. }, None) => second,
            (Part::Body, Some(section)) if done < section.bars => {
                if section.repeated {
                    plain.and(first)
                } else {
                    plain
                }
            }
            (Part::Body, Some(section)) if section.repeated => {
                Lines::when(goes_back, &[Line::Repeat])
            }
            (Part::Body, Some(_)) => self.ends(tune, done, goes_on),
            (Part::Body, None) => {
                let may_repeat = self.repeated == Repeated::Yes || self.is_clear;
                let mut lines = Lines::when(goes_back && may_repeat, &[Line::Repeat]);
                if done < self.room() {
                    lines = lines.and(plain);
                    // Some readers know no endings of a repeat without a sign but at the beginning.
                    let may_have_endings = self.repeated == Repeated::Yes || self.section == 0;
                    lines = if may_have_endings {
                        lines.and(first)
                    } else {
                        lines
                    };
                }
                if self.repeated == Repeated::Open {
                    lines = lines.and(self.ends(tune, done, goes_on));
                }
                lines
            }
        }
    }

    /// The lines after a section of so many bars from which the music goes on, if it may.
    fn ends(&self, tune: &Tune, bars: u8, goes_on: bool) -> Lines {
        let next = match &tune.form {
            None => Lines::of(&[Line::Final]).and(Lines::when(
                self.before + bars < Form::BARS_MAX,
                &[Line::Double, Line::Begin],
            )),
            Some(_) => Lines::of(&[match form(tune, self.section + 1) {
                None => Line::Final,
                Some(next) if next.repeated => Line::Begin,
                Some(_) => Line::Double,
            }]),
        };
        if goes_on { next } else { Lines::default() }
    }

    /// The bars that a section without a form may have.
    fn room(&self) -> u8 {
        Guide::SECTION_MAX.min(Form::BARS_MAX.saturating_sub(self.before))
    }

    /// The longest that the bar may become; its end is a place for a bar line.
    pub(super) fn longest(&self, tune: &Tune) -> Grains {
        match self.bar {
            Bar::Before => length::longest_pickup(tune.full),
            Bar::Pickup => self.pickup,
            Bar::First if tune.has_chord_in_each_bar() && !self.is_whole => {
                length::longest_pickup(tune.full)
            }
            Bar::First | Bar::Whole if self.whole_lines(tune, tune.full).is_empty() => {
                tune.full - self.pickup
            }
            Bar::First | Bar::Whole => tune.full,
        }
    }

    /// Moves on to what follows a bar line when so much of the bar is over.
    pub(super) fn pass(&mut self, line: Line, tune: &Tune, elapsed: Grains) -> After {
        let is_pickup = self.bar != Bar::Whole && elapsed < tune.full || self.bar == Bar::Pickup;
        if is_pickup {
            return self.pass_pickup(line, elapsed);
        }
        self.bar = Bar::Whole;
        self.done += 1;
        let bars = match self.part {
            Part::Body => self.done,
            Part::First { body } => body + self.done,
            Part::Second { body, first } => body + first,
        };
        match line {
            Line::Plain => After::Bar,
            Line::First => {
                self.repeated = Repeated::Yes;
                self.part = Part::First { body: self.done };
                self.done = 0;
                After::Bar
            }
            Line::Second => {
                let body = bars - self.done;
                let first = self.done;
                self.part = Part::Second { body, first };
                self.done = 0;
                After::Bar
            }
            Line::Final => After::End,
            Line::Repeat | Line::Double | Line::Begin => {
                let was_repeated = line == Line::Repeat || self.part != Part::Body;
                self.section += 1;
                self.before += bars;
                self.done = 0;
                self.part = Part::Body;
                self.pickup = tune.full - elapsed;
                self.bar = if self.pickup > 0 {
                    Bar::Pickup
                } else {
                    Bar::Whole
                };
                self.is_clear = was_repeated;
                self.repeated = match line {
                    Line::Double => Repeated::No,
                    _ => Repeated::Yes,
                };
                let is_over = tune.form.is_some() && form(tune, self.section).is_none();
                match line {
                    _ if is_over => After::End,
                    Line::Begin => After::Bar,
                    _ => After::Section,
                }
            }
        }
    }

    fn pass_pickup(&mut self, line: Line, elapsed: Grains) -> After {
        if self.bar != Bar::Pickup {
            self.upbeat = elapsed;
            self.pickup = elapsed;
        }
        if line == Line::Begin {
            self.pickup = 0;
            self.repeated = Repeated::Yes;
        }
        self.bar = Bar::Whole;
        After::Bar
    }
}

fn form(tune: &Tune, section: u8) -> Option<Section> {
    let form = tune.form.as_ref()?;
    form.sections().get(usize::from(section)).copied()
}

//! Which bars a tune has, and what sections they make up.

use std::ops::Range;

use crate::score::{Barline, Measure, Metre, MetreSymbol, Score};

use super::TooRich;
use super::form::{Form, Section};
use super::length::{self, Grains};

/// The bars of a tune.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) metre: Metre,
    pub(super) strains: Vec<Strain>,
}

/// One section.
#[derive(Clone, Debug, Default)]
pub(super) struct Strain {
    pub(super) repeated: bool,
    pub(super) pickup: Option<Pickup>,
    /// The bars up to the first ending, or all.
    pub(super) bars: Vec<Range<Grains>>,
    /// The first and the second ending, where there are two.
    pub(super) endings: Option<[Vec<Range<Grains>>; 2]>,
    /// A rest that fills up the last bar, though the page has none.
    pub(super) fill: Grains,
}

/// What comes before the first whole bar of a section.
#[derive(Clone, Debug)]
pub(super) enum Pickup {
    /// Notes that are repeated with the section, if it is.
    Within(Range<Grains>),
    /// Notes before the sign of the repeat, at the beginning of the tune.
    Before(Range<Grains>),
    /// A rest that the last bar of a repeat waits for, though the page has none.
    Rest(Grains),
}

impl Layout {
    pub(super) fn of(score: &Score) -> Result<Layout, TooRich> {
        let measures: Vec<&Measure> = score
            .measures
            .iter()
            .filter(|measure| measure.length.0 > 0)
            .collect();
        let first = measures.first().ok_or(TooRich::Empty)?;
        let metre = first.metre.ok_or(TooRich::NoMetre)?;
        if let Some(other) = measures.iter().find(|measure| {
            let plain = measure.metre.map(plain);
            plain != Some(self::plain(metre))
        }) {
            return Err(TooRich::MetreChange {
                bar: other.number.clone(),
            });
        }
        let metre = plain(metre);
        let full = length::of_bar(metre).filter(|_| is_metre(metre));
        let full = full.ok_or(TooRich::Metre { metre })?;
        let spans = Spans {
            full,
            spans: measures
                .iter()
                .map(|measure| span(score, measure))
                .collect::<Result<_, _>>()?,
            measures: &measures,
        };
        let owned: Vec<Measure> = measures.iter().map(|measure| (*measure).clone()).collect();
        let mut strains = Vec::new();
        let mut at = 0;
        for repeat in crate::unfold::repeats(&owned) {
            spans.plain(at..repeat.start, &mut strains)?;
            at = repeat.end;
            strains.push(spans.repeated(repeat)?);
        }
        spans.plain(at..measures.len(), &mut strains)?;
        let mut strains = with_pickups(strains, full);
        fill(&mut strains, full);
        let layout = Layout { metre, strains };
        layout.check(full, score)?;
        Ok(layout)
    }

    pub(super) fn form(&self) -> Result<Form, TooRich> {
        let sections = self.strains.iter().map(|strain| {
            let bars = strain.count();
            let bars = u8::try_from(bars).map_err(|_| TooRich::TooLong { bars })?;
            Ok(Section {
                bars,
                repeated: strain.repeated,
            })
        });
        let sections: Vec<Section> = sections.collect::<Result<_, TooRich>>()?;
        let bars = self.strains.iter().map(Strain::count).sum();
        Form::new(sections).map_err(|_| TooRich::TooLong { bars })
    }

    /// Whether the first and last bars of all sections make up whole ones: the module above has the rules.
    fn check(&self, full: Grains, score: &Score) -> Result<(), TooRich> {
        let bar = |span: &Range<Grains>| length::measure_number(score, span.start);
        let odd = |span| TooRich::Section { bar: bar(span) };
        let first = self.strains.first().map_or(0, Strain::upbeat);
        let mut pickup = first;
        for (index, strain) in self.strains.iter().enumerate() {
            let Some(last) = strain.bars.last() else {
                return Err(TooRich::Empty);
            };
            if strain.upbeat() > 0 && !length::is_pickup(strain.upbeat(), full) {
                return Err(odd(last));
            }
            let full_before = strain.endings.is_none() || length(last) == full;
            let Some((back, on)) = strain.back().zip(strain.on()) else {
                return Err(TooRich::Empty);
            };
            if let Some([first, second]) = &strain.endings
                && first.len() != second.len()
            {
                return Err(TooRich::Endings { bar: bar(back) });
            }
            if !full_before || strain.repeated && length(back) + strain.pickup() != full {
                return Err(odd(back));
            }
            let lacks = full - length(on) - strain.fill;
            let next = self.strains.get(index + 1).map(Strain::pickup);
            if pickup == 0 {
                pickup = strain.pickup();
            }
            let is_known = lacks == 0 || lacks == pickup;
            if !is_known || next.is_some_and(|next| next != lacks) {
                return Err(odd(on));
            }
        }
        Ok(())
    }
}

/// Mends what pages have of pickups so that repeats add up: puts one that stands before the sign of a
/// repeat within it if the last bar waits for it, and the other way round if it does not, and gives a
/// repeat a rest for a pickup that its last bar waits for in vain.
fn with_pickups(strains: Vec<Strain>, full: Grains) -> Vec<Strain> {
    let mut mended: Vec<Strain> = Vec::with_capacity(strains.len());
    for mut strain in strains {
        if !strain.repeated {
            mended.push(strain);
            continue;
        }
        let lacks = full.saturating_sub(strain.back().map_or(full, length));
        let (is_second, has_none) = (mended.len() == 1, strain.pickup.is_none());
        let lone = mended.pop_if(|before| {
            let pickup = before.lone_pickup(full);
            has_none && pickup.is_some_and(|own| own == lacks || lacks == 0 && is_second)
        });
        let lone = lone.and_then(|lone| lone.bars.into_iter().next());
        strain.pickup = match (strain.pickup, lone) {
            (None, Some(lone)) if lacks == 0 => Some(Pickup::Before(lone)),
            (None, Some(lone)) => Some(Pickup::Within(lone)),
            (None, None) if lacks > 0 => Some(Pickup::Rest(lacks)),
            (Some(Pickup::Within(own)), _) if lacks == 0 && mended.is_empty() => {
                Some(Pickup::Before(own))
            }
            (own, _) => own,
        };
        mended.push(strain);
    }
    mended
}

/// Fills up with rests what no pickup completes: the last bar of a section, or, where the music goes back
/// from that, the beginning of the next.
fn fill(strains: &mut [Strain], full: Grains) {
    let first = strains.first().map_or(0, Strain::upbeat);
    for index in 0..strains.len() {
        let (before, after) = strains.split_at_mut(index + 1);
        let (Some(strain), next) = (before.last_mut(), after.first_mut()) else {
            continue;
        };
        let lacks = full.saturating_sub(strain.on().map_or(full, length));
        let goes_back = strain.repeated && strain.endings.is_none();
        match next {
            None if goes_back || [first, strain.pickup()].contains(&lacks) => {}
            Some(next) if next.pickup() > 0 => {}
            Some(next) if goes_back && !next.repeated && lacks > 0 => {
                next.pickup = Some(Pickup::Rest(lacks));
            }
            _ if goes_back => {}
            _ => strain.fill = lacks,
        }
    }
}

fn length(span: &Range<Grains>) -> Grains {
    span.end - span.start
}

impl Strain {
    /// The length of the pickup that is played with the section.
    pub(super) fn pickup(&self) -> Grains {
        match &self.pickup {
            Some(Pickup::Within(span)) => length(span),
            Some(Pickup::Rest(length)) => *length,
            Some(Pickup::Before(_)) | None => 0,
        }
    }

    /// The length of all that comes before the first whole bar.
    fn upbeat(&self) -> Grains {
        match &self.pickup {
            Some(Pickup::Before(span)) => length(span),
            _ => self.pickup(),
        }
    }

    /// The length of a section that is nothing but a pickup before the sign of a repeat.
    fn lone_pickup(&self, full: Grains) -> Option<Grains> {
        let only = self
            .bars
            .first()
            .filter(|_| self.bars.len() == 1)
            .map(length);
        only.filter(|only| !self.repeated && self.pickup.is_none() && *only < full)
    }

    /// The bar from which a repeat goes back.
    fn back(&self) -> Option<&Range<Grains>> {
        let first = self.endings.as_ref().map(|[first, _]| first);
        first.unwrap_or(&self.bars).last()
    }

    /// The bar from which the music goes on.
    fn on(&self) -> Option<&Range<Grains>> {
        let second = self.endings.as_ref().map(|[_, second]| second);
        second.unwrap_or(&self.bars).last()
    }

    fn count(&self) -> usize {
        let endings = self.endings.as_ref();
        self.bars.len() + endings.map_or(0, |[first, _]| first.len())
    }
}

/// Common time and its halves are one metre: which of the two a tune is printed in is a habit.
pub(super) fn plain(metre: Metre) -> Metre {
    match (metre.beats, metre.unit) {
        (2, 2) => Metre::COMMON,
        _ => Metre {
            symbol: MetreSymbol::Numbers,
            ..metre
        },
    }
}

pub(super) fn is_metre(metre: Metre) -> bool {
    super::METRES.contains(&(metre.beats, metre.unit))
}

fn span(score: &Score, measure: &Measure) -> Result<Range<Grains>, TooRich> {
    let grains = |ticks| {
        length::grains(score, ticks).ok_or_else(|| TooRich::Length {
            bar: measure.number.clone(),
        })
    };
    Ok(grains(measure.start)?..grains(measure.end())?)
}

struct Spans<'a> {
    full: Grains,
    spans: Vec<Range<Grains>>,
    measures: &'a [&'a Measure],
}

impl Spans<'_> {
    /// Sections that are not repeated, one for each stretch between double bars.
    fn plain(&self, range: Range<usize>, strains: &mut Vec<Strain>) -> Result<(), TooRich> {
        /// Four bars are the shortest strain of a tune; double bars closer than that mark phrases.
        const SHORTEST: usize = 4;
        let mut start = range.start;
        for index in range.clone() {
            let is_line = matches!(
                self.measures[index].barline,
                Barline::Double | Barline::Final
            );
            let is_long = |range: Range<usize>| {
                let long = range.filter(|&at| self.length(at) == self.full);
                long.count() + 1 >= SHORTEST
            };
            let ends = is_line && is_long(start..index + 1) && is_long(index + 1..range.end);
            if ends || index + 1 == range.end {
                let mut strain = Strain::default();
                (strain.pickup, strain.bars) = self.bars(start..index + 1, true)?;
                strains.push(strain);
                start = index + 1;
            }
        }
        Ok(())
    }

    fn repeated(&self, range: Range<usize>) -> Result<Strain, TooRich> {
        let odd = |index: usize| TooRich::Repeats {
            bar: self.number(index),
        };
        let mut strain = Strain {
            repeated: true,
            ..Strain::default()
        };
        let begins = |&index: &usize| !self.measures[index].ending_start.is_empty();
        let endings: Vec<usize> = range.clone().filter(begins).collect();
        let times = range.clone().find(|&index| {
            self.measures[index]
                .repeat_end
                .is_some_and(|times| times > 2)
        });
        if let Some(index) = times {
            return Err(odd(index));
        }
        let passes = |index: usize| self.measures[index].ending_start.as_slice();
        match *endings.as_slice() {
            [] => (strain.pickup, strain.bars) = self.bars(range, true)?,
            [first, second] if passes(first) == [1] && passes(second) == [2] => {
                (strain.pickup, strain.bars) = self.bars(range.start..first, true)?;
                let (_, first) = self.bars(first..second, false)?;
                let (_, second) = self.bars(second..range.end, false)?;
                strain.endings = Some([first, second]);
            }
            [index, ..] => return Err(odd(index)),
        }
        Ok(strain)
    }

    /// The pickup and the bars of neighbouring measures; measures that a line cuts in two are joined.
    fn bars(
        &self,
        range: Range<usize>,
        may_begin_short: bool,
    ) -> Result<(Option<Pickup>, Vec<Range<Grains>>), TooRich> {
        let (mut pickup, mut bars) = (None, Vec::new());
        let mut index = range.start;
        while index < range.end {
            let length = self.length(index);
            let span = self.spans[index].clone();
            let completes = index + 1 < range.end && length + self.length(index + 1) == self.full;
            if length == self.full {
                bars.push(span);
            } else if completes {
                index += 1;
                bars.push(span.start..self.spans[index].end);
            } else if length < self.full
                && index == range.start
                && may_begin_short
                && index + 1 < range.end
            {
                pickup = Some(Pickup::Within(span));
            } else if length < self.full && index + 1 == range.end {
                bars.push(span);
            } else {
                return Err(TooRich::Bar {
                    bar: self.number(index),
                });
            }
            index += 1;
        }
        Ok((pickup, bars))
    }

    fn length(&self, index: usize) -> Grains {
        self.spans[index].end - self.spans[index].start
    }

    fn number(&self, index: usize) -> String {
        self.measures[index].number.clone()
    }
}

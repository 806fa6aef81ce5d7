//! Which notes and rests stand under one tuplet.

use crate::score::Tuplet;
use crate::time::{Resolution, Ticks};

use super::super::fraction::Fraction;

/// A note, chord or rest within a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) onset: Ticks,
    pub(super) end: Ticks,
    /// The chord of the lane, or a rest that bears signs; nothing for a rest without.
    pub(super) chord: Option<usize>,
    pub(super) is_rest: bool,
    pub(super) tuplet: Option<Tuplet>,
    /// How many elements the tuplet that begins here has.
    pub(super) opens: Option<u32>,
}

impl Element {
    pub(super) fn rest(onset: Ticks, end: Ticks) -> Element {
        Element {
            onset,
            end,
            chord: None,
            is_rest: true,
            tuplet: None,
            opens: None,
        }
    }

    /// How long it is written, as a fraction of a whole note.
    pub(super) fn written(&self, resolution: Resolution) -> Fraction {
        written(resolution.fraction(self.end - self.onset), self.tuplet)
    }
}

/// Lets rests that fill up a tuplet share it, and says where tuplets begin.
pub(super) fn group(elements: &mut [Element], resolution: Resolution) {
    if elements.iter().all(|element| element.tuplet.is_none()) {
        return;
    }
    share_with_rests(elements, resolution);
    let mut index = 0;
    while let Some(first) = elements.get(index).copied() {
        let Some(tuplet) = first.tuplet else {
            index += 1;
            continue;
        };
        let (mut sum, mut shortest) = (Fraction::ZERO, None::<Fraction>);
        let mut count = 0;
        for element in elements.get(index..).unwrap_or_default() {
            if element.tuplet != first.tuplet {
                break;
            }
            let written = element.written(resolution);
            sum = sum.plus(written);
            shortest = Some(shortest.map_or(written, |shortest| shortest.min(written)));
            count += 1;
            if is_full(sum, shortest.unwrap_or(written), tuplet) {
                break;
            }
        }
        elements[index].opens = Some(u32::try_from(count).unwrap_or(u32::MAX));
        index += count;
    }
}

/// Whether notes that are written `sum` long in all, the shortest of them `shortest`, fill a
/// tuplet: as if it were made of its number of the shortest, once or several times.
fn is_full(sum: Fraction, shortest: Fraction, tuplet: Tuplet) -> bool {
    let whole = shortest.times(Fraction::whole(tuplet.actual.into()));
    let share = sum.times(Fraction::new(whole.denominator(), whole.numerator()));
    share.denominator() == 1
}

fn written(length: Fraction, tuplet: Option<Tuplet>) -> Fraction {
    match tuplet {
        Some(Tuplet { actual, normal }) => {
            length.times(Fraction::new(actual.into(), normal.into()))
        }
        None => length,
    }
}

fn share_with_rests(elements: &mut [Element], resolution: Resolution) {
    let mut index = 0;
    while index < elements.len() {
        let element = elements[index];
        let length = resolution.fraction(element.end - element.onset);
        if element.is_rest && !length.is_dyadic() {
            let before = index.checked_sub(1).and_then(|before| elements.get(before));
            let after = elements.get(index + 1);
            let neighbours = [before, after].into_iter().flatten();
            let tuplet = neighbours
                .filter_map(|neighbour| neighbour.tuplet)
                .find(|tuplet| written(length, Some(*tuplet)).is_dyadic());
            elements[index].tuplet = tuplet;
        }
        index += 1;
    }
}

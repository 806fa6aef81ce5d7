//! What changes the lengths of notes: broken rhythm and tuplets.

use crate::reading::{Place, Warnings};
use crate::score::Tuplet;

use super::super::super::fraction::{Fraction, Grid};
use super::{Last, Voice};

/// A broken rhythm that waits for its second note.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken {
    /// By how much the first note and the second one are lengthened.
    before: Fraction,
    after: Fraction,
    place: Place,
    /// Whether the first note has been changed already.
    settled: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct OpenTuplet {
    tuplet: Tuplet,
    left: u32,
    place: Place,
}

impl OpenTuplet {
    /// Warns of a tuplet that ends before it has all its notes.
    pub(super) fn warn_of_gap(&self, warnings: &mut Warnings) {
        let left = self.left;
        warnings.push(
            self.place,
            format!("a tuplet that lacks {left} of its notes: ended early"),
        );
    }
}

impl Voice {
    /// `>` or `<`: the last note is `before` times as long and the next one `after` times.
    pub(in super::super) fn break_rhythm(
        &mut self,
        before: Fraction,
        after: Fraction,
        place: Place,
        warnings: &mut Warnings,
    ) {
        if self.last.is_none_or(|last| last.before_bar) {
            warnings.push(place, "a broken rhythm that follows no note: left out");
        } else if self.grace.is_some() || self.broken.is_some() {
            warnings.push(place, "a broken rhythm where none can be: left out");
        } else {
            self.broken = Some(Broken {
                before,
                after,
                place,
                settled: false,
            });
        }
    }

    /// `(p:q:r`: the next `count` notes sound in `tuplet`.
    pub(in super::super) fn start_tuplet(
        &mut self,
        tuplet: Tuplet,
        count: u32,
        place: Place,
        warnings: &mut Warnings,
    ) {
        if let Some(open) = &self.tuplet {
            open.warn_of_gap(warnings);
        }
        self.tuplet = (count > 0).then_some(OpenTuplet {
            tuplet,
            left: count,
            place,
        });
    }

    /// By how much a broken rhythm changes the next note, which is `plain` long without it.
    ///
    /// Between notes of unequal length the sign is passed over: ABC leaves open what it means
    /// there, and the bars of tunes that have it add up without it.
    pub(super) fn second_of_broken(
        &mut self,
        plain: Fraction,
        grid: &mut Grid,
        warnings: &mut Warnings,
    ) -> Fraction {
        let Some(broken) = self.broken else {
            return Fraction::ONE;
        };
        let is_even = self.last.is_some_and(|last| last.duration == plain);
        if broken.settled || is_even {
            self.settle_broken(grid, warnings);
            self.broken = None;
            return broken.after;
        }
        self.broken = None;
        warnings.push(
            broken.place,
            "a broken rhythm between notes of unequal length: left out",
        );
        Fraction::ONE
    }

    /// Changes the first note of a broken rhythm.
    pub(in super::super) fn settle_broken(&mut self, grid: &mut Grid, warnings: &mut Warnings) {
        let (Some(broken), Some(last)) = (&mut self.broken, self.last) else {
            return;
        };
        if std::mem::replace(&mut broken.settled, true) {
            return;
        }
        let broken = *broken;
        let factor = broken.before;
        let room = self.room(last.onset);
        let (duration, changed) = grid.fit(last.duration.times(factor).min(room));
        if changed {
            warnings.push(
                broken.place,
                "a length that no grid of ticks can hold: rounded",
            );
        }
        for sounded in &mut self.sounded[last.first..last.end] {
            (sounded.duration, _) = grid.fit(sounded.duration.times(factor).min(room));
        }
        let old = self.time;
        self.time = last.onset.plus(duration);
        for tie in self.open_ties.entry(self.lane).or_default() {
            tie.end = self.time;
        }
        // What was put between the two notes stands at the second.
        for sounded in &mut self.sounded[last.end..] {
            sounded.onset = self.time;
        }
        let chords = self
            .chords
            .iter_mut()
            .skip(last.chords)
            .map(|chord| &mut chord.0);
        let directions = self.directions.iter_mut().skip(last.directions);
        let ends = self.ends.iter_mut().skip(last.ends).map(|end| &mut end.at);
        let directions = directions.map(|direction| &mut direction.0);
        for at in chords.chain(directions).chain(ends) {
            if *at == old {
                *at = self.time;
            }
        }
        let is_rest = last.first == last.end;
        if let Some(rest) = self.rests.last_mut().filter(|_| is_rest)
            && (rest.onset, rest.lane) == (last.onset, self.lane)
        {
            rest.duration = duration;
        }
        self.last = Some(Last { duration, ..last });
    }

    /// The tuplet of the next note, and its share of what is written.
    pub(super) fn next_share(&mut self) -> (Option<Tuplet>, Fraction) {
        let Some(open) = &mut self.tuplet else {
            return (None, Fraction::ONE);
        };
        let tuplet = open.tuplet;
        open.left -= 1;
        if open.left == 0 {
            self.tuplet = None;
        }
        let share = Fraction::new(tuplet.normal.into(), tuplet.actual.into());
        (Some(tuplet), share)
    }
}

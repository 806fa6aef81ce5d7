//! What stands at notes and rests: marks, slurs, ties, grace notes, jumps, and signs that last.

use crate::reading::{Place, Warnings};
use crate::score::{Grace, Mark, Navigation, Note};
use crate::time::Ticks;

use super::super::super::decoration::End;
use super::super::super::fraction::Fraction;
use super::{Head, OpenTie, Sounded, Voice};

/// A rest that bears signs.
#[derive(Clone, Debug)]
pub(in super::super) struct MarkedRest {
    pub(in super::super) onset: Fraction,
    pub(in super::super) duration: Fraction,
    /// The overlaid voice that it belongs to.
    pub(in super::super) lane: u8,
    pub(in super::super) marks: Vec<Mark>,
}

/// Where a sign that lasts begins or ends.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct EndAt {
    pub(in super::super) at: Fraction,
    pub(in super::super) end: End,
    pub(in super::super) place: Place,
}

/// Grace notes that have begun.
#[derive(Debug)]
pub(super) struct OpenGrace {
    /// The marks before the brace, which are for the note after it.
    outer: Vec<Mark>,
    slash: bool,
}

impl Voice {
    pub(in super::super) fn mark(&mut self, mark: Mark) {
        self.pending_marks.push(mark);
    }

    /// Begins or ends a sign that lasts, at the present time.
    pub(in super::super) fn end(&mut self, end: End, place: Place) {
        let at = self.time;
        self.ends.push(EndAt { at, end, place });
    }

    /// `(`: a slur begins at the next note.
    pub(in super::super) fn slur_start(&mut self, place: Place) {
        self.open_slurs.push(place);
        self.pending_marks.push(Mark::SlurStart);
    }

    /// `)`: ends a slur at the last note.
    pub(in super::super) fn slur_stop(&mut self, place: Place, warnings: &mut Warnings) {
        self.close_slur(place, warnings);
        let grace = self
            .sounded
            .last_mut()
            .filter(|sounded| self.grace.is_some() && sounded.note.is_grace());
        if let Some(sounded) = grace {
            sounded.note.marks.push(Mark::SlurStop);
            return;
        }
        match self.lowest_of_last() {
            Some(index) => self.sounded[index].note.marks.push(Mark::SlurStop),
            None => warnings.push(place, "a slur that ends on no note: its end is left out"),
        }
    }

    /// Counts off the end of a slur against its start.
    pub(in super::super) fn close_slur(&mut self, place: Place, warnings: &mut Warnings) {
        if self.open_slurs.pop().is_none() {
            warnings.forbid(place, "a slur that ends without having begun");
        }
    }

    /// Counts the start of a slur of one note of a chord.
    pub(in super::super) fn open_slur(&mut self, place: Place) {
        self.open_slurs.push(place);
    }

    /// The lowest note of the last chord.
    fn lowest_of_last(&self) -> Option<usize> {
        let last = self.last?;
        (last.first..last.end).min_by_key(|&index| self.pitch_of(index))
    }

    /// `-`: ties the last note or chord.
    pub(in super::super) fn tie(&mut self, place: Place, warnings: &mut Warnings) {
        if self.grace.is_some() {
            warnings.push(place, "a tie among grace notes: left out");
            return;
        }
        match self.last {
            Some(last) if last.first < last.end => {
                for index in last.first..last.end {
                    let mut tied = self.ties.iter().rev().take(Voice::CHORD_MAX);
                    if !tied.any(|&(tied, _)| tied == index) {
                        self.tie_note(index, place);
                    }
                }
            }
            _ => warnings.push(place, "a tie that follows no note: left out"),
        }
    }

    fn tie_note(&mut self, index: usize, place: Place) {
        self.ties.push((index, place));
        let sounded = &self.sounded[index];
        let end = sounded.end();
        if let Some(written) = sounded.note.spelling.map(|sounding| self.written(sounding)) {
            self.open_ties.entry(self.lane).or_default().push(OpenTie {
                step: written.step,
                octave: i32::from(written.octave),
                alter: written.alter,
                end,
            });
        }
    }

    pub(in super::super) fn sign(&mut self, navigation: Navigation) {
        match navigation {
            Navigation::Segno | Navigation::Coda => self.signs.push((self.time, true, navigation)),
            _ if self.at_measure_start() => self.pending_signs.push(navigation),
            _ => self.signs.push((self.time, false, navigation)),
        }
    }

    /// `{` or `{/`: grace notes follow, to the note after them.
    pub(in super::super) fn grace_start(&mut self, slash: bool) {
        let outer = std::mem::take(&mut self.pending_marks);
        self.grace = Some(OpenGrace { outer, slash });
    }

    /// `}`: false if no grace notes had begun.
    pub(in super::super) fn grace_end(&mut self) -> bool {
        match self.grace.take() {
            Some(OpenGrace { mut outer, .. }) => {
                outer.append(&mut self.pending_marks);
                self.pending_marks = outer;
                true
            }
            None => false,
        }
    }

    pub(in super::super) fn in_grace(&self) -> bool {
        self.grace.is_some()
    }

    /// Grace notes that sound together, or one of its own.
    pub(super) fn sound_grace(&mut self, heads: &mut Vec<Head>, warnings: &mut Warnings) {
        let slash = self.grace.as_ref().is_some_and(|grace| grace.slash);
        for (index, mut head) in heads.drain(..).enumerate() {
            let (spelling, pitch) = self.pitch(&head, warnings);
            let mut note = Note::new(Ticks::ZERO, Ticks::ZERO, pitch);
            note.spelling = Some(spelling);
            note.voice = self.lane;
            note.grace = Some(Grace {
                slash,
                chord: index > 0,
            });
            note.marks = std::mem::take(&mut self.pending_marks);
            note.marks.append(&mut head.marks);
            if let Some(place) = head.tie {
                warnings.push(place, "a tie among grace notes: left out");
            }
            self.sounded.push(Sounded {
                onset: self.time,
                duration: Fraction::ZERO,
                note,
            });
        }
    }

    /// Jumps that wait to know whether a measure ends or begins here.
    pub(super) fn settle_signs(&mut self, within: bool) {
        for navigation in self.pending_signs.drain(..) {
            self.signs.push((self.time, within, navigation));
        }
    }

    /// Puts the marks that wait on a rest that begins now; the start of a slur waits for a note.
    pub(super) fn mark_rest(&mut self, duration: Fraction) {
        let is_slur = |mark: &Mark| *mark == Mark::SlurStart;
        if self.pending_marks.iter().all(is_slur) {
            return;
        }
        let (slurs, marks) = self.pending_marks.drain(..).partition(is_slur);
        self.pending_marks = slurs;
        self.rests.push(MarkedRest {
            onset: self.time,
            duration,
            lane: self.lane,
            marks,
        });
    }

    /// The last note or chord was a rest: the marks on it.
    fn marks_of_last_rest(&mut self) -> Option<&mut Vec<Mark>> {
        let last = self.last.filter(|last| last.first == last.end)?;
        let lane = self.lane;
        let is_it = |rest: &MarkedRest| (rest.onset, rest.lane) == (last.onset, lane);
        if !self.rests.last().is_some_and(is_it) {
            self.rests.push(MarkedRest {
                onset: last.onset,
                duration: last.duration,
                lane,
                marks: Vec::new(),
            });
        }
        self.rests.last_mut().map(|rest| &mut rest.marks)
    }

    /// A fermata over a bar line holds the note or rest before it.
    pub(super) fn hold_last(&mut self, place: Place, warnings: &mut Warnings) {
        let before = self.pending_marks.len();
        self.pending_marks.retain(|mark| *mark != Mark::Fermata);
        if self.pending_marks.len() == before {
            return;
        }
        let marks = match self.lowest_of_last() {
            Some(index) => Some(&mut self.sounded[index].note.marks),
            None => self.marks_of_last_rest(),
        };
        match marks {
            Some(marks) => {
                marks.push(Mark::Fermata);
                warnings.push(
                    place,
                    "a fermata over a bar line: put on the note or rest before it",
                );
            }
            None => warnings.push(place, "a fermata over a bar line and no note: left out"),
        }
    }

    /// Decorations that no note or rest follows are lost; the start of a slur waits for one.
    pub(super) fn drop_marks(&mut self, place: Place, before: &str, warnings: &mut Warnings) {
        for mark in &self.pending_marks {
            if *mark != Mark::SlurStart {
                warnings.push(
                    place,
                    format!("{mark:?} before {before}, not a note: left out"),
                );
            }
        }
        self.pending_marks.retain(|mark| *mark == Mark::SlurStart);
    }

    /// What is still open at the end of the tune.
    pub(super) fn close_signs(&mut self, place: Place, warnings: &mut Warnings) {
        if self.pending_marks.contains(&Mark::SlurStart) {
            warnings.push(place, "a slur that begins on no note: left out");
        }
        for place in self.open_slurs.drain(..) {
            warnings.forbid(place, "a slur that never ends");
        }
    }
}

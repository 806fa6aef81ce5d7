//! One voice while it is read: its clock, what it has sounded, and what is still pending.

use std::collections::BTreeMap;

use crate::performance::Message;
use crate::pitch::{Key, Step};
use crate::reading::{Place, Warnings};
use crate::score::{
    Barline, Clef, DirectionKind, Instrument, Mark, Metre, Navigation, Note, Tempo,
};
use crate::time::Ticks;

use super::super::accidentals::{Accidentals, Scope};
use super::super::field;
use super::super::fraction::{Fraction, Grid};
use super::super::key::Signature;
use super::align::Alignment;

use self::rhythm::{Broken, OpenTuplet};
use self::signs::OpenGrace;
pub(super) use self::signs::{EndAt, MarkedRest};

mod pitch;
mod rhythm;
mod signs;

/// What holds for the notes that follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) signature: Signature,
    /// The length of a note without a number.
    pub(super) unit: Fraction,
    pub(super) metre: Option<Metre>,
    /// Octaves added by `octave=`.
    pub(super) octave: i8,
    /// Octaves added by a clef with an 8.
    pub(super) clef_octave: i8,
    /// Semitones added by `transpose=`.
    pub(super) transposition: i8,
    pub(super) scope: Scope,
}

/// A note with its exact time; its ticks are set when the resolution is known.
#[derive(Clone, Debug)]
pub(super) struct Sounded {
    pub(super) onset: Fraction,
    pub(super) duration: Fraction,
    pub(super) note: Note,
}

impl Sounded {
    pub(super) fn end(&self) -> Fraction {
        self.onset.plus(self.duration)
    }
}

/// A bar line, the start of an ending, or a cut that has no line.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) at: Fraction,
    /// The line, if one is drawn.
    pub(super) line: Option<Barline>,
    /// Colons on its left: how often the music before it is repeated.
    pub(super) repeats_before: u8,
    /// Colons on its right.
    pub(super) repeats_after: u8,
    /// The passes of the ending that begins here.
    pub(super) ending: Vec<u8>,
    /// Whether a labelled part begins here.
    pub(super) part: bool,
    pub(super) place: Place,
}

impl Bar {
    /// A cut without a line.
    pub(super) fn cut(at: Fraction, place: Place) -> Bar {
        Bar {
            at,
            line: None,
            repeats_before: 0,
            repeats_after: 0,
            ending: Vec::new(),
            part: false,
            place,
        }
    }
}

/// A note as written.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) step: Step,
    /// The octave of the letter and its commas and apostrophes.
    pub(super) octave: i32,
    pub(super) accidental: Option<i8>,
    /// In unit lengths.
    pub(super) length: Fraction,
    pub(super) marks: Vec<Mark>,
    /// Where its tie stands, if it is tied within a chord.
    pub(super) tie: Option<Place>,
    pub(super) place: Place,
}

/// The last note, chord or rest: what ties, slurs and broken rhythm refer to.
#[derive(Clone, Copy, Debug)]
struct Last {
    /// Its notes.
    first: usize,
    end: usize,
    onset: Fraction,
    duration: Fraction,
    /// How long the lists were when it had been read.
    chords: usize,
    directions: usize,
    ends: usize,
    before_bar: bool,
}

/// A tie that waits for its second note.
#[derive(Clone, Copy, Debug)]
struct OpenTie {
    step: Step,
    octave: i32,
    alter: i8,
    /// When its note ends.
    end: Fraction,
}

const OVERLONG: &str = "a voice of more than 10 000 000 whole notes: the rest is left out";

#[derive(Debug)]
pub(super) struct Voice {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) instrument: Instrument,
    /// Set once music or a field of its own has been read.
    pub(super) started: bool,
    pub(super) settings: Settings,
    /// The transposition of its first note.
    first_transposition: Option<i8>,

    pub(super) sounded: Vec<Sounded>,
    pub(super) rests: Vec<MarkedRest>,
    pub(super) bars: Vec<Bar>,
    pub(super) chords: Vec<(Fraction, String)>,
    pub(super) directions: Vec<(Fraction, String, DirectionKind)>,
    /// Where each stands is kept for those that the part cannot have.
    pub(super) keys: Vec<(Fraction, Option<Key>, Place)>,
    pub(super) metres: Vec<(Fraction, Option<Metre>)>,
    pub(super) tempos: Vec<(Fraction, Tempo)>,
    pub(super) clefs: Vec<(Fraction, Clef)>,
    pub(super) ends: Vec<EndAt>,
    pub(super) controls: Vec<(Fraction, Message)>,
    /// Signs and jumps; true if the sign belongs to the measure that begins at its time, where
    /// two measures meet there.
    pub(super) signs: Vec<(Fraction, bool, Navigation)>,
    /// The notes that end in a tie and where its sign stands.
    pub(super) ties: Vec<(usize, Place)>,
    pub(super) alignment: Alignment,

    time: Fraction,
    measure_start: Fraction,
    /// The end of the longest lane of this measure so far.
    measure_end: Fraction,
    /// Overlaid voices of this measure; 1 is the voice itself.
    lane: u8,
    accidentals: Accidentals,
    last: Option<Last>,
    /// By lane.
    open_ties: BTreeMap<u8, Vec<OpenTie>>,
    broken: Option<Broken>,
    tuplet: Option<OpenTuplet>,
    pending_marks: Vec<Mark>,
    pending_signs: Vec<Navigation>,
    open_slurs: Vec<Place>,
    grace: Option<OpenGrace>,
}

impl Voice {
    /// As many notes as a chord may have; a longer one is no music.
    const CHORD_MAX: usize = 128;

    pub(super) fn new(id: String, settings: Settings) -> Voice {
        Voice {
            id,
            name: None,
            instrument: Instrument::default(),
            started: false,
            settings,
            first_transposition: None,
            sounded: Vec::new(),
            rests: Vec::new(),
            bars: Vec::new(),
            chords: Vec::new(),
            directions: Vec::new(),
            keys: Vec::new(),
            metres: Vec::new(),
            tempos: Vec::new(),
            clefs: Vec::new(),
            ends: Vec::new(),
            controls: Vec::new(),
            signs: Vec::new(),
            ties: Vec::new(),
            alignment: Alignment::default(),
            time: Fraction::ZERO,
            measure_start: Fraction::ZERO,
            measure_end: Fraction::ZERO,
            lane: 1,
            accidentals: Accidentals::default(),
            last: None,
            open_ties: BTreeMap::new(),
            broken: None,
            tuplet: None,
            pending_marks: Vec::new(),
            pending_signs: Vec::new(),
            open_slurs: Vec::new(),
            grace: None,
        }
    }

    /// How far it sounds above what is written, by its first note or else for those to come.
    pub(super) fn transposition(&self) -> i8 {
        self.first_transposition
            .unwrap_or(self.settings.transposition)
    }

    /// Whether a note has been read.
    pub(super) fn has_notes(&self) -> bool {
        self.first_transposition.is_some()
    }

    pub(super) fn time(&self) -> Fraction {
        self.time
    }

    /// Whether a bar line (or nothing yet) is the last thing that took time.
    pub(super) fn at_measure_start(&self) -> bool {
        self.time == self.measure_start && self.lane == 1
    }

    /// Sounds a note, or several as a chord whose lengths `outer` multiplies.
    pub(super) fn sound(
        &mut self,
        heads: &mut Vec<Head>,
        outer: Fraction,
        grid: &mut Grid,
        warnings: &mut Warnings,
    ) {
        if let Some(head) = heads.get(Voice::CHORD_MAX) {
            warnings.push(
                head.place,
                "a chord of more than 128 notes: the rest is left out",
            );
            heads.truncate(Voice::CHORD_MAX);
        }
        let Some(place) = heads.first().map(|head| head.place) else {
            return;
        };
        if self.grace.is_some() {
            let is_plain = |head: &Head| head.length.times(outer) == Fraction::ONE;
            if let Some(head) = heads.iter().find(|head| !is_plain(head)) {
                warnings.push(head.place, "the length of a grace note: left out");
            }
            self.sound_grace(heads, warnings);
            return;
        }
        let (tuplet, share) = self.next_share();
        let unit = self.settings.unit.times(outer).times(share);
        let plain = heads.first().map_or(unit, |head| head.length.times(unit));
        let unit = unit.times(self.second_of_broken(plain, grid, warnings));
        self.settle_signs(true);
        if self.room(self.time) <= Fraction::ZERO {
            warnings.push(place, OVERLONG);
            heads.clear();
            return;
        }
        let first = self.sounded.len();
        let mut advance = None;
        let mut open_ties = Vec::new();
        for head in heads.drain(..) {
            let duration = self.fit(head.length.times(unit), head.place, grid, warnings);
            let whole = *advance.get_or_insert(duration);
            if duration > whole {
                warnings.push(head.place, "a note longer than the first of its chord: cut");
            }
            let duration = duration.min(whole);
            let (spelling, pitch) = self.pitch(&head, warnings);
            let index = self.sounded.len();
            if let Some(place) = head.tie {
                self.ties.push((index, place));
                open_ties.push(OpenTie {
                    step: head.step,
                    octave: head.octave,
                    alter: self.written(spelling).alter,
                    end: self.time.plus(duration),
                });
            }
            let mut note = Note::new(Ticks::ZERO, Ticks::ZERO, pitch);
            note.spelling = Some(spelling);
            note.voice = self.lane;
            note.tuplet = tuplet;
            note.marks = head.marks;
            self.sounded.push(Sounded {
                onset: self.time,
                duration,
                note,
            });
        }
        self.open_ties.insert(self.lane, open_ties);
        let lowest = (first..self.sounded.len()).min_by_key(|&index| self.pitch_of(index));
        if let Some(lowest) = lowest {
            let mut marks = std::mem::take(&mut self.pending_marks);
            marks.append(&mut self.sounded[lowest].note.marks);
            self.sounded[lowest].note.marks = marks;
            if self.lane == 1 {
                self.alignment.note(lowest);
            }
        }
        self.advance(first, advance.unwrap_or(Fraction::ZERO));
    }

    /// A rest, or a spacer that takes time.
    pub(super) fn rest(
        &mut self,
        length: Fraction,
        place: Place,
        grid: &mut Grid,
        warnings: &mut Warnings,
    ) {
        if self.grace.is_some() {
            warnings.push(place, "a rest among grace notes: left out");
            return;
        }
        let (_, share) = self.next_share();
        let plain = self.settings.unit.times(length).times(share);
        let factor = self.second_of_broken(plain, grid, warnings);
        self.settle_signs(true);
        let duration = self.fit(plain.times(factor), place, grid, warnings);
        self.mark_rest(duration);
        self.open_ties.remove(&self.lane);
        self.advance(self.sounded.len(), duration);
    }

    /// `Z4`: measures of rest.
    pub(super) fn measures_of_rest(
        &mut self,
        count: u32,
        place: Place,
        grid: &mut Grid,
        warnings: &mut Warnings,
    ) {
        if count == 0 {
            return;
        }
        let measure = self.settings.metre.map_or(Fraction::ONE, field::length);
        let (measure, _) = grid.fit(measure);
        self.settle_signs(true);
        self.mark_rest(measure);
        self.open_ties.remove(&self.lane);
        for index in 0..count {
            if index > 0 {
                let bar = Bar {
                    line: Some(Barline::Regular),
                    ..Bar::cut(self.time, place)
                };
                self.bar(bar, grid, warnings);
            }
            let measure = self.fit(measure, place, grid, warnings);
            self.advance(self.sounded.len(), measure);
        }
    }

    pub(super) fn bar(&mut self, mut bar: Bar, grid: &mut Grid, warnings: &mut Warnings) {
        self.settle_broken(grid, warnings);
        self.settle_signs(false);
        self.hold_last(bar.place, warnings);
        self.drop_marks(bar.place, "a bar line", warnings);
        if self.lane > 1 {
            self.close_lane(bar.place, warnings);
        }
        bar.at = self.time;
        if let Some(last) = &mut self.last {
            last.before_bar = true;
        }
        if self.time > self.measure_start {
            self.alignment.bar();
        }
        if bar.line.is_some() {
            self.accidentals.clear();
        }
        self.measure_start = self.time;
        self.measure_end = self.time;
        self.bars.push(bar);
    }

    /// `&`: what follows sounds together with the measure so far.
    pub(super) fn overlay(&mut self, place: Place, warnings: &mut Warnings) {
        if self.lane == u8::MAX {
            warnings.push(
                place,
                "more than 255 overlaid voices: played one after the other",
            );
            return;
        }
        self.drop_marks(place, "an overlay", warnings);
        self.measure_end = self.measure_end.max(self.time);
        self.time = self.measure_start;
        self.lane += 1;
        self.accidentals.clear();
        self.last = None;
        self.broken = None;
        if let Some(tuplet) = self.tuplet.take() {
            tuplet.warn_of_gap(warnings);
        }
    }

    /// The end of the tune.
    pub(super) fn finish(&mut self, place: Place, warnings: &mut Warnings) {
        self.settle_signs(false);
        self.grace_end();
        self.hold_last(place, warnings);
        self.drop_marks(place, "the end", warnings);
        self.close_signs(place, warnings);
        if let Some(tuplet) = &self.tuplet {
            tuplet.warn_of_gap(warnings);
        }
        if self.lane > 1 {
            self.close_lane(place, warnings);
        }
    }

    /// `length` as far as the grid can hold it and the voice has room for it.
    fn fit(
        &self,
        length: Fraction,
        place: Place,
        grid: &mut Grid,
        warnings: &mut Warnings,
    ) -> Fraction {
        let room = self.room(self.time);
        if length > room {
            warnings.push(place, OVERLONG);
        }
        let (length, changed) = grid.fit(length.min(room));
        if changed {
            warnings.push(place, "a length that no grid of ticks can hold: rounded");
        }
        length
    }

    /// How much time is left after `time`. No voice lasts longer than ten million whole notes, which
    /// with the finest grid still leaves room in a tick count.
    fn room(&self, time: Fraction) -> Fraction {
        Fraction::whole(10_000_000).minus(time)
    }

    fn advance(&mut self, first: usize, duration: Fraction) {
        self.last = Some(Last {
            first,
            end: self.sounded.len(),
            onset: self.time,
            duration,
            chords: self.chords.len(),
            directions: self.directions.len(),
            ends: self.ends.len(),
            before_bar: false,
        });
        self.time = self.time.plus(duration);
    }

    fn close_lane(&mut self, place: Place, warnings: &mut Warnings) {
        if self.time != self.measure_end {
            warnings.push(
                place,
                "overlaid voices of unequal length: the longest one counts",
            );
        }
        self.time = self.time.max(self.measure_end);
        self.lane = 1;
        self.last = None;
        self.broken = None;
        if let Some(tuplet) = self.tuplet.take() {
            tuplet.warn_of_gap(warnings);
        }
    }
}

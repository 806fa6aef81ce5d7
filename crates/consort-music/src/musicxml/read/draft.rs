//! A part as it comes together, before the lengths of the measures are known.

use std::collections::{BTreeMap, BTreeSet};

use crate::musicxml::keys::Signature;
use crate::musicxml::played::{Shift, join};
use crate::musicxml::read::lines::{LineEnd, spanners};
use crate::musicxml::read::timeline::{At, KeyDraft};
use crate::musicxml::report::{Report, short};
use crate::musicxml::ties;
use crate::performance::{Control, Message};
use crate::pitch::Pitch;
use crate::score::{ChordSymbol, Clef, ClefChange, Direction, Instrument, Note, Part, Rest};
use crate::time::Ticks;

/// How far one part reaches into one measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Which measure.
    pub(super) measure: usize,
    /// The end of its notes and rests.
    pub(super) music: Ticks,
    /// The end of its notes, rests and gaps.
    pub(super) reach: Ticks,
    /// The length of a rest for the whole measure, which programs do not always get right.
    pub(super) measure_rest: Ticks,
    /// Where the measure stands in the file.
    pub(super) byte: usize,
}

/// A note, and how much later it begins and ends when it is played, where that is said.
#[derive(Clone, Debug)]
pub(super) struct NoteDraft {
    pub(super) note: Note,
    pub(super) shift: Shift,
}

/// A rest that bears signs.
#[derive(Clone, Debug)]
pub(super) struct RestDraft {
    pub(super) at: At,
    /// Whether it lasts as long as its measure, which only all parts together can tell.
    pub(super) whole_measure: bool,
    pub(super) rest: Rest,
}

/// A part whose moments are still counted from the start of their measures.
#[derive(Debug, Default)]
pub(super) struct PartDraft {
    /// The name as printed.
    pub(super) name: String,
    /// The key signatures.
    pub(super) keys: Vec<KeyDraft>,
    /// How far it reaches into each measure.
    pub(super) extents: Vec<Extent>,
    pub(super) notes: Vec<(At, NoteDraft)>,
    pub(super) rests: Vec<RestDraft>,
    pub(super) clefs: Vec<(At, u8, Clef)>,
    pub(super) chords: Vec<(At, String)>,
    pub(super) directions: Vec<(At, Direction)>,
    pub(super) lines: Vec<LineEnd>,
    pub(super) controls: Vec<(At, Message)>,
    /// Semitones from written to sounding, as first said.
    pub(super) transposition: Option<i8>,
    /// The program and channel of the instrument named first.
    pub(super) instrument: Instrument,
    /// The instruments that notes name.
    pub(super) played: BTreeSet<Option<u8>>,
    /// How many notes have a pitch, and how many do not.
    pub(super) pitched: usize,
    pub(super) unpitched: usize,
}

impl PartDraft {
    /// Whether it is for drums.
    pub(super) fn is_percussion(&self) -> bool {
        self.instrument.percussion || (self.unpitched > 0 && self.pitched == 0)
    }

    /// The key signatures in ticks, given where the measures start and the last one ends.
    pub(super) fn signatures(&self, bounds: &[Ticks]) -> Vec<Signature> {
        let mut signatures = BTreeMap::new();
        for draft in &self.keys {
            let at = draft.at.resolve(bounds);
            let signature = Signature {
                at,
                fifths: draft.fifths,
                mode: draft.mode,
            };
            signatures.insert(at, signature);
        }
        signatures.into_values().collect()
    }

    /// The part in ticks, given where the measures start and the last one ends.
    pub(super) fn finish(self, bounds: &[Ticks], report: &mut Report) -> Part {
        let percussion = self.is_percussion();
        self.report_instruments(report);
        let transposition = self.transposition.filter(|_| !percussion);
        let mut clefs = BTreeMap::new();
        for (at, staff, clef) in self.clefs {
            clefs.insert((at.resolve(bounds), staff), clef);
        }
        let clefs = clefs.into_iter();
        let chords = self.chords.into_iter().map(|(at, text)| ChordSymbol {
            at: at.resolve(bounds),
            text,
        });
        let directions = self
            .directions
            .into_iter()
            .map(|(at, direction)| Direction {
                at: at.resolve(bounds),
                ..direction
            });
        let controls = self.controls.into_iter().map(|(at, message)| Control {
            at: at.resolve(bounds),
            message,
        });
        let rests = self.rests.into_iter().map(|draft| draft.finish(bounds));
        let placed = |(at, draft): (At, NoteDraft)| {
            let note = Note {
                onset: at.resolve(bounds),
                spelling: draft.note.spelling.filter(|_| !percussion),
                ..draft.note
            };
            (note, draft.shift)
        };
        let mut notes: Vec<(Note, Shift)> = self.notes.into_iter().map(placed).collect();
        notes.sort_by_key(|(note, _)| order(note));
        join(&mut notes);
        let mut notes: Vec<Note> = notes.into_iter().map(|(note, _)| note).collect();
        lead_graces(&mut notes);
        let mended = ties::mend(&mut notes);
        if mended > 0 {
            report.file(format!(
                "ties of the part {:?} that begin and never end, {mended} of them, were tied to the \
                 next note of their pitch",
                short(&self.name)
            ));
        }
        let mut part = Part {
            name: self.name,
            instrument: Instrument {
                percussion,
                ..self.instrument
            },
            transposition: transposition.unwrap_or_default(),
            clefs: clefs
                .map(|((at, staff), clef)| ClefChange { at, staff, clef })
                .collect(),
            notes,
            rests: rests.collect(),
            chords: chords.collect(),
            directions: directions.collect(),
            spanners: spanners(self.lines, bounds, report),
            controls: controls.collect(),
            keys: Vec::new(),
        };
        part.chords.sort_by_key(|chord| chord.at);
        part.directions.sort_by_key(|direction| direction.at);
        part.rests.sort_by_key(|rest| (rest.onset, rest.voice));
        part.controls.sort_by_key(|control| control.at);
        part
    }

    fn report_instruments(&self, report: &mut Report) {
        let name = short(&self.name);
        if self.is_percussion() {
            return;
        }
        if self.unpitched > 0 {
            report.file(format!(
                "the part {name:?} mixes notes with and without pitch; all are read as pitches"
            ));
        }
        if self.played.len() > 1 {
            report.file(format!(
                "the part {name:?} changes its instrument; only the first is kept"
            ));
        }
    }
}

impl RestDraft {
    fn finish(self, bounds: &[Ticks]) -> Rest {
        let RestDraft { at, rest, .. } = self;
        let Some(&[start, end]) = bounds
            .get(at.measure..at.measure + 2)
            .filter(|_| self.whole_measure)
        else {
            let onset = at.resolve(bounds);
            return Rest { onset, ..rest };
        };
        Rest {
            onset: start,
            duration: end - start,
            ..rest
        }
    }
}

/// Puts notes in the order of a part. Grace notes are played one after the other, so they stay in
/// the order in which they were given.
pub(in crate::musicxml) fn in_order(notes: &mut [Note]) {
    notes.sort_by_key(order);
    lead_graces(notes);
}

/// What decides the place of a note in its part.
fn order(note: &Note) -> (Ticks, bool, u8, Option<Pitch>) {
    let pitch = (!note.is_grace()).then_some(note.pitch);
    (note.onset, !note.is_grace(), note.voice, pitch)
}

/// A grace note that none precedes sounds together with none.
fn lead_graces(notes: &mut [Note]) {
    let mut last = None;
    for note in notes {
        let group = (note.onset, note.voice);
        if let Some(grace) = &mut note.grace {
            grace.chord &= last == Some(group);
            last = Some(group);
        }
    }
}

//! One `note` element.

use crate::musicxml::marks::{Holder, Sign, sign_of};
use crate::musicxml::notated::Value;
use crate::musicxml::played::Shift;
use crate::musicxml::read::ELISION;
use crate::musicxml::write::beams::Beam;
use crate::musicxml::write::drums;
use crate::musicxml::write::header::instrument_id;
use crate::musicxml::write::measure::PartWriter;
use crate::musicxml::write::stream::{Content, Event};
use crate::pitch::{Spelling, Velocity};
use crate::score::{Grace, Lyric, Mark, Note, Syllabic, Tuplet};
use crate::time::Ticks;

/// What the notes around it make of a note.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Setting<'b> {
    /// Whether it sounds with the note before.
    pub(super) in_chord: bool,
    /// The value of its head.
    pub(super) value: Option<Value>,
    /// Its beams.
    pub(super) beams: &'b [Beam],
    /// Whether a tuplet bracket begins, and ends, with it.
    pub(super) bracket: (bool, bool),
}

/// Slurs that are open, by number and voice.
#[derive(Debug, Default)]
pub(super) struct Slurs {
    open: Vec<(u8, u8)>,
}

impl Slurs {
    /// The most slurs that can be told apart.
    const NUMBER_MAX: u8 = 16;

    fn start(&mut self, voice: u8) -> u8 {
        let is_free = |number: &u8| self.open.iter().all(|(used, _)| used != number);
        let number = (1..=Slurs::NUMBER_MAX)
            .find(is_free)
            .unwrap_or(Slurs::NUMBER_MAX);
        self.open.push((number, voice));
        number
    }

    fn stop(&mut self, voice: u8) -> u8 {
        let own = self.open.iter().position(|(_, of)| *of == voice);
        match own.or(if self.open.is_empty() { None } else { Some(0) }) {
            Some(index) => self.open.remove(index).0,
            None => 1,
        }
    }
}

impl PartWriter<'_, '_> {
    /// Writes the note at `place` of the part.
    pub(super) fn note(&mut self, place: usize, setting: Setting) {
        let note = &self.part.notes[place];
        let Shift { attack, release } = self.shifts[place];
        let shift = |ticks: Option<Ticks>| ticks.map(|ticks| ticks.0.to_string());
        let played = [
            ("dynamics", note.velocity.map(percent)),
            ("attack", shift(attack)),
            ("release", shift(release)),
        ];
        let said = played.iter();
        let said: Vec<(&str, &str)> = said
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
            .collect();
        self.xml.open_with("note", &said);
        match note.grace {
            Some(Grace { slash: true, .. }) => self.xml.empty_with("grace", &[("slash", "yes")]),
            Some(_) => self.xml.empty("grace"),
            None => {}
        }
        if setting.in_chord {
            self.xml.empty("chord");
        }
        let written = self.pitch(note);
        if !note.is_grace() {
            self.xml.number("duration", note.duration.0);
        }
        for (is_tied, kind) in [(note.tied_from, "stop"), (note.tied_to, "start")] {
            if is_tied {
                self.xml.empty_with("tie", &[("type", kind)]);
            }
        }
        if self.part.instrument.percussion {
            let id = instrument_id(self.index, Some(note.pitch));
            self.xml.empty_with("instrument", &[("id", &id)]);
        }
        self.xml.number("voice", note.voice);
        self.value(setting.value);
        if let Some(accidental) = written.and_then(|_| self.accidental_at(place)) {
            self.xml.leaf("accidental", accidental);
        }
        self.time_modification(note.tuplet);
        self.staff(note.staff);
        for (level, beam) in (1..).zip(setting.beams) {
            let level: i32 = level;
            self.xml
                .leaf_with("beam", &[("number", &level.to_string())], beam.name());
        }
        let is_bare = !note.tied_from
            && !note.tied_to
            && setting.bracket == (false, false)
            && note.marks.is_empty()
            && !self.has_wavy_lines(place);
        if !is_bare {
            self.xml.open("notations");
            for (is_tied, kind) in [(note.tied_from, "stop"), (note.tied_to, "start")] {
                if is_tied {
                    self.xml.empty_with("tied", &[("type", kind)]);
                }
            }
            self.marks(&note.marks, note.voice, setting);
            self.wavy_lines(place);
            self.xml.close();
        }
        for lyric in &note.lyrics {
            self.lyric(lyric);
        }
        self.xml.close();
    }

    /// Writes a rest.
    pub(super) fn rest(&mut self, event: &Event, voice: u8, setting: Setting) {
        self.xml.open("note");
        let place = match event.content {
            Content::MeasureRest(place) => {
                self.xml.empty_with("rest", &[("measure", "yes")]);
                place
            }
            Content::Rest(place) => {
                self.xml.empty("rest");
                place
            }
            Content::Chord(_) | Content::Graces(_) => None,
        };
        self.xml.number("duration", event.length.0);
        self.xml.number("voice", voice);
        self.value(event.value);
        self.time_modification(event.tuplet);
        self.staff(event.staff);
        let part = self.part;
        let (marks, lyrics) = match place.map(|place| &part.rests[place]) {
            Some(rest) => (&rest.marks[..], &rest.lyrics[..]),
            None => (&[][..], &[][..]),
        };
        if setting.bracket != (false, false) || !marks.is_empty() {
            self.xml.open("notations");
            self.marks(marks, voice, setting);
            self.xml.close();
        }
        for lyric in lyrics {
            self.lyric(lyric);
        }
        self.xml.close();
    }

    fn pitch(&mut self, note: &Note) -> Option<Spelling> {
        if self.part.instrument.percussion {
            let (step, octave) = drums::place(note.pitch);
            self.xml.open("unpitched");
            self.xml.leaf("display-step", &step.letter().to_string());
            self.xml.number("display-octave", octave);
            self.xml.close();
            return None;
        }
        let written = self.written(note);
        self.xml.open("pitch");
        self.xml.leaf("step", &written.step.letter().to_string());
        if written.alter != 0 {
            self.xml.number("alter", written.alter);
        }
        self.xml.number("octave", written.octave);
        self.xml.close();
        Some(written)
    }

    fn value(&mut self, value: Option<Value>) {
        if let Some(value) = value {
            self.xml.leaf("type", value.name());
            (0..value.dots).for_each(|_| self.xml.empty("dot"));
        }
    }

    fn time_modification(&mut self, tuplet: Option<Tuplet>) {
        if let Some(tuplet) = tuplet {
            self.xml.open("time-modification");
            self.xml.number("actual-notes", tuplet.actual);
            self.xml.number("normal-notes", tuplet.normal);
            self.xml.close();
        }
    }

    /// Names the staff that something stands on, if there are several.
    pub(super) fn staff(&mut self, staff: u8) {
        if self.staves > 1 {
            self.xml.number("staff", staff);
        }
    }

    fn bracket(&mut self, setting: Setting) {
        let (start, stop) = setting.bracket;
        for (is_there, kind) in [(start, "start"), (stop, "stop")] {
            if is_there {
                self.xml
                    .empty_with("tuplet", &[("type", kind), ("number", "1")]);
            }
        }
    }

    /// Writes `marks` on a note or rest of `voice`, and the bracket of its tuplet.
    fn marks(&mut self, marks: &[Mark], voice: u8, setting: Setting) {
        // A slur that ends frees its number for one that begins.
        for _ in marks.iter().filter(|mark| **mark == Mark::SlurStop) {
            let number = self.slurs.stop(voice).to_string();
            self.xml
                .empty_with("slur", &[("type", "stop"), ("number", &number)]);
        }
        for _ in marks.iter().filter(|mark| **mark == Mark::SlurStart) {
            let number = self.slurs.start(voice).to_string();
            self.xml
                .empty_with("slur", &[("type", "start"), ("number", &number)]);
        }
        self.bracket(setting);
        let mut signs: Vec<Sign> = marks.iter().filter_map(sign_of).collect();
        signs.sort_by_key(|sign| sign.holder);
        for group in signs.chunk_by(|a, b| a.holder == b.holder) {
            let holder = group.first().map(|sign| sign.holder);
            let inside = holder.filter(|holder| *holder != Holder::Notations);
            if let Some(holder) = inside {
                self.xml.open(holder.name());
            }
            for sign in group {
                match sign.text {
                    Some(text) => self.xml.leaf(sign.name, text),
                    None => self.xml.empty(sign.name),
                }
            }
            if inside.is_some() {
                self.xml.close();
            }
        }
        for _ in marks.iter().filter(|mark| **mark == Mark::Fermata) {
            self.xml.empty("fermata");
        }
    }

    fn lyric(&mut self, lyric: &Lyric) {
        let begins = matches!(lyric.syllabic, Syllabic::Single | Syllabic::Begin);
        let ends = matches!(lyric.syllabic, Syllabic::Single | Syllabic::End);
        let count = lyric.text.split(ELISION).count();
        self.xml
            .open_with("lyric", &[("number", &lyric.verse.to_string())]);
        for (index, syllable) in lyric.text.split(ELISION).enumerate() {
            if index > 0 {
                self.xml.leaf("elision", &ELISION.to_string());
            }
            // Only the outer syllables go on beyond the note.
            let goes_on = (index == 0 && !begins, index + 1 == count && !ends);
            let syllabic = match goes_on {
                (false, false) => "single",
                (false, true) => "begin",
                (true, true) => "middle",
                (true, false) => "end",
            };
            self.xml.leaf("syllabic", syllabic);
            self.xml.leaf("text", syllable);
        }
        if lyric.extend {
            self.xml.empty("extend");
        }
        self.xml.close();
    }
}

/// A velocity in the percentage of MIDI velocity 90 that MusicXML counts in.
fn percent(velocity: Velocity) -> String {
    format!("{:.2}", f64::from(velocity.midi()) / 0.9)
}

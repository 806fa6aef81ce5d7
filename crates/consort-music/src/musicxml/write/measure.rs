//! One part, measure by measure.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::musicxml::form::{interval_in, key_at, keys_of, staves};
use crate::musicxml::lines::Turn;
use crate::musicxml::metrics::Metrics;
use crate::musicxml::notated::Value;
use crate::musicxml::played::{Shift, shifts};
use crate::musicxml::write::accidentals::Accidentals;
use crate::musicxml::write::beams::{Beam, beams, brackets};
use crate::musicxml::write::lines::Lines;
use crate::musicxml::write::note::{Setting, Slurs};
use crate::musicxml::write::playback::settings;
use crate::musicxml::write::stream::{Content, Event, Ground, Voice};
use crate::musicxml::write::xml::Xml;
use crate::pitch::Spelling;
use crate::score::{KeyChange, Measure, Metre, Navigation, Note, Part, Score};
use crate::time::Ticks;

/// Writes one part.
pub(super) struct PartWriter<'x, 's> {
    pub(super) xml: &'x mut Xml,
    pub(super) score: &'s Score,
    pub(super) part: &'s Part,
    /// The place of the part, from 0.
    pub(super) index: usize,
    pub(super) staves: u8,
    /// The key signatures.
    pub(super) keys: &'s [KeyChange],
    /// Its hairpins, pedals and the like.
    pub(super) lines: Lines,
    /// How much later its notes begin and end than they are written.
    pub(super) shifts: Vec<Shift>,
    /// Whether it shows key signatures.
    pub(super) writes_keys: bool,
    /// The passes of the ending that is open.
    pub(super) ending: String,
    pub(super) slurs: Slurs,
    /// What a jump back leads to: " al Coda", " al Fine", or nothing to speak of.
    pub(super) jump_end: &'static str,
    /// Each staff with the voice that is never silent on it.
    leading: Vec<(u8, u8)>,
    /// The staff that each voice has most notes on.
    homes: BTreeMap<u8, u8>,
    /// The accidentals shown in the measure, from the first note of the measure on.
    accidentals: Vec<Option<&'static str>>,
    first_note: usize,
    /// Where the next element stands.
    cursor: Ticks,
}

/// Something that stands between notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Insert {
    /// Keys and clefs.
    Attributes,
    /// The end of a line, by its place among the ends.
    Stop(usize),
    /// A tempo, by its place in the score.
    Tempo(usize),
    /// A control, by its place in the part.
    Control(usize),
    /// A direction, by its place in the part.
    Direction(usize),
    /// A chord symbol, by its place in the part.
    Chord(usize),
    /// The start of a line, by its place among the ends.
    Start(usize),
}

impl<'x, 's> PartWriter<'x, 's> {
    /// A writer at the start of the part.
    pub(super) fn new(xml: &'x mut Xml, score: &'s Score, index: usize) -> Self {
        let part = &score.parts[index];
        let staves = staves(part);
        let all_drums = score.parts.iter().all(|part| part.instrument.percussion);
        let (leading, homes) = leading_voices(&part.notes, staves);
        PartWriter {
            xml,
            score,
            part,
            index,
            staves,
            writes_keys: !part.instrument.percussion || all_drums,
            ending: String::new(),
            slurs: Slurs::default(),
            jump_end: jump_end(&score.measures),
            leading,
            homes,
            keys: keys_of(part, score),
            lines: Lines::of(part),
            shifts: shifts(&part.notes),
            accidentals: Vec::new(),
            first_note: 0,
            cursor: Ticks::ZERO,
        }
    }

    /// Writes the measures.
    pub(super) fn write(mut self) {
        let mut metre = None;
        for index in 0..self.score.measures.len() {
            self.measure(index, &mut metre);
        }
    }

    fn measure(&mut self, index: usize, metre: &mut Option<Option<Metre>>) {
        let score = self.score;
        let measure = &score.measures[index];
        let is_first = index == 0;
        let is_last = index + 1 == score.measures.len();
        let full = measure
            .metre
            .and_then(|metre| metre.length(score.resolution));
        let is_pickup = is_first && full.is_some_and(|full| measure.length < full);
        let number = ("number", measure.number.as_str());
        match is_pickup || measure.number.starts_with('X') {
            true => self
                .xml
                .open_with("measure", &[number, ("implicit", "yes")]),
            false => self.xml.open_with("measure", &[number]),
        }
        self.cursor = measure.start;
        self.left_barline(measure);
        let mut attributes = self.attributes_at(measure.start);
        if *metre != Some(measure.metre) {
            *metre = Some(measure.metre);
            attributes.metre = *metre;
        }
        self.attributes(&attributes, is_first);
        let notes = self.notes_of(measure, is_last);
        self.show_accidentals(&notes, measure);
        self.signs(measure, &[Navigation::Segno, Navigation::Coda]);
        self.streams(measure, notes, is_first, is_last);
        self.right_barline(measure);
        self.xml.close();
    }

    /// The notes that begin in `measure`, by their place in the part.
    fn notes_of(&self, measure: &Measure, is_last: bool) -> Range<usize> {
        let notes = &self.part.notes;
        let start = notes.partition_point(|note| note.onset < measure.start);
        let end = match is_last {
            true => notes.len(),
            false => notes.partition_point(|note| note.onset < measure.end()),
        };
        start..end.max(start)
    }

    /// How `note` is written, which is not how it sounds in a transposing part.
    pub(super) fn written(&self, note: &Note) -> Spelling {
        let key = key_at(self.keys, note.onset);
        let sounding = note
            .spelling
            .unwrap_or_else(|| Spelling::in_key(note.pitch, key));
        let to_written = interval_in(key, self.part.transposition).inverse();
        to_written.above(sounding).unwrap_or(sounding)
    }

    fn show_accidentals(&mut self, notes: &Range<usize>, measure: &Measure) {
        self.first_note = notes.start;
        self.accidentals.clear();
        let written_fifths = |at| {
            let key = key_at(self.keys, at);
            let fifths = i32::from(key.fifths);
            fifths - interval_in(key, self.part.transposition).fifths()
        };
        let mut fifths = written_fifths(measure.start);
        let mut state = Accidentals::in_key(fifths);
        let mut shown = Vec::with_capacity(notes.len());
        for note in &self.part.notes[notes.clone()] {
            let now = written_fifths(note.onset);
            if now != fifths {
                fifths = now;
                state = Accidentals::in_key(fifths);
            }
            shown.push(match note.tied_from {
                true => None,
                false => state.shown(note.staff, self.written(note)),
            });
        }
        self.accidentals = shown;
    }

    /// The accidental of the note at `place` of the part.
    pub(super) fn accidental_at(&self, place: usize) -> Option<&'static str> {
        let place = place.checked_sub(self.first_note)?;
        self.accidentals.get(place).copied().flatten()
    }

    /// Writes the signs of `measure` among `kinds`, in the uppermost part.
    fn signs(&mut self, measure: &Measure, kinds: &[Navigation]) {
        if self.index == 0 {
            let signs = measure
                .navigation
                .iter()
                .filter(|sign| kinds.contains(sign));
            signs.for_each(|&sign| self.navigation(sign));
        }
    }

    fn streams(&mut self, measure: &Measure, notes: Range<usize>, is_first: bool, is_last: bool) {
        let metrics = Metrics::of(measure, is_first, self.score.resolution);
        let mut voices: BTreeMap<u8, Voice> = BTreeMap::new();
        for place in notes {
            let voice = voices.entry(self.part.notes[place].voice).or_default();
            voice.notes.push(place);
        }
        let rests = &self.part.rests;
        let (start, end) = (measure.start, measure.end());
        for place in range(rests, |rest| rest.onset < start, |rest| rest.onset < end) {
            let voice = voices.entry(rests[place].voice).or_default();
            voice.rests.push(place);
        }
        for &(_, voice) in &self.leading {
            voices.entry(voice).or_default();
        }
        let inserts = self.inserts(measure, is_last);
        let main = self.leading.first().map_or(1, |(_, voice)| *voice);
        let first = voices.remove(&main).unwrap_or_default();
        let later = self.main_stream(main, &first, measure, &metrics, &inserts);
        self.signs(
            measure,
            &[
                Navigation::ToCoda,
                Navigation::Fine,
                Navigation::DaCapo,
                Navigation::DalSegno,
            ],
        );
        for (number, voice) in voices {
            self.stream(number, &voice, measure, &metrics);
        }
        for at in later {
            self.move_to(at);
            let attributes = self.attributes_at(at);
            self.attributes(&attributes, false);
        }
    }

    fn events_of(
        &self,
        number: u8,
        voice: &Voice,
        measure: &Measure,
        metrics: &Metrics,
    ) -> Vec<Event> {
        let leading = self.leading.iter().find(|(_, leading)| *leading == number);
        let home = leading
            .map(|(staff, _)| *staff)
            .or_else(|| self.homes.get(&number).copied());
        let ground = Ground {
            notes: &self.part.notes,
            rests: &self.part.rests,
            measure,
            metrics,
            resolution: self.score.resolution,
        };
        ground.events(voice, home.unwrap_or(1))
    }

    fn stream(&mut self, number: u8, voice: &Voice, measure: &Measure, metrics: &Metrics) {
        let events = self.events_of(number, voice, measure, metrics);
        let beams = beams(&events, metrics);
        let brackets = brackets(&events, self.score.resolution);
        for ((event, beams), bracket) in events.iter().zip(&beams).zip(brackets) {
            self.move_to(event.start);
            self.event(event, number, beams, bracket);
        }
    }

    /// Writes the voice that everything else hangs on, and returns where keys and clefs stand that
    /// fall within its notes.
    fn main_stream(
        &mut self,
        number: u8,
        voice: &Voice,
        measure: &Measure,
        metrics: &Metrics,
        inserts: &[(Ticks, Insert)],
    ) -> Vec<Ticks> {
        let events = self.events_of(number, voice, measure, metrics);
        let beams = beams(&events, metrics);
        let brackets = brackets(&events, self.score.resolution);
        let mut inserts = inserts.iter().copied().peekable();
        let mut later = Vec::new();
        for ((event, beams), bracket) in events.iter().zip(&beams).zip(brackets) {
            self.move_to(event.start);
            while let Some((at, insert)) =
                inserts.next_if(|(at, _)| *at <= event.start || *at < event.end())
            {
                match insert {
                    Insert::Attributes if at != event.start => later.push(at),
                    _ => self.insert(insert, measure, at),
                }
            }
            self.event(event, number, beams, bracket);
        }
        for (at, insert) in inserts {
            self.move_to(at);
            self.insert(insert, measure, at);
        }
        later
    }

    fn event(&mut self, event: &Event, voice: u8, beams: &[Beam], bracket: (bool, bool)) {
        let setting = Setting {
            in_chord: false,
            value: event.value,
            beams,
            bracket,
        };
        match &event.content {
            Content::Rest(_) | Content::MeasureRest(_) => self.rest(event, voice, setting),
            Content::Chord(places) => {
                for (index, &place) in places.iter().enumerate() {
                    let note = &self.part.notes[place];
                    let value = Value::of(note.duration, note.tuplet, self.score.resolution);
                    let setting = match index {
                        0 => Setting { value, ..setting },
                        _ => Setting {
                            in_chord: true,
                            value,
                            ..Setting::default()
                        },
                    };
                    self.note(place, setting);
                }
            }
            Content::Graces(places) => self.graces(places),
        }
        self.cursor = event.end();
    }

    /// A single grace note or chord of them is an eighth, several are beamed sixteenths.
    fn graces(&mut self, places: &[usize]) {
        let notes = &self.part.notes;
        let joins = |place: usize| notes[place].grace.is_some_and(|grace| grace.chord);
        let count = places.iter().filter(|place| !joins(**place)).count();
        let mut chords = 0;
        for &place in places {
            let in_chord = joins(place);
            chords += usize::from(!in_chord);
            let beam = match chords {
                1 => Beam::Begin,
                _ if chords == count => Beam::End,
                _ => Beam::Continue,
            };
            let beams = [beam, beam];
            let is_beamed = count > 1 && !in_chord;
            let setting = Setting {
                in_chord,
                value: Some(match count {
                    ..=1 => Value::EIGHTH,
                    _ => Value::SIXTEENTH,
                }),
                beams: if is_beamed { &beams } else { &[] },
                ..Setting::default()
            };
            self.note(place, setting);
        }
    }

    fn inserts(&self, measure: &Measure, is_last: bool) -> Vec<(Ticks, Insert)> {
        // What stands at the end of a measure belongs to the next, if there is one.
        let end = measure.end() + Ticks(i64::from(is_last));
        let before = |at: Ticks| at < measure.start;
        let within = |at: Ticks| at < end;
        let mut inserts = Vec::new();
        let score = self.score;
        let keys = range(self.keys, |key| before(key.at), |key| within(key.at));
        let keys = self.keys[keys]
            .iter()
            .filter(|_| self.writes_keys)
            .map(|key| key.at);
        let clefs = &self.part.clefs;
        let clefs = &clefs[range(clefs, |clef| before(clef.at), |clef| within(clef.at))];
        let changes = keys.chain(clefs.iter().map(|clef| clef.at));
        let later = changes.filter(|at| *at > measure.start);
        inserts.extend(later.map(|at| (at, Insert::Attributes)));
        if self.index == 0 {
            let tempos = &score.tempos;
            for place in range(tempos, |tempo| before(tempo.at), |tempo| within(tempo.at)) {
                inserts.push((tempos[place].at, Insert::Tempo(place)));
            }
        }
        let directions = &self.part.directions;
        for place in range(directions, |it| before(it.at), |it| within(it.at)) {
            inserts.push((directions[place].at, Insert::Direction(place)));
        }
        let chords = &self.part.chords;
        for place in range(chords, |chord| before(chord.at), |chord| within(chord.at)) {
            inserts.push((chords[place].at, Insert::Chord(place)));
        }
        let controls = &self.part.controls;
        for place in range(controls, |it| before(it.at), |it| within(it.at)) {
            if place >= settings(self.part).len() {
                inserts.push((controls[place].at, Insert::Control(place)));
            }
        }
        for (place, edge) in self.lines.within(measure, is_last) {
            let insert = match edge.turn {
                Turn::Stop => Insert::Stop(place),
                Turn::Both | Turn::Start => Insert::Start(place),
            };
            inserts.push((edge.at, insert));
        }
        inserts.sort_unstable();
        inserts.dedup();
        inserts
    }

    fn insert(&mut self, insert: Insert, measure: &Measure, at: Ticks) {
        let offset = at - self.cursor;
        match insert {
            Insert::Attributes => {
                let attributes = self.attributes_at(at);
                self.attributes(&attributes, false);
            }
            Insert::Tempo(place) => {
                self.tempo(self.score.tempos[place].tempo, measure, offset);
            }
            Insert::Control(place) => self.control(place, offset),
            Insert::Stop(place) | Insert::Start(place) => self.line(place, offset),
            Insert::Direction(place) => {
                let part = self.part;
                self.direction(&part.directions[place], offset);
            }
            Insert::Chord(place) => {
                let part = self.part;
                self.chord_symbol(&part.chords[place].text, offset);
            }
        }
    }

    fn move_to(&mut self, at: Ticks) {
        let (name, distance) = match at.cmp(&self.cursor) {
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Less => ("backup", self.cursor - at),
            std::cmp::Ordering::Greater => ("forward", at - self.cursor),
        };
        self.xml.open(name);
        self.xml.number("duration", distance.0);
        self.xml.close();
        self.cursor = at;
    }
}

fn jump_end(measures: &[Measure]) -> &'static str {
    let has = |sign| {
        measures
            .iter()
            .any(|measure| measure.navigation.contains(&sign))
    };
    match (has(Navigation::ToCoda), has(Navigation::Fine)) {
        (true, _) => " al Coda",
        (false, true) => " al Fine",
        (false, false) => "",
    }
}

/// The places of a list in order of time that lie neither `before` nor past a measure.
fn range<T>(list: &[T], before: impl Fn(&T) -> bool, within: impl Fn(&T) -> bool) -> Range<usize> {
    let start = list.partition_point(before);
    start..list.partition_point(within).max(start)
}

/// For each staff the voice that is never silent on it, and the staff that each voice is at home
/// on. The uppermost staff comes first; a staff that shares the voice of another has none.
fn leading_voices(notes: &[Note], staves: u8) -> (Vec<(u8, u8)>, BTreeMap<u8, u8>) {
    let mut counts: BTreeMap<(u8, u8), usize> = BTreeMap::new();
    for note in notes {
        *counts.entry((note.voice, note.staff)).or_default() += 1;
    }
    let mut homes: BTreeMap<u8, (u8, usize)> = BTreeMap::new();
    for (&(voice, staff), &count) in &counts {
        let home = homes.entry(voice).or_insert((staff, count));
        if count > home.1 {
            *home = (staff, count);
        }
    }
    let mut leading = Vec::new();
    for staff in 1..=staves {
        let voice = homes
            .iter()
            .find(|(_, (home, _))| *home == staff)
            .map(|(voice, _)| *voice);
        let silent = || {
            let usual = staff.saturating_sub(1).saturating_mul(4).saturating_add(1);
            let is_free = |voice: &u8| {
                !homes.contains_key(voice) && leading.iter().all(|(_, used)| used != voice)
            };
            Some(usual)
                .filter(is_free)
                .or_else(|| (1..=u8::MAX).find(is_free))
        };
        leading.extend(voice.or_else(silent).map(|voice| (staff, voice)));
    }
    let homes = homes
        .into_iter()
        .map(|(voice, (staff, _))| (voice, staff))
        .collect();
    (leading, homes)
}

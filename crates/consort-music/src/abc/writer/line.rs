//! Lines of music.

use std::ops::Range;

use crate::performance::{Control, Message};
use crate::pitch::Key;
use crate::score::{Direction, DirectionKind, Mark, Measure, Metre, Score, Spanner};
use crate::time::{Resolution, Ticks};

use super::super::chord::Quoted;
use super::super::decoration::{self, End};
use super::super::field;
use super::super::fraction::Fraction;
use super::super::key::{self, Signature};
use super::super::reader::default_normal;
use super::super::text;
use super::lyrics::Words;
use super::speller::Speller;
use super::stream::{Chord, Head, Stream};
use super::tuplets::{self, Element};
use super::{bar_text, metre_text, signs};

/// One voice while it is written.
pub(super) struct Writing<'a> {
    stream: &'a Stream<'a>,
    measures: &'a [Measure],
    resolution: Resolution,
    speller: Speller,
    words: Words,
    /// Texts that stand before whatever begins at their time, in order of time.
    attachments: Vec<Attachment>,
    /// The first attachment not yet written.
    next_attachment: usize,
    /// How far each lane has been written.
    written: Vec<usize>,
    metre: Option<Metre>,
}

struct Attachment {
    at: Ticks,
    /// Whether it stands even before the bar line at its time.
    leads_bar: bool,
    text: String,
    effect: Effect,
}

/// What an attachment changes for the notes after it.
#[derive(Clone, Copy)]
enum Effect {
    Nothing,
    Signature(Signature),
    Clef(crate::score::Clef),
    /// A group of grace notes, by its index.
    Graces(usize),
}

impl<'a> Writing<'a> {
    pub(super) fn new(
        score: &'a Score,
        stream: &'a Stream<'a>,
        measures: &'a [Measure],
        header_key: Option<Key>,
    ) -> Writing<'a> {
        let semitones = i32::from(stream.part.transposition);
        let mut speller = Speller::new(semitones);
        speller.clef = stream.first_clef();
        speller.signature = header_key.map_or_else(Signature::default, Signature::of);
        let mut writing = Writing {
            stream,
            measures,
            resolution: score.resolution,
            speller,
            words: Words::default(),
            attachments: Vec::new(),
            next_attachment: 0,
            written: vec![0; stream.lanes.len()],
            metre: measures.first().and_then(|measure| measure.metre),
        };
        writing.attach_keys(score, header_key);
        writing.attach_lists(score);
        let end = measures.last().map_or(Ticks::ZERO, Measure::end);
        for attachment in &mut writing.attachments {
            attachment.at = attachment.at.clamp(Ticks::ZERO, end);
        }
        let place = |attachment: &Attachment| (attachment.at, !attachment.leads_bar);
        writing.attachments.sort_by_key(place);
        writing
    }

    /// Writes a line of measures and the words under it.
    pub(super) fn line(&mut self, measures: Range<usize>, out: &mut String) {
        let chords_before = self.written.first().copied().unwrap_or_default();
        let mut line = String::new();
        for index in measures.clone() {
            let Some(measure) = self.measures.get(index) else {
                break;
            };
            if measure.repeat_start {
                self.labels(measure.start, &mut line);
                // `|` and `|:` are one sign where they meet.
                if line.ends_with('|') && !line.ends_with("||") && !line.ends_with(":|") {
                    line.pop();
                } else if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str("|:");
            }
            if !measure.ending_start.is_empty() {
                let mut passes = measure.ending_start.clone();
                passes.sort_unstable();
                passes.dedup();
                let passes: Vec<String> = passes.iter().map(u8::to_string).collect();
                line.push_str(&format!(" [{}", passes.join(",")));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            self.measure(index, measure, &mut line);
            line.push(' ');
            if self.stream.leads_score {
                line.push_str(&signs(measure, false));
            }
            line.push_str(&bar_text(measure));
            self.speller.clear();
        }
        out.push_str(line.trim());
        out.push('\n');
        if self.stream.has_lyrics {
            let chords_after = self.written.first().copied().unwrap_or_default();
            let lane = self
                .stream
                .lanes
                .first()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let chords = lane.get(chords_before..chords_after).unwrap_or_default();
            self.words.lines(chords, out);
        }
    }

    fn measure(&mut self, index: usize, measure: &Measure, line: &mut String) {
        let is_last = index + 1 == self.measures.len();
        if measure.metre != self.metre {
            self.metre = measure.metre;
            line.push_str(&format!("[M:{}]", metre_text(measure.metre)));
        }
        if self.stream.leads_score {
            line.push_str(&signs(measure, true));
        }
        let attachments = self.attachments_of(measure, is_last);
        let mut elements = self.elements(0, measure);
        split_rests(&mut elements, &self.attachments[attachments.clone()]);
        tuplets::group(&mut elements, self.resolution);
        let is_start = |at: Ticks| {
            at == measure.end()
                || elements
                    .binary_search_by_key(&at, |element| element.onset)
                    .is_ok()
        };
        let (on_notes, between): (Vec<usize>, Vec<usize>) =
            attachments.partition(|&index| is_start(self.attachments[index].at));
        self.lane(0, measure, &elements, &on_notes, line);
        let lanes = self.stream.lanes.len();
        let last_used = (1..lanes)
            .rev()
            .find(|&lane| self.begins_within(lane, measure));
        let spacers = if between.is_empty() { 0 } else { 1 };
        let last_lane = last_used.map_or(0, |lane| lane + 1).max(1) + spacers;
        for lane in 1..last_lane {
            line.push_str(" & ");
            self.speller.clear();
            let is_spacer = lane + 1 == last_lane && spacers == 1;
            let mut elements = if is_spacer {
                vec![Element::rest(measure.start, measure.end())]
            } else {
                self.elements(lane, measure)
            };
            let attached: &[usize] = if is_spacer { &between } else { &[] };
            let texts = attached.iter().map(|&index| &self.attachments[index]);
            split_rests(&mut elements, texts);
            tuplets::group(&mut elements, self.resolution);
            self.lane(lane, measure, &elements, attached, line);
        }
    }

    /// The labels of a part that begins with a repeat: they stand before its sign.
    fn labels(&mut self, start: Ticks, line: &mut String) {
        while let Some(label) = self.attachments.get(self.next_attachment)
            && (label.at, label.leads_bar) == (start, true)
        {
            if !line.is_empty() && !line.ends_with(']') {
                line.push(' ');
            }
            line.push_str(&label.text);
            self.next_attachment += 1;
        }
    }

    fn begins_within(&self, lane: usize, measure: &Measure) -> bool {
        let chords = self
            .stream
            .lanes
            .get(lane)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let next = self.written.get(lane).and_then(|&next| chords.get(next));
        next.is_some_and(|chord| chord.onset < measure.end())
    }

    /// The attachments that stand in `measure`; those at the very end in the last one.
    fn attachments_of(&mut self, measure: &Measure, is_last: bool) -> Range<usize> {
        let from = self.next_attachment;
        let rest = self.attachments.get(from..).unwrap_or_default();
        let count = rest.partition_point(|attachment| is_last || attachment.at < measure.end());
        self.next_attachment = from + count;
        from..from + count
    }

    /// The chords of a lane within `measure`, and the rests between them.
    fn elements(&mut self, lane: usize, measure: &Measure) -> Vec<Element> {
        let mut elements = Vec::new();
        let mut at = measure.start;
        let chords = self
            .stream
            .lanes
            .get(lane)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let next = &mut self.written[lane];
        while let Some(chord) = chords
            .get(*next)
            .filter(|chord| chord.onset < measure.end())
        {
            if chord.onset > at {
                elements.push(Element::rest(at, chord.onset));
            }
            elements.push(Element {
                onset: chord.onset,
                end: chord.end,
                chord: Some(*next),
                is_rest: chord.is_rest(),
                tuplet: chord.tuplet,
                opens: None,
            });
            at = chord.end;
            *next += 1;
        }
        if at < measure.end() {
            elements.push(Element::rest(at, measure.end()));
        }
        elements
    }

    fn lane(
        &mut self,
        lane: usize,
        measure: &Measure,
        elements: &[Element],
        attached: &[usize],
        line: &mut String,
    ) {
        let beam = beam(measure.metre);
        let pickup = match measure.metre {
            Some(metre) if measure.start == Ticks::ZERO => field::length(metre)
                .minus(self.resolution.fraction(measure.length))
                .max(Fraction::ZERO),
            _ => Fraction::ZERO,
        };
        let mut attached = attached.iter().copied().peekable();
        let mut was_long = false;
        for (index, element) in elements.iter().enumerate() {
            let written = element.written(self.resolution);
            let is_long = written >= Fraction::new(1, 4);
            let position = self
                .resolution
                .fraction(element.onset - measure.start)
                .plus(pickup);
            let begins_beam = position.times(beam).denominator() == 1;
            if index > 0 && (begins_beam || was_long || is_long) {
                line.push(' ');
            }
            was_long = is_long;
            while let Some(text) =
                attached.next_if(|&text| self.attachments[text].at <= element.onset)
            {
                self.attachment(text, lane, line);
            }
            let chords = self
                .stream
                .lanes
                .get(lane)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let chord = element.chord.and_then(|index| chords.get(index));
            if let Some(chord) = chord.filter(|chord| !chord.graces.is_empty()) {
                self.graces(&chord.graces, lane, line);
            }
            self.open_tuplet(element, line);
            match chord {
                Some(chord) if chord.is_rest() => {
                    self.speller.rest(lane);
                    line.push_str(&marks_before(&chord.marks));
                    line.push('z');
                    line.push_str(&length(written));
                }
                Some(chord) => self.chord(chord, lane, written, line),
                None => {
                    self.speller.rest(lane);
                    line.push(if lane == 0 { 'z' } else { 'x' });
                    line.push_str(&length(written));
                }
            }
        }
        for text in attached {
            self.attachment(text, lane, line);
        }
    }

    fn attachment(&mut self, index: usize, lane: usize, line: &mut String) {
        let effect = self.attachments[index].effect;
        match effect {
            Effect::Nothing => {}
            Effect::Signature(signature) => self.speller.signature = signature,
            Effect::Clef(clef) => self.speller.clef = Some(clef),
            Effect::Graces(group) => {
                let graces = self.stream.loose_graces.get(group);
                self.graces(graces.map(Vec::as_slice).unwrap_or_default(), lane, line);
            }
        }
        line.push_str(&self.attachments[index].text);
    }

    /// Grace notes in braces: those with a crossed stem and those without apart.
    fn graces(&mut self, graces: &[Head], lane: usize, line: &mut String) {
        for group in graces.chunk_by(|one, next| one.grace.slash == next.grace.slash) {
            let is_slashed = group.first().is_some_and(|head| head.grace.slash);
            line.push_str(if is_slashed { "{/" } else { "{" });
            for chord in group.chunk_by(|_, next| next.grace.chord) {
                let is_single = chord.len() == 1;
                line.push_str(if is_single { "" } else { "[" });
                for head in chord {
                    let name = self.speller.grace(head, lane);
                    line.push_str(&marks_before(&head.marks));
                    line.push_str(&name);
                    line.push_str(&marks_after(&head.marks));
                }
                line.push_str(if is_single { "" } else { "]" });
            }
            line.push('}');
        }
    }

    fn open_tuplet(&self, element: &Element, line: &mut String) {
        let (Some(tuplet), Some(count)) = (element.tuplet, element.opens) else {
            return;
        };
        let (actual, normal) = (tuplet.actual, tuplet.normal);
        let is_compound = self.metre.is_some_and(|metre| metre.units_per_beat() == 3);
        let is_usual = actual < 10
            && count == u32::from(actual)
            && u32::from(normal) == default_normal(actual.into(), is_compound);
        if is_usual {
            line.push_str(&format!("({actual}"));
        } else {
            line.push_str(&format!("({actual}:{normal}:{count}"));
        }
    }

    fn chord(&mut self, chord: &Chord, lane: usize, written: Fraction, line: &mut String) {
        let names = self.speller.chord(&chord.heads, lane);
        let lowest = lowest(&chord.heads);
        let all_tied = chord.heads.iter().all(|head| head.tied);
        let is_even = chord.heads.iter().all(|head| head.end == chord.end);
        let outer = chord.heads.get(lowest);
        let outer = outer.map(|head| head.marks.as_slice()).unwrap_or_default();
        line.push_str(&marks_before(outer));
        let is_single = chord.heads.len() == 1;
        if !is_single {
            line.push('[');
        }
        for (index, (head, name)) in chord.heads.iter().zip(names).enumerate() {
            let marks = if index == lowest {
                &[]
            } else {
                head.marks.as_slice()
            };
            line.push_str(&marks_before(marks));
            line.push_str(&name);
            if !is_even {
                let own = Element {
                    end: head.end,
                    tuplet: chord.tuplet,
                    ..Element::rest(head.onset, head.end)
                };
                line.push_str(&length(own.written(self.resolution)));
            }
            if head.tied && !all_tied {
                line.push('-');
            }
            line.push_str(&marks_after(marks));
        }
        if !is_single {
            line.push(']');
        }
        if is_even {
            line.push_str(&length(written));
        }
        if all_tied {
            line.push('-');
        }
        line.push_str(&marks_after(outer));
    }

    fn attach(&mut self, at: Ticks, text: String, effect: Effect) {
        self.attachments.push(Attachment {
            at,
            leads_bar: false,
            text,
            effect,
        });
    }

    fn attach_keys(&mut self, score: &Score, header_key: Option<Key>) {
        let semitones = i32::from(self.stream.part.transposition);
        let keys = match self.stream.part.keys.as_slice() {
            [] => &score.keys,
            own => own,
        };
        let mut keys = keys.iter().peekable();
        while let Some(change) = keys.next() {
            let is_last = keys.peek().is_none_or(|next| next.at != change.at);
            let own = key::key_transposed(change.key, -semitones);
            let in_header = change.at == Ticks::ZERO && header_key == Some(own);
            if is_last && !in_header {
                let text = format!("[K:{}]", key::name(Some(own)));
                self.attach(change.at, text, Effect::Signature(Signature::of(own)));
            }
        }
    }

    fn attach_lists(&mut self, score: &Score) {
        let stream = self.stream;
        if stream.leads_staff {
            let mut before = stream.first_clef();
            for change in stream
                .part
                .clefs
                .iter()
                .filter(|change| change.staff == stream.staff)
            {
                if change.at > Ticks::ZERO && before != Some(change.clef) {
                    let text = format!("[K:clef={}]", field::clef_name(change.clef));
                    self.attach(change.at, text, Effect::Clef(change.clef));
                }
                before = Some(change.clef);
            }
        }
        self.attach_spanners();
        if stream.leads_score {
            for change in score.tempos.iter().filter(|change| change.at > Ticks::ZERO) {
                let tempo = change.tempo.quarters_per_minute();
                self.attach(change.at, format!("[Q:1/4={tempo}]"), Effect::Nothing);
            }
        }
        if stream.leads_part {
            // The time of the last one that does not lead a bar: no label is moved past it.
            let mut before = None;
            for direction in &stream.part.directions {
                let (at, text) = (direction.at, self.direction(direction));
                if text.is_empty() {
                    continue;
                }
                let is_label = text.starts_with("[P:") && self.begins_repeat(at);
                let leads_bar = is_label && before != Some(at);
                if !leads_bar {
                    before = Some(at);
                }
                self.attachments.push(Attachment {
                    at,
                    leads_bar,
                    text,
                    effect: Effect::Nothing,
                });
            }
            for chord in &stream.part.chords {
                self.attach(chord.at, chord_text(&chord.text), Effect::Nothing);
            }
            for control in &stream.part.controls {
                if let Some(text) = control_text(control) {
                    self.attach(control.at, text, Effect::Nothing);
                }
            }
        }
        for (index, graces) in stream.loose_graces.iter().enumerate() {
            let at = graces.first().map_or(Ticks::ZERO, |grace| grace.onset);
            self.attach(at, String::new(), Effect::Graces(index));
        }
    }

    fn begins_repeat(&self, at: Ticks) -> bool {
        let measure = self
            .measures
            .binary_search_by_key(&at, |measure| measure.start);
        measure.is_ok_and(|index| self.measures[index].repeat_start)
    }

    /// Both ends of what lasts on the staff; where one sign follows another, the end comes first.
    fn attach_spanners(&mut self) {
        let stream = self.stream;
        let own = |spanner: &&Spanner| stream.leads_staff && spanner.staff == stream.staff;
        let mut ends: Vec<(Ticks, u8, String)> = Vec::new();
        for spanner in stream.part.spanners.iter().filter(own) {
            let end = |begins| End {
                kind: spanner.kind,
                begins,
            };
            let (Some(begins), Some(stops)) = (end(true).text(), end(false).text()) else {
                continue;
            };
            let is_empty = spanner.to <= spanner.from;
            ends.push((spanner.from, if is_empty { 1 } else { 2 }, begins));
            ends.push((spanner.to, u8::from(is_empty), stops));
        }
        ends.sort_by_key(|(at, rank, _)| (*at, *rank));
        for (at, _, text) in ends {
            self.attach(at, text, Effect::Nothing);
        }
    }

    fn direction(&self, direction: &Direction) -> String {
        let is_dynamic = decoration::DYNAMICS.contains(&direction.text.as_str());
        let measure = self
            .measures
            .binary_search_by_key(&direction.at, |measure| measure.start);
        let begins_measure = measure.is_ok();
        match direction.kind {
            DirectionKind::Dynamic if is_dynamic => format!("!{}!", direction.text),
            DirectionKind::Rehearsal if begins_measure && !direction.text.trim().is_empty() => {
                format!("[P:{}]", text::encode(&direction.text, &[']', '|', ':']))
            }
            _ => words(&direction.text),
        }
    }
}

/// A program or controller, where ABC has a way to say it.
fn control_text(control: &Control) -> Option<String> {
    match control.message {
        // At the start it would be taken for that of the part.
        Message::Program(program) if control.at > Ticks::ZERO => {
            Some(format!("[I:MIDI program {}]", program.min(127)))
        }
        Message::Controller { number, value } => Some(format!(
            "[I:MIDI control {} {}]",
            number.min(127),
            value.min(127)
        )),
        _ => None,
    }
}

/// Cuts rests where a text stands.
fn split_rests<'t>(
    elements: &mut Vec<Element>,
    attachments: impl IntoIterator<Item = &'t Attachment>,
) {
    for attachment in attachments {
        let at = attachment.at;
        let index = elements.partition_point(|element| element.end <= at);
        if let Some(element) = elements.get_mut(index)
            && element.chord.is_none()
            && element.onset < at
        {
            let end = std::mem::replace(&mut element.end, at);
            elements.insert(index + 1, Element::rest(at, end));
        }
    }
}

fn lowest(heads: &[Head]) -> usize {
    let indices = 0..heads.len();
    indices
        .min_by_key(|&index| heads[index].pitch)
        .unwrap_or_default()
}

fn marks_before(marks: &[Mark]) -> String {
    let slurs = marks
        .iter()
        .filter(|mark| **mark == Mark::SlurStart)
        .map(|_| "(".to_owned());
    slurs.chain(marks.iter().map(decoration::text)).collect()
}

fn marks_after(marks: &[Mark]) -> String {
    let stops = marks.iter().filter(|mark| **mark == Mark::SlurStop);
    stops.map(|_| ')').collect()
}

/// A length behind a note, in eighths.
fn length(written: Fraction) -> String {
    let units = written.times(Fraction::whole(8));
    match (units.numerator(), units.denominator()) {
        (1, 1) => String::new(),
        (numerator, 1) => numerator.to_string(),
        (1, denominator) => format!("/{denominator}"),
        (numerator, denominator) => format!("{numerator}/{denominator}"),
    }
}

/// How many beams' lengths a whole note has.
fn beam(metre: Option<Metre>) -> Fraction {
    let length = match metre {
        Some(
            Metre {
                beats: 4, unit: 4, ..
            }
            | Metre {
                beats: 2, unit: 2, ..
            },
        ) => (1, 2),
        Some(metre) if metre.unit >= 8 => match metre.beats % 3 {
            0 => (3, i64::from(metre.unit)),
            _ => (1, 4),
        },
        _ => (1, 4),
    };
    Fraction::new(length.1, length.0)
}

/// Words above the staff, so that they are read as nothing else.
fn words(words: &str) -> String {
    let plain = words.trim();
    if plain.is_empty() {
        return String::new();
    }
    let raw = format!("^{}", text::encode(plain, &['"']));
    if Quoted::of(&raw) == Quoted::Words(text::decode(&text::encode(plain, &['"']))) {
        return format!("\"{raw}\"");
    }
    // Only letters make a jump or a dynamic.
    let at = plain
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or_default();
    let (before, after) = plain.split_at(at);
    let mut after = after.chars();
    let letter = after.next().map_or(0, u32::from);
    let before = text::encode_within(before, &['"']);
    let after = text::encode_within(after.as_str(), &['"']);
    format!("\"^{before}\\u{letter:04x}{after}\"")
}

fn chord_text(chord: &str) -> String {
    let raw = text::encode(chord, &['"']);
    match Quoted::of(&raw) {
        Quoted::Chord(_) => format!("\"{raw}\""),
        _ => words(chord),
    }
}

//! From the voices of a tune to its score.

use std::collections::BTreeMap;

use crate::performance::Control;
use crate::pitch::{Key, Mode, Pitch};
use crate::reading::{Place, Warnings};
use crate::score::{
    ChordSymbol, ClefChange, Direction, DirectionKind, KeyChange, Mark, Measure, Note, Part, Rest,
    Score, Spanner, TempoChange,
};
use crate::time::{Resolution, Ticks};

use super::super::field;
use super::super::fraction::Fraction;
use super::super::key;
use super::super::text;
use super::spanners;
use super::voice::{MarkedRest, Sounded, Voice};
use super::{Declared, TuneReader};

impl TuneReader<'_> {
    /// The score of what has been read; `end` is the end of the tune in the file.
    pub(super) fn finish(mut self, end: Place) -> Score {
        if !self.has_key {
            self.forbid(end, "a tune without a key, K:");
        }
        if !self.in_body {
            self.start_body();
        }
        self.voice();
        for declared in &mut self.voices {
            declared.voice.finish(end, self.warnings);
        }
        let metres = self
            .voices
            .iter()
            .flat_map(|declared| &declared.voice.metres);
        let mut lengths: Vec<Fraction> = metres
            .filter_map(|(_, metre)| *metre)
            .chain(self.settings.metre)
            .map(|metre| Fraction::new(1, field::length(metre).denominator()))
            .collect();
        lengths.dedup();
        for length in lengths {
            self.grid.fit(length);
        }
        let resolution = self.grid.resolution();
        let mut score = Score::new(resolution);
        let header_metre = self.settings.metre;
        let mut voices: Vec<Voice> = Vec::new();
        for Declared { mut voice, .. } in self.voices.drain(..) {
            if voice.started {
                voice.metres.insert(0, (Fraction::ZERO, header_metre));
                voices.push(voice);
            }
        }
        let (seats, mut voices) = seated(voices, &self.braces);
        let words = self.tempo_words.drain(..);
        let words = words.map(|words| (Fraction::ZERO, words, DirectionKind::Words));
        if let Some(first) = voices.first_mut() {
            first.directions.splice(0..0, words);
            let tempos = self.tempos.drain(..).map(|tempo| (Fraction::ZERO, tempo));
            first.tempos.splice(0..0, tempos);
        }
        let has_time = |voice: &Voice| voice.time() > Fraction::ZERO;
        let longest = voices
            .iter()
            .map(Voice::time)
            .max()
            .unwrap_or(Fraction::ZERO);
        let master = voices.iter().position(has_time).unwrap_or_default();
        score.measures = super::measures::measures(&voices, master, resolution, self.warnings);
        score.keys = keys(&voices, resolution);
        score.tempos = tempos(&voices, resolution);
        score.metadata = std::mem::take(&mut self.metadata);
        // Words of the tune are written after it.
        score.metadata.fields.sort_by_key(|(name, _)| name == "W");
        for voice in voices.iter().filter(|voice| has_time(voice)) {
            if voice.time() < longest {
                let last = voice.bars.last().map_or(end, |bar| bar.place);
                let id = &voice.id;
                self.warnings
                    .forbid(last, format!("voice {id} ends before the others"));
            }
        }
        score.parts = parts(seats, voices, &score, self.warnings);
        let end = score.measures.last().map_or(Ticks::ZERO, Measure::end);
        for direction in score.parts.iter_mut().flat_map(|part| &mut part.directions) {
            // A label at the very end is that of no part.
            if direction.at == end && direction.kind == DirectionKind::Rehearsal {
                direction.kind = DirectionKind::Words;
            }
        }
        score
    }
}

/// Joins each note that ends in a tie to the next one of its pitch, in its own voice if it can be.
fn join_ties(notes: &mut [Note], ties: &[(usize, Place)], warnings: &mut Warnings) {
    if ties.is_empty() {
        return;
    }
    let mut starts: BTreeMap<(Ticks, Pitch, u8), Vec<usize>> = BTreeMap::new();
    for (index, note) in notes.iter().enumerate().rev() {
        if !note.is_grace() {
            let key = (note.onset, note.pitch, note.voice);
            starts.entry(key).or_default().push(index);
        }
    }
    for &(from, place) in ties {
        let Some(note) = notes.get(from) else {
            continue;
        };
        let (at, pitch, voice) = (note.end(), note.pitch, note.voice);
        let in_any_voice = starts
            .range((at, pitch, 0)..=(at, pitch, u8::MAX))
            .find(|(_, notes)| !notes.is_empty())
            .map(|(key, _)| *key);
        let in_own_voice = Some((at, pitch, voice))
            .filter(|key| starts.get(key).is_some_and(|notes| !notes.is_empty()));
        let to = in_own_voice
            .or(in_any_voice)
            .and_then(|key| starts.get_mut(&key))
            .and_then(Vec::pop);
        match to {
            Some(to) => {
                notes[from].tied_to = true;
                notes[to].tied_from = true;
            }
            None => warnings.push(place, "a tie to a note that does not follow: let go"),
        }
    }
}

/// The keys of the first voice that sounds as written, or else of the first voice.
fn keys(voices: &[Voice], resolution: Resolution) -> Vec<KeyChange> {
    voices
        .iter()
        .find(|voice| voice.transposition() == 0)
        .or(voices.first())
        .map(|voice| concert_keys(voice, resolution))
        .unwrap_or_default()
}

/// The keys of a voice at concert pitch. Of several at one time the last holds.
fn concert_keys(voice: &Voice, resolution: Resolution) -> Vec<KeyChange> {
    let semitones = i32::from(voice.transposition());
    let changes = voice.keys.iter().map(|&(at, key, _)| KeyChange {
        at: resolution.ticks(at),
        key: key.map_or(Key::default(), |key| key::key_transposed(key, semitones)),
    });
    last_at_each_time(changes.collect(), |change| change.at)
}

/// The keys of `voice` where they are not `keys`, those of the score.
fn own_keys(voice: &Voice, keys: &[KeyChange], resolution: Resolution) -> Option<Vec<KeyChange>> {
    let mut own = concert_keys(voice, resolution);
    let end = resolution.ticks(voice.time());
    // A key is named again only where it is another, and one after the voice is not its business.
    let in_effect = |keys: &[KeyChange]| {
        let mut changes: Vec<(Ticks, i8, Mode)> = keys
            .iter()
            .filter(|change| change.at < end)
            .map(|change| (change.at, change.key.fifths, change.key.mode))
            .collect();
        if voice.transposition() != 0 {
            // A signature that would be too long was exchanged for its enharmonic.
            for (_, fifths, _) in &mut changes {
                *fifths = fifths.rem_euclid(12);
            }
        }
        changes.dedup_by_key(|(_, fifths, mode)| (*fifths, *mode));
        let is_default = |first: &(Ticks, i8, Mode)| (first.1, first.2) == (0, Mode::Major);
        if changes.first().is_some_and(is_default) {
            changes.remove(0);
        }
        changes
    };
    if in_effect(&own) == in_effect(keys) {
        return None;
    }
    let silent = KeyChange {
        at: Ticks::ZERO,
        key: Key::default(),
    };
    // Another key holds at the start for the other parts.
    let differs = keys.first().is_some_and(|key| key.at == Ticks::ZERO);
    match own.first() {
        Some(first) if first.at == Ticks::ZERO || !differs => {}
        _ => own.insert(0, silent),
    }
    Some(own)
}

fn tempos(voices: &[Voice], resolution: Resolution) -> Vec<TempoChange> {
    let changes = voices
        .iter()
        .flat_map(|voice| &voice.tempos)
        .map(|&(at, tempo)| TempoChange {
            at: resolution.ticks(at),
            tempo,
        });
    last_at_each_time(changes.collect(), |change| change.at)
}

/// `changes` in order of time; of several at one time the last holds.
fn last_at_each_time<T>(mut changes: Vec<T>, at: impl Fn(&T) -> Ticks) -> Vec<T> {
    changes.sort_by_key(&at);
    changes.reverse();
    changes.dedup_by_key(|change| at(change));
    changes.reverse();
    changes
}

/// The voices in the order of the parts that they make up, and for each the index of its part and its
/// staff there. Each is a part, or those within a brace are one together.
fn seated(voices: Vec<Voice>, braces: &[Vec<Vec<String>>]) -> (Vec<(usize, u8)>, Vec<Voice>) {
    let count = voices.len();
    let mut left: Vec<Option<Voice>> = voices.into_iter().map(Some).collect();
    let (mut seats, mut seated) = (Vec::new(), Vec::new());
    for index in 0..count {
        let Some(id) = left[index].as_ref().map(|voice| voice.id.clone()) else {
            continue;
        };
        let brace = braces
            .iter()
            .find(|staves| staves.iter().flatten().any(|member| *member == id));
        for (staff, ids) in (1_u8..).zip(brace.into_iter().flatten()) {
            for id in ids {
                let found = left
                    .iter_mut()
                    .find(|voice| voice.as_ref().is_some_and(|voice| voice.id == *id));
                if let Some(voice) = found.and_then(Option::take) {
                    seats.push((index, staff));
                    seated.push(voice);
                }
            }
        }
        if let Some(voice) = left[index].take() {
            seats.push((index, 1));
            seated.push(voice);
        }
    }
    (seats, seated)
}

fn parts(
    seats: Vec<(usize, u8)>,
    voices: Vec<Voice>,
    score: &Score,
    warnings: &mut Warnings,
) -> Vec<Part> {
    let count = voices.len();
    let mut seated = seats.into_iter().zip(voices).peekable();
    let mut parts = Vec::new();
    while let Some(((index, staff), voice)) = seated.next() {
        let mut members = vec![(staff, voice)];
        while let Some(((_, staff), voice)) = seated.next_if(|((other, _), _)| *other == index) {
            members.push((staff, voice));
        }
        parts.push(part(members, count > 1, score, warnings));
    }
    parts
}

fn part(
    members: Vec<(u8, Voice)>,
    is_one_of_several: bool,
    score: &Score,
    warnings: &mut Warnings,
) -> Part {
    let resolution = score.resolution;
    let mut part = Part::default();
    let mut ties = Vec::new();
    let mut voices_before = 0_u8;
    for (index, (staff, mut voice)) in members.into_iter().enumerate() {
        if index == 0 {
            let named = !voice.id.bytes().all(|byte| byte.is_ascii_digit());
            let id = Some(text::decode(&voice.id)).filter(|_| named && is_one_of_several);
            part.name = voice.name.take().or(id).unwrap_or_default();
            part.instrument = voice.instrument;
            part.transposition = voice.transposition();
            part.keys = own_keys(&voice, &score.keys, resolution).unwrap_or_default();
        } else {
            let keys = Some(&part.keys).filter(|keys| !keys.is_empty());
            if own_keys(&voice, keys.unwrap_or(&score.keys), resolution).is_some()
                && let Some(&(.., place)) = voice.keys.last()
            {
                warnings.push(
                    place,
                    format!(
                        "voice {} has a key of its own within its part: its notes sound right, the \
                         part keeps that of its first voice",
                        voice.id
                    ),
                );
            }
        }
        part.clefs
            .extend(voice.clefs.iter().map(|&(at, clef)| ClefChange {
                at: resolution.ticks(at),
                staff,
                clef,
            }));
        part.chords
            .extend(voice.chords.drain(..).map(|(at, text)| ChordSymbol {
                at: resolution.ticks(at),
                text,
            }));
        let directions = voice.directions.drain(..);
        part.directions
            .extend(directions.map(|(at, text, kind)| Direction {
                at: resolution.ticks(at),
                text,
                kind,
            }));
        let end = voice.time();
        let spanners = spanners::pair(std::mem::take(&mut voice.ends), end, warnings);
        part.spanners
            .extend(spanners.into_iter().map(|(from, to, kind)| Spanner {
                from: resolution.ticks(from),
                to: resolution.ticks(to),
                staff,
                kind,
            }));
        let controls = voice.controls.drain(..);
        part.controls.extend(controls.map(|(at, message)| Control {
            at: resolution.ticks(at),
            message,
        }));
        let first = part.notes.len();
        ties.extend(
            voice
                .ties
                .iter()
                .map(|&(note, place)| (first + note, place)),
        );
        let of_notes = voice.sounded.iter().map(|sounded| sounded.note.voice);
        let of_rests = voice.rests.iter().map(|rest| rest.lane);
        let lanes = of_notes.chain(of_rests).max();
        for rest in voice.rests.drain(..) {
            part.rests
                .push(self::rest(rest, staff, voices_before, resolution));
        }
        for sounded in voice.sounded.drain(..) {
            part.notes
                .push(note(sounded, staff, voices_before, resolution));
        }
        voices_before = voices_before.saturating_add(lanes.unwrap_or(1));
    }
    join_ties(&mut part.notes, &ties, warnings);
    part.clefs.sort_by_key(|change| (change.at, change.staff));
    // The voices of a staff each name its clef.
    part.clefs.dedup();
    part.chords.sort_by_key(|chord| chord.at);
    part.directions.sort_by_key(|direction| direction.at);
    part.spanners
        .sort_by_key(|spanner| (spanner.from, spanner.to));
    spanners::join_pedals(&mut part.spanners);
    part.spanners
        .sort_by_key(|spanner| (spanner.from, spanner.staff, spanner.kind, spanner.to));
    part.controls.sort_by_key(|control| control.at);
    part.rests.sort_by_key(|rest| (rest.onset, rest.voice));
    part.sort();
    part
}

fn rest(rest: MarkedRest, staff: u8, voices_before: u8, resolution: Resolution) -> Rest {
    let onset = resolution.ticks(rest.onset);
    Rest {
        onset,
        duration: resolution.ticks(rest.onset.plus(rest.duration)) - onset,
        voice: rest.lane.saturating_add(voices_before),
        staff,
        marks: rest.marks,
        lyrics: Vec::new(),
    }
}

/// A note in ticks, with its marks in one order: starts of slurs, others, ends of slurs.
fn note(sounded: Sounded, staff: u8, voices_before: u8, resolution: Resolution) -> Note {
    let onset = resolution.ticks(sounded.onset);
    let duration = match sounded.note.is_grace() {
        true => Ticks::ZERO,
        false => resolution.ticks(sounded.end()) - onset,
    };
    let mut marks = sounded.note.marks;
    marks.sort_by_key(|mark| match mark {
        Mark::SlurStart => 0,
        Mark::SlurStop => 2,
        _ => 1,
    });
    Note {
        onset,
        duration,
        marks,
        voice: sounded.note.voice.saturating_add(voices_before),
        staff,
        ..sounded.note
    }
}

//! From the voices of a tune to its score.

use std::collections::BTreeMap;

use crate::pitch::{Key, Pitch};
use crate::reading::{Place, Warnings};
use crate::score::{
    ChordSymbol, ClefChange, Direction, DirectionKind, KeyChange, Mark, Measure, Note, Part, Score,
    TempoChange,
};
use crate::time::{Resolution, Ticks};

use super::super::field;
use super::super::fraction::Fraction;
use super::super::key;
use super::super::text;
use super::voice::{Sounded, Voice};
use super::{Declared, TuneReader};

impl TuneReader<'_> {
    /// The score of what has been read; `end` is the end of the tune in the file.
    pub(super) fn finish(mut self, end: Place) -> Score {
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
        for (index, Declared { mut voice, .. }) in self.voices.drain(..).enumerate() {
            if voice.started || index == 0 {
                voice.metres.insert(0, (Fraction::ZERO, header_metre));
                voices.push(voice);
            }
        }
        let words = self.tempo_words.drain(..);
        let words = words.map(|words| (Fraction::ZERO, words, DirectionKind::Words));
        if let Some(first) = voices.first_mut() {
            first.directions.splice(0..0, words);
            let tempos = self.tempos.drain(..).map(|tempo| (Fraction::ZERO, tempo));
            first.tempos.splice(0..0, tempos);
        }
        let has_time = |voice: &Voice| voice.time() > Fraction::ZERO;
        let master = voices.iter().position(has_time).unwrap_or_default();
        score.measures = super::measures::measures(&voices, master, resolution, self.warnings);
        score.keys = keys(&voices, resolution);
        score.tempos = tempos(&voices, resolution);
        score.metadata = std::mem::take(&mut self.metadata);
        // Words of the tune are written after it.
        score.metadata.fields.sort_by_key(|(name, _)| name == "W");
        score.parts = parts(voices, &self.braces, resolution, self.warnings);
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

/// The keys of the first voice that sounds as written, or else of the first voice at concert
/// pitch. Of several at one time the last holds.
fn keys(voices: &[Voice], resolution: Resolution) -> Vec<KeyChange> {
    let transposition = |voice: &Voice| i32::from(voice.transposition());
    let Some(voice) = voices
        .iter()
        .find(|voice| transposition(voice) == 0)
        .or(voices.first())
    else {
        return Vec::new();
    };
    let semitones = transposition(voice);
    let changes = voice.keys.iter().map(|&(at, key)| KeyChange {
        at: resolution.ticks(at),
        key: key.map_or(Key::default(), |key| key::key_transposed(key, semitones)),
    });
    last_at_each_time(changes.collect(), |change| change.at)
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

/// A part for each voice, or for the voices within a brace together.
fn parts(
    voices: Vec<Voice>,
    braces: &[Vec<Vec<String>>],
    resolution: Resolution,
    warnings: &mut Warnings,
) -> Vec<Part> {
    let count = voices.len();
    let mut left: Vec<Option<Voice>> = voices.into_iter().map(Some).collect();
    let mut parts = Vec::new();
    for index in 0..count {
        let Some(id) = left[index].as_ref().map(|voice| voice.id.clone()) else {
            continue;
        };
        let brace = braces
            .iter()
            .find(|staves| staves.iter().flatten().any(|member| *member == id));
        let mut members: Vec<(u8, Voice)> = Vec::new();
        for (staff, ids) in (1_u8..).zip(brace.into_iter().flatten()) {
            for id in ids {
                let found = left
                    .iter_mut()
                    .find(|voice| voice.as_ref().is_some_and(|voice| voice.id == *id));
                members.extend(found.and_then(Option::take).map(|voice| (staff, voice)));
            }
        }
        members.extend(left[index].take().map(|voice| (1, voice)));
        parts.push(part(members, count > 1, resolution, warnings));
    }
    parts
}

fn part(
    members: Vec<(u8, Voice)>,
    is_one_of_several: bool,
    resolution: Resolution,
    warnings: &mut Warnings,
) -> Part {
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
        let first = part.notes.len();
        ties.extend(
            voice
                .ties
                .iter()
                .map(|&(note, place)| (first + note, place)),
        );
        let lanes = voice.sounded.iter().map(|sounded| sounded.note.voice).max();
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
    // Grace notes stay in the order in which they are played.
    part.notes.sort_by_key(|note| {
        let pitch = Some(note.pitch).filter(|_| !note.is_grace());
        (note.onset, !note.is_grace(), note.voice, pitch)
    });
    part
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

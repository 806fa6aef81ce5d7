//! The one line of notes that a tune is.

use std::ops::Range;

use crate::pitch::Spelling;
use crate::score::{Note, Part, Score};
use crate::time::Ticks;

use super::TooRich;
use super::length::{self, Grains};

/// A note, or a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) start: Grains,
    pub(super) end: Grains,
    pub(super) sound: Option<Sound>,
}

/// What a note sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) spelling: Spelling,
    /// Whether the note after it continues it.
    pub(super) tied: bool,
}

impl Element {
    pub(super) fn rest(start: Grains, end: Grains) -> Element {
        Element {
            start,
            end,
            sound: None,
        }
    }

    pub(super) fn length(&self) -> Grains {
        self.end - self.start
    }
}

/// The notes of `part` in order, the highest of each chord, ties only where they lead on.
pub(super) fn notes(score: &Score, part: &Part) -> Result<Vec<Element>, TooRich> {
    let mut heads: Vec<&Note> = part
        .notes
        .iter()
        .filter(|note| !note.is_grace() && note.duration > Ticks::ZERO)
        .collect();
    heads.sort_by_key(|note| note.onset);
    let mut notes: Vec<Element> = Vec::new();
    for chord in heads.chunk_by(|one, next| one.onset == next.onset) {
        let Some(top) = chord.iter().max_by_key(|note| note.pitch) else {
            continue;
        };
        let end = chord.iter().map(|note| note.end()).max();
        let grains = |ticks| {
            length::grains(score, ticks).ok_or_else(|| TooRich::Length {
                bar: length::number_at(score, top.onset),
            })
        };
        let (start, end) = (grains(top.onset)?, grains(end.unwrap_or_default())?);
        let voices = TooRich::Voices {
            bar: length::number_at(score, top.onset),
        };
        if chord.iter().any(|note| note.voice != top.voice) {
            return Err(voices);
        }
        let spelling = spelling(score, top)?;
        if let Some(last) = notes.last_mut() {
            if last.end > start {
                return Err(voices);
            }
            let (end, sound) = (last.end, last.sound.as_mut());
            if let Some(sound) = sound {
                sound.tied &= end == start && top.tied_from && sound.spelling == spelling;
            }
        }
        let tied = top.tied_to;
        let sound = Some(Sound { spelling, tied });
        notes.push(Element { start, end, sound });
    }
    if let Some(sound) = notes.last_mut().and_then(|last| last.sound.as_mut()) {
        sound.tied = false;
    }
    Ok(notes)
}

/// The notes of `all` within `bar`, cut at its ends, and the rests between them.
pub(super) fn within(all: &[Element], bar: Range<Grains>) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut at = bar.start;
    let first = all.partition_point(|note| note.end <= bar.start);
    for note in all.get(first..).unwrap_or_default() {
        if note.start >= bar.end {
            break;
        }
        if note.start > at {
            elements.push(Element::rest(at, note.start));
        }
        let mut piece = *note;
        piece.start = note.start.max(bar.start);
        piece.end = note.end.min(bar.end);
        if let (true, Some(sound)) = (note.end > bar.end, &mut piece.sound) {
            sound.tied = true;
        }
        at = piece.end;
        elements.push(piece);
    }
    if at < bar.end {
        elements.push(Element::rest(at, bar.end));
    }
    elements
}

/// How the note is spelled, with at most two accidentals and within the octaves that tunes have.
fn spelling(score: &Score, note: &Note) -> Result<Spelling, TooRich> {
    let sounds_right = |spelling: &Spelling| {
        spelling.pitch() == Some(note.pitch) && (-2..=2).contains(&spelling.alter)
    };
    let spelling = note
        .spelling
        .filter(sounds_right)
        .unwrap_or_else(|| Spelling::in_key(note.pitch, score.key_at(note.onset)));
    match spelling.octave {
        3..=6 => Ok(spelling),
        _ => Err(TooRich::Pitch {
            bar: length::number_at(score, note.onset),
        }),
    }
}

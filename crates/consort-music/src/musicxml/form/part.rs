//! One part: its notes as heads, its clefs, and how it is spelled.

use std::collections::BTreeMap;

use crate::musicxml::interval::Interval;
use crate::musicxml::navigation::sign_of_words;
use crate::musicxml::text::{clean, one_line};
use crate::pitch::{Key, Spelling};
use crate::score::{
    ChordSymbol, Clef, ClefChange, ClefSign, Direction, DirectionKind, Instrument, KeyChange,
    Navigation, Note, Part, Score,
};
use crate::time::Ticks;

use super::controls::controls;
use super::key_at;
use super::lines::spanners;
use super::notes::heads;
use super::rests::rests;

/// `part` in the form in which it is written over the measures and keys of `score`, with `keys` of its
/// own, and the signs that are words in it.
pub(super) fn part(
    part: &Part,
    keys: Vec<KeyChange>,
    score: &Score,
) -> (Part, Vec<(Ticks, Navigation)>) {
    let percussion = part.instrument.percussion;
    let mut written = Part {
        name: one_line(&part.name),
        instrument: Instrument {
            program: part.instrument.program.filter(|&program| program < 128),
            percussion,
        },
        transposition: if percussion { 0 } else { part.transposition },
        ..Part::default()
    };
    written.chords = chords(&part.chords);
    let signs = directions(&part.directions, &mut written.directions);
    written.notes = heads(&part.notes, &score.measures, score.resolution);
    written.rests = rests(
        &part.rests,
        &written.notes,
        &score.measures,
        score.resolution,
    );
    written.keys = keys;
    let in_force = keys_of(&written, score).to_vec();
    for note in &mut written.notes {
        note.spelling = match percussion {
            true => None,
            false => Some(spelling(note, &in_force, written.transposition)),
        };
    }
    written.clefs = clefs(part, &written);
    written.spanners = spanners(&part.spanners, &written.notes, staves(&written));
    written.controls = controls(&part.controls);
    (written, signs)
}

/// From written to sounding pitch in `key`: over one letter more or less where the written key
/// would otherwise have more than seven accidentals.
pub(in crate::musicxml) fn interval_in(key: Key, transposition: i8) -> Interval {
    let usual = Interval::of_semitones(i32::from(transposition));
    match i32::from(key.fifths) - usual.fifths() {
        8.. => usual.with_letters(-1),
        ..=-8 => usual.with_letters(1),
        _ => usual,
    }
}

/// The keys that a part is written in.
pub(in crate::musicxml) fn keys_of<'a>(part: &'a Part, score: &'a Score) -> &'a [KeyChange] {
    match part.keys.as_slice() {
        [] => &score.keys,
        own => own,
    }
}

/// How many staves a part in the written form has.
pub(in crate::musicxml) fn staves(part: &Part) -> u8 {
    let notes = part.notes.iter().map(|note| note.staff);
    let rests = part.rests.iter().map(|rest| rest.staff);
    let clefs = part.clefs.iter().map(|clef| clef.staff);
    notes.chain(rests).chain(clefs).max().unwrap_or(1)
}

fn spelling(note: &Note, keys: &[KeyChange], transposition: i8) -> Spelling {
    let key = key_at(keys, note.onset);
    let to_written = interval_in(key, transposition).inverse();
    let is_legible = |spelling: &Spelling| {
        let accidentals = |spelling: Spelling| spelling.alter.unsigned_abs();
        let limit = if transposition == 0 { 3 } else { 2 };
        spelling.pitch() == Some(note.pitch)
            && accidentals(*spelling) <= limit
            && to_written
                .above(*spelling)
                .is_some_and(|written| accidentals(written) <= limit)
    };
    note.spelling
        .filter(is_legible)
        .unwrap_or_else(|| Spelling::in_key(note.pitch, key))
}

fn chords(chords: &[ChordSymbol]) -> Vec<ChordSymbol> {
    let mut written: Vec<ChordSymbol> = chords
        .iter()
        .map(|chord| ChordSymbol {
            at: chord.at.max(Ticks::ZERO),
            text: clean(&chord.text),
        })
        .filter(|chord| !chord.text.is_empty())
        .collect();
    written.sort_by_key(|chord| chord.at);
    written
}

/// Puts the directions that stay words into `written` and returns those that are signs.
fn directions(directions: &[Direction], written: &mut Vec<Direction>) -> Vec<(Ticks, Navigation)> {
    let mut signs = Vec::new();
    for direction in directions {
        let text = clean(&direction.text);
        let at = direction.at.max(Ticks::ZERO);
        let kind = direction.kind;
        match sign_of_words(&text) {
            _ if text.is_empty() => {}
            Some(sign) if kind == DirectionKind::Words => signs.push((at, sign)),
            _ => written.push(Direction { at, text, kind }),
        }
    }
    written.sort_by_key(|direction| direction.at);
    signs
}

fn clefs(part: &Part, written: &Part) -> Vec<ClefChange> {
    let mut clefs: BTreeMap<(Ticks, u8), Clef> = BTreeMap::new();
    for change in &part.clefs {
        let at = change.at.max(Ticks::ZERO);
        clefs.insert((at, change.staff.max(1)), valid_clef(change.clef));
    }
    let of_clefs = clefs.keys().map(|(_, staff)| *staff).max();
    for staff in 1..=staves(written).max(of_clefs.unwrap_or(1)) {
        clefs
            .entry((Ticks::ZERO, staff))
            .or_insert_with(|| clef_for(written, staff));
    }
    clefs
        .into_iter()
        .map(|((at, staff), clef)| ClefChange { at, staff, clef })
        .collect()
}

fn valid_clef(clef: Clef) -> Clef {
    match clef.sign {
        ClefSign::Percussion => Clef::PERCUSSION,
        sign => Clef::new(sign, clef.line.clamp(1, 5), clef.octave.clamp(-2, 2)),
    }
}

/// The clef that keeps the notes of a staff on it: treble from about middle C up, bass below, and
/// for a range between them, such as a tenor's, the treble clef an octave down.
fn clef_for(part: &Part, staff: u8) -> Clef {
    if part.instrument.percussion {
        return Clef::PERCUSSION;
    }
    let mut pitches: Vec<i32> = part
        .notes
        .iter()
        .filter(|note| note.staff == staff)
        .map(|note| i32::from(note.pitch.midi()) - i32::from(part.transposition))
        .collect();
    pitches.sort_unstable();
    let Some(&median) = pitches.get(pitches.len() / 2) else {
        return if staff == 2 { Clef::BASS } else { Clef::TREBLE };
    };
    match median {
        60.. => Clef::TREBLE,
        53..=59 if staff == 1 => Clef::TREBLE_OCTAVE_DOWN,
        _ => Clef::BASS,
    }
}

//! The score that tracks make: a part for each channel of each.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{File, Format};
use super::general::program_name;
use super::lyrics;
use super::notes::RawNote;
use super::text::{as_chord, counted, into_metadata, is_dynamic};
use super::timeline;
use super::track::{ProgramChange, Text, TextKind, Track};
use crate::reading::{Place, Warnings};
use crate::score::{
    ChordSymbol, Direction, DirectionKind, Instrument, Metre, Note, Part, Score, Tempo,
};
use crate::time::{Resolution, Ticks};
use crate::{Key, Pitch, Velocity};

/// The channel of drums, counted from 0.
pub(super) const PERCUSSION: u8 = 9;

/// The score of `file`, which is `length` bytes long.
pub(super) fn score(file: File, length: usize, warnings: &mut Warnings) -> Score {
    let File {
        format,
        timing,
        mut tracks,
        left_out,
    } = file;
    left_out.warn(warnings);
    if format == Format::Sequential {
        one_after_another(&mut tracks, timing.fixed.is_none(), warnings);
    }
    let factor = timeline::refinement(&tracks, timing.resolution);
    let finer = u32::try_from(factor)
        .ok()
        .and_then(|factor| timing.resolution.ticks_per_quarter().checked_mul(factor))
        .and_then(Resolution::new);
    let mut score = Score::new(finer.unwrap_or(timing.resolution));
    if factor > 1 {
        tracks.iter_mut().for_each(|track| track.stretch(factor));
    }
    let places = make_parts(&mut score, &tracks);
    describe(&mut score, &tracks, &places);
    add_texts(&mut score, &mut tracks, &places, warnings);
    add_program_changes(&mut score, &tracks, &places);
    for part in &mut score.parts {
        part.chords.sort_by_key(|chord| chord.at);
        part.directions.sort_by_key(|direction| direction.at);
    }
    timeline::lay(&mut score, &tracks, timing, length, warnings);
    score
}

/// Where a part comes from.
#[derive(Clone, Copy, Debug)]
struct Source {
    track: usize,
    channel: u8,
    /// The onset of its first note.
    first: Ticks,
}

/// Puts the tracks of format 2 one after another, each with a metre, a key and, where tempos count,
/// a tempo of its own.
fn one_after_another(tracks: &mut [Track], has_tempos: bool, warnings: &mut Warnings) {
    let mut start = Ticks::ZERO;
    for track in tracks.iter_mut() {
        track.delay(start);
        if start > Ticks::ZERO {
            track.metres.insert(0, (start, Metre::COMMON));
            track.keys.insert(0, (start, Key::default()));
            if has_tempos {
                track.tempos.insert(0, (start, Tempo::DEFAULT));
            }
        }
        let notes = track.notes.iter().map(|note| note.end).max();
        start = track.end.max(notes.unwrap_or_default());
    }
    if tracks.len() > 1 {
        let message =
            "the tracks are independent pieces (format 2); they were put one after another";
        warnings.push(Place::File, message);
    }
}

/// Makes the parts with their notes; a track without notes that sets one program is an empty part.
fn make_parts(score: &mut Score, tracks: &[Track]) -> Vec<Source> {
    let mut sources = Vec::new();
    let programs = shared_programs(tracks);
    for (index, track) in tracks.iter().enumerate() {
        let mut channels: BTreeMap<u8, Vec<RawNote>> = BTreeMap::new();
        for note in &track.notes {
            channels.entry(note.channel).or_default().push(*note);
        }
        if let Some(channel) = empty_part(track, index) {
            channels.insert(channel, Vec::new());
        }
        let alone = channels.len() == 1;
        for (channel, raw) in channels {
            let first = raw
                .iter()
                .map(|note| note.onset)
                .min()
                .unwrap_or(Ticks(i64::MAX));
            let until = |changes: &[ProgramChange]| {
                let before = changes.iter().take_while(|change| change.at <= first);
                before
                    .filter(|change| change.channel == channel)
                    .last()
                    .map(|c| c.program)
            };
            let shared = || {
                let changes = programs.get(&channel)?;
                let after = changes.partition_point(|change| change.at <= first);
                Some(changes[after.checked_sub(1)?].program)
            };
            score.parts.push(Part {
                name: part_name(track, index, alone),
                instrument: Instrument {
                    program: until(&track.programs).or_else(shared),
                    percussion: channel == PERCUSSION,
                },
                notes: notes(raw),
                ..Part::default()
            });
            sources.push(Source {
                track: index,
                channel,
                first,
            });
        }
    }
    sources
}

/// The channel of the part that a track without notes stands for, if it does: it sets programs on
/// this one.
fn empty_part(track: &Track, index: usize) -> Option<u8> {
    let channel = track.programs.first()?.channel;
    let alone = track
        .programs
        .iter()
        .all(|change| change.channel == channel);
    (index > 0 && track.notes.is_empty() && alone).then_some(channel)
}

/// The programs that tracks without parts set for the channels of the others, in order of time.
fn shared_programs(tracks: &[Track]) -> BTreeMap<u8, Vec<ProgramChange>> {
    let mut programs: BTreeMap<u8, Vec<ProgramChange>> = BTreeMap::new();
    let without_parts = tracks
        .iter()
        .enumerate()
        .filter(|&(index, track)| track.notes.is_empty() && empty_part(track, index).is_none());
    for change in without_parts.flat_map(|(_, track)| &track.programs) {
        programs.entry(change.channel).or_default().push(*change);
    }
    programs
        .values_mut()
        .for_each(|changes| changes.sort_by_key(|change| change.at));
    programs
}

fn part_name(track: &Track, index: usize, alone: bool) -> String {
    let names = [&track.name, &track.instrument];
    let name = match (index, alone) {
        // The name of the first track is that of the piece.
        (0, true) => names.into_iter().rev().find_map(Clone::clone),
        (0, false) => None,
        _ => names.into_iter().find_map(Clone::clone),
    };
    name.unwrap_or_default()
}

/// The notes of a part, in as few voices as hold them.
fn notes(mut raw: Vec<RawNote>) -> Vec<Note> {
    raw.sort_by_key(|note| (note.onset, note.end));
    let mut free_from: Vec<Ticks> = Vec::new();
    let mut notes = Vec::with_capacity(raw.len());
    for beginning in raw.chunk_by(|a, b| a.onset == b.onset) {
        let mut chords: Vec<&[RawNote]> = beginning.chunk_by(|a, b| a.end == b.end).collect();
        let top = |chord: &&[RawNote]| chord.iter().map(|note| note.pitch).max();
        chords.sort_by_key(|chord| std::cmp::Reverse(top(chord)));
        for chord in chords {
            let (onset, end) = (chord[0].onset, chord[0].end);
            let free = free_from.iter().position(|&from| from <= onset);
            let voice = free.unwrap_or_else(|| {
                // More voices than can be numbered share the last one.
                if free_from.len() < usize::from(u8::MAX) {
                    free_from.push(onset);
                }
                free_from.len() - 1
            });
            free_from[voice] = end.max(free_from[voice]);
            for note in chord {
                let Ok(pitch) = Pitch::try_from(note.pitch) else {
                    continue;
                };
                notes.push(Note {
                    voice: u8::try_from(voice + 1).unwrap_or(u8::MAX),
                    velocity: Velocity::try_from(note.velocity).ok(),
                    ..Note::new(note.onset, note.end - note.onset, pitch)
                });
            }
        }
    }
    let mut part = Part {
        notes,
        ..Part::default()
    };
    part.sort();
    part.notes
}

/// Title, copyright and the names that no part bears.
fn describe(score: &mut Score, tracks: &[Track], sources: &[Source]) {
    let metadata = &mut score.metadata;
    metadata.title = tracks.first().and_then(|track| track.name.clone());
    let copyrights: Vec<&str> = tracks
        .iter()
        .flat_map(|track| &track.copyrights)
        .map(String::as_str)
        .collect();
    metadata.copyright = (!copyrights.is_empty()).then(|| copyrights.join("\n"));
    let with_parts: BTreeSet<usize> = sources.iter().map(|source| source.track).collect();
    for (index, track) in tracks.iter().enumerate() {
        let has_parts = with_parts.contains(&index);
        if let (false, true, Some(name)) = (has_parts, index > 0, &track.name) {
            into_metadata(name, metadata);
        }
        let unused = !has_parts || (index > 0 && track.name.is_some());
        if let (true, Some(instrument)) = (unused, &track.instrument) {
            metadata
                .fields
                .push(("instrument".to_owned(), instrument.clone()));
        }
    }
}

/// Whether the texts of a track without notes are the words of a karaoke file.
fn is_karaoke(track: &Track) -> bool {
    let begins_line = |text: &Text| text.text.starts_with(['/', '\\']);
    track
        .texts
        .iter()
        .any(|text| text.kind == TextKind::Plain && begins_line(text))
}

/// Gives the texts of all tracks to parts, notes and metadata.
fn add_texts(score: &mut Score, tracks: &mut [Track], sources: &[Source], warnings: &mut Warnings) {
    let mut first_part: BTreeMap<usize, usize> = BTreeMap::new();
    for (part, source) in sources.iter().enumerate() {
        first_part.entry(source.track).or_insert(part);
    }
    let mut homeless: Vec<(Ticks, String)> = Vec::new();
    for (index, track) in tracks.iter_mut().enumerate() {
        let own = first_part.get(&index).copied();
        let karaoke = index > 0 && own.is_none() && is_karaoke(track);
        let mut sung = Vec::new();
        for Text { at, kind, text } in std::mem::take(&mut track.texts) {
            let about =
                index == 0 && at == Ticks::ZERO && !(own.is_some() && is_dynamic(text.trim()));
            let about = about || (karaoke && text.starts_with('@'));
            let target = own.or((!score.parts.is_empty()).then_some(0));
            match (kind, target) {
                (TextKind::Lyric, _) => sung.push((at, text)),
                (TextKind::Plain, _) if about => into_metadata(&text, &mut score.metadata),
                (TextKind::Plain, _) if karaoke => sung.push((at, text)),
                (_, Some(part)) => add_direction(&mut score.parts[part], at, kind, text.trim()),
                (_, None) => into_metadata(&text, &mut score.metadata),
            }
        }
        match own {
            None => homeless.extend(sung),
            Some(first) => {
                let last = sources
                    .iter()
                    .skip(first)
                    .take_while(|s| s.track == index)
                    .count();
                sing(
                    &mut score.parts[first..first + last],
                    &sung,
                    index,
                    warnings,
                );
            }
        }
    }
    if score.parts.is_empty() {
        let texts = homeless.drain(..);
        texts.for_each(|(_, text)| into_metadata(&text, &mut score.metadata));
    }
    homeless.sort_by_key(|&(at, _)| at);
    sing(&mut score.parts, &homeless, 0, warnings);
}

fn add_direction(part: &mut Part, at: Ticks, kind: TextKind, text: &str) {
    if let (TextKind::Plain, Some(name)) = (kind, as_chord(text)) {
        part.chords.push(ChordSymbol {
            at,
            text: name.to_owned(),
        });
        return;
    }
    let kind = match kind {
        TextKind::Marker => DirectionKind::Rehearsal,
        TextKind::Plain if is_dynamic(text) => DirectionKind::Dynamic,
        TextKind::Plain | TextKind::Lyric | TextKind::Cue => DirectionKind::Words,
    };
    part.directions.push(Direction {
        at,
        text: text.to_owned(),
        kind,
    });
}

/// Gives syllables to the notes of that part, of one or more, whose notes begin with most of them.
fn sing(parts: &mut [Part], sung: &[(Ticks, String)], track: usize, warnings: &mut Warnings) {
    let moments: BTreeSet<Ticks> = sung.iter().map(|&(at, _)| at).collect();
    if moments.is_empty() {
        return;
    }
    let meet = |part: &Part| -> BTreeSet<Ticks> {
        let onsets = part.notes.iter().map(|note| note.onset);
        onsets.filter(|onset| moments.contains(onset)).collect()
    };
    // Of equal parts the upper one sings.
    let Some(part) = parts.iter_mut().rev().max_by_key(|part| meet(part).len()) else {
        return;
    };
    let met = meet(part);
    let events = sung.iter().map(|(at, text)| (*at, text.as_str()));
    let (events, spoken): (Vec<_>, Vec<_>) = events.partition(|(at, _)| met.contains(at));
    for syllable in lyrics::decode(&events) {
        let index = part.notes.partition_point(|note| note.onset < syllable.at);
        if let Some(note) = part.notes.get_mut(index) {
            note.lyrics.push(syllable.lyric);
        }
    }
    let spoken = spoken
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty());
    let mut count = 0;
    for (at, text) in spoken {
        count += 1;
        add_direction(part, at, TextKind::Cue, text.trim());
    }
    if count > 0 {
        let message = format!(
            "kept {} as words, for no note begins there",
            counted(count, "syllable")
        );
        warnings.push(Place::Track { track, byte: 0 }, message);
    }
}

/// Keeps changes of program after the first note as words, which name the new instrument.
fn add_program_changes(score: &mut Score, tracks: &[Track], sources: &[Source]) {
    for (part, source) in score.parts.iter_mut().zip(sources) {
        let mut current = part.instrument.program;
        let changes = tracks[source.track].programs.iter();
        let later = changes.filter(|c| c.channel == source.channel && c.at > source.first);
        let mut said: Option<BTreeSet<(Ticks, String)>> = None;
        for change in later {
            if current == Some(change.program) {
                continue;
            }
            current = Some(change.program);
            let name = program_name(change.program).unwrap_or_default();
            let words = |direction: &Direction| (direction.at, direction.text.clone());
            let said = said.get_or_insert_with(|| part.directions.iter().map(words).collect());
            if said.insert((change.at, name.to_owned())) {
                add_direction(part, change.at, TextKind::Cue, name);
            }
        }
    }
}

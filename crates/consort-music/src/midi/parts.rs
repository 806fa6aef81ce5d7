//! The score that tracks make: a part for each channel of each.

use std::collections::{BTreeMap, BTreeSet};

use super::channels::{self, Source};
use super::file::{File, Format, Timing};
use super::lyrics;
use super::text::{as_chord, counted, into_metadata, is_dynamic};
use super::timeline;
use super::track::{Text, TextKind, Track};
use super::{COARSE, DIVISION_MAX, Options};
use crate::Key;
use crate::reading::{Place, Warnings};
use crate::score::{ChordSymbol, Direction, DirectionKind, Lyric, Metre, Part, Score, Tempo};
use crate::time::{Resolution, Ticks};

/// The score of `file`.
pub(super) fn score(file: File, options: &Options, warnings: &mut Warnings) -> Score {
    let File {
        format,
        timing,
        mut tracks,
        prefixes,
    } = file;
    if prefixes > 0 {
        let message = format!(
            "left out {}, for a track has no other channels once it is a part",
            counted(prefixes, "channel prefix event")
        );
        warnings.push(Place::File, message);
    }
    if format == Format::Sequential {
        one_after_another(&mut tracks, timing.fixed.is_none(), warnings);
    }
    let (resolution, numerator, denominator) = ticks_for_metres(&tracks, timing, warnings);
    let mut score = Score::new(resolution);
    if numerator != denominator {
        let scale = |track: &mut Track| track.scale(numerator, denominator);
        tracks.iter_mut().for_each(scale);
    }
    let (parts, places) = channels::make_parts(&mut tracks, options, warnings);
    score.parts = parts;
    describe(&mut score, &tracks, &places);
    add_texts(&mut score, &mut tracks, &places, warnings);
    for part in &mut score.parts {
        part.chords.sort_by_key(|chord| chord.at);
        part.directions.sort_by_key(|direction| direction.at);
    }
    timeline::lay(&mut score, &tracks, timing, warnings);
    score
}

/// A resolution in which every metre is a whole number of ticks and which a file can have, and the
/// fraction of its ticks in those of the file.
fn ticks_for_metres(
    tracks: &[Track],
    timing: Timing,
    warnings: &mut Warnings,
) -> (Resolution, i64, i64) {
    let factor = timeline::refinement(tracks, timing.resolution);
    let ticks = i64::from(timing.resolution.ticks_per_quarter());
    let finer = u32::try_from(ticks * factor)
        .ok()
        .filter(|&finer| finer <= DIVISION_MAX);
    if let Some(finer) = finer.and_then(Resolution::new) {
        return (finer, factor, 1);
    }
    let message = format!(
        "the metres need {} ticks in a quarter note, and a file has {DIVISION_MAX} at most; all \
         times were rounded to {} ticks",
        ticks * factor,
        COARSE.ticks_per_quarter()
    );
    warnings.push(Place::File, message);
    (COARSE, COARSE.quarter().0, ticks)
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
        start = track.end;
    }
    if tracks.len() > 1 {
        let message =
            "the tracks are independent pieces (format 2); they were put one after another";
        warnings.push(Place::File, message);
    }
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

/// Adds a syllable; where its verse is taken, as the next verse that is free.
fn add_lyric(lyrics: &mut Vec<Lyric>, mut lyric: Lyric) {
    let taken = |verse| lyrics.iter().any(|other| other.verse == verse);
    while lyric.verse < u8::MAX && taken(lyric.verse) {
        lyric.verse += 1;
    }
    let place = lyrics.partition_point(|other| other.verse <= lyric.verse);
    lyrics.insert(place, lyric);
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
            add_lyric(&mut note.lyrics, syllable.lyric);
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

//! Scores as files of format 1.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::bytes::{self, Event, Kind};
use super::instrument;
use super::lyrics;
use super::text::{has_meaning, of_chord, of_metadata};
use super::timeline::signatures;
use super::track::{RELEASE, micros_of};
use super::{COARSE, DIVISION_MAX};
use crate::performance::{Message, played};
use crate::score::{DirectionKind, Lyric, Part, Score};
use crate::time::{Resolution, Ticks, gcd};

/// The channel of drums, counted from 0.
pub(super) const PERCUSSION: u8 = 9;

/// The latest moment that is written. At 480 ticks in a quarter note it is half a century away.
const LAST: i64 = 1 << 40;

/// The most tracks of a file, of which the first has no notes.
const PARTS_MAX: usize = 65_534;

pub(super) fn write(score: &Score) -> Vec<u8> {
    let scale = Scale::of(score);
    let end = scale.time(score.end());
    let mut tracks = vec![conductor(score, scale)];
    let cables = cables(&score.parts);
    let ports = cables.iter().any(|&(port, _)| port > 0);
    for (part, (port, channel)) in score.parts.iter().zip(cables) {
        let port = ports.then_some(port);
        tracks.push(part_track(part, score.resolution, scale, channel, port));
    }
    // More parts than a file has tracks share the last one.
    let surplus = tracks.split_off(tracks.len().min(PARTS_MAX + 1));
    if let Some(last) = tracks.last_mut() {
        last.extend(surplus.into_iter().flatten());
    }
    for track in &mut tracks {
        track.sort_by_key(|event| (event.at, event.kind.rank()));
    }
    bytes::file(&tracks, scale.division, end)
}

/// The port and channel of each part. A port has one part of drums and 15 others; after the last port
/// they begin anew.
fn cables(parts: &[Part]) -> Vec<(u8, u8)> {
    let (mut drums, mut melodic) = (0, 0);
    let of_part = |part: &Part| {
        let (count, channels) = match part.instrument.percussion {
            true => (&mut drums, 1),
            false => (&mut melodic, 15),
        };
        let (port, channel) = (*count / channels % 128, *count % channels);
        *count += 1;
        let channel = match part.instrument.percussion {
            true => PERCUSSION,
            false => u8::try_from(channel).unwrap_or(0),
        };
        // The drums' channel is left free.
        let shift = u8::from(!part.instrument.percussion && channel >= PERCUSSION);
        (u8::try_from(port).unwrap_or(0), channel + shift)
    };
    parts.iter().map(of_part).collect()
}

/// How the ticks of a score become those of a file.
#[derive(Clone, Copy)]
struct Scale {
    division: u16,
    /// A tick of the file is `from / to` ticks of the score.
    from: i64,
    to: i64,
}

impl Scale {
    fn of(score: &Score) -> Scale {
        let resolution = score.resolution.ticks_per_quarter();
        let exact = |division: u32| {
            u16::try_from(division)
                .ok()
                .filter(|&division| u32::from(division) <= DIVISION_MAX)
        };
        if let Some(division) = exact(resolution) {
            return Scale {
                division,
                from: 1,
                to: 1,
            };
        }
        let coarsest = times(score).fold(resolution, |step, at| {
            gcd(
                step,
                u32::try_from(at.0.rem_euclid(i64::from(step))).unwrap_or(1),
            )
        });
        match exact(resolution / coarsest) {
            Some(division) => Scale {
                division,
                from: coarsest.into(),
                to: 1,
            },
            None => Scale {
                division: u16::try_from(COARSE.ticks_per_quarter()).unwrap_or(u16::MAX),
                from: resolution.into(),
                to: COARSE.quarter().0,
            },
        }
    }

    fn time(self, at: Ticks) -> i64 {
        let at = at.0.clamp(0, LAST.saturating_mul(self.from));
        if (self.from, self.to) == (1, 1) {
            return at.min(LAST);
        }
        let exact = i128::from(at) * i128::from(self.to);
        let rounded = (exact + i128::from(self.from / 2)).div_euclid(self.from.into());
        i64::try_from(rounded).unwrap_or(LAST).min(LAST)
    }
}

/// All moments that the file should keep exactly.
fn times(score: &Score) -> impl Iterator<Item = Ticks> {
    let notes = score.parts.iter().flat_map(|part| &part.notes);
    let controls = score.parts.iter().flat_map(|part| &part.controls);
    notes
        .flat_map(|note| {
            let played = note.played.map(|played| {
                let onset = note.onset + played.delay;
                [onset, onset + played.duration]
            });
            [note.onset, note.end()]
                .into_iter()
                .chain(played.into_iter().flatten())
        })
        .chain(controls.map(|control| control.at))
        .chain(score.tempos.iter().map(|change| change.at))
        .chain(score.keys.iter().map(|change| change.at))
        .chain(score.measures.iter().map(|measure| measure.start))
}

/// The first track: what concerns the whole piece.
fn conductor(score: &Score, scale: Scale) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let mut at_start = |kind| events.push(Event { at: 0, kind });
    let metadata = &score.metadata;
    if let Some(title) = metadata
        .title
        .as_ref()
        .filter(|title| !title.trim().is_empty())
    {
        at_start(Kind::Name(title));
    }
    if let Some(notice) = metadata
        .copyright
        .as_ref()
        .filter(|notice| !notice.trim().is_empty())
    {
        at_start(Kind::Copyright(notice));
    }
    of_metadata(score)
        .into_iter()
        .for_each(|text| at_start(Kind::Text(text)));
    let metres = signatures(&score.measures, score.resolution).into_iter();
    let metres = metres.map(|(at, metre)| Event {
        at: scale.time(at),
        kind: Kind::Metre(metre),
    });
    // Rounding may leave nothing of a last measure.
    let end = scale.time(score.end());
    events.extend(metres.filter(|event| event.at < end));
    events.extend(score.keys.iter().map(|change| Event {
        at: scale.time(change.at),
        kind: Kind::Key(change.key),
    }));
    events.extend(score.tempos.iter().filter_map(|change| {
        let micros = micros_of(change.tempo.quarters_per_minute())?;
        Some(Event {
            at: scale.time(change.at),
            kind: Kind::Tempo(micros),
        })
    }));
    events
}

fn part_track(
    part: &Part,
    resolution: Resolution,
    scale: Scale,
    channel: u8,
    port: Option<u8>,
) -> Vec<Event<'_>> {
    let notes = played(part, resolution);
    let mut events = Vec::with_capacity(2 * notes.len() + part.controls.len() + 1);
    let mut at_start = |kind| events.push(Event { at: 0, kind });
    if !part.name.trim().is_empty() {
        at_start(Kind::Name(&part.name));
    }
    port.into_iter().for_each(|port| at_start(Kind::Port(port)));
    let first = notes.first().map_or(Ticks(i64::MAX), |note| note.onset);
    add_controls(&mut events, part, first, scale, channel);
    add_directions(&mut events, part, scale);
    add_lyrics(&mut events, part, scale);
    let mut releases = releases(part, scale);
    for note in notes {
        let pitch = note.pitch.midi();
        let (onset, end) = (scale.time(note.onset), scale.time(note.end));
        let velocity = note.velocity.midi();
        events.push(Event {
            at: onset,
            kind: Kind::On {
                channel,
                pitch,
                velocity,
            },
        });
        // Rounding must not take a note's last tick; at the end of time it moves the onset instead.
        let end = end.max(onset + 1);
        let release = releases
            .get_mut(&(end, pitch))
            .and_then(VecDeque::pop_front);
        let release = release.unwrap_or(RELEASE);
        events.push(Event {
            at: end,
            kind: Kind::Off {
                channel,
                pitch,
                release,
            },
        });
    }
    events
}

/// The program and the controls of a part whose notes begin at `first`.
fn add_controls<'a>(
    events: &mut Vec<Event<'a>>,
    part: &'a Part,
    first: Ticks,
    scale: Scale,
    channel: u8,
) {
    let chosen = instrument::last_program(&part.controls, first);
    let place = instrument::program_place(&part.controls);
    let program = part.instrument.program;
    let program = program.map(|program| Kind::Program { channel, program });
    let (at_start, in_place) = match chosen {
        Some(_) => (None, program),
        None => (program, None),
    };
    let controls = part.controls.iter().map(|control| Event {
        at: scale.time(control.at),
        kind: Kind::Control {
            channel,
            message: &control.message,
        },
    });
    let start = events.len();
    events.extend(controls);
    // The instrument has the last word on its program.
    if let (Some(chosen), Some(kind)) = (chosen, in_place) {
        events[start + chosen].kind = kind;
    }
    if let Some(kind) = at_start {
        events.insert(start + place, Event { at: 0, kind });
    }
}

/// How notes are let go, by their end and pitch, in their order.
fn releases(part: &Part, scale: Scale) -> BTreeMap<(i64, u8), VecDeque<u8>> {
    let mut releases: BTreeMap<(i64, u8), VecDeque<u8>> = BTreeMap::new();
    for control in &part.controls {
        if let Message::Release { pitch, velocity } = control.message {
            let key = (scale.time(control.at), pitch.midi());
            releases.entry(key).or_default().push_back(velocity);
        }
    }
    releases
}

fn add_directions<'a>(events: &mut Vec<Event<'a>>, part: &'a Part, scale: Scale) {
    events.extend(part.directions.iter().map(|direction| Event {
        at: scale.time(direction.at),
        kind: match direction.kind {
            DirectionKind::Rehearsal => Kind::Marker(&direction.text),
            // As a text it would be taken for something else.
            DirectionKind::Words if has_meaning(&direction.text) => Kind::Cue(&direction.text),
            DirectionKind::Dynamic | DirectionKind::Words => Kind::Text(direction.text.clone()),
        },
    }));
    events.extend(part.chords.iter().map(|chord| Event {
        at: scale.time(chord.at),
        kind: Kind::Text(of_chord(&chord.text)),
    }));
}

/// Lyric events: of each moment one for each verse up to the last, empty where it has none.
fn add_lyrics(events: &mut Vec<Event<'_>>, part: &Part, scale: Scale) {
    let mut moments: BTreeMap<i64, BTreeMap<u8, &Lyric>> = BTreeMap::new();
    for note in &part.notes {
        for lyric in &note.lyrics {
            let verses = moments.entry(scale.time(note.onset)).or_default();
            let taken: BTreeSet<u8> = verses.keys().copied().collect();
            // Two notes of one moment may both have a first verse: the second is sung as well.
            let free = (lyric.verse.max(1)..=u8::MAX).find(|verse| !taken.contains(verse));
            if let Some(verse) = free {
                verses.insert(verse, lyric);
            }
        }
    }
    for (at, verses) in moments {
        let last = verses.keys().last().copied().unwrap_or(0);
        events.extend((1..=last).map(|verse| {
            let text = verses
                .get(&verse)
                .map_or_else(String::new, |lyric| lyrics::encode(lyric));
            Event {
                at,
                kind: Kind::Lyric(text),
            }
        }));
    }
}

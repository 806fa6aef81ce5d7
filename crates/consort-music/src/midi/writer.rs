//! Scores as files of format 1.

use std::collections::{BTreeMap, BTreeSet};

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::general::program_named;
use super::lyrics;
use super::parts::PERCUSSION;
use super::text::{encode, of_chord, of_metadata};
use super::timeline::signatures;
use super::track::micros_of;
use crate::performance::played;
use crate::score::{DirectionKind, Lyric, Metre, Part, Score};
use crate::time::{Resolution, Ticks, gcd};
use crate::{Key, Mode};

/// The latest moment that is written. At 480 ticks in a quarter note it is half a century away.
const LAST: i64 = 1 << 40;

/// The longest time between two events, which is as much as four bytes of seven bits hold.
const DELTA_MAX: i64 = (1 << 28) - 1;

/// The resolution of scores that MIDI cannot hold exactly: it divides by 2 to 32, 3, 9, 27, 5 and 7.
const COARSE: u32 = 30_240;

/// The most tracks of a file, of which the first has no notes.
const PARTS_MAX: usize = 65_534;

pub(super) fn write(score: &Score) -> Vec<u8> {
    let scale = Scale::of(score);
    let end = scale.time(score.end());
    let mut tracks = vec![conductor(score, scale)];
    let ports = score
        .parts
        .iter()
        .filter(|part| !part.instrument.percussion)
        .count()
        > 15;
    let mut melodic = 0;
    for part in &score.parts {
        let (port, channel) = if part.instrument.percussion {
            (0, PERCUSSION)
        } else {
            melodic += 1;
            channel_of(melodic - 1)
        };
        let events = part_track(
            part,
            score.resolution,
            scale,
            channel,
            ports.then_some(port),
        );
        tracks.push(events);
    }
    // More parts than a file has tracks share the last one.
    let surplus = tracks.split_off(tracks.len().min(PARTS_MAX + 1));
    if let Some(last) = tracks.last_mut() {
        last.extend(surplus.into_iter().flatten());
    }
    for track in &mut tracks {
        track.sort_by_key(|event| (event.at, event.message.rank()));
    }
    to_bytes(&tracks, scale.division, end)
}

/// The port and channel of the melodic part number `index`: the drums' channel is left free.
fn channel_of(index: usize) -> (u8, u8) {
    let port = u8::try_from(index / 15 % 128).unwrap_or(0);
    let channel = u8::try_from(index % 15).unwrap_or(0);
    (port, channel + u8::from(channel >= PERCUSSION))
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
                .filter(|&division| division < 0x8000)
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
                division: u16::try_from(COARSE).unwrap_or(u16::MAX),
                from: resolution.into(),
                to: COARSE.into(),
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
    notes
        .flat_map(|note| [note.onset, note.end()])
        .chain(score.tempos.iter().map(|change| change.at))
        .chain(score.keys.iter().map(|change| change.at))
        .chain(score.measures.iter().map(|measure| measure.start))
}

/// A message at a moment.
struct Event {
    at: i64,
    message: Message,
}

enum Message {
    Off {
        channel: u8,
        pitch: u8,
    },
    On {
        channel: u8,
        pitch: u8,
        velocity: u8,
    },
    Program {
        channel: u8,
        program: u8,
    },
    Port(u8),
    Name(String),
    Copyright(String),
    Text(String),
    Lyric(String),
    Marker(String),
    Tempo(u32),
    Metre(Metre),
    Key(Key),
}

impl Message {
    /// The place among the messages of one moment: notes end before others begin, and what bears
    /// on a note comes before it.
    fn rank(&self) -> u8 {
        match self {
            Message::Off { .. } => 0,
            Message::On { .. } => 2,
            _ => 1,
        }
    }

    fn kind(&self) -> TrackEventKind<'_> {
        let midi = |channel: u8, message| TrackEventKind::Midi {
            channel: u4::new(channel),
            message,
        };
        match *self {
            Message::Off { channel, pitch } => {
                // The release of MIDI's default, which is also what note on with velocity 0 means.
                midi(
                    channel,
                    MidiMessage::NoteOff {
                        key: u7::new(pitch),
                        vel: u7::new(64),
                    },
                )
            }
            Message::On {
                channel,
                pitch,
                velocity,
            } => midi(
                channel,
                MidiMessage::NoteOn {
                    key: u7::new(pitch),
                    vel: u7::new(velocity),
                },
            ),
            Message::Program { channel, program } => midi(
                channel,
                MidiMessage::ProgramChange {
                    program: u7::new(program.min(127)),
                },
            ),
            Message::Port(port) => TrackEventKind::Meta(MetaMessage::MidiPort(u7::new(port))),
            Message::Name(ref name) => TrackEventKind::Meta(MetaMessage::TrackName(bytes_of(name))),
            Message::Copyright(ref notice) => {
                TrackEventKind::Meta(MetaMessage::Copyright(bytes_of(notice)))
            }
            Message::Text(ref words) => TrackEventKind::Meta(MetaMessage::Text(bytes_of(words))),
            Message::Lyric(ref words) => TrackEventKind::Meta(MetaMessage::Lyric(bytes_of(words))),
            Message::Marker(ref words) => {
                TrackEventKind::Meta(MetaMessage::Marker(bytes_of(words)))
            }
            Message::Tempo(micros) => TrackEventKind::Meta(MetaMessage::Tempo(u24::new(micros))),
            Message::Metre(metre) => TrackEventKind::Meta(time_signature(metre)),
            Message::Key(key) => TrackEventKind::Meta(MetaMessage::KeySignature(
                key.fifths.clamp(-7, 7),
                is_minor(key.mode),
            )),
        }
    }
}

fn bytes_of(text: &str) -> &[u8] {
    encode(text).as_bytes()
}

/// Whether the third of a mode is minor, which is all that MIDI knows of it.
fn is_minor(mode: Mode) -> bool {
    matches!(
        mode,
        Mode::Minor | Mode::Dorian | Mode::Phrygian | Mode::Locrian
    )
}

fn time_signature(metre: Metre) -> MetaMessage<'static> {
    // MIDI clocks are 24 in a quarter note, and the metronome ticks once a beat.
    let clocks = 96 * u16::from(metre.units_per_beat()) / u16::from(metre.unit.max(1));
    let clocks = u8::try_from(clocks.max(1)).unwrap_or(u8::MAX);
    let power = u8::try_from(metre.unit.trailing_zeros()).unwrap_or(2);
    MetaMessage::TimeSignature(metre.beats, power, clocks, 8)
}

/// The first track: what concerns the whole piece.
fn conductor(score: &Score, scale: Scale) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at_start = |message| events.push(Event { at: 0, message });
    let metadata = &score.metadata;
    if let Some(title) = metadata
        .title
        .as_ref()
        .filter(|title| !title.trim().is_empty())
    {
        at_start(Message::Name(title.clone()));
    }
    if let Some(notice) = metadata
        .copyright
        .as_ref()
        .filter(|notice| !notice.trim().is_empty())
    {
        at_start(Message::Copyright(notice.clone()));
    }
    of_metadata(score)
        .into_iter()
        .for_each(|text| at_start(Message::Text(text)));
    let metres = signatures(&score.measures, score.resolution).into_iter();
    events.extend(metres.map(|(at, metre)| Event {
        at: scale.time(at),
        message: Message::Metre(metre),
    }));
    events.extend(score.keys.iter().map(|change| Event {
        at: scale.time(change.at),
        message: Message::Key(change.key),
    }));
    events.extend(score.tempos.iter().filter_map(|change| {
        let micros = micros_of(change.tempo.quarters_per_minute())?;
        Some(Event {
            at: scale.time(change.at),
            message: Message::Tempo(micros),
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
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at_start = |message| events.push(Event { at: 0, message });
    if !part.name.trim().is_empty() {
        at_start(Message::Name(part.name.clone()));
    }
    port.into_iter()
        .for_each(|port| at_start(Message::Port(port)));
    if let Some(program) = part.instrument.program {
        at_start(Message::Program { channel, program });
    }
    add_directions(&mut events, part, scale, channel);
    add_lyrics(&mut events, part, scale);
    for note in played(part, resolution) {
        let pitch = note.pitch.midi();
        let (onset, end) = (scale.time(note.onset), scale.time(note.end));
        let velocity = note.velocity.midi();
        events.push(Event {
            at: onset,
            message: Message::On {
                channel,
                pitch,
                velocity,
            },
        });
        // Rounding must not take a note's last tick; at the end of time it moves the onset instead.
        events.push(Event {
            at: end.max(onset + 1),
            message: Message::Off { channel, pitch },
        });
    }
    events
}

fn add_directions(events: &mut Vec<Event>, part: &Part, scale: Scale, channel: u8) {
    for direction in &part.directions {
        let at = scale.time(direction.at);
        let text = direction.text.clone();
        let message = match direction.kind {
            DirectionKind::Rehearsal => Message::Marker(text),
            DirectionKind::Dynamic | DirectionKind::Words => Message::Text(text),
        };
        events.push(Event { at, message });
        let words = Some(&direction.text).filter(|_| direction.kind != DirectionKind::Rehearsal);
        if let Some(program) = words.and_then(|words| program_named(words)) {
            events.push(Event {
                at,
                message: Message::Program { channel, program },
            });
        }
    }
    events.extend(part.chords.iter().map(|chord| Event {
        at: scale.time(chord.at),
        message: Message::Text(of_chord(&chord.text)),
    }));
}

/// Lyric events: of each moment one for each verse up to the last, empty where it has none.
fn add_lyrics(events: &mut Vec<Event>, part: &Part, scale: Scale) {
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
                message: Message::Lyric(text),
            }
        }));
    }
}

fn to_bytes(tracks: &[Vec<Event>], division: u16, end: i64) -> Vec<u8> {
    let tracks = tracks.iter().map(|events| {
        let mut written = Vec::with_capacity(events.len() + 1);
        let mut now = 0;
        for event in events {
            let delta = wait(&mut written, event.at - now);
            now = event.at;
            written.push(TrackEvent {
                delta,
                kind: event.message.kind(),
            });
        }
        let delta = wait(&mut written, (end - now).max(0));
        written.push(TrackEvent {
            delta,
            kind: TrackEventKind::Meta(MetaMessage::EndOfTrack),
        });
        written
    });
    let smf = Smf {
        header: Header::new(Format::Parallel, Timing::Metrical(u15::new(division))),
        tracks: tracks.collect(),
    };
    let mut bytes = Vec::new();
    smf.write(&mut bytes)
        .expect("tracks and texts are within what a file holds");
    bytes
}

/// The delta time that is left of `ticks` after empty texts have passed what one event cannot.
fn wait(events: &mut Vec<TrackEvent<'_>>, mut ticks: i64) -> u28 {
    let delta = |ticks: i64| u28::new(u32::try_from(ticks.clamp(0, DELTA_MAX)).unwrap_or(0));
    while ticks > DELTA_MAX {
        let kind = TrackEventKind::Meta(MetaMessage::Text(b""));
        events.push(TrackEvent {
            delta: delta(DELTA_MAX),
            kind,
        });
        ticks -= DELTA_MAX;
    }
    delta(ticks)
}

//! The file around the tracks: wrappers, the header, and chunks whose lengths may be wrong.

use std::ops::Range;

use super::MidiError;
use super::events::Events;
use super::text::counted;
use super::track::{Collector, Track};
use crate::reading::{Place, Warnings};
use crate::score::Tempo;
use crate::time::Resolution;

/// How far from the start the header may be found; programs of old put up to 128 bytes before it.
const HEADER_SEARCH: usize = 1024;

/// A file with its tracks taken apart.
pub(super) struct File {
    pub(super) format: Format,
    pub(super) timing: Timing,
    pub(super) tracks: Vec<Track>,
    /// How many events there are that name the channel of the meta events after them.
    pub(super) prefixes: usize,
}

/// How the tracks belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One track with all channels.
    Single,
    /// Tracks that play together.
    Parallel,
    /// Tracks that play one after another.
    Sequential,
}

/// What a tick is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timing {
    pub(super) resolution: Resolution,
    /// The tempo that makes the ticks as long as the file says, where that is not left to its
    /// tempo events.
    pub(super) fixed: Option<Tempo>,
}

impl File {
    pub(super) fn read(bytes: &[u8], warnings: &mut Warnings) -> Result<File, MidiError> {
        if bytes.is_empty() {
            return Err(MidiError::Empty);
        }
        let outer = unwrap_riff(bytes, warnings);
        let header = find_header(bytes, outer.clone(), warnings)?;
        let (format, timing, declared) = read_header(bytes, &header, warnings);
        let mut collector = Collector::default();
        let mut tracks = Vec::new();
        let mut at = header.end;
        while let Some(span) = next_track(bytes, at..outer.end, warnings, tracks.len()) {
            let mut events = Events::new(bytes, span.clone(), tracks.len());
            tracks.push(collector.collect(&mut events, warnings));
            at = end_of_track(bytes, &events, span, warnings, tracks.len() - 1);
        }
        if tracks.len() != usize::from(declared) {
            let message = format!(
                "the header declares {} and the file has {}; all were read",
                counted(declared.into(), "track"),
                tracks.len()
            );
            warnings.push(Place::File, message);
        }
        let format = match format {
            Format::Single if tracks.len() > 1 => {
                let message = "the header declares a single track; they were played together";
                warnings.push(Place::File, message);
                Format::Parallel
            }
            _ => format,
        };
        Ok(File {
            format,
            timing,
            tracks,
            prefixes: collector.prefixes,
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok()
}

/// Where the MIDI file lies in `bytes`, which may be wrapped as RMID.
fn unwrap_riff(bytes: &[u8], warnings: &mut Warnings) -> Range<usize> {
    let whole = 0..bytes.len();
    if !bytes.starts_with(b"RIFF") || word(bytes, 8) != Some(*b"RMID") {
        return whole;
    }
    let mut at = 12;
    while let (Some(id), Some(length)) = (word(bytes, at), word(bytes, at + 4)) {
        let length = u32::from_le_bytes(length);
        let start = at + 8;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| start.checked_add(length));
        if &id == b"data" {
            return match end.filter(|&end| end <= bytes.len()) {
                Some(end) => start..end,
                None => {
                    let message = format!(
                        "the data chunk declares a length of {length} and has {}; read these",
                        bytes.len() - start
                    );
                    warnings.push(Place::Byte(at), message);
                    start..bytes.len()
                }
            };
        }
        let message = format!("the chunk {} of the RIFF file was skipped", readable(&id));
        warnings.push(Place::Byte(at), message);
        match end {
            Some(end) if end < bytes.len() => at = end + end % 2,
            _ => break,
        }
    }
    whole
}

/// The content of the header chunk.
fn find_header(
    bytes: &[u8],
    outer: Range<usize>,
    warnings: &mut Warnings,
) -> Result<Range<usize>, MidiError> {
    let inner = &bytes[outer.clone()];
    let searched = &inner[..inner.len().min(HEADER_SEARCH)];
    let offset = if inner.starts_with(b"MThd") {
        0
    } else if inner.starts_with(b"SMF2CLIP") {
        return Err(MidiError::Midi2Clip);
    } else {
        // Within other bytes the name alone could be chance; the length that follows it cannot.
        let found = searched
            .windows(8)
            .position(|window| window == b"MThd\0\0\0\x06");
        let Some(found) = found else {
            return Err(MidiError::NotMidi {
                start: readable(&inner[..inner.len().min(8)]),
            });
        };
        let message = format!("skipped {} before the header", counted(found, "byte"));
        warnings.push(Place::Byte(outer.start), message);
        found
    };
    let start = (outer.start + offset + 8).min(outer.end);
    let declared = word(bytes, outer.start + offset + 4).map_or(0, u32::from_be_bytes);
    let found = usize::try_from(declared).map_or(usize::MAX, |declared| declared);
    let found = found.min(outer.end - start);
    if found < 6 {
        return Err(MidiError::HeaderCut { byte: start, found });
    }
    Ok(start..start + found)
}

/// Format, timing, and the number of tracks that the header declares.
fn read_header(
    bytes: &[u8],
    header: &Range<usize>,
    warnings: &mut Warnings,
) -> (Format, Timing, u16) {
    let field = |index: usize| {
        let at = header.start + 2 * index;
        match bytes.get(at..at + 2) {
            Some(&[high, low]) => u16::from_be_bytes([high, low]),
            _ => 0,
        }
    };
    let format = match field(0) {
        0 => Format::Single,
        1 => Format::Parallel,
        2 => Format::Sequential,
        other => {
            let message = format!("format {other} does not exist; it was read as format 1");
            warnings.push(Place::Byte(header.start), message);
            Format::Parallel
        }
    };
    let timing = read_timing(field(2), header.start + 4, warnings);
    (format, timing, field(1))
}

fn read_timing(division: u16, byte: usize, warnings: &mut Warnings) -> Timing {
    let [high, low] = division.to_be_bytes();
    let default = Timing {
        resolution: Resolution::MIDI,
        fixed: None,
    };
    if high < 0x80 {
        if let Some(resolution) = Resolution::new(division.into()) {
            return Timing {
                resolution,
                fixed: None,
            };
        }
        let message = "a quarter note of 0 ticks is impossible; 480 were assumed";
        warnings.push(Place::Byte(byte), message);
        return default;
    }
    // The frame rate stands there as a negative number; 29 means 30 frames in 1.001 seconds.
    let rate = high.wrapping_neg();
    let (frames, quarters_per_minute) = match rate {
        24 | 25 | 30 => (u32::from(rate), 60.0),
        29 => (30, 60.0 / 1.001),
        _ => (0, 60.0),
    };
    match (
        Resolution::new(frames * u32::from(low)),
        Tempo::new(quarters_per_minute),
    ) {
        (Some(resolution), Some(tempo)) => {
            let message = format!(
                "the time is in SMPTE frames, {rate} a second with {low} ticks each; a quarter \
                 note was taken as a second of them, at {quarters_per_minute:.2} in a minute"
            );
            warnings.push(Place::Byte(byte), message);
            Timing {
                resolution,
                fixed: Some(tempo),
            }
        }
        _ => {
            let message = format!(
                "SMPTE timing with {rate} frames of {low} ticks does not exist; 480 ticks in a \
                 quarter note were assumed"
            );
            warnings.push(Place::Byte(byte), message);
            default
        }
    }
}

/// Where the events of the next track lie, if there is one from `rest.start` on.
fn next_track(
    bytes: &[u8],
    rest: Range<usize>,
    warnings: &mut Warnings,
    track: usize,
) -> Option<Range<usize>> {
    let mut at = rest.start;
    while at < rest.end {
        let start = at + 8;
        let header = word(bytes, at).zip(word(bytes, at + 4));
        let Some((id, length)) = header.filter(|_| begins_chunk(bytes, at, rest.end)) else {
            let next = find(bytes, at + 1..rest.end, b"MTrk");
            let skipped = next.unwrap_or(rest.end) - at;
            let message = format!("skipped {} outside of any chunk", counted(skipped, "byte"));
            warnings.push(Place::Byte(at), message);
            at = next?;
            continue;
        };
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let declared = start.saturating_add(length);
        if &id == b"MTrk" {
            let place = Place::Track { track, byte: at };
            return Some(start..track_end(bytes, start, declared, rest.end, place, warnings));
        }
        let message = format!(
            "a chunk {}, which is not a track, was skipped",
            readable(&id)
        );
        warnings.push(Place::Byte(at), message);
        at = declared.min(rest.end);
    }
    None
}

/// Where a track that begins at `start` ends in truth, if its header says `declared`.
///
/// Programs that write a wrong length are common, so it is believed only where it leads to the end
/// of a track, another chunk, or the end of the file.
fn track_end(
    bytes: &[u8],
    start: usize,
    declared: usize,
    file_end: usize,
    place: Place,
    warnings: &mut Warnings,
) -> usize {
    let ends_here = |at: usize| bytes[start..at].ends_with(&[0xFF, 0x2F, 0]);
    if declared <= file_end && (ends_here(declared) || begins_chunk(bytes, declared, file_end)) {
        return declared;
    }
    let mended = find(bytes, start..file_end, b"MTrk").unwrap_or(file_end);
    if mended != declared {
        let message = format!(
            "the track declares a length of {} and has {}; read these",
            declared - start,
            mended - start
        );
        warnings.push(place, message);
    }
    mended
}

/// Where to look for the next chunk, after the events of a track in `span` were read.
fn end_of_track(
    bytes: &[u8],
    events: &Events<'_>,
    span: Range<usize>,
    warnings: &mut Warnings,
    track: usize,
) -> usize {
    let at = events.position();
    let place = Place::Track { track, byte: at };
    if at == span.end && !events.ended() {
        warnings.push(
            place,
            "the track has no end mark; it ends with its last event",
        );
    }
    if at == span.end || !events.ended() {
        return span.end;
    }
    if word(bytes, at) == Some(*b"MTrk") {
        warnings.push(
            place,
            "the next track begins before the declared end of this one",
        );
        return at;
    }
    let message = format!(
        "left out {} after the end mark of the track",
        counted(span.end - at, "byte")
    );
    warnings.push(place, message);
    span.end
}

fn is_chunk_name(id: &[u8; 4]) -> bool {
    id.iter().all(|byte| (0x20..0x7F).contains(byte))
}

/// Whether a chunk that fits, or the end of the file, is at `at`.
fn begins_chunk(bytes: &[u8], at: usize, file_end: usize) -> bool {
    if at == file_end {
        return true;
    }
    let (Some(id), Some(length)) = (word(bytes, at), word(bytes, at + 4)) else {
        return false;
    };
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    let fits = (at + 8).saturating_add(length) <= file_end;
    (&id == b"MTrk" && at + 8 <= file_end) || (is_chunk_name(&id) && fits)
}

fn find(bytes: &[u8], within: Range<usize>, pattern: &[u8]) -> Option<usize> {
    let start = within.start;
    let found = bytes
        .get(within)?
        .windows(pattern.len())
        .position(|window| window == pattern)?;
    Some(start + found)
}

/// Bytes for a message: as text where they are, else in hexadecimal.
fn readable(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| (0x20..0x7F).contains(byte)) {
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        format!("\"{text}\"")
    } else {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        hex.join(" ")
    }
}

//! Notes from their two ends.

use super::text::counted;
use crate::reading::{Place, Warnings};
use crate::time::Ticks;
use crate::{Pitch, Velocity};

pub(super) const CHANNELS: usize = 16;
const PITCHES: usize = 128;

/// No note.
const NONE: u32 = u32::MAX;

/// A note of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawNote {
    pub(super) onset: Ticks,
    pub(super) end: Ticks,
    /// The byte of the file where it begins, or the last one that the number can hold.
    byte: u32,
    /// The note of its pitch that was begun next while it sounded.
    next: u32,
    pub(super) pitch: Pitch,
    pub(super) velocity: Velocity,
    /// Its voice, once it has one.
    pub(super) voice: u8,
}

/// Finds for each note where it ends.
///
/// Of notes of one channel and pitch the first begun is the first ended, as the standard advises.
/// If in the end some were never ended although they overlap others, the file takes it that a note
/// ends where its pitch is struck again, so these are read anew that way.
///
/// Notes are numbered within their channel. Those of a track are forgotten with
/// [`Pairing::clear`], which keeps the memory for the next.
pub(super) struct Pairing {
    notes: [Vec<RawNote>; CHANNELS],
    /// By channel and pitch, the notes that sound.
    open: Vec<Open>,
    /// How many notes sound on a channel.
    sounding: [usize; CHANNELS],
    overlaps: Seen,
    stray: Seen,
    empty: Seen,
}

/// The notes of a channel and pitch that sound: the first and the last begun.
#[derive(Clone, Copy, Debug)]
struct Open {
    first: u32,
    last: u32,
    /// Whether two notes sounded at once.
    overlapped: bool,
}

impl Open {
    const NOTHING: Open = Open {
        first: NONE,
        last: NONE,
        overlapped: false,
    };
}

/// How often something was met, and where first.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    count: usize,
    first_byte: usize,
}

impl Seen {
    fn at(&mut self, byte: usize) {
        if self.count == 0 {
            self.first_byte = byte;
        }
        self.count += 1;
    }

    fn warn(self, track: usize, warnings: &mut Warnings, noun: &str, done: &str) {
        if self.count > 0 {
            let place = Place::Track {
                track,
                byte: self.first_byte,
            };
            warnings.push(place, format!("{}; {done}", counted(self.count, noun)));
        }
    }
}

impl Default for Pairing {
    fn default() -> Pairing {
        Pairing {
            notes: Default::default(),
            open: vec![Open::NOTHING; CHANNELS * PITCHES],
            sounding: [0; CHANNELS],
            overlaps: Seen::default(),
            stray: Seen::default(),
            empty: Seen::default(),
        }
    }
}

impl Pairing {
    #[inline]
    pub(super) fn on(
        &mut self,
        at: Ticks,
        channel: u8,
        pitch: Pitch,
        velocity: Velocity,
        byte: usize,
    ) {
        let (channel, key) = places(channel, pitch);
        let notes = &mut self.notes[channel];
        // A file of 2^32 notes is longer than a byte can be told.
        let index = u32::try_from(notes.len()).unwrap_or(NONE);
        let open = &mut self.open[key];
        if open.first == NONE {
            open.first = index;
        } else {
            open.overlapped = true;
            notes[open.last as usize].next = index;
            self.overlaps.at(byte);
        }
        open.last = index;
        self.sounding[channel] += 1;
        notes.push(RawNote {
            onset: at,
            end: at,
            byte: u32::try_from(byte).unwrap_or(u32::MAX),
            next: NONE,
            pitch,
            velocity,
            voice: 1,
        });
    }

    /// Ends the first note of `pitch`; tells whether one ended there and then.
    #[inline]
    pub(super) fn off(&mut self, at: Ticks, channel: u8, pitch: Pitch, byte: usize) -> bool {
        let (channel, key) = places(channel, pitch);
        let open = &mut self.open[key];
        let Some(note) = self.notes[channel].get_mut(open.first as usize) else {
            self.stray.at(byte);
            return false;
        };
        open.first = note.next;
        self.sounding[channel] -= 1;
        note.end = at.max(note.onset + Ticks(1));
        if note.end > at {
            self.empty.at(byte);
        }
        note.end == at
    }

    /// Ends all that sounds on `channel`.
    pub(super) fn all_off(&mut self, at: Ticks, channel: u8, byte: usize) {
        for pitch in (0u8..128).filter_map(|midi| Pitch::try_from(midi).ok()) {
            let (place, key) = places(channel, pitch);
            if self.sounding[place] == 0 {
                break;
            }
            while self.open[key].first != NONE {
                self.off(at, channel, pitch, byte);
            }
        }
    }

    /// Ends what still sounds in a track that ends at `track_end`, and tells what was mended.
    /// Tells also whether ends were moved, which other messages may stand for.
    pub(super) fn finish(
        &mut self,
        track: usize,
        track_end: Ticks,
        warnings: &mut Warnings,
    ) -> bool {
        let mut held = Seen::default();
        let mut moved = false;
        for channel in 0..CHANNELS {
            if self.notes[channel].is_empty() {
                continue;
            }
            for key in channel * PITCHES..(channel + 1) * PITCHES {
                let open = std::mem::replace(&mut self.open[key], Open::NOTHING);
                let notes = &mut self.notes[channel];
                let mut index = open.first;
                while let Some(note) = notes.get_mut(index as usize) {
                    note.end = track_end.max(note.onset + Ticks(1));
                    held.at(note.byte as usize);
                    index = note.next;
                }
                if open.first != NONE && open.overlapped {
                    cut_where_struck_again(notes, key % PITCHES);
                    moved = true;
                }
            }
        }
        self.sounding = [0; CHANNELS];
        let held_until = "held until the pitch is struck again or the track ends";
        held.warn(track, warnings, "hanging note", held_until);
        if held.count == 0 {
            let order = "of equal pitches the first begun was the first ended";
            self.overlaps
                .warn(track, warnings, "overlapping note", order);
        }
        self.stray
            .warn(track, warnings, "stray note off", "left out");
        self.empty
            .warn(track, warnings, "empty note", "made one tick long");
        (self.overlaps, self.stray, self.empty) = Default::default();
        moved
    }

    /// The notes of a channel, in the order of their onsets.
    pub(super) fn notes(&mut self, channel: u8) -> &mut [RawNote] {
        &mut self.notes[usize::from(channel) % CHANNELS]
    }

    /// Forgets the notes of a finished track.
    pub(super) fn clear(&mut self) {
        self.notes.iter_mut().for_each(Vec::clear);
    }
}

/// The places of a channel, and of a pitch on it.
#[inline]
fn places(channel: u8, pitch: Pitch) -> (usize, usize) {
    let channel = usize::from(channel) % CHANNELS;
    (
        channel,
        channel * PITCHES + usize::from(pitch.midi()) % PITCHES,
    )
}

/// Ends the notes of `pitch` at the first end after their onset, and at the next onset at the latest.
fn cut_where_struck_again(notes: &mut [RawNote], pitch: usize) {
    let of_pitch = |(_, note): &(usize, &RawNote)| usize::from(note.pitch.midi()) == pitch;
    let indices: Vec<usize> = notes
        .iter()
        .enumerate()
        .filter(of_pitch)
        .map(|(index, _)| index)
        .collect();
    // Ends were given out in the order of time, so these are sorted.
    let ends: Vec<Ticks> = indices.iter().map(|&index| notes[index].end).collect();
    for (place, &index) in indices.iter().enumerate() {
        let onset = notes[index].onset;
        let ended = ends.get(ends.partition_point(|&end| end <= onset));
        let next = indices.get(place + 1).map(|&next| notes[next].onset);
        let end = ended.copied().into_iter().chain(next).min();
        notes[index].end = end.unwrap_or(notes[index].end).max(onset + Ticks(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pitch(midi: u8) -> Pitch {
        Pitch::try_from(midi).unwrap()
    }

    fn paired(feed: impl FnOnce(&mut Pairing)) -> (Vec<(i64, i64)>, usize) {
        let mut pairing = Pairing::default();
        let mut warnings = Warnings::default();
        feed(&mut pairing);
        pairing.finish(0, Ticks(100), &mut warnings);
        let mut notes: Vec<RawNote> = (0..16).flat_map(|c| pairing.notes(c).to_vec()).collect();
        notes.sort_by_key(|note| note.onset);
        let lengths = notes.iter().map(|note| (note.onset.0, note.end.0));
        let lengths = lengths.collect();
        (lengths, warnings.into_vec().len())
    }

    #[test]
    fn the_first_begun_is_the_first_ended() {
        let (notes, warnings) = paired(|pairing| {
            pairing.on(Ticks(0), 0, pitch(60), Velocity::DEFAULT, 0);
            pairing.on(Ticks(10), 0, pitch(60), Velocity::DEFAULT, 0);
            pairing.on(Ticks(10), 1, pitch(60), Velocity::DEFAULT, 0);
            pairing.off(Ticks(20), 0, pitch(60), 0);
            pairing.off(Ticks(30), 0, pitch(60), 0);
            pairing.off(Ticks(40), 1, pitch(60), 0);
        });
        assert_eq!(notes, [(0, 20), (10, 30), (10, 40)]);
        assert_eq!(warnings, 1);
    }

    #[test]
    fn a_pitch_struck_again_ends_the_note_that_nothing_else_ends() {
        let (notes, _) = paired(|pairing| {
            pairing.on(Ticks(0), 0, pitch(60), Velocity::DEFAULT, 0);
            pairing.on(Ticks(10), 0, pitch(60), Velocity::DEFAULT, 0);
            pairing.off(Ticks(20), 0, pitch(60), 0);
            pairing.on(Ticks(50), 0, pitch(62), Velocity::DEFAULT, 0);
        });
        assert_eq!(notes, [(0, 10), (10, 20), (50, 100)]);
    }

    #[test]
    fn all_notes_off_ends_a_channel() {
        let (notes, warnings) = paired(|pairing| {
            pairing.on(Ticks(0), 3, pitch(60), Velocity::DEFAULT, 0);
            pairing.on(Ticks(0), 4, pitch(61), Velocity::DEFAULT, 0);
            pairing.all_off(Ticks(7), 3, 0);
            pairing.off(Ticks(9), 4, pitch(61), 0);
            pairing.off(Ticks(9), 4, pitch(61), 0);
        });
        assert_eq!(notes, [(0, 7), (0, 9)]);
        assert_eq!(warnings, 1);
    }

    #[test]
    fn a_note_has_at_least_a_tick() {
        let (notes, warnings) = paired(|pairing| {
            pairing.on(Ticks(5), 0, pitch(60), Velocity::DEFAULT, 0);
            pairing.off(Ticks(5), 0, pitch(60), 0);
        });
        assert_eq!((notes, warnings), (vec![(5, 6)], 1));
    }
}

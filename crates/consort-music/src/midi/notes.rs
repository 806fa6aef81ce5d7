//! Notes from their two ends.

use std::collections::{BTreeSet, VecDeque};

use super::text::counted;
use crate::reading::{Place, Warnings};
use crate::time::Ticks;

const CHANNELS: usize = 16;
const PITCHES: usize = 128;

/// A note of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawNote {
    pub(super) onset: Ticks,
    pub(super) end: Ticks,
    pub(super) channel: u8,
    pub(super) pitch: u8,
    pub(super) velocity: u8,
    /// The byte of the file where it begins, or the last one that the number can hold.
    byte: u32,
}

/// Finds for each note where it ends.
///
/// Of notes of one channel and pitch the first begun is the first ended, as the standard advises.
/// If in the end some were never ended although they overlap others, the file takes it that a note
/// ends where its pitch is struck again, so these are read anew that way.
pub(super) struct Pairing {
    /// The notes that sound, by channel and pitch.
    open: Vec<VecDeque<usize>>,
    /// Channels and pitches with notes that sound.
    sounding: BTreeSet<usize>,
    /// Channels and pitches of which two notes sounded at once.
    overlapping: BTreeSet<usize>,
    notes: Vec<RawNote>,
    overlaps: Seen,
    stray: Seen,
    empty: Seen,
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
            open: vec![VecDeque::new(); CHANNELS * PITCHES],
            sounding: BTreeSet::new(),
            overlapping: BTreeSet::new(),
            notes: Vec::new(),
            overlaps: Seen::default(),
            stray: Seen::default(),
            empty: Seen::default(),
        }
    }
}

impl Pairing {
    pub(super) fn on(&mut self, at: Ticks, channel: u8, pitch: u8, velocity: u8, byte: usize) {
        let key = key(channel, pitch);
        if !self.open[key].is_empty() {
            self.overlaps.at(byte);
            self.overlapping.insert(key);
        }
        self.open[key].push_back(self.notes.len());
        self.sounding.insert(key);
        self.notes.push(RawNote {
            onset: at,
            end: at,
            channel,
            pitch,
            velocity,
            byte: u32::try_from(byte).unwrap_or(u32::MAX),
        });
    }

    pub(super) fn off(&mut self, at: Ticks, channel: u8, pitch: u8, byte: usize) {
        let key = key(channel, pitch);
        match self.open[key].pop_front() {
            Some(index) => self.end(index, at, byte),
            None => self.stray.at(byte),
        }
        if self.open[key].is_empty() {
            self.sounding.remove(&key);
        }
    }

    /// Ends all that sounds on `channel`.
    pub(super) fn all_off(&mut self, at: Ticks, channel: u8, byte: usize) {
        let keys = key(channel, 0)..key(channel, 0) + PITCHES;
        for key in self
            .sounding
            .range(keys.clone())
            .copied()
            .collect::<Vec<_>>()
        {
            while let Some(index) = self.open[key].pop_front() {
                self.end(index, at, byte);
            }
            self.sounding.remove(&key);
        }
    }

    fn end(&mut self, index: usize, at: Ticks, byte: usize) {
        let note = &mut self.notes[index];
        note.end = at;
        if at <= note.onset {
            note.end = note.onset + Ticks(1);
            self.empty.at(byte);
        }
    }

    /// The notes of the track, which ends at `track_end`, in the order of their onsets.
    pub(super) fn finish(
        &mut self,
        track: usize,
        track_end: Ticks,
        warnings: &mut Warnings,
    ) -> Vec<RawNote> {
        let hanging = std::mem::take(&mut self.sounding);
        let mut notes = std::mem::take(&mut self.notes);
        let mut held = Seen::default();
        for &key in &hanging {
            for index in std::mem::take(&mut self.open[key]) {
                notes[index].end = track_end.max(notes[index].onset + Ticks(1));
                held.at(notes[index].byte as usize);
            }
        }
        let overlapping = std::mem::take(&mut self.overlapping);
        let struck_again = hanging.intersection(&overlapping).copied().collect();
        cut_where_struck_again(&mut notes, &struck_again);
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
        notes
    }
}

fn key(channel: u8, pitch: u8) -> usize {
    usize::from(channel) % CHANNELS * PITCHES + usize::from(pitch) % PITCHES
}

/// Ends the notes of `keys` at the first end after their onset, and at the next onset at the latest.
fn cut_where_struck_again(notes: &mut [RawNote], keys: &BTreeSet<usize>) {
    if keys.is_empty() {
        return;
    }
    let mut by_key = vec![Vec::new(); CHANNELS * PITCHES];
    for (index, note) in notes.iter().enumerate() {
        let key = key(note.channel, note.pitch);
        if keys.contains(&key) {
            by_key[key].push(index);
        }
    }
    for indices in by_key {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(feed: impl FnOnce(&mut Pairing)) -> (Vec<(i64, i64)>, usize) {
        let mut pairing = Pairing::default();
        let mut warnings = Warnings::default();
        feed(&mut pairing);
        let notes = pairing.finish(0, Ticks(100), &mut warnings);
        let lengths = notes
            .iter()
            .map(|note| (note.onset.0, note.end.0))
            .collect();
        (lengths, warnings.into_vec().len())
    }

    #[test]
    fn the_first_begun_is_the_first_ended() {
        let (notes, warnings) = paired(|pairing| {
            pairing.on(Ticks(0), 0, 60, 80, 0);
            pairing.on(Ticks(10), 0, 60, 80, 0);
            pairing.on(Ticks(10), 1, 60, 80, 0);
            pairing.off(Ticks(20), 0, 60, 0);
            pairing.off(Ticks(30), 0, 60, 0);
            pairing.off(Ticks(40), 1, 60, 0);
        });
        assert_eq!(notes, [(0, 20), (10, 30), (10, 40)]);
        assert_eq!(warnings, 1);
    }

    #[test]
    fn a_pitch_struck_again_ends_the_note_that_nothing_else_ends() {
        let (notes, _) = paired(|pairing| {
            pairing.on(Ticks(0), 0, 60, 80, 0);
            pairing.on(Ticks(10), 0, 60, 80, 0);
            pairing.off(Ticks(20), 0, 60, 0);
            pairing.on(Ticks(50), 0, 62, 80, 0);
        });
        assert_eq!(notes, [(0, 10), (10, 20), (50, 100)]);
    }

    #[test]
    fn all_notes_off_ends_a_channel() {
        let (notes, warnings) = paired(|pairing| {
            pairing.on(Ticks(0), 3, 60, 80, 0);
            pairing.on(Ticks(0), 4, 61, 80, 0);
            pairing.all_off(Ticks(7), 3, 0);
            pairing.off(Ticks(9), 4, 61, 0);
            pairing.off(Ticks(9), 4, 61, 0);
        });
        assert_eq!(notes, [(0, 7), (0, 9)]);
        assert_eq!(warnings, 1);
    }

    #[test]
    fn a_note_has_at_least_a_tick() {
        let (notes, warnings) = paired(|pairing| {
            pairing.on(Ticks(5), 0, 60, 80, 0);
            pairing.off(Ticks(5), 0, 60, 0);
        });
        assert_eq!((notes, warnings), (vec![(5, 6)], 1));
    }
}

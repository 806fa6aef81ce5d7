//! Chords: naming what sounds, and counting what is used.

use super::{Histogram, additive};
use crate::grid::{Cell, Pulse, VoiceGrid};
use crate::pitch::Pitch;

/// The kind of a triad or seventh chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Major triad.
    Major,
    /// Minor triad.
    Minor,
    /// Diminished triad.
    Diminished,
    /// Augmented triad.
    Augmented,
    /// Major triad with a minor seventh.
    Dominant7,
    /// Major triad with a major seventh.
    Major7,
    /// Minor triad with a minor seventh.
    Minor7,
    /// Diminished triad with a minor seventh.
    HalfDiminished7,
    /// Diminished triad with a diminished seventh.
    Diminished7,
}

impl Quality {
    /// All kinds; triads first, so that a search prefers them.
    pub const ALL: [Quality; 9] = [
        Quality::Major,
        Quality::Minor,
        Quality::Diminished,
        Quality::Augmented,
        Quality::Dominant7,
        Quality::Major7,
        Quality::Minor7,
        Quality::HalfDiminished7,
        Quality::Diminished7,
    ];

    /// Semitones above the root: third, fifth and, in a seventh chord, seventh.
    pub fn intervals(self) -> &'static [u8] {
        match self {
            Quality::Major => &[4, 7],
            Quality::Minor => &[3, 7],
            Quality::Diminished => &[3, 6],
            Quality::Augmented => &[4, 8],
            Quality::Dominant7 => &[4, 7, 10],
            Quality::Major7 => &[4, 7, 11],
            Quality::Minor7 => &[3, 7, 10],
            Quality::HalfDiminished7 => &[3, 6, 10],
            Quality::Diminished7 => &[3, 6, 9],
        }
    }
}

/// A triad or seventh chord, whatever its inversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    /// The pitch class of the root, 0 for C to 11 for B.
    pub root: u8,
    /// The kind.
    pub quality: Quality,
}

impl Chord {
    /// The chord that `sounding` makes together, the highest voice first: exactly the tones of a
    /// triad or seventh chord, in any order and doubling, of which the perfect fifth may be
    /// missing. A third alone is a triad of which it is root and third. Where the tones divide the
    /// octave evenly (augmented triad, diminished seventh) the bass is the root; C E G A is A minor
    /// with a seventh, not C major with a sixth. Anything else, an open fifth included, is none.
    pub fn of(sounding: impl IntoIterator<Item = Pitch>) -> Option<Chord> {
        let (classes, bass) = classes_and_bass(sounding)?;
        let exact = |chord: &Chord| chord.classes() == classes;
        let without_fifth = |chord: &Chord| {
            chord.quality.intervals()[1] == 7
                && chord.classes() & !class_bit(chord.root + 7) == classes
        };
        candidates(bass)
            .find(exact)
            .or_else(|| candidates(bass).find(without_fifth))
    }

    /// Its pitch classes, as bits: C is 1, C sharp 2, and so on.
    pub(super) fn classes(self) -> u16 {
        self.quality
            .intervals()
            .iter()
            .fold(class_bit(self.root), |classes, interval| {
                classes | class_bit(self.root + interval)
            })
    }
}

/// What a set of voices sounds like at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sonority {
    /// A chord, by [`Chord::of`].
    Chord(Chord),
    /// One pitch class, or two a fifth apart: a chord that lacks its third.
    Open,
    /// Something else: suspensions, passing tones, clashes.
    Other,
}

impl Sonority {
    /// The sonority of a step of a grid, or nothing for silence.
    pub fn of(frame: &[Cell]) -> Option<Sonority> {
        let sounding = || frame.iter().filter_map(|cell| cell.pitch());
        let (classes, _) = classes_and_bass(sounding())?;
        if let Some(chord) = Chord::of(sounding()) {
            return Some(Sonority::Chord(chord));
        }
        let open = (0..12).any(|root| classes & !(class_bit(root) | class_bit(root + 7)) == 0);
        Some(if open {
            Sonority::Open
        } else {
            Sonority::Other
        })
    }
}

/// Every chord: the triads before the seventh chords, and in each group those on `bass` (a pitch
/// class) first, then those on the semitone above it, and so on.
pub(super) fn candidates(bass: u8) -> impl Iterator<Item = Chord> {
    let (triads, sevenths) = Quality::ALL.split_at(4);
    [triads, sevenths].into_iter().flat_map(move |group| {
        (0..12).flat_map(move |above| {
            group.iter().map(move |&quality| Chord {
                root: (bass + above) % 12,
                quality,
            })
        })
    })
}

/// The bit of a pitch class, which may be given octaves too high.
pub(super) fn class_bit(class: u8) -> u16 {
    1 << (class % 12)
}

/// The pitch classes as bits and the class of the lowest pitch, unless nothing sounds.
fn classes_and_bass(sounding: impl IntoIterator<Item = Pitch>) -> Option<(u16, u8)> {
    let mut classes = 0;
    let mut lowest: Option<Pitch> = None;
    for pitch in sounding {
        classes |= class_bit(pitch.class());
        lowest = Some(lowest.map_or(pitch, |lowest| lowest.min(pitch)));
    }
    lowest.map(|lowest| (classes, lowest.class()))
}

/// The chords that stand on the beats, and how fast they change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Beats, by the kind of chord that sounds at their first step, in the order of
    /// [`Quality::ALL`].
    pub qualities: Histogram<9>,
    /// Beats at which a chord without its third sounds.
    pub open: u64,
    /// Beats at which something else sounds.
    pub other: u64,
    /// Beats at which nothing sounds.
    pub silent: u64,
    /// Steps at which any voice changes its pitch, as in
    /// [`VoiceLeading`](super::VoiceLeading::chord_changes), but counted from the first beat on.
    pub chord_changes: u64,
}

additive!(Vocabulary {
    qualities,
    open,
    other,
    silent,
    chord_changes,
});

impl Vocabulary {
    /// All beats.
    pub fn beats(&self) -> u64 {
        self.sounding() + self.silent
    }

    /// The beats at which anything sounds.
    pub fn sounding(&self) -> u64 {
        self.qualities.total() + self.open + self.other
    }
}

/// Counts the chords on the beats. Without `pulses` there are none.
pub fn vocabulary(grid: &VoiceGrid, pulses: &[Pulse]) -> Vocabulary {
    let mut counts = Vocabulary::default();
    for (step, pulse) in pulses.iter().enumerate().take(grid.steps()) {
        if pulse.is_beat() {
            match Sonority::of(grid.frame(step)) {
                Some(Sonority::Chord(chord)) => counts.qualities.0[chord.quality as usize] += 1,
                Some(Sonority::Open) => counts.open += 1,
                Some(Sonority::Other) => counts.other += 1,
                None => counts.silent += 1,
            }
        }
        let changes = step > 0 && counts.beats() > 0 && grid.changes_at(step);
        counts.chord_changes += u64::from(changes);
    }
    counts
}

/// How many cells sound each degree of the chromatic scale above `tonic` (a pitch class).
pub fn degrees(grid: &VoiceGrid, tonic: u8) -> Histogram<12> {
    let mut counts = Histogram::default();
    for step in 0..grid.steps() {
        for pitch in grid.frame(step).iter().filter_map(|cell| cell.pitch()) {
            counts.0[usize::from((pitch.class() + 12 - tonic % 12) % 12)] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::quarter_pulses;
    use crate::statistics::testing::{grid, pitch};

    fn chord(pitches: &[u8]) -> Option<(u8, Quality)> {
        Chord::of(pitches.iter().map(|&midi| pitch(midi))).map(|chord| (chord.root, chord.quality))
    }

    #[test]
    fn inversions_and_doublings_do_not_matter() {
        assert_eq!(chord(&[72, 67, 64, 48]), Some((0, Quality::Major)));
        assert_eq!(chord(&[67, 64, 60, 52]), Some((0, Quality::Major)));
        assert_eq!(chord(&[65, 62, 59, 43]), Some((7, Quality::Dominant7)));
        assert_eq!(chord(&[69, 67, 64, 48]), Some((9, Quality::Minor7)));
        assert_eq!(chord(&[71, 65, 62, 50]), Some((11, Quality::Diminished)));
    }

    #[test]
    fn the_fifth_may_be_missing() {
        assert_eq!(chord(&[72, 64, 60, 48]), Some((0, Quality::Major)));
        assert_eq!(chord(&[65, 59, 55, 43]), Some((7, Quality::Dominant7)));
        assert_eq!(chord(&[65, 62]), Some((2, Quality::Minor)));
        assert_eq!(
            chord(&[65, 62, 55]),
            None,
            "a seventh chord needs its third"
        );
    }

    #[test]
    fn the_bass_is_the_root_of_what_is_even() {
        assert_eq!(chord(&[68, 64, 60]), Some((0, Quality::Augmented)));
        assert_eq!(chord(&[72, 68, 64]), Some((4, Quality::Augmented)));
        assert_eq!(chord(&[68, 65, 62, 59]), Some((11, Quality::Diminished7)));
        assert_eq!(chord(&[71, 68, 65, 50]), Some((2, Quality::Diminished7)));
    }

    #[test]
    fn the_rest_is_open_or_other() {
        let rows = grid(&[
            [67, 60, 55, 48],
            [60, 60, 48, 36],
            [67, 65, 60, 48],
            [-1; 4],
        ]);
        let sonority = |step| Sonority::of(rows.frame(step));
        assert_eq!(sonority(0), Some(Sonority::Open));
        assert_eq!(sonority(1), Some(Sonority::Open));
        assert_eq!(sonority(2), Some(Sonority::Other));
        assert_eq!(sonority(3), None);
    }

    #[test]
    fn only_beats_are_named() {
        let rows = grid(&[
            [72, 67, 64, 48],
            [72, 67, 65, 48],
            [71, 67, 62, 55],
            [71, 67, 62, 55],
            [-1; 4],
        ]);
        let counts = vocabulary(&rows, &quarter_pulses(5, 2));
        assert_eq!(counts.qualities.0[Quality::Major as usize], 2);
        assert_eq!((counts.other, counts.silent, counts.beats()), (0, 1, 3));
        assert_eq!(counts.chord_changes, 3);
        assert_eq!(vocabulary(&rows, &[]), Vocabulary::default());
    }

    #[test]
    fn degrees_count_from_the_tonic() {
        let counts = degrees(&grid(&[[67, 59, -1, 55]]), 7);
        assert_eq!((counts.0[0], counts.0[4], counts.total()), (2, 1, 3));
    }
}

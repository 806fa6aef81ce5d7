//! Measures of voice leading, harmony and melody, as counts over grids, and of drumming.
//!
//! Of voices, every function here takes a [`VoiceGrid`] and what else its definition needs, and
//! returns counts that add up: pooled over many pieces, the rates of [`ChoraleStatistics::rates`] are
//! exact. All take time linear in the steps of the grid, and none fails: a grid without what a rule
//! speaks of has nothing to count.
//!
//! The rules are those of the textbooks for strict four-part writing. Bach breaks each of them now
//! and then, so his own rates, not zero, are the measure of an imitation.
//!
//! [`motion`] has the rules themselves, on four pitches at a time, for samplers that ask them of
//! each candidate.
//!
//! Of drums, [`groove`] says how bars follow each other and [`pattern`] how strokes do, both on a
//! [`DrumGrid`](crate::grid::DrumGrid).

use std::ops::{AddAssign, RangeInclusive};

use crate::grid::{Pulse, VoiceGrid};
use crate::pitch::Key;
use crate::time::Ticks;

pub mod cadence;
pub mod dissonance;
pub mod groove;
pub mod harmony;
pub mod key;
pub mod melody;
pub mod motion;
pub mod pattern;
mod rates;
pub mod voice_leading;

#[cfg(test)]
mod on_bach;
#[cfg(test)]
mod oracles;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

pub use cadence::{Cadence, Cadences, Voicing, cadences, doubled_leading_tones};
pub use dissonance::{Dissonances, Treatment, dissonances};
pub use groove::Behaviour;
pub use harmony::{Chord, Quality, Sonority, Vocabulary, degrees, vocabulary};
pub use key::{estimate_key, key_of_classes};
pub use melody::{MelodicIntervals, Repetition, melodic_intervals, repetition};
pub use pattern::PatternHistogram;
pub use voice_leading::{CHORAL_RANGES, Texture, VoiceLeading, texture, voice_leading};

/// What counting needs to know beside the notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<'a> {
    /// The pulse of each step, as [`Score::pulses`](crate::Score::pulses) and [`quarter_pulses`]
    /// make them. Where they are missing, nothing that depends on beats or fermatas is counted.
    pub pulses: &'a [Pulse],
    /// A quarter note in the ticks of the pulses.
    pub quarter: Ticks,
    /// The key of the piece; [`estimate_key`] where it is not known.
    pub key: Key,
    /// The range of each voice as MIDI numbers, the highest voice first: [`CHORAL_RANGES`] for a
    /// choir.
    pub ranges: &'a [RangeInclusive<u8>],
}

/// The pulses of `steps` steps of which `per_quarter` make a quarter note, for a source that tells
/// neither metre nor fermatas: a beat every quarter, one tick a step. A quarter is
/// `Ticks(per_quarter)`; with none at all there are no beats.
pub fn quarter_pulses(steps: usize, per_quarter: u32) -> Vec<Pulse> {
    (0i64..)
        .take(steps)
        .map(|step| Pulse {
            in_measure: Ticks(step),
            measure: Ticks::ZERO,
            beat: Ticks(per_quarter.into()),
            fermata: false,
        })
        .collect()
}

/// All that this module counts, for one piece or, added up, for many.
///
/// ```
/// use consort_music::statistics::{CHORAL_RANGES, ChoraleStatistics, Setting, quarter_pulses};
/// use consort_music::{Cell, Key, Pitch, Ticks, VoiceGrid};
///
/// let mut grid = VoiceGrid::new(2, 2);
/// for (step, voice, midi) in [(0, 0, 67u8), (0, 1, 60), (1, 0, 69), (1, 1, 62)] {
///     grid.set(step, voice, Cell::Onset(Pitch::try_from(midi)?));
/// }
/// let setting = Setting {
///     pulses: &quarter_pulses(grid.steps(), 4),
///     quarter: Ticks(4),
///     key: Key::default(),
///     ranges: &CHORAL_RANGES,
/// };
/// let mut both = ChoraleStatistics::of(&grid, &setting);
/// both += ChoraleStatistics::of(&grid, &setting);
/// assert_eq!(both.voice_leading.parallel_fifths, 2);
/// assert_eq!(both.rates()[0], ("parallel fifths per 100 chord changes", 100.0));
/// # Ok::<(), consort_music::OutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChoraleStatistics {
    /// Pieces counted.
    pub pieces: u64,
    /// From chord to chord.
    pub voice_leading: VoiceLeading,
    /// Crossing, spacing and range.
    pub texture: Texture,
    /// Repeated notes and off-beat changes of all voices.
    pub repetition: Repetition,
    /// The same without the first voice: what a harmonisation of a given melody is free to choose.
    pub repetition_below: Repetition,
    /// The intervals of the single voices.
    pub intervals: MelodicIntervals,
    /// Chords on the beats.
    pub vocabulary: Vocabulary,
    /// Sounding cells by semitones above the tonic.
    pub degrees: Histogram<12>,
    /// Non-chord tones.
    pub dissonances: Dissonances,
    /// Beats with a doubled leading tone, of those with a dominant chord.
    pub doubled_leading_tones: Share,
    /// Cadences at fermatas.
    pub cadences: Cadences,
}

additive!(ChoraleStatistics {
    pieces,
    voice_leading,
    texture,
    repetition,
    repetition_below,
    intervals,
    vocabulary,
    degrees,
    dissonances,
    doubled_leading_tones,
    cadences,
});

impl ChoraleStatistics {
    /// Counts one piece.
    pub fn of(grid: &VoiceGrid, setting: &Setting<'_>) -> ChoraleStatistics {
        let &Setting {
            pulses,
            quarter,
            key,
            ranges,
        } = setting;
        ChoraleStatistics {
            pieces: 1,
            voice_leading: voice_leading(grid),
            texture: texture(grid, ranges),
            repetition: repetition(grid, pulses, quarter, 0..grid.voices()),
            repetition_below: repetition(grid, pulses, quarter, 1..grid.voices()),
            intervals: melodic_intervals(grid),
            vocabulary: vocabulary(grid, pulses),
            degrees: degrees(grid, key.tonic_class()),
            dissonances: dissonances(grid, pulses),
            doubled_leading_tones: doubled_leading_tones(grid, pulses, key),
            cadences: cadences(grid, pulses, key),
        }
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those meant.
    pub part: u64,
    /// Those looked at.
    pub whole: u64,
}

additive!(Share { part, whole });

impl Share {
    /// Looks at one more.
    pub fn record(&mut self, meant: bool) {
        self.part += u64::from(meant);
        self.whole += 1;
    }

    /// In hundred; not a number where there were none to look at.
    pub fn percent(self) -> f64 {
        rates::per(100.0, self.part, self.whole)
    }
}

/// Counts of `N` kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram<const N: usize>(pub [u64; N]);

impl<const N: usize> Histogram<N> {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Histogram<N> {
        Histogram([0; N])
    }
}

impl<const N: usize> AddAssign for Histogram<N> {
    fn add_assign(&mut self, other: Histogram<N>) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

/// Makes a struct of counts add up, field by field; a field left out does not compile.
macro_rules! additive {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: $name) {
                let $name { $($field),+ } = other;
                $(self.$field += $field;)+
            }
        }
    };
}
use additive;

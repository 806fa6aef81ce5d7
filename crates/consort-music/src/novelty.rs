//! Whether a tune is new: its bars as numbers, and the longest run of them that other tunes have too.
//!
//! ```
//! use consort_music::{abc, novelty};
//!
//! let known = abc::read(b"X:1\nM:3/4\nL:1/4\nK:G\nGBd|gfe|dcA|G3|]\n")?.value.remove(0);
//! let tune = abc::read(b"X:1\nM:3/4\nL:1/4\nK:D\ndfa|d'c'b|a3|d3|]\n")?.value.remove(0);
//! let index = novelty::Index::new([novelty::bars(&known)]);
//! let run = index.longest_run(&novelty::bars(&tune), |_| true).ok_or("nothing shared")?;
//! assert_eq!((run.bars, run.at, run.tune, run.tune_at), (2, 0, 0, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::line::{LineNote, highest};
use crate::score::{Measure, Score};
use crate::sections::places;
use crate::time::Ticks;

mod index;
#[cfg(test)]
mod tests;

pub use self::index::{Index, Run};

/// What stands between the tunes of an [`Index`]; no bar has this number.
pub const SEPARATOR: u32 = 0;

/// The bars of the melody of a score as they are written (repeats are not played out), as numbers that
/// are equal where bars are: for files, so this never changes.
///
/// The melody is the highest line of the first part without grace notes; chord symbols and signs do
/// not count. Of each note within the bar count the onset and the length, as fractions of a full
/// bar, so that a reel is the same in 2/4 and in 4/4; whether it is held from the bar before; and its
/// pitch in semitones above the tonic, all moved by octaves until the lowest is less than an octave
/// above a tonic, so that it is the same in any key and octave. Pickups are left out: editions differ in
/// them most.
///
/// The number is FNV-1a (Fowler, Noll and Vo, 32 bits) over the bytes of these, 1 where that gives
/// [`SEPARATOR`]: for each note its onset and its length, each as numerator and denominator in lowest
/// terms in 8 bytes of the lowest first, then a byte for its pitch and one that is 1 if it is held.
pub fn bars(score: &Score) -> Vec<u32> {
    let Some(part) = score.parts.first() else {
        return Vec::new();
    };
    let line = highest(&part.sounding());
    let mut first = 0;
    let mut bars = Vec::new();
    for (measure, place) in score.measures.iter().zip(places(score)) {
        while line
            .get(first)
            .is_some_and(|note| note.end <= measure.start)
        {
            first += 1;
        }
        if !place.is_pickup {
            let tonic = score.key_at(measure.start).tonic_class();
            bars.push(bar(&line[first..], measure, place.full, tonic));
        }
    }
    bars
}

/// The number of a measure; `line` begins with the first note that ends within or after it.
fn bar(line: &[LineNote], measure: &Measure, full: Ticks, tonic: u8) -> u32 {
    let within = || line.iter().take_while(|note| note.onset < measure.end());
    let above_tonic = |note: &LineNote| i32::from(note.pitch.midi()) - i32::from(tonic);
    let lowest = within().map(above_tonic).min().unwrap_or_default();
    let octaves = lowest.div_euclid(12) * 12;
    let mut hash = Fnv::default();
    for note in within() {
        let onset = note.onset.max(measure.start);
        hash.fraction(onset - measure.start, full);
        hash.fraction(note.end.min(measure.end()) - onset, full);
        let [pitch, ..] = (above_tonic(note) - octaves).to_le_bytes();
        hash.bytes(&[pitch, u8::from(note.onset < measure.start)]);
    }
    match hash.0 {
        SEPARATOR => 1,
        number => number,
    }
}

/// FNV-1a in 32 bits, <http://www.isthe.com/chongo/tech/comp/fnv/>.
struct Fnv(u32);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0x811c_9dc5)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn fraction(&mut self, part: Ticks, whole: Ticks) {
        let divisor = gcd(part.0, whole.0).max(1);
        self.bytes(&(part.0 / divisor).to_le_bytes());
        self.bytes(&(whole.0 / divisor).to_le_bytes());
    }
}

/// The greatest common divisor of a number from 0 and one from 1 on.
fn gcd(a: i64, b: i64) -> i64 {
    if a == 0 { b } else { gcd(b % a, a) }
}

//! Many tunes to look for runs of bars in.

use super::SEPARATOR;

/// The bars of many tunes, in one list that can be stored, and where each of them stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    stream: Vec<u32>,
    /// Where in the stream each tune begins.
    starts: Vec<usize>,
    /// Bars and their places in the stream, sorted.
    places: Vec<(u32, usize)>,
}

/// Bars in a row that a tune shares with one of an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How many.
    pub bars: usize,
    /// The first of them in the tune that was asked for, 0 being its first bar.
    pub at: usize,
    /// The tune of the index, by its number.
    pub tune: usize,
    /// The first of them in that.
    pub tune_at: usize,
}

impl Index {
    /// The index of tunes, each given by its [`bars`](super::bars), numbered from 0.
    pub fn new(tunes: impl IntoIterator<Item = Vec<u32>>) -> Index {
        let end = |mut bars: Vec<u32>| {
            bars.push(SEPARATOR);
            bars
        };
        Index::from_stream(tunes.into_iter().flat_map(end).collect())
    }

    /// The index of tunes that follow each other in one list, each ended by a [`SEPARATOR`]; the last
    /// may do without. Takes time of n log n.
    pub fn from_stream(stream: Vec<u32>) -> Index {
        let mut starts = Vec::new();
        let mut next = 0;
        for tune in stream.split_inclusive(|&bar| bar == SEPARATOR) {
            starts.push(next);
            next += tune.len();
        }
        let bars = stream.iter().copied().zip(0..);
        let mut places: Vec<(u32, usize)> = bars.filter(|&(bar, _)| bar != SEPARATOR).collect();
        places.sort_unstable();
        Index {
            stream,
            starts,
            places,
        }
    }

    /// The list that [`Index::from_stream`] makes the same index of.
    pub fn stream(&self) -> &[u32] {
        &self.stream
    }

    /// How many tunes there are.
    pub fn tunes(&self) -> usize {
        self.starts.len()
    }

    /// The longest run of bars that a tune, given by its [`bars`](super::bars), shares with one of the
    /// tunes whose number `among` wants; nothing if they share no bar. Of several as long, the first in
    /// the tune asked for, and of these the first in the index.
    ///
    /// Takes time in proportion to the pairs of equal bars: among the 4,248 tunes of the old collections
    /// about 3 microseconds for each of them.
    pub fn longest_run(&self, bars: &[u32], among: impl Fn(usize) -> bool) -> Option<Run> {
        let mut longest: Option<Run> = None;
        for (at, &bar) in bars.iter().enumerate() {
            for &(_, place) in self.places_of(bar) {
                // A run was counted from its first bar on.
                let goes_back = at > 0 && place > 0 && bars[at - 1] != SEPARATOR;
                if goes_back && self.stream[place - 1] == bars[at - 1] {
                    continue;
                }
                let pairs = bars[at..].iter().zip(&self.stream[place..]);
                let length = pairs
                    .take_while(|(a, b)| a == b && **a != SEPARATOR)
                    .count();
                if longest.is_some_and(|run| run.bars >= length) {
                    continue;
                }
                let tune = self.starts.partition_point(|&start| start <= place) - 1;
                if among(tune) {
                    longest = Some(Run {
                        bars: length,
                        at,
                        tune,
                        tune_at: place - self.starts[tune],
                    });
                }
            }
        }
        longest
    }

    fn places_of(&self, bar: u32) -> &[(u32, usize)] {
        let from = self.places.partition_point(|&(other, _)| other < bar);
        let rest = &self.places[from..];
        &rest[..rest.partition_point(|&(other, _)| other == bar)]
    }
}

//! Lines over several notes, and the numbers by which MusicXML tells those apart that overlap.

use std::collections::BTreeMap;

use crate::score::{Spanner, SpannerKind};
use crate::time::Ticks;

/// The elements that begin and end lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// A hairpin.
    Wedge,
    /// A pedal.
    Pedal,
    /// An octave line.
    OctaveShift,
    /// The line of a trill, which hangs on notes.
    Trill,
    /// Dashes.
    Dashes,
    /// A bracket.
    Bracket,
}

impl Line {
    /// The element that draws lines of that kind.
    pub(super) fn of(kind: SpannerKind) -> Line {
        match kind {
            SpannerKind::Crescendo | SpannerKind::Diminuendo => Line::Wedge,
            SpannerKind::Pedal => Line::Pedal,
            SpannerKind::Octaves(_) => Line::OctaveShift,
            SpannerKind::Trill => Line::Trill,
            SpannerKind::Dashes => Line::Dashes,
            SpannerKind::Bracket => Line::Bracket,
        }
    }

    /// The name of the element.
    pub(super) fn name(self) -> &'static str {
        match self {
            Line::Wedge => "wedge",
            Line::Pedal => "pedal",
            Line::OctaveShift => "octave-shift",
            Line::Trill => "wavy-line",
            Line::Dashes => "dashes",
            Line::Bracket => "bracket",
        }
    }
}

/// The most lines of one kind that can be told apart.
const NUMBER_MAX: u8 = 16;

/// Whether an edge at one moment comes after what ends there, is a line that begins and ends there,
/// or comes before what begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// A line ends.
    Stop,
    /// A line begins and ends.
    Both,
    /// A line begins.
    Start,
}

/// One end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// When.
    pub(super) at: Ticks,
    /// What happens.
    pub(super) turn: Turn,
    /// The place of the line in its list.
    pub(super) place: usize,
}

/// The ends of lines in the order in which they are written.
pub(super) fn edges(spanners: &[Spanner]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (place, spanner) in spanners.iter().enumerate() {
        let edge = |at, turn| Edge { at, turn, place };
        match spanner.from == spanner.to {
            true => edges.push(edge(spanner.from, Turn::Both)),
            false => {
                edges.push(edge(spanner.from, Turn::Start));
                edges.push(edge(spanner.to, Turn::Stop));
            }
        }
    }
    edges.sort_unstable();
    edges
}

/// The number of each line among those of its element that are open with it; none where all are
/// taken. The lines of trills hang on notes of any voice, whose order in the file is not that of
/// time, so one that ends where another begins has another number.
pub(super) fn numbers(spanners: &[Spanner]) -> Vec<Option<u8>> {
    let mut numbers = vec![None; spanners.len()];
    let mut open: BTreeMap<(Line, u8), Option<Ticks>> = BTreeMap::new();
    for edge in edges(spanners) {
        let line = Line::of(spanners[edge.place].kind);
        if edge.turn == Turn::Stop {
            if let Some(number) = numbers[edge.place] {
                let ended = Some(edge.at).filter(|_| line == Line::Trill);
                open.insert((line, number), ended);
                if ended.is_none() {
                    open.remove(&(line, number));
                }
            }
            continue;
        }
        let is_free = |number: &u8| match open.get(&(line, *number)) {
            None => true,
            Some(ended) => ended.is_some_and(|ended| ended < edge.at),
        };
        numbers[edge.place] = (1..=NUMBER_MAX).find(is_free);
        if let (Some(number), Turn::Start) = (numbers[edge.place], edge.turn) {
            open.insert((line, number), None);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spanner(from: i64, to: i64, kind: SpannerKind) -> Spanner {
        Spanner {
            from: Ticks(from),
            to: Ticks(to),
            staff: 1,
            kind,
        }
    }

    #[test]
    fn lines_that_overlap_have_different_numbers() {
        let numbered = |list: &[(i64, i64, SpannerKind)]| {
            let spanners: Vec<Spanner> = list
                .iter()
                .map(|&(from, to, kind)| spanner(from, to, kind))
                .collect();
            numbers(&spanners)
        };
        let (swell, fade) = (SpannerKind::Crescendo, SpannerKind::Diminuendo);
        assert_eq!(
            numbered(&[(0, 4, swell), (2, 6, fade), (4, 4, swell), (4, 8, fade)]),
            [Some(1), Some(2), Some(1), Some(1)]
        );
        let trill = SpannerKind::Trill;
        assert_eq!(
            numbered(&[(0, 4, trill), (0, 4, swell), (4, 6, trill), (6, 8, trill)]),
            [Some(1), Some(1), Some(2), Some(1)]
        );
        assert_eq!(numbered(&[(0, 4, swell); 17])[16], None);
    }
}

//! Hairpins, pedals, octave lines, dashes, brackets, and the lines of trills.

use std::collections::BTreeMap;

use crate::musicxml::lines::{Edge, Line, Turn, edges, numbers};
use crate::musicxml::write::measure::PartWriter;
use crate::score::{Measure, Note, Part, Spanner, SpannerKind};
use crate::time::Ticks;

/// The lines of a part.
#[derive(Debug)]
pub(super) struct Lines {
    /// The number of each.
    numbers: Vec<u8>,
    /// The ends of those that are directions, in order.
    edges: Vec<Edge>,
    /// What begins and ends on notes, by their place: the lines of trills.
    on_notes: BTreeMap<usize, Vec<(usize, Turn)>>,
}

impl Lines {
    /// The lines of `part`.
    pub(super) fn of(part: &Part) -> Lines {
        let spanners = &part.spanners;
        let is_trill = |edge: &Edge| spanners[edge.place].kind == SpannerKind::Trill;
        let (trills, edges) = edges(spanners).into_iter().partition::<Vec<_>, _>(is_trill);
        let numbers = numbers(spanners);
        Lines {
            numbers: numbers.into_iter().map(Option::unwrap_or_default).collect(),
            edges,
            on_notes: on_notes(&trills, spanners, &part.notes),
        }
    }

    /// The ends of lines that are written with `measure`, and their places. What ends with it is
    /// written before its barline.
    pub(super) fn within(&self, measure: &Measure, is_last: bool) -> Vec<(usize, Edge)> {
        let start = self
            .edges
            .partition_point(|edge| (edge.at, edge.turn) <= (measure.start, Turn::Stop));
        let is_first = measure.start == Ticks::ZERO;
        let start = if is_first { 0 } else { start };
        let last = if is_last { Turn::Start } else { Turn::Stop };
        let edges = self.edges.iter().copied().enumerate().skip(start);
        edges
            .take_while(|(_, edge)| (edge.at, edge.turn) <= (measure.end(), last))
            .collect()
    }
}

/// The trills that begin and end on each note.
fn on_notes(
    trills: &[Edge],
    spanners: &[Spanner],
    notes: &[Note],
) -> BTreeMap<usize, Vec<(usize, Turn)>> {
    let mut begin: BTreeMap<(Ticks, u8), usize> = BTreeMap::new();
    let mut end: BTreeMap<(Ticks, u8), usize> = BTreeMap::new();
    let heads = notes.iter().enumerate();
    for (place, note) in heads.filter(|(_, note)| !note.is_grace()) {
        begin.entry((note.onset, note.staff)).or_insert(place);
        end.entry((note.end(), note.staff)).or_insert(place);
    }
    let mut on_notes: BTreeMap<usize, Vec<(usize, Turn)>> = BTreeMap::new();
    for edge in trills {
        let key = (edge.at, spanners[edge.place].staff);
        let bearer = match edge.turn {
            Turn::Stop => end.get(&key),
            Turn::Both | Turn::Start => begin.get(&key),
        };
        if let Some(&bearer) = bearer {
            let signs = on_notes.entry(bearer).or_default();
            signs.push((edge.place, edge.turn));
        }
    }
    on_notes
}

impl PartWriter<'_, '_> {
    /// Whether a trill's line begins or ends on the note at `place`.
    pub(super) fn has_wavy_lines(&self, place: usize) -> bool {
        self.lines.on_notes.contains_key(&place)
    }

    /// Writes the lines of trills that begin and end on the note at `place`.
    pub(super) fn wavy_lines(&mut self, place: usize) {
        let Some(signs) = self.lines.on_notes.get(&place) else {
            return;
        };
        self.xml.open("ornaments");
        for &(line, turn) in signs {
            let kind = if turn == Turn::Stop { "stop" } else { "start" };
            let number = self.lines.numbers[line].to_string();
            let attributes = [("type", kind), ("number", &number)];
            self.xml.empty_with("wavy-line", &attributes);
        }
        self.xml.close();
    }

    /// Writes the end of a line that stands `offset` after the cursor, given its place.
    pub(super) fn line(&mut self, place: usize, offset: Ticks) {
        let edge = self.lines.edges[place];
        if edge.turn != Turn::Stop {
            self.line_end(edge.place, true, offset);
        }
        if edge.turn != Turn::Start {
            self.line_end(edge.place, false, offset);
        }
    }

    fn line_end(&mut self, place: usize, begins: bool, offset: Ticks) {
        let spanner = self.part.spanners[place];
        let number = self.lines.numbers[place].to_string();
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        let kind = match spanner.kind {
            SpannerKind::Crescendo => "crescendo",
            SpannerKind::Diminuendo => "diminuendo",
            // The notes on the page are moved the other way.
            SpannerKind::Octaves(1..) => "down",
            SpannerKind::Octaves(_) => "up",
            _ => "start",
        };
        attributes.push(("type", if begins { kind } else { "stop" }));
        attributes.push(("number", &number));
        match spanner.kind {
            SpannerKind::Octaves(octaves) => attributes.push(match octaves.unsigned_abs() {
                ..=1 => ("size", "8"),
                2 => ("size", "15"),
                3.. => ("size", "22"),
            }),
            SpannerKind::Bracket => attributes.push(("line-end", "down")),
            SpannerKind::Pedal => attributes.push(("line", "yes")),
            _ => {}
        }
        let is_above = match spanner.kind {
            SpannerKind::Octaves(octaves) => octaves > 0,
            SpannerKind::Bracket => true,
            _ => false,
        };
        let placement = if is_above { "above" } else { "below" };
        self.xml.open_with("direction", &[("placement", placement)]);
        self.xml.open("direction-type");
        self.xml
            .empty_with(Line::of(spanner.kind).name(), &attributes);
        self.xml.close();
        self.offset(offset);
        self.staff(spanner.staff);
        self.xml.close();
    }
}

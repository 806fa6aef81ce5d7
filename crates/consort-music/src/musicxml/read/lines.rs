//! Hairpins, pedals, octave lines and the like: their ends as they stand in the file, and the lines
//! between them.

use roxmltree::Node;

use crate::musicxml::lines::Line;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::At;
use crate::musicxml::report::{Report, short};
use crate::score::{Spanner, SpannerKind};
use crate::time::Ticks;

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It begins.
    Start(SpannerKind),
    /// It ends.
    Stop,
    /// The pedal goes up and down again.
    Change,
    /// It goes on, or begins where nothing goes on.
    Resume(SpannerKind),
}

/// One end of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineEnd {
    at: At,
    /// Where a line that begins here ends if nothing says so.
    fallback: At,
    line: Line,
    number: Option<u8>,
    staff: u8,
    turn: Turn,
    byte: usize,
}

impl PartReader<'_, '_, '_> {
    /// Reads one end of a line: a sign of a direction on `staff` that stands at `at`.
    pub(super) fn line(&mut self, node: Node, line: Line, at: At, staff: u8) {
        let end_of_measure = At {
            measure: at.measure + 1,
            offset: Ticks::ZERO,
        };
        self.line_end(node, line, (at, at, end_of_measure), staff);
    }

    /// Reads one end of the line of a trill, on a note that lasts from `at` to `end`.
    pub(super) fn wavy_line(&mut self, node: Node, (at, end): (At, At), staff: u8) {
        self.line_end(node, Line::Trill, (at, end, end), staff);
    }

    fn line_end(
        &mut self,
        node: Node,
        line: Line,
        (start, stop, fallback): (At, At, At),
        staff: u8,
    ) {
        let turn = match (line, node.attribute("type").unwrap_or_default()) {
            (_, "continue") | (Line::Pedal, "discontinue") => return,
            (_, "stop") => Turn::Stop,
            (Line::Wedge, "crescendo") => Turn::Start(SpannerKind::Crescendo),
            (Line::Wedge, "diminuendo") => Turn::Start(SpannerKind::Diminuendo),
            (Line::Pedal, "change") => Turn::Change,
            (Line::Pedal, "start") => Turn::Start(SpannerKind::Pedal),
            (Line::Pedal, "resume") => Turn::Resume(SpannerKind::Pedal),
            (Line::Trill, "start") => Turn::Start(SpannerKind::Trill),
            (Line::Dashes, "start") => Turn::Start(SpannerKind::Dashes),
            (Line::Bracket, "start") => Turn::Start(SpannerKind::Bracket),
            // The format says how the notes on the page are moved from where they sound.
            (Line::OctaveShift, direction @ ("up" | "down")) => {
                let octaves = match node.attribute("size").unwrap_or("8") {
                    "22" => 3,
                    "15" => 2,
                    _ => 1,
                };
                Turn::Start(SpannerKind::Octaves(match direction {
                    "down" => octaves,
                    _ => -octaves,
                }))
            }
            (_, other) => {
                let name = line.name();
                let message = format!("a <{name}> of the type {:?} is left out", short(other));
                self.report.warn(node, message);
                return;
            }
        };
        let number = node
            .attribute("number")
            .and_then(|number| number.parse().ok());
        self.draft.lines.push(LineEnd {
            at: if turn == Turn::Stop { stop } else { start },
            fallback,
            line,
            number,
            staff,
            turn,
            byte: node.range().start,
        });
    }
}

/// A line that has not ended yet.
#[derive(Clone, Copy)]
struct Open {
    start: LineEnd,
    kind: SpannerKind,
}

/// The most lines that are open at once: sixteen of each kind can be told apart, and some more staves.
const OPEN_MAX: usize = 128;

/// The lines between `ends`, given where the measures start and the last one ends.
pub(super) fn spanners(
    mut ends: Vec<LineEnd>,
    bounds: &[Ticks],
    report: &mut Report,
) -> Vec<Spanner> {
    // Those of one moment stay in the order of the file.
    ends.sort_by_key(|end| end.at);
    let mut open: Vec<Open> = Vec::new();
    let mut spanners = Vec::new();
    let mut close = |open: Open, at: At| {
        let from = open.start.at.resolve(bounds);
        spanners.push(Spanner {
            from,
            to: at.resolve(bounds).max(from),
            staff: open.start.staff,
            kind: open.kind,
        });
    };
    for end in ends {
        let held = held(&open, &end);
        match end.turn {
            Turn::Start(kind) => {
                let same = held.filter(|&held| {
                    open[held].start.staff == end.staff && exact(&open[held], &end)
                });
                match same.map(|held| open.remove(held)) {
                    // Some programs never end the lines of trills, which then have a note each.
                    Some(left) if end.line == Line::Trill => {
                        endless(left, &mut close, report);
                    }
                    Some(left) => {
                        let message = format!(
                            "a <{}> begins before the last one of its number has ended, which ends \
                             there",
                            end.line.name()
                        );
                        report.at(end.byte, message);
                        close(left, end.at);
                    }
                    None => {}
                }
                if open.len() >= OPEN_MAX {
                    endless(open.remove(0), &mut close, report);
                }
                open.push(Open { start: end, kind });
            }
            Turn::Resume(kind) if held.is_none() => open.push(Open { start: end, kind }),
            Turn::Resume(_) => {}
            Turn::Stop | Turn::Change => {
                let Some(held) = held else {
                    let message = format!(
                        "a <{}> that ends without having begun is left out",
                        end.line.name()
                    );
                    report.at(end.byte, message);
                    continue;
                };
                let ended = open.remove(held);
                close(ended, end.at);
                if end.turn == Turn::Change {
                    open.push(Open {
                        start: end,
                        kind: ended.kind,
                    });
                }
            }
        }
    }
    for left in open {
        endless(left, &mut close, report);
    }
    spanners.sort_unstable();
    spanners
}

/// Ends a line that does not end by itself.
fn endless(open: Open, close: &mut impl FnMut(Open, At), report: &mut Report) {
    let message = format!(
        "a <{}> that does not end was read to the end of its note or measure",
        open.start.line.name()
    );
    report.at(open.start.byte, message);
    close(open, open.start.fallback);
}

fn exact(open: &Open, end: &LineEnd) -> bool {
    (open.start.line, open.start.number) == (end.line, end.number)
}

/// The open line that `end` is about: that of its number on its staff, else of its number, else the
/// last, as programs differ in whether they number the ends of lines.
fn held(open: &[Open], end: &LineEnd) -> Option<usize> {
    let rank = |open: &Open| {
        let same_staff = open.start.staff == end.staff;
        match exact(open, end) {
            true => Some(1 + u8::from(same_staff)),
            false if open.start.number.is_some() && end.number.is_some() => None,
            false => (open.start.line == end.line).then_some(0),
        }
    };
    let ranked = open.iter().enumerate();
    ranked
        .filter_map(|(index, open)| Some((rank(open)?, index)))
        .max()
        .map(|(_, index)| index)
}

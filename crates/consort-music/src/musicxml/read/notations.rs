//! Signs on a note.

use roxmltree::Node;

use crate::musicxml::marks::{Holder, mark_of};
use crate::musicxml::read::direction::dynamic_text;
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::At;
use crate::musicxml::read::{elements, text};
use crate::musicxml::text::clean;
use crate::score::{Direction, DirectionKind, Mark, Note};
use crate::time::Ticks;

impl PartReader<'_, '_, '_> {
    /// Reads a `notations` element of `note`, which begins at `at`, or of a rest.
    pub(super) fn notations(&mut self, node: Node, at: At, note: &mut Note) {
        for element in elements(node) {
            match element.tag_name().name() {
                "tied" => match element.attribute("type") {
                    Some("start") => note.tied_to = true,
                    Some("stop") => note.tied_from = true,
                    Some("continue") => (note.tied_to, note.tied_from) = (true, true),
                    _ => self
                        .report
                        .warn(element, "a tie that leads to no note is left out"),
                },
                "slur" => match element.attribute("type") {
                    Some("start") => note.marks.push(Mark::SlurStart),
                    Some("stop") => note.marks.push(Mark::SlurStop),
                    _ => {}
                },
                "fermata" => note.marks.push(Mark::Fermata),
                "ornaments" => self.ornaments(element, at, note),
                "technical" => self.signs(element, Holder::Technical, note),
                "articulations" => self.signs(element, Holder::Articulations, note),
                "dynamics" => self.dynamics(element, at),
                name if is_ignored(name) => {}
                _ => self.sign(element, Holder::Notations, note),
            }
        }
    }

    fn ornaments(&mut self, node: Node, at: At, note: &mut Note) {
        let end = At {
            offset: at.offset + note.duration,
            ..at
        };
        for element in elements(node) {
            match element.has_tag_name("wavy-line") {
                true => self.wavy_line(element, (at, end), note.staff),
                false => self.sign(element, Holder::Ornaments, note),
            }
        }
    }

    fn signs(&mut self, node: Node, holder: Holder, note: &mut Note) {
        for element in elements(node) {
            self.sign(element, holder, note);
        }
    }

    fn sign(&mut self, element: Node, holder: Holder, note: &mut Note) {
        let name = element.tag_name().name();
        // A tremolo between two notes is another thing than one on its note.
        let spans = name == "tremolo"
            && element
                .attribute("type")
                .is_some_and(|kind| kind != "single");
        let mark = mark_of(holder, name, &clean(text(element))).filter(|_| !spans);
        match mark {
            Some(mark) => {
                note.marks.push(mark);
                self.unread(element, &[]);
            }
            None => self.report.left_out(element),
        }
    }

    /// Keeps the dynamics of `node` at `at`.
    pub(super) fn dynamics(&mut self, node: Node, at: At) {
        let text = dynamic_text(node);
        if !text.is_empty() {
            let direction = Direction {
                at: Ticks::ZERO,
                text,
                kind: DirectionKind::Dynamic,
            };
            self.draft.directions.push((at, direction));
        }
    }
}

//! Barlines, repeats and endings.

use roxmltree::Node;

use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::Sign;
use crate::musicxml::read::{child, elements, text};
use crate::musicxml::report::short;
use crate::score::{Barline, Navigation};
use crate::time::Ticks;

impl PartReader<'_, '_, '_> {
    /// Reads a `barline` element.
    pub(super) fn barline(&mut self, node: Node) {
        let location = node.attribute("location").unwrap_or("right");
        if location == "middle" && child(node, "repeat").is_some() {
            self.report.warn(
                node,
                "a repeat sign within a measure was moved to the end of the measure",
            );
        }
        // A line on the left closes the measure before; one on the right opens the one after.
        let (closes, opens) = match location {
            "left" => (self.at.measure.checked_sub(1), Some(self.at.measure)),
            _ => (Some(self.at.measure), Some(self.at.measure + 1)),
        };
        let opens = opens.filter(|&measure| measure < self.timeline.measures.len());
        for element in elements(node) {
            match element.tag_name().name() {
                "bar-style" if location == "middle" => self.report.left_out(element),
                "bar-style" => self.bar_style(element, closes),
                "repeat" => self.repeat(element, closes, opens),
                "ending" => self.ending(element),
                "segno" | "coda" => {
                    let sign = match element.tag_name().name() {
                        "segno" => Sign::Sure(Navigation::Segno),
                        _ => Sign::Coda,
                    };
                    let mut at = self.at;
                    if location == "left" {
                        at.offset = Ticks::ZERO;
                    }
                    self.timeline.signs.push((at, sign));
                }
                name if is_ignored(name) => {}
                _ => self.report.left_out(element),
            }
        }
    }

    fn bar_style(&mut self, node: Node, closes: Option<usize>) {
        let style = text(node);
        let barline = match style {
            "light-light" => Barline::Double,
            "light-heavy" => Barline::Final,
            "none" => Barline::Invisible,
            // The thick line of a repeat that begins.
            "heavy-light" | "regular" => return,
            _ => {
                let message = format!("a barline {:?} was read as a plain one", short(style));
                self.report.warn(node, message);
                return;
            }
        };
        let Some(measure) = closes.and_then(|index| self.timeline.measures.get_mut(index)) else {
            return;
        };
        if measure.barline == Barline::Regular {
            measure.barline = barline;
        }
    }

    fn repeat(&mut self, node: Node, closes: Option<usize>, opens: Option<usize>) {
        let forward = node.attribute("direction") == Some("forward");
        let measures = &mut self.timeline.measures;
        let measure =
            if forward { opens } else { closes }.and_then(|index| measures.get_mut(index));
        match (measure, forward) {
            (None, _) => self
                .report
                .warn(node, "a repeat sign that repeats nothing is left out"),
            (Some(measure), true) => measure.repeat_start = true,
            (Some(measure), false) => {
                let times = node.attribute("times").map(str::parse::<u8>);
                if let Some(Err(_) | Ok(0 | 1)) = times {
                    self.report
                        .warn(node, "a repeat is played less than twice; read as twice");
                }
                let times = times.and_then(Result::ok).unwrap_or(2).max(2);
                measure.repeat_end = measure.repeat_end.max(Some(times));
            }
        }
    }

    fn ending(&mut self, node: Node) {
        let Some(measure) = self.timeline.measures.get_mut(self.at.measure) else {
            return;
        };
        if node.attribute("type") != Some("start") {
            measure.ending_stop = true;
            return;
        }
        let numbers = |text: &str| -> Vec<u8> {
            text.split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok().filter(|&number| number > 0))
                .collect()
        };
        let mut passes = numbers(node.attribute("number").unwrap_or_default());
        if passes.is_empty() {
            passes = numbers(text(node));
        }
        if passes.is_empty() {
            self.report
                .warn(node, "an ending without a number was read as the first");
            passes.push(1);
        }
        measure.ending_start.extend(passes);
    }
}

//! Warnings while reading: equal ones are told once, with their number.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::reading::{Place, Warning, Warnings};

/// Gathers remarks on a document. The same remark on many elements becomes one warning at the
/// first of them, so that a long score with one habit does not drown its other faults.
#[derive(Debug, Default)]
pub(super) struct Report {
    remarks: BTreeMap<String, Remark>,
}

#[derive(Debug)]
struct Remark {
    /// The first byte it is about; nothing for the file as a whole.
    byte: Option<usize>,
    count: usize,
}

impl Report {
    /// Remarks on the whole file.
    pub(super) fn file(&mut self, message: impl Into<String>) {
        self.add(None, message.into());
    }

    /// Remarks on an element.
    pub(super) fn warn(&mut self, node: Node, message: impl Into<String>) {
        self.add(Some(node.range().start), message.into());
    }

    /// Remarks on what stands at a byte of the text.
    pub(super) fn at(&mut self, byte: usize, message: impl Into<String>) {
        self.add(Some(byte), message.into());
    }

    /// Says that an element is not modelled and was left out.
    pub(super) fn left_out(&mut self, node: Node) {
        let parent = node
            .parent_element()
            .map_or("", |parent| parent.tag_name().name());
        let message = format!(
            "<{}> in <{}> is not modelled and is left out",
            short(node.tag_name().name()),
            short(parent)
        );
        self.warn(node, message);
    }

    fn add(&mut self, byte: Option<usize>, message: String) {
        self.remarks
            .entry(message)
            .and_modify(|remark| {
                remark.byte = remark.byte.min(byte);
                remark.count += 1;
            })
            .or_insert(Remark { byte, count: 1 });
    }

    /// The warnings in the order of the source.
    pub(super) fn into_warnings(self, text: &str, lines_before: usize) -> Vec<Warning> {
        let mut remarks: Vec<(String, Remark)> = self.remarks.into_iter().collect();
        remarks.sort_by_key(|(_, remark)| remark.byte);
        let mut warnings = Warnings::default();
        let (mut line, mut column, mut seen) = (lines_before + 1, 1, 0);
        for (message, remark) in remarks {
            let place = remark.byte.map_or(Place::File, |byte| {
                let between = text.get(seen..byte).unwrap_or_default();
                if let Some(newline) = between.rfind('\n') {
                    line += between.matches('\n').count();
                    column = between[newline + 1..].chars().count() + 1;
                } else {
                    column += between.chars().count();
                }
                seen = byte;
                Place::Line { line, column }
            });
            let message = match remark.count {
                1 => message,
                count => format!("{message} ({count} times, first here)"),
            };
            warnings.push(place, message);
        }
        warnings.into_vec()
    }
}

/// A text of the file, cut so that it cannot make a message long.
pub(super) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let text = text.trim();
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_remarks_are_told_once_in_the_order_of_the_source() {
        let text = "<a>\n é<b/><c/>\n<b/></a>";
        let document = roxmltree::Document::parse(text).unwrap();
        let mut report = Report::default();
        for name in ["c", "b"] {
            for node in document
                .descendants()
                .filter(|node| node.has_tag_name(name))
            {
                report.left_out(node);
            }
        }
        report.file("all of it");
        let told: Vec<String> = report
            .into_warnings(text, 0)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "all of it",
                "line 2, column 3: <b> in <a> is not modelled and is left out (2 times, first here)",
                "line 2, column 7: <c> in <a> is not modelled and is left out",
            ]
        );
    }
}

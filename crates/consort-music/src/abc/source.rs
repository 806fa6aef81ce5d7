//! From bytes to the lines of tunes.

use std::borrow::Cow;

use crate::reading::{Place, Warnings};

use super::field;

/// A line of the file without its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// The place of a byte of the line.
    pub(super) fn place(self, byte: usize) -> Place {
        let before = self.text.get(..byte).unwrap_or(self.text);
        Place::Line {
            line: self.number,
            column: before.chars().count() + 1,
        }
    }
}

/// The parts of a file.
#[derive(Debug, Default)]
pub(super) struct Sections<'a> {
    /// Fields before the first tune, which hold for all.
    pub(super) header: Vec<Line<'a>>,
    /// The lines of each tune, the first of them `X:` where there is one.
    pub(super) tunes: Vec<Vec<Line<'a>>>,
}

/// The text of `bytes`: UTF-8, UTF-16 with a byte order mark, or else Latin-1.
pub(super) fn decode<'a>(bytes: &'a [u8], warnings: &mut Warnings) -> Cow<'a, str> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = bytes
            .get(2..)
            .unwrap_or_default()
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Cow::Owned(utf16(u16::from_le_bytes));
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return Cow::Owned(utf16(u16::from_be_bytes));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Err(error) => {
            let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let place = Place::Line {
                line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
                column: before
                    .rsplit(|byte| *byte == b'\n')
                    .next()
                    .map_or(0, columns)
                    + 1,
            };
            warnings.forbid(place, "bytes that are no UTF-8: taken as Latin-1");
            Cow::Owned(text)
        }
    }
}

fn columns(line: &[u8]) -> usize {
    String::from_utf8_lossy(line).chars().count()
}

/// Cuts `text` into the file header and the tunes, and says what lies outside both.
pub(super) fn sections<'a>(text: &'a str, warnings: &mut Warnings) -> Sections<'a> {
    // Files of old Macs end their lines with a carriage return alone.
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines: Vec<Line> = text
        .split(end)
        .enumerate()
        .map(|(index, text)| Line {
            number: index + 1,
            text: text.trim_end_matches('\r'),
        })
        .collect();
    let mut cutter = Cutter {
        sections: Sections::default(),
        tune: Vec::new(),
        has_key: false,
        outside: Vec::new(),
    };
    for (index, &line) in lines.iter().enumerate() {
        let following = lines.get(index + 1..).unwrap_or_default();
        cutter.line(line, following, warnings);
    }
    cutter.close_tune();
    cutter.close_outside(warnings);
    cutter.sections
}

struct Cutter<'a> {
    sections: Sections<'a>,
    /// The tune being read; empty outside of one.
    tune: Vec<Line<'a>>,
    has_key: bool,
    /// Lines since the last blank one that belong to no tune.
    outside: Vec<Line<'a>>,
}

impl<'a> Cutter<'a> {
    fn line(&mut self, line: Line<'a>, following: &[Line<'a>], warnings: &mut Warnings) {
        let letter = field::split(line.text.trim_start()).map(|(letter, _)| letter);
        if letter == Some('X') {
            if !self.tune.is_empty() {
                warnings.push(
                    line.place(0),
                    "a tune begins without a blank line before it: taken as a new tune",
                );
            }
            self.close_tune();
            self.close_outside(warnings);
            if line.text.starts_with(char::is_whitespace) {
                warnings.forbid(line.place(0), "a field that is indented: read all the same");
            }
            self.tune.push(line);
        } else if line.text.trim().is_empty() {
            // Only the next line matters: a longer search would make long gaps expensive.
            let next = following.first().and_then(|line| field::split(line.text));
            let header_goes_on =
                !self.has_key && next.is_some_and(|(letter, _)| letter != 'X' && letter != '+');
            if !self.tune.is_empty() && header_goes_on {
                warnings.push(line.place(0), "a blank line within the header: passed over");
            } else {
                self.close_tune();
                self.close_outside(warnings);
            }
        } else if self.tune.is_empty() {
            self.outside.push(line);
        } else {
            self.has_key |= letter == Some('K');
            self.tune.push(line);
        }
    }

    fn close_tune(&mut self) {
        if !self.tune.is_empty() {
            self.sections.tunes.push(std::mem::take(&mut self.tune));
        }
        self.has_key = false;
    }

    /// Sorts a block without `X:` into header, tune or free text.
    fn close_outside(&mut self, warnings: &mut Warnings) {
        let block = std::mem::take(&mut self.outside);
        let Some(&first) = block.first() else {
            return;
        };
        let letters = |wanted: &[char]| {
            block
                .iter()
                .filter_map(|line| field::split(line.text))
                .any(|(letter, _)| wanted.contains(&letter))
        };
        if letters(&['K']) && letters(&['T', 'M', 'L']) {
            warnings.push(
                first.place(0),
                "a tune without an X: field: read all the same",
            );
            self.sections.tunes.push(block);
        } else if self.sections.tunes.is_empty() {
            let is_field = |line: &Line| field::split(line.text).is_some();
            let (header, text) = block
                .into_iter()
                .partition(|line| line.text.starts_with('%') || is_field(line));
            self.sections.header.extend::<Vec<Line>>(header);
            leave_out(text, warnings);
        } else {
            leave_out(block, warnings);
        }
    }
}

/// Tells of lines that belong to no tune; comments need no telling.
fn leave_out(mut lines: Vec<Line<'_>>, warnings: &mut Warnings) {
    lines.retain(|line| line.text.starts_with("%%") || !line.text.starts_with('%'));
    if let Some(first) = lines.first() {
        let count = lines.len();
        warnings.push(
            first.place(0),
            format!("lines of text that belong to no tune ({count}): left out"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (usize, Vec<usize>, usize) {
        let mut warnings = Warnings::default();
        let sections = sections(text, &mut warnings);
        let tunes = sections.tunes.iter().map(Vec::len).collect();
        (sections.header.len(), tunes, warnings.into_vec().len())
    }

    #[test]
    fn cuts_at_blank_lines_and_reference_numbers() {
        assert_eq!(
            cut("M:4/4\n% a\n\nX:1\nK:C\nc|\n\n% a\n\nX:2\nK:C\n"),
            (2, vec![3, 2], 0)
        );
        let free = "M:4/4\nfree\n\nX:1\nK:C\nc|\n\nfree\n\nX:2\nK:C\n";
        assert_eq!(cut(free), (1, vec![3, 2], 2));
        assert_eq!(cut("X:1\r\nK:C\r\nX:2\r\nK:C"), (0, vec![2, 2], 1));
        assert_eq!(cut("X:1\rK:C\rc|\r\rX:2\rK:C\r"), (0, vec![3, 2], 0));
        assert_eq!(cut("X:1\nT:a\n\nK:C\nc|"), (0, vec![4], 1));
        assert_eq!(cut("X:1\nK:C\nc|\n\nd|\n"), (0, vec![3], 1));
        assert_eq!(cut("T:a\nK:C\nc|\n"), (0, vec![3], 1));
    }

    #[test]
    fn encodings() {
        let decode = |bytes| super::decode(bytes, &mut Warnings::default()).into_owned();
        assert_eq!(decode("Åse".as_bytes()), "Åse");
        assert_eq!(decode(b"\xc5se"), "Åse");
        assert_eq!(decode(b"\xef\xbb\xbfX:1"), "X:1");
        assert_eq!(decode(b"\xff\xfeX\0:\0"), "X:");
        assert_eq!(decode(b"\xfe\xff\0X\0:"), "X:");
    }
}

//! Bar lines and endings.

use crate::reading::Place;
use crate::score::{Barline, DirectionKind};

use super::super::super::chord::Quoted;
use super::super::super::fraction::Fraction;
use super::super::super::text;
use super::super::TuneReader;
use super::super::cursor::Cursor;
use super::super::voice::Bar;

impl TuneReader<'_> {
    pub(super) fn bar(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        let run = bar_run(cursor.rest());
        cursor.skip(run.len().max(1));
        if !LINES.contains(&run) && !is_long_repeat(run) {
            self.forbid(place, format!("{run} is no bar line of the standard"));
        }
        let mut bar = parse_bar(run, place);
        let mut digits = *cursor;
        digits.spaces();
        // `|1`, `:|2` and, where a space crept in, `| 1` followed by more than a number.
        let follows = cursor.byte(0).is_ascii_digit();
        if follows || is_spaced_ending(digits.rest()) {
            cursor.spaces();
            if !follows {
                self.forbid(place, "a space before the number of an ending");
            }
            bar.ending = self.passes(cursor);
        }
        let (voice, grid, warnings) = self.playing();
        voice.bar(bar, grid, warnings);
    }

    /// A colon that has lost its bar line: the start of a repeat after one, else the end of one.
    pub(super) fn lone_colon(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        cursor.eat(']');
        self.warn(
            place,
            "a colon without a bar line: taken as a sign of repeat",
        );
        let (voice, grid, warnings) = self.playing();
        let mut bar = Bar::cut(voice.time(), place);
        if voice.at_measure_start() {
            bar.repeats_after = 1;
        } else {
            bar.line = Some(Barline::Regular);
            bar.repeats_before = 1;
        }
        voice.bar(bar, grid, warnings);
    }

    pub(super) fn ending(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.next();
        let ending = self.passes(cursor);
        // `[1]` and `[1 ]` close a bracket that is none.
        cursor.eat(']');
        self.start_ending(ending, place);
    }

    /// `["last time"`.
    pub(super) fn named_ending(&mut self, cursor: &mut Cursor) {
        let place = cursor.place();
        cursor.skip(2);
        let name = cursor.take_while(|c| c != '"');
        cursor.eat('"');
        if let Quoted::Navigation(signs) = Quoted::of(name) {
            signs.into_iter().for_each(|sign| self.voice().sign(sign));
            return;
        }
        let before = self.voice().bars.iter().rev();
        let last = before.filter_map(|bar| bar.ending.last()).next();
        let pass = last.map_or(1, |pass| pass.saturating_add(1));
        self.warn(
            place,
            format!("an ending named \"{name}\": played on pass {pass}"),
        );
        self.start_ending(vec![pass], place);
        let voice = self.voice();
        voice
            .directions
            .push((voice.time(), text::decode(name), DirectionKind::Words));
    }

    pub(super) fn start_ending(&mut self, ending: Vec<u8>, place: Place) {
        let (voice, grid, warnings) = self.playing();
        let cut = Bar::cut(voice.time(), place);
        voice.bar(Bar { ending, ..cut }, grid, warnings);
    }

    /// `1`, `1,3` or `1-3`.
    pub(super) fn passes(&mut self, cursor: &mut Cursor) -> Vec<u8> {
        let place = cursor.place();
        let mut passes = Vec::new();
        while let Some(first) = cursor.number() {
            let to = if cursor.byte(0) == b'-' && cursor.byte(1).is_ascii_digit() {
                cursor.next();
                cursor.number().unwrap_or(first)
            } else {
                first
            };
            let in_range = |pass: u32| u8::try_from(pass).ok().filter(|pass| *pass > 0);
            match (in_range(first), in_range(to)) {
                (Some(first), Some(to)) => passes.extend(first..=to),
                _ => self.warn(place, "an ending for a pass below 1 or above 255: left out"),
            }
            let goes_on = matches!(cursor.byte(0), b',' | b'.') && cursor.byte(1).is_ascii_digit();
            if !goes_on {
                break;
            }
            cursor.next();
        }
        passes.sort_unstable();
        passes.dedup();
        passes
    }
}

/// The bar lines that the standard lists.
const LINES: &[&str] = &[
    "|", "||", "|]", "[|", "[|]", "|:", ":|", "::", ":|:", ":||:",
];

/// Whether `run` is a sign of repeat with more colons, for more passes.
fn is_long_repeat(run: &str) -> bool {
    run.trim_start_matches(':') == "|" || run.trim_end_matches(':') == "|"
}

/// The characters at the start of `text` that make up one bar line.
fn bar_run(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        let next = bytes.get(end + 1).copied().unwrap_or_default();
        let previous = end.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let belongs = match byte {
            b'|' => true,
            b':' => matches!(next, b'|' | b':') || previous.is_some(),
            b']' => matches!(previous, Some(b'|' | b'[')),
            b'[' => matches!(next, b'|') || end == 0 && next == b']',
            _ => false,
        };
        if !belongs {
            break;
        }
        end += 1;
    }
    text.get(..end).unwrap_or_default()
}

fn parse_bar(run: &str, place: Place) -> Bar {
    let colons = |text: &str| {
        let others = text.trim_start_matches(':').len();
        u8::try_from(text.len() - others).unwrap_or(u8::MAX)
    };
    let reversed: String = run.chars().rev().collect();
    let lines = run.trim_matches(':');
    let mut bar = Bar::cut(Fraction::ZERO, place);
    if lines.is_empty() {
        // `::` ends one repeat and begins another.
        bar.repeats_before = colons(run).div_ceil(2).max(1);
        bar.repeats_after = bar.repeats_before;
    } else {
        bar.repeats_before = colons(run);
        bar.repeats_after = colons(&reversed);
        // `|::|` is `::`. `|:|` leaves open which side is meant; files that have it mean the next.
        let within = lines.matches(':').count();
        if within > 0 && bar.repeats_before == 0 && bar.repeats_after == 0 {
            bar.repeats_before = u8::from(within > 1);
            bar.repeats_after = 1;
        }
    }
    let drawn = match lines.strip_prefix("[|]") {
        Some(more) if !more.is_empty() => more,
        _ => lines,
    };
    bar.line = Some(match drawn {
        "[|]" | "[]" => Barline::Invisible,
        drawn if drawn.ends_with("|]") => Barline::Final,
        drawn if drawn.matches('|').count() > 1 || drawn.contains('[') => Barline::Double,
        _ => Barline::Regular,
    });
    bar
}

/// Whether a number after a bar line and a space begins an ending: nothing else may begin so.
fn is_spaced_ending(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether `["` begins an ending and not a chord under a chord symbol.
pub(super) fn is_named_ending(text: &str) -> bool {
    // No farther than this, so that a line of nothing else takes linear time.
    const WINDOW: usize = 200;
    let mut name = text.bytes().skip(2).take(WINDOW);
    name.any(|byte| byte == b'"') && name.find(|byte| matches!(byte, b']' | b'|')) != Some(b']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(run: &str) -> (u8, u8, Barline) {
        let place = Place::File;
        assert_eq!(bar_run(run), run);
        let bar = parse_bar(run, place);
        (bar.repeats_before, bar.repeats_after, bar.line.unwrap())
    }

    #[test]
    fn bar_lines() {
        assert_eq!(bar("|"), (0, 0, Barline::Regular));
        assert_eq!(bar("||"), (0, 0, Barline::Double));
        assert_eq!(bar("|]"), (0, 0, Barline::Final));
        assert_eq!(bar("[|"), (0, 0, Barline::Double));
        assert_eq!(bar("[|]"), (0, 0, Barline::Invisible));
        assert_eq!(bar("|:"), (0, 1, Barline::Regular));
        assert_eq!(bar("::|"), (2, 0, Barline::Regular));
        assert_eq!(bar("::"), (1, 1, Barline::Regular));
        assert_eq!(bar(":||:"), (1, 1, Barline::Double));
        assert_eq!(bar(":|]"), (1, 0, Barline::Final));
        assert_eq!(bar("|:|||:"), (0, 1, Barline::Double));
        assert_eq!(bar("[|]|]"), (0, 0, Barline::Final));
        assert_eq!(bar("|::|"), (1, 1, Barline::Double));
        assert_eq!(bar_run("|[CEG]"), "|");
        assert_eq!(bar_run("|[1"), "|");
        assert_eq!(bar_run(":|2"), ":|");
    }

    #[test]
    fn named_endings_and_chords_under_symbols() {
        assert!(is_named_ending("[\"last time\"abc|]"));
        assert!(!is_named_ending("[\"Am\"ace]|"));
    }
}

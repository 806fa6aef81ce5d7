//! The sections of a tune, by its repeats and double lines.

use crate::score::{Barline, Measure, Score};
use crate::time::Ticks;

/// Where in the form a measure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The length of a full measure.
    pub(crate) full: Ticks,
    /// Whether it is a pickup: shorter than full, at the start of a section.
    pub(crate) is_pickup: bool,
    /// Its number in the section without pickups, 0 first; further endings count from where the first
    /// began.
    pub(crate) bar: usize,
    /// Whether a section begins with it, pickups aside.
    pub(crate) opens: bool,
    /// Whether a section ends with it.
    pub(crate) closes: bool,
}

/// The places of all measures.
pub(crate) fn places(score: &Score) -> Vec<Place> {
    let (mut bar, mut bar_of_endings, mut opens) = (0, 0, true);
    let mut places = Vec::with_capacity(score.measures.len());
    for (index, measure) in score.measures.iter().enumerate() {
        opens |= measure.repeat_start;
        match measure.ending_start.first() {
            Some(1) => bar_of_endings = bar,
            Some(_) => (bar, opens) = (bar_of_endings, false),
            None => {}
        }
        if opens {
            bar = 0;
        }
        let of_metre = measure
            .metre
            .and_then(|metre| metre.length(score.resolution));
        let full = of_metre.unwrap_or(measure.length).max(Ticks(1));
        let is_pickup = opens && measure.length < full;
        let closes = closes(measure, score.measures.get(index + 1));
        places.push(Place {
            full,
            is_pickup,
            bar,
            opens: opens && !is_pickup,
            closes,
        });
        if !is_pickup {
            bar += 1;
            opens = closes;
        }
    }
    places
}

fn closes(measure: &Measure, next: Option<&Measure>) -> bool {
    measure.repeat_end.is_some()
        || matches!(measure.barline, Barline::Double | Barline::Final)
        || next.is_none_or(|next| next.repeat_start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abc;

    /// A letter for each measure: `p` for a pickup, else its number, with `<` and `>` where a section
    /// begins and ends.
    fn form(music: &str) -> String {
        let text = format!("X:1\nM:2/4\nL:1/4\nK:C\n{music}\n");
        let score = abc::read(text.as_bytes()).unwrap().value.remove(0);
        let shown = places(&score).into_iter().map(|place| match place {
            Place {
                is_pickup: true, ..
            } => "p".to_owned(),
            Place {
                opens, bar, closes, ..
            } => {
                let (opens, closes) = (if opens { "<" } else { "" }, if closes { ">" } else { "" });
                format!("{opens}{bar}{closes}")
            }
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sections_begin_and_end_at_repeats_and_double_lines() {
        assert_eq!(form("c2|c2|c2|]"), "<0 1 2>");
        assert_eq!(
            form("|:c2|c2:|:c2|c2:|c2|c2||c2|]"),
            "<0 1> <0 1> <0 1> <0>"
        );
        assert_eq!(form("c2|c2|:c2|c2:|"), "<0 1> <0 1>");
    }

    #[test]
    fn pickups_do_not_count() {
        assert_eq!(form("c|:c2|c2|c:|c|:c2|c:|"), "p <0 1 2> p <0 1>");
    }

    #[test]
    fn endings_are_ways_to_end_one_section() {
        assert_eq!(
            form("|:c2|c2|1c2|c2:|2c2|c||c|c2|]"),
            "<0 1 2 3> 2 3> p <0>"
        );
        assert_eq!(form("|:c2|1c:|2c||c2|]"), "<0 1> 1> <0>");
    }
}

//! The beginning of a tune that a user gives, as a tune text without an end.

use consort_music::score::Barline;
use consort_music::tune::{self, ChordSymbols, Form, Section};
use consort_music::{Key, Metre, Score, Ticks};

use crate::error::Error;

/// Bars to which an open section is completed, and of which further ones have as many.
const SECTION: u8 = 8;

/// The beginning of a tune.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// Its key.
    pub(super) key: Key,
    /// Its metre.
    pub(super) metre: Metre,
    /// What kind of tune it is, if it says so.
    pub(super) rhythm: Option<String>,
    /// The form that completes it if nothing is said.
    pub(super) form: Form,
    /// The music without what ends it, and without `|:` at its very start.
    pub(super) music: String,
    /// Whether it has chord symbols.
    pub(super) has_chords: bool,
    /// Whether it ends like a tune.
    pub(super) ended: bool,
}

impl Beginning {
    /// The beginning that `score` is.
    ///
    /// # Errors
    /// If it is more than a tune text can say.
    pub(super) fn of(score: &Score) -> Result<Beginning, Error> {
        let (score, cut_short) = filled(score);
        let text = tune::text(&score, ChordSymbols::Kept).map_err(|error| {
            Error::prompt(
                format!("the beginning cannot be gone on from: {error}"),
                "give a tune of one voice, in one key and metre, whose bars add up but for the last",
            )
        })?;
        let (header, music) = text.trim_end().rsplit_once('\n').unwrap_or(("", &text));
        let form = header
            .lines()
            .find_map(|line| line.strip_prefix("N:")?.parse().ok());
        let form: Form = form.expect("a tune text says its form");
        let (first, last) = (score.measures.first(), score.measures.last());
        let metre = first.and_then(|measure| measure.metre);
        let has_chords = music.contains('"');
        let music = music.strip_prefix("|:").unwrap_or(music);
        let complete = music.ends_with(":|");
        let music = if complete {
            music.to_owned()
        } else {
            let open = music
                .strip_suffix("|]")
                .or_else(|| music.strip_suffix("||"));
            let open = open.unwrap_or(music);
            if cut_short {
                without_last_rests(open).to_owned()
            } else {
                format!("{open}|")
            }
        };
        Ok(Beginning {
            key: score
                .keys
                .first()
                .map_or_else(Key::default, |change| change.key),
            metre: metre.expect("a tune text has a metre"),
            rhythm: tune::rhythm(&score),
            form: completed(&form, complete)?,
            music,
            has_chords,
            ended: last.is_some_and(|last| last.barline == Barline::Final),
        })
    }
}

/// The score with its last bar as long as its metre if it breaks off within it, and whether it does.
fn filled(score: &Score) -> (Score, bool) {
    let mut score = score.clone();
    let resolution = score.resolution;
    let Some(last) = score.measures.last_mut() else {
        return (score, false);
    };
    let full = last
        .metre
        .and_then(|metre| metre.length(resolution))
        .unwrap_or(Ticks::ZERO);
    let open = last.barline == Barline::Regular && last.repeat_end.is_none();
    let cut_short = open && last.length < full;
    if cut_short {
        last.length = full;
    }
    (score, cut_short)
}

/// Music without the rests at its end, which only filled a bar, and the ties that hold them.
fn without_last_rests(music: &str) -> &str {
    let mut music = music;
    loop {
        let lengths = music.trim_end_matches(|c: char| c.is_ascii_digit() || c == '/');
        match lengths.strip_suffix('z') {
            Some(before) => music = before,
            None => return music,
        }
    }
}

/// The form with its last section filled to the next eight bars, unless it is complete, and with a
/// second one like it if it is the only one: tunes have two.
fn completed(form: &Form, complete: bool) -> Result<Form, Error> {
    let mut sections = form.sections().to_vec();
    let only = sections.len() == 1;
    if let Some(last) = sections.last_mut()
        && !complete
    {
        *last = Section {
            bars: last.bars.next_multiple_of(SECTION),
            repeated: true,
        };
    }
    if let Some(&last) = sections.last().filter(|_| only || complete) {
        sections.push(Section {
            repeated: true,
            ..last
        });
    }
    Form::new(sections).map_err(|error| {
        Error::prompt(
            format!("the beginning is too long: {error}"),
            "give fewer bars",
        )
    })
}

#[cfg(test)]
mod tests {
    use consort_music::abc;

    use super::*;

    fn beginning(tune: &str) -> Result<Beginning, Error> {
        Beginning::of(&abc::read(tune.as_bytes()).unwrap().value[0])
    }

    #[test]
    fn a_few_bars_are_the_beginning_of_two_sections_of_eight() {
        let given = beginning("X:1\nR:jig\nM:6/8\nL:1/8\nK:D\nA|dfd efe|d2f edA|\n").unwrap();
        assert_eq!(given.music, "A|dfdefe|d2fedA|");
        assert_eq!(given.form, "8:8:".parse().unwrap());
        assert_eq!(given.rhythm.as_deref(), Some("jig"));
        assert!(!given.ended && !given.has_chords);
    }

    #[test]
    fn half_a_bar_is_gone_on_with() {
        let given = beginning("X:1\nM:4/4\nL:1/8\nK:G\n\"G\"G2B2 d2B2|A2\n").unwrap();
        assert_eq!(given.music, "\"G\"G2B2d2B2|A2");
        assert!(given.has_chords);
    }

    #[test]
    fn a_section_that_is_complete_is_followed_by_another() {
        let given = beginning("X:1\nM:2/4\nL:1/8\nK:G\n|:G2B2|d2B2|A2B2|G4:|\n").unwrap();
        assert_eq!(given.music, "G2B2|d2B2|A2B2|G4:|");
        assert_eq!(given.form, "4:4:".parse().unwrap());
    }

    #[test]
    fn what_is_no_tune_is_refused() {
        let error = beginning("X:1\nM:4/4\nL:1/8\nK:G\nG2|G8|G8|\n[M:3/4]G6|\n").unwrap_err();
        assert!(error.is_callers(), "{error}");
    }
}

//! The form of a tune: its sections, how long they are, and which are repeated.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// One section of a tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Section {
    /// Whole bars: a pickup is not counted, and first and second endings count once. 1 to
    /// [`Form::BARS_MAX`].
    pub bars: u8,
    /// Whether it is played twice.
    pub repeated: bool,
}

/// The sections of a tune in order, at least one, [`Form::BARS_MAX`] bars at most in all.
///
/// Written as the `N:` line of a tune text has it: the bars of each section, and `:` after it if it is
/// repeated, else a full stop.
///
/// ```
/// use consort_music::tune::Form;
///
/// let form: Form = "8:8:".parse()?;
/// assert_eq!(form, Form::of_letters("AABB", 16)?);
/// assert_eq!(form.bars_played(), 32);
/// # Ok::<(), consort_music::tune::FormError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Form {
    sections: Vec<Section>,
}

/// Why something is no form of a tune.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormError {
    /// There is no section, or one without bars.
    #[error("a form without bars: every section has at least one, as in `8:8:`")]
    Empty,
    /// There are too many bars.
    #[error(
        "a form of {bars} bars: a tune has at most {} on the page",
        Form::BARS_MAX
    )]
    TooLong {
        /// How many.
        bars: usize,
    },
    /// The text is spelled otherwise.
    #[error(
        "{text:?} is no form: write the bars of each section and `:` or `.` after it, as in `8:8:` or `4.4:8.`"
    )]
    Spelling {
        /// The text.
        text: String,
    },
    /// Letters other than A to Z.
    #[error("{text:?} names no sections: write a letter for each, as in `AABB`")]
    Letters {
        /// The text.
        text: String,
    },
    /// The bars cannot be shared out.
    #[error(
        "{bars} bars cannot be shared out evenly among the {sections} sections of {text}: take a multiple of {sections}"
    )]
    Uneven {
        /// The letters.
        text: String,
        /// How many sections are on the page.
        sections: usize,
        /// How many bars there were to share.
        bars: usize,
    },
}

impl Form {
    /// The most bars that a tune text may have on the page.
    pub const BARS_MAX: u8 = 64;

    /// The form of these sections.
    ///
    /// # Errors
    /// If there is no section or one without bars, or there are more than [`Form::BARS_MAX`] bars.
    pub fn new(sections: Vec<Section>) -> Result<Form, FormError> {
        if sections.is_empty() || sections.iter().any(|section| section.bars == 0) {
            return Err(FormError::Empty);
        }
        let form = Form { sections };
        match form.bars() {
            bars if bars > usize::from(Form::BARS_MAX) => Err(FormError::TooLong { bars }),
            _ => Ok(form),
        }
    }

    /// The form that musicians call `letters`, `AABB` or `ABAC`, with `bars` bars on the page.
    ///
    /// A letter that follows itself is a section repeated: `AABB` in 16 bars is two repeated sections
    /// of 8. Case and spaces do not matter. What the letters say beyond this, that a section comes
    /// back later on, no form of a tune text can say.
    ///
    /// # Errors
    /// If `letters` are no letters, or `bars` no multiple of the number of sections, or too many.
    pub fn of_letters(letters: &str, bars: usize) -> Result<Form, FormError> {
        let text: String = letters.split_whitespace().collect();
        let text = text.to_ascii_uppercase();
        if text.is_empty() || !text.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(FormError::Letters {
                text: letters.to_owned(),
            });
        }
        let mut repeated: Vec<bool> = Vec::new();
        for run in text.as_bytes().chunk_by(|one, next| one == next) {
            repeated.extend((0..run.len() / 2).map(|_| true));
            if !run.len().is_multiple_of(2) {
                repeated.push(false);
            }
        }
        if !bars.is_multiple_of(repeated.len()) {
            return Err(FormError::Uneven {
                text,
                sections: repeated.len(),
                bars,
            });
        }
        let each = bars / repeated.len();
        let each = u8::try_from(each).map_err(|_| FormError::TooLong { bars })?;
        let section = |repeated| Section {
            bars: each,
            repeated,
        };
        Form::new(repeated.into_iter().map(section).collect())
    }

    /// The sections in order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Bars on the page.
    pub fn bars(&self) -> usize {
        self.sections
            .iter()
            .map(|section| usize::from(section.bars))
            .sum()
    }

    /// Bars as they are played, repeats taken.
    pub fn bars_played(&self) -> usize {
        let times = |section: &Section| 1 + usize::from(section.repeated);
        self.sections
            .iter()
            .map(|section| usize::from(section.bars) * times(section))
            .sum()
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in &self.sections {
            let mark = if section.repeated { ':' } else { '.' };
            write!(f, "{}{mark}", section.bars)?;
        }
        Ok(())
    }
}

impl FromStr for Form {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Form, FormError> {
        let spelling = || FormError::Spelling {
            text: text.to_owned(),
        };
        let mut sections = Vec::new();
        for piece in text.split_inclusive([':', '.']) {
            let (number, repeated) = match (piece.strip_suffix(':'), piece.strip_suffix('.')) {
                (Some(number), _) => (number, true),
                (_, Some(number)) => (number, false),
                _ => return Err(spelling()),
            };
            if !number.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(spelling());
            }
            let bars: usize = number.parse().map_err(|_| spelling())?;
            let bars = u8::try_from(bars).map_err(|_| FormError::TooLong { bars })?;
            sections.push(Section { bars, repeated });
        }
        Form::new(sections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_written() {
        for text in ["8:8:", "4.4:8.", "64.", "16:", "1.1:1.1:"] {
            let form: Form = text.parse().unwrap();
            assert_eq!(form.to_string(), text);
        }
    }

    #[test]
    fn forms_by_their_letters() {
        let form = |letters, bars| Form::of_letters(letters, bars).unwrap().to_string();
        assert_eq!(form("AABB", 16), "8:8:");
        assert_eq!(form("a b a c", 32), "8.8.8.8.");
        assert_eq!(form("AAB", 16), "8:8.");
        assert_eq!(form("AAA", 8), "4:4.");
    }

    #[test]
    fn what_is_no_form_says_why() {
        let error = |text: &str| text.parse::<Form>().unwrap_err();
        assert_eq!(error(""), FormError::Empty);
        assert_eq!(error("0:"), FormError::Empty);
        assert_eq!(error("65."), FormError::TooLong { bars: 65 });
        assert_eq!(error("32:33."), FormError::TooLong { bars: 65 });
        assert_eq!(error("300."), FormError::TooLong { bars: 300 });
        for text in ["8", "8:8", "AABB", "+8:", ":", "8;"] {
            assert!(matches!(error(text), FormError::Spelling { .. }), "{text}");
        }
        let letters = |text, bars| Form::of_letters(text, bars).unwrap_err();
        assert!(matches!(
            letters("AAB", 15),
            FormError::Uneven { sections: 2, .. }
        ));
        assert!(matches!(letters("A2", 16), FormError::Letters { .. }));
        assert_eq!(letters("AA", 0), FormError::Empty);
        assert_eq!(letters("ABAB", 96), FormError::TooLong { bars: 96 });
    }
}

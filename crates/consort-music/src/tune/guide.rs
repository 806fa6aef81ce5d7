//! The guide: which characters may come next so that a tune comes of it.

use std::sync::Arc;

use thiserror::Error;

use self::header::Header;
use self::music::Music;
use self::tune::Tune;

mod char_set;
mod conditions;
mod header;
mod music;
mod notes;
mod place;
mod tune;
pub(super) mod typed;

pub use char_set::CharSet;
pub use conditions::{Accidentals, Chords, ConditionError, Conditions};

/// A character that cannot come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{character:?} cannot come here: expected one of {allowed:?}")]
pub struct NotAllowed {
    /// The character.
    pub character: char,
    /// What could have come.
    pub allowed: CharSet,
}

/// Follows a tune text character by character and says what may come next.
///
/// Whoever chooses among [`Guide::allowed`] until [`Guide::is_complete`], by whatever means, writes a tune
/// that reads without a complaint, whose bars add up on the page and with its repeats, that ends, and that
/// meets its [`Conditions`]. There is always something allowed until the tune is complete, which takes at
/// most [`Guide::CHARACTERS_MAX`] characters.
///
/// ```
/// use consort_music::tune::{Conditions, Guide};
///
/// let metre = consort_music::Metre::new(6, 8);
/// let mut guide = Guide::new(Conditions { metre, ..Conditions::default() })?;
/// for c in "N:2:\nM:6/8\nL:1/8\nK:D\n|:A|d2efed|e2".chars() {
///     guide.push(c)?;
/// }
/// // Three eighth notes are left until the repeat goes back to the pickup.
/// assert!(guide.allows('A') && guide.allows('3') == false && !guide.allows(':'));
/// assert_eq!(guide.bars_left(), Some(1));
/// for c in "A2A:|\n".chars() {
///     guide.push(c)?;
/// }
/// assert!(guide.is_complete());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Texts as collections have them
///
/// A text may also begin as ABC files do: with `X:` and then `T:`, or with another of the text fields
/// `A B C D F G H O S T Y Z` or a comment, each at most once and at most 60 characters long, in any order
/// with `R:`, `M:` and `L:`, up to `K:`. There `M:C`, `M:C|`, other units of length, the unit that ABC
/// assumes where `L:` is left out, and a space behind the colon of a field are allowed as well.
///
/// Without an `N:` line the form is that of the [`Conditions`] or, if there is none, the model's choice:
/// sections of 1 to [`Guide::SECTION_MAX`] bars, of which a repeated one may do without its <code>\|:</code>, and
/// the tune may end after each of them, with a blank line except behind <code>\|]</code>. There may be single spaces
/// between notes and bar lines, and a line may end after a bar line.
#[derive(Clone, Debug)]
pub struct Guide {
    plan: Arc<Plan>,
    phase: Phase,
    allowed: CharSet,
}

/// What holds for all tunes of a guide.
#[derive(Debug)]
struct Plan {
    conditions: Conditions,
    /// The keys that are allowed, by name.
    keys: Vec<(String, crate::pitch::Key)>,
}

#[derive(Clone, Debug)]
enum Phase {
    Header(Box<Header>),
    Music(Arc<Tune>, Music),
}

impl Guide {
    /// More characters than any guided tune has: of at most 192 bars (64, second endings and pickups),
    /// each has at most 96 notes of at most 24 characters with their chord symbols, and the header less than
    /// two thousand.
    pub const CHARACTERS_MAX: usize = 192 * 96 * 24 + 2000;

    /// The most bars of a section whose length no form says.
    pub const SECTION_MAX: u8 = 16;

    /// A guide for a tune of these conditions.
    ///
    /// # Errors
    /// If no tune can meet them.
    pub fn new(conditions: Conditions) -> Result<Guide, ConditionError> {
        let conditions = conditions.checked()?;
        let keys = header::keys(conditions.key);
        let plan = Arc::new(Plan { conditions, keys });
        let header = Box::<Header>::default();
        let allowed = header.allowed(&plan);
        Ok(Guide {
            plan,
            phase: Phase::Header(header),
            allowed,
        })
    }

    /// Whether `c` may come next.
    pub fn allows(&self, c: char) -> bool {
        self.allowed.contains(c)
    }

    /// What may come next; nothing if the tune is complete.
    pub fn allowed(&self) -> CharSet {
        self.allowed
    }

    /// Takes the next character.
    ///
    /// # Errors
    /// If it is not allowed; the guide is as it was.
    pub fn push(&mut self, c: char) -> Result<(), NotAllowed> {
        if !self.allows(c) {
            return Err(NotAllowed {
                character: c,
                allowed: self.allowed,
            });
        }
        match &mut self.phase {
            Phase::Header(header) => {
                if let Some(tune) = header.push(c, &self.plan) {
                    let music = Music::new(&tune);
                    self.phase = Phase::Music(Arc::new(tune), music);
                }
            }
            Phase::Music(tune, music) => music.push(c, tune),
        }
        self.allowed = match &self.phase {
            Phase::Header(header) => header.allowed(&self.plan),
            Phase::Music(tune, music) => music.allowed(tune),
        };
        Ok(())
    }

    /// Whether the tune has ended; nothing is allowed any more.
    pub fn is_complete(&self) -> bool {
        self.allowed.is_empty()
    }

    /// Whether the header has ended and the music begun.
    pub fn in_music(&self) -> bool {
        matches!(self.phase, Phase::Music(..))
    }

    /// Which section it is, 0 first; 0 in the header.
    pub fn section(&self) -> usize {
        self.music().map_or(0, |(_, music)| music.place.section())
    }

    /// How many whole bars of the section are done; a second ending starts from where the first did.
    pub fn bar(&self) -> usize {
        self.music().map_or(0, |(_, music)| music.place.bar())
    }

    /// How many bars are to come until the section, or its ending, is done, the present one included;
    /// nothing if no form says.
    pub fn bars_left(&self) -> Option<usize> {
        let (tune, music) = self.music()?;
        music.place.bars_left(tune)
    }

    /// How much of the present bar is over, from 0 to 1. The pickups that stand before a bar line count from
    /// where they begin in a whole bar, but for the first one, whose length is not known yet.
    pub fn onset(&self) -> f64 {
        self.music().map_or(0.0, |(tune, music)| music.onset(tune))
    }

    fn music(&self) -> Option<(&Tune, &Music)> {
        match &self.phase {
            Phase::Header(_) => None,
            Phase::Music(tune, music) => Some((tune, music)),
        }
    }
}

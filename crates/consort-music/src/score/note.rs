//! Notes as they are written.

use crate::performance::Played;
use crate::pitch::{Pitch, Spelling, Velocity};
use crate::time::Ticks;

/// A note as written; a tied note is as many of these as it has heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// When it begins.
    pub onset: Ticks,
    /// How long it is written; 0 for a grace note.
    pub duration: Ticks,
    /// How it sounds.
    pub pitch: Pitch,
    /// How it is written at concert pitch, where the source says.
    pub spelling: Option<Spelling>,
    /// The voice within the part, 1 first. Notes of one voice with one onset are a chord.
    pub voice: u8,
    /// The staff of the part, 1 at the top.
    pub staff: u8,
    /// Whether it continues the note of the same pitch that ends where it begins.
    pub tied_from: bool,
    /// Whether the next note of the same pitch continues it.
    pub tied_to: bool,
    /// How hard it is struck, where the source says.
    pub velocity: Option<Velocity>,
    /// How it is played, where that is known and not as it is written.
    pub played: Option<Played>,
    /// What makes it a grace note, played before the note that follows it, if it is one.
    pub grace: Option<Grace>,
    /// The tuplet whose notes it is one of.
    pub tuplet: Option<Tuplet>,
    /// Signs on the note.
    pub marks: Vec<Mark>,
    /// Syllables sung to it.
    pub lyrics: Vec<Lyric>,
}

impl Note {
    /// A plain note in the first voice.
    pub fn new(onset: Ticks, duration: Ticks, pitch: Pitch) -> Note {
        Note {
            onset,
            duration,
            pitch,
            spelling: None,
            voice: 1,
            staff: 1,
            tied_from: false,
            tied_to: false,
            velocity: None,
            played: None,
            grace: None,
            tuplet: None,
            marks: Vec::new(),
            lyrics: Vec::new(),
        }
    }

    /// When it ends.
    pub fn end(&self) -> Ticks {
        self.onset + self.duration
    }

    /// Whether it is a grace note.
    pub fn is_grace(&self) -> bool {
        self.grace.is_some()
    }

    /// Whether it bears a fermata.
    pub fn has_fermata(&self) -> bool {
        self.marks.contains(&Mark::Fermata)
    }
}

/// What is particular to a grace note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grace {
    /// Whether its stem is crossed: an acciaccatura.
    pub slash: bool,
    /// Whether it sounds together with the grace note before it.
    pub chord: bool,
}

/// `actual` notes in the time of `normal`: 3 in the time of 2 for a triplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuplet {
    /// Notes written.
    pub actual: u8,
    /// Notes whose time they take.
    pub normal: u8,
}

/// A sign on a note.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// A hold; in chorales the end of a phrase.
    Fermata,
    /// Short.
    Staccato,
    /// Very short.
    Staccatissimo,
    /// Full length.
    Tenuto,
    /// Accent.
    Accent,
    /// Strong accent.
    Marcato,
    /// Trill.
    Trill,
    /// Mordent.
    Mordent,
    /// Inverted mordent.
    InvertedMordent,
    /// Turn.
    Turn,
    /// A breath after the note.
    Breath,
    /// A bow stroke downwards.
    DownBow,
    /// A bow stroke upwards.
    UpBow,
    /// The first note under a slur.
    SlurStart,
    /// The last note under a slur.
    SlurStop,
    /// Any other sign, by the name its source uses (`roll`, `0` for a fingering, ...).
    Other(String),
}

/// A syllable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lyric {
    /// The verse, 1 first.
    pub verse: u8,
    /// The text.
    pub text: String,
    /// Its place in the word.
    pub syllabic: Syllabic,
    /// Whether the syllable is drawn out over the notes that follow.
    pub extend: bool,
}

/// The place of a syllable in its word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syllabic {
    /// The whole word.
    #[default]
    Single,
    /// The first of several.
    Begin,
    /// Between the first and the last.
    Middle,
    /// The last of several.
    End,
}

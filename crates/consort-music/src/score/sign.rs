//! What stands above and below the staff.

use crate::score::{Lyric, Mark};
use crate::time::Ticks;

/// A chord named above the staff, such as `Am7` or `D/F#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChordSymbol {
    /// Where it stands.
    pub at: Ticks,
    /// The name: root, accidental (`#`, `b`), kind, and `/bass`.
    pub text: String,
}

/// Words or a dynamic at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Where it stands.
    pub at: Ticks,
    /// What it says.
    pub text: String,
    /// What it is.
    pub kind: DirectionKind,
}

/// What a [`Direction`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectionKind {
    /// A dynamic: `p`, `mf`, `sfz`, ...
    Dynamic,
    /// Words: an expression, a section name, a remark.
    Words,
    /// A rehearsal letter or the name of a section.
    Rehearsal,
}

/// A sign that lasts: a hairpin, a pedal, an octave line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spanner {
    /// Where it begins.
    pub from: Ticks,
    /// Where it ends, not before it begins.
    pub to: Ticks,
    /// The staff of the part that it belongs to, 1 at the top.
    pub staff: u8,
    /// What it is.
    pub kind: SpannerKind,
}

/// What a [`Spanner`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpannerKind {
    /// A hairpin that opens.
    Crescendo,
    /// A hairpin that closes.
    Diminuendo,
    /// The sustain pedal, down to up.
    Pedal,
    /// An octave line: 1 for 8va, 2 for 15ma, -1 for 8vb. The notes under it are as they sound.
    Octaves(i8),
    /// The wavy line of a long trill.
    Trill,
    /// Dashes, which draw out the words before them.
    Dashes,
    /// A bracket.
    Bracket,
}

/// A rest that bears signs. Rests without are not listed: they are where a voice has no note.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// When it begins.
    pub onset: Ticks,
    /// How long it is.
    pub duration: Ticks,
    /// The voice within the part.
    pub voice: u8,
    /// The staff of the part, 1 at the top.
    pub staff: u8,
    /// Signs on the rest.
    pub marks: Vec<Mark>,
    /// Syllables below it, which some editions print for what is spoken.
    pub lyrics: Vec<Lyric>,
}

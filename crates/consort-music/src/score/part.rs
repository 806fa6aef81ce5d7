//! Parts: what one instrument or singer has.

use crate::performance::{Control, Played};
use crate::pitch::{Pitch, Velocity};
use crate::score::{ChordSymbol, Direction, KeyChange, Note, Rest, Spanner};
use crate::time::Ticks;

/// One staff or pair of staves: an instrument or a singer's part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// The name as printed before the first system.
    pub name: String,
    /// What plays it.
    pub instrument: Instrument,
    /// How many semitones its notes sound above what is written; the notes here are as they sound.
    pub transposition: i8,
    /// Key signatures of this part alone, at concert pitch; none leaves it those of the score.
    pub keys: Vec<KeyChange>,
    /// Clefs in order of time and staff; none leaves the choice to the writer.
    pub clefs: Vec<ClefChange>,
    /// The notes, in order of onset, voice and pitch.
    pub notes: Vec<Note>,
    /// The rests that bear signs, in order of onset and voice.
    pub rests: Vec<Rest>,
    /// Chord symbols in order of time.
    pub chords: Vec<ChordSymbol>,
    /// Dynamics and words above or below the staff, in order of time.
    pub directions: Vec<Direction>,
    /// Hairpins, pedals and other signs that last, in order of their start.
    pub spanners: Vec<Spanner>,
    /// What a player did besides striking notes, in order of time.
    pub controls: Vec<Control>,
}

/// What plays a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instrument {
    /// The General MIDI program, 0 (acoustic grand piano) to 127, if the source names one.
    pub program: Option<u8>,
    /// Whether the notes are drums of the General MIDI percussion map.
    pub percussion: bool,
}

/// A clef from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClefChange {
    /// From when.
    pub at: Ticks,
    /// The staff of the part, 1 at the top.
    pub staff: u8,
    /// The clef.
    pub clef: Clef,
}

/// A clef: what stands on which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clef {
    /// The sign.
    pub sign: ClefSign,
    /// The line of the staff on which it stands, 1 at the bottom.
    pub line: u8,
    /// How many octaves the notes sound above what the sign says: -1 with an 8 below it.
    pub octave: i8,
}

/// The sign of a [`Clef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClefSign {
    /// The G above middle C.
    G,
    /// The F below middle C.
    F,
    /// Middle C.
    C,
    /// No pitch.
    Percussion,
    /// The frets of a tablature.
    Tablature,
}

impl Clef {
    /// G on the second line.
    pub const TREBLE: Clef = Clef::new(ClefSign::G, 2, 0);
    /// G on the second line, sounding an octave lower.
    pub const TREBLE_OCTAVE_DOWN: Clef = Clef::new(ClefSign::G, 2, -1);
    /// F on the fourth line.
    pub const BASS: Clef = Clef::new(ClefSign::F, 4, 0);
    /// C on the third line.
    pub const ALTO: Clef = Clef::new(ClefSign::C, 3, 0);
    /// C on the fourth line.
    pub const TENOR: Clef = Clef::new(ClefSign::C, 4, 0);
    /// C on the first line.
    pub const SOPRANO: Clef = Clef::new(ClefSign::C, 1, 0);
    /// For drums.
    pub const PERCUSSION: Clef = Clef::new(ClefSign::Percussion, 3, 0);

    /// A clef.
    pub const fn new(sign: ClefSign, line: u8, octave: i8) -> Clef {
        Clef { sign, line, octave }
    }
}

/// A note as it sounds: ties joined, grace notes left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundingNote {
    /// When it begins.
    pub onset: Ticks,
    /// How long it sounds.
    pub duration: Ticks,
    /// How it sounds.
    pub pitch: Pitch,
    /// The voice within the part.
    pub voice: u8,
    /// How hard it is struck.
    pub velocity: Option<Velocity>,
    /// How it is played, where that is known: see the first of its heads.
    pub played: Option<Played>,
    /// Whether any of its heads bears a fermata.
    pub fermata: bool,
}

impl SoundingNote {
    /// When it ends.
    pub fn end(&self) -> Ticks {
        self.onset + self.duration
    }
}

impl Part {
    /// The notes as they sound, in order of onset, voice and pitch: tied notes joined, grace notes
    /// left out. A tie joins two notes of one pitch, in any voice, where one ends and the other
    /// begins; a tie to nowhere is let go.
    pub fn sounding(&self) -> Vec<SoundingNote> {
        let mut sounding: Vec<SoundingNote> = Vec::with_capacity(self.notes.len());
        let mut open: Vec<usize> = Vec::new();
        for note in self
            .notes
            .iter()
            .filter(|note| !note.is_grace() && note.duration > Ticks::ZERO)
        {
            open.retain(|&held| sounding[held].end() >= note.onset);
            let held = open.iter().position(|&held| {
                note.tied_from
                    && sounding[held].pitch == note.pitch
                    && sounding[held].end() == note.onset
            });
            let index = match held {
                Some(place) => {
                    let index = open.swap_remove(place);
                    sounding[index].duration += note.duration;
                    sounding[index].fermata |= note.has_fermata();
                    index
                }
                None => {
                    sounding.push(SoundingNote {
                        onset: note.onset,
                        duration: note.duration,
                        pitch: note.pitch,
                        voice: note.voice,
                        velocity: note.velocity,
                        played: note.played,
                        fermata: note.has_fermata(),
                    });
                    sounding.len() - 1
                }
            };
            if note.tied_to {
                open.push(index);
            }
        }
        sounding
    }

    /// Puts the notes in their order: onset, grace notes first, voice, pitch; grace notes of one onset
    /// and voice follow each other as they did.
    pub fn sort(&mut self) {
        self.notes.sort_by_key(|note| {
            let pitch = (!note.is_grace()).then_some(note.pitch);
            (note.onset, !note.is_grace(), note.voice, pitch)
        });
    }
}

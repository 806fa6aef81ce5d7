//! The score: parts of notes over one timeline of measures, keys and tempos.

use crate::pitch::{Key, Pitch, Spelling, Velocity};
use crate::time::{Resolution, Ticks};

/// A piece of music: parts over one timeline.
///
/// Lists are in order of time. [`Score::measures`] follow one another without a gap from tick 0 to
/// the end, repeats are kept as written ([`crate::unfold`] plays them out), and
/// rests are where a voice has no note.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Title, authors and the like.
    pub metadata: Metadata,
    /// The length of a tick.
    pub resolution: Resolution,
    /// The measures, contiguous from tick 0.
    pub measures: Vec<Measure>,
    /// Key signatures at concert pitch, in order of time; before the first, C major.
    pub keys: Vec<KeyChange>,
    /// Tempos in order of time; before the first, [`Tempo::DEFAULT`].
    pub tempos: Vec<TempoChange>,
    /// The parts, from the top of the page down.
    pub parts: Vec<Part>,
}

/// What a score says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The title, or nothing.
    pub title: Option<String>,
    /// The composer, or a tune's origin as its source gives it.
    pub composer: Option<String>,
    /// The author of the words.
    pub lyricist: Option<String>,
    /// The rights of the source.
    pub copyright: Option<String>,
    /// Other fields by name, in the order of the source (`software`, `X`, `R`, ...).
    pub fields: Vec<(String, String)>,
}

/// One measure of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Where it begins.
    pub start: Ticks,
    /// How long it is in fact; a pickup is shorter than its metre.
    pub length: Ticks,
    /// The metre in force, or nothing where the music is unmeasured.
    pub metre: Option<Metre>,
    /// The number as printed (`0`, `12`, `X1`).
    pub number: String,
    /// Whether a repeat begins here.
    pub repeat_start: bool,
    /// How often the music up to the end of this measure is played in all, 2 at least, if a repeat
    /// ends here.
    pub repeat_end: Option<u8>,
    /// The passes (1, 2, ...) on which the ending that begins here is played.
    pub ending_start: Vec<u8>,
    /// Whether an ending stops with this measure.
    pub ending_stop: bool,
    /// The line on its right.
    pub barline: Barline,
    /// Signs and jumps within it.
    pub navigation: Vec<Navigation>,
}

impl Measure {
    /// A plain measure.
    pub fn new(start: Ticks, length: Ticks, metre: Option<Metre>, number: String) -> Measure {
        Measure {
            start,
            length,
            metre,
            number,
            repeat_start: false,
            repeat_end: None,
            ending_start: Vec::new(),
            ending_stop: false,
            barline: Barline::Regular,
            navigation: Vec::new(),
        }
    }

    /// Where it ends.
    pub fn end(&self) -> Ticks {
        self.start + self.length
    }
}

/// The line that closes a measure. Repeats have their own fields and imply their line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Barline {
    /// One thin line.
    #[default]
    Regular,
    /// Two thin lines: the end of a section.
    Double,
    /// Thin and thick: the end.
    Final,
    /// None is drawn.
    Invisible,
}

/// A sign for, or a jump to, another measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Navigation {
    /// The sign that "dal segno" returns to; stands at the start of the measure.
    Segno,
    /// The start of the coda; stands at the start of the measure.
    Coda,
    /// Where a jump "al coda" leaves; stands at the end of the measure.
    ToCoda,
    /// Where the piece ends after a jump; stands at the end of the measure.
    Fine,
    /// Back to the beginning, at the end of the measure.
    DaCapo,
    /// Back to the segno, at the end of the measure.
    DalSegno,
}

/// A time signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metre {
    /// Units in a measure, 1 to 255.
    pub beats: u8,
    /// The unit as a fraction of a whole note: 4 for quarters; a power of two up to 128.
    pub unit: u8,
    /// How it is printed.
    pub symbol: MetreSymbol,
}

/// How a metre is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetreSymbol {
    /// As two numbers.
    #[default]
    Numbers,
    /// C, for 4/4.
    Common,
    /// C with a stroke, for 2/2.
    Cut,
}

impl Metre {
    /// 4/4, what is assumed where nothing is said.
    pub const COMMON: Metre = Metre {
        beats: 4,
        unit: 4,
        symbol: MetreSymbol::Numbers,
    };

    /// `beats`/`unit` in numbers, or nothing if there are no beats or the unit is not a power of
    /// two up to 128.
    pub fn new(beats: u8, unit: u8) -> Option<Metre> {
        (beats > 0 && unit.is_power_of_two() && unit <= 128).then_some(Metre {
            beats,
            unit,
            symbol: MetreSymbol::Numbers,
        })
    }

    /// The length of a full measure, where `resolution` can express it.
    pub fn length(self, resolution: Resolution) -> Option<Ticks> {
        resolution.whole_notes(i64::from(self.beats), i64::from(self.unit))
    }

    /// Units in a beat as it is counted: three in compound metres (6/8, 9/8, 12/8, ...), else one.
    pub fn units_per_beat(self) -> u8 {
        if self.unit >= 8 && self.beats > 3 && self.beats.is_multiple_of(3) {
            3
        } else {
            1
        }
    }
}

/// A key signature from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// From when.
    pub at: Ticks,
    /// The key.
    pub key: Key,
}

/// Quarter notes in a minute: above 0, at most 10 000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Tempo(f64);

impl Tempo {
    /// 120 quarter notes in a minute, MIDI's default.
    pub const DEFAULT: Tempo = Tempo(120.0);

    /// The tempo, or nothing unless 0 < `quarters_per_minute` <= 10 000.
    pub fn new(quarters_per_minute: f64) -> Option<Tempo> {
        (quarters_per_minute > 0.0 && quarters_per_minute <= 10_000.0)
            .then_some(Tempo(quarters_per_minute))
    }

    /// Quarter notes in a minute.
    pub fn quarters_per_minute(self) -> f64 {
        self.0
    }
}

/// A tempo from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoChange {
    /// From when.
    pub at: Ticks,
    /// The tempo.
    pub tempo: Tempo,
}

/// One staff or pair of staves: an instrument or a singer's part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// The name as printed before the first system.
    pub name: String,
    /// What plays it.
    pub instrument: Instrument,
    /// How many semitones its notes sound above what is written; the notes here are as they sound.
    pub transposition: i8,
    /// Clefs in order of time and staff; none leaves the choice to the writer.
    pub clefs: Vec<ClefChange>,
    /// The notes, in order of onset, voice and pitch.
    pub notes: Vec<Note>,
    /// Chord symbols in order of time.
    pub chords: Vec<ChordSymbol>,
    /// Dynamics and words above or below the staff, in order of time.
    pub directions: Vec<Direction>,
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

/// A clef.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clef {
    /// G on the second line.
    Treble,
    /// G on the second line, sounding an octave lower.
    TrebleOctaveDown,
    /// F on the fourth line.
    Bass,
    /// C on the third line.
    Alto,
    /// C on the fourth line.
    Tenor,
    /// C on the first line.
    Soprano,
    /// No pitch.
    Percussion,
}

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
    /// A grace note, played before the note that follows it.
    pub grace: bool,
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
            grace: false,
            tuplet: None,
            marks: Vec::new(),
            lyrics: Vec::new(),
        }
    }

    /// When it ends.
    pub fn end(&self) -> Ticks {
        self.onset + self.duration
    }

    /// Whether it bears a fermata.
    pub fn has_fermata(&self) -> bool {
        self.marks.contains(&Mark::Fermata)
    }
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
            .filter(|note| !note.grace && note.duration > Ticks::ZERO)
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
            let pitch = (!note.grace).then_some(note.pitch);
            (note.onset, !note.grace, note.voice, pitch)
        });
    }
}

impl Score {
    /// A score without parts or measures.
    pub fn new(resolution: Resolution) -> Score {
        Score {
            metadata: Metadata::default(),
            resolution,
            measures: Vec::new(),
            keys: Vec::new(),
            tempos: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The end of the last measure or note, whichever is later.
    pub fn end(&self) -> Ticks {
        let measures = self.measures.last().map_or(Ticks::ZERO, Measure::end);
        let notes = self
            .parts
            .iter()
            .flat_map(|part| &part.notes)
            .map(Note::end)
            .max();
        measures.max(notes.unwrap_or_default())
    }

    /// The key in force at `at`.
    pub fn key_at(&self, at: Ticks) -> Key {
        self.keys
            .iter()
            .take_while(|change| change.at <= at)
            .last()
            .map_or_else(Key::default, |change| change.key)
    }

    /// The index of the measure that holds `at`, if any does.
    pub fn measure_at(&self, at: Ticks) -> Option<usize> {
        let after = self.measures.partition_point(|measure| measure.start <= at);
        let index = after.checked_sub(1)?;
        (at < self.measures[index].end()).then_some(index)
    }

    /// Seconds from the start to `at`, by the tempos.
    pub fn seconds_at(&self, at: Ticks) -> f64 {
        let quarter = f64::from(self.resolution.ticks_per_quarter());
        let length = |from: Ticks, to: Ticks, tempo: Tempo| {
            #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
            let quarters = (to - from).0 as f64 / quarter;
            quarters * 60.0 / tempo.quarters_per_minute()
        };
        let (mut seconds, mut from, mut tempo) = (0.0, Ticks::ZERO, Tempo::DEFAULT);
        for change in self.tempos.iter().take_while(|change| change.at < at) {
            seconds += length(from, change.at, tempo);
            (from, tempo) = (change.at, change.tempo);
        }
        seconds + length(from, at, tempo)
    }

    /// The same score in a finer resolution, or nothing unless `resolution` is a multiple of the
    /// present one.
    pub fn at_resolution(&self, resolution: Resolution) -> Option<Score> {
        let (new, old) = (
            resolution.ticks_per_quarter(),
            self.resolution.ticks_per_quarter(),
        );
        if !new.is_multiple_of(old) {
            return None;
        }
        let times = i64::from(new / old);
        let mut score = self.clone();
        score.resolution = resolution;
        for measure in &mut score.measures {
            measure.start = measure.start * times;
            measure.length = measure.length * times;
        }
        score
            .keys
            .iter_mut()
            .for_each(|change| change.at = change.at * times);
        score
            .tempos
            .iter_mut()
            .for_each(|change| change.at = change.at * times);
        for part in &mut score.parts {
            part.clefs
                .iter_mut()
                .for_each(|change| change.at = change.at * times);
            part.chords
                .iter_mut()
                .for_each(|chord| chord.at = chord.at * times);
            part.directions
                .iter_mut()
                .for_each(|direction| direction.at = direction.at * times);
            for note in &mut part.notes {
                note.onset = note.onset * times;
                note.duration = note.duration * times;
            }
        }
        Some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(onset: i64, duration: i64, pitch: u8) -> Note {
        Note::new(
            Ticks(onset),
            Ticks(duration),
            Pitch::try_from(pitch).unwrap(),
        )
    }

    #[test]
    fn ties_join_and_repeats_do_not() {
        let notes = vec![
            Note {
                tied_to: true,
                ..note(0, 4, 60)
            },
            Note {
                tied_from: true,
                tied_to: true,
                ..note(4, 4, 60)
            },
            Note {
                tied_from: true,
                ..note(8, 2, 60)
            },
            note(10, 2, 60),
            Note {
                tied_from: true,
                ..note(12, 2, 64)
            },
        ];
        let part = Part {
            notes,
            ..Part::default()
        };
        let lengths: Vec<_> = part
            .sounding()
            .iter()
            .map(|n| (n.onset.0, n.duration.0))
            .collect();
        assert_eq!(lengths, [(0, 10), (10, 2), (12, 2)]);
    }

    #[test]
    fn tempo_changes_add_up() {
        let mut score = Score::new(Resolution::new(4).unwrap());
        score.tempos = vec![
            TempoChange {
                at: Ticks(0),
                tempo: Tempo::new(60.0).unwrap(),
            },
            TempoChange {
                at: Ticks(8),
                tempo: Tempo::new(120.0).unwrap(),
            },
        ];
        assert!((score.seconds_at(Ticks(12)) - 2.5).abs() < 1e-12);
        assert_eq!(Tempo::new(0.0), None);
        assert_eq!(Tempo::new(f64::NAN), None);
    }

    #[test]
    fn a_finer_resolution_keeps_the_time() {
        let mut score = Score::new(Resolution::new(2).unwrap());
        score.parts = vec![Part {
            notes: vec![note(1, 1, 60)],
            ..Part::default()
        }];
        let finer = score.at_resolution(Resolution::new(6).unwrap()).unwrap();
        assert_eq!(finer.parts[0].notes[0].onset, Ticks(3));
        assert!(score.at_resolution(Resolution::new(3).unwrap()).is_none());
    }
}

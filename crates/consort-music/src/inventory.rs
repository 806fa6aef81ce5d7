//! What is in a score, counted, so that two scores can be compared for what one of them lacks.

use std::collections::BTreeMap;

use crate::performance::Message;
use crate::score::{Barline, DirectionKind, Mark, Measure, Note, Part, Score, SpannerKind};

macro_rules! features {
    ($($(#[$doc:meta])* $feature:ident: $one:literal, $many:literal;)*) => {
        /// Something that a score can hold many of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $($(#[$doc])* $feature,)*
        }

        impl Feature {
            /// All of them, in the order in which they are told.
            pub const ALL: &'static [Feature] = &[$(Feature::$feature,)*];

            /// What `count` of them are called: `note` or `notes`.
            pub fn name(self, count: usize) -> &'static str {
                match (self, count) {
                    $((Feature::$feature, 1) => $one, (Feature::$feature, _) => $many,)*
                }
            }
        }
    };
}

features! {
    /// Notes as they sound, ties joined.
    Note: "note", "notes";
    /// Grace notes.
    GraceNote: "grace note", "grace notes";
    /// Ties from one head to the next.
    Tie: "tie", "ties";
    /// Notes in tuplets.
    Tuplet: "note in tuplets", "notes in tuplets";
    /// Notes of which the letter and the accidental are known.
    Spelling: "spelling", "spellings";
    /// Notes on another staff than their part's first.
    FurtherStaff: "note on a further staff", "notes on further staves";
    /// Notes that are known to be struck so hard.
    Velocity: "velocity", "velocities";
    /// Notes that are known to be played at another time than they are written.
    Timing: "played timing", "played timings";
    /// Fermatas.
    Fermata: "fermata", "fermatas";
    /// Staccato, tenuto, accents and the like.
    Articulation: "articulation", "articulations";
    /// Trills, mordents and turns.
    Ornament: "ornament", "ornaments";
    /// Bow strokes and breaths.
    Bowing: "bow stroke or breath", "bow strokes and breaths";
    /// Slurs.
    Slur: "slur", "slurs";
    /// Other signs on notes.
    OtherMark: "other sign on a note", "other signs on notes";
    /// Rests that bear signs.
    MarkedRest: "rest with signs", "rests with signs";
    /// Syllables.
    Syllable: "syllable", "syllables";
    /// Chord symbols.
    ChordSymbol: "chord symbol", "chord symbols";
    /// Dynamics.
    Dynamic: "dynamic", "dynamics";
    /// Words.
    Words: "text", "texts";
    /// Rehearsal marks and names of sections.
    RehearsalMark: "rehearsal mark", "rehearsal marks";
    /// Hairpins.
    Hairpin: "hairpin", "hairpins";
    /// Pedal signs.
    Pedal: "pedal sign", "pedal signs";
    /// Octave lines.
    OctaveLine: "octave line", "octave lines";
    /// Lines of trills, dashes and brackets.
    OtherLine: "other line", "other lines";
    /// Moves of controllers.
    Controller: "controller change", "controller changes";
    /// Moves of the pitch wheel.
    PitchBend: "pitch bend", "pitch bends";
    /// Pressure on keys.
    Pressure: "pressure message", "pressure messages";
    /// How fast notes are let go.
    Release: "release velocity", "release velocities";
    /// Changes of program within a part.
    ProgramChange: "change of program", "changes of program";
    /// Other messages to instruments.
    OtherMessage: "other message", "other messages";
    /// Key signatures.
    Key: "key signature", "key signatures";
    /// Key signatures of one part alone.
    PartKey: "key signature of one part", "key signatures of one part";
    /// Metres, where they change.
    Metre: "metre", "metres";
    /// Tempos.
    Tempo: "tempo", "tempos";
    /// Clefs.
    Clef: "clef", "clefs";
    /// Repeat signs.
    Repeat: "repeat", "repeats";
    /// First, second and further endings.
    Ending: "ending", "endings";
    /// Segno, coda, fine and the jumps to them.
    Jump: "jump or its sign", "jumps and their signs";
    /// Double, final and invisible barlines.
    Barline: "special barline", "special barlines";
    /// Parts of which the instrument is known.
    Instrument: "instrument", "instruments";
    /// Parts that are written at another pitch than they sound.
    Transposition: "transposition", "transpositions";
    /// Title, authors, rights and other fields.
    Field: "field", "fields";
}

/// How many a score has of each [`Feature`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    counts: BTreeMap<Feature, usize>,
}

impl Inventory {
    /// Counts what is in `score`.
    pub fn of(score: &Score) -> Inventory {
        let mut inventory = Inventory::default();
        let metadata = &score.metadata;
        let known = [
            &metadata.title,
            &metadata.composer,
            &metadata.lyricist,
            &metadata.copyright,
        ];
        let known = known.into_iter().flatten().count();
        inventory.add(Feature::Field, known + metadata.fields.len());
        inventory.add(Feature::Key, score.keys.len());
        inventory.add(Feature::Tempo, score.tempos.len());
        inventory.measures(&score.measures);
        score.parts.iter().for_each(|part| inventory.part(part));
        inventory
    }

    /// How many there are.
    pub fn count(&self, feature: Feature) -> usize {
        self.counts.get(&feature).copied().unwrap_or(0)
    }

    /// All features that there are, with their counts, in the order of [`Feature::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Feature, usize)> {
        self.counts
            .iter()
            .map(|(&feature, &count)| (feature, count))
    }

    /// The features of which `other` has fewer, and how many it lacks.
    pub fn lacking_in<'a>(
        &'a self,
        other: &'a Inventory,
    ) -> impl Iterator<Item = (Feature, usize)> + 'a {
        let lacking = |(feature, count): (Feature, usize)| {
            let lost = count.saturating_sub(other.count(feature));
            (lost > 0).then_some((feature, lost))
        };
        self.iter().filter_map(lacking)
    }

    fn add(&mut self, feature: Feature, count: usize) {
        if count > 0 {
            *self.counts.entry(feature).or_default() += count;
        }
    }

    fn add_if(&mut self, feature: Feature, present: bool) {
        self.add(feature, usize::from(present));
    }

    fn measures(&mut self, measures: &[Measure]) {
        let mut metre = None;
        for measure in measures {
            self.add_if(Feature::Metre, measure.metre != metre);
            metre = measure.metre;
            self.add_if(Feature::Repeat, measure.repeat_end.is_some());
            self.add_if(Feature::Ending, !measure.ending_start.is_empty());
            self.add(Feature::Jump, measure.navigation.len());
            self.add_if(Feature::Barline, measure.barline != Barline::Regular);
        }
    }

    fn part(&mut self, part: &Part) {
        let instrument = part.instrument;
        let is_known = instrument.program.is_some() || instrument.percussion;
        self.add_if(Feature::Instrument, is_known);
        self.add_if(Feature::Transposition, part.transposition != 0);
        self.add(Feature::Note, part.sounding().len());
        part.notes.iter().for_each(|note| self.note(note));
        self.add(Feature::MarkedRest, part.rests.len());
        self.add(Feature::ChordSymbol, part.chords.len());
        self.add(Feature::PartKey, part.keys.len());
        self.add(Feature::Clef, part.clefs.len());
        for direction in &part.directions {
            let feature = match direction.kind {
                DirectionKind::Dynamic => Feature::Dynamic,
                DirectionKind::Words => Feature::Words,
                DirectionKind::Rehearsal => Feature::RehearsalMark,
            };
            self.add(feature, 1);
        }
        for spanner in &part.spanners {
            let feature = match spanner.kind {
                SpannerKind::Crescendo | SpannerKind::Diminuendo => Feature::Hairpin,
                SpannerKind::Pedal => Feature::Pedal,
                SpannerKind::Octaves(_) => Feature::OctaveLine,
                SpannerKind::Trill | SpannerKind::Dashes | SpannerKind::Bracket => {
                    Feature::OtherLine
                }
            };
            self.add(feature, 1);
        }
        for control in &part.controls {
            let feature = match control.message {
                Message::Controller { .. } => Feature::Controller,
                Message::PitchBend(_) => Feature::PitchBend,
                Message::Pressure(_) | Message::KeyPressure { .. } => Feature::Pressure,
                Message::Program(_) => Feature::ProgramChange,
                Message::Release { .. } => Feature::Release,
                Message::SystemExclusive(_) | Message::Raw(_) | Message::Meta { .. } => {
                    Feature::OtherMessage
                }
            };
            self.add(feature, 1);
        }
    }

    fn note(&mut self, note: &Note) {
        self.add_if(Feature::GraceNote, note.is_grace());
        self.add_if(Feature::Tie, note.tied_to);
        self.add_if(Feature::Tuplet, note.tuplet.is_some());
        self.add_if(Feature::Spelling, note.spelling.is_some());
        self.add_if(Feature::FurtherStaff, note.staff > 1);
        self.add_if(Feature::Velocity, note.velocity.is_some());
        self.add_if(Feature::Timing, note.played.is_some());
        self.add(Feature::Syllable, note.lyrics.len());
        for mark in &note.marks {
            let feature = match mark {
                Mark::Fermata => Feature::Fermata,
                Mark::Staccato
                | Mark::Staccatissimo
                | Mark::Tenuto
                | Mark::Accent
                | Mark::Marcato => Feature::Articulation,
                Mark::Trill | Mark::Mordent | Mark::InvertedMordent | Mark::Turn => {
                    Feature::Ornament
                }
                Mark::Breath | Mark::DownBow | Mark::UpBow => Feature::Bowing,
                Mark::SlurStart => Feature::Slur,
                // Counted where it starts.
                Mark::SlurStop => continue,
                Mark::Other(_) => Feature::OtherMark,
            };
            self.add(feature, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pitch::Pitch;
    use crate::time::{Resolution, Ticks};

    #[test]
    fn what_is_lost_is_named() {
        let note = |marks: &[Mark]| Note {
            marks: marks.to_vec(),
            ..Note::new(Ticks(0), Ticks(4), Pitch::MIDDLE_C)
        };
        let score = |marks: &[Mark]| Score {
            parts: vec![Part {
                notes: vec![note(marks)],
                ..Part::default()
            }],
            ..Score::new(Resolution::MIDI)
        };
        let marks = [Mark::Fermata, Mark::Accent, Mark::Tenuto, Mark::SlurStop];
        let (before, after) = (score(&marks), score(&[Mark::Fermata]));
        let (before, after) = (Inventory::of(&before), Inventory::of(&after));
        let lost: Vec<_> = before.lacking_in(&after).collect();
        assert_eq!(lost, [(Feature::Articulation, 2)]);
        assert_eq!(after.lacking_in(&before).count(), 0);
        assert_eq!(
            (lost[0].0.name(1), lost[0].0.name(2)),
            ("articulation", "articulations")
        );
    }
}

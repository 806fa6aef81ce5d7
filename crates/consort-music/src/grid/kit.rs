//! Which parts of a score are drums, where its instruments do not say so.

use std::collections::BTreeMap;
use std::fmt;

use super::Drum;
use crate::performance::played;
use crate::pitch::Pitch;
use crate::score::{Part, Score};
use crate::time::Resolution;

/// A part that is drums, and what says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrumPart {
    /// Its place among the parts of the score, 0 first.
    pub index: usize,
    /// What says so.
    pub evidence: DrumEvidence,
}

/// What says that a part is drums. Its text follows on "it was taken for drums".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrumEvidence {
    /// [`Instrument::percussion`](crate::score::Instrument).
    Instrument,
    /// The name of the part.
    Name(String),
    /// Its notes: there is no other part, and its keys are those of a drum kit.
    Pitches,
}

impl fmt::Display for DrumEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DrumEvidence::Instrument => f.write_str("by its channel or bank"),
            DrumEvidence::Name(name) => write!(f, "by its name {name:?}"),
            DrumEvidence::Pitches => f.write_str("because all its notes are keys of a drum kit"),
        }
    }
}

/// The parts with notes that are drums, in their order. Where the instrument of none is percussion, those
/// with a name that says drums; where there is no such name either, a part without others whose notes
/// are drums. Else there are none.
pub fn drum_parts(score: &Score) -> Vec<DrumPart> {
    let parts = || {
        let parts = score.parts.iter().enumerate();
        parts.filter(|(_, part)| !part.notes.is_empty())
    };
    let those = |evidence: &dyn Fn(&Part) -> Option<DrumEvidence>| -> Vec<DrumPart> {
        let parts = parts().filter_map(|(index, part)| {
            let evidence = evidence(part)?;
            Some(DrumPart { index, evidence })
        });
        parts.collect()
    };
    let alone = parts().count() == 1;
    let by_instrument = |part: &Part| {
        let percussion = part.instrument.percussion;
        percussion.then_some(DrumEvidence::Instrument)
    };
    let by_name =
        |part: &Part| says_drums(&part.name).then(|| DrumEvidence::Name(part.name.clone()));
    let by_pitches = |part: &Part| {
        let drums = alone && plays_drums(part, score.resolution);
        drums.then_some(DrumEvidence::Pitches)
    };
    let mut found = those(&by_instrument);
    if found.is_empty() {
        found = those(&by_name);
    }
    if found.is_empty() {
        found = those(&by_pitches);
    }
    found
}

/// Words in the names of drum tracks. So are all that begin with `drum`: drums, drumkit, drumset.
const DRUM_WORDS: [&str; 11] = [
    "kit",
    "kits",
    "perc",
    "percs",
    "percussion",
    "beat",
    "beats",
    "groove",
    "grooves",
    "schlagzeug",
    "batterie",
];

/// Words that tell what has pitches, such as steel drums, tuned percussion, or the guitar of a groove.
const PITCHED_WORDS: [&str; 11] = [
    "steel", "steelpan", "melodic", "tuned", "pitched", "mallet", "mallets", "organ", "guitar",
    "piano", "vocals",
];

fn says_drums(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = || name.split(|c: char| !c.is_alphabetic());
    let is_drum = |word: &str| word.starts_with("drum") || DRUM_WORDS.contains(&word);
    words().any(is_drum) && !words().any(|word| PITCHED_WORDS.contains(&word))
}

/// The most keys that a kit is played on; the others may have a twentieth of the notes.
const KEYS_MAX: usize = 12;

/// Whether the notes are strokes on a kit: only keys of its map, nearly all on a dozen of them; a kick,
/// and a snare or hi-hat; and somewhere a cymbal or hi-hat together with a kick or snare. The last tells
/// a kit from a bass, whose notes lie where the drums do.
fn plays_drums(part: &Part, resolution: Resolution) -> bool {
    let notes = played(part, resolution);
    let strokes = notes
        .iter()
        .map(|note| Some((note.onset, Drum::of(note.pitch)?)));
    let Some(strokes) = strokes.collect::<Option<Vec<_>>>() else {
        return false;
    };
    let mut keys: BTreeMap<Pitch, usize> = BTreeMap::new();
    for note in &notes {
        *keys.entry(note.pitch).or_default() += 1;
    }
    let mut counts: Vec<usize> = keys.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let rare: usize = counts.iter().skip(KEYS_MAX).sum();
    let has = |wanted: &[Drum]| strokes.iter().any(|(_, drum)| wanted.contains(drum));
    // Players miss each other by less than a 64th note.
    let near = resolution.quarter() / 16;
    let is_skin = |drum| matches!(drum, Drum::Kick | Drum::Snare);
    let is_metal = |drum| {
        matches!(
            drum,
            Drum::ClosedHiHat | Drum::OpenHiHat | Drum::Crash | Drum::Ride
        )
    };
    let together = strokes
        .array_windows()
        .any(|&[(first, one), (second, other)]| {
            let pair = (is_skin(one) && is_metal(other)) || (is_metal(one) && is_skin(other));
            pair && second - first <= near
        });
    rare * 20 <= notes.len()
        && has(&[Drum::Kick])
        && has(&[Drum::Snare, Drum::ClosedHiHat, Drum::OpenHiHat])
        && together
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Instrument, Note};
    use crate::time::Ticks;

    /// A part of eighths, several keys at a time.
    fn part(name: &str, keys: &[&[u8]]) -> Part {
        let notes = keys.iter().zip(0..).flat_map(|(keys, at)| {
            let note = move |&key: &u8| {
                let pitch = Pitch::try_from(key).unwrap();
                Note::new(Ticks(240 * at), Ticks(240), pitch)
            };
            keys.iter().map(note)
        });
        Part {
            name: name.to_owned(),
            notes: notes.collect(),
            ..Part::default()
        }
    }

    fn found(parts: Vec<Part>) -> Vec<(usize, String)> {
        let score = Score {
            parts,
            ..Score::new(Resolution::MIDI)
        };
        let parts = drum_parts(&score).into_iter();
        parts
            .map(|part| (part.index, part.evidence.to_string()))
            .collect()
    }

    const BEAT: &[&[u8]] = &[&[36, 42], &[42], &[38, 42], &[42]];
    const TUNE: &[&[u8]] = &[&[60], &[64], &[67], &[72]];

    fn percussion(part: Part) -> Part {
        let instrument = Instrument {
            program: None,
            percussion: true,
        };
        Part { instrument, ..part }
    }

    #[test]
    fn instruments_come_before_names() {
        let parts = vec![
            part("Drums", BEAT),
            percussion(part("", BEAT)),
            percussion(part("", BEAT)),
        ];
        let by_channel = "by its channel or bank".to_owned();
        assert_eq!(found(parts), [(1, by_channel.clone()), (2, by_channel)]);
        // A part without notes says nothing.
        let parts = vec![percussion(part("", &[])), part("Drums", BEAT)];
        assert_eq!(found(parts), [(1, "by its name \"Drums\"".to_owned())]);
    }

    #[test]
    fn names_are_read_by_words() {
        let drums = [
            "Drum Kit",
            "DRUMS 1",
            "drumset",
            "Kit_02",
            "perc",
            "Unpitched Percussion",
            "Groove-3",
            "Schlagzeug",
            "Batterie",
        ];
        for name in drums {
            assert!(says_drums(name), "{name}");
        }
        for name in [
            "",
            "Piano",
            "Kitchen",
            "Beatrice",
            "Upbeat",
            "Percussive Organ",
            "Steel Drums",
            "Pitched Percussion",
            "Groove Guitar",
        ] {
            assert!(!says_drums(name), "{name}");
        }
        let parts = vec![part("Piano", TUNE), part("Drum Kit", BEAT)];
        assert_eq!(found(parts), [(1, "by its name \"Drum Kit\"".to_owned())]);
    }

    #[test]
    fn a_part_alone_is_drums_if_it_is_played_like_them() {
        let evidence = "because all its notes are keys of a drum kit";
        assert_eq!(
            found(vec![part("MIDI 01", BEAT)]),
            [(0, evidence.to_owned())]
        );
        let without = vec![part("MIDI 01", BEAT), part("", &[])];
        assert_eq!(found(without).len(), 1);
        // With another part, a key of no drum, no kick, no snare or hi-hat.
        assert_eq!(found(vec![part("", BEAT), part("", TUNE)]), []);
        assert_eq!(found(vec![part("", &[&[36, 42], &[38, 60]])]), []);
        assert_eq!(found(vec![part("", &[&[42], &[38, 42]])]), []);
        assert_eq!(found(vec![part("", &[&[36, 51], &[36, 49]])]), []);
        assert_eq!(found(Vec::new()), []);
    }

    #[test]
    fn a_bass_is_no_kit() {
        // C, D, E, F, G and A of the great octave: kick, snares and toms, but never two at once.
        let bass: &[&[u8]] = &[&[36], &[38], &[40], &[41], &[43], &[45], &[42], &[36]];
        assert_eq!(found(vec![part("", bass)]), []);
        assert_eq!(found(vec![part("", TUNE)]), []);
    }

    #[test]
    fn a_kit_has_few_keys() {
        let mut strokes: Vec<&[u8]> = BEAT.to_vec();
        let all: &[&[u8]] = &[
            &[35],
            &[37],
            &[39],
            &[40],
            &[41],
            &[43],
            &[45],
            &[46],
            &[47],
            &[48],
            &[50],
        ];
        strokes.extend(all);
        assert_eq!(found(vec![part("", &strokes)]), []);
        // Fills may go around it once.
        strokes.extend([BEAT; 20].concat());
        assert_eq!(found(vec![part("", &strokes)]).len(), 1);
    }
}

//! How loud the notes of each beat are.

use super::is_struck;
use crate::score::{Measure, Metre, Part, Score};
use crate::time::{Resolution, Ticks};

/// How much the highest note of a moment counts beside each of the others: the ear follows it.
const TOP_WEIGHT: f64 = 2.0;

/// The notes of a part that are struck at one moment.
#[derive(Clone, Debug)]
pub(super) struct Onset {
    pub(super) at: Ticks,
    /// The mean velocity.
    pub(super) level: f64,
    /// The greatest velocity, and the note that has it; of several the highest.
    pub(super) loudest: (u8, usize),
}

/// A beat in which something is struck.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    /// How many beats lie before it.
    pub(super) index: i64,
    /// Whether it is the first of its measure.
    pub(super) is_first: bool,
    /// The beats of its measure.
    pub(super) per_bar: i64,
    /// What is struck in it, in order of time; not empty.
    pub(super) onsets: Vec<Onset>,
}

impl Beat {
    /// Where its first note is.
    pub(super) fn at(&self) -> Ticks {
        self.onsets[0].at
    }

    /// The greatest velocity in it.
    pub(super) fn loudest(&self) -> u8 {
        let velocities = self.onsets.iter().map(|onset| onset.loudest.0);
        velocities.max().unwrap_or_default()
    }
}

/// The beats of `part` in which notes with a velocity are struck.
pub(super) fn of(score: &Score, part: &Part) -> Vec<Beat> {
    let counter = Counter::new(score);
    let mut beats: Vec<Beat> = Vec::new();
    for onset in onsets(part) {
        let (index, is_first, per_bar) = counter.beat_at(onset.at);
        match beats.last_mut() {
            Some(beat) if beat.index == index => beat.onsets.push(onset),
            _ => beats.push(Beat {
                index,
                is_first,
                per_bar,
                onsets: vec![onset],
            }),
        }
    }
    beats
}

fn onsets(part: &Part) -> Vec<Onset> {
    let mut struck: Vec<usize> = (0..part.notes.len())
        .filter(|&index| is_struck(&part.notes[index]))
        .collect();
    struck.sort_by_key(|&index| (part.notes[index].onset, part.notes[index].pitch, index));
    let velocity = |index: usize| part.notes[index].velocity.map_or(0, |v| v.midi());
    let together = struck.chunk_by(|&a, &b| part.notes[a].onset == part.notes[b].onset);
    together
        .map(|notes| {
            let top = velocity(notes[notes.len() - 1]);
            let sum: f64 = notes.iter().map(|&note| f64::from(velocity(note))).sum();
            let weight = notes.len() as f64 + TOP_WEIGHT - 1.0;
            let loudest = notes.iter().map(|&note| (velocity(note), note));
            Onset {
                at: part.notes[notes[0]].onset,
                level: (sum + f64::from(top) * (TOP_WEIGHT - 1.0)) / weight,
                loudest: loudest
                    .max_by_key(|&(velocity, _)| velocity)
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// Counts beats from the start of a score.
struct Counter<'a> {
    measures: &'a [Measure],
    /// The beats before each measure, and those before what follows the last one.
    before: Vec<i64>,
    resolution: Resolution,
}

impl Counter<'_> {
    fn new(score: &Score) -> Counter<'_> {
        let mut before = vec![0];
        for measure in &score.measures {
            let (beat, _) = beat_of(measure.metre, score.resolution);
            let beats = (measure.length.0 + beat - 1) / beat;
            before.push(before[before.len() - 1] + beats.max(0));
        }
        Counter {
            measures: &score.measures,
            before,
            resolution: score.resolution,
        }
    }

    /// The number of the beat at `at`, whether it is the first of its measure, and how many beats that
    /// measure has by its metre.
    fn beat_at(&self, at: Ticks) -> (i64, bool, i64) {
        let after = self.measures.partition_point(|measure| measure.start <= at);
        let index = after.saturating_sub(1);
        let measure = self
            .measures
            .get(index)
            .filter(|measure| at < measure.end());
        let Some(measure) = measure else {
            let end = self.measures.last().map_or(Ticks::ZERO, Measure::end);
            let (beat, per_bar) = beat_of(None, self.resolution);
            let count = (at - end).0.div_euclid(beat);
            let before = self.before[self.before.len() - 1];
            return (before + count, count % per_bar == 0, per_bar);
        };
        let (beat, per_bar) = beat_of(measure.metre, self.resolution);
        // The beats of a pickup are counted from its end.
        let missing = match index {
            0 => (beat - measure.length.0 % beat) % beat,
            _ => 0,
        };
        let count = ((at - measure.start).0 + missing) / beat;
        (self.before[index] + count, count == 0, per_bar)
    }
}

/// The length of a beat in ticks, 1 at least, and how many make a bar.
fn beat_of(metre: Option<Metre>, resolution: Resolution) -> (i64, i64) {
    let metre = metre.unwrap_or(Metre::COMMON);
    let units = metre.units_per_beat();
    let ticks = resolution.whole_notes(units.into(), metre.unit.into());
    let quarter = resolution.quarter().0;
    let ticks = ticks.map_or(quarter, |ticks| ticks.0).max(1);
    (ticks, i64::from(metre.beats / units).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abc;

    fn beats(text: &str) -> Vec<(i64, bool, i64)> {
        let tune = format!("X:1\nT:Tune\n{text}\n");
        let mut score = abc::read(tune.as_bytes()).unwrap().value.remove(0);
        for note in &mut score.parts[0].notes {
            note.velocity = 64u8.try_into().ok();
        }
        let found = of(&score, &score.parts[0]);
        let summary = found
            .iter()
            .map(|beat| (beat.index, beat.is_first, beat.per_bar));
        summary.collect()
    }

    #[test]
    fn beats_are_those_of_the_metre() {
        assert_eq!(
            beats("M:4/4\nL:1/4\nK:C\nC D/E/ z F|G4|]"),
            [(0, true, 4), (1, false, 4), (3, false, 4), (4, true, 4)]
        );
        assert_eq!(
            beats("M:6/8\nL:1/8\nK:C\nCDE FGA|c6|]"),
            [(0, true, 2), (1, false, 2), (2, true, 2)]
        );
    }

    #[test]
    fn a_pickup_has_the_last_beats() {
        // An eighth before a quarter: the quarter is a beat of its own.
        assert_eq!(
            beats("M:4/4\nL:1/8\nK:C\nG A2|c8|]"),
            [(0, true, 4), (1, false, 4), (2, true, 4)]
        );
    }

    #[test]
    fn the_highest_note_counts_most() {
        let mut score = abc::read(b"X:1\nT:T\nM:4/4\nL:1/1\nK:C\n[CEc]|]")
            .unwrap()
            .value
            .remove(0);
        for (note, velocity) in score.parts[0].notes.iter_mut().zip([40u8, 60, 80]) {
            note.velocity = velocity.try_into().ok();
        }
        let found = of(&score, &score.parts[0]);
        let onset = &found[0].onsets[0];
        assert_eq!((onset.level, onset.loudest), (65.0, (80, 2)));
    }
}

//! What a player recalls of how the notes before were struck.

use super::{Event, Passage};

/// Notes before a note that it is played by.
pub const REFERENCES: usize = 5;

/// What is recalled, as numbers: for each of [`References`] its velocity, how much it exceeds what was to be
/// expected, and whether there is such a note; of both the means over the last 8 and 32 notes.
pub const HISTORY: usize = 3 * REFERENCES + 4;

/// Where the notes stand by which one is played, if there are such: the one before; the nearest in pitch
/// of the eight before, the latest of several; the top of the chord before; the nearest in pitch of the
/// three chords before; the last one of the same pitch within 64 notes.
pub type References = [Option<usize>; REFERENCES];

const NEAR: usize = 8;
const LONG: usize = 32;

/// The references of each note of a passage.
pub fn references(passage: &Passage) -> Vec<References> {
    let events = &passage.events;
    let nearest = |index: usize, among: &mut dyn Iterator<Item = usize>| {
        let distance = |other: &usize| (events[*other].pitch - events[index].pitch).abs();
        among.min_by_key(distance)
    };
    let (mut first, mut top_before) = (0, None);
    let of_note = |(index, event): (usize, &Event)| {
        if index > 0 && events[index - 1].chord != event.chord {
            (top_before, first) = (Some(first), index);
        }
        let recent = event.chord.saturating_sub(3);
        let same = |other: &usize| events[*other].pitch == event.pitch;
        let before = (first.saturating_sub(24)..first).rev();
        [
            index.checked_sub(1),
            nearest(index, &mut (index.saturating_sub(NEAR)..index).rev()),
            top_before,
            nearest(
                index,
                &mut before.take_while(|&other| events[other].chord >= recent),
            ),
            (index.saturating_sub(64)..index).rev().find(same),
        ]
    };
    events.iter().enumerate().map(of_note).collect()
}

/// How the notes so far were struck, in deviations from the mean.
#[derive(Clone, Debug, Default)]
pub struct History {
    struck: Vec<f32>,
    exceeded: Vec<f32>,
}

impl History {
    /// Recalls that the next note was struck like this, where something else was to be expected.
    pub fn push(&mut self, struck: f32, expected: f32) {
        self.struck.push(struck);
        self.exceeded.push(struck - expected);
    }

    /// Writes what is recalled before the next note, [`HISTORY`] numbers; references before `from`, the
    /// place of the first note that was recalled, are forgotten.
    pub fn tell(&self, references: &References, from: usize, told: &mut [f32]) {
        let known = references.map(|place| place.and_then(|place| place.checked_sub(from)));
        for (index, place) in known.into_iter().enumerate() {
            let [struck, exceeded, is_known] = match place {
                Some(place) => [self.struck[place], self.exceeded[place], 1.0],
                None => [0.0; 3],
            };
            told[index] = struck;
            told[REFERENCES + index] = exceeded;
            told[2 * REFERENCES + index] = is_known;
        }
        let means = [
            recent(&self.struck, NEAR),
            recent(&self.struck, LONG),
            recent(&self.exceeded, NEAR),
            recent(&self.exceeded, LONG),
        ];
        told[3 * REFERENCES..HISTORY].copy_from_slice(&means);
    }
}

/// The mean of the last numbers; 0 if there are none.
fn recent(numbers: &[f32], count: usize) -> f32 {
    let last = &numbers[numbers.len().saturating_sub(count)..];
    #[expect(clippy::cast_precision_loss, reason = "at most 32")]
    let count = last.len().max(1) as f32;
    last.iter().sum::<f32>() / count
}

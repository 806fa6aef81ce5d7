//! The notes of a score as keys that are struck, and their velocities.

use consort_corpus::piano::Beats;
use consort_music::dynamics::Levels;
use consort_music::score::Mark;
use consort_music::{Score, Ticks, Velocity};

use super::encoding::{Passage, Struck, View, beats_of, seconds_of};

/// A note that is struck.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Touch {
    /// The part it is in.
    part: usize,
    /// Its heads, tied to one another, by index.
    heads: Vec<usize>,
    /// When it is written.
    at: Ticks,
    /// When it is struck, in seconds.
    onset: f64,
    end: f64,
}

/// All that a pianist strikes of a score: the notes of the parts that are no drums.
#[derive(Clone, Debug)]
pub(super) struct Touches {
    touches: Vec<Touch>,
    notes: Vec<Struck>,
    beats: Beats,
}

/// The share of onsets that must lie on a grid, for a score to be taken as written and not as played.
const ON_GRID: f64 = 0.75;

/// Seconds on either side within which velocities are compared.
const AROUND: f64 = 4.0;

/// How far a velocity must be above those around it to be an accent.
const STANDS_OUT: f64 = 8.0;

/// How much an accent and a strong accent add.
const ACCENTS: [f64; 2] = [12.0, 18.0];

impl Touches {
    /// The notes of a score, by part.
    pub(super) fn of(score: &Score) -> Touches {
        let mut found = Vec::new();
        for (index, part) in score.parts.iter().enumerate() {
            if part.instrument.percussion {
                continue;
            }
            let mut open: Vec<usize> = Vec::new();
            for (head, note) in part.notes.iter().enumerate() {
                let held = open.iter().position(|&held| {
                    let (_, heads, _, end): &(usize, Vec<usize>, Ticks, Ticks) = &found[held];
                    let last = &part.notes[heads[heads.len() - 1]];
                    note.tied_from && last.pitch == note.pitch && *end == note.onset
                });
                let touch = match held {
                    Some(place) => {
                        let touch = open.swap_remove(place);
                        let (_, heads, _, end) = &mut found[touch];
                        heads.push(head);
                        *end = note.end();
                        touch
                    }
                    None => {
                        found.push((index, vec![head], note.onset, note.end()));
                        found.len() - 1
                    }
                };
                if note.tied_to {
                    open.retain(|&held| found[held].3 >= note.onset);
                    open.push(touch);
                }
            }
        }
        Touches::timed(score, found)
    }

    fn timed(score: &Score, found: Vec<(usize, Vec<usize>, Ticks, Ticks)>) -> Touches {
        let short = (score.resolution.quarter() / 8).max(Ticks(1));
        let moments = found.iter().flat_map(|(part, heads, from, to)| {
            let first = &score.parts[*part].notes[heads[0]];
            let (from, to) = match first.played {
                Some(played) => (*from + played.delay, *from + played.delay + played.duration),
                None if first.is_grace() => (*from - short, *from),
                None => (*from, *to),
            };
            [from.max(Ticks::ZERO), to.max(Ticks(1))]
        });
        let moments: Vec<Ticks> = moments.collect();
        let seconds = seconds_of(score, &moments);
        let touches = found.into_iter().zip(seconds.chunks(2));
        let touches = touches.map(|((part, heads, at, _), times)| Touch {
            part,
            heads,
            at,
            onset: times[0],
            end: times[1],
        });
        let touches: Vec<Touch> = touches.collect();
        let notes = touches.iter().map(|touch| {
            let note = &score.parts[touch.part].notes[touch.heads[0]];
            Struck {
                onset: touch.onset,
                end: touch.end,
                pitch: note.pitch,
                velocity: note.velocity,
            }
        });
        Touches {
            notes: notes.collect(),
            touches,
            beats: beats_of(score),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.touches.len()
    }

    /// Whether the notes lie where beats are divided into whole twelfths or sixteenths.
    pub(super) fn are_on_grid(&self) -> bool {
        let near = |x: f64| (x - x.round()).abs();
        let on_grid = self.notes.iter().filter(|note| {
            let position = self.beats.position(note.onset);
            near(position * 12.0) < 0.06 || near(position * 16.0) < 0.08
        });
        #[expect(clippy::cast_precision_loss, reason = "counts of notes")]
        let share = on_grid.count() as f64 / self.notes.len().max(1) as f64;
        share >= ON_GRID
    }

    /// The notes as a passage; each event's source is the number of its touch.
    pub(super) fn passage(&self, view: View) -> Passage {
        Passage::of(&self.notes, &self.beats, view)
    }

    /// Moves velocities, one for each touch, to the written dynamics: what lies around a note is brought to
    /// the level that is written there, and the note keeps its distance to it.
    pub(super) fn follow(&self, levels: &Levels, velocities: &mut [f64]) {
        let around = self.around(velocities, mean);
        for ((touch, velocity), around) in self.touches.iter().zip(&mut *velocities).zip(around) {
            *velocity += levels.level_at(touch.at) - around;
        }
        for accent in levels.accents() {
            for (touch, velocity) in self.touches.iter().zip(&mut *velocities) {
                if touch.at == accent.at {
                    *velocity = velocity.max(f64::from(accent.level));
                }
            }
        }
    }

    /// Puts the given velocities back where dynamics are written: from the first sign on.
    pub(super) fn keep(&self, score: &Score, velocities: &mut [f64]) {
        let signs = score.parts.iter().flat_map(|part| {
            let dynamics = part.directions.iter();
            dynamics.filter(|sign| sign.kind == consort_music::score::DirectionKind::Dynamic)
        });
        let Some(first) = signs.map(|sign| sign.at).min() else {
            return;
        };
        for (touch, velocity) in self.touches.iter().zip(velocities) {
            if touch.at >= first {
                *velocity = self.given(score, touch);
            }
        }
    }

    /// Adds the accents that are written, and how far given velocities stand out.
    pub(super) fn accent(&self, score: &Score, velocities: &mut [f64]) {
        let given: Vec<f64> = self
            .touches
            .iter()
            .map(|touch| self.given(score, touch))
            .collect();
        let around = self.around(&given, median);
        for (index, touch) in self.touches.iter().enumerate() {
            let marks = &score.parts[touch.part].notes[touch.heads[0]].marks;
            let above = given[index] - around[index];
            velocities[index] += if above >= STANDS_OUT {
                above
            } else if marks.contains(&Mark::Marcato) {
                ACCENTS[1]
            } else if marks.contains(&Mark::Accent) {
                ACCENTS[0]
            } else {
                0.0
            };
        }
    }

    /// Of each touch what `middle` makes of the velocities around it.
    fn around(&self, velocities: &[f64], middle: fn(&mut [f64]) -> f64) -> Vec<f64> {
        let mut order: Vec<usize> = (0..self.touches.len()).collect();
        order.sort_by(|&a, &b| self.touches[a].onset.total_cmp(&self.touches[b].onset));
        let onsets: Vec<f64> = order
            .iter()
            .map(|&index| self.touches[index].onset)
            .collect();
        let mut found = vec![0.0; velocities.len()];
        let (mut from, mut to) = (0, 0);
        // Notes that begin together have the same around them.
        let mut last: Option<(f64, f64)> = None;
        for (&index, &onset) in order.iter().zip(&onsets) {
            if let Some((_, value)) = last.filter(|&(at, _)| at >= onset) {
                found[index] = value;
                continue;
            }
            while onsets[from] < onset - AROUND {
                from += 1;
            }
            while to < onsets.len() && onsets[to] <= onset + AROUND {
                to += 1;
            }
            let near = order[from..to].iter().map(|&other| velocities[other]);
            found[index] = middle(&mut near.collect::<Vec<f64>>());
            last = Some((onset, found[index]));
        }
        found
    }

    fn given(&self, score: &Score, touch: &Touch) -> f64 {
        let velocity = score.parts[touch.part].notes[touch.heads[0]].velocity;
        f64::from(velocity.unwrap_or(Velocity::DEFAULT).midi())
    }

    /// Moves the given velocities so far, 0 to 1, towards others, one for each touch, and says whether any
    /// note is struck otherwise than before.
    pub(super) fn write(&self, score: &mut Score, velocities: &[f64], strength: f64) -> bool {
        let mut is_changed = false;
        for (touch, wanted) in self.touches.iter().zip(velocities) {
            let given = self.given(score, touch);
            let velocity = given + strength * (wanted - given);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "1 to 127"
            )]
            let velocity = Velocity::try_from(velocity.round().clamp(1.0, 127.0) as u8).ok();
            for &head in &touch.heads {
                let note = &mut score.parts[touch.part].notes[head];
                is_changed |= note.velocity != velocity;
                note.velocity = velocity;
            }
        }
        is_changed
    }
}

fn mean(numbers: &mut [f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of notes")]
    let count = numbers.len().max(1) as f64;
    numbers.iter().sum::<f64>() / count
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

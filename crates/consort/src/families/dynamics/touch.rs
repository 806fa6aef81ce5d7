//! The notes of a score as keys that are struck, and their velocities.

use std::collections::{BTreeMap, BTreeSet};

use consort_corpus::piano::Beats;
use consort_music::dynamics::Levels;
use consort_music::score::{DirectionKind, Mark, TempoChange};
use consort_music::{Control, Message, Played, Score, Tempo, Ticks, Velocity};

use super::encoding::{
    DELAY_UNIT, LENGTH_UNIT, Passage, Pedal, Struck, TEMPO_UNIT, Timed, View, beats_of, seconds_of,
};

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

/// The number of the controller that is the sustain pedal.
const SUSTAIN: u8 = 64;

/// Seconds after which a pedal that is held is renewed: 95 of 100 in the ASAP dataset are let go by then.
const LONGEST_PEDAL: f64 = 2.4;

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
            dynamics.filter(|sign| sign.kind == DirectionKind::Dynamic)
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

    /// Times the notes as a pianist does, so far, 0 to 1: tempo from beat to beat, and beside what is written when
    /// each note is struck and how long it is held. The tempo is the score's on the mean.
    pub(super) fn time(&self, score: &mut Score, passage: &Passage, timed: &[Timed], timing: f64) {
        let tempos: Vec<f64> = timed
            .iter()
            .filter_map(|timed| timed.tempo)
            .map(f64::from)
            .collect();
        let usual = mean(&mut tempos.clone());
        let mut slower: BTreeMap<Ticks, f64> = BTreeMap::new();
        for (event, timed) in passage.events.iter().zip(timed) {
            if let Some(tempo) = timed.tempo {
                let times = (timing * TEMPO_UNIT * (f64::from(tempo) - usual)).exp();
                slower.insert(self.touches[event.source].at, times);
            }
        }
        score.tempos = bent(&score.tempos, &slower);
        for (event, timed) in passage.events.iter().zip(timed) {
            let touch = &self.touches[event.source];
            let first = &score.parts[touch.part].notes[touch.heads[0]];
            if first.is_grace() {
                continue;
            }
            let tempo = score
                .tempos
                .iter()
                .take_while(|change| change.at <= touch.at)
                .last();
            let tempo = tempo.map_or(Tempo::DEFAULT, |change| change.tempo);
            let second = f64::from(score.resolution.ticks_per_quarter())
                * tempo.quarters_per_minute()
                / 60.0;
            let delay = timing * DELAY_UNIT * f64::from(timed.delay.unwrap_or(0.0)) * second;
            let longer = (timing * LENGTH_UNIT * f64::from(timed.length.unwrap_or(0.0))).exp();
            let last = touch.heads[touch.heads.len() - 1];
            let written = score.parts[touch.part].notes[last].end() - touch.at;
            let played = Played {
                delay: ticks(delay).max(Ticks::ZERO - touch.at),
                duration: ticks(longer * written.0 as f64).max(Ticks(1)),
            };
            score.parts[touch.part].notes[touch.heads[0]].played = Some(played);
        }
    }

    /// Adds the pedal to the parts that are played; false if there is one already, which stays.
    pub(super) fn pedal(&self, score: &mut Score, passage: &Passage, timed: &[Timed]) -> bool {
        let is_pedal = |control: &Control| {
            matches!(
                control.message,
                Message::Controller {
                    number: SUSTAIN,
                    ..
                }
            )
        };
        if score
            .parts
            .iter()
            .any(|part| part.controls.iter().any(is_pedal))
        {
            return false;
        }
        // About a twentieth of a second: as long as dampers take.
        let renewal = (score.resolution.quarter() / 10).max(Ticks(1));
        let (mut moves, mut is_down) = (Vec::new(), false);
        let (mut last, mut pressed) = (Ticks(-1), 0.0);
        for (event, timed) in passage.events.iter().zip(timed) {
            let at = self.touches[event.source].at;
            let Some(pedal) = timed.pedal.filter(|_| at > last) else {
                continue;
            };
            last = at + renewal;
            let is_long = event.onset - pressed >= LONGEST_PEDAL;
            let pedal = match pedal {
                Pedal::Held if is_long => Pedal::Pressed,
                pedal => pedal,
            };
            if pedal == Pedal::Pressed || !is_down {
                pressed = event.onset;
            }
            match pedal {
                Pedal::Up if is_down => moves.push((at, 0)),
                Pedal::Pressed if is_down => moves.extend([(at, 0), (at + renewal, 127)]),
                Pedal::Pressed | Pedal::Held if !is_down => moves.push((at + renewal, 127)),
                Pedal::Up | Pedal::Held | Pedal::Pressed => {}
            }
            is_down = pedal != Pedal::Up;
        }
        if is_down {
            moves.push((score.end().max(last), 0));
        }
        let parts: BTreeSet<usize> = self.touches.iter().map(|touch| touch.part).collect();
        for part in parts {
            let controls = &mut score.parts[part].controls;
            controls.extend(moves.iter().map(|&(at, value)| Control {
                at,
                message: Message::Controller {
                    number: SUSTAIN,
                    value,
                },
            }));
            controls.sort_by_key(|control| control.at);
        }
        true
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

/// Tempos with the beats so many times as long from some moments on.
fn bent(tempos: &[TempoChange], slower: &BTreeMap<Ticks, f64>) -> Vec<TempoChange> {
    let own = tempos.iter().map(|change| change.at);
    let moments: BTreeSet<Ticks> = own.chain(slower.keys().copied()).collect();
    let (mut tempo, mut times) = (Tempo::DEFAULT, 1.0);
    let mut bent: Vec<TempoChange> = Vec::with_capacity(moments.len());
    for at in moments {
        let change = tempos.iter().rev().find(|change| change.at == at);
        tempo = change.map_or(tempo, |change| change.tempo);
        times = slower.get(&at).copied().unwrap_or(times);
        let new = Tempo::new((tempo.quarters_per_minute() / times).clamp(1.0, 10_000.0));
        if let Some(tempo) = new {
            bent.push(TempoChange { at, tempo });
        }
    }
    bent
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond the range becomes its end"
)]
fn ticks(number: f64) -> Ticks {
    Ticks(number.round() as i64)
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use consort_learn::Seed;
    use consort_music::midi;

    use super::*;

    /// A score without its velocities.
    fn silent(score: &Score) -> Score {
        let mut score = score.clone();
        for note in score.parts.iter_mut().flat_map(|part| &mut part.notes) {
            note.velocity = None;
        }
        score
    }

    fn midi_files(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                midi_files(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "mid") {
                found.push(path);
            }
        }
    }

    #[test]
    fn no_note_of_any_performance_or_score_is_changed_but_in_velocity() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let mut files = Vec::new();
        for set in ["piano-asap", "piano-rolls", "robustness"] {
            midi_files(&data.join(set), &mut files);
        }
        if files.is_empty() {
            eprintln!("skipped: no data sets at ../shared/data");
        }
        let mut stream = Seed(1).stream("velocities", 0);
        let mut played = 0;
        for file in files {
            let Ok(reading) = midi::read(&fs::read(&file).unwrap()) else {
                continue;
            };
            let score = reading.value;
            let touches = Touches::of(&score);
            let random = |_| 1.0 + 126.0 * f64::from(stream.uniform());
            let velocities: Vec<f64> = (0..touches.len()).map(random).collect();
            let mut music = score.clone();
            touches.write(&mut music, &velocities, 1.0);
            assert_eq!(silent(&music), silent(&score), "{}", file.display());
            let view = if touches.are_on_grid() {
                View::Notated
            } else {
                View::Performed
            };
            assert_eq!(touches.passage(view).events.len(), touches.len());
            played += usize::from(touches.len() > 0);
        }
        eprintln!("{played} files played");
    }
}

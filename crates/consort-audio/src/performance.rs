//! A score in seconds: what is played when, by which instrument, and from where.

use std::collections::BTreeSet;

use consort_music::midi::general::program_named;
use consort_music::performance::{Message, played};
use consort_music::score::DirectionKind;
use consort_music::{Part, Score, Tempo, Ticks};

/// A score in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Performance {
    pub(crate) parts: Vec<PlayedPart>,
    /// The end of the last measure or note.
    pub(crate) seconds: f64,
}

/// A part in seconds.
#[derive(Clone, Debug)]
pub(crate) struct PlayedPart {
    /// Programs from a moment on, in order; the first is at 0.
    pub(crate) programs: Vec<(f64, u8)>,
    pub(crate) percussion: bool,
    /// Where it is heard: -1 left, 1 right.
    pub(crate) pan: f32,
    /// In order of onset; of one pitch no two at once.
    pub(crate) notes: Vec<Tone>,
}

/// A note in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tone {
    pub(crate) onset: f64,
    pub(crate) end: f64,
    pub(crate) pitch: u8,
    pub(crate) velocity: u8,
}

/// How far out the outermost parts are heard.
const WIDTH: f32 = 0.5;

/// How much longer the last quarter of a held note lasts.
const HOLD: f64 = 0.75;

/// The longest tick, in seconds: beyond any piece that is rendered.
const SLOWEST_TICK_S: f64 = 1e9;

/// The program of parts that say nothing of their instrument.
const PIANO: u8 = 0;
const CHOIR: u8 = 52;

/// The drum kit of parts that name none.
const STANDARD_KIT: u8 = 0;

impl Performance {
    pub(crate) fn of(score: &Score, hold_fermatas: bool) -> Performance {
        let clock = Clock::of(score, hold_fermatas);
        let melodic = score
            .parts
            .iter()
            .filter(|part| !part.instrument.percussion)
            .count();
        let mut place = 0;
        let parts = score.parts.iter().map(|part| {
            let pan = if part.instrument.percussion || melodic < 2 {
                0.0
            } else {
                place += 1;
                #[expect(clippy::cast_precision_loss, reason = "there are few parts")]
                let share = (place - 1) as f32 / (melodic - 1) as f32;
                WIDTH * (2.0 * share - 1.0)
            };
            PlayedPart {
                programs: programs(part, &clock),
                percussion: part.instrument.percussion,
                pan,
                notes: tones(part, score, &clock),
            }
        });
        Performance {
            parts: parts.collect(),
            seconds: clock.seconds(score.end()),
        }
    }

    /// The end of the last note.
    pub(crate) fn last_end(&self) -> Option<f64> {
        let notes = self.parts.iter().flat_map(|part| &part.notes);
        notes.map(|note| note.end).reduce(f64::max)
    }
}

/// Its notes in seconds. Where notes of one pitch overlap, as in unisons of two voices, the later
/// onset ends the earlier note and lasts as long as either.
fn tones(part: &Part, score: &Score, clock: &Clock) -> Vec<Tone> {
    let mut tones: Vec<Tone> = Vec::new();
    let mut last_of_pitch: [Option<usize>; 128] = [None; 128];
    for note in played(part, score.resolution) {
        let mut tone = Tone {
            onset: clock.seconds(note.onset.max(Ticks::ZERO)),
            end: clock.seconds(note.end.max(Ticks::ZERO)),
            pitch: note.pitch.midi(),
            velocity: note.velocity.midi(),
        };
        let last = &mut last_of_pitch[usize::from(tone.pitch)];
        if let Some(earlier) = last.and_then(|index| tones.get_mut(index)) {
            if earlier.onset == tone.onset {
                earlier.end = earlier.end.max(tone.end);
                earlier.velocity = earlier.velocity.max(tone.velocity);
                continue;
            }
            tone.end = tone.end.max(earlier.end);
            earlier.end = earlier.end.min(tone.onset);
        }
        *last = Some(tones.len());
        tones.push(tone);
    }
    tones
}

/// The program at the start, and those that words name or controls choose later.
fn programs(part: &Part, clock: &Clock) -> Vec<(f64, u8)> {
    let directions = part.directions.iter();
    let words = directions.filter(|direction| direction.kind == DirectionKind::Words);
    let named = words.filter_map(|words| Some((words.at, program_named(&words.text)?)));
    let chosen = part
        .controls
        .iter()
        .filter_map(|control| match control.message {
            Message::Program(program) => Some((control.at, program)),
            _ => None,
        });
    let mut later: Vec<(Ticks, u8)> = named.chain(chosen).collect();
    later.sort_by_key(|&(at, _)| at);
    let later = later.into_iter();
    std::iter::once((0.0, first_program(part)))
        .chain(later.map(|(at, program)| (clock.seconds(at.max(Ticks::ZERO)), program)))
        .collect()
}

/// The program of a part, by its own word, else by its name, else by whether it has words to sing;
/// of drums the kit.
fn first_program(part: &Part) -> u8 {
    if part.instrument.percussion {
        return part.instrument.program.unwrap_or(STANDARD_KIT);
    }
    let name = part.name.to_lowercase();
    let sung = [
        "soprano", "alto", "tenor", "bass", "cantus", "treble", "voice", "choir", "chor",
    ];
    let is_sung = || {
        let mut words = name.split(|c: char| !c.is_alphabetic());
        words.any(|word| sung.contains(&word)) || part.notes.iter().any(|n| !n.lyrics.is_empty())
    };
    let sings = || is_sung().then_some(CHOIR);
    part.instrument
        .program
        .or_else(|| program_named(&part.name))
        .or_else(sings)
        .unwrap_or(PIANO)
}

/// Seconds of ticks, by the tempos and, where wanted, longer under fermatas.
struct Clock {
    /// Moments, their seconds, and the seconds of each tick from there on.
    points: Vec<(Ticks, f64, f64)>,
}

impl Clock {
    fn of(score: &Score, hold_fermatas: bool) -> Clock {
        let held = if hold_fermatas {
            held(score)
        } else {
            Vec::new()
        };
        let edges = held.iter().flat_map(|&(from, to)| [from, to]);
        let moments: BTreeSet<Ticks> = score
            .tempos
            .iter()
            .map(|change| change.at.max(Ticks::ZERO))
            .chain(edges)
            .chain([Ticks::ZERO])
            .collect();
        let quarter = f64::from(score.resolution.ticks_per_quarter());
        let mut tempos = score.tempos.iter().peekable();
        let mut holds = held.iter().peekable();
        let mut tempo = Tempo::DEFAULT;
        let mut points: Vec<(Ticks, f64, f64)> = Vec::with_capacity(moments.len());
        for at in moments {
            while let Some(change) = tempos.next_if(|change| change.at <= at) {
                tempo = change.tempo;
            }
            while holds.next_if(|&&(_, to)| to <= at).is_some() {}
            let is_held = holds.peek().is_some_and(|&&(from, _)| from <= at);
            let slower = if is_held { 1.0 + HOLD } else { 1.0 };
            // An endless tick would make times that are no numbers.
            let each = (60.0 / tempo.quarters_per_minute() / quarter * slower).min(SLOWEST_TICK_S);
            let seconds = points.last().map_or(0.0, |point| since(point, at));
            points.push((at, seconds, each));
        }
        Clock { points }
    }

    fn seconds(&self, at: Ticks) -> f64 {
        let after = self.points.partition_point(|&(from, ..)| from <= at);
        self.points
            .get(after.saturating_sub(1))
            .map_or(0.0, |point| since(point, at))
    }
}

fn since(&(from, seconds, each): &(Ticks, f64, f64), at: Ticks) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
    let ticks = (at - from).0 as f64;
    seconds + ticks * each
}

/// The last quarters of notes under fermatas, in order and apart.
fn held(score: &Score) -> Vec<(Ticks, Ticks)> {
    let quarter = score.resolution.quarter();
    let notes = score
        .parts
        .iter()
        .flat_map(Part::sounding)
        .filter(|note| note.fermata);
    let mut held: Vec<(Ticks, Ticks)> = notes
        .map(|note| {
            (
                note.onset.max(note.end() - quarter).max(Ticks::ZERO),
                note.end(),
            )
        })
        .filter(|(from, to)| from < to)
        .collect();
    held.sort_unstable();
    let mut apart: Vec<(Ticks, Ticks)> = Vec::new();
    for (from, to) in held {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_music::score::{Direction, Mark, TempoChange};
    use consort_music::{Note, Pitch, Resolution};

    fn note(onset: i64, duration: i64, midi: u8) -> Note {
        Note::new(
            Ticks(onset),
            Ticks(duration),
            Pitch::try_from(midi).unwrap(),
        )
    }

    fn score(notes: Vec<Note>) -> Score {
        let mut score = Score::new(Resolution::new(4).unwrap());
        let tempo = |at, quarters| TempoChange {
            at: Ticks(at),
            tempo: Tempo::new(quarters).unwrap(),
        };
        score.tempos = vec![tempo(0, 60.0), tempo(8, 120.0)];
        score.parts = vec![Part {
            notes,
            ..Part::default()
        }];
        score
    }

    #[test]
    fn seconds_are_those_of_the_score() {
        let score = score(vec![note(0, 4, 60), note(6, 6, 62)]);
        let performance = Performance::of(&score, false);
        let times: Vec<(f64, f64)> = performance.parts[0]
            .notes
            .iter()
            .map(|tone| (tone.onset, tone.end))
            .collect();
        assert_eq!(times, [(0.0, 1.0), (1.5, 2.5)]);
        assert_eq!(performance.seconds, score.seconds_at(Ticks(12)));
    }

    #[test]
    fn fermatas_hold_the_last_quarter() {
        let mut held = note(0, 8, 60);
        held.marks.push(Mark::Fermata);
        let score = score(vec![held, note(8, 4, 62)]);
        let tones = &Performance::of(&score, true).parts[0].notes;
        assert_eq!(
            (tones[0].end, tones[1].onset, tones[1].end),
            (2.75, 2.75, 3.25)
        );
    }

    #[test]
    fn unisons_are_one_tone() {
        let score = score(vec![note(0, 2, 60), note(0, 4, 60), note(2, 1, 60)]);
        let tones = &Performance::of(&score, false).parts[0].notes;
        let times: Vec<(f64, f64)> = tones.iter().map(|tone| (tone.onset, tone.end)).collect();
        assert_eq!(times, [(0.0, 0.5), (0.5, 1.0)]);
    }

    #[test]
    fn names_and_words_choose_instruments() {
        let mut part = Part {
            name: "S. Soprano".into(),
            ..Part::default()
        };
        assert_eq!(first_program(&part), CHOIR);
        part.name = "Oboe".into();
        assert_eq!(first_program(&part), 68);
        part.name = "Bassoonist".into();
        assert_eq!(first_program(&part), PIANO);
        let mut score = score(vec![note(0, 4, 60)]);
        score.parts[0].directions.push(Direction {
            at: Ticks(4),
            text: "Violin".into(),
            kind: DirectionKind::Words,
        });
        assert_eq!(
            Performance::of(&score, false).parts[0].programs,
            [(0.0, 0), (1.0, 40)]
        );
    }
}

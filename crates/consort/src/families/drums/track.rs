//! Between scores and steps: the drums that are given, what to play along with, and what was played as a
//! score.

use consort_music::grid::{Drum, Hit, drum_parts};
use consort_music::performance::played;
use consort_music::quantize::{Grid as Notation, Quantization, Signature, Voices};
use consort_music::score::{Instrument, Part, TempoChange};
use consort_music::{
    Measure, Metre, Note, Played, Resolution, Score, Tempo, Ticks, Velocity,
};

use super::encoding::{Frame, Grid, Groove, place};
use crate::error::Error;

/// The velocity of all strokes where they are quantised: mezzo-forte.
const FLAT: Velocity = Velocity::DEFAULT;

/// The resolution of scores that are written: a multiple of 32nds and of triplets of sixteenths.
const RESOLUTION: Resolution = Resolution::MIDI;

/// A score in bars of one metre.
#[derive(Clone, Debug)]
pub(super) struct Barred {
    /// The score, repeats played out, in ticks of which a step is a whole number.
    pub(super) score: Score,
    /// The metre.
    pub(super) metre: Metre,
    /// The length of a step.
    pub(super) step: Ticks,
    /// How much of the first bar is missing: the score begins with a pickup.
    pub(super) missing: Ticks,
    /// What the user should know.
    pub(super) notices: Vec<String>,
}

impl Barred {
    /// Lays `score` in bars, of the metre `asked` for or else of its own.
    ///
    /// # Errors
    /// If it has several metres or one of no whole steps.
    pub(super) fn of(score: &Score, grid: Grid, asked: Option<Metre>) -> Result<Barred, Error> {
        let score = score.unfolded();
        let mut notices = Vec::new();
        let mut metres = score.measures.iter().filter_map(|measure| {
            let metre = measure.metre?;
            Some((measure, Metre::new(metre.beats, metre.unit)?))
        });
        let first = metres.next();
        let metre = asked.or(first.map(|(_, metre)| metre)).unwrap_or(Metre::COMMON);
        if let (None, Some((measure, other))) = (asked, metres.find(|(_, other)| *other != metre)) {
            return Err(Error::prompt(
                format!(
                    "the metre changes from {metre} to {other} in measure {}",
                    measure.number
                ),
                "cut the score there, or say with --meter which one to count in",
            ));
        }
        if 4 * grid.per_quarter() * usize::from(metre.beats) % usize::from(metre.unit) != 0 {
            return Err(Error::prompt(
                format!("a bar of {metre} is no whole number of steps"),
                "say with --meter which metre to count in",
            ));
        }
        let steps = u32::try_from(grid.per_quarter()).unwrap_or(4);
        let finer = Resolution::new(steps)
            .and_then(|steps| score.resolution.common(steps))
            .and_then(|common| score.at_resolution(common))
            .ok_or_else(|| {
                Error::prompt("the ticks of the score are too fine", "give it with fewer ticks a beat")
            })?;
        let step = finer.resolution.quarter() / i64::from(steps);
        let bar = step * i64::try_from(grid.per_bar(metre)).unwrap_or(16);
        let missing = match finer.measures.first() {
            Some(measure) if asked.is_none() && measure.length < bar => bar - measure.length,
            _ => Ticks::ZERO,
        };
        let tempos = finer.tempos.iter().skip(1).count();
        if tempos > 0 {
            notices.push(format!(
                "the tempo changes {tempos} times; the steps follow it, and what is new goes on in the last"
            ));
        }
        Ok(Barred {
            score: finer,
            metre,
            step,
            missing,
            notices,
        })
    }

    /// The step nearest to a moment, counted from the first bar line, and how far it is off.
    pub(super) fn place(&self, at: Ticks) -> (usize, f32) {
        place(at + self.missing, self.step)
    }

    /// Where a step is.
    pub(super) fn at(&self, step: usize) -> Ticks {
        self.step * i64::try_from(step).unwrap_or(i64::MAX) - self.missing
    }

    /// Quarter notes in a minute at the end.
    pub(super) fn last_tempo(&self) -> Option<f64> {
        let last = self.score.tempos.last();
        last.map(|change| change.tempo.quarters_per_minute())
    }
}

/// Drums that are given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The score with them.
    pub(super) barred: Barred,
    /// Which parts they are.
    pub(super) parts: Vec<usize>,
    /// The same on the grid, to the end of the last bar.
    pub(super) groove: Groove,
}

impl Given {
    /// Finds the drums of a score. `name` is what it is called in errors.
    ///
    /// # Errors
    /// If there are none, or the score cannot be laid in bars.
    pub(super) fn of(
        score: &Score,
        name: &str,
        grid: Grid,
        metre: Option<Metre>,
    ) -> Result<Given, Error> {
        let mut barred = Barred::of(score, grid, metre)?;
        let found = drum_parts(&barred.score);
        if found.is_empty() {
            return Err(Error::prompt(
                format!("{name} has no drums: {}", described(&barred.score)),
                "say with --channel which channel of a MIDI file they are on",
            ));
        }
        let parts: Vec<usize> = found.iter().map(|part| part.index).collect();
        for part in &found {
            let number = part.index + 1;
            barred
                .notices
                .push(format!("part {number} of {name} was taken for drums {}", part.evidence));
        }
        let (mut groove, left_out) =
            Groove::of(&barred.score, &parts, grid, barred.metre, barred.missing)?;
        if left_out.outside > 0 {
            barred.notices.push(format!(
                "{} strokes of percussion outside of the kit stay, but are not heard",
                left_out.outside
            ));
        }
        if left_out.softer > 0 {
            barred.notices.push(format!(
                "{} strokes of rolls stay, but are not heard: of a drum two strokes are in a step",
                left_out.softer
            ));
        }
        let bar = groove.bar();
        let end = barred.place(barred.score.measures.last().map_or(Ticks::ZERO, Measure::end)).0;
        let steps = groove.frames.len().max(end).next_multiple_of(bar);
        if groove.frames.is_empty() {
            return Err(Error::prompt(
                format!("the drums of {name} are never struck"),
                "give a pattern with strokes on the kit",
            ));
        }
        // A few empty measures at the end are part of a pattern; a long silence is how files end.
        let struck = groove.frames.len().next_multiple_of(bar);
        groove.frames.resize(steps.min(struck + bar), Frame::default());
        Ok(Given {
            barred,
            parts,
            groove,
        })
    }
}

/// The parts of a score in words.
fn described(score: &Score) -> String {
    let parts = score.parts.iter().filter(|part| !part.notes.is_empty());
    let names: Vec<String> = parts
        .take(8)
        .map(|part| match part.name.as_str() {
            "" => "one without a name".to_owned(),
            name => format!("{name:?}"),
        })
        .collect();
    if names.is_empty() {
        "it has no notes".to_owned()
    } else {
        format!("its parts are {}", names.join(", "))
    }
}

/// What to play along with.
#[derive(Clone, Debug)]
pub(super) struct Along {
    /// The score with it.
    pub(super) barred: Barred,
    /// Where notes of the line begin, step by step.
    pub(super) line: Vec<bool>,
}

impl Along {
    /// Finds the line to play along with: a bass, or the lowest part.
    ///
    /// # Errors
    /// If there is none, or the score cannot be laid in bars.
    pub(super) fn of(score: &Score, name: &str, grid: Grid) -> Result<Along, Error> {
        let mut barred = Barred::of(score, grid, None)?;
        let drums: Vec<usize> = drum_parts(&barred.score)
            .iter()
            .map(|part| part.index)
            .collect();
        let parts = barred.score.parts.iter().enumerate();
        let pitched: Vec<(usize, &Part)> = parts
            .filter(|(index, part)| !drums.contains(index) && !part.notes.is_empty())
            .collect();
        let is_bass = |part: &Part| {
            matches!(part.instrument.program, Some(32..=39))
                || part.name.to_lowercase().contains("bass")
        };
        let bass = pitched.iter().find(|(_, part)| is_bass(part));
        let lowest = pitched.iter().min_by_key(|(_, part)| mean_pitch(part));
        let Some(&(index, part)) = bass.or(lowest) else {
            return Err(Error::prompt(
                format!("{name} has no notes to play along with"),
                "give a score with a bass or a melody",
            ));
        };
        let mut line = Vec::new();
        for note in played(part, barred.score.resolution) {
            let (at, _) = barred.place(note.onset);
            if at >= consort_music::grid::STEPS_MAX {
                break;
            }
            if line.len() <= at {
                line.resize(at + 1, false);
            }
            line[at] = true;
        }
        let what = if part.name.is_empty() {
            format!("part {}", index + 1)
        } else {
            format!("{:?}", part.name)
        };
        barred.notices.push(format!("the drums play along with {what} of {name}"));
        Ok(Along { barred, line })
    }

    /// Bars of the score.
    pub(super) fn bars(&self, bar: usize) -> usize {
        let (end, _) = self.barred.place(self.barred.score.end());
        end.div_ceil(bar).max(1)
    }
}

fn mean_pitch(part: &Part) -> usize {
    let sum: usize = part.notes.iter().map(|note| usize::from(note.pitch.midi())).sum();
    sum / part.notes.len().max(1)
}

/// How what was played is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing {
    /// The steps.
    pub(super) grid: Grid,
    /// The metre.
    pub(super) metre: Metre,
    /// The share of a beat before its second eighth.
    pub(super) swing: Option<f64>,
    /// Whether all strokes are on the grid and at one velocity.
    pub(super) flat: bool,
}

/// A score with what was played, from its first bar on, at tempos bar by bar, of which the last goes on.
pub(super) fn score_of(frames: &[Frame], writing: Writing, tempos: &[f64]) -> Score {
    let mut score = Score::new(RESOLUTION);
    let bar = writing.grid.per_bar(writing.metre);
    let steps = i64::try_from(writing.grid.per_quarter()).unwrap_or(4);
    let step = RESOLUTION.quarter() / steps;
    let length = step * i64::try_from(bar).unwrap_or(16);
    for number in 0..frames.len().div_ceil(bar) {
        let start = length * i64::try_from(number).unwrap_or(0);
        let metre = (number == 0).then_some(writing.metre);
        let number_text = (number + 1).to_string();
        score.measures.push(Measure::new(start, length, metre, number_text));
        let tempo = tempos.get(number).and_then(|&tempo| Tempo::new(tempo));
        if let Some(tempo) = tempo.filter(|_| number == 0 || tempos[number] != tempos[number - 1]) {
            score.tempos.push(TempoChange { at: start, tempo });
        }
    }
    let mut part = drum_part();
    for (at, frame) in frames.iter().enumerate() {
        let at = step * i64::try_from(at).unwrap_or(0);
        for hits in [frame.strokes, frame.seconds] {
            for (drum, hit) in Drum::ALL.into_iter().zip(hits) {
                part.notes.extend(hit.map(|hit| note(at, step, drum, hit, writing)));
            }
        }
    }
    part.sort();
    score.parts.push(part);
    written(score, writing.flat)
}

/// A part for drums.
fn drum_part() -> Part {
    Part {
        name: "Drums".to_owned(),
        instrument: Instrument {
            program: None,
            percussion: true,
        },
        ..Part::default()
    }
}

fn note(at: Ticks, step: Ticks, drum: Drum, hit: Hit, writing: Writing) -> Note {
    let struck = (at + ticks(f64::from(hit.offset), step)).max(Ticks::ZERO);
    let struck = match writing.swing {
        Some(swing) => swung(struck, swing),
        None => struck,
    };
    Note {
        velocity: Some(hit.velocity),
        played: Some(Played {
            delay: struck - at,
            duration: (step / 2).max(Ticks(1)),
        }),
        ..Note::new(at, step, drum.pitch())
    }
}

/// The part of a length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "within a beat, whose ticks are few"
)]
fn ticks(share: f64, of: Ticks) -> Ticks {
    Ticks((share * of.0 as f64).round() as i64)
}

/// A moment with its beat bent so that its second eighth comes after this share of it. What was swung
/// before is taken for straight first.
#[expect(clippy::cast_precision_loss, reason = "within a beat, whose ticks are few")]
fn swung(at: Ticks, share: f64) -> Ticks {
    let beat = RESOLUTION.quarter();
    let place = (at % beat).0 as f64 / beat.0 as f64;
    // From here to here a stroke is nearer to two thirds than to the sixteenths beside it.
    let straight = match place {
        place if (0.583..0.708).contains(&place) => 0.5 + place - 2.0 / 3.0,
        place => place,
    };
    let bent = if straight < 0.5 {
        straight * share / 0.5
    } else {
        share + (straight - 0.5) * (1.0 - share) / 0.5
    };
    at - at % beat + ticks(bent, beat)
}

/// The score as it would be written down: on sixteenths, thirty-seconds and triplets.
fn written(score: Score, flat: bool) -> Score {
    let notation = Quantization {
        grid: Notation {
            triplets: true,
            ..Notation::plain(if flat { 16 } else { 32 })
        },
        metre: Signature::Keep,
        key: Signature::Keep,
        voices: Voices::Keep,
        hands: false,
        keep_performance: !flat,
    };
    let mut score = score.quantized(&notation).value.score;
    score.keys.clear();
    if flat {
        let notes = score.parts.iter_mut().flat_map(|part| &mut part.notes);
        notes.for_each(|note| note.velocity = Some(FLAT));
    }
    score
}

/// Puts the drums of `new` behind those of `given`, from a step on; everything else of the given score goes.
///
/// # Errors
/// If there are no ticks for both.
pub(super) fn continued(given: &Given, new: &Score, from: usize) -> Result<Score, Error> {
    let (mut score, new) = together(&given.barred.score, new)?;
    let factor = times(&given.barred.score, &score);
    let at = given.barred.at(from) * factor;
    let mut part = drum_part();
    for (index, old) in std::mem::take(&mut score.parts).into_iter().enumerate() {
        if given.parts.contains(&index) {
            part.notes.extend(old.notes);
            part.controls.extend(old.controls);
        }
    }
    part.controls.sort_by_key(|control| control.at);
    score.keys.clear();
    score.measures.retain(|measure| measure.start < at);
    add_measures(&mut score, &new, at, given.barred.metre);
    add_notes(&mut part, &new, at);
    score.parts.push(part);
    Ok(score)
}

/// Puts the drums of `new` beside what they play along with.
///
/// # Errors
/// If there are no ticks for both.
pub(super) fn accompanied(along: &Along, new: &Score) -> Result<Score, Error> {
    let (mut score, new) = together(&along.barred.score, new)?;
    let factor = times(&along.barred.score, &score);
    let at = along.barred.at(0) * factor;
    let end = score.measures.last().map_or(Ticks::ZERO, Measure::end);
    let mut part = drum_part();
    add_notes(&mut part, &new, at);
    if new.end() + at > end {
        let mut rest = new.clone();
        rest.measures.retain(|measure| measure.start + at >= end);
        add_measures(&mut score, &rest, at, along.barred.metre);
    }
    score.parts.push(part);
    Ok(score)
}

/// Two scores in common ticks.
fn together(a: &Score, b: &Score) -> Result<(Score, Score), Error> {
    let common = a.resolution.common(b.resolution);
    let both = common.and_then(|common| Some((a.at_resolution(common)?, b.at_resolution(common)?)));
    both.ok_or_else(|| {
        Error::prompt(
            "the ticks of the score are too fine",
            "give it with fewer ticks a beat",
        )
    })
}

/// How many ticks of the one are a tick of the other.
fn times(coarse: &Score, fine: &Score) -> i64 {
    let ticks = |score: &Score| i64::from(score.resolution.ticks_per_quarter());
    ticks(fine) / ticks(coarse)
}

/// Adds the measures of `new`, from `at` on, numbered on.
fn add_measures(score: &mut Score, new: &Score, at: Ticks, metre: Metre) {
    let numbers = score.measures.len() + 1..;
    let same = !score.measures.is_empty();
    for (measure, number) in new.measures.iter().zip(numbers) {
        let start = measure.start + at;
        let sign = (measure.metre.is_some() && !same).then_some(metre);
        score
            .measures
            .push(Measure::new(start, measure.length, sign, number.to_string()));
    }
}

/// Adds the notes of `new`, from `at` on; none is struck before the start.
fn add_notes(part: &mut Part, new: &Score, at: Ticks) {
    for note in new.parts.iter().flat_map(|part| &part.notes) {
        let onset = note.onset + at;
        if onset < Ticks::ZERO {
            continue;
        }
        let mut note = note.clone();
        note.onset = onset;
        if let Some(played) = &mut note.played {
            played.delay = played.delay.max(-onset);
        }
        part.notes.push(note);
    }
    part.sort();
}

/// The given score with the strokes of its drums as `frames` play them.
pub(super) fn played_as(given: &Given, frames: &[Frame]) -> Score {
    let mut score = given.barred.score.clone();
    let stiff = &given.groove.frames;
    let mut done: Vec<[[bool; 2]; super::encoding::DRUMS]> = vec![Default::default(); stiff.len()];
    for &part in &given.parts {
        for note in &mut score.parts[part].notes {
            let Some(drum) = Drum::of(note.pitch) else {
                continue;
            };
            let delay = note.played.map_or(Ticks::ZERO, |played| played.delay);
            let (step, offset) = given.barred.place(note.onset + delay);
            let Some(done) = done.get_mut(step).map(|done| &mut done[drum as usize]) else {
                continue;
            };
            let (was, is) = (&stiff[step], &frames[step]);
            let heard = [was.strokes, was.seconds].map(|hits| hits[drum as usize]);
            let same = |hit: Option<Hit>| {
                hit.is_some_and(|hit| {
                    Some(hit.velocity) == note.velocity.or(Some(Velocity::DEFAULT))
                        && (hit.offset - offset).abs() < 1e-4
                })
            };
            let which = (0..2).find(|&which| !done[which] && same(heard[which]));
            let Some(which) = which else { continue };
            done[which] = true;
            let now = if which == 0 { is.strokes } else { is.seconds };
            let Some(hit) = now[drum as usize] else {
                continue;
            };
            let at = given.barred.at(step) + ticks(f64::from(hit.offset), given.barred.step);
            let duration = note.played.map_or(note.duration, |played| played.duration);
            note.velocity = Some(hit.velocity);
            note.played = Some(Played {
                delay: at.max(Ticks::ZERO) - note.onset,
                duration: duration.max(Ticks(1)),
            });
        }
        score.parts[part].sort();
    }
    score
}

/// Bars of a plain beat in 4/4, for networks that cannot begin with nothing.
pub(super) fn plain_beat(grid: Grid, bars: usize) -> Vec<Frame> {
    let eighth = grid.per_quarter() / 2;
    let mut frames = vec![Frame::default(); bars * 8 * eighth];
    for number in 0..8 * bars {
        let drums: &[Drum] = match number % 8 {
            0 | 5 => &[Drum::ClosedHiHat, Drum::Kick],
            2 | 6 => &[Drum::ClosedHiHat, Drum::Snare],
            _ => &[Drum::ClosedHiHat],
        };
        for &drum in drums {
            frames[number * eighth].strokes[drum as usize] = Some(Hit {
                velocity: Velocity::DEFAULT,
                offset: 0.0,
            });
        }
    }
    frames
}

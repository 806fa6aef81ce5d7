//! Between scores and steps: the drums that are given, what to play along with, and what was played as a
//! score.

use consort_music::grid::{Drum, Hit, drum_parts};
use consort_music::performance::played;
use consort_music::quantize::{Grid as Notation, Quantization, Signature, Voices};
use consort_music::score::{Instrument, Part, TempoChange};
use consort_music::{Measure, Metre, Note, Played, Resolution, Score, Tempo, Ticks, Velocity};

use super::encoding::{Frame, Grid, Groove, LeftOut, place};
use crate::error::Error;

/// The velocity of all strokes where they are quantised: mezzo-forte.
const FLAT: Velocity = Velocity::DEFAULT;

/// The resolution of scores that are written: a multiple of 32nds and of triplets of sixteenths.
const RESOLUTION: Resolution = Resolution::MIDI;

/// A score whose time is counted in steps of bars of one metre.
///
/// Measures that are shorter than a bar are bars that are cut: a pickup at its beginning, others at their
/// end. Their missing steps are counted but do not sound, so that a step of a number always stands at the
/// same place of a bar. Longer measures are several bars.
#[derive(Clone, Debug)]
pub(super) struct Barred {
    /// The score, repeats played out, in ticks of which a step is a whole number.
    pub(super) score: Score,
    /// The steps.
    pub(super) grid: Grid,
    /// The metre.
    pub(super) metre: Metre,
    /// The length of a step.
    step: Ticks,
    bars: Vec<Bar>,
    /// What the user should know.
    pub(super) notices: Vec<String>,
}

/// A bar that has a place in the score.
#[derive(Clone, Copy, Debug)]
struct Bar {
    /// Where its first step that sounds is.
    start: Ticks,
    /// The steps that sound.
    from: usize,
    to: usize,
}

impl Barred {
    /// Counts `score` in bars of the metre `asked` for, from the start on, or else in its own measures.
    ///
    /// # Errors
    /// If a bar of the metre is no whole number of steps, or the ticks are too fine.
    pub(super) fn of(score: &Score, grid: Grid, asked: Option<Metre>) -> Result<Barred, Error> {
        let score = score.unfolded();
        let metre = asked.unwrap_or_else(|| usual_metre(&score));
        let steps = 4 * grid.per_quarter() * usize::from(metre.beats);
        if !steps.is_multiple_of(usize::from(metre.unit)) {
            return Err(Error::prompt(
                format!("a bar of {metre} is no whole number of steps"),
                "say with --meter which metre to count in",
            ));
        }
        let common = score.resolution.common(RESOLUTION);
        let score = common.and_then(|common| score.at_resolution(common));
        let score = score.ok_or_else(|| {
            Error::prompt(
                "the ticks of the score are too fine",
                "give it with fewer ticks a beat",
            )
        })?;
        let per_quarter = i64::try_from(grid.per_quarter()).unwrap_or(4);
        let mut barred = Barred {
            step: score.resolution.quarter() / per_quarter,
            bars: Vec::new(),
            notices: Vec::new(),
            score,
            grid,
            metre,
        };
        if asked.is_none() {
            barred.count();
        }
        Ok(barred)
    }

    /// Makes bars of the measures.
    fn count(&mut self) {
        let bar = self.bar();
        let mut odd = 0;
        for (number, measure) in self.score.measures.iter().enumerate() {
            let length = (measure.length + self.step / 2).div_floor(self.step);
            let mut left = usize::try_from(length).unwrap_or(0);
            let mut start = measure.start;
            odd += usize::from(left != bar && number > 0);
            while left > 0 {
                let steps = left.min(bar);
                let is_pickup = number == 0 && steps == left && steps < bar;
                let from = if is_pickup { bar - steps } else { 0 };
                let to = from + steps;
                self.bars.push(Bar { start, from, to });
                start += self.step * i64::try_from(steps).unwrap_or(0);
                left -= steps;
            }
        }
        if odd > 0 {
            self.notices.push(format!(
                "{} not {}; such are played as bars that are cut, or as several",
                counted(odd, "measure is", "measures are"),
                self.metre
            ));
        }
    }

    /// Steps in a bar.
    pub(super) fn bar(&self) -> usize {
        self.grid.per_bar(self.metre)
    }

    /// Where the bars that have a place end.
    fn end(&self) -> Ticks {
        self.bars.last().map_or(Ticks::ZERO, |bar| {
            bar.start + self.step * i64::try_from(bar.to - bar.from).unwrap_or(0)
        })
    }

    /// The step nearest to a moment, and how far it is off, in steps.
    pub(super) fn place(&self, at: Ticks) -> (usize, f32) {
        let bar = self.bar();
        let after = self.bars.partition_point(|bar| bar.start <= at);
        if at >= self.end() {
            let (step, offset) = place(at - self.end(), self.step);
            return (self.bars.len() * bar + step, offset);
        }
        let number = after.saturating_sub(1);
        let Bar { start, from, to } = self.bars[number];
        let (step, offset) = place(at - start, self.step);
        let step = from + step;
        // What is nearest to the next bar line belongs to the next bar.
        let step = if step < to {
            number * bar + step
        } else {
            (number + 1) * bar
        };
        (step + self.lead(number + 1, step), offset)
    }

    /// Steps that are missing at the beginning of a bar, if `step` is that bar's first.
    fn lead(&self, number: usize, step: usize) -> usize {
        let next = self
            .bars
            .get(number)
            .filter(|_| step == number * self.bar());
        next.map_or(0, |bar| bar.from)
    }

    /// Where a step is.
    pub(super) fn at(&self, step: usize) -> Ticks {
        let (number, place) = (step / self.bar(), step % self.bar());
        let steps = |count: usize| self.step * i64::try_from(count).unwrap_or(0);
        match self.bars.get(number) {
            Some(bar) => bar.start + steps(place) - steps(bar.from),
            None => self.end() + steps(step - self.bars.len() * self.bar()),
        }
    }

    /// Whether a step sounds: it is not cut.
    pub(super) fn sounds(&self, step: usize) -> bool {
        let place = step % self.bar();
        let bar = self.bars.get(step / self.bar());
        bar.is_none_or(|bar| (bar.from..bar.to).contains(&place))
    }

    /// Bars up to the end of the score.
    pub(super) fn count_bars(&self) -> usize {
        let (last, _) = self.place(self.score.end());
        last.div_ceil(self.bar()).max(self.bars.len())
    }

    /// Quarter notes in a minute at the end.
    pub(super) fn last_tempo(&self) -> Option<f64> {
        let last = self.score.tempos.last();
        last.map(|change| change.tempo.quarters_per_minute())
    }

    /// Adds measures until there are so many bars.
    fn extend(&mut self, bars: usize) {
        let bar = self.bar();
        if self.bars.is_empty() {
            // Those that there are were not counted, since another metre was asked for.
            self.score.measures.clear();
        }
        while self.bars.len() < bars {
            let start = self.end();
            let length = self.step * i64::try_from(bar).unwrap_or(0);
            let number = self.score.measures.len() + 1;
            let metre = Some(self.metre);
            self.score
                .measures
                .push(Measure::new(start, length, metre, number.to_string()));
            let (from, to) = (0, bar);
            self.bars.push(Bar { start, from, to });
        }
    }
}

/// The metre of most measures.
fn usual_metre(score: &Score) -> Metre {
    let mut metre = Metre::COMMON;
    let mut counts: Vec<(Metre, usize)> = Vec::new();
    for measure in &score.measures {
        if let Some(new) = measure
            .metre
            .and_then(|new| Metre::new(new.beats, new.unit))
        {
            metre = new;
        }
        match counts.iter_mut().find(|(known, _)| *known == metre) {
            Some((_, count)) => *count += 1,
            None => counts.push((metre, 1)),
        }
    }
    // Of equals the first.
    let most = counts.iter().map(|(_, count)| *count).max();
    let usual = counts.iter().find(|(_, count)| Some(*count) == most);
    usual.map_or(Metre::COMMON, |(metre, _)| *metre)
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
    /// If there are none, or the score cannot be counted in steps.
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
                "call the track Drums, or say with --channel which channel of a MIDI file is theirs",
            ));
        }
        let parts: Vec<usize> = found.iter().map(|part| part.index).collect();
        for part in &found {
            let number = part.index + 1;
            barred.notices.push(format!(
                "part {number} of {name} was taken for drums {}",
                part.evidence
            ));
        }
        let tempos = barred.score.tempos.len();
        if tempos > 1 {
            barred.notices.push(format!(
                "the tempo changes {}; the steps follow it, and what is new goes on in the last",
                counted(tempos - 1, "time", "times")
            ));
        }
        let (mut groove, left_out) = Groove::of(&barred, &parts)?;
        if groove.frames.is_empty() {
            return Err(Error::prompt(
                format!("the drums of {name} are never struck"),
                "give a pattern with strokes on the kit",
            ));
        }
        barred.notices.extend(left_out.notices());
        // A stroke just before the end is nearest to the bar line, but begins no bar.
        let measured = barred.bars.len() * barred.bar();
        if measured > 0 && groove.frames.len() == measured + 1 {
            groove.frames.truncate(measured);
        }
        // An empty bar at the end is part of a pattern; a longer silence, or a last stroke that is held over
        // the bar line, is how files end.
        let struck = groove.frames.len().div_ceil(barred.bar());
        let end = barred.at(struck * barred.bar());
        let mut notes = parts
            .iter()
            .flat_map(|&part| &barred.score.parts[part].notes);
        let empty = usize::from(notes.all(|note| note.end() <= end));
        let bars = barred.count_bars().clamp(struck, struck + empty);
        groove.frames.resize(bars * barred.bar(), Frame::default());
        Ok(Given {
            barred,
            parts,
            groove,
        })
    }
}

/// A number with its word.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

impl LeftOut {
    /// What the user should know of it.
    fn notices(self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.outside > 0 {
            notices.push(format!(
                "{} of percussion outside of the kit stay in the file, but not in the ear",
                counted(self.outside, "stroke", "strokes")
            ));
        }
        if self.softer > 0 {
            notices.push(format!(
                "{} of rolls stay in the file, but not in the ear: of a drum two are heard in a step",
                counted(self.softer, "stroke", "strokes")
            ));
        }
        notices
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
        barred
            .notices
            .push(format!("the drums play along with {what} of {name}"));
        Ok(Along { barred, line })
    }
}

fn mean_pitch(part: &Part) -> usize {
    let sum: usize = part
        .notes
        .iter()
        .map(|note| usize::from(note.pitch.midi()))
        .sum();
    sum / part.notes.len().max(1)
}

/// How what was played is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing {
    /// The share of a beat before its second eighth.
    pub(super) swing: Option<f64>,
    /// Whether all strokes are on the grid and at one velocity.
    pub(super) flat: bool,
}

/// An empty score of so many bars, at tempos bar by bar, of which the last goes on.
///
/// # Errors
/// If a bar of the metre is no whole number of steps.
pub(super) fn blank(
    grid: Grid,
    metre: Metre,
    bars: usize,
    tempos: &[f64],
) -> Result<Barred, Error> {
    let mut barred = Barred::of(&Score::new(RESOLUTION), grid, Some(metre))?;
    barred.extend(bars);
    for (bar, &quarters) in tempos.iter().enumerate() {
        if bar == 0 || quarters != tempos[bar - 1] {
            let at = barred.at(bar * barred.bar());
            let tempo = Tempo::new(quarters);
            barred
                .score
                .tempos
                .extend(tempo.map(|tempo| TempoChange { at, tempo }));
        }
    }
    Ok(barred)
}

/// The score with what was played from step `from` on, in a part of its own.
pub(super) fn with_drums(
    mut barred: Barred,
    frames: &[Frame],
    from: usize,
    writing: Writing,
) -> Score {
    let bars = (from + frames.len()).div_ceil(barred.bar());
    barred.extend(bars);
    let mut part = drum_part();
    for (at, frame) in (from..).zip(frames) {
        for hits in [frame.strokes, frame.seconds] {
            for (drum, hit) in Drum::ALL.into_iter().zip(hits) {
                part.notes
                    .extend(hit.map(|hit| note(&barred, at, drum, hit, writing)));
            }
        }
    }
    keep_apart(&mut part.notes);
    let (step, end) = (barred.step, barred.end());
    cut_short(&mut part.notes, end);
    part.sort();
    let alone = Score {
        parts: vec![part],
        ..barred.score.clone()
    };
    let mut alone = written(alone, writing.flat);
    let mut part = alone.parts.pop().unwrap_or_else(drum_part);
    let times = alone
        .resolution
        .quarter()
        .div_floor(barred.score.resolution.quarter());
    if writing.flat {
        make_flat(&mut part.notes, step * times);
    }
    end_with(&mut part.notes, end * times, step * times);
    keep_apart(&mut part.notes);
    part.sort();
    let common = barred.score.resolution.common(alone.resolution);
    let finer = common.and_then(|common| barred.score.at_resolution(common));
    let mut score = finer.unwrap_or(barred.score);
    score.parts.push(part);
    score
}

/// The drums of `given` and those behind them as one part; everything else of the given score goes, and what
/// is left of its measures after them.
pub(super) fn continued(given: &Given, frames: &[Frame], writing: Writing) -> Score {
    let from = given.groove.frames.len();
    let mut score = with_drums(given.barred.clone(), frames, from, writing);
    let times = score
        .resolution
        .quarter()
        .div_floor(given.barred.score.resolution.quarter());
    let end = given.barred.at(from + frames.len()) * times;
    score.measures.retain(|measure| measure.start < end);
    score.tempos.retain(|change| change.at < end);
    let mut part = score.parts.pop().unwrap_or_else(drum_part);
    for (index, old) in std::mem::take(&mut score.parts).into_iter().enumerate() {
        if given.parts.contains(&index) {
            part.notes.extend(old.notes);
            part.controls.extend(old.controls);
        }
    }
    part.controls.sort_by_key(|control| control.at);
    part.sort();
    score.keys.clear();
    score.parts.push(part);
    score
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

fn note(barred: &Barred, step: usize, drum: Drum, hit: Hit, writing: Writing) -> Note {
    let at = barred.at(step);
    let struck = at + ticks(f64::from(hit.offset), barred.step);
    let struck = match writing.swing {
        Some(swing) => swung(struck, barred.score.resolution.quarter(), swing),
        None => struck,
    };
    let struck = struck.min(barred.end() - Ticks(1)).max(Ticks::ZERO);
    Note {
        velocity: Some(hit.velocity),
        played: Some(Played {
            delay: struck - at,
            duration: (barred.step / 2).max(Ticks(1)),
        }),
        ..Note::new(at, barred.step, drum.pitch())
    }
}

/// When a note is struck.
fn struck(note: &Note) -> Ticks {
    note.onset + note.played.map_or(Ticks::ZERO, |played| played.delay)
}

/// Of strokes on one key at one moment leaves the loudest.
fn keep_apart(notes: &mut Vec<Note>) {
    notes.sort_by_key(|note| (note.pitch, struck(note), std::cmp::Reverse(note.velocity)));
    notes.dedup_by_key(|note| (note.pitch, struck(note)));
}

/// Ends each stroke before the next on the same key, and the last before the end.
fn cut_short(notes: &mut [Note], end: Ticks) {
    notes.sort_by_key(|note| (note.pitch, struck(note)));
    for at in 0..notes.len() {
        let next = notes
            .get(at + 1)
            .filter(|next| next.pitch == notes[at].pitch);
        let room = next.map_or(end, struck) - struck(&notes[at]);
        if let Some(played) = &mut notes[at].played {
            played.duration = played.duration.min(room).max(Ticks(1));
        }
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
#[expect(
    clippy::cast_precision_loss,
    reason = "within a beat, whose ticks are few"
)]
fn swung(at: Ticks, beat: Ticks, share: f64) -> Ticks {
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
    score.quantized(&notation).value.score
}

/// Writes all notes within the score, which ends at `end`: a stroke just before it may be nearer to what
/// would come after.
fn end_with(notes: &mut [Note], end: Ticks, step: Ticks) {
    for note in notes {
        if note.onset >= end {
            let earlier = end - step;
            if let Some(played) = &mut note.played {
                played.delay += note.onset - earlier;
            }
            note.onset = earlier;
        }
        note.duration = note.duration.min(end - note.onset);
    }
}

/// Gives all notes one velocity, and grace notes the place of the notes that they belong to, which they would
/// take from them.
fn make_flat(notes: &mut [Note], step: Ticks) {
    for note in notes {
        note.velocity = Some(FLAT);
        if note.grace.take().is_some() {
            note.duration = step;
        }
    }
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
        cut_short(
            &mut score.parts[part].notes,
            given.barred.end().max(given.barred.score.end()),
        );
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

#[cfg(test)]
mod tests {
    use super::*;
    use consort_music::Pitch;
    use consort_music::score::KeyChange;

    const QUARTER: i64 = 480;

    /// A score of measures of so many quarter notes each, with strokes at these moments in quarters.
    fn score(measures: &[i64], strokes: &[(f64, u8)]) -> Score {
        let mut score = Score::new(RESOLUTION);
        let mut start = Ticks::ZERO;
        for (number, &quarters) in measures.iter().enumerate() {
            let length = Ticks(QUARTER * quarters);
            let metre = (number == 0).then_some(Metre::COMMON);
            let number = (number + 1).to_string();
            score
                .measures
                .push(Measure::new(start, length, metre, number));
            start += length;
        }
        let note = |&(at, key): &(f64, u8)| {
            let at = Ticks((at * 480.0).round() as i64);
            Note {
                velocity: Some(Velocity::try_from(90).unwrap()),
                ..Note::new(at, Ticks(60), Pitch::try_from(key).unwrap())
            }
        };
        score.parts.push(Part {
            notes: strokes.iter().map(note).collect(),
            ..drum_part()
        });
        score
    }

    fn barred(measures: &[i64]) -> Barred {
        Barred::of(&score(measures, &[]), Grid::Sixteenths, None).unwrap()
    }

    fn frame(drum: Drum, velocity: u8, offset: f32) -> Frame {
        let mut frame = Frame::default();
        frame.strokes[drum as usize] = Some(Hit {
            velocity: Velocity::try_from(velocity).unwrap(),
            offset,
        });
        frame
    }

    const PLAIN: Writing = Writing {
        swing: None,
        flat: false,
    };

    #[test]
    fn every_step_that_sounds_has_a_place_of_its_own() {
        // A pickup of a quarter, a bar that is cut, one of six quarters, and what goes on after the end.
        for measures in [&[4, 4][..], &[1, 4, 3, 4], &[4, 6, 4], &[]] {
            let barred = barred(measures);
            let mut last = Ticks(-1);
            for step in (0..96).filter(|&step| barred.sounds(step)) {
                let at = barred.at(step);
                assert!(at > last, "{measures:?} {step}");
                last = at;
                assert_eq!(barred.place(at), (step, 0.0), "{measures:?} {step}");
                let late = at + barred.step / 4;
                assert_eq!(barred.place(late), (step, 0.25), "{measures:?} {step}");
            }
        }
    }

    #[test]
    fn a_pickup_is_the_end_of_a_bar_and_a_short_measure_its_beginning() {
        let barred = barred(&[1, 4, 3, 4]);
        let sounding = (0..64).filter(|&step| barred.sounds(step));
        let expected = (12..32).chain(32..44).chain(48..64);
        assert!(sounding.eq(expected));
        // Just before a bar line is the first step of the next bar, though some are missing between.
        let (step, offset) = barred.place(Ticks(8 * QUARTER - 30));
        assert_eq!((step, offset), (48, -0.25));
        assert_eq!(barred.notices.len(), 1, "{:?}", barred.notices);
    }

    #[test]
    fn the_metre_is_that_of_most_measures() {
        let mut waltz = score(&[4, 3, 3, 3], &[]);
        waltz.measures[1].metre = Metre::new(3, 4);
        let barred = Barred::of(&waltz, Grid::Sixteenths, None).unwrap();
        assert_eq!(
            (barred.metre.to_string().as_str(), barred.bar()),
            ("3/4", 12)
        );
        // Four quarters are a bar of three and one that is cut.
        assert_eq!(barred.bars.len(), 5);
    }

    #[test]
    fn what_is_given_stays_and_goes_on() {
        let mut given = score(&[4], &[(0.0, 36), (1.02, 37), (3.9, 44)]);
        given.keys.push(KeyChange {
            at: Ticks::ZERO,
            key: consort_music::Key::default(),
        });
        let given = Given::of(&given, "it", Grid::Sixteenths, None).unwrap();
        assert_eq!(given.groove.frames.len(), 16);
        let written = continued(&given, &[frame(Drum::Snare, 70, 0.0)], PLAIN);
        let notes = &written.parts[0].notes;
        let quarter = written.resolution.quarter().0 as f64;
        let played = notes.iter().map(|note| {
            let place = struck(note).0 as f64 / quarter;
            ((place * 1000.0).round() / 1000.0, note.pitch.midi())
        });
        let expected = [(0.0, 36), (1.021, 37), (3.9, 44), (4.0, 38)];
        assert_eq!(played.collect::<Vec<_>>(), expected);
        assert_eq!((written.measures.len(), written.parts.len()), (2, 1));
    }

    #[test]
    fn triplets_are_written_as_such_and_played_as_they_were() {
        let third = 1.0 / 3.0;
        let frames = [
            frame(Drum::Ride, 90, 0.02),
            frame(Drum::Ride, 90, third),
            Frame::default(),
            frame(Drum::Ride, 90, -third),
        ];
        let blank = || blank(Grid::Sixteenths, Metre::COMMON, 1, &[120.0]).unwrap();
        let score = with_drums(blank(), &frames, 0, PLAIN);
        let quarter = score.resolution.quarter();
        let onsets: Vec<Ticks> = score.parts[0].notes.iter().map(|note| note.onset).collect();
        assert_eq!(onsets, [Ticks::ZERO, quarter / 3, quarter / 3 * 2]);
        let first = struck(&score.parts[0].notes[0]).0 as f64 / quarter.0 as f64;
        assert!((first - 0.005).abs() < 0.002, "{first}");
        let flat = Writing {
            flat: true,
            ..PLAIN
        };
        let score = with_drums(blank(), &frames, 0, flat);
        for note in &score.parts[0].notes {
            assert_eq!((struck(note), note.velocity), (note.onset, Some(FLAT)));
        }
    }

    #[test]
    fn a_swung_eighth_comes_when_it_is_asked_to() {
        let beat = Ticks(480);
        let place = |at| swung(Ticks(at), beat, 2.0 / 3.0).0;
        assert_eq!([place(0), place(240), place(480 + 240)], [0, 320, 800]);
        // What was a triplet is one still, and sixteenths stay in order.
        assert_eq!(place(320), 320);
        assert!(place(120) > 0 && place(120) < 320 && place(360) > 320 && place(360) < 480);
        assert_eq!(swung(Ticks(240), beat, 0.5), Ticks(240));
    }

    #[test]
    fn no_stroke_sounds_into_the_next_on_its_key() {
        let frames = [frame(Drum::Kick, 90, 0.45), frame(Drum::Kick, 80, -0.45)];
        let blank = blank(Grid::Sixteenths, Metre::COMMON, 1, &[120.0]).unwrap();
        let score = with_drums(blank, &frames, 0, PLAIN);
        let notes = &score.parts[0].notes;
        let first = notes[0].played.unwrap();
        assert!(struck(&notes[0]) + first.duration <= struck(&notes[1]));
    }

    #[test]
    fn strokes_are_played_anew_and_none_is_lost() {
        // A flam, a rim shot that is a snare too, and a cowbell.
        let strokes = [(0.0, 36), (1.0, 38), (1.03, 37), (2.0, 56)];
        let given = score(&[4], &strokes);
        let given = Given::of(&given, "it", Grid::Sixteenths, None).unwrap();
        let mut frames = given.groove.frames.clone();
        for frame in &mut frames {
            for hit in frame.strokes.iter_mut().chain(&mut frame.seconds).flatten() {
                hit.velocity = Velocity::try_from(33).unwrap();
                hit.offset += 0.1;
            }
        }
        let played = played_as(&given, &frames);
        let notes = &played.parts[0].notes;
        let keys: Vec<u8> = notes.iter().map(|note| note.pitch.midi()).collect();
        assert_eq!(keys, [36, 38, 37, 56]);
        let moved: Vec<i64> = notes
            .iter()
            .map(|note| struck(note).0 - note.onset.0)
            .collect();
        assert_eq!(moved, [12, 12, 12, 0]);
        let velocities: Vec<_> = notes
            .iter()
            .map(|note| note.velocity.unwrap().midi())
            .collect();
        assert_eq!(velocities, [33, 33, 33, 90]);
    }

    #[test]
    fn a_bass_is_preferred_to_play_along_with() {
        let mut song = score(&[4], &[(0.0, 36)]);
        let part = |name: &str, pitch: u8, at: i64| Part {
            name: name.to_owned(),
            notes: vec![Note::new(
                Ticks(at),
                Ticks(60),
                Pitch::try_from(pitch).unwrap(),
            )],
            ..Part::default()
        };
        song.parts.push(part("Organ", 30, 0));
        song.parts.push(part("E-Bass", 40, QUARTER));
        let along = Along::of(&song, "it", Grid::Sixteenths).unwrap();
        let begins: Vec<usize> = (0..along.line.len()).filter(|&at| along.line[at]).collect();
        assert_eq!(begins, [4]);
        song.parts.truncate(1);
        let message = Along::of(&song, "it", Grid::Sixteenths)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("nothing") || message.contains("no notes"),
            "{message}"
        );
    }
}

//! Between scores and steps: the drums that are given, what to play along with, and what was played as a
//! score.

use consort_music::grid::drum_parts;
use consort_music::performance::played;
use consort_music::score::Part;
use consort_music::{Metre, Score};

use super::encoding::{Barred, Frame, Grid, Groove, LeftOut, counted};
use crate::error::Error;

mod writing;

pub(super) use writing::{Writing, blank, continued, plain_beat, played_as, with_drums};

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

#[cfg(test)]
mod tests;

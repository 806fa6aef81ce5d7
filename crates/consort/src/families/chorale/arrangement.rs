//! From a score to a window with holes, and back: which voices are the user's, where they fit, and
//! what must not change.

use std::ops::Range;

use consort_music::score::{Clef, ClefChange, Instrument};
use consort_music::statistics::CHORAL_RANGES;
use consort_music::{Cell, Note, Part, Pitch, Resolution, Score, SoundingNote, Ticks, VoiceGrid};

use super::config::{Request, VOICE_NAMES};
use super::encoding::{Attack, Grid, HIGHEST, LOWEST, Moment, VOICES, Window, pitch_of};
use crate::error::Error;

mod lines;

pub(super) use lines::kept_voices;
use lines::{Line, Lines};

/// The most steps that are worked on at once: over an hour of sixteenths in common time. Memory
/// grows by about 10 kB a step.
const STEPS_MAX: i64 = 1 << 15;

/// Choir aahs, in General MIDI.
const CHOIR: u8 = 52;

/// A score being harmonised.
pub(super) struct Arrangement {
    /// The user's score, in a resolution in which steps are whole.
    score: Score,
    /// The user's voices.
    lines: Lines,
    /// Cells whose notes may be made anew.
    free: Vec<[bool; VOICES]>,
    /// The length of a step.
    step: Ticks,
    /// By how many semitones the window is higher than the score.
    shift: i32,
    /// What a network can fill.
    pub(super) window: Window,
    /// What the user should know.
    pub(super) notices: Vec<String>,
}

impl Arrangement {
    /// Prepares `score` as `request` says.
    pub(super) fn of(score: &Score, request: &Request) -> Result<Arrangement, Error> {
        let score = in_whole_steps(score, request.grid)?;
        let step = score.resolution.quarter() * request.grid.sixteenths() as i64 / 4;
        let steps = steps_of(&score, step)?;
        let mut notices = Vec::new();
        let lines = Lines::of(&score, request, &mut notices)?;
        let shift = shift_for(&lines, &mut notices)?;
        let (grid, inexact) = draw(&lines, shift, step, steps);
        if inexact > 0 {
            notices.push(format!(
                "{inexact} of your notes begin or end between steps of the {} grid; the new voices \
                 were fitted to the nearest steps, your notes are as they were",
                request.grid.name()
            ));
        }
        let free = free_cells(&score, &lines, &grid, request.bars, step)?;
        let window = window_of(&score, &grid, &free, &lines, step, request.grid);
        Ok(Arrangement {
            score,
            lines,
            free,
            step,
            shift,
            window,
            notices,
        })
    }

    /// The score with the notes of the filled window: the user's notes as they were, four parts.
    pub(super) fn into_score(self) -> (Score, Vec<String>) {
        let parts = (0..VOICES).map(|voice| self.part(voice)).collect();
        (
            Score {
                parts,
                ..self.score
            },
            self.notices,
        )
    }

    fn part(&self, voice: usize) -> Part {
        let mut part = match self.lines.of_voice(voice) {
            Some(line) => self.given(voice, line),
            None => Part {
                name: VOICE_NAMES[voice].1.to_owned(),
                instrument: Instrument {
                    program: Some(CHOIR),
                    percussion: false,
                },
                clefs: vec![ClefChange {
                    at: Ticks::ZERO,
                    staff: 1,
                    clef: clef_of(voice),
                }],
                ..Part::default()
            },
        };
        part.notes.extend(self.new_notes(voice));
        part.sort();
        part
    }

    /// The user's part, without the notes that are made anew. Of a note that is made anew but
    /// reaches beyond, the rest stays. It is named and sung as its voice unless it says otherwise.
    fn given(&self, voice: usize, line: &Line) -> Part {
        let mut part = line.part(&self.score);
        if part.name.trim().is_empty() {
            part.name = VOICE_NAMES[voice].1.to_owned();
        }
        part.instrument.program.get_or_insert(CHOIR);
        if self.lines.keeps(voice) {
            return part;
        }
        let mut rests = Vec::new();
        part.notes.retain(|note| {
            let Some(end) = self.end_of_free(note.onset, voice) else {
                return true;
            };
            if note.end() > end {
                let duration = note.end() - end;
                rests.push(Note {
                    onset: end,
                    duration,
                    tied_from: false,
                    played: None,
                    ..note.clone()
                });
            }
            false
        });
        part.notes.extend(rests);
        part
    }

    /// Where the stretch of free cells around a moment ends, if it is in one.
    fn end_of_free(&self, at: Ticks, voice: usize) -> Option<Ticks> {
        let step = usize::try_from(at.div_floor(self.step)).ok()?;
        let stretch = self
            .free
            .iter()
            .skip(step)
            .take_while(|free| free[voice])
            .count();
        (stretch > 0).then(|| self.step * (step + stretch) as i64)
    }

    /// The notes in the free cells of a voice. A note never crosses a measure: it is tied.
    fn new_notes(&self, voice: usize) -> Vec<Note> {
        let mut notes: Vec<Note> = Vec::new();
        let mut goes_on = false;
        for (at, free) in self.free.iter().enumerate() {
            let pitch = pitch_of(self.window.classes[at][voice])
                .filter(|_| free[voice])
                .and_then(|pitch| pitch.transposed(-self.shift));
            let Some(pitch) = pitch else {
                goes_on = false;
                continue;
            };
            let onset = self.step * at as i64;
            let held = goes_on && self.window.attacks[at][voice] == Attack::Held;
            match notes.last_mut().filter(|last| held && last.pitch == pitch) {
                Some(last) => last.duration += self.step,
                None => notes.push(Note::new(onset, self.step, pitch)),
            }
            goes_on = true;
        }
        notes
            .into_iter()
            .flat_map(|note| self.tied_over_measures(note))
            .collect()
    }

    fn tied_over_measures(&self, note: Note) -> Vec<Note> {
        let mut heads = Vec::new();
        let mut onset = note.onset;
        while onset < note.end() {
            let measure = self
                .score
                .measure_at(onset)
                .map(|index| self.score.measures[index].end());
            let end = measure.map_or(note.end(), |end| end.min(note.end()));
            heads.push(Note {
                onset,
                duration: end - onset,
                tied_from: onset > note.onset,
                tied_to: end < note.end(),
                ..note.clone()
            });
            onset = end;
        }
        heads
    }
}

fn clef_of(voice: usize) -> Clef {
    [
        Clef::TREBLE,
        Clef::TREBLE,
        Clef::TREBLE_OCTAVE_DOWN,
        Clef::BASS,
    ][voice]
}

/// The score in a resolution in which every step of the grid is whole.
fn in_whole_steps(score: &Score, grid: Grid) -> Result<Score, Error> {
    let per_quarter = u32::try_from(4 / grid.sixteenths()).expect("4, 2 or 1");
    Resolution::new(per_quarter)
        .and_then(|needed| needed.common(score.resolution))
        .and_then(|resolution| score.at_resolution(resolution))
        .ok_or_else(|| {
            Error::prompt(
                "the score divides the quarter note too finely to be cut into steps",
                "quantise it in the program that made it",
            )
        })
}

fn steps_of(score: &Score, step: Ticks) -> Result<usize, Error> {
    let steps = (score.end() + step - Ticks(1)).div_floor(step);
    if steps > STEPS_MAX {
        let what = format!("the piece has {steps} steps of the grid, more than {STEPS_MAX}");
        return Err(Error::prompt(what, "divide it, or choose a coarser --grid"));
    }
    usize::try_from(steps.max(0)).map_err(|_| Error::prompt("the piece is empty", "give it notes"))
}

/// How far up the lines must move to lie where Bach's singers sing: not at all if they do already,
/// else as little as helps. The distance of each note from its voice's range counts with its length.
fn shift_for(lines: &Lines, notices: &mut Vec<String>) -> Result<i32, Error> {
    let sung: Vec<(usize, SoundingNote)> = lines
        .present()
        .flat_map(|(voice, line)| line.notes.iter().map(move |&note| (voice, note)))
        .collect();
    let midi = |&(_, note): &(usize, SoundingNote)| i32::from(note.pitch.midi());
    let (Some(lowest), Some(highest)) = (sung.iter().map(midi).min(), sung.iter().map(midi).max())
    else {
        return Ok(0);
    };
    let (floor, ceiling) = (i32::from(LOWEST), i32::from(HIGHEST));
    if highest - lowest > ceiling - floor {
        return Err(too_wide(lowest, highest));
    }
    let strain = |shift: i32| -> i64 {
        let strains = sung
            .iter()
            .map(|(voice, note)| strain(*voice, note, shift) * note.duration.0);
        strains.sum()
    };
    let best = (floor - lowest..=ceiling - highest)
        .min_by_key(|&shift| (strain(shift), shift.abs()))
        .expect("the notes span no more than the classes");
    if best != 0 {
        notices.push(format!(
            "your notes lie outside of their voice's range, so they were harmonised {} semitones {} \
             and the result was moved back",
            best.abs(),
            if best > 0 { "higher" } else { "lower" }
        ));
    }
    let outside = sung
        .iter()
        .filter(|(voice, note)| self::strain(*voice, note, best) > 0)
        .count();
    if outside > 0 {
        notices.push(format!(
            "{outside} of your notes lie outside of their voice's range even so"
        ));
    }
    Ok(best)
}

fn too_wide(lowest: i32, highest: i32) -> Error {
    let name =
        |midi: i32| Pitch::try_from(i64::from(midi)).map_or(String::new(), |p| p.to_string());
    Error::prompt(
        format!(
            "the notes go from {} to {}, {} semitones, and no choir spans more than {}",
            name(lowest),
            name(highest),
            highest - lowest,
            HIGHEST - LOWEST
        ),
        "take out the extremes, or choose one part with --part",
    )
}

/// Semitones by which a note is too high or too low for its voice.
fn strain(voice: usize, note: &SoundingNote, shift: i32) -> i64 {
    let range = &CHORAL_RANGES[voice];
    let midi = i32::from(note.pitch.midi()) + shift;
    let below = i32::from(*range.start()) - midi;
    let above = midi - i32::from(*range.end());
    i64::from(below.max(above).max(0))
}

fn draw(lines: &Lines, shift: i32, step: Ticks, steps: usize) -> (VoiceGrid, usize) {
    let mut grid = VoiceGrid::new(steps, VOICES);
    let mut inexact = 0;
    for (voice, line) in lines.present() {
        let moved: Vec<SoundingNote> = line
            .notes
            .iter()
            .filter_map(|note| {
                Some(SoundingNote {
                    pitch: note.pitch.transposed(shift)?,
                    ..*note
                })
            })
            .collect();
        inexact += grid.draw(voice, &moved, Ticks::ZERO, step);
    }
    (grid, inexact)
}

/// Which cells may be made anew: those of voices that are not kept, within the bars that are asked
/// for; the user's notes that reach into those bars from outside stay whole.
fn free_cells(
    score: &Score,
    lines: &Lines,
    grid: &VoiceGrid,
    bars: Option<(usize, usize)>,
    step: Ticks,
) -> Result<Vec<[bool; VOICES]>, Error> {
    let range = match bars {
        None => sounding_range(grid, lines),
        Some(bars) => bar_range(score, bars, step)?,
    };
    let free = |at: usize, voice: usize| range.contains(&at) && !lines.keeps(voice);
    let row = |at| std::array::from_fn(|voice| free(at, voice));
    let mut cells: Vec<[bool; VOICES]> = (0..grid.steps()).map(row).collect();
    if bars.is_some() {
        for voice in (0..VOICES).filter(|&voice| !lines.keeps(voice)) {
            let from_before = (range.start..range.end)
                .take_while(|&at| at > 0 && matches!(grid.cell(at, voice), Cell::Hold(_)));
            from_before.for_each(|at| cells[at][voice] = false);
        }
    }
    Ok(cells)
}

/// From the first to the last sound of the kept voices: what lies before and after is silence in
/// all voices. Everything, if no voice is kept.
fn sounding_range(grid: &VoiceGrid, lines: &Lines) -> Range<usize> {
    let sounds = |at: &usize| (0..VOICES).any(|v| lines.keeps(v) && grid.pitch(*at, v).is_some());
    let first = (0..grid.steps()).find(sounds);
    let last = (0..grid.steps()).rfind(sounds);
    match (first, last) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..grid.steps(),
    }
}

/// The steps of bars `from` to `to`, counted as the score numbers them.
fn bar_range(score: &Score, bars: (usize, usize), step: Ticks) -> Result<Range<usize>, Error> {
    let (from, to) = bars;
    let numbered = |number: usize| {
        let printed = number.to_string();
        score
            .measures
            .iter()
            .position(|measure| measure.number == printed)
    };
    let last = score
        .measures
        .iter()
        .rposition(|measure| measure.number == to.to_string());
    let (Some(first), Some(last)) = (numbered(from), last) else {
        let numbers = score.measures.first().zip(score.measures.last());
        let span = numbers.map_or("none".to_owned(), |(a, b)| {
            format!("{} to {}", a.number, b.number)
        });
        let what = format!("there are no bars {from} to {to}");
        return Err(Error::prompt(what, format!("the score has bars {span}")));
    };
    let at = |ticks: Ticks| usize::try_from((ticks + step - Ticks(1)).div_floor(step)).unwrap_or(0);
    Ok(at(score.measures[first].start)..at(score.measures[last].end()))
}

fn window_of(
    score: &Score,
    grid: &VoiceGrid,
    free: &[[bool; VOICES]],
    lines: &Lines,
    step: Ticks,
    size: Grid,
) -> Window {
    let pulses = score.pulses(Ticks::ZERO, step, grid.steps());
    let knows_fermatas = pulses.iter().any(|pulse| pulse.fermata);
    let quarter = score.resolution.quarter();
    let moments = pulses
        .iter()
        .map(|&pulse| Moment::of(pulse, quarter, knows_fermatas))
        .collect();
    let mut window = Window::of(grid, true, moments, size);
    window.tells_attacks = std::array::from_fn(|voice| lines.keeps(voice));
    for (known, free) in window.known.iter_mut().zip(free) {
        *known = free.map(|free| !free);
    }
    if !knows_fermatas {
        // Without signs nobody knows where phrases end, but the piece ends where it ends.
        let last = (0..grid.steps()).rfind(|&at| free[at].contains(&true));
        if let Some(moment) = last.and_then(|last| window.moments.get_mut(last)) {
            moment.fermata = Some(true);
        }
    }
    window
}

#[cfg(test)]
mod tests;

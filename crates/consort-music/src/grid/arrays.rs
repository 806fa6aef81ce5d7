//! A score as arrays in a `.npz` file, which `numpy.load` opens.
//!
//! Times are ticks unless said otherwise, `N` notes are in the order of [`NoteTable`], `T` steps are of
//! the length that was asked for.
//!
//! | array | shape | kind | holds |
//! |---|---|---|---|
//! | `ticks_per_quarter` | `()` | i64 | the length of a tick |
//! | `notes` | `(N, 4)` | i64 | time, pitch, duration, velocity, as written (MusPy's columns) |
//! | `played` | `(N, 2)` | i64 | onset and duration as played |
//! | `seconds` | `(N, 2)` | f64 | onset and end as played (mir_eval's intervals) |
//! | `part`, `voice` | `(N,)` | i64, u8 | the index of the part; the voice in it, 1 first |
//! | `program`, `percussion` | `(P,)` | i16, bool | of each part: the General MIDI program or -1; drums |
//! | `measures` | `(M, 4)` | i64 | start, length, beats, unit (0 where unmeasured) |
//! | `keys` | `(K, 3)` | i64 | time, fifths, mode (0 major, 1 minor, then dorian, phrygian, lydian, mixolydian, locrian) |
//! | `tempos` | `(Q, 2)` | f64 | time, quarter notes in a minute |
//! | `step` | `()` | i64 | the length of a step |
//! | `roll`, `roll_onsets` | `(T, 128)` | u8, bool | velocities of what sounds; what begins ([`PianoRoll`]) |
//! | `voices`, `voice_onsets` | `(T, P)` | i16, bool | what each part sings, its highest note, -1 for a rest ([`VoiceGrid`]) |
//! | `drums` | `(T, 9, 3)` | f32 | hit (0 or 1), velocity (0 to 1), offset in steps ([`DrumGrid`]) |

use super::npz::{Array, npz};
use super::{DrumGrid, NoteTable, PianoRoll, TooLong, VoiceGrid, steps_to};
use crate::pitch::Mode;
use crate::score::{Metre, Score};
use crate::time::Ticks;

/// The bytes of an `.npz` file of `score`, with grids in steps of `step` ticks from the start; the same
/// score gives the same bytes.
///
/// # Errors
/// If there are more than [`STEPS_MAX`](super::STEPS_MAX) steps, or as many steps of all parts.
///
/// # Panics
/// If `step` is not positive.
pub fn to_npz(score: &Score, step: Ticks) -> Result<Vec<u8>, TooLong> {
    let mut arrays = notes(score);
    arrays.extend(timeline(score));
    arrays.push(Array::new("step", &[], [step.0]));
    arrays.extend(roll(score, step)?);
    arrays.extend(voices(score, step)?);
    arrays.push(drums(score, step)?);
    Ok(npz(&arrays))
}

fn notes(score: &Score) -> Vec<Array> {
    let table = NoteTable::of(score);
    let (rows, count) = (&table.rows, table.rows.len());
    let played = rows
        .iter()
        .flat_map(|row| [row.played_onset.0, row.played_duration.0]);
    let seconds = rows.iter().flat_map(|row| {
        let end = row.played_onset + row.played_duration;
        [score.seconds_at(row.played_onset), score.seconds_at(end)]
    });
    let parts = score.parts.iter().map(|part| part.instrument);
    let program = parts
        .clone()
        .map(|instrument| instrument.program.map_or(-1, i16::from));
    let percussion = parts.map(|instrument| instrument.percussion);
    let part = rows
        .iter()
        .map(|row| i64::try_from(row.part).unwrap_or(i64::MAX));
    vec![
        Array::new("ticks_per_quarter", &[], [score.resolution.quarter().0]),
        Array::new("notes", &[count, 4], table.matrix().into_iter().flatten()),
        Array::new("played", &[count, 2], played),
        Array::new("seconds", &[count, 2], seconds),
        Array::new("part", &[count], part),
        Array::new("voice", &[count], rows.iter().map(|row| row.voice)),
        Array::new("program", &[score.parts.len()], program),
        Array::new("percussion", &[score.parts.len()], percussion),
    ]
}

fn timeline(score: &Score) -> Vec<Array> {
    let measures = score.measures.iter().flat_map(|measure| {
        let metre = |number: fn(Metre) -> u8| measure.metre.map_or(0, |metre| number(metre).into());
        let (beats, unit) = (metre(|metre| metre.beats), metre(|metre| metre.unit));
        [measure.start.0, measure.length.0, beats, unit]
    });
    let keys = score.keys.iter().flat_map(|change| {
        let mode = match change.key.mode {
            Mode::Major => 0,
            Mode::Minor => 1,
            Mode::Dorian => 2,
            Mode::Phrygian => 3,
            Mode::Lydian => 4,
            Mode::Mixolydian => 5,
            Mode::Locrian => 6,
        };
        [change.at.0, change.key.fifths.into(), mode]
    });
    #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
    let tempos = score
        .tempos
        .iter()
        .flat_map(|change| [change.at.0 as f64, change.tempo.quarters_per_minute()]);
    vec![
        Array::new("measures", &[score.measures.len(), 4], measures),
        Array::new("keys", &[score.keys.len(), 3], keys),
        Array::new("tempos", &[score.tempos.len(), 2], tempos),
    ]
}

fn roll(score: &Score, step: Ticks) -> Result<[Array; 2], TooLong> {
    let roll = PianoRoll::of(score, step)?;
    let shape = [roll.steps(), 128];
    Ok([
        Array::new("roll", &shape, roll.frames().iter().copied()),
        Array::new("roll_onsets", &shape, roll.onsets().iter().copied()),
    ])
}

fn voices(score: &Score, step: Ticks) -> Result<[Array; 2], TooLong> {
    let (steps, parts) = (steps_to(score.end(), step)?, score.parts.len());
    steps_to(
        step * i64::try_from(steps.saturating_mul(parts)).unwrap_or(i64::MAX),
        step,
    )?;
    let mut grid = VoiceGrid::new(steps, parts.max(1));
    for (voice, part) in score.parts.iter().enumerate() {
        if !part.instrument.percussion {
            grid.draw(voice, &part.sounding(), Ticks::ZERO, step);
        }
    }
    let cells = (0..steps).flat_map(|at| grid.frame(at).iter().take(parts));
    let pitches = cells
        .clone()
        .map(|cell| cell.pitch().map_or(-1, |pitch| pitch.midi().into()));
    let onsets = cells.map(|cell| matches!(cell, super::Cell::Onset(_)));
    Ok([
        Array::new::<i16>("voices", &[steps, parts], pitches),
        Array::new("voice_onsets", &[steps, parts], onsets),
    ])
}

fn drums(score: &Score, step: Ticks) -> Result<Array, TooLong> {
    let (grid, _) = DrumGrid::of(score, step)?;
    let hits = (0..grid.steps()).flat_map(|at| grid.frame(at));
    let numbers = hits.flat_map(|hit| match hit {
        Some(hit) => [1.0, f32::from(hit.velocity.midi()) / 127.0, hit.offset],
        None => [0.0; 3],
    });
    Ok(Array::new("drums", &[grid.steps(), 9, 3], numbers))
}

//! What was played as a score.

use consort_music::grid::{Drum, Hit};
use consort_music::quantize::{Grid as Notation, Quantization, Signature, Voices};
use consort_music::score::{Instrument, Part, TempoChange};
use consort_music::{Metre, Note, Played, Score, Tempo, Ticks, Velocity};

use super::Given;
use crate::error::Error;
use crate::families::drums::encoding::{Barred, DRUMS, Frame, Grid, RESOLUTION};

/// The velocity of all strokes where they are quantised: mezzo-forte.
pub(super) const FLAT: Velocity = Velocity::DEFAULT;

/// How what was played is written.
#[derive(Clone, Copy, Debug)]
pub(in crate::families::drums) struct Writing {
    /// The share of a beat before its second eighth.
    pub(in crate::families::drums) swing: Option<f64>,
    /// Whether all strokes are on the grid and at one velocity.
    pub(in crate::families::drums) flat: bool,
}

/// An empty score of so many bars, at tempos bar by bar, of which the last goes on.
///
/// # Errors
/// If a bar of the metre is no whole number of steps.
pub(in crate::families::drums) fn blank(
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
pub(in crate::families::drums) fn with_drums(
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
pub(in crate::families::drums) fn continued(
    given: &Given,
    frames: &[Frame],
    writing: Writing,
) -> Score {
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
pub(super) fn drum_part() -> Part {
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
pub(super) fn struck(note: &Note) -> Ticks {
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
pub(super) fn swung(at: Ticks, beat: Ticks, share: f64) -> Ticks {
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
pub(in crate::families::drums) fn played_as(given: &Given, frames: &[Frame]) -> Score {
    let mut score = given.barred.score.clone();
    let stiff = &given.groove.frames;
    let mut done: Vec<[[bool; 2]; DRUMS]> = vec![Default::default(); stiff.len()];
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
pub(in crate::families::drums) fn plain_beat(grid: Grid, bars: usize) -> Vec<Frame> {
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

//! One part: from its notes as they were struck to its notes as they are written.

use std::collections::BTreeMap;

use crate::performance::Played;
use crate::score::{Grace, Note, Part, Score};
use crate::time::Ticks;

use super::ground::Ground;
use super::hands;
use super::lengths::{self, Articulation};
use super::metre::Accent;
use super::onsets::{Onset, Placing, place};
use super::voices;
use super::{Quantization, Voices};

/// Notes struck within so many seconds are struck together: less than the 33 ms between notes of
/// the fastest trills, and more than the spread of chords in most playing.
const TOGETHER_S: f64 = 0.030;

/// Notes are also only together within this share of the shortest value, so that what lies on the
/// grid stays apart.
const TOGETHER_OF_SHORTEST: f64 = 0.3;

/// Of a part whose onsets deviate by so much of a quarter note it is said that it has no beat.
const LOOSE: f64 = 0.05;

/// What was done to the notes so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) notes: usize,
    pub(super) moved: usize,
    /// The sum of all shifts, in quarter notes.
    pub(super) shift: f64,
    pub(super) graces: usize,
    pub(super) cut: usize,
    /// Notes of parts that seem to follow no beat.
    pub(super) loose: usize,
}

/// A note with what was done and what is to be written.
#[derive(Clone, Debug)]
pub(super) struct Struck {
    /// The note, as it was.
    pub(super) note: Note,
    /// When it was struck.
    pub(super) onset: Ticks,
    /// When it was released.
    pub(super) end: Ticks,
    /// Where it is written to begin.
    pub(super) at: Ticks,
    /// Where it is written to end.
    pub(super) until: Ticks,
    /// Whether it is a grace note of what follows at the same place.
    pub(super) is_grace: bool,
}

/// Quantises the notes of `part`; `score` has its tempos.
pub(super) fn quantize(
    part: &mut Part,
    score: &Score,
    ground: &Ground,
    quantization: &Quantization,
    counts: &mut Counts,
) {
    let (mut struck, riders) = struck(std::mem::take(&mut part.notes));
    let placing = place_notes(&mut struck, score, ground);
    let moved: BTreeMap<Ticks, Ticks> = struck
        .iter()
        .map(|struck| (struck.note.onset, struck.at))
        .collect();
    let articulation = Articulation::of(&struck, &placing, ground);
    articulation.release(&mut struck, ground);
    if quantization.hands && hands::are_two(part, &struck) {
        hands::split(&mut struck);
    }
    match quantization.voices {
        Voices::Keep => {}
        Voices::Chords(most) => voices::split(&mut struck, most, false),
        Voices::Lines(most) => voices::split(&mut struck, most, true),
    }
    if part.instrument.percussion {
        struck.iter_mut().for_each(|struck| struck.note.staff = 1);
    }
    counts.cut += articulation.end(&mut struck, &placing, ground);
    counts.notes += struck.len() + riders.len();
    if placing.deviation >= LOOSE {
        counts.loose += struck.len();
    }
    let quarter = ground.quarter().0 as f64;
    for struck in struck {
        let shift = (struck.at - struck.onset).0;
        counts.moved += usize::from(shift != 0);
        counts.shift += shift.abs() as f64 / quarter;
        counts.graces += usize::from(struck.is_grace && !struck.note.is_grace());
        part.notes
            .push(written(struck, &placing, quantization.keep_performance));
    }
    let placed = |at: Ticks| match moved.get(&at) {
        Some(&to) => to,
        None => lengths::nearest_plain(at, ground),
    };
    part.notes.extend(riders.into_iter().map(|note| Note {
        onset: placed(note.onset),
        ..note
    }));
    part.sort();
    place_signs(part, placed);
}

/// How strongly notes of `part` are felt, and where, on the grid of `ground`.
pub(super) fn accents(part: &Part, score: &Score, ground: &Ground) -> Vec<Accent> {
    let (mut struck, _) = struck(part.notes.clone());
    place_notes(&mut struck, score, ground);
    let accents = struck
        .iter()
        .filter(|struck| !struck.is_grace)
        .map(|struck| Accent {
            at: struck.at,
            length: struck.end - struck.onset,
            end: struck.end,
            pitch: struck.note.pitch.midi(),
            velocity: struck.note.velocity.map(|velocity| velocity.midi()),
            percussion: part.instrument.percussion,
        });
    accents.collect()
}

/// The notes as they were struck, in that order, tied heads as one; and the grace notes and notes
/// without length of which it is not known when they were.
fn struck(notes: Vec<Note>) -> (Vec<Struck>, Vec<Note>) {
    let mut struck: Vec<Struck> = Vec::with_capacity(notes.len());
    let mut riders = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for note in notes {
        let is_timeless = match note.is_grace() {
            true => note.played.is_none(),
            false => note.duration <= Ticks::ZERO,
        };
        if is_timeless {
            riders.push(note);
            continue;
        }
        open.retain(|&held| struck[held].until >= note.onset);
        let continued = open.iter().position(|&held| {
            let held = &struck[held];
            let joins = held.note.pitch == note.pitch && held.until == note.onset;
            note.tied_from && !note.is_grace() && joins
        });
        let tied_to = note.tied_to && !note.is_grace();
        let index = match continued {
            Some(place) => {
                let index = open.swap_remove(place);
                let whole = &mut struck[index];
                whole.until = note.end();
                if whole.note.played.is_none() {
                    whole.end = whole.until;
                }
                whole.note.marks.extend(note.marks);
                whole.note.lyrics.extend(note.lyrics);
                index
            }
            None => {
                struck.push(Struck::of(note));
                struck.len() - 1
            }
        };
        if tied_to {
            open.push(index);
        }
    }
    struck.sort_by_key(|s| (s.onset, s.end, s.note.pitch, s.note.velocity, s.note.onset));
    (struck, riders)
}

impl Struck {
    fn of(note: Note) -> Struck {
        let (onset, length) = match note.played {
            Some(played) => (note.onset + played.delay, played.duration.max(Ticks(1))),
            None => (note.onset, note.duration),
        };
        let onset = onset.max(Ticks::ZERO);
        Struck {
            onset,
            end: onset + length,
            at: note.onset,
            until: note.end(),
            is_grace: false,
            note: Note {
                tied_from: false,
                tied_to: false,
                grace: None,
                tuplet: None,
                ..note
            },
        }
    }
}

/// Notes that were struck together.
struct Group {
    from: usize,
    to: usize,
    onset: Onset,
}

/// Says of all notes where they are written to begin, and which are grace notes.
fn place_notes(struck: &mut [Struck], score: &Score, ground: &Ground) -> Placing {
    let groups = groups(struck, score, ground);
    let onsets: Vec<Onset> = groups.iter().map(|group| group.onset).collect();
    let placing = place(&onsets, ground);
    for (group, &at) in groups.iter().zip(&placing.at) {
        struck[group.from..group.to]
            .iter_mut()
            .for_each(|struck| struck.at = at);
    }
    let shortest = ground.shortest();
    let mut before = 0;
    for meeting in placing.at.chunk_by(|a, b| a == b) {
        let met = &groups[before..before + meeting.len()];
        before += meeting.len();
        let [earlier @ .., last] = met else {
            continue;
        };
        for index in earlier.iter().flat_map(|group| group.from..group.to) {
            let note = &mut struck[index];
            let length = note.end - note.onset;
            let is_over = note.end <= last.onset.at + length / 2;
            note.is_grace = length <= shortest * 3 / 2 && is_over;
        }
    }
    placing
}

fn groups(struck: &[Struck], score: &Score, ground: &Ground) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut tempos = score.tempos.iter().peekable();
    let mut tempo = crate::Tempo::DEFAULT;
    let quarter = ground.quarter().0 as f64;
    let most = ground.shortest().0 as f64 * TOGETHER_OF_SHORTEST;
    // When the latest note before the group is half over, and when the group before began.
    let mut over = Ticks::ZERO;
    let mut last: Option<Ticks> = None;
    let mut from = 0;
    while from < struck.len() {
        let first = struck[from].onset;
        while let Some(change) = tempos.next_if(|change| change.at <= first) {
            tempo = change.tempo;
        }
        let seconds = TOGETHER_S * tempo.quarters_per_minute() / 60.0;
        // Both are far below the range of the integer.
        let window = Ticks((seconds * quarter).min(most) as i64);
        let mut pitches = 0_u128;
        let mut sum = 0_i128;
        let mut to = from;
        while let Some(note) = struck.get(to) {
            let bit = 1 << note.note.pitch.midi().min(127);
            let is_repeated = pitches & bit != 0 && note.onset > first;
            if note.onset > first + window || is_repeated {
                break;
            }
            pitches |= bit;
            sum += i128::from((note.onset - first).0);
            to += 1;
        }
        let members = i128::try_from(to - from).unwrap_or(1).max(1);
        let mean = first + Ticks(i64::try_from(sum / members).unwrap_or(0));
        groups.push(Group {
            from,
            to,
            onset: Onset {
                at: mean,
                // What comes at once after another was hardly meant to be counted.
                follows: over <= first
                    && last.is_none_or(|last| (first - last) * 3 > ground.shortest()),
            },
        });
        let half = |struck: &Struck| struck.onset + (struck.end - struck.onset) / 2;
        last = Some(first);
        over = struck[from..to].iter().map(half).max().unwrap_or_default();
        from = to;
    }
    groups
}

/// The note as it is written.
fn written(struck: Struck, placing: &Placing, keep_performance: bool) -> Note {
    let Struck {
        note,
        onset,
        end,
        at,
        until,
        is_grace,
    } = struck;
    let duration = if is_grace { Ticks::ZERO } else { until - at };
    let is_as_written = onset == at && end - onset == duration;
    let played = (keep_performance && !is_as_written).then(|| Played {
        delay: onset - at,
        duration: end - onset,
    });
    let bracket = placing
        .bracket_at(at)
        .filter(|bracket| !is_grace && bracket.is_needed(at, until));
    Note {
        onset: at,
        duration,
        played,
        grace: is_grace.then(Grace::default),
        tuplet: bracket.map(|bracket| bracket.tuplet),
        ..note
    }
}

/// Puts what stands with the notes where these are written now.
fn place_signs(part: &mut Part, placed: impl Fn(Ticks) -> Ticks) {
    for clef in &mut part.clefs {
        clef.at = placed(clef.at);
    }
    for key in &mut part.keys {
        key.at = placed(key.at);
    }
    for rest in &mut part.rests {
        let end = placed(rest.onset + rest.duration);
        rest.onset = placed(rest.onset);
        rest.duration = (end - rest.onset).max(Ticks::ZERO);
    }
    for chord in &mut part.chords {
        chord.at = placed(chord.at);
    }
    for direction in &mut part.directions {
        direction.at = placed(direction.at);
    }
    for spanner in &mut part.spanners {
        spanner.from = placed(spanner.from);
        spanner.to = placed(spanner.to).max(spanner.from);
    }
}

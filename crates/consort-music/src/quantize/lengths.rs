//! Where notes are written to end.

use std::collections::BTreeMap;

use crate::time::Ticks;

use super::ground::Ground;
use super::onsets::{Bracket, Placing};
use super::part::Struck;

/// Ends within this share of a quarter note from the grid lie on it: some programs end notes a tick
/// early.
const ON_GRID: f64 = 0.005;

/// If so many of all ends lie on the grid, they are meant as they are.
const MOST: f64 = 0.85;

/// The classes into which the shares of time that notes are held are sorted.
const CLASSES: usize = 20;

/// How a part is articulated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Articulation {
    /// Whether ends are meant as they are.
    exact: bool,
    /// Which share of its length a note is commonly held.
    held: f64,
}

impl Articulation {
    pub(super) fn of(struck: &[Struck], placing: &Placing, ground: &Ground) -> Articulation {
        let near = ground.quarter().0 as f64 * ON_GRID;
        let mains = || struck.iter().filter(|struck| !struck.is_grace);
        let on_grid = mains().filter(|struck| {
            let end = nearest(struck.end, struck.at, placing, ground, 0.0);
            ((end - struck.end).0.abs() as f64) <= near && struck.at == struck.onset
        });
        let exact = on_grid.count() as f64 >= MOST * mains().count() as f64;
        Articulation {
            exact,
            held: if exact { 1.0 } else { held(struck, ground) },
        }
    }

    /// Where each note would end if it were held as long as it is written.
    pub(super) fn release(self, struck: &mut [Struck], ground: &Ground) {
        for struck in struck {
            let length = (struck.end - struck.onset).0 as f64 / self.held;
            // Saturates, as times do.
            struck.until = match self.exact {
                true => struck.end.max(struck.at + Ticks(1)),
                false => struck.at + Ticks(length as i64).max(ground.shortest() / 8),
            };
        }
    }

    /// Puts the ends on the grid, voice by voice, and says how many notes were cut.
    pub(super) fn end(self, struck: &mut [Struck], placing: &Placing, ground: &Ground) -> usize {
        let mut voices: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
        for (index, struck) in struck.iter().enumerate() {
            let voice = (struck.note.staff, struck.note.voice);
            if !struck.is_grace {
                voices.entry(voice).or_default().push(index);
            }
        }
        let mut cut = 0;
        for mut indices in voices.into_values() {
            indices.sort_by_key(|&index| struck[index].at);
            let chords: Vec<&[usize]> = indices
                .chunk_by(|&a, &b| struck[a].at == struck[b].at)
                .collect();
            let starts: Vec<Ticks> = chords.iter().map(|chord| struck[chord[0]].at).collect();
            for (place, chord) in chords.iter().enumerate() {
                let next = starts.get(place + 1).copied();
                let mut ends: Vec<Ticks> = chord.iter().map(|&index| struck[index].until).collect();
                ends.sort_unstable();
                let meant = ends[ends.len() / 2];
                let until = self.end_of(starts[place], meant, next, placing, ground);
                for &index in *chord {
                    let struck = &mut struck[index];
                    let lost = struck.until - until;
                    cut += usize::from(
                        lost * 4 > struck.until - struck.at && lost > ground.shortest(),
                    );
                    struck.until = until;
                }
            }
        }
        cut
    }

    fn end_of(
        self,
        at: Ticks,
        meant: Ticks,
        next: Option<Ticks>,
        placing: &Placing,
        ground: &Ground,
    ) -> Ticks {
        let length = (meant - at).0 as f64;
        let tolerance = match self.exact {
            true => 0.0,
            false => 0.1 * length + 0.02 * ground.quarter().0 as f64,
        };
        let rest = nearest(meant, at, placing, ground, tolerance);
        let Some(next) = next else {
            return rest;
        };
        if meant >= next || rest >= next {
            return next;
        }
        if self.exact {
            return rest;
        }
        let gap = (next - meant).0 as f64;
        let span = (next - at).0 as f64;
        // A rest must be worth writing: over a third of the time, and of the shortest note at least.
        if gap < 0.35 * span || next - rest < ground.shortest() {
            next
        } else {
            rest
        }
    }
}

/// Which share of the time to the next onset notes are commonly held: the middle of the fullest
/// class, or of equally full ones the longest. Longer notes than a half note say little, for who
/// holds them tires.
fn held(struck: &[Struck], ground: &Ground) -> f64 {
    let mut classes = [0_usize; CLASSES + 4];
    let mut mains: Vec<&Struck> = struck.iter().filter(|struck| !struck.is_grace).collect();
    mains.sort_by_key(|struck| struck.at);
    let mut starts: Vec<Ticks> = mains.iter().map(|struck| struck.at).collect();
    starts.dedup();
    for struck in &mains {
        let after = starts.partition_point(|&start| start <= struck.at);
        let Some(&next) = starts.get(after) else {
            continue;
        };
        let span = next - struck.at;
        let share = (struck.end - struck.onset).0 as f64 / span.0 as f64;
        if share <= 1.1 && span <= ground.quarter() * 2 {
            classes[1 + (share * CLASSES as f64) as usize] += 1;
        }
    }
    // Neighbours help, so that a mode on a border counts.
    let full = |class: usize| classes[class - 1] + 2 * classes[class] + classes[class + 1];
    let fullest = (1..=CLASSES + 1).max_by_key(|&class| (full(class), class));
    match fullest.filter(|&class| full(class) > 0) {
        Some(class) => ((class as f64 - 0.5) / CLASSES as f64).clamp(0.2, 1.0),
        None => 1.0,
    }
}

/// The plain place of the grid nearest to `at`.
pub(super) fn nearest_plain(at: Ticks, ground: &Ground) -> Ticks {
    let block = ground.block_at(at);
    let step = ground.shortest();
    let steps = (at - block.origin + step / 2).div_floor(step);
    (block.origin + step * steps).clamp(block.start, block.end)
}

/// Where after `from` a note that ends about `at` is written to end: a strong place within the
/// `tolerance`, or the nearest if that is 0.
fn nearest(at: Ticks, from: Ticks, placing: &Placing, ground: &Ground, tolerance: f64) -> Ticks {
    let block = ground.block_at(at);
    let shortest = ground.shortest();
    let mut best: Option<(f64, Ticks)> = None;
    let mut propose = |end: Ticks, level: f64| {
        let apart = (end - at).0.abs() as f64;
        let cost = match tolerance > 0.0 {
            true => (apart / tolerance).powi(2) / 2.0 + level,
            false => apart,
        };
        if end > from && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, end));
        }
    };
    let mut step = block.cell;
    let mut level = 0.0;
    loop {
        let steps = (at - block.origin).div_floor(step);
        for steps in [steps, steps + 1] {
            propose(
                (block.origin + step * steps).clamp(block.start, block.end),
                level,
            );
        }
        if step <= shortest || step.0 % 2 != 0 {
            break;
        }
        step = step / 2;
        level += 1.0;
    }
    // The end may lie under the tuplet that the note before it is in.
    for bracket in [placing.bracket_at(at), placing.bracket_at(at - Ticks(1))]
        .into_iter()
        .flatten()
    {
        let part = ((bracket.to - bracket.from) / bracket.parts).max(Ticks(1));
        let parts = (at - bracket.from).div_floor(part);
        propose(bracket.from + part * parts, 0.0);
        propose((bracket.from + part * (parts + 1)).min(bracket.to), 0.0);
    }
    match best {
        Some((_, end)) => end,
        None => next_place(from, ground),
    }
}

/// The first plain place after `from`.
fn next_place(from: Ticks, ground: &Ground) -> Ticks {
    let block = ground.block_at(from);
    let step = ground.shortest();
    let steps = (from - block.origin).div_floor(step) + 1;
    let next = (block.origin + step * steps).min(block.end);
    next.max(from + Ticks(1))
}

impl Bracket {
    /// Whether a note from `at` to `until` is under the bracket and cannot do without.
    pub(super) fn is_needed(&self, at: Ticks, until: Ticks) -> bool {
        let length = self.to - self.from;
        let mut plain = length;
        // As fine as the tuplet is divided, and a bit finer, whatever stands against it is plain.
        for _ in 0..4 {
            if plain.0 % 2 != 0 {
                break;
            }
            plain = plain / 2;
        }
        let is_plain = |time: Ticks| (time - self.from) % plain == Ticks::ZERO;
        until <= self.to && !(is_plain(at) && is_plain(until))
    }
}

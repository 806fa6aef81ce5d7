//! Two hands of one keyboard part.

use crate::score::Part;

use super::part::Struck;

/// The lowest and the highest pitch at which the hands may part.
const LOWEST: usize = 40;
const HIGHEST: usize = 80;
const SPLITS: usize = HIGHEST - LOWEST + 1;

/// The last of the General MIDI programs that are pianos, harpsichords and clavichords.
const LAST_KEYBOARD: u8 = 7;

/// Whether `part` is for two hands and not split yet.
pub(super) fn are_two(part: &Part, struck: &[Struck]) -> bool {
    let keyboard = part
        .instrument
        .program
        .is_none_or(|program| program <= LAST_KEYBOARD);
    let one_staff = struck.iter().all(|struck| struck.note.staff == 1);
    let share = |is: fn(u8) -> bool| {
        let of = struck.iter().filter(|struck| is(struck.note.pitch.midi()));
        of.count() * 10 >= struck.len() && !struck.is_empty()
    };
    let wide = share(|pitch| pitch < 53) && share(|pitch| pitch > 67);
    keyboard && one_staff && wide && !part.instrument.percussion
}

/// Gives notes from the split up to the first staff and those below to the second. The split moves
/// with the music: the cheapest path is taken, where a hand that spans more than an octave costs,
/// a split far from middle C, a split amid the notes, and each semitone that it moves.
pub(super) fn split(struck: &mut [Struck]) {
    let mut order: Vec<usize> = (0..struck.len()).collect();
    order.sort_by_key(|&index| (struck[index].at, struck[index].note.pitch));
    let slices: Vec<&[usize]> = order
        .chunk_by(|&a, &b| struck[a].at == struck[b].at)
        .collect();
    let mut costs = [0.0_f64; SPLITS];
    let mut moves: Vec<[u8; SPLITS]> = Vec::with_capacity(slices.len());
    for slice in &slices {
        let mut from = [0_u8; SPLITS];
        spread(&mut costs, &mut from);
        let pitches: Vec<u8> = slice
            .iter()
            .map(|&index| struck[index].note.pitch.midi())
            .collect();
        for (place, cost) in costs.iter_mut().enumerate() {
            *cost += slice_cost(&pitches, LOWEST + place);
        }
        moves.push(from);
    }
    let cheapest = (0..SPLITS).min_by(|&a, &b| costs[a].total_cmp(&costs[b]));
    let mut place = cheapest.unwrap_or(0);
    for (slice, from) in slices.iter().zip(&moves).rev() {
        for &index in *slice {
            let low = usize::from(struck[index].note.pitch.midi()) < LOWEST + place;
            struck[index].note.staff = if low { 2 } else { 1 };
        }
        place = usize::from(from[place]);
    }
}

/// What it costs to be at each split, coming from the best one before, at so much a semitone.
fn spread(costs: &mut [f64; SPLITS], from: &mut [u8; SPLITS]) {
    const SEMITONE: f64 = 0.25;
    for (place, from) in (0..).zip(from.iter_mut()) {
        *from = place;
    }
    let mut relax = |to: usize, by: usize| {
        if costs[by] + SEMITONE < costs[to] {
            costs[to] = costs[by] + SEMITONE;
            from[to] = from[by];
        }
    };
    (1..SPLITS).for_each(|place| relax(place, place - 1));
    (0..SPLITS - 1)
        .rev()
        .for_each(|place| relax(place, place + 1));
}

/// What a split costs for notes that begin together, which are in order.
fn slice_cost(pitches: &[u8], split: usize) -> f64 {
    let split_at = pitches.partition_point(|&pitch| usize::from(pitch) < split);
    let span = |hand: &[u8]| match hand {
        [low, .., high] => f64::from(high - low),
        _ => 0.0,
    };
    let (left, right) = pitches.split_at(split_at);
    let wide = |hand: &[u8]| (span(hand) - 12.0).max(0.0) * 0.5;
    let far = (split as f64 - 60.0).abs() * 0.03;
    let near = |pitch: &u8| (4.0 - (f64::from(*pitch) - split as f64 + 0.5).abs()).max(0.0) * 0.2;
    let amid: f64 = left.last().map_or(0.0, near) + right.first().map_or(0.0, near);
    wide(left) + wide(right) + far + amid
}

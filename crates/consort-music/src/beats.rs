//! The beats of music that was played without any: where a listener would tap.
//!
//! Onsets become a curve of their strength over time. How long a beat is at each moment is what the
//! curve resembles itself after, with lengths preferred around half a second and not changing
//! abruptly. Beats are then the moments, about that far apart, where the curve is strongest in sum
//! (after D. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36, 2007).

use std::f64::consts::TAU;
use std::ops::Range;

/// Frames of the curve in a second.
const RATE: f64 = 100.0;

/// The longest music that is listened to, in seconds: a day.
const SECONDS_MAX: f64 = 86_400.0;

/// How far an onset is spread over the curve, in seconds: what players call together is not.
const SPREAD: f64 = 0.02;

/// The lengths of beats that are thought of, in frames: 40 to 240 in a minute.
const PERIODS: Range<usize> = 25..151;

/// The length of beat that is most likely beforehand, in seconds, and how many octaves around it are.
const PERIOD_LIKELY: f64 = 0.5;
const PERIOD_OCTAVES: f64 = 0.9;

/// How many seconds of music tell how long a beat is at a moment, and how often that is asked.
const WINDOW: f64 = 8.0;
const HOP: f64 = 1.0;

/// How much is lost by a change of the length by an octave from one moment to the next.
const CHANGE: f64 = 20.0;

/// How much a beat loses that is an octave too long or too short.
const TIGHTNESS: f64 = 100.0;

/// What is listened to before the first onset and after the last, in seconds.
const MARGIN: f64 = 0.1;

/// How near to a beat a note is on it, in seconds.
const NEAR: f64 = 0.07;

/// How far a beat is moved to the onset that it means, in seconds.
const SNAP: f64 = 0.05;

/// The beats of notes that begin at moments in seconds with weights, in any order: strictly rising, two
/// at least. Nothing if there are less than two moments with a weight above 0, or they are more
/// than a day apart.
///
/// Time and memory grow with the length of the music and the number of its notes: an hour takes a second and 10 MB.
pub fn track(onsets: &[(f64, f64)]) -> Option<Vec<f64>> {
    let mut onsets: Vec<(f64, f64)> = onsets
        .iter()
        .copied()
        .filter(|&(at, weight)| at.is_finite() && weight.is_finite() && weight > 0.0)
        .collect();
    onsets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (first, last) = (onsets.first()?.0, onsets.last()?.0);
    if last <= first || last - first > SECONDS_MAX {
        return None;
    }
    let mut strength = strength(&onsets, first, last);
    let periods = periods(&strength);
    normalize(&mut strength);
    let mut beats = chain(&strength, &periods);
    for beat in &mut beats {
        *beat += first - MARGIN;
    }
    snap(&mut beats, &onsets);
    (beats.len() >= 2).then_some(beats)
}

/// Which of the first beats begins a bar of so many, by the notes of the bass: moments in seconds and
/// weights, in any order. It is the one where, bar by bar, they are heaviest; 0 where nothing tells.
pub fn bar_phase(beats: &[f64], bass: &[(f64, f64)], beats_in_bar: usize) -> usize {
    let mut weights = vec![0.0; beats_in_bar.max(1)];
    let bass = bass
        .iter()
        .filter(|(_, weight)| weight.is_finite() && *weight > 0.0);
    for &(at, weight) in bass {
        let after = beats.partition_point(|&beat| beat <= at);
        let near = after.saturating_sub(1)..beats.len().min(after + 1);
        let nearest = near.min_by(|&one, &other| {
            let distance = |beat: usize| (beats[beat] - at).abs();
            distance(one).total_cmp(&distance(other))
        });
        if let Some(beat) = nearest.filter(|&beat| (beats[beat] - at).abs() <= NEAR) {
            weights[beat % beats_in_bar.max(1)] += weight;
        }
    }
    // Of equals the first.
    let heaviest = (0..weights.len())
        .rev()
        .max_by(|&one, &other| weights[one].total_cmp(&weights[other]));
    heaviest.unwrap_or(0)
}

/// The curve: how strongly notes begin at each frame, the first of which is a margin before them.
fn strength(onsets: &[(f64, f64)], first: f64, last: f64) -> Vec<f32> {
    let frames = frame(last - first + 2.0 * MARGIN) + 1;
    let mut strength = vec![0.0_f32; frames];
    let reach = frame(3.0 * SPREAD);
    for &(at, weight) in onsets {
        let middle = (at - first + MARGIN) * RATE;
        let near = frame(at - first + MARGIN);
        let from = near.saturating_sub(reach);
        let to = frames.min(near + reach + 1);
        for (index, strength) in strength.iter_mut().enumerate().take(to).skip(from) {
            let away = (index as f64 - middle) / (RATE * SPREAD);
            *strength += (weight * (-0.5 * away * away).exp()) as f32;
        }
    }
    // Ten notes at once are not ten times as strong as one.
    for strength in &mut strength {
        *strength = strength.sqrt();
    }
    strength
}

/// Divides a curve by its standard deviation.
fn normalize(strength: &mut [f32]) {
    let count = strength.len() as f64;
    let mean = strength.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let square = |&value: &f32| (f64::from(value) - mean).powi(2);
    let deviation = (strength.iter().map(square).sum::<f64>() / count).sqrt();
    for value in strength {
        *value = (f64::from(*value) / deviation.max(f64::MIN_POSITIVE)) as f32;
    }
}

/// How many frames a beat is, each hop.
fn periods(strength: &[f32]) -> Vec<usize> {
    let hop = frame(HOP);
    let half = frame(WINDOW / 2.0);
    let window: Vec<f32> = (0..2 * half)
        .map(|index| (0.5 - 0.5 * (TAU * (index as f64 + 0.5) / (2 * half) as f64).cos()) as f32)
        .collect();
    let prior: Vec<f64> = PERIODS
        .map(|period| {
            let octaves = (period as f64 / RATE / PERIOD_LIKELY).log2() / PERIOD_OCTAVES;
            (-0.5 * octaves * octaves).exp()
        })
        .collect();
    let octaves: Vec<f64> = PERIODS.map(|period| (period as f64).log2()).collect();
    let count = prior.len();
    let (mut worth, mut from): (Vec<f64>, Vec<Vec<u8>>) = (vec![0.0; count], Vec::new());
    let mut part = Vec::with_capacity(2 * half);
    for middle in (0..strength.len()).step_by(hop) {
        let start = middle.saturating_sub(half);
        let end = strength.len().min(middle + half);
        part.clear();
        let shape = &window[start + half - middle..];
        part.extend(
            strength[start..end]
                .iter()
                .zip(shape)
                .map(|(value, shape)| value * shape),
        );
        let mean = part.iter().sum::<f32>() / part.len() as f32;
        // What the window leaves of an even curve would resemble itself.
        let level = mean * 2.0;
        part.iter_mut()
            .zip(shape)
            .for_each(|(value, shape)| *value -= level * shape);
        let whole = resemblance(&part, 0).max(f32::MIN_POSITIVE);
        let told: Vec<f64> = PERIODS
            .zip(&prior)
            .map(|(period, prior)| {
                let once = resemblance(&part, period) / whole;
                let twice = resemblance(&part, 2 * period) / whole;
                prior * f64::from(once + 0.5 * twice)
            })
            .collect();
        let mut next = vec![0.0; count];
        let mut back = vec![0; count];
        for to in 0..count {
            let (mut best, mut best_from) = (f64::NEG_INFINITY, 0);
            for before in 0..count {
                let change = octaves[to] - octaves[before];
                let here = worth[before] - CHANGE * change * change;
                if here > best {
                    (best, best_from) = (here, before);
                }
            }
            next[to] = best + told[to];
            back[to] = best_from as u8;
        }
        worth = next;
        from.push(back);
    }
    let mut at = (0..count)
        .max_by(|&one, &other| worth[one].total_cmp(&worth[other]))
        .unwrap_or(0);
    let mut periods = Vec::with_capacity(from.len());
    for back in from.iter().rev() {
        periods.push(PERIODS.start + at);
        at = usize::from(back[at]);
    }
    periods.reverse();
    periods
}

/// How much a curve resembles itself so many frames later.
fn resemblance(curve: &[f32], later: usize) -> f32 {
    let later = curve.get(later..).unwrap_or(&[]);
    curve
        .iter()
        .zip(later)
        .map(|(one, other)| one * other)
        .sum()
}

/// The chain of frames that are strongest in sum and as far apart as beats are there, in seconds.
fn chain(strength: &[f32], periods: &[usize]) -> Vec<f64> {
    let hop = frame(HOP);
    let mut worth = vec![0.0_f32; strength.len()];
    let mut from = vec![0_u32; strength.len()];
    let losses: Vec<Vec<f32>> = PERIODS
        .map(|period| {
            let lengths = period / 2..=2 * period;
            lengths
                .map(|length| {
                    let octaves = (length as f64 / period as f64).log2();
                    (TIGHTNESS * octaves * octaves) as f32
                })
                .collect()
        })
        .collect();
    for frame in 0..strength.len() {
        let period = periods[(frame / hop).min(periods.len() - 1)];
        let losses = &losses[period - PERIODS.start];
        let (mut best, mut best_from) = (0.0, frame);
        for (length, loss) in (period / 2..).zip(losses) {
            let Some(before) = frame.checked_sub(length) else {
                break;
            };
            let here = worth[before] - loss;
            if here > best {
                (best, best_from) = (here, before);
            }
        }
        worth[frame] = best + strength[frame];
        from[frame] = best_from as u32;
    }
    // The last beat is among the last frames, where an end within the music would be worth less.
    let last = periods[periods.len() - 1];
    let tail = strength.len().saturating_sub(last.max(frame(MARGIN) + 1))..strength.len();
    let mut at = tail
        .rev()
        .max_by(|&one, &other| worth[one].total_cmp(&worth[other]))
        .unwrap_or(0);
    let mut beats = vec![at as f64 / RATE];
    while from[at] as usize != at {
        at = from[at] as usize;
        beats.push(at as f64 / RATE);
    }
    beats.reverse();
    beats
}

/// Moves beats to the strongest onset near them.
fn snap(beats: &mut Vec<f64>, onsets: &[(f64, f64)]) {
    for beat in beats.iter_mut() {
        let start = onsets.partition_point(|&(at, _)| at < *beat - SNAP);
        let near = onsets[start..]
            .iter()
            .take_while(|&&(at, _)| at <= *beat + SNAP);
        let (mut sum, mut moment) = (0.0, 0.0);
        for &(at, weight) in near {
            sum += weight;
            moment += weight * at;
        }
        if sum > 0.0 {
            *beat = moment / sum;
        }
    }
    beats.dedup_by(|next, before| *next <= *before);
}

fn frame(seconds: f64) -> usize {
    (seconds * RATE).round() as usize
}

#[cfg(test)]
mod tests;

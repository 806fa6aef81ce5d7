//! Bars, beats and their lengths.

use consort_corpus::piano::Beats;
use consort_music::{Metre, Score, Tempo, Ticks};

use super::Place;

/// What is known of each beat.
pub(super) struct Bars {
    /// For each beat, beats since its bar began and beats of that bar.
    beats: Vec<(f64, f64)>,
    /// For each but the last, see [`Place::periods`].
    periods: Vec<[f64; 3]>,
    /// Seconds from beat to beat on the mean.
    pub(super) period: f64,
}

/// Beats on either side that local tempo is told by.
const AROUND: usize = 4;

#[expect(clippy::cast_precision_loss, reason = "nobody plays 2^53 beats")]
fn real(count: usize) -> f64 {
    count as f64
}

impl Bars {
    pub(super) fn of(beats: &Beats) -> Bars {
        let seconds = &beats.seconds;
        let count = seconds.len();
        let (&[first, ..], &[.., last]) = (&**seconds, &**seconds) else {
            return Bars {
                beats: vec![(0.0, 4.0)],
                periods: vec![[0.5; 3]],
                period: 0.5,
            };
        };
        let period = if count > 1 {
            (last - first) / real(count - 1)
        } else {
            0.5
        };
        let lengths = seconds
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).clamp(0.05, 10.0));
        let logs: Vec<f64> = lengths.map(f64::ln).collect();
        let mean = |logs: &[f64], else_: f64| {
            if logs.is_empty() {
                else_
            } else {
                (logs.iter().sum::<f64>() / real(logs.len())).exp()
            }
        };
        let periods = (0..logs.len()).map(|beat| {
            let own = logs[beat].exp();
            let before = &logs[beat.saturating_sub(AROUND)..beat];
            let after = &logs[beat + 1..(beat + 1 + AROUND).min(logs.len())];
            [own, mean(before, own), mean(after, own)]
        });
        let mut periods: Vec<[f64; 3]> = periods.collect();
        if periods.is_empty() {
            periods.push([period; 3]);
        }
        Bars {
            beats: in_bars(&beats.downbeats),
            periods,
            period,
        }
    }

    /// The place of the cell with an index, of which each beat has four; `local` tells how fast it is
    /// there, else it is as fast as on the mean.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast goes to the nearest index there is"
    )]
    pub(super) fn place(&self, cell: f64, deviation: f64, local: bool) -> Place {
        let beat = (cell / 4.0).floor();
        let quarter = cell - 4.0 * beat;
        let known = (beat.max(0.0) as usize).min(self.beats.len() - 1);
        let (since, bar) = self.beats[known];
        let periods = if local {
            self.periods[known.min(self.periods.len() - 1)]
        } else {
            [self.period; 3]
        };
        Place {
            quarter: quarter as usize,
            deviation,
            in_bar: (since + (beat - real(known)) + quarter / 4.0).rem_euclid(bar),
            bar,
            periods,
        }
    }
}

/// For each beat, beats since its bar began and beats of that bar.
fn in_bars(downbeats: &[bool]) -> Vec<(f64, f64)> {
    let begins: Vec<usize> = (0..downbeats.len())
        .filter(|&beat| downbeats[beat])
        .collect();
    let mut lengths: Vec<usize> = begins.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if lengths.is_empty() {
        return (0..downbeats.len())
            .map(|beat| (real(beat % 4), 4.0))
            .collect();
    }
    lengths.sort_unstable();
    let usual = lengths[lengths.len() / 2];
    let mut beats = vec![(0.0, 4.0); downbeats.len()];
    let upbeat = usual.max(begins[0]);
    for (beat, place) in beats.iter_mut().enumerate().take(begins[0]) {
        *place = (real(beat + upbeat - begins[0]), real(upbeat));
    }
    for (index, &begin) in begins.iter().enumerate() {
        let end = begins.get(index + 1).copied();
        let length = end.map_or(usual.max(downbeats.len() - begin), |end| end - begin);
        let bar = &mut beats[begin..end.unwrap_or(downbeats.len())];
        for (beat, place) in bar.iter_mut().enumerate() {
            *place = (real(beat), real(length));
        }
    }
    beats
}

/// Seconds from the start to each of some moments, by the tempos of a score.
pub fn seconds_of(score: &Score, moments: &[Ticks]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..moments.len()).collect();
    order.sort_by_key(|&index| moments[index]);
    let quarter = f64::from(score.resolution.ticks_per_quarter());
    let length = |from: Ticks, to: Ticks, tempo: Tempo| {
        #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
        let quarters = (to - from).0 as f64 / quarter;
        quarters * 60.0 / tempo.quarters_per_minute()
    };
    let mut changes = score.tempos.iter().peekable();
    let (mut seconds, mut from, mut tempo) = (0.0, Ticks::ZERO, Tempo::DEFAULT);
    let mut all = vec![0.0; moments.len()];
    for index in order {
        let at = moments[index];
        while let Some(change) = changes.next_if(|change| change.at < at) {
            seconds += length(from, change.at, tempo);
            (from, tempo) = (change.at, change.tempo);
        }
        all[index] = seconds + length(from, at, tempo);
    }
    all
}

/// The beats of a score, in seconds by its tempos: of compound metres (6/8, 9/8, 12/8) dotted ones, else as
/// the metre counts. Where the score has no measures there are quarter notes, in bars of four.
pub fn beats_of(score: &Score) -> Beats {
    let end = score.end();
    let quarter = score.resolution.quarter();
    let mut ticks: Vec<(Ticks, bool)> = Vec::new();
    let mut metres: Vec<(usize, Metre)> = Vec::new();
    let mut metre = Metre::COMMON;
    let mut last = Ticks::ZERO;
    for measure in &score.measures {
        if let Some(new) = measure.metre {
            metre = new;
        }
        if metres.last().is_none_or(|&(_, last)| last != metre) {
            metres.push((ticks.len(), metre));
        }
        let step = beat(metre, quarter);
        // An upbeat ends a bar, so its beats are counted from its end.
        let whole = step * i64::from(beats_in(metre));
        let is_upbeat = ticks.is_empty() && measure.length < whole;
        let mut at = measure.start;
        if is_upbeat {
            at = measure.start + measure.length % step;
        }
        while at < measure.end() {
            ticks.push((at, at == measure.start && !is_upbeat));
            at += step;
        }
        last = measure.end();
    }
    let step = beat(metre, quarter);
    let mut count = 0;
    while last <= end || ticks.len() < 2 {
        ticks.push((last, count % i64::from(beats_in(metre)) == 0));
        (last, count) = (last + step, count + 1);
    }
    let moments: Vec<Ticks> = ticks.iter().map(|&(at, _)| at).collect();
    let seconds = seconds_of(score, &moments);
    let mut beats = Beats {
        seconds: Vec::with_capacity(ticks.len()),
        downbeats: Vec::with_capacity(ticks.len()),
        metres,
        estimated: false,
    };
    for (seconds, (_, is_down)) in seconds.into_iter().zip(ticks) {
        if beats.seconds.last().is_none_or(|&last| last < seconds) {
            beats.seconds.push(seconds);
            beats.downbeats.push(is_down);
        }
    }
    beats
}

fn is_compound(metre: Metre) -> bool {
    metre.unit >= 8 && metre.beats > 3 && metre.beats.is_multiple_of(3)
}

fn beats_in(metre: Metre) -> u8 {
    if is_compound(metre) {
        metre.beats / 3
    } else {
        metre.beats.max(1)
    }
}

/// The length of a beat.
fn beat(metre: Metre, quarter: Ticks) -> Ticks {
    let unit = quarter * 4 / i64::from(metre.unit.max(1));
    let beat = if is_compound(metre) { unit * 3 } else { unit };
    beat.max(Ticks(1))
}

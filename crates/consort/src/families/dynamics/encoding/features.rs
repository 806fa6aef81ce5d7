//! What a network is told of each note.
//!
//! All of it can be heard or read close by: the note itself, its chord, what sounds with it, its neighbours
//! in time and pitch, how dense and how high the music around it is, the metre, and the piece as a whole.
//! Times are in logarithms, because a player feels their ratio.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of notes, pitches and classes are small; few digits of a feature matter"
)]

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::ops::Range;

use super::{Event, Passage, View};

/// Numbers told of a note.
pub const FEATURES: usize =
    2 + 12 + 14 + 6 + 7 + 2 + 9 + 5 + 6 + 6 + 6 + 6 * WINDOWS.len() + 4 + 10 + BEAT;

/// The last of them, which are 0 where the beats are not known.
const BEAT: usize = 1 + 4 + 5 + 4 + 1 + 3 + 4;

/// Seconds before and after a note that density and height are told of.
const WINDOWS: [f64; 3] = [0.5, 2.0, 8.0];

/// The profiles of C. L. Krumhansl and E. J. Kessler, *Tracing the dynamic changes in perceived tonal
/// organization in a spatial representation of musical keys*, 1982.
const MAJOR: [f64; 12] = [
    6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88,
];
const MINOR: [f64; 12] = [
    6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17,
];

/// A time in seconds as a number of about unit size.
fn log_time(seconds: f64) -> f64 {
    (seconds.clamp(0.01, 12.0).ln() + 1.0) / 1.5
}

fn centred(profile: [f64; 12]) -> [f64; 12] {
    let mean = profile.iter().sum::<f64>() / 12.0;
    let variance = profile.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 12.0;
    profile.map(|x| (x - mean) / variance.sqrt())
}

/// What is known of a passage as a whole, and of its chords.
struct Overview<'a> {
    events: &'a [Event],
    /// The first note of each chord, and behind the last the number of notes.
    starts: Vec<usize>,
    /// When each chord begins.
    times: Vec<f64>,
    top: Vec<f64>,
    bottom: Vec<f64>,
    /// Logarithms of the notes' lengths.
    lengths: Vec<f64>,
    /// Sums of the pitches and of the lengths before each note.
    pitch_sums: Vec<f64>,
    length_sums: Vec<f64>,
    /// Seconds since and until the pitch of each note is struck.
    same: Vec<[f64; 2]>,
    /// Of each chord, seconds since the last four tops moved like this, if they did.
    repeated: Vec<Option<f64>>,
    begin: f64,
    end: f64,
    span: f64,
    pitch: f64,
    spread: f64,
    density: f64,
    length: f64,
}

/// Seconds after which a note struck again is another one.
const FAR: f64 = 12.0;

impl<'a> Overview<'a> {
    fn of(events: &'a [Event]) -> Overview<'a> {
        let chords = events.last().map_or(0, |event| event.chord + 1);
        let mut starts = vec![0; chords + 1];
        for (index, event) in events.iter().enumerate() {
            starts[event.chord + 1] = index + 1;
        }
        let notes_of = |chord: usize| &events[starts[chord]..starts[chord + 1]];
        let earliest =
            |notes: &[Event]| notes.iter().map(|n| n.onset).fold(f64::INFINITY, f64::min);
        let times: Vec<f64> = (0..chords).map(|chord| earliest(notes_of(chord))).collect();
        let top: Vec<f64> = (0..chords)
            .map(|chord| f64::from(events[starts[chord]].pitch))
            .collect();
        let bottom = (0..chords).map(|chord| f64::from(events[starts[chord + 1] - 1].pitch));
        let bottom: Vec<f64> = bottom.collect();
        let lengths: Vec<f64> = events.iter().map(|n| log_time(n.end - n.onset)).collect();
        let sums = |numbers: &mut dyn Iterator<Item = f64>| {
            let mut sum = 0.0;
            let mut sums = vec![0.0];
            sums.extend(numbers.map(|number| {
                sum += number;
                sum
            }));
            sums
        };
        let pitch_sums = sums(&mut events.iter().map(|event| f64::from(event.pitch)));
        let length_sums = sums(&mut lengths.iter().copied());
        let count = events.len() as f64;
        let (begin, end) = (times[0], times[chords - 1]);
        let span = (end - begin).max(1.0);
        let pitch = pitch_sums[events.len()] / count;
        let variance = events
            .iter()
            .map(|n| (f64::from(n.pitch) - pitch).powi(2))
            .sum::<f64>()
            / count;
        Overview {
            same: same_pitch(events),
            repeated: repeated(&top, &times),
            density: (count / span).ln(),
            length: length_sums[events.len()] / count,
            spread: variance.sqrt(),
            events,
            starts,
            times,
            top,
            bottom,
            lengths,
            pitch_sums,
            length_sums,
            begin,
            end,
            span,
            pitch,
        }
    }

    fn chords(&self) -> usize {
        self.times.len()
    }
}

fn same_pitch(events: &[Event]) -> Vec<[f64; 2]> {
    let mut same = vec![[FAR; 2]; events.len()];
    let mut last = [None; 128];
    for (index, event) in events.iter().enumerate() {
        let pitch = event.pitch.clamp(0, 127) as usize;
        if let Some(before) = last[pitch].replace(index) {
            let between = event.onset - events[before].onset;
            same[index][0] = between;
            same[before][1] = between;
        }
    }
    same
}

fn repeated(top: &[f64], times: &[f64]) -> Vec<Option<f64>> {
    let mut last: BTreeMap<[i32; 4], f64> = BTreeMap::new();
    let of_chord = |chord: usize| {
        if chord < 4 {
            return None;
        }
        let step = |back: usize| (top[chord - back] - top[chord - back - 1]) as i32;
        let before = last.insert([0, 1, 2, 3].map(step), times[chord]);
        before.map(|before| times[chord] - before)
    };
    (0..top.len()).map(of_chord).collect()
}

/// A window that moves over the chords.
#[derive(Clone, Copy, Default)]
struct Window {
    /// The first chord in it, and the one behind the last.
    from: usize,
    to: usize,
}

impl Window {
    fn move_to(&mut self, time: f64, reach: f64, times: &[f64]) {
        while times[self.from] < time - reach - 1e-6 {
            self.from += 1;
        }
        while self.to < times.len() && times[self.to] <= time + reach + 1e-6 {
            self.to += 1;
        }
    }
}

/// How much each pitch class sounds around a moment, and the key that this is nearest to.
struct Tonality {
    window: Window,
    weights: [f64; 12],
    tonic: i32,
    is_minor: bool,
    profiles: [[f64; 12]; 2],
}

impl Tonality {
    fn new() -> Tonality {
        Tonality {
            window: Window::default(),
            weights: [0.0; 12],
            tonic: 0,
            is_minor: false,
            profiles: [centred(MAJOR), centred(MINOR)],
        }
    }

    fn move_to(&mut self, time: f64, over: &Overview<'_>) {
        let before = self.window;
        self.window.move_to(time, 4.0, &over.times);
        let mut add = |chords: Range<usize>, sign: f64| {
            for note in &over.events[over.starts[chords.start]..over.starts[chords.end]] {
                let weight = (note.end - note.onset).clamp(0.1, 1.0);
                self.weights[note.pitch.rem_euclid(12) as usize] += sign * weight;
            }
        };
        add(before.to..self.window.to, 1.0);
        add(before.from..self.window.from, -1.0);
        let mut best = f64::NEG_INFINITY;
        for tonic in 0..12 {
            for (profile, is_minor) in self.profiles.iter().zip([false, true]) {
                let fit: f64 = (0..12)
                    .map(|step| profile[step] * self.weights[(step + tonic) % 12])
                    .sum();
                if fit > best {
                    (best, self.tonic, self.is_minor) = (fit, tonic as i32, is_minor);
                }
            }
        }
    }
}

/// Writes numbers one after another.
struct Pen<'a> {
    told: &'a mut [f32],
    place: usize,
}

impl Pen<'_> {
    fn put(&mut self, number: f64) {
        self.told[self.place] = number as f32;
        self.place += 1;
    }

    fn put_class(&mut self, class: i32, of: usize) {
        self.told[self.place + class.rem_euclid(of as i32) as usize] = 1.0;
        self.place += of;
    }

    fn put_flag(&mut self, flag: bool) {
        self.put(f64::from(u8::from(flag)));
    }
}

/// What the notes of `range` are told, `[note][feature]`; the beats only if `beats`.
pub fn tell(passage: &Passage, range: Range<usize>, beats: bool) -> Vec<f32> {
    let mut told = vec![0.0; range.len() * FEATURES];
    if range.is_empty() {
        return told;
    }
    let over = Overview::of(&passage.events);
    let mut windows = [Window::default(); WINDOWS.len()];
    let mut second = Window::default();
    let mut tonality = Tonality::new();
    // The first note that may still sound.
    let mut held = 0;
    for chord in 0..over.chords() {
        let time = over.times[chord];
        let (first, behind) = (over.starts[chord], over.starts[chord + 1]);
        for (window, reach) in windows.iter_mut().zip(WINDOWS) {
            window.move_to(time, reach, &over.times);
        }
        second.move_to(time, 1.0, &over.times);
        tonality.move_to(time, &over);
        while over.events[held].onset < time - 8.0 {
            held += 1;
        }
        if behind <= range.start || first >= range.end {
            continue;
        }
        let sounding = (held..first).filter(|&other| over.events[other].end > time + 0.02);
        let around = Around {
            passage,
            over: &over,
            chord,
            windows,
            second,
            tonality: &tonality,
            sounding: sounding.collect(),
        };
        for note in first.max(range.start)..behind.min(range.end) {
            let row = &mut told[(note - range.start) * FEATURES..][..FEATURES];
            let mut pen = Pen {
                told: row,
                place: 0,
            };
            around.tell(note, &mut pen);
            if beats {
                around.tell_beat(note, &mut pen);
            }
        }
    }
    told
}

/// What is around a chord.
struct Around<'a> {
    passage: &'a Passage,
    over: &'a Overview<'a>,
    chord: usize,
    windows: [Window; WINDOWS.len()],
    second: Window,
    tonality: &'a Tonality,
    /// Earlier notes that sound when it begins.
    sounding: Vec<usize>,
}

impl Around<'_> {
    fn pitch(&self, note: usize) -> f64 {
        f64::from(self.over.events[note].pitch)
    }

    fn notes(&self) -> Range<usize> {
        self.over.starts[self.chord]..self.over.starts[self.chord + 1]
    }

    /// Seconds from this chord to the one `away` before or after.
    fn to_chord(&self, away: isize) -> f64 {
        let other = self.chord.checked_add_signed(away);
        let other = other.and_then(|other| self.over.times.get(other));
        other.map_or(4.0, |time| (time - self.over.times[self.chord]).abs())
    }

    fn tell(&self, note: usize, pen: &mut Pen<'_>) {
        let over = self.over;
        let event = over.events[note];
        let pitch = f64::from(event.pitch);
        let time = over.times[self.chord];
        let chord = self.notes();
        let heard = self.sounding.iter().map(|&other| self.pitch(other));
        let (highest, lowest) = heard.fold(
            (over.top[self.chord], over.bottom[self.chord]),
            |(high, low), pitch| (high.max(pitch), low.min(pitch)),
        );
        pen.put((pitch - 60.0) / 20.0);
        pen.put(((pitch - 60.0) / 20.0).powi(2));
        pen.put_class((pitch - lowest) as i32, 12);
        let Tonality {
            weights,
            tonic,
            is_minor,
            ..
        } = self.tonality;
        pen.put_class(event.pitch - tonic, 12);
        pen.put_flag(*is_minor);
        let all: f64 = weights.iter().sum();
        pen.put(weights[event.pitch.rem_euclid(12) as usize] / (all + 1e-9) * 4.0);
        let mut classes = [0.0; 6];
        let with = self
            .sounding
            .iter()
            .copied()
            .chain(chord.clone())
            .filter(|&other| other != note);
        for other in with {
            let class = (event.pitch - over.events[other].pitch).abs() % 12;
            let class = if class > 6 { 12 - class } else { class };
            if class > 0 {
                let count: &mut f64 = &mut classes[class as usize - 1];
                *count = (*count + 1.0).min(2.0);
            }
        }
        classes.into_iter().for_each(|count| pen.put(count));
        let next = self.to_chord(1);
        for time in [self.to_chord(-1), next, self.to_chord(-2), self.to_chord(2)] {
            pen.put(log_time(time));
        }
        let length = event.end - event.onset;
        pen.put(over.lengths[note]);
        pen.put((length.max(0.01) / next.max(0.02)).ln().clamp(-3.0, 3.0) / 1.5);
        pen.put(((length - next) * 4.0).clamp(-2.0, 2.0));
        over.same[note]
            .into_iter()
            .for_each(|time| pen.put(log_time(time)));
        // Nine of the chord.
        pen.put((chord.len() as f64).ln());
        let (from_top, from_bottom) = (note - chord.start, chord.end - 1 - note);
        pen.put(from_top.min(6) as f64 / 2.0);
        pen.put(from_bottom.min(6) as f64 / 2.0);
        pen.put_flag(from_top == 0);
        pen.put_flag(from_bottom == 0);
        let above = (from_top > 0).then(|| (self.pitch(note - 1) - pitch).min(24.0));
        let below = (from_bottom > 0).then(|| (pitch - self.pitch(note + 1)).min(24.0));
        pen.put(above.unwrap_or(30.0) / 12.0);
        pen.put(below.unwrap_or(30.0) / 12.0);
        let onsets = over.events[chord.clone()].iter().map(|other| other.onset);
        let mean = onsets.sum::<f64>() / chord.len() as f64;
        pen.put((event.onset - mean) * 80.0);
        pen.put((event.onset - time) * 80.0);
        // Five of what sounds with it.
        pen.put(((chord.len() + self.sounding.len()) as f64).ln());
        pen.put((highest - pitch) / 12.0);
        pen.put((pitch - lowest) / 12.0);
        let until = (event.end - 0.03).min(time + 2.0);
        let later = over.events[chord.end..]
            .iter()
            .take_while(|other| other.onset < until);
        let (over_it, under_it) = later.fold((highest, lowest), |(high, low), other| {
            let pitch = f64::from(other.pitch);
            (high.max(pitch), low.min(pitch))
        });
        pen.put((over_it - pitch) / 12.0);
        pen.put((pitch - under_it) / 12.0);
        let before = (chord.start.saturating_sub(8)..chord.start).rev();
        self.tell_nearest(note, &mut before.into_iter(), pen);
        let after = chord.end..(chord.end + 8).min(over.events.len());
        self.tell_nearest(note, &mut after.into_iter(), pen);
        let last = over.chords() - 1;
        let [before, after] = [self.chord.saturating_sub(1), (self.chord + 1).min(last)];
        let [long_before, long_after] = [self.chord.saturating_sub(2), (self.chord + 2).min(last)];
        for line in [
            over.top[before],
            over.top[after],
            over.bottom[before],
            over.bottom[after],
            over.top[long_before],
            over.top[long_after],
        ] {
            pen.put((pitch - line) / 12.0);
        }
        self.tell_second(pitch, pen);
        for (window, reach) in self.windows.iter().zip(WINDOWS) {
            self.tell_window(note, *window, reach, pen);
        }
        let wide = self.windows[WINDOWS.len() - 1];
        let (from, to) = (over.starts[wide.from], over.starts[wide.to]);
        let heard = (time + 8.0).min(over.end + 0.5) - (time - 8.0).max(over.begin - 0.5);
        let count = (to - from) as f64;
        pen.put((count / heard).ln() - over.density);
        pen.put(((over.pitch_sums[to] - over.pitch_sums[from]) / count - over.pitch) / 12.0);
        let again = over.repeated[self.chord].map(|time| time.min(60.0));
        pen.put(again.unwrap_or(60.0).max(0.1).ln() / 2.0);
        pen.put_flag(again.is_some());
        // Ten of the piece.
        pen.put((time - over.begin) / over.span);
        pen.put((1.0 + time - over.begin).ln() / 2.0);
        pen.put((1.0 + over.end - time).ln() / 2.0);
        pen.put(over.density);
        pen.put((over.pitch - 60.0) / 10.0);
        pen.put((over.spread - 12.0) / 4.0);
        pen.put(over.length);
        pen.put((over.events.len() as f64 / over.chords() as f64).ln());
        pen.put(over.span.ln() - 5.0);
        pen.put_flag(self.passage.view != View::Performed);
    }

    /// The nearest in pitch of some notes, the first of several: the interval, the time between, and how
    /// much longer this note is.
    fn tell_nearest(&self, note: usize, among: &mut dyn Iterator<Item = usize>, pen: &mut Pen<'_>) {
        let over = self.over;
        let event = over.events[note];
        let distance = |other: &usize| (over.events[*other].pitch - event.pitch).abs();
        let Some(other) = among.min_by_key(distance) else {
            pen.place += 3;
            return;
        };
        let interval = f64::from(event.pitch - over.events[other].pitch);
        pen.put(interval.clamp(-24.0, 24.0) / 6.0);
        pen.put(log_time((event.onset - over.events[other].onset).abs()));
        pen.put(over.lengths[note] - over.lengths[other]);
    }

    /// Where a pitch stands among those of a second before and after.
    fn tell_second(&self, pitch: f64, pen: &mut Pen<'_>) {
        let starts = &self.over.starts;
        let notes = starts[self.second.from]..starts[self.second.to];
        let count = notes.len() as f64;
        let (mut above, mut below) = (0.0, 0.0);
        let (mut next_above, mut next_below) = (24.0_f64, 24.0_f64);
        let (mut most, mut least) = (0.0_f64, 0.0_f64);
        for other in notes {
            let interval = self.pitch(other) - pitch;
            most = most.max(interval);
            least = least.min(interval);
            if interval > 0.0 {
                above += 1.0;
                next_above = next_above.min(interval);
            } else if interval < 0.0 {
                below += 1.0;
                next_below = next_below.min(-interval);
            }
        }
        pen.put(above / count);
        pen.put(below / count);
        for interval in [next_above, next_below, most, -least] {
            pen.put(interval / 12.0);
        }
    }

    /// Density, height and lengths before and after.
    fn tell_window(&self, note: usize, window: Window, reach: f64, pen: &mut Pen<'_>) {
        let over = self.over;
        let chord = self.notes();
        let before = over.starts[window.from]..chord.start;
        let after = chord.end..over.starts[window.to];
        let both = [before, after];
        for side in &both {
            pen.put((1.0 + side.len() as f64 / reach).ln() - over.density);
        }
        let mean = |sums: &[f64], side: &Range<usize>| {
            (sums[side.end] - sums[side.start]) / side.len() as f64
        };
        for side in &both {
            let relative = self.pitch(note) - mean(&over.pitch_sums, side);
            pen.put(if side.is_empty() {
                0.0
            } else {
                relative / 12.0
            });
        }
        for side in &both {
            let relative = over.lengths[note] - mean(&over.length_sums, side);
            pen.put(if side.is_empty() { 0.0 } else { relative });
        }
    }

    fn tell_beat(&self, note: usize, pen: &mut Pen<'_>) {
        let event = self.over.events[note];
        let place = event.place;
        pen.put(1.0);
        pen.put_class(place.quarter as i32, 4);
        pen.put_flag(place.in_bar == 0.0);
        let angle = place.in_bar / place.bar * TAU;
        for number in [
            angle.sin(),
            angle.cos(),
            (2.0 * angle).sin(),
            (2.0 * angle).cos(),
        ] {
            pen.put(number);
        }
        let bar = place.bar as i32;
        for beats in [2, 3, 4] {
            pen.put_flag(bar == beats);
        }
        pen.put_flag(!(2..=4).contains(&bar));
        pen.put(place.deviation * 2.0);
        let own = place.periods[0];
        for time in [event.end - event.onset, self.to_chord(-1), self.to_chord(1)] {
            pen.put(log_time(time / own));
        }
        let mean = self.passage.period;
        pen.put(mean.max(0.01).ln() * 1.5);
        for period in place.periods {
            pen.put(((period / mean).max(1e-3).ln() * 3.0).clamp(-3.0, 3.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use consort_corpus::piano::Beats;
    use consort_music::{Metre, Pitch};
    use proptest::prelude::*;

    use super::*;
    use crate::families::dynamics::encoding::Struck;

    fn passage(notes: &[(f64, f64, u8)]) -> Passage {
        let notes = notes.iter().map(|&(onset, length, pitch)| Struck {
            onset,
            end: onset + length,
            pitch: Pitch::try_from(pitch).unwrap(),
            velocity: None,
        });
        let beats = Beats {
            seconds: (0..40).map(|beat| f64::from(beat) * 0.5).collect(),
            downbeats: (0..40).map(|beat| beat % 4 == 0).collect(),
            metres: vec![(0, Metre::COMMON)],
            estimated: false,
        };
        Passage::of(&notes.collect::<Vec<_>>(), &beats, View::Performed)
    }

    proptest! {
        #[test]
        fn every_number_is_finite_and_a_part_is_told_as_in_the_whole(
            notes in proptest::collection::vec((0.0..15.0f64, 0.0..4.0f64, 0u8..128), 1..80),
        ) {
            let passage = passage(&notes);
            let count = passage.events.len();
            let whole = tell(&passage, 0..count, true);
            prop_assert!(whole.iter().all(|number| number.is_finite() && number.abs() < 100.0));
            let (from, to) = (count / 3, count - count / 4);
            let part = tell(&passage, from..to, true);
            prop_assert_eq!(&part[..], &whole[from * FEATURES..to * FEATURES]);
        }
    }

    #[test]
    fn without_beats_the_last_numbers_are_silent() {
        let passage = passage(&[(0.0, 0.5, 60), (0.5, 0.5, 64), (1.0, 0.5, 67)]);
        let (with, without) = (tell(&passage, 0..3, true), tell(&passage, 0..3, false));
        for (with, without) in with.chunks(FEATURES).zip(without.chunks(FEATURES)) {
            assert_eq!(with[..FEATURES - BEAT], without[..FEATURES - BEAT]);
            assert!(
                without[FEATURES - BEAT..]
                    .iter()
                    .all(|&number| number == 0.0)
            );
            assert!(with[FEATURES - 1] == 0.0 && with[FEATURES - BEAT] == 1.0);
        }
    }
}

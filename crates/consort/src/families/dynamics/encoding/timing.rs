//! When a pianist plays what is written: tempo, early and late notes, their lengths, and the pedal.

#![expect(
    clippy::cast_possible_truncation,
    reason = "few digits of a deviation matter"
)]

use consort_corpus::piano::{Notated, Performance, matches};

use super::Passage;

/// What is recalled of the timing of the notes before, as numbers.
pub const TIMING_HISTORY: usize = 12;

/// What lies between a tempo and the mean for a number of 1, in logarithms of the beat's length.
pub const TEMPO_UNIT: f64 = 0.25;

/// Seconds late for a number of 1.
pub const DELAY_UNIT: f64 = 0.03;

/// The logarithm of how much longer than written for a number of 1.
pub const LENGTH_UNIT: f64 = 0.7;

/// The most that a number is, either way.
const MOST: f64 = 4.0;

/// What the pedal does at a chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pedal {
    /// It is up.
    Up,
    /// It stays down.
    Held,
    /// It is pressed, or let go and pressed again.
    Pressed,
}

impl Pedal {
    /// All of them, in the order of their numbers.
    pub const ALL: [Pedal; 3] = [Pedal::Up, Pedal::Held, Pedal::Pressed];
}

/// When a note is played, as far as it is known, in the units above.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timed {
    /// How much slower its beat is than on the mean; only of the first note that begins in a beat.
    pub tempo: Option<f32>,
    /// How late it is.
    pub delay: Option<f32>,
    /// How much longer it is held than written.
    pub length: Option<f32>,
    /// What the pedal does; only of the first note of a chord.
    pub pedal: Option<Pedal>,
}

/// Which notes of a passage are the first that begin in a beat, and which are the first of a chord.
pub fn firsts(passage: &Passage) -> Vec<[bool; 2]> {
    let beat = |index: usize| {
        let place = passage.events[index].place;
        (place.in_bar.floor(), passage.events[index].onset)
    };
    let mut begun: Option<(f64, f64)> = None;
    let of_note = |index: usize| {
        let is_chord = index == 0 || passage.events[index - 1].chord != passage.events[index].chord;
        let (in_bar, onset) = beat(index);
        let is_same = begun.is_some_and(|(last, at)| last == in_bar && onset - at < passage.period);
        if !is_same {
            begun = Some((in_bar, onset));
        }
        [!is_same, is_chord]
    };
    (0..passage.events.len()).map(of_note).collect()
}

/// When the notes of a passage of what a performance was read from were played, in the passage's order.
pub fn timings(passage: &Passage, performance: &Performance, notated: &Notated) -> Vec<Timed> {
    let beats = &performance.beats;
    let count = u32::try_from(beats.seconds.len()).unwrap_or(u32::MAX);
    let span = beats.seconds.last().unwrap_or(&0.0) - beats.seconds.first().unwrap_or(&0.0);
    let period = span / f64::from(count.saturating_sub(1).max(1));
    let played = matches(performance, notated);
    let chords = pedals(passage, performance, notated);
    let firsts = firsts(passage);
    let clamped = |number: f64| number.clamp(-MOST, MOST) as f32;
    let events = passage.events.iter().zip(firsts);
    let timed = events.map(|(event, [is_beat, is_chord])| {
        let written = notated.notes[event.source];
        let local =
            beats.seconds_at(written.onset.floor() + 1.0) - beats.seconds_at(written.onset.floor());
        let note = played[event.source].map(|index| performance.notes[index]);
        let length = |note: consort_corpus::piano::PianoNote| {
            let seconds = (written.end - written.onset).max(0.02) * local.max(0.05);
            ((note.end - note.onset).max(0.02) / seconds).ln() / LENGTH_UNIT
        };
        Timed {
            tempo: is_beat.then(|| clamped((local.max(0.05) / period).ln() / TEMPO_UNIT)),
            delay: note
                .map(|note| clamped((note.onset - beats.seconds_at(written.onset)) / DELAY_UNIT)),
            length: note.map(|note| clamped(length(note))),
            pedal: chords[event.chord].filter(|_| is_chord),
        }
    });
    timed.collect()
}

/// The pedal at each chord of a passage; nothing if the performance has none.
fn pedals(passage: &Passage, performance: &Performance, notated: &Notated) -> Vec<Option<Pedal>> {
    let chords = passage.events.last().map_or(0, |event| event.chord + 1);
    if performance.pedal.is_empty() {
        return vec![None; chords];
    }
    let mut times = vec![0.0; chords];
    for event in &passage.events {
        let at = notated.notes[event.source].onset;
        times[event.chord] = performance.beats.seconds_at(at);
    }
    let is_down = |seconds: f64| {
        let after = performance.pedal.partition_point(|&(at, _)| at <= seconds);
        after > 0 && performance.pedal[after - 1].1 >= 64
    };
    let was_up = |from: f64, to: f64| {
        let moves = performance.pedal.iter().skip_while(|&&(at, _)| at <= from);
        let mut moves = moves.take_while(|&&(at, _)| at <= to);
        !is_down(from) || moves.any(|&(_, value)| value < 64)
    };
    let mut looked = f64::NEG_INFINITY;
    let of_chord = |chord: usize| {
        let next = times.get(chord + 1).map_or(1.0, |next| next - times[chord]);
        let look = times[chord] + (0.7 * next).clamp(0.0, 0.25);
        let pedal = match (is_down(look), was_up(looked, look)) {
            (false, _) => Pedal::Up,
            (true, true) => Pedal::Pressed,
            (true, false) => Pedal::Held,
        };
        looked = look;
        Some(pedal)
    };
    (0..chords).map(of_chord).collect()
}

/// What a pianist recalls of the timing so far.
#[derive(Clone, Debug, Default)]
pub struct TimingHistory {
    tempos: [f32; 3],
    delay: f32,
    chord_delay: f32,
    delays: f32,
    length: f32,
    lengths: f32,
    pedal: Option<Pedal>,
}

impl TimingHistory {
    /// Recalls how a note was timed, the first of its chord or not.
    pub fn push(&mut self, timed: Timed, begins_chord: bool) {
        if let Some(tempo) = timed.tempo {
            self.tempos = [tempo, self.tempos[0], self.tempos[1]];
        }
        if let Some(delay) = timed.delay {
            self.delay = delay;
            if begins_chord {
                self.chord_delay = delay;
            }
            self.delays += (delay - self.delays) / 8.0;
        }
        if let Some(length) = timed.length {
            self.length = length;
            self.lengths += (length - self.lengths) / 8.0;
        }
        self.pedal = timed.pedal.or(self.pedal);
    }

    /// Writes what is recalled before a note, the first of its beat and of its chord or not.
    pub fn tell(&self, [begins_beat, begins_chord]: [bool; 2], told: &mut [f32]) {
        let flag = |is: bool| f32::from(u8::from(is));
        told.copy_from_slice(&[
            self.tempos[0],
            self.tempos[1],
            self.tempos[2],
            self.delay,
            self.chord_delay,
            self.delays,
            self.length,
            self.lengths,
            flag(self.pedal == Some(Pedal::Up)),
            flag(self.pedal.is_some_and(|pedal| pedal != Pedal::Up)),
            flag(begins_beat),
            flag(begins_chord),
        ]);
    }
}

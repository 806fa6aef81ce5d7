//! Ticks laid along beats that are known in seconds.

use crate::score::{Score, Tempo, TempoChange};
use crate::time::{Resolution, Ticks};

/// Ticks in a beat: fine enough that a performance loses less than a millisecond.
const PER_BEAT: u32 = 960;

impl Score {
    /// The same music with a quarter note from each beat to the next, so that a performance without
    /// a metronome can be quantised: `beats` are in seconds from the start and rise. Nothing if
    /// there are fewer than two, or they do not rise.
    ///
    /// Tempos are set anew, so that it sounds as before to half a tick. Before the first beat and
    /// after the last time goes on as it did next to them, and as many whole beats come before the
    /// first as the music needs. Measures and keys are left out: they were measured otherwise.
    pub fn on_beats(&self, beats: &[f64]) -> Option<Score> {
        let rising = beats.windows(2).all(|pair| pair[0] < pair[1]);
        let finite = beats.iter().all(|beat| beat.is_finite());
        let (&[first, second, ..], &[.., before, last]) = (beats, beats) else {
            return None;
        };
        if !rising || !finite {
            return None;
        }
        let lead = (first / (second - first)).ceil().max(0.0);
        let per_beat = f64::from(PER_BEAT);
        let beat_at = |seconds: f64| -> f64 {
            let after = beats.partition_point(|&beat| beat <= seconds);
            match after {
                0 => lead + (seconds - first) / (second - first),
                _ if after == beats.len() => {
                    lead + to_f64(after - 1) + (seconds - last) / (last - before)
                }
                _ => {
                    let (from, to) = (beats[after - 1], beats[after]);
                    lead + to_f64(after - 1) + (seconds - from) / (to - from)
                }
            }
        };
        let mut clock = Clock::of(self);
        let mut score = self.clone();
        score.resolution = Resolution::new(PER_BEAT)?;
        score.measures.clear();
        score.keys.clear();
        score.tempos.clear();
        let mut moved = |time: Ticks| {
            let ticks = (beat_at(clock.seconds_at(time)) * per_beat).round();
            // A float beyond the range becomes its end.
            Ticks(ticks.max(0.0) as i64)
        };
        for part in &mut score.parts {
            part.keys.clear();
            part.clefs
                .iter_mut()
                .for_each(|clef| clef.at = moved(clef.at));
            for note in &mut part.notes {
                let onset = moved(note.onset);
                let end = moved(note.end());
                if let Some(played) = &mut note.played {
                    let struck = note.onset + played.delay;
                    let released = moved(struck + played.duration);
                    let struck = moved(struck);
                    played.delay = struck - onset;
                    played.duration = (released - struck).max(Ticks(1));
                }
                let least = i64::from(note.duration > Ticks::ZERO);
                note.duration = (end - onset).max(Ticks(least));
                note.onset = onset;
            }
            for rest in &mut part.rests {
                let end = moved(rest.onset + rest.duration);
                rest.onset = moved(rest.onset);
                rest.duration = (end - rest.onset).max(Ticks::ZERO);
            }
            part.chords
                .iter_mut()
                .for_each(|chord| chord.at = moved(chord.at));
            for direction in &mut part.directions {
                direction.at = moved(direction.at);
            }
            for spanner in &mut part.spanners {
                (spanner.from, spanner.to) = (moved(spanner.from), moved(spanner.to));
            }
            for control in &mut part.controls {
                control.at = moved(control.at);
            }
        }
        let lead_beats = lead as i64;
        let tempo = |seconds: f64| Tempo::new((60.0 / seconds).clamp(0.01, 10_000.0));
        let mut at = Ticks::ZERO;
        for (index, pair) in beats.windows(2).enumerate() {
            let tempo = tempo(pair[1] - pair[0])?;
            if score.tempos.last().is_none_or(|last| last.tempo != tempo) {
                score.tempos.push(TempoChange { at, tempo });
            }
            let beat = i64::try_from(index + 1).unwrap_or(i64::MAX);
            at = score.resolution.quarter() * lead_beats.saturating_add(beat);
        }
        Some(score)
    }
}

/// [`Score::seconds_at`] for many moments.
struct Clock<'a> {
    score: &'a Score,
    /// The seconds at which each tempo begins.
    starts: Vec<f64>,
}

impl Clock<'_> {
    fn of(score: &Score) -> Clock<'_> {
        let mut clock = Clock {
            score,
            starts: Vec::with_capacity(score.tempos.len()),
        };
        for change in &score.tempos {
            let start = clock.seconds_at(change.at);
            clock.starts.push(start);
        }
        clock
    }

    fn seconds_at(&mut self, at: Ticks) -> f64 {
        let known = &self.score.tempos[..self.starts.len()];
        let after = known.partition_point(|change| change.at < at);
        let (from, start, tempo) = match after.checked_sub(1) {
            Some(index) => (known[index].at, self.starts[index], known[index].tempo),
            None => (Ticks::ZERO, 0.0, Tempo::DEFAULT),
        };
        let quarters = (at - from).0 as f64 / self.score.resolution.quarter().0 as f64;
        start + quarters * 60.0 / tempo.quarters_per_minute()
    }
}

fn to_f64(count: usize) -> f64 {
    count as f64
}

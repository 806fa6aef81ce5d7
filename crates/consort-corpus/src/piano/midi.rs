//! What of a MIDI file is kept: notes and the pedal in seconds.

use consort_music::score::Score;
use consort_music::{Message, Tempo, Ticks, Velocity, midi};

use super::PianoNote;

/// The controller of the sustain pedal.
const PEDAL: u8 = 64;

/// What is kept.
pub(super) struct Played {
    /// By onset and pitch.
    pub(super) notes: Vec<PianoNote>,
    pub(super) pedal: Vec<(f64, u8)>,
}

/// The score in a file, or why there is none.
pub(super) fn read(bytes: &[u8]) -> Result<Score, String> {
    midi::read(bytes)
        .map(|reading| reading.value)
        .map_err(|error| error.to_string())
}

/// The notes that are not drums, and the pedal, or a word that there are no notes.
pub(super) fn played(score: &Score) -> Result<Played, String> {
    let clock = Clock::of(score);
    let parts = || {
        score
            .parts
            .iter()
            .filter(|part| !part.instrument.percussion)
    };
    // What was read from a file is neither tied nor a grace note, and it has velocities.
    let notes = parts().flat_map(|part| &part.notes);
    let mut notes: Vec<PianoNote> = notes
        .map(|note| PianoNote {
            onset: clock.seconds_at(note.onset),
            end: clock.seconds_at(note.end()),
            pitch: note.pitch,
            velocity: note.velocity.unwrap_or(Velocity::DEFAULT),
        })
        .collect();
    if notes.is_empty() {
        let has_drums = score.parts.iter().any(|part| !part.notes.is_empty());
        let reason = if has_drums {
            "it has no notes but drums"
        } else {
            "it has no notes"
        };
        return Err(reason.to_owned());
    }
    notes.sort_by(|one, other| {
        let by_onset = one.onset.total_cmp(&other.onset);
        by_onset.then(one.pitch.cmp(&other.pitch))
    });
    let moves = parts().flat_map(|part| &part.controls);
    let moves = moves.filter_map(|control| match control.message {
        Message::Controller {
            number: PEDAL,
            value,
        } => Some((control.at, value)),
        _ => None,
    });
    let mut moves: Vec<(Ticks, u8)> = moves.collect();
    moves.sort_by_key(|&(at, _)| at);
    moves.dedup_by_key(|&mut (_, value)| value);
    let pedal = moves.into_iter();
    let pedal = pedal
        .map(|(at, value)| (clock.seconds_at(at), value))
        .collect();
    Ok(Played { notes, pedal })
}

/// Whether all notes were struck alike, so that nothing can be learnt from how.
pub(super) fn is_flat(notes: &[PianoNote]) -> bool {
    notes
        .windows(2)
        .all(|pair| pair[0].velocity == pair[1].velocity)
}

/// Seconds of ticks, as [`Score::seconds_at`] has them, for many moments.
pub(super) struct Clock {
    /// From when on, when that is, and how long a tick is from there.
    changes: Vec<(Ticks, f64, f64)>,
}

impl Clock {
    pub(super) fn of(score: &Score) -> Clock {
        let quarter = f64::from(score.resolution.ticks_per_quarter());
        let tick = |tempo: Tempo| 60.0 / tempo.quarters_per_minute() / quarter;
        let mut changes = vec![(Ticks::ZERO, 0.0, tick(Tempo::DEFAULT))];
        for change in &score.tempos {
            let at = seconds(changes[changes.len() - 1], change.at);
            changes.push((change.at, at, tick(change.tempo)));
        }
        Clock { changes }
    }

    pub(super) fn seconds_at(&self, at: Ticks) -> f64 {
        let after = self.changes.partition_point(|&(from, ..)| from <= at);
        seconds(self.changes[after.max(1) - 1], at)
    }
}

fn seconds((from, seconds, tick): (Ticks, f64, f64), at: Ticks) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
    let ticks = (at - from).0 as f64;
    seconds + ticks * tick
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_music::score::TempoChange;
    use consort_music::{Control, Note, Part, Pitch, Resolution};

    fn note(onset: i64, pitch: u8, velocity: u8) -> Note {
        Note {
            velocity: Velocity::try_from(velocity).ok(),
            ..Note::new(Ticks(onset), Ticks(240), Pitch::try_from(pitch).unwrap())
        }
    }

    fn score(notes: Vec<Note>) -> Score {
        let mut score = Score::new(Resolution::new(480).unwrap());
        score.parts.push(Part {
            notes,
            ..Part::default()
        });
        score
    }

    fn written(score: &Score) -> Score {
        read(&midi::write(score)).unwrap()
    }

    #[test]
    fn time_goes_by_the_tempos() {
        let mut score = score(vec![note(0, 60, 1), note(960, 64, 127), note(960, 60, 5)]);
        for (at, tempo) in [(0, 60.0), (480, 120.0), (720, 240.0)] {
            let tempo = Tempo::new(tempo).unwrap();
            score.tempos.push(TempoChange {
                at: Ticks(at),
                tempo,
            });
        }
        let score = written(&score);
        let told = played(&score).unwrap().notes.into_iter();
        let told: Vec<_> = told
            .map(|note| {
                (
                    note.onset,
                    note.end,
                    note.pitch.midi(),
                    note.velocity.midi(),
                )
            })
            .collect();
        let late = [(1.375, 1.5, 60, 5), (1.375, 1.5, 64, 127)];
        assert_eq!(told, [(0.0, 0.5, 60, 1), late[0], late[1]]);
        let clock = Clock::of(&score);
        for at in (0..2000).step_by(70).map(Ticks) {
            assert!((clock.seconds_at(at) - score.seconds_at(at)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_pedal_moves_where_it_moves() {
        let mut score = score(vec![note(0, 60, 80)]);
        let moves = [(0, 0), (240, 127), (480, 127), (960, 30), (960, 0)];
        let controls = moves.map(|(at, value)| Control {
            at: Ticks(at),
            message: Message::Controller {
                number: PEDAL,
                value,
            },
        });
        score.parts[0].controls.extend(controls);
        score.parts[0].controls.push(Control {
            at: Ticks(960),
            message: Message::Controller {
                number: 7,
                value: 99,
            },
        });
        let pedal = played(&written(&score)).unwrap().pedal;
        assert_eq!(pedal, [(0.0, 0), (0.25, 127), (1.0, 30), (1.0, 0)]);
    }

    #[test]
    fn drums_are_no_piano() {
        let mut score = score(vec![note(0, 36, 80)]);
        score.parts[0].instrument.percussion = true;
        let reason = played(&written(&score)).err().unwrap();
        assert_eq!(reason, "it has no notes but drums");
        let reason = played(&written(&self::score(Vec::new()))).err().unwrap();
        assert_eq!(reason, "it has no notes");
        assert!(read(b"").err().unwrap().contains("empty"));
    }

    #[test]
    fn notes_struck_alike_are_flat() {
        let notes = |velocities: [u8; 3]| {
            let notes = velocities.map(|velocity| note(0, 60, velocity));
            played(&written(&score(notes.into()))).unwrap().notes
        };
        assert!(is_flat(&notes([60, 60, 60])));
        assert!(!is_flat(&notes([60, 61, 60])));
    }
}

//! A small corpus of our own making: plain grooves of two styles with a fill every fourth bar, in the layout
//! of the Groove MIDI Dataset.
//!
//! It stands in for the real set where that is absent: enough to see a network learn, not to make a drummer
//! of it.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use consort_corpus::groove::GROOVE;
use consort_learn::{Seed, Stream};
use consort_music::grid::Drum;
use consort_music::score::{Instrument, TempoChange};
use consort_music::{Measure, Metre, Note, Part, Resolution, Score, Tempo, Ticks, Velocity, midi};

/// Performances.
const PIECES: usize = 40;

/// Bars of each.
const BARS: usize = 8;

/// A groove: which sixteenths each drum is struck at.
struct Kind {
    style: &'static str,
    bar: &'static [(Drum, &'static [usize])],
}

const KINDS: [Kind; 2] = [
    Kind {
        style: "rock",
        bar: &[
            (Drum::Kick, &[0, 8, 10]),
            (Drum::Snare, &[4, 12]),
            (Drum::ClosedHiHat, &[0, 2, 4, 6, 8, 10, 12, 14]),
        ],
    },
    Kind {
        style: "jazz/swing",
        bar: &[
            (Drum::Kick, &[0]),
            (Drum::ClosedHiHat, &[4, 12]),
            (Drum::Ride, &[0, 4, 7, 8, 12, 15]),
        ],
    },
];

/// The fill of every fourth bar.
const FILL: &[(Drum, &[usize])] = &[
    (Drum::Kick, &[0, 4, 8, 12]),
    (Drum::Snare, &[4, 5, 6, 7]),
    (Drum::HighTom, &[8, 9, 10, 11]),
    (Drum::LowTom, &[12, 13, 14, 15]),
];

/// Writes the set.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let mut stream = Seed(1).stream("example data", 0);
    let set = folder.join(GROOVE);
    let mut list = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,\
                    audio_filename,duration,split\n"
        .to_owned();
    for number in 0..PIECES {
        let kind = &KINDS[number % KINDS.len()];
        let split = match number % 10 {
            8 => "validation",
            9 => "test",
            _ => "train",
        };
        let tempo = 90 + 5 * stream.below(10);
        let file = format!("drummer1/session1/{number}.mid");
        let score = piece(kind, tempo, &mut stream);
        let path = set.join(&file);
        fs::create_dir_all(path.parent().expect("it lies in a folder"))?;
        fs::write(path, midi::write(&score))?;
        let style = kind.style;
        writeln!(
            list,
            "drummer1,drummer1/session1,drummer1/session1/{number},{style},{tempo},beat,4-4,{file},,\
             10.0,{split}"
        )
        .expect("a string takes any text");
    }
    fs::write(set.join("info.csv"), list)
}

/// A performance, a little late or early and louder on the beat.
fn piece(kind: &Kind, tempo: usize, stream: &mut Stream) -> Score {
    const STEP: i64 = 120;
    let mut part = Part {
        instrument: Instrument {
            program: None,
            percussion: true,
        },
        ..Part::default()
    };
    let bar_length = Ticks(16 * STEP);
    let mut score = Score::new(Resolution::MIDI);
    for bar in 0..BARS {
        let start = bar_length * i64::try_from(bar).unwrap_or(0);
        let pattern = if bar % 4 == 3 { FILL } else { kind.bar };
        for &(drum, steps) in pattern {
            for &step in steps {
                // Now and then a stroke is left out, so that there is something to be unsure of.
                if stream.chance(0.05) {
                    continue;
                }
                let late = i64::try_from(stream.below(17)).unwrap_or(0) - 8;
                let at = start + Ticks(STEP) * i64::try_from(step).unwrap_or(0) + Ticks(late);
                let accent = if step % 4 == 0 { 100 } else { 70 };
                let loudness = accent + u8::try_from(stream.below(20)).unwrap_or(0);
                part.notes.push(Note {
                    velocity: Velocity::try_from(loudness).ok(),
                    ..Note::new(at.max(Ticks::ZERO), Ticks(60), drum.pitch())
                });
            }
        }
        let metre = (bar == 0).then_some(Metre::COMMON);
        score.measures.push(Measure::new(
            start,
            bar_length,
            metre,
            (bar + 1).to_string(),
        ));
    }
    part.sort();
    #[expect(clippy::cast_precision_loss, reason = "a tempo")]
    let quarters = tempo as f64;
    if let Some(tempo) = Tempo::new(quarters) {
        let at = Ticks::ZERO;
        score.tempos.push(TempoChange { at, tempo });
    }
    score.parts.push(part);
    score
}

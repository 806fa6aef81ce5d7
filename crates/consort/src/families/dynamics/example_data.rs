//! Small corpora of our own making, in the layouts of the ASAP dataset and of the set of piano rolls: a melody
//! over chords, louder on the beat and at the top, whose loudness swells and falls with the bars.
//!
//! They stand in for the real sets where these are absent: enough to see a network learn, not to make a pianist
//! of it.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use consort_corpus::piano::{ASAP, JAZZ_ROLLS, ROLLS};
use consort_learn::{Seed, Stream};
use consort_music::score::TempoChange;
use consort_music::{
    Measure, Metre, Note, Part, Pitch, Resolution, Score, Tempo, Ticks, Velocity, midi,
};

/// Pieces, of which the hash of the name puts some into each fold.
const PIECES: usize = 40;

/// Bars of each, in 4/4.
const BARS: usize = 16;

/// Ticks of an eighth.
const STEP: i64 = 240;

/// Rolls, of which the hash of the name puts some into each fold.
const ROLL_COUNT: usize = 7;

/// Writes the sets.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let mut stream = Seed(1).stream("example data", 0);
    write_rolls(&folder.join(ROLLS), &mut stream)?;
    let set = folder.join(ASAP);
    let mut table = "composer,title,folder,midi_score,midi_performance,performance_annotations,\
                     midi_score_annotations\n"
        .to_owned();
    for number in 0..PIECES {
        let tempo = 80 + 5 * stream.below(12);
        let place = format!("Nobody/Piece_{number}");
        fs::create_dir_all(set.join(&place))?;
        let (score, played) = piece(tempo, &mut stream);
        for (name, music) in [("midi_score", score), ("player", played)] {
            let path = set.join(&place).join(name);
            fs::write(path.with_extension("mid"), midi::write(&music))?;
            let notes = set.join(&place).join(format!("{name}_annotations.txt"));
            fs::write(notes, beats(tempo))?;
        }
        writeln!(
            table,
            "Nobody,Piece_{number},{place},{place}/midi_score.mid,{place}/player.mid,\
             {place}/player_annotations.txt,{place}/midi_score_annotations.txt"
        )
        .expect("a string takes any text");
    }
    fs::write(set.join("metadata.csv"), table)
}

fn write_rolls(set: &Path, stream: &mut Stream) -> io::Result<()> {
    let folder = set.join("midi/exp");
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(set.join("output"))?;
    let mut catalogue = Vec::new();
    for (number, roll) in JAZZ_ROLLS.iter().take(ROLL_COUNT).enumerate() {
        let (_, played) = piece(120, stream);
        let file = folder.join(format!("{}_exp.mid", roll.druid));
        fs::write(file, midi::write(&played))?;
        catalogue.push(serde_json::json!({
            "druid": roll.druid,
            "composer": "Nobody",
            "work": format!("Roll_{number}"),
            "type": "welte-red",
        }));
    }
    let catalogue = serde_json::Value::from(catalogue);
    fs::write(set.join("output/catalog.json"), catalogue.to_string())
}

/// The beats of a piece as annotated.
fn beats(tempo: usize) -> String {
    let mut text = String::new();
    for beat in 0..4 * BARS {
        #[expect(clippy::cast_precision_loss, reason = "a few beats")]
        let seconds = beat as f64 * 60.0 / tempo as f64;
        let label = match beat {
            0 => "db,4/4,0",
            _ if beat % 4 == 0 => "db",
            _ => "b",
        };
        writeln!(text, "{seconds:.6}\t{seconds:.6}\t{label}").expect("a string takes any text");
    }
    text
}

/// A piece as written and as played.
fn piece(tempo: usize, stream: &mut Stream) -> (Score, Score) {
    const SCALE: [i64; 7] = [0, 2, 4, 5, 7, 9, 11];
    let mut score = Score::new(Resolution::MIDI);
    let mut written = Part::default();
    let mut played = Part::default();
    let mut degree = 7;
    for bar in 0..BARS {
        let start = i64::try_from(8 * bar).unwrap_or(0) * STEP;
        let metre = (bar == 0).then_some(Metre::COMMON);
        let length = Ticks(8 * STEP);
        score.measures.push(Measure::new(
            Ticks(start),
            length,
            metre,
            (bar + 1).to_string(),
        ));
        // Four bars up and four down.
        let swell = i64::try_from(if bar % 8 < 4 { bar % 8 } else { 7 - bar % 8 }).unwrap_or(0);
        for eighth in 0..8 {
            let at = start + eighth * STEP;
            degree = (degree + i64::try_from(stream.below(5)).unwrap_or(0) - 2).clamp(3, 13);
            let melody = 60 + 12 * (degree / 7) + SCALE[usize::try_from(degree % 7).unwrap_or(0)];
            let mut pitches = vec![(melody, 20)];
            if eighth % 4 == 0 {
                let root = 36 + SCALE[stream.below(7)];
                pitches.extend([(root, 8), (root + 12, 0), (root + 16, 0)]);
            }
            for (pitch, above) in pitches {
                let beat = if eighth % 2 == 0 { 6 } else { 0 };
                let moved = i64::try_from(stream.below(7)).unwrap_or(0) - 3;
                let velocity = 45 + 5 * swell + above + beat + moved;
                let pitch = u8::try_from(pitch)
                    .ok()
                    .and_then(|pitch| Pitch::try_from(pitch).ok());
                let pitch = pitch.unwrap_or(Pitch::MIDDLE_C);
                let late = i64::try_from(stream.below(9)).unwrap_or(0);
                written.notes.push(Note::new(Ticks(at), Ticks(STEP), pitch));
                played.notes.push(Note {
                    velocity: u8::try_from(velocity)
                        .ok()
                        .and_then(|v| Velocity::try_from(v).ok()),
                    ..Note::new(Ticks(at + late), Ticks(STEP - 20), pitch)
                });
            }
        }
    }
    written.sort();
    played.sort();
    #[expect(clippy::cast_precision_loss, reason = "a tempo")]
    let quarters = tempo as f64;
    if let Some(tempo) = Tempo::new(quarters) {
        let at = Ticks::ZERO;
        score.tempos.push(TempoChange { at, tempo });
    }
    let mut performance = score.clone();
    score.parts.push(written);
    performance.parts.push(played);
    (score, performance)
}

//! What is read from ABC files, for comparisons with other programs.
//!
//! ```text
//! abc_tunes written|played|canonical|check|warnings|count ROOT < FILES
//! ```
//!
//! Standard input names files below `ROOT`, one a line.
//!
//! - `written` prints for each tune the number of its notes, a tab, and `onset:pitch:duration` of
//!   what sounds, in order, in ticks of 1/480 quarter; before the tunes of a file a line `# FILE`.
//! - `played` does the same with repeats played out, but no jumps.
//! - `canonical` prints all tunes as they are written, each after a line `# FILE TUNE`.
//! - `check` reads what is written of each tune, and says which read otherwise, and what a strict
//!   reader says of what is written.
//! - `warnings` prints what reading has to say.
//! - `count` prints how many tunes and notes there are and how long reading the files took.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use consort_music::abc::{self, AbcError};
use consort_music::{Part, Reading, Score, Ticks};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(mode), Some(root)) = (arguments.next(), arguments.next()) else {
        return Err(
            "usage: abc_tunes written|played|canonical|check|warnings|count ROOT < FILES".into(),
        );
    };
    let mut names = String::new();
    io::stdin().read_to_string(&mut names)?;
    let (mut files, mut tunes, mut notes, mut took) = (0, 0, 0, Duration::ZERO);
    for name in names.lines() {
        let start = Instant::now();
        let bytes = fs::read(Path::new(&root).join(name))?;
        let reading = abc::read(&bytes).unwrap_or(Reading {
            value: Vec::new(),
            warnings: Vec::new(),
        });
        took += start.elapsed();
        let Reading {
            value: scores,
            warnings,
        } = reading;
        if mode == "warnings" {
            for warning in warnings {
                println!("{name}: {warning}");
            }
        }
        files += 1;
        tunes += scores.len();
        let parts = scores.iter().flat_map(|score| &score.parts);
        notes += parts.map(|part| part.notes.len()).sum::<usize>();
        if matches!(mode.as_str(), "written" | "played") {
            println!("# {name}");
        }
        for (index, score) in scores.iter().enumerate() {
            match mode.as_str() {
                "written" => println!("{}", sounding(score)),
                "played" => println!("{}", sounding(&played(score))),
                "canonical" => println!("# {name} {index}\n{}", abc::write(score)),
                "check" => check(name, index, score),
                _ => {}
            }
        }
    }
    if matches!(mode.as_str(), "check" | "count") {
        let seconds = took.as_secs_f64();
        println!("{files} files, {tunes} tunes, {notes} notes, {seconds:.4} s");
    }
    Ok(())
}

/// The score with its repeats played out, and no jumps.
fn played(score: &Score) -> Score {
    let mut score = score.clone();
    for measure in &mut score.measures {
        measure.navigation.clear();
    }
    score.unfolded()
}

fn sounding(score: &Score) -> String {
    let quarter = i128::from(score.resolution.ticks_per_quarter());
    let ticks = |at: Ticks| (i128::from(at.0) * 960 + quarter).div_euclid(2 * quarter);
    let parts = score.parts.iter().flat_map(Part::sounding);
    let mut notes: Vec<(i128, u8, i128)> = parts
        .map(|note| {
            let onset = ticks(note.onset);
            (onset, note.pitch.midi(), ticks(note.end()) - onset)
        })
        .collect();
    notes.sort_unstable();
    let shown: Vec<String> = notes
        .iter()
        .map(|(onset, pitch, length)| format!("{onset}:{pitch}:{length}"))
        .collect();
    format!("{}\t{}", notes.len(), shown.join(" "))
}

fn check(name: &str, index: usize, score: &Score) {
    let written = abc::write(score);
    let again = abc::read(written.as_bytes()).map_or(Vec::new(), |reading| reading.value);
    if again.as_slice() != std::slice::from_ref(score) {
        println!("{name} {index}: reads back otherwise");
    }
    if let Err(AbcError::Violations(violations)) = abc::read_strict(written.as_bytes()) {
        for violation in violations {
            println!("{name} {index}: written: {violation}");
        }
    }
}

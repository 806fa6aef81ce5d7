//! Prints what is read in score files, for `evaluations/scores/musicxml.py` to hold against music21.
//!
//! `digest [--write FOLDER] FILE...` prints `file` and the path, the warnings, and the lines of the
//! score, and writes it as MusicXML under a number in order. `digest --time` takes a path
//! from each line of its input and prints the seconds that reading it takes.

#[path = "../tests/musicxml/digest.rs"]
mod digest;

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;
use std::{env, fs, io};

use consort_music::format;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--time") {
        return time();
    }
    let mut folder = None;
    if arguments.first().is_some_and(|first| first == "--write") {
        arguments.remove(0);
        folder = Some(arguments.remove(0));
    }
    let mut output = io::stdout().lock();
    for (index, path) in arguments.iter().enumerate() {
        writeln!(output, "file {path}")?;
        match format::read(&fs::read(path)?, None) {
            Ok(reading) => {
                for warning in &reading.warnings {
                    writeln!(output, "warning {}", warning.message.replace('\n', " "))?;
                }
                for line in digest::lines(&reading.value) {
                    writeln!(output, "{line}")?;
                }
                if let Some(folder) = &folder {
                    let written = format::write(&reading.value, format::Format::MusicXml);
                    fs::write(Path::new(folder).join(format!("{index}.musicxml")), written)?;
                }
            }
            Err(error) => writeln!(output, "error {error}")?,
        }
    }
    Ok(())
}

fn time() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let start = Instant::now();
        let read = fs::read(line?)
            .map(|bytes| format::read(&bytes, None))
            .is_ok_and(|reading| reading.is_ok());
        let seconds = start.elapsed().as_secs_f64();
        writeln!(output, "{} {seconds}", if read { "ok" } else { "error" })?;
        output.flush()?;
    }
    Ok(())
}

//! Reads every score below some files and folders, and says how many notes there are and how long it
//! took: from opening each file to its score in memory.
//!
//!     cargo run --release --example read_all -- FOLDER... [--format midi|musicxml|abc] [--runs N]
//!
//! One line for each run: files, refused files, scores, bytes, notes, warnings, seconds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use consort_music::format::{Format, ReadError};
use consort_music::{Score, abc, format};

fn main() -> io::Result<()> {
    let (mut roots, mut wanted, mut runs) = (Vec::new(), Vec::new(), 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--format" => wanted.extend(formats(&value())?),
            "--runs" => runs = value().parse().map_err(io::Error::other)?,
            _ => roots.push(PathBuf::from(argument)),
        }
    }
    if wanted.is_empty() {
        wanted.extend(Format::ALL);
    }
    let mut files = Vec::new();
    for root in &roots {
        list(root, &wanted, &mut files)?;
    }
    files.sort();
    println!("files\trefused\tscores\tbytes\tnotes\twarnings\tseconds");
    for _ in 0..runs {
        let start = Instant::now();
        let mut total = Total::default();
        for (file, format) in &files {
            total.read(file, *format)?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let Total {
            refused,
            scores,
            bytes,
            notes,
            warnings,
        } = total;
        let files = files.len();
        println!("{files}\t{refused}\t{scores}\t{bytes}\t{notes}\t{warnings}\t{seconds:.4}");
    }
    Ok(())
}

fn formats(name: &str) -> io::Result<Vec<Format>> {
    match name {
        "midi" => Ok(vec![Format::Midi]),
        "musicxml" => Ok(vec![Format::MusicXml, Format::CompressedMusicXml]),
        "abc" => Ok(vec![Format::Abc]),
        _ => Err(io::Error::other(format!("{name} is no format"))),
    }
}

/// All files at or below `path` whose names end like one of the formats.
fn list(path: &Path, wanted: &[Format], files: &mut Vec<(PathBuf, Format)>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            list(&entry?.path(), wanted, files)?;
        }
        return Ok(());
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let format = extension.and_then(Format::of_extension);
    files.extend(
        format
            .filter(|format| wanted.contains(format))
            .map(|format| (path.to_owned(), format)),
    );
    Ok(())
}

#[derive(Default)]
struct Total {
    refused: usize,
    scores: usize,
    bytes: usize,
    notes: usize,
    warnings: usize,
}

impl Total {
    fn read(&mut self, file: &Path, format: Format) -> io::Result<()> {
        let bytes = fs::read(file)?;
        self.bytes += bytes.len();
        let read = match format {
            Format::Abc => abc::read(&bytes)
                .map(|reading| (reading.value, reading.warnings))
                .map_err(ReadError::from),
            _ => format::read(&bytes, None).map(|reading| (vec![reading.value], reading.warnings)),
        };
        match read {
            Ok((scores, warnings)) => {
                self.scores += scores.len();
                self.notes += scores.iter().map(notes).sum::<usize>();
                self.warnings += warnings.len();
            }
            Err(_) => self.refused += 1,
        }
        Ok(())
    }
}

fn notes(score: &Score) -> usize {
    score.parts.iter().map(|part| part.notes.len()).sum()
}

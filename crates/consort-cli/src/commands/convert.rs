//! `consort convert`: a score in another format.

use clap::{ArgMatches, Command};
use consort::files::{Kind, bytes_of, read_score, write_all};

use super::{Arguments, path, print_warnings, soundfont, tune};
use crate::outcome::Usage;
use crate::sound;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("convert")
        .about("Write a score in another format, by the endings of the names")
        .arg(path("from", "A MIDI, MusicXML or ABC file").required(true))
        .arg(
            path(
                "to",
                "The file to write: .musicxml, .mxl, .mid, .abc, .wav, .svg or .png",
            )
            .required(true),
        )
        .arg(tune())
        .arg(soundfont())
}

/// Converts.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let from = matches.path("from").expect("it is required");
    let to = matches.path("to").expect("it is required");
    if from == to {
        return Err(Usage(format!("{} is both input and output", from.display())).into());
    }
    let kind = Kind::of(&to).map_err(consort::Error::from)?;
    let reading = read_score(&from, matches.tune()).map_err(consort::Error::from)?;
    print_warnings(&from, &reading.warnings);
    let instruments = sound::instruments(matches.path("soundfont"), &[(to.clone(), kind)])?;
    let bytes = bytes_of(&reading.value, kind, &instruments).map_err(consort::Error::from)?;
    write_all(&[(to.clone(), bytes)]).map_err(consort::Error::from)?;
    println!("{}", to.display());
    Ok(())
}

//! `consort render`: the sound of a score.

use clap::{ArgMatches, Command};
use consort::files::{Kind, bytes_of, read_score, write_all};

use super::{Arguments, path, print_warnings, soundfont, tune};
use crate::outcome::Usage;
use crate::sound;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("render")
        .about("Play a score into a WAV file")
        .arg(path("input", "A MIDI, MusicXML or ABC file").required(true))
        .arg(
            path(
                "output",
                "The file to write [default: beside the input, .wav]",
            )
            .short('o')
            .long("output"),
        )
        .arg(tune())
        .arg(soundfont())
}

/// Renders.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let input = matches.path("input").expect("it is required");
    let output = matches
        .path("output")
        .unwrap_or_else(|| input.with_extension("wav"));
    if Kind::of(&output).map_err(consort::Error::from)? != Kind::Wav {
        return Err(Usage(format!("{} does not end with .wav", output.display())).into());
    }
    let reading = read_score(&input, matches.tune()).map_err(consort::Error::from)?;
    print_warnings(&input, &reading.warnings);
    let instruments =
        sound::instruments(matches.path("soundfont"), &[(output.clone(), Kind::Wav)])?;
    let bytes = bytes_of(&reading.value, Kind::Wav, &instruments).map_err(consort::Error::from)?;
    write_all(&[(output.clone(), bytes)]).map_err(consort::Error::from)?;
    println!("{}", output.display());
    Ok(())
}

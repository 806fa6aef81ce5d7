//! `consort plot`: a score as a piano roll, or traces and logs as curves.

use clap::{ArgAction, ArgMatches, Command};
use consort::files::{Kind, bytes_of, read, read_score_with, write_all};
use consort::pictures::curves;
use consort::trace;
use consort_audio::Instruments;

use super::{Arguments, path, print_warnings, reading};
use crate::outcome::Usage;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("plot")
        .about("Draw a score as a piano roll, or .csv traces and logs as curves")
        .arg(
            path(
                "input",
                "A score, or one or more .csv files to lay over each other",
            )
            .required(true)
            .action(ArgAction::Append)
            .num_args(1..),
        )
        .arg(
            path(
                "output",
                "The picture to write, .svg or .png [default: beside the input, .png]",
            )
            .short('o')
            .long("output"),
        )
        .args(reading())
}

/// Draws.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let inputs = matches.paths("input");
    let first = inputs.first().expect("it is required");
    let output = matches
        .path("output")
        .unwrap_or_else(|| first.with_extension("png"));
    let Kind::Picture(format) = Kind::of(&output).map_err(consort::Error::from)? else {
        return Err(Usage(format!(
            "{} does not end with .svg or .png",
            output.display()
        ))
        .into());
    };
    let is_table = |path: &std::path::Path| path.extension().is_some_and(|ending| ending == "csv");
    let bytes = if inputs.iter().all(|path| is_table(path)) {
        let mut series = Vec::new();
        for path in &inputs {
            let text =
                String::from_utf8_lossy(&read(path).map_err(consort::Error::from)?).into_owned();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.trim_end_matches(".csv").trim_end_matches(".trace");
            let read = trace::series_of_csv(&text, name)
                .map_err(|reason| Usage(format!("{}: {reason}", path.display())))?;
            series.extend(read);
        }
        curves("", "pass or step", "nats per note", &series, format)
    } else if let [input] = inputs.as_slice() {
        let reading = read_score_with(input, &matches.reading()).map_err(consort::Error::from)?;
        print_warnings(input, &reading.warnings);
        bytes_of(&reading.value, Kind::Picture(format), &Instruments::BuiltIn)
            .map_err(consort::Error::from)?
    } else {
        return Err(
            Usage("several files can be drawn together only if all end with .csv".into()).into(),
        );
    };
    write_all(&[(output.clone(), bytes)]).map_err(consort::Error::from)?;
    println!("{}", output.display());
    Ok(())
}

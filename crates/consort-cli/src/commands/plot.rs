//! `consort plot`: a score as a piano roll, drums by their patterns, velocities, or traces and logs as curves.

use std::path::{Path, PathBuf};

use clap::{ArgAction, ArgMatches, Command};
use consort::files::{
    FileError, Kind, ReadOptions, bytes_of, files_of, read, read_score_with, write_all,
};
use consort::pattern::{histogram_of, to_csv};
use consort::pictures::{
    Pattern, Performance, PictureFormat, Touch, VelocityRoll, curves, patterns, velocities,
    velocity_rolls,
};
use consort::trace;
use consort_audio::Instruments;
use consort_music::Score;
use consort_music::statistics::PatternHistogram;

use super::{Arguments, flag, path, print_warnings, reading};
use crate::outcome::Usage;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("plot")
        .about("Draw a score as a piano roll, by its drum patterns or velocities, or .csv traces and logs as curves")
        .arg(
            path(
                "input",
                "A score, or one or more .csv files, or scores with --velocity or --velocity-roll, to compare",
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
        .arg(flag(
            "pattern",
            "Draw which drums follow which after how long, and write it as .csv beside the picture: of one \
             score, or of a real and a generated one with their difference; a folder stands for all MIDI \
             files in it [output: beside the first, .pattern.png]",
        ))
        .arg(
            flag(
                "velocity",
                "Draw how hard notes are struck: of one score, or of several performances of it one over the \
                 other [output: beside the first, .velocity.png]",
            )
            .conflicts_with("pattern"),
        )
        .arg(
            flag(
                "velocity-roll",
                "Draw how hard keys are struck as colours over time and pitch, several scores one below the \
                 other [output: beside the first, .velocity-roll.png]",
            )
            .conflicts_with_all(["pattern", "velocity"]),
        )
        .args(reading())
}

/// Draws.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let inputs = matches.paths("input");
    let first = inputs.first().expect("it is required");
    let with_pattern = matches.get_flag("pattern");
    let with_velocity = matches.get_flag("velocity");
    let with_velocity_roll = matches.get_flag("velocity-roll");
    let ending = if with_pattern {
        "pattern.png"
    } else if with_velocity {
        "velocity.png"
    } else if with_velocity_roll {
        "velocity-roll.png"
    } else {
        "png"
    };
    let output = matches.path("output").unwrap_or_else(|| {
        if first.is_dir() {
            first.with_added_extension(ending)
        } else {
            first.with_extension(ending)
        }
    });
    let Kind::Picture(format) = Kind::of(&output).map_err(consort::Error::from)? else {
        return Err(Usage(format!(
            "{} does not end with .svg or .png",
            output.display()
        ))
        .into());
    };
    let files = if with_pattern {
        let (picture, table) = pattern(matches, &inputs, format)?;
        let beside = output.with_extension("csv");
        vec![(output, picture), (beside, table)]
    } else if with_velocity {
        vec![(output, velocity(matches, &inputs, format)?)]
    } else if with_velocity_roll {
        vec![(output, velocity_roll(matches, &inputs, format)?)]
    } else {
        let picture = roll_or_curves(matches, &inputs, format)?;
        vec![(output, picture)]
    };
    write_all(&files).map_err(consort::Error::from)?;
    for (path, _) in &files {
        println!("{}", path.display());
    }
    Ok(())
}

fn roll_or_curves(
    matches: &ArgMatches,
    inputs: &[PathBuf],
    format: PictureFormat,
) -> anyhow::Result<Vec<u8>> {
    let is_table = |path: &Path| path.extension().is_some_and(|ending| ending == "csv");
    if inputs.iter().all(|path| is_table(path)) {
        let mut series = Vec::new();
        for path in inputs {
            let text =
                String::from_utf8_lossy(&read(path).map_err(consort::Error::from)?).into_owned();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.trim_end_matches(".csv").trim_end_matches(".trace");
            let read = trace::series_of_csv(&text, name)
                .map_err(|reason| Usage(format!("{}: {reason}", path.display())))?;
            series.extend(read);
        }
        Ok(curves("", "pass or step", "nats", &series, format))
    } else if let [input] = inputs {
        let reading = read_score_with(input, &matches.reading()).map_err(consort::Error::from)?;
        print_warnings(input, &reading.warnings);
        Ok(
            bytes_of(&reading.value, Kind::Picture(format), &Instruments::BuiltIn)
                .map_err(consort::Error::from)?,
        )
    } else {
        Err(Usage("several files can be drawn together only if all end with .csv".into()).into())
    }
}

/// Scores with the names of their files.
fn scores(matches: &ArgMatches, inputs: &[PathBuf]) -> anyhow::Result<Vec<(String, Score)>> {
    let score = |input: &PathBuf| {
        let reading = read_score_with(input, &matches.reading()).map_err(consort::Error::from)?;
        print_warnings(input, &reading.warnings);
        let name = input.file_stem().unwrap_or_default().to_string_lossy();
        Ok((name.into_owned(), reading.value))
    };
    inputs.iter().map(score).collect()
}

/// The picture of the velocities of some scores.
fn velocity(
    matches: &ArgMatches,
    inputs: &[PathBuf],
    format: PictureFormat,
) -> anyhow::Result<Vec<u8>> {
    let scores = scores(matches, inputs)?;
    let title = scores[0].1.metadata.title.clone().unwrap_or_default();
    let performances: Vec<Performance> = scores
        .iter()
        .map(|(name, score)| Performance { name, score })
        .collect();
    Ok(velocities(&title, &performances, format))
}

/// The picture of how hard keys are struck in some scores.
fn velocity_roll(
    matches: &ArgMatches,
    inputs: &[PathBuf],
    format: PictureFormat,
) -> anyhow::Result<Vec<u8>> {
    let scores = scores(matches, inputs)?;
    let title = scores[0].1.metadata.title.clone().unwrap_or_default();
    let rolls: Vec<VelocityRoll> = scores
        .iter()
        .map(|(name, score)| VelocityRoll {
            name,
            touch: Touch::Score(score),
        })
        .collect();
    Ok(velocity_rolls(&title, &rolls, format))
}

/// The picture of the patterns, and its table.
fn pattern(
    matches: &ArgMatches,
    inputs: &[PathBuf],
    format: PictureFormat,
) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    if inputs.len() > 2 {
        let reason = "--pattern takes one score, or a real and a generated one; put several into a folder \
                      and name that";
        return Err(Usage(reason.into()).into());
    }
    let histograms = inputs
        .iter()
        .map(|input| histogram(input, &matches.reading()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let names: Vec<String> = inputs
        .iter()
        .zip(["real", "generated"])
        .map(|(input, role)| match (input.file_stem(), inputs.len()) {
            (Some(stem), 1) => stem.to_string_lossy().into_owned(),
            (Some(stem), _) => format!("{role}: {}", stem.to_string_lossy()),
            (None, _) => role.to_owned(),
        })
        .collect();
    let mut drawn = names
        .iter()
        .zip(&histograms)
        .map(|(name, histogram)| Pattern { name, histogram });
    let real = drawn.next().expect("an input is required");
    let generated = drawn.next();
    let picture = patterns("Which drums follow which", real, generated, format);
    let table = to_csv(real.histogram, generated.map(|pattern| pattern.histogram));
    Ok((picture, table.into_bytes()))
}

/// What follows what in a score, or in all of a folder.
fn histogram(input: &Path, options: &ReadOptions) -> anyhow::Result<PatternHistogram> {
    let mut sum = PatternHistogram::default();
    for file in files_of(input).map_err(consort::Error::from)? {
        let reading = read_score_with(&file, options).map_err(consort::Error::from)?;
        print_warnings(&file, &reading.warnings);
        sum += &histogram_of(&reading.value).map_err(consort::Error::from)?;
    }
    if sum.is_empty() {
        let path = input.to_owned();
        return Err(consort::Error::from(FileError::NoDrums { path }).into());
    }
    Ok(sum)
}

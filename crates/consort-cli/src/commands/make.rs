//! The commands that make pieces, one per family: `consort harmonize` and those to come.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use consort::files::{Kind, bytes_of, read_score, write_all};
use consort::pictures::PictureFormat;
use consort::trace;
use consort::{Family, Generator, Music, Options, Piece, Prompt};
use consort_learn::Seed;
use consort_music::Warning;
use serde_json::json;

use super::{
    Arguments, device, json, outputs, path, print_json, print_warnings, seed, soundfont, tune,
    weights,
};
use crate::outcome::Usage;
use crate::progress::Line;
use crate::sound;

/// What is written when nothing is said.
const DEFAULT_ENDINGS: [&str; 4] = ["musicxml", "mid", "wav", "png"];

/// The arguments: those of every family, and its own from its table.
pub(super) fn command(family: &'static dyn Family) -> Command {
    let own = family.options().iter().map(|spec| {
        let help = match spec.default() {
            Some(default) => format!("{} [default: {default}]", spec.help),
            None => spec.help.to_owned(),
        };
        Arg::new(spec.name)
            .long(spec.name)
            .value_name(spec.value_name)
            .help(help)
    });
    Command::new(family.verb())
        .about(family.summary())
        .arg(path("input", "A MIDI, MusicXML or ABC file [default: a built-in example]"))
        .arg(outputs(
            "A file to write, by its ending: .musicxml, .mxl, .mid, .abc, .wav, .svg or .png; may be \
             repeated [default: a score, MIDI, sound and a picture beside the input]",
        ))
        .args(own)
        .arg(seed())
        .arg(
            Arg::new("samples")
                .long("samples")
                .value_name("N")
                .value_parser(value_parser!(u64).range(1..=1000))
                .default_value("1")
                .help("How many pieces to make, each with its own draws"),
        )
        .arg(tune())
        .arg(weights())
        .arg(device())
        .arg(soundfont())
        .arg(
            Arg::new("trace")
                .long("trace")
                .action(ArgAction::SetTrue)
                .help("Write how likely each pass found its draws, as .trace.csv and .trace.svg"),
        )
        .arg(json())
}

/// Makes the pieces and writes them.
pub(super) fn run(family: &'static dyn Family, matches: &ArgMatches) -> anyhow::Result<()> {
    let input = matches.path("input");
    let (prompt, warnings) = prompt(family, matches, input.as_deref())?;
    if let Some(path) = &input {
        print_warnings(path, &warnings);
    }
    let mut options = Options::new(family.options());
    for spec in family.options() {
        if let Some(text) = matches.get_one::<String>(spec.name) {
            options.set(spec.name, text).map_err(consort::Error::from)?;
        }
    }
    let samples = *matches.get_one::<u64>("samples").expect("it has a default");
    let targets = targets(family, matches, input.as_deref())?;
    let instruments = sound::instruments(matches.path("soundfont"), &targets)?;
    let generator = family.load(matches.weights(family.id())?, matches.device())?;
    let mut reports = Vec::new();
    for sample in 0..samples {
        let seed = sample_seed(matches.seed(), sample);
        let piece = make(family, &generator, &prompt, &options, seed)?;
        let number = (samples > 1).then_some(sample + 1);
        let mut files = Vec::new();
        for (target, kind) in &targets {
            let Music::Score(score) = &piece.music;
            let bytes = bytes_of(score, *kind, &instruments).map_err(consort::Error::from)?;
            files.push((numbered(target, number), bytes));
        }
        if matches.get_flag("trace") {
            files.extend(trace_files(&numbered(&targets[0].0, number), &piece));
        }
        write_all(&files).map_err(consort::Error::from)?;
        let written: Vec<String> = files
            .iter()
            .map(|(path, _)| path.display().to_string())
            .collect();
        if !matches.get_flag("json") {
            piece
                .notices
                .iter()
                .for_each(|notice| eprintln!("note: {notice}"));
            written.iter().for_each(|path| println!("{path}"));
        }
        reports.push(report(&piece, seed, &written));
    }
    if matches.get_flag("json") {
        let warnings: Vec<String> = warnings.iter().map(Warning::to_string).collect();
        let options: BTreeMap<_, _> = options
            .iter()
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        print_json(&json!({
            "family": family.id(),
            "weights": generator.header().name,
            "options": options,
            "warnings": warnings,
            "pieces": reports,
        }))?;
    }
    Ok(())
}

/// The seed of one of several samples: the first is what one alone would be.
fn sample_seed(seed: Seed, sample: u64) -> Seed {
    if sample == 0 {
        seed
    } else {
        seed.derive("sample", sample)
    }
}

fn prompt(
    family: &dyn Family,
    matches: &ArgMatches,
    input: Option<&Path>,
) -> anyhow::Result<(Prompt, Vec<Warning>)> {
    let Some(path) = input else {
        return Ok((family.example(), Vec::new()));
    };
    let reading = read_score(path, matches.tune()).map_err(consort::Error::from)?;
    Ok((Prompt::Score(reading.value), reading.warnings))
}

fn make(
    family: &dyn Family,
    generator: &Generator,
    prompt: &Prompt,
    options: &Options,
    seed: Seed,
) -> anyhow::Result<Piece> {
    let mut line = Line::new(family.verb());
    let piece = generator.generate(prompt, options, seed, &mut |progress| line.show(progress));
    line.finish();
    Ok(piece?)
}

/// The files to write and what they hold.
fn targets(
    family: &dyn Family,
    matches: &ArgMatches,
    input: Option<&Path>,
) -> anyhow::Result<Vec<(PathBuf, Kind)>> {
    let mut paths = matches.paths("output");
    if paths.is_empty() {
        let stem = input.map_or(PathBuf::from("example"), |input| input.with_extension(""));
        let name = stem
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let named = |ending: &&str| stem.with_file_name(format!("{name}-{}.{ending}", family.id()));
        paths = DEFAULT_ENDINGS.iter().map(named).collect();
    }
    if let Some(clash) = paths.iter().find(|path| input == Some(path.as_path())) {
        let message = format!(
            "{} is the input; choose another name to write to",
            clash.display()
        );
        return Err(Usage(message).into());
    }
    let kinds = paths.into_iter().map(|path| {
        let kind = Kind::of(&path).map_err(consort::Error::from)?;
        Ok((path, kind))
    });
    kinds.collect()
}

/// `piece.mid` as `piece-2.mid`, if there are several.
fn numbered(path: &Path, number: Option<u64>) -> PathBuf {
    let Some(number) = number else {
        return path.to_owned();
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{number}.{ending}"))
}

fn trace_files(beside: &Path, piece: &Piece) -> Vec<(PathBuf, Vec<u8>)> {
    let named = |ending: &str| beside.with_extension(format!("trace.{ending}"));
    vec![
        (named("csv"), trace::to_csv(&piece.trace).into_bytes()),
        (
            named("svg"),
            trace::picture(&[("", &piece.trace)], PictureFormat::Svg),
        ),
    ]
}

fn report(piece: &Piece, seed: Seed, files: &[String]) -> serde_json::Value {
    json!({
        "seed": seed.0,
        "files": files,
        "notices": piece.notices,
        "facts": piece.facts,
    })
}

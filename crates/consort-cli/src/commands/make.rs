//! The commands that make pieces, one per family: `consort harmonize`, `consort compose`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use consort::files::{Kind, bytes_of, numbered_tune, read_score_with, write_all};
use consort::options::OptionKind;
use consort::pictures::PictureFormat;
use consort::trace;
use consort::{Family, Generator, Music, OptionSpec, Options, Piece, Prompt};
use consort_learn::Seed;
use consort_music::Warning;
use serde_json::json;

use super::{
    Arguments, device, flag, json, outputs, path, print_json, print_warnings, reading, seed,
    soundfont, weights,
};
use crate::outcome::Usage;
use crate::progress::Line;
use crate::sound;

/// The most pieces of one call.
const SAMPLES_MAX: u64 = 10_000;

/// The arguments: those of every family, and its own from its table.
pub(super) fn command(family: &'static dyn Family) -> Command {
    let own = family.options().iter().map(argument);
    let default = match family.example() {
        Prompt::Nothing => "nothing: the family begins by itself",
        Prompt::Score(_) => "a built-in example",
    };
    let input = format!("A MIDI, MusicXML or ABC file [default: {default}]");
    Command::new(family.verb())
        .about(family.summary())
        .arg(path("input", input))
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
                .visible_alias("count")
                .value_parser(value_parser!(u64).range(1..=SAMPLES_MAX))
                .default_value("1")
                .help("How many pieces to make, each with its own draws; an ABC file holds them all, of other files each has its own"),
        )
        .args(reading())
        .args(weights())
        .arg(device())
        .arg(soundfont())
        .arg(flag(
            "trace",
            "Write how likely each pass found its draws, as .trace.csv and .trace.svg",
        ))
        .arg(json())
}

/// The argument of one option of a family.
fn argument(spec: &OptionSpec) -> Arg {
    if matches!(spec.kind, OptionKind::Switch) {
        return flag(spec.name, spec.help);
    }
    let help = match spec.default() {
        Some(default) => format!("{} [default: {default}]", spec.help),
        None => spec.help.to_owned(),
    };
    Arg::new(spec.name)
        .long(spec.name)
        .value_name(spec.value_name)
        .allow_negative_numbers(true)
        .help(help)
}

/// What the arguments set of a family's options.
fn options(family: &dyn Family, matches: &ArgMatches) -> anyhow::Result<Options> {
    let mut options = Options::new(family.options());
    for spec in family.options() {
        let text = match spec.kind {
            OptionKind::Switch => matches.get_flag(spec.name).then_some("on"),
            _ => matches.get_one::<String>(spec.name).map(String::as_str),
        };
        if let Some(text) = text {
            options.set(spec.name, text).map_err(consort::Error::from)?;
        }
    }
    Ok(options)
}

/// Makes the pieces and writes them.
pub(super) fn run(family: &'static dyn Family, matches: &ArgMatches) -> anyhow::Result<()> {
    let input = matches.path("input");
    let (prompt, warnings) = prompt(family, matches, input.as_deref())?;
    if let Some(path) = &input {
        print_warnings(path, &warnings);
    }
    let options = options(family, matches)?;
    let samples = *matches.get_one::<u64>("samples").expect("it has a default");
    let targets = targets(family, matches, input.as_deref())?;
    let instruments = sound::instruments(matches.path("soundfont"), &targets)?;
    let generator = family.load(matches.weights(family.id())?, matches.device())?;
    let mut reports = Vec::new();
    let mut together = Vec::new();
    let (for_all, targets): (Vec<_>, Vec<_>) = targets
        .into_iter()
        .partition(|(_, kind)| samples > 1 && kind.holds_several());
    for sample in 0..samples {
        let seed = sample_seed(matches.seed(), sample);
        let piece = make(family, &generator, &prompt, &options, seed)?;
        let number = (samples > 1).then_some(sample + 1);
        let mut files = Vec::new();
        let Music::Score(score) = &piece.music;
        for (target, kind) in &targets {
            let bytes = bytes_of(score, *kind, &instruments).map_err(consort::Error::from)?;
            files.push((numbered(target, number), bytes));
        }
        if matches.get_flag("trace") {
            let beside = targets.iter().chain(&for_all).map(|(path, _)| path).next();
            let beside = beside.expect("something is written");
            files.extend(trace_files(&numbered(beside, number), &piece));
        }
        if !for_all.is_empty() {
            together.push(numbered_tune(score, sample + 1));
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
    let tunes = |(path, _): &(PathBuf, Kind)| (path.clone(), together.join("\n").into_bytes());
    let files: Vec<_> = for_all.iter().map(tunes).collect();
    write_all(&files).map_err(consort::Error::from)?;
    if !matches.get_flag("json") {
        files
            .iter()
            .for_each(|(path, _)| println!("{}", path.display()));
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
            "files": for_all.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>(),
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
    let reading = read_score_with(path, &matches.reading()).map_err(consort::Error::from)?;
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
        let stem = match (input, family.example()) {
            (Some(input), _) => input.with_extension(""),
            (None, Prompt::Score(_)) => PathBuf::from("example"),
            (None, Prompt::Nothing) => PathBuf::from("new"),
        };
        let name = stem
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let named = |ending: &&str| stem.with_file_name(format!("{name}-{}.{ending}", family.id()));
        paths = family.endings().iter().map(named).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_has_no_value_and_other_options_have_one() {
        let spec = |name, kind| OptionSpec {
            name,
            value_name: "X",
            kind,
            help: "What it does",
        };
        let real = OptionKind::Real {
            low: 0.0,
            high: 1.0,
            default: None,
        };
        let specs = [spec("straight", OptionKind::Switch), spec("swing", real)];
        let command = || Command::new("drum").args(specs.iter().map(argument));
        let read = |arguments: &[&str]| {
            let words = [&["drum"], arguments].concat();
            command().try_get_matches_from(words)
        };
        let matches = read(&["--straight", "--swing", "0.5"]).unwrap();
        assert!(matches.get_flag("straight"));
        assert!(!read(&[]).unwrap().get_flag("straight"));
        assert!(read(&["--straight=on"]).is_err());
        assert!(read(&["--swing"]).is_err());
        let help = command().render_help().to_string();
        assert!(!help.contains("default"), "{help}");
    }
}

//! One module per command, and the commands of the families, which come from their tables.

use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use consort::families::FAMILIES;
use consort::files::ReadOptions;
use consort_corpus::DataFolder;
use consort_learn::{Device, Seed, Weights};
use consort_music::Warning;
use consort_music::midi::Percussion;

use crate::outcome;

mod bench;
mod convert;
mod data;
mod evaluate;
mod inspect;
mod make;
mod models;
mod plot;
mod render;
mod train;

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("consort")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Neural musicians, offline and on a CPU")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(FAMILIES.iter().map(|family| make::command(*family)))
        .subcommand(render::command())
        .subcommand(convert::command())
        .subcommand(inspect::command())
        .subcommand(plot::command())
        .subcommand(train::command())
        .subcommand(evaluate::command())
        .subcommand(data::command())
        .subcommand(models::command())
        .subcommand(bench::command())
}

/// Runs what was asked for.
pub(crate) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let (name, matches) = matches.subcommand().expect("clap asks for a command");
    match name {
        "render" => render::run(matches),
        "convert" => convert::run(matches),
        "inspect" => inspect::run(matches),
        "plot" => plot::run(matches),
        "train" => train::run(matches),
        "evaluate" => evaluate::run(matches),
        "data" => data::run(matches),
        "models" => models::run(matches),
        "bench" => bench::run(matches),
        verb => {
            let family = FAMILIES.iter().find(|family| family.verb() == verb);
            make::run(*family.expect("clap knows the families' commands"), matches)
        }
    }
}

/// A positional argument or option that names a file.
fn path(name: &'static str, help: impl Into<StyledStr>) -> Arg {
    Arg::new(name)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(help.into())
}

/// `-o`, as often as there are files to write.
fn outputs(help: String) -> Arg {
    path("output", help)
        .short('o')
        .long("output")
        .action(ArgAction::Append)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn json() -> Arg {
    flag("json", "Print a report as JSON")
}

fn tune() -> Arg {
    Arg::new("tune")
        .long("tune")
        .value_name("N")
        .value_parser(value_parser!(u64).range(1..))
        .help("Which tune of an ABC file with several")
}

/// How the score in the file `input` is read.
fn reading() -> [Arg; 2] {
    let channel = Arg::new("channel")
        .long("channel")
        .value_name("N")
        .value_parser(value_parser!(u8).range(1..=16))
        .action(ArgAction::Append)
        .requires("input")
        .help("A channel of a MIDI file that is drums, 1 to 16; may be repeated [default: 10, and those with a bank of drums]");
    [tune(), channel]
}

fn soundfont() -> Arg {
    path(
        "soundfont",
        "The SoundFont to play with [default: one that is found, else built-in instruments]",
    )
    .long("soundfont")
}

fn seed() -> Arg {
    Arg::new("seed")
        .long("seed")
        .value_name("N")
        .value_parser(value_parser!(u64))
        .default_value("1")
        .help("The seed of all draws: the same seed gives the same result")
}

fn device() -> Arg {
    Arg::new("device")
        .long("device")
        .value_name("DEVICE")
        .value_parser(value_parser!(Device))
        .default_value("cpu")
        .help("Where the network computes: cpu, or gpu in a program that was built with `--features gpu`")
}

fn data_folder() -> Arg {
    Arg::new("data")
        .long("data")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help("Where the data sets are [default: $CONSORT_DATA, else ../shared/data, else the user's data folder]")
}

/// Which weights to use: those in a file, or released ones.
fn weights() -> [Arg; 2] {
    let file = path("weights", "Weights to use instead of the built-in ones").long("weights");
    let network = Arg::new("network")
        .long("network")
        .value_name("NAME")
        .conflicts_with("weights")
        .help("Which of the family's released networks, as `consort models` names them [default: the default one]");
    [file, network]
}

/// The values of the arguments above.
trait Arguments {
    fn path(&self, name: &str) -> Option<PathBuf>;
    fn paths(&self, name: &str) -> Vec<PathBuf>;
    fn seed(&self) -> Seed;
    fn device(&self) -> Device;
    fn tune(&self) -> Option<usize>;
    fn reading(&self) -> ReadOptions;
    fn data_folder(&self) -> DataFolder;
    fn weights(&self, family: &str) -> anyhow::Result<Weights>;
}

impl Arguments for ArgMatches {
    fn path(&self, name: &str) -> Option<PathBuf> {
        self.get_one::<PathBuf>(name).cloned()
    }

    fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.get_many::<PathBuf>(name)
            .unwrap_or_default()
            .cloned()
            .collect()
    }

    fn seed(&self) -> Seed {
        Seed(self.get_one::<u64>("seed").copied().unwrap_or_default())
    }

    fn device(&self) -> Device {
        self.get_one::<Device>("device")
            .copied()
            .unwrap_or_default()
    }

    fn tune(&self) -> Option<usize> {
        self.get_one::<u64>("tune")
            .and_then(|&tune| usize::try_from(tune).ok())
    }

    fn reading(&self) -> ReadOptions {
        let channels = self.get_many::<u8>("channel");
        ReadOptions {
            tune: self.tune(),
            percussion: channels.map_or(Percussion::Detected, |channels| {
                Percussion::Channels(channels.copied().collect())
            }),
        }
    }

    fn data_folder(&self) -> DataFolder {
        data::folder(self.path("data"))
    }

    fn weights(&self, family: &str) -> anyhow::Result<Weights> {
        let network = self.get_one::<String>("network");
        Ok(match (self.path("weights"), network) {
            (Some(path), _) => consort::models::weights_of(&path)?,
            (None, Some(network)) => consort::models::network_weights(family, network)?,
            (None, None) => consort::models::default_weights(family)?,
        })
    }
}

/// Prints JSON on standard output.
fn print_json(value: &serde_json::Value) -> anyhow::Result<()> {
    use std::io::Write;
    let text = serde_json::to_string_pretty(value)?;
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Prints what a reader had to guess, mend or leave out: the first few, and how many more.
fn print_warnings(path: &Path, warnings: &[Warning]) {
    const SHOWN: usize = 10;
    for warning in warnings.iter().take(SHOWN) {
        eprintln!("warning: {}: {warning}", path.display());
    }
    if warnings.len() > SHOWN {
        eprintln!(
            "warning: {}: {} more like these",
            path.display(),
            warnings.len() - SHOWN
        );
    }
}

/// An error that lists all faults of a file, if it has any: what `--strict` does.
fn refuse_faults(path: &Path) -> anyhow::Result<()> {
    let faults = consort::files::faults(path).map_err(consort::Error::from)?;
    if faults.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    let (count, lines) = (faults.len(), lines.concat());
    let message = format!("{}: {count} faults (--strict):{lines}", path.display());
    Err(outcome::Usage(message).into())
}

fn warnings_as_json(warnings: &[Warning]) -> serde_json::Value {
    let warning = |warning: &Warning| serde_json::json!({ "place": warning.place.to_string(), "message": warning.message });
    warnings.iter().map(warning).collect()
}

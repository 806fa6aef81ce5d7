//! `consort train`: weights from data.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use consort::families::{self, TrainingRequest, run_folder};
use consort::models::weights_of;
use consort_corpus::DataFolder;
use consort_learn::Precision;

use super::{Arguments, data, data_folder, device, seed};
use crate::outcome::Usage;
use crate::progress::Line;

/// The arguments.
pub(crate) fn command() -> Command {
    Command::new("train")
        .about("Train weights for a family")
        .arg(Arg::new("family").required(true).help("The family to train"))
        .arg(Arg::new("preset").long("preset").default_value("default").help("The settings to start from"))
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("KEY=VALUE")
                .action(clap::ArgAction::Append)
                .help("Change a setting of the preset, such as recipe.steps=2000 (TOML)"),
        )
        .arg(
            data_folder()
                .action(ArgAction::Append)
                .value_name("[NAME=]DIR")
                .help(
                    "Where the data sets are [default: $CONSORT_DATA, else ../shared/data, else the user's data \
                     folder]; for a family that learns from corpora with names, such as styles, a folder of \
                     each, as NAME=DIR and as often as there are",
                ),
        )
        .arg(
            Arg::new("example-data")
                .long("example-data")
                .action(ArgAction::SetTrue)
                .conflicts_with("data")
                .help("Train on a small corpus that comes with the program, to see how it goes"),
        )
        .arg(seed())
        .arg(device())
        .arg(
            Arg::new("run")
                .long("run")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("The folder of checkpoints; a run found there is continued [default: runs/FAMILY-PRESET-SEED]"),
        )
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Weights to start from"),
        )
        .arg(Arg::new("name").long("name").default_value("mine").help("The name of the new weights"))
        .arg(
            Arg::new("licence")
                .long("licence")
                .value_name("SPDX")
                .help("The licence of files of your own, which the weights will say, such as CC-BY-4.0"),
        )
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where to write the weights [default: weights.safetensors in the run folder]"),
        )
        .arg(
            Arg::new("precision")
                .long("precision")
                .value_parser(["f16", "f32"])
                .default_value("f16")
                .help("How numbers are stored"),
        )
}

/// Trains.
pub(crate) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    let family = families::family(&text("family"))?;
    let seed = matches.seed();
    let preset = text("preset");
    let folder =
        path("run").unwrap_or_else(|| run_folder(Path::new("runs"), family.id(), &preset, seed));
    let from = match path("from") {
        Some(path) => Some(weights_of(&path)?),
        None => None,
    };
    let data = if matches.get_flag("example-data") {
        let data = folder.join("example-data");
        family
            .write_example_data(&data)
            .with_context(|| format!("cannot write {}", data.display()))?;
        DataFolder::new(data)
    } else {
        data_of(&matches.paths("data"))?
    };
    let changes: Vec<String> = matches
        .get_many("set")
        .unwrap_or_default()
        .cloned()
        .collect();
    let request = TrainingRequest {
        preset,
        changes: changes.join("\n"),
        data,
        seed,
        device: matches.device(),
        run: Some(folder.clone()),
        from,
        name: text("name"),
        licence: matches.get_one::<String>("licence").cloned(),
        commit: env!("CONSORT_COMMIT").to_owned(),
    };
    let interrupted = interruption()?;
    let mut line = Line::new(family.id());
    let trained = family.train(&request, &mut |progress| {
        line.show(progress)?;
        if interrupted.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    line.finish();
    let trained = trained?;
    let precision = if text("precision") == "f32" {
        Precision::F32
    } else {
        Precision::F16
    };
    let output = path("output").unwrap_or_else(|| folder.join("weights.safetensors"));
    fs::write(&output, trained.weights.to_bytes(precision))
        .with_context(|| format!("cannot write {}", output.display()))?;
    if trained.stopped {
        eprintln!("note: stopped; the same command goes on from the last validation");
    }
    let best = trained
        .weights
        .header
        .measures
        .get("validation-loss")
        .copied();
    println!(
        "{}: {} steps, validation loss {:.4}",
        output.display(),
        trained.weights.header.steps,
        best.unwrap_or(f64::NAN)
    );
    Ok(())
}

/// The data in the folders of `--data`: one without a name, or those of the names. A folder that is there is a
/// folder even if its path looks like a name with another.
fn data_of(folders: &[PathBuf]) -> anyhow::Result<DataFolder> {
    let named = |path: &PathBuf| -> Option<(String, PathBuf)> {
        let (name, folder) = path.to_str().filter(|_| !path.is_dir())?.split_once('=')?;
        Some((name.to_owned(), PathBuf::from(folder)))
    };
    let corpora: Vec<(String, PathBuf)> = folders.iter().filter_map(named).collect();
    match (folders, corpora.len()) {
        ([], _) => Ok(data::folder(None)),
        ([folder], 0) => Ok(data::folder(Some(folder.clone()))),
        (_, 0) => Err(Usage(
            "--data is given several times; give each folder a name, --data NAME=DIR".into(),
        )
        .into()),
        (folders, count) if count == folders.len() => {
            Ok(DataFolder::of_corpora(corpora).map_err(consort::Error::from)?)
        }
        _ => Err(Usage(
            "--data is given with a name and without; give all folders a name, --data NAME=DIR, or one \
             folder without"
                .into(),
        )
        .into()),
    }
}

/// Set when the user presses Ctrl-C: the run then stops after its step and keeps its best weights.
fn interruption() -> anyhow::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    Ok(interrupted)
}

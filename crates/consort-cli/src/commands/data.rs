//! `consort data`: the data sets that the project knows.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use consort_corpus::download::{self, web};
use consort_corpus::{CorpusError, DataFolder, SETS, Set, default_root, set, verify};
use consort_learn::Progress;
use serde_json::json;

use super::{Arguments, data_folder, json, print_json};
use crate::progress::Line;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("data")
        .about("List the data sets, check those that are here, or download one")
        .args_conflicts_with_subcommands(true)
        .arg(data_folder().global(true))
        .arg(json())
        .subcommand(
            Command::new("get")
                .about("Download a data set and verify it; what is here already is only verified")
                .arg(name("The data set, as the list names it")),
        )
        .subcommand(
            Command::new("verify")
                .about("Compare every file of a data set with its SHA-256")
                .arg(name("The data set, as the list names it")),
        )
}

/// Lists, downloads or verifies.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    match matches.subcommand() {
        Some(("get", matches)) => get(known(matches)?, &matches.data_folder()),
        Some((_, matches)) => check(known(matches)?, &matches.data_folder()),
        None if matches.get_flag("json") => print_json(&as_json(&matches.data_folder())),
        None => list(&matches.data_folder()),
    }
}

/// The folder of the data sets: the named one, else that of [`default_root`], else `data` here.
pub(super) fn folder(named: Option<PathBuf>) -> DataFolder {
    let usual = || default_root(|name| env::var_os(name), |path| path.is_dir());
    DataFolder::new(
        named
            .or_else(usual)
            .unwrap_or_else(|| PathBuf::from("data")),
    )
}

fn name(help: &'static str) -> Arg {
    Arg::new("name")
        .value_name("NAME")
        .required(true)
        .help(help)
}

fn known(matches: &ArgMatches) -> anyhow::Result<&'static Set> {
    let name = matches
        .get_one::<String>("name")
        .cloned()
        .unwrap_or_default();
    let unknown = |name| consort::Error::Unknown {
        kind: "data set",
        name,
        known: SETS
            .iter()
            .map(|set| set.name)
            .collect::<Vec<_>>()
            .join(", "),
    };
    Ok(set::find(&name).ok_or_else(|| unknown(name))?)
}

fn list(folder: &DataFolder) -> anyhow::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "data sets in {}", folder.root().display())?;
    for set in SETS {
        writeln!(out, "\n{}: {}", set.name, set.title)?;
        let here = if folder.set(set.name).is_ok() {
            "yes"
        } else {
            "no"
        };
        let size = format!("{} in {} files", megabytes(set.bytes), set.file_count());
        for (label, text) in [
            ("here", here),
            ("used for", set.purpose),
            ("homepage", set.homepage),
            ("licence", set.licence),
            ("size", &size),
            ("download", &megabytes(set.download_bytes())),
            ("sha256", set.sha256),
            ("cite", set.citation),
        ] {
            writeln!(out, "  {label:9} {text}")?;
        }
        for note in set.notes {
            writeln!(out, "  {:9} {note}", "note")?;
        }
    }
    Ok(())
}

fn as_json(folder: &DataFolder) -> serde_json::Value {
    let sets: Vec<_> = SETS
        .iter()
        .map(|set| {
            json!({
                "name": set.name,
                "title": set.title,
                "here": folder.set(set.name).is_ok(),
                "purpose": set.purpose,
                "homepage": set.homepage,
                "licence": set.licence,
                "citation": set.citation,
                "notes": set.notes,
                "files": set.file_count(),
                "bytes": set.bytes,
                "download_bytes": set.download_bytes(),
                "sha256": set.sha256,
            })
        })
        .collect();
    json!({ "folder": folder.root(), "sets": sets })
}

fn get(set: &Set, folder: &DataFolder) -> anyhow::Result<()> {
    let mut line = Line::new(set.name);
    let got = download::get(set, folder, &mut web(), &mut |progress| {
        line.show(Progress {
            unit: "byte",
            done: progress.done_bytes,
            total: progress.total_bytes,
            measure: None,
            held_out: false,
        })
    });
    line.finish();
    let got = got?;
    let how = match got.received_bytes {
        0 => "was here".to_owned(),
        bytes => format!("received {}", megabytes(bytes)),
    };
    let path = got.verified.path.display();
    Ok(writeln!(
        io::stdout(),
        "{path}: {how}; {} files verified",
        got.verified.files
    )?)
}

fn check(set: &Set, folder: &DataFolder) -> anyhow::Result<()> {
    let verified = verify(set, folder).map_err(|error| match error {
        missing @ CorpusError::Missing { .. } => anyhow::Error::from(consort::Error::from(missing)),
        error => error.into(),
    })?;
    let path = verified.path.display();
    Ok(writeln!(
        io::stdout(),
        "{path}: {} files, {}, all as published",
        verified.files,
        megabytes(verified.bytes)
    )?)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

//! `consort models`: the released weights and their cards.

use std::io::Write;

use clap::{Arg, ArgMatches, Command};
use consort::models::releases;
use serde_json::json;

use super::{json, print_json};

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("models")
        .about("List the released weights, or show the card of one")
        .arg(Arg::new("name").help("Weights whose card to show"))
        .arg(json())
}

/// Lists or shows.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let releases = releases();
    let mut out = std::io::stdout();
    if let Some(name) = matches.get_one::<String>("name") {
        let release = releases.iter().find(|release| release.name == *name);
        let release = release.ok_or_else(|| consort::Error::Unknown {
            kind: "released weights",
            name: name.clone(),
            known: releases
                .iter()
                .map(|release| release.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        return Ok(write!(out, "{}", release.card)?);
    }
    if matches.get_flag("json") {
        let list: Vec<_> = releases
            .iter()
            .map(|release| {
                json!({
                    "name": release.name,
                    "family": release.family,
                    "network": release.network,
                    "embedded": release.is_embedded(),
                    "summary": release.summary,
                    "file": release.file,
                    "sha256": release.sha256,
                    "bytes": release.bytes,
                    "licence": release.licence,
                    "default": release.default,
                })
            })
            .collect();
        return print_json(&json!(list));
    }
    for release in &releases {
        let mark = if release.default { " (default)" } else { "" };
        writeln!(
            out,
            "{}{mark}\n  {}\n  family: {}\n  network: {}\n  licence: {}",
            release.name, release.summary, release.family, release.network, release.licence
        )?;
    }
    Ok(())
}

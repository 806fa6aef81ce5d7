//! `consort evaluate`: the measures of a family's weights.

use std::fs;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use consort::families::{self, EvaluationRequest};

use super::{Arguments, data_folder, device, json, print_json, seed, weights};
use crate::outcome::Usage;
use crate::progress::Line;

/// The arguments.
pub(super) fn command() -> Command {
    Command::new("evaluate")
        .about("Measure weights by the protocols of the literature and ours")
        .arg(Arg::new("family").required(true).help("The family"))
        .arg(
            Arg::new("part")
                .long("part")
                .value_name("PART")
                .action(ArgAction::Append)
                .help("Only this part of the protocol; may be repeated"),
        )
        .arg(
            Arg::new("share")
                .long("share")
                .value_name("X")
                .value_parser(value_parser!(f64))
                .default_value("1")
                .help("The share of the pieces to measure on, for a quick look"),
        )
        .args(weights())
        .arg(data_folder())
        .arg(seed())
        .arg(device())
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("A folder for report.json and report.md"),
        )
        .arg(json())
}

/// Evaluates.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let family = families::family(matches.get_one::<String>("family").expect("it is required"))?;
    let share = *matches.get_one::<f64>("share").expect("it has a default");
    if !(share > 0.0 && share <= 1.0) {
        return Err(Usage(format!(
            "--share is {share}, expected a number above 0 and up to 1"
        ))
        .into());
    }
    let parts: Vec<String> = matches
        .get_many("part")
        .unwrap_or_default()
        .cloned()
        .collect();
    let data = matches.data_folder();
    let request = EvaluationRequest {
        data: &data,
        seed: matches.seed(),
        device: matches.device(),
        share,
        parts: &parts,
    };
    let weights = matches.weights(family.id())?;
    let mut line = Line::new("evaluate");
    let report = family.evaluate(weights, &request, &mut |progress| line.show(progress));
    line.finish();
    let mut report = report?;
    report.conditions.insert(
        "evaluated by commit".to_owned(),
        env!("CONSORT_COMMIT").to_owned(),
    );
    if let Some(folder) = matches.path("output") {
        let written = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("report.md"), report.to_markdown()))
            .and_then(|()| {
                fs::write(
                    folder.join("report.json"),
                    serde_json::to_string_pretty(&report)? + "\n",
                )
            });
        written
            .map_err(|error| anyhow::anyhow!("cannot write into {}: {error}", folder.display()))?;
    }
    if matches.get_flag("json") {
        print_json(&serde_json::to_value(&report)?)
    } else {
        println!("{}", report.to_markdown());
        Ok(())
    }
}

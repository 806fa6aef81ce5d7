//! `consort bench`: how fast this machine trains and asks networks, and what limits it.

use std::io::Write;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use consort_learn::speed::{Limit, Measurement, Peak, WORKLOADS, Workload};
use serde_json::json;

use super::{json, print_json};
use crate::outcome::Usage;

/// The arguments.
pub(super) fn command() -> Command {
    let names = WORKLOADS.iter().map(|workload| workload.name);
    Command::new("bench")
        .about("Measure how fast this machine trains and asks networks, and what limits it")
        .arg(
            Arg::new("workload")
                .value_name("WORKLOAD")
                .num_args(0..)
                .value_parser(names.collect::<Vec<_>>())
                .help("What to measure [default: everything]"),
        )
        .arg(
            Arg::new("seconds")
                .long("seconds")
                .value_name("S")
                .value_parser(value_parser!(f64))
                .default_value("2")
                .help("How long to measure each, in seconds; three iterations at least"),
        )
        .arg(json())
}

/// Measures.
pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let seconds = matches.get_one::<f64>("seconds").copied();
    let budget = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let Some(budget) = budget else {
        return Err(Usage("--seconds is a time, such as 2".to_owned()).into());
    };
    let asked: Vec<&String> = matches.get_many("workload").unwrap_or_default().collect();
    let wanted =
        |workload: &&Workload| asked.is_empty() || asked.iter().any(|name| *name == workload.name);
    let workloads = WORKLOADS.iter().filter(wanted);
    let peak = Peak::measure();
    if matches.get_flag("json") {
        let measured: Vec<Measurement> =
            workloads.map(|workload| workload.measure(budget)).collect();
        return print_json(&json!({ "peak": peak, "workloads": measured }));
    }
    print_peak(&peak)?;
    for workload in workloads {
        print_line(workload, &workload.measure(budget), &peak)?;
    }
    Ok(())
}

fn print_peak(peak: &Peak) -> std::io::Result<()> {
    let Peak {
        flops,
        bytes,
        threads,
    } = peak;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "On {threads} threads this machine computes {:.0} GFLOP/s in single precision and reads {:.1} GB/s at most.",
        flops / 1e9,
        bytes / 1e9
    )?;
    writeln!(
        out,
        "{:<9} {:>10} {:>10} {:>17} {:>14}  limited by",
        "workload", "median ms", "best ms", "GFLOP/s (of peak)", "GB/s (of peak)"
    )
}

fn print_line(workload: &Workload, measured: &Measurement, peak: &Peak) -> std::io::Result<()> {
    let [arithmetic, memory] = measured.shares(peak);
    let limit = match measured.limit(peak) {
        Limit::Arithmetic => "arithmetic",
        Limit::Memory => "memory",
    };
    writeln!(
        std::io::stdout(),
        "{:<9} {:>10.4} {:>10.4} {:>10.1} {:>4.0} % {:>7.1} {:>4.0} %  {limit}: {}",
        measured.name,
        measured.median_s * 1e3,
        measured.best_s * 1e3,
        measured.cost.flops / measured.median_s / 1e9,
        arithmetic * 100.0,
        measured.cost.bytes / measured.median_s / 1e9,
        memory * 100.0,
        workload.about,
    )
}

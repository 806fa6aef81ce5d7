//! Measures quantisation on scores and performances at hand, as `evaluations/scores/quantize.md`
//! reports it.
//!
//!     cargo run --release -p consort-music --example quantize_report -- held-out
//!
//! `held-out` or `tuning` says on which pieces; further words choose among `exact`, `jitter`,
//! `human`, `metre`, `key`, `voices`, `spelling` and `export FOLDER`, which writes jittered MIDI
//! files and beside each its notes as they are written, for comparing other programs. Data sets are looked for in
//! `../shared/data`, beside the repository.

mod data;
mod human;
mod pitches;
mod signatures;
mod timing;

use data::Sets;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let held_out = match arguments.first().map(String::as_str) {
        Some("held-out") => true,
        Some("tuning") => false,
        _ => {
            eprintln!("expected held-out or tuning, and what to measure");
            std::process::exit(2);
        }
    };
    let chosen = &arguments[1..];
    let wants = |name: &str| chosen.is_empty() || chosen.iter().any(|word| word == name);
    let Some(sets) = Sets::read(held_out) else {
        eprintln!("there is no data in ../shared/data");
        std::process::exit(1);
    };
    println!("{}", sets.summary());
    if wants("exact") {
        timing::exact(&sets);
    }
    if wants("jitter") {
        timing::jitter(&sets);
    }
    if wants("human") {
        human::performances(&sets);
    }
    if wants("metre") {
        signatures::metres(&sets);
    }
    if wants("key") {
        signatures::keys(&sets);
    }
    if wants("voices") {
        pitches::voices(&sets);
    }
    if wants("spelling") {
        pitches::spelling(&sets);
    }
    if let Some(place) = chosen.iter().position(|word| word == "export")
        && let Some(folder) = chosen.get(place + 1)
    {
        timing::export(&sets, std::path::Path::new(folder));
    }
}

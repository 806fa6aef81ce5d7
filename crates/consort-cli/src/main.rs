//! The `consort` command.

use std::process::ExitCode;

mod commands;
mod outcome;
mod progress;
mod sound;

/// See the manifest.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = commands::command().get_matches();
    outcome::exit_code(commands::run(&matches))
}

//! The `consort` command.

use std::process::ExitCode;

mod commands;
mod memory;
mod outcome;
mod progress;
mod sound;

fn main() -> ExitCode {
    memory::keep_free_memory();
    let matches = commands::command().get_matches();
    outcome::exit_code(commands::run(&matches))
}

//! How a command ends: 0 done, 1 the work failed, 2 the arguments or the input are wrong.

use std::process::ExitCode;

/// Prints an error, if there is one, and says how to exit.
pub(crate) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    // Whoever reads our output has heard enough, as with `consort models | head -1`.
    let closed = error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    });
    if closed {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {}", said(&error));
    let callers = error.chain().any(|cause| {
        cause
            .downcast_ref::<consort::Error>()
            .is_some_and(consort::Error::is_callers)
            || cause.downcast_ref::<Usage>().is_some()
    });
    ExitCode::from(if callers { 2 } else { 1 })
}

/// The error and its causes, without those that the text before them tells already.
fn said(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// An argument that does not fit, found after parsing.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

//! What the evaluations of all families share.

use consort_learn::{Observer, Progress};

use crate::error::Error;

/// Refuses parts of a protocol that there are not.
pub(super) fn require_known(wanted: &[String], parts: &[&str]) -> Result<(), Error> {
    match wanted.iter().find(|name| !parts.contains(&name.as_str())) {
        Some(name) => Err(Error::Unknown {
            kind: "part",
            name: name.clone(),
            known: parts.join(", "),
        }),
        None => Ok(()),
    }
}

/// Tells `observe` that `done` of `total` `unit`s are done.
pub(super) fn tell(
    observe: &mut Observer<'_>,
    unit: &'static str,
    done: usize,
    total: usize,
) -> Result<(), Error> {
    let progress = Progress {
        unit,
        done: done as u64,
        total: total as u64,
        measure: None,
        held_out: false,
    };
    if observe(progress).is_break() {
        Err(Error::Stopped)
    } else {
        Ok(())
    }
}

//! What long work tells its caller.

use std::ops::ControlFlow;

/// How far a piece of work has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What is counted: `step`, `pass`, `piece`.
    pub unit: &'static str,
    /// How many are done.
    pub done: u64,
    /// How many there are in all.
    pub total: u64,
    /// The number that the work is about, if it has one by now: a loss, in nats.
    pub measure: Option<f64>,
    /// Whether the measure was taken on held-out data.
    pub held_out: bool,
}

/// Receives progress, and may stop the work by returning [`ControlFlow::Break`]; it cannot change
/// what the work does.
pub type Observer<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// An observer that watches nothing and never stops.
pub fn unobserved(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

//! What a piece is for.

/// A part of a corpus. Which pieces it has, each corpus says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fold {
    /// What is learnt from.
    Train,
    /// What is looked at while learning, to choose when to stop.
    Valid,
    /// What is looked at when all is chosen.
    Test,
}

//! Performances by pianists.
use crate::data::Sets;
pub(crate) fn performances(_sets: &Sets) {}

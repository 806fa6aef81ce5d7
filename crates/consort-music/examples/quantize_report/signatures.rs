//! Metres and keys.
use crate::data::Sets;
pub(crate) fn metres(_sets: &Sets) {}
pub(crate) fn keys(_sets: &Sets) {}

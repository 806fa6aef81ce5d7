//! Voices and spelling.
use crate::data::Sets;
pub(crate) fn voices(_sets: &Sets) {}
pub(crate) fn spelling(_sets: &Sets) {}

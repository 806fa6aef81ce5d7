//! The metre of music whose ticks follow the beat.

use crate::score::{Measure, Metre};
use crate::time::{Resolution, Ticks};

/// A note as it is felt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accent {
    pub(super) at: Ticks,
    pub(super) length: Ticks,
    pub(super) pitch: u8,
    pub(super) velocity: Option<u8>,
    pub(super) percussion: bool,
}

/// A metre and where its first full measure begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) metre: Metre,
    pub(super) first: Ticks,
}

pub(super) fn find(_accents: &[Accent], _resolution: Resolution) -> Option<Found> {
    None
}

/// Measures of a metre from 0 to `end` and beyond.
pub(super) fn measures(_found: Found, _end: Ticks, _resolution: Resolution) -> Vec<Measure> {
    Vec::new()
}

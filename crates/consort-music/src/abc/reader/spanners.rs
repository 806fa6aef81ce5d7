//! Signs that last: which end belongs to which beginning.

use std::collections::BTreeMap;

use crate::reading::Warnings;
use crate::score::{Spanner, SpannerKind};

use super::super::fraction::Fraction;
use super::voice::EndAt;

/// The signs that last of one voice, which ends at `end`: when they begin and end. Of several of a
/// kind that are open the first one ends first, and a pedal that goes down again was lifted.
pub(super) fn pair(
    mut ends: Vec<EndAt>,
    end: Fraction,
    warnings: &mut Warnings,
) -> Vec<(Fraction, Fraction, SpannerKind)> {
    // Lines of symbols come after the music that they belong to.
    ends.sort_by_key(|end| end.at);
    let mut found = Vec::new();
    let mut open: Vec<EndAt> = Vec::new();
    for next in ends {
        let kind = next.end.kind;
        let first = open.iter().position(|other| other.end.kind == kind);
        let closes = !next.end.begins || kind == SpannerKind::Pedal;
        match first.filter(|_| closes) {
            Some(index) => found.push((open.remove(index).at, next.at, kind)),
            None if !next.end.begins => {
                warnings.push(next.place, "the end of a sign that never began: left out");
            }
            None => {}
        }
        if next.end.begins && open.len() < OPEN_MAX {
            open.push(next);
        } else if next.end.begins {
            warnings.push(
                next.place,
                "more than 64 signs at a time that last: left out",
            );
        }
    }
    for left in open {
        warnings.push(
            left.place,
            "a sign that never ends: taken to the end of its voice",
        );
        found.push((left.at, end, left.end.kind));
    }
    found
}

/// Makes the pedals of several voices on a staff one: what two say alike counts once, and a pedal is
/// lifted where another one begins. `spanners` are in order of their beginnings and ends.
pub(super) fn join_pedals(spanners: &mut Vec<Spanner>) {
    let mut kept: Vec<Spanner> = Vec::with_capacity(spanners.len());
    let mut pedals: BTreeMap<u8, usize> = BTreeMap::new();
    for spanner in spanners.drain(..) {
        if spanner.kind == SpannerKind::Pedal {
            let before = pedals.get(&spanner.staff).copied();
            if let Some(before) = before.and_then(|index| kept.get_mut(index)) {
                if *before == spanner && spanner.from < spanner.to {
                    continue;
                }
                before.to = before.to.min(spanner.from);
            }
            pedals.insert(spanner.staff, kept.len());
        }
        kept.push(spanner);
    }
    *spanners = kept;
}

/// As many signs that last as may be open in a voice.
const OPEN_MAX: usize = 64;

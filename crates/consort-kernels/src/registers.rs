//! How many sums stay in the registers while products are added to them.

use pulp::Simd;

/// Rows that are worked on together: with [`width`] vectors each, as many sums as fit.
pub(crate) const ROWS: usize = 6;

/// Vectors of each row that are worked on together.
#[inline(always)]
pub(crate) const fn width<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 4 } else { 2 }
}

//! Where memory comes from.

#![expect(
    unsafe_code,
    reason = "the allocator's options are set in C; each block has its proof"
)]

use libmimalloc_sys::{mi_option_set, mi_option_t};
use mimalloc::MiMalloc;

/// See the manifest.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` of mimalloc 3: after how many milliseconds memory that is free goes back
/// to the system; below 0, never.
const PURGE_DELAY: mi_option_t = 15;

/// Keeps memory that is free. A training step takes again what the one before it freed; by default,
/// what lies free for a second is given back, and costs more to get again than what is computed
/// there: steps of half a second (w5t of `consort bench`) and of two (w1bt46) took a quarter longer.
///
/// Must be called before there are other threads.
pub(crate) fn keep_free_memory() {
    // SAFETY: the function takes any option and any number. It is not safe beside others that set or
    // read options: there are no other threads yet.
    unsafe { mi_option_set(PURGE_DELAY, -1) }
}

#[cfg(test)]
mod tests {
    use libmimalloc_sys::mi_option_get;

    use super::*;

    /// The number is that of the option: this is its documented default, which no other has.
    #[test]
    fn the_option_is_the_one_it_is_taken_for() {
        // SAFETY: reading an option that exists; nothing sets options here.
        assert_eq!(unsafe { mi_option_get(PURGE_DELAY) }, 1000);
    }
}

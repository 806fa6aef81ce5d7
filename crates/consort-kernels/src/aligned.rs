//! Memory that begins where vectors should.

use std::ops::{Deref, DerefMut};

/// Bytes of a line of the cache, and of the widest vectors: one that lies across two lines takes two
/// reads.
const LINE: usize = 64;

/// Numbers that begin at a line of the cache.
pub(crate) struct Aligned {
    numbers: Vec<f32>,
    from: usize,
    count: usize,
}

impl Aligned {
    /// So many zeros.
    pub(crate) fn zeros(count: usize) -> Aligned {
        let added = LINE / size_of::<f32>() - 1;
        let numbers = vec![0.0; count + added];
        // The most that may be answered is that there is no such place.
        let from = numbers.as_ptr().align_offset(LINE).min(added);
        Aligned {
            numbers,
            from,
            count,
        }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[self.from..][..self.count]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.from..][..self.count]
    }
}

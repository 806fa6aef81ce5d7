//! Randomness: every draw comes from a named stream of one seed.
//!
//! A name and an index give an independent stream, so that adding a draw in one place never shifts
//! the draws of another, and batch 7 can be made without batches 0 to 6.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The one number that decides every draw of a run or a request.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream called `name`, number `index`.
    pub fn stream(self, name: &str, index: u64) -> Stream {
        Stream(ChaCha12Rng::from_seed(self.digest(name, index)))
    }

    /// A seed of its own for the part of the work called `name`, number `index`.
    pub fn derive(self, name: &str, index: u64) -> Seed {
        let digest = self.digest(name, index);
        Seed(u64::from_le_bytes(
            digest[..8].try_into().expect("a digest has 32 bytes"),
        ))
    }

    fn digest(self, name: &str, index: u64) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"consort-seed/1");
        hash.update(self.0.to_le_bytes());
        hash.update(index.to_le_bytes());
        hash.update(name.as_bytes());
        hash.finalize().into()
    }
}

/// A stream of random numbers, the same on every machine: ChaCha with 12 rounds, by name, because
/// "standard" generators change between versions of their library.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha12Rng);

impl Stream {
    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in [0, 1), in steps of 2^-24.
    pub fn uniform(&mut self) -> f32 {
        // 24 bits are the most that an f32 below 1 can hold without rounding up to 1.
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit the mantissa")]
        let uniform = (self.bits() >> 8) as f32 / 16_777_216.0;
        uniform
    }

    /// Uniform in 0..`n`, by rejection, so without bias.
    ///
    /// # Panics
    /// If `n` is 0 or above 2^32.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u32::try_from(n).expect("fewer than 2^32 choices");
        assert!(n > 0, "a draw among no choices");
        // The largest multiple of n in 2^32; what lies above it would favour the small numbers.
        let reject = u32::MAX - (u32::MAX % n + 1) % n;
        loop {
            let bits = self.bits();
            if bits <= reject {
                return (bits % n) as usize;
            }
        }
    }

    /// Whether an event of probability `p` happens.
    pub fn chance(&mut self, p: f32) -> bool {
        self.uniform() < p
    }

    /// Normal with mean 0 and variance 1 (Box and Muller, 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }

    /// Standard Gumbel: adding it to log-probabilities and taking the largest is a draw.
    pub fn gumbel(&mut self) -> f32 {
        // A uniform of 0 would give minus infinity; half a step above it is as good a draw.
        let uniform = self.uniform() + 0.5 / 16_777_216.0;
        -(-uniform.ln()).ln()
    }

    /// Puts `items` in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `k` distinct numbers of 0..`n` in random order.
    ///
    /// # Panics
    /// If `k` is above `n`.
    pub fn choose(&mut self, k: usize, n: usize) -> Vec<usize> {
        assert!(k <= n, "{k} distinct choices among {n}");
        let mut items: Vec<usize> = (0..n).collect();
        for place in 0..k {
            items.swap(place, place + self.below(n - place));
        }
        items.truncate(k);
        items
    }

    /// Fills `bytes` with random bits.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_for_ever() {
        // These bits decide every published result: they may never change.
        let mut stream = Seed(7).stream("test", 3);
        let bits: Vec<u32> = (0..3).map(|_| stream.bits()).collect();
        assert_eq!(bits, [3_180_718_407, 1_508_488_958, 2_372_726_128]);
    }

    #[test]
    fn names_and_indices_part_streams() {
        let first = |seed: u64, name: &str, index| Seed(seed).stream(name, index).bits();
        let bits = [
            first(1, "a", 0),
            first(1, "a", 1),
            first(1, "b", 0),
            first(2, "a", 0),
        ];
        for (place, bit) in bits.iter().enumerate() {
            assert!(!bits[..place].contains(bit));
        }
    }

    #[test]
    fn draws_have_their_distributions() {
        let mut stream = Seed(1).stream("test", 0);
        let mut counts = [0; 7];
        let (mut sum, mut squares, mut gumbel) = (0.0, 0.0, 0.0);
        for _ in 0..70_000 {
            counts[stream.below(7)] += 1;
            let normal = stream.normal();
            (sum, squares) = (sum + normal, squares + normal * normal);
            gumbel += stream.gumbel();
        }
        // Five standard deviations of a binomial of 70 000 draws at 1/7.
        assert!(
            counts
                .iter()
                .all(|count: &i32| (count - 10_000).abs() < 463),
            "{counts:?}"
        );
        assert!((sum / 70_000.0).abs() < 0.02 && (squares / 70_000.0 - 1.0).abs() < 0.03);
        assert!(
            (gumbel / 70_000.0 - 0.5772).abs() < 0.025,
            "Euler's constant is the mean"
        );
    }

    #[test]
    fn choices_are_distinct() {
        let mut stream = Seed(1).stream("test", 0);
        for k in 0..=20 {
            let mut chosen = stream.choose(k, 20);
            chosen.sort_unstable();
            chosen.dedup();
            assert_eq!(chosen.len(), k);
        }
    }
}

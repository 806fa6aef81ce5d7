//! What the machine could do at most, to hold against what a layer does.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Sums that are computed side by side: a product with a sum takes four or five cycles and two can
/// begin in each, so ten are enough, and the vectors fit into the registers of every machine.
const SUMS: usize = 10;

/// Numbers that are read, 256 MiB: more than any cache holds.
const NUMBERS: usize = 1 << 26;

/// Measurements, of which the best counts: others were disturbed.
const ATTEMPTS: usize = 5;

/// Additions and multiplications of single precision per second, on all threads.
pub fn flops_per_second() -> f64 {
    const ROUNDS: usize = 1_000_000;
    let threads = rayon::current_num_threads();
    let lanes = Arch::new().dispatch(Multiply { rounds: 0 });
    let operations = (threads * ROUNDS * SUMS * lanes * 2) as f64;
    let multiply = || {
        black_box(Arch::new().dispatch(Multiply { rounds: ROUNDS }));
    };
    operations / best(|| all_threads(multiply))
}

/// Bytes read from memory per second, on all threads.
pub fn bytes_per_second() -> f64 {
    let numbers: Vec<f32> = vec![1.0; NUMBERS];
    let size = NUMBERS.div_ceil(rayon::current_num_threads());
    let read = || {
        let parts = numbers.par_chunks(size);
        black_box(
            parts
                .map(|part| Arch::new().dispatch(Read(part)))
                .sum::<f32>(),
        );
    };
    (4 * NUMBERS) as f64 / best(read)
}

/// The shortest of a few runs, in seconds.
fn best(run: impl Fn()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let best = (0..ATTEMPTS).map(time).min().unwrap_or(Duration::MAX);
    best.as_secs_f64()
}

fn all_threads(run: impl Fn() + Sync) {
    (0..rayon::current_num_threads())
        .into_par_iter()
        .with_max_len(1)
        .for_each(|_| run());
}

/// Nothing but products with sums. Returns how many numbers a vector has.
struct Multiply {
    rounds: usize,
}

impl WithSimd for Multiply {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let mut sums = [simd.splat_f32s(black_box(0.0)); SUMS];
        let (factor, term) = (
            simd.splat_f32s(black_box(0.5)),
            simd.splat_f32s(black_box(0.5)),
        );
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, factor, term);
            }
        }
        black_box(sums);
        S::F32_LANES
    }
}

/// Adds up numbers.
struct Read<'a>(&'a [f32]);

impl WithSimd for Read<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (vectors, _) = S::as_simd_f32s(self.0);
        let mut sums = [simd.splat_f32s(0.0); SUMS];
        for vectors in vectors.chunks_exact(SUMS) {
            for (sum, vector) in sums.iter_mut().zip(vectors) {
                *sum = simd.add_f32s(*sum, *vector);
            }
        }
        let sum = sums.into_iter().reduce(|a, b| simd.add_f32s(a, b));
        sum.map_or(0.0, |sum| simd.reduce_sum_f32s(sum))
    }
}

//! A matrix packed for products with one vector.
//!
//! Each weight serves once in such a product, so its time is that of reading the weights: they are
//! laid out in the order in which they are read, and in fewer bits if asked for.

use pulp::Simd;

mod format;

use format::{BFloat16, Format, Int8, Single};

/// Columns that are summed together: as many sums as fit into the registers of most machines.
pub(crate) const COLUMNS: usize = 64;

/// Rows that are packed together.
const ROWS: usize = 4;

/// How weights are stored. Vectors and sums are in single precision always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// As they are: 4 bytes a weight.
    F32,
    /// With 8 significant bits: 2 bytes a weight, each wrong by a part in 256 at most.
    BFloat16,
    /// In whole steps of 1/127 of the largest of their column: 1 byte a weight, each wrong by half a
    /// step at most.
    Int8,
}

/// A matrix packed for products with one vector.
#[derive(Clone, Debug)]
pub(crate) struct PackedMatrix {
    precision: Precision,
    inputs: usize,
    /// Group by group of columns, and in each one every [`ROWS`] rows after another.
    words: Vec<Words>,
    /// The largest weight of each column, of whole groups of columns.
    scales: Vec<[f32; COLUMNS]>,
}

/// A word for each of a group of columns; it holds one, two or four rows. No vector of it lies across
/// two lines of the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Words([u32; COLUMNS]);

impl PackedMatrix {
    /// Packs `columns` of `weights`, `[input, column]`; where there is none, weights are 0.
    pub(crate) fn new(
        inputs: usize,
        weights: &[f32],
        columns: &[Option<usize>],
        precision: Precision,
    ) -> Self {
        let stride = weights.len() / inputs.max(1);
        let weight = |row: usize, column: Option<usize>| match column {
            Some(column) if row < inputs => weights[row * stride + column],
            _ => 0.0,
        };
        let (mut words, mut scales) = (Vec::new(), Vec::new());
        for columns in columns.chunks(COLUMNS) {
            let column = |at: usize| columns.get(at).copied().flatten();
            let largest: [f32; COLUMNS] = std::array::from_fn(|at| {
                let sizes = (0..inputs).map(|row| weight(row, column(at)).abs());
                sizes.fold(0.0, larger)
            });
            for first in (0..inputs).step_by(ROWS) {
                let mut packed = [const { Words([0; COLUMNS]) }; ROWS];
                for (at, scale) in largest.iter().enumerate() {
                    let weights = std::array::from_fn(|row| weight(first + row, column(at)));
                    let words = match precision {
                        Precision::F32 => Single::pack(weights, *scale),
                        Precision::BFloat16 => BFloat16::pack(weights, *scale),
                        Precision::Int8 => Int8::pack(weights, *scale),
                    };
                    for (packed, word) in packed.iter_mut().zip(words) {
                        packed.0[at] = word;
                    }
                }
                words.extend_from_slice(&packed[..precision.words()]);
            }
            scales.push(largest);
        }
        Self {
            precision,
            inputs,
            words,
            scales,
        }
    }

    /// Numbers of the vector.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Bytes that a product reads, but for the vector.
    pub(crate) fn bytes(&self) -> usize {
        let scales = match self.precision {
            Precision::F32 | Precision::BFloat16 => 0,
            Precision::Int8 => size_of_val(&*self.scales),
        };
        size_of_val(&*self.words) + scales
    }

    /// Adds the products of `x` with a group of columns to `sums`.
    #[inline(always)]
    pub(crate) fn add_products<S: Simd>(
        &self,
        simd: S,
        group: usize,
        x: Vector<'_>,
        sums: &mut [f32; COLUMNS],
    ) {
        let size = self.inputs.div_ceil(ROWS) * self.precision.words();
        let columns = Columns {
            words: &self.words[group * size..][..size],
            scales: &self.scales[group],
        };
        match self.precision {
            Precision::F32 => add_products::<S, Single>(simd, columns, x, sums),
            Precision::BFloat16 => add_products::<S, BFloat16>(simd, columns, x, sums),
            Precision::Int8 => add_products::<S, Int8>(simd, columns, x, sums),
        }
    }
}

impl Precision {
    /// Words of [`ROWS`] weights.
    const fn words(self) -> usize {
        match self {
            Self::F32 => Single::WORDS,
            Self::BFloat16 => BFloat16::WORDS,
            Self::Int8 => Int8::WORDS,
        }
    }
}

/// Unlike `f32::max`, this keeps what is not a number.
fn larger(a: f32, b: f32) -> f32 {
    if a > b || a.is_nan() { a } else { b }
}

/// What a matrix is multiplied with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector<'a> {
    numbers: &'a [f32],
    /// Of the numbers for the first rows of those that are packed together, for the second, and so on.
    sums: [f32; ROWS],
}

impl<'a> Vector<'a> {
    pub(crate) fn new(numbers: &'a [f32]) -> Self {
        // Sums side by side, which the compiler puts into vectors.
        let mut all = [[0.0; ROWS]; 4];
        for numbers in numbers.chunks(all.as_flattened().len()) {
            let sums = all.as_flattened_mut().iter_mut();
            sums.zip(numbers).for_each(|(sum, x)| *sum += x);
        }
        let mut sums = [0.0; ROWS];
        for part in all {
            sums.iter_mut()
                .zip(part)
                .for_each(|(sum, part)| *sum += part);
        }
        Self { numbers, sums }
    }
}

/// A group of columns.
#[derive(Clone, Copy)]
struct Columns<'a> {
    words: &'a [Words],
    scales: &'a [f32; COLUMNS],
}

/// Sums with as many vectors as the machine needs for the columns, each in as many chains as leave no
/// addition waiting for another: eight are under way at once on most machines.
#[inline(always)]
fn add_products<S: Simd, F: Format>(
    simd: S,
    columns: Columns<'_>,
    x: Vector<'_>,
    sums: &mut [f32; COLUMNS],
) {
    match COLUMNS / S::F32_LANES {
        4 => add_in::<S, F, 4, 2>(simd, columns, x, sums),
        8 => add_in::<S, F, 8, 1>(simd, columns, x, sums),
        16 => add_in::<S, F, 16, 1>(simd, columns, x, sums),
        _ => add_in::<S, F, COLUMNS, 1>(simd, columns, x, sums),
    }
}

/// [`add_products`] in `N` vectors and `C` chains.
#[inline(always)]
fn add_in<S: Simd, F: Format, const N: usize, const C: usize>(
    simd: S,
    columns: Columns<'_>,
    x: Vector<'_>,
    sums: &mut [f32; COLUMNS],
) {
    let zero = simd.splat_f32s(0.0);
    let mut chains = [[zero; C]; N];
    let (whole, rest) = x.numbers.as_chunks::<ROWS>();
    let mut words = columns.words.chunks_exact(F::WORDS);
    for (x, words) in whole.iter().zip(words.by_ref()) {
        add_rows::<S, F, N, C>(simd, words, *x, &mut chains);
    }
    if let Some(words) = words.next() {
        let mut last = [0.0; ROWS];
        last[..rest.len()].copy_from_slice(rest);
        add_rows::<S, F, N, C>(simd, words, last, &mut chains);
    }
    let zeros = x.sums.iter().zip(F::ZEROS).map(|(x, zero)| x * zero).sum();
    let zeros = simd.splat_f32s(zeros);
    let sums = S::as_mut_simd_f32s(sums).0;
    let scales = S::as_simd_f32s(columns.scales).0;
    for ((sum, scale), chains) in sums.iter_mut().zip(scales).zip(chains) {
        let total = chains
            .into_iter()
            .fold(zero, |total, chain| simd.add_f32s(total, chain));
        *sum = F::finish(simd, total, zeros, *scale, *sum);
    }
}

#[inline(always)]
fn add_rows<S: Simd, F: Format, const N: usize, const C: usize>(
    simd: S,
    words: &[Words],
    x: [f32; ROWS],
    chains: &mut [[S::f32s; C]; N],
) {
    let x = x.map(|x| simd.splat_f32s(x));
    for (n, sums) in chains.iter_mut().enumerate() {
        let weights = F::unpack(simd, |word| S::as_simd_u32s(&words[word].0).0[n]);
        for (row, (x, weights)) in x.into_iter().zip(weights).enumerate() {
            let sum = &mut sums[row % C];
            *sum = simd.mul_add_f32s(x, weights, *sum);
        }
    }
}

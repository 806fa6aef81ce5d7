//! Products of matrices, by the [gemm](https://docs.rs/gemm) crate.
//!
//! This is the one module with `unsafe`: gemm takes pointers, and here is what they may point to.

#![expect(
    unsafe_code,
    reason = "gemm takes pointers; the one block has its proof"
)]

use gemm::Parallelism;

/// A matrix over a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    numbers: &'a [f32],
    /// Rows and columns.
    size: [usize; 2],
    /// Numbers from one row to the next, and from one column to the next.
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// A matrix whose rows lie one after another.
    ///
    /// # Panics
    /// If there are fewer numbers than rows by columns.
    pub(crate) fn new(numbers: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix {
            numbers: &numbers[..rows * columns],
            size: [rows, columns],
            strides: [columns, 1],
        }
    }

    /// With rows for columns.
    pub(crate) fn transposed(self) -> Matrix<'a> {
        let ([rows, columns], [row, column]) = (self.size, self.strides);
        Matrix {
            numbers: self.numbers,
            size: [columns, rows],
            strides: [column, row],
        }
    }

    /// `count` columns from `first` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub(crate) fn columns(self, first: usize, count: usize) -> Matrix<'a> {
        let ([rows, columns], [_, column]) = (self.size, self.strides);
        assert!(first + count <= columns, "{first} + {count} of {columns}");
        let from = (first * column).min(self.numbers.len());
        Matrix {
            numbers: &self.numbers[from..],
            size: [rows, count],
            strides: self.strides,
        }
    }
}

/// Writes the product of `a` and `b` to `to`, row by row, or adds it to what is there. What is there
/// is not read otherwise, and may be anything.
///
/// Runs on the calling thread, for callers that cut the work themselves.
///
/// # Panics
/// If the sizes do not fit together.
pub(crate) fn multiply(a: Matrix<'_>, b: Matrix<'_>, to: &mut [f32], add: bool) {
    product(a, b, to, add, Parallelism::None);
}

/// The same on all threads. They share out tiles of the product and each sums the whole of its own,
/// so that the bits do not depend on their number.
///
/// # Panics
/// If the sizes do not fit together.
pub(crate) fn multiply_on_all_threads(a: Matrix<'_>, b: Matrix<'_>, to: &mut [f32], add: bool) {
    product(a, b, to, add, Parallelism::Rayon(0));
}

fn product(a: Matrix<'_>, b: Matrix<'_>, to: &mut [f32], add: bool, threads: Parallelism) {
    let ([m, k], [inner, n]) = (a.size, b.size);
    assert_eq!(k, inner, "columns of one and rows of the other");
    assert_eq!(to.len(), m * n, "numbers of the product");
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !add {
            to.fill(0.0);
        }
        return;
    }
    for Matrix {
        numbers,
        size,
        strides,
    } in [a, b]
    {
        let last = (size[0] - 1) * strides[0] + (size[1] - 1) * strides[1];
        assert!(last < numbers.len(), "{size:?} by {strides:?}");
    }
    let [strides_a, strides_b] =
        [a.strides, b.strides].map(|strides| strides.map(usize::cast_signed));
    // SAFETY: gemm reads `a` at row * strides[0] + column * strides[1] for the rows and columns of its
    // size, the largest of which the assertion above found inside of its slice; the same holds for
    // `b`. It writes, and with `add` reads, `to` at row * n + column for m rows and n columns, which
    // are exactly its numbers. `to` is borrowed mutably, so it overlaps neither. All are aligned and
    // initialised, being slices. Strides are those of slices, so none is above `isize::MAX`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr(),
            1,
            n.cast_signed(),
            add,
            a.numbers.as_ptr(),
            strides_a[1],
            strides_a[0],
            b.numbers.as_ptr(),
            strides_b[1],
            strides_b[0],
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::noise::noise;

    proptest! {
        #[test]
        fn is_the_product(
            [m, n, k] in [0..40_usize, 0..40_usize, 0..40_usize],
            [turned_a, turned_b, add] in any::<[bool; 3]>(),
        ) {
            let (a, b) = (noise(1, m * k), noise(2, k * n));
            let matrix = |numbers, rows, columns, turned: bool| match turned {
                true => Matrix::new(numbers, columns, rows).transposed(),
                false => Matrix::new(numbers, rows, columns),
            };
            let mut product = noise(3, m * n);
            let before = product.clone();
            multiply(matrix(&a, m, k, turned_a), matrix(&b, k, n, turned_b), &mut product, add);
            for (index, (ours, before)) in product.iter().zip(before).enumerate() {
                let (row, column) = (index / n, index % n);
                let term = |inner: usize| {
                    let a = a[if turned_a { inner * m + row } else { row * k + inner }];
                    let b = b[if turned_b { column * k + inner } else { inner * n + column }];
                    f64::from(a) * f64::from(b)
                };
                let truth = (0..k).map(term).sum::<f64>() + if add { f64::from(before) } else { 0.0 };
                prop_assert!((f64::from(*ours) - truth).abs() < 1e-5, "{ours} {truth}");
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        for [m, n, k] in [
            [70, 300, 900],
            [513, 64, 77],
            [1, 2000, 100],
            [2000, 1, 100],
        ] {
            let (a, b) = (noise(1, m * k), noise(2, k * n));
            let product = |threads: usize| {
                let threads = rayon::ThreadPoolBuilder::new().num_threads(threads);
                let mut product = vec![0.0; m * n];
                let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
                let run = || multiply_on_all_threads(a, b, &mut product, false);
                threads.build().expect("threads").install(run);
                product
            };
            let one = product(1);
            assert!((2..5).all(|threads| product(threads) == one), "{m} {n} {k}");
        }
    }

    #[test]
    fn columns_are_those_of_the_whole() {
        let (a, b) = (noise(1, 12), noise(2, 4 * 9));
        let b = Matrix::new(&b, 4, 9);
        let (mut whole, mut part) = (vec![0.0; 27], vec![f32::NAN; 12]);
        multiply(Matrix::new(&a, 3, 4), b, &mut whole, false);
        multiply(Matrix::new(&a, 3, 4), b.columns(5, 4), &mut part, false);
        for (whole, part) in whole.chunks(9).zip(part.chunks(4)) {
            for (whole, part) in whole[5..].iter().zip(part) {
                assert!((whole - part).abs() < 1e-6);
            }
        }
    }

    #[test]
    #[should_panic(expected = "2 + 3 of 4")]
    fn there_are_no_columns_beyond_the_last() {
        let _ = Matrix::new(&[0.0; 8], 2, 4).columns(2, 3);
    }
}

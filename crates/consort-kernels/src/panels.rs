//! A matrix packed for products with a few rows at a time, again and again: what a recurrent layer
//! does at every step. A general product would pack the matrix anew each time.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::registers::{ROWS, width};

/// The most numbers that a panel has in a row: four of the widest vectors.
const WIDEST: usize = 64;

/// A matrix in panels: a few columns each, whose rows lie one after another.
pub(crate) struct Panels {
    numbers: Vec<f32>,
    /// Rows of the matrix.
    rows: usize,
    /// Columns of the matrix; the last panel has zeros beyond them.
    columns: usize,
    /// Columns of a panel.
    width: usize,
}

/// Rows of numbers that lie in a slice at a distance from one another.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) numbers: &'a [f32],
    /// Numbers from one row to the next.
    pub(crate) stride: usize,
}

impl Panels {
    /// Packs the matrix whose number at a row and a column is `number`.
    pub(crate) fn pack(
        rows: usize,
        columns: usize,
        number: impl Fn(usize, usize) -> f32 + Sync,
    ) -> Panels {
        struct Width;
        impl WithSimd for Width {
            type Output = usize;

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> usize {
                width::<S>() * S::F32_LANES
            }
        }
        let width = Arch::new().dispatch(Width);
        let mut numbers = vec![0.0; columns.div_ceil(width) * rows * width];
        let panels = numbers.par_chunks_mut((rows * width).max(1)).enumerate();
        panels.for_each(|(panel, numbers)| {
            for (row, numbers) in numbers.chunks_exact_mut(width).enumerate() {
                let columns = panel * width..columns.min((panel + 1) * width);
                for (to, column) in numbers.iter_mut().zip(columns) {
                    *to = number(row, column);
                }
            }
        });
        Panels {
            numbers,
            rows,
            columns,
            width,
        }
    }

    /// Adds the product of each of `count` rows with the matrix to a row of `sums`, whose rows are
    /// `stride` apart.
    ///
    /// # Panics
    /// If there are fewer rows.
    pub(crate) fn add_product(
        &self,
        rows: Rows<'_>,
        count: usize,
        (sums, stride): (&mut [f32], usize),
    ) {
        if count == 0 {
            return;
        }
        for (panel, numbers) in self.panels().enumerate() {
            let from = panel * self.width;
            Arch::new().dispatch(AddPanel {
                rows,
                depth: self.rows,
                count,
                panel: numbers,
                columns: self.width.min(self.columns - from),
                sums: &mut sums[from..],
                stride,
            });
        }
    }

    /// The same with the panels shared out among all threads, which pays for large matrices and few
    /// rows. `room` is worked in, and comes to have as many numbers as it needs.
    pub(crate) fn add_product_on_all_threads(
        &self,
        rows: Rows<'_>,
        count: usize,
        (sums, stride): (&mut [f32], usize),
        room: &mut Vec<f32>,
    ) {
        let width = self.width;
        room.clear();
        room.resize(self.columns.div_ceil(width) * count * width, 0.0);
        let products = room.par_chunks_mut((count * width).max(1));
        // The products of a panel take longer than it takes to wake a thread only if there are many.
        let products = products.with_min_len((1 << 18) / (count * width * self.rows).max(1));
        let panels = self.numbers.par_chunks_exact((self.rows * width).max(1));
        products.zip(panels).for_each(|(sums, panel)| {
            Arch::new().dispatch(AddPanel {
                rows,
                depth: self.rows,
                count,
                panel,
                columns: width,
                sums,
                stride: width,
            });
        });
        for (panel, products) in room.chunks_exact((count * width).max(1)).enumerate() {
            let from = panel * width;
            let columns = width.min(self.columns - from);
            for (row, products) in products.chunks_exact(width).enumerate() {
                let sums = &mut sums[row * stride + from..][..columns];
                sums.iter_mut()
                    .zip(products)
                    .for_each(|(sum, product)| *sum += product);
            }
        }
    }

    fn panels(&self) -> impl Iterator<Item = &[f32]> {
        self.numbers.chunks_exact((self.rows * self.width).max(1))
    }
}

/// The part of a product that one panel makes.
struct AddPanel<'a> {
    rows: Rows<'a>,
    /// Numbers of a row.
    depth: usize,
    /// How many rows.
    count: usize,
    panel: &'a [f32],
    /// Columns that there are.
    columns: usize,
    sums: &'a mut [f32],
    stride: usize,
}

impl WithSimd for AddPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // Groups of nearly equal size: seven rows are better worked on as four and three than as
        // six and one.
        let groups = self.count.div_ceil(ROWS);
        for group in 0..groups {
            let (from, to) = (
                group * self.count / groups,
                (group + 1) * self.count / groups,
            );
            match to - from {
                6 => self.add_rows::<S, 6>(simd, from),
                5 => self.add_rows::<S, 5>(simd, from),
                4 => self.add_rows::<S, 4>(simd, from),
                3 => self.add_rows::<S, 3>(simd, from),
                2 => self.add_rows::<S, 2>(simd, from),
                _ => self.add_rows::<S, 1>(simd, from),
            }
        }
    }
}

impl AddPanel<'_> {
    #[inline(always)]
    fn add_rows<S: Simd, const R: usize>(&mut self, simd: S, first: usize) {
        if width::<S>() == 4 {
            self.add_vectors::<S, R, 4>(simd, first);
        } else {
            self.add_vectors::<S, R, 2>(simd, first);
        }
    }

    #[inline(always)]
    fn add_vectors<S: Simd, const R: usize, const N: usize>(&mut self, simd: S, first: usize) {
        let width = N * S::F32_LANES;
        let rows: [&[f32]; R] = std::array::from_fn(|row| {
            &self.rows.numbers[(first + row) * self.rows.stride..][..self.depth]
        });
        let mut sums = [[simd.splat_f32s(0.0); N]; R];
        let panel = S::as_simd_f32s(self.panel).0;
        for (step, vectors) in panel.chunks_exact(N).enumerate().take(self.depth) {
            for (sums, row) in sums.iter_mut().zip(rows) {
                let value = simd.splat_f32s(row[step]);
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = simd.mul_add_f32s(value, *vector, *sum);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let to = &mut self.sums[(first + row) * self.stride..][..self.columns];
            if self.columns == width {
                for (to, sum) in S::as_mut_simd_f32s(to).0.iter_mut().zip(sums) {
                    *to = simd.add_f32s(*to, sum);
                }
            } else {
                let mut whole = [0.0; WIDEST];
                S::as_mut_simd_f32s(&mut whole[..width])
                    .0
                    .copy_from_slice(&sums);
                to.iter_mut().zip(whole).for_each(|(to, sum)| *to += sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::noise::noise;

    proptest! {
        #[test]
        fn add_the_product(count in 0..15_usize, depth in 0..40_usize, columns in 0..150_usize) {
            let [stride, distance] = [depth + 3, columns + 2];
            let (numbers, weights) = (noise(1, count * stride), noise(2, depth * columns));
            let panels = Panels::pack(depth, columns, |row, column| weights[row * columns + column]);
            let rows = Rows { numbers: &numbers, stride };
            let before = noise(3, count * distance);
            let mut sums = before.clone();
            panels.add_product(rows, count, (&mut sums, distance));
            for (index, (sum, before)) in sums.iter().zip(&before).enumerate() {
                let (row, column) = (index / distance, index % distance);
                let term = |k: usize| {
                    f64::from(numbers[row * stride + k]) * f64::from(weights[k * columns + column])
                };
                let added: f64 = if column < columns { (0..depth).map(term).sum() } else { 0.0 };
                prop_assert!((f64::from(*sum) - f64::from(*before) - added).abs() < 1e-5);
            }
            let (mut shared, mut room) = (before, vec![f32::NAN; 3]);
            panels.add_product_on_all_threads(rows, count, (&mut shared, distance), &mut room);
            prop_assert_eq!(shared, sums);
        }
    }
}

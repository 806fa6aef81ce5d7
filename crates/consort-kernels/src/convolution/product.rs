//! Products of many small matrices, a few rows and vectors at a time, so that the sums stay in
//! registers.

use pulp::{Simd, WithSimd};

pub(super) use crate::registers::ROWS;
use crate::registers::width;

use super::tiling::CHANNELS;

/// The vectors of a row that are worked on together.
#[derive(Clone, Copy)]
struct Columns {
    from: usize,
    /// Of the whole row.
    all: usize,
}

/// Calls a function with each group of columns and their number as a constant.
macro_rules! for_columns {
    ($all:expr, $call:ident::<$s:ty, $r:ident>($($argument:expr),*)) => {{
        let (all, mut from) = ($all, 0);
        while from < all {
            let count = (all - from).min(width::<$s>());
            let columns = Columns { from, all };
            match count {
                4 => $call::<$s, $r, 4>($($argument),*, columns),
                3 => $call::<$s, $r, 3>($($argument),*, columns),
                2 => $call::<$s, $r, 2>($($argument),*, columns),
                _ => $call::<$s, $r, 1>($($argument),*, columns),
            }
            from += count;
        }
    }};
}

/// A matrix, `[input, output]`, cut into strips of [`CHANNELS`] inputs.
#[derive(Clone, Copy)]
pub(super) struct Strips<'a> {
    pub(super) numbers: &'a [f32],
    /// Numbers from one strip to the next.
    pub(super) strip: usize,
    /// Where in each strip the matrix begins.
    pub(super) at: usize,
}

/// Multiplies the first `inputs` numbers of each row of `values` with a matrix; the products take
/// their place.
pub(super) struct Multiply<'a> {
    pub(super) values: &'a mut [f32],
    /// Numbers of a row, as many as inputs and as outputs at least.
    pub(super) stride: usize,
    pub(super) weights: Strips<'a>,
    /// A multiple of [`CHANNELS`].
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Room for [`ROWS`] rows of inputs.
    pub(super) strip: &'a mut [f32],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Multiply {
            values,
            stride,
            weights,
            inputs,
            outputs,
            strip,
        } = self;
        for rows in values.chunks_mut(ROWS * stride) {
            for (from, to) in rows
                .chunks_exact(stride)
                .zip(strip.chunks_exact_mut(inputs))
            {
                to.copy_from_slice(&from[..inputs]);
            }
            let size = [inputs, outputs];
            match rows.len() / stride {
                6 => multiply_rows::<S, 6>(simd, strip, weights, size, rows, stride),
                5 => multiply_rows::<S, 5>(simd, strip, weights, size, rows, stride),
                4 => multiply_rows::<S, 4>(simd, strip, weights, size, rows, stride),
                3 => multiply_rows::<S, 3>(simd, strip, weights, size, rows, stride),
                2 => multiply_rows::<S, 2>(simd, strip, weights, size, rows, stride),
                _ => multiply_rows::<S, 1>(simd, strip, weights, size, rows, stride),
            }
        }
    }
}

#[inline(always)]
fn multiply_rows<S: Simd, const R: usize>(
    simd: S,
    strip: &[f32],
    weights: Strips<'_>,
    [inputs, outputs]: [usize; 2],
    products: &mut [f32],
    stride: usize,
) {
    let rows: [&[f32]; R] = std::array::from_fn(|row| &strip[row * inputs..][..inputs]);
    for_columns!(
        outputs / S::F32_LANES,
        multiply_block::<S, R>(simd, rows, weights, products, stride)
    );
}

#[inline(always)]
fn multiply_block<S: Simd, const R: usize, const N: usize>(
    simd: S,
    rows: [&[f32]; R],
    weights: Strips<'_>,
    products: &mut [f32],
    stride: usize,
    columns: Columns,
) {
    let mut sums = [[simd.splat_f32s(0.0); N]; R];
    for (index, strip) in weights.numbers.chunks_exact(weights.strip).enumerate() {
        let strip = S::as_simd_f32s(&strip[weights.at..]).0;
        let rows: [&[f32]; R] =
            std::array::from_fn(|row| &rows[row][index * CHANNELS..][..CHANNELS]);
        for (input, weights) in strip.chunks_exact(columns.all).enumerate().take(CHANNELS) {
            let weights = &weights[columns.from..][..N];
            for (sums, row) in sums.iter_mut().zip(rows) {
                let value = simd.splat_f32s(row[input]);
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = simd.mul_add_f32s(value, *weight, *sum);
                }
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let from = row * stride + columns.from * S::F32_LANES;
        let products = &mut products[from..][..N * S::F32_LANES];
        S::as_mut_simd_f32s(products).0.copy_from_slice(sums);
    }
}

/// Adds to `sums` the products of each row of `values` with the same row of `above`.
pub(super) struct Correlate<'a> {
    /// `[row, input]`.
    pub(super) values: &'a [f32],
    pub(super) inputs: usize,
    /// `[row, output]`.
    pub(super) above: &'a [f32],
    pub(super) outputs: usize,
    /// `[input, output]`.
    pub(super) sums: &'a mut [f32],
}

impl WithSimd for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Correlate {
            values,
            inputs,
            above,
            outputs,
            sums,
        } = self;
        let above = S::as_simd_f32s(above).0;
        let size = [inputs, outputs / S::F32_LANES];
        for (strip, sums) in sums.chunks_mut(ROWS * outputs).enumerate() {
            let values = &values[strip * ROWS..];
            match sums.len() / outputs {
                6 => correlate_rows::<S, 6>(simd, values, above, size, sums),
                5 => correlate_rows::<S, 5>(simd, values, above, size, sums),
                4 => correlate_rows::<S, 4>(simd, values, above, size, sums),
                3 => correlate_rows::<S, 3>(simd, values, above, size, sums),
                2 => correlate_rows::<S, 2>(simd, values, above, size, sums),
                _ => correlate_rows::<S, 1>(simd, values, above, size, sums),
            }
        }
    }
}

#[inline(always)]
fn correlate_rows<S: Simd, const R: usize>(
    simd: S,
    values: &[f32],
    above: &[S::f32s],
    [inputs, columns]: [usize; 2],
    sums: &mut [f32],
) {
    let sums = S::as_mut_simd_f32s(sums).0;
    for_columns!(
        columns,
        correlate_block::<S, R>(simd, values, inputs, above, sums)
    );
}

#[inline(always)]
fn correlate_block<S: Simd, const R: usize, const N: usize>(
    simd: S,
    values: &[f32],
    inputs: usize,
    above: &[S::f32s],
    totals: &mut [S::f32s],
    columns: Columns,
) {
    let mut sums = [[simd.splat_f32s(0.0); N]; R];
    for (row, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&totals[row * columns.all + columns.from..][..N]);
    }
    // The last of these chunks may be shorter than the others, but never than `R`.
    for (values, above) in values.chunks(inputs).zip(above.chunks_exact(columns.all)) {
        let above = &above[columns.from..][..N];
        for (sums, value) in sums.iter_mut().zip(&values[..R]) {
            let value = simd.splat_f32s(*value);
            for (sum, above) in sums.iter_mut().zip(above) {
                *sum = simd.mul_add_f32s(value, *above, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        totals[row * columns.all + columns.from..][..N].copy_from_slice(sums);
    }
}

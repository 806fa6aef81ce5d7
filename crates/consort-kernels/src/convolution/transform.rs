//! The transforms of Winograd's algorithm, between pixels and points.
//!
//! With one-dimensional signals, d inputs and g weights of an output window, the outputs are
//! A'(G g * B' d), with the product taken point by point. The matrices follow from eight points at
//! which polynomials are evaluated: 0, 1, -1, 2, -2, 1/2, -1/2 and infinity, as `wincnn`, the
//! program beside the article of Lavin and Gray, takes them for F(6, 3)
//! (<https://github.com/andravin/wincnn>). The points being the same for F(4, 5), so is B'; and A'
//! is the transpose of evaluation, as G is evaluation up to [`SCALES`].

#![expect(
    clippy::needless_range_loop,
    reason = "rows and columns of a tile change places: an index for each is plainest"
)]

use pulp::{Simd, WithSimd};

/// Points on a side of a transformed tile, and pixels on a side of its inputs.
pub(super) const SIDE: usize = 8;

/// Points of a tile.
pub(super) const POINTS: usize = SIDE * SIDE;

/// What the weights' values at each point are multiplied by: one over the product of its
/// differences from the other finite points, up to the signs that [`Interpolate`] has.
const SCALES: [f32; SIDE] = [
    1.0,
    -2.0 / 9.0,
    -2.0 / 9.0,
    1.0 / 90.0,
    1.0 / 90.0,
    32.0 / 45.0,
    32.0 / 45.0,
    1.0,
];

/// Where the points of a tile are: there is a plane for each point.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Numbers of a plane.
    pub(super) plane: usize,
    /// Where in each plane those of the tile begin.
    pub(super) at: usize,
}

/// Pixels to transform: a vector of channels each.
#[derive(Clone, Copy)]
pub(super) struct Pixels<'a> {
    pub(super) numbers: &'a [f32],
    /// Numbers from one row to the next.
    pub(super) row: usize,
    /// Numbers from one pixel to the next.
    pub(super) pixel: usize,
}

/// Where transformed pixels go.
pub(super) struct PixelsMut<'a> {
    pub(super) numbers: &'a mut [f32],
    /// Numbers from one row to the next.
    pub(super) row: usize,
    /// Numbers from one pixel to the next.
    pub(super) pixel: usize,
    /// Rows and columns that there are; others are dropped.
    pub(super) size: [usize; 2],
}

/// A transform of one dimension, from `D` pixels to points.
pub(super) trait ToPoints<const D: usize> {
    /// Transforms vectors of signals.
    fn transform<S: Simd>(&self, simd: S, pixels: [S::f32s; D]) -> [S::f32s; SIDE];
}

/// B': for inputs.
pub(super) struct Interpolate;

impl ToPoints<SIDE> for Interpolate {
    #[inline(always)]
    fn transform<S: Simd>(&self, simd: S, d: [S::f32s; SIDE]) -> [S::f32s; SIDE] {
        let times = |x, factor| simd.mul_f32s(x, simd.splat_f32s(factor));
        let plus = |sum, x, factor| simd.mul_add_f32s(x, simd.splat_f32s(factor), sum);
        // Points of opposite sign share their even and their odd terms.
        let pair = |even, odd| (simd.add_f32s(even, odd), simd.sub_f32s(even, odd));
        let zero = plus(simd.sub_f32s(d[0], d[6]), simd.sub_f32s(d[4], d[2]), 5.25);
        let infinity = plus(simd.sub_f32s(d[7], d[1]), simd.sub_f32s(d[3], d[5]), 5.25);
        let one = pair(
            plus(simd.add_f32s(d[2], d[6]), d[4], -4.25),
            plus(simd.add_f32s(d[1], d[5]), d[3], -4.25),
        );
        let two = pair(
            plus(plus(d[6], d[2], 0.25), d[4], -1.25),
            plus(plus(times(d[1], 0.5), d[3], -2.5), d[5], 2.0),
        );
        let half = pair(
            plus(plus(d[6], d[2], 4.0), d[4], -5.0),
            plus(plus(times(d[1], 2.0), d[3], -2.5), d[5], 0.5),
        );
        [zero, one.0, one.1, two.0, two.1, half.0, half.1, infinity]
    }
}

/// The values at the points of the polynomials whose coefficients the pixels are: G without
/// [`SCALES`], for weights, and A, for gradients of outputs.
pub(super) struct Evaluate;

impl<const D: usize> ToPoints<D> for Evaluate {
    #[inline(always)]
    fn transform<S: Simd>(&self, simd: S, pixels: [S::f32s; D]) -> [S::f32s; SIDE] {
        let at = |point: f32| {
            let square = simd.splat_f32s(point * point);
            let mut terms = [simd.splat_f32s(0.0); 2];
            for power in (0..D).rev() {
                let sum = &mut terms[power % 2];
                *sum = simd.mul_add_f32s(*sum, square, pixels[power]);
            }
            let odd = simd.mul_f32s(terms[1], simd.splat_f32s(point));
            (simd.add_f32s(terms[0], odd), simd.sub_f32s(terms[0], odd))
        };
        let (one, two, half) = (at(1.0), at(2.0), at(0.5));
        [
            pixels[0],
            one.0,
            one.1,
            two.0,
            two.1,
            half.0,
            half.1,
            pixels[D - 1],
        ]
    }
}

/// A', the transpose of [`Evaluate`]: from points to `D` outputs, or to the gradients of `D` weights.
#[inline(always)]
fn collect<S: Simd, const D: usize>(simd: S, points: [S::f32s; SIDE]) -> [S::f32s; D] {
    let pair = |i: usize| {
        [
            simd.add_f32s(points[i], points[i + 1]),
            simd.sub_f32s(points[i], points[i + 1]),
        ]
    };
    let (one, two, half) = (pair(1), pair(3), pair(5));
    let mut pixels = [simd.splat_f32s(0.0); D];
    let mut factor = 1.0_f32;
    for (power, pixel) in pixels.iter_mut().enumerate() {
        let sign = power % 2;
        let mut sum = simd.mul_add_f32s(two[sign], simd.splat_f32s(factor), one[sign]);
        sum = simd.mul_add_f32s(half[sign], simd.splat_f32s(factor.recip()), sum);
        if power == 0 {
            sum = simd.add_f32s(sum, points[0]);
        }
        if power == D - 1 {
            sum = simd.add_f32s(sum, points[SIDE - 1]);
        }
        *pixel = sum;
        factor *= 2.0;
    }
    pixels
}

/// Transforms `D`x`D` pixels into points.
pub(super) struct Lift<'a, T, const D: usize> {
    pub(super) transform: T,
    pub(super) pixels: Pixels<'a>,
    /// A multiple of 16.
    pub(super) channels: usize,
    pub(super) points: &'a mut [f32],
    pub(super) place: Place,
}

impl<T: ToPoints<D>, const D: usize> WithSimd for Lift<'_, T, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Place { plane, at } = self.place;
        let lanes = S::F32_LANES;
        for channel in (0..self.channels).step_by(lanes) {
            let mut rows = [[simd.splat_f32s(0.0); D]; SIDE];
            for x in 0..D {
                let column = std::array::from_fn(|y| {
                    let from = y * self.pixels.row + x * self.pixels.pixel + channel;
                    load::<S>(&self.pixels.numbers[from..])
                });
                let column = self.transform.transform(simd, column);
                for y in 0..SIDE {
                    rows[y][x] = column[y];
                }
            }
            for y in 0..SIDE {
                let row = self.transform.transform(simd, rows[y]);
                for x in 0..SIDE {
                    let to = (y * SIDE + x) * plane + at + channel;
                    store::<S>(&mut self.points[to..], row[x]);
                }
            }
        }
    }
}

/// Transforms points, as [`Lift`] places them, into `D`x`D` pixels.
pub(super) struct Lower<'a, const D: usize> {
    pub(super) points: &'a [f32],
    pub(super) place: Place,
    pub(super) channels: usize,
    pub(super) pixels: PixelsMut<'a>,
}

impl<const D: usize> WithSimd for Lower<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Place { plane, at } = self.place;
        let lanes = S::F32_LANES;
        for channel in (0..self.channels).step_by(lanes) {
            let mut rows = [[simd.splat_f32s(0.0); SIDE]; D];
            for x in 0..SIDE {
                let column = std::array::from_fn(|y| {
                    let from = (y * SIDE + x) * plane + at + channel;
                    load::<S>(&self.points[from..])
                });
                let column: [S::f32s; D] = collect(simd, column);
                for y in 0..D {
                    rows[y][x] = column[y];
                }
            }
            let count = lanes.min(self.channels - channel);
            let [height, width] = self.pixels.size;
            for y in 0..D.min(height) {
                let row: [S::f32s; D] = collect(simd, rows[y]);
                for x in 0..D.min(width) {
                    let to = y * self.pixels.row + x * self.pixels.pixel + channel;
                    let to = &mut self.pixels.numbers[to..];
                    if count == lanes {
                        store::<S>(to, row[x]);
                    } else {
                        simd.partial_store_f32s(&mut to[..count], row[x]);
                    }
                }
            }
        }
    }
}

/// The first vector of `numbers`. pulp's own `partial_load` is a call for each vector.
#[inline(always)]
fn load<S: Simd>(numbers: &[f32]) -> S::f32s {
    S::as_simd_f32s(&numbers[..S::F32_LANES]).0[0]
}

/// Writes the first vector of `numbers`.
#[inline(always)]
fn store<S: Simd>(numbers: &mut [f32], vector: S::f32s) {
    S::as_mut_simd_f32s(&mut numbers[..S::F32_LANES]).0[0] = vector;
}

/// Multiplies planes of points by [`SCALES`].
pub(super) fn scale(points: &mut [f32], plane: usize) {
    for (point, numbers) in points.chunks_exact_mut(plane).enumerate() {
        let factor = SCALES[point / SIDE] * SCALES[point % SIDE];
        numbers.iter_mut().for_each(|number| *number *= factor);
    }
}

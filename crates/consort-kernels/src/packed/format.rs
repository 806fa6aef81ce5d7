//! How weights are packed into words of 32 bits and unpacked in vectors.

use pulp::Simd;

use super::ROWS;

/// Weights of [`ROWS`] rows in some words.
pub(super) trait Format {
    /// Words of [`ROWS`] weights.
    const WORDS: usize;

    /// What a weight of 0 is unpacked to in each row.
    const ZEROS: [f32; ROWS] = [0.0; ROWS];

    /// Packs weights of a column whose largest is `scale`; words that there are not stay 0.
    fn pack(weights: [f32; ROWS], scale: f32) -> [u32; ROWS];

    /// Unpacks the weights of a vector of columns, given each of their words.
    fn unpack<S: Simd>(simd: S, word: impl Fn(usize) -> S::u32s) -> [S::f32s; ROWS];

    /// Adds to `sum` what is meant by the sum of the products, given what it would be of zeros.
    #[inline(always)]
    fn finish<S: Simd>(
        simd: S,
        products: S::f32s,
        _zeros: S::f32s,
        _scale: S::f32s,
        sum: S::f32s,
    ) -> S::f32s {
        simd.add_f32s(products, sum)
    }
}

/// See [`super::Precision::F32`].
pub(super) struct Single;

impl Format for Single {
    const WORDS: usize = 4;

    fn pack(weights: [f32; ROWS], _: f32) -> [u32; ROWS] {
        weights.map(f32::to_bits)
    }

    #[inline(always)]
    fn unpack<S: Simd>(simd: S, word: impl Fn(usize) -> S::u32s) -> [S::f32s; ROWS] {
        [0, 1, 2, 3].map(|row| simd.transmute_f32s_u32s(word(row)))
    }
}

/// See [`super::Precision::BFloat16`]: the upper halves of two numbers in single precision. The one
/// above is used with the one below for its lower digits, which spares an instruction, and rounded so
/// that both together are nearest to what it should be.
pub(super) struct BFloat16;

impl Format for BFloat16 {
    const WORDS: usize = 2;

    fn pack([a, b, c, d]: [f32; ROWS], _: f32) -> [u32; ROWS] {
        let pair = |below, above| {
            let low = upper_half(below, 0);
            low | upper_half(above, low) << 16
        };
        [pair(a, b), pair(c, d), 0, 0]
    }

    #[inline(always)]
    fn unpack<S: Simd>(simd: S, word: impl Fn(usize) -> S::u32s) -> [S::f32s; ROWS] {
        let [low, high] = [word(0), word(1)];
        let below =
            |pair| simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(pair, simd.splat_u32s(16)));
        let above = |pair| simd.transmute_f32s_u32s(pair);
        [below(low), above(low), below(high), above(high)]
    }
}

/// The upper half of the number in single precision with this lower half that is nearest to `x`.
fn upper_half(x: f32, lower: u32) -> u32 {
    const NOTHING: u32 = 0x7fc0;
    if x.is_nan() {
        return NOTHING;
    }
    let sign = x.to_bits() >> 31 << 15;
    let size = x.abs().to_bits().saturating_sub(lower);
    let half = (size + 0x8000) >> 16;
    // Numbers below the smallest exponent would take many times as long to multiply with.
    sign | if lower == 0 { half } else { half.max(0x80) }
}

/// See [`super::Precision::Int8`]: the weights as whole numbers from 1 to 255 for -127 to 127.
///
/// A number b put below the exponent of 1 is 1 + b / 256; put eight bits lower and below the exponent
/// of 256 it is 256 + b / 256. So two weights are unpacked from a word where they lie, and two more once
/// the word is turned by half. The sums of the products are then too large by `ZEROS` times the sums
/// of the other factors, which costs digits: two rows have the other sign, so that for numbers of one
/// sign these parts take each other away.
pub(super) struct Int8;

impl Int8 {
    /// The largest of a column.
    const LARGEST: f32 = 127.0;
    /// Where the bits of each row begin, after 31 from 0 again.
    const PLACES: [u32; ROWS] = [15, 7, 31, 23];
}

impl Format for Int8 {
    const WORDS: usize = 1;
    const ZEROS: [f32; ROWS] = [1.5, 256.5, -1.5, -256.5];

    fn pack(weights: [f32; ROWS], scale: f32) -> [u32; ROWS] {
        let mut word = 0;
        let [a, b, c, d] = weights;
        for (weight, place) in [a, b, -c, -d].into_iter().zip(Self::PLACES) {
            // A column of zeros gives 0 / 0, and that 0.
            let number = (weight / scale * Self::LARGEST).round() as i8;
            word |= u32::from(number as u8 ^ 0x80).rotate_left(place);
        }
        [word, 0, 0, 0]
    }

    #[inline(always)]
    fn unpack<S: Simd>(simd: S, word: impl Fn(usize) -> S::u32s) -> [S::f32s; ROWS] {
        let word = word(0);
        let half = simd.splat_u32s(16);
        let turned = simd.or_u32s(
            simd.wrapping_dyn_shl_u32s(word, half),
            simd.wrapping_dyn_shr_u32s(word, half),
        );
        let number = |word, place: u32, exponent: f32| {
            let bits = simd.and_u32s(word, simd.splat_u32s(0xff << place));
            let exponent = simd.splat_u32s(exponent.to_bits());
            simd.transmute_f32s_u32s(simd.or_u32s(bits, exponent))
        };
        [
            number(word, 15, 1.0),
            number(word, 7, 256.0),
            number(turned, 15, -1.0),
            number(turned, 7, -256.0),
        ]
    }

    #[inline(always)]
    fn finish<S: Simd>(
        simd: S,
        products: S::f32s,
        zeros: S::f32s,
        scale: S::f32s,
        sum: S::f32s,
    ) -> S::f32s {
        let step = simd.mul_f32s(scale, simd.splat_f32s(256.0 / Self::LARGEST));
        simd.mul_add_f32s(simd.sub_f32s(products, zeros), step, sum)
    }
}

//! Functions of one number, written without calls and branches: a loop over them inside a dispatch
//! becomes code for whole vectors.

/// 1 / (1 + e^-x), within 3e-7 of the truth.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, within 3e-7 of the truth.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// e^x for |x| up to 87, beyond which it stays at its bounds; the relative error is below 3e-7 for
/// small x and grows to 1e-5.
///
/// x log2(e) is split into the nearest whole number, which goes into the exponent, and a rest
/// between -1/2 and 1/2, for which the Taylor series of e^(rest ln 2) to the sixth power is exact to
/// single precision.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 leaves no bits for the fraction: the sum holds the rounded number.
    const ROUND: f32 = 12_582_912.0;
    let scaled = x.clamp(-87.0, 87.0) * std::f32::consts::LOG2_E;
    let shifted = scaled + ROUND;
    let rest = (scaled - (shifted - ROUND)) * std::f32::consts::LN_2;
    let mut series = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * rest + factor;
    }
    let whole = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    series * f32::from_bits(whole.wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_exact_to_single_precision() {
        for step in -8700..=8700 {
            let x = step as f32 / 100.0;
            let truth = f64::from(x).exp();
            let error = (f64::from(exp(x)) - truth).abs() / truth;
            // The roundings of x log2(e) and of its rest grow with x.
            assert!(error < 3e-7 + 1.2e-7 * f64::from(x).abs(), "e^{x}: {error}");
        }
    }

    #[test]
    fn they_are_exact_to_single_precision() {
        for step in -12_000..=12_000 {
            let x = step as f32 / 100.0;
            let truth = f64::from(x);
            let off = |ours: f32, truth: f64| (f64::from(ours) - truth).abs();
            assert!(off(sigmoid(x), 1.0 / (1.0 + (-truth).exp())) < 3e-7, "{x}");
            assert!(off(tanh(x), truth.tanh()) < 3e-7, "{x}");
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        assert!(sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
        assert_eq!([sigmoid(f32::INFINITY), tanh(f32::INFINITY)], [1.0, 1.0]);
        assert!(sigmoid(f32::NEG_INFINITY) < 1e-37 && tanh(f32::NEG_INFINITY) == -1.0);
    }
}

//! Draws from logits.

use crate::seed::Stream;

/// Turns logits into log-probabilities in place. Logits of minus infinity stay impossible.
pub fn log_softmax(logits: &mut [f32]) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most == f32::NEG_INFINITY {
        return;
    }
    let sum: f32 = logits.iter().map(|&logit| (logit - most).exp()).sum();
    let log_sum = sum.ln();
    logits
        .iter_mut()
        .for_each(|logit| *logit = (*logit - most) - log_sum);
}

/// Draws an index with probability proportional to exp(`logits` / `temperature`); the first of the
/// largest at temperature 0. Nothing if every choice is impossible (minus infinity or NaN).
pub fn draw(logits: &[f32], temperature: f32, stream: &mut Stream) -> Option<usize> {
    let possible = |&(_, &logit): &(usize, &f32)| logit > f32::NEG_INFINITY;
    let (best, &most) = logits
        .iter()
        .enumerate()
        .filter(possible)
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    if temperature <= 0.0 {
        return Some(best);
    }
    let weight = |logit: f32| {
        if logit > f32::NEG_INFINITY {
            ((logit - most) / temperature).exp()
        } else {
            0.0
        }
    };
    let sum: f32 = logits.iter().map(|&logit| weight(logit)).sum();
    let mut left = stream.uniform() * sum;
    for (index, &logit) in logits.iter().enumerate() {
        left -= weight(logit);
        if left < 0.0 {
            return Some(index);
        }
    }
    // Rounding can leave a crumb; it belongs to the best choice.
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn draws_follow_the_probabilities() {
        let mut stream = Seed(1).stream("test", 0);
        let logits = [1.0_f32.ln(), 2.0_f32.ln(), f32::NEG_INFINITY, 5.0_f32.ln()];
        let mut counts = [0; 4];
        for _ in 0..8000 {
            counts[draw(&logits, 1.0, &mut stream).unwrap()] += 1;
        }
        assert_eq!(counts[2], 0);
        for (count, expected) in counts.into_iter().zip([1000_i32, 2000, 0, 5000]) {
            assert!((count - expected).abs() < 225, "{counts:?}");
        }
    }

    #[test]
    fn no_heat_takes_the_best_and_no_choice_is_none() {
        let mut stream = Seed(1).stream("test", 0);
        assert_eq!(draw(&[0.0, 3.0, 3.0], 0.0, &mut stream), Some(1));
        assert_eq!(draw(&[f32::NEG_INFINITY; 2], 1.0, &mut stream), None);
        assert_eq!(draw(&[f32::NAN], 1.0, &mut stream), None);
    }

    #[test]
    fn log_probabilities_sum_to_one() {
        let mut logits = [1000.0, 999.0, f32::NEG_INFINITY];
        log_softmax(&mut logits);
        let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert_eq!(logits[2], f32::NEG_INFINITY);
    }
}

//! What a drummer decides before playing, where a request leaves it open: how busy the groove is to be, and
//! where there are fills. It is drawn as the drummers of the training fold have it.

use consort_learn::Stream;

/// Strokes in a bar of 4/4, and by how much performances differ (mean and standard deviation of the training
/// fold's files of 16 bars or more, whose tenth and ninetieth of a hundred are 12.6 and 25.8).
const STROKES: (f32, f32) = (18.6, 5.1);

/// The fewest and the most strokes that are planned.
const STROKES_RANGE: (f32, f32) = (10.0, 30.0);

/// How often drummers play a fill in every fourth bar and in the others (the same files).
const FILLS: (f32, f32) = (0.30, 0.14);

/// Strokes in a quarter note.
pub(super) fn density(stream: &mut Stream) -> f64 {
    let (mean, deviation) = STROKES;
    let strokes = mean + deviation * stream.normal();
    f64::from(strokes.clamp(STROKES_RANGE.0, STROKES_RANGE.1)) / 4.0
}

/// Which of so many bars are fills: none of the first `given`, then those that are asked for, or some.
pub(super) fn fills(
    given: usize,
    bars: usize,
    every: Option<usize>,
    stream: &mut Stream,
) -> Vec<bool> {
    let is_fill = |bar: usize| match every {
        Some(0) => false,
        Some(every) => bar.is_multiple_of(every),
        None => {
            let (fourths, others) = FILLS;
            // A piece does not begin with a fill.
            stream.chance(if bar.is_multiple_of(4) {
                fourths
            } else {
                others
            }) && bar > 1
        }
    };
    let new = (1..=bars).map(is_fill);
    std::iter::repeat_n(false, given).chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_learn::Seed;

    #[test]
    fn fills_come_where_they_are_asked_for() {
        let mut stream = Seed(1).stream("test", 0);
        let asked = fills(2, 8, Some(4), &mut stream);
        let places: Vec<usize> = (0..asked.len()).filter(|&bar| asked[bar]).collect();
        assert_eq!((asked.len(), places), (10, vec![5, 9]));
        assert!(!fills(0, 64, Some(0), &mut stream).contains(&true));
        let drawn = fills(0, 4000, None, &mut stream);
        let share = |at: fn(usize) -> bool| {
            let bars: Vec<bool> = (0..4000).filter(|&b| at(b + 1)).map(|b| drawn[b]).collect();
            bars.iter().filter(|&&fill| fill).count() as f64 / bars.len() as f64
        };
        // Four standard deviations of so many draws.
        assert!((share(|bar| bar % 4 == 0) - 0.30).abs() < 0.06);
        assert!((share(|bar| bar % 4 != 0) - 0.14).abs() < 0.03);
    }
}

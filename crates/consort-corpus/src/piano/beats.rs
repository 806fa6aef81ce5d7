//! Where moments stand among beats.

use consort_music::Metre;

/// Beats of a performance or of a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Beats {
    /// When they fall, in seconds: strictly rising, two at least.
    pub seconds: Vec<f64>,
    /// For each whether a bar begins with it.
    pub downbeats: Vec<bool>,
    /// Metres, each from the beat with an index on, by these.
    pub metres: Vec<(usize, Metre)>,
    /// Whether they were guessed from the notes rather than annotated or played to.
    pub estimated: bool,
}

impl Beats {
    /// How many beats after the first a moment is, negative before it. Between two beats time goes on
    /// evenly; the first and the last interval go on beyond. Fewer than two beats tell nothing: 0.
    pub fn position(&self, seconds: f64) -> f64 {
        let after = self.seconds.partition_point(|&beat| beat <= seconds);
        self.interval(after).map_or(0.0, |(beat, from, to)| {
            beat + (seconds - from) / (to - from)
        })
    }

    /// When it is that many beats after the first: the inverse of [`position`](Beats::position).
    pub fn seconds_at(&self, position: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast goes to the nearest index there is"
        )]
        let after = (position.floor() + 1.0) as usize;
        self.interval(after).map_or(0.0, |(beat, from, to)| {
            from + (position - beat) * (to - from)
        })
    }

    /// The metre in force at the beat with an index, if one is known.
    pub fn metre_at(&self, beat: usize) -> Option<Metre> {
        let after = self.metres.partition_point(|&(from, _)| from <= beat);
        Some(self.metres.get(after.checked_sub(1)?)?.1)
    }

    /// The index of a beat, and when it and the next one are: the interval before the beat `after`,
    /// or the outer one that goes on to there.
    fn interval(&self, after: usize) -> Option<(f64, f64, f64)> {
        let index = after.clamp(1, self.seconds.len().max(2) - 1) - 1;
        let pair = self.seconds.get(index..index + 2)?;
        #[expect(clippy::cast_precision_loss, reason = "nobody plays 2^53 beats")]
        Some((index as f64, pair[0], pair[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats(seconds: &[f64]) -> Beats {
        Beats {
            seconds: seconds.to_vec(),
            downbeats: vec![false; seconds.len()],
            metres: vec![(0, Metre::COMMON), (2, Metre::new(3, 4).unwrap())],
            estimated: false,
        }
    }

    #[test]
    fn moments_lie_between_beats_and_beyond_them() {
        let beats = beats(&[1.0, 2.0, 4.0]);
        for (seconds, position) in [
            (1.0, 0.0),
            (1.5, 0.5),
            (2.0, 1.0),
            (3.0, 1.5),
            (4.0, 2.0),
            (0.0, -1.0),
            (5.0, 2.5),
        ] {
            assert_eq!(beats.position(seconds), position, "{seconds} s");
            assert_eq!(beats.seconds_at(position), seconds, "{position} beats");
        }
    }

    #[test]
    fn too_few_beats_tell_nothing() {
        for seconds in [&[][..], &[3.0]] {
            let beats = beats(seconds);
            assert_eq!((beats.position(7.0), beats.seconds_at(7.0)), (0.0, 0.0));
        }
    }

    #[test]
    fn a_metre_holds_until_the_next() {
        let mut beats = beats(&[1.0, 2.0, 4.0]);
        let texts = |beats: &Beats| {
            let metres = (0..4).map(|beat| beats.metre_at(beat));
            metres
                .map(|metre| metre.map(|metre| metre.to_string()))
                .collect::<Vec<_>>()
        };
        let told = texts(&beats);
        assert_eq!(told[1].as_deref(), Some("4/4"));
        assert_eq!(told[2].as_deref(), Some("3/4"));
        assert_eq!(told[3].as_deref(), Some("3/4"));
        beats.metres.remove(0);
        assert_eq!(texts(&beats)[1], None);
    }
}

//! What tunes are made of: how often each degree, length and interval comes.

use std::collections::BTreeMap;

use consort_music::{Key, Score};

/// How often each of several kinds came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(BTreeMap<i64, u64>);

impl Counts {
    fn add(&mut self, kind: i64) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// All of them.
    fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How far two distributions are apart, in bits from 0 to 1: the divergence of Jensen and Shannon
    /// (J. Lin, *Divergence Measures Based on the Shannon Entropy*, 1991).
    pub(super) fn divergence(&self, other: &Counts) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
        let share = |counts: &Counts, kind: &i64| {
            counts.0.get(kind).copied().unwrap_or(0) as f64 / counts.total().max(1) as f64
        };
        let kinds: std::collections::BTreeSet<&i64> = self.0.keys().chain(other.0.keys()).collect();
        let half = |own: f64, mean: f64| {
            if own > 0.0 {
                own * (own / mean).log2() / 2.0
            } else {
                0.0
            }
        };
        kinds
            .into_iter()
            .map(|kind| {
                let (p, q) = (share(self, kind), share(other, kind));
                half(p, f64::midpoint(p, q)) + half(q, f64::midpoint(p, q))
            })
            .sum()
    }
}

/// What some tunes are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    /// Notes by semitones above the tonic, 0 to 11.
    pub(super) degrees: Counts,
    /// Notes by length, in 96ths of a quarter note.
    pub(super) lengths: Counts,
    /// Steps from note to note in semitones, larger ones than an octave with the octave.
    pub(super) intervals: Counts,
    /// Notes of the key's scale.
    pub(super) in_scale: u64,
    /// Tunes, and those that end on the tonic.
    pub(super) tunes: [u64; 2],
}

impl Profile {
    /// Adds a tune.
    pub(super) fn add(&mut self, score: &Score) {
        let key = score
            .keys
            .first()
            .map_or_else(Key::default, |change| change.key);
        let tonic = i64::from(key.tonic_class());
        let quarter = score.resolution.quarter().0;
        let end = score
            .parts
            .iter()
            .filter_map(|part| part.notes.last())
            .next();
        let ends_home = end.is_some_and(|note| (i64::from(note.pitch.midi()) - tonic) % 12 == 0);
        self.tunes[0] += 1;
        self.tunes[1] += u64::from(ends_home);
        for part in &score.parts {
            let mut last: Option<i64> = None;
            for note in part.notes.iter().filter(|note| note.grace.is_none()) {
                let pitch = i64::from(note.pitch.midi());
                let degree = (pitch - tonic).rem_euclid(12);
                self.degrees.add(degree);
                self.lengths.add(note.duration.0 * 96 / quarter);
                if let Some(last) = last {
                    self.intervals.add((pitch - last).clamp(-12, 12));
                }
                last = Some(pitch);
                self.in_scale +=
                    u64::from(SCALE.contains(&(pitch - 7 * i64::from(key.fifths)).rem_euclid(12)));
            }
        }
    }

    /// The share of tunes that end on the tonic.
    pub(super) fn share_home(&self) -> f64 {
        let [tunes, home] = self.tunes;
        #[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
        let share = home as f64 / tunes.max(1) as f64;
        share
    }

    /// The share of notes of the key's scale, of all.
    pub(super) fn share_in_scale(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
        let share = self.in_scale as f64 / self.degrees.total().max(1) as f64;
        share
    }
}

/// The notes of a signature without sharps and flats, as semitones above C.
const SCALE: [i64; 7] = [0, 2, 4, 5, 7, 9, 11];

#[cfg(test)]
mod tests {
    use consort_music::abc;

    use super::*;

    fn profile(tune: &str) -> Profile {
        let mut profile = Profile::default();
        abc::read(tune.as_bytes())
            .unwrap()
            .value
            .iter()
            .for_each(|score| profile.add(score));
        profile
    }

    #[test]
    fn keys_do_not_matter_and_what_differs_does() {
        let in_d = profile("X:1\nL:1/8\nK:D\nd2ef g4|\n");
        let in_g = profile("X:1\nL:1/8\nK:G\ng2ab c'4|\n");
        assert_eq!(in_d, in_g);
        assert_eq!(in_d.share_in_scale(), 1.0);
        assert_eq!(
            (
                in_d.share_home(),
                profile("X:1\nL:1/8\nK:D\ng4d4|\n").share_home()
            ),
            (0.0, 1.0)
        );
        let other = profile("X:1\nL:1/8\nK:D\n^d4 ^g4|\n");
        assert_eq!(other.share_in_scale(), 0.0);
        assert_eq!(in_d.degrees.divergence(&in_g.degrees), 0.0);
        assert!(
            (in_d.degrees.divergence(&other.degrees) - 1.0).abs() < 1e-12,
            "nothing in common"
        );
        let half = profile("X:1\nL:1/8\nK:D\nd2ef ^g4|\n")
            .degrees
            .divergence(&in_d.degrees);
        assert!((half - 0.25).abs() < 1e-12, "{half}");
    }
}

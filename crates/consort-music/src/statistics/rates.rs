//! The table of rates.

use super::{ChoraleStatistics, Histogram, Quality, Treatment};

impl ChoraleStatistics {
    /// Every rate by name, with its unit in the name, always in this order. A rate is not a number
    /// (NaN) where there was nothing to count, so that "never" and "no occasion" stay apart.
    ///
    /// `%` of what, where the name does not say: crossings of steps, spacing and range as in
    /// [`Texture`](super::Texture), repeated notes and off-beat changes as in
    /// [`Repetition`](super::Repetition), chords of the beats with sound, kinds of non-chord tone
    /// of all of them, cadences of the fermatas.
    pub fn rates(&self) -> Vec<(&'static str, f64)> {
        let mut rates = self.voice_leading_rates();
        rates.extend(self.melodic_rates());
        rates.extend(self.harmonic_rates());
        rates.extend(self.dissonance_rates());
        rates.extend(self.cadence_rates());
        rates
    }

    fn voice_leading_rates(&self) -> Vec<(&'static str, f64)> {
        let counts = &self.voice_leading;
        let per_change = |count| per(100.0, count, counts.chord_changes);
        vec![
            (
                "parallel fifths per 100 chord changes",
                per_change(counts.parallel_fifths),
            ),
            (
                "parallel octaves per 100 chord changes",
                per_change(counts.parallel_octaves),
            ),
            (
                "fifths by contrary motion per 100 chord changes",
                per_change(counts.antiparallel_fifths),
            ),
            (
                "octaves by contrary motion per 100 chord changes",
                per_change(counts.antiparallel_octaves),
            ),
            (
                "hidden fifths per 100 chord changes",
                per_change(counts.hidden_fifths),
            ),
            (
                "hidden octaves per 100 chord changes",
                per_change(counts.hidden_octaves),
            ),
            (
                "overlaps per 100 chord changes",
                per_change(counts.overlaps),
            ),
            ("voice crossing %", self.texture.crossed.percent()),
            (
                "upper voices over an octave apart %",
                self.texture.wide_above.percent(),
            ),
            (
                "bass over two octaves below %",
                self.texture.wide_below.percent(),
            ),
            ("out of range %", self.texture.out_of_range.percent()),
        ]
    }

    fn melodic_rates(&self) -> Vec<(&'static str, f64)> {
        let counts = &self.intervals;
        let of_moves = |count| per(100.0, count, counts.moves);
        vec![
            ("repeated notes %", self.repetition.repeated.percent()),
            (
                "repeated notes below the first voice %",
                self.repetition_below.repeated.percent(),
            ),
            (
                "notes struck again % of notes",
                self.repetition.struck_again.percent(),
            ),
            ("off-beat changes %", self.repetition.off_beat.percent()),
            (
                "off-beat changes below the first voice %",
                self.repetition_below.off_beat.percent(),
            ),
            ("steps % of moves", of_moves(counts.steps)),
            ("thirds % of moves", of_moves(counts.thirds)),
            ("leaps % of moves", of_moves(counts.leaps)),
            ("tritones % of moves", of_moves(counts.tritones)),
            ("sevenths % of moves", of_moves(counts.sevenths)),
            (
                "leaps over an octave % of moves",
                of_moves(counts.beyond_octave),
            ),
        ]
    }

    fn harmonic_rates(&self) -> Vec<(&'static str, f64)> {
        let counts = &self.vocabulary;
        let of_beats = |count| per(100.0, count, counts.sounding());
        let mut rates = vec![
            (
                "chord changes per beat",
                per(1.0, counts.chord_changes, counts.beats()),
            ),
            ("entropy of scale degrees, bits", entropy(&self.degrees)),
            (
                "doubled leading tones % of dominants",
                self.doubled_leading_tones.percent(),
            ),
        ];
        for (quality, count) in Quality::ALL.into_iter().zip(counts.qualities.0) {
            let name = match quality {
                Quality::Major => "major triads %",
                Quality::Minor => "minor triads %",
                Quality::Diminished => "diminished triads %",
                Quality::Augmented => "augmented triads %",
                Quality::Dominant7 => "dominant sevenths %",
                Quality::Major7 => "major sevenths %",
                Quality::Minor7 => "minor sevenths %",
                Quality::HalfDiminished7 => "half-diminished sevenths %",
                Quality::Diminished7 => "diminished sevenths %",
            };
            rates.push((name, of_beats(count)));
        }
        rates.push(("chords without third %", of_beats(counts.open)));
        rates.push(("other sonorities %", of_beats(counts.other)));
        rates
    }

    fn dissonance_rates(&self) -> Vec<(&'static str, f64)> {
        let counts = &self.dissonances;
        let mut tones = counts.on_beat;
        tones += counts.off_beat;
        let of_tones = |count| per(100.0, count, tones.total());
        let mut rates = vec![
            ("non-chord tones % of cells", counts.foreign.percent()),
            (
                "non-chord tones on the beat %",
                of_tones(counts.on_beat.total()),
            ),
        ];
        for (treatment, count) in Treatment::ALL.into_iter().zip(tones.0) {
            let name = match treatment {
                Treatment::Passing => "passing tones %",
                Treatment::Neighbour => "neighbour tones %",
                Treatment::Suspension => "suspensions %",
                Treatment::Retardation => "retardations %",
                Treatment::Anticipation => "anticipations %",
                Treatment::Appoggiatura => "appoggiaturas %",
                Treatment::Escape => "escape tones %",
                Treatment::Pedal => "pedal tones %",
                Treatment::Unprepared => "unprepared dissonances %",
            };
            rates.push((name, of_tones(count)));
        }
        rates.push((
            "unprepared on the beat %",
            of_tones(counts.on_beat.0[Treatment::Unprepared as usize]),
        ));
        rates
    }

    fn cadence_rates(&self) -> Vec<(&'static str, f64)> {
        let counts = &self.cadences;
        let names = [
            "perfect authentic cadences %",
            "imperfect authentic cadences %",
            "half cadences %",
            "plagal cadences %",
            "deceptive cadences %",
            "other cadences %",
            "unreadable cadences %",
        ];
        let of_fermatas = |count| per(100.0, count, counts.kinds.total());
        let mut rates: Vec<_> = names
            .into_iter()
            .zip(counts.kinds.0.map(of_fermatas))
            .collect();
        rates.push((
            "unresolved leading tones in outer voices %",
            counts.unresolved_outside.percent(),
        ));
        rates.push((
            "unresolved leading tones in inner voices %",
            counts.unresolved_inside.percent(),
        ));
        rates
    }
}

/// `part` per `unit` of `whole`.
pub(super) fn per(unit: f64, part: u64, whole: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 cells are more than there is music"
    )]
    let ratio = part as f64 / whole as f64;
    unit * ratio
}

/// Shannon's entropy in bits; not a number where nothing was counted.
fn entropy<const N: usize>(counts: &Histogram<N>) -> f64 {
    let total = counts.total();
    if total == 0 {
        return f64::NAN;
    }
    counts
        .0
        .into_iter()
        .filter(|&count| count > 0)
        .map(|count| per(1.0, count, total))
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rate_has_its_own_name() {
        let rates = ChoraleStatistics::default().rates();
        let names: BTreeSet<_> = rates.iter().map(|&(name, _)| name).collect();
        assert_eq!(names.len(), rates.len());
        assert!(rates.iter().all(|(_, rate)| rate.is_nan()));
    }

    #[test]
    fn entropy_is_in_bits() {
        assert!((entropy(&Histogram([3, 3, 0, 3, 3])) - 2.0).abs() < 1e-12);
        assert_eq!(entropy(&Histogram([7, 0])), 0.0);
    }
}

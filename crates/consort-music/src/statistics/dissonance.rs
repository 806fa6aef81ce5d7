//! Non-chord tones and how they are treated.

use super::harmony::{Chord, Quality, candidates, class_bit};
use super::{Histogram, Share, additive};
use crate::grid::{Pulse, VoiceGrid};
use crate::pitch::Pitch;

/// How a voice comes to and leaves a tone that is foreign to the chord. A step is a semitone or
/// whole tone, a leap anything larger; to be held is to sound the same pitch, struck again or not.
///
/// Aldwell and Schachter, *Harmony and Voice Leading*, "Melodic Figuration" and "Rhythmic
/// Figuration"; Piston, *Harmony*, "Nonharmonic Tones".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// By step, and on by step in the same direction.
    Passing,
    /// By step, and back by step.
    Neighbour,
    /// Held from before, and down by step.
    Suspension,
    /// Held from before, and up by step.
    Retardation,
    /// By step or leap, and held until the chord takes it in.
    Anticipation,
    /// By leap, and on by step.
    Appoggiatura,
    /// By step, and on by leap.
    Escape,
    /// Held from before and held until a chord takes it in: a pedal point.
    Pedal,
    /// In any other way: held and left by leap, leapt to and from, after a rest, or before one.
    Unprepared,
}

impl Treatment {
    /// All of them.
    pub const ALL: [Treatment; 9] = [
        Treatment::Passing,
        Treatment::Neighbour,
        Treatment::Suspension,
        Treatment::Retardation,
        Treatment::Anticipation,
        Treatment::Appoggiatura,
        Treatment::Escape,
        Treatment::Pedal,
        Treatment::Unprepared,
    ];

    /// How `foreign` is treated between the pitches before and after it in its voice.
    pub fn of(before: Option<Pitch>, foreign: Pitch, after: Option<Pitch>) -> Treatment {
        let move_of = |from: Pitch, to: Pitch| i32::from(to.midi()) - i32::from(from.midi());
        let (Some(before), Some(after)) = (before, after) else {
            return Treatment::Unprepared;
        };
        let (to, on) = (move_of(before, foreign), move_of(foreign, after));
        match (to, on, to.signum() == on.signum()) {
            (0, 0, _) => Treatment::Pedal,
            (0, -2 | -1, _) => Treatment::Suspension,
            (0, 1 | 2, _) => Treatment::Retardation,
            (0, _, _) => Treatment::Unprepared,
            (_, 0, _) => Treatment::Anticipation,
            (-2..=2, -2..=2, true) => Treatment::Passing,
            (-2..=2, -2..=2, false) => Treatment::Neighbour,
            (-2..=2, _, _) => Treatment::Escape,
            (_, -2..=2, _) => Treatment::Appoggiatura,
            _ => Treatment::Unprepared,
        }
    }
}

/// Non-chord tones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dissonances {
    /// Sounding cells foreign to the chord of their beat, of those in beats that have one.
    pub foreign: Share,
    /// Non-chord tones that begin with a beat, by treatment in the order of [`Treatment::ALL`].
    pub on_beat: Histogram<9>,
    /// Non-chord tones that begin within a beat, likewise.
    pub off_beat: Histogram<9>,
    /// Beats of which no tone makes a chord with another.
    pub without_chord: u64,
}

additive!(Dissonances {
    foreign,
    on_beat,
    off_beat,
    without_chord,
});

/// Counts the non-chord tones of `grid`. Without `pulses` there are no beats, and so none.
///
/// The chord of a beat is the triad or seventh chord that leaves the fewest of its cells foreign.
/// Its root and its third or fifth must sound within the beat; a seventh chord, or an augmented
/// triad, must sound with all its tones but the perfect fifth as the beat begins, so that a passing
/// seventh stays a passing tone. Of chords that fit equally well a triad comes before a seventh
/// chord, and then the first root from the bass upwards, beginning with the bass itself.
///
/// A non-chord tone is a run of equal pitches of one voice, foreign all along; its
/// [`Treatment`] follows from the cells before and after the run.
///
/// Two limits follow: of two chords within one beat the weaker is read as non-chord tones, and an
/// ornament between a suspension and its resolution hides the resolution.
pub fn dissonances(grid: &VoiceGrid, pulses: &[Pulse]) -> Dissonances {
    let mut counts = Dissonances::default();
    let chords = chords_by_step(grid, pulses, &mut counts);
    for voice in 0..grid.voices() {
        let foreign = |step: usize| {
            let pitch = grid.pitch(step, voice)?;
            let chord = (*chords.get(step)?)?;
            Some((chord.classes() & class_bit(pitch.class()) == 0).then_some(pitch))
        };
        let mut step = 0;
        while step < grid.steps() {
            let begin = step;
            step += 1;
            let Some(verdict) = foreign(begin) else {
                continue;
            };
            counts.foreign.record(verdict.is_some());
            let Some(pitch) = verdict else {
                continue;
            };
            while step < grid.steps() && foreign(step) == Some(Some(pitch)) {
                counts.foreign.record(true);
                step += 1;
            }
            let before = begin
                .checked_sub(1)
                .and_then(|before| grid.pitch(before, voice));
            let after = (step < grid.steps())
                .then(|| grid.pitch(step, voice))
                .flatten();
            let treatment = Treatment::of(before, pitch, after) as usize;
            if pulses.get(begin).is_some_and(|pulse| pulse.is_beat()) {
                counts.on_beat.0[treatment] += 1;
            } else {
                counts.off_beat.0[treatment] += 1;
            }
        }
    }
    counts
}

/// The chord of the beat that each step belongs to; nothing before the first beat.
fn chords_by_step(
    grid: &VoiceGrid,
    pulses: &[Pulse],
    counts: &mut Dissonances,
) -> Vec<Option<Chord>> {
    let steps = grid.steps().min(pulses.len());
    let mut chords = vec![None; steps];
    let beats: Vec<usize> = (0..steps).filter(|&step| pulses[step].is_beat()).collect();
    let ends = beats.iter().skip(1).copied().chain([steps]);
    for (begin, end) in beats.iter().copied().zip(ends) {
        let sounds = (begin..end).any(|step| grid.frame(step).iter().any(|c| c.pitch().is_some()));
        let chord = chord_of_beat(grid, begin, end);
        counts.without_chord += u64::from(sounds && chord.is_none());
        chords[begin..end].fill(chord);
    }
    chords
}

/// The chord that fits the steps from `begin` to `end` best, as [`dissonances`] defines it.
fn chord_of_beat(grid: &VoiceGrid, begin: usize, end: usize) -> Option<Chord> {
    let mut cells = [0u64; 12];
    let (mut sounding, mut at_once) = (0, 0);
    let mut bass: Option<(usize, Pitch)> = None;
    for step in begin..end {
        for pitch in grid.frame(step).iter().filter_map(|cell| cell.pitch()) {
            cells[usize::from(pitch.class())] += 1;
            sounding |= class_bit(pitch.class());
            if step == begin {
                at_once |= class_bit(pitch.class());
            }
            bass = match bass {
                Some((first, lowest)) if first < step || lowest <= pitch => bass,
                _ => Some((step, pitch)),
            };
        }
    }
    let (_, bass) = bass?;
    let mut best: Option<(u64, Chord)> = None;
    for chord in candidates(bass.class()).filter(|&chord| may_be(chord, sounding, at_once)) {
        let classes = chord.classes();
        let covered = (0u8..)
            .zip(cells)
            .filter(|&(class, _)| classes & class_bit(class) != 0)
            .map(|(_, count)| count)
            .sum();
        if best.is_none_or(|(most, _)| covered > most) {
            best = Some((covered, chord));
        }
    }
    best.map(|(_, chord)| chord)
}

/// Whether enough of `chord` is among the pitch classes `sounding` in a beat, and `at_once` as it
/// begins.
fn may_be(chord: Chord, sounding: u16, at_once: u16) -> bool {
    let tone = |interval: u8| class_bit(chord.root + interval);
    let intervals = chord.quality.intervals();
    let thirds_and_fifths = tone(intervals[0]) | tone(intervals[1]);
    let plain = matches!(
        chord.quality,
        Quality::Major | Quality::Minor | Quality::Diminished
    );
    let required = match intervals[1] {
        7 => chord.classes() & !tone(7),
        _ => chord.classes(),
    };
    sounding & tone(0) != 0
        && sounding & thirds_and_fifths != 0
        && (plain || required & !at_once == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::quarter_pulses;
    use crate::statistics::testing::{grid, pitch};

    fn treatment(before: i64, foreign: i64, after: i64) -> Treatment {
        let sung = |midi: i64| Pitch::try_from(midi).ok();
        Treatment::of(sung(before), sung(foreign).unwrap(), sung(after))
    }

    #[test]
    fn treatments_follow_from_the_moves() {
        assert_eq!(treatment(64, 62, 60), Treatment::Passing);
        assert_eq!(treatment(64, 65, 66), Treatment::Passing);
        assert_eq!(treatment(64, 65, 64), Treatment::Neighbour);
        assert_eq!(treatment(64, 62, 63), Treatment::Neighbour);
        assert_eq!(treatment(60, 60, 59), Treatment::Suspension);
        assert_eq!(treatment(60, 60, 62), Treatment::Retardation);
        assert_eq!(treatment(62, 60, 60), Treatment::Anticipation);
        assert_eq!(treatment(67, 60, 60), Treatment::Anticipation);
        assert_eq!(treatment(60, 65, 64), Treatment::Appoggiatura);
        assert_eq!(treatment(64, 65, 60), Treatment::Escape);
        assert_eq!(treatment(60, 60, 60), Treatment::Pedal);
        assert_eq!(treatment(60, 60, 64), Treatment::Unprepared);
        assert_eq!(treatment(60, 65, 60), Treatment::Unprepared);
        assert_eq!(treatment(-1, 65, 64), Treatment::Unprepared);
        assert_eq!(treatment(65, 65, -1), Treatment::Unprepared);
    }

    /// Eighths, two in a beat; the only non-chord tone of `rows`, and whether it begins on a beat.
    fn only_chordsne(rows: &[[i64; 4]]) -> (Treatment, bool) {
        let counts = dissonances(&grid(rows), &quarter_pulses(rows.len(), 2));
        assert_eq!(
            counts.on_beat.total() + counts.off_beat.total(),
            1,
            "{counts:?}"
        );
        let named = |counts: &Histogram<9>| {
            (Treatment::ALL.into_iter()).find(|&treatment| counts.0[treatment as usize] > 0)
        };
        match named(&counts.on_beat) {
            Some(treatment) => (treatment, true),
            None => (named(&counts.off_beat).unwrap(), false),
        }
    }

    #[test]
    fn a_passing_tone_lies_between_beats() {
        let rows = [
            [72, 67, 64, 48],
            [72, 67, 64, 50],
            [72, 67, 60, 52],
            [72, 67, 60, 52],
        ];
        assert_eq!(only_chordsne(&rows), (Treatment::Passing, false));
    }

    #[test]
    fn a_passing_seventh_makes_no_seventh_chord() {
        let rows = [
            [71, 67, 62, 43],
            [71, 65, 62, 43],
            [72, 64, 60, 48],
            [72, 64, 60, 48],
        ];
        assert_eq!(only_chordsne(&rows), (Treatment::Passing, false));
        let struck = [
            [71, 65, 62, 43],
            [71, 65, 62, 43],
            [72, 64, 60, 48],
            [72, 64, 60, 48],
        ];
        let counts = dissonances(&grid(&struck), &quarter_pulses(4, 2));
        assert_eq!(counts.foreign, Share { part: 0, whole: 16 });
    }

    #[test]
    fn suspensions_of_an_eighth_and_of_a_quarter() {
        let eighth = [
            [72, 67, 64, 48],
            [72, 67, 64, 48],
            [72, 67, 62, 43],
            [71, 67, 62, 43],
        ];
        assert_eq!(only_chordsne(&eighth), (Treatment::Suspension, true));
        let quarter = [
            [72, 67, 64, 48],
            [72, 67, 64, 48],
            [72, 67, 62, 43],
            [72, 67, 62, 43],
            [71, 67, 62, 43],
            [71, 67, 62, 43],
        ];
        assert_eq!(only_chordsne(&quarter), (Treatment::Suspension, true));
    }

    #[test]
    fn a_leap_to_and_from_a_dissonance_is_unprepared() {
        let rows = [
            [72, 67, 64, 48],
            [72, 67, 64, 48],
            [72, 67, 64, 54],
            [72, 67, 64, 48],
        ];
        assert_eq!(only_chordsne(&rows), (Treatment::Unprepared, true));
    }

    #[test]
    fn what_is_no_chord_is_not_judged() {
        let counts = dissonances(
            &grid(&[[62, 60], [62, 60], [-1, -1]]),
            &quarter_pulses(3, 1),
        );
        assert_eq!(counts.without_chord, 2);
        assert_eq!(counts.foreign, Share::default());
        let unmeasured = dissonances(&grid(&[[62, 60]]), &[]);
        assert_eq!(unmeasured, Dissonances::default());
        assert!(Chord::of([pitch(62), pitch(60)]).is_none());
    }
}

//! How phrases end: the cadence at each fermata, and the leading tones in it.

use std::ops::Range;

use super::harmony::{Chord, Quality};
use super::{Histogram, Share, additive};
use crate::grid::{Pulse, VoiceGrid};
use crate::pitch::{Key, Mode, Pitch};

/// The kind of a cadence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cadence {
    /// Dominant to tonic, both in root position, the soprano on the tonic.
    PerfectAuthentic,
    /// Dominant to tonic otherwise, or a diminished chord on the leading tone to the tonic.
    ImperfectAuthentic,
    /// To the dominant.
    Half,
    /// Subdominant to tonic.
    Plagal,
    /// Dominant to the sixth degree.
    Deceptive,
    /// Other chords.
    Other,
    /// The last chord, or every one before it, is none by [`Chord::of`].
    Unreadable,
}

impl Cadence {
    /// All kinds.
    pub const ALL: [Cadence; 7] = [
        Cadence::PerfectAuthentic,
        Cadence::ImperfectAuthentic,
        Cadence::Half,
        Cadence::Plagal,
        Cadence::Deceptive,
        Cadence::Other,
        Cadence::Unreadable,
    ];

    /// The cadence that `from` and `to` make in a piece in `key`.
    ///
    /// The first that applies (Aldwell and Schachter, *Harmony and Voice Leading*; Piston,
    /// *Harmony*, "Cadences"):
    ///
    /// 1. *Authentic*: `to` is a major or minor triad, and `from` is its dominant: a major triad or
    ///    dominant seventh a fifth above, or a diminished triad or seventh of either kind on the
    ///    semitone below. The local key is the one whose tonic is `to`, so this holds at every
    ///    modulation, and a tonicised dominant is authentic, not half.
    /// 2. *Deceptive*: `from` is the dominant of `key` or any dominant seventh, and `to` is a minor
    ///    triad a whole tone above it or a major triad a semitone above it.
    /// 3. *Half*: `to` is a major triad or dominant seventh, not on the tonic of `key`, and either
    ///    on the fifth degree of `key` or with a third foreign to the signature: the dominant of a
    ///    related minor key, or of the dominant.
    /// 4. *Plagal*: `to` is a major or minor triad, and `from` a major or minor triad a fourth
    ///    above it. Here too `to` is the local tonic.
    /// 5. *Other*.
    pub fn of(from: Voicing, to: Voicing, key: Key) -> Cadence {
        let rise = (to.chord.root + 12 - from.chord.root) % 12;
        let triad =
            |voicing: Voicing| matches!(voicing.chord.quality, Quality::Major | Quality::Minor);
        if is_dominant_of(from.chord, to.chord.root) && triad(to) {
            let perfect = rise == 5
                && from.in_root_position()
                && to.in_root_position()
                && to.top == to.chord.root;
            return if perfect {
                Cadence::PerfectAuthentic
            } else {
                Cadence::ImperfectAuthentic
            };
        }
        let tonic = key.tonic_class();
        let dominant = from.chord.quality == Quality::Dominant7
            || (from.chord.quality == Quality::Major && from.chord.root == (tonic + 7) % 12);
        let sixth = matches!(
            (rise, to.chord.quality),
            (2, Quality::Minor) | (1, Quality::Major)
        );
        if dominant && sixth {
            Cadence::Deceptive
        } else if is_half_close(to.chord, key) {
            Cadence::Half
        } else if triad(from) && triad(to) && rise == 7 {
            Cadence::Plagal
        } else {
            Cadence::Other
        }
    }
}

/// A chord and its outer voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voicing {
    /// The chord.
    pub chord: Chord,
    /// The pitch class of the lowest voice.
    pub bass: u8,
    /// The pitch class of the highest voice.
    pub top: u8,
}

impl Voicing {
    /// The chord that `sounding` makes, the highest voice first, if it is one: [`Chord::of`].
    pub fn of(sounding: impl IntoIterator<Item = Pitch> + Clone) -> Option<Voicing> {
        let chord = Chord::of(sounding.clone())?;
        let bass = sounding.clone().into_iter().min()?.class();
        let top = sounding.into_iter().next()?.class();
        Some(Voicing { chord, bass, top })
    }

    /// Whether the root is in the bass.
    pub fn in_root_position(self) -> bool {
        self.bass == self.chord.root
    }
}

/// Whether `chord` is V, V7 or a diminished chord on the seventh degree of the key of `tonic` (a
/// pitch class).
pub(super) fn is_dominant_of(chord: Chord, tonic: u8) -> bool {
    let above_tonic = (chord.root + 12 - tonic % 12) % 12;
    match chord.quality {
        Quality::Major | Quality::Dominant7 => above_tonic == 7,
        Quality::Diminished | Quality::HalfDiminished7 => above_tonic == 11,
        // Any of its tones may stand as the root.
        Quality::Diminished7 => above_tonic % 3 == 2,
        _ => false,
    }
}

fn is_half_close(chord: Chord, key: Key) -> bool {
    let tonic = key.tonic_class();
    let third = (chord.root + 4) % 12;
    // The signature is that of the major key `fifths` fifths above C.
    let signature = Key {
        mode: Mode::Major,
        ..key
    };
    let degree = (third + 12 - signature.tonic_class()) % 12;
    let foreign = !matches!(degree, 0 | 2 | 4 | 5 | 7 | 9 | 11);
    matches!(chord.quality, Quality::Major | Quality::Dominant7)
        && chord.root != tonic
        && (chord.root == (tonic + 7) % 12 || foreign)
}

/// Cadences, and leading tones within them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cadences {
    /// Phrase ends by cadence, in the order of [`Cadence::ALL`].
    pub kinds: Histogram<7>,
    /// Outer voices with a leading tone in the dominant of an authentic or deceptive cadence that
    /// do not sing the semitone above it at the last chord.
    pub unresolved_outside: Share,
    /// Inner voices likewise. Bach lets these fall to the fifth of the chord.
    pub unresolved_inside: Share,
}

additive!(Cadences {
    kinds,
    unresolved_outside,
    unresolved_inside,
});

/// Finds and classifies the cadence at each fermata, a run of steps with one. Without fermatas, or
/// without `pulses`, there are none.
///
/// The last chord is the first under the fermata that is one, so a suspension above it may resolve
/// first. The chord before it is looked for backwards through two beats, at most to the fermata
/// before: a dominant of the last chord within the nearest beat, so that an anticipation or a
/// passing sonority between does not undo the cadence, or else the nearest chord with another root.
/// [`Cadence::of`] says what they make; where the root never changes it is [`Cadence::Other`].
pub fn cadences(grid: &VoiceGrid, pulses: &[Pulse], key: Key) -> Cadences {
    let mut counts = Cadences::default();
    let mut floor = 0;
    for fermata in fermatas(&pulses[..pulses.len().min(grid.steps())]) {
        let end = fermata.end;
        let cadence = match arrival(grid, pulses, floor, fermata) {
            Arrival::Unreadable => Cadence::Unreadable,
            Arrival::Prolonged => Cadence::Other,
            Arrival::Chords { from, to } => {
                let cadence = Cadence::of(from.voicing, to.voicing, key);
                count_leading_tones(grid, cadence, from, to, &mut counts);
                cadence
            }
        };
        counts.kinds.0[cadence as usize] += 1;
        floor = end;
    }
    counts
}

/// A chord at a step.
#[derive(Clone, Copy)]
struct Placed {
    step: usize,
    voicing: Voicing,
}

enum Arrival {
    Chords {
        from: Placed,
        to: Placed,
    },
    /// No other root before the last chord.
    Prolonged,
    Unreadable,
}

fn placed(grid: &VoiceGrid, step: usize) -> Option<Placed> {
    let frame = grid.frame(step);
    let voicing = Voicing::of(frame.iter().filter_map(|cell| cell.pitch()))?;
    Some(Placed { step, voicing })
}

/// The runs of steps under a fermata.
fn fermatas(pulses: &[Pulse]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (step, _) in pulses.iter().enumerate().filter(|(_, pulse)| pulse.fermata) {
        match runs.last_mut() {
            Some(run) if run.end == step => run.end = step + 1,
            _ => runs.push(step..step + 1),
        }
    }
    runs
}

fn arrival(grid: &VoiceGrid, pulses: &[Pulse], floor: usize, mut fermata: Range<usize>) -> Arrival {
    let Some(to) = fermata.find_map(|step| placed(grid, step)) else {
        return Arrival::Unreadable;
    };
    let root = to.voicing.chord.root;
    let (mut nearest, mut beats, mut read) = (None, 0, false);
    for step in (floor..to.step).rev() {
        if let Some(from) = placed(grid, step) {
            read = true;
            if beats == 0 && is_dominant_of(from.voicing.chord, root) {
                return Arrival::Chords { from, to };
            }
            if nearest.is_none() && from.voicing.chord.root != root {
                nearest = Some(from);
            }
        }
        beats += usize::from(pulses[step].is_beat());
        if beats == 2 {
            break;
        }
    }
    match nearest {
        Some(from) => Arrival::Chords { from, to },
        None if read => Arrival::Prolonged,
        None => Arrival::Unreadable,
    }
}

fn count_leading_tones(
    grid: &VoiceGrid,
    cadence: Cadence,
    from: Placed,
    to: Placed,
    counts: &mut Cadences,
) {
    let leading = match cadence {
        Cadence::PerfectAuthentic | Cadence::ImperfectAuthentic => to.voicing.chord.root + 11,
        Cadence::Deceptive => from.voicing.chord.root + 4,
        _ => return,
    };
    for voice in 0..grid.voices() {
        let Some(tone) = grid.pitch(from.step, voice) else {
            continue;
        };
        if tone.class() == leading % 12 {
            let unresolved = grid.pitch(to.step, voice) != tone.transposed(1);
            if voice == 0 || voice + 1 == grid.voices() {
                counts.unresolved_outside.record(unresolved);
            } else {
                counts.unresolved_inside.record(unresolved);
            }
        }
    }
}

/// Beats at which two voices or more sing the leading tone, of the beats at which a dominant of
/// `key` sounds: V, V7, or a diminished triad or seventh on the raised seventh degree, which is the
/// semitone below the tonic in every mode. (Aldwell and Schachter, "Procedures of Four-Part
/// Writing": never double the leading tone.)
///
/// The seventh degree of other chords (III, or I of the dominant) is not bound to lead and not
/// counted, so that in a modulation V, heard as a local tonic, is the one case judged too strictly.
pub fn doubled_leading_tones(grid: &VoiceGrid, pulses: &[Pulse], key: Key) -> Share {
    let tonic = key.tonic_class();
    let mut counts = Share::default();
    for (step, pulse) in pulses.iter().enumerate().take(grid.steps()) {
        if !pulse.is_beat() {
            continue;
        }
        let sounding = || grid.frame(step).iter().filter_map(|cell| cell.pitch());
        if Chord::of(sounding()).is_some_and(|chord| is_dominant_of(chord, tonic)) {
            let leading = sounding()
                .filter(|pitch| pitch.class() == (tonic + 11) % 12)
                .count();
            counts.record(leading > 1);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::quarter_pulses;
    use crate::statistics::testing::{grid, pitch};

    const C_MAJOR: Key = Key {
        fifths: 0,
        mode: Mode::Major,
    };
    const A_MINOR: Key = Key {
        fifths: 0,
        mode: Mode::Minor,
    };

    fn between(from: [u8; 4], to: [u8; 4], key: Key) -> Cadence {
        let voicing = |chord: [u8; 4]| Voicing::of(chord.map(pitch)).unwrap();
        Cadence::of(voicing(from), voicing(to), key)
    }

    const G: [u8; 4] = [71, 67, 62, 55];
    const C: [u8; 4] = [72, 67, 64, 48];

    #[test]
    fn authentic_cadences() {
        assert_eq!(between(G, C, C_MAJOR), Cadence::PerfectAuthentic);
        assert_eq!(
            between([74, 65, 59, 43], C, C_MAJOR),
            Cadence::PerfectAuthentic
        );
        let third_on_top = [76, 67, 60, 48];
        assert_eq!(
            between(G, third_on_top, C_MAJOR),
            Cadence::ImperfectAuthentic
        );
        let inverted = [67, 62, 55, 47];
        assert_eq!(between(inverted, C, C_MAJOR), Cadence::ImperfectAuthentic);
        let leading_tone_chord = [71, 65, 62, 50];
        assert_eq!(
            between(leading_tone_chord, C, C_MAJOR),
            Cadence::ImperfectAuthentic
        );
        assert_eq!(
            between([74, 69, 66, 50], G, C_MAJOR),
            Cadence::ImperfectAuthentic,
            "in the key of the dominant"
        );
        let picardy = [69, 64, 61, 45];
        assert_eq!(
            between([68, 64, 59, 52], picardy, A_MINOR),
            Cadence::PerfectAuthentic
        );
    }

    #[test]
    fn half_plagal_and_deceptive_cadences() {
        let (f, d_minor, a_minor) = ([69, 65, 60, 53], [69, 65, 62, 50], [69, 64, 60, 45]);
        assert_eq!(between(C, G, C_MAJOR), Cadence::Half);
        assert_eq!(between(d_minor, G, C_MAJOR), Cadence::Half);
        let e = [71, 68, 64, 52];
        assert_eq!(between(d_minor, e, A_MINOR), Cadence::Half);
        assert_eq!(
            between(a_minor, e, C_MAJOR),
            Cadence::Half,
            "in the relative minor"
        );
        assert_eq!(between(f, C, C_MAJOR), Cadence::Plagal);
        assert_eq!(between(d_minor, a_minor, A_MINOR), Cadence::Plagal);
        assert_eq!(between(G, a_minor, C_MAJOR), Cadence::Deceptive);
        assert_eq!(between(e, f, A_MINOR), Cadence::Deceptive);
        assert_eq!(between(d_minor, C, C_MAJOR), Cadence::Other);
        let minor_dominant = [70, 67, 62, 55];
        assert_eq!(between(minor_dominant, C, C_MAJOR), Cadence::Other);
    }

    fn with_fermatas(rows: &[[i64; 4]], steps: &[usize]) -> (VoiceGrid, Vec<Pulse>) {
        let mut pulses = quarter_pulses(rows.len(), 2);
        for &step in steps {
            pulses[step].fermata = true;
        }
        (grid(rows), pulses)
    }

    fn kinds(counts: &Cadences) -> Vec<Cadence> {
        let seen = |&kind: &Cadence| counts.kinds.0[kind as usize] > 0;
        Cadence::ALL.into_iter().filter(seen).collect()
    }

    #[test]
    fn an_anticipation_does_not_undo_a_cadence() {
        let rows = [
            [72, 69, 65, 53],
            [72, 69, 65, 53],
            [71, 67, 62, 55],
            [72, 67, 64, 55],
            [72, 67, 64, 48],
            [72, 67, 64, 48],
        ];
        let (grid, pulses) = with_fermatas(&rows, &[4, 5]);
        let counts = cadences(&grid, &pulses, C_MAJOR);
        assert_eq!(kinds(&counts), [Cadence::PerfectAuthentic]);
        assert_eq!(counts.unresolved_outside, Share { part: 0, whole: 1 });
    }

    #[test]
    fn the_leading_tone_may_fall_inside() {
        let rows = [[74, 71, 67, 43], [74, 71, 67, 43], [72, 67, 64, 48]];
        let (grid, pulses) = with_fermatas(&rows, &[2]);
        let counts = cadences(&grid, &pulses, C_MAJOR);
        assert_eq!(counts.unresolved_inside, Share { part: 1, whole: 1 });
        assert_eq!(counts.unresolved_outside, Share::default());
    }

    #[test]
    fn each_fermata_ends_a_phrase() {
        let (g, c) = ([71, 67, 62, 55], [72, 67, 64, 48]);
        let (grid, pulses) = with_fermatas(&[c, g, g, c, c, c], &[1, 3, 5]);
        let counts = cadences(&grid, &pulses, C_MAJOR);
        assert_eq!(counts.kinds.total(), 3);
        assert_eq!(
            kinds(&counts),
            [Cadence::PerfectAuthentic, Cadence::Half, Cadence::Other]
        );
    }

    #[test]
    fn a_fermata_over_nothing_is_unreadable() {
        let rest = [-1, -1, -1, -1];
        let (grid, pulses) = with_fermatas(&[rest, [72, 67, 64, 48], rest], &[1, 2]);
        assert_eq!(
            kinds(&cadences(&grid, &pulses, C_MAJOR)),
            [Cadence::Unreadable]
        );
        let (grid, pulses) = with_fermatas(&[[72, 71, 62, 48]; 2], &[1]);
        assert_eq!(
            kinds(&cadences(&grid, &pulses, C_MAJOR)),
            [Cadence::Unreadable]
        );
    }

    #[test]
    fn only_dominants_forbid_a_second_leading_tone() {
        let doubled = |rows: &[[i64; 4]], key| {
            doubled_leading_tones(&grid(rows), &quarter_pulses(rows.len(), 1), key)
        };
        let rows = [
            [71, 67, 62, 55],
            [71, 67, 59, 50],
            [71, 65, 59, 50],
            [71, 67, 59, 52],
            [71, 64, 59, 52],
        ];
        assert_eq!(doubled(&rows, C_MAJOR), Share { part: 2, whole: 3 });
        assert_eq!(
            doubled(&[[68, 64, 56, 52]], A_MINOR),
            Share { part: 1, whole: 1 }
        );
    }
}

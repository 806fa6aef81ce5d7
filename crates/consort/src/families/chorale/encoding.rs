//! Chorales as numbers: which notes are known, and what a network is told about each moment.
//!
//! A [`Window`] is a stretch of four voices with holes. [`tokens`] turns it into indices for the
//! temporal network, [`planes`] into the eight piano rolls of the article. Neither knows a tensor.

use consort_music::statistics::key_of_classes;
use consort_music::{Cell, Key, Mode, Pitch, Pulse, Ticks, VoiceGrid};
use serde::{Deserialize, Serialize};

/// The version of everything in this file that weights depend on.
pub const ENCODING: &str = "chorale-window/1";

/// Soprano, alto, tenor, bass.
pub const VOICES: usize = 4;

/// The lowest pitch that networks with classes know; the bass of the benchmark goes down to it.
pub const LOWEST: u8 = 36;

/// The highest pitch that networks with classes know; the soprano of the benchmark goes up to it.
pub const HIGHEST: u8 = 81;

/// What a voice can do in a step: one of the 46 pitches, or nothing.
pub const CLASSES: usize = (HIGHEST - LOWEST) as usize + 2;

/// The class of silence.
pub const REST: u8 = (HIGHEST - LOWEST) + 1;

/// The class of a pitch, if it is within [`LOWEST`] to [`HIGHEST`].
pub fn class_of(pitch: Pitch) -> Option<u8> {
    (LOWEST..=HIGHEST)
        .contains(&pitch.midi())
        .then(|| pitch.midi() - LOWEST)
}

/// The pitch of a class, or nothing for [`REST`].
pub fn pitch_of(class: u8) -> Option<Pitch> {
    (class < REST).then(|| Pitch::try_from(class + LOWEST).expect("36 to 81 are pitches"))
}

/// What is known of how a note begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attack {
    /// Not known, or not asked.
    #[default]
    Unknown,
    /// The step goes on with the note before.
    Held,
    /// A note begins.
    Struck,
}

/// How long a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grid {
    /// A sixteenth.
    #[serde(rename = "16th")]
    Sixteenth,
    /// An eighth.
    #[serde(rename = "8th")]
    Eighth,
    /// A quarter.
    #[serde(rename = "quarter")]
    Quarter,
}

impl Grid {
    /// All of them, the finest first.
    pub const ALL: [Grid; 3] = [Grid::Sixteenth, Grid::Eighth, Grid::Quarter];

    /// Sixteenths in a step.
    pub fn sixteenths(self) -> usize {
        [1, 2, 4][self as usize]
    }

    /// The name in options and reports.
    pub fn name(self) -> &'static str {
        ["16th", "8th", "quarter"][self as usize]
    }
}

/// What is known of the moment itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Sixteenths since the beat began: 0 to 3, or up to 5 in compound metres.
    pub in_beat: u8,
    /// Beats since the measure began and beats in a measure, where the metre is known.
    pub in_measure: Option<(u8, u8)>,
    /// Whether a fermata stands here, where fermatas are known.
    pub fermata: Option<bool>,
}

impl Moment {
    /// The moment of a pulse whose quarter note has `quarter` ticks.
    pub fn of(pulse: Pulse, quarter: Ticks, knows_fermatas: bool) -> Moment {
        let small = |ticks: i64| u8::try_from(ticks.clamp(0, 255)).expect("clamped");
        let sixteenths = (pulse.in_measure % pulse.beat.max(Ticks(1))).0 * 4 / quarter.0.max(1);
        let beats = (pulse.measure > Ticks::ZERO && pulse.beat > Ticks::ZERO).then(|| {
            let beat = pulse.beat;
            (
                small(pulse.in_measure.div_floor(beat)),
                small(pulse.measure.div_floor(beat)),
            )
        });
        Moment {
            in_beat: small(sixteenths),
            in_measure: beats,
            fermata: knows_fermatas.then_some(pulse.fermata),
        }
    }
}

/// A stretch of four voices, some of it hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// How long a step is.
    pub grid: Grid,
    /// Classes, `[step][voice]`. Those of hidden cells are the truth in training and the present
    /// guess in sampling; no network sees them.
    pub classes: Vec<[u8; VOICES]>,
    /// How the cells begin, `[step][voice]`.
    pub attacks: Vec<[Attack; VOICES]>,
    /// Of which voices the network is told how known cells begin.
    pub tells_attacks: [bool; VOICES],
    /// Which cells the network sees, `[step][voice]`.
    pub known: Vec<[bool; VOICES]>,
    /// The moments, `[step]`.
    pub moments: Vec<Moment>,
    /// The tonal centre, if it is not to be guessed from what is known: see [`centre`].
    pub centre: Option<i8>,
}

impl Window {
    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.classes.len()
    }

    /// The whole of `grid`, all cells known. Pitches beyond the classes become silence.
    pub fn of(grid: &VoiceGrid, knows_onsets: bool, moments: Vec<Moment>, step: Grid) -> Window {
        let class = |cell: Cell| cell.pitch().and_then(class_of).unwrap_or(REST);
        let attack = |cell: Cell| match cell {
            Cell::Onset(_) if knows_onsets => Attack::Struck,
            Cell::Hold(_) if knows_onsets => Attack::Held,
            _ => Attack::Unknown,
        };
        let row = |at: usize| std::array::from_fn(|voice| class(grid.cell(at, voice)));
        let attacks = |at: usize| std::array::from_fn(|voice| attack(grid.cell(at, voice)));
        Window {
            grid: step,
            classes: (0..grid.steps()).map(row).collect(),
            attacks: (0..grid.steps()).map(attacks).collect(),
            tells_attacks: [knows_onsets; VOICES],
            known: vec![[true; VOICES]; grid.steps()],
            moments,
            centre: None,
        }
    }

    /// Every `grid.sixteenths()`-th step of a window of sixteenths: what is heard on the grid. A
    /// note that began between two steps counts as struck at the later.
    pub fn coarser(&self, grid: Grid) -> Window {
        let every = grid.sixteenths();
        let attack = |at: usize, voice: usize| {
            let since = (at + 1).saturating_sub(every)..=at;
            let attacks = since.map(|at| self.attacks[at][voice]);
            attacks.max().expect("the range holds the step itself")
        };
        let steps = (0..self.steps()).step_by(every);
        Window {
            grid,
            classes: steps.clone().map(|at| self.classes[at]).collect(),
            attacks: steps
                .clone()
                .map(|at| std::array::from_fn(|v| attack(at, v)))
                .collect(),
            tells_attacks: self.tells_attacks,
            known: steps.clone().map(|at| self.known[at]).collect(),
            moments: steps.map(|at| self.moments[at]).collect(),
            centre: self.centre,
        }
    }

    /// Steps `from` to `from + steps`.
    pub fn crop(&self, from: usize, steps: usize) -> Window {
        let range = from..from + steps;
        Window {
            grid: self.grid,
            classes: self.classes[range.clone()].to_vec(),
            attacks: self.attacks[range.clone()].to_vec(),
            tells_attacks: self.tells_attacks,
            known: self.known[range.clone()].to_vec(),
            moments: self.moments[range].to_vec(),
            centre: self.centre,
        }
    }

    /// How many semitones down and up it can move within the classes: (lowest, highest) shift.
    pub fn room(&self) -> (i8, i8) {
        let pitches = self
            .classes
            .iter()
            .flatten()
            .copied()
            .filter(|&class| class < REST);
        let lowest = pitches.clone().min().unwrap_or(0);
        let highest = pitches.max().unwrap_or(REST - 1);
        let signed = |class: u8| i8::try_from(class).expect("classes are few");
        (-signed(lowest), signed(REST - 1 - highest))
    }

    /// Everything `semitones` higher.
    ///
    /// # Panics
    /// If that leaves the [`room`](Window::room).
    pub fn transpose(&mut self, semitones: i8) {
        let (low, high) = self.room();
        assert!(
            (low..=high).contains(&semitones),
            "a shift of {semitones} in {low} to {high}"
        );
        let pitches = self
            .classes
            .iter_mut()
            .flatten()
            .filter(|class| **class < REST);
        pitches.for_each(|class| *class = class.saturating_add_signed(semitones));
    }

    /// Whether the network is told how a cell begins.
    pub fn tells_attack(&self, step: usize, voice: usize) -> bool {
        self.known[step][voice] && self.tells_attacks[voice]
    }

    /// How many cells are hidden.
    pub fn hidden(&self) -> usize {
        self.known.iter().flatten().filter(|&&known| !known).count()
    }
}

/// How many indices tell the temporal network about one step.
pub const FEATURES: usize = VOICES * PER_VOICE + 5;

/// Per voice: its state, its nearest known pitches and how far they are, how it begins.
const PER_VOICE: usize = 6;

/// Semitones by which the tonal centre of a window can lie above C: -5 to 6.
const CENTRES: usize = 12;

/// The classes as the temporal network sees them, moved down by the tonal centre, so that all keys
/// look like C major or A minor: 57 pitches and silence.
pub const DEGREES: usize = CLASSES - 1 + CENTRES - 1 + 1;

/// The degree of silence.
pub const SILENT_DEGREE: usize = DEGREES - 1;

/// The state of a voice: a degree, or hidden.
const STATES: usize = DEGREES + 1;

/// A pitch nearby: a degree, or none.
const NEIGHBOURS: usize = DEGREES + 1;

/// Distances 1, 2, 3, 4, 5-6, 7-10, 11-18 and more, or none.
const DISTANCES: usize = 9;

/// Unknown, held, struck.
const ATTACKS: usize = 3;

/// The rows of one voice.
const VOICE_ROWS: usize = STATES + 2 * NEIGHBOURS + 2 * DISTANCES + ATTACKS;

/// Sixteenths of a beat, at most a dotted half.
const BEAT_ROWS: usize = 12;

/// Beats of measures of up to eight beats, each with its own row, and unknown.
const MEASURE_ROWS: usize = 8 * 9 / 2 + 1;

/// Without, with, unknown.
const FERMATA_ROWS: usize = 3;

/// How many rows the table of the temporal network has.
pub const ROWS: usize =
    VOICES * VOICE_ROWS + BEAT_ROWS + MEASURE_ROWS + FERMATA_ROWS + Grid::ALL.len() + CENTRES;

/// How many semitones above C the tonal centre lies, -5 to 6: what the window says, or else the tonic
/// of the major key, or of the relative major, that fits best what is known; 0 if nothing is.
pub fn centre(window: &Window) -> i8 {
    if let Some(centre) = window.centre {
        return centre;
    }
    let mut counts = [0; 12];
    for (classes, known) in window.classes.iter().zip(&window.known) {
        for pitch in (0..VOICES)
            .filter(|&v| known[v])
            .filter_map(|v| pitch_of(classes[v]))
        {
            counts[usize::from(pitch.class())] += 1;
        }
    }
    centre_of(key_of_classes(&counts).unwrap_or_default())
}

/// The centre of a key: the tonic of the major key with its signature, -5 to 6 semitones above C.
pub fn centre_of(key: Key) -> i8 {
    let major = Key {
        mode: Mode::Major,
        ..key
    };
    let tonic = i8::try_from(major.tonic_class()).expect("0 to 11");
    if tonic > 6 { tonic - 12 } else { tonic }
}

/// The degree of a class in a window with such a centre.
pub fn degree_of(class: u8, centre: i8) -> usize {
    if class == REST {
        return SILENT_DEGREE;
    }
    // A centre of 6 puts the lowest class at degree 0.
    usize::from(class) + usize::try_from(6 - centre).expect("centres are -5 to 6")
}

/// What the temporal network is told: for each step [`FEATURES`] rows of its table, `[step][feature]`.
///
/// A hidden cell says nothing of itself, but each voice says which known pitches lie nearest before
/// and after, and how far, so that a network with few layers can bridge long holes. Pitches are told
/// as degrees, so that what is learnt in one key is known in all; how far they were moved is told
/// as well, since voices have their ranges in any key.
pub fn tokens(window: &Window) -> Vec<[u16; FEATURES]> {
    let steps = window.steps();
    let centre = centre(window);
    let mut tokens = vec![[0; FEATURES]; steps];
    for voice in 0..VOICES {
        let before = nearest(window, centre, voice, 0..steps);
        let after = nearest(window, centre, voice, (0..steps).rev());
        for (step, token) in tokens.iter_mut().enumerate() {
            let known = window.known[step][voice];
            let degree = degree_of(window.classes[step][voice], centre);
            let told = window.tells_attack(step, voice);
            let attack = if told {
                window.attacks[step][voice]
            } else {
                Attack::Unknown
            };
            let rows = [
                (if known { degree } else { DEGREES }, STATES),
                (before[step].0, NEIGHBOURS),
                (after[step].0, NEIGHBOURS),
                (before[step].1, DISTANCES),
                (after[step].1, DISTANCES),
                (attack as usize, ATTACKS),
            ];
            place(
                &mut token[voice * PER_VOICE..][..PER_VOICE],
                voice * VOICE_ROWS,
                &rows,
            );
        }
    }
    for (moment, token) in window.moments.iter().zip(&mut tokens) {
        let rows = [
            (usize::from(moment.in_beat).min(BEAT_ROWS - 1), BEAT_ROWS),
            (measure_row(moment.in_measure), MEASURE_ROWS),
            (moment.fermata.map_or(2, usize::from), FERMATA_ROWS),
            (window.grid as usize, Grid::ALL.len()),
            (usize::try_from(centre + 5).expect("-5 to 6"), CENTRES),
        ];
        place(&mut token[VOICES * PER_VOICE..], VOICES * VOICE_ROWS, &rows);
    }
    tokens
}

/// Writes each `(row, rows)` as an index behind the rows of those before it.
fn place(into: &mut [u16], mut start: usize, rows: &[(usize, usize)]) {
    for (index, &(row, count)) in into.iter_mut().zip(rows) {
        debug_assert!(row < count, "row {row} of {count}");
        *index = u16::try_from(start + row).expect("the table has under 2^16 rows");
        start += count;
    }
}

/// For each step the degree of the nearest known cell on one side and the bucket of its distance.
fn nearest(
    window: &Window,
    centre: i8,
    voice: usize,
    order: impl Iterator<Item = usize>,
) -> Vec<(usize, usize)> {
    let mut nearest = vec![(DEGREES, DISTANCES - 1); window.steps()];
    let mut last: Option<(usize, usize)> = None;
    for step in order {
        if let Some((at, degree)) = last {
            nearest[step] = (degree, bucket(at.abs_diff(step)));
        }
        if window.known[step][voice] {
            last = Some((step, degree_of(window.classes[step][voice], centre)));
        }
    }
    nearest
}

fn bucket(distance: usize) -> usize {
    match distance {
        0..=4 => distance.saturating_sub(1),
        5..=6 => 4,
        7..=10 => 5,
        11..=18 => 6,
        _ => 7,
    }
}

/// The row of a beat: measures of one beat first, then of two, and so on; unknown last.
fn measure_row(in_measure: Option<(u8, u8)>) -> usize {
    match in_measure {
        Some((beat, beats)) if (1..=8).contains(&beats) && beat < beats => {
            let beats = usize::from(beats);
            beats * (beats - 1) / 2 + usize::from(beat)
        }
        _ => MEASURE_ROWS - 1,
    }
}

/// How many pitches the article's piano rolls have.
pub const ARTICLE_PITCHES: usize = 128;

/// The article's input, `[plane, step, pitch]` in row-major order: a one-hot piano roll of each
/// voice, then for each voice a plane that is 1 in the steps that are known (Griswold 2019).
pub fn planes(window: &Window) -> Vec<f32> {
    let steps = window.steps();
    let mut planes = vec![0.0; 2 * VOICES * steps * ARTICLE_PITCHES];
    let row = |plane: usize, step: usize| (plane * steps + step) * ARTICLE_PITCHES;
    for step in 0..steps {
        for voice in (0..VOICES).filter(|&voice| window.known[step][voice]) {
            if let Some(pitch) = pitch_of(window.classes[step][voice]) {
                planes[row(voice, step) + usize::from(pitch.midi())] = 1.0;
            }
            planes[row(VOICES + voice, step)..][..ARTICLE_PITCHES].fill(1.0);
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window() -> impl Strategy<Value = Window> {
        let cell = (0..=REST, any::<bool>(), 0..3_u8);
        let row = prop::array::uniform4(cell);
        let tells = any::<[bool; VOICES]>();
        let moment = (
            0..6_u8,
            prop::option::of((0..4_u8, 1..5_u8)),
            any::<Option<bool>>(),
        );
        (prop::collection::vec((row, moment), 1..40), tells).prop_map(|(rows, tells_attacks)| {
            let attack = |n| [Attack::Unknown, Attack::Held, Attack::Struck][usize::from(n)];
            Window {
                grid: Grid::Sixteenth,
                classes: rows.iter().map(|(row, _)| row.map(|cell| cell.0)).collect(),
                attacks: rows
                    .iter()
                    .map(|(row, _)| row.map(|cell| attack(cell.2)))
                    .collect(),
                tells_attacks,
                centre: None,
                known: rows.iter().map(|(row, _)| row.map(|cell| cell.1)).collect(),
                moments: rows
                    .iter()
                    .map(|&(_, (in_beat, in_measure, fermata))| Moment {
                        in_beat,
                        in_measure,
                        fermata,
                    })
                    .collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn the_network_never_sees_what_is_hidden(window in window(), other in 0..=REST) {
            let mut changed = window.clone();
            for (classes, known) in changed.classes.iter_mut().zip(&changed.known) {
                for voice in (0..VOICES).filter(|&voice| !known[voice]) {
                    classes[voice] = other;
                }
            }
            prop_assert_eq!(tokens(&window), tokens(&changed));
            prop_assert_eq!(planes(&window), planes(&changed));
        }

        #[test]
        fn keys_look_alike(window in window(), by in 1..12_i8) {
            // Two octaves and a half, so that there is room to move by any interval.
            let mut window = window;
            let pitches = window.classes.iter_mut().flatten().filter(|class| **class < REST);
            pitches.for_each(|class| *class = 8 + *class * 2 / 3);
            let (low, high) = window.room();
            let by = if by <= high { by } else { by - 12 };
            prop_assert!((low..=high).contains(&by));
            let mut moved = window.clone();
            moved.transpose(by);
            // Two keys can fit equally well; then the choice between them may differ.
            prop_assume!((centre(&moved) - centre(&window) - by).rem_euclid(12) == 0);
            // The centre is within an octave, so the moved window can look an octave off.
            let octave = i16::from(by - (centre(&moved) - centre(&window)));
            let state = |token: &[u16; FEATURES], voice: usize| {
                i16::try_from(usize::from(token[voice * PER_VOICE]) - voice * VOICE_ROWS).expect("few")
            };
            for (a, b) in tokens(&window).iter().zip(&tokens(&moved)) {
                for voice in 0..VOICES {
                    let pitched = state(a, voice) < i16::try_from(SILENT_DEGREE).expect("few");
                    let expected = if pitched { octave } else { 0 };
                    prop_assert_eq!(state(b, voice) - state(a, voice), expected);
                }
            }
        }

        #[test]
        fn tokens_tell_all_that_is_known(window in window()) {
            let tokens = tokens(&window);
            for (step, token) in tokens.iter().enumerate() {
                prop_assert!(token.iter().all(|&row| usize::from(row) < ROWS));
                for voice in 0..VOICES {
                    let state = usize::from(token[voice * PER_VOICE]) - voice * VOICE_ROWS;
                    let known = window.known[step][voice];
                    let degree = degree_of(window.classes[step][voice], centre(&window));
                    prop_assert_eq!(state, if known { degree } else { DEGREES });
                }
            }
        }

        #[test]
        fn transposing_there_and_back_is_identity(window in window(), share in 0.0..1.0_f32) {
            let (low, high) = window.room();
            let by = low + (f32::from(high - low) * share) as i8;
            let mut moved = window.clone();
            moved.transpose(by);
            moved.transpose(-by);
            prop_assert_eq!(moved, window);
        }

        #[test]
        fn planes_hold_one_pitch_and_a_mask(window in window()) {
            let planes = planes(&window);
            let steps = window.steps();
            for step in 0..steps {
                for voice in 0..VOICES {
                    let row = |plane: usize| &planes[(plane * steps + step) * ARTICLE_PITCHES..][..ARTICLE_PITCHES];
                    let sounding = window.known[step][voice] && window.classes[step][voice] < REST;
                    prop_assert_eq!(row(voice).iter().sum::<f32>(), f32::from(u8::from(sounding)));
                    let known = f32::from(u8::from(window.known[step][voice]));
                    prop_assert!(row(VOICES + voice).iter().all(|&x| x == known));
                }
            }
        }
    }

    #[test]
    fn every_beat_of_every_measure_has_its_own_row() {
        let mut rows: Vec<usize> = (1..=8)
            .flat_map(|beats| (0..beats).map(move |beat| measure_row(Some((beat, beats)))))
            .collect();
        rows.push(measure_row(None));
        rows.sort_unstable();
        assert_eq!(rows, (0..MEASURE_ROWS).collect::<Vec<_>>());
    }

    #[test]
    fn a_coarser_window_hears_what_sounds_on_the_grid() {
        let c = Pitch::MIDDLE_C;
        let d = c.transposed(2).expect("in range");
        let mut grid = VoiceGrid::new(4, VOICES);
        for (step, cell) in [
            Cell::Onset(c),
            Cell::Onset(d),
            Cell::Onset(c),
            Cell::Hold(c),
        ]
        .into_iter()
        .enumerate()
        {
            grid.set(step, 0, cell);
        }
        let window = Window::of(&grid, true, vec![Moment::default(); 4], Grid::Sixteenth);
        let eighths = window.coarser(Grid::Eighth);
        let c = class_of(c).expect("in range");
        assert_eq!((eighths.classes[0][0], eighths.classes[1][0]), (c, c));
        assert_eq!(
            (eighths.attacks[0][0], eighths.attacks[1][0]),
            (Attack::Struck, Attack::Struck)
        );
    }
}

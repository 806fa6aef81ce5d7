//! How a performance is heard when it is learnt from: what is agreed upon, and what is changed in it.
//!
//! Whatever a request may leave open is left open in some of the sequences, so that the network can play
//! without it; what a request may ask for is told of the performance in the others.

use consort_learn::Stream;
use consort_music::Velocity;
use consort_music::grid::{Drum, DrumGrid, Hit};
use consort_music::statistics::groove::fills;

use crate::families::drums::config::Curriculum;
use crate::families::drums::encoding::{Conditions, DRUMS, Frame, Groove, drums_of};

/// How often each of these is not known.
const NO_STYLE: f32 = 0.25;
const NO_KIND: f32 = 0.3;
const NO_TEMPO: f32 = 0.15;
const NO_DENSITY: f32 = 0.6;
const NO_FILLS: f32 = 0.5;
const NO_LINE: f32 = 0.8;

/// A line that another instrument might play along: it begins notes with most strokes of the kick, and some
/// of its own.
const WITH_KICK: f32 = 0.8;
const OF_ITS_OWN: f32 = 0.08;

/// How many of its strokes a performance that is heard wrong misses, and as many as that it has too many.
/// A network that plays alone hears its own slips; one that has learnt only from faultless performances takes
/// each for a change of the groove, and wanders off.
const SLIPS: [f32; 3] = [0.02, 0.06, 0.12];

/// A performance as it is heard.
#[derive(Clone, Debug)]
pub(super) struct Rehearsal {
    /// Its steps, which are to be foretold.
    pub(super) frames: Vec<Frame>,
    /// The steps as they are heard, where that differs.
    misheard: Option<Vec<Frame>>,
    /// The step from which it is learnt; those before have been heard.
    pub(super) from: usize,
    /// What is agreed upon.
    pub(super) conditions: Conditions,
}

/// What is known of a performance before it begins: its style and its tempo.
pub fn conditions_of(groove: &Groove) -> Conditions {
    Conditions {
        style: groove.style,
        tempo: Some(groove.tempo),
        ..Conditions::default()
    }
}

impl Rehearsal {
    /// The performance as it is.
    pub(super) fn plain(groove: &Groove, from: usize) -> Rehearsal {
        Rehearsal {
            frames: groove.frames.clone(),
            misheard: None,
            from,
            conditions: conditions_of(groove),
        }
    }

    /// The steps as they are heard.
    pub(super) fn heard(&self) -> &[Frame] {
        self.misheard.as_ref().unwrap_or(&self.frames)
    }

    /// The performance with changes that are drawn.
    pub(super) fn draw(
        groove: &Groove,
        from: usize,
        curriculum: &Curriculum,
        stream: &mut Stream,
    ) -> Rehearsal {
        let mut frames = groove.frames.clone();
        silence(&mut frames, curriculum.silenced_share, stream);
        scale(&mut frames, curriculum.velocity_range, stream);
        // Where a piece begins anew, it does so with a bar.
        let bar = groove.bar();
        let fresh = from / bar * bar;
        let begin = if fresh > 0 && stream.chance(curriculum.fresh_share) {
            fresh
        } else {
            0
        };
        let mut conditions = conditions_of(groove);
        conditions.style = conditions.style.filter(|_| !stream.chance(NO_STYLE));
        if stream.chance(NO_KIND) {
            conditions.style = conditions.style.map(|style| style.without_kind());
        }
        conditions.tempo = conditions.tempo.filter(|_| !stream.chance(NO_TEMPO));
        let heard = &frames[begin..];
        if !stream.chance(NO_DENSITY) {
            conditions.density = Some(density(heard));
        }
        if !stream.chance(NO_FILLS) {
            let all = vec![true; heard.len().div_ceil(bar)];
            conditions.fills = Some(if groove.is_fill {
                all
            } else {
                fills(&grid_of(heard), bar)
            });
        }
        if !stream.chance(NO_LINE) {
            conditions.line = Some(line(heard, stream));
        }
        let frames = frames.split_off(begin);
        let misheard = stream
            .chance(curriculum.misheard_share)
            .then(|| misheard(&frames, SLIPS[stream.below(SLIPS.len())], stream));
        Rehearsal {
            frames,
            misheard,
            from: from - begin,
            conditions,
        }
    }
}

/// The performance with strokes missing and others added.
fn misheard(frames: &[Frame], share: f32, stream: &mut Stream) -> Vec<Frame> {
    let mut usual = [0; DRUMS];
    let mut strokes = Vec::new();
    for frame in frames {
        for (drum, hit) in frame.strokes.iter().enumerate() {
            usual[drum] += usize::from(hit.is_some());
            strokes.extend(*hit);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "strokes of a performance")]
    let added = usual.map(|count| share * count as f32 / frames.len().max(1) as f32);
    let mut frames = frames.to_vec();
    for frame in &mut frames {
        for (drum, added) in added.into_iter().enumerate() {
            if frame.strokes[drum].is_some() {
                if stream.chance(share) {
                    frame.strokes[drum] = None;
                    frame.seconds[drum] = None;
                }
            } else if stream.chance(added) {
                // Played as some other stroke is.
                frame.strokes[drum] = Some(strokes[stream.below(strokes.len())]);
            }
        }
    }
    frames
}

/// Strokes in a step on average.
#[expect(clippy::cast_precision_loss, reason = "strokes of a performance")]
fn density(frames: &[Frame]) -> f32 {
    let strokes: u32 = frames
        .iter()
        .map(|frame| frame.combination().count_ones())
        .sum();
    strokes as f32 / frames.len().max(1) as f32
}

/// The loudest strokes as a grid.
pub(in crate::families::drums) fn grid_of(frames: &[Frame]) -> DrumGrid {
    let mut grid = DrumGrid::new(frames.len());
    for (step, frame) in frames.iter().enumerate() {
        for (drum, hit) in Drum::ALL.into_iter().zip(frame.strokes) {
            grid.set(step, drum, hit);
        }
    }
    grid
}

/// Another instrument's line that this drumming would go with.
fn line(frames: &[Frame], stream: &mut Stream) -> Vec<bool> {
    let begins = |frame: &Frame| {
        let kick = frame.strokes[Drum::Kick as usize].is_some();
        stream.chance(if kick { WITH_KICK } else { OF_ITS_OWN })
    };
    frames.iter().map(begins).collect()
}

/// Leaves out some of the drums but the kick and the snare.
fn silence(frames: &mut [Frame], share: f32, stream: &mut Stream) {
    let spared = [Drum::Kick as usize, Drum::Snare as usize];
    let silent: Vec<bool> = (0..DRUMS)
        .map(|drum| share > 0.0 && stream.chance(share) && !spared.contains(&drum))
        .collect();
    if !silent.contains(&true) {
        return;
    }
    for frame in frames {
        for drum in drums_of(frame.combination()).filter(|&drum| silent[drum]) {
            frame.strokes[drum] = None;
            frame.seconds[drum] = None;
        }
    }
}

/// Plays louder or softer as a whole.
fn scale(frames: &mut [Frame], range: f32, stream: &mut Stream) {
    if range <= 0.0 {
        return;
    }
    let factor = (1.0 + range).powf(2.0 * stream.uniform() - 1.0);
    let scaled = |hit: Hit| {
        let velocity = (f32::from(hit.velocity.midi()) * factor).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to 127"
        )]
        let velocity = Velocity::try_from(velocity.clamp(1.0, 127.0) as u8);
        Hit {
            velocity: velocity.unwrap_or(hit.velocity),
            ..hit
        }
    };
    for frame in frames {
        frame.strokes = frame.strokes.map(|hit| hit.map(scaled));
        frame.seconds = frame.seconds.map(|hit| hit.map(scaled));
    }
}

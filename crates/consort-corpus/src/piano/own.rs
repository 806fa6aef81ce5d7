//! Reading files that the user has, and finding their beats.

use std::f64::consts::TAU;
use std::path::Path;

use consort_music::beats::{bar_phase, track};
use consort_music::score::Score;
use consort_music::{Metre, Ticks};

use super::{Beats, Corpus, Performance, PianoNote, UNKNOWN, midi};
use crate::files::{Kind, for_each_file};
use crate::fold::Fold;
use crate::folder::{CorpusError, Stamper};

/// The most bytes of MIDI files that [`folder`](super::folder) takes.
pub const FOLDER_MAX: u64 = 256_000_000;

/// What the corpus of a folder is called.
pub(super) const NAME: &str = "own files";

/// Why a file is left out whose notes were all struck alike.
pub(super) const FLAT: &str = "all its notes have the same velocity";

/// Why a file is left out that has too few notes.
pub(super) const NO_BEATS: &str = "it is too short to have beats";

/// The most beats for each note that are taken from a file's metres: more are a file that is empty
/// for hours.
const BEATS_PER_NOTE: usize = 64;

/// How strongly notes must cluster on the grid, from 0 (not at all) to 1 (all lie on it).
const CLUSTERED: f64 = 0.35;

const MIDI: Kind = Kind {
    name: "MIDI files",
    extensions: &["mid", "midi"],
    limit: FOLDER_MAX,
};

/// Every MIDI file at or below a folder that is played with dynamics.
pub(super) fn read_folder(path: &Path) -> Result<Corpus, CorpusError> {
    let (mut performances, mut stamper) = (Vec::new(), Stamper::new());
    let left_out = for_each_file(path, MIDI, |name, bytes| {
        performances.push(performance(name, bytes)?);
        stamper.add(name, bytes);
        Ok(())
    })?;
    if performances.is_empty() {
        return Err(CorpusError::Nothing {
            path: path.to_owned(),
            what: "performances with dynamics in MIDI files",
        });
    }
    let fold = Fold::of_own(performances.len());
    for (index, performance) in performances.iter_mut().enumerate() {
        performance.fold = fold(index);
    }
    Ok(Corpus {
        performances,
        scores: Vec::new(),
        left_out,
        stamp: stamper.stamp(NAME, UNKNOWN),
    })
}

/// The performance in a file; its fold follows from its place.
fn performance(name: &str, bytes: &[u8]) -> Result<Performance, String> {
    let score = midi::read(bytes)?;
    let played = midi::played(&score)?;
    if midi::is_flat(&played.notes) {
        return Err(FLAT.to_owned());
    }
    let beats = of_file(&score).or_else(|| estimate(&played.notes));
    let style = name.split_once('/').map_or(UNKNOWN, |(folder, _)| folder);
    Ok(Performance {
        id: name.to_owned(),
        composer: UNKNOWN.to_owned(),
        title: name.to_owned(),
        work: name.to_owned(),
        style: style.to_owned(),
        fold: Fold::Train,
        reserved: false,
        notes: played.notes,
        pedal: played.pedal,
        beats: beats.ok_or(NO_BEATS)?,
        score: None,
        matches_score: false,
    })
}

/// Beats as the notes suggest, in 4/4.
pub(super) fn estimate(notes: &[PianoNote]) -> Option<Beats> {
    let weights = |weight: fn(f64) -> f64| -> Vec<(f64, f64)> {
        let notes = notes.iter();
        let onsets = notes.map(|note| {
            let depth = weight(f64::from(note.pitch.midi()));
            (note.onset, depth * f64::from(note.velocity.midi()) / 127.0)
        });
        onsets.collect()
    };
    // Low notes tell of the beat; those below middle C tell of the bar, the lower the more.
    let seconds = track(&weights(|pitch| {
        1.0 + ((72.0 - pitch) / 24.0).clamp(0.0, 1.0)
    }))?;
    let metre = Metre::COMMON;
    let bar = usize::from(metre.beats);
    let bass = weights(|pitch| ((60.0 - pitch) / 12.0).max(0.0));
    let first = bar_phase(&seconds, &bass, bar);
    let downbeats = (0..seconds.len()).map(|beat| beat % bar == first);
    Some(Beats {
        downbeats: downbeats.collect(),
        metres: vec![(0, metre)],
        estimated: true,
        seconds,
    })
}

/// The beats that the metres and tempos of a file say, if its notes keep to them.
fn of_file(score: &Score) -> Option<Beats> {
    let parts = score
        .parts
        .iter()
        .filter(|part| !part.instrument.percussion);
    let onsets = parts.flat_map(|part| part.notes.iter().map(|note| note.onset));
    let onsets: Vec<Ticks> = onsets.collect();
    let most = onsets.len().saturating_mul(BEATS_PER_NOTE);
    let written = Written::of(score, *onsets.iter().max()?, most)?;
    written.are_kept_by(&onsets).then_some(())?;
    let clock = midi::Clock::of(score);
    let seconds = written.at.iter().map(|&at| clock.seconds_at(at));
    Some(Beats {
        seconds: seconds.collect(),
        downbeats: written.downbeats,
        metres: written.metres,
        estimated: false,
    })
}

/// Beats as a file has them.
struct Written {
    /// Two at least.
    at: Vec<Ticks>,
    downbeats: Vec<bool>,
    metres: Vec<(usize, Metre)>,
}

impl Written {
    /// The beats of a score up to the first after `end`, if they are between two and so many.
    fn of(score: &Score, end: Ticks, most: usize) -> Option<Written> {
        let mut beats = Written {
            at: Vec::new(),
            downbeats: Vec::new(),
            metres: Vec::new(),
        };
        for measure in score
            .measures
            .iter()
            .take_while(|measure| measure.start <= end)
        {
            let metre = measure.metre.unwrap_or(Metre::COMMON);
            if beats
                .metres
                .last()
                .is_none_or(|&(_, before)| before != metre)
            {
                beats.metres.push((beats.at.len(), metre));
            }
            let units = (i64::from(metre.units_per_beat()), i64::from(metre.unit));
            let beat = score.resolution.whole_notes(units.0, units.1)?;
            // The beats of a pickup are counted from its end.
            let is_pickup =
                beats.at.is_empty() && Some(measure.length) < metre.length(score.resolution);
            let lead = if is_pickup {
                measure.length.0 % beat.0
            } else {
                0
            };
            let mut at = measure.start + Ticks(lead);
            let mut is_downbeat = !is_pickup;
            while at < measure.end() && at <= end + beat {
                (beats.at.len() < most).then_some(())?;
                beats.at.push(at);
                beats.downbeats.push(is_downbeat);
                is_downbeat = false;
                at += beat;
            }
        }
        (beats.at.len() >= 2).then_some(beats)
    }

    /// Whether notes cluster at a beat's beginning, or at halves, thirds, fourths or sixths of it. Those of
    /// somebody who played without a click are anywhere: of few notes, chance lets some cluster.
    fn are_kept_by(&self, onsets: &[Ticks]) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "ticks within a beat, and notes of a file"
        )]
        let phase = |&onset: &Ticks| {
            let after = self.at.partition_point(|&at| at <= onset);
            let index = after.clamp(1, self.at.len() - 1) - 1;
            let (from, to) = (self.at[index], self.at[index + 1]);
            (onset - from).0 as f64 / (to - from).0 as f64
        };
        let phases: Vec<f64> = onsets.iter().map(phase).collect();
        #[expect(clippy::cast_precision_loss, reason = "notes of a file")]
        let count = phases.len() as f64;
        let least = (3.0 / count.sqrt()).clamp(CLUSTERED, 0.95);
        [1.0, 2.0, 3.0, 4.0, 6.0].into_iter().any(|parts| {
            let angles = phases.iter().map(|phase| (TAU * parts * phase).cos());
            angles.sum::<f64>() / count >= least
        })
    }
}

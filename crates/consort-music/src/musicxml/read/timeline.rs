//! What all parts share: measures, metres, keys, tempos, repeats and signs.
//!
//! Every part says these again. Lengths are the longest of all parts, repeats and signs those of
//! any part; of metres the first part that has one is believed, and another that disagrees is
//! reported; keys are those of most parts, and the others keep theirs.

use std::collections::BTreeMap;

use crate::musicxml::keys::{Signature, settle};
use crate::musicxml::read::draft::PartDraft;
use crate::musicxml::report::{Report, short};
use crate::pitch::Mode;
use crate::score::{Barline, KeyChange, Measure, Metre, Navigation, Score, Tempo, TempoChange};
use crate::time::{Resolution, Ticks};

/// A moment before the lengths of the measures are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    /// The measure, counted from 0.
    pub(super) measure: usize,
    /// From its start.
    pub(super) offset: Ticks,
}

impl At {
    /// The moment in ticks, given where the measures start and the last one ends.
    pub(super) fn resolve(self, bounds: &[Ticks]) -> Ticks {
        let start = bounds.get(self.measure).copied().unwrap_or_default();
        let end = bounds.last().copied().unwrap_or_default();
        (start + self.offset).min(end).max(Ticks::ZERO)
    }
}

/// A key signature of one part, at concert pitch.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyDraft {
    /// From when.
    pub(super) at: At,
    /// Sharps, or flats as negative numbers.
    pub(super) fifths: i8,
    /// The mode, where it is said.
    pub(super) mode: Option<Mode>,
}

/// A tempo, and how firmly it is said: a metronome mark gives way to the tempo that is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct TempoDraft {
    /// From when.
    pub(super) at: At,
    /// The tempo.
    pub(super) tempo: Tempo,
    /// Whether it says what is played.
    pub(super) played: bool,
    /// The part, counted from 0.
    pub(super) part: usize,
}

/// A sign, which may leave open what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// It says what it is.
    Sure(Navigation),
    /// The sign of the coda, which stands both where the coda is left for and where it begins.
    Coda,
}

/// One measure as it comes together from the parts.
#[derive(Clone, Debug, Default)]
pub(super) struct MeasureDraft {
    /// The number as printed.
    pub(super) number: Option<String>,
    /// The metre that begins here: a part, where it stands in the file, and the metre.
    pub(super) metre: Option<(usize, Option<Metre>)>,
    /// Whether a repeat begins here.
    pub(super) repeat_start: bool,
    /// How often it is played in all, if a repeat ends here.
    pub(super) repeat_end: Option<u8>,
    /// The passes of the ending that begins here.
    pub(super) ending_start: Vec<u8>,
    /// Whether an ending stops here.
    pub(super) ending_stop: bool,
    /// The line on the right.
    pub(super) barline: Barline,
}

/// What the parts have said so far.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The measures.
    pub(super) measures: Vec<MeasureDraft>,
    /// Tempos in any order.
    pub(super) tempos: Vec<TempoDraft>,
    /// Signs in any order.
    pub(super) signs: Vec<(At, Sign)>,
}

impl Timeline {
    /// A timeline of `count` measures.
    pub(super) fn new(count: usize) -> Timeline {
        Timeline {
            measures: vec![MeasureDraft::default(); count],
            tempos: Vec::new(),
            signs: Vec::new(),
        }
    }

    /// Lays out the measures of `score`, and what stands over them. Returns for each part the keys
    /// that it has for itself.
    pub(super) fn finish(
        self,
        parts: &[PartDraft],
        score: &mut Score,
        report: &mut Report,
    ) -> Vec<Vec<KeyChange>> {
        let lengths = lengths(parts, self.measures.len(), report);
        score.measures = self.lay_out(&lengths, score.resolution, report);
        self.signs_into(&mut score.measures);
        let bounds = bounds(&score.measures);
        score.tempos = self.tempos_at(&bounds);
        let settled = settle(&signatures(parts, &bounds));
        score.keys = settled.score;
        settled.parts
    }

    fn lay_out(
        &self,
        lengths: &[Ticks],
        resolution: Resolution,
        report: &mut Report,
    ) -> Vec<Measure> {
        let whole = resolution.quarter() * 4;
        let mut metre = self.assumed_metre(lengths, whole, report);
        let mut start = Ticks::ZERO;
        let drafts = self.measures.iter().zip(lengths).enumerate();
        drafts
            .map(|(index, (draft, &length))| {
                if let Some((_, change)) = draft.metre {
                    metre = change;
                }
                let full = metre
                    .and_then(|metre| metre.length(resolution))
                    .unwrap_or(whole);
                let length = if length > Ticks::ZERO { length } else { full };
                let number = draft
                    .number
                    .clone()
                    .unwrap_or_else(|| (index + 1).to_string());
                let mut measure = Measure::new(start, length, metre, number);
                measure.repeat_start = draft.repeat_start;
                measure.repeat_end = draft.repeat_end;
                measure.ending_start = draft.ending_start.clone();
                measure.ending_start.sort_unstable();
                measure.ending_start.dedup();
                measure.ending_stop = draft.ending_stop;
                if draft.repeat_end.is_none() {
                    measure.barline = draft.barline;
                }
                start = measure.end();
                measure
            })
            .collect()
    }

    /// The metre before the first time signature. Without any, measures of four quarters are 4/4
    /// and others have no metre.
    fn assumed_metre(&self, lengths: &[Ticks], whole: Ticks, report: &mut Report) -> Option<Metre> {
        if self.measures.iter().any(|measure| measure.metre.is_some()) {
            return None;
        }
        let common = lengths
            .iter()
            .skip(1)
            .all(|&length| length == whole || length == Ticks::ZERO);
        let (metre, read) = match common {
            true => (Some(Metre::COMMON), "read as 4/4"),
            false => (None, "read as unmeasured"),
        };
        report.file(format!("there is no time signature; {read}"));
        metre
    }

    fn signs_into(&self, measures: &mut [Measure]) {
        for (at, navigation) in self.certain_signs() {
            let stands_at_start = matches!(navigation, Navigation::Segno | Navigation::Coda);
            let is_last = at.measure + 1 >= measures.len();
            let Some(measure) = measures.get(at.measure) else {
                continue;
            };
            let at_end = at.offset > Ticks::ZERO && at.offset >= measure.length;
            let place = at.measure + usize::from(stands_at_start && at_end && !is_last);
            let signs = &mut measures[place].navigation;
            if let Err(free) = signs.binary_search(&navigation) {
                signs.insert(free, navigation);
            }
        }
    }

    /// The signs, with those of the coda told apart: where nothing says which is which, the first
    /// is where the coda is left for.
    fn certain_signs(&self) -> Vec<(At, Navigation)> {
        let mut signs = self.signs.clone();
        signs.sort_unstable();
        signs.dedup();
        let has = |wanted| signs.iter().any(|(_, sign)| *sign == Sign::Sure(wanted));
        let open: Vec<At> = signs
            .iter()
            .filter(|(_, sign)| *sign == Sign::Coda)
            .map(|(at, _)| *at)
            .collect();
        let (left, begun) = (has(Navigation::ToCoda), has(Navigation::Coda));
        let meant = |at: At| match open.as_slice() {
            [first, _, ..] if !left && !begun && at == *first => Navigation::ToCoda,
            _ if begun && !left => Navigation::ToCoda,
            _ => Navigation::Coda,
        };
        signs
            .iter()
            .map(|&(at, sign)| match sign {
                Sign::Sure(navigation) => (at, navigation),
                Sign::Coda => (at, meant(at)),
            })
            .collect()
    }

    fn tempos_at(&self, bounds: &[Ticks]) -> Vec<TempoChange> {
        let mut best: BTreeMap<Ticks, TempoDraft> = BTreeMap::new();
        for &draft in &self.tempos {
            best.entry(draft.at.resolve(bounds))
                .and_modify(|kept| {
                    // Within a part the later word counts, between parts the upper one.
                    let rank = |tempo: &TempoDraft| (tempo.played, std::cmp::Reverse(tempo.part));
                    if rank(&draft) >= rank(kept) {
                        *kept = draft;
                    }
                })
                .or_insert(draft);
        }
        let change = |(at, draft): (Ticks, TempoDraft)| TempoChange {
            at,
            tempo: draft.tempo,
        };
        best.into_iter().map(change).collect()
    }
}

/// Where the measures start, and where the last one ends.
pub(super) fn bounds(measures: &[Measure]) -> Vec<Ticks> {
    let starts = measures.iter().map(|measure| measure.start);
    starts.chain(measures.last().map(Measure::end)).collect()
}

/// How long the measures are; 0 where no part has anything.
///
/// Notes and rests decide, and a gap after them where no part says otherwise. A rest for the whole
/// measure, whose length programs do not always get right, decides where there are none.
fn lengths(parts: &[PartDraft], count: usize, report: &mut Report) -> Vec<Ticks> {
    let mut music = vec![Ticks::ZERO; count];
    let mut gaps = vec![Ticks::ZERO; count];
    let mut rests = vec![Ticks::ZERO; count];
    for extent in parts.iter().flat_map(|part| &part.extents) {
        let longest = |lengths: &mut [Ticks], length: Ticks| {
            let kept = &mut lengths[extent.measure];
            *kept = (*kept).max(length);
        };
        longest(&mut music, extent.music);
        longest(&mut gaps, extent.reach);
        longest(&mut rests, extent.measure_rest);
    }
    for extent in parts.iter().flat_map(|part| &part.extents) {
        let said = extent.reach.max(extent.measure_rest);
        if said > Ticks::ZERO && said < gaps[extent.measure] {
            gaps[extent.measure] = Ticks::ZERO;
        }
    }
    let length = |index: usize| match (music[index], rests[index]) {
        (Ticks::ZERO, Ticks::ZERO) => gaps[index],
        (Ticks::ZERO, rest) => rest,
        (music, _) => music.max(gaps[index]),
    };
    let lengths: Vec<Ticks> = (0..count).map(length).collect();
    report_disagreement(parts, &lengths, report);
    lengths
}

fn report_disagreement(parts: &[PartDraft], lengths: &[Ticks], report: &mut Report) {
    for part in parts {
        let name = short(&part.name);
        if part.extents.len() < lengths.len() {
            report.file(format!(
                "the part {name:?} has {} measures, others {}; it rests in the others",
                part.extents.len(),
                lengths.len()
            ));
        }
        for extent in &part.extents {
            let length = lengths[extent.measure];
            let own = extent.reach.max(extent.measure_rest);
            let message = match own.cmp(&length) {
                std::cmp::Ordering::Less if own > Ticks::ZERO => format!(
                    "a measure of the part {name:?} is shorter than in other parts, which decide"
                ),
                std::cmp::Ordering::Greater => format!(
                    "a measure of the part {name:?} has silence beyond the notes of the other \
                     parts, which decide"
                ),
                _ => continue,
            };
            report.at(extent.byte, message);
        }
    }
}

/// The key signatures of each part. Those of drums count only where no other part has any.
fn signatures(parts: &[PartDraft], bounds: &[Ticks]) -> Vec<Vec<Signature>> {
    let mut has_keys = parts
        .iter()
        .filter(|part| !part.is_percussion())
        .map(|part| !part.keys.is_empty());
    let pitched = has_keys.any(|has_keys| has_keys);
    parts
        .iter()
        .map(|part| match pitched && part.is_percussion() {
            true => Vec::new(),
            false => part.signatures(bounds),
        })
        .collect()
}

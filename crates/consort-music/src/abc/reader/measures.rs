//! From the bar lines of the voices to the measures of the score.

use crate::reading::{Place, Warnings};
use crate::score::{Barline, Measure, Metre, Navigation};
use crate::time::{Resolution, Ticks};

use super::super::field;
use super::super::fraction::Fraction;
use super::voice::{Bar, Voice};

/// Where measures meet.
#[derive(Clone, Debug)]
struct Boundary {
    bar: Bar,
    /// Whether a line was drawn that ends a section.
    ends_section: bool,
}

/// The measures of the score that `voices` make up.
///
/// The first voice with music says where bars are; the others may only lengthen it and add signs.
pub(super) fn measures(
    voices: &[Voice],
    master: usize,
    resolution: Resolution,
    warnings: &mut Warnings,
) -> Vec<Measure> {
    let boundaries = boundaries(voices, master, warnings);
    let metres: Vec<(Fraction, Option<Metre>)> = voices
        .get(master)
        .map(|voice| voice.metres.clone())
        .unwrap_or_default();
    let mut score = Measures {
        resolution,
        measures: Vec::new(),
        ends_section: Vec::new(),
        begins_part: Vec::new(),
        places: Vec::new(),
    };
    let mut metre_changes = metres.iter().peekable();
    let mut metre = None;
    for pair in boundaries.windows(2) {
        let [from, to] = pair else { continue };
        while let Some((_, next)) = metre_changes.next_if(|(at, _)| *at <= from.bar.at) {
            metre = *next;
        }
        let (start, end) = (resolution.ticks(from.bar.at), resolution.ticks(to.bar.at));
        let mut measure = Measure::new(start, end - start, metre, String::new());
        measure.repeat_start = from.bar.repeats_after > 0;
        measure.repeat_end = (to.bar.repeats_before > 0).then(|| times(to.bar.repeats_before));
        measure.ending_start = from.bar.ending.clone();
        measure.barline = match to.bar.line {
            _ if to.bar.repeats_before > 0 => Barline::Regular,
            Some(line) => line,
            None => Barline::Invisible,
        };
        score.measures.push(measure);
        score.ends_section.push(to.ends_section);
        score.begins_part.push(from.bar.part);
        score.places.push((from.bar.place, to.bar.place));
    }
    score.close(boundaries.first(), boundaries.last(), warnings);
    score.set_times(&boundaries);
    score.set_ending_stops();
    score.mend_repeats(warnings);
    score.drop_endings(warnings);
    score.place_signs(voices);
    score.check_lengths(warnings);
    score.number();
    score.measures
}

/// How often music is played that ends in so many colons.
fn times(colons: u8) -> u8 {
    colons.saturating_add(1)
}

fn boundaries(voices: &[Voice], master: usize, warnings: &mut Warnings) -> Vec<Boundary> {
    let mut all = vec![Boundary {
        bar: Bar::cut(Fraction::ZERO, Place::File),
        ends_section: false,
    }];
    for bar in voices.get(master).into_iter().flat_map(|voice| &voice.bars) {
        match all.last_mut() {
            Some(last) if last.bar.at == bar.at => last.merge(bar),
            _ => all.push(Boundary::new(bar)),
        }
    }
    let own_end = voices.get(master).map_or(Fraction::ZERO, Voice::time);
    if all.last().is_some_and(|last| last.bar.at < own_end) {
        all.push(Boundary::new(&Bar::cut(own_end, Place::File)));
    }
    for (index, voice) in voices.iter().enumerate() {
        if index != master {
            add_voice(&mut all, voice, warnings);
        }
    }
    let end = voices.iter().map(Voice::time).max();
    let last = all
        .last()
        .map_or(Fraction::ZERO, |boundary| boundary.bar.at);
    if let Some(end) = end.filter(|end| *end > last) {
        all.push(Boundary::new(&Bar::cut(end, Place::File)));
    }
    // The last line of a tune is often left out.
    if let Some(last) = all.last_mut() {
        last.bar.line.get_or_insert(Barline::Regular);
    }
    all
}

/// Adds the signs of a further voice, and its bars beyond the end of those before it.
fn add_voice(all: &mut Vec<Boundary>, voice: &Voice, warnings: &mut Warnings) {
    let shared = all.len();
    let end = all
        .last()
        .map_or(Fraction::ZERO, |boundary| boundary.bar.at);
    let mut warned = false;
    for bar in &voice.bars {
        if bar.at > end {
            match all.last_mut() {
                Some(last) if last.bar.at == bar.at => last.merge(bar),
                _ => all.push(Boundary::new(bar)),
            }
            continue;
        }
        let known = all.get(..shared).unwrap_or_default();
        match known.binary_search_by(|boundary| boundary.bar.at.cmp(&bar.at)) {
            Ok(index) => all[index].merge(bar),
            Err(_) if warned => {}
            Err(_) => {
                warned = true;
                warnings.push(
                    bar.place,
                    format!(
                        "the bars of voice {} do not line up with those of the first voice from \
                         here on: its notes stay, its bars go",
                        voice.id
                    ),
                );
            }
        }
    }
}

impl Boundary {
    fn new(bar: &Bar) -> Boundary {
        let ends_section = matches!(bar.line, Some(Barline::Double | Barline::Final));
        Boundary {
            bar: bar.clone(),
            ends_section,
        }
    }

    /// Takes in a further bar line at the same time.
    fn merge(&mut self, bar: &Bar) {
        let weight = |line: Option<Barline>| match line {
            None => 0,
            Some(Barline::Invisible) => 1,
            Some(Barline::Regular) => 2,
            Some(Barline::Double) => 3,
            Some(Barline::Final) => 4,
        };
        let own = &mut self.bar;
        if weight(bar.line) > weight(own.line) {
            own.line = bar.line;
            own.place = bar.place;
        }
        own.repeats_before = own.repeats_before.max(bar.repeats_before);
        own.repeats_after = own.repeats_after.max(bar.repeats_after);
        if own.ending.is_empty() {
            own.ending.clone_from(&bar.ending);
        }
        own.part |= bar.part;
        self.ends_section |= matches!(bar.line, Some(Barline::Double | Barline::Final));
    }
}

struct Measures {
    resolution: Resolution,
    measures: Vec<Measure>,
    /// Whether a double or final line closes the measure.
    ends_section: Vec<bool>,
    /// Whether a labelled part begins with the measure.
    begins_part: Vec<bool>,
    /// Where the lines on both sides stand.
    places: Vec<(Place, Place)>,
}

impl Measures {
    /// Signs at the very ends, where there is no measure for them to act on.
    fn close(
        &mut self,
        first: Option<&Boundary>,
        last: Option<&Boundary>,
        warnings: &mut Warnings,
    ) {
        if let Some(first) = first.filter(|first| first.bar.repeats_before > 0) {
            warnings.push(
                first.bar.place,
                "a repeat that ends before any note: left out",
            );
        }
        let (Some(last), Some(measure)) = (last, self.measures.last_mut()) else {
            return;
        };
        if last.bar.repeats_after > 0 && measure.repeat_end.is_none() {
            warnings.push(
                last.bar.place,
                "a repeat that begins where the tune ends: taken as the end of one",
            );
            measure.repeat_end = Some(times(last.bar.repeats_after));
            measure.barline = Barline::Regular;
        }
        if !last.bar.ending.is_empty() {
            warnings.push(last.bar.place, "an ending without notes: left out");
        }
    }

    /// `|::` asks for more than two passes as well as `::|` does.
    fn set_times(&mut self, boundaries: &[Boundary]) {
        let mut asked = 1;
        for (measure, from) in self.measures.iter_mut().zip(boundaries) {
            if from.bar.repeats_after > 0 {
                asked = from.bar.repeats_after;
            }
            if let Some(end) = &mut measure.repeat_end {
                *end = (*end).max(times(asked));
            }
        }
    }

    /// An ending lasts to the next repeat, double line, ending or part.
    fn set_ending_stops(&mut self) {
        let mut open = false;
        for index in 0..self.measures.len() {
            open |= !self.measures[index].ending_start.is_empty();
            let next = self.measures.get(index + 1);
            let stops = self.measures[index].repeat_end.is_some()
                || self.ends_section[index]
                || next.is_none_or(|next| next.repeat_start || !next.ending_start.is_empty())
                || self.begins_part.get(index + 1) == Some(&true);
            if open && stops {
                self.measures[index].ending_stop = true;
                open = false;
            }
        }
    }

    /// Puts in the signs that files leave out: where a repeat begins after a double line, and
    /// where one ends before the next or before its second ending.
    fn mend_repeats(&mut self, warnings: &mut Warnings) {
        // Where the music goes back to, whether a sign says so, and whether it has gone back.
        let (mut floor, mut open, mut repeated) = (0, false, false);
        for index in 0..self.measures.len() {
            let place = self.places[index].0;
            let second = self.is_further_ending(index);
            if second && index > 0 {
                let before = &self.measures[index - 1];
                let is_next = self.is_next_ending(index);
                if is_next && before.ending_stop && before.repeat_end.is_none() {
                    warnings.push(
                        place,
                        "a further ending without a repeat before it: repeated",
                    );
                    self.end_repeat(index - 1);
                    if !open && !repeated {
                        self.start_repeat(floor, index - 1);
                    }
                    repeated = true;
                }
            }
            let repeats_before = index
                .checked_sub(1)
                .is_some_and(|before| self.measures[before].repeat_end.is_some());
            if self.measures[index].repeat_start {
                if open && !repeated && index > floor {
                    warnings.push(
                        place,
                        "a repeat begins before the last one has ended: taken to end it too",
                    );
                    self.end_repeat(index - 1);
                }
                (floor, open, repeated) = (index, true, false);
            } else if self.begins_part[index] && (!open || repeated) && !(second && repeats_before)
            {
                (floor, open, repeated) = (index, false, false);
            }
            let goes_on = self.measures.get(index + 1).is_some_and(|next| {
                !next.repeat_start && next.ending_start.iter().any(|pass| *pass > 1)
            });
            if self.measures[index].repeat_end.is_some() {
                if repeated
                    && !goes_on
                    && let Some(start) = self.end_of_overlong_ending(index)
                {
                    warnings.push(
                        self.places[start].0,
                        "a further ending that no double line ends: taken to end here, as long as \
                         the one before",
                    );
                    (floor, open, repeated) = (start, false, false);
                }
                if !open && !repeated {
                    self.start_repeat(floor, index);
                }
                repeated = true;
            }
            let ends = self.measures[index].repeat_end.is_some()
                || self.ends_section[index] && (repeated || !open && self.is_strain(floor, index));
            if ends && !goes_on {
                (floor, open, repeated) = (index + 1, false, false);
            }
        }
        if open && !repeated {
            self.drop_start(floor, warnings);
        }
    }

    /// Whether an ending begins with the measure that is not the first of its repeat.
    fn is_further_ending(&self, index: usize) -> bool {
        let measure = &self.measures[index];
        let passes = &measure.ending_start;
        !measure.repeat_start && !passes.is_empty() && passes.iter().all(|pass| *pass > 1)
    }

    /// Whether the ending that begins with the measure is for later passes than the one before it.
    fn is_next_ending(&self, index: usize) -> bool {
        let before = self.measures[..index].iter().rev();
        let mut last = before.filter_map(|measure| measure.ending_start.iter().max());
        self.measures[index].ending_start.iter().min() > last.next()
    }

    /// Where the music after the ending before the repeat sign of measure `last` begins, if that
    /// ending is so much longer than the one before it that it must hold a section of its own.
    fn end_of_overlong_ending(&self, last: usize) -> Option<usize> {
        let begins = |measure: &Measure| !measure.ending_start.is_empty();
        let measures = self.measures.get(..=last)?;
        let second = measures.iter().rposition(begins)?;
        let first = measures.get(..second)?.iter().rposition(begins)?;
        let length = second - first;
        let start = second + length;
        (start < last && self.is_strain(start, last)).then_some(start)
    }

    /// Endings of no repeat would be neither first nor second.
    fn drop_endings(&mut self, warnings: &mut Warnings) {
        let mut repeated = vec![false; self.measures.len()];
        for repeat in crate::unfold::repeats(&self.measures) {
            repeated[repeat].fill(true);
        }
        for (index, measure) in self.measures.iter_mut().enumerate() {
            if !repeated[index] && !measure.ending_start.is_empty() {
                measure.ending_start.clear();
                warnings.push(
                    self.places[index].0,
                    "an ending without a repeat: played as it stands",
                );
            }
            measure.ending_stop &= repeated[index];
        }
        // What was mended may have moved the ends of endings.
        for measure in &mut self.measures {
            measure.ending_stop = false;
        }
        self.set_ending_stops();
    }

    fn drop_start(&mut self, index: usize, warnings: &mut Warnings) {
        if let Some(measure) = self.measures.get_mut(index) {
            measure.repeat_start = false;
            // Without it, an ending here would be taken for one of the repeat before.
            measure.ending_start.clear();
            warnings.push(
                self.places[index].0,
                "a repeat that begins here never ends: its sign is left out",
            );
        }
    }

    /// Puts in the start of a repeat that ends with measure `last` and goes back to `floor`.
    fn start_repeat(&mut self, floor: usize, last: usize) {
        // A pickup before a double line is played once if the last measure does not wait for it.
        let is_full = |measure: &Measure| {
            let full = measure
                .metre
                .and_then(|metre| metre.length(self.resolution));
            full.is_none_or(|full| measure.length >= full)
        };
        let skips_pickup = floor < last
            && self.ends_section[floor]
            && !is_full(&self.measures[floor])
            && is_full(&self.measures[last]);
        let start = floor + usize::from(skips_pickup);
        self.measures[start].repeat_start = true;
        let before = start
            .checked_sub(1)
            .and_then(|before| self.measures.get_mut(before));
        if let Some(before) = before.filter(|before| before.barline == Barline::Invisible) {
            before.barline = Barline::Regular;
        }
    }

    /// Whether measures `first..=last` are long enough to stand on their own, so that the double
    /// line after them begins something new. Four measures are the shortest strain of a tune.
    fn is_strain(&self, first: usize, last: usize) -> bool {
        let length: Ticks = self.measures[first..=last]
            .iter()
            .map(|measure| measure.length)
            .sum();
        let full = self.measures[last]
            .metre
            .and_then(|metre| metre.length(self.resolution));
        // Pickups and measures that a sloppy hand left short are allowed for.
        full.is_none_or(|full| length * 2 > full * 7)
    }

    fn end_repeat(&mut self, index: usize) {
        if let Some(measure) = self.measures.get_mut(index) {
            measure.repeat_end = Some(2);
            measure.barline = Barline::Regular;
        }
    }

    fn place_signs(&mut self, voices: &[Voice]) {
        let resolution = self.resolution;
        for &(at, begins, sign) in voices.iter().flat_map(|voice| &voice.signs) {
            let at = resolution.ticks(at);
            let before = self
                .measures
                .partition_point(|measure| measure.start < at || begins && measure.start == at);
            if let Some(measure) = self.measures.get_mut(before.saturating_sub(1))
                && !measure.navigation.contains(&sign)
            {
                measure.navigation.push(sign);
            }
        }
        // In one order, so that what is written reads back equal.
        for measure in &mut self.measures {
            measure.navigation.sort_by_key(|sign| match sign {
                Navigation::Segno => 0,
                Navigation::Coda => 1,
                Navigation::ToCoda => 2,
                Navigation::Fine => 3,
                Navigation::DaCapo => 4,
                Navigation::DalSegno => 5,
            });
        }
    }

    /// Warns of measures that are neither full nor, at a repeat, double line or end, part of a
    /// full one.
    fn check_lengths(&self, warnings: &mut Warnings) {
        let resolution = self.resolution;
        // The first measure of the section, and of the tune, complete the last one.
        let mut first = 0;
        for (index, measure) in self.measures.iter().enumerate() {
            let begins = index == 0
                || measure.repeat_start
                || !measure.ending_start.is_empty()
                || self.begins_part[index]
                || self.is_edge(index - 1);
            if begins && measure.ending_start.is_empty() {
                first = index;
            }
            let Some(full) = measure.metre.map(field::length) else {
                continue;
            };
            let length = resolution.fraction(measure.length);
            if length == full || index == 0 && length < full {
                continue;
            }
            let partners = [
                index.checked_sub(1).filter(|_| begins),
                Some(index + 1).filter(|_| self.is_edge(index)),
                Some(first).filter(|_| self.is_edge(index)),
                Some(0).filter(|_| self.is_edge(index)),
            ];
            let completed = partners.into_iter().flatten().any(|partner| {
                self.measures
                    .get(partner)
                    .is_some_and(|partner| length.plus(resolution.fraction(partner.length)) == full)
            });
            if !completed {
                let (got, wanted) = (written(length), written(full));
                warnings.push(
                    self.places[index].1,
                    format!("this bar lasts {got} of a whole note and its metre {wanted}: kept"),
                );
            }
        }
    }

    /// Whether a section may end with the measure.
    fn is_edge(&self, index: usize) -> bool {
        let next = self.measures.get(index + 1);
        self.ends_section[index]
            || self.measures[index].repeat_end.is_some()
            || self.measures[index].barline == Barline::Invisible
            || next.is_none_or(|next| next.repeat_start || !next.ending_start.is_empty())
            || self.begins_part.get(index + 1) == Some(&true)
    }

    /// Numbers the measures: 0 for a pickup, `X1`, `X2`, ... for the second halves of measures
    /// that a repeat cuts in two, and 1, 2, ... for all others.
    fn number(&mut self) {
        let resolution = self.resolution;
        let (mut number, mut halves) = (0, 0);
        let mut open_half = Fraction::ZERO;
        for (index, measure) in self.measures.iter_mut().enumerate() {
            let full = measure.metre.map(field::length);
            let length = resolution.fraction(measure.length);
            let is_short = full.is_some_and(|full| length < full);
            if index == 0 && is_short {
                measure.number = "0".to_owned();
                continue;
            }
            let completes = open_half > Fraction::ZERO && full == Some(open_half.plus(length));
            if completes {
                halves += 1;
                measure.number = format!("X{halves}");
            } else {
                number += 1;
                measure.number = number.to_string();
            }
            open_half = if is_short && !completes {
                length
            } else {
                Fraction::ZERO
            };
        }
    }
}

fn written(length: Fraction) -> String {
    format!("{}/{}", length.numerator(), length.denominator())
}

//! Which measure is played when.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::score::{DirectionKind, Measure, Navigation, Score};

use super::PLAYS_MAX;

/// The measures of `score` in the order in which they are played.
pub(super) fn playback_order(score: &Score) -> Vec<usize> {
    let measures = &score.measures;
    let as_written = || (0..measures.len()).collect();
    let played = match labelled_order(score) {
        Some(pieces) => play_pieces(measures, &pieces),
        None => play_with_jumps(measures),
    };
    played.unwrap_or_else(as_written)
}

/// The measures that are repeated, from where each repeat goes back to, to its last ending.
pub(crate) fn repeats(measures: &[Measure]) -> Vec<Range<usize>> {
    sections(measures, 0..measures.len())
        .into_iter()
        .filter(|section| section.passes > 1)
        .map(|section| section.measures)
        .collect()
}

/// Measures that are played a number of times before the music goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    measures: Range<usize>,
    passes: u8,
}

/// A measure played, and whether for the last time before the music goes on.
#[derive(Clone, Copy, Debug)]
struct Step {
    measure: usize,
    last_pass: bool,
}

/// Counts plays, and refuses the one too many.
struct Played {
    order: Vec<usize>,
    plays: Vec<u32>,
}

impl Played {
    fn new(measures: usize) -> Played {
        Played {
            order: Vec::with_capacity(measures),
            plays: vec![0; measures],
        }
    }

    fn play(&mut self, measure: usize) -> Option<()> {
        let plays = self.plays.get_mut(measure)?;
        *plays += 1;
        self.order.push(measure);
        (*plays <= PLAYS_MAX).then_some(())
    }
}

/// The order with jumps; nothing if it never ends or plays a measure too often.
fn play_with_jumps(measures: &[Measure]) -> Option<Vec<usize>> {
    let sections = sections(measures, 0..measures.len());
    let coda = find(measures, Navigation::Coda, measures.len());
    let mut played = Played::new(measures.len());
    let mut jumps: BTreeSet<usize> = BTreeSet::new();
    let mut to_coda = false;
    let mut steps = first_time(measures, &sections, 0)?;
    'jumps: loop {
        for step in steps {
            let index = step.measure;
            played.play(index)?;
            let signs = &measures.get(index)?.navigation;
            let jumped = !jumps.is_empty();
            if jumped && signs.contains(&Navigation::Fine) {
                break 'jumps;
            }
            if jumped
                && !to_coda
                && signs.contains(&Navigation::ToCoda)
                && let Some(coda) = coda
            {
                // What follows has not been played yet, so its repeats are.
                to_coda = true;
                steps = first_time(measures, &sections, coda)?;
                continue 'jumps;
            }
            let from_start = signs.contains(&Navigation::DaCapo);
            let is_jump = from_start || signs.contains(&Navigation::DalSegno);
            if is_jump && step.last_pass && jumps.insert(index) {
                if jumps.len() > PLAYS_MAX as usize {
                    return None;
                }
                let segno = || find(measures, Navigation::Segno, index + 1).unwrap_or_default();
                let back = if from_start { 0 } else { segno() };
                steps = again(measures, &sections, back);
                continue 'jumps;
            }
        }
        break;
    }
    Some(played.order)
}

fn play_pieces(measures: &[Measure], pieces: &[Range<usize>]) -> Option<Vec<usize>> {
    let mut played = Played::new(measures.len());
    for piece in pieces {
        let sections = sections(measures, piece.clone());
        for step in first_time(measures, &sections, piece.start)? {
            played.play(step.measure)?;
        }
    }
    Some(played.order)
}

/// The last measure before `end` with `sign`, or else the first one at all.
fn find(measures: &[Measure], sign: Navigation, end: usize) -> Option<usize> {
    let has = |measure: &Measure| measure.navigation.contains(&sign);
    let before = measures.get(..end).unwrap_or(measures);
    before
        .iter()
        .rposition(has)
        .or_else(|| measures.iter().position(has))
}

/// Cuts measures where repeats begin and end.
fn sections(measures: &[Measure], within: Range<usize>) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut start = within.start;
    let mut passes: Option<u8> = None;
    let mut endings = 0;
    let mut close = |to: usize, passes: &mut Option<u8>, endings: &mut u8| {
        if to > start {
            let passes = passes.take().map_or(1, |passes| passes.max(*endings));
            sections.push(Section {
                measures: start..to,
                passes,
            });
            start = to;
            *endings = 0;
        }
    };
    for index in within.clone() {
        let Some(measure) = measures.get(index) else {
            break;
        };
        if measure.repeat_start {
            close(index, &mut passes, &mut endings);
        }
        endings = endings.max(measure.ending_start.iter().copied().max().unwrap_or(0));
        if let Some(times) = measure.repeat_end {
            passes = Some(passes.unwrap_or(1).max(times));
        }
        // A further ending belongs to the repeat before it.
        let next = measures.get(index + 1).filter(|_| index + 1 < within.end);
        let goes_on = next.is_some_and(|next| {
            !next.repeat_start && next.ending_start.iter().any(|pass| *pass > 1)
        });
        let ends = measure.repeat_end.is_some() || measure.ending_stop && passes.is_some();
        if ends && !goes_on {
            close(index + 1, &mut passes, &mut endings);
        }
    }
    close(within.end, &mut passes, &mut endings);
    sections
}

/// All passes of all sections from measure `from` on; nothing if they are too many.
fn first_time(measures: &[Measure], sections: &[Section], from: usize) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for section in sections
        .iter()
        .filter(|section| section.measures.end > from)
    {
        if u32::from(section.passes) > PLAYS_MAX {
            return None;
        }
        let begins_within = section.measures.start < from;
        let first = if begins_within { section.passes } else { 1 };
        for pass in first..=section.passes {
            let start = if begins_within {
                from
            } else {
                section.measures.start
            };
            play_pass(measures, section, start, pass, &mut steps);
        }
    }
    Some(steps)
}

/// The last pass of all sections from measure `from` on.
fn again(measures: &[Measure], sections: &[Section], from: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    for section in sections
        .iter()
        .filter(|section| section.measures.end > from)
    {
        let start = section.measures.start.max(from);
        play_pass(measures, section, start, section.passes, &mut steps);
    }
    steps
}

fn play_pass(
    measures: &[Measure],
    section: &Section,
    from: usize,
    pass: u8,
    steps: &mut Vec<Step>,
) {
    let within = section.measures.clone();
    let endings = || {
        let measures = measures.get(within.clone()).unwrap_or_default();
        measures
            .iter()
            .flat_map(|measure| measure.ending_start.iter().copied())
    };
    let is_last = pass == section.passes;
    // A pass beyond the last ending takes that; but where there is but a first ending, the music
    // simply goes on without it.
    let ending = match endings().max() {
        Some(last @ 2..) if pass > last => last,
        _ => pass,
    };
    let mut index = from;
    while let Some(measure) = measures.get(index).filter(|_| index < within.end) {
        let begins = &measure.ending_start;
        if section.passes > 1 && !begins.is_empty() && !begins.contains(&ending) {
            index = ending_end(measures, index, within.end);
            continue;
        }
        steps.push(Step {
            measure: index,
            last_pass: is_last,
        });
        if measure.repeat_end.is_some() && !is_last {
            return;
        }
        index += 1;
    }
}

/// The measure after the ending that begins at `start`.
fn ending_end(measures: &[Measure], start: usize, limit: usize) -> usize {
    let mut index = start;
    while index < limit {
        let Some(measure) = measures.get(index) else {
            break;
        };
        let next_begins = measures
            .get(index + 1)
            .is_some_and(|next| !next.ending_start.is_empty() || next.repeat_start);
        index += 1;
        if measure.ending_stop || measure.repeat_end.is_some() || next_begins {
            break;
        }
    }
    index
}

/// The labelled parts in the order that a `P` field asks for, after what stands before the first
/// label; nothing if there is no such order or none of its labels.
fn labelled_order(score: &Score) -> Option<Vec<Range<usize>>> {
    let (_, order) = score.metadata.fields.iter().find(|(name, _)| name == "P")?;
    let directions = &score.parts.first()?.directions;
    let mut starts: BTreeMap<usize, char> = BTreeMap::new();
    for direction in directions {
        let mut letters = direction.text.chars();
        if let (DirectionKind::Rehearsal, Some(label), None) =
            (direction.kind, letters.next(), letters.next())
            && let Some(index) = score.measure_at(direction.at)
            && score.measures.get(index)?.start == direction.at
        {
            starts.insert(index, label);
        }
    }
    let ends = starts.keys().skip(1).copied().chain([score.measures.len()]);
    let mut labelled: BTreeMap<char, Range<usize>> = BTreeMap::new();
    for ((&start, &label), end) in starts.iter().zip(ends) {
        labelled.entry(label).or_insert(start..end);
    }
    let first = *starts.keys().next()?;
    let preface = Some(0..first).filter(|preface| !preface.is_empty());
    let named: Vec<Range<usize>> = part_letters(order)
        .into_iter()
        .filter_map(|label| labelled.get(&label).cloned())
        .collect();
    (!named.is_empty()).then(|| preface.into_iter().chain(named).collect())
}

/// The letters of an order such as `A(BC)2.D3`, numbers carried out.
fn part_letters(order: &str) -> Vec<char> {
    /// More letters than any order of parts has; a longer one is cut.
    const LETTERS_MAX: usize = 1000;
    let mut stack: Vec<Vec<char>> = vec![Vec::new()];
    let mut group: Vec<char> = Vec::new();
    let mut chars = order.chars().peekable();
    while let Some(c) = chars.next() {
        group = match c {
            '(' if stack.len() < 16 => {
                stack.push(Vec::new());
                continue;
            }
            ')' if stack.len() > 1 => stack.pop().unwrap_or_default(),
            c if c.is_ascii_digit() => {
                // The group stands there once already.
                let mut number = c.to_digit(10).unwrap_or_default();
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit);
                    chars.next();
                }
                let more = usize::try_from(number)
                    .unwrap_or_default()
                    .saturating_sub(1);
                let copies = more.min(LETTERS_MAX);
                group
                    .iter()
                    .copied()
                    .cycle()
                    .take(group.len() * copies)
                    .collect()
            }
            c if c.is_alphabetic() => vec![c],
            _ => continue,
        };
        if let Some(open) = stack.last_mut() {
            open.extend(group.iter().take(LETTERS_MAX.saturating_sub(open.len())));
        }
    }
    let mut letters: Vec<char> = stack.into_iter().flatten().collect();
    letters.truncate(LETTERS_MAX);
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_parts() {
        let letters = |order: &str| part_letters(order).into_iter().collect::<String>();
        assert_eq!(letters("AABA"), "AABA");
        assert_eq!(letters("A(BC)2.D3"), "ABCBCDDD");
        assert_eq!(letters("((AB)3.(CD)3)2"), "ABABABCDCDCDABABABCDCDCD");
        assert_eq!(letters("A0"), "A");
        assert_eq!(letters("A999999999").len(), 1000);
    }
}

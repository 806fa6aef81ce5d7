//! Voices: which notes follow one another in a line.
//!
//! At each onset chords are assigned to voices, higher ones to voices of lower number. Of all
//! assignments over time the cheapest is looked for with a beam: leaps, crossings, rests within a
//! voice, and notes that must end before they are over cost. Cambouropoulos, "Voice and Stream",
//! *Music Perception* 26 (2008), has the principles; Chew and Wu (2004) measure the outcome.

use super::part::Struck;
use crate::time::Ticks;

/// How many assignments are followed at once.
const BEAM: usize = 24;

/// The most voices of a staff.
const VOICES_MAX: usize = 8;

/// More notes than this at one moment are shared out evenly.
const TOGETHER_MAX: usize = 64;

/// Notes that begin together.
struct Chord {
    at: Ticks,
    until: Ticks,
    pitch: f64,
    notes: Vec<usize>,
}

/// Where a voice is.
#[derive(Clone, Copy)]
struct Line {
    pitch: f64,
    from: Ticks,
    until: Ticks,
}

#[derive(Clone)]
struct Beam {
    cost: f64,
    lines: [Option<Line>; VOICES_MAX],
    /// The state before, and the voices that were chosen, as bits.
    parent: usize,
    chosen: u32,
}

/// Gives each note a voice, at most `most` on each staff: those of the second staff are numbered
/// after those of the first. In `lines` each note has a voice of its own, else notes of similar
/// length that begin together share one.
pub(super) fn split(struck: &mut [Struck], most: u8, lines: bool) {
    let most = usize::from(most).clamp(1, VOICES_MAX);
    let mut staves: Vec<u8> = struck.iter().map(|struck| struck.note.staff).collect();
    staves.sort_unstable();
    staves.dedup();
    for staff in staves {
        let of_staff = (0..struck.len())
            .filter(|&index| struck[index].note.staff == staff && !struck[index].is_grace);
        let slices = slices(struck, of_staff.collect(), most, lines);
        let voices = assign(&slices, most, lines);
        for (slice, chosen) in slices.iter().zip(voices) {
            let numbers = (0..most).filter(|voice| chosen & 1 << voice != 0);
            for (chord, voice) in slice.iter().zip(numbers) {
                for &index in &chord.notes {
                    let above = usize::from(staff).saturating_sub(1);
                    let number = above * most + voice + 1;
                    struck[index].note.voice = u8::try_from(number).unwrap_or(u8::MAX);
                }
            }
        }
    }
    give_graces(struck);
}

/// Grace notes go to the voice of the next note at their place, on their staff if there is one.
fn give_graces(struck: &mut [Struck]) {
    for index in (0..struck.len())
        .rev()
        .filter(|&index| struck[index].is_grace)
        .collect::<Vec<_>>()
    {
        let (at, staff, pitch) = {
            let grace = &struck[index];
            (grace.at, grace.note.staff, grace.note.pitch.midi())
        };
        let mains = struck[index..]
            .iter()
            .take_while(|main| main.at == at)
            .filter(|main| !main.is_grace);
        let main = mains.min_by_key(|main| {
            (
                main.note.staff != staff,
                main.note.pitch.midi().abs_diff(pitch),
            )
        });
        if let Some(main) = main {
            (struck[index].note.staff, struck[index].note.voice) =
                (main.note.staff, main.note.voice);
        }
    }
}

/// The chords of each onset, at most `most`, the highest first.
fn slices(struck: &[Struck], mut indices: Vec<usize>, most: usize, lines: bool) -> Vec<Vec<Chord>> {
    indices.sort_by_key(|&index| {
        let struck = &struck[index];
        (
            struck.at,
            std::cmp::Reverse(struck.note.pitch),
            struck.until,
        )
    });
    let together = indices.chunk_by(|&a, &b| struck[a].at == struck[b].at);
    together
        .map(|notes| chords(struck, notes, most, lines))
        .collect()
}

fn chords(struck: &[Struck], notes: &[usize], most: usize, lines: bool) -> Vec<Chord> {
    let mut groups: Vec<Vec<usize>> = if notes.len() > TOGETHER_MAX {
        notes
            .chunks(notes.len().div_ceil(most))
            .map(<[usize]>::to_vec)
            .collect()
    } else if lines {
        notes.iter().map(|&index| vec![index]).collect()
    } else {
        of_one_length(struck, notes)
    };
    let mean = |group: &[usize]| {
        let sum: u32 = group
            .iter()
            .map(|&index| u32::from(struck[index].note.pitch.midi()))
            .sum();
        f64::from(sum) / group.len().max(1) as f64
    };
    groups.sort_by(|a, b| mean(b).total_cmp(&mean(a)));
    while groups.len() > most {
        let nearest = (1..groups.len()).min_by(|&a, &b| {
            let apart = |place: usize| mean(&groups[place - 1]) - mean(&groups[place]);
            apart(a).total_cmp(&apart(b))
        });
        let place = nearest.unwrap_or(1);
        let lower = groups.remove(place);
        groups[place - 1].extend(lower);
    }
    let chord = |notes: Vec<usize>| {
        let mut ends: Vec<Ticks> = notes.iter().map(|&index| struck[index].until).collect();
        ends.sort_unstable();
        Chord {
            at: struck[notes[0]].at,
            until: ends[ends.len() / 2],
            pitch: mean(&notes),
            notes,
        }
    };
    groups.into_iter().map(chord).collect()
}

/// Notes as groups in which no length is a quarter longer than the next shorter one.
fn of_one_length(struck: &[Struck], notes: &[usize]) -> Vec<Vec<usize>> {
    let mut notes = notes.to_vec();
    let length = |index: usize| struck[index].until - struck[index].at;
    notes.sort_by_key(|&index| length(index));
    let similar = |&a: &usize, &b: &usize| length(b) * 4 <= length(a) * 5;
    notes.chunk_by(similar).map(<[usize]>::to_vec).collect()
}

/// For each slice the voices of its chords as bits, cheapest in all.
fn assign(slices: &[Vec<Chord>], most: usize, lines: bool) -> Vec<u32> {
    let mut beams: Vec<Vec<Beam>> = Vec::with_capacity(slices.len() + 1);
    beams.push(vec![Beam {
        cost: 0.0,
        lines: [None; VOICES_MAX],
        parent: 0,
        chosen: 0,
    }]);
    let last = 1_u32 << most;
    for slice in slices {
        let before = beams.last().map_or(&[][..], Vec::as_slice);
        let size = u32::try_from(slice.len()).unwrap_or(0);
        let mut after: Vec<Beam> = Vec::new();
        for (parent, beam) in before.iter().enumerate() {
            for chosen in (0..last).filter(|chosen: &u32| chosen.count_ones() == size) {
                after.push(beam.with(slice, parent, chosen, most, lines));
            }
        }
        after.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        after.truncate(BEAM);
        beams.push(after);
    }
    let mut chosen = Vec::with_capacity(slices.len());
    let mut place = 0;
    for beam in beams.iter().skip(1).rev() {
        let Some(beam) = beam.get(place) else {
            break;
        };
        chosen.push(beam.chosen);
        place = beam.parent;
    }
    chosen.reverse();
    chosen
}

impl Beam {
    fn with(&self, slice: &[Chord], parent: usize, chosen: u32, most: usize, lines: bool) -> Beam {
        let mut next = Beam {
            cost: self.cost,
            lines: self.lines,
            parent,
            chosen,
        };
        let voices = (0..most).filter(|voice| chosen & 1 << voice != 0);
        for (chord, voice) in slice.iter().zip(voices) {
            next.cost += self.step(chord, voice, lines);
            // Voices are there for what sounds together.
            let is_free = |line: &Option<Line>| line.is_none_or(|line| line.until <= chord.at);
            let passed_over =
                (0..voice).filter(|&other| chosen & 1 << other == 0 && is_free(&self.lines[other]));
            if !lines {
                next.cost += 12.0 * passed_over.count() as f64;
            }
            for (other, line) in self.lines.iter().enumerate().take(most) {
                // What sounds in other voices should not be crossed, nor what sounded there last.
                let Some(line) = line.filter(|line| lines || line.until > chord.at) else {
                    continue;
                };
                let crosses = match chosen & 1 << other {
                    0 if other < voice => line.pitch < chord.pitch,
                    0 => line.pitch > chord.pitch,
                    _ => false,
                };
                next.cost += if crosses { 2.0 } else { 0.0 };
            }
            next.lines[voice] = Some(Line {
                pitch: chord.pitch,
                from: chord.at,
                until: chord.until,
            });
        }
        next
    }

    /// What it costs that `voice` goes on with `chord`.
    fn step(&self, chord: &Chord, voice: usize, lines: bool) -> f64 {
        let number = if lines { 0.0 } else { 0.7 * voice as f64 };
        let Some(line) = self.lines[voice] else {
            // A line must begin somewhere, the sooner the better.
            return number + if lines { 1.0 } else { 0.0 };
        };
        let leap = (chord.pitch - line.pitch).abs() * if lines { 0.2 } else { 0.08 };
        let length = (line.until - line.from).0.max(1) as f64;
        let apart = (chord.at - line.until).0 as f64 / length;
        let meeting = match apart < 0.0 {
            // A slight overlap is legato.
            true => (-apart - 0.1).max(0.0) * 10.0,
            false => apart.min(2.0) * if lines { 0.5 } else { 0.2 },
        };
        number + leap + meeting
    }
}

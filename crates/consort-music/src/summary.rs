//! A score on one page: its parts and their ranges, its keys and metres, and the measures that do not
//! add up.

use std::collections::BTreeSet;
use std::fmt;

use crate::inventory::{Feature, Inventory};
use crate::midi::general::program_name;
use crate::pitch::{Key, Pitch, Velocity};
use crate::score::{Instrument, Measure, Metre, Part, Score, Tempo};
use crate::time::Ticks;

/// What a page says about a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The title, if there is one.
    pub title: Option<String>,
    /// The composer, if one is named.
    pub composer: Option<String>,
    /// How many measures there are, as written.
    pub measures: usize,
    /// How many there are when all repeats are played.
    pub played_measures: usize,
    /// The length in quarter notes, as written.
    pub quarters: f64,
    /// The length in seconds when all repeats are played.
    pub seconds: f64,
    /// Metres, with the number of the measure from which on; nothing is unmeasured music.
    pub metres: Vec<(String, Option<Metre>)>,
    /// Keys, with the number of the measure.
    pub keys: Vec<(String, Key)>,
    /// Tempos, with the number of the measure.
    pub tempos: Vec<(String, Tempo)>,
    /// The parts.
    pub parts: Vec<PartSummary>,
    /// The measures that are neither as long as their metre nor a pickup, nor two halves of one.
    pub irregular: Vec<Irregular>,
    /// What there is besides.
    pub inventory: Inventory,
}

/// What a page says about a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSummary {
    /// The name.
    pub name: String,
    /// What plays it.
    pub instrument: Instrument,
    /// How many notes it has, ties joined, grace notes left out.
    pub notes: usize,
    /// The lowest and the highest note.
    pub range: Option<(Pitch, Pitch)>,
    /// How many voices it has.
    pub voices: usize,
    /// The softest and the loudest stroke, where they are known.
    pub velocities: Option<(Velocity, Velocity)>,
}

/// A measure that does not add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Irregular {
    /// Its number.
    pub number: String,
    /// Its length in quarter notes.
    pub quarters: f64,
    /// The metre that it does not fill, or overfills.
    pub metre: Metre,
}

impl Summary {
    /// Looks through `score`.
    pub fn of(score: &Score) -> Summary {
        let quarter = f64::from(score.resolution.ticks_per_quarter());
        #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are years of music")]
        let quarters = |length: Ticks| length.0 as f64 / quarter;
        let number_at = |at: Ticks| {
            let index = score
                .measure_at(at)
                .and_then(|index| score.measures.get(index));
            index.map_or_else(String::new, |measure| measure.number.clone())
        };
        let played = score.unfolded();
        let mut metres: Vec<(String, Option<Metre>)> = Vec::new();
        for measure in &score.measures {
            if metres
                .last()
                .is_none_or(|(_, metre)| *metre != measure.metre)
            {
                metres.push((measure.number.clone(), measure.metre));
            }
        }
        let irregular = irregular(score).map(|(measure, metre)| Irregular {
            number: measure.number.clone(),
            quarters: quarters(measure.length),
            metre,
        });
        let keys = score.keys.iter();
        let mut keys: Vec<_> = keys
            .map(|change| (number_at(change.at), change.key))
            .collect();
        let tempos = score.tempos.iter();
        let mut tempos: Vec<_> = tempos
            .map(|change| (number_at(change.at), change.tempo))
            .collect();
        // What is only said again is no change.
        keys.dedup_by_key(|(_, key)| *key);
        tempos.dedup_by_key(|(_, tempo)| *tempo);
        Summary {
            title: score.metadata.title.clone(),
            composer: score.metadata.composer.clone(),
            measures: score.measures.len(),
            played_measures: played.measures.len(),
            quarters: quarters(score.end()),
            seconds: played.seconds_at(played.end()),
            metres,
            keys,
            tempos,
            parts: score.parts.iter().map(PartSummary::of).collect(),
            irregular: irregular.collect(),
            inventory: Inventory::of(score),
        }
    }
}

impl PartSummary {
    fn of(part: &Part) -> PartSummary {
        let sounding = part.sounding();
        let pitches = sounding.iter().map(|note| note.pitch);
        let velocities = sounding.iter().filter_map(|note| note.velocity);
        let voices: BTreeSet<u8> = part.notes.iter().map(|note| note.voice).collect();
        PartSummary {
            name: part.name.clone(),
            instrument: part.instrument,
            notes: sounding.len(),
            range: pitches.clone().min().zip(pitches.max()),
            voices: voices.len(),
            velocities: velocities.clone().min().zip(velocities.max()),
        }
    }
}

/// The measures that do not add up, with the metres they should fill. A short first measure is a pickup,
/// and a short last one ends what it began; two neighbours that are one measure together are its halves,
/// as at a repeat.
fn irregular(score: &Score) -> impl Iterator<Item = (&Measure, Metre)> {
    let measures = &score.measures;
    let last = measures.len().saturating_sub(1);
    measures
        .iter()
        .enumerate()
        .filter_map(move |(index, measure)| {
            let metre = measure.metre?;
            let full = metre.length(score.resolution)?;
            let fills = |other: Option<&Measure>| {
                other.is_some_and(|other| other.length + measure.length == full)
            };
            let is_pickup = index == 0 && measure.length < full;
            let before = index.checked_sub(1).and_then(|index| measures.get(index));
            let ends = index == last && fills(measures.first());
            let adds_up = measure.length == full
                || is_pickup
                || ends
                || fills(before)
                || fills(measures.get(index + 1));
            (!adds_up).then_some((measure, metre))
        })
}

/// As many entries of a list as the page shows.
const SHOWN: usize = 12;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.title.as_deref().unwrap_or("without a title");
        let by = self
            .composer
            .as_ref()
            .map_or_else(String::new, |name| format!(", {name}"));
        writeln!(f, "{title}{by}")?;
        let played = match self.played_measures {
            played if played == self.measures => String::new(),
            played => format!(" ({played} with repeats)"),
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number of seconds to print"
        )]
        let seconds = self.seconds.round() as i64;
        writeln!(
            f,
            "{} measures{played}, {} quarter notes, {}:{:02} minutes",
            self.measures,
            self.quarters,
            seconds / 60,
            seconds % 60
        )?;
        let metre = |metre: &Option<Metre>| metre.map_or("none".to_owned(), |m| m.to_string());
        changes(f, "metre", &self.metres, metre)?;
        changes(f, "key", &self.keys, |key| key.to_string())?;
        let tempo = |tempo: &Tempo| format!("{:.0}", tempo.quarters_per_minute());
        changes(f, "tempo", &self.tempos, tempo)?;
        for (index, part) in self.parts.iter().enumerate() {
            write!(f, "part {:<4} {part}", index + 1)?;
        }
        self.rest(f)
    }
}

impl Summary {
    fn rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ABOVE: [Feature; 5] = [
            Feature::Note,
            Feature::Key,
            Feature::Metre,
            Feature::Tempo,
            Feature::Instrument,
        ];
        let others: Vec<String> = self
            .inventory
            .iter()
            .filter(|(feature, _)| !ABOVE.contains(feature))
            .map(|(feature, count)| format!("{count} {}", feature.name(count)))
            .collect();
        if !others.is_empty() {
            writeln!(f, "also      {}", others.join(", "))?;
        }
        if self.irregular.is_empty() {
            return writeln!(f, "all measures add up");
        }
        let measure = |irregular: &Irregular| {
            let Irregular {
                number,
                quarters,
                metre,
            } = irregular;
            format!("{number} ({quarters} quarters in {metre})")
        };
        let shown: Vec<String> = self.irregular.iter().take(SHOWN).map(measure).collect();
        let more = more(self.irregular.len());
        let count = self.irregular.len();
        writeln!(
            f,
            "{count} measures do not add up: {}{more}",
            shown.join(", ")
        )
    }
}

impl fmt::Display for PartSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() {
            "without a name"
        } else {
            &self.name
        };
        let instrument = match self.instrument {
            Instrument {
                percussion: true, ..
            } => ", percussion".to_owned(),
            Instrument { program, .. } => program
                .and_then(program_name)
                .map_or_else(String::new, |name| format!(", {name}")),
        };
        write!(f, "{name}{instrument}: {} notes", self.notes)?;
        if let Some((low, high)) = self.range.filter(|_| !self.instrument.percussion) {
            write!(f, ", {low} to {high}")?;
        }
        if self.voices > 1 {
            write!(f, ", {} voices", self.voices)?;
        }
        if let Some((soft, loud)) = self.velocities {
            write!(f, ", velocities {} to {}", soft.midi(), loud.midi())?;
        }
        writeln!(f)
    }
}

/// One line for values that change: the first, and the later ones with their measures.
fn changes<T>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    changes: &[(String, T)],
    text: impl Fn(&T) -> String,
) -> fmt::Result {
    let Some(((_, first), later)) = changes.split_first() else {
        return Ok(());
    };
    write!(f, "{name:<9} {}", text(first))?;
    for (number, value) in later.iter().take(SHOWN - 1) {
        write!(f, ", from {number} {}", text(value))?;
    }
    writeln!(f, "{}", more(changes.len()))
}

fn more(count: usize) -> String {
    match count.checked_sub(SHOWN) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abc;

    fn page(tune: &str) -> String {
        let reading = abc::read(tune.as_bytes()).unwrap();
        Summary::of(&reading.value[0]).to_string()
    }

    #[test]
    fn a_page_says_what_a_tune_has() {
        let tune = "X:1\nT:Up\nC:Trad.\nM:6/8\nL:1/8\nQ:3/8=100\nK:D\nA|dfd \"G\"gfe|a6|\nK:G\ng6|g3-g2:|\n";
        let expected = "Up, Trad.\n\
            5 measures (10 with repeats), 12 quarter notes, 0:10 minutes\n\
            metre     6/8\n\
            key       D major, from 3 G major\n\
            tempo     150\n\
            part 1    without a name: 10 notes, A4 to A5\n";
        let page = page(tune);
        assert!(page.starts_with(expected), "{page}");
        assert!(page.contains("1 tie"), "{page}");
        assert!(page.contains("1 chord symbol"), "{page}");
        assert!(page.ends_with("all measures add up\n"), "{page}");
    }

    #[test]
    fn measures_that_do_not_add_up_are_named() {
        let page = page("X:1\nM:4/4\nL:1/4\nK:C\nC|CDEF|CDE|CDEF|CDEFG|CDEF|\n");
        let expected = "2 measures do not add up: 2 (3 quarters in 4/4), 4 (5 quarters in 4/4)\n";
        assert!(page.ends_with(expected), "{page}");
    }
}

//! What the network writes: whether it is music that can be read, whether it is new, and how like the
//! music that was learnt.

use std::collections::BTreeSet;

use consort_corpus::Fold;
use consort_learn::{Observer, Seed, progress};
use consort_music::novelty::{self, Index};
use consort_music::score::Barline;
use consort_music::tune::{self, ChordSymbols, Conditions, Guide};
use consort_music::{Score, abc};
use rayon::prelude::*;

use super::profile::Profile;
use super::{Study, tell};
use crate::error::Error;
use crate::families::folk::network::{Speaker, WRITING};
use crate::families::folk::sampler::{Drawing, Freedom, Written, write_freely, write_guided};
use crate::report::{Figure, Table};

/// Tunes that are written at each temperature, the default among them.
const TUNES: usize = 1000;

const TEMPERATURES: [f32; 3] = [0.7, 0.9, 1.0];

/// Tunes between two reports of progress.
const TOGETHER: usize = 50;

/// A copy has more bars in a row of a tune that was learnt than this, as `--novelty` has it if nothing
/// is said.
const COPIED: usize = 6;

/// Where tunes come from.
struct Source {
    name: String,
    /// Tunes in ABC.
    tunes: Vec<String>,
    /// What they cost the network and what the guide refused, in nats per character, if it wrote them.
    costs: Option<[f64; 2]>,
}

/// What is said of a source.
struct Judgement {
    name: String,
    tunes: usize,
    accepted: usize,
    add_up: usize,
    end: usize,
    distinct: usize,
    /// The longest run of bars of each tune that one that was learnt has, in order.
    runs: Vec<usize>,
    /// Bars, those that stood in the tune before, and those that are one of the two before them.
    bars: [usize; 3],
    profile: Profile,
    costs: Option<[f64; 2]>,
}

/// The table of all sources.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let learnt: Vec<String> = in_abc(&study.texts(Fold::Train, 0));
    let mut profile = Profile::default();
    for score in learnt.iter().filter_map(|tune| score_of(tune)) {
        profile.add(&score);
    }
    let held_out = [Fold::Valid, Fold::Test].map(|fold| in_abc(&study.texts(fold, 0)));
    let mut sources = vec![Source {
        name: "held-out tunes".to_owned(),
        tunes: held_out.concat(),
        costs: None,
    }];
    for temperature in TEMPERATURES {
        for guided in [true, false] {
            sources.push(written(study, temperature, guided, observe)?);
        }
    }
    let judged: Vec<Judgement> = sources
        .into_iter()
        .map(|source| judge(source, &study.learnt))
        .collect();
    Ok(vec![table(&judged, &profile)])
}

/// What the network writes at a temperature.
fn written(
    study: &Study<'_>,
    temperature: f32,
    guided: bool,
    observe: &mut Observer<'_>,
) -> Result<Source, Error> {
    let speaker = Speaker::new(study.network, WRITING);
    let drawing = Drawing {
        temperature,
        top_p: 1.0,
    };
    let freedom = match (study.network.carries(), study.texts.are_plain) {
        (true, _) => Freedom::Article,
        (false, true) => Freedom::PlainText,
        (false, false) => Freedom::Tune,
    };
    let seed = study.seed.derive("tunes", u64::from(temperature.to_bits()));
    let write = |speaker: &mut Speaker, number: usize| {
        write_one(speaker, drawing, guided, freedom, seed, number)
    };
    let count = study.share_of(TUNES);
    let mut all = Vec::with_capacity(count);
    let name = if guided { "guided" } else { "free" };
    for from in (0..count).step_by(TOGETHER) {
        let numbers = from..(from + TOGETHER).min(count);
        let some: Vec<Written> = numbers
            .into_par_iter()
            .map_init(|| speaker.clone(), write)
            .collect();
        all.extend(some);
        tell(observe, "tune", all.len(), count)?;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "some hundred thousand characters"
    )]
    let characters = all.iter().map(|written| written.text.len()).sum::<usize>() as f64;
    let nats: f64 = all.iter().map(|written| written.nats).sum();
    let refused: f64 = all.iter().map(|written| written.refused).sum();
    let texts: Vec<String> = all.into_iter().map(|written| written.text).collect();
    Ok(Source {
        name: format!("{name}, temperature {temperature}"),
        tunes: match (guided, freedom) {
            (false, Freedom::Article) => texts.iter().flat_map(|text| whole_tunes(text)).collect(),
            _ => in_abc(&texts),
        },
        costs: Some([nats / characters, refused / characters]),
    })
}

fn write_one(
    speaker: &mut Speaker,
    drawing: Drawing,
    guided: bool,
    freedom: Freedom,
    seed: Seed,
    number: usize,
) -> Written {
    speaker.restart();
    let mut stream = seed.stream("tune", number as u64);
    let observe = &mut progress::unobserved;
    let written = if guided {
        let mut guide = Guide::new(Conditions::default()).expect("nothing is asked for");
        write_guided(speaker, &mut guide, "", drawing, &mut stream, observe)
    } else {
        write_freely(speaker, freedom, drawing, &mut stream, observe)
    };
    written.expect("nobody stops it")
}

/// Tune texts as tunes in ABC.
fn in_abc(texts: &[String]) -> Vec<String> {
    let tune = |(text, number): (&String, u32)| {
        if text.starts_with("X:") {
            text.clone()
        } else {
            tune::abc(text, number, "")
        }
    };
    texts.iter().zip(1..).map(tune).collect()
}

/// The tunes that have both their beginning and another's in a text.
fn whole_tunes(text: &str) -> Vec<String> {
    let starts: Vec<usize> = text
        .match_indices("X:")
        .map(|(place, _)| place)
        .filter(|&place| place == 0 || text.as_bytes()[place - 1] == b'\n')
        .collect();
    let tune = |ends: &[usize]| text[ends[0]..ends[1]].to_owned();
    starts.windows(2).map(tune).collect()
}

fn score_of(tune: &str) -> Option<Score> {
    abc::read(tune.as_bytes()).ok()?.value.into_iter().next()
}

fn judge(source: Source, index: &Index) -> Judgement {
    let mut judgement = Judgement {
        name: source.name,
        tunes: source.tunes.len(),
        accepted: 0,
        add_up: 0,
        end: 0,
        distinct: 0,
        runs: Vec::new(),
        bars: [0; 3],
        profile: Profile::default(),
        costs: source.costs,
    };
    let mut melodies = BTreeSet::new();
    for tune in &source.tunes {
        judgement.accepted += usize::from(abc::read_strict(tune.as_bytes()).is_ok());
        let Some(score) = score_of(tune) else {
            continue;
        };
        judgement.add_up += usize::from(tune::text(&score, ChordSymbols::LeftOut).is_ok());
        judgement.end += usize::from(
            score
                .measures
                .last()
                .is_some_and(|last| last.barline == Barline::Final || last.repeat_end.is_some()),
        );
        let bars = novelty::bars(&score);
        let run = index.longest_run(&bars, |_| true);
        judgement.runs.push(run.map_or(0, |run| run.bars));
        judgement.profile.add(&score);
        for (place, bar) in bars.iter().enumerate() {
            judgement.bars[0] += 1;
            judgement.bars[1] += usize::from(bars[..place].contains(bar));
            judgement.bars[2] += usize::from(bars[place.saturating_sub(2)..place].contains(bar));
        }
        melodies.insert(bars);
    }
    judgement.distinct = melodies.len();
    judgement.runs.sort_unstable();
    judgement
}

#[expect(clippy::cast_precision_loss, reason = "some thousands of tunes")]
fn table(judged: &[Judgement], learnt: &Profile) -> Table {
    let names = judged.iter().map(|judgement| judgement.name.as_str());
    let columns: Vec<&str> = std::iter::once("").chain(names).collect();
    let mut table = Table::new("What the network writes, beside held-out tunes", &columns);
    let mut row = |name: &str, digits: usize, figure: &dyn Fn(&Judgement) -> Option<f64>| {
        let figure = |judgement| match figure(judgement) {
            Some(value) => Figure::measured(value, digits),
            None => Figure::Absent(()),
        };
        table.row(name, judged.iter().map(figure).collect());
    };
    let share = |count: usize, judgement: &Judgement| {
        Some(100.0 * count as f64 / judgement.tunes.max(1) as f64)
    };
    let run_at = |judgement: &Judgement, share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list"
        )]
        let place = (share * judgement.runs.len().saturating_sub(1) as f64).round() as usize;
        judgement.runs.get(place).map(|&run| run as f64)
    };
    row("tunes", 0, &|j| Some(j.tunes as f64));
    row("accepted by the strict reader, %", 1, &|j| {
        share(j.accepted, j)
    });
    row("that have a plain tune text, %", 1, &|j| share(j.add_up, j));
    row("ended as a tune is, %", 1, &|j| share(j.end, j));
    row("distinct melodies, %", 1, &|j| share(j.distinct, j));
    row("longest run of learnt bars, median", 0, &|j| run_at(j, 0.5));
    row("of nine in ten at most", 0, &|j| run_at(j, 0.9));
    row("the most", 0, &|j| run_at(j, 1.0));
    row("more than 6 learnt bars in a row, %", 1, &|j| {
        share(j.runs.iter().filter(|&&run| run > COPIED).count(), j)
    });
    let of_bars =
        |count: usize, j: &Judgement| Some(100.0 * count as f64 / j.bars[0].max(1) as f64);
    row("bars that the tune has had before, %", 1, &|j| {
        of_bars(j.bars[1], j)
    });
    row("bars that are one of the two before, %", 1, &|j| {
        of_bars(j.bars[2], j)
    });
    row("ends on the tonic, %", 1, &|j| {
        Some(100.0 * j.profile.share_home())
    });
    row("notes of the scale, %", 1, &|j| {
        Some(100.0 * j.profile.share_in_scale())
    });
    row("degrees, bits from those learnt", 4, &|j| {
        Some(j.profile.degrees.divergence(&learnt.degrees))
    });
    row("lengths, bits", 4, &|j| {
        Some(j.profile.lengths.divergence(&learnt.lengths))
    });
    row("intervals, bits", 4, &|j| {
        Some(j.profile.intervals.divergence(&learnt.intervals))
    });
    row("cost to the network, nats per character", 3, &|j| {
        j.costs.map(|[nats, _]| nats)
    });
    row("cost of the guide, nats per character", 4, &|j| {
        j.costs.map(|[_, refused]| refused)
    });
    table.notes.push(
        "*Guided*: nothing is asked for, and the guide refuses what would be no tune. *Free*: whatever the \
         network says, until a tune's text ends; the article's network writes 1,024 characters from a random \
         one on, and those tunes are judged that begin and end within them. The strict reader refuses bars that \
         do not add up and repeats without a partner, among others. *A plain tune text* has one key and metre, \
         pickups of one length that the ends of sections make whole, and 64 bars at most. *Ended*: with a double \
         bar, a final one, or a sign of repeat. Bars of two tunes are equal in any key and octave. Bits: the \
         divergence of Jensen and Shannon from the tunes that were learnt. The cost of the guide: the negative \
         logarithm of the probability that the network gave to all that the guide allowed. Nothing was written \
         anew for being a copy."
            .to_owned(),
    );
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunes_are_cut_out_of_a_text() {
        let text = "x|\nX:1\nK:C\nC|\nX: 2\nK:C\nD|\nX:3\nK:C";
        assert_eq!(whole_tunes(text), ["X:1\nK:C\nC|\n", "X: 2\nK:C\nD|\n"]);
        assert!(whole_tunes("no tune").is_empty());
    }

    #[test]
    fn a_judgement_counts() {
        let good = "X:1\nT:\nM:2/4\nL:1/8\nK:C\nC2D2|E2F2|G4|C4|]\n";
        let bad = "X:1\nT:\nM:2/4\nL:1/8\nK:C\nC2D2|E2F|G4|C4\n";
        let index = Index::new([novelty::bars(&score_of(bad).unwrap())]);
        let source = Source {
            name: String::new(),
            tunes: [good, good, bad].map(str::to_owned).to_vec(),
            costs: None,
        };
        let judged = judge(source, &index);
        assert_eq!((judged.tunes, judged.accepted, judged.add_up), (3, 2, 2));
        assert_eq!((judged.end, judged.distinct), (2, 2));
        assert_eq!(judged.runs, [2, 2, 4]);
        assert_eq!(judged.bars, [12, 0, 0]);
    }
}

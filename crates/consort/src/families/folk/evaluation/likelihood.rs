//! How well held-out tunes are foretold, character by character, beside counts of characters.

use consort_corpus::Fold;
use consort_learn::Observer;
use consort_learn::stepper::Precision;
use rayon::prelude::*;

use super::ngram::NGram;
use super::{Study, tell};
use crate::error::Error;
use crate::families::folk::encoding::symbols;
use crate::families::folk::network::{Speaker, WRITING};
use crate::report::{Figure, Table};

/// The order of counts that foretells these texts best, of 2, 4, 5 and 7.
const ORDER: usize = 4;

/// What was foretold of texts.
#[derive(Clone, Copy, Debug, Default)]
struct Foretold {
    characters: f64,
    nats: f64,
    right: f64,
    /// The same of what comes after the header.
    music: [f64; 3],
}

impl Foretold {
    /// Counts a character that cost so much and was, or was not, the likeliest.
    fn add(&mut self, nats: f64, right: bool, in_music: bool) {
        let right = f64::from(u8::from(right));
        self.characters += 1.0;
        self.nats += nats;
        self.right += right;
        if in_music {
            let [characters, cost, hits] = &mut self.music;
            *characters += 1.0;
            *cost += nats;
            *hits += right;
        }
    }

    fn and(self, other: Foretold) -> Foretold {
        Foretold {
            characters: self.characters + other.characters,
            nats: self.nats + other.nats,
            right: self.right + other.right,
            music: std::array::from_fn(|index| self.music[index] + other.music[index]),
        }
    }

    /// Nats per character and share foretold right, of all and of the music.
    fn figures(self) -> [f64; 4] {
        let [characters, cost, hits] = self.music;
        [
            self.nats / self.characters,
            self.right / self.characters,
            cost / characters.max(1.0),
            hits / characters.max(1.0),
        ]
    }
}

/// A table of both held-out folds for each kind of text.
pub(super) fn tables(study: &Study<'_>, observe: &mut Observer<'_>) -> Result<Vec<Table>, Error> {
    let first = study.texts.tunes.first();
    let kinds = first.map_or(1, |tune| tune.versions.own.len());
    (0..kinds)
        .map(|version| {
            let table = table(study, version);
            tell(observe, "kind of text", version + 1, kinds)?;
            Ok(table)
        })
        .collect()
}

fn table(study: &Study<'_>, version: usize) -> Table {
    let columns = [
        "",
        "tunes",
        "characters",
        "nats per character",
        "foretold",
        "nats, music",
        "foretold, music",
    ];
    let kind = match version {
        0 => "",
        _ => ", with chords for their melodies",
    };
    let title = format!("Held-out tunes of {}{kind}", study.texts.stamp.name);
    let mut table = Table::new(title, &columns);
    let known = [Fold::Train, Fold::Valid].map(|fold| study.texts(fold, version));
    let counts = NGram::train(known.iter().flatten().map(String::as_str), ORDER);
    for (fold, name) in [(Fold::Valid, "valid"), (Fold::Test, "test")] {
        let all = study.texts(fold, version);
        let new = study.new_texts(fold, version);
        for (texts, which) in [(&all, ""), (&new, ", new melodies")] {
            if texts.is_empty() || (texts.len() == all.len() && !which.is_empty()) {
                continue;
            }
            let foretold = by_network(study, texts, Precision::F32);
            table.row(
                format!("the network, {name}{which}"),
                figures(texts, foretold),
            );
            // The counts know the validation fold.
            if fold == Fold::Test {
                let foretold = by_network(study, texts, WRITING);
                let row = format!("the same with the weights that write, {name}{which}");
                table.row(row, figures(texts, foretold));
                let foretold = by_counts(&counts, texts);
                let name = format!("counts after {ORDER} characters, {name}{which}");
                table.row(name, figures(texts, foretold));
            }
        }
    }
    table.notes.push(
        "Every character of the texts counts, headers, titles and ends of lines included; *music* is what \
         comes after the first line of a key. *Foretold*: the share of characters that were the likeliest. \
         *New melodies*: tunes of which no learnt one has four bars in a row. Each tune is read from its \
         beginning, by a network of the article's kind right after the one before it. Counts: Witten-Bell, of the folds that are not for testing; the network learnt from less, \
         since it never saw the validation fold. Weights in single precision, but for those that write, of eight \
         bits."
            .to_owned(),
    );
    if study.texts.left_out > 0 {
        table.notes.push(format!(
            "{} tunes of the corpus have no plain text (several voices, changes of key or metre, bars that \
             do not add up) and are in no fold.",
            study.texts.left_out
        ));
    }
    table
}

fn figures(texts: &[String], foretold: Foretold) -> Vec<Figure> {
    let [nats, right, cost, hits] = foretold.figures();
    #[expect(clippy::cast_precision_loss, reason = "some thousands of tunes")]
    let tunes = texts.len() as f64;
    vec![
        Figure::measured(tunes, 0),
        Figure::measured(foretold.characters, 0),
        Figure::measured(nats, 4),
        Figure::measured(right, 4),
        Figure::measured(cost, 4),
        Figure::measured(hits, 4),
    ]
}

/// What the network says of `texts`.
fn by_network(study: &Study<'_>, texts: &[String], precision: Precision) -> Foretold {
    let mut speaker = Speaker::new(study.network, precision);
    if study.network.carries() {
        let of = |text: &String| one(&mut speaker, text);
        return texts
            .iter()
            .map(of)
            .fold(Foretold::default(), Foretold::and);
    }
    let of = |speaker: &mut Speaker, text: &String| {
        speaker.restart();
        one(speaker, text)
    };
    let all: Vec<Foretold> = texts.par_iter().map_init(|| speaker.clone(), of).collect();
    all.into_iter().fold(Foretold::default(), Foretold::and)
}

fn one(speaker: &mut Speaker, text: &str) -> Foretold {
    let mut foretold = Foretold::default();
    let music = music_of(text);
    for (place, symbol) in symbols(text).into_iter().enumerate() {
        let next = speaker.next();
        let said = next[usize::from(symbol)];
        let right = next.iter().all(|&other| other <= said);
        foretold.add(-f64::from(said), right, place >= music);
        speaker.hear(symbol);
    }
    foretold
}

fn by_counts(counts: &NGram, texts: &[String]) -> Foretold {
    let mut all = Foretold::default();
    for text in texts {
        let music = music_of(text);
        for (place, (nats, right)) in counts.foretell(text).into_iter().enumerate() {
            all.add(nats, right, place >= music);
        }
    }
    all
}

/// Where the music of a tune begins: after the first line of a key.
fn music_of(text: &str) -> usize {
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        place += line.chars().count();
        if line.starts_with("K:") {
            break;
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn music_comes_after_the_key() {
        assert_eq!(music_of("X:1\nK:D\nabc|\nK:G\n"), 8);
        assert_eq!(music_of("X:1\n"), 4);
    }

    #[test]
    fn sums_are_means_over_all_characters() {
        let mut a = Foretold::default();
        a.add(1.0, true, false);
        let mut b = Foretold::default();
        b.add(2.0, false, true);
        b.add(3.0, true, true);
        assert_eq!(a.and(b).figures(), [2.0, 2.0 / 3.0, 2.5, 0.5]);
    }
}

//! What counting alone can tell of the next character: the floor that a network has to clear.
//!
//! The model is an n-gram over characters in which each order is interpolated with the one below by
//! Witten and Bell's rule ("The Zero-Frequency Problem", *IEEE Transactions on Information Theory* 37,
//! 1991, method C): after a context that was seen N times with U different successors, a character that
//! followed C times has the probability (C + U p) / (N + U), where p is what it has after the context
//! without its first character. Below the empty context all characters of the training texts are equally
//! likely, and all others together are as likely as one of them.
//!
//! A text begins after as many start marks as the order, which are never predicted, and has no mark of
//! its end: the line breaks that end it are characters like any other.

use std::collections::BTreeMap;

/// The longest context; 16 bits for each of its characters and its length fill a key.
pub(super) const ORDER_MAX: usize = 7;

/// An n-gram model.
#[derive(Clone, Debug)]
pub(super) struct NGram {
    order: usize,
    /// The characters of the training texts, as numbers from 0.
    symbols: BTreeMap<char, u16>,
    successors: BTreeMap<Context, Successors>,
}

/// The last characters and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Context(u128);

/// What stands before a text.
const START: u16 = u16::MAX;
/// Any character that the training texts have not.
const UNSEEN: u16 = u16::MAX - 1;

#[derive(Clone, Debug, Default)]
struct Successors {
    /// How often each character followed.
    counts: BTreeMap<u16, u32>,
    total: u32,
}

impl NGram {
    /// Counts what follows the last `order` characters, at most [`ORDER_MAX`], and all fewer, in each of
    /// the texts by itself.
    pub(super) fn train<'a>(texts: impl IntoIterator<Item = &'a str>, order: usize) -> NGram {
        let texts: Vec<&str> = texts.into_iter().collect();
        let mut symbols: BTreeMap<char, u16> = texts
            .iter()
            .flat_map(|text| text.chars())
            .map(|c| (c, 0))
            .collect();
        // More characters than there are numbers would be a text in every script of the world.
        symbols
            .values_mut()
            .zip(0..UNSEEN)
            .for_each(|(symbol, number)| *symbol = number);
        let mut model = NGram {
            order: order.min(ORDER_MAX),
            symbols,
            successors: BTreeMap::new(),
        };
        for text in texts {
            for (contexts, symbol) in model.steps(text) {
                for context in contexts {
                    let successors = model.successors.entry(context).or_default();
                    *successors.counts.entry(symbol).or_default() += 1;
                    successors.total += 1;
                }
            }
        }
        model
    }

    /// The cost of each character of a text in nats, and whether it was the likeliest.
    pub(super) fn foretell(&self, text: &str) -> Vec<(f64, bool)> {
        let foretell = |(contexts, symbol): (Vec<Context>, u16)| {
            let probabilities = self.probabilities(contexts);
            let of = |symbol| probabilities.get(usize::from(symbol));
            // The last is that of all unseen characters.
            let probability = of(symbol).or(probabilities.last()).copied().unwrap_or(1.0);
            let right = probabilities.iter().all(|&other| other <= probability);
            (-probability.ln(), right)
        };
        self.steps(text).into_iter().map(foretell).collect()
    }

    /// The probability of each character after the contexts, the shortest first, and last that of all
    /// unseen ones together.
    fn probabilities(&self, contexts: Vec<Context>) -> Vec<f64> {
        let count = self.symbols.len() + 1;
        let mut probabilities = vec![1.0 / count as f64; count];
        for context in contexts {
            // A context that never came was never part of a longer one either.
            let Some(Successors { counts, total }) = self.successors.get(&context) else {
                break;
            };
            let (different, total) = (counts.len() as f64, f64::from(*total));
            for probability in &mut probabilities {
                *probability *= different / (total + different);
            }
            for (&symbol, &count) in counts {
                probabilities[usize::from(symbol)] += f64::from(count) / (total + different);
            }
        }
        probabilities
    }

    /// Each character of a text with the contexts before it, the shortest first.
    fn steps(&self, text: &str) -> Vec<(Vec<Context>, u16)> {
        let mut before = vec![START; self.order];
        let mut steps = Vec::new();
        for c in text.chars() {
            let symbol = self.symbols.get(&c).copied().unwrap_or(UNSEEN);
            let contexts =
                (0..=self.order).map(|length| Context::of(&before[self.order - length..]));
            steps.push((contexts.collect(), symbol));
            before.push(symbol);
            before.remove(0);
        }
        steps
    }
}

impl Context {
    fn of(symbols: &[u16]) -> Context {
        let length = symbols.len() as u128;
        let key = symbols
            .iter()
            .fold(length, |key, &symbol| key << 16 | u128::from(symbol));
        Context(key)
    }
}

#[cfg(test)]
mod tests {
    use consort_corpus::folk::{Nottingham, nottingham};
    use consort_corpus::{DataFolder, Fold};

    use super::*;

    /// Worked out by hand: after "a" came a, b; after the start a; a twice and b once in all.
    #[test]
    fn witten_and_bell_by_hand() {
        let model = NGram::train(["aab"], 1);
        let unigram = |count: f64| (count + 2.0 / 3.0) / 5.0;
        let start = (1.0 + unigram(2.0)) / 2.0;
        let after_a = |count: f64, all: f64| (count + 2.0 * unigram(all)) / 4.0;
        let nats = |p: f64| -p.ln();
        let expected = nats(start) + nats(after_a(1.0, 2.0)) + nats(after_a(1.0, 1.0));
        let foretold: [(f64, bool); 3] = model.foretell("aab").try_into().unwrap();
        let sum: f64 = foretold.iter().map(|(nats, _)| nats).sum();
        assert!((sum - expected).abs() < 1e-12);
        // After a came a and b, and there are more of a.
        assert_eq!(foretold.map(|(_, right)| right), [true, true, false]);
        // After b nothing came, so that the shorter context decides; c was never seen.
        let unseen = model.foretell("aabc")[3];
        assert!((unseen.0 - nats(unigram(0.0))).abs() < 1e-12 && !unseen.1);
    }

    #[test]
    fn probabilities_add_up_to_one() {
        let model = NGram::train(["abracadabra", "arcana"], 3);
        for (contexts, _) in model.steps("abracabrac\nada") {
            let sum: f64 = model.probabilities(contexts).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12);
        }
        assert_eq!(NGram::train([], 3).foretell("a")[0].0, 0.0);
    }

    #[test]
    fn the_floors_of_nottingham() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        if !root.is_dir() {
            eprintln!("skipped: no data sets at ../shared/data");
            return;
        }
        let jigs = nottingham(&DataFolder::new(root), Nottingham::Jigs).unwrap();
        let texts = |held_out: bool| {
            let tunes = jigs
                .tunes
                .iter()
                .filter(move |tune| (tune.fold == Fold::Test) == held_out);
            tunes.map(|tune| tune.text.as_str())
        };
        for (order, floor) in [(2, 1.626), (4, 1.425)] {
            let model = NGram::train(texts(false), order);
            let foretold: Vec<(f64, bool)> =
                texts(true).flat_map(|text| model.foretell(text)).collect();
            let nats: f64 = foretold.iter().map(|(nats, _)| nats).sum();
            let mean = nats / foretold.len() as f64;
            assert!((mean - floor).abs() < 6e-4, "order {order}: {mean}");
        }
    }
}

//! What the network learns: which character follows.

use burn::tensor::{Int, Tensor, TensorData};
use consort_learn::{Batches, Loss, Noise, Objective, Seed, Split, Stream};

use super::config::{Curriculum, Sequences, Told};
use super::encoding::{Context, FEATURES, LINE_END};
use super::network::Network;

/// What is to follow where a row has ended: nothing that counts.
const PADDING: u8 = u8::MAX;

/// Sequences of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many there are.
    pub(super) rows: usize,
    /// What is told at each character, `[row][step][feature]`.
    pub(super) told: Vec<u16>,
    /// The symbol that follows, counted as the network counts, `[row][step]`.
    pub(super) follows: Vec<u8>,
    /// Whether the rows go on where those of the last batch ended.
    pub(super) goes_on: bool,
}

impl Batch {
    /// Characters of each row, padding included.
    pub(super) fn steps(&self) -> usize {
        self.follows.len() / self.rows
    }
}

impl Objective for Network {
    type Batch = Batch;

    /// The mean negative log-likelihood of the characters, in nats per character.
    fn loss(&self, batch: &Batch, noise: &mut Noise) -> Loss {
        let said = self.forward(batch, noise);
        let device = said.device();
        let count = batch
            .follows
            .iter()
            .filter(|&&symbol| symbol != PADDING)
            .count();
        #[expect(clippy::cast_precision_loss, reason = "characters of a batch")]
        let share = 1.0 / count.max(1) as f32;
        let places = batch.follows.len();
        let wanted = batch.follows.iter();
        let wanted = wanted.map(|&symbol| {
            if symbol == PADDING {
                0
            } else {
                i64::from(symbol)
            }
        });
        let wanted = TensorData::new(wanted.collect::<Vec<i64>>(), [places, 1]);
        let weights = batch.follows.iter();
        let weights = weights.map(|&symbol| if symbol == PADDING { 0.0 } else { share });
        let weights = TensorData::new(weights.collect::<Vec<f32>>(), [places, 1]);
        let said = said.gather(1, Tensor::<2, Int>::from_data(wanted, &device));
        Loss {
            mean: (said * Tensor::from_data(weights, &device)).sum().neg(),
            count,
        }
    }
}

/// The texts of a tune, as symbols. Each epoch learns one of them: every other time one of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Those in its own key, at least one; the first is validated on.
    pub own: Vec<Vec<u8>>,
    /// Those in other keys, if it is learnt in such.
    pub moved: Vec<Vec<u8>>,
}

impl Versions {
    /// The text that is validated on.
    fn first(&self) -> &[u8] {
        self.own.first().map_or(&[], Vec::as_slice)
    }

    fn draw(&self, stream: &mut Stream) -> &[u8] {
        let among = if self.moved.is_empty() || stream.chance(0.5) {
            &self.own
        } else {
            &self.moved
        };
        &among[stream.below(among.len())]
    }
}

/// Tunes to learn from.
#[derive(Clone, Debug)]
pub struct Tunes {
    train: Vec<Versions>,
    valid: Vec<Versions>,
    told: Told,
    curriculum: Curriculum,
}

/// A part of a text.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    text: &'a [u8],
    from: usize,
    length: usize,
}

impl Tunes {
    /// Tunes of both folds, told as `told` says.
    pub fn new(
        mut train: Vec<Versions>,
        mut valid: Vec<Versions>,
        told: Told,
        curriculum: Curriculum,
    ) -> Tunes {
        for tunes in [&mut train, &mut valid] {
            tunes.retain(|tune| !tune.first().is_empty());
        }
        Tunes {
            train,
            valid,
            told,
            curriculum,
        }
    }

    /// The texts of an epoch.
    fn texts(&self, split: Split, epoch: u64, seed: Seed) -> Vec<&[u8]> {
        if split != Split::Train {
            return self.valid.iter().map(Versions::first).collect();
        }
        let mut stream = seed.stream("version", epoch);
        let tunes = self.train.iter();
        tunes.map(|tune| tune.draw(&mut stream)).collect()
    }

    fn streams(&self, split: Split) -> bool {
        // Validation reads tunes from their beginnings, whatever is learnt from.
        split == Split::Train && self.curriculum.sequences == Sequences::Stream
    }

    /// All parts of the texts of an epoch, each at most as long as a row.
    fn pieces(&self, split: Split, epoch: u64, seed: Seed) -> Vec<Piece<'_>> {
        let longest = self.longest(split);
        let of_text =
            |text| starts(text, longest).map(move |(from, length)| Piece { text, from, length });
        let texts = self.texts(split, epoch, seed);
        texts.into_iter().flat_map(of_text).collect()
    }

    /// Validation reads whole tunes, or as much of them as anyone would learn from at once.
    fn longest(&self, split: Split) -> usize {
        match split {
            Split::Train => self.curriculum.characters,
            Split::Valid | Split::Test => self.curriculum.characters.max(2048),
        }
    }

    /// The pieces of a batch: pieces of about the same length, so that little is padding.
    fn of_batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Vec<Piece<'_>> {
        let mut pieces = self.pieces(split, epoch, seed);
        let rows = self.curriculum.rows;
        let mut order: Vec<usize> = (0..pieces.len().div_ceil(rows)).collect();
        if split == Split::Train {
            let mut stream = seed.stream("shuffle", epoch);
            stream.shuffle(&mut pieces);
            stream.shuffle(&mut order);
            for some in pieces.chunks_mut(8 * rows) {
                some.sort_by_key(|piece| piece.length);
            }
        } else {
            pieces.sort_by_key(|piece| piece.length);
        }
        let chunk = pieces.chunks(rows).nth(order[index % order.len()]);
        chunk.unwrap_or_default().to_vec()
    }

    /// A batch of parts of tunes.
    fn rows(&self, pieces: &[Piece<'_>]) -> Batch {
        let steps = pieces.iter().map(|piece| piece.length).max().unwrap_or(0);
        let features = match self.told {
            Told::Character => 1,
            Told::Context => FEATURES,
        };
        let mut batch = Batch {
            rows: pieces.len(),
            told: vec![0; pieces.len() * steps * features],
            follows: vec![PADDING; pieces.len() * steps],
            goes_on: false,
        };
        for (row, piece) in pieces.iter().enumerate() {
            let text = &piece.text[..piece.from + piece.length];
            let told = &mut batch.told[row * steps * features..][..piece.length * features];
            let follows = &mut batch.follows[row * steps..][..piece.length];
            tell(self.told, text, piece.from, told, follows);
        }
        batch
    }

    /// A batch of a stream that goes through the whole text.
    fn streamed(&self, index: usize) -> Batch {
        let Curriculum {
            rows, characters, ..
        } = self.curriculum;
        let text: Vec<u8> = self
            .train
            .iter()
            .flat_map(Versions::first)
            .copied()
            .collect();
        let length = text.len() / rows;
        let mut batch = Batch {
            rows,
            told: Vec::with_capacity(rows * characters),
            follows: Vec::with_capacity(rows * characters),
            goes_on: index > 0,
        };
        for row in 0..rows {
            let from = row * length + index * characters;
            let read = &text[from..=from + characters];
            batch
                .told
                .extend(read[..characters].iter().map(|&symbol| u16::from(symbol)));
            batch.follows.extend(&read[1..]);
        }
        batch
    }
}

/// Where the parts of a text begin and how long they are, none longer than `longest`.
fn starts(text: &[u8], longest: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
    let length = text.len();
    let froms = (0..length).step_by(longest);
    froms.map(move |from| (from, longest.min(length - from)))
}

/// What is told at each character of `text` from `from` on, and what follows it.
fn tell(kind: Told, text: &[u8], from: usize, told: &mut [u16], follows: &mut [u8]) {
    match kind {
        Told::Character => {
            let before = |place: usize| {
                if place == 0 {
                    LINE_END
                } else {
                    text[place - 1]
                }
            };
            for (place, told) in (from..).zip(told) {
                *told = u16::from(before(place));
            }
            follows.copy_from_slice(&text[from..]);
        }
        Told::Context => {
            let mut context = Context::new();
            let (features, _) = told.as_chunks_mut::<FEATURES>();
            let mut places = features.iter_mut().zip(follows);
            for (place, &symbol) in text.iter().enumerate() {
                if place >= from {
                    let (told, follows) = places.next().expect("there is one for each");
                    *told = context.features();
                    *follows = context.relative(symbol);
                }
                context.read(symbol);
            }
        }
    }
}

impl Batches for Tunes {
    type Batch = Batch;

    fn batches_per_epoch(&self, split: Split) -> usize {
        if self.streams(split) {
            let Curriculum {
                rows, characters, ..
            } = self.curriculum;
            let text: usize = self.train.iter().map(|tune| tune.first().len()).sum();
            (text / rows).saturating_sub(1) / characters
        } else {
            // Versions of a tune may have more parts or fewer, so an epoch has as many batches as the
            // first versions fill.
            let longest = self.longest(split);
            let tunes = if split == Split::Train {
                &self.train
            } else {
                &self.valid
            };
            let parts: usize = tunes
                .iter()
                .map(|tune| starts(tune.first(), longest).count())
                .sum();
            parts.div_ceil(self.curriculum.rows)
        }
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Batch {
        if self.streams(split) {
            self.streamed(index)
        } else {
            self.rows(&self.of_batch(split, epoch, index, seed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{Architecture, Corpus};
    use super::super::encoding::symbols;
    use super::super::network::Speaker;
    use super::*;
    use consort_learn::stepper::Precision;

    const TUNE: &str = "X:1\nM:6/8\nK:D\n|:DFA dAF|GBd gdB|(3ABc d2 def|d3 d3:|\n";

    fn architecture(told: Told, carried_rows: usize) -> Architecture {
        Architecture {
            told,
            embedding: 12,
            hidden: 16,
            layers: 2,
            shortcuts: told == Told::Context,
            input_dropout: 0.0,
            dropout: 0.0,
            carried_rows,
        }
    }

    fn tunes(told: Told, sequences: Sequences, characters: usize) -> Tunes {
        let text = |text: &str| Versions {
            own: vec![symbols(text)],
            moved: Vec::new(),
        };
        let curriculum = Curriculum {
            corpus: Corpus::Jigs,
            sequences,
            rows: 2,
            characters,
        };
        let short = "X:2\nK:G\nGAB|\n";
        Tunes::new(
            vec![text(TUNE), text(short)],
            vec![text(TUNE)],
            told,
            curriculum,
        )
    }

    #[test]
    fn the_loss_is_what_a_speaker_says() {
        for told in [Told::Character, Told::Context] {
            let network = Network::new(&architecture(told, 0), Seed(1));
            let tunes = tunes(told, Sequences::Tunes, 600);
            let batch = tunes.batch(Split::Train, 0, 0, Seed(1));
            let loss = network.loss(&batch, &mut Noise::off());
            let mut speaker = Speaker::new(&network, Precision::F32);
            let (mut sum, mut count) = (0.0, 0.0);
            for tune in tunes.train.iter().flat_map(|tune| &tune.own) {
                speaker.restart();
                for &symbol in tune {
                    sum -= speaker.next()[usize::from(symbol)];
                    count += 1.0;
                    speaker.hear(symbol);
                }
            }
            let mean: f32 = loss.mean.into_scalar();
            assert!((mean - sum / count).abs() < 1e-4, "{mean} {}", sum / count);
            assert_eq!(loss.count as f32, count);
        }
    }

    #[test]
    fn long_tunes_are_cut_and_nothing_is_lost() {
        let tunes = tunes(Told::Context, Sequences::Tunes, 20);
        let mut seen = 0;
        for index in 0..tunes.batches_per_epoch(Split::Train) {
            let batch = tunes.batch(Split::Train, 3, index, Seed(1));
            assert!(batch.steps() <= 20 && batch.rows <= 2);
            seen += batch
                .follows
                .iter()
                .filter(|&&symbol| symbol != PADDING)
                .count();
        }
        assert_eq!(
            seen,
            tunes
                .train
                .iter()
                .flat_map(|tune| &tune.own)
                .map(Vec::len)
                .sum::<usize>()
        );
    }

    #[test]
    fn a_stream_goes_on_where_it_ended() {
        let tunes = tunes(Told::Character, Sequences::Stream, 8);
        let network = Network::new(&architecture(Told::Character, 2), Seed(1));
        let losses = |network: &Network, batches: &[Batch]| -> Vec<f32> {
            let noise = || Noise::from_stream(Seed(1).stream("noise", 0));
            let loss = |batch| network.loss(batch, &mut noise()).mean.into_scalar();
            batches.iter().map(loss).collect()
        };
        let batches: Vec<Batch> = (0..2)
            .map(|index| tunes.batch(Split::Train, 0, index, Seed(1)))
            .collect();
        assert!(!batches[0].goes_on && batches[1].goes_on);
        let mut whole = batches[0].clone();
        whole.told.clear();
        whole.follows.clear();
        for row in 0..2 {
            for batch in &batches {
                whole.told.extend(&batch.told[row * 8..][..8]);
                whole.follows.extend(&batch.follows[row * 8..][..8]);
            }
        }
        let in_two = losses(&network, &batches);
        let at_once = losses(&network, &[whole]);
        assert!((in_two.iter().sum::<f32>() / 2.0 - at_once[0]).abs() < 1e-5);
        let mut anew = batches[1].clone();
        anew.goes_on = false;
        assert!((losses(&network, &[anew])[0] - in_two[1]).abs() > 1e-6);
    }
}

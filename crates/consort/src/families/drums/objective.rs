//! What a network learns: which drums are struck next, and how.

use consort_learn::{Batches, Seed, Split};

use super::config::{Architecture, Curriculum, Shape, StreamShape, Told, WindowShape};
use super::encoding::{
    COMBINATIONS, Context, DRUMS, Frame, Groove, STROKE_FEATURES, Stroked, moment_class,
    velocity_class,
};
use super::network::COUNTER_BITS;

mod rehearsal;

use rehearsal::Rehearsal;
pub use rehearsal::conditions_of;
pub(super) use rehearsal::grid_of;

/// What is to follow where a row has ended: nothing that counts.
pub const PADDING: u16 = u16::MAX;

/// What a network learns from at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// For networks that hear pieces from their start.
    Sequences(Sequences),
    /// For those of the article.
    Windows(Windows),
}

/// Sequences of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequences {
    /// How many there are.
    pub rows: usize,
    /// What is told before each step, `[row][step][feature]`.
    pub told: Vec<f32>,
    /// The combination that follows, or [`PADDING`], `[row][step]`.
    pub follows: Vec<u16>,
    /// The strokes, in no order that matters.
    pub strokes: Vec<Stroke>,
    /// What is told of each of them, `[stroke][feature]`.
    pub strokes_told: Vec<f32>,
    /// How much a nat of how strokes are played counts beside one of which there are.
    pub expression_share: f32,
}

/// How a stroke is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// Its row and step in the batch, as one number.
    pub at: usize,
    /// The number of its velocity.
    pub velocity: u8,
    /// The number of its moment.
    pub moment: u8,
    /// Whether a second stroke of its drum follows; nothing if it is one.
    pub again: Option<bool>,
}

/// Windows of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// What is heard, as the network's own combinations, `[row][step]`.
    pub heard: Vec<u16>,
    /// What follows, likewise.
    pub follows: Vec<u16>,
}

impl Sequences {
    /// Steps of each row, padding included.
    pub fn steps(&self) -> usize {
        self.follows.len() / self.rows
    }
}

/// Drumming to learn from.
#[derive(Clone, Debug)]
pub struct Grooves {
    train: Vec<Groove>,
    valid: Vec<Groove>,
    shape: Shape,
    curriculum: Curriculum,
}

/// A part of a groove.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    /// Its place in the order of the epoch, for draws of its own.
    number: u64,
    groove: &'a Groove,
    from: usize,
    length: usize,
}

impl Grooves {
    /// Grooves of both folds.
    pub fn new(
        mut train: Vec<Groove>,
        mut valid: Vec<Groove>,
        architecture: &Architecture,
        curriculum: Curriculum,
    ) -> Grooves {
        for grooves in [&mut train, &mut valid] {
            grooves.retain(|groove| !groove.frames.is_empty());
        }
        Grooves {
            train,
            valid,
            shape: architecture.network.clone(),
            curriculum,
        }
    }

    fn of_split(&self, split: Split) -> &[Groove] {
        if split == Split::Train {
            &self.train
        } else {
            &self.valid
        }
    }

    /// The longest sequence. Validation hears whole performances, or as much of them as is sensible.
    fn longest(&self, split: Split) -> usize {
        match split {
            Split::Train => self.curriculum.steps.max(1),
            Split::Valid | Split::Test => self.curriculum.steps.max(4096),
        }
    }

    /// The parts of all grooves, cut elsewhere in each epoch.
    fn pieces(&self, split: Split, epoch: u64, seed: Seed) -> Vec<Piece<'_>> {
        let longest = self.longest(split);
        let mut stream = seed.stream("cut", epoch);
        let mut pieces = Vec::new();
        for groove in self.of_split(split) {
            let length = groove.frames.len();
            let first = match split {
                Split::Train if length > longest => 1 + stream.below(longest),
                _ => longest,
            };
            let mut from = 0;
            while from < length {
                let end = if from == 0 { first } else { from + longest };
                let end = end.min(length);
                pieces.push(Piece {
                    number: pieces.len() as u64,
                    groove,
                    from,
                    length: end - from,
                });
                from = end;
            }
        }
        pieces
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

    /// A batch of sequences.
    fn sequences(
        &self,
        shape: &StreamShape,
        split: Split,
        pieces: &[Piece<'_>],
        seed: Seed,
    ) -> Sequences {
        let steps = pieces.iter().map(|piece| piece.length).max().unwrap_or(0);
        let features = shape.told.features();
        let rows = pieces.len();
        let mut batch = Sequences {
            rows,
            told: vec![0.0; rows * steps * features],
            follows: vec![PADDING; rows * steps],
            strokes: Vec::new(),
            strokes_told: Vec::new(),
            expression_share: self.curriculum.expression_share,
        };
        for (row, piece) in pieces.iter().enumerate() {
            let rehearsal = match split {
                Split::Train => {
                    let stream = &mut seed.stream("rehearsal", piece.number);
                    Rehearsal::draw(piece.groove, piece.from, &self.curriculum, stream)
                }
                Split::Valid | Split::Test => Rehearsal::plain(piece.groove, piece.from),
            };
            let frames = &rehearsal.frames[..rehearsal.from + piece.length];
            match shape.told {
                Told::Context => {
                    let mut context = Context::new(
                        piece.groove.grid,
                        piece.groove.metre,
                        rehearsal.conditions.clone(),
                    );
                    for (at, (&frame, &heard)) in frames.iter().zip(rehearsal.heard()).enumerate() {
                        if let Some(step) = at.checked_sub(rehearsal.from) {
                            let place = row * steps + step;
                            context.tell(&mut batch.told[place * features..][..features]);
                            batch.follows[place] = frame.combination();
                            if shape.expression > 0 {
                                batch.add_strokes(&context, frame, place);
                            }
                        }
                        context.hear(heard);
                    }
                }
                Told::Combination => {
                    for (at, &frame) in frames.iter().enumerate().skip(rehearsal.from) {
                        let place = row * steps + at - rehearsal.from;
                        let last = at.checked_sub(1).map(|at| frames[at].combination());
                        let told = &mut batch.told[place * features..][..features];
                        tell_combination(last, at, told);
                        batch.follows[place] = frame.combination();
                    }
                }
            }
        }
        batch
    }

    /// A batch of windows.
    fn windows(
        &self,
        shape: &WindowShape,
        split: Split,
        epoch: u64,
        index: usize,
        seed: Seed,
    ) -> Windows {
        let ends = self.ends(split);
        let rows = self.curriculum.rows.min(ends.len());
        let chosen: Vec<(usize, usize)> = if split == Split::Train {
            let mut stream = seed.stream("windows", epoch).clone();
            let mut order: Vec<u32> = (0..ends.len() as u32).collect();
            stream.shuffle(&mut order);
            let chosen = order.into_iter().skip(index * rows).take(rows);
            chosen.map(|place| ends[place as usize]).collect()
        } else {
            ends.into_iter().skip(index * rows).take(rows).collect()
        };
        let grooves = self.of_split(split);
        let mut batch = Windows {
            heard: Vec::with_capacity(chosen.len() * shape.steps),
            follows: Vec::with_capacity(chosen.len()),
        };
        for (groove, end) in chosen {
            let frames = &grooves[groove].frames;
            let known = |at: usize| shape.known(frames[at].combination());
            for back in (1..=shape.steps).rev() {
                batch.heard.push(end.checked_sub(back).map_or(0, known));
            }
            batch.follows.push(known(end));
        }
        batch
    }

    /// The steps that windows end before: the groove and the step.
    fn ends(&self, split: Split) -> Vec<(usize, usize)> {
        let stride = self.curriculum.stride.max(1);
        let grooves = self.of_split(split).iter().enumerate();
        grooves
            .flat_map(|(number, groove)| {
                let steps = (0..groove.frames.len()).step_by(stride);
                steps.map(move |step| (number, step))
            })
            .collect()
    }
}

/// What a network of [`Told::Combination`] is told before step `at`: the last combination and the bits of
/// the number of the step.
pub fn tell_combination(last: Option<u16>, at: usize, told: &mut [f32]) {
    told.fill(0.0);
    if let Some(last) = last {
        told[usize::from(last)] = 1.0;
    }
    for (bit, number) in told[COMBINATIONS..][..COUNTER_BITS].iter_mut().enumerate() {
        // As magenta's encoders count: 1 and -1.
        *number = if at >> bit & 1 == 1 { 1.0 } else { -1.0 };
    }
}

impl Sequences {
    /// Adds the strokes of a step, in the order in which a player draws them.
    fn add_strokes(&mut self, context: &Context, frame: Frame, at: usize) {
        let combination = frame.combination();
        let mut known = Frame::default();
        for drum in 0..DRUMS {
            let Some(hit) = frame.strokes[drum] else {
                continue;
            };
            let again = frame.seconds[drum];
            let hits = [Some(hit), again].into_iter().flatten();
            for (nth, hit) in hits.enumerate() {
                let from = self.strokes_told.len();
                self.strokes_told.resize(from + STROKE_FEATURES, 0.0);
                let stroked = Stroked {
                    combination,
                    known: &known,
                    drum,
                    second: nth == 1,
                };
                context.tell_stroke(stroked, &mut self.strokes_told[from..]);
                #[expect(clippy::cast_possible_truncation, reason = "below 32")]
                self.strokes.push(Stroke {
                    at,
                    velocity: velocity_class(hit) as u8,
                    moment: moment_class(hit) as u8,
                    again: (nth == 0).then_some(again.is_some()),
                });
                if nth == 0 {
                    known.strokes[drum] = Some(hit);
                }
            }
        }
    }
}

impl Batches for Grooves {
    type Batch = Batch;

    fn batches_per_epoch(&self, split: Split) -> usize {
        let rows = self.curriculum.rows;
        match &self.shape {
            Shape::Window(_) => {
                let ends = self.ends(split).len();
                if split == Split::Train {
                    (ends / rows).max(usize::from(ends > 0))
                } else {
                    ends.div_ceil(rows)
                }
            }
            Shape::Stream(_) => {
                // Cut elsewhere there may be more pieces or fewer; an epoch has as many batches as these.
                let longest = self.longest(split);
                let grooves = self.of_split(split).iter();
                let pieces: usize = grooves
                    .map(|groove| groove.frames.len().div_ceil(longest))
                    .sum();
                pieces.div_ceil(rows)
            }
        }
    }

    fn batch(&self, split: Split, epoch: u64, index: usize, seed: Seed) -> Batch {
        match &self.shape {
            Shape::Window(shape) => Batch::Windows(self.windows(shape, split, epoch, index, seed)),
            Shape::Stream(shape) => {
                let pieces = self.of_batch(split, epoch, index, seed);
                let seed = seed.derive("rehearsals", epoch);
                Batch::Sequences(self.sequences(shape, split, &pieces, seed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::drums::config::{Layers, Output, Symbols};
    use crate::families::drums::encoding::Grid;
    use consort_music::grid::Hit;
    use consort_music::{Metre, Velocity};

    /// A groove whose combinations tell its steps apart.
    fn groove(steps: u16) -> Groove {
        let frame = |step: u16| {
            let mut frame = Frame::default();
            for drum in super::super::encoding::drums_of(1 + step % 511) {
                frame.strokes[drum] = Some(Hit {
                    velocity: Velocity::DEFAULT,
                    offset: 0.0,
                });
            }
            frame
        };
        Groove {
            frames: (0..steps).map(frame).collect(),
            grid: Grid::Sixteenths,
            metre: Metre::COMMON,
            tempo: 120.0,
            style: None,
            is_fill: false,
        }
    }

    fn curriculum() -> Curriculum {
        Curriculum {
            rows: 3,
            steps: 40,
            stride: 2,
            expression_share: 0.1,
            fresh_share: 0.5,
            silenced_share: 0.0,
            misheard_share: 0.5,
            velocity_range: 0.2,
        }
    }

    fn grooves(network: Shape, curriculum: Curriculum) -> Grooves {
        let architecture = Architecture {
            grid: Grid::Sixteenths,
            network,
        };
        let train = vec![groove(100), groove(0), groove(17)];
        Grooves::new(train, vec![groove(50)], &architecture, curriculum)
    }

    fn stream() -> Shape {
        Shape::Stream(StreamShape {
            told: Told::Context,
            embedding: 4,
            hidden: 4,
            layers: 1,
            dense: 4,
            shortcuts: true,
            output: Output::Pairs,
            expression: 4,
            input_dropout: 0.0,
            dropout: 0.0,
        })
    }

    #[test]
    fn pieces_are_cut_anew_and_nothing_is_lost() {
        let grooves = grooves(stream(), curriculum());
        let mut cuts = Vec::new();
        for epoch in 0..4 {
            let mut pieces = grooves.pieces(Split::Train, epoch, Seed(1));
            assert!(pieces.iter().all(|piece| (1..=40).contains(&piece.length)));
            pieces.retain(|piece| piece.groove.frames.len() == 100);
            let mut next = 0;
            for piece in &pieces {
                assert_eq!(piece.from, next);
                next += piece.length;
            }
            assert_eq!(next, 100);
            cuts.push(pieces[1].from);
        }
        cuts.dedup();
        assert!(cuts.len() > 1, "{cuts:?}");
    }

    #[test]
    fn what_is_misheard_is_still_to_be_foretold_as_it_was() {
        let grooves = grooves(stream(), curriculum());
        for index in 0..6 {
            let Batch::Sequences(batch) = grooves.batch(Split::Train, index, 0, Seed(1)) else {
                panic!("a stream learns from sequences");
            };
            for row in batch.follows.chunks(batch.steps()) {
                let row: Vec<u16> = row.iter().copied().filter(|&c| c != PADDING).collect();
                // Combinations count up as the steps do.
                assert!(row.windows(2).all(|pair| pair[1] == pair[0] + 1), "{row:?}");
            }
            let strokes: u32 = batch
                .follows
                .iter()
                .filter(|&&combination| combination != PADDING)
                .map(|combination| combination.count_ones())
                .sum();
            assert_eq!(batch.strokes.len(), strokes as usize);
        }
    }

    #[test]
    fn slips_change_what_is_heard() {
        let groove = groove(200);
        let always = Curriculum {
            misheard_share: 1.0,
            ..curriculum()
        };
        let mut stream = Seed(1).stream("test", 0);
        let rehearsal = Rehearsal::draw(&groove, 60, &always, &mut stream);
        let slips = rehearsal.frames.iter().zip(rehearsal.heard());
        let slips = slips
            .filter(|(a, b)| a.combination() != b.combination())
            .count();
        let steps = rehearsal.frames.len();
        assert!(slips > steps / 20 && slips < steps, "{slips} of {steps}");
        assert_eq!(Rehearsal::plain(&groove, 60).heard(), &groove.frames[..]);
    }

    #[test]
    fn windows_end_before_what_follows() {
        let shape = Shape::Window(WindowShape {
            layers: Layers::Lstm,
            steps: 8,
            drums: 9,
            symbols: Symbols::Drums,
            hidden: 4,
            dropout: 0.0,
        });
        let Shape::Window(window) = &shape else {
            unreachable!("it is a window")
        };
        let grooves = grooves(shape.clone(), curriculum());
        let mut seen = Vec::new();
        for index in 0..grooves.batches_per_epoch(Split::Train) {
            let Batch::Windows(batch) = grooves.batch(Split::Train, 0, index, Seed(1)) else {
                panic!("a window learns from windows");
            };
            for (heard, &follows) in batch.heard.chunks(8).zip(&batch.follows) {
                let next = window.of_all(follows);
                let last = window.of_all(heard[7]);
                assert!(
                    next == last + 1 || (next == 1 && last == 0),
                    "{last} {next}"
                );
                seen.push(next);
            }
        }
        // Every second step of both grooves, but for what does not fill a batch.
        assert_eq!(seen.len(), (50 + 9) / 3 * 3);
    }

    #[test]
    fn windows_of_the_presets_end_at_all_places_of_a_bar() {
        for preset in [
            include_str!("presets/article-lstm.toml"),
            include_str!("presets/article-cnn.toml"),
        ] {
            let preset: toml::Table = toml::from_str(preset).unwrap();
            let stride = preset["curriculum"]["stride"].as_integer().unwrap() as usize;
            let bar = Grid::ThirtySeconds.per_bar(Metre::COMMON);
            let mut places: Vec<usize> = (0..bar).map(|window| window * stride % bar).collect();
            places.sort_unstable();
            assert!(places.into_iter().eq(0..bar));
        }
    }
}

//! What a listener knows before a step: the strokes just heard, what stood at this place in earlier bars,
//! what followed when the same was heard before, and what was agreed upon.
//!
//! Networks that are told only the steps just heard have to keep a bar in their state, and what they play
//! alone falls into one bar that comes again and again. Here earlier bars are always in sight.

use std::collections::BTreeMap;

use consort_music::grid::Hit;

use super::{DRUMS, Frame, Grid, drums_of};
use crate::families::drums::styles::{GENRES, KINDS, Style};
use consort_music::Metre;

/// What is agreed upon before the first step; nothing of it needs to be known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// The style.
    pub style: Option<Style>,
    /// Quarter notes in a minute.
    pub tempo: Option<f64>,
    /// Strokes in a step on average, counting each drum.
    pub density: Option<f32>,
    /// Whether bars are fills, bar by bar; bars after the last are not.
    pub fills: Option<Vec<bool>>,
    /// Where another instrument, such as a bass, begins notes, step by step; after the last it rests.
    pub line: Option<Vec<bool>>,
}

/// Bars back that are in sight.
const BACK: [usize; 4] = [1, 2, 4, 8];

/// Steps around the place of a bar back that are in sight: the one before, the place itself, and what
/// followed.
const AROUND: [isize; 4] = [-1, 0, 1, 2];

/// Steps just heard that are in sight, counted back, beside the last.
const JUST_HEARD: [usize; 4] = [2, 3, 4, 8];

/// How often each drum is struck in a step, in the training fold of `groove-drums` on sixteenths: what is
/// expected where a place was not heard yet.
const USUAL: [f32; DRUMS] = [
    0.232, 0.328, 0.310, 0.039, 0.031, 0.015, 0.042, 0.018, 0.159,
];

/// How fast means forget: the share that the last bar has in them.
const FORGET: [f32; 2] = [0.4, 0.15];

/// Steps that must be the same for a memory of what followed, and whether they must stand at the same place
/// in the bar.
const MEMORIES: [(usize, bool); 6] = [
    (2, true),
    (4, true),
    (8, true),
    (16, true),
    (2, false),
    (32, false),
];

/// Earlier bars count for what comes next by how like this one they are: steps over which they are compared,
/// and how much each stroke by which they differ takes from the logarithm of their weight.
const LIKENESSES: [(usize, f32); 3] = [(8, 0.7), (16, 0.5), (32, 0.35)];

/// The most bars back that are compared.
const COMPARED: usize = 400;

/// Strokes by which a step that was never heard is said to differ.
const UNHEARD: f32 = 0.25;

/// Steps of the line that are in sight: the one before, this, and those to come.
const LINE: [isize; 6] = [-1, 0, 1, 2, 3, 4];

/// The longest bar whose steps are told apart.
const PLACES: usize = 32;

const LAST: usize = (4 + JUST_HEARD.len()) * DRUMS;
const BARS_BACK: usize = BACK.len() * (AROUND.len() + 1) * DRUMS;
const MEANS: usize = (3 + FORGET.len()) * DRUMS;
const SINCE: usize = 2 * DRUMS;
const ALIKE: usize = BACK.len();
const REMEMBERED: usize = MEMORIES.len() * (2 * DRUMS + 2);
const LIKENED: usize = LIKENESSES.len() * (DRUMS + 2);
const PLACE: usize = PLACES + 12 + 2 + 4 + 8 + 3;
const AGREED: usize = GENRES.len() + KINDS.len() + 8 + 2 + 2 + (LINE.len() + 1);

/// Numbers that are told of a step.
pub const FEATURES: usize =
    LAST + BARS_BACK + MEANS + SINCE + ALIKE + REMEMBERED + LIKENED + PLACE + AGREED;

/// Numbers that are told of a stroke.
pub const STROKE_FEATURES: usize = 2 * DRUMS + 6 + 3 + 9 + 2 * DRUMS + 2;

/// What is known of the strokes of one drum, or of all.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f32,
    velocity: f32,
    offset: f32,
}

impl Sum {
    fn add(&mut self, hit: Hit) {
        self.count += 1.0;
        self.velocity += loudness(hit);
        self.offset += hit.offset;
    }

    /// Whether there are any, and the means.
    fn told(self) -> [f32; 3] {
        if self.count > 0.0 {
            let mean = |sum: f32| sum / self.count;
            [1.0, mean(self.velocity), 2.0 * mean(self.offset)]
        } else {
            [0.0; 3]
        }
    }
}

/// A velocity from 0 to 1.
fn loudness(hit: Hit) -> f32 {
    f32::from(hit.velocity.midi()) / 127.0
}

/// What was heard so far, and what is agreed upon.
#[derive(Clone, Debug)]
pub struct Context {
    conditions: Conditions,
    /// Steps in a bar.
    bar: usize,
    /// Steps in a beat.
    beat: usize,
    metre: Metre,
    frames: Vec<Frame>,
    combinations: Vec<u16>,
    /// By place in the bar and drum.
    places: Vec<[Sum; DRUMS]>,
    /// Means that forget, by place in the bar and drum, for each of [`FORGET`].
    recent: [Vec<[f32; DRUMS]>; FORGET.len()],
    drums: [Sum; DRUMS],
    all: Sum,
    /// Where each drum was last struck.
    last: [Option<usize>; DRUMS],
    memories: [Memory; MEMORIES.len()],
}

/// What followed runs of steps of one length.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// By what the run was.
    followed: BTreeMap<u64, Followed>,
    /// The run that has just ended, if it is long enough.
    run: Option<u64>,
}

/// What followed a run of steps.
#[derive(Clone, Copy, Debug, Default)]
struct Followed {
    /// The last time.
    last: u16,
    /// How often it was heard.
    times: f32,
    /// How often each drum followed.
    sums: [f32; DRUMS],
}

/// What is drawn of a stroke is drawn after what is known of the others in its step.
#[derive(Clone, Copy, Debug)]
pub struct Stroked<'a> {
    /// The drums of the step.
    pub combination: u16,
    /// The strokes of the step that are known.
    pub known: &'a Frame,
    /// The drum whose stroke it is.
    pub drum: usize,
    /// Whether it is the second of its drum, so that the first is known.
    pub second: bool,
}

impl Context {
    /// Before the first step.
    pub fn new(grid: Grid, metre: Metre, conditions: Conditions) -> Context {
        let bar = grid.per_bar(metre);
        let unit = grid.per_quarter() * 4 / usize::from(metre.unit);
        Context {
            conditions,
            bar,
            beat: (unit * usize::from(metre.units_per_beat())).max(1),
            metre,
            frames: Vec::new(),
            combinations: Vec::new(),
            places: vec![[Sum::default(); DRUMS]; bar],
            recent: std::array::from_fn(|_| vec![USUAL; bar]),
            drums: [Sum::default(); DRUMS],
            all: Sum::default(),
            last: [None; DRUMS],
            memories: std::array::from_fn(|_| Memory::default()),
        }
    }

    /// Steps heard.
    pub fn heard(&self) -> &[Frame] {
        &self.frames
    }

    /// Steps in a bar.
    pub fn bar(&self) -> usize {
        self.bar
    }

    /// Changes the density that is agreed upon, if one is.
    pub fn ask_density(&mut self, strokes_per_step: f32) {
        if let Some(density) = &mut self.conditions.density {
            *density = strokes_per_step;
        }
    }

    /// Hears a step.
    pub fn hear(&mut self, frame: Frame) {
        let at = self.frames.len();
        let place = at % self.bar;
        for drum in 0..DRUMS {
            let struck = f32::from(u8::from(frame.strokes[drum].is_some()));
            for (recent, forget) in self.recent.iter_mut().zip(FORGET) {
                let mean = &mut recent[place][drum];
                *mean += forget * (struck - *mean);
            }
            if let Some(hit) = frame.strokes[drum] {
                self.places[place][drum].add(hit);
                self.drums[drum].add(hit);
                self.all.add(hit);
                self.last[drum] = Some(at);
            }
        }
        self.frames.push(frame);
        let combination = frame.combination();
        self.combinations.push(combination);
        for ((length, by_place), memory) in MEMORIES.into_iter().zip(&mut self.memories) {
            if let Some(run) = memory.run {
                let followed = memory.followed.entry(run).or_default();
                followed.last = combination;
                followed.times += 1.0;
                drums_of(combination).for_each(|drum| followed.sums[drum] += 1.0);
            }
            let from = self.combinations.len().checked_sub(length);
            let place = if by_place { (at + 1) % self.bar } else { 0 };
            memory.run = from.map(|from| key(place, &self.combinations[from..]));
        }
    }

    /// What is told before the next step, [`FEATURES`] numbers of about the size of 1.
    pub fn tell(&self, told: &mut [f32]) {
        told.fill(0.0);
        let mut page = Page { told, at: 0 };
        self.tell_last(&mut page);
        self.tell_bars(&mut page);
        self.tell_means(&mut page);
        self.tell_memories(&mut page);
        self.tell_likeness(&mut page);
        self.tell_place(&mut page);
        self.tell_agreed(&mut page);
        assert_eq!(page.at, FEATURES, "the features are counted");
    }

    fn tell_last(&self, page: &mut Page<'_>) {
        let last = self.frames.last().copied().unwrap_or_default();
        page.hits(&last);
        page.loudness(&last);
        for hit in last.strokes {
            page.push(hit.map_or(0.0, |hit| 2.0 * hit.offset));
        }
        for hit in last.seconds {
            page.push(f32::from(u8::from(hit.is_some())));
        }
        for back in JUST_HEARD {
            let at = self.frames.len().checked_sub(back);
            page.hits(&at.map(|at| self.frames[at]).unwrap_or_default());
        }
    }

    fn tell_bars(&self, page: &mut Page<'_>) {
        let now = self.frames.len();
        for back in BACK {
            let place = now.checked_sub(back * self.bar);
            let frame = |around: isize| {
                let at = place?.checked_add_signed(around)?;
                self.frames.get(at).copied()
            };
            for around in AROUND {
                page.hits(&frame(around).unwrap_or_default());
            }
            page.loudness(&frame(0).unwrap_or_default());
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bars and steps of a piece")]
    fn tell_means(&self, page: &mut Page<'_>) {
        let now = self.frames.len();
        for ahead in 0..3 {
            let at = now + ahead;
            // How often the place was heard, this bar's steps included.
            let times = (at / self.bar) as f32;
            let times = times - f32::from(u8::from(at / self.bar > now / self.bar));
            let sums = &self.places[at % self.bar];
            for (sum, usual) in sums.iter().zip(USUAL) {
                page.push((sum.count + usual) / (times + 1.0));
            }
        }
        for recent in &self.recent {
            recent[now % self.bar]
                .iter()
                .for_each(|&mean| page.push(mean));
        }
        for last in self.last {
            let since = last.map_or(128.0, |at| (now - at).min(128) as f32);
            page.push(since.log2() / 7.0);
            page.push(1.0 / since);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "steps of a bar")]
    fn tell_memories(&self, page: &mut Page<'_>) {
        let now = self.frames.len();
        let begin = now / self.bar * self.bar;
        for back in BACK {
            let alike = begin.checked_sub(back * self.bar).map_or(0.0, |from| {
                let then = &self.combinations[from..from + (now - begin)];
                let both = then.iter().zip(&self.combinations[begin..]);
                let (mut shared, mut struck) = (0, 0);
                for (a, b) in both {
                    shared += (a & b).count_ones();
                    struck += (a | b).count_ones();
                }
                (shared as f32 + 1.0) / (struck as f32 + 1.0)
            });
            page.push(alike);
        }
        for memory in &self.memories {
            let followed = memory.run.and_then(|run| memory.followed.get(&run));
            let followed = followed.copied().unwrap_or_default();
            page.push(f32::from(u8::from(followed.times > 0.0)));
            page.push((1.0 + followed.times).ln() / 4.0);
            for (drum, sum) in followed.sums.into_iter().enumerate() {
                page.push(f32::from(followed.last >> drum & 1));
                page.push(sum / followed.times.max(1.0));
            }
        }
    }

    /// What followed in earlier bars, each counted by how like this one it is.
    #[expect(clippy::cast_precision_loss, reason = "steps of a few bars")]
    fn tell_likeness(&self, page: &mut Page<'_>) {
        let now = self.frames.len();
        let mut sums = USUAL.map(|usual| [0.02 * usual; LIKENESSES.len()]);
        let mut weights = [0.02; LIKENESSES.len()];
        let mut least = [2.0; LIKENESSES.len()];
        for bar in 1..=(now / self.bar).min(COMPARED) {
            let lag = bar * self.bar;
            // Steps that were heard before the place of a bar back.
            let heard = now - lag;
            let (mut differ, mut compared) = (0, 0);
            for (number, (steps, cost)) in LIKENESSES.into_iter().enumerate() {
                let until = steps.min(heard);
                for back in compared + 1..=until {
                    let (now, then) = (now - back, now - back - lag);
                    differ += (self.combinations[now] ^ self.combinations[then]).count_ones();
                }
                compared = compared.max(until);
                let distance = differ as f32 + UNHEARD * (steps - until) as f32;
                let weight = (-cost * distance).exp();
                weights[number] += weight;
                least[number] = f32::min(least[number], distance / 20.0);
                for drum in drums_of(self.combinations[now - lag]) {
                    sums[drum][number] += weight;
                }
            }
        }
        for number in 0..LIKENESSES.len() {
            let weight = weights[number];
            sums.iter()
                .for_each(|sums| page.push(sums[number] / weight));
            page.push(weight.ln() / 4.0);
            page.push(least[number]);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bars and steps of a piece")]
    fn tell_place(&self, page: &mut Page<'_>) {
        let now = self.frames.len();
        let (bar, place) = (now / self.bar, now % self.bar);
        page.one_of(
            PLACES,
            Some(place * PLACES.min(self.bar.max(1)) / self.bar.max(1)),
        );
        page.one_of(12, Some((place % self.beat).min(11)));
        let left = self.bar - place;
        page.push((-(left as f32 - 1.0) / 4.0).exp());
        page.push(f32::from(u8::from(place.is_multiple_of(self.beat))));
        page.one_of(4, Some(bar % 4));
        page.one_of(8, Some(bar % 8));
        page.push((1.0 + bar as f32).ln() / 3.0);
        page.push(f32::from(u8::from(now == 0)));
        page.push(f32::from(u8::from(bar == 0)));
    }

    #[expect(clippy::cast_possible_truncation, reason = "a tempo")]
    fn tell_agreed(&self, page: &mut Page<'_>) {
        let now = self.frames.len();
        let style = self.conditions.style;
        page.one_of(GENRES.len(), style.map(Style::genre));
        page.one_of(KINDS.len(), style.and_then(Style::kind));
        let tempo = self
            .conditions
            .tempo
            .map(|tempo| (tempo / 110.0).log2() as f32);
        page.push(f32::from(u8::from(tempo.is_some())));
        page.push(tempo.unwrap_or(0.0));
        // Soft steps of a fifth of an octave around 110.
        for step in [-2.0, -1.0, 0.0, 1.0, 2.0] {
            page.push(tempo.map_or(0.0, |t| (-(4.0 * t - step).powi(2)).exp()));
        }
        page.push(f32::from(u8::from(self.metre != Metre::COMMON)));
        let density = self.conditions.density;
        page.push(f32::from(u8::from(density.is_some())));
        page.push(density.unwrap_or(0.0));
        let fills = self.conditions.fills.as_ref();
        let is_fill = fills.map(|fills| fills.get(now / self.bar).copied().unwrap_or(false));
        page.push(f32::from(u8::from(is_fill.is_some())));
        page.push(f32::from(u8::from(is_fill.unwrap_or(false))));
        let line = self.conditions.line.as_ref();
        page.push(f32::from(u8::from(line.is_some())));
        for around in LINE {
            let begins = line.and_then(|line| line.get(now.checked_add_signed(around)?));
            page.push(f32::from(u8::from(begins.copied().unwrap_or(false))));
        }
    }

    /// What is told of a stroke of the next step before it is drawn, [`STROKE_FEATURES`] numbers.
    #[expect(clippy::cast_precision_loss, reason = "steps of a piece")]
    pub fn tell_stroke(&self, stroked: Stroked<'_>, told: &mut [f32]) {
        told.fill(0.0);
        let mut page = Page { told, at: 0 };
        let now = self.frames.len();
        let Stroked {
            combination,
            known,
            drum,
            second,
        } = stroked;
        page.one_of(DRUMS, Some(drum));
        for other in 0..DRUMS {
            page.push(f32::from(combination >> other & 1));
        }
        for back in [1, 2] {
            let at = now.checked_sub(back * self.bar);
            let hit = at.and_then(|at| self.frames[at].strokes[drum]);
            page.stroke(hit);
        }
        let last = self.last[drum];
        let hit = last.and_then(|at| self.frames[at].strokes[drum]);
        page.push(last.map_or(0.0, |at| (-((now - at) as f32 - 1.0) / 8.0).exp()));
        page.push(hit.map_or(0.0, loudness));
        page.push(hit.map_or(0.0, |hit| 2.0 * hit.offset));
        let sums = [
            self.places[now % self.bar][drum],
            self.drums[drum],
            self.all,
        ];
        for told in sums.iter().flat_map(|sum| sum.told()) {
            page.push(told);
        }
        for hit in known.strokes {
            page.push(hit.map_or(0.0, loudness));
        }
        for hit in known.strokes {
            page.push(hit.map_or(0.0, |hit| 2.0 * hit.offset));
        }
        page.push(f32::from(u8::from(second)));
        page.push(f32::from(u8::from(now.is_multiple_of(self.beat))));
        assert_eq!(page.at, STROKE_FEATURES, "the features are counted");
    }
}

/// A run of steps at a place as one number (FNV-1a). That two are the same by accident would do no harm but
/// a wrong memory.
fn key(place: usize, run: &[u16]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let start = (0xcbf2_9ce4_8422_2325_u64 ^ place as u64).wrapping_mul(PRIME);
    run.iter().fold(start, |key, step| {
        (key ^ u64::from(*step)).wrapping_mul(PRIME)
    })
}

/// Numbers as they are written down one after another.
struct Page<'a> {
    told: &'a mut [f32],
    at: usize,
}

impl Page<'_> {
    fn push(&mut self, number: f32) {
        self.told[self.at] = number;
        self.at += 1;
    }

    /// Which drums are struck.
    fn hits(&mut self, frame: &Frame) {
        for drum in drums_of(frame.combination()) {
            self.told[self.at + drum] = 1.0;
        }
        self.at += DRUMS;
    }

    /// How hard.
    fn loudness(&mut self, frame: &Frame) {
        frame
            .strokes
            .iter()
            .for_each(|hit| self.push(hit.map_or(0.0, loudness)));
    }

    /// A 1 at one of `count` places, if it is known which.
    fn one_of(&mut self, count: usize, which: Option<usize>) {
        if let Some(which) = which {
            self.told[self.at + which] = 1.0;
        }
        self.at += count;
    }

    /// Whether there is a stroke, how hard and when.
    fn stroke(&mut self, hit: Option<Hit>) {
        self.push(f32::from(u8::from(hit.is_some())));
        self.push(hit.map_or(0.0, loudness));
        self.push(hit.map_or(0.0, |hit| 2.0 * hit.offset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consort_music::Velocity;

    fn frame(combination: u16) -> Frame {
        let mut frame = Frame::default();
        for drum in drums_of(combination) {
            frame.strokes[drum] = Some(Hit {
                velocity: Velocity::DEFAULT,
                offset: 0.1,
            });
        }
        frame
    }

    fn told(context: &Context) -> Vec<f32> {
        let mut told = vec![0.0; FEATURES];
        context.tell(&mut told);
        told
    }

    fn heard(combinations: impl IntoIterator<Item = u16>) -> Context {
        let mut context = Context::new(Grid::Sixteenths, Metre::COMMON, Conditions::default());
        combinations
            .into_iter()
            .for_each(|c| context.hear(frame(c)));
        context
    }

    /// A bar that no two places of have in common what is struck.
    fn bar() -> impl Iterator<Item = u16> + Clone {
        (0..16).map(|place| 1 + place * 7)
    }

    #[test]
    fn what_is_told_is_of_about_the_size_of_one() {
        for metre in [(4, 4), (7, 8), (5, 4), (3, 16)] {
            let metre = Metre::new(metre.0, metre.1).unwrap();
            let conditions = Conditions {
                style: Style::of("jazz/swing"),
                tempo: Some(300.0),
                density: Some(1.2),
                fills: Some(vec![false, true]),
                line: Some(vec![true; 9]),
            };
            for grid in [Grid::Sixteenths, Grid::ThirtySeconds] {
                let mut context = Context::new(grid, metre, conditions.clone());
                for step in 0..200 {
                    let told = told(&context);
                    assert!(
                        told.iter().all(|x| x.is_finite() && x.abs() < 4.0),
                        "{step}"
                    );
                    context.hear(frame(step * 37 % 512));
                }
            }
        }
    }

    #[test]
    fn what_followed_before_is_remembered() {
        let context = heard(bar().chain(bar()).take(20));
        // Memories come after the last steps, the bars back, the means, the steps since, and likeness.
        let from = LAST + BARS_BACK + MEANS + SINCE + ALIKE;
        let told = told(&context);
        let next = bar().nth(4).unwrap();
        for (memory, (length, _)) in MEMORIES.into_iter().enumerate() {
            let told = &told[from + memory * (2 * DRUMS + 2)..][..2 * DRUMS + 2];
            // Of runs of at most four steps there are some that were heard a bar ago.
            assert_eq!(told[0], f32::from(u8::from(length <= 4)), "{length}");
            for drum in (0..DRUMS).filter(|_| length <= 4) {
                let struck = f32::from(next >> drum & 1);
                assert_eq!([told[2 + 2 * drum], told[3 + 2 * drum]], [struck, struck]);
            }
        }
    }

    #[test]
    fn bars_that_are_alike_count_most() {
        // Two bars in turn; in the third of one kind, its like says what follows, not the bar before.
        let other = bar().map(|combination| combination ^ 0b11);
        let context = heard(bar().chain(other).chain(bar()).take(40));
        let told = told(&context);
        let from = LAST + BARS_BACK + MEANS + SINCE + ALIKE + REMEMBERED;
        let next = bar().nth(8).unwrap();
        for drum in 0..2 {
            let likely = told[from + drum];
            let struck = next >> drum & 1 == 1;
            assert!(
                (likely > 0.9) == struck && (likely < 0.1) != struck,
                "{drum} {likely}"
            );
        }
    }

    #[test]
    fn only_what_was_heard_is_told() {
        let (a, b) = (heard(bar()), heard(bar()));
        assert_eq!(told(&a), told(&b));
        let mut other = b.clone();
        other.hear(frame(5));
        assert_ne!(told(&a), told(&other));
        assert_eq!(told(&a), told(&b));
    }

    #[test]
    fn agreements_are_told_bar_by_bar() {
        let fills = Some(vec![false, true]);
        let conditions = Conditions {
            fills,
            ..Conditions::default()
        };
        let mut context = Context::new(Grid::Sixteenths, Metre::COMMON, conditions);
        // Whether it is known, and whether it is a fill, come before the line.
        let at = FEATURES - (LINE.len() + 1) - 2;
        for step in 0..48 {
            let told = told(&context);
            let expected = f32::from(u8::from((16..32).contains(&step)));
            assert_eq!(told[at..at + 2], [1.0, expected], "{step}");
            context.hear(frame(1));
        }
    }
}

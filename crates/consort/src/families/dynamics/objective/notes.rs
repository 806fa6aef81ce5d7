//! What a network over notes learns.

use burn::tensor::{Tensor, TensorData};
use consort_learn::{Loss, Noise};

use crate::families::dynamics::config::Curriculum;
use crate::families::dynamics::encoding::{
    FEATURES, HISTORY, History, Level, Passage, REFERENCES, References, TIMING_HISTORY, Timed,
    TimingHistory, firsts, references, tell,
};
use crate::families::dynamics::network::{NoteNetwork, drawn_loss};

/// Windows of notes, all of one style.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteBatch {
    /// The style, by its number.
    pub style: usize,
    /// How many windows there are.
    pub rows: usize,
    /// What is told of each note, `[row][step][feature]`; behind the end of a row, zeros.
    pub told: Vec<f32>,
    /// How hard it is struck, in deviations from the mean of its performance, where that is known,
    /// `[row][step]`.
    pub struck: Vec<Option<f32>>,
    /// Which notes of its window it is played by, `[row][step]`.
    pub references: Vec<References>,
    /// The level of each row.
    pub levels: Vec<Level>,
    /// When it is played, `[row][step]`.
    pub timed: Vec<Timed>,
    /// Whether it is the first of its beat and of its chord, `[row][step]`.
    pub firsts: Vec<[bool; 2]>,
    /// How much the parts of the loss count: velocities drawn, and the level.
    pub shares: [f32; 2],
}

impl NoteBatch {
    /// Notes of each row, padding included.
    pub fn steps(&self) -> usize {
        self.struck.len() / self.rows
    }

    /// What a head recalls at each note, `[row][step][HISTORY]`, where `expected` was to be expected.
    fn history(&self, expected: &[f32]) -> Vec<f32> {
        let steps = self.steps();
        let mut told = vec![0.0; self.struck.len() * HISTORY];
        for row in 0..self.rows {
            let mut history = History::default();
            for note in row * steps..(row + 1) * steps {
                let recalled = &mut told[note * HISTORY..][..HISTORY];
                history.tell(&self.references[note], 0, recalled);
                let expected = expected[note];
                history.push(self.struck[note].unwrap_or(expected), expected);
            }
        }
        told
    }
}

impl NoteBatch {
    /// What is recalled of the timing before each note, `[row][step][TIMING_HISTORY]`.
    fn timing_history(&self) -> Vec<f32> {
        let mut told = vec![0.0; self.timed.len() * TIMING_HISTORY];
        for row in 0..self.rows {
            let mut history = TimingHistory::default();
            for note in row * self.steps()..(row + 1) * self.steps() {
                let firsts = self.firsts[note];
                history.tell(firsts, &mut told[note * TIMING_HISTORY..][..TIMING_HISTORY]);
                history.push(self.timed[note], firsts[1]);
            }
        }
        told
    }
}

impl NoteNetwork {
    /// The mean squared error of what each reader expects, in squared deviations, and shares of the
    /// negative log-likelihood of the velocities and of the squared error of the level; and the negative
    /// log-likelihood of the timing, where that is learnt.
    pub(super) fn loss(&self, batch: &NoteBatch, noise: &mut Noise) -> Loss {
        let steps = batch.steps();
        let count = batch.struck.iter().flatten().count();
        let read = self.read(&batch.told, batch.rows, batch.style, noise);
        let timing = if self.leaves_timing() {
            None
        } else {
            let history = batch.timing_history();
            self.timing_loss(read.seen.clone(), history, batch.rows, &batch.timed)
        };
        let timing = match timing {
            Some(mean) if self.learns_timing_alone() => return Loss { mean, count },
            timing => timing,
        };
        let device = read.seen.device();
        let notes = batch.struck.len();
        let column = |numbers: Vec<f32>| {
            Tensor::<2>::from_data(TensorData::new(numbers, [notes, 1]), &device)
        };
        #[expect(clippy::cast_precision_loss, reason = "notes of a batch")]
        let share = 1.0 / count.max(1) as f32;
        let weight = |struck: &Option<f32>| struck.map_or(0.0, |_| share);
        let weights = column(batch.struck.iter().map(weight).collect());
        let struck: Vec<f32> = batch.struck.iter().map(|s| s.unwrap_or(0.0)).collect();
        let error = read.each.clone() - column(struck.clone());
        let expected_loss = ((error.clone() * error).mean_dim(1) * weights.clone()).sum();
        let expected = read.expected.clone().detach().into_data().convert::<f32>();
        let history = batch.history(&expected.try_to_vec::<f32>().expect("it holds floats"));
        let levels: Vec<Level> = batch
            .levels
            .iter()
            .flat_map(|&level| vec![level; steps])
            .collect();
        let at_level = levels.iter().flat_map(|level| level.to_numbers()).collect();
        let told = NoteNetwork::told_to_head(&read, history, at_level);
        let said = self.say(told, batch.rows, batch.style);
        let drawn = (drawn_loss(said, &struck, &levels) * weights).sum();
        let wanted: Vec<f32> = batch
            .levels
            .iter()
            .flat_map(|level| level.to_numbers())
            .collect();
        let wanted = Tensor::from_data(TensorData::new(wanted, [batch.rows, 2]), &device);
        let off = self.level(read.seen, batch.rows, batch.style) - wanted;
        let off = (off.clone() * off).mean();
        let [drawn_share, level_share] = batch.shares;
        let mean = expected_loss + drawn * drawn_share + off * level_share;
        let mean = match timing {
            Some(timing) => mean + timing * drawn_share,
            None => mean,
        };
        Loss { mean, count }
    }
}

impl NoteBatch {
    /// Rows of silence.
    pub(super) fn empty(style: usize, rows: usize, curriculum: &Curriculum) -> NoteBatch {
        let notes = rows * curriculum.steps;
        NoteBatch {
            style,
            rows,
            told: vec![0.0; notes * FEATURES],
            struck: vec![None; notes],
            references: vec![[None; REFERENCES]; notes],
            levels: vec![Level::of_numbers([0.0; 2]); rows],
            timed: vec![Timed::default(); notes],
            firsts: vec![[false; 2]; notes],
            shares: [curriculum.drawn_share, curriculum.level_share],
        }
    }

    /// Fills rows from `row` on with windows of a passage that begin at `froms`; `timed` is empty where
    /// the timing is not known.
    pub(super) fn fill(
        &mut self,
        row: usize,
        passage: &Passage,
        timed: &[Timed],
        froms: &[usize],
        beats: bool,
    ) {
        let steps = self.steps();
        let links = references(passage);
        let begins = firsts(passage);
        let level = passage.level().unwrap_or(Level::of_numbers([0.0; 2]));
        for (row, &from) in (row..).zip(froms) {
            let to = (from + steps).min(passage.events.len());
            let told = tell(passage, from..to, beats);
            self.told[row * steps * FEATURES..][..told.len()].copy_from_slice(&told);
            for (place, note) in (from..to).enumerate() {
                let at = row * steps + place;
                let struck = passage.events[note].velocity;
                self.struck[at] = struck.map(|v| level.standardized(f64::from(v.midi())));
                self.timed[at] = timed.get(note).copied().unwrap_or_default();
                self.firsts[at] = begins[note];
                self.references[at] =
                    links[note].map(|link| link.and_then(|link| link.checked_sub(from)));
            }
            self.levels[row] = level;
        }
    }
}

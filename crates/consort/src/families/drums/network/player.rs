//! A network that hears a piece step by step and says what may come next.

use std::collections::VecDeque;

use consort_learn::draw::log_softmax;
use consort_learn::stepper::{Dense, Precision, Stepper, dense, gelu};
use consort_music::Metre;

use super::listener::SAID_OF_STROKE;
use super::window::{TAPS, write_patches};
use super::{Listener, Network, Window, contributions, outputs};
use crate::families::drums::config::{Layers, Output, StreamShape, Told, WindowShape};
use crate::families::drums::encoding::{
    COMBINATIONS, Conditions, Context, DRUMS, Frame, Grid, MOMENTS, STROKE_FEATURES, Stroked,
    VELOCITIES,
};
use crate::families::drums::objective::tell_combination;

/// The precision of weights in which drums are played.
pub const WRITING: Precision = Precision::BFloat16;

const FITS: &str = "the layers fit each other";

/// A network at a step of a piece.
#[derive(Clone, Debug)]
pub struct Player {
    grid: Grid,
    context: Context,
    mind: Mind,
    /// Log-probabilities of all combinations.
    next: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Mind {
    Listener(Box<ListenerMind>),
    Window(Box<WindowMind>),
}

#[derive(Clone, Debug)]
struct ListenerMind {
    shape: StreamShape,
    inward: Option<Dense>,
    layers: Vec<Stepper>,
    dense: Option<Dense>,
    drums: Dense,
    manner: Option<[Dense; 2]>,
    sums: Sums,
    /// What is told.
    told: Vec<f32>,
    /// What the layers make of it.
    heard: Vec<f32>,
}

#[derive(Clone, Debug)]
struct WindowMind {
    shape: WindowShape,
    lstms: Vec<Stepper>,
    filters: Option<Dense>,
    dense: Option<Dense>,
    head: Dense,
    sums: Sums,
    heard: VecDeque<u16>,
}

/// How what is said makes log-probabilities of combinations.
#[derive(Clone, Debug)]
struct Sums {
    output: Output,
    /// `[number, combination]`; empty if each combination has its own number.
    contributions: Vec<f32>,
    said: Vec<f32>,
}

/// How a stroke may be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// Log-probabilities of the classes of velocities.
    pub velocities: Vec<f32>,
    /// Log-probabilities of the classes of moments.
    pub moments: Vec<f32>,
    /// The probability of a second stroke within the step.
    pub again: f32,
}

impl Player {
    /// Prepares `network` for a piece of 4/4 of which nothing is agreed.
    pub fn new(network: &Network, precision: Precision) -> Player {
        let mind = match (&network.listener, &network.window) {
            (Some(listener), _) => Mind::Listener(Box::new(ListenerMind::new(listener, precision))),
            (_, Some(window)) => Mind::Window(Box::new(WindowMind::new(window, precision))),
            _ => unreachable!("a network is of one kind"),
        };
        let mut player = Player {
            grid: network.grid,
            context: Context::new(network.grid, Metre::COMMON, Conditions::default()),
            mind,
            next: vec![0.0; COMBINATIONS],
        };
        player.think();
        player
    }

    /// Begins a piece.
    pub fn begin(&mut self, metre: Metre, conditions: Conditions) {
        self.context = Context::new(self.grid, metre, conditions);
        match &mut self.mind {
            Mind::Listener(mind) => mind.layers.iter_mut().for_each(Stepper::restart),
            Mind::Window(mind) => mind.heard = vec![0; mind.shape.steps].into(),
        }
        self.think();
    }

    /// Hears a step.
    pub fn hear(&mut self, frame: Frame) {
        self.context.hear(frame);
        if let Mind::Window(mind) = &mut self.mind {
            mind.heard.pop_front();
            mind.heard.push_back(mind.shape.known(frame.combination()));
        }
        self.think();
    }

    /// Changes the density that is agreed upon, from the next step heard on, if one is.
    pub fn ask_density(&mut self, strokes_per_step: f32) {
        self.context.ask_density(strokes_per_step);
    }

    /// The log-probability of each combination to come next.
    pub fn next(&self) -> &[f32] {
        &self.next
    }

    /// Whether the network says how strokes are played.
    pub fn has_expression(&self) -> bool {
        matches!(&self.mind, Mind::Listener(mind) if mind.manner.is_some())
    }

    /// The steps.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// What was heard.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// How a stroke of the next step may be played, if the network knows of it.
    pub fn manner(&self, stroked: Stroked<'_>) -> Option<Manner> {
        let Mind::Listener(mind) = &self.mind else {
            return None;
        };
        let [inner, outer] = mind.manner.as_ref()?;
        let mut told = mind.heard.clone();
        told.resize(mind.heard.len() + STROKE_FEATURES, 0.0);
        self.context
            .tell_stroke(stroked, &mut told[mind.heard.len()..]);
        let mut hidden = vec![0.0; inner.outputs()];
        inner.forward(&told, &mut hidden).expect(FITS);
        let hidden = gelu(&hidden);
        let mut said = vec![0.0; SAID_OF_STROKE];
        outer.forward(&hidden, &mut said).expect(FITS);
        let mut velocities = said[..VELOCITIES].to_vec();
        let mut moments = said[VELOCITIES..][..MOMENTS].to_vec();
        log_softmax(&mut velocities);
        log_softmax(&mut moments);
        Some(Manner {
            velocities,
            moments,
            again: 1.0 / (1.0 + (-said[VELOCITIES + MOMENTS]).exp()),
        })
    }

    fn think(&mut self) {
        match &mut self.mind {
            Mind::Listener(mind) => mind.think(&self.context, &mut self.next),
            Mind::Window(mind) => mind.think(&mut self.next),
        }
    }
}

impl ListenerMind {
    fn new(listener: &Listener, precision: Precision) -> ListenerMind {
        let shape = listener.shape.clone();
        ListenerMind {
            inward: listener
                .inward
                .as_ref()
                .map(|layer| dense(layer, precision)),
            layers: listener
                .layers
                .iter()
                .map(|layer| Stepper::new(layer, precision))
                .collect(),
            dense: listener.dense.as_ref().map(|layer| dense(layer, precision)),
            drums: dense(&listener.drums, precision),
            manner: listener
                .manner
                .as_ref()
                .map(|manner| [&manner.inner, &manner.outer].map(|layer| dense(layer, precision))),
            sums: Sums::new(shape.output, DRUMS),
            told: vec![0.0; shape.told.features()],
            heard: Vec::new(),
            shape,
        }
    }

    fn think(&mut self, context: &Context, next: &mut [f32]) {
        match self.shape.told {
            Told::Context => context.tell(&mut self.told),
            Told::Combination => {
                let last = context.heard().last().map(Frame::combination);
                tell_combination(last, context.heard().len(), &mut self.told);
            }
        }
        let read = match &self.inward {
            Some(inward) => {
                let mut read = vec![0.0; inward.outputs()];
                inward.forward(&self.told, &mut read).expect(FITS);
                gelu(&read)
            }
            None => self.told.clone(),
        };
        self.heard.clear();
        for (index, layer) in self.layers.iter_mut().enumerate() {
            if index == 0 {
                self.heard.extend(layer.step(&read));
                continue;
            }
            let outputs = layer.step(&self.heard);
            for (y, output) in self.heard.iter_mut().zip(outputs) {
                *y = if self.shape.shortcuts {
                    *y + output
                } else {
                    *output
                };
            }
        }
        self.heard.extend(&read);
        if let Some(dense) = &self.dense {
            let mut outputs = vec![0.0; dense.outputs()];
            dense.forward(&self.heard, &mut outputs).expect(FITS);
            self.heard = gelu(&outputs);
        }
        let mut all = self.heard.clone();
        if self.shape.shortcuts {
            all.extend(&self.told);
        }
        self.drums.forward(&all, &mut self.sums.said).expect(FITS);
        self.sums.combine(next, |combination| combination);
    }
}

impl WindowMind {
    fn new(window: &Window, precision: Precision) -> WindowMind {
        let shape = window.shape.clone();
        let lstms = window.lstms.iter();
        WindowMind {
            lstms: lstms.map(|layer| Stepper::new(layer, precision)).collect(),
            filters: window.filters.as_ref().map(|layer| dense(layer, precision)),
            dense: window.dense.as_ref().map(|layer| dense(layer, precision)),
            head: dense(&window.head, precision),
            sums: Sums::new(shape.output(), shape.drums),
            heard: vec![0; shape.steps].into(),
            shape,
        }
    }

    fn think(&mut self, next: &mut [f32]) {
        let last = match self.shape.layers {
            Layers::Lstm => self.remember(),
            Layers::Cnn => self.convolve(),
        };
        self.head.forward(&last, &mut self.sums.said).expect(FITS);
        next.fill(f32::NEG_INFINITY);
        let shape = self.shape.clone();
        self.sums.combine(next, |known| {
            #[expect(clippy::cast_possible_truncation, reason = "below 512")]
            usize::from(shape.of_all(known as u16))
        });
    }

    fn remember(&mut self) -> Vec<f32> {
        self.lstms.iter_mut().for_each(Stepper::restart);
        let mut last = Vec::new();
        for &heard in &self.heard {
            last = vec![0.0; self.shape.symbols()];
            self.shape.write(heard, &mut last);
            for layer in &mut self.lstms {
                last = layer.step(&last).to_vec();
            }
        }
        last
    }

    fn convolve(&mut self) -> Vec<f32> {
        const CNN: &str = "a convolutional network has these layers";
        let filters = self.filters.as_ref().expect(CNN);
        let width = TAPS * self.shape.symbols();
        let mut patches = vec![0.0; self.shape.steps * width];
        write_patches(&self.shape, self.heard.make_contiguous(), &mut patches);
        let found = patches.chunks(width).map(|patch| {
            let mut found = vec![0.0; filters.outputs()];
            filters.forward(patch, &mut found).expect(FITS);
            found
        });
        let found: Vec<Vec<f32>> = found.collect();
        let pairs = found.chunks_exact(2);
        let larger = pairs.flat_map(|pair| {
            let both = pair[0].iter().zip(&pair[1]);
            both.map(|(a, b)| a.max(*b).max(0.0)).collect::<Vec<f32>>()
        });
        let larger: Vec<f32> = larger.collect();
        let dense = self.dense.as_ref().expect(CNN);
        let mut last = vec![0.0; dense.outputs()];
        dense.forward(&larger, &mut last).expect(FITS);
        last.iter_mut().for_each(|x| *x = x.max(0.0));
        last
    }
}

impl Sums {
    fn new(output: Output, drums: usize) -> Sums {
        Sums {
            output,
            contributions: match output {
                Output::Free => Vec::new(),
                Output::Apart | Output::Pairs => contributions(output, drums),
            },
            said: vec![0.0; outputs(output, drums)],
        }
    }

    /// The log-probabilities of combinations, each at its `place` in `next`.
    fn combine(&self, next: &mut [f32], place: impl Fn(usize) -> usize) {
        let mut logs = if self.output == Output::Free {
            self.said.clone()
        } else {
            let combinations = self.contributions.len() / self.said.len();
            let mut logs = vec![0.0; combinations];
            for (said, row) in self
                .said
                .iter()
                .zip(self.contributions.chunks(combinations))
            {
                let both = logs.iter_mut().zip(row);
                both.for_each(|(log, contribution)| *log += said * contribution);
            }
            logs
        };
        log_softmax(&mut logs);
        for (combination, log) in logs.into_iter().enumerate() {
            next[place(combination)] = log;
        }
    }
}

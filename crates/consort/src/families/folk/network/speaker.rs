//! A network that hears a tune character by character and says what may come next.

use consort_learn::draw::log_softmax;
use consort_learn::parameters::values;
use consort_learn::stepper::{Dense, Precision, Stepper, dense};

use super::{Network, tables};
use crate::families::folk::config::Told;
use crate::families::folk::encoding::{Context, LINE_END, SYMBOLS};

/// The precision of weights in which tunes are written: a step is bound by reading them, so eight bits are
/// more than twice as fast as sixteen where these do not fit the core's cache. What they cost in likelihood
/// is a row of the evaluation.
pub const WRITING: Precision = Precision::Int8;

/// A network at a place in a tune.
///
/// On one of rayon's threads, large layers are shared out among threads, without a change to the bits.
#[derive(Clone, Debug)]
pub struct Speaker {
    told: Told,
    /// `[value of a feature, embedding]`.
    embeddings: Vec<f32>,
    /// The rows at which the features begin.
    begins: Vec<usize>,
    layers: Vec<Stepper>,
    head: Dense,
    shortcuts: bool,
    embedding: usize,
    context: Context,
    /// What is told.
    x: Vec<f32>,
    /// What goes into the head: the outputs of the last layer and, with shortcuts, what is told.
    outputs: Vec<f32>,
    /// What the head says of symbols as the network counts them.
    said: Vec<f32>,
    /// Log-probabilities by symbol.
    next: Vec<f32>,
}

impl Speaker {
    /// Prepares `network`, before the first character of a tune.
    pub fn new(network: &Network, precision: Precision) -> Speaker {
        let architecture = &network.architecture;
        let of_layer = |layer| Stepper::new(layer, precision);
        let head = dense(&network.head, precision);
        let mut speaker = Speaker {
            told: architecture.told,
            embeddings: values(network.embeddings.val()).data,
            begins: tables(architecture.told),
            layers: network.layers.iter().map(of_layer).collect(),
            shortcuts: architecture.shortcuts,
            embedding: architecture.embedding,
            context: Context::new(),
            x: vec![0.0; architecture.embedding],
            outputs: Vec::new(),
            said: vec![0.0; head.outputs()],
            next: vec![0.0; SYMBOLS],
            head,
        };
        speaker.think(LINE_END);
        speaker
    }

    /// Forgets the tune.
    pub fn restart(&mut self) {
        self.layers.iter_mut().for_each(Stepper::restart);
        self.context = Context::new();
        self.think(LINE_END);
    }

    /// Begins a tune anew, out of the motifs of another, as far as the network is told of memories.
    pub fn restart_after(&mut self, tune: &[u8]) {
        let mut context = Context::new();
        tune.iter().for_each(|&symbol| context.read(symbol));
        self.layers.iter_mut().for_each(Stepper::restart);
        self.context = context.again();
        self.think(LINE_END);
    }

    /// Reads a character's symbol.
    pub fn hear(&mut self, symbol: u8) {
        if self.told == Told::Context {
            self.context.read(symbol);
        }
        self.think(symbol);
    }

    /// The log-probability of each symbol to come next.
    pub fn next(&self) -> &[f32] {
        &self.next
    }

    /// Takes a step through the layers after the symbol `last`.
    fn think(&mut self, last: u8) {
        self.x.fill(0.0);
        match self.told {
            Told::Character => self.add(usize::from(last)),
            Told::Context => {
                for (feature, value) in self.context.features().into_iter().enumerate() {
                    self.add(self.begins[feature] + usize::from(value));
                }
            }
        }
        self.outputs.clear();
        for (index, layer) in self.layers.iter_mut().enumerate() {
            if index == 0 {
                self.outputs.extend(layer.step(&self.x));
                continue;
            }
            let outputs = layer.step(&self.outputs);
            for (y, output) in self.outputs.iter_mut().zip(outputs) {
                *y = if self.shortcuts { *y + output } else { *output };
            }
        }
        if self.shortcuts {
            self.outputs.extend(&self.x);
        }
        let done = self.head.forward(&self.outputs, &mut self.said);
        done.expect("the head fits the layers");
        log_softmax(&mut self.said);
        for (symbol, next) in (0_u8..).zip(&mut self.next) {
            let counted = match self.told {
                Told::Character => symbol,
                Told::Context => self.context.relative(symbol),
            };
            *next = self.said[usize::from(counted)];
        }
    }

    /// Adds a row of the embeddings to what is told.
    fn add(&mut self, row: usize) {
        let row = &self.embeddings[row * self.embedding..][..self.embedding];
        self.x
            .iter_mut()
            .zip(row)
            .for_each(|(x, value)| *x += value);
    }
}

//! The networks: ours over notes, and the article's over rolls.

use burn::module::Module;
use consort_learn::Seed;

use super::config::{Architecture, NotesShape, Shape};

mod notes;
mod player;
mod rolls;
mod timing;

pub use notes::NoteNetwork;
pub(super) use notes::drawn_loss;
pub use player::{Manner, Player, Reading, Timekeeper};
pub use rolls::StyleNet;

/// A network of either kind.
#[derive(Module, Debug)]
pub struct Network {
    /// Ours, if it is that.
    pub(super) notes: Option<NoteNetwork>,
    /// The article's, if it is that.
    pub(super) rolls: Option<StyleNet>,
    #[module(skip)]
    architecture: Architecture,
}

impl Network {
    /// A network with initial weights.
    pub fn new(architecture: &Architecture, seed: Seed) -> Network {
        let mut stream = seed.stream("weights", 0);
        let styles = architecture.styles.len();
        let (notes, rolls) = match &architecture.network {
            Shape::Notes(shape) => (Some(NoteNetwork::new(shape, styles, &mut stream)), None),
            Shape::Rolls(shape) => (None, Some(StyleNet::new(shape, styles, &mut stream))),
        };
        Network {
            notes,
            rolls,
            architecture: architecture.clone(),
        }
    }

    /// The network with what it lacks of `architecture`, nothing but which is learnt from then on: styles, or
    /// when notes are played; nothing if `architecture` differs in other ways.
    pub fn grown(mut self, architecture: &Architecture, seed: Seed) -> Option<Network> {
        let known = self.architecture.styles.len();
        let same_styles = architecture.styles == self.architecture.styles;
        let more_styles = architecture.styles.len() > known
            && architecture.styles.starts_with(&self.architecture.styles);
        if more_styles && architecture.network == self.architecture.network {
            for index in known..architecture.styles.len() {
                let mut stream = seed.stream("style", index as u64);
                if let Some(notes) = &mut self.notes {
                    notes.add_style(&mut stream);
                }
                if let Some(rolls) = &mut self.rolls {
                    rolls.add_style(&mut stream);
                }
            }
        } else if let (true, Some(units)) = (same_styles, self.lacks_timing_of(architecture)) {
            let mut stream = seed.stream("timing", 0);
            self.notes.as_mut()?.learn_timing(units, &mut stream);
        } else {
            return None;
        }
        self.architecture = architecture.clone();
        Some(self)
    }

    /// The units of the layer for timing, if `architecture` has that and nothing else that this has not.
    fn lacks_timing_of(&self, architecture: &Architecture) -> Option<usize> {
        let (Shape::Notes(own), Shape::Notes(wanted)) =
            (&self.architecture.network, &architecture.network)
        else {
            return None;
        };
        let as_wanted = NotesShape {
            timing: wanted.timing,
            ..own.clone()
        };
        (own.timing == 0 && wanted.timing > 0 && as_wanted == *wanted).then_some(wanted.timing)
    }

    /// The styles it knows, by name.
    pub fn styles(&self) -> &[String] {
        &self.architecture.styles
    }
}

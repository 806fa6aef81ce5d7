//! The networks: ours over notes, and the article's over rolls.

use burn::module::Module;
use consort_learn::Seed;

use super::config::{Architecture, Shape};

mod notes;
mod player;
mod rolls;

pub use notes::NoteNetwork;
pub(super) use notes::drawn_loss;
pub use player::{Manner, Player, Reading};
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

    /// The network with the styles that it lacks of those of `architecture`, nothing but which is learnt
    /// from then on; nothing if `architecture` differs in other ways, or has no style more.
    pub fn with_styles(mut self, architecture: &Architecture, seed: Seed) -> Option<Network> {
        let known = self.architecture.styles.len();
        let fits = architecture.network == self.architecture.network
            && architecture.styles.len() > known
            && architecture.styles.starts_with(&self.architecture.styles);
        if !fits {
            return None;
        }
        for index in known..architecture.styles.len() {
            let mut stream = seed.stream("style", index as u64);
            if let Some(notes) = &mut self.notes {
                notes.add_style(&mut stream);
            }
            if let Some(rolls) = &mut self.rolls {
                rolls.add_style(&mut stream);
            }
        }
        self.architecture = architecture.clone();
        Some(self)
    }

    /// The styles it knows, by name.
    pub fn styles(&self) -> &[String] {
        &self.architecture.styles
    }
}

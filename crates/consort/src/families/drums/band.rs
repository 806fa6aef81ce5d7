//! Players who agree: what several of them say of the next step becomes one distribution.
//!
//! Each hears the same strokes but knows something else, and counts with a weight; the weights sum to 1.
//! Between two grooves one knows where the piece comes from and the other where it goes. And what is asked of
//! a piece is said louder than the network would by a player who knows it with a weight above 1 beside one
//! who does not (J. Ho and T. Salimans, *Classifier-Free Diffusion Guidance*, 2022).

use consort_learn::draw::log_softmax;
use consort_music::Metre;

use super::encoding::{COMBINATIONS, Conditions, Context, Frame, Stroked};
use super::network::{Manner, Player};

/// How much louder than learnt it is said what is asked of a piece.
pub const LOUDER: f32 = 2.0;

/// Players who agree.
#[derive(Clone, Debug)]
pub struct Band {
    players: Vec<(Player, f32)>,
    next: Vec<f32>,
}

impl Band {
    /// Players, each with its weight.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(players: Vec<(Player, f32)>) -> Band {
        assert!(!players.is_empty(), "a band has a player");
        let mut band = Band {
            players,
            next: vec![0.0; COMBINATIONS],
        };
        band.agree();
        band
    }

    /// `player` at the beginning of a piece, and if density or fills are among the conditions another one
    /// who does not know of them.
    pub fn begin(player: &Player, metre: Metre, conditions: Conditions) -> Band {
        let begun = |conditions: Conditions| {
            let mut player = player.clone();
            player.begin(metre, conditions);
            player
        };
        let is_asked = conditions.density.is_some() || conditions.fills.is_some();
        let mut players = Vec::new();
        if is_asked && player.has_expression() {
            let open = Conditions {
                density: None,
                fills: None,
                ..conditions.clone()
            };
            players.push((begun(conditions), LOUDER));
            players.push((begun(open), 1.0 - LOUDER));
        } else {
            players.push((begun(conditions), 1.0));
        }
        Band::new(players)
    }

    /// Hears a step.
    pub fn hear(&mut self, frame: Frame) {
        for (player, _) in &mut self.players {
            player.hear(frame);
        }
        self.agree();
    }

    /// The log-probability of each combination to come next.
    pub fn next(&self) -> &[f32] {
        &self.next
    }

    /// What was heard.
    pub fn context(&self) -> &Context {
        self.players[0].0.context()
    }

    /// How a stroke of the next step may be played, if the network knows of it: as those say who are for
    /// something, and not against.
    pub fn manner(&self, stroked: Stroked<'_>) -> Option<Manner> {
        let all: f32 = self.players.iter().map(|(_, weight)| weight.max(0.0)).sum();
        let mut agreed: Option<Manner> = None;
        for (player, weight) in &self.players {
            let weight = weight.max(0.0) / all;
            if weight == 0.0 {
                continue;
            }
            let mut one = player.manner(stroked)?;
            let logs = one.velocities.iter_mut().chain(&mut one.moments);
            logs.for_each(|log| *log *= weight);
            one.again *= weight;
            let Some(sum) = &mut agreed else {
                agreed = Some(one);
                continue;
            };
            let velocities = sum.velocities.iter_mut().zip(one.velocities);
            let moments = sum.moments.iter_mut().zip(one.moments);
            velocities.chain(moments).for_each(|(sum, log)| *sum += log);
            sum.again += one.again;
        }
        agreed
    }

    fn agree(&mut self) {
        if let [(player, _)] = self.players.as_slice() {
            self.next.copy_from_slice(player.next());
            return;
        }
        self.next.fill(0.0);
        for (player, weight) in &self.players {
            let both = self.next.iter_mut().zip(player.next());
            both.for_each(|(sum, log)| *sum += weight * log);
        }
        log_softmax(&mut self.next);
    }
}

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

/// How much more strokes a player is told of for each that has been missing in a step so far: who is told of
/// eighteen a bar and plays fifteen is told of more.
const MAKE_UP: f32 = 2.0;

/// Players who agree.
#[derive(Clone, Debug)]
pub struct Band {
    players: Vec<(Player, f32)>,
    next: Vec<f32>,
    /// Strokes in a step that are asked for.
    density: Option<f32>,
    /// Steps and strokes since then.
    played: (f32, f32),
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
            density: None,
            played: (0.0, 0.0),
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
        let density = conditions.density;
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
        Band {
            density,
            ..Band::new(players)
        }
    }

    /// Hears a step.
    pub fn hear(&mut self, frame: Frame) {
        #[expect(clippy::cast_precision_loss, reason = "nine drums at most")]
        let struck = frame.combination().count_ones() as f32;
        self.played = (self.played.0 + 1.0, self.played.1 + struck);
        let missing = self
            .density
            .map(|asked| asked - self.played.1 / self.played.0);
        for (player, _) in &mut self.players {
            if let (Some(asked), Some(missing)) = (self.density, missing) {
                player.ask_density((asked + MAKE_UP * missing).max(0.0));
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::drums::config::Architecture;
    use crate::families::drums::network::Network;
    use consort_learn::Seed;
    use consort_learn::stepper::Precision;

    fn player() -> Player {
        let preset: toml::Table = toml::from_str(include_str!("presets/tiny.toml")).unwrap();
        let architecture: Architecture = preset["architecture"].clone().try_into().unwrap();
        Player::new(&Network::new(&architecture, Seed(1)), Precision::F32)
    }

    #[test]
    fn one_player_alone_says_what_the_network_says() {
        let player = player();
        let band = Band::new(vec![(player.clone(), 1.0)]);
        assert_eq!(band.next(), player.next());
    }

    #[test]
    fn two_who_know_the_same_agree() {
        let player = player();
        let band = Band::new(vec![(player.clone(), 0.3), (player.clone(), 0.7)]);
        let both = band.next().iter().zip(player.next());
        assert!(both.into_iter().all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn what_is_asked_is_said_louder() {
        let player = player();
        let asked = Conditions {
            density: Some(3.0),
            ..Conditions::default()
        };
        let begun = |conditions: Conditions| {
            let mut player = player.clone();
            player.begin(Metre::COMMON, conditions);
            player.next().to_vec()
        };
        let (open, knows) = (begun(Conditions::default()), begun(asked.clone()));
        let band = Band::begin(&player, Metre::COMMON, asked);
        // Beyond one who knows, away from one who does not, up to a constant.
        let ratio = |combination: usize| {
            let louder = band.next()[combination] - band.next()[0];
            let knows = knows[combination] - knows[0];
            let open = open[combination] - open[0];
            (louder - knows) - (knows - open) * (LOUDER - 1.0)
        };
        assert!((1..COMBINATIONS).all(|combination| ratio(combination).abs() < 1e-3));
        assert_ne!(open, knows);
    }
}

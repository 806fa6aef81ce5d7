//! placeholder
use consort_learn::{Observer, Seed};
use super::network::{Network, Player, WRITING};
use crate::error::Error;
use crate::families::Piecewise;
use crate::options::Options;
use crate::piece::{Piece, Prompt};
pub(super) struct Drummer { _player: Player }
impl Drummer { pub(super) fn new(network: &Network) -> Drummer { Drummer { _player: Player::new(network, WRITING) } } }
impl Piecewise for Drummer {
    fn generate(&self, _: &Prompt, _: &Options, _: Seed, _: &mut Observer<'_>) -> Result<Piece, Error> { Err(Error::Stopped) }
}

//! The parts that channels make, and to which of them each message belongs.

use std::collections::{BTreeMap, BTreeSet};

use super::instrument::{self, Banks};
use super::text::counted;
use super::track::{Channel, Track};
use super::{Options, Percussion};
use crate::performance::{Control, Message};
use crate::reading::{Place, Warnings};
use crate::score::{Instrument, Part};
use crate::time::Ticks;

/// The port and the channel on it that messages are addressed to; both count from 0.
type Address = (u8, u8);

/// Where a part comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) track: usize,
    address: Address,
}

/// Messages for no part of their own track.
struct Homeless {
    track: usize,
    /// To which channel, or nothing if they are to all.
    address: Option<Address>,
    controls: Vec<Control>,
}

/// Makes the parts with their notes, controls and instruments, and says where each comes from.
///
/// A channel with notes in a track is a part. A channel that sounds nowhere is one if it is all that
/// a track but the first speaks to, or if nothing sounds at all.
pub(super) fn make_parts(
    tracks: &mut [Track],
    options: &Options,
    warnings: &mut Warnings,
) -> (Vec<Part>, Vec<Source>) {
    let channels = tracks
        .iter()
        .flat_map(|track| track.channels.iter().map(|channel| (track.port, channel)));
    let sounding: BTreeSet<Address> = channels
        .filter(|(_, channel)| !channel.notes.is_empty())
        .map(|(port, channel)| (port, channel.number))
        .collect();
    let (mut parts, mut sources, mut homeless) = (Vec::new(), Vec::new(), Vec::new());
    for (index, track) in tracks.iter_mut().enumerate() {
        let channels = std::mem::take(&mut track.channels);
        let alone = index > 0 && channels.len() == 1;
        let is_part = |channel: &Channel| {
            let sounds = sounding.contains(&(track.port, channel.number));
            let spoken_to = || channel.controls.iter().any(|c| !is_for_all(&c.message));
            let silent_part = || !sounds && (alone || sounding.is_empty()) && spoken_to();
            !channel.notes.is_empty() || silent_part()
        };
        let single = channels.iter().filter(|channel| is_part(channel)).count() == 1;
        homeless.push(Homeless {
            track: index,
            address: None,
            controls: std::mem::take(&mut track.controls),
        });
        for channel in channels {
            let address = (track.port, channel.number);
            if is_part(&channel) {
                parts.push(Part {
                    name: part_name(track, index, single),
                    notes: channel.notes,
                    controls: channel.controls,
                    ..Part::default()
                });
                sources.push(Source {
                    track: index,
                    address,
                });
            } else {
                homeless.push(Homeless {
                    track: index,
                    address: Some(address),
                    controls: channel.controls,
                });
            }
        }
    }
    house(&mut parts, &sources, homeless, warnings);
    give_instruments(&mut parts, &sources, options, warnings);
    (parts, sources)
}

fn part_name(track: &Track, index: usize, alone: bool) -> String {
    let names = [&track.name, &track.instrument];
    let name = match (index, alone) {
        // The name of the first track is that of the piece.
        (0, true) => names.into_iter().rev().find_map(Clone::clone),
        (0, false) => None,
        _ => names.into_iter().find_map(Clone::clone),
    };
    name.unwrap_or_default()
}

/// Gives messages to the first part on their channel, and what is for all to the first part there is.
fn house(parts: &mut [Part], sources: &[Source], homeless: Vec<Homeless>, warnings: &mut Warnings) {
    let mut first: BTreeMap<Address, usize> = BTreeMap::new();
    for (part, source) in sources.iter().enumerate() {
        first.entry(source.address).or_insert(part);
    }
    let mut guests: BTreeMap<usize, Vec<(usize, Vec<Control>)>> = BTreeMap::new();
    let mut left_out = 0;
    for Homeless {
        track,
        address,
        controls,
    } in homeless
    {
        let home = address.and_then(|address| first.get(&address).copied());
        let (housed, others): (Vec<Control>, Vec<Control>) = match home {
            Some(_) => (controls, Vec::new()),
            None => controls
                .into_iter()
                .partition(|control| !parts.is_empty() && is_for_all(&control.message)),
        };
        left_out += others.len();
        if !housed.is_empty() {
            let guests = guests.entry(home.unwrap_or(0)).or_default();
            guests.push((track, housed));
        }
    }
    for (part, mut lists) in guests {
        let own = std::mem::take(&mut parts[part].controls);
        lists.push((sources[part].track, own));
        lists.sort_by_key(|&(track, _)| track);
        let mut controls: Vec<Control> = lists.into_iter().flat_map(|(_, list)| list).collect();
        controls.sort_by_key(|control| control.at);
        parts[part].controls = controls;
    }
    if left_out > 0 {
        let message = format!(
            "left out {}, for no part plays on their channels",
            counted(left_out, "message")
        );
        warnings.push(Place::File, message);
    }
}

/// Whether a message is for no channel alone.
fn is_for_all(message: &Message) -> bool {
    matches!(
        message,
        Message::SystemExclusive(_) | Message::Raw(_) | Message::Meta { .. }
    )
}

/// Finds the instruments of the parts in their controls, or in those of others on the same channel.
fn give_instruments(
    parts: &mut [Part],
    sources: &[Source],
    options: &Options,
    warnings: &mut Warnings,
) {
    let banks = Banks::of(parts.iter().flat_map(|part| &part.controls));
    let shared = shared_settings(parts, sources, warnings);
    for (part, source) in parts.iter_mut().zip(sources) {
        let first = part
            .notes
            .first()
            .map_or(Ticks(i64::MAX), |note| note.onset);
        let others = shared.get(&source.address).map_or(&[][..], Vec::as_slice);
        let (_, channel) = source.address;
        let is_drums = || {
            let bank = instrument::bank(&part.controls, first);
            let bank = bank.or_else(|| instrument::bank(others, first))?;
            banks.is_drums(bank)
        };
        let percussion = match &options.percussion {
            Percussion::Detected => is_drums().unwrap_or(channel == super::writer::PERCUSSION),
            Percussion::Channels(channels) => channels.contains(&(channel + 1)),
        };
        let program = instrument::take_program(&mut part.controls, first);
        part.instrument = Instrument {
            program: program.or_else(|| instrument::program(others, first)),
            percussion,
        };
    }
}

/// Programs and banks of the channels on which several parts play, in order of time.
fn shared_settings(
    parts: &[Part],
    sources: &[Source],
    warnings: &mut Warnings,
) -> BTreeMap<Address, Vec<Control>> {
    let mut players: BTreeMap<Address, usize> = BTreeMap::new();
    for source in sources {
        *players.entry(source.address).or_default() += 1;
    }
    players.retain(|_, count| *count > 1);
    let mut settings: BTreeMap<Address, Vec<Control>> = BTreeMap::new();
    let mut moved: BTreeSet<Address> = BTreeSet::new();
    for (part, source) in parts.iter().zip(sources) {
        if !players.contains_key(&source.address) {
            continue;
        }
        let settings = settings.entry(source.address).or_default();
        for control in &part.controls {
            if instrument::chooses_sound(&control.message) {
                settings.push(control.clone());
            } else if !is_for_all(&control.message) {
                moved.insert(source.address);
            }
        }
    }
    settings
        .values_mut()
        .for_each(|settings| settings.sort_by_key(|setting| setting.at));
    if !moved.is_empty() {
        let message = format!(
            "several parts play on {}; what controllers do there was kept with one of them",
            counted(moved.len(), "channel")
        );
        warnings.push(Place::File, message);
    }
    settings
}

//! The notes as they sound, each with its share of a row.

use std::collections::BTreeSet;

use consort_music::{Score, Ticks};

/// A note as it sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The index of its part.
    pub(super) part: usize,
    /// The voice within the part.
    voice: u8,
    /// MIDI's number: a key, or a drum.
    pub(super) pitch: u8,
    /// Whether it is a drum.
    pub(super) drum: bool,
    pub(super) from: Ticks,
    pub(super) to: Ticks,
    fermata: bool,
    /// Which part of the row's height it has, from the top.
    pub(super) lane: usize,
    /// Into how many the row is divided here: more than one where voices meet on a pitch.
    pub(super) lanes: usize,
}

/// A time that fermatas hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) from: Ticks,
    pub(super) to: Ticks,
}

/// All notes that sound, in order of part and time.
pub(super) fn of(score: &Score) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (part, notes) in score.parts.iter().enumerate() {
        blocks.extend(notes.sounding().into_iter().map(|note| Block {
            part,
            voice: note.voice,
            pitch: note.pitch.midi(),
            drum: notes.instrument.percussion,
            from: note.onset.max(Ticks::ZERO),
            to: note.end().max(Ticks::ZERO),
            fermata: note.fermata,
            lane: 0,
            lanes: 1,
        }));
    }
    share_rows(&mut blocks);
    blocks
}

/// Divides the row among the voices that sound together on one pitch.
fn share_rows(blocks: &mut [Block]) {
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|&index| {
        let block = &blocks[index];
        (block.drum, block.pitch, block.from, index)
    });
    let mut rest = order.as_slice();
    while let Some(&first) = rest.first() {
        let row = (blocks[first].drum, blocks[first].pitch);
        let mut end = blocks[first].to;
        let together = rest.iter().take_while(|&&index| {
            let block = &blocks[index];
            let meets = (block.drum, block.pitch) == row && (block.from < end || index == first);
            if meets {
                end = end.max(block.to);
            }
            meets
        });
        let (together, after) = rest.split_at(together.count());
        let voices: BTreeSet<(usize, u8)> = together
            .iter()
            .map(|&index| (blocks[index].part, blocks[index].voice))
            .collect();
        for &index in together {
            let block = &mut blocks[index];
            block.lane = voices.range(..(block.part, block.voice)).count();
            block.lanes = voices.len();
        }
        rest = after;
    }
}

/// The times under fermatas, in order. Where the fermatas of several voices overlap, the time that
/// all of them hold.
pub(super) fn fermatas(blocks: &[Block]) -> Vec<Hold> {
    let marked = blocks.iter().filter(|block| block.fermata);
    let mut marked: Vec<Hold> = marked
        .map(|block| Hold {
            from: block.from,
            to: block.to,
        })
        .collect();
    marked.sort_by_key(|hold| (hold.from, hold.to));
    let mut holds: Vec<Hold> = Vec::new();
    for hold in marked {
        match holds.last_mut() {
            Some(last) if hold.from < last.to => {
                *last = Hold {
                    from: last.from.max(hold.from),
                    to: last.to.min(hold.to),
                };
            }
            _ => holds.push(hold),
        }
    }
    holds
}

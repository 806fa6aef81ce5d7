//! What followed when the tune last went as it goes now: folk tunes say most things twice.

/// Places that the table of contexts can hold apart.
const SLOTS: usize = 1 << 10;

/// Where a text last went on after the same few symbols.
#[derive(Clone, Debug)]
pub(super) struct Recall {
    /// How many symbols must be the same.
    order: usize,
    /// The place after each context, by its hash, later ones over earlier ones; 0 if there is none.
    places: Vec<u32>,
}

impl Recall {
    pub(super) fn new(order: usize) -> Recall {
        Recall {
            order,
            places: vec![0; SLOTS],
        }
    }

    /// The place after the last time when the symbols went as they do at the end of `text`.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        let context = text.len().checked_sub(self.order)?;
        let context = &text[context..];
        let place = self.places[slot(context)] as usize;
        let found = place.checked_sub(self.order)?;
        // Another context can have the same hash.
        (place > 0 && text[found..place] == *context).then_some(place)
    }

    /// Remembers the context at the end of `text`, which `text` is about to go on from.
    pub(super) fn remember(&mut self, text: &[u8]) {
        if let Some(context) = text.len().checked_sub(self.order) {
            let place = u32::try_from(text.len()).unwrap_or(0);
            self.places[slot(&text[context..])] = place;
        }
    }
}

/// FNV-1a, folded to the size of the table.
fn slot(context: &[u8]) -> usize {
    let hash = context.iter().fold(0x811c_9dc5_u32, |hash, &symbol| {
        (hash ^ u32::from(symbol)).wrapping_mul(0x0100_0193)
    });
    ((hash >> 16) ^ hash) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_is_found() {
        let text = b"abcd-abce-abc";
        let mut recall = Recall::new(3);
        for end in 0..text.len() {
            let expected = (3..end)
                .rev()
                .find(|&place| end >= 3 && text[place - 3..place] == text[end - 3..end]);
            assert_eq!(recall.find(&text[..end]), expected, "{end}");
            recall.remember(&text[..end]);
        }
        assert_eq!(recall.find(text), Some(8));
    }
}

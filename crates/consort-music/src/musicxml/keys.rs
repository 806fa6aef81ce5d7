//! Which of the key signatures of the parts are those of the score.

use crate::pitch::{Key, Mode};
use crate::score::KeyChange;
use crate::time::Ticks;

/// A key signature as a part gives it, at concert pitch; programs leave out the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// From when.
    pub(super) at: Ticks,
    /// Sharps, or flats as negative numbers.
    pub(super) fifths: i8,
    /// The mode, where it is said.
    pub(super) mode: Option<Mode>,
}

impl Signature {
    /// A signature that says all that a key says.
    pub(super) fn of(change: KeyChange) -> Signature {
        Signature {
            at: change.at,
            fifths: change.key.fifths,
            mode: Some(change.key.mode),
        }
    }

    /// The key; major where no mode is said.
    pub(super) fn change(self) -> KeyChange {
        KeyChange {
            at: self.at,
            key: Key {
                fifths: self.fifths,
                mode: self.mode.unwrap_or_default(),
            },
        }
    }

    /// Whether both can stand for one key. Twelve fifths apart is the same key under its other name.
    fn agrees(self, other: Signature) -> bool {
        let modes_agree = match (self.mode, other.mode) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        modes_agree && (self.fifths - other.fifths) % 12 == 0
    }
}

/// The keys of the score, and those of each part that has its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// What most parts agree on; of several such, what comes first.
    pub(super) score: Vec<KeyChange>,
    /// For each part its own keys, or none.
    pub(super) parts: Vec<Vec<KeyChange>>,
}

/// Settles on the keys of the score, given those of each part in order of time. Parts without any
/// agree with all.
pub(super) fn settle(parts: &[Vec<Signature>]) -> Settled {
    let mut groups: Vec<(Vec<Signature>, Vec<usize>)> = Vec::new();
    for (index, own) in parts.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
        match groups.iter_mut().find(|(keys, _)| agree(keys, own)) {
            Some((keys, members)) => {
                members.push(index);
                for signature in keys {
                    signature.mode = signature.mode.or_else(|| mode_at(own, signature.at));
                }
            }
            None => groups.push((own.clone(), vec![index])),
        }
    }
    let most = groups.iter().map(|(_, members)| members.len()).max();
    let winner = groups
        .iter()
        .find(|(_, members)| Some(members.len()) == most);
    let Some((keys, members)) = winner else {
        return Settled {
            score: Vec::new(),
            parts: vec![Vec::new(); parts.len()],
        };
    };
    let changes = |keys: &[Signature]| keys.iter().map(|key| key.change()).collect();
    let own = |(index, own): (usize, &Vec<Signature>)| match members.contains(&index) {
        true => Vec::new(),
        false => changes(own),
    };
    Settled {
        score: changes(keys),
        parts: parts.iter().enumerate().map(own).collect(),
    }
}

fn mode_at(keys: &[Signature], at: Ticks) -> Option<Mode> {
    keys.iter()
        .find(|key| key.at == at)
        .and_then(|key| key.mode)
}

/// Whether two lists of signatures say the same, whatever one of them says twice.
fn agree(a: &[Signature], b: &[Signature]) -> bool {
    let (a, b) = (changing(a), changing(b));
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.at == b.at && a.agrees(*b))
}

/// The signatures that are not those before them again.
fn changing(keys: &[Signature]) -> Vec<Signature> {
    let mut last = Signature {
        at: Ticks::ZERO,
        fifths: 0,
        mode: Some(Mode::Major),
    };
    let mut kept = Vec::new();
    for &key in keys {
        if !key.agrees(last) {
            kept.push(key);
        }
        last = Signature {
            mode: key.mode.or(last.mode),
            ..key
        };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(at: i64, fifths: i8, mode: Option<Mode>) -> Signature {
        Signature {
            at: Ticks(at),
            fifths,
            mode,
        }
    }

    #[test]
    fn most_parts_decide_and_the_others_keep_theirs() {
        let minor = Some(Mode::Minor);
        let settled = settle(&[
            vec![signature(0, -1, None)],
            vec![signature(0, -2, None), signature(8, 1, None)],
            vec![],
            vec![
                signature(0, -2, minor),
                signature(4, -2, None),
                signature(8, -11, None),
            ],
        ]);
        let keys = |keys: &[KeyChange]| -> Vec<(i64, i8, Mode)> {
            keys.iter()
                .map(|change| (change.at.0, change.key.fifths, change.key.mode))
                .collect()
        };
        assert_eq!(
            keys(&settled.score),
            [(0, -2, Mode::Minor), (8, 1, Mode::Major)]
        );
        assert_eq!(keys(&settled.parts[0]), [(0, -1, Mode::Major)]);
        assert!(settled.parts[1..].iter().all(Vec::is_empty));
    }

    #[test]
    fn modes_that_contradict_are_keys_of_their_own() {
        let of = |mode| vec![signature(0, 0, Some(mode))];
        let settled = settle(&[of(Mode::Minor), of(Mode::Dorian), of(Mode::Dorian)]);
        assert_eq!(settled.score[0].key.mode, Mode::Dorian);
        assert_eq!(settled.parts[0][0].key.mode, Mode::Minor);
    }
}

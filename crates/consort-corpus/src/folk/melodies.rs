//! Keeping the versions of a melody in one fold.

use std::collections::BTreeMap;

use super::Tune;

/// Tunes that share so many bars in a row are versions of one melody. Of the old collections four tunes
/// in five share three bars at most with any other, and one in five from four up to the whole tune; no
/// melody has more than four versions by this measure.
pub const SAME_BARS: usize = 4;

/// Gives all versions of a melody the fold of the first of them, so that nothing held out is learnt
/// from: of each tune it wants the bars of its melody in order, as numbers that are equal where the
/// bars are, whatever the key. Tunes with [`SAME_BARS`] equal bars in a row are versions of one
/// melody, and so are all versions of a version. A tune without a list of bars stays as it is.
///
/// The first is not the one that is held out on purpose: if one of them were enough to hold out all,
/// the melodies that everyone knew would be tested on and never learnt.
///
/// Returns how many tunes changed their fold.
pub fn keep_melodies_together(tunes: &mut [Tune], bars: &[Vec<u32>]) -> usize {
    let firsts = first_versions(bars);
    let mut changed = 0;
    for (index, &first) in firsts.iter().enumerate().take(tunes.len()) {
        let fold = tunes[first].fold;
        if tunes[index].fold != fold {
            tunes[index].fold = fold;
            changed += 1;
        }
    }
    changed
}

/// For each tune the first version of its melody.
fn first_versions(bars: &[Vec<u32>]) -> Vec<usize> {
    // Each tune points to a version before it, or to itself.
    let mut before: Vec<usize> = (0..bars.len()).collect();
    let mut seen: BTreeMap<&[u32], usize> = BTreeMap::new();
    for (tune, bars) in bars.iter().enumerate() {
        for window in bars.windows(SAME_BARS) {
            let other = *seen.entry(window).or_insert(tune);
            let (a, b) = (first(&before, tune), first(&before, other));
            before[a.max(b)] = a.min(b);
        }
    }
    (0..bars.len()).map(|tune| first(&before, tune)).collect()
}

fn first(before: &[usize], mut tune: usize) -> usize {
    while before[tune] != tune {
        tune = before[tune];
    }
    tune
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Fold::{self, Test, Train, Valid};

    fn tune(fold: Fold) -> Tune {
        Tune {
            file: "a.abc".to_owned(),
            number: 1,
            text: String::new(),
            fold,
        }
    }

    #[test]
    fn versions_go_where_the_first_of_them_is() {
        let melody: Vec<u32> = (0..8).collect();
        let version = [&[70, 71], &melody[4..], &[72, 73, 74]].concat();
        let of_version = [&[80], &version[5..], &[81]].concat();
        let three_bars = [&melody[..3], &[60, 61, 62]].concat();
        let apart = [&melody[..2], &[63], &melody[2..4]].concat();
        let bars = [
            vec![1, 2, 3],
            melody,
            version,
            of_version,
            three_bars,
            apart,
            vec![],
        ];
        let before = [Valid, Test, Train, Valid, Train, Train, Train];
        let mut tunes: Vec<Tune> = before.into_iter().map(tune).collect();
        assert_eq!(keep_melodies_together(&mut tunes, &bars), 2);
        let folds: Vec<Fold> = tunes.iter().map(|tune| tune.fold).collect();
        assert_eq!(folds, [Valid, Test, Test, Test, Train, Train, Train]);
        assert_eq!(keep_melodies_together(&mut tunes, &bars), 0);
    }
}

//! Bars are equal where musicians would say so, and runs are found where they are.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Index, SEPARATOR, bars};
use crate::abc;
use crate::score::Score;

fn read(text: &str) -> Score {
    abc::read(text.as_bytes()).unwrap().value.remove(0)
}

fn bars_of(fields: &str, music: &str) -> Vec<u32> {
    bars(&read(&format!("X:1\n{fields}\n{music}\n")))
}

const JIG: &str = "M:6/8\nL:1/8\nK:D";
const MUSIC: &str = "fdA GBd|A3 F2G|a2f edc|d3 d3|]";

#[test]
fn the_numbers_never_change() {
    // fixtures/novelty/fnv.py has them by the definition.
    assert_eq!(
        bars_of(JIG, MUSIC),
        [2259947235, 2420367084, 1225544751, 3188170135]
    );
}

#[test]
fn key_octave_and_signs_do_not_count() {
    let plain = bars_of(JIG, MUSIC);
    assert_eq!(plain.len(), 4);
    for (fields, music) in [
        ("M:6/8\nL:1/8\nK:G", "bgd ceg|d3 B2c|d'2b agf|g3 g3|]"),
        (
            "M:6/8\nL:1/8\nK:D",
            "f'd'a gbd'|a3 f2g|a'2f' e'd'c'|d'3 d'3|]",
        ),
        (
            "M:6/8\nL:1/8\nK:D",
            "|:\"D\"~f{e}dA (GB)d|!f!A3 F2G|a2.f edc|d3 d2-d:|",
        ),
        ("M:6/8\nL:1/8\nK:D", "de|fdA GBd|A3 F2G|a2f edc|d3 d3|]"),
        ("M:6/8\nL:1/8\nK:D", "[fF]dA GBd|A3 F2G|a2f edc|[d3F3] d3|]"),
        ("M:6/4\nL:1/4\nK:D", MUSIC),
    ] {
        assert_eq!(bars_of(fields, music), plain, "{music}");
    }
}

#[test]
fn notes_lengths_rests_and_ties_over_the_line_count() {
    let plain = bars_of(JIG, MUSIC);
    for (music, changed) in [
        ("fdA GBe|A3 F2G|a2f edc|d3 d3|]", vec![0]),
        ("fdA GBd|A3 FG2|a2f edc|d3 d3|]", vec![1]),
        ("fdA GBd|A2z F2G|a2f edc|d3 d3|]", vec![1]),
        ("fdA GBd|A3 F2G|a2f ed=c|d3 d3|]", vec![2]),
        ("fdA GBd|A3 F2G|a2f edd-|d3 d3|]", vec![2, 3]),
    ] {
        let bars = bars_of(JIG, music);
        let differ = |&index: &usize| bars[index] != plain[index];
        assert_eq!(
            (0..4).filter(differ).collect::<Vec<_>>(),
            changed,
            "{music}"
        );
    }
}

#[test]
fn short_last_bars_count_and_pickups_do_not() {
    let music = "A|dfa d'2a|f3 e2c|d3-d2:|";
    assert_eq!(bars_of(JIG, music).len(), 3);
    assert!(bars(&Score::new(crate::Resolution::MIDI)).is_empty());
}

/// Tunes of bars out of so few that runs are shared by chance.
fn tunes() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(1..5u32, 0..12), 0..8)
}

/// The longest run, by trying everything.
fn longest_run_slowly(tunes: &[Vec<u32>], bars: &[u32], but: usize) -> usize {
    let others = tunes.iter().enumerate().filter(|&(tune, _)| tune != but);
    let lengths = others.flat_map(|(_, tune)| {
        (0..tune.len()).flat_map(move |from| {
            (0..bars.len()).map(move |at| {
                let pairs = tune[from..].iter().zip(&bars[at..]);
                pairs.take_while(|(a, b)| a == b).count()
            })
        })
    });
    lengths.max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(3), ..ProptestConfig::default() })]

    /// What is found is there, and nothing longer is.
    #[test]
    fn the_longest_run_is_found(tunes in tunes(), bars in prop::collection::vec(1..5u32, 0..12), but in 0..8usize) {
        let index = Index::new(tunes.clone());
        prop_assert_eq!(index.tunes(), tunes.len());
        let found = index.longest_run(&bars, |tune| tune != but);
        prop_assert_eq!(found.map_or(0, |run| run.bars), longest_run_slowly(&tunes, &bars, but));
        if let Some(run) = found {
            prop_assert!(run.tune != but);
            let there = &tunes[run.tune][run.tune_at..run.tune_at + run.bars];
            prop_assert_eq!(&bars[run.at..run.at + run.bars], there);
        }
    }

    /// A tune of the index is found whole, a changed bar breaks it in two, and what is stored says all.
    #[test]
    fn a_known_tune_is_found_whole(tunes in tunes(), which in any::<prop::sample::Index>(), bar in any::<prop::sample::Index>()) {
        prop_assume!(tunes.iter().any(|tune| !tune.is_empty()));
        let index = Index::new(tunes.clone());
        prop_assert_eq!(&Index::from_stream(index.stream().to_vec()), &index);
        let filled: Vec<_> = tunes.iter().filter(|tune| !tune.is_empty()).collect();
        let tune = filled[which.index(filled.len())];
        prop_assert_eq!(index.longest_run(tune, |_| true).map(|run| run.bars), Some(tune.len()));
        let mut changed = tune.clone();
        let bar = bar.index(tune.len());
        changed[bar] = 9;
        let longest = bar.max(tune.len() - bar - 1);
        let found = index.longest_run(&changed, |_| true).map_or(0, |run| run.bars);
        prop_assert!(longest <= found && found < tune.len());
    }
}

#[test]
fn separators_match_nothing() {
    let index = Index::from_stream(vec![5, 6, SEPARATOR, SEPARATOR, 7]);
    assert_eq!(index.tunes(), 3);
    assert_eq!(index.longest_run(&[SEPARATOR], |_| true), None);
    let run = index
        .longest_run(&[6, SEPARATOR, SEPARATOR, 7], |_| true)
        .unwrap();
    assert_eq!((run.bars, run.at, run.tune, run.tune_at), (1, 0, 0, 1));
    assert_eq!(
        Index::from_stream(Vec::new()).longest_run(&[5], |_| true),
        None
    );
}

//! The chorales at `../shared/data`, where they are.

use consort_corpus::chorales::{bach, folds, jsb};
use consort_corpus::{DataFolder, Fold};

/// The data beside the repository, or nothing and a line that says so.
fn data() -> Option<DataFolder> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if root.is_dir() {
        return Some(DataFolder::new(root));
    }
    eprintln!("skipped: no data sets at ../shared/data");
    None
}

#[test]
fn the_benchmark_has_its_published_sizes() {
    let Some(data) = data() else { return };
    for (fold, pieces, steps) in [
        (Fold::Train, 229, 55_228),
        (Fold::Valid, 76, 18_408),
        (Fold::Test, 77, 18_900),
    ] {
        let corpus = jsb(&data, fold).expect("the set is there");
        assert_eq!(corpus.chorales.len(), pieces);
        assert_eq!(
            corpus
                .chorales
                .iter()
                .map(|chorale| chorale.grid.steps())
                .sum::<usize>(),
            steps
        );
        for chorale in &corpus.chorales {
            for step in 0..chorale.grid.steps() {
                for voice in 0..4 {
                    if let Some(pitch) = chorale.grid.pitch(step, voice) {
                        assert!((36..=81).contains(&pitch.midi()));
                    }
                }
            }
        }
    }
}

#[test]
fn no_training_score_shares_a_melody_with_what_is_held_out() {
    let places = folds();
    let strict = places
        .values()
        .filter(|place| place.fold == Fold::Train && !place.melody_is_held_out)
        .count();
    assert_eq!(strict, 173);
}

/// The fold map and both readers agree: most steps of a matched score are, up to transposition,
/// steps of its piece in the benchmark.
#[test]
fn scores_match_their_pieces_in_the_benchmark() {
    let Some(data) = data() else { return };
    let benchmark = jsb(&data, Fold::Valid).expect("the set is there");
    let scores = bach(&data, |place| place.fold == Fold::Valid).expect("the set is there");
    assert!(scores.left_out.is_empty(), "{:?}", scores.left_out);
    let intervals = |chorale: &consort_corpus::Chorale| {
        let grid = &chorale.grid;
        let frame = |step| {
            let bass = i32::from(grid.pitch(step, 3)?.midi());
            let above = |voice| Some(i32::from(grid.pitch(step, voice)?.midi()) - bass);
            Some([above(0)?, above(1)?, above(2)?])
        };
        (0..grid.steps())
            .filter_map(frame)
            .collect::<std::collections::BTreeSet<_>>()
    };
    let places = folds();
    let mut shares = Vec::new();
    for score in &scores.chorales {
        let piece = &benchmark.chorales[places[score.name.as_str()].index];
        let (ours, theirs) = (intervals(score), intervals(piece));
        shares.push(ours.intersection(&theirs).count() as f64 / ours.len() as f64);
        assert!(score.knows_onsets && score.pulses.len() == score.grid.steps());
    }
    shares.sort_by(f64::total_cmp);
    // The map is a heuristic: one score of this fold is another version of its piece.
    assert!(
        shares[1] > 0.75 && shares[shares.len() / 2] > 0.97,
        "{shares:?}"
    );
    let with_fermatas = scores
        .chorales
        .iter()
        .filter(|c| c.pulses.iter().any(|p| p.fermata));
    assert!(with_fermatas.count() > scores.chorales.len() * 9 / 10);
}

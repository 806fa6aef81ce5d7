//! Our rules beside music21's, by the tables of `fixtures/statistics/make.py`.

use super::motion::{
    Perfect, antiparallel_perfect, crosses, distance, hidden_perfect, is_step, moves_similarly,
    overlaps, parallel_perfect,
};
use super::on_bach::chorales;
use super::testing::pitch;
use super::{Chord, Quality};
use crate::pitch::Pitch;

const QUARTETS: &str = include_str!("../../../../fixtures/statistics/quartets.csv");
const CHORDS: &str = include_str!("../../../../fixtures/statistics/chords.csv");
const JSB_MOVES: &str = include_str!("../../../../fixtures/statistics/jsb-moves.csv");

/// What music21 would say, in the order of the columns, if it meant what we mean.
///
/// It differs on purpose in three things, which are put right here: it calls an octave followed by
/// a unison in similar motion hidden, where we call it parallel; it calls a diminished fifth before
/// a perfect one no hidden fifth; and its hidden intervals need no leap.
fn verdict(lb: Pitch, ub: Pitch, la: Pitch, ua: Pitch) -> [bool; 8] {
    let parallel = parallel_perfect(lb, ub, la, ua);
    let contrary = antiparallel_perfect(lb, ub, la, ua);
    let crossing = crosses(lb, ub) || crosses(la, ua);
    let octave_and_unison = parallel == Some(Perfect::Octave) && (lb == ub) != (la == ua);
    let diminished = distance(lb, ub) % 12 == 6;
    let into = |kind| {
        moves_similarly(lb, ub, la, ua)
            && parallel.is_none()
            && Perfect::between(la, ua) == Some(kind)
    };
    [
        parallel == Some(Perfect::Fifth),
        parallel == Some(Perfect::Octave) && !octave_and_unison,
        contrary == Some(Perfect::Fifth),
        contrary == Some(Perfect::Octave),
        into(Perfect::Fifth) && !diminished,
        into(Perfect::Octave) || octave_and_unison,
        crossing,
        overlaps(lb, ub, la, ua) || la > ub || ua < lb,
    ]
}

#[test]
fn moves_are_judged_as_music21_does() {
    let mut judged = 0;
    for line in QUARTETS.lines().skip(1) {
        let fields: Vec<u8> = line
            .split(',')
            .map(|field| field.parse().unwrap())
            .collect();
        let [lb, ub, la, ua] = [0, 1, 2, 3].map(|at| pitch(fields[at]));
        let said: Vec<bool> = fields[4..].iter().map(|&field| field == 1).collect();
        assert_eq!(verdict(lb, ub, la, ua).as_slice(), said, "{line}");
        // The leap is our own condition, and a crossing excludes an overlap.
        if !is_step(ub, ua) && distance(lb, ub) % 12 != 6 {
            let hidden = hidden_perfect(lb, ub, la, ua);
            assert_eq!(hidden == Some(Perfect::Fifth), said[4], "{line}");
        }
        let overlap = overlaps(lb, ub, la, ua);
        assert_eq!(overlap, said[7] && !said[6], "{line}");
        judged += 1;
    }
    assert_eq!(judged, 1500);
}

#[test]
fn chords_are_named_as_music21_names_them() {
    let mut named = 0;
    for line in CHORDS.lines().skip(1) {
        let [classes, quality, root] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let classes: Vec<Pitch> = (classes.split(' '))
            .map(|class| pitch(60 + class.parse::<u8>().unwrap()))
            .collect();
        let chord = Chord::of(classes.iter().copied());
        if quality == "-" {
            // What music21 has no such name for is no chord, or a seventh chord without its fifth.
            let sevenths = [Quality::Dominant7, Quality::Major7, Quality::Minor7];
            assert!(
                chord.is_none_or(|chord| classes.len() == 3 && sevenths.contains(&chord.quality)),
                "{line}: {chord:?}"
            );
            continue;
        }
        let chord = chord.unwrap();
        assert_eq!(format!("{:?}", chord.quality), quality, "{line}");
        let even = matches!(chord.quality, Quality::Augmented | Quality::Diminished7);
        if root != "-" && !even {
            assert_eq!(chord.root.to_string(), root, "{line}");
        }
        named += 1;
    }
    assert_eq!(named, 91);
}

#[test]
fn the_test_fold_has_the_moves_that_music21_finds() {
    let Some(pieces) = chorales("test") else {
        return;
    };
    let mut found = [0u64; 8];
    for grid in &pieces {
        for step in 1..grid.steps() {
            for lower in 1..4 {
                for upper in 0..lower {
                    if let (Some(lb), Some(ub), Some(la), Some(ua)) = (
                        grid.pitch(step - 1, lower),
                        grid.pitch(step - 1, upper),
                        grid.pitch(step, lower),
                        grid.pitch(step, upper),
                    ) && lb != la
                        && ub != ua
                    {
                        let verdict = verdict(lb, ub, la, ua).map(u64::from);
                        found = std::array::from_fn(|fault| found[fault] + verdict[fault]);
                    }
                }
            }
        }
    }
    let said: Vec<u64> = JSB_MOVES
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(found.as_slice(), said);
}

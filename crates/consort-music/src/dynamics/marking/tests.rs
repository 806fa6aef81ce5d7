//! Signs for velocities that are known.

use proptest::prelude::*;

use super::*;
use crate::dynamics::Levels;
use crate::score::Measure;
use crate::{Metre, Note, Pitch, Resolution, musicxml};

const QUARTER: i64 = 4;

/// Bars of four quarters, each a chord and a note, eighths; `velocity` by eighths.
fn played(bars: i64, velocity: impl Fn(i64) -> f64) -> Score {
    let mut score = Score::new(Resolution::new(4).unwrap());
    let bar = Ticks(4 * QUARTER);
    score.measures = (0..bars)
        .map(|index| {
            let number = (index + 1).to_string();
            Measure::new(bar * index, bar, Some(Metre::COMMON), number)
        })
        .collect();
    let note = |eighth: i64, pitch: u8, velocity: f64| Note {
        velocity: (velocity.round() as u8).try_into().ok(),
        ..Note::new(Ticks(eighth * 2), Ticks(2), Pitch::try_from(pitch).unwrap())
    };
    let eighths = 0..bars * 8;
    let notes = eighths.flat_map(|eighth| {
        let chord = [(72, 2.0), (48, -7.0)];
        let count = if eighth % 2 == 0 { 2 } else { 1 };
        let sounding = chord.into_iter().take(count);
        let level = velocity(eighth);
        sounding
            .map(|(pitch, more)| note(eighth, pitch, level + more))
            .collect::<Vec<_>>()
    });
    score.parts = vec![Part {
        name: "Piano".to_owned(),
        notes: notes.collect(),
        ..Part::default()
    }];
    score
}

fn marked(mut score: Score) -> Score {
    mark(&mut score);
    score
}

/// The signs of the first part, each with the bar in which it stands, 0 first.
fn written(score: &Score) -> String {
    let part = &score.parts[0];
    let bar = |at: Ticks| at.0 as f64 / (4 * QUARTER) as f64;
    let mut signs: Vec<(f64, String)> = Vec::new();
    for direction in &part.directions {
        signs.push((
            bar(direction.at),
            format!("{}@{}", direction.text, bar(direction.at)),
        ));
    }
    for spanner in &part.spanners {
        let shape = if spanner.kind == SpannerKind::Crescendo {
            '<'
        } else {
            '>'
        };
        let text = format!("{shape}{}-{}", bar(spanner.from), bar(spanner.to));
        signs.push((bar(spanner.from) + 0.01, text));
    }
    signs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let texts: Vec<String> = signs.into_iter().map(|(_, text)| text).collect();
    texts.join(" ")
}

fn accented(score: &Score) -> Vec<i64> {
    let notes = score.parts[0].notes.iter();
    let marked = notes.filter(|note| note.marks.contains(&Mark::Accent));
    marked.map(|note| note.onset.0 / 2).collect()
}

#[test]
fn a_constant_level_gets_one_sign() {
    for (velocity, name) in [(49.0, "p"), (70.0, "mp"), (74.0, "mf"), (112.0, "ff")] {
        assert_eq!(
            written(&marked(played(8, |_| velocity))),
            format!("{name}@0")
        );
    }
}

#[test]
fn a_level_between_two_dynamics_keeps_its_sign() {
    let score = played(16, |eighth| {
        72.0 + f64::from((eighth * 7 % 5) as i32 - 2) * 3.0
    });
    assert_eq!(written(&marked(score)).split(' ').count(), 1);
}

#[test]
fn a_step_gets_a_sign_at_its_bar() {
    let score = played(12, |eighth| {
        if (32..64).contains(&eighth) {
            96.0
        } else {
            49.0
        }
    });
    assert_eq!(written(&marked(score)), "p@0 f@4 p@8");
}

#[test]
fn a_crescendo_gets_a_hairpin() {
    let score = played(12, |eighth| match eighth {
        ..32 => 49.0,
        32..64 => 49.0 + 47.0 * (eighth - 32) as f64 / 32.0,
        _ => 96.0,
    });
    assert_eq!(written(&marked(score.clone())), "p@0 <4-8 f@8");
    let back = played(12, |eighth| match eighth {
        ..32 => 112.0,
        32..48 => 112.0 - 63.0 * (eighth - 32) as f64 / 16.0,
        _ => 49.0,
    });
    assert_eq!(written(&marked(back)), "ff@0 >4-6 p@6");
}

#[test]
fn a_beat_or_two_do_not_change_the_level() {
    let score = played(8, |eighth| if eighth == 27 { 80.0 } else { 60.0 });
    assert_eq!(written(&marked(score)), "mp@0");
}

#[test]
fn notes_that_stand_out_get_accents() {
    let loud = |level: f64| {
        move |eighth| {
            if [16, 27].contains(&eighth) {
                level
            } else {
                60.0
            }
        }
    };
    assert!(accented(&marked(played(8, loud(75.0)))).is_empty());
    let score = marked(played(8, loud(85.0)));
    assert_eq!(accented(&score), [16, 27]);
    assert_eq!(written(&score), "mp@0");
    // The loudest note of a chord bears it, and only once.
    assert_eq!(marked(score.clone()), score);
    let step = marked(played(8, |eighth| if eighth < 32 { 49.0 } else { 96.0 }));
    assert!(accented(&step).is_empty());
}

#[test]
fn old_signs_are_replaced_and_others_stay() {
    let mut score = played(4, |_| 96.0);
    let direction = |text: &str, kind| Direction {
        at: Ticks(4),
        text: text.to_owned(),
        kind,
    };
    let old = [
        ("pp", DirectionKind::Dynamic),
        ("dolce", DirectionKind::Words),
    ];
    score.parts[0].directions = old.map(|(text, kind)| direction(text, kind)).to_vec();
    let pedal = Spanner {
        kind: SpannerKind::Pedal,
        ..hairpin(Ticks(0), Ticks(8), true)
    };
    score.parts[0].spanners = vec![hairpin(Ticks(0), Ticks(8), true), pedal];
    let mut silent = score.parts[0].clone();
    silent
        .notes
        .iter_mut()
        .for_each(|note| note.velocity = None);
    score.parts.push(silent.clone());
    mark(&mut score);
    let texts: Vec<&str> = score.parts[0]
        .directions
        .iter()
        .map(|d| d.text.as_str())
        .collect();
    assert_eq!(
        (texts, &score.parts[0].spanners),
        (vec!["f", "dolce"], &vec![pedal])
    );
    // Nothing is known of this part's velocities.
    assert_eq!(score.parts[1], silent);
}

#[test]
fn signs_are_read_back_as_they_were_written() {
    let score = marked(played(16, |eighth| {
        80.0 + 30.0 * (eighth as f64 / 20.0).sin()
    }));
    assert!(score.parts[0].spanners.len() >= 3, "{}", written(&score));
    let text = musicxml::write(&score);
    let read = musicxml::read(text.as_bytes()).unwrap().value;
    assert_eq!(written(&read), written(&score));
    assert_eq!(accented(&read), accented(&score));
}

#[test]
fn what_the_signs_say_is_what_the_velocities_do() {
    let velocity = |eighth: i64| 72.0 + 36.0 * (eighth as f64 / 23.0).sin();
    let score = marked(played(32, velocity));
    let levels = Levels::of(&score).unwrap();
    let pairs: Vec<(f64, f64)> = (0..256)
        .map(|eighth| (velocity(eighth), levels.level_at(Ticks(eighth * 2))))
        .collect();
    assert!(
        correlation(&pairs) > 0.95,
        "{}: {}",
        correlation(&pairs),
        written(&score)
    );
    let signs = score.parts[0].directions.len();
    assert!(
        signs <= 24,
        "{signs} dynamics in 32 bars: {}",
        written(&score)
    );
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum()
    };
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_notes_get_signs_in_order(
        notes in prop::collection::vec((0..4000_i64, 1..127_u8, 0..127_u8, 0..3_i64), 1..60),
        measures in 0..20_i64,
    ) {
        let mut score = played(measures, |_| 60.0);
        let part = &mut score.parts[0];
        for (onset, velocity, pitch, duration) in notes {
            let note = Note::new(Ticks(onset), Ticks(duration), Pitch::try_from(pitch).unwrap());
            part.notes.push(Note { velocity: velocity.try_into().ok(), ..note });
        }
        part.sort();
        let score = marked(score);
        let part = &score.parts[0];
        let has_notes = part.notes.iter().any(|note| note.duration > Ticks::ZERO);
        prop_assert_eq!(part.directions.is_empty(), !has_notes);
        prop_assert!(part.directions.is_sorted_by_key(|direction| direction.at));
        prop_assert!(part.spanners.is_sorted_by_key(|spanner| spanner.from));
        for pair in part.directions.windows(2) {
            prop_assert!(pair[0].at < pair[1].at && pair[0].text != pair[1].text);
        }
        for spanner in &part.spanners {
            let stands = |at| part.directions.iter().any(|direction| direction.at == at);
            prop_assert!(spanner.from < spanner.to && stands(spanner.to));
        }
        prop_assert_eq!(marked(score.clone()), score);
    }
}

//! Chords that any accompanist would choose, and what must hold of any tune.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{chords, with_chords};
use crate::abc;
use crate::pitch::{Key, Pitch, Step};
use crate::score::{KeyChange, Measure, Metre, Note, Part, Score};
use crate::time::{Resolution, Ticks};

fn tune(fields: &str, music: &str) -> Score {
    let text = format!("X:1\n{fields}\n{music}\n");
    abc::read(text.as_bytes()).unwrap().value.remove(0)
}

/// The symbols, each after the number of its measure (from 1).
fn symbols(score: &Score) -> String {
    let shown = chords(score).into_iter().map(|chord| {
        let measure = score.measure_at(chord.at).unwrap() + 1;
        format!("{measure}{}", chord.text)
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn broken_chords_are_named() {
    let music = "|:ceg|Ace|fac'|gbd':|";
    assert_eq!(symbols(&tune("M:3/4\nL:1/4\nK:C", music)), "1C 2Am 3F 4G");
    let music = "|:Ace|gbd'|fac'|e^gb|Ace:|";
    assert_eq!(
        symbols(&tune("M:3/4\nL:1/4\nK:Am", music)),
        "1Am 2G 3F 4E7 5Am"
    );
}

#[test]
fn a_mode_has_its_own_chords() {
    let dorian = "|:Adef|a2fd|ceGc|edcA|Adef|a2fd|ceGc|d4:|";
    assert_eq!(
        symbols(&tune("M:2/4\nL:1/8\nK:Ddor", dorian)),
        "1Dm 2Dm 3C 4Am 5Dm 6Dm 7C 8Dm"
    );
    let flat = symbols(&tune("M:2/4\nL:1/8\nK:Gdor", "|:GBdg|FAcf|BGDG|G4:|"));
    assert_eq!(flat, "1Gm 2F 3Gm 4Gm");
    let mixolydian = symbols(&tune("M:2/4\nL:1/8\nK:Amix", "|:Acea|gdBG|Acea|GBA2:|"));
    assert!(mixolydian.contains("2G"), "{mixolydian}");
}

#[test]
fn a_bar_is_divided_where_the_melody_asks_for_it() {
    assert_eq!(
        symbols(&tune(
            "M:6/8\nL:1/8\nK:D",
            "|:fdA fdA|gec Ace|fdA BGB|ABc d3:|"
        )),
        "1D 2A7 3D 3G 4A7 4D"
    );
    assert_eq!(
        symbols(&tune("M:9/8\nL:1/8\nK:G", "|:GBd GBd ceg|dBG AFA G3:|")),
        "1G 1C 2G 2D7 2G"
    );
}

#[test]
fn pickups_have_no_chord_and_short_last_bars_do() {
    let score = tune("M:3/4\nL:1/4\nK:G", "D|:G2B|A2F|1G2D:|2G2||d|e2c|d2B|G2|]");
    assert_eq!(
        chords(&score).len() + 2,
        score.measures.len(),
        "all but the two pickups: {}",
        symbols(&score)
    );
}

#[test]
fn the_key_may_change_and_silence_has_no_chords() {
    let score = tune("M:2/4\nL:1/4\nK:C", "|:ce|gc:|[K:Eb]|:eg|be:|");
    assert_eq!(symbols(&score), "1C 2C 3Eb 4Eb");
    assert_eq!(chords(&Score::new(Resolution::MIDI)), []);
    assert_eq!(chords(&tune("M:2/4\nL:1/4\nK:C", "z2|z2|")), []);
}

#[test]
fn a_score_gets_its_chords_in_place_of_others() {
    let score = tune("M:2/4\nL:1/4\nK:C", "\"F#m\"c\"Bb\"e|gc|");
    let before = score.parts[0].chords.len();
    let accompanied = with_chords(score.clone());
    assert_eq!(before, 2);
    assert_eq!(accompanied.parts[0].chords, chords(&score));
    assert_eq!(accompanied.parts[0].notes, score.parts[0].notes);
}

/// A tune in 4/4 of notes by length and place in the range, and a key.
fn tunes() -> impl Strategy<Value = Score> {
    let note = (1..9i64, prop::option::weighted(0.9, 55..85u8));
    let notes = prop::collection::vec(note, 1..80);
    (notes, -5..=5i8, 0..16u8).prop_map(|(notes, fifths, signs)| {
        let mut score = Score::new(Resolution::new(4).unwrap());
        let mut at = Ticks::ZERO;
        let mut part = Part::default();
        for (length, pitch) in notes {
            if let Some(midi) = pitch {
                let pitch = Pitch::try_from(midi).unwrap();
                part.notes.push(Note::new(at, Ticks(length), pitch));
            }
            at += Ticks(length);
        }
        let bars = (at.0 + 15) / 16;
        for bar in 0..bars {
            let number = bar.to_string();
            let metre = Some(Metre::COMMON);
            let mut measure = Measure::new(Ticks(bar * 16), Ticks(16), metre, number);
            measure.repeat_start = bar % 4 == 0 && signs & 1 > 0;
            measure.repeat_end = (bar % 4 == 3 && signs & 2 > 0).then_some(2);
            score.measures.push(measure);
        }
        let mode =
            [crate::Mode::Major, crate::Mode::Minor, crate::Mode::Dorian][usize::from(signs) % 3];
        let key = Key { fifths, mode };
        score.keys.push(KeyChange {
            at: Ticks::ZERO,
            key,
        });
        score.parts.push(part);
        score
    })
}

/// The root of a symbol as a pitch class, and the rest of it.
fn root(text: &str) -> (i32, &str) {
    let letter = Step::from_letter(text.chars().next().unwrap()).unwrap();
    let kind = text[1..].trim_start_matches(['#', 'b']);
    let accidentals = &text[1..text.len() - kind.len()];
    let sharps = accidentals.matches('#').count() as i32;
    let flats = accidentals.matches('b').count() as i32;
    ((letter.semitones() + sharps - flats).rem_euclid(12), kind)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(5), cases: 128, ..ProptestConfig::default() })]

    /// The same tune in another key has the same chords there.
    #[test]
    fn chords_move_with_the_tune(score in tunes(), semitones in -6..=6i32) {
        let mut moved = score.clone();
        for note in &mut moved.parts[0].notes {
            note.pitch = note.pitch.transposed(semitones).unwrap();
        }
        moved.keys[0].key = moved.keys[0].key.transposed(semitones);
        let (here, there) = (chords(&score), chords(&moved));
        prop_assert_eq!(here.len(), there.len());
        for (here, there) in here.iter().zip(&there) {
            prop_assert_eq!(here.at, there.at);
            let ((from, kind), (to, moved_kind)) = (root(&here.text), root(&there.text));
            prop_assert_eq!(((from + semitones).rem_euclid(12), kind), (to, moved_kind));
        }
    }

    /// Every bar begins with a chord, in order, and ABC keeps them all as chord symbols.
    #[test]
    fn every_bar_has_a_chord(score in tunes()) {
        prop_assume!(!score.parts[0].notes.is_empty());
        let symbols = chords(&score);
        prop_assert!(symbols.is_sorted_by(|a, b| a.at < b.at));
        for measure in &score.measures {
            prop_assert!(symbols.iter().any(|symbol| symbol.at == measure.start));
        }
        let written = abc::write(&with_chords(score));
        let again = abc::read(written.as_bytes()).unwrap().value.remove(0);
        let texts = |symbols: &[crate::score::ChordSymbol]| -> Vec<String> {
            symbols.iter().map(|symbol| symbol.text.clone()).collect()
        };
        prop_assert_eq!(texts(&again.parts[0].chords), texts(&symbols));
    }
}

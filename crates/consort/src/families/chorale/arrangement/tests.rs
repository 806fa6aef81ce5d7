//! What is the user's stays the user's, wherever it lies and however it is written.

use consort_music::{Measure, Metre, Note, Part, Pitch, Resolution, Score, Ticks, abc};
use proptest::prelude::*;

use super::*;
use crate::families::chorale::config::OPTIONS;
use crate::options::Options;

fn tune(body: &str) -> Score {
    let text = format!("X:1\nM:4/4\nL:1/4\nK:C\n{body}\n");
    abc::read(text.as_bytes()).unwrap().value.remove(0)
}

fn request(settings: &[(&str, &str)]) -> Request {
    let mut options = Options::new(OPTIONS);
    settings
        .iter()
        .for_each(|(name, value)| options.set(name, value).unwrap());
    Request::of(&options).unwrap()
}

/// Fills every hole with one chord, a third below the other, and writes it down.
fn filled(score: &Score, request: &Request) -> (Score, Vec<String>) {
    let mut arrangement = Arrangement::of(score, request).unwrap();
    let window = &mut arrangement.window;
    for step in 0..window.steps() {
        for voice in 0..VOICES {
            if !window.known[step][voice] {
                window.classes[step][voice] = [33, 27, 20, 12][voice];
                let again = step % 4 == 0;
                window.attacks[step][voice] = if again { Attack::Struck } else { Attack::Held };
            }
        }
    }
    arrangement.into_score()
}

fn refusal(score: &Score, request: &Request) -> String {
    Arrangement::of(score, request)
        .err()
        .expect("it is refused")
        .to_string()
}

/// Melodies with rests, repeated notes, ties, odd lengths and any register.
fn melody() -> impl Strategy<Value = Score> {
    let note = (0..40_i64, 1..30_i64, 0..5_u8, any::<bool>(), 0..20_u8);
    (
        prop::collection::vec(note, 1..40),
        20..90_u8,
        1..30_u32,
        1..9_u8,
    )
        .prop_map(|(notes, lowest, resolution, beats)| {
            let resolution = Resolution::new(resolution).unwrap();
            let mut score = Score::new(resolution);
            let mut part = Part::default();
            let mut at = Ticks::ZERO;
            for (rest, length, kind, tied, up) in notes {
                at += if kind == 0 { Ticks(rest) } else { Ticks::ZERO };
                let pitch = Pitch::try_from(lowest + up).unwrap();
                let mut note = Note::new(at, Ticks(length), pitch);
                if tied && kind == 1 {
                    note.tied_to = true;
                    part.notes.push(note.clone());
                    at += Ticks(length);
                    note = Note {
                        onset: at,
                        tied_to: false,
                        tied_from: true,
                        ..note
                    };
                }
                part.notes.push(note);
                at += Ticks(length);
            }
            let length = resolution.quarter() * i64::from(beats);
            let mut start = Ticks::ZERO;
            while start < at {
                let number = (score.measures.len() + 1).to_string();
                score
                    .measures
                    .push(Measure::new(start, length, Metre::new(beats, 4), number));
                start += length;
            }
            score.parts.push(part);
            score
        })
}

proptest! {
    #[test]
    fn the_melody_comes_back_as_it_was(score in melody(), grid in 0..3_usize) {
        let grid = ["16th", "8th", "quarter"][grid];
        let (result, _) = filled(&score, &request(&[("grid", grid)]));
        let times = i64::from(result.resolution.ticks_per_quarter() / score.resolution.ticks_per_quarter());
        let finer = score.at_resolution(result.resolution).unwrap();
        prop_assert!(times >= 1);
        prop_assert_eq!(&result.parts[0].notes, &finer.parts[0].notes);
        prop_assert_eq!(result.parts.len(), 4);
        prop_assert_eq!(result.measures, finer.measures);
    }

    #[test]
    fn new_voices_sing_where_the_melody_does_and_stay_within_measures(score in melody()) {
        let (result, _) = filled(&score, &request(&[]));
        let span = |part: &Part| {
            let sounding = part.sounding();
            (sounding.first().unwrap().onset, sounding.last().unwrap().end())
        };
        let step = result.resolution.quarter() / 4;
        let melody = span(&result.parts[0]);
        for part in &result.parts[1..] {
            let (from, to) = span(part);
            // Notes go to the nearest step, half a step away at most, and last for one at least.
            prop_assert!(
                (from - melody.0).0.abs() <= step.0 && 2 * (to - melody.1).0.abs() <= 3 * step.0,
                "{from} to {to}, the melody {melody:?}, steps of {step}"
            );
            for note in &part.notes {
                let measure = result.measure_at(note.onset);
                let end = measure.map_or(note.end(), |index| result.measures[index].end());
                prop_assert!(note.end() <= end, "a note crosses a barline");
            }
            // One note after another without a gap, a tie joining what a barline parts.
            for pair in part.notes.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].onset);
                prop_assert_eq!(pair[0].tied_to, pair[1].tied_from);
            }
        }
    }
}

#[test]
fn lyrics_fermatas_and_repeats_stay() {
    let score = tune("|: CDEF | HG4 :|\nw: One two three four five");
    let (result, _) = filled(&score, &request(&[]));
    assert_eq!(result.parts[0].notes.len(), 5);
    assert!(
        result.parts[0]
            .notes
            .iter()
            .all(|note| note.lyrics.len() == 1)
    );
    assert!(result.parts[0].notes[4].has_fermata());
    assert_eq!(
        result.measures,
        score.at_resolution(result.resolution).unwrap().measures
    );
}

#[test]
fn a_low_melody_is_moved_up_and_the_rest_comes_down_with_it() {
    let low = tune("C,,D,,E,,F,,|");
    let arrangement = Arrangement::of(&low, &request(&[])).unwrap();
    assert_eq!(arrangement.shift, 24);
    assert!(
        arrangement.notices[0].contains("24 semitones higher"),
        "{:?}",
        arrangement.notices
    );
    let (high, _) = filled(&tune("CDEF|"), &request(&[]));
    let (result, _) = filled(&low, &request(&[]));
    for (low, high) in result.parts[1..].iter().zip(&high.parts[1..]) {
        for (low, high) in low.notes.iter().zip(&high.notes) {
            assert_eq!(
                i32::from(low.pitch.midi()) + 24,
                i32::from(high.pitch.midi())
            );
        }
    }
}

#[test]
fn a_melody_within_its_range_is_not_moved() {
    let arrangement = Arrangement::of(&tune("cdef|"), &request(&[])).unwrap();
    assert_eq!((arrangement.shift, arrangement.notices.len()), (0, 0));
}

#[test]
fn any_voice_can_be_the_users() {
    let bass = tune("C,D,E,F,|");
    let (result, _) = filled(&bass, &request(&[("keep", "bass")]));
    assert_eq!(result.parts[3].notes.len(), 4);
    assert_eq!(result.parts[0].name, "Soprano");
    let (result, _) = filled(&tune("CDEF|"), &request(&[("keep", "none")]));
    assert_eq!(result.parts[0].name, "Soprano");
}

fn four_parts() -> Score {
    let voices = [
        "cdec|gfed|c4|",
        "GGGG|GGGG|G4|",
        "EEEE|EEEE|E4|",
        "C,C,C,C,|C,C,C,C,|C,4|",
    ];
    let body: Vec<String> = voices
        .iter()
        .enumerate()
        .map(|(index, notes)| format!("V:{}\n{notes}", index + 1))
        .collect();
    tune(&body.join("\n"))
}

#[test]
fn voices_that_are_kept_of_four_stay() {
    let score = four_parts();
    let (result, _) = filled(&score, &request(&[("keep", "soprano,bass")]));
    let finer = score.at_resolution(result.resolution).unwrap();
    assert_eq!(result.parts[0].notes, finer.parts[0].notes);
    assert_eq!(result.parts[3].notes, finer.parts[3].notes);
    assert_ne!(result.parts[1].notes, finer.parts[1].notes);
}

#[test]
fn only_the_bars_that_are_named_change() {
    let score = four_parts();
    let (result, _) = filled(&score, &request(&[("bars", "2-2")]));
    let finer = score.at_resolution(result.resolution).unwrap();
    let bar = &finer.measures[1];
    for (new, old) in result.parts.iter().zip(&finer.parts) {
        let outside = |part: &Part| -> Vec<Note> {
            let outside = |note: &&Note| note.onset < bar.start || note.onset >= bar.end();
            part.notes.iter().filter(outside).cloned().collect()
        };
        assert_eq!(outside(new), outside(old));
    }
    assert_eq!(result.parts[0].notes, finer.parts[0].notes);
    assert_ne!(result.parts[2].notes, finer.parts[2].notes);
}

#[test]
fn a_note_that_reaches_into_the_named_bars_stays_whole() {
    let mut score = four_parts();
    score.parts[1].notes = vec![
        Note::new(
            Ticks(0),
            score.resolution.quarter() * 6,
            Pitch::try_from(67u8).unwrap(),
        ),
        Note::new(
            score.resolution.quarter() * 6,
            score.resolution.quarter() * 6,
            Pitch::try_from(65u8).unwrap(),
        ),
    ];
    let (result, _) = filled(&score, &request(&[("bars", "2")]));
    let quarter = result.resolution.quarter();
    let alto = result.parts[1].sounding();
    assert_eq!((alto[0].onset, alto[0].duration), (Ticks(0), quarter * 6));
    let last = alto.last().unwrap();
    assert_eq!(
        (last.onset, last.end(), last.pitch.midi()),
        (quarter * 8, quarter * 12, 65)
    );
}

#[test]
fn chords_give_their_highest_notes_and_say_so() {
    let score = tune("[CEG][DFA]EF|");
    let (result, notices) = filled(&score, &request(&[]));
    let pitches: Vec<u8> = result.parts[0]
        .notes
        .iter()
        .map(|note| note.pitch.midi())
        .collect();
    assert_eq!(pitches, [67, 69, 64, 65]);
    assert!(
        notices[0].contains("4 below") && notices[0].contains("--part"),
        "{notices:?}"
    );
}

#[test]
fn of_two_parts_the_first_is_the_melody_unless_another_is_named() {
    let score = tune("V:1 name=\"Flute\"\ncdec|\nV:2 name=\"Cello\"\nC,D,E,C,|");
    let (result, notices) = filled(&score, &request(&[]));
    assert_eq!(result.parts[0].notes[0].pitch.midi(), 72);
    assert!(
        notices[0].contains("Flute") && notices[0].contains("--part"),
        "{notices:?}"
    );
    for part in ["2", "cello"] {
        let (result, _) = filled(&score, &request(&[("part", part)]));
        assert_eq!(result.parts[0].notes[0].pitch.midi(), 48);
    }
    assert!(refusal(&score, &request(&[("part", "oboe")])).contains("Cello"));
}

#[test]
fn what_no_choir_sings_is_refused_with_a_remedy() {
    let five: Vec<String> = (1..=5).map(|voice| format!("V:{voice}\ncdec|")).collect();
    let message = refusal(&tune(&five.join("\n")), &request(&[]));
    assert!(
        message.contains("5 voices") && message.contains("--part"),
        "{message}"
    );
    let message = refusal(&tune("C,,,c'''|"), &request(&[]));
    assert!(
        message.contains("C1") && message.contains("C8") && message.contains("84"),
        "{message}"
    );
    assert!(refusal(&tune("z4|"), &request(&[])).contains("no notes"));
    assert!(refusal(&tune("CDEF|"), &request(&[("bars", "1-2")])).contains("four voices"));
    assert!(refusal(&four_parts(), &request(&[("bars", "7-9")])).contains("1 to 3"));
    assert!(refusal(&tune("CDEF|"), &request(&[("keep", "alto,tenor")])).contains("one line"));
    let mut options = Options::new(OPTIONS);
    options.set("keep", "viola").unwrap();
    assert!(
        Request::of(&options)
            .unwrap_err()
            .to_string()
            .contains("soprano, alto")
    );
}

#[test]
fn notes_between_the_steps_are_told() {
    let (result, notices) = filled(&tune("(3CDE F2|"), &request(&[]));
    assert!(notices[0].contains("between steps"), "{notices:?}");
    assert_eq!(result.parts[0].notes.len(), 4);
}

#[test]
fn long_pieces_are_worked_on_and_endless_ones_refused() {
    let bars = "CDEF|".repeat(600);
    let arrangement = Arrangement::of(&tune(&bars), &request(&[])).unwrap();
    assert_eq!(arrangement.window.steps(), 600 * 16);
    let mut endless = tune("CDEF|");
    endless.parts[0].notes[3].duration = Ticks(1 << 40);
    assert!(refusal(&endless, &request(&[])).contains("--grid"));
}

#[test]
fn odd_and_changing_metres_keep_their_beats() {
    let score = tune("M:5/8\nL:1/8\nCDEFG|[M:3/4]C2D2E2|[M:6/8]CDEFGA|");
    let arrangement = Arrangement::of(&score, &request(&[])).unwrap();
    let places: Vec<(u8, u8)> = arrangement
        .window
        .moments
        .iter()
        .filter_map(|moment| moment.in_measure)
        .collect();
    assert_eq!(places.len(), 10 + 12 + 12);
    assert_eq!(places[0], (0, 5));
    assert_eq!(places[10], (0, 3));
    assert_eq!((places[22], places[33]), ((0, 2), (1, 2)));
}

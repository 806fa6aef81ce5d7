//! Conditions that no tune can meet.

use consort_music::tune::{Chords, ConditionError, Conditions, Guide};
use consort_music::{Key, Metre, Mode, Pitch};

#[test]
fn conditions_that_no_tune_can_meet_say_what_to_do() {
    let error = |conditions| Guide::new(conditions).unwrap_err();
    let zero = Metre {
        beats: 0,
        ..Metre::COMMON
    };
    let conditions = Conditions::default;
    assert!(matches!(
        error(Conditions {
            metre: Some(zero),
            ..conditions()
        }),
        ConditionError::Metre { .. }
    ));
    let fifths = 8;
    let key = Some(Key {
        fifths,
        mode: Mode::Major,
    });
    assert_eq!(
        error(Conditions {
            key,
            ..conditions()
        }),
        ConditionError::Key { fifths }
    );
    for rhythm in [
        "",
        "Jig",
        "slip  jig",
        "jig\n",
        "a rhythm of far too many letters",
    ] {
        let rhythm = Some(rhythm.to_owned());
        assert!(matches!(
            error(Conditions {
                rhythm,
                ..conditions()
            }),
            ConditionError::Rhythm { .. }
        ));
    }
    let chords = Chords::Given(Vec::new());
    assert_eq!(
        error(Conditions {
            chords,
            ..conditions()
        }),
        ConditionError::NoChords
    );
    let chord = "H7".to_owned();
    let chords = Chords::Given(vec!["G".to_owned(), chord.clone()]);
    assert_eq!(
        error(Conditions {
            chords,
            ..conditions()
        }),
        ConditionError::Chord { chord }
    );
    for (lowest, highest) in [(60, 71), (72, 60), (40, 80), (60, 100)] {
        let pitch = |midi: u8| Pitch::try_from(midi).unwrap();
        let (lowest, highest) = (pitch(lowest), pitch(highest));
        assert_eq!(
            error(Conditions {
                lowest,
                highest,
                ..conditions()
            }),
            ConditionError::Range { lowest, highest }
        );
    }
}

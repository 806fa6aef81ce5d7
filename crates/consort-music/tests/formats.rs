//! What each format holds is what its table says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use consort_music::format::{Format, Holds, lost};
use consort_music::inventory::{Feature, Inventory};
use consort_music::performance::{Control, Message, Played};
use consort_music::score::{
    Barline, ChordSymbol, Clef, ClefChange, Direction, DirectionKind, Grace, Instrument, KeyChange,
    Lyric, Mark, Measure, Metre, Navigation, Note, Part, Rest, Score, Spanner, SpannerKind,
    Syllabic, TempoChange, Tuplet,
};
use consort_music::{Key, Mode, Pitch, Resolution, Spelling, Tempo, Ticks, Velocity};

const FORMATS: [Format; 4] = Format::ALL;

/// Four measures of quarter notes in two parts, without anything else.
fn plain() -> Score {
    let mut score = Score::new(Resolution::new(12).unwrap());
    let metre = Metre::new(4, 4);
    score.measures = (0..4)
        .map(|index| Measure::new(Ticks(48 * index), Ticks(48), metre, (index + 1).to_string()))
        .collect();
    let note = |index: i64| {
        let pitch = Pitch::try_from(60 + index % 5).unwrap();
        Note::new(Ticks(12 * index), Ticks(12), pitch)
    };
    let part = |name: &str| Part {
        name: name.to_owned(),
        notes: (0..16).map(note).collect(),
        ..Part::default()
    };
    score.parts = vec![part("One"), part("Two")];
    score
}

fn marked(mark: Mark) -> Score {
    let mut score = plain();
    score.parts[0].notes[3].marks.push(mark);
    score
}

fn directed(kind: DirectionKind, text: &str) -> Score {
    let mut score = plain();
    // At the start of a measure, where a section begins.
    let (at, text) = (Ticks(48), text.to_owned());
    score.parts[0].directions.push(Direction { at, text, kind });
    score
}

fn spanned(kind: SpannerKind) -> Score {
    let mut score = plain();
    score.parts[0].spanners.push(Spanner {
        from: Ticks(12),
        to: Ticks(36),
        staff: 1,
        kind,
    });
    score
}

fn controlled(message: Message) -> Score {
    let mut score = plain();
    score.parts[0].controls.push(Control {
        at: Ticks(24),
        message,
    });
    score
}

/// A score that has `feature`, as it usually looks.
fn with(feature: Feature) -> Score {
    let mut score = plain();
    let notes = &mut score.parts[0].notes;
    match feature {
        Feature::Note => {}
        Feature::GraceNote => {
            let grace = Some(Grace::default());
            notes.insert(
                4,
                Note {
                    grace,
                    ..Note::new(Ticks(48), Ticks(0), Pitch::MIDDLE_C)
                },
            );
        }
        Feature::Tie => {
            notes[1].pitch = notes[0].pitch;
            (notes[0].tied_to, notes[1].tied_from) = (true, true);
        }
        Feature::Tuplet => {
            let third = |index: i64| Note {
                tuplet: Some(Tuplet {
                    actual: 3,
                    normal: 2,
                }),
                ..Note::new(Ticks(4 * index), Ticks(4), Pitch::MIDDLE_C)
            };
            notes.splice(0..1, (0..3).map(third));
        }
        Feature::Spelling => {
            notes[1].spelling = Some(Spelling::in_key(notes[1].pitch, Key::default()))
        }
        Feature::FurtherStaff => notes[1..4].iter_mut().for_each(|note| note.staff = 2),
        Feature::Velocity => notes[0].velocity = Velocity::try_from(99).ok(),
        Feature::Timing => {
            notes[1].played = Some(Played {
                delay: Ticks(1),
                duration: Ticks(7),
            });
        }
        Feature::Fermata => return marked(Mark::Fermata),
        Feature::Articulation => return marked(Mark::Staccato),
        Feature::Ornament => return marked(Mark::Trill),
        Feature::Bowing => return marked(Mark::UpBow),
        Feature::Slur => {
            notes[1].marks.push(Mark::SlurStart);
            notes[3].marks.push(Mark::SlurStop);
        }
        Feature::OtherMark => return marked(Mark::Other("3".to_owned())),
        Feature::MarkedRest => {
            notes.remove(7);
            score.parts[0].rests.push(Rest {
                onset: Ticks(84),
                duration: Ticks(12),
                voice: 1,
                staff: 1,
                marks: vec![Mark::Fermata],
                lyrics: Vec::new(),
            });
        }
        Feature::Syllable => notes[0].lyrics.push(Lyric {
            verse: 1,
            text: "la".to_owned(),
            syllabic: Syllabic::Single,
            extend: false,
        }),
        Feature::ChordSymbol => {
            score.parts[0].chords.push(ChordSymbol {
                at: Ticks(0),
                text: "Am7".to_owned(),
            });
        }
        Feature::Dynamic => return directed(DirectionKind::Dynamic, "mf"),
        Feature::Words => return directed(DirectionKind::Words, "dolce"),
        Feature::RehearsalMark => return directed(DirectionKind::Rehearsal, "B"),
        Feature::Hairpin => return spanned(SpannerKind::Crescendo),
        Feature::Pedal => return spanned(SpannerKind::Pedal),
        Feature::OctaveLine => return spanned(SpannerKind::Octaves(1)),
        Feature::OtherLine => return spanned(SpannerKind::Trill),
        Feature::Controller => {
            return controlled(Message::Controller {
                number: 11,
                value: 90,
            });
        }
        Feature::PitchBend => return controlled(Message::PitchBend(100)),
        Feature::Pressure => return controlled(Message::Pressure(5)),
        Feature::Release => {
            let pitch = notes[1].pitch;
            return controlled(Message::Release {
                pitch,
                velocity: 30,
            });
        }
        Feature::ProgramChange => return controlled(Message::Program(40)),
        Feature::OtherMessage => return controlled(Message::SystemExclusive([1, 2, 3].into())),
        Feature::Key => {
            let key = Key {
                fifths: 2,
                mode: Mode::Major,
            };
            score.keys = vec![KeyChange { at: Ticks(0), key }];
        }
        Feature::PartKey => {
            let key = Key {
                fifths: 2,
                mode: Mode::Major,
            };
            score.keys = vec![KeyChange {
                at: Ticks(0),
                key: Key::default(),
            }];
            score.parts[1].keys = vec![KeyChange { at: Ticks(0), key }];
        }
        Feature::Metre => score.measures[2..].iter_mut().for_each(|measure| {
            measure.metre = Metre::new(8, 8);
        }),
        Feature::Tempo => {
            let tempo = Tempo::new(90.0).unwrap();
            score.tempos = vec![TempoChange {
                at: Ticks(0),
                tempo,
            }];
        }
        Feature::Clef => {
            score.parts[0].clefs = vec![ClefChange {
                at: Ticks(0),
                staff: 1,
                clef: Clef::ALTO,
            }];
        }
        Feature::Repeat => score.measures[1].repeat_end = Some(2),
        Feature::Ending => {
            score.measures[1].ending_start = vec![1];
            score.measures[1].ending_stop = true;
            score.measures[1].repeat_end = Some(2);
            score.measures[2].ending_start = vec![2];
            score.measures[2].ending_stop = true;
        }
        Feature::Jump => score.measures[3].navigation = vec![Navigation::DaCapo],
        Feature::Barline => score.measures[1].barline = Barline::Double,
        Feature::Instrument => {
            score.parts[0].instrument = Instrument {
                program: Some(73),
                percussion: false,
            };
        }
        Feature::Transposition => score.parts[0].transposition = -2,
        Feature::Field => score.metadata.title = Some("A title".to_owned()),
        _ => unreachable!("{feature:?} needs an example here"),
    }
    score
}

#[test]
fn each_format_holds_what_its_table_says() {
    for &feature in Feature::ALL {
        let score = with(feature);
        assert!(
            Inventory::of(&score).count(feature) > 0,
            "{feature:?} is not in its example"
        );
        for format in FORMATS {
            let lost: Vec<Feature> = lost(&score, format)
                .into_iter()
                .map(|(what, _)| what)
                .collect();
            match format.holds(feature) {
                Holds::All => assert!(!lost.contains(&feature), "{feature:?} in {format:?}"),
                // Repeats are played out, so there are none left to lose.
                Holds::None if format == Format::Midi => {}
                Holds::None => assert!(lost.contains(&feature), "{feature:?} in {format:?}"),
                Holds::Some => {}
            }
            let unsaid = lost.iter().find(|&&what| format.holds(what) == Holds::All);
            assert_eq!(unsaid, None, "with {feature:?} in {format:?}");
        }
    }
}

/// The rows of the table in the README.
fn table() -> String {
    let mut table = "| | MIDI | MusicXML | ABC |\n|---|---|---|---|\n".to_owned();
    for feature in Feature::ALL {
        let held = [Format::Midi, Format::MusicXml, Format::Abc].map(|format| {
            match format.holds(*feature) {
                Holds::All => "all",
                Holds::Some => "some",
                Holds::None => "none",
            }
        });
        table += &format!("| {} | {} |\n", feature.name(2), held.join(" | "));
    }
    table
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../README.md");
    let begin = "<!-- table: begin -->\n";
    let shown = page
        .split(begin)
        .nth(1)
        .and_then(|rest| rest.split("<!-- table: end -->").next());
    assert_eq!(
        shown,
        Some(table().as_str()),
        "copy the right-hand side into README.md"
    );
}

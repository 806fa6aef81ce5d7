//! Random scores with everything in them that a score can hold.

use consort_music::score::{
    Barline, ChordSymbol, Clef, ClefChange, ClefSign, Direction, DirectionKind, Grace, Instrument,
    KeyChange, Lyric, Mark, Metadata, MetreSymbol, Navigation, Rest, Spanner, SpannerKind,
    Syllabic, TempoChange, Tuplet,
};
use consort_music::{
    Control, Key, Measure, Message, Metre, Mode, Note, Part, Pitch, Played, Resolution, Score,
    Spelling, Step, Tempo, Ticks, Velocity,
};
use proptest::collection::vec;
use proptest::option::{of as option, weighted};
use proptest::prelude::*;
use proptest::sample::select;

/// How many quarter notes a random score spans at most.
const QUARTERS: i64 = 20;

/// Scores with all features, sensible or not.
pub(crate) fn score() -> impl Strategy<Value = Score> {
    select(vec![1, 2, 7, 12, 24, 480, 10080_u32])
        .prop_flat_map(|ticks| {
            let resolution = Resolution::new(ticks).unwrap();
            let parts = vec(part(resolution), 0..3);
            (
                Just(resolution),
                metadata(),
                measures(resolution),
                changes(resolution),
                parts,
            )
        })
        .prop_map(
            |(resolution, metadata, measures, (keys, tempos), parts)| Score {
                metadata,
                resolution,
                measures,
                keys,
                tempos,
                parts,
            },
        )
}

/// One part in common time in which no two notes of one pitch meet, so that ties are clear.
pub(crate) fn plain_score() -> impl Strategy<Value = Score> {
    let notes = vec((0..40_i64, 1..40_i64, 1..3_u8, any::<bool>()), 1..24);
    (select(vec![2, 4, 6, 12_u32]), notes).prop_map(|(ticks, notes)| {
        let mut score = Score::new(Resolution::new(ticks).unwrap());
        let notes = (30_u8..)
            .zip(notes)
            .map(|(pitch, (onset, duration, voice, fermata))| {
                let pitch = Pitch::try_from(pitch).unwrap();
                let mut note = Note::new(Ticks(onset), Ticks(duration), pitch);
                note.voice = voice;
                note.marks.extend(fermata.then_some(Mark::Fermata));
                note
            });
        score.parts = vec![Part {
            notes: notes.collect(),
            ..Part::default()
        }];
        score
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z][a-zA-Z ]{0,8}",
        1 => "[<>&\"' \\n\\r\\t\u{1}é♯‿]{0,6}",
        1 => any::<String>(),
    ]
}

fn ticks(resolution: Resolution) -> impl Strategy<Value = Ticks> {
    let quarter = resolution.quarter().0;
    prop_oneof![
        3 => (0..QUARTERS).prop_map(move |quarters| Ticks(quarters * quarter)),
        1 => (0..QUARTERS * quarter).prop_map(Ticks),
    ]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let names = select(vec![
        "software",
        "encoding-date",
        "movement-title",
        "movement-number",
        "work-number",
        "composer",
        "arranger",
        "rights",
        "source",
        "X",
        "anything at all",
    ]);
    let field = (names.prop_map(str::to_owned), text());
    (
        option(text()),
        option(text()),
        option(text()),
        option(text()),
        vec(field, 0..5),
    )
        .prop_map(|(title, composer, lyricist, copyright, fields)| Metadata {
            title,
            composer,
            lyricist,
            copyright,
            fields,
        })
}

fn metre() -> impl Strategy<Value = Option<Metre>> {
    let symbol = select(vec![
        MetreSymbol::Numbers,
        MetreSymbol::Common,
        MetreSymbol::Cut,
    ]);
    let metre = (1..13_u8, select(vec![1, 2, 4, 8, 16_u8]), symbol);
    weighted(
        0.9,
        metre.prop_map(|(beats, unit, symbol)| Metre {
            beats,
            unit,
            symbol,
        }),
    )
}

fn measures(resolution: Resolution) -> impl Strategy<Value = Vec<Measure>> {
    let signs = select(vec![
        Navigation::Segno,
        Navigation::Coda,
        Navigation::ToCoda,
        Navigation::Fine,
        Navigation::DaCapo,
        Navigation::DalSegno,
    ]);
    let barline = select(vec![
        Barline::Regular,
        Barline::Double,
        Barline::Final,
        Barline::Invisible,
    ]);
    let quarter = resolution.quarter().0;
    let length = prop_oneof![
        3 => Just(None),
        1 => (1..=4 * quarter).prop_map(|length| Some(Ticks(length))),
    ];
    let measure = (
        (metre(), length, text()),
        (
            any::<bool>(),
            weighted(0.2, 0..5_u8),
            vec(1..4_u8, 0..2),
            any::<bool>(),
        ),
        (barline, vec(signs, 0..2)),
    );
    vec(measure, 0..6).prop_map(move |measures| {
        let mut start = Ticks::ZERO;
        let build = |(what, repeats, signs): (_, (bool, Option<u8>, Vec<u8>, bool), _)| {
            let (metre, length, number): (Option<Metre>, Option<Ticks>, String) = what;
            let full = metre.and_then(|metre| metre.length(resolution));
            let length = length.or(full).unwrap_or(resolution.quarter());
            let mut measure = Measure::new(start, length, metre, number);
            (measure.repeat_start, measure.repeat_end, ..) = (repeats.0, repeats.1);
            (measure.ending_start, measure.ending_stop) = (repeats.2, repeats.3);
            (measure.barline, measure.navigation) = signs;
            start = measure.end();
            measure
        };
        measures.into_iter().map(build).collect()
    })
}

fn key() -> impl Strategy<Value = Key> {
    let modes = select(vec![
        Mode::Major,
        Mode::Minor,
        Mode::Dorian,
        Mode::Phrygian,
        Mode::Lydian,
        Mode::Mixolydian,
        Mode::Locrian,
    ]);
    (-7..=7_i8, modes).prop_map(|(fifths, mode)| Key { fifths, mode })
}

fn changes(resolution: Resolution) -> impl Strategy<Value = (Vec<KeyChange>, Vec<TempoChange>)> {
    let key = (ticks(resolution), key()).prop_map(|(at, key)| KeyChange { at, key });
    let tempo = (ticks(resolution), 0.001..10_000.0).prop_map(|(at, quarters)| TempoChange {
        at,
        tempo: Tempo::new(quarters).unwrap(),
    });
    (vec(key, 0..4), vec(tempo, 0..4))
}

fn part(resolution: Resolution) -> impl Strategy<Value = Part> {
    let instrument =
        (option(0..128_u8), weighted(0.2, Just(()))).prop_map(|(program, drums)| Instrument {
            program,
            percussion: drums.is_some(),
        });
    let clefs = select(vec![
        Clef::TREBLE,
        Clef::TREBLE_OCTAVE_DOWN,
        Clef::BASS,
        Clef::ALTO,
        Clef::TENOR,
        Clef::SOPRANO,
        Clef::PERCUSSION,
        Clef::new(ClefSign::C, 5, 0),
        Clef::new(ClefSign::F, 3, 2),
        Clef::new(ClefSign::Tablature, 5, 0),
    ]);
    let clef = (ticks(resolution), 1..3_u8, clefs);
    let clef = clef.prop_map(|(at, staff, clef)| ClefChange { at, staff, clef });
    let name = prop_oneof!["[A-G][#b]?(m7|sus4|7b9|maj7|)(/[A-G])?", text()];
    let chord = (ticks(resolution), name).prop_map(|(at, text)| ChordSymbol { at, text });
    let kinds = select(vec![
        DirectionKind::Dynamic,
        DirectionKind::Words,
        DirectionKind::Rehearsal,
    ]);
    let words = prop_oneof![
        Just("mf".to_owned()),
        Just("D.C. al Fine".to_owned()),
        text()
    ];
    let direction = (ticks(resolution), words, kinds);
    let direction = direction.prop_map(|(at, text, kind)| Direction { at, text, kind });
    let transposition = prop_oneof![2 => Just(0), 1 => -26..26_i8];
    let own_key = (ticks(resolution), key()).prop_map(|(at, key)| KeyChange { at, key });
    let keys = prop_oneof![2 => Just(Vec::new()), 1 => vec(own_key, 1..3)];
    (
        (text(), instrument, transposition, keys),
        (vec(clef, 0..3), vec(chord, 0..3), vec(direction, 0..4)),
        (vec(note(resolution), 0..20), vec(rest(resolution), 0..5)),
        (
            vec(spanner(resolution), 0..6),
            vec(control(resolution), 0..6),
        ),
    )
        .prop_map(|(head, signs, (notes, rests), (spanners, controls))| {
            let (name, instrument, transposition, keys) = head;
            let (clefs, chords, directions) = signs;
            Part {
                name,
                instrument,
                transposition,
                keys,
                clefs,
                notes,
                rests,
                chords,
                directions,
                spanners,
                controls,
            }
        })
}

fn spanner(resolution: Resolution) -> impl Strategy<Value = Spanner> {
    let kinds = prop_oneof![
        select(vec![
            SpannerKind::Crescendo,
            SpannerKind::Diminuendo,
            SpannerKind::Pedal,
            SpannerKind::Trill,
            SpannerKind::Dashes,
            SpannerKind::Bracket,
        ]),
        (-4..=4_i8).prop_map(SpannerKind::Octaves),
    ];
    let length = prop_oneof![1 => Just(Ticks::ZERO), 3 => ticks(resolution)];
    (ticks(resolution), length, 0..4_u8, kinds).prop_map(|(from, length, staff, kind)| Spanner {
        from,
        to: from + length,
        staff,
        kind,
    })
}

fn control(resolution: Resolution) -> impl Strategy<Value = Control> {
    let controllers = select(vec![0, 1, 7, 10, 11, 32, 64, 66, 67_u8]);
    let message = prop_oneof![
        6 => (controllers, 0..128_u8).prop_map(|(number, value)| {
            Message::Controller { number, value }
        }),
        2 => (0..128_u8).prop_map(Message::Program),
        1 => Just(Message::PitchBend(100)),
        1 => Just(Message::SystemExclusive(Box::new([1, 2]))),
    ];
    let at = prop_oneof![1 => Just(Ticks::ZERO), 2 => ticks(resolution)];
    (at, message).prop_map(|(at, message)| Control { at, message })
}

fn rest(resolution: Resolution) -> impl Strategy<Value = Rest> {
    (
        (ticks(resolution), duration(resolution), 1..4_u8, 0..3_u8),
        (vec(mark(), 0..3), vec(lyric(), 0..2)),
    )
        .prop_map(|((onset, duration, voice, staff), (marks, lyrics))| Rest {
            onset,
            duration: Ticks(duration),
            voice,
            staff,
            marks,
            lyrics,
        })
}

fn duration(resolution: Resolution) -> impl Strategy<Value = i64> {
    let quarter = resolution.quarter().0;
    prop_oneof![
        3 => select(vec![quarter, quarter * 2, quarter * 3, quarter * 4, quarter * 9 / 2]),
        1 => (0..quarter * 6).prop_map(|duration| duration),
    ]
}

fn mark() -> impl Strategy<Value = Mark> {
    let names = select(vec![
        "roll",
        "3",
        "tremolo-2",
        "arpeggiate",
        "staccato",
        "accidental-mark-sharp",
        "odd sign",
    ]);
    prop_oneof![
        select(vec![
            Mark::Fermata,
            Mark::Staccato,
            Mark::Staccatissimo,
            Mark::Tenuto,
            Mark::Accent,
            Mark::Marcato,
            Mark::Trill,
            Mark::Mordent,
            Mark::InvertedMordent,
            Mark::Turn,
            Mark::Breath,
            Mark::DownBow,
            Mark::UpBow,
            Mark::SlurStart,
            Mark::SlurStop,
        ]),
        names.prop_map(|name| Mark::Other(name.to_owned())),
        text().prop_map(Mark::Other),
    ]
}

fn lyric() -> impl Strategy<Value = Lyric> {
    let places = select(vec![
        Syllabic::Single,
        Syllabic::Begin,
        Syllabic::Middle,
        Syllabic::End,
    ]);
    (1..4_u8, text(), places, any::<bool>()).prop_map(|(verse, text, syllabic, extend)| Lyric {
        verse,
        text,
        syllabic,
        extend,
    })
}

fn spelling() -> impl Strategy<Value = Spelling> {
    (select(Step::ALL.to_vec()), -3..=3_i8, 1..8_i8).prop_map(|(step, alter, octave)| Spelling {
        step,
        alter,
        octave,
    })
}

fn note(resolution: Resolution) -> impl Strategy<Value = Note> {
    let quarter = resolution.quarter().0;
    let grace = (any::<bool>(), any::<bool>()).prop_map(|(slash, chord)| Grace { slash, chord });
    let played = (-quarter..quarter, 0..quarter * 5).prop_map(|(delay, duration)| Played {
        delay: Ticks(delay),
        duration: Ticks(duration),
    });
    let tuplet = select(vec![(3, 2), (5, 4), (2, 3), (1, 1), (7, 9_u8)]);
    let tuplet = tuplet.prop_map(|(actual, normal)| Tuplet { actual, normal });
    let sound = prop_oneof![
        spelling().prop_map(|spelling| (spelling.pitch().unwrap(), Some(spelling))),
        (0..128_u8).prop_map(|midi| (Pitch::try_from(midi).unwrap(), None)),
    ];
    (
        (
            ticks(resolution),
            duration(resolution),
            sound,
            1..4_u8,
            weighted(0.2, Just(2_u8)),
        ),
        (
            any::<bool>(),
            any::<bool>(),
            weighted(0.15, grace),
            weighted(0.2, tuplet),
        ),
        (
            option(1..128_u8),
            weighted(0.3, played),
            vec(mark(), 0..3),
            vec(lyric(), 0..2),
        ),
    )
        .prop_map(|(place, flags, extras)| {
            let (onset, duration, (pitch, spelling), voice, staff) = place;
            let (tied_from, tied_to, grace, tuplet) = flags;
            let (velocity, played, marks, lyrics) = extras;
            Note {
                spelling,
                voice,
                staff: staff.unwrap_or(1),
                tied_from,
                tied_to,
                velocity: velocity.map(|midi| Velocity::try_from(midi).unwrap()),
                played,
                grace,
                tuplet,
                marks,
                lyrics,
                ..Note::new(onset, Ticks(duration), pitch)
            }
        })
}

//! Random scores in the form that the writer keeps.

use consort_music::score::{
    Barline, ChordSymbol, Clef, ClefChange, Direction, DirectionKind, Grace, Instrument, KeyChange,
    Lyric, Mark, MetreSymbol, Navigation, Rest, Spanner, SpannerKind, Syllabic, TempoChange,
    Tuplet,
};
use consort_music::{
    Control, Key, Measure, Message, Metre, Mode, Note, Part, Resolution, Score, Spelling, Step,
    Tempo, Ticks,
};

/// A small generator of random scores in the form that the writer keeps.
pub(crate) struct Dice(pub(crate) u64);

/// Ticks in a quarter: all lengths below are whole.
const QUARTER: i64 = 480;

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn once_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = usize::try_from(self.roll(from.len() as u64)).unwrap();
        &from[index]
    }

    pub(crate) fn score(&mut self) -> Score {
        let mut score = Score::new(Resolution::new(QUARTER as u32).unwrap());
        let x = ("X".to_owned(), (1 + self.roll(99)).to_string());
        score.metadata.fields.push(x);
        self.metadata(&mut score);
        self.measures(&mut score);
        self.keys_and_tempos(&mut score);
        for index in 0..1 + self.roll(3) {
            let part = self.part(&score, index == 0);
            score.parts.push(part);
        }
        score
    }

    fn text(&mut self) -> String {
        let words = [
            "Tune",
            "100 %",
            "a\\b",
            "\"quoted\"",
            "Tom & Jerry",
            "&amp;",
            "é",
            "[x]",
            "| :",
            "\\'e",
            "Fine",
            "p",
            "G7",
            "~_*-",
            "D.C. al Fine",
            "1",
            "^up",
            "a:b",
            "𝄞",
        ];
        let count = 1 + self.roll(3);
        let chosen: Vec<&str> = (0..count).map(|_| *self.pick(&words)).collect();
        chosen.join(" ")
    }

    fn maybe_text(&mut self) -> Option<String> {
        self.once_in(2).then(|| self.text())
    }

    fn metadata(&mut self, score: &mut Score) {
        let metadata = &mut score.metadata;
        metadata.title = self.maybe_text();
        metadata.composer = self.maybe_text();
        metadata.lyricist = self.maybe_text();
        metadata.copyright = self.maybe_text();
        for name in ["R", "Z", "software", "encoding-date", "I", "K", "P", "W"] {
            if self.once_in(3) {
                let value = self.text();
                metadata.fields.push((name.to_owned(), value));
            }
        }
    }

    fn measures(&mut self, score: &mut Score) {
        let metres = [
            Metre::new(4, 4),
            Metre::new(6, 8),
            Metre::new(5, 8),
            Some(Metre {
                beats: 2,
                unit: 2,
                symbol: MetreSymbol::Cut,
            }),
            None,
        ];
        let mut metre = *self.pick(&metres);
        for _ in 0..1 + self.roll(3) {
            let first = score.measures.len();
            let count = 1 + self.roll(3);
            for _ in 0..count {
                if self.once_in(4) {
                    metre = *self.pick(&metres);
                }
                let start = score.measures.last().map_or(Ticks::ZERO, Measure::end);
                let quarters = 1 + i64::try_from(self.roll(6)).unwrap();
                let length = Ticks(quarters * QUARTER / 2);
                let mut measure = Measure::new(start, length, metre, String::new());
                measure.barline = *self.pick(&[
                    Barline::Regular,
                    Barline::Regular,
                    Barline::Double,
                    Barline::Final,
                    Barline::Invisible,
                ]);
                use Navigation::{Coda, DaCapo, DalSegno, Fine, Segno, ToCoda};
                for sign in [Segno, Coda, ToCoda, Fine, DaCapo, DalSegno] {
                    if self.once_in(12) {
                        measure.navigation.push(sign);
                    }
                }
                score.measures.push(measure);
            }
            let repeat = self.roll(3);
            if repeat > 0 {
                self.repeat(&mut score.measures, first, repeat == 2);
            }
        }
    }

    /// Makes the measures from `first` on a repeat, with endings if there is room.
    fn repeat(&mut self, measures: &mut [Measure], first: usize, with_endings: bool) {
        let last = measures.len() - 1;
        measures[first].repeat_start = true;
        if first > 0 && measures[first - 1].barline == Barline::Invisible {
            measures[first - 1].barline = Barline::Regular;
        }
        let closing = if with_endings && last > first {
            let once = &mut measures[last - 1];
            once.ending_start = vec![1];
            once.ending_stop = true;
            measures[last].ending_start = vec![2];
            measures[last].ending_stop = true;
            measures[last].barline = Barline::Double;
            last - 1
        } else {
            last
        };
        let times = 2 + u8::try_from(self.roll(2)).unwrap();
        measures[closing].repeat_end = Some(if closing == last { times } else { 2 });
        measures[closing].barline = Barline::Regular;
    }

    fn keys_and_tempos(&mut self, score: &mut Score) {
        let modes = [Mode::Major, Mode::Minor, Mode::Dorian, Mode::Locrian];
        let tempos = [60.0, 90.5, 1.0 / 3.0, 133.333];
        let starts: Vec<Ticks> = score.measures.iter().map(|measure| measure.start).collect();
        for at in starts {
            let within = Ticks(at.0 + QUARTER / 4);
            let at = if self.once_in(5) { within } else { at };
            if self.once_in(2) {
                let fifths = i8::try_from(self.roll(15)).unwrap() - 7;
                let mode = *self.pick(&modes);
                score.keys.push(KeyChange {
                    at,
                    key: Key { fifths, mode },
                });
            }
            if self.once_in(4) {
                let tempo = Tempo::new(*self.pick(&tempos)).unwrap();
                score.tempos.push(TempoChange { at, tempo });
            }
        }
    }

    fn part(&mut self, score: &Score, is_first: bool) -> Part {
        let mut part = Part {
            name: self.maybe_text().unwrap_or_default(),
            instrument: Instrument {
                program: self
                    .once_in(2)
                    .then(|| u8::try_from(self.roll(128)).unwrap()),
                percussion: self.once_in(5),
            },
            ..Part::default()
        };
        // The first part sounds as written, so that keys are those of the score.
        if !is_first && self.once_in(3) {
            part.transposition = *self.pick(&[-12, -9, -2, 3, 7]);
        }
        let staves = 1 + u8::try_from(self.roll(2)).unwrap();
        let mut voice = 0;
        for staff in 1..=staves {
            if self.once_in(2) {
                self.clefs(score, staff, &mut part);
            }
            for _ in 0..1 + self.roll(2) {
                voice += 1;
                self.voice(score, &mut part, staff, voice);
            }
        }
        self.symbols(score, &mut part);
        self.spanners(score, staves, &mut part);
        if !is_first && self.once_in(2) {
            self.own_keys(score, &mut part);
        }
        part.clefs.sort_by_key(|change| (change.at, change.staff));
        part.chords.sort_by_key(|chord| chord.at);
        part.directions.sort_by_key(|direction| direction.at);
        part.rests.sort_by_key(|rest| (rest.onset, rest.voice));
        part.spanners
            .sort_by_key(|s| (s.from, s.staff, s.kind, s.to));
        part.sort();
        part
    }

    fn clefs(&mut self, score: &Score, staff: u8, part: &mut Part) {
        let clefs = [
            Clef::BASS,
            Clef::ALTO,
            Clef::TREBLE_OCTAVE_DOWN,
            Clef::SOPRANO,
            Clef::TREBLE,
        ];
        let mut last = None;
        let from = self.roll(2);
        for measure in score
            .measures
            .iter()
            .skip(usize::try_from(from).unwrap())
            .step_by(2)
        {
            let clef = *self.pick(&clefs);
            if last != Some(clef) {
                part.clefs.push(ClefChange {
                    at: measure.start,
                    staff,
                    clef,
                });
            }
            last = Some(clef);
        }
    }

    /// Signs that last; of one kind, one at a time.
    fn spanners(&mut self, score: &Score, staves: u8, part: &mut Part) {
        let end = score.measures.last().map_or(Ticks::ZERO, Measure::end);
        let kinds = [
            SpannerKind::Crescendo,
            SpannerKind::Diminuendo,
            SpannerKind::Pedal,
            SpannerKind::Octaves(1),
            SpannerKind::Octaves(-2),
            SpannerKind::Trill,
            SpannerKind::Dashes,
        ];
        for staff in 1..=staves {
            for kind in kinds {
                let mut from = Ticks::ZERO;
                while self.once_in(3) {
                    from += Ticks(i64::try_from(self.roll(8)).unwrap() * QUARTER / 4);
                    let to = from + Ticks(i64::try_from(self.roll(12)).unwrap() * QUARTER / 3);
                    if to > end {
                        break;
                    }
                    part.spanners.push(Spanner {
                        from,
                        to,
                        staff,
                        kind,
                    });
                    from = to;
                }
            }
        }
        for measure in &score.measures {
            let (at, value) = (measure.start, u8::try_from(self.roll(128)).unwrap());
            let message = match self.roll(4) {
                0 => Message::Controller { number: 64, value },
                1 if at > Ticks::ZERO => Message::Program(value),
                _ => continue,
            };
            part.controls.push(Control { at, message });
        }
    }

    /// Keys of the part alone, which begin where those of the score do.
    fn own_keys(&mut self, score: &Score, part: &mut Part) {
        for (index, change) in score.keys.iter().enumerate() {
            let fifths = match index {
                0 => change.key.fifths.rem_euclid(7) - 5,
                _ => i8::try_from(self.roll(9)).unwrap() - 4,
            };
            let key = Key {
                fifths,
                mode: Mode::Lydian,
            };
            part.keys.push(KeyChange { at: change.at, key });
        }
    }

    fn symbols(&mut self, score: &Score, part: &mut Part) {
        for measure in &score.measures {
            let offset = *self.pick(&[0, QUARTER / 4, QUARTER / 3]);
            let at = Ticks(measure.start.0 + offset);
            if self.once_in(2) {
                let text = (*self.pick(&["Am7", "D/F#", "Bbmaj7", "C"])).to_owned();
                part.chords.push(ChordSymbol { at, text });
            }
            if self.once_in(3) {
                let text = (*self.pick(&["mf", "pp", "sfz"])).to_owned();
                part.directions.push(Direction {
                    at,
                    text,
                    kind: DirectionKind::Dynamic,
                });
            }
            if self.once_in(3) {
                let text = self.text();
                part.directions.push(Direction {
                    at,
                    text,
                    kind: DirectionKind::Words,
                });
            }
            if self.once_in(4) {
                let text = self.text();
                let kind = DirectionKind::Rehearsal;
                part.directions.push(Direction {
                    at: measure.start,
                    text,
                    kind,
                });
            }
        }
    }

    fn voice(&mut self, score: &Score, part: &mut Part, staff: u8, voice: u8) {
        let mut notes: Vec<Vec<Note>> = Vec::new();
        for measure in &score.measures {
            let mut at = measure.start;
            while at < measure.end() {
                let left = (measure.end() - at).0;
                if left >= QUARTER && self.once_in(5) {
                    for third in 0..3 {
                        let onset = Ticks(at.0 + third * QUARTER / 3);
                        let mut chord = self.chord(score, onset, QUARTER / 3, part.transposition);
                        for note in &mut chord {
                            note.tuplet = Some(Tuplet {
                                actual: 3,
                                normal: 2,
                            });
                        }
                        notes.push(chord);
                    }
                    at += Ticks(QUARTER);
                    continue;
                }
                let lengths = [
                    QUARTER / 4,
                    QUARTER / 2,
                    QUARTER * 3 / 4,
                    QUARTER,
                    QUARTER * 2,
                ];
                let length = (*self.pick(&lengths)).min(left);
                if !self.once_in(4) {
                    notes.push(self.chord(score, at, length, part.transposition));
                } else if self.once_in(4) {
                    part.rests.push(self.rest(at, length, staff, voice));
                }
                at += Ticks(length);
            }
        }
        // A part needs a note in each voice, or the voice would not be known.
        if notes.is_empty() {
            part.rests.retain(|rest| rest.voice != voice);
            notes.push(self.chord(score, Ticks::ZERO, QUARTER / 4, part.transposition));
        }
        self.ties(&mut notes);
        self.lyrics(&mut notes);
        for chord in &mut notes {
            if self.once_in(8) {
                let graces = self.graces(&chord[0]);
                chord.splice(0..0, graces);
            }
            for note in chord {
                note.staff = staff;
                note.voice = voice;
                part.notes.push(note.clone());
            }
        }
    }

    fn rest(&mut self, onset: Ticks, length: i64, staff: u8, voice: u8) -> Rest {
        let marks = [
            Mark::Fermata,
            Mark::Breath,
            Mark::Other("longphrase".into()),
        ];
        Rest {
            onset,
            duration: Ticks(length),
            voice,
            staff,
            marks: vec![self.pick(&marks).clone()],
            lyrics: Vec::new(),
        }
    }

    /// Grace notes before `note`: one, or two that follow each other or sound together.
    fn graces(&mut self, note: &Note) -> Vec<Note> {
        let mut grace = note.clone();
        grace.duration = Ticks::ZERO;
        (grace.tied_from, grace.tied_to, grace.tuplet) = (false, false, None);
        grace.lyrics.clear();
        grace.marks.clear();
        self.marks(&mut grace);
        let slash = self.once_in(2);
        grace.grace = Some(Grace {
            slash,
            chord: false,
        });
        let mut graces = vec![grace.clone()];
        if self.once_in(2) {
            let chord = self.once_in(2);
            let slash = if chord { slash } else { self.once_in(2) };
            grace.grace = Some(Grace { slash, chord });
            graces.push(grace);
        }
        graces
    }

    fn chord(&mut self, score: &Score, at: Ticks, length: i64, transposition: i8) -> Vec<Note> {
        let count = if self.once_in(4) { 3 } else { 1 };
        let mut notes: Vec<Note> = Vec::new();
        for _ in 0..count {
            let step = *self.pick(&Step::ALL);
            let alter = i8::try_from(self.roll(5)).unwrap() - 2;
            let octave = 2 + i8::try_from(self.roll(4)).unwrap();
            let spelling = Spelling {
                step,
                alter,
                octave,
            };
            let pitch = spelling.pitch().unwrap();
            // A transposed spelling may need a triple sharp; the key's spelling does not.
            let spelling = match transposition {
                0 => spelling,
                _ => Spelling::in_key(pitch, Key::default()),
            };
            if notes.iter().any(|note| note.pitch == pitch) {
                continue;
            }
            let mut note = Note::new(at, Ticks(length), pitch);
            note.spelling = Some(spelling);
            self.marks(&mut note);
            notes.push(note);
        }
        let _ = score;
        notes.sort_by_key(|note| note.pitch);
        notes
    }

    fn marks(&mut self, note: &mut Note) {
        if self.once_in(6) {
            note.marks.push(Mark::SlurStart);
        }
        if self.once_in(4) {
            let marks = [
                Mark::Fermata,
                Mark::Staccato,
                Mark::Trill,
                Mark::Marcato,
                Mark::Tenuto,
                Mark::Other("roll".into()),
                Mark::Other("4".into()),
            ];
            note.marks.push(self.pick(&marks).clone());
        }
        if self.once_in(6) {
            note.marks.push(Mark::SlurStop);
        }
    }

    fn ties(&mut self, notes: &mut [Vec<Note>]) {
        for index in 1..notes.len() {
            let (before, after) = notes.split_at_mut(index);
            let (Some(before), Some(after)) = (before.last_mut(), after.first_mut()) else {
                continue;
            };
            if self.once_in(3) && before[0].end() == after[0].onset {
                // One pitch in common, tied.
                let (pitch, spelling) = (before[0].pitch, before[0].spelling);
                if after.iter().all(|note| note.pitch != pitch) {
                    after[0].pitch = pitch;
                    after[0].spelling = spelling;
                    after.sort_by_key(|note| note.pitch);
                }
                before[0].tied_to = true;
                for note in after.iter_mut().filter(|note| note.pitch == pitch) {
                    note.tied_from = true;
                    note.spelling = spelling;
                }
            }
        }
    }

    fn lyrics(&mut self, notes: &mut [Vec<Note>]) {
        if !self.once_in(2) {
            return;
        }
        for verse in 1..=1 + u8::try_from(self.roll(2)).unwrap() {
            let mut within_word = false;
            for index in 0..notes.len() {
                if self.once_in(4) {
                    continue;
                }
                let hyphen = index + 1 < notes.len() && self.once_in(3);
                let syllabic = match (within_word, hyphen) {
                    (false, false) => Syllabic::Single,
                    (false, true) => Syllabic::Begin,
                    (true, true) => Syllabic::Middle,
                    (true, false) => Syllabic::End,
                };
                within_word = hyphen;
                let text = self.text();
                let lyric = Lyric {
                    verse,
                    text,
                    syllabic,
                    extend: false,
                };
                notes[index][0].lyrics.push(lyric);
            }
            self.extend(notes, verse);
        }
    }

    /// Draws out syllables that notes without one follow.
    fn extend(&mut self, notes: &mut [Vec<Note>], verse: u8) {
        for index in 0..notes.len() {
            let sings =
                |chord: &Vec<Note>| chord[0].lyrics.iter().any(|lyric| lyric.verse == verse);
            let next_is_free = notes.get(index + 1).is_some_and(|next| !sings(next));
            let extends = next_is_free && self.once_in(2);
            let lyrics = notes[index][0].lyrics.iter_mut();
            for lyric in lyrics.filter(|lyric| lyric.verse == verse) {
                lyric.extend = extends;
            }
        }
    }
}

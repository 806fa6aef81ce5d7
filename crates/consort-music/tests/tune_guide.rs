//! The guide of tune texts: whatever it lets through is a tune, and it lets through all tune texts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consort_music::abc::{self, AbcError};
use consort_music::tune::{
    self, Accidentals, ChordSymbols, Chords, ConditionError, Conditions, Form, Guide, Section,
};
use consort_music::{Key, Metre, Mode, Pitch, Score, Ticks};

/// Numbers that look random and are the same every time (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides
    }

    fn one_of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())].clone()
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }

    /// A tune of which every character behind `begins` is drawn uniformly from those that may come.
    fn tune(&mut self, mut guide: Guide, begins: &str) -> String {
        let mut text = String::new();
        while !guide.is_complete() {
            let allowed: Vec<char> = guide.allowed().iter().collect();
            let given = begins.chars().nth(text.len());
            let c = given.unwrap_or_else(|| self.one_of(&allowed));
            guide
                .push(c)
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
            text.push(c);
            assert!(text.len() <= Guide::CHARACTERS_MAX);
        }
        assert!(guide.push('\n').is_err());
        text
    }

    fn conditions(&mut self) -> Conditions {
        let forms = [
            "8:8:", "4.4:8.", "2:", "1.", "3:1.2:", "4.4.", "1:1:", "5.", "17:",
        ];
        let form: Form = self.one_of(&forms).parse().unwrap();
        let (beats, unit) = self.one_of(tune::METRES);
        let key = Key {
            fifths: i8::try_from(self.below(15)).unwrap() - 7,
            mode: self.one_of(&[Mode::Major, Mode::Minor, Mode::Dorian, Mode::Mixolydian]),
        };
        let rhythm = self.one_of(&["jig", "slip jig", "reel"]).to_owned();
        let chords = [
            Chords::Free,
            Chords::None,
            Chords::EachBar,
            Chords::Given(PROGRESSION.map(str::to_owned).to_vec()),
        ];
        let accidentals = [Accidentals::Any, Accidentals::Customary, Accidentals::None];
        let lowest = 48 + u8::try_from(self.below(24)).unwrap();
        let highest = lowest + 12 + u8::try_from(self.below(12)).unwrap();
        Conditions {
            form: self.maybe(form),
            rhythm: self.maybe(rhythm),
            metre: self.maybe(Metre::new(beats, unit).unwrap()),
            key: self.maybe(key),
            chords: self.one_of(&chords),
            accidentals: self.one_of(&accidentals),
            lowest: Pitch::try_from(lowest).unwrap(),
            highest: Pitch::try_from(highest).unwrap(),
        }
    }
}

const PROGRESSION: [&str; 3] = ["G", "Am7", "D7/F#"];

fn strictly_read(text: &str) -> Score {
    let tune = tune::abc(text, 1, "Drawn");
    match abc::read_strict(tune.as_bytes()) {
        Ok(mut scores) => scores.remove(0),
        Err(AbcError::Violations(violations)) => panic!("{}\n{tune}", violations[0]),
        Err(error) => panic!("{error}\n{tune}"),
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// What is between the bar lines of a tune text, and the line behind each.
fn bars(text: &str) -> Vec<(String, &'static str)> {
    const LINES: [&str; 7] = [":|2", ":|", "||", "|]", "|1", "|:", "|"];
    let after = text.split_once("\nK:").unwrap().1;
    let mut music = after.split_once('\n').unwrap().1.trim_start();
    let (mut bars, mut bar) = (Vec::new(), String::new());
    while let Some(c) = music.chars().next() {
        let line = LINES.into_iter().find(|line| music.starts_with(line));
        let taken = line.map_or(1, str::len);
        match line {
            Some(line) => bars.push((std::mem::take(&mut bar), line)),
            None if c.is_whitespace() => {}
            None => bar.push(c),
        }
        music = &music[taken..];
    }
    assert_eq!(bar, "");
    bars
}

/// Played with its repeats, only the first measure is short, and others where they make a full one with
/// the next: a pickup with the bar that waits for it.
fn assert_adds_up(score: &Score, text: &str) {
    let played = score.unfolded();
    let full = played.measures[0]
        .metre
        .unwrap()
        .length(played.resolution)
        .unwrap();
    let mut open = Ticks::ZERO;
    for (index, measure) in played.measures.iter().enumerate() {
        assert!(measure.length <= full, "{text}");
        match measure.length {
            length if index == 0 && length < full => {}
            _ if open > Ticks::ZERO => {
                let at = &measure.number;
                assert_eq!(open + measure.length, full, "bar {at} of {text}");
                open = Ticks::ZERO;
            }
            length if length < full => open = length,
            _ => {}
        }
    }
}

/// The sections of a text with signs for all repeats, told from its bar lines and lengths.
fn sections(text: &str, score: &Score) -> Vec<Section> {
    let full = score.measures[0]
        .metre
        .unwrap()
        .length(score.resolution)
        .unwrap();
    let mut measures = score.measures.iter();
    let (mut sections, mut count, mut repeated, mut is_second) = (Vec::new(), 0, false, false);
    let mut is_start = true;
    for (bar, line) in bars(text) {
        if !bar.is_empty() {
            let is_pickup = measures.next().unwrap().length < full && is_start && line != ":|";
            let is_pickup = is_pickup && (line == "|" || sections.is_empty() && line == "|:");
            count += u8::from(!is_pickup && !is_second);
            is_start = false;
        }
        let ends = matches!(line, ":|" | "||" | "|]") || line == "|:" && count > 0;
        is_second |= line == ":|2";
        repeated |= matches!(line, ":|" | ":|2");
        if ends {
            sections.push(Section {
                bars: std::mem::take(&mut count),
                repeated: std::mem::take(&mut repeated),
            });
            (is_second, is_start) = (false, true);
        }
        is_start |= line == "|:";
    }
    sections
}

fn assert_meets(conditions: &Conditions, text: &str, score: &Score) {
    if let Some(key) = conditions.key {
        assert_eq!(score.key_at(Ticks::ZERO), key, "{text}");
    }
    if let Some(metre) = conditions.metre {
        let own = score.measures[0].metre.unwrap();
        assert_eq!((own.beats, own.unit), (metre.beats, metre.unit), "{text}");
    }
    if let Some(rhythm) = &conditions.rhythm {
        assert_eq!(field(text, "R:"), Some(rhythm.as_str()), "{text}");
    }
    let written = field(text, "N:").map(|form| form.parse::<Form>().unwrap());
    if let Some(form) = conditions.form.as_ref().or(written.as_ref()) {
        assert_eq!(sections(text, score), form.sections(), "{text}");
    } else {
        assert!(score.measures.len() <= 192);
    }
    assert_has_chords(conditions, text, score);
    for note in &score.parts[0].notes {
        assert!(
            (conditions.lowest..=conditions.highest).contains(&note.pitch),
            "{text}"
        );
    }
    let music = bars(text).into_iter().map(|(bar, _)| bar);
    let without_chords = |bar: String| bar.split('"').step_by(2).collect::<String>();
    let music: String = music.map(without_chords).collect();
    match conditions.accidentals {
        Accidentals::Any => {}
        Accidentals::Customary => assert!(
            !music.contains("^^") || conditions.key.is_none_or(|key| key.fifths.abs() > 1),
            "{text}"
        ),
        Accidentals::None => assert!(!music.contains(['^', '_', '=']), "{text}"),
    }
}

fn assert_has_chords(conditions: &Conditions, text: &str, score: &Score) {
    let full = score.measures[0]
        .metre
        .unwrap()
        .length(score.resolution)
        .unwrap();
    let mut whole = 0;
    let bars: Vec<_> = bars(text)
        .into_iter()
        .filter(|(bar, _)| !bar.is_empty())
        .collect();
    for (index, (measure, (bar, line))) in score.measures.iter().zip(&bars).enumerate() {
        let quotes = bar.matches('"').count();
        let before = index.checked_sub(1).map_or("", |before| bars[before].1);
        let is_pickup = measure.length < full
            && match index {
                0 => ["|", "|:"].contains(line),
                _ => [":|", "||", "|:", "|]"].contains(&before) && *line == "|",
            };
        match &conditions.chords {
            Chords::None => assert_eq!(quotes, 0, "{text}"),
            Chords::EachBar if !is_pickup => assert!(bar.starts_with('"'), "{bar}: {text}"),
            Chords::Given(_) if is_pickup => assert_eq!(quotes, 0, "{bar}: {text}"),
            Chords::Given(_) => {
                assert_eq!(quotes, 2, "{bar}: {text}");
                let named = bar.split('"').nth(1).unwrap();
                assert!(PROGRESSION.contains(&named));
                let has_endings = text.contains(":|2");
                assert!(
                    has_endings || named == PROGRESSION[whole % 3],
                    "{bar}: {text}"
                );
            }
            Chords::EachBar | Chords::Free => {}
        }
        whole += usize::from(!is_pickup);
    }
}

#[test]
fn tunes_at_random_are_tunes_and_keep_to_their_conditions() {
    let mut dice = Dice(0x5eed_0001);
    let mut book = String::new();
    for number in 1..=2000 {
        let conditions = dice.conditions();
        let guide = Guide::new(conditions.clone()).unwrap();
        // Every other one in the order of tune texts.
        let begins = if number % 2 == 0 { "N" } else { "" };
        let text = dice.tune(guide, begins);
        let score = strictly_read(&text);
        assert_adds_up(&score, &text);
        assert_meets(&conditions, &text, &score);
        book.push_str(&tune::abc(&text, number, "Drawn"));
        book.push('\n');
    }
    assert_satisfies_abc2midi(&book, 2000);
}

/// abc2midi finds no error in the tunes of `book`.
fn assert_satisfies_abc2midi(book: &str, tunes: usize) {
    if Command::new("abc2midi").arg("-ver").output().is_err() {
        println!("skipped: abc2midi is not installed");
        return;
    }
    let folder = std::env::temp_dir().join(format!("consort-tune-guide-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("book.abc"), book).unwrap();
    let output = Command::new("abc2midi")
        .arg("book.abc")
        .current_dir(&folder)
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("Error"))
        .collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(said.matches("writing MIDI file").count(), tunes);
}

/// The tune texts of the collections, if they lie beside the project.
fn collections() -> Vec<String> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [
        "folk-public-domain/airdsAirs",
        "folk-public-domain/oneills1850",
        "folk-public-domain/ryansMammoth",
        "folk-nottingham/ABC_cleaned",
    ] {
        match fs::read_dir(data.join(folder)) {
            Ok(entries) => files.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) => println!("skipped: no data at {}", data.join(folder).display()),
        }
    }
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        if let Ok(reading) = abc::read(&fs::read(file).unwrap()) {
            let all = reading.value.into_iter();
            texts.extend(all.filter_map(|score| tune::text(&score, ChordSymbols::Kept).ok()));
        }
    }
    texts
}

fn wide() -> Conditions {
    Conditions {
        lowest: Pitch::try_from(48_u8).unwrap(),
        highest: Pitch::try_from(95_u8).unwrap(),
        ..Conditions::default()
    }
}

/// Pushes a whole text, and says where the guide minds.
fn follow(conditions: Conditions, text: &str) -> Result<Guide, String> {
    let mut guide = Guide::new(conditions).unwrap();
    for (at, c) in text.char_indices() {
        guide
            .push(c)
            .map_err(|error| format!("{}<>{}: {error}", &text[..at], &text[at..]))?;
    }
    Ok(guide)
}

#[test]
fn tune_texts_of_the_collections_are_tunes_and_let_through() {
    let texts = collections();
    for text in &texts {
        let score = strictly_read(text);
        assert_adds_up(&score, text);
        assert_eq!(tune::text(&score, ChordSymbols::Kept).as_ref(), Ok(text));
        assert!(
            follow(wide(), text).is_ok_and(|guide| guide.is_complete()),
            "{text}"
        );
    }
    println!("{} tune texts", texts.len());
}

#[test]
fn texts_as_collections_have_them_are_let_through() {
    for text in [
        "X: 1\nT:Ap Shenkin\n% Nottingham Music Database\nY:AABB\nS:FTB\nM:6/8\nK:G\n\
         d/2c/2|\"G\"B2B Bgf|\"C\"e2e efg|\n\"G\"BcB Bc :|\n\
         b/2c/2|\"G\"b2g \"D\"a2f|\"G\"g3 g2:|\n\n",
        "T:a\nM:C\nL:1/4\nK:Am\n|:A2 c2|1 B4:|2 A4||\nc2 d2|e4|]\n",
        "%\nM:C|\nR:Reel\nK:D\nd8|d8||\n|:e8:|\n\n",
        "M:2/4\nL:1/8\nK:D\nd4| d4 |]\n",
    ] {
        match follow(Conditions::default(), text) {
            Ok(guide) => assert!(guide.is_complete(), "{text}"),
            Err(minded) => assert_eq!(minded, ""),
        }
        strictly_read(text);
    }
    for (begin, minded) in [
        ("X:1\n", 'S'),
        ("T:a\n", 'T'),
        ("%", '%'),
        ("F:", '|'),
        ("N:8:8:\nM:6/8\nL:1/", '4'),
        ("N:8:6", '5'),
        ("N:1.\nM:2/4\nL:1/8\nK:D\nd2", ' '),
        ("T:a\nM:2/4\nK:D\nd8| ", ' '),
        ("T:a\nM:2/4\nK:D\nd4", '\n'),
    ] {
        let guide = follow(Conditions::default(), begin).unwrap();
        assert!(!guide.allows(minded), "{begin}");
    }
}

#[test]
fn a_forced_header_can_only_be_written_in_one_way() {
    let conditions = Conditions {
        form: Some(Form::of_letters("AABB", 16).unwrap()),
        rhythm: Some("slip jig".to_owned()),
        metre: Metre::new(9, 8),
        key: Some(Key {
            fifths: 1,
            mode: Mode::Minor,
        }),
        ..Conditions::default()
    };
    let header = "N:8:8:\nR:slip jig\nM:9/8\nL:1/8\nK:Em\n";
    let mut guide = Guide::new(conditions).unwrap();
    for (at, c) in header.char_indices() {
        assert!(at == 0 || guide.allowed().iter().eq([c]), "{at}");
        guide.push(c).unwrap();
    }
    assert!(guide.in_music());
    assert_eq!(
        (guide.section(), guide.bar(), guide.bars_left()),
        (0, 0, Some(8))
    );
    "|:B|e3e3".chars().for_each(|c| guide.push(c).unwrap());
    // What has been typed of a note may still become longer.
    guide.push('e').unwrap();
    assert!(
        (guide.onset() - 6.0 / 9.0).abs() < 1e-12,
        "{}",
        guide.onset()
    );
    "ee|".chars().for_each(|c| guide.push(c).unwrap());
    guide.push('e').unwrap();
    assert_eq!((guide.bar(), guide.bars_left()), (1, Some(7)));
}

#[test]
fn ties_lead_to_the_same_pitch_and_accidentals_are_never_redundant() {
    let begin = "N:2.\nM:2/4\nL:1/8\nK:G\n";
    let allowed = |text: &str| {
        let guide = follow(Conditions::default(), &format!("{begin}{text}")).unwrap();
        guide.allowed()
    };
    assert_eq!(allowed("^c4-|").iter().collect::<String>(), "\"(^");
    assert_eq!(allowed("^c4-|^").iter().collect::<String>(), "c");
    assert!(!allowed("^c2-").contains('z') && !allowed("^c2-").contains('^'));
    // F is sharp by the signature, and C by the accidental before.
    assert!(!allowed("^c^").contains('f') && !allowed("^c^").contains('C'));
    assert!(allowed("^c=").contains('C') && allowed("=").contains('f'));
    // The last bar ends in nothing to tie to.
    assert!(!allowed("c4|c4").contains('-') && allowed("c4|c2").contains('-'));
}

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

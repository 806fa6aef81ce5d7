//! Tunes and conditions at random.

use consort_music::tune::{self, Accidentals, Chords, Conditions, Form, Guide};
use consort_music::{Key, Metre, Mode, Pitch};

/// Numbers that look random and are the same every time (xorshift, Marsaglia 2003).
pub(crate) struct Dice(pub(crate) u64);

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
    pub(crate) fn tune(&mut self, mut guide: Guide, begins: &str) -> String {
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

    pub(crate) fn conditions(&mut self) -> Conditions {
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

/// The progression that conditions give.
pub(crate) const PROGRESSION: [&str; 3] = ["G", "Am7", "D7/F#"];

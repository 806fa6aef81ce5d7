//! The music, character by character.

use super::super::length::Grains;
use super::notes::{self, Pitches, Sound};
use super::place::{After, Line, Lines, Place};
use super::tune::Tune;
use super::typed::{Typed, completions};
use super::{CharSet, Chords};

/// Where in the music a tune is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Music {
    pub(super) place: Place,
    at: At,
    /// How much of the bar is over.
    elapsed: Grains,
    pitches: Pitches,
    /// The note that has just ended, if it was one; a tie may follow.
    last: Option<Sound>,
    triplet: Option<Triplet>,
    /// Whether what begins here has a chord symbol.
    has_chord: bool,
    gap: Gap,
}

/// What has been typed of what comes next.
#[derive(Clone, Copy, Debug)]
enum At {
    /// Nothing.
    Element,
    /// Nothing of the section.
    Section,
    /// The bar line of the sign of a repeat.
    Sign,
    /// A chord symbol up to here.
    Chord(Typed),
    /// The bracket of a triplet.
    Bracket,
    /// An accidental.
    Signs(i8),
    /// A note or a rest and its length up to here; whether an octave mark may come.
    Head(Option<Sound>, Typed, bool),
    /// A bar line up to here, one of these.
    Line(Typed, Lines),
    /// All but the last line end.
    End,
    /// All.
    Done,
}

/// A triplet that has begun.
#[derive(Clone, Copy, Debug)]
struct Triplet {
    left: u8,
    /// As its first head is written.
    written: Option<Grains>,
}

/// What white space may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    None,
    /// A space.
    Space,
    /// A space or a line end.
    Break,
    /// The end of the tune, since the line has ended behind a section.
    Last,
}

impl Music {
    pub(super) fn new(tune: &Tune) -> Music {
        let place = Place::new(tune);
        Music {
            place,
            at: At::Section,
            elapsed: 0,
            pitches: Pitches::default(),
            last: None,
            triplet: None,
            has_chord: false,
            gap: Gap::None,
        }
    }

    /// How much of the bar is over, 0 to 1.
    pub(super) fn onset(&self, tune: &Tune) -> f64 {
        f64::from(self.place.missing(tune) + self.elapsed) / f64::from(tune.full)
    }

    pub(super) fn allowed(&self, tune: &Tune) -> CharSet {
        match self.at {
            At::Element => self.elements(tune),
            At::Section => self.sections(tune),
            At::Sign => CharSet::of(":"),
            At::Chord(typed) => tune.chord(&typed, self.place.index()),
            At::Bracket => CharSet::of("3"),
            At::Signs(alter) => self.pitches.after_signs(tune, alter),
            At::Head(sound, typed, may_shift) => self.heads(tune, sound, &typed, may_shift),
            At::Line(typed, lines) => {
                let (next, _) = completions(typed.text(), lines.iter().map(Line::text));
                match self.after_line(tune, &typed, lines) {
                    Some(after) => next.union(after.allowed(tune)),
                    None => next,
                }
            }
            At::End => CharSet::of("\n"),
            At::Done => CharSet::EMPTY,
        }
    }

    /// Takes a character that is allowed.
    pub(super) fn push(&mut self, c: char, tune: &Tune) {
        match self.at {
            At::Element => self.begin(c, tune),
            At::Section => self.begin_section(c, tune),
            At::Sign => {
                self.place.begin();
                self.at = At::Element;
                self.gap = if tune.spaced { Gap::Space } else { Gap::None };
            }
            At::Chord(mut typed) if c != '"' => {
                typed.push(c);
                self.at = At::Chord(typed);
            }
            At::Chord(_) => {
                let is_first = self.elapsed == 0 && self.place.may_be_whole_bar();
                if is_first && tune.has_chord_in_each_bar() {
                    self.place.set_whole();
                }
                self.has_chord = true;
                self.gap = Gap::None;
                self.at = At::Element;
            }
            At::Bracket => {
                self.triplet = Some(Triplet {
                    left: 3,
                    written: None,
                });
                self.gap = Gap::None;
                self.at = At::Element;
            }
            At::Signs(alter) => {
                self.at = match c {
                    '^' => At::Signs(2),
                    '_' => At::Signs(-2),
                    _ => {
                        let sound = self.pitches.sound(tune, c, Some(alter));
                        At::Head(sound, Typed::default(), true)
                    }
                };
            }
            At::Head(sound, mut typed, may_shift) => {
                let shifted = sound.and_then(Sound::shifted).filter(|_| may_shift);
                match shifted {
                    Some((mark, other)) if mark == c => {
                        self.at = At::Head(Some(other), typed, false);
                    }
                    _ if c.is_ascii_digit() || c == '/' => {
                        typed.push(c);
                        self.at = At::Head(sound, typed, false);
                    }
                    _ => {
                        self.end_head(tune);
                        self.begin(c, tune);
                    }
                }
            }
            At::Line(typed, lines) => {
                let mut longer = typed;
                longer.push(c);
                let (next, is_one) = completions(longer.text(), lines.iter().map(Line::text));
                if is_one && next.is_empty() {
                    *self = self.after_line(tune, &longer, lines).unwrap_or(*self);
                } else if is_one || !next.is_empty() {
                    self.at = At::Line(longer, lines);
                } else if let Some(after) = self.after_line(tune, &typed, lines) {
                    *self = after;
                    self.push(c, tune);
                }
            }
            At::End | At::Done => self.at = At::Done,
        }
    }

    /// Begins a section, or ends the tune before it.
    fn begin_section(&mut self, c: char, tune: &Tune) {
        let (_, notes) = self.place.may_begin(tune, self.is_apart());
        match c {
            '|' => self.at = At::Sign,
            ' ' => self.gap = Gap::None,
            '\n' if tune.form.is_some() => self.gap = Gap::None,
            '\n' if self.gap == Gap::Break && notes => self.gap = Gap::Last,
            '\n' => self.at = At::Done,
            _ => {
                self.place.begin_without_sign(tune);
                self.at = At::Element;
                self.begin(c, tune);
            }
        }
    }

    /// Begins what is between bar lines, or a bar line.
    fn begin(&mut self, c: char, tune: &Tune) {
        let plain = Typed::default();
        let last = self.last.take();
        self.at = match c {
            '"' => At::Chord(plain),
            '(' => At::Bracket,
            'z' => At::Head(None, plain, false),
            '^' => At::Signs(1),
            '_' => At::Signs(-1),
            '=' => At::Signs(0),
            '|' | ':' => At::Line(Typed::of(c), self.lines(tune)),
            '-' => {
                self.pitches.tied = last;
                self.gap = Gap::None;
                At::Element
            }
            ' ' | '\n' => {
                self.gap = Gap::None;
                At::Element
            }
            _ => At::Head(self.pitches.sound(tune, c, None), plain, true),
        };
    }

    /// What may begin between bar lines, and which bar lines.
    fn elements(&self, tune: &Tune) -> CharSet {
        let mut next = CharSet::EMPTY;
        if self.is_chord_due(tune) {
            next.insert('"');
        } else {
            next = self.notes(tune);
        }
        for line in self.lines(tune).iter() {
            next = next.union(CharSet::of(line.text().get(..1).unwrap_or_default()));
        }
        let is_tie_possible = self.triplet.is_some()
            || self.elapsed < self.place.longest(tune)
            || self.lines(tune).contains(Line::Plain);
        if self.last.is_some() && is_tie_possible {
            next.insert('-');
        }
        if self.triplet.is_none() {
            match self.gap {
                Gap::Break => next = next.union(CharSet::of(" \n")),
                Gap::Space => next.insert(' '),
                Gap::None | Gap::Last => {}
            }
        }
        next
    }

    fn notes(&self, tune: &Tune) -> CharSet {
        if self.triplet.is_none() && self.elapsed >= self.place.longest(tune) {
            return CharSet::EMPTY;
        }
        let mut next = self.pitches.beginnings(tune);
        if self.pitches.tied.is_none() {
            next.insert('z');
        }
        if self.triplet.is_none() {
            if self.elapsed + 2 * tune.grid <= self.place.longest(tune) {
                next.insert('(');
            }
            let may_have_chord = match tune.conditions.chords {
                Chords::Free | Chords::EachBar => true,
                Chords::None => false,
                Chords::Given(_) => self.elapsed == 0 && self.place.may_be_whole_bar(),
            };
            if may_have_chord && !self.has_chord {
                next.insert('"');
            }
        }
        next
    }

    /// Whether nothing but a chord symbol may come.
    fn is_chord_due(&self, tune: &Tune) -> bool {
        let is_start = self.elapsed == 0 && self.triplet.is_none() && !self.has_chord;
        is_start && tune.has_chord_in_each_bar() && self.place.is_whole_bar()
    }

    /// The bar lines that may come now.
    fn lines(&self, tune: &Tune) -> Lines {
        if self.triplet.is_some() || self.has_chord {
            return Lines::default();
        }
        let lines = self.place.lines(tune, self.elapsed);
        match self.pitches.tied {
            Some(_) => lines.only(Line::Plain),
            None => lines,
        }
    }

    /// Whether white space stands behind the last bar line.
    fn is_apart(&self) -> bool {
        matches!(self.gap, Gap::None | Gap::Last)
    }

    /// What may come at the beginning of a section.
    fn sections(&self, tune: &Tune) -> CharSet {
        let (sign, notes) = self.place.may_begin(tune, self.is_apart());
        let mut next = CharSet::EMPTY;
        if sign {
            next.insert('|');
        }
        if notes {
            let mut begun = *self;
            begun.place.begin_without_sign(tune);
            (begun.at, begun.gap) = (At::Element, Gap::None);
            next = next.union(begun.allowed(tune));
        }
        match self.gap {
            Gap::Break if notes || tune.form.is_some() => next.union(CharSet::of(" \n")),
            Gap::Break | Gap::Last => next.union(CharSet::of("\n")),
            Gap::Space => next.union(CharSet::of(" ")),
            Gap::None => next,
        }
    }

    /// What may follow a note or rest up to here.
    fn heads(&self, tune: &Tune, sound: Option<Sound>, typed: &Typed, may_shift: bool) -> CharSet {
        let mut next = CharSet::EMPTY;
        if let Some((mark, shifted)) = sound.and_then(Sound::shifted).filter(|_| may_shift)
            && self.pitches.allows(tune, shifted)
        {
            next.insert(mark);
        }
        if sound.is_none_or(|sound| self.pitches.allows(tune, sound)) {
            let (longer, length) = self.lengths(tune, typed);
            next = next.union(longer);
            if length.is_some() {
                let mut after = *self;
                after.end_head(tune);
                next = next.union(after.allowed(tune));
            }
        }
        next
    }

    /// What may follow `typed` in a length, and which one it is.
    fn lengths(&self, tune: &Tune, typed: &Typed) -> (CharSet, Option<Grains>) {
        let room = self.place.longest(tune).saturating_sub(self.elapsed);
        notes::lengths(tune, typed, |length| match self.triplet {
            None => length <= room,
            Some(Triplet { written: None, .. }) => 2 * length <= room,
            Some(Triplet {
                written: Some(written),
                ..
            }) => length == written,
        })
    }

    /// The note or rest that has been typed is over.
    fn end_head(&mut self, tune: &Tune) {
        let At::Head(sound, typed, _) = self.at else {
            return;
        };
        let (_, length) = self.lengths(tune, &typed);
        let length = length.unwrap_or_default();
        match &mut self.triplet {
            None => self.elapsed += length,
            Some(triplet) => {
                triplet.left -= 1;
                triplet.written = Some(length);
                if triplet.left == 0 {
                    self.triplet = None;
                    self.elapsed += 2 * length;
                }
            }
        }
        self.pitches.pass(tune, sound);
        self.last = sound;
        self.has_chord = false;
        self.gap = if tune.spaced { Gap::Space } else { Gap::None };
        self.at = At::Element;
    }

    /// What comes after the bar line `typed`, if it is one of `lines`.
    fn after_line(&self, tune: &Tune, typed: &Typed, lines: Lines) -> Option<Music> {
        let line = lines.iter().find(|line| line.text() == typed.text())?;
        let mut after = *self;
        after.at = match after.place.pass(line, tune, self.elapsed) {
            After::Bar => At::Element,
            After::Section => At::Section,
            After::End => At::End,
        };
        after.pitches.clear();
        after.elapsed = 0;
        after.last = None;
        after.gap = match line {
            _ if !tune.spaced => Gap::None,
            // A letter and a colon at the beginning of a line would be a field.
            _ if after.place.may_be_one_letter(tune) => Gap::Space,
            _ => Gap::Break,
        };
        Some(after)
    }
}

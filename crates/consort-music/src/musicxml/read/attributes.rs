//! What `attributes` says: divisions, keys, metres, clefs and transposition.

use roxmltree::Node;

use crate::musicxml::interval::Interval;
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::KeyDraft;
use crate::musicxml::read::{child, child_text, elements, text};
use crate::musicxml::report::short;
use crate::pitch::Mode;
use crate::score::{Clef, ClefSign, Metre, MetreSymbol};
use crate::time::Ticks;

impl PartReader<'_, '_, '_> {
    /// Reads an `attributes` element.
    pub(super) fn attributes(&mut self, node: Node) {
        // The key is said before the transposition that it is written in.
        if let Some(transpose) = child(node, "transpose") {
            self.transpose(transpose);
        }
        for element in elements(node) {
            match element.tag_name().name() {
                "divisions" => self.divisions(element),
                "key" => self.key(element),
                "time" => self.time(element),
                "clef" => self.clef(element),
                "measure-style" => self.unread(element, &[]),
                "transpose" => {}
                name if is_ignored(name) => {}
                _ => self.report.left_out(element),
            }
        }
    }

    fn transpose(&mut self, node: Node) {
        self.unread(node, &["diatonic", "chromatic", "octave-change"]);
        let number = |name| child_text(node, name).map_or(Some(0), |text| text.parse().ok());
        let sum = || -> Option<(i32, i32)> {
            let octaves: i32 = number("octave-change")?;
            let letters = octaves.checked_mul(7)?.checked_add(number("diatonic")?)?;
            let semitones = octaves.checked_mul(12)?.checked_add(number("chromatic")?)?;
            Some((letters, semitones))
        };
        let said = sum().filter(|(letters, _)| letters.abs() <= 100);
        let usable = said.and_then(|(letters, all)| Some((letters, all, i8::try_from(all).ok()?)));
        let Some((letters, semitones, transposition)) = usable else {
            self.report
                .warn(node, "a transposition beyond ten octaves is left out");
            return;
        };
        let exact = Interval { letters, semitones };
        // Programs differ in whether they count octaves in the letters, or letters at all.
        self.interval = match exact.fifths().abs() <= 12 {
            true => exact,
            false => Interval::of_semitones(semitones),
        };
        self.intervals.push((self.at.offset, self.interval));
        let first = *self.draft.transposition.get_or_insert(transposition);
        let changes = first != transposition;
        if changes || node.attribute("number").is_some_and(|staff| staff != "1") {
            self.report.warn(
                node,
                "another transposition within the part; its notes are kept as they sound",
            );
        }
    }

    fn key(&mut self, node: Node) {
        self.unread(node, &["fifths", "mode"]);
        let Some(written) = child_text(node, "fifths").and_then(|text| text.parse::<i32>().ok())
        else {
            self.report.warn(
                node,
                "a key signature that is not a number of fifths is left out",
            );
            return;
        };
        if !(-7..=7).contains(&written) {
            self.report.warn(
                node,
                "a key signature of more than seven accidentals was read as its simpler twin",
            );
        }
        let concert = written.clamp(-1000, 1000) + self.interval.fifths();
        let fifths = match concert {
            -7..=7 => concert,
            _ => (concert + 5).rem_euclid(12) - 5,
        };
        let draft = KeyDraft {
            at: self.at,
            fifths: i8::try_from(fifths).expect("within -7 to 7"),
            mode: child(node, "mode").and_then(|mode| self.mode(mode)),
        };
        let of_other_staff = node.attribute("number").is_some_and(|staff| staff != "1");
        if of_other_staff {
            let same = |key: &KeyDraft| key.at == draft.at && key.fifths == draft.fifths;
            if !self.draft.keys.last().is_some_and(same) {
                self.report
                    .warn(node, "a key signature for a lower staff only is left out");
            }
            return;
        }
        self.draft.keys.push(draft);
    }

    fn mode(&mut self, node: Node) -> Option<Mode> {
        Some(match text(node) {
            "major" | "ionian" => Mode::Major,
            "minor" | "aeolian" => Mode::Minor,
            "dorian" => Mode::Dorian,
            "phrygian" => Mode::Phrygian,
            "lydian" => Mode::Lydian,
            "mixolydian" => Mode::Mixolydian,
            "locrian" => Mode::Locrian,
            "none" | "" => return None,
            other => {
                self.report.warn(
                    node,
                    format!("an unknown mode {:?} is left out", short(other)),
                );
                return None;
            }
        })
    }

    fn time(&mut self, node: Node) {
        self.unread(node, &["beats", "beat-type", "senza-misura"]);
        let metre = match child(node, "senza-misura") {
            Some(_) => None,
            None => match self.metre(node) {
                Some(metre) => Some(metre),
                None => return,
            },
        };
        let later = usize::from(self.at.offset > Ticks::ZERO);
        if later > 0 {
            self.report.warn(
                node,
                "a time signature within a measure was read as that of the next measure",
            );
        }
        let Some(measure) = self.timeline.measures.get_mut(self.at.measure + later) else {
            return;
        };
        let lengths = |metre: Option<Metre>| metre.map(|metre| (metre.beats, metre.unit));
        match measure.metre {
            Some((part, kept)) if part < self.index || node.attribute("number").is_some() => {
                if lengths(kept) != lengths(metre) {
                    self.report.warn(
                        node,
                        "a time signature of one part or staff only is left out",
                    );
                }
            }
            _ => measure.metre = Some((self.index, metre)),
        }
    }

    /// The metre that the beats of `node` add up to.
    fn metre(&mut self, node: Node) -> Option<Metre> {
        let texts = |name: &'static str| {
            elements(node)
                .filter(move |element| element.has_tag_name(name))
                .map(text)
        };
        let written: Vec<(&str, &str)> = texts("beats").zip(texts("beat-type")).collect();
        let as_text: Vec<String> = written
            .iter()
            .map(|(beats, unit)| format!("{beats}/{unit}"))
            .collect();
        let as_text = short(&as_text.join("+"));
        let sum = || -> Option<(u32, u32)> {
            let mut groups = Vec::new();
            for (beats, unit) in &written {
                let unit = unit
                    .parse::<u8>()
                    .ok()
                    .filter(|unit| unit.is_power_of_two())?;
                for beats in beats.split('+') {
                    groups.push((beats.trim().parse::<u8>().ok()?, unit));
                }
            }
            let unit = groups.iter().map(|(_, unit)| *unit).max()?;
            let beats = groups
                .iter()
                .map(|(beats, own)| u32::from(*beats) * u32::from(unit / own))
                .sum();
            Some((beats, u32::from(unit)))
        };
        let metre = sum().and_then(|(beats, unit)| {
            Metre::new(u8::try_from(beats).ok()?, u8::try_from(unit).ok()?)
        });
        let Some(metre) = metre else {
            let message = format!("a time signature {as_text:?} is left out");
            self.report.warn(node, message);
            return None;
        };
        if written.len() > 1 || as_text.contains('+') {
            let (beats, unit) = (metre.beats, metre.unit);
            let message = format!("the metre {as_text} was read as {beats}/{unit}");
            self.report.warn(node, message);
        }
        let symbol = match node.attribute("symbol") {
            Some("common") => MetreSymbol::Common,
            Some("cut") => MetreSymbol::Cut,
            _ => MetreSymbol::Numbers,
        };
        Some(Metre { symbol, ..metre })
    }

    fn clef(&mut self, node: Node) {
        self.unread(node, &["sign", "line", "clef-octave-change"]);
        let sign = child_text(node, "sign").unwrap_or_default();
        let number = |name| child_text(node, name).and_then(|text| text.parse::<i32>().ok());
        let octaves = number("clef-octave-change").unwrap_or_default();
        let (sign, usual) = match sign {
            "G" => (ClefSign::G, 2),
            "F" => (ClefSign::F, 4),
            "C" => (ClefSign::C, 3),
            "percussion" => (ClefSign::Percussion, 3),
            "TAB" => (ClefSign::Tablature, 5),
            _ => {
                self.report
                    .warn(node, format!("a clef {:?} is left out", short(sign)));
                return;
            }
        };
        let (line, octave) = (number("line").unwrap_or(usual), octaves);
        let exact = (1..=5).contains(&line) && (-2..=2).contains(&octave);
        let on_staff = |number: i32, low, high| number.clamp(low, high);
        let line = u8::try_from(on_staff(line, 1, 5)).unwrap_or(2);
        let octave = i8::try_from(on_staff(octave, -2, 2)).unwrap_or(0);
        let clef = match sign {
            ClefSign::Percussion => Clef::PERCUSSION,
            _ => Clef::new(sign, line, octave),
        };
        if !exact {
            self.report.warn(
                node,
                "a clef beyond the staff was read as the nearest on it",
            );
        }
        let staff = node.attribute("number").map_or(Ok(1), str::parse::<u8>);
        let staff = staff.ok().filter(|&staff| staff > 0).unwrap_or(1);
        self.draft.clefs.push((self.at, staff, clef));
    }
}

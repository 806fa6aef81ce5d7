//! Divisions, keys, metres, clefs, transposition, and barlines.

use crate::musicxml::form::interval_in;
use crate::musicxml::interval::Interval;
use crate::musicxml::write::measure::PartWriter;
use crate::pitch::Key;
use crate::score::{Barline, ClefChange, ClefSign, Measure, Metre, MetreSymbol};
use crate::time::Ticks;

/// What stands between notes in an `attributes` element.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    /// A key at concert pitch, and how the part is written in it.
    pub(super) key: Option<(Key, Interval)>,
    /// A metre, or its absence.
    pub(super) metre: Option<Option<Metre>>,
    /// Clefs.
    pub(super) clefs: Vec<ClefChange>,
}

impl PartWriter<'_, '_> {
    /// Writes `attributes`, and what a first measure says besides.
    pub(super) fn attributes(&mut self, attributes: &Attributes, is_first: bool) {
        let Attributes { key, metre, clefs } = attributes;
        if !is_first && key.is_none() && metre.is_none() && clefs.is_empty() {
            return;
        }
        self.xml.open("attributes");
        if is_first {
            self.xml
                .number("divisions", self.score.resolution.ticks_per_quarter());
        }
        if let Some((key, interval)) = key {
            self.key(*key, *interval);
        }
        if let Some(metre) = metre {
            self.metre(*metre);
        }
        if is_first && self.staves > 1 {
            self.xml.number("staves", self.staves);
        }
        for clef in clefs {
            self.clef(*clef);
        }
        // Said with every key, so that it holds whichever voice is written first.
        if let Some((_, interval)) = key.filter(|_| self.part.transposition != 0) {
            self.transpose(interval);
        }
        self.xml.close();
    }

    fn key(&mut self, key: Key, interval: Interval) {
        self.xml.open("key");
        self.xml
            .number("fifths", i32::from(key.fifths) - interval.fifths());
        self.xml.leaf("mode", &key.mode.to_string());
        self.xml.close();
    }

    fn metre(&mut self, metre: Option<Metre>) {
        let Some(metre) = metre else {
            self.xml.open("time");
            self.xml.empty("senza-misura");
            self.xml.close();
            return;
        };
        match metre.symbol {
            MetreSymbol::Numbers => self.xml.open("time"),
            MetreSymbol::Common => self.xml.open_with("time", &[("symbol", "common")]),
            MetreSymbol::Cut => self.xml.open_with("time", &[("symbol", "cut")]),
        }
        self.xml.number("beats", metre.beats);
        self.xml.number("beat-type", metre.unit);
        self.xml.close();
    }

    fn clef(&mut self, change: ClefChange) {
        let staff = change.staff.to_string();
        match self.staves {
            ..=1 => self.xml.open("clef"),
            _ => self.xml.open_with("clef", &[("number", &staff)]),
        }
        let sign = match change.clef.sign {
            ClefSign::G => "G",
            ClefSign::F => "F",
            ClefSign::C => "C",
            ClefSign::Percussion => "percussion",
            ClefSign::Tablature => "TAB",
        };
        self.xml.leaf("sign", sign);
        if change.clef.sign != ClefSign::Percussion {
            self.xml.number("line", change.clef.line);
        }
        if change.clef.octave != 0 {
            self.xml
                .number("clef-octave-change", i32::from(change.clef.octave));
        }
        self.xml.close();
    }

    fn transpose(&mut self, interval: Interval) {
        let octaves = interval.semitones / 12;
        self.xml.open("transpose");
        self.xml.number("diatonic", interval.letters - 7 * octaves);
        self.xml
            .number("chromatic", interval.semitones - 12 * octaves);
        if octaves != 0 {
            self.xml.number("octave-change", octaves);
        }
        self.xml.close();
    }

    /// Writes what stands on the left of `measure`.
    pub(super) fn left_barline(&mut self, measure: &Measure) {
        if !measure.repeat_start && measure.ending_start.is_empty() {
            return;
        }
        self.xml.open_with("barline", &[("location", "left")]);
        if measure.repeat_start {
            self.xml.leaf("bar-style", "heavy-light");
        }
        if !measure.ending_start.is_empty() {
            self.ending = passes(&measure.ending_start);
            let ending = [("number", self.ending.as_str()), ("type", "start")];
            self.xml.empty_with("ending", &ending);
        }
        if measure.repeat_start {
            self.xml.empty_with("repeat", &[("direction", "forward")]);
        }
        self.xml.close();
    }

    /// Writes what stands on the right of `measure`.
    pub(super) fn right_barline(&mut self, measure: &Measure) {
        let style = match measure.barline {
            _ if measure.repeat_end.is_some() => Some("light-heavy"),
            Barline::Regular => None,
            Barline::Double => Some("light-light"),
            Barline::Final => Some("light-heavy"),
            Barline::Invisible => Some("none"),
        };
        if style.is_none() && !measure.ending_stop {
            return;
        }
        self.xml.open_with("barline", &[("location", "right")]);
        if let Some(style) = style {
            self.xml.leaf("bar-style", style);
        }
        if measure.ending_stop {
            // A bracket that a repeat closes turns down at its end; another stays open.
            let kind = match measure.repeat_end {
                Some(_) => "stop",
                None => "discontinue",
            };
            let number = match self.ending.as_str() {
                "" => "1",
                number => number,
            };
            self.xml
                .empty_with("ending", &[("number", number), ("type", kind)]);
            self.ending.clear();
        }
        match measure.repeat_end {
            None => {}
            Some(..=2) => self.xml.empty_with("repeat", &[("direction", "backward")]),
            Some(times) => {
                let times = times.to_string();
                let repeat = [("direction", "backward"), ("times", times.as_str())];
                self.xml.empty_with("repeat", &repeat);
            }
        }
        self.xml.close();
    }

    /// The clefs, and the key, that change at `at`.
    pub(super) fn attributes_at(&self, at: Ticks) -> Attributes {
        let transposition = self.part.transposition;
        let keys = self.keys;
        let place = keys.partition_point(|key| key.at < at);
        let change = keys
            .get(place)
            .filter(|key| self.writes_keys && key.at == at);
        let key = change.map(|change| (change.key, interval_in(change.key, transposition)));
        let clefs = &self.part.clefs;
        let first_clef = clefs.partition_point(|clef| clef.at < at);
        let last_clef = clefs.partition_point(|clef| clef.at <= at);
        Attributes {
            key,
            metre: None,
            clefs: clefs[first_clef..last_clef].to_vec(),
        }
    }
}

fn passes(passes: &[u8]) -> String {
    passes
        .iter()
        .map(u8::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

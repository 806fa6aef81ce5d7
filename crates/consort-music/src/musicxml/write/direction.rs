//! Words, dynamics, tempos, jumps and chord symbols.

use crate::musicxml::harmony::{Harmony, Root};
use crate::musicxml::write::measure::PartWriter;
use crate::musicxml::write::xml::Xml;
use crate::score::{Direction, DirectionKind, Measure, Navigation, Tempo};
use crate::time::Ticks;

/// The dynamics that have elements of their own.
const DYNAMICS: [&str; 26] = [
    "p", "pp", "ppp", "pppp", "ppppp", "pppppp", "f", "ff", "fff", "ffff", "fffff", "ffffff", "mp",
    "mf", "sf", "sfp", "sfpp", "fp", "rf", "rfz", "sfz", "sffz", "fz", "n", "pf", "sfzp",
];

const ABOVE: [(&str, &str); 1] = [("placement", "above")];
const BELOW: [(&str, &str); 1] = [("placement", "below")];

impl PartWriter<'_, '_> {
    /// Writes a direction that stands `offset` after the cursor.
    pub(super) fn direction(&mut self, direction: &Direction, offset: Ticks) {
        let xml = &mut *self.xml;
        let placement = match direction.kind {
            DirectionKind::Dynamic => &BELOW,
            DirectionKind::Words | DirectionKind::Rehearsal => &ABOVE,
        };
        xml.open_with("direction", placement);
        xml.open("direction-type");
        let text = direction.text.as_str();
        match direction.kind {
            DirectionKind::Words => xml.leaf("words", text),
            DirectionKind::Rehearsal => xml.leaf("rehearsal", text),
            DirectionKind::Dynamic => {
                xml.open("dynamics");
                match DYNAMICS.iter().find(|known| **known == text) {
                    Some(known) => xml.empty(known),
                    None => xml.leaf("other-dynamics", text),
                }
                xml.close();
            }
        }
        xml.close();
        self.offset(offset);
        self.xml.close();
    }

    /// Says that something stands `offset` after the cursor.
    pub(super) fn offset(&mut self, offset: Ticks) {
        if offset != Ticks::ZERO {
            self.xml.number("offset", offset.0);
        }
    }

    /// Writes a tempo as a metronome mark and as it is played.
    pub(super) fn tempo(&mut self, tempo: Tempo, measure: &Measure, offset: Ticks) {
        let quarters = tempo.quarters_per_minute();
        let compound = measure
            .metre
            .is_some_and(|metre| metre.units_per_beat() == 3 && metre.unit == 8);
        let dotted = quarters / 1.5;
        let in_dotted = compound && dotted.fract() == 0.0;
        self.xml.open_with("direction", &ABOVE);
        self.xml.open("direction-type");
        self.xml.open("metronome");
        self.xml.leaf("beat-unit", "quarter");
        if in_dotted {
            self.xml.empty("beat-unit-dot");
        }
        let shown = if in_dotted {
            dotted
        } else {
            (quarters * 100.0).round() / 100.0
        };
        self.xml.leaf("per-minute", &shown.to_string());
        self.xml.close();
        self.xml.close();
        self.offset(offset);
        self.xml
            .empty_with("sound", &[("tempo", &quarters.to_string())]);
        self.xml.close();
    }

    /// Writes a sign or jump.
    pub(super) fn navigation(&mut self, sign: Navigation) {
        let ending = self.jump_end;
        let xml = &mut *self.xml;
        xml.open_with("direction", &ABOVE);
        xml.open("direction-type");
        let sound = match sign {
            Navigation::Segno => {
                xml.empty("segno");
                ("segno", "segno")
            }
            Navigation::Coda => {
                xml.empty("coda");
                ("coda", "coda")
            }
            Navigation::ToCoda => {
                xml.leaf("words", "To Coda");
                ("tocoda", "coda")
            }
            Navigation::Fine => {
                xml.leaf("words", "Fine");
                ("fine", "yes")
            }
            Navigation::DaCapo => {
                xml.leaf("words", &format!("D.C.{ending}"));
                ("dacapo", "yes")
            }
            Navigation::DalSegno => {
                xml.leaf("words", &format!("D.S.{ending}"));
                ("dalsegno", "segno")
            }
        };
        xml.close();
        xml.empty_with("sound", &[sound]);
        xml.close();
    }

    /// Writes a chord symbol that stands `offset` after the cursor.
    pub(super) fn chord_symbol(&mut self, text: &str, offset: Ticks) {
        let harmony = Harmony::parse(text);
        let xml = &mut *self.xml;
        xml.open("harmony");
        match harmony.root {
            Some(root) => write_root(xml, ["root", "root-step", "root-alter"], root),
            None => {
                // A symbol must have a root; an empty text keeps it from being printed.
                xml.open("root");
                xml.leaf_with("root-step", &[("text", "")], "C");
                xml.close();
            }
        }
        let kind_text = harmony.kind_text.as_deref().unwrap_or_default();
        xml.leaf_with("kind", &[("text", kind_text)], &harmony.kind);
        if let Some(bass) = harmony.bass {
            write_root(xml, ["bass", "bass-step", "bass-alter"], bass);
        }
        for degree in &harmony.degrees {
            xml.open("degree");
            xml.number("degree-value", degree.value);
            xml.number("degree-alter", degree.alter);
            xml.leaf("degree-type", degree.change.name());
            xml.close();
        }
        self.offset(offset);
        self.xml.close();
    }
}

fn write_root(xml: &mut Xml, [name, step, alter]: [&'static str; 3], root: Root) {
    xml.open(name);
    xml.leaf(step, &root.step.letter().to_string());
    if root.alter != 0 {
        xml.number(alter, root.alter);
    }
    xml.close();
}

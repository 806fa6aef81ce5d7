//! Words, dynamics, tempos, jumps and chord symbols above and below the staff.

use roxmltree::Node;

use crate::musicxml::harmony::{Change, Degree, Harmony, Root};
use crate::musicxml::lines::Line;
use crate::musicxml::navigation::sign_of_words;
use crate::musicxml::notated::Value;
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::{At, Sign, TempoDraft};
use crate::musicxml::read::{child, child_text, elements, text};
use crate::musicxml::report::short;
use crate::musicxml::text::clean;
use crate::pitch::Step;
use crate::score::{Direction, DirectionKind, Navigation, Tempo};
use crate::time::Ticks;

/// The attributes of `sound` that repeat what is read elsewhere.
const SOUND_IGNORED: [&str; 4] = ["dynamics", "divisions", "id", "time-only"];

impl PartReader<'_, '_, '_> {
    /// Reads a `direction` element.
    pub(super) fn direction(&mut self, node: Node) {
        let at = self.place_of(node);
        let staff = child(node, "staff").map_or(1, |staff| self.staff(staff));
        let sound = child(node, "sound");
        if let Some(sound) = sound {
            self.sound(sound, at);
        }
        let tempo_is_played = sound.is_some_and(|sound| sound.has_attribute("tempo"));
        for element in elements(node) {
            match element.tag_name().name() {
                "direction-type" => {
                    for sign in elements(element) {
                        match line_of(sign) {
                            Some(line) => self.line(sign, line, at, staff),
                            None => self.direction_sign(sign, at, sound, tempo_is_played),
                        }
                    }
                }
                "sound" | "offset" | "staff" | "voice" => {}
                name if is_ignored(name) => {}
                _ => self.report.left_out(element),
            }
        }
    }

    /// Reads a `sound` element that stands by itself.
    pub(super) fn sound_alone(&mut self, node: Node) {
        let at = self.place_of(node);
        self.sound(node, at);
    }

    fn place_of(&mut self, node: Node) -> At {
        let offset = self.length(node, "offset").unwrap_or_default();
        At {
            offset: self.at.offset + offset,
            ..self.at
        }
    }

    fn direction_sign(&mut self, node: Node, at: At, sound: Option<Node>, tempo_is_played: bool) {
        match node.tag_name().name() {
            "words" => self.words(node, at, DirectionKind::Words),
            "rehearsal" => self.words(node, at, DirectionKind::Rehearsal),
            "dynamics" => self.dynamics(node, at),
            "metronome" if tempo_is_played => self.unread(node, &METRONOME),
            "metronome" => self.metronome(node, at),
            "segno" => self
                .timeline
                .signs
                .push((at, Sign::Sure(Navigation::Segno))),
            // What is played says whether the coda is left for or begins.
            "coda" if sound.is_some_and(|sound| is_coda_sound(sound)) => {}
            "coda" => self.timeline.signs.push((at, Sign::Coda)),
            name if is_ignored(name) => {}
            _ => self.report.left_out(node),
        }
    }

    fn words(&mut self, node: Node, at: At, kind: DirectionKind) {
        let text = clean(text(node));
        if text.is_empty() {
            return;
        }
        if let (Some(sign), DirectionKind::Words) = (sign_of_words(&text), kind) {
            self.timeline.signs.push((at, Sign::Sure(sign)));
            return;
        }
        let direction = Direction {
            at: Ticks::ZERO,
            text,
            kind,
        };
        self.draft.directions.push((at, direction));
    }

    fn metronome(&mut self, node: Node, at: At) {
        self.unread(node, &METRONOME);
        let unit = child_text(node, "beat-unit").and_then(Value::quarters_of);
        let dots = elements(node)
            .filter(|element| element.has_tag_name("beat-unit-dot"))
            .count();
        let minute = child_text(node, "per-minute").unwrap_or_default();
        // "ca. 60-66": the first number counts.
        let number: String = minute
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let per_minute = number.trim_end_matches('.').parse::<f64>().ok();
        let tempo = unit
            .zip(per_minute)
            .and_then(|((numerator, denominator), per_minute)| {
                let dotted = 2.0 - 0.5_f64.powi(i32::try_from(dots).unwrap_or(i32::MAX));
                #[expect(clippy::cast_precision_loss, reason = "powers of two up to 256")]
                let quarters = numerator as f64 / denominator as f64;
                Tempo::new(quarters * dotted * per_minute)
            });
        if tempo.is_none() {
            self.report
                .warn(node, "a metronome mark that is not a tempo is left out");
        }
        self.tempo(tempo, at, false);
    }

    fn tempo(&mut self, tempo: Option<Tempo>, at: At, played: bool) {
        let part = self.index;
        self.timeline.tempos.extend(tempo.map(|tempo| TempoDraft {
            at,
            tempo,
            played,
            part,
        }));
    }

    fn sound(&mut self, node: Node, at: At) {
        for attribute in node.attributes() {
            let sign = match attribute.name() {
                "tempo" => {
                    let tempo = attribute.value().trim().parse().ok().and_then(Tempo::new);
                    if tempo.is_none() {
                        let message = format!("a tempo {:?} is left out", short(attribute.value()));
                        self.report.warn(node, message);
                    }
                    self.tempo(tempo, at, true);
                    continue;
                }
                "forward-repeat" => {
                    let measure = self.timeline.measures.get_mut(at.measure);
                    measure
                        .into_iter()
                        .for_each(|measure| measure.repeat_start = true);
                    continue;
                }
                "segno" => Navigation::Segno,
                "coda" => Navigation::Coda,
                "tocoda" => Navigation::ToCoda,
                "fine" => Navigation::Fine,
                "dacapo" => Navigation::DaCapo,
                "dalsegno" => Navigation::DalSegno,
                name if SOUND_IGNORED.contains(&name) => continue,
                name if self.played_by_attribute(node, name, attribute.value(), at) => continue,
                name => {
                    let message = format!("the sound {:?} is not modelled", short(name));
                    self.report.warn(node, message);
                    continue;
                }
            };
            if attribute.value() != "no" {
                self.timeline.signs.push((at, Sign::Sure(sign)));
            }
        }
        for element in elements(node) {
            let straight = element.has_tag_name("swing") && child(element, "straight").is_some();
            match element.tag_name().name() {
                "midi-instrument" => self.instrument_change(element, at),
                "offset" => {}
                _ if straight => {}
                _ => self.report.left_out(element),
            }
        }
    }

    /// Reads a `harmony` element.
    pub(super) fn harmony(&mut self, node: Node) {
        let at = self.place_of(node);
        let mut harmony = Harmony {
            root: None,
            kind: String::new(),
            kind_text: None,
            degrees: Vec::new(),
            bass: None,
        };
        let mut kinds = 0;
        for element in elements(node) {
            match element.tag_name().name() {
                "kind" => {
                    kinds += 1;
                    harmony.kind = text(element).to_owned();
                    harmony.kind_text = element.attribute("text").map(str::to_owned);
                }
                "root" if hides_step(element) => {}
                "root" => harmony.root = self.root(element, "root-step", "root-alter"),
                "bass" => harmony.bass = self.root(element, "bass-step", "bass-alter"),
                "degree" => harmony.degrees.extend(self.degree(element)),
                "offset" | "staff" => {}
                name if is_ignored(name) => {}
                _ => self.report.left_out(element),
            }
        }
        if kinds > 1 {
            self.report.warn(
                node,
                "of several chords in one symbol only the last is kept",
            );
        }
        let name = clean(&harmony.text());
        if name.is_empty() {
            self.report
                .warn(node, "a chord symbol without a name is left out");
            return;
        }
        self.draft.chords.push((at, name));
    }

    fn root(&mut self, node: Node, step: &str, alter: &str) -> Option<Root> {
        let mut letters = child_text(node, step).unwrap_or_default().chars();
        let step = letters.next().and_then(Step::from_letter);
        let alter = child_text(node, alter).map_or(Some(0), |text| text.parse::<i8>().ok());
        match (step, alter.filter(|alter| alter.abs() <= 2)) {
            (Some(step), Some(alter)) => Some(Root { step, alter }),
            _ => {
                self.report.warn(
                    node,
                    "a root or bass of a chord that is no note is left out",
                );
                None
            }
        }
    }

    fn degree(&mut self, node: Node) -> Option<Degree> {
        let value = child_text(node, "degree-value").and_then(|text| text.parse().ok());
        let alter = child_text(node, "degree-alter").map_or(Some(0), |text| text.parse().ok());
        let alter = alter.filter(|alter: &i8| alter.unsigned_abs() <= 2);
        let change = child_text(node, "degree-type").and_then(Change::from_name);
        match (value, alter, change) {
            (Some(value), Some(alter), Some(change)) => Some(Degree {
                value,
                alter,
                change,
            }),
            _ => {
                self.report
                    .warn(node, "a degree of a chord that is no degree is left out");
                None
            }
        }
    }
}

/// The elements of a metronome mark that say a tempo.
const METRONOME: [&str; 3] = ["beat-unit", "beat-unit-dot", "per-minute"];

/// The line that a sign begins or ends.
fn line_of(sign: Node) -> Option<Line> {
    const LINES: [Line; 5] = [
        Line::Wedge,
        Line::Pedal,
        Line::OctaveShift,
        Line::Dashes,
        Line::Bracket,
    ];
    // There is no model for the second pedal.
    let is_sostenuto = sign.attribute("type") == Some("sostenuto");
    let name = sign.tag_name().name();
    LINES
        .into_iter()
        .find(|line| line.name() == name && !is_sostenuto)
}

fn is_coda_sound(sound: Node) -> bool {
    sound.has_attribute("coda") || sound.has_attribute("tocoda")
}

/// Whether the letter of a root is there only because the format wants one.
fn hides_step(root: Node) -> bool {
    child(root, "root-step").is_some_and(|step| step.attribute("text") == Some(""))
}

/// What the dynamics of `node` say.
pub(super) fn dynamic_text(node: Node) -> String {
    let name = |element: Node| match element.tag_name().name() {
        "other-dynamics" => clean(text(element)),
        name => name.to_owned(),
    };
    elements(node).map(name).collect()
}

//! One `note` element: a note, a rest, or a member of a chord.

use roxmltree::Node;

use crate::musicxml::played::Shift;
use crate::musicxml::read::clock::TICKS_MAX;
use crate::musicxml::read::draft::{NoteDraft, RestDraft};
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::nominal::Quarters;
use crate::musicxml::read::part::PartReader;
use crate::musicxml::read::timeline::At;
use crate::musicxml::read::{child_text, elements, text};
use crate::musicxml::report::short;
use crate::pitch::{Pitch, Spelling, Step, Velocity};
use crate::score::{Grace, Note, Rest, Tuplet};
use crate::time::Ticks;

/// The loudness that MusicXML's percentages refer to: MIDI velocity 90, a forte.
const FULL_VELOCITY: f64 = 90.0;

/// What a note sounds.
enum Sound {
    /// A drum.
    Drum(Pitch),
    /// What is written, before any transposition.
    Written(Spelling),
}

/// A note whose written pitch is known.
pub(super) struct WrittenNote {
    at: At,
    draft: NoteDraft,
    written: Spelling,
    /// Where it stands in the file.
    byte: usize,
}

/// The elements of a note that matter.
#[derive(Default)]
struct Elements<'a, 'input> {
    grace: Option<Grace>,
    cue: bool,
    chord: bool,
    pitch: Option<Node<'a, 'input>>,
    unpitched: Option<Node<'a, 'input>>,
    rest: Option<Node<'a, 'input>>,
    tied_to: bool,
    tied_from: bool,
    instrument: Option<&'a str>,
    voice: Option<&'a str>,
    staff: Option<Node<'a, 'input>>,
    modification: Option<Node<'a, 'input>>,
    notations: Vec<Node<'a, 'input>>,
    lyrics: Vec<Node<'a, 'input>>,
}

impl PartReader<'_, '_, '_> {
    /// Reads a `note` element.
    pub(super) fn note(&mut self, node: Node) {
        let elements = self.note_elements(node);
        if let Some(rest) = elements.rest {
            self.rest(node, rest, &elements);
            return;
        }
        let Some((at, duration)) = self.place_note(node, &elements) else {
            return;
        };
        let Some(sound) = self.sound_of(node, &elements) else {
            return;
        };
        let (pitch, written) = match sound {
            Sound::Drum(pitch) => (pitch, None),
            Sound::Written(written) => (Pitch::MIDDLE_C, Some(written)),
        };
        let mut note = Note::new(Ticks::ZERO, duration, pitch);
        note.staff = elements.staff.map_or(1, |staff| self.staff(staff));
        note.voice = self.voice_of(node, &elements, note.staff);
        note.tied_from = elements.tied_from;
        note.tied_to = elements.tied_to;
        note.grace = elements.grace.map(|grace| Grace {
            chord: elements.chord,
            ..grace
        });
        note.velocity = self.velocity(node);
        let modification = elements.modification.filter(|_| !note.is_grace());
        note.tuplet = modification.and_then(|node| self.tuplet(node));
        self.signs_of(&elements, at, &mut note);
        let shift = Shift {
            attack: self.shift(node, "attack"),
            release: self.shift(node, "release"),
        };
        let draft = NoteDraft { note, shift };
        match written {
            None => self.draft.notes.push((at, draft)),
            Some(written) => self.written.push(WrittenNote {
                at,
                draft,
                written,
                byte: node.range().start,
            }),
        }
    }

    /// Reads what hangs on a note or rest.
    fn signs_of(&mut self, found: &Elements, at: At, note: &mut Note) {
        for &notations in &found.notations {
            self.notations(notations, at, note);
        }
        note.marks.sort_unstable();
        for &lyric in &found.lyrics {
            let earlier = note.lyrics.len();
            note.lyrics.extend(self.lyric(lyric, earlier));
        }
    }

    /// How much later a note begins or ends than it is written.
    fn shift(&mut self, node: Node, name: &str) -> Option<Ticks> {
        let text = node.attribute(name)?.trim();
        let ticks = self.clock.ticks(text).map(|(ticks, _)| ticks);
        if ticks.is_none() {
            let message = format!("the {name} {:?} of a note is left out", short(text));
            self.report.warn(node, message);
        }
        ticks
    }

    /// Moves the cursor over a note, and says where it begins and how long it is if it is to be
    /// kept.
    fn place_note(&mut self, node: Node, found: &Elements) -> Option<(At, Ticks)> {
        let is_grace = found.grace.is_some();
        let lengths = match is_grace {
            true => (Ticks::ZERO, Ticks::ZERO),
            false => self.note_duration(node),
        };
        let mut at = self.at;
        let mut duration = lengths.1;
        if found.chord && !is_grace {
            at.offset = self.last_note.0;
            duration = self
                .chord_duration(node, duration)
                .min(TICKS_MAX - at.offset);
            self.sound_until(at.offset + duration);
        } else if !is_grace {
            duration = self.advance(lengths);
            if duration < lengths.1 {
                self.report.warn(node, "a measure without end was cut");
            }
        }
        if found.cue {
            self.report.warn(node, "a cue note is left out");
            return None;
        }
        if duration == Ticks::ZERO && !is_grace {
            self.report
                .warn(node, "a note that lasts nothing is left out");
            return None;
        }
        if node.attribute("print-object") == Some("no") {
            self.report
                .warn(node, "a hidden note was read like any other");
        }
        Some((at, duration))
    }

    /// Turns the written pitches of the measure into sounding ones. What transposes them may stand
    /// after them in the file and yet before them in time.
    pub(super) fn sound_measure(&mut self) {
        // Of two at one place the later one counts, so the order of the file is kept within it.
        self.intervals.sort_by_key(|(from, _)| *from);
        for WrittenNote {
            at,
            mut draft,
            written,
            byte,
        } in std::mem::take(&mut self.written)
        {
            let after = self
                .intervals
                .partition_point(|(from, _)| *from <= at.offset);
            let interval = after
                .checked_sub(1)
                .map_or(self.interval, |index| self.intervals[index].1);
            let midi = (i64::from(written.octave) + 1) * 12
                + i64::from(written.step.semitones())
                + i64::from(written.alter)
                + i64::from(interval.semitones);
            let Ok(pitch) = Pitch::try_from(midi) else {
                self.report
                    .at(byte, "a note outside the range of MIDI is left out");
                continue;
            };
            draft.note.pitch = pitch;
            draft.note.spelling = interval.above(written).filter(|s| s.pitch() == Some(pitch));
            self.draft.notes.push((at, draft));
        }
        self.intervals
            .drain(..self.intervals.len().saturating_sub(1));
        self.intervals
            .iter_mut()
            .for_each(|(from, _)| *from = Ticks::ZERO);
    }

    fn note_elements<'a, 'input>(&mut self, node: Node<'a, 'input>) -> Elements<'a, 'input> {
        let mut found = Elements::default();
        for element in elements(node) {
            match element.tag_name().name() {
                "grace" => {
                    found.grace = Some(Grace {
                        slash: element.attribute("slash") == Some("yes"),
                        chord: false,
                    });
                }
                "cue" => found.cue = true,
                "chord" => found.chord = true,
                "pitch" => found.pitch = Some(element),
                "unpitched" => found.unpitched = Some(element),
                "rest" => found.rest = Some(element),
                "duration" => {}
                "tie" => match element.attribute("type") {
                    Some("start") => found.tied_to = true,
                    Some("stop") => found.tied_from = true,
                    _ => self
                        .report
                        .warn(element, "a tie that neither starts nor stops"),
                },
                "instrument" => found.instrument = element.attribute("id"),
                "voice" => found.voice = Some(text(element)),
                "time-modification" => found.modification = Some(element),
                "staff" => found.staff = Some(element),
                "notations" => found.notations.push(element),
                "lyric" => found.lyrics.push(element),
                name if is_ignored(name) => {}
                _ => self.report.left_out(element),
            }
        }
        found
    }

    /// The duration of a further note of a chord: that of the first, if its head says so too.
    fn chord_duration(&mut self, node: Node, duration: Ticks) -> Ticks {
        let first = self.last_note.1;
        let drawn = Quarters::of(node).and_then(|drawn| self.clock.exact(drawn));
        if duration == first || drawn != Some(first) {
            return duration;
        }
        self.report.warn(
            node,
            "a note of a chord that contradicts its own note value was read as long as the chord",
        );
        first
    }

    /// A rest is a gap; it is kept if something hangs on it.
    fn rest(&mut self, node: Node, rest: Node, found: &Elements) {
        let lengths = match found.grace {
            Some(_) => (Ticks::ZERO, Ticks::ZERO),
            None => self.note_duration(node),
        };
        let whole_measure = rest.attribute("measure") == Some("yes");
        let at = self.at;
        let duration = match whole_measure {
            true => {
                self.rest_measure(lengths.0);
                lengths.0
            }
            false => self.advance(lengths),
        };
        if found.notations.is_empty() && found.lyrics.is_empty() {
            return;
        }
        let staff = found.staff.map_or(1, |staff| self.staff(staff));
        let mut bearer = Note::new(Ticks::ZERO, duration, Pitch::MIDDLE_C);
        bearer.staff = staff;
        self.signs_of(found, at, &mut bearer);
        if bearer.tied_from || bearer.tied_to {
            self.report.warn(node, "a tie on a rest is left out");
        }
        if bearer.marks.is_empty() && bearer.lyrics.is_empty() {
            return;
        }
        if duration == Ticks::ZERO && !whole_measure {
            self.report
                .warn(node, "what hangs on a rest that lasts nothing is left out");
            return;
        }
        let rest = Rest {
            onset: Ticks::ZERO,
            duration,
            voice: self.voice_of(node, found, staff),
            staff,
            marks: bearer.marks,
            lyrics: bearer.lyrics,
        };
        self.draft.rests.push(RestDraft {
            at,
            whole_measure,
            rest,
        });
    }

    /// The voice of a note or rest, or the first of its staff.
    fn voice_of(&mut self, node: Node, found: &Elements, staff: u8) -> u8 {
        match found.voice {
            Some(name) => self.voice(node, name),
            None => self.voice(node, &(u16::from(staff) * 4 - 3).to_string()),
        }
    }

    fn sound_of(&mut self, node: Node, found: &Elements) -> Option<Sound> {
        let instrument = match found.instrument {
            Some(id) => self.head().instruments.get(id),
            None if found.unpitched.is_some() => {
                let first = self.head().first.as_ref();
                first.and_then(|id| self.head().instruments.get(id))
            }
            None => None,
        };
        if let Some(instrument) = instrument {
            self.draft.played.insert(instrument.program);
        }
        if let Some(drum) = instrument.and_then(|instrument| instrument.drum) {
            self.draft.unpitched += 1;
            return Some(Sound::Drum(drum));
        }
        if let Some(pitch) = found.pitch {
            self.draft.pitched += 1;
            return self.pitch(pitch).map(Sound::Written);
        }
        let Some(unpitched) = found.unpitched else {
            self.report
                .warn(node, "a note with neither pitch nor rest is left out");
            return None;
        };
        self.draft.unpitched += 1;
        self.report.warn(
            unpitched,
            "a note without pitch and without a MIDI drum was read as the pitch of its place on \
             the staff",
        );
        let middle_line = Spelling {
            step: Step::B,
            alter: 0,
            octave: 4,
        };
        let spelling = spelling(unpitched, "display-step", "display-octave");
        Some(Sound::Drum(spelling.unwrap_or(middle_line).pitch()?))
    }

    fn pitch(&mut self, node: Node) -> Option<Spelling> {
        let Some(natural) = spelling(node, "step", "octave") else {
            self.report
                .warn(node, "a note without a letter and an octave is left out");
            return None;
        };
        let alter = match child_text(node, "alter") {
            None | Some("") => 0.0,
            Some(text) => text.parse::<f64>().unwrap_or(f64::NAN),
        };
        // From half a dozen accidentals on something else was meant.
        if alter.is_nan() || alter.abs() > 6.0 {
            self.report
                .warn(node, "a note with an alteration out of range is left out");
            return None;
        }
        if alter.fract() != 0.0 {
            self.report
                .warn(node, "a microtone was rounded to the nearest semitone");
        }
        #[expect(clippy::cast_possible_truncation, reason = "within -6 to 6")]
        let alter = alter.round() as i8;
        Some(Spelling { alter, ..natural })
    }

    /// The number of a staff.
    pub(super) fn staff(&mut self, node: Node) -> u8 {
        match text(node).parse::<u8>() {
            Ok(staff) if staff > 0 => staff,
            _ => {
                self.report
                    .warn(node, "a staff without a number was read as the first");
                1
            }
        }
    }

    fn velocity(&mut self, node: Node) -> Option<Velocity> {
        let percent: f64 = node.attribute("dynamics")?.trim().parse().ok()?;
        let velocity = (percent / 100.0 * FULL_VELOCITY).round().clamp(1.0, 127.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within 1 to 127; not a number becomes 0, which is refused"
        )]
        Velocity::try_from(velocity as u8).ok()
    }

    fn tuplet(&mut self, node: Node) -> Option<Tuplet> {
        let number = |name| -> Option<u8> {
            let number = child_text(node, name)?.parse().ok()?;
            (number > 0).then_some(number)
        };
        let tuplet = number("actual-notes").zip(number("normal-notes"));
        if tuplet.is_none() {
            self.report.warn(
                node,
                "a tuplet that is not one number in the time of another",
            );
        }
        self.unread(
            node,
            &["actual-notes", "normal-notes", "normal-type", "normal-dot"],
        );
        tuplet.map(|(actual, normal)| Tuplet { actual, normal })
    }
}

/// The natural note whose letter and octave are in elements of those names.
fn spelling(node: Node, step: &str, octave: &str) -> Option<Spelling> {
    let mut letters = child_text(node, step)?.chars();
    let step = Step::from_letter(letters.next()?)?;
    let octave: i8 = child_text(node, octave)?.parse().ok()?;
    // The format ends at octaves 0 and 9; a part may transpose from beyond them.
    (letters.next().is_none() && (-20..=20).contains(&octave)).then_some(Spelling {
        step,
        alter: 0,
        octave,
    })
}

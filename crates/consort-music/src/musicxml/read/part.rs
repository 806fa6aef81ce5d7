//! One part: its measures in order, with the cursor that `backup` and `forward` move.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::musicxml::interval::Interval;
use crate::musicxml::read::clock::{Clock, TICKS_MAX};
use crate::musicxml::read::draft::{Extent, PartDraft};
use crate::musicxml::read::header::PartHead;
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::note::WrittenNote;
use crate::musicxml::read::timeline::{At, Timeline};
use crate::musicxml::read::{MeasureSource, PartSource, child_text, elements, text};
use crate::musicxml::report::{Report, short};
use crate::musicxml::text::one_line;
use crate::score::Instrument;
use crate::time::{Resolution, Ticks};

/// The voices of a part, which files name as they like.
#[derive(Debug, Default)]
struct Voices {
    numbers: BTreeMap<String, u8>,
}

impl Voices {
    /// The number of a voice: its own where it is one, else the first that is free.
    fn number(&mut self, name: &str) -> Option<u8> {
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        if self.numbers.len() >= usize::from(u8::MAX) {
            return None;
        }
        let is_free = |number: &u8| !self.numbers.values().any(|used| used == number);
        let own = name
            .parse::<u8>()
            .ok()
            .filter(|&number| number > 0)
            .filter(is_free);
        let number = own.or_else(|| (1..=u8::MAX).find(is_free))?;
        self.numbers.insert(name.to_owned(), number);
        Some(number)
    }
}

/// Reads one part.
pub(super) struct PartReader<'r, 'a, 'input> {
    source: &'r PartSource<'a, 'input>,
    pub(super) index: usize,
    pub(super) clock: Clock,
    pub(super) timeline: &'r mut Timeline,
    pub(super) report: &'r mut Report,
    pub(super) draft: PartDraft,
    /// From written to sounding pitch, as last said.
    pub(super) interval: Interval,
    /// The same with the places in the measure from which on.
    pub(super) intervals: Vec<(Ticks, Interval)>,
    /// The notes of the measure.
    pub(super) written: Vec<WrittenNote>,
    /// The measure and the place in it.
    pub(super) at: At,
    /// The last note that a chord can join: where it began, and how long it is.
    pub(super) last_note: (Ticks, Ticks),
    /// The place in the measure by the durations as the file has them.
    counted: Ticks,
    /// Where those durations lead to another place than what they were rounded from.
    drift: BTreeMap<Ticks, Ticks>,
    voices: Voices,
    has_divisions: bool,
}

impl<'r, 'a, 'input> PartReader<'r, 'a, 'input> {
    /// A reader at the start of the part.
    pub(super) fn new(
        index: usize,
        source: &'r PartSource<'a, 'input>,
        resolution: Resolution,
        timeline: &'r mut Timeline,
        report: &'r mut Report,
    ) -> Self {
        let head = &source.head;
        let first = head.first.as_ref().and_then(|id| head.instruments.get(id));
        let settings = first.map_or(&[][..], |instrument| &instrument.settings);
        let draft = PartDraft {
            name: head.name.clone(),
            controls: settings
                .iter()
                .map(|message| (At::default(), message.clone()))
                .collect(),
            instrument: Instrument {
                program: first.and_then(|instrument| instrument.program),
                percussion: head
                    .instruments
                    .values()
                    .any(|instrument| instrument.percussion),
            },
            ..PartDraft::default()
        };
        PartReader {
            source,
            index,
            clock: Clock::new(resolution),
            timeline,
            report,
            draft,
            interval: Interval::default(),
            intervals: vec![(Ticks::ZERO, Interval::default())],
            written: Vec::new(),
            at: At::default(),
            last_note: (Ticks::ZERO, Ticks::ZERO),
            counted: Ticks::ZERO,
            drift: BTreeMap::new(),
            voices: Voices::default(),
            has_divisions: false,
        }
    }

    /// The part, still in measures.
    pub(super) fn read(mut self) -> PartDraft {
        for &measure in &self.source.measures {
            self.measure(measure);
        }
        self.draft
    }

    /// What the part list says.
    pub(super) fn head(&self) -> &'r PartHead {
        &self.source.head
    }

    fn measure(&mut self, source: MeasureSource) {
        self.at = At {
            measure: source.index,
            offset: Ticks::ZERO,
        };
        self.last_note = (Ticks::ZERO, Ticks::ZERO);
        self.counted = Ticks::ZERO;
        self.drift.clear();
        self.draft.extents.push(Extent {
            measure: source.index,
            music: Ticks::ZERO,
            reach: Ticks::ZERO,
            measure_rest: Ticks::ZERO,
            byte: source.header.range().start,
        });
        if let Some(number) = source.header.attribute("number") {
            let draft = &mut self.timeline.measures[source.index].number;
            draft.get_or_insert_with(|| one_line(number));
        }
        for node in elements(source.content) {
            match node.tag_name().name() {
                "note" => self.note(node),
                "backup" => self.backup(node),
                "forward" => self.forward(node),
                "attributes" => self.attributes(node),
                "direction" => self.direction(node),
                "harmony" => self.harmony(node),
                "sound" => self.sound_alone(node),
                "barline" => self.barline(node),
                name if is_ignored(name) => {}
                _ => self.report.left_out(node),
            }
        }
        self.sound_measure();
    }

    /// Sets the divisions of a quarter note.
    pub(super) fn divisions(&mut self, node: Node) {
        self.has_divisions = true;
        if !self.clock.set_divisions(text(node)) {
            let message = format!(
                "<divisions> is {:?}, expected a number above 0; left out",
                short(text(node))
            );
            self.report.warn(node, message);
        }
    }

    /// The length that `name`, an element below `node`, gives.
    pub(super) fn length(&mut self, node: Node, name: &str) -> Option<Ticks> {
        let text = child_text(node, name)?;
        if !self.has_divisions {
            self.has_divisions = true;
            self.report.warn(
                node,
                "there are no <divisions>; durations are read as quarter notes",
            );
        }
        let Some((ticks, exact)) = self.clock.ticks(text) else {
            let message = format!("<{name}> is {:?}, expected a number; left out", short(text));
            self.report.warn(node, message);
            return None;
        };
        if !exact {
            self.report
                .warn(node, format!("a <{name}> was rounded to whole ticks"));
        }
        Some(ticks)
    }

    /// The duration of `node`: not negative, and 0 with a warning where there is none.
    pub(super) fn duration(&mut self, node: Node) -> Ticks {
        let Some(ticks) = self.length(node, "duration") else {
            if child_text(node, "duration").is_none() {
                let name = node.tag_name().name();
                self.report
                    .warn(node, format!("a <{name}> without <duration> lasts nothing"));
            }
            return Ticks::ZERO;
        };
        if ticks < Ticks::ZERO {
            self.report
                .warn(node, "a negative <duration> was read as nothing");
        }
        ticks.max(Ticks::ZERO)
    }

    /// What a note lasts: as the file counts, and as it is meant.
    pub(super) fn note_duration(&mut self, node: Node) -> (Ticks, Ticks) {
        let counted = self.duration(node);
        let meant = child_text(node, "duration")
            .and_then(|text| self.clock.meant(node, text))
            .and_then(|meant| self.clock.exact(meant));
        if meant.is_some() {
            self.report.warn(
                node,
                "a duration that was rounded to whole divisions was read as its note value",
            );
        }
        (counted, meant.unwrap_or(counted))
    }

    fn backup(&mut self, node: Node) {
        let counted = self.counted - self.duration(node);
        if counted < Ticks::ZERO {
            self.report.warn(
                node,
                "a <backup> goes back past the start of its measure; stopped at the start",
            );
        }
        self.go_to(counted.max(Ticks::ZERO));
        self.unread(node, &["duration"]);
    }

    fn forward(&mut self, node: Node) {
        let counted = self.counted + self.duration(node);
        self.go_to(counted);
        if let Some(extent) = self.draft.extents.last_mut() {
            extent.reach = extent.reach.max(self.at.offset);
        }
        self.unread(node, &["duration", "voice", "staff"]);
    }

    fn go_to(&mut self, counted: Ticks) {
        self.counted = counted.min(TICKS_MAX);
        self.at.offset = self
            .drift
            .get(&self.counted)
            .copied()
            .unwrap_or(self.counted);
        self.last_note = (self.at.offset, Ticks::ZERO);
    }

    /// Moves the cursor over a note or rest, given its duration as counted and as meant, and says
    /// how much of it fits in the longest measure.
    pub(super) fn advance(&mut self, (counted, meant): (Ticks, Ticks)) -> Ticks {
        let start = self.at.offset;
        self.counted = (self.counted + counted).min(TICKS_MAX);
        self.at.offset = (start + meant).min(TICKS_MAX);
        let fits = self.at.offset - start;
        self.last_note = (start, fits);
        if self.counted != self.at.offset {
            self.drift.insert(self.counted, self.at.offset);
        }
        self.sound_until(self.at.offset);
        fits
    }

    /// Says that a note or rest lasts until `end`.
    pub(super) fn sound_until(&mut self, end: Ticks) {
        if let Some(extent) = self.draft.extents.last_mut() {
            extent.music = extent.music.max(end);
            extent.reach = extent.reach.max(end);
        }
    }

    /// Moves the cursor over a rest for the whole measure.
    pub(super) fn rest_measure(&mut self, duration: Ticks) {
        self.go_to(self.counted + duration);
        if let Some(extent) = self.draft.extents.last_mut() {
            extent.measure_rest = extent.measure_rest.max(self.at.offset);
        }
    }

    /// The number of the voice of that name.
    pub(super) fn voice(&mut self, node: Node, name: &str) -> u8 {
        self.voices.number(name).unwrap_or_else(|| {
            self.report.warn(
                node,
                "more than 255 voices; the others are read as the last",
            );
            u8::MAX
        })
    }

    /// Reports the elements below `node` that are neither in `read` nor of no account.
    pub(super) fn unread(&mut self, node: Node, read: &[&str]) {
        for node in elements(node) {
            let name = node.tag_name().name();
            if !read.contains(&name) && !is_ignored(name) {
                self.report.left_out(node);
            }
        }
    }
}

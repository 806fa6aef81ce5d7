//! What stands before the music: titles, authors, and the list of parts.

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::musicxml::playback::seven_bits;
use crate::musicxml::read::ignored::is_ignored;
use crate::musicxml::read::playback::{settings, unread_player};
use crate::musicxml::read::{child_text, elements, text};
use crate::musicxml::report::{Report, short};
use crate::musicxml::text::{clean, one_line};
use crate::performance::Message;
use crate::pitch::Pitch;
use crate::score::Metadata;

/// What the part list says about a part.
#[derive(Debug, Default)]
pub(super) struct PartHead {
    /// The name as printed.
    pub(super) name: String,
    /// The instrument that is named first.
    pub(super) first: Option<String>,
    /// The instruments by their identity.
    pub(super) instruments: BTreeMap<String, InstrumentHead>,
}

/// What the part list says about the sound of an instrument.
#[derive(Debug, Default)]
pub(super) struct InstrumentHead {
    /// The General MIDI program, 0 first.
    pub(super) program: Option<u8>,
    /// Whether it plays on the channel of the drums.
    pub(super) percussion: bool,
    /// The drum it is.
    pub(super) drum: Option<Pitch>,
    /// How a player sets it up.
    pub(super) settings: Vec<Message>,
}

/// The channel of the drums, 1 first.
const DRUM_CHANNEL: i64 = 10;

/// Titles, authors and the like.
pub(super) fn metadata(root: Node, report: &mut Report) -> Metadata {
    let mut metadata = Metadata::default();
    let mut movement = None;
    let mut credit = None;
    for node in elements(root) {
        match node.tag_name().name() {
            "work" => work(node, &mut metadata, report),
            "movement-number" => keep(&mut metadata, "movement-number", node),
            "movement-title" => {
                movement = Some(clean(text(node))).filter(|title| !title.is_empty())
            }
            "identification" => identification(node, &mut metadata, report),
            "credit" if credit.is_none() => credit = credit_title(node),
            "part-list" | "part" | "measure" => {}
            name if is_ignored(name) => {}
            _ => report.left_out(node),
        }
    }
    match (&metadata.title, movement) {
        (Some(title), Some(movement)) if *title != movement => {
            let place = metadata
                .fields
                .iter()
                .take_while(|(name, _)| name.ends_with("-number"))
                .count();
            let field = ("movement-title".to_owned(), movement);
            metadata.fields.insert(place, field);
        }
        (None, Some(movement)) => metadata.title = Some(movement),
        (None, None) => metadata.title = credit,
        _ => {}
    }
    metadata
}

fn keep(metadata: &mut Metadata, name: &str, node: Node) {
    let value = clean(text(node));
    if !value.is_empty() {
        metadata.fields.push((one_line(name), value));
    }
}

fn work(node: Node, metadata: &mut Metadata, report: &mut Report) {
    for node in elements(node) {
        match node.tag_name().name() {
            "work-title" => metadata.title = Some(clean(text(node))).filter(|t| !t.is_empty()),
            "work-number" => keep(metadata, "work-number", node),
            name if is_ignored(name) => {}
            _ => report.left_out(node),
        }
    }
}

/// The title on the page, for files that have it nowhere else.
fn credit_title(node: Node) -> Option<String> {
    let is_title = elements(node)
        .any(|node| node.has_tag_name("credit-type") && text(node).eq_ignore_ascii_case("title"));
    let words = clean(child_text(node, "credit-words")?);
    (is_title && !words.is_empty()).then_some(words)
}

fn identification(node: Node, metadata: &mut Metadata, report: &mut Report) {
    for node in elements(node) {
        let value = clean(text(node));
        match node.tag_name().name() {
            "creator" if value.is_empty() => {}
            "creator" => match node.attribute("type").unwrap_or("creator").trim() {
                "composer" if metadata.composer.is_none() => {
                    metadata.composer = Some(value);
                }
                "lyricist" | "poet" if metadata.lyricist.is_none() => {
                    metadata.lyricist = Some(value);
                }
                kind => keep(metadata, kind, node),
            },
            "rights" if value.is_empty() => {}
            "rights" if metadata.copyright.is_none() => {
                metadata.copyright = Some(value);
            }
            name @ ("rights" | "source" | "relation") => keep(metadata, name, node),
            "encoding" => encoding(node, metadata, report),
            "miscellaneous" => miscellaneous(node, metadata, report),
            name if is_ignored(name) => {}
            _ => report.left_out(node),
        }
    }
}

fn encoding(node: Node, metadata: &mut Metadata, report: &mut Report) {
    for node in elements(node) {
        match node.tag_name().name() {
            name @ ("software" | "encoder" | "encoding-date" | "encoding-description") => {
                keep(metadata, name, node);
            }
            name if is_ignored(name) => {}
            _ => report.left_out(node),
        }
    }
}

fn miscellaneous(node: Node, metadata: &mut Metadata, report: &mut Report) {
    for node in elements(node) {
        if node.has_tag_name("miscellaneous-field") {
            let name = node.attribute("name").unwrap_or_default().trim();
            keep(metadata, name, node);
        } else {
            report.left_out(node);
        }
    }
}

/// The parts of the part list with their identities, in order.
pub(super) fn part_heads(root: Node, report: &mut Report) -> Vec<(String, PartHead)> {
    let lists = elements(root).filter(|node| node.has_tag_name("part-list"));
    let mut heads = Vec::new();
    for node in lists.flat_map(elements) {
        match node.tag_name().name() {
            "score-part" => {
                let id = node.attribute("id").unwrap_or_default().to_owned();
                heads.push((id, part_head(node, report)));
            }
            name if is_ignored(name) => {}
            _ => report.left_out(node),
        }
    }
    heads
}

fn part_head(node: Node, report: &mut Report) -> PartHead {
    let mut head = PartHead::default();
    for node in elements(node) {
        let id = || node.attribute("id").unwrap_or_default().to_owned();
        match node.tag_name().name() {
            "part-name" => head.name = one_line(text(node)),
            "score-instrument" => {
                head.first.get_or_insert_with(id);
                head.instruments.entry(id()).or_default();
                elements(node).for_each(|node| unread_player(node, report));
            }
            "midi-instrument" => {
                head.first.get_or_insert_with(id);
                midi_instrument(node, head.instruments.entry(id()).or_default(), report);
            }
            _ => unread_player(node, report),
        }
    }
    head
}

fn midi_instrument(node: Node, instrument: &mut InstrumentHead, report: &mut Report) {
    for node in elements(node) {
        let number = text(node).parse::<i64>().ok();
        match node.tag_name().name() {
            "midi-channel" => instrument.percussion = number == Some(DRUM_CHANNEL),
            "midi-program" => {
                instrument.program = seven_bits(number);
                if instrument.program.is_none() {
                    out_of_range(node, report);
                }
            }
            "midi-unpitched" => {
                instrument.drum = seven_bits(number).and_then(|n| Pitch::try_from(n).ok());
                if instrument.drum.is_none() {
                    out_of_range(node, report);
                }
            }
            _ => match settings(node, report) {
                Some(messages) => instrument.settings.extend(messages),
                None => unread_player(node, report),
            },
        }
    }
}

fn out_of_range(node: Node, report: &mut Report) {
    report.warn(
        node,
        format!(
            "<{}> is {:?}, expected 1 to 128; left out",
            node.tag_name().name(),
            short(text(node))
        ),
    );
}

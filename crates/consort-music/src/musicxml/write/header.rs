//! What stands before the music.

use crate::musicxml::form::FieldPlace;
use crate::musicxml::write::drums;
use crate::musicxml::write::playback::{bank, first_drum, mix, names_instrument, settings};
use crate::musicxml::write::xml::Xml;
use crate::pitch::Pitch;
use crate::score::{Metadata, Part};

/// The identity of a part.
pub(super) fn part_id(index: usize) -> String {
    format!("P{}", index + 1)
}

/// The identity of the instrument of a part, or of one of its drums.
pub(super) fn instrument_id(index: usize, drum: Option<Pitch>) -> String {
    let number = drum.map_or(1, |drum| u16::from(drum.midi()) + 1);
    format!("{}-I{number}", part_id(index))
}

/// Writes titles, authors and the like.
pub(super) fn metadata(xml: &mut Xml, metadata: &Metadata) {
    let values = |place| {
        let fields = metadata.fields.iter();
        fields.filter(move |field| FieldPlace::of(field) == place)
    };
    let number = values(FieldPlace::WorkNumber).next();
    if metadata.title.is_some() || number.is_some() {
        xml.open("work");
        number
            .iter()
            .for_each(|(_, number)| xml.leaf("work-number", number));
        metadata
            .title
            .iter()
            .for_each(|title| xml.leaf("work-title", title));
        xml.close();
    }
    for (_, value) in values(FieldPlace::MovementNumber) {
        xml.leaf("movement-number", value);
    }
    // Programs differ in which of the two titles they show.
    let movement = values(FieldPlace::MovementTitle)
        .next()
        .map(|(_, title)| title);
    if let Some(title) = movement.or(metadata.title.as_ref()) {
        xml.leaf("movement-title", title);
    }
    let has_identification = metadata.composer.is_some()
        || metadata.lyricist.is_some()
        || metadata.copyright.is_some()
        || metadata
            .fields
            .iter()
            .any(|field| FieldPlace::of(field) >= FieldPlace::Creator);
    if has_identification {
        identification(xml, metadata);
    }
}

fn identification(xml: &mut Xml, metadata: &Metadata) {
    let values = |place| {
        let fields = metadata.fields.iter();
        fields.filter(move |field| FieldPlace::of(field) == place)
    };
    xml.open("identification");
    let named = [
        ("composer", &metadata.composer),
        ("lyricist", &metadata.lyricist),
    ];
    for (kind, name) in named {
        name.iter()
            .for_each(|name| xml.leaf_with("creator", &[("type", kind)], name));
    }
    for (kind, name) in values(FieldPlace::Creator) {
        match kind.as_str() {
            "creator" => xml.leaf("creator", name),
            kind => xml.leaf_with("creator", &[("type", kind)], name),
        }
    }
    metadata
        .copyright
        .iter()
        .for_each(|rights| xml.leaf("rights", rights));
    values(FieldPlace::Rights).for_each(|(_, rights)| xml.leaf("rights", rights));
    if values(FieldPlace::Encoding).next().is_some() {
        xml.open("encoding");
        for (name, value) in values(FieldPlace::Encoding) {
            let name = match name.as_str() {
                "software" => "software",
                "encoder" => "encoder",
                "encoding-date" => "encoding-date",
                _ => "encoding-description",
            };
            xml.leaf(name, value);
        }
        xml.close();
    }
    values(FieldPlace::Source).for_each(|(_, value)| xml.leaf("source", value));
    values(FieldPlace::Relation).for_each(|(_, value)| xml.leaf("relation", value));
    if values(FieldPlace::Miscellaneous).next().is_some() {
        xml.open("miscellaneous");
        for (name, value) in values(FieldPlace::Miscellaneous) {
            xml.leaf_with("miscellaneous-field", &[("name", name)], value);
        }
        xml.close();
    }
    xml.close();
}

/// Writes the names and instruments of the parts.
pub(super) fn part_list(xml: &mut Xml, parts: &[Part]) {
    xml.open("part-list");
    for (index, part) in parts.iter().enumerate() {
        xml.open_with("score-part", &[("id", &part_id(index))]);
        xml.leaf("part-name", &part.name);
        if part.instrument.percussion {
            let mut drums: Vec<Pitch> = part.notes.iter().map(|note| note.pitch).collect();
            drums.sort_unstable();
            drums.dedup();
            let drums: Vec<Option<Pitch>> = match drums.as_slice() {
                [] => vec![None],
                drums => drums.iter().copied().map(Some).collect(),
            };
            for &drum in &drums {
                let name = drum.map_or("Drums", drums::name);
                score_instrument(xml, &instrument_id(index, drum), name);
            }
            for &drum in &drums {
                midi_instrument(xml, index, part, drum);
            }
        } else if part.instrument.program.is_some() || names_instrument(part) {
            score_instrument(xml, &instrument_id(index, None), &part.name);
            midi_instrument(xml, index, part, None);
        }
        xml.close();
    }
    xml.close();
}

fn score_instrument(xml: &mut Xml, id: &str, name: &str) {
    xml.open_with("score-instrument", &[("id", id)]);
    xml.leaf("instrument-name", name);
    xml.close();
}

fn midi_instrument(xml: &mut Xml, index: usize, part: &Part, drum: Option<Pitch>) {
    const DRUM_CHANNEL: u8 = 10;
    // Sixteen channels without that of the drums.
    const CHANNELS: [u8; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16];
    let channel = match part.instrument.percussion {
        true => DRUM_CHANNEL,
        false => CHANNELS[index % CHANNELS.len()],
    };
    xml.open_with("midi-instrument", &[("id", &instrument_id(index, drum))]);
    xml.number("midi-channel", channel);
    // What sets up the part is said of its first instrument.
    let is_first = !part.instrument.percussion || drum == first_drum(part);
    let settings = if is_first { settings(part) } else { &[] };
    let messages = settings.iter().map(|control| &control.message);
    bank(xml, messages.clone());
    if let Some(program) = part.instrument.program {
        xml.number("midi-program", u16::from(program) + 1);
    }
    if let Some(drum) = drum {
        xml.number("midi-unpitched", u16::from(drum.midi()) + 1);
    }
    mix(xml, messages);
    xml.close();
}

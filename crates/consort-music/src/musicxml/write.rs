//! From a score to a document.

mod accidentals;
mod attributes;
mod beams;
mod direction;
mod drums;
mod header;
mod lines;
mod measure;
mod note;
mod playback;
mod stream;
mod xml;

use crate::musicxml::write::measure::PartWriter;
use crate::musicxml::write::xml::Xml;
use crate::score::Score;

/// The document of `score`, which is in the form that [`crate::musicxml::as_written`] gives.
pub(super) fn score(score: &Score) -> String {
    let mut xml = Xml::new();
    xml.doctype(
        "score-partwise PUBLIC \"-//Recordare//DTD MusicXML 4.0 Partwise//EN\" \
         \"http://www.musicxml.org/dtds/partwise.dtd\"",
    );
    xml.open_with("score-partwise", &[("version", "4.0")]);
    header::metadata(&mut xml, &score.metadata);
    header::part_list(&mut xml, &score.parts);
    for index in 0..score.parts.len() {
        xml.open_with("part", &[("id", &header::part_id(index))]);
        PartWriter::new(&mut xml, score, index).write();
        xml.close();
    }
    xml.close();
    xml.finish()
}

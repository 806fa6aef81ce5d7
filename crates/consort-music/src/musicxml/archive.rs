//! `.mxl`: a ZIP archive with a score in it.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::musicxml::error::MusicXmlError;

/// The most bytes that a file of an archive may unpack to.
pub(super) const UNPACKED_BYTES_MAX: u64 = 64 << 20;

/// An archive may unpack to this many times its own size, and to [`UNPACKED_BYTES_FREE`] in any
/// case. Scores reach 30 to 60; a bomb of repeated bytes reaches 1000.
pub(super) const RATIO_MAX: u64 = 200;

/// What any archive may unpack to.
pub(super) const UNPACKED_BYTES_FREE: u64 = 1 << 20;

const CONTAINER: &str = "META-INF/container.xml";
const SCORE: &str = "score.musicxml";
const MEDIA_TYPE: &str = "application/vnd.recordare.musicxml+xml";

/// Whether `bytes` begin like a ZIP archive.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The score of an archive: the first MusicXML root file that its container names, or else its
/// first XML file, with a remark.
pub(super) fn unpack(bytes: &[u8]) -> Result<(Vec<u8>, Option<String>), MusicXmlError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let limit = size
        .saturating_mul(RATIO_MAX)
        .clamp(UNPACKED_BYTES_FREE, UNPACKED_BYTES_MAX);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| Some(name.ok()?.into_owned()))
        .collect();
    let named = match names.iter().any(|name| name == CONTAINER) {
        true => root_file(&unpack_file(&mut archive, CONTAINER, limit)?),
        false => None,
    };
    if let Some(name) = named.as_ref().filter(|name| names.contains(name)) {
        return Ok((unpack_file(&mut archive, name, limit)?, None));
    }
    let Some(name) = names.iter().find(|name| is_score_name(name)) else {
        return Err(MusicXmlError::NoScore { files: names.len() });
    };
    let missing = match named {
        Some(named) => format!("the archive lacks its root file {named:?}"),
        None => "the archive does not say which file is the score".to_owned(),
    };
    let remark = format!("{missing}; read {name:?}");
    Ok((unpack_file(&mut archive, name, limit)?, Some(remark)))
}

/// An archive of one score; the same score gives the same bytes.
pub(super) fn pack(score: &str) -> Vec<u8> {
    const REASON: &str = "writing a small archive to memory cannot fail";
    let container = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container>\n  <rootfiles>\n    \
         <rootfile full-path=\"{SCORE}\" media-type=\"{MEDIA_TYPE}\"/>\n  </rootfiles>\n\
         </container>\n"
    );
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [(CONTAINER, container.as_str()), (SCORE, score)] {
        archive.start_file(name, options).expect(REASON);
        archive.write_all(content.as_bytes()).expect(REASON);
    }
    archive.finish().expect(REASON).into_inner()
}

fn broken(error: &dyn std::fmt::Display) -> MusicXmlError {
    MusicXmlError::Archive {
        reason: error.to_string(),
    }
}

fn unpack_file(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    limit_bytes: u64,
) -> Result<Vec<u8>, MusicXmlError> {
    let file = archive.by_name(name).map_err(|error| broken(&error))?;
    let mut content = Vec::new();
    file.take(limit_bytes + 1)
        .read_to_end(&mut content)
        .map_err(|error| broken(&error))?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > limit_bytes {
        let name = name.to_owned();
        return Err(MusicXmlError::TooLarge { name, limit_bytes });
    }
    Ok(content)
}

/// The path of the first root file that is MusicXML.
fn root_file(container: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(container);
    let document = roxmltree::Document::parse(text.trim_start_matches('\u{feff}')).ok()?;
    document
        .descendants()
        .filter(|node| node.tag_name().name() == "rootfile")
        .find(|node| {
            node.attribute("media-type")
                .is_none_or(|media| media == MEDIA_TYPE)
        })
        .and_then(|node| node.attribute("full-path"))
        .map(str::to_owned)
}

fn is_score_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (lower.ends_with(".xml") || lower.ends_with(".musicxml"))
        && !name.starts_with("META-INF/")
        && !name.starts_with("__MACOSX/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            archive
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn what_is_packed_unpacks() {
        let packed = pack("<score/>");
        assert!(is_archive(&packed));
        assert_eq!(unpack(&packed).unwrap(), (b"<score/>".to_vec(), None));
        assert_eq!(packed, pack("<score/>"));
    }

    #[test]
    fn without_a_container_the_first_score_is_taken() {
        let bytes = archive(&[
            ("notes.txt", b"x"),
            ("__MACOSX/a.xml", b"x"),
            ("a.XML", b"<a/>"),
        ]);
        let (content, remark) = unpack(&bytes).unwrap();
        assert_eq!(content, b"<a/>");
        assert_eq!(
            remark.unwrap(),
            "the archive does not say which file is the score; read \"a.XML\""
        );
        let none = unpack(&archive(&[("notes.txt", b"x")])).unwrap_err();
        assert_eq!(none, MusicXmlError::NoScore { files: 1 });
    }

    #[test]
    fn a_bomb_is_refused() {
        let bytes = archive(&[("a.xml", &vec![b' '; 3 << 20])]);
        assert!(bytes.len() < 10_000);
        let limit_bytes = u64::try_from(bytes.len()).unwrap() * RATIO_MAX;
        let limit_bytes = limit_bytes.max(UNPACKED_BYTES_FREE);
        let name = "a.xml".to_owned();
        assert_eq!(
            unpack(&bytes).unwrap_err(),
            MusicXmlError::TooLarge { name, limit_bytes }
        );
    }
}

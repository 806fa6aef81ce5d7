//! Why an input could not be read as MusicXML.

use thiserror::Error;

use crate::reading::Place;

/// Why an input could not be read as MusicXML.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MusicXmlError {
    /// There is nothing in it.
    #[error("reading MusicXML: the input is empty; export the score again")]
    Empty,

    /// Its characters are in an encoding that is not read.
    #[error(
        "reading MusicXML: the encoding {name:?} is not supported; save the file as UTF-8 or UTF-16"
    )]
    Encoding {
        /// The encoding, as the file names it.
        name: String,
    },

    /// It is not well-formed XML.
    #[error("reading MusicXML: {place}: {reason}; if the file was cut short, export it again")]
    Xml {
        /// Where the XML breaks.
        place: Place,
        /// What the XML parser expected.
        reason: String,
    },

    /// It declares entities of its own, which can make a small file expand without bound.
    #[error(
        "reading MusicXML: {place}: the document type declares entities, which are never expanded; \
         remove the declarations"
    )]
    Entities {
        /// Where the first declaration stands.
        place: Place,
    },

    /// It has so many of something that reading it could take forever, and that no score has.
    #[error(
        "reading MusicXML: {place}: more than {limit} {what}, which no score needs; export it again"
    )]
    Excessive {
        /// Where they stand.
        place: Place,
        /// What there is too much of.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },

    /// It is XML of another kind.
    #[error(
        "reading MusicXML: {place}: the root element is <{root}>, expected <score-partwise> or \
         <score-timewise>; export the score as MusicXML"
    )]
    NotAScore {
        /// Where the root element stands.
        place: Place,
        /// The name of the root element.
        root: String,
    },

    /// It is a score without any part.
    #[error(
        "reading MusicXML: {place}: the score holds no part with a measure; export it again with \
         its music"
    )]
    NoParts {
        /// Where the root element stands.
        place: Place,
    },

    /// The archive is broken, or packed in a way that is not supported.
    #[error("reading an .mxl archive: {reason}; export the score again, or as plain .musicxml")]
    Archive {
        /// What the archive lacks.
        reason: String,
    },

    /// The archive holds no MusicXML file.
    #[error(
        "reading an .mxl archive: none of its {files} files is a MusicXML score; export the score \
         again"
    )]
    NoScore {
        /// How many files it holds.
        files: usize,
    },

    /// The archive unpacks to more than is read.
    #[error(
        "reading an .mxl archive: {name:?} unpacks to more than {limit_bytes} bytes, the limit for \
         an archive of this size; unpack it yourself and read the plain file if you trust it"
    )]
    TooLarge {
        /// The file in the archive.
        name: String,
        /// How many bytes it may have.
        limit_bytes: u64,
    },
}

impl MusicXmlError {
    /// Where in the input it went wrong.
    pub fn place(&self) -> Place {
        match self {
            MusicXmlError::Xml { place, .. }
            | MusicXmlError::Entities { place }
            | MusicXmlError::Excessive { place, .. }
            | MusicXmlError::NotAScore { place, .. }
            | MusicXmlError::NoParts { place } => *place,
            _ => Place::File,
        }
    }
}

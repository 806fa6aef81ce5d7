//! SoundFonts: reading them, finding them, and playing with them.

mod player;
mod search;

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rustysynth_ext as engine;
use thiserror::Error;

pub use search::{Found, SearchError, SoundFontSearch, find};

/// A SoundFont 2: instruments made of recordings. Copies share their samples.
#[derive(Clone)]
pub struct SoundFont {
    font: Arc<engine::SoundFont>,
    name: String,
}

/// Why a SoundFont could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SoundFontError {
    /// It is not a SoundFont at all.
    #[error("cannot read the SoundFont: it is of another kind; a file .sf2 is needed")]
    NotASoundFont,
    /// Its samples are compressed.
    #[error(
        "cannot read the SoundFont: its samples are compressed (SoundFont 3); convert it to .sf2, or choose a font that is"
    )]
    Compressed,
    /// It is damaged.
    #[error("cannot read the SoundFont: {reason}; get it again or choose another")]
    Broken {
        /// What is wrong with it.
        reason: String,
    },
    /// Reading failed.
    #[error("cannot read the SoundFont: {0}")]
    Io(#[from] std::io::Error),
}

impl SoundFont {
    /// Reads a SoundFont 2. Its samples stay in memory.
    ///
    /// # Errors
    /// If it is none, is compressed or damaged, or reading fails.
    pub fn read(mut source: impl Read + Seek) -> Result<SoundFont, SoundFontError> {
        let start = source.stream_position()?;
        check_chunks(&mut source)?;
        source.seek(SeekFrom::Start(start))?;
        // The engine panics on some damaged fonts.
        let read = catch_unwind(AssertUnwindSafe(|| engine::SoundFont::new(&mut source)));
        let font = read.map_err(|_| broken("its tables contradict each other"))?;
        let font = font.map_err(|error| match error {
            engine::SoundFontError::UnsupportedSampleFormat => SoundFontError::Compressed,
            engine::SoundFontError::IoError(error)
                if error.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                broken("it was cut short")
            }
            engine::SoundFontError::IoError(error) => SoundFontError::Io(error),
            other => broken(&other.to_string()),
        })?;
        let name = font.get_info().get_bank_name().trim().to_owned();
        let name = if name.is_empty() {
            "without a name".to_owned()
        } else {
            name
        };
        Ok(SoundFont {
            font: Arc::new(font),
            name,
        })
    }

    /// The name that the font gives itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a listener should know before using it, if anything.
    pub fn warning(&self) -> Option<String> {
        search::is_too_quiet(&self.name).then(|| search::quiet_warning(&self.name))
    }
}

impl fmt::Debug for SoundFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoundFont")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn broken(reason: &str) -> SoundFontError {
    SoundFontError::Broken {
        reason: reason.to_owned(),
    }
}

/// Sees to it that no chunk claims more bytes than there are: the engine believes lengths, and would
/// make room for gigabytes that a file of a few bytes claims.
fn check_chunks(source: &mut (impl Read + Seek)) -> Result<(), SoundFontError> {
    let start = source.stream_position()?;
    let end = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(start))?;
    let mut header = [0; 12];
    if end.saturating_sub(start) < 12 {
        return Err(SoundFontError::NotASoundFont);
    }
    source.read_exact(&mut header)?;
    if &header[..4] != b"RIFF" || &header[8..] != b"sfbk" {
        return Err(SoundFontError::NotASoundFont);
    }
    let mut at = start + 12;
    while at + 8 <= end {
        let (id, length) = chunk_header(source, at)?;
        let content = at + 8;
        let is_list = &id == b"LIST";
        if content + length > end {
            return Err(broken("it was cut short"));
        }
        let mut within = content + 4;
        while is_list && within + 8 <= content + length {
            let (id, inner) = chunk_header(source, within)?;
            within += 8 + inner + inner % 2;
            // The padding of the last chunk may be missing.
            if within > content + length + 1 {
                let reason = format!("its chunk {} is longer than its list", id.escape_ascii());
                return Err(broken(&reason));
            }
        }
        at = content + length + length % 2;
    }
    Ok(())
}

/// Name and length of the chunk at `at`.
fn chunk_header(source: &mut (impl Read + Seek), at: u64) -> std::io::Result<([u8; 4], u64)> {
    let (mut id, mut length) = ([0; 4], [0; 4]);
    source.seek(SeekFrom::Start(at))?;
    source.read_exact(&mut id)?;
    source.read_exact(&mut length)?;
    Ok((id, u32::from_le_bytes(length).into()))
}

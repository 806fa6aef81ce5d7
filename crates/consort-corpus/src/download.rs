//! Filling the folder of a set from where it is published.
//!
//! [`web`] is the only code in the project that opens a connection to another machine. All else
//! here takes a [`Fetch`], so that it works as well from a file that someone brought along.
//!
//! What comes in is trusted only once its hash is right. Nothing is written where an archive says:
//! files are asked for by the names in the list of the set, and go where the list says. They are
//! gathered in a hidden folder beside their place and moved into it when all of them are right, so
//! that a set is never half there; whatever goes wrong, the hidden folder is removed.

mod archive;
mod receive;
mod web;

use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use thiserror::Error;

pub use web::web;

use crate::folder::{CorpusError, DataFolder};
use crate::set::{Hash, ListedFile, Set, Source, Verified, faults, verify};
use receive::{Expected, receive};

/// Opens an address for reading.
pub type Fetch<'a> = dyn FnMut(&str) -> io::Result<Box<dyn Read>> + 'a;

/// How far fetching a set has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The bytes received.
    pub done_bytes: u64,
    /// The bytes to receive in all.
    pub total_bytes: u64,
}

/// Receives progress, and may stop the work by returning [`ControlFlow::Break`].
pub type Observer<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// A set that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// What was verified after the files were in place.
    pub verified: Verified,
    /// The bytes received; none if the set was there already.
    pub received_bytes: u64,
}

/// Why a set was not fetched. What was there before is left as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// An address did not answer as it should, or the line broke.
    #[error("cannot fetch {url}: {source}; check the connection and try again")]
    Fetch {
        /// The address.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// Something ended too early.
    #[error("{what} ended after {found_bytes} of {expected_bytes} bytes; try again")]
    Truncated {
        /// What was received.
        what: String,
        /// Its size.
        found_bytes: u64,
        /// The size that it should have.
        expected_bytes: u64,
    },
    /// Something is larger than it should be.
    #[error("{what} is larger than the {limit_bytes} bytes that are due; nothing of it was kept")]
    TooLarge {
        /// What was received or unpacked.
        what: String,
        /// The most that it may have.
        limit_bytes: u64,
    },
    /// Something is not what it should be.
    #[error(
        "{what} has the SHA-256 {found} where {expected} was expected; nothing of it was kept; if this stays so, its publisher has changed it"
    )]
    Checksum {
        /// What was received or unpacked.
        what: String,
        /// Its hash.
        found: String,
        /// The hash that it should have.
        expected: String,
    },
    /// An archive cannot be unpacked.
    #[error("cannot unpack {url}: {reason}; nothing of it was kept")]
    Archive {
        /// Its address.
        url: String,
        /// Why.
        reason: String,
    },
    /// No source has a file of the set.
    #[error("no source of the set {set:?} has its file {file:?}")]
    NoSource {
        /// The set.
        set: &'static str,
        /// The file.
        file: &'static str,
    },
    /// Something cannot be written.
    #[error("cannot write {}: {source}; name another folder with --data", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The observer stopped the work.
    #[error("stopped before all was received; nothing of it was kept")]
    Stopped,
    /// What is there cannot be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

/// Fetches a set into `folder`, unless it is there and verifies. Where files are missing or changed
/// those are put right and others left alone, also files that are none of the set's.
///
/// # Errors
/// See [`DownloadError`].
pub fn get(
    set: &Set,
    folder: &DataFolder,
    fetch: &mut Fetch<'_>,
    observe: &mut Observer<'_>,
) -> Result<Got, DownloadError> {
    let listed = set.files()?;
    let place = folder.root().join(set.name);
    let (faults, _) = faults(&listed, &place)?;
    let wanted: Vec<ListedFile> = faults.iter().map(|fault| fault.file).collect();
    let mut received_bytes = 0_u64;
    if !wanted.is_empty() {
        // Moving files into place is only sure to be one step within a folder's own file system,
        // and the folder of a set may be a link to another.
        let beside = if place.is_dir() {
            &place
        } else {
            folder.root()
        };
        let staging = staging(beside)?;
        let gathered = staging.path().join("set");
        received_bytes = gather(set, &wanted, staging.path(), &gathered, fetch, observe)?;
        settle(&wanted, &gathered, &place)?;
    }
    Ok(Got {
        verified: verify(set, folder)?,
        received_bytes,
    })
}

/// A hidden folder within `beside` that is removed when it is dropped.
fn staging(beside: &Path) -> Result<TempDir, DownloadError> {
    fs::create_dir_all(beside).map_err(writing(beside))?;
    tempfile::Builder::new()
        .prefix(".consort-getting-")
        .tempdir_in(beside)
        .map_err(writing(beside))
}

/// Receives the wanted files into `gathered`, each with the right hash.
fn gather(
    set: &Set,
    wanted: &[ListedFile],
    staging: &Path,
    gathered: &Path,
    fetch: &mut Fetch<'_>,
    observe: &mut Observer<'_>,
) -> Result<u64, DownloadError> {
    let shares = shares(set, wanted)?;
    let total_bytes = shares.iter().map(|(source, _)| source.bytes()).sum();
    let mut done_bytes = 0_u64;
    fs::create_dir_all(gathered).map_err(writing(gathered))?;
    for (source, files) in shares {
        let before = done_bytes;
        let mut passed = |bytes: u64| {
            observe(Progress {
                done_bytes: before.saturating_add(bytes).min(total_bytes),
                total_bytes,
            })
        };
        done_bytes += match source {
            Source::Archive {
                url, bytes, sha256, ..
            } => {
                let path = staging.join("archive");
                let expected = Expected {
                    what: url,
                    bytes: Some(*bytes),
                    limit_bytes: *bytes,
                    sha256: pinned(url, sha256)?,
                };
                let mut body = opened(fetch, url)?;
                let received = receive(&mut body, &path, &expected, &mut passed)?;
                archive::extract(&path, url, &files, gathered, set.bytes)?;
                received
            }
            Source::Files { url, bytes, .. } => {
                single_files(url, *bytes, &files, gathered, fetch, &mut passed)?
            }
        };
    }
    Ok(done_bytes)
}

/// A wanted file and its path in its source.
type Wanted = (ListedFile, String);

/// The sources that are needed, each with the files that come from it.
fn shares<'a>(
    set: &'a Set,
    wanted: &[ListedFile],
) -> Result<Vec<(&'a Source, Vec<Wanted>)>, DownloadError> {
    let mut shares: Vec<(&Source, Vec<Wanted>)> = set
        .sources
        .iter()
        .map(|source| (source, Vec::new()))
        .collect();
    for &file in wanted {
        let share = shares
            .iter_mut()
            .find_map(|(source, files)| Some((source.path_of(file.path)?, files)));
        let Some((path, files)) = share else {
            return Err(DownloadError::NoSource {
                set: set.name,
                file: file.path,
            });
        };
        files.push((file, path));
    }
    shares.retain(|(_, files)| !files.is_empty());
    Ok(shares)
}

/// Receives files that are published one by one.
fn single_files(
    base: &str,
    limit_bytes: u64,
    files: &[Wanted],
    gathered: &Path,
    fetch: &mut Fetch<'_>,
    passed: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<u64, DownloadError> {
    let mut done = 0_u64;
    for (file, path) in files {
        let url = format!("{base}{path}");
        let expected = Expected {
            what: &url,
            bytes: None,
            limit_bytes: limit_bytes.saturating_sub(done),
            sha256: file.sha256,
        };
        let target = room(gathered, file.path)?;
        let mut body = opened(fetch, &url)?;
        let before = done;
        let mut passed = |bytes: u64| passed(before.saturating_add(bytes));
        done += receive(&mut body, &target, &expected, &mut passed)?;
    }
    Ok(done)
}

/// Moves what was gathered into place: all in one step where nothing was, else file by file.
fn settle(wanted: &[ListedFile], gathered: &Path, place: &Path) -> Result<(), DownloadError> {
    if !place.is_dir() {
        return fs::rename(gathered, place).map_err(writing(place));
    }
    for file in wanted {
        let target = room(place, file.path)?;
        fs::rename(gathered.join(file.path), &target).map_err(writing(&target))?;
    }
    Ok(())
}

/// The path of a listed file below `folder`, with the folders on the way to it.
fn room(folder: &Path, listed: &str) -> Result<PathBuf, DownloadError> {
    let path = folder.join(listed);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(writing(parent))?;
    }
    Ok(path)
}

fn opened(fetch: &mut Fetch<'_>, url: &str) -> Result<Box<dyn Read>, DownloadError> {
    fetch(url).map_err(|source| DownloadError::Fetch {
        url: url.to_owned(),
        source,
    })
}

fn pinned(url: &str, sha256: &str) -> Result<Hash, DownloadError> {
    Hash::from_hexadecimal(sha256).ok_or_else(|| DownloadError::Archive {
        url: url.to_owned(),
        reason: format!("the SHA-256 to check it with, {sha256:?}, is none"),
    })
}

fn writing(path: &Path) -> impl Fn(io::Error) -> DownloadError + '_ {
    |source| DownloadError::Write {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;

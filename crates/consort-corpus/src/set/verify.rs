//! Checking what lies in the folder of a set against its list.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Set;
use super::list::{Hash, ListedFile, sha256_of_set};
use crate::folder::{CorpusError, DataFolder};

/// How many files a message names.
const NAMED_MAX: usize = 3;

/// A set whose files are all there and all as they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where it lies.
    pub path: PathBuf,
    /// How many files were hashed.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The hash over them: that of the set.
    pub sha256: String,
}

/// A listed file that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) file: ListedFile,
    /// The hash of what is there, if anything is.
    pub(crate) found: Option<Hash>,
}

/// Hashes every file of a set. Other files beside them do no harm and are not looked at.
///
/// # Errors
/// If the set is not there, a file of it is missing, cannot be read, or is not what it should be.
pub fn verify(set: &Set, folder: &DataFolder) -> Result<Verified, CorpusError> {
    let path = folder.set(set.name)?;
    let files = set.files()?;
    let (faults, bytes) = faults(&files, &path)?;
    let wrong = |reason| CorpusError::Content {
        path: path.clone(),
        reason,
    };
    if !faults.is_empty() {
        return Err(wrong(describe(&faults, files.len())));
    }
    let sha256 = sha256_of_set(&files).to_string();
    if sha256 != set.sha256 {
        let expected = set.sha256;
        return Err(wrong(format!(
            "its list of files has the SHA-256 {sha256} where {expected} was expected"
        )));
    }
    let files = files.len();
    Ok(Verified {
        path,
        files,
        bytes,
        sha256,
    })
}

/// The files that are missing or differ, and the bytes of those that are there.
pub(crate) fn faults(files: &[ListedFile], path: &Path) -> Result<(Vec<Fault>, u64), CorpusError> {
    let mut faults = Vec::new();
    let mut bytes = 0_u64;
    for &file in files {
        let path = path.join(file.path);
        let found = match hash(&path) {
            Ok((size, sha256)) => {
                bytes = bytes.saturating_add(size);
                Some(sha256)
            }
            Err(error) if is_absence(&error) => None,
            Err(source) => return Err(CorpusError::Read { path, source }),
        };
        if found != Some(file.sha256) {
            faults.push(Fault { file, found });
        }
    }
    Ok((faults, bytes))
}

/// Whether there is no such file; a file where a folder should be means the same.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn hash(path: &Path) -> io::Result<(u64, Hash)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0_u64;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((size, Hash(hasher.finalize().into()))),
            Ok(read) => {
                hasher.update(buffer.get(..read).unwrap_or_default());
                size = size.saturating_add(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn describe(faults: &[Fault], files: usize) -> String {
    let missing: Vec<&str> = faults
        .iter()
        .filter(|fault| fault.found.is_none())
        .map(|fault| fault.file.path)
        .collect();
    let differing: Vec<String> = faults
        .iter()
        .filter_map(|fault| {
            let (file, found) = (fault.file, fault.found?);
            Some(format!(
                "{} has the SHA-256 {found} where {} was expected",
                file.path, file.sha256
            ))
        })
        .collect();
    let mut reasons = Vec::new();
    if !missing.is_empty() {
        let named = missing.get(..NAMED_MAX).unwrap_or(&missing).join(", ");
        let rest = and_more(missing.len());
        reasons.push(format!("{} missing: {named}{rest}", missing.len()));
    }
    if !differing.is_empty() {
        let named = differing.get(..NAMED_MAX).unwrap_or(&differing).join(", ");
        let rest = and_more(differing.len());
        reasons.push(format!("{} changed: {named}{rest}", differing.len()));
    }
    format!("of its {files} files {}", reasons.join("; "))
}

fn and_more(count: usize) -> String {
    match count.saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

//! Writing what comes in to a file while counting and hashing it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{DownloadError, writing};
use crate::set::Hash;

/// What must come in.
pub(super) struct Expected<'a> {
    /// What it is called in messages.
    pub(super) what: &'a str,
    /// Its size, where it is known.
    pub(super) bytes: Option<u64>,
    /// The most that it may have.
    pub(super) limit_bytes: u64,
    /// Its hash.
    pub(super) sha256: Hash,
}

/// Writes `from` to the file `to` and returns its size. `passed` hears how many bytes came in.
pub(super) fn receive(
    from: &mut dyn Read,
    to: &Path,
    expected: &Expected<'_>,
    passed: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<u64, DownloadError> {
    let mut file = File::create(to).map_err(writing(to))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0_u64;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(DownloadError::Fetch {
                    url: expected.what.to_owned(),
                    source,
                });
            }
        };
        bytes = bytes.saturating_add(read as u64);
        if bytes > expected.limit_bytes {
            return Err(DownloadError::TooLarge {
                what: expected.what.to_owned(),
                limit_bytes: expected.limit_bytes,
            });
        }
        let chunk = buffer.get(..read).unwrap_or_default();
        hasher.update(chunk);
        file.write_all(chunk).map_err(writing(to))?;
        if passed(bytes).is_break() {
            return Err(DownloadError::Stopped);
        }
    }
    check(expected, bytes, Hash(hasher.finalize().into()))?;
    Ok(bytes)
}

fn check(expected: &Expected<'_>, bytes: u64, found: Hash) -> Result<(), DownloadError> {
    let what = || expected.what.to_owned();
    match expected.bytes {
        Some(expected_bytes) if bytes < expected_bytes => Err(DownloadError::Truncated {
            what: what(),
            found_bytes: bytes,
            expected_bytes,
        }),
        _ if found != expected.sha256 => Err(DownloadError::Checksum {
            what: what(),
            found: found.to_string(),
            expected: expected.sha256.to_string(),
        }),
        _ => Ok(()),
    }
}

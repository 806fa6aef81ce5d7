//! Taking the files of a set out of a ZIP archive.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use zip::ZipArchive;

use super::receive::{Expected, receive};
use super::{DownloadError, Wanted, room};

/// Unpacks the wanted files into `gathered`. Together they may have `limit_bytes`, whatever the
/// archive says of their sizes; all else in it is left alone.
pub(super) fn extract(
    archive: &Path,
    url: &str,
    files: &[Wanted],
    gathered: &Path,
    limit_bytes: u64,
) -> Result<(), DownloadError> {
    let broken = |reason: String| DownloadError::Archive {
        url: url.to_owned(),
        reason,
    };
    let opened = File::open(archive).map_err(|error| broken(error.to_string()))?;
    let mut zip = ZipArchive::new(opened).map_err(|error| broken(error.to_string()))?;
    let mut done = 0_u64;
    for (file, path) in files {
        let mut member = zip
            .by_name(path)
            .map_err(|error| broken(format!("its file {path:?}: {error}")))?;
        let expected = Expected {
            what: &format!("{path:?} in {url}"),
            bytes: None,
            limit_bytes: limit_bytes.saturating_sub(done),
            sha256: file.sha256,
        };
        let target = room(gathered, file.path)?;
        let from: &mut dyn Read = &mut member;
        let received = receive(from, &target, &expected, &mut |_| ControlFlow::Continue(()));
        done += received.map_err(|error| match error {
            // What cannot be read here is the archive, which is on this machine already.
            DownloadError::Fetch { source, .. } => broken(format!("its file {path:?}: {source}")),
            error => error,
        })?;
    }
    Ok(())
}

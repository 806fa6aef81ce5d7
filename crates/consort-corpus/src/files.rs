//! Finding and reading the files of a folder of the user's own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::folder::CorpusError;

/// A kind of file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// What such files are called in messages.
    pub(crate) name: &'static str,
    /// How their names end, in small letters without a dot; capitals do as well.
    pub(crate) extensions: &'static [&'static str],
    /// How many bytes of them are taken at most from a folder of the user's own.
    pub(crate) limit: u64,
}

/// A file below a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FoundFile {
    /// Its path from the folder on, with `/` on every system.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The files of a kind at or below `root`, by name. Folders below that cannot be listed are told in
/// `left_out`; links to folders are not followed, because they may lead round in a circle.
pub(crate) fn files(
    root: &Path,
    kind: Kind,
    left_out: &mut Vec<(String, String)>,
) -> Result<Vec<FoundFile>, CorpusError> {
    let mut files = Vec::new();
    list(root, "", kind, &mut files, left_out).map_err(|source| CorpusError::Read {
        path: root.to_owned(),
        source,
    })?;
    files.sort();
    Ok(files)
}

/// Hands the name and the bytes of each file of a kind at or below `root` to `take`, by name, and
/// returns what was left out, and why: what cannot be read, and the files that `take` refuses.
///
/// # Errors
/// If the folder cannot be listed, or holds more than the limit of the kind.
pub(crate) fn for_each_file(
    root: &Path,
    kind: Kind,
    mut take: impl FnMut(&str, &[u8]) -> Result<(), String>,
) -> Result<Vec<(String, String)>, CorpusError> {
    let mut left_out = Vec::new();
    let mut room = kind.limit;
    for FoundFile { name, path } in files(root, kind, &mut left_out)? {
        let bytes = match read_at_most(&path, room) {
            Ok(bytes) => bytes,
            Err(error) => {
                left_out.push((name, error.to_string()));
                continue;
            }
        };
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        room = room.checked_sub(length).ok_or(CorpusError::TooMuch {
            path: root.to_owned(),
            what: kind.name,
            limit: kind.limit,
        })?;
        if let Err(reason) = take(&name, &bytes) {
            left_out.push((name, reason));
        }
    }
    Ok(left_out)
}

fn list(
    folder: &Path,
    prefix: &str,
    kind: Kind,
    files: &mut Vec<FoundFile>,
    left_out: &mut Vec<(String, String)>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_wanted = path.extension().is_some_and(|extension| {
            let mut wanted = kind.extensions.iter();
            wanted.any(|wanted| extension.eq_ignore_ascii_case(wanted))
        });
        if entry.file_type()?.is_dir() {
            if let Err(error) = list(&path, &format!("{name}/"), kind, files, left_out) {
                left_out.push((name, error.to_string()));
            }
        } else if is_wanted {
            // Opening a pipe would wait for ever; a link to nowhere is told when it is read.
            match fs::metadata(&path) {
                Ok(file) if !file.is_file() => left_out.push((name, "no plain file".to_owned())),
                _ => files.push(FoundFile { name, path }),
            }
        }
    }
    Ok(())
}

/// The bytes of a file, or, of a longer one, the first `most` and one more.
fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The path, if it cannot lead out of the folder it is joined to.
pub(crate) fn inside(path: &str) -> Option<String> {
    let mut parts = Path::new(path).components();
    let is_inside = !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)));
    is_inside.then(|| path.to_owned())
}

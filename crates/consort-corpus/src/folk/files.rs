//! Finding and reading ABC files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::folder::CorpusError;

/// An ABC file below a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AbcFile {
    /// Its path from the folder on, with `/` on every system.
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// The `.abc` files at or below `root`, by name. Folders below that cannot be listed are told in
/// `left_out`; links to folders are not followed, because they may lead round in a circle.
pub(super) fn abc_files(
    root: &Path,
    left_out: &mut Vec<(String, String)>,
) -> Result<Vec<AbcFile>, CorpusError> {
    let mut files = Vec::new();
    list(root, "", &mut files, left_out).map_err(|source| CorpusError::Read {
        path: root.to_owned(),
        source,
    })?;
    files.sort();
    Ok(files)
}

fn list(
    folder: &Path,
    prefix: &str,
    files: &mut Vec<AbcFile>,
    left_out: &mut Vec<(String, String)>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_abc = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("abc"));
        if entry.file_type()?.is_dir() {
            if let Err(error) = list(&path, &format!("{name}/"), files, left_out) {
                left_out.push((name, error.to_string()));
            }
        } else if is_abc {
            // Opening a pipe would wait for ever; a link to nowhere is told when it is read.
            match fs::metadata(&path) {
                Ok(file) if !file.is_file() => left_out.push((name, "no plain file".to_owned())),
                _ => files.push(AbcFile { name, path }),
            }
        }
    }
    Ok(())
}

/// The bytes of a file, or, of a longer one, the first `most` and one more.
pub(super) fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

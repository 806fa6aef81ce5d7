//! The folder where data sets lie, and reading from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Where data sets lie: in one folder, which has one for each of them by its name, or in folders of the
/// user's own that have names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    root: PathBuf,
    named: Vec<(String, PathBuf)>,
}

/// Why data cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The set is not there.
    #[error("the data set {name:?} is not in {}; get it with `consort data get {name}` or name its folder with --data", root.display())]
    Missing {
        /// The set.
        name: &'static str,
        /// Where it was looked for.
        root: PathBuf,
    },
    /// A file of it cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of it is not what it should be.
    #[error("{}: {reason}; get the set again with `consort data get`", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A folder of the user's own holds more than is taken.
    #[error(
        "the {what} below {} have more than {} MB; name a smaller folder",
        path.display(),
        limit / 1_000_000
    )]
    TooMuch {
        /// The folder.
        path: PathBuf,
        /// What kind of files.
        what: &'static str,
        /// How many bytes are taken at most.
        limit: u64,
    },
    /// A corpus of the user's own is called something that is no name.
    #[error(
        "a corpus cannot be called {name:?}; take lower-case letters, digits and hyphens, beginning with a letter"
    )]
    Name {
        /// What it was to be called.
        name: String,
    },
    /// Two corpora of the user's own have one name.
    #[error("two corpora are called {name:?}; give each its own name")]
    Twice {
        /// The name.
        name: String,
    },
    /// A folder of the user's own holds nothing to use.
    #[error("there are no {what} below {}; name another folder", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
}

/// Which files a corpus was made of: their number and a hash over them in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The name of the set.
    pub name: &'static str,
    /// SHA-256 over the names and bytes of the files in order, in hexadecimal.
    pub sha256: String,
    /// The licence of the set.
    pub licence: &'static str,
}

impl DataFolder {
    /// The sets in `root`.
    pub fn new(root: impl Into<PathBuf>) -> DataFolder {
        DataFolder {
            root: root.into(),
            named: Vec::new(),
        }
    }

    /// Corpora of the user's own, each with its name and folder.
    ///
    /// # Errors
    /// [`CorpusError::Name`] and [`CorpusError::Twice`] if the names are not words of lower-case letters,
    /// digits and hyphens or not distinct, and [`CorpusError::Read`] if a folder is not there.
    pub fn of_corpora(corpora: Vec<(String, PathBuf)>) -> Result<DataFolder, CorpusError> {
        for (index, (name, path)) in corpora.iter().enumerate() {
            if !is_name(name) {
                return Err(CorpusError::Name { name: name.clone() });
            }
            if corpora[..index].iter().any(|(other, _)| other == name) {
                return Err(CorpusError::Twice { name: name.clone() });
            }
            fs::read_dir(path).map_err(|source| CorpusError::Read {
                path: path.clone(),
                source,
            })?;
        }
        Ok(DataFolder {
            root: PathBuf::new(),
            named: corpora,
        })
    }

    /// The corpora of [`DataFolder::of_corpora`] in their order; none if this is one folder.
    pub fn named(&self) -> &[(String, PathBuf)] {
        &self.named
    }

    /// Where they lie; an empty path if they have names instead ([`DataFolder::named`]).
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the set called `name`.
    ///
    /// # Errors
    /// [`CorpusError::Missing`] if there is none.
    pub fn set(&self, name: &'static str) -> Result<PathBuf, CorpusError> {
        let path = self.root.join(name);
        if path.is_dir() {
            Ok(path)
        } else {
            Err(CorpusError::Missing {
                name,
                root: self.root.clone(),
            })
        }
    }
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    starts && text.chars().all(of_name)
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CorpusError> {
    fs::read(path).map_err(|source| CorpusError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Hashes files as they are read.
pub(crate) struct Stamper(Sha256);

impl Stamper {
    pub(crate) fn new() -> Stamper {
        Stamper(Sha256::new())
    }

    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        self.0.update(name.as_bytes());
        self.0.update([0]);
        self.0.update(Sha256::digest(bytes));
    }

    pub(crate) fn stamp(self, name: &'static str, licence: &'static str) -> Stamp {
        let sha256 = self
            .0
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Stamp {
            name,
            sha256,
            licence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpora_have_names_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().to_owned();
        let of = |names: &[&str]| {
            let corpora = names.iter().map(|name| (name.to_string(), here.clone()));
            DataFolder::of_corpora(corpora.collect())
        };
        let data = of(&["jazz", "classical-2"]).unwrap();
        let names: Vec<&str> = data.named().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["jazz", "classical-2"]);
        assert!(DataFolder::new(&here).named().is_empty());
        for name in ["", "Jazz", "hard bop", "2", "-", "é", "a/b"] {
            assert!(
                matches!(of(&[name]), Err(CorpusError::Name { .. })),
                "{name}"
            );
        }
        let twice = of(&["jazz", "folk", "jazz"]).unwrap_err().to_string();
        assert!(twice.contains("\"jazz\""), "{twice}");
        let nowhere = vec![("jazz".to_owned(), here.join("nowhere"))];
        let missing = DataFolder::of_corpora(nowhere).unwrap_err().to_string();
        assert!(missing.contains("nowhere"), "{missing}");
    }
}

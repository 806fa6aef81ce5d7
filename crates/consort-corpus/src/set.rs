//! The data sets that the project knows: what they are, what may be done with them, and where each
//! of their files comes from, pinned by SHA-256.
//!
//! A set is entered here only with an address that cannot change under our hands (a release of a
//! package, a commit) and the hashes of the files that were used, so that everyone who trains or
//! evaluates does it on the same bytes. [`verify`] checks a folder against that; the `download`
//! module, behind the feature of that name, fills one.

mod list;
mod root;
mod table;
mod verify;

pub use root::default_root;
pub use table::SETS;
pub use verify::{Verified, verify};

pub(crate) use list::{Hash, ListedFile};
#[cfg(feature = "download")]
pub(crate) use verify::faults;

use crate::folder::CorpusError;

/// A data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set {
    /// The name of its folder, and of the set on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Where to read more.
    pub homepage: &'static str,
    /// An SPDX expression where one fits, else words; `unknown` where the publisher states nothing.
    pub licence: &'static str,
    /// How to cite it.
    pub citation: &'static str,
    /// What it is used for here.
    pub purpose: &'static str,
    /// Known faults, and what to know before using it.
    pub notes: &'static [&'static str],
    /// The bytes of its files.
    pub bytes: u64,
    /// SHA-256 over the names and hashes of its files in order, by the scheme of
    /// [`Stamp`](crate::Stamp).
    pub sha256: &'static str,
    /// Its files and their SHA-256 in order of their names, as `sha256sum` writes them and
    /// `sha256sum --check` reads them.
    pub list: &'static str,
    /// Where the files come from. Each file comes from the first source that has an origin for it.
    pub sources: &'static [Source],
}

/// Where files of a set come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A ZIP archive.
    Archive {
        /// Its address.
        url: &'static str,
        /// Its size.
        bytes: u64,
        /// Its SHA-256 in hexadecimal.
        sha256: &'static str,
        /// Which files of the set are which of the archive.
        origins: &'static [Origin],
    },
    /// Files that are published one by one.
    Files {
        /// What their addresses begin with.
        url: &'static str,
        /// Their size together.
        bytes: u64,
        /// Which files of the set are which below that address.
        origins: &'static [Origin],
    },
}

/// Says which path in a source belongs to which path in a set: that of one file, or of all files
/// whose path begins with `place` if that is empty or ends with `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The path, or its beginning, in the folder of the set.
    pub place: &'static str,
    /// The path, or its beginning, in the source.
    pub path: &'static str,
}

/// The set called `name`.
pub fn find(name: &str) -> Option<&'static Set> {
    SETS.iter().find(|set| set.name == name)
}

impl Set {
    /// How many files it has.
    pub fn file_count(&self) -> usize {
        self.list.lines().count()
    }

    /// How much is sent when it is fetched.
    pub fn download_bytes(&self) -> u64 {
        self.sources.iter().map(Source::bytes).sum()
    }

    /// Its files.
    pub(crate) fn files(&self) -> Result<Vec<ListedFile>, CorpusError> {
        list::parse(self.name, self.list)
    }
}

impl Source {
    /// Its address, or what the addresses of its files begin with.
    pub fn url(&self) -> &'static str {
        match self {
            Source::Archive { url, .. } | Source::Files { url, .. } => url,
        }
    }

    /// How much is sent when it is fetched.
    pub fn bytes(&self) -> u64 {
        match self {
            Source::Archive { bytes, .. } | Source::Files { bytes, .. } => *bytes,
        }
    }

    /// The path in this source of the file at `place` in the set, if it comes from here.
    pub fn path_of(&self, place: &str) -> Option<String> {
        let (Source::Archive { origins, .. } | Source::Files { origins, .. }) = self;
        origins.iter().find_map(|origin| origin.path_of(place))
    }
}

impl Origin {
    fn path_of(&self, place: &str) -> Option<String> {
        let rest = place.strip_prefix(self.place)?;
        let whole_folder = self.place.is_empty() || self.place.ends_with('/');
        (whole_folder || rest.is_empty()).then(|| format!("{}{rest}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_names_a_file_or_everything_below() {
        let one = Origin {
            place: "LICENSE",
            path: "package/LICENSE.txt",
        };
        assert_eq!(
            one.path_of("LICENSE").as_deref(),
            Some("package/LICENSE.txt")
        );
        assert_eq!(one.path_of("LICENSE.md"), None);
        let below = Origin {
            place: "scores/",
            path: "package/data/",
        };
        assert_eq!(
            below.path_of("scores/a.mxl").as_deref(),
            Some("package/data/a.mxl")
        );
        assert_eq!(below.path_of("scores"), None);
    }
}

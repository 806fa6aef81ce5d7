//! Lists of files with their hashes, as `sha256sum` writes them.

use std::fmt;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::folder::CorpusError;

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash(pub(crate) [u8; 32]);

/// A file of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListedFile {
    /// Its path in the folder of the set, with `/` on every system.
    pub(crate) path: &'static str,
    /// Its hash.
    pub(crate) sha256: Hash,
}

/// The files of a list. A path that could leave the folder of the set, or that some system cannot
/// store, is refused: files are written where the list says.
pub(super) fn parse(set: &'static str, list: &'static str) -> Result<Vec<ListedFile>, CorpusError> {
    let line = |(index, line): (usize, &'static str)| {
        file(line).ok_or_else(|| CorpusError::Content {
            path: PathBuf::from(format!("{set}.sha256")),
            reason: format!(
                "line {} is {line:?}, not a SHA-256, two spaces and a plain path below the set",
                index + 1
            ),
        })
    };
    list.lines().enumerate().map(line).collect()
}

/// The hash of a whole set: over the names and hashes of its files in order, as
/// [`Stamp`](crate::Stamp) has it.
pub(super) fn sha256_of_set(files: &[ListedFile]) -> Hash {
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(file.path.as_bytes());
        hasher.update([0]);
        hasher.update(file.sha256.0);
    }
    Hash(hasher.finalize().into())
}

fn file(line: &'static str) -> Option<ListedFile> {
    let (sha256, path) = line.split_once("  ")?;
    let sha256 = Hash::from_hexadecimal(sha256)?;
    is_plain(path).then_some(ListedFile { path, sha256 })
}

fn is_plain(path: &str) -> bool {
    path.split('/').all(|name| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        name.bytes().all(plain) && !name.trim_end_matches('.').is_empty() && !name.ends_with('.')
    })
}

impl Hash {
    /// Reads 64 hexadecimal digits.
    pub(crate) fn from_hexadecimal(text: &str) -> Option<Hash> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; 32];
        for (index, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Hash(hash))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Stamper;

    // printf abc | sha256sum
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_hash_reads_what_it_writes_and_nothing_else() {
        let hash = Hash::from_hexadecimal(ABC).unwrap();
        assert_eq!(hash.to_string(), ABC);
        assert_eq!(hash.0, <[u8; 32]>::from(Sha256::digest(b"abc")));
        assert_eq!(Hash::from_hexadecimal(&ABC[1..]), None);
        assert_eq!(Hash::from_hexadecimal(&ABC.replace('b', "g")), None);
        assert_eq!(Hash::from_hexadecimal(&"é".repeat(32)), None);
    }

    #[test]
    fn a_list_is_read_line_by_line_whatever_ends_them() {
        let list = format!("{ABC}  a.abc\r\n{ABC}  b/c-1_2.abc\r\n").leak();
        let files = parse("tunes", list).unwrap();
        let paths: Vec<_> = files.iter().map(|file| file.path).collect();
        assert_eq!(paths, ["a.abc", "b/c-1_2.abc"]);
    }

    #[test]
    fn paths_that_leave_the_set_are_refused() {
        for path in [
            "../a",
            "a/../../b",
            "/a",
            "a//b",
            "a/",
            "",
            ".",
            "C:a",
            "a\\b",
            "a\0",
            "...",
            "a.",
        ] {
            let list = format!("{ABC}  good.abc\n{ABC}  {path}\n").leak();
            let error = parse("tunes", list).unwrap_err().to_string();
            assert!(
                error.starts_with("tunes.sha256: line 2 is "),
                "{path:?}: {error}"
            );
        }
    }

    #[test]
    fn a_set_is_hashed_like_a_stamp() {
        let mut stamper = Stamper::new();
        stamper.add("a", b"abc");
        stamper.add("b/c", b"abc");
        let list = format!("{ABC}  a\n{ABC}  b/c\n").leak();
        let files = parse("tunes", list).unwrap();
        assert_eq!(
            sha256_of_set(&files).to_string(),
            stamper.stamp("tunes", "unknown").sha256
        );
    }
}

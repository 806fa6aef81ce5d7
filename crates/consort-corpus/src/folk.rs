//! Folk tunes in ABC: the Nottingham collection as the article has it, old printed collections, and
//! files of the user's own.
//!
//! A tune comes as text, because the networks of the folk family read characters. Its fold follows
//! from its place in the corpus, so that figures can be compared: of every ten tunes the first is for
//! testing, of every twenty the sixth for validation.

use std::path::{Path, PathBuf};

use consort_music::abc;

use crate::files::{Kind, files, for_each_file};
use crate::fold::Fold;
use crate::folder::{CorpusError, DataFolder, Stamp, Stamper, read};

mod melodies;

pub use self::melodies::{SAME_BARS, keep_melodies_together};

/// The name of the Nottingham collection.
pub const NOTTINGHAM: &str = "folk-nottingham";

/// The name of the collections of O'Neill, Ryan and Aird.
pub const PUBLIC_DOMAIN: &str = "folk-public-domain";

/// The most bytes of ABC files that [`folder`] takes: some 150,000 tunes.
pub const FOLDER_MAX: u64 = 64_000_000;

const ABC: Kind = Kind {
    name: "ABC files",
    extensions: &["abc"],
    limit: FOLDER_MAX,
};

/// A tune.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tune {
    /// The file it stands in, from the folder of the corpus on, with `/` on every system.
    pub file: String,
    /// Which tune of the file it is, 1 first.
    pub number: usize,
    /// The tune in ABC, as each corpus says.
    pub text: String,
    /// What it is for.
    pub fold: Fold,
}

impl Tune {
    /// The folder it lies in at the top of the corpus (`oneills1850`), or the file if there is none.
    pub fn collection(&self) -> &str {
        self.file
            .split_once('/')
            .map_or(self.file.as_str(), |(collection, _)| collection)
    }
}

/// Tunes and what they are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    /// The tunes, by file and place in it.
    pub tunes: Vec<Tune>,
    /// Files and folders left out, and why.
    pub left_out: Vec<(String, String)>,
    /// The files.
    pub stamp: Stamp,
}

/// What to take of the Nottingham collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nottingham {
    /// The corpus of the article, `jigs.abc`: 340 tunes, 129,665 characters, 86 of them different.
    Jigs,
    /// All 14 files: 1,034 tunes, 446,020 characters, 88 of them different.
    All,
}

/// The Nottingham collection as Jukedeck cleaned it, character by character as it was published: the
/// texts of the tunes of a file, one after the other, are the file. A tune begins with a line that
/// begins with `X:`, the first with the file. The folds go by the place among all tunes taken.
///
/// # Errors
/// If the set is not there or a file of it cannot be read.
pub fn nottingham(folder: &DataFolder, what: Nottingham) -> Result<Corpus, CorpusError> {
    let cleaned = folder.set(NOTTINGHAM)?.join("ABC_cleaned");
    let mut corpus = Collector::default();
    let mut files = files(&cleaned, ABC, &mut corpus.left_out)?;
    if what == Nottingham::Jigs {
        files.retain(|file| file.name == "jigs.abc");
    }
    for file in files {
        let bytes = read(&file.path)?;
        corpus.stamper.add(&file.name, &bytes);
        let text = String::from_utf8(bytes).map_err(|error| CorpusError::Content {
            path: file.path,
            reason: error.to_string(),
        })?;
        corpus.add(&file.name, cut(&text).into_iter().map(str::to_owned));
    }
    let corpus = corpus.close(NOTTINGHAM, "GPL-3.0-only", Fold::by_place);
    not_empty(corpus, cleaned)
}

/// The collections of O'Neill (2,009 tunes), Ryan (1,059) and Aird (1,180), each tune with the fields
/// that its file has for all ([`abc::split`]).
///
/// Many melodies come more than once, so tunes that are held out leak into those that are learnt
/// from, unless [`keep_melodies_together`] is asked to prevent it.
///
/// # Errors
/// If the set is not there or a file of it cannot be read.
pub fn public_domain(folder: &DataFolder) -> Result<Corpus, CorpusError> {
    let set = folder.set(PUBLIC_DOMAIN)?;
    let mut corpus = Collector::default();
    for file in files(&set, ABC, &mut corpus.left_out)? {
        let bytes = read(&file.path)?;
        corpus.stamper.add(&file.name, &bytes);
        corpus.add(&file.name, abc::split(&bytes));
    }
    let licence = "by permission of the encoders; the tunes are public domain";
    not_empty(corpus.close(PUBLIC_DOMAIN, licence, Fold::by_place), set)
}

/// Every tune of every `.abc` file at or below `path`, in the order of the names, each with the fields
/// that its file has for all ([`abc::split`]). Links to folders are not followed.
///
/// Fewer than 20 tunes are too few to test on: of these every fifth is for validation, and the rest to
/// learn from.
///
/// # Errors
/// If the folder cannot be listed, has no tunes, or more than [`FOLDER_MAX`] bytes of them. Files and
/// folders below that cannot be read are listed as left out, and so are files without a tune.
pub fn folder(path: &Path) -> Result<Corpus, CorpusError> {
    let mut corpus = Collector::default();
    corpus.left_out = for_each_file(path, ABC, |name, bytes| {
        let tunes = abc::split(bytes);
        if tunes.is_empty() {
            let reason =
                "it has no tune: no line that begins with X:, and none with K: after another field";
            return Err(reason.to_owned());
        }
        corpus.stamper.add(name, bytes);
        corpus.add(name, tunes);
        Ok(())
    })?;
    if corpus.tunes.is_empty() {
        return Err(CorpusError::Nothing {
            path: path.to_owned(),
            what: "tunes in ABC files",
        });
    }
    let fold = Fold::of_own(corpus.tunes.len());
    Ok(corpus.close("own files", "unknown", fold))
}

/// The corpus, unless the set at `path` has no tunes.
fn not_empty(corpus: Corpus, path: PathBuf) -> Result<Corpus, CorpusError> {
    if corpus.tunes.is_empty() {
        let reason = "it has no tunes".to_owned();
        return Err(CorpusError::Content { path, reason });
    }
    Ok(corpus)
}

/// A text cut before each line that begins with `X:` but the first.
fn cut(text: &str) -> Vec<&str> {
    let (mut tunes, mut start, mut place, mut begun) = (Vec::new(), 0, 0, false);
    for line in text.split_inclusive('\n') {
        if line.starts_with("X:") {
            if begun {
                tunes.push(&text[start..place]);
                start = place;
            }
            begun = true;
        }
        place += line.len();
    }
    if start < place {
        tunes.push(&text[start..]);
    }
    tunes
}

/// Tunes as they come in.
struct Collector {
    tunes: Vec<Tune>,
    left_out: Vec<(String, String)>,
    stamper: Stamper,
}

impl Default for Collector {
    fn default() -> Collector {
        Collector {
            tunes: Vec::new(),
            left_out: Vec::new(),
            stamper: Stamper::new(),
        }
    }
}

impl Collector {
    fn add(&mut self, file: &str, texts: impl IntoIterator<Item = String>) {
        let tunes = texts.into_iter().zip(1..).map(|(text, number)| Tune {
            file: file.to_owned(),
            number,
            text,
            fold: Fold::Train,
        });
        self.tunes.extend(tunes);
    }

    /// The corpus, each tune in the fold of its index.
    fn close(
        mut self,
        name: &'static str,
        licence: &'static str,
        fold: fn(usize) -> Fold,
    ) -> Corpus {
        for (index, tune) in self.tunes.iter_mut().enumerate() {
            tune.fold = fold(index);
        }
        Corpus {
            tunes: self.tunes,
            left_out: self.left_out,
            stamp: self.stamper.stamp(name, licence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_before_its_numbers_and_nothing_is_lost() {
        assert_eq!(
            cut("\nX:1\na\n\nX: 2\nX:3"),
            ["\nX:1\na\n\n", "X: 2\n", "X:3"]
        );
        assert_eq!(cut("a X:1\nb"), ["a X:1\nb"]);
        assert!(cut("").is_empty());
    }
}

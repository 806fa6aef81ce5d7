//! Recordings in a folder of the user's own.

use consort_audio::recording::Recording;
use sha2::{Digest, Sha256};

use crate::files::{FoundFile, Kind, files};
use crate::fold::Fold;
use crate::folder::{CorpusError, DataFolder, Stamp, Stamper};

/// Samples in a second of what is read.
pub const RATE: u32 = 16_000;

/// Seconds that are taken from a folder at most: four hours, which need 0.9 GB.
pub const SECONDS_MAX: f64 = 4.0 * 3600.0;

/// Fewer files than this are divided in time.
const FILES_MIN: usize = 10;

const SOUND: Kind = Kind {
    name: "sound files (.wav, .flac, .mp3, .ogg)",
    extensions: &["wav", "flac", "mp3", "ogg"],
    limit: u64::MAX,
};

/// A recording, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The path of its file from the folder on, with `/` on every system.
    pub name: String,
    /// What it is for.
    pub fold: Fold,
    /// One channel at [`RATE`].
    pub samples: Vec<f32>,
}

/// The recordings of a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// In the order of the names.
    pub stretches: Vec<Stretch>,
    /// Files that were left out, and why; and what was mended in others.
    pub left_out: Vec<(String, String)>,
    /// What it was made of.
    pub stamp: Stamp,
}

impl Corpus {
    /// Those of a fold.
    pub fn of(&self, fold: Fold) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter().filter(move |one| one.fold == fold)
    }
}

/// The recordings at or below a folder, in one channel at [`RATE`].
///
/// What lies in a folder `test` is for testing, in `valid` for validation; where there is a `test` but no `valid`,
/// every tenth of the others is for validation. Without such folders, of every ten files one is for testing and
/// one for validation; fewer than ten files are divided in time, the last tenth for testing and the one before for
/// validation.
///
/// # Errors
/// If the folder cannot be read, nothing in it can be used, or there is more than [`SECONDS_MAX`].
pub fn folder(folder: &DataFolder) -> Result<Corpus, CorpusError> {
    let root = folder.root();
    let mut left_out = Vec::new();
    let mut stamper = Stamper::new();
    let mut room = SECONDS_MAX;
    let mut read = Vec::new();
    for FoundFile { name, path } in files(root, SOUND, &mut left_out)? {
        let samples = match Recording::read_all(&path, RATE, room) {
            Ok((samples, warnings)) => {
                left_out.extend(warnings.into_iter().map(|warning| (name.clone(), warning)));
                samples
            }
            Err(error) => {
                left_out.push((name, error.to_string()));
                continue;
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "hours of sound")]
        let seconds = samples.len() as f64 / f64::from(RATE);
        room -= seconds;
        let mut hash = Sha256::new();
        samples
            .iter()
            .for_each(|sample| hash.update(sample.to_le_bytes()));
        stamper.add(&name, &hash.finalize());
        read.push((name, samples));
    }
    if read.is_empty() {
        return Err(CorpusError::Nothing {
            path: root.to_owned(),
            what: SOUND.name,
        });
    }
    Ok(Corpus {
        stretches: folds(read),
        left_out,
        stamp: stamper.stamp("recordings", "unknown"),
    })
}

fn folds(read: Vec<(String, Vec<f32>)>) -> Vec<Stretch> {
    let is_below = |name: &str, folder: &str| name.starts_with(&format!("{folder}/"));
    let has = |folder| read.iter().any(|(name, _)| is_below(name, folder));
    let (has_test, has_valid) = (has("test"), has("valid"));
    if !has_test && read.len() < FILES_MIN {
        return read.into_iter().flat_map(divided).collect();
    }
    let mut others = 0;
    let whole = read.into_iter().map(|(name, samples)| {
        let fold = if is_below(&name, "test") {
            Fold::Test
        } else if is_below(&name, "valid") {
            Fold::Valid
        } else {
            others += 1;
            match others % 10 {
                5 if !has_valid => Fold::Valid,
                0 if !has_test => Fold::Test,
                _ => Fold::Train,
            }
        };
        Stretch {
            name,
            fold,
            samples,
        }
    });
    let mut whole: Vec<Stretch> = whole.collect();
    // A folder with a test fold and few other files.
    if !whole.iter().any(|one| one.fold == Fold::Valid)
        && let Some(last) = whole.iter().rposition(|one| one.fold == Fold::Train)
    {
        let Stretch { name, samples, .. } = whole.remove(last);
        let mut parts = divided((name, samples));
        parts.retain(|part| part.fold != Fold::Test);
        whole.extend(parts);
    }
    whole
}

/// A recording as a part for each fold.
fn divided((name, mut samples): (String, Vec<f32>)) -> Vec<Stretch> {
    let tenth = samples.len() / 10;
    let test = samples.split_off(samples.len() - tenth);
    let valid = samples.split_off(samples.len() - tenth);
    let parts = [
        (Fold::Train, samples),
        (Fold::Valid, valid),
        (Fold::Test, test),
    ];
    let part = |(fold, samples)| Stretch {
        name: name.clone(),
        fold,
        samples,
    };
    parts.map(part).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folds_of(names: &[String]) -> Vec<Fold> {
        let read = names.iter().map(|name| (name.clone(), vec![0.0; 100]));
        folds(read.collect())
            .into_iter()
            .map(|one| one.fold)
            .collect()
    }

    fn count(folds: &[Fold]) -> [usize; 3] {
        [Fold::Train, Fold::Valid, Fold::Test]
            .map(|fold| folds.iter().filter(|&&one| one == fold).count())
    }

    #[test]
    fn folders_say_what_files_are_for_and_else_their_number_does() {
        let of = |folder: &str, number: usize| -> Vec<String> {
            (0..number).map(|n| format!("{folder}{n:02}.wav")).collect()
        };
        assert_eq!(count(&folds_of(&of("", 20))), [16, 2, 2]);
        let with_test = [of("test/", 5), of("train/", 20)].concat();
        assert_eq!(count(&folds_of(&with_test)), [18, 2, 5]);
        let with_both = [of("test/", 1), of("train/", 3), of("valid/", 1)].concat();
        assert_eq!(count(&folds_of(&with_both)), [3, 1, 1]);
        let few_beside_test = [of("test/", 1), of("train/", 3)].concat();
        assert_eq!(count(&folds_of(&few_beside_test)), [3, 1, 1]);
        // Fewer are divided in time.
        assert_eq!(count(&folds_of(&of("", 1))), [1, 1, 1]);
        let parts = divided(("a".to_owned(), vec![0.0; 105]));
        let lengths: Vec<usize> = parts.iter().map(|part| part.samples.len()).collect();
        assert_eq!(lengths, [85, 10, 10]);
    }
}

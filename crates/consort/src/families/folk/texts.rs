//! From collections to the texts that networks learn: as they were published, or plain.

use consort_corpus::folk::{self, Nottingham, keep_melodies_together};
use consort_corpus::{CorpusError, DataFolder, Fold};
use consort_learn::Header;
use consort_music::tune::{self, ChordSymbols, transposed};
use consort_music::{Score, abc, harmony, novelty};
use rayon::prelude::*;

use super::config::Corpus;
use super::encoding::symbols;
use super::objective::Versions;
use crate::error::Error;

/// By how many fifths tunes are moved up and down.
const FIFTHS: [i8; 6] = [-3, -2, -1, 1, 2, 3];

/// A tune as it is learnt.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// Its fold.
    pub(super) fold: Option<Fold>,
    /// Its texts.
    pub(super) versions: Versions,
    /// Its bars, by which a copy is told.
    pub(super) bars: Vec<u32>,
}

/// All tunes of a corpus.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    /// What they are made of.
    pub(super) stamp: consort_corpus::Stamp,
    /// The tunes.
    pub(super) tunes: Vec<Text>,
    /// Tunes that have no plain text.
    pub(super) left_out: usize,
    /// Whether the texts are plain, not as they were published.
    pub(super) are_plain: bool,
}

impl Texts {
    /// The tunes of a corpus, or, where the folder does not have it but ABC files, of those.
    ///
    /// # Errors
    /// If the data is not there or cannot be read, or no tune of it can be learnt.
    pub(super) fn of(which: Corpus, folder: &DataFolder) -> Result<Texts, Error> {
        let found = match which {
            Corpus::Jigs => folk::nottingham(folder, Nottingham::Jigs),
            Corpus::Nottingham => folk::nottingham(folder, Nottingham::All),
            Corpus::PublicDomain => folk::public_domain(folder),
        };
        let corpus = match found {
            Err(CorpusError::Missing { .. }) => folk::folder(folder.root()).or(found),
            found => found,
        }?;
        Ok(match which {
            Corpus::Jigs | Corpus::Nottingham => published(corpus),
            Corpus::PublicDomain => plain(corpus),
        })
    }

    /// The tunes that `weights` learnt from.
    ///
    /// # Errors
    /// If the folder does not have them.
    pub(super) fn behind(weights: &Header, folder: &DataFolder) -> Result<Texts, Error> {
        let all = [Corpus::Jigs, Corpus::Nottingham, Corpus::PublicDomain];
        let alike = all
            .into_iter()
            .filter(|which| which.split() == weights.split);
        let texts = alike.filter_map(|which| Texts::of(which, folder).ok());
        let learnt = |texts: &Texts| {
            let mut stamps = weights.corpora.iter();
            stamps.any(|stamp| stamp.sha256 == texts.stamp.sha256)
        };
        texts.into_iter().find(learnt).ok_or_else(|| {
            Error::prompt(
                format!(
                    "{} does not have what these weights learnt from",
                    folder.root().display()
                ),
                "name the folder that has it with --data",
            )
        })
    }

    /// The tunes of `fold`.
    pub(super) fn of_fold(&self, fold: Fold) -> impl Iterator<Item = &Text> {
        self.tunes
            .iter()
            .filter(move |tune| tune.fold == Some(fold))
    }
}

/// Tunes as they were published, character by character.
fn published(corpus: folk::Corpus) -> Texts {
    let text = |tune: &folk::Tune| Text {
        fold: Some(tune.fold),
        versions: Versions {
            own: vec![symbols(&tune.text)],
            moved: Vec::new(),
        },
        bars: score_of(tune)
            .as_ref()
            .map(novelty::bars)
            .unwrap_or_default(),
    };
    Texts {
        tunes: corpus.tunes.par_iter().map(text).collect(),
        stamp: corpus.stamp,
        left_out: 0,
        are_plain: false,
    }
}

/// Tunes as plain texts, with chords and without, in their own keys and in others; all versions of a
/// melody in one fold.
fn plain(mut corpus: folk::Corpus) -> Texts {
    let texts: Vec<Text> = corpus.tunes.par_iter().map(plain_text).collect();
    let bars: Vec<Vec<u32>> = texts.iter().map(|text| text.bars.clone()).collect();
    keep_melodies_together(&mut corpus.tunes, &bars);
    let all = texts.len();
    let folds = corpus.tunes.iter().map(|tune| tune.fold);
    let with_folds = texts.into_iter().zip(folds).map(|(text, fold)| Text {
        fold: Some(fold),
        ..text
    });
    let tunes: Vec<Text> = with_folds
        .filter(|text| !text.versions.own.is_empty())
        .collect();
    Texts {
        left_out: all - tunes.len(),
        are_plain: true,
        tunes,
        stamp: corpus.stamp,
    }
}

fn score_of(tune: &folk::Tune) -> Option<Score> {
    abc::read(tune.text.as_bytes())
        .ok()?
        .value
        .into_iter()
        .next()
}

/// The plain texts of a tune: none if it cannot be said so plainly.
fn plain_text(tune: &folk::Tune) -> Text {
    let Some(score) = score_of(tune) else {
        return Text::default();
    };
    let bars = novelty::bars(&score);
    let own = both(&score);
    if own.is_empty() {
        return Text::default();
    }
    let fifths = score.keys.first().map_or(0, |change| change.key.fifths);
    let moved = FIFTHS
        .iter()
        .filter_map(|by| transposed(&score, fifths + by));
    Text {
        fold: None,
        versions: Versions {
            own,
            moved: moved.flat_map(|score| both(&score)).collect(),
        },
        bars,
    }
}

/// The text of a score without chords, and with those that fit the melody.
fn both(score: &Score) -> Vec<Vec<u8>> {
    let text = |score: &Score, chords| Some(symbols(&tune::text(score, chords).ok()?));
    let bare = text(score, ChordSymbols::LeftOut);
    let with_chords = text(&harmony::with_chords(score.clone()), ChordSymbols::Kept);
    bare.into_iter().chain(with_chords).collect()
}
